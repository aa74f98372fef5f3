#!/bin/sh
# Functions that the server wants watched in a pod: armed before its first instruction, as `record --functions` has it, and what could
# not be had is a loss in the trace.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh
. tests/e2e/pod_lib.sh

need_tracing 'functions of a pod are watched'
"$agent" probe | grep -q '^function  *uprobe_multi' || { skip 'functions of a pod are watched' 'this kernel has no uprobe_multi (Linux 6.6)'; finish; }
command -v runc >/dev/null || { skip 'functions of a pod are watched' 'there is no runc'; finish; }
rootfs=$scratch/rootfs
make_rootfs "$rootfs"
make_gate_root
check 'a program is built' make_watched_program

"$server" key create --data "$data" --name agent --scopes agent 2>/dev/null >"$scratch/agent.key"
chmod 644 "$scratch/agent.key"
chmod 711 "$scratch"
user_key=$("$server" key create --data "$data" --name user 2>/dev/null)
check 'the server starts' start_server --no-workers
as_deployed
check 'the daemon starts' start_daemon
pod() { # digest that the gate names, command…: sets $job and $uid
	named=$1
	shift
	uid=$(new_uid) && begin_pod cgroupfs "$uid" "$job" VEXXY_DURATION=20 "VEXXY_FUNCTIONS=$named" && gate_ends "$uid" 0 &&
		start_container cgroupfs "$uid" target "$rootfs" '' "$@"
}
functions_of() { gzip -dc "$1" | python3 -c 'import json, sys
for line in sys.stdin:
    r = json.loads(line)
    if r.get("kind") == "function": print("ran", r["symbol"])
    if r.get("kind") == "probe": print("watched", r["object"], r["sites"], r["armed"])' | sort -u; }

check 'the list is kept' keeps
check 'an analysis has it' eval 'running_analysis && offers "$digest"'
check 'its pod begins' pod "$digest" /usr/bin/app
check 'its trace gets to the server' take_trace "$job" target
printf '%s\n' 'ran begins' 'ran main' 'ran used' "watched $lib/libdemo.so 2 before_code" 'watched /usr/bin/app 2 before_code' | sort >"$scratch/expected"
check 'it says what was watched from the beginning, and what ran' eval 'functions_of "$t" >"$scratch/got" && diff "$scratch/expected" "$scratch/got"'
check 'and which list that was' has "$t" '"vexxy_trace"' '"functions":4,"functions_id":"abc1"'
check 'nothing was lost' nothing_lost "$t"
check 'it begins with the command itself' begins_with_exec "$t" /usr/bin/app
check 'from the first instruction' has "$t" '"vexxy_trace"' '"began":"first_exec"'
check 'that is what record has of it' eval '"$agent" record --quiet --out "$scratch/r.gz" --rootfs "$rootfs" --functions "$scratch/list" -- /usr/bin/app && functions_of "$scratch/r.gz" | diff "$scratch/expected" -'
check 'the pod goes' end_pod cgroupfs "$uid"

check 'many processes of a pod' eval 'running_analysis && offers "$digest" && pod "$digest" sh -c "for n in 1 2 3 4 5 6 7 8 9; do /usr/bin/app & done; wait; sleep 1"'
check 'end' take_trace "$job" target
check 'watched alike' eval 'functions_of "$t" | diff "$scratch/expected" -'
check 'nothing was lost of them' nothing_lost "$t"
check 'that pod goes' end_pod cgroupfs "$uid"

# What cannot be had is said.
lacks() { has "$1" '"kind":"lost"' '"probe"' && has_not "$1" '"kind":"function"' && has "$1" '"kind":"exec"' '"path":"/usr/bin/app"'; }
check 'an analysis without a list, whose gate names one' eval 'running_analysis && pod "$digest" /usr/bin/app'
check 'is recorded' take_trace "$job" target
check 'and its trace says that something is missing' lacks "$t"
check 'it goes, too' end_pod cgroupfs "$uid"
check 'another list than the gate names' eval 'running_analysis && offers "$digest" && pod "$(printf %064d 1)" /usr/bin/app'
check 'comes to the same' take_trace "$job" target
check 'as its trace says' lacks "$t"
check 'and the log' grep -q 'their list is another than the gate names' "$agent_log"
check 'it goes as well' end_pod cgroupfs "$uid"
check 'a gate that names no digest is never opened' eval 'running_analysis && uid=$(new_uid) && begin_pod cgroupfs "$uid" "$job" VEXXY_FUNCTIONS=../x VEXXY_GATE_TIMEOUT=4 && gate_ends "$uid" 75'
check 'the daemon stops' stop_daemon
check 'no process is left stopped' test -z "$(ps -eo stat,args | awk '$1 ~ /^T/ && /app/')"
finish
