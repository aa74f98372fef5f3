#!/bin/bash
# Three real images, from build to document: a web server, a Python service and a job of a shell. Each document is valid for
# an independent validator, the same inputs give the same bytes, and what surely ran is not called unaffected.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh

can_trace || { skip "three images" "recording needs root and BTF"; finish; }
for tool in mmdebstrap umoci runc; do
	command -v $tool >/dev/null || { skip "three images" "no $tool here: run 'make deps'"; finish; }
done
vulns=deploy/advisories/demo.osv.jsonl

ask_python() { # a driver of the Python service: asks for pages until its time is over
	cat >"$scratch/ask" <<'PY'
#!/usr/bin/env python3
import ctypes, http.client, os, time
network = os.open(f"/proc/{os.environ['VEXXY_PID']}/ns/net", os.O_RDONLY)
assert ctypes.CDLL(None).setns(network, 0) == 0
end = time.monotonic() + 12
while time.monotonic() < end:
	connection = http.client.HTTPConnection("127.0.0.1", 8000, timeout=30)
	connection.request("GET", "/visit")
	response = connection.getresponse()
	assert response.status == 200 and b"Visits" in response.read()
	time.sleep(0.2)
PY
	chmod +x "$scratch/ask"
}
build() { layout=$(deploy/demo/build-image.sh "$1" 2>"$scratch/build.err") || { cat "$scratch/build.err"; return 1; }; }
run() { # image, output directory, options…
	image=$1 out=$2
	shift 2
	"$vexxy" run "$image" --vulns "$vulns" -o "$out" "$@" >"$out.table" 2>&1 || { cat "$out.table"; return 1; }
}
is_valid() { # document: python3-jsonschema with the official schema, formats asserted
	/usr/bin/python3 - "$1" <<'PY'
import json, sys, jsonschema
schema = json.load(open("analyzer/data/openvex_json_schema.json"))
jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(json.load(open(sys.argv[1])))
PY
}
same_again() { # image, output directory: twice from the same inputs, and as the run itself has written
	image=$1 out=$2
	shift 2
	traces=("$out"/run*.trace.gz)
	for again in 1 2; do
		"$vexxy" analyze --trace "${traces[@]}" --image "$image" --vulns "$vulns" -q -o "$out.$again" "$@" || return 1
	done
	diff -r "$out.1" "$out.2" && cmp "$out.1/vex.openvex.json" "$out/vex.openvex.json"
}
used_and_not_unaffected() { # output directory, package: the report has its use, and no verdict on it is not_affected
	/usr/bin/python3 - "$1/report.json" "$2" <<'PY'
import json, sys
report, name = json.load(open(sys.argv[1])), sys.argv[2]
uses = [p["usage"] for p in report["packages"]["used"] if p["name"] == name]
wrong = [v["id"] for v in report["verdicts"] if v["package"] == name and v["status"] == "not_affected"]
sys.exit(0 if uses == ["code"] and not wrong else f"{name}: use {uses}, not_affected {wrong}")
PY
}
something_concluded() { # table: no loss or other gap stands in the way of every conclusion
	! grep -A5 'Nothing is concluded' "$1"
}
one_image() { # name, image, package that runs, options of the run…
	name=$1 image=$2 used=$3 out=$scratch/$1
	shift 3
	check "$name: recorded and decided" run "$image" "$out" "$@"
	[ -f "$out/vex.openvex.json" ] || return
	check "$name: an independent validator takes the document" is_valid "$out/vex.openvex.json"
	check "$name: lint finds no fault" "$vexxy" lint "$out/vex.openvex.json"
	check "$name: the same inputs give the same bytes" same_again "$image" "$out"
	check "$name: what runs ($used) is used, and never unaffected" used_and_not_unaffected "$out" "$used"
	check "$name: nothing stands in the way of a conclusion" something_concluded "$out.table"
	check "$name: explain tells a verdict" "$vexxy" explain "$out" "$(grep -o 'CVE-[0-9]*-[0-9]*' "$out.table" | head -n 1)"
}

ask_python
check "the web server's image is built" build deploy/demo/web && web=oci:$layout:demo
check "the Python service's image is built" build tests/images/python && python=oci:$layout:latest
check "the shell job's image is built" build tests/images/shell && shell=oci:$layout:latest
export DEMO_SECONDS=12
one_image web "${web:-none}" nginx --window 0 --ready-port 8080 --driver deploy/demo/workload.py --until-driver --duration 120
one_image python "${python:-none}" libpython3.11-stdlib --window 1 --ready-port 8000 --driver "$scratch/ask" --until-driver --duration 120
one_image shell "${shell:-none}" gzip --repeat 3
finish
