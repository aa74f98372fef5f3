#!/bin/bash
# Functions of a list: those that run are reported, once a unit, those that do not are not; whatever maps them, and however soon
# after that they are called. COUNT=1000 for the long form.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/e2e/record_lib.sh

t=$scratch/t.gz list=$scratch/list count=${COUNT:-100}
need_tracing 'functions are watched'
"$agent" probe | grep -q '^function  *uprobe_multi' || { skip 'functions are watched' 'this kernel has no uprobe_multi (Linux 6.6)'; finish; }
command -v gcc >/dev/null || { skip 'functions are watched' 'gcc is needed to build what is watched'; finish; }
cd "$scratch" || exit 1

cat >lib.c <<'E'
__attribute__((noinline)) int used(int x) { return x * 3 + 1; }
__attribute__((noinline)) int unused(int x) { return x * 7 + 1; }
__attribute__((noinline)) int at_load(int x) { return x * 5 + 1; }
__attribute__((constructor)) static void on_load(void) { volatile int x = at_load(1); (void)x; }
#ifdef __x86_64__
/* A prefix that the kernel puts no probe on, and an instruction. */
__asm__(".globl refused\n.type refused, @function\nrefused: lock incl (%rdi)\nret\n.size refused, .-refused\n"
	".globl rejected\n.type rejected, @function\nrejected: hlt\nret\n.size rejected, .-rejected\n");
#endif
E
cat >program.c <<'E'
#include <stdio.h>
#include <stdlib.h>
int used(int);
int unused(int);
int main(int argc, char **argv)
{
	int sum = 0;
	for (int i = 0; i < (argc > 1 ? atoi(argv[1]) : 1000); i++)
		sum += used(i);
	return argc > 2 ? unused(sum) : 0;
}
E
# Loads N new copies of a library, one after the other, and calls into each at once. With "wait" between them.
cat >load.c <<'E'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	char copy[400], command[900];
	for (int i = 0; i < atoi(argv[2]); i++) {
		snprintf(copy, sizeof(copy), "%s/copy%d.so", argv[3], i);
		snprintf(command, sizeof(command), "cp %s %s", argv[1], copy);
		if (access(copy, F_OK) && system(command))
			return 2;
		void *library = dlopen(copy, RTLD_NOW);
		int (*used)(int) = library ? (int (*)(int))dlsym(library, "used") : NULL;
		if (!used)
			return 3;
		used(i);
		if (argc > 4)
			usleep(atoi(argv[4]) * 1000);
	}
	return 0;
}
E
# Threads that map and unmap all the time beside one that loads.
cat >threads.c <<'E'
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
static volatile int end;
static void *churn(void *arg)
{
	while (!end)
		munmap(mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 1 << 20);
	return arg;
}
int main(int argc, char **argv)
{
	pthread_t thread[2];
	char copy[400];
	for (int i = 0; i < 2; i++)
		pthread_create(&thread[i], NULL, churn, NULL);
	for (int i = 0; i < atoi(argv[1]); i++) {
		snprintf(copy, sizeof(copy), "%s/copy%d.so", argv[2], i);
		void *library = dlopen(copy, RTLD_NOW);
		int (*used)(int) = library ? (int (*)(int))dlsym(library, "used") : NULL;
		if (!used)
			return 3;
		used(i);
	}
	end = 1;
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	return 0;
}
E
# Maps the page of a function, one process after the other: p private, s shared, w writable, l made executable later. An upper-case
# letter maps it, and does not call it.
cat >maps.c <<'E'
#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv)
{
	unsigned long offset = strtoul(argv[2], NULL, 0);
	int status = 0;
	for (char *m = argv[3]; *m && !status; m++) {
		char how = tolower(*m);
		if (!fork()) {
			int prot = how == 'l' ? PROT_WRITE : how == 'w' ? PROT_WRITE | PROT_EXEC : PROT_EXEC;
			char *page = mmap(NULL, 8192, PROT_READ | prot, how == 's' ? MAP_SHARED : MAP_PRIVATE,
					  open(argv[1], O_RDONLY), offset & ~4095ul);
			if (page == MAP_FAILED || (how == 'l' && mprotect(page, 8192, PROT_READ | PROT_EXEC)))
				_exit(4);
			_exit(islower(*m) && ((int (*)(int))(page + (offset & 4095)))(3) != 10);
		}
		wait(&status);
	}
	return status != 0;
}
E
gcc -O1 -o maps maps.c || exit 1
gcc -O1 -shared -fPIC -Wl,--build-id,-soname,libused.so -o libused.so lib.c &&
	gcc -O1 -Wl,--build-id -o program program.c ./libused.so "-Wl,--enable-new-dtags,-rpath,$scratch" &&
	gcc -O1 -o load load.c -ldl && gcc -O1 -o threads threads.c -ldl -lpthread && gcc -O1 -shared -fPIC -Wl,--build-id=none -o plain.so lib.c || exit 1
