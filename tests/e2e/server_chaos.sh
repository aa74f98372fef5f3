#!/bin/sh
# kill -9 at random moments of the server, of what it started, and of agents: no job is lost, none runs twice at once, nothing is left.
#   KILLS (20) and JOBS (6): how many; 200 and 50 take an hour.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh

kills=${KILLS:-20} jobs=${JOBS:-6}
need_server() { can_trace && command -v docker-registry >/dev/null && command -v skopeo >/dev/null && command -v umoci >/dev/null; }
need_server || { skip 'jobs survive kill -9' 'needs root, BPF, skopeo, umoci and docker-registry'; finish; }
check 'a registry' start_registry
digest=$(push_image web 'while :; do true; /bin/busybox sleep 0.2; done')
check 'it starts' start_server --attempts 500 --lease 4
seed=${SEED:-$$}
echo "# SEED=$seed"
random() { seed=$(((seed * 1103515245 + 12345) % 2147483648)) && n=$((seed / 65536 % $1)); } # below: sets $n
all=
for number in $(seq "$jobs"); do
	submit "{\"image_ref\":\"127.0.0.1:$registry/team/web:1\",\"image_digest\":\"$digest\",\"profile\":\"custom\",\"reanalyze\":true,\"config\":{\"analysis_duration\":2}}" >/dev/null &&
		all="$all $job"
done
check 'the jobs are accepted' test "$(echo "$all" | wc -w)" = "$jobs"

# No job may have two agents at any moment that we look.
watch_doubles() {
	while [ -e "$scratch/watching" ]; do
		for p in $(pgrep -x vexxy-agent); do
			parent=$(sed -n 's/^PPid:\t//p' "/proc/$p/status" 2>/dev/null)
			[ "$(cat "/proc/${parent:-0}/comm" 2>/dev/null)" = vexxy-agent ] && continue # a guardian
			cat "/proc/$p/environ" 2>/dev/null | tr '\0' '\n' | sed -n 's/^VEXXY_JOB=\([^.]*\).*/\1/p'
		done | grep -F "$(echo $all | tr ' ' '\n')" | sort | uniq -d >>"$scratch/doubles"
		sleep 0.2
	done
}
touch "$scratch/watching"
watch_doubles &
watcher=$!
mine() { grep -lsz "^VEXXY_SERVER=$(cat "$data/server_id")" /proc/[0-9]*/environ | cut -d/ -f3; }
agents="" killed=0 restarted=0
while [ "$killed" -lt "$kills" ]; do
	random 10
	sleep "0.$n"
	random 3
	case $n in
	0)
		kill -9 "$server_pid" 2>/dev/null
		wait "$server_pid" 2>/dev/null
		start_server --attempts 500 --lease 4 >"$scratch/restart" || { sed 's/^/# /' "$scratch/restart"; not_ok 'it starts after kill -9'; finish; }
		restarted=$((restarted + 1))
		;;
	*)
		victims=$(mine)
		random "$(($(echo "$victims" | wc -w) + 1))"
		victim=$(echo "$victims" | sed -n "$((n + 1))p")
		# Not a guardian: who kills that as well as its agent has to clean up after both.
		[ -n "$victim" ] || continue
		parent=$(sed -n 's/^PPid:\t//p' "/proc/$victim/status" 2>/dev/null)
		[ "$(cat "/proc/${parent:-0}/comm" 2>/dev/null)" = vexxy-agent ] && [ "$(cat "/proc/$victim/comm")" = vexxy-agent ] && continue
		[ "$(cat "/proc/$victim/comm" 2>/dev/null)" = vexxy-agent ] && agents="$agents $victim"
		kill -9 "$victim" 2>/dev/null || continue
		;;
	esac
	killed=$((killed + 1))
done
echo "# $killed kills, $restarted of them of the server"
lost=0
for job in $all; do
	await "$job" complete >"$scratch/await" || { lost=$((lost + 1)) && sed 's/^/# /' "$scratch/await"; }
done
rm "$scratch/watching"
wait "$watcher" 2>/dev/null
check 'every job is complete' test "$lost" = 0
check 'none ran twice at once' test ! -s "$scratch/doubles"
check 'no process of a job is left' test -z "$(mine)"
nothing_of_all() { for p in $agents; do nothing_left "$p" || return 1; done; }
check 'no sandbox is left' nothing_of_all
check 'it stops when told' stop_server
check 'the database is sound' test "$(python3 -c 'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute("PRAGMA integrity_check").fetchone()[0])' "$data/vexxy.db")" = ok
finish
