#!/bin/bash
# vexxy compare on the sample of Kubescape's objects: an image with the sample's packages is built, run and watched. What Kubescape
# says of each CVE comes out the same from its VEX, its manifests, its SBOM under its profile, and from --policy kubescape on our own
# trace; ours is what the functions prove, and each difference has its reason.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh

samples=tests/kubescape src=$scratch/src root=$scratch/root lib=/usr/lib/x86_64-linux-gnu
command -v gcc >/dev/null || { skip 'Kubescape beside ours' 'no gcc here'; finish; }
mkdir -p "$src" "$root$lib/ossl-modules" "$root$lib/perl-base" "$root"/usr/{bin,sbin} "$root/usr/share/nginx/html" "$root"/etc/{nginx/conf.d,default} \
	"$root/lib64" "$root/var/lib/dpkg/info" "$root"/{proc,sys,dev,tmp}
cat >"$src/ssl.c" <<'C'
#include <stdio.h>
__attribute__((noinline)) static int cipher_init(int n) { return n * 3 + (n > 100 ? printf("%d\n", n) : 0); }
int EVP_CipherInit_ex2(int n) { return cipher_init(n) + 1; }
int OPENSSL_init_crypto(int n) { return n + 2; }
C
echo 'int OPENSSL_init_crypto(int); int SSL_CTX_new(int n) { return OPENSSL_init_crypto(n); }' >"$src/tls.c"
echo 'int deflate(int n) { return n * 5; }' >"$src/z.c"
echo 'int pcre2_compile(int n) { return n * 7; }' >"$src/pcre.c"
echo 'int main(void) { return 0; }' >"$src/idle.c"
cat >"$src/nginx.c" <<'C'
#include <fcntl.h>
#include <unistd.h>
int EVP_CipherInit_ex2(int), SSL_CTX_new(int), deflate(int), pcre2_compile(int);
int main(int argc, char **argv)
{
	static const char *const names[] = { "/etc/nginx/nginx.conf", "/etc/nginx/mime.types", "/usr/share/nginx/html/index.html" };
	int n = SSL_CTX_new(argc) + deflate(argc) + pcre2_compile(argc);
	for (int i = 0; i < 3; i++)
		close(open(names[i], O_RDONLY));
	return argc > 9 ? EVP_CipherInit_ex2(n) : n > 1000;
}
C
shared() { gcc -O2 -shared -fPIC -Wl,-soname,"$1" -o "$root$lib/$2" "${@:3}"; }
build() {
	shared libcrypto.so.3 libcrypto.so.3 "$src/ssl.c" && shared libssl.so.3 libssl.so.3 "$src/tls.c" "$root$lib/libcrypto.so.3" &&
		shared legacy.so ossl-modules/legacy.so "$src/z.c" && shared libz.so.1 libz.so.1.2.13 "$src/z.c" &&
		shared libpcre2-8.so.0 libpcre2-8.so.0.11.2 "$src/pcre.c" && shared libnss_files.so.2 libnss_files.so.2 "$src/idle.c" || return 1
	ln -s libz.so.1.2.13 "$root$lib/libz.so.1"
	ln -s libpcre2-8.so.0.11.2 "$root$lib/libpcre2-8.so.0"
	gcc -O2 -o "$root/usr/sbin/nginx" "$src/nginx.c" "$root$lib"/lib{ssl.so.3,crypto.so.3,z.so.1.2.13,pcre2-8.so.0.11.2} || return 1
	for name in sbin/adduser sbin/ldconfig bin/ldd bin/chage bin/passwd bin/perl bin/tar; do
		gcc -O2 -o "$root/usr/$name" "$src/idle.c" || return 1
	done
	strip "$root$lib"/lib*.so* "$root"/usr/*bin/*
	for file in $(ldd "$root/usr/sbin/nginx" | grep -o '/[^ ]*libc.so.6') /lib64/ld-linux-x86-64.so.2; do
		cp -L "$file" "$root$lib/${file##*/}" || return 1
	done
	ln -s "..$lib/ld-linux-x86-64.so.2" "$root/lib64/ld-linux-x86-64.so.2"
	printf 'ID=debian\nVERSION_ID="12"\n' >"$root/etc/os-release"
	for name in adduser.conf default/useradd nginx/conf.d/default.conf nginx/mime.types nginx/nginx.conf; do echo "# $name" >"$root/etc/$name"; done
	echo hello >"$root/usr/share/nginx/html/index.html"
	echo 'package strict;' >"$root$lib/perl-base/strict.pm"
}
check "the sample's image is built" build

