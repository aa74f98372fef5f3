#!/bin/sh
# vexxy advisory as a person calls it: a small source package made here, without any network, becomes records that hold.
. tests/lib.sh
work=$scratch/work pkg=$scratch/pkg
mkdir -p "$work" "$pkg" "$scratch/tmp"
export TMPDIR="$scratch/tmp"
command -v ctags >/dev/null || { skip "the functions that a fix touches are found" "universal-ctags is not installed" && finish; }

# The sources of upstream, and the patches of the distribution: one of nobody's business, one that names a CVE in its file name
# and one in its description, and one that renames what was fixed.
mkdir -p "$work/demo-1.0/lib" "$work/demo-1.0/tests"
cat >"$work/demo-1.0/lib/demo.c" <<'EOF'
#include <stdio.h>

static int checked(int x)
{
	return x + 1;
}

int demo_run(int x)
{
	return checked(x);
}

int demo_other(void)
{
	return 7;
}
EOF
cp "$work/demo-1.0/lib/demo.c" "$work/demo-1.0/tests/demo.c"
mkdir -p "$work/debian/patches/more" "$work/debian/source"
cat >"$work/debian/changelog" <<'EOF'
demo (1.0-1+deb12u2) bookworm-security; urgency=high

  * Fix the fix of CVE-2024-0002.

 -- A Person <a@person.example>  Tue, 02 Jan 2024 03:04:05 +0000

demo (1.0-1+deb12u1) bookworm; urgency=medium

  * Fix CVE-2024-0001 and CVE-2024-0002.

 -- A Person <a@person.example>  Mon, 01 Jan 2024 03:04:05 +0000
EOF
cat >"$work/debian/patches/series" <<'EOF'
# as quilt reads it
first.patch
CVE-2024-0001.patch   -p1
more/second.patch -p0 # said
rename.patch
EOF
cat >"$work/debian/patches/first.patch" <<'EOF'
--- a/lib/demo.c
+++ b/lib/demo.c
@@ -1,3 +1,5 @@
 #include <stdio.h>
+#include <stdlib.h>
+#include <string.h>
 
 static int checked(int x)
EOF
cat >"$work/debian/patches/CVE-2024-0001.patch" <<'EOF'
Description: the line numbers are those of other sources, and the heading names another function
--- a/lib/demo.c
+++ b/lib/demo.c
@@ -3,4 +3,6 @@ int demo_other(void)
 static int checked(int x)
 {
+	if (x > 100)
+		return 0;
 	return x + 1;
 }
--- a/tests/demo.c
+++ b/tests/demo.c
@@ -13,4 +13,4 @@
 int demo_other(void)
 {
-	return 7;
+	return 8;
 }
EOF
cat >"$work/debian/patches/more/second.patch" <<'EOF'
Subject: limit (CVE-2024-0002, CVE-2024-0003)

--- lib/demo.c.orig
+++ lib/demo.c
@@ -17,4 +17,5 @@
 int demo_other(void)
 {
-	return 7;
+	return LIMIT;
 }
+#define LIMIT 8
EOF
cat >"$work/debian/patches/rename.patch" <<'EOF'
--- a/lib/demo.c
+++ b/lib/demo.c
@@ -4,3 +4,3 @@
 
