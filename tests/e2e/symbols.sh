#!/bin/sh
# vexxy symbols lookup on what compilers really make: C, C++, Rust and Go, stripped and not, against their own tools.
. tests/lib.sh

lookup() { "$vexxy" symbols lookup "$@"; }
# query.py EXPRESSION FILE: what holds of the JSON, as `d`; f(name) is the list of functions of that name.
cat >"$scratch/query.py" <<'PY'
import json, sys
d = json.load(open(sys.argv[2]))
def f(name):
    return [s for s in d["functions"] if s["name"] == name]
if not eval("(" + sys.argv[1] + ")"):
    print(json.dumps(d, indent=1)[:4000])
    sys.exit("not so: " + sys.argv[1])
PY
holds() { # expression, arguments of lookup…: exit status 0 or 3, and the expression is true of the JSON
	expression=$1
	shift
	lookup "$@" --json >"$scratch/out.json" 2>"$scratch/err" || [ $? = 3 ] || { cat "$scratch/err"; return 1; }
	python3 "$scratch/query.py" "$expression" "$scratch/out.json"
}
says() { # extended regular expression, arguments of lookup…
	pattern=$1
	shift
	lookup "$@" >"$scratch/out" 2>&1
	grep -qE -- "$pattern" "$scratch/out" || { echo "no '$pattern' in:"; head -30 "$scratch/out"; return 1; }
}
finds_nothing() { # arguments of lookup…: exit status 3, in silence
	lookup "$@" >"$scratch/out" 2>"$scratch/err"
	[ $? = 3 ] && [ ! -s "$scratch/err" ]
}

# --- C: symbols of the file, of separate debug data, of .gnu_debugdata; versions; IFUNC ---
cat >"$scratch/c.c" <<'C'
typedef int choice(int);
int __attribute__((noinline)) exported(int n);
static int __attribute__((noinline)) hidden(int n) { return n * 3; }
int __attribute__((noinline)) exported(int n) { return hidden(n) + 1; }
static int fast(int n) { return n << 2; }
static int slow(int n) { return n * 4; }
extern int level;
int level;
static choice *choose(void) { return level > 3 ? fast : slow; }
int times_four(int n) __attribute__((ifunc("choose")));
choice *other_chooser(void);
static choice *pass_on(void) { return other_chooser(); }
int unclear(int n) __attribute__((ifunc("pass_on")));
choice *__attribute__((noinline)) other_chooser(void) { return slow; }
C
printf 'V1 { global: exported; times_four; unclear; level; local: *; };\n' >"$scratch/c.map"
gcc -O1 -g -fPIC -shared -fcf-protection=none -Wl,--build-id -Wl,--version-script="$scratch/c.map" -o "$scratch/libc1.so" "$scratch/c.c" || exit 1
strip -o "$scratch/stripped.so" "$scratch/libc1.so"
id=$(readelf -n "$scratch/libc1.so" | sed -n 's/.*Build ID: //p')
debug=$scratch/debug/.build-id/$(echo "$id" | cut -c1-2)
mkdir -p "$debug" "$scratch/none"
objcopy --only-keep-debug "$scratch/libc1.so" "$debug/$(echo "$id" | cut -c3-).debug"

check "a function in .symtab is local" holds 'f("hidden")[0]["origin"] == "symtab" and f("hidden")[0]["rung"] == "local"' "$scratch/libc1.so" hidden
check "an exported one has its version" holds 'f("exported")[0]["version"] == "V1" and f("exported")[0]["version_default"] and
	f("exported")[0]["rung"] == "exported"' "$scratch/libc1.so" exported
