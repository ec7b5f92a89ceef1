#!/usr/bin/env bash
# verify on files and live endpoints that openssl made: verdicts, exit codes, both sides of a TLS handshake.
. "$(dirname "$0")/lib.sh"
need openssl

# make NAME ISSUER EXTENSIONS: a key pair and certificate; "" as the issuer is a self-signed one.
make() {
    local name=$1 issuer=$2
    openssl ecparam -name prime256v1 -genkey -noout -out "$name.key" 2>/dev/null
    openssl req -new -key "$name.key" -subj "/CN=$name" -out "$name.csr"
    printf 'subjectKeyIdentifier=hash\n%b' "$3" >"$name.ext"
    if [ -z "$issuer" ]; then
        openssl x509 -req -in "$name.csr" -key "$name.key" -days 30 -extfile "$name.ext" -out "$name.pem" 2>/dev/null
    else
        printf 'authorityKeyIdentifier=keyid\n' >>"$name.ext"
        openssl x509 -req -in "$name.csr" -CA "$issuer.pem" -CAkey "$issuer.key" -CAcreateserial -days 10 \
            -extfile "$name.ext" -out "$name.pem" 2>/dev/null
    fi
}
ca='basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\n'
make root "" "$ca"
make issuing root "$ca"
make other "" "$ca"
make server issuing 'subjectAltName=DNS:localhost,IP:127.0.0.1,URI:spiffe://mesh.internal/server\nextendedKeyUsage=serverAuth\n'
make client issuing 'subjectAltName=URI:spiffe://mesh.internal/client\nextendedKeyUsage=clientAuth\n'
make stranger other 'subjectAltName=URI:spiffe://mesh.internal/client\nextendedKeyUsage=clientAuth\n'
cat server.pem issuing.pem >server.chain
cat client.pem issuing.pem >client.chain

step "a good pair is valid, with each check said"
expect_exit 0 signet verify server.chain --root root.pem --hostname localhost --key server.key
expect_out '^ok +name localhost$'
expect_out '^ok +key belongs to the certificate$'
expect_out '^valid: server.chain, until '
expect_exit 0 signet verify server.pem --root root.pem --intermediates issuing.pem --uri spiffe://mesh.internal/server
expect_exit 0 signet verify server.pem --root issuing.pem
openssl x509 -in server.pem -outform DER -out server.der
expect_exit 0 signet verify server.der --root other.pem --root root.pem --intermediates issuing.pem --max-depth 1

step "what is not valid is exit 1, with certificate, rule and remedy"
expect_exit 1 signet verify server.pem --root root.pem
expect_out '^  certificate 0: no certificate given has the subject "CN=issuing"'
expect_out '^    rule: no-issuer \(RFC 5280 section 6.1.3'
expect_out '^    try: give the missing CA certificate'
expect_exit 1 signet verify server.chain --root root.pem --hostname localhost --purpose client --json
same "the verdict" "$(member valid)" false
expect_out '"rule": "extended-key-usage"'
for part in serial subject names ca profile not_before not_after status source account fingerprint_sha256 key_type; do
    expect_out "^ +\"$part\": "
done
expect_exit 1 signet verify server.chain --root root.pem --key client.key
expect_exit 1 signet verify server.chain --root root.pem --max-depth 0
expect_exit 1 signet verify server.chain --root root.pem --at 2020-01-01T00:00:00Z
expect_exit 1 signet verify server.chain --root root.pem --ip 127.0.0.2

step "input that cannot be used is exit 2"
expect_exit 2 signet verify server.chain
expect_exit 2 signet verify missing.pem --root root.pem
expect_err '^signet: cannot read missing.pem'
expect_exit 2 signet verify server.key --root root.pem
expect_exit 2 signet verify server.chain --root root.pem --hostname 127.0.0.1
expect_exit 2 signet verify server.chain --root root.pem --hostname localhost --ip 127.0.0.1
expect_exit 2 signet verify server.chain --root root.pem --servername localhost
head -c 300 server.pem >cut.pem
expect_exit 2 signet verify cut.pem --root root.pem
expect_err 'cut.pem line 1: the block is cut short'

step "a live endpoint is shaken hands with"
port=$(free_port)
start plain openssl s_server -accept "127.0.0.1:$port" -cert server.chain -cert_chain server.chain -key server.key -quiet -www
wait_for 10 port_open "$port"
expect_exit 0 signet verify "localhost:$port" --root root.pem
expect_out '^protocol: +TLSv1\.3$'
expect_out '^client certificate: not requested$'
expect_exit 0 signet verify "127.0.0.1:$port" --root root.pem --expect-uri spiffe://mesh.internal/server
expect_exit 1 signet verify "127.0.0.1:$port" --root root.pem --expect-uri spiffe://mesh.internal/other
expect_exit 1 signet verify "127.0.0.1:$port" --root root.pem --servername db.internal
expect_exit 1 signet verify "localhost:$port" --root other.pem --json
expect_out '"protocol": "TLSv1.3"'
stop plain
expect_exit 4 signet verify "localhost:$port" --root root.pem

step "with a client certificate, and not without or with a foreign one"
start mutual openssl s_server -accept "127.0.0.1:$port" -cert server.chain -cert_chain server.chain -key server.key \
    -CAfile root.pem -Verify 3 -verify_return_error -quiet -www
wait_for 10 port_open "$port"
expect_exit 0 signet verify "localhost:$port" --root root.pem --cert client.chain --key client.key --json
same "the request for a certificate" "$(sed -n 's/.*"client_certificate_requested": \([a-z]*\).*/\1/p' out)" true
expect_exit 4 signet verify "localhost:$port" --root root.pem
expect_exit 4 signet verify "localhost:$port" --root root.pem --cert stranger.pem --key stranger.key
expect_exit 2 signet verify "localhost:$port" --root root.pem --cert client.chain
