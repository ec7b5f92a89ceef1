#!/usr/bin/env bash
# fetch answers tls-alpn-01 and dns-01 itself, against serve-acme; and a signal at any moment leaves nothing behind.
. "$(dirname "$0")/lib.sh"
need python3 openssl

key_of() { openssl pkey -in "$1" -pubout 2>/dev/null; }
key_in() { openssl x509 -in "$1" -noout -pubkey; }
names_in() { openssl x509 -in "$1" -noout -ext subjectAltName | tail -n 1 | tr -d ' '; }
gone() { ! grep -q TXT dns.records; }

HTTP=$(free_port) TLS=$(free_port) DNS=$(free_port)
echo '* A 127.0.0.1' >dns.records
start dns python3 "$SOURCE/tests/e2e/dns_server.py" "$DNS" "$WORK/dns.records"
wait_for 10 grep -q ready dns.out
cat >hook <<EOS
#!/bin/sh
echo "\$SIGNET_HOOK_ACTION \$SIGNET_HOOK_NAME \$SIGNET_HOOK_VALUE" >>$WORK/hook.log
[ "\$*" = "\$SIGNET_HOOK_ACTION \$SIGNET_HOOK_NAME \$SIGNET_HOOK_VALUE" ] || { echo "the words differ" >&2; exit 1; }
case \$1 in
present) echo "\$2 TXT \$3" >>$WORK/dns.records ;;
cleanup) sed -i "/ TXT \$3\$/d" $WORK/dns.records ;;
esac
EOS
chmod +x hook
expect_exit 0 signet ca init
start_server acme signet serve-acme --listen 127.0.0.1:0 --http-listen '' --hostname localhost \
    --resolver "127.0.0.1:$DNS" --http01-port "$HTTP" --tls-alpn01-port "$TLS" --allow-target 127.0.0.0/8
root=$SIGNET_STORE/authorities/default/root.crt
fetch() { signet fetch "$@" --server "$READY" --root "$root" --http01-port "$HTTP" --tls-alpn01-port "$TLS"; }

step "tls-alpn-01 on a listener of its own, for a name and an address"
expect_exit 0 fetch alpn.internal 127.0.0.1 --out "$WORK/alpn" --challenge tls-alpn-01
same "the pair fits" "$(key_of alpn/tls.key)" "$(key_in alpn/tls.crt)"
grep -q 'type=tls-alpn-01 identifier=alpn.internal' acme.err || fail "it was not validated by tls-alpn-01"
grep -q 'type=tls-alpn-01 identifier=127.0.0.1' acme.err || fail "the address was not validated by tls-alpn-01"
refuse "nothing listens any more" port_open "$TLS"
old=$(serial alpn/tls.crt)
expect_exit 0 signet renew "$WORK/alpn" --force
[ "$(serial alpn/tls.crt)" != "$old" ] || fail "it was not renewed"

step "auto: a port that is taken is no reason not to try the next way"
start taken python3 -m http.server --bind 127.0.0.1 "$HTTP"
wait_for 10 port_open "$HTTP"
expect_exit 0 fetch auto.internal --out "$WORK/auto"
expect_err 'not by http-01'
stop taken

step "dns-01 needs a program, and says so"
expect_exit 2 fetch dns.internal --out "$WORK/dns" --challenge dns-01
expect_err 'dns-hook'
expect_exit 1 fetch '*.apps.internal' --out "$WORK/dns"
expect_err 'dns-hook'

step "dns-01: a name and a wildcard over it"
expect_exit 0 fetch apps.internal '*.apps.internal' --out "$WORK/dns" --dns-hook "$WORK/hook"
same "names" "$(names_in dns/tls.crt)" 'DNS:apps.internal,DNS:*.apps.internal'
same "present, cleanup" "$(cut -d' ' -f1 hook.log | tr '\n' ' ')" 'present cleanup present cleanup '
same "the record's name" "$(cut -d' ' -f2 hook.log | sort -u)" '_acme-challenge.apps.internal.'
gone || fail "a record was left behind"
step "renew runs the same program"
expect_exit 0 signet renew "$WORK/dns" --force
gone || fail "a record was left behind"

step "a program that fails is told with its words, and cleans up"
cp dns.records before.records
expect_exit 3 fetch fails.internal --out "$WORK/fails" --challenge dns-01 --dns-hook "sh -c 'echo no zone here >&2; exit 3'"
expect_err 'no zone here'
[ ! -e fails/tls.crt ] || fail "files after a failed hook"

step "SIGTERM while the program runs: it is ended, its cleanup runs, the old files stand"
cat >slow <<EOS
#!/bin/sh
echo "\$1" >>$WORK/slow.log
[ "\$1" = cleanup ] || { sleep 600 & echo \$! >$WORK/slow.pid; wait; }
EOS
chmod +x slow
before=$(sha256sum dns/tls.crt dns/tls.key dns/ca.crt)
start client "$SIGNET" fetch interrupted.internal --out "$WORK/dns" --server "$READY" --root "$root" --challenge dns-01 \
    --dns-hook "$WORK/slow" --force
wait_for 20 test -s slow.pid
stop client TERM
same "exit code" "$CODE" 143
same "present, cleanup" "$(tr '\n' ' ' <slow.log)" 'present cleanup '
gone_or_zombie() { ! grep -q "^State:[[:space:]]*[^Z]" "/proc/$(cat slow.pid)/status"; }
wait_for 10 gone_or_zombie
same "the files" "$(sha256sum dns/tls.crt dns/tls.key dns/ca.crt)" "$before"

# A server that takes the challenge's connections and never answers keeps a validation going for ten seconds.
start silent python3 -c "
import socket, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', $HTTP)); s.listen(50); time.sleep(600)"
wait_for 10 port_open "$HTTP"
mkdir webroot
answers() { [ -n "$(find webroot -type f)" ]; }
before=$(sha256sum alpn/tls.crt alpn/tls.key alpn/ca.crt)
step "SIGTERM in the middle of a challenge: the answer is taken back, the old files stand"
start client "$SIGNET" fetch slow.internal --out "$WORK/alpn" --server "$READY" --root "$root" --challenge http-01 \
    --webroot "$WORK/webroot" --force
wait_for 20 answers
stop client TERM
same "exit code" "$CODE" 143
refuse "the answer is gone" answers
same "the files" "$(sha256sum alpn/tls.crt alpn/tls.key alpn/ca.crt)" "$before"
step "the same while it waits for a server"
start client "$SIGNET" fetch web.internal --out "$WORK/alpn" --server "https://localhost:$TLS/" --root "$root" --force
wait_for 10 grep -q waiting client.err
stop client TERM
same "exit code" "$CODE" 143

step "SIGTERM at any moment: a pair that fits, old or new"
for delay in 0.01 0.03 0.05 0.07 0.09 0.11 0.13 0.16 0.2 0.3; do
    start client "$SIGNET" fetch "after-${delay/./-}.internal" --out "$WORK/alpn" --server "$READY" --root "$root" --force \
        --challenge tls-alpn-01 --tls-alpn01-port "$TLS"
    sleep "$delay"
    stop client TERM
    [ "$CODE" -eq 0 ] || [ "$CODE" -eq 143 ] || { cat client.err; fail "exit $CODE"; }
    same "the pair fits" "$(key_of alpn/tls.key)" "$(key_in alpn/tls.crt)"
    refuse "nothing listens any more" port_open "$TLS"
done
expect_exit 0 signet renew "$WORK/alpn" --force
