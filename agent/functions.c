// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* functions.c — the list of functions to watch. */
#include "agent/functions.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/build_id.h"
#include "include/array.h"

#define FIRST_LINE "vexxy-functions 1"
#define PATH_BYTES_MAX 4096
#define ID_MAX 128

struct parsing {
	struct functions *functions;
	size_t line;
};

/* A number that is all of the text. */
static int read_number(uint64_t *ret, const char *text, int base)
{
	char *end;

	/* strtoull would take white space and signs. */
	if (!strchr(base == 16 ? "0123456789abcdef" : "0123456789", *text) || !*text)
		return -EINVAL;
	errno = 0;
	*ret = strtoull(text, &end, base);
	return errno || *end || *ret > INT64_MAX ? -EINVAL : 0;
}

static bool is_build_id(const char *text)
{
	size_t len = strlen(text);

	return len > 0 && len % 2 == 0 && len < BUILD_ID_TEXT_MAX &&
	       strspn(text, "0123456789abcdef") == len;
}

/* "path=P size=N": the path may hold blanks. */
static int read_place(struct function_object *object, char *text)
{
	char *size = strrchr(text, ' ');

	if (strncmp(text, "path=/", 6) != 0 || !size || strncmp(size, " size=", 6) != 0)
		return -EINVAL;
	*size = '\0';
	object->path = text + strlen("path=");
	if (strlen(object->path) > PATH_BYTES_MAX)
		return -EINVAL;
	return read_number(&object->size, size + strlen(" size="), 10);
}

static int take_object(struct parsing *p, char *text, struct err *err)
{
	struct functions *f = p->functions;
	struct function_object object = { .first_site = (uint32_t)f->site_count }, *slot;

	if (is_build_id(text))
		object.build_id = text;
	else if (read_place(&object, text) < 0)
		return err_set(
		    err, EINVAL,
		    "line %zu: neither a build-id in hex nor path=/… size=N behind 'object'",
		    p->line);
	if (functions_find(f, object.build_id, object.path, object.size))
		return err_set(err, EINVAL, "line %zu: this object was named before", p->line);
	if (f->object_count >= FUNCTIONS_OBJECTS_MAX)
		return err_set(err, E2BIG, "line %zu: more than %u objects, the limit", p->line,
			       FUNCTIONS_OBJECTS_MAX);
	slot = array_add(f->objects, f->object_count, f->object_room);
	if (!slot)
		return err_oom(err);
	*slot = object;
	return 0;
}

static bool is_name(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] <= ' ' || name[i] == 0x7f)
			return false;
	return len > 0 && len <= FUNCTIONS_NAME_BYTES_MAX;
}

static int take_site(struct parsing *p, char *text, struct function_site site, struct err *err)
{
	struct functions *f = p->functions;
	struct function_site *slot;
	char *name = strchr(text, ' ');

	if (!f->object_count)
		return err_set(err, EINVAL, "line %zu: a site before any object", p->line);
	if (name)
		*name++ = '\0';
	if (strncmp(text, "0x", 2) != 0 || read_number(&site.offset, text + 2, 16) < 0)
		return err_set(err, EINVAL, "line %zu: no file offset 0x… behind '%s'", p->line,
			       !site.starts  ? "site"
			       : site.wanted ? "both"
					     : "start");
	if (!name || !is_name(name))
		return err_set(err, EINVAL,
			       "line %zu: no name of 1 to %u bytes without white space", p->line,
			       FUNCTIONS_NAME_BYTES_MAX);
	if (f->site_count >= FUNCTIONS_SITES_MAX)
		return err_set(err, E2BIG, "line %zu: more than %u sites, the limit", p->line,
			       FUNCTIONS_SITES_MAX);
	slot = array_add(f->sites, f->site_count, f->site_room);
	if (!slot)
		return err_oom(err);
	site.name = name;
	*slot = site;
	f->objects[f->object_count - 1].site_count++;
	return 0;
}

