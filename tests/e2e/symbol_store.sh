#!/bin/sh
# vexxy symbols build and lookup: a small package, built twice, becomes a store; what differs is refused; an end leaves nothing.
. tests/lib.sh
for tool in gcc objcopy strip dpkg-deb; do
	command -v $tool >/dev/null || { skip "a symbol store of a small package" "no $tool"; finish; }
done
farm=$scratch/farm/tiny
lib=usr/lib/libtiny.so.1
mkdir -p "$farm/source/lib" "$farm/built" "$farm/shipped" "$scratch/tmp"
cat >"$farm/source/lib/tiny.c" <<'C'
static inline __attribute__((always_inline)) int check(volatile int *x) { *x *= 2; return *x; }
static __attribute__((noinline)) int parse(volatile int *x) { return *x + 7; }
int tiny_open(volatile int *x) { return parse(x) + check(x); }
#ifdef NEVER
int tiny_socket(volatile int *x) { return *x; }
#endif
#define MAKE(name) int made_##name(volatile int *x)
MAKE(one) { return *x + 1; }
MAKE(two) { return *x + 2; }
extern void step(int) __attribute__((weak));
static __attribute__((noinline)) int first(volatile int *x) { *x += 3; step(1); *x ^= 55; step(2); return *x * 7; }
static __attribute__((noinline)) int equal(volatile int *x) { *x += 3; step(1); *x ^= 55; step(2); return *x * 7; }
int tiny_both(volatile int *x) { return first(x) + equal(x + 1); }
C
echo 'int tiny_open(volatile int *); int main(void) { volatile int x = 1; return tiny_open(&x); }' >"$farm/source/tool.c"
cat >"$farm/source/fix.patch" <<'P'
--- a/lib/tiny.c
+++ b/lib/tiny.c
@@ -1,3 +1,3 @@
 static inline __attribute__((always_inline)) int check(volatile int *x) { *x *= 2; return *x; }
-static __attribute__((noinline)) int parse(volatile int *x) { return *x; }
+static __attribute__((noinline)) int parse(volatile int *x) { return *x + 7; }
 int tiny_open(volatile int *x) { return parse(x) + check(x); }
@@ -7,2 +7,2 @@
 #define MAKE(name) int made_##name(volatile int *x)
-MAKE(one) { return *x; }
+MAKE(one) { return *x + 1; }
P
echo "Source: tiny" >"$farm/tiny_1.0-1.dsc"

