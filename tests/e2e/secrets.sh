#!/usr/bin/env bash
# No secret is said: not in an error, not in a log, however chatty, not in the audit log.
. "$(dirname "$0")/lib.sh"
need openssl sqlite3

# Runs it and keeps what it said.
tell() {
    run "$@"
    cat out err >>said
}
told() { # EXIT-CODE COMMAND...
    local expected=$1
    shift
    tell "$@"
    [ "$CODE" -eq "$expected" ] || { show_last; fail "expected exit $expected, got $CODE: $*"; }
}
secret() { printf '%s\n' "$@" >>secrets; }

step "a server that logs all it does"
told 0 signet -v ca init
told 0 signet -v issue a.internal --out issued
told 1 signet --json issue a.internal --validity 9000d --out none
start_server server signet -v serve-acme --listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --hostname 127.0.0.1 \
    --auth token
directory=$READY
root=$SIGNET_STORE/authorities/default/root.crt

step "tokens that are damaged, used up, revoked, or another server's"
expect_exit 0 signet token create --json
token=$(member token)
kid=$(member eab_kid)
key=$(member eab_hmac_key)
secret "$token" "$key"
printf '%s\n' "$token" >token
told 2 signet -v fetch a.internal --token "${token%???}" --out short
secret "${token%???}"
told 2 signet --json fetch a.internal --token "$token$token" --out twice
told 2 signet -v fetch a.internal --token "$key" --out bare
told 0 signet -v fetch a.internal --token-file token --out tls
told 1 signet -v fetch b.internal --token-file token --out other
told 1 signet --json fetch b.internal --token "$token" --out other
told 0 signet token list
told 0 signet --json token list
told 0 signet token revoke "$kid"
told 1 signet -v renew "$WORK/tls" --force

step "bindings with a kid that nobody has, another key, and one that is none"
expect_exit 0 signet token create --json
kid=$(member eab_kid)
key=$(member eab_hmac_key)
other=$(head -c 32 /dev/urandom | base64 -w0 | tr '+/' '-_' | tr -d '=')
secret "$key" "$other" "${key:0:20}"
bind() { tell signet -v fetch c.internal --server "$directory" --root "$root" --out bound --eab-kid "$1" --eab-hmac-key "$2"; }
bind nobody "$key"
same "an unknown kid" "$CODE" 1
bind "$kid" "$other"
same "another key" "$CODE" 1
bind "$kid" "$key=+/"
same "a key that is none" "$CODE" 2
bind "$kid" "$key"
same "the right key" "$CODE" 0

step "none of it was said"
for file in issued/tls.key tls/tls.key bound/tls.key tls/.signet/* bound/.signet/* \
    "$SIGNET_STORE"/authorities/default/*.key; do
    sed -n '/PRIVATE KEY/,/PRIVATE KEY/{/PRIVATE KEY/!p}' "$file" >>secrets
done
[ "$(wc -l <secrets)" -ge 20 ] || fail "these are not all secrets there are"
stop server
sqlite3 "$SIGNET_STORE/signet.db" .dump | grep 'INTO audit' >audit
grep -q 'token' audit || fail "the audit log is empty"
grep -q 'unauthorized' server.err || fail "the server has logged nothing"
for where in said server.out server.err audit; do
    ! grep -nF -f secrets "$where" || fail "$where has a secret"
done
