#!/bin/sh
# What is left when an agent and its guardian are killed together: the next recording removes it, and nothing that is somebody else's.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh

t=$scratch/t.gz
need_tracing 'what a killed recording leaves is removed'
v2=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
run=/run && [ -w /run ] || run=/tmp
dead=$(sh -c 'echo $$') # a number that nobody has now
others="$v2/vexxy-$dead-0000000g $v2/vexxy-$dead-1234567 $v2/vexxy-0$dead-12345678 $v2/vexxy-$dead-12345678x $v2/vexxy-$$-12345678"
on_exit() {
	kill -9 $workload $(cat "$scratch/pids" 2>/dev/null) 2>/dev/null
	sleep 0.2
	[ -z "${pid:-}" ] || find "$v2/" -depth -type d -path "$v2/vexxy-$pid-*" -exec rmdir {} + 2>/dev/null
	rmdir $others 2>/dev/null
	rm -rf "$scratch"
}
workload=
begin() { # options…: a recording that runs
	start -o "$t" "$@" -- sleep 300
	wait_for 20 has "$t" '"role":"program"' && workload=$(cat "$v2/vexxy-$pid-"*/target/cgroup.procs) && [ -n "$workload" ]
}
guardian_of() { # agent
	for p in $(cat "/proc/$1/task/$1/children"); do
		[ "$(cat "/proc/$p/comm")" != vexxy-guardian ] || { echo "$p" && return 0; }
	done
	return 1
}
kill_both() { # stopped first, so that neither sees the other's end
	guardian=$(guardian_of "$pid") && echo "$guardian" >>"$scratch/pids" && kill -STOP "$guardian" && kill -9 "$pid" && kill -9 "$guardian" && all_gone "$pid" "$guardian"
	wait "$pid" 2>/dev/null
	true
}
is_there() { ls -d "$v2/vexxy-$pid-"* >"$scratch/there" && ls -d "$run/vexxy-$pid-"* >>"$scratch/there"; }
another() { "$agent" record -q -o "$scratch/other.gz" "$@" -- true; }

check 'a recording runs' begin
check 'its agent and its guardian are killed' kill_both
check 'its cgroups and its directory stay' is_there
check 'its program runs on' kill -0 "$workload"
check 'the next recording says so, and leaves it' fails_with 0 "^warning: processes of a recording that was killed still run in the cgroup 'vexxy-$pid-[0-9a-f]*', leaving them" \
	"$agent" record -o "$scratch/other.gz" -- true
check 'it runs on' kill -0 "$workload"
kill -9 "$workload"
all_gone "$workload"
check 'when it has ended, too, all is still there' is_there
mkdir $others
check 'the next recording' another
check 'removes all of it' nothing_left "$pid"
check 'and nothing that only looks like it' ls -d $others
rmdir $others

# To who counts processes from 1 on the number is nobody's, and it is an agent's all the same.
elsewhere() { unshare --pid --fork --mount-proc "$agent" record -q -o "$scratch/other.gz" -- true; }
mkdir "$v2/vexxy-test-$$" && others="$others $v2/vexxy-test-$$"
sleep 300 &
echo $! >"$v2/vexxy-test-$$/cgroup.procs" && echo $! >>"$scratch/pids"
start -o "$t" --cgroup "vexxy-test-$$"
check 'a recording of the cgroup of others, whose own is empty' wait_for 20 has "$t" '"how":"snapshot"'
check 'a recording in another pid namespace' elsewhere
check 'leaves those of an agent that it does not see' is_there
check 'whose recording ends as it should' eval 'kill "$pid" && ended 0'
check 'and leaves nothing' nothing_left "$pid"
finish
