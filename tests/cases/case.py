# SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
"""
case.py — a case file: an image, traces of it, vulnerabilities, and the verdicts that must follow.

The first comment is the sentence the case proves. Then sections, each line one thing (README.md of this folder has the
list): @args, @root, @trace (one or more), @profile (likewise), @osv, @grype, @sbom, @expect, @fails.

    case.py CASE DIR    writes the inputs of a case there, and prints the arguments of vexxy analyze but for -o
"""
import gzip
import json
import pathlib
import shlex
import subprocess
import sys

from image import Image, words_of

KINDS = ["exec", "exit", "fork", "open", "map", "syscalls", "net", "mark", "lost"]
CAUSES = ["ring", "map_full", "walk", "trylock", "storage", "recursion", "uring", "read", "late", "write", "probe"]


def lines_of(path):
    lines = (line.strip() for line in pathlib.Path(path).read_text().splitlines())
    return [line for line in lines if line and not line.startswith("#")]


class Trace:
    """The records of a @trace section; text() is the file, before it is packed."""

    def __init__(self, head, number):
        plain, options = words_of(head)
        self.options = {"began": "first_exec", "window": "10", "seconds": "320", "reason": "duration",
                        "start": f"2026-01-02T03:{number:02}:05.{number:09}Z", **options}
        self.records, self.t, self.raw_end, self.cut = [], 1000000, None, False
        self.losses = dict.fromkeys(CAUSES, 0)
        for name in plain:
            for line in lines_of(pathlib.Path(__file__).parent / f"{name}.trace"):
                self.line(line)

    def add(self, record):
        record = {"t": self.t, **record}
        self.t += 1000000
        self.records.append(record)

    def file(self, kind, words, more):
        record = {"kind": kind, "pid": 7, "comm": more.get("by", "app"), "path": words[0], "dev": "8:1", "ino": "1", "gen": 1}
        if "flags" in more:
            record["flags"] = more["flags"].split(",")
        if record["path"] == "-":
            del record["path"]
        return {**record, **{k: more[k] for k in ("build_id", "access", "role", "how", "error", "given") if k in more}}

    def line(self, text):
        if text.startswith("{"):
            self.records.append(json.loads(text))
            return
        words, more = words_of(text)
        kind, words = words[0], words[1:]
        if kind == "exec":
            self.add({"role": "program", **self.file("exec", words, more)})
        elif kind == "map":
            self.add({"addr": "0x7f0000000000", "offset": 0, "how": "mmap", **self.file("map", words, more)})
        elif kind == "open":
            self.add({"access": "r", "how": "openat", **self.file("open", words, more), **({"dir": True} if "dir" in words else {})})
        elif kind == "failed":
            self.add({"kind": "open", "pid": 7, "comm": "app", "error": "ENOENT", "given": words[0], "how": "openat"})
        elif kind == "at":
            self.t = int(float(words[0]) * 1e9)
        elif kind == "mark":
            self.add({"kind": "mark", "name": words[0], "unit": 1})
        elif kind == "windows":
            first = int(more.get("from", 0))
            for i in range(first, first + int(words[0])):
                self.t = int((i + 1) * float(self.options["window"]) * 1e9)
                self.add({"kind": "mark", "name": "window", "unit": i + 1})
        elif kind == "lost":
            self.add({"kind": "lost", "what": words[0], "lost_kind": "any", "count": int(words[1])})
            self.losses[words[0]] = self.losses.get(words[0], 0) + int(words[1])
        elif kind == "cut":
            self.cut = True
        else:
            raise ValueError(f"no such line in a trace: {text}")

    def header(self):
        o = self.options
        container = {k: o[k] for k in ("image", "image_digest") if k in o}
        if "cgroup" in o:
            container["cgroup_id"] = o["cgroup"]
        gvisor = o.get("backend") == "gvisor"
        kinds = [k for k in KINDS if k not in o.get("unwatched", "map" if gvisor else "").split(",")]
        if gvisor:
            container["isolation"] = "gvisor"
        watch = {"backend": o.get("backend", "raw"), **({"level": "file"} if gvisor else {}), "began": o["began"], "policy": "first-seen", "window_s": int(o["window"]), "kinds": kinds, "attach": []}
        return {"vexxy_trace": "1.0", "agent": "0.1.0", "node": {"name": "n", "kernel": "6.1", "arch": "x86_64", "boot_id": "b"},
                "clock": {"start": o["start"], "boottime_ns": 1}, "container": container, "watch": watch}

    def end(self):
        o, counts = self.options, {}
        for record in self.records:
            counts[record["kind"]] = counts.get(record["kind"], 0) + 1
        end = {"kind": "end", "t": int(float(o["seconds"]) * 1e9), "reason": o["reason"], "counts": counts, "capped": {},
               "losses": self.losses, "syscalls": {"native": [], "compat": []}}
        for key in ("exit", "driver"):
            if key in o:
                end[key] = int(o[key])
        return end

    def text(self):
        lines = [self.header(), *self.records] + ([] if self.cut else [self.end()])
        return "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines)


