#!/bin/sh
# vexxy lint as a person calls it: exit status, messages, JSON.
. tests/lib.sh
golden=tests/golden/vex.openvex.json
broken=$scratch/broken.openvex.json
warned=$scratch/warned.openvex.json
sed 's/"status": "fixed",/"status": "fixed", "impact_statement": "none",/' "$golden" >"$broken"
sed 's/T22:13:20Z",/T23:13:20+01:00",/' "$golden" >"$warned"

says() { # exit status, extended regular expression on stdout, command…
	want=$1 pattern=$2
	shift 2
	"$@" >"$scratch/out" 2>"$scratch/err"
	got=$?
	[ "$got" = "$want" ] || { echo "exit status $got, expected $want"; cat "$scratch/out" "$scratch/err"; return 1; }
	grep -qE -- "$pattern" "$scratch/out" || { echo "no '$pattern' in:"; cat "$scratch/out"; return 1; }
}
silent_stderr() { [ ! -s "$scratch/err" ]; }
is_json() { "$vexxy" lint --json "$1" | /usr/bin/python3 -c 'import json, sys; json.load(sys.stdin)'; }

check "a document without fault: 0" says 0 '0 errors, 0 warnings' "$vexxy" lint "$golden"
check "… and nothing on stderr" silent_stderr
check "a fault: 3, with rule, statement, vulnerability and what is wrong" \
	says 3 '^rule 14: statement 4 \(CVE-2023-0004\): fixed, but with impact_statement$' "$vexxy" lint "$broken"
check "a warning alone: 0" says 0 '^rule 6: warning: timestamp .* is not UTC' "$vexxy" lint "$warned"
check "… but 3 with --strict" says 3 'rule 6: warning' "$vexxy" lint "$warned" --strict
check "what is not checked is said" says 0 'rule 20: needs a report of grype or trivy' "$vexxy" lint "$golden"
check "--json for a good document is JSON" is_json "$golden"
check "--json for a bad document: 3, and not valid" says 3 '"valid": false' "$vexxy" lint --json "$broken"
check "a document that is not there: 1, naming it" fails_with 1 "error: .*none.json'" "$vexxy" lint "$scratch/none.json"
echo '{"a":' >"$scratch/half.json"
check "a document that is no JSON: 1, with line and column" fails_with 1 'half.json.*line 1' "$vexxy" lint "$scratch/half.json"
check "no document: 2, with the usage" fails_with 2 'usage: vexxy lint' "$vexxy" lint
check "an unknown option: 2" fails_with 2 "unknown option '--bogus'" "$vexxy" lint "$golden" --bogus
check "a report that is not there: 1" fails_with 1 'none.json' "$vexxy" lint "$golden" --against "$scratch/none.json"
check "a report that is none of grype's and trivy's: 1" fails_with 1 'grype' "$vexxy" lint "$golden" --against "$golden"
finish