# The sample's packages, the report that its manifest carries, and the functions of its CVEs as an advisory has them. That
# zipOpenNewFileInZip4_64 is not compiled into libz is known to the store, which is for the very file.
cat >"$scratch/prepare.py" <<'PY'
import json, re, subprocess, sys
samples, root, scratch = sys.argv[1:]
load = lambda name: json.load(open(f"{samples}/{name}.json"))
sbom = load("sbomsyft")["spec"]["syft"]
name = {a["id"]: a["name"] for a in sbom["artifacts"]}
path = {f["id"]: f["location"]["path"] for f in sbom["files"]}
files, depends = {n: [] for n in name.values()}, {n: [] for n in name.values()}
for r in sbom["artifactRelationships"]:
    if r["type"] == "contains" and r["parent"] in name and r["child"] in path:
        files[name[r["parent"]]].append(path[r["child"]])
    if r["type"] == "dependency-of":
        depends[name[r["child"]]].append(name[r["parent"]])
for a in sbom["artifacts"]:
    n, source = a["name"], a["metadata"]["source"]
    arch = re.search("arch=([a-z0-9]+)", a["purl"])[1]
    stanza = f"Package: {n}\nStatus: install ok installed\nArchitecture: {arch}\nVersion: {a['version']}\n"
    stanza += f"Source: {source}\n" if source else ""
    stanza += f"Depends: {', '.join(depends[n])}\n" if depends[n] else ""
    open(f"{root}/var/lib/dpkg/status", "a").write(stanza + "\n")
    open(f"{root}/var/lib/dpkg/info/{n}.list", "w").write("".join(f"{p}\n" for p in files[n]))
json.dump(load("vulnerabilitymanifest-image")["spec"]["payload"], open(f"{scratch}/grype.json", "w"))
def advisory(cve, package, where, *symbols):
    return {"id": cve, "affected": [{"package": {"ecosystem": "Debian:12", "name": package, "purl": f"pkg:deb/debian/{package}"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}],
            "ecosystem_specific": {"imports": [{"path": where, "symbols": list(symbols), "source": "a test"}]}}]}
with open(f"{scratch}/advisories.jsonl", "w") as out:
    for record in (advisory("CVE-2023-4911", "libc6", "ld-linux-x86-64.so.2", "__tunable_get_val"),
                   advisory("CVE-2023-5363", "libssl3", "libcrypto.so.3", "EVP_CipherInit_ex2"),
                   advisory("CVE-2023-45853", "zlib1g", "libz.so.1", "zipOpenNewFileInZip4_64")):
        out.write(json.dumps(record) + "\n")
library = f"{root}/usr/lib/x86_64-linux-gnu/libz.so.1.2.13"
notes = subprocess.run(["readelf", "-n", library], capture_output=True, text=True).stdout
function = {"name": "zipOpenNewFileInZip4_64", "file": "contrib/minizip/zip.c", "kind": "not_compiled", "entries": [], "inlined": [], "lines": [], "made": []}
line = {"build_id": re.search("Build ID: ([0-9a-f]+)", notes)[1], "file": "/usr/lib/x86_64-linux-gnu/libz.so.1.2.13", "soname": "libz.so.1",
        "package": "zlib1g", "source": "zlib", "version": "1:1.2.13.dfsg-1", "arch": "amd64", "equality": "identical",
        "dsc": {"name": "zlib.dsc", "sha256": "0" * 64}, "code": [],
        "cves": [{"cve": "CVE-2023-45853", "complete": True, "patches": [], "functions": [function]}], "elsewhere": []}
open(f"{scratch}/store.jsonl", "w").write(json.dumps(line) + "\n")
PY
check 'its packages, report and advisories are written' /usr/bin/python3 "$scratch/prepare.py" "$samples" "$root" "$scratch"
digest=$(grep -o 'sha256:[0-9a-f]\{64\}' "$samples/openvulnerabilityexchangecontainer.json" | head -n 1)

