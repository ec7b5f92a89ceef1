#!/usr/bin/env bash
# deploy/mesh/README.md, typed in as it stands: an offline root, a CA, a service with a sidecar, a theft.
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm  # the page's volume is in memory
. "$(dirname "$0")/lib.sh"
need openssl curl nginx setpriv
[ "$(id -u)" -eq 0 ] || skip "another uid needs root"
let_others_run

step "all commands of the page, in one shell"
CA_PORT=$(free_port) HTTP_PORT=$(free_port) PORT=$(free_port) VOLUME=$WORK/volume
export CA_PORT HTTP_PORT PORT VOLUME
type_page deploy/mesh/README.md

step "what it showed is what it says"
expect_out '^paid, CN=orders.mesh.internal'
expect_err '400'
[ ! -s page/renew.log ] || ! grep -i warning page/renew.log || fail "a sidecar has nothing to be warned of"
expect_out 'certificate\.issued .* profile payment  payment\.mesh\.internal.* by token [0-9a-f]+$'
expect_out '^valid: +[0-9]+ entries'
[ ! -e page/store/authorities/default/root.key ] || fail "the root's key is not elsewhere"
same "whose the key is" "$(stat -Lc '%u %a' volume/tls/tls.key)" "65532 600"

step "the audit log answers who got what, by which token"
export SIGNET_STORE=$WORK/page/store
expect_exit 0 signet token list --json
cp out tokens
for name in payment orders; do
    expect_exit 0 signet audit --action certificate.issued --name "$name.mesh.internal"
    sed 's/.*by token //' out | sort -u >kids
    while read -r kid; do grep -q "\"$kid\"" tokens || fail "no such token: $kid"; done <kids
    echo "   $name: $(wc -l <out) certificates by $(wc -l <kids) tokens"
done
same "tokens that let orders in" "$(wc -l <kids)" 2
