#!/usr/bin/env bash
# A CA goes through its generations: whoever trusts the old root, the new one or both accepts old and new certificates
# at every step, over TLS too, and nothing is retired that something hangs on.
. "$(dirname "$0")/lib.sh"
need curl openssl python3
ca=$SIGNET_STORE/authorities/default

field() { python3 -c "import json,sys; d=json.load(open(sys.argv[1])); print($2)" "$1"; }
show() { signet ca show --json >show.json; field show.json "$1"; }
# look: until the server that runs has the CA's files of now.
has_them() {
    curl -sfk "$base/ca/default/$(show 'd["issuing"][0]["id"]').der" -o /dev/null &&
        [ "$(curl -sfk "$base/ca.pem" | grep -c BEGIN)" = "$(show 'len(d["anchors"])')" ]
}
look() { wait_for 30 has_them; }

# accepts ANCHOR DIRECTORY: openssl takes the leaf there with nothing but that anchor and what is sent.
accepts() {
    expect "$2 with the anchor $1" openssl verify -x509_strict -purpose sslserver -CAfile "$1" -untrusted "$2/tls.crt" "$2/tls.crt"
}
# shakes ANCHOR: a client with that anchor alone and the server that runs.
shakes() {
    expect "a handshake with the anchor $1" openssl s_client -connect "$address" -servername w.internal -CAfile "$1" \
        -verify_return_error -verify_hostname w.internal -brief
}
serve() {
    start web openssl s_server -accept "$port" -key "$1/tls.key" -cert "$1/tls.crt" -cert_chain "$1/tls.crt" -www -quiet
    wait_for 20 openssl s_client -connect "$address" -brief
}

step "a new issuing CA below the same root, in a server that runs too"
expect_exit 0 signet ca init
sed -i 's|^#public_http_url = .*|public_http_url = "http://ca.test"|' "$SIGNET_STORE/signet.toml"
grep -q '^public_http_url = "http://ca.test"' "$SIGNET_STORE/signet.toml" || fail "no such setting"
start_server server signet serve-acme --listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --hostname localhost --auth trust
base=${READY%/acme/directory}
cp "$ca/root.crt" old.crt
first=$(show 'd["issuing"][0]["id"]')
same "step" "$(show 'd["rotation"]["step"]')" none
expect_exit 0 signet issue w.internal --out one
expect_exit 0 signet fetch a.internal --server "$READY" --root old.crt --out over-acme

step "a drill tells what would happen, and changes nothing"
tree=$(find "$ca" -type f -exec sha256sum {} + | sort)
for drill in rotate rotate-root revoke-all; do
    expect_exit 0 signet drill "$drill"
    expect_out 'no peer of this CA would refuse another'
    expect_exit 0 signet drill "$drill" default --json
    same "refused" "$(field out 'd["refused"], d["certificates"], d["changed"]')" 'False 3 False'
done
same "files of the CA" "$(find "$ca" -type f -exec sha256sum {} + | sort)" "$tree"
expect_exit 2 signet drill rotates

step "it signs, and the one before still publishes what it revoked"
expect_exit 0 signet ca rotate
expect_out 'former issuing:'
second=$(show 'd["issuing"][0]["id"]')
[ "$first" != "$second" ] || fail "the same issuing CA"
same "files" "$(cd "$ca" && find . -type f -printf '%P %m\n' | sort | tr '\n' ' ')" \
    "former/issuing-$first.crt 644 former/issuing-$first.key 600 issuing.crt 644 issuing.key 600 root.crt 644 root.key 600 "
same "step" "$(show 'd["rotation"]["step"]')" moving
# Two of ours, and the server's own.
same "living" "$(show '[(i["id"], i["current"], i["living_leaves"]) for i in d["issuing"]][1]')" "('$first', False, 3)"
same "crl_url" "$(show 'd["issuing"][1]["crl_url"]')" "http://ca.test/crl/default/$first.crl"
look
expect_exit 0 signet fetch b.internal --server "$READY" --root old.crt --out over-acme-2
openssl x509 -in over-acme-2/tls.crt -noout -issuer >issuer
grep -q 'default Issuing CA G2' issuer || fail "the server signs with the CA before: $(cat issuer)"
for id in "$first" "$second"; do
    expect "the CRL of $id" curl -sf --cacert old.crt "$base/crl/default/$id.crl" -o "$id.crl"
    expect "the certificate of $id" curl -sf --cacert old.crt "$base/ca/default/$id.der" -o "$id.der"
    openssl x509 -in "$id.der" -out "$id.pem"
    expect "signed by $id" openssl crl -in "$id.crl" -CAfile "$id.pem" -noout
done

step "nothing is retired that something hangs on"
expect_exit 1 signet ca retire "$first"
expect_err '3 certificates that live'
expect_exit 1 signet ca retire "$second"
expect_err 'current generation'
expect_exit 3 signet ca retire 00000000

