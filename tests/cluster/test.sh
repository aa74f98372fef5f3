#!/bin/bash
# The server, and the agent of the node, in the cluster that tests/cluster/cluster.sh up has made.
cd "$(dirname "$0")/../.." || exit 1
cluster=$PWD/tests/cluster/cluster.sh
[ -n "${VEXXY_CLUSTER_NET:-}" ] || exec env VEXXY_CLUSTER_NET=1 "$cluster" run "$PWD/tests/cluster/test.sh"
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh
. tests/cluster/lib.sh

echo "# $(kubectl version 2>/dev/null | tr '\n' ' ')"
web=$(push_image web 'while :; do true; /bin/busybox sleep 0.3; done')
check 'images for it' test "${web#sha256:}" != "$web"
check 'the image of the gate' push_agent
check 'the server finds the cluster' kube_server
check 'an agent on the node' start_agent

{ osv CVE-2099-0001 busybox-static; osv CVE-2099-0002 zlib1g; } >"$scratch/osv.jsonl"
check 'vulnerabilities of the image' gives 201 POST "/api/v1/vulnerabilities?image_digest=$web" --data-binary "@$scratch/osv.jsonl"

completes 'a job' "$(request web "$web" 6)"
cp "$scratch/body" "$scratch/kube.json"
check 'what ran is affected' says reachability_results.0.status affected
check 'its trace is there' trace_of "$job"
check 'it begins with the first exec of the image' begins_with_exec "$scratch/trace.gz" /bin/busybox
check 'and was watched from there' has "$scratch/trace.gz" '"began":"first_exec"'
check 'the container'"'"'s log is there' gives 200 GET "/api/v1/analysis/$job/container-log"
check 'nothing of it is left' nothing_there
check 'nor in cgroups' no_cgroups
is_label() { [ "$(kubectl get namespace $namespace -o "jsonpath={.metadata.labels['pod-security\.kubernetes\.io/$1']}")" = "$2" ]; }
check 'its namespace refuses privileged pods' is_label enforce baseline
check 'and warns of more' is_label warn restricted
check 'nothing gets in or out' kubectl -n $namespace get networkpolicy vexxy-deny
check 'its size is bounded' kubectl -n $namespace get resourcequota/vexxy-sandbox limitrange/vexxy-sandbox

# The workload's own doing.
code=$(push_image code 'echo last words; exit 7')
completes 'an exit code' "$(request code "$code" 6)"
check 'it is told with its class' grep -q 'exit code 7.*(exit_code)' "$scratch/body"
check 'and its log is kept' gives 200 GET "/api/v1/analysis/$job/container-log"
check 'to the last words' grep -qx 'last words' "$scratch/body"
given=$(push_image given 'echo "A is $A"; exec /bin/busybox sleep 3')
completes 'a variable with dollars' "$(request given "$given" 6 ',"environment":{"A":"pa$$word $(HOSTNAME) $(A)"}')"
check 'it says what it was given' gives 200 GET "/api/v1/analysis/$job/container-log"
check 'as it was given' grep -qxF 'A is pa$$word $(HOSTNAME) $(A)' "$scratch/body"
greedy=$(push_image greedy 'x=$(yes)')
completes 'out of memory' "$(request greedy "$greedy" 20)"
check 'it is told with its class, and what to do' grep -q 'SANDBOX_MEMORY_LIMIT.*(oom_killed)' "$scratch/body"
deaf=$(push_image deaf 'trap "" TERM; while :; do /bin/busybox sleep 0.3; done')
completes 'SIGTERM ignored' "$(request deaf "$deaf" 4)"
check 'SIGTERM ignored: nothing of it is left' nothing_there
fails_for 'a command that is not there' "$(request web "$web" 4 ',"command":["/nope"]')" 'cannot be run.*\(start_error\)'
serving=$(push_image serving 'mkdir -p /srv/www; echo hello >/srv/www/index.html; exec /bin/httpd -f -p 8080 -h /srv/www')
completes 'a service' "$(request serving "$serving" 15 ',"ports":[8080],"health_check_path":"/index.html","health_check_timeout":15')"
check 'its port was reached without a Service' says exercise.ports '[{"port": 8080, "state": "answers"}]'
completes 'a test script' "$(request serving "$serving" 15 ',"ports":[8080],"test_script":"for n in 1 2 3 4 5 6 7 8; do wget -q -O - http://127.0.0.1:8080/index.html \u0026\u0026 exit; sleep 1; done; exit 1"')"
check 'it ended well' says exercise.script.end ok
check 'and reached the workload' gives 200 GET "/api/v1/analysis/$job/test-log"
check 'as what it said tells' grep -qx hello "$scratch/body"
fails_for 'a service that does not listen' "$(request serving "$serving" 30 ',"ports":[8081],"health_check_timeout":10')" 'nothing listens on port 8081'
check 'its log is there to find out why' gives 200 GET "/api/v1/analysis/$job/container-log"

