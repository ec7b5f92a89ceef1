#!/usr/bin/env bash
# fetch and renew against serve-acme: without challenges, with http-01, pinned by root or by hash.
. "$(dirname "$0")/lib.sh"

facts() { (cd "$1" && stat -Lc '%n %i %Y %s' tls.crt tls.key ca.crt && sha256sum tls.crt tls.key ca.crt); }
key_of() { openssl pkey -in "$1" -pubout 2>/dev/null; }
key_in() { openssl x509 -in "$1" -noout -pubkey; }
verifies() { openssl verify -x509_strict -CAfile "$1/ca.crt" -untrusted "$1/tls.crt" "$1/tls.crt"; }

expect_exit 0 signet ca init
root=$SIGNET_STORE/authorities/default/root.crt
hash=$(openssl x509 -in "$root" -outform DER | sha256sum | cut -d' ' -f1)
port=$(free_port)
httpport=$(free_port)

# serve MODE [WORDS...]
serve() {
    start_server acme signet serve-acme --listen "127.0.0.1:$port" --http-listen 127.0.0.1:0 --hostname localhost \
        --auth "$1" --http01-port "$httpport" --allow-target 127.0.0.0/8 "${@:2}"
    url=$READY
}

step "waits for a server that is not up yet"
start early signet fetch early.internal --server "https://localhost:$port/acme/directory" --root "$root" \
    --out "$WORK/early" --timeout 60s
wait_for 30 grep -q 'waiting for the server' early.err
serve trust
CODE=0
wait "${PIDS[early]}" || CODE=$?
unset "PIDS[early]"
same "exit code" "$CODE" 0
expect "the chain verifies" verifies early

step "without a store, without HOME, with nothing but DIR to write"
fetch() { env -u HOME -u SIGNET_STORE -u XDG_DATA_HOME signet fetch "$@"; }
expect_exit 0 fetch web.internal 10.0.0.7 --server "$url" --root "$root" --out "$WORK/web"
expect "the chain verifies" verifies web
same "the pair fits" "$(key_of web/tls.key)" "$(key_in web/tls.crt)"
same "ca.crt is the anchor" "$(openssl x509 -in web/ca.crt -noout -fingerprint -sha256)" \
    "$(openssl x509 -in "$root" -noout -fingerprint -sha256)"
openssl x509 -in web/tls.crt -noout -ext subjectAltName >out
expect_out 'DNS:web.internal, IP Address:10.0.0.7'
same "account key" "$(stat -c %a web/.signet/account.key)" 600
same "private directory" "$(stat -c %a web/.signet)" 700

step "again: kept, to the inode"
before=$(facts web)
expect_exit 0 fetch web.internal 10.0.0.7 --server "$url" --root "$root" --out "$WORK/web" --json
same "changed" "$(member changed)" false
same "profile" "$(member profile)" default
same "ca" "$(member ca)" 'default Issuing CA'
expect_out "\"account\": \"${url%/acme/*}/acme/account/"
same "untouched" "$(facts web)" "$before"
expect_exit 0 fetch 10.0.0.7 web.internal --server "https://localhost:1/none" --root "$root" --out "$WORK/web"
same "the server is not even asked" "$(facts web)" "$before"

step "other names, --force, a damaged file: a new one, and the account stays"
account=$(sha256sum <web/.signet/account.key)
expect_exit 0 fetch web.internal --server "$url" --root "$root" --out "$WORK/web" --json
same "changed" "$(member changed)" true
old=$(serial web/tls.crt)
expect_exit 0 fetch web.internal --server "$url" --root "$root" --out "$WORK/web" --force
[ "$(serial web/tls.crt)" != "$old" ] || fail "--force kept it"
rm web/tls.key
expect_exit 0 fetch web.internal --server "$url" --root "$root" --out "$WORK/web"
same "the pair fits" "$(key_of web/tls.key)" "$(key_in web/tls.crt)"
same "the same account" "$(sha256sum <web/.signet/account.key)" "$account"

