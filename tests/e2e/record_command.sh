#!/bin/sh
# record -- CMD: from the first instruction to the exit status, whatever ends it.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh

t=$scratch/t.gz
all_listed() {
	"$agent" record --help >"$scratch/help" || return 1
	for option in $(sed -n 's/^\t{ "\([a-z-]*\)".*/\1/p' agent/record_options.c); do
		grep -qE -- "^  .* --$option( |$)" "$scratch/help" || { echo "--$option is not listed"; return 1; }
	done
	test -n "$option"
}
check 'help lists every option that the table has' all_listed
check 'the version is that of the project' sh -c "'$agent' --version | grep -qE '^vexxy-agent [0-9]+\.[0-9]+\.[0-9]+$'"
check 'wrong usage is status 2, with what is wrong' fails_with 2 "^error: no --out FILE for the trace" "$agent" record -- true
check 'an unknown verb is status 2' fails_with 2 "^error: unknown verb 'recrod'" "$agent" recrod

need_tracing 'a command is recorded'
check 'recording without root says what to do' fails_with 1 '^error: recording needs root: run with sudo$' \
	setpriv --reuid=65534 --regid=65534 --clear-groups "$agent" record -o "$t" -- true
check 'a file that cannot be written is named' fails_with 1 "^error: cannot write '/nonexistent/t.gz': No such file" \
	"$agent" record -o /nonexistent/t.gz -- true
check 'a command that is not there is named' fails_with 1 "^error: cannot run '/nonexistent/program': No such file" \
	"$agent" record -o "$t" -- /nonexistent/program
check 'and leaves no file' test ! -e "$t"

echo text >"$scratch/input"
check 'a command is recorded' "$agent" record -q -o "$t" -- /bin/cat "$scratch/input"
check 'the file is whole gzip' gzip -t "$t"
check 'the watch began before the first instruction' has "$t" '"vexxy_trace":"1.0"' '"began":"first_exec"'
check 'the first record is the exec of the command' begins_with_exec "$t" "$(readlink -f /bin/cat)"
check 'the file that it read is in the trace' has "$t" '"kind":"open"' "\"path\":\"$scratch/input\"" '"access":"r"'
check 'the C library is mapped, with its build-id' has "$t" '"kind":"map"' '/libc.so.6"' '"build_id":"'
libc=$(lines "$t" | sed -n 's/.*"path":"\([^"]*\/libc.so.6\)".*/\1/p' | head -n 1)
want=$(readelf -n "$libc" 2>/dev/null | sed -n 's/.*Build ID: //p')
check 'that build-id is the one that readelf sees' has "$t" '/libc.so.6"' "\"build_id\":\"$want\""
check 'the end is recorded' ends_with "$t" '"reason":"exited","exit":0'
check 'nothing was lost' nothing_lost "$t"
check 'the last line names the system calls' ends_with "$t" '"exit_group"'

# Calls that never return, or under another number: a signal's end, exec by descriptor, the last exit.
# shellcheck disable=SC2016
busy='trap : USR1; kill -USR1 $$; /bin/true; python3 -c "import os; os.execve(os.open(\"/bin/true\", os.O_RDONLY), [\"true\"], {})"'
same_calls() {
	"$agent" record -q -o "$t" -- sh -c "$busy" && strace -f -qq -o "$scratch/strace" -- sh -c "$busy" || return 1
	sed -n 's/^[0-9]* *\([a-z_0-9]*\)(.*/\1/p' "$scratch/strace" | sort -u >"$scratch/want"
	lines "$t" | tail -n 1 | sed 's/.*"native":\[//; s/\].*//' | tr -d '"' | tr , '\n' | sort -u >"$scratch/got"
	grep -qx rt_sigreturn "$scratch/want" && grep -qx execveat "$scratch/want" && diff "$scratch/want" "$scratch/got"
}
if command -v strace >/dev/null; then
	check 'the system calls are those that strace sees' same_calls
else
	skip 'the system calls are those that strace sees' 'no strace here'
fi

"$agent" record -o "$t" -- sh -c 'echo out; echo err >&2; exit 3' >"$scratch/o" 2>"$scratch/e"
check 'the status of the command is not that of the recording' test $? = 0
check 'its status is in the trace' ends_with "$t" '"exit":768'
check 'and is said' grep -qx 'the workload ended with status 3' "$scratch/e"
check 'its output is left alone' sh -c "grep -qx out '$scratch/o' && grep -qx err '$scratch/e'"
check 'a crash is recorded' sh -c "'$agent' record -q -o '$t' -- sh -c 'kill -SEGV \$\$'"
check 'with its signal' ends_with "$t" '"exit":11'
check 'the environment is added to' sh -c "'$agent' record -q -o '$t' -e A=1 -e B='x y' -- sh -c 'echo \$A \$B' | grep -qx '1 x y'"
check 'without --quiet a summary is said' sh -c "'$agent' record -o '$t' -- true 2>&1 | grep -qE '^recorded [0-9.]+ s \(exited\): [0-9]+ execs'"
check 'with --quiet nothing is said' sh -c "test -z \"\$('$agent' record -q -o '$t' -- sh -c 'exit 1' 2>&1)\""

