#!/usr/bin/env python3
"""Stands before a store that speaks S3 but does not look at signatures: lets pass what AWS's own library would have signed so, with a
body of the digest that was signed.

  gate.py KEY SECRET STORE_PORT    prints its port; GET /fail?COUNT lets the next COUNT requests fail, by turns with 503 and a cut"""
import hashlib
import http.client
import http.server
import sys
import urllib.parse

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

key, secret, store_port = sys.argv[1], sys.argv[2], int(sys.argv[3])
failures = 0


def fault(request, body):
    """None, or the code of what is wrong."""
    words = request.headers.get("Authorization", "")
    if not words.startswith("AWS4-HMAC-SHA256 "):
        return "AccessDenied"
    parts = dict(part.strip().split("=", 1) for part in words.split(" ", 1)[1].split(","))
    name, _, region, service, _ = parts["Credential"].split("/")
    if name != key:
        return "InvalidAccessKeyId"
    signed = parts["SignedHeaders"].split(";")
    if not {"host", "x-amz-date", "x-amz-content-sha256"} <= set(signed):
        return "AccessDenied"
    if any(header not in request.headers for header in signed):
        return "SignatureDoesNotMatch"
    aws = AWSRequest(request.command, f"http://{request.headers['Host']}{request.path}", {h: request.headers[h] for h in signed})
    aws.context["timestamp"] = request.headers["X-Amz-Date"]
    auth = S3SigV4Auth(Credentials(key, secret), service, region)
    if auth.signature(auth.string_to_sign(aws, auth.canonical_request(aws)), aws) != parts["Signature"]:
        return "SignatureDoesNotMatch"
    if request.headers["x-amz-content-sha256"] != hashlib.sha256(body).hexdigest():
        return "XAmzContentSHA256Mismatch"
    return None


class Gate(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def reply(self, status, body=b"", length=None, kind="application/xml"):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", length if length is not None else str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def pass_on(self):
        global failures
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.startswith("/fail?"):
            failures = int(self.path[6:])
            return self.reply(204)
        if failures:
            failures -= 1
            if failures % 2:
                return self.reply(503, b"<Error><Code>SlowDown</Code></Error>")
            self.close_connection = True
            return self.connection.close()
        code = fault(self, body)
        if code:
            return self.reply(400 if code.startswith("XAmz") else 403, f"<Error><Code>{code}</Code></Error>".encode())
        store = http.client.HTTPConnection("127.0.0.1", store_port, timeout=20)
        headers = dict(self.headers)
        headers["Authorization"] = headers["Authorization"].replace(f"={key}/", "=S3RVER/")  # whom the store knows
        store.request(self.command, self.path, body or None, headers)
        answer = store.getresponse()
        self.reply(answer.status, answer.read(), answer.headers.get("Content-Length"), answer.headers.get("Content-Type", ""))
        store.close()

    do_GET = do_PUT = do_HEAD = pass_on


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Gate)
server.daemon_threads = True
print(server.server_address[1], flush=True)
server.serve_forever()
