#!/usr/bin/python3
# SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
"""
report.py — whether the estimator says too little: writes README.md from the table of estimate.c, fails when it is overconfident.

    report.py TABLE LAMBDA README [POINTS BINS]      POINTS, BINS: for plot.gp
"""
import collections
import sys

CHANGES = "shift.files"  # two workloads, one after the other
EDGES = [0, 0.02, 0.05, 0.1, 0.2, 0.4, 1.01]
COLUMNS = "run units rest species next next_upper unseen came expected new".split()
WHAT = {"git": "commands of git in a small repository", "httpd": "a web server: pages and CGI scripts asked for", "openssl": "commands of openssl",
        "perl": "one-liners of perl with modules of its library", "python": "imports of Python's standard library",
        "shell": "tools of a shell job", "sqlite": "statements of SQL", "shift": "tools of a shell job, after half of the time other ones"}

HEAD = """# Calibration

Does the estimate of what has not been seen (`analyzer/incidence.h`, `analyzer/window.h`) hold for real workloads? `record.sh` recorded
{runs} runs of {workloads} workloads with `vexxy-agent`, {units} jobs each, every job a unit of observation; the jobs are drawn with a
fixed seed, common ones often and rare ones rarely (`jobs.py`). What is counted are files used, and, where a library or an interpreter
was watched, its exported functions. `data/` keeps of each the first three units in which it was seen, all that the estimator asks for.

`make calibration` cuts each run off after 10, 20, 30 … units ({cuts} cuts), asks the analyzer's own code (`estimate.c`), holds that
against what the rest really brought, draws it again, and fails when the estimate says too little. This file is its result.

![calibration](calibration.png)

"""


def mean(values):
    values = list(values)
    return sum(values) / len(values) if values else 0


def load(path):
    rows = []
    for line in open(path):
        cells = line.rstrip("\n").split("\t")
        rows.append(dict(zip(COLUMNS, [cells[0], *map(float, cells[1:])])))
    return rows


def bins(rows, key):
    for low, high in zip(EDGES, EDGES[1:]):
        inside = [r for r in rows if low <= r[key] < high]
        if inside:
            yield low, min(high, 1), inside


def table(out, head, rows):
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head), file=out)
    for row in rows:
        print("| " + " | ".join(str(c) for c in row) + " |", file=out)
    print(file=out)


def share(part, all_):
    return f"{len(part)} of {len(all_)} ({len(part) / len(all_):.1%})" if all_ else "none"


def check(rows, factor):
    """What must hold; the sentences, and whether each does."""
    small = [r for r in rows if r["unseen"] <= 0.05]
    below = [r for r in rows if r["unseen"] < r["came"]]
    fewer = [r for r in rows if factor * r["expected"] < r["new"]]
    yield (f"On average the estimated probability is {mean(r['next'] for r in rows):.3f}, and {mean(r['came'] for r in rows):.3f} of the next 20 units "
           "brought something new.", mean(r["next"] for r in rows) >= 0.95 * mean(r["came"] for r in rows))
    yield (f"The residual risk, a bound at 95 %, was below what the next 20 units brought at {share(below, rows)} of the cuts, the scatter of a share "
           "of 20 included.", len(below) <= 0.08 * len(rows))
    yield (f"At the {len(small)} cuts where it is at most 0.05, so that R8 may conclude, it was {mean(r['unseen'] for r in small):.3f} on average, and "
           f"{mean(r['came'] for r in small):.3f} came.", bool(small) and mean(r["unseen"] for r in small) >= 2 * mean(r["came"] for r in small))
    yield (f"The number of new ones in all of the rest, times λ = {factor:g} as the risk of silent functions takes it, was too low at {share(fewer, rows)} "
           f"of the cuts, and at {share([r for r in fewer if r['unseen'] <= 0.1], [r for r in rows if r['unseen'] <= 0.1])} of those with a residual risk "
           "of at most 0.1.", len(fewer) <= 0.1 * len(rows))


def main():
    rows, factor = load(sys.argv[1]), float(sys.argv[2])
    steady = [r for r in rows if r["run"] != CHANGES]
    by_run = collections.defaultdict(list)
    for r in rows:
        by_run[r["run"]].append(r)
    results = list(check(steady, factor))
    with open(sys.argv[3], "w") as out:
        workloads = sorted({run.split(".")[0] for run in by_run})
        print(HEAD.format(runs=len(by_run), workloads=len(workloads), units=int(rows[0]["units"] + rows[0]["rest"]), cuts=len(rows)), end="", file=out)
        print("## What holds, over the workloads that stay the same\n", file=out)
        for sentence, holds in results:
            print(f"- {sentence} {'' if holds else '**This is overconfident.**'}".rstrip(), file=out)
        print("\n## The probability of something new, in bins\n", file=out)
        table(out, ["estimated", "cuts", "on average", "came"],
              [[f"{low:g} to {high:g}", len(b), f"{mean(r['next'] for r in b):.3f}", f"{mean(r['came'] for r in b):.3f}"] for low, high, b in bins(steady, "next")])
        print("## Run by run, cut off after 50, 100 and 200 units\n", file=out)
        table(out, ["run", "units", "seen", "estimated", "at most", "came", "new in the rest, at most", "new in the rest"],
              [[r["run"], int(r["units"]), int(r["species"]), f"{r['next']:.3f}", f"{r['unseen']:.3f}", f"{r['came']:.3f}", f"{factor * r['expected']:.1f}", int(r["new"])]
               for run in sorted(by_run) for r in by_run[run] if r["units"] in (50, 100, 200)])
        change = [r for r in by_run[CHANGES] if r["units"] <= 120]
        after = [r for r in by_run[CHANGES] if 120 <= r["units"] <= 130]
        print("## What it cannot know\n", file=out)
        print(f"`{CHANGES}` is no workload but two: after half of the run other tools run. Before the change at most {max(factor * r['expected'] for r in change if r['units'] >= 60):.0f} "
              f"new files were expected in the rest, and {int(change[-1]['new'])} came; the estimate holds for more of the same, and for nothing else. Afterwards it is the quiet at the "
              f"end that notices: the residual risk rises to {max(r['unseen'] for r in after):.2f} at once. That is why function silence alone is never more than "
              "`under_investigation`, and why R8 says that it speaks of this workload.\n", file=out)
        print("## The workloads\n", file=out)
        table(out, ["run", "what"], [[w, WHAT[w]] for w in workloads])
    if len(sys.argv) > 4:
        with open(sys.argv[4], "w") as points:
            for r in steady:
                print(*[r[c] for c in COLUMNS], sep="\t", file=points)
        with open(sys.argv[5], "w") as lines:
            for _, _, b in bins(steady, "next"):
                print(mean(r["next"] for r in b), mean(r["came"] for r in b), sep="\t", file=lines)
    for sentence, holds in results:
        print(f"{'ok' if holds else 'overconfident'}: {sentence}")
    return not all(holds for _, holds in results)


if __name__ == "__main__":
    sys.exit(main())
