#!/usr/bin/env bash
# What is wrong with a store is named, with what mends it; nothing is made worse.
. "$(dirname "$0")/lib.sh"
need openssl
directory=$SIGNET_STORE/authorities/default
expect_exit 0 signet ca init

step "a key that others can read"
for key in issuing.key root.key; do
    for mode in 644 640 602; do
        chmod "$mode" "$directory/$key"
        for command in "ca init" "ca show" "ca list"; do
            # shellcheck disable=SC2086
            expect_exit 3 signet $command
            expect_err "try: chmod 600 $directory/$key$"
        done
    done
    chmod 600 "$directory/$key"
done
expect_exit 0 signet ca show

step "a store that others can enter"
chmod 755 "$SIGNET_STORE"
expect_exit 3 signet ca show
expect_err "chmod 0?700 $SIGNET_STORE"
chmod 700 "$SIGNET_STORE"

step "files that are cut short, empty, or another's"
cp -a "$SIGNET_STORE" "$WORK/good"
for file in root.crt issuing.crt; do
    head -c 200 "$WORK/good/authorities/default/$file" >"$directory/$file"
    for command in "ca init" "ca show" "ca export"; do
        # shellcheck disable=SC2086
        expect_exit 3 signet $command
        expect_err "$directory/$file"
    done
    : >"$directory/$file"
    expect_exit 3 signet ca show
    cp -a "$WORK/good/authorities/default/$file" "$directory/$file"
done
head -c 100 "$WORK/good/authorities/default/issuing.key" >"$directory/issuing.key"
expect_exit 3 signet ca init
expect_err "$directory/issuing.key"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$directory/issuing.key"
expect_exit 3 signet ca init
expect_err 'not the key of the certificate beside it'
cp -a "$WORK/good/authorities/default/issuing.key" "$directory/issuing.key"
expect_exit 0 signet ca init

step "a root.crt that is gone is not made anew over the keys that are left"
mv "$directory/root.crt" "$WORK/root.crt"
expect_exit 3 signet ca init
expect_err 'holds files, but no root.crt'
mv "$WORK/root.crt" "$directory/root.crt"
expect_exit 0 signet ca init

step "an issuing CA whose certificate is gone does not leave its work to the root"
mv "$directory/issuing.crt" "$WORK/issuing.crt"
for command in "ca init" "ca show" "issue lost.internal"; do
    # shellcheck disable=SC2086
    expect_exit 3 signet $command
    expect_err "$directory/issuing.crt: it is gone"
done
mv "$WORK/issuing.crt" "$directory/issuing.crt"

step "a CA whose files are gone is not made anew under its name"
mv "$directory" "$WORK/directory"
expect_exit 3 signet ca init
expect_err "the inventory knows a CA 'default'"
[ ! -e "$directory" ] || fail "something was written"
expect_exit 0 signet ca init other
rm -r "$SIGNET_STORE/authorities/other"
mv "$WORK/directory" "$directory"

step "a database that is gone is said"
cp -a "$SIGNET_STORE" "$WORK/nodb"
rm "$WORK/nodb"/signet.db*
expect_exit 0 signet --store "$WORK/nodb" ca init
expect_err 'signet.db was gone'
expect_exit 0 signet --store "$WORK/nodb" ca init
no_err 'signet.db was gone'

step "a root key kept elsewhere is no fault"
mv "$directory/root.key" "$WORK/root.key"
expect_exit 0 signet ca init
mv "$WORK/root.key" "$directory/root.key"

step "a store of another user"
if [ "$(id -u)" -eq 0 ]; then
    chown -R nobody "$SIGNET_STORE"
    expect_exit 3 signet ca show
    expect_err 'nobody'
    expect_exit 3 signet ca init
    chown -R root "$SIGNET_STORE"
else
    echo "(needs root)"
fi

step "a database that is none"
echo "no database" >"$SIGNET_STORE/signet.db"
rm -f "$SIGNET_STORE"/signet.db-*
expect_exit 3 signet ca show
expect_err 'signet.db'