def osv_of(lines):
    """ID ECOSYSTEM NAME [introduced=V] [fixed=V] [last_affected=V] [aliases=A,B] [upstream=A,B] [withdrawn=T]"""
    records = {}
    for line in lines:
        words, more = words_of(line)
        record = records.setdefault(words[0], {"schema_version": "1.6.0", "id": words[0], "modified": "2026-01-01T00:00:00Z", "affected": []})
        for key in ("aliases", "upstream"):
            if key in more:
                record[key] = more[key].split(",")
        if "withdrawn" in more:
            record["withdrawn"] = more["withdrawn"]
        events = [{"introduced": more.get("introduced", "0")}]
        events += [{key: more[key]} for key in ("fixed", "last_affected") if key in more]
        package = {"ecosystem": words[1], "name": words[2], **({"purl": more["purl"]} if "purl" in more else {})}
        record["affected"].append({"package": package, "ranges": [{"type": "ECOSYSTEM", "events": events}]})
    return "".join(json.dumps(r) + "\n" for r in records.values())


def grype_of(lines):
    """ID PURL [fixed=V] [related=A,B]; 'digest sha256:…' is the image that was scanned."""
    report = {"matches": [], "descriptor": {"name": "grype", "version": "0.116.0"}, "source": {"type": "image", "target": {}}}
    for line in lines:
        words, more = words_of(line)
        if words[0] == "digest":
            report["source"]["target"]["repoDigests"] = [f"registry.example/app@{words[1]}"]
            continue
        purl = words[1]
        name, version = purl.split("?")[0].rsplit("/", 1)[1].split("@")
        fix = {"versions": [more["fixed"]], "state": "fixed"} if "fixed" in more else {"versions": [], "state": "unknown"}
        report["matches"].append({
            "vulnerability": {"id": words[0], "severity": "High", "fix": fix},
            "relatedVulnerabilities": [{"id": i} for i in more.get("related", "").split(",") if i],
            "artifact": {"id": purl, "name": name, "version": version.replace("%3A", ":"), "type": purl[4:].split("/")[0], "purl": purl}})
    return json.dumps(report)


def profile_of(head, lines):
    """Kubescape's: 'open PATH [flags=A,B]', 'exec PATH', 'syscalls A…', '{…}': an object as it is, of whatever kind."""
    if lines and lines[0].startswith("{"):
        return "".join(lines)
    _, more = words_of(head)
    name = more.get("container", "app")
    annotations = {k: more.get(k, v) for k, v in (("completion", "complete"), ("status", "completed"))}
    annotations["instance-id"] = f"apiVersion-v1/namespace-shop/kind-Pod/name-app/containerName-{name}"
    spec = {"opens": [], "execs": [], "syscalls": None, "imageID": f"registry.example/app@{more['digest']}" if "digest" in more else ""}
    for line in lines:
        words, options = words_of(line)
        if words[0] == "open":
            spec["opens"].append({"path": words[1], "flags": options.get("flags", "O_RDONLY").split(",")})
        elif words[0] == "exec":
            spec["execs"].append({"path": words[1], "args": words[1:]})
        else:
            spec["syscalls"] = words[1:]
    return json.dumps({"apiVersion": "spdx.softwarecomposition.kubescape.io/v1beta1", "kind": "ContainerProfile",
                       "metadata": {"name": f"pod-app-{name}", "namespace": "shop", "annotations": {f"kubescape.io/{k}": v for k, v in annotations.items()}},
                       "spec": spec})


