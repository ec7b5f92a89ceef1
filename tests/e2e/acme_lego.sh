#!/usr/bin/env bash
# lego, a client that we did not write, by each challenge type: http-01, dns-01 with a wildcard and an alias,
# tls-alpn-01; it renews and revokes.
. "$(dirname "$0")/lib.sh"
need lego python3 openssl sqlite3

HTTP=$(free_port) TLS=$(free_port) DNS=$(free_port)
: >dns.records
start dns python3 "$SOURCE/tests/e2e/dns_server.py" "$DNS" "$WORK/dns.records"
wait_for 10 grep -q ready "$WORK/dns.out"

# A hook of the kind that lego's `exec` provider wants: present NAME VALUE, cleanup NAME VALUE.
cat >hook <<'HOOK'
#!/bin/sh
case $1 in
    present) echo "$2 TXT $3" >>"$DNS_RECORDS" ;;
    cleanup) grep -vF -- "$3" "$DNS_RECORDS" >"$DNS_RECORDS.new" || true
             cat "$DNS_RECORDS.new" >"$DNS_RECORDS" ;;
esac
HOOK
chmod +x hook
export EXEC_PATH=$WORK/hook DNS_RECORDS=$WORK/dns.records LEGO_CA_CERTIFICATES=$WORK/root.pem
# No pause between two names (60 seconds by default: this lego answers one after the other), nor between two looks at
# the zone: the records are there as soon as the hook ends.
export EXEC_SEQUENCE_INTERVAL=0 EXEC_POLLING_INTERVAL=0

step "a server that validates over this story's DNS"
expect_exit 0 signet ca init
expect_exit 0 signet ca export --root --out root.pem
cat >>"$SIGNET_STORE/signet.toml" <<'SETTINGS'
[profile.guarded]
permit_dns = ["**"]
[profile.guarded.acme]
caa = true
SETTINGS
start_server server signet serve-acme --listen 127.0.0.1:0 --http-listen '' --hostname localhost \
    --resolver "127.0.0.1:$DNS" --http01-port "$HTTP" --tls-alpn01-port "$TLS" --allow-target 127.0.0.0/8
lego_run() { lego --server "$READY" --accept-tos --email ops@example.test --path "$WORK/lego" "$@"; }
certificate_of() { openssl x509 -in "$WORK/lego/certificates/$1.crt" -noout -ext subjectAltName; }

# Tried three times, with pauses: it goes on beside the next steps.
cat >wrong_hook <<'HOOK'
#!/bin/sh
[ "$1" = cleanup ] || echo "$2 TXT CANARY" >>"$DNS_RECORDS"
HOOK
chmod +x wrong_hook
start wrong env "EXEC_PATH=$WORK/wrong_hook" lego --server "$READY" --accept-tos --email ops@example.test \
    --path "$WORK/wrong" --dns exec --dns.disable-cp --dns.resolvers "127.0.0.1:$DNS" -d wrong.example.test run
ended() {
    CODE=0
    wait "${PIDS[$1]}" || CODE=$?
    unset "PIDS[$1]"
    mv "$1.out" out
    mv "$1.err" err
}

step "http-01"
echo "web.example.test A 127.0.0.1" >>dns.records
expect "lego gets a certificate by http-01" lego_run --http --http.port "127.0.0.1:$HTTP" -d web.example.test run
expect "its chain reaches our root" openssl verify -CAfile root.pem \
    -untrusted lego/certificates/web.example.test.issuer.crt lego/certificates/web.example.test.crt

step "it renews with the same account, and revokes by it"
first=$(serial lego/certificates/web.example.test.crt)
expect "lego renews" lego_run --http --http.port "127.0.0.1:$HTTP" -d web.example.test renew --days 30 \
    --no-random-sleep
second=$(serial lego/certificates/web.example.test.crt)
[ "$second" != "$first" ] || fail "the serial is still $first"
expect "lego revokes" lego_run -d web.example.test revoke --reason 4 --keep
same "revoked" "$(sql 'SELECT serial || revocation_reason FROM certificates
    WHERE revoked_at IS NOT NULL')" "${second}4"

step "tls-alpn-01, for two names"
echo "tls.example.test A 127.0.0.1" >>dns.records
echo "alt.tls.example.test A 127.0.0.1" >>dns.records
expect "lego gets a certificate by tls-alpn-01" \
    lego_run --tls --tls.port "127.0.0.1:$TLS" -d tls.example.test -d alt.tls.example.test run
run certificate_of tls.example.test
expect_out 'DNS:tls.example.test, DNS:alt.tls.example.test|DNS:alt.tls.example.test, DNS:tls.example.test'

step "dns-01, a name and its wildcard on one certificate"
expect "lego gets a certificate by dns-01" \
    lego_run --dns exec --dns.disable-cp --dns.resolvers "127.0.0.1:$DNS" -d dns.example.test -d '*.dns.example.test' run
run certificate_of dns.example.test
expect_out 'DNS:\*\.dns\.example\.test'
refuse "lego left its records behind" grep -q '_acme-challenge.dns' dns.records

step "dns-01 through an alias"
cat >hook <<'HOOK'
#!/bin/sh
[ "$1" = cleanup ] || printf '%s CNAME held.elsewhere.test\nheld.elsewhere.test TXT %s\n' "$2" "$3" >>"$DNS_RECORDS"
HOOK
expect "lego gets a certificate by an alias" \
    lego_run --dns exec --dns.disable-cp --dns.resolvers "127.0.0.1:$DNS" -d alias.example.test run

step "CAA records that name nobody are obeyed where the profile says so"
echo "caa.example.test A 127.0.0.1" >>dns.records
lego_at() { lego --server "${READY%/acme/*}/acme/$1" --accept-tos --email ops@example.test --path "$WORK/$2" \
    --http --http.port "127.0.0.1:$HTTP" -d caa.example.test run; }
expect "lego gets a certificate for a name without records" lego_at profile/guarded/directory without
echo "example.test CAA issue ;" >>dns.records
refuse "lego gets a certificate that the zone forbids" lego_at profile/guarded/directory forbidden
grep -q 'urn:ietf:params:acme:error:caa' out err || { show_last; fail "the reason is not told"; }
expect "lego gets a certificate where nobody asks" lego_at directory elsewhere

step "a wrong record is refused, and not quoted"
ended wrong
[ "$CODE" -ne 0 ] || fail "lego gets a certificate without proof"
grep -q '_acme-challenge.wrong.example.test' out err || { show_last; fail "the reason is not told"; }
no_err CANARY

step "a wildcard has no other way"
refuse "lego proves a wildcard by http-01" \
    lego_run --http --http.port "127.0.0.1:$HTTP" -d '*.web.example.test' run

stop server
same "exit code of the server" "$CODE" 0
no_secret() { ! grep -q CANARY server.err; }
expect "the log quotes no answer" no_secret
