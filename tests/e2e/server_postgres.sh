#!/bin/sh
# Several servers on one PostgreSQL: what is submitted to one is done by another, seen and cancelled through any; one that dies is replaced,
# one that comes back late writes nothing; a database that goes away and comes back costs nothing but patience.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh

has_postgres || { skip 'several servers share a database' 'needs postgresql-15'; finish; }
check 'a PostgreSQL server' start_postgres
mkdir "$scratch/shared"
export STORAGE_PATH="$scratch/shared"
shared="--lease 6 --retry-after 1"

check 'a server on it' start front $shared --no-workers
check 'and another' start back $shared --no-workers
check 'each has a place of its own' test -e "$scratch/data-front/server_id" -a -e "$scratch/data-back/server_id"
check 'and no database there' test ! -e "$scratch/data-front/vexxy.db"
on front
check 'it is ready' gives 200 GET /readyz
sbom='{"bomFormat":"CycloneDX","specVersion":"1.5","components":[]}'
check 'what is uploaded to the one' gives 201 POST /api/v1/sboms -d "$sbom"
id=$(field id)
on back
check 'is there in the other' gives 200 GET "/api/v1/sboms/$id"
check 'to the byte' grep -qxF "$sbom" "$scratch/body"
check 'a backup is left to the tools that do it' fails_with 1 'pg_dump' "$server" backup "$scratch/copy" --data "$scratch/data-back"
check 'a key that is made in the one' "$server" key create --name ci --data "$scratch/data-front"
key=$(sed -n 's/.*\(vex_[0-9a-f]*_[0-9a-f]*\).*/\1/p' "$scratch/check.out")
refused() { wait_for 10 gives 401 GET /api/v1/analysis; }
check 'is asked for by the other' refused
check 'and taken' gives 200 GET /api/v1/analysis -H "X-API-Key: $key"

check 'the database goes away' tests/tools/postgres.sh stop "$postgres_dir" immediate
digest=sha256:$(printf %064d 0)
body="{\"image_ref\":\"127.0.0.1:1/none:1\",\"image_digest\":\"$digest\"}"
check 'what needs it is refused for a while' gives 503 GET /api/v1/analysis -H "X-API-Key: $key"
check 'in the form of all errors' says error SERVICE_UNAVAILABLE
check 'with a time to come again' grep -qi '^retry-after: [0-9]' "$scratch/head"
check 'and nothing of where it is' test "$(grep -c "$postgres_dir\|socket" "$scratch/body")" = 0
check 'nothing is taken that could be lost' gives 503 POST /api/v1/analysis/submit -H "X-API-Key: $key" -H "$json" -d "$body"
check 'it is not ready' gives 503 GET /readyz
check 'nor healthy' gives 503 GET /health
check 'but alive' gives 200 GET /livez
check 'the database comes back' tests/tools/postgres.sh start $$ "$postgres_dir"
check 'so does the server' wait_for 10 gives 200 GET /readyz
check 'and takes work again' gives 201 POST /api/v1/analysis/submit -H "X-API-Key: $key" -H "$json" -d "$body"
check 'it is cancelled' gives 200 DELETE "/api/v1/analysis/$(field job_id)" -H "X-API-Key: $key"
check 'the one stops when told' stop front
check 'the other, too' stop back

check 'without the database none starts' tests/tools/postgres.sh stop "$postgres_dir"
wrong="postgresql://vexxy:sesame@127.0.0.1:1/x?secret=sesame"
check 'a URL that is wrong is refused' fails_with 1 "URL is none that libpq can read" env DATABASE_URL="$wrong" "$server" --data "$scratch/data-x" --listen 127.0.0.1:0
check 'without its password' test "$(grep -c sesame "$scratch/err")" = 0
check 'the database comes back' tests/tools/postgres.sh start $$ "$postgres_dir"

