// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* source_event.c — the kernel side's records, turned into events. */
#include "agent/source_event.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#define EVENT_NAME(id, name) [EVENT_HOW_##id] = name,
static const char *const how_names[] = { EVENT_HOWS(EVENT_NAME) };
#undef EVENT_NAME

static const char *const access_names[] = {
	[EVENT_READ] = "r",           [EVENT_WRITE] = "w",       [EVENT_READ_WRITE] = "rw",
	[EVENT_ACCESS_PATH] = "path", [EVENT_ACCESS_EXEC] = "x",
};
static const char *const role_names[] = {
	[EVENT_PROGRAM] = "program",
	[EVENT_SCRIPT] = "script",
	[EVENT_INTERPRETER] = "interpreter",
};
static const char *const net_names[] = { [EVENT_LISTEN] = "listen", [EVENT_CONNECT] = "connect" };

const enum trace_kind source_event_kinds[EVENT_KIND_COUNT] = {
	[EVENT_EXEC] = TRACE_EXEC,         [EVENT_EXIT] = TRACE_EXIT,
	[EVENT_FORK] = TRACE_FORK,         [EVENT_OPEN] = TRACE_OPEN,
	[EVENT_FAILED_OPEN] = TRACE_OPEN,  [EVENT_MAP] = TRACE_MAP,
	[EVENT_SYSCALL] = TRACE_SYSCALLS,  [EVENT_NET] = TRACE_NET,
	[EVENT_CODE] = TRACE_PROBE,        [EVENT_HOLD] = TRACE_PROBE,
	[EVENT_FUNCTION] = TRACE_FUNCTION,
};

#define NAME(names, i) ((i) < sizeof(names) / sizeof((names)[0]) ? (names)[i] : NULL)

/* Names come leaf first, each ended by NUL: the path is built from its end. Returns its length, or -EBADMSG. */
static int path_join(char *path, size_t room, const char *names, size_t len, bool truncated)
{
	char *at = path + room - 1;
	size_t n;

	if (len && names[len - 1])
		return -EBADMSG;
	*at = '\0';
	for (const char *name = names; name < names + len; name += n + 1) {
		n = strlen(name);
		if ((size_t)(at - path) < n + 8)
			return -EBADMSG;
		at -= n;
		memcpy(at, name, n);
		*--at = '/';
	}
	if (!len)
		*--at = '/';
	if (truncated) {
		at -= strlen("…");
		memcpy(at, "…", strlen("…"));
	}
	n = path + room - 1 - at;
	memmove(path, at, n + 1);
	return (int)n;
}

static int decode_file(struct source_event *ret, struct source_text *text, const struct event *e,
		       const char *data)
{
	int r =
	    path_join(text->path, sizeof(text->path), data, e->length, e->flags & EVENT_TRUNCATED);

	if (r < 0)
		return r;
	ret->path = text->path;
	ret->path_len = (size_t)r;
	ret->dev_major = e->dev >> 20;
	ret->dev_minor = e->dev & ((1u << 20) - 1);
	ret->generation = e->generation;
	ret->ino = e->ino;
	ret->deleted = e->flags & EVENT_DELETED;
	ret->outside_root = e->flags & EVENT_OUTSIDE_ROOT;
	ret->memfd = e->flags & EVENT_MEMFD;
	ret->directory = e->flags & EVENT_DIRECTORY;
	ret->addr = e->addr;
	ret->offset_bytes = e->offset;
	if (e->kind == EVENT_OPEN)
		ret->access = NAME(access_names, e->mode);
	if (e->kind == EVENT_EXEC)
		ret->role = NAME(role_names, e->mode);
	return (e->kind == EVENT_OPEN && !ret->access) || (e->kind == EVENT_EXEC && !ret->role)
		   ? -EBADMSG
		   : 0;
}

static int decode_failed(struct source_event *ret, struct source_text *text, const struct event *e,
			 const char *data)
{
	if (e->length >= sizeof(text->given))
		return -EBADMSG;
	memcpy(text->given, data, e->length);
	text->given[e->length] = '\0';
	ret->given = text->given;
	ret->failed = true;
	ret->error = (int)e->number;
	return 0;
}

