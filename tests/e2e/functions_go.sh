#!/bin/bash
# Vulnerable functions of Go's standard library in a stripped program: one that ran, one that is linked and did not run, one that is not
# linked. Which is which stands in the program's text.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh

need_tracing 'functions of Go are watched'
command -v go >/dev/null || { skip 'functions of Go are watched' 'no go here'; finish; }
root=$scratch/root src=$scratch/src
mkdir -p "$src" "$root/usr/bin" "$root/etc" "$root/proc" "$root/sys" "$root/dev" "$root/tmp"
cat >"$src/main.go" <<'GO'
package main

import (
	"encoding/csv"
	"net/url"
	"os"
	"strings"
)

func main() {
	u, err := url.Parse("http://localhost/a?b=c")
	if err != nil || u.Host != "localhost" {
		os.Exit(1)
	}
	if len(os.Args) > 5 {
		rows, _ := csv.NewReader(strings.NewReader(os.Args[1])).ReadAll()
		os.Exit(len(rows))
	}
}
GO
printf 'module example.org/demo\n\ngo 1.19\n' >"$src/go.mod"
build() { (cd "$src" && CGO_ENABLED=0 GOFLAGS=-mod=mod GOTOOLCHAIN=local go build -ldflags='-s -w' -o "$root/usr/bin/demo" .); }
check 'a program in Go is built and stripped' build
version=$(go env GOVERSION | sed 's/^go//; s/ .*//')
cat >"$scratch/sbom.json" <<JSON
{"bomFormat":"CycloneDX","specVersion":"1.6","version":1,"components":[
 {"type":"library","name":"stdlib","version":"$version","purl":"pkg:golang/stdlib@$version","bom-ref":"stdlib"}]}
JSON
record() { # number, import path, symbol
	printf '{"id":"GO-2024-%s","aliases":["CVE-2024-%s"],"affected":[{"package":{"ecosystem":"Go","name":"stdlib"},"ranges":[{"type":"SEMVER","events":[{"introduced":"0"}]}],"ecosystem_specific":{"imports":[{"path":"%s","symbols":["%s"]}]}}]}\n' "$1" "$1" "$2" "$3"
}
{ record 2001 net/url Parse; record 2002 encoding/csv Reader.ReadAll; record 2003 archive/zip OpenReader; record 2004 net/http Client.Do; } >"$scratch/vulns.jsonl"
run() { "$vexxy" run --rootfs "$root" --sbom "$scratch/sbom.json" --vulns "$scratch/vulns.jsonl" -o "$scratch/out" -- /usr/bin/demo >"$scratch/table" 2>&1 || { cat "$scratch/table"; return 1; }; }
verdict() { # CVE, status, rule
	/usr/bin/python3 - "$scratch/out/report.json" "$@" <<'PY'
import json, sys
report, cve, status, rule = sys.argv[1:]
found = [v for v in json.load(open(report))["verdicts"] if v["id"] == cve]
if [(v["status"], v["rule"]) for v in found] != [(status, rule)]:
    sys.exit(json.dumps(found, indent=1)[:3000])
PY
}
check 'it is recorded, with its functions watched' run
check 'a function that ran: affected' verdict CVE-2024-2001 affected R3
check 'a method that is linked and did not run: under investigation' verdict CVE-2024-2002 under_investigation R5
check 'a function that is not linked: not present' verdict CVE-2024-2003 not_affected R2
check 'nor is a method of a package that is not linked' verdict CVE-2024-2004 not_affected R2
pack() { gcc -O2 -static -o "$root/usr/bin/packed" -x c - <<<'int main(void) { return 0; }' && strip "$root/usr/bin/packed"; }
check 'a static program without a table comes along' pack
doubtful() { "$vexxy" analyze --trace "$scratch/out/run.trace.gz" --rootfs "$root" --sbom "$scratch/sbom.json" --vulns "$scratch/vulns.jsonl" -q -o "$scratch/out" && ! grep -q '"R2"' "$scratch/out/report.json"; }
check 'it may be a packed program of Go: nothing is proved not linked any more' doubtful
finish
