"""An ACME client that kills its server. Run by acme_restart.sh.

    acme_restart.py after-each|within PORT HTTP01_PORT

It knows the tables of signet.db, to see what is on record.
"""

import http.server
import random
import sqlite3
import sys
import threading
import time

from acme_client import make_csr
from acme_server import STORE, Client, Server, challenge_of
from cryptography import x509

MODE, PORT, HTTP01_PORT = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
BASE = f"https://localhost:{PORT}"


class KillingClient(Client):
    def torn(self, url, payload):
        """Sends a request whose answer never comes: the server is killed while it works on it."""
        thread = threading.Thread(target=self.swallow, args=(url, self.signed(url, payload)))
        thread.start()
        time.sleep(random.uniform(0, 0.05))
        self.server.kill()
        thread.join()
        self.server.start()

    def swallow(self, url, body):
        try:
            self.send("POST", url, body)
        except OSError:
            pass


def serve_challenges(client):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = f"{self.path.rsplit('/', 1)[1]}.{client.thumbprint}".encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    httpd = http.server.ThreadingHTTPServer(("0.0.0.0", HTTP01_PORT), Handler)
    threading.Thread(target=httpd.serve_forever, daemon=True).start()


def poll(client, url, wanted):
    for _ in range(100):
        answer = client.post(url, None).json()
        if answer["status"] in wanted:
            return answer
        assert answer["status"] in ("pending", "processing"), answer
        time.sleep(0.1)
    raise AssertionError(f"{url} did not become {wanted}")


def order_certificate(client, names, tear):
    new_order = {"identifiers": [{"type": "ip", "value": name} for name in names]}
    if tear:
        client.torn(f"{BASE}/acme/new-order", new_order)  # an order more or less does no harm
    answer = client.post(f"{BASE}/acme/new-order", new_order)
    order_url, order = answer.headers["Location"], answer.json()
    for url in order["authorizations"]:
        authorization = client.post(url, None).json()
        challenge = challenge_of(authorization, "http-01")
        if authorization["status"] == "pending":
            if tear:
                client.torn(challenge["url"], {})
            client.post(challenge["url"], {})
        poll(client, url, ["valid"])
    order = poll(client, order_url, ["ready", "valid"])
    csr = {"csr": make_csr(names)}
    if tear:
        client.torn(order["finalize"], csr)
        order = poll(client, order_url, ["ready", "valid"])
    if order["status"] == "ready":
        order = client.post(order["finalize"], csr).json()
    assert order["status"] == "valid", order
    chain = client.post(order["certificate"], None).body.decode()
    assert chain.count("-----BEGIN CERTIFICATE-----") == 2
    return x509.load_pem_x509_certificate(chain.encode()).serial_number


def check_records(serials):
    """What was handed out is on record, and no order has more than one certificate."""
    db = sqlite3.connect(f"{STORE}/signet.db")
    recorded = [int(row[0], 16) for row in db.execute("SELECT serial FROM certificates WHERE source = 'acme'")]
    assert set(serials) <= set(recorded), "a certificate was handed out that is not on record"
    valid = db.execute("SELECT count(*), count(DISTINCT serial) FROM orders WHERE status = 'valid'").fetchone()
    assert valid[0] == valid[1] == len(recorded), (valid, len(recorded))
    issued = db.execute("SELECT count(*) FROM audit WHERE action = 'certificate.issued' AND account_id IS NOT NULL")
    assert issued.fetchone()[0] == len(recorded)


def main():
    server = Server(PORT, "--http01-port", str(HTTP01_PORT))
    server.start()
    client = KillingClient(server, server.restart if MODE == "after-each" else lambda: None)
    serve_challenges(client)
    try:
        client.register()
        rounds = 1 if MODE == "after-each" else 5
        serials = [order_certificate(client, [f"127.0.{i}.1", f"127.0.{i}.2"], MODE == "within")
                   for i in range(1, rounds + 1)]
        check_records(serials)
        print(f"{len(serials)} certificates, {client.steps} answers, {server.kills} kills")
    finally:
        server.kill()


main()
