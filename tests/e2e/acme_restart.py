"""An ACME client that kills its server. Run by acme_restart.sh.

    acme_restart.py after-each|within PORT HTTP01_PORT

It knows RFC 8555 and nothing of signet but the command line and the tables of signet.db.
"""

import base64
import hashlib
import http.server
import ipaddress
import json
import os
import random
import signal
import sqlite3
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils

MODE, PORT, HTTP01_PORT = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
STORE = os.environ["SIGNET_STORE"]
BASE = f"https://localhost:{PORT}"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Server:
    def __init__(self):
        self.process = None
        self.kills = 0

    def start(self):
        command = ["signet", "serve-acme", "--listen", f"127.0.0.1:{PORT}", "--http-listen", "127.0.0.1:0",
                   "--hostname", "localhost", "--auth", "challenge", "--http01-port", str(HTTP01_PORT),
                   "--allow-target", "127.0.0.0/8"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=open("restart.log", "ab"))
        line = self.process.stdout.readline().decode()
        assert line == f"ready {BASE}/acme/directory\n", line

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.kills += 1

    def restart(self):
        self.kill()
        self.start()


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


class Client:
    def __init__(self, server):
        self.server = server
        self.key = ec.generate_private_key(ec.SECP256R1())
        numbers = self.key.public_key().public_numbers()
        self.jwk = {"crv": "P-256", "kty": "EC", "x": b64(numbers.x.to_bytes(32, "big")),
                    "y": b64(numbers.y.to_bytes(32, "big"))}
        canonical = json.dumps(self.jwk, sort_keys=True, separators=(",", ":"))
        self.thumbprint = b64(hashlib.sha256(canonical.encode()).digest())
        self.kid = self.nonce = None
        self.steps = 0

    def send(self, method, url, body=None):
        context = ssl.create_default_context(cafile=f"{STORE}/authorities/default/root.crt")
        request = urllib.request.Request(url, data=body, method=method)
        request.add_header("Content-Type", "application/jose+json")
        try:
            with urllib.request.urlopen(request, context=context, timeout=20) as response:
                answer = Answer(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            answer = Answer(error.code, error.headers, error.read())
        self.nonce = answer.headers.get("Replay-Nonce") or self.nonce
        return answer

    def signed(self, url, payload):
        header = {"alg": "ES256", "nonce": self.nonce, "url": url}
        header.update({"kid": self.kid} if self.kid else {"jwk": self.jwk})
        protected = b64(json.dumps(header).encode())
        content = "" if payload is None else b64(json.dumps(payload).encode())
        der = self.key.sign(f"{protected}.{content}".encode(), ec.ECDSA(hashes.SHA256()))
        r, s = utils.decode_dss_signature(der)
        return json.dumps({"protected": protected, "payload": content,
                           "signature": b64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))}).encode()

    def post(self, url, payload):
        """One step of the protocol: retried with the nonce of a badNonce, and after that the server is killed."""
        for _ in range(3):
            answer = self.send("POST", url, self.signed(url, payload))
            if b"badNonce" not in answer.body:
                break
            assert answer.status == 400
        assert answer.status < 300, answer.body
        self.after_step()
        return answer

    def after_step(self):
        self.steps += 1
        if MODE == "after-each":
            self.server.restart()

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


def make_csr(names):
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(name)) for name in names]), False)
    return b64(builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER))


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
        challenge = [c for c in authorization["challenges"] if c["type"] == "http-01"][0]
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
    server = Server()
    server.start()
    client = Client(server)
    serve_challenges(client)
    try:
        client.send("GET", f"{BASE}/acme/directory")
        client.after_step()
        client.send("HEAD", f"{BASE}/acme/new-nonce")
        client.after_step()
        client.kid = client.post(f"{BASE}/acme/new-account", {}).headers["Location"]
        rounds = 1 if MODE == "after-each" else 5
        serials = [order_certificate(client, [f"127.0.{i}.1", f"127.0.{i}.2"], MODE == "within")
                   for i in range(1, rounds + 1)]
        check_records(serials)
        print(f"{len(serials)} certificates, {client.steps} answers, {server.kills} kills")
    finally:
        server.kill()


main()
