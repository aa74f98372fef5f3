#!/bin/sh
# A trace as a ContainerProfile and back: it agrees with itself wholly, and what is taken out or put in changes what it should, alone.
. tests/lib.sh
INSTANCE=apiVersion-apps/v1/namespace-shop/kind-ReplicaSet/name-app-6d4f9c7b5d/containerName-app
WLID=wlid://cluster-demo/namespace-shop/deployment-app
DIGEST=sha256:1111111111111111111111111111111111111111111111111111111111111111

cp tests/cases/debian.root "$scratch/"
cat >"$scratch/self.case" <<END
# a service with a library that is used and one that is not
@args --image-digest $DIGEST
@root debian
deb libc-bin 2.36-9 source=glibc
link /usr/bin/ld.so ../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2
text /etc/ld.so.conf
deb libread1 1.0-1 source=read
elf /usr/lib/x86_64-linux-gnu/libread.so.1 soname=libread.so.1 needed=libc.so.6 build_id=3333
deb libcopy1 1.0-1 source=copy
elf /opt/copy/libread.so.1 soname=libread.so.1 needed=libc.so.6 build_id=3333
deb mapped 1.0-1
elf /usr/lib/x86_64-linux-gnu/libmapped.so.1 soname=libmapped.so.1 needed=libc.so.6 build_id=4444
deb data 1.0-1
text /usr/share/data/table
@trace service image_digest=$DIGEST image=registry.example:5000/shop/app:1.2
open /etc/hosts by=runc:[2:INIT]
open /usr/share/data/table by=runc:[2:INIT]
open /usr/lib/x86_64-linux-gnu/libread.so.1
map /usr/lib/x86_64-linux-gnu/libmapped.so.1 build_id=4444
open /usr/lib/x86_64-linux-gnu/libmapped.so.1 how=openat2
open '/srv/\\xff' flags=escaped
open /usr/share/doc/libused1/copyright
open /var/log/app.log access=w
open /usr/share/doc dir
failed /etc/absent.conf
{"t":90000000,"kind":"syscalls","abi":"native","names":["openat","read","write","close"]}
windows 31
@osv
CVE-2024-0001 Debian:12 used
CVE-2024-0002 Debian:12 idle
CVE-2024-0003 Debian:12 app
CVE-2024-0004 Debian:12 glibc
CVE-2024-0005 Debian:12 read
CVE-2024-0006 Debian:12 copy
CVE-2024-0007 Debian:12 mapped
CVE-2024-0008 Debian:12 data
END
/usr/bin/python3 tests/cases/case.py "$scratch/self.case" "$scratch/in" >"$scratch/args" || exit 1
args=$(cat "$scratch/args")
profile=$scratch/profile.json

