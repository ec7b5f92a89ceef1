"""Validations that stall, whose server is killed, where resolv.conf has a search list, and without threads for them.
Run by acme_stalled.sh, acme_killed.sh, acme_search_list.sh and acme_starved.sh.

    acme_validations.py killed|searched PORT HTTP01_PORT TLS_ALPN01_PORT
    acme_validations.py stalled PORT HTTP01_PORT TLS_ALPN01_PORT DNS_PORT RECORDS
    acme_validations.py starved PORT HTTP01_PORT TLS_ALPN01_PORT USER
"""

import collections
import http.server
import os
import socket
import sqlite3
import sys
import threading
import time

from acme_server import STORE, Client, Server, challenge_of

MODE, PORT, HTTP01_PORT, TLS_ALPN01_PORT = sys.argv[1], *map(int, sys.argv[2:5])
PATIENCE = 120  # seconds: for a machine under sanitizers; the figures are printed


class Target:
    """What validation asks by http-01: deaf, refusing or answering, by the host or for all. Counts who came when."""

    def __init__(self):
        self.lock = threading.Lock()
        self.visits = collections.defaultdict(list)  # token → times
        self.present = collections.Counter()  # token → requests under way
        self.twice = set()  # tokens that were asked for twice at once
        self.answers = {}  # token → key authorization
        self.manner = lambda host: "answer"
        self.go_on = threading.Event()
        target = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                target.visit(self)

            def log_message(self, *_):
                pass

        self.httpd = http.server.ThreadingHTTPServer(("0.0.0.0", HTTP01_PORT), Handler)
        self.httpd.daemon_threads = True
        threading.Thread(target=self.httpd.serve_forever, daemon=True).start()

    def visit(self, request):
        token = request.path.rsplit("/", 1)[1]
        with self.lock:
            self.visits[token].append(time.time())
            self.present[token] += 1
            if self.present[token] > 1:
                self.twice.add(token)
        manner = self.manner(request.headers["Host"].rsplit(":", 1)[0])
        if manner == "deaf":
            self.go_on.wait()
        with self.lock:
            self.present[token] -= 1
        body = self.answers[token].encode() if manner == "answer" else b"no"
        try:
            request.send_response(200)
            request.send_header("Content-Length", str(len(body)))
            request.end_headers()
            request.wfile.write(body)
        except OSError:
            pass  # the killed server's

    def held(self):
        with self.lock:
            return sum(self.present.values())


def wait_until(what, condition):
    began = time.time()
    while not condition():
        assert time.time() - began < PATIENCE, f"waited too long until {what}"
        time.sleep(0.05)
    return time.time() - began


def status(client, url):
    return client.post(url, None).json()["status"]


def begin(client, target, identifier, kind="http-01"):
    """Orders, and has the challenge validated: its URL, its token, the authorization's URL."""
    order, _, (authorization,) = client.order([identifier])
    challenge = challenge_of(authorization, kind)
    target.answers[challenge["token"]] = client.key_authorization(challenge)
    client.post(challenge["url"], {})
    return challenge["url"], challenge["token"], order["authorizations"][0]


def rows():
    """Of every challenge that was begun: by id, its state, attempts and time of the next one."""
    with sqlite3.connect(f"{STORE}/signet.db") as db:
        return {row[0]: row[1:] for row in db.execute(
            "SELECT id, status, attempts, next_attempt_at FROM challenges WHERE status <> 'pending'")}


def killed():
    """Half of the validations wait for their second attempt, half are in the midst of one."""
    target = Target()
    server = Server(PORT, "--http01-port", str(HTTP01_PORT))
    server.start()
    try:
        client = Client(server)
        client.register()
        target.manner = lambda host: "deaf" if host.startswith("127.1.") else "refuse"
        begun = [begin(client, target, {"type": "ip", "value": f"127.{kind}.0.{i}"}) for kind in (1, 2)
                 for i in range(1, 5)]
        wait_until("each was tried", lambda: all(target.visits[token] for _, token, _ in begun))
        wait_until("failures are on record", lambda: sum(row[1] > 0 for row in rows().values()) >= 4)
        server.kill()
        target.go_on.set()
        wait_until("nobody is left", lambda: target.held() == 0)
        before = rows()
        assert len(before) == 8 and all(row[0] == "processing" for row in before.values()), before
        target.visits.clear()
        target.manner = lambda host: "answer"
        server.start()
        for url, token, authorization in begun:
            wait_until("it is valid", lambda: status(client, authorization) == "valid")
            identity = url.rsplit("/", 1)[1]
            _, attempts, due = before[identity]
            assert len(target.visits[token]) == 1, f"asked {len(target.visits[token])} times after the restart"
            assert target.visits[token][0] >= due, "asked before its time"
            assert rows()[identity][1] == attempts + 1, "attempts are not counted on"
        assert not target.twice, "one validation ran twice at once"
        print(f"{len(begun)} validations, each tried again once")
    finally:
        server.kill()


