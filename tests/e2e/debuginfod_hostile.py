#!/usr/bin/env python3
# SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
"""A debuginfod server that means ill, on a free port of 127.0.0.1, which it prints: debuginfod_hostile.py FILE [OTHER_PORT]

What it does is the first word of the path: /endless/buildid/… Every request is written to standard error.
"""
import http.server
import socketserver
import sys
import time

with open(sys.argv[1], "rb") as given:
	GOOD = given.read()


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
	daemon_threads = True


class Hostile(http.server.BaseHTTPRequestHandler):
	protocol_version = "HTTP/1.0"

	def answer(self, status, body=b"", length=None, **headers):
		self.send_response(status)
		self.send_header("Content-Length", str(len(body) if length is None else length))
		for name, value in headers.items():
			self.send_header(name.replace("_", "-"), value)
		self.end_headers()
		self.wfile.write(body)

	def do_GET(self):
		how, _, rest = self.path[1:].partition("/")
		if how == "endless":
			self.send_response(200)
			self.end_headers()
			while True:
				self.wfile.write(GOOD[:4096].ljust(65536, b"\0"))
		elif how == "good":
			self.answer(200, GOOD)
		elif how == "short":  # less than it says
			self.answer(200, GOOD[: len(GOOD) // 2], len(GOOD))
		elif how == "cut":  # less, and it says so
			self.answer(200, GOOD[: len(GOOD) // 2])
		elif how == "changed":  # the same build-id, other content at the end of it
			self.answer(200, GOOD + b"\0")
		elif how == "text":
			self.answer(200, b"<html>welcome</html>")
		elif how == "empty":
			self.answer(200)
		elif how == "packed":
			self.answer(200, b"\x1f\x8b\x08\0" + bytes(64), Content_Encoding="gzip")
		elif how == "loop":
			self.answer(302, Location=self.path)
		elif how == "away":
			self.answer(302, Location="file:///etc/passwd")
		elif how == "nowhere":
			self.answer(302)
		elif how == "moved":  # relative, and for the body of it nobody asked
			self.answer(301, b"moved", Location="/good/" + rest)
		elif how == "slow":
			self.send_response(200)
			self.end_headers()
			while True:
				self.wfile.write(b"\x7f")
				time.sleep(0.2)
		elif how == "broken":
			self.answer(500, b"\x1b[31mno")
		else:
			self.answer(404)


with Server(("127.0.0.1", 0), Hostile) as server:
	print(server.server_address[1], flush=True)
	try:
		server.serve_forever()
	except KeyboardInterrupt:
		pass
