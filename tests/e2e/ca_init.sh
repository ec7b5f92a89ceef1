#!/usr/bin/env bash
# A CA comes into being once: two runs, four at once, other options, other CAs beside it.
. "$(dirname "$0")/lib.sh"
need openssl certtool

# Inode, mode and time of all that a change would show in, and the bytes of the database (whose journal comes and goes).
snapshot() {
    find "$SIGNET_STORE" -mindepth 1 -path '*/locks*' -prune -o -name 'signet.db*' -prune -o -printf '%p %i %m %C@ %s\n' | sort
    md5sum "$SIGNET_STORE/signet.db"
}
directory=$SIGNET_STORE/authorities/default

step "nothing else makes a store"
for command in "ca show" "ca list" "ca export"; do
    # shellcheck disable=SC2086
    expect_exit 3 signet $command
    expect_err "^signet: there is no store at $SIGNET_STORE"
    expect_err 'signet ca init$'
done
[ ! -e "$SIGNET_STORE" ] || fail "a store came into being"

step "what makes no CA is refused before anything is written"
expect_exit 2 signet ca init --country Germany
expect_exit 2 signet ca init ../x
expect_exit 1 signet ca init --validity 1y --issuing-validity 2y
expect_err 'cannot outlive its root'
expect_exit 2 signet ca init --validity soon
expect_exit 2 signet ca init --issuing-validity 30s
expect_exit 2 signet ca init --key-type rsa-1024
if ! signet version --json | grep -q ml-dsa-44; then
    expect_exit 2 signet ca init --key-type ml-dsa-44
    expect_err 'OpenSSL of this machine makes no keys of type ml-dsa-44'
fi
expect_exit 2 signet ca init --pkcs11-uri x
expect_exit 2 signet ca init --external-root --issuing-validity 3y
[ ! -e "$SIGNET_STORE" ] || fail "a store came into being"

step "a first CA of another name is the one that the settings name"
lab() { SIGNET_STORE=$WORK/lab "$SIGNET" "$@"; }
expect_exit 0 lab ca init lab
expect_exit 0 lab issue a.y
expect_exit 0 lab issue b.y --profile client
expect_exit 0 lab profile check a.y
rm -r "$WORK/lab"

step "root and issuing CA, keys for their owner alone"
(umask 000 && signet ca init >"$WORK/out")
expect_out '^root: +CN=default Root CA, ec-p256, until '
expect_out '^issuing: +CN=default Issuing CA, ec-p256, until '
same "the store" "$(stat -c %a "$SIGNET_STORE")" 700
same "root.key" "$(stat -c %a "$directory/root.key")" 600
same "issuing.key" "$(stat -c %a "$directory/issuing.key")" 600
same "signet.db" "$(stat -c %a "$SIGNET_STORE/signet.db")" 600
grep -q 'BEGIN PRIVATE KEY' "$directory/issuing.key" || fail "the key is no PKCS#8"

step "openssl and certtool accept it"
expect "openssl" openssl verify -x509_strict -CAfile "$directory/root.crt" "$directory/issuing.crt"
cat "$directory/issuing.crt" "$directory/root.crt" >bundle.pem
expect "certtool" certtool --verify --load-ca-certificate "$directory/root.crt" --infile bundle.pem
openssl x509 -in "$directory/issuing.crt" -noout -text >"$WORK/out"
expect_out 'CA:TRUE, pathlen:0'
expect_out 'Certificate Sign, CRL Sign'

step "run again, it changes no byte"
signet ca show >first
before=$(snapshot)
expect_exit 0 signet ca init
no_err .
same "the store" "$(snapshot)" "$before"
expect_exit 0 signet ca init --org Acme --validity 3y --key-type rsa-4096
expect_err "warning: --org 'Acme' differs from what is there, none"
expect_err "warning: --validity '3y' differs from what is there, '10y'"
expect_err "warning: --key-type 'rsa-4096' differs from what is there, 'ec-p256'"
same "the store" "$(snapshot)" "$before"
signet ca show >second
cmp -s first second || fail "ca show says something else"

