#!/usr/bin/env bash
# The program of the preset `static`: one file that needs no other. It is a CA, an ACME server and a client in a root
# directory with nothing else in it, as any user.
. "$(dirname "$0")/lib.sh"
need readelf openssl chroot
readelf -lW "$SIGNET" >program
! grep -q INTERP program || skip "this program is linked with shared libraries; cmake --preset static makes the other one"

step "no interpreter, no library, addresses that are drawn anew at each start"
readelf -dW "$SIGNET" >program
! grep -q NEEDED program || fail "it needs libraries: $(grep NEEDED program)"
readelf -hW "$SIGNET" | grep -q 'Type: *DYN' || fail "it is no position-independent executable"
if command -v ldd >/dev/null; then
    run ldd "$SIGNET"
    no_out '=>'
fi
expect_exit 0 signet version

[ "$(id -u)" -eq 0 ] || skip "all but the empty root held: chroot needs root"
step "a root directory with this file in it, and two that user 65532 may write to"
chmod 0755 "$WORK"
mkdir -p root
install -m 0755 "$SIGNET" root/signet
install -d -o 65532 -g 65532 -m 0700 root/store root/tls
inside=(env -i "$(command -v chroot)" --userspec=65532:65532 --groups= "$WORK/root" /signet --store /store)
expect_exit 0 "${inside[@]}" ca init
start_server acme "${inside[@]}" serve-acme --listen 127.0.0.1:0 --http-listen '' --auth token
port=$(sed -E 's#.*:([0-9]+)/.*#\1#' <<<"$READY")
expect_exit 0 "${inside[@]}" token create --dns web.internal --server "https://127.0.0.1:$port/acme/directory"
install -o 65532 -m 0400 out root/token
step "fetch by a token, keep, renew"
expect_exit 0 "${inside[@]}" fetch web.internal --token-file /token --out /tls/web
expect "it verifies" openssl verify -x509_strict -CAfile root/store/authorities/default/root.crt -untrusted root/tls/web/tls.crt root/tls/web/tls.crt
same "whose file it is" "$(stat -Lc %u:%a root/tls/web/tls.key)" 65532:600
old=$(serial root/tls/web/tls.crt)
expect_exit 0 "${inside[@]}" fetch web.internal --token-file /token --out /tls/web
same "kept" "$(serial root/tls/web/tls.crt)" "$old"
expect_exit 0 "${inside[@]}" renew /tls/web --force
[ "$(serial root/tls/web/tls.crt)" != "$old" ] || fail "it was not renewed"
expect_exit 0 "${inside[@]}" verify "127.0.0.1:$port" --root /tls/web/ca.crt
step "names of hosts, where there is a hosts file"
mkdir root/etc
echo '127.0.0.1 ca.internal' >root/etc/hosts
expect_exit 0 "${inside[@]}" verify "ca.internal:$port" --servername localhost --root /tls/web/ca.crt
stop acme
same "exit code" "$CODE" 0
same "nothing else was written" "$(find root -mindepth 1 -maxdepth 1 | sort | tr '\n' ' ')" 'root/etc root/signet root/store root/tls root/token '
