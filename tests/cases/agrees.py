# SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
"""
agrees.py — a trace in Kubescape's form, held against itself: the two agree wholly, and what is taken out of the profile or put into it
changes the verdicts that it should, and no other.

    agrees.py VEXXY ROUNDS TRACE ARGS…      ROUNDS: how many changes of each sort, 0: all; ARGS: of `vexxy analyze`, without the trace
"""
import copy
import json
import pathlib
import random
import subprocess
import sys
import tempfile

INSTANCE = "apiVersion-apps/v1/namespace-shop/kind-ReplicaSet/name-app-6d4f9c7b5d/containerName-app"
SPARED = ("/usr/share/doc/", "/usr/share/man/", "/var/lib/dpkg/", "/proc/", "/sys/", "/dev/")


class Self:
    def __init__(self, vexxy, trace, args, where):
        self.vexxy, self.where = vexxy, where
        self.args = ["--trace", trace, *args]
        self.profile = json.loads(self.run("replay", trace, "--format", "containerprofile", "--instance-id", INSTANCE))
        self.base = self.analyze()
        self.inventory = json.load(open(where / "out/inventory.cdx.json"))
        self.digests = self.base["product"]["digests"]

    def run(self, *args):
        done = subprocess.run([self.vexxy, *args], capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"vexxy {' '.join(args)}: {done.returncode}: {done.stderr}")
        return done.stdout

    def analyze(self, profile=None):
        more = []
        if profile:
            (self.where / "profile.json").write_text(json.dumps(profile))
            more = ["--profile", str(self.where / "profile.json")]
        self.run("analyze", "-q", *self.args, "-o", str(self.where / "out"), *more)
        return json.load(open(self.where / "out/report.json"))

    def changed(self, report):
        """The packages whose verdicts are others than without a profile."""
        pairs = zip(self.base["verdicts"], report["verdicts"], strict=True)
        return {b["package"] for b, v in pairs if (b["status"], b["rule"]) != (v["status"], v["rule"])}

    def with_spec(self, change):
        profile = copy.deepcopy(self.profile)
        change(profile["spec"])
        return self.analyze(profile)


def expect(holds, what, report):
    if not holds:
        sys.exit(f"{json.dumps(report['cross_check'], indent=1)}\n{what}")


def agrees(me):
    report = me.analyze(me.profile)
    check = report["cross_check"]
    for kind in ("opens", "execs", "syscalls", "libraries"):
        c = check[kind]
        expect(not (c["only_trace_count"] or c["only_kubescape_count"] or c["unknown"] or "not_compared" in c), f"{kind} do not agree wholly", report)
    expect(not (check["packages"]["only_trace"] or check["packages"]["only_kubescape"] or check["packages"]["unknown"]),
           "of a package the two do not say the same", report)
    expect(not me.changed(report), f"the trace itself as a witness changes {me.changed(report)}", report)
    expect("doubt" not in check or not me.digests, "the trace itself is in doubt", report)
    for b, v in zip(me.base["verdicts"], report["verdicts"]):
        expect(v["confidence"] >= b["confidence"], f"{v['id']} in {v['package']}: less sure for agreement", report)


def some(rng, items, rounds):
    return items if not rounds or rounds >= len(items) else rng.sample(items, rounds)


def take_out(me, rng, rounds):
    """What Kubescape did not see was seen all the same: no verdict changes, and the very thing is told."""
    for kind, name in (("opens", lambda x: x["path"]), ("execs", lambda x: x["path"]), ("syscalls", lambda x: x)):
        told = len(me.profile["spec"][kind])
        for i in some(rng, range(told), rounds):
            if kind == "execs" and told == 1:
                continue  # what is left says nothing of programs
            what = name(me.profile["spec"][kind][i])
            report = me.with_spec(lambda s: s[kind].pop(i))
            expect(not me.changed(report), f"without {what} among its {kind}, {me.changed(report)} changed", report)
            c = report["cross_check"]
            alone = {p for k in ("opens", "execs", "syscalls") for p in c[k]["only_trace"]}
            expect(alone <= {what}, f"without {what} among its {kind}: only the trace has {alone}", report)
            expect(not any(c[k]["only_kubescape_count"] for k in ("opens", "execs", "syscalls")), f"without {what}: only Kubescape has something", report)


