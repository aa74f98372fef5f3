#!/bin/bash
# Builds a Kubernetes of one node from its Go modules, once, into ${XDG_CACHE_HOME:-~/.cache}/vexxy/kubernetes/VERSION (the version is
# that of tests/cluster/kubernetes/go.mod), and prints that directory. Takes a Go of at least the version there, 6 GB meanwhile, and
# a quarter of an hour on two cores that have nothing else to do.
set -eu
cd "$(dirname "$0")/../.."
version=$(sed -n 's|^	k8s.io/kubernetes \(v[^ ]*\)$|\1|p' tests/cluster/kubernetes/go.mod)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vexxy/kubernetes
out=$cache/$version
if [ ! -e "$out/.whole" ]; then
	work=$cache/$version.work
	mkdir -p "$out" "$work"
	exec 9>"$cache/lock"
	flock 9
	export CGO_ENABLED=0 GOMODCACHE="$work/mod" GOCACHE="$work/cache" GOFLAGS=-buildvcs=false
	if [ ! -e "$out/.whole" ]; then
		rm -rf "$work/src" && cp -r tests/cluster/kubernetes "$work/src" # a copy, for Go completes go.mod
		set_version="-X k8s.io/component-base/version.gitVersion=$version"
		set_version="$set_version -X k8s.io/client-go/pkg/version.gitVersion=$version"
		(cd "$work/src" && nice -n 5 go build -mod=mod -gcflags=all=-dwarf=false -ldflags "-s -w $set_version" -o "$out/kubernetes" .) >&2
		for part in kube-apiserver kube-controller-manager kube-scheduler kubelet kubectl; do
			ln -sf kubernetes "$out/$part"
		done
		touch "$out/.whole"
		chmod -R u+w "$work" && rm -rf "$work"
	fi
fi
echo "$out"
