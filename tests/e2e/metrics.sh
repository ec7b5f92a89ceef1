#!/usr/bin/env bash
# /metrics as Prometheus's own checker reads it, on both listeners, with what a busy hour leaves there.
. "$(dirname "$0")/lib.sh"
need curl promtool

step "a server that has served"
expect_exit 0 signet ca init
root=$SIGNET_STORE/authorities/default/root.crt
start_server server signet serve-acme --listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --hostname localhost --auth trust
base=${READY%/acme/directory}
plain=$(sed -n 's/.*http_port=\([0-9]*\).*/\1/p' server.err)
expect_exit 0 signet fetch db.internal --server "$READY" --root "$root" --out db
expect_exit 1 signet fetch localhost --server "$READY" --root "$root" --out own --timeout 5s
curl -s --cacert "$root" "$base/nothing" >/dev/null
curl -s "$base/health" >/dev/null && fail "trusted without the root"

step "promtool accepts it"
scrape() { curl -sf "http://localhost:$plain/metrics" >page; }
expect "plain HTTP" scrape
expect "content type" grep -qi '^content-type: text/plain; version=0.0.4' <(curl -si --cacert "$root" "$base/metrics")
scrape
check_metrics() { promtool check metrics <page; }
expect "promtool refuses it" check_metrics
no_out .
no_err .

step "it tells what happened"
has() { grep -Eq -- "$1" page || { cat page; fail "no line matches: $1"; }; }
has '^signet_certificates_issued_total\{profile="default"\} 1$'
has '^signet_issuance_refusals_total\{profile="default",reason="rejectedIdentifier"\} 1$'
has '^signet_http_requests_total\{route="/acme/new-order",method="POST",status="201"\} 1$'
has '^signet_http_requests_total\{route="none",method="any",status="404"\} 1$'
has '^signet_http_request_duration_seconds_bucket\{route="/acme/order/\{id\}/finalize",method="POST",le="\+Inf"\} 1$'
has '^signet_tls_handshakes_total\{result="full"\} [1-9]'
has '^signet_tls_handshakes_total\{result="failed"\} [1-9]'
has '^signet_ca_not_after_timestamp_seconds\{ca="default",kind="issuing"\} [1-9]'
has '^signet_server_certificate_not_after_timestamp_seconds [1-9]'
has '^signet_store_commit_duration_seconds_count [1-9]'
has '^signet_store_commit_group_changes_bucket\{le="1"\} [1-9]'
has '^signet_validation_queue_depth\{state="waiting"\} 0$'
has '^process_resident_memory_bytes [1-9]'
! grep -q 'db\.internal\|acme/account/[^{]' page || fail "a name or an account in a label"
