#!/bin/bash
# Down to the function, in the cluster that tests/cluster/cluster.sh up has made: what advisories name gets to the agent, is armed before the
# gate opens, and comes to the verdicts of the local executor. The truth is in the program's text: which functions it calls is written there.
cd "$(dirname "$0")/../.." || exit 1
cluster=$PWD/tests/cluster/cluster.sh
[ -n "${VEXXY_CLUSTER_NET:-}" ] || exec env VEXXY_CLUSTER_NET=1 "$cluster" run "$PWD/tests/cluster/functions.sh"
. tests/lib.sh
. tests/e2e/record_lib.sh
. tests/e2e/server_lib.sh
. tests/cluster/lib.sh

lib=/usr/lib/x86_64-linux-gnu
cat >"$scratch/demo.c" <<'C'
#include <stdio.h>
int demo_called(int n) { return n * 3 + (n > 100 ? printf("called %d\n", n) : 0); }
int demo_imported(int n) { return n * 5 + (n > 100 ? printf("imported %d\n", n) : 0); }
int demo_idle(int n) { return n * 7 + (n > 100 ? printf("idle %d\n", n) : 0); }
__attribute__((constructor)) void demo_begins(void) { static volatile int begun; begun++; }
C
cat >"$scratch/app.c" <<'C'
#include <unistd.h>
int demo_called(int), demo_imported(int);
int main(int argc, char **argv)
{
	int n = demo_called(argc);
	sleep(4);
	return argc > 9 ? demo_imported(n) : n > 1000;
}
C
package() { # root, name, files…
	root=$1 name=$2
	shift 2
	printf 'Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\nDescription: x\n\n' "$name" >>"$root/var/lib/dpkg/status"
	printf '%s\n' "$@" >"$root/var/lib/dpkg/info/$name.list"
}
push_app() (
	layout=$scratch/layout-app bundle=$scratch/bundle-app
	umoci init --layout "$layout" && umoci new --image "$layout:1" && umoci unpack --image "$layout:1" "$bundle" || exit 1
	root=$bundle/rootfs
	mkdir -p "$root$lib" "$root/usr/bin" "$root/lib64" "$root/etc" "$root/var/lib/dpkg/info" "$root/proc" "$root/sys" "$root/dev" "$root/tmp"
	gcc -O2 -g -shared -fPIC -Wl,-soname,libdemo.so.1 -o "$root$lib/libdemo.so.1" "$scratch/demo.c" &&
		gcc -O2 -Wl,-z,now -o "$root/usr/bin/app" "$scratch/app.c" "$root$lib/libdemo.so.1" || exit 1
	for file in $(ldd "$root/usr/bin/app" | grep -o '/[^ ]*libc.so.6') /lib64/ld-linux-x86-64.so.2; do
		cp -L "$file" "$root$lib/${file##*/}" || exit 1
	done
	ln -sf "$lib/ld-linux-x86-64.so.2" "$root/lib64/ld-linux-x86-64.so.2"
	printf 'ID=debian\nVERSION_ID="12"\n' >"$root/etc/os-release"
	package "$root" app /usr/bin/app
	package "$root" libdemo1 "$lib/libdemo.so.1"
	package "$root" libc6 "$lib/libc.so.6" "$lib/ld-linux-x86-64.so.2" /lib64/ld-linux-x86-64.so.2
	umoci repack --image "$layout:1" "$bundle" && umoci config --image "$layout:1" --config.entrypoint /usr/bin/app &&
		skopeo copy -q --dest-tls-verify=false "oci:$layout:1" "docker://127.0.0.1:$registry/team/app:1"
)
# CVE, symbol: a record with the function, and one without.
record='"modified":"2025-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"Debian:12","name":"libdemo1"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}]'
advise() { printf '{"id":"%s",%s,"ecosystem_specific":{"imports":[{"path":"libdemo.so.1","symbols":["%s"]}]}}]}\n' "$1" "$record" "$2"; }
told='CVE-2099-0001 demo_called
CVE-2099-0002 demo_imported
CVE-2099-0003 demo_idle
CVE-2099-0004 demo_begins'
while read -r cve symbol; do
	advise "$cve" "$symbol" >>"$scratch/advisories"
	printf '{"id":"%s",%s}]}\n' "$cve" "$record" >>"$scratch/vulns"
