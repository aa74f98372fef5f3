#!/bin/sh
# vexxy-server: an image comes in over REST, is run and watched, and its verdicts come out; cancel and kill -9 leave nothing behind.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh

check 'a policy that is none is refused' fails_with 2 "policy 'loose' is none of" "$server" serve --policy loose
check 'it starts with nothing configured' start_server
check 'it is healthy' gives 200 GET /health
check 'and says so' says status healthy
check 'with its workers, as monitors ask for them' says checks.celery.workers 2
check 'it is ready' gives 200 GET /readyz
check 'it describes itself' gives 200 GET /openapi.json
check 'there is no analysis' gives 200 GET /api/v1/analysis
check 'none at all' says total 0
check 'a wrong body is refused' gives 422 POST /api/v1/analysis/submit -H "$json" -d '{"image_digest":"sha256:00","profile":"fast","config":{"ports":[80,0]}}'
check 'in the form of all errors' says error VALIDATION_ERROR
check 'with each field that is wrong' says details.count 4
check 'by its place' says details.errors.3.loc '["body", "config", "ports", 1]'
check 'what is no JSON is refused' gives 422 POST /api/v1/analysis/submit -H "$json" -d '{"image_ref":'
check 'where it ends to be JSON' says details.errors.0.loc '["body", 13]'
none=sha256:$(printf %064d 0)
refused() { # members of a submission, loc of the one fault
	gives 422 POST /api/v1/analysis/submit -H "$json" -d "{\"image_ref\":\"web:1\",\"image_digest\":\"$none\",$1}" && says details.errors.0.type value_error && says details.errors.0.loc "$2"
}
check 'a metadata address is no callback' refused '"callback_url":"http://169.254.169.254/latest"' '["body", "callback_url"]'
check 'nor is this machine' refused '"callback_url":"http://localhost:1/"' '["body", "callback_url"]'
check 'an SBOM that is not there is named' refused '"sbom_id":"01900000-0000-7000-8000-000000000000"' '["body", "sbom_id"]'
check 'as is a report' refused '"vulnerability_ids":["01900000-0000-7000-8000-000000000000"]' '["body", "vulnerability_ids", 0]'
check 'and a health check that takes longer than the analysis' refused '"config":{"analysis_duration":90,"health_check_timeout":91}' '["body", "config", "health_check_timeout"]'
check 'a key twice is refused' gives 422 POST /api/v1/analysis/submit -H "$json" -d '{"a":1,"a":2}'
check 'an id that is none is refused' gives 422 GET /api/v1/analysis/1/status
check 'an unknown id is not found' gives 404 GET /api/v1/analysis/01900000-0000-7000-8000-000000000000/status
check 'nor its results' gives 404 GET /api/v1/analysis/01900000-0000-7000-8000-000000000000/results
check 'a method that is not known there is refused' gives 405 PUT /health
check 'in the form of all errors' says error HTTP_ERROR
check 'naming those that are' grep -qi '^allow: GET, HEAD' "$scratch/head"
check 'a body over the limit is refused' gives 413 POST /api/v1/analysis/submit -H "$json" -H Expect: --data-binary "@$server"
head -c 20000000 /dev/zero >"$scratch/large"
check 'also where the client writes all of it before it reads' python3 -c 'import http.client, sys
c = http.client.HTTPConnection(sys.argv[1], timeout=60)
c.request("POST", "/api/v1/analysis/submit", open(sys.argv[2], "rb").read(), {"Content-Type": "application/json"})
sys.exit(c.getresponse().status != 413)' "${api#http://}" "$scratch/large"
check 'a request id is kept' gives 200 GET /livez -H 'X-Request-ID: mine-1'
check 'and comes back' grep -qi '^x-request-id: mine-1' "$scratch/head"
check 'with the time that it took' grep -qiE '^x-response-time: [0-9]+\.[0-9]{2}ms' "$scratch/head"
check 'an unknown path is not found' gives 404 GET /nowhere -H 'X-Request-ID: urn:mine/2=3'
check 'in the form of all errors' says error HTTP_ERROR
check 'with the id of the request' says request_id urn:mine/2=3
check 'who asks for problems of RFC 9457 gets them' gives 404 GET /nowhere -H 'Accept: application/problem+json'
check 'as such' grep -qi '^content-type: application/problem+json' "$scratch/head"
check 'with their members' says title 'Not Found'
check 'beside ours' says error HTTP_ERROR
check 'what is malformed has its id, too' gives 400 GET /%00 -H 'X-Request-ID: mine-3'
check 'in the body' says request_id mine-3
check 'and in the head' grep -qi '^x-request-id: mine-3' "$scratch/head"
check 'a method that is none is malformed' gives 400 'G(T' /livez
check 'an id is the same in upper case, and however its path is written' gives 404 GET /api/v1/%61nalysis/0190ABCD-0000-7000%2d8000-00000000000F/status
check 'an SBOM that is none is refused' gives 422 POST /api/v1/sboms -d 'hello'
check 'nor is one that was cut off' gives 422 POST /api/v1/sboms -d '{"bomFormat":"CycloneDX","components":['
{ printf '{"bomFormat":"CycloneDX","components":['; head -c 140000000 /dev/zero | tr '\0' ' '; printf ']}'; } | gzip -1 >"$scratch/bomb.gz"
check 'nor one that is larger than it looks' gives 413 POST /api/v1/sboms --data-binary "@$scratch/bomb.gz"
check 'an SBOM is kept' gives 201 POST /api/v1/sboms -d '{"bomFormat":"CycloneDX","specVersion":"1.5","components":[]}'
sbom=$(field id)
check 'and comes back as it was' gives 200 GET "/api/v1/sboms/$sbom"
check 'to the byte' grep -qx '{"bomFormat":"CycloneDX","specVersion":"1.5","components":\[\]}' "$scratch/body"
check 'it stops when told' stop_server

