#!/bin/sh
# vexxy-server among 10,000 clients that say nothing, or little: others are answered, memory is bounded, in the end they are cut.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh

count=${COUNT:-10000}
limit=$(ulimit -Hn)
if [ "$limit" != unlimited ] && [ "$limit" -lt $((count + 500)) ]; then
	skip "$count clients" "only $limit descriptors are allowed here"
	finish
fi
check 'it starts' start_server --no-workers --request-timeout 8
python3 tests/e2e/server_many.py "${api#http://}" "$server_pid" "$count" 90 >"$scratch/cases"
while IFS='	' read -r result sentence; do
	case $result in
	ok) ok "$sentence" ;;
	'#') echo "# $sentence" ;;
	*) not_ok "$sentence: $result" ;;
	esac
done <"$scratch/cases"
check 'every case came back' test "$(grep -vc '^#' "$scratch/cases")" = 7
check 'it is healthy all the same' gives 200 GET /health
check 'its log has no failure' test "$(grep -c '"level":"error"' "$scratch/server.log")" = 0
check 'it stops when told' stop_server
finish
