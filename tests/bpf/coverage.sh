#!/bin/bash
# Every mechanism by which Linux reaches a file, inside a fresh cgroup, must be in the trace: from the first instruction.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh

can_trace || { skip "coverage of all mechanisms" "recording needs root and BTF"; finish; }
mkdir "$scratch/work"
true_path=$(readlink -f /bin/true)
interpreter=$(readlink -f "$(readelf -p .interp /bin/true | grep -o '/.*')")
check "the coverage program is recorded" sh -c '"$1" record --quiet --backend raw -o "$2/c.gz" -- build/tests/tools/coverage "$2/work" "$3:$4" >"$2/expected"' \
	- "$agent" "$scratch" "$true_path" "$interpreter"
while read -r line; do
	case $line in
	"ok "*) ok "${line#ok }" ;;
	"not ok "*) not_ok "${line#not ok }" ;;
	esac
done < <(tests/tools/check_coverage.sh "$scratch/c.gz" "$scratch/expected")
check "the first record is the first exec" sh -c 'gzip -dc "$1" | sed -n 2p | grep "\"kind\":\"exec\"" | grep -F "/coverage\""' - "$scratch/c.gz"
check "the last record is the end, and nothing was lost" sh -c \
	'gzip -dc "$1" | tail -n 1 | grep "\"kind\":\"end\"" | grep -o "\"losses\":{[^}]*}" | grep -v ":[1-9]"' - "$scratch/c.gz"
echo outside >"$scratch/outside"
outsider() { # a process beside the recorded one is never recorded
	(for _ in $(seq 100); do cat "$scratch/outside" >/dev/null; done) &
	"$agent" record --quiet -o "$scratch/o.gz" -- sleep 0.3
	wait $!
	! gzip -dc "$scratch/o.gz" | grep -F "$scratch/outside"
}
check "what runs outside the cgroup is never recorded" outsider
finish
