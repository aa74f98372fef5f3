#!/bin/sh
# vexxy-server down to the function: what advisories name is watched, in an image that was never unpacked here and in one that was.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh

need_server() { can_trace && command -v docker-registry >/dev/null && command -v skopeo >/dev/null && command -v umoci >/dev/null; }
need_server || { skip 'functions are watched by the server' 'needs root, BPF, skopeo, umoci and docker-registry'; finish; }
check 'a registry' start_registry
# git writes its objects through zlib: its image is what it needs, and the package database knows zlib.
push_git() (
	layout=$scratch/layout-git bundle=$scratch/bundle-git
	umoci init --layout "$layout" && umoci new --image "$layout:1" && umoci unpack --image "$layout:1" "$bundle" || exit 1
	root=$bundle/rootfs
	make_rootfs "$root"
	mkdir -p "$root/var/lib/dpkg/info" "$root/usr/bin"
	cp "$(command -v git)" "$root/usr/bin/git"
	ldd "$root/usr/bin/git" | grep -oE '/[^ ]+' | sort -u | while read -r library; do
		mkdir -p "$root${library%/*}" && cp -L "$library" "$root$library"
	done
	zlib=$(cd "$root" && find . -name 'libz.so.1' | head -n 1)
	printf 'ID=debian\nVERSION_ID="12"\n' >"$root/etc/os-release"
	printf 'Package: zlib1g\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:1.2.13.dfsg-1\nDescription: x\n\n' >"$root/var/lib/dpkg/status"
	printf '/.\n%s\n' "${zlib#.}" >"$root/var/lib/dpkg/info/zlib1g:amd64.list"
	umoci repack --image "$layout:1" "$bundle" &&
		umoci config --image "$layout:1" --config.entrypoint /bin/sh --config.entrypoint -c \
			--config.cmd '/usr/bin/git init /tmp/r; cd /tmp/r; echo hi | /usr/bin/git hash-object -w --stdin; sleep 3' &&
		skopeo copy -q --dest-tls-verify=false "oci:$layout:1" "docker://127.0.0.1:$registry/team/git:1"
)
check 'an image in it' push_git
digest=$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://127.0.0.1:$registry/team/git:1")
check 'it starts' start_server
record='"modified":"2025-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"Debian:12","name":"zlib1g"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}]'
advise() { printf '{"id":"%s",%s,"ecosystem_specific":{"imports":[{"path":"libz.so.1","symbols":["%s"]}]}}]}\n' "$1" "$record" "$2"; }
{ advise CVE-2099-0001 deflate && advise CVE-2099-0002 gzprintf; } >"$scratch/advisories"
check 'advisories are kept' gives 201 POST /api/v1/advisories --data-binary "@$scratch/advisories"
advisory=$(field id)
{ printf '{"id":"CVE-2099-0001",%s}]}\n' "$record" && printf '{"id":"CVE-2099-0002",%s}]}\n' "$record"; } >"$scratch/vulns"
check 'vulnerabilities too' gives 201 POST "/api/v1/vulnerabilities?image_digest=$digest" --data-binary "@$scratch/vulns"
for image in 'that was never unpacked' 'that was'; do
	check "an image $image is submitted" submit "{\"image_ref\":\"127.0.0.1:$registry/team/git:1\",\"image_digest\":\"$digest\",\"profile\":\"custom\",\"reanalyze\":true,
		\"advisory_ids\":[\"$advisory\"],\"config\":{\"analysis_duration\":8,\"enable_fuzzing\":false}}"
	check 'it is analysed' await "$job" complete
	check 'its results are there' gives 200 GET "/api/v1/analysis/$job/results"
	check 'nothing was left undone' test "$(field limitations | grep -c functions)" = 0
	check 'the function that ran makes it affected' says reachability_results.0.rule R3
	check 'by its name' eval 'field reachability_results.0.reason | grep -q "^deflate in .*libz.so.1 ran in git "'
	check 'the one that did not run proves nothing by that' says reachability_results.1.status under_investigation
done
check 'it stops when told' stop_server
finish