need_server() { can_trace && command -v docker-registry >/dev/null && command -v skopeo >/dev/null && command -v umoci >/dev/null; }
if ! need_server; then
	skip 'an image is analysed' 'needs root, BPF, skopeo, umoci and docker-registry'
	finish
fi
check 'a registry' start_registry
digest=$(push_image web 'while :; do true; /bin/busybox sleep 0.3; done')
check 'an image in it' test "${digest#sha256:}" != "$digest"
check 'it starts again' start_server --lease 5
osv() { printf '{"id":"%s","modified":"2025-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"Debian:12","name":"%s"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}]}]}' "$1" "$2"; }
osv CVE-2099-0001 busybox-static >"$scratch/osv.jsonl"
echo >>"$scratch/osv.jsonl"
osv CVE-2099-0002 zlib1g >>"$scratch/osv.jsonl"
check 'vulnerabilities of the image are kept' gives 201 POST "/api/v1/vulnerabilities?image_digest=$digest" --data-binary "@$scratch/osv.jsonl"
request() { printf '{"image_ref":"127.0.0.1:%s/team/web:1","image_digest":"%s","profile":"custom","config":{"analysis_duration":%s,"enable_fuzzing":false}%s}' "$registry" "$digest" "$1" "${2:-}"; }
check 'it is submitted' submit "$(request 4)" -H 'Idempotency-Key: one'
first=$job
check 'where it is is told' grep -qi "^location: /api/v1/analysis/$job.\$" "$scratch/head"
check 'and where to ask how far' grep -qi "^link: </api/v1/analysis/$job/status>; rel=\"status\"" "$scratch/head"
check 'and when' grep -qi '^retry-after: [1-9]' "$scratch/head"
check 'it is there' gives 200 GET "/api/v1/analysis/$job"
check 'as itself' says job_id "$job"
check 'results are not there yet' gives 409 GET "/api/v1/analysis/$job/results"
check 'in the form of all errors' says details.required_state complete
curl -sN -m 60 "$api/api/v1/analysis/$job/events" >"$scratch/events"
check 'its events end' grep -q '^event: done' "$scratch/events"
check 'and tell what was seen meanwhile' grep -q '"current_phase":"Runtime analysis","observed":{"seconds"' "$scratch/events"
check 'they resume where they were left' test "$(curl -sN -m 5 -H 'Last-Event-ID: 3' "$api/api/v1/analysis/$job/events" | sed -n 's/^id: //p' | head -n 1)" = 4
check 'it is complete' await "$job" complete
check 'at the end' says progress_percent 100
etag=$(sed -n 's/^ETag: \(.*\)\r$/\1/p' "$scratch/head")
check 'a status that is known is not sent again' gives 304 GET "/api/v1/analysis/$job/status" -H "If-None-Match: $etag"
check 'the results are there' gives 200 GET "/api/v1/analysis/$job/results"
check 'what ran is affected' says reachability_results.0.status affected
check 'what is not there is not' says reachability_results.1.justification component_not_present
check 'the execution is described' says execution_profile.programs '["/bin/busybox"]'
vex=$(field generated_vex_id)
check 'the VEX document is there' gives 200 GET "/api/v1/vex/$vex"
check 'of this image' grep -q "pkg:oci/web@sha256%3A${digest#sha256:}\|pkg:oci/web@$digest" "$scratch/body"
check 'under its analysis too' gives 200 GET "/api/v1/analysis/$job/vex"
check 'with its digest' grep -qi "^repr-digest: sha-256=:$(openssl dgst -sha256 -binary "$scratch/body" | base64):" "$scratch/head"
check 'as are what was used' gives 200 GET "/api/v1/analysis/$job/sbom"
check 'the report' gives 200 GET "/api/v1/analysis/$job/report"
check 'the trace' gives 200 GET "/api/v1/analysis/$job/trace"
check 'which is whole' has "$scratch/body" '"kind":"end"'
check 'the signed evidence' gives 200 GET "/api/v1/analysis/$job/evidence"
fetch_signed() { # directory
	mkdir "$1" && for file in evidence:evidence.intoto.jsonl bundle:vex.sigstore.json vex:vex.openvex.json report:report.json inputs:inputs.json \
		trace:run.trace.gz sbom:sbom.filtered.cdx.json inventory:inventory.cdx.json; do
		gives 200 GET "/api/v1/analysis/$job/${file%%:*}" && cp "$scratch/body" "$1/${file#*:}" || return 1
	done
}
check 'and all that it rests on' fetch_signed "$scratch/signed"
check 'the public key' gives 200 GET /api/v1/signing-key
check 'by which the result holds' "$vexxy" verify "$scratch/signed" --key "$scratch/body" --image-digest "$digest"
check 'the same key gets the same reply' submit "$(request 4)" -H 'Idempotency-Key: one'
check 'and the same analysis' test "$job" = "$first"
check 'marked as such' grep -qi '^idempotency-replayed: true' "$scratch/head"
check 'the same key with another body is refused' gives 422 POST /api/v1/analysis/submit -H "$json" -H 'Idempotency-Key: one' -d "$(request 5)"
check 'the same image and configuration is not analysed twice' submit "$(request 4)"
check 'which is said' says reused true
check 'whatever its tag is' submit "$(request 4 | sed 's/web:1"/web"/')"
check 'it is the same' says reused true
check 'of another name it is another' submit "$(request 4 | sed 's/web:1"/elsewhere:1"/')"
check 'which is not there' await "$job" failed
check 'what was there stays' submit "$(request 4)"
check 'as it was' says status complete
# As deploy/OPERATIONS.md has it.
rotate() { (cd "$data" && "$vexxy" keygen new.pem --author 'Somebody Else' && mv signing.pub.pem old.pub.pem && mv new.pub.pem signing.pub.pem && mv new.pem signing.pem); }
check 'another key takes the place of the first' rotate
check 'unless asked for' submit "$(request 4 ',"reanalyze":true')"
check 'then it is another' test "$job" != "$first"
check 'it is analysed' await "$job" complete
check 'all that this one rests on' fetch_signed "$scratch/signed-later"
check 'holds by the new key' "$vexxy" verify "$scratch/signed-later" --key "$data/signing.pub.pem" --image-digest "$digest"
by_another() { "$vexxy" verify "$scratch/signed-later" --key "$1" >"$scratch/out" 2>&1; [ $? = 3 ] && grep -q 'not by the one given' "$scratch/out"; }
check 'and not by the old one' by_another "$data/old.pub.pem"
check 'by which the first holds all the same' "$vexxy" verify "$scratch/signed" --key "$data/old.pub.pem" --image-digest "$digest"

