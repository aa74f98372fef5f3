#!/usr/bin/env python3
"""Sends requests that no client should, byte by byte, and prints one line each: ok or what is wrong, a tab, the sentence."""
import re
import socket
import sys
import time

host, port = sys.argv[1].rsplit(":", 1)
H = b"Host: localhost\r\n"
POST = b"POST /api/v1/analysis/submit HTTP/1.1\r\n" + H + b"Content-Type: application/json\r\n"
BODY = b'{"image_ref":"x"}'


def exchange(data, timeout=8.0):
    """All that comes back until the server closes or is silent for a while; and did it close?"""
    s = socket.create_connection((host, int(port)), timeout=timeout)
    got = b""
    try:
        s.sendall(data)
        s.settimeout(1.5)
        while True:
            part = s.recv(65536)
            if not part:
                return got, True
            got += part
    except socket.timeout:
        return got, False
    except OSError:
        return got, True
    finally:
        s.close()


def statuses(got):
    return [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3}) ", got)]


def say(sentence, fault=None):
    print(f"{fault or 'ok'}\t{sentence}", flush=True)


def refused(sentence, data, *wanted):
    """One reply with one of these statuses; nothing behind it is taken for a request. What libmicrohttpd itself refuses it says
    with its head twice, and closes."""
    got, closed = exchange(data)
    seen = statuses(got)
    if closed and len(seen) == 2 and seen[0] == seen[1] >= 400:
        seen = seen[:1]
    if not seen and closed and 0 in wanted:
        say(sentence)
    elif len(seen) != 1 or seen[0] not in wanted:
        say(sentence, f"statuses {seen}, closed {closed}")
    else:
        say(sentence)


