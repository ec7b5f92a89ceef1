#!/usr/bin/env bash
# What verify host:port reports: the chain as it was sent, the peer's identity, a stapled OCSP response, STARTTLS.
. "$(dirname "$0")/lib.sh"
need openssl jq python3

expect_exit 0 signet ca init
cat >>"$SIGNET_STORE/signet.toml" <<'TOML'
[profile.staple]
permit_dns = ["**"]
must_staple = true
TOML
expect_exit 0 signet issue localhost --uri spiffe://mesh.internal/web --out web
expect_exit 0 signet issue localhost --profile staple --out staple
expect_exit 0 signet issue other.internal --out other
ROOT=$SIGNET_STORE/authorities/default/root.crt
ISSUING=$SIGNET_STORE/authorities/default/issuing.crt
openssl x509 -in web/tls.crt -out web.leaf

# tls NAME CERT KEY [OPTION]...
tls() {
    PORT=$(free_port)
    start "$1" openssl s_server -accept "127.0.0.1:$PORT" -cert "$2" -key "$3" -quiet "${@:4}"
    wait_for 10 port_open "$PORT"
}
look() { run signet verify "localhost:$PORT" --root "$ROOT" --json "$@"; }

step "protocol, ALPN, days left, and the identity that an application should read"
tls whole web/tls.crt web/tls.key -cert_chain "$ISSUING" -alpn h2,http/1.1
look --alpn http/1.1 --servername localhost
same "the exit code" "$CODE" 0
same "what was selected" "$(jq -r '.handshake.alpn' out)" http/1.1
same "the identity" "$(jq -r '.peer_identity.kind + " " + .peer_identity.value' out)" "uri spiffe://mesh.internal/web"
same "remarks" "$(jq -c '.chain_remarks' out)" '[]'
same "stapled" "$(jq -r '.stapled_ocsp' out)" none
same "days left" "$(jq '.days_left' out)" 0
expect_exit 0 signet verify "localhost:$PORT" --root "$ROOT" --expect-uri spiffe://mesh.internal/web
expect_exit 1 signet verify "localhost:$PORT" --root "$ROOT" --servername db.internal
stop whole

step "a missing intermediate, an extra certificate, a wrong order, a root too many"
tls alone web.leaf web/tls.key
look
same "the exit code" "$CODE" 1
jq -e '.chain_remarks[0] | startswith("an intermediate is missing")' out >/dev/null || fail "no remark"
look --intermediates "$ISSUING"
same "the exit code" "$CODE" 0
jq -e '.chain_remarks[0] | endswith("was not sent")' out >/dev/null || fail "no remark"
stop alone
cat "$ISSUING" other/tls.crt "$ROOT" >chain.pem
tls odd web.leaf web/tls.key -cert_chain chain.pem
look
same "the exit code" "$CODE" 0
jq -e '.chain_remarks | any(contains("an extra certificate was sent"))' out >/dev/null || fail "no extra one"
jq -e '.chain_remarks | any(contains("the root was sent"))' out >/dev/null || fail "no root"
jq -e '.chain_remarks | any(contains("does not certify the one before it"))' out >/dev/null || fail "no order"
stop odd

step "only a CN is a warning, and not a name"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout cn.key -out cn.pem -subj /CN=localhost -days 5 2>/dev/null
tls named cn.pem cn.key
run signet verify "localhost:$PORT" --root cn.pem --json
same "the exit code" "$CODE" 1
same "the identity" "$(jq -r '.peer_identity.kind' out)" cn
jq -e '.peer_identity.warning | contains("RFC 9525")' out >/dev/null || fail "no warning"
stop named

