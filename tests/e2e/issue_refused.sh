#!/usr/bin/env bash
# What settings and policy refuse to sign: the exit code, the reason, and no file left behind.
. "$(dirname "$0")/lib.sh"
signet help issue >/dev/null 2>&1 || skip "there is no command 'issue' in this build"
expect_exit 0 signet ca init --issuing-validity 20d
settings=$SIGNET_STORE/signet.toml
cp "$settings" good.toml
nothing_left() { [ ! -e "$WORK/out-dir" ] || fail "something was left in --out"; }

step "a setting that is none, with its line and the nearest key"
printf '[profile.lab]\npermit_dsn = ["**"]\n' >"$settings"
expect_exit 2 signet issue w.internal --out out-dir
expect_err 'line 2'
expect_err 'permit_dns'
printf 'default_profile = "default\n' >"$settings"
expect_exit 2 signet issue w.internal --out out-dir
expect_err 'line 1'
printf '[profile.lab]\nusage = ["sever"]\n' >"$settings"
expect_exit 2 signet issue w.internal --out out-dir
expect_err 'sever'
nothing_left
cp good.toml "$settings"

step "a request that is not there"
expect_exit 2 signet issue --csr absent.csr --out out-dir
expect_err 'try: name a file that is there'
nothing_left

step "an empty directory name"
expect_exit 2 signet issue w.internal --out ''
expect_err '^signet: --out is empty$'
expect_err 'try: give a path'

step "a profile that is not there"
expect_exit 1 signet issue w.internal --profile sever --out out-dir
expect_err "did you mean 'server'\?"
nothing_left

step "names beyond the profile, each with its reason"
cat >>"$settings" <<'TOML'
[profile.lab]
permit_dns = ["**.lab.internal"]
deny_dns = ["db.lab.internal"]
wildcards = false
max_validity = "7d"
usage = ["server"]
TOML
expect_exit 0 signet issue w.lab.internal --profile lab --out lab-dir
for name in w.internal lab.internal db.lab.internal '*.x.lab.internal' 10.0.0.1 spiffe://lab.internal/w a@lab.internal; do
    expect_exit 1 signet issue "$name" --profile lab --out out-dir
    expect_err "$(printf '%s' "$name" | sed 's/[.*]/\\&/g')"
    nothing_left
done
expect_exit 1 signet issue a.internal b.internal --profile lab --out out-dir
expect_err 'a\.internal'
expect_err 'b\.internal'
expect_exit 1 signet issue w.lab.internal --client --profile lab --out out-dir
nothing_left

step "lifetimes beyond the profile or the issuing CA"
expect_exit 1 signet issue w.lab.internal --profile lab --validity 8d --out out-dir
expect_exit 1 signet issue w.internal --validity 21d --out out-dir
nothing_left

step "a key on the list of weak keys"
openssl req -new -newkey rsa:2048 -nodes -keyout listed.key -subj /CN=w.lab.internal -out listed.csr 2>/dev/null
expect_exit 0 signet issue w.internal --csr listed.csr --out listed-dir
{
    echo "# of openssl-blacklist"
    openssl rsa -in listed.key -modulus -noout | sha1sum | cut -c 21-40
} >"$SIGNET_STORE/weak-keys"
expect_exit 1 signet issue w.internal --csr listed.csr --out out-dir
expect_err 'CVE-2008-0166'
nothing_left
openssl req -new -newkey rsa:2048 -nodes -keyout other.key -subj /CN=w.lab.internal -out other.csr 2>/dev/null
expect_exit 0 signet issue w.internal --csr other.csr --out other-dir
echo 'nothing of this kind' >>"$SIGNET_STORE/weak-keys"
expect_exit 3 signet issue w.internal --csr other.csr --out out-dir
expect_err 'weak-keys, line 3'
nothing_left
rm "$SIGNET_STORE/weak-keys"

step "a CA key that others can read"
chmod 644 "$SIGNET_STORE/authorities/default/issuing.key"
expect_exit 3 signet issue w.internal --out out-dir
expect_err "chmod 600 $SIGNET_STORE/authorities/default/issuing.key"
chmod 600 "$SIGNET_STORE/authorities/default/issuing.key"
nothing_left

step "refusals are in the audit log"
command -v sqlite3 >/dev/null || exit 0
refused=$(sql "SELECT count(*) FROM audit WHERE action = 'certificate.refused'")
[ "$refused" -ge 10 ] || fail "only $refused refusals were written down"