serving=$(push_image serving 'mkdir -p /srv/www; echo hello >/srv/www/index.html; exec /bin/httpd -f -p 8080 -h /srv/www')
exercise() { # script of the test: the workload listens on 8080
	python3 -c 'import json, sys
print(json.dumps({"image_ref": sys.argv[1], "image_digest": sys.argv[2], "profile": "custom", "config": {"analysis_duration": 4,
    "ports": [8080], "health_check_path": "/index.html", "health_check_timeout": 10, "test_script": sys.argv[3]}}))' \
		"127.0.0.1:$registry/team/serving:1" "$serving" "$1"
}
check 'a service with a test script is submitted' submit "$(exercise 'curl -sf http://127.0.0.1:8080/index.html; id -u; ls / | grep -c root; cat /etc/shadow; cat /proc/1/environ; kill -0 2 || echo alone; curl -s -m 2 '"$api"'/health || echo no host; touch mine && echo wrote')"
check 'it is analysed' await "$job" complete
check 'its results are there' gives 200 GET "/api/v1/analysis/$job/results"
check 'its port answered' says exercise.ports '[{"port": 8080, "state": "answers"}]'
check 'the script ended well' says exercise.script.end ok
check 'what the workload read for it was seen' says execution_profile.files_accessed.1 /srv/www/index.html
check 'the script itself was not' says execution_profile.programs '["/bin/busybox"]'
check 'what it said is there' gives 200 GET "/api/v1/analysis/$job/test-log"
check 'it reached the workload' grep -qx hello "$scratch/body"
check 'as a user without privileges' grep -qE '^6500[03]$' "$scratch/body"
check 'read nothing of the host' test "$(grep -c 'root:' "$scratch/body")" = 0
check 'saw no other process' grep -qx alone "$scratch/body"
check 'did not reach the host' grep -qx 'no host' "$scratch/body"
check 'and wrote where it may' grep -qx wrote "$scratch/body"
check 'one whose script fails is submitted' submit "$(exercise 'exit 3')"
check 'it is analysed, too' await "$job" complete
check 'its results are there' gives 200 GET "/api/v1/analysis/$job/results"
check 'they say that the script failed' says exercise.script '{"end": "failed", "status": 3, "own_cgroup": true}'
check 'that no absence follows from the run' gives 200 GET "/api/v1/analysis/$job/report"
check 'is in its report' grep -q 'the workload was not exercised as it was to be: test_script: it failed' "$scratch/body"
check 'a port that nobody listens on is submitted' submit "$(exercise true | sed 's/8080/8081/')"
check 'and fails' await "$job" failed
check 'for that reason' grep -q 'was not ready' "$scratch/body"