build_id() { readelf -n "$1" | sed -n 's/.*Build ID: //p'; }
# These files have their code at the same place in memory as in the file.
offset() { readelf -sW "$1" | awk -v n="$2" '$8 == n && $7 != "UND" { print "0x" $2; exit }' | sed 's/0x0*/0x/'; }
sites() { # file, function…
	file=$1
	shift
	for name; do echo "site $(offset "$file" "$name") $name"; done
}
{ echo 'vexxy-functions 1'; echo "object $(build_id libused.so)"; sites libused.so used unused at_load; } >"$list"
functions() { lines "$t" | grep -F '"kind":"function"'; }
hits() { functions | grep -cF "\"symbol\":\"$1\""; }
number() { # expected, command…
	want=$1
	shift
	got=$("$@")
	[ "$got" = "$want" ] || { echo "$got, not $want"; return 1; }
}
record() { "$agent" record -q -o "$t" --functions "$list" "$@"; }
probes() { lines "$t" | grep -F '"kind":"probe"'; }

# ---- the list ----
bad() { # sentence, expected error, text
	printf '%b' "$3" >bad
	check "$1" fails_with 1 "^error: functions '[^']*/bad': $2" "$agent" record -o "$t" --functions "$scratch/bad" -- true
}
bad 'a list of another kind is refused' "line 1: not 'vexxy-functions 1'" 'vexxy-functions 2\n'
bad 'a site without an object is named by its line' 'line 2: a site before any object' 'vexxy-functions 1\nsite 0x10 f\n'
bad 'an offset that is none is named by its line' 'line 3: no file offset' 'vexxy-functions 1\nobject abcd\nsite 10 f\n'
bad 'a name with white space is named by its line' 'line 3: no name' 'vexxy-functions 1\nobject abcd\nsite 0x10 f g\n'
bad 'a list that was cut off is refused' 'line 3: cut off' 'vexxy-functions 1\nobject abcd\nsite 0x10 fun'
check 'coverage without a list is wrong usage' fails_with 2 'coverage needs --functions' "$agent" record -o "$t" --coverage -- true

# ---- a program and what it links ----
check 'a program is recorded' record -- ./program 100000
check 'a function that ran is reported once' number 1 hits used
check 'with file, build-id, place and first frame' has "$t" '"kind":"function"' "\"object\":\"$scratch/libused.so\"" \
	"\"build_id\":\"$(build_id libused.so)\"" "\"offset\":$(($(offset libused.so used)))," "\"stack\":[\"$scratch/libused.so+$(offset libused.so used)\""
check 'one that ran in a constructor, too' number 1 hits at_load
check 'one that did not run is not' number 0 hits unused
check 'the file was watched before its code could run' has "$t" '"kind":"probe"' '"sites":3' '"refused":[]' '"armed":"before_code"'
check 'nothing was lost' ends_with "$t" '"late":0,"write":0,"probe":0}'
check 'the header says how many are watched' has "$t" '"vexxy_trace"' '"functions":3' '"function","probe"'
check 'the program does what it did' sh -c "'$agent' record -q -o '$t' --functions '$list' -- ./program 3 x; '$agent' record -q -o '$t' --functions '$list' -- ./program 3 x"
check 'and then the other function is reported' number 1 hits unused
check 'the same without callers' record --coverage -- ./program
check 'reports it without a stack' sh -c "zcat '$t' | grep -F '\"symbol\":\"used\"' | grep -vq stack"

