#!/bin/bash
# Builds docker-compose from its Go modules, once, into ${XDG_CACHE_HOME:-~/.cache}/vexxy/compose/VERSION (the version is that of
# tests/compose/go.mod), and prints that directory. Debian's is of the first generation and does not read deploy/compose.yaml. Takes a
# Go of at least the version there, 2 GB meanwhile, and five minutes on two cores.
set -eu
cd "$(dirname "$0")/../.."
version=$(sed -n 's|^require github.com/docker/compose/v2 \(v[^ ]*\)$|\1|p' tests/compose/go.mod)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vexxy/compose
out=$cache/$version
if [ ! -e "$out/.whole" ]; then
	work=$cache/$version.work
	mkdir -p "$out" "$work"
	exec 9>"$cache/lock"
	flock 9
	export CGO_ENABLED=0 GOMODCACHE="$work/mod" GOCACHE="$work/cache" GOFLAGS='-buildvcs=false -modcacherw'
	if [ ! -e "$out/.whole" ]; then
		rm -rf "$work/src" && mkdir "$work/src" && cp tests/compose/go.* tests/compose/tools.go "$work/src/" # a copy, for Go completes go.mod
		(cd "$work/src" && nice -n 5 go build -mod=mod -ldflags "-s -w -X github.com/docker/compose/v2/internal.Version=$version" \
			-o "$out/docker-compose" github.com/docker/compose/v2/cmd) >&2
		touch "$out/.whole"
		rm -rf "$work"
	fi
fi
echo "$out"
