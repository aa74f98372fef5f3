#!/bin/bash
# From a vulnerable function's name to a verdict: a program and two libraries are built, run and watched, and each of R2 to R5 is
# reached by what really happened. The truth is in the program's text: which functions it calls is written there.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh

need_tracing 'vulnerable functions are watched'
command -v gcc >/dev/null || { skip 'vulnerable functions are watched' 'no gcc here'; finish; }
src=$scratch/src root=$scratch/root lib=/usr/lib/x86_64-linux-gnu
mkdir -p "$src" "$root$lib" "$root/usr/bin" "$root/lib64" "$root/etc" "$root/var/lib/dpkg/info" "$root/proc" "$root/sys" "$root/dev" "$root/tmp"
cat >"$src/demo.c" <<'C'
#include <stdio.h>
__attribute__((noinline)) static int deep(int n) { return n * 3 + (n > 100 ? printf("deep %d\n", n) : 0); }
__attribute__((noinline)) static int hidden(int n) { return n - 7 + (n > 100 ? printf("hidden %d\n", n) : 0); }
__attribute__((constructor)) void demo_begins(void) { static volatile int begun; begun++; }
int demo_called(int n) { return deep(n) + 1; }
int demo_imported(int n) { return n + 2; }
int demo_stranger(int n) { return hidden(n) + 4; }
C
# What is not called by its name: chosen when it is loaded, by version, through a table, by a signal.
cat >>"$src/demo.c" <<'C'
#include <signal.h>
#define ALONE __attribute__((noinline, noclone))
static volatile int pick;
ALONE int chosen_fast(int n) { return n * 11; }
ALONE int chosen_slow(int n) { return n * 12; }
static int (*choose(void))(int) { return pick ? chosen_slow : chosen_fast; }
int demo_chosen(int) __attribute__((ifunc("choose")));
ALONE int unused_fast(int n) { return n * 13; }
ALONE int unused_slow(int n) { return n * 14; }
static int (*choose_unused(void))(int) { return pick ? unused_slow : unused_fast; }
int demo_unused(int) __attribute__((ifunc("choose_unused")));
__asm__(".symver version_old,demo_version@DEMO_1");
__asm__(".symver version_new,demo_version@@DEMO_2");
ALONE int version_old(int n) { return n - 20; }
ALONE int version_new(int n) { return n + 20; }
ALONE static int tabled(int n) { return n * 21 + pick; }
ALONE static int tabled_beside(int n) { return n * 22 + pick; }
ALONE static int tabled_idle(int n) { return n * 23 + pick; }
ALONE static int tabled_idle_beside(int n) { return n * 24 + pick; }
static int (*const table[])(int) = { tabled_beside, tabled };
static int (*const idle_table[])(int) = { tabled_idle, tabled_idle_beside };
int demo_table(int n) { return table[n & 1](n); }
int demo_idle_table(int n) { return idle_table[n & 1](n); }
ALONE static void on_signal(int n) { pick = n * 0; }
ALONE static void on_idle_signal(int n) { pick = n * 2; }
void demo_handle(void) { signal(SIGUSR1, on_signal); }
void demo_handle_idle(void) { signal(SIGUSR2, on_idle_signal); }
C
printf 'DEMO_1 { global: demo_*; chosen_*; unused_*; local: *; };\nDEMO_2 { } DEMO_1;\n' >"$src/demo.map"
echo 'int plug_called(int n) { return n * 5; }' >"$src/plug.c"
cat >"$src/app.c" <<'C'
#include <dlfcn.h>
#include <stdio.h>
#include <unistd.h>
#include <signal.h>
int demo_called(int), demo_imported(int), demo_chosen(int), demo_unused(int), demo_version(int), demo_table(int);
void demo_handle(void);
int main(int argc, char **argv)
{
	int n = demo_called(argc) + demo_chosen(argc) + demo_version(argc) + demo_table(1);
	demo_handle();
	raise(SIGUSR1);
#ifdef PLUG
	void *plug = dlopen("libplug.so.1", RTLD_NOW);
	int (*call)(int) = plug ? (int (*)(int))dlsym(plug, "plug_called") : 0;
	n += call ? call(n) : 0;
#endif
	return argc > 9 ? demo_imported(n) + demo_unused(n) : n > 1000;
}
C
build() {
	gcc -O2 -g -shared -fPIC -Wl,-soname,libdemo.so.1,--version-script="$src/demo.map" -o "$root$lib/libdemo.so.1" "$src/demo.c" &&
		gcc -O2 -shared -fPIC -Wl,-soname,libplug.so.1 -o "$root$lib/libplug.so.1" "$src/plug.c" &&
		gcc -O2 -Wl,-z,now -o "$root/usr/bin/app" "$src/app.c" "$root$lib/libdemo.so.1" &&
		gcc -O2 -DPLUG -o "$root/usr/bin/plugged" "$src/app.c" "$root$lib/libdemo.so.1" -ldl &&
		nm "$root$lib/libdemo.so.1" >"$scratch/names" && strip "$root$lib"/lib*.so.1 "$root"/usr/bin/*
	for file in $(ldd "$root/usr/bin/app" | grep -o '/[^ ]*libc.so.6') /lib64/ld-linux-x86-64.so.2; do
		cp -L "$file" "$root$lib/${file##*/}" || return 1
	done
	ln -sf "$lib/ld-linux-x86-64.so.2" "$root/lib64/ld-linux-x86-64.so.2"
}
check 'the program and its libraries are built' build
printf 'ID=debian\nVERSION_ID="12"\n' >"$root/etc/os-release"
package() { # name, files…
	name=$1
	shift
	printf 'Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\n\n' "$name" >>"$root/var/lib/dpkg/status"
	printf '%s\n' "$@" >"$root/var/lib/dpkg/info/$name.list"
}
package app /usr/bin/app /usr/bin/plugged
package libdemo1 "$lib/libdemo.so.1"
package libplug1 "$lib/libplug.so.1"
package libc6 "$lib/libc.so.6" "$lib/ld-linux-x86-64.so.2" /lib64/ld-linux-x86-64.so.2

