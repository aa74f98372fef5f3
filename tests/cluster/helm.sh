#!/bin/bash
# The chart, installed by helm under names of its own, with the images of `make images`: it comes up, analyses, takes another value, and goes.
cd "$(dirname "$0")/../.." || exit 1
cluster=$PWD/tests/cluster/cluster.sh
helm=$(tests/cluster/build_helm.sh)/helm || exit 1
[ -n "${VEXXY_CLUSTER_NET:-}" ] || exec env VEXXY_CLUSTER_NET=1 "$cluster" run "$PWD/tests/cluster/helm.sh"
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh
. tests/cluster/lib.sh

home=elsewhere namespace=elsewhere-images
cat >"$scratch/values.yaml" <<END
image: {server: "$registry_host:5000/vexxy-server:$version", agent: "$registry_host:5000/vexxy-agent:$version"}
sandbox: {namespace: $namespace}
server:
  environment: {VEXXY_INSECURE_REGISTRY: "$registry_host:5000", MIN_ANALYSIS_DURATION: 2, VEXXY_FREE_SPACE_MB: 1, SANDBOX_MEMORY_LIMIT: 96Mi, SANDBOX_CPU_LIMIT: 1}
END
installs() { "$helm" upgrade --install vexxy deploy/helm/vexxy --namespace $home --values "$scratch/values.yaml" --wait --timeout 10m "$@"; }
environment() { v exec deploy/vexxy-server -c server -- /bin/sh -c "echo \$$1"; }
goes() { for try in $(seq 180); do kubectl get "$@" >/dev/null 2>&1 || return 0; sleep 1; done; kubectl get "$@"; return 1; }

for name in agent server; do check "the $name's image is pushed" push_built $name; done
web=$(push_image web 'for n in 1 2 3 4 5 6 7 8; do /bin/busybox sleep 0.5; done')
check 'an image to be analysed' test "${web#sha256:}" != "$web"
check 'a volume' give_volume
check 'init-cluster.sh makes what the chart wants to find' deploy/init-cluster.sh --chart $home
check 'names, and the way to the registry' give_network
check 'the chart is installed, and ready' installs
check 'the Service answers, by its certificate' ask_service
check 'the agent of the node is up' agent_up
{ osv CVE-2099-0001 busybox-static; osv CVE-2099-0002 zlib1g; } >"$scratch/osv.jsonl"
check 'vulnerabilities of the image' give_vulnerabilities "$web"
completes 'an analysis' "$(request_here web "$web" 10)"
check 'what ran is affected' says reachability_results.0.status affected
check 'its trace is there' trace_of "$job"
check 'it begins with the first exec of the image' begins_with_exec "$scratch/trace.gz" /bin/busybox
check 'and was watched from there' has "$scratch/trace.gz" '"began":"first_exec"'
check 'nothing of it was lost' nothing_lost "$scratch/trace.gz"
check 'nothing of the sandbox is left' nothing_there
check 'the same again changes nothing' eval 'pods() { v get pods -o name | sort; }; before=$(pods) && installs && test "$before" = "$(pods)"'
check 'another value' installs --set server.environment.SANDBOX_MEMORY_LIMIT=80Mi
check 'gets to the server' eval 'test "$(environment SANDBOX_MEMORY_LIMIT)" = 80Mi'
check 'which knows what it knew' gives 200 GET "/api/v1/analysis/$job/results"
check 'nothing of what is installed was dropped' none_dropped
check 'the chart is uninstalled' "$helm" uninstall vexxy --namespace $home --wait --timeout 5m
check 'and the namespace of sandboxes with it' goes namespace $namespace
check 'what was made for it is deleted' kubectl delete namespace/$home pv/vexxy-data --timeout=180s
check 'nothing of the whole cluster is left' eval '! kubectl get clusterroles,clusterrolebindings,priorityclasses -o name | grep vexxy'
check 'what gave names goes' kubectl delete -f tests/cluster/dns.yaml --timeout=60s
check 'nothing is left in cgroups' no_cgroups
finish
