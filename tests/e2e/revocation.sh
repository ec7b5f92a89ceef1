#!/usr/bin/env bash
# A certificate is revoked, and openssl hears of it: by CRL, by OCSP, from the server and from the command line.
. "$(dirname "$0")/lib.sh"
need openssl curl ocsptool certtool

step "a server that publishes CRLs and answers OCSP"
HTTP=$(free_port)
expect_exit 0 signet ca init
cat >"$SIGNET_STORE/signet.toml" <<TOML
[server]
listen = "127.0.0.1:0"
http_listen = "127.0.0.1:$HTTP"
hostnames = ["localhost"]
public_http_url = "http://127.0.0.1:$HTTP"
[authority.default]
crl_validity = "2d"
ocsp_validity = "2h"
[profile.none]
permit_dns = ["**"]
revocation = "none"
[profile.staple]
permit_dns = ["**"]
must_staple = true
TOML
start_server serve signet serve-acme
URL=http://127.0.0.1:$HTTP
expect_exit 0 signet issue one.internal --out one
expect_exit 0 signet issue two.internal --out two
expect_exit 0 signet issue free.internal --profile none --out free
expect_exit 0 signet issue staple.internal --profile staple --out staple
ID=$(signet ca show --json | sed -n '/"issuing"/,$s/.*"id": "\([0-9a-f]*\)".*/\1/p' | head -n 1)
cp "$SIGNET_STORE/authorities/default/root.crt" root.pem
cp "$SIGNET_STORE/authorities/default/issuing.crt" issuing.pem
cat root.pem issuing.pem >both.pem

step "certificates say where their revocation is told, unless there is none"
expect "read" openssl x509 -in one/tls.crt -noout -text
expect_out "URI:$URL/crl/default/$ID.crl"
expect_out "OCSP - URI:$URL/ocsp/default"
expect_out "CA Issuers - URI:$URL/ca/default/$ID.der"
expect "read" openssl x509 -in free/tls.crt -noout -text
no_out '/crl/|/ocsp/'
expect_out '2.5.29.56|No Rev'
expect "read" openssl x509 -in staple/tls.crt -noout -ext tlsfeature
expect_out 'status_request'

# crls: what the server publishes, as openssl's CRL file.
crls() {
    curl -fsS "$URL/crl/default.crl" | openssl crl -inform DER -out issuing.crl
    curl -fsS "$URL/crl/default/root.crl" | openssl crl -inform DER -out root.crl
    cat issuing.crl root.crl >crls.pem
}
number() { openssl crl -in "$1" -noout -crlnumber | sed 's/.*=0x//; s/.*=//'; }
verify() { openssl verify -crl_check_all -CAfile root.pem -untrusted issuing.pem -CRLfile crls.pem "$1"; }
# ask CERT ISSUER [OPTION]...
ask() { openssl ocsp -url "$URL/ocsp/default" -CAfile both.pem -issuer "$2" "${@:3}" -cert "$1"; }
good() {
    expect "asked about $1" ask "$@"
    expect_out "^$1: good"
    expect_err 'Response verify OK'
    no_err 'WARNING|rror'
}
revoked() {
    expect "asked about $1" ask "$@"
    expect_out "^$1: revoked"
    expect_err 'Response verify OK'
}

step "before: good by CRL and by OCSP, the CA's own certificate too"
crls
expect "the CRL is the CA's" openssl crl -in issuing.crl -noout -CAfile both.pem
expect_err 'verify OK'
expect "the root's CRL is the root's" openssl crl -in root.crl -noout -CAfile root.pem
expect_err 'verify OK'
expect "valid" verify one/tls.crt
good one/tls.crt issuing.pem
good one/tls.crt issuing.pem -sha256
good one/tls.crt issuing.pem -no_nonce
good issuing.pem root.pem
before=$(number issuing.crl)

step "revoking from another process is seen at once"
expect_exit 0 signet --json revoke "$(serial one/tls.crt)" --reason KEY_COMPROMISE
same "the status" "$(member status)" revoked
same "the reason" "$(member reason)" keyCompromise
revoked one/tls.crt issuing.pem
expect_out 'Reason: keyCompromise'
revoked one/tls.crt issuing.pem -sha256
good two/tls.crt issuing.pem
crls
after=$(number issuing.crl)
[ "$((16#$after))" -gt "$((16#$before))" ] || fail "the CRL number did not rise: $before, $after"
refuse "revoked" verify one/tls.crt
grep -q 'certificate revoked' out err || fail "openssl verify gives another reason"
expect "the other one is good" verify two/tls.crt
expect "listed" openssl crl -in issuing.crl -noout -text
expect_out 'Key Compromise'

step "twice, unknown, nonsense: refused"
expect_exit 1 signet revoke one/tls.crt
expect_err 'already'
expect_exit 2 signet revoke 00ff00ff
expect_exit 2 signet revoke no-such-file.pem
expect_exit 2 signet revoke two/tls.crt --reason because
expect_exit 2 signet revoke two/tls.crt --reason removeFromCRL
expect_exit 1 signet revoke root.pem
good two/tls.crt issuing.pem

