#!/usr/bin/env bash
# Certificates straight from the store: files, requests, refusals, many at once.
. "$(dirname "$0")/lib.sh"

key_of() { openssl pkey -in "$1" -pubout 2>/dev/null; }
key_in() { openssl x509 -in "$1" -noout -pubkey; }
verifies() { openssl verify -x509_strict -CAfile "$1/ca.crt" -untrusted "$1/tls.crt" "$1/tls.crt"; }

step "without a store there is nothing to issue from"
expect_exit 3 signet issue db.internal
expect_err 'signet ca init'
expect_exit 0 signet ca init

step "a certificate for names of every kind"
expect_exit 0 signet issue db.internal 10.0.0.7 spiffe://mesh.internal/db ops@example.net
dir=$SIGNET_STORE/certificates/db.internal
expect "the chain verifies" verifies "$dir"
expect "certtool agrees" certtool --verify --load-ca-certificate "$dir/ca.crt" --infile "$dir/tls.crt"
same "the key belongs to the certificate" "$(key_of "$dir/tls.key")" "$(key_in "$dir/tls.crt")"
same "the key is private" "$(stat -Lc %a "$dir/tls.key")" 600
openssl x509 -in "$dir/tls.crt" -noout -ext subjectAltName,extendedKeyUsage >"$WORK/out"
for text in 'DNS:db.internal' 'IP Address:10.0.0.7' 'URI:spiffe://mesh.internal/db' 'email:ops@example.net' \
    'TLS Web Server Authentication, TLS Web Client Authentication'; do
    expect_out "$text"
done

step "again into the same directory is a new version; a reader at the old one still has a pair"
old=$(serial "$dir/tls.crt")
cd "$(realpath "$dir/.versions/live")"
expect_exit 0 signet issue db.internal
same "the old pair is whole" "$(key_of tls.key)" "$(key_in tls.crt)"
cd "$WORK"
[ "$(serial "$dir/tls.crt")" != "$old" ] || fail "nothing was replaced"
same "the new pair fits" "$(key_of "$dir/tls.key")" "$(key_in "$dir/tls.crt")"

step "names with bytes that no directory likes"
expect_exit 0 signet issue '*.apps.internal'
[ -e "$SIGNET_STORE/certificates/%2A.apps.internal/tls.crt" ] || fail "the wildcard's directory is not there"
expect_exit 0 signet issue --uri spiffe://mesh.internal/a --out "$WORK/svid/deep/er"
expect "made with its parents" verifies "$WORK/svid/deep/er"

step "--client and --server take one purpose away"
expect_exit 0 signet issue --client worker.internal --out "$WORK/one"
openssl x509 -in one/tls.crt -noout -ext extendedKeyUsage >"$WORK/out"
expect_out 'Client'
no_out 'Server'
expect_exit 0 signet issue --server worker.internal --out "$WORK/one"
openssl x509 -in one/tls.crt -noout -ext extendedKeyUsage >"$WORK/out"
expect_out 'Server'
no_out 'Client'
expect_exit 2 signet issue --server --client worker.internal

step "subject words"
expect_exit 0 signet issue --cn worker --org Example --ou Mesh worker.internal --out "$WORK/subject"
same "subject" "$(openssl x509 -in subject/tls.crt -noout -subject -nameopt RFC2253 | tr -d ' ')" \
    "subject=CN=worker,OU=Mesh,O=Example"

step "key types"
for type in ec-p384 ed25519 rsa-2048; do
    expect_exit 0 signet issue --key-type "$type" k.internal --out "$WORK/key-$type" --json
    same "key type" "$(member key_type)" "$type"
    same "the key fits" "$(key_of "key-$type/tls.key")" "$(key_in "key-$type/tls.crt")"
done

step "of a request only key and names count"
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout csr.key -out csr.pem -subj /CN=evil/O=Evil \
    -addext subjectAltName=DNS:asked.internal -addext basicConstraints=critical,CA:TRUE \
    -addext keyUsage=keyCertSign 2>/dev/null
expect_exit 0 signet issue --csr csr.pem --out "$WORK/csr"
same "the request's key" "$(key_of csr.key)" "$(key_in csr/tls.crt)"
[ ! -e csr/tls.key ] || fail "a key appeared"
openssl x509 -in csr/tls.crt -noout -text >"$WORK/out"
expect_out 'DNS:asked.internal'
no_out 'CA:TRUE|Certificate Sign|Evil|CN ?= ?evil'
expect_exit 0 signet issue other.internal --csr csr.pem --out "$WORK/csr"
openssl x509 -in csr/tls.crt -noout -text >"$WORK/out"
expect_out 'DNS:other.internal'
no_out 'asked'
openssl req -in csr.pem -outform DER -out csr.der
expect_exit 0 signet issue --csr csr.der --out -
expect_out 'BEGIN CERTIFICATE'
no_out 'PRIVATE KEY'
sed 's/^MI/MJ/' csr.pem >broken.pem
expect_exit 2 signet issue --csr broken.pem --out "$WORK/none"
expect_exit 2 signet issue --csr absent.pem --out "$WORK/none"
[ ! -e none ] || fail "a refusal left a directory"

step "--out - prints chain and key and keeps nothing"
before=$(ls "$SIGNET_STORE/certificates")
expect_exit 0 signet issue --out - printed.internal
cp out printed.pem
same "two certificates" "$(grep -c 'BEGIN CERTIFICATE' printed.pem)" 2
same "the key fits" "$(key_of printed.pem)" "$(key_in printed.pem)"
same "nothing was saved" "$(ls "$SIGNET_STORE/certificates")" "$before"
signet issue --out - --format der printed.internal >printed.der || fail "der on standard output"
openssl x509 -inform DER -in printed.der -noout
expect_exit 2 signet issue --out - --format der,combined printed.internal

