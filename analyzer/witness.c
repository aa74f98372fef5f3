// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* witness.c — the trace held against what Kubescape saw. */
#include "analyzer/witness_parts.h"

#include <string.h>

#include "analyzer/nature.h"

const char *witness_channel_name(enum witness_channel channel)
{
	static const char *const names[] = { "opens", "execs", "syscalls", "libraries" };

	return names[channel];
}

const char *witness_outcome_name(enum witness_outcome outcome)
{
	static const char *const names[] = { "none",       "agree_used",     "agree_unused",
					     "only_trace", "only_kubescape", "apart",
					     "unknown" };

	return names[outcome];
}

bool witness_is_shared_object(const struct inventory_file *file)
{
	return file->kind == FILE_ELF && strstr(path_name(file->path), ".so");
}

/* The file of the inventory that a path stands for; byte code of Python stands for its source. */
size_t witness_file(struct comparing *c, const char *path)
{
	size_t file = *path == '/' ? inventory_find(c->inv, path) : INVENTORY_NONE;
	const char *source;

	if (file != INVENTORY_NONE || *path != '/')
		return file;
	source = nature_python_source(c->witness->arena, path);
	return source ? inventory_find(c->inv, source) : INVENTORY_NONE;
}

const char *witness_path(struct comparing *c, const char *path)
{
	size_t file = witness_file(c, path);

	return file == INVENTORY_NONE ? path : c->inv->files[file].path;
}

int witness_add(struct string_set *set, const char *text)
{
	return string_set_add(set, text, strlen(text), NULL);
}

bool witness_has(const struct string_set *set, const char *text)
{
	return string_set_find(set, text, strlen(text)) != STRING_SET_NONE;
}

/* The kernel's own file systems, and what only names a process's own things. */
bool witness_is_kernels(const char *path)
{
	static const char *const places[] = { "/proc", "/sys", "/dev" };

	if (!strncmp(path, "/dev/shm/", 9))
		return false; /* files like any other */
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		size_t n = strlen(places[i]);

		if (!strncmp(path, places[i], n) && (!path[n] || path[n] == '/'))
			return true;
	}
	return !strcmp(path, "/") || !strncmp(path, "/memfd:", 7);
}

int witness_keep(struct witness_list *list, struct string_set *set, struct arena *arena)
{
	size_t count;

	if (string_set_sorted(set, arena, &list->items, &count) < 0)
		return -ENOMEM;
	list->all = count;
	list->count = count < WITNESS_LIST_MAX ? count : WITNESS_LIST_MAX;
	return 0;
}

/* Both know of a shared object by its file: ours was mapped or read, theirs opened. */
static int compare_libraries(struct comparing *c)
{
	struct witness_agreement *a = &c->witness->channels[WITNESS_LIBRARIES];
	_cleanup_(string_set_donep) struct string_set ours = {}, theirs = {};

	for (size_t i = 0; i < c->inv->file_count; i++) {
		const struct file_usage *f = &c->usage->files[i];
		bool seen = f->class == USE_CLASS_CODE && !f->copied;
		bool told = c->witness->classes[i] == USE_CLASS_CODE;
		const char *path = c->inv->files[i].path;

		if (!witness_is_shared_object(&c->inv->files[i]))
			continue;
		if (f->executed || c->witness->executed[i]) {
			a->apart += seen || told; /* a loader, or a program of that name */
			continue;
		}
		if (seen && told)
			a->both++;
		else if (seen && c->witness->perhaps[i])
			a->unknown++;
		else if (seen && c->witness->shown[i] != USE_CLASS_CODE)
			a->apart++; /* mapped without an open that Kubescape's agent can see */
		else if ((seen && witness_add(&ours, path) < 0) ||
			 (told && witness_add(&theirs, path) < 0))
			return -ENOMEM;
	}
	if (witness_keep(&a->only_trace, &ours, c->witness->arena) < 0)
		return -ENOMEM;
	return witness_keep(&a->only_profile, &theirs, c->witness->arena);
}

/* Over files that packages own: there both are sure of what they speak. */
static void count_files(struct comparing *c)
{
	struct cross_check *check = &c->witness->check;

	for (size_t i = 0; i < c->inv->file_count; i++) {
		const struct inventory_file *file = &c->inv->files[i];
		bool told = c->witness->classes[i] > USE_CLASS_NONE;

		if (!file->owner_count || file->kind == FILE_LINK)
			continue;
		check->both += told && c->seen[i];
		check->only_theirs +=
		    told && !c->seen[i] && !witness_has(&c->runtimes[WITNESS_OPENS], file->path);
		check->only_ours += !told && c->visible[i] && !c->witness->perhaps[i];
	}
}

