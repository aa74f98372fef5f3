#!/bin/sh
# The library by which vexctl reads documents (go-vex, pinned by digest) takes ours, and finds in it what we state.
. tests/lib.sh
. tests/e2e/sign_lib.sh

reader=$scratch/vexread
build() { (cd tests/tools/vexread && GOTOOLCHAIN=local GOFLAGS=-mod=readonly timeout 600 go build -o "$reader" .); }
if ! command -v go >/dev/null; then
	skip "vexctl's library reads a document" "go is not installed"
	finish
fi
if ! build >"$scratch/build.log" 2>&1; then
	sed 's/^/#   /' "$scratch/build.log" | tail -n 5
	skip "vexctl's library reads a document" "its modules cannot be had or compiled here"
	finish
fi
statements_of() { # document: what must be found, from the document itself
	"$python" -c '
import json, sys
for s in json.load(open(sys.argv[1]))["statements"]:
    for p in s["products"]:
        for sub in p["subcomponents"]:
            print(s["vulnerability"]["name"], s["status"], 1)' "$1"
}
reads() { "$reader" "$1" >"$scratch/read" && statements_of "$1" >"$scratch/stated" && [ -s "$scratch/read" ] && diff "$scratch/stated" "$scratch/read"; }
check "every statement of the golden document is found by its vulnerability, product and package, and no other" reads tests/golden/vex.openvex.json
make_inputs used_library "$scratch/in" && analyze "$scratch/in" "$scratch/out" --image-digest "$image_digest"
check "the same with that of an analysis" reads "$scratch/out/vex.openvex.json"
sed 's|"@context": "[^"]*"|"@context": "https://example.com"|' tests/golden/vex.openvex.json >"$scratch/other.json"
check "a document of another kind is not read" sh -c "! '$reader' '$scratch/other.json'"
finish
