#!/bin/sh
# vexxy-server, who may ask and how: TLS, tokens, limits of requests, pages of other sites, slow clients.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/server_lib.sh

# TLS.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -addext 'subjectAltName=IP:127.0.0.1,DNS:localhost' \
	-keyout "$scratch/tls.key" -out "$scratch/tls.pem" 2>/dev/null
openssl ecparam -genkey -name prime256v1 -noout -out "$scratch/other.key" 2>/dev/null
check 'with a certificate it starts' start_server --no-workers --tls-cert "$scratch/tls.pem" --tls-key "$scratch/tls.key"
check 'as https' test "${api#https://}" != "$api"
check 'and answers' curl -sf --cacert "$scratch/tls.pem" "$api/livez" -o "$scratch/body"
check 'who does not know the certificate is not served' fails_with 60 '' curl -sS "$api/livez"
check 'nor who does not speak TLS' test "$(curl -s -o /dev/null -w '%{http_code}' -m 5 "http://${api#https://}/livez")" = 000
offers() { echo | openssl s_client -connect "${api#https://}" -CAfile "$scratch/tls.pem" -verify_return_error "$@" 2>&1 | grep -q '^New, TLSv1'; }
refuses() { ! offers "$@"; }
check 'TLS 1.3 is spoken' offers -tls1_3
check 'and 1.2' offers -tls1_2
check 'none before' refuses -tls1_1 -cipher DEFAULT@SECLEVEL=0
check 'none at all before that' refuses -tls1 -cipher DEFAULT@SECLEVEL=0
check 'it stops when told' stop_server
check 'with the key of another certificate it does not start' fails_with 1 '^error: cannot serve HTTPS: are certificate and key sound' \
	"$server" --data "$scratch/tls" --listen 127.0.0.1:0 --no-metrics --no-workers --tls-cert "$scratch/tls.pem" --tls-key "$scratch/other.key"
check 'nor with a certificate alone' fails_with 2 '^error: --tls-cert and --tls-key go together' "$server" --tls-cert "$scratch/tls.pem"
check 'TLS is no key: without one no other address is served' fails_with 1 '^error: without an API key only a loopback address' \
	"$server" --data "$scratch/tls" --listen 0.0.0.0:0 --no-metrics --tls-cert "$scratch/tls.pem" --tls-key "$scratch/tls.key"
for class in firecracker kata-qemu; do
	check "a sandbox that its agent cannot see into is refused: $class" fails_with 1 "^error: runtime class '$class': the agent of a node cannot see into it" \
		"$server" --data "$scratch/blind" --listen 127.0.0.1:0 --no-metrics --executor kubernetes --gate-image x --runtime-class "$class"
done
check 'nor is the network of this machine given away' fails_with 1 '^error: --network host lets whoever' \
	"$server" --data "$scratch/tls" --listen 127.0.0.1:0 --no-metrics --no-workers --network host
check 'who the server is, is nobody else'"'"'s to read' test "$(stat -c %a "$data/server_id")" = 600