package() { # name, directory, where, version
	version=${4:-1.0-1}
	mkdir -p "$2/DEBIAN"
	printf 'Package: %s\nVersion: %s\nArchitecture: amd64\nMaintainer: nobody\nDescription: test\n' "$1" "$version" >"$2/DEBIAN/control"
	dpkg-deb -Zgzip --root-owner-group -b "$2" "$3/$1_${version}_amd64.deb" >/dev/null
}
compile() { # options of gcc, directory: a library with debug data of its own, and a program
	mkdir -p "$2/lib/usr/lib" "$2/tool/usr/bin"
	# shellcheck disable=SC2086
	(cd "$farm/source" && gcc -g -O2 -ffile-prefix-map="$PWD"=. -shared -fPIC -Wl,-soname,libtiny.so.1 $1 lib/tiny.c -o "$2/lib/$lib" &&
		gcc -g -O2 -ffile-prefix-map="$PWD"=. tool.c "$2/lib/$lib" -o "$2/tool/usr/bin/tool")
}
split() { # an ELF file, the root of debug data
	id=$(readelf -n "$1" | sed -n 's/.*Build ID: //p')
	dir=$2/usr/lib/debug/.build-id/$(echo "$id" | cut -c1-2)
	mkdir -p "$dir"
	objcopy --only-keep-debug "$1" "$dir/$(echo "$id" | cut -c3-).debug"
	strip "$1"
}
make_farm() { # options for what is shipped
	rm -rf "$scratch/b" "$scratch/s" "$farm/built" "$farm/shipped"
	mkdir -p "$farm/built" "$farm/shipped"
	compile "" "$scratch/b" && compile "$1" "$scratch/s"
	nm "$scratch/b/lib/$lib" >"$scratch/nm"
	split "$scratch/b/lib/$lib" "$scratch/b/dbgsym" && split "$scratch/b/tool/usr/bin/tool" "$scratch/b/dbgsym"
	strip "$scratch/s/lib/$lib" "$scratch/s/tool/usr/bin/tool"
	for p in lib tool dbgsym; do package libtiny1-$p "$scratch/b/$p" "$farm/built"; done
	for p in lib tool; do package libtiny1-$p "$scratch/s/$p" "$farm/shipped"; done
}
record() { # CVE, functions, what is said of the record, and of the patch: one line of vexxy advisory
	printf '{"id":"%s","affected":[{"package":{"name":"tiny"},"database_specific":{"vexxy":{%s"patches":[{"name":"fix.patch","sha256":"%064d",%s"functions":[%s]}]}}}]}\n' \
		"$1" "${3:-}" 0 "${4:-}" "$2"
}
function_of() { printf '{"file":"%s","name":"%s","change":"modified"%s}' "$1" "$2" "${3:-}"; }
{
	record CVE-2024-1 "$(function_of lib/tiny.c tiny_open),$(function_of lib/tiny.c parse)"
	record CVE-2024-2 "$(function_of lib/tiny.c check)"
	record CVE-2024-3 "$(function_of lib/tiny.c tiny_socket)"
	record CVE-2024-4 "$(function_of lib/tiny.c MAKE ',"macro":true')"
	record CVE-2024-6 "$(function_of lib/tiny.c first),$(function_of lib/tiny.c equal)"
	record CVE-2024-5 "$(function_of lib/gone.c nobody)"
	more='"changes_outside":1,"files_outside"' some='"partial":"1 of 2 changes"' confined='"confined":true'
	record CVE-2024-70 "$(function_of lib/tiny.c parse)" "$some,$confined," "$more:[\"lib/tiny.c\"],"
	record CVE-2024-71 "$(function_of lib/tiny.c parse)" "$some,$confined," "$more:[\"lib/tiny.h\"],"
	record CVE-2024-72 "$(function_of lib/tiny.c parse)" "$some,$confined," "$more:[\"lib/shared.c\"],"
	record CVE-2024-73 "$(function_of lib/tiny.c parse)" "$some," "$more:[\"lib/tiny.c\"],"
	record CVE-2024-74 "$(function_of lib/tiny.c parse)" "$some,$confined," '"changes_outside":1,'
	record CVE-2024-75 "$(function_of lib/tiny.c parse)" "$some,$confined,"
} >"$scratch/adv.jsonl"
build() { TMPDIR=$scratch/tmp "$vexxy" symbols build tiny --advisories "$scratch/adv.jsonl" --rebuilt "$scratch/farm" -o "$1"; }
has() { grep -qE -- "$1" "$2" || { cat "$2"; return 1; }; }
line_of() { grep "\"file\":\"/$1\"" "$scratch/store"; }
# The compiler's own word on where a function begins, against the store's.
entry_is() { # function, symbol
	want=0x$(sed -n "s/^0*\([0-9a-f]*\) [tT] $2\$/\1/p" "$scratch/nm")
	line_of "$lib" | grep -qF "\"name\":\"$1\",\"file\":\"lib/tiny.c\",\"kind\":\"$3\",\"entries\":[\"$want\"]" ||
		{ echo "no $1 at $want in:"; line_of "$lib"; return 1; }
}

make_farm ""
check "a package that was built again is taken" build "$scratch/store"
check "… both files are identical" [ "$(grep -c '"equality":"identical"' "$scratch/store")" = 2 ]
check "an exported function stands where nm sees it" entry_is tiny_open tiny_open exported
check "a static function too" entry_is parse parse local
check "one that a macro made is found under its other name" entry_is MAKE made_one exported
check "… and the name is told, not that of another use of the macro" sh -c "grep -q '\"made\":\\[\"made_one\"\\]' '$scratch/store'"
check "the line that the fix brought has places" \
	sh -c "grep -q '\"name\":\"parse\"[^}]*\"lines\":\\[\"0x' '$scratch/store'"
