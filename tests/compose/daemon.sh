#!/bin/bash
# The docker daemon of tests/compose/docker.sh: runs as the first process of namespaces of its own, so that all of it ends with this.
#   daemon.sh DIR    DIR: everything that is written, and the unpacked daemon
set -eu
dir=$1
cd "$dir"
export PATH=$dir/bin:/usr/sbin:/usr/bin:/sbin:/bin
# Its own part of each hierarchy of cgroups, as the root that it takes it for.
grep -E '^[^ ]+ [^ ]+ cgroup2? ' /proc/mounts | while read -r _ place type options _; do
	names=$(echo "$options" | tr ',' '\n' | grep -vxE 'rw|ro|relatime|no[a-z]+|nsdelegate|memory_.*' | sed 's/^name=/none,&/' | paste -sd, || true)
	umount "$place" && mount -t "$type" ${names:+-o "$names"} "$type" "$place"
	# v2 wants no processes where controllers are given on.
	[ "$type" = cgroup ] || { mkdir -p "$place/init" && echo 1 >"$place/init/cgroup.procs"; }
done
# What else it or its shims would leave on the host.
for place in /run /var/lib/docker /var/lib/containerd; do
	[ ! -d "$place" ] || mount -t tmpfs tmpfs "$place"
done
mount --make-rshared /
ip link set lo up
sysctl -qw net.ipv4.ip_forward=1 || true
exec dockerd --data-root "$dir/data" --exec-root "$dir/exec" --pidfile "$dir/docker.pid" --host "unix://$dir/docker.sock" \
	--exec-opt native.cgroupdriver=cgroupfs
