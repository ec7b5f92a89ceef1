#!/usr/bin/env bash
# The pages that are installed: well-formed man(7), and one for every command.
. "$(dirname "$0")/lib.sh"
need mandoc

step "mandoc has nothing to say"
for page in "$SOURCE"/man/*; do expect_exit 0 mandoc -Tlint -W warning "$page"; done

step "every command has its page"
for name in $(signet __complete '' | cut -f1); do
    [ -f "$SOURCE/man/signet-$name.1" ] || fail "no page for $name"
    grep -q '^Commands:' <<<"$(signet help "$name")" || continue
    for member in $(signet __complete "$name" '' | cut -f1); do
        [ -f "$SOURCE/man/signet-$name-$member.1" ] || fail "no page for $name $member"
    done
done
