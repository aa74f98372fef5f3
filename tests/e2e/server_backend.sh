#!/bin/sh
# An sbom_id that is not of this server is asked of the operator's other service, with the operator's key, within bounds.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh

backend_pid=
stop_backend() {
	[ -z "$backend_pid" ] || kill "$backend_pid" 2>/dev/null
	stop_children
}
trap stop_backend EXIT
python3 tests/e2e/server_backend.py "$scratch/asked" >"$scratch/port" &
backend_pid=$!
for try in $(seq 50); do [ -s "$scratch/port" ] && break; sleep 0.1; done
VEXXY_BACKEND_URL=http://127.0.0.1:$(cat "$scratch/port")/ VEXXY_API_KEY=the-operators-key
export VEXXY_BACKEND_URL VEXXY_API_KEY
check 'the server starts' start_server --no-workers --upload-limit 1
sbom=01900000-0000-7000-8000-00000000000
with() { # the last digit of the id
	printf '{"image_ref":"nginx:1","image_digest":"sha256:%064d","sbom_id":"%s%s"}' "$1" "$sbom" "$1"
}
asks() { gives "$1" POST /api/v1/analysis/submit -H "$json" -H 'Authorization: Bearer vex_of_the_client' -d "$(with "$2")"; }
check 'an SBOM of the backend is taken' asks 201 1
job=$(field job_id)
check 'it was asked for by its id, with our key, and not the client'"'"'s' test "$(cat "$scratch/asked")" = "/api/v1/sboms/${sbom}1 the-operators-key None"
kept() { python3 -c 'import hashlib, json, os, sqlite3, sys
data, job = sys.argv[1:]
i = json.loads(sqlite3.connect(data + "/vexxy.db").execute("SELECT inputs FROM jobs WHERE id = ?", (job,)).fetchone()[0])["sboms"]
d = i[0]["digest"]
assert len(i) == 1 and i[0]["format"] == "cyclonedx" and d == hashlib.sha256(open(f"{data}/blobs/{d[:2]}/{d}", "rb").read()).hexdigest(), i' "$data" "$job"; }
check 'it is kept with the job' kept
check 'one that it has not is refused' asks 422 2
check 'by its name' says message "there is no sbom '${sbom}2', here or at the backend"
check 'a backend that fails is not our failure' asks 502 3
check 'in the form of all errors' says error EXTERNAL_SERVICE_ERROR
check 'which says what it said' says message "the backend that may have sbom '${sbom}3' answers with status 500"
check 'a redirect is not followed' asks 502 4
check 'nor an archive taken for an SBOM' asks 422 5
check 'which is said' says message "sbom '${sbom}5' at the backend: an SBOM is no zip archive"
check 'one over the limit is refused' asks 422 6
check 'by the limit' says message "sbom '${sbom}6' at the backend is larger than 1 MiB"
check 'one that is cut short is none' asks 502 7
check 'nor is an empty one' asks 422 8
check 'nothing is left of those' test -z "$(find "$data/blobs/incoming" -type f)"
check 'an SBOM of this server is not asked for elsewhere' gives 201 POST /api/v1/sboms -d '{"bomFormat":"CycloneDX"}'
here=$(field id)
asked=$(wc -l <"$scratch/asked")
check 'but taken' submit "$(printf '{"image_ref":"nginx:1","image_digest":"sha256:%064d","sbom_id":"%s"}' 7 "$here")"
check 'from here' test "$(wc -l <"$scratch/asked")" = "$asked"
kill "$backend_pid"
wait "$backend_pid" 2>/dev/null
backend_pid=
check 'a backend that is gone is said' asks 502 1
check 'in words' says message "the backend that may have sbom '${sbom}1' does not answer"
check 'the key stood in no log' test "$(grep -c the-operators-key "$scratch/server.log")" = 0
check 'it stops when told' stop_server
unset VEXXY_BACKEND_URL
check 'without a backend it starts, too' start_server --no-workers
check 'then nobody is asked' asks 422 1
check 'and it is said' says message "there is no sbom '${sbom}1'"
finish