done <<<"$told"
give_both() { # sets $advisory
	gives 201 POST /api/v1/advisories --data-binary "@$scratch/advisories" && advisory=$(field id) &&
		gives 201 POST "/api/v1/vulnerabilities?image_digest=$app" --data-binary "@$scratch/vulns"
}
wanted() { request app "$app" 10 '' ",\"advisory_ids\":[\"$advisory\"]"; }
verdict() { # CVE, status, rule, words in the reason
	python3 - "$scratch/body" "$@" <<'PY'
import json, sys
v = next(v for v in json.load(open(sys.argv[1]))["reachability_results"] if v["cve_id"] == sys.argv[2])
if (v["status"], v["rule"]) != tuple(sys.argv[3:5]) or sys.argv[5] not in v["reason"]: sys.exit(json.dumps(v, indent=1))
PY
}
watched() { # trace: what was watched from when, and what ran
	lines "$1" | python3 -c 'import json, sys
for line in sys.stdin:
    r = json.loads(line)
    if r.get("kind") == "function": print("ran", r["symbol"])
    if r.get("kind") == "probe": print("watched", r["object"], r["sites"], r["armed"])' | sort -u
}
concluded() { # for both executors
	check 'the function that ran makes it affected' verdict CVE-2099-0001 affected R3 "demo_called in $lib/libdemo.so.1 ran in app "
	check 'so does one that ran before the program itself' verdict CVE-2099-0004 affected R3 'demo_begins in '
	check 'one that is imported and did not run is open' verdict CVE-2099-0002 under_investigation R5 demo_imported
	check 'one that nothing leads to is not affected' verdict CVE-2099-0003 not_affected R4 'nothing loadable can reach'
	check 'nothing was left undone' test "$(field limitations | grep -c functions)" = 0
}
check 'an image with a library' push_app
app=$(skopeo inspect --tls-verify=false --format '{{.Digest}}' "docker://127.0.0.1:$registry/team/app:1")
# What the symbol store has of the library, from its symbols: only then it is known that no copy of a function was inlined.
make_store() {
	python3 - "$scratch/bundle-app/rootfs$lib/libdemo.so.1" "$told" >"$scratch/store.jsonl" <<'PY'
import json, re, subprocess, sys
library, told = sys.argv[1:]
said = lambda *command: subprocess.run(command, capture_output=True, text=True, check=True).stdout
address = {w[2]: hex(int(w[0], 16)) for w in map(str.split, said("nm", library).splitlines()) if len(w) == 3}
code = []
for words in map(str.split, said("readelf", "-lW", library).splitlines()):
    if words[:1] == ["LOAD"] and "E" in "".join(words[6:-1]):
        offset, start, size = (int(words[i], 16) for i in (1, 2, 5))
        code.append([hex(start), hex(start + size), hex(offset)])
cves = [{"cve": cve, "complete": True, "patches": [], "functions": [
            {"name": name, "file": "demo.c", "kind": "exported", "entries": [address[name]], "inlined": [], "lines": [], "made": []}]}
        for cve, name in map(str.split, told.splitlines())]
print(json.dumps({"build_id": re.search("Build ID: ([0-9a-f]+)", said("readelf", "-n", library))[1], "file": "/usr/lib/x86_64-linux-gnu/libdemo.so.1",
    "soname": "libdemo.so.1", "package": "libdemo1", "source": "demo", "version": "1.0-1", "arch": "amd64", "equality": "identical",
    "dsc": {"name": "demo_1.0-1.dsc", "sha256": "0" * 64}, "code": code, "cves": cves, "elsewhere": [], "apart": []}))
PY
}
check 'what the symbol store has of it' make_store
check 'the image of the gate' push_agent
check 'the server finds the cluster' kube_server --symbols "$scratch/store.jsonl"
check 'an agent on the node' start_agent
check 'vulnerabilities and the functions that they name' give_both
check 'a job' submit "$(wanted)"
named() { kubectl -n $namespace get pods -l "vexxy.dev/analysis=$job" -o 'jsonpath={.items[0].spec.initContainers[0].env[?(@.name=="VEXXY_FUNCTIONS")].value}'; }
list_of_it() { for try in $(seq 300); do list=$(named 2>/dev/null) && [ -n "$list" ] && return 0; sleep 0.2; done; return 1; }
check 'whose gate names the list of functions' list_of_it
check 'it is complete' await_in "$job" complete 180
check 'its results are there' gives 200 GET "/api/v1/analysis/$job/results"
concluded
cp "$scratch/body" "$scratch/kube.json"
check 'its trace is there' trace_of "$job"
check 'which begins with the first exec of the image' begins_with_exec "$scratch/trace.gz" /usr/bin/app
check 'of nothing that was lost' nothing_lost "$scratch/trace.gz"
printf 'ran demo_begins\nran demo_called\nwatched %s/libdemo.so.1 4 before_code\n' "$lib" >"$scratch/expected"
check 'all functions were watched before any code of the library ran' eval 'watched "$scratch/trace.gz" | diff "$scratch/expected" -'
check 'the list that the gate named is the one that is kept' test -s "$data/blobs/${list:0:2}/$list"
check 'nothing of it is left' nothing_there
check 'the server ends' stop_server

check 'the local executor' start_server --symbols "$scratch/store.jsonl"
check 'the same records' give_both
completes 'the same job' "$(wanted)"
concluded
check 'the verdicts are the same' test "$(verdicts "$scratch/body")" = "$(verdicts "$scratch/kube.json")"
check 'it stops as well' stop_server
finish
