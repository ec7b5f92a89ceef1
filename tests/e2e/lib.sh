# shellcheck shell=bash
# For every story: an empty directory of its own, its own ports, and nothing left running. A story is
#
#     . "$(dirname "$0")/lib.sh"
#     step "a CA is made once"
#     expect_exit 0 signet ca init
#     expect_out 'CN=default Root CA'
#
# and ends with exit 0 when every expectation held. `signet` is the program under test ($SIGNET); its store is
# $SIGNET_STORE, below the directory.
set -euo pipefail

if [ -z "${SIGNET:-}" ]; then
    echo "set SIGNET to the program, or run the tests with ctest" >&2
    exit 2
fi
for name in $(compgen -e | grep '^SIGNET_' || true); do
    case $name in SIGNET_VECTORS | SIGNET_ACCEPT) ;; *) unset "$name" ;; esac
done
SIGNET=$(realpath "$SIGNET")
SOURCE=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
WORK=$(mktemp -d "${TMPDIR:-/tmp}/signet-e2e-XXXXXX")
export SIGNET SOURCE WORK HOME=$WORK/home SIGNET_STORE=$WORK/store
PATH=$(dirname "$SIGNET"):$PATH:/usr/sbin:/sbin
export PATH LC_ALL=C.UTF-8 TZ=UTC PYTHONDONTWRITEBYTECODE=1
mkdir -p "$HOME"
cd "$WORK"

declare -A PIDS=()
STEP="(before the first step)"

finish() {
    local code=$? name
    trap - EXIT
    for name in "${!PIDS[@]}"; do kill -KILL "${PIDS[$name]}" 2>/dev/null || true; done
    wait 2>/dev/null || true
    if [ "$code" -ne 0 ] && [ "$code" -ne 77 ]; then
        echo "FAILED in step: $STEP"
        for name in "${!PIDS[@]}"; do
            echo "--- last lines of $name"
            tail -n 20 "$WORK/$name.out" "$WORK/$name.err" 2>/dev/null || true
        done
    fi
    if [ -n "${KEEP:-}" ]; then echo "kept: $WORK"; else rm -rf "$WORK"; fi
    exit "$code"
}
trap finish EXIT
trap 'exit 130' INT TERM

# step SENTENCE: what the next lines show.
step() {
    STEP=$1
    echo "== $1"
}

# fail SENTENCE: ends the story.
fail() {
    echo "FAILED: $1"
    exit 1
}

# skip REASON: this machine cannot run the story.
skip() {
    echo "SKIPPED: $1"
    exit 77
}

# need PROGRAM...: skips without them.
need() {
    local program
    for program in "$@"; do command -v "$program" >/dev/null || skip "$program is not installed"; done
}

# run COMMAND...: its output in $WORK/out and $WORK/err, its exit code in $CODE.
run() {
    CODE=0
    "$@" >"$WORK/out" 2>"$WORK/err" </dev/null || CODE=$?
}

show_last() {
    echo "--- standard output"
    head -c 4000 "$WORK/out"
    echo "--- standard error"
    head -c 4000 "$WORK/err"
    echo "---"
}

# expect_exit CODE COMMAND...
expect_exit() {
    local expected=$1
    shift
    run "$@"
    [ "$CODE" -eq "$expected" ] && return 0
    show_last
    fail "expected exit $expected, got $CODE: $*"
}

# expect_out REGEX, expect_err REGEX: of the last command (extended regular expressions, by line); no_out, no_err the opposite.
expect_out() { grep -Eq -- "$1" "$WORK/out" || { show_last; fail "standard output does not match: $1"; }; }
expect_err() { grep -Eq -- "$1" "$WORK/err" || { show_last; fail "standard error does not match: $1"; }; }
no_out() { ! grep -Eq -- "$1" "$WORK/out" || { show_last; fail "standard output matches: $1"; }; }
no_err() { ! grep -Eq -- "$1" "$WORK/err" || { show_last; fail "standard error matches: $1"; }; }

# expect SENTENCE COMMAND...: the command succeeds, whatever it prints.
expect() {
    local sentence=$1
    shift
    run "$@"
    [ "$CODE" -eq 0 ] && return 0
    show_last
    fail "$sentence"
}

# refuse SENTENCE COMMAND...: the command fails.
refuse() {
    local sentence=$1
    shift
    run "$@"
    [ "$CODE" -ne 0 ] && return 0
    show_last
    fail "$sentence"
}

# same SENTENCE A B: two texts are equal.
same() { [ "$2" = "$3" ] || fail "$1: '$2' is not '$3'"; }

# member NAME [FILE]: a top-level string, number or boolean of a JSON document that signet printed ($WORK/out).
member() { sed -n -E "s/^ {0,2}.*\"$1\": ?\"?([^\",}]*)\"?,?.*/\1/p" "${2:-$WORK/out}" | head -n 1; }

