#!/bin/sh
# What watching costs, as ratios in one run: the same loop bare, beside the empty programs, traced and untraced by us, under
# bpftrace and strace. Each row is the minimum over ROUNDS turns, so that a noisy neighbour hits all rows alike.
set -eu
cd "$(dirname "$0")/../.."
[ "$(id -u)" = 0 ] || { echo "error: the benchmark loads BPF programs: run it as root" >&2 && exit 1; }
rounds=${ROUNDS:-3} bench=build/bench
dir=$(mktemp -d "${TMPDIR:-/tmp}/vexxy-bench.XXXXXX")
pids=
on_exit() {
	for p in $pids; do kill "$p" 2>/dev/null || true; done
	wait
	rm -rf "$dir"
}
trap on_exit EXIT
trap 'exit 130' INT TERM
cp "$bench/loop" "$dir/loop"
echo data >"$dir/file"
# Nine times, each time a new process: where its memory lies makes a difference of its own.
loop="$dir/loops $dir/loop $dir/file"
printf '#!/bin/sh\nfor i in 1 2 3 4 5 6 7 8 9; do "$@"; done\n' >"$dir/loops"
chmod +x "$dir/loops"
result() { sed -n 's/^\(syscall\|open\|enoent\) /'"$1"' \1 /p' >>"$dir/results"; }

bare() { $loop | result bare; }
empty() { "$bench/floor" "$bench/floor.bpf.o" empty_ $loop | result empty; }
number() { "$bench/floor" "$bench/floor.bpf.o" number_ $loop | result number; }
# shellcheck disable=SC2086
traced() { build/vexxy-agent record --quiet -o "$dir/t.trace.gz" -- $loop 2>/dev/null | result traced; }
untraced() { # the loop runs while somebody else is being recorded
	rm -f "$dir/ready"
	build/vexxy-agent record --quiet -o "$dir/u.trace.gz" -- sh -c 'touch "$1"; exec sleep 300' - "$dir/ready" >/dev/null 2>&1 &
	pids=$!
	for _ in $(seq 300); do [ -e "$dir/ready" ] && break; sleep 0.1; done
	$loop | result untraced
	rss=$(awk '/VmHWM/ { print $2 }' "/proc/$pids/status")
	echo "$rss" >>"$dir/rss"
	kill "$pids"
	wait "$pids" 2>/dev/null || true
	pids=
}
with_bpftrace() { # it wants a program, not a script, and tracefs, which is not mounted everywhere: in a mount namespace of its own
	unshare -m sh -c 'mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null; exec bpftrace -e "$1" -c "$2"' - \
		'tracepoint:syscalls:sys_enter_openat { @[str(args->filename)] = count(); }
		tracepoint:raw_syscalls:sys_enter { @n[args->id] = count(); }' "/bin/sh $loop" 2>/dev/null | result bpftrace
}
with_strace() { strace -f -qq -o /dev/null "$dir/loop" "$dir/file" | result strace; }

# Functions: how a hot one runs after its first hit, beside its twin in the same process, and how long it takes to watch all that a
# large library exports.
object() { # file: the first lines of its list
	printf 'vexxy-functions 1\nobject %s\n' "$(readelf -n "$1" | sed -n 's/.*Build ID: //p')"
}
sites() { # file, nm options…
	file=$1
	shift
	base=$(readelf -lW "$file" | awk '$1 == "LOAD" && / R E / { print $3, $2; exit }')
	nm "$@" --defined-only "$file" | awk '$2 == "T" { sub(/@.*/, "", $3); print $1, $3 }' |
		while read -r at name; do printf 'site 0x%x %s\n' $((0x$at - ${base% *} + ${base#* })) "$name"; done
}
crypto=$(ldconfig -p | sed -n 's/.*libcrypto.so.3 .*=> //p' | head -n 1)
hot_bare() { "$bench/hot" >>"$dir/hot.bare"; }
hot_watched() {
	[ -s "$dir/hot.list" ] || { object "$bench/hot"; sites "$bench/hot" | grep ' watched$'; } >"$dir/hot.list"
	build/vexxy-agent record --quiet --window 0 -o "$dir/h.trace.gz" --functions "$dir/hot.list" -- "$bench/hot" >>"$dir/hot.watched"
}
library() { # from the mapping to the probes
	[ -s "$dir/crypto.list" ] || { object "$crypto"; sites "$crypto" -D; } >"$dir/crypto.list"
	build/vexxy-agent record --quiet --coverage -o "$dir/l.trace.gz" --functions "$dir/crypto.list" -- openssl version >/dev/null
	gzip -dc "$dir/l.trace.gz" | awk -F'[:,]' '/"kind":"map".*libcrypto/ { from = $2 } /"kind":"probe"/ { print ($2 - from) / 1e6 }' >>"$dir/library"
}

for turn in $(seq "$rounds"); do
	for what in bare empty number untraced traced with_bpftrace with_strace hot_bare hot_watched library; do
		[ ! -t 2 ] || printf '\r  turn %s of %s: %-14s' "$turn" "$rounds" "$what" >&2
		case $what in
		with_bpftrace) command -v bpftrace >/dev/null || continue ;;
		with_strace) [ "$turn" = 1 ] && command -v strace >/dev/null || continue ;; # minutes a turn, and far from all others
		hot_watched | library) [ -n "$crypto" ] && build/vexxy-agent probe | grep -q '^function  *uprobe_multi' || continue ;;
		esac
		$what || true
		case $what in
		hot_* | library) ;;
		*) grep -q "^${what#with_} " "$dir/results" || echo "  ${what#with_} did not run here" >>"$dir/notes" ;;
		esac
	done
