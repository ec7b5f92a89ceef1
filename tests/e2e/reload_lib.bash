# shellcheck shell=bash disable=SC2034
# For the stories of servers that take up renewed certificates: a CA, a client that is on the list and one that is not,
# load, and renewals under it. Sourced after lib.sh.
ROUNDS=${RELOAD_ROUNDS:-4}
chmod 0755 "$WORK"
expect_exit 0 signet ca init
expect_exit 0 signet issue client.internal --client --uri spiffe://mesh.internal/client --out "$WORK/client"
expect_exit 0 signet issue stranger.internal --client --uri spiffe://mesh.internal/stranger --out "$WORK/stranger"

# load.py PORT: handshakes and requests without end, by two threads; says what failed, and at SIGTERM how many went well.
cat >load.py <<'EOS'
import http.client, signal, ssl, sys, threading, time
port, stop, good, bad = int(sys.argv[1]), threading.Event(), [], []
def run():
    while not stop.is_set():
        context = ssl.create_default_context(cafile='client/ca.crt')
        context.load_cert_chain('client/tls.crt', 'client/tls.key')
        try:
            connection = http.client.HTTPSConnection('localhost', port, context=context, timeout=30)
            connection.request('GET', '/')
            answer = connection.getresponse()
            answer.read()
            (good if answer.status == 200 else bad).append(answer.status)
            if len(good) == 1: print('running', flush=True)
            connection.close()
        except Exception as error:
            bad.append(repr(error))
        time.sleep(0.005)
signal.signal(signal.SIGTERM, lambda *_: stop.set())
threads = [threading.Thread(target=run) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(good), 'good', flush=True)
for problem in bad: print('bad', problem, flush=True)
EOS
get() { curl -sS -o body -w '%{http_code}' --max-time 20 --cacert client/ca.crt --cert "$1/tls.crt" --key "$1/tls.key" "https://localhost:$PORT/"; }
served() { [ "$(get client 2>/dev/null)" = 200 ]; }
fresh() { # WORDS...: of issue
    PORT=$(free_port)
    rm -rf web
    expect_exit 0 signet issue localhost --out "$WORK/web" "$@"
}
# renewals WORDS...: of renew, which tell the service; under load.
renewals() {
    local round
    start load python3 load.py "$PORT"
    wait_for 60 grep -q running load.out
    for ((round = 0; round < ROUNDS; ++round)); do
        expect_exit 0 signet renew "$WORK/web" --force --probe "localhost:$PORT" "$@"
    done
    stop load
    grep -q '^[1-9][0-9]* good' load.out || { cat load.out load.err; fail "there was no load"; }
    ! grep -m 3 '^bad' load.out || fail "a handshake or a request failed"
    echo "   $ROUNDS renewals, $(grep good load.out)"
}
list_holds() {
    same "who is on the list" "$(get client)" 200
    same "who is not" "$(get stranger)" 403
    refuse "nobody without a certificate" curl -sSf --max-time 20 --cacert client/ca.crt "https://localhost:$PORT/"
}