def sbom_of(lines):
    components = []
    for line in lines:
        name, version = line.split("?")[0].rsplit("/", 1)[1].split("@")
        components.append({"type": "library", "bom-ref": line, "name": name, "version": version, "purl": line})
    return json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": components})


class Case:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.sentence = self.path.read_text().splitlines()[0].lstrip("# ").rstrip(".")
        self.args, self.root, self.traces, self.expect, self.fails = [], [], [], [], None
        self.profiles = []
        self.inputs = {"osv": [], "grype": [], "sbom": [], "vulns": [], "kubesbom": []}
        section = None
        for line in lines_of(path):
            if line.startswith("@"):
                section, _, rest = line[1:].partition(" ")
                if section == "trace":
                    self.traces.append(Trace(rest, len(self.traces)))
                elif section == "profile":
                    self.profiles.append((rest, []))
                elif section == "root" and rest:
                    self.root += lines_of(self.path.parent / f"{rest}.root")
                elif section == "args":
                    self.args += shlex.split(rest)
                elif section == "fails":
                    self.fails = rest
            elif section == "trace":
                self.traces[-1].line(line)
            elif section == "root":
                self.root.append(line)
            elif section == "profile":
                self.profiles[-1][1].append(line)
            elif section == "expect":
                self.expect.append(line)
            else:
                self.inputs[section].append(line)

    def build(self, where):
        """Writes all inputs; the arguments of vexxy analyze but for -o."""
        where = pathlib.Path(where)
        image = Image(where / "root")
        image.root.mkdir(parents=True)
        for line in self.root:
            image.line(line)
        image.done()
        args = ["--rootfs", str(where / "root"), *self.args]
        for n, trace in enumerate(self.traces):
            (where / f"{n}.trace.gz").write_bytes(gzip.compress(trace.text().encode(), mtime=0))
            args += ["--trace", str(where / f"{n}.trace.gz")]
        for n, (head, lines) in enumerate(self.profiles):
            (where / f"{n}.profile.json").write_text(profile_of(head, lines))
            args += ["--profile", str(where / f"{n}.profile.json")]
        for kind, make in (("osv", osv_of), ("grype", grype_of), ("vulns", "".join), ("sbom", sbom_of), ("kubesbom", "".join)):
            if self.inputs[kind]:
                (where / f"{kind}.json").write_text(make(self.inputs[kind]))
                args += ["--sbom" if "sbom" in kind else "--vulns", str(where / f"{kind}.json")]
        return args


def analyze(vexxy, args, out, **more):
    return subprocess.run([vexxy, "analyze", "-q", *args, "-o", str(out)], capture_output=True, text=True, timeout=60, **more)


def rows_of(out):
    """The verdicts of a report as lines of @expect."""
    rows = []
    for v in json.loads((pathlib.Path(out) / "report.json").read_text())["verdicts"]:
        rule = v["rule"] + (f"<{v['gated']}" if v.get("gated") else "")
        rows.append((" ".join([v["id"], package_of(v), v["status"], v.get("justification") or "-", rule]), v))
    return rows


def package_of(verdict):
    purl = verdict.get("purl") or ""
    arch = purl.partition("arch=")[2].partition("&")[0]
    return verdict["package"] + (f":{arch}" if arch and arch not in ("amd64", "x86_64", "all") else "")


if __name__ == "__main__":
    print(shlex.join(Case(sys.argv[1]).build(sys.argv[2])))
