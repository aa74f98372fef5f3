// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* debug_fetch.c — separate debug data of servers into a directory. */
#include "analyzer/debug_fetch.h"

#include <elf.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "analyzer/debug_link.h"
#include "analyzer/elf_note.h"
#include "analyzer/interrupt.h"
#include "analyzer/janitor.h"
#include "analyzer/program.h"
#include "include/debuginfod.h"

#define PROGRAM "vexxy-client"
#define WORDS_MAX (DEBUGINFO_URLS_MAX + 8)

extern char **environ;

/* vexxy-client at work, and where its files come in. */
struct asking {
	const struct debug_fetch *fetch;
	struct interrupt held;
	pid_t pid;
	int fd;
	char incoming[PATH_MAX];
	struct janitor janitor; /* of that directory */
	char line[DEBUGINFO_LINE_MAX + 1];
};

_printf_(3, 4) static int path_make(char ret[PATH_MAX], struct err *err, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(ret, PATH_MAX, fmt, ap);
	va_end(ap);
	return n < PATH_MAX ? 0 : err_set(err, ENAMETOOLONG, "the path is too long");
}

static int make_dir(const char *path, struct err *err)
{
	if (mkdir(path, 0755) < 0 && errno != EEXIST)
		return err_sys(err, errno, "cannot make the directory '%s'", path);
	return 0;
}

static int check_whole(const struct elf_file *file, struct err *err)
{
	if (!file->section_count)
		return err_set(err, EBADMSG, "it is cut short: it has no sections");
	for (size_t i = 0; i < file->section_count; i++) {
		const struct elf_section *s = &file->sections[i];

		if (s->type != SHT_NOBITS && s->type != SHT_NULL &&
		    (s->offset > file->size || s->size > file->size - s->offset))
			return err_set(err, EBADMSG, "it is cut short: section %.64s is not in it",
				       s->name);
	}
	return 0;
}

static int check_crc(int fd, const struct debug_want *want, struct err *err)
{
	uint32_t crc = 0;
	int r = want->linked ? debug_link_crc(&crc, fd) : 0;

	if (r < 0)
		return err_sys(err, -r, "cannot read it");
	if (want->linked && crc != want->crc)
		return err_set(err, ESTALE,
			       "its checksum is %08" PRIx32 ", and %s names %08" PRIx32, crc,
			       want->path, want->crc);
	return 0;
}

int debug_fetch_check(int fd, const struct debug_want *want, struct err *err)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	const char *id = NULL;
	struct elf_file file;
	int r;

	if (!arena)
		return err_oom(err);
	r = elffile_open_debug(&file, fd, arena, err);
	if (r == -ENOEXEC)
		return err_set(err, ENOEXEC, "it is no ELF file");
	r = r < 0 ? r : check_whole(&file, err);
	if (r >= 0 && elfnote_build_id(&id, &file, arena) < 0)
		r = err_oom(err);
	if (r < 0)
		return r;
	if (!id || strcmp(id, want->id) != 0)
		return err_set(err, ESTALE, "its build-id is %s", id ? id : "missing");
	return check_crc(fd, want, err);
}

/* Removes nothing and replaces nothing: 0 there is none, 1 it is there and right, -errno with a reason. */
static int look_at_place(const char *path, const struct debug_want *want, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int r;

	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(err, errno, "'%s'", path);
	r = debug_fetch_check(fd, want, err);
	if (r < 0)
		return err_prefix(err, r, "'%s' is there, but not what is wanted (remove it first)",
				  path);
	return 1;
}

/* From where it came in to its place, once it is sure that it is what it should be. */
static int take_in(struct asking *a, const struct debug_want *want, const char *to, struct err *err)
{
	_cleanup_close_ int fd = -1;
	char from[PATH_MAX], place[PATH_MAX];
	int r = path_make(from, err, "%s/%s", a->incoming, want->id);

	r = r ? r : path_make(place, err, "%s/.build-id/%.2s", a->fetch->dir, want->id);
	if (r < 0)
		return r;
	fd = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return err_sys(err, errno, "what came cannot be read");
	r = debug_fetch_check(fd, want, err);
	r = r ? r : make_dir(place, err);
	if (r == 0 && (fchmod(fd, 0644) < 0 || fsync(fd) < 0 ||
		       link(from, to) < 0)) /* never over what is there */
		r = err_sys(err, errno, "'%s'", to);
	unlink(from);
	return r;
}

static int spawn(struct asking *a, const char *const *words, int fd, struct err *err)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	int r = posix_spawn_file_actions_init(&actions);

	if (r)
		return err_sys(err, r, "cannot start " PROGRAM);
	r = posix_spawnattr_init(&attr);
	if (r) {
		posix_spawn_file_actions_destroy(&actions);
		return err_sys(err, r, "cannot start " PROGRAM);
	}
	sigemptyset(&none);
	r = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	r = r ? r : posix_spawnattr_setsigmask(&attr, &none);
	r = r ? r : posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO);
	r = r ? r : posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO);
	r = r ? r : posix_spawnp(&a->pid, words[0], &actions, &attr, (char *const *)words, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return r ? err_sys(err, r, "cannot start " PROGRAM ", which talks to servers") : 0;
}

