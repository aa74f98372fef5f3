// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * first_hits.c — which of the listed places a program and all its descendants reach, by ptrace and breakpoints.
 *
 *   first_hits LIST OUTPUT PROGRAM [ARGUMENT…]
 *
 * LIST is what the agent takes: "object BUILD_ID", below it "site 0xOFFSET NAME" with the offset in the file. Every process is
 * followed through fork, vfork, clone and exec. Each mapping of code (at exec, and at the end of each mmap or mprotect that
 * makes code) gets a breakpoint at every place that nobody has reached yet; the first process that runs into it gives the
 * byte of the file back. OUTPUT, sorted:
 *   loaded BUILD_ID PROGRAM     an object of the list was mapped as code by a process of that program
 *   hit BUILD_ID 0xOFFSET
 * The status is the program's; 125 when tracing itself failed, with the reason on stderr. Nothing is shared with the agent or
 * the analyzer: what they say is held against this.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef __x86_64__
#error "the breakpoint and the registers are those of x86-64"
#endif

#define OBJECTS_MAX 256
#define SITES_MAX 65536
#define KNOWN_MAX 1024
#define LOADS_MAX 4096
#define BREAKPOINT 0xcc
#define ID_BYTES 20

struct site {
	uint64_t offset;
	uint8_t byte; /* of the file, once it was seen */
	bool hit;
};

struct object {
	char id[2 * ID_BYTES + 1];
	size_t first, count; /* its sites */
	bool read;           /* the bytes of its sites are known */
};

struct known { /* what a file was found to be, so that each is read once */
	dev_t dev;
	ino_t ino;
	struct object *object; /* NULL: none of the list */
};

struct mapping {
	uint64_t start, end, offset;
	char path[4096];
};

static struct object objects[OBJECTS_MAX];
static struct site sites[SITES_MAX];
static struct known known[KNOWN_MAX];
static char *loads[LOADS_MAX];
static size_t object_count, site_count, known_count, load_count;

__attribute__((format(printf, 1, 2), noreturn)) static void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("first_hits: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(125);
}

static void add_site(uint64_t offset)
{
	if (!object_count || site_count == SITES_MAX)
		fail("a site before any object, or more than %d", SITES_MAX);
	sites[site_count++].offset = offset;
	objects[object_count - 1].count++;
}

static void read_list(const char *path)
{
	FILE *list = fopen(path, "re");
	char line[4096];
	uint64_t offset;

	if (!list)
		fail("%s: %s", path, strerror(errno));
	while (fgets(line, sizeof(line), list)) {
		if (!strncmp(line, "object ", 7)) {
			char *id = strrchr(line, ' ') + 1;

			id[strcspn(id, "\n")] = '\0';
			if (object_count == OBJECTS_MAX || strlen(id) > 2 * ID_BYTES)
				fail("%s: too many objects, or no build-id: %s", path, id);
			objects[object_count].first = site_count;
			strcpy(objects[object_count++].id, id);
		} else if (sscanf(line, "site 0x%lx", &offset) == 1) {
			add_site(offset);
		} else if (strncmp(line, "vexxy-functions 1", 17)) {
			fail("%s: neither object nor site: %s", path, line);
		}
	}
	fclose(list);
}

/* The build-id in a segment of notes, as hex digits; empty without one. */
static void id_of_notes(char *id, const uint8_t *at, size_t size)
{
	while (size >= sizeof(Elf64_Nhdr)) {
		const Elf64_Nhdr *n = (const void *)at;
		uint64_t name = (n->n_namesz + 3ull) & ~3ull, desc = (n->n_descsz + 3ull) & ~3ull;

		if (sizeof(*n) + name + desc > size)
			return;
		if (n->n_type == NT_GNU_BUILD_ID && n->n_namesz == 4 &&
		    !memcmp(at + sizeof(*n), "GNU", 4) && n->n_descsz <= ID_BYTES)
			for (size_t i = 0; i < n->n_descsz; i++)
				sprintf(id + 2 * i, "%02x", at[sizeof(*n) + name + i]);
		at += sizeof(*n) + name + desc;
		size -= sizeof(*n) + name + desc;
	}
}

/* A table of an ELF header lies in the file. */
static bool has_table(size_t size, uint64_t offset, uint64_t bytes)
{
	return offset <= size && bytes <= size - offset;
}