check 'a long one is submitted' submit "$(request 600)"
check 'and runs' await "$job" running
agent_pid=$(agent_of "$job")
check 'in a sandbox' test -n "$agent_pid"
check 'it is cancelled' gives 200 DELETE "/api/v1/analysis/$job"
check 'and is so' await "$job" cancelled
check 'its sandbox is gone' nothing_left "$agent_pid"
check 'as are its processes' test -z "$(grep -lsz "^VEXXY_JOB=$job" /proc/[0-9]*/environ)"
check 'a second time is refused' gives 409 DELETE "/api/v1/analysis/$job"

check 'one more is submitted' submit "$(request 20)"
check 'its agent runs' eval 'agent_pid=$(agent_of "$job")'
observes() { for try in $(seq 300); do call GET "/api/v1/analysis/$job/status"; [ "$(field current_phase)" != 'Runtime analysis' ] || return 0; sleep 0.2; done; return 1; }
check 'and observes' observes
kill "$agent_pid"
retried() { curl -sN -m 60 "$api/api/v1/analysis/$job/events" | grep -m 1 '^event: retry\|^event: done' | grep -q retry; }
check 'what somebody ends before its time is recorded again' retried
check 'in full' await "$job" complete

# What it counted meanwhile.
metrics=$(sed -n 's/.*"metrics_port":\([0-9]*\).*/\1/p' "$scratch/server.log")
count_all() { curl -sf "http://127.0.0.1:$metrics/metrics" >"$scratch/metrics"; }
counted() { # name, awk condition of the value
	value=$(awk -v name="$1" 'index($0, name " ") == 1 { print $NF }' "$scratch/metrics")
	awk -v x="$value" "BEGIN { exit !(x != \"\" && ($2)) }" || { echo "$1 is '$value'"; return 1; }
}
check 'its counts are there' count_all
check 'in the form of Prometheus, by the rules of its linter' tests/tools/metrics_lint.py "$scratch/metrics"
for fault in '/^# TYPE vexxy_jobs /d' 's/_seconds/_ms/g' 's/^vexxy_workers .*/&\n&/' 's/\(vexxy_job_seconds_bucket{le="30"}\) .*/\1 -1/' '/le="+Inf"/d' 's/_total/_count/g' 's/^vexxy_workers .*/vexxy_workers 1,5/'; do
	sed "$fault" "$scratch/metrics" >"$scratch/faulty"
	check "which sees a fault: $fault" fails_with 3 '^[a-z].*: ' tests/tools/metrics_lint.py "$scratch/faulty"
