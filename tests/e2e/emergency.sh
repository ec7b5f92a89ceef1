#!/usr/bin/env bash
# signet-emergency(7), typed in as it stands: every command of the page runs, and does what the page says.
. "$(dirname "$0")/lib.sh"
need openssl curl

PAGE=$SOURCE/man/signet-emergency.7
# commands CHAPTER: what stands in the examples of that chapter, as a terminal shows it.
commands() {
    awk -v chapter=".SH \"$1\"" '/^\.SH/ { on = $0 == chapter } /^\.EX/ { verbatim = 1; next } /^\.EE/ { verbatim = 0 }
        on && verbatim' "$PAGE" | sed "s/\\\\-/-/g; s/\\\\(aq/'/g; s/\\\\(ga/\`/g; s/\\\\(ti/~/g; s/\\\\(ha/^/g; s/^\\\\&//; s/\\\\e/\\\\/g"
}

# chapter HEADING: types it in, line by line; $SEEN is what was printed.
chapter() {
    local line count=0
    : >"$WORK/seen"
    while IFS= read -r line <&3; do
        echo "   $line"
        (cd "$SIGNET_STORE" && run bash -o pipefail -c "$line" && exit "$CODE") || { show_last; fail "a command fails: $line"; }
        cat "$WORK/out" >>"$WORK/seen"
        count=$((count + 1))
    done 3< <(commands "$1")
    [ "$count" -gt 0 ] || fail "there is no command in $1"
    cp "$WORK/seen" "$WORK/out"
}

step "a CA with a server, a certificate of its own and a machine that enrolled"
expect_exit 0 signet ca init
HTTP=$(free_port)
URL=http://127.0.0.1:$HTTP
export URL
sed -i "s|^#listen = .*|listen = \"127.0.0.1:0\"|; s|^#http_listen = .*|http_listen = \"127.0.0.1:$HTTP\"|
    s|^#hostnames = .*|hostnames = [\"localhost\"]|; s|^#public_http_url = .*|public_http_url = \"$URL\"|" "$SIGNET_STORE/signet.toml"
start_server serve signet serve-acme --auth token
expect_exit 0 signet issue db.internal
expect_exit 0 signet issue other.internal
expect_exit 0 signet --json token create --dns '*.machines.internal'
KID=$(member eab_kid)
TOKEN=$(member token)
expect_exit 0 signet fetch one.machines.internal --token "$TOKEN" --out one
SERIAL=$(serial one/tls.crt)
expect_exit 0 signet --json account list
ACCOUNT=$(member id | head -n 1)
export KID SERIAL ACCOUNT
db=$SIGNET_STORE/certificates/db.internal
leaked=$(serial "$db/tls.crt")
cp "$SIGNET_STORE/certificates/other.internal/tls.crt" former.pem

step "the key of a certificate has leaked"
chapter "THE KEY OF A CERTIFICATE HAS LEAKED"
expect_out 'tls.crt: revoked'
expect_out 'Key Compromise'
[ "$(serial "$db/tls.crt")" != "$leaked" ] || fail "it was not replaced"
openssl crl -inform DER -in "$SIGNET_STORE/default.crl" -noout -text >out
expect_out "${leaked^^}"

step "a machine is not trusted any more"
chapter "A MACHINE IS NOT TRUSTED ANY MORE"
expect_out "$ACCOUNT"
expect_out "$KID"
refuse "the machine gets nothing more" signet fetch one.machines.internal --token "$TOKEN" --out one --force --timeout 5s
curl -fsS "$URL/crl/default.crl" | openssl crl -inform DER -noout -text >out
expect_out "${SERIAL^^}"

step "the key of an issuing CA has leaked"
expect_exit 0 signet ca show --json
ID=$(member id <(python3 -c 'import json,sys; print(json.dumps(json.load(open(sys.argv[1]))["issuing"][0], indent=2))' out))
chapter "THE KEY OF AN ISSUING CA HAS LEAKED"
expect_out "issuing-$ID.crt: revoked"
expect "the new one is below the root" \
    signet verify "$db/tls.crt" --root "$SIGNET_STORE/authorities/default/root.crt" --hostname db.internal
expect "the CRL of the former CA" curl -fsS "$URL/crl/default/$ID.crl" -o former.crl
cat <(openssl crl -inform DER -in "$SIGNET_STORE/root.crl") <(openssl crl -inform DER -in former.crl) >crls.pem
refuse "nothing below the revoked CA is good" openssl verify -crl_check_all -CAfile "$SIGNET_STORE/authorities/default/root.crt" \
    -untrusted former.pem -CRLfile crls.pem former.pem
expect_err 'certificate revoked'
other=$SIGNET_STORE/certificates/other.internal/tls.crt
grep -q "default Issuing CA G2" < <(openssl x509 -in "$other" -noout -issuer) || fail "other.internal was not replaced"

step "the key of a root has leaked"
cp "$SIGNET_STORE/authorities/default/root.crt" old-root.pem
chapter "THE KEY OF A ROOT HAS LEAKED"
expect_out 'sha256 Fingerprint='
for name in db other; do
    expect "$name is below the new root" signet verify "$SIGNET_STORE/certificates/$name.internal/tls.crt" \
        --root "$SIGNET_STORE/new-root.pem" --hostname "$name.internal"
    refuse "$name is not below the old one" signet verify "$SIGNET_STORE/certificates/$name.internal/tls.crt" --root old-root.pem
done
wait_for 60 curl -fsS --cacert "$SIGNET_STORE/new-root.pem" "${READY%/acme/directory}/health"
stop serve
same "a clean stop" "$CODE" 0
