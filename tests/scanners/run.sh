#!/bin/bash
# The real grype and trivy on an image: each suppresses exactly what `vexxy lint --against` foretold on its own report.
# An image with a known database of vulnerabilities is served by a registry on this machine, for only so has an image the digest
# by which both ask for it. `make scanners` builds the scanners first; no network is used here.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
scanners=$PWD/${OUT:-build}/scanners
python=/usr/bin/python3
for tool in docker-registry skopeo umoci; do
	command -v $tool >/dev/null || { skip "grype and trivy" "no $tool here: apt-get install $tool"; finish; }
done

on_exit() {
	[ -z "${registry:-}" ] || kill "$registry" 2>/dev/null
	rm -rf "$scratch"
}
port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
image=127.0.0.1:$port/team/web:1
serve() { # the image, under that name
	"$python" tests/scanners/scenario.py make "$scratch" "$image" || return 1
	umoci init --layout "$scratch/layout" && umoci new --image "$scratch/layout:web" || return 1
	umoci unpack --image "$scratch/layout:web" "$scratch/bundle" && cp -a "$scratch/root/." "$scratch/bundle/rootfs/" || return 1
	umoci repack --image "$scratch/layout:web" "$scratch/bundle" || return 1
	printf 'version: 0.1\nstorage: {filesystem: {rootdirectory: %s}}\nhttp: {addr: "127.0.0.1:%s"}\n' "$scratch/registry" "$port" >"$scratch/registry.yml"
	docker-registry serve "$scratch/registry.yml" >"$scratch/registry.log" 2>&1 &
	registry=$!
	for _ in $(seq 50); do
		skopeo copy -q --dest-tls-verify=false "oci:$scratch/layout:web" "docker://$image" 2>"$scratch/push.err" && break
		sleep 0.2
	done
	digest=$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://$image")
	[ -n "$digest" ]
}
serve >"$scratch/serve.log" 2>&1 || { tail -n 20 "$scratch/serve.log" "$scratch/push.err" | sed 's/^/# /'; not_ok "an image in a registry on this machine"; finish; }
ok "an image in a registry on this machine"

export GRYPE_DB_CACHE_DIR=$scratch/grype GRYPE_DB_AUTO_UPDATE=false GRYPE_DB_VALIDATE_AGE=false GRYPE_CHECK_FOR_APP_UPDATE=false
export GRYPE_REGISTRY_INSECURE_USE_HTTP=true XDG_DATA_HOME=$scratch/home TRIVY_CACHE_DIR=$scratch/trivy TRIVY_DISABLE_VEX_NOTICE=true
grype() { "$scanners/grype" -q "registry:$image" -o json "$@"; }
trivy() { "$scanners/trivy" -q image --scanners vuln --skip-db-update --skip-java-db-update --skip-version-check --offline-scan --image-src remote -f json "$@" "$image"; }

# scanner: its report, our document on it, what lint foretells, and what the scanner then does.
scan_plain() { "$scanners/$1-db" "$scratch/vulnerabilities.jsonl" "$scratch/$1" && "$1" >"$scratch/$1.json"; }
decide() { "$vexxy" analyze -q --trace "$scratch/run.trace.gz" --rootfs "$scratch/root" --vulns "$scratch/$1.json" --image-digest "$digest" --also csaf,trivy-repo -o "$scratch/$1.out"; }
foretell() { "$vexxy" lint --json "$scratch/$1.out/vex.openvex.json" --against "$scratch/$1.json" >"$scratch/$1.lint"; }
as_foretold() { "$1" --vex "$scratch/$1.out/vex.openvex.json" >"$scratch/$1.filtered" && "$python" tests/scanners/scenario.py compare "$scratch/$1.lint" "$scratch/$1.json" "$scratch/$1.filtered" | tee "$scratch/$1.said"; }
nothing_of_another() { # the same statements on another image: nothing is suppressed
	sed "s/$digest/sha256:$(printf '0%.0s' {1..64})/g; s/${digest#sha256:}/$(printf '0%.0s' {1..64})/g" "$scratch/$1.out/vex.openvex.json" >"$scratch/other.openvex.json"
	"$1" --vex "$scratch/other.openvex.json" >"$scratch/other.json" && "$python" tests/scanners/scenario.py same "$scratch/$1.json" "$scratch/other.json"
}
for scanner in grype trivy; do
	if [ ! -x "$scanners/$scanner" ] || [ ! -x "$scanners/$scanner-db" ]; then
		skip "the real $scanner" "it was not built: make scanners"
		continue
	fi
	check "$scanner $(sed -n "s|.*/$scanner \(v[^ ]*\)\$|\1|p" tests/scanners/$scanner/go.mod) reports what its database says" scan_plain $scanner
	check "$scanner: a document is made of its report" decide $scanner
	check "$scanner: lint finds no fault, and foretells" foretell $scanner
	check "$scanner suppresses exactly what lint foretold" as_foretold $scanner
	sed 's/^/# /' "$scratch/$scanner.said"
	check "$scanner suppresses nothing by a document on another image" nothing_of_another $scanner
done

if [ -x "$scanners/trivy" ] && [ -e "$scratch/trivy.out/vex.trivy-repo.tar" ]; then
	repo=$scratch/trivy/vex/repositories/vexxy
	mkdir -p "$repo" "$scratch/home/.trivy/vex" && tar -xf "$scratch/trivy.out/vex.trivy-repo.tar" -C "$repo"
	printf 'repositories:\n  - name: vexxy\n    url: https://vex.example\n    enabled: true\n' >"$scratch/home/.trivy/vex/repository.yaml"
	from_repository() { trivy --vex repo --skip-vex-repo-update >"$scratch/repo.json" && "$python" tests/scanners/scenario.py compare "$scratch/trivy.lint" "$scratch/trivy.json" "$scratch/repo.json"; }
	check "trivy finds the same document in the repository that --also trivy-repo writes" from_repository
fi
if [ -x "$scanners/vexctl" ]; then
	document=tests/golden/vex.openvex.json
	vexctl_reads() {
		"$python" tests/scanners/scenario.py results $document "$scratch/in.sarif" && "$scanners/vexctl" merge $document >"$scratch/merged.json" &&
			"$scanners/vexctl" filter "$scratch/in.sarif" $document >"$scratch/out.sarif" &&
			"$python" tests/scanners/scenario.py read $document "$scratch/merged.json" "$scratch/in.sarif" "$scratch/out.sarif"
	}
	check "vexctl $(sed -n 's|.*/vexctl \(v[^ ]*\)$|\1|p' tests/scanners/vexctl/go.mod) reads every statement of a document, and filters results by them" vexctl_reads
else
	skip "the real vexctl" "it was not built: make scanners"
fi
finish
