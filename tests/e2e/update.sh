#!/bin/bash
# One result after another: --previous keeps what did not change, and vexxy diff tells what did, and why.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
python=/usr/bin/python3
if ! command -v "$python" >/dev/null; then
	skip "one result after another" "python3 is not installed"
	finish
fi
unset SOURCE_DATE_EPOCH

# Monday: nothing but the service ran. Tuesday: libidle1 was mapped, a CVE is new, another is gone, libused1 has another version.
cat >"$scratch/monday.case" <<'CASE'
# monday
@root debian
@trace service start=2026-01-05T03:00:00Z
windows 31
@osv
CVE-2024-0001 Debian:12 used
CVE-2024-0002 Debian:12 idle
CVE-2024-0003 Debian:12 idle
CVE-2024-0005 Debian:12 app fixed=1.0-1
CASE
sed -e 's/monday/tuesday/; s/2026-01-05/2026-01-06/; s/^CVE-2024-0003/CVE-2024-0004/' \
	-e '/^windows/i map /usr/lib/x86_64-linux-gnu/libidle.so.1 build_id=2222' "$scratch/monday.case" >"$scratch/tuesday.case"
cp tests/cases/debian.root tests/cases/service.trace "$scratch/"
"$python" - "$scratch" <<'PY' || exit 1
import pathlib
import sys
sys.path.insert(0, "tests/cases")
sys.dont_write_bytecode = True
from case import Case
where = pathlib.Path(sys.argv[1])
for day in ("monday", "tuesday"):
    (where / f"{day}.in").mkdir()
    args = Case(where / f"{day}.case").build(where / f"{day}.in")
    (where / f"{day}.args").write_text("\n".join(args) + "\n")
PY
analyze() { # day, output directory, options…
	day=$1 to=$2
	shift 2
	mapfile -t args <"$scratch/$day.args"
	"$vexxy" analyze -q --image-digest "sha256:$(printf 'a%.0s' {1..64})" --also csaf,cyclonedx,sarif "${args[@]}" -o "$scratch/$to" "$@"
}
is() { # output directory, python expression over the documents
	"$python" - "$scratch/$1" "$2" <<'PY'
import json
import pathlib
import sys
out = pathlib.Path(sys.argv[1])
vex, csaf = (json.loads((out / f"vex.{form}.json").read_text()) for form in ("openvex", "csaf"))
by_name = {s["vulnerability"]["name"]: s for s in vex["statements"]}
tracking, inputs = csaf["document"]["tracking"], json.loads((out / "inputs.json").read_text())
before = {}
if (out.parent / "monday/vex.openvex.json").exists():
    before = {s["vulnerability"]["name"]: s for s in json.loads((out.parent / "monday/vex.openvex.json").read_text())["statements"]}
ok = eval(sys.argv[2])
if not ok:
    print(json.dumps(vex, indent=1)[:3000])
sys.exit(not ok)
PY
}
same() { for name in vex.openvex.json vex.csaf.json vex.cdx.json vex.sarif; do cmp "$scratch/$1/$name" "$scratch/$2/$name" || return 1; done; }
clean() { "$vexxy" lint --strict "$scratch/$1/vex.openvex.json"; }
first="2026-01-05T03:05:20Z" second="2026-01-06T03:05:20Z"

check "the first result" analyze monday monday
check "… has version 1 and one time" is monday "vex['version'] == 1 and vex['timestamp'] == '$first' and not any('timestamp' in s for s in vex['statements'])"
check "the same again, after it" analyze monday again --previous "$scratch/monday"
check "… is the same to the byte, whatever form" same monday again
check "… and says what it followed" is again "[i['role'] for i in inputs['inputs']].count('previous') == 2"
check "the next day" analyze tuesday tuesday --previous "$scratch/monday"
check "… has version 2 and its own time" is tuesday "vex['version'] == 2 and vex['timestamp'] == '$second'"
check "a conclusion that holds keeps its time" is tuesday "by_name['CVE-2024-0001']['timestamp'] == '$first'"
check "… and its @id" is tuesday "by_name['CVE-2024-0001']['@id'] == before['CVE-2024-0001']['@id']"
check "… and tells when its evidence changed" is tuesday "by_name['CVE-2024-0001']['last_updated'] == '$second'"
check "one that moved has the new time, and its @id" \
	is tuesday "'timestamp' not in by_name['CVE-2024-0002'] and by_name['CVE-2024-0002']['@id'] == before['CVE-2024-0002']['@id']"
check "a new one has the new time" is tuesday "'timestamp' not in by_name['CVE-2024-0004'] and 'CVE-2024-0003' not in by_name"
check "CSAF has two revisions" is tuesday "tracking['version'] == '2' and [r['date'] for r in tracking['revision_history']] == ['$first', '$second']"
check "lint finds nothing in it" clean tuesday
check "all forms are valid" "$python" tests/tools/validate_form.py "$scratch/tuesday/vex.cdx.json" "$scratch/tuesday/vex.sarif" "$scratch/tuesday/vex.csaf.json"
check "in its own directory" analyze tuesday tuesday --previous "$scratch/tuesday"
check "… nothing changes" is tuesday "vex['version'] == 2 and tracking['version'] == '2'"
kept() { cp -r "$scratch/tuesday" "$scratch/kept" && fails_with 1 "it is of $second, after this analysis \\($first\\)" analyze monday kept --previous "$scratch/tuesday" && same tuesday kept; }
check "an older result cannot follow: 1, and nothing is written" kept
library=${OUT:-build}/npm/node_modules/@secvisogram/csaf-validator-lib
[ ! -d "$library" ] || check "CSAF's mandatory tests pass for a second revision" node tests/tools/csaf_mandatory.mjs "$library" "$scratch/tuesday/vex.csaf.json"

