#!/usr/bin/env bash
# deploy/services/README.md, typed in as it stands: a CA beside two services that call each other.
. "$(dirname "$0")/lib.sh"
need openssl curl nginx

step "all commands of the page, in one shell"
CA_PORT=$(free_port) PORT=$(free_port)
export CA_PORT PORT
type_page deploy/services/README.md

step "what it showed is what it says"
expect_out '^made a CA in '
same "the CA was made once, and shown at the second start" "$(grep -c '^root SHA-256: ' out)" 3
expect_out '^kept in: +.*/web$'
expect_out '^this is db, you are CN=web.internal'
expect_out '^this is web, you are CN=db.internal'
expect_err '400'
expect_err 'SSL certificate problem'

step "short-lived, renewed by whom they are for, and nobody else's"
export SIGNET_STORE=$WORK/page/store
for name in web db; do
    expect_exit 0 signet list --name "$name.internal" --json
    [ "$(wc -l <out)" -ge 3 ] || { show_last; fail "$name was not renewed twice"; }
    same "all over ACME" "$(grep -c '"source":"acme"' out)" "$(wc -l <out)"
done