# A trace of the same start by hand, for where nothing can be watched.
{
	echo '{"vexxy_trace":"1.0","agent":"0.1.0","node":{"kernel":"x"},"clock":{"start":"2026-01-02T03:04:05Z","boottime_ns":1},"container":{},"watch":{"backend":"raw","began":"first_exec","policy":"first-seen","window_s":5,"kinds":["exec","map","open"],"attach":[]}}'
	n=1
	record() { n=$((n + 1)); echo "{\"t\":$n,\"kind\":\"$1\",\"pid\":7,\"comm\":\"nginx\",\"path\":\"$2\",\"dev\":\"8:1\",\"ino\":\"$n\",\"gen\":1,$3}"; }
	record exec /usr/sbin/nginx '"role":"program"'
	record exec $lib/ld-linux-x86-64.so.2 '"role":"interpreter"'
	for name in libssl.so.3 libcrypto.so.3 libz.so.1.2.13 libpcre2-8.so.0.11.2 libc.so.6; do
		record open "$lib/$name" '"access":"r","how":"openat"'
		record map "$lib/$name" '"how":"mmap"'
	done
	record open /etc/nginx/nginx.conf '"access":"r","how":"openat"'
	echo '{"kind":"end","t":60000000000,"reason":"exited","exit":0,"counts":{"exec":2,"open":6,"map":5},"capped":{},"losses":{"ring":0},"syscalls":{"native":[],"compat":[]}}'
} | gzip >"$scratch/hand.trace.gz"
inputs=(--rootfs "$root" --vulns "$scratch/grype.json" --image-digest "$digest" --name nginx)
hand() { # output directory, options…
	out=$1
	shift
	"$vexxy" analyze --trace "$scratch/hand.trace.gz" "${inputs[@]}" -q -o "$out" "$@"
}

# The columns of the comparison, CVE and package first. "Correct" for the loader is a verdict by the function, whichever.
kubescape_says='CVE-2005-2541 tar not_affected/vulnerable_code_not_present
CVE-2023-29383 passwd affected
CVE-2023-31484 perl-base not_affected/vulnerable_code_not_present
CVE-2023-45853 zlib1g affected
CVE-2023-4911 libc-bin not_affected/vulnerable_code_not_present
CVE-2023-4911 libc6 affected
CVE-2023-5363 libssl3 affected'
correct='CVE-2005-2541 tar not_affected/vulnerable_code_not_in_execute_path
CVE-2023-29383 passwd not_affected/vulnerable_code_not_in_execute_path
CVE-2023-31484 perl-base not_affected/vulnerable_code_not_in_execute_path
CVE-2023-45853 zlib1g not_affected/vulnerable_code_not_present
CVE-2023-4911 libc-bin not_affected/vulnerable_code_not_in_execute_path
CVE-2023-4911 libc6 affected by function
CVE-2023-5363 libssl3 under_investigation'
column() { # kubescape or vexxy, what it must be, what to compare…
	side=$1 want=$2
	shift 2
	"$vexxy" compare --json "$@" >"$scratch/compared.json" || return 1
	/usr/bin/python3 - "$side" "$scratch/compared.json" >"$scratch/column" <<'PY'
import json, sys
side, path = sys.argv[1:]
rows = []
for row in json.load(open(path))["rows"]:
    word = row[side]
    text = word["status"] + (f"/{word['justification']}" if "justification" in word else "")
    rows.append(f"{row['id']} {row['package']} {text}" + (f" by {word['level']}" if word.get("level") == "function" else ""))
print("\n".join(sorted(rows)))
PY
	[ "$(cat "$scratch/column")" = "$want" ] || { diff "$scratch/column" - <<<"$want"; false; }
}
k=$scratch/hand
check 'the trace by hand is analysed' hand "$k"
vex=$samples/openvulnerabilityexchangecontainer.json image=$samples/vulnerabilitymanifest-image.json filtered=$samples/vulnerabilitymanifest-filtered.json
check "Kubescape's column, from its VEX" column kubescape "$kubescape_says" "$k" "$vex"
check '… from its manifests' column kubescape "$kubescape_says" "$k" "$filtered" "$image"
check '… from its SBOM under its profile' column kubescape "$kubescape_says" "$k" "$image" "$samples/sbomsyft.json" "$samples/containerprofile.json"
check '… under the assembled profile' column kubescape "$kubescape_says" "$k" "$image" "$samples/sbomsyft.json" "$samples/applicationprofile.json"
check '… from its rules on our inventory and trace' column kubescape "$kubescape_says" "$k"
check '… and that is what --policy kubescape gives' hand "$scratch/policy" --policy kubescape
check '… as ours' column vexxy "$kubescape_says" "$scratch/policy"
check 'with its profile, from its rules on our inventory and that' hand "$scratch/profile" --policy kubescape --profile "$samples/containerprofile.json"
check '… the same' column vexxy "$kubescape_says" "$scratch/profile"
seen_more() { # path that its profile has and our trace has not, which words are then others
	sed "s:/etc/localtime:$1:" "$samples/containerprofile.json" >"$scratch/profile.json"
	hand "$scratch/more" --profile "$scratch/profile.json" && column kubescape "$(sed "$2" <<<"$kubescape_says")" "$scratch/more"
}
check '… but for tar, when its profile has seen that' seen_more /usr/bin/tar '/ tar /s/ [^ ]*$/ affected/'
check '… and for all that a pattern in it may stand for' seen_more '/usr/bin/⋯' '/^/s/ [^ ]*$/ affected/'
# Its own SBOM tells who owns what and who depends on whom: then that is asked, and not our inventory.
by_its_sbom() { # python statement on the SBOM s, which words are then others
	/usr/bin/python3 - "$samples/sbomsyft.json" "$scratch/sbom.json" "$1" <<'PY'
import json, sys
doc = json.load(open(sys.argv[1]))
exec(sys.argv[3], {"s": doc["spec"]["syft"]})
json.dump(doc, open(sys.argv[2], "w"))
PY
	hand "$scratch/exact" --policy kubescape --profile "$samples/containerprofile.json" --sbom "$scratch/sbom.json" &&
		column vexxy "$(sed "$2" <<<"$kubescape_says")" "$scratch/exact"
}
ids='ids = {a["name"]: a["id"] for a in s["artifacts"]}; r = s["artifactRelationships"];'
check '… from its SBOM under its profile, as policy, the same' by_its_sbom pass ''
check '… whose dependencies are followed as it has them' by_its_sbom "$ids s['artifactRelationships'] = [x for x in r if x['parent'] != ids['passwd'] or x['type'] != 'dependency-of']" \
	'/ passwd /s: [^ ]*$: not_affected/vulnerable_code_not_present:'
