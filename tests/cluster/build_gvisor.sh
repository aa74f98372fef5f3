#!/bin/bash
# Builds gVisor's runsc and its shim for containerd from their Go module, once, into ${XDG_CACHE_HOME:-~/.cache}/vexxy/gvisor/VERSION, and
# prints that directory. Takes a Go of at least what the module asks for, 2 GB meanwhile, and five minutes. (Debian's runsc has no shim.)
# One line of the shim is another: where it may not make itself the last to be killed for want of memory (it has no CAP_SYS_RESOURCE), it
# goes on, as containerd's own does.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
version=v0.0.0-20260905035102-160fafc42237
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vexxy/gvisor
out=$cache/$version
if [ ! -e "$out/.whole" ]; then
	work=$cache/$version.work
	mkdir -p "$out" "$work/src"
	exec 9>"$cache/lock"
	flock 9
	export CGO_ENABLED=0 GOMODCACHE="$work/mod" GOCACHE="$work/cache" GOFLAGS='-buildvcs=false -mod=mod'
	if [ ! -e "$out/.whole" ]; then
		cd "$work/src"
		[ -e go.mod ] || go mod init vexxy/tests/cluster/gvisor >&2
		go get "gvisor.dev/gvisor@$version" >&2
		cp -r "$(go list -m -f '{{.Dir}}' gvisor.dev/gvisor)" gvisor && chmod -R u+w gvisor
		go mod edit -replace gvisor.dev/gvisor=./gvisor
		sed -i 's/return shim.BootstrapParams{}, fmt.Errorf("failed to set OOM Score on shim: %w", err)/_ = err/' gvisor/pkg/shim/v1/manager.go
		for program in runsc shim; do
			nice -n 5 go build -gcflags=all=-dwarf=false -ldflags '-s -w' -o "$out/$program" "gvisor.dev/gvisor/$program" >&2
		done
		cp "$here/gvisor_shim.sh" "$out/containerd-shim-runsc-v1"
		touch "$out/.whole"
		chmod -R u+w "$work" && rm -rf "$work"
	fi
fi
echo "$out"
