#!/usr/bin/env python3
# SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
"""Programs of our own in the root: one linked statically, one in Rust, one in Go, stripped and not; run.sh calls it.

    programs.py build ROOT      compiles programs/* into ROOT/usr/bin, each a package of its own in the package database; writes
                                ROOT.programs.jsonl, a line as of the symbol store for each: of C and Rust from its symbol table, one
                                CVE for each ran_ and idle_ function; of Go the CVEs of advisories.jsonl, from the symbol table and
                                the debug data of a twin that is not stripped
    programs.py sbom ROOT.programs.jsonl    a CycloneDX document of the modules in the Go programs
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

HERE = os.path.dirname(os.path.abspath(__file__)) + "/programs"
PROGRAMS = [
	("truth-static", "static.c", ["gcc", "-O2", "-static", "-Wl,--build-id"]),
	("truth-rust", "rusty.rs", ["rustc", "-O", "-C", "link-arg=-Wl,--build-id"]),
]
GO = [("truth-go", "-s -w"), ("truth-gosym", "")]


def output(*words, **more):
	return subprocess.run(words, capture_output=True, text=True, check=True, **more).stdout


def install(root, package):
	with open(f"{root}/var/lib/dpkg/status", "a") as status:
		status.write(f"\nPackage: {package}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n"
			"Maintainer: nobody\nDescription: a program of the truth\n")
	with open(f"{root}/var/lib/dpkg/info/{package}.list", "w") as files:
		files.write(f"/usr/bin/{package}\n")


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


def line(root, package, source, version, cves, **more):
	path = f"{root}/usr/bin/{package}"
	return {"build_id": elf.build_id(path), "file": f"/usr/bin/{package}", "soname": None, "package": package, "source": source,
		"version": version, "arch": "amd64", "code": [[hex(n) for n in segment] for segment in elf.code_of(path)], "cves": cves, **more}


def build_plain(root):
	for number, (package, source, command) in enumerate(PROGRAMS):
		path = f"{root}/usr/bin/{package}"
		subprocess.run(command + ["-o", path, f"{HERE}/{source}"], check=True)
		install(root, package)
		cves = [{"cve": f"CVE-1999-{9000 + 100 * number + n}", "functions": [{"name": name, "kind": "local", "file": source,
			"entries": [hex(a) for a in sorted(addresses)]}]} for n, (name, addresses) in enumerate(sorted(functions_of(path).items()))]
		yield line(root, package, package, "1", cves, rust=source.endswith(".rs"))


def go_names(path, symbol):
	"""How Go's linker names what an advisory calls Function or Receiver.Method."""
	receiver, _, method = symbol.rpartition(".")
	return [f"{path}.{receiver}.{method}", f"{path}.(*{receiver}).{method}"] if receiver else [f"{path}.{symbol}"]


def inlined_of(twin, names):
	"""{name: addresses at which a range of a copy of it begins}, from the debug data."""
	found, name, copy = {}, None, False
	dump = subprocess.Popen(["llvm-dwarfdump", "--debug-info", twin], stdout=subprocess.PIPE, text=True)
	for row in dump.stdout:
		if "DW_TAG_" in row:
			name = None
			copy = row.rstrip().endswith("DW_TAG_inlined_subroutine")
		elif copy and "DW_AT_abstract_origin" in row:
			origin = re.search(r'"(.*)"', row)
			name = origin[1] if origin and origin[1] in names else None
		elif name and (start := re.search(r"DW_AT_low_pc\t\((0x[0-9a-f]+)\)|^\s+\[(0x[0-9a-f]+), 0x", row)):
			found.setdefault(name, set()).add(int(start[1] or start[2], 16))
	if dump.wait():
		sys.exit(f"llvm-dwarfdump failed on {twin}")
	return found


def go_places(twin, advisories):
	"""Of all that the advisories name: {name: addresses} of the code of its own, and of copies."""
	names = {n for a in advisories for i in a["imports"] for s in i["symbols"] for n in go_names(i["path"], s)}
	entries = {}
	for row in output("nm", twin).split("\n"):
		words = row.split(" ", 2)
		if len(words) == 3 and words[1] in "tT" and words[2] in names:
			entries.setdefault(words[2], set()).add(int(words[0], 16))
	return entries, inlined_of(twin, names)


def go_cves(twin, advisories):
	entries, copies = go_places(twin, advisories)
	for a in advisories:
		functions = []
		for i in a["imports"]:
			for name in [n for symbol in i["symbols"] for n in go_names(i["path"], symbol)]:
				if name in entries or name in copies:
					kind = "inlined" if name not in entries else "local+inlined" if name in copies else "local"
					functions.append({"name": name, "kind": kind, "file": i["path"], "entries": hexes(entries, name), "inlined": hexes(copies, name)})
		yield {"cve": a["cve"], "functions": functions, **{k: a[k] for k in ("id", "module", "runs", "imports")}}


def hexes(places, name):
	return [hex(a) for a in sorted(places.get(name, ()))]


def text_of(path):
	with tempfile.NamedTemporaryFile() as out:
		subprocess.run(["objcopy", "-O", "binary", "--only-section=.text", path, out.name], check=True)
		with open(out.name, "rb") as text:
			return text.read()


def build_go(root):
	with open(f"{HERE}/go/advisories.jsonl") as lines:
		advisories = [json.loads(text) for text in lines]
	with tempfile.TemporaryDirectory() as work:
		shutil.copytree(f"{HERE}/go", f"{work}/go")
		environment = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=mod"}
		version = output("go", "env", "GOVERSION", cwd=f"{work}/go", env=environment).split()[0].removeprefix("go")
		for package, flags in GO:
			build_id, twin, path = hashlib.sha1(package.encode()).hexdigest(), f"{work}/{package}", f"{root}/usr/bin/{package}"
			for out, how in ((path, flags), (twin, "")):
				output("go", "build", "-trimpath", f"-ldflags={how} -B 0x{build_id}", "-o", out, ".", cwd=f"{work}/go", env=environment)
			if text_of(path) != text_of(twin):
				sys.exit(f"{package}: stripped, it is another program")
			install(root, package)
			yield line(root, package, "Go", version, list(go_cves(twin, advisories)), go=True)


def build(root):
	with open(f"{root}.programs.jsonl", "w") as out:
		for one in [*build_plain(root), *build_go(root)]:
			out.write(json.dumps(one) + "\n")


def sbom(path):
	modules = {}
	with open(path) as lines:
		for one in map(json.loads, lines):
			for cve in one["cves"] if one.get("go") else []:
				modules[cve["module"]] = one["version"]
	with open(f"{HERE}/go/go.mod") as text:
		modules.update(re.findall(r"^require (\S+) (\S+)$", text.read(), re.M))
	print(json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": [{"type": "library", "name": name,
		"version": version, "purl": f"pkg:golang/{name}@{version}", "bom-ref": name} for name, version in sorted(modules.items())]}))


if __name__ == "__main__":
	(build if sys.argv[1] == "build" else sbom)(os.path.abspath(sys.argv[2]))
