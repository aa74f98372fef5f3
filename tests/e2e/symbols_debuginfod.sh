#!/bin/bash
# Separate debug data from servers: elfutils' own debuginfod has that of a stripped program, others lie about it. What is fetched makes
# the program's functions known, and nothing else gets into the directory.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh

what='debug data is fetched by build-id'
for tool in gcc objcopy strip readelf python3; do
	command -v $tool >/dev/null || { skip "$what" "no $tool here"; finish; }
done
pids=()
on_exit() { for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null; done; rm -rf "$scratch"; }
fetch() { "$vexxy" symbols debuginfo "$@"; }
place() { echo ".build-id/${1:0:2}/${1:2}.debug"; }
build_id() { readelf -n "$1" | sed -n 's/.*Build ID: //p'; }
made() { # NAME: a stripped program with a link to its debug data, and that
	printf 'static int __attribute__((noinline)) hidden_%s(int n) { return n * 3; }\nint main(int argc, char **argv) { (void)argv; return hidden_%s(argc); }\n' "$1" "$1" >"$scratch/$1.c" &&
		gcc -O1 -g -Wl,--build-id -o "$scratch/$1.whole" "$scratch/$1.c" &&
		objcopy --only-keep-debug "$scratch/$1.whole" "$scratch/served/$1.debug" &&
		objcopy --strip-all --add-gnu-debuglink="$scratch/served/$1.debug" "$scratch/$1.whole" "$scratch/root/usr/bin/$1"
}
mkdir -p "$scratch/served" "$scratch/root/usr/bin" "$scratch/root/etc" "$scratch/other"
check 'two stripped programs, and their debug data' eval 'made one && made two'
mv "$scratch/served/two.debug" "$scratch/other/"
one=$scratch/root/usr/bin/one two=$scratch/root/usr/bin/two
id=$(build_id "$one") id2=$(build_id "$two")

# --- what does not go together ---
check 'whose debug data has to be said' fails_with 2 'whose\? ELF files, or one of' fetch -o "$scratch/d" --url http://127.0.0.1:1
check 'and where to' fails_with 2 '-o DIR' fetch "$one" --url http://127.0.0.1:1
check 'and from whom' fails_with 2 'which server\? --url URL, or DEBUGINFOD_URLS' env -u DEBUGINFOD_URLS "$vexxy" symbols debuginfo "$one" -o "$scratch/d"
check 'a server that is none is refused' fails_with 1 "'ftp://x' is no server" fetch "$one" -o "$scratch/d" --url ftp://x
check 'and one with a password in it' fails_with 1 'has no user in it' fetch "$one" -o "$scratch/d" --url http://me:secret@x
check 'a file that is no ELF file is named' fails_with 1 "one.c': no ELF|one.c': .*ELF" fetch "$scratch/one.c" -o "$scratch/d" --url http://127.0.0.1:1
check 'a server that is not there is named' fails_with 1 "$id: http://127.0.0.1:1: " fetch "$one" -o "$scratch/d" --url http://127.0.0.1:1
is_empty() { [ -z "$(find "$1" -type f)" ] && [ -z "$(find "$1" -name '.incoming*')" ] || { find "$1"; return 1; }; }
check '… and leaves nothing' is_empty "$scratch/d"

# --- those that mean ill ---
tests/e2e/debuginfod_hostile.py "$scratch/served/one.debug" >"$scratch/port" 2>"$scratch/hostile.log" &
pids+=($!)
for _ in $(seq 100); do [ -s "$scratch/port" ] && break; sleep 0.1; done
bad=http://127.0.0.1:$(cat "$scratch/port")
refuses() { # sentence, words, options…
	local how=$1 words=$2
	shift 2
	rm -rf "$scratch/d"
	fails_with 1 "$words" fetch "$one" -o "$scratch/d" --url "$bad/$how" "$@" && is_empty "$scratch/d"
}
check 'a file of another build is refused' eval "rm -rf '$scratch/d'; fails_with 1 '$id2: $bad/good: its build-id is $id' fetch '$two' -o '$scratch/d' --url $bad/good && is_empty '$scratch/d'"
check 'what does not end is' refuses endless 'it is larger than 1 MiB: see --limit-mb' --limit-mb 1
check 'what drips is' refuses slow "$bad/slow: .*(imed out|timeout)" --timeout 2
check 'what breaks off is' refuses short "$bad/short: "
check 'what is cut short is' refuses cut 'it is cut short'
check 'what is of another checksum than the program says is' refuses changed "its checksum is [0-9a-f]{8}, and $one names [0-9a-f]{8}"
check 'what is no ELF file is' refuses text 'it is no ELF file'
check 'what is packed is' refuses packed 'it is no ELF file'
check 'nothing at all is' refuses empty 'it is no ELF file'
check 'a redirect to itself is followed five times' refuses loop 'more than 5 redirects'
check '… which are six requests' test "$(grep -c 'GET /loop/' "$scratch/hostile.log")" = 6
check 'one to a file is not followed' refuses away 'only http: and https: are asked'
check 'nor one to nowhere' refuses nowhere 'a redirect that does not say where to'
check 'a server that fails is not one that has none' refuses broken "$bad/broken: it answers with status 500"
none() { fetch "$one" -o "$scratch/d" --url "$bad/none" >"$scratch/out" 2>"$scratch/err"; [ $? = 3 ] && [ ! -s "$scratch/err" ]; }
check 'one that has none is no failure' none
check '… and is counted' grep -q '^nowhere    1, on no server$' "$scratch/out"
check 'where one fails and another has it, it is there' eval "rm -rf '$scratch/d'; fetch '$one' -o '$scratch/d' --url $bad/none $bad/broken $bad/moved && cmp '$scratch/d/$(place "$id")' '$scratch/served/one.debug'"
check 'what is there is not asked for again' eval ": >'$scratch/hostile.log'; fetch '$one' -o '$scratch/d' --url $bad/good --json | grep -q '\"there\":1' && [ ! -s '$scratch/hostile.log' ]"
printf x >>"$scratch/d/$(place "$id")"
check 'what is there and is something else is neither used nor overwritten' fails_with 1 "is there, but not what is wanted \(remove it first\): its checksum" \
	fetch "$one" -o "$scratch/d" --url "$bad/good"