check "… and is found by it" holds 'len(f("exported")) == 1' "$scratch/libc1.so" exported@@V1
check "… but not by another" holds 'not d["functions"] and d["missing"]' "$scratch/libc1.so" exported@V2
check "a stripped file has lost the local one" finds_nothing "$scratch/stripped.so" hidden --debug-dir "$scratch/none"
check "… which proves nothing, and that is said" says 'functions without a name may still be there' "$scratch/stripped.so" hidden --debug-dir "$scratch/none"
check "separate debug data with its build-id gives it back" holds 'f("hidden")[0]["origin"] == "debug file"' \
	"$scratch/stripped.so" hidden --debug-dir "$scratch/none" "$scratch/debug"
gcc -g -shared -o "$scratch/other.so" -x c /dev/null
cp "$debug"/*.debug "$scratch/kept.debug"
objcopy --only-keep-debug "$scratch/other.so" "$(echo "$debug"/*.debug)"
check "debug data of another build is refused, by name" holds 'not f("hidden") and "its build-id is" in d["notes"][0]' \
	"$scratch/stripped.so" hidden --debug-dir "$scratch/debug"
cp "$scratch/kept.debug" "$(echo "$debug"/*.debug)"
# Without a build-id in common: by name and checksum.
mkdir -p "$scratch/linked/.debug" "$scratch/wrong"
cp "$scratch/kept.debug" "$scratch/linked/.debug/one.debug"
(cd "$scratch/linked/.debug" && objcopy --remove-section .note.gnu.build-id --add-gnu-debuglink=one.debug "$scratch/stripped.so" "$scratch/link.so")
check "data that .gnu_debuglink names gives it back, too" holds 'f("hidden")[0]["origin"] == "debug file"' \
	"$scratch/link.so" hidden --debug-dir "$scratch/none" "$scratch/linked"
{ cat "$scratch/kept.debug"; echo; } >"$scratch/wrong/one.debug"
check "… but not when its checksum is another" holds 'not f("hidden") and "its checksum is" in d["notes"][0]' \
	"$scratch/link.so" hidden --debug-dir "$scratch/wrong"

address() { # file of JSON, name
	python3 -c 'import json, sys; print(*[s["address"] for s in json.load(open(sys.argv[1]))["functions"] if s["name"] == sys.argv[2]])' "$1" "$2"
}
same_places() { # the addresses of readelf for functions of .symtab are ours
	lookup "$scratch/libc1.so" --json >"$scratch/all.json" || return 1
	for name in hidden exported fast slow choose; do
		want=$(readelf -sW "$scratch/libc1.so" | awk -v n="$name" '{ sub(/@.*/, "", $8) } $4 == "FUNC" && $8 == n { sub(/^0*/, "0x", $2); print $2 }' | sort -u)
		[ -n "$want" ] && [ "$(address "$scratch/all.json" "$name")" = "$want" ] || { echo "$name: $want"; return 1; }
	done
}
check "addresses are those of readelf" same_places

if command -v xz >/dev/null; then
	cp "$scratch/kept.debug" "$scratch/mini" && strip -g "$scratch/mini" && xz -k "$scratch/mini"
	objcopy --add-section .gnu_debugdata="$scratch/mini.xz" "$scratch/stripped.so" "$scratch/mini.so"
	check ".gnu_debugdata gives it back, too" holds 'f("hidden")[0]["origin"] == "debugdata"' "$scratch/mini.so" hidden --debug-dir "$scratch/none"
	head -c 200 "$scratch/mini.xz" >"$scratch/half.xz"
	objcopy --add-section .gnu_debugdata="$scratch/half.xz" "$scratch/stripped.so" "$scratch/half.so"
	check "… and when it is cut, a note" holds 'not f("hidden") and "no whole xz stream" in d["notes"][0]' "$scratch/half.so" hidden --debug-dir "$scratch/none"
else
	skip ".gnu_debugdata gives it back, too" "xz is not installed"