analyze() { # OUTDIR, more options
	dir=$1
	shift
	eval "\"$vexxy\" analyze -q $args -o \"\$dir\" \"\$@\""
}
change() { # python statement on the spec s; the result is $scratch/changed.json
	/usr/bin/python3 - "$profile" "$scratch/changed.json" "$1" <<'END'
import json, sys
doc = json.load(open(sys.argv[1]))
exec(sys.argv[3], {"s": doc["spec"], "m": doc["metadata"], "a": doc["metadata"]["annotations"]})
json.dump(doc, open(sys.argv[2], "w"))
END
}
holds() { # OUTDIR, python expression on the report r and, by id, its verdicts v; b: those without a profile
	/usr/bin/python3 - "$scratch/base/report.json" "$1/report.json" "$2" <<'END'
import json, sys
base, r = (json.load(open(p)) for p in sys.argv[1:3])
b, v = ({x["id"]: x for x in d["verdicts"]} for d in (base, r))
changed = sorted(i for i in v if (v[i]["status"], v[i]["rule"]) != (b[i]["status"], b[i]["rule"]))
c = r.get("cross_check")
if not eval(sys.argv[3]):
    sys.exit(f"cross-check {json.dumps(c, indent=1)}\n{sys.argv[3]}: changed {changed}")
END
}
changing() { # python statement on the profile, python expression on the report
	rm -rf "$scratch/changed" && change "$1" && analyze "$scratch/changed" --profile "$scratch/changed.json" && holds "$scratch/changed" "$2"
}
is_named() {
	/usr/bin/python3 - "$profile" <<END
import json, sys
m = json.load(open("$profile"))
assert m["kind"] == "ContainerProfile" and m["metadata"]["namespace"] == "shop", m["metadata"]
assert m["metadata"]["name"].startswith("replicaset-app-6d4f9c7b5d-app-"), m["metadata"]["name"]
labels, notes = m["metadata"]["labels"], m["metadata"]["annotations"]
assert labels["kubescape.io/workload-kind"] == "Deployment" and labels["kubescape.io/instance-template-hash"] == "6d4f9c7b5d", labels
assert notes["kubescape.io/completion"] == "complete" and notes["kubescape.io/status"] == "completed", notes
assert m["spec"]["imageID"] == "registry.example:5000/shop/app@$DIGEST", m["spec"]["imageID"]
assert [o["path"] for o in m["spec"]["opens"]].count("/etc/absent.conf") == 0
END
}
says() { # extended regular expression on stdout, command…
	pattern=$1
	shift
	"$@" >"$scratch/said" 2>&1 || return 1
	grep -qE -- "$pattern" "$scratch/said" || { cat "$scratch/said"; return 1; }
}
shows() { eval "\"$vexxy\" analyze $args -o \"$scratch/shown\" --profile \"$profile\""; }
replay() { "$vexxy" replay "$scratch/in/0.trace.gz" --format containerprofile "$@"; }

analyze "$scratch/base" || exit 1
replay --instance-id "$INSTANCE" --wlid "$WLID" >"$profile"
check "a trace becomes a ContainerProfile of that container" is_named
analyze "$scratch/self" --profile "$profile"
check "without it the unused library is not affected" holds "$scratch/base" 'v["CVE-2024-0002"]["rule"] == "R7"'
check "it agrees with itself in every channel" holds "$scratch/self" \
	'all(c[k]["only_trace_count"] == c[k]["only_kubescape_count"] == c[k]["unknown"] == 0 and c[k]["both"] for k in ("opens", "execs", "syscalls", "libraries"))'
check "and changes no verdict" holds "$scratch/self" 'not changed and "doubt" not in c'
check "both say of each package the same" holds "$scratch/self" \
	'not any(c["packages"][k] for k in ("only_trace", "only_kubescape", "unknown")) and v["CVE-2024-0001"]["cross_check"] == "agree_used" and v["CVE-2024-0002"]["cross_check"] == "agree_unused"'
check "of what Kubescape has no eye for the profile may be silent: the loader's link is apart" holds "$scratch/self" \
	'{x["package"]: x["cross_check"] for x in r["verdicts"]}["libc-bin"] == "apart" and c["packages"]["apart"] == 1'
check "an object that was read and not mapped is no code that ran, nor is its copy" holds "$scratch/self" \
	'v["CVE-2024-0005"]["cross_check"] == "agree_used" and v["CVE-2024-0006"]["cross_check"] == "agree_unused"'
check "every path, program and system call of it taken out, every file put in: exactly the verdicts that it should change" \
	eval "PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 tests/cases/agrees.py '$vexxy' 0 '$scratch/in/0.trace.gz' $(echo "$args" | sed 's:--trace [^ ]*::')"
check "agreement makes an absence no less sure" holds "$scratch/self" \
	'v["CVE-2024-0002"]["confidence"] >= b["CVE-2024-0002"]["confidence"]'

check "a path of a library put in: that verdict, and no other" \
	changing 's["opens"].append({"path": "/usr/lib/x86_64-linux-gnu/libidle.so.1", "flags": ["O_RDONLY"]})' \
	'changed == ["CVE-2024-0002"] and v["CVE-2024-0002"]["rule"] == "R10" and c["libraries"]["only_kubescape"] == ["/usr/lib/x86_64-linux-gnu/libidle.so.1"]'
check "a path of nobody's put in: no verdict" \
	changing 's["opens"].append({"path": "/srv/data", "flags": ["O_RDONLY"]})' 'not changed and c["opens"]["only_kubescape"] == ["/srv/data"]'
