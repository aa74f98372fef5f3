// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* probes.c — functions of a list, watched in whatever code is mapped. */
#include "agent/probes.h"

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "agent/armed.h"
#include "agent/build_id.h"
#include "agent/code_file.h"
#include "agent/stopped.h"
#include "include/array.h"

#define FILES_MAX 65536u
#define REFUSALS_AT_ONCE 100u
#define RECENT 64
/* What is hit is not taken away one by one: each time costs a group. */
#define RETIRE_EVERY_NS 50000000u
/* Of the time, what goes into taking away: where much is hit for the first time, rounds become longer and rarer. */
#define RETIRE_SHARE 4u
/* A report of code whose hold does not follow: it could run. */
#define HOLD_WAIT_NS 2000000000u

/* One inode with probes in it. */
struct file {
	struct armed
	    *armed; /* NULL: given up, because its content has changed or could not be watched */
	dev_t dev;
	ino_t ino;
	const struct function_object *object;
	char *path;
	bool told, told_late;
};

/* Code that was reported. */
struct item {
	struct source_code code;
	uint64_t t_ns, address;
	pid_t pid, tid;
	char *path;
	bool is_done;    /* probes are in, or there is nothing to watch */
	bool is_claimed; /* its hold has come */
	bool late, unseen;
	uint32_t file; /* number + 1; 0: nothing to watch */
};

/* A process that waits for as many records of code of its thread as are missing: what was spilled comes later. */
struct hold {
	pid_t pid, tid;
	uint32_t missing;
	bool
	    enters; /* a container's command begins: what it maps is reported with a hold of its own, after this one */
	uint64_t t_ns;
};

struct release {
	pid_t pid;
	uint64_t t_ns;
};

struct probes {
	struct source *source;
	struct armed_context context;
	struct file *files;
	size_t file_count, file_room;
	struct item *items;
	size_t item_count, item_room;
	struct hold *holds;
	size_t hold_count, hold_room;
	struct release recent[RECENT]; /* processes let go */
	size_t recent_next;
	uint32_t unit;
	bool is_due;
	uint64_t retire_next_ns, lost;
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static const char *why_not(const struct source *source)
{
	size_t count;
	const struct source_choice *choices = source_choices(source, &count);

	for (size_t i = 0; i < count; i++)
		if (!strcmp(choices[i].what, "function"))
			return choices[i].why_not;
	return "unknown";
}

int probes_open(struct probes **ret, struct source *source, const struct functions *functions,
		struct err *err)
{
	_cleanup_(probes_closep) struct probes *probes = NULL;
	int program_fd = source_function_program(source);

