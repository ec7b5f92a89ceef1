#!/usr/bin/env bash
# renew --daemon, the sidecar: renews when it is time, notices edits, wakes up no oftener than it must, ends cleanly.
. "$(dirname "$0")/lib.sh"
need openssl python3

expect_exit 0 signet ca init
hook=$WORK/hook
cat >"$hook" <<EOS
#!/bin/sh
echo "\$SIGNET_HOOK_SERIAL" >>$WORK/hook.log
EOS
chmod +x "$hook"
dir=$SIGNET_STORE/certificates/web.internal
changed() { [ "$(serial "$dir/tls.crt")" != "$1" ]; }

step "what makes no sense for a daemon is wrong usage"
expect_exit 2 signet renew --daemon --force
expect_exit 2 signet renew --daemon --dry-run
expect_exit 2 signet renew --daemon --before nonsense

step "it renews what is due, when it is due, tells systemd and the service"
cat >notify.py <<'EOS'
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('listening', flush=True)
while True: print(s.recv(4096).decode(), flush=True)
EOS
start notify python3 notify.py "$WORK/notify"
wait_for 10 grep -q listening notify.out
expect_exit 0 signet issue web.internal --validity 16s
first=$(serial "$dir/tls.crt")
start daemon env NOTIFY_SOCKET="$WORK/notify" "$SIGNET" renew --daemon --exec "$hook" --jitter 1s
wait_for 10 grep -q 'READY=1' notify.out
wait_for 60 changed "$first"
wait_for 10 grep -q "renewed $dir" daemon.out
second=$(serial "$dir/tls.crt")
wait_for 60 changed "$second"
wait_for 10 test "$(wc -l <hook.log)" -ge 2

step "SIGHUP: it looks at once, and sees what came to the store"
expect_exit 0 signet issue other.internal --validity 16s
kill -HUP "${PIDS[daemon]}"
other=$SIGNET_STORE/certificates/other.internal
old=$(serial "$other/tls.crt")
other_changed() { [ "$(serial "$other/tls.crt")" != "$old" ]; }
wait_for 60 other_changed

step "SIGTERM ends it with exit 0"
stop daemon
same "exit code" "$CODE" 0
grep -q 'STOPPING=1' notify.out || fail "systemd was not told"

step "nothing due: no hook, no busy loop"
rm -rf "$other" hook.log
expect_exit 0 signet issue web.internal --validity 24h
start daemon "$SIGNET" renew web.internal --daemon --exec "$hook" --interval 1h
switches() { sed -n 's/^voluntary_ctxt_switches:\t//p' "/proc/${PIDS[daemon]}/status"; }
rests() { local before && before=$(switches) && sleep 1 && [ "$(switches)" = "$before" ]; }
wait_for 30 rests
before=$(switches)
sleep 3
after=$(switches)
[ $((after - before)) -le 2 ] || fail "it woke up $((after - before)) times in three seconds"
[ ! -e hook.log ] || fail "the hook ran"
stop daemon INT
same "exit code" "$CODE" 0

step "a certificate that is not there yet is waited for"
start daemon "$SIGNET" renew "$WORK/later" --daemon --exec "$hook"
wait_for 10 grep -q 'there is no certificate' daemon.err
kill -0 "${PIDS[daemon]}" || fail "it ended"
expect_exit 0 signet issue later.internal --validity 10s --out "$WORK/later"
old=$(serial later/tls.crt)
kill -HUP "${PIDS[daemon]}"
later() { [ "$(serial "$WORK/later/tls.crt")" != "$old" ]; }
wait_for 60 later
stop daemon
same "exit code" "$CODE" 0
