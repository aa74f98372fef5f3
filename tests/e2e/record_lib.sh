# Shared by the tests of recording; after tests/lib.sh. Everything is told apart by the number of the agent that made it.
XDG_CACHE_HOME=$scratch/cache
export XDG_CACHE_HOME

make_rootfs() { # directory: a root with busybox, a user "web" and nothing else
	mkdir -p "$1/bin" "$1/etc" "$1/proc" "$1/sys" "$1/dev" "$1/tmp" "$1/srv"
	cp /bin/busybox "$1/bin/busybox"
	for applet in sh ls cat id sleep dd yes echo mount httpd wget hostname ip true kill mkdir unshare; do
		ln -s busybox "$1/bin/$applet"
	done
	printf 'root:x:0:0::/:/bin/sh\nweb:x:33:34::/srv:/bin/sh\n' >"$1/etc/passwd"
	printf 'root:x:0:\nwww:x:34:\nmore:x:50:web\n' >"$1/etc/group"
}
lines() { zcat "$1" 2>/dev/null; } # the text of a trace, also of one that was cut off
has() { # trace, text…: one line that holds every text
	found=$(lines "$1")
	shift
	for text in "$@"; do
		found=$(printf '%s\n' "$found" | grep -F -- "$text") || { echo "no line with '$text'"; return 1; }
	done
}
has_not() { ! has "$@"; }
last_line() { lines "$1" | tail -n 1; }
ends_with() { # trace, text in the last line
	last_line "$1" | grep -F '"kind":"end"' | grep -qF -- "$2" || { echo "last line: $(last_line "$1")"; return 1; }
}
ends_within() { # trace, seconds
	last_line "$1" | grep -oE '"t":[0-9]+' | awk -F: -v max="$2" '{ s = $2 / 1e9 } END { print s " s"; exit !(NR == 1 && s < max) }'
}
gone() { ! kill -0 "$1" 2>/dev/null; } # pid
first_record() { lines "$1" | sed -n '/"kind":"exec"/{p;q;}'; }
# The first record of a trace, of whatever kind, is the exec of a program at that path.
begins_with_exec() { # trace, path
	lines "$1" | sed -n 2p | grep -F '"kind":"exec"' | grep -F '"role":"program"' | grep -qF "\"path\":\"$2\"" ||
		{ echo "second line: $(lines "$1" | sed -n 2p)"; return 1; }
}
nothing_lost() { ends_with "$1" '"losses":{"ring":0,"map_full":0,"walk":0,"trylock":0,"storage":0,"recursion":0,"uring":0,"read":0,"late":0,"write":0,"probe":0}'; }
# Nothing of the agent with that number is there: cgroups of any hierarchy, directories, mounts.
nothing_left() { # pid of the agent
	for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		left=$(find /sys/fs/cgroup -maxdepth 2 -name "vexxy-$1-*" 2>/dev/null
			find /run /tmp -maxdepth 1 -name "vexxy-$1-*" 2>/dev/null
			grep "vexxy-$1-" /proc/mounts)
		[ -n "$left" ] || return 0
		sleep 0.2
	done
	printf 'left: %s\n' "$left"
	return 1
}
# None of these processes runs any more; a zombie that init has yet to reap is none.
all_gone() { # pid…
	for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		alive=
		for p in "$@"; do
			state=$(sed -n 's/^State:[[:space:]]*\([A-Z]\).*/\1/p' "/proc/$p/status" 2>/dev/null)
			case $state in '' | Z | X) ;; *) alive="$alive $p" ;; esac
		done
		[ -n "$alive" ] || return 0
		sleep 0.2
	done
	echo "alive:$alive"
	return 1
}
# Processes in the cgroups of an agent, and its children.
processes_of() { # pid of the agent
	find /sys/fs/cgroup -path "*/vexxy-$1-*" -name cgroup.procs -exec cat {} + 2>/dev/null
	cat "/proc/$1/task/$1/children" 2>/dev/null
}
wait_for() { # seconds, command…: until it succeeds
	tries=$(($1 * 5))
	shift
	while [ "$tries" -gt 0 ]; do
		"$@" >/dev/null 2>&1 && return 0
		tries=$((tries - 1))
		sleep 0.2
	done
	echo "waited in vain for: $*"
	return 1
}
# Starts a recording in the background: $pid is the agent.
start() {
	rm -f "$t" # what the last one has written must not be taken for what this one writes
	: >"$scratch/agent.out"
	"$agent" record "$@" >"$scratch/agent.out" 2>"$scratch/agent.err" &
	pid=$!
}
# The agent ends with that status.
ended() { # status
	wait "$pid"
	got=$?
	[ "$got" = "$1" ] || { echo "the agent ended with $got, not $1: $(cat "$scratch/agent.err")"; return 1; }
}
need_tracing() { # sentence
	can_record && return
	skip "$1" "recording needs root and a kernel with BTF"
	finish
}
can_record() { [ "$(id -u)" = 0 ] && "$agent" record -q -o "$scratch/can.gz" -- true >/dev/null 2>&1; }
