// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* source_text.c — the lines of functions by universal-ctags, and what the debug data says of the tree. */
#include "analyzer/source_text.h"

#include "analyzer/outline.h"
#include "analyzer/scratch.h"
#include "analyzer/source_kind.h"

#define SOURCE_BYTES_MAX (32u << 20)

struct source_text {
	struct arena *arena;
	struct string_set paths;  /* that the fixes name */
	struct string_set tree;   /* all paths there are */
	struct outline *outlines; /* by number of the path */
	const char **bare;        /* of each file of the package; NULL: all of it has debug data */
	bool written;
};

void source_text_free(struct source_text *text)
{
	if (!text)
		return;
	string_set_done(&text->paths);
	string_set_done(&text->tree);
	arena_free(text->arena);
	free(text);
}

static int add_source(void *ctx, const struct rootfs_entry *entry)
{
	struct source_text *text = ctx;
	const char *path = entry->path + 1;

	return string_set_add(&text->tree, path, strlen(path), NULL);
}

static int read_outlines(struct source_text *text, const struct site_package *package,
			 struct err *err)
{
	_cleanup_free_ struct outline_source *sources =
	    calloc(text->paths.count + 1, sizeof(*sources));
	_cleanup_(scratch_done) struct scratch scratch = {};
	int r = 0;

	text->outlines =
	    arena_alloc(text->arena, (text->paths.count + 1) * sizeof(*text->outlines));
	if (!sources || !text->outlines)
		return err_oom(err);
	for (size_t i = 0; i < text->paths.count && r == 0; i++) {
		char *bytes = NULL;

		sources[i].path = text->paths.items[i];
		r = rootfs_read(package->tree, sources[i].path, SOURCE_BYTES_MAX, text->arena,
				&bytes, &sources[i].len, err);
		r = r == -ENOENT ? 0 : r;
		sources[i].text = bytes;
	}
	if (r == 0)
		r = scratch_open(&scratch, err);
	return r < 0 || !text->paths.count
		   ? r
		   : outline_read(text->outlines, sources, text->paths.count, scratch.dir,
				  text->arena, err);
}

/* What the C library and the compiler add to every program has no debug data. */
static bool is_runtime(const char *name)
{
	static const char *const names[] = { "_init",
					     "_fini",
					     "_start",
					     "_dl_relocate_static_pie",
					     "deregister_tm_clones",
					     "register_tm_clones",
					     "__do_global_dtors_aux",
					     "frame_dummy",
					     "atexit",
					     "at_quick_exit",
					     "pthread_atfork",
					     "__pthread_atfork",
					     "__do_global_ctors_aux" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static const char *find_bare(const struct site_file *file)
{
	for (size_t i = 0; i < file->names->count; i++) {
		const struct symbol *s = &file->names->items[i];

		/* A cold part can be a trap without a line; what it was parted from is looked at by itself. */
		if (!is_runtime(s->name) && !strstr(s->name, ".cold") &&
		    (!file->dwarf ||
		     !dwarf_sites_cover(file->dwarf, s->addr, s->addr + (s->size ? s->size : 1))))
			return s->name;
	}
	return NULL;
}

static bool has_written(const struct dwarf_sites *dwarf)
{
	for (size_t i = 0; i < dwarf->row_count; i++)
		if (dwarf_sites_is_written(dwarf, dwarf->rows[i].file))
			return true;
	return false;
}

int source_text_open(struct source_text **ret, const struct site_package *package,
		     const struct fix_record *fixes, size_t count, struct err *err)
{
	_cleanup_(source_text_freep) struct source_text *text = calloc(1, sizeof(*text));
	int r;

	if (!text || !(text->arena = arena_new()))
		return err_oom(err);
	text->tree.arena = text->arena;
	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < fixes[i].target_count; k++) {
			const char *path = fixes[i].targets[k].file;

			if (string_set_add(&text->paths, path, strlen(path), NULL) < 0)
				return err_oom(err);
		}
	r = rootfs_walk(package->tree, add_source, text, err);
	if (r == 0)
		r = read_outlines(text, package, err);
	if (r < 0)
		return err_prefix(err, r, "sources of '%s'", package->source);
	text->bare = arena_alloc(text->arena, (package->file_count + 1) * sizeof(*text->bare));
	if (!text->bare)
		return err_oom(err);
	for (size_t i = 0; i < package->file_count; i++) {
		text->bare[i] = find_bare(&package->files[i]);
		if (!package->files[i].dwarf)
			continue;
		if (dwarf_sites_bind(package->files[i].dwarf, text->tree.items, text->tree.count) <
		    0)
			return err_oom(err);
		text->written |= has_written(package->files[i].dwarf);
	}
	*ret = take_ptr(text);
	return 0;
}

/* Compiled as it stands, not made into a source by the build. */
static bool is_plain(const char *path)
{
	const char *dot = strrchr(path, '.');

	return source_kind_of(path) == SOURCE_C && dot && strcmp(dot, ".in") != 0;
}

static bool is_fixed(const struct fix_lines *lines, const char *file,
		     const struct dwarf_lines *body)
{
	for (size_t i = 0; i < lines->count; i++)
		if (!strcmp(lines->items[i].file, file) && lines->items[i].line >= body->first &&
		    lines->items[i].line <= body->last)
			return true;
	return false;
}

static void add_body(struct dwarf_place *to, const struct outline_function *f)
{
	if (to->body_count < DWARF_BODIES_MAX)
		to->bodies[to->body_count] =
		    (struct dwarf_lines){ (unsigned)f->first, (unsigned)f->last };
	to->body_count++;
}

/* Each use of a macro that makes functions is one; those that the fix touches are told by its lines. */
static void choose_bodies(struct dwarf_place *place, const struct fix_lines *lines)
{
	size_t n = 0;

	for (size_t i = 0; i < place->body_count; i++)
		if (is_fixed(lines, place->file, &place->bodies[i]))
			place->bodies[n++] = place->bodies[i];
	place->body_count = n;
}

bool source_text_place(const struct source_text *text, const struct fix_target *target,
		       const struct fix_lines *lines, struct dwarf_place *ret)
{
	size_t path = string_set_find(&text->paths, target->file, strlen(target->file));
	const struct outline *o = &text->outlines[path];
	bool plain = is_plain(target->file) && !target->macro && !target->alias;

	*ret = (struct dwarf_place){ .file = target->file, .name = target->name };
	for (size_t i = 0; i < o->count; i++) {
		const struct outline_function *f = &o->functions[i];

		if (f->prototype || strcmp(f->name, target->name) != 0)
			continue;
		plain &= !f->untyped;
		add_body(ret, f);
	}
	plain &= ret->body_count == 1;
	if (ret->body_count > DWARF_BODIES_MAX || (ret->body_count > 1 && !target->macro))
		ret->body_count = 0; /* which of them is not known */
	else if (ret->body_count > 1)
		choose_bodies(ret, lines);
	return plain;
}

const char *source_text_bare(const struct source_text *text, size_t file)
{
	return text->bare[file];
}

bool source_text_has_written(const struct source_text *text)
{
	return text->written;
}
