// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_symbols_starts.c — vexxy symbols starts: every function of the given files, as a list for `vexxy-agent record --functions`. */
#include <fcntl.h>
#include <sys/stat.h>

#include "analyzer/cmd_symbols.h"
#include "analyzer/file.h"
#include "analyzer/starts.h"
#include "analyzer/string_set.h"

#define NAME_BYTES_MAX 512

struct listing {
	FILE *out;
	struct arena *arena;
	struct string_set objects; /* named so far */
};

/* By build-id, or by where it is and how long. */
static int name_object(const char **ret, struct listing *l, const struct starts *starts,
		       const char *path, int fd, struct err *err)
{
	_cleanup_free_ char *real = realpath(path, NULL);
	struct stat st;

	if (!real || fstat(fd, &st) < 0)
		return err_sys(err, errno, "'%s'", path);
	if (!starts->build_id && strchr(real, '\n'))
		return err_set(err, EINVAL, "'%s' has no build-id, and its path cannot be listed",
			       path);
	*ret = starts->build_id
		   ? starts->build_id
		   : arena_printf(l->arena, "path=%s size=%jd", real, (intmax_t)st.st_size);
	return *ret ? 0 : err_oom(err);
}

static int put_file(struct listing *l, const char *path, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	const char *object = NULL;
	struct starts starts = {};
	size_t before = l->objects.count;
	int r;

	if (fd < 0)
		return err_sys(err, errno, "'%s'", path);
	r = starts_find(&starts, fd, l->arena, err);
	if (r < 0)
		return err_prefix(err, r, "'%s'", path);
	r = name_object(&object, l, &starts, path, fd, err);
	if (r < 0)
		return r;
	if (string_set_add(&l->objects, object, strlen(object), NULL) < 0)
		return err_oom(err);
	if (l->objects.count == before) /* a copy of one before */
		return 0;
	fprintf(l->out, "object %s\n", object);
	for (size_t i = 0; i < starts.count; i++)
		fprintf(l->out, "start 0x%jx %.*s\n", (uintmax_t)starts.items[i].offset,
			NAME_BYTES_MAX, starts.items[i].symbol);
	fprintf(stderr, "%s: %zu functions, %zu more cannot be watched\n", path, starts.count,
		starts.refused);
	return 0;
}

int symbols_starts(const struct symbols_options *opts, const struct option_list *operands,
		   struct err *err)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct listing l = { .arena = arena };
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	int r = 0;

	l.out = arena ? open_memstream(&text, &len) : NULL;
	if (!l.out)
		return err_oom(err);
	fputs("vexxy-functions 1\n", l.out);
	for (size_t i = 1; i < operands->count && r == 0; i++)
		r = put_file(&l, operands->items[i], err);
	string_set_done(&l.objects);
	if (fclose(l.out) != 0 && r == 0)
		r = err_oom(err);
	if (r < 0)
		return r;
	if (opts->out)
		return file_write(opts->out, text, len, err);
	fputs(text, stdout);
	return fflush(stdout) ? err_sys(err, errno, "cannot write the list") : 0;
}
