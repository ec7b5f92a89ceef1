#!/usr/bin/env bash
# The root stays where no network is: request, signature and import between two machines, and below a corporate root.
. "$(dirname "$0")/lib.sh"
need curl openssl
offline=$WORK/offline online=$WORK/online
on() { expect_exit "$1" signet --store "$2" "${@:3}"; }

step "two machines: the root here, the request there"
on 0 "$offline" ca init --cn 'Offline Root CA' --org Acme
on 0 "$online" ca init web --external-root --cn 'Acme Web CA' --permit-dns corp.internal
expect_out 'issuing.csr'
csr=$online/authorities/web/issuing.csr
same "mode of the key" 600 "$(stat -c %a "$online/authorities/web/issuing.key")"
openssl req -in "$csr" -noout -text -nameopt RFC2253 -verify >csr.txt 2>&1
for part in 'CN=Acme Web CA' 'CA:TRUE, pathlen:0' 'Certificate Sign, CRL Sign' 'DNS:corp.internal'; do
    expect "$part in the request" grep -q "$part" csr.txt
done
sum=$(sha256sum "$csr")
on 0 "$online" ca init web --external-root --cn 'Acme Web CA'
same "the request of a second run" "$sum" "$(sha256sum "$csr")"
on 0 "$online" ca csr web
cp out same.csr
expect "the same request" cmp same.csr "$csr"

step "until its certificate comes nothing is issued, and the way is said"
on 3 "$online" issue w.corp.internal --ca web --out w
expect_err 'signet ca import'
on 3 "$online" ca init web
expect_err 'waits for its certificate'

step "signed over there with what the options say, brought home, in force"
on 0 "$offline" ca sign "$csr" --permit-dns corp.internal --validity 2y --out issuing.crt
on 0 "$online" ca import issuing.crt --root "$offline/authorities/default/root.crt"
expect_out 'completed the CA web'
[ ! -e "$csr" ] || fail "the request is still there"
expect "openssl agrees" openssl verify -x509_strict -CAfile "$offline/authorities/default/root.crt" issuing.crt
openssl x509 -in issuing.crt -noout -text >issuing.txt
for part in 'CA:TRUE, pathlen:0' 'Certificate Sign, CRL Sign' 'DNS:corp.internal'; do
    expect "$part in the certificate" grep -q "$part" issuing.txt
done
on 0 "$online" issue w.corp.internal --ca web --out w
expect "openssl takes the chain" openssl verify -x509_strict -CAfile w/ca.crt -untrusted w/tls.crt w/tls.crt
on 1 "$online" issue w.other.internal --ca web --out x
on 0 "$online" ca show web --json
expect_out 'Offline Root CA'

step "prolonged with the same key"
on 0 "$online" ca csr web --out again.csr
on 0 "$offline" ca sign again.csr --permit-dns corp.internal --out again.crt
on 0 "$online" ca import again.crt --root "$offline/authorities/default/root.crt"
expect_out 'renewed the certificate'
on 0 "$online" issue w.corp.internal --ca web --out w
expect "the old and the new chain hold" openssl verify -CAfile w/ca.crt -untrusted w/tls.crt w/tls.crt

step "what no root should sign"
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout sub.key -out sub.csr -subj '/CN=Sub CA' 2>/dev/null
on 1 "$offline" ca sign sub.csr --validity 11y
openssl req -new -key sub.key -out own.csr -subj '/O=Acme/CN=Offline Root CA'
on 1 "$offline" ca sign own.csr
on 2 "$offline" ca sign issuing.crt
on 3 "$online" ca sign sub.csr --ca web
expect_err "root's key is elsewhere"
mv "$offline/authorities/default/root.key" usb.key
on 3 "$offline" ca sign sub.csr
on 0 "$offline" ca sign sub.csr --root-key usb.key --pathlen 1 --out sub.crt

step "below a corporate root of openssl's making, with a CA in between, and a key from elsewhere"
openssl req -x509 -newkey rsa:2048 -nodes -keyout corp.key -out corp.crt -subj '/O=Corp/CN=Corp Root' -days 3650 \
    -addext keyUsage=critical,keyCertSign,cRLSign 2>/dev/null