check "an open that failed here put in: set apart" \
	changing 's["opens"].append({"path": "/etc/absent.conf", "flags": ["O_RDONLY"]})' 'not changed and not c["opens"]["only_kubescape"] and c["opens"]["apart"]'
check "a path taken out: only the trace has it" \
	changing 's["opens"] = [o for o in s["opens"] if "libused" not in o["path"] or "doc" in o["path"]]' \
	'not changed and c["opens"]["only_trace"] == ["/usr/lib/x86_64-linux-gnu/libused.so.1"] and v["CVE-2024-0001"]["cross_check"] == "only_trace"'
check "a program taken out: only the trace has it" \
	changing 's["execs"] = []' 'not changed and c["execs"]["only_trace"] == ["/usr/sbin/app"] and c["execs"]["both"] == 0'
check "a program of nobody's put in: nothing is unused any more" \
	changing 's["execs"].append({"path": "/tmp/x"})' 'changed == ["CVE-2024-0002", "CVE-2024-0006"] and v["CVE-2024-0002"]["rule"] == "R9"'
check "a system call put in or taken out: no verdict" \
	changing 's["syscalls"] = ["ptrace"] + s["syscalls"][1:]' \
	'not changed and c["syscalls"]["only_kubescape"] == ["ptrace"] and c["syscalls"]["only_trace"] == ["close"] and c["syscalls"]["both"] == 3'
check "a pattern says what is not known" \
	changing 's["opens"] = [{"path": "/usr/lib/x86_64-linux-gnu/⋯", "flags": []}, {"path": "/etc/app.conf"}]' \
	'not changed and c["opens"]["unknown"] == 3 and v["CVE-2024-0002"]["cross_check"] == "unknown" and c["patterns"] == 1'
check "a partial profile makes no absence surer" \
	changing 'a["kubescape.io/completion"] = "partial"' \
	'not changed and v["CVE-2024-0002"]["confidence"] == b["CVE-2024-0002"]["confidence"] and "partial" in c["doubt"]'
# What was read and not mapped in the traced start may have been mapped in another.
other_start() { # python statement on the profile, what is said of it
	changing "$1" "changed == ['CVE-2024-0006'] and v['CVE-2024-0006']['rule'] == 'R10' and v['CVE-2024-0002']['confidence'] == b['CVE-2024-0002']['confidence'] and '$2' in c['doubt'] and c['doubt'] == c['profiles'][0]['other_start']"
}
check "a profile that is older than the traced start is of an earlier one, and makes no absence surer" \
	other_start 'm["creationTimestamp"] = "2026-01-02T02:55:04Z"' 'earlier start of the container: it was begun at 2026-01-02T02:55:04Z, and what was traced started at 2026-01-02T03:00:05'
check "one that began an hour behind it is of a later one" \
	other_start 'm["creationTimestamp"] = "2026-01-02T04:00:06Z"' 'later start of the container'
check "one of that time is of that start" \
	changing 'm["creationTimestamp"] = "2026-01-02T03:02:38Z"' 'not changed and "doubt" not in c and "other_start" not in c["profiles"][0]'
check "reports that end before the trace begins are of an earlier one" \
	other_start 'a["kubescape.io/report-series-id"] = "x"; a["kubescape.io/report-timestamp"] = "2026-01-02 05:54:05.48 +0300 MSK m=+8.1"; a["kubescape.io/previous-report-timestamp"] = "0001-01-01 00:00:00 +0000 UTC"' \
	'its last report is of 2026-01-02 05:54:05.48 +0300 MSK'
check "one of another machine, or that began with another program, is of another start" \
	other_start 's["architectures"] = ["arm64"]' 'of architecture arm64, and what was traced ran on amd64'
check "… which the program that it lacks tells" \
	other_start 's["execs"] = [{"path": "/usr/lib/x86_64-linux-gnu/libused.so.1"}]' 'what was traced began with /usr/sbin/app, which it does not have'
