#!/usr/bin/env python3
# SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
"""A stripped program that static libraries of Debian are linked into, in a root that is otherwise the same; run.sh calls it.

    linked.py ARCHIVES ADVISORIES ROOT NEW    makes NEW of hard links to ROOT, with the program, a package of its own; and
                                              NEW.programs.jsonl, a line as of the symbol store: each CVE with the functions that
                                              the advisories name, and where the symbols of a twin that is not stripped have them

The libraries are those of the store of signatures (ARCHIVES), from the packages that it names: the same bytes.
"""
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import elf

HERE = os.path.dirname(os.path.abspath(__file__))
PACKAGE, PATH = "truth-linked", "/usr/bin/truth-linked"
LIBRARIES = ["libexpat.a", "liblzma.a", "libpng16.a"]
CLONE = re.compile(r"(\.(part|isra|constprop)\.\d+)+$")


def fetch(work, archives):
	"""The packages of the libraries, unpacked below `work`."""
	for a in archives:
		subprocess.run(["apt-get", "-q", "download", f"{a['package']}={a['version']}"], cwd=work, check=True, capture_output=True)
	for name in os.listdir(work):
		subprocess.run(["dpkg-deb", "-x", f"{work}/{name}", f"{work}/all"], check=True)
	for a in archives:
		with open(f"{work}/all{a['archive']}", "rb") as text:
			if hashlib.sha256(text.read()).hexdigest() != a["sha256"]:
				sys.exit(f"{a['archive']} of {a['package']} {a['version']} is not the one of the store")


def functions_of(twin):
	"""{name in the source: addresses} of all code with a symbol, also of parts and copies that the compiler made of it."""
	found = {}
	for row in elf.tool("nm", twin).split("\n"):
		words = row.split(" ", 2)
		if len(words) == 3 and words[1] in "tTwW":
			found.setdefault(CLONE.sub("", words[2]), set()).add(int(words[0], 16))
	return found


def cves_of(advisories, sources, twin):
	there = functions_of(twin)
	with open(advisories) as lines:
		for record in map(json.loads, lines):
			for a in record["affected"] if record["affected"][0]["package"]["name"] in sources else []:
				names = {s for i in a["ecosystem_specific"]["imports"] for s in i["symbols"]}
				yield {"cve": record["id"], "source": a["package"]["name"], "functions": [{"name": name, "kind": "local", "file": "",
					"entries": [hex(address) for address in sorted(there[name])]} for name in sorted(names & set(there))]}


def build(archives, advisories, new):
	with tempfile.TemporaryDirectory() as work:
		os.mkdir(f"{work}/debs")
		fetch(f"{work}/debs", archives)
		usr = f"{work}/debs/all/usr"
		subprocess.run(["gcc", "-O2", "-static", "-Wl,--build-id", f"-I{usr}/include", f"-I{usr}/include/x86_64-linux-gnu", "-o", f"{work}/twin",
			f"{HERE}/linked.c", *(f"{work}/debs/all{a['archive']}" for a in archives), "-lz", "-lm", "-lpthread"], check=True)
		subprocess.run(["strip", "-o", new + PATH, f"{work}/twin"], check=True)
		if not elf.build_id(new + PATH):
			sys.exit("stripped, the program has no build-id")
		return list(cves_of(advisories, {a["source"] for a in archives}, f"{work}/twin"))


def own(path):
	"""The file as one of the new root alone."""
	shutil.copy(path, path + ".own")
	os.rename(path + ".own", path)


def main(archives, advisories, root, new):
	subprocess.run(["cp", "-al", root, new], check=True)
	own(new + "/var/lib/dpkg/status")
	with open(new + "/var/lib/dpkg/status", "a") as status:
		status.write(f"\nPackage: {PACKAGE}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n"
			"Maintainer: nobody\nDescription: a program of the truth\n")
	with open(f"{new}/var/lib/dpkg/info/{PACKAGE}.list", "w") as files:
		files.write(PATH + "\n")
	with open(archives) as lines:
		wanted = [a for a in map(json.loads, lines) if os.path.basename(a["archive"]) in LIBRARIES]
	cves = build(wanted, advisories, new)
	with open(new + ".programs.jsonl", "w") as out:
		out.write(json.dumps({"build_id": elf.build_id(new + PATH), "file": PATH, "soname": None, "package": PACKAGE, "source": PACKAGE,
			"version": "1", "arch": "amd64", "code": [[hex(n) for n in segment] for segment in elf.code_of(new + PATH)],
			"cves": cves, "linked": True}) + "\n")


if __name__ == "__main__":
	main(*sys.argv[1:])
