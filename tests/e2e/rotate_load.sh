#!/usr/bin/env bash
# A CA goes through `ca rotate` and `ca rotate --root`, to the end, while three clients shake hands with nginx and haproxy
# fifty times a second, certificates at both ends; the clock is moved by hours. No handshake fails.
. "$(dirname "$0")/lib.sh"
need python3 openssl curl nginx haproxy flock
LIBRARY=$(find /usr/lib -name libfaketimeMT.so.1 2>/dev/null | head -n 1)
[ -n "$LIBRARY" ] || skip "libfaketime is not installed"
! grep -qE '__[at]san_init' "$SIGNET" || skip "a preloaded clock does not go with a sanitizer"
chmod 0755 "$WORK"

# What runs with the clock of this story: so many seconds after that of the machine.
CLOCK=(LD_PRELOAD="$LIBRARY" FAKETIME_TIMESTAMP_FILE="$WORK/clock" FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1
    DONT_FAKE_MONOTONIC=1 FAKETIME_DISABLE_SHM=1 NO_FAKE_STAT=1)
timeout 10 env "${CLOCK[@]}" haproxy -v >/dev/null 2>&1 ||
    skip "this haproxy does not start with a preloaded clock: jemalloc (Debian 13) and libfaketime wait for each other"
HOUR=0
# No handshake is on its way when the clock jumps: haproxy would take it for one that stalled.
move() { # HOURS
    HOUR=$((HOUR + $1))
    echo "+$((HOUR * 3600))" >clock.next
    flock turnstile flock gate mv clock.next clock
}
in_time() { env "${CLOCK[@]}" "$@"; }
show() { in_time signet ca show --json | python3 -c "import json,sys; d=json.load(sys.stdin); print($1)"; }
former() { show "[i['$1'] for i in d['issuing'] if not i['current']][0]"; }
move 0

# client.py DIR PORT...: a handshake and a request every 60 ms, in turn; a line for each.
cat >client.py <<'EOS'
import fcntl, http.client, os, select, signal, ssl, sys, time
directory, ports, running = sys.argv[1], [int(port) for port in sys.argv[2:]], [True]
signal.signal(signal.SIGTERM, lambda *_: running.clear())
turn, begun = 0, time.monotonic()
turnstile, gate = open('turnstile'), open('gate')
while running:
    fcntl.flock(turnstile, fcntl.LOCK_SH)
    fcntl.flock(gate, fcntl.LOCK_SH)
    fcntl.flock(turnstile, fcntl.LOCK_UN)
    live = os.path.realpath(directory + '/.versions/live')
    try:
        context = ssl.create_default_context(cafile=live + '/ca.crt')
        context.load_cert_chain(live + '/tls.crt', live + '/tls.key')
        connection = http.client.HTTPSConnection('localhost', ports[turn % len(ports)], context=context, timeout=60)
        connection.request('GET', '/')
        status = connection.getresponse().status
        connection.close()
        print('good' if status == 200 else f'bad {status}', flush=True)
    except Exception as error:
        print(f'bad {error!r} at {time.asctime()}', flush=True)
    fcntl.flock(gate, fcntl.LOCK_UN)
    turn += 1
    select.select([], [], [], max(0.0, begun + turn * 0.06 - time.monotonic()))  # no sleep: the preloaded clock refuses it
EOS
handshakes() { cat client-?.out | wc -l; }
none_failed() { ! grep -hm 5 '^bad' client-?.out || fail "a handshake failed, $HOUR hours after the beginning"; }
enough() { [ "$(handshakes)" -ge "$GOAL" ]; }
# a while: some of them.
pass() {
    GOAL=$(($(handshakes) + 18))
    wait_for 120 enough
    none_failed
}
# What cron does on the machines: each for its own service.
renew() {
    expect_exit 0 in_time signet renew "$WORK/nginx" --signal "HUP:$WORK/nginx.pid"
    expect_exit 0 in_time signet renew "$WORK/haproxy" --signal "USR2:$WORK/haproxy.pid"
    expect_exit 0 in_time signet renew "$WORK"/client-{1,2,3}
}
issuers() {
    for one in nginx haproxy client-{1,2,3}; do openssl x509 -in "$one/tls.crt" -noout -issuer; done |
        sort -u | sed 's/.*CN *= *//' | paste -sd ,
}
# through HOURS: time passes, and cron runs.
through() {
    local end=$((HOUR + $1))
    while [ "$HOUR" -lt "$end" ]; do
        move 4
        pass
        renew
    done
    pass
}