step "the pod's environment does not shape the CA"
SIGNET_VALIDITY=24h SIGNET_ORG=Pod expect_exit 0 signet ca init other
expect_out 'CN=other Root CA, ec-p256, until '
days=$(($(date -d "$(openssl x509 -in "$SIGNET_STORE/authorities/other/root.crt" -noout -enddate | cut -d= -f2)" +%s) - $(date +%s)))
[ "$days" -gt $((9 * 365 * 86400)) ] || fail "SIGNET_VALIDITY shortened a root"

step "an edited signet.toml stays as it is"
echo '# mine' >>"$SIGNET_STORE/signet.toml"
before=$(md5sum "$SIGNET_STORE/signet.toml")
expect_exit 0 signet ca init
same "signet.toml" "$(md5sum "$SIGNET_STORE/signet.toml")" "$before"

step "a subject, key types and lifetimes as asked for"
expect_exit 0 signet ca init lab --cn 'Lab Root CA' --org Acme --ou Ops --country DE --state Hesse \
    --root-key-type ec-p384 --key-type ed25519 --validity 1y --issuing-validity 30d
openssl x509 -in "$SIGNET_STORE/authorities/lab/issuing.crt" -noout -subject -issuer -nameopt RFC2253 >"$WORK/out"
expect_out '^subject=CN=Lab Issuing CA,OU=Ops,O=Acme,ST=Hesse,C=DE$'
expect_out '^issuer=CN=Lab Root CA,OU=Ops,O=Acme,ST=Hesse,C=DE$'
expect_exit 0 signet ca init small --root-only
expect_out '^issuing: +none: the root signs$'
[ ! -e "$SIGNET_STORE/authorities/small/issuing.crt" ] || fail "an issuing CA came into being"
expect_exit 0 signet ca init small
expect_out '^issuing: +none: the root signs$'

step "list and show, for people and for scripts"
expect_exit 0 signet ca list
expect_out '^default +[0-9a-f]{8} +CN=default Issuing CA +ec-p256 '
expect_out '^lab +[0-9a-f]{8} +CN=Lab Issuing CA,.* +ed25519 '
expect_out '^small +[0-9a-f]{8} +CN=small Root CA '
expect_exit 0 signet ca show lab --json
expect_out '"name": "lab"'
expect_out '"current": true'
expect_out '"living_leaves": 0'
fingerprint=$(openssl x509 -in "$SIGNET_STORE/authorities/lab/root.crt" -outform DER | sha256sum | cut -d' ' -f1)
expect_out "\"fingerprint_sha256\": \"$fingerprint\""
expect_exit 3 signet ca show lba
expect_err "try: did you mean 'lab'\?"

step "export, in every form"
expect_exit 0 signet ca export lab
cmp -s "$WORK/out" "$SIGNET_STORE/authorities/lab/root.crt" || fail "the root is another"
expect_exit 0 signet ca export lab --issuing
cmp -s "$WORK/out" "$SIGNET_STORE/authorities/lab/issuing.crt" || fail "the issuing CA is another"
expect_exit 0 signet ca export lab --bundle
same "certificates in the bundle" "$(grep -c BEGIN "$WORK/out")" 2
expect_exit 0 signet ca export lab --format der --out lab.der
same "the root" "$(sha256sum lab.der | cut -d' ' -f1)" "$fingerprint"
expect_exit 2 signet ca export lab --bundle --format der
expect_exit 3 signet ca export small --issuing
expect_exit 3 signet ca export --out /nonexistent/ca.pem
expect_exit 2 signet ca export --format p12
expect_exit 0 signet ca export lab --json
no_out 'PRIVATE KEY'

step "four at once on an empty directory make one CA"
for round in 1 2 3; do
    export SIGNET_STORE=$WORK/many-$round
    for each in 1 2 3 4; do start "init-$each" signet ca init --json; done
    for each in 1 2 3 4; do
        CODE=0
        wait "${PIDS[init-$each]}" || CODE=$?
        unset "PIDS[init-$each]"
        same "exit code of run $each: $(cat "$WORK/init-$each.err")" "$CODE" 0
        grep -m 1 -A 20 '"issuing"' "$WORK/init-$each.out" | grep fingerprint >"print-$each"
        cmp -s print-1 "print-$each" || fail "two CAs came into being"
    done
    same "runs that made it" "$(cat init-?.out | grep -c '"created": true')" 1
    same "leftovers" "$(find "$SIGNET_STORE" -name '.*' -o -name '*.tmp*')" ""
done
