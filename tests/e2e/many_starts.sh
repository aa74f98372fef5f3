#!/bin/sh
# STARTS (100) containers, one agent each: the first exec is in every trace, and nothing is left. `STARTS=1000 tests/e2e/many_starts.sh`
# is the whole proof; the suite takes a tenth of it.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh

starts=${STARTS:-100} root=$scratch/root
need_tracing "the first exec is in the trace of $starts starts in a row"
make_rootfs "$root"
all_begin() {
	for i in $(seq "$starts"); do
		start -q -o "$scratch/t.gz" --rootfs "$root" -- /bin/true
		ended 0 && begins_with_exec "$scratch/t.gz" /bin/busybox && nothing_lost "$scratch/t.gz" || { echo "start $i"; return 1; }
		echo "$pid" >>"$scratch/pids"
	done
}
check "the first exec is in the trace of $starts starts in a row" all_begin
none_left() {
	for p in $(cat "$scratch/pids"); do nothing_left "$p" || return 1; done
}
check 'nothing is left of any' none_left
finish
