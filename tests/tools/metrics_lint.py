#!/usr/bin/env python3
"""Reads what /metrics gave and prints what is wrong with it: the text format of Prometheus, and the rules by which its own linter goes.

metrics_lint.py FILE     exit status 3 when something is
"""
import re
import sys

SAMPLE = re.compile(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(?:,|$)')
OTHER_UNITS = "milliseconds ms microseconds us nanoseconds minutes hours days kilobytes kb megabytes mb bits percent".split()


def labels_of(text):
    """The pairs in braces, or None."""
    pairs, at = [], 0
    while at < len(text or ""):
        m = LABEL.match(text, at)
        if not m:
            return None
        pairs.append(m.groups())
        at = m.end()
    return pairs


def check_name(name, kind, faults):
    if (kind == "counter") != name.endswith("_total"):
        faults.append(f"{name}: a {kind} named so")
    if name.endswith(("_count", "_sum", "_bucket")) or kind in name.split("_"):
        faults.append(f"{name}: its name says how it is kept")
    for unit in set(name.split("_")) & set(OTHER_UNITS):
        faults.append(f"{name}: '{unit}' is no base unit")
    if not re.match(r"(vexxy|process)_[a-z0-9_]+$", name):
        faults.append(f"{name}: is not ours by its name")


def check_histogram(name, samples, faults):
    series = {}
    for sample, pairs, value in samples:
        rest = tuple(p for p in pairs if p[0] != "le")
        series.setdefault(rest, {}).setdefault(sample, []).append((dict(pairs).get("le"), value))
    for rest, s in series.items():
        where = f"{name}{dict(rest)}"
        buckets = [(float(le), value) for le, value in s.get(name + "_bucket", []) if le is not None]
        if not buckets or buckets[-1][0] != float("inf"):
            faults.append(f"{where}: no bucket of everything")
            continue
        if buckets != sorted(buckets) or len({b for b, _ in buckets}) != len(buckets):
            faults.append(f"{where}: its buckets are in no order")
        if [v for _, v in buckets] != sorted(v for _, v in buckets):
            faults.append(f"{where}: its buckets are not cumulative")
        if [v for _, v in s.get(name + "_count", [])] != [buckets[-1][1]] or len(s.get(name + "_sum", [])) != 1:
            faults.append(f"{where}: its count or sum is wrong")


def lint(text):
    faults, families, current, seen = [], {}, None, set()
    if not text.endswith("\n"):
        faults.append("the last line has no end")
    for number, line in enumerate(text.split("\n")[:-1], 1):
        words = line.split(" ", 3)
        if words[0] == "#" and len(words) == 4 and words[1] in ("HELP", "TYPE"):
            family = families.setdefault(words[2], {"samples": []})
            if words[1] in family or family["samples"]:
                faults.append(f"line {number}: {words[1]} of {words[2]} once more, or behind its samples")
            family[words[1]] = words[3]
            current = words[2]
            continue
        m = SAMPLE.match(line)
        pairs = labels_of(m[2]) if m else None
        if pairs is None or not re.match(r"[+-]?(\d+(\.\d+)?([eE][+-]?\d+)?|Inf)$|NaN$", m[3]):
            faults.append(f"line {number}: no sample: {line[:80]}")
            continue
        family = families.get(current, {})
        suffixes = ("_bucket", "_sum", "_count") if family.get("TYPE") == "histogram" else ("",)
        if m[1] not in [f"{current}{suffix}" for suffix in suffixes]:
            faults.append(f"line {number}: {m[1]} stands among those of {current}")
            continue
        if (m[1], tuple(sorted(pairs))) in seen:
            faults.append(f"line {number}: {m[1]} twice with the same labels")
        seen.add((m[1], tuple(sorted(pairs))))
        if "le" in dict(pairs) and not m[1].endswith("_bucket"):
            faults.append(f"line {number}: the label le")
        family["samples"].append((m[1], pairs, float(m[3])))
    for name, family in families.items():
        kind = family.get("TYPE")
        if kind not in ("counter", "gauge", "histogram") or not family.get("HELP", "").endswith("."):
            faults.append(f"{name}: no type, or no sentence of help")
            continue
        check_name(name, kind, faults)
        if kind != "gauge" and any(not value >= 0 for _, _, value in family["samples"]):
            faults.append(f"{name}: below 0")
        if kind == "histogram":
            check_histogram(name, family["samples"], faults)
    return faults


found = lint(open(sys.argv[1]).read())
print("\n".join(found), end="\n" if found else "", file=sys.stderr)
sys.exit(3 if found else 0)