start -o "$t" --duration 1 -- sleep 99
check 'a duration ends it' ended 0
check 'and is the reason' ends_with "$t" '"reason":"duration"'
check 'nothing is left of it' nothing_left "$pid"

start -q -o "$t" --policy all --duration 1 -- dd if=/dev/zero of=/dev/null bs=1
wait_for 60 gone "$pid" || kill -KILL "$pid"
check 'a workload that does more than can be written does not keep it from ending' ended 0
check 'after the time that was asked for' ends_within "$t" 30

start -o "$t" --window 1 --duration 3 -- sh -c 'while :; do cat /etc/passwd; sleep 0.3; done'
check 'a recording with windows ends' ended 0
check 'a window is a mark' has "$t" '"kind":"mark"' '"name":"window"' '"unit":2'
check 'what is seen again in a new unit is reported again' \
	sh -c "test \$(zcat '$t' | grep -F '\"kind\":\"open\"' | grep -cF '\"path\":\"/etc/passwd\"') -ge 2"

start -o "$t" -- sh -c 'setsid sleep 98 & sleep 99'
wait_for 20 has "$t" '"comm":"sleep"'
below=$(processes_of "$pid")
kill -INT "$pid"
check 'an interrupt ends it in order' ended 0
check 'and is the reason' ends_with "$t" '"reason":"interrupted"'
# shellcheck disable=SC2086
check 'none of its processes is left' all_gone $below
check 'nothing else is left either' nothing_left "$pid"

start -o "$t" -- sh -c 'setsid sleep 98 & sleep 99'
wait_for 20 has "$t" '"comm":"sleep"'
below=$(processes_of "$pid")
check 'there is something to be left over' test -n "$below"
kill -KILL "$pid"
check 'the agent can be killed' ended 137
# shellcheck disable=SC2086
check 'a killed agent leaves no process' all_gone $below
check 'a killed agent leaves no cgroup, mount or directory' nothing_left "$pid"
check 'its trace can be read as far as it goes' begins_with_exec "$t" "$(readlink -f /bin/sh)"
check 'and does not claim to be whole' sh -c "! zcat '$t' 2>/dev/null | grep -qF '\"kind\":\"end\"'"

: >"$scratch/grows.gz"
(sleep 0.5; "$agent" record -q -o "$scratch/whole.gz" -- true && cat "$scratch/whole.gz" >"$scratch/grows.gz") &
check 'a file without a first line yet can be followed to its end' timeout 60 "$vexxy" replay --follow "$scratch/grows.gz"

start -o "$t" --duration 20 -- sh -c 'sleep 2 & exit 4'
check 'a daemon is recorded on when a duration is given' ended 0
check 'until nothing runs any more' ends_with "$t" '"reason":"exited","exit":1024'

start -o "$t" -- sh -c 'cat /etc/passwd; sleep 99'
wait_for 20 has "$t" '"path":"/etc/passwd"'
check 'what happened can be read while it goes on' has "$t" '"path":"/etc/passwd"'
peak=$(sed -n 's/^VmHWM:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status")
check "the agent needs less than 30 MiB (it is $peak kB)" test "$peak" -lt 30720
kill -TERM "$pid"
check 'a request to terminate ends it in order' ended 0

# Numbers of processes are those that the agent itself sees: in a PID namespace that is not the host's, too, as on a node of kind.
numbers_of_there() {
	unshare --pid --fork --mount-proc "$agent" record -q -o "$t" -- /bin/sh -c 'echo $$ >"$1"; /bin/true' sh "$scratch/number" || return 1
	has "$t" '"kind":"exec"' "\"pid\":$(cat "$scratch/number")," '/dash"' && has "$t" '"kind":"exec"' "\"ppid\":$(cat "$scratch/number")," '/true"'
}
check 'in another PID namespace it gives the numbers of there' numbers_of_there

check 'a full device is an error' fails_with 1 "^error: cannot write '/dev/full': No space left" \
	"$agent" record -q -o /dev/full -- true
cat >"$scratch/full.sh" <<'END'
mount -t tmpfs -o size=256k tmpfs "$1" || exit 9
"$2" record -q --policy all -o "$1/t.gz" -- sh -c 'while :; do ls -lR /usr/lib >/dev/null; done' 2>"$3"
echo $? >"$3.status"
cp "$1/t.gz" "$4"
END
mkdir "$scratch/small"
check 'a disk that fills up is survived' unshare -m sh "$scratch/full.sh" "$scratch/small" "$agent" "$scratch/full.err" "$t"
check 'it is a failure of the recording' grep -qx 1 "$scratch/full.err.status"
check 'the reason is said' grep -qE "^error: cannot write '.*/t.gz': No space left on device" "$scratch/full.err"
check 'what fitted is whole gzip' gzip -t "$t"
check 'what fitted begins as it should' begins_with_exec "$t" "$(readlink -f /bin/sh)"
finish
