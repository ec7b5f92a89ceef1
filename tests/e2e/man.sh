#!/usr/bin/env bash
# The pages that are installed: well-formed man(7), and one for every command.
. "$(dirname "$0")/lib.sh"
need mandoc

step "mandoc has nothing to say"
for page in "$SOURCE"/man/*; do expect_exit 0 mandoc -Tlint -W warning "$page"; done

step "every command has its page"
signet __describe >description
for name in $(sed -n -E 's/^      "name": "([a-z -]+)",$/\1/p' description | sort -u | tr ' ' '-'); do
    [ -f "$SOURCE/man/signet-$name.1" ] || grep -q -- "\\\\-\\\\-$name" "$SOURCE"/man/signet*.1 || fail "no page for $name"
done
