#!/usr/bin/env bash
# Each rate limit over the wire: the one over is 429 with a Retry-After after which it succeeds; kill -9 forgets nothing.
. "$(dirname "$0")/lib.sh"
need python3
python3 -c 'import cryptography' 2>/dev/null || skip "python3-cryptography is not installed"

limits() { sed -E "s|^#?rate_limits = .*|rate_limits = { $1 }|" before.toml >"$SIGNET_STORE/signet.toml"; }

step "a limit that is none is refused by name"
expect_exit 0 signet ca init
cp "$SIGNET_STORE/signet.toml" before.toml
limits 'orders_per_account = "many"'
expect_exit 2 signet serve-acme --listen 127.0.0.1:0 --http-listen 127.0.0.1:0
expect_err orders_per_account

step "accounts from an address, orders of an account, certificates for a name"
limits 'orders_per_account = "2/1h", accounts_per_address = "2/1h", certificates_per_name = "2/1h"'
expect "a limit does not hold" python3 "$SOURCE/tests/e2e/rate_limits.py" "$(free_port)"
cat out
[ "$(grep -c held out)" -eq 4 ] || fail "not every limit was tried"
