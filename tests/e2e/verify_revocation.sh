#!/usr/bin/env bash
# verify asks about revocation: CRLs given and fetched, OCSP given and asked, of our own server and of openssl's.
. "$(dirname "$0")/lib.sh"
need openssl curl

step "a server that publishes CRLs and answers OCSP"
HTTP=$(free_port)
URL=http://127.0.0.1:$HTTP
expect_exit 0 signet ca init
cat >"$SIGNET_STORE/signet.toml" <<TOML
[server]
listen = "127.0.0.1:0"
http_listen = "127.0.0.1:$HTTP"
hostnames = ["localhost"]
public_http_url = "$URL"
[profile.none]
permit_dns = ["**"]
revocation = "none"
TOML
start_server serve signet serve-acme
expect_exit 0 signet issue good.internal --out good
expect_exit 0 signet issue bad.internal --out bad
expect_exit 0 signet issue free.internal --profile none --out free
ROOT=$SIGNET_STORE/authorities/default/root.crt
ISSUING=$SIGNET_STORE/authorities/default/issuing.crt

step "asked by OCSP and fetched from the distribution point, a good one is good"
expect_exit 0 signet verify good/tls.crt --root "$ROOT" --ocsp
expect_out '^ok +revocation$'
expect_out '^note .*CN=default Issuing'
expect_exit 0 signet verify good/tls.crt --root "$ROOT" --fetch
expect_exit 0 signet verify good --root "$ISSUING" --fetch --ocsp

step "a revoked one is not, whoever is asked"
expect_exit 0 signet revoke bad/tls.crt --reason keyCompromise
# Who asks while another one has the next CRL signed, such as the upkeep of a server that has just started, gets the one
# before.
BAD=$(serial bad/tls.crt)
listed() { curl -s "$URL/crl/default.crl" | openssl crl -inform DER -noout -text | grep -qi "Serial Number: $BAD"; }
wait_for 20 listed
for how in --ocsp --fetch "--fetch --soft-fail"; do
    # shellcheck disable=SC2086
    expect_exit 1 signet verify bad/tls.crt --root "$ROOT" $how
    expect_out 'certificate 0: .* is revoked at .* \(keyCompromise\), says the'
    expect_out '^    rule: revoked \(RFC 5280 section 6.1.3'
done
expect_exit 0 signet verify bad/tls.crt --root "$ROOT"

step "CRLs from files must cover every certificate below the anchor"
expect_exit 0 signet crl --out issuing.crl
expect_exit 0 signet crl --root --pem --out root.crl
expect_exit 0 signet verify good/tls.crt --root "$ROOT" --crl issuing.crl --crl root.crl
expect_exit 1 signet verify good/tls.crt --root "$ROOT" --crl issuing.crl
expect_out 'certificate 1: whether .* is revoked cannot be told: there is no CRL'
expect_exit 0 signet verify good/tls.crt --root "$ROOT" --crl issuing.crl --soft-fail
expect_out '^note .* is not known'
expect_exit 0 signet verify good/tls.crt --root "$ISSUING" --crl issuing.crl
expect_exit 1 signet verify bad/tls.crt --root "$ISSUING" --crl issuing.crl
expect_exit 1 signet verify good/tls.crt --root "$ISSUING" --crl root.crl
expect_exit 1 signet verify good/tls.crt --root "$ISSUING" --crl issuing.crl --at 2020-01-01T00:00:00Z
expect_exit 2 signet verify good/tls.crt --root "$ISSUING" --crl good/tls.crt
expect_exit 0 signet verify free/tls.crt --root "$ISSUING" --crl issuing.crl
later=$(date -u -d '+9 days' +%Y-%m-%dT%H:%M:%SZ)
expect_exit 1 signet verify "$ISSUING" --root "$ROOT" --crl root.crl --at "$later"
expect_out 'the CRL ended at '

