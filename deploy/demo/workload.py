#!/usr/bin/env python3
"""Asks the demo's web server for a bit of everything, for a given number of seconds (20)."""
import http.client
import os
import sys
import time

PORT = 8080
REQUESTS = [ # method, path, headers, the status that must come back
	("GET", "/", {}, 200),
	("GET", "/style.css", {"Accept-Encoding": "gzip"}, 200),
	("GET", "/news.xml", {}, 200),
	("GET", "/list/", {}, 200),
	("GET", "/api/status", {}, 200),
	("HEAD", "/", {}, 200),
	("GET", "/style.css", {"Range": "bytes=0-9"}, 206),
	("GET", "/style.css", {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}, 304),
	("POST", "/", {}, 405),
	("GET", "/absent", {}, 404),
	("GET", "/../etc/passwd", {}, 400),
]


def ask(method, path, headers):
	connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
	try:
		connection.request(method, path, headers=headers)
		response = connection.getresponse()
		response.read()
		return response.status
	finally:
		connection.close()


def wait_until_up(deadline):
	while True:
		try:
			return ask("GET", "/", {})
		except OSError as e:
			if time.monotonic() > deadline:
				sys.exit(f"error: the demo's server does not answer on port {PORT}: {e}")
			time.sleep(0.05)


def main():
	seconds = float(os.environ.get("DEMO_SECONDS", "20"))
	start = time.monotonic()
	wait_until_up(start + 30)
	while True:
		for method, path, headers, want in REQUESTS:
			got = ask(method, path, headers)
			if got != want:
				sys.exit(f"error: {method} {path} answered {got}, expected {want}")
			time.sleep(0.02)
		if time.monotonic() - start >= seconds:
			break


main()
