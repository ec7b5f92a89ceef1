#!/usr/bin/env bash
# What certificates are written as, each read by a program that we did not write.
. "$(dirname "$0")/lib.sh"
need python3 openssl
python3 -c 'import yaml' 2>/dev/null || skip 'python3-yaml is not installed'
printf 'changeit\n' >pass
chmod 600 pass
expect_exit 0 signet ca init --cn 'Acme Root CA'

step "all formats at once: one directory, files that fit"
expect_exit 0 signet issue w.internal 10.0.0.7 --out all --format pem,combined,der,p12,k8s --p12-password-file pass --k8s-namespace web
for file in tls.crt tls.key ca.crt tls.pem tls.crt.der tls.key.der tls.p12 secret.yaml; do
    [ -e "all/$file" ] || fail "$file is missing"
done
for file in tls.key tls.pem tls.key.der tls.p12 secret.yaml; do same "mode of $file" 600 "$(stat -Lc %a "all/$file")"; done
leaf=$(openssl x509 -in all/tls.crt -noout -fingerprint -sha256)
same "der" "$leaf" "$(openssl x509 -inform DER -in all/tls.crt.der -noout -fingerprint -sha256)"

step "p12: openssl opens it with the password alone, key, leaf and chain"
openssl pkcs12 -in all/tls.p12 -passin pass:changeit -nodes -out p12.pem 2>/dev/null || fail "openssl does not open it"
same "leaf" "$leaf" "$(openssl x509 -in p12.pem -noout -fingerprint -sha256)"
same "certificates" 2 "$(grep -c 'BEGIN CERTIFICATE' p12.pem)"
same "key" "$(openssl pkey -in all/tls.key -pubout)" "$(openssl pkey -in p12.pem -pubout)"
refuse "another password" openssl pkcs12 -in all/tls.p12 -passin pass:wrong -nodes
openssl pkcs12 -in all/tls.p12 -passin pass:changeit -info -noout 2>info
expect "AES and SHA-256" grep -q 'PBES2, PBKDF2, AES-256-CBC' info
expect "MAC" grep -qi 'MAC: sha256' info
expect_exit 0 signet issue old.internal --out old --format p12 --p12-password-file pass --p12-legacy
openssl pkcs12 -in old/tls.p12 -passin pass:changeit -info -noout 2>info
expect "3DES and SHA-1" grep -q 'pbeWithSHA1And3-KeyTripleDES-CBC' info
if command -v certtool >/dev/null; then
    for dir in all old; do expect "GnuTLS opens $dir" certtool --p12-info --inder --infile "$dir/tls.p12" --password changeit; done
fi

step "k8s: a Secret that a YAML reader understands, with the very files"
cat >yaml_check.py <<'PY'
import base64, subprocess, sys, yaml
docs = list(yaml.safe_load_all(open(sys.argv[1])))
exec(sys.argv[2])
PY
cat >secret_check.py <<'PY'
d = docs[0]
assert d["apiVersion"] == "v1" and d["kind"] == "Secret" and d["type"] == "kubernetes.io/tls", d
assert d["metadata"] == {"name": "w.internal", "namespace": "web"}, d["metadata"]
for name in ("tls.crt", "tls.key", "ca.crt"):
    assert base64.b64decode(d["data"][name]) == open("all/" + name, "rb").read(), name
PY
expect "the Secret" python3 yaml_check.py all/secret.yaml "$(cat secret_check.py)"
expect_exit 0 signet issue '*.w.internal' --out - --format k8s
expect_out 'name: "wildcard.w.internal"'
expect_exit 2 signet issue w.internal --out x --format k8s --k8s-name 'No Name'
expect_exit 2 signet issue w.internal --out x --format k8s --k8s-namespace a.b
[ ! -e x ] || fail "a refusal left files"

step "to standard output, one format at a time"
signet issue o.internal --out - --format p12 --p12-password-file pass >o.p12 || fail "p12 on standard output"
expect "whole" openssl pkcs12 -in o.p12 -passin pass:changeit -nodes -nocerts
expect_exit 0 signet issue o.internal --out - --format combined
expect_out 'BEGIN PRIVATE KEY'
expect_exit 2 signet issue o.internal --out - --format k8s,pem

step "what is missing is said before any certificate is made"
before=$(signet ca show --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["issuing"][0]["living_leaves"])')
expect_exit 2 signet issue w.internal --out x --format p12
expect_err 'p12-password-file'
expect_exit 2 signet issue w.internal --out x --format p12 --p12-password-file missing
expect_exit 2 signet issue w.internal --out x --format p12 --p12-password-file /dev/null
expect_exit 2 signet issue w.internal --out x --p12-password-file pass
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout dev.key -out dev.csr -subj / -addext subjectAltName=DNS:dev.internal 2>/dev/null
expect_exit 2 signet issue --csr dev.csr --out x --format k8s
after=$(signet ca show --json | python3 -c 'import json,sys; print(json.load(sys.stdin)["issuing"][0]["living_leaves"])')
same "certificates made" "$before" "$after"
[ ! -e x ] || fail "a refusal left files"