# One CVE for each function; what the store knows of them comes from the symbols that the stripped library has not any more.
/usr/bin/python3 - "$root$lib/libdemo.so.1" "$scratch" <<'PY'
import json, re, subprocess, sys
library, scratch = sys.argv[1:]
def record(n, package, path, *symbols):
    return {"id": f"CVE-2024-{n}", "affected": [{"package": {"ecosystem": "Debian:12", "name": package},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}],
            "ecosystem_specific": {"imports": [{"path": path, "symbols": list(symbols), "source": "a test"}]}}]}
records = [record(1001, "libdemo1", "libdemo.so.1", "deep"), record(1002, "libdemo1", "libdemo.so.1", "hidden"),
           record(1003, "libdemo1", "libdemo.so.1", "demo_imported"), record(1004, "libdemo1", "libdemo.so.1", "never_compiled"),
           record(1005, "libdemo1", "libdemo.so.1", "demo_begins"), record(1006, "libplug1", "libplug.so.1", "plug_called"),
           record(1007, "libdemo1", "libdemo.so.1", "demo_stranger"),
           record(1109, "libdemo1", "libdemo.so.1", "demo_chosen"), record(1110, "libdemo1", "libdemo.so.1", "demo_unused"),
           record(1111, "libdemo1", "libdemo.so.1", "demo_version"), record(1112, "libdemo1", "libdemo.so.1", "version_old"),
           record(1113, "libdemo1", "libdemo.so.1", "tabled"), record(1114, "libdemo1", "libdemo.so.1", "tabled_idle"),
           record(1115, "libdemo1", "libdemo.so.1", "on_signal"), record(1116, "libdemo1", "libdemo.so.1", "on_idle_signal"),
           record(1008, "libdemo1", "libdemo.so.1", "never_compiled", "never_looked_for"),
           record(1009, "libdemo1", "*", "far_away"), record(1010, "libdemo1", "*", "far_away"), record(1011, "libdemo1", "*", "far_away")]
for r in records[-2:]:
    r["affected"][0]["database_specific"] = {"vexxy": {"partial": "1 of 2 changes"}}