	if (program_fd < 0)
		return err_set(err, EOPNOTSUPP, "functions cannot be watched here: %s",
			       why_not(source));
	probes = calloc(1, sizeof(*probes));
	if (!probes)
		return err_oom(err);
	probes->source = source;
	probes->context = (struct armed_context){ program_fd, closer_new(), functions };
	if (!probes->context.closer)
		return err_oom(err);
	*ret = take_ptr(probes);
	return 0;
}

void probes_close(struct probes *probes)
{
	if (!probes)
		return;
	for (size_t i = 0; i < probes->hold_count; i++)
		kill(probes->holds[i].pid, SIGCONT);
	for (size_t i = 0; i < probes->file_count; i++) {
		armed_free(probes->files[i].armed);
		free(probes->files[i].path);
	}
	for (size_t i = 0; i < probes->item_count; i++)
		free(probes->items[i].path);
	closer_free(probes->context.closer);
	free(probes->files);
	free(probes->items);
	free(probes->holds);
	free(probes);
}

/* The one before of the same thread is for the same stop: whoever let go for that would let go of this one. */
static void drop_entering(struct probes *probes, pid_t tid)
{
	for (size_t i = probes->hold_count; i-- > 0;)
		if (probes->holds[i].enters && probes->holds[i].tid == tid)
			probes->holds[i] = probes->holds[--probes->hold_count];
}

static void take_hold(struct probes *probes, const struct source_event *event)
{
	struct hold *hold;

	drop_entering(probes, event->tid);
	hold = array_add(probes->holds, probes->hold_count, probes->hold_room);
	if (!hold) {
		kill(event->pid, SIGCONT);
		return;
	}
	*hold = (struct hold){ event->pid, event->tid, event->codes, !event->codes, event->t_ns };
	for (size_t i = 0; i < probes->item_count && hold->missing; i++) {
		struct item *item = &probes->items[i];

		if (item->is_claimed || item->late || item->tid != hold->tid)
			continue;
		item->is_claimed = true;
		hold->missing--;
	}
}

static void take_code(struct probes *probes, const struct source_event *event)
{
	struct item *item = array_add(probes->items, probes->item_count, probes->item_room);

	if (!item) {
		probes->lost++;
		return;
	}
	*item = (struct item){ .code = event->code,
			       .t_ns = event->t_ns,
			       .address = event->addr,
			       .pid = event->pid,
			       .tid = event->tid,
			       .path = strdup(event->path),
			       .late = event->late,
			       .unseen = event->unseen };
	for (size_t i = 0; i < probes->hold_count && !item->late && !item->is_claimed; i++) {
		struct hold *hold = &probes->holds[i];

		if (hold->tid != item->tid || !hold->missing)
			continue;
		item->is_claimed = true;
		hold->missing--;
	}
}

void probes_take(struct probes *probes, const struct source_event *event)
{
	if (event->path)
		take_code(probes, event);
	else
		take_hold(probes, event);
}

/* ---- putting probes in ---- */

/* Has its hold come, or will it not? */
static bool is_ready(const struct item *item)
{
	return item->is_claimed || item->late || now_ns() > item->t_ns + HOLD_WAIT_NS;
}

static struct file *find_file(struct probes *probes, const struct stat *st)
{
	for (size_t i = 0; i < probes->file_count; i++) {
		struct file *f = &probes->files[i];

		if (f->armed && f->ino == st->st_ino && f->dev == st->st_dev)
			return f;
	}
	return NULL;
}

static const struct function_object *find_object(const struct probes *probes, int fd,
						 const char *path, const struct stat *st)
{
	char build_id[BUILD_ID_TEXT_MAX];
	int r = build_id_read(build_id, fd);

	return functions_find(probes->context.functions, r < 0 ? NULL : build_id, path,
			      (uint64_t)st->st_size);
}

/*
 * A new file of the object. The descriptor is taken over. Its number + 1 also when it could not be watched. -ENXIO: it is watched,
 * but not where this mapping is.
 */
static int arm(struct probes *probes, uint32_t *ret, const struct file *found, int fd,
	       const struct code_mapping *mapping)
{
	uint32_t number = (uint32_t)probes->file_count;
	struct file *file = NULL;
	int r;

	if (number < FILES_MAX)
		file = array_add(probes->files, probes->file_count, probes->file_room);
	if (!file) {
		close(fd);
		return -ENOMEM;
	}
	*file = *found;
	*ret = number + 1;
	r = armed_open(&file->armed, &probes->context, file->object, fd, number, mapping);
	return r == 0 && armed_missing_at_first(file->armed) ? -ENXIO : r;
}

/*
 * Is the file one of the list, and are probes in it? The same inode may come again: after a change of its attributes, which is
 * nothing, or of its content. Then the old places are no places any more, and what the new code did until now, with their
 * breakpoints in it, is worth nothing: that is a loss. The descriptor is taken over; *path is, when it is kept.
 */
static int resolve_file(struct probes *probes, uint32_t *ret, int fd, char **path,
			const struct code_mapping *mapping)
{
	_cleanup_close_ int owned = fd;
	struct file found = {}, *file;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	found.dev = st.st_dev;
	found.ino = st.st_ino;
	found.object = find_object(probes, fd, *path, &st);
	file = find_file(probes, &st);
	if (file && file->object == found.object) {
		*ret = (uint32_t)(file - probes->files) + 1;
		return armed_missing(file->armed, mapping) ? -ENXIO : 0;
	}
	if (file) {
		armed_free(file->armed);
		file->armed = NULL;
		closer_wait(probes->context.closer);
		probes->lost++;
	}
	if (!found.object)
		return 0;
	found.path = take_ptr(*path);
	return arm(probes, ret, &found, take_fd(&owned), mapping);
}

/* What is mapped in a range becomes an item for each file. */
static int resolve_range(struct probes *probes, const struct item *range)
{
	uint64_t address = range->address;
	struct code_mapping mapping;
	struct item found = *range, *slot;
	int fd, r = 0;

	found.unseen = false;
	found.is_done = true;
	while (r == 0) {
		char *path = NULL;

		fd = code_file_next(&mapping, &path, found.pid, &address, range->code.changed);
		if (fd < 0)
			return fd == -ENOENT ? 0 : fd;
		found.file = 0;
		r = resolve_file(probes, &found.file, fd, &path, &mapping);
		free(path);
		found.path = NULL;
		slot = found.file ? array_add(probes->items, probes->item_count, probes->item_room)
				  : NULL;
		if (slot)
			*slot = found;
		else if (found.file)
			r = -ENOMEM;
	}
	return r;
}

static int resolve(struct probes *probes, struct item *item)
{
	struct code_mapping mapping;
	int fd;

	if (item->unseen) {
		struct item range = *item; /* the array may move */

		return resolve_range(probes, &range);
	}
	fd = code_file_open(&mapping, item->pid, item->address);
	return fd < 0 ? fd : resolve_file(probes, &item->file, fd, &item->path, &mapping);
}

static void resolve_all(struct probes *probes, bool all)
{
	for (size_t i = 0; i < probes->item_count; i++) {
		struct item *item = &probes->items[i];
		bool watched;
		int r;

		/* What is found in a range belongs to the same hold. */
		if (item->is_done || (item->unseen && !all && !is_ready(item)))
			continue;
		item->is_done = true;
		r = resolve(probes, item);
		item = &probes->items[i];
		watched = item->file || item->unseen;
		if (r == 0 && !item->unseen)
			/* Without room in the map it is reported, and resolved, once more. */
			(void)!source_know(probes->source, &item->code, item->file);
		else if (r < 0 && (watched || item->late || kill(item->pid, 0) == 0))
			probes
			    ->lost++; /* else it has gone, and has run nothing while it was held */
	}
}

/* ---- telling, and letting go ---- */

static void tell(const struct probes *probes, struct file *file, bool late, probes_report_fn fn,
		 void *ctx)
{
	const struct function_object *object = file->object;
	const struct function_site *sites = probes->context.functions->sites + object->first_site;
	struct probe_refusal refused[REFUSALS_AT_ONCE];
	struct probe_report report = { .path = file->path,
				       .build_id = object->build_id,
				       .late = late,
				       .sites = file->armed ? armed_site_count(file->armed) : 0,
				       .starts = file->armed ? armed_start_count(file->armed) : 0,
				       .refused = refused };

	for (uint32_t i = 0; file->armed && i < object->site_count; i++) {
		const char *error = armed_refusal(file->armed, i);

		if (!error)
			continue;
		if (report.refused_count == REFUSALS_AT_ONCE) {
			fn(ctx, &report);
			report.sites = report.starts = 0;
			report.refused_count = 0;
		}
		refused[report.refused_count++] =
		    (struct probe_refusal){ sites[i].offset, sites[i].name, error };
	}
	fn(ctx, &report);
	file->told = true;
	file->told_late |= late;
}

/* Of several threads that map code at the same time one may be let go with the other: known by the time. */
static bool was_let_go(const struct probes *probes, const struct item *item)
{
	for (size_t i = 0; i < RECENT; i++)
		if (probes->recent[i].pid == item->pid && probes->recent[i].t_ns >= item->t_ns)
			return true;
	return false;
}

/* Was the process held until now? False: that cannot be told yet. */
static bool judge(const struct probes *probes, struct item *item, bool all)
{
	if (!all && !is_ready(item))
		return false;
	item->late |= !item->is_claimed || was_let_go(probes, item) || !stopped_is(item->pid);
	return true;
}

static void tell_all(struct probes *probes, bool all, probes_report_fn fn, void *ctx)
{
	size_t kept = 0;

	for (size_t i = 0; i < probes->item_count; i++) {
		struct item *item = &probes->items[i];
		struct file *file = item->file ? &probes->files[item->file - 1] : NULL;

		if (!judge(probes, item, all)) {
			probes->items[kept++] = *item;
			continue;
		}
		if (file && (!file->told || (item->late && !file->told_late)))
			tell(probes, file, item->late, fn, ctx);
		free(item->path);
	}
	probes->item_count = kept;
}

static void let_go(struct probes *probes, bool all)
{
	size_t kept = 0;

	for (size_t i = 0; i < probes->hold_count; i++) {
		struct hold *hold = &probes->holds[i];

		if ((hold->missing || hold->enters) && !all &&
		    now_ns() < hold->t_ns + HOLD_WAIT_NS) {
			probes->holds[kept++] = *hold;
			continue;
		}
		probes->lost += hold->missing;
		probes->recent[probes->recent_next++ % RECENT] =
		    (struct release){ hold->pid, now_ns() };
		kill(hold->pid, SIGCONT);
	}
	probes->hold_count = kept;
}

void probes_settle(struct probes *probes, bool all, probes_report_fn fn, void *ctx)
{
	uint64_t now, spent;

	if (probes->item_count || probes->hold_count) {
		resolve_all(probes, all);
		tell_all(probes, all, fn, ctx);
		let_go(probes, all);
	}
	if (!probes->is_due)
		return;
	now = now_ns();
	if (now < probes->retire_next_ns)
		return;
	probes->is_due = false;
	for (size_t i = 0; i < probes->file_count; i++)
		if (probes->files[i].armed)
			armed_retire(probes->files[i].armed);
	spent = now_ns() - now;
	probes->retire_next_ns = now_ns() + RETIRE_EVERY_NS + (RETIRE_SHARE - 1) * spent;
}

/* ---- hits ---- */

bool probes_hit(struct probes *probes, const struct source_event *event, struct probe_hit *ret)
{
	uint32_t number = (uint32_t)(event->cookie >> 32), site = (uint32_t)event->cookie;
	const struct file *file;
	const struct function_site *s;

	if (number >= probes->file_count || site >= probes->files[number].object->site_count) {
		probes->lost++;
		return false;
	}
	file = &probes->files[number];
	s = &probes->context.functions->sites[file->object->first_site + site];
	*ret =
	    (struct probe_hit){ file->path, file->object->build_id, s->name, s->offset, s->wanted,
				s->starts };
	/* One of an earlier unit is told, but the probe stays for this one. */
	if (!file->armed || event->unit != probes->unit)
		return true;
	if (!armed_hit(file->armed, site))
		return false;
	probes->is_due = true;
	return true;
}

void probes_renew(struct probes *probes)
{
	probes->unit++;
	for (size_t i = 0; i < probes->file_count; i++)
		if (probes->files[i].armed)
			probes->lost += armed_renew(probes->files[i].armed);
}

uint64_t probes_lost(const struct probes *probes)
{
	return probes->lost;
}
