#!/usr/bin/env bash
# Input that makes verifiers slow or large: each gets a verdict that names the bound, within 200 MB.
. "$(dirname "$0")/lib.sh"
need openssl python3 jq

new_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1" 2>/dev/null; }
for name in root ca leaf; do new_key "$name.key"; done
# certify NAME ISSUER EXTENSIONS [OPTION]...: of $KEY or NAME, with $SUBJECT or NAME as its CN.
certify() {
    local signer=(-CA "$2.pem" -CAkey "$2.key" -CAcreateserial) identifiers='subjectKeyIdentifier=hash'
    if [ "$2" = "$1" ]; then signer=(-key "$1.key"); else identifiers+='\nauthorityKeyIdentifier=keyid'; fi
    printf '%b' "$identifiers\n$3" >"$1.ext"
    openssl req -new -key "${KEY:-$1}.key" -subj "/CN=${SUBJECT:-$1}" -out "$1.csr" 2>/dev/null
    openssl x509 -req -in "$1.csr" "${signer[@]}" -days 20 -extfile "$1.ext" -out "$1.pem" "${@:4}" 2>openssl.err ||
        fail "openssl does not make $1: $(cat openssl.err)"
}
ca='basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\n'
certify root root "$ca"
certify ca ca "$ca"
certify leaf ca 'subjectAltName=DNS:a.internal\n'

# judge CASE VALID REASON: the verdict, and the memory that it took. A sanitizer's memory is its own.
SANITIZED=
if grep -q __asan_init "$SIGNET" || grep -q __tsan_init "$SIGNET"; then SANITIZED=1; fi
judge() {
    timeout 200 python3 "$SOURCE/tests/e2e/verify_hostile.py" "$SIGNET" "$1" >verdict || fail "$1: no verdict"
    same "$1: valid" "$(jq .valid verdict)" "$2"
    jq -r .reason verdict | grep -Eq -- "$3" || fail "$1: the reason is $(jq -r .reason verdict | head -c 300)"
    [ -n "$SANITIZED" ] || [ "$(jq .peak_mb verdict)" -le 200 ] || fail "$1: $(jq .peak_mb verdict) MB"
    echo "   $1: $(jq .peak_mb verdict) MB"
}

step "lines without end, and millions of values"
judge line false 'the line is too long'
judge values false 'more than 50000 values'

step "thousands of certificates, all of one name"
judge certificates false 'larger than 4194304 bytes'
judge twins false 'untrusted-root|limit: '

step "six thousand names held to as many constraints"
product() { # NAME KIND BEFORE: a CA that excludes 6000 names, a leaf with as many others
    local i names='' constraints=''
    for ((i = 0; i < 6000; i++)); do
        names+="$2.$i=$3n$i.internal\\n"
        constraints+="excluded;$2.$i=x$i.internal\\n"
    done
    cp ca.key "$1_ca.key"
    certify "$1_ca" "$1_ca" "${ca}nameConstraints=critical,@names\n[names]\n$constraints"
    KEY=leaf certify "$1" "$1_ca" "subjectAltName=@names\n[names]\n$names"
}
product mailboxes email ops@
judge mailboxes false 'limit: .*names and constraints|name-constraints: .*too many'
product hosts DNS ''
judge hosts true ''

step "an RSA key of 16384 bits with an exponent as long"
python3 - >giant.pub <<'PY'
import base64
def tlv(tag, contents):
    length = len(contents).to_bytes(2, "big")
    return bytes([tag, 0x82]) + length + contents
number = tlv(2, b"\x00" + b"\xd3" * 2048)
key = tlv(0x30, number + tlv(2, b"\x00" + b"\xd5" * 2048))
spki = tlv(0x30, bytes.fromhex("300d06092a864886f70d0101010500") + tlv(3, b"\x00" + key))
print("-----BEGIN PUBLIC KEY-----\n" + base64.encodebytes(spki).decode() + "-----END PUBLIC KEY-----")
PY
KEY=leaf certify giant ca "$ca" -force_pubkey giant.pub
cp ca.key impostor.key # one with the giant's name, for openssl does not sign with a key that it does not have
SUBJECT=giant certify impostor impostor "$ca"
KEY=leaf certify of_giant impostor 'subjectAltName=DNS:a.internal\n'
judge key false '^weak-key: "CN=giant": rsa-16384 is too short or too long'

step "CRLs of half a million entries"
judge crl true ''
judge crl_pem true ''
judge crl_batch true ''