check 'a recording in units' record --window 1 --duration 4 -- sh -c 'while :; do ./program; sleep 0.2; done'
once_a_unit() { # each function once between two marks, and in more than one unit
	lines "$t" | awk '/"kind":"mark"/ { delete seen } /"symbol":"used"/ { n++; if (seen[1]++) twice = 1 } END { exit !(n >= 3 && !twice) }'
}
check 'reports a function once in each' once_a_unit

# ---- scope ----
(while [ ! -e "$scratch/stop" ]; do ./program 10 x; done) &
outsider=$!
check 'while another process runs the same code' record -- sh -c './program 5; sleep 1'
touch stop
wait $outsider
check 'what runs outside is never reported' number 0 hits unused
check 'what runs inside is' number 1 hits used

# ---- taken away after the first hit ----
cat >gone.c <<'E'
#include <string.h>
#include <time.h>
__attribute__((noinline, noclone, no_icf, aligned(64))) int hot(int x) { __asm__ volatile(""); return x + 1; }
__attribute__((noinline, noclone, no_icf, aligned(64))) int twin(int x) { __asm__ volatile(""); return x + 1; }
int main(void)
{
	time_t end = time(NULL) + 20;
	int x = 0;
	if (!memcmp(hot, twin, 4))
		return 2;
	while (memcmp(hot, twin, 4) && time(NULL) < end)
		x = hot(x);
	return memcmp(hot, twin, 4) ? 3 : 0;
}
E
gcc -O2 -Wl,--build-id -o gone gone.c || exit 1
{ echo 'vexxy-functions 1'; echo "object $(build_id gone)"; sites gone hot; } >list5
check 'a function that is called all the time is recorded' "$agent" record -q -o "$t" --window 0 --functions list5 -- ./gone
check 'its breakpoint was there, and is gone from memory after the first hit' has "$t" '"kind":"end"' '"exit":0,'
check 'it was reported once' number 1 hits hot

# ---- refused, outside of code ----
if [ "$(uname -m)" = x86_64 ]; then
	{ cat "$list"; sites libused.so refused rejected; echo 'site 0x10 header'; } >list2
	check 'places that cannot be watched are left out' "$agent" record -q -o "$t" --functions list2 -- ./program
	check 'the others are watched' number 1 hits used
	check 'one that the kernel refuses is named' has "$t" '"kind":"probe"' '"sites":3' '"symbol":"refused","error":"the kernel puts no probe on this instruction"'
	check 'and one that nobody could guess' has "$t" '"symbol":"rejected","error":"the kernel puts no probe on this instruction"'
	check 'one outside of code is named' has "$t" '"kind":"probe"' '{"offset":16,"symbol":"header","error":"not in an executable segment of the file"}'
fi
{ echo 'vexxy-functions 1'; echo "object path=$scratch/plain.so size=$(stat -c %s plain.so)"; sites plain.so used; } >list3
cp plain.so copy0.so
check 'a file without build-id is recorded' "$agent" record -q -o "$t" --functions list3 -- sh -c './load x 1 . && mv copy0.so copy1.so && ln -s plain.so copy0.so && ./load x 1 .'
check 'it is watched by path and size, the same at another path is not' number 1 hits used
check 'and said to have no build-id' sh -c "zcat '$t' | grep -F '\"kind\":\"function\"' | grep -F '\"object\":\"$scratch/plain.so\"' | grep -qv build_id"
rm -f copy0.so copy1.so

