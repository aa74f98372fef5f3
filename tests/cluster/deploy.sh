#!/bin/bash
# The manifests as they are (tests/cluster/overlay only says where the images are, and opens the way there) and the images of `make images`, set up by
# deploy/init-cluster.sh: an analysis over REST gives a signed VEX with the verdicts of the local executor. Agent and server are killed.
# Then all of it is taken away.
cd "$(dirname "$0")/../.." || exit 1
cluster=$PWD/tests/cluster/cluster.sh
[ -n "${VEXXY_CLUSTER_NET:-}" ] || exec env VEXXY_CLUSTER_NET=1 "$cluster" run "$PWD/tests/cluster/deploy.sh"
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh
. tests/cluster/lib.sh

overlay=tests/cluster/overlay
# What the cluster's owner gives: a volume, and what the server is to take from its environment.
give() {
	give_volume && kubectl apply -f deploy/kubernetes/base/namespaces.yaml && give_network &&
		v create configmap vexxy-server --from-literal=VEXXY_INSECURE_REGISTRY=$registry_host:5000 --from-literal=MIN_ANALYSIS_DURATION=2 \
			--from-literal=VEXXY_FREE_SPACE_MB=1 --from-literal=SANDBOX_MEMORY_LIMIT=96Mi --from-literal=SANDBOX_CPU_LIMIT=1 \
			--from-literal=VEXXY_LEASE=10
}
fetch() { gives 200 GET "/api/v1/analysis/$job/$1" && cp "$scratch/body" "$scratch/signed/$2"; }
fetch_signed() {
	mkdir "$scratch/signed" && fetch evidence evidence.intoto.jsonl && fetch bundle vex.sigstore.json && fetch vex vex.openvex.json && fetch report report.json &&
		fetch inputs inputs.json && fetch trace run.trace.gz && fetch sbom sbom.filtered.cdx.json && fetch inventory inventory.cdx.json
}

for name in agent server; do check "the $name's image is pushed" push_built $name; done
web=$(push_image web 'for n in 1 2 3 4 5 6 7 8; do /bin/busybox sleep 0.5; done')
check 'an image to be analysed' test "${web#sha256:}" != "$web"
check 'a volume, names, and a configuration' give
check 'init-cluster.sh sets everything up' deploy/init-cluster.sh $overlay
check 'everything is ready' ready
check 'the Service answers, by its certificate' ask_service
check 'the agent of the node is up' agent_up
{ osv CVE-2099-0001 busybox-static; osv CVE-2099-0002 zlib1g; osv CVE-2099-0004 idle; } >"$scratch/osv.jsonl"
check 'vulnerabilities of the image' give_vulnerabilities "$web"
completes 'an analysis' "$(request_here web "$web" 30)"
cp "$scratch/body" "$scratch/kube.json"
check 'its trace is there' trace_of "$job"
check 'it begins with the first exec of the image' begins_with_exec "$scratch/trace.gz" /bin/busybox
check 'and was watched from there' has "$scratch/trace.gz" '"began":"first_exec"'
check 'nothing of it was lost' nothing_lost "$scratch/trace.gz"
check 'all that the result rests on' fetch_signed
check 'the public key' gives 200 GET /api/v1/signing-key
check 'by which the signed VEX holds, and follows again from its inputs' "$vexxy" verify "$scratch/signed" --key "$scratch/body" --image-digest "$web"
check 'nothing of the sandbox is left' nothing_there

