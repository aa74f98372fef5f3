#!/bin/busybox sh
# The first process of the guest: mounts what a host has, runs the tests on this kernel with each back-end, powers off.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmpfs /tmp
mkdir -p /sys/fs/cgroup
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mount -t bpf bpf /sys/fs/bpf 2>/dev/null
for module in /lib/modules/*; do insmod "$module" 2>/dev/null; done
echo "# $(uname -r)"

for backend in raw fentry; do
	trace=/tmp/$backend.trace.gz
	vexxy-agent record --quiet --backend $backend -o $trace -- /bin/busybox cat /etc/hostname >/tmp/out 2>&1
	status=$?
	if [ $status = 0 ] && zcat $trace | grep -q '"kind":"open".*"path":"/etc/hostname"' && zcat $trace | tail -n 1 | grep -q '"kind":"end"'; then
		echo "ok $backend: a command is recorded from its first exec to its end"
	else
		sed 's/^/# /' /tmp/out
		zcat $trace | head -n 20 | sed 's/^/# /'
		echo "not ok $backend: a command is recorded from its first exec to its end"
	fi
done
echo "guest: done"
poweroff -f
