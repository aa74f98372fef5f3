#!/bin/sh
# vexxy explain as a person calls it: one verdict in plain words, and errors that name what is missing.
. tests/lib.sh
out=$scratch/analysis
mkdir "$out" && cp tests/golden/report.json "$out/"

says() { # extended regular expression on stdout, command…
	pattern=$1
	shift
	"$@" >"$scratch/out" 2>"$scratch/err" || { echo "exit status $?: $(cat "$scratch/err")"; return 1; }
	grep -qE -- "$pattern" "$scratch/out" || { echo "no '$pattern' in:"; cat "$scratch/out"; return 1; }
}
is_one_verdict() {
	"$vexxy" explain --json "$out" CVE-2023-0002 | /usr/bin/python3 -c '
import json, sys
verdicts = json.load(sys.stdin)
assert [v["id"] for v in verdicts] == ["CVE-2023-0002"], verdicts'
}
has_no_escape() {
	sed "s/A reason\./A reason.\\\\u001b[2J/" "$out/report.json" >"$scratch/hostile/report.json"
	grep -q u001b "$scratch/hostile/report.json" || return 1
	says 'reason\.\\x1b' "$vexxy" explain "$scratch/hostile" CVE-2023-0002 && ! grep -q "$(printf '\033')" "$scratch/out"
}
mkdir "$scratch/hostile"

check "a package in use is told apart from a function that ran" \
	says '^verdict +affected: package in use, function unknown$' "$vexxy" explain "$out" CVE-2023-0002
check "the evidence names trace and line" says 'trace 1, line 4' "$vexxy" explain "$out" CVE-2023-0002
check "the rule is told in words" says '^rule +R7: never used' "$vexxy" explain "$out" CVE-2023-0001
check "what R9 turned down is told" says '^turned down +R8 ' "$vexxy" explain "$out" CVE-2023-0003
check "a negative verdict has an end" says '^until +2023-12-14T22:13:20Z' "$vexxy" explain "$out" CVE-2023-0001
check "every factor is told with its origin" says "× 0.987700 unseen: chao2$" "$vexxy" explain "$out" CVE-2023-0001
check "the product is the confidence" says '^ += 0.9703, by model 2025.1$' "$vexxy" explain "$out" CVE-2023-0001
check "what the watch leaves unseen is told" says '^unseen +60 units, the last 58 .* at most 0.0779;' "$vexxy" explain "$out" CVE-2023-0001
check "an alias finds it too, in any case" says '^CVE-2023-0001 in curl' "$vexxy" explain "$out" ghsa-aaaa-BBBB-cccc
check "a package narrows it" says '^CVE-2023-0001 in curl' "$vexxy" explain "$out" CVE-2023-0001 curl
check "--json gives the verdict as it stands" is_one_verdict
check "what strangers wrote cannot steer the terminal" has_no_escape
check "another package: 1, and that there are others" \
	fails_with 1 "no verdict on 'CVE-2023-0001' in 'nginx', but in 1 other" "$vexxy" explain "$out" CVE-2023-0001 nginx
check "a vulnerability without a verdict: 1" fails_with 1 "no verdict on 'CVE-2020-1'" "$vexxy" explain "$out" CVE-2020-1
check "no analysis: 1, naming the file" fails_with 1 'none/report.json' "$vexxy" explain "$scratch/none" CVE-2023-0001
echo '{}' >"$scratch/hostile/report.json"
check "a file that is no report: 1" fails_with 1 'is no report' "$vexxy" explain "$scratch/hostile" CVE-2023-0001
check "no vulnerability: 2, with the usage" fails_with 2 'usage: vexxy explain' "$vexxy" explain "$out"
finish