step "renewal writes the same formats"
sum=$(sha256sum all/tls.p12)
expect_exit 0 signet renew "$WORK/all" --force
[ "$sum" != "$(sha256sum all/tls.p12)" ] || fail "tls.p12 is the old one"
leaf=$(openssl x509 -in all/tls.crt -noout -fingerprint -sha256)
same "leaf of tls.p12" "$leaf" "$(openssl pkcs12 -in all/tls.p12 -passin pass:changeit -nodes 2>/dev/null | openssl x509 -noout -fingerprint -sha256)"
expect "the Secret" python3 yaml_check.py all/secret.yaml "$(cat secret_check.py)"

step "ca export: a trust store, a ConfigMap, a Secret with the key, audited"
expect_exit 0 signet ca export --format p12 --p12-password-file pass --out trust.p12
openssl pkcs12 -in trust.p12 -passin pass:changeit -nokeys -out trust.pem 2>/dev/null || fail "the trust store does not open"
same "anchor" "$(openssl x509 -in all/ca.crt -noout -fingerprint)" "$(openssl x509 -in trust.pem -noout -fingerprint)"
expect "Java's attribute" grep -qE '2\.16\.840\.1\.113894\.746875\.1\.1|Trusted key usage \(Oracle\)' trust.pem
if command -v keytool >/dev/null; then
    expect "keytool" keytool -list -keystore trust.p12 -storepass changeit -storetype PKCS12
    expect_out trustedCertEntry
    expect "keytool" keytool -list -keystore all/tls.p12 -storepass changeit -storetype PKCS12
    expect_out PrivateKeyEntry
fi
expect_exit 0 signet ca export --format k8s --k8s-namespace web --out map.yaml
expect "the ConfigMap" python3 yaml_check.py map.yaml 'd = docs[0]; assert d["kind"] == "ConfigMap" and d["data"]["ca.crt"] == open("all/ca.crt").read(), d'
expect_exit 0 signet ca export --format k8s --with-key --k8s-name mesh-ca --out key.yaml
same "mode" 600 "$(stat -c %a key.yaml)"
expect "the Secret" python3 yaml_check.py key.yaml 'd = docs[0]
assert d["type"] == "kubernetes.io/tls" and d["metadata"]["name"] == "mesh-ca"
key = subprocess.run(["openssl", "pkey", "-pubout"], input=base64.b64decode(d["data"]["tls.key"]), capture_output=True, check=True).stdout
own = subprocess.run(["openssl", "x509", "-noout", "-pubkey"], input=base64.b64decode(d["data"]["tls.crt"]), capture_output=True, check=True).stdout
assert key == own'
expect_exit 0 signet ca export --with-key
expect_out 'BEGIN PRIVATE KEY'
cp out with-key.pem
same "root" "$(openssl pkey -in "$SIGNET_STORE/authorities/default/issuing.key" -pubout)" "$(openssl pkey -in with-key.pem -pubout)"
expect_exit 0 signet ca export
no_out 'PRIVATE KEY'
expect_exit 2 signet ca export --with-key --format der
if command -v sqlite3 >/dev/null; then
    same "audited" 2 "$(sql "SELECT count(*) FROM audit WHERE action = 'ca.key_exported'")"
fi

step "k8s-issuer: where the server is must be known; a binding goes along, a new one or a token's"
expect_exit 2 signet ca export --format k8s-issuer
sed -i 's|^#external_url = .*|external_url = "https://ca.internal:8443"|' "$SIGNET_STORE/signet.toml"
expect_exit 0 signet ca export --format k8s-issuer --out issuer.yaml
same "mode" 600 "$(stat -c %a issuer.yaml)"
expect "one line" grep -Eq '^    caBundle: [A-Za-z0-9+/]+=*$' issuer.yaml
cat >issuer_check.py <<'PY'
secret, issuer = docs
assert issuer["apiVersion"] == "cert-manager.io/v1" and issuer["kind"] == "ClusterIssuer", issuer
acme = issuer["spec"]["acme"]
assert acme["server"] == "https://ca.internal:8443/acme/directory", acme
assert base64.b64decode(acme["caBundle"]) == open("all/ca.crt", "rb").read()
assert secret["kind"] == "Secret" and secret["metadata"] == {"name": "signet-eab", "namespace": "cert-manager"}, secret
reference = acme["externalAccountBinding"]["keySecretRef"]
assert reference == {"name": "signet-eab", "key": "secret"}, reference
kid, key = acme["externalAccountBinding"]["keyID"], secret["stringData"]["secret"]
PY
expect "the issuer" python3 yaml_check.py issuer.yaml "$(cat issuer_check.py)
assert len(base64.urlsafe_b64decode(key + '==')) == 32
print(kid)"
kid=$(cat out)
expect_exit 0 signet token list --json
expect_out "$kid"
signet token create --json >token.json 2>/dev/null
token=$(python3 -c 'import json; print(json.load(open("token.json"))["token"])')
expect_exit 0 signet ca export --format k8s-issuer --token "$token" --out issuer.yaml
expect "the token's binding" python3 yaml_check.py issuer.yaml "$(cat issuer_check.py)
import json
t = json.load(open('token.json'))
assert (kid, key) == (t['eab_kid'], t['eab_hmac_key'])"
before=$(sql 'SELECT count(*) FROM tokens' 2>/dev/null || true)
expect_exit 2 signet ca export --format k8s-issuer --k8s-name 'No Name'
same "tokens" "$before" "$(sql 'SELECT count(*) FROM tokens' 2>/dev/null || true)"