check "… and one that it did not touch has none" \
	sh -c "! grep -q '\"name\":\"tiny_open\"[^}]*\"lines\"' '$scratch/store'"
check "an inlined function has copies and no entry" \
	sh -c "grep -q '\"name\":\"check\",\"file\":\"lib/tiny.c\",\"kind\":\"inlined\",\"inlined\":\\[\"0x' '$scratch/store'"
check "what the preprocessor left out is proved not compiled, in every file" \
	[ "$(grep -c '"name":"tiny_socket","file":"lib/tiny.c","kind":"not_compiled"' "$scratch/store")" = 2 ]
check "what the sources do not even have is not" \
	sh -c "grep -q '\"name\":\"nobody\",\"file\":\"lib/gone.c\",\"kind\":\"unresolved\"' '$scratch/store'"
check "… and its CVE is not complete" sh -c "grep -q '\"cve\":\"CVE-2024-5\",\"complete\":false' '$scratch/store'"
check "what the compiler made part of an equal function is not absent" \
	sh -c "grep -q '\"name\":\"\(first\|equal\)\",\"file\":\"lib/tiny.c\",\"kind\":\"unresolved\"' '$scratch/store'"
check "a file without any of it says that another one has it" \
	sh -c "grep '/usr/bin/tool' '$scratch/store' | grep -q '\"elsewhere\":\\[\"CVE-2024-1\",\"CVE-2024-2\",\"CVE-2024-4\",'"
check "… and of which fix it has nothing else either: none in a header, another source, or who knows where" \
	sh -c "grep '/usr/bin/tool' '$scratch/store' | grep -qF '\"apart\":[{\"cve\":\"CVE-2024-70\",\"of\":\"1 of 2 changes\"},{\"cve\":\"CVE-2024-75\",\"of\":\"1 of 2 changes\"}]'"
check "… which the file that has the functions never says" sh -c "! grep '/$lib' '$scratch/store' | grep -q apart"
echo '#include "lib/tiny.c"' >"$farm/source/odd.h"
build "$scratch/other"
check "… nor any file, while a source includes that one" sh -c "! grep -q CVE-2024-70.,.of '$scratch/other'"
rm "$farm/source/odd.h"
computed() { # source: it includes what a macro names
	echo '#include WHAT' >"$farm/source/$1"
	build "$scratch/other"
	rm "$farm/source/$1"
	grep -q CVE-2024-70.,.of "$scratch/other"
}
header_hides() { ! computed odd.h; }
check "… nor while a header includes what a macro names" header_hides
check "… which in another source says nothing of this file" computed odd.c
check "the same again is the same bytes" sh -c "TMPDIR='$scratch/tmp' '$vexxy' symbols build tiny --advisories '$scratch/adv.jsonl' --rebuilt '$scratch/farm' | cmp - '$scratch/store'"
check "lookup by file shows the places of a CVE" \
	sh -c "'$vexxy' symbols lookup '$scratch/s/lib/$lib' CVE-2024-1 --store '$scratch/store' | grep -q 'tiny_open (lib/tiny.c): exported'"
id=$(readelf -n "$scratch/s/lib/$lib" | sed -n 's/.*Build ID: //p')
check "… by build-id too" sh -c "'$vexxy' symbols lookup $id --store '$scratch/store' | grep -q 'CVE-2024-3: complete'"
check "… and --json is the line of the store" \
	sh -c "'$vexxy' symbols lookup $id --json --store '$scratch/store' >'$scratch/out' && grep -qxFf '$scratch/out' '$scratch/store'"
check "another build-id is not known: 3" \
	sh -c "'$vexxy' symbols lookup abcd --store '$scratch/store' >'$scratch/out'; [ \$? = 3 ] && grep -q 'knows nothing' '$scratch/out'"
check "a CVE that was not looked for is not absent: 3" \
	sh -c "'$vexxy' symbols lookup $id CVE-1999-1 --store '$scratch/store' >'$scratch/out'; [ \$? = 3 ] && grep -q 'CVE-1999-1: not looked for' '$scratch/out'"

