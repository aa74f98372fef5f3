#!/usr/bin/env python3
"""Very many clients that say nothing, or little: server_many.py HOST:PORT PID COUNT SECONDS

COUNT connections, of each kind a third: silent, with half a head, and idle after a request. Then 500 that send a byte now and then.
Prints "ok" or what is wrong, a tab, and the sentence, one line each. All on loopback; ends by itself."""
import resource
import select
import socket
import sys
import time
import urllib.request

address, pid, count, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
host, port = address.rsplit(":", 1)
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
HEAD = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n"


def say(sentence, fault=None):
    print(f"{fault or 'ok'}\t{sentence}", flush=True)


def rss_kib():
    for line in open(f"/proc/{pid}/status"):
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def connect(kind, n):
    s = socket.socket()
    s.bind((f"127.0.{1 + n % 200}.1", 0))
    s.settimeout(20)
    s.connect((host, int(port)))
    if kind == 1:
        s.sendall(HEAD + b"X-Half:")
    elif kind == 2:
        s.sendall(HEAD + b"\r\n")
    s.setblocking(False)
    return s


def answers(times):
    """The longest time that a request of somebody else takes; None when one fails."""
    worst = 0.0
    for _ in range(times):
        begun = time.monotonic()
        try:
            with urllib.request.urlopen(f"http://{address}/health", timeout=10) as reply:
                if reply.status != 200:
                    return None
        except OSError:
            return None
        worst = max(worst, time.monotonic() - begun)
    return worst


def wait_for_end(sockets, until, drip=0.0):
    """How many the server has not closed by then. With drip, each sends a byte that often."""
    poll = select.epoll()
    left = {s.fileno(): s for s in sockets}
    for fd in left:
        poll.register(fd, select.EPOLLIN | select.EPOLLRDHUP)
    due = time.monotonic()
    while left and time.monotonic() < until:
        for fd, _ in poll.poll(0.2):
            try:
                ended = not left[fd].recv(65536)
            except BlockingIOError:
                continue
            except OSError:
                ended = True
            if ended:
                poll.unregister(fd)
                left.pop(fd).close()
        if drip and time.monotonic() > due:
            due = time.monotonic() + drip
            for s in left.values():
                try:
                    s.send(b"x")
                except OSError:
                    pass  # its end is seen above
    for s in left.values():
        s.close()
    return len(left)


before = rss_kib()
sockets, failed = [], 0
begun = time.monotonic()
for n in range(count):
    try:
        sockets.append(connect(n % 3, n))
    except OSError as error:
        failed = failed or f"{error} at {n}"
        break
say(f"{count} clients are connected", failed and str(failed))
worst = answers(20)
say("meanwhile others are answered", None if worst is not None and worst < 5 else f"longest {worst}")
each = (rss_kib() - before) * 1024 / max(1, len(sockets))
say("a client that waits costs at most 40 KiB", None if each <= 40960 else f"{each:.0f} bytes")
print(f"#\t{len(sockets)} connected in {time.monotonic() - begun:.1f} s, longest answer {worst} s, {each:.0f} bytes each, {rss_kib()} KiB in all", flush=True)
begun = time.monotonic()
left = wait_for_end(sockets, begun + seconds)
print(f"#\tthe last was cut after {time.monotonic() - begun:.1f} s", flush=True)
say("all of them are cut in the end", None if left == 0 else f"{left} are there after {seconds} s")
slow = [connect(1, n) for n in range(500)]
left = wait_for_end(slow, time.monotonic() + seconds, drip=1.0)
say("as are those that send a byte a second", None if left == 0 else f"{left} are there after {seconds} s")
worst = answers(5)
say("and others are answered as before", None if worst is not None and worst < 5 else f"longest {worst}")
grown = rss_kib() - before
say("what they took is given back, or used again", None if grown <= 40 * count else f"{grown} KiB more")
