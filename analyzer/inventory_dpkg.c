// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * inventory_dpkg.c — the packages of Debian's database, and of distroless images, which keep one file per package.
 *
 * Sources: dpkg-query(1), deb-control(5), dpkg-divert(1); "lib/dpkg" of the root is read as dpkg itself leaves it.
 */
#include "analyzer/inventory_build.h"

#include <string.h>

#include "include/array.h"

#define DPKG "/var/lib/dpkg/"
#define LINE_BYTES_MAX (1u << 20)
#define WANTS_MAX 1024u

enum field { PACKAGE, STATUS, VERSION, ARCHITECTURE, SOURCE, DEPENDS, PRE_DEPENDS, FIELD_COUNT };

static const char *const field_names[FIELD_COUNT] = {
	"Package", "Status", "Version", "Architecture", "Source", "Depends", "Pre-Depends",
};

/* One package's paragraph. */
struct stanza {
	const char *file;
	size_t line; /* where it starts */
	char *value[FIELD_COUNT];
	bool any;
};

/* "/bin/sh", which belongs to somebody else, is really at "/bin/sh.distrib" unless `package` asks. */
struct diversion {
	const char *from, *to, *package;
};

struct dpkg {
	struct builder *b;
	struct diversion *diversions;
	size_t diversion_count, diversion_capacity;
	struct string_set seen; /* "name:arch" */
	const char **versions;  /* of those seen */
	size_t version_capacity;
};

static void dpkg_done(struct dpkg *dpkg)
{
	free(dpkg->diversions);
	free(dpkg->versions);
	string_set_done(&dpkg->seen);
}

