#!/usr/bin/env bash
# What ends when: in words, as a plugin of Nagios, for Prometheus (as promtool reads it) and as JSON, over the store,
# files, directories and endpoints that we did not write.
. "$(dirname "$0")/lib.sh"
need openssl python3 promtool

json() { python3 -c 'import json,sys; d=json.load(open("out")); print(eval(sys.argv[1]))' "$1"; }
# certificate NAME FROM TO: by openssl, between two moments (days from now).
certificate() {
    local from to
    from=$(date -u -d "$2 days" +%Y%m%d%H%M%SZ)
    to=$(date -u -d "$3 days 1 hour" +%Y%m%d%H%M%SZ)
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -subj "/CN=$1" -out "$1.csr" 2>/dev/null
    : >index.txt
    openssl ca -batch -selfsign -keyfile "$1.key" -in "$1.csr" -out "$1.crt" -startdate "$from" -enddate "$to" -notext \
        -config ca.cnf -create_serial 2>/dev/null || fail "openssl ca"
}
cat >ca.cnf <<'CNF'
[ca]
default_ca = x
[x]
database = index.txt
new_certs_dir = .
serial = serial
default_md = sha256
policy = any
[any]
commonName = supplied
CNF
certificate good -10 300
certificate soon -300 20
certificate near -300 3
certificate over -300 -2
certificate early 2 300

step "no store: UNKNOWN, as wrong usage is"
expect_exit 3 signet status
expect_err 'signet ca init'
expect_exit 3 signet status --format nagios
expect_out '^UNKNOWN - there is no store'
expect_exit 3 signet status --nonsense
expect_exit 3 signet status --format xml
expect_exit 3 signet status good.crt --warn 3d --crit 4d
expect_err 'comes before --warn'
expect_exit 2 signet list --nonsense

step "each state has its word and its exit code"
expect_exit 0 signet status good.crt
expect_out '^OK +good\.crt: 300 days left, until 20'
expect_exit 1 signet status good.crt soon.crt
expect_out '^WARNING +soon\.crt: 20 days left'
expect_exit 2 signet status good.crt soon.crt near.crt
expect_out '^CRITICAL +near\.crt: 3 days left'
expect_exit 2 signet status over.crt
expect_out '^EXPIRED +over\.crt: ended .* ago, at 20'
expect_exit 2 signet status early.crt
expect_out '^CRITICAL +early\.crt: not valid before 20'
no_out '[[]#'
expect_exit 3 signet status good.crt nosuch.crt
expect_err 'nosuch.crt'
same "lines" "$(wc -l <out)" 1
expect_exit 1 signet status nosuch.crt soon.crt
expect_exit 3 signet status good.key

step "limits given are absolute"
expect_exit 0 signet status soon.crt --warn 19d
expect_exit 1 signet status good.crt --warn 400d
expect_exit 2 signet status good.crt --warn 400d --crit 400d

step "of several the one that ends first counts; DER; directories"
cat good.crt near.crt >both.pem
expect_exit 2 signet status both.pem
expect_out 'both\.pem: 3 days left, .*, the first of 2 certificates to end$'
mkdir -p many/sub
openssl x509 -in soon.crt -outform DER -out many/soon.bin
cp good.crt good.key many/
echo note >many/README
expect_exit 1 signet status many
same "lines" "$(wc -l <out)" 2
expect_exit 3 signet status "$HOME"
expect_err 'there is no certificate in'

step "the store: authorities and what was saved, the soonest end first"
expect_exit 0 signet ca init
expect_exit 0 signet status
same "lines" "$(wc -l <out)" 2
expect_exit 0 signet issue web.internal
expect_exit 0 signet issue spiffe://mesh.internal/a
expect_exit 0 signet status
sed -n 1p out | grep -Eq '^OK +(web.internal|spiffe://mesh.internal/a): .*; renewal due in 11 hours, renewed in process by signet renew$' ||
    { cat out; fail "the first line"; }
expect_out '^OK +default issuing: .* years left'
expect_out '^OK +default root: '
expect_exit 2 signet status --warn 48h --crit 30h
expect_out '^CRITICAL +web\.internal'
expect_exit 0 signet status "$SIGNET_STORE/certificates/web.internal"
expect_out 'renewed in process'
expect_exit 0 signet status "$SIGNET_STORE/certificates"
same "lines" "$(wc -l <out)" 2

step "JSON"
expect_exit 2 signet status near.crt "$SIGNET_STORE/certificates/web.internal" nosuch.crt --json
same "state" "$(json "d['state'], d['exit_code'], [c['state'] for c in d['certificates']]")" \
    "('CRITICAL', 2, ['CRITICAL', 'OK', 'UNKNOWN'])"
same "saved" "$(json "[d['certificates'][1][k] for k in ('kind', 'ca', 'profile', 'source', 'status', 'days_left', 'is_due')]")" \
    "['saved', 'default', 'default', 'cli', 'valid', 0, False]"