key=$scratch/key.pem
"$vexxy" keygen "$key" >/dev/null
verify() { "$vexxy" verify "$scratch/signed" --key "$scratch/key.pub.pem" --input "$scratch/tuesday.in" --rootfs "$scratch/tuesday.in/root" "$@"; }
derived() { verify --input "$scratch/monday" | grep -q 'derived again from its inputs'; }
check "a signed result after another" analyze tuesday signed --previous "$scratch/monday" --key "$key"
check "… is derived again with what it followed" derived
lacks() { verify >"$scratch/said"; [ $? = 3 ] && grep -q "monday/vex.openvex.json' (previous, .* is not at hand" "$scratch/said"; }
check "… and not without, which is said" lacks

mkdir "$scratch/broken" && cp "$scratch/monday/report.json" "$scratch/broken/"
echo '{"@context":' >"$scratch/broken/vex.openvex.json"
check "a previous document that is broken: 1, with line and column" fails_with 1 "broken/vex.openvex.json': line" analyze tuesday x --previous "$scratch/broken"
echo '{}' >"$scratch/broken/vex.openvex.json"
check "one that is none: 1" fails_with 1 "it is no OpenVEX document" analyze tuesday x --previous "$scratch/broken"
rm "$scratch/broken/vex.openvex.json"
check "a result without one: version 1" analyze tuesday x --previous "$scratch/broken"
check "… and no revision before" is x "vex['version'] == 1 and tracking['version'] == '1'"
check "no result: 1, naming it" fails_with 1 "'$scratch/none' holds no result" analyze tuesday y --previous "$scratch/none"
stale() { analyze monday kept && mapfile -t args <"$scratch/monday.args" && "$vexxy" analyze -q "${args[@]}" -o "$scratch/kept" && [ ! -e "$scratch/kept/vex.sarif" ] && [ -e "$scratch/kept/vex.openvex.json" ]; }
check "a form that is no longer asked for does not stay with what it said" stale

says() { # extended regular expression on stdout, command…
	pattern=$1
	shift
	"$@" >"$scratch/said" 2>&1 || { echo "exit status $?"; cat "$scratch/said"; return 1; }
	grep -qE -- "$pattern" "$scratch/said" || { echo "no '$pattern' in:"; cat "$scratch/said"; return 1; }
}
diff_of() { "$vexxy" diff "$scratch/monday" "$scratch/$1"; }
check "diff: what moved" says '^moved +CVE-2024-0002 in libidle1 1.0-1' diff_of tuesday
check "… from what" says '^  was not_affected: vulnerable_code_not_in_execute_path, R7, confidence 0\.' diff_of tuesday
check "… to what" says '^  is  affected: package in use, function unknown, R6' diff_of tuesday
check "… and why" says '^    new: /usr/lib/x86_64-linux-gnu/libidle.so.1 was mapped by app .*\(map\)$' diff_of tuesday
check "… the new one" says '^new +CVE-2024-0004 in libidle1' diff_of tuesday
check "… why" says 'no source told of it before; osv does now' diff_of tuesday
check "… the one that is gone, and why" says 'no source tells of it any more' diff_of tuesday
check "… what the two rest on" says '^trace is new: ' diff_of tuesday
check "… and how many" says '^1 moved, 1 new, 1 gone, .* 2 unchanged$|^1 moved, 1 new, 1 gone' diff_of tuesday
check "nothing changed: it says so" says '^0 moved, 0 new, 0 gone, 0 with another confidence, 0 on other grounds, 4 unchanged$' diff_of again
as_json() { "$vexxy" diff --json "$scratch/monday" "$scratch/tuesday" | "$python" -c '
import json, sys
d = json.load(sys.stdin)
kinds = {c["id"]: c["kind"] for c in d["changes"]}
assert kinds["CVE-2024-0002"] == "moved" and kinds["CVE-2024-0003"] == "gone" and kinds["CVE-2024-0004"] == "new", kinds
assert all(c["why"] for c in d["changes"]), d
assert sum(d["summary"].values()) == 5, d["summary"]'; }
check "--json tells the same" as_json
# A verdict by itself: another confidence, another version.
mkdir "$scratch/sure" "$scratch/grown"
sed '0,/"risk": [0-9.]*/s//"risk": 0.5/; 0,/"confidence": [0-9.]*/s//"confidence": 0.1/' "$scratch/monday/report.json" >"$scratch/sure/report.json"
check "another confidence, and of which risk" says 'risk of .* was 0\..*, is 0\.500000' diff_of sure
check "… as such" says '^confidence +CVE' diff_of sure
sed '/"verdicts"/,$s/libused1@1.0-1/libused1@1.1-1/; /"verdicts"/,$s/"version": "1.0-1"/"version": "1.1-1"/' "$scratch/monday/report.json" >"$scratch/grown/report.json"
check "another version of the package is the same package" says 'the version that is installed was 1.0-1, is 1.1-1' diff_of grown
check "no result: 1, naming the file" fails_with 1 "none/report.json" "$vexxy" diff "$scratch/monday" "$scratch/none"
echo '{}' >"$scratch/broken/report.json"
check "no report: 1, and which of the two" fails_with 1 'the new result: it is no report' "$vexxy" diff "$scratch/monday" "$scratch/broken"
check "one directory: 2" fails_with 2 'usage: vexxy diff' "$vexxy" diff "$scratch/monday"
finish
