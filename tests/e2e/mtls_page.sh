#!/usr/bin/env bash
# deploy/mtls/README.md, typed in as it stands.
. "$(dirname "$0")/lib.sh"
need openssl curl

step "all commands of the page, in one shell"
PORT=$(free_port)
export PORT
type_page deploy/mtls/README.md

step "what it showed is what it says"
expect_out '^no certificate +refused'
expect_out '^TLS 1.0 +refused'
expect_out '^valid: localhost:'
expect_out '^SIGNET OK|^OK'
expect_out '^WARNING '
expect_out '^EXPIRED '
[ -s page/page.html ] || fail "nothing was served"
[ -e page/reloaded ] || [ "$(grep -c 'not due' out err)" != 0 ] || echo "   nothing was due"
