#!/usr/bin/env bash
# fetch and renew against Caddy's ACME server (smallstep's code): it has no /ca.pem, and validates on ports 80 and 443.
. "$(dirname "$0")/lib.sh"
need caddy python3 openssl
bindable() {
    python3 -c "
import socket
for port in 80, 443: socket.socket(socket.AF_INET6).bind(('::', port))" 2>/dev/null
}
bindable || skip "ports 80 and 443 cannot be had"

expect_exit 0 signet ca init
expect_exit 0 signet issue localhost --out "$WORK/tls"
port=$(free_port) http=$(free_port)
cat >caddy.json <<JSON
{"admin": {"disabled": true}, "storage": {"module": "file_system", "root": "$WORK/caddy"},
 "apps": {
  "pki": {"certificate_authorities": {"local": {"install_trust": false}}},
  "http": {"http_port": $http, "https_port": $port, "servers": {"acme": {"listen": ["127.0.0.1:$port"],
   "automatic_https": {"disable": true}, "tls_connection_policies": [{}],
   "routes": [{"handle": [{"handler": "acme_server", "ca": "local", "host": "localhost:$port"}]}]}}},
  "tls": {"certificates": {"load_files": [{"certificate": "$WORK/tls/tls.crt", "key": "$WORK/tls/tls.key"}]}}}}
JSON
start caddy caddy run --config caddy.json
wait_for 30 port_open "$port"
url=https://localhost:$port/acme/local/directory
root=$SIGNET_STORE/authorities/default/root.crt
anchor=$WORK/caddy/pki/authorities/local/root.crt
wait_for 30 test -e "$anchor"
key_of() { openssl pkey -in "$1" -pubout 2>/dev/null; }
key_in() { openssl x509 -in "$1" -noout -pubkey; }
fetch() { signet fetch "$@" --server "$url" --root "$root" --timeout 60s; }

for type in http-01 tls-alpn-01; do
    step "$type"
    expect_exit 0 fetch localhost --out "$WORK/$type" --challenge "$type" --ca-file "$anchor"
    same "the pair fits" "$(key_of "$type/tls.key")" "$(key_in "$type/tls.crt")"
    expect "it verifies" openssl verify -CAfile "$anchor" -untrusted "$type/tls.crt" "$type/tls.crt"
done
step "without an anchor: checked for consistency, and the topmost issuer kept"
expect_exit 0 fetch localhost --out "$WORK/plain"
expect "consistent" openssl verify -partial_chain -CAfile plain/ca.crt -untrusted plain/tls.crt plain/tls.crt
step "renewed by the record"
old=$(serial http-01/tls.crt)
expect_exit 0 signet renew "$WORK/http-01" --force
[ "$(serial http-01/tls.crt)" != "$old" ] || fail "it was not renewed"
step "an anchor that the chain does not reach"
expect_exit 1 fetch localhost --out "$WORK/wrong" --ca-file "$root"
[ ! -e wrong/tls.crt ] || fail "files after a refusal"
