#!/usr/bin/env bash
# verify --mtls against servers that are not ours, each once strict and once with a door left open on purpose.
. "$(dirname "$0")/lib.sh"
need openssl nginx haproxy python3 jq

expect_exit 0 signet ca init
expect_exit 0 signet issue localhost 127.0.0.1 --out server
expect_exit 0 signet issue worker.internal --client --out client
expect_exit 0 signet --store "$WORK/other" ca init
expect_exit 0 signet --store "$WORK/other" issue worker.internal --out stranger
cat server/tls.crt server/tls.key >server.pem
R=refused O=open U=untested

# doors: what stands open, one word a door in their order.
doors() { jq -r '.mtls.doors[].result' out | tr '\n' ' '; }
# probe EXIT DOORS...: verify --mtls of localhost:$PORT says so.
probe() {
    local code=$1
    shift
    expect_exit "$code" signet verify "localhost:$PORT" --root client/ca.crt --cert client/tls.crt --key client/tls.key --mtls --json
    same "the doors" "$(doors)" "$* "
    same "the verdict" "$(jq .valid out)" "$([ "$code" = 0 ] && echo true || echo false)"
}
# tls NAME [OPTION]...: openssl's server on a port of its own.
tls() {
    PORT=$(free_port)
    start "$1" openssl s_server -accept "127.0.0.1:$PORT" -cert server/tls.crt -cert_chain server/tls.crt -key server/tls.key \
        -CAfile server/ca.crt -quiet "${@:2}"
    wait_for 10 port_open "$PORT"
}

step "openssl's server: strict"
tls strict -Verify 3 -verify_return_error
probe 0 $R $R $R $R $R $R
same "the client's own certificate" "$(jq .mtls.accepted out)" true
jq -e '.mtls.doors[] | select(.result == "refused") | .detail != ""' out >/dev/null
expect_exit 0 signet verify "localhost:$PORT" --root client/ca.crt --cert client/tls.crt --key client/tls.key --mtls
expect_out '^no certificate +refused +.*certificate_required'
expect_out '^TLS 1.1 +refused '

step "what the CA made for it is a minute wide, in the inventory, and soon over"
expect_exit 0 signet list --profile refusal-test --json
same "how many" "$(wc -l <out | tr -d ' ')" 4
jq -es 'all(.names == ["worker.internal"])' out >/dev/null || fail "other names"
jq -es 'all((.not_after | fromdateiso8601) - (.not_before | fromdateiso8601) == 60)' out >/dev/null || fail "not a minute"

step "without the store of the CA those two rows are untested, and the rest counts"
SIGNET_STORE=$WORK/nowhere
export SIGNET_STORE
probe 0 $R $R $U $U $R $R
SIGNET_STORE=$WORK/other
probe 0 $R $R $U $U $R $R
expect_out 'no CA of this store issued the client certificate'
SIGNET_STORE=$WORK/store

step "a client certificate that is not accepted proves nothing"
expect_exit 1 signet verify "localhost:$PORT" --root client/ca.crt --cert client/tls.crt --key client/tls.key --mtls --max-depth 0
expect_exit 1 signet verify "localhost:$PORT" --root client/ca.crt --cert stranger/tls.crt --key stranger/tls.key --mtls
expect_out '^not valid: the client.s own certificate is not accepted: .*unknown_ca'
expect_exit 1 signet verify "localhost:$PORT" --root client/ca.crt --cert stranger/tls.crt --key stranger/tls.key --mtls --json
same "the verdict" "$(jq .valid out)" false
expect_exit 2 signet verify "localhost:$PORT" --root client/ca.crt --mtls
stop strict

