#!/usr/bin/env bash
# certbot, with nothing but its standard flags and the CA file, gets and renews a certificate by http-01.
. "$(dirname "$0")/lib.sh"
need certbot openssl curl sqlite3

step "a CA and its server in challenge mode"
expect_exit 0 signet ca init
http01=$(free_port)
start_server server signet serve-acme --listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --hostname 127.0.0.1 \
    --http01-port "$http01" --allow-target 127.0.0.0/8 --allow-target ::1/128
directory=$READY
base=${directory%/acme/directory}
curl -sSf --cacert "$SIGNET_STORE/authorities/default/root.crt" "$base/ca.pem" -o ca.pem
export REQUESTS_CA_BUNDLE=$WORK/ca.pem

certbot_() {
    certbot "$@" --config-dir "$WORK/certbot" --work-dir "$WORK/certbot-work" --logs-dir "$WORK/certbot-logs" \
        --non-interactive
}

step "certbot gets a certificate by its own listener"
expect "certbot failed" certbot_ certonly --standalone --server "$directory" --agree-tos -m admin@example.org \
    --no-eff-email --http-01-port "$http01" -d localhost
live=$WORK/certbot/live/localhost
expect "the chain holds" openssl verify -x509_strict -CAfile ca.pem -untrusted "$live/chain.pem" "$live/cert.pem"
expect "the name is there" openssl x509 -in "$live/cert.pem" -noout -checkhost localhost
expect_out 'does match'
first=$(serial "$live/cert.pem")

step "the log has a line for each request, with account and duration"
grep -Eq 'request method=POST path=/acme/new-order status=201 remote=127.0.0.1 account=[A-Za-z0-9_-]{24} event=[0-9a-f]+ us=[0-9]+' server.err || fail "no line for new-order"
grep -q 'validation succeeded' server.err || fail "no line for the validation"

step "certbot renews"
expect "certbot failed to renew" certbot_ renew --force-renewal --no-random-sleep-on-renew
second=$(serial "$live/cert.pem")
[ "$first" != "$second" ] || fail "the serial is still $first"

step "a key of another kind, several names, from a webroot"
mkdir webroot
port_open "$http01" && fail "certbot's listener still runs"
start webserver python3 -m http.server --bind 127.0.0.1 --directory webroot "$http01"
wait_for 10 port_open "$http01"
expect "certbot failed with a webroot" certbot_ certonly --webroot -w webroot --server "$directory" --key-type rsa \
    --cert-name rsa -d localhost
expect "the chain holds" openssl verify -x509_strict -CAfile ca.pem -untrusted "$WORK/certbot/live/rsa/chain.pem" \
    "$WORK/certbot/live/rsa/cert.pem"

step "a name that cannot be validated is refused with a reason"
stop webserver
refuse "certbot succeeded without an answer" certbot_ certonly --webroot -w webroot --server "$directory" \
    --cert-name other -d 127.0.0.1.nip.invalid
grep -Eqi 'no address found|dns' "$WORK/out" "$WORK/err" || { show_last; fail "the reason is missing"; }

step "certbot revokes by its account, and by the certificate's key"
expect "certbot failed to revoke" certbot_ revoke --server "$directory" --cert-name localhost --reason superseded \
    --no-delete-after-revoke
refuse "revoked twice" certbot_ revoke --server "$directory" --cert-name localhost --no-delete-after-revoke
cp "$WORK/certbot/live/rsa/cert.pem" "$WORK/certbot/live/rsa/privkey.pem" .
expect "certbot failed to revoke by key" certbot_ revoke --server "$directory" --cert-path cert.pem \
    --key-path privkey.pem --reason keycompromise --no-delete-after-revoke
same "revocations on record" "$(sql \
    "SELECT revocation_reason FROM certificates WHERE revoked_at IS NOT NULL ORDER BY id" | tr "\n" " ")" "4 1 "

step "the account is updated and deactivated"
expect "update failed" certbot_ update_account --server "$directory" -m other@example.org --no-eff-email
expect "unregister failed" certbot_ unregister --server "$directory"

step "the server ends in order"
stop server
same "exit code" "$CODE" 0
