#!/bin/bash
# The web page in a real browser: Debian's Chromium, driven by Playwright. Screenshots are left in build/page-shots/.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh

check 'a server' start_server
check 'it has a page' gives 200 GET /
check 'that loads nothing from elsewhere' grep -qi "^content-security-policy: default-src 'none'; script-src 'self';" "$scratch/head"
check 'and no file that is none of its parts' gives 404 GET /page/passwd
check 'nor by another way' gives 422 GET /page/..%2f
check 'it stops when told' stop_server
chromium=$(command -v chromium || command -v chromium-browser)
if ! { can_trace && command -v docker-registry && command -v umoci && command -v npm && [ -n "$chromium" ]; } >/dev/null; then
	skip 'a person uses the page' 'needs root, BPF, skopeo, umoci, docker-registry, npm and chromium'
	finish
fi
cp -r tests/tools/page "$scratch/page"
if ! (cd "$scratch/page" && timeout 300 npm ci --ignore-scripts --no-audit --no-fund) >"$scratch/npm.log" 2>&1; then
	sed 's/^/#   /' "$scratch/npm.log" | tail -n 5
	skip 'a person uses the page' 'npm cannot install Playwright here'
	finish
fi
check 'a registry' start_registry
digest=$(push_image web 'while :; do true; /bin/busybox sleep 0.3; done')
check 'the server again' start_server
osv() { printf '{"id":"%s","summary":"x","modified":"2025-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"Debian:12","name":"%s"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}],"ecosystem_specific":{"imports":[{"path":"libz.so.1","symbols":["<b id=injected>f</b>"]}]}}]}\n' "$1" "$2"; }
{ osv CVE-2099-0001 busybox-static; osv CVE-2099-0002 zlib1g; } >"$scratch/osv.jsonl"
check 'vulnerabilities of the image' gives 201 POST "/api/v1/vulnerabilities?image_digest=$digest" --data-binary "@$scratch/osv.jsonl"
check 'an analysis' submit "$(printf '{"image_ref":"127.0.0.1:%s/team/web:1","image_digest":"%s","profile":"custom","config":{"analysis_duration":4}}' "$registry" "$digest")"
check 'that is complete' await "$job" complete
mkdir -p build/page-shots
(cd "$scratch/page" && timeout 300 node look.mjs "$api" "$chromium" "$job" "$OLDPWD/build/page-shots") >"$scratch/look" 2>"$scratch/look.err" || sed 's/^/# /' "$scratch/look.err" | head -n 20
while read -r line; do
	case $line in
	'ok '*) ok "${line#ok * - }" ;;
	'not ok '*) not_ok "${line#not ok * - }" ;;
	'#'*) echo "$line" ;;
	esac
done <"$scratch/look"
check 'a person has come to the end' grep -q '^1\.\.' "$scratch/look"
check 'it stops when told' stop_server
finish
