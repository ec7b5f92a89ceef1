#!/usr/bin/env bash
# Events reach a receiver that is down, restarted and slow to come back, whoever did what; a server that is killed
# forgets none.
. "$(dirname "$0")/lib.sh"
need python3 openssl

cat >receiver.py <<'PY'
# Appends "kind serial" to heard, and keeps each body with its headers; answers 500 while a file "broken" is there.
import http.server, json, os, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        broken = os.path.exists("broken")
        if not broken:
            event = json.loads(body)
            with open("heard", "a") as heard:
                heard.write("%s %s\n" % (event["event"], event.get("serial")))
            with open("body", "wb") as out:
                out.write(body)
            with open("signature", "w") as out:
                out.write(self.headers["X-Signet-Signature"])
        self.send_response(500 if broken else 204)
        self.end_headers()
    def log_message(self, *args):
        pass
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
server.serve_forever()
PY
: >heard
port=$(free_port)
receive() {
    start receiver python3 receiver.py "$port"
    wait_for 20 port_open "$port"
}
serve() {
    start_server acme signet serve-acme --listen 127.0.0.1:0 --http-listen 127.0.0.1:0 --hostname localhost --auth trust
}
issue() { expect_exit 0 signet issue "$1" --out "$WORK/$1"; }
# heard_all KIND DIRECTORY: the event of that certificate came.
heard() { grep -q "^$1 $(serial "$2/tls.crt")$" heard; }

expect_exit 0 signet ca init
openssl rand -hex 32 >hmac.key
chmod 600 hmac.key
sed -i '/^\[notify\]/d' "$SIGNET_STORE/signet.toml"
printf '\n[profile.narrow]\npermit_dns = ["**.ok.example"]\n' >>"$SIGNET_STORE/signet.toml"
cp "$SIGNET_STORE/signet.toml" quiet.toml
issue before.internal
printf '\n[notify]\nurl = "http://127.0.0.1:%s/events"\nhmac_key_file = "%s"\n' "$port" "$WORK/hmac.key" >>"$SIGNET_STORE/signet.toml"

step "without a server and with the receiver down, renew keeps what it cannot tell"
issue a.internal
expect_exit 0 signet renew
expect_err 'events could not be delivered'
[ ! -s heard ] || fail "somebody heard something"
receive
expect_exit 0 signet status --notify
no_err 'delivered'
heard issued a.internal || fail "issued is missing"
! heard issued before.internal || fail "what was before is told"

step "the signature is what openssl computes over the body"
same "signature" "sha256=$(openssl dgst -sha256 -mac HMAC -macopt "key:$(cat hmac.key)" body | sed 's/.*= //')" "$(cat signature)"

step "a server tells what others do: issued, refused, revoked"
serve
issue b.internal
wait_for 20 heard issued b.internal
expect_exit 1 signet issue c.internal --validity 4000d
wait_for 20 grep -q '^refused' heard

step "and of an order that the profile does not permit, which the audit log has too"
told=$(grep -c '^refused' heard)
told_more() { [ "$(grep -c '^refused' heard)" -gt "$told" ]; }
expect_exit 1 signet fetch no.example --profile narrow --server "$READY" --root "$SIGNET_STORE/authorities/default/root.crt" --out fetched
wait_for 20 told_more
cp body refused.json
python3 - <<'PY' || fail "$STEP"
import json
d = json.load(open("refused.json"))
assert (d["event"], d["profile"], d["names"]) == ("refused", "narrow", ["no.example"]), d
assert "no.example is not permitted by profile 'narrow'" in d["message"], d
assert d["actor"] == "account " + d["account"] and d["address"] == "127.0.0.1", d
PY
expect_exit 0 signet audit --action order.refused
expect_out 'profile narrow +no\.example +no\.example is not permitted'
same "entries" 1 "$(wc -l <out)"

step "revoked"
expect_exit 0 signet revoke b.internal --reason superseded
wait_for 20 heard revoked b.internal

step "killed while the receiver fails, it tells everything after the next start, in order"
touch broken
for i in 1 2 3; do issue "k$i.internal"; done
expect_exit 0 signet revoke k1.internal --reason keyCompromise
sleep 1
stop acme KILL
stop receiver
issue k4.internal
rm broken
serve
sleep 1
receive
wait_for 60 heard revoked k1.internal
for i in 1 2 3 4; do wait_for 60 heard issued "k$i.internal"; done
same "order" "issued revoked " "$(grep " $(serial k1.internal/tls.crt)$" heard | cut -d' ' -f1 | uniq | tr '\n' ' ')"

step "settings that change are followed; nobody is told, and nothing is kept, while there is no receiver"
cp "$SIGNET_STORE/signet.toml" loud.toml
cp quiet.toml "$SIGNET_STORE/signet.toml"
wait_for 20 grep -q 'settings read again' acme.err
issue quiet.internal
: >acme.err
cp loud.toml "$SIGNET_STORE/signet.toml"
wait_for 20 grep -q 'settings read again' acme.err
issue loud.internal
wait_for 20 heard issued loud.internal
! heard issued quiet.internal || fail "quiet.internal was told"
stop acme
same "exit" 0 "$CODE"

step "a program instead"
printf '#!/bin/sh\ncat >>%s/programs\n' "$WORK" >program
chmod +x program
{ cat quiet.toml; printf '\n[notify]\ncommand = "%s/program"\nevents = ["revoked"]\n' "$WORK"; } >"$SIGNET_STORE/signet.toml"
expect_exit 0 signet revoke loud.internal
expect_exit 0 signet status --notify
same "events" 1 "$(wc -l <programs)"
grep -q '"event":"revoked"' programs || fail "not what happened"
printf '[notify]\nevents = ["isued"]\n' >wrong.toml
expect_exit 2 signet config check wrong.toml
expect_err "did you mean 'issued'"
