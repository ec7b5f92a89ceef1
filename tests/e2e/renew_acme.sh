#!/usr/bin/env bash
# renew over ACME in bad weather: an account that is gone or stopped, a record damaged by hand, keys that others can
# read, a clock that is off, a server that is away; and what is changed is whole whoever looks.
. "$(dirname "$0")/lib.sh"
need openssl curl sqlite3 python3

key_of() { openssl pkey -in "$1" -pubout 2>/dev/null; }
key_in() { openssl x509 -in "$1" -noout -pubkey; }
fits() { same "the pair fits" "$(key_of "$1/tls.key")" "$(key_in "$1/tls.crt")"; }

port=$(free_port)
expect_exit 0 signet ca init
cat >>"$SIGNET_STORE/signet.toml" <<'TOML'
[profile.bound]
permit_dns = ["**"]
[profile.bound.acme]
auth = "token"
TOML
serve() {
    start_server acme signet serve-acme --listen "127.0.0.1:$port" --http-listen '' --hostname localhost --auth trust
    root=$SIGNET_STORE/authorities/default/root.crt
}
serve
token() { expect_exit 0 signet token create --profile bound --dns '**.internal' "$@"; tr -d '\n' <out >token; }
renewed() { # DIR WORDS...
    local old
    old=$(serial "$1/tls.crt")
    expect_exit 0 signet renew "$@" --force
    [ "$(serial "$1/tls.crt")" != "$old" ] || fail "it was not renewed"
    fits "$1"
}
kept() { # CODE DIR WORDS...: fails so, and leaves what was there
    local old
    old=$(sha256sum "$2"/tls.crt "$2"/tls.key "$2"/ca.crt)
    expect_exit "$1" signet renew "${@:2}"
    same "the files" "$(sha256sum "$2"/tls.crt "$2"/tls.key "$2"/ca.crt)" "$old"
}

step "the account is gone: registered again, as often as the token allows"
token --uses 2
expect_exit 0 signet fetch two.internal --token-file token --out "$WORK/two"
rm two/.signet/account.key two/.signet/account.server
expect_exit 0 signet renew "$WORK/two" --force --dry-run
expect_err 'would register'
renewed "$WORK/two"
rm two/.signet/account.key two/.signet/account.server
kept 1 "$WORK/two" --force
expect_err 'token'
step "an account that was stopped: says what an operator must do"
token --uses 1
expect_exit 0 signet fetch one.internal --token-file token --out "$WORK/one"
kid=$(sed -n 's/^eab_kid = "\(.*\)"/\1/p' one/.signet/renewal.toml)
expect_exit 0 signet token revoke "$kid"
kept 1 "$WORK/one" --force
expect_err 'token'

step "damaged by hand: named with its line, nothing is changed"
expect_exit 0 signet fetch web.internal --server "$READY" --root "$root" --out "$WORK/web"
cp web/.signet/renewal.toml good.toml
for damage in 'names = [' 'nmaes = ["x.internal"]' 'names = ["not a name"]' 'http01_port = 99999'; do
    { grep -v '^names' good.toml; echo "$damage"; } >web/.signet/renewal.toml
    kept 2 "$WORK/web" --force
    expect_err 'renewal.toml'
done
cp good.toml web/.signet/renewal.toml
step "an account key, a record, a directory that others can read or write: refused, with the chmod that mends it"
chmod 0644 web/.signet/account.key
kept 3 "$WORK/web" --force
expect_err 'chmod'
chmod 0600 web/.signet/account.key
chmod 0666 web/.signet/renewal.toml
kept 3 "$WORK/web" --force
expect_err 'chmod'
chmod 0600 web/.signet/renewal.toml
for part in . .versions .signet; do
    chmod go+w "web/$part"
    kept 3 "$WORK/web" --force
    expect_err 'chmod'
    chmod go-w "web/$part"
done
renewed "$WORK/web"
step "a directory made by hand, without .signet: not renewed, and not touched"
mkdir hand
cp -L web/tls.crt web/tls.key web/ca.crt hand/
kept 3 "$WORK/hand" --force
expect_err 'issue|fetch'

step "a broken state of the last run is no reason to fail"
echo 'rubbish' >web/.signet/renewal-state.toml
chmod 0600 web/.signet/renewal-state.toml
renewed "$WORK/web"

step "two at once, five times: each ends well, and the pair fits"
for _ in 1 2 3 4 5; do
    start a signet fetch web.internal --server "$READY" --root "$root" --out "$WORK/web" --force
    start b signet renew "$WORK/web" --force
    for run in a b; do
        CODE=0
        wait "${PIDS[$run]}" || CODE=$?
        unset "PIDS[$run]"
        [ "$CODE" -eq 0 ] || { cat "$run.err"; fail "exit $CODE"; }
    done
    fits web
done

step "a new root: in ca.crt with the next certificate, and the server is believed by it from then on"
expect_exit 0 signet ca rotate --root
published() { [ "$(curl -sf --cacert web/ca.crt "${READY%/acme/*}/ca.pem" | grep -c BEGIN)" = 2 ]; }
wait_for 10 published
renewed "$WORK/web"
same "both anchors" "$(grep -c BEGIN web/ca.crt)" 2
same "both pinned" "$(grep -c BEGIN web/.signet/server-roots.pem)" 2
