#!/bin/sh
# vexxy-agent daemon as the DaemonSet has it: in a container of its own, with a root that cannot be written, the host's processes and
# cgroups, the capabilities of the manifest and no way to get more.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh
. tests/e2e/pod_lib.sh

need_tracing 'the agent works in a container'
command -v runc >/dev/null || { skip 'the agent works in a container' 'there is no runc'; finish; }
self=vexxy-agent-$$
stop_all() {
	runtime delete --force "$self" 2>/dev/null
	end_pods
	rmdir "$v2/$fence" 2>/dev/null
	stop_children
}
trap stop_all EXIT
rootfs=$scratch/rootfs
make_rootfs "$rootfs"
make_gate_root
# The agent's own root: the same, with what it is mounted on.
agent_root=$scratch/agent-root
cp -a "$gate_root" "$agent_root"
mkdir -p "$agent_root/etc/vexxy" "$agent_root/sys" "$agent_root/tmp" "$agent_root/var/lib/vexxy-agent"
printf 'root:x:0:0::/:/bin/false\nnobody:x:65534:65534::/:/bin/false\n' >"$agent_root/etc/passwd"
: >"$agent_root/etc/vexxy/key"
mkdir -p "$state_dir"
chmod 711 "$scratch"
"$server" key create --data "$data" --name agent --scopes agent 2>/dev/null >"$scratch/agent.key"
chmod 644 "$scratch/agent.key"
user_key=$("$server" key create --data "$data" --name user 2>/dev/null)
check 'the server starts' start_server --no-workers

agent_container() {
	mkdir -p "$scratch/agent-bundle"
	python3 - "$scratch/agent-bundle/config.json" "$agent_root" "$self" "$state_dir" "$scratch/agent.key" "$fence" "$api" <<'PY'
import json, re, sys
out, root, name, state, key, fence, api = sys.argv[1:]
text = open("deploy/kubernetes/base/agent.yaml").read()
caps = ["CAP_" + c.strip() for c in re.search(r"^ *add: \[(.*)\]$", text, re.M)[1].split(",")]
assert "readOnlyRootFilesystem: true" in text and "hostPID: true" in text and "allowPrivilegeEscalation: false" in text
bind = lambda source, target, mode: {"destination": target, "type": "bind", "source": source, "options": ["rbind", "rprivate", mode]}
json.dump({"ociVersion": "1.0.2", "root": {"path": root, "readonly": True},
  "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
             {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]},
             bind("/sys", "/sys", "ro"), bind("/sys/fs/cgroup", "/sys/fs/cgroup", "ro"),
             bind(state, "/var/lib/vexxy-agent", "rw"), bind(key, "/etc/vexxy/key", "ro")],
  "process": {"terminal": False, "user": {"uid": 0, "gid": 0}, "cwd": "/", "noNewPrivileges": True, "env": ["PATH=/usr/bin", "NODE_NAME=n7"],
              "args": ["vexxy-agent", "daemon", "--server", api, "--key-file", "/etc/vexxy/key", "--state", "/var/lib/vexxy-agent", "--cgroup", "/" + fence],
              "capabilities": {kind: caps for kind in ("bounding", "effective", "permitted")}},
  "linux": {"cgroupsPath": "/" + name, "namespaces": [{"type": t} for t in ("mount", "ipc", "uts")]}}, open(out, "w"))
PY
	runtime run --detach --bundle "$scratch/agent-bundle" --pid-file "$scratch/agent.pid" "$self" >"$agent_log" 2>&1 </dev/null || { cat "$agent_log"; return 1; }
	daemon_pid=
	wait_for 60 grep -q 'looking for sandbox pods' "$agent_log" || { cat "$agent_log"; return 1; }
}
check 'the agent starts in a container' agent_container
seen() { gives 200 GET /api/v1/agents -H "X-API-Key: $user_key" && says agents.0.node n7; }
check 'the server hears of it' wait_for 30 seen
check 'its probe is content' runtime exec "$self" vexxy-agent status
whole_pod() {
	running_analysis && uid=$(new_uid) && begin_pod cgroupfs "$uid" "$job" VEXXY_GATE_TIMEOUT=100 && gate_ends "$uid" 0 &&
		start_container cgroupfs "$uid" target "$rootfs" '' sh -c 'cat /etc/passwd'
}
check 'a pod gets through its gate' whole_pod
check 'its trace gets to the server' take_trace "$job" target
check 'from the first instruction' begins_with_exec "$t" /bin/busybox
check 'with what it did' has "$t" '"kind":"open"' '"path":"/etc/passwd"'
check 'and nothing lost' nothing_lost "$t"
check 'by its end' ends_with "$t" '"reason":"exited","exit":0'
check 'its files come too' wait_for 60 has_upload "$job" target manifest
end_pod cgroupfs "$uid"
# Killed as a whole, as the kubelet does it, while a container is held or runs: nothing stays stopped for ever.
uid=$(new_uid)
check 'another pod begins' eval 'running_analysis && begin_pod cgroupfs "$uid" "$job" VEXXY_GATE_TIMEOUT=100 && gate_ends "$uid" 0'
check 'its service runs' start_container cgroupfs "$uid" target "$rootfs" '' sh -c 'while :; do sleep 0.2; done'
recorded() { grep -q "pod $uid: container target is recorded" "$agent_log"; }
check 'and is recorded' wait_for 20 recorded
check 'the agent is killed with all its processes' eval 'runtime kill --all "$self" KILL; sleep 1; runtime delete --force "$self"'
check 'it starts again' agent_container
check 'it sends what it had' take_trace "$job" target
two() { [ "$(upload_of "$job" target trace | wc -l)" = 2 ]; }
running() { kill -0 "$(cat "$scratch/pods/$uid/target.pid")" && grep -q '^State:	[SR]' "/proc/$(cat "$scratch/pods/$uid/target.pid")/status"; }
check 'the service is not stopped' wait_for 20 running
late() { grep -q "pod $uid: container target is recorded, late" "$agent_log"; }
check 'it is recorded on, late' wait_for 60 late
end_pod cgroupfs "$uid"
check 'and what came after is sent' wait_for 60 two
check 'the server stops' stop_server
finish
