#!/usr/bin/env bash
# acme-tiny, with nothing but its standard flags and the CA file, gets a certificate by http-01.
. "$(dirname "$0")/lib.sh"
need acme-tiny openssl curl python3

step "a CA, its server in challenge mode, and a web server"
expect_exit 0 signet ca init
http01=$(free_port)
mkdir -p webroot/.well-known/acme-challenge
start webserver python3 -m http.server --bind 127.0.0.1 --directory webroot "$http01"
wait_for 10 port_open "$http01"
start_server server signet serve-acme --listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --hostname 127.0.0.1 \
    --http01-port "$http01" --allow-target 127.0.0.0/8 --allow-target ::1/128
directory=$READY
curl -sSf --cacert "$SIGNET_STORE/authorities/default/root.crt" "${directory%/acme/directory}/ca.pem" -o ca.pem
export SSL_CERT_FILE=$WORK/ca.pem

step "acme-tiny gets a certificate with an RSA account key"
openssl genrsa -out account.key 2048 2>/dev/null
openssl req -new -newkey rsa:2048 -nodes -keyout leaf.key -subj "/CN=localhost" -addext subjectAltName=DNS:localhost \
    -out leaf.csr 2>/dev/null
acme_tiny_() {
    acme-tiny --directory-url "$directory" --account-key account.key --csr leaf.csr \
        --acme-dir webroot/.well-known/acme-challenge "$@"
}
expect "acme-tiny failed" acme_tiny_ --check-port "$http01"
cp out chain.pem
expect "the chain holds" openssl verify -x509_strict -CAfile ca.pem -untrusted chain.pem chain.pem
same "the key" "$(openssl x509 -in chain.pem -noout -pubkey)" "$(openssl pkey -in leaf.key -pubout)"
same "files left" "$(find webroot -type f | wc -l)" 0

step "again, with the same account and without its own check of the answer"
expect "acme-tiny failed the second time" acme_tiny_ --disable-check --contact mailto:admin@example.org
[ "$(serial chain.pem)" != "$(serial out)" ] || fail "the serial is the same"

step "a CSR that names what the order does not is refused"
openssl req -new -key leaf.key -subj "/CN=localhost" -addext subjectAltName=DNS:localhost,email:root@localhost.example \
    -out leaf.csr 2>/dev/null
refuse "acme-tiny got more than it ordered" acme_tiny_ --disable-check
expect_err 'badCSR'

step "the server ends in order"
stop server
same "exit code" "$CODE" 0