/* From the segments of notes; Go's linker leaves this note to the sections. */
static void id_of_file(char *id, const uint8_t *file, size_t size)
{
	const Elf64_Ehdr *e = (const void *)file;

	*id = '\0';
	if (size < sizeof(*e) || memcmp(e->e_ident, ELFMAG, SELFMAG) ||
	    e->e_ident[EI_CLASS] != ELFCLASS64)
		return;
	for (size_t i = 0;
	     i < e->e_phnum && has_table(size, e->e_phoff, e->e_phnum * sizeof(Elf64_Phdr)); i++) {
		const Elf64_Phdr *p = (const Elf64_Phdr *)(file + e->e_phoff) + i;

		if (p->p_type == PT_NOTE && has_table(size, p->p_offset, p->p_filesz) && !*id)
			id_of_notes(id, file + p->p_offset, p->p_filesz);
	}
	for (size_t i = 0;
	     i < e->e_shnum && has_table(size, e->e_shoff, e->e_shnum * sizeof(Elf64_Shdr)); i++) {
		const Elf64_Shdr *s = (const Elf64_Shdr *)(file + e->e_shoff) + i;

		if (s->sh_type == SHT_NOTE && has_table(size, s->sh_offset, s->sh_size) && !*id)
			id_of_notes(id, file + s->sh_offset, s->sh_size);
	}
}

static struct object *object_of_bytes(const uint8_t *file, size_t size)
{
	char id[2 * ID_BYTES + 1];

	id_of_file(id, file, size);
	for (struct object *o = objects; o < objects + object_count; o++) {
		if (strcmp(o->id, id))
			continue;
		for (size_t i = o->first; !o->read && i < o->first + o->count; i++) {
			if (sites[i].offset >= size)
				fail("%s: no byte at 0x%lx", id, sites[i].offset);
			sites[i].byte = file[sites[i].offset];
		}
		o->read = true;
		return o;
	}
	return NULL;
}

/* The object of the list that a mapped file is; NULL: none of them. Files are told apart by device and inode: the same path
 * may be another file in another root. */
static struct object *object_of(pid_t pid, const struct mapping *m)
{
	char path[64];
	struct stat st;
	void *bytes;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/map_files/%lx-%lx", pid, m->start, m->end);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		fail("%s (%s): %s", path, m->path, strerror(errno));
	for (size_t i = 0; i < known_count; i++)
		if (known[i].dev == st.st_dev && known[i].ino == st.st_ino) {
			close(fd);
			return known[i].object;
		}
	if (known_count == KNOWN_MAX)
		fail("more than %d files", KNOWN_MAX);
	known[known_count] = (struct known){ st.st_dev, st.st_ino, NULL };
	bytes = st.st_size ? mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
	close(fd);
	if (bytes != MAP_FAILED) {
		known[known_count].object = object_of_bytes(bytes, st.st_size);
		munmap(bytes, st.st_size);
	}
	return known[known_count++].object;
}

static FILE *maps_of(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	return fopen(path, "re"); /* NULL: it was killed meanwhile */
}

/* The next mapping of code that is backed by a file. */
static bool next_mapping(struct mapping *m, FILE *maps)
{
	char line[4300], perms[8];

	while (maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx %7s %lx %*s %*s %4095[^\n]", &m->start, &m->end, perms,
			   &m->offset, m->path) == 5 &&
		    perms[2] == 'x' && m->path[0] == '/')
			return true;
	return false;
}

/* The process's own memory: breakpoints are written to its private copy. */
static void put_byte(pid_t pid, uint64_t address, uint8_t byte)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT)
		return;
	if (fd < 0 || (pwrite(fd, &byte, 1, (off_t)address) != 1 && errno != ESRCH))
		fail("%s at 0x%lx: %s", path, address, strerror(errno));
	close(fd);
}

static void note_load(pid_t pid, const struct object *o)
{
	char link[64], program[4096], *text;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/%d/exe", pid);
	n = readlink(link, program, sizeof(program) - 1);
	program[n < 0 ? 0 : n] = '\0';
	if (asprintf(&text, "loaded %s %s", o->id, program) < 0)
		fail("out of memory");
	for (size_t i = 0; i < load_count; i++)
		if (!strcmp(loads[i], text)) {
			free(text);
			return;
		}
	if (load_count == LOADS_MAX)
		fail("more than %d loads", LOADS_MAX);
	loads[load_count++] = text;
}

