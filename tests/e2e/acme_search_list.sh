#!/usr/bin/env bash
# Validation asks for the very name of the order. Kubernetes has every name looked up below a search list first; who may
# make names there must not get certificates for others.
#
# The story needs /etc/resolv.conf and port 53 for itself, hence namespaces.
if [ -z "${APART:-}" ] && unshare -rmn true 2>/dev/null; then APART=1 exec unshare -rmn bash "$0"; fi
. "$(dirname "$0")/lib.sh"
need python3 ip
python3 -c 'import cryptography' 2>/dev/null || skip "python3-cryptography is not installed"
[ -n "${APART:-}" ] || skip "this user may not make namespaces"
ip link set lo up || skip "no network in the namespace"
replace() { cat >"$WORK/$1" && mount --bind "$WORK/$1" "/etc/$1"; }
{
    echo 'nameserver 127.0.0.1'
    echo 'search ns.svc.cluster.local svc.cluster.local'
    echo 'options ndots:5'
} | replace resolv.conf || skip "nothing can be mounted"
printf '127.0.0.1 localhost\n127.0.0.1 hosts.test\n' | replace hosts
echo 'hosts: files dns' | replace nsswitch.conf
{
    echo 'real.test A 127.0.0.1'
    echo '*.ns.svc.cluster.local A 127.0.0.1'
} >dns.records
start dns python3 "$SOURCE/tests/e2e/dns_server.py" 53 "$WORK/dns.records"
wait_for 10 grep -q ready "$WORK/dns.out"

step "the system itself would search"
expect "the search list is not in force here" getent hosts bank.test
expect_out '^127\.0\.0\.1'

step "validation does not"
expect_exit 0 signet ca init
expect "a name was looked for elsewhere" python3 "$SOURCE/tests/e2e/acme_validations.py" searched 8443 8080 8444
cat out
