#!/bin/sh
# vexxy-agent daemon: pods of this node are recorded from their first instruction, and their traces get to the server whatever happens.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh
. tests/e2e/pod_lib.sh

need_tracing 'a pod is recorded'
command -v runc >/dev/null || { skip 'a pod is recorded' 'there is no runc'; finish; }
rootfs=$scratch/rootfs
make_rootfs "$rootfs"
printf 'ID=debian\n' >"$rootfs/etc/os-release"
make_gate_root

"$server" key create --data "$data" --name agent --scopes agent 2>/dev/null >"$scratch/agent.key"
chmod 644 "$scratch/agent.key"
chmod 711 "$scratch"
user_key=$("$server" key create --data "$data" --name user 2>/dev/null)
check 'the server starts' start_server --no-workers
check 'the daemon starts' start_daemon
seen() { gives 200 GET /api/v1/agents -H "X-API-Key: $user_key" && says agents.0.node n1; }
check 'the server hears of it' wait_for 20 seen
check 'it says how it is' wait_for 10 "$agent" status --state "$state_dir"
shipper=$(pgrep -P "$daemon_pid" -x vexxy-shipper)
check 'who has the network is not root' test "$(awk '/^Uid:/ { print $2 $3 $4 $5 }' "/proc/$shipper/status")" = "$(printf '%s%s%s%s' 65534 65534 65534 65534)"
check 'and can do nothing that others cannot' test "$(awk '/^Cap(Inh|Prm|Eff|Amb):/ { print $2 }' "/proc/$shipper/status" | sort -u)" = 0000000000000000
check 'nor ever will' grep -q '^NoNewPrivs:	1' "/proc/$shipper/status"

one_pod() { # driver, command…: a pod from its gate to its end; sets $job and $uid
	driver=$1
	shift
	running_analysis && uid=$(new_uid) && begin_pod "$driver" "$uid" "$job" VEXXY_DURATION=20 VEXXY_IMAGE=web:1 \
		"VEXXY_IMAGE_DIGEST=sha256:$(printf %064d 7)" && gate_ends "$uid" 0 &&
		start_container "$driver" "$uid" target "$rootfs" '' "$@"
}
for driver in cgroupfs systemd crio; do
	check "$driver: the gate opens" one_pod "$driver" sh -c 'cat /etc/passwd; sleep 1; exit 3'
	check "$driver: the trace gets to the server" take_trace "$job" target
	check "$driver: it begins with the command itself" begins_with_exec "$t" /bin/busybox
	check "$driver: from the first instruction" has "$t" '"vexxy_trace"' '"began":"first_exec"'
	cgroup=$(cgroup_of "$driver" "$uid" "$(container_id "$uid" target)")
	check "$driver: it says whose it is" has "$t" '"vexxy_trace"' '"image":"web:1"' "\"image_digest\":\"sha256:$(printf %064d 7)\"" "\"cgroup\":\"${cgroup%/container}\""
	check "$driver: what the container did is in it" has "$t" '"kind":"open"' '"path":"/etc/passwd"'
	check "$driver: what the runtime did is not" has_not "$t" '"comm":"runc'
	check "$driver: nothing was lost" nothing_lost "$t"
	check "$driver: it has ended by itself" ends_with "$t" '"reason":"exited","exit":768'
	check "$driver: the list of its files comes too" wait_for 20 has_upload "$job" target manifest
	check "$driver: the disk buffer is empty" wait_for 10 spool_is_empty
	check "$driver: the pod goes" end_pod "$driver" "$uid"
done
manifest=$(blob_of "$(upload_of "$job" target manifest)")
check 'the list has what ran' grep -q '"path":"/bin/busybox","sha256":"'"$(sha256sum /bin/busybox | cut -d' ' -f1)" "$manifest"
check 'and what the distribution says of itself' grep -q '"path":"/etc/os-release"' "$manifest"
check 'and is all of it' grep -q '"complete":true' "$manifest"
check 'the contents are there' cmp "$rootfs/bin/busybox" "$(blob_of "$(sha256sum "$rootfs/bin/busybox" | cut -d' ' -f1)")"
check 'each was sent once' test "$(python3 -c 'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute("SELECT COUNT(*) FROM agent_uploads WHERE kind = ?", ("file",)).fetchone()[0])' "$data/vexxy.db")" = 2

check 'a command that is over at once is recorded' one_pod cgroupfs true
check 'wholly' take_trace "$job" target
check 'from its exec' begins_with_exec "$t" /bin/busybox
check 'to its end' ends_with "$t" '"reason":"exited","exit":0'
end_pod cgroupfs "$uid"

# A file of several pieces, which others would have to wait for.
cp "$rootfs/bin/busybox" "$rootfs/bin/busybox-large"
truncate -s 20M "$rootfs/bin/busybox-large"
check 'a large program is recorded' one_pod cgroupfs /bin/busybox-large true
check 'its trace gets to the server' take_trace "$job" target
check 'its files do' wait_for 60 has_upload "$job" target manifest
check 'all of it' cmp "$rootfs/bin/busybox-large" "$(blob_of "$(sha256sum "$rootfs/bin/busybox-large" | cut -d' ' -f1)")"
end_pod cgroupfs "$uid"

