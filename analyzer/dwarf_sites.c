// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* dwarf_sites.c — debug data into tables of code, by libdw, within limits. */
#include "analyzer/dwarf_sites.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwelf.h>

#include "analyzer/nature.h"
#include "include/array.h"

DEFINE_CLEANUP(Dwarf *, dwarf_end)

struct walk {
	struct dwarf_sites *sites;
	size_t entries;
	struct err *err;
};

void dwarf_sites_free(struct dwarf_sites *sites)
{
	if (!sites)
		return;
	string_set_done(&sites->files);
	string_set_done(&sites->sources);
	string_set_done(&sites->names);
	string_set_done(&sites->bare);
	string_set_done(&sites->called);
	free(sites->pieces);
	free(sites->ranges);
	free(sites->rows);
	arena_free(sites->arena);
	free(sites);
}

/* The number of the path, freed from "." and "..": the same file is the same text. */
static int add_file(struct dwarf_sites *sites, const char *path, size_t *ret)
{
	_cleanup_free_ char *plain = malloc(strlen(path) + 2);
	size_t len = 0;

	if (!plain)
		return -ENOMEM;
	while (*path) {
		size_t n = strcspn(path, "/");
		char *slash;

		if (n == 2 && !strncmp(path, "..", 2)) {
			plain[len] = '\0';
			slash = strrchr(plain, '/');
			len = slash ? (size_t)(slash - plain) : 0;
		} else if (n && !(n == 1 && *path == '.')) {
			plain[len++] = '/';
			memcpy(plain + len, path, n);
			len += n;
		}
		path += n + (path[n] == '/');
	}
	return string_set_add(&sites->files, plain, len, ret);
}

static int add_range(struct walk *walk, uint64_t start, uint64_t end)
{
	struct dwarf_sites *s = walk->sites;
	struct dwarf_range *range;

	if (start >= end)
		return 0;
	if (s->range_count >= DWARF_RANGES_MAX)
		return err_set(walk->err, EFBIG, "its debug data has more than %u ranges",
			       DWARF_RANGES_MAX);
	range = array_add(s->ranges, s->range_count, s->range_capacity);
	if (!range)
		return err_oom(walk->err);
	*range = (struct dwarf_range){ start, end };
	return 0;
}

static int add_ranges(struct walk *walk, Dwarf_Die *die)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t at = 0;
	int r = 0;

	while (r == 0 && (at = dwarf_ranges(die, at, &base, &start, &end)) > 0)
		r = add_range(walk, start, end);
	if (r == 0 && at < 0)
		return err_set(walk->err, EBADMSG, "its debug data has ranges that lie: %s",
			       dwarf_errmsg(-1));
	return r;
}

static int find_file(struct walk *walk, Dwarf_Die *die, size_t *ret)
{
	const char *file = dwarf_decl_file(die);

	if (file && add_file(walk->sites, file, ret) < 0)
		return err_oom(walk->err);
	return 0;
}

/* Remembers that a function of the file exists, or is called. */
static int add_name(struct walk *walk, struct string_set *set, Dwarf_Die *die)
{
	const char *name = dwarf_diename(die);
	size_t file = STRING_SET_NONE;
	_cleanup_free_ char *key = NULL;
	int n, r = name ? find_file(walk, die, &file) : 0;

	if (r < 0 || !name)
		return r;
	n = asprintf(&key, "%s\n%zu", name, file);
	if (n < 0 || string_set_add(set, key, (size_t)n, NULL) < 0 ||
	    string_set_add(&walk->sites->names, name, strlen(name), NULL) < 0)
		return err_oom(walk->err);
	return 0;
}

/* Whom a call names; what is called through a pointer is named by nothing. */
static int add_call(struct walk *walk, Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	Dwarf_Die origin;

	if ((!dwarf_attr(die, DW_AT_call_origin, &attr) &&
	     !dwarf_attr(die, DW_AT_abstract_origin, &attr)) ||
	    !dwarf_formref_die(&attr, &origin))
		return 0;
	return add_name(walk, &walk->sites->called, &origin);
}

