#!/usr/bin/env bash
# Chains that openssl and certtool make, each with one fault, judged by signet and by openssl verify at its strictest.
# Where the two differ, the table says why.
. "$(dirname "$0")/lib.sh"
need openssl certtool jq

new_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1" 2>/dev/null; }
for name in root ca leaf; do new_key "$name.key"; done
openssl genrsa -out short.key 1024 2>/dev/null
SKI='subjectKeyIdentifier=hash' AKI='authorityKeyIdentifier=keyid'
CA="basicConstraints=critical,CA:true|keyUsage=critical,keyCertSign,cRLSign|$SKI"
LEAF="keyUsage=critical,digitalSignature|extendedKeyUsage=serverAuth|subjectAltName=DNS:a.internal|$SKI|$AKI"

# certify NAME SUBJECT ISSUER EXTENSIONS [OPTION]...: "|" separates extensions; "-" is a certificate without any.
certify() {
    local name=$1 subject=$2 issuer=$3 extensions=$4 key=${KEY:-$1.key}
    shift 4
    openssl req -new -key "$key" -subj "$subject" -out "$name.csr" 2>/dev/null
    local signer=(-key "$name.key")
    if [ -n "$issuer" ]; then signer=(-CA "$issuer.pem" -CAkey "$issuer.key" -set_serial "${SERIAL:-0x$(openssl rand -hex 15)}"); fi
    if [ "$extensions" != - ]; then
        printf '%s\n' "${extensions//|/$'\n'}" >"$name.ext"
        set -- "$@" -extfile "$name.ext"
    fi
    openssl x509 -req -in "$name.csr" "${signer[@]}" -days "${DAYS:-20}" -out "$name.pem" "$@" 2>openssl.err ||
        fail "openssl does not make $name: $(cat openssl.err) $(cat "$name.ext")"
}
certify root /CN=Root "" "$CA"
certify ca /CN=Issuing root "$CA|$AKI"
cp root.pem root.good && cp ca.pem ca.good

# judge NAME RULE OPENSSL [WHY]: what signet's first finding is ("-": valid), and whether openssl takes it ("yes", "no").
HOST=a.internal AT=
CASES=0
judge() {
    local at=() attime=() found theirs=no
    if [ -n "$AT" ]; then at=(--at "@$AT") attime=(-attime "$AT"); fi
    if [ -n "$AT" ]; then at=(--at "$(date -u -d "@$AT" +%Y-%m-%dT%H:%M:%SZ)"); fi
    run signet verify leaf.pem --root root.pem --intermediates ca.pem --hostname "$HOST" "${at[@]}" --json
    found=$(jq -r '.findings[0].rule // "-"' out)
    same "$1, by signet" "$found" "$2"
    same "$1, the exit code" "$CODE" "$([ "$2" = - ] && echo 0 || echo 1)"
    if openssl verify -x509_strict -policy_check -auth_level 2 -purpose sslserver -verify_hostname "$HOST" "${attime[@]}" \
        -CAfile root.pem -untrusted ca.pem leaf.pem >openssl.out 2>&1; then theirs=yes; fi
    same "$1, by openssl" "$theirs" "$3"
    if { [ "$2" = - ] && [ "$3" = no ]; } || { [ "$2" != - ] && [ "$3" = yes ]; }; then
        [ -n "${4:-}" ] || fail "$1: a difference without its reason"
        echo "   differs: $1: $4"
    fi
    cp root.good root.pem
    cp ca.good ca.pem
    HOST=a.internal AT='' CASES=$((CASES + 1))
}
with_leaf() { DAYS=10 certify leaf "${SUBJECT:-/CN=leaf}" ca "$@"; }
with_ca() {
    certify ca /CN=Issuing root "$1|$AKI"
    with_leaf "$LEAF"
}

step "leafs"
with_leaf "$LEAF" && judge "a good one" - yes
with_leaf "$LEAF" && HOST=b.internal && judge "another host" name no
with_leaf "${LEAF/serverAuth/clientAuth}" && judge "for clients" extended-key-usage no
with_leaf "$LEAF|1.3.6.1.4.1.55555.1=critical,ASN1:NULL" && judge "an unknown critical extension" critical-extension no
with_leaf "${LEAF/|$AKI/}|authorityKeyIdentifier=none" && judge "no authority key identifier" authority-key-id no
with_leaf "keyUsage=critical,keyCertSign|${LEAF#*|}" && judge "a leaf that may sign certificates" cert-sign-without-ca no
with_leaf "${LEAF/critical,digitalSignature/critical,cRLSign}" && judge "a key usage without handshakes" key-usage no
SUBJECT=/ with_leaf "$LEAF" && judge "an empty subject beside names that are not critical" san-critical no
with_leaf "${LEAF/DNS:a.internal/DNS:*.mesh.internal}" && HOST=a.mesh.internal && judge "a wildcard" - yes
with_leaf "${LEAF/DNS:a.internal/DNS:*.mesh.internal}" && HOST=a.b.mesh.internal && judge "a wildcard, two labels below" name no
with_leaf "${LEAF/DNS:a.internal/DNS:a*.mesh.internal}" && HOST=ab.mesh.internal &&
    judge "part of a label as a wildcard" name-syntax yes "RFC 9525 section 6.3 knows whole labels only"
