#!/usr/bin/env python3
# Stands between a client and an API server (through "kubectl proxy") and does to it what networks and busy servers do.
#   fault_proxy.py PORT UPSTREAM-PORT SEED ONE-IN     of each kind of request (method, resource) each ONE-IN-th has a fault; which one, and from
#   which request on, the seed says: the same for the same seed, however the threads of the client take turns
# Prints a line for each fault. Faults: refused with 429 and Retry-After, 500, 503; cut before, in the middle of and behind the reply's
# head; a reply that is slow; a watch that is cut after some bytes, or told that its version has expired (410).
import collections
import re
import socket
import socketserver
import sys
import threading
import time
import zlib

port, upstream, seed, one_in = (int(a) for a in sys.argv[1:5])
asked, lock = collections.Counter(), threading.Lock()
EXPIRED = b'{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"too old","reason":"Expired","code":410}}\n'


def reply(status, more="", body=b"busy"):
    return f"HTTP/1.1 {status}\r\n{more}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


FAULTS = {
    "429": lambda s, up: s.sendall(reply("429 Too Many Requests", "Retry-After: 1\r\n")),
    "500": lambda s, up: s.sendall(reply("500 Internal Server Error")),
    "503": lambda s, up: s.sendall(reply("503 Service Unavailable", "Retry-After: 1\r\n")),
    "cut before": lambda s, up: None,
    "cut head": lambda s, up: s.sendall(b"HTTP/1.1 200 OK\r\nContent-Len"),
    "cut body": lambda s, up: s.sendall(up.recv(65536)[:-7]),
    "slow": lambda s, up: (time.sleep(2), pump(up, s)),
}
WATCH_FAULTS = {
    "watch 410": lambda s, up: s.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n" + EXPIRED),
    "watch cut": lambda s, up: pump(up, s, limit=900),
    "watch ended": lambda s, up: pump(up, s, seconds=2),
}


def kind_of(line):
    """"GET /api/v1/namespaces/n/pods/x/log?… HTTP/1.1" is "GET pods/*/log": what it is of, without names."""
    method, target = line.split(" ")[:2]
    path = re.sub(r".*/namespaces/[^/]+/", "", target.split("?")[0])
    parts = path.strip("/").split("/")
    if not path.startswith("/"):
        parts[1:2] = ["*"] if len(parts) > 1 else []
    return " ".join([method, "/".join(parts)] + ["watch"] * ("watch=1" in target))


def fault_of(kind):
    """The name of the fault that its next request has, or None."""
    with lock:
        n, asked[kind] = asked[kind], asked[kind] + 1
    if (n + zlib.crc32(f"{seed} {kind}".encode())) % one_in:
        return None
    names = sorted({**FAULTS, **WATCH_FAULTS} if kind.endswith(" watch") else FAULTS)
    return names[zlib.crc32(f"{seed} {kind} {n}".encode()) % len(names)]


def pump(source, target, limit=None, seconds=None):
    until = time.time() + (seconds or 1e9)
    while time.time() < until and limit != 0:
        source.settimeout(0.5)
        try:
            data = source.recv(65536 if limit is None else min(limit, 65536))
        except socket.timeout:
            continue
        if not data:
            break
        if limit is not None:
            limit -= len(data)
        target.sendall(data)


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        head = b""
        while b"\r\n\r\n" not in head:
            data = self.request.recv(65536)
            if not data:
                return
            head += data
        head, body = head.split(b"\r\n\r\n", 1)
        length = next((int(l.split(b":")[1]) for l in head.split(b"\r\n") if l.lower().startswith(b"content-length:")), 0)
        while len(body) < length:
            body += self.request.recv(65536)
        line = head.split(b"\r\n")[0].decode()
        fault = fault_of(kind_of(line))
        lines = [l for l in head.split(b"\r\n") if not l.lower().startswith(b"connection:")]
        with socket.create_connection(("127.0.0.1", upstream)) as up:
            if fault not in ("429", "500", "503"):
                up.sendall(b"\r\n".join(lines) + b"\r\nConnection: close\r\n\r\n" + body)
            if fault:
                print(f"{fault}: {line}", flush=True)
            try:
                {**FAULTS, **WATCH_FAULTS}[fault](self.request, up) if fault else pump(up, self.request)
            except OSError:
                pass


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


Server(("127.0.0.1", port), Handler).serve_forever()
