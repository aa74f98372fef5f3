# Shared by the tests of the daemon; after tests/lib.sh, record_lib.sh and server_lib.sh. Pods without Kubernetes: real containers by
# runc, in cgroups and with mounts as the kubelet and containerd make them.
daemon_pid= pods=
# Below a cgroup of their own: a kubelet of this machine, should there be one, ends pods that it does not know.
fence=vexxy-pods-$$
v2=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
mkdir -p "$v2/$fence"
gate_root=$scratch/gate-root
state_dir=$scratch/state
agent_log=$scratch/agent.log

make_gate_root() { # the agent with the libraries that it needs
	mkdir -p "$gate_root/proc" "$gate_root/dev" "$gate_root/usr/bin"
	cp "$agent" "$gate_root/usr/bin/vexxy-agent"
	ldd "$agent" | awk '$3 ~ "^/" { print $3 } $1 ~ "^/" { print $1 }' | while read -r library; do
		mkdir -p "$gate_root$(dirname "$library")" && cp -L "$library" "$gate_root$library"
	done
}
# A bundle as the runtime gets it. The container's name stands where the kubelet puts it: in the place its termination message is
# mounted from.
bundle() { # uid, name, root, cgroup, variables (newlines), command…
	dir=$scratch/pods/$1/bundles/$2
	message=$scratch/pods/$1/containers/$2/0a1b2c3d
	mkdir -p "$dir" "$(dirname "$message")"
	: >"$message"
	[ "$2" != pause ] || message=
	python3 - "$dir/config.json" "$3" "$4" "$message" "$5" "$@" <<'PY'
import json, os, sys
out, root, cgroup, message, env = sys.argv[1:6]
args = sys.argv[11:]
mounts = [{"destination": "/proc", "type": "proc", "source": "proc"},
          {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid", "mode=755"]}]
if message:
    mounts.append({"destination": "/dev/termination-log", "type": "bind", "source": message, "options": ["rbind", "rprivate", "rw"]})
json.dump({"ociVersion": "1.0.2", "hostname": "pod", "root": {"path": root, "readonly": True}, "mounts": mounts,
  "process": {"terminal": False, "user": {"uid": int(os.environ.get("POD_USER", "0")), "gid": int(os.environ.get("POD_USER", "0"))}, "args": args, "cwd": "/", "noNewPrivileges": True,
              "env": ["PATH=/bin:/usr/bin"] + [line for line in env.split("\n") if line]},
  "linux": {"cgroupsPath": cgroup, "namespaces": [{"type": t} for t in ("pid", "mount", "ipc", "uts", "network")]}}, open(out, "w"))
PY
}
runtime() { runc --root "$scratch/runc" "$@"; }
pod_cgroup() { # driver, uid: as the kubelet's two drivers name it
	case $1 in
	systemd | crio) echo "/$fence/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod$(echo "$2" | tr - _).slice" ;;
	*) echo "/$fence/kubepods/burstable/pod$2" ;;
	esac
}
cgroup_of() { # driver, uid, container: as containerd and CRI-O name them; crun has the processes in one below
	case $1 in
	systemd) echo "$(pod_cgroup "$1" "$2")/cri-containerd-$3.scope" ;;
	crio) echo "$(pod_cgroup "$1" "$2")/crio-$3.scope/container" ;;
	*) echo "$(pod_cgroup "$1" "$2")/$3" ;;
	esac
}
# What CRI-O has beside each container, in a cgroup of its own: it starts the runtime, and stays.
by_monitor() { # driver, uid, id, command…
	driver=$1 monitor=$v2$(pod_cgroup "$1" "$2")/crio-conmon-$3.scope
	shift 3
	[ "$driver" = crio ] || { "$@"; return; }
	mkdir -p "$monitor" && (
		sh -c 'echo $PPID >"$0"' "$monitor/cgroup.procs" || exit 1
		"$@"
		status=$?
		sleep 600 >/dev/null 2>&1 </dev/null &
		exit $status
	)
}
# id of a container: 64 hexadecimal digits
container_id() { printf '%s-%s' "$1" "$2" | sha256sum | cut -d' ' -f1; }
start_container() { # driver, uid, name, root, variables, command…
	driver=$1 uid=$2 name=$3 root=$4 variables=$5
	shift 5
	id=$(container_id "$uid" "$name")
	bundle "$uid" "$name" "$root" "$(cgroup_of "$driver" "$uid" "$id")" "$variables" "$@" || return 1
	by_monitor "$driver" "$uid" "$id" runtime run --detach --bundle "$scratch/pods/$uid/bundles/$name" --pid-file "$scratch/pods/$uid/$name.pid" "$id" \
		>"$scratch/pods/$uid/$name.out" 2>&1 </dev/null || { cat "$scratch/pods/$uid/$name.out"; return 1; }
}
# Up to the gate: the pause container, and the gate in the background, whose status ends up in gate.status.
begin_pod() { # driver, uid, analysis, variables…
	driver=$1 uid=$2 analysis=$3
	shift 3
	mkdir -p "$scratch/pods/$uid"
	pods="$pods $driver:$uid"
	start_container "$driver" "$uid" pause "$rootfs" '' sleep 600 || return 1
	id=$(container_id "$uid" gate)
	bundle "$uid" gate "$gate_root" "$(cgroup_of "$driver" "$uid" "$id")" "VEXXY_ANALYSIS=$analysis
VEXXY_ATTEMPT=1
$(printf '%s\n' "$@")" vexxy-agent gate || return 1
	(
		by_monitor "$driver" "$uid" "$id" runtime run --bundle "$scratch/pods/$uid/bundles/gate" "$id" >"$scratch/pods/$uid/gate.out" 2>&1 </dev/null
		echo $? >"$scratch/pods/$uid/gate.status"
	) &
}
gate_ends() { # uid, status
	wait_for 120 test -s "$scratch/pods/$1/gate.status" || return 1
	[ "$(cat "$scratch/pods/$1/gate.status")" = "$2" ] || { echo "it ended with $(cat "$scratch/pods/$1/gate.status" "$scratch/pods/$1/gate.out")"; return 1; }
}
end_pod() { # driver, uid
	for name in "$scratch/pods/$2/bundles"/*; do
		runtime delete --force "$(container_id "$2" "$(basename "$name")")" >/dev/null 2>&1
	done
	for monitor in "$v2$(pod_cgroup "$1" "$2")"/crio-conmon-*/cgroup.procs; do
		while read -r pid; do kill "$pid"; done 2>/dev/null <"$monitor"
	done
	for root in /sys/fs/cgroup /sys/fs/cgroup/*; do
		[ ! -d "$root$(pod_cgroup "$1" "$2")" ] || find "$root$(pod_cgroup "$1" "$2")" -depth -type d -exec rmdir {} + 2>/dev/null
	done
	return 0
}
end_pods() {
	for pod in $pods; do end_pod "${pod%%:*}" "${pod#*:}"; done
	for root in /sys/fs/cgroup /sys/fs/cgroup/*; do
		[ ! -d "$root/$fence" ] || find "$root/$fence" -depth -type d -exec rmdir {} + 2>/dev/null
	done
	mkdir -p "$v2/$fence"
}
new_uid() { python3 -c 'import uuid; print(uuid.uuid4())'; }

start_daemon() { # options…
	# shellcheck disable=SC2086
	${agent_prefix:-} "$agent" daemon --server "$api" --key-file "$scratch/agent.key" --state "$state_dir" --node n1 --cgroup "/$fence" "$@" >>"$agent_log" 2>&1 &
	daemon_pid=$!
	wait_for 60 eval 'grep -q "looking for sandbox pods" "$agent_log" || ! kill -0 "$daemon_pid"'
	grep -q 'looking for sandbox pods' "$agent_log" || { cat "$agent_log"; return 1; }
}
stop_daemon() {
	kill "$daemon_pid" && wait "$daemon_pid"
	status=$?
	daemon_pid=
	return $status
}
spool_is_empty() { ! ls "$state_dir" | grep -q 'trace'; }

# The store, as the server has it.
upload_of() { # analysis, container, kind: digests of those that are complete
	python3 -c 'import sqlite3, sys
for row in sqlite3.connect(f"file:{sys.argv[1]}?mode=ro", uri=True).execute(
    "SELECT digest FROM agent_uploads WHERE job_id = ? AND container = ? AND kind = ? AND state = ? ORDER BY completed_ms", (*sys.argv[2:], "complete")):
    print(row[0])' "$data/vexxy.db" "$1" "$2" "$3"
}
has_upload() { [ -n "$(upload_of "$@")" ]; }
blob_of() { echo "$data/blobs/$(echo "$1" | cut -c1-2)/$1"; } # digest
# Copies the newest trace of a container out of the store: $t.
take_trace() { # analysis, container
	wait_for 60 has_upload "$1" "$2" trace || { tail -n 20 "$agent_log"; return 1; }
	t=$scratch/$1.$2.gz
	cp "$(blob_of "$(upload_of "$1" "$2" trace | tail -n 1)")" "$t"
}
# An analysis that is worked on by nobody, and so waits for its trace: sets $job.
running_analysis() {
	submit "{\"image_ref\":\"web\",\"image_digest\":\"sha256:$(new_uid | tr -d - | awk '{ print $1 $1 }')\"}" -H "X-API-Key: $user_key" || return 1
	python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=10)
db.execute("UPDATE jobs SET state = ?, owner = ?, lease_ms = 9000000000000 WHERE id = ?", sys.argv[2:]); db.commit()' "$data/vexxy.db" running nobody "$job"
}
as_deployed() { # the daemon has the capabilities of the manifest from now on
	agent_prefix="setpriv --bounding-set -all,+$(sed -n 's/^ *add: \[\(.*\)\]$/\1/p' deploy/kubernetes/base/agent.yaml | tr -d ' ' | tr 'A-Z' 'a-z' | sed 's/,/,+/g') --inh-caps -all"
}
# A program and its library below $rootfs, with the list of their functions in $scratch/list, whose $digest the gate is given.
make_watched_program() {
	lib=/lib/$(uname -m)-linux-gnu
	mkdir -p "$rootfs$lib" "$rootfs/lib64" "$rootfs/usr/bin" "$scratch/src"
	cat >"$scratch/src/lib.c" <<'C'
int used(int n) { return n * 3 + 1; }
int unused(int n) { return n * 5 + 1; }
C
	cat >"$scratch/src/app.c" <<'C'
int used(int), unused(int);
static volatile int never;
__attribute__((constructor, noinline)) void begins(void) { never += 0; }
int main(int argc, char **argv) { return argc > 9 || never ? unused(argc) : used(argc) == 0; }
C
	gcc -O1 -shared -fPIC -Wl,--build-id,-soname,libdemo.so -o "$rootfs$lib/libdemo.so" "$scratch/src/lib.c" &&
		gcc -O1 -rdynamic -Wl,--build-id -o "$rootfs/usr/bin/app" "$scratch/src/app.c" "$rootfs$lib/libdemo.so" || return 1
	ldd "$rootfs/usr/bin/app" | grep -o '/[^ ]*' | grep -v demo | while read -r file; do
		mkdir -p "$rootfs${file%/*}" && cp -L "$file" "$rootfs$file" || return 1
	done
	{ echo 'vexxy-functions 1 abc1' && sites "$rootfs$lib/libdemo.so" used unused && sites "$rootfs/usr/bin/app" begins main; } >"$scratch/list"
	digest=$(sha256sum "$scratch/list" | cut -d' ' -f1)
}
sites() { # file, functions…: their places in the file, which are those in memory for this linker
	printf 'object %s\n' "$(readelf -n "$1" | sed -n 's/.*Build ID: //p')"
	file=$1
	shift
	for name in "$@"; do printf 'site 0x%s %s\n' "$(nm -D "$file" | sed -n "s/^0*\([0-9a-f]*\) T $name\$/\1/p")" "$name"; done
}
offers() { # digest: the analysis has that list
	python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=10); db.execute("UPDATE jobs SET functions = ? WHERE id = ?", sys.argv[2:]); db.commit()' "$data/vexxy.db" "$1" "$job"
}
keeps() { mkdir -p "$(dirname "$(blob_of "$digest")")" && cp "$scratch/list" "$(blob_of "$digest")"; }
stop_all() {
	[ -z "$daemon_pid" ] || kill "$daemon_pid" 2>/dev/null
	end_pods
	rmdir "$v2/$fence" 2>/dev/null
	umount "$scratch/small" 2>/dev/null
	stop_children
}
trap stop_all EXIT
