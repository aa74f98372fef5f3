#!/bin/sh
# vexxy-server against HTTP that is malformed, slow or many: it refuses, and goes on.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh

check 'it starts' start_server --no-workers
python3 tests/e2e/server_http.py "${api#http://}" >"$scratch/cases"
while IFS='	' read -r result sentence; do
	if [ "$result" = ok ]; then ok "$sentence"; else not_ok "$sentence: $result"; fi
done <"$scratch/cases"
check 'every case came back' test "$(wc -l <"$scratch/cases")" -ge 45
check 'it is healthy all the same' gives 200 GET /health
check 'its log has no failure' test "$(grep -c '"level":"error"' "$scratch/server.log")" = 0
check 'it stops when told' stop_server

# Keys: without one, loopback only; with one, nothing without it.
check 'without a key no other address is served' fails_with 1 '^error: without an API key only a loopback address is served' \
	"$server" --data "$scratch/keyless" --listen 0.0.0.0:0 --no-metrics
key=$("$server" key create --data "$data" --name ci 2>/dev/null)
check 'a key is made while no server runs' test "${key#vex_}" != "$key"
other=$("$server" key create --data "$data" --name theirs --organization other --scopes read,submit,cancel 2>/dev/null)
check 'it starts again' start_server --no-workers
check 'nothing is shown without the key' gives 401 GET /api/v1/analysis
check 'nor with one that is nearly right' gives 401 GET /api/v1/analysis -H "Authorization: Bearer ${key%??}00"
check 'its health is for everybody' gives 200 GET /health
check 'the key opens' gives 200 GET /api/v1/analysis -H "Authorization: Bearer $key"
check 'also as X-API-Key' gives 200 GET /api/v1/analysis -H "X-API-Key: $key"
check 'it is no key for the keys' gives 403 GET /api/v1/keys -H "X-API-Key: $key"
body="{\"image_ref\":\"web\",\"image_digest\":\"sha256:$(printf %064d 1)\"}"
check 'it submits' submit "$body" -H "X-API-Key: $key"
check 'another organization does not see that' gives 404 GET "/api/v1/analysis/$job/status" -H "X-API-Key: $other"
check 'nor cancel it' gives 404 DELETE "/api/v1/analysis/$job" -H "X-API-Key: $other"
check 'nor find it in its list' gives 200 GET /api/v1/analysis -H "X-API-Key: $other"
check 'which is empty' says total 0
check 'a key is made by the running server' "$server" key create --data "$data" --name second
check 'the operator sees all of them' test "$("$server" key list --data "$data" | wc -l)" = 3
id=${key#vex_}
check 'the first is revoked' "$server" key revoke "${id%%_*}" --data "$data"
check 'it opens nothing any more' gives 401 GET /api/v1/analysis -H "X-API-Key: $key"
check 'a quota is set' "$server" organization other --analyses 1 --data "$data"
check 'it lets one through' submit "$body" -H "X-API-Key: $other"
check 'and no more' gives 429 POST /api/v1/analysis/submit -H "$json" -H "X-API-Key: $other" -d "$(printf %s "$body" | tr 1 2)"
check 'by its name' says error QUOTA_EXCEEDED
check 'what waits is cancelled' gives 200 DELETE "/api/v1/analysis/$job" -H "X-API-Key: $other"
check 'its events end' eval 'curl -sSN -m 5 -H "X-API-Key: $other" "$api/api/v1/analysis/$job/events" >"$scratch/events" && grep -q "^event: done" "$scratch/events"'
check 'also for who has heard them all' curl -sSN -m 5 -o "$scratch/events" -H "X-API-Key: $other" -H 'Last-Event-ID: 99' "$api/api/v1/analysis/$job/events"
check 'the database is copied' "$server" backup "$scratch/copy.db" --data "$data"
check 'whole' test "$(python3 -c 'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute("SELECT COUNT(*) FROM jobs").fetchone()[0])' "$scratch/copy.db")" = 3
check 'no secret is in the log' test "$(grep -c "${key#vex_????????????????_}" "$scratch/server.log")" = 0
check 'nor in the database' test "$(grep -c "${key#vex_????????????????_}" "$scratch/copy.db")" = 0
check 'two servers do not share a data directory' fails_with 1 "^error: another vexxy-server works in" "$server" --data "$data" --listen 127.0.0.1:0
check 'it stops when told' stop_server

# As deploy/OPERATIONS.md has it: blobs, then the copy of the database, then what is secret; and nothing else.
restore() { mkdir "$scratch/restored" && cp -a "$data/blobs" "$scratch/restored/" && cp "$scratch/copy.db" "$scratch/restored/vexxy.db" && cp -a "$data/callback.key" "$scratch/restored/"; }
check 'a directory is made of the copies' restore
before=$data data=$scratch/restored
check 'a server begins on it' start_server --no-workers
check 'the keys are those of the copy' gives 200 GET "/api/v1/analysis/$job/status" -H "X-API-Key: $other"
check 'nobody has to learn another secret' cmp "$data/callback.key" "$before/callback.key"
check 'it stops, too' stop_server
data=$before

# A disk that fills up: nothing new is taken, what is there is served, and all is well when there is room again.
if [ "$(id -u)" = 0 ] && mkdir "$scratch/small" && mount -t tmpfs -o size=64m tmpfs "$scratch/small" 2>/dev/null; then
	unmount() { umount -l "$scratch/small"; }
	trap 'unmount; stop_children' EXIT
	data=$scratch/small/data
	check 'it starts on a small disk' start_server --no-workers --free-space 4
	check 'a job is taken' submit "$body"
	dd if=/dev/zero of="$scratch/small/fill" bs=64k 2>/dev/null
	check 'on a full disk none is' gives 507 POST /api/v1/analysis/submit -H "$json" -d "$(printf %s "$body" | tr 1 2)"
	check 'by its name' says error INSUFFICIENT_STORAGE
	check 'nor an upload' gives 507 POST /api/v1/sboms -d '{"bomFormat":"CycloneDX"}'
	check 'what is there is served' gives 200 GET "/api/v1/analysis/$job/status"
	check 'its health says so' gives 503 GET /health
	check 'by that it is degraded' says checks.storage.status unhealthy
	rm "$scratch/small/fill"
	check 'with room again a job is taken' submit "$(printf %s "$body" | tr 1 2)"
	check 'it stops when told' stop_server
	check 'the database is sound' test "$(python3 -c 'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute("PRAGMA integrity_check").fetchone()[0])' "$data/vexxy.db")" = ok
else
	skip 'a disk that is full' 'needs to mount a tmpfs'
fi
finish
