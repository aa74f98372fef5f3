#!/bin/sh
# vexxy-agent daemon --gvisor: pods under gVisor tell of themselves from the beginning, each container apart, and none begins without the
# daemon. runsc is driven as containerd's shim does it: a sandbox with the pause container, and containers that join it.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh
. tests/e2e/pod_lib.sh

need_tracing 'a pod under gVisor is recorded'
command -v runsc >/dev/null || { skip 'a pod under gVisor is recorded' 'there is no runsc'; finish; }
rootfs=$scratch/rootfs socket=$scratch/gvisor/gvisor.sock
make_rootfs "$rootfs"
mkdir -p "$rootfs/var/lib/dpkg/info"
printf 'ID=debian\nVERSION_ID="12"\n' >"$rootfs/etc/os-release"
make_gate_root
"$server" key create --data "$data" --name agent --scopes agent 2>/dev/null >"$scratch/agent.key"
chmod 644 "$scratch/agent.key"
chmod 711 "$scratch"
user_key=$("$server" key create --data "$data" --name user 2>/dev/null)
mkdir -m 700 "$scratch/gvisor"

gvisor() { runsc --root "$scratch/runsc" --network=none --ignore-cgroups --pod-init-config "$scratch/gvisor/session.json" "$@"; }
# A container as the shim makes it: its bundle is called by its id, and it says whose sandbox it is in.
isolated() { # uid, name, root, variables, command…
	uid=$1 name=$2 root=$3 variables=$4
	shift 4
	id=$(container_id "$uid" "$name")
	bundle "$uid" "$name" "$root" "/$fence" "$variables" "$@" || return 1
	mkdir -p "$scratch/pods/$uid/by-id/$id"
	python3 - "$scratch/pods/$uid/bundles/$name/config.json" "$scratch/pods/$uid/by-id/$id/config.json" "$(container_id "$uid" pause)" "$name" <<'PY'
import json, sys
config = json.load(open(sys.argv[1]))
config["annotations"] = {"io.kubernetes.cri.container-type": "sandbox"} if sys.argv[4] == "pause" else {
    "io.kubernetes.cri.container-type": "container", "io.kubernetes.cri.sandbox-id": sys.argv[3]}
config["linux"] = {"namespaces": [{"type": t} for t in ("pid", "mount", "ipc", "uts", "network")]}
json.dump(config, open(sys.argv[2], "w"))
PY
	gvisor create --bundle "$scratch/pods/$uid/by-id/$id" --pid-file "$scratch/pods/$uid/$name.pid" "$id" >"$scratch/pods/$uid/$name.out" 2>&1 </dev/null &&
		gvisor start "$id" >>"$scratch/pods/$uid/$name.out" 2>&1 || { cat "$scratch/pods/$uid/$name.out"; return 1; }
}
begin_isolated() { # uid, analysis, variables…: up to the gate, which ends
	uid=$1 analysis=$2
	shift 2
	mkdir -p "$scratch/pods/$uid"
	isolated_pods="$isolated_pods $uid"
	isolated "$uid" pause "$rootfs" '' sleep 600 &&
		isolated "$uid" gate "$gate_root" "VEXXY_ANALYSIS=$analysis
VEXXY_ATTEMPT=1
VEXXY_ISOLATION=gvisor
$(printf '%s\n' "$@")" vexxy-agent gate &&
		[ "$(gvisor wait "$(container_id "$uid" gate)")" = '{"id":"'"$(container_id "$uid" gate)"'","exitStatus":0}' ]
}
end_isolated() { # uid
	for bundle in "$scratch/pods/$1/by-id"/*; do
		[ "$(basename "$bundle")" = "$(container_id "$1" pause)" ] || gvisor delete --force "$(basename "$bundle")" >/dev/null 2>&1
	done
	gvisor delete --force "$(container_id "$1" pause)" >/dev/null 2>&1
	return 0
}
isolated_pods=
end_everything() {
	for uid in $isolated_pods; do end_isolated "$uid"; done
	umount "$scratch/runsc/null-netns" 2>/dev/null # newer versions leave it
	stop_all
}
trap end_everything EXIT
sandbox_of() { pgrep -f "^runsc-sandbox .*$(container_id "$1" pause)"; }

uid=$(new_uid)
mkdir -p "$scratch/pods/$uid"
check 'without the daemon no sandbox begins' eval '! isolated "$uid" pause "$rootfs" "" sleep 600 >/dev/null'
end_isolated "$uid"
check 'the server starts' start_server --no-workers
check 'the daemon starts' start_daemon --gvisor "$scratch/gvisor"
check 'it says what gVisor is to be told' grep -q '"endpoint":"'"$socket" "$scratch/gvisor/session.json"
check 'its socket is for root alone' test "$(stat -c %a "$socket")" = 600

running_analysis
uid=$(new_uid)
check 'a sandbox begins, and its gate does not wait' begin_isolated "$uid" "$job" VEXXY_IMAGE=web:1 "VEXXY_IMAGE_DIGEST=sha256:$(printf %064d 7)" VEXXY_WINDOW=1
check 'a container runs in it' isolated "$uid" target "$rootfs" 'NAME=x' sh -c 'cat /etc/passwd; cat /none; sleep 2; cat /etc/group; exit 3'
check 'its trace gets to the server' take_trace "$job" target
check 'it begins with the command itself' begins_with_exec "$t" /bin/busybox
check 'the header says who tells, and how far that goes' has "$t" '"vexxy_trace"' '"isolation":"gvisor"' '"backend":"gvisor","level":"file","began":"first_exec"'
check 'it says whose it is' has "$t" '"vexxy_trace"' '"image":"web:1"' "\"image_digest\":\"sha256:$(printf %064d 7)\"" "\"id\":\"$(container_id "$uid" target)\""
check 'what the container did is in it' has "$t" '"kind":"open"' '"path":"/etc/passwd"'
check 'and what it did later' has "$t" '"path":"/etc/group"'
check 'its system calls, too' has "$t" '"kind":"end"' '"openat"'
check 'what the gate did is not' has_not "$t" 'vexxy-agent'
check 'it has windows' has "$t" '"kind":"mark"'
check 'nothing was lost' nothing_lost "$t"
check 'it has ended by itself, with the status of the container' ends_with "$t" '"reason":"exited","exit":768'
check 'the list of its files comes too' wait_for 20 has_upload "$job" target manifest
manifest=$(blob_of "$(upload_of "$job" target manifest)")
check 'with what ran' grep -q '"path":"/bin/busybox","sha256":"'"$(sha256sum /bin/busybox | cut -d' ' -f1)" "$manifest"
check 'the gate has no trace' test -z "$(upload_of "$job" gate trace)"
check 'whoever recorded is gone' wait_for 10 sh -c "! pgrep -P $daemon_pid -x vexxy-recorder"
check 'the disk buffer is empty' wait_for 10 spool_is_empty
end_isolated "$uid"

# Three containers: each has a trace of its own, the script has none.
running_analysis
uid=$(new_uid)
check 'a sandbox of three containers begins' begin_isolated "$uid" "$job" VEXXY_CONTAINERS=3
check 'the first runs' isolated "$uid" web "$rootfs" '' sh -c 'cat /etc/group; sleep 3'
check 'the second runs' isolated "$uid" side "$rootfs" '' sh -c 'cat /etc/passwd; mkdir /tmp/x; sleep 3'
check 'the script runs' isolated "$uid" script "$rootfs" '' sh -c 'cat /etc/os-release; sleep 1'
check 'the first has a trace' take_trace "$job" web
check 'of what it did' has "$t" '"path":"/etc/group"'
check 'and not of the others' sh -c "! zcat '$t' | grep -qE '/etc/(passwd|os-release)|\"mkdir\"'"
check 'the second has one' take_trace "$job" side
check 'of its own' has "$t" '"path":"/etc/passwd"'
check 'its system calls are its own, too' has "$t" '"kind":"end"' '"mkdir"'
check 'and only that' sh -c "! zcat '$t' | grep -qE '/etc/(group|os-release)'"
check 'the script has none' test -z "$(upload_of "$job" script trace)"
end_isolated "$uid"

# A program is executed by another thread than the first, which ends by that: the container does not.
cat >"$scratch/threads.c" <<'C'
#include <pthread.h>
#include <unistd.h>
static void *becomes(void *x)
{
	execv("/bin/sh", (char *[]){ "sh", "-c", "sleep 1; cat /etc/group; sleep 1; exit 4", NULL });
	return x;
}
int main(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, becomes, NULL);
	for (;;)
		pause();
}
C
check 'a program of two threads' gcc -static -pthread -o "$rootfs/bin/threads" "$scratch/threads.c"
running_analysis
uid=$(new_uid)
check 'a sandbox for it begins' begin_isolated "$uid" "$job"
check 'it runs' isolated "$uid" target "$rootfs" '' threads
check 'its trace is there' take_trace "$job" target
check 'it begins with that program' begins_with_exec "$t" /bin/threads
check 'and has what the other one did' has "$t" '"path":"/etc/group"'
check 'to its end' ends_with "$t" '"reason":"exited","exit":1024'
check 'nothing was lost' nothing_lost "$t"
end_isolated "$uid"

# A time that is asked for.
running_analysis
uid=$(new_uid)
check 'a sandbox that is recorded for a while begins' begin_isolated "$uid" "$job" VEXXY_DURATION=2
check 'a service runs in it' isolated "$uid" target "$rootfs" '' sh -c 'while :; do cat /etc/group; sleep 0.3; done'
check 'its trace comes when the time is over' take_trace "$job" target
check 'and says so' ends_with "$t" '"reason":"duration"'
check 'nothing was lost' nothing_lost "$t"
check 'the service runs on' sandbox_of "$uid"
end_isolated "$uid"

# The sandbox is killed: what it told is there, and it is said that something is missing.
running_analysis
uid=$(new_uid)
check 'a sandbox begins' begin_isolated "$uid" "$job"
check 'a service runs' isolated "$uid" target "$rootfs" '' sh -c 'while :; do cat /etc/group; sleep 0.3; done'
recorded() { grep -q "pod $uid: container target is recorded" "$agent_log"; }
check 'and is recorded' wait_for 10 recorded
sleep 1
kill -9 "$(sandbox_of "$uid")"
check 'its sandbox is killed: the trace is there' take_trace "$job" target
loses_ring() { last_line "$t" | grep -qE '"ring":1(,|\})' || { last_line "$t"; return 1; }; }
check 'with a loss' loses_ring
end_isolated "$uid"

# Whoever records is killed: the trace is cut, and what comes after is nowhere.
running_analysis
uid=$(new_uid)
check 'another sandbox begins' begin_isolated "$uid" "$job"
check 'its service runs' isolated "$uid" target "$rootfs" '' sh -c 'while :; do cat /etc/group; sleep 0.3; done'
check 'and is recorded' wait_for 10 recorded
sleep 1
kill -9 "$(pgrep -P "$daemon_pid" -x vexxy-recorder)"
check 'without its recorder the trace gets there' take_trace "$job" target
check 'and says that it is cut off' eval '! last_line "$t" | grep -q "\"kind\":\"end\""'
check 'nothing of it stays' wait_for 10 spool_is_empty
check 'the service runs on without' sandbox_of "$uid"
check 'without a second trace' test "$(upload_of "$job" target trace | wc -l)" = 1
end_isolated "$uid"

# What is no pod of ours is not recorded.
uid=$(new_uid)
mkdir -p "$scratch/pods/$uid"
isolated_pods="$isolated_pods $uid"
isolated "$uid" pause "$rootfs" '' sleep 600
: >"$agent_log"
isolated "$uid" target "$rootfs" '' sh -c 'sleep 1' >/dev/null
check 'a pod without a gate is not recorded' wait_for 10 grep -q "under gVisor: VEXXY_ANALYSIS: '' is the id of no analysis" "$agent_log"
end_isolated "$uid"
uid=$(new_uid)
mkdir -p "$scratch/pods/$uid"
isolated_pods="$isolated_pods $uid"
isolated "$uid" pause "$rootfs" '' sleep 600
isolated "$uid" gate "$gate_root" "VEXXY_ANALYSIS=$job
VEXXY_GATE_TIMEOUT=1" vexxy-agent gate >/dev/null
check 'nor one whose gate waits' wait_for 10 grep -q 'its gate waits for a signal, which cannot reach it under gVisor' "$agent_log"
end_isolated "$uid"
running_analysis
uid=$(new_uid)
: >"$agent_log"
check 'a pod says that it is under gVisor, and is not' begin_pod cgroupfs "$uid" "$job" VEXXY_ISOLATION=gvisor
check 'its gate does not wait' gate_ends "$uid" 0
check 'its container runs' start_container cgroupfs "$uid" target "$rootfs" '' sleep 2
sleep 3
check 'it is not recorded' test -z "$(upload_of "$job" target trace)"
end_pod cgroupfs "$uid"

check 'the daemon ends' stop_daemon
check 'and takes its socket away' test ! -e "$socket"
uid=$(new_uid)
mkdir -p "$scratch/pods/$uid"
check 'from then on no sandbox begins' eval '! isolated "$uid" pause "$rootfs" "" sleep 600 >/dev/null'
end_isolated "$uid"
finish
