#!/bin/sh
# The interface before judges that are not ours: a linter of OpenAPI documents, and a fuzzer that is driven by the description. Nothing
# may answer with 5xx, with a status or a body that is not described, or take what the description forbids.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh

venv=$scratch/venv
fuzzer() { python3 -m venv "$venv" && "$venv/bin/pip" install -q -r tests/openapi/requirements.txt; }
linter() { (cd "$scratch" && npm install --silent --no-fund --no-audit --ignore-scripts --prefix "$scratch/lint" @redocly/cli@2.77.0); }
fuzz() { # more of schemathesis…
	(cd "$scratch" && VEXXY_API_KEY=$key NO_COLOR=1 "$venv/bin/st" --config-file "$config" run "$api/openapi.json" "$@" \
		>"$scratch/fuzz.out" 2>&1) || { cut -c1-300 "$scratch/fuzz.out" | sed -n '/^=.* \(FAILURES\|ERRORS\) =/,/^=.* WARNINGS =/p' | head -n 39; return 1; }
}
config=$PWD/tests/openapi/schemathesis.toml
has_keys() { grep -q '^vex_' "$scratch/key"; }

"$server" key create --data "$data" --name fuzzer --scopes read,submit,cancel,admin,agent >"$scratch/key"
check 'a key with every scope' has_keys
key=$(cat "$scratch/key")
check 'the server starts, and works on nothing' start_server --no-workers
check 'it describes itself' gives 200 GET /openapi.json
cp "$scratch/body" "$scratch/openapi.json"
if command -v npm >/dev/null && linter >"$scratch/npm.out" 2>&1; then
	lint() { REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true "$scratch/lint/node_modules/.bin/redocly" lint --config tests/openapi/redocly.yaml "$1"; }
	check 'redocly finds nothing in the description' lint "$scratch/openapi.json"
	sed 's/"operationId":"[^"]*",//' "$scratch/openapi.json" >"$scratch/worse.json"
	check 'it would' eval '! lint "$scratch/worse.json"'
else
	skip 'redocly finds nothing in the description' "npm has no @redocly/cli for this machine"
fi
if ! fuzzer >"$scratch/pip.out" 2>&1; then
	skip 'schemathesis finds nothing' "pip has no schemathesis for this machine: $(tail -n 1 "$scratch/pip.out")"
	finish
fi
check 'schemathesis finds nothing' fuzz
tail -n 12 "$scratch/fuzz.out" | sed 's/^/# /'
check 'the server is still there' gives 200 GET /health
check 'and logged no failure of its own' test -z "$(grep '"event":"request_failed"' "$scratch/server.log" | head -n 3)"
check 'it stops when told' stop_server

# What only an analysis that is complete has.
if ! can_trace || ! command -v docker-registry >/dev/null || ! command -v skopeo >/dev/null || ! command -v umoci >/dev/null; then
	skip 'nor in the results of an analysis' 'needs root, BPF, skopeo, umoci and docker-registry'
	finish
fi
check 'a registry' start_registry
digest=$(push_image described 'while :; do true; /bin/busybox sleep 0.3; done')
check 'the server works' start_server
printf '{"id":"CVE-2099-0001","modified":"2025-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"Debian:12","name":"busybox-static"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}]}]}' >"$scratch/osv.json"
auth="Authorization: Bearer $key"
check 'vulnerabilities are kept' gives 201 POST "/api/v1/vulnerabilities?image_digest=$digest" -H "$auth" --data-binary "@$scratch/osv.json"
check 'an image is submitted' submit "$(printf '{"image_ref":"127.0.0.1:%s/team/described:1","image_digest":"%s","profile":"custom","config":{"analysis_duration":3}}' "$registry" "$digest")" -H "$auth"
events() { curl -sN -m 120 -H "$auth" "$api/api/v1/analysis/$job/events" | grep -q '^event: done'; }
check 'and analysed' events
check 'it is complete' gives 200 GET "/api/v1/analysis/$job/results" -H "$auth"
{ cat "$config" && printf '\n[parameters]\njob_id = "%s"\n' "$job"; } >"$scratch/complete.toml"
config=$scratch/complete.toml
check 'schemathesis finds nothing in its results either' fuzz --include-path-regex '^/api/v1/analysis/.job_id./' --mode positive --phases examples,coverage,fuzzing
all_there() { python3 -c 'import re, sys; sys.exit(not re.search(r"Tested: (1[2-9]|[2-9]\d)\b", open(sys.argv[1]).read()))' "$scratch/fuzz.out"; }
sed -n '/API Operations/,$p' "$scratch/fuzz.out" | sed 's/^/# /'
check 'of which it saw all' all_there
finish
