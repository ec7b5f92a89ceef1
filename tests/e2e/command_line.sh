#!/usr/bin/env bash
# The words of the line itself: help, errors, exit codes, streams.
. "$(dirname "$0")/lib.sh"

step "the version comes in every form"
expect_exit 0 signet --version
expect_out '^signet [0-9]+\.[0-9]+\.[0-9]+$'
expect_exit 0 signet version --json
expect_out '"version": "'

step "help is for every command, on standard output"
expect_exit 0 signet help
expect_out '^Commands:'
for name in $(signet __complete '' | cut -f1); do
    expect_exit 0 signet help "$name"
    no_err .
done

step "wrong usage is exit 2, with the nearest word, on standard error"
expect_exit 2 signet versoin
no_out .
expect_err "^signet: unknown command 'versoin'$"
expect_err '^  try: signet version$'
expect_exit 2 signet version --jsn
expect_err '^  try: --json$'
expect_exit 2 signet
expect_exit 2 signet version --no-such-option
expect_exit 2 signet version too many words

step "an error is one JSON document when the line asks for it"
expect_exit 2 signet versoin --json
expect_err '^\{"error":\{"kind":"usage","message":".*","hint":".*","parts":\[\]\}\}$'

step "what is not built yet does not exist"
for command in token backup restore drill; do expect_exit 2 signet "$command"; done

step "a standard output that cannot be written is exit 3"
CODE=0
signet help >/dev/full 2>"$WORK/err" || CODE=$?
same "exit code" "$CODE" 3
expect_err 'cannot write standard output: No space left on device'

step "a reader that goes away is exit 3 too, not a silent death"
mkfifo pipe
(exec 4<pipe) &
exec 5>pipe
wait $!
CODE=0
signet help >&5 2>"$WORK/err" || CODE=$?
exec 5>&-
same "exit code" "$CODE" 3
expect_err 'cannot write standard output: Broken pipe'
