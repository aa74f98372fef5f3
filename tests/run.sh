#!/bin/sh
# Runs every test and ends with one line: N passed, N failed, N skipped.
#   tests/run.sh [PATTERN]    only the tests whose path matches the extended regular expression
cd "$(dirname "$0")/.." || exit 1
out=${OUT:-build}
results=$(mktemp)
trap 'rm -f "$results" "$results.status" "$results.one"' EXIT
pattern=${1:-.}
# A cmocka program must not run for longer than this, nor a script; what hangs has failed.
# cmocka calls a test that was skipped "not ok": in CI it is that, on a user's machine a skip.
skips=
[ "${CI:-}" = true ] || skips='s/^not ok \([0-9]* # SKIP\)/ok \1/'
run_one() { # name, command…
	name=$1 began=$(date +%s)
	shift
	echo "# $name" | tee -a "$results"
	{
		timeout -k 10 "${TEST_TIMEOUT:-900}" "$@" 2>&1 </dev/null
		echo $? >"$results.status"
	} | grep -aE '^(ok|not ok|1\.\.|#|Bail|=+|.*(rror|ERROR|WARNING: ThreadSanitizer):)' | sed "$skips" | tee "$results.one"
	cat "$results.one" >>"$results"
	# cmocka prints its plan first: what a sanitizer, a crash or a leak ends afterwards is told by the exit status alone.
	status=$(cat "$results.status")
	if ! grep -aq '^1\.\.' "$results.one"; then
		echo "not ok - $name ended before its plan (status $status)"
	elif [ "$status" != 0 ] && ! grep -aq '^not ok' "$results.one"; then
		echo "not ok - $name ended with status $status, though no test of it failed"
	fi | tee -a "$results"
	echo "# took $(($(date +%s) - began)) s"
}
for t in "$out"/tests/test_* "$out"-san/tests/test_* "$out"-tsan/tests/test_*; do
	case $t in *.d | *'*') continue ;; esac
	echo "$t" | grep -qE "$pattern" && CMOCKA_MESSAGE_OUTPUT=TAP run_one "$t" "$t"
done
if [ "${CI:-}" = true ] && echo tests/fuzz | grep -qE "$pattern"; then
	run_one tests/fuzz make --no-print-directory fuzz FUZZ_SECONDS="${FUZZ_SECONDS:-20}" FUZZ_RUNS="${FUZZ_RUNS:-5000}"
fi
for t in tests/check/all.sh tests/cases/run.sh tests/bpf/*.sh tests/e2e/*.sh tests/kernels/run.sh; do
	[ -x "$t" ] && echo "$t" | grep -qE "$pattern" && run_one "$t" "$t"
done
skipped=$(grep -acE '^ok .*# SKIP' "$results")
failed=$(grep -acE '^not ok' "$results")
passed=$(($(grep -acE '^ok' "$results") - skipped))
grep -aE '^not ok' "$results"
[ "$passed" -gt 0 ] || failed=$((failed + 1))
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
