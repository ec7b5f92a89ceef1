#!/usr/bin/env bash
# A machine that knows a token, or the hash of a root, and a network that is not on its side: who cannot prove to hang on
# that root is told nothing but a request for /ca.pem.
. "$(dirname "$0")/lib.sh"
need python3 openssl

# hostile.py PORT CERT KEY ANCHORS COUNT: an HTTPS server that serves /ca.pem to COUNT requests (0: no end) and writes
# down all that it is asked.
cat >hostile.py <<'EOS'
import http.server, ssl, sys
port, cert, key, anchors, count = int(sys.argv[1]), sys.argv[2], sys.argv[3], open(sys.argv[4], 'rb').read(), int(sys.argv[5])
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        size = int(self.headers.get('Content-Length') or 0)
        print(self.command, self.path, self.rfile.read(size), flush=True)
        self.send_response(200)
        self.send_header('Content-Length', str(len(anchors)))
        self.end_headers()
        self.wfile.write(anchors)
    do_POST = do_HEAD = do_GET
    def log_message(self, *args): pass
class Server(http.server.HTTPServer):
    def handle_error(self, *args): pass
server = Server(('127.0.0.1', port), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)
server.socket = context.wrap_socket(server.socket, server_side=True)
print('ready', flush=True)
if count == 0: server.serve_forever()
for _ in range(count): server.handle_request()
EOS
hostile() {
    start hostile python3 hostile.py "$port" "$@"
    wait_for 10 grep -q '^ready' hostile.out
}
nothing_was_told() {
    no_err 'registered'
    ! grep -Ev '^(ready|GET /ca.pem .*)$' hostile.out || fail "more than /ca.pem was asked for"
    grep -q '^GET /ca.pem ' hostile.out || fail "it was not even asked"
    [ ! -e "$WORK/dir/tls.crt" ] || fail "a certificate was written"
    [ ! -e "$WORK/dir/ca.crt" ] || fail "anchors were written"
}
fetch() { env -u HOME -u SIGNET_STORE signet fetch web.internal --out "$WORK/dir" --timeout 10s "$@"; }

expect_exit 0 signet ca init
expect_exit 0 signet --store "$WORK/attacker" ca init
root=$SIGNET_STORE/authorities/default/root.crt
stranger=$WORK/attacker/authorities/default/root.crt
hash=$(openssl x509 -in "$root" -outform DER | sha256sum | cut -d' ' -f1)
port=$(free_port)
expect_exit 0 signet token create --server "https://localhost:$port/acme/directory" --uses unlimited
token=$(cat out)

step "somebody else's chain, with the right root to read: no word beyond /ca.pem"
expect_exit 0 signet --store "$WORK/attacker" issue localhost --out "$WORK/foreign"
hostile foreign/tls.crt foreign/tls.key "$root" 0
for way in "--token $token" "--server https://localhost:$port/acme/directory --root-sha256 $hash"; do
    # shellcheck disable=SC2086
    expect_exit 1 fetch $way
    expect_err 'certificate'
    nothing_was_told
done
stop hostile KILL

step "a leaf of the right root, but with another name: the same"
expect_exit 0 signet issue other.internal --out "$WORK/other"
hostile other/tls.crt other/tls.key "$root" 0
expect_exit 1 fetch --token "$token"
nothing_was_told
stop hostile KILL

step "a root with another hash: refused, both are shown"
hostile foreign/tls.crt foreign/tls.key "$stranger" 0
expect_exit 1 fetch --token "$token"
expect_err "$hash"
expect_err "$(openssl x509 -in "$stranger" -outform DER | sha256sum | cut -d' ' -f1)"
nothing_was_told
stop hostile KILL

step "an anchor slipped into the first /ca.pem is not kept: what the root itself verifies counts"
cat "$stranger" "$root" >both.pem
hostile foreign/tls.crt foreign/tls.key both.pem 1
start client env -u HOME -u SIGNET_STORE "$SIGNET" fetch web.internal --out "$WORK/dir" --timeout 60s --token "$token"
CODE=0
wait "${PIDS[hostile]}" || CODE=$?
unset "PIDS[hostile]"
start_server acme signet serve-acme --listen "127.0.0.1:$port" --http-listen '' --hostname localhost --auth trust
CODE=0
wait "${PIDS[client]}" || CODE=$?
unset "PIDS[client]"
same "exit code" "$CODE" 0
grep -q '^GET /ca.pem ' hostile.out || fail "the slipped one was never offered"
same "one anchor" "$(grep -c BEGIN dir/ca.crt)" 1
same "it is the root" "$(openssl x509 -in dir/ca.crt -noout -fingerprint)" "$(openssl x509 -in "$root" -noout -fingerprint)"
same "one pinned root" "$(grep -c BEGIN dir/.signet/server-roots.pem)" 1
expect "the chain verifies" openssl verify -x509_strict -CAfile dir/ca.crt -untrusted dir/tls.crt dir/tls.crt
