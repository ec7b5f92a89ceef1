#!/usr/bin/env bash
# A key that has leaked and was revoked as such is never certified again: at no door of the CA.
. "$(dirname "$0")/lib.sh"
need openssl

step "one key in three certificates; one of them is revoked because the key has leaked"
expect_exit 0 signet ca init
expect_exit 0 signet issue one.internal --out one
openssl req -new -key one/tls.key -subj / -addext subjectAltName=DNS:one.internal -out one.csr
expect_exit 0 signet issue --csr one.csr --out two
serial=$(serial one/tls.crt)
expect_exit 0 signet revoke one/tls.crt --reason superseded
expect_exit 0 signet issue --csr one.csr --out three
expect_exit 0 signet revoke "$(serial three/tls.crt)" --reason keyCompromise
leaked=$(serial three/tls.crt)
[ "$serial" != "$leaked" ] || fail "two certificates of one serial"

step "issue, in a batch too, a check of the profile, a CA of somebody else: each says when and with what"
told() { expect_err "key was revoked as compromised at 20..-..-..T..:..:..Z, with the certificate $leaked"; }
expect_exit 1 signet issue --csr one.csr --out none
told
expect_err 'try: make a new key'
expect_exit 1 signet issue other.internal --csr one.csr --out none
told
[ ! -e none ] || fail "a refusal left files"
expect_exit 1 signet profile check --csr one.csr
expect_out "compromised at .* $leaked"
sed ':a;N;$!ba;s/\n/\\n/g' one.csr | sed 's/.*/{"id": 1, "csr": "&"}/' >batch.jsonl
expect_exit 1 signet issue --batch batch.jsonl
expect_out "$leaked"
expect_out bad_public_key
openssl req -new -key one/tls.key -subj '/CN=mesh' -out mesh.csr
expect_exit 1 signet ca sign mesh.csr --out mesh.crt
told
[ ! -e mesh.crt ] || fail "a refusal left a file"

step "a renewal takes a new key, and not the one that leaked; what is for a request of that key is not renewed"
cp one/tls.key leaked.key
expect_exit 1 signet renew "$WORK/one" --force --reuse-key
told
expect_exit 0 signet renew "$WORK/one" --force
refuse "another key" cmp -s leaked.key one/tls.key
expect_exit 1 signet renew "$WORK/three" --force
told

step "over ACME it is a bad CSR"
start_server server signet serve-acme --listen 127.0.0.1:0 --http-listen '' --hostname localhost --auth trust
root=$SIGNET_STORE/authorities/default/root.crt
expect_exit 2 signet fetch one.internal --server "$READY" --root "$root" --csr one.csr --out fetched
expect_err "compromised at .* $leaked"
stop server
same "exit" 0 "$CODE"

step "the refusals stand in the audit log"
expect_exit 0 signet audit --action certificate.refused
expect_out "$leaked"
