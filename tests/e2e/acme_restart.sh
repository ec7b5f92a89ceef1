#!/usr/bin/env bash
# The server is killed with -9 after each HTTP step, and in the middle of some; the same client completes its order.
. "$(dirname "$0")/lib.sh"
need python3 openssl
python3 -c 'import cryptography' 2>/dev/null || skip "python3-cryptography is not installed"
expect_exit 0 signet ca init

step "the client completes its order, though the server is killed after each answer"
expect "the client did not get through" python3 "$SOURCE/tests/e2e/acme_restart.py" after-each "$(free_port)" "$(free_port)"
cat out

step "and though it is killed while it works on the request"
expect "the client did not get through" python3 "$SOURCE/tests/e2e/acme_restart.py" within "$(free_port)" "$(free_port)"
cat out
