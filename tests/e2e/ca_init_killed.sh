#!/usr/bin/env bash
# Killed with -9 at any moment, ca init is completed by the next run: at random moments, and at each system call that
# changes something.
. "$(dirname "$0")/lib.sh"
need openssl sqlite3

# The next run succeeds, and what it leaves is whole: one CA, its keys private, entered once, nothing lying about.
check_completed() {
    local directory=$SIGNET_STORE/authorities/default
    expect_exit 0 signet ca init
    expect "the chain" openssl verify -x509_strict -CAfile "$directory/root.crt" "$directory/issuing.crt"
    same "files of the CA" "$(find "$directory" -type f -printf '%f %m\n' | sort | tr '\n' ' ')" \
        "issuing.crt 644 issuing.key 600 root.crt 644 root.key 600 "
    same "CAs and what is left over" "$(ls -A "$SIGNET_STORE/authorities")" default
    same "the store" "$(find "$SIGNET_STORE" -maxdepth 1 -type f ! -name 'signet.db-*' -printf '%f\n' | sort | tr '\n' ' ')" \
        "signet.db signet.toml "
    same "entries in the audit log" \
        "$(sql "SELECT count(*) FROM audit WHERE action = 'ca.created'")" 1
    same "entries in the inventory" "$(sql "SELECT count(*) FROM certificates")" 2
    expect_exit 0 signet ca show
}

step "at random moments"
for round in $(seq 1 15); do
    export SIGNET_STORE=$WORK/random-$round
    signet ca init >/dev/null 2>&1 &
    pid=$!
    sleep "0.0$(printf '%02d' $((round * 4)))"
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
    check_completed
    rm -rf "$SIGNET_STORE"
done

step "at each system call that changes something"
command -v strace >/dev/null || { echo "(strace is not installed)"; exit 0; }

# killed_at CALL NUMBER COMMAND...: dies of SIGKILL at its NUMBERth such system call. Sets CODE, and leaves what was said.
killed_at() {
    local call=$1 number=$2
    shift 2
    CODE=0
    # The inner exit keeps the shell from telling of each death. LeakSanitizer is a tracer too, and there is but one.
    (ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 strace -f -o /dev/null -e trace="$call" \
        -e "inject=$call:signal=KILL:when=$number" "$@"; exit $?) >"$WORK/said" 2>&1 || CODE=$?
}

# A container may let strace follow a program, and still not let it change one.
killed_at write 1 signet version
[ "$CODE" -eq 137 ] || { echo "(strace may not kill here: exit code $CODE: $(head -n 1 "$WORK/said"))"; exit 0; }

total=0 interrupted=0
for call in mkdir write pwrite64 fsync fdatasync rename link unlink ftruncate fchmod; do
    stride=1
    [ "$call" != pwrite64 ] || stride=11 # some 150 of them, most into the same few pages
    number=1
    while :; do
        export SIGNET_STORE=$WORK/$call-$number
        killed_at "$call" "$number" signet ca init
        if grep '^strace: ' "$WORK/said"; then
            CODE=137 # the tracer gave up half way, and took the run with it: one more death
            [ $((interrupted += 1)) -lt 10 ] || { echo "(strace may not follow here)"; exit 0; }
        fi
        [ "$CODE" -eq 137 ] || break
        check_completed
        rm -rf "$SIGNET_STORE"
        number=$((number + stride))
        total=$((total + 1))
    done
    [ "$CODE" -eq 0 ] || cat "$WORK/said"
    same "exit code of the run that was not killed, at $call $number" "$CODE" 0
done
[ "$total" -gt 30 ] || fail "only $total calls were tried"
echo "($total calls)"
