// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* trace_load.c — what a whole trace amounts to: its uses without repeats, its losses, its units. */
#include "analyzer/trace.h"

#include <inttypes.h>

#include "analyzer/digest.h"
#include "analyzer/json.h"
#include "analyzer/string_set.h"
#include "include/array.h"

#define SYSCALLS_MAX 4096u
#define NETS_MAX 10000u
#define UNITS_MAX 1000000u
#define WORKLOAD_LINES_MAX 1000u

/* A trace while it is being read: arrays that grow, and the set of uses that were there before. */
struct loading {
	struct trace *trace;
	size_t use_room, syscall_room, net_room, unit_room, window_room;
	uint32_t *slots; /* open addressing: index of a use plus one */
	size_t slot_count;
	uint64_t summed[TRACE_LOSS_COUNT + 1]; /* by lost records */
	uint64_t last[TRACE_LOSS_COUNT + 1];   /* by the last line */
	uint64_t last_t;
	struct string_set failed;
	size_t line;
};

static uint64_t hash_text(uint64_t h, const char *text)
{
	for (; text && *text; text++)
		h = (h ^ (unsigned char)*text) * 0x100000001b3ull;
	return (h ^ 0xff) * 0x100000001b3ull;
}

static unsigned use_flags(const struct trace_use *use)
{
	return use->deleted | use->truncated << 1 | use->outside_root << 2 | use->memfd << 3 |
	       use->unresolved << 4 | use->is_dir << 5 | use->writes << 6 | use->by_name << 7 |
	       (unsigned)use->kind << 8;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static uint64_t use_hash(const struct trace_use *use)
{
	uint64_t h = hash_text(0xcbf29ce484222325ull + use_flags(use), use->path);

	return hash_text(h, use->build_id);
}

static size_t slot_find(const struct loading *l, const struct trace_use *use)
{
	size_t at = use_hash(use) & (l->slot_count - 1);
	const struct trace_use *other;

	for (; l->slots[at]; at = (at + 1) & (l->slot_count - 1)) {
		other = &l->trace->uses[l->slots[at] - 1];
		if (use_flags(other) == use_flags(use) && same_text(other->path, use->path) &&
		    same_text(other->build_id, use->build_id))
			break;
	}
	return at;
}

static int slots_grow(struct loading *l)
{
	uint32_t *old = l->slots;
	size_t count = l->slot_count ? l->slot_count * 2 : 1024;

	if (l->slot_count && l->trace->use_count * 2 < l->slot_count)
		return 0;
	l->slots = calloc(count, sizeof(*l->slots));
	if (!l->slots) {
		l->slots = old;
		return -ENOMEM;
	}
	free(old);
	l->slot_count = count;
	for (size_t i = 0; i < l->trace->use_count; i++)
		l->slots[slot_find(l, &l->trace->uses[i])] = (uint32_t)i + 1;
	return 0;
}

/* Keeps a copy of a string from the record; NULL stays NULL. -1 when memory ran out. */
static int keep(struct loading *l, const char **ret, const char *text)
{
	*ret = text ? arena_strdup(l->trace->arena, text) : NULL;
	return text && !*ret ? -ENOMEM : 0;
}

static int use_add(struct loading *l, const struct trace_use *use, struct err *err)
{
	struct trace *t = l->trace;
	struct trace_use *kept;
	size_t slot;

	if (slots_grow(l) < 0)
		return err_oom(err);
	slot = slot_find(l, use);
	if (l->slots[slot]) {
		kept = &t->uses[l->slots[slot] - 1];
		kept->count++;
		trace_again_add(&kept->again, t->unit_count, l->last_t);
		return 0;
	}
	if (t->use_count >= TRACE_USES_MAX)
		return err_set(err, E2BIG, "line %zu: more than %u distinct uses, the limit",
			       l->line, TRACE_USES_MAX);
	kept = array_add(t->uses, t->use_count, l->use_room);
	if (!kept)
		return err_oom(err);
	*kept = *use;
	kept->count = 1;
	kept->again.last = t->unit_count;
	l->slots[slot] = (uint32_t)t->use_count;
	if (keep(l, &kept->path, use->path) < 0 || keep(l, &kept->comm, use->comm) < 0 ||
	    keep(l, &kept->build_id, use->build_id) < 0 || keep(l, &kept->how, use->how) < 0)
		return err_oom(err);
	return 0;
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "\xHH" and "\\" become the byte they stand for; anything else stays as it is. In place. */
static void path_unescape(char *path)
{
	char *out = path;

	while (*path) {
		int high = path[0] == '\\' && path[1] == 'x' ? hex_digit(path[2]) : -1;
		int low = high >= 0 ? hex_digit(path[3]) : -1;

		if (low >= 0 && high * 16 + low) {
			*out++ = (char)(high * 16 + low);
			path += 4;
			continue;
		}
		if (path[0] == '\\' && path[1] == '\\')
			path++;
		*out++ = *path++;
	}
	*out = '\0';
}

/* A flag of a newer agent may say that the path is not what it seems: such a record is not understood. */
static bool is_known_flag(const char *name)
{
	static const char *const flags[] = { "truncated", "deleted",  "outside_root", "memfd",
					     "escaped",   "by_inode", "unresolved",   "by_name" };

	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (!strcmp(name, flags[i]))
			return true;
	return false;
}

/* Something in the record at hand has a form or a meaning that this reader does not know. */
static void not_understood(struct loading *l)
{
	l->trace->counts[TRACE_KIND_COUNT]++;
}

static void load_flag(struct loading *l, struct trace_use *use, const char *name, cJSON *path)
{
	use->deleted |= !strcmp(name, "deleted");
	use->truncated |= !strcmp(name, "truncated");
	use->outside_root |= !strcmp(name, "outside_root");
	use->memfd |= !strcmp(name, "memfd");
	use->unresolved |= !strcmp(name, "unresolved");
	use->by_name |= !strcmp(name, "by_name");
	if (!strcmp(name, "escaped") && cJSON_IsString(path))
		path_unescape(path->valuestring);
	if (!is_known_flag(name))
		not_understood(l);
}

/* The FILE members. The path is borrowed from the record, which is changed when it was escaped. */
static int file_members(struct loading *l, struct trace_use *use, cJSON *record, struct err *err)
{
	cJSON *path = cJSON_GetObjectItemCaseSensitive(record, "path");
	const cJSON *flags = json_get(record, "flags"), *flag;

	if (flags && !cJSON_IsArray(flags))
		not_understood(l);
	cJSON_ArrayForEach(flag, json_array(record, "flags"))
	{
		if (cJSON_IsString(flag))
			load_flag(l, use, flag->valuestring, path);
		else
			not_understood(l);
	}
	use->path = cJSON_GetStringValue(path);
	/* A file without a name from the root is one that cannot be told, whatever the record says. */
	use->unresolved |= !use->memfd && (!use->path || (*use->path != '/' && !use->truncated));
	if (use->path && strlen(use->path) > TRACE_PATH_BYTES_MAX)
		return err_set(err, EBADMSG, "line %zu: a path longer than %d bytes", l->line,
			       TRACE_PATH_BYTES_MAX);
	use->t = l->last_t; /* of this record, or of one before it when it tells an earlier time */
	use->pid = json_u64(record, "pid", 0);
	use->comm = json_string(record, "comm");
	use->how = json_string(record, "how");
	use->build_id = json_string(record, "build_id");
	use->line = l->line;
	return 0;
}

static int load_use(struct loading *l, enum use_kind kind, cJSON *record, struct err *err)
{
	const char *access = json_string(record, "access");
	struct trace_use use = { .kind = kind };
	int r;

	use.is_dir = json_bool(record, "dir", false);
	if (kind == USE_OPEN_READ && access) {
		use.writes = !strcmp(access, "rw");
		/* What is not known to be harmless is a read. */
		if (!strcmp(access, "w"))
			use.kind = USE_OPEN_WRITE;
		else if (!strcmp(access, "path"))
			use.kind = USE_OPEN_PATH;
	}
	r = file_members(l, &use, record, err);
	return r < 0 ? r : use_add(l, &use, err);
}

static int load_exec(struct loading *l, cJSON *record, struct err *err)
{
	const char *role = json_string(record, "role");
	enum use_kind kind = USE_EXEC;

	if (role && !strcmp(role, "script"))
		kind = USE_SCRIPT;
	else if (role && !strcmp(role, "interpreter"))
		kind = USE_INTERPRETER;
	return load_use(l, kind, record, err);
}

static int load_syscall(struct loading *l, const char *name, bool compat, struct err *err)
{
	struct trace *t = l->trace;
	const char **slot;
	char text[80];

	snprintf(text, sizeof(text), "%s%.64s", compat ? "compat:" : "", name);
	for (size_t i = 0; i < t->syscall_count; i++)
		if (!strcmp(t->syscalls[i], text))
			return 0;
	if (t->syscall_count >= SYSCALLS_MAX)
		return err_set(err, E2BIG, "line %zu: more than %u different system calls", l->line,
			       SYSCALLS_MAX);
	slot = array_add(t->syscalls, t->syscall_count, l->syscall_room);
	return !slot || keep(l, slot, text) < 0 ? err_oom(err) : 0;
}

static int load_syscalls(struct loading *l, const cJSON *names, bool compat, struct err *err)
{
	const cJSON *name;
	int r = 0;

	cJSON_ArrayForEach(name, names)
	{
		if (cJSON_IsString(name))
			r = load_syscall(l, name->valuestring, compat, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int load_net(struct loading *l, const cJSON *record, struct err *err)
{
	const char *op = json_string(record, "op"), *address = json_string(record, "addr");
	const char *family = json_string(record, "family");
	struct trace *t = l->trace;
	struct trace_net net = { .listen = op && !strcmp(op, "listen"),
				 .failed = json_string(record, "error"),
				 .port = json_u64(record, "port", 0) };
	struct trace_net *slot;

	for (size_t i = 0; i < t->net_count; i++) {
		slot = &t->nets[i];
		if (slot->listen == net.listen && slot->failed == net.failed &&
		    slot->port == net.port && same_text(slot->family, family) &&
		    same_text(slot->address, address))
			return 0;
	}
	if (t->net_count >= NETS_MAX) {
		t->nets_left_out++; /* no verdict rests on them: count, and go on */
		return 0;
	}
	slot = array_add(t->nets, t->net_count, l->net_room);
	if (!slot)
		return err_oom(err);
	*slot = net;
	return keep(l, &slot->family, family) < 0 || keep(l, &slot->address, address) < 0
		   ? err_oom(err)
		   : 0;
}

/* One line of what the workload was; beyond a bound no more are told apart. */
static int load_workload(struct loading *l, const char *what, const char *text, struct err *err)
{
	struct string_set *set = &l->trace->workload;
	const char *line;

	if (set->count >= WORKLOAD_LINES_MAX)
		return 0;
	set->arena = l->trace->arena;
	line = arena_printf(set->arena, "%s %s", what, text);
	return !line || string_set_add(set, line, strlen(line), NULL) < 0 ? err_oom(err) : 0;
}

static int load_mark(struct loading *l, const cJSON *record, struct err *err)
{
	const char *name = json_string(record, "name");
	uint64_t *start;
	struct trace *trace = l->trace;
	size_t n = trace->unit_count;
	bool *window;

	if (n >= UNITS_MAX)
		return err_set(err, E2BIG, "line %zu: more than %u marks", l->line, UNITS_MAX);
	window = array_add(trace->unit_is_window, n, l->window_room);
	start = window ? array_add(trace->unit_starts, trace->unit_count, l->unit_room) : NULL;
	if (!start)
		return err_oom(err);
	*window = name && !strcmp(name, "window");
	*start = l->last_t;
	return *window || !name ? 0 : load_workload(l, "mark", name, err);
}

static void loss_add(uint64_t *losses, const char *cause, uint64_t count)
{
	uint64_t *slot = &losses[trace_loss_from_string(cause ? cause : "")];

	*slot = *slot > UINT64_MAX - count ? UINT64_MAX : *slot + count;
}

/* The last line says how many records there are of each kind: a file that has lost or gained some is not what was written.
 * Nor is one that does not say it, or has kinds to count that are not known. */
static uint64_t count_faults(const struct trace *t, const cJSON *counts)
{
	uint64_t sum = !counts, told;
	const cJSON *item;

	for (enum trace_kind i = 0; i < TRACE_END; i++) {
		told = json_u64(counts, trace_kind_name(i), 0);
		sum += told > t->counts[i] ? told - t->counts[i] : t->counts[i] - told;
	}
	cJSON_ArrayForEach(item,
			   counts) if (trace_kind_from_string(item->string) == TRACE_KIND_COUNT)
	    sum += json_u64(counts, item->string, 1);
	return sum;
}

static int load_end(struct loading *l, const cJSON *record, struct err *err)
{
	const cJSON *item, *syscalls = json_object(record, "syscalls");
	struct trace *t = l->trace;
	int r;

	t->complete = true;
	if (json_get(record, "exit"))
		t->exit_status = (int64_t)json_u64(record, "exit", 255);
	t->driver_status =
	    json_get(record, "driver") ? (int64_t)json_u64(record, "driver", 255) : 0;
	t->miscounted = count_faults(t, json_object(record, "counts"));
	if (!json_object(record, "losses"))
		loss_add(l->last, NULL, 1); /* whether there was none is not told */
	/* A count that is no number is still a loss. */
	cJSON_ArrayForEach(item, json_object(record, "losses")) loss_add(
	    l->last, item->string, json_u64(json_object(record, "losses"), item->string, 1));
	t->capped = !json_object(record, "capped"); /* whether any was left out is not told */
	cJSON_ArrayForEach(item, json_object(record, "capped")) if (strcmp(item->string, "fork") &&
								    strcmp(item->string, "exit"))
	    t->capped += json_u64(json_object(record, "capped"), item->string, 1);
	r = load_syscalls(l, json_array(syscalls, "native"), false, err);
	if (r >= 0)
		r = load_syscalls(l, json_array(syscalls, "compat"), true, err);
	if (r >= 0 && keep(l, &t->end_reason, json_string(record, "reason")) < 0)
		r = err_oom(err);
	return r;
}

/* What the program asked for, by the calls that other observers watch, too. */
static int load_failed(struct loading *l, const cJSON *record, struct err *err)
{
	cJSON *given = cJSON_GetObjectItemCaseSensitive(record, "given");
	const char *how = json_string(record, "how");
	const cJSON *flag;

	l->trace->failed_opens++;
	if (!cJSON_IsString(given) || l->failed.count >= TRACE_FAILED_MAX ||
	    (how && strcmp(how, "open") && strcmp(how, "openat")))
		return 0;
	cJSON_ArrayForEach(flag, json_array(record, "flags"))
	{
		if (cJSON_IsString(flag) && !strcmp(flag->valuestring, "escaped"))
			path_unescape(given->valuestring);
	}
	l->failed.arena = l->trace->arena;
	if (string_set_add(&l->failed, given->valuestring, strlen(given->valuestring), NULL) < 0)
		return err_oom(err);
	return 0;
}

static int load_open(struct loading *l, cJSON *record, struct err *err)
{
	if (!json_string(record, "error") || json_get(record, "path"))
		return load_use(l, USE_OPEN_READ, record, err);
	return load_failed(l, record, err);
}

static int load_record(struct loading *l, cJSON *record, enum trace_kind kind, struct err *err)
{
	const char *abi = json_string(record, "abi");
	uint64_t t = json_u64(record, "t", UINT64_MAX);
	struct trace_place place;

	l->trace->counts[kind]++;
	if (t == UINT64_MAX || t < l->last_t) /* no time, or not in the order of time */
		not_understood(l);
	else
		l->last_t = t;
	place = (struct trace_place){ l->line, l->last_t, l->trace->unit_count };
	switch (kind) {
	case TRACE_EXEC:
		return load_exec(l, record, err);
	case TRACE_OPEN:
		return load_open(l, record, err);
	case TRACE_MAP:
		return load_use(l, USE_MAP, record, err);
	case TRACE_SYSCALLS:
		return load_syscalls(l, json_array(record, "names"), abi && !strcmp(abi, "compat"),
				     err);
	case TRACE_NET:
		return load_net(l, record, err);
	case TRACE_FUNCTION:
		return trace_functions_add_hit(&l->trace->functions, record, &place,
					       l->trace->arena, err);
	case TRACE_PROBE:
		return trace_functions_add_watch(&l->trace->functions, record, l->line,
						 l->trace->arena, err);
	case TRACE_LOST:
		loss_add(l->summed, json_string(record, "what"), json_u64(record, "count", 1));
		return 0;
	case TRACE_MARK:
		return load_mark(l, record, err);
	case TRACE_END:
		return load_end(l, record, err);
	default:
		return 0;
	}
}

/* Which recording it is: boot, time since, and control group. Left NULL when the header does not tell all of them. */
static int recording_of(struct loading *l, const cJSON *header, const char **ret)
{
	const char *boot = json_string(json_object(header, "node"), "boot_id");
	const char *start = json_string(json_object(header, "clock"), "start");
	uint64_t ns = json_u64(json_object(header, "clock"), "boottime_ns", UINT64_MAX);
	const char *cgroup = json_string(json_object(header, "container"), "cgroup_id");

	if (!boot || !start || ns == UINT64_MAX)
		return 0;
	*ret = arena_printf(l->trace->arena, "%s %s %" PRIu64 " %s", boot, start, ns,
			    cgroup ? cgroup : "");
	return *ret ? 0 : -ENOMEM;
}

static int load_command(struct loading *l, const cJSON *container, struct err *err)
{
	const cJSON *command = json_array(container, "command");
	_cleanup_free_ char *text = command ? json_print_line(command) : NULL;

	if (!command)
		return 0;
	return text ? load_workload(l, "command", text, err) : err_oom(err);
}

static int load_header(struct loading *l, const cJSON *header, struct err *err)
{
	const cJSON *container = json_object(header, "container");
	const cJSON *watch = json_object(header, "watch"), *kind;
	const char *began = json_string(watch, "began");
	struct trace *t = l->trace;

	t->began_first_exec = began && !strcmp(began, "first_exec");
	t->window_s = json_u64(watch, "window_s", 0);
	t->functions_listed = json_u64(watch, "functions", 0);
	cJSON_ArrayForEach(kind, json_array(watch, "kinds"))
	{
		const char *name = cJSON_GetStringValue(kind);
		enum trace_kind k = trace_kind_from_string(name ? name : "");

		if (k < TRACE_KIND_COUNT)
			t->watched[k] = true;
	}
	if (recording_of(l, header, &t->recording) < 0 ||
	    keep(l, &t->image, json_string(container, "image")) < 0 ||
	    keep(l, &t->image_digest, json_string(container, "image_digest")) < 0 ||
	    keep(l, &t->container_id, json_string(container, "id")) < 0 ||
	    keep(l, &t->kernel, json_string(json_object(header, "node"), "kernel")) < 0 ||
	    keep(l, &t->machine, json_string(json_object(header, "node"), "arch")) < 0 ||
	    keep(l, &t->cgroup_id, json_string(container, "cgroup_id")) < 0 ||
	    keep(l, &t->boot_id, json_string(json_object(header, "node"), "boot_id")) < 0 ||
	    keep(l, &t->agent, json_string(header, "agent")) < 0 ||
	    keep(l, &t->backend, json_string(watch, "backend")) < 0 ||
	    keep(l, &t->level, json_string(watch, "level")) < 0 ||
	    keep(l, &t->isolation, json_string(container, "isolation")) < 0 ||
	    keep(l, &t->functions_identity, json_string(watch, "functions_id")) < 0 ||
	    keep(l, &t->start, json_string(json_object(header, "clock"), "start")) < 0)
		return err_oom(err);
	t->boottime_ns = json_u64(json_object(header, "clock"), "boottime_ns", UINT64_MAX);
	return load_command(l, container, err);
}

static int load_records(struct loading *l, struct trace_reader *reader, struct err *err)
{
	enum trace_kind kind;
	int r;

	for (;;) {
		_cleanup_(cJSON_Deletep) cJSON *record = NULL;
		struct err fault = {};

		r = trace_reader_next(reader, &record, &kind, err);
		if (r <= 0)
			return r;
		l->line = trace_reader_line(reader);
		r = load_record(l, record, kind, &fault);
		if (r < 0)
			return err_set(err, -r, "trace '%s': %.900s", l->trace->path, fault.text);
	}
}

static int compare_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void load_finish(struct loading *l, const struct trace_reader *reader)
{
	struct trace *t = l->trace;

	t->complete = t->complete && trace_reader_is_complete(reader);
	t->duration_ns = l->last_t;
	for (int i = 0; i < TRACE_LOSS_COUNT; i++)
		t->losses[i] = l->summed[i] > l->last[i] ? l->summed[i] : l->last[i];
	t->unknown_losses = l->summed[TRACE_LOSS_COUNT] > l->last[TRACE_LOSS_COUNT]
				? l->summed[TRACE_LOSS_COUNT]
				: l->last[TRACE_LOSS_COUNT];
	array_sort(t->syscalls, t->syscall_count, sizeof(*t->syscalls), compare_text);
}

static int load_all(struct loading *l, const char *path, struct err *err)
{
	_cleanup_(trace_reader_closep) struct trace_reader *reader = NULL;
	char digest[DIGEST_HEX_BYTES];
	int r;

	r = trace_reader_open(&reader, path, err);
	if (r < 0)
		return r;
	r = digest_path(digest, path, err);
	if (r < 0)
		return r;
	if (keep(l, &l->trace->path, path) < 0 || keep(l, &l->trace->digest, digest) < 0)
		return err_oom(err);
	r = load_header(l, trace_reader_header(reader), err);
	if (r >= 0)
		r = load_records(l, reader, err);
	if (r < 0)
		return r;
	load_finish(l, reader);
	if (string_set_sorted(&l->failed, l->trace->arena, &l->trace->failed,
			      &l->trace->failed_count) < 0)
		return err_oom(err);
	return 0;
}

int trace_load(struct trace **ret, const char *path, struct err *err)
{
	_cleanup_(trace_freep) struct trace *trace = calloc(1, sizeof(*trace));
	struct loading l = { .trace = trace };
	int r;

	if (!trace)
		return err_oom(err);
	trace->exit_status = -1;
	trace->arena = arena_new();
	r = trace->arena ? load_all(&l, path, err) : err_oom(err);
	free(l.slots);
	string_set_done(&l.failed);
	if (r < 0)
		return r;
	*ret = take_ptr(trace);
	return 0;
}

void trace_free(struct trace *trace)
{
	if (!trace)
		return;
	free(trace->uses);
	free(trace->syscalls);
	free(trace->nets);
	free(trace->unit_starts);
	free(trace->unit_is_window);
	string_set_done(&trace->workload);
	trace_functions_done(&trace->functions);
	arena_free(trace->arena);
	free(trace);
}

uint64_t trace_lost(const struct trace *trace)
{
	uint64_t sum = trace->unknown_losses;

	for (int i = 0; i < TRACE_LOSS_COUNT; i++) {
		if (i == TRACE_LOSS_MAP_FULL)
			continue;
		if (trace->losses[i] > UINT64_MAX - sum)
			return UINT64_MAX;
		sum += trace->losses[i];
	}
	return sum;
}

size_t trace_unit_at(const struct trace *trace, uint64_t t)
{
	size_t low = 0, high = trace->unit_count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (trace->unit_starts[middle] <= t)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool trace_sees_code(const struct trace *trace)
{
	return !trace->level;
}

bool trace_ended_well(const struct trace *trace)
{
	if (!trace->complete || !trace->end_reason || trace->exit_status != 0)
		return false;
	return !strcmp(trace->end_reason, "exited") || !strcmp(trace->end_reason, "cgroup_empty");
}
