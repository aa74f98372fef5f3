#!/usr/bin/env python3
"""An API server that only reviews tokens: token_reviews.py FILE. On a free port, which is its first line. FILE has lines
"TOKEN USER NODE", with - for no node; what stands there is good for the audience vexxy. It says what it is asked."""
import http.server, json, sys


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def reply(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self):
        self.reply(200, {"gitVersion": "v1.35.4"} if self.path == "/version" else {"metadata": {"resourceVersion": "1"}, "items": []})

    def do_POST(self):
        spec = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["spec"]
        print("review", spec["audiences"], flush=True)
        status = {"authenticated": False, "error": "invalid bearer token", "user": {}}
        for token, user, node in (line.split() for line in open(sys.argv[1])):
            if token == spec["token"] and spec["audiences"] == ["vexxy"]:
                extra = {} if node == "-" else {"authentication.kubernetes.io/node-name": [node]}
                status = {"authenticated": True, "audiences": ["vexxy"], "user": {"username": user, "extra": extra}}
        self.reply(201, {"kind": "TokenReview", "apiVersion": "authentication.k8s.io/v1", "status": status})

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
