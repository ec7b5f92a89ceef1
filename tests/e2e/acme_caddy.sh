#!/usr/bin/env bash
# Caddy, a web server that gets its own certificates, is given the directory, the root and a binding: it proves one name
# by http-01 and one by tls-alpn-01, serves them, and renews them while it runs.
. "$(dirname "$0")/lib.sh"
need caddy curl openssl python3 sqlite3

HTTP=$(free_port) TLS=$(free_port) DNS=$(free_port)
echo '* A 127.0.0.1' >dns.records
start dns python3 "$SOURCE/tests/e2e/dns_server.py" "$DNS" "$WORK/dns.records"
wait_for 10 grep -q ready dns.out

step "a server, and a token: Caddy starts with an account for each certificate, when they come at once"
expect_exit 0 signet ca init
cat >>"$SIGNET_STORE/signet.toml" <<'TOML'
[profile.web]
permit_dns = ["**.example.test"]
usage = ["server"]
[profile.web.acme]
require_eab = true
TOML
start_server server signet serve-acme --listen 127.0.0.1:0 --http-listen '' --hostname localhost \
    --resolver "127.0.0.1:$DNS" --http01-port "$HTTP" --tls-alpn01-port "$TLS" --allow-target 127.0.0.0/8
expect_exit 0 signet ca export --root --out ca.pem
expect_exit 0 signet token create --profile web --uses unlimited --json

# Its window of renewal is nearly the whole lifetime: with what signet dates back, each look finds both due. An e-mail
# address each: Caddy files an account's key and its URL by the address, and two that register at once for the same one
# can leave the key of the first beside the URL of the second, which no server accepts afterwards.
policy() { # NAME: and the challenge type that is not to be used for it
    cat <<JSON
{"subjects": ["$1.example.test"], "renewal_window_ratio": 0.9999, "issuers": [{"module": "acme",
 "ca": "$(member directory)", "trusted_roots_pem_files": ["$WORK/ca.pem"], "email": "$1@example.test",
 "external_account": {"key_id": "$(member eab_kid)", "mac_key": "$(member eab_hmac_key)"},
 "challenges": {"$2": {"disabled": true}}}]}
JSON
}
cat >caddy.json <<JSON
{"admin": {"disabled": true},
 "storage": {"module": "file_system", "root": "$WORK/caddy"},
 "apps": {
  "http": {"http_port": $HTTP, "https_port": $TLS, "servers": {"web": {"listen": ["127.0.0.1:$TLS"],
   "routes": [{"match": [{"host": ["http.example.test", "alpn.example.test"]}],
               "handle": [{"handler": "static_response", "body": "hello from {http.request.host}"}]}]}}},
  "tls": {"automation": {"renew_interval": "2s",
   "policies": [$(policy http tls-alpn), $(policy alpn http)]}}}}
JSON
page() { curl -sSf --cacert ca.pem --resolve "$1.example.test:$TLS:127.0.0.1" "https://$1.example.test:$TLS/"; }
served() { openssl s_client -connect "127.0.0.1:$TLS" -servername "$1.example.test" </dev/null 2>/dev/null >"$1.pem" && serial "$1.pem"; }
changed() { local now; now=$(served "$1") && [ -n "$now" ] && [ "$now" != "$2" ]; }

step "Caddy gets both certificates and serves with them"
start caddy caddy run --config caddy.json
for name in http alpn; do
    wait_for 30 page "$name"
    same "the page" "$(page "$name")" "hello from $name.example.test"
    expect_exit 0 signet verify "127.0.0.1:$TLS" --root ca.pem --servername "$name.example.test"
done
for type in http-01:http tls-alpn-01:alpn; do
    grep -q "validation succeeded type=${type%:*} identifier=${type#*:}.example.test" server.err || fail "no proof by $type"
done
first_http=$(served http) first_alpn=$(served alpn)

step "it renews both while it serves"
wait_for 30 changed http "$first_http"
wait_for 30 changed alpn "$first_alpn"
same "the page" "$(page http)" "hello from http.example.test"
same "profiles" "$(sql "SELECT DISTINCT profile FROM certificates WHERE source = 'acme'")" web

step "both end in order"
stop caddy
same "exit code of caddy" "$CODE" 0
stop server
same "exit code" "$CODE" 0
