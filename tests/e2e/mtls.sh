#!/usr/bin/env bash
# The main job: the files of `issue` make mutual TLS, both ways, with programs that are not ours.
. "$(dirname "$0")/lib.sh"
need curl openssl

step "two workers of one CA, and a stranger of another"
expect_exit 0 signet ca init
expect_exit 0 signet issue worker-1.internal localhost 127.0.0.1 --out "$WORK/one"
expect_exit 0 signet issue worker-2.internal --out "$WORK/two"
expect_exit 0 signet issue --client client-only.internal --out "$WORK/client"
expect_exit 0 signet issue --server localhost --out "$WORK/server"
expect_exit 0 signet --store "$WORK/foreign" ca init
expect_exit 0 signet --store "$WORK/foreign" issue worker-2.internal --out "$WORK/stranger"

# serve NAME DIR: an openssl server that demands a client certificate; its port in $PORT.
serve() {
    PORT=$(free_port)
    start "$1" openssl s_server -accept "127.0.0.1:$PORT" -cert "$2/tls.crt" -cert_chain "$2/tls.crt" -key "$2/tls.key" \
        -CAfile "$2/ca.crt" -Verify 3 -verify_return_error -www
    wait_for 10 port_open "$PORT"
}
ask() { curl -sS --max-time 10 --cacert "$1/ca.crt" --cert "$2/tls.crt" --key "$2/tls.key" "https://localhost:$PORT/"; }

step "curl with a certificate is served by openssl"
serve server-1 one
expect "accepted" ask one two
expect_out 'worker-2.internal|Client certificate|SSL'
expect "a client-only certificate is good for a client" ask one client

step "without a certificate, with a foreign one, with a server's only, and a CA that is not believed: refused"
refuse "no certificate" curl -sS --max-time 10 --cacert one/ca.crt "https://localhost:$PORT/"
refuse "a foreign certificate" ask one stranger
refuse "a certificate for servers only" ask one server
refuse "a server of a CA that is not believed" ask stranger two
refuse "another name" curl -sS --max-time 10 --cacert one/ca.crt --cert two/tls.crt --key two/tls.key \
    --resolve "other.internal:$PORT:127.0.0.1" "https://other.internal:$PORT/"
expect "still serving" ask one two

step "the same with openssl at both ends and TLS 1.2"
s_client() {
    openssl s_client -connect "127.0.0.1:$PORT" -verify_hostname "$1" -verify_return_error -CAfile two/ca.crt "${@:2}" \
        -quiet -no_ign_eof <<<$'GET / HTTP/1.0\r\n\r\n'
}
expect "accepted" s_client worker-1.internal -cert two/tls.crt -cert_chain two/tls.crt -key two/tls.key -tls1_2
refuse "no certificate" s_client worker-1.internal -tls1_2
refuse "a foreign one" s_client worker-1.internal -cert stranger/tls.crt -cert_chain stranger/tls.crt -key stranger/tls.key -tls1_2
refuse "another name" s_client worker-3.internal -cert two/tls.crt -cert_chain two/tls.crt -key two/tls.key -tls1_2
stop server-1

step "the other way round"
serve server-2 two
expect "accepted" curl -sS --max-time 10 --cacert one/ca.crt --cert one/tls.crt --key one/tls.key \
    --resolve "worker-2.internal:$PORT:127.0.0.1" "https://worker-2.internal:$PORT/"
refuse "no certificate" curl -sS --max-time 10 --cacert one/ca.crt \
    --resolve "worker-2.internal:$PORT:127.0.0.1" "https://worker-2.internal:$PORT/"
stop server-2

step "a certificate for clients only is no server"
serve server-3 client
refuse "a client's certificate at a server" curl -sS --max-time 10 --cacert one/ca.crt --cert one/tls.crt --key one/tls.key \
    --resolve "client-only.internal:$PORT:127.0.0.1" "https://client-only.internal:$PORT/"
stop server-3
