#!/bin/sh
# What agents ask of vexxy-server: to be heard of, and to bring traces piece by piece, again after whatever went wrong.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh

key() { "$server" key create --data "$data" --name "$1" --organization "$2" --scopes "$3" 2>/dev/null; }
as() { # key, then as gives
	who=$1
	shift
	gives "$@" -H "X-API-Key: $who"
}
digest() { sha256sum "$1" | cut -d' ' -f1; }
begin() { # status, key, kind, file: sets $upload
	as "$2" "$1" POST /api/v1/agent/uploads -H "$json" -d "{\"analysis_id\":\"$job\",\"attempt\":1,\"pod_uid\":\"p-1\",\"node\":\"n1\",
		\"container\":\"target\",\"kind\":\"$3\",\"sha256\":\"$(digest "$4")\",\"bytes\":$(stat -c %s "$4")}" || return 1
	case $1 in 20*) upload=$(field upload_id) ;; esac
}
piece() { # status, key, offset, file
	as "$2" "$1" PUT "/api/v1/agent/uploads/$upload?offset=$3" -H 'Content-Type: application/octet-stream' --data-binary "@$4"
}
state() { # of the job, as a worker would set it
	python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1]); db.execute("UPDATE jobs SET state = ?, owner = ?, lease_ms = 9000000000000 WHERE id = ?", sys.argv[2:]); db.commit()' "$data/vexxy.db" "$1" nobody "$job"
}

agent_key=$(key agent default agent) user_key=$(key user default read,submit,cancel) foreign_key=$(key agent other agent)
check 'it starts' start_server --no-workers
check 'an analysis is submitted' submit "{\"image_ref\":\"web\",\"image_digest\":\"sha256:$(printf %064d 1)\"}" -H "X-API-Key: $user_key"

beat='{"node":"n1","version":"0.1.0","kernel":"6.18","arch":"x86_64","backend":"raw","details":{"watched":2}}'
check 'an agent is heard of' as "$agent_key" 200 POST /api/v1/agent/heartbeat -H "$json" -d "$beat"
check 'and told how often it is to be' says heartbeat_seconds 15
check 'whoever may read sees it' as "$user_key" 200 GET /api/v1/agents
check 'by its node' says agents.0.node n1
check 'as one that is up' says agents.0.up true
check 'with what it says of itself' says agents.0.details.watched 2
check 'a user cannot pass for an agent' as "$user_key" 403 POST /api/v1/agent/heartbeat -H "$json" -d "$beat"
check 'nor an agent for a user' as "$agent_key" 403 GET /api/v1/analysis
check 'a node without a name is refused' as "$agent_key" 422 POST /api/v1/agent/heartbeat -H "$json" -d '{}'

head -c 3000000 /dev/urandom >"$scratch/trace"
head -c 1000000 "$scratch/trace" >"$scratch/a"
tail -c +1000001 "$scratch/trace" >"$scratch/b"
check 'an analysis that waits takes nothing' begin 409 "$agent_key" trace "$scratch/trace"
check 'and says what it is' says details.current_state queued
state running
check 'one that runs does' begin 201 "$agent_key" trace "$scratch/trace"
first=$upload
check 'begun again it is the same' begin 200 "$agent_key" trace "$scratch/trace"
check 'by its id' test "$upload" = "$first"
check 'another organization does not find the analysis' begin 404 "$foreign_key" trace "$scratch/trace"
check 'nor the upload' piece 404 "$foreign_key" 0 "$scratch/a"
check 'nor does a user' piece 403 "$user_key" 0 "$scratch/a"
check 'a gap is refused' piece 409 "$agent_key" 5 "$scratch/b"
check 'with the place to go on at' says details.offset 0
check 'the first piece is taken' piece 200 "$agent_key" 0 "$scratch/a"
check 'and how far it is' says offset 1000000
check 'the same again changes nothing' piece 200 "$agent_key" 0 "$scratch/a"
check 'that is' says offset 1000000
check 'other bytes at the same place are refused' piece 422 "$agent_key" 0 "$scratch/b"
check 'what is not whole cannot be completed' as "$agent_key" 409 POST "/api/v1/agent/uploads/$upload/complete"
check 'the server is killed' kill -9 "$server_pid"
wait "$server_pid" 2>/dev/null
check 'and comes back' start_server --no-workers
check 'it knows how far it is' as "$agent_key" 200 GET "/api/v1/agent/uploads/$upload"
check 'from its file' says offset 1000000
check 'a piece that passes the end is refused' piece 413 "$agent_key" 1000000 "$scratch/trace"
check 'the rest is taken' piece 200 "$agent_key" 1000000 "$scratch/b"
check 'it is completed' as "$agent_key" 200 POST "/api/v1/agent/uploads/$upload/complete"
check 'that is' says complete true
check 'and again' as "$agent_key" 200 POST "/api/v1/agent/uploads/$upload/complete"
check 'a late piece changes nothing' piece 200 "$agent_key" 0 "$scratch/b"
blob=$data/blobs/$(digest "$scratch/trace" | cut -c1-2)/$(digest "$scratch/trace")
check 'the content is kept as it was' cmp "$scratch/trace" "$blob"
check 'nothing is left of the pieces' test -z "$(ls "$data/blobs/partial")"

printf 'one' >"$scratch/one"
printf 'two' >"$scratch/two"
check 'a file is begun' begin 201 "$agent_key" file "$scratch/one"
check 'other content is sent' piece 200 "$agent_key" 0 "$scratch/two"
check 'and found out' as "$agent_key" 422 POST "/api/v1/agent/uploads/$upload/complete"
check 'it begins at nothing' as "$agent_key" 200 GET "/api/v1/agent/uploads/$upload"
check 'again' says offset 0
both="{\"sha256\":[\"$(digest "$scratch/one")\",\"$(digest "$scratch/trace")\"]}"
check 'what is lacking is asked for' as "$agent_key" 200 POST /api/v1/agent/missing -H "$json" -d "$both"
check 'it is what was not given' says missing "[\"$(digest "$scratch/one")\"]"
check 'another organization lacks both' as "$foreign_key" 200 POST /api/v1/agent/missing -H "$json" -d "$both"
check 'whoever gave them' says missing.1 "$(digest "$scratch/trace")"
check 'a digest that is none is refused' as "$agent_key" 422 POST /api/v1/agent/missing -H "$json" -d '{"sha256":["../../etc/passwd"]}'
head -c 17000000 /dev/zero >"$scratch/large"
check 'a piece that is too large is refused' piece 413 "$agent_key" 0 "$scratch/large"
check 'a file that is too large is refused' as "$agent_key" 413 POST /api/v1/agent/uploads -H "$json" -d "{\"analysis_id\":\"$job\",\"attempt\":1,
	\"pod_uid\":\"p\",\"node\":\"n\",\"container\":\"c\",\"kind\":\"manifest\",\"sha256\":\"$(digest "$scratch/one")\",\"bytes\":900000000}"
check 'an upload that nobody began is not there' as "$agent_key" 404 PUT "/api/v1/agent/uploads/$job?offset=0" -d x
state complete
check 'an analysis that is complete takes no trace' begin 409 "$agent_key" trace "$scratch/two"
check 'but what is left of the files' begin 201 "$agent_key" file "$scratch/two"
state failed
check 'an analysis that has ended takes nothing new' begin 409 "$agent_key" trace "$scratch/two"
check 'its log has no failure' test "$(grep -c '"level":"error"' "$scratch/server.log")" = 0
check 'it stops when told' stop_server
finish