step "a new root: with the old anchor alone, the new one alone, and both, old and new certificates hold"
expect_exit 0 signet ca rotate --root
look
cp "$ca/root.crt" new.crt
same "anchors of a new certificate" "$(expect_exit 0 signet issue w.internal --out two && grep -c BEGIN two/ca.crt)" 2
same "anchors in /ca.pem" "$(curl -sf --cacert old.crt "$base/ca.pem" | grep -c BEGIN)" 2
old=$(show 'd["rotation"]["former"][0]["id"]')
expect "cross-certificates" ls "$ca/former/cross-$old.crt" "$ca/former/root-$old.crt" "$ca/former/root-$old.key"
same "certificates that are sent" 3 "$(grep -c BEGIN two/tls.crt)"
for anchor in old.crt new.crt two/ca.crt; do accepts "$anchor" two; done
accepts old.crt one
cat one/tls.crt "$ca/former/cross-$old.crt" >with-cross.pem
expect "an old certificate with the new anchor" openssl verify -CAfile new.crt -untrusted with-cross.pem one/tls.crt
openssl x509 -in "$ca/former/cross-$old.crt" -noout -enddate >ends
same "end of the cross-certificate" "$(cat ends)" "$(openssl x509 -in old.crt -noout -enddate)"

step "over ACME the shorter chain is the alternate"
expect_exit 0 signet fetch c.internal --server "$READY" --root old.crt --out over-acme-3
same "certificates that are sent" 3 "$(grep -c BEGIN over-acme-3/tls.crt)"
for anchor in old.crt new.crt over-acme-3/ca.crt; do accepts "$anchor" over-acme-3; done

step "over TLS"
port=$(python3 -c 'import socket; s=socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
address=127.0.0.1:$port
serve one
shakes old.crt
stop web
serve two
for anchor in old.crt new.crt two/ca.crt; do shakes "$anchor"; done
stop web

step "everyone moves, then the old root goes"
expect_exit 1 signet ca retire "$old"
expect_exit 0 signet ca retire "$old" --force
look
same "step" "$(show 'd["rotation"]["step"], len(d["issuing"]), len(d["anchors"])')" 'none 1 1'
[ -z "$(ls -A "$ca/former")" ] || fail "left in former/: $(ls "$ca/former")"
same "anchors in /ca.pem" "$(curl -sf --cacert new.crt "$base/ca.pem" | grep -c BEGIN)" 1
expect_exit 0 signet issue w.internal --out three
same "certificates that are sent" 2 "$(grep -c BEGIN three/tls.crt)"
accepts new.crt three

step "a root whose key has leaked: the old anchor goes at once, and all below it is revoked"
third=$(show 'd["issuing"][0]["id"]')
expect_exit 2 signet ca rotate --compromised
expect_exit 0 signet ca rotate --root --compromised
expect_out 'certificates were revoked'
look
same "anchors" "$(show 'len(d["anchors"])')" 1
same "anchors in /ca.pem" "$(curl -sf -k "$base/ca.pem" | grep -c BEGIN)" 1
[ -z "$(find "$ca/former" -name "cross-*")" ] || fail "cross-certificates"
expect_exit 0 signet show three/tls.crt --json
expect_out '"status": "revoked"'
expect "its CRL" curl -sf -k "$base/crl/default/$third.crl" -o third.crl
same "revoked" "$(openssl crl -in third.crl -inform DER -noout -text | grep -c 'Serial Number')" \
    "$(show '[i for i in d["issuing"] if not i["current"]][0]["living_leaves"]')"
expect_exit 0 signet renew three
accepts "$ca/root.crt" three
wait_for 20 curl -sf --cacert "$ca/root.crt" "$base/health"

step "the root's key elsewhere: by its file, or by a request"
export SIGNET_STORE=$WORK/apart
ca=$SIGNET_STORE/authorities/default
expect_exit 0 signet ca init --root-key-out usb.key
expect_exit 0 signet ca rotate --root-key usb.key
expect_exit 0 signet ca rotate
expect_out 'issuing.csr signed'
expect "a request" openssl req -in "$ca/issuing.csr" -noout -verify
expect_exit 0 signet issue w.internal --out waiting
mkdir offline && cp -r "$SIGNET_STORE" offline/store
cp usb.key offline/store/authorities/default/root.key
expect_exit 0 signet --store offline/store ca sign "$ca/issuing.csr" --out next.crt
before=$(show 'd["issuing"][0]["id"]')
same "step" "$(show 'd["rotation"]["step"]')" waiting
expect_exit 0 signet ca import next.crt --root "$ca/root.crt"
expect_out 'rotated the CA'
[ -e "$ca/former/issuing-$before.key" ] || fail "the one before is not kept"
expect_exit 0 signet issue w.internal --out after
accepts "$ca/root.crt" after
expect_exit 3 signet ca rotate --root
expect_exit 0 signet ca rotate --root --root-key usb.key --root-key-out usb2.key
[ ! -e "$ca/root.key" ] || fail "the root's key is in the store"
