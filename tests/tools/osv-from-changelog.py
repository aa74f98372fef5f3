#!/usr/bin/env python3
"""Makes OSV records for the Debian packages of root directories, from what Debian itself wrote: its changelogs.

    tests/tools/osv-from-changelog.py [--mirror URL] [--fixed N] ROOTFS… > deploy/advisories/demo.osv.jsonl

A changelog entry that fixes a CVE says two things: versions before it are affected, it is not. For each source package
of the roots the newest changelog of bookworm and bookworm-security is read from the package itself (apt-get download).
A record is written for every CVE fixed after the version that bookworm proper ships, and for the N (2) newest ones
fixed before. An identifier counts only where a changelog item is about it (see HEAD, TAIL); every other mention
is named on stderr and left out. A fix that was completed later counts from then. What is open everywhere in bookworm
stands in OPEN: fixed in trixie by its changelog, and bookworm's source was looked at for what that fix brings.
Nothing is written that is not in one of these packages, but for the CVSS vectors, which are the CVE records' own.
"""
import argparse
import datetime
import email.utils
import gzip
import io
import json
import os
import re
import subprocess
import sys
import tarfile
import tempfile
import urllib.parse

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
ID = r"(?:CVE-\d{4}-\d{4,}|GHSA(?:-[23456789cfghjmpqrvwx]{4}){3})"
LIST = rf"{ID}(?:(?:,| and| &| /|,? and|;)?\s*{ID})*"
# What may stand before the identifiers for them to be the item's subject.
WORDS = r"""(?:\[SECURITY\]|SECURITY[ :]|security|upstream|Backport(?:s|ed|ing)?|[Ff]ix(?:es|ed|ing)?|Add(?:ed)?|Import(?:ed)?|"""\
	r"""Cherry-pick(?:ed)?|Appl(?:y|ied)|Includes?|Pull|patch(?:es)?|for|to|the|a|of|from|following|Address(?:es)?|Also|as|This|these|issues?|:|,)"""
HEAD = re.compile(rf"^(?:{WORDS}\s*)*(?:(?:d|debian)/p(?:atches)?/)?({LIST})(?![-\w])")
# "Fix a use-after-free (CVE-1, CVE-2) (Closes: #3)" and "(Closes: #3, CVE-1)".
TAIL = re.compile(rf"[(\[](?:[Cc]loses: (?:#\d+, )*|GLIBC-SA-[-\d]+ / )?({LIST})[)\]]")
# An item with such words is about something else: a correction of a fix, a test, or a package that was not hit.
NOT_A_FIX = re.compile(r"regression|not affected|unaffected|no patch needed|only applied to|unit tests?|refresh|amend|drop |revert|"
	r"remove trailing|follow-up of CVE", re.I)
# source, identifier, file of bookworm's source, what the fix put there: absent, so bookworm is affected.
OPEN = [
	("libtasn1-6", "CVE-2025-13151", "lib/decoding.c", r"name\[2 \* ASN1_MAX_NAME_SIZE \+ 2\]"),
	("sqlite3", "CVE-2026-11822", "ext/fts5/fts5_index.c", r"szLeaf<4"),
	("sqlite3", "CVE-2026-11824", "ext/fts5/fts5_index.c", r"szLeaf<4"),
	("tiff", "CVE-2025-8961", "tools/tiffcrop.c", r"read_buff && read_buff != crop_buff"),
	("tiff", "CVE-2025-9165", "tools/tiffcmp.c", r"\{\s*TIFFClose\(tif1\)"),
	("tiff", "CVE-2026-12912", "libtiff/tif_pixarlog.c", r"8BITABGR && sp->stride == 3"),
	("zlib", "CVE-2023-45853", "contrib/minizip/zip.c", r"strlen\(filename\)\s*>\s*0xffff"),
	("zlib", "CVE-2026-27171", "crc32.c", r"len2\s*<\s*0"),
]
CVSS = { # from the CVE records (cve.org) of the numbering authorities
	"CVE-2026-42533": "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H",
}


def run(*argv, **kw):
	return subprocess.run(argv, check=True, stdout=subprocess.PIPE, **kw).stdout


