#!/bin/sh
# Runs each fuzz harness for FUZZ_SECONDS (30), starting from tests/fuzz/corpus/NAME where there is one. One TAP line each; what
# crashed is kept in build/fuzz/NAME.crash-*. With FUZZ_RUNS=N it is always the same N inputs: a test says the same thing twice.
cd "$(dirname "$0")/../.." || exit 1
n=0 status=0
same=${FUZZ_RUNS:+-seed=1 -runs=$FUZZ_RUNS}
for harness in "$@"; do
	name=$(basename "$harness")
	n=$((n + 1))
	work=$(mktemp -d "${TMPDIR:-/tmp}/vexxy-fuzz.XXXXXX")
	[ ! -d "tests/fuzz/corpus/$name" ] || cp -r "tests/fuzz/corpus/$name/." "$work"
	# shellcheck disable=SC2086
	if "$harness" $same -max_total_time="${FUZZ_SECONDS:-30}" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=0 \
		-verbosity=0 -artifact_prefix="build/fuzz/$name." "$work" >"build/fuzz/$name.log" 2>&1; then
		echo "ok $n - $name found nothing"
	else
		tail -n 30 "build/fuzz/$name.log" | sed 's/^/# /'
		echo "not ok $n - $name found nothing"
		status=1
	fi
	rm -rf "$work"
done
echo "1..$n"
exit $status
