#!/bin/bash
# Over real traces: deleting events, adding a loss or cutting a trace short never turns a verdict into not_affected. ROUNDS=100: more.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh

can_trace || { skip "properties of real traces" "recording needs root and BTF"; finish; }
for tool in mmdebstrap umoci runc; do
	command -v $tool >/dev/null || { skip "properties of real traces" "no $tool here: run 'make deps'"; finish; }
done
vulns=deploy/advisories/demo.osv.jsonl
build() { layout=$(deploy/demo/build-image.sh "$1" 2>"$scratch/build.err") || { cat "$scratch/build.err"; return 1; }; }
never_firmer() { # output directory of a run, options of the analysis…
	out=$1
	shift
	PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 tests/cases/real.py "$vexxy" "${ROUNDS:-24}" "$out" --inventory "$out/inventory.cdx.json" --vulns "$vulns" "$@"
}
export DEMO_SECONDS=12
check "the web server's image is built" build deploy/demo/web && web=oci:$layout:demo
check "the shell job's image is built" build tests/images/shell && shell=oci:$layout:latest
check "a web server under requests is recorded" \
	"$vexxy" run "$web" --vulns "$vulns" -q -o "$scratch/web" --window 0 --ready-port 8080 \
	--driver deploy/demo/workload.py --until-driver --duration 120
check "the web server's trace, spoilt in every way: nothing becomes firmer" never_firmer "$scratch/web" --bound 0.5 --min-units 1
web_agrees_with_itself() {
	PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 tests/cases/agrees.py "$vexxy" "${ROUNDS:-8}" "$scratch/web/run.trace.gz" --inventory "$scratch/web/inventory.cdx.json" \
		--vulns "$vulns" --bound 0.5 --min-units 1
}
check "the web server's trace as Kubescape's profile: it agrees with itself wholly, and a change of it changes what it should" web_agrees_with_itself
check "a shell job is recorded seven times" "$vexxy" run "$shell" --repeat 7 --vulns "$vulns" -q -o "$scratch/shell"
check "one of the shell job's traces spoilt: nothing becomes firmer" never_firmer "$scratch/shell" --bound 0.5 --min-units 1
finish