def listen_and_say_nothing():
    listener = socket.create_server(("127.0.0.1", TLS_ALPN01_PORT))
    held = []

    def accept():
        while True:
            held.append(listener.accept())

    threading.Thread(target=accept, daemon=True).start()
    return held


def stalled():
    """Twenty stalled validations of each type are one account's own affair."""
    dns_port, records = sys.argv[5], sys.argv[6]
    with open(records, "w", encoding="utf-8") as file:
        file.writelines(f"_acme-challenge.n{i}.stalled.test SILENT -\n" for i in range(20))
        file.write("*.stalled.test A 127.0.0.1\nquick.test A 127.0.0.1\n")
    target, handshakes = Target(), listen_and_say_nothing()
    target.manner = lambda host: "deaf" if host.endswith("stalled.test") else "answer"
    server = Server(PORT, "--http01-port", str(HTTP01_PORT), "--tls-alpn01-port", str(TLS_ALPN01_PORT),
                    "--resolver", f"127.0.0.1:{dns_port}")
    server.start()
    try:
        greedy, other = Client(server), Client(server)
        greedy.register()
        other.register()
        for i in range(20):
            _, _, (authorization,) = greedy.order([{"type": "dns", "value": f"n{i}.stalled.test"}])
            for kind in ("http-01", "dns-01", "tls-alpn-01"):
                greedy.post(challenge_of(authorization, kind)["url"], {})
        wait_until("they stall", lambda: target.held() > 0 and handshakes)
        began = time.time()
        _, _, authorization = begin(other, target, {"type": "dns", "value": "quick.test"})
        wait_until("http-01 is valid", lambda: status(other, authorization) == "valid")
        by_http = time.time() - began
        still = sum(row[0] == "processing" for row in rows().values())
        assert still > 0, "nothing stalls any more"
        began = time.time()
        _, _, (authorization,) = other.order([{"type": "dns", "value": "*.quick.test"}])
        challenge = challenge_of(authorization, "dns-01")
        with open(records, "a", encoding="utf-8") as file:
            file.write(f"_acme-challenge.quick.test TXT {other.dns_value(challenge)}\n")
        other.post(challenge["url"], {})
        wait_until("dns-01 is valid", lambda: status(other, challenge["url"]) == "valid")
        print(f"{still} stalled; another account's http-01 took {by_http:.1f} s, its dns-01 {time.time() - began:.1f} s")
    finally:
        server.kill()


def searched():
    """Names are asked for as they stand: with a search list, that of the first is somebody else's."""
    target = Target()
    server = Server(PORT, "--http01-port", str(HTTP01_PORT))
    server.start()
    try:
        client = Client(server)
        client.register()
        for name in ("real.test", "hosts.test"):
            _, _, authorization = begin(client, target, {"type": "dns", "value": name})
            wait_until(f"{name} is valid", lambda: status(client, authorization) == "valid")
        for name in ("bank.test", "intranet"):
            url, token, _ = begin(client, target, {"type": "dns", "value": name})
            identity = url.rsplit("/", 1)[1]
            wait_until(f"{name} was tried", lambda: rows()[identity][0] != "processing" or rows()[identity][1] > 0)
            assert not target.visits[token], f"{name} was taken for a name below the search list"
            detail = client.post(url, None).json()["error"]["detail"]
            assert "no address" in detail, detail
        print("names in DNS and in the hosts file are found, and none below the search list")
    finally:
        server.kill()


def starved():
    """No thread more than the server has when it starts, and one: validations take turns, and the server stays."""
    user = sys.argv[5]
    target = Target()
    server = Server(PORT, "--http01-port", str(HTTP01_PORT))
    become, command = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups"], server.command
    server.command = [*become, *command]
    server.start()
    threads = len(os.listdir(f"/proc/{server.process.pid}/task"))
    server.kill()
    server.command = [*become, "prlimit", f"--nproc={threads + 1}", *command]
    server.start()
    try:
        client = Client(server)
        client.register()
        target.manner = lambda host: "deaf"
        begun = [begin(client, target, {"type": "ip", "value": f"127.1.0.{i}"}) for i in range(1, 7)]
        wait_until("some stall", lambda: target.held() > 0)
        target.manner = lambda host: "answer"
        target.go_on.set()
        for _, _, authorization in begun:
            wait_until("it is valid", lambda: status(client, authorization) == "valid")
        held = len(os.listdir(f"/proc/{server.process.pid}/task"))
        assert held == threads + 1, f"{held} threads where {threads + 1} were permitted: nothing is shown"
        server.process.terminate()
        code = server.process.wait(PATIENCE)
        assert code == 0, f"it ended with {code}"
        print(f"{len(begun)} validations with {held} threads in all")
    finally:
        server.process.kill()


{"killed": killed, "stalled": stalled, "searched": searched, "starved": starved}[MODE]()
