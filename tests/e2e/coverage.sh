#!/bin/bash
# How much of the code ran: every function of a stripped library, of a Go program and of a large library is listed, watched and
# counted; of each file, of all, and in each unit. The truth is in the programs' text.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh

need_tracing 'coverage is measured'
"$agent" probe | grep -q '^function  *uprobe_multi' || { skip 'coverage is measured' 'this kernel has no uprobe_multi (Linux 6.6)'; finish; }
command -v gcc >/dev/null || { skip 'coverage is measured' 'no gcc here'; finish; }
src=$scratch/src root=$scratch/root lib=/usr/lib/x86_64-linux-gnu
mkdir -p "$src" "$root$lib" "$root/usr/bin" "$root/lib64" "$root/etc" "$root/var/lib/dpkg/info" "$root/proc" "$root/sys" "$root/dev" "$root/tmp"
# Ten local functions behind one table, of which an argument chooses those that run.
{
	for i in 0 1 2 3 4 5 6 7 8 9; do
		echo "__attribute__((noinline, noclone)) static int part$i(int n) { __asm__ volatile(\"\"); return n * $((i + 3)); }"
	done
	echo 'static int (*const parts[])(int) = { part0, part1, part2, part3, part4, part5, part6, part7, part8, part9 };'
	echo 'int ten_call(const char *which) { int n = 0; for (; *which; which++) n += parts[*which - 48](n); return n; }'
} >"$src/ten.c"
cat >"$src/app.c" <<'C'
#include <unistd.h>
int ten_call(const char *);
int main(int argc, char **argv)
{
	int n = ten_call(argc > 1 ? argv[1] : "");
	usleep(300000); /* who has gone cannot be asked for callers */
	return n < 0;
}
C
build() {
	gcc -O2 -fno-ipa-icf -shared -fPIC -Wl,-soname,libten.so.1,--build-id -nostartfiles -o "$root$lib/libten.so.1" "$src/ten.c" &&
		gcc -O2 -o "$root/usr/bin/app" "$src/app.c" "$root$lib/libten.so.1" && strip "$root$lib/libten.so.1" &&
		cp -L "$(ldd "$root/usr/bin/app" | grep -o '/[^ ]*libc.so.6')" /lib64/ld-linux-x86-64.so.2 "$root$lib/" &&
		ln -sf "$lib/ld-linux-x86-64.so.2" "$root/lib64/ld-linux-x86-64.so.2"
}
check 'a program and a stripped library of eleven functions are built' build
printf 'ID=debian\nVERSION_ID="12"\n' >"$root/etc/os-release"
package() { # name, files…
	name=$1
	shift
	printf 'Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0-1\n\n' "$name" >>"$root/var/lib/dpkg/status"
	printf '%s\n' "$@" >"$root/var/lib/dpkg/info/$name.list"
}
package app /usr/bin/app
package libten1 "$lib/libten.so.1"
package libc6 "$lib/libc.so.6" "$lib/ld-linux-x86-64.so.2" /lib64/ld-linux-x86-64.so.2
echo '{"id":"CVE-2024-2001","affected":[{"package":{"ecosystem":"Debian:12","name":"libten1"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}],
"ecosystem_specific":{"imports":[{"path":"libten.so.1","symbols":["ten_call"],"source":"a test"}]}}]}' | tr -d '\n' >"$scratch/vulns.json"
sed 's/ten_call/ten_missing/' "$scratch/vulns.json" >"$scratch/other.json"
run() { # output directory, records, option…, -- command…
	out=$1 vulns=$2
	shift 2
	"$vexxy" run --rootfs "$root" --vulns "$vulns" -q -o "$out" "$@" || return 1
}
report() { # output directory, Python expression over p, the execution profile, that holds
	/usr/bin/python3 -c 'import json, sys
r = json.load(open(sys.argv[1] + "/report.json")); p = r["execution_profile"]; c = p.get("code_coverage", {})
o = {x["object"].split("/")[-1]: x for x in c.get("objects", [])}
assert eval(sys.argv[2]), json.dumps({k: p.get(k) for k in ("code_coverage_percent", "code_coverage")})' "$@"
}
a=$scratch/a
check 'every function of one library is watched' run "$a" "$scratch/other.json" --coverage-of '*/libten.so.*' -- /usr/bin/app 0252
check 'those that ran are counted: the library, three of its ten parts' report "$a" \
	'list(o) == ["libten.so.1"] and (c["functions"], c["ran"]) == (11, 4) and p["code_coverage_percent"] == 36.36'