# Policies are enforced: the server's pod drives the workload, which gets nowhere.
serving=$(push_image serving 'mkdir -p /srv/www; echo hello >/srv/www/index.html; exec /bin/httpd -f -p 8080 -h /srv/www')
check 'a service' submit "$(request_here serving "$serving" 40 ',"ports":[8080],"health_check_path":"/index.html","health_check_timeout":15')"
check 'runs' await_pod "$job"
sandbox=$(kubectl -n $namespace get pods -l "vexxy.dev/analysis=$job" -o 'jsonpath={.items[0].metadata.name}')
its_server=$(v get pods -l app.kubernetes.io/name=vexxy-server -o 'jsonpath={.items[0].status.podIP}')
check 'it is there' becomes reached node "$(address $namespace "$sandbox")" 8080
container=target
check 'it does not reach the server, by its Service' walled $namespace/"$sandbox" "$(v get service vexxy-server -o 'jsonpath={.spec.clusterIP}')" 8001
check 'nor by its address' walled $namespace/"$sandbox" "$its_server" 8001
check 'nor the metrics' walled $namespace/"$sandbox" "$its_server" 9090
check 'nor the Kubernetes API' walled $namespace/"$sandbox" 10.96.77.1 443
container=''
check 'it is complete' await_in "$job" complete 180
check 'its results are there' gives 200 GET "/api/v1/analysis/$job/results"
check 'its port was reached from the server'"'"'s pod' says exercise.ports '[{"port": 8080, "state": "answers"}]'
check 'of what is deployed nothing was dropped' none_dropped

# The agent is killed in mid-run, and begun again by the kubelet: what it saw later is another trace.
push_image busy 'while :; do true; /bin/busybox sleep 0.3; done' >/dev/null
busy=$(add_idle busy)
check 'vulnerabilities of another image' give_vulnerabilities "$busy"
killed() { "$cluster" inside pkill -KILL -o -f "^vexxy-$1"; }
check 'an analysis' submit "$(request_here busy "$busy" 60)"
check 'that runs' await_pod "$job"
sleep 5
check 'the agent is killed' killed 'agent daemon'
check 'it is complete all the same' await_in "$job" complete 300
check 'its results are there' gives 200 GET "/api/v1/analysis/$job/results"
check 'they say that the agent began again' grep -q "the agent of node 'node' began again while the container ran" "$scratch/body"
no_better() { grep -q "'CVE-2099-0004', 'under_investigation'" <<<"$(verdicts "$scratch/body")" || { verdicts "$scratch/body"; return 1; }; }
check 'what was not seen is open' no_better
cuts() { trace_of "$job" && begins_with_exec "$scratch/trace.gz" /bin/busybox && ! ends_with "$scratch/trace.gz" '"reason":"duration"'; }
check 'its trace begins with the first exec and says that it is cut' cuts
check 'nothing of it is left, either' nothing_there
check 'the agent is there again' agent_up
# The server is.
check 'one more' submit "$(request_here busy "$busy" 30)"
check 'which runs' await_pod "$job"
first=$(kubectl -n $namespace get jobs -o name)
check 'the server is killed' killed 'server serve'
check 'it is tried again, by another sandbox' another
check 'to its end' await_in "$job" complete 400
check 'of which nothing is left' nothing_there

check 'again, init-cluster.sh changes nothing' eval "deploy/init-cluster.sh $overlay >$scratch/again && ! grep -E ' (created|configured)\$' $scratch/again"
check 'to the end nothing of what is deployed was dropped' none_dropped
check 'the manifests are deleted' kubectl delete -k $overlay --timeout=180s
check 'and the volume' kubectl delete pv vexxy-data --timeout=60s
check 'with what gave names' kubectl delete -f tests/cluster/dns.yaml --timeout=60s
check 'and all cgroups' no_cgroups

asks_nobody
check 'the local executor' start_server --insecure-registry $registry_host:5000
check 'vulnerabilities of the image, there' give_vulnerabilities "$web"
completes 'the same analysis' "$(request_here web "$web" 30)"
check 'comes to the same verdicts' test "$(verdicts "$scratch/body")" = "$(verdicts "$scratch/kube.json")"
check 'one that is affected and one that is not' test "$(grep -oE '"(affected|not_affected)"' "$scratch/kube.json" | sort -u | wc -l)" = 2
check 'the server ends' stop_server
finish
