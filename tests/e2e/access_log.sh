#!/usr/bin/env bash
# The access log, one event a request and no secret in it; who asked behind proxies; external_url; IPv6.
. "$(dirname "$0")/lib.sh"
need curl openssl python3

expect_exit 0 signet ca init
root=$SIGNET_STORE/authorities/default/root.crt
cat >>"$SIGNET_STORE/signet.toml.new" <<'TOML'
[server]
hostnames = ["localhost"]
trusted_proxies = ["127.0.0.0/8"]
external_url = "https://acme.example:444"
TOML
sed -n '/^\[server\]/q;p' "$SIGNET_STORE/signet.toml" >settings.toml
cat "$SIGNET_STORE/signet.toml.new" >>settings.toml
rm "$SIGNET_STORE/signet.toml.new"
cp settings.toml "$SIGNET_STORE/signet.toml"
start_server server signet serve-acme --listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --auth token
port=$(sed -E 's#.*:([0-9]+)/.*#\1#' <<<"$READY")
plain=$(sed -n 's/.*http_port=\([0-9]*\).*/\1/p' server.err)
get() { curl -s -o got -w '%{http_code}' --cacert "$root" "$@"; }
requests() { grep -c 'signet: request ' server.err || true; }
logged() { [ "$(requests)" -eq "$1" ]; }

step "one event a request, whoever answers it"
before=$(requests)
same "health" "$(get "https://localhost:$port/health")" 200
same "nothing there" "$(get "https://localhost:$port/nothing?key=CANARY-query")" 404
same "wrong method" "$(get -X DELETE "https://localhost:$port/acme/directory")" 405
same "wrong media type" "$(get -d CANARY-body "https://localhost:$port/acme/new-order")" 415
same "a request that is refused" "$(get -H 'Content-Type: application/jose+json' -d '{"payload":"CANARY-body"}' "https://localhost:$port/acme/new-order")" 400
same "another host" "$(get -H 'Host: elsewhere.test' "https://localhost:$port/acme/directory")" 421
same "headers" "$(get -u CANARY-user:CANARY-password -b CANARY-cookie -H 'X-Token: CANARY-header' "http://localhost:$plain/health")" 200
wait_for 10 logged $((before + 7))
raw() { printf '%b' "$1" | timeout 10 bash -c "exec 9<>/dev/tcp/127.0.0.1/$plain; cat >&9; head -c 12 <&9"; }
same "a bare LF" "$(raw 'GET /bare HTTP/1.1\nHost: localhost\r\n\r\n')" 'HTTP/1.1 400'
same "too large" "$(raw 'POST /acme/new-order HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n')" 'HTTP/1.1 413'
same "two lengths" "$(raw 'POST /acme/new-order HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n')" 'HTTP/1.1 400'
wait_for 10 logged $((before + 10))
sleep 0.2
logged $((before + 10)) || fail "more events than requests"
grep -Eq 'request method=GET path=/nothing status=404 remote=127.0.0.1 account=- event=[0-9a-f]{16} us=[0-9]+' server.err || fail "$(tail server.err)"
grep -Eq 'request method=POST path=/acme/new-order status=400 .* problem=malformed detail=' server.err || fail "$(tail server.err)"
grep -Eq 'request method=POST path=/acme/new-order status=413 remote=127.0.0.1 detail=' server.err || fail "$(tail server.err)"
same "each event has its own number" "$(grep -o 'event=[0-9a-f]*' server.err | sort | uniq -d)" ""

step "who asked, as a trusted proxy tells it, and no other"
get -H 'X-Forwarded-For: 203.0.113.9, 192.0.2.7' "https://localhost:$port/health" >/dev/null
wait_for 10 grep -q 'path=/health status=200 remote=192.0.2.7 ' server.err
! grep -q 203.0.113.9 server.err || fail "what the client claims of itself counts"

step "behind a load balancer every URL is the external one"
same "directory" "$(get -H 'Host: acme.example:444' "https://localhost:$port/acme/directory")" 200
for member in newNonce newAccount newOrder newAuthz revokeCert keyChange renewalInfo; do
    grep -Eq "\"$member\": ?\"https://acme.example:444/acme/" got || fail "$member: $(cat got)"
done
expect "its name is on the certificate" openssl s_client -connect "127.0.0.1:$port" -CAfile "$root" -verify_return_error \
    -verify_hostname acme.example
expect_exit 0 signet token create
expect_exit 0 signet token create --json
expect_out '"directory": ?"https://acme.example:444/acme/'

step "an enrolment leaves no secret in the log"
expect_exit 0 signet token create --dns '**.internal' --server "https://localhost:$port" --json
token=$(member token)
mac=$(member eab_hmac_key)
if [ -z "$token" ] || [ -z "$mac" ]; then fail "no token"; fi
expect_exit 0 signet fetch db.internal --token "$token" --out db
grep -Eq 'path=/acme/new-account status=201 ' server.err || fail "no line for newAccount"
grep -Eq 'path=/acme/order/[^ ]*/finalize status=200 remote=127.0.0.1 account=[^- ]' server.err || fail "no line for finalize"
for secret in CANARY "$mac" "$token" 'PRIVATE KEY'; do
    ! grep -qF -- "$secret" server.err || fail "the log has $secret"
done
line=$(sed -n 2p db/tls.key)
! grep -qF -- "$line" server.err || fail "the log has a key"

step "as JSON, a line each"
stop server
start_server json signet --json serve-acme --listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --auth token
port=$(sed -E 's#.*:([0-9]+)/.*#\1#' <<<"$READY")
get "https://localhost:$port/health" >/dev/null
wait_for 10 grep -q '"path":"/health"' json.err
python3 - <<'PY' || fail "the log is not JSON: $(cat json.err)"
import json
lines = [json.loads(line) for line in open("json.err")]
[request] = [line for line in lines if line["message"] == "request"]
assert request["method"] == "GET" and request["status"] == "200" and request["time"].endswith("Z"), request
PY
stop json

step "IPv6"
python3 -c 'import socket; socket.socket(socket.AF_INET6).bind(("::1", 0))' 2>/dev/null || skip "all but IPv6 held: there is no ::1 here"
start_server six signet serve-acme --listen '[::1]:0' --http-listen '[::]:0' --hostname ::1 --hostname localhost --auth trust
plain=$(sed -n 's/.*http_port=\([0-9]*\).*/\1/p' six.err)
case $READY in 'https://[::1]:'*) ;; *) fail "the ready line: $READY" ;; esac
expect_exit 0 signet fetch six.internal --server "$READY" --root "$root" --out six
grep -Eq 'path=/acme/new-order status=201 remote=::1 ' six.err || fail "$(tail -5 six.err)"
same "plain http over IPv6" "$(get "http://[::1]:$plain/health")" 200
stop six
same "exit code" "$CODE" 0
