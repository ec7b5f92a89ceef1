#!/usr/bin/env bash
# What cmake --install and cpack make: a package that dpkg installs, that runs, and that goes again without a trace but
# for the store.
. "$(dirname "$0")/lib.sh"
need cmake cpack dpkg dpkg-deb dpkg-shlibdeps
BUILD=$(dirname "$(dirname "$(dirname "$SIGNET")")")
[ -e "$BUILD/CPackConfig.cmake" ] || skip "the program stands in no build directory"

step "cmake --install puts everything where it is looked for"
expect_exit 0 env DESTDIR="$WORK/stage" cmake --install "$BUILD" --prefix /usr --strip
for file in bin/signet share/man/man1/signet.1 share/man/man1/signet-renew.1 share/man/man5/signet.toml.5 \
    share/man/man7/signet-emergency.7 share/bash-completion/completions/signet share/zsh/site-functions/_signet \
    share/fish/vendor_completions.d/signet.fish lib/systemd/system/signet-acme.service \
    lib/systemd/system/signet-acme.socket lib/systemd/system/signet-renew.timer lib/sysusers.d/signet.conf \
    share/doc/signet/examples/prometheus/alerts.yml; do
    [ -s "stage/usr/$file" ] || fail "$file is not installed"
done
expect_exit 0 stage/usr/bin/signet --version

step "the units run the program where it was installed"
execs() { grep -h '^ExecStart=' "$1"/signet-*.service | cut -d' ' -f1 | sort -u; }
same "in the package" "$(execs stage/usr/lib/systemd/system)" ExecStart=/usr/bin/signet
expect_exit 0 cmake --install "$BUILD" --prefix "$WORK/elsewhere" --strip
same "elsewhere" "$(execs elsewhere/lib/systemd/system)" "ExecStart=$WORK/elsewhere/bin/signet"
for unit in signet-acme.service signet-renew.service; do
    same "nothing else in $unit" "$(grep -v '^ExecStart=' "elsewhere/lib/systemd/system/$unit")" "$(grep -v '^ExecStart=' "$SOURCE/deploy/systemd/$unit")"
done

step "cpack makes a package of it"
# The stage above, so that nothing is built once more.
expect_exit 0 cpack -G DEB --config "$BUILD/CPackConfig.cmake" -B "$WORK/packages" -D CPACK_INSTALL_CMAKE_PROJECTS= \
    -D "CPACK_INSTALLED_DIRECTORIES=$WORK/stage/usr;/usr" -D CPACK_PACKAGING_INSTALL_PREFIX=/ \
    -D CPACK_DEBIAN_COMPRESSION_TYPE=gzip
package=$(find packages -maxdepth 1 -name 'signet_*.deb')
[ -n "$package" ] || fail "there is no package"
expect_exit 0 dpkg-deb --field "$package"
expect_out '^Package: signet$'
expect_out '^Depends: .*libssl3'
expect_out '^Depends: .*libsqlite3-0'
dpkg-deb --contents "$package" >contents
grep -q ' ./usr/bin/signet$' contents || { cat contents; fail "the program is not in it"; }
grep -q ' ./usr/lib/systemd/system/signet-renew.service$' contents || fail "the units are not in it"
! grep -Ev '^[-d]r[w-][-x]r-[-x]r-[-x] root/root ' contents || fail "an owner or a mode is odd"

step "dpkg installs it, it runs, and it goes again"
[ "$(id -u)" -eq 0 ] || skip "all but the installation held: that needs root"
mkdir -p root/var/lib/dpkg/info root/var/lib/dpkg/updates
touch root/var/lib/dpkg/status
in_root() { dpkg --root="$WORK/root" --force-depends --force-script-chrootless --log=/dev/null "$@"; }
expect_exit 0 in_root --install "$package"
expect_exit 0 root/usr/bin/signet --version
mkdir -p root/var/lib/signet
expect_exit 0 root/usr/bin/signet --store "$WORK/root/var/lib/signet/ca" ca init
expect_exit 0 in_root --remove signet
expect_exit 0 in_root --purge signet
[ ! -e root/usr/bin/signet ] || fail "the program is still there"
same "files left in /usr" "$(find root/usr -type f 2>/dev/null | wc -l)" 0
[ -e root/var/lib/signet/ca/authorities/default/root.key ] || fail "the keys of the CA are gone"