/* A function or a copy of one. */
static int add_piece(struct walk *walk, Dwarf_Die *die, bool inlined)
{
	struct dwarf_sites *s = walk->sites;
	struct dwarf_piece piece = { .file = STRING_SET_NONE,
				     .inlined = inlined,
				     .range = s->range_count };
	struct dwarf_piece *slot;
	const char *name;
	int line = 0, r = add_ranges(walk, die);

	piece.range_count = s->range_count - piece.range;
	if (r == 0 && !piece.range_count && !inlined)
		return add_name(walk, &s->bare, die);
	name = piece.range_count ? dwarf_diename(die) : NULL;
	if (r < 0 || !name)
		return r;
	piece.name = arena_strdup(s->arena, name);
	if (!piece.name)
		return err_oom(walk->err);
	r = find_file(walk, die, &piece.file);
	piece.has_entry = inlined && dwarf_entrypc(die, &piece.entry) == 0;
	if (dwarf_decl_line(die, &line) == 0 && line > 0)
		piece.line = (unsigned)line;
	slot = r == 0 ? array_add(s->pieces, s->piece_count, s->piece_capacity) : NULL;
	if (!slot)
		return r < 0 ? r : err_oom(walk->err);
	*slot = piece;
	return 0;
}

/* Everything below an entry: a copy can stand in a block in a function in a namespace. */
static int read_below(struct walk *walk, Dwarf_Die *parent, unsigned depth)
{
	Dwarf_Die die;
	int more = dwarf_child(parent, &die), r;

	if (depth > DWARF_DEPTH_MAX)
		return err_set(walk->err, EFBIG, "its debug data nests deeper than %u",
			       DWARF_DEPTH_MAX);
	for (; more == 0; more = dwarf_siblingof(&die, &die)) {
		int tag = dwarf_tag(&die);

		if (++walk->entries > DWARF_ENTRIES_MAX)
			return err_set(walk->err, EFBIG, "its debug data has more than %u entries",
				       DWARF_ENTRIES_MAX);
		r = 0;
		if (tag == DW_TAG_subprogram || tag == DW_TAG_inlined_subroutine)
			r = add_piece(walk, &die, tag == DW_TAG_inlined_subroutine);
		else if (tag == DW_TAG_call_site || tag == DW_TAG_GNU_call_site)
			r = add_call(walk, &die);
		if (r == 0 && dwarf_haschildren(&die) > 0)
			r = read_below(walk, &die, depth + 1);
		if (r < 0)
			return r;
	}
	if (more < 0)
		return err_set(walk->err, EBADMSG, "its debug data is broken: %s",
			       dwarf_errmsg(-1));
	return 0;
}

static int add_row(struct walk *walk, Dwarf_Line *line, size_t file)
{
	struct dwarf_sites *s = walk->sites;
	struct dwarf_row *row;
	Dwarf_Addr address;
	int number;
	bool end, statement;

	if (dwarf_lineaddr(line, &address) || dwarf_lineno(line, &number) ||
	    dwarf_lineendsequence(line, &end) || dwarf_linebeginstatement(line, &statement))
		return err_set(walk->err, EBADMSG, "its line table is broken: %s",
			       dwarf_errmsg(-1));
	if (end || number <= 0)
		return 0;
	if (s->row_count >= DWARF_ROWS_MAX)
		return err_set(walk->err, EFBIG, "its line table has more than %u rows",
			       DWARF_ROWS_MAX);
	row = array_add(s->rows, s->row_count, s->row_capacity);
	if (!row)
		return err_oom(walk->err);
	*row = (struct dwarf_row){ address, file, (unsigned)number, statement };
	return 0;
}

static int read_rows(struct walk *walk, Dwarf_Die *unit)
{
	const char *last = NULL;
	Dwarf_Lines *lines;
	size_t n, file = 0;
	int r = 0;

	if (!dwarf_hasattr(unit, DW_AT_stmt_list))
		return 0;
	if (dwarf_getsrclines(unit, &lines, &n) != 0)
		return err_set(walk->err, EBADMSG, "its line table is broken: %s",
			       dwarf_errmsg(-1));
	for (size_t i = 0; i < n && r == 0; i++) {
		Dwarf_Line *line = dwarf_onesrcline(lines, i);
		const char *path = dwarf_linesrc(line, NULL, NULL);

		if (path && path != last && add_file(walk->sites, path, &file) < 0)
			return err_oom(walk->err);
		last = path ? path : last;
		if (path)
			r = add_row(walk, line, file);
	}
	return r;
}

