#!/usr/bin/env bash
# The server is killed with -9 while challenges wait for their next attempt and while others are being tried: each is
# tried again, once, at its time.
. "$(dirname "$0")/lib.sh"
need python3
python3 -c 'import cryptography' 2>/dev/null || skip "python3-cryptography is not installed"
expect_exit 0 signet ca init

step "what was processing when the server was killed goes on when it is back"
expect "validations were lost, or made twice" \
    python3 "$SOURCE/tests/e2e/acme_validations.py" killed "$(free_port)" "$(free_port)" "$(free_port)"
cat out