done
[ ! -t 2 ] || printf '\r%40s\r' '' >&2
awk '
	{ key = $1 SUBSEP $2; if (!(key in best) || $3 < best[key]) best[key] = $3; rows[$1] = 1 }
	function row(name, label) {
		if (!(name in rows)) return
		printf "%-34s", label
		for (i = 1; i <= 3; i++) {
			v = best[name, kind[i]]; b = best["bare", kind[i]]
			printf " %8.0f ns %6.2fx", v, v / b
		}
		printf "\n"
	}
	END {
		split("syscall open enoent", kind)
		printf "%-34s %19s %19s %19s\n", "", "system call", "open + close", "failed open"
		row("bare", "bare")
		row("empty", "empty enter + exit programs")
		row("number", "exit program testing a number")
		row("untraced", "vexxy-agent, another process")
		row("traced", "vexxy-agent, the watched process")
		row("bpftrace", "bpftrace, counting")
		row("strace", "strace -f")
		e = best["empty", "syscall"] - best["bare", "syscall"]
		t = best["traced", "syscall"] - best["bare", "syscall"]
		u = best["untraced", "syscall"] - best["bare", "syscall"]
		n = best["number", "open"] - best["bare", "open"]
		o = best["traced", "open"] - best["bare", "open"]
		printf "\nadded per system call, watched:    %.2f x the empty enter+exit pair (goal 1.5)\n", t / e
		printf "added per system call, others:     %.2f x the empty enter+exit pair\n", u / e
		printf "added per repeated open, watched:  %.2f x the number test (goal 2)\n", o / n
	}' "$dir/results"
awk 'BEGIN { m = 0 } $1 > m { m = $1 } END { printf "agent memory (peak resident):      %.1f MiB (goal 30)\n", m / 1024 }' "$dir/rss"
if [ -s "$dir/hot.bare" ] && [ -s "$dir/hot.watched" ] && [ -s "$dir/library" ]; then
	# Of "call A twin B before … after … gone MS": the ratio of the least of each, over all turns.
	ratio() { awk '{ if (!a || $2 < a) a = $2; if (!b || $4 < b) b = $4 } END { printf "%.3f", a / b }' "$1"; }
	awk -v watched="$(ratio "$dir/hot.watched")" -v bare="$(ratio "$dir/hot.bare")" '
		{ armed += $6; left += $8; if (!gone || $10 < gone) gone = $10 }
		END {
			printf "call of a watched function:         %.3f x its twin (goal 1.01, after its first hit; unwatched: %.3f x)\n", watched, bare
			printf "its breakpoint:                     there in %d of %d runs, gone %.0f ms after the first call, left over in %d\n", armed, NR, gone, left
		}' "$dir/hot.watched"
	echo "$(sort -g "$dir/library" | head -n 1) $(grep -c '^site' "$dir/crypto.list")" | awk '{
		printf "to watch all %5d of libcrypto:     %.0f ms, %.1f us each, while its program is held (goal 100 ms)\n", $2, $1, $1 * 1000 / $2 }'
fi
[ ! -f "$dir/notes" ] || sort -u "$dir/notes"
