// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* witness_collect.c — what each of the two observers has seen, in the same words. */
#include <string.h>

#include "analyzer/nature.h"
#include "analyzer/trace_profile.h"
#include "analyzer/witness_parts.h"
#include "kubescape-compat/pattern.h"

/* Kubescape's agent hooks these two calls, and execve by its outcome. */
static bool is_visible(const struct trace_use *use)
{
	if (!trace_profile_tells(use))
		return false;
	return use->kind == USE_EXEC ||
	       (use->how && (!strcmp(use->how, "open") || !strcmp(use->how, "openat")));
}

/* runc's and crun's own process, before it becomes the container's. */
static bool is_runtimes(const struct trace_use *use)
{
	return use->comm && (!strncmp(use->comm, "runc:", 5) || !strcmp(use->comm, "runc") ||
			     !strcmp(use->comm, "crun"));
}

/* How a runtime starts itself: from its copy in memory, or through its own /proc. What else lies in memory or in /dev/shm is a program
 * like any other. */
static bool is_start_of_runtime(const char *path)
{
	static const char *const places[] = { "/proc/",
					      "/dev/fd/",
					      "/memfd:runc_cloned:",
					      "memfd:runc_cloned:",
					      "/memfd:crun_cloned:",
					      "memfd:crun_cloned:",
					      "runc:" };

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (!strncmp(path, places[i], strlen(places[i])))
			return true;
	return !strcmp(path, "runc") || !strcmp(path, "crun");
}

static bool is_apart(const struct trace_use *use)
{
	if (!use->path || use->memfd || use->unresolved || use->truncated || use->outside_root ||
	    use->is_dir || is_runtimes(use))
		return true;
	return use->kind == USE_EXEC ? is_start_of_runtime(use->path)
				     : witness_is_kernels(use->path);
}

bool witness_is_harmless(const struct inventory_file *file)
{
	return file->kind != FILE_ELF && nature_of(file) != NATURE_CODE &&
	       (nature_is_database(file->path) || nature_is_document(file->path));
}

/* As usage.h has it: what is read may be code, what is written or looked at is no use. */
static enum use_class class_of(const struct inventory_file *file, bool reads)
{
	if (!reads)
		return USE_CLASS_HARMLESS;
	if (file->kind == FILE_ELF || nature_of(file) == NATURE_CODE)
		return USE_CLASS_CODE;
	return witness_is_harmless(file) ? USE_CLASS_HARMLESS : USE_CLASS_TOUCHED;
}

/* A use of ours that Kubescape's agent can see. */
static void show(struct comparing *c, size_t file, const struct trace_use *use)
{
	enum use_class class = use->kind == USE_EXEC
				   ? USE_CLASS_CODE
				   : class_of(&c->inv->files[file], use->kind == USE_OPEN_READ);

	c->visible[file] = true;
	c->ran[file] |= use->kind == USE_EXEC;
	if (class > c->witness->shown[file])
		c->witness->shown[file] = class;
}

static int collect_use(struct comparing *c, const struct trace_use *use)
{
	enum witness_channel channel = use->kind == USE_EXEC ? WITNESS_EXECS : WITNESS_OPENS;
	size_t file;
	const char *path;

	if (is_apart(use)) {
		c->witness->channels[channel].apart++;
		return is_runtimes(use) && trace_profile_tells(use)
			   ? witness_add(&c->runtimes[channel], witness_path(c, use->path))
			   : 0;
	}
	file = witness_file(c, use->path);
	path = file == INVENTORY_NONE ? use->path : c->inv->files[file].path;
	if (witness_add(&c->ours[channel], path) < 0)
		return -ENOMEM;
	if (file != INVENTORY_NONE)
		c->seen[file] = true;
	if (!is_visible(use))
		return 0;
	if (file != INVENTORY_NONE)
		show(c, file, use);
	return witness_add(&c->ours_visible[channel], path);
}

