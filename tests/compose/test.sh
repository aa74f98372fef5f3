#!/bin/bash
# deploy/compose.yaml as it is, in a docker daemon of its own (tests/compose/docker.sh): what its first lines tell a newcomer to do gives a VEX
# that holds; every capability that it asks for is needed; with the profile postgres (an image that stands in for Docker Hub's) the server
# works on that; and when all is taken down nothing is left.
cd "$(dirname "$0")/../.." || exit 1
docker=$PWD/tests/compose/docker.sh
if [ -z "${VEXXY_DOCKER_NET:-}" ]; then # images come from Debian's archive, of which its network knows nothing
	postgres=$PWD/build/compose-postgres.oci
	deploy/images/build.sh local >&2 && rm -rf "$postgres" && tests/compose/postgres_image.sh "$postgres" >&2 && "$docker" up || exit 1
	VEXXY_DOCKER_NET=$postgres "$docker" run "$PWD/tests/compose/test.sh"
	status=$?
	rm -rf "$postgres"
	"$docker" down && exit $status
	exit 1
fi
postgres=$VEXXY_DOCKER_NET
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh

version=$(sed -n 's/.*VEXXY_VERSION "\(.*\)".*/\1/p' include/version.h)
file=deploy/compose.yaml
# What a machine without the real registries and with little patience gives beside it.
compose() {
	VEXXY_INSECURE_REGISTRY=127.0.0.1:$registry MIN_ANALYSIS_DURATION=2 VEXXY_FREE_SPACE_MB=1 \
		docker-compose -f "$file" -f "$scratch/beside.yaml" --progress plain "$@"
}
cat >"$scratch/beside.yaml" <<'END'
services:
  server:
    environment: [VEXXY_INSECURE_REGISTRY, MIN_ANALYSIS_DURATION, VEXXY_FREE_SPACE_MB]
