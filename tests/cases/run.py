# SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
"""
run.py — every *.case of this folder: the verdicts are the expected ones, the documents are without fault before vexxy lint
and before the official schema, the order in which the traces are named and the surroundings change nothing, and the properties
hold.

    run.py VEXXY [CASE…]
"""
import json
import math
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import properties
from case import Case, analyze, rows_of

try:
    import jsonschema
    sys.path.append(str(pathlib.Path(__file__).parent / "../tools"))
    from validate_form import Validator
except ImportError:
    jsonschema = None

FORMS = ["vex.cdx.json", "vex.sarif", "vex.csaf.json"]
DOCUMENTS = ["vex.openvex.json", "report.json", "sbom.filtered.cdx.json", "inventory.cdx.json", "inputs.json", *FORMS]
HERE = pathlib.Path(__file__).parent
VALIDATOR = jsonschema and Validator()
SCHEMA = json.loads((HERE / "../../analyzer/data/openvex_json_schema.json").read_text())


def reversed_traces(args):
    """The same arguments with the traces in the opposite order."""
    at = [i + 1 for i, word in enumerate(args) if word == "--trace"]
    ret = list(args)
    for i, j in zip(at, reversed(at)):
        ret[i] = args[j]
    return ret


def check_failure(case, run):
    if run.returncode != 1:
        return [f"exit status {run.returncode}, expected 1"]
    return [] if re.search(case.fails, run.stderr) else [f"'{case.fails}' is not in: {run.stderr.strip()}"]


def check_rows(case, out):
    faults, rows = [], rows_of(out)
    expected = [tuple(part.strip() for part in line.partition("~")[::2]) for line in case.expect]
    for row, _ in rows:
        if row not in [e[0] for e in expected]:
            faults.append(f"not expected: {row}")
    for row, reason in expected:
        found = [v for r, v in rows if r == row]
        if not found:
            faults.append(f"missing: {row}")
        elif not any(reason in " ".join([v["reason"], v.get("missing") or ""]) for v in found):
            faults.append(f"'{reason}' is not in the reason: {found[0]['reason']}")
    return faults


def check_same_statements(out):
    """Every form gives every package of every vulnerability the status of the OpenVEX document."""
    def read(name):
        return json.loads((out / name).read_text())

    stated = {(s["vulnerability"]["name"], c["@id"]): s["status"] for s in read("vex.openvex.json")["statements"]
              for p in s["products"] for c in p["subcomponents"]}
    words = {"exploitable": "affected", "resolved": "fixed", "in_triage": "under_investigation", "not_affected": "not_affected",
             "known_affected": "affected", "known_not_affected": "not_affected"}
    cyclonedx = {(v["id"], a["ref"]): words[v["analysis"]["state"]] for v in read("vex.cdx.json")["vulnerabilities"] for a in v["affects"]}
    sarif = {(r["ruleId"], p): r["properties"]["status"] for r in read("vex.sarif")["runs"][0]["results"] for p in r["properties"]["purls"]}
    faults = [f"vex.cdx.json: {key} is {status}" for key, status in cyclonedx.items() if stated.get(key) != status]
    faults += ["vex.cdx.json: not all statements"] * ({key[0] for key in cyclonedx} != {key[0] for key in stated})
    faults += ["vex.sarif: other statements"] * (sarif != stated)
    if not (out / "vex.csaf.json").exists():
        return faults + [f"vex.csaf.json: missing, with {key[0]}" for key in stated if key[0].startswith("CVE-")]
    csaf = {(v["cve"], p.partition(":")[2]): words.get(bucket, bucket) for v in read("vex.csaf.json")["vulnerabilities"]
            for bucket, products in v["product_status"].items() for p in products}
    return faults + ["vex.csaf.json: other statements"] * (csaf != {k: s for k, s in stated.items() if k[0].startswith("CVE-")})


def check_same_numbers(out):
    """A confidence is the product of what the report shows, and the same wherever it is told, with the version of the model."""
    report, faults = json.loads((out / "report.json").read_text()), []
    for v in report["verdicts"]:
        product = math.prod(1 - f["risk"] for f in v["factors"])
        if f"{product:.4f}" != f"{v['confidence']:.4f}":
            faults.append(f"{v['id']}: a confidence of {v['confidence']}, and the factors make {product:.4f}")
    told = {f"{v['confidence']:.4f}" for v in report["verdicts"]}
    for name in ["vex.openvex.json", *FORMS]:
        pairs = re.findall(r"confidence=([0-9.]+); model=([^;]+);", (out / name).read_text()) if (out / name).exists() else [("", "")]
        if (out / name).exists() and (not pairs or not {c for c, _ in pairs} <= told or {m for _, m in pairs} != {report["model"]}):
            faults.append(f"{name}: other numbers than those of report.json, or another model: {pairs}")
    return faults


