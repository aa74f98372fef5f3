#!/bin/sh
# What the server costs beside the same calls on FastAPI, uvicorn, SQLAlchemy and PostgreSQL, in one run: submissions and status polls a
# second, CPU for each, memory. Each figure is the best of ROUNDS turns, taken by turns, so that a noisy neighbour hits all alike. CPU
# is the service's own; what PostgreSQL takes besides is in a column of its own. Commits wait for the disk everywhere.
set -eu
cd "$(dirname "$0")/../../.."
rounds=${ROUNDS:-3} seconds=${SECONDS_EACH:-5} clients=${CLIENTS:-16}
dir=$(mktemp -d "${TMPDIR:-/tmp}/vexxy-bench.XXXXXX")
server_pid= service_pid= postgres=
on_exit() {
	for p in $server_pid $service_pid; do kill "$p" 2>/dev/null || true; done
	[ -z "$postgres" ] || tests/tools/postgres.sh remove "$postgres"
	wait
	rm -rf "$dir"
}
trap on_exit EXIT
trap 'exit 130' INT TERM

tests/tools/deps.sh wrk postgresql-15 python3-venv
python3 -m venv "$dir/venv"
"$dir/venv/bin/pip" install -q -r tests/bench/server/requirements.txt
postgres=$(POSTGRES_OPTIONS='-c fsync=on' tests/tools/postgres.sh start $$)
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
ours=127.0.0.1:$(free_port) theirs=127.0.0.1:$(free_port)
build/vexxy-server --data "$dir/data" --listen "$ours" --no-metrics --no-workers --rate 0 >"$dir/server.log" 2>&1 &
server_pid=$!
(cd tests/bench/server && exec env PYTHONDONTWRITEBYTECODE=1 DATABASE_URL="postgresql+asyncpg://vexxy@/postgres?host=$postgres" "$dir/venv/bin/uvicorn" service:app \
	--host 127.0.0.1 --port "${theirs#*:}" --no-access-log --log-level warning) >"$dir/service.log" 2>&1 &
service_pid=$!
for address in "$ours" "$theirs"; do
	for _ in $(seq 300); do
		curl -s -o /dev/null "http://$address/openapi.json" && break
		sleep 0.1
	done
done

body='{"image_ref":"docker.io/library/nginx:1.27","image_digest":"sha256:'$(printf %064d 1)'","profile":"standard","config":{"ports":[80],"environment":{"A":"1"}}}'
submit() { curl -s "http://$1/api/v1/analysis/submit" -H 'Content-Type: application/json' -d "$body" | sed -n 's/.*"job_id": *"\([^"]*\)".*/\1/p'; }
our_job=$(submit "$ours") their_job=$(submit "$theirs")
[ -n "$our_job" ] && [ -n "$their_job" ] || { cat "$dir/server.log" "$dir/service.log" >&2 && exit 1; }

# Ticks of a process and of its threads; of PostgreSQL's processes, all that there are and were.
ticks() { awk '{ sub(/^.*\) /, ""); print $12 + $13 }' "/proc/$1/stat"; }
postgres_ticks() { # those that ended are in the first one's account
	first=$(head -n 1 "$postgres/data/postmaster.pid")
	awk '{ sub(/^.*\) /, ""); print $12 + $13 + $14 + $15 }' "/proc/$first/stat"
	for p in $(cat "/proc/$first/task/$first/children"); do ticks "$p" 2>/dev/null || true; done
}
sum() { awk '{ s += $1 } END { print s + 0 }'; }
per_second=$(getconf CLK_TCK)
measure() { # name of the row, pid, wrk's words…
	row=$1 pid=$2
	shift 2
	before=$(ticks "$pid") before_db=$(postgres_ticks | sum)
	wrk -t1 -c"$clients" -d"${seconds}s" "$@" >"$dir/wrk"
	after=$(ticks "$pid") after_db=$(postgres_ticks | sum)
	awk -v row="$row" -v cpu=$((after - before)) -v db=$((after_db - before_db)) -v tick="$per_second" '
		/requests in/ { n = $1 } /Requests\/sec/ { rate = $2 } /Non-2xx/ { bad = $NF } /Socket errors/ { bad += $4 + $6 + $8 + $10 }
		END { if (!n || bad) { print row ": " n + 0 " requests, " bad + 0 " of them failed" >"/dev/stderr"; exit 1 }
			printf "%s %.1f %.2f %.2f\n", row, rate, cpu / tick / n * 1e6, db / tick / n * 1e6 }' "$dir/wrk" >>"$dir/results"
}
for round in $(seq "$rounds"); do
	measure ours_submit "$server_pid" -s tests/bench/server/submit.lua "http://$ours/api/v1/analysis/submit" -- "$round"
	measure theirs_submit "$service_pid" -s tests/bench/server/submit.lua "http://$theirs/api/v1/analysis/submit" -- "$round"
	measure ours_status "$server_pid" "http://$ours/api/v1/analysis/$our_job/status"
	measure theirs_status "$service_pid" "http://$theirs/api/v1/analysis/$their_job/status"
done
rss() { awk '/VmRSS/ { printf "%.1f", $2 / 1024 }' "/proc/$1/status"; }
our_rss=$(rss "$server_pid") their_rss=$(rss "$service_pid")
streams=$(python3 tests/bench/server/streams.py "$ours" "$server_pid" "$our_job" "${STREAMS:-1000}")

awk -v ours="$our_rss" -v theirs="$their_rss" -v streams="$streams" -v rounds="$rounds" -v clients="$clients" '
	function best(row, column) { return value[row, column] }
	{ if (!($1 in seen) || $2 > value[$1, 2]) value[$1, 2] = $2
	  for (i = 3; i <= 4; i++) if (!($1 in seen) || $i < value[$1, i]) value[$1, i] = $i
	  seen[$1] = 1 }
	END {
		printf "%-28s %12s %12s %10s\n", "best of " rounds ", " clients " clients", "vexxy-server", "FastAPI", "ratio"
		printf "%-28s %12.0f %12.0f %9.1fx\n", "submissions a second", best("ours_submit", 2), best("theirs_submit", 2), best("ours_submit", 2) / best("theirs_submit", 2)
		printf "%-28s %12.1f %12.1f %9.1fx\n", "CPU of one, us", best("ours_submit", 3), best("theirs_submit", 3), best("theirs_submit", 3) / best("ours_submit", 3)
		printf "%-28s %12s %12.1f\n", "  and of PostgreSQL, us", "-", best("theirs_submit", 4)
		printf "%-28s %12.0f %12.0f %9.1fx\n", "status polls a second", best("ours_status", 2), best("theirs_status", 2), best("ours_status", 2) / best("theirs_status", 2)
		printf "%-28s %12.1f %12.1f %9.1fx\n", "CPU of one, us", best("ours_status", 3), best("theirs_status", 3), best("theirs_status", 3) / best("ours_status", 3)
		printf "%-28s %12s %12.1f\n", "  and of PostgreSQL, us", "-", best("theirs_status", 4)
		printf "%-28s %12.1f %12.1f %9.1fx\n", "resident memory, MiB", ours, theirs, theirs / ours
		split(streams, s, " ")
		printf "%d event streams at once: %d heard the end within %.2f s, %.1f MiB resident\n", s[1], s[2], s[3], s[4]
	}' "$dir/results"
