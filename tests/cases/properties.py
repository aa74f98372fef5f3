# SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
"""
properties.py — what must hold for every case of this folder, whatever its verdicts are:

    a loss, of any cause, a late begin, a cut or anything else that is missing never makes a package not_affected that was
    not, and never raises a confidence;
    more of the same never makes less of a verdict;
    whoever saw the package's code in use outweighs all who did not;
    what others have stated changes no verdict;
    the order of the inputs, where they lie, and the saved inventory instead of the root change nothing.
"""
import copy
import json

from case import CAUSES, Trace, analyze

SILENT = "vulnerable_code_not_in_execute_path"


def verdicts_of(out):
    ret = {}
    for v in json.loads((out / "report.json").read_text())["verdicts"]:
        ret[v["id"], v["package"], v.get("purl")] = v
    return ret


def losing(traces, turn):
    """The traces with something missing, in three ways."""
    def each(change):
        ret = copy.deepcopy(traces)
        for trace in ret:
            change(trace)
        return ret

    ways = {f"loss by {c}": lambda t, c=c: t.losses.update({c: t.losses.get(c, 0) + 1}) for c in (*CAUSES, "of_tomorrow") if c != "map_full"}
    ways["begun late"] = lambda t: t.options.update(began="late")
    ways["no last line"] = lambda t: setattr(t, "cut", True)
    ways["cut in the middle"] = lambda t: (setattr(t, "cut", True), t.records.__delitem__(slice(len(t.records) // 2, None)))
    ways["opens not watched"] = lambda t: t.options.update(unwatched="open")
    ways["told by gVisor"] = lambda t: (t.options.update(backend="gvisor"), setattr(t, "records", [r for r in t.records if r["kind"] != "map"]))
    ways["a record of an unknown kind"] = lambda t: t.records.insert(0, {"t": 0, "kind": "of_tomorrow"})
    names = sorted(ways)
    for i in range(3):
        name = names[(turn + i * len(names) // 3) % len(names)]
        yield name, each(ways[name])


class Checker:
    def __init__(self, vexxy, case, where):
        self.vexxy, self.case, self.where, self.runs = vexxy, case, where, 0
        self.faults, self.fixed = [], case.build(where)
        self.fixed = [w for i, w in enumerate(self.fixed) if "--trace" not in (w, self.fixed[i - 1])]

    def run(self, traces, args=None):
        self.runs += 1
        at, names = self.where / str(self.runs), []
        at.mkdir()
        for n, trace in enumerate(traces):
            (at / f"{n}.trace").write_text(trace.text())
            names += ["--trace", str(at / f"{n}.trace")]
        run = analyze(self.vexxy, [*(args or self.fixed), *names], at / "out")
        if run.returncode:
            self.faults.append(f"exit status {run.returncode}: {run.stderr.strip()}")
            return None
        return verdicts_of(at / "out")

    def compare(self, what, before, after, allowed):
        for key, old in before.items():
            new = after.get(key) if after else None
            if not new or not allowed(old, new):
                self.faults.append(f"{what}: {key[0]} {key[1]}: {old['status']} {old['confidence']} became "
                                   f"{new and new['status']} {new and new['confidence']}")

    def all(self, turn):
        before = self.run(self.case.traces)
        if before is None:
            return
        for what, traces in losing(self.case.traces, turn):
            self.compare(what, before, self.run(traces), no_firmer)
        again = Trace("", 50)
        again.options = {**self.case.traces[-1].options, "start": again.options["start"]}
        again.records, again.cut = self.case.traces[-1].records, self.case.traces[-1].cut
        again.losses = self.case.traces[-1].losses
        self.compare("one more trace of the same", before, self.run([*self.case.traces, again]), no_weaker)
        self.positive(before)
        self.others(before)
        self.same(before)

    def positive(self, before):
        """One more trace that saw a code file of each package run."""
        trace = Trace("", 40)
        trace.options.update({k: v for k, v in self.case.traces[0].options.items() if k == "image_digest"})
        for v in before.values():
            for path in v.get("vulnerable_files", [])[:1]:
                trace.line(f"{'map' if '.so' in path or '/bin/' in path else 'open'} {path}")
        used = {key: v for key, v in before.items() if v.get("vulnerable_files")}
        self.compare("seen in use", used, self.run([trace, *self.case.traces]), lambda old, new: new["status"] != "not_affected")

    def others(self, before):
        """Somebody states the opposite of every verdict."""
        statements = []
        for v in before.values():
            if v["purls"]:
                opposite = {"status": "affected", "action_statement": "-"} if v["status"] in ("not_affected", "fixed") else \
                    {"status": "not_affected", "justification": "vulnerable_code_not_present"}
                statements.append({"vulnerability": {"name": v["id"]}, "products": [{"@id": v["purls"][0]}], **opposite})
        path = self.where / "prior.json"
        path.write_text(json.dumps({"@context": "https://openvex.dev/ns/v0.2.0", "@id": "x:y", "author": "Somebody", "version": 1,
                                    "timestamp": "2026-01-01T00:00:00Z", "statements": statements}))
        after = self.run(self.case.traces, [*self.fixed, "--prior", str(path)])
        told = {key: v for key, v in before.items() if v["purls"]}
        self.compare("stated otherwise by others", told, after, lambda old, new: "prior" in new and old == {
            k: v for k, v in new.items() if k not in ("prior", "prior_count")})

    def same(self, before):
        saved = str(self.where / "1" / "out" / "inventory.cdx.json")
        args = ["--inventory" if w == "--rootfs" else saved if i and self.fixed[i - 1] == "--rootfs" else w
                for i, w in enumerate(self.fixed)]
        self.compare("saved inventory", before, self.run(self.case.traces, args), lambda old, new: old == new)
        for kind in ("osv", "grype"):
            path = self.where / f"{kind}.json"
            if kind == "osv" and path.exists():
                path.write_text("".join(reversed(path.read_text().splitlines(keepends=True))))
        self.compare("records in the opposite order", before, self.run(self.case.traces), lambda old, new: old == new)


def no_firmer(old, new):
    if new.get("justification") == SILENT:
        return False  # no silence is proof here
    if new["status"] == "not_affected" and old["status"] != "not_affected":
        return False
    return new["status"] != old["status"] or new["confidence"] <= old["confidence"]


def no_weaker(old, new):
    if old["status"] == "under_investigation":
        return new["confidence"] <= 0.5 or new["status"] != "under_investigation"
    return new["status"] == old["status"] and new["confidence"] >= old["confidence"]


def check(vexxy, case, where, turn):
    """The faults of a case. `turn` chooses which three of the ways to lose something are tried on it."""
    checker = Checker(vexxy, case, where)
    checker.all(turn)
    return checker.faults