fi
if [ "$(uname -m)" = x86_64 ]; then
	check "an IFUNC leads to all that its resolver can choose" holds \
		'[t["name"] for t in f("times_four")[0]["ifunc_targets"]] == ["fast", "slow"]' "$scratch/libc1.so" times_four
	check "… but nothing is claimed when another chooses" holds \
		'"the resolver calls or jumps to" in f("unclear")[0]["ifunc_unknown"]' "$scratch/libc1.so" unclear
	check "… nor when what it chooses has no name" holds '"which has no name" in f("times_four")[0]["ifunc_unknown"]' \
		"$scratch/stripped.so" times_four --debug-dir "$scratch/none"
else
	skip "an IFUNC leads to all that its resolver can choose" "resolvers are read on x86-64 only"
fi

# --- C++ ---
cat >"$scratch/cpp.cc" <<'CC'
#include <string>
namespace ns {
template <typename T> struct Box {
	T value;
	__attribute__((noinline)) bool operator<(const Box &other) const { return value < other.value; }
	__attribute__((noinline)) void put(const T &v) { value = v; }
};
}
int main(int argc, char **argv)
{
	ns::Box<std::string> a{argv[0]}, b{"b"};
	a.put(argc > 1 ? argv[1] : "c");
	return a < b;
}
CC
if command -v g++ >/dev/null && g++ -O1 -o "$scratch/cpp" "$scratch/cpp.cc"; then
	check "C++: a member of a template is found by its qualified name" holds \
		'[s["match"] for s in d["functions"]] == ["exact"] and d["functions"][0]["readable"].startswith("ns::Box<")' "$scratch/cpp" ns::Box::put
	check "… an operator too" holds '[s["match"] for s in d["functions"]] == ["exact"]' "$scratch/cpp" 'ns::Box::operator<'
	check "… without its namespace it is only likely" holds '[s["match"] for s in d["functions"]] == ["likely"]' "$scratch/cpp" Box::put
else
	skip "C++: a member of a template is found by its qualified name" "g++ is not installed"
fi

