#!/usr/bin/env bash
# After rotations every generation goes on saying what it revoked: CRLs of the command line and of the server, and OCSP,
# as openssl reads them, after a restart of the server too.
. "$(dirname "$0")/lib.sh"
need openssl curl

step "a leaf of each of three issuing CAs, and one to be revoked of each"
HTTP=$(free_port)
URL=http://127.0.0.1:$HTTP
expect_exit 0 signet ca init
sed -i "s|^#listen = .*|listen = \"127.0.0.1:0\"|; s|^#http_listen = .*|http_listen = \"127.0.0.1:$HTTP\"|
    s|^#hostnames = .*|hostnames = [\"localhost\"]|; s|^#public_http_url = .*|public_http_url = \"$URL\"|" "$SIGNET_STORE/signet.toml"
ca=$SIGNET_STORE/authorities/default
cp "$ca/root.crt" root.pem
ids=()
generation() { # NUMBER
    expect_exit 0 signet issue "good$1.internal" --out "good$1"
    expect_exit 0 signet issue "bad$1.internal" --out "bad$1"
    cp "$ca/issuing.crt" "ca$1.pem"
    ids+=("$(openssl x509 -in "ca$1.pem" -noout -ext subjectKeyIdentifier | tail -n 1 | tr -d ' :\n' | tr 'A-F' 'a-f' | head -c 8)")
}
generation 0
start_server server signet serve-acme
expect "asked" openssl ocsp -url "$URL/ocsp/default" -CAfile root.pem -verify_other ca0.pem -issuer ca0.pem -cert bad0/tls.crt
expect_out '^bad0/tls.crt: good'
expect_exit 0 signet ca rotate
generation 1
expect_exit 0 signet ca rotate
generation 2
for n in 0 1 2; do expect_exit 0 signet revoke "bad$n/tls.crt" --reason superseded; done

# verdicts CRL-FILE...: openssl wants a CRL of every certificate below the root.
verdicts() {
    cat "$@" >crls.pem
    for n in 0 1 2; do
        expect "good$n" openssl verify -crl_check_all -CAfile root.pem -untrusted "ca$n.pem" -CRLfile crls.pem "good$n/tls.crt"
        refuse "bad$n" openssl verify -crl_check_all -CAfile root.pem -untrusted "ca$n.pem" -CRLfile crls.pem "bad$n/tls.crt"
        grep -q 'certificate revoked' out err || fail "bad$n: openssl gives another reason"
    done
}

step "the command line signs the CRL of any generation, by the id that ca show has"
expect_exit 0 signet ca show
for id in "${ids[@]}"; do
    grep -q "$id" out || fail "ca show does not name $id"
    signet crl --id "$id" --pem >"$id.crl" || fail "no CRL of $id"
done
expect_exit 0 signet crl --root --pem --out root.crl
verdicts "${ids[0]}.crl" "${ids[1]}.crl" "${ids[2]}.crl" root.crl
expect_exit 0 signet crl --id "${ids[0]^^}" --json
same "id" "$(member id)" "${ids[0]}"
same "entries" "$(member entries)" 1
expect_exit 3 signet crl --id 00000000
expect_err "use one of: .*${ids[0]}"
expect_exit 2 signet crl --id "${ids[0]}" --root

# served: what the server says of every generation, at the addresses that the leaves carry.
served() {
    for n in 0 1 2; do
        address=$(openssl x509 -in "good$n/tls.crt" -noout -ext crlDistributionPoints | sed -n 's/.*URI://p')
        same "address" "$address" "$URL/crl/default/${ids[$n]}.crl"
        curl -fsS "$address" | openssl crl -inform DER -out "served$n.crl"
        for kind in good bad; do
            expect "asked about $kind$n" openssl ocsp -url "$URL/ocsp/default" -CAfile root.pem -verify_other "ca$n.pem" \
                -issuer "ca$n.pem" -cert "$kind$n/tls.crt"
            expect_err 'Response verify OK'
            if [ $kind = good ]; then expect_out "^good$n/tls.crt: good"; else expect_out "^bad$n/tls.crt: revoked"; fi
        done
        expect "asked about the CA $n" openssl ocsp -url "$URL/ocsp/default" -CAfile root.pem -issuer root.pem -cert "ca$n.pem"
        expect_out "^ca$n.pem: good"
    done
    curl -fsS "$URL/crl/default/root.crl" | openssl crl -inform DER -out served-root.crl
    verdicts served0.crl served1.crl served2.crl served-root.crl
}

step "the server that ran through the rotations, then one that starts after them"
served
stop server
same "exit" 0 "$CODE"
start_server server signet serve-acme
served
same "ready" "$(curl -sS -o /dev/null -w '%{http_code}' "$URL/ready")" 200
stop server
