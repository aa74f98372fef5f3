// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* gvisor_opens.c — opened files under gVisor: by the path that its kernel tells, else by the name that was passed. */
#include "agent/gvisor_state.h"

#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>

#include "agent/root_program.h"
#include "agent/syscall_names.h"

#define FAILED_OPENS_MAX 20000u /* as the kernel side's (bpf/state.bpf.h) */

static void tell_file(struct gvisor_events *events, struct source_event *e,
		      const struct gvisor_file *file)
{
	e->kind = TRACE_OPEN;
	e->t_ns = file->t_ns;
	e->pid = (pid_t)file->tgid;
	e->comm = file->comm ? file->comm : "";
	e->access = file->access;
	e->how = file->how;
	e->directory = file->directory;
	gvisor_tell(events, e);
}

/* Where the root is at hand, the name is followed in it as it is now. */
static void tell_by_name(struct gvisor_events *events, struct gvisor_file *file)
{
	char path[PATH_MAX];
	struct source_event e = { .by_name = true };

	if (file->told)
		return;
	file->told = true;
	if (!file->name) {
		gvisor_lose(events, TRACE_LOSS_READ, TRACE_OPEN, 1);
		return;
	}
	if (events->who.root_fd >= 0 && root_path(path, events->who.root_fd, file->name) == 0)
		e.path = path;
	else
		e.path = file->name;
	e.path_len = strlen(e.path);
	tell_file(events, &e, file);
}

/* Another name may be a link, or another file whose descriptor this was before. */
static bool leads_to(const struct gvisor_events *events, const char *name, const char *path)
{
	char found[PATH_MAX];

	return name && (!strcmp(name, path) ||
			(events->who.root_fd >= 0 &&
			 root_path(found, events->who.root_fd, name) == 0 && !strcmp(found, path)));
}

/* Has this path been told in this unit, as that of whatever opening? */
static bool is_new_path(struct gvisor_events *events, const struct source_event *e)
{
	char fact[GVISOR_PATH_BYTES_MAX + 8];
	int n = snprintf(fact, sizeof(fact), "path %s", e->path);

	return gvisor_is_late(events, e) || fact_set_add(&events->facts, fact, (size_t)n);
}

void gvisor_resolve(struct gvisor_events *events, const struct gvisor_message *m, uint64_t now_ns)
{
	size_t i = gvisor_files_find(&events->files, m->tgid, m->fd);
	struct source_event e = gvisor_begin(events, TRACE_OPEN, m, now_ns);
	char path[GVISOR_PATH_BYTES_MAX];
	struct gvisor_file file = {};
	struct comm comm;
	bool fresh;

	if (i < events->files.count)
		file = gvisor_files_take(&events->files, i);
	if (!gvisor_path(&e, path, m->fd_path)) {
		if (file.access) /* the descriptor is another one's by now */
			tell_by_name(events, &file);
		gvisor_file_done(&file);
		return;
	}
	fresh = is_new_path(events, &e);
	if (file.access) {
		if (!leads_to(events, file.name, path))
			tell_by_name(events, &file);
		tell_file(events, &e, &file);
	} else if (fresh) {
		e.comm = gvisor_comm(&comm, m);
		e.access = "r";
		e.how = "unknown";
		gvisor_tell(events, &e);
	}
	gvisor_file_done(&file);
}

void gvisor_give_up(struct gvisor_events *events, int64_t tgid, int64_t fd)
{
	for (size_t i = 0; i < events->files.count;) {
		struct gvisor_file *at = &events->files.items[i], file;

		if (at->tgid != tgid || (fd >= 0 && at->fd != fd)) {
			i++;
			continue;
		}
		file = gvisor_files_take(&events->files, i);
		tell_by_name(events, &file);
		gvisor_file_done(&file);
	}
}

static void on_failed_open(struct gvisor_events *events, const struct gvisor_message *m,
			   struct source_event *e)
{
	char given[GVISOR_PATH_BYTES_MAX];
	struct comm comm;

	if (events->failed_opens >= FAILED_OPENS_MAX) {
		events->capped[TRACE_OPEN]++;
		return;
	}
	events->failed_opens++;
	gvisor_copy(given, sizeof(given), m->path);
	e->given = given;
	e->failed = true;
	e->error = (int)m->error;
	e->comm = gvisor_comm(&comm, m);
	gvisor_tell(events, e);
}

static const char *access_of(const struct gvisor_message *m)
{
	static const char *const names[] = { "r", "w", "rw", "rw" };

	return m->flags & O_PATH ? "path" : names[m->flags & O_ACCMODE];
}

void gvisor_on_open(struct gvisor_events *events, const struct gvisor_message *m, uint64_t now_ns)
{
	struct source_event e = gvisor_begin(events, TRACE_OPEN, m, now_ns);
	const char *how = m->number >= 0 && m->number < EVENT_SYSCALLS
			      ? syscall_name((uint32_t)m->number, false)
			      : NULL;
	struct gvisor_file file = { .tgid = m->tgid,
				    .fd = m->result,
				    .t_ns = e.t_ns,
				    .how = how ? how : "unknown",
				    .directory = m->flags & O_DIRECTORY };
	struct comm comm;

	e.how = file.how;
	if (!m->returned)
		return;
	if (m->error) {
		on_failed_open(events, m, &e);
		return;
	}
	events->by_message[COUNTED_OPEN]++;
	gvisor_give_up(events, m->tgid, m->result);
	file.access = !strcmp(file.how, "creat") ? "w" : access_of(m);
	file.name = gvisor_name(m);
	file.comm = strdup(gvisor_comm(&comm, m));
	if (events->files.count >= GVISOR_FILES_MAX)
		tell_by_name(events, &file);
	if (gvisor_files_add(&events->files, &file) == -ENOMEM)
		gvisor_lose(events, TRACE_LOSS_READ, TRACE_OPEN, 1);
}

void gvisor_on_dup(struct gvisor_events *events, const struct gvisor_message *m, uint64_t now_ns)
{
	if (m->fd != m->new_fd && m->number != SYS_dup)
		gvisor_give_up(events, m->tgid, m->new_fd);
	gvisor_resolve(events, m, now_ns);
}

void gvisor_tell_waiting(struct gvisor_events *events, uint64_t now_ns, uint64_t patience_ns)
{
	for (size_t i = 0; i < events->files.count; i++)
		if (now_ns - events->files.items[i].t_ns >= patience_ns)
			tell_by_name(events, &events->files.items[i]);
}
