#!/usr/bin/env bash
# deploy/mtls/README.md, typed in as it stands.
. "$(dirname "$0")/lib.sh"
need openssl curl

PAGE=$SOURCE/deploy/mtls/README.md
step "the page says what the contract of this test is"
awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' "$PAGE" >commands.sh
[ "$(grep -c . commands.sh)" -gt 15 ] || fail "there are too few commands on the page"

step "all its commands, in one shell"
PORT=$(free_port)
export PORT
mkdir page
# A line that begins with "!" must fail; bash -e does not look at those.
sed -E 's/^! (.*)$/if \1; then echo "NOT REFUSED"; exit 9; fi/' commands.sh >page/run.sh
CODE=0
(cd page && exec bash -euo pipefail -c 'trap "kill \$(jobs -p) 2>/dev/null || true" EXIT; . ./run.sh') >out 2>err || CODE=$?
[ "$CODE" = 0 ] || { show_last; fail "the page ends with $CODE"; }

step "what it showed is what it says"
expect_out '^no certificate +refused'
expect_out '^TLS 1.0 +refused'
expect_out '^valid: localhost:'
expect_out '^SIGNET OK|^OK'
expect_out '^WARNING '
expect_out '^EXPIRED '
[ -s page/page.html ] || fail "nothing was served"
[ -e page/reloaded ] || [ "$(grep -c 'not due' out err)" != 0 ] || echo "   nothing was due"
