#!/bin/bash
# --prior as a person uses it: what others state is kept under their names and shown, and decides nothing.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh

root=$scratch/root vulns=$scratch/vulns.json trace=$scratch/run.trace.gz
mkdir -p "$root/var/lib/dpkg/info" "$root/usr/bin" "$root/etc"
printf 'ID=debian\nVERSION_ID="12"\n' >"$root/etc/os-release"
for name in tool idle; do
	printf 'Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\n\n' $name >>"$root/var/lib/dpkg/status"
	printf '/usr/bin/%s\n' $name >"$root/var/lib/dpkg/info/$name.list"
	cp /bin/true "$root/usr/bin/$name"
	echo '{"id":"CVE-2020-1","affected":[{"package":{"ecosystem":"Debian:12","name":"'$name'"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}]}]}' >>"$vulns"
done
digest=sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
{
	echo '{"vexxy_trace":"1.0","agent":"0.1.0","node":{"kernel":"x"},"clock":{"start":"2026-01-02T03:04:05Z","boottime_ns":1},"container":{"image":"web:1","image_digest":"'$digest'"},"watch":{"backend":"raw","began":"first_exec","policy":"first-seen","window_s":5,"kinds":["exec","map","open"],"attach":[]}}'
	echo '{"t":1,"kind":"exec","pid":7,"comm":"tool","path":"/usr/bin/tool","dev":"8:1","ino":"1","gen":1,"role":"program"}'
	echo '{"kind":"end","t":60000000000,"reason":"exited","exit":0,"counts":{"exec":1},"losses":{"ring":0},"syscalls":{"native":[],"compat":[]}}'
} | gzip >"$trace"
statement() { # package, status, more
	printf '{"vulnerability":{"name":"CVE-2020-1"},"products":[{"@id":"pkg:oci/web@%s","subcomponents":[{"@id":"pkg:deb/debian/%s@1.0-1?arch=amd64"}]}],"status":"%s"%s}' \
		"$digest" "$1" "$2" "$3"
}
document() { # author, statements
	printf '{"@context":"https://openvex.dev/ns/v0.2.0","@id":"https://example.com/%s","author":"%s","timestamp":"2026-01-01T00:00:00Z","version":1,"statements":[%s]}\n' "$1" "$1" "$2"
}
document Vendor "$(statement tool not_affected ',"justification":"vulnerable_code_not_present","impact_statement":"Not built in."'),$(statement idle affected ',"action_statement":"Update."')" >"$scratch/vendor.json"
document Distributor "$(statement tool affected ',"action_statement":"Wait."')" >"$scratch/distributor.json"
analyze() { # output directory, more options
	out=$1
	shift
	"$vexxy" analyze --trace "$trace" --rootfs "$root" --vulns "$vulns" --min-units 1 --bound 0.96 -o "$out" "$@" >"$out.table"
}
same_verdicts() {
	/usr/bin/python3 - "$scratch/alone" "$scratch/with" <<'PY'
import json, sys
def read(out, name):
    return json.load(open(f"{out}/{name}"))
plain, told = (read(out, "report.json")["verdicts"] for out in sys.argv[1:])
for v in told:
    v.pop("prior", None), v.pop("prior_count", None)
assert plain == told
plain, told = (read(out, "vex.openvex.json")["statements"] for out in sys.argv[1:])
for s in told:
    s["status_notes"] = "; ".join(p for p in s["status_notes"].split("; ") if not p.startswith("prior"))
assert plain == told, (plain, told)
PY
}
is_kept() {
	/usr/bin/python3 - "$scratch/with" <<'PY'
import hashlib, json, sys
out = sys.argv[1]
report = json.load(open(out + "/report.json"))
prior = {(p["author"], v["package"]): p for v in report["verdicts"] for p in v["prior"]}
assert set(prior) == {("Vendor", "tool"), ("Vendor", "idle"), ("Distributor", "tool")}, prior
assert prior["Vendor", "tool"]["relation"] == "contradicts" and prior["Distributor", "tool"]["relation"] == "agrees"
assert prior["Vendor", "tool"]["impact_statement"] == "Not built in."
inputs = {i["sha256"] for i in json.load(open(out + "/inputs.json"))["inputs"] if i["role"] == "prior"}
assert inputs == {d["sha256"] for d in report["priors"]} and len(inputs) == 2
PY
}
same_again() {
	analyze "$scratch/again" --prior "$scratch/distributor.json" "$scratch/vendor.json" "$scratch/vendor.json" || return 1
	cmp "$scratch/with/vex.openvex.json" "$scratch/again/vex.openvex.json" && cmp "$scratch/with/report.json" "$scratch/again/report.json"
}
has() { # pattern, command…
	pattern=$1
	shift
	"$@" >"$scratch/said" && { grep -qE -- "$pattern" "$scratch/said" || { cat "$scratch/said"; false; }; }
}

check "an analysis without them" analyze "$scratch/alone"
check "an analysis with them" analyze "$scratch/with" --prior "$scratch/vendor.json" "$scratch/distributor.json"
check "no verdict, and nothing else of our statements, is another" same_verdicts
check "report.json has their words, author and file" is_kept
check "the table names the contradiction" has 'CVE-2020-1 in tool 1.0-1: Vendor says not_affected \(vulnerable_code_not_present\), this analysis affected' cat "$scratch/with.table"
check "explain shows both sides" has 'contradicts: Vendor says not_affected' "$vexxy" explain "$scratch/with" CVE-2020-1 tool
check "… and who agrees" has 'agrees: Distributor says affected' "$vexxy" explain "$scratch/with" CVE-2020-1 tool
check "the status_notes name who says otherwise" has 'prior=contradicts; prior_status=not_affected; prior_by=Vendor; prior_in=sha256:[0-9a-f]{64}' cat "$scratch/with/vex.openvex.json"
check "the document is without fault" "$vexxy" lint "$scratch/with/vex.openvex.json"
check "the order of the files, and a file named twice, change nothing" same_again
check "our own document is one of somebody's too" analyze "$scratch/own" --prior "$scratch/alone/vex.openvex.json"
check "… and agrees with itself" sh -c "! grep -q '\"relation\": \"contradicts\"' '$scratch/own/report.json' && grep -q '\"relation\": \"agrees\"' '$scratch/own/report.json'"
signed() {
	"$vexxy" keygen "$scratch/key.pem" && analyze "$scratch/signed" --prior "$scratch/vendor.json" --key "$scratch/key.pem" &&
		"$vexxy" verify "$scratch/signed" --key "$scratch/key.pub.pem" --input "$trace" "$vulns" "$scratch/vendor.json" --rootfs "$root"
}
check "a result that has them is derived again with them" signed
check "a report of a scanner is no prior" fails_with 1 "vulns.json': .*" analyze "$scratch/bad" --prior "$vulns"
document '' '' >"$scratch/nobody.json"
check "a document of nobody is refused" fails_with 1 "prior '.*nobody.json': names no author" analyze "$scratch/bad" --prior "$scratch/nobody.json"
check "a document that is not there is named" fails_with 1 "nowhere.json" analyze "$scratch/bad" --prior "$scratch/nowhere.json"
check "nothing was written by these failures" test ! -e "$scratch/bad/report.json"
finish
