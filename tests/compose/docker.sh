#!/bin/bash
# A docker daemon for tests/compose/test.sh: Debian's, unpacked and never installed, so that no service of the host is begun or changed. It
# has namespaces of its own (network, mounts, processes, cgroups), is reached only through "run", and nothing of it outlives "down".
#   docker.sh up         waits until it answers
#   docker.sh run CMD…   runs a command in its network, with DOCKER_HOST set and docker-compose on the path
#   docker.sh cgroup     the one that all of it is below, in each hierarchy
#   docker.sh down
set -eu
cd "$(dirname "$0")/../.."
dir=${DOCKER_DIR:-$PWD/build/compose}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vexxy/compose
cgroup=vexxy-docker-$(printf %s "$dir" | sha256sum | head -c 12)

inside() { nsenter --target "$(cat "$dir/init.pid")" "$@"; }
is_up() { [ -e "$dir/init.pid" ] && kill -0 "$(cat "$dir/init.pid")" 2>/dev/null; }
run() {
	export DOCKER_HOST=unix://$dir/docker.sock PATH=$dir/bin:$PATH
	exec nsenter --target "$(cat "$dir/init.pid")" --net "$@"
}
# What is below the cgroup that it begins in is all that it sees of them.
enter_cgroup() { # pid
	for hierarchy in /sys/fs/cgroup/*/ /sys/fs/cgroup/; do
		[ -e "$hierarchy/cgroup.procs" ] || continue
		mkdir -p "$hierarchy/$cgroup"
		for value in cpuset.mems cpuset.cpus; do
			[ ! -e "$hierarchy/$cgroup/$value" ] || cat "$hierarchy/$value" >"$hierarchy/$cgroup/$value"
		done
		echo "$1" >"$hierarchy/$cgroup/cgroup.procs"
	done
}
unpack_docker() { # the newest that this Debian has
	fetch() { (cd "$dir/debs" && apt-get -qq -o APT::Sandbox::User=root download docker.io tini); }
	mkdir "$dir/debs"
	fetch || { apt-get -qq update && fetch; }
	for package in "$dir"/debs/*.deb; do dpkg -x "$package" "$dir/docker"; done
	mkdir "$dir/bin"
	ln -s "$dir"/docker/usr/sbin/* "$dir"/docker/usr/bin/* "$compose/docker-compose" "$dir/bin/"
}
up() {
	! is_up || { echo "error: it is up already, in $dir" >&2; exit 1; }
	tests/tools/deps.sh containerd runc iproute2 iptables libdevmapper1.02.1 libsystemd0
	compose=$(tests/compose/build.sh)
	rm -rf "$dir" && mkdir -p "$dir"
	unpack_docker
	(
		enter_cgroup "$BASHPID"
		exec setsid unshare --net --mount --pid --cgroup --fork --kill-child=SIGKILL --mount-proc --propagation private \
			tests/compose/daemon.sh "$dir" >"$dir/daemon.log" 2>&1 </dev/null
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
	for try in $(seq 120); do
		! curl -sf --unix-socket "$dir/docker.sock" http://docker/_ping >/dev/null || return 0
		is_up || break
		sleep 0.5
	done
	tail -n 30 "$dir/daemon.log" >&2
	echo "error: the docker daemon did not start" >&2
	exit 1
}
down() {
	if is_up; then
		kill -KILL "$(cat "$dir/init.pid")" 2>/dev/null || true
		for try in $(seq 100); do
			kill -0 "$(cat "$dir/outer.pid")" 2>/dev/null || break
			sleep 0.1
		done
	fi
	for try in 1 2 3 4 5; do
		for root in /sys/fs/cgroup /sys/fs/cgroup/*/; do
			[ ! -d "$root/$cgroup" ] || find "$root/$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || true
		done
		rm -rf "$dir" 2>/dev/null && break
		sleep 1
	done
	[ ! -e "$dir" ] || { echo "error: '$dir' could not be removed" >&2; exit 1; }
}
case ${1:-} in
up) up ;;
down) down ;;
cgroup) echo "$cgroup" ;;
run)
	shift
	run "$@"
	;;
*)
	sed -n '2,7s/^# //p' "$0" >&2
	exit 2
	;;
esac