with open(f"{scratch}/vulns.jsonl", "w") as out:
    out.writelines(json.dumps(r) + "\n" for r in records)
address = {line.split()[2]: int(line.split()[0], 16) for line in open(f"{scratch}/names") if len(line.split()) == 3}
notes = subprocess.run(["readelf", "-n", library], capture_output=True, text=True).stdout
code = []
for line in subprocess.run(["readelf", "-lW", library], capture_output=True, text=True).stdout.splitlines():
    words = line.split()
    if words[:1] == ["LOAD"] and "E" in "".join(words[6:-1]):
        offset, start, size = (int(words[i], 16) for i in (1, 2, 5))
        code.append([hex(start), hex(start + size), hex(offset)])
def function(name, kind, **places):
    return {"name": name, "file": "demo.c", "kind": kind, "entries": [], "inlined": [], "lines": [], "made": [], **places}
cves = [{"cve": f"CVE-2024-{n}", "complete": True, "patches": [],
         "functions": [function(name, kind, entries=[hex(address[name])] if name in address else [])]}
        for n, name, kind in ((1001, "deep", "local"), (1002, "hidden", "local"), (1003, "demo_imported", "exported"),
                              (1004, "never_compiled", "not_compiled"), (1008, "never_compiled", "not_compiled"),
                              (1112, "version_old", "local"), (1113, "tabled", "local"), (1114, "tabled_idle", "local"),
                              (1115, "on_signal", "local"), (1116, "on_idle_signal", "local"))]
line = {"build_id": re.search("Build ID: ([0-9a-f]+)", notes)[1], "file": "/usr/lib/x86_64-linux-gnu/libdemo.so.1", "soname": "libdemo.so.1",
        "package": "libdemo1", "source": "demo", "version": "1.0-1", "arch": "amd64", "equality": "identical",
        "dsc": {"name": "demo_1.0-1.dsc", "sha256": "0" * 64}, "code": code, "cves": cves,
        "elsewhere": ["CVE-2024-1009", "CVE-2024-1010", "CVE-2024-1011"],
        "apart": [{"cve": "CVE-2024-1010", "of": "1 of 2 changes"}, {"cve": "CVE-2024-1011", "of": "2 of 2 changes"}]}
other = {**line, "build_id": "00ff", "package": "demo-tools", "elsewhere": [], "apart": [], "cves": [
    {"cve": f"CVE-2024-{n}", "complete": n == 1009, "why": "1 of 2 changes", "patches": [],
     "functions": [function("far_away", "local", entries=code[0][:1])]} for n in (1009, 1010, 1011)]}
open(f"{scratch}/store.jsonl", "w").write(json.dumps(line) + "\n" + json.dumps(other) + "\n")
PY
run() { # output directory, command…
	out=$1
	shift
	"$vexxy" run --rootfs "$root" --vulns "$scratch/vulns.jsonl" --symbols "$scratch/store.jsonl" -o "$out" --repeat 2 -- "$@" >"$out.table" 2>&1 ||
		{ cat "$out.table"; return 1; }
}
verdict() { # output directory, CVE, status, rule, words in the reason
	/usr/bin/python3 - "$@" <<'PY'
import json, sys
out, cve, status, rule, words = sys.argv[1:]
v = next(v for v in json.load(open(out + "/report.json"))["verdicts"] if v["id"] == cve)
if (v["status"], v["rule"]) != (status, rule) or words not in v["reason"]:
    sys.exit(f"{cve}: {v['status']} by {v['rule']}: {v['reason']}\n" + json.dumps({k: v.get(k) for k in ("sites", "hits", "proofs", "evidence")}, indent=1))
PY
}
a=$scratch/app
check 'the program is recorded, with its functions watched' run "$a" /usr/bin/app
check 'the list of what was watched stays beside the trace' grep -q '^vexxy-functions 1' "$a/run.functions"
check 'a static function that ran: affected' verdict "$a" CVE-2024-1001 affected R3 'deep in '
check 'one that ran in a constructor: affected' verdict "$a" CVE-2024-1005 affected R3 'demo_begins in '
check 'one that nothing imports, nor what leads to it: not affected' verdict "$a" CVE-2024-1002 not_affected R4 'nothing loadable can reach'
check 'one that is imported and did not run: under investigation' verdict "$a" CVE-2024-1003 under_investigation R5 'demo_imported'
check 'one that was never compiled: not affected' verdict "$a" CVE-2024-1004 not_affected R2 'are not in libdemo1'
check 'one whose copies are not known: under investigation' verdict "$a" CVE-2024-1007 under_investigation R5 'inlined'
check 'one of which the store knows a part only: not proved absent' verdict "$a" CVE-2024-1008 affected R6 'in use'
check 'one that only another package of the source has: not affected' verdict "$a" CVE-2024-1009 not_affected R2 'are not in libdemo1'
check '… also when its fix changes more, of which the store knows that the package has none' \
	verdict "$a" CVE-2024-1010 not_affected R2 'anything else of the sources that the fix changes'
