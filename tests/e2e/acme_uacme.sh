#!/usr/bin/env bash
# uacme, a client in C over GnuTLS: account, issuance through a hook, renewal, key change, revocation in both ways, and
# the end of the account.
. "$(dirname "$0")/lib.sh"
need uacme openssl python3 sqlite3

HTTP=$(free_port) DNS=$(free_port)
echo '* A 127.0.0.1' >dns.records
start dns python3 "$SOURCE/tests/e2e/dns_server.py" "$DNS" "$WORK/dns.records"
export UACME_CHALLENGE_PATH=$WORK/webroot/.well-known/acme-challenge
mkdir -p "$UACME_CHALLENGE_PATH"
start webserver python3 -m http.server --bind 127.0.0.1 --directory webroot "$HTTP"
wait_for 10 grep -q ready dns.out
wait_for 10 port_open "$HTTP"

step "a server that also answers without TLS, and a profile that wants binding"
expect_exit 0 signet ca init
cat >>"$SIGNET_STORE/signet.toml" <<'TOML'
[profile.eab]
permit_dns = ["**"]
permit_ip = ["127.0.0.1/32"]
default_validity = "90d"
[profile.eab.acme]
require_eab = true
TOML
http_port=$(free_port)
start_server server signet serve-acme --listen 127.0.0.1:0 --http-listen "127.0.0.1:$http_port" --hostname localhost \
    --insecure-http-acme --resolver "127.0.0.1:$DNS" --http01-port "$HTTP" --allow-target 127.0.0.0/8
expect_exit 0 signet ca export --root --out ca.pem
expect_exit 0 signet token create --profile eab --json
kid=$(member eab_kid) key=$(member eab_hmac_key) directory=$(member directory)

# Its GnuTLS trusts the system's file and nothing else. Where a mount namespace of our own is to be had, ours stands
# there; else this story goes without TLS.
system_roots=/etc/ssl/certs/ca-certificates.crt
trusting=(unshare --map-root-user --mount sh -c "mount --bind '$WORK/ca.pem' $system_roots && exec \"\$@\"" sh)
if [ ! -e "$system_roots" ] || ! "${trusting[@]}" true 2>/dev/null; then
    echo "no mount namespace here: ACME over plain HTTP"
    trusting=()
    directory=http://localhost:$http_port/acme/profile/eab/directory
fi
uacme_() { "${trusting[@]}" uacme --acme-url "$directory" --confdir "$WORK/uacme" --yes --verbose "$@"; }
issue() {
    rm -f uacme/web.example.test/cert-*.pem # its copy of the former one, named by the second: two in one second fail
    uacme_ --hook /usr/share/uacme/uacme.sh "$@" issue web.example.test 127.0.0.1
}

step "an account needs its binding"
refuse "uacme made an account without a binding" uacme_ new ops@example.test
expect_err 'external credentials'
expect "uacme failed to make an account" uacme_ --eab "$kid:$key" new ops@example.test
expect "uacme failed to update it" uacme_ update other@example.test
same "contacts" "$(sql 'SELECT contacts FROM accounts')" mailto:other@example.test

step "a name and an address by http-01 through its hook"
expect "uacme failed to issue" issue --type EC
expect "the chain holds" openssl verify -x509_strict -CAfile ca.pem -untrusted uacme/web.example.test/cert.pem uacme/web.example.test/cert.pem
same "the key" "$(openssl x509 -in uacme/web.example.test/cert.pem -noout -pubkey)" \
    "$(openssl pkey -in uacme/private/web.example.test/key.pem -pubout)"
same "answers left behind" "$(find webroot -type f)" ""
expect "the address is there" openssl x509 -in uacme/web.example.test/cert.pem -noout -checkip 127.0.0.1
expect_out 'does match'
first=$(serial uacme/web.example.test/cert.pem)

step "what is not due is kept, what is due is renewed"
run issue
same "exit code when nothing is due" "$CODE" 1
same "serial" "$(serial uacme/web.example.test/cert.pem)" "$first"
# Versions that ask for renewal information would wait for its window.
by_days=(--days 100)
if { uacme --help 2>&1 || true; } | grep -q -- --no-ari; then by_days+=(--no-ari); fi
expect "uacme failed to renew" issue "${by_days[@]}"
second=$(serial uacme/web.example.test/cert.pem)
[ "$second" != "$first" ] || fail "the serial is still $first"

step "the account's key changes, from RSA to EC, and the account stays the same"
cp uacme/private/key.pem former.pem
expect "uacme failed to change the key" uacme_ --type EC newkey
expect "uacme failed to issue with the new key" issue --force
third=$(serial uacme/web.example.test/cert.pem)
same "accounts" "$(sql 'SELECT count(*) FROM accounts')" 1
mkdir -p other/private
cp former.pem other/private/key.pem
refuse "the former key still works" uacme_ --confdir "$WORK/other" update x@example.test

step "a CSR of one's own, with an RSA key"
openssl req -new -newkey rsa:2048 -nodes -keyout own.key -subj / -addext subjectAltName=DNS:own.example.test -out own.csr 2>/dev/null
expect "uacme failed with a CSR" uacme_ --hook /usr/share/uacme/uacme.sh issue own.csr
same "the key" "$(openssl x509 -in own-cert.pem -noout -pubkey)" "$(openssl pkey -in own.key -pubout)"
fourth=$(serial own-cert.pem)

step "it revokes by the account, and by the certificate's key"
expect "uacme failed to revoke" uacme_ --reason 4 revoke uacme/web.example.test/cert.pem
expect "uacme failed to revoke by the key" uacme_ --reason 1 revoke own-cert.pem own.key
same "revocations on record" "$(sql "SELECT serial || ':' || revocation_reason FROM certificates
    WHERE revoked_at IS NOT NULL ORDER BY id" | tr '\n' ' ')" "$third:4 $fourth:1 "

step "the account ends"
expect "uacme failed to deactivate" uacme_ deactivate
same "status" "$(sql 'SELECT status FROM accounts')" deactivated
refuse "an account that ended still issues" issue --force

step "the server ends in order"
stop server
same "exit code" "$CODE" 0
