#!/usr/bin/env bash
# [audit] export: the log is copied to a file and to syslog as it grows, through kills, rotation and targets that are
# away, and changes of the settings are entries of their own.
. "$(dirname "$0")/lib.sh"
need python3

settings=$SIGNET_STORE/signet.toml
serve() { start_server server signet serve-acme --listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --hostname localhost; }
# whole FILE...: together they are the log, each entry once.
whole() { signet audit --json | cmp -s - <(cat "$@"); }

step "to a file, from the beginning, through a kill and a restart"
expect_exit 0 signet ca init
expect_exit 0 signet issue before.internal
sed -i "s|^#export = .*|export = \"file:$WORK/copy.jsonl\"|" "$settings"
grep -q '^export' "$settings" || fail "signet.toml has no [audit] to change"
serve
wait_for 30 whole copy.jsonl
same "mode" "$(stat -c %a copy.jsonl)" 600
expect_exit 0 signet issue a.internal
wait_for 30 whole copy.jsonl
stop server KILL
expect_exit 0 signet issue b.internal
printf '{"index":3,"at":"20' >>copy.jsonl # what a kill in the middle of a write leaves
serve
wait_for 30 whole copy.jsonl
expect_exit 0 signet audit --action settings.changed
expect_out 'signet\.toml: \+ \[audit\] export = "file:'

step "moved away, and into a directory that is gone for a while"
mv copy.jsonl old.jsonl
expect_exit 0 signet issue c.internal
wait_for 30 whole old.jsonl copy.jsonl
sed -i "s|^export = .*|export = \"file:$WORK/away/copy.jsonl\"|" "$settings"
wait_for 30 grep -q 'the audit log cannot be copied' server.err
expect_exit 0 signet issue d.internal
expect_exit 0 signet audit --action settings.changed
same "changes" "$(wc -l <out)" 2
expect_out '- \[audit\] export = .*copy\.jsonl"; \+ \[audit\] export = .*/away/copy\.jsonl"$'
mkdir away
wait_for 30 whole away/copy.jsonl
same "complaints" "$(grep -c 'the audit log cannot be copied' server.err)" 1

step "a bad edit changes nothing"
cp "$settings" good.toml
sed -i 's|^export = .*|export = "nowhere"|' "$settings"
wait_for 30 grep -q 'those in force stay' server.err
expect_exit 2 signet issue e.internal
expect_err 'is no place for the audit log'
cp good.toml "$settings"
expect_exit 0 signet issue e.internal
wait_for 30 whole away/copy.jsonl
stop server
same "exit code" "$CODE" 0

step "to syslog, from then on"
cat >syslog.py <<'PY'
import os, socket
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind("socket")
with open("syslog", "w") as out:
    while True:
        out.write(s.recv(65536).decode() + "\n")
        out.flush()
PY
start syslog python3 syslog.py
wait_for 30 test -S socket
sed -i "s|^export = .*|export = \"syslog:$WORK/socket\"|" "$settings"
serve
expect_exit 0 signet issue f.internal
wait_for 30 grep -q 'f\.internal' syslog
grep -Eq '^<85>[A-Z][a-z]{2} [ 0-9]{2} [0-9:]{8} signet-audit\[[0-9]+\]: \{"index":[0-9]+,.*f\.internal' syslog ||
    fail "no syslog message: $(tail -n 1 syslog)"
! grep -q 'a\.internal' syslog || fail "what was long before came, too"
expect_exit 0 signet audit verify