# --- Rust, both manglings; newer compilers keep the old one behind a switch ---
cat >"$scratch/rs.rs" <<'RS'
pub mod deep {
	pub struct Widget<T> { pub items: Vec<T> }
	impl<T: Clone> Widget<T> {
		#[inline(never)]
		pub fn insert_many(&mut self, t: &T, n: usize) -> usize { for _ in 0..n { self.items.push(t.clone()); } self.items.len() }
	}
	pub trait Shape { fn area(&self) -> f64; }
	impl Shape for Widget<u8> { #[inline(never)] fn area(&self) -> f64 { self.items.len() as f64 } }
	#[inline(never)]
	pub fn measure(shape: &dyn Shape) -> f64 { shape.area() }
}
fn main() {
	let mut w = deep::Widget { items: vec![1u8] };
	println!("{} {}", w.insert_many(&3, std::env::args().count()), deep::measure(&w));
}
RS
mangled() { # scheme
	rustc --crate-name rs -O -C symbol-mangling-version="$1" -o "$scratch/rs.$1" "$scratch/rs.rs" 2>"$scratch/rustc.err" ||
		RUSTC_BOOTSTRAP=1 rustc --crate-name rs -O -Z unstable-options -C symbol-mangling-version="$1" -o "$scratch/rs.$1" "$scratch/rs.rs" 2>"$scratch/rustc.err"
}
for scheme in legacy v0; do
	sentence="Rust, $scheme: a method of a generic type is found by its path"
	if ! command -v rustc >/dev/null; then
		skip "$sentence" "rustc is not installed"
	elif ! mangled "$scheme"; then
		skip "$sentence" "this rustc has no $scheme: $(head -1 "$scratch/rustc.err")"
	else
		check "$sentence" holds '[s["match"] for s in d["functions"]] == ["exact"]' "$scratch/rs.$scheme" rs::deep::Widget::insert_many
		check "… that of a trait by its type" holds '[s["match"] for s in d["functions"]] == ["exact"]' "$scratch/rs.$scheme" rs::deep::Widget::area
		check "… and by its trait, likely" holds '[s["match"] for s in d["functions"]] == ["likely"]' "$scratch/rs.$scheme" rs::deep::Shape::area
		check "… a free function by its path" holds '[s["match"] for s in d["functions"]] == ["exact"]' "$scratch/rs.$scheme" rs::deep::measure
		check "… and what is not there is missing" finds_nothing "$scratch/rs.$scheme" rs::deep::Widget::remove
	fi
done

# --- Go: stripped, against go tool nm of the unstripped twin ---
mkdir "$scratch/go"
cat >"$scratch/go/main.go" <<'GO'
package main

import "os"

type Box[P any] struct{ v P }

//go:noinline
func (b *Box[P]) Get() P { return b.v }

func last(s string) int { return int(s[len(s)-1]) }

func both(s string) int { return last(s) + last(s[1:]) }

//go:noinline
func outer(s string) int { return last(s) + both(s) }

func unused(s string) int { return len(s) }

func main() {
	b := Box[string]{"box"}
	defer func() { println(b.Get()) }()
	println(outer(os.Args[0]))
}
GO
printf 'module example.test/tiny\n\ngo 1.18\n' >"$scratch/go/go.mod"
export GOTOOLCHAIN=local GOFLAGS=-mod=mod GOPROXY=off CGO_ENABLED=0
build() { # name, arguments of go build…
	name=$1
	shift
	(cd "$scratch/go" && go build -o "$name" "$@" .) >"$scratch/go.err" 2>&1
}
names_of_nm() { # every function of go tool nm, with its address; the table has no ABI, and no types of shapes, in names
	(cd "$scratch/go" && go tool nm plain) | sed -n 's/^ *\([0-9a-f]*\) *[Tt] /0x\1 /p' |
		sed 's/\.abi[0-9]*$//; s/\[.*\]/[...]/; / runtime\.e\{0,1\}text$/d; / go:/d' | LC_ALL=C sort -u
}
our_names() {
	lookup "$1" --json | python3 -c 'import json, sys
for s in json.load(sys.stdin)["functions"]: print(s["address"], s["name"])' | sed 's/\[.*\]/[...]/; s/·/./g; / go:/d' | LC_ALL=C sort -u
}
same_names() {
	names_of_nm >"$scratch/nm.txt"
	our_names "$scratch/go/stripped" >"$scratch/ours.txt"
	[ "$(wc -l <"$scratch/nm.txt")" -gt 500 ] && diff "$scratch/nm.txt" "$scratch/ours.txt"
}
if ! command -v go >/dev/null; then
	skip "Go: a stripped program has all functions of its unstripped twin" "go is not installed"
elif ! build plain || ! build stripped -ldflags='-s -w'; then
	skip "Go: a stripped program has all functions of its unstripped twin" "go build: $(tail -1 "$scratch/go.err")"
else
	check "Go: a stripped program has all functions of its unstripped twin, at their addresses" same_names
	check "… and says what it is made of" holds 'd["go"]["package"] == "example.test/tiny" and d["go"]["version"].startswith("go1")' "$scratch/go/stripped"
	check "a method is found as advisories name it" holds 'd["functions"][0]["match"] == "exact"' "$scratch/go/stripped" main.Box.Get
	check "package main is found by its import path, too" holds 'f("main.outer")[0]["match"] == "exact"' "$scratch/go/stripped" example.test/tiny.outer
	check "an inlined function has its places" holds 'f("main.last") and all(s["rung"] == "inlined" and s["in"] == "main.outer" for s in f("main.last"))' \
		"$scratch/go/stripped" main.last
	check "… also what it was inlined through" holds 'f("main.both") and all(s["in"] == "main.outer" for s in f("main.both"))' "$scratch/go/stripped" main.both
	check "a function that is not linked is told so" says '^missing +main.unused: neither linked nor inlined' "$scratch/go/stripped" main.unused
	dwarf_agrees() { # at each place where a function is inlined, DWARF has it inlined
		name=$1
		lookup "$scratch/go/plain" "$name" --json | python3 -c 'import json, sys
for s in json.load(sys.stdin)["functions"]:
	if s["rung"] == "inlined": print(s["address"])' >"$scratch/places"
		[ -s "$scratch/places" ] || { echo "$name is inlined nowhere"; return 1; }
		while read -r at; do
			llvm-symbolizer --obj="$scratch/go/plain" -i -f "$at" >"$scratch/frames"
			grep -qxF "$name" "$scratch/frames" || { echo "$at:"; cat "$scratch/frames"; return 1; }
		done <"$scratch/places"
	}
	check "… and DWARF agrees with every place" dwarf_agrees main.last
	check "… through others, too" dwarf_agrees main.both
	check "… and in the runtime" dwarf_agrees runtime.add
	python3 -c 'import sys
b = bytearray(open(sys.argv[1], "rb").read()); b[40:48] = bytes(8); b[58:64] = bytes(6); open(sys.argv[2], "wb").write(b)' \
		"$scratch/go/stripped" "$scratch/go/bare"
	check "without section headers nothing is lost" holds 'd["named"]["pclntab"] > 500 and d["go"]["inlined_known"] and d["go"]["package"] == "example.test/tiny"' "$scratch/go/bare"
	if build pie -buildmode=pie -ldflags='-s -w'; then
		check "position independent: the same" holds 'f("main.outer") and f("main.last")' "$scratch/go/pie" main.outer main.last
	else
		skip "position independent: the same" "go build -buildmode=pie: $(tail -1 "$scratch/go.err")"
	fi
	if GOARCH=s390x build big -ldflags='-s -w'; then
		check "of the other byte order: the same" holds 'f("main.outer") and f("main.last")' "$scratch/go/big" main.outer main.last
	else
		skip "of the other byte order: the same" "GOARCH=s390x go build: $(tail -1 "$scratch/go.err")"
	fi
fi

# --- the command itself ---
golden() {
	lookup "$scratch/stripped.so" exported hidden --debug-dir "$scratch/debug" | sed "s|$scratch/||; s/[0-9a-f]\{40\}/BUILD-ID/; s/0x[0-9a-f]*  */0xADDR N /; s/  *\([0-9]* functions:\)/ \1/; s/N [0-9]* */N /" >"$scratch/got"
	cat >"$scratch/want" <<'TEXT'
file      stripped.so
build-id  BUILD-ID
named 9 functions: 3 by dynsym, 6 by debug file

0xADDR N debug file exact  hidden
0xADDR N dynsym     exact  exported@@V1
TEXT
	sed -i 's/^named *[0-9]* functions: [0-9]* by dynsym, [0-9]* by/named N functions: N by dynsym, N by/' "$scratch/got" "$scratch/want"
	diff "$scratch/want" "$scratch/got"
}
check "what it prints is this" golden
check "the same input gives the same bytes" sh -c "'$vexxy' symbols lookup '$scratch/libc1.so' --json >'$scratch/1' && '$vexxy' symbols lookup '$scratch/libc1.so' --json >'$scratch/2' && cmp '$scratch/1' '$scratch/2'"
check "no verb: 2" fails_with 2 'say what to do' "$vexxy" symbols
check "an unknown verb: 2" fails_with 2 "there is no 'find' of symbols" "$vexxy" symbols find x
check "no file: 2" fails_with 2 "'lookup' needs a file" "$vexxy" symbols lookup
check "a file that is not there: 1" fails_with 1 'No such file' lookup "$scratch/nowhere"
check "a file that is no ELF file: 1" fails_with 1 'not an ELF file' lookup "$scratch/c.c"
gcc -c -o "$scratch/c.o" "$scratch/c.c"
check "an object file: 1, with the reason" fails_with 1 'nothing has an address' lookup "$scratch/c.o"
finish