check '… and its other relationships, too' by_its_sbom "$ids r.append({'parent': ids['tar'], 'child': ids['nginx'], 'type': 'ownership-by-file-overlap'})" '/ tar /s/ [^ ]*$/ affected/'
check '… of a package that it does not have nothing is said' by_its_sbom "s['artifacts'] = [a for a in s['artifacts'] if a['name'] != 'tar']" '/ tar /s/ [^ ]*$/ under_investigation/'
syft_of() { # Syft's own JSON is what the object carries
	/usr/bin/python3 -c "import json; json.dump(json.load(open('$samples/sbomsyft.json'))['spec']['syft'], open('$scratch/syft.json', 'w'))" &&
		hand "$scratch/syft" --policy kubescape --profile "$samples/containerprofile.json" --sbom "$scratch/syft.json" && column vexxy "$kubescape_says" "$scratch/syft"
}
check "… and from Syft's JSON as the object carries it" syft_of
check 'all of them together agree: no note' sh -c "'$vexxy' compare --json '$k' '$vex' '$image' '$filtered' '$samples/sbomsyft.json' '$samples/containerprofile.json' | grep -q '\"notes\": \[\]'"
check 'inputs in the place of a directory give the same' column kubescape "$kubescape_says" --trace "$scratch/hand.trace.gz" "${inputs[@]}" -- "$vex"

