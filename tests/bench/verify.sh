# shellcheck shell=bash
# What a case of `signet verify --batch` costs, for scripts/bench, beside plain loops over the same file: one of Go's
# crypto/x509 (goverify.go), one of libcrypto (opensslverify.cpp). The cases are $SIGNET_VECTORS/path/cases.jsonl.gz.
# measure_verify PASSES [alone]: each pass is a process of its own, interleaved with the others; with "alone" without the other two.

build_goverify() {
    command -v go >/dev/null || { echo "there is no go here"; return 1; }
    (cd "$SOURCE/tests/bench" && GO111MODULE=off go build -o "$WORK/verify/goverify" goverify.go) 2>&1
}

build_opensslverify() {
    c++ -std=c++20 -O2 -o "$WORK/verify/opensslverify" "$SOURCE/tests/bench/opensslverify.cpp" -lcrypto 2>&1 |
        head -n 3 | tr '\n' ' '
    [ -x "$WORK/verify/opensslverify" ]
}

# one_pass NAME FILE COMMAND...: a line of results, if the command answers every case.
one_pass() {
    local TIMEFORMAT='%U %S' user system count answered
    { time "${@:3}" >"$WORK/verify/answers" 4>&1; } 2>"$WORK/verify/time" || { record absent "$1" '{"reason": "it failed"}'; return; }
    read -r user system < <(tail -n 1 "$WORK/verify/time")
    count=$(wc -l <"$2")
    answered=$(wc -l <"$WORK/verify/answers")
    [ "$answered" -eq "$count" ] || { record absent "$1" "{\"reason\": \"it answered $answered of $count cases\"}"; return; }
    record verify "$1" "$(jq -n --argjson n "$count" --argjson user "$user" --argjson system "$system" \
        --argjson valid "$(grep -cE '"valid": ?true' "$WORK/verify/answers")" \
        '{cases: $n, cpu_us: (($user + $system) * 1e6 / $n), valid: $valid}')"
}

measure_verify() {
    local passes=$1 cases=$WORK/verify/cases.jsonl pass peer
    mkdir -p "$WORK/verify"
    if ! gunzip -c "${SIGNET_VECTORS:-/nowhere}/path/cases.jsonl.gz" >"$cases" 2>/dev/null; then
        record absent "cases for verify --batch" '{"reason": "SIGNET_VECTORS names no directory with path/cases.jsonl.gz"}'
        return
    fi
    local peers=()
    if [ "${2:-}" != alone ]; then
        for peer in goverify opensslverify; do
            if "build_$peer" >"$WORK/reason"; then peers+=("$peer"); else record absent "$peer" "$(jq -Rs '{reason: .}' "$WORK/reason")"; fi
        done
    fi
    say "verifying: $passes times $(wc -l <"$cases") cases"
    for ((pass = 0; pass < passes; pass++)); do
        one_pass "signet verify --batch" "$cases" "$SIGNET" verify --batch "$cases"
        for peer in "${peers[@]}"; do one_pass "$peer" "$cases" "$WORK/verify/$peer" "$cases"; done
    done
}
