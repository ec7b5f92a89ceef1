#!/usr/bin/env bash
# Renewal of certificates of this store: what is due, hooks, signals, remembered failures, exit codes.
. "$(dirname "$0")/lib.sh"

facts() { stat -Lc '%i %Y %s' "$1/tls.crt" "$1/tls.key" "$1/ca.crt"; }
key_of() { openssl pkey -in "$1" -pubout 2>/dev/null; }
key_in() { openssl x509 -in "$1" -noout -pubkey; }
cat >hook <<EOS
#!/bin/sh
env | grep '^SIGNET_HOOK_' | sort >$WORK/hook.env
env | sort >$WORK/hook.all
echo "\$SIGNET_HOOK_DIR" >>$WORK/hook.runs
exit \$(cat $WORK/hook.exit)
EOS
chmod +x hook
echo 0 >hook.exit
runs() { if [ -e hook.runs ]; then wc -l <hook.runs; else echo 0; fi; }

step "nothing without a store, nothing in an empty one"
expect_exit 3 signet renew
expect_exit 0 signet ca init
expect_exit 0 signet renew
expect_exit 0 signet renew --detailed-exit-code

step "what is not due is left alone, to the inode"
expect_exit 0 signet issue a.internal 10.0.0.1 --cn first
expect_exit 0 signet issue b.internal --out "$WORK/b" --format combined --key-mode 0640 --validity 48h
a=$SIGNET_STORE/certificates/a.internal
before=$(facts "$a")
expect_exit 0 signet renew --detailed-exit-code --exec "$WORK/hook"
same "untouched" "$(facts "$a")" "$before"
same "no hook" "$(runs)" 0

step "--before makes it earlier, but not past the lifetime"
expect_exit 2 signet renew --before 24h
expect_exit 2 signet renew --before 30d
expect_exit 2 signet renew --before 100%
expect_exit 2 signet renew --before soon
same "untouched" "$(facts "$a")" "$before"
expect_exit 6 signet renew --force --dry-run --detailed-exit-code
expect_out 'would be renewed'
same "a dry run changes nothing" "$(facts "$a")" "$before"

step "--force renews, by the store's record: names, subject, purposes, formats, modes"
old=$(serial "$a/tls.crt")
oldkey=$(key_in "$a/tls.crt")
expect_exit 6 signet renew --force --detailed-exit-code --exec "$WORK/hook --with 'two words'"
new=$(serial "$a/tls.crt")
[ "$new" != "$old" ] || fail "the serial is the same"
[ "$(key_in "$a/tls.crt")" != "$oldkey" ] || fail "the key is the same"
same "the pair fits" "$(key_of "$a/tls.key")" "$(key_in "$a/tls.crt")"
openssl x509 -in "$a/tls.crt" -noout -ext subjectAltName -subject >"$WORK/out"
expect_out 'DNS:a.internal, IP Address:10.0.0.1'
expect_out 'CN ?= ?first'

step "the hook ran once, after the files were in place, with the facts and nothing else"
same "once" "$(runs)" 1
cp hook.env out
expect_out "^SIGNET_HOOK_DIR=$a$"
expect_out "^SIGNET_HOOK_SERIAL=$new$"
expect_out "^SIGNET_HOOK_OLD_SERIAL=$old$"
expect_out "^SIGNET_HOOK_CERT=$a/tls.crt$"
expect_out "^SIGNET_HOOK_KEY=$a/tls.key$"
expect_out "^SIGNET_HOOK_CA=$a/ca.crt$"
expect_out '^SIGNET_HOOK_NAMES=.*a\.internal.*10\.0\.0\.1'
expect_out '^SIGNET_HOOK_NOT_AFTER=20'
cp hook.all out
no_out '^SIGNET_STORE='

step "a directory outside the store renews by its path, another by its name"
old=$(serial b/tls.crt)
expect_exit 0 signet renew "$WORK/b" --force --json
same "changed" "$(member changed)" true
[ "$(serial b/tls.crt)" != "$old" ] || fail "b was not renewed"
same "mode" "$(stat -Lc %a b/tls.key)" 640
[ -e b/tls.pem ] || fail "the format was forgotten"
end=$(date -d "$(openssl x509 -in b/tls.crt -noout -enddate | cut -d= -f2)" +%s)
[ $((end - $(date +%s))) -gt $((47 * 3600)) ] || fail "the validity was forgotten"
old=$(serial "$a/tls.crt")
oldkey=$(key_in "$a/tls.crt")
expect_exit 0 signet renew a.internal --force --reuse-key
[ "$(serial "$a/tls.crt")" != "$old" ] || fail "a was not renewed"
same "the key was kept" "$(key_in "$a/tls.crt")" "$oldkey"
expect_exit 3 signet renew nosuch.internal

step "what is due renews without being asked"
expect_exit 0 signet issue due.internal --validity 30s --out "$WORK/due"
old=$(serial due/tls.crt)
expect_exit 6 signet renew "$WORK/due" --detailed-exit-code --dry-run
same "a dry run changes nothing" "$(serial due/tls.crt)" "$old"
expect_exit 6 signet renew "$WORK/due" --detailed-exit-code
[ "$(serial due/tls.crt)" != "$old" ] || fail "it was not renewed"