SMUGGLED = b"GET /livez HTTP/1.1\r\n" + H + b"\r\n"
length = str(len(BODY)).encode()
cases = [
    ("two different lengths", POST + b"Content-Length: " + length + b"\r\nContent-Length: 0\r\n\r\n" + BODY, 400),
    ("the same length twice", POST + b"Content-Length: " + length + b"\r\nContent-Length: " + length + b"\r\n\r\n" + BODY, 400),
    ("length and chunked", POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED, 400),
    ("chunked and length", POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n" + SMUGGLED, 400),
    ("an unknown transfer encoding", POST + b"Transfer-Encoding: gzip\r\n\r\n" + SMUGGLED, 400),
    ("chunked twice", POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400),
    ("two transfer encodings", POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n", 400),
    ("chunked with a trailing word", POST + b"Transfer-Encoding: chunked x\r\n\r\n0\r\n\r\n", 400),
    ("chunked in HTTP/1.0", POST.replace(b"1.1", b"1.0", 1) + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    ("a signed length", POST + b"Content-Length: +17\r\n\r\n" + BODY, 400),
    ("a negative length", POST + b"Content-Length: -1\r\n\r\n" + BODY, 400),
    ("a length in hexadecimal", POST + b"Content-Length: 0x11\r\n\r\n" + BODY, 400),
    ("a length of words", POST + b"Content-Length: many\r\n\r\n" + BODY, 400),
    ("a list of lengths", POST + b"Content-Length: 17, 17\r\n\r\n" + BODY, 400),
    ("a length beyond all numbers", POST + b"Content-Length: 99999999999999999999999\r\n\r\n", 400, 413),
    ("a length over the limit", POST + b"Content-Length: 999999999\r\n\r\n", 413),
    ("an empty length", POST + b"Content-Length:\r\n\r\n", 400),
    ("a space before the colon", POST + b"Content-Length : 17\r\n\r\n" + BODY, 400),
    ("a control character in a name", b"GET /livez HTTP/1.1\r\n" + H + b"X\x01Y: 1\r\n\r\n", 400),
    ("a control character in a value", b"GET /livez HTTP/1.1\r\n" + H + b"X: a\x01b\r\n\r\n", 400),
    ("a name without end", b"GET /livez HTTP/1.1\r\n" + H + b"nothing\r\n\r\n", 400),
    ("a folded header", b"GET /livez HTTP/1.1\r\n" + H + b"X: a\r\n b\r\n\r\n", 400, 200),
    ("no host", b"GET /livez HTTP/1.1\r\n\r\n", 400),
    ("two hosts", b"GET /livez HTTP/1.1\r\n" + H + b"Host: other\r\n\r\n", 400),
    ("two keys", b"GET /api/v1/analysis HTTP/1.1\r\n" + H + b"Authorization: a\r\nAuthorization: b\r\n\r\n", 400),
    ("%00 in the path", b"GET /livez%00.html HTTP/1.1\r\n" + H + b"\r\n", 400),
    ("a control character in the path", b"GET /liv\x07ez HTTP/1.1\r\n" + H + b"\r\n", 400),
    ("a fragment in the path", b"GET /livez#x HTTP/1.1\r\n" + H + b"\r\n", 400),
    ("a whole URL of another host", b"GET http://evil.example/livez HTTP/1.1\r\n" + H + b"\r\n", 400),
    ("a whole URL that is no path", b"GET http://localhost HTTP/1.1\r\n" + H + b"Content-Length: 4\r\n\r\nGET ", 413),
    ("a whole URL of another machine's name", b"GET http://evil.example/api/v1/analysis HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403),
    ("no path", b"GET * HTTP/1.1\r\n" + H + b"\r\n", 400),
    ("a path of 40 kB", b"GET /" + b"a" * 40000 + b" HTTP/1.1\r\n" + H + b"\r\n", 414, 400, 431, 0),
    ("a header of 40 kB", b"GET /livez HTTP/1.1\r\n" + H + b"X: " + b"a" * 40000 + b"\r\n\r\n", 431, 400, 413, 0),
    ("a thousand headers", b"GET /livez HTTP/1.1\r\n" + H + b"".join(b"X%d: 1\r\n" % i for i in range(1000)) + b"\r\n", 431, 400),
    ("HTTP/0.9", b"GET /livez\r\n\r\n", 400, 505, 0),
    ("HTTP/2 without asking", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, 400, 0),
    ("HTTP/1.2", b"GET /livez HTTP/1.2\r\n" + H + b"\r\n", 505, 400, 200),
    ("a method of lower case", b"get /livez HTTP/1.1\r\n" + H + b"\r\n", 405, 400, 501),
    ("CONNECT", b"CONNECT localhost:1 HTTP/1.1\r\n" + H + b"\r\n", 400, 405),
    ("TRACE", b"TRACE /livez HTTP/1.1\r\n" + H + b"\r\n", 405),
    ("a chunk that is no number", POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n", 400, 0),
    ("a negative chunk", POST + b"Transfer-Encoding: chunked\r\n\r\n-1\r\nabc\r\n0\r\n\r\n", 400, 0),
    ("a chunk that overflows", POST + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\nabc\r\n", 400, 413, 0),
    ("a query that cannot be decoded", b"GET /api/v1/analysis?limit=%zz HTTP/1.1\r\n" + H + b"\r\n", 400),
    ("twenty query parameters", b"GET /api/v1/analysis?" + b"&".join(b"a%d=1" % i for i in range(20)) + b" HTTP/1.1\r\n" + H + b"\r\n", 400),
    ("another machine's name", b"GET /api/v1/analysis HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403),
    ("a body where none belongs", b"GET /livez HTTP/1.1\r\n" + H + b"Content-Length: 4\r\n\r\nGET ", 413),
    ("a body that is no JSON by its type", POST.replace(b"application/json", b"text/plain") + b"Content-Length: 17\r\n\r\n" + BODY, 415),
]
for name, data, *wanted in cases:
    refused(name + " is refused", data, *wanted)

# More than the limit in chunks: refused, and the connection cut if it goes on.
chunk = b"10000\r\n" + b"a" * 65536 + b"\r\n"
got, closed = exchange(POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 8 + b"0\r\n\r\n")
say("a body over the limit in chunks is refused", None if statuses(got) == [413] else f"statuses {statuses(got)}")
got, closed = exchange(POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunk * 100)
say("one without end is cut off", None if closed and 201 not in statuses(got) else f"statuses {statuses(got)}, closed {closed}")

# The library cuts a line at a NUL and drops a header without a name before anybody sees them: one request, one reply.
for name, data in (
    ("a NUL in a value", b"GET /livez HTTP/1.1\r\n" + H + b"X: a\x00b\r\n\r\n"),
    ("a NUL in the path", b"GET /livez\x00/../x HTTP/1.1\r\n" + H + b"\r\n"),
    ("an empty name", b"GET /livez HTTP/1.1\r\n" + H + b": x\r\n\r\n"),
):
    got, closed = exchange(data)
    say(name + " gives one reply", None if len(statuses(got)) == 1 else f"statuses {statuses(got)}")
got, closed = exchange(SMUGGLED * 3)
say("three requests at once get three replies", None if statuses(got) == [200] * 3 else f"statuses {statuses(got)}")
got, closed = exchange(b"GET http://localhost/api/v1/nothing?limit=1 HTTP/1.1\r\n" + H + b"\r\n" + SMUGGLED.replace(b"/livez", b"HTTP://LOCALHOST/livez"))
say("a whole URL is its path", None if statuses(got) == [404, 200] else f"statuses {statuses(got)}")
got, closed = exchange(b"HEAD /livez HTTP/1.1\r\n" + H + b"\r\n")
say("HEAD has no body", None if statuses(got) == [200] and got.endswith(b"\r\n\r\n") else repr(got))

# A thousand idle connections keep nobody waiting.
idle = [socket.create_connection((host, int(port))) for _ in range(1000)]
slow = [socket.create_connection((host, int(port))) for _ in range(50)]
for s in slow:
    s.sendall(b"GET /livez HT")
begun = time.monotonic()
got, closed = exchange(SMUGGLED)
took = time.monotonic() - begun - 1.5
say("a thousand idle clients keep nobody waiting", None if statuses(got) == [200] and took < 1 else f"{statuses(got)} after {took:.2f} s")
for s in idle + slow:
    s.close()

# A thousand streams of one job's events all see its end.
import http.client  # noqa: E402
import json  # noqa: E402

c = http.client.HTTPConnection(host, int(port))
c.request("POST", "/api/v1/analysis/submit", json.dumps({"image_ref": "web", "image_digest": "sha256:" + "a" * 64}), {"Content-Type": "application/json"})
job = json.load(c.getresponse())["job_id"]
streams = []
for _ in range(1000):
    s = socket.create_connection((host, int(port)), timeout=30)
    s.sendall(b"GET /api/v1/analysis/" + job.encode() + b"/events HTTP/1.1\r\n" + H + b"\r\n")
    streams.append(s)
heard = 0
for s in streams:
    got = b""
    while b"event: phase" not in got:
        got += s.recv(4096)
    heard += 1
say("a thousand streams are heard at once", None if heard == 1000 else f"{heard} of them")
begun = time.monotonic()
c.request("DELETE", f"/api/v1/analysis/{job}")
cancelled = c.getresponse()
cancelled.read()
say("the job of theirs is cancelled", None if cancelled.status == 200 else f"status {cancelled.status}")
ended = 0
for s in streams:
    got = b""
    try:
        while part := s.recv(4096):
            got += part
    except OSError as e:
        got += str(e).encode()
    ended += b"event: done" in got and b'"status":"cancelled"' in got
    s.close()
say("each of them tells the end, and ends", None if ended == 1000 else f"{ended} of them after {time.monotonic() - begun:.1f} s")
