#!/bin/sh
# The shell's client: vexxy submit, status, watch, results and cancel against a server, with a key, over restarts of it.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh

none=sha256:$(printf %064d 0)
"$server" key create --data "$data" --name shell >"$scratch/key" 2>/dev/null
"$server" key create --data "$data" --name reader --scopes read >"$scratch/reader" 2>/dev/null
chmod 600 "$scratch/key" "$scratch/reader"
check 'the server starts, and works on nothing' start_server --no-workers
VEXXY_SERVER=$api VEXXY_API_KEY=$(cat "$scratch/key")
export VEXXY_SERVER VEXXY_API_KEY

# Words, keys, servers.
check 'vexxy has no network of its own' eval '! ldd "$vexxy" | grep -q libcurl'
check 'an image without a digest is refused' fails_with 2 "which digest does 'nginx:1.27' have\?" "$vexxy" submit nginx:1.27
check 'a digest that is none too' fails_with 2 "'sha256:00' is no digest" "$vexxy" submit nginx:1.27 --digest sha256:00
check 'and two of them' fails_with 2 '--digest names another' "$vexxy" submit "nginx@$none" --digest "sha256:$(printf %064d 1)"
check 'an unknown option' fails_with 2 "unknown option '--fast'" "$vexxy" submit "nginx@$none" --fast
check 'a port that is none' fails_with 2 "--port: 'http' is no port" "$vexxy" submit "nginx@$none" --port http
check 'a variable without a value' fails_with 2 "--env: 'A' is no NAME=VALUE" "$vexxy" submit "nginx@$none" --env A
check 'an id that is none' fails_with 2 "'1' is no id of an analysis" "$vexxy" watch 1
check 'no id at all' fails_with 2 'say which analysis' "$vexxy" results
check 'a result that is none' fails_with 2 "there is no 'x' among the results" "$vexxy" results 01900000-0000-7000-8000-000000000000 --file x
check 'a file that is not there' fails_with 1 "'.*/no.json': No such file" "$vexxy" submit "nginx@$none" --vulns "$scratch/no.json"
check 'a server that is none' fails_with 2 "'ftp://x' is no server" "$vexxy" status --server ftp://x
check 'a server that is not there' fails_with 1 '^error: http://127.0.0.1:1: ' "$vexxy" status --server http://127.0.0.1:1
check 'a key that is not valid' fails_with 1 'this is no API key of ours \(status 401\)' env VEXXY_API_KEY=vex_1 "$vexxy" status
check 'a key that is no word' fails_with 2 'VEXXY_API_KEY has no API key' env VEXXY_API_KEY='a b' "$vexxy" status
check 'a key without the scope' fails_with 1 'no scope for this \(status 403\)' "$vexxy" submit "nginx@$none" --key-file "$scratch/reader"
cp "$scratch/key" "$scratch/open"
chmod 644 "$scratch/open"
check 'a key that everybody can read' fails_with 2 'others can read the key file' "$vexxy" status --key-file "$scratch/open"
python3 tests/e2e/callback_receiver.py "$scratch/heard" >"$scratch/port" &
receiver=$!
check 'somebody who fails once' eval 'for try in $(seq 50); do [ -s "$scratch/port" ] && break; sleep 0.1; done; [ -s "$scratch/port" ]'
check 'is asked again by who watches' fails_with 1 'answers with status 204' \
	"$vexxy" watch 01900000-0000-7000-8000-000000000000 --server "http://127.0.0.1:$(cat "$scratch/port")/fail-1"
check 'and had failed' grep -q '"status": 500' "$scratch/heard"
kill "$receiver"
check 'an analysis that is not there' fails_with 1 '\(status 404\)' "$vexxy" status 01900000-0000-7000-8000-000000000000
check 'what the server refuses is named by its field' fails_with 1 'body.config.analysis_duration: .* \(status 422\)' "$vexxy" submit "nginx@$none" --duration 1
check 'no analysis is listed' test -z "$("$vexxy" status)"

# An analysis that waits.
printf '{"bomFormat":"CycloneDX","specVersion":"1.6","components":[]}' >"$scratch/sbom.json"
printf '[{"id":"CVE-2099-0001","modified":"2099-01-01T00:00:00Z","affected":[]}]' >"$scratch/osv.json"
printf 'echo "hello"\n' >"$scratch/script.sh"
submits() { job=$("$vexxy" submit "docker.io/library/nginx:1.27@$none" --sbom "$scratch/sbom.json" --vulns "$scratch/osv.json" --advisories "$scratch/osv.json" --port 80 8080 \
	--env A=1 'B=x y' --health-path /up --health-timeout 20 --test-script "$scratch/script.sh" --coverage --profile minimal --priority 3 --idempotency-key once \
	--key-file "$scratch/key" -- /bin/serve --fast 'two words'); }