check 'and said of the file' report "$a" 'o["libten.so.1"]["ran"] == 4 and o["libten.so.1"]["code_coverage_percent"] == 36.36 and not o["libten.so.1"]["late"]'
check 'replay tells it from the trace alone' sh -c "'$vexxy' replay '$a/run.trace.gz' --stats | grep -q '^functions that ran: 36.36 %, 4 of 11'"
check 'also in JSON' sh -c "'$vexxy' replay '$a/run.trace.gz' --stats --format json | grep -q '\"code_coverage_percent\":[ ]*36.36'"
check 'and which: a local function by its address' sh -c "zcat '$a/run.trace.gz' | grep '\"kind\":\"function\"' | grep -c '\"symbol\":\"0x[0-9a-f]*\",.*\"start\":true' | grep -qx 3"
check 'the list was for coverage alone: no callers' sh -c "! zcat '$a/run.trace.gz' | grep -q '\"stack\"'"
again() {
	"$vexxy" analyze --trace "$a/run.trace.gz" --rootfs "$root" --vulns "$scratch/other.json" -q -o "$scratch/again" && cmp "$a/report.json" "$scratch/again/report.json"
}
check 'the same again gives the same bytes' again
b=$scratch/b
check 'several runs, beside a vulnerable function' run "$b" "$scratch/vulns.json" --coverage-of '*/libten.so.*' --repeat 2 -- /usr/bin/app 13
check 'what ran in either counts once' report "$b" 'c["ran"] == 3 and [u["ran"] for u in c["units"]] == [3, 3]'
check 'the vulnerable one is found, with its callers' report "$b" '[(v["rule"], len(v["hits"][0]["stack"]) > 0) for v in r["verdicts"]] == [("R3", True)]'
check 'without coverage the list has the same identity' sh -c "'$vexxy' run --rootfs '$root' --vulns '$scratch/vulns.json' -q -o '$scratch/c' -- /usr/bin/app &&
	[ \"\$(head -n 1 '$scratch/c/run.functions')\" = \"\$(head -n 1 '$b/run.functions')\" ] && ! grep -q '^start' '$scratch/c/run.functions'"
check 'and the report no percentage' report "$scratch/c" '"code_coverage_percent" not in p'
check 'all of an image is watched' run "$scratch/d" "$scratch/other.json" --coverage -- /usr/bin/app 7
check 'each file that was loaded counts, and no other' report "$scratch/d" \
	'sorted(o) == ["app", "ld-linux-x86-64.so.2", "libc.so.6", "libten.so.1"] and o["libten.so.1"]["ran"] == 2 and o["libc.so.6"]["functions"] > 2000'
check 'a pattern that matches nothing is told' fails_with 1 'coverage: no program or library' \
	"$vexxy" run --rootfs "$root" --vulns "$scratch/other.json" -q -o "$scratch/e" --coverage-of '/nothing' -- /usr/bin/app

# ---- by hand, and large ----
t=$scratch/t.gz
of_file() { # what runs, files…
	words=$1
	shift
	"$vexxy" symbols starts "$@" -o "$scratch/list" 2>"$scratch/err" && eval "$agent record -q --coverage -o $t --functions $scratch/list -- $words" >/dev/null &&
		"$vexxy" replay "$t" --stats >"$scratch/stats"
}
check 'a list can be made of any file' of_file 'ls /' "$(command -v ls)" "$root$lib/libten.so.1" "$(command -v ls)"
check 'and is counted' grep -q '^functions that ran: [0-9.]* %' "$scratch/stats"
check 'a file that is none is refused' fails_with 1 "$scratch/vulns.json'.*ELF" "$vexxy" symbols starts "$scratch/vulns.json"
if command -v go >/dev/null; then
	printf 'package main\n//go:noinline\nfunc ran(n int) int { return n * 2 }\n//go:noinline\nfunc idle(n int) int { return n * 3 }\nfunc main() { n := ran(2); if n > 9 { n = idle(n) }; println(n) }\n' >"$src/main.go"
	check 'a stripped Go program is watched' sh -c "cd '$src' && GOFLAGS=-mod=mod go build -ldflags='-s -w' -o '$scratch/gone' main.go"
	check 'by its own table' of_file "$scratch/gone" "$scratch/gone"
	check 'what ran has its name' sh -c "zcat '$t' | grep -q '\"symbol\":\"main.ran\"' && ! zcat '$t' | grep -q '\"symbol\":\"main.idle\"'"
else
	skip 'a stripped Go program is watched' 'no go here'
fi
large=$(ldconfig -p | sed -n 's/.*libLLVM-14.so.1 .*=> //p' | head -n 1)
if [ -n "$large" ] && command -v clang-14 >/dev/null; then
	echo 'int main(void) { return 0; }' >"$src/large.c"
	check 'the hundred thousand functions of a large library are watched' of_file "clang-14 -S -o /dev/null $src/large.c" "$large"
	check 'some of them ran' grep -qE '^functions that ran: [0-9.]+ %, [0-9]{4,} of [0-9]{5,}' "$scratch/stats"
	check 'nothing was lost' grep -q '^losses *none' "$scratch/stats"
else
	skip 'the hundred thousand functions of a large library are watched' 'no libLLVM and clang-14 here'
fi
finish