check '… and not when it is of another record that the store knows that' verdict "$a" CVE-2024-1011 affected R6 'in use'
check 'one that is chosen when it is loaded (IFUNC) ran: affected' verdict "$a" CVE-2024-1109 affected R3 'demo_chosen in '
check 'one whose resolver alone ran: under investigation' verdict "$a" CVE-2024-1110 under_investigation R5 'demo_unused'
check 'a versioned function that ran: affected' verdict "$a" CVE-2024-1111 affected R3 'demo_version in '
check 'its older version, which did not: under investigation' verdict "$a" CVE-2024-1112 under_investigation R5 'demo_version'
check 'one that only a table leads to ran: affected' verdict "$a" CVE-2024-1113 affected R3 'tabled in '
check 'one in a table that was not used: under investigation' verdict "$a" CVE-2024-1114 under_investigation R5 'imports demo_called and 1 more names that lead there'
check 'one that only a signal leads to ran: affected' verdict "$a" CVE-2024-1115 affected R3 'on_signal in '
check 'one for a signal that nothing asks for: not affected' verdict "$a" CVE-2024-1116 not_affected R4 'nothing loadable can reach'
check 'the table tells apart that a function ran' grep -q 'the function ran: deep in ' "$a.table"
check 'explain tells where and when' sh -c "'$vexxy' explain '$a' CVE-2024-1001 | grep -q 'trace 1, line'"
check 'and by which way one that did not run can be reached' sh -c "'$vexxy' explain '$a' CVE-2024-1003 | grep -A 1 '^a way there *.*/usr/bin/app imports demo_imported' | grep -q '  by 0x[0-9a-f]* demo_imported'"
check 'through others, too' sh -c "'$vexxy' explain '$a' CVE-2024-1010 | grep -q '^a way there' || '$vexxy' explain '$a' CVE-2024-1112 | grep -q '^a way there'"
check 'the document says so' "$vexxy" lint "$a/vex.openvex.json"
again() {
	"$vexxy" analyze --trace "$a/run.1.trace.gz" "$a/run.2.trace.gz" --rootfs "$root" --vulns "$scratch/vulns.jsonl" \
		--symbols "$scratch/store.jsonl" -q -o "$scratch/again" && cmp "$a/report.json" "$scratch/again/report.json"
}
check 'the same again gives the same bytes' again
unwatched() { # without the store other places are asked for than were watched: their silence says nothing
	"$vexxy" analyze --trace "$a/run.1.trace.gz" --rootfs "$root" --vulns "$scratch/vulns.jsonl" -q -o "$scratch/unwatched" &&
		verdict "$scratch/unwatched" CVE-2024-1003 affected R6 'in use' && verdict "$scratch/unwatched" CVE-2024-1005 affected R3 'demo_begins'
}
check 'places that were not watched are not silent' unwatched
p=$scratch/plugged
check 'a program that loads a library by name is recorded' run "$p" /usr/bin/plugged
check 'its function ran at once after it was loaded: affected' verdict "$p" CVE-2024-1006 affected R3 'plug_called in '
check 'what can be looked up by name is not proved unreachable by imports' sh -c \
	"! '$vexxy' explain '$p' CVE-2024-1007 | grep -q '^verdict *not_affected'"
finish