# ---- other names, other files ----
mkdir links && ln libused.so links/copy0.so && ln -s ../libused.so links/copy1.so
check 'hard and symbolic links are loaded' record -- ./load libused.so 2 links
check 'and are one file' number 1 sh -c "zcat '$t' | grep -cF '\"kind\":\"probe\"'"
mkdir replaced && cp libused.so replaced/libused.so
cat >replace.sh <<'E'
LD_LIBRARY_PATH=replaced
export LD_LIBRARY_PATH
./program 5
cp libused.so replaced/new && mv replaced/new replaced/libused.so && ./program 5
cp libused.so replaced/libused.so && ./program 5
E
check 'a library is replaced in the middle' record -- sh replace.sh
check 'both files are watched' number 2 sh -c "zcat '$t' | grep -F '\"kind\":\"probe\"' | grep -cF '\"object\":\"$scratch/replaced/libused.so\"'"
check 'and heard of' number 2 hits used
gcc -O1 -shared -fPIC -Wl,--build-id,-soname,libused.so -o other.so -x c - <<'E'
int pad(int x) { return x ^ 0x55; }
int used(int x) { return x * 9 + pad(x); }
int unused(int x) { return x; }
E
mkdir rewritten && cp libused.so rewritten/libused.so
check 'a library is overwritten in place by another one' record -- sh -c 'LD_LIBRARY_PATH=rewritten; export LD_LIBRARY_PATH; ./program 5; cat other.so >rewritten/libused.so; ./program 5 x; true'
check 'which is not taken for the old one' number 0 hits unused
check 'and is a loss' ends_with "$t" '"late":0,"write":0,"probe":1}'

# ---- where a process has no breakpoints ----
{ echo 'vexxy-functions 1'; echo "object $(build_id libused.so)"; sites libused.so used; } >list6
mapped() { # ways
	rm -f mapped.so && cp libused.so mapped.so && "$agent" record -q -o "$t" --functions list6 -- ./maps mapped.so "$(offset libused.so used)" "$1"
}
for ways in p l Pp; do
	check "a function that is mapped $ways is called" mapped $ways
	check 'and reported' number 1 hits used
	check 'without a loss' ends_with "$t" '"late":0,"write":0,"probe":0}'
done
for ways in s w Ps Pw Pl Ll; do
	check "a function that is mapped $ways is called" mapped $ways
	check 'and that this cannot be seen is a loss' ends_with "$t" '"late":0,"write":0,"probe":1}'
done

# A file that overlayfs copies up is another one below, under the same number above.
mkdir overlay && if mount -t tmpfs none overlay 2>/dev/null && mkdir overlay/lower overlay/upper overlay/work overlay/all && cp libused.so overlay/lower &&
	mount -t overlay -o "lowerdir=overlay/lower,upperdir=overlay/upper,workdir=overlay/work" none overlay/all 2>/dev/null; then
	lib=overlay/all/libused.so at=$(offset libused.so used)
	check 'a library is copied up between two processes' "$agent" record -q -o "$t" --functions list6 -- sh -c "./maps $lib $at P && chmod 700 $lib && ./maps $lib $at p"
	heard_or_lost() { [ "$(hits used)" = 1 ] || ends_with "$t" '"late":0,"write":0,"probe":1}'; }
	check 'and what the second one calls is reported, or a loss' heard_or_lost
	umount overlay/all
else
	skip 'a library is copied up between two processes' 'overlayfs cannot be mounted here'
fi
umount overlay 2>/dev/null

# ---- as soon as it is there ----
mkdir many
check "$count new libraries are loaded and called at once" record --window 0 -- ./load libused.so "$count" many
check 'each call is reported' number "$count" hits used
check 'each constructor' number "$count" hits at_load
check 'each was watched in time' number "$count" sh -c "zcat '$t' | grep -F '\"kind\":\"probe\"' | grep -cF before_code"
mkdir programs
{ echo 'vexxy-functions 1'; echo "object $(build_id program)"; sites program main; } >list4
cat >programs.sh <<'E'
i=0
while [ $i -lt "$1" ]; do cp program programs/p$i; programs/p$i 1; rm programs/p$i; i=$((i + 1)); done
E
check "$count new programs are run" "$agent" record -q -o "$t" --window 0 --functions list4 -- sh programs.sh "$count"
check 'each main is reported' number "$count" hits main
check 'and was watched in time' number "$count" sh -c "zcat '$t' | grep -F '\"kind\":\"probe\"' | grep -cF before_code"
check 'libraries are loaded beside threads that map' record --window 0 -- ./threads "$count" many
in_time_or_late() { [ "$(hits used)" = "$count" ] || [ "$(probes | grep -c '"late"')" -gt 0 ]; }
check 'each call is reported, or that the watch was late' in_time_or_late