make_farm "-DNEVER"
check "a shipped file with other code" build "$scratch/other"
check "… is refused" sh -c "! grep -q '/$lib' '$scratch/other'"
build "$scratch/other" 2>"$scratch/err"
check "… with the reason" has "libtiny.so.1' is refused: its section '.*' is another one" "$scratch/err"
make_farm "-Wl,--build-id=0x123456"
check "another build-id with the same code" build "$scratch/store"
check "… is told apart" sh -c "grep '/$lib' '$scratch/store' | grep -q '\"build_id\":\"123456\".*\"equality\":\"text\"'"
check "a source package that is none, asked for its own fixes: 1" fails_with 1 "package 'tiny'" "$vexxy" symbols build tiny --rebuilt "$scratch/farm"
check "a package that was not rebuilt: 1, naming it" \
	fails_with 1 "package 'none'" "$vexxy" symbols build none --advisories "$scratch/adv.jsonl" --rebuilt "$scratch/farm"

check "… but one of several: 3, and the others are written" fails_with 3 "error: package 'none'" "$vexxy" symbols build none tiny \
	--advisories "$scratch/adv.jsonl" --rebuilt "$scratch/farm" -o "$scratch/other"
check "… as they are alone" cmp "$scratch/store" "$scratch/other"

# A chroot that only sleeps: what was begun must end with the command, and leave nothing.
interrupted() { # signal
	TMPDIR=$scratch/tmp "$vexxy" symbols build tiny --advisories "$scratch/adv.jsonl" --chroot "$scratch/chroot" 2>"$scratch/err" &
	pid=$!
	for _ in $(seq 100); do
		pgrep -f "sleep 98.7654" >/dev/null && break
		sleep 0.1
	done
	pgrep -f "sleep 98.7654" >/dev/null || { echo "never began: $(cat "$scratch/err")"; return 1; }
	kill -"$1" $pid
	wait $pid
	echo "exit status $?, said: $(cat "$scratch/err")"
	for _ in $(seq 50); do
		pgrep -f "sleep 98.7654" >/dev/null || break
		sleep 0.1
	done
	! pgrep -f "sleep 98.7654" && [ -z "$(ls -A "$scratch/tmp")" ] && ! grep -q "$scratch/tmp" /proc/self/mounts
}
if [ "$(id -u)" != 0 ] || ! command -v busybox >/dev/null || ! unshare --mount --pid --fork true 2>/dev/null; then
	skip "an end while it builds leaves nothing" "needs root, busybox and namespaces"
else
	mkdir -p "$scratch/chroot/usr/bin" "$scratch/chroot/etc/apt" "$scratch/chroot/proc"
	cp "$(command -v busybox)" "$scratch/chroot/usr/bin/"
	for applet in env mkdir sleep sh cp chown; do ln -s busybox "$scratch/chroot/usr/bin/$applet"; done
	ln -s usr/bin "$scratch/chroot/bin"
	printf '#!/bin/sh\ntrap "" INT TERM\nsleep 98.7654\n' >"$scratch/chroot/usr/bin/apt-get"
	chmod 755 "$scratch/chroot/usr/bin/apt-get"
	check "SIGINT while it builds: nothing runs on, nothing stays" interrupted INT
	check "SIGTERM too" interrupted TERM

	# The same chroot with an archive of its own: the newest version is listed, but not there.
	make_farm ""
	build "$scratch/store"
	cp -r "$farm" "$scratch/chroot/stock"
	rm "$scratch/chroot/stock/shipped/libtiny1-tool_1.0-1_amd64.deb"
	package libtiny1-tool "$scratch/s/tool" "$scratch/chroot/stock/shipped" 1.0-1+b2
	sed 's|\("package":"libtiny1-tool",.*"version":"1.0-1\)"|\1+b2"|' "$scratch/store" >"$scratch/expected"
	printf 'nobody:x:65534:65534::/:/bin/sh\n' >"$scratch/chroot/etc/passwd"
	printf 'nogroup:x:65534:\n' >"$scratch/chroot/etc/group"
	tool() { cat >"$scratch/chroot/usr/bin/$1" && chmod 755 "$scratch/chroot/usr/bin/$1"; }
	tool apt-cache <<'S'
