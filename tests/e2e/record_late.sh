#!/bin/sh
# record --cgroup, --pid: what already runs, and the truth about having come late.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh

t=$scratch/t.gz
need_tracing 'what runs in a cgroup is recorded'
v2=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
name=vexxy-test-$$
dir=$v2/$name
mkdir "$dir" || exit 1
on_exit() { kill "$service" 2>/dev/null; wait "$service" 2>/dev/null; rmdir "$dir" 2>/dev/null; rm -rf "$scratch"; }
sh -c 'while :; do cat /etc/hostname; sleep 0.3; done' >/dev/null 2>&1 &
service=$!
echo "$service" >"$dir/cgroup.procs"

check 'the root cgroup is refused' fails_with 1 "^error: cgroup '/' is the root: all processes of the host are in it" \
	"$agent" record -o "$t" --cgroup /
check 'a cgroup that is not there is named' fails_with 1 "^error: no cgroup '/nonexistent' below '$v2'" \
	"$agent" record -o "$t" --cgroup /nonexistent
check 'a process that is not there is named' fails_with 1 '^error: no process 4194303' "$agent" record -o "$t" --pid 4194303
if [ "$(sed -n 's/^0:://p' /proc/$$/cgroup)" = / ]; then
	check 'a process in the root cgroup is refused' fails_with 1 "^error: process $$ is in the root cgroup" \
		"$agent" record -o "$t" --pid $$
fi

check 'what runs in a cgroup is recorded' fails_with 0 "^recording everything in the cgroup '/$name'" \
	"$agent" record -o "$t" --duration 2 --cgroup "$name"
check 'the trace says that it began late' has "$t" '"vexxy_trace"' '"began":"late"' "\"cgroup\":\"/$name\""
check 'and counts that as a loss' ends_with "$t" '"late":1'
check 'what was there before is in it' has "$t" '"how":"snapshot"' "\"path\":\"$(readlink -f /bin/sh)\""
check 'what happened since is in it' has "$t" '"kind":"open"' '"path":"/etc/hostname"'
check 'what ran elsewhere is not' has_not "$t" '"comm":"vexxy-agent"'
check 'the service still runs' kill -0 "$service"
check 'a process stands for its cgroup' fails_with 0 "^recording everything in the cgroup '/$name'" \
	"$agent" record -o "$t" --duration 1 --pid "$service"
check 'a path in the mounted hierarchy does too' "$agent" record -q -o "$t" --duration 1 --cgroup "$dir"
sleep 99 &
sleeper=$!
echo "$sleeper" >"$dir/cgroup.procs"
"$agent" record -q -o "$t" --duration 1 --cgroup "$dir"
check 'a system call that has not returned at the end is in it' ends_with "$t" '_nanosleep"'
kill "$sleeper"
start -o "$t" --cgroup "$name"
wait_for 20 has "$t" '"path":"/etc/hostname"'
kill "$service"
check 'it ends when nothing runs there any more' ended 0
check 'which is the reason' ends_with "$t" '"reason":"cgroup_empty"'
check 'the cgroup is not ours to remove' test -d "$dir"
check 'an empty cgroup is refused' fails_with 1 "^error: nothing runs in the cgroup '/$name'" "$agent" record -o "$t" --cgroup "$name"
finish
