#!/usr/bin/python3
# SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
"""Mutates OpenVEX documents and compares two judges of each: python3-jsonschema with the official schema, and vexxy lint.

usage: openvex_differential.py VEXXY SCHEMA COUNT SEED DOCUMENT...
Prints the number of documents judged, how many of them were valid, and every disagreement; exit status 1 when there is one.
"""
import copy
import datetime
import json
import random
import re
import subprocess
import sys
import tempfile

import jsonschema
import rfc3987

STRINGS = [
    "", " ", "x", "a b", "CVE-2024-1", "not_affected", "affected", "fixed", "under_investigation", "unknown",
    "component_not_present", "vulnerable_code_not_present", "https://openvex.dev/ns/v0.2.0", "http://", "a:", ":a", "//h/p",
    "urn:uuid:1", "http://[::1]/", "http://[::1", "http://a/%zz", "http://a/%41", "http://a b/", "pkg:oci/a@sha256:b?c=d#e",
    "http://\u00e4.example/\u20ac", "http://x/\ue000", "http://x/?\ue000", "http://x/\ufffe", "http://x:80:80/", "http://x:a/",
    "http://u@h@i/", "a:b#c#d", "a:[b]", "a:{b}", "1a:b", "a+b.c-d:e", "\u00e4:b", "http://[v1.a]/", "http://[v1.\u00e4]/",
    "http://[1:2]/", "http://1.2.3.4/", "http://%41/", "http://x?y?z", "http://x/\u0080", "http://x/\U0001f600",
    "2024-01-01T00:00:00Z", "2024-01-01t00:00:00z", "2024-02-30T00:00:00Z", "2023-02-29T00:00:00Z", "2024-01-01T24:00:00Z",
    "2024-01-01T00:00:00", "2024-01-01T00:00:00.123+01:30", "2024-01-01T00:00:00+0130", "2024-01-01 00:00:00Z", "2024-01-01",
    "2024-01-01T00:00:00.Z", "24-01-01T00:00:00Z", "2024-01-01T00:00:00-23:59", "2024-01-01T00:00:00+24:00",
]
KEYS = ["@id", "@context", "author", "version", "timestamp", "last_updated", "statements", "products", "status", "justification",
        "impact_statement", "action_statement", "hashes", "identifiers", "subcomponents", "name", "aliases", "purl", "cpe23",
        "sha-256", "sha256", "confidence", "supplier", "description", "role", "tooling", "status_notes"]
OTHERS = [None, True, False, 0, 1, 2, -1, 1.0, 1.5, 1e30, [], {}, [1, 1.0], ["a", "a"], ["a", "b"], {"purl": "a"}, {"@id": "a:b"},
          [{"@id": "a:b"}, {"@id": "a:b"}], [{"@id": "a:b"}, {"@id": "a:c"}]]

TIME = re.compile(r"^(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$", re.ASCII)
checker = jsonschema.FormatChecker(formats=[])


@checker.checks("date-time", raises=ValueError)
def is_date_time(value):
    """RFC 3339 5.6; leap seconds are left out of the comparison."""
    if not isinstance(value, str):
        return True
    parts = TIME.match(value)
    if not parts:
        return False
    datetime.datetime.strptime(parts[1] + "T" + parts[2], "%Y-%m-%dT%H:%M:%S")
    return True


@checker.checks("iri", raises=ValueError)
def is_iri(value):
    return not isinstance(value, str) or rfc3987.parse(value, rule="IRI")


@checker.checks("uri", raises=ValueError)
def is_uri(value):
    return not isinstance(value, str) or rfc3987.parse(value, rule="URI")


def places(node, found):
    """Every (container, key) of a tree."""
    for key in node if isinstance(node, dict) else range(len(node)):
        found.append((node, key))
        if isinstance(node[key], (dict, list)):
            places(node[key], found)
    return found


def value(rng):
    return rng.choice(STRINGS) if rng.random() < 0.7 else copy.deepcopy(rng.choice(OTHERS))


def mutate(rng, document):
    document = copy.deepcopy(document)
    for _ in range(rng.choice([0, 1, 1, 1, 2, 3])):
        found = places(document, [])
        if not found:
            break
        node, key = rng.choice(found)
        how = rng.randrange(5)
        if how == 0:
            del node[key]
        elif how == 1:
            node[key] = value(rng)
        elif how == 2 and isinstance(node, dict):
            node[rng.choice(KEYS)] = value(rng)
        elif how == 3 and isinstance(node, list):
            node.append(copy.deepcopy(node[key]))
        elif isinstance(node[key], dict):
            node[key][rng.choice(KEYS)] = value(rng)
    return document


def lint_says(vexxy, path):
    done = subprocess.run([vexxy, "lint", "--json", path], capture_output=True, check=False)
    if done.returncode not in (0, 3):
        raise SystemExit(f"vexxy lint ended with {done.returncode}: {done.stderr.decode()}")
    return not [f for f in json.loads(done.stdout)["faults"] if f["rule"] in (8, 9)]


def main():
    vexxy, schema, count, seed, *paths = sys.argv[1:]
    with open(schema, encoding="utf-8") as file:
        validator = jsonschema.Draft202012Validator(json.load(file), format_checker=checker)
    bases = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            bases.append(json.load(file))
    rng = random.Random(int(seed))
    valid = disagreements = 0
    with tempfile.TemporaryDirectory() as work:
        for n in range(int(count)):
            document = mutate(rng, rng.choice(bases))
            path = f"{work}/{n}.openvex.json"
            with open(path, "w", encoding="utf-8") as file:
                json.dump(document, file, ensure_ascii=False)
            theirs = validator.is_valid(document)
            valid += theirs
            if theirs != lint_says(vexxy, path):
                disagreements += 1
                why = "; ".join(f"{'/'.join(map(str, e.path))}: {e.message[:120]}" for e in validator.iter_errors(document))
                print(f"document {n}: jsonschema says {'valid' if theirs else 'invalid: ' + why}, vexxy the contrary")
    print(f"{count} documents, {valid} valid, {disagreements} disagreements")
    sys.exit(1 if disagreements or not valid or valid == int(count) else 0)


main()
