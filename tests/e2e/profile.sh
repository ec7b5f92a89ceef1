#!/usr/bin/env bash
# What may be signed: listed, shown, and asked about without signing anything.
. "$(dirname "$0")/lib.sh"
need python3
# check PYTHON: about the document d that the last command printed.
check() {
    [ ! -s out ] || cp out document.json
    python3 -c "import json; d = json.load(open('document.json'))
$1" || fail "$STEP"
}
expect_exit 3 signet profile check w.internal
expect_err 'signet ca init'
expect_exit 0 signet ca init --issuing-validity 20d
settings=$SIGNET_STORE/signet.toml
cat >>"$settings" <<'TOML'
[profile.lab]
permit_dns = ["**.lab.internal"]
deny_dns = ["db.lab.internal"]
wildcards = false
max_validity = "7d"
max_names = 3
key_types = ["ec-p256"]
usage = ["server"]
subject = { o = "Lab \"7\"", cn = "none" }
TOML

step "profiles are listed, the ready-made ones too"
expect_exit 0 signet profile list
for name in default server client svid lab; do expect_out "^$name "; done
expect_exit 0 signet profile list --json
check 'assert {"default", "lab", "svid"} <= {p["name"] for p in d}, d'

step "what show prints is text of signet.toml that means the same"
expect_exit 0 signet profile show lab --json
cp out before.json
expect_exit 0 signet profile show lab
cp out lab.toml
expect_exit 0 signet --config lab.toml profile show lab --json
cp out after.json
expect "the same" cmp after.json before.json
expect_exit 1 signet profile show lba
expect_err "did you mean 'lab'"

step "what would be signed"
expect_exit 0 signet profile check w.lab.internal --profile lab
expect_out 'would be signed under profile lab'
expect_out '^subject: +O=Lab'
expect_out '^usage: +server$'
expect_exit 0 signet profile check w.internal 10.0.0.7 --validity 3d --json
check 'assert d["permitted"] is True and d["refusals"] == [], d
assert d["certificate"]["names"] == ["w.internal", "10.0.0.7"], d
assert d["certificate"]["usage"] == ["server", "client"], d'

step "nothing was signed or written down"
expect_exit 0 signet ca show --json
same "leafs" 0 "$(member living_leaves)"

step "each rule that refuses, with a change that would permit it"
expect_exit 1 signet profile check w.internal db.lab.internal '*.x.lab.internal' 10.0.0.1 --validity 8d --key-type ec-p384 \
    --profile lab --json
check 'assert d["permitted"] is False and d["certificate"] is None
remedies = [r["remedy"] for r in d["refusals"]]
assert all(remedies), d["refusals"]
assert any("max_names" in r for r in remedies)
assert any("max_validity" in r for r in remedies)
assert any("key_types" in r for r in remedies)
assert "default" in d["permitted_by"], d'
expect_exit 1 signet profile check w.internal db.lab.internal '*.x.lab.internal' --profile lab
expect_out 'add "w.internal" to permit_dns of \[profile.lab\]'
expect_out 'take "db.lab.internal" out of deny_dns'
expect_out 'wildcards = true'
expect_out 'permitted by profile .*default'

step "too many names hide nothing of what is wrong with each"
expect_exit 1 signet profile check a.lab.internal b.lab.internal c.lab.internal db.lab.internal w.internal --profile lab
expect_out '5 names are more than the 3'
expect_out 'take "db.lab.internal" out of deny_dns'
expect_out 'add "w.internal" to permit_dns'

step "the change permits it"
sed -i 's/permit_dns = \["\*\*.lab.internal"\]/permit_dns = ["**.lab.internal", "w.internal"]/; s/max_validity = "7d"/max_validity = "8d"/' "$settings"
expect_exit 0 signet profile check w.internal --validity 8d --profile lab
expect_exit 0 signet issue w.internal --validity 8d --profile lab --out lab-dir

step "a lifetime beyond the issuing CA, and a request from elsewhere"
expect_exit 1 signet profile check w.internal --validity 21d
expect_out 'ask for (19|20) days at most'
openssl req -new -newkey rsa:1024 -nodes -keyout weak.key -out weak.csr -subj / -addext subjectAltName=DNS:w.internal 2>/dev/null
expect_exit 1 signet profile check --csr weak.csr
expect_out 'make a new key'
expect_exit 2 signet profile check --csr "$settings"

step "svid: exactly one SPIFFE ID of a workload, for both ends, and no CA"
expect_exit 0 signet profile check spiffe://mesh.internal/w --profile svid
expect_exit 0 signet profile check spiffe://mesh.internal/w w.mesh.internal --profile svid
for names in w.mesh.internal 'spiffe://mesh.internal/a spiffe://mesh.internal/b' spiffe://mesh.internal https://mesh.internal/w; do
    # shellcheck disable=SC2086
    expect_exit 1 signet profile check $names --profile svid
done
expect_exit 1 signet profile check spiffe://mesh.internal/w --server --profile svid
long=$(printf 'a%.0s' $(seq 2040))
for id in 'spiffe://mesh.internal/w?x=1' 'spiffe://mesh.internal/w#x' spiffe://mesh.internal:8443/w spiffe://me@mesh.internal/w \
    spiffe://mesh.internal/w/ spiffe://mesh.internal//w spiffe://mesh.internal/../w spiffe:/w spiffe:///w "spiffe://mesh.internal/$long" \
    spiffe://mesh.internal/%41 "spiffe://$(printf 'a%.0s' $(seq 256))/w"; do
    expect_exit 2 signet profile check "$id" --profile svid
done
expect_exit 0 signet issue spiffe://mesh.internal/w --profile svid --out svid
openssl x509 -in svid/tls.crt -noout -text >svid.txt
expect "one URI" grep -q 'URI:spiffe://mesh.internal/w$' svid.txt
refuse "a CA" grep -q 'CA:TRUE' svid.txt
expect "critical usage" grep -A1 'Key Usage: critical' svid.txt
refuse "certificate signing" grep -q 'Certificate Sign' svid.txt