# The cluster's doing.
gone=$(push_image gone 'exit 0')
completes 'an image' "$(request gone "$gone" 2)"
node_images() { ctr -a "$node_dir/containerd.sock" -n k8s.io images "$@"; }
check 'that the registry has no more' curl -sf -X DELETE "http://127.0.0.1:$registry/v2/team/gone/manifests/$gone"
check 'nor the node' node_images rm $(node_images ls -q | grep team/gone)
fails_for 'an image that no node can pull' "$(request gone "$gone" 4)" 'cannot be pulled.*\(image\)'
check 'a long job' submit "$(request web "$web" 600)"
check 'runs' await_pod "$job"
cancels() { call DELETE "/api/v1/analysis/$1" && case $status in 20[02]) ;; *) cat "$scratch/body" && return 1 ;; esac; }
check 'it is cancelled' cancels "$job"
check 'and ends so' await_in "$job" cancelled 60
check 'at once nothing of it is there' test -z "$(kubectl -n $namespace get jobs,pods -o name)"
check 'a job whose pod somebody deletes' submit "$(request web "$web" 600)"
check 'runs, too' await_pod "$job"
kubectl -n $namespace delete pod -l "vexxy.dev/analysis=$job" --wait=false >/dev/null
check 'it fails' await_in "$job" failed 90
check 'and says why' message '\(deleted\)'

# Disks that are full: the pod's own share, then the node's.
hog=$(push_image hog '/bin/busybox dd if=/dev/zero of=/tmp/x bs=1048576 count=400; /bin/busybox sleep 300')
fails_for 'more on its disk than it may have' "$(request hog "$hog" 300)" 'SANDBOX_DISK_LIMIT_MB.*\(disk_limit\)'
has_pressure() { kubectl wait --for="condition=DiskPressure=$1" node/node --timeout=120s; }
fill() { "$cluster" inside dd if=/dev/zero "of=$node_dir/kubelet/fill" bs=1M count=500; }
check 'one on a node' submit "$(request web "$web" 600)"
check 'on which it runs' await_pod "$job"
check 'whose disk is full' eval 'fill && has_pressure true'
check 'it fails, too' await_in "$job" failed 180
check 'and says what of its node was full' message 'low on resource: ephemeral-storage.*\(evicted\)'
check 'nothing of it is left on that' nothing_there
check 'which recovers' eval '"$cluster" inside rm "$node_dir/kubelet/fill" && has_pressure false'

# The API server is killed while a job runs.
check 'a job' submit "$(request web "$web" 20)"
check 'that runs' await_pod "$job"
check 'the API server is killed' "$cluster" signal kube-apiserver KILL
check 'the job is complete all the same' await_in "$job" complete 240
check 'nothing of it is left, either' nothing_there
# The server is.
check 'the server stops' stop_server
again() { kill "$agent_pid" && wait "$agent_pid"; kube_server "$@" && start_agent; }
check 'one that tries again' again --attempts 3
check 'another job' submit "$(request web "$web" 30)"
check 'which runs' await_pod "$job"
first=$(kubectl -n $namespace get jobs -o name)
kill -9 "$server_pid" && wait "$server_pid" 2>/dev/null
check 'the server, killed, begins again' again --attempts 3
check 'what it left is deleted' grep -q orphan_deleted "$scratch/server.log"
check 'and the job is tried again, by another sandbox' another
check 'to its end' await_in "$job" complete 240
check 'of which nothing is left' nothing_there

check 'the server ends' stop_server

# An API server behind a bad network.
kubectl proxy --port 8901 >"$scratch/proxy.log" 2>&1 &
other_pids=$!
tests/cluster/fault_proxy.py 8902 8901 7 4 >"$scratch/faults.log" 2>&1 &
other_pids="$other_pids $!"
sleep 1
printf 'clusters: [{name: c, cluster: {server: "http://127.0.0.1:8902"}}]\ncontexts: [{name: x, context: {cluster: c}}]\ncurrent-context: x\n' >"$scratch/faulty"
check 'a server behind a bad network' again --kubeconfig "$scratch/faulty"
for n in 1 2 3; do completes "job $n behind it" "$(request web "$web" 5)"; done
check 'that was one' test "$(wc -l <"$scratch/faults.log")" -gt 5
check 'leaves nothing' nothing_there
check 'it stops too' stop_server
check 'what no node can take' kube_server --cpu 900 --cpu-request 900 --start-timeout 10
fails_for 'it waits a while' "$(request web "$web" 4)" '\(unschedulable\)'
check 'and stops as well' stop_server

# The same image on this machine.
check 'the local executor' start_server
completes 'the same job' "$(request web "$web" 6)"
check 'comes to the same verdicts' test "$(verdicts "$scratch/body")" = "$(verdicts "$scratch/kube.json")"
finish