check "what one of another start saw in use still contradicts" \
	changing 'm["creationTimestamp"] = "2025-01-01T00:00:00Z"; s["opens"].append({"path": "/usr/lib/x86_64-linux-gnu/libidle.so.1", "flags": ["O_RDONLY"]})' \
	'changed == ["CVE-2024-0002", "CVE-2024-0006"] and v["CVE-2024-0002"]["rule"] == "R10" and c["doubt"]'
check "40,000 paths are no matter" \
	changing 's["opens"] += [{"path": f"/srv/{i}", "flags": []} for i in range(40000)]' \
	'not changed and c["opens"]["only_kubescape_count"] == 40000 and len(c["opens"]["only_kubescape"]) == 100'

mkdir "$scratch/dir" && cp "$profile" "$scratch/dir/a.json" && cp tests/kubescape/sbomsyft.json tests/kubescape/vulnerabilitymanifestsummary.json "$scratch/dir/"
check "a directory may hold other objects, too" analyze "$scratch/fromdir" --profile "$scratch/dir"
check "which are counted" holds "$scratch/fromdir" 'c["passed_over"] == 2 and not changed'
check "the table tells how far they agree" says '^  opens +[0-9]+ / 0 / 0 / 0$' shows
check "explain tells what both say of the package" \
	says 'neither saw the package in use' "$vexxy" explain "$scratch/self" CVE-2024-0002
check "the sample's container is of another image" \
	fails_with 1 "container 'nginx' of ContainerProfile 'shop/replicaset-.*' ran image sha256:df14" analyze "$scratch/no" --profile tests/kubescape/containerprofile.json
check "without the container's name: 2, with what to say" fails_with 2 'needs --instance-id apiVersion-' replay
check "with what is none: 1" fails_with 1 "'x' is no instance-id" replay --instance-id x

is_kept_by_kubescape() {
	analyze "$scratch/also" --profile "$profile" --also kubescape && /usr/bin/python3 - <<END
import json
vex, kept = (json.load(open("$scratch/also/" + n)) for n in ("vex.openvex.json", "vex.kubescape.json"))
assert kept["kind"] == "OpenVulnerabilityExchangeContainer" and kept["metadata"]["namespace"] == "kubescape", kept["metadata"]
assert kept["metadata"]["name"] == json.load(open("$profile"))["metadata"]["name"], kept["metadata"]
assert kept["metadata"]["labels"]["kubescape.io/context"] == "filtered", kept["metadata"]
assert kept["metadata"]["annotations"]["kubescape.io/completion"] == "complete", kept["metadata"]
assert kept["spec"] == vex, "another document"
END
}
says_why_not() { eval "\"$vexxy\" analyze $args -o \"$scratch/without\" --also kubescape"; }
"$vexxy" keygen "$scratch/key.pem" >/dev/null
is_derived_again() { # and a directory of profiles stands in inputs.json like any other
	analyze "$scratch/again" --profile "$scratch/dir" --container app --key "$scratch/key.pem" &&
		"$vexxy" verify "$scratch/again" --key "$scratch/key.pub.pem" --input "$scratch/in" "$scratch/dir" --rootfs "$scratch/in/root"; }
check "--also kubescape gives the document in Kubescape's object" is_kept_by_kubescape
many() { # that one object of Kubescape's storage cannot hold
	/usr/bin/python3 - >"$scratch/many.json" <<'END'
import json
for i in range(1000):
    print(json.dumps({"schema_version": "1.6.0", "id": f"CVE-2023-{10000 + i}", "modified": "2026-01-01T00:00:00Z", "affected": [
        {"package": {"ecosystem": "Debian:12", "name": "used"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]}]}))
END
	analyze "$scratch/many" --vulns "$scratch/many.json" --profile "$profile" "$@"
}
check "what is too large for Kubescape's storage is told, with the bytes" \
	fails_with 1 'the OpenVEX of this container takes [0-9]+ bytes, and .* at most 500000: split' many --also kubescape
check "… and nothing is written then, nor a part of it" test ! -e "$scratch/many/report.json"
check "… the analysis itself holds as many" many
check "which needs a profile to be named by" says 'No vex.kubescape.json was written: .*--profile' says_why_not
check "a result with a profile is derived again" says 'derived again' is_derived_again
finish