def numbers_of(text):
    """"3,7-9" → 3 7 8 9"""
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        yield from range(int(first), int(last or first) + 1)


def files_of(inventory):
    """(path, kind, owners): a copy belongs to whom one of its kind belongs."""
    def properties(component):
        return {p["name"]: p["value"] for p in component.get("properties", [])}

    files = [(c["name"], properties(c)) for c in inventory["components"] if c["type"] == "file"]
    owners, ids = [set() for _ in files], {}
    for component in inventory["components"]:
        for i in numbers_of(properties(component).get("vexxy:files", "")):
            owners[i].add(component["name"])
    for (_, p), owner in zip(files, owners):
        ids.setdefault(p.get("vexxy:build_id"), set()).update(owner)
    for (path, p), owner in zip(files, owners):
        kind = p["vexxy:file"].split()[0]
        yield path, kind, ids[p["vexxy:build_id"]] if p.get("vexxy:build_id") else owner


def put_in(me, rng, rounds):
    """A use that no trace has: no verdict that rests on there being none stands for the packages that own the file. Code that was used
    may load more, so that others may become less sure; for data that is all."""
    absent = {v["package"] for v in me.base["verdicts"] if v["rule"] in ("R7", "R8") and v["status"] == "not_affected"}
    seen = {o["path"] for o in me.profile["spec"]["opens"]} | {e["path"] for e in me.profile["spec"]["execs"]}
    files = [f for f in files_of(me.inventory) if f[0] not in seen and f[1] != "link" and not f[0].startswith(SPARED)]
    mattering = [f for f in files if f[2] & absent]
    for path, kind, owners in [*some(rng, files, rounds), *some(rng, mattering, rounds)]:
        report = me.with_spec(lambda s: s["opens"].append({"path": path, "flags": ["O_RDONLY"]}))
        changed, should = me.changed(report), absent & owners
        expect(should <= changed, f"{path} opened, of {owners}: {should} must change, and {changed} did", report)
        expect(changed <= owners or kind == "elf", f"{path} opened, of {owners}: {changed} changed", report)
        for v in report["verdicts"]:
            expect(v["package"] not in changed - should or v["rule"] in ("R8", "R9", "R10"), f"{path} opened: {v['package']} became surer", report)
            expect(v["package"] not in should or v["rule"] not in ("R7", "R8"), f"{path} opened: {v['package']} is unused all the same", report)
    report = me.with_spec(lambda s: s["opens"].append({"path": "/srv/nobodys", "flags": ["O_RDONLY"]}))
    expect(not me.changed(report) and report["cross_check"]["opens"]["only_kubescape"] == ["/srv/nobodys"], "a path of nobody's", report)
    report = me.with_spec(lambda s: s["execs"].append({"path": "/srv/nobodys"}))
    expect(me.changed(report) == {v["package"] for v in me.base["verdicts"] if v["status"] == "not_affected" and v["rule"] in ("R4", "R7", "R8")},
           f"a program of nobody's changes {me.changed(report)}", report)
    report = me.with_spec(lambda s: s["syscalls"].append("ptrace"))
    expect(not me.changed(report) and report["cross_check"]["syscalls"]["only_kubescape"] == ["ptrace"], "one more system call", report)


def main():
    vexxy, rounds, trace, *args = sys.argv[1:]
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as where:
        me = Self(vexxy, trace, args, pathlib.Path(where))
        agrees(me)
        take_out(me, rng, int(rounds))
        put_in(me, rng, int(rounds))


if __name__ == "__main__":
    main()
