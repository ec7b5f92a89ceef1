#!/usr/bin/env bash
# dns-01 by updates (RFC 2136) of a zone in Knot, a name server that we did not write: signed with TSIG, without a program.
. "$(dirname "$0")/lib.sh"
need knotd kdig openssl

DNS=$(free_port)
mkdir knot
for size in 256 512; do
    printf 'key "update-%s" {\n\talgorithm hmac-sha%s;\n\tsecret "%s";\n};\n' "$size" "$size" "$(openssl rand -base64 "$((size / 8))" | tr -d '\n')" >"$size.key"
    chmod 0600 "$size.key"
done
secret() { sed -n 's/.*secret "\(.*\)".*/\1/p' "$1"; }
cat >knot/knot.conf <<EOS
server:
    rundir: "$WORK/knot"
    listen: 127.0.0.1@$DNS
database:
    storage: "$WORK/knot"
key:
  - id: update-256
    algorithm: hmac-sha256
    secret: $(secret 256.key)
  - id: update-512
    algorithm: hmac-sha512
    secret: $(secret 512.key)
acl:
  - id: update
    key: [update-256, update-512]
    action: update
zone:
  - domain: example.test
    storage: "$WORK/knot"
    file: example.test.zone
    acl: update
EOS
cat >knot/example.test.zone <<'EOS'
example.test. 60 SOA ns.example.test. hostmaster.example.test. 1 3600 600 86400 60
example.test. 60 NS ns.example.test.
ns.example.test. 60 A 127.0.0.1
EOS
start knot knotd -c knot/knot.conf
answers() { kdig +short +retry=0 +timeout=1 @127.0.0.1 -p "$DNS" example.test SOA | grep -q hostmaster; }
wait_for 20 answers

expect_exit 0 signet ca init
start_server acme signet serve-acme --listen 127.0.0.1:0 --http-listen '' --hostname localhost --resolver "127.0.0.1:$DNS" \
    --allow-target 127.0.0.0/8
root=$SIGNET_STORE/authorities/default/root.crt
fetch() { signet fetch "$@" --server "$READY" --root "$root" --dns-update "127.0.0.1:$DNS" --timeout 60s; }
left() { kdig +short @127.0.0.1 -p "$DNS" "_acme-challenge.$1" TXT; }

step "a name, a wildcard over it, another below, with either key"
expect_exit 0 fetch example.test '*.example.test' a.b.example.test --out "$WORK/one" --dns-update-key 256.key
openssl x509 -in one/tls.crt -noout -ext subjectAltName >out
expect_out 'DNS:\*.example.test'
expect_exit 0 fetch other.example.test --out "$WORK/two" --dns-update-key 512.key --challenge dns-01
grep -q 'type=dns-01 identifier=other.example.test' acme.err || fail "it was not validated by dns-01"
step "nothing is left in the zone"
same "records" "$(left example.test)$(left a.b.example.test)$(left other.example.test)" ""
step "renew needs no word"
rm 256.key
old=$(serial one/tls.crt)
expect_exit 0 signet renew "$WORK/one" --force
[ "$(serial one/tls.crt)" != "$old" ] || fail "it was not renewed"
same "the key is private" "$(stat -c %a one/.signet/dns-update.key)" 600

step "a key that the server does not know, none at all, a zone that it has not"
sed "s|secret \".*\"|secret \"$(openssl rand -base64 32)\"|; s/512/256/" 512.key >wrong.key
chmod 0600 wrong.key
expect_exit 4 fetch third.example.test --out "$WORK/three" --dns-update-key wrong.key
expect_err 'NOTAUTH|REFUSED'
expect_exit 4 fetch third.example.test --out "$WORK/three"
expect_err 'NOTAUTH|REFUSED'
expect_exit 4 fetch third.example.org --out "$WORK/three" --dns-update-key 512.key
expect_err 'no zone'
[ ! -e three/tls.crt ] || fail "files after a failed update"
step "a key that others can read, one that is none"
chmod 0644 512.key
expect_exit 3 fetch third.example.test --out "$WORK/three" --dns-update-key 512.key
expect_err 'chmod'
echo 'key "x" { algorithm hmac-md5; secret "AAAA"; };' >md5.key
chmod 0600 md5.key
expect_exit 2 fetch third.example.test --out "$WORK/three" --dns-update-key md5.key
expect_exit 2 signet fetch x.test --server "$READY" --dns-update-key md5.key --out "$WORK/three"
