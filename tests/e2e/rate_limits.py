"""The rate limits of a profile, one after the other. Run by rate_limits.sh.

    rate_limits.py PORT

Each limit is filled up, the server is killed, and the one over is refused; once the wait that it tells has passed, one
more is possible and no other. The wait passes in the store: what is kept there is a point in time, moved back here."""

import sqlite3
import sys

from acme_client import Client
from acme_server import ROOT, STORE, Server

PORT = int(sys.argv[1])
BASE = f"https://localhost:{PORT}"


def pass_time(subject, seconds):
    with sqlite3.connect(f"{STORE}/signet.db", timeout=30) as db:
        moved = db.execute("UPDATE allowances SET whole_at = whole_at - ? WHERE subject LIKE ?",
                           (seconds * 1000000, subject + "/%")).rowcount
    assert moved >= 1, subject


def check_refused(answer, what):
    assert answer.status == 429, (what, answer.status, answer.body)
    assert answer.json()["type"] == "urn:ietf:params:acme:error:rateLimited", answer.body
    assert what in answer.json()["detail"], answer.body
    return int(answer.headers["Retry-After"])


def check_limit(server, subject, what, request):
    """`request` has been answered as often as the limit lets it: two an hour, all at once."""
    check_refused(request(), what)
    server.restart()
    wait = check_refused(request(), what)
    assert 0 < wait <= 1800, wait  # an hour for two: half an hour for one
    pass_time(subject, wait)
    answer = request()
    assert answer.status < 300, (what, answer.status, answer.body)
    check_refused(request(), what)
    print(f"{what}: held, with a wait of {wait} seconds")


def main():
    server = Server(PORT, auth="trust")
    server.start()
    try:
        clients = [Client(BASE, ROOT) for _ in range(2)]
        for client in clients:
            assert client.register().status == 201
        check_limit(server, "accounts", "accounts from this address", lambda: Client(BASE, ROOT).register())

        ordering, authorizing = clients
        for name in ("a.internal", "b.internal"):
            assert ordering.order([name]).status == 201
        check_limit(server, "orders", "orders of this account", lambda: ordering.order(["a.internal"]))
        # An authorization asked for alone is no way around it.
        for name in ("a.internal", "b.internal"):
            assert authorizing.order([name]).status == 201
        identifier = {"identifier": {"type": "dns", "value": "c.internal"}}
        check_limit(server, "orders", "orders of this account", lambda: authorizing.post("/acme/new-authz", identifier))
        check_refused(authorizing.order(["a.internal"]), "orders of this account")

        # Each by an account of its own, which the other limits do not stop.
        def issue():
            pass_time("accounts", 7200)
            client = Client(BASE, ROOT)
            assert client.register().status == 201
            return client.issue(["often.internal", "www.internal"])

        for _ in range(2):
            assert issue().status == 200
        check_limit(server, "certificates", "certificates for often.internal", issue)
    finally:
        server.kill()


main()
