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