check 'an image is submitted with all that goes with it' submits
check 'its id is what is said' test "${#job}" = 36
first=$job
check 'the same key is the same analysis' eval 'submits && [ "$job" = "$first" ]'
check 'it is listed' eval '"$vexxy" status --state queued | grep -q "^$job  queued  *0%  docker.io/library/nginx:1.27$"'
check 'not among others' test -z "$("$vexxy" status --state complete)"
check 'its status is shown' eval '"$vexxy" status "$job" | grep -q "^phase      pending$"'
check 'as JSON, too' eval '"$vexxy" status "$job" --json | python3 -c "import json, sys; assert json.load(sys.stdin)[\"status\"] == \"queued\""'
config() { python3 -c 'import json, sqlite3, sys
c = json.loads(sqlite3.connect(sys.argv[1]).execute("SELECT config FROM jobs").fetchone()[0])
i = json.loads(sqlite3.connect(sys.argv[1]).execute("SELECT inputs FROM jobs").fetchone()[0])
assert c["ports"] == [80, 8080] and c["environment"] == {"A": "1", "B": "x y"} and c["command"] == ["/bin/serve", "--fast", "two words"], c
assert c["health_check_path"] == "/up" and c["test_script"] == "echo \"hello\"\n" and c["enable_code_coverage"] is True, c
assert [len(i[k]) for k in ("sboms", "vulnerabilities", "advisories")] == [1, 1, 1], i' "$data/vexxy.db"; }
check 'the server has every word of it' config
check 'there are no results yet' fails_with 1 'the analysis is queued.* \(status 409\)' "$vexxy" results "$job"
check 'it is cancelled' test "$("$vexxy" cancel "$job")" = 'Analysis cancelled'
check 'once' fails_with 1 '\(status 409\)' "$vexxy" cancel "$job"
"$vexxy" watch "$job" >"$scratch/watched"
check 'who watches it learns that by the exit status' test $? = 3
check 'and in words' grep -qx cancelled "$scratch/watched"
check 'the server stops' stop_server
check 'the key stood in no log' test "$(grep -c "$VEXXY_API_KEY" "$scratch/server.log")" = 0

need_server() { can_trace && command -v docker-registry >/dev/null && command -v skopeo >/dev/null && command -v umoci >/dev/null; }
if ! need_server; then
	skip 'a real image is analysed from the shell' 'needs root, BPF, skopeo, umoci and docker-registry'
	finish
fi
check 'a registry' start_registry
digest=$(push_image shell 'while :; do true; /bin/busybox sleep 0.3; done')
port=$(free_port)
again() { start_server --lease 10 --listen "127.0.0.1:$port"; }
check 'the server starts and works' again
VEXXY_SERVER=$api
printf '{"id":"CVE-2099-0001","modified":"2025-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"Debian:12","name":"busybox-static"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}]}]}' >"$scratch/osv.json"
image=127.0.0.1:$registry/team/shell:1@$digest
"$vexxy" submit "$image" --vulns "$scratch/osv.json" --duration 3 --wait >"$scratch/waited"
check 'a real image is submitted and waited for' test $? = 0
check 'its phases are lines' grep -q '^ *[0-9]*% Runtime analysis$' "$scratch/waited"
check 'without any character for a terminal' eval '! grep -q "$(printf "\033")" "$scratch/waited"'
check 'its end is the last' test "$(tail -n 1 "$scratch/waited")" = complete
job=$(head -n 1 "$scratch/waited")
"$vexxy" results "$job" >"$scratch/results"
check 'the table has the finding' grep -q '^CVE-2099-0001 .*busybox-static 1:1.35.0-4 .* affected ' "$scratch/results"
check 'and counts' grep -q '^1 findings: 1 affected, 0 under_investigation, 0 not_affected, 0 fixed$' "$scratch/results"
check 'one file of it is printed' eval '"$vexxy" results "$job" --file vex >"$scratch/vex.json" && "$vexxy" lint "$scratch/vex.json"'
check 'all of them are saved' eval '"$vexxy" results "$job" --out "$scratch/saved" >/dev/null'
call GET /api/v1/signing-key -H "Authorization: Bearer $VEXXY_API_KEY"
check 'and hold' "$vexxy" verify "$scratch/saved" --key "$scratch/body" --image-digest "$digest"
check 'nothing is left half' test -z "$(ls "$scratch/saved" | grep part)"
check 'a directory that cannot be made is said' fails_with 1 "cannot make '/proc/no'" "$vexxy" results "$job" --out /proc/no
check 'the events are JSON when asked for' eval '"$vexxy" watch "$job" --json | tail -n 1 | python3 -c "import json, sys; assert json.load(sys.stdin)[\"status\"] == \"complete\""'

# A terminal gets a bar.
terminal() { TERM=xterm script -qec "'$vexxy' submit '$image' --vulns '$scratch/osv.json' --duration 4 --reanalyze --wait" /dev/null >"$scratch/terminal" </dev/null; }
check 'on a terminal it is waited for, too' terminal
check 'with a bar' grep -q '\[#*\.*\]  *[0-9]*% ' "$scratch/terminal"
check 'that is gone in the end' eval 'tail -n 1 "$scratch/terminal" | grep -q "complete"'

# A server that dies in the middle.
job=$("$vexxy" submit "$image" --vulns "$scratch/osv.json" --duration 8 --reanalyze)
"$vexxy" watch "$job" >"$scratch/watched" &
watcher=$!
check 'one runs' eval 'for try in $(seq 100); do "$vexxy" status "$job" | grep -q "Runtime analysis" && break; sleep 0.1; done'
kill -9 "$server_pid"
wait "$server_pid" 2>/dev/null
sleep 2
check 'the server is killed, and comes again' again
check 'who watches has not noticed' wait "$watcher"
check 'but that it was tried again' grep -q 'Trying again' "$scratch/watched"
check 'it is complete' eval 'tail -n 1 "$scratch/watched" | tee /dev/stderr | grep -qx complete'
job=$("$vexxy" submit "127.0.0.1:$registry/team/missing:1@$none" --duration 3)
"$vexxy" watch "$job" >"$scratch/watched"
check 'one that fails ends with status 3' test $? = 3
check 'and the reason' grep -q '^failed: ' "$scratch/watched"
finish
