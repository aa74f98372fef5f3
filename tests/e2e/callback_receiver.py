#!/usr/bin/env python3
"""A receiver of callbacks on loopback: answers as its path says, and writes each request as one line of JSON.

/fail-N/…  500 to the first N requests of that path, then 204
/redirect/…  302 to /followed
anything else  204"""
import collections
import http.server
import json
import sys

out = open(sys.argv[1], "a", buffering=1)
seen = collections.Counter()


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        seen[self.path] += 1
        status = 204
        if self.path.startswith("/fail-") and seen[self.path] <= int(self.path.split("/")[1].split("-")[1]):
            status = 500
        if self.path.startswith("/redirect/"):
            status = 302
        out.write(json.dumps({"path": self.path, "status": status, "headers": {k.lower(): v for k, v in self.headers.items()}, "body": body}) + "\n")
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/followed")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST

    def log_message(self, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
print(server.server_address[1], flush=True)
server.serve_forever()
