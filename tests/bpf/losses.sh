#!/bin/bash
# What cannot be reported is counted: in records of its own and in the last line.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh

can_trace || { skip "losses are counted" "recording needs root and BTF"; finish; }
mkdir "$scratch/work"
echo text >"$scratch/beyond"
lost() { # trace, cause: by a record and by the last line
	gzip -dc "$1" | grep -F '"kind":"lost"' | grep -qF "\"what\":\"$2\"" && gzip -dc "$1" | tail -n 1 | grep -qE "\"$2\":[1-9]" ||
		{ gzip -dc "$1" | tail -n 1; return 1; }
}

"$agent" record --quiet --backend raw -o "$scratch/u.gz" -- build/tests/tools/coverage --no-entry "$scratch/work"
if gzip -dc "$scratch/u.gz" | tail -n 1 | grep -qF '"exit":19712'; then # 77
	skip "an open by io_uring that leaves no entry is counted" "no io_uring here, or one that always makes an entry"
else
	check "an open by io_uring that leaves no entry is counted" lost "$scratch/u.gz" uring
fi

# Beside a thread that changes the address space: a file is mapped, and at once another one in its place.
cat >"$scratch/replace.c" <<'E'
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
static volatile int end;
static void *churn(void *arg)
{
	while (!end) {
		void *p = mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
		munmap(p, 8 << 20);
		usleep(rand() % 3000);
	}
	return arg;
}
int main(void)
{
	void *where = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int two = open("two", O_RDONLY), files[300];
	pthread_t thread;
	char name[20];
	for (int i = 0; i < 300; i++) {
		snprintf(name, sizeof(name), "one%d", i);
		files[i] = open(name, O_RDONLY);
	}
	pthread_create(&thread, NULL, churn, NULL);
	for (int i = 0; i < 300; i++) {
		void *a = mmap(where, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, files[i], 0);
		void *b = mmap(where, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, two, 0);
		if (a != where || b != where)
			return 2;
		for (int k = 0; k < 8; k++) {
			usleep(700);
			getppid();
		}
	}
	end = 1;
	return pthread_join(thread, NULL);
}
E
if gcc -O1 -o "$scratch/replace" "$scratch/replace.c" -lpthread; then
	(cd "$scratch/work" && head -c 4096 /dev/zero >two && for i in $(seq 0 299); do cp two "one$i"; done)
	check "files are mapped and replaced at once" sh -c 'cd "$1/work" && "$2" record --quiet -o "$1/r.gz" -- ../replace' - "$scratch" "$agent"
	each_told() {
		seen=$(gzip -dc "$scratch/r.gz" | grep -F '"kind":"map"' | grep -c '/one[0-9]*"') lost=$(gzip -dc "$scratch/r.gz" | tail -n 1 | sed 's/.*"trylock":\([0-9]*\).*/\1/')
		[ $((seen + lost)) -ge 300 ] || { echo "$seen seen, $lost lost"; return 1; }
	}
	check "each is reported or counted" each_told
fi

root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
beyond=$root/vexxy-test-$$
mkdir "$beyond" || exit 1
"$agent" record --quiet -o "$scratch/l.gz" -- sh -c "echo \$\$ >$beyond/cgroup.procs; cat $scratch/beyond >/dev/null"
for _ in 1 2 3 4 5 6 7 8 9 10; do rmdir "$beyond" 2>/dev/null && break; sleep 0.1; done
check "a task that leaves the cgroup is counted" lost "$scratch/l.gz" storage
check "what it does there is not recorded" sh -c '! gzip -dc "$1" | grep -F "/beyond\""' - "$scratch/l.gz"
finish