static int start(struct asking *a, struct err *err)
{
	const struct debug_fetch *fetch = a->fetch;
	char program[PATH_MAX], limit[32], seconds[32];
	const char *words[WORDS_MAX] = {
		program_find(program, PROGRAM), DEBUGINFO_VERB, a->incoming,
		fetch->ca ? fetch->ca : "",     limit,          seconds
	};
	int pair[2], r;

	if (fetch->urls->count > DEBUGINFO_URLS_MAX)
		return err_set(err, EINVAL, "more than %u servers", DEBUGINFO_URLS_MAX);
	for (size_t i = 0; i < fetch->urls->count; i++)
		words[6 + i] = fetch->urls->items[i];
	snprintf(limit, sizeof(limit), "%" PRIu64, fetch->limit_mb << 20);
	snprintf(seconds, sizeof(seconds), "%" PRIu64, fetch->timeout_s);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(err, errno, "cannot talk to " PROGRAM);
	r = spawn(a, words, pair[1], err);
	close(pair[1]);
	a->fd = pair[0];
	return r;
}

/* Its answer to one line, without the line's end. */
static int hear(struct asking *a, struct err *err)
{
	struct pollfd ready[] = { { a->fd, POLLIN, 0 }, { a->held.fd, POLLIN, 0 } };
	size_t len = 0;
	ssize_t n;

	while (len < DEBUGINFO_LINE_MAX) {
		if (poll(ready, 2, -1) < 0 && errno != EINTR)
			return err_sys(err, errno, "cannot hear " PROGRAM);
		if (ready[1].revents)
			return err_set(err, EINTR, "ended, as asked");
		n = ready[0].revents ? recv(a->fd, a->line + len, DEBUGINFO_LINE_MAX - len, 0) : 0;
		if (ready[0].revents && n <= 0)
			return err_set(err, EIO, PROGRAM " ended before it was done");
		len += (size_t)n;
		if (len && a->line[len - 1] == '\n') {
			a->line[len - 1] = '\0';
			return 0;
		}
	}
	return err_set(err, EPROTO, PROGRAM " says what is not understood");
}

static int ask(struct asking *a, const char *id, struct err *err)
{
	char line[DEBUGINFO_ID_MAX + 2];
	int len = snprintf(line, sizeof(line), "%s\n", id);

	if (send(a->fd, line, (size_t)len, MSG_NOSIGNAL) != len)
		return err_set(err, EIO, PROGRAM " ended before it was done");
	return hear(a, err);
}

/* What the servers say of one that is not there. Fails when there is no going on; what is wrong with this one alone is told in `why`. */
static int ask_servers(struct asking *a, const struct debug_want *want, const char *to,
		       enum debug_outcome *outcome, struct err *why, struct err *err)
{
	int r = ask(a, want->id, err);

	if (r < 0)
		return r;
	*outcome = DEBUG_FAILED;
	if (!strcmp(a->line, "none")) {
		*outcome = DEBUG_NOWHERE;
	} else if (strncmp(a->line, "got ", 4) != 0) {
		err_set(why, EIO, "%s", a->line + (strncmp(a->line, "failed ", 7) ? 0 : 7));
	} else {
		r = take_in(a, want, to, why);
		if (r < 0)
			err_prefix(why, r, "%.200s", a->line + 4);
		else
			*outcome = DEBUG_FETCHED;
	}
	return 0;
}

static int settle(struct asking *a, const struct debug_want *want, struct err *err)
{
	const struct debug_fetch *fetch = a->fetch;
	enum debug_outcome outcome = DEBUG_THERE;
	struct err why = {};
	char to[PATH_MAX];
	int r =
	    path_make(to, err, "%s/.build-id/%.2s/%s.debug", fetch->dir, want->id, want->id + 2);

	if (r < 0)
		return r;
	r = look_at_place(to, want, &why);
	if (r < 0)
		outcome = DEBUG_FAILED;
	else if (r == 0 && (r = ask_servers(a, want, to, &outcome, &why, err)) < 0)
		return r;
	fetch->settled(fetch->ctx, want, outcome, outcome == DEBUG_FAILED ? why.text : NULL);
	return 0;
}

static int open_dirs(struct asking *a, struct err *err)
{
	const char *dir = a->fetch->dir;
	char path[PATH_MAX];
	int r = make_dir(dir, err);

	r = r ? r : path_make(path, err, "%s/.build-id", dir);
	r = r ? r : make_dir(path, err);
	r = r ? r : path_make(path, err, "%s/.incoming.XXXXXX", dir);
	if (r < 0)
		return r;
	if (!mkdtemp(path))
		return err_sys(err, errno, "cannot write into '%s'", dir);
	memcpy(a->incoming, path, sizeof(path));
	janitor_hire(&a->janitor, a->incoming);
	return 0;
}

/* Whatever was still under way is not kept. */
static void asking_done(struct asking *a)
{
	if (a->fd >= 0)
		close(a->fd);
	if (a->pid > 0) {
		kill(a->pid, SIGKILL);
		while (waitpid(a->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (*a->incoming)
		(void)janitor_remove(a->incoming);
	janitor_dismiss(&a->janitor);
	interrupt_release(&a->held);
}

int debug_fetch_all(const struct debug_fetch *fetch, const struct debug_wants *wants,
		    struct err *err)
{
	struct asking a = { .fetch = fetch, .fd = -1 };
	int r = interrupt_hold(&a.held, err);

	r = r ? r : open_dirs(&a, err);
	r = r ? r : start(&a, err);
	for (size_t i = 0; i < wants->count && r == 0; i++)
		r = settle(&a, &wants->items[i], err);
	asking_done(&a);
	return r;
}
