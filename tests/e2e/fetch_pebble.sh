#!/usr/bin/env bash
# fetch and renew against Pebble, an ACME server that we did not write, strict: refusing every second nonce and using
# no authorization twice, then refusing nine nonces of ten, with bindings, other chains and authorizations used again.
. "$(dirname "$0")/lib.sh"
need pebble pebble-challtestsrv curl

expect_exit 0 signet ca init
root=$SIGNET_STORE/authorities/default/root.crt
expect_exit 0 signet issue localhost 127.0.0.1 --out "$WORK/tls"

port=$(free_port)
management=$(free_port)
httpport=$(free_port)
tlsport=$(free_port)
dns=$(free_port)
dnsmanagement=$(free_port)
cat >pebble.json <<EOS
{"pebble": {"listenAddress": "127.0.0.1:$port", "managementListenAddress": "127.0.0.1:$management",
  "certificate": "$WORK/tls/tls.crt", "privateKey": "$WORK/tls/tls.key", "httpPort": $httpport, "tlsPort": $tlsport,
  "ocspResponderURL": "", "externalAccountBindingRequired": false}}
EOS
# Newer ones serve DNS over HTTPS too unless told otherwise, and end without its certificate.
no_doh=()
if { pebble-challtestsrv -help 2>&1 || true; } | grep -q -- -doh; then no_doh=(-doh ""); fi
start dns pebble-challtestsrv "${no_doh[@]}" -dns01 "127.0.0.1:$dns" -management "127.0.0.1:$dnsmanagement" -http01 "" -https01 "" \
    -tlsalpn01 "" -defaultIPv4 127.0.0.1 -defaultIPv6 ""
wait_for 10 port_open "$dnsmanagement"
start pebble env PEBBLE_WFE_NONCEREJECT=50 PEBBLE_AUTHZREUSE=0 PEBBLE_VA_NOSLEEP=1 pebble -config "$WORK/pebble.json" -strict \
    -dnsserver "127.0.0.1:$dns"
wait_for 15 port_open "$port"
wait_for 15 port_open "$management"
url=https://localhost:$port/dir
curl -sS --cacert "$root" "https://localhost:$management/roots/0" >pebble-root.pem
key_of() { openssl pkey -in "$1" -pubout 2>/dev/null; }
key_in() { openssl x509 -in "$1" -noout -pubkey; }
fetch() { signet fetch "$@" --server "$url" --root "$root" --http01-port "$httpport" --tls-alpn01-port "$tlsport" --timeout 60s; }

step "the terms of service must be agreed to"
expect_exit 1 fetch terms.example --out "$WORK/terms"
expect_err 'agree-tos'

step "at a terminal they are asked about, and the answer is remembered"
if command -v script >/dev/null; then
    for answer in n y; do
        CODE=0
        echo "$answer" | script -qec "$SIGNET fetch asked.example --out $WORK/asked --server $url --root $root \
            --http01-port $httpport --timeout 60s" /dev/null >asked.out 2>&1 || CODE=$?
        grep -q 'Do you agree' asked.out || { cat asked.out; fail "nobody was asked"; }
        [ "$answer:$CODE" = n:1 ] || [ "$answer:$CODE" = y:0 ] || { cat asked.out; fail "exit $CODE after $answer"; }
    done
    grep -q 'agree_tos = true' asked/.signet/renewal.toml || fail "the answer was not remembered"
fi

step "http-01 for two names, checked for consistency when no anchor is known"
expect_exit 0 fetch web.example www.web.example --out "$WORK/web" --agree-tos --email ops@example.net
same "the pair fits" "$(key_of web/tls.key)" "$(key_in web/tls.crt)"
openssl x509 -in web/tls.crt -noout -ext subjectAltName >out
expect_out 'DNS:web.example'
expect_out 'DNS:www.web.example'
expect "reaches the topmost issuer" openssl verify -partial_chain -CAfile web/ca.crt -untrusted web/tls.crt web/tls.crt
expect "reaches Pebble's root" openssl verify -CAfile pebble-root.pem -untrusted web/tls.crt web/tls.crt

step "checked against --ca-file"
expect_exit 0 fetch anchored.example --out "$WORK/anchored" --agree-tos --ca-file pebble-root.pem
same "ca.crt is that file" "$(openssl x509 -in anchored/ca.crt -noout -serial)" "$(openssl x509 -in pebble-root.pem -noout -serial)"
expect_exit 1 fetch refused.example --out "$WORK/refused" --agree-tos --ca-file "$root"
[ ! -e refused/tls.crt ] || fail "files after a refusal"

step "kept when run again, renewed when told to"
before=$(sha256sum web/tls.crt web/tls.key)
expect_exit 0 fetch web.example www.web.example --out "$WORK/web"
same "kept" "$(sha256sum web/tls.crt web/tls.key)" "$before"
expect_exit 6 signet renew "$WORK/web" --force --detailed-exit-code
[ "$(sha256sum web/tls.crt web/tls.key)" != "$before" ] || fail "it was not renewed"
same "the pair fits" "$(key_of web/tls.key)" "$(key_in web/tls.crt)"

