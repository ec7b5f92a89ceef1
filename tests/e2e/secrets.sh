#!/usr/bin/env bash
# No secret is said: not in an error, not in a log, however chatty, not in the audit log. Passphrases and passwords of
# PKCS#12 files stand in no file of the store either, and a server that dies leaves no core.
. "$(dirname "$0")/lib.sh"
need openssl sqlite3 python3

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

step "passphrases of keys and passwords of PKCS#12 files: right, wrong, changed, recorded for renewals"
printf 'correct-horse-battery\n' >passphrase
printf 'incorrect-horse-battery\n' >another
printf 'p12-password-changeit\n' >password
chmod 600 passphrase another password
sealed() { "$1" "$2" signet --store "$WORK/sealed" -v "${@:3}"; }
sealed told 0 ca init --passphrase-file passphrase
sealed told 1 issue w.internal --out "$WORK/w" --passphrase-file another
sealed told 1 ca rekey --passphrase-file another --new-passphrase-file password
sealed told 0 issue w.internal --out "$WORK/w" --passphrase-file passphrase --format pem,p12 --p12-password-file password
sealed told 0 renew "$WORK/w" --force --passphrase-file passphrase
sealed told 0 ca export --format p12 --p12-password-file password --out trust.p12
told 1 signet -v show w/tls.p12 --p12-password-file another
told 0 signet -v show w/tls.p12 --p12-password-file password
sealed told 0 ca rekey --passphrase-file passphrase --new-passphrase-file another
sealed told 0 backup copy.tar
cat passphrase another password >words
cat words >>secrets
ulimit -c unlimited 2>/dev/null || true
# Only the parent hears whether the kernel wrote a core, wherever its pattern sends it.
cat >aborted.py <<'EOS'
import os, signal, subprocess, sys
child = subprocess.Popen(sys.argv[2:])
signal.signal(signal.SIGTERM, lambda *_: child.send_signal(signal.SIGABRT))
status = os.waitpid(child.pid, 0)[1]
ended = 'dumped' if os.WCOREDUMP(status) else 'aborted' if os.WIFSIGNALED(status) else 'left'
open(sys.argv[1], 'w').write(ended)
EOS
start_server sealed python3 aborted.py sealed.end signet --store "$WORK/sealed" -v serve-acme --listen 127.0.0.1:0 --http-listen '' \
    --hostname localhost --auth trust --passphrase-file another
told 0 signet -v fetch f.internal --server "$READY" --root sealed/authorities/default/root.crt --out f \
    --format pem,p12 --p12-password-file password
told 0 signet -v renew "$WORK/f" --force
stop sealed
same "what the server left when it was aborted" "$(cat sealed.end)" aborted
start_server other python3 aborted.py other.end sh -c 'echo ready to die; exec sleep 60'
stop other
[ "$(cat other.end)" = dumped ] || echo "   here no program leaves a core: nothing is seen of the server's"

step "none of it was said"
for file in issued/tls.key tls/tls.key bound/tls.key tls/.signet/* bound/.signet/* \
    "$SIGNET_STORE"/authorities/default/*.key; do
    sed -n '/PRIVATE KEY/,/PRIVATE KEY/{/PRIVATE KEY/!p}' "$file" >>secrets
done
[ "$(wc -l <secrets)" -ge 20 ] || fail "these are not all secrets there are"
stop server
sql .dump | grep 'INTO audit' >audit
grep -q 'token' audit || fail "the audit log is empty"
grep -q 'unauthorized' server.err || fail "the server has logged nothing"
sqlite3 sealed/signet.db .dump | grep 'INTO audit' >>audit
for where in said server.out server.err sealed.out sealed.err audit; do
    ! grep -nF -f secrets "$where" || fail "$where has a secret"
done
! grep -rlaF -f words sealed w f copy.tar || fail "a file has a passphrase or a password"