/* Names, versions and architectures become parts of paths and identifiers: nothing but what policy allows. */
static bool is_plain(const char *text, const char *more)
{
	if (!*text || *text == '.')
		return false;
	for (; *text; text++)
		if (!((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
		      (*text >= '0' && *text <= '9') || strchr(more, *text)))
			return false;
	return true;
}

static int take_diversion(struct dpkg *dpkg, const char *from, const char *to, const char *package)
{
	struct diversion *slot;
	const char *place;
	int r;

	slot = array_add(dpkg->diversions, dpkg->diversion_count, dpkg->diversion_capacity);
	if (!slot)
		return -ENOMEM;
	r = builder_place(dpkg->b, from, &place);
	if (r < 0)
		return r;
	slot->from = place ? place : from;
	slot->to = to;
	slot->package = package;
	return 0;
}

/* Three lines each: what is diverted, where to, and by whom (":" for the administrator). */
static int read_diversions(struct dpkg *dpkg)
{
	const char *text[3], *line;
	struct lines lines;
	size_t len, n = 0;
	char *all;
	int r;

	r = builder_read(dpkg->b, DPKG "diversions", 4u << 20, &all, &len);
	if (r < 0 || !all)
		return r;
	lines = (struct lines){ all, all + len, 0 };
	while (lines_next(&lines, &line, &len)) {
		text[n] = arena_strndup(dpkg->b->scratch, line, len);
		if (!text[n])
			return -ENOMEM;
		if (++n < 3)
			continue;
		n = 0;
		r = take_diversion(dpkg, text[0], text[1], text[2]);
		if (r < 0)
			return r;
	}
	return n ? builder_fault(dpkg->b, "'" DPKG "diversions' ends within a diversion") : 0;
}

/* Where the package's file really is. */
static int divert(struct dpkg *dpkg, const char *package, const char **path)
{
	const char *place;
	int r;

	if (!dpkg->diversion_count)
		return 0;
	r = builder_place(dpkg->b, *path, &place);
	if (r < 0 || !place)
		return r;
	for (size_t i = 0; i < dpkg->diversion_count; i++) {
		const struct diversion *d = &dpkg->diversions[i];

		if (!strcmp(d->from, place) && strcmp(d->package, package)) {
			*path = d->to;
			return 0;
		}
	}
	return 0;
}

/* A directory is listed before what is in it: then it is no file that is missing when it was left out with all its content. */
static bool is_parent(const char *line, size_t len, const struct lines *rest)
{
	return (size_t)(rest->end - rest->at) > len && !memcmp(rest->at, line, len) &&
	       rest->at[len] == '/';
}

static int claim_list(struct dpkg *dpkg, uint32_t number, char *text, size_t len)
{
	struct lines lines = { text, text + len, 0 };
	const char *name = dpkg->b->drafts[number].package.name, *line, *path;
	bool is_cut = len && text[len - 1] != '\n';
	int r = 0;

	while (r >= 0 && lines_next(&lines, &line, &len)) {
		if (!len || (len == 2 && !memcmp(line, "/.", 2)) || is_parent(line, len, &lines))
			continue;
		if (*line != '/' || memchr(line, '\0', len))
			return builder_fault(dpkg->b, "file list of '%s': line %zu is no path",
					     name, lines.number);
		path = arena_strndup(dpkg->b->scratch, line, len);
		if (!path)
			return -ENOMEM;
		r = divert(dpkg, name, &path);
		if (r >= 0)
			r = builder_claim_path(dpkg->b, number, path);
	}
	if (r >= 0 && is_cut)
		r = builder_fault(dpkg->b, "file list of '%s' ends within line %zu", name,
				  lines.number);
	return r;
}

/* "info/NAME:ARCH.list" for Multi-Arch: same, else "info/NAME.list". */
static int read_list(struct dpkg *dpkg, uint32_t number)
{
	struct builder *b = dpkg->b;
	const struct package *package = &b->drafts[number].package;
	const char *path;
	bool was_whole = !b->inv->incomplete;
	char *text = NULL;
	size_t len = 0;
	int r;

	for (int qualified = 1; qualified >= 0 && !text; qualified--) {
		path = arena_printf(b->scratch, DPKG "info/%s%s%s.list", package->name,
				    qualified ? ":" : "", qualified ? package->arch : "");
		if (!path)
			return -ENOMEM;
		r = builder_read(b, path, ROOTFS_READ_MAX, &text, &len);
		if (r < 0)
			return r;
	}
	if (!text)
		return builder_note(b, "package '%s' has no file list: its files are not known",
				    package->name);
	b->inv->incomplete = false; /* to see whether this list is the one that is faulty */
	r = claim_list(dpkg, number, text, len);
	b->drafts[number].package.files_known = r >= 0 && !b->inv->incomplete;
	b->inv->incomplete |= !was_whole;
	return r;
}

/* Distroless: "MD5  usr/lib/x" per regular file; links are not listed. */
static int read_md5sums(struct dpkg *dpkg, uint32_t number, const char *status)
{
	struct builder *b = dpkg->b;
	const char *path = arena_printf(b->scratch, "%s.md5sums", status), *line, *name;
	struct lines lines;
	bool is_cut;
	char *text;
	size_t len;
	int r;

	if (!path)
		return -ENOMEM;
	r = builder_read(b, path, ROOTFS_READ_MAX, &text, &len);
	if (r < 0)
		return r;
	if (!text)
		return builder_note(b, "package '%s' has no file list: its files are not known",
				    b->drafts[number].package.name);
	is_cut = len && text[len - 1] != '\n';
	lines = (struct lines){ text, text + len, 0 };
	while (r >= 0 && lines_next(&lines, &line, &len)) {
		if (!len)
			continue;
		if (len < 35 || memchr(line, '\0', len) || line[32] != ' ')
			return builder_fault(b, "'%s': line %zu is no checksum and path", path,
					     lines.number);
		line += 33;
		len -= 33;
		while (len && (*line == ' ' || *line == '*')) {
			line++;
			len--;
		}
		name = arena_printf(b->scratch, "/%.*s", (int)len, line);
		if (!name)
			return -ENOMEM;
		r = builder_claim_path(b, number, name + (name[1] == '/'));
	}
	b->drafts[number].package.files_known = r >= 0 && !is_cut;
	return r >= 0 && is_cut ? builder_fault(b, "'%s' ends within a line", path) : r;
}

/* "a (>= 1) | b:any, c [amd64]": each name once; alternatives all count. */
static int take_depends(struct dpkg *dpkg, struct draft *draft, const char *text)
{
	struct arena *scratch = dpkg->b->scratch;
	size_t len;

	if (!text)
		return 0;
	if (!draft->wants)
		draft->wants = arena_alloc(scratch, WANTS_MAX * sizeof(*draft->wants));
	if (!draft->wants)
		return -ENOMEM;
	while (*text && draft->want_count < WANTS_MAX) {
		text += strspn(text, " \t\n,|");
		len = strcspn(text, " \t\n,|:([");
		if (len) {
			draft->wants[draft->want_count] =
			    arena_printf(scratch, "deb:%.*s", (int)len, text);
			if (!draft->wants[draft->want_count++])
				return -ENOMEM;
		}
		text += strcspn(text, ",|");
	}
	return 0;
}

/* "src (1.2-3)", or "src" alone, or nothing: then it is the package itself. */
static int take_source(struct dpkg *dpkg, struct package *package, char *source)
{
	char *version = source ? strchr(source, '(') : NULL;

	package->source = package->name;
	package->source_version = package->version;
	if (!source)
		return 0;
	if (version) {
		version[strcspn(version, ")")] = '\0';
		package->source_version = version + 1;
	}
	source[strcspn(source, " \t(")] = '\0';
	package->source = source;
	if (is_plain(source, "+.-") && is_plain(package->source_version, "+.-~:"))
		return 0;
	package->source = package->name;
	package->source_version = package->version;
	return builder_fault(dpkg->b, "package '%s': source '%s' is no name and version",
			     package->name, source);
}

/* The third word of Status. Only what has never been unpacked, or was taken away, is not there. */
static bool is_present(const char *status)
{
	static const char *const absent[] = { "not-installed", "config-files" };
	const char *state = strrchr(status, ' ');

	for (size_t i = 0; i < sizeof(absent) / sizeof(*absent); i++)
		if (state && !strcmp(state + 1, absent[i]))
			return false;
	return true;
}

/* 1 when that very package was seen before. */
static int is_repeated(struct dpkg *dpkg, const struct stanza *stanza)
{
	const char *key = arena_printf(dpkg->b->scratch, "%s:%s", stanza->value[PACKAGE],
				       stanza->value[ARCHITECTURE]);
	size_t number, known = dpkg->seen.count;
	int r;

	if (!key)
		return -ENOMEM;
	r = string_set_add(&dpkg->seen, key, strlen(key), &number);
	if (r < 0)
		return r;
	if (number == known) {
		r = array_room((void **)&dpkg->versions, known, &dpkg->version_capacity,
			       sizeof(*dpkg->versions));
		if (r >= 0)
			dpkg->versions[number] = stanza->value[VERSION];
		return r;
	}
	if (!strcmp(dpkg->versions[number], stanza->value[VERSION])) {
		r = builder_note(dpkg->b, "'%s': line %zu: package '%s' stands twice, once counts",
				 stanza->file, stanza->line, key);
		return r < 0 ? r : 1;
	}
	return builder_fault(dpkg->b, "'%s': line %zu: package '%s' has the versions %s and %s",
			     stanza->file, stanza->line, key, dpkg->versions[number],
			     stanza->value[VERSION]);
}

static int check_stanza(struct dpkg *dpkg, const struct stanza *stanza)
{
	static const char *const more[FIELD_COUNT] = {
		[PACKAGE] = "+.-_", [VERSION] = "+.-~:", [ARCHITECTURE] = "-"
	};

	for (size_t i = 0; i < FIELD_COUNT; i++) {
		if (!more[i])
			continue;
		if (!stanza->value[i])
			return builder_fault(dpkg->b,
					     "'%s': line %zu: package without '%s', skipping",
					     stanza->file, stanza->line, field_names[i]);
		if (!is_plain(stanza->value[i], more[i]))
			return builder_fault(dpkg->b, "'%s': line %zu: '%.128s' is no %s, skipping",
					     stanza->file, stanza->line, stanza->value[i],
					     field_names[i]);
	}
	return 1;
}

static const char *namespace_of(const struct builder *b)
{
	return b->inv->os_id ? b->inv->os_id : "debian";
}

static int take_stanza(struct dpkg *dpkg, struct stanza *stanza)
{
	struct builder *b = dpkg->b;
	char **value = stanza->value;
	struct draft draft = { .by_system = true };
	uint32_t number;
	int r;

	if (!stanza->any || (value[STATUS] && !is_present(value[STATUS])))
		return 0;
	r = check_stanza(dpkg, stanza);
	if (r <= 0)
		return r;
	r = is_repeated(dpkg, stanza);
	if (r)
		return r < 0 ? r : 0;
	draft.package = (struct package){ .type = "deb",
					  .name = value[PACKAGE],
					  .version = value[VERSION],
					  .arch = value[ARCHITECTURE],
					  .location = stanza->file };
	r = take_source(dpkg, &draft.package, value[SOURCE]);
	if (r >= 0)
		r = builder_purl(b, &draft.package, namespace_of(b));
	if (r >= 0)
		r = take_depends(dpkg, &draft, value[PRE_DEPENDS]);
	if (r >= 0)
		r = take_depends(dpkg, &draft, value[DEPENDS]);
	if (r >= 0)
		r = builder_add(b, &draft, &number);
	if (r < 0 || number == ENTRY_NONE)
		return r;
	r = builder_offer(b, arena_printf(b->scratch, "deb:%s", draft.package.name), number);
	if (r < 0)
		return r;
	return strcmp(stanza->file, DPKG "status") ? read_md5sums(dpkg, number, stanza->file)
						   : read_list(dpkg, number);
}

/* One line of a paragraph; what continues a field is of no interest but in Depends, which dpkg writes on one line. */
static int take_line(struct dpkg *dpkg, struct stanza *stanza, const char *line, size_t len)
{
	const char *colon;

	stanza->any = true;
	if (*line == ' ' || *line == '\t')
		return 0;
	colon = memchr(line, ':', len);
	if (!colon)
		return -EBADMSG;
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		const char *at = colon + 1, *end = line + len;

		if ((size_t)(colon - line) != strlen(field_names[i]) ||
		    strncasecmp(line, field_names[i], (size_t)(colon - line)))
			continue;
		while (at < end && (*at == ' ' || *at == '\t'))
			at++;
		while (end > at && (end[-1] == ' ' || end[-1] == '\t'))
			end--;
		stanza->value[i] = arena_strndup(dpkg->b->inv->arena, at, (size_t)(end - at));
		return stanza->value[i] ? 0 : -ENOMEM;
	}
	return 0;
}

