#!/usr/bin/env bash
# One account has twenty validations of each type that stall; another account's orders are not held up.
. "$(dirname "$0")/lib.sh"
need python3
python3 -c 'import cryptography' 2>/dev/null || skip "python3-cryptography is not installed"
expect_exit 0 signet ca init
DNS=$(free_port)
: >dns.records
start dns python3 "$SOURCE/tests/e2e/dns_server.py" "$DNS" "$WORK/dns.records"
wait_for 10 grep -q ready "$WORK/dns.out"

step "another account's orders go through beside them"
expect "stalled validations of one account hold up another" python3 "$SOURCE/tests/e2e/acme_validations.py" stalled \
    "$(free_port)" "$(free_port)" "$(free_port)" "$DNS" "$WORK/dns.records"
cat out
