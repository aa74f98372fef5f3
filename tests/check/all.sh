#!/bin/sh
# Runs every rule; prints one TAP line each, so that the test runner can count them.
cd "$(dirname "$0")/../.." || exit 1
n=0 status=0
for rule in layers limits style runner; do
	n=$((n + 1))
	if out=$("tests/check/$rule.sh" 2>&1); then
		echo "ok $n - house rule: $rule"
	else
		printf '%s\n' "$out" | sed 's/^/# /'
		echo "not ok $n - house rule: $rule"
		status=1
	fi
done
n=$((n + 1))
if out=$(make --no-print-directory check-headers 2>&1); then
	echo "ok $n - house rule: every header compiles alone"
else
	printf '%s\n' "$out" | sed 's/^/# /'
	echo "not ok $n - house rule: every header compiles alone"
	status=1
fi
echo "1..$n"
exit $status
