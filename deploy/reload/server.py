#!/usr/bin/env python3
"""A server that looks at its files before each handshake, and needs no signal: server.py PORT DIR NAME...
Its clients need a certificate of the same CA that has one of the NAMEs: a URI (spiffe://...), else a DNS name."""
import http.server
import os
import ssl
import sys

PORT, DIR, ALLOWED = int(sys.argv[1]), sys.argv[2], sys.argv[3:]


class Certificate:
    """The context of the version that stands in DIR now. The directory is resolved once, so that key and chain fit."""

    def __init__(self):
        self.version, self.context = None, None

    def current(self):
        version = os.path.realpath(os.path.join(DIR, ".versions", "live"))
        if version != self.version:
            context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=os.path.join(version, "ca.crt"))
            context.load_cert_chain(os.path.join(version, "tls.crt"), os.path.join(version, "tls.key"))
            context.verify_mode = ssl.CERT_REQUIRED
            self.version, self.context = version, context
        return self.context


def peer_name(certificate):
    names = certificate.get("subjectAltName", ())
    for kind in ("URI", "DNS"):
        for name in [value for one, value in names if one == kind]:
            if name in ALLOWED:
                return name
    return None


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = peer_name(self.connection.getpeercert())
        body = b"hello\n" if name else b"you are not on the list\n"
        self.send_response(200 if name else 403)
        self.send_header("Content-Length", str(len(body)))  # the end of the connection alone tells no client that this is all
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


class Server(http.server.ThreadingHTTPServer):
    certificate = Certificate()

    def get_request(self):
        connection, address = super().get_request()
        connection.settimeout(10)
        return self.certificate.current().wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request, client_address):
        pass


Server(("", PORT), Handler).serve_forever()
