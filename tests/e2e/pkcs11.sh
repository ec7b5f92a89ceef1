#!/usr/bin/env bash
# Keys in a PKCS#11 token (SoftHSM): a CA whose keys never leave it, read by other programs, served, and what is said
# when token, PIN or key is missing.
. "$(dirname "$0")/lib.sh"
need openssl softhsm2-util p11tool curl

step "a token"
mkdir -p tokens
export SOFTHSM2_CONF=$WORK/softhsm2.conf
printf 'directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n' "$WORK/tokens" >"$SOFTHSM2_CONF"
expect_exit 0 softhsm2-util --init-token --free --label mesh --pin 4321 --so-pin 87654321
(umask 077 && printf '4321\n' >pin)
printf '1111\n' >wrong
chmod 600 wrong
keys_there() { p11tool --login --set-pin 4321 --list-privkeys 'pkcs11:token=mesh' 2>/dev/null | grep -c Type: || true; }

step "keys are made in it, and the files say where they are"
expect_exit 0 signet ca init --pkcs11-uri 'pkcs11:token=mesh' --passphrase-file pin
authority=$SIGNET_STORE/authorities/default
for key in root issuing; do
    same "mode of $key.key" 600 "$(stat -c %a "$authority/$key.key")"
    grep -q '^pkcs11:.*token=mesh' "$authority/$key.key" || fail "$key.key does not say where the key is"
    ! grep -q 4321 "$authority/$key.key" || fail "$key.key holds the PIN"
done
same "private keys in the token" 2 "$(keys_there)"
p11tool --login --set-pin 4321 --list-privkeys 'pkcs11:token=mesh' >there 2>/dev/null
grep -q 'CKA_NEVER_EXTRACTABLE' there || fail "a key can be taken out of the token"
grep -q 'signet default issuing' there || fail "the key has no label"

step "it signs; openssl and the token agree"
expect_exit 0 signet issue web.internal --passphrase-file pin --out web
expect_exit 0 openssl verify -CAfile "$authority/root.crt" -untrusted web/tls.crt web/tls.crt
expect_exit 0 signet crl --passphrase-file pin --out ca.crl --pem
expect_exit 0 openssl crl -in ca.crl -CAfile "$authority/issuing.crt" -noout
expect_err 'verify OK'

step "the PIN: missing, wrong, in a file that the URI names"
expect_exit 2 signet issue a.internal
expect_err 'issuing.key'
expect_exit 1 signet issue a.internal --passphrase-file wrong
expect_exit 0 signet issue a.internal --passphrase-file pin
expect_exit 2 signet ca init second --pkcs11-uri 'pkcs11:token=mesh?pin-value=4321'
expect_err 'pin-source'
expect_exit 0 signet ca init second --pkcs11-uri "pkcs11:token=mesh?pin-source=file:$WORK/pin" --key-type rsa-2048
same "private keys in the token" 4 "$(keys_there)"
expect_exit 0 signet issue b.internal --ca second --out b
expect_exit 0 openssl verify -CAfile b/ca.crt -untrusted b/tls.crt b/tls.crt
chmod 644 pin
expect_exit 3 signet issue c.internal --ca second
expect_err 'chmod'
chmod 600 pin

step "what a token cannot do is said, and nothing is left in it"
expect_exit 2 signet ca init third --pkcs11-uri 'pkcs11:token=mesh' --passphrase-file pin --key-type ed25519
expect_err 'ec-p256'
expect_exit 3 signet ca init third --pkcs11-uri 'pkcs11:token=nowhere' --passphrase-file pin
expect_err 'no token'
expect_exit 2 signet ca init third --pkcs11-uri 'token=mesh' --passphrase-file pin
expect_exit 1 signet ca export --with-key --issuing --passphrase-file pin
expect_err 'stays in its token'
expect_exit 1 signet ca rekey --new-passphrase-file wrong --passphrase-file pin
same "private keys in the token" 4 "$(keys_there)"
[ ! -e "$SIGNET_STORE/authorities/third" ] || fail "a CA without keys was left"

step "a server signs with it from many requests at once"
start_server server signet serve-acme --passphrase-file pin --auth trust --listen 127.0.0.1:0 --http-listen 127.0.0.1:0 \
    --hostname 127.0.0.1
for i in 1 2 3 4 5 6; do
    start "fetch$i" signet fetch "w$i.internal" --server "$READY" --root "$authority/root.crt" --out "w$i"
done
for i in 1 2 3 4 5 6; do
    wait "${PIDS[fetch$i]}" || fail "fetch $i failed"
    unset "PIDS[fetch$i]"
    expect_exit 0 openssl verify -CAfile "$authority/root.crt" -untrusted "w$i/tls.crt" "w$i/tls.crt"
done

step "the token is gone"
stop server
mv tokens gone
mkdir tokens
expect_exit 3 signet issue d.internal --passphrase-file pin
expect_err 'no token'
