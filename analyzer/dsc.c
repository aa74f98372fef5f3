// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* dsc.c — what a .dsc says. */
#include "analyzer/dsc.h"

#include <stdbool.h>
#include <string.h>

#include "include/array.h"

#define FILES_MAX 64u

struct reader {
	struct dsc dsc;
	size_t capacity;
	struct arena *arena;
	size_t line;
	bool in_sums;
};

static void reader_done(struct reader *in)
{
	free(in->dsc.files);
}

/* As dpkg allows: no slash, no start with a dash or a dot. */
static bool is_name(const char *name)
{
	size_t n =
	    strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.~_-");

	return n && !name[n] && n < 200 && *name != '.' && *name != '-';
}

/* " SUM SIZE NAME" */
static int read_sum(struct reader *in, char *line, struct err *err)
{
	char *sum = strtok_r(line, " \t", &line), *size = strtok_r(NULL, " \t", &line);
	char *name = strtok_r(NULL, " \t", &line), *end;
	struct dsc_file *file;

	if (!sum || !size || !name || strlen(sum) != 64 || strspn(sum, "0123456789abcdef") != 64 ||
	    !is_name(name))
		return err_set(err, EBADMSG, "line %zu: is no 'SHA-256 SIZE NAME'", in->line);
	if (in->dsc.file_count >= FILES_MAX)
		return err_set(err, EFBIG, "names more than %u files", FILES_MAX);
	file = array_add(in->dsc.files, in->dsc.file_count, in->capacity);
	if (!file)
		return err_oom(err);
	errno = 0;
	file->size = strtoull(size, &end, 10);
	if (errno || *end || *size == '-')
		return err_set(err, EBADMSG, "line %zu: '%.32s' is no size", in->line, size);
	file->name = arena_strdup(in->arena, name);
	file->sha256 = arena_strdup(in->arena, sum);
	return file->name && file->sha256 ? 0 : err_oom(err);
}

static int read_field(struct reader *in, char *line, struct err *err)
{
	const struct {
		const char *name;
		const char **to;
	} fields[] = { { "Source:", &in->dsc.source },
		       { "Version:", &in->dsc.version },
		       { "Format:", &in->dsc.format } };

	in->in_sums = !strncasecmp(line, "Checksums-Sha256:", 17);
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		size_t len = strlen(fields[i].name);

		if (strncasecmp(line, fields[i].name, len) != 0)
			continue;
		*fields[i].to = arena_strdup(in->arena, line + len + strspn(line + len, " \t"));
		if (!*fields[i].to)
			return err_oom(err);
	}
	return 0;
}

static int read_lines(struct reader *in, char *text, struct err *err)
{
	bool armour = false;
	char *line;
	int r = 0;

	for (in->line = 1; r == 0 && (line = strsep(&text, "\n")); in->line++) {
		size_t len = strlen(line);

		if (len && line[len - 1] == '\r')
			line[len - 1] = '\0';
		if (!strncmp(line, "-----BEGIN PGP SIGNATURE", 24))
			return 0;
		if (!strncmp(line, "-----BEGIN PGP SIGNED", 21))
			armour = true;
		else if (armour)
			armour = *line != '\0';
		else if (*line == ' ' || *line == '\t')
			r = in->in_sums ? read_sum(in, line, err) : 0;
		else if (*line)
			r = read_field(in, line, err);
	}
	return r;
}

static int require(const char *what, const char *value, struct err *err)
{
	return value && *value ? 0 : err_set(err, EBADMSG, "has no field '%s'", what);
}

int dsc_parse(struct dsc *ret, const char *text, size_t len, struct arena *arena, struct err *err)
{
	_cleanup_(reader_done) struct reader in = { .arena = arena };
	char *copy = arena_strndup(arena, text, len);
	struct dsc_file *files;
	int r = copy ? read_lines(&in, copy, err) : err_oom(err);

	if (r == 0)
		r = require("Source", in.dsc.source, err);
	if (r == 0)
		r = require("Version", in.dsc.version, err);
	if (r == 0)
		r = require("Format", in.dsc.format, err);
	if (r == 0)
		r = require("Checksums-Sha256", in.dsc.file_count ? "files" : NULL, err);
	if (r < 0)
		return r;
	if (!is_name(in.dsc.source))
		return err_set(err, EBADMSG, "'%.64s' is no name of a package", in.dsc.source);
	files = arena_alloc(arena, in.dsc.file_count * sizeof(*files));
	if (!files)
		return err_oom(err);
	memcpy(files, in.dsc.files, in.dsc.file_count * sizeof(*files));
	*ret = in.dsc;
	ret->files = files;
	return 0;
}
