#!/bin/sh
# tests/run.sh lets nothing pass that died: not before its plan, not behind it, not behind its last test.
set -eu
cd "$(dirname "$0")/../.."
scratch=$(mktemp -d "${TMPDIR:-/tmp}/vexxy-test.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$scratch/tests" "$scratch/build/tests"
cp tests/run.sh "$scratch/tests"
program() { printf '#!/bin/sh\n%s\n' "$2" >"$scratch/build/tests/test_$1" && chmod +x "$scratch/build/tests/test_$1"; }
program whole 'echo 1..1; echo "ok 1 - a"'
program leaks 'echo 1..1; echo "ok 1 - a"; exit 1'
program aborts 'echo 1..2; echo "ok 1 - a"; kill -ABRT $$'
program silent 'echo "ok 1 - a"'
program fails 'echo 1..1; echo "not ok 1 - a"; exit 1'
program skips 'echo 1..1; echo "not ok 1 # SKIP a"'
said() { env CI="${ci:-}" OUT=build "$scratch/tests/run.sh" "$1" 2>&1 | tail -n 1; }
bad=0
expect() { # pattern, last line
	[ "$(said "$1")" = "$2" ] || { echo "$1: '$(said "$1")', expected '$2'" && bad=1; }
}
expect test_whole '1 passed, 0 failed, 0 skipped'
expect test_leaks '1 passed, 1 failed, 0 skipped'
expect test_aborts '1 passed, 1 failed, 0 skipped'
expect test_silent '1 passed, 1 failed, 0 skipped'
expect test_fails '0 passed, 2 failed, 0 skipped'
expect test_skips '0 passed, 1 failed, 1 skipped'
ci=true expect test_skips '0 passed, 2 failed, 0 skipped'
expect nothing '0 passed, 1 failed, 0 skipped'
exit $bad
