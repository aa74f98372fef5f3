#!/usr/bin/env python3
# SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
"""Holds verdicts against what two other observers saw; run.sh calls it.

    truth.py pins STORE                     apt preferences: the versions that the store knows
    truth.py records STORE ADVISORIES       OSV records: each CVE of the store, open in every version; with the functions that the
                                            store names when the advisories know none
    truth.py places STORE ROOT              the places of the store in the files of a root, as first_hits reads them
    truth.py addresses STORE                those of the Go programs, as by_gdb.py reads them
    truth.py compare STORE ROOT RESULTS README DAY LINKED
        RESULTS/WORKLOAD/: report.json and *.trace.gz of vexxy, first_hits, second; writes README and RESULTS/pairs.tsv
        LINKED: the root in which the workloads ran whose names begin with "linked"
"""
import glob
import gzip
import json
import os
import re
import sys
from collections import Counter, defaultdict

from elf import build_id, is_elf, offset_of, real, tool

KINDS = ["exported", "local", "inlined"]  # of a function that has places; then what its package is asked for


def read_store(path):
	with open(path) as lines:
		return [json.loads(line) for line in lines]


def pins(store):
	for name, version in sorted({(o["source"], o["version"]) for o in store}):
		print(f"Package: src:{name}\nPin: version {version}\nPin-Priority: 1001\n")


