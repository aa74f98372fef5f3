# SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
"""
validate_form.py — holds CycloneDX, SARIF and CSAF documents against the official schemas, formats asserted.

    validate_form.py FILE…      prints every fault; exit status 1 when there is one
"""
import json
import pathlib
import sys
import warnings

import jsonschema

warnings.simplefilter("ignore", DeprecationWarning)
SCHEMAS = pathlib.Path(__file__).parent / "../schemas"


def load(name):
    return json.loads((SCHEMAS / name).read_text())


def store():
    ret = {}
    for name in ("jsf-0.82.schema.json", "spdx.schema.json"):
        ret[f"http://cyclonedx.org/schema/{name}"] = load(name)
    for version in ("2.0", "3.0", "3.1"):
        ret[f"https://www.first.org/cvss/cvss-v{version}.json"] = load(f"cvss-v{version}.json")
    return ret


def validators():
    """One for each form; references to other schemas are answered from the store alone."""
    ret = {}
    for form, name, kind in (("cyclonedx", "bom-1.6.schema.json", jsonschema.Draft7Validator),
                             ("sarif", "sarif-schema-2.1.0.json", jsonschema.Draft4Validator),
                             ("csaf", "csaf_json_schema.json", jsonschema.Draft202012Validator)):
        schema = load(name)
        resolver = jsonschema.RefResolver(schema.get("$id") or schema["id"], schema, store=store())
        ret[form] = kind(schema, resolver=resolver, format_checker=jsonschema.FormatChecker())
    return ret


def form_of(document):
    if document.get("bomFormat") == "CycloneDX" and document.get("specVersion") == "1.6":
        return "cyclonedx"
    if document.get("version") == "2.1.0" and "runs" in document:
        return "sarif"
    if "csaf_version" in document.get("document", {}):
        return "csaf"
    return None


def unknown_references(form, document):
    """What no schema can say: that every reference leads somewhere in the document."""
    if form == "cyclonedx":
        known = [c["bom-ref"] for c in document.get("components", [])] + [document["metadata"]["component"]["bom-ref"]]
        known += [v["bom-ref"] for v in document.get("vulnerabilities", [])]
        used = [a["ref"] for v in document.get("vulnerabilities", []) for a in v["affects"]]
        if any(not v["affects"] for v in document.get("vulnerabilities", [])):
            return ["a vulnerability affects nothing"]
        return [f"bom-ref {r} twice" for r in set(known) if known.count(r) > 1] + [f"no bom-ref {r}" for r in used if r not in known]
    if form == "sarif":
        rules = document["runs"][0]["tool"]["driver"]["rules"]
        faults = [f"rule {r['id']} twice" for r in rules if [x["id"] for x in rules].count(r["id"]) > 1]
        return faults + [f"rule of {r['ruleId']}" for r in document["runs"][0]["results"] if rules[r["ruleIndex"]]["id"] != r["ruleId"]]
    return []


class Validator:
    def __init__(self):
        self.validators = validators()

    def faults(self, path):
        document = json.loads(pathlib.Path(path).read_text())
        form = form_of(document)
        if not form:
            return ["none of CycloneDX 1.6, SARIF 2.1.0 and CSAF 2.0"]
        faults = [f"{'/'.join(map(str, e.absolute_path))}: {e.message[:300]}" for e in self.validators[form].iter_errors(document)]
        return faults or unknown_references(form, document)


def main():
    validator, failed = Validator(), 0
    for path in sys.argv[1:]:
        for fault in validator.faults(path):
            print(f"{path}: {fault}")
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main())
