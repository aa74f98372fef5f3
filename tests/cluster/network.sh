#!/bin/bash
# Who reaches whom in the cluster that tests/cluster/cluster.sh up has made: first what its enforcer of NetworkPolicies makes of them, then
# what a hostile image reaches from its sandbox, and who reaches that. Whatever it must not reach, somebody else does: it is there.
cd "$(dirname "$0")/../.." || exit 1
cluster=$PWD/tests/cluster/cluster.sh
[ -n "${VEXXY_CLUSTER_NET:-}" ] || exec env VEXXY_CLUSTER_NET=1 "$cluster" run "$PWD/tests/cluster/network.sh"
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh
. tests/cluster/lib.sh

node=10.88.77.1 outside=198.51.100.2 metadata=169.254.169.254
end_network() {
	kubectl delete namespace open closed vexxy --ignore-not-found --wait=false >/dev/null 2>&1
	iptables -D FORWARD -j ACCEPT 2>/dev/null && iptables -D INPUT -j ACCEPT
	"$cluster" signal policies CONT
	ip addr del $metadata/32 dev lo 2>/dev/null
	end_all
}
trap end_network EXIT
pod() { # namespace, name, more labels: serves on 8001, 8080 and 9090
	kubectl -n "$1" run "$2" --image="127.0.0.1:$registry/team/ports:1" --image-pull-policy=IfNotPresent --labels="app=$2${3:-}" \
		--overrides='{"spec": {"terminationGracePeriodSeconds": 1}}' >/dev/null && kubectl -n "$1" wait --for=condition=Ready --timeout=120s "pod/$2" >/dev/null
}
policy() { # namespace, name, spec
	kubectl apply -f - >/dev/null <<-END
		{"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"namespace": "$1", "name": "$2"}, "spec": $3}
	END
}

ports=$(push_image ports 'mkdir /srv/www; for p in 8001 8080 9090; do /bin/busybox httpd -p $p -h /srv/www; done; exec /bin/busybox sleep 100000')
check 'an image with open ports' test "${ports#sha256:}" != "$ports"
kubectl delete namespace open closed --ignore-not-found --timeout=120s >/dev/null 2>&1 # of an earlier run
check 'namespaces' eval 'kubectl create namespace open && kubectl create namespace closed'
check 'pods' eval 'pod open one && pod open two && pod closed three && ready=1'
[ "${ready:-}" ] || { finish; exit 1; }
one=$(address open one) two=$(address open two) three=$(address closed three)

# The enforcer.
check 'without a policy one pod reaches another' becomes reached open/one "$two" 8080
check 'also in another namespace' becomes reached open/one "$three" 8080
check 'nobody listens on this port, and that is seen' becomes walled open/one "$three" 8081
check 'a policy that denies all' policy closed deny '{"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}'
check 'nobody gets in' becomes walled open/one "$three" 8080
check 'nor out' becomes walled closed/three "$one" 8080
check 'nor out to the node' walled closed/three $node 6443
check 'the node gets in: its probes do' reached node "$three" 8080
check 'elsewhere nothing changes' reached open/one "$two" 8080
check 'a policy that admits one pod to one port' policy closed admit '{"podSelector": {"matchLabels": {"app": "three"}}, "policyTypes": ["Ingress"],
	"ingress": [{"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "open"}}, "podSelector": {"matchLabels": {"app": "one"}}}],
	"ports": [{"port": 8080, "endPort": 8090, "protocol": "TCP"}]}]}'
check 'it is let in' becomes reached open/one "$three" 8080
check 'but not to another port' walled open/one "$three" 9090
check 'nor is another pod' walled open/two "$three" 8080
check 'a policy that lets out to a block, but for one address' policy closed out '{"podSelector": {}, "policyTypes": ["Egress"],
	"egress": [{"to": [{"ipBlock": {"cidr": "10.88.77.0/24", "except": ["'"$one"'/32"]}}], "ports": [{"port": 8080}]}]}'
check 'it gets out to that' becomes reached closed/three "$two" 8080
check 'but not to the address' walled closed/three "$one" 8080
check 'the policies go' kubectl -n closed delete networkpolicy --all
check 'and with them the walls' becomes reached open/two "$three" 9090
tells() { grep -qF -- "$1" "$node_dir/log/dropped.log" || { tail "$node_dir/log/dropped.log"; return 1; }; }
check 'what was dropped is in a log, with names' tells " open/two -> closed/three tcp 8080"

# Beside a sandbox: the Internet, an address as clouds have it for their secrets, and, by their labels, server and agent.
unshare --net sleep 100000 &
outside_pid=$! other_pids=$!
outside_there() {
	sleep 0.5
	ip link add outside type veth peer name eth0 netns "$outside_pid" && ip addr add 198.51.100.1/24 dev outside && ip link set outside up &&
		nsenter --net --target "$outside_pid" sh -c "ip link set lo up && ip addr add $outside/24 dev eth0 && ip link set eth0 up && ip route add default via 198.51.100.1" &&
		ip addr add $metadata/32 dev lo && mkdir "$scratch/empty" || return 1
	nsenter --net --target "$outside_pid" busybox httpd -f -p 443 -h "$scratch/empty" &
	other_pids="$other_pids $!"
	busybox httpd -f -p $metadata:80 -h "$scratch/empty" &
	other_pids="$other_pids $!"
}
check 'the world outside' outside_there
check 'namespaces and policies of the manifests' eval 'kubectl apply -f deploy/kubernetes/base/namespaces.yaml && kubectl apply -f deploy/kubernetes/base/network.yaml'
check 'who stands there as server' pod vexxy server ,app.kubernetes.io/name=vexxy-server
check 'and as agent' pod vexxy agent ,app.kubernetes.io/name=vexxy-agent
check 'and its Service' kubectl -n vexxy expose pod server --name=vexxy-server --port=8001
its_server=$(address vexxy server) its_agent=$(address vexxy agent) its_service=$(kubectl -n vexxy get service vexxy-server -o 'jsonpath={.spec.clusterIP}')