SUBJECT=/CN=a.internal with_leaf "${LEAF/subjectAltName=DNS:a.internal|/}" &&
    judge "the name as CN alone" name yes "RFC 9525 section 6 does not look at the CN"
KEY=short.key with_leaf "$LEAF" && judge "an RSA key of 1024 bits" weak-key no
with_leaf "$LEAF" -sha1 && judge "a signature with SHA-1" algorithm no
SERIAL=-5 with_leaf "$LEAF" && judge "a negative serial number" serial yes "RFC 5280 section 4.1.2.2 wants a positive one"
with_leaf "$LEAF"
end=$(date -u -d "$(openssl x509 -in leaf.pem -noout -enddate | sed 's/.*=//')" +%s)
AT=$((end + 1)) && judge "a second after its end" expired no
AT=$((end - 1)) && judge "a second before its end" - yes
AT=$((end - 15 * 86400)) && judge "before its beginning" not-yet-valid no

step "CAs"
with_ca "$SKI|keyUsage=critical,keyCertSign" && judge "no CA" basic-constraints no
with_ca "${CA/critical,CA:true/CA:true}" && judge "basic constraints that are not critical" constraints-critical no
with_ca "${CA/critical,keyCertSign,cRLSign/critical,cRLSign}" && judge "no keyCertSign" cert-sign no
with_leaf "$LEAF"
certify ca /CN=Issuing root "${CA/|$SKI/}|subjectKeyIdentifier=none|$AKI" && judge "no subject key identifier" subject-key-id no
with_ca "$CA|extendedKeyUsage=clientAuth" && judge "a CA for clients" extended-key-usage no
with_ca "$CA|extendedKeyUsage=clientAuth,serverAuth" && judge "a CA for both" - yes
with_ca "$CA|1.3.6.1.4.1.55555.1=critical,ASN1:NULL" && judge "an unknown critical extension above" critical-extension no
certify root /CN=Root "" "${CA/CA:true/CA:true,pathlen:0}"
with_ca "$CA" && judge "a path that is too long" path-length no
certify root /CN=Root "" "$CA"
with_ca "$CA|nameConstraints=critical,permitted;DNS:internal" && judge "a permitted name" - yes
with_ca "$CA|nameConstraints=critical,permitted;DNS:other" && judge "a name outside the permitted" name-constraints no
with_ca "$CA|nameConstraints=critical,excluded;DNS:a.internal" && judge "an excluded name" name-constraints no
certify ca /CN=Issuing root "$CA|$AKI|nameConstraints=critical,excluded;DNS:a.mesh.internal"
with_leaf "${LEAF/DNS:a.internal/DNS:*.mesh.internal}" && HOST=b.mesh.internal &&
    judge "a wildcard over an excluded name" name-constraints yes "it would speak for the excluded name"
certify ca /CN=Issuing root "$CA|$AKI|nameConstraints=critical,permitted;IP:10.0.0.0/255.0.0.0"
with_leaf "${LEAF/DNS:a.internal/DNS:a.internal,IP:192.168.0.1}" && judge "an address outside the permitted" name-constraints no
certify ca /CN=Issuing root "$CA|$AKI|nameConstraints=critical,permitted;URI:mesh.internal"
names=DNS:a.internal,URI:spiffe://other.internal/x
with_leaf "${LEAF/DNS:a.internal/$names}" &&
    judge "a URI outside the permitted" name-constraints no
with_ca "$CA|policyConstraints=critical,requireExplicitPolicy:0" && judge "a policy is required" policy no
certify ca /CN=Issuing "" "$CA" && with_leaf "$LEAF" && judge "a CA that the root did not sign" untrusted-root no

step "chains of GnuTLS"
cat >root.tmpl <<'T'
cn = "Gnu Root"
ca
cert_signing_key
crl_signing_key
expiration_days = 20
T
certtool --generate-self-signed --load-privkey root.key --template root.tmpl --outfile root.good 2>/dev/null
# gnu NAME LINES...: a certificate that the root (or, for leaf, ca) signs.
gnu() {
    local name=$1 issuer=root
    shift
    printf '%s\n' 'expiration_days = 10' "$@" >"$name.tmpl"
    if [ "$name" = leaf ]; then issuer=ca; fi
    certtool --generate-certificate --load-privkey "$name.key" --load-ca-certificate "$issuer.pem" \
        --load-ca-privkey "$issuer.key" --template "$name.tmpl" --outfile "$name.pem" 2>/dev/null || fail "certtool does not make $name"
}
cp root.good root.pem
gnu ca 'cn = "Gnu CA"' ca cert_signing_key 'path_len = 0'
cp ca.pem ca.good
gnu leaf 'cn = "leaf"' 'dns_name = "a.internal"' tls_www_server signing_key && judge "a good one" - yes
gnu leaf 'cn = "leaf"' 'dns_name = "b.internal"' tls_www_server signing_key && judge "another host" name no
gnu leaf 'cn = "leaf"' 'dns_name = "a.internal"' tls_www_client signing_key && judge "for clients" extended-key-usage no
gnu ca 'cn = "Gnu CA"' ca cert_signing_key 'nc_permit_dns = "other"' && gnu leaf 'cn = "leaf"' \
    'dns_name = "a.internal"' tls_www_server signing_key && judge "a name outside the permitted" name-constraints no

same "how many were judged" "$CASES" "$(grep -c 'judge "[a-z]' "$SOURCE/tests/e2e/verify_agrees.sh")"