class Apt:
	"""apt with its own lists, so that the machine's stay as they are."""

	def __init__(self, work, mirror, suites):
		self.dir = work
		for d in ("lists/partial", "cache/archives/partial"):
			os.makedirs(f"{work}/{d}")
		with open(f"{work}/sources.list", "w") as f:
			for kind, base, suite in suites:
				f.write(f"{kind} [signed-by={KEYRING}] {mirror.replace('/debian', base)} {suite} main\n")
		self.options = ["-qq", "-o", f"Dir::Etc::sourcelist={work}/sources.list", "-o", "Dir::Etc::sourceparts=/dev/null",
			"-o", f"Dir::State::lists={work}/lists", "-o", "Dir::State::status=/dev/null", "-o", f"Dir::Cache={work}/cache", "-o",
			"APT::Sandbox::User=root"]
		run("apt-get", *self.options, "update")

	def versions(self, package):
		out = run("apt-cache", *self.options, "madison", package, text=True, stderr=subprocess.DEVNULL)
		rows = [[x.strip() for x in line.split("|")] for line in out.splitlines()]
		return [(version, where.split()[1].split("/")[0]) for _, version, where in rows if not where.endswith("Sources")]

	def changelog(self, package, version):
		with tempfile.TemporaryDirectory(dir=self.dir) as d:
			run("apt-get", *self.options, "download", f"{package}={version}", cwd=d)
			files = tarfile.open(fileobj=io.BytesIO(run("dpkg-deb", "--fsys-tarfile", f"{d}/{os.listdir(d)[0]}")))
			for name in ("changelog.Debian.gz", "changelog.gz"):
				try:
					member = files.extractfile(f"./usr/share/doc/{package}/{name}")
				except KeyError:
					continue
				return gzip.decompress(member.read()).decode() if member else None
		return None

	def source_file(self, source, path):
		if not os.path.isdir(f"{self.dir}/{source}"):
			os.mkdir(f"{self.dir}/{source}")
			run("apt-get", *self.options, "source", source, cwd=f"{self.dir}/{source}", stderr=subprocess.DEVNULL)
		top = next(e.path for e in os.scandir(f"{self.dir}/{source}") if e.is_dir())
		with open(f"{top}/{path}", errors="replace") as f:
			return f.read()


def newer(a, b):
	return subprocess.run(["dpkg", "--compare-versions", a, "gt", b]).returncode == 0


def installed(roots):
	"""{source: [binary packages]} of all roots."""
	sources = {}
	for root in roots:
		with open(f"{root}/var/lib/dpkg/status") as f:
			for paragraph in f.read().split("\n\n"):
				fields = dict(re.findall(r"^(Package|Source): (\S+)", paragraph, re.M))
				if fields:
					sources.setdefault(fields.get("Source", fields["Package"]), set()).add(fields["Package"])
	return {s: sorted(b) for s, b in sources.items()}


def entries(text):
	"""(version, distribution, date, items) of each entry, newest first."""
	for block in re.split(r"(?m)^(?=\S+ \([^)]+\) )", text):
		m = re.match(r"(\S+) \(([^)]+)\) ([^;]+);", block)
		date = re.search(r"(?m)^ -- .*?>  (.*)$", block)
		if not m or not date:
			continue
		items = []
		for line in block.splitlines()[1:]:
			bullet = re.match(r"\s+(?:[*+-]|\[(?! *(?:CVE|GNUTLS|Fixes)))\s*(.*)", line)
			if bullet:
				items.append(bullet.group(1).strip())
			elif items and line.startswith("   "):
				# A line of a list without bullets starts an item of its own.
				items.append(line.strip()) if re.match(rf"\s+{ID}(?:\s|:|$)", line) else items.__setitem__(-1, f"{items[-1]} {line.strip()}")
		yield m.group(2), m.group(3), email.utils.parsedate_to_datetime(date.group(1).strip()), items


def subjects(item):
	"""The identifiers that this item fixes; None when it mentions one in another way."""
	if not re.search(ID, item):
		return []
	if NOT_A_FIX.search(item):
		return None
	found = []
	head = HEAD.match(item)
	if head:
		found += re.findall(ID, head.group(1))
	for tail in TAIL.finditer(item):
		found += re.findall(ID, tail.group(1))
	return found or None


def summary(source, item):
	text = re.sub(r"\(?\(?Closes: #[^)]*\)?|^\[SECURITY\] |^(?:d|debian)/p\S+ ?(?:add, )?", "", item)
	text = re.sub(rf"[(\[](?:GLIBC-SA-[-\d]+ / )?{LIST}[)\]]|^(?:Fix(?:es)? )?{LIST}(?:\.patch)?(?: \+ test)?[:\s]*", "", text)
	text = re.sub(r"\s+([.,;])", r"\1", re.sub(r"\s+", " ", text)).strip(" :;,-")
	text = re.sub(r'^\("?(.*?)"?\)$', r"\1", text)
	return f"{source}: {text}" if len(text) > 12 else f"{source}: security fix without further description"


def fixes(source, text, log):
	"""{id: fix} of one changelog; where a fix was completed later, the newest entry stands."""
	found, lowest = {}, None
	for version, suite, date, items in entries(text):
		# A rebuild for bookworm ("1.3~deb12u1") has what its ancestor ("1.3") has, and is the lower version.
		lowest = version if lowest is None or newer(lowest, version) else lowest
		for item in items:
			ids = subjects(item)
			if ids is None:
				log(f"{source} {version}: left out: {item[:150]}")
			cves = [i for i in ids or [] if i.startswith("CVE")]
			for i in cves or ids or []:
				aliases = [a for a in ids if a != i and not a.startswith("CVE")] if len(cves) == 1 else []
				found.setdefault(i, dict(id=i, source=source, version=lowest, suite=suite, date=date, aliases=aliases,
					summary=summary(source, item), bugs=re.findall(r"#(\d{5,})", item)))
	return found


