#!/usr/bin/env python3
"""The operator's other service: SBOMs by their id, each last digit another behaviour. Prints its port; notes each request in the file."""
import http.server
import sys
import time

SBOM = b'{"bomFormat":"CycloneDX","specVersion":"1.6","components":[]}'


class Backend(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, body=b"", length=None, **headers):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        with open(sys.argv[1], "a") as notes:
            notes.write(f"{self.path} {self.headers.get('X-API-Key')} {self.headers.get('Authorization')}\n")
        case = self.path[-1]
        if case == "1":
            self.reply(200, SBOM)
        elif case == "2":
            self.reply(404, b'{"error":"no"}')
        elif case == "3":
            self.reply(500, SBOM)
        elif case == "4":
            self.reply(302, b"", Location=self.path[:-1] + "1")
        elif case == "5":
            self.reply(200, b"PK\3\4" + SBOM)
        elif case == "6":  # larger than the server takes, without saying so before
            self.send_response(200)
            self.end_headers()
            self.close_connection = True
            try:
                for _ in range(64):
                    self.wfile.write(b" " * 65536)
            except OSError:
                pass
        elif case == "7":
            self.reply(200, SBOM[:20], len(SBOM))
            self.close_connection = True
        elif case == "8":
            self.reply(200, b"")
        elif case == "9":
            time.sleep(30)


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Backend)
server.daemon_threads = True
print(server.server_address[1], flush=True)
server.serve_forever()