step "formats"
expect_exit 0 signet issue f.internal --format pem,combined,der --out "$WORK/formats"
same "the combined file is a pair" "$(key_of formats/tls.pem)" "$(key_in formats/tls.pem)"
openssl x509 -inform DER -in formats/tls.crt.der -noout
openssl pkey -inform DER -in formats/tls.key.der -noout
same "the combined file is private" "$(stat -Lc %a formats/tls.pem)" 600
expect_exit 2 signet issue f.internal --format docx --out "$WORK/none"

step "ownership of the files"
expect_exit 0 signet issue m.internal --key-mode 0640 --group "$(id -gn)" --out "$WORK/mode"
same "mode" "$(stat -Lc %a mode/tls.key)" 640
expect_exit 2 signet issue m.internal --key-mode 0666 --out "$WORK/none"
expect_exit 2 signet issue m.internal --owner no-such-user --out "$WORK/none"

step "the result as JSON"
expect_exit 0 signet issue j.internal --out "$WORK/json" --json
same "serial" "$(member serial)" "$(serial json/tls.crt)"
same "profile" "$(member profile)" default
same "source" "$(member source)" cli
same "dir" "$(member dir)" "$WORK/json"
same "changed" "$(member changed)" true
expect_out '"tls.key": "'"$WORK"'/json/tls.key"'

step "what the profile or the issuer does not permit is exit 1 and leaves nothing"
expect_exit 1 signet issue no.internal --profile svid --out "$WORK/none"
expect_exit 1 signet issue no.internal --validity 400d --out "$WORK/none" --json
expect_err '"kind": ?"'
expect_exit 1 signet issue no.internal --profile defualt --out "$WORK/none"
expect_err 'default'
expect_exit 3 signet issue no.internal --ca nosuch --out "$WORK/none"
[ ! -e none ] || fail "a refusal left a directory"

step "what is no name of any kind is exit 2"
for name in '' 'a b' 'under_score.internal' 'x..y' '*.internal' '-a.internal' '300.1.1.1' 'http://' 'a@b@c' 'münchen.internal'; do
    expect_exit 2 signet issue "$name" --out "$WORK/none"
done
expect_exit 2 signet issue

step "a leaf never outlives its issuer"
export SIGNET_STORE=$WORK/short
expect_exit 0 signet ca init --validity 3h --issuing-validity 2h
expect_exit 0 signet issue s.internal --json
expect_out '"note": ".+"'
same "ends with the issuer" "$(openssl x509 -in short/certificates/s.internal/tls.crt -noout -enddate)" \
    "$(openssl x509 -in short/authorities/default/issuing.crt -noout -enddate)"
expect_exit 1 signet issue s2.internal --validity 3h
[ ! -e short/certificates/s2.internal ] || fail "a refusal left a directory"
export SIGNET_STORE=$WORK/store

step "64 at once on one store"
for i in $(seq 64); do
    start "issue-$i" signet issue "w$i.internal"
done
for i in $(seq 64); do
    CODE=0
    wait "${PIDS[issue-$i]}" || CODE=$?
    unset "PIDS[issue-$i]"
    [ "$CODE" -eq 0 ] || { cat "issue-$i.err"; fail "issue $i ended with $CODE"; }
done
for i in $(seq 64); do serial "$SIGNET_STORE/certificates/w$i.internal/tls.crt"; done | sort -u >serials
same "64 serials" "$(wc -l <serials)" 64

step "32 at once into one directory leave one pair that fits"
for i in $(seq 32); do start "same-$i" signet issue same.internal; done
for i in $(seq 32); do
    CODE=0
    wait "${PIDS[same-$i]}" || CODE=$?
    unset "PIDS[same-$i]"
    [ "$CODE" -eq 0 ] || { cat "same-$i.err"; fail "issue $i ended with $CODE"; }
done
dir=$SIGNET_STORE/certificates/same.internal
same "the pair fits" "$(key_of "$dir/tls.key")" "$(key_in "$dir/tls.crt")"

step "a CA key that others can read is refused with the chmod that mends it"
chmod 0644 "$SIGNET_STORE/authorities/default/issuing.key"
expect_exit 3 signet issue perm.internal
expect_err 'chmod'
chmod 0600 "$SIGNET_STORE/authorities/default/issuing.key"

step "settings that do not parse"
cp "$SIGNET_STORE/signet.toml" saved.toml
printf '[profile.default]\npermit_dsn = ["**"]\n' >"$SIGNET_STORE/signet.toml"
expect_exit 2 signet issue t.internal
expect_err 'line 2'
expect_err 'permit_dns'
cp saved.toml "$SIGNET_STORE/signet.toml"

step "a full disk is exit 3, and what was there stays"
if [ "$(id -u)" = 0 ] && mkdir tiny && mount -t tmpfs -o size=64k,mode=0755 tmpfs tiny 2>/dev/null; then
    trap 'umount -l "$WORK/tiny"; finish' EXIT
    expect_exit 0 signet issue full.internal --out "$WORK/tiny/tls"
    old=$(serial tiny/tls/tls.crt)
    dd if=/dev/zero of=tiny/fill bs=4k 2>/dev/null || true
    expect_exit 3 signet issue full.internal --out "$WORK/tiny/tls"
    expect_err '[Nn]o space'
    same "the old certificate stays" "$(serial tiny/tls/tls.crt)" "$old"
    same "the old pair fits" "$(key_of tiny/tls/tls.key)" "$(key_in tiny/tls/tls.crt)"
    expect_exit 3 signet issue full.internal --out "$WORK/tiny/other"
    [ ! -e tiny/other/tls.crt ] || fail "half a certificate"
    umount tiny
    trap finish EXIT
else
    echo "(not root: no full disk to try)"
fi