def mentions(source, cve, text):
	"""The oldest entry that names it, as a fix: what an entry of OPEN was made from by a person."""
	found = [dict(id=cve, source=source, version=version, suite=suite, date=date, aliases=[], summary=summary(source, item),
		bugs=re.findall(r"#(\d{5,})", item)) for version, suite, date, items in entries(text) for item in items if cve in item]
	return found[-1:]


def record(fix, fixed, evidence):
	tracker = f"https://security-tracker.debian.org/tracker/{fix['id']}"
	package = {"ecosystem": "Debian:12", "name": fix["source"],
		"purl": f"pkg:deb/debian/{urllib.parse.quote(fix['source'], safe='')}?arch=source&distro=bookworm"}
	date = fix["date"].astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
	out = {"schema_version": "1.6.0", "id": fix["id"], "modified": date, "aliases": fix["aliases"], "summary": fix["summary"]}
	if fix["id"] in CVSS:
		out["severity"] = [{"type": "CVSS_V3", "score": CVSS[fix["id"]]}]
	out["affected"] = [{"package": package, "ranges": [{"type": "ECOSYSTEM",
		"events": [{"introduced": "0"}] + ([{"fixed": fixed}] if fixed else [])}]}]
	out["references"] = [{"type": "ADVISORY", "url": tracker}] if fix["id"].startswith("CVE") else \
		[{"type": "ADVISORY", "url": f"https://github.com/advisories/{fix['id']}"}]
	out["references"] += [{"type": "REPORT", "url": f"https://bugs.debian.org/{b}"} for b in fix["bugs"]]
	out["database_specific"] = {"evidence": evidence}
	return out


def newest_changelog(apt, binaries, suites):
	"""The changelog of the newest version in these suites, and the version that bookworm proper has."""
	for package in binaries:
		versions = apt.versions(package)
		wanted = [v for v, suite in versions if suite in suites]
		top = wanted[0] if wanted else None
		for v in wanted:
			top = v if newer(v, top) else top
		text = apt.changelog(package, top) if top else None
		if text:
			return text, max([v for v, s in versions if s == "bookworm"], default=None)
	return None, None


def open_records(apt, source, binaries, main_version, known, log):
	"""Records without a fix in bookworm, each checked anew against what the archive holds."""
	rows = [row for row in OPEN if row[0] == source]
	for _, cve, path, marker in rows:
		later = [f for f in mentions(source, cve, newest_changelog(apt, binaries, ("trixie", "trixie-security"))[0])]
		if cve in known or not later or re.search(marker, apt.source_file(source, path)):
			log(f"{source}: {cve} is not shown to be open any more: left out")
			continue
		yield record(later[0], None, f"changelog of {source} {later[0]['version']} ({later[0]['suite']}) fixes it; "
			f"{path} of {source} {main_version} (bookworm) lacks the fix")


def main():
	parser = argparse.ArgumentParser(description="OSV records from Debian's changelogs, on stdout")
	parser.add_argument("--mirror", default=os.environ.get("DEBIAN_MIRROR"), required="DEBIAN_MIRROR" not in os.environ)
	parser.add_argument("--fixed", type=int, default=2, metavar="N", help="also the N newest per source that are fixed already (2)")
	parser.add_argument("rootfs", nargs="+")
	args = parser.parse_args()
	log = lambda line: print(line, file=sys.stderr)
	records = []
	with tempfile.TemporaryDirectory() as work:
		apt = Apt(f"{work}/apt", args.mirror, [("deb", "/debian", "bookworm"), ("deb", "/debian-security", "bookworm-security"),
			("deb", "/debian", "trixie"), ("deb", "/debian-security", "trixie-security"), ("deb-src", "/debian", "bookworm")])
		for source, binaries in sorted(installed(args.rootfs).items()):
			text, main_version = newest_changelog(apt, binaries, ("bookworm", "bookworm-security"))
			if not text or not main_version:
				log(f"{source}: no changelog in {binaries}")
				continue
			known = fixes(source, text, log)
			opened = [f for f in known.values() if newer(f["version"], main_version)]
			closed = [f for f in known.values() if not newer(f["version"], main_version) and "bookworm" in f["suite"]]
			for f in opened + closed[:args.fixed]:
				records.append(record(f, f["version"], f"changelog of {source} {f['version']} ({f['suite']})"))
			records += open_records(apt, source, binaries, main_version, known, log)
	for r in sorted(records, key=lambda r: (r["affected"][0]["package"]["name"], r["id"])):
		print(json.dumps(r, ensure_ascii=False))
	log(f"{len(records)} records, {len({r['affected'][0]['package']['name'] for r in records})} source packages")


main()