step "pinned by the root's hash, in any spelling"
expect_exit 0 fetch hash.internal --server "$url" --root-sha256 "$(sed 's/../&:/g; s/:$//' <<<"${hash^^}")" --out "$WORK/hash"
expect "the chain verifies" verifies hash
expect_exit 1 fetch hash.internal --server "$url" --root-sha256 "${hash//[0-4]/5}" --out "$WORK/nohash"
expect_err "$hash"
[ ! -e nohash/tls.crt ] || fail "files after a wrong hash"

step "a root that the server's chain does not reach, and an issued chain that does not reach --ca-file"
expect_exit 0 signet --store "$WORK/foreign" ca init
foreign=$WORK/foreign/authorities/default/root.crt
expect_exit 1 fetch no.internal --server "$url" --root "$foreign" --out "$WORK/no" --timeout 10s
expect_exit 1 fetch no.internal --server "$url" --root "$root" --ca-file "$foreign" --out "$WORK/no" --timeout 10s
expect_err 'does not verify'
[ ! -e no/tls.crt ] || fail "files after a refusal"
cat "$root" "$foreign" >both.pem
expect_exit 0 fetch both.internal --server "$url" --root "$root" --ca-file both.pem --out "$WORK/both"
same "all anchors that count" "$(grep -c BEGIN both/ca.crt)" 2

step "requests, key types, formats, hooks, lifetimes"
openssl req -new -newkey rsa:2048 -nodes -keyout csr.key -out csr.pem -subj / -addext subjectAltName=DNS:csr.internal 2>/dev/null
expect_exit 0 fetch --csr csr.pem --server "$url" --root "$root" --out "$WORK/csr"
same "the request's key" "$(key_of csr.key)" "$(key_in csr/tls.crt)"
[ ! -e csr/tls.key ] || fail "a key appeared"
before=$(sha256sum <csr/tls.crt)
expect_exit 0 fetch --csr csr.pem --server "$url" --root "$root" --out "$WORK/csr"
same "kept" "$(sha256sum <csr/tls.crt)" "$before"
expect_exit 2 fetch other.internal --csr csr.pem --server "$url" --root "$root" --out "$WORK/csr"
expect_exit 0 fetch rich.internal --server "$url" --root "$root" --out "$WORK/rich" --key-type ec-p384 --validity 6h \
    --format pem,combined --key-mode 0640 --reuse-key --exec "touch $WORK/rich.hook"
[ -e rich.hook ] || fail "no hook"
same "mode" "$(stat -Lc %a rich/tls.key)" 640
end=$(date -d "$(openssl x509 -in rich/tls.crt -noout -enddate | cut -d= -f2)" +%s)
[ $((end - $(date +%s))) -lt $((7 * 3600)) ] || fail "--validity was not asked for"
openssl x509 -in rich/tls.crt -noout -text >out
expect_out 'secp384r1|P-384'
expect_exit 1 fetch long.internal --server "$url" --root "$root" --out "$WORK/long" --validity 500d
[ ! -e long/tls.crt ] || fail "files after a refusal"

step "a hook that fails is exit 5, and the next run tries it again"
expect_exit 5 fetch hook.internal --server "$url" --root "$root" --out "$WORK/hook" --exec false
[ -e hook/tls.crt ] || fail "the files were not kept"
expect_exit 0 fetch hook.internal --server "$url" --root "$root" --out "$WORK/hook" --exec "touch $WORK/hook.ran"
[ -e hook.ran ] || fail "it was not tried again"

