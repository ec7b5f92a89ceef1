"""Many connections from one process: some idle between two requests, some that send a request a byte at a time.

    edge_clients.py PORT IDLE TRICKLING [CA-FILE]

CA-FILE: over TLS. Opens as many of each kind, or on a busy machine as many as ten seconds (trickling: five, before the
server's deadline for the first; EDGE_PATIENCE multiplies both) permit, prints "held IDLE TRICKLING", goes on until its standard input ends, and then
prints how many idle connections the server has closed, and how often a trickling one was answered 408 or closed (and was
opened again)."""

import errno
import os
import select
import socket
import ssl
import sys
import time

port, idle_wanted, trickling_wanted = (int(word) for word in sys.argv[1:4])
context = ssl.create_default_context(cafile=sys.argv[4]) if len(sys.argv) > 4 else None
REQUEST = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"
START = b"POST /acme/new-order HTTP/1.1\r\nHost: localhost\r\nX-Slow: "

epoll = select.epoll()
idle, trickling = {}, {}
closed_idle = refused = 0


def connect():
    while True:
        try:
            plain = socket.create_connection(("127.0.0.1", port), 20)
            return context.wrap_socket(plain, server_hostname="localhost") if context else plain
        except OSError as error:  # a full backlog
            if error.errno not in (errno.ECONNREFUSED, errno.EAGAIN):
                raise
            time.sleep(0.01)


def watch(connection, table):
    connection.setblocking(False)
    table[connection.fileno()] = connection
    epoll.register(connection.fileno(), select.EPOLLIN | select.EPOLLRDHUP)


def open_idle(count):
    batch = [connect() for _ in range(count)]
    for connection in batch:
        connection.sendall(REQUEST)
    for connection in batch:
        answer = connection.recv(4096)
        assert answer.startswith(b"HTTP/1.1 200 "), answer[:100]
        watch(connection, idle)


def open_trickling():
    connection = connect()
    connection.sendall(START)
    watch(connection, trickling)


def look(wait):
    """Takes what the server has sent or closed."""
    global closed_idle, refused
    for number, _ in epoll.poll(wait):
        connection = idle.get(number) or trickling.get(number)
        try:
            got = connection.recv(4096)
        except (ssl.SSLWantReadError, BlockingIOError):
            continue  # a session ticket
        except OSError:
            got = b""
        epoll.unregister(number)
        connection.close()
        if idle.pop(number, None):
            closed_idle += 1
        else:
            del trickling[number]
            assert not got or got.startswith(b"HTTP/1.1 408 "), got[:100]
            refused += 1


def trickle():
    for connection in list(trickling.values()):
        try:
            connection.send(b"x")
        except OSError:
            pass  # look() tells


BATCH = 250
patience = int(os.environ.get("EDGE_PATIENCE", "1"))
until = time.monotonic() + 10 * patience
while len(idle) < idle_wanted and time.monotonic() < until:
    open_idle(min(BATCH, idle_wanted - len(idle)))
until = time.monotonic() + 5 * patience
while len(trickling) < trickling_wanted and time.monotonic() < until:
    open_trickling()
    if len(trickling) % BATCH == 0:
        look(0)
print("held", len(idle), len(trickling), flush=True)

trickling_held = len(trickling)
end = select.poll()
end.register(sys.stdin, select.POLLIN | select.POLLHUP)
while not end.poll(0):
    second = time.monotonic() + 1
    trickle()
    while time.monotonic() < second and not end.poll(0):
        look(0.05)
        for _ in range(min(BATCH, trickling_held - len(trickling))):
            open_trickling()
print("closed idle", closed_idle)
print("refused trickling", refused)
