#!/usr/bin/env bash
# The inventory answers who got what: list and show agree with what openssl reads in the same certificates, and show
# explains files as OpenSSL and Java write them.
. "$(dirname "$0")/lib.sh"
need openssl python3

# lines FILTER...: how many certificates `list` finds.
lines() { signet list --json "$@" | wc -l; }
# json EXPRESSION: of the last command's document, as d.
json() { python3 -c 'import json,sys; d=json.load(open("out")); print(eval(sys.argv[1]))' "$1"; }

step "a store with certificates of two authorities"
expect_exit 0 signet ca init
expect_exit 0 signet ca init mesh
cat >>"$SIGNET_STORE/signet.toml" <<'TOML'
[profile.mesh]
ca = "mesh"
permit_dns = ["**.mesh.internal"]
permit_uri = ["spiffe://mesh.internal/**"]
TOML
expect_exit 0 signet issue web.internal 10.0.0.7
expect_exit 0 signet issue db.internal --validity 10d
expect_exit 0 signet issue a.mesh.internal b.mesh.internal spiffe://mesh.internal/a --profile mesh
expect_exit 0 signet issue ops@mail.internal --out mail

step "list: everything, the newest first, as a table and as one document a line"
expect_exit 0 signet list
expect_out '^SERIAL +STATUS +NOT AFTER +CA +PROFILE +SOURCE +NAMES$'
same "rows" "$(wc -l <out)" 9 # the heading, four certificates, two roots with their issuing CAs
expect_out 'valid .* mesh +mesh +cli +a\.mesh\.internal, b\.mesh\.internal, spiffe://mesh\.internal/a$'
sed -n 2p out | grep -q 'ops@mail.internal' || fail "the newest is not first"
expect_exit 0 signet list --json
python3 - <<'PY' || fail "a line is no certificate"
import json
members = ["serial", "subject", "names", "ca", "profile", "not_before", "not_after", "status", "source", "account",
           "fingerprint_sha256", "key_type"]
rows = [json.loads(line) for line in open("out")]
assert len(rows) == 8 and all(list(row) == members for row in rows)
PY

step "list: by name, address, URI, authority, profile, end"
same "one name" "$(lines --name WEB.internal)" 1
same "a name below" "$(lines --name '*.internal')" 2
same "any depth, two names of one certificate" "$(lines --name '**.internal')" 3
same "none below" "$(lines --name '*.web.internal')" 0
same "a network" "$(lines --name 10.0.0.0/8)" 1
same "another network" "$(lines --name 10.1.0.0/16)" 0
same "URIs" "$(lines --name 'spiffe://mesh.internal/*')" 1
same "e-mail" "$(lines --name '*@mail.internal')" 1
same "any name" "$(lines --name '**')" 8
same "an authority" "$(lines --ca mesh)" 3
same "a profile" "$(lines --profile mesh)" 1
same "an authority and a name" "$(lines --ca default --name '**.mesh.internal')" 0
same "soon" "$(lines --expiring 2d)" 3
same "in eleven days" "$(lines --expiring 11d)" 4
expect_exit 0 signet list --expiring 11d
sed -n 5p out | grep -q db.internal || fail "what ends last is not last"
same "a limit" "$(lines --limit 3)" 3
same "nothing revoked" "$(lines --revoked)" 0
expect_exit 0 signet list --account nobody
expect_err 'no certificate in the inventory'
expect_exit 2 signet list --name 'a.*.b'
expect_err 'is no pattern'
expect_exit 2 signet list --limit 0
expect_exit 2 signet list --revoked --expiring 7d
expect_exit 3 signet list --ca mehs
expect_err "did you mean 'mesh'"

step "list: a reader that has seen enough is no error"
for _ in 1 2 3; do
    signet list 2>complaint | true
    signet list 2>>complaint | head -n 1 >/dev/null
    [ ! -s complaint ] || fail "it complained: $(cat complaint)"
done

