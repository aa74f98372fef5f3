#!/bin/sh
# kill -9 at random moments of servers, of what they started, and of agents: no job is lost, none runs twice at once, nothing is left. Once
# with one server on SQLite, once with two on one PostgreSQL.
#   KILLS (12) and JOBS (6): how many of each; ON="sqlite postgresql"; SEED
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh

kills=${KILLS:-12} jobs=${JOBS:-6}
need_server() { can_trace && command -v docker-registry >/dev/null && command -v skopeo >/dev/null && command -v umoci >/dev/null; }
need_server || { skip 'jobs survive kill -9' 'needs root, BPF, skopeo, umoci and docker-registry'; finish; }
check 'a registry' start_registry
digest=$(push_image web 'while :; do true; /bin/busybox sleep 0.2; done')
seed=${SEED:-$$}
echo "# SEED=$seed KILLS=$kills JOBS=$jobs"
random() { seed=$(((seed * 1103515245 + 12345) % 2147483648)) && n=$((seed / 65536 % $1)); } # below: sets $n
pick() { random $# && shift "$n" && picked=$1; }
options="--attempts 1000 --lease 10 --retry-after 1 --min-duration 1 --workers 3"
request="{\"image_ref\":\"127.0.0.1:$registry/team/web:1\",\"image_digest\":\"$digest\",\"profile\":\"custom\",\"reanalyze\":true,\"config\":{\"analysis_duration\":1}}"

comm() { cat "/proc/$1/comm" 2>/dev/null; }
parent() { sed -n 's/^PPid:\t//p' "/proc/$1/status" 2>/dev/null; }
variable() { tr '\0' '\n' 2>/dev/null <"/proc/$1/environ" | sed -n "s/^$2=//p"; }
# What an agent has forked bears its name until it calls itself a guardian.
is_guardian() { [ "$(comm "$1")" = vexxy-guardian ] || { [ "$(comm "$1")" = vexxy-agent ] && [ "$(comm "$(parent "$1")")" = vexxy-agent ]; }; }
has_guardian() { for p in $(cat "/proc/$1/task/$1/children"); do ! is_guardian "$p" || return 0; done; return 1; }
# What the servers have started, and nobody else's.
mine() { for id in $ids; do grep -lsz "^VEXXY_SERVER=$id" /proc/[0-9]*/environ; done | cut -d/ -f3; }
# No job may have two agents at any moment that we look.
watch_doubles() {
	while [ -e "$scratch/watching" ]; do
		for p in $(pgrep -x vexxy-agent); do
			# What an agent has forked bears its name until it is another program: the parent is read before the name is.
			up=$(parent "$p")
			[ "$(comm "$p")" != vexxy-agent ] || [ "$(comm "$up")" = vexxy-agent ] || variable "$p" VEXXY_JOB | sed 's/\..*//'
		done | grep -F "$(cat "$scratch/all")" | sort | uniq -d >>"$scratch/doubles"
		sleep 0.2
	done
}
kill_server() { # name
	eval "victim=\$pid_$1"
	kill -9 "$victim" 2>/dev/null
	wait "$victim" 2>/dev/null
	start "$1" $options >"$scratch/restart" || { sed 's/^/# /' "$scratch/restart"; not_ok 'it starts after kill -9'; finish; }
	servers_killed=$((servers_killed + 1))
}
kill_child() {
	victims=$(mine)
	[ -n "$victims" ] || return 1
	pick $victims
	# Not a guardian: who kills that as well as its agent has to clean up after both.
	is_guardian "$picked" && return 1
	[ "$(comm "$picked")" != vexxy-agent ] || agents="$agents $picked"
	kill -9 "$picked" 2>/dev/null
}
nothing_of_all() { for p in $agents; do nothing_left "$p" || return 1; done; }
none_is_left() { [ -z "$(mine)" ]; }
complete_all() {
	for job in $(cat "$scratch/all"); do
		wait_for 60 await "$job" complete || await "$job" complete || return 1
	done
}
blobs_are_whole() { # directory
	find "$1" -mindepth 2 -type f ! -path '*/incoming/*' ! -path '*/partial/*' | while read -r file; do
		[ "$(sha256sum <"$file" | cut -d' ' -f1)" = "$(basename "$file")" ] || echo "$file"
	done >"$scratch/broken"
	[ ! -s "$scratch/broken" ] || { cat "$scratch/broken" && return 1; }
}
# Jobs that are not what they should be at the end: the same question to both databases.
unsound="SELECT count(*) FROM jobs j WHERE state <> 'complete' OR owner IS NOT NULL
	OR (SELECT count(*) FROM job_events e WHERE e.job_id = j.id AND type = 'done') <> 1
	OR (SELECT max(seq) - count(*) FROM job_events e WHERE e.job_id = j.id) <> 0
	OR (SELECT count(*) FROM artifacts a WHERE a.job_id = j.id AND name = 'report') <> 1"
ask_sqlite() { python3 -c 'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()[0])' "$data/vexxy.db" "$1"; }

chaos() { # kind, server…
	kind=$1
	shift
	: >"$scratch/all" && : >"$scratch/doubles"
	agents='' killed=0 servers_killed=0 ids=''
	for name in "$@"; do
		check "$kind: server $name starts" start "$name" $options
		ids="$ids $(cat "$scratch/data-$name/server_id")"
	done
	# The image is there before: it is not fetching that is tried here.
	check "$kind: a job without trouble" eval 'submit "$request" && await "$job" complete'
	begun=$(date +%s)
	for number in $(seq "$jobs"); do
		pick "$@"
		on "$picked"
		submit "$request" >/dev/null && echo "$job" >>"$scratch/all"
	done
	check "$kind: the jobs are accepted" test "$(wc -l <"$scratch/all")" = "$jobs"
	touch "$scratch/watching"
	watch_doubles &
	watcher=$!
	while [ "$killed" -lt "$kills" ]; do
		random 10
		sleep "0.$n"
		random 4
		if [ "$n" = 0 ]; then
			pick "$@"
			kill_server "$picked"
		else
			kill_child || continue
		fi
		killed=$((killed + 1))
	done
	on "$1"
	done_by=$(gives 200 GET '/api/v1/analysis?status_filter=complete' && field total)
	echo "# $kind: $killed kills, $servers_killed of them of a server, in $(($(date +%s) - begun)) s; $((done_by - 1)) jobs were complete by then"
	check "$kind: every job is complete" complete_all
	rm "$scratch/watching"
	wait "$watcher" 2>/dev/null
	check "$kind: none ran twice at once" test ! -s "$scratch/doubles"
	check "$kind: no process of a job is left" wait_for 10 none_is_left
	check "$kind: no sandbox is left" nothing_of_all
	for name in "$@"; do check "$kind: $name stops when told" stop "$name"; done
	echo "# $kind: all of it in $(($(date +%s) - begun)) s"
}

"$agent" record -q -o "$scratch/one.gz" -- sleep 30 &
one=$!
check 'a guardian is told' wait_for 60 has_guardian "$one"
check 'from its agent' eval '! is_guardian "$one"'
kill "$one" && wait "$one"

for kind in ${ON:-sqlite postgresql}; do
	case $kind in
	sqlite)
		chaos sqlite one
		check 'sqlite: the database is sound' test "$(ask_sqlite 'PRAGMA integrity_check')" = ok
		check 'sqlite: so is what it says' test "$(ask_sqlite "$unsound")" = 0
		check 'sqlite: every blob is whole' blobs_are_whole "$data/blobs"
		;;
	postgresql)
		has_postgres || { skip 'two servers on PostgreSQL survive kill -9' 'needs postgresql-15'; continue; }
		check 'postgresql: a server' start_postgres
		export STORAGE_PATH="$scratch/shared"
		mkdir "$STORAGE_PATH"
		chaos postgresql left right
		check 'postgresql: what the database says is sound' test "$(tests/tools/postgres.sh psql "$postgres_dir" -c "$unsound")" = 0
		check 'postgresql: every blob is whole' blobs_are_whole "$STORAGE_PATH/blobs"
		;;
	esac
done
finish
