#!/usr/bin/env bash
# 10,000 idle keep-alive connections and 5,000 that trickle, at once: a client that orders does not notice, and what a
# connection costs in memory is known.
. "$(dirname "$0")/lib.sh"
need curl openssl python3

idle=10000 trickling=5000 tls=4000
limit=$(ulimit -Hn)
[ "$limit" = unlimited ] || while [ $((idle + trickling + 500)) -gt "$limit" ] && [ "$idle" -gt 100 ]; do
    idle=$((idle / 2)) trickling=$((trickling / 2)) tls=$((tls / 2))
done
[ "$idle" -eq 10000 ] || echo "scaled down to $idle idle, $trickling trickling, $tls TLS: ulimit -Hn is $limit"
ulimit -n "$limit"

expect_exit 0 signet ca init
root=$SIGNET_STORE/authorities/default/root.crt
serve() {
    plain=$(free_port)
    start_server server signet -q serve-acme --listen 127.0.0.1:0 --http-listen "127.0.0.1:$plain" --hostname localhost --auth trust
    port=$(sed -E 's#.*:([0-9]+)/.*#\1#' <<<"$READY")
}
serve
# Its own memory: pages of program and libraries come and go whatever the connections do.
rss() { awk '/^RssAnon:/ { print $2 * 1024 }' "/proc/${PIDS[server]}/status"; }

# order N: whole orders by a client that we wrote, and the slowest of them in milliseconds, which is shown, not judged.
order() {
    local i began spent slowest=0
    for i in $(seq "$1"); do
        began=$(date +%s%N)
        expect_exit 0 signet fetch "n$i.internal" --server "$READY" --root "$root" --out fetched --force
        spent=$((($(date +%s%N) - began) / 1000000))
        [ "$spent" -le "$slowest" ] || slowest=$spent
    done
    echo "slowest of $1 orders: $slowest ms"
}

# hold NAME ARGUMENT...: the clients, until let_go.
hold() {
    local name=$1
    shift
    mkfifo "$name.go"
    python3 "$SOURCE/tests/e2e/edge_clients.py" "$@" <"$name.go" >"$WORK/$name.out" 2>"$WORK/$name.err" &
    PIDS[$name]=$!
    exec {gate}>"$name.go"
    wait_for 60 grep -q held "$name.out"
    read -r _ idle trickling <<<"$(grep held "$name.out")"
    echo "held: $idle idle, $trickling trickling"
    [ "$idle" -ge 100 ] || fail "no more than $idle connections stand"
}
let_go() {
    exec {gate}>&-
    CODE=0
    wait "${PIDS[$1]}" || CODE=$?
    unset "PIDS[$1]"
    [ "$CODE" -eq 0 ] || { cat "$1.err"; fail "the clients failed"; }
}

# costs WHAT COUNT LIMIT: octets of memory a connection, against what stood before. Judged when there are so many that
# the threads' own memory is nothing beside it, and no sanitizer keeps its own record of everything.
costs() {
    local each=$((($(rss) - before) / $2))
    echo "$1: $each octets a connection"
    if [ "$2" -lt "$4" ] || grep -qE '__(asan|tsan|msan)_init' "$SIGNET"; then return 0; fi
    [ "$each" -le "$3" ] || fail "$each octets for a $1 connection, more than $3"
}

step "an idle server"
order 10

step "$idle idle and $trickling trickling connections"
before=$(rss)
hold crowd "$plain" "$idle" "$trickling"
costs plain $((idle + trickling)) 2048 8000
order 10
open=$(curl -s "http://localhost:$plain/metrics" | sed -n 's/^signet_http_connections //p')
[ "$open" -ge $((idle + trickling / 2)) ] || fail "$open connections are open"

step "those that trickle are ended by their deadline, those that rest are left alone"
[ "$trickling" -ge 1 ] || fail "none trickle"
timed_out() { grep -Eq '^signet_http_requests_refused_total\{reason="timeout"\} [1-9]' <<<"$(curl -s "http://localhost:$plain/metrics")"; }
wait_for 20 timed_out
let_go crowd
grep -qx 'closed idle 0' crowd.out || fail "$(cat crowd.out)"

step "$tls TLS connections"
# A new process: the old one has memory to give away again.
stop server
serve
order 3
before=$(rss)
hold tls "$port" "$tls" 0 "$root"
# OpenSSL itself keeps 14 KB for a connection, from 3.2 on 22 KB, for the layers of its records, and 6 KB more after a key
# exchange with ML-KEM (3.5): the client's key stays until the end.
most=16384
[[ $(signet version --json | sed -n 's/.*"openssl": "\(.*\)".*/\1/p') =~ ^3\.[01]\. ]] || most=32768
costs TLS "$idle" "$most" 2000
order 3
let_go tls