# ---- what runs already ----
./load libused.so "$count" many 200 &
victim=$!
sleep 1
if [ -w /sys/fs/cgroup/unified ] || grep -q 'cgroup2 /sys/fs/cgroup ' /proc/mounts; then
	root=/sys/fs/cgroup
	[ -d $root/unified ] && root=$root/unified
	group=$root/vexxy-functions-$$
	mkdir "$group" && echo $victim >"$group/cgroup.procs"
	check 'a running program is watched late' record --cgroup "$group" --duration 2
	check 'and what it loads after that in time' sh -c "zcat '$t' | grep -F '\"kind\":\"probe\"' | grep -F before_code"
	check 'what it had loaded is said to be late' sh -c "zcat '$t' | grep -F '\"kind\":\"probe\"' | grep -F '\"late\"'"
	check 'what it calls is reported' sh -c "zcat '$t' | grep -F '\"kind\":\"function\"'"
	state() { sed -n 's/^State:\t\(.\).*/\1/p' "/proc/$1/status"; }
	start --functions "$list" -o "$t" --cgroup "$group"
	wait_for 20 has "$t" '"kind":"function"'
	kill -STOP "$pid"
	stopped() { [ "$(state $victim)" = T ]; }
	check 'a program that maps new code is held until the agent is ready' wait_for 10 stopped
	kill -KILL "$pid"
	wait "$pid" 2>/dev/null
	runs() { state=$(state $victim); [ -n "$state" ] && [ "$state" != T ]; }
	check 'an agent that is killed then leaves nothing stopped' wait_for 10 runs
	sleep 1
	check 'and it goes on' runs
	kill $victim 2>/dev/null
	wait $victim 2>/dev/null
	rmdir "$group"
else
	skip 'a running program is watched late' 'no writable version 2 cgroups'
	kill $victim
fi

# ---- in a container ----
if command -v runc >/dev/null; then
	make_rootfs "$scratch/root"
	mkdir -p root/lib64 root/usr/lib root/srv
	cp libused.so root/usr/lib/ && cp load program root/bin/
	for f in $(ldd program load | awk '/=> \// { print $3 } /^\t\/.*ld-/ { print $1 }' | sort -u); do
		case $f in */libused.so) ;; *) mkdir -p "root/${f%/*}" && cp -L "$f" "root/$f" ;; esac
	done
	inside='export LD_LIBRARY_PATH=/usr/lib; program 5; cp /usr/lib/libused.so /srv/copy0.so; load x 1 /srv'
	check 'a container is recorded' record --rootfs "$scratch/root" -- /bin/sh -c "$inside"
	check 'a function in its root is reported with the path that it has there' has "$t" '"kind":"function"' '"symbol":"used"' '"object":"/usr/lib/libused.so"'
	check 'and one in a file that it has made' has "$t" '"kind":"function"' '"symbol":"used"' '"object":"/srv/copy0.so"'
	check 'both watched in time' number 2 sh -c "zcat '$t' | grep -F '\"kind\":\"probe\"' | grep -cF before_code"
	"$agent" record -q -o "$scratch/t2.gz" --functions "$list" --rootfs "$scratch/root" -- /bin/sh -c "sleep 1; $inside x" &
	second=$!
	check 'two containers of one root at the same time' record --rootfs "$scratch/root" -- /bin/sh -c "sleep 1; $inside"
	wait $second
	check 'are both heard' number '2 2' sh -c "echo \$(zcat '$t' | grep -c '\"symbol\":\"used\"') \$(zcat '$scratch/t2.gz' | grep -c '\"symbol\":\"used\"')"
	check 'nothing was lost in either' sh -c "for t in '$t' '$scratch/t2.gz'; do zcat \$t | tail -n 1 | grep -qF '\"probe\":0}' || exit 1; done"
else
	skip 'a container is recorded' 'runc is needed'
fi
finish
