#!/usr/bin/env bash
# What a person sees of fetch and renew: on a terminal one live line for each certificate; elsewhere plain lines.
. "$(dirname "$0")/lib.sh"
need python3

# terminal.py COMMAND...: runs it with a terminal as standard input, output and error; what the terminal gets is printed.
cat >terminal.py <<'EOS'
import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))
EOS
on_terminal() { expect_exit 0 env TERM=xterm python3 terminal.py "$@"; }
# What stays on the screen: of each line what came after its last carriage return (the terminal adds one to each end).
screen() { tr -d '\000' <out | sed 's/\r*$//; s/.*\r//; s/ *$//'; }

HTTP=$(free_port)
expect_exit 0 signet ca init
start_server acme signet serve-acme --listen 127.0.0.1:0 --http-listen '' --hostname localhost --http01-port "$HTTP" \
    --allow-target 127.0.0.0/8
fetch=(signet fetch 127.0.0.1 --server "$READY" --root "$SIGNET_STORE/authorities/default/root.crt" --http01-port "$HTTP")

step "a terminal: one line that is overwritten, from the order to the end"
on_terminal "${fetch[@]}" --out "$WORK/tls"
for part in 'placed an order' 'answering http-01' 'finalized the order'; do
    tr '\r' '\n' <out | grep -q "^127.0.0.1: $part" || { show_last; fail "it did not say: $part"; }
    ! screen | grep -q "$part" || { show_last; fail "it was not overwritten: $part"; }
done
same "its last word" "$(screen | grep -c '^127.0.0.1: done, valid until 20')" 1
same "beside the result" "$(screen | grep -vc '^127.0.0.1: \|^saved in:\|^serial:\|^valid until:')" 0
step "renew: one line for each"
on_terminal signet renew "$WORK/tls" --force
same "its last word" "$(screen | grep -c "/tls: done, valid until 20")" 1
same "nothing else stays" "$(screen | grep -c 'placed an order')" 0

step "an error ends the line, and what was done last stays"
expect_exit 1 env TERM=xterm python3 terminal.py "${fetch[@]}" --out "$WORK/none" --challenge none
screen | grep -q '^127.0.0.1: placed an order$' || { show_last; fail "the last step is gone"; }
screen | grep -q $'^\x1b[[]31msignet:.* the server wants proof' || { show_last; fail "the error does not begin its line"; }

step "NO_COLOR: no escape sequence at all; the line still lives"
expect_exit 1 env TERM=xterm python3 terminal.py "${fetch[@]}" --out "$WORK/none" --challenge none
expect_out $'\x1b'
expect_exit 1 env TERM=xterm NO_COLOR=1 python3 terminal.py "${fetch[@]}" --out "$WORK/none" --challenge none
no_out $'\x1b'
expect_out $'\r127.0.0.1: placed an order'

step "a dumb terminal, -q, a pipe"
expect_exit 0 env TERM=dumb python3 terminal.py "${fetch[@]}" --out "$WORK/tls" --force
sed -i 's/\r$//' out
no_out $'\r'
expect_out '^placed an order$'
on_terminal "${fetch[@]}" --out "$WORK/tls" --force -q
no_out 'order'
expect_exit 0 "${fetch[@]}" --out "$WORK/plain"
expect_err '^placed an order$'
expect_err '^finalized the order$'
no_err $'\r'
