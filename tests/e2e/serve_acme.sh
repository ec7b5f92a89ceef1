#!/usr/bin/env bash
# The server as a process: readiness, listeners, settings that change, signals, what it refuses to start with.
. "$(dirname "$0")/lib.sh"
need curl openssl python3

code() { curl -s -o "$WORK/got" -w '%{http_code}' --cacert "$root" "$@"; }

step "no store is exit 3 and names ca init"
expect_exit 3 signet serve-acme --listen 127.0.0.1:0 --http-listen 127.0.0.1:0
expect_err 'signet ca init'

step "wrong words are exit 2"
expect_exit 0 signet ca init
root=$SIGNET_STORE/authorities/default/root.crt
expect_exit 2 signet serve-acme --auth none
expect_exit 2 signet serve-acme --listen nowhere
expect_exit 2 signet serve-acme --allow-target 10.0.0.0/33
expect_exit 2 signet serve-acme --hostname 'a..b'
expect_exit 2 signet serve-acme --external-url http://ca.internal
expect_exit 2 signet serve-acme --http01-port 0
expect_exit 2 signet serve-acme --tls-alpn01-port 0

step "it tells when it is ready, on standard output and to systemd"
cat >notified.py <<'PY'
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print("bound", flush=True)
while True:
    print(s.recv(100).decode(), flush=True)