step "a certificate that wants a stapled response is good with one only"
tls bare staple/tls.crt staple/tls.key -cert_chain "$ISSUING"
look
same "the exit code" "$CODE" 1
expect_out '"rule": "must-staple"'
stop bare
serial=$(openssl x509 -in staple/tls.crt -noout -serial | sed 's/serial=//')
printf 'V\t391231235959Z\t\t%s\tunknown\t/CN=localhost\n' "$serial" >index.txt
openssl ocsp -index index.txt -issuer "$ISSUING" -cert staple/tls.crt -rsigner "$ISSUING" \
    -rkey "$SIGNET_STORE/authorities/default/issuing.key" -CA "$ISSUING" -ndays 1 -no_nonce -respout staple.ocsp >/dev/null 2>&1
tls stapled staple/tls.crt staple/tls.key -cert_chain "$ISSUING" -status_file staple.ocsp
look
same "the exit code" "$CODE" 0
same "stapled" "$(jq -r '.stapled_ocsp' out)" good
stop stapled

step "STARTTLS of smtp, imap, postgres and ldap, and what speaks none of them"
cat >starttls.py <<'PY'
import socket, ssl, sys, threading
# A server that knows just the beginning of each protocol.
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("web/tls.crt", "web/tls.key")
def until(connection, end):
    said = b""
    while not said.endswith(end):
        octet = connection.recv(1)
        if not octet: raise EOFError
        said += octet
    return said
def smtp(c):
    c.sendall(b"220-mail.internal ESMTP\r\n220 ready\r\n")
    assert until(c, b"\r\n").startswith(b"EHLO ")
    c.sendall(b"250-mail.internal\r\n250-SIZE 1000\r\n250 STARTTLS\r\n")
    assert until(c, b"\r\n") == b"STARTTLS\r\n"
    c.sendall(b"220 go ahead\r\n")
def smtp_refuses(c):
    c.sendall(b"220 mail.internal ESMTP\r\n")
    until(c, b"\r\n")
    c.sendall(b"250 mail.internal\r\n")
def imap(c):
    c.sendall(b"* OK ready\r\n")
    tag = until(c, b"\r\n").split(b" ")[0]
    c.sendall(b"* CAPABILITY IMAP4rev1\r\n" + tag + b" OK begin\r\n")
def postgres(c):
    assert c.recv(8, socket.MSG_WAITALL) == bytes.fromhex("0000000804d2162f")
    c.sendall(b"S")
def postgres_refuses(c):
    c.recv(8, socket.MSG_WAITALL)
    c.sendall(b"N")
def ldap(c):
    request = c.recv(31, socket.MSG_WAITALL)
    assert request.endswith(b"1.3.6.1.4.1.1466.20037")
    c.sendall(bytes.fromhex("300c02010178070a010004000400"))
def babble(c):
    c.sendall(b"hello\r\n")
def serve(c, dialogue, refuses):
    try:
        dialogue(c)
        if not refuses: context.wrap_socket(c, server_side=True).recv(1)
    except (OSError, EOFError, AssertionError) as error:
        print(dialogue.__name__, repr(error), flush=True)
    c.close()
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
dialogue = globals()[sys.argv[2]]
while True:
    c, _ = listener.accept()
    threading.Thread(target=serve, args=(c, dialogue, dialogue.__name__.endswith("refuses") or dialogue is babble), daemon=True).start()
PY
# talk DIALOGUE PROTOCOL EXIT
talk() {
    PORT=$(free_port)
    start "$1" python3 starttls.py "$PORT" "$1"
    wait_for 10 port_open "$PORT"
    expect_exit "$3" signet verify "localhost:$PORT" --root "$ROOT" --starttls "$2"
    stop "$1"
}
talk smtp smtp 0
talk imap imap 0
talk postgres postgres 0
talk ldap ldap 0
talk smtp_refuses smtp 4
expect_err 'refuses STARTTLS'
talk postgres_refuses postgres 4
talk babble smtp 4
talk babble imap 4
expect_err 'no IMAP server answers there: "hello"'
expect_exit 2 signet verify localhost:1 --root "$ROOT" --starttls ftp