static int read_line(struct dpkg *dpkg, struct stanza *stanza, const struct lines *lines,
		     const char *line, size_t len)
{
	int r;

	if (len > LINE_BYTES_MAX)
		return builder_fault(dpkg->b, "'%s': line %zu has %zu bytes, at most %u: skipping",
				     stanza->file, lines->number, len, LINE_BYTES_MAX);
	if (memchr(line, '\0', len))
		return builder_fault(dpkg->b, "'%s': line %zu contains a NUL, skipping",
				     stanza->file, lines->number);
	r = take_line(dpkg, stanza, line, len);
	if (r == -EBADMSG)
		return builder_fault(dpkg->b, "'%s': line %zu is no field, skipping", stanza->file,
				     lines->number);
	return r;
}

static int read_status(struct dpkg *dpkg, const char *path)
{
	struct stanza stanza = { .file = path };
	struct lines lines;
	const char *line;
	char *text;
	size_t len;
	int r;

	r = builder_read(dpkg->b, path, ROOTFS_READ_MAX, &text, &len);
	if (r < 0 || !text)
		return r;
	dpkg->b->has_database = true;
	if (len && text[len - 1] != '\n') {
		r = builder_fault(dpkg->b, "'%s' ends within a line", path);
		if (r < 0)
			return r;
	}
	lines = (struct lines){ text, text + len, 0 };
	while (r >= 0 && lines_next(&lines, &line, &len)) {
		if (len) {
			if (!stanza.any)
				stanza.line = lines.number;
			r = read_line(dpkg, &stanza, &lines, line, len);
			continue;
		}
		r = take_stanza(dpkg, &stanza);
		stanza = (struct stanza){ .file = path };
	}
	return r < 0 ? r : take_stanza(dpkg, &stanza);
}

