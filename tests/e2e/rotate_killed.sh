#!/usr/bin/env bash
# Killed with -9 at any system call that changes something, ca rotate --root leaves the old or the new generation
# whole: it issues, peers accept it, and the next rotation finds nothing in its way.
. "$(dirname "$0")/lib.sh"
need openssl strace sqlite3

# killed_at CALL NUMBER COMMAND...: dies of SIGKILL at its NUMBERth such system call. Sets CODE, and leaves what was said.
killed_at() {
    local call=$1 number=$2
    shift 2
    CODE=0
    # The inner exit keeps the shell from telling of each death. LeakSanitizer is a tracer too, and there is but one.
    (ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 strace -f -o /dev/null -e trace="$call" \
        -e "inject=$call:signal=KILL:when=$number" "$@"; exit $?) >"$WORK/said" 2>&1 || CODE=$?
}
killed_at write 1 signet version
[ "$CODE" -eq 137 ] || skip "strace may not kill here: exit code $CODE: $(head -n 1 "$WORK/said")"

step "a CA with a certificate"
expect_exit 0 signet ca init
expect_exit 0 signet issue w.internal --out before
before=$SIGNET_STORE
old=$before/authorities/default/root.crt

files() { (cd "$1/authorities/default" && find . -type f -printf '%f %m\n' | sed -E 's/-[0-9a-f]{8}\./-ID./' | sort | tr '\n' ' '); }
one_generation="issuing.crt 644 issuing.key 600 root.crt 644 root.key 600 "
two_generations="cross-ID.crt 644 cross-ID.crt 644 issuing-ID.crt 644 issuing-ID.key 600 issuing.crt 644 issuing.key 600 root-ID.crt 644 root-ID.key 600 root.crt 644 root.key 600 "

check_whole() {
    local directory=$SIGNET_STORE/authorities/default found
    found=$(files "$SIGNET_STORE")
    if [ "$found" = "$one_generation" ]; then
        expect "the old root is in force" cmp -s "$directory/root.crt" "$old"
        olds=$((olds + 1))
    else
        same "files of the CA" "$found" "$two_generations"
        news=$((news + 1))
        # What is in force is in the books.
        same "in the audit log" "$(sql "SELECT count(*) > 0 FROM audit WHERE action = 'ca.rotated'")" 1
    fi
    expect_exit 0 signet issue w.internal --out after
    for anchor in "$old" "$directory/root.crt"; do
        expect "the new certificate with $anchor" openssl verify -CAfile "$anchor" -untrusted after/tls.crt after/tls.crt
    done
    expect "the old certificate" openssl verify -CAfile after/ca.crt -untrusted before/tls.crt before/tls.crt
    expect_exit 0 signet ca rotate
    same "what is left over" "$(ls -A "$SIGNET_STORE/authorities")" default
}

step "at each system call that changes something"
total=0 olds=0 news=0 interrupted=0
for call in mkdir link rename renameat2 unlink unlinkat fsync write; do
    stride=1
    case $call in fsync | write) stride=9 ;; link | rename) stride=3 ;; esac
    number=1
    while :; do
        export SIGNET_STORE=$WORK/$call-$number
        cp -r "$before" "$SIGNET_STORE"
        killed_at "$call" "$number" signet ca rotate --root
        if grep '^strace: ' "$WORK/said"; then
            CODE=137 # the tracer gave up half way, and took the run with it: one more death
            [ $((interrupted += 1)) -lt 10 ] || { echo "(strace may not follow here)"; exit 0; }
        fi
        [ "$CODE" -eq 137 ] || break
        check_whole
        rm -rf "$SIGNET_STORE"
        number=$((number + stride))
        total=$((total + 1))
    done
    [ "$CODE" -eq 0 ] || cat "$WORK/said"
    same "exit code of the run that was not killed, at $call $number" "$CODE" 0
    rm -rf "$SIGNET_STORE"
done
[ "$total" -gt 10 ] || fail "only $total calls were tried"
if [ "$olds" -eq 0 ] || [ "$news" -eq 0 ]; then fail "no death before the change, or none after it: $olds, $news"; fi
echo "($total calls: $olds before the change, $news after it)"
