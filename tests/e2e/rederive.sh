#!/bin/sh
# vexxy verify derives a result again from its inputs, wherever they lie now: the same bytes, or the file that differs is named.
. tests/lib.sh
. tests/e2e/sign_lib.sh

says() { # exit status, extended regular expression on stdout, command…
	want=$1 pattern=$2
	shift 2
	"$@" >"$scratch/stdout" 2>"$scratch/stderr"
	got=$?
	[ "$got" = "$want" ] || { echo "exit status $got, expected $want"; cat "$scratch/stdout" "$scratch/stderr"; return 1; }
	grep -qE -- "$pattern" "$scratch/stdout" || { echo "no '$pattern' in:"; cat "$scratch/stdout" "$scratch/stderr"; return 1; }
}
key=$scratch/key.pem pub=$scratch/key.pub.pem
"$vexxy" keygen "$key" >/dev/null
out=$scratch/result in=$scratch/in
verify() { "$vexxy" verify "$out" --key "$pub" "$@"; }

check "every case is derived again elsewhere, from its root and from its inventory" \
	env PYTHONDONTWRITEBYTECODE=1 "$python" tests/e2e/rederive.py "$vexxy" "$key" "$pub" "$scratch/cases"

# Functions are known, so that the image's code is read: of one library, with debug data beside it, and a directory of reports.
make_inputs used_library "$in"
library=$(find "$in/root" -name '*.so*' -type f | head -1)
id=0123456789abcdef0123456789abcdef01234567
printf 'int used(int x) { return x + 1; } int unused(int x) { return x * used(x); }\n' >"$scratch/lib.c"
${CC:-gcc} -g -O0 -shared -fPIC -Wl,--build-id=0x$id "$scratch/lib.c" -o "$library"
mkdir -p "$scratch/debug/.build-id/01" "$scratch/osv/more"
objcopy --only-keep-debug "$library" "$scratch/debug/.build-id/01/${id#01}.debug"
strip "$library"
"$python" - "$in/osv.json" "$scratch/osv" <<'PY'
import json, sys
records = [json.loads(line) for line in open(sys.argv[1])]
for r in records:
    for a in r["affected"]:
        a["ecosystem_specific"] = {"imports": [{"path": "*", "symbols": ["unused"]}]}
open(sys.argv[2] + "/more/first.json", "w").write(json.dumps(records[0]))
open(sys.argv[2] + "/rest.jsonl", "w").write("".join(json.dumps(r) + "\n" for r in records[1:] or records[:1]))
PY
sed -i "s|$in/osv.json|$scratch/osv/|" "$in.args"
check "an analysis of functions, with debug data, a directory of reports and documents of other forms" \
	analyze "$in" "$out" --also cyclonedx,sarif,csaf --namespace https://example.com/vex --name app --debug-dir "$scratch/debug" --symbols deploy/symbols/bookworm-amd64.jsonl --key "$key"