same "error" "$(json "d['certificates'][2]['error']['kind']")" not_found
same "members" "$(json "all(k in d['certificates'][0] for k in ('serial', 'names', 'not_after', 'fingerprint_sha256', 'due', 'next'))")" True

step "Nagios"
expect_exit 0 signet status good.crt --format nagios
expect_out "^OK - 1 certificate, the first to end is good\.crt: 300 days left, until [0-9TZ:-]+ \| 'good\.crt'=[0-9]+s;2592000:;604800:$"
expect_exit 2 signet status good.crt soon.crt over.crt --format nagios
expect_out "^CRITICAL - over\.crt: ended .*; soon\.crt: 20 days left.* \| 'over\.crt'=-[0-9]+s;"
same "lines" "$(wc -l <out)" 1

step "Prometheus, as promtool reads it"
expect_exit 0 signet status --format prometheus
promtool check metrics <out >promtool.out 2>&1 || { cat promtool.out; fail "promtool refuses it"; }
[ ! -s promtool.out ] || { cat promtool.out; fail "promtool would have it otherwise"; }
expect_out '^signet_certificate_not_after_timestamp_seconds\{kind="saved",target="web\.internal"\} [0-9.e+]+$'
expect_out '^signet_certificate_not_after_timestamp_seconds\{kind="authority",target="default root"\} '
expect_out '^signet_certificate_due_timestamp_seconds\{kind="saved",target="spiffe://mesh\.internal/a"\} '
expect_exit 3 signet status nosuch.crt --format prometheus
expect_out '^signet_certificate_unreadable\{kind="file",target="nosuch\.crt"\} 1$'

step "endpoints: plain, and one that wants a client certificate"
port=$(free_port)
start plain openssl s_server -accept "$port" -key soon.key -cert soon.crt -quiet
wait_for 10 port_open "$port"
expect_exit 1 signet status "127.0.0.1:$port"
expect_out "^WARNING +127\.0\.0\.1:$port: 20 days left"
strict=$(free_port)
start strict openssl s_server -accept "$strict" -key good.key -cert good.crt -Verify 1 -verify_return_error -CAfile good.crt -quiet
wait_for 10 port_open "$strict"
expect_exit 0 signet status "127.0.0.1:$strict"
nobody=$(free_port)
expect_exit 2 signet status "127.0.0.1:$nobody"
expect_out "^CRITICAL +127\.0\.0\.1:$nobody: "

step "a certificate that is revoked"
expect_exit 0 signet revoke "$SIGNET_STORE/certificates/web.internal"
expect_exit 2 signet status
expect_out '^CRITICAL +web\.internal: revoked; .*not renewed without --force'

# agree NAME: status names the moment that renew does, as Prometheus has it too.
agree() {
    expect_exit 0 signet renew "$1" --json
    local due epoch
    due=$(json "d['certificates'][0]['due']")
    run signet status "$SIGNET_STORE/certificates/$1" --json
    same "$1 is due" "$(json "d['certificates'][0]['due']")" "$due"
    epoch=$(date -d "$due" +%s)
    run signet status "$SIGNET_STORE/certificates/$1" --format prometheus
    sed -n 's/^signet_certificate_due_timestamp_seconds{.*} //p' out | python3 -c 'print(int(float(input())))' >due
    same "to Prometheus" "$(cat due)" "$epoch"
}
step "status and renew agree: over ACME, where the server's renewal information decides, and before it was asked"
port=$(free_port)
start_server acme signet serve-acme --listen "127.0.0.1:$port" --http-listen '' --hostname localhost --auth trust
expect_exit 0 signet fetch r1.internal --server "$READY" --root "$SIGNET_STORE/authorities/default/root.crt"
expect_exit 0 signet status "$SIGNET_STORE/certificates/r1.internal" --json
before=$(json "d['certificates'][0]['due']")
agree r1.internal
same "before it was asked" "$before" "$(date -u -d "@$(cat due)" +%FT%TZ)"

step "a revoked one over ACME: its window is past, and renew renews it"
expect_exit 0 signet revoke "$SIGNET_STORE/certificates/r1.internal"
rm "$SIGNET_STORE/certificates/r1.internal/.signet/renewal-state.toml"
expect_exit 2 signet status
expect_out '^CRITICAL +r1\.internal: revoked; .*; renewal is due, renewed over ACME by signet renew, from '
expect_exit 6 signet renew r1.internal --detailed-exit-code

step "after a rotation: one of this store moves to the new CA before its time"
expect_exit 0 signet issue moving.internal
agree moving.internal
usual=$(cat due)
expect_exit 0 signet ca rotate
agree moving.internal
[ "$(cat due)" != "$usual" ] || fail "the rotation moves nothing"