step "an OCSP response from a file, as openssl fetched it"
openssl ocsp -url "$URL/ocsp/default" -CAfile "$ROOT" -issuer "$ISSUING" -cert good/tls.crt -no_nonce -respout good.ocsp >/dev/null 2>&1
openssl ocsp -url "$URL/ocsp/default" -CAfile "$ROOT" -issuer "$ISSUING" -cert bad/tls.crt -no_nonce -respout bad.ocsp >/dev/null 2>&1
expect_exit 0 signet verify good/tls.crt --root "$ROOT" --ocsp-response good.ocsp
expect_exit 1 signet verify bad/tls.crt --root "$ROOT" --ocsp-response bad.ocsp
expect_exit 1 signet verify bad/tls.crt --root "$ROOT" --ocsp-response good.ocsp
expect_out 'the OCSP response is about another certificate'
cp good.ocsp forged.ocsp
printf '\x01' | dd of=forged.ocsp bs=1 seek=150 conv=notrunc status=none
run signet verify good/tls.crt --root "$ROOT" --ocsp-response forged.ocsp
[ "$CODE" -ne 0 ] || fail "a forged OCSP response was believed"

step "openssl's responder, with the CA's own key and with a delegated one"
cat >ca.cnf <<'CNF'
[ca]
default_ca = it
[it]
database = index.txt
crlnumber = crlnumber
default_md = sha256
default_crl_days = 2
[ocsp]
extendedKeyUsage = OCSPSigning
[root]
basicConstraints = critical,CA:true
keyUsage = critical,keyCertSign,cRLSign
subjectKeyIdentifier = hash
[leaf]
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:peer.internal
CNF
new_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1" 2>/dev/null; }
new_key theirs.key
openssl req -x509 -new -key theirs.key -subj /CN=Theirs -days 30 -config ca.cnf -extensions root -out theirs.pem 2>/dev/null ||
    openssl req -x509 -new -key theirs.key -subj /CN=Theirs -days 30 -addext keyUsage=critical,keyCertSign,cRLSign -out theirs.pem
PORT=$(free_port)
leaf() {
    new_key "$1.key"
    openssl req -new -key "$1.key" -subj "/CN=$1" -out "$1.csr"
    { sed -n "/^\[$2\]/,\$p" ca.cnf; } >"$1.ext"
    openssl x509 -req -in "$1.csr" -CA theirs.pem -CAkey theirs.key -set_serial "$3" -days 10 -extfile "$1.ext" \
        -extensions "$2" -out "$1.pem" 2>/dev/null
}
printf 'authorityInfoAccess = OCSP;URI:http://127.0.0.1:%s/\n' "$PORT" >>ca.cnf
leaf peer leaf 0x1234567890abcdef01
leaf responder ocsp 0x1234567890abcdef02
printf 'V\t391231235959Z\t\t1234567890ABCDEF01\tunknown\t/CN=peer\n' >index.txt
echo 01 >crlnumber
start responder openssl ocsp -index index.txt -port "$PORT" -CA theirs.pem -rsigner responder.pem -rkey responder.key -nmin 5 -ignore_err
listening() { grep -q 'waiting for OCSP client' responder.err; } # it serves one at a time: no connection to look
wait_for 10 listening
expect_exit 0 signet verify peer.pem --root theirs.pem --ocsp
stop responder
expect_exit 1 signet verify peer.pem --root theirs.pem --ocsp
expect_out 'gave no answer'
expect_exit 0 signet verify peer.pem --root theirs.pem --ocsp --soft-fail
openssl ca -config ca.cnf -gencrl -keyfile theirs.key -cert theirs.pem -out theirs.crl 2>/dev/null
expect_exit 0 signet verify peer.pem --root theirs.pem --crl theirs.crl
printf 'R\t391231235959Z\t250101000000Z,keyCompromise\t1234567890ABCDEF01\tunknown\t/CN=peer\n' >index.txt
openssl ca -config ca.cnf -gencrl -keyfile theirs.key -cert theirs.pem -out theirs.crl 2>/dev/null
expect_exit 1 signet verify peer.pem --root theirs.pem --crl theirs.crl
expect_out '\(keyCompromise\)'
