#!/bin/bash
# A real Kubernetes of one node on this machine, for tests: API server, controllers, scheduler, kubelet, containerd, runc, and a registry.
# It has namespaces of its own (network, mounts, processes, cgroups), so it is reached only through "run", and nothing of it outlives "down".
#   cluster.sh up            builds it the first time (tests/cluster/build.sh), and waits until its node is ready
#   cluster.sh run CMD…      runs a command in its network, with KUBECONFIG and kubectl; the registry is 127.0.0.1:5000 there, and
#                            10.88.77.1:5000 for pods too
#   cluster.sh inside CMD…   runs a command as a process of it, with its mounts
#   cluster.sh signal NAME S sends a signal to one of its parts, which is started again when it ends
#   cluster.sh cgroup        its cgroup, below the root of the v2 hierarchy: the agent's --cgroup, when it runs outside
#   cluster.sh down
set -eu
cd "$(dirname "$0")/../.."
dir=${CLUSTER_DIR:-$PWD/build/cluster}
cgroup=vexxy-cluster-$(printf %s "$dir" | sha256sum | head -c 12)
# Places of the node that no option moves: hidden in its own mounts, so that nothing of it is left there.
hidden="/var/lib/vexxy-agent /run/vexxy-agent /run/containerd /run/netns /var/lib/cni /var/lib/kubelet /var/log/pods /var/log/containers"
made=/run/vexxy-cluster.made # those that were not there before

inside() { nsenter --target "$(cat "$dir/init.pid")" "$@"; }
is_up() { [ -e "$dir/init.pid" ] && kill -0 "$(cat "$dir/init.pid")" 2>/dev/null; }
run() { KUBECONFIG=$dir/admin.kubeconfig PATH=$(cat "$dir/bin"):$PATH inside --net "$@"; }
# Its cgroups are below one of its own in each hierarchy, which it takes for the root: clusters do not see each other's pods.
enter_cgroup() { # pid
	for hierarchy in /sys/fs/cgroup/*/ /sys/fs/cgroup/; do
		[ -e "$hierarchy/cgroup.procs" ] || continue
		mkdir -p "$hierarchy/$cgroup"
		for value in cpuset.mems cpuset.cpus; do
			[ ! -e "$hierarchy/$cgroup/$value" ] || cat "$hierarchy/$value" >"$hierarchy/$cgroup/$value"
		done
		# All of it together weighs as much as twenty processes.
		[ ! -e "$hierarchy/$cgroup/cpu.shares" ] || echo 20480 >"$hierarchy/$cgroup/cpu.shares"
		[ ! -e "$hierarchy/$cgroup/cpu.weight" ] || echo 2000 >"$hierarchy/$cgroup/cpu.weight"
		echo "$1" >"$hierarchy/$cgroup/cgroup.procs"
	done
}
await() { # seconds, what, command…
	seconds=$1 what=$2
	shift 2
	for try in $(seq "$seconds"); do
		"$@" >/dev/null 2>&1 && return 0
		is_up || break
		sleep 1
	done
	echo "error: $what, not within $seconds s: see $dir/log" >&2
	return 1
}
push_pause() {
	layout=$dir/pause.oci
	umoci init --layout "$layout" && umoci new --image "$layout:1" && umoci unpack --image "$layout:1" "$dir/pause.bundle" &&
		cp build/tests/tools/pause "$dir/pause.bundle/rootfs/pause" && umoci repack --image "$layout:1" "$dir/pause.bundle" &&
		umoci config --image "$layout:1" --config.entrypoint /pause &&
		run skopeo copy -q --dest-tls-verify=false "oci:$layout:1" docker://127.0.0.1:5000/pause:1
}
up() {
	! is_up || { echo "error: it is up already, in $dir" >&2; exit 1; }
	tests/tools/deps.sh etcd-server containerd containernetworking-plugins runc iproute2 iptables ipset docker-registry umoci skopeo
	bin=$(tests/cluster/build.sh):$(tests/cluster/build_gvisor.sh)
	policies=$(tests/cluster/build_policies.sh)
	make --no-print-directory -s build/tests/tools/pause
	rm -rf "$dir" && mkdir -p "$dir"
	echo "$bin" >"$dir/bin"
	for place in $hidden; do
		[ -d "$place" ] || { mkdir -p "$place" && echo "$place" >>"$made"; }
	done
	(
		enter_cgroup "$BASHPID"
		exec setsid unshare --net --mount --pid --cgroup --fork --kill-child=SIGKILL --mount-proc --propagation private \
			tests/cluster/node.sh "$dir" "$bin" "$hidden" "$policies" >"$dir/node.log" 2>&1 </dev/null
	) &
	outer=$!
	for try in $(seq 50); do
		init=$(pgrep -P $outer || true)
		[ -n "$init" ] && break
		sleep 0.1
	done
	for v2 in /sys/fs/cgroup/unified/$cgroup /sys/fs/cgroup/$cgroup; do
		[ ! -e "$v2/cgroup.controllers" ] || { mkdir "$v2/outer" && echo "$outer" >"$v2/outer/cgroup.procs"; }
	done
	echo "$init" >"$dir/init.pid"
	echo "$outer" >"$dir/outer.pid"
	await 60 'the registry did not start' run curl -sf http://127.0.0.1:5000/v2/
	push_pause >"$dir/pause.log" 2>&1 || { cat "$dir/pause.log" >&2; exit 1; }
	await 300 'the API server did not start' run kubectl get --raw /readyz
	await 300 'the node is not ready' run kubectl wait --for=condition=Ready node/node --timeout=1s
	await 120 'there is no service account' run kubectl get serviceaccount default
	await 60 'NetworkPolicies are not enforced' run iptables -n -L KUBE-ROUTER-FORWARD
	run kubectl version | sed 's/^/  /'
}
remove_cgroups() {
	for root in /sys/fs/cgroup /sys/fs/cgroup/*/; do
		[ ! -d "$root/$cgroup" ] || find "$root/$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || true
	done
}
down() {
	if is_up; then
		# Containers first, while there is somebody to take their network and mounts away.
		inside --pid --mount kill -KILL 1 2>/dev/null || true
		kill -KILL "$(cat "$dir/init.pid")" 2>/dev/null || true
		for try in $(seq 100); do
			kill -0 "$(cat "$dir/outer.pid")" 2>/dev/null || break
			sleep 0.1
		done
	fi
	for try in 1 2 3 4 5; do
		remove_cgroups
		rm -rf "$dir" 2>/dev/null && break
		sleep 1
	done
	# Whoever removes a directory takes away what others have mounted on it: the last cluster does.
	if [ -e "$made" ] && ! ls -d /sys/fs/cgroup/vexxy-cluster-* /sys/fs/cgroup/*/vexxy-cluster-* >/dev/null 2>&1; then
		xargs rmdir <"$made" 2>/dev/null || true
		rm -f "$made"
	fi
	[ ! -e "$dir" ] || { echo "error: '$dir' could not be removed" >&2; exit 1; }
}
case ${1:-} in
up) up ;;
down) down ;;
run)
	shift
	export KUBECONFIG=$dir/admin.kubeconfig PATH=$(cat "$dir/bin"):$PATH
	exec nsenter --target "$(cat "$dir/init.pid")" --net "$@"
	;;
cgroup) echo "/$cgroup" ;;
inside)
	shift
	inside --pid --mount "$@"
	;;
signal) inside --pid --mount kill -"$3" "$(cat "$dir/$2.pid")" ;;
*)
	sed -n '2,11s/^# //p' "$0" >&2
	exit 2
	;;
esac
