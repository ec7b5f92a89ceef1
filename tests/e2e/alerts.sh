#!/usr/bin/env bash
# The alerts of deploy/prometheus: promtool reads them, plays time over them, and the metrics that they are about exist.
. "$(dirname "$0")/lib.sh"
need promtool curl

step "promtool accepts the rules, and they fire when they should"
cp "$SOURCE/deploy/prometheus/alerts.yml" "$SOURCE/tests/e2e/alerts_test.yml" .
promtool check rules alerts.yml >checked 2>&1 || { cat checked; fail "promtool refuses them"; }
promtool test rules alerts_test.yml >tested 2>&1 || { cat tested; fail "an alert does not fire as it should"; }

step "every metric that they name is one of ours"
expect_exit 0 signet ca init
expect_exit 0 signet issue web.internal
expect_exit 0 signet status --format prometheus
cp out metrics
start_server server signet serve-acme --listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --hostname localhost
plain=$(sed -n 's/.*http_port=\([0-9]*\).*/\1/p' server.err)
curl -sf "http://127.0.0.1:$plain/metrics" >>metrics || fail "no metrics"
named=$(sed 's/ #.*//' alerts.yml | grep -v '^ *\(summary\|description\|- alert\):' | grep -Eo 'signet_[a-z_]+' | sort -u)
[ "$(echo "$named" | wc -l)" -ge 7 ] || fail "found too few names: $named"
for metric in $named; do
    grep -q "^${metric}[{ ]" metrics || fail "there is no metric $metric"
done
