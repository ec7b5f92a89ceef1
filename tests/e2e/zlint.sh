#!/usr/bin/env bash
# zlint, which we did not write, over certificates of every key type, profile and kind of name, and over the CAs: it
# finds nothing but what zlint_left_out.txt lists, rule by rule with the reason.
. "$(dirname "$0")/lib.sh"
need python3 openssl

# The newest that the module proxy has whole, and that Go from 1.18 on builds. Made once for a build directory.
VERSION=v3.6.4
LEFT_OUT=$SOURCE/tests/e2e/zlint_left_out.txt
BUILD=$(dirname "$(dirname "$(dirname "$SIGNET")")")
[ -e "$BUILD/CMakeCache.txt" ] || BUILD=$WORK
ZLINT=${ZLINT:-$BUILD/zlint-$VERSION/zlint}

step "zlint $VERSION"
if [ ! -x "$ZLINT" ]; then
    need go
    # Its caches are the user's: HOME is the story's own.
    home=$(getent passwd "$(id -u)" | cut -d: -f6)
    run env HOME="${home:-$HOME}" GOBIN="$BUILD/zlint-$VERSION" CGO_ENABLED=0 GOTOOLCHAIN=local timeout 800 \
        go install -ldflags=-s "github.com/zmap/zlint/v3/cmd/zlint@$VERSION"
    [ "$CODE" -eq 0 ] || skip "zlint cannot be built: $(tail -n 1 err)"
fi

step "three CAs: as they come, below a root of RSA, and one whose root signs leaves"
expect_exit 0 signet ca init --org 'Example Works' --country DE --permit-dns internal --permit-dns example.com \
    --permit-ip 10.0.0.0/8 --permit-ip fd00::/8 --permit-uri example.internal
expect_exit 0 signet ca init rsa --key-type rsa-2048 --root-key-type rsa-3072
expect_exit 0 signet ca init edwards --key-type ed25519 --root-key-type ec-p384
expect_exit 0 signet ca init alone --root-only
cat >>"$SIGNET_STORE/signet.toml" <<'TOML'
[profile.own]
permit_dns = ["**"]
permit_ip = ["10.0.0.0/8", "fd00::/8"]
permit_uri = ["**"]
permit_email = ["**"]
subject = { o = "Example Works", ou = "Ops", c = "DE", st = "Hesse", l = "Kassel" }
policies = ["1.3.6.1.4.1.55555.1.2"]
must_staple = true
[profile.nameless]
permit_dns = ["**"]
permit_ip = ["10.0.0.0/8", "fd00::/8"]
permit_uri = ["**"]
permit_email = ["**"]
subject = { cn = "none" }
revocation = "none"
add_uri = ["spiffe://example.internal/{dns}"]
[profile.rsa]
ca = "rsa"
permit_dns = ["**"]
[profile.edwards]
ca = "edwards"
permit_dns = ["**"]
[profile.alone]
ca = "alone"
permit_dns = ["**"]
TOML
sed -i 's|^#public_http_url = .*|public_http_url = "http://ca.example.internal"|' "$SIGNET_STORE/signet.toml"

step "certificates: key types, profiles, kinds of names, one with each"
mkdir keys
openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out keys/ec-p256 2>/dev/null ||
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out keys/ec-p256
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out keys/ec-p384
openssl genpkey -algorithm ED25519 -out keys/ed25519
for bits in 2048 3072 4096; do openssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:$bits" -out "keys/rsa-$bits" 2>/dev/null; done
for key in keys/*; do openssl req -new -key "$key" -subj / -out "$key.csr"; done
cat >requests.py <<'PY'
import json
names = {
    "dns": ["w.example.internal"],
    "several": ["w.example.internal", "v.example.com", "10.0.0.7"],
    "wildcard": ["*.example.internal"],
    "label": ["db.internal"],
    "international": ["xn--bcher-kva.example.com"],
    "ip": ["10.0.0.7", "fd00::7"],
    "uri": ["https://example.internal/path"],
    "spiffe": ["spiffe://example.internal/worker"],
    "email": ["ops@example.internal"],
}
profiles = {
    "default": names, "server": names, "client": names, "own": names,
    "nameless": {kind: names[kind] for kind in ("dns", "several")},
    "svid": {"spiffe": names["spiffe"]},
    "rsa": {"dns": names["dns"]}, "edwards": {"dns": names["dns"]}, "alone": {"dns": names["dns"]},
}
for key in ("ec-p256", "ec-p384", "ed25519", "rsa-2048", "rsa-3072", "rsa-4096"):
    csr = open(f"keys/{key}.csr").read()
    for profile, kinds in profiles.items():
        for kind, wanted in kinds.items():
            print(json.dumps({"id": f"{key} {profile} {kind}", "names": wanted, "profile": profile, "csr": csr}))
PY
python3 requests.py >requests.jsonl
expect_exit 0 signet issue --batch requests.jsonl
cp out answers.jsonl
python3 - <<'PY'
import json, os
os.mkdir("made")
for number, line in enumerate(open("answers.jsonl")):
    answer = json.loads(line)
    open(f"made/{number:03} {answer['id']}", "w").write(answer["certificate"])
PY

step "the CAs, former ones, cross-certificates and a subordinate among them"
openssl req -new -key keys/ec-p384 -subj '/O=Example Works/CN=Mesh CA' -out mesh.csr
expect_exit 0 signet ca sign mesh.csr --out 'made/subordinate'
expect_exit 0 signet ca rotate rsa
expect_exit 0 signet ca rotate --root edwards
find "$SIGNET_STORE/authorities" -name '*.crt' | while read -r file; do
    openssl x509 -in "$file" -out "made/ca $(realpath --relative-to="$SIGNET_STORE/authorities" "$file" | tr / ' ')"
done

step "nothing but what is left out on purpose, and no rule is left out in vain"
cat >judge.py <<'PY'
import json, os, subprocess, sys
zlint, left_out = sys.argv[1:]
reasons = {}
for line in open(left_out):
    if line.strip() and not line.startswith("#"):
        rule, reason = line.split(None, 1)
        reasons[rule] = reason.strip()
files = sorted(os.listdir("made"))
found, used = {}, set()
run = subprocess.run([zlint] + ["made/" + name for name in files], capture_output=True, text=True, check=True)
reports = [json.loads(line) for line in run.stdout.splitlines() if line.strip()]
assert len(reports) == len(files) > 150, (len(reports), len(files), run.stderr)
for name, report in zip(files, reports):
    for rule, verdict in report.items():
        if verdict["result"] in ("pass", "NA", "NE"):
            continue
        if rule in reasons:
            used.add(rule)
        else:
            found.setdefault(rule, []).append((name, verdict))
for rule, cases in sorted(found.items()):
    print(f"{rule}: {len(cases)} certificates, first {cases[0][0]!r}: {cases[0][1]}")
for rule in sorted(set(reasons) - used):
    print(f"{rule} is left out, and nothing breaks it")
print(len(files), "certificates,", len(reports[0]), "rules,", len(used), "of them left out")
sys.exit(1 if found or set(reasons) - used else 0)
PY
expect "zlint has found something" python3 judge.py "$ZLINT" "$LEFT_OUT"
tail -n 1 out
