#!/bin/sh
# record --rootfs DIR: a confined container, its root unchanged, nothing left whatever ends it.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh

t=$scratch/t.gz root=$scratch/root
need_tracing 'a container is recorded'
make_rootfs "$root"
before=$(find "$root" -printf '%p %i %s %T@ %C@\n' | sort | sha256sum)
inside() { "$agent" record -q -o "$t" --rootfs "$root" -- /bin/sh -c "$@"; }
says() { # expected line of output, script
	inside "$2" >"$scratch/out" 2>&1
	grep -qxF -- "$1" "$scratch/out" || { cat "$scratch/out"; return 1; }
}

check 'a root that is not there is named' fails_with 1 "^error: rootfs '/nonexistent': No such file" \
	"$agent" record -o "$t" --rootfs /nonexistent -- /bin/true
check 'a command that is not in the root is named' fails_with 1 '^error: cannot start the container: .*"/bin/none"' \
	"$agent" record -o "$t" --rootfs "$root" -- /bin/none
check 'a user that is not in the root is named' fails_with 1 "^error: no user 'nobody' in the image's /etc/passwd" \
	"$agent" record -o "$t" --user nobody --rootfs "$root" -- /bin/true
check 'and no file is left' test ! -e "$t"
mkdir "$scratch/path"
for p in /bin/* /sbin/*; do [ "${p##*/}" = runc ] || [ "${p##*/}" = crun ] || ln -s "$p" "$scratch/path/${p##*/}" 2>/dev/null; done
check 'without runc the message says what to install' fails_with 1 "^error: no 'runc' here: install runc" \
	env PATH="$scratch/path" "$agent" record -o "$t" --rootfs "$root" -- /bin/true

start -o "$t" --rootfs "$root" -- /bin/sh -c 'cat /etc/passwd; echo x >/srv/new; cat /srv/new; exit 3'
check 'a container is recorded' ended 0
check 'the first record is the exec of its command' begins_with_exec "$t" /bin/busybox
check 'the watch began before the first instruction' has "$t" '"vexxy_trace"' '"began":"first_exec"'
check 'its root is in the header' has "$t" '"vexxy_trace"' "\"rootfs\":\"$root\""
check 'paths are those of the container' has "$t" '"kind":"open"' '"path":"/etc/passwd"' '"access":"r"'
check 'what it writes is told apart' has "$t" '"kind":"open"' '"path":"/srv/new"' '"access":"w"'
check 'its program is mapped' has "$t" '"path":"/bin/busybox"'
check 'its status is in the last line' ends_with "$t" '"reason":"exited","exit":768'
check 'nothing was lost' nothing_lost "$t"
check 'its output is passed on' grep -qx x "$scratch/agent.out"
check 'nothing is left of it' nothing_left "$pid"
check 'the root is as it was' test "$before" = "$(find "$root" -printf '%p %i %s %T@ %C@\n' | sort | sha256sum)"

check 'it can gain no privileges' says 'NoNewPrivs:	1' 'cat /proc/self/status'
check 'its system calls are filtered' says 'Seccomp:	2' 'cat /proc/self/status'
check 'root has the few capabilities of the baseline' says 'CapBnd:	00000000000004eb' 'cat /proc/self/status'
check 'it can make no namespace' says 'no' 'unshare -r true 2>/dev/null && echo yes || echo no'
check 'it can mount nothing' says 'no' 'mount -t tmpfs x /tmp 2>/dev/null && echo yes || echo no'
check 'the only network interface is its own loopback' says '1' 'ls /sys/class/net | grep -c .'
check 'and that is up' says 'up' 'ip addr show lo | grep -q UP && echo up'
check 'the kernel is not written to through /proc' says 'no' '(echo 1 >/proc/sysrq-trigger) 2>/dev/null && echo yes || echo no'
check 'it sees no process but its own' says '1' 'ls -d /proc/[0-9]* | grep -cx /proc/1'
check 'localhost has a name' says '127.0.0.1	localhost vexxy' 'cat /etc/hosts'
as_web() { "$agent" record -q -o "$t" --user web --rootfs "$root" -- /bin/sh -c 'id; grep CapPrm /proc/self/status' >"$scratch/out" 2>&1; }
check 'a named user runs it' as_web
check 'with its groups' grep -qE '^uid=33(\(web\))? gid=34(\(www\))? groups=.*50' "$scratch/out"
check 'and without capabilities' sh -c "! grep -q 'CapPrm:.*[1-9a-f]' '$scratch/out'"

start -o "$t" --duration 3 --pids 40 --rootfs "$root" -- /bin/sh -c 'f() { f | f & }; f; exec sleep 99'
check 'a fork bomb is held' ended 0
check 'and recorded to the end' ends_with "$t" '"reason":"duration"'
check 'nothing of it is left' nothing_left "$pid"
start -o "$t" --disk 16 --rootfs "$root" -- /bin/sh -c 'dd if=/dev/zero of=/srv/1 bs=1M; dd if=/dev/zero of=/srv/2 bs=1M; ls -l /srv'
check 'an endless writer is held' ended 0
check 'by its limit' sh -c "awk '\$5 > 17 * 1048576 { exit 1 }' '$scratch/agent.out' && grep -q 'No space left' '$scratch/agent.err'"
start -o "$t" --memory 32 --rootfs "$root" -- /bin/sh -c 'x=x; while :; do x=$x$x; done'
check 'one that takes all memory is held' ended 0
check 'by being killed' ends_with "$t" '"reason":"exited","exit":9'
"$agent" record -q -o "$t" --duration 2 --rootfs "$root" -- /bin/yes 2>"$scratch/err" | wc -c >"$scratch/bytes"
check 'endless output is cut' sh -c "test \$(cat '$scratch/bytes') = 16777216 && grep -q 'further output is dropped' '$scratch/err'"
start -o "$t" --rootfs "$root" -- /bin/sh -c 'sh -c "kill -SEGV \$\$"; exit $?'
check 'a crash in it is recorded' ended 0
check 'with its signal' has "$t" '"kind":"exit"' '"code":11'

start -o "$t" --rootfs "$root" -- /bin/sleep 99
wait_for 20 has "$t" '"comm":"sleep"'
below=$(processes_of "$pid")
kill -INT "$pid"
check 'an interrupt ends it in order' ended 0
check 'and is the reason' ends_with "$t" '"reason":"interrupted"'
# shellcheck disable=SC2086
check 'none of its processes is left' all_gone $below
check 'nothing else is left' nothing_left "$pid"

start -o "$t" --rootfs "$root" -- /bin/sh -c 'sleep 98 & sleep 99'
wait_for 20 has "$t" '"comm":"sleep"'
below=$(processes_of "$pid")
check 'there is something to be left over' test -n "$below"
kill -KILL "$pid"
check 'the agent can be killed' ended 137
# shellcheck disable=SC2086
check 'a killed agent leaves no process' all_gone $below
check 'a killed agent leaves no cgroup, mount or directory' nothing_left "$pid"
start -o "$t" --rootfs "$root" -- /bin/true
sleep 0.1
kill -KILL "$pid" 2>/dev/null
wait "$pid"
check 'an agent that is killed while it makes the container leaves nothing' nothing_left "$pid"

# vexxy run is told to end by whoever started it, not by a terminal: it passes that on, and decides from what there is.
vexxy=${OUT:-build}/vexxy
echo '[{"id":"CVE-2024-0001","modified":"2024-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"PyPI","name":"x"},"versions":["1"]}]}]' >"$scratch/osv.json"
check 'vexxy run, too, names a command that is not in the root' fails_with 1 '"/bin/none"' \
	"$vexxy" run -q --rootfs "$root" --vulns "$scratch/osv.json" -o "$scratch/run" -- /bin/none
check 'and leaves no empty directory' test ! -e "$scratch/run"
"$vexxy" run -q --repeat 3 --rootfs "$root" --vulns "$scratch/osv.json" -o "$scratch/run" -- /bin/sleep 99 >"$scratch/agent.out" 2>"$scratch/agent.err" &
pid=$!
wait_for 120 has "$scratch/run/run.1.trace.gz" '"comm":"sleep"'
kill -TERM "$pid"
check 'vexxy run passes on that it shall end' ended 0
check 'which ends the recording in order' ends_with "$scratch/run/run.1.trace.gz" '"reason":"interrupted"'
check 'makes no further one' test ! -e "$scratch/run/run.2.trace.gz"
check 'and is decided on' test -s "$scratch/run/report.json"

cat >"$scratch/driver" <<'END'
#!/bin/sh
echo 'mark request' >"$VEXXY_MARKS"
nsenter -t "$VEXXY_PID" -n busybox wget -q -O - http://127.0.0.1:8080/srv/page
ls "$VEXXY_ROOT/srv"
sleep 99 &
exit 5
END
chmod +x "$scratch/driver"
echo hello >"$root/srv/page"
start -o "$t" --driver "$scratch/driver" --until-driver --ready-port 8080 --rootfs "$root" -- \
	/bin/sh -c 'sleep 1; exec httpd -f -p 8080 -h /'
check 'a driver exercises the service when that is ready' ended 0
check 'what it asked for was answered' grep -qx hello "$scratch/agent.out"
check 'its end is the reason' ends_with "$t" '"reason":"driver_ended","driver":1280'
check 'its mark begins a unit' has "$t" '"kind":"mark"' '"name":"request"' '"unit":1'
check 'what the service did is recorded' has "$t" '"kind":"open"' '"path":"/srv/page"'
check 'the driver is no part of it' has_not "$t" '"comm":"nsenter"'
check 'nothing is left of either' nothing_left "$pid"
check 'a service that never gets ready is an error' fails_with 1 'not ready for the driver within 1 s' \
	"$agent" record -q -o "$t" --driver "$scratch/driver" --ready-port 8080 --ready-timeout 1 --rootfs "$root" -- /bin/sleep 9
finish
