#!/usr/bin/env bash
# A server that is not there, is not believed, or talks nonsense: clear errors, the right exit codes, no files.
. "$(dirname "$0")/lib.sh"
need python3 openssl

no_files() {
    [ ! -e "$WORK/dir" ] || fail "something was left: $(find "$WORK/dir")"
}
fetch() { signet fetch web.internal --out "$WORK/dir" "$@"; }

step "wrong usage"
expect_exit 2 signet fetch web.internal --out "$WORK/dir"
expect_exit 2 signet fetch --server https://localhost/d --out "$WORK/dir"
expect_exit 2 fetch --server http://localhost/d
expect_err 'insecure-http'
expect_exit 2 fetch --server https://localhost/d --root-sha256 1234
expect_exit 2 fetch --server https://localhost/d --root-sha256 "$(printf '0%.0s' $(seq 64))" --root x.pem
for words in '--root absent.pem' '--ca-file absent.pem' '--csr absent.csr' '--eab-kid k --eab-hmac-key-file absent.key'; do
    # shellcheck disable=SC2086
    expect_exit 2 fetch --server https://localhost/d $words
    expect_err 'try: name a file that is there'
done
expect_exit 2 fetch --token-file absent.token
expect_err 'try: name a file that is there'
expect_exit 2 fetch --server https://localhost/d --challenge carrier-pigeon
expect_exit 2 fetch --server https://localhost/d --token abc
echo T >./-
expect_exit 2 fetch --token-file -
expect_err 'try: name one; \./- is a file of that name'
expect_exit 2 fetch --server https://localhost/d --eab-kid k --eab-hmac-key-file -
expect_err '^signet: --eab-hmac-key-file takes a file'
expect_exit 2 fetch --token-file ./-
no_err 'takes a file'
rm ./-
for command in "unclosed 'x" ' '; do
    expect_exit 2 fetch --server https://localhost/d --exec "$command"
    expect_err '--exec'
done
expect_exit 2 fetch --server https://localhost/d --dns-hook "unclosed 'x"
expect_err 'open quote'
echo 'not PEM' >garbage.pem
expect_exit 2 fetch --server https://localhost/d --root garbage.pem
[ ! -e dir ] || fail "wrong usage left a directory"

step "a server that is not there: exit 4 within --timeout"
PORT=$(free_port)
begin=$SECONDS
expect_exit 4 fetch --server "https://localhost:$PORT/d" --timeout 3s
[ $((SECONDS - begin)) -le 5 ] || fail "it took $((SECONDS - begin)) seconds"
expect_err "localhost.*$PORT"
expect_err 'try: check the address'
no_files

step "a server that takes connections and says nothing: the same"
start silent python3 -c "
import socket, time
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(('127.0.0.1', $PORT)); s.listen(50); time.sleep(600)"
wait_for 30 port_open "$PORT"
begin=$SECONDS
expect_exit 4 fetch --server "http://localhost:$PORT/d" --insecure-http --timeout 3s
[ $((SECONDS - begin)) -le 5 ] || fail "it took $((SECONDS - begin)) seconds"
expect_exit 4 fetch --server "https://localhost:$PORT/d" --timeout 2s
stop silent KILL
no_files

# fake STATUS TYPE BODY: an HTTP server with this one answer.
cat >fake.py <<'EOS'
import sys, http.server
port, status, kind, body = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4].encode()
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def do_GET(self):
        self.send_response(status)
        self.send_header('Content-Type', kind)
        cut = self.path.endswith('/cut')
        self.send_header('Content-Length', str(len(body) + (100 if cut else 0)))
        self.end_headers()
        self.wfile.write(body)
        if cut: self.close_connection = True
    do_HEAD = do_POST = do_GET
    def log_message(self, *args): pass
http.server.ThreadingHTTPServer(('127.0.0.1', port), Handler).serve_forever()
EOS
fake() {
    PORT=$(free_port)
    start fake python3 fake.py "$PORT" "$@"
    wait_for 10 port_open "$PORT"
}

