# SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
"""
real.py — the property that matters most, over traces that were really recorded: deleting events, adding a loss or cutting a trace
short never turns any verdict into not_affected, nor makes any firmer.

    real.py VEXXY ROUNDS OUTDIR ARGS…      OUTDIR: of `vexxy run`; ARGS: of `vexxy analyze`, without the traces
"""
import gzip
import json
import pathlib
import random
import sys
import tempfile

from case import CAUSES, analyze
from properties import no_firmer, verdicts_of


def delete_one(rng, lines):
    del lines[rng.randrange(1, len(lines) - 1)]
    return "one event deleted"


def delete_some(rng, lines):
    share = rng.choice([0.01, 0.1, 0.5, 0.9])
    lines[1:-1] = [line for line in lines[1:-1] if rng.random() >= share] or lines[1:2]
    return f"{share:.0%} of the events deleted"


def delete_file(rng, lines):
    """All that tells of one file: the deletion that an attacker would choose."""
    paths = sorted({r["path"] for r in map(json.loads, lines[1:-1]) if r.get("path")})
    path = rng.choice(paths)
    lines[1:-1] = [line for line in lines[1:-1] if json.loads(line).get("path") != path]
    return f"every event of {path} deleted"


def delete_kind(rng, lines):
    kind = rng.choice(sorted({json.loads(line)["kind"] for line in lines[1:-1]}))
    lines[1:-1] = [line for line in lines[1:-1] if json.loads(line)["kind"] != kind]
    return f"every event of kind {kind} deleted"


def add_loss(rng, lines):
    end, cause = json.loads(lines[-1]), rng.choice([c for c in CAUSES if c != "map_full"])
    end["losses"][cause] = end["losses"].get(cause, 0) + rng.randrange(1, 1000)
    lines[-1] = json.dumps(end)
    return f"a loss by {cause}"


def add_loss_record(rng, lines):
    at, cause = rng.randrange(1, len(lines)), rng.choice([c for c in CAUSES if c != "map_full"])
    t = json.loads(lines[at])["t"]
    lines.insert(at, json.dumps({"t": t, "kind": "lost", "what": cause, "lost_kind": "any", "count": 1}))
    end = json.loads(lines[-1])
    end["counts"]["lost"] = end["counts"].get("lost", 0) + 1
    lines[-1] = json.dumps(end)
    return f"a record of a loss by {cause}"


def cut(rng, lines):
    del lines[rng.randrange(2, len(lines)):]
    return "cut after a line"


def cut_within(rng, lines):
    at = rng.randrange(2, len(lines))
    del lines[at + 1:]
    lines[at] = lines[at][:rng.randrange(len(lines[at]) - 1)]
    return "cut within a line"


CHANGES = [delete_one, delete_some, delete_file, delete_kind, add_loss, add_loss_record, cut, cut_within]


def main():
    vexxy, rounds, source, args = sys.argv[1], int(sys.argv[2]), pathlib.Path(sys.argv[3]), sys.argv[4:]
    rng, faults = random.Random("vexxy real"), 0
    with tempfile.TemporaryDirectory(prefix="vexxy-real.") as name:
        where = pathlib.Path(name)
        originals = [gzip.open(p, "rt").read().splitlines() for p in sorted(source.glob("run*.trace.gz"))]

        def decide(traces, number):
            at = where / str(number)
            at.mkdir()
            names = []
            for i, lines in enumerate(traces):
                (at / f"{i}.trace").write_text("\n".join(lines) + ("\n" if lines[-1].endswith("}") else ""))
                names += ["--trace", str(at / f"{i}.trace")]
            run = analyze(vexxy, [*args, *names], at / "out")
            return verdicts_of(at / "out") if run.returncode == 0 else run.stderr.strip()

        before = decide(originals, 0)
        silent = sum(v["status"] == "not_affected" for v in before.values())
        print(f"# {len(before)} verdicts, {silent} of them not_affected, from {sum(map(len, originals))} lines of trace")
        if not silent:
            raise SystemExit("nothing is not_affected here: nothing would be tested")
        for number in range(1, rounds + 1):
            changed = [list(lines) for lines in originals]
            what = CHANGES[number % len(CHANGES)](rng, rng.choice(changed))
            after = decide(changed, number)
            if isinstance(after, str):
                print(f"# {what}: refused: {after}")
                continue
            for key, old in before.items():
                if not no_firmer(old, after[key]):
                    faults += 1
                    print(f"# {what}: {key[0]} {key[1]}: {old['status']} {old['confidence']} became "
                          f"{after[key]['status']} {after[key]['confidence']} by {after[key]['rule']}")
    return faults > 0


if __name__ == "__main__":
    sys.exit(main())
