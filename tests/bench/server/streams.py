#!/usr/bin/env python3
"""COUNT clients listen to one analysis; then it is cancelled. Prints how many heard the end, after how long, and what the server took.

  streams.py HOST:PORT PID JOB COUNT"""
import resource
import select
import socket
import sys
import time
import urllib.request

address, pid, job, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
host, port = address.rsplit(":", 1)
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)


def rss_mib():
    return next(int(line.split()[1]) for line in open(f"/proc/{pid}/status") if line.startswith("VmRSS:")) / 1024


def collect(seconds, word):
    """How many have heard the word."""
    until = time.monotonic() + seconds
    while sum(word in heard for heard in texts.values()) < count and time.monotonic() < until:
        for fd, _ in poll.poll(0.5):
            data = sockets[fd].recv(65536)
            texts[fd] += data
            if not data:
                poll.unregister(fd)
    return sum(word in heard for heard in texts.values())


sockets, texts, poll = {}, {}, select.epoll()
for _ in range(count):
    s = socket.create_connection((host, int(port)), timeout=20)
    s.sendall(f"GET /api/v1/analysis/{job}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    sockets[s.fileno()], texts[s.fileno()] = s, b""
    poll.register(s.fileno(), select.EPOLLIN)
open_streams = collect(30, b"event: phase")
at_once = rss_mib()
begun = time.monotonic()
urllib.request.urlopen(urllib.request.Request(f"http://{address}/api/v1/analysis/{job}", method="DELETE"), timeout=30).read()
ended = collect(30, b"event: done")
print(f"{open_streams} {ended} {time.monotonic() - begun:.2f} {at_once:.1f}")