step "show: by serial number in any spelling, and by fingerprint"
web=$SIGNET_STORE/certificates/web.internal/tls.crt
serial=$(serial "$web")
colons=$(echo "$serial" | tr a-f A-F | sed 's/../&:/g; s/:$//')
fingerprint=$(openssl x509 -in "$web" -noout -fingerprint -sha256 | sed 's/.*=//')
for word in "$serial" "$colons" "$(echo "$serial" | tr a-f A-F)" "0x$serial" "$fingerprint"; do
    expect_exit 0 signet show "$word"
    expect_out '^names: +web\.internal, 10\.0\.0\.7'
    expect_out '^issued: .* by CA default, profile default, cli$'
done
expect_exit 0 signet show "$serial" --pem
openssl x509 -in "$web" | cmp - out || fail "the PEM is another certificate"
expect_exit 3 signet show 00112233
expect_err 'no certificate with the serial number 00112233'
expect_exit 3 signet show "$(printf '%064d' 1)"
expect_err 'no certificate with the fingerprint'
expect_exit 2 signet show nosuch.crt
expect_err 'no file'
expect_exit 2 signet show "$serial" --json --pem

step "show: what openssl reads in the same certificate"
expect_exit 0 signet show "$serial" --json
cp out shown.json
openssl_says() { openssl x509 -in "$web" -noout "$@"; }
hex() { grep -Eo '([0-9A-F]{2}:)+[0-9A-F]{2}' | tr -d ':\n' | tr A-F a-f; }
same "serial" "$(json "d['serial']")" "$serial"
same "sha1" "$(json "d['fingerprint_sha1']")" "$(openssl_says -fingerprint -sha1 | sed 's/.*=//' | hex)"
same "subject key id" "$(json "d['subject_key_id']")" "$(openssl_says -ext subjectKeyIdentifier | hex)"
same "authority key id" "$(json "d['authority_key_id']")" "$(openssl_says -ext authorityKeyIdentifier | hex)"
same "key" "$(json "d['spki_sha256']")" "$(openssl_says -pubkey | openssl pkey -pubin -outform DER | sha256sum | cut -d' ' -f1)"
same "names" "$(json "','.join(d['names'])")" web.internal,10.0.0.7
same "usages" "$(json "d['key_usage'], d['extended_key_usage'], d['type'], d['days_left'], d['revoked_at'], d['status']")" \
    "(['digitalSignature'], ['serverAuth', 'clientAuth'], 'certificate', 0, None, 'valid')"
same "extensions" "$(json "len(d['extensions'])")" "$(openssl x509 -in "$web" -noout -text | grep -c '^            X509v3\|^            Authority Information')"

step "show: files, by content"
expect_exit 0 signet show "$web"
expect_out '^certificate \(1 of 2\)$'
expect_out '^constraints: +CA, 0 CAs below it at most \(critical\)$'
no_out 'BEGIN'
[ "$(wc -l <out)" -lt 50 ] || fail "a wall of text"
expect_exit 0 signet show "$SIGNET_STORE/certificates/web.internal" --json
same "the leaf and the others" "$(json "d['names'][0], d['profile'], len(d['others']), d['others'][0]['profile']")" \
    "('web.internal', 'default', 1, 'issuing')"
key=$SIGNET_STORE/certificates/web.internal/tls.key
expect_exit 0 signet show "$key"
expect_out '^private key$'
expect_out '^key: +ec-p256$'
expect_out "^key SHA-256: +$(python3 -c 'import json; print(json.load(open("shown.json"))["spki_sha256"])')$"
expect_exit 0 signet show "$key" --pem
openssl x509 -in "$web" -noout -pubkey | cmp - out || fail "not the public half"
openssl x509 -in "$web" -outform DER -out web.bin
expect_exit 0 signet --store nowhere show web.bin --json
same "without the store" "$(json "d['serial'] == '$serial', d['profile']")" "(True, None)"
openssl req -new -newkey rsa:2048 -nodes -keyout rsa.key -subj /CN=csr.internal/O=Example -out leaf.csr \
    -addext subjectAltName=DNS:csr.internal 2>/dev/null
