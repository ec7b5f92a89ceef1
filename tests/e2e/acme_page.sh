#!/usr/bin/env bash
# deploy/acme/README.md, typed in as it stands: two profiles, two clients that we did not write, a switch, a restart.
. "$(dirname "$0")/lib.sh"
need certbot lego curl python3

step "all commands of the page, in one shell"
CA_PORT=$(free_port) HTTP_PORT=$(free_port) HTTP01_PORT=$(free_port)
export CA_PORT HTTP_PORT HTTP01_PORT
type_page deploy/acme/README.md

step "what it showed is what it says"
expect_out '"warnings":\["mode trust \(profiles lab\)'
expect_out '^[A-Za-z0-9_-]+ +pending .* shop '
# counts COUNTER: what it came to, each time that it was shown.
counts() { sed -n "s/^signet_$1} //p" out | tr '\n' ' '; }
same "certificates of lab" "$(counts 'certificates_issued_total{profile="lab"')" "1 2 2 "
same "certificates of shop, from nothing again" "$(counts 'certificates_issued_total{profile="shop"')" "1 1 1 1 "
same "names that were proven" "$(counts 'challenge_attempts_total{type="http-01",result="valid"')" "1 2 2 1 "

step "all are in the inventory, and none that was refused"
export SIGNET_STORE=$WORK/page/store
for profile in lab shop; do
    expect_exit 0 signet list --profile "$profile" --json
    same "certificates of $profile" "$(wc -l <out)" 2
done
expect_exit 0 signet list --name web.lab.internal
no_out 'web\.lab\.internal'
