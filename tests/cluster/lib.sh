# Shared by the tests in the cluster; after tests/lib.sh, tests/e2e/record_lib.sh and tests/e2e/server_lib.sh. The registry is the cluster's.
agent=${AGENT:-$agent}
registry=5000 namespace=vexxy-sandbox
agent_pid= other_pids= # what end_all ends beside the server
end_all() {
	for pid in $agent_pid $other_pids; do kill "$pid" 2>/dev/null; done
	stop_children
}
trap end_all EXIT
node_dir=${CLUSTER_DIR:-$PWD/build/cluster}

# The gate's image: the agent and the libraries that it needs.
push_agent() {
	layout=$scratch/layout-agent bundle=$scratch/bundle-agent
	umoci init --layout "$layout" && umoci new --image "$layout:1" && umoci unpack --image "$layout:1" "$bundle" || return 1
	mkdir -p "$bundle/rootfs/usr/bin" && cp "$agent" "$bundle/rootfs/usr/bin/vexxy-agent" || return 1
	ldd "$agent" | grep -o '/[^ ]*' | while read -r library; do
		mkdir -p "$bundle/rootfs$(dirname "$library")" && cp -L "$library" "$bundle/rootfs$library"
	done
	umoci repack --image "$layout:1" "$bundle" && skopeo copy -q --dest-tls-verify=false "oci:$layout:1" "docker://127.0.0.1:$registry/vexxy-agent:1"
}
# To an image that was pushed: a package of which nothing is ever used.
add_idle() { # name
	{
		cat "$scratch/bundle-$1/rootfs/var/lib/dpkg/status" && printf 'Package: idle\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\nDescription: x\n\n'
	} >"$scratch/status"
	printf '/.\n/usr\n/usr/bin\n/usr/bin/idle\n' >"$scratch/idle.list"
	for pair in /bin/true:/usr/bin/idle "$scratch/status:/var/lib/dpkg/status" "$scratch/idle.list:/var/lib/dpkg/info/idle.list"; do
		umoci insert --image "$scratch/layout-$1:1" "${pair%%:*}" "${pair#*:}" >/dev/null || return 1
	done
	skopeo copy -q --dest-tls-verify=false "oci:$scratch/layout-$1:1" "docker://127.0.0.1:$registry/team/$1:1" >/dev/null &&
		skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://127.0.0.1:$registry/team/$1:1"
}
kube_server() { # options…
	start_server --executor kubernetes --kubeconfig "$KUBECONFIG" --gate-image "127.0.0.1:$registry/vexxy-agent:1" --memory 96Mi \
		--script-image "127.0.0.1:$registry/team/web:1" --memory-request 32Mi --cpu 1 --cpu-request 50m --disk 256 --attempts 1 --lease 10 --gate-timeout 60 "$@"
}
start_agent() { # options…
	"$agent" daemon --server "$api" --node node --cgroup "$("$cluster" cgroup)" --state "$scratch/agent" "$@" >"$scratch/agent.log" 2>&1 &
	agent_pid=$!
	for try in $(seq 100); do
		gives 200 GET /api/v1/agents >/dev/null && grep -q '"up":true' "$scratch/body" && return 0
		sleep 0.2
	done
	cat "$scratch/agent.log"
	return 1
}
request() { # name of the image, digest, seconds, more of config, more
	printf '{"image_ref":"127.0.0.1:%s/team/%s:1","image_digest":"%s","profile":"custom","reanalyze":true,"config":{"analysis_duration":%s,"enable_fuzzing":false%s}%s}' \
		"$registry" "$1" "$2" "$3" "${4:-}" "${5:-}"
}
await_in() { # job, state, seconds
	for try in $(seq "$3"); do
		gives 200 GET "/api/v1/analysis/$1/status" >/dev/null
		[ "$(field status)" = "$2" ] && return 0
		case $(field status) in complete | failed | cancelled) break ;; esac
		sleep 1
	done
	echo "not $2: $(cat "$scratch/body")"
	return 1
}
await_pod() { # job: its pod runs
	for try in $(seq 90); do
		[ "$(kubectl -n $namespace get pods -l "vexxy.dev/analysis=$1" -o 'jsonpath={.items[*].status.containerStatuses[?(@.name=="target")].state.running.startedAt}')" ] && return 0
		sleep 0.5
	done
	kubectl -n $namespace get pods -o yaml
	return 1
}
message() { grep -qE -- "$1" <<<"$(field error_message)" || { field error_message; return 1; }; }
nothing_there() {
	for try in $(seq 30); do
		[ -z "$(kubectl -n $namespace get jobs,pods -o name)" ] && return 0
		sleep 1
	done
	kubectl -n $namespace get jobs,pods
	return 1
}
no_cgroups() { # of pods
	for try in $(seq 20); do
		[ -z "$(find /sys/fs/cgroup/*"$("$cluster" cgroup)" -type d -name 'pod*' 2>/dev/null)" ] && return 0
		sleep 1
	done
	find /sys/fs/cgroup/*"$("$cluster" cgroup)" -type d -name 'pod*'
	return 1
}
completes() { # sentence, request…: leaves its results in $scratch/body
	check "$1: it is submitted" submit "$2"
	check "$1: it is complete" await_in "$job" complete 180
	check "$1: its results are there" gives 200 GET "/api/v1/analysis/$job/results"
}
osv() { printf '{"id":"%s","modified":"2025-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"Debian:12","name":"%s"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}]}]}\n' "$1" "$2"; }
fails_for() { # sentence, request, extended regular expression
	check "$1: it is submitted" submit "$2"
	check "$1: it fails" await_in "$job" failed 180
	check "$1: its message names the cause" message "$3"
	check "$1: nothing of it is left" nothing_there
}
verdicts() { python3 -c 'import json, sys
print(sorted((v["cve_id"], v["status"], v["justification"], v["rule"]) for v in json.load(open(sys.argv[1]))["reachability_results"]))' "$1"; }
trace_of() { gives 200 GET "/api/v1/analysis/$1/trace" && cp "$scratch/body" "$scratch/trace.gz"; }
another() { # than $first: a sandbox of $job
	for try in $(seq 120); do
		second=$(kubectl -n $namespace get jobs -l "vexxy.dev/analysis=$job" -o name)
		[ -n "$first" ] && [ -n "$second" ] && [ "$second" != "$first" ] && return 0
		sleep 0.5
	done
	echo "first '$first', then '$second'"
	return 1
}
give_vulnerabilities() { gives 201 POST "/api/v1/vulnerabilities?image_digest=$1" --data-binary "@$scratch/osv.jsonl"; } # digest

# What is deployed: its namespace, and the registry as pods reach it.
home=vexxy registry_host=10.88.77.1
version=$(sed -n 's/.*VEXXY_VERSION "\(.*\)".*/\1/p' include/version.h)
v() { kubectl -n "$home" "$@"; }
# What is tested is what was built last: an image that is older than a program, or than how it is made, is made again.
is_old() { # name
	[ ! -e "build/images/$1.oci/index.json" ] ||
		[ -n "$(find build/vexxy build/vexxy-agent build/vexxy-server deploy/images -newer "build/images/$1.oci/index.json" -print -quit)" ]
}
push_built() { # name
	! is_old "$1" || deploy/images/build.sh "$1" || return 1
	skopeo copy -q --dest-tls-verify=false "oci:build/images/$1.oci:$version" "docker://127.0.0.1:5000/vexxy-$1:$version"
}
give_volume() {
	mkdir -p "$node_dir/volume-$home" && kubectl apply -f - <<-END
		apiVersion: v1
		kind: PersistentVolume
		metadata: {name: vexxy-data}
		spec:
		  capacity: {storage: 50Gi}
		  accessModes: [ReadWriteOnce]
		  local: {path: $node_dir/volume-$home}
		  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [node]}]}]}}
	END
}
ready() { v rollout status deployment/vexxy-server --timeout=300s && v rollout status daemonset/vexxy-agent --timeout=300s; }
# From here on curl asks the Service, by its name and with its certificate.
ask_service() {
	key=$(v exec deploy/vexxy-server -c server -- vexxy-server key create --data /var/lib/vexxy --name me 2>/dev/null) && [ -n "$key" ] || return 1
	v get secret vexxy-server-tls -o 'jsonpath={.data.ca\.crt}' | base64 -d >"$scratch/ca.crt"
	address=$(v get service vexxy-server -o 'jsonpath={.spec.clusterIP}')
	printf 'cacert = "%s"\nresolve = "vexxy-server.%s.svc:8001:%s"\nheader = "Authorization: Bearer %s"\n' "$scratch/ca.crt" "$home" "$address" "$key" >"$scratch/.curlrc"
	export CURL_HOME=$scratch api=https://vexxy-server.$home.svc:8001
	gives 200 GET /health
}
asks_nobody() { unset CURL_HOME; }
agent_up() { for try in $(seq 60); do gives 200 GET /api/v1/agents && grep -q '"up":true' "$scratch/body" && return 0; sleep 1; done; return 1; }
request_here() { request "$@" | sed "s/127.0.0.1:$registry/$registry_host:5000/"; }

