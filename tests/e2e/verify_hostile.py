"""verify_hostile SIGNET: writes what makes verifiers slow or large, has it judged, and says what the verdict was and the
largest memory in MB. The CA, its key and a leaf are ca.pem, ca.key and leaf.pem; mailboxes.pem and hosts.pem
have many names, mailboxes_ca.pem and hosts_ca.pem as many constraints, giant.pem a key of 16384 bits."""
import base64
import json
import resource
import subprocess
import sys

signet, case = sys.argv[1], sys.argv[2]


def tlv(tag, contents):
    size = len(contents)
    if size < 128:
        return bytes([tag, size]) + contents
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 128 + len(length)]) + length + contents


def pem(label, der):
    text = base64.b64encode(der).decode()
    lines = "\n".join(text[i:i + 64] for i in range(0, len(text), 64))
    return f"-----BEGIN {label}-----\n{lines}\n-----END {label}-----\n"


def read(path):
    with open(path) as file:
        return file.read()


def der_of(path):
    return base64.b64decode("".join(line for line in read(path).splitlines() if "-----" not in line))


def twins(count):
    """The CA's certificate again and again, each with another signature that is wrong."""
    der = der_of("ca.pem")
    for i in range(count):
        yield pem("CERTIFICATE", der[:-4] + i.to_bytes(4, "big"))


def crl(entries):
    """Of the CA, signed."""
    ecdsa = tlv(0x30, tlv(6, bytes.fromhex("2a8648ce3d040302")))
    name = subprocess.run(["openssl", "x509", "-in", "ca.pem", "-noout", "-subject", "-nameopt", "multiline"], capture_output=True, text=True)
    common_name = name.stdout.split("= ")[1].strip().encode()
    issuer = tlv(0x30, tlv(0x31, tlv(0x30, tlv(6, bytes.fromhex("550403")) + tlv(0x0c, common_name))))
    date = tlv(0x17, b"200101000000Z")
    listed = b"".join(tlv(0x30, tlv(2, b"\x01" + i.to_bytes(15, "big")) + date) for i in range(entries))
    number = tlv(0xa0, tlv(0x30, tlv(0x30, tlv(6, bytes.fromhex("551d14")) + tlv(4, tlv(2, b"\x01")))))
    tbs = tlv(0x30, tlv(2, b"\x01") + ecdsa + issuer + date + tlv(0x17, b"491231235959Z") + tlv(0x30, listed) + number)
    signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign", "ca.key"], input=tbs, capture_output=True, check=True).stdout
    return tlv(0x30, tbs + ecdsa + tlv(3, b"\x00" + signature))


def line(**members):
    return json.dumps({"id": case, "leaf": read("leaf.pem"), "roots": [read("ca.pem")]} | members)


def batch(text):
    return [signet, "verify", "--batch", "-"], text + "\n"


if case == "values":
    command, given = batch('{"id":"values","roots":[' + "[]," * 6_000_000 + "[]]}")
elif case == "line":
    command, given = batch('{"id":"line","leaf":"' + "x" * (60 << 20) + '"}')
elif case == "certificates":
    command, given = batch(line(intermediates=list(twins(10_000))))
elif case == "twins":
    command, given = batch(line(roots=[read("root.pem")], intermediates=list(twins(3000))))
elif case in ("mailboxes", "hosts"):
    command, given = batch(line(leaf=read(case + ".pem"), roots=[read(case + "_ca.pem")]))
elif case == "key":
    command, given = batch(line(leaf=read("of_giant.pem"), intermediates=[read("giant.pem")]))
elif case in ("crl", "crl_pem"):
    der = crl(500_000)
    with open("crl", "wb") as file:
        file.write(der if case == "crl" else pem("X509 CRL", der).encode())
    command, given = [signet, "verify", "leaf.pem", "--root", "ca.pem", "--crl", "crl", "--json"], ""
elif case == "crl_batch":
    command, given = batch(line(crls=[pem("X509 CRL", crl(200_000))]))
done = subprocess.run(command, input=given.encode(), capture_output=True)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
answer = json.loads(done.stdout)
print(json.dumps({"valid": answer["valid"], "reason": answer["reason"], "peak_mb": peak}))