lists() { "$python" -c "
import json
roles = [i['role'] for i in json.load(open('$out/inputs.json'))['inputs']]
assert roles == ['rootfs', 'code', 'debug', 'trace', 'vulns', 'symbols'], roles"; }
check "inputs.json lists code and debug data beside the rest" lists
given="$in $scratch/osv $scratch/debug/.build-id/01 deploy/symbols"
# shellcheck disable=SC2086
{
	check "it is derived again" says 0 'derived again from its inputs' verify --input $given --rootfs "$in/root"
	check "without the image's files it is not: 3, and said" says 3 'cannot be derived again: the image.s files were read: give them by --rootfs or --image' verify --input $given
}
check "when nothing is given that is only a note" says 0 'note: inputs.json: was not derived again: the input .* is not at hand' verify
mv "$scratch/osv" "$scratch/gone"
check "an input that is missing is named: 3" says 3 "the input '$scratch/osv/' \(vulns, sha256 [0-9a-f]{64}\) is not at hand" verify --input "$in" "$scratch/debug/.build-id/01" deploy/symbols --rootfs "$in/root"
check "the same directory under another name will do" says 0 'derived again' verify --input "$in" "$scratch/gone" "$scratch/debug/.build-id/01" deploy/symbols --rootfs "$in/root"
sed -i 's/"introduced"/"introduceD"/' "$scratch/gone/more/first.json"
check "a changed file deep in it is none: 3" says 3 "the input '$scratch/osv/' .* is not at hand" verify --input "$in" "$scratch/gone" "$scratch/debug/.build-id/01" deploy/symbols --rootfs "$in/root"
sed -i 's/"introduceD"/"introduced"/' "$scratch/gone/more/first.json"
given="$in $scratch/gone $scratch/debug/.build-id/01 deploy/symbols"
cp "$library" "$scratch/library" && printf 'x' >>"$library"
# shellcheck disable=SC2086
{
	check "another library in the root: 3, the file is named" says 3 'fault: inputs.json: does not follow from the inputs: derived again it differs from line' verify --input $given --rootfs "$in/root"
	cp "$scratch/library" "$library" && rm "$(find "$in/root" -name 'libused*' -o -name '*.md5sums' | head -1)" 2>/dev/null || rm -r "$in/root/var/lib/dpkg"
	check "another root: 3, the inventory is named" says 3 'fault: inventory.cdx.json: does not follow from the inputs' verify --input $given --rootfs "$in/root"
	check "no root there: 3" says 3 'cannot be derived again: .*none' verify --input $given --rootfs "$scratch/none"
}
check "an input path that is not there: 1" fails_with 1 "cannot open '.*none'" verify --input "$scratch/none"
check "both --rootfs and --image: 2" fails_with 2 'not both' verify --rootfs a --image b

# A result that does not follow from its inputs, signed all the same: who has the key can say anything, but not that it follows.
make_inputs used_library "$scratch/in2"
analyze "$scratch/in2" "$scratch/lie" --key "$key"
cp -r "$scratch/lie" "$scratch/truth"
lie() { # the reason of a verdict is another, and everything is signed again
	"$python" - "$scratch/lie" <<'PY'
import pathlib, sys
d = pathlib.Path(sys.argv[1])
report = (d / "report.json").read_text().replace('"reason": "', '"reason": "Trust me: ', 1)
(d / "report.json").write_text(report)
PY
	cmp -s "$scratch/lie/report.json" "$scratch/truth/report.json" && { echo "nothing was changed"; return 1; }
	"$python" - "$scratch/lie" "$key" <<'PY'
import base64, hashlib, json, pathlib, subprocess, sys
d, key = pathlib.Path(sys.argv[1]), sys.argv[2]
old = hashlib.sha256((d.parent / "truth" / "report.json").read_bytes()).hexdigest()
new = hashlib.sha256((d / "report.json").read_bytes()).hexdigest()
lines = []
for line in (d / "evidence.intoto.jsonl").read_text().splitlines():
    e = json.loads(line)
    body = base64.b64decode(e["payload"]).replace(old.encode(), new.encode())
    kind = e["payloadType"].encode()
    pae = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body)
    sig = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=pae, capture_output=True, check=True).stdout
    e["payload"], e["signatures"][0]["sig"] = base64.b64encode(body).decode(), base64.b64encode(sig).decode()
    lines.append(json.dumps(e, separators=(",", ":")))
(d / "evidence.intoto.jsonl").write_text("\n".join(lines) + "\n")
PY
}
check "somebody with the key changes what a conclusion rests on, and signs it again" lie
check "… which holds as far as signatures go" says 0 'holds' "$vexxy" verify "$scratch/lie" --key "$pub"
check "… but does not follow from the inputs: 3" says 3 'fault: report.json: does not follow from the inputs: derived again it differs from line' "$vexxy" verify "$scratch/lie" --key "$pub" --input "$scratch/in2"
check "… while the true one does" says 0 'derived again' "$vexxy" verify "$scratch/truth" --key "$pub" --input "$scratch/in2"
finish
