#!/usr/bin/env bash
# dehydrated, a client in bash, lives a whole life: it binds an account, proves names by each challenge type, renews what
# is due and nothing else, revokes, changes its contact, and leaves.
. "$(dirname "$0")/lib.sh"
need dehydrated openssl curl python3 sqlite3

HTTP=$(free_port) TLS=$(free_port) DNS=$(free_port)
export DNS_RECORDS=$WORK/dns.records TLS
mkdir -p webroot/.well-known/acme-challenge alpn dehydrated
echo '* A 127.0.0.1' >dns.records
start dns python3 "$SOURCE/tests/e2e/dns_server.py" "$DNS" "$WORK/dns.records"
start webserver python3 -m http.server --bind 127.0.0.1 --directory webroot "$HTTP"
wait_for 10 grep -q ready dns.out
wait_for 10 port_open "$HTTP"

# deploy_challenge NAME TOKEN VALUE, clean_challenge NAME TOKEN VALUE, deploy_cert NAME KEY CERT ...
cat >hook <<'HOOK'
#!/usr/bin/env bash
echo "$1 $2" >>hook.log
case $1:$CHALLENGETYPE in
    deploy_challenge:dns-01) echo "_acme-challenge.$2 TXT $4" >>"$DNS_RECORDS" ;;
    clean_challenge:dns-01) sed -i "/ $4\$/d" "$DNS_RECORDS" ;;
    deploy_challenge:tls-alpn-01)
        openssl s_server -accept "127.0.0.1:$TLS" -alpn acme-tls/1 -cert "alpn/$2.crt.pem" \
            -key "alpn/$2.key.pem" -quiet >s_server.log 2>&1 </dev/null &
        echo $! >s_server.pid
        until (exec 3<>"/dev/tcp/127.0.0.1/$TLS") 2>/dev/null; do sleep 0.05; done
        ;;
    clean_challenge:tls-alpn-01) kill "$(cat s_server.pid)" ;;
esac
HOOK
chmod +x hook

step "a server with terms, a profile that wants binding, and certificates for 90 days"
expect_exit 0 signet ca init
sed -i '/^\[server\]/a terms_of_service = "https://ca.internal/terms"' "$SIGNET_STORE/signet.toml"
cat >>"$SIGNET_STORE/signet.toml" <<'TOML'
[profile.eab]
permit_dns = ["**"]
default_validity = "90d"
[profile.eab.acme]
require_eab = true
TOML
start_server server signet serve-acme --listen 127.0.0.1:0 --http-listen '' --hostname localhost \
    --resolver "127.0.0.1:$DNS" --http01-port "$HTTP" --tls-alpn01-port "$TLS" --allow-target 127.0.0.0/8
expect_exit 0 signet ca export --root --out ca.pem
expect_exit 0 signet token create --profile eab --dns '**.example.test' --json
cat >config <<CONFIG
CA=$(member directory)
BASEDIR=$WORK/dehydrated
WELLKNOWN=$WORK/webroot/.well-known/acme-challenge
ALPNCERTDIR=$WORK/alpn
CURL_OPTS="--cacert $WORK/ca.pem"
KEYSIZE=2048
HOOK=$WORK/hook
CONTACT_EMAIL=ops@example.test
CONFIG
EAB="EAB_KID=$(member eab_kid) EAB_HMAC_KEY=$(member eab_hmac_key)"
dehydrated_() { dehydrated --config "$WORK/config" "$@"; }
holds() { # NAME: the chain that dehydrated keeps for it, and its key
    local dir=$WORK/dehydrated/certs/$1
    expect "the chain of $1 holds" openssl verify -x509_strict -CAfile ca.pem -untrusted "$dir/chain.pem" "$dir/cert.pem"
    same "the key of $1" "$(openssl x509 -in "$dir/cert.pem" -noout -pubkey)" "$(openssl pkey -in "$dir/privkey.pem" -pubout)"
}

step "it registers only with the terms accepted and a binding"
refuse "dehydrated registered without accepting the terms" dehydrated_ --register
expect_err 'https://ca.internal/terms'
refuse "dehydrated registered without a binding" dehydrated_ --register --accept-terms
tr ' ' '\n' <<<"$EAB" >>config
expect "dehydrated failed to register" dehydrated_ --register --accept-terms
same "contact" "$(sql 'SELECT contacts FROM accounts')" mailto:ops@example.test

step "http-01 from a webroot"
expect "http-01 failed" dehydrated_ --cron -d web.example.test
holds web.example.test
grep -qx 'deploy_cert web.example.test' hook.log || fail "the hook never got the certificate"
same "answers left behind" "$(find webroot -type f)" ""
first=$(serial dehydrated/certs/web.example.test/cert.pem)

step "what is not due is kept, what is due is renewed"
expect "dehydrated failed" dehydrated_ --cron -d web.example.test
expect_out 'Skipping renew'
same "serial" "$(serial dehydrated/certs/web.example.test/cert.pem)" "$first"
echo 'RENEW_DAYS=100' >>config
expect "dehydrated failed to renew" dehydrated_ --cron -d web.example.test
second=$(serial dehydrated/certs/web.example.test/cert.pem)
[ "$second" != "$first" ] || fail "the serial is still $first"
holds web.example.test

step "dns-01, a name and its wildcard"
expect "dns-01 failed" dehydrated_ --cron --challenge dns-01 -d dns.example.test -d '*.dns.example.test'
holds dns.example.test
run openssl x509 -in dehydrated/certs/dns.example.test/cert.pem -noout -ext subjectAltName
expect_out 'DNS:\*\.dns\.example\.test'
refuse "records were left behind" grep -q TXT dns.records

step "tls-alpn-01, by the certificate that dehydrated makes, with an RSA key"
expect "tls-alpn-01 failed" dehydrated_ --cron --challenge tls-alpn-01 --algo rsa -d tls.example.test
holds tls.example.test

step "a name beyond the token is refused"
refuse "a name beyond the token" dehydrated_ --cron -d web.example.org
expect_err 'rejectedIdentifier'

step "it revokes, once"
expect "dehydrated failed to revoke" dehydrated_ --revoke dehydrated/certs/web.example.test/cert.pem
same "revoked" "$(sql 'SELECT serial FROM certificates WHERE revoked_at IS NOT NULL')" "$second"

step "the contact changes, then the account ends"
sed -i 's/ops@/other@/' config
expect "dehydrated failed to update its contact" dehydrated_ --account
same "contact" "$(sql 'SELECT contacts FROM accounts')" mailto:other@example.test
expect "dehydrated failed to deactivate its account" dehydrated_ --deactivate
same "status" "$(sql 'SELECT status FROM accounts')" deactivated

step "the server ends in order"
stop server
same "exit code" "$CODE" 0
