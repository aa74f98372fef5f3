// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* verdict_view.c — what is known of one package: its code, its uses, whether it can run at all. */
#include <inttypes.h>

#include "analyzer/nature.h"
#include "analyzer/verdict_judge.h"

static const char *verb(enum use_kind kind)
{
	switch (kind) {
	case USE_EXEC:
		return "was executed as";
	case USE_SCRIPT:
		return "was run as a script by";
	case USE_INTERPRETER:
		return "was started as the loader of";
	case USE_MAP:
		return "was mapped by";
	case USE_OPEN_READ:
		return "was read by";
	case USE_OPEN_WRITE:
		return "was opened for writing by";
	case USE_OPEN_PATH:
		return "was looked at by";
	}
	return "was used by";
}

static const char *evidence_kind(enum use_kind kind)
{
	switch (kind) {
	case USE_EXEC:
	case USE_SCRIPT:
	case USE_INTERPRETER:
		return "exec";
	case USE_MAP:
		return "map";
	default:
		return "read";
	}
}

const char *judge_use_text(struct judge *j, const char *path, const struct trace_use *use)
{
	return arena_printf(j->arena, "%s %s %s %" PRIu64 ".%03" PRIu64 " s after the start", path,
			    verb(use->kind), use->comm && *use->comm ? use->comm : "a process",
			    use->t / 1000000000u, use->t / 1000000u % 1000u);
}

static int view_files(struct judge *j, const struct package *package, struct package_view *view)
{
	size_t room = (package->file_count + 1) * sizeof(char *);

	view->code_files = arena_alloc(j->arena, room);
	view->used_files = arena_alloc(j->arena, room);
	if (!view->code_files || !view->used_files)
		return -ENOMEM;
	for (size_t i = 0; i < package->file_count; i++) {
		size_t file = package->files[i];

		if (nature_of(&j->inv->files[file]) == NATURE_CODE)
			view->code_files[view->code_file_count++] = j->inv->files[file].path;
		if (j->usage->files[file].class == USE_CLASS_CODE)
			view->used_files[view->used_file_count++] = j->inv->files[file].path;
	}
	return 0;
}

static int add_use(struct judge *j, struct package_view *view, size_t file)
{
	const struct file_usage *f = &j->usage->files[file];
	const char *path = j->inv->files[file].path, *text = path;
	struct evidence *e;

	if (view->use_count >= USES_MAX || !f->use)
		return 0;
	if (f->copied && f->use->path)
		text = arena_printf(j->arena, "%s, a copy of %s,", f->use->path, path);
	if (!text)
		return -ENOMEM;
	e = &view->uses[view->use_count++];
	*e = (struct evidence){ .kind = f->class == USE_CLASS_CODE ? evidence_kind(f->use->kind)
								   : "touched",
				.text = judge_use_text(j, text, f->use),
				.path = path,
				.trace = f->trace,
				.line = f->use->line,
				.t = f->use->t };
	return e->text ? 0 : -ENOMEM;
}

/* The file that shows the class comes first, then the others of that class in the order of their paths. */
static int view_uses(struct judge *j, const struct package *package, struct package_view *view)
{
	int r = 0;

	view->uses = arena_alloc(j->arena, USES_MAX * sizeof(*view->uses));
	if (!view->uses)
		return -ENOMEM;
	if (view->class >= USE_CLASS_TOUCHED)
		r = add_use(j, view, view->used_file);
	for (size_t i = 0; i < package->file_count && r >= 0; i++) {
		size_t file = package->files[i];

		if (file != view->used_file && view->class >= USE_CLASS_TOUCHED &&
		    j->usage->files[file].class == view->class)
			r = add_use(j, view, file);
	}
	return r;
}

const struct package_view *judge_view(struct judge *j, size_t index)
{
	const struct package *package = &j->inv->packages[index];
	struct package_view *view = &j->views[index];

	if (view->ready)
		return view;
	view->class = usage_of_package(j->usage, package, &view->used_file);
	view->uncertain =
	    view->used_file != INVENTORY_NONE && j->usage->files[view->used_file].uncertain;
	view->witness_file = INVENTORY_NONE;
	if (j->witness)
		view->witness_class = witness_of_package(j->witness, package, &view->witness_file);
	view->ability = closure_of_package(j->closure, package, &view->able_file);
	view->moved = judge_moved_file(j, package);
	view->copied = judge_copied_file(j, package);
	if (view_files(j, package, view) < 0 || view_uses(j, package, view) < 0)
		return NULL;
	view->ready = true;
	return view;
}
