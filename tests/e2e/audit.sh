#!/usr/bin/env bash
# The audit log says who did what, and proves it: to another program that knows RFC 9162, without the store, and after
# whatever was done to its rows.
. "$(dirname "$0")/lib.sh"
need python3 sqlite3 openssl


step "issuance, refusal and revocation are in it, with who, what and when"
expect_exit 0 signet ca init
for name in a b c d e; do expect_exit 0 signet issue "$name.internal"; done
cat >>"$SIGNET_STORE/signet.toml" <<'TOML'
[profile.narrow]
permit_dns = ["*.mesh.internal"]
TOML
expect_exit 1 signet issue evil.example.com --profile narrow
b=$(serial "$SIGNET_STORE/certificates/b.internal/tls.crt")
expect_exit 0 signet revoke "$b" --reason superseded
expect_exit 0 signet audit
same "entries" "$(wc -l <out)" 9
expect_out 'settings\.changed .*/signet\.toml: \+ \[profile\.narrow\] permit_dns = \["\*\.mesh\.internal"\]$'
expect_out '^20[0-9-]+T[0-9:]+Z  certificate\.refused +operator uid [0-9]+  profile narrow  evil\.example\.com'
expect_exit 0 signet audit --name 'b.internal' --json
same "about b" "$(wc -l <out)" 2
expect_exit 0 signet audit --serial "${b^^}" --action certificate.revoked
expect_out 'superseded$'
same "one line" "$(wc -l <out)" 1
expect_exit 0 signet audit --since 2100-01-01T00:00:00Z
same "none yet" "$(wc -c <out)" 0
expect_exit 0 signet audit --since 1h --action certificate
same "all but the CA's" "$(wc -l <out)" 7
expect_exit 2 signet audit --since yesterday
expect_exit 2 signet audit --serial xyz
expect_exit 2 signet audit --follow verify
expect_err "belongs to 'signet audit'"

step "--follow goes on with what is added, and ends with its reader"
start follow signet audit --follow --json --action certificate.issued
expect_exit 0 signet issue f.internal
wait_for 20 grep -q f.internal follow.out
stop follow
(signet audit --follow && touch ended) | head -n 1 >/dev/null
wait_for 20 test -e ended

step "a checkpoint, a proof, and a program that was not written with them"
expect_exit 0 signet audit checkpoint
cp out checkpoint.txt
same "mode of the key" "$(stat -c %a "$SIGNET_STORE/audit.key")" 600
expect_exit 0 signet audit prove "$b"
cp out proof.json
expect_exit 0 signet audit --json
cp out log.jsonl
expect_exit 0 signet audit verify --checkpoint checkpoint.txt
expect_out '^valid: +11 entries'
cat >check.py <<'PY'
import base64, hashlib, json, subprocess
def leaf(data): return hashlib.sha256(b"\0" + data).digest()
def node(a, b): return hashlib.sha256(b"\1" + a + b).digest()
def root(leaves):
    if len(leaves) == 1: return leaves[0]
    k = 1
    while 2 * k < len(leaves): k *= 2
    return node(root(leaves[:k]), root(leaves[k:]))

note = open("checkpoint.txt", encoding="utf-8").read()
body, signatures = note.split("\n\n")
body += "\n"
origin, size, root_hash, key = body.splitlines()
# The lines of --json are the leaves, and what json.dumps makes of them, too.
lines = open("log.jsonl", "rb").read().splitlines()
again = [json.dumps(json.loads(l), separators=(",", ":"), ensure_ascii=False).encode() for l in lines]
assert lines == again
assert int(size) == len(lines) and base64.b64decode(root_hash) == root([leaf(l) for l in lines])
# RFC 9162 section 2.1.3.2, as it stands there.
proof = json.load(open("proof.json"))
entry = json.dumps(proof["entry"], separators=(",", ":"), ensure_ascii=False).encode()
r = leaf(entry)
assert r.hex() == proof["leaf_hash"]
fn, sn = proof["index"], proof["tree_size"] - 1
for p in map(bytes.fromhex, proof["path"]):
    assert sn != 0
    if fn & 1 or fn == sn:
        r = node(p, r)
        while fn & 1 == 0 and fn != 0: fn >>= 1; sn >>= 1
    else:
        r = node(r, p)
    fn >>= 1; sn >>= 1
assert sn == 0 and base64.b64encode(r).decode() == root_hash and proof["tree_size"] == int(size)
# The signed note (c2sp.org/signed-note), its signature by openssl.
name, hash_hex, encoded = key.removeprefix("key: ").split("+", 2)
raw = base64.b64decode(encoded)
assert name == origin and raw[0] == 1 and hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4].hex() == hash_hex
dash, signer, signature = signatures.rstrip("\n").split(" ")
signature = base64.b64decode(signature)
assert dash == "\u2014" and signer == origin and signature[:4].hex() == hash_hex
open("key.der", "wb").write(bytes.fromhex("302a300506032b6570032100") + raw[1:])
open("body", "w").write(body)
open("signature", "wb").write(signature[4:])
subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", "key.der", "-rawin",
                "-in", "body", "-sigfile", "signature"], check=True)
PY
expect "the other program does not agree" python3 check.py