#!/bin/sh
case "$*" in
madison*tool) printf '%s | 1.0-1%s | main\n' "$2" +b2 "$2" +b1 "$2" +b12x "$2" .1 ;;
madison*) printf '%s | 1.0-1 | main\n%s | 1.0-1+b9 | other\n' "$2" "$2" ;;
*) printf 'Package: tiny\nVersion: 1.0-1\n\nPackage: tiny\nVersion: 1.0-2\n\nPackage: tiny-more\nVersion: 3\n' ;;
esac
S
	tool apt-get <<'S'
#!/bin/sh
for last; do :; done
case "$*" in
*source*=1.0-1) cp /stock/tiny_1.0-1.dsc . ;;
*source*) echo "E: 404" >&2 && exit 100 ;;
*download*) cp "/stock/shipped/${last%%=*}_${last#*=}_amd64.deb" . ;;
esac
S
	tool setpriv <<'S'
#!/bin/sh
while [ "${1#--}" != "$1" ]; do shift; done
exec "$@"
S
	tool dpkg-source <<'S'
#!/bin/sh
cp -r /stock/source tiny-1.0
S
	tool dpkg-buildpackage <<'S'
#!/bin/sh
[ "$DEB_BUILD_OPTIONS" = nocheck ] && [ "$PWD" = /build/reproducible-path/tiny-1.0 ] && cp /stock/built/*.deb ..
S
	check "a package is rebuilt in the newest version that is there" env TMPDIR="$scratch/tmp" "$vexxy" symbols build tiny \
		--advisories "$scratch/adv.jsonl" --chroot "$scratch/chroot" -o "$scratch/again"
	check "… and what comes out is the same, of a package that the distribution built twice too" cmp "$scratch/expected" "$scratch/again"
	check "a package that does not exist: 1" fails_with 1 "package 'tin': bookworm has no such source package" env TMPDIR="$scratch/tmp" \
		"$vexxy" symbols build tin --advisories "$scratch/adv.jsonl" --chroot "$scratch/chroot"
	echo 'exit 2' >>"$scratch/chroot/usr/bin/dpkg-buildpackage"
	check "a build that fails: 1, and nothing stays" fails_with 1 "package 'tiny': dpkg-buildpackage" env TMPDIR="$scratch/tmp" \
		"$vexxy" symbols build tiny --advisories "$scratch/adv.jsonl" --chroot "$scratch/chroot"
fi
# A package for development, whose static library has the functions as well.
static_library() {
	make_farm "" && mkdir -p "$scratch/dev/usr/lib" &&
		echo 'int tiny_open(volatile int *x) { *x += 3; *x ^= 55; *x *= 77; *x += 5000; *x ^= 123456; *x -= 77777; return *x; }' >"$scratch/tiny.c" &&
		gcc -O2 -c "$scratch/tiny.c" -o "$scratch/tiny.o" && ar rcs "$scratch/dev/usr/lib/libtiny.a" "$scratch/tiny.o" &&
		package libtiny-dev "$scratch/dev" "$farm/shipped" && build "$scratch/static" &&
		has '^."archive":"/usr/lib/libtiny.a".*"source":"tiny".*"name":"tiny_open","file":"lib/tiny.c","member":"tiny.o".*"cves":."CVE-2024-1"' "$scratch/static"
}
check "a static library that is shipped beside becomes signatures" static_library
check "… and what is known of the files stays" sh -c "grep -v '^{\"archive\"' '$scratch/static' | cmp - '$scratch/store'"
# What is shipped.
shipped=deploy/symbols/bookworm-amd64.jsonl
known=$(sed -n '1s/^{"build_id":"\([0-9a-f]*\)".*/\1/p' $shipped)
check "the store that is shipped is read" "$vexxy" symbols lookup "$known" --store $shipped
check "so are the signatures, which /bin/true has none of" sh -c "'$vexxy' symbols lookup /bin/true --store deploy/symbols/bookworm-amd64-static.jsonl; [ \$? = 3 ]"
check "… and their page tells what is in them" sh -c "deploy/symbols/readme.py deploy/symbols/*.jsonl | cmp - deploy/symbols/README.md"
check "no scratch is left" [ -z "$(ls -A "$scratch/tmp")" ]
finish
