#!/usr/bin/env bash
# /ready turns 503 when no certificate could be issued, and back: a full disk, a store that is read-only, an expired CA.
. "$(dirname "$0")/lib.sh"
need curl openssl python3

serve() { start_server server signet serve-acme --listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --hostname localhost --auth trust; }
plain_port() { sed -n 's/.*http_port=\([0-9]*\).*/\1/p' server.err; }
ready_is() { [ "$(curl -s -o "$WORK/got" -w '%{http_code}' "http://localhost:$plain/ready")" = "$1" ]; }
turns() { wait_for 30 ready_is "$1"; }

step "an expired CA"
expect_exit 0 signet ca init --issuing-validity 24h
issuing=$SIGNET_STORE/authorities/default/issuing
cp "$issuing.crt" "$issuing.key" .
serve
plain=$(plain_port)
ready_is 200 || fail "not ready: $(cat got)"
python3 - <<'PY'
import subprocess
# The same issuing CA, but of yesterday.
subprocess.run("openssl x509 -x509toreq -in issuing.crt -signkey issuing.key -copy_extensions copy -out same.csr", shell=True, check=True, stderr=subprocess.DEVNULL)
open("ca.cnf", "w").write("[ca]\ndefault_ca=d\n[d]\nnew_certs_dir=.\ndatabase=index.txt\nserial=serial.txt\ndefault_md=sha256\npolicy=p\ncopy_extensions=copyall\nunique_subject=no\n[p]\ncommonName=supplied\n")
open("index.txt", "w").close()
open("serial.txt", "w").write("1000\n")
PY
root=$SIGNET_STORE/authorities/default/root
openssl ca -batch -config ca.cnf -cert "$root.crt" -keyfile "$root.key" -in same.csr -out old.crt -preserveDN -notext \
    -startdate 20200101000000Z -enddate 20210101000000Z >/dev/null 2>ca.err || { cat ca.err; fail "openssl ca"; }
cp old.crt "$issuing.new" && mv "$issuing.new" "$issuing.crt"
turns 503
grep -q 'ca default: .*Issuing CA.* expired at 2021' got || fail "no reason: $(cat got)"

step "a server that starts under it, for those who ask about revocation, and a command that names the way on"
stop server
expect_exit 0 signet ca init
expect_err 'warning: .*expired.*signet ca rotate'
expect_exit 1 signet issue w.internal
expect_err 'try: .*signet ca rotate'
serve
plain=$(plain_port)
expect_exit 0 signet audit --action server.started
same "starts in the audit log, with a certificate of its own and without" "$(grep -c server.started out)" 2
turns 503
curl -s -o crl "http://localhost:$plain/crl/default.crl"
expect "a CRL" openssl crl -in crl -inform DER -noout -CAfile "$issuing.crt"
expect_err 'verify OK'
same "anchors" "$(curl -sk -o "$WORK/got" -w '%{http_code}' "${READY%/acme/directory}/ca.pem")" 200
same "ACME" "$(curl -sk -o "$WORK/got" -w '%{http_code}' "$READY")" 200

step "a CA that is good again"
cp issuing.crt "$issuing.new" && mv "$issuing.new" "$issuing.crt"
turns 200
stop server

disk=$WORK/disk
mkdir "$disk"
mount -t tmpfs -o size=24m none "$disk" 2>/dev/null || skip "the first step held; the others need a small tmpfs"
trap 'code=$?; set +e; umount -l "$disk" 2>/dev/null; (exit "$code"); finish' EXIT
export SIGNET_STORE=$disk/store
expect_exit 0 signet ca init
serve
plain=$(plain_port)

step "a disk that is nearly full, then full"
ready_is 200 || fail "not ready: $(cat got)"
dd if=/dev/zero of="$disk/nearly" bs=1M count=12 2>/dev/null
turns 503
grep -q '"disk"' got || fail "no reason: $(cat got)"
dd if=/dev/zero of="$disk/full" bs=64k 2>/dev/null || true
sleep 2.1
ready_is 503 || fail "ready on a full disk"
rm "$disk/nearly" "$disk/full"
turns 200

step "a store that cannot be written to"
# As after an error of the disk: the file system takes no write, though the files are open.
if chattr +i "$SIGNET_STORE/signet.db" 2>/dev/null; then
    turns 503
    chattr -i "$SIGNET_STORE/signet.db"
    turns 200
fi
mv "$SIGNET_STORE" "$SIGNET_STORE.away"
turns 503
grep -q '"store"' got || fail "no reason: $(cat got)"
mv "$SIGNET_STORE.away" "$SIGNET_STORE"
turns 200

step "it serves as before"
expect_exit 0 signet fetch db.internal --server "$READY" --root "$SIGNET_STORE/authorities/default/root.crt" --out "$WORK/db"
stop server
same "exit code" "$CODE" 0
