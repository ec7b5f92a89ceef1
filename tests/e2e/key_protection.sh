#!/usr/bin/env bash
# Keys at rest under a passphrase, and in memory where nobody looks.
. "$(dirname "$0")/lib.sh"
need python3
printf 'correct horse\n' >pass
printf 'other\n' >other
printf 'third\n' >third
chmod 600 pass other third
authority=$SIGNET_STORE/authorities/default

step "a CA under a passphrase: openssl opens its keys with it alone"
expect_exit 0 signet --passphrase-file pass ca init
for key in root issuing; do
    expect "encrypted" grep -q 'BEGIN ENCRYPTED PRIVATE KEY' "$authority/$key.key"
    expect "opened" openssl pkey -in "$authority/$key.key" -passin pass:'correct horse' -noout
    refuse "opened by another" openssl pkey -in "$authority/$key.key" -passin pass:other -noout
done

step "whoever signs takes it: from a file, standard input, the environment or systemd"
expect_exit 0 signet issue a.internal --out a --passphrase-file pass
signet issue b.internal --out b --passphrase-file - <pass >out 2>err || fail "from standard input"
export SIGNET_PASSPHRASE_FILE=$WORK/pass
expect_exit 0 signet issue c.internal --out c
expect_exit 0 signet renew "$WORK/a" --force
expect_exit 0 signet ca init
unset SIGNET_PASSPHRASE_FILE
mkdir credentials
cp pass credentials/signet.passphrase
expect_exit 0 env CREDENTIALS_DIRECTORY="$WORK/credentials" signet issue d.internal --out d
for name in a b c d; do
    expect "a good chain" openssl verify -CAfile "$name/ca.crt" -untrusted "$name/tls.crt" "$name/tls.crt"
done

step "a wrong one is refused, none is wrong usage, and both leave no file"
expect_exit 1 signet issue x.internal --out x --passphrase-file other
expect_err 'the passphrase does not open .*issuing.key'
expect_exit 2 signet issue x.internal --out x
expect_err 'try: give it with --passphrase-file'
expect_exit 2 signet issue x.internal --out x --passphrase-file /dev/null
expect_exit 3 signet issue x.internal --out x --passphrase-file missing
[ ! -e x ] || fail "a refusal left files"
expect_exit 1 signet --passphrase-file other ca init
expect_exit 2 signet ca init
chmod 644 other
expect_exit 1 signet issue x.internal --out x --passphrase-file other
expect_err 'others can read the passphrase'

step "what needs no key takes no passphrase"
expect_exit 0 signet ca show
expect_exit 0 signet ca export
expect_exit 0 signet profile check w.internal

step "another passphrase, in one move"
expect_exit 1 signet ca rekey --passphrase-file other --new-passphrase-file third
expect_exit 0 signet ca rekey --passphrase-file pass --new-passphrase-file other
expect_exit 1 signet issue x.internal --out x --passphrase-file pass
expect_exit 0 signet issue e.internal --out e --passphrase-file other
expect "opened by the new one" openssl pkey -in "$authority/root.key" -passin pass:other -noout
same "modes" "600 600" "$(stat -c %a "$authority/root.key" "$authority/issuing.key" | tr '\n' ' ' | sed 's/ $//')"
expect_exit 2 signet ca rekey --passphrase-file - --new-passphrase-file -
expect_exit 2 signet ca rekey

step "a server under a passphrase: no core, no look into its memory, no passphrase in its log"
chmod 600 other pass
expect_exit 1 signet serve-acme --listen 127.0.0.1:0 --http-listen '' --hostname localhost --auth trust \
    --passphrase-file pass
expect_err 'the passphrase does not open'
expect_err 'try: give '
no_err 'hostnames'
start_server server signet serve-acme --listen 127.0.0.1:0 --http-listen '' --hostname localhost --auth trust \
    --passphrase-file other
pid=${PIDS[server]}
python3 - "$pid" <<'PY' || fail "the memory of the server can be read"
import os, sys
pid = sys.argv[1]
if os.getuid() == 0:
    assert os.stat(f"/proc/{pid}/mem").st_uid == 0
    os.setgid(65534)
    os.setuid(65534)
for name in ("mem", "environ", "maps"):
    try:
        open(f"/proc/{pid}/{name}", "rb").read(1)
    except PermissionError:
        continue
    sys.exit(f"{name} was read")
PY
refuse "a passphrase in the log" grep -rq 'correct horse' server.err server.out
expect_exit 0 signet ca rekey --passphrase-file other --new-passphrase-file pass
expect_exit 0 signet fetch w.internal --server "${READY}" --root "$authority/root.crt" --out w
expect "the server goes on" openssl verify -CAfile w/ca.crt -untrusted w/tls.crt w/tls.crt
stop server
same "exit" 0 "$CODE"

step "the root's key away from the machine from the start"
export SIGNET_STORE=$WORK/store2
expect_exit 0 signet ca init --root-key-out "$WORK/usb.key"
[ ! -e "$SIGNET_STORE/authorities/default/root.key" ] || fail "root.key is in the store"
same "mode" 600 "$(stat -c %a usb.key)"
openssl pkey -in usb.key -pubout >one
openssl x509 -in "$SIGNET_STORE/authorities/default/root.crt" -noout -pubkey >two
expect "the root's own key" cmp one two
expect_exit 0 signet issue w.internal --out w2
expect_exit 3 signet ca init other --root-key-out "$WORK/usb.key"
expect_err 'there is a file'
expect_exit 2 signet ca init other --root-key-out "$WORK/y.key" --root-only

step "a CA for some hosts only, and everybody who verifies knows it"
expect_exit 0 signet ca init corp --permit-dns corp.internal --permit-ip 10.0.0.0/8 --permit-uri mesh.internal
openssl x509 -in "$SIGNET_STORE/authorities/corp/issuing.crt" -noout -text >corp.txt
expect "critical" grep -q 'Name Constraints: critical' corp.txt
for part in DNS:corp.internal IP:10.0.0.0/255.0.0.0 URI:mesh.internal; do expect "$part" grep -q "$part" corp.txt; done
expect_exit 0 signet issue w.corp.internal 10.1.2.3 spiffe://mesh.internal/w --ca corp --out corp
expect "openssl agrees" openssl verify -CAfile corp/ca.crt -untrusted corp/tls.crt corp/tls.crt
for name in w.internal 11.0.0.1 spiffe://lab.internal/w; do
    expect_exit 1 signet issue "$name" --ca corp --out x
    expect_err 'outside the name constraints'
done
expect_exit 0 signet ca init corp --permit-dns other.internal
expect_err 'name constraints .* differs'
expect_exit 2 signet ca init bad --permit-dns '*.corp.internal'
expect_exit 0 signet ca init dns --permit-dns corp.internal
expect_exit 1 signet issue 10.0.0.1 --ca dns --out x