/* dpkg writes what it changes there first, and into its status when it has finished. */
static int check_updates(struct builder *b)
{
	const char *canonical, *path;
	size_t len;
	uint32_t at;
	int r = builder_canonical(b, DPKG "updates", &canonical);

	if (r < 0 || !canonical)
		return r;
	len = strlen(canonical);
	at = builder_find(b, canonical, len);
	if (at == ENTRY_NONE || ++at >= b->entry_count)
		return 0;
	path = b->entries[at].path;
	if (strncmp(path, canonical, len) || path[len] != '/')
		return 0;
	return builder_fault(b, "'%s' is an update that dpkg has not finished", path);
}

static int read_all(struct dpkg *dpkg)
{
	struct builder *b = dpkg->b;
	const char *directory = DPKG "status.d", *canonical;
	size_t len;
	uint32_t at;
	int r;

	r = read_diversions(dpkg);
	if (r >= 0)
		r = check_updates(b);
	if (r >= 0)
		r = read_status(dpkg, DPKG "status");
	if (r >= 0)
		r = builder_canonical(b, directory, &canonical);
	if (r < 0 || !canonical)
		return r;
	len = strlen(canonical);
	at = builder_find(b, canonical, len);
	for (at = at == ENTRY_NONE ? (uint32_t)b->entry_count : at + 1;
	     at < b->entry_count && r >= 0; at++) {
		const char *path = b->entries[at].path;
		size_t n = strlen(path);

		if (strncmp(path, canonical, len) || path[len] != '/')
			break;
		if (!S_ISDIR(b->entries[at].mode) && (n < 8 || strcmp(path + n - 8, ".md5sums")) &&
		    !strchr(path + len + 1, '/'))
			r = read_status(dpkg, path);
	}
	return r;
}

int inventory_read_dpkg(struct builder *b)
{
	_cleanup_(dpkg_done) struct dpkg dpkg = { .b = b };
	const char *there;
	int r;

	r = read_all(&dpkg);
	if (r < 0 || b->has_database)
		return r;
	r = builder_canonical(b, "/var/lib/dpkg", &there);
	if (r < 0 || !there)
		return r;
	return builder_fault(b, "'/var/lib/dpkg' is there but holds no status: its packages are "
				"not known");
}
