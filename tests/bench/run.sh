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
loop="$dir/loop $dir/file"
result() { sed -n 's/^\(syscall\|open\|enoent\) /'"$1"' \1 /p' >>"$dir/results"; }

bare() { $loop | result bare; }
empty() { "$bench/floor" "$bench/floor.bpf.o" empty_ $loop | result empty; }
number() { "$bench/floor" "$bench/floor.bpf.o" number_ $loop | result number; }
# shellcheck disable=SC2086
traced() { build/vexxy-agent record --quiet -o "$dir/t.trace.gz" -- $loop 2>/dev/null | result traced; }
untraced() { # the loop runs while somebody else is being recorded
	build/vexxy-agent record --quiet -o "$dir/u.trace.gz" -- sleep 60 >/dev/null 2>&1 &
	pids=$!
	sleep 1
	$loop | result untraced
	rss=$(awk '/VmHWM/ { print $2 }' "/proc/$pids/status")
	echo "$rss" >>"$dir/rss"
	kill "$pids"
	wait "$pids" 2>/dev/null || true
	pids=
}
with_bpftrace() {
	bpftrace -e 'tracepoint:syscalls:sys_enter_openat { @[str(args->filename)] = count(); }
		tracepoint:raw_syscalls:sys_enter { @n[args->id] = count(); }' -c "$loop" 2>/dev/null | result bpftrace
}
with_strace() { strace -f -qq -o /dev/null $loop | result strace; }

for turn in $(seq "$rounds"); do
	for what in bare empty number untraced traced with_bpftrace with_strace; do
		[ ! -t 2 ] || printf '\r  turn %s of %s: %-14s' "$turn" "$rounds" "$what" >&2
		case $what in
		with_bpftrace) command -v bpftrace >/dev/null || continue ;;
		with_strace) command -v strace >/dev/null || continue ;;
		esac
		$what || echo "  $what did not run here" >>"$dir/notes"
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
[ ! -f "$dir/notes" ] || sort -u "$dir/notes"
