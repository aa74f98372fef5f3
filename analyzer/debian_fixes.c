// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* debian_fixes.c — the patches of a Debian source package that fix a CVE. */
#include "analyzer/debian_fixes.h"

#include <string.h>

#include "analyzer/cve_ids.h"
#include "include/array.h"

/* The patches, until their number is known. */
struct list {
	struct debian_patch *items;
	size_t count, capacity;
};

static void list_done(struct list *list)
{
	free(list->items);
}

void debian_fixes_free(struct debian_fixes *fixes)
{
	if (!fixes)
		return;
	series_free(fixes->series);
	arena_free(fixes->arena);
	free(fixes);
}

int debian_patch_cves(struct debian_patch *patch, const char *name, const char *text, size_t len,
		      struct arena *arena, struct err *err)
{
	_cleanup_(string_set_donep) struct string_set named = { .arena = arena };
	_cleanup_(string_set_donep) struct string_set described = { .arena = arena };
	_cleanup_(string_set_donep) struct string_set rest = { .arena = arena };
	_cleanup_(patch_freep) struct patch *parsed = NULL;
	int r = patch_parse(&parsed, text, len, err);

	if (r < 0)
		return err_prefix(err, r, "patch '%.200s'", name);
	if (cve_ids_find(&named, name, strlen(name)) < 0 ||
	    cve_ids_find(&described, text, parsed->header_len) < 0)
		return err_oom(err);
	for (size_t i = 0; named.count && i < described.count; i++) {
		const char *id = described.items[i];

		if (string_set_find(&named, id, strlen(id)) == STRING_SET_NONE &&
		    string_set_add(&rest, id, strlen(id), NULL) < 0)
			return err_oom(err);
	}
	patch->by_name = named.count > 0;
	if (string_set_sorted(named.count ? &named : &described, arena, &patch->cves,
			      &patch->cve_count) < 0 ||
	    string_set_sorted(&rest, arena, &patch->mentions, &patch->mention_count) < 0)
		return err_oom(err);
	return 0;
}

static int read_file(struct debian_fixes *fixes, const char *path, const char **text, size_t *len,
		     struct err *err)
{
	int r = series_read(fixes->series, path, text, len, err);

	return r == -ENOENT ? err_set(err, ENOENT, "there is no '%.200s' in the sources", path) : r;
}

static int apply_one(struct debian_fixes *fixes, struct list *list, const char *name,
		     unsigned strip, struct err *err)
{
	struct series_step step = { .strip = strip };
	struct debian_patch patch = {};
	const char *text = NULL;
	size_t len = 0;
	struct debian_patch *slot;
	int r;

	if (strstr(name, "../"))
		return err_set(err, EINVAL, "the series names '%.200s'", name);
	step.name = patch.name = arena_printf(fixes->arena, "debian/patches/%s", name);
	if (!patch.name)
		return err_oom(err);
	r = read_file(fixes, patch.name, &text, &len, err);
	if (r == 0)
		r = debian_patch_cves(&patch, patch.name, text, len, fixes->arena, err);
	step.wanted = patch.cve_count > 0;
	if (r == 0)
		r = series_apply(fixes->series, &step, text, len, &patch.fix, err);
	if (r < 0 || !step.wanted)
		return r;
	slot = array_add(list->items, list->count, list->capacity);
	if (!slot)
		return err_oom(err);
	*slot = patch;
	return 0;
}

/* What stands behind the name: "-p0" to "-p9", "-pab", "-R". */
static int read_option(const char *option, const char *name, unsigned *strip, struct err *err)
{
	if (option[0] == '-' && option[1] == 'p' && option[2] >= '0' && option[2] <= '9' &&
	    !option[3])
		*strip = (unsigned)(option[2] - '0');
	else if (strcmp(option, "-pab") && strcmp(option, "-p") && *option != '#')
		return err_set(err, ENOTSUP,
			       "the series applies '%.200s' with '%.32s', which is not known here",
			       name, option);
	return 0;
}

static int read_line(struct debian_fixes *fixes, struct list *list, char *line, struct err *err)
{
	char *rest = line, *name = strtok_r(rest, " \t\r", &rest), *option;
	unsigned strip = 1;
	int r = 0;

	if (!name || *name == '#')
		return 0;
	if (++fixes->series_count > PATCHES_MAX)
		return err_set(err, EFBIG, "the series has more than %u patches", PATCHES_MAX);
	while (r == 0 && (option = strtok_r(NULL, " \t\r", &rest))) {
		if (*option == '#')
			break;
		r = read_option(option, name, &strip, err);
	}
	return r < 0 ? r : apply_one(fixes, list, name, strip, err);
}

static int read_series(struct debian_fixes *fixes, struct list *list, struct err *err)
{
	_cleanup_free_ char *copy = NULL;
	const char *text;
	char *at, *line;
	size_t len;
	int r = series_read(fixes->series, "debian/patches/series", &text, &len, err);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	at = copy = strdup(text);
	if (!copy)
		return err_oom(err);
	while (r == 0 && (line = strsep(&at, "\n")))
		r = read_line(fixes, list, line, err);
	return r;
}

static int read_changelog(struct debian_fixes *fixes, struct err *err)
{
	const char *text;
	size_t len;
	int r = read_file(fixes, "debian/changelog", &text, &len, err);

	if (r < 0)
		return r;
	r = changelog_parse(&fixes->changelog, text, len, fixes->arena, err);
	return r < 0 ? err_prefix(err, r, "'debian/changelog'") : 0;
}

int debian_fixes_read(struct debian_fixes **ret, const char *dir, const char *diff, size_t diff_len,
		      struct err *err)
{
	_cleanup_(debian_fixes_freep) struct debian_fixes *fixes = calloc(1, sizeof(*fixes));
	const struct series_step whole = { "the .diff.gz", 1, PATCH_FUZZ_MAX, false };
	_cleanup_(list_done) struct list list = {};
	int r;

	if (!fixes || !(fixes->arena = arena_new()))
		return err_oom(err);
	r = series_open(&fixes->series, dir, err);
	if (r == 0 && diff)
		r = series_apply(fixes->series, &whole, diff, diff_len, NULL, err);
	if (r == 0)
		r = read_changelog(fixes, err);
	if (r == 0)
		r = read_series(fixes, &list, err);
	if (r == 0)
		r = series_finish(fixes->series, err);
	if (r < 0)
		return r;
	fixes->patches = arena_alloc(fixes->arena, (list.count + 1) * sizeof(*fixes->patches));
	if (!fixes->patches)
		return err_oom(err);
	if (list.count)
		memcpy(fixes->patches, list.items, list.count * sizeof(*list.items));
	fixes->patch_count = list.count;
	*ret = take_ptr(fixes);
	return 0;
}
