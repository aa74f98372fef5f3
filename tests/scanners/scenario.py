# SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
"""
scenario.py — an image, a trace of it and a list of vulnerabilities, for real scanners; and what they make of our document.

    scenario.py make DIR REF                   root/, run.trace.gz, vulnerabilities.jsonl; the image is known as REF
    scenario.py same PLAIN FILTERED            exit status 1 when anything is suppressed
    scenario.py results DOCUMENT SARIF         a result for each vulnerability that the OpenVEX document states something of
    scenario.py read DOCUMENT MERGED SARIF FILTERED    exit status 1 when vexctl has read other statements, or drops other results
    scenario.py compare FORETOLD PLAIN FILTERED    exit status 1 when another set is suppressed than vexxy lint foretold
"""
import gzip
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent / "../cases"))
sys.dont_write_bytecode = True
from case import Case  # noqa: E402

CASE = """# a service that uses one library, a package with an epoch, and Node packages of which one was required
@root debian
text /etc/debian_version 12.1
deb libepoch1 1:2.0-1 source=epochal
elf /usr/lib/x86_64-linux-gnu/libepoch.so.1 soname=libepoch.so.1 needed=libc.so.6 build_id=3333
npm lodash 4.17.20 /app/node_modules/lodash
text /app/node_modules/lodash/lodash.js
npm ws 7.0.0 /app/node_modules/ws
text /app/node_modules/ws/index.js
@trace service image=REF
open /app/node_modules/lodash/lodash.js
windows 31
"""
LIST = [
    {"id": "CVE-2024-0001", "ecosystem": "deb", "package": "used"},
    {"id": "CVE-2024-0002", "ecosystem": "deb", "package": "idle", "fixed": "1.1-1"},
    {"id": "CVE-2024-0003", "ecosystem": "deb", "package": "epochal"},
    {"id": "CVE-2024-0004", "ecosystem": "deb", "package": "glibc"},
    {"id": "GHSA-aaaa-bbbb-cc05", "ecosystem": "npm", "package": "lodash", "fixed": "4.17.21", "aliases": ["CVE-2024-0005"]},
    {"id": "GHSA-aaaa-bbbb-cc07", "ecosystem": "npm", "package": "ws", "fixed": "7.4.6", "aliases": ["CVE-2024-0007"]},
]


def make(where, ref):
    case = where / "scenario.case"
    case.write_text(CASE.replace("REF", ref))
    for name in ("debian.root", "service.trace"):
        (where / name).write_text((pathlib.Path(__file__).parent / "../cases" / name).read_text())
    built = Case(case)
    built.build(where)
    (where / "run.trace.gz").write_bytes(gzip.compress(built.traces[0].text().encode(), mtime=0))
    (where / "vulnerabilities.jsonl").write_text("".join(json.dumps(line) + "\n" for line in LIST))


def found(report):
    """What a scanner reports, as (vulnerability, package, version)."""
    if "matches" in report:
        return {(m["vulnerability"]["id"], m["artifact"]["name"], m["artifact"]["version"]) for m in report["matches"]}
    return {(v["VulnerabilityID"], v["PkgName"], v["InstalledVersion"]) for r in report.get("Results", []) for v in r.get("Vulnerabilities", [])}


def compare(foretold, plain, filtered):
    before, after = found(plain), found(filtered)
    said = {(f["id"], f["package"]) for a in foretold["against"] for f in a["matches"] if f["suppressed"]}
    did = {(i, f"{name} {version}") for i, name, version in before - after}
    print(f"{len(before)} findings, {len(did)} suppressed: {', '.join(sorted(f'{i} in {p}' for i, p in did))}")
    if not did or not after or after - before:
        print("the comparison says nothing: all or none is suppressed, or something is new")
        return 1
    for i, package in sorted(said - did):
        print(f"foretold, but not suppressed: {i} in {package}")
    for i, package in sorted(did - said):
        print(f"suppressed, but not foretold: {i} in {package}")
    return said != did


def results(document, path):
    ids = sorted({s["vulnerability"]["name"] for s in document["statements"]})
    run = {"tool": {"driver": {"name": "test", "rules": [{"id": i} for i in ids]}}, "results": [{"ruleId": i, "message": {"text": i}} for i in ids]}
    path.write_text(json.dumps({"version": "2.1.0", "runs": [run]}))


def read(document, merged, sarif, filtered):
    def stated(d):
        return sorted((s["vulnerability"]["name"], s["status"], s.get("justification", ""), sorted(c["@id"] for p in s["products"] for c in p["subcomponents"]))
                      for s in d["statements"])

    def left(d):
        return [r["ruleId"] for r in d["runs"][0]["results"]]

    first = {}  # vexctl goes by the vulnerability alone, and by the first statement on it
    for s in document["statements"]:
        first.setdefault(s["vulnerability"]["name"], s["status"])
    kept = [i for i in left(sarif) if first[i] not in ("not_affected", "fixed")]
    print(f"{len(merged['statements'])} statements; {len(left(sarif))} results, {len(left(filtered))} left")
    return stated(document) != stated(merged) or left(filtered) != kept or not 0 < len(kept) < len(left(sarif))


def main():
    if sys.argv[1] == "make":
        return make(pathlib.Path(sys.argv[2]), sys.argv[3])
    if sys.argv[1] == "results":
        return results(json.loads(pathlib.Path(sys.argv[2]).read_text()), pathlib.Path(sys.argv[3]))
    documents = [json.loads(pathlib.Path(path).read_text()) for path in sys.argv[2:]]
    if sys.argv[1] == "read":
        return read(*documents)
    return found(documents[0]) != found(documents[1]) if sys.argv[1] == "same" else compare(*documents)


if __name__ == "__main__":
    sys.exit(main())