static void place_breakpoints(pid_t pid)
{
	FILE *maps = maps_of(pid);
	struct mapping m;

	while (next_mapping(&m, maps)) {
		const struct object *o = object_of(pid, &m);

		if (!o)
			continue;
		note_load(pid, o);
		for (size_t i = o->first; i < o->first + o->count; i++)
			if (!sites[i].hit && sites[i].offset >= m.offset &&
			    sites[i].offset - m.offset < m.end - m.start)
				put_byte(pid, m.start + (sites[i].offset - m.offset), BREAKPOINT);
	}
	if (maps)
		fclose(maps);
}

/* Was it a breakpoint of ours? Then it is gone, and the process stands before the place again. */
static bool take_hit(pid_t pid)
{
	struct user_regs_struct regs;
	struct mapping m;
	FILE *maps;
	bool ours = false;

	if (ptrace(PTRACE_GETREGS, pid, 0, &regs))
		return false;
	regs.rip--;
	maps = maps_of(pid);
	while (!ours && next_mapping(&m, maps)) {
		const struct object *o;

		if (regs.rip < m.start || regs.rip >= m.end)
			continue;
		o = object_of(pid, &m);
		for (size_t i = o ? o->first : 0; !ours && o && i < o->first + o->count; i++) {
			if (sites[i].offset != regs.rip - m.start + m.offset)
				continue;
			sites[i].hit = ours = true;
			put_byte(pid, regs.rip, sites[i].byte);
			ptrace(PTRACE_SETREGS, pid, 0, &regs);
		}
	}
	if (maps)
		fclose(maps);
	return ours;
}

/* Code may have been mapped by the system call at whose end the process stands. */
static bool made_code(pid_t pid)
{
	struct user_regs_struct regs;

	return !ptrace(PTRACE_GETREGS, pid, 0, &regs) &&
	       (regs.orig_rax == SYS_mmap || regs.orig_rax == SYS_mprotect) &&
	       (regs.rdx & PROT_EXEC) && (int64_t)regs.rax >= 0;
}

static void handle_stop(pid_t pid, int status)
{
	int signal = WSTOPSIG(status), event = status >> 16;
	siginfo_t info;

	if (event == PTRACE_EVENT_STOP && signal != SIGTRAP) {
		ptrace(PTRACE_LISTEN, pid, 0, 0); /* stopped by job control */
		return;
	}
	if (event == PTRACE_EVENT_EXEC || (signal == (SIGTRAP | 0x80) && made_code(pid)))
		place_breakpoints(pid);
	if (event || signal == (SIGTRAP | 0x80))
		signal = 0;
	else if (signal == SIGTRAP && !ptrace(PTRACE_GETSIGINFO, pid, 0, &info) &&
		 info.si_code == SI_KERNEL && take_hit(pid))
		signal = 0;
	ptrace(PTRACE_SYSCALL, pid, 0, signal);
}

static pid_t start(char **argv)
{
	long options = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
		       PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL;
	int go[2];
	pid_t pid;
	char c = 0;

	if (pipe2(go, O_CLOEXEC) || (pid = fork()) < 0)
		fail("%s", strerror(errno));
	if (!pid) {
		close(go[1]);
		if (read(go[0], &c, 1) == 1)
			execvp(*argv, argv);
		fail("%s: %s", *argv, strerror(errno));
	}
	if (ptrace(PTRACE_SEIZE, pid, 0, options) || ptrace(PTRACE_INTERRUPT, pid, 0, 0))
		fail("cannot trace: %s", strerror(errno));
	if (write(go[1], &c, 1) != 1)
		fail("%s", strerror(errno));
	close(go[0]);
	close(go[1]);
	return pid;
}

static int compare_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void write_output(const char *path)
{
	FILE *out = fopen(path, "we");

	if (!out)
		fail("%s: %s", path, strerror(errno));
	qsort(loads, load_count, sizeof(*loads), compare_text);
	for (size_t i = 0; i < load_count; i++)
		fprintf(out, "%s\n", loads[i]);
	for (const struct object *o = objects; o < objects + object_count; o++)
		for (size_t i = o->first; i < o->first + o->count; i++)
			if (sites[i].hit)
				fprintf(out, "hit %s 0x%lx\n", o->id, sites[i].offset);
	if (fclose(out))
		fail("%s: %s", path, strerror(errno));
}

int main(int argc, char **argv)
{
	int status, result = 125;
	pid_t first, pid;

	if (argc < 4)
		fail("usage: first_hits LIST OUTPUT PROGRAM [ARGUMENT...]");
	read_list(argv[1]);
	first = start(argv + 3);
	while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
		if (pid > 0 && WIFSTOPPED(status))
			handle_stop(pid, status);
		else if (pid == first)
			result = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
	write_output(argv[2]);
	return result;
}
