"""The server that stories in Python kill, and an account that expects every step of the protocol to succeed."""

import hashlib
import os
import signal
import subprocess

import acme_client
from acme_client import b64

STORE = os.environ["SIGNET_STORE"]
ROOT = f"{STORE}/authorities/default/root.crt"


class Server:
    """`signet serve-acme` on https://localhost:PORT."""

    def __init__(self, port, *options, auth="challenge"):
        self.base = f"https://localhost:{port}"
        self.command = ["signet", "serve-acme", "--listen", f"127.0.0.1:{port}", "--http-listen", "127.0.0.1:0",
                        "--hostname", "localhost", "--auth", auth, "--allow-target", "127.0.0.0/8", *options]
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


class Client(acme_client.Client):
    """Calls `after_step` after each answer, for instance to kill the server."""

    def __init__(self, server, after_step=lambda: None):
        super().__init__(server.base, ROOT)
        self.server, self.after_step = server, after_step
        self.steps = 0

    def post(self, path, payload):
        answer = super().post(path, payload)
        assert answer.status < 300, answer.body
        self.steps += 1
        self.after_step()
        return answer

    def register(self):
        self.send("GET", f"{self.base}/acme/directory")
        self.after_step()
        self.send("HEAD", f"{self.base}/acme/new-nonce")
        self.after_step()
        return super().register()

    def order(self, identifiers):
        """The order, its URL and its authorizations, as the server answers."""
        answer = self.post("/acme/new-order", {"identifiers": identifiers})
        order = answer.json()
        return order, answer.headers["Location"], [self.post(url, None).json() for url in order["authorizations"]]

    def key_authorization(self, challenge):
        return f"{challenge['token']}.{self.thumbprint}"

    def dns_value(self, challenge):
        return b64(hashlib.sha256(self.key_authorization(challenge).encode()).digest())


def challenge_of(authorization, kind):
    return next(challenge for challenge in authorization["challenges"] if challenge["type"] == kind)
