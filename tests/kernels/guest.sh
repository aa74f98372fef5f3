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
ip link set lo up
mount -t bpf bpf /sys/fs/bpf 2>/dev/null
INTERPRETER=$(cat /etc/interpreter)
for module in /lib/modules/*; do insmod "$module" 2>/dev/null; done
echo "guest: begins"
echo "# $(uname -r)"

for backend in raw fentry; do
	trace=/tmp/$backend.trace.gz
	dir=/tmp/coverage-$backend
	mkdir -p $dir
	vexxy-agent record --quiet --backend $backend -o $trace -- /bin/coverage $dir /bin/vexxy-agent:"$INTERPRETER" >/tmp/expected 2>/tmp/err
	status=$?
	if [ $status = 0 ] && zcat $trace | tail -n 1 | grep -q '"kind":"end"'; then
		echo "ok $backend: recorded from the first exec to the end"
		check_coverage.sh $trace /tmp/expected "$backend: "
	else
		sed 's/^/# /' /tmp/err
		echo "not ok $backend: recorded from the first exec to the end (status $status)"
	fi
done
# With the capabilities that the manifests give it, and no other.
if /bin/setpriv --bounding-set "-all,+$(sed 's/,/,+/g' /etc/capabilities)" vexxy-agent probe >/tmp/out 2>&1; then
	echo "ok the agent's capabilities are enough to watch"
else
	sed 's/^/# /' /tmp/out
	echo "not ok the agent's capabilities are enough to watch"
fi
echo "guest: done"
poweroff -f
