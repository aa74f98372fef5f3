#!/bin/bash
# Code of a static library in a stripped program: liblzma.a as Debian ships it becomes signatures, a program that was linked with it is
# recognised, watched, and judged by what it really did. The truth is in the program's text: "mt" decodes with threads.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh

need_tracing 'a static library in a program'
archive=/usr/lib/x86_64-linux-gnu/liblzma.a
for tool in gcc strip nm dpkg-deb xz; do
	command -v $tool >/dev/null || { skip 'a static library in a program' "no $tool here"; finish; }
done
[ -f $archive ] || { skip 'a static library in a program' "no $archive here (package: liblzma-dev)"; finish; }
root=$scratch/root lib=/usr/lib/x86_64-linux-gnu
mkdir -p "$root$lib" "$root/usr/bin" "$root/etc" "$root/var/lib/dpkg/info" "$root/proc" "$root/sys" "$root/dev" "$root/tmp"
cat >"$scratch/app.c" <<'C'
#include <lzma.h>
#include <stdio.h>
int main(int argc, char **argv)
{
	static unsigned char in[1 << 20], out[1 << 20];
	lzma_stream s = LZMA_STREAM_INIT;
	lzma_mt mt = { .threads = 2, .memlimit_threading = 1 << 26, .memlimit_stop = 1 << 28 };
	FILE *f = fopen("/t.xz", "r");
	lzma_ret r = argc > 1 ? lzma_stream_decoder_mt(&s, &mt) : lzma_stream_decoder(&s, UINT64_MAX, 0);

	(void)argv;
	s.next_in = in;
	s.avail_in = f ? fread(in, 1, sizeof(in), f) : 0;
	while (r == LZMA_OK) {
		s.next_out = out;
		s.avail_out = sizeof(out);
		r = lzma_code(&s, LZMA_FINISH);
	}
	lzma_end(&s);
	return r == LZMA_STREAM_END ? 0 : 1;
}
C
build() {
	gcc -O2 -static -o "$scratch/app" "$scratch/app.c" $archive -lpthread && nm "$scratch/app" >"$scratch/names" &&
		strip -R .note.gnu.build-id -o "$root/usr/bin/app" "$scratch/app" &&
		seq 60000 >"$scratch/t" && xz -T2 --block-size=20000 -c "$scratch/t" >"$root/t.xz" &&
		cp -L $lib/liblzma.so.5 "$root$lib/liblzma.so.5"
}
check 'a program is linked statically, stripped, and has no build-id' build
printf 'ID=debian\nVERSION_ID="12"\n' >"$root/etc/os-release"
printf 'Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: 5.4.1-0\nSource: xz-utils\n\n' liblzma5 >"$root/var/lib/dpkg/status"
printf 'Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n' app >>"$root/var/lib/dpkg/status"
echo $lib/liblzma.so.5 >"$root/var/lib/dpkg/info/liblzma5.list"
echo /usr/bin/app >"$root/var/lib/dpkg/info/app.list"
cat >"$scratch/vulns.jsonl" <<'J'
{"id":"CVE-2025-31115","affected":[{"package":{"ecosystem":"Debian:12","name":"xz-utils"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}]}]}
{"id":"CVE-1999-0001","affected":[{"package":{"ecosystem":"Debian:12","name":"xz-utils"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"}]}],"ecosystem_specific":{"imports":[{"path":"*","symbols":["inlined_away"]}]}}]}
J
deb() { # the library as the package on this machine has it
	version=$(dpkg-query -W -f '${Version}' liblzma-dev 2>/dev/null || echo 1)
	mkdir -p "$scratch/deb/DEBIAN" "$scratch/deb$lib" && cp $archive "$scratch/deb$lib/" &&
		printf 'Package: liblzma-dev\nSource: xz-utils\nVersion: %s\nArchitecture: amd64\nMaintainer: nobody\nDescription: test\n' "$version" >"$scratch/deb/DEBIAN/control" &&
		dpkg-deb -Zgzip --root-owner-group -b "$scratch/deb" "$scratch/liblzma-dev.deb" >/dev/null
}
check 'the package of the library is made' deb
signatures() {
	"$vexxy" symbols signatures "$scratch/liblzma-dev.deb" --advisories deploy/advisories/functions.osv.jsonl -o "$scratch/store.jsonl" 2>"$scratch/said" || {
		cat "$scratch/said"
		return 1
	}
	grep -q '"name":"worker_decoder","file":"src/liblzma/common/stream_decoder_mt.c"' "$scratch/store.jsonl" || { head -c 2000 "$scratch/store.jsonl"; return 1; }
}
check 'signatures of its vulnerable functions are made' signatures
check 'the same again gives the same bytes' sh -c "'$vexxy' symbols signatures '$scratch/liblzma-dev.deb' --advisories deploy/advisories/functions.osv.jsonl 2>/dev/null | cmp - '$scratch/store.jsonl'"
lookup() { # the address is that of the symbol which stripping took away
	address=$(awk '$3 == "worker_decoder" { sub(/^0*/, "", $1); print "0x" $1 }' "$scratch/names")
	"$vexxy" symbols lookup "$root/usr/bin/app" CVE-2025-31115 --store "$scratch/store.jsonl" >"$scratch/out" || { cat "$scratch/out"; return 1; }
	grep -q "$address@0x[0-9a-f]* worker_decoder .*liblzma-dev" "$scratch/out" || { echo "$address is not in:"; cat "$scratch/out"; return 1; }
}
check 'the function is found in the program by its code' lookup
other() { "$vexxy" symbols lookup /bin/true --store "$scratch/store.jsonl" >"$scratch/out"; [ $? = 3 ] && grep -q 'knows nothing of it' "$scratch/out"; }
check 'and in no other one' other
run() { # output directory, store, command…
	out=$1 store=$2
	shift 2
	"$vexxy" run --rootfs "$root" --vulns "$scratch/vulns.jsonl" --advisories deploy/advisories/functions.osv.jsonl --symbols "$store" -o "$out" \
		--repeat 2 -- "$@" >"$out.table" 2>&1 || { cat "$out.table"; return 1; }
}
verdict() { # output directory, status, rule, words in the reason, another CVE
	/usr/bin/python3 - "$@" <<'PY'
import json, sys
out, status, rule, words, *cve = sys.argv[1:]
v = next(v for v in json.load(open(out + "/report.json"))["verdicts"] if v["id"] == (cve or ["CVE-2025-31115"])[0])
if (v["status"], v["rule"]) != (status, rule) or words not in v["reason"]:
    sys.exit(f"{v['status']} by {v['rule']}: {v['reason']}\n" + json.dumps({k: v.get(k) for k in ("sites", "rung", "hits", "evidence")}, indent=1))
PY
}
check 'it is recorded, and its functions watched, where they run' run "$scratch/mt" "$scratch/store.jsonl" /usr/bin/app mt
check '… then: affected, though the library of the package was never used' verdict "$scratch/mt" affected R3 'worker_decoder in /usr/bin/app ran'
check 'it is recorded where they do not run' run "$scratch/one" "$scratch/store.jsonl" /usr/bin/app
check '… then: under investigation' verdict "$scratch/one" under_investigation R5 'was linked with liblzma.a of liblzma-dev'
check 'the report says by which rung' grep -q '"rung": "signature"' "$scratch/mt/report.json"
idle() { # a program that has the code, and another one runs
	cp /bin/busybox "$root/usr/bin/busybox" && run "$scratch/idle" "$scratch/store.jsonl" /usr/bin/busybox true &&
		verdict "$scratch/idle" under_investigation R9 'linked into /usr/bin/app'
}
check 'where it does not run at all, its code still keeps the package from being unused' idle
check '… also where the function at fault has no signature, but another one of the library was found' \
	verdict "$scratch/idle" under_investigation R9 'linked into /usr/bin/app' CVE-1999-0001
check '… and where that program runs: silence of what cannot be told is no use of the shared library' \
	verdict "$scratch/one" under_investigation R9 'linked into /usr/bin/app' CVE-1999-0001
unnamed() { # the store alone says so, too
	traces=()
	for trace in "$scratch"/idle/*.trace.gz; do traces+=(--trace "$trace"); done
	"$vexxy" analyze "${traces[@]}" --rootfs "$root" --vulns "$scratch/vulns.jsonl" --symbols "$scratch/store.jsonl" \
		-o "$scratch/unnamed" >"$scratch/unnamed.table" 2>&1 || { cat "$scratch/unnamed.table"; return 1; }
	verdict "$scratch/unnamed" under_investigation R9 'linked into /usr/bin/app'
}
check '… also when no advisory names the functions' unnamed
check 'the documents are whole' "$vexxy" lint "$scratch/mt/vex.openvex.json"
finish