PY
start systemd python3 notified.py "$WORK/notify"
wait_for 10 test -S notify
NOTIFY_SOCKET=$WORK/notify start_server server signet serve-acme --listen 127.0.0.1:0 --http-listen 127.0.0.1:0
base=${READY%/acme/directory}
port=${base##*:}
machine=$(hostname)
machine=${machine,,}
same "ready line" "$READY" "https://$machine:$port/acme/directory"
same "lines on standard output" "$(wc -l <server.out)" 1
wait_for 30 grep -qx READY=1 systemd.out
plain=$(sed -n 's/.*http_port=\([0-9]*\).*/\1/p' server.err)

step "its certificate is its own, from this CA, for its names"
expect "the handshake fails" openssl s_client -connect "127.0.0.1:$port" -CAfile "$root" -verify_return_error \
    -verify_hostname localhost
openssl s_client -connect "127.0.0.1:$port" </dev/null 2>/dev/null | openssl x509 -out own.pem
expect "own certificate" openssl x509 -in own.pem -noout -ext subjectAltName,extendedKeyUsage
expect_out "DNS:$machine"
expect_out 'IP Address:127.0.0.1'

step "public files and health, by listener"
same "ca.pem" "$(code "https://localhost:$port/ca.pem")" 200
same "its bytes" "$(openssl x509 -in got -outform DER | sha256sum)" "$(openssl x509 -in "$root" -outform DER | sha256sum)"
same "health" "$(curl -s --cacert "$root" "https://localhost:$port/health")" '{"status":"ok","ca_initialized":true}'
same "ready" "$(code "https://localhost:$port/ready")" 200
same "plain health" "$(code "http://localhost:$plain/health")" 200
same "plain ca.pem" "$(code "http://localhost:$plain/ca.pem")" 404
same "plain ACME" "$(code "http://localhost:$plain/acme/directory")" 403
id=$(openssl x509 -in "$SIGNET_STORE/authorities/default/issuing.crt" -noout -ext subjectKeyIdentifier | tail -1 | tr -d ' :' | cut -c1-8 | tr 'A-F' 'a-f')
same "plain AIA" "$(code "http://localhost:$plain/ca/default/$id.der")" 200
expect "it is the issuing CA" cmp got <(openssl x509 -in "$SIGNET_STORE/authorities/default/issuing.crt" -outform DER)
same "a host that is not ours" "$(code -H 'Host: elsewhere.test' "https://localhost:$port/acme/directory")" 421
expect "the key is named" grep -q hostnames got

step "a second server on this store waits, then ends with exit 3"
expect_exit 3 signet serve-acme --listen 127.0.0.1:0 --http-listen 127.0.0.1:0
no_out .
expect_err 'locked by process'

step "issue works on the same store while it serves"
expect_exit 0 signet issue worker-1.internal
for i in 1 2 3 4 5 6 7 8; do signet issue "w$i.internal" >/dev/null 2>>issue.err & done
issued() { [ "$(find "$SIGNET_STORE/certificates" -name 'w?.internal' | wc -l)" -eq 8 ]; }
wait_for 20 issued
same "the server goes on" "$(code "https://localhost:$port/ready")" 200

step "a changed signet.toml is seen without a word"
cp "$SIGNET_STORE/signet.toml" before.toml
sed -i 's/^# *hostnames *=.*//; s/^hostnames *=.*//; s/^\[server\]/[server]\nhostnames = ["localhost", "elsewhere.test"]/' "$SIGNET_STORE/signet.toml"
grep -q elsewhere.test "$SIGNET_STORE/signet.toml" || printf '[server]\nhostnames = ["localhost", "elsewhere.test"]\n' >>"$SIGNET_STORE/signet.toml"
elsewhere() { [ "$(code -H 'Host: elsewhere.test' "https://localhost:$port/acme/directory")" = 200 ]; }
wait_for 20 elsewhere
renamed() {
    openssl s_client -connect "127.0.0.1:$port" -CAfile "$root" \
        -verify_return_error -verify_hostname elsewhere.test >/dev/null 2>&1
}
wait_for 20 renamed # signed after the settings hold

refused_twice() { [ "$(grep -c 'those in force stay' server.err)" -ge 2 ]; }

step "a profile is there without a restart, and its mode is its own"
printf '[profile.late]\npermit_dns = ["**.late.test"]\n[profile.late.acme]\nauth = "trust"\n' >>"$SIGNET_STORE/signet.toml"
late() { [ "$(code "https://localhost:$port/acme/profile/late/directory")" = 200 ]; }
wait_for 20 late
expect "a certificate under the new profile" signet fetch a.late.test --root "$root" --out late \
    --server "https://localhost:$port/acme/profile/late/directory"
expect_exit 1 signet fetch a.other.test --root "$root" --out other \
    --server "https://localhost:$port/acme/profile/late/directory"

step "public_http_url and resolver hold without a restart"
DNS=$(free_port)
: >dns.records
start dns python3 "$SOURCE/tests/e2e/dns_server.py" "$DNS" "$WORK/dns.records"
cp "$SIGNET_STORE/signet.toml" late.toml
resolver() { # ADDR:PORT: with the CAA records of each name asked for there
    sed 's#^auth = "trust"$#&\ncaa = true#; s#^hostnames = .*#&\npublic_http_url = "http://ca.late.test:8080"#' late.toml >changed.toml
    if grep -q '^\[validation\]' changed.toml; then
        sed -i "s/^\[validation\]/&\nresolver = \"$1\"/" changed.toml
    else
        printf '[validation]\nresolver = "%s"\n' "$1" >>changed.toml
    fi
    mv changed.toml "$SIGNET_STORE/signet.toml"
}
late_fetch() {
    signet fetch b.late.test --root "$root" --out late-b --force --timeout "$1" \
        --server "https://localhost:$port/acme/profile/late/directory" >/dev/null 2>late.err
}
resolver 127.0.0.1:1
nobody_answers() { ! late_fetch 20s && grep -q 'no CAA answer for b.late.test' late.err; }
wait_for 20 nobody_answers
resolver "127.0.0.1:$DNS"
wait_for 20 late_fetch 20s
expect "the URLs of the leaf" openssl x509 -in late-b/tls.crt -noout -text
expect_out 'URI:http://ca.late.test:8080/crl/default/'
same "nothing waits for a restart" "$(grep -c 'take effect after a restart' server.err)" 0
stop dns
mv late.toml "$SIGNET_STORE/signet.toml"

step "each request is a line of the log"
grep -q 'path=/acme/profile/late/new-order.*status=201' server.err || { tail -5 server.err; fail "no line for newOrder"; }

step "a bad edit keeps the settings in force, and is logged"
printf 'no_such_key = 1\n[server]\nwebsite = "https://user:CANARY@localhost"\n' >"$SIGNET_STORE/signet.toml.new"
mv "$SIGNET_STORE/signet.toml.new" "$SIGNET_STORE/signet.toml"
wait_for 30 grep -q 'those in force stay' server.err
grep -q no_such_key server.err || fail "the log does not name the key"
printf '[profile.default.acme]\nauthorize_command = "/bin/rule --pin CANARY\n' >"$SIGNET_STORE/signet.toml"
wait_for 30 refused_twice
! grep -q CANARY server.err || fail "the log has what the settings say"
same "still there" "$(code -H 'Host: elsewhere.test' "https://localhost:$port/acme/directory")" 200

step "so do a file that vanished and one that was emptied"
gone() { [ "$(grep -c 'is gone or empty' server.err)" -ge "$1" ]; }
rm "$SIGNET_STORE/signet.toml"
wait_for 10 gone 1
: >"$SIGNET_STORE/signet.toml"
wait_for 10 gone 2
kill -HUP "${PIDS[server]}"
wait_for 10 gone 3
same "still there" "$(code -H 'Host: elsewhere.test' "https://localhost:$port/acme/directory")" 200

step "what the listener refuses for ACME is a problem document"
same "too large" "$(head -c 70000 /dev/zero | code --data-binary @- -D headers -H 'Expect:' "https://localhost:$port/acme/new-order")" 413
grep -q 'urn:ietf:params:acme:error:malformed' got || fail "no problem: $(cat got)"
grep -qi '^replay-nonce:' headers || fail "no nonce: $(cat headers)"
same "no body, where there is nothing to POST to" "$(code -X POST "https://localhost:$port/acme/directory")" 405

step "a listener without ACME takes small bodies only, and with it such as ACME needs"
head -c 20000 /dev/zero >large
same "without ACME" "$(code --data-binary @large "http://127.0.0.1:$plain/ocsp/default")" 413
printf '[server]\ninsecure_http_acme = true\n' >"$SIGNET_STORE/signet.toml"
kill -HUP "${PIDS[server]}"
with_acme() { [ "$(code --data-binary @large "http://127.0.0.1:$plain/ocsp/default")" = 200 ]; }
wait_for 10 with_acme

step "SIGHUP reads it again"
cp before.toml "$SIGNET_STORE/signet.toml"
sleep 1
before=$(grep -c 'settings read again' server.err)
kill -HUP "${PIDS[server]}"
again() { [ "$(grep -c 'settings read again' server.err)" -gt "$before" ]; }
wait_for 30 again

step "SIGTERM ends it with exit 0"
stop server
same "exit code" "$CODE" 0
wait_for 30 grep -qx STOPPING=1 systemd.out

step "a port in use is exit 3"
taken=$(free_port)
start squatter python3 -m http.server --bind 127.0.0.1 "$taken"
wait_for 10 port_open "$taken"
expect_exit 3 signet serve-acme --listen "127.0.0.1:$taken" --http-listen 127.0.0.1:0
no_out .
expect_err "127.0.0.1:$taken"

step "trust mode is warned about: on standard error, in /health, in the audit log"
start_server trusting signet serve-acme --listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --hostname localhost --auth trust \
    --external-url https://acme.test:444
grep -q 'warning: mode trust' trusting.err || fail "no warning"
grep -q 'mode trust' <<<"$(curl -s --cacert "$root" "${READY%/acme/directory}/health")" || fail "not in /health"
python3 - "$SIGNET_STORE/signet.db" <<'PY' || fail "not in the audit log"
import sqlite3, sys
rows = sqlite3.connect(sys.argv[1]).execute("SELECT detail FROM audit WHERE action = 'server.started'").fetchall()
assert any("mode trust" in row[0] for row in rows), rows
PY
same "external host" "$(code -H 'Host: acme.test' "${READY%/acme/directory}/acme/directory")" 200
grep -q '"https://acme.test:444/acme/new-order"' got || fail "not the external URL: $(cat got)"

step "a token names the external URL that the server was started with"
expect_exit 0 signet token create --json
same "directory" "$(member directory)" https://acme.test:444/acme/directory
stop trusting INT
same "exit code" "$CODE" 0

step "and where it was last ready, once it was started without one"
start_server trusting signet serve-acme --listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --hostname localhost
expect_exit 0 signet token create --json
same "directory" "$(member directory)" "$READY"
stop trusting
