#!/usr/bin/env python3
# SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
"""Prints README.md of this folder from what run.sh found: readme.py RESULTS"""
import collections
import os
import re
import sys

HEAD = """# What the proof of R4 settles

Made by `make reach`; do not edit. Debian 12, amd64, a root with programs of many kinds (`run.sh` has the packages), in the versions
that the symbol store knows.

A *pair* is a program, and a CVE of the store with places in a library that the program loads (by what it needs, also through other
libraries). It is *settled* when `analyzer/reach_proof.h` proves that nothing loadable can reach a vulnerable function. No program
is run for that, so the figure says what a proof can do, not what a container's verdicts will be.

- *alone*: of the program and all that it can load; what other programs do that it could start is their own pair. This is what
  was asked of the prototype (`reachability.md`: 24 % of 1,962 pairs), which only looked at the imports of who needs the library.
- *with all*: also of every program that it could start, and of what that can load. This is what R4 demands of a verdict.
"""


def read(path):
    with open(path, encoding="utf-8") as lines:
        return [line.rstrip("\n") for line in lines]


def pairs(path):
    return [line.split("\t") for line in read(path) if not line.startswith("#")]


def share(n, of):
    return f"{100 * n / max(of, 1):.1f} %"


def tally(path):
    """The last block: of all pairs."""
    lines = read(path)
    return lines[max(i for i, line in enumerate(lines) if line.startswith("# all:")) + 1:]


def table(alone, every):
    print("\n| library | CVEs | programs | pairs | settled alone | settled with all |\n|---|--:|--:|--:|--:|--:|")
    rows = collections.defaultdict(list)
    for a, e in zip(alone, every):
        rows[os.path.basename(a[1])].append((a, e))
    for name, row in sorted(rows.items()):
        one = sum(a[3] == "settled" for a, _ in row)
        two = sum(e[3] == "settled" for _, e in row)
        print(f"| {name} | {len({a[2] for a, _ in row})} | {len({a[0] for a, _ in row})} | {len(row)} | {one} ({share(one, len(row))}) | "
            f"{two} ({share(two, len(row))}) |")


def obstacles(results):
    print("\n| what stands in the way | alone: pairs | of them, only that | with all: pairs | only that |\n|---|--:|--:|--:|--:|")
    found = collections.defaultdict(lambda: ["0"] * 4)
    for at, how in ((0, "alone"), (2, "all")):
        for line in tally(f"{results}/{how}.tsv"):
            hit = re.match(r"#   (\w+) +stands in the way of (\d+), alone of (\d+)", line)
            why = re.match(r"#     open in (\d+): (.*)", line)
            if hit:
                found[hit[1]][at:at + 2] = hit[2], hit[3]
            elif why:
                found["open: " + why[2]][at:at + 2] = why[1], ""
    for name, row in found.items():
        print(f"| {name} | " + " | ".join(row) + " |")


def main(results):
    alone, every = pairs(f"{results}/alone.tsv"), pairs(f"{results}/all.tsv")
    one, two = sum(p[3] == "settled" for p in alone), sum(p[3] == "settled" for p in every)
    checks = [re.search(r"(\d+) more functions ran, (\d+) of them", line) for line in read(f"{results}/said")]
    ran, wrong = sum(int(c[1]) for c in checks if c), sum(int(c[2]) for c in checks if c)
    print(HEAD)
    print(f"- **{len(alone)} pairs: {one} settled alone ({share(one, len(alone))}), {two} with all ({share(two, len(alone))}).**")
    print(f"- {len({p[0] for p in alone})} programs, {len({p[1] for p in alone})} libraries, {len({p[2] for p in alone})} CVEs.")
    print(f"- Contradictions: {wrong}. In {len([c for c in checks if c])} runs (`workloads`) with a breakpoint on every function of these "
        f"libraries (`tests/truth/first_hits.c`) {ran} pairs of a program and a function that it ran were seen; of {wrong} of them it is "
        "proved, by the weaker of the two proofs, that it cannot.")
    table(alone, every)
    obstacles(results)
    print("\n`imported`: the program, or something else that it loads, imports a name that leads to the function. `looked_up`: "
        "something looks names up, and such a name stands in a string. `foreign_call`, `closure`: something runs what it is told. "
        "`open`: something other than a call from inside and a name from outside may run it.")


main(sys.argv[1])
