#!/bin/bash
# A node that is lost while an analysis is on it: its kubelet says nothing any more, at times its agent neither. Last, the node comes back.
cd "$(dirname "$0")/../.." || exit 1
cluster=$PWD/tests/cluster/cluster.sh
[ -n "${VEXXY_CLUSTER_NET:-}" ] || exec env VEXXY_CLUSTER_NET=1 "$cluster" run "$PWD/tests/cluster/node_lost.sh"
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh
. tests/cluster/lib.sh

# Stopped, not killed: whatever is connected to it waits, as with a machine that hangs or whose cable is cut.
loses() { "$cluster" signal kubelet STOP && { [ "${1:-}" != agent ] || kill -STOP "$agent_pid"; }; }
node_is() { kubectl wait --for="condition=Ready=$1" node/node --timeout=180s; }
comes_back() { kill -CONT "$agent_pid" && "$cluster" signal kubelet CONT && node_is true; }
back_at_end() {
	kill -CONT "$agent_pid" 2>/dev/null
	"$cluster" signal kubelet CONT
	end_all
}
trap back_at_end EXIT
is_left() { [ -n "$(kubectl -n $namespace get pods -l "vexxy.dev/analysis=$job" -o name)" ]; }
within() { # seconds, since…: no more of them went by
	took=$(($(date +%s) - $2))
	echo "# $took s"
	[ "$took" -le "$1" ]
}
lost='the node of the sandbox is gone, or gives up its pods \(node node\).*\(node_lost\)'

web=$(push_image web 'while :; do true; /bin/busybox sleep 0.3; done')
check 'images for it' test "${web#sha256:}" != "$web"
check 'the image of the gate' push_agent
check 'the server finds the cluster' kube_server
check 'an agent on the node' start_agent

# In the middle of an observation that is longer than it takes to see that.
check 'a long job' submit "$(request web "$web" 600)"
check 'runs' await_pod "$job"
begun=$(date +%s)
check 'its node is lost, the agent with it' loses agent
check 'it fails' await_in "$job" failed 420
check 'long before its time' within 420 "$begun"
check 'and its message names the cause' message "$lost"
check 'the log names what is left there' grep -q '"event":"sandbox_left".*"sandbox":"vexxy-'"$job" "$scratch/server.log"
check 'which is its pod' is_left
check 'the node comes back' comes_back
check 'and nothing is left on it' nothing_there
check 'nor in cgroups' no_cgroups

# Near the end of a short one: nobody looks at the pod any more, and the trace does not come.
check 'a short job' submit "$(request web "$web" 10)"
check 'runs, too' await_pod "$job"
begun=$(date +%s)
check 'its node is lost, as well' loses agent
check 'it fails, too' await_in "$job" failed 420
check 'in bounded time' within 420 "$begun"
check 'and says why' message "$lost"
check 'this node comes back' comes_back
check 'and has nothing of it, either' nothing_there

# With attempts left, and only the kubelet away: the agent has sent its trace, but nobody confirms that the sandbox has ended.
check 'the server stops' stop_server
again() { kill "$agent_pid" && wait "$agent_pid"; kube_server "$@" && start_agent; }
check 'one that tries again' again --attempts 5 --start-timeout 600
check 'another job' submit "$(request web "$web" 20)"
check 'which runs' await_pod "$job"
first=$(kubectl -n $namespace get jobs -l "vexxy.dev/analysis=$job" -o name)
check 'the kubelet of its node says nothing any more' loses
check 'as the cluster finds' node_is unknown
tried_again() { for try in $(seq 300); do kubectl -n $namespace get jobs -l "vexxy.dev/analysis=$job" -o name | grep -vqxF "$first" && return 0; sleep 1; done; return 1; }
check 'it is tried again, by another sandbox' tried_again
check 'the kubelet is back' comes_back
check 'on which it ends well' await_in "$job" complete 400
check 'its results are there' gives 200 GET "/api/v1/analysis/$job/results"
check 'nothing of either sandbox is left' nothing_there
check 'nor a cgroup' no_cgroups
check 'the server ends' stop_server
finish
