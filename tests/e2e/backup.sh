#!/usr/bin/env bash
# A backup that is taken under load has every certificate that was handed out before it, and becomes a whole store or
# none: killed, on a full disk, damaged, forged.
. "$(dirname "$0")/lib.sh"
need python3 sqlite3 openssl tar

rows() { sqlite3 -cmd ".timeout 30000" "${2:-$SIGNET_STORE/signet.db}" "SELECT count(*) FROM $1"; }
# restore NAME FILE OPTION...: into $WORK/NAME.
restore() { signet --store "$WORK/$1" restore "${@:2}"; }
number_of() { echo $((16#$(openssl crl -inform DER -in "$1" -noout -crlnumber | sed 's/.*=0x//; s/.*=//'))); }

step "a store with certificates, a token and a foreign file"
expect_exit 0 signet ca init
for name in a b c; do expect_exit 0 signet issue "$name.internal"; done
expect_exit 0 signet token create --server https://ca.internal/acme/directory --uses 3 --json
kid=$(member eab_kid)
expect_exit 0 signet audit checkpoint
cp out checkpoint.txt

step "no file called - with all the keys in it"
expect_exit 2 signet backup -
expect_err 'try: name one; \./- is a file of that name'
[ ! -e ./- ] || fail "a file called -"

step "a copy under load: what was handed out before is in it, and the server goes on"
start_server server signet serve-acme --listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --hostname localhost --auth trust
start load "${ACMELOAD:?}" --directory "$READY" --clients 16 --seconds 60 --warmup 0 --prepare 100
more_than() { [ "$(rows certificates)" -gt "$1" ]; }
wait_for 60 more_than 40
sql "SELECT serial FROM certificates" | sort >before
expect_exit 0 signet backup first.backup --json
same "mode" "$(stat -c %a first.backup)" 600
same "keys" "$(member keys)" true
wait_for 60 more_than "$(($(rows certificates) + 20))"
stop load KILL
stop server
same "what is left beside it" "$(find . -maxdepth 1 -name '.*.backup*')" ""
expect_exit 0 restore first first.backup --json
python3 - "$kid" <<'PY' || fail "the result is not as it must be"
import json, sys
d = json.load(open("out"))
alive = d["came_back_to_life"]
assert [(t["kid"], t["uses_left"]) for t in alive["tokens"]] == [(sys.argv[1], 3)], alive
assert len(alive["accounts"]) == 16 and d["revocations_taken_over"] == [] and d["missing_keys"] == []
assert {c["known"] for c in d["crls"]} == {False} and len(d["crls"]) == 2
PY
sqlite3 first/signet.db "SELECT serial FROM certificates" | sort >after
same "lost" "$(comm -23 before after)" ""
expect_exit 0 signet --store first audit verify --checkpoint checkpoint.txt
expect_exit 0 signet --store first audit --action store
same "said" "$(awk '{print $2}' out | tr '\n' ' ')" "store.backed_up store.restored "
same "files" "$(cd first && find authorities certificates signet.toml audit.key -printf '%p %y %m %l\n' | sort)" \
    "$(cd "$SIGNET_STORE" && find authorities certificates signet.toml audit.key -printf '%p %y %m %l\n' | sort)"
cmp first/authorities/default/issuing.key "$SIGNET_STORE/authorities/default/issuing.key" || fail "another key"
same "mode" "$(stat -c %a first first/signet.db | tr '\n' ' ')" "700 600 "
expect_exit 0 signet --store first issue d.internal
expect_exit 0 signet --store first renew a.internal --force
expect_exit 0 openssl verify -CAfile first/certificates/a.internal/ca.crt -untrusted \
    first/certificates/a.internal/tls.crt first/certificates/a.internal/tls.crt

step "any tar reads it"
expect_exit 0 tar tvf first.backup
expect_out '^-rw------- .* authorities/default/issuing\.key$'
mkdir unpacked && tar xf first.backup -C unpacked
same "the database" "$(sqlite3 unpacked/signet.db 'PRAGMA integrity_check')" ok
same "the digest" "$(cat unpacked/SHA256)" "$(python3 - <<'PY'
import hashlib, tarfile
members = tarfile.open("first.backup").getmembers()
print(hashlib.sha256(open("first.backup", "rb").read()[:members[-1].offset]).hexdigest())
PY
)"

step "CRL numbers go on, and revocations since are taken over, of certificates that came later too"
expect_exit 0 signet crl --out early.crl
expect_exit 0 signet issue late.internal
expect_exit 0 signet revoke "$SIGNET_STORE/certificates/b.internal/tls.crt" --reason keyCompromise
expect_exit 0 signet revoke "$SIGNET_STORE/certificates/late.internal/tls.crt" --reason superseded
expect_exit 0 signet crl --out last.crl
late=$(serial "$SIGNET_STORE/certificates/late.internal/tls.crt")
b=$(serial "$SIGNET_STORE/certificates/b.internal/tls.crt")
expect_exit 0 restore second first.backup --crl last.crl
expect_out "^  $late$"
expect_out "^  $b$"
expect_out ' above [0-9]+, the one that was given$'
expect_err 'is not in this store'
expect_exit 0 signet --store second crl --out second.crl
[ "$(number_of second.crl)" -gt "$(number_of last.crl)" ] || fail "a CRL number came again"
same "entries" "$(openssl crl -inform DER -in second.crl -noout -text | grep -c 'Serial Number')" 2
expect_exit 0 signet --store second audit verify
expect_exit 0 signet --store second list --revoked --json
same "revoked" "$(wc -l <out)" 2
expect_exit 3 signet --store second show "$late"
expect_err 'no more is known'
expect_exit 0 signet --store first crl --out first.crl
[ "$(number_of first.crl)" -gt "$(($(number_of last.crl) + 100000))" ] || fail "the number does not jump"
expect_exit 0 signet --store other ca init
expect_exit 0 signet --store other crl --out other.crl
expect_exit 2 restore third first.backup --crl other.crl
expect_err 'not signed by a CA of this backup'
[ ! -e third ] || fail "a store was made"

step "never over a store, and only what the line says"
expect_exit 3 restore first first.backup
expect_err 'is there already'
mkdir empty
expect_exit 0 env SIGNET_CRL="$WORK/other.crl" signet --store "$WORK/empty" restore first.backup
expect_exit 2 signet --store "$WORK/third" restore
expect_exit 3 restore third nosuch.backup
expect_exit 3 signet --store "$WORK/third" backup x.backup

step "without keys"
expect_exit 0 signet backup open.backup --without-keys
tar xOf open.backup >contents
! grep -aq 'PRIVATE KEY' contents || fail "a key is in it"
! tar tf open.backup | grep -Eq '\.key$|^certificates' || fail "keys or saved certificates are in it"
mac=$(sql "SELECT hex(mac_key) FROM tokens")
python3 -c 'import sys; sys.exit(bytes.fromhex(sys.argv[1]) in open("contents","rb").read())' "$mac" || fail "the token's key is in it"
expect_exit 0 restore open open.backup
expect_out '^  authorities/default/issuing\.key$'
expect_exit 0 signet --store open audit verify
expect_exit 3 signet --store open issue x.internal

step "damaged, cut off, forged"
bad() { # SENTENCE CODE FILE
    expect_exit "$2" restore third "$3"
    [ ! -e third ] || fail "$1: a store was made"
    same "$1: left over" "$(find . -maxdepth 1 -name '.third*')" ""
}
cat >forge.py <<'PY'
import hashlib, io, os, sqlite3, sys, tarfile
# repack OUT CHANGE: the first backup once more, changed, with a digest that is right.
def pack(out, change):
    archive = tarfile.open("first.backup")
    members = [(m, archive.extractfile(m).read() if m.isfile() else b"") for m in archive.getmembers()[:-1]]
    members = change(members)
    with tarfile.open(out, "w", format=tarfile.PAX_FORMAT) as tar:
        for member, data in members:
            member.size, member.pax_headers = len(data), {}
            tar.addfile(member, io.BytesIO(data))
        tar.fileobj.flush()
        size = tar.offset
    data = open(out, "rb").read()[:size]
    info = tarfile.TarInfo("SHA256")
    text = (hashlib.sha256(data).hexdigest() + "\n").encode()
    info.size = len(text)
    open(out, "wb").write(data + info.tobuf(tarfile.USTAR_FORMAT) + text.ljust(512, b"\0") + bytes(1024))
def add(name, type=tarfile.REGTYPE, target="", data=b"x"):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode = type, target, 0o644
    return lambda members: members + [(info, data if type == tarfile.REGTYPE else b"")]
def tampered(members):
    for i, (m, data) in enumerate(members):
        if m.name == "signet.db":
            open("tampered.db", "wb").write(data)
            with sqlite3.connect("tampered.db") as db: db.execute("UPDATE audit SET actor = 'nobody' WHERE id = 3")
            db.close()
            members[i] = (m, open("tampered.db", "rb").read())
    return members
pack("same.backup", lambda members: members)
pack("bad-tampered.backup", tampered)
link = tarfile.SYMTYPE
for number, change in enumerate([
        add("../evil"), add("/evil"), add("certificates/../../evil"), add("certificates//x"), add("./x"), add("a\\..\\b/../x"),
        add("signet.db"), add("signet.db-wal"), add("locks"), add(".hidden"), add("authorities/default/root.crt"),
        add("certificates/x", link, "/etc"), add("certificates/x", link, "../../.."), add("certificates/x", link, "a/../../b"),
        add("authorities/x", link, "default"), add("x", link, "y"), add("nodirectory/x"),
        lambda m: add("certificates/l/x")(add("certificates/l", link, "a.internal")(m)),
        add("certificates/dev", tarfile.CHRTYPE), add("certificates/pipe", tarfile.FIFOTYPE),
        add("certificates/hard", tarfile.LNKTYPE, "signet.db"), add("SHA256"),
        lambda m: m[1:], lambda m: [x for x in m if x[0].name != "signet.db"], lambda m: [m[0]] + m]):
    pack(f"bad-{number:02}.backup", change)
whole = open("first.backup", "rb").read()
for number, cut in enumerate([0, 1, 511, 512, 5000, len(whole) // 2, len(whole) - 2048, len(whole) - 1024, len(whole) - 1]):
    open(f"bad-cut{number}.backup", "wb").write(whole[:cut])
open("bad-more.backup", "wb").write(whole + b"\0")
for number in range(8):
    at = (number * 2 + 1) * len(whole) // 16
    open(f"bad-bit{number}.backup", "wb").write(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1:])
PY
python3 forge.py
expect_exit 0 restore same same.backup
for file in bad-[0-9cbm]*.backup; do bad "$file" 2 "$file"; done
bad "a tampered audit log" 1 bad-tampered.backup
expect_err 'entry 2 was changed'
if [ -e evil ] || [ -e ../evil ]; then fail "something got out"; fi

step "killed at any moment: the old file or the new one, no store or a whole one"
cp first.backup kept.backup
for round in 1 2 3 4 5 6; do
    signet backup kept.backup >/dev/null 2>&1 &
    pid=$!
    sleep "0.0$round"
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    signet --store "$WORK/killed-$round" restore kept.backup >/dev/null 2>&1 &
    pid=$!
    sleep "0.0$round"
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    [ -e "killed-$round" ] || expect_exit 0 restore "killed-$round" kept.backup
    expect_exit 0 signet --store "killed-$round" audit verify
    rm -rf "killed-$round"
done
expect_exit 0 signet backup kept.backup
same "left over" "$(find . -maxdepth 1 -name '.k*')" ""

step "on a full disk nothing is left, and what was there stays"
mkdir disk
mount -t tmpfs -o size=400k none disk 2>/dev/null || { echo "(cannot mount a small tmpfs here)"; exit 0; }
trap 'code=$?; set +e; umount "$WORK/disk" 2>/dev/null; (exit "$code"); finish' EXIT
echo old >disk/kept.backup
expect_exit 3 signet backup disk/kept.backup
expect_err 'free (some )?space'
same "what was there" "$(ls -A disk; cat disk/kept.backup)" "kept.backup
old"
expect_exit 3 signet --store "$WORK/disk/store" restore first.backup
same "what was there" "$(ls -A disk)" kept.backup