-static int checked(int x)
+static int bounded(int x)
 {
EOF
pack() { # file, directory, what
	tar -C "$2" --sort=name --mtime=@0 --owner=0 --group=0 -cf - "$3" | gzip -n >"$1"
}
sums() { # format, files…: the .dsc
	format=$1
	shift
	printf 'Format: %s\nSource: demo\nVersion: 1.0-1+deb12u2\nChecksums-Sha256:\n' "$format"
	for file in "$@"; do
		printf ' %s %s %s\n' "$(sha256sum "$pkg/$file" | cut -d' ' -f1)" "$(stat -c %s "$pkg/$file")" "$file"
	done
}
pack "$pkg/demo_1.0.orig.tar.gz" "$work" demo-1.0
pack "$pkg/demo_1.0-1+deb12u2.debian.tar.gz" "$work" debian
dsc=$pkg/demo_1.0-1+deb12u2.dsc
sums '3.0 (quilt)' demo_1.0.orig.tar.gz demo_1.0-1+deb12u2.debian.tar.gz >"$dsc"

of() { # CVE, Python expression on r (record), e (its one entry), v (what is ours)
	/usr/bin/python3 - "$scratch/records.jsonl" "$1" "$2" <<'EOF'
import json, sys
records = {r["id"]: r for r in map(json.loads, open(sys.argv[1]))}
r = records[sys.argv[2]]
e = r["affected"][0]
v = e["database_specific"]["vexxy"]
if not eval(sys.argv[3]): sys.exit(json.dumps(r, indent=1))
EOF
}
same() { cmp "$1" "$2"; }
nothing_left() { [ -z "$(ls -A "$TMPDIR")" ] || { ls "$TMPDIR"; return 1; }; }

check "records are made of a source package, without a network" "$vexxy" advisory from-source "$dsc" -o "$scratch/records.jsonl"
check "one for each CVE, sorted" test "$(cut -d'"' -f8 "$scratch/records.jsonl" | tr '\n' ' ')" = 'CVE-2024-0001 CVE-2024-0002 CVE-2024-0003 '
check "the function around the lines, not that of the heading" of CVE-2024-0001 \
	'e["ecosystem_specific"]["imports"] == [{"path": "*", "symbols": ["bounded", "checked"], "source": "debian/patches/CVE-2024-0001.patch"}]'
check "… which was renamed later in the series" of CVE-2024-0001 \
	'v["patches"][0]["functions"] == [{"file": "lib/demo.c", "name": "checked", "change": "modified", "now": "bounded"}]'
check "tests are dropped" of CVE-2024-0001 'v["patches"][0]["files_idle"] == ["tests/demo.c"] and "partial" not in v'
check "the release, the package and the version with the fix" of CVE-2024-0001 \
	'e["package"] == {"ecosystem": "Debian:12", "name": "demo"} and e["ranges"][0]["events"] == [{"introduced": "0"}, {"fixed": "1.0-1+deb12u1"}]'
check "a fix that was mended is one when it was mended" of CVE-2024-0002 \
	'e["ranges"][0]["events"][1] == {"fixed": "1.0-1+deb12u2"} and v["named_in"] == ["1.0-1+deb12u2", "1.0-1+deb12u1"]'
check "what the changelog does not name is fixed in this version" of CVE-2024-0003 \
	'v["fixed_by"] == "version" and e["ranges"][0]["events"][1] == {"fixed": "1.0-1+deb12u2"}'
check "a patch of several CVEs says so, and what is outside of functions" of CVE-2024-0002 \
	'v["shared_with"] == ["CVE-2024-0003"] and v["patches"][0]["changes_outside"] == 1 and v["partial"] == "1 of 2 changes are outside of any function; a patch is of several CVEs together"'
check "where it comes from" of CVE-2024-0001 \
	'v["dsc"] == "demo_1.0-1+deb12u2.dsc" and len(v["dsc_sha256"]) == 64 and r["modified"] == "2024-01-02T03:04:05Z"'
"$vexxy" advisory from-source "$dsc" >"$scratch/again.jsonl" 2>"$scratch/said"
check "the same package gives the same bytes" same "$scratch/records.jsonl" "$scratch/again.jsonl"
check "… and is summed up on stderr" grep -qx 'demo 1.0-1+deb12u2: 3 CVEs in 2 of 4 patches, 3 with functions' "$scratch/said"
check "check finds no fault in them: 0" "$vexxy" advisory check "$scratch/records.jsonl"

# Records reach the findings of an image that has the package.
root=$scratch/root
mkdir -p "$root/var/lib/dpkg/info" "$root/etc" "$root/usr/lib"
printf 'ID=debian\nVERSION_ID="12"\n' >"$root/etc/os-release"
printf 'Package: libdemo1\nStatus: install ok installed\nSource: demo\nVersion: 1.0-1\nArchitecture: amd64\n\n' >"$root/var/lib/dpkg/status"
printf '/usr/lib/libdemo.so.1\n' >"$root/var/lib/dpkg/info/libdemo1.list"
echo x >"$root/usr/lib/libdemo.so.1"
printf '%s\n%s\n' '{"vexxy_trace":"1.0","agent":"0.1.0","node":{"name":"n","kernel":"6","arch":"x86_64","boot_id":"b"},"clock":{"start":"2024-01-01T00:00:00Z","boottime_ns":0},"container":{},"watch":{"backend":"raw","began":"first_exec","policy":"first-seen","kinds":["exec"],"attach":[],"functions":0}}' \
	'{"kind":"end","t":1,"reason":"exited","exit":0,"counts":{},"capped":{},"losses":{},"syscalls":{"native":[],"compat":[]},"rusage":{}}' |
	gzip -n >"$scratch/x.trace.gz"
reported() {
	"$vexxy" analyze --trace "$scratch/x.trace.gz" --rootfs "$root" --vulns "$scratch/records.jsonl" -q -o "$scratch/analysis" &&
		/usr/bin/python3 - "$scratch/analysis/report.json" <<'EOF'
import json, sys
v = {v["id"]: v for v in json.load(open(sys.argv[1]))["verdicts"]}
want = [{"path": "*", "symbol": s, "file": "lib/demo.c", "source": "CVE-2024-0001 (debian/patches/CVE-2024-0001.patch)"} for s in ("bounded", "checked")]
assert v["CVE-2024-0001"]["functions"] == want, v["CVE-2024-0001"]
assert "functions_partial" not in v["CVE-2024-0001"], v["CVE-2024-0001"]
assert "several CVEs" in v["CVE-2024-0002"]["functions_partial"], v["CVE-2024-0002"]
EOF
}
check "report.json shows the functions of each finding" reported

# One patch on a tree.
check "from-patch: one patch on sources that stay as they are" "$vexxy" advisory from-patch "$work/debian/patches/CVE-2024-0001.patch" \
	"$work/demo-1.0" --package demo --release Debian:12 --path libdemo.so.1 --fixed 1.0-2 -o "$scratch/records.jsonl"
check "… names the library and the version" of CVE-2024-0001 \
	'e["ecosystem_specific"]["imports"][0]["path"] == "libdemo.so.1" and e["ranges"][0]["events"][1] == {"fixed": "1.0-2"} and "checked" in str(e)'
check "… and did not touch the sources" grep -q 'return x + 1' "$work/demo-1.0/lib/demo.c"
check "--cve goes before what the patch names" "$vexxy" advisory from-patch "$work/debian/patches/first.patch" "$work/demo-1.0" \
	--cve CVE-2020-9999 --package demo --release Debian:12
check "a patch without a CVE: 1, and what to do" fails_with 1 'say --cve ID' "$vexxy" advisory from-patch "$work/debian/patches/first.patch" \
	"$work/demo-1.0" --package demo --release Debian:12
check "sources that do not tell their package: 1, and what to do" fails_with 1 'say which package it is: --package NAME' \
	"$vexxy" advisory from-patch "$work/debian/patches/CVE-2024-0001.patch" "$work/demo-1.0"

# What strangers may send.
sed 's,^\(--- a\|+++ b\)/lib,\1/../../lib,' "$work/debian/patches/CVE-2024-0001.patch" >"$scratch/CVE-2024-0009.patch"
check "a patch that leads out of the tree: 1" fails_with 1 'leads out of the tree' "$vexxy" advisory from-patch "$scratch/CVE-2024-0009.patch" \
	"$work/demo-1.0" --package demo --release Debian:12
printf -- '--- a/x\n+++ b/x\n1d\n!touch %s/pwned\n.\n' "$scratch" >"$scratch/CVE-2024-0010.patch"
check "a script for ed is no patch: 1" fails_with 1 'no unified diff' "$vexxy" advisory from-patch "$scratch/CVE-2024-0010.patch" "$work/demo-1.0" \
	--package demo --release Debian:12
check "… and does not run" test ! -e "$scratch/pwned"
echo x >>"$pkg/demo_1.0.orig.tar.gz"
check "an archive that is not the one of the .dsc: 1, naming it" fails_with 1 'demo_1.0.orig.tar.gz.*bytes, the .dsc says' \
	"$vexxy" advisory from-source "$dsc"
pack "$pkg/demo_1.0.orig.tar.gz" "$work" demo-1.0
printf 'X' | dd of="$pkg/demo_1.0.orig.tar.gz" bs=1 seek=20 conv=notrunc 2>/dev/null
check "… also when it is as long" fails_with 1 'is not the file of the .dsc: its SHA-256 is' "$vexxy" advisory from-source "$dsc"
mkdir -p "$scratch/evil/demo-1.0" && ln -s "$scratch" "$scratch/evil/demo-1.0/lib"
cp "$work/demo-1.0/lib/demo.c" "$scratch/demo.c"
pack "$pkg/demo_1.0.orig.tar.gz" "$scratch/evil" demo-1.0
sums '3.0 (quilt)' demo_1.0.orig.tar.gz demo_1.0-1+deb12u2.debian.tar.gz >"$dsc"
check "a link out of the sources leads nowhere: 1" fails_with 1 "there is no 'lib/demo.c' to patch" "$vexxy" advisory from-source "$dsc"
echo 'garbage.patch' >>"$work/debian/patches/series" && echo 'nothing' >"$work/debian/patches/garbage.patch"
printf -- '--- a/lib/demo.c\n+++ b/lib/demo.c\n@@ -1,2 +1,2 @@\n-nothing\n+x\n y\n' >"$work/debian/patches/garbage.patch"
pack "$pkg/demo_1.0.orig.tar.gz" "$work" demo-1.0
pack "$pkg/demo_1.0-1+deb12u2.debian.tar.gz" "$work" debian
sums '3.0 (quilt)' demo_1.0.orig.tar.gz demo_1.0-1+deb12u2.debian.tar.gz >"$dsc"
check "a patch that does not apply: 1, naming patch, file and line" fails_with 1 \
	"patch 'debian/patches/garbage.patch': 'lib/demo.c': the hunk of line 3 finds no place" "$vexxy" advisory from-source "$dsc"
check "nothing is left behind, whatever failed" nothing_left

# The older format: everything of the distribution's in one patch.
sed -i '$d' "$work/debian/patches/series" && rm "$work/debian/patches/garbage.patch"
mkdir "$work/old" && cp -r "$work/demo-1.0" "$work/old/demo-1.0" && cp -r "$work/debian" "$work/old/demo-1.0/"
(cd "$work" && diff -Nru demo-1.0 old/demo-1.0 | sed 's,^--- demo-1.0,--- demo-1.0.orig,; s,^+++ old/,+++ ,') | gzip -n >"$pkg/demo_1.0-1+deb12u2.diff.gz"
sums 1.0 demo_1.0.orig.tar.gz demo_1.0-1+deb12u2.diff.gz >"$dsc"
check "format 1.0 is read as well" "$vexxy" advisory from-source "$dsc" -o "$scratch/records.jsonl"
check "… with the same functions" of CVE-2024-0001 '"checked" in e["ecosystem_specific"]["imports"][0]["symbols"]'

sed 's/"checked"/""/' "$scratch/records.jsonl" >"$scratch/broken.jsonl"
faults() { "$vexxy" advisory check "$@" >"$scratch/out.txt"; [ $? = 3 ] && grep -qE "$pattern" "$scratch/out.txt" || { cat "$scratch/out.txt"; return 1; }; }
pattern='broken.jsonl: record 1 \(CVE-2024-0001\): affected\[0\].ecosystem_specific.imports\[0\].symbols\[1\]: is no name of a function'
check "check: 3 for a fault, with its place" faults "$scratch/broken.jsonl"
pattern='"valid": false'
check "… also as JSON" faults --json "$scratch/broken.jsonl"
check "check: 1 for what is no JSON" fails_with 1 'line 1, column 1' "$vexxy" advisory check "$work/debian/changelog"
check "no verb: 2" fails_with 2 'say what to do' "$vexxy" advisory
check "too few words: 2" fails_with 2 'from-patch wants a patch and the directory' "$vexxy" advisory from-patch x
finish