# free_port: one that nobody listens on at the moment, and that no other story was given lately.
free_port() {
    local last port turns=${TMPDIR:-/tmp}/signet-e2e-ports.$UID
    while :; do
        {
            flock 9
            last=$(cat "$turns")
            port=$((20000 + (${last:-$RANDOM} + 1) % 10000))
            echo "$((port - 20000))" >"$turns"
        } 9>"$turns.lock"
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

# sql STATEMENT...: of the store's database, however busy it is.
sql() { sqlite3 -cmd '.timeout 30000' "$SIGNET_STORE/signet.db" "$@"; }

# wait_for SECONDS COMMAND...: until it succeeds.
wait_for() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || fail "waited too long for: $*"
        sleep 0.05
    done
}

port_open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# start NAME COMMAND...: in the background, its output in $WORK/NAME.out and NAME.err; ended with the story.
start() {
    local name=$1
    shift
    : >"$WORK/$name.out"  # the job below opens it some time later, and what an earlier one wrote must not be read
    "$@" >"$WORK/$name.out" 2>"$WORK/$name.err" </dev/null &
    PIDS[$name]=$!
}

# start_server NAME COMMAND...: the same, and waits for its ready line. $READY is the rest of that line.
start_server() {
    local name=$1 end=$((SECONDS + 30))
    start "$@"
    until READY=$(sed -n 's/^ready //p' "$WORK/$name.out") && [ -n "$READY" ]; do
        kill -0 "${PIDS[$name]}" 2>/dev/null || fail "$name ended before it was ready"
        [ "$SECONDS" -lt "$end" ] || fail "$name was not ready within 30 seconds"
        sleep 0.05
    done
}

# heeds_term NAME: signet runs there, and has come so far that SIGTERM does not just kill it.
heeds_term() {
    local caught blocked
    [[ $(readlink "/proc/${PIDS[$1]}/exe") == */signet ]] || return 1 # the shell that is about to become it heeds it, too
    caught=$(sed -n 's/^SigCgt:\t//p' "/proc/${PIDS[$1]}/status")
    blocked=$(sed -n 's/^SigBlk:\t//p' "/proc/${PIDS[$1]}/status")
    (((16#$caught | 16#$blocked) >> 14 & 1))
}

# stop NAME [SIGNAL]: its exit code in $CODE.
stop() {
    kill "-${2:-TERM}" "${PIDS[$1]}" 2>/dev/null || true
    CODE=0
    wait "${PIDS[$1]}" || CODE=$?
    unset "PIDS[$1]"
}

# serial FILE: of the first certificate in a PEM file, lower-case hex.
serial() { openssl x509 -in "$1" -noout -serial | sed 's/^serial=//' | tr 'A-F' 'a-f'; }

# let_others_run: lets other users run `signet`, and stand in $WORK; root only. Where they do not get to the program (a
# checkout below /root), they get a copy. The env between them is the first that other users' rights count for: setpriv
# still has root's.
let_others_run() {
    local someone_else=(setpriv --reuid=65532 --regid=65532 --clear-groups env)
    chmod 0755 "$WORK"
    ! "${someone_else[@]}" "$SIGNET" --version >/dev/null 2>&1 || return 0
    install -D -m 0755 "$SIGNET" "$WORK/bin/signet"
    SIGNET=$WORK/bin/signet PATH=$WORK/bin:$PATH
    "${someone_else[@]}" "$SIGNET" --version >/dev/null 2>&1 || skip "another user cannot run $SIGNET"
}

# type_page FILE: types what stands in the ```sh blocks of a page of deploy/ into one shell, as it stands, in the empty
# directory $WORK/page; what is printed is then in $WORK/out and $WORK/err. A command that fails ends the story, and so
# does one that begins with "! " and succeeds: bash -e does not look at those.
type_page() {
    mkdir "$WORK/page"
    awk '/^```sh$/ { on = 1; next } /^```$/ { on = 0 } on' "$SOURCE/$1" |
        sed -E ':join; /^! .*\\$/ { N; s/\\\n *//; b join }; s/^! (.*)$/if \1; then echo "NOT REFUSED"; exit 9; fi/' >"$WORK/page.sh"
    [ "$(grep -c . "$WORK/page.sh")" -gt 15 ] || fail "there are too few commands on the page"
    CODE=0
    (cd "$WORK/page" && exec bash -euo pipefail -c 'exec 9>../trace; BASH_XTRACEFD=9
        trap "kill \$(jobs -p) 2>/dev/null || true" EXIT; set -x; . ../page.sh') >"$WORK/out" 2>"$WORK/err" </dev/null || CODE=$?
    [ "$CODE" = 0 ] && return 0
    show_last
    tail -n 15 "$WORK"/page/*.log
    tail -n 5 "$WORK/trace"
    fail "the page ends with $CODE"
}
