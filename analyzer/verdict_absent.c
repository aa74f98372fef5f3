// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* verdict_absent.c — R1: when a package is surely not in the image, and when its code may be there under another name. */
#include <ctype.h>

#include "analyzer/nature.h"
#include "analyzer/verdict_judge.h"

#define STEM_MAX 128
#define STEM_MIN 3

/* What the names of a package and of its files have in common, mostly: "libssl3t64" → "ssl", "python3-foo" → "foo". */
static void stem_of(char ret[STEM_MAX], const char *name)
{
	size_t len = 0;

	if (!strncasecmp(name, "python3-", 8))
		name += 8;
	if (!strncasecmp(name, "lib", 3))
		name += 3;
	for (; *name && len + 1 < STEM_MAX; name++)
		ret[len++] = (char)tolower((unsigned char)*name);
	ret[len] = '\0';
	if (len > 3 && !strcmp(ret + len - 3, "t64"))
		ret[len -= 3] = '\0';
	while (len > STEM_MIN && strchr("0123456789.-+", ret[len - 1]))
		ret[--len] = '\0';
}

static bool names_it(const char *name, const char *stem)
{
	return strlen(stem) < STEM_MIN || strcasestr(name, stem);
}

/* Code that could hold a copy of anything: machine code and archives. Of scripts the name is asked. */
static bool is_opaque_code(const struct inventory_file *file)
{
	if (file->kind == FILE_ELF)
		return true;
	return file->kind == FILE_REGULAR && nature_of(file) == NATURE_CODE;
}

static const char *unowned_code(const struct inventory *inv)
{
	for (size_t i = 0; i < inv->file_count; i++)
		if (!inv->files[i].owner_count && is_opaque_code(&inv->files[i]))
			return inv->files[i].path;
	return NULL;
}

/* A script of nobody's that bears the name. */
static const char *namesake_script(const struct inventory *inv, const char *name)
{
	char stem[STEM_MAX];

	stem_of(stem, name);
	for (size_t i = 0; i < inv->file_count; i++)
		if (!inv->files[i].owner_count && inv->files[i].kind == FILE_SCRIPT &&
		    names_it(path_name(inv->files[i].path), stem))
			return inv->files[i].path;
	return NULL;
}

/* Another package of the image that may be the same thing: of that source, or of a name with the same stem. */
static const char *relative(const struct inventory *inv, const struct package *self,
			    const char *name)
{
	char stem[STEM_MAX];

	stem_of(stem, name);
	for (size_t i = 0; i < inv->package_count; i++) {
		const struct package *p = &inv->packages[i];

		if (p == self || p->only_in_sbom)
			continue;
		if ((p->source && !strcmp(p->source, name)) || names_it(p->name, stem))
			return p->name;
	}
	return NULL;
}

/* Has the database that would list a package of that type been read? */
static bool has_database(const struct inventory *inv, const char *type)
{
	if (!type || (strcmp(type, "deb") && strcmp(type, "apk")))
		return false; /* of other ecosystems there are copies that no database lists */
	for (size_t i = 0; i < inv->package_count; i++)
		if (!inv->packages[i].only_in_sbom && !strcmp(inv->packages[i].type, type))
			return true;
	return false;
}

static const char *type_of(struct judge *j, const struct finding *f, const struct package *p)
{
	const char *purl = f->report_purl;

	if (p)
		return p->type;
	if (!purl || strncmp(purl, "pkg:", 4) || !strchr(purl, '/'))
		return NULL;
	return arena_strndup(j->arena, purl + 4, strcspn(purl + 4, "/"));
}

bool judge_is_absent(struct judge *j, const struct finding *finding, const struct package *package,
		     const char **why)
{
	const struct inventory *inv = j->inv;
	const char *name = package ? package->name : finding->package_name, *other;

	if (inv->incomplete)
		*why = "not every package database of the image could be read";
	else if (!has_database(inv, type_of(j, finding, package)))
		*why = "no package database of the image would list it, were it there";
	else if (package && !package->only_in_sbom && !package->files_known)
		*why = "the list of its files is not known";
	else if (!name)
		*why = "the report names no package";
	else if ((other = relative(inv, package, name)))
		*why = arena_printf(j->arena, "the image has a package that may be the same: %s",
				    other);
	else if ((other = unowned_code(inv)))
		*why = arena_printf(j->arena, "code that no package owns may hold a copy of it: %s",
				    other);
	else if ((other = namesake_script(inv, name)))
		*why = arena_printf(j->arena, "a script that no package owns bears its name: %s",
				    other);
	else
		return true;
	if (!*why)
		*why = "its absence is not sure";
	return false;
}

static bool is_system_path(const char *path)
{
	static const char *const places[] = { "/usr/bin/",     "/usr/sbin/", "/usr/lib",
					      "/usr/libexec/", "/bin/",      "/sbin/",
					      "/lib" };

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (!strncmp(path, places[i], strlen(places[i])))
			return true;
	return false;
}

static bool has_code(const struct judge *j, const struct package *package)
{
	for (size_t i = 0; i < package->file_count; i++)
		if (nature_of(&j->inv->files[package->files[i]]) != NATURE_DATA)
			return true;
	return false;
}

/* Was it used, or could it be? */
static bool is_live(const struct judge *j, size_t file)
{
	return j->usage->files[file].class == USE_CLASS_CODE || closure_reaches(j->closure, file);
}

const char *judge_moved_file(const struct judge *j, const struct package *package)
{
	bool any = !has_code(j, package);
	char stem[STEM_MAX], source[STEM_MAX];

	if (!package->missing_count)
		return NULL;
	stem_of(stem, package->name);
	stem_of(source, package->source ? package->source : package->name);
	for (size_t i = 0; i < j->inv->file_count; i++) {
		const struct inventory_file *f = &j->inv->files[i];
		const char *name = path_name(f->path);

		if (f->owner_count || !is_live(j, i))
			continue;
		if (any || is_system_path(f->path) || names_it(name, stem) ||
		    names_it(name, source))
			return f->path;
	}
	return NULL;
}

static const char *object_name(const struct inventory_file *file)
{
	return file->elf && file->elf->soname ? file->elf->soname : path_name(file->path);
}

/* Builds that are known to differ are no copies; equal ones are known as copies already (usage.h). */
static bool may_be_copy(const struct inventory_file *a, const struct inventory_file *b)
{
	if (a->kind != FILE_ELF || b->kind != FILE_ELF ||
	    (a->elf && b->elf && a->elf->build_id && b->elf->build_id))
		return false;
	return !strcmp(object_name(a), object_name(b)) ||
	       !strcmp(path_name(a->path), path_name(b->path));
}

const char *judge_copied_file(const struct judge *j, const struct package *package)
{
	for (size_t i = 0; i < j->inv->file_count; i++) {
		const struct inventory_file *f = &j->inv->files[i];

		if (f->owner_count || f->kind != FILE_ELF || !is_live(j, i))
			continue;
		for (size_t k = 0; k < package->file_count; k++)
			if (may_be_copy(f, &j->inv->files[package->files[k]]))
				return f->path;
	}
	return NULL;
}