# What is tried from the first instruction on, before anybody can come to look, is in its log.
hostile=$(push_image hostile "for n in 0 1 2 3 4 5 6 7 8 9; do /bin/busybox nc -w 1 $one 8080 -e /bin/true && echo \"reached at \$n\"; /bin/busybox sleep 0.3; done
mkdir /srv/www; exec /bin/busybox httpd -f -p 8080 -h /srv/www")
check 'the image of the gate' push_agent
check 'the server finds the cluster' kube_server --workers 3 --gate-timeout 600 --start-timeout 600
check 'an agent on the node' start_agent
check 'a hostile image' submit "$(request hostile "$hostile" 900 ',"ports":[8080]')"
runs() { for try in 1 2 3 4 5 6; do await_pod "$1" >/dev/null && return 0; done; await_pod "$1"; }
check 'runs' runs "$job"
hostile_job=$job
sandbox_of() { kubectl -n $namespace get pods -l "vexxy.dev/analysis=$1" -o 'jsonpath={.items[0].metadata.name}'; }
sandbox=$(sandbox_of "$job")
check 'and another' submit "$(request hostile "$hostile" 900)"
check 'beside it' runs "$job"
its_job=$job neighbour=$(address $namespace "$(sandbox_of "$job")")
sandbox_address=$(address $namespace "$sandbox")
container=target
check 'whoever drives it reaches its port' becomes reached node "$sandbox_address" 8080
check 'and its neighbour'"'"'s' becomes reached node "$neighbour" 8080
container=''
apart() { # what, address, port, who reaches it (open/one): whom the sandbox does not
	check "$1 is there" becomes reached "${4:-open/one}" "$2" "$3"
	container=target
	check 'and not for a sandbox' walled "$namespace/$sandbox" "$2" "$3"
	container=''
}
apart 'the Kubernetes API' 10.96.77.1 443
apart 'by the address of the node, too,' $node 6443
apart 'the kubelet' $node 10250
apart 'a registry' $node 5000
apart 'the metadata of a cloud' $metadata 80
apart 'the Internet' $outside 443
apart 'a pod of somebody' "$one" 8080
apart 'the server, by its Service,' "$its_service" 8001
apart 'and by its own address,' "$its_server" 8001
apart 'its metrics, for the node,' "$its_server" 9090 node
apart 'the agent, for the node,' "$its_agent" 8001 node
apart 'another sandbox, for the node,' "$neighbour" 8080 node
names() { kubectl -n "${1%/*}" exec "${1#*/}" ${container:+-c $container} -- /bin/busybox timeout 5 /bin/busybox nslookup -type=a kubernetes.default.svc.cluster.local $node >"$scratch/said" 2>&1; }
check 'names are there' names open/one
no_names() { container=target; ! names "$namespace/$sandbox" && grep -qE 'timed out|no servers|code 143|refused' "$scratch/said"; }
check 'and not for a sandbox' no_names
container=''
check 'nobody reaches it: not a pod of somebody' walled open/one "$sandbox_address" 8080
check 'nor the agent' walled vexxy/agent "$sandbox_address" 8080
check 'nor the world outside' walled outside "$sandbox_address" 8080
check 'which reaches others' reached outside "$one" 8080
check 'what it tried is in the log' tells " $namespace/$sandbox -> open/one tcp 8080"

# Those of the manifests among themselves.
check 'the agent reaches the server' reached vexxy/agent "$its_service" 8001
check 'and nothing else of it' walled vexxy/agent "$its_server" 9090
check 'nobody reaches the agent: not the server' walled vexxy/server "$its_agent" 8001
check 'the server reaches the Kubernetes API' reached vexxy/server 10.96.77.1 443
check 'and registries' reached vexxy/server $outside 443
check 'but nothing in the cluster' walled vexxy/server "$one" 8080
check 'its metrics are for nobody' walled open/one "$its_server" 9090
check 'but for a namespace with the label' eval 'kubectl label namespace open vexxy.dev/monitoring=true && becomes reached open/one "$its_server" 9090'

# Where nothing enforces them each result tells so.
completes 'an analysis within walls' "$(request ports "$ports" 3)"
check 'says nothing of them' eval '! grep "shut off from the network" "$scratch/body"'
tears_down() { "$cluster" signal policies STOP && iptables -I FORWARD 1 -j ACCEPT && iptables -I INPUT 1 -j ACCEPT; }
check 'the walls are torn down' tears_down
completes 'an analysis without' "$(request ports "$ports" 3)"
check 'says that nothing shut the image off' grep -q 'was not shut off from the network: .*NetworkPolicies are not enforced' "$scratch/body"
puts_up() { iptables -D FORWARD 1 && iptables -D INPUT 1 && "$cluster" signal policies CONT; }
check 'the walls are there again' puts_up

cancels() { call DELETE "/api/v1/analysis/$1" && case $status in 20[02]) ;; *) cat "$scratch/body" && return 1 ;; esac; }
check 'its log is there' eval 'kubectl -n $namespace logs "$sandbox" -c target >"$scratch/log"'
check 'from its first instruction on it reached nobody' eval '! grep reached "$scratch/log"'
check 'it is cancelled' cancels "$hostile_job"
check 'so is the other' cancels "$its_job"
check 'nothing is left of them' nothing_there
check 'the server ends' stop_server
check 'the pods go' kubectl delete namespace open closed vexxy --timeout=120s
finish