step "GET and POST by curl, with caches told to ask"
openssl ocsp -issuer issuing.pem -cert one/tls.crt -no_nonce -reqout req.der
get() { curl -fsS -D headers -o resp.der "$@"; }
expect "POST" get -H 'Content-Type: application/ocsp-request' --data-binary @req.der "$URL/ocsp/default"
grep -qi '^content-type: application/ocsp-response' headers || fail "the media type is another"
grep -qi '^cache-control: no-store' headers || fail "a cache may keep the answer"
expect "read" openssl ocsp -no_nonce -respin resp.der -issuer issuing.pem -cert one/tls.crt -CAfile both.pem
expect_out '^one/tls.crt: revoked'
expect "GET" get "$URL/ocsp/default/$(base64 -w0 req.der | sed 's|/|%2F|g; s|+|%2B|g; s|=|%3D|g')"
expect "read" openssl ocsp -no_nonce -respin resp.der -issuer issuing.pem -cert one/tls.crt -CAfile both.pem
expect_out '^one/tls.crt: revoked'
expect "GET as some clients send it" get --path-as-is "$URL/ocsp/default/$(base64 -w0 req.der)"
expect "read" openssl ocsp -no_nonce -respin resp.der -issuer issuing.pem -cert one/tls.crt -CAfile both.pem
expect_out '^one/tls.crt: revoked'
expect "rubbish" get "$URL/ocsp/default/rubbish"
same "malformedRequest" "$(od -An -tx1 resp.der | tr -d ' ')" 30030a0101
expect "the CRL" get "$URL/crl/default/$ID.crl"
grep -qi '^content-type: application/pkix-crl' headers || fail "the media type is another"
TAG=$(sed -n 's/^[Ee][Tt]ag: *//p' headers | tr -d '\r')
same "not modified" "$(curl -sS -o /dev/null -w '%{http_code}' -H "If-None-Match: $TAG" "$URL/crl/default.crl")" 304
for path in crl/nope.crl crl/default/00000000.crl crl/default/../x.crl ocsp/nope/MA==; do
    same "$path" "$(curl -sS --path-as-is -o /dev/null -w '%{http_code}' "$URL/$path")" 404
done

step "what another CA issued is unknown, another CA is not ours to speak for"
expect_exit 0 signet --store "$WORK/foreign" ca init
expect_exit 0 signet --store "$WORK/foreign" issue stranger.internal --out stranger
expect "asked" openssl ocsp -url "$URL/ocsp/default" -CAfile both.pem -issuer issuing.pem -serial 0x1234567890
expect_out '0x1234567890: unknown'
refuse "unauthorized" openssl ocsp -url "$URL/ocsp/default" -issuer foreign/authorities/default/issuing.crt \
    -cert stranger/tls.crt -CAfile both.pem
grep -q 'unauthorized' out err || fail "the answer is not unauthorized"

step "GnuTLS agrees: asked about a good one, a revoked one, the CA; its nonces come back"
# ask_gnutls CERT ISSUER: the chain that names whom to trust is the issuer and what is above it.
ask_gnutls() { ocsptool --ask="$URL/ocsp/default" --nonce --load-cert="$1" --load-issuer="$2" --load-trust=both.pem; }
expect "asked" ask_gnutls two/tls.crt issuing.pem
expect_out 'Certificate Status: good'
expect_out 'Verifying OCSP Response: Success'
expect "asked" ask_gnutls issuing.pem root.pem
expect_out 'Certificate Status: good'
run ask_gnutls one/tls.crt issuing.pem
expect_out 'Certificate Status: revoked'
expect_out 'Verifying OCSP Response: Success'
expect "the CRL" certtool --verify-crl --infile issuing.crl --load-ca-certificate issuing.pem
expect_out 'Verified. The certificate is trusted'

step "what a TLS server staples is accepted by who insists on it"
PORT=$(free_port)
start plain openssl s_server -accept "127.0.0.1:$PORT" -cert staple/tls.crt -key staple/tls.key \
    -cert_chain issuing.pem -CAfile both.pem -status -www
wait_for 20 port_open "$PORT"
run openssl s_client -connect "127.0.0.1:$PORT" -servername staple.internal -CAfile root.pem -status
expect_out 'OCSP Response Status: successful'
expect_out 'Cert Status: good'
expect "curl insists on it" curl -sS --cert-status --cacert root.pem --connect-to "staple.internal:443:127.0.0.1:$PORT" \
    --max-time 20 -o /dev/null https://staple.internal/
stop plain

step "the command line writes the same, with a higher number"
expect_exit 0 signet crl --pem --out cli.crl
expect "verified" openssl crl -in cli.crl -noout -CAfile both.pem
expect_err 'verify OK'
[ "$((16#$(number cli.crl)))" -gt "$((16#$after))" ] || fail "the CRL number did not rise"
expect_exit 0 signet crl --root --out root.der
expect "verified" openssl crl -inform DER -in root.der -noout -CAfile root.pem
expect_err 'verify OK'
expect_exit 0 signet --json crl
same "entries" "$(member entries)" 1
expect_exit 3 signet crl nobody

step "the server is ready, and its responder holds up no retirement"
same "ready" "$(curl -sS -o /dev/null -w '%{http_code}' "$URL/ready")" 200
expect_exit 0 signet ca show --json
expect_out '"living_leaves": 5'

step "the issuing CA itself is revoked: the root's CRL and the root's responder say so"
expect_exit 0 signet revoke issuing.pem --reason cACompromise
revoked issuing.pem root.pem
expect_out 'Reason: cACompromise|Reason: CACompromise'
crls
refuse "revoked" verify two/tls.crt
stop serve
same "a clean stop" "$CODE" 0
