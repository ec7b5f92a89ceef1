#!/usr/bin/env bash
# Orders wait for an operator, who sees who asks for what, approves and rejects; clients that we did not write get
# their certificates once they are approved.
. "$(dirname "$0")/lib.sh"
need openssl curl python3 acme-tiny

step "a CA whose orders are approved by hand"
expect_exit 0 signet ca init
start_server server signet serve-acme --auth manual --listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --hostname 127.0.0.1
directory=$READY
http01=$(free_port)
root=$SIGNET_STORE/authorities/default/root.crt

# waiting: how many orders wait for an operator.
waiting() {
    signet order list --json | python3 -c 'import json,sys; print(len(json.load(sys.stdin)))'
}
one_waits() { [ "$(waiting)" = 1 ]; }
first_id() { signet order list --json | python3 -c 'import json,sys; print(json.load(sys.stdin)[0]["id"])'; }
# ended NAME: waits for a program that ends by itself; its exit code in $CODE.
ended() {
    CODE=0
    wait "${PIDS[$1]}" || CODE=$?
    unset "PIDS[$1]"
}

step "nothing waits at first"
expect_exit 0 signet order list
expect_err 'no order waits for an operator'
same "orders" "$(waiting)" 0

step "fetch waits for the operator, who sees the order and approves it"
start fetch signet fetch www.corp.test --server "$directory" --root "$root" --http01-port "$http01" --out www --timeout 120s
wait_for 20 one_waits
expect_exit 0 signet order list
expect_out 'www.corp.test'
expect_out 'waiting'
id=$(first_id)
expect_exit 0 signet order show "$id"
expect_out '127.0.0.1'
expect_out 'waits for an operator'
expect_exit 0 signet __complete order approve ''
expect_out "$id"
expect_exit 0 signet order approve "$id"
expect_out "approved $id: www.corp.test"
ended fetch
same "exit code of fetch" "$CODE" 0
expect_exit 0 openssl verify -CAfile "$root" -untrusted www/tls.crt www/tls.crt
expect_exit 1 signet order approve "$id"
expect_err 'it is valid'
expect_exit 0 signet order show "$id" --json
same "status" "$(python3 -c 'import json;d=json.load(open("out"));print(d["status"],d["waiting"],d["authorizations"][0]["proof"])')" \
    "valid False manual:default"
same "audit" "$(python3 - "$SIGNET_STORE/signet.db" <<'EOF'
import sqlite3, sys
rows = sqlite3.connect(sys.argv[1]).execute("SELECT action, actor FROM audit WHERE action LIKE 'order.%' ORDER BY id")
print([(a, b.split()[0]) for a, b in rows])
EOF
)" "[('order.waiting', 'account'), ('order.approved', 'operator')]"

step "acme-tiny waits for the operator like anybody else"
openssl genrsa -out account.key 2048 2>/dev/null
openssl req -new -newkey rsa:2048 -nodes -keyout leaf.key -subj / -addext subjectAltName=DNS:db.corp.test \
    -out leaf.csr 2>/dev/null
mkdir -p webroot
start tiny env SSL_CERT_FILE="$root" acme-tiny --directory-url "$directory" --account-key account.key --csr leaf.csr \
    --acme-dir webroot --disable-check
wait_for 20 one_waits
expect_exit 0 signet order approve "$(first_id)"
ended tiny
same "exit code of acme-tiny" "$CODE" 0
expect_exit 0 openssl verify -CAfile "$root" -untrusted "$WORK/tiny.out" "$WORK/tiny.out"

step "a rejected order fails, with the operator's reason"
start fetch signet fetch evil.corp.test --server "$directory" --root "$root" --http01-port "$http01" --out evil --timeout 120s
wait_for 20 one_waits
id=$(first_id)
expect_exit 0 signet order reject "$id" --reason 'not a machine of ours'
ended fetch
same "exit code of fetch" "$CODE" 1
grep -q 'not a machine of ours' "$WORK/fetch.err" || fail "the client did not hear the reason"
[ ! -e evil/tls.crt ] || fail "there is a certificate"

step "wrong ids, and all orders there are"
expect_exit 3 signet order show nonesuch
expect_err 'signet order list --all'
expect_exit 2 signet order approve
expect_exit 0 signet order list --all
expect_out 'invalid'