printf 'basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n' >ca.ext
openssl req -new -newkey rsa:2048 -nodes -keyout policy.key -out policy.csr -subj '/O=Corp/CN=Corp Policy CA' 2>/dev/null
openssl x509 -req -in policy.csr -CA corp.crt -CAkey corp.key -CAcreateserial -extfile ca.ext -days 900 -out policy.crt 2>/dev/null
openssl x509 -req -in sub.csr -CA policy.crt -CAkey policy.key -CAcreateserial -extfile ca.ext -days 800 -out web.crt 2>/dev/null
cat web.crt policy.crt >chain.crt
chmod 600 sub.key
on 1 "$online" ca import chain.crt --root issuing.crt --key sub.key --ca corp
on 0 "$online" ca import chain.crt --root corp.crt --key sub.key --ca corp
on 0 "$online" issue w.internal --ca corp --out corp
same "certificates in the chain" 3 "$(grep -c BEGIN corp/tls.crt)"
expect "openssl takes the chain of four" openssl verify -CAfile corp.crt -untrusted corp/tls.crt corp/tls.crt
on 3 "$online" ca import chain.crt --root corp.crt --key sub.key --ca corp
on 0 "$WORK/fresh" ca import chain.crt --root corp.crt --key sub.key
on 0 "$WORK/fresh" issue w.internal --out fresh.saved
on 0 "$online" ca list
expect_out '^corp '
expect_out '^web '

step "a foreign anchor beside ours"
on 0 "$online" ca trust add corp.crt --name corp --ca web
on 0 "$online" ca trust list --ca web
expect_out '^corp +CN=Corp Root'
on 0 "$online" issue w.corp.internal --ca web --out w
same "anchors" 2 "$(grep -c BEGIN w/ca.crt)"
expect "the foreign chain holds, too" openssl verify -CAfile w/ca.crt -untrusted corp/tls.crt corp/tls.crt
openssl x509 -in w/tls.crt -out leaf.crt
on 1 "$online" ca trust add leaf.crt --name leaf --ca web
on 3 "$online" ca trust remove crop --ca web
expect_err "did you mean 'corp'"
on 0 "$online" ca trust remove corp --ca web
on 0 "$online" issue w.corp.internal --ca web --out w
same "anchors" 1 "$(grep -c BEGIN w/ca.crt)"

step "a server that runs publishes what counts, and renewed certificates carry it"
export SIGNET_STORE=$WORK/fresh
start_server server signet serve-acme --listen 127.0.0.1:0 --http-listen 127.0.0.1:0
base=${READY%/acme/directory}
published() { curl -sf --cacert "$1" --resolve "${base#https://}:127.0.0.1" "$base/$2" | grep -c BEGIN; }
root=$SIGNET_STORE/authorities/default/root.crt
publishes() { [ "$(published "$root" "$2")" = "$1" ]; } # a busy server looks at the files now and then
same "anchors in /ca.pem" 1 "$(published "$root" ca.pem)"
expect_exit 0 signet ca trust add "$offline/authorities/default/root.crt" --name offline
wait_for 10 publishes 2 ca.pem
wait_for 10 publishes 2 ca/default.pem
expect_exit 0 signet ca export --bundle
same "certificates in the bundle" 4 "$(grep -c BEGIN out)"
expect_exit 0 signet renew "$WORK/fresh.saved" --force
same "anchors beside a renewed certificate" 2 "$(grep -c BEGIN fresh.saved/ca.crt)"
expect_exit 0 signet ca trust remove offline
wait_for 10 publishes 1 ca.pem

