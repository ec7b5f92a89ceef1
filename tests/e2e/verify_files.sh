#!/usr/bin/env bash
# What verify takes and says: files of every form told by content, key pairs, lint, and many cases in one process.
. "$(dirname "$0")/lib.sh"
need openssl jq

expect_exit 0 signet ca init
expect_exit 0 signet issue db.internal 10.0.0.7 --out db
expect_exit 0 signet issue other.internal --out other
ROOT=$SIGNET_STORE/authorities/default/root.crt
ISSUING=$SIGNET_STORE/authorities/default/issuing.crt
printf 'secret\n' >password

step "PEM, DER and PKCS#12 are told by their content"
openssl x509 -in db/tls.crt -outform DER -out leaf.pem
openssl x509 -in "$ROOT" -outform DER -out root.txt
expect_exit 2 signet verify leaf.pem --root root.txt --intermediates "$ISSUING" --hostname db.internal --ip 10.0.0.7
expect_exit 0 signet verify leaf.pem --root root.txt --intermediates "$ISSUING" --ip 10.0.0.7
openssl pkcs12 -export -in db/tls.crt -inkey db/tls.key -out bundle.crt -passout pass:secret
expect_exit 0 signet verify bundle.crt --root "$ROOT" --p12-password-file password
expect_out '^ok +key belongs to the certificate$'
expect_exit 2 signet verify bundle.crt --root "$ROOT"
expect_err 'p12-password-file'
echo wrong >wrong
expect_exit 1 signet verify bundle.crt --root "$ROOT" --p12-password-file wrong
expect_exit 0 signet verify db --root "$ROOT"

step "--key in every form, and under a passphrase"
expect_exit 0 signet verify db/tls.crt --root "$ROOT" --key db/tls.key
expect_exit 1 signet verify db/tls.crt --root "$ROOT" --key other/tls.key
expect_out '^    rule: key-pair'
openssl pkey -in db/tls.key -outform DER -out key.der
expect_exit 0 signet verify db/tls.crt --root "$ROOT" --key key.der
openssl pkey -in db/tls.key -aes256 -passout pass:secret -out key.enc
expect_exit 0 signet verify db/tls.crt --root "$ROOT" --key key.enc --passphrase-file password
expect_exit 2 signet verify db/tls.crt --root "$ROOT" --key key.enc
expect_exit 0 signet verify db/tls.crt --root "$ROOT" --key bundle.crt --p12-password-file password

step "--lint says what others stumble over, with id, severity and citation"
expect_exit 0 signet verify db/tls.crt --root "$ROOT" --lint
no_out '^error'
openssl ecparam -name prime256v1 -genkey -noout -out weird.key 2>/dev/null
openssl req -x509 -new -key weird.key -subj "/C=xx/CN=weird.internal" -days 900 -set_serial 7 \
    -addext "keyUsage=digitalSignature,keyEncipherment" -addext "basicConstraints=critical,CA:false" \
    -addext "extendedKeyUsage=serverAuth" -out weird.pem 2>/dev/null
expect_exit 0 signet verify weird.pem --root weird.pem
expect_exit 1 signet verify weird.pem --root weird.pem --lint
expect_out '^error certificate 0: .* \[san-missing, RFC 9525'
expect_exit 1 signet verify weird.pem --root weird.pem --lint --json
for id in san-missing country-code key-usage-key-type serial-entropy validity-825 key-usage-critical; do
    jq -e --arg id "$id" '.lint[] | select(.id == $id) | .severity and .citation and .remedy' out >/dev/null ||
        fail "no finding $id"
done
same "the verdict" "$(jq .valid out)" false

step "--batch answers each line, in order, whatever it says"
line() { jq -cn --rawfile leaf "$2" --rawfile root "$ROOT" --rawfile ca "$ISSUING" --arg id "$1" \
    '{id: $id, leaf: $leaf, roots: [$root], intermediates: [$ca]} + '"$3"; }
{
    line good db/tls.crt '{hostname: "db.internal", purpose: "server"}'
    line name db/tls.crt '{hostname: "x.internal"}'
    line late db/tls.crt '{at: "2050-01-01T00:00:00.5Z"}'
    line deep db/tls.crt '{max_depth: 0}'
    line address db/tls.crt '{ip: "10.0.0.7", purpose: "client"}'
    line odd db/tls.crt '{purpose: "mail"}'
    line uncovered db/tls.crt "$(signet crl --pem | jq -Rs '{crls: [.]}')"
    echo '{"id": 7, "leaf": "no certificate", "roots": []}'
    echo 'no JSON'
} >cases.jsonl
expect_exit 0 signet verify --batch cases.jsonl
same "the answers" "$(jq -c '[.id, .valid]' out | tr '\n' ' ')" \
    '["good",true] ["name",false] ["late",false] ["deep",false] ["address",true] ["odd",false] ["uncovered",false] [7,false] [null,false] '
jq -e 'select(.valid | not) | .reason != ""' out >/dev/null
CODE=0
signet verify --batch - <cases.jsonl >stdin.out || CODE=$?
same "the exit code" "$CODE" 0
cmp -s out stdin.out || fail "standard input is answered otherwise"
expect_exit 2 signet verify --batch missing.jsonl
expect_exit 2 signet verify db/tls.crt
expect_exit 2 signet verify