expect_exit 0 signet show leaf.csr
expect_out '^certificate request$'
expect_out '^subject: +O=Example,CN=csr.internal$|^subject: +CN=csr.internal,O=Example$'
openssl pkcs8 -topk8 -in rsa.key -passout pass:x -out closed.key
expect_exit 0 signet show closed.key
expect_out 'encrypted private key'
expect_exit 1 signet show closed.key --pem
openssl pkcs12 -export -in "$web" -inkey "$key" -passout pass:secret -out web.p12
echo secret >password
echo wrong >other
expect_exit 2 signet show web.p12
expect_err 'p12-password-file'
expect_exit 1 signet show web.p12 --p12-password-file other
expect_exit 0 signet show web.p12 --p12-password-file password
expect_out '^certificate \(1 of 3\)$'
expect_out '^private key \(3 of 3\)$'
no_out 'BEGIN'
if command -v keytool >/dev/null; then
    keytool -genkeypair -alias a -keyalg EC -groupname secp256r1 -dname CN=java.internal -ext san=dns:java.internal \
        -storetype PKCS12 -keystore java.p12 -storepass secret 2>/dev/null
    expect_exit 0 signet show java.p12 --p12-password-file password
    expect_out '^names: +java\.internal$'
fi
expect_exit 0 signet revoke "$serial" --reason superseded
expect_exit 0 signet crl --out my.crl
expect_exit 0 signet show my.crl
expect_out '^CRL$'
expect_out "^number: +$((16#$(openssl crl -inform DER -in my.crl -noout -crlnumber | sed 's/.*=0x//')))$"
expect_out "^revoked: +$serial at .*, superseded$"
expect_exit 0 signet show my.crl --pem
openssl crl -inform DER -in my.crl | cmp - out || fail "the PEM is another CRL"
expect_exit 0 signet show "$serial" --json
same "revoked" "$(json "d['status'], d['reason']")" "('revoked', 'superseded')"
same "the list of what is revoked" "$(lines --revoked)" 1
echo nothing >notes.txt
expect_exit 2 signet show notes.txt
expect_err 'holds no certificate'

step "a certificate with everything in it, by openssl"
cat >all.cnf <<'CNF'
[req]
distinguished_name = name
prompt = no
[name]
CN = all
[ext]
subjectAltName = DNS:a.internal, IP:10.0.0.1, URI:spiffe://x/y, email:a@b.internal, RID:1.2.3.4, dirName:name, otherName:1.2.3.5;UTF8:hi
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth, codeSigning, 1.2.3.6
certificatePolicies = 1.2.3.7, 1.2.3.8
crlDistributionPoints = URI:http://ca.internal/a.crl
authorityInfoAccess = OCSP;URI:http://ca.internal/ocsp, caIssuers;URI:http://ca.internal/ca.der
tlsfeature = status_request
1.2.3.9 = critical, ASN1:NULL
nsComment = "old"
CNF
openssl req -x509 -newkey rsa:1024 -nodes -keyout all.key -out all.crt -config all.cnf -extensions ext 2>/dev/null
expect_exit 0 signet show all.crt
for line in '^names: +a\.internal, 10\.0\.0\.1, spiffe://x/y, a@b\.internal, registeredID:2a0304, dirName:CN=all, otherName:' \
    '^key: +rsa-1024, WEAK' '^purposes: +serverAuth, codeSigning, 1\.2\.3\.6$' '^policies: +1\.2\.3\.7, 1\.2\.3\.8$' \
    '^CRL: +http://ca\.internal/a\.crl$' '^OCSP: +http://ca\.internal/ocsp$' '^issuer at: +http://ca\.internal/ca\.der$' \
    'must staple OCSP' 'unknown 1\.2\.3\.9 \(critical, 2 bytes\)' 'netscapeComment'; do
    expect_out "$line"
done
