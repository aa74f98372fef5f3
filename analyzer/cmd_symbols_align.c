// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_symbols_align.c — vexxy symbols align: what is known of a file, carried to a neighbouring version. */
#include <fcntl.h>

#include "analyzer/align.h"
#include "analyzer/cmd_symbols.h"
#include "analyzer/file.h"

/* One of the two files. */
struct side {
	int fd;
	struct code code;
	struct symbols *names;
};

static void side_done(struct side *side)
{
	symbols_free(side->names);
	cleanup_close(&side->fd);
}

static int side_open(struct side *side, const char *path, struct arena *arena, struct err *err)
{
	int r;

	side->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (side->fd < 0)
		return err_sys(err, errno, "'%s'", path);
	r = code_read(&side->code, side->fd, arena, err);
	if (r == 0)
		r = symbols_read(&side->names, side->fd, NULL, 0, err);
	if (r == 0 && !side->names->build_id)
		r = err_set(err, ENOENT, "it has no build-id, so no store can know it");
	return r < 0 ? err_prefix(err, r, "'%s'", path) : 0;
}

static int align(struct symbol_store *store, const struct side *from, const struct side *to,
		 struct store_object *ret, struct err *err)
{
	const struct store_object *known = symbol_store_lookup(store, from->names->build_id);
	_cleanup_free_ struct align_match *matches = NULL;
	size_t n = from->code.function_count, matched = 0, agreed = 0;
	int r;

	if (!known)
		return err_set(err, ENOENT, "the store knows nothing of the build-id %s",
			       from->names->build_id);
	r = align_functions(&(const struct align_side){ &from->code, from->names },
			    &(const struct align_side){ &to->code, to->names }, &matches, &agreed,
			    err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		matched += matches[i].to != ALIGN_NONE;
	fprintf(stderr, "%zu of %zu functions matched, %zu exported names agree\n", matched, n,
		agreed);
	return align_carry(store, known, &from->code, &to->code, matches, to->names->build_id, ret,
			   err);
}

int symbols_align(const struct symbols_options *opts, const struct option_list *operands,
		  struct err *err)
{
	_cleanup_(symbol_store_freep) struct symbol_store *store = NULL, *out = symbol_store_new();
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	_cleanup_(side_done) struct side from = { .fd = -1 }, to = { .fd = -1 };
	_cleanup_free_ char *text = NULL;
	struct store_object carried;
	size_t len;
	int r = out && arena ? symbol_store_load(&store, operands->items[1], err) : err_oom(err);

	if (r == 0)
		r = side_open(&from, operands->items[2], arena, err);
	if (r == 0)
		r = side_open(&to, operands->items[3], arena, err);
	if (r == 0)
		r = align(store, &from, &to, &carried, err);
	if (r == 0)
		r = symbol_store_add(out, &carried, err);
	if (r == 0)
		r = symbol_store_format(out, &text, &len, err);
	if (r < 0)
		return r;
	if (opts->out)
		return file_write(opts->out, text, len, err);
	fputs(text, stdout);
	return fflush(stdout) ? err_sys(err, errno, "cannot write the store") : 0;
}