step "HTML instead of a directory"
fake 200 text/html '<html><body>Welcome to nginx!</body></html>'
expect_exit 4 fetch --server "http://localhost:$PORT/d" --insecure-http --timeout 3s
expect_err 'text/html'
no_err '<body>'
step "an answer that ends in the middle"
expect_exit 4 fetch --server "http://localhost:$PORT/cut" --insecure-http --timeout 3s
stop fake
step "a server in trouble"
fake 500 text/html '<h1>500</h1>'
begin=$SECONDS
expect_exit 4 fetch --server "http://localhost:$PORT/d" --insecure-http --timeout 3s
expect_err '500'
[ $((SECONDS - begin)) -le 5 ] || fail "it took $((SECONDS - begin)) seconds"
stop fake
step "no such directory, JSON that is no directory"
fake 404 application/problem+json '{"type":"urn:ietf:params:acme:error:malformed","detail":"no such profile"}'
expect_exit 1 fetch --server "http://localhost:$PORT/d" --insecure-http --timeout 3s
expect_err 'no such profile'
expect_err 'try: check --server: .*/acme/directory'
expect_exit 1 fetch --server "http://localhost:$PORT" --insecure-http --timeout 3s
expect_err "http://localhost:$PORT/acme/directory"
stop fake
fake 200 application/json '{"newNonce":"http://localhost:1/"}'
expect_exit 4 fetch --server "http://localhost:$PORT/d" --insecure-http --timeout 3s
stop fake
no_files

step "a server that is not believed"
expect_exit 0 signet ca init
expect_exit 0 signet issue localhost --out "$WORK/tls"
expect_exit 0 signet --store "$WORK/other" ca init
PORT=$(free_port)
mkdir www
printf '{}' >www/d
cp tls/ca.crt www/ca.pem
start tls env -C www openssl s_server -accept "127.0.0.1:$PORT" -cert ../tls/tls.crt -cert_chain ../tls/tls.crt \
    -key ../tls/tls.key -WWW
wait_for 10 port_open "$PORT"
url=https://localhost:$PORT/d
begin=$SECONDS
for trust in '' "$WORK/other/authorities/default/root.crt"; do
    expect_exit 1 fetch --server "$url" ${trust:+--root "$trust"} --timeout 20s
    expect_err 'certificate'
done
[ $((SECONDS - begin)) -le 8 ] || fail "it was tried again"
step "the right root with another name in the URL"
expect_exit 1 fetch --server "https://127.0.0.1:$PORT/d" --root tls/ca.crt --timeout 20s
step "a wrong hash is refused, with both shown"
hash=$(openssl x509 -in tls/ca.crt -outform DER | sha256sum | cut -d' ' -f1)
wrong=$(printf 'a%.0s' $(seq 64))
expect_exit 1 fetch --server "$url" --root-sha256 "$wrong" --timeout 5s
expect_err "$wrong"
expect_err "$hash"
no_files
step "the right hash gets further: what is served there is no directory"
expect_exit 4 fetch --server "$url" --root-sha256 "$hash" --timeout 5s
expect_err 'newNonce'
stop tls KILL
no_files

step "a server whose certificate has expired"
expect_exit 0 signet issue localhost --validity 2s --out "$WORK/expired"
PORT=$(free_port)
sleep 3
start tls openssl s_server -accept "127.0.0.1:$PORT" -cert expired/tls.crt -cert_chain expired/tls.crt -key expired/tls.key -WWW
wait_for 10 port_open "$PORT"
expect_exit 1 fetch --server "https://localhost:$PORT/d" --root tls/ca.crt --timeout 20s
expect_err 'expired'
stop tls KILL
no_files

step "without --out a store is needed"
export SIGNET_STORE=$WORK/nowhere
expect_exit 3 signet fetch web.internal --server https://localhost/d
expect_err 'signet ca init'
