#!/usr/bin/python3
# SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
"""Prints README.md of this folder from the stores named: deploy/symbols/readme.py deploy/symbols/*.jsonl >deploy/symbols/README.md"""
import json
import os
import sys

HEAD = """# Symbol stores

What was found out, once and offline, about the vulnerable functions of files that Debian ships: build-id → CVE → places in the
machine code. The form is described in `analyzer/symbol_store.h`. Each source package was rebuilt, the result held against
what is shipped (*identical*: the same build-id; *text*: the same code at the same addresses; *near*: a few bytes of code
differ), and places taken from its debug data; every place is the start of an instruction.

    vexxy symbols build PACKAGE… -o store.jsonl
    vexxy symbols lookup FILE [CVE…] --store store.jsonl
    vexxy symbols signatures PACKAGE-dev.deb… --advisories RECORDS -o more.jsonl
    vexxy symbols align store.jsonl FILE FILE-OF-ANOTHER-VERSION -o more.jsonl
    LC_ALL=C sort store.jsonl more.jsonl >both.jsonl

Functions of static libraries are known by their code alone (`analyzer/signature.h`), in whatever program they were linked into, when it
is the same version: a signature that is found gives places, one that is not found says nothing.

This page is made from the stores by `readme.py`.

*CVEs*: those with functions that were there before the fix. *placed*: at least one function has places in a file. *absent*: proved
not compiled into any file of the package. *open*: a function could not be placed, nor proved absent. *whole*: all that the fix
touches is in functions, and each is placed, elsewhere in the package, or proved absent.
"""
ORDER = ["exported", "exported+inlined", "local", "local+inlined", "inlined", "not_compiled", "unresolved"]


def best(kinds):
    """What a function is in the file that has it."""
    return min((k for k in kinds if k != "elsewhere"), key=ORDER.index, default=None)


def summary(objects):
    """One package: counts of files, CVEs and functions."""
    cves, functions = {}, {}
    for obj in objects:
        for cve in obj["cves"]:
            cves.setdefault(cve["cve"], []).append(cve)
            for f in cve["functions"]:
                functions.setdefault((cve["cve"], f["file"], f["name"]), []).append(f["kind"])
    kinds = {key: best(value) for key, value in functions.items()}
    of = {cve: [k for key, k in kinds.items() if key[0] == cve] for cve in cves}
    unique = {key[1:]: kind for key, kind in sorted(kinds.items())}
    return {
        "cves": len(cves),
        "placed": sum(any(k in ORDER[:5] for k in v) for v in of.values()),
        "absent": sum(all(k == "not_compiled" for k in v) for v in of.values()),
        "open": sum("unresolved" in v for v in of.values()),
        "whole": sum(all(c["complete"] for c in v) for v in cves.values()),
        "exported": sum(k.startswith("exported") for k in unique.values()),
        "local": sum(k.startswith("local") for k in unique.values()),
        "inlined": sum(k == "inlined" for k in unique.values()),
        **{e: sum(o["equality"] == e for o in objects) for e in ("identical", "text", "near")},
    }


COLUMNS = ["identical", "text", "near", "cves", "placed", "absent", "open", "whole", "exported", "local", "inlined"]


def signatures(archives):
    """Static libraries, and how many functions of fixes are known in each."""
    print("\n| static library | package | version | CVEs | functions |\n|---|---|---|--:|--:|")
    cves = set()
    for a in archives:
        of = {cve for f in a["functions"] for cve in f["cves"]}
        cves |= of
        print(f"| {os.path.basename(a['archive'])} | {a['package']} | {a['version']} | {len(of)} | {len(a['functions'])} |")
    print(f"| **{len(archives)} libraries** | | | **{len(cves)}** | **{sum(len(a['functions']) for a in archives)}** |")


def table(path):
    """The rows of one store."""
    with open(path, encoding="utf-8") as store:
        objects = [json.loads(line) for line in store]
    archives = [obj for obj in objects if "archive" in obj]
    objects = [obj for obj in objects if "archive" not in obj]
    print(f"\n## {os.path.basename(path)}")
    if archives:
        signatures(archives)
    if not objects:
        return
    packages = {}
    for obj in objects:
        packages.setdefault((obj["source"], obj["dsc"]["name"]), []).append(obj)
    print("\n| source package | files: identical | text | near | CVEs | placed | absent | open | whole | functions: exported | "
          "local | inlined only |")
    print("|---|" + "--:|" * len(COLUMNS))
    total = dict.fromkeys(COLUMNS, 0)
    for (_, dsc), group in sorted(packages.items()):
        row = summary(group)
        total = {c: total[c] + row[c] for c in COLUMNS}
        print(f"| {dsc.removesuffix('.dsc')} | " + " | ".join(str(row[c]) for c in COLUMNS) + " |")
    print(f"| **{len(packages)} packages** | " + " | ".join(f"**{total[c]}**" for c in COLUMNS) + " |")
    resolved = total["placed"] + total["absent"]
    print(f"\n{resolved} of {total['cves']} CVEs ({100 * resolved / max(total['cves'], 1):.1f} %) are placed, or proved absent.")


sys.stdout.write(HEAD)
for name in sys.argv[1:]:
    table(name)