step "tls-alpn-01, for a name and an address"
expect_exit 0 fetch alpn.example 127.0.0.1 --out "$WORK/alpn" --agree-tos --challenge tls-alpn-01
openssl x509 -in alpn/tls.crt -noout -ext subjectAltName >out
expect_out 'IP Address:127.0.0.1'

step "dns-01 by a program, for a wildcard; the record is taken back"
cat >hook <<EOS
#!/bin/sh
echo "\$1" >>$WORK/hook.log
case \$1 in
present) curl -fsS -d "{\"host\":\"\$2\",\"value\":\"\$3\"}" http://127.0.0.1:$dnsmanagement/set-txt ;;
cleanup) curl -fsS -d "{\"host\":\"\$2\"}" http://127.0.0.1:$dnsmanagement/clear-txt ;;
esac
EOS
chmod +x hook
expect_exit 0 fetch '*.wild.example' wild.example --out "$WORK/wild" --agree-tos --dns-hook "$WORK/hook"
openssl x509 -in wild/tls.crt -noout -ext subjectAltName >out
expect_out 'DNS:\*.wild.example'
same "the program ran for both" "$(tr '\n' ' ' <hook.log)" "present cleanup present cleanup "

step "key types and requests"
for type in ec-p384 rsa-2048; do
    expect_exit 0 fetch "$type.example" --out "$WORK/$type" --agree-tos --key-type "$type"
    same "the pair fits" "$(key_of "$type/tls.key")" "$(key_in "$type/tls.crt")"
done
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout csr.key -out csr.pem -subj / \
    -addext subjectAltName=DNS:csr.example 2>/dev/null
expect_exit 0 fetch --csr csr.pem --out "$WORK/csr" --agree-tos
same "the request's key" "$(key_of csr.key)" "$(key_in csr/tls.crt)"

step "a name that does not answer: the reason is told, nothing is written"
curl -sS -d '{"host":"dead.example","addresses":["127.0.0.77"]}' "http://127.0.0.1:$dnsmanagement/add-a" >/dev/null
busy=$(free_port)
run signet fetch dead.example --server "$url" --root "$root" --http01-port "$busy" --timeout 40s --agree-tos --out "$WORK/dead"
[ "$CODE" -eq 1 ] || [ "$CODE" -eq 4 ] || { show_last; fail "exit $CODE"; }
expect_err 'dead.example'
[ ! -e dead/tls.crt ] || fail "files after a failed challenge"

stop pebble KILL
step "nine nonces of ten refused, authorizations used again, a binding, another chain"
mac=$(openssl rand -base64 32 | tr '+/' '-_' | tr -d '=')
sed "s/\"externalAccountBindingRequired\": false/\"externalAccountBindingRequired\": true, \"externalAccountMACKeys\": {\"kid-1\": \"$mac\"}/" \
    pebble.json >bound.json
start pebble env PEBBLE_WFE_NONCEREJECT=90 PEBBLE_AUTHZREUSE=100 PEBBLE_ALTERNATE_ROOTS=1 PEBBLE_CHAIN_LENGTH=2 \
    PEBBLE_VA_NOSLEEP=1 pebble -config "$WORK/bound.json" -strict -dnsserver "127.0.0.1:$dns"
wait_for 15 port_open "$port"
wait_for 15 port_open "$management"
for i in 0 1; do curl -sS --cacert "$root" "https://localhost:$management/roots/$i" >"root$i.pem"; done
common_name() { openssl x509 -in "$1" -noout -subject -nameopt multiline | sed -n 's/ *commonName *= //p'; }
expect_exit 1 fetch bound.example --out "$WORK/bound" --agree-tos
expect_err 'token|eab-kid'
echo "$mac" >mac.key
expect_exit 0 fetch bound.example --out "$WORK/bound" --agree-tos --eab-kid kid-1 --eab-hmac-key-file mac.key \
    --preferred-chain "$(common_name root1.pem)" --ca-file root1.pem
expect "reaches the other root" openssl verify -CAfile root1.pem -untrusted bound/tls.crt bound/tls.crt
refuse "and not the first" openssl verify -CAfile root0.pem -untrusted bound/tls.crt bound/tls.crt
expect_exit 0 signet renew "$WORK/bound" --force
expect "the other root again" openssl verify -CAfile root1.pem -untrusted bound/tls.crt bound/tls.crt
step "without a word, the chain that the anchors accept; without such a chain, the default and a note"
expect_exit 0 fetch bound.example --out "$WORK/bound" --ca-file root1.pem --eab-kid kid-1 --eab-hmac-key-file mac.key --force
expect "the other root" openssl verify -CAfile root1.pem -untrusted bound/tls.crt bound/tls.crt
expect_exit 0 fetch bound.example --out "$WORK/bound" --preferred-chain 'No such CA' --eab-kid kid-1 --eab-hmac-key "$mac" --force
expect_err 'note: .*No such CA'
