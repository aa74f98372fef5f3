#!/bin/bash
# What cannot be reported is counted: in records of its own and in the last line.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh

can_trace || { skip "losses are counted" "recording needs root and BTF"; finish; }
mkdir "$scratch/work"
echo text >"$scratch/beyond"
lost() { # trace, cause: by a record and by the last line
	gzip -dc "$1" | grep -F '"kind":"lost"' | grep -qF "\"what\":\"$2\"" && gzip -dc "$1" | tail -n 1 | grep -qE "\"$2\":[1-9]" ||
		{ gzip -dc "$1" | tail -n 1; return 1; }
}

"$agent" record --quiet --backend raw -o "$scratch/u.gz" -- build/tests/tools/coverage --no-entry "$scratch/work"
if gzip -dc "$scratch/u.gz" | tail -n 1 | grep -qF '"exit":19712'; then # 77
	skip "an open by io_uring that leaves no entry is counted" "no io_uring here, or one that always makes an entry"
else
	check "an open by io_uring that leaves no entry is counted" lost "$scratch/u.gz" uring
fi

root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
beyond=$root/vexxy-test-$$
mkdir "$beyond" || exit 1
"$agent" record --quiet -o "$scratch/l.gz" -- sh -c "echo \$\$ >$beyond/cgroup.procs; cat $scratch/beyond >/dev/null"
for _ in 1 2 3 4 5 6 7 8 9 10; do rmdir "$beyond" 2>/dev/null && break; sleep 0.1; done
check "a task that leaves the cgroup is counted" lost "$scratch/l.gz" storage
check "what it does there is not recorded" sh -c '! gzip -dc "$1" | grep -F "/beyond\""' - "$scratch/l.gz"
finish
