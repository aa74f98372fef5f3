#!/usr/bin/env python3
# SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
"""Programs of our own in the root: one linked statically, one in Rust; run.sh calls it.

    programs.py build ROOT      compiles programs/* into ROOT/usr/bin, each a package of its own in the package database
    programs.py store ROOT      a line as of the symbol store for each, from its symbol table: one CVE for each ran_ and idle_ function
"""
import json
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__)) + "/programs"
PROGRAMS = [
	("truth-static", "static.c", ["gcc", "-O2", "-static", "-Wl,--build-id"]),
	("truth-rust", "rusty.rs", ["rustc", "-O", "-C", "link-arg=-Wl,--build-id"]),
]


def output(*words):
	return subprocess.run(words, capture_output=True, text=True, check=True).stdout


def build(root):
	for package, source, command in PROGRAMS:
		subprocess.run(command + ["-o", f"{root}/usr/bin/{package}", f"{HERE}/{source}"], check=True)
		with open(f"{root}/var/lib/dpkg/status", "a") as status:
			status.write(f"\nPackage: {package}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n"
				"Maintainer: nobody\nDescription: a program of the truth\n")
		with open(f"{root}/var/lib/dpkg/info/{package}.list", "w") as files:
			files.write(f"/usr/bin/{package}\n")


def code_of(path):
	"""Executable segments, as the store has them: start, end, offset."""
	rows = [line.split() for line in output("readelf", "-lW", path).split("\n")]
	return [[hex(int(r[2], 16)), hex(int(r[2], 16) + int(r[5], 16)), hex(int(r[1], 16))]
		for r in rows if r[:1] == ["LOAD"] and "E" in "".join(r[6:-1])]


def functions_of(path):
	"""{name as an advisory has it: addresses}; Rust's with their modules, all instances of a generic one together."""
	found = {}
	for line in output("nm", "-C", path).split("\n"):
		words = line.split(" ", 2)
		if len(words) != 3 or words[1] not in "tT":
			continue
		name = re.sub(r"::h[0-9a-f]{16}$", "", words[2])
		name = re.sub(r"^<(\w+)::parts::(\w+) as .*>::", r"\1::parts::\2::", name)
		name = re.sub(r"::<.*>$|<.*>$", "", name)
		if re.search(r"\b(ran|idle)_\w+$", name):
			found.setdefault(name, []).append(int(words[0], 16))
	return found


def store(root):
	for number, (package, source, _) in enumerate(PROGRAMS):
		path = f"{root}/usr/bin/{package}"
		if not os.path.exists(path):
			continue
		build_id = re.search("Build ID: ([0-9a-f]+)", output("readelf", "-n", path))[1]
		cves = [{"cve": f"CVE-1999-{9000 + 100 * number + n}", "functions": [{"name": name, "kind": "local", "file": source,
			"entries": [hex(a) for a in sorted(addresses)]}]} for n, (name, addresses) in enumerate(sorted(functions_of(path).items()))]
		print(json.dumps({"build_id": build_id, "file": f"/usr/bin/{package}", "soname": None, "package": package, "source": package,
			"version": "1", "arch": "amd64", "code": code_of(path), "cves": cves, "rust": source.endswith(".rs")}))


if __name__ == "__main__":
	(build if sys.argv[1] == "build" else store)(sys.argv[2])
