#!/bin/bash
# Builds what enforces NetworkPolicies in the cluster (tests/cluster/policies: kube-router's part for it) from its Go modules, once, into
# ${XDG_CACHE_HOME:-~/.cache}/vexxy/policies/VERSION, and prints that directory. Takes 1 GB meanwhile, and minutes.
set -eu
cd "$(dirname "$0")/../.."
version=$(cat tests/cluster/policies/* | sha256sum | head -c 12)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vexxy/policies
out=$cache/$version
if [ ! -e "$out/policies" ]; then
	work=$cache/$version.work
	mkdir -p "$out" "$work"
	exec 9>"$cache/lock"
	flock 9
	export CGO_ENABLED=0 GOMODCACHE="$work/mod" GOCACHE="$work/cache" GOFLAGS=-buildvcs=false
	if [ ! -e "$out/policies" ]; then
		rm -rf "$work/src" && cp -r tests/cluster/policies "$work/src" # a copy, for Go completes go.mod
		(cd "$work/src" && nice -n 5 go build -mod=mod -gcflags=all=-dwarf=false -ldflags '-s -w' -o "$work/policies" .) >&2
		mv "$work/policies" "$out/policies"
		chmod -R u+w "$work" && rm -rf "$work"
	fi
fi
echo "$out"