# Tokens, for a server that listens to others, too.
openssl genpkey -algorithm ed25519 -out "$scratch/jwt.key" 2>/dev/null
openssl pkey -in "$scratch/jwt.key" -pubout -out "$scratch/jwt.pem"
url64() { base64 -w0 | tr '+/' '-_' | tr -d =; }
token() { # header, claims
	printf '%s.%s' "$(printf %s "$1" | url64)" "$(printf %s "$2" | url64)" >"$scratch/signed"
	openssl pkeyutl -sign -inkey "$scratch/jwt.key" -rawin -in "$scratch/signed" -out "$scratch/signature"
	printf '%s.%s' "$(cat "$scratch/signed")" "$(url64 <"$scratch/signature")"
}
claims() { printf '{"exp":%s,"org_id":"%s","sub":"ann","iss":"login","aud":"vexxy"%s}' $(($(date +%s) + ${3:-600})) "$1" "${2:-}"; }
data=$scratch/tokens
check 'a private key is refused' fails_with 1 'private: give only the public half' "$server" --data "$data" --listen 127.0.0.1:0 --no-metrics --jwt-key "$scratch/jwt.key"
check 'with the public one it starts' start_server --no-workers --listen 0.0.0.0:0 --jwt-key "$scratch/jwt.pem" --jwt-issuer login --jwt-audience vexxy --cors-origin https://dash.example --rate 100
api=http://127.0.0.1:${api##*:}
bearer=$(token '{"alg":"EdDSA","typ":"JWT"}' "$(claims acme)")
check 'without a token nothing is shown' gives 401 GET /api/v1/analysis
check 'a token opens' gives 200 GET /api/v1/analysis -H "Authorization: Bearer $bearer"
body="{\"image_ref\":\"web\",\"image_digest\":\"sha256:$(printf %064d 1)\"}"
check 'it submits' submit "$body" -H "Authorization: Bearer $bearer"
check 'another organization does not see that' gives 404 GET "/api/v1/analysis/$job/status" -H "Authorization: Bearer $(token '{"alg":"EdDSA"}' "$(claims other)")"
check 'it makes no keys' gives 403 POST /api/v1/keys -H "$json" -d '{"name":"x"}' -H "Authorization: Bearer $bearer"
admin=$(token '{"alg":"EdDSA"}' "$(claims acme ',"is_admin":true')")
check 'one of an administrator does' gives 201 POST /api/v1/keys -H "$json" -d '{"name":"x","scopes":"metrics"}' -H "Authorization: Bearer $admin"
key=$(field key)
check 'but none beyond its organization' gives 403 POST /api/v1/keys -H "$json" -d '{"name":"x","organization":"other"}' -H "Authorization: Bearer $admin"
check 'one that has expired opens nothing' gives 401 GET /api/v1/analysis -H "Authorization: Bearer $(token '{"alg":"EdDSA"}' "$(claims acme '' -120)")"
check 'nor one without a signature' gives 401 GET /api/v1/analysis -H "Authorization: Bearer $(token '{"alg":"none"}' "$(claims acme)" | sed 's/[^.]*$//')"
check 'nor one that was changed' gives 401 GET /api/v1/analysis -H "Authorization: Bearer ${bearer%.*}.$(echo "${bearer##*.}" | rev)"
check 'who asked is in the audit log' gives 200 GET /api/v1/audit -H "Authorization: Bearer $admin"
check 'by name' says entries.1.actor jwt:ann
metrics=$(sed -n 's/.*"metrics_port":\([0-9]*\).*/\1/p' "$scratch/server.log")
measured() { curl -s -o "$scratch/body" -w '%{http_code}' "http://127.0.0.1:$metrics/metrics" "$@"; }
check 'counts are not for everybody there' test "$(measured)" = 401
check 'nor for a token that is for analyses' test "$(measured -H "Authorization: Bearer $bearer")" = 403
check 'but for a key that is for them' test "$(measured -H "X-API-Key: $key")" = 200
check 'which opens nothing else' gives 403 GET /api/v1/analysis -H "X-API-Key: $key"

# Pages of other sites.
check 'a page of a site that was named may ask' gives 200 GET /api/v1/analysis -H 'Origin: https://dash.example' -H "Authorization: Bearer $bearer"
check 'and may read the answer' grep -qi '^access-control-allow-origin: https://dash.example' "$scratch/head"
check 'its browser is told before' gives 204 OPTIONS /api/v1/analysis/submit -H 'Origin: https://dash.example' -H 'Access-Control-Request-Method: POST'
check 'what it may' grep -qi '^access-control-allow-methods: .*POST' "$scratch/head"
check 'never with what the browser holds' test "$(grep -ci 'access-control-allow-credentials' "$scratch/head")" = 0
check 'another site is told nothing' gives 405 OPTIONS /api/v1/analysis/submit -H 'Origin: https://dash.example.evil' -H 'Access-Control-Request-Method: POST'
check 'indeed' test "$(grep -ci '^access-control' "$scratch/head")" = 0

# Limits: the guesses above were many.
check 'how much is left is told' gives 200 GET /api/v1/analysis -H "Authorization: Bearer $bearer"
check 'in a form that is known' grep -qi '^ratelimit: "default";r=[0-9]*;t=[0-9]*' "$scratch/head"
# One after the other on one connection: a slow machine gives no time to recover.
many() { curl -sS -m 60 -o "$scratch/body" -D "$scratch/head" -w '%{http_code}\n' "$@" | tail -n 1; }
check 'too many requests are refused' test "$(many "$api/api/v1/analysis?skip=[0-249]" -H "Authorization: Bearer $bearer")" = 429
check 'by name' says error RATE_LIMITED
check 'with the time to wait' grep -qi '^retry-after: [1-9]' "$scratch/head"
check 'another key is not touched by that' gives 403 GET /api/v1/analysis -H "X-API-Key: $key"
check 'guessing ends soon' test "$(many "$api/api/v1/analysis?skip=[0-19]" -H 'X-API-Key: guess')" = 429
check 'health is for everybody, always' gives 200 GET /health
check 'it stops when told' stop_server

# Slow clients: each byte is in time, all of them are not.
data=$scratch/slow
check 'it starts with little patience' start_server --no-workers --request-timeout 2
slow() { # what is sent at once, what comes byte by byte: how long until the server ends it
	python3 - "${api#http://}" "$@" <<'END'
import socket, sys, time
host, port = sys.argv[1].split(":")
s = socket.create_connection((host, int(port)))
begun = time.time()
s.sendall(sys.argv[2].replace("|", "\r\n").encode())
s.settimeout(0.3)
while time.time() - begun < 15:
    try:
        s.sendall(sys.argv[3].encode())
        if not s.recv(4096):
            break
    except socket.timeout:
        continue
    except OSError:
        break
took = time.time() - begun
print(took)
sys.exit(not 1 < took < 10)
END
}
check 'a head that never ends is ended' slow 'GET /livez HTTP/1.1|Host: localhost|X-Slow: ' a
check 'a request line, too' slow 'GET /' a
check 'a body that never ends, too' slow 'POST /api/v1/analysis/submit HTTP/1.1|Host: localhost|Content-Type: application/json|Content-Length: 5000||' ' '
check 'who is quick is served' gives 200 GET /livez
python3 -c 'import json; print(json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.5", "components": [{"type": "library", "name": "x" * 30000}]}))' >"$scratch/sbom"
check 'a body that takes longer than that, but goes on, is taken' gives 201 POST /api/v1/sboms -H Expect: --limit-rate 8k --data-binary "@$scratch/sbom"
check 'it stops when told' stop_server

# A disk that is full while a body comes.
if [ "$(id -u)" = 0 ] && mkdir "$scratch/small" && mount -t tmpfs -o size=40m tmpfs "$scratch/small" 2>/dev/null; then
	trap 'umount -l "$scratch/small"; stop_children' EXIT
	data=$scratch/small/data
	check 'it starts on a small disk' start_server --no-workers --free-space 0
	python3 -c 'print("{\"bomFormat\":\"CycloneDX\",\"components\":[],\"x\":\"" + "y" * 45000000 + "\"}")' >"$scratch/large"
	check 'what has no room is refused for that' gives 507 POST /api/v1/sboms -H Expect: --data-binary "@$scratch/large"
	check 'by its name' says error INSUFFICIENT_STORAGE
	check 'and leaves the room' gives 201 POST /api/v1/sboms -d '{"bomFormat":"CycloneDX","components":[]}'
	check 'it stops when told' stop_server
else
	skip 'a disk that is full' 'needs to mount a tmpfs'
fi
finish