done
check 'analyses that are complete' counted 'vexxy_jobs_ended_total{status="complete"}' 'x >= 5'
check 'the one that was cancelled' counted 'vexxy_jobs_ended_total{status="cancelled"}' 'x == 1'
check 'all that were submitted' counted vexxy_jobs_submitted_total 'x >= 8'
check 'their waiting' counted vexxy_job_queue_wait_seconds_count 'x >= 8'
check 'their phases' counted 'vexxy_job_phase_seconds_count{phase="Runtime analysis"}' 'x >= 5'
check 'for as long as they took' counted 'vexxy_job_phase_seconds_sum{phase="Runtime analysis"}' 'x >= 20 && x < 900'
check 'none that is not named' counted 'vexxy_job_phase_seconds_count{phase="other"}' 'x == 0'
check 'the attempt after which there was another' counted vexxy_job_retries_total 'x >= 1'
check 'requests by route' counted 'vexxy_http_request_seconds_count{route="/api/v1/analysis/submit",method="POST"}' 'x >= 10'
check 'nobody who works now' wait_for 10 eval 'count_all && counted vexxy_workers_busy "x == 0"'
check 'an empty queue' counted vexxy_queue_oldest_age_seconds 'x == 0'
check 'and the process' counted process_resident_memory_bytes 'x > 1e6'

check 'one more is submitted' submit "$(request 3 ',"reanalyze":true')"
check 'and runs' await "$job" running
check 'which is counted' wait_for 10 eval 'count_all && counted vexxy_workers_busy "x == 1"'
agent_pid=$(agent_of "$job")
kill -9 "$server_pid"
wait "$server_pid" 2>/dev/null
check 'after kill -9 it starts again' start_server --lease 5
check 'the job is done all the same' await "$job" complete
check 'in another attempt' says attempt 2
check 'the reason is remembered' says attempts.0.attempt 1
check 'no sandbox is left' nothing_left "$agent_pid"
check 'a long one is submitted' submit "$(request 500)"
check 'and runs' await "$job" running
agent_pid=$(agent_of "$job")
curl -sN -m 60 "$api/api/v1/analysis/$job/events" >"$scratch/events" &
stream=$!
hears() { for try in $(seq 50); do grep -q '^event:' "$scratch/events" && return 0; sleep 0.1; done; return 1; }
check 'its events are heard' hears
check 'the server is stopped in the middle of it' stop_server
check 'the stream has ended' wait "$stream"
check 'so has the sandbox' nothing_left "$agent_pid"
cp "$server" "$scratch/replaced"
built=$server server=$scratch/replaced
check 'it starts again' start_server --lease 5 --analyzer "$vexxy" --agent "$agent"
rm "$server"
server=$built
check 'the job goes on, also where the program was replaced' agent_of "$job"
check 'it runs' await "$job" running
check 'for a reason that is remembered' says attempts.0.reason 'the server that worked on it went down'
check 'it is cancelled' gives 200 DELETE "/api/v1/analysis/$job"
check 'an image that is not there is submitted' submit "$(request 3 | sed "s/$digest/sha256:$(printf %064d 0)/")"
check 'and fails' await "$job" failed
check 'for a reason that can be read' grep -q 'manifest unknown' "$scratch/body"
check 'the database is sound' test "$(python3 -c 'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute("PRAGMA integrity_check").fetchone()[0])' "$data/vexxy.db")" = ok
check 'it stops when told' stop_server
finish
