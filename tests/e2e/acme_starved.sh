#!/usr/bin/env bash
# A server whose user may have no more threads: it serves with those that it has, and ends when it is told to.
. "$(dirname "$0")/lib.sh"
need python3 setpriv prlimit
python3 -c 'import cryptography' 2>/dev/null || skip "python3-cryptography is not installed"
[ "$(id -u)" -eq 0 ] || skip "only root can run the server as a user that runs nothing else"
user=$((60000 + $$ % 5000))
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0"  # looking for leaks takes a further thread
let_others_run
expect_exit 0 signet ca init
chown -R "$user:$user" "$WORK"

step "validations go on with the threads that there are"
expect "the server needs more threads than it may have" python3 "$SOURCE/tests/e2e/acme_validations.py" starved \
    "$(free_port)" "$(free_port)" "$(free_port)" "$user"
cat out