says() { # pattern, what to compare…
	pattern=$1
	shift
	"$vexxy" compare "$@" >"$scratch/said" || return 1
	grep -qE -- "$pattern" "$scratch/said" || { cat "$scratch/said"; false; }
}
check 'a used package that depends on another: the way is told' says 'nginx → adduser → passwd' "$k" "$vex"
check '… and that a dependency is no use' says 'why: Kubescape takes what a used package depends on for used; here no code of the package ran' "$k" "$vex"
check 'code that lies there unused is not absent' says 'why: Kubescape calls code absent that lies in the image unused; here' "$k" "$vex"
check 'without relevancy all is affected, and that is said' says 'without relevancy: all is affected' "$k" "$image"
check 'a profile in doubt is noted' says "note: the profile of 'nginx' may lack uses" "$k" "$image" "$samples/sbomsyft.json" "$samples/containerprofile-timeseries-partial.json"
check 'what only Kubescape has is a row of its own' sh -c "sed 's/CVE-2005-2541/CVE-2005-9999/g' '$vex' >'$scratch/other.json' && '$vexxy' compare '$k' '$scratch/other.json' | grep -q 'only Kubescape: 1, only vexxy: 1'"
check 'VEX and manifest that contradict each other are told' sh -c "sed 's/\"affected\"/\"fixed\"/' '$vex' >'$scratch/fixed.json' && '$vexxy' compare '$k' '$scratch/fixed.json' '$image' '$filtered' | grep -q 'its VEX says fixed'"
sed "s/${digest#sha256:}/$(printf '%064d' 7)/g" "$vex" >"$scratch/foreign.json"
check 'an object of another image is refused' fails_with 1 'is of another image, sha256:0+7, not of sha256:' "$vexxy" compare "$k" "$scratch/foreign.json"
check '… and beside a right one it is left out, and noted' says '1 objects or products are of another image' "$k" "$scratch/foreign.json" "$vex"
check 'what LIST returns has no statements, and that is said' fails_with 1 'resourceVersion=fullSpec' "$vexxy" compare "$k" "$samples/openvulnerabilityexchangecontainerlist-metadata-only.json"
check 'a profile alone says nothing of vulnerabilities' fails_with 1 'says nothing of vulnerabilities' "$vexxy" compare "$k" "$samples/containerprofile.json"
check 'what is no object is named' fails_with 1 'grype.json' "$vexxy" compare "$k" "$scratch/grype.json"
check 'no report: 1, naming it' fails_with 1 'none/report.json' "$vexxy" compare "$scratch/none" "$vex"
check 'nothing at all: 2, with the usage' fails_with 2 'usage: vexxy compare' "$vexxy" compare
check 'inputs without a trace: 2' fails_with 2 'give at least one trace' "$vexxy" compare "${inputs[@]}"