def check_documents(vexxy, out, kubescape):
    vex = out / "vex.openvex.json"
    if not vex.exists():
        return []
    faults = []
    if jsonschema:
        for e in jsonschema.Draft202012Validator(SCHEMA).iter_errors(json.loads(vex.read_text())):
            faults.append(f"schema: {e.message}")
    lint = subprocess.run([vexxy, "lint", str(vex)], capture_output=True, text=True)
    for name in ["sbom.filtered.cdx.json", *FORMS] if jsonschema else []:
        if name in ("vex.cdx.json", "vex.sarif") or (out / name).exists():
            faults += [f"{name}: {fault}" for fault in VALIDATOR.faults(out / name)]
    faults += check_same_statements(out) + check_same_numbers(out)
    if lint.returncode and not kubescape:
        faults.append(f"lint: {lint.stdout}{lint.stderr}")
    return faults


def same_bytes(what, out, again, names):
    faults = []
    for name in names:
        a, b = out / name, again / name
        if a.exists() != b.exists() or a.exists() and a.read_bytes() != b.read_bytes():
            faults.append(f"{what}: another {name}")
    return faults


def check_previous(vexxy, args, where):
    """What follows a result of which nothing changed is that result. Only inputs.json tells what it follows."""
    run = analyze(vexxy, [*args, "--previous", str(where / "out")], where / "next", env={"PATH": os.environ["PATH"], "TZ": "Asia/Tokyo"})
    if run.returncode:
        return [f"with --previous: {run.stderr.strip()}"]
    return same_bytes("with --previous", where / "out", where / "next", [name for name in DOCUMENTS if name != "inputs.json"])


def check_repeats(vexxy, args, where):
    """What must not matter: the order of the traces, time zone, locale, umask, the directory; and for the documents, how a
    path is spelled. Only report.json, inputs.json and the inventory's location name paths."""
    out, again, near = where / "out", where / "again", where / "near"
    odd = {"PATH": os.environ["PATH"], "TZ": "Pacific/Apia", "LC_ALL": "tr_TR.UTF-8", "COLUMNS": "40"}
    run = analyze(vexxy, reversed_traces(args), again, cwd="/", env=odd, preexec_fn=lambda: os.umask(0o077))
    if run.returncode:
        return [f"in other surroundings: {run.stderr.strip()}"]
    faults = same_bytes("in other surroundings", out, again, DOCUMENTS)
    faults += check_previous(vexxy, args, where)
    relative = [os.path.relpath(w, where) if w.startswith(str(where)) else w for w in args]
    run = analyze(vexxy, relative, "near", cwd=where)
    if run.returncode:
        return faults + [f"with relative paths: {run.stderr.strip()}"]
    return faults + same_bytes("with relative paths", out, near, ["vex.openvex.json", "sbom.filtered.cdx.json", "inventory.cdx.json", *FORMS])


def check(vexxy, case, where):
    args = [*case.build(where), "--also", "cyclonedx,sarif,csaf"]
    out = where / "out"
    run = analyze(vexxy, args, out)
    if case.fails is not None:
        return check_failure(case, run)
    if run.returncode:
        return [f"exit status {run.returncode}: {run.stderr.strip()}"]
    faults = check_rows(case, out) + check_documents(vexxy, out, "kubescape" in case.args)
    return faults + check_repeats(vexxy, args, where)


def report(number, sentence, case, faults):
    for fault in faults:
        print(f"#   {case.path.name}: {fault}")
    print(f"{'not ok' if faults else 'ok'} {number} - {sentence}: {case.sentence}", flush=True)
    return bool(faults)


def main():
    vexxy, paths = os.path.abspath(sys.argv[1]), sys.argv[2:] or sorted(HERE.glob("*.case"))
    failed, n = 0, 0
    for turn, path in enumerate(paths):
        case = Case(path)
        with tempfile.TemporaryDirectory(prefix="vexxy-case.") as where:
            faults = check(vexxy, case, pathlib.Path(where))
        n += 1
        failed |= report(n, "case", case, faults)
        if case.fails is not None or "kubescape" in case.args:
            continue
        with tempfile.TemporaryDirectory(prefix="vexxy-case.") as where:
            faults = properties.check(vexxy, case, pathlib.Path(where), turn)
        n += 1
        failed |= report(n, "properties", case, faults)
    print(f"1..{n}")
    return failed


if __name__ == "__main__":
    sys.exit(main())