static int compare_all(struct comparing *c)
{
	int r = witness_collect(c);

	if (r >= 0)
		r = witness_compare_files(c);
	if (r >= 0)
		r = witness_compare_syscalls(c);
	if (r >= 0)
		r = compare_libraries(c);
	if (r < 0)
		return r;
	count_files(c);
	return witness_spread(c);
}

static void comparing_done(struct comparing *c)
{
	for (size_t i = 0; i < 2; i++) {
		string_set_done(&c->runtimes[i]);
		string_set_done(&c->ours[i]);
		string_set_done(&c->ours_visible[i]);
		string_set_done(&c->theirs[i]);
	}
	string_set_done(&c->failed);
	string_set_done(&c->known);
	string_set_done(&c->patterns);
	string_set_done(&c->read_patterns);
	free(c->seen);
	free(c->visible);
	free(c->ran);
}

int witness_compare(struct witness **ret, const struct inventory *inv, const struct usage *usage,
		    struct trace *const *traces, size_t trace_count,
		    const struct profile_choice *choice, struct err *err)
{
	_cleanup_(witness_freep) struct witness *w = calloc(1, sizeof(*w));
	struct comparing c = { .witness = w,
			       .inv = inv,
			       .usage = usage,
			       .traces = traces,
			       .trace_count = trace_count };
	size_t n = inv->file_count + 1;
	int r;

	if (!w || !(w->arena = arena_new()))
		return err_oom(err);
	w->choice = choice;
	w->classes = arena_alloc(w->arena, n * sizeof(*w->classes));
	w->shown = arena_alloc(w->arena, n * sizeof(*w->shown));
	w->executed = arena_alloc(w->arena, n * sizeof(*w->executed));
	w->perhaps = arena_alloc(w->arena, n * sizeof(*w->perhaps));
	w->missed = arena_alloc(w->arena, n * sizeof(*w->missed));
	c.seen = calloc(n, sizeof(*c.seen));
	c.visible = calloc(n, sizeof(*c.visible));
	c.ran = calloc(n, sizeof(*c.ran));
	r = w->classes && w->shown && w->executed && w->perhaps && w->missed && c.seen &&
		    c.visible && c.ran
		? compare_all(&c)
		: -ENOMEM;
	comparing_done(&c);
	if (r < 0)
		return err_oom(err);
	*ret = take_ptr(w);
	return 0;
}

void witness_free(struct witness *witness)
{
	if (!witness)
		return;
	arena_free(witness->arena);
	free(witness);
}

enum use_class witness_of_package(const struct witness *w, const struct package *package,
				  size_t *file)
{
	enum use_class class = USE_CLASS_NONE;

	*file = INVENTORY_NONE;
	for (size_t i = 0; i < package->file_count; i++) {
		size_t at = package->files[i];

		if (w->classes[at] <= class)
			continue;
		class = w->classes[at];
		*file = at;
	}
	return class;
}

/* Did Kubescape's agent have a chance to see what the traces saw of it? */
static bool was_shown(const struct witness *w, const struct package *package)
{
	for (size_t i = 0; i < package->file_count; i++)
		if (w->shown[package->files[i]] >= USE_CLASS_TOUCHED)
			return true;
	return false;
}

static bool may_have_seen(const struct witness *w, const struct package *package)
{
	for (size_t i = 0; i < package->file_count; i++)
		if (w->perhaps[package->files[i]])
			return true;
	return false;
}

enum witness_outcome witness_outcome_of(const struct witness *w, const struct package *package,
					enum use_class ours)
{
	size_t file;
	bool used = ours >= USE_CLASS_TOUCHED;

	if (!w)
		return WITNESS_NONE;
	if (witness_of_package(w, package, &file) >= USE_CLASS_TOUCHED)
		return used ? WITNESS_USED : WITNESS_ONLY_PROFILE;
	if (may_have_seen(w, package) || (!used && !witness_vouches(w)))
		return WITNESS_UNKNOWN;
	if (!used)
		return WITNESS_UNUSED;
	return was_shown(w, package) ? WITNESS_ONLY_TRACE : WITNESS_APART;
}

bool witness_vouches(const struct witness *w)
{
	return !w->choice->doubt;
}
