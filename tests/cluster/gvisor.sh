#!/bin/bash
# Sandboxes under gVisor in a real cluster: by its own shim for containerd, with the runtime class of deploy/kubernetes/overlays/gvisor. Their
# events come to the agent of the node, and no verdict rests on more than what they can tell.
cd "$(dirname "$0")/../.." || exit 1
cluster=$PWD/tests/cluster/cluster.sh
[ -n "${VEXXY_CLUSTER_NET:-}" ] || exec env VEXXY_CLUSTER_NET=1 "$cluster" run "$PWD/tests/cluster/gvisor.sh"
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh
. tests/cluster/lib.sh

push_image isolated 'cat /etc/passwd; for n in 1 2 3 4 5 6 7 8 9 10 11 12; do /bin/busybox sleep 0.5; done; exit 3' >/dev/null
image=$(add_idle isolated)
check 'an image to be analysed' test "${image#sha256:}" != "$image"
check 'the image of the gate' push_agent
check 'the runtime class' kubectl apply -f deploy/kubernetes/overlays/gvisor/runtimeclass.yaml
check 'the server starts' kube_server --runtime-class vexxy-gvisor

# Nobody listens: then nothing begins.
check 'an analysis, without an agent' submit "$(request isolated "$image" 5)"
refused() { for try in $(seq 60); do kubectl -n $namespace get events -o 'jsonpath={.items[*].message}' | grep -qE 'gvisor[.]sock|session[.]json' && return 0; sleep 1; done; kubectl -n $namespace get events; return 1; }
check 'its sandbox does not begin, and the node says why' refused
check 'it is cancelled' gives 200 DELETE "/api/v1/analysis/$job"
check 'nothing of it is left' nothing_there

check 'the agent starts' start_agent --gvisor "$node_dir/gvisor"
{ osv CVE-2099-0001 busybox-static; osv CVE-2099-0004 idle; } >"$scratch/osv.jsonl"
check 'vulnerabilities of the image' gives 201 POST "/api/v1/vulnerabilities?image_digest=$image" --data-binary "@$scratch/osv.jsonl"
completes 'an analysis under gVisor' "$(request isolated "$image" 5)"
cp "$scratch/body" "$scratch/gvisor.json"
check 'what ran is affected' grep -q "'CVE-2099-0001', 'affected'" <<<"$(verdicts "$scratch/gvisor.json")"
check 'what was not seen is open' grep -q "'CVE-2099-0004', 'under_investigation'" <<<"$(verdicts "$scratch/gvisor.json")"
check 'it says what it rests on' grep -q 'gVisor tells which files and programs were used, and never which functions' "$scratch/gvisor.json"
check 'its trace is there' trace_of "$job"
check 'it begins with the first exec of the image' begins_with_exec "$scratch/trace.gz" /bin/busybox
check 'and says who told' has "$scratch/trace.gz" '"vexxy_trace"' '"isolation":"gvisor"' '"backend":"gvisor","level":"file","began":"first_exec"'
check 'what the image did is in it' has "$scratch/trace.gz" '"kind":"open"' '"path":"/etc/passwd"'
check 'what the gate did is not' sh -c "! zcat '$scratch/trace.gz' | grep -q vexxy-agent"
check 'nothing of it was lost' nothing_lost "$scratch/trace.gz"
check 'nothing of the sandbox is left' nothing_there
check 'nor its cgroups' no_cgroups
sandboxes() { pgrep -f '^runsc-sandbox .*vexxy-gvisor|^runsc-sandbox .*k8s.io' >/dev/null; }
check 'nor a process of it' eval '! sandboxes'

# One that ends by itself.
completes 'an analysis whose workload ends' "$(request isolated "$image" 60)"
check 'its trace is there' trace_of "$job"
check 'with its own status' ends_with "$scratch/trace.gz" '"reason":"exited","exit":768'
check 'nothing of it is left' nothing_there
check 'the server ends' stop_server
kubectl delete -f deploy/kubernetes/overlays/gvisor/runtimeclass.yaml >/dev/null
finish
