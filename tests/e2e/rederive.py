# SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
"""
rederive.py VEXXY KEY.pem PUB.pem DIR — every case is analysed and signed in one place; then the result and its inputs are moved
to others, under other names, and vexxy verify must derive the same bytes. Prints what did not hold.
"""
import pathlib
import shutil
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "cases"))
from case import Case, analyze  # noqa: E402


def moved(args, where, to):
    """The inputs of these arguments, moved and named by number; the root's new place."""
    to.mkdir()
    for n, path in enumerate(sorted(set(w for w in args if w.startswith(str(where)) and pathlib.Path(w).is_file()), reverse=True)):
        shutil.move(path, to / f"{n}.input")
    shutil.move(where / "root", to.parent / "elsewhere")
    return to.parent / "elsewhere"


def check(vexxy, key, pub, case, where):
    near, far = where / "here", where / "there"
    near.mkdir(parents=True)
    far.mkdir()
    args = case.build(near)
    run = analyze(vexxy, args + ["--key", key], near / "out")
    if run.returncode:
        return [f"exit status {run.returncode}: {run.stderr.strip()}"]
    shutil.move(near / "out", far / "result")
    root = moved(args, near, far / "inputs")
    verify = [vexxy, "verify", str(far / "result"), "--key", pub, "--input", str(far / "inputs")]
    faults = []
    for more in (["--rootfs", str(root)], []):
        run = subprocess.run(verify + more, capture_output=True, text=True, cwd="/", env={"TZ": "Pacific/Apia", "PATH": "/usr/bin:/bin"})
        if run.returncode or "derived again" not in run.stdout:
            faults.append(f"{' '.join(more) or 'from the inventory'}: exit status {run.returncode}: {run.stdout}{run.stderr}")
    return faults


def main():
    vexxy, key, pub, where = sys.argv[1:]
    bad = done = 0
    for path in sorted((pathlib.Path(__file__).parent.parent / "cases").glob("*.case")):
        case = Case(path)
        if case.fails is not None:
            continue
        faults = check(vexxy, key, pub, case, pathlib.Path(where) / path.stem)
        done += 1
        bad += bool(faults)
        for fault in faults:
            print(f"{path.name}: {fault}")
    print(f"{done} cases, {bad} not derived again")
    return bad > 0 or done < 20


if __name__ == "__main__":
    sys.exit(main())