step "check-proof needs no store, and believes the checkpoint only"
offline() { SIGNET_STORE=$WORK/nowhere signet audit check-proof "$@"; }
expect_exit 0 offline proof.json --checkpoint checkpoint.txt
expect_out '^valid: +entry 2 of the 11'
[ ! -e "$WORK/nowhere" ] || fail "a store was made"
sed 's/"b.internal"/"x.internal"/' proof.json >forged.json
expect_exit 1 offline forged.json --checkpoint checkpoint.txt
expect_out 'NOT VALID: the entry is not in the log'
sed 's/^11$/12/' checkpoint.txt >forged.txt
expect_exit 1 offline proof.json --checkpoint forged.txt
expect_err 'signature'
sed '5,$d' checkpoint.txt >cut.txt
expect_exit 2 offline proof.json --checkpoint cut.txt
expect_exit 2 offline checkpoint.txt --checkpoint checkpoint.txt
expect_exit 2 offline proof.json
expect_exit 0 signet issue g.internal
expect_exit 0 signet audit checkpoint
cp out later.txt
expect_exit 1 offline proof.json --checkpoint later.txt --json
same "not of that log" "$(member valid)" false
expect_exit 0 signet audit prove "$b" --checkpoint checkpoint.txt
cmp -s out proof.json || fail "the proof for the same checkpoint is another one"
expect_exit 0 signet audit prove "$b" --action certificate.revoked --checkpoint later.txt
cp out revoked.json
expect_exit 0 offline revoked.json --checkpoint later.txt
g=$(serial "$SIGNET_STORE/certificates/g.internal/tls.crt")
expect_exit 1 signet audit prove "$g" --checkpoint checkpoint.txt
expect_err 'came after the checkpoint'
expect_exit 3 signet audit prove 00ff

step "whatever is done to the rows, verify names the first"
tampered() { # SQL ENTRY
    cp -r "$SIGNET_STORE" "$WORK/copy"
    sqlite3 "$WORK/copy/signet.db" "$1"
    expect_exit 1 signet --store "$WORK/copy" audit verify --json
    same "$1" "$(member entry)" "$2"
    rm -rf "$WORK/copy"
}
tampered "UPDATE audit SET detail = 'nothing' WHERE id = 9" 8
tampered "DELETE FROM audit WHERE id = 4" 3
tampered "DELETE FROM audit WHERE id = (SELECT max(id) FROM audit)" 11
tampered "UPDATE audit SET id = 99 WHERE id = 2; UPDATE audit SET id = 2 WHERE id = 6; UPDATE audit SET id = 6 WHERE id = 99" 1
tampered "INSERT INTO audit (at, action, actor, address, names, detail) VALUES (1, 'x', 'y', '', '', '')" 12

cp -r "$SIGNET_STORE" copy
sqlite3 copy/signet.db "UPDATE certificates SET revoked_at = NULL WHERE serial = '$b'"
expect_exit 1 signet --store copy audit verify
expect_out "entry 8 says that the certificate $b was revoked"

step "a log of somebody else does not fit the checkpoint"
expect_exit 0 signet --store other ca init
expect_exit 1 signet --store other audit verify --checkpoint checkpoint.txt
expect_out '^NOT VALID: entry 1 is missing'
expect_exit 0 signet --store other audit checkpoint
expect_exit 1 signet --store other audit verify --checkpoint checkpoint.txt
expect_err 'not by the key of this store'

step "a store with encrypted keys has an encrypted audit key, under its passphrase only"
echo first >pass
echo other >wrong
expect_exit 0 signet --store closed --passphrase-file pass ca init
expect_exit 2 signet --store closed audit checkpoint
expect_exit 1 signet --store closed --passphrase-file wrong audit checkpoint
[ ! -e closed/audit.key ] || fail "a key was made"
expect_exit 0 signet --store closed --passphrase-file pass audit checkpoint
grep -q 'ENCRYPTED' closed/audit.key || fail "the key is not encrypted"
expect_exit 0 signet --store closed --passphrase-file pass ca rekey --new-passphrase-file wrong
expect_exit 0 signet --store closed --passphrase-file wrong audit checkpoint
cp out closed.txt
expect_exit 0 signet --store closed audit verify --checkpoint closed.txt

step "killed under load: every certificate has its entry, every entry its certificate"
start_server server signet serve-acme --listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --hostname localhost --auth trust
start load "${ACMELOAD:?}" --directory "$READY" --clients 16 --seconds 20 --warmup 0 --prepare 100
issued() { [ "$(sql "SELECT count(*) FROM certificates WHERE source = 'acme'")" -gt "$1" ]; }
wait_for 30 issued 60
stop server KILL
stop load KILL
expect_exit 0 signet audit verify --checkpoint later.txt
difference=$(sql "SELECT count(*) FROM
    (SELECT serial FROM certificates WHERE profile NOT IN ('root', 'issuing') EXCEPT
     SELECT serial FROM audit WHERE action = 'certificate.issued')
    UNION ALL SELECT count(*) FROM (SELECT serial FROM audit WHERE action = 'certificate.issued' EXCEPT
     SELECT serial FROM certificates)" | sort -u)
same "one without the other" "$difference" 0