# Who reaches whom.
address() { kubectl -n "$1" get pod "$2" -o 'jsonpath={.status.podIP}'; } # namespace, name
# From a pod, from its container $container, from "node", or from the network of $outside_pid, "outside": does somebody answer there?
reaches() { # namespace/name, address, port
	case $1 in
	node) busybox nc -w 3 "$2" "$3" -e /bin/true ;;
	outside) nsenter --net --target "$outside_pid" busybox nc -w 3 "$2" "$3" -e /bin/true ;;
	*) kubectl -n "${1%/*}" exec "${1#*/}" ${container:+-c $container} -- /bin/busybox nc -w 3 "$2" "$3" -e /bin/true ;;
	esac >"$scratch/said" 2>&1
}
becomes() { # reached or walled, what reaches takes: an enforcer takes its moment
	for try in $(seq 15); do
		"$@" >"$scratch/became" && return 0
		sleep 1
	done
	cat "$scratch/became"
	return 1
}
reached() { reaches "$@" || { cat "$scratch/said"; return 1; }; }
# Not reached, and for no other reason than that the connection failed.
walled() { # what reaches takes
	if reaches "$@"; then echo "$1 reaches $2:$3" && return 1; fi
	grep -qE "^nc: (can't connect to remote host|timed out)" "$scratch/said" || { cat "$scratch/said"; return 1; }
}
# Names, and where the registry is: what the manifests count on, and what they cannot know.
give_network() {
	kubectl apply -f tests/cluster/dns.yaml && kubectl -n kube-system wait --for=condition=Ready --timeout=120s pod/dns &&
		sed "s/namespace: vexxy$/namespace: $home/" tests/cluster/overlay/network.yaml | kubectl apply -f -
}
# Of what is deployed. To a Service's own address goes only what nobody stands behind: that is no policy's doing.
none_dropped() { ! grep -E "^[^ ]* $home/" "$node_dir/log/dropped.log" | grep -v ' -> 10[.]96[.]77[.]'; }