step "renew goes by the record: over ACME, key and mode and hook as before"
rm rich.hook
old=$(serial rich/tls.crt)
oldkey=$(key_in rich/tls.crt)
expect_exit 0 env -u HOME -u SIGNET_STORE signet renew "$WORK/rich"
same "not due" "$(serial rich/tls.crt)" "$old"
expect_exit 6 env -u HOME -u SIGNET_STORE signet renew "$WORK/rich" --force --detailed-exit-code
[ "$(serial rich/tls.crt)" != "$old" ] || fail "it was not renewed"
same "the key was kept" "$(key_in rich/tls.crt)" "$oldkey"
same "mode" "$(stat -Lc %a rich/tls.key)" 640
[ -e rich.hook ] || fail "no hook"
old=$(serial csr/tls.crt)
expect_exit 0 signet renew "$WORK/csr" --force
[ "$(serial csr/tls.crt)" != "$old" ] || fail "the request was not used again"

step "renew of all in the store: some in process, some over ACME"
expect_exit 0 signet issue local.internal
expect_exit 0 signet fetch remote.internal --server "$url" --root "$root"
expect_exit 0 signet renew --force --json
same "two" "$(grep -c '"state": "renewed"' out)" 2
expect_out '"source": "cli"'
expect_out '"source": "acme"'
expect_out '"account": "https://'
expect_exit 0 signet renew --force --dry-run
expect_out 'would be renewed'

step "issue works while serve-acme runs"
for i in $(seq 8); do start "i$i" signet issue "w$i.internal"; start "f$i" signet fetch "v$i.internal" --server "$url" --root "$root" --out "$WORK/v$i"; done
for i in $(seq 8); do
    for kind in i f; do
        CODE=0
        wait "${PIDS[$kind$i]}" || CODE=$?
        unset "PIDS[$kind$i]"
        [ "$CODE" -eq 0 ] || { cat "$kind$i.err"; fail "$kind$i ended with $CODE"; }
    done
done

step "a server that is gone: exit 4, and the others renew"
stop acme
old=$(serial "$SIGNET_STORE/certificates/local.internal/tls.crt")
run env signet renew local.internal "$WORK/nosuch" --force
same "exit code" "$CODE" 3
[ "$(serial "$SIGNET_STORE/certificates/local.internal/tls.crt")" != "$old" ] || fail "the local one was not renewed"

step "really validated by http-01: the client answers by itself"
serve challenge
expect_exit 1 fetch 127.0.0.2 --server "$url" --root "$root" --out "$WORK/none" --challenge none
[ ! -e none/tls.crt ] || fail "files without a challenge"
expect_exit 0 fetch 127.0.0.2 127.0.0.3 --server "$url" --root "$root" --out "$WORK/http" --http01-port "$httpport"
expect "the chain verifies" verifies http
refuse "nothing listens any more" port_open "$httpport"
expect_exit 0 signet renew "$WORK/http" --force

step "through a web server that is there already"
if command -v python3 >/dev/null; then
    mkdir webroot
    start www python3 -m http.server --bind 127.0.0.2 --directory "$WORK/webroot" "$httpport"
    wait_for 10 bash -c "(exec 3<>/dev/tcp/127.0.0.2/$httpport)"
    expect_exit 0 fetch 127.0.0.2 --server "$url" --root "$root" --out "$WORK/webbed" --webroot "$WORK/webroot"
    same "nothing is left there" "$(find webroot -type f | wc -l)" 0
    stop www
fi

step "a challenge that fails says why, and leaves nothing"
busy=$(free_port)
while [ "$busy" = "$httpport" ]; do busy=$(free_port); done
run fetch 127.0.0.9 --server "$url" --root "$root" --out "$WORK/fails" --http01-port "$busy" --timeout 40s
[ "$CODE" -eq 1 ] || [ "$CODE" -eq 4 ] || { show_last; fail "exit $CODE"; }
expect_err '127.0.0.9'
[ ! -e fails/tls.crt ] || fail "files after a failed challenge"
step "a name that cannot be had over this server"
expect_exit 1 fetch localhost --server "$url" --root "$root" --out "$WORK/fails"
expect_exit 1 fetch '*.apps.internal' --server "$url" --root "$root" --out "$WORK/fails"
expect_err 'no challenge|offers'
