#!/usr/bin/env bash
# [retention]: a running server removes what has ended long ago, its names with it, and leaves the audit log alone.
. "$(dirname "$0")/lib.sh"
need sqlite3

rows() { sql "SELECT count(*) FROM $1"; }

step "a store with a row that ended two days ago and one that ended a minute ago"
expect_exit 0 signet ca init
for name in long.internal just.internal now.internal; do expect_exit 0 signet issue "$name" --out "$name"; done
# Its directory is gone: a certificate that is saved somewhere keeps its row.
sql "DELETE FROM lineages;
    UPDATE certificates SET not_after = strftime('%s', 'now') - 2 * 86400 WHERE names LIKE 'long%';
    UPDATE certificates SET not_after = strftime('%s', 'now') - 60 WHERE names LIKE 'just%'"
audit=$(rows audit)
same "certificates" "$(rows certificates)" 5
same "names" "$(rows certificate_names)" 3

step "without a setting they stay, after ninety days they would go"
sed -i 's/^#expired = .*/expired = "25h"/' "$SIGNET_STORE/signet.toml"
grep -q '^expired = "25h"' "$SIGNET_STORE/signet.toml" || fail "signet.toml has no [retention] to change"

step "the server removes the first, in its upkeep"
start_server server signet serve-acme --listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --hostname localhost
gone() { [ "$(sql "SELECT count(*) FROM certificates WHERE names LIKE 'long%'")" = 0 ]; }
wait_for 30 gone
expect_exit 0 signet list --name '**.internal'
no_out 'long\.internal'
expect_out 'expired .*just\.internal'
expect_out 'valid .*now\.internal'
same "names" "$(sql "SELECT count(*) FROM certificate_names WHERE name LIKE '%long'")" 0
[ "$(rows audit)" -ge "$audit" ] || fail "the audit log lost rows"
stop server
same "exit code" "$CODE" 0

step "a value that makes no sense"
sed -i 's/^expired = .*/expired = "1m"/' "$SIGNET_STORE/signet.toml"
expect_exit 2 signet issue x.internal
expect_err 'less than an hour'