/* A relative name becomes one below the root, as Kubescape has it. */
static int collect_failed(struct comparing *c, const char *given)
{
	const char *path = *given == '/' ? given : arena_printf(c->witness->arena, "/%s", given);

	if (!path || witness_add(&c->failed, given) < 0)
		return -ENOMEM;
	return witness_add(&c->known, path);
}

static int collect_traces(struct comparing *c)
{
	for (size_t i = 0; i < c->trace_count; i++) {
		const struct trace *t = c->traces[i];

		for (size_t k = 0; k < t->use_count; k++)
			if (collect_use(c, &t->uses[k]) < 0 ||
			    (t->uses[k].path && witness_add(&c->known, t->uses[k].path) < 0))
				return -ENOMEM;
		for (size_t k = 0; k < t->failed_count; k++)
			if (collect_failed(c, t->failed[k]) < 0)
				return -ENOMEM;
	}
	return 0;
}

static bool has_flag(const struct kube_open *open, const char *flag)
{
	for (size_t i = 0; i < open->flags.count; i++)
		if (!strcmp(open->flags.items[i], flag))
			return true;
	return false;
}

/* The flags are those of all opens of the path together: that one only wrote or looked does not say that none read. */
static bool may_read(const struct kube_open *open)
{
	return has_flag(open, "O_RDONLY") || has_flag(open, "O_RDWR") ||
	       (!has_flag(open, "O_PATH") && !has_flag(open, "O_WRONLY"));
}

static void note_class(struct comparing *c, size_t file, enum use_class class)
{
	if (class > c->witness->classes[file])
		c->witness->classes[file] = class;
}

static int collect_open(struct comparing *c, const struct kube_open *open)
{
	struct witness_agreement *a = &c->witness->channels[WITNESS_OPENS];
	size_t file;

	if (witness_is_kernels(open->path)) {
		a->apart++;
		return 0;
	}
	if (kube_path_is_pattern(open->path)) {
		if (may_read(open) && witness_add(&c->read_patterns, open->path) < 0)
			return -ENOMEM;
		return witness_add(&c->patterns, open->path);
	}
	file = witness_file(c, open->path);
	if (file == INVENTORY_NONE && has_flag(open, "O_DIRECTORY")) {
		a->apart++;
		return 0;
	}
	if (file != INVENTORY_NONE)
		note_class(c, file, class_of(&c->inv->files[file], may_read(open)));
	return witness_add(&c->theirs[WITNESS_OPENS],
			   file == INVENTORY_NONE ? open->path : c->inv->files[file].path);
}

static int collect_exec(struct comparing *c, const struct kube_exec *exec)
{
	const char *path = *exec->path || !exec->args.count ? exec->path : exec->args.items[0];
	size_t file;

	if (!*path || is_start_of_runtime(path)) {
		c->witness->channels[WITNESS_EXECS].apart++;
		return 0;
	}
	file = witness_file(c, path);
	if (file != INVENTORY_NONE) {
		note_class(c, file, USE_CLASS_CODE);
		c->witness->executed[file] = true;
	}
	return witness_add(&c->theirs[WITNESS_EXECS],
			   file == INVENTORY_NONE ? path : c->inv->files[file].path);
}

static int collect_profile(struct comparing *c, const struct kube_profile *p)
{
	for (size_t i = 0; i < p->open_count; i++)
		if (collect_open(c, &p->opens[i]) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < p->exec_count; i++)
		if (collect_exec(c, &p->execs[i]) < 0)
			return -ENOMEM;
	return 0;
}

int witness_collect(struct comparing *c)
{
	const struct profile_choice *choice = c->witness->choice;

	for (size_t i = 0; i < choice->count; i++)
		if (collect_profile(c, choice->items[i]) < 0)
			return -ENOMEM;
	c->witness->patterns = c->patterns.count;
	return collect_traces(c);
}
