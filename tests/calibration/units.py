#!/usr/bin/python3
# SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
"""
units.py — what the recordings of the calibration need, and what is kept of them.

    units.py list OBJECT                     every exported function of an ELF file, as a list for vexxy-agent record --functions
    units.py extract TRACE PREFIX DIR KEPT   PREFIX.files.tsv and, where functions were watched, PREFIX.functions.tsv

Kept of a species (a file opened for reading, mapped or executed; a function) are the first three units in which it was seen, which is
all that the estimators ask for at any time of cutting off. Unit 0 is the start, before the first job. Below DIR, where the jobs have
their own files, nothing counts but what is below KEPT, nor in /tmp, nor what the kernel makes up (/proc, /sys, /dev).
"""
import gzip
import json
import re
import subprocess
import sys


def list_of(path):
    read = lambda *args: subprocess.run([*args, path], capture_output=True, text=True, check=True).stdout
    build_id = re.search(r"Build ID: ([0-9a-f]+)", read("readelf", "-n"))[1]
    segments = [[int(x, 16) for x in m.groups()] for m in
                re.finditer(r"LOAD\s+0x([0-9a-f]+) 0x([0-9a-f]+) 0x[0-9a-f]+ 0x([0-9a-f]+) 0x[0-9a-f]+ R E", read("readelf", "-lW"))]
    sites = {}
    for line in read("nm", "-D", "--defined-only").splitlines():
        address, kind, name = line.split()
        for offset, start, size in segments:
            if kind == "T" and start <= int(address, 16) < start + size:
                sites[int(address, 16) - start + offset] = name.split("@")[0]
    print("vexxy-functions 1\nobject", build_id)
    for offset, name in sorted(sites.items()):
        print(f"site {offset:#x} {name}")


def extract(trace, prefix, mine, kept):
    unit, seen = 0, {"files": {}, "functions": {}}
    for line in gzip.open(trace, "rt", errors="replace"):
        record = json.loads(line)
        kind, path = record.get("kind"), record.get("path") or ""
        if kind == "mark" and record["name"] == "job":
            unit += 1
        elif kind == "function":
            seen["functions"].setdefault((record["object"], record["offset"]), []).append(unit)
        elif kind == "exec" or kind == "map" or kind == "open" and path and record.get("access") == "r" and not record.get("dir"):
            if path.startswith(kept + "/") or not re.match(r"/(proc|sys|dev|tmp)/", path) and not path.startswith(mine + "/"):
                seen["files"].setdefault(path, []).append(unit)
        elif kind == "end" and any(n for cause, n in record["losses"].items() if cause != "map_full"):
            raise SystemExit(f"{trace}: records were lost: {record['losses']}")
    for what, species in seen.items():
        if not species:
            continue
        rows = sorted(sorted(set(units))[:3] for units in species.values())
        with open(f"{prefix}.{what}.tsv", "w") as out:
            print(f"units\t{unit}", file=out)
            for row in rows:
                print(*row, sep="\t", file=out)
        print(f"{prefix}.{what}.tsv: {unit} units, {len(rows)} species")


if __name__ == "__main__":
    {"list": list_of, "extract": extract}[sys.argv[1]](*sys.argv[2:])
