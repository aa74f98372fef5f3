#!/bin/sh
# Builds the real grype and trivy, what makes a vulnerability database for each, and vexctl, from their Go modules into build/scanners/.
# The versions are those of grype/go.mod, trivy/go.mod and vexctl/go.mod. Takes Go 1.26, half an hour on two cores, and 6 GB below build/.
set -eu
cd "$(dirname "$0")/../.."
out=$PWD/${OUT:-build}/scanners
mkdir -p "$out"
have=$(go env GOVERSION 2>/dev/null || echo none)
case $have in
go1.2[6-9]* | go1.[3-9][0-9]*) ;;
*) echo "error: Go 1.26 or a later one is needed to build the scanners, and here is: $have" >&2 && exit 1 ;;
esac
# What the modules are cached in can be removed again, as 'make clean' does.
export GOBIN="$out" CGO_ENABLED=0 GOMODCACHE="$out/mod" GOCACHE="$out/cache" GOFLAGS="-modcacherw -buildvcs=false"
export GOEXPERIMENT=jsonv2 # trivy imports encoding/json/v2, which Go 1.26 has only so

version() { sed -n "s|^	$1 \(v[^ ]*\)\$|\1|p" "tests/scanners/$2/go.mod"; }
program() { # name, module
	wanted=$(version "$2" "$1")
	[ -n "$wanted" ] || { echo "error: tests/scanners/$1/go.mod requires no version of $2" >&2; exit 1; }
	[ "$(cat "$out/$1.version" 2>/dev/null)" = "$wanted" ] && [ -x "$out/$1" ] && return
	nice -n 10 go install -ldflags '-s -w' "$2/cmd/$1@$wanted"
	echo "$wanted" >"$out/$1.version"
}
database() { # name: in a copy, for Go completes go.mod
	[ "$out/$1-db" -nt "tests/scanners/$1/main.go" ] && [ "$out/$1-db" -nt "tests/scanners/$1/go.mod" ] && return
	rm -rf "$out/$1.src" && cp -r "tests/scanners/$1" "$out/$1.src"
	(cd "$out/$1.src" && nice -n 10 go build -mod=mod -ldflags '-s -w' -o "$out/$1-db" .)
}
reader() { # vexctl, by its path in a copy; its go.sum holds the one module of which the checksum database does not tell
	[ "$out/vexctl" -nt tests/scanners/vexctl/go.mod ] && return
	rm -rf "$out/vexctl.src" && cp -r tests/scanners/vexctl "$out/vexctl.src"
	(cd "$out/vexctl.src" && nice -n 10 go build -mod=mod -ldflags '-s -w' -o "$out/vexctl" github.com/openvex/vexctl)
}
reader
program grype github.com/anchore/grype
database grype
program trivy github.com/aquasecurity/trivy
database trivy