static int add_source(struct walk *walk, const char *path)
{
	const char *name = path ? path_name(path) : NULL;

	if (name && string_set_add(&walk->sites->sources, name, strlen(name), NULL) < 0)
		return err_oom(walk->err);
	return 0;
}

/* What the unit was made of: itself, and what its table of files has. */
static int read_sources(struct walk *walk, Dwarf_Die *unit)
{
	Dwarf_Files *files;
	size_t n = 0;
	int r = add_source(walk, dwarf_diename(unit));

	if (r < 0 || !dwarf_hasattr(unit, DW_AT_stmt_list))
		return r;
	if (dwarf_getsrcfiles(unit, &files, &n) != 0)
		return err_set(walk->err, EBADMSG, "its table of files is broken: %s",
			       dwarf_errmsg(-1));
	for (size_t i = 0; i < n && r == 0; i++)
		r = add_source(walk, dwarf_filesrc(files, i, NULL, NULL));
	return r;
}

/* Partial units hold what is shared, which has no code; units of types neither. */
static int read_units(struct walk *walk, Dwarf *dwarf)
{
	Dwarf_CU *unit = NULL;
	Dwarf_Die die;
	uint8_t kind;
	int more, r = 0;

	while (r == 0 &&
	       (more = dwarf_get_units(dwarf, unit, &unit, NULL, &kind, &die, NULL)) == 0) {
		if (kind != DW_UT_compile)
			continue;
		if (dwarf_tag(&die) != DW_TAG_compile_unit)
			continue;
		r = read_below(walk, &die, 0);
		if (r == 0)
			r = read_rows(walk, &die);
		if (r == 0)
			r = read_sources(walk, &die);
	}
	if (r == 0 && more < 0)
		return err_set(walk->err, EBADMSG, "its debug data is broken: %s",
			       dwarf_errmsg(-1));
	return r;
}

static int compare_rows(const void *a, const void *b)
{
	const struct dwarf_row *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

/* Names of shared types and functions live in another file after dwz. */
static int read_alternate(Dwarf *dwarf, struct rootfs *root, Dwarf **ret, int *ret_fd,
			  struct err *err)
{
	const char *name;
	const void *id;
	int fd;

	if (dwelf_dwarf_gnu_debugaltlink(dwarf, &name, &id) <= 0)
		return 0;
	fd = root ? rootfs_open_file(root, name) : -ENOENT;
	if (fd < 0)
		return err_sys(err, -fd, "its debug data goes on in '%s'", name);
	*ret_fd = fd;
	*ret = dwarf_begin(fd, DWARF_C_READ);
	if (!*ret)
		return err_set(err, EBADMSG, "'%s': %s", name, dwarf_errmsg(-1));
	dwarf_setalt(dwarf, *ret);
	return 0;
}

int dwarf_sites_read(struct dwarf_sites **ret, int fd, struct rootfs *root, struct err *err)
{
	_cleanup_(dwarf_sites_freep) struct dwarf_sites *sites = calloc(1, sizeof(*sites));
	_cleanup_close_ int alternate_fd = -1;
	_cleanup_(dwarf_endp) Dwarf *alternate = NULL;
	_cleanup_(dwarf_endp) Dwarf *dwarf = dwarf_begin(fd, DWARF_C_READ);
	struct walk walk = { .sites = sites, .err = err };
	int r;

	if (!dwarf)
		return err_set(err, ENODATA, "no debug data: %s", dwarf_errmsg(-1));
	if (!sites || !(sites->arena = arena_new()))
		return err_oom(err);
	sites->files.arena = sites->names.arena = sites->sources.arena = sites->arena;
	sites->bare.arena = sites->called.arena = sites->arena;
	r = read_alternate(dwarf, root, &alternate, &alternate_fd, err);
	if (r == 0)
		r = read_units(&walk, dwarf);
	if (r < 0)
		return r;
	array_sort(sites->rows, sites->row_count, sizeof(*sites->rows), compare_rows);
	*ret = take_ptr(sites);
	return 0;
}
