#!/bin/bash
# The token of an agent's service account, reviewed by the API server of tests/cluster: whom it lets in, and for how long.
cd "$(dirname "$0")/../.." || exit 1
cluster=$PWD/tests/cluster/cluster.sh
[ -n "${VEXXY_CLUSTER_NET:-}" ] || exec env VEXXY_CLUSTER_NET=1 "$cluster" run "$PWD/tests/cluster/identity.sh"
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh

space=vexxy-identity
end_all() {
	kubectl delete namespace $space --wait=false >/dev/null 2>&1
	stop_children
}
trap end_all EXIT
beat='{"node":"%s","version":"0.1.0","kernel":"6.18","arch":"x86_64","backend":"raw"}'
bears() { # token, status, node
	# shellcheck disable=SC2059
	gives "$2" POST /api/v1/agent/heartbeat -H "$json" -H "Authorization: Bearer $1" -d "$(printf "$beat" "$3")"
}
token() { kubectl -n $space create token "$@"; }
check 'a namespace' kubectl create namespace $space
check 'an account of agents' kubectl -n $space create serviceaccount vexxy-agent
check 'and another' kubectl -n $space create serviceaccount other
check 'the server starts' start_server --no-workers --executor kubernetes --kubeconfig "$KUBECONFIG" --gate-image agent:1 --agent-account $space/vexxy-agent
good=$(token vexxy-agent --audience vexxy) && elsewhere=$(token vexxy-agent) && other=$(token other --audience vexxy)
check 'a token for us is good' bears "$good" 200 anywhere
check 'one for the API server is not' bears "$elsewhere" 401 anywhere
check 'nor one of another account' bears "$other" 401 anywhere
check 'nor one that somebody changed' bears "${good%?????}AAAAA" 401 anywhere
# Bound to a pod, it names the node.
kubectl -n $space apply -f - >/dev/null <<END
{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "agent"}, "spec": {"serviceAccountName": "vexxy-agent", "nodeName": "node",
 "containers": [{"name": "agent", "image": "none.invalid/agent:1"}]}}
END
bound=$(token vexxy-agent --audience vexxy --bound-object-kind Pod --bound-object-name agent)
check 'one that is bound to a pod is good for its node' bears "$bound" 200 node
check 'and for no other' bears "$bound" 403 other
check 'the pod goes' kubectl -n $space delete pod agent --force --grace-period=0
gone() {
	for try in $(seq 90); do
		bears "$bound" 401 node >/dev/null && return 0
		sleep 1
	done
	return 1
}
check 'and within a minute its token' gone
check 'no token is in the log' test "$(grep -cF -e "$good" -e "$bound" "$scratch/server.log")" = 0
check 'the server stops' stop_server
finish