need_server() { can_trace && command -v docker-registry >/dev/null && command -v skopeo >/dev/null && command -v umoci >/dev/null; }
need_server || { skip 'what is submitted to one is done by another' 'needs root, BPF, skopeo, umoci and docker-registry'; finish; }
tests/tools/postgres.sh psql "$postgres_dir" -c 'SET client_min_messages = error; DROP SCHEMA public CASCADE; CREATE SCHEMA public'
check 'a registry' start_registry
digest=$(push_image web 'while :; do true; /bin/busybox sleep 0.3; done')
request() { printf '{"image_ref":"127.0.0.1:%s/team/web:1","image_digest":"%s","profile":"custom","reanalyze":true,"config":{"analysis_duration":%s}}' "$registry" "$digest" "$1"; }
secret=$(echo "$DATABASE_URL" | sed 's/user=vexxy/&\&password=sesame/')
check 'a server that only serves' start front $shared --no-workers
DATABASE_URL=$secret
check 'one that works' start back $shared --workers 1
on front
check 'what is submitted to the first' submit "$(request 3)"
first=$job
curl -sN -m 60 "$api/api/v1/analysis/$job/events" >"$scratch/events"
check 'is done by the second, and the first tells of it as it goes' grep -q '^event: done' "$scratch/events"
check 'with what was seen meanwhile' grep -q '"current_phase":"Runtime analysis","observed":{"seconds"' "$scratch/events"
check 'it is complete' await "$job" complete
check 'its report is there' gives 200 GET "/api/v1/analysis/$job/report"
check 'as is its trace' gives 200 GET "/api/v1/analysis/$job/trace"
check 'the first publishes a key' gives 200 GET /api/v1/signing-key
cp "$scratch/body" "$scratch/key"
on back
check 'and the second' gives 200 GET /api/v1/signing-key
check 'they are one' cmp "$scratch/key" "$scratch/body"
on front
check 'a long one is submitted to the first' submit "$(request 300)"
check 'and runs' await "$job" running
agent_pid=$(agent_of "$job")
check 'in a sandbox of the second' test -n "$agent_pid"
check 'it is cancelled through the first' gives 200 DELETE "/api/v1/analysis/$job"
check 'and is so' says status cancelled
check 'its sandbox is gone' nothing_left "$agent_pid"

check 'one more is submitted to the first' submit "$(request 3)"
check 'and runs' await "$job" running
agent_pid=$(agent_of "$job")
kill -9 "$pid_back" && wait "$pid_back" 2>/dev/null
check 'the second is killed; a third is started' start third $shared --workers 1
on front
check 'when the lease has ended the third does the job' await "$job" complete
check 'in another attempt' says attempt 2
check 'and why is remembered' says attempts.0.reason 'the server that worked on it went away'
check 'no sandbox is left of the first attempt' nothing_left "$agent_pid"

check 'a job is submitted' submit "$(request 12)"
check 'and runs' await "$job" running
agent_pid=$(agent_of "$job")
kill -STOP "$pid_third"
check 'its server is stopped for so long that the lease ends; the second is back' start back $shared --workers 1
on front
second_attempt() { call GET "/api/v1/analysis/$job/status" && says attempt 2 && says status running; }
check 'the second takes the job' wait_for 60 second_attempt
kill -CONT "$pid_third"
late() { grep -q '"event":"job_ended".*'"$job" "$scratch/server-third.log"; }
check 'what comes back late tears its sandbox down' wait_for 30 nothing_left "$agent_pid"
check 'the job is complete' await "$job" complete
check 'by the second' says attempt 2
check 'the one that was late wrote nothing' eval '! late'

check 'one more runs' submit "$(request 4)"
check 'when' await "$job" running
check 'the database goes away for a second' tests/tools/postgres.sh stop "$postgres_dir" immediate
sleep 1
check 'and comes back' tests/tools/postgres.sh start $$ "$postgres_dir"
check 'the job is done' wait_for 20 await "$job" complete
check 'in its first attempt' says attempt 1
[ "$(field attempt)" = 1 ] || grep -h "$job\|database_" "$scratch"/server-*.log | tail -n 20 | sed 's/^/# /'
check 'no log has the password' test "$(cat "$scratch"/server-*.log | grep -c sesame)" = 0
for name in front back third; do check "$name stops when told" stop $name; done
check 'the database is sound' test "$(tests/tools/postgres.sh psql "$postgres_dir" -c "SELECT count(*) FROM jobs WHERE state NOT IN ('complete', 'cancelled') OR owner IS NOT NULL")" = 0
finish
