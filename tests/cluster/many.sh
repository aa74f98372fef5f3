#!/bin/bash
# RUNS (5) short analyses in a row, AT_ONCE (1) of them at a time: each trace begins with the image's own first exec, and nothing is left
# of any of them.
cd "$(dirname "$0")/../.." || exit 1
cluster=$PWD/tests/cluster/cluster.sh
[ -n "${VEXXY_CLUSTER_NET:-}" ] || exec env VEXXY_CLUSTER_NET=1 "$cluster" run "$PWD/tests/cluster/many.sh"
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh
. tests/cluster/lib.sh

runs=${RUNS:-5}
at_once=${AT_ONCE:-1}
is_seen() { # job
	await_in "$1" complete 600 && job=$1 && trace_of "$1" && begins_with_exec "$scratch/trace.gz" /bin/busybox &&
		has "$scratch/trace.gz" '"began":"first_exec"' && nothing_lost "$scratch/trace.gz"
}
many() { # number: each time one is seen to its end another one is submitted
	begin=$(date +%s) running='' begun=0 seen=0
	while [ "$seen" -lt "$1" ]; do
		while [ "$begun" -lt "$1" ] && [ "$(wc -w <<<"$running")" -lt "$at_once" ]; do
			submit "$(request brief "$brief" 2)" || return 1
			running="$running $job" begun=$((begun + 1))
		done
		read -r first running <<<"$running"
		is_seen "$first" || { echo "the job $((seen + 1)) of $1"; return 1; }
		seen=$((seen + 1))
		echo "# $seen of $1, $(($(date +%s) - begin)) s"
	done
}
# What there is of pods on the node: containers, their files, networks and addresses.
node_keeps() {
	ctr -a "$node_dir/containerd.sock" -n k8s.io containers ls -q
	find "$node_dir/kubelet/pods" -mindepth 1 -maxdepth 1 2>/dev/null
	find "$node_dir/ipam" -name '10.*'
	"$cluster" inside sh -c 'find /run/netns /var/log/pods /var/log/containers -mindepth 1; grep -F /pods/ /proc/mounts'
	ip -o link show type veth
}
# Of the server: what belongs to a job. Of the agent: traces and notes.
server_keeps() { find "$data" -mindepth 1 -maxdepth 2 -path "$data/jobs/*" -o -maxdepth 2 -path "$data/uploads/*"; }
agent_keeps() { find "$scratch/agent" -name '*.trace.gz*' -o -name '*.pod'; }
none() { for try in $(seq 90); do [ -z "$("$@")" ] && return 0; sleep 1; done; "$@"; return 1; }

brief=$(push_image brief 'for n in 1 2 3; do /bin/busybox sleep 0.2; done')
check 'an image that ends soon' test "${brief#sha256:}" != "$brief"
check 'the image of the gate' push_agent
check 'the server finds the cluster' kube_server --workers "$at_once" --gate-timeout 600 --start-timeout 600
check 'an agent on the node' start_agent
check 'a job' many 1
check 'of which nothing is left' nothing_there
check "$runs jobs in a row, each seen from the first exec" many "$runs"
check 'leave nothing in the namespace' nothing_there
check 'nor in cgroups, none of them' no_cgroups
check 'nor on the node, in containers, mounts, networks and files' none node_keeps
check 'nor where the agent keeps its traces' none agent_keeps
check 'nor where the server works' none server_keeps
check 'the server ends' stop_server
finish
