#!/usr/bin/env bash
# A token is all that a new machine needs; its parts serve certbot and lego; revoking it stops what it bound.
. "$(dirname "$0")/lib.sh"
need openssl curl sqlite3

step "without a server there is nothing to point at"
expect_exit 0 signet ca init
expect_exit 2 signet token create
expect_err 'serve-acme was never ready'
expect_exit 0 signet token create --server https://ca.internal:9443 --json
same "directory" "$(member directory)" "https://ca.internal:9443/acme/directory"
same "hash" "$(member root_sha256)" "$(openssl x509 -in "$SIGNET_STORE/authorities/default/root.crt" -outform der | sha256sum | cut -d' ' -f1)"

step "a server in token mode, and a profile that requires binding beside challenges"
http01=$(free_port)
cat >>"$SIGNET_STORE/signet.toml" <<TOML
[profile.eab]
permit_dns = ["**"]
[profile.eab.acme]
auth = "challenge"
require_eab = true
TOML
start_server server signet serve-acme --listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --hostname 127.0.0.1 --auth token \
    --http01-port "$http01" --allow-target 127.0.0.0/8 --allow-target ::1/128
directory=$READY
base=${directory%/acme/directory}
curl -sSf --cacert "$SIGNET_STORE/authorities/default/root.crt" "$base/ca.pem" -o ca.pem

step "one string on a bare directory gets a certificate"
expect_exit 0 signet token create --dns '**.internal'
cp out token
grep -Eqx 'signet1_[A-Za-z0-9_-]+' token || fail "this is no token: $(cat token)"
expect_exit 0 env -i PATH="$PATH" SIGNET_TOKEN_FILE="$WORK/token" signet fetch db.internal --out "$WORK/tls"
expect "the chain holds" openssl verify -x509_strict -CAfile tls/ca.crt -untrusted tls/tls.crt tls/tls.crt
first=$(serial tls/tls.crt)
same "mode of the kept key" "$(stat -c %a tls/.signet/eab.key)" 600

step "the same token again finds the account; another machine is refused"
expect_exit 0 signet fetch db.internal --token-file token --out "$WORK/tls" --force
expect_exit 1 signet fetch web.internal --token-file token --out "$WORK/other"
expect_err 'used up'
[ ! -e other/tls.crt ] || fail "something was written"
expect_exit 0 signet token list --json
grep -q '"used up"' out || fail "the list does not say so"

step "names beyond the token are refused, by identifier"
expect_exit 1 signet fetch db.example --token-file token --out "$WORK/tls"
expect_err 'db.example is not permitted by the token'
expect_exit 1 signet fetch 127.0.0.2 --token-file token --out "$WORK/tls"

step "a token that lost a character says so, before anything is asked"
head -c -3 token >short
expect_exit 2 signet fetch db.internal --token-file short --out "$WORK/short-tls"
expect_err 'damaged'

step "a server with another root is refused, with both hashes"
SIGNET_STORE=$WORK/store2 expect_exit 0 signet ca init
SIGNET_STORE=$WORK/store2 expect_exit 0 signet token create --server "$base"
cp out foreign
expect_exit 1 signet fetch db.internal --token-file foreign --out "$WORK/foreign-tls"
for store in store store2; do
    hash=$(openssl x509 -in "$WORK/$store/authorities/default/root.crt" -outform der | sha256sum | cut -d' ' -f1)
    expect_err "$hash"
done
same "accounts" "$(sql 'SELECT count(*) FROM accounts')" 1

step "renewals go on when the token has ended, and stop when it is revoked"
kid=$(sql 'SELECT token FROM accounts')
sql "UPDATE tokens SET expires_at = 1"
expect_exit 0 signet renew "$WORK/tls" --force
second=$(serial tls/tls.crt)
[ "$second" != "$first" ] || fail "the serial is still $first"
expect_exit 0 signet token revoke "$kid"
expect_out 'accounts stopped: 1'
expect_exit 1 signet renew "$WORK/tls" --force
expect_err 'revoked'
same "serial" "$(serial tls/tls.crt)" "$second"
expect_exit 3 signet token revoke 00