END
load() { skopeo copy -q --dest-daemon-host "$DOCKER_HOST" "oci:$1" "docker-daemon:$2"; } # layout:tag, name:tag
told() { grep -qF -- "$1" "$file"; } # what is done here is what the file says
api=http://127.0.0.1:8001
# Debian's form, a user, and what only somebody with rights can unpack: a device, a file of another group, one with a capability. Its page is
# there only if it finds itself as it should be: what is lost in silence (the bit of a group, a set that was to be emptied) is seen so.
push_service() {
	push_image service true >/dev/null || return 1
	root=$scratch/bundle-service/rootfs
	chmod 1777 "$root/tmp" && mknod "$root/dev/zero" c 1 5 && cp /bin/true "$root/srv/group" && chown 33:34 "$root/srv/group" && chmod 2755 "$root/srv/group" &&
		cp /bin/true "$root/srv/able" && python3 -c 'import os, struct, sys
os.setxattr(sys.argv[1], "security.capability", struct.pack("<5I", 0x02000001, 1 << 10, 0, 0, 0))' "$root/srv/able" &&
		umoci repack --image "$scratch/layout-service:1" "$scratch/bundle-service" >/dev/null &&
		umoci config --image "$scratch/layout-service:1" --config.user web --config.entrypoint /bin/sh --config.entrypoint -c \
			--config.cmd '[ -g /srv/group ] && /bin/busybox grep -q "^CapBnd:.*0000000000000000" /proc/self/status && echo hi >/tmp/index.html; exec /bin/busybox httpd -f -p 8080 -h /tmp' &&
		skopeo copy -q --dest-tls-verify=false "oci:$scratch/layout-service:1" "docker://127.0.0.1:$registry/team/service:1" &&
		skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://127.0.0.1:$registry/team/service:1"
}
push_rooted() { push_image rooted 'while :; do /bin/busybox sleep 0.3; done'; }
osv() { printf '{"id":"%s","modified":"2025-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"Debian:12","name":"%s"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}]}]}\n' "$1" "$2"; }
{ osv CVE-2099-0001 busybox-static; osv CVE-2099-0002 zlib1g; } >"$scratch/osv.jsonl"
give_vulnerabilities() { gives 201 POST "/api/v1/vulnerabilities?image_digest=$1" --data-binary "@$scratch/osv.jsonl"; }
request() { # seconds
	printf '{"image_ref":"127.0.0.1:%s/team/service:1","image_digest":"%s","profile":"custom","reanalyze":true,"config":{"analysis_duration":%s,"enable_fuzzing":false,"ports":[8080],"health_check_path":"/index.html","test_script":"curl -sf http://127.0.0.1:8080/index.html | grep hi"}}' "$registry" "$service" "$1"
}
analysis() { # seconds: asked for its port and by its script, with nothing to complain of
	give_vulnerabilities "$service" && submit "$(request "$1")" && { await "$job" complete || await "$job" complete; } && gives 200 GET "/api/v1/analysis/$job/results" &&
		grep -q '"script":{"end":"ok"' "$scratch/body"
}
fetch() { gives 200 GET "/api/v1/analysis/$job/$1" && cp "$scratch/body" "$scratch/signed/$2"; }
fetch_signed() {
	rm -rf "$scratch/signed" && mkdir "$scratch/signed" && fetch evidence evidence.intoto.jsonl && fetch bundle vex.sigstore.json && fetch vex vex.openvex.json && fetch report report.json &&
		fetch inputs inputs.json && fetch trace run.trace.gz && fetch sbom sbom.filtered.cdx.json && fetch inventory inventory.cdx.json
}
holds() { gives 200 GET /api/v1/signing-key && "$vexxy" verify "$scratch/signed" --key "$scratch/body" --image-digest "$service"; }
submitted() { # by the command line, as the file says
	"$vexxy" submit "127.0.0.1:$registry/team/service:1@$service" --profile custom --duration 3 --vulns "$scratch/osv.jsonl" --wait
}
nothing_of_ours() { # processes, cgroups of analyses, containers, volumes
	[ -z "$(curl -sf --unix-socket "${DOCKER_HOST#unix://}" 'http://docker/containers/json?all=1' | grep -o '"Id"')" ] &&
		[ -z "$(curl -sf --unix-socket "${DOCKER_HOST#unix://}" http://docker/volumes | grep -o '"Mountpoint"')" ] &&
		! find /sys/fs/cgroup/ -type d -path "*/$("$docker" cgroup)/*" -name 'vexxy-[0-9]*' | grep .
}
down() { compose --profile postgres down -v; }

check 'a registry' start_registry
service=$(push_service 2>"$scratch/push.err")
check 'an image to be analysed' test "${service#sha256:}" != "$service"
rooted=$(push_rooted)
check 'one that runs as root' test "${rooted#sha256:}" != "$rooted"
check 'the file says how the image is loaded' told "skopeo copy oci:build/images/local.oci:$version docker-daemon:vexxy-local:$version"
check 'it is loaded so' load "build/images/local.oci:$version" "vexxy-local:$version"
check 'the file says how it is started' told 'docker compose -f deploy/compose.yaml up --wait'
check 'it starts, and is healthy' compose up --wait
check 'the page is there' gives 200 GET /
check 'it answers nobody else' eval '! curl -s -m 2 "http://172.17.0.1:8001/livez"'
check 'an analysis' analysis 10
check 'that has nothing to complain of' says limitations '[]'
check 'what ran is affected' grep -q '"CVE-2099-0001"[^}]*"affected"' "$scratch/body"
check 'all that the result rests on' fetch_signed
check 'its signature holds, and it follows again from its inputs' holds
check 'the trace begins with the first exec of the image' begins_with_exec "$scratch/signed/run.trace.gz" /bin/busybox
check 'nothing of it was lost' nothing_lost "$scratch/signed/run.trace.gz"
check 'the file says how it is asked from a shell' told 'build/vexxy submit IMAGE@DIGEST --vulns'
check 'which does it' submitted
check 'it is not privileged' eval '! grep -nE "^ *privileged:" $file'
check 'it is taken down' down
check 'nothing is left' nothing_of_ours

# Each of its capabilities is needed: without it the server does not start, or what the analysis asks for is not done.
capabilities() { sed -n 's/^ *cap_add: \[\(.*\)\]$/\1/p' "$1" | tr -d ' ' | tr , '\n'; }
make_less() { # capability
	python3 -c 'import re, sys
print(re.sub(r"(?m)^( *cap_add: )\[(.*)\]$", lambda m: m[1] + "[" + ", ".join(c for c in m[2].split(", ") if c != sys.argv[1]) + "]", sys.stdin.read()), end="")' \
		"$1" <deploy/compose.yaml >"$scratch/less.yaml" && compose config -q &&
		[ "$(capabilities deploy/compose.yaml | grep -vx "$1")" = "$(capabilities "$scratch/less.yaml")" ]
}
suffers() {
	compose up -d || return 1
	wait_for 15 gives 200 GET /readyz || { compose logs --tail 2 server && return 0; }
	give_vulnerabilities "$service" && submit "$(request 2)" || return 1
	for try in 1 2 3; do await "$job" complete failed && break; done
	[ "$state" != failed ] || { field error_message && return 0; }
	[ "$state" = complete ] && gives 200 GET "/api/v1/analysis/$job/results" && field limitations || return 1
	grep -q '"script":{"end":"ok"' "$scratch/body" || return 0
	# What runs as root is given some of these.
	submit "{\"image_ref\":\"127.0.0.1:$registry/team/rooted:1\",\"image_digest\":\"$rooted\",\"profile\":\"custom\",\"config\":{\"analysis_duration\":2}}" || return 1
	for try in 1 2 3; do await "$job" complete failed && break; done
	[ "$state" = failed ] && field error_message
}
for cap in ${CAPS-$(capabilities deploy/compose.yaml)}; do
	file=$scratch/less.yaml
	check "without $cap: the file is another" make_less "$cap"
	check "without $cap it does not work" suffers
	echo "# $(tail -n 1 "$scratch/check.out" | cut -c1-200)"
	check "without $cap: it is taken down" down
done
file=deploy/compose.yaml

# On PostgreSQL.
check "PostgreSQL's image is loaded" load "$postgres:15" docker.io/library/postgres:15
check 'the file says how it is used' told 'DATABASE_URL=postgresql://vexxy:vexxy@127.0.0.1/vexxy docker compose -f deploy/compose.yaml --profile postgres up --wait'
export DATABASE_URL=postgresql://vexxy:vexxy@127.0.0.1/vexxy
check 'it starts with it' compose --profile postgres up --wait
check 'the server works on it' eval 'compose logs server | grep -F "\"event\":\"started\"" | grep -F "\"database\":\"postgresql\""'
check 'an analysis there' analysis 3
check 'is in its tables' test "$(compose exec -T postgres psql -U vexxy -At -c "SELECT count(*) FROM jobs WHERE state = 'complete'" vexxy)" = 1
check 'both start again' compose --profile postgres restart
check 'and are healthy' compose --profile postgres up --wait
check 'with what was there' gives 200 GET "/api/v1/analysis/$job/results"
check 'all of it is taken down' down
check 'nothing is left of it, either' nothing_of_ours
finish