step "openssl's server: in TLS 1.2, and open in one way each"
tls only12 -Verify 3 -verify_return_error -tls1_2
probe 0 $R $R $R $R $R $R
stop only12
tls nothing
probe 1 $O $O $O $O $R $R
expect_out '"accepted": false'
stop nothing
tls wish -verify 3 -verify_return_error
probe 1 $O $R $R $R $R $R
stop wish
tls lax -Verify 3
probe 1 $R $O $O $O $R $R
stop lax
tls timeless -Verify 3 -verify_return_error -no_check_time
probe 1 $R $R $O $R $R $R
stop timeless
tls purposeless -Verify 3 -verify_return_error -purpose any
probe 1 $R $R $R $O $R $R
expect_exit 1 signet verify "localhost:$PORT" --root client/ca.crt --cert client/tls.crt --key client/tls.key --mtls
expect_out 'without clientAuth +OPEN'
expect_out '^not valid: doors stand open: a certificate of the CA without clientAuth$'
stop purposeless
tls old -Verify 3 -verify_return_error -min_protocol TLSv1 -cipher 'ALL:@SECLEVEL=0'
probe 1 $R $R $R $R $O $O
stop old

# web NAME VERIFY PROTOCOLS: nginx, which refuses by HTTP.
web() {
    PORT=$(free_port)
    mkdir -p "$1.d"
    cat >"$1.conf" <<CONF
daemon off; master_process off; pid $WORK/$1.pid; error_log stderr;
events {}
http {
    access_log off;
    client_body_temp_path $WORK/$1.d; proxy_temp_path $WORK/$1.d; fastcgi_temp_path $WORK/$1.d;
    uwsgi_temp_path $WORK/$1.d; scgi_temp_path $WORK/$1.d;
    server {
        listen 127.0.0.1:$PORT ssl;
        ssl_certificate $WORK/server/tls.crt; ssl_certificate_key $WORK/server/tls.key;
        ssl_client_certificate $WORK/server/ca.crt; ssl_verify_client $2; ssl_verify_depth 3;
        ssl_protocols $3; ssl_ciphers ALL:@SECLEVEL=0;
        location / { return 200 "hello"; }
    }
}
CONF
    start "$1" nginx -c "$WORK/$1.conf"
    wait_for 10 port_open "$PORT"
}
step "nginx: strict, and open in one way each"
web ngx on 'TLSv1.2 TLSv1.3'
probe 0 $R $R $R $R $R $R
expect_out 'after the handshake: HTTP status 400'
stop ngx
web ngx_wish optional 'TLSv1.2 TLSv1.3'
probe 1 $O $R $R $R $R $R
stop ngx_wish
web ngx_lax optional_no_ca 'TLSv1.2 TLSv1.3'
probe 1 $O $O $R $R $R $R
stop ngx_lax
web ngx_old on 'TLSv1 TLSv1.1 TLSv1.2 TLSv1.3'
probe 1 $R $R $R $R $O $O
stop ngx_old

# balance NAME VERIFY [MORE]: haproxy.
balance() {
    PORT=$(free_port)
    cat >"$1.cfg" <<CONF
defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
frontend it
    bind 127.0.0.1:$PORT ssl crt $WORK/server.pem ca-file $WORK/server/ca.crt verify $2 ${3:-}
    http-request return status 200 content-type text/plain string hello
CONF
    start "$1" haproxy -db -f "$1.cfg"
    wait_for 10 port_open "$PORT"
}
step "haproxy: strict, and open in one way each"
balance ha required
probe 0 $R $R $R $R $R $R
stop ha
balance ha_wish optional
probe 1 $O $R $R $R $R $R
stop ha_wish
balance ha_late required 'crt-ignore-err 10'
probe 1 $R $R $O $R $R $R
stop ha_late

step "a Python server: strict, and one that only wishes"
cat >server.py <<'PY'
import http.server, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("server/tls.crt", "server/tls.key")
context.load_verify_locations("server/ca.crt")
context.verify_mode = getattr(ssl, sys.argv[2])
class Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Hello)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
PY
PORT=$(free_port)
start py python3 server.py "$PORT" CERT_REQUIRED
wait_for 10 port_open "$PORT"
probe 0 $R $R $R $R $R $R
stop py
start py_wish python3 server.py "$PORT" CERT_OPTIONAL
wait_for 10 port_open "$PORT"
probe 1 $O $R $R $R $R $R
stop py_wish

step "nobody there is exit 4"
expect_exit 4 signet verify "localhost:$PORT" --root client/ca.crt --cert client/tls.crt --key client/tls.key --mtls
