#!/bin/sh
# The daemon works with the capabilities of deploy/kubernetes/base/agent.yaml and no other, and with none of them less.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh
. tests/e2e/pod_lib.sh

need_tracing 'the list of capabilities is exact'
command -v runc >/dev/null && command -v setpriv >/dev/null || { skip 'the list of capabilities is exact' 'there is no runc or setpriv'; finish; }
caps=$(sed -n '/capabilities:/,/^ *[a-z]*:$/{s/.*add: *\[\(.*\)\].*/\1/p}' deploy/kubernetes/base/agent.yaml | tr -d ' ' | tr 'A-Z,' 'a-z ')
check 'the manifest has a list' test -n "$caps"
# A root of somebody else's, in which a library can be read by its owner only, and so can the package database.
rootfs=$scratch/rootfs
make_rootfs "$rootfs"
mkdir -p "$rootfs/private" "$rootfs/var/lib/dpkg"
cp "$(ldd "$agent" | awk '/libz\.so/ { print $3 }')" "$rootfs/private/libz.so"
cp -L /bin/true "$rootfs/private/true" 
printf 'Package: x\nStatus: install ok installed\nVersion: 1\n\n' >"$rootfs/var/lib/dpkg/status"
check 'a program with functions to watch' make_watched_program
make_gate_root
cp -a "$gate_root/lib" "$gate_root/lib64" "$gate_root/usr" "$rootfs/" 2>/dev/null
chown -R 65534:65534 "$rootfs"
chmod 700 "$rootfs/private" "$rootfs/var/lib/dpkg"
chmod 711 "$scratch"
POD_USER=65534
export POD_USER

"$server" key create --data "$data" --name agent --scopes agent 2>/dev/null >"$scratch/agent.key"
chmod 644 "$scratch/agent.key"
user_key=$("$server" key create --data "$data" --name user 2>/dev/null)
check 'the server starts' start_server --no-workers
check 'it has the list of functions' keeps

with() { # capabilities…: the daemon, with these only
	list=-all
	for cap in "$@"; do list=$list,+$cap; done
	agent_prefix="setpriv --bounding-set $list --inh-caps -all"
	: >"$agent_log"
	start_daemon
}
stop() {
	{ kill "$daemon_pid"; wait "$daemon_pid"; } 2>/dev/null
	daemon_pid=
	end_pods
	rm -rf "$state_dir"
}
begin() { running_analysis && uid=$(new_uid) && begin_pod cgroupfs "$uid" "$job" "VEXXY_GATE_TIMEOUT=${1:-100}"; }
armed() { grep -q "pod $uid: armed" "$agent_log"; }
# A pod of another user, from its gate to the list of its files.
recorded_pod() {
	begin && wait_for 90 armed && gate_ends "$uid" 0 && start_container cgroupfs "$uid" target "$rootfs" '' /private/true &&
		take_trace "$job" target && begins_with_exec "$t" /private/true && nothing_lost "$t" && wait_for 60 has_upload "$job" target manifest
}
# One whose functions are watched.
watched_pod() {
	running_analysis && offers "$digest" && uid=$(new_uid) && begin_pod cgroupfs "$uid" "$job" "VEXXY_FUNCTIONS=$digest" && gate_ends "$uid" 0 &&
		start_container cgroupfs "$uid" target "$rootfs" '' /usr/bin/app && take_trace "$job" target
}
lists() { grep -q "\"path\":\"$1\",\"sha256\"" "$(blob_of "$(upload_of "$job" target manifest)")"; } # path
whole_pod() { recorded_pod && has "$t" '"path":"/private/true"' '"build_id"' && lists /var/lib/dpkg/status && lists /private/true; }
# shellcheck disable=SC2086
check "it starts with $caps" with $caps
check 'and does everything' eval 'whole_pod || { tail -n 20 "$agent_log"; false; }'
needs_functions() { # sentence, command…
	if "$agent" probe | grep -q '^function  *uprobe_multi'; then check "$@"; else skip "$1" 'this kernel watches no functions with these (before Linux 6.6)'; fi
}
needs_functions 'functions as well' eval 'watched_pod && nothing_lost "$t" && has "$t" "\"kind\":\"function\"" "\"symbol\":\"used\"" || { tail -n 20 "$agent_log"; false; }'
check 'its processes have no other capability' eval 'for p in "$daemon_pid" $(pgrep -P "$daemon_pid"); do
	[ $((0x$(awk "/^CapEff:/ { print \$2 }" "/proc/$p/status") & ~0x$(awk "/^CapBnd:/ { print \$2 }" "/proc/$daemon_pid/status"))) = 0 ] || exit 1; done'
stop

without() { # capability: the daemon with all others
	with $(for cap in $caps; do [ "$cap" = "$1" ] || echo "$cap"; done)
}
environment_is_denied() { grep -q "pod $uid: the environment of process .*: Permission denied" "$agent_log"; }
# What fails without it: each in its own words, so that no other failure passes for this one.
fails_without() { # capability
	case $1 in
	bpf | perfmon) ! without "$1" >/dev/null && grep -q 'error: cannot watch' "$agent_log" ;;
	setuid | setgid) without "$1" && wait_for 20 grep -q 'error: cannot become user 65534' "$agent_log" ;;
	sys_ptrace) # since 6.16 PERFMON lets the environment be read, but not what is below the root
		without "$1" && begin && wait_for 90 eval 'armed || environment_is_denied' || return 1
		environment_is_denied || { gate_ends "$uid" 0 && start_container cgroupfs "$uid" target "$rootfs" '' /private/true &&
			wait_for 30 grep -q "container target: its root '/proc/.*': Permission denied" "$agent_log"; }
		;;
	dac_read_search) without "$1" && begin 40 && wait_for 40 environment_is_denied && ! armed ;;
	checkpoint_restore) without "$1" && watched_pod && has "$t" '"kind":"lost"' '"probe"' && has_not "$t" '"kind":"function"' ;;
	kill) without "$1" && begin 60 && wait_for 55 armed && gate_ends "$uid" 75 ;;
	*) echo "nobody knows what fails without $1" && return 1 ;;
	esac
}
for lacking in ${CAPABILITIES:-$caps}; do
	how=check
	[ "$lacking" != checkpoint_restore ] || how=needs_functions
	$how "without $lacking it fails" eval 'fails_without $lacking || { tail -n 20 "$agent_log"; false; }'
	stop
done
check 'the server stops' stop_server
finish
