// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* apart.c — what a fix changes beside functions, held against the sources that a file is made of. */
#include "analyzer/apart.h"

#include <ctype.h>

#include "analyzer/nature.h"
#include "analyzer/source_kind.h"
#include "analyzer/string_set.h"

#define SOURCE_BYTES_MAX (32u << 20)

struct apart {
	struct arena *arena;
	struct string_set included; /* last components */
	struct string_set
	    computed; /* sources that include what a macro names, which may be anything */
	bool unsure;  /* what all sources include could not be read */
};

struct reading {
	struct apart *apart;
	struct rootfs *tree;
};

void apart_free(struct apart *apart)
{
	if (!apart)
		return;
	string_set_done(&apart->included);
	string_set_done(&apart->computed);
	arena_free(apart->arena);
	free(apart);
}

static const char *skip(const char *at)
{
	while (*at == ' ' || *at == '\t')
		at++;
	return at;
}

/* "#include <lib/x.c>" gives "x.c". */
static int add_line(struct apart *apart, const char *source, const char *at)
{
	const char *name = path_name(source);
	size_t len;

	at = skip(at);
	if (*at != '#' || strncmp(at = skip(at + 1), "include", 7) != 0 ||
	    isalnum((unsigned char)at[7]) || at[7] == '_')
		return 0;
	at = skip(at + 7);
	if (*at != '"' && *at != '<')
		return string_set_add(&apart->computed, name, strlen(name), NULL);
	len = strcspn(++at, "\">\n");
	for (size_t i = len; i > 0; i--)
		if (at[i - 1] == '/') {
			at += i;
			len -= i;
			break;
		}
	return string_set_add(&apart->included, at, len, NULL);
}

static int read_source(void *ctx, const struct rootfs_entry *entry)
{
	struct reading *in = ctx;
	_cleanup_(arena_freep) struct arena *arena = NULL;
	struct err unused;
	char *text;
	size_t len;
	int r;

	if (!S_ISREG(entry->st.st_mode) || source_kind_of(entry->path + 1) != SOURCE_C)
		return 0;
	arena = arena_new();
	if (!arena)
		return -ENOMEM;
	r = rootfs_read(in->tree, entry->path, SOURCE_BYTES_MAX, arena, &text, &len, &unused);
	if (r < 0) {
		in->apart->unsure = true;
		return r == -ENOMEM ? r : 0;
	}
	for (const char *at = text; at && r == 0; at = strchr(at, '\n'), at = at ? at + 1 : NULL)
		r = add_line(in->apart, entry->path, at);
	return r;
}

int apart_open(struct apart **ret, const struct site_package *package,
	       const struct fix_record *fixes, size_t count, struct err *err)
{
	_cleanup_(apart_freep) struct apart *apart = calloc(1, sizeof(*apart));
	struct reading in = { apart, package->tree };
	bool asked = false;
	int r;

	if (!apart || !(apart->arena = arena_new()))
		return err_oom(err);
	apart->included.arena = apart->computed.arena = apart->arena;
	for (size_t i = 0; i < count; i++)
		asked |= fixes[i].confined && fixes[i].outside_count;
	r = asked ? rootfs_walk(package->tree, read_source, &in, err) : 0;
	if (r < 0)
		return r == -ENOMEM ? err_oom(err) : r;
	*ret = take_ptr(apart);
	return 0;
}

/* Each of them is elsewhere or nowhere, or the file would not be apart. */
static bool has_function(const struct store_cve *cve, const char *source)
{
	for (size_t i = 0; i < cve->function_count; i++)
		if (!strcmp(cve->functions[i].file, source))
			return true;
	return false;
}

/* Is it compiled as it stands, and by itself? */
static bool is_unit(const char *path)
{
	const char *dot = strrchr(path, '.');

	return source_kind_of(path) == SOURCE_C && dot &&
	       (!strcmp(dot, ".c") || !strcmp(dot, ".cc") || !strcmp(dot, ".cpp") ||
		!strcmp(dot, ".cxx"));
}

static bool is_included(const struct apart *apart, const char *source)
{
	const char *name = path_name(source);

	return string_set_find(&apart->included, name, strlen(name)) != STRING_SET_NONE;
}

/* May the file be made of a source that includes what nobody knows? */
static bool is_unsure(const struct apart *apart, const struct site_file *file)
{
	bool unsure = apart->unsure;

	for (size_t i = 0; i < apart->computed.count && !unsure; i++)
		unsure = !is_unit(apart->computed.items[i]) ||
			 is_included(apart, apart->computed.items[i]) ||
			 dwarf_sites_names(file->dwarf, apart->computed.items[i]);
	return unsure;
}

static bool is_left_out(const struct apart *apart, const struct site_file *file,
			const struct store_cve *cve, const char *source)
{
	return is_unit(source) && has_function(cve, source) &&
	       !dwarf_sites_names(file->dwarf, source) && !is_included(apart, source);
}

bool apart_is(const struct apart *apart, const struct site_file *file, const struct fix_record *fix,
	      const struct store_cve *cve)
{
	if (!fix->partial || !fix->confined || !file->dwarf || !cve->function_count)
		return false;
	for (size_t i = 0; i < cve->function_count; i++)
		if (cve->functions[i].kind != STORE_ELSEWHERE &&
		    cve->functions[i].kind != STORE_NOT_COMPILED)
			return false;
	for (size_t i = 0; i < fix->outside_count; i++)
		if (!is_left_out(apart, file, cve, fix->outside[i]))
			return false;
	return !fix->outside_count || !is_unsure(apart, file);
}
