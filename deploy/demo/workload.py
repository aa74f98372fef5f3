#!/usr/bin/env python3
"""Asks the demo's web server for a bit of everything, in random bursts, for DEMO_SECONDS: a driver of `vexxy run`.

The bursts are the same in every run, and every answer is checked. Each is a unit of observation: a mark says where it begins.
"""
import ctypes
import http.client
import os
import random
import sys
import time

PORT = 8080
REQUESTS = [  # method, path, headers, the status that must come back
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


def enter_network():
	"""The container's loopback is not the host's."""
	network = os.open(f"/proc/{os.environ['VEXXY_PID']}/ns/net", os.O_RDONLY)
	if ctypes.CDLL(None, use_errno=True).setns(network, 0) < 0:
		sys.exit(f"error: cannot enter the container's network: {os.strerror(ctypes.get_errno())}")
	os.close(network)


def ask(method, path, headers, want):
	connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
	try:
		connection.request(method, path, headers=headers)
		response = connection.getresponse()
		response.read()
	except OSError as e:
		sys.exit(f"error: {method} {path}: the demo's server does not answer: {e}")
	finally:
		connection.close()
	if response.status != want:
		sys.exit(f"error: {method} {path} answered {response.status}, expected {want}")


def mark():
	with open(os.environ["VEXXY_MARKS"], "w", encoding="ascii") as marks:
		marks.write("mark burst\n")


def main():
	enter_network()
	choice = random.Random(1)
	end = time.monotonic() + float(os.environ.get("DEMO_SECONDS", "15"))
	while time.monotonic() < end:
		mark()
		for request in choice.sample(REQUESTS, choice.randint(3, len(REQUESTS))):
			ask(*request)
		time.sleep(0.1)


main()
