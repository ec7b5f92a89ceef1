#!/usr/bin/env python3
"""A DNS server for stories: dns_server.py PORT FILE. Each line of FILE, read anew for every question, is a record:
NAME A ADDRESS, NAME TXT TEXT, NAME CNAME NAME or NAME CAA TAG VALUE; NAME SILENT - is never answered; `*` as NAME
stands for all, `*.END` for all below. Anything else does not exist."""
import socket
import struct
import sys

TYPES = {"A": 1, "CNAME": 5, "TXT": 16, "CAA": 257}


def wire_name(name):
    labels = name.rstrip(".").encode().split(b".")
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def wire_data(kind, text):
    if kind == "A":
        return socket.inet_aton(text)
    if kind == "CNAME":
        return wire_name(text)
    if kind == "CAA":
        tag, value = text.split(maxsplit=1)
        return bytes([0, len(tag)]) + tag.encode() + value.encode()
    return bytes([len(text)]) + text.encode()


def question(packet):
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1 : at + 1 + packet[at]].decode().lower())
        at += 1 + packet[at]
    return ".".join(labels), struct.unpack("!H", packet[at + 1 : at + 3])[0], packet[12 : at + 5]


def covers(owner, name):
    owner = owner.rstrip(".").lower()
    return owner in (name, "*") or (owner.startswith("*.") and name.endswith(owner[1:]))


def answer(packet, path):
    """None: no answer at all."""
    name, wanted, asked = question(packet)
    records, known = [], False
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            owner, kind, text = line.split(maxsplit=2)
            if not covers(owner, name):
                continue
            if kind == "SILENT":
                return None
            known = True
            if TYPES[kind] in (wanted, TYPES["CNAME"]):
                data = wire_data(kind, text.strip())
                records.append(wire_name(name) + struct.pack("!HHIH", TYPES[kind], 1, 1, len(data)) + data)
    flags = 0x8580 | (0 if known else 3)
    return packet[:2] + struct.pack("!HHHHH", flags, 1, len(records), 0, 0) + asked + b"".join(records)


def main():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", int(sys.argv[1])))
    print("ready", flush=True)
    while True:
        packet, peer = server.recvfrom(4096)
        reply = answer(packet, sys.argv[2])
        if reply is not None:
            server.sendto(reply, peer)


main()
