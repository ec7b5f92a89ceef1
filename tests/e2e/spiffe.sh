#!/usr/bin/env bash
# signet-spiffe(7), typed in as it stands, while clients go on shaking hands with its server; then what it says is there.
. "$(dirname "$0")/lib.sh"
need openssl curl keytool python3 promtool

PAGE=$SOURCE/man/signet-spiffe.7
step "the commands of the page"
awk '/^\.EX/ { on = 1; next } /^\.EE/ { on = 0 } on' "$PAGE" |
    sed "s/\\\\-/-/g; s/\\\\(aq/'/g; s/\\\\(ga/\`/g; s/\\\\(ti/~/g; s/\\\\(ha/^/g; s/^\\\\&//; s/\\\\e/\\\\/g" >commands.sh
[ "$(grep -c . commands.sh)" -gt 30 ] || fail "there are too few commands on the page"
for named in 'signet\\-emergency(7)' 'SH "JAVA"' 'BR signet\\-events (7)'; do grep -q -- "$named" "$PAGE" || fail "the page does not name $named"; done

# load.py PORT: another client, from when the server answers until it ends; a line for each request. What fails is told
# once the server has taken another connection: the page ends the server while one may be under way.
cat >load.py <<'EOS'
import http.client, os, socket, ssl, sys, time
port, answered, failure = int(sys.argv[1]), 0, ''
while True:
    try:
        live = os.path.realpath('page/orders/.versions/live')
        context = ssl.create_default_context(cafile=live + '/ca.crt')
        context.load_cert_chain(live + '/tls.crt', live + '/tls.key')
        context.check_hostname = False
        plain = socket.create_connection(('localhost', port), 30)
    except (FileNotFoundError, ConnectionRefusedError):
        if answered: break
        time.sleep(0.02)
        continue
    if failure: print(failure, flush=True)
    failure = ''
    try:
        connection = http.client.HTTPConnection('localhost', port)
        connection.sock = context.wrap_socket(plain, server_hostname='localhost')
        names = connection.sock.getpeercert()['subjectAltName']
        connection.request('GET', '/')
        status = connection.getresponse().status
        good = status == 200 and ('URI', 'spiffe://mesh.internal/payment') in names
        print('good' if good else f'bad {status} {names}', flush=True)
        answered += 1
    except Exception as error:
        failure = f'bad {error!r}'
    time.sleep(0.02)
EOS

step "all of them, in one shell and in order"
PORT=$(free_port)
export PORT
mkdir page
ln -s "$SOURCE/deploy" page/deploy
# A line that begins with "!" must fail; bash -e does not look at those.
sed -E 's/^! (.*)$/if \1; then echo "NOT REFUSED"; exit 9; fi/' commands.sh >page/run.sh
start load python3 load.py "$PORT"
CODE=0
(cd page && exec bash -euo pipefail -c 'trap "kill \$(jobs -p) 2>/dev/null || true" EXIT; . ./run.sh') >out 2>err </dev/null || CODE=$?
[ "$CODE" = 0 ] || { show_last; fail "the page ends with $CODE"; }
cp out shown

step "it showed what it says"
expect_out '^ok +name spiffe://mesh.internal/payment'
expect_out 'PrivateKeyEntry'
expect_out 'trustedCertEntry'
expect_out '^no peer of this CA would refuse another'
expect_out '^(WARNING|CRITICAL|EXPIRED|SIGNET).*batch'
expect_out 'SUCCESS: [0-9]+ rules found'
expect_err 'spiffe://other.internal/payment'
for name in payment orders cart batch; do
    same "$name: one URI" "$(openssl x509 -in "page/$name/tls.crt" -noout -ext subjectAltName | grep -o 'URI:' | wc -l)" 1
done
same "the new root's generation" "$(openssl x509 -in page/payment/tls.crt -noout -issuer | sed 's/.*CN *= *//')" "default Issuing CA G2"
same "the keystore follows" "$(keytool -exportcert -rfc -keystore page/orders/tls.p12 -storepass:file page/p12.password -alias \
    "$(keytool -list -keystore page/orders/tls.p12 -storepass:file page/p12.password | sed -n 's/^\([^,]*\),.*PrivateKeyEntry.*/\1/p')" |
    openssl x509 -noout -serial)" "$(openssl x509 -in page/orders/tls.crt -noout -serial)"

step "no handshake failed, through renewals and the new root"
wait_for 30 test ! -e "/proc/${PIDS[load]}/exe"
! grep -m 5 '^bad' load.out || fail "a handshake failed"
[ "$(grep -c '^good' load.out)" -ge 20 ] || fail "there was no load"

step "who was to be told was told, and the alert for Prometheus fires on what was written"
expect "expiring" python3 - <<'EOS'
import json
events = [json.loads(line) for line in open('page/alerts.jsonl')]
assert any(e['event'] == 'expiring' and 'spiffe://mesh.internal/batch' in e['names'] for e in events), events
EOS
now=$(date +%s)
warned=$(sed -n 's/^signet_certificate_warning_timestamp_seconds{.*batch.*} //p' page/signet.prom)
awk -v warned="$warned" -v now="$now" 'BEGIN { exit !(warned != "" && warned <= now) }' || fail "the alert would not fire: $warned"