/* "vexxy-functions 1", and perhaps an identity behind it. */
static int take_first(struct parsing *p, const char *line, struct err *err)
{
	size_t len = strlen(FIRST_LINE);
	const char *id = line + len + 1;

	if (strncmp(line, FIRST_LINE, len) != 0 || (line[len] && line[len] != ' '))
		return err_set(err, EINVAL, "line 1: not '" FIRST_LINE "'");
	if (!line[len])
		return 0;
	if (!*id || strlen(id) > ID_MAX || strspn(id, "0123456789abcdef") != strlen(id))
		return err_set(err, EINVAL, "line 1: an identity is 1 to %d hex digits", ID_MAX);
	p->functions->id = id;
	return 0;
}

/* What stands behind a word and a blank, or NULL. */
static char *behind(char *line, const char *word)
{
	size_t len = strlen(word);

	return !strncmp(line, word, len) && line[len] == ' ' ? line + len + 1 : NULL;
}

static int take_line(struct parsing *p, char *line, struct err *err)
{
	static const struct {
		const char *word;
		struct function_site kind;
	} kinds[] = { { "site", { .wanted = true } },
		      { "start", { .starts = true } },
		      { "both", { .wanted = true, .starts = true } } };
	char *text = p->line > 1 ? behind(line, "object") : NULL;

	if (p->line == 1)
		return take_first(p, line, err);
	if (text)
		return take_object(p, text, err);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		text = behind(line, kinds[i].word);
		if (text)
			return take_site(p, text, kinds[i].kind, err);
	}
	return err_set(err, EINVAL,
		       "line %zu: none of 'object …', 'site …', 'start …' and 'both …'", p->line);
}

static int take_lines(struct parsing *p, char *text, size_t len, struct err *err)
{
	char *end;
	int r;

	if (memchr(text, '\0', len))
		return err_set(err, EINVAL, "there is a NUL byte in it");
	for (char *line = text; line < text + len; line = end + 1) {
		p->line++;
		end = strchr(line, '\n');
		if (!end)
			return err_set(err, EINVAL, "line %zu: cut off: no newline at its end",
				       p->line);
		*end = '\0';
		r = take_line(p, line, err);
		if (r < 0)
			return r;
	}
	return p->line ? 0 : err_set(err, EINVAL, "it is empty");
}

int functions_parse(struct functions **ret, char *text, size_t len, struct err *err)
{
	_cleanup_(functions_freep) struct functions *functions = calloc(1, sizeof(*functions));
	struct parsing parsing = { .functions = functions };
	int r;

	if (!functions) {
		free(text);
		return err_oom(err);
	}
	functions->text = text;
	r = take_lines(&parsing, text, len, err);
	if (r < 0)
		return r;
	*ret = take_ptr(functions);
	return 0;
}

int functions_read(struct functions **ret, int fd, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	struct stat st;
	size_t len = 0;
	ssize_t n = 1;

	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "cannot be read");
	if (!S_ISREG(st.st_mode) || st.st_size > FUNCTIONS_BYTES_MAX)
		return err_set(err, EFBIG, "no file of at most %u MiB", FUNCTIONS_BYTES_MAX >> 20);
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		return err_oom(err);
	while (n > 0 && len < (size_t)st.st_size) {
		n = pread(fd, text + len, (size_t)st.st_size - len, (off_t)len);
		len += n > 0 ? (size_t)n : 0;
	}
	if (n < 0)
		return err_sys(err, errno, "cannot be read");
	text[len] = '\0';
	return functions_parse(ret, take_ptr(text), len, err);
}

int functions_load(struct functions **ret, const char *path, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? err_sys(err, errno, "functions '%s'", path) : 0;

	if (r < 0)
		return r;
	r = functions_read(ret, fd, err);
	return r < 0 ? err_prefix(err, r, "functions '%s'", path) : 0;
}

void functions_free(struct functions *functions)
{
	if (!functions)
		return;
	free(functions->objects);
	free(functions->sites);
	free(functions->text);
	free(functions);
}

const struct function_object *functions_find(const struct functions *functions,
					     const char *build_id, const char *path, uint64_t size)
{
	for (size_t i = 0; i < functions->object_count; i++) {
		const struct function_object *o = &functions->objects[i];

		if (build_id ? o->build_id && !strcmp(o->build_id, build_id)
			     : o->path && path && !strcmp(o->path, path) && o->size == size)
			return o;
	}
	return NULL;
}
