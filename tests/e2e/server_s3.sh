#!/bin/sh
# Contents in an object store: the same promises as on a disk, before a store that is not ours (s3rver) and AWS's own opinion of our
# signatures (botocore, tests/s3/gate.py); over failures that pass, and honest about those that do not.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh

store_pid= gate_pid=
stop_store() {
	[ -z "$store_pid" ] || kill "$store_pid" 2>/dev/null
	[ -z "$gate_pid" ] || kill "$gate_pid" 2>/dev/null
	stop_children
}
trap stop_store EXIT
tools() {
	python3 -m venv "$scratch/venv" && "$scratch/venv/bin/pip" install -q -r tests/s3/requirements.txt &&
		npm install --silent --no-fund --no-audit --ignore-scripts --prefix "$scratch/npm" s3rver@3.7.1
}
if ! command -v npm >/dev/null || ! tools >"$scratch/tools.out" 2>&1; then
	skip 'contents are kept in an object store' "npm has no s3rver or pip no botocore for this machine: $(tail -n 1 "$scratch/tools.out")"
	finish
fi
port=$(free_port)
secret='S3cret/of+the=store'
start_store() {
	"$scratch/npm/node_modules/.bin/s3rver" -d "$scratch/objects" -a 127.0.0.1 -p "$port" --configure-bucket vexxy >"$scratch/store.log" 2>&1 &
	store_pid=$!
	"$scratch/venv/bin/python" tests/s3/gate.py KEYID "$secret" "$port" >"$scratch/gate.port" 2>"$scratch/gate.err" &
	gate_pid=$!
	for try in $(seq 100); do
		[ -s "$scratch/gate.port" ] && curl -s -o /dev/null "http://127.0.0.1:$port/" && break
		sleep 0.1
	done
	endpoint=http://127.0.0.1:$(cat "$scratch/gate.port")
}
mkdir "$scratch/objects"
check 'an object store' start_store
endpoint=http://127.0.0.1:$(cat "$scratch/gate.port")
fails_next() { curl -sf -o /dev/null "$endpoint/fail?$1"; }
there() { VEXXY_TEST_S3="$endpoint vexxy KEYID:$secret" CMOCKA_MESSAGE_OUTPUT=STDOUT "${OUT:-build}/tests/test_server_blobs"; }
check 'what holds on a disk holds there' there
check 'ten tests of it' eval 'there 2>&1 | grep -q "10 test(s) run"'

S3_ACCESS_KEY=KEYID S3_SECRET_KEY=$secret
export S3_ACCESS_KEY S3_SECRET_KEY
with_store() { start_server --storage-backend s3 --s3-endpoint "$endpoint" --s3-bucket vexxy --s3-prefix tests/one "$@"; }
refused() { fails_with "$1" "$2" env S3_SECRET_KEY="${3-$secret}" "$server" serve --data "$scratch/no" --listen 127.0.0.1:0 --no-metrics --storage-backend s3 \
	--s3-endpoint "${4-$endpoint}" --s3-bucket "${5-vexxy}"; }
check 'a wrong secret is told at the start' refused 1 "/vexxy: the object store answers HEAD '' with status 403" wrong
check 'as is a bucket that is not there' refused 1 "/other: the object store answers HEAD '' with status 404" "$secret" "$endpoint" other
check 'and a store that is not there' refused 1 '/vexxy: .*onnect' "$secret" http://127.0.0.1:1
check 'without a secret it does not start' refused 1 'S3 needs credentials' ''
check 'nor with a backend that is none' fails_with 1 "storage backend 'tape' is neither local nor s3" "$server" serve --data "$scratch/no" --no-metrics --storage-backend tape
check 'the server starts with the store' with_store
sbom='{"bomFormat":"CycloneDX","specVersion":"1.6","components":[]}'
check 'an SBOM is kept' gives 201 POST /api/v1/sboms -d "$sbom"
id=$(field id) digest=$(field digest)
check 'in the store' test -n "$(find "$scratch/objects" -path "*tests/one*$digest*" | head -n 1)"
check 'and nowhere else' test -z "$(find "$data/blobs" -type f)"
check 'it comes back' gives 200 GET "/api/v1/sboms/$id"
check 'to the byte' test "$(cat "$scratch/body")" = "$sbom"
etag=$(sed -n 's/^ETag: \(.*\)\r$/\1/p' "$scratch/head")
check 'what is known is not asked of the store' eval 'fails_next 1 && gives 304 GET "/api/v1/sboms/$id" -H "If-None-Match: $etag"'
fails_next 3
check 'what fails for a moment is tried again' gives 200 GET "/api/v1/sboms/$id"
check 'which is logged' grep -q '"event":"s3_again"' "$scratch/server.log"
check 'also when it is put' eval 'fails_next 2 && gives 201 POST /api/v1/sboms -d "{\"bomFormat\":\"CycloneDX\",\"x\":2}"'
fails_next 1000
check 'what fails for good is a 503' gives 503 GET "/api/v1/sboms/$id"
check 'nothing is acknowledged that is not kept' gives 503 POST /api/v1/sboms -d '{"bomFormat":"CycloneDX","x":3}'
check 'and the health says so' gives 503 GET /health
check 'in words' says checks.storage.message 'the object store does not answer'
fails_next 0
check 'until it is well again' gives 200 GET /health
object=$(find "$scratch/objects" -type f -path "*tests/one*$digest*_object" | head -n 1)
check 'somebody changes an object' eval 'test -s "$object" && printf x | dd of="$object" conv=notrunc bs=1 count=1 2>/dev/null'
check 'it is not served as what it was' gives 500 GET "/api/v1/sboms/$id"
check 'the log says why' grep -q 'the object store has another content under' "$scratch/server.log"
check 'the secret stood in no log' test "$(cat "$scratch/server.log" | grep -cF "$secret")" = 0
check 'it stops when told' stop_server

need_server() { can_trace && command -v docker-registry >/dev/null && command -v skopeo >/dev/null && command -v umoci >/dev/null; }
if ! need_server; then
	skip 'an analysis keeps its results there' 'needs root, BPF, skopeo, umoci and docker-registry'
	finish
fi
check 'a registry' start_registry
image=$(push_image far 'while :; do true; /bin/busybox sleep 0.3; done')
printf 'KEYID:%s\n' "$secret" >"$scratch/credentials"
unset S3_ACCESS_KEY S3_SECRET_KEY
check 'the server starts with credentials from a file' with_store --s3-credentials "$scratch/credentials"
printf '{"id":"CVE-2099-0001","modified":"2025-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"Debian:12","name":"busybox-static"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}]}]}' >"$scratch/osv.json"
check 'vulnerabilities are kept' gives 201 POST "/api/v1/vulnerabilities?image_digest=$image" --data-binary "@$scratch/osv.json"
check 'an image is submitted' submit "$(printf '{"image_ref":"127.0.0.1:%s/team/far:1","image_digest":"%s","profile":"custom","config":{"analysis_duration":3}}' "$registry" "$image")"
check 'and analysed' await "$job" complete
check 'its results come back' gives 200 GET "/api/v1/analysis/$job/results"
check 'with the verdict' says reachability_results.0.status affected
check 'and the trace' gives 200 GET "/api/v1/analysis/$job/trace"
check 'which is whole' has "$scratch/body" '"kind":"end"'
check 'all of it is there' test "$(find "$scratch/objects" -type f -path '*tests/one*_object' | wc -l)" -ge 8
check 'and nothing here' test -z "$(find "$data/blobs" -type f)"
finish