# Several containers: each has a trace of its own, the script has none.
running_analysis
uid=$(new_uid)
check 'a pod of three containers begins' begin_pod cgroupfs "$uid" "$job" VEXXY_CONTAINERS=3
check 'its gate opens' gate_ends "$uid" 0
check 'the first runs' start_container cgroupfs "$uid" web "$rootfs" '' sh -c 'cat /etc/group; sleep 2'
check 'the second runs' start_container cgroupfs "$uid" side "$rootfs" '' sh -c 'cat /etc/passwd; sleep 2'
check 'the script runs' start_container cgroupfs "$uid" script "$rootfs" '' sh -c 'cat /etc/os-release; sleep 1'
check 'the first has a trace' take_trace "$job" web
check 'of what it did' has "$t" '"path":"/etc/group"'
check 'and not of the other' has_not "$t" '"path":"/etc/passwd"'
check 'the second has one' take_trace "$job" side
check 'of its own' has "$t" '"path":"/etc/passwd"'
check 'and only that' has_not "$t" '"path":"/etc/group"'
sleep 1
check 'the script has none' test -z "$(upload_of "$job" script trace)"
end_pod cgroupfs "$uid"

# The server is away: the trace waits on the disk.
running_analysis
uid=$(new_uid)
check 'a pod waits at its gate' begin_pod cgroupfs "$uid" "$job"
kill -9 "$server_pid"
wait "$server_pid" 2>/dev/null
check 'without a server the gate opens all the same' gate_ends "$uid" 0
check 'the container runs' start_container cgroupfs "$uid" target "$rootfs" '' sh -c 'sleep 1'
waits() { ls "$state_dir" | grep -q "$job.*target.1.trace.gz$"; }
check 'its trace waits on the disk' wait_for 20 waits
port=${api##*:}
start_again() {
	: >"$scratch/server.log"
	"$server" serve --data "$data" --listen "127.0.0.1:$port" --metrics-port 0 --no-workers --free-space 1 >"$scratch/server.out" 2>"$scratch/server.log" &
	server_pid=$!
	wait_for 20 grep -q '"event":"started"' "$scratch/server.log"
}
check 'the server comes back' start_again
check 'it gets the trace' take_trace "$job" target
check 'which is whole' ends_with "$t" '"reason":"exited"'
check 'the disk buffer is empty then' wait_for 10 spool_is_empty
end_pod cgroupfs "$uid"

# The key is away for a while, as one that is being replaced: nothing is thrown away.
running_analysis
uid=$(new_uid)
check 'a pod waits once more' begin_pod cgroupfs "$uid" "$job"
mv "$scratch/agent.key" "$scratch/agent.key.away"
: >"$agent_log"
check 'without a key its gate opens, too' gate_ends "$uid" 0
check 'its container runs' start_container cgroupfs "$uid" target "$rootfs" '' true
check 'the trace waits' wait_for 20 waits
check 'the log says for what' wait_for 20 grep -q "the key '$scratch/agent.key': No such file" "$agent_log"
sleep 2
check 'it waits on' waits
mv "$scratch/agent.key.away" "$scratch/agent.key"
check 'with the key it gets there' take_trace "$job" target
end_pod cgroupfs "$uid"

# Who records is killed: what was written gets there, and takes no room here.
check 'a service is to be recorded' one_pod cgroupfs sh -c 'while :; do cat /etc/group; sleep 0.3; done'
recorded() { grep -q "pod $uid: container target is recorded" "$agent_log"; }
check 'it is' wait_for 10 recorded
sleep 2
kill -9 "$(pgrep -P "$daemon_pid" -x vexxy-recorder)"
check 'without its recorder the trace gets there' take_trace "$job" target
check 'and says that it is cut off' eval '! last_line "$t" | grep -q "\"kind\":\"end\""'
check 'nothing of it stays' wait_for 10 spool_is_empty
check 'the service runs on without' sh -c "runc --root '$scratch/runc' state $(container_id "$uid" target) | grep -q running"
end_pod cgroupfs "$uid"

# The daemon is killed while it records: what came before is there, what comes after says that it is late.
check 'a service runs' one_pod cgroupfs sh -c 'while :; do cat /etc/group; sleep 0.3; done'
check 'and is recorded' wait_for 10 recorded
sleep 2
recorders=$(pgrep -P "$daemon_pid")
kill -STOP "$daemon_pid" $recorders # so that none sees another's end
kill -9 "$daemon_pid" $recorders
wait "$daemon_pid" 2>/dev/null
daemon_pid=
check 'the processes that watched are gone' all_gone $recorders
check 'the service runs on' sh -c "runc --root '$scratch/runc' state $(container_id "$uid" target) | grep -q running"
: >"$agent_log"
check 'the daemon comes back' start_daemon
check 'it sends what was written' take_trace "$job" target
check 'that begins at the first instruction' begins_with_exec "$t" /bin/busybox
check 'and says by its lack of an end that it is cut off' eval '! last_line "$t" | grep -q "\"kind\":\"end\""'
two() { [ "$(upload_of "$job" target trace | wc -l)" = 2 ]; }
check 'a second one follows' wait_for 60 two
check 'it is here' take_trace "$job" target
check 'and says that it began late' has "$t" '"vexxy_trace"' '"began":"late"'
check 'as a loss' ends_with "$t" '"late":1'
check 'it has what was there before' has "$t" '"how":"snapshot"'
check 'and what is mapped' has "$t" '"kind":"map"' '"path":"/bin/busybox"'
end_pod cgroupfs "$uid"

# Told to end, it ends what it records in order.
check 'another service runs' one_pod cgroupfs sh -c 'while :; do sleep 0.3; done'
check 'and is recorded as well' wait_for 10 recorded
check 'the daemon stops when told' stop_daemon
check 'the trace was sent before' take_trace "$job" target
check 'and says why it ends' ends_with "$t" '"reason":"agent_ended"'
check 'no process is left stopped' test -z "$(ps -eo stat=,args= | grep '^T.*busybox' | grep -v grep)"
end_pod cgroupfs "$uid"

# No agent, no room: the gate stays shut.
running_analysis
uid=$(new_uid)
check 'a pod begins where no agent is' begin_pod cgroupfs "$uid" "$job" VEXXY_GATE_TIMEOUT=2
check 'its gate gives up' gate_ends "$uid" 75
check 'and says why' grep -q 'no agent watches this pod' "$scratch/pods/$uid/gate.out"
end_pod cgroupfs "$uid"
head -c 17000000 /dev/zero >"$state_dir/full"
: >"$agent_log"
check 'the daemon starts with a full disk buffer' start_daemon --spool 16
uid=$(new_uid)
check 'a pod waits' begin_pod cgroupfs "$uid" "$job" VEXXY_GATE_TIMEOUT=3
check 'its gate stays shut' gate_ends "$uid" 75
check 'and the log says why' grep -q "pod $uid waits: the disk buffer is full" "$agent_log"
end_pod cgroupfs "$uid"
rm "$state_dir/full"
stop_daemon
# The node's disk is full: nothing of it is a reason to end the daemon.
state_dir=$scratch/small
check 'a small disk' eval 'mkdir "$state_dir" && mount -t tmpfs -o size=64k,mode=700 tmpfs "$state_dir"'
check 'the daemon starts on it' start_daemon
check 'and says how it is' wait_for 10 "$agent" status --state "$state_dir"
cat /dev/zero >"$state_dir/full" 2>/dev/null
touch -d '1 hour ago' "$state_dir/status.json"
check 'when the disk is full it lives on' wait_for 20 "$agent" status --state "$state_dir"
check 'and can say no more' test "$("$agent" status --state "$state_dir")" = '{"status_written":false}'
cat /dev/zero >>"$state_dir/full" 2>/dev/null
uid=$(new_uid)
: >"$agent_log"
check 'a pod waits there' begin_pod cgroupfs "$uid" "$job" VEXXY_GATE_TIMEOUT=5
check 'its gate stays shut as well' gate_ends "$uid" 75
check 'for a reason that is said once' test "$(grep -c "pod $uid: cannot write .*No space left" "$agent_log")" = 1
end_pod cgroupfs "$uid"
rm "$state_dir/full"
written() { "$agent" status --state "$state_dir" | grep -q '"up_seconds"'; }
check 'with room it says again how it is' wait_for 20 written
check 'the daemon stops there' stop_daemon
umount "$state_dir"
state_dir=$scratch/state
: >"$agent_log"
check 'it starts where there is room' start_daemon
uid=$(new_uid)
check 'a pod with a claim that is none begins' begin_pod cgroupfs "$uid" "../../etc" VEXXY_GATE_TIMEOUT=5
check 'its gate stays shut, too' gate_ends "$uid" 75
check 'and the log says what is wrong' grep -q "pod $uid: VEXXY_ANALYSIS: '../../etc' is the id of no analysis" "$agent_log"
end_pod cgroupfs "$uid"
# An analysis that nobody waits for.
uid=$(new_uid)
check 'a pod of an analysis that is unknown begins' begin_pod cgroupfs "$uid" "$(new_uid)"
check 'its gate opens' gate_ends "$uid" 0
check 'its container runs' start_container cgroupfs "$uid" target "$rootfs" '' true
check 'the server does not want its trace' wait_for 20 grep -q 'is not sent: the server answers 404' "$agent_log"
check 'so it is dropped' wait_for 10 spool_is_empty
end_pod cgroupfs "$uid"
check 'two daemons do not share a directory' eval '! timeout 3 "$agent" daemon --server "$api" --state "$state_dir" 2>"$scratch/second.log" && ! grep -q "looking for" "$scratch/second.log"'
check 'the daemon stops' stop_daemon
check 'the server stops' stop_server
finish