step "the CRLs of the corporate CAs, which openssl signs, are published beside ours"
# shellcheck disable=SC2016
{
    printf '[ca]\ndefault_ca=corp\n[corp]\ndatabase=$ENV::CA.txt\ncrlnumber=$ENV::CA.number\ndefault_md=sha256\nunique_subject=no\n'
    printf '[whole]\nauthorityKeyIdentifier=keyid\n[users]\nissuingDistributionPoint=critical,@scope\n[scope]\nonlyuser=TRUE\n'
    printf '[shard]\nissuingDistributionPoint=critical,@place\n[place]\nfullname=URI:http://crl.corp.internal/1.crl\n'
    printf '[delta]\n2.5.29.27=critical,DER:020110\n'
} >crl.cnf
for ca in corp policy; do touch $ca.txt && echo 10 >$ca.number; done
as() { env CA="$1" openssl ca -config crl.cnf -cert "$1.crt" -keyfile "$1.key" "${@:2}" 2>openssl.err || { cat openssl.err; fail "openssl ca"; }; }
crl() { as "$1" -gencrl -crldays 30 -crlexts "${3:-whole}" -out "$2"; } # CA FILE [EXTENSIONS]
id_of() { openssl x509 -in "$1" -noout -ext subjectKeyIdentifier | tail -n 1 | tr -d ' :\n' | tr 'A-F' 'a-f' | head -c 8; }
get() { curl -sf --cacert "$root" --resolve "${base#https://}:127.0.0.1" "$base/crl/default$1" -o "$2"; }
refuse "nothing to publish yet" get /root.crl none
crl corp corp.crl
crl policy policy.crl
openssl crl -in corp.crl -outform DER -out corp.bin
expect_exit 0 signet ca import corp.bin
expect_out "took over the CRL of CN=Corp Root,O=Corp for the CA default"
expect_exit 0 signet ca import policy.crl
wait_for 10 get /root.crl root.der
expect "the very CRL" cmp root.der corp.bin
get "/$(id_of policy.crt).crl" policy.der || fail "the CRL of the CA in between is not there"
get .crl default.der || fail "our own CRL is not there"
for der in root policy default; do openssl crl -inform DER -in $der.der; done >all.crl
checked() { openssl verify -crl_check_all -CAfile corp.crt -untrusted fresh.saved/tls.crt -CRLfile all.crl fresh.saved/tls.crt; }
expect "openssl takes the chain of four with them" checked
expect_exit 0 signet ca show --json
same "CRLs" 2 "$(grep -c '"next_update"' out)"
run signet status --warn 60d --crit 1d
expect_out "^WARNING +default $(id_of corp.crt).crl: the CRL of .*CN=Corp Root,O=Corp ends at"

step "but not an older one, a part of one, or one of somebody else"
cp corp.crl older.crl
crl corp corp.crl
expect_exit 0 signet ca import corp.crl
expect_exit 1 signet ca import older.crl
expect_err 'number 16 is not above 17'
crl corp part.crl delta
expect_exit 1 signet ca import part.crl
expect_err 'delta CRL'
crl corp part.crl shard
expect_exit 1 signet ca import part.crl
expect_err 'not for all certificates of CAs'
crl corp part.crl users
expect_exit 1 signet ca import part.crl
expect_err 'not for all certificates of CAs'
expect_exit 0 signet crl --out ours.crl
expect_exit 1 signet ca import ours.crl
expect_err 'no CA above one of this store'
expect_exit 2 signet ca import corp.crl --root corp.crt
expect_exit 2 signet ca import chain.crt
expect_err '--root FILE'

step "the corporate CA revokes ours: everybody is told"
as policy -revoke web.crt -crl_reason CACompromise
crl policy policy.crl
expect_exit 0 signet ca import policy.crl
expect_out "revoked here: +$(serial web.crt)"
refreshed() { get "/$(id_of policy.crt).crl" policy.der && openssl crl -inform DER -in policy.der -noout -text | grep -q 'CA Compromise'; }
wait_for 10 refreshed
for der in root policy default; do openssl crl -inform DER -in $der.der; done >all.crl
refuse "a chain through a revoked CA" checked
run signet status
expect_out '^CRITICAL +default issuing: revoked'
expect_exit 0 signet audit --action ca.crl_imported
same "imports in the audit log" 4 "$(grep -c 'Corp' out)"