check '… it is as it was' eval "[ \$(tail -c 1 '$scratch/d/$(place "$id")') = x ]"
interrupted() { # what is under way is not kept
	rm -rf "$scratch/d"
	"$vexxy" symbols debuginfo "$one" -o "$scratch/d" --url "$bad/slow" 2>"$scratch/err" &
	local pid=$!
	for _ in $(seq 100); do [ -n "$(find "$scratch/d" -name "$id" 2>/dev/null)" ] && break; sleep 0.1; done
	kill -TERM $pid
	wait $pid
	[ $? -gt 128 ] && is_empty "$scratch/d"
}
check 'who is told to end leaves nothing' interrupted

# --- the real one ---
if ! command -v debuginfod >/dev/null; then
	skip "$what by elfutils' server" 'no debuginfod here (package: debuginfod)'
	finish
fi
free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
port=$(free_port)
debuginfod -F -d "$scratch/index.sqlite" -p "$port" -t 0 -g 0 -c 1 "$scratch/served" >"$scratch/debuginfod.log" 2>&1 &
pids+=($!)
real=http://127.0.0.1:$port
ready() { # it has read its directory
	for _ in $(seq 300); do
		python3 - "$real/metrics" <<'PY' && return
import sys, urllib.request
try:
    text = urllib.request.urlopen(sys.argv[1], timeout=5).read().decode()
except OSError:
    sys.exit(1)
sys.exit("thread_work_total{role=\"traverse\"} 1" not in text or "thread_work_pending{role=\"scan\"} 0" not in text)
PY
		sleep 0.2
	done
	tail "$scratch/debuginfod.log"
	return 1
}
check "elfutils' debuginfod serves a directory" ready
rm -rf "$scratch/d"
before() { "$vexxy" symbols lookup "$one" hidden_one --debug-dir "$scratch/none" >"$scratch/out"; [ $? = 3 ]; }
check 'the stripped program does not name its function' before
whole() { # of a root, one is known to the server and the other is not
	DEBUGINFOD_URLS="$real" fetch --rootfs "$scratch/root" -o "$scratch/d" >"$scratch/out" 2>"$scratch/err"
	[ $? = 3 ] && grep -q '^fetched    1$' "$scratch/out" && grep -q '^nowhere    1, on no server$' "$scratch/out" && [ ! -s "$scratch/err" ] ||
		{ cat "$scratch/out" "$scratch/err"; return 1; }
}
check 'of a root with two programs it has the one' whole
check '… the very bytes' cmp "$scratch/d/$(place "$id")" "$scratch/served/one.debug"
check '… and nothing else came' test "$(find "$scratch/d" -type f | wc -l)" = 1
check 'with it the function has its name' eval "'$vexxy' symbols lookup '$one' hidden_one --debug-dir '$scratch/d' | grep -q 'debug file'"
check 'of an inventory it is the same' eval "'$vexxy' inventory '$scratch/root' -o '$scratch/inv.json' && rm -rf '$scratch/d' && { fetch --inventory '$scratch/inv.json' -o '$scratch/d' --url $real --json >'$scratch/out'; [ \$? = 3 ]; } &&
	grep -q '\"build_ids\":2,.*\"fetched\":1,\"there\":0,\"nowhere\":1,\"failed\":\[\]' '$scratch/out'"
finish