/* A name in the abstract namespace begins with NUL and may hold more of them: written as "@", as everywhere. */
static int unix_address(char *text, size_t room, const char *data, size_t len)
{
	if (len >= room)
		return -EBADMSG;
	if (len && data[0])
		len = strnlen(data, len);
	for (size_t i = 0; i < len; i++)
		text[i] = data[i] ? data[i] : '@';
	text[len] = '\0';
	return 0;
}

static int decode_net(struct source_event *ret, struct source_text *text, const struct event *e,
		      const char *data)
{
	bool fits = true;

	ret->net_op = NAME(net_names, e->mode);
	ret->net_addr = text->address;
	ret->net_port = e->port;
	ret->failed = e->number;
	ret->error = (int)e->number;
	if (e->family == AF_INET && e->length == 4) {
		ret->net_family = "inet";
		fits = inet_ntop(AF_INET, data, text->address, sizeof(text->address));
	} else if (e->family == AF_INET6 && e->length == 16) {
		ret->net_family = "inet6";
		fits = inet_ntop(AF_INET6, data, text->address, sizeof(text->address));
	} else if (e->family == AF_UNIX) {
		ret->net_family = "unix";
		fits = unix_address(text->address, sizeof(text->address), data, e->length) == 0;
	}
	return fits && ret->net_op && ret->net_family ? 0 : -EBADMSG;
}

static int decode_code(struct source_event *ret, struct source_text *text, const struct event *e,
		       const char *data)
{
	ret->code = (struct source_code){ .slot = e->slot,
					  .dev = e->dev,
					  .generation = e->generation,
					  .ino = e->ino,
					  .changed = e->offset };
	ret->late = e->mode == EVENT_CODE_LATE;
	ret->unseen = e->mode == EVENT_CODE_UNSEEN;
	return decode_file(ret, text, e, data);
}

static int decode_function(struct source_event *ret, struct source_text *text,
			   const struct event *e, const char *data)
{
	if (e->length > sizeof(text->stack) || e->length % sizeof(*text->stack))
		return -EBADMSG;
	memcpy(text->stack, data, e->length);
	ret->stack = text->stack;
	ret->stack_count = e->length / sizeof(*text->stack);
	ret->cookie = e->ino;
	ret->unit = e->generation;
	return 0;
}

static int decode_kind(struct source_event *ret, struct source_text *text, const struct event *e,
		       const char *data)
{
	switch (e->kind) {
	case EVENT_EXEC:
	case EVENT_OPEN:
	case EVENT_MAP:
		return decode_file(ret, text, e, data);
	case EVENT_FAILED_OPEN:
		return decode_failed(ret, text, e, data);
	case EVENT_NET:
		return decode_net(ret, text, e, data);
	case EVENT_CODE:
		return decode_code(ret, text, e, data);
	case EVENT_HOLD:
		ret->codes = e->number;
		return 0;
	case EVENT_FUNCTION:
		return decode_function(ret, text, e, data);
	case EVENT_EXIT:
		ret->exit_status = (int)e->number;
		return 0;
	case EVENT_SYSCALL:
		ret->nr = e->number;
		ret->compat = e->mode == EVENT_COMPAT;
		return e->number < EVENT_SYSCALLS ? 0 : -EBADMSG;
	default:
		return 0;
	}
}

int source_event_decode(struct source_event *ret, struct source_text *text, const void *record,
			size_t size)
{
	const struct event *e = record;

	if (size < sizeof(*e) || e->length > size - sizeof(*e) || e->kind >= EVENT_KIND_COUNT ||
	    e->slot >= SOURCE_SLOTS || e->how >= EVENT_HOW_COUNT)
		return -EBADMSG;
	memcpy(text->comm, e->comm, sizeof(e->comm));
	text->comm[sizeof(e->comm)] = '\0';
	*ret = (struct source_event){
		.kind = source_event_kinds[e->kind],
		.slot = e->slot,
		.t_ns = e->t,
		.cgroup_id = e->cgroup,
		.pid = (pid_t)e->pid,
		.tid = (pid_t)e->tid,
		.ppid = (pid_t)e->ppid,
		.comm = text->comm,
		.how = how_names[e->how],
		.truncated = e->flags & EVENT_TRUNCATED,
	};
	return decode_kind(ret, text, e, (const char *)(e + 1));
}