step "a hook that fails is exit 5 and remembered"
rm -f hook.runs
echo 3 >hook.exit
old=$(serial "$a/tls.crt")
expect_exit 5 signet renew a.internal --force --exec "$WORK/hook"
[ "$(serial "$a/tls.crt")" != "$old" ] || fail "the files were not kept"
same "once" "$(runs)" 1
now=$(serial "$a/tls.crt")
expect_exit 5 signet renew a.internal
same "again, though nothing is due" "$(runs)" 2
same "no new certificate" "$(serial "$a/tls.crt")" "$now"
echo 0 >hook.exit
expect_exit 0 signet renew a.internal
same "and now it is done" "$(runs)" 3
cp hook.env out
expect_out "^SIGNET_HOOK_OLD_SERIAL=$old$"
expect_exit 0 signet renew a.internal
same "forgotten" "$(runs)" 3

step "the next run's own hook goes before the one that failed"
expect_exit 5 signet renew a.internal --force --exec false
expect_exit 0 signet renew a.internal --exec "$WORK/hook"
same "its own" "$(runs)" 4

step "a command that cannot be split, or names no program: said before anything is asked or written"
before=$(facts "$a")
for command in "unclosed 'x" "ends in a \\" ' ' "''"; do
    expect_exit 2 signet renew a.internal --force --exec "$command"
    expect_err '--exec'
done
same "untouched" "$(facts "$a")" "$before"
expect_exit 0 signet renew a.internal
expect_exit 0 signet renew a.internal --exec ''

step "a signal reaches the process of a pid file"
cat >daemon <<EOS
#!/bin/sh
trap 'echo hup >>$WORK/hups' HUP
echo \$\$ >$WORK/pid
while :; do sleep 0.05; done
EOS
chmod +x daemon
start daemon ./daemon
wait_for 30 test -s pid
expect_exit 0 signet renew a.internal --force --signal "HUP:$WORK/pid"
wait_for 30 test -s hups
expect_exit 0 signet renew a.internal --signal "HUP:$WORK/pid"
same "once" "$(wc -l <hups)" 1
stop daemon
expect_exit 5 signet renew a.internal --force --signal "HUP:$WORK/no.pid"
expect_exit 0 signet renew a.internal --exec true
expect_exit 2 signet renew a.internal --force --signal KILL:/x

step "--probe sees the old certificate, and the new one after a reload"
expect_exit 0 signet issue localhost 127.0.0.1 --out "$WORK/web"
cp -L web/tls.crt served.crt
cp -L web/tls.key served.key
PORT=$(free_port)
start web openssl s_server -accept "127.0.0.1:$PORT" -cert served.crt -cert_chain served.crt -key served.key -quiet
wait_for 10 port_open "$PORT"
expect_exit 5 signet renew "$WORK/web" --force --probe "127.0.0.1:$PORT"
expect_err 'another certificate'
stop web
start web openssl s_server -accept "127.0.0.1:$PORT" -cert web/tls.crt -cert_chain web/tls.crt -key web/tls.key -quiet
wait_for 10 port_open "$PORT"
expect_exit 0 signet renew "$WORK/web" --probe "localhost:$PORT"
stop web
expect_exit 5 signet renew "$WORK/web" --probe "localhost:$PORT"

step "one failure does not stop the rest, and each is named"
mkdir broken
echo 'not a certificate' >broken/tls.crt
olda=$(serial "$a/tls.crt")
oldb=$(serial b/tls.crt)
run signet renew "$WORK/broken" "$WORK/absent" a.internal "$WORK/b" --force --detailed-exit-code
same "exit code" "$CODE" 3
expect_err "$WORK/broken"
expect_err "$WORK/absent"
[ "$(serial "$a/tls.crt")" != "$olda" ] || fail "a was not renewed"
[ "$(serial b/tls.crt)" != "$oldb" ] || fail "b was not renewed"
[ ! -e broken/.signet ] || fail "something was written into a directory that is none of ours"

step "what others may edit is not obeyed"
chmod 0777 b
expect_exit 3 signet renew "$WORK/b" --force
chmod 0755 b
if [ "$(id -u)" = 0 ]; then
    chown nobody b
    expect_exit 3 signet renew "$WORK/b" --force
    chown root b
fi
expect_exit 0 signet renew "$WORK/b" --force

step "names come from the store, whatever stands in the directory"
cp -rL "$a" copy
expect_exit 3 signet renew "$WORK/copy" --force
expect_err 'nothing is known'

step "ten at once do no harm"
rm -f hook.runs
for i in $(seq 10); do start "r$i" signet renew --force --exec "$WORK/hook"; done
for i in $(seq 10); do
    CODE=0
    wait "${PIDS[r$i]}" || CODE=$?
    unset "PIDS[r$i]"
    [ "$CODE" -eq 0 ] || { cat "r$i.err"; fail "run $i ended with $CODE"; }
done
same "the pair fits" "$(key_of "$a/tls.key")" "$(key_in "$a/tls.crt")"

step "a policy that has become narrower refuses, and the old files stay"
old=$(serial "$a/tls.crt")
printf '[profile.default]\npermit_dns = ["*.example"]\npermit_ip = ["0.0.0.0/0"]\n' >"$SIGNET_STORE/signet.toml"
expect_exit 1 signet renew a.internal --force
expect_exit 1 signet renew a.internal --force --dry-run
same "the old one stays" "$(serial "$a/tls.crt")" "$old"