step "another token makes another account in the same directory"
expect_exit 0 signet token create --uses unlimited --expires never
cp out fleet
expect_exit 0 signet fetch db.internal --token-file fleet --out "$WORK/tls" --force
expect_exit 0 signet renew "$WORK/tls" --force
expect_exit 0 signet account list --json
grep -q '"revoked"' out || fail "the first account is not revoked"

step "an operator stops an account, which a running server sees at its next request"
id=$(sql "SELECT id FROM accounts WHERE status = 'valid'")
expect_exit 0 signet account show --json -- "$id"
same "status" "$(member status)" valid
expect_exit 0 signet account deactivate -- "$id"
expect_exit 1 signet renew "$WORK/tls" --force
expect_err 'deactivated'

step "the audit log has it all, and no key"
actions=$(sql "SELECT group_concat(DISTINCT action) FROM audit")
for action in token.created token.revoked account.created account.deactivated; do
    [[ $actions == *$action* ]] || fail "no $action in the audit log: $actions"
done
key=$(cut -c9-60 fleet)
if grep -rq "$key" server.err server.out; then fail "the log holds a token"; fi

step "the parts by themselves: --eab-kid and --eab-hmac-key"
create() { expect_exit 0 signet token create --json "$@"; eab_kid=$(member eab_kid) eab_key=$(member eab_hmac_key) eab_url=$(member directory); }
create
expect_exit 1 signet fetch db.internal --server "$eab_url" --root ca.pem --out "$WORK/parts"
expect_err 'token'
echo "$eab_key" >hmac
expect_exit 2 signet fetch db.internal --server "$eab_url" --root ca.pem --out "$WORK/parts" --eab-kid "$eab_kid"
expect_exit 0 signet fetch db.internal --server "$eab_url" --root ca.pem --out "$WORK/parts" --eab-kid "$eab_kid" \
    --eab-hmac-key-file hmac

if command -v certbot >/dev/null; then
    step "certbot binds its account, and validates by http-01"
    create --profile eab --dns localhost
    export REQUESTS_CA_BUNDLE=$WORK/ca.pem
    certbot_() {
        certbot "$@" --config-dir "$WORK/certbot" --work-dir "$WORK/certbot-work" --logs-dir "$WORK/certbot-logs" \
            --non-interactive
    }
    refuse "certbot registered without a binding" certbot_ certonly --standalone --server "$eab_url" --agree-tos \
        --register-unsafely-without-email --http-01-port "$http01" -d localhost
    expect "certbot failed" certbot_ certonly --standalone --server "$eab_url" --agree-tos \
        --register-unsafely-without-email --http-01-port "$http01" -d localhost --eab-kid "$eab_kid" \
        --eab-hmac-key "$eab_key"
    expect "the name is there" openssl x509 -in "$WORK/certbot/live/localhost/cert.pem" -noout -checkhost localhost
    expect_out 'does match'
    refuse "a name beyond the token" certbot_ certonly --standalone --server "$eab_url" --http-01-port "$http01" \
        -d ip6-localhost
fi

if command -v lego >/dev/null; then
    step "lego binds its account, and validates by http-01"
    create --profile eab
    expect "lego failed" env LEGO_CA_CERTIFICATES="$WORK/ca.pem" lego --server "$eab_url" --path "$WORK/lego" \
        --accept-tos --email admin@example.org --eab --kid "$eab_kid" --hmac "$eab_key" --http \
        --http.port "127.0.0.1:$http01" --domains localhost run
    expect "the name is there" openssl x509 -in "$WORK/lego/certificates/localhost.crt" -noout -checkhost localhost
    expect_out 'does match'
fi

step "the server ends in order"
stop server
same "exit code" "$CODE" 0
