#!/bin/bash
# 200,000 distinct files opened as fast as two cores can, with the agent stopped for a second in the middle: nothing
# first-seen is missing, or the trace counts exactly what is.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh

can_trace || { skip "a flood of distinct files" "recording needs root and BTF"; finish; }
n=${FLOOD_FILES:-200000}
mkdir "$scratch/files"
build/tests/tools/flood make "$scratch/files" "$n" || exit 1
"$agent" record --quiet --duration 120 -o "$scratch/t.gz" -- sh -c \
	'echo ready >"$1/ready"; while [ ! -e "$1/go" ]; do sleep 0.05; done; build/tests/tools/flood open "$1/files" "$2"' - "$scratch" "$n" >"$scratch/out" &
pid=$!
for _ in $(seq 200); do [ -e "$scratch/ready" ] && break; sleep 0.1; done
sleep 0.5
touch "$scratch/go"
sleep 0.1
kill -STOP "$pid"
sleep 1
kill -CONT "$pid"
wait "$pid"
check "the recording ends in order" test $? = 0
check "all files were opened" grep -qx "opened $n" "$scratch/out"
gzip -dc "$scratch/t.gz" >"$scratch/t"
seen=$(grep -F '"kind":"open"' "$scratch/t" | grep -o '"path":"[^"]*/files/[0-9]*/f[0-9]*"' | sort -u | wc -l)
lost=$(tail -n 1 "$scratch/t" | grep -o '"losses":{[^}]*}' | grep -o '"\(ring\|walk\|read\|write\)":[0-9]*' | awk -F: '{ n += $2 } END { print n + 0 }')
echo "# seen $seen of $n, counted as lost $lost"
check "what is not in the trace is counted as lost" test $((seen + lost)) -ge "$n"
check "most is there even so" test "$seen" -ge $((n * 9 / 10))
in_order() { gzip -dc "$scratch/t.gz" | grep -o '"t":[0-9]*' | cut -d: -f2 | sort -nc; }
check "records are in the order of time" in_order
finish