step "--batch: one line in, one line out, in order, refusals among them"
cat >requests.jsonl <<'JSON'
{"id": 1, "names": ["a.internal"]}
{"id": "two", "names": ["b.internal", "10.0.0.9"], "validity": "1h", "client": true, "key_type": "ed25519"}

{"id": 3, "names": ["c.internal"], "validity": "4000d"}
{"id": 4, "nams": ["d.internal"]}
not json
{"names": ["e.internal"], "profile": "server"}
JSON
python3 - <<'PY' >>requests.jsonl
import json
print(json.dumps({"id": 7, "csr": open("dev.csr").read()}))
PY
expect_exit 1 signet issue --batch requests.jsonl
cp out answers.jsonl
cat >answers_check.py <<'PY'
import json, subprocess
answers = [json.loads(line) for line in open("answers.jsonl")]
assert [a["id"] for a in answers] == [1, "two", 3, 4, None, None, 7], [a["id"] for a in answers]
good = [a for a in answers if "error" not in a]
assert [a["id"] for a in good] == [1, "two", None, 7]
assert answers[2]["error"]["kind"] == "refused" and "names" in answers[3]["error"]["hint"]
for a in good:
    open("leaf.pem", "w").write(a["certificate"])
    open("chain.pem", "w").write(a["chain"])
    subprocess.run(["openssl", "verify", "-CAfile", "all/ca.crt", "-untrusted", "chain.pem", "leaf.pem"], check=True)
    for member in ("serial", "subject", "names", "ca", "profile", "not_before", "not_after", "status", "source",
                   "account", "fingerprint_sha256", "key_type"):
        assert member in a, member
    if a["id"] != 7:
        key = subprocess.run(["openssl", "pkey", "-pubout"], input=a["key"].encode(), capture_output=True, check=True).stdout
        own = subprocess.run(["openssl", "x509", "-noout", "-pubkey"], input=a["certificate"].encode(), capture_output=True, check=True).stdout
        assert key == own
    else:
        assert "key" not in a
usage = subprocess.run(["openssl", "x509", "-noout", "-ext", "extendedKeyUsage"], input=good[1]["certificate"].encode(), capture_output=True, check=True).stdout
assert b"Client" in usage and b"Server" not in usage, usage
assert good[1]["key_type"] == "ed25519"
PY
expect "the answers" python3 answers_check.py
python3 -c 'print("\n".join("{\"id\": %d, \"names\": [\"n%d.internal\"]}" % (i, i) for i in range(500)))' >many.jsonl
signet issue --batch - <many.jsonl >answers.jsonl || fail "five hundred"
expect "all of them, in order, each once" python3 -c 'import json
answers = [json.loads(line) for line in open("answers.jsonl")]
assert [a["id"] for a in answers] == list(range(500)) and len({a["serial"] for a in answers}) == 500'
expect_exit 2 signet issue --batch requests.jsonl x.internal
expect_exit 2 signet issue --batch requests.jsonl --out x
expect_exit 2 signet issue --batch missing.jsonl

step "fetch writes them too, once, and one that comes later; renew as fetch did"
sed -i 's|^external_url = .*|external_url = ""|' "$SIGNET_STORE/signet.toml"
start_server acme signet serve-acme --listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --hostname localhost --auth trust
fetch() { expect_exit 0 signet fetch f.internal --server "$READY" --root "$SIGNET_STORE/authorities/default/root.crt" --out f "$@"; }
fetched() { openssl pkcs12 -in f/tls.p12 -passin pass:changeit -nodes 2>/dev/null | openssl x509 -noout -fingerprint; }
fetch --format pem,p12 --p12-password-file pass
same "leaf of tls.p12" "$(openssl x509 -in f/tls.crt -noout -fingerprint)" "$(fetched)"
first=$(fetched)
fetch --format pem,p12 --p12-password-file pass
same "kept" "$first" "$(fetched)"
fetch --format p12,k8s --p12-password-file pass --k8s-name later
[ "$first" != "$(fetched)" ] || fail "secret.yaml was asked for, and nothing was fetched"
expect_exit 0 signet renew "$WORK/f" --force
same "leaf of tls.p12" "$(openssl x509 -in f/tls.crt -noout -fingerprint)" "$(fetched)"
expect "the Secret" python3 yaml_check.py f/secret.yaml 'd = docs[0]
assert d["metadata"] == {"name": "later"} and base64.b64decode(d["data"]["tls.crt"]) == open("f/tls.crt", "rb").read(), d'
stop acme
same "exit" 0 "$CODE"
