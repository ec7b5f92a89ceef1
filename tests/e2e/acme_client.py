"""An ACME client in small, for stories that send what no finished client would. It knows RFC 8555 and nothing of signet."""

import base64
import hashlib
import ipaddress
import json
import ssl
import urllib.error
import urllib.request

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def general_name(name):
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def make_csr(names):
    """Of DNS names and addresses, base64url, with a new key."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    builder = builder.add_extension(x509.SubjectAlternativeName([general_name(name) for name in names]), False)
    return b64(builder.sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256()).public_bytes(serialization.Encoding.DER))


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


class Client:
    """One account key. Every answer counts as one, whatever its status; a badNonce is tried again."""

    def __init__(self, base, root):
        self.base = base
        self.context = ssl.create_default_context(cafile=root)
        self.key = ec.generate_private_key(ec.SECP256R1())
        numbers = self.key.public_key().public_numbers()
        self.jwk = {"crv": "P-256", "kty": "EC", "x": b64(numbers.x.to_bytes(32, "big")),
                    "y": b64(numbers.y.to_bytes(32, "big"))}
        canonical = json.dumps(self.jwk, sort_keys=True, separators=(",", ":"))
        self.thumbprint = b64(hashlib.sha256(canonical.encode()).digest())
        self.kid = self.nonce = None

    def send(self, method, url, body=None):
        request = urllib.request.Request(url, data=body, method=method)
        request.add_header("Content-Type", "application/jose+json")
        try:
            with urllib.request.urlopen(request, context=self.context, timeout=60) as response:
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

    def post(self, path, payload):
        url = path if path.startswith("http") else self.base + path
        if self.nonce is None:
            self.send("HEAD", f"{self.base}/acme/new-nonce")
        for _ in range(3):
            answer = self.send("POST", url, self.signed(url, payload))
            if b"badNonce" not in answer.body:
                break
        return answer

    def register(self):
        answer = self.post("/acme/new-account", {})
        self.kid = answer.headers.get("Location")
        return answer

    def order(self, names):
        return self.post("/acme/new-order", {"identifiers": [{"type": "dns", "value": name} for name in names]})

    def issue(self, names):
        """Of a server that asks for no proof: what finalize answers, or newOrder when that refuses."""
        answer = self.order(names)
        if answer.status != 201:
            return answer
        return self.post(answer.json()["finalize"], {"csr": make_csr(names)})