def records(store, advisories):
	"""In truth these versions have the fixes: the code that a fix touches is there before and after it, and whether that
	code runs is what is asked here. So each CVE is declared open, in all versions."""
	with open(advisories) as lines:
		known = {(a["package"]["name"], record["id"]) for record in map(json.loads, lines) for a in record["affected"]}
	sources, rust = defaultdict(lambda: defaultdict(set)), {o["source"] for o in store if o.get("rust")}
	for cve in {c["cve"]: c for o in store if o.get("go") for c in o["cves"]}.values():
		print(json.dumps({"id": cve["id"], "aliases": [cve["cve"]], "affected": [{"package": {"ecosystem": "Go", "name": cve["module"]},
			"ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}], "ecosystem_specific": {"imports": cve["imports"]}}]}))
	for o in store:
		for cve in o["cves"] if not (o.get("go") or o.get("linked")) else []:  # a linked one's are of its libraries' sources
			sources[cve["cve"]][o["source"]] |= {f["name"] for f in cve["functions"]}
	for cve, names in sorted(sources.items()):
		affected = [{"package": {"ecosystem": "Debian:12", "name": name}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}
			for name in sorted(names)]
		for a in affected:
			name = a["package"]["name"]
			if name in rust:
				a["ecosystem_specific"] = {"affects": {"functions": sorted(names[name])}}
			elif (name, cve) not in known:
				a["ecosystem_specific"] = {"imports": [{"path": "*", "symbols": sorted(names[name]), "source": "the symbol store"}]}
		print(json.dumps({"id": cve, "affected": affected}))


class Root:
	"""The files of a root, as its package database has them."""

	def __init__(self, path, store):
		self.path = os.path.realpath(path)
		self.packages = defaultdict(set)  # binary package: its own regular files
		self.links = defaultdict(set)  # and what its links lead to: code of another package
		for lst in glob.glob(self.path + "/var/lib/dpkg/info/*.list"):
			with open(lst) as names:
				name = os.path.basename(lst)[:-5].split(":")[0]
				for p in names.read().split("\n"):
					real = self.real(p)
					if os.path.isfile(self.path + real):
						(self.links if os.path.islink(self.path + p) else self.packages)[name].add(real)
		known = {o["build_id"]: o for o in store}
		self.objects, self.paths = {}, {}  # path in the root (there may be copies): line of the store; build-id: one path
		for name in sorted({p for package in {o["package"] for o in store} for p in self.packages[package]}):
			found = build_id(self.path + name) if self.is_elf(name) else None
			if found in known:
				self.objects[name] = known[found]
				self.paths.setdefault(found, name)
		self.sources = sources_of(self.path)
		self.missing = [o["file"] for o in store if os.path.isfile(self.path + self.real(o["file"])) and self.real(o["file"]) not in self.objects]
		for name, o in self.objects.items():
			for c in o["cves"] if o.get("go") else []:  # a module has no files of its own: each Go program may have its code
				self.packages[c["module"]].add(name)
			for source in {c["source"] for c in o["cves"]} if o.get("linked") else []:  # whatever the package, the code is its source's
				for package in [p for p in self.sources if self.sources[p] == source]:
					self.packages[package].add(name)
		self.owners = {name for name, files in self.packages.items() if files & set(self.objects)}
		self.compiled = {c["cve"] for o in store for c in o["cves"] if places_of(o, c["cve"])}
		self.needed, self.placed = {}, {}

	def places(self, build_id, cve):
		if (build_id, cve) not in self.placed:
			self.placed[build_id, cve] = places_of(self.objects[self.paths[build_id]], cve)
		return self.placed[build_id, cve]

	def real(self, name):
		return real(self.path, name)

	def is_elf(self, name):
		return is_elf(self.path + name)

	def closure(self, name):
		"""What the loader maps before a program begins."""
		if name in self.needed:
			return self.needed[name]
		seen, todo = set(), [name]
		while todo:
			at = todo.pop()
			if at in seen or not os.path.isfile(self.path + at):
				continue
			seen.add(at)
			for soname in re.findall(r"NEEDED.*\[(.*)\]", tool("readelf", "-d", self.path + at)):
				todo += [self.real(f"{d}/{soname}") for d in ("/usr/lib/x86_64-linux-gnu", "/usr/lib")]
		self.needed[name] = seen
		return seen

	def exports(self, name, cache={}):
		if name not in cache:
			rows = tool("readelf", "-W", "--dyn-syms", "-s", self.path + name).split("\n")
			cache[name] = {r.split()[7].split("@")[0] for r in rows if len(r.split()) > 7 and r.split()[6] != "UND"}
		return cache[name]


def sources_of(root):
	"""{binary package: source package}, as the package database has them."""
	found = {}
	with open(root + "/var/lib/dpkg/status") as status:
		for paragraph in status.read().split("\n\n"):
			fields = dict(row.split(": ", 1) for row in paragraph.split("\n") if ": " in row and not row.startswith(" "))
			if "Package" in fields:
				found[fields["Package"]] = fields.get("Source", fields["Package"]).split(" ")[0]
	return found


def places_of(obj, cve):
	"""{offset: (kind, function)} of one CVE in one file."""
	found = {}
	for c in obj["cves"]:
		for f in c["functions"] if c["cve"] == cve else []:
			for key in ("lines", "inlined", "entries"):
				for address in f.get(key, []):
					kind = "inlined" if key == "inlined" or f["kind"] == "inlined" else f["kind"].split("+")[0]
					found[offset_of(obj["code"], int(address, 16))] = (kind, f["name"])
	return found


def print_places(root):
	print("vexxy-functions 1")
	for build_id, name in sorted(root.paths.items()):
		obj = root.objects[name]
		print(f"object {build_id}")  # also one without any place: whether it is loaded is asked too
		found = {offset: f for c in obj["cves"] for offset, (_, f) in places_of(obj, c["cve"]).items()}
		for offset, function in sorted(found.items()):
			print(f"site {offset:#x} {function}")


def print_addresses(store):
	for o in store:
		for address in sorted({int(a, 16) for c in o["cves"] for f in c["functions"] for key in ("entries", "inlined") for a in f.get(key, [])}
				if o.get("go") else []):
			print(o["file"], o["build_id"], hex(offset_of(o["code"], address)), hex(address))


def read_hits(path, root):
	"""({(build-id, offset)}, {build-id: it was not there when the program began})."""
	hits, loaded = set(), defaultdict(lambda: True)
	with open(path) as lines:
		for line in lines:
			words = line.rstrip("\n").split(" ", 2)
			if words[0] == "hit":
				hits.add((words[1], int(words[2], 16)))
				continue
			program = words[2].rsplit("/merged", 1)[-1]
			needed = {root.objects[p]["build_id"] for p in root.closure(program) if p in root.objects}
			loaded[words[1]] &= words[1] not in needed
	return hits, dict(loaded)


def by_vexxy(path):
	hits = set()
	for name in glob.glob(path + "/*.trace.gz"):
		with gzip.open(name, "rt") as lines:
			for line in lines:
				if '"kind":"function"' in line:
					hit = json.loads(line)
					hits.add((hit["build_id"], hit["offset"]))
	return hits


def state_of(places, hits, loaded, compiled):
	"""What happened to a CVE's functions in a package; `places`: {build-id of its file: {offset: ...}}."""
	if any((b, o) in hits for b in places for o in places[b]):
		return "ran"
	if any(places.values()):
		return "silent" if any(places[b] and b in loaded for b in places) else "not loaded"
	return "elsewhere" if compiled else "not compiled"


def wrong(state, v, loaded_any, root):
	"""Why a verdict contradicts what was seen; None: it does not."""
	if v["package"] not in root.owners:
		return "ran, but not_affected" if state == "ran" and v["status"] == "not_affected" else None
	ran = v["status"] == "affected" and v["rule"] == "R3"
	if (state == "ran") != ran:
		return f"{state}, but the verdict is {v['status']} by {v['rule']}"
	if v["rule"] in ("R1", "R7", "R8") and v["status"] == "not_affected" and loaded_any:
		return f"its code was mapped, but it is not_affected by {v['rule']}: {v['reason']}"
	if v["rule"] == "R2":
		if state not in ("elsewhere", "not compiled"):
			return f"{state}, but the verdict is R2: not in the package"
		for name in root.packages[v["package"]]:
			if root.is_elf(name) and name not in root.objects:
				return f"R2, but nothing is known of {name}"
			there = root.is_elf(name) and root.exports(name) & {f.get("symbol") for f in v["functions"]}
			if there:
				return f"R2, but {name} has {', '.join(sorted(there))}"
	return None


def pairs_of(workload, path, root, seen):
	"""One row for each verdict on a package with files that the store knows."""
	first, loaded = read_hits(path + "/first_hits", root)
	second, third = read_hits(path + "/second", root)[0], by_vexxy(path)
	watched = {(b, o) for b in root.paths for cve in root.compiled for o in root.places(b, cve)}
	seen["places"] += len(watched)
	for name, hits in (("breakpoints", first), ("simulation", second), ("vexxy", third & watched)):
		seen[name] += len(hits)
	seen["apart"] += [(workload, b, o, (b, o) in first, (b, o) in second, (b, o) in third)
		for b, o in sorted(first | second | third & watched) if len({(b, o) in s for s in (first, second, third)}) > 1]
	with open(path + "/report.json") as f:
		verdicts = json.load(f)["verdicts"]
	for v in sorted(verdicts, key=lambda v: (v["package"], v["id"])):
		owned = root.packages[v["package"]] if v["package"] in root.owners else root.links[v["package"]]
		files = sorted({root.objects[p]["build_id"] for p in owned if p in root.objects})
		if not files:
			continue
		places = {b: root.places(b, v["id"]) for b in files}
		one, two = (state_of(places, hits, loaded, v["id"] in root.compiled) for hits in (first, second))
		ran = [(b, o) for b in files for o in places[b] if (b, o) in first]
		here = [b for b in files if b in loaded]
		source = root.sources.get(v["package"], root.objects[root.paths[files[0]]]["source"])
		yield {"workload": workload, "source": source, "package": v["package"], "cve": v["id"],
			"link": v["package"] not in root.owners, "state": one, "agree": one == two, "loaded": bool(here),
			"kinds": {places[b][o][0] for b in files for o in places[b]}, "archive": any(places[b] and root.objects[root.paths[b]].get("linked") for b in files),
			"ran": {places[b][o][0] for b, o in ran}, "late": bool(here) and all(loaded[b] for b, _ in ran or [(b, 0) for b in here]),
			"status": v["status"], "rule": v["rule"], "confidence": v["confidence"],
			"wrong": wrong(one, v, bool(here), root) if one == two else None}


STATES = ["ran", "silent", "not loaded", "elsewhere", "not compiled"]
RULES = ["R2", "R3", "R4", "R5", "R6", "R7", "R8", "R9"]


def table(head, rows):
	lines = ["| " + " | ".join(head) + " |", "|---|" + "--:|" * (len(head) - 1)]
	return lines + ["| " + " | ".join(map(str, r)) + " |" for r in rows]


def counts(pairs, key):
	groups = defaultdict(list)
	for p in pairs:
		groups[p[key]].append(p)
	rows = []
	for name, group in list(sorted(groups.items())) + [("**all**", pairs)]:
		states, rules = (Counter(p[k] for p in group) for k in ("state", "rule"))
		rows.append([name, len(group)] + [states[s] for s in STATES] + [rules[r] for r in RULES] + [sum(p["wrong"] is not None for p in group)])
	return table([key, "pairs"] + STATES + RULES + ["wrong"], rows)


def by_verdict(pairs):
	rows = []
	for state, loaded in sorted({(p["state"], p["loaded"]) for p in pairs}, key=lambda k: (STATES.index(k[0]), not k[1])):
		group = [p for p in pairs if (p["state"], p["loaded"]) == (state, loaded)]
		rules = Counter((p["status"], p["rule"]) for p in group)
		said = ", ".join(f"{rules[k]} {k[0]} {k[1]}" for k in sorted(rules, key=lambda k: k[1]))
		rows.append([f"{state}, {'package in use' if loaded else 'package not loaded'}", len(group), said])
	return table(["what happened", "pairs", "what vexxy says"], rows)


def by_kind(pairs):
	"""A pair counts for each kind of place that its package has."""
	rows = []
	groups = [(f"{k} functions", [p for p in pairs if k in p["kinds"]], lambda p, k=k: k in p["ran"]) for k in KINDS]
	groups.append(("not compiled", [p for p in pairs if p["state"] == "not compiled"], lambda p: p["ran"]))
	groups.append(("loaded by dlopen", [p for p in pairs if p["late"]], lambda p: p["ran"]))
	groups.append(("linked from a static library of Debian, stripped", [p for p in pairs if p["archive"]], lambda p: p["ran"]))
	for source, what in (("truth-static", "linked statically, C"), ("truth-rust", "Rust"), ("Go", "Go, stripped and not")):
		groups.append((what, [p for p in pairs if p["source"] == source], lambda p: p["ran"]))
	for name, group, ran in groups:
		rows.append([name, len(group), len({(p["cve"], p["package"]) for p in group}), sum(p["loaded"] for p in group), sum(bool(ran(p)) for p in group),
			sum(p["wrong"] is not None for p in group)])
	return table(["places", "pairs", "of CVE and package", "loaded", "such a place ran", "wrong"], rows)


def readme(pairs, seen, roots, day):
	linked, pairs = [p for p in pairs if p["link"]], [p for p in pairs if not p["link"]]
	agreed = [p for p in pairs if p["agree"]]
	ran = [p for p in agreed if p["state"] == "ran"]
	negative = [p for p in agreed if p["status"] == "not_affected"]
	distinct = len({(p["cve"], p["package"], p["rule"]) for p in negative})
	versions = sorted({f"{o['source']} {o['version']}" for root in roots for o in root.objects.values()})
	number = {key: len({p[key] for p in pairs}) for key in ("cve", "package", "source", "workload")}
	text = f"""# Verdicts held against the truth

Made by `make truth` on {day}; do not edit. Debian 12, amd64: {', '.join(versions)}.

A *pair* is a CVE of the symbol store, a package that has files in the store, and a workload (`workloads`). Two observers that
share no code with the agent or the analyzer say what ran: breakpoints (`first_hits.c`, by ptrace) and a simulation of every
instruction (valgrind's callgrind; for Go, which it cannot simulate, gdb). What they saw of a command is kept for the same root and
places; `FRESH=1` asks them again. A pair counts when both say the same. *ran*: a place of the CVE in a file of the package was
executed. *silent*: such a file was loaded, and none was. *elsewhere*: only other packages of the source have the functions; *not
compiled*: none has.

A verdict is wrong when R3 and *ran* do not go together; when it is `not_affected` because the package was not used (R1, R7, R8)
although its code was mapped; when it is R2 and the package has a place, a symbol of that name, or a file that the store
does not know. The places are the store's: that they belong to the right functions is proved where the store is made, not here,
and so is that a function without a symbol was not compiled. `programs` are of our own, and the store knows nothing of them: one
linked statically and one in Rust, of which vexxy has only the symbol tables; and one in Go, a server and its client, with functions
of the standard library and of a module that Go's vulnerability database names. It is there twice, stripped and not; where its
functions are, and where they are inlined, is taken from the symbols and the debug data of a twin. `linked.c` has Expat, liblzma and
libpng of Debian's static libraries in it, and is stripped: vexxy has the signatures of the store, the truth a twin's symbols. It
counts as a file of all packages of those sources, in a root of its own, in which only its workloads run.

- {len(pairs)} pairs: {number['cve']} CVEs, {number['package']} packages of {number['source']} sources, {number['workload']} workloads. The two observers agree on {len(agreed)}.
- The package's code was loaded in {sum(p['loaded'] for p in agreed)}; a function of the CVE ran in {len(ran)}, of {len({(p['cve'], p['package']) for p in ran})} CVEs in packages.
- `not_affected`: {len(negative)}, {distinct} when those that many workloads repeat count once. False ones: {sum(p['state'] == 'ran' for p in negative)}.
- Wrong verdicts of any kind: {sum(p['wrong'] is not None for p in agreed)}.
- Not counted above: {len(linked)} pairs of packages that only have a link to such a file. In {sum(p['state'] == 'ran' for p in linked)} a function ran, {sum(p['state'] == 'ran' and p['status'] == 'not_affected' for p in linked)} of those are `not_affected`.
- Places, over all workloads: {seen['places']}. Reached: {seen['breakpoints']} by breakpoints, {seen['simulation']} in simulation or by gdb, {seen['vexxy']} by vexxy; one of the three differs for {len(seen['apart'])}.

"""
	return text + "\n".join(by_verdict(agreed) + [""] + by_kind(agreed) + [""] + counts(agreed, "source") + [""] + counts(agreed, "workload")) + "\n"


def compare(roots, results, readme_path, day):
	pairs, linked = [], lambda workload: workload.startswith("linked")
	seen = {"places": 0, "breakpoints": 0, "simulation": 0, "vexxy": 0, "apart": []}
	for path in sorted(glob.glob(results + "/*/report.json")):
		path = os.path.dirname(path)
		pairs += pairs_of(os.path.basename(path), path, roots[linked(os.path.basename(path))], seen)
	with open(results + "/pairs.tsv", "w") as out:
		for p in pairs:
			out.write("\t".join(str(p[k]) for k in ("workload", "package", "cve", "state", "loaded", "late", "agree", "status", "rule", "confidence", "wrong")) + "\n")
	text = readme(pairs, seen, roots, day)
	with open(readme_path, "w") as out:
		out.write(text)
	print("\n".join("# " + line for line in text.split("\n")[2:]))
	for workload, build_id, offset, *who in seen["apart"]:
		print(f"# apart: {workload}: {roots[linked(workload)].paths[build_id]} {offset:#x}: " + ", ".join(
			f"{name} {'reached' if yes else 'not'}" for name, yes in zip(("breakpoints", "simulation", "vexxy"), who)))
	for p in pairs:
		if p["wrong"] or not p["agree"]:
			print(f"# {p['workload']}: {p['cve']} in {p['package']}: {p['wrong'] or 'the two observers disagree'}")
	agreed = [p for p in pairs if p["agree"]]
	own = [(p, expected(p, roots[0])) for p in agreed]
	return finish([
		("what ran in programs of our own is what their text says", all((p["state"] == "ran") == e for p, e in own if e is not None)),
		("the roots have the versions that the store knows", not any(root.missing for root in roots)),
		# Of some workloads alone (PATTERN, WORKLOADS) fewer will do.
		("at least 60 pairs are loaded and agreed on", sum(p["loaded"] for p in agreed) >= (1 if os.environ.get("WORKLOADS") else 60)),
		("the two observers agree on every pair", len(agreed) == len(pairs)),
		("no CVE whose function ran is not_affected", not any(p["state"] == "ran" and p["status"] == "not_affected" for p in agreed)),
		("each function that ran is R3, and nothing else is", not any((p["state"] == "ran") != (p["rule"] == "R3") for p in agreed if not p["link"])),
		("nothing that was loaded is said to be unused, nothing that is there to be absent", not any(p["wrong"] for p in agreed))])


def expected(p, root):
	"""Whether the text of a program of our own says that a function of the CVE runs; None: it is not one, or says nothing."""
	program, _, how = p["workload"].rpartition("-")
	for o in root.objects.values():
		for c in o["cves"] if o["package"] == "truth-" + program else []:
			if c["cve"] != p["cve"] or p["package"] not in (o["package"], c.get("module")):
				continue
			name = c["functions"][0]["name"].split("::")[-1] if not o.get("go") else ""
			runs = c["runs"] if o.get("go") else "some" if name.startswith("ran_") else "never" if "signal" in name else "all"
			return runs == "some" or (runs == "all" and how == "all")
	return None


def finish(checks):
	for n, (sentence, holds) in enumerate(checks, 1):
		print(f"{'ok' if holds else 'not ok'} {n} - {sentence}")
	print(f"1..{len(checks)}")
	return 0 if all(holds for _, holds in checks) else 1


def main(command, path, *rest):
	store = read_store(path)
	for o in store:
		o["cves"], o["elsewhere"] = o.get("cves") or [], o.get("elsewhere") or []
	if command == "pins":
		pins(store)
	elif command == "records":
		records(store, *rest)
	elif command == "places":
		print_places(Root(rest[0], store))
	elif command == "addresses":
		print_addresses(store)
	elif command == "compare":
		return compare([Root(rest[0], store), Root(rest[4], store)], *rest[1:4])
	return 0


if __name__ == "__main__":
	sys.exit(main(*sys.argv[1:]))
