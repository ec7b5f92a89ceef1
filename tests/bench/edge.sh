# shellcheck shell=bash disable=SC2154
# What connections that do nothing cost: scripts/bench --edge. The clients are those of the story edge_idle.
EDGE_IDLE=10000 EDGE_TRICKLING=5000 EDGE_TLS=4000
EDGE_SLOWER=3 EDGE_PLAIN=2048 EDGE_TLS_OCTETS=16384 # at most: times the idle p99; octets a connection

# Its own memory: pages of program and libraries come and go whatever the connections do.
resident() { awk '/^RssAnon:/ { print $2 * 1024 }' "/proc/$SERVER/status"; }

# hold PORT IDLE TRICKLING [CA-FILE]: leaves HELD, how many stand, until let_go.
hold() {
    rm -f "$WORK/go" "$WORK/held"
    mkfifo "$WORK/go"
    EDGE_PATIENCE=6 python3 "$SOURCE/tests/e2e/edge_clients.py" "$@" <"$WORK/go" >"$WORK/held" 2>"$WORK/held.err" &
    HOLDER=$!
    exec 5>"$WORK/go"
    local deadline=$((SECONDS + 150)) idle trickling
    until grep -q '^held' "$WORK/held"; do
        kill -0 "$HOLDER" 2>/dev/null || die "the idle clients failed: $(tail -n 1 "$WORK/held.err")"
        [ "$SECONDS" -lt "$deadline" ] || die "the connections do not come to stand"
        sleep 0.2
    done
    read -r _ idle trickling <"$WORK/held"
    HELD=$((idle + trickling))
    [ "$HELD" -ge $((($2 + $3) * 9 / 10)) ] || die "no more than $idle idle and $trickling trickling connections stand, of $2 and $3: this machine is too busy, or its limit of open files too low"
}
let_go() {
    exec 5>&-
    wait "$HOLDER" || die "the idle clients failed: $(tail -n 1 "$WORK/held.err")"
}

orders() { # KIND: whole orders by one client
    record edge signet-trust "$(load signet-trust 1 --warmup 20 --seconds "$seconds" --prepare $((seconds * 1000)) | jq -c --arg part "$1" '. + {part: $part}')"
}
memory_each() { # KIND BEFORE
    record edge signet-trust "$(jq -nc --arg part "$1" --argjson each $((($(resident) - $2) / HELD)) --argjson count "$HELD" '{part: $part, octets_each: $each, count: $count}')"
}

# Whole orders of one client with nobody else there, beside the crowd, and again without it, several rounds; then memory.
measure_edge() {
    local before round
    # OpenSSL itself keeps 14 KB for a connection, from 3.2 on 22 KB, and 6 KB more after a key exchange with ML-KEM.
    [[ $("$SIGNET" version --json | jq -r .openssl) =~ ^3\.[01]\. ]] || EDGE_TLS_OCTETS=32768
    ulimit -n "$(ulimit -Hn)" || true
    prepare_signet_trust
    start_server signet-trust
    for ((round = 1; round <= rounds; round++)); do
        echo "round $round: an order, alone and beside $EDGE_IDLE idle and $EDGE_TRICKLING trickling connections"
        orders alone
        before=$(resident)
        hold "$((PORT + 1))" "$EDGE_IDLE" "$EDGE_TRICKLING"
        [ "$round" -gt 1 ] || memory_each plain "$before"
        orders crowd
        let_go
    done
    stop_server
    start_server signet-trust
    load signet-trust 1 --warmup 5 --seconds 1 --prepare 500 >/dev/null
    before=$(resident)
    hold "$PORT" "$EDGE_TLS" 0 "${STORE[signet-trust]}/authorities/default/root.crt"
    memory_each TLS "$before"
    let_go
    stop_server
}

# Exit 1 beyond what is promised. The median of the rounds counts: one second of somebody else's work is not ours.
report_edge() {
    jq -s --argjson slower "$EDGE_SLOWER" --argjson plain "$EDGE_PLAIN" --argjson tls "$EDGE_TLS_OCTETS" '
        def median: sort | .[(length - 1) / 2 | floor];
        def p99(part): [.[] | select(.part == part) | .p99_ms] | median;
        def each(part): [.[] | select(.part == part)][0] | {octets: .octets_each, count};
        {alone_p99_ms: p99("alone"), crowd_p99_ms: p99("crowd"), plain: each("plain"), tls: each("TLS"),
         errors: [.[] | .errors // {} | to_entries[]]}
        | .ratio = (.crowd_p99_ms / .alone_p99_ms * 100 | round / 100)
        | .wrong = [
            (select(.ratio > $slower) | "an order takes \(.ratio) times as long beside the crowd, more than \($slower)"),
            (select(.plain.octets > $plain) | "\(.plain.octets) octets a plain connection, more than \($plain)"),
            (select(.tls.octets > $tls) | "\(.tls.octets) octets a TLS connection, more than \($tls)"),
            (select(.errors != []) | "orders failed: \(.errors)")]' "$out" >"$WORK/edge.json"
    if [ -n "$json" ]; then
        cat "$WORK/edge.json"
    else
        jq -r '"order, p99:          \(.alone_p99_ms) ms alone, \(.crowd_p99_ms) ms beside the crowd: \(.ratio) times",
               "a plain connection:  \(.plain.octets) octets (\(.plain.count) of them)",
               "a TLS connection:    \(.tls.octets) octets (\(.tls.count) of them)"' "$WORK/edge.json"
    fi
    jq -r '.wrong[] | "wrong: " + .' "$WORK/edge.json" >&2
    [ "$(jq '.wrong | length' "$WORK/edge.json")" -eq 0 ]
}