# What of it the container used, as its own objects: of the same names, labels and annotations, without what is settled.
sed 's/2026-08-24T09:00:38Z/2026-01-02T03:06:05Z/' "$samples/containerprofile.json" >"$scratch/same-start.json"
filtered=(--profile "$scratch/same-start.json" --sbom "$samples/sbomsyft.json" --vulns "$image" --also kubescape)
is_written_filtered() { # OUTDIR
	/usr/bin/python3 - "$samples" "$1" <<'PY'
import json, sys
samples, out = sys.argv[1:]
load = lambda path: json.load(open(path))
report = load(f"{out}/report.json")
settled = {(v["id"], v["package"]) for v in report["verdicts"] if v["status"] in ("not_affected", "fixed")}
open_ = {(v["id"], v["package"]) for v in report["verdicts"]} - settled
def same_metadata(written, sample):
    a, b = written["metadata"], load(f"{samples}/{sample}.json")["metadata"]
    for key in ("uid", "resourceVersion", "creationTimestamp"):
        b.pop(key)
    for m in (a, b):
        assert m["annotations"].pop("kubescape.io/completion") in ("complete", "partial")
    assert a == b, (a, b)
manifest = load(f"{out}/vulns.filtered.kubescape.json")
same_metadata(manifest, "vulnerabilitymanifest-filtered")
image = load(f"{samples}/vulnerabilitymanifest-image.json")
pair = lambda m: (m["vulnerability"]["id"], m["artifact"]["name"])
assert {pair(m) for m in manifest["spec"]["payload"]["matches"]} == open_ and settled and open_, (open_, settled)
assert all(m in image["spec"]["payload"]["matches"] for m in manifest["spec"]["payload"]["matches"])
assert manifest["spec"]["metadata"] == {**image["spec"]["metadata"], "withRelevancy": True} and manifest["kind"] == "VulnerabilityManifest"
sbom, whole = load(f"{out}/sbom.filtered.kubescape.json"), load(f"{samples}/sbomsyft.json")
same_metadata(sbom, "sbomsyftfiltered")
names = {a["name"] for a in sbom["spec"]["syft"]["artifacts"]}
assert sbom["kind"] == "SBOMSyftFiltered" and {p for _, p in open_} <= names, names
assert names >= {"nginx", "libssl3", "zlib1g", "libc6"} and not names & {"tar", "passwd", "perl-base", "adduser"}, names
for key in ("artifacts", "files", "artifactRelationships"):
    assert all(x in whole["spec"]["syft"][key] for x in sbom["spec"]["syft"][key]), key
paths = {f["location"]["path"] for f in sbom["spec"]["syft"]["files"]}
assert "/usr/sbin/nginx" in paths and "/usr/bin/tar" not in paths, paths
vex = load(f"{out}/vex.kubescape.json")
same_metadata(vex, "openvulnerabilityexchangecontainer")
assert vex["metadata"]["name"] == sbom["metadata"]["name"] == manifest["metadata"]["name"]
assert vex["spec"] == load(f"{out}/vex.openvex.json")
PY
}
check 'what the container used of SBOM and manifest is written as its own objects' hand "$scratch/filtered" "${filtered[@]}"
check '… of its names, labels and annotations, with all that is not settled' is_written_filtered "$scratch/filtered"
reads_again() { # as what they are, and nothing of ours
	hand "$scratch/again" --sbom "$scratch/filtered/sbom.filtered.kubescape.json" --vulns "$scratch/filtered/vulns.filtered.kubescape.json" &&
		grep -q 'is filtered: it has only what Kubescape calls relevant' "$scratch/again/report.json"
}
check '… which are read again as what they are' reads_again
says_what_is_missing() {
	"$vexxy" analyze --trace "$scratch/hand.trace.gz" "${inputs[@]}" -o "$scratch/less" --profile "$scratch/same-start.json" --also kubescape >"$scratch/said" &&
		grep -q 'No sbom.filtered.kubescape.json was written: .*--sbom' "$scratch/said" && grep -q 'No vulns.filtered.kubescape.json was written: .*--vulns' "$scratch/said" &&
		[ -f "$scratch/less/vex.kubescape.json" ] && ! [ -f "$scratch/less/sbom.filtered.kubescape.json" ]
}
check 'where there is nothing to filter, what to give is said' says_what_is_missing
"$vexxy" keygen "$scratch/key.pem" >/dev/null
is_derived_again() {
	hand "$scratch/signed" "${filtered[@]}" --key "$scratch/key.pem" && "$vexxy" verify "$scratch/signed" --key "$scratch/key.pub.pem" \
		--input "$scratch" "$samples" --rootfs "$root" | grep -q 'derived again'
}
check '… and all of it is derived again' is_derived_again
prior_is_kept() {
	hand "$scratch/prior" --prior "$vex" && "$vexxy" explain "$scratch/prior" CVE-2023-29383 >"$scratch/said" &&
		grep -q 'contradicts: kubescape.io says affected, this analysis not_affected' "$scratch/said" || { cat "$scratch/said"; false; }
}
check "its VEX is a prior like any other's" prior_is_kept
check '… but not what LIST returns of it' fails_with 1 "prior '.*metadata-only.json': OpenVul.*resourceVersion=fullSpec" \
	hand "$scratch/bad" --prior "$samples/openvulnerabilityexchangecontainerlist-metadata-only.json"
check '… nor a profile' fails_with 1 'has no OpenVulnerabilityExchangeContainer' hand "$scratch/bad" --prior "$samples/containerprofile.json"

if ! can_trace; then
	skip 'the right column, with the functions at hand' 'tracing needs root and BPF'
	finish
fi
real=$scratch/real
watch() { "$vexxy" run "${inputs[@]}" --advisories "$scratch/advisories.jsonl" --symbols "$scratch/store.jsonl" -o "$real" -- /usr/sbin/nginx >"$real.table" 2>&1 || { cat "$real.table"; false; }; }
check 'the image is run, with its functions watched' watch
check 'the right column, with the functions at hand' column vexxy "$correct" "$real" "$vex"
check "… beside Kubescape's, from its VEX" column kubescape "$kubescape_says" "$real" "$vex"
check "… and from its rules on what really ran" column kubescape "$kubescape_says" "$real"
finish
