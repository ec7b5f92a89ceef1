"""An ACME client and the server that it kills: what the stories in Python share.

It knows RFC 8555 and nothing of signet but the command line.
"""

import base64
import hashlib
import json
import os
import signal
import ssl
import subprocess
import urllib.error
import urllib.request

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils

STORE = os.environ["SIGNET_STORE"]


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Server:
    """`signet serve-acme` in challenge mode, on https://localhost:PORT."""

    def __init__(self, port, *options):
        self.base = f"https://localhost:{port}"
        self.command = ["signet", "serve-acme", "--listen", f"127.0.0.1:{port}", "--http-listen", "127.0.0.1:0",
                        "--hostname", "localhost", "--auth", "challenge", "--allow-target", "127.0.0.0/8", *options]
        self.process = None
        self.kills = 0

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=open("server.log", "ab"))
        line = self.process.stdout.readline().decode()
        assert line == f"ready {self.base}/acme/directory\n", line

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()
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
    """One account, with a key of its own."""

    def __init__(self, server, after_step=lambda: None):
        self.server, self.after_step = server, after_step
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
        self.steps += 1
        self.after_step()
        return answer

    def register(self):
        self.send("GET", f"{self.server.base}/acme/directory")
        self.after_step()
        self.send("HEAD", f"{self.server.base}/acme/new-nonce")
        self.after_step()
        self.kid = self.post(f"{self.server.base}/acme/new-account", {}).headers["Location"]

    def order(self, identifiers):
        """The order, its URL and its authorizations, as the server answers."""
        answer = self.post(f"{self.server.base}/acme/new-order", {"identifiers": identifiers})
        order = answer.json()
        return order, answer.headers["Location"], [self.post(url, None).json() for url in order["authorizations"]]

    def key_authorization(self, challenge):
        return f"{challenge['token']}.{self.thumbprint}"

    def dns_value(self, challenge):
        return b64(hashlib.sha256(self.key_authorization(challenge).encode()).digest())


def challenge_of(authorization, kind):
    return next(challenge for challenge in authorization["challenges"] if challenge["type"] == kind)