step "two servers, three clients, each with a certificate for a day"
expect_exit 0 in_time signet ca init
expect_exit 0 in_time signet issue localhost --out "$WORK/nginx"
expect_exit 0 in_time signet issue localhost --out "$WORK/haproxy" --format combined
for i in 1 2 3; do expect_exit 0 in_time signet issue client.internal --out "$WORK/client-$i"; done
cp store/authorities/default/root.crt old-root.crt
recipe() { sed "s#/tls/web#$WORK/$1#g; s#8443#$2#; s#/run/#$WORK/#" "$SOURCE/deploy/reload/$3"; }
ONE=$(free_port)
mkdir nginx.tmp
{
    printf 'error_log stderr warn; pid %s/nginx.pid; daemon off;\n' "$WORK"
    printf 'env %s;\n' "${CLOCK[@]%%=*}"
    printf 'events {}\nhttp { access_log off;\n'
    for kind in client_body proxy fastcgi uwsgi scgi; do echo "${kind}_temp_path nginx.tmp;"; done
    recipe nginx "$ONE" nginx.conf
    echo '}'
} >nginx.live
start nginx-server env "${CLOCK[@]}" nginx -p "$WORK" -c "$WORK/nginx.live"
wait_for 20 port_open "$ONE"
TWO=$(free_port)
recipe haproxy "$TWO" haproxy.cfg >haproxy.live
start haproxy-server env "${CLOCK[@]}" haproxy -W -f haproxy.live -p "$WORK/haproxy.pid"
wait_for 20 port_open "$TWO"
for i in 1 2 3; do start "client-$i" env "${CLOCK[@]}" python3 client.py "client-$i" "$ONE" "$TWO"; done
pass

step "the clock is that of the story: a certificate that has ended is refused"
expect_exit 0 in_time signet issue client.internal --validity 1h --out short
ask() { in_time curl -sS --max-time 20 --cacert nginx/ca.crt --cert short/tls.crt --key short/tls.key "https://localhost:$1/"; }
for port in "$ONE" "$TWO"; do same "answer" "$(ask "$port")" hello; done
move 2
for port in "$ONE" "$TWO"; do [ "$(ask "$port" 2>/dev/null || true)" != hello ] || fail "it was let in"; done
pass

step "a new issuing CA: everyone moves within half of what is left"
first=$(show 'd["issuing"][0]["id"]')
expect_exit 0 in_time signet ca rotate
same "living" "$(former living_leaves)" 5
through 12
same "issuers" "$(issuers)" "default Issuing CA G2"

step "what has moved has not ended yet: nothing is retired"
expect_exit 1 in_time signet ca retire "$first"
expect_err '5 certificates that live'
through 12
same "living" "$(former living_leaves)" 0
same "step" "$(show 'd["rotation"]["step"]')" retire
expect_exit 0 in_time signet ca retire "$first"
same "step" "$(show 'd["rotation"]["step"]')" none
pass

step "a new root: the same again"
expect_exit 0 in_time signet ca rotate --root
old=$(show 'd["rotation"]["former"][0]["id"]')
living=$(former living_leaves)
[ "$living" -ge 5 ] || fail "only $living living"
pass
through 12
same "issuers" "$(issuers)" "default Issuing CA G3"
for one in nginx haproxy client-{1,2,3}; do
    for anchor in old-root.crt store/authorities/default/root.crt; do
        expect "$one below $anchor" in_time openssl verify -CAfile "$anchor" -untrusted "$one/tls.crt" "$one/tls.crt"
    done
done
expect_exit 1 in_time signet ca retire "$old"
expect_err 'certificates that live'
through 12
same "living" "$(former living_leaves)" 0
same "living below the old root" "$(show '[r["living_leaves"] for r in d["rotation"]["former"] if r["kind"] == "root"]')" '[0]'
expect_exit 0 in_time signet ca retire "$old"
same "step, anchors" "$(show 'd["rotation"]["step"], len(d["anchors"])')" "none 1"

step "the old root is gone, and they still understand each other, with the new root alone at last"
through 16
for one in nginx haproxy client-{1,2,3}; do
    same "anchors of $one" "$(grep -c BEGIN "$one/ca.crt")" 1
    refuse "$one below the old root" in_time openssl verify -CAfile old-root.crt -untrusted "$one/tls.crt" "$one/tls.crt"
done
for i in 1 2 3; do stop "client-$i"; done
none_failed
[ "$(handshakes)" -ge 400 ] || fail "there was no load: $(handshakes) handshakes"
echo "   $(handshakes) handshakes, none failed"
stop haproxy-server
stop nginx-server
