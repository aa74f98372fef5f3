// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* gvisor_state.c — what is known of a container under gVisor: whose a message is, what it names, and whether that was told. */
#include "agent/gvisor_state.h"

#include <fcntl.h>
#include <string.h>

#define FACT_ROOM (2 * GVISOR_PATH_BYTES_MAX + 64)
#define DELETED " (deleted)"

bool gvisor_is_late(const struct gvisor_events *events, const struct source_event *e)
{
	return e->t_ns < events->unit_ns;
}

/* Facts are told apart by everything that the record says but when and by whom. */
void gvisor_tell(struct gvisor_events *events, const struct source_event *e)
{
	const char *path = e->path ? e->path : e->given ? e->given : e->net_addr ? e->net_addr : "";
	char fact[FACT_ROOM];
	int n;

	n = snprintf(fact, sizeof(fact), "%d %d %d %d %d %d %u %u %s %s %s %s %s", e->kind,
		     e->failed, e->error, e->by_name, e->deleted, e->directory, e->nr, e->net_port,
		     e->net_family ? e->net_family : "", e->access ? e->access : "",
		     e->how ? e->how : "",
		     e->role     ? e->role
		     : e->net_op ? e->net_op
				 : "",
		     path);
	if (n < (int)sizeof(fact) && !events->who.all_events && !gvisor_is_late(events, e) &&
	    !fact_set_add(&events->facts, fact, (size_t)n))
		return;
	events->losses.count[TRACE_LOSS_MAP_FULL][SOURCE_ANY_KIND] = events->facts.refused;
	events->fn(events->ctx, e);
}

struct source_event gvisor_begin(const struct gvisor_events *events, enum trace_kind kind,
				 const struct gvisor_message *m, uint64_t now_ns)
{
	const struct gvisor_identity *who = &events->who;
	struct source_event e = {
		.kind = kind, .t_ns = now_ns, .pid = (pid_t)m->tgid, .tid = (pid_t)m->tid
	};

	if (m->time_ns > 0 && m->time_ns <= who->realtime_ns)
		e.t_ns = who->boottime_ns;
	else if (m->time_ns > 0 &&
		 (uint64_t)(m->time_ns - who->realtime_ns) < now_ns - who->boottime_ns)
		e.t_ns = who->boottime_ns + (uint64_t)(m->time_ns - who->realtime_ns);
	return e;
}

void gvisor_copy(char *ret, size_t room, struct gvisor_text text)
{
	size_t len = text.len < room ? text.len : room - 1;

	if (len)
		memcpy(ret, text.bytes, len);
	ret[len] = '\0';
}

const char *gvisor_comm(struct comm *ret, const struct gvisor_message *m)
{
	gvisor_copy(ret->text, sizeof(ret->text), m->comm);
	return ret->text;
}

bool gvisor_path(struct source_event *e, char path[GVISOR_PATH_BYTES_MAX], struct gvisor_text text)
{
	const size_t tail = strlen(DELETED);

	gvisor_copy(path, GVISOR_PATH_BYTES_MAX, text);
	if (*path != '/')
		return false;
	e->deleted = text.len > tail && !strcmp(path + text.len - tail, DELETED);
	if (e->deleted)
		path[text.len - tail] = '\0';
	e->memfd = e->deleted && !strncmp(path, "/memfd:", strlen("/memfd:"));
	e->path = path;
	e->path_len = strlen(path);
	return true;
}

char *gvisor_name(const struct gvisor_message *m)
{
	struct gvisor_text dir = m->fd == AT_FDCWD ? m->cwd : m->fd_path;
	char *name = NULL;

	if (!m->path.len)
		return NULL;
	if (*m->path.bytes == '/')
		return strndup(m->path.bytes, m->path.len);
	if (!dir.len || *dir.bytes != '/' ||
	    dir.len + 1 + m->path.len > TRACE_PATH_BYTES_MAX || /* no reader takes it */
	    asprintf(&name, "%.*s/%.*s", (int)dir.len, dir.bytes, (int)m->path.len, m->path.bytes) <
		0)
		return NULL;
	return name;
}

void gvisor_lose(struct gvisor_events *events, enum trace_loss what, size_t kind, uint64_t count)
{
	events->losses.count[what][kind] += count;
}
