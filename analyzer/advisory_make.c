// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* advisory_make.c — OSV records with functions, made from a patch or from source packages. */
#include "analyzer/advisory_make.h"

#include <string.h>
#include <limits.h>

#include "analyzer/cve_ids.h"
#include "analyzer/debian_release.h"
#include "analyzer/file.h"
#include "analyzer/json.h"
#include "analyzer/rfc3339.h"
#include "analyzer/scratch.h"
#include "include/array.h"

#define ANYWHERE "*"

void advisories_done(struct advisories *advisories)
{
	for (size_t i = 0; i < advisories->count; i++) {
		free(advisories->lines[i].id);
		free(advisories->lines[i].package);
		free(advisories->lines[i].text);
	}
	for (size_t i = 0; i < advisories->count_count; i++) {
		free(advisories->counts[i].package);
		free(advisories->counts[i].version);
	}
	free(advisories->lines);
	free(advisories->counts);
	*advisories = (struct advisories){};
}

static int add_line(struct advisories *to, const struct advisory_subject *subject, const char *cve,
		    const struct debian_patch *patches, size_t n, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *record = advisory_record(subject, cve, patches, n, err);
	struct advisory_line *line;

	if (!record)
		return -ENOMEM;
	line = array_add(to->lines, to->count, to->capacity);
	if (!line)
		return err_oom(err);
	line->id = strdup(cve);
	line->package = strdup(subject->package);
	line->text = json_print_line(record);
	return line->id && line->package && line->text ? 0 : err_oom(err);
}

static bool is_decidable(const struct debian_fixes *fixes, const char *cve)
{
	for (size_t i = 0; i < fixes->patch_count; i++) {
		const struct debian_patch *p = &fixes->patches[i];

		for (size_t c = 0; c < p->cve_count; c++)
			for (size_t k = 0; k < p->fix->function_count; k++)
				if (!strcmp(p->cves[c], cve) &&
				    advisory_is_symbol(&p->fix->functions[k]))
					return true;
	}
	return false;
}

/* The version that has the fix: this one has it for certain. The changelog may name the CVE in an older one; of several the
 * newest counts, because a fix that was mended later was none. */
static int date_fix(struct advisory_subject *subject, const struct debian_fixes *fixes,
		    const char *cve, struct err *err)
{
	if (changelog_versions_with(&fixes->changelog, cve, fixes->arena, &subject->named_in) < 0)
		return err_oom(err);
	subject->fixed = subject->named_in ? subject->named_in[0] : subject->source_version;
	subject->fixed_by = subject->named_in ? "changelog" : "version";
	return 0;
}

static int add_cves(struct advisories *to, struct advisory_subject *subject,
		    const struct debian_fixes *fixes, struct err *err)
{
	_cleanup_(string_set_donep) struct string_set ids = {};
	struct advisory_count *count = array_add(to->counts, to->count_count, to->count_capacity);
	int r = 0;

	if (!count || !(count->package = strdup(subject->package)) ||
	    !(count->version = strdup(subject->source_version)))
		return err_oom(err);
	count->patches = fixes->series_count;
	count->of_cves = fixes->patch_count;
	for (size_t i = 0; i < fixes->patch_count; i++)
		for (size_t k = 0; k < fixes->patches[i].cve_count; k++)
			if (string_set_add(&ids, fixes->patches[i].cves[k],
					   strlen(fixes->patches[i].cves[k]), NULL) < 0)
				return err_oom(err);
	count->cves = ids.count;
	for (size_t i = 0; i < ids.count && r == 0; i++) {
		count->decidable += is_decidable(fixes, ids.items[i]);
		r = date_fix(subject, fixes, ids.items[i], err);
		if (r == 0)
			r = add_line(to, subject, ids.items[i], fixes->patches, fixes->patch_count,
				     err);
	}
	return r;
}

/* The release, the date and the version are the changelog's. */
static int add_fixes(struct advisories *to, const struct dsc *dsc, const char *dsc_name,
		     const char *dsc_sha256, const char *ecosystem,
		     const struct debian_fixes *fixes, struct err *err)
{
	const struct changelog_entry *top = &fixes->changelog.entries[0];
	char modified[RFC3339_BYTES];
	struct advisory_subject subject = {
		.ecosystem = ecosystem ? ecosystem : debian_release_of(top),
		.package = dsc->source,
		.path = ANYWHERE,
		.source_version = dsc->version,
		.dsc = dsc_name,
		.dsc_sha256 = dsc_sha256,
		.modified = modified,
	};

	if (!subject.ecosystem)
		return err_set(err, EINVAL,
			       "its changelog does not tell for which release of Debian it is: say "
			       "--release Debian:12, or which it is");
	if (strcmp(top->version, dsc->version) != 0)
		return err_set(err, EBADMSG, "is version %.64s, its changelog says %.64s",
			       dsc->version, top->version);
	if (rfc3339_format(modified, top->date) < 0)
		return err_set(err, EBADMSG, "its changelog has a date that cannot be written");
	return add_cves(to, &subject, fixes, err);
}

/* Unpacks into `dir`, reads and replays. */
static int read_package(struct debian_fixes **ret, const struct dsc *dsc, const char *from,
			const char *dir, struct err *err)
{
	_cleanup_free_ char *diff = NULL;
	const char *diff_name = NULL;
	char path[PATH_MAX];
	size_t len = 0;
	int r = dsc_unpack(dsc, from, dir, &diff_name, err);

	if (r == 0 && diff_name) {
		snprintf(path, sizeof(path), "%s/%s", from, diff_name);
		r = file_read(&diff, &len, path, PATCH_BYTES_MAX, err);
	}
	snprintf(path, sizeof(path), "%s/source", dir);
	return r < 0 ? r : debian_fixes_read(ret, path, diff, len, err);
}

/* The package whose .dsc, with that text, lies at the path. */
static int add_dsc(struct advisories *to, const char *path, const char *text, size_t len,
		   const char *ecosystem, struct err *err)
{
	_cleanup_(debian_fixes_freep) struct debian_fixes *fixes = NULL;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	_cleanup_(scratch_done) struct scratch scratch = {};
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *from;
	char sha256[DIGEST_HEX_BYTES];
	struct dsc dsc;
	int r;

	from = !arena ? NULL : slash ? arena_strndup(arena, path, (size_t)(slash - path)) : ".";
	if (!from)
		return err_oom(err);
	digest_bytes(sha256, text, len);
	r = dsc_parse(&dsc, text, len, arena, err);
	if (r == 0)
		r = scratch_open(&scratch, err);
	if (r == 0)
		r = read_package(&fixes, &dsc, *from ? from : "/", scratch.dir, err);
	return r < 0 ? r : add_fixes(to, &dsc, name, sha256, ecosystem, fixes, err);
}

int advisories_add_dsc(struct advisories *advisories, const char *path, const char *ecosystem,
		       struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = file_read(&text, &len, path, DSC_BYTES_MAX, err);

	if (r < 0)
		return r;
	r = add_dsc(advisories, path, text, len, ecosystem, err);
	return r < 0 ? err_prefix(err, r, "'%.200s'", path) : 0;
}

/* What the sources tell of themselves, when they are Debian's; else it must be said. */
static int complete(struct advisory_subject *subject, struct series *series, struct arena *arena,
		    struct err *err)
{
	struct changelog changelog = {};
	const char *text;
	size_t len;
	int r = series_read(series, "debian/changelog", &text, &len, err);

	if (r == 0)
		r = changelog_parse(&changelog, text, len, arena, err);
	if (r < 0 && r != -ENOENT)
		return r;
	if (changelog.count) {
		const struct changelog_entry *top = &changelog.entries[0];

		subject->source_version = top->version;
		if (!subject->package)
			subject->package = top->source;
		if (!subject->ecosystem)
			subject->ecosystem = debian_release_of(top);
	}
	if (!subject->package)
		return err_set(err, EINVAL, "say which package it is: --package NAME");
	return subject->ecosystem
		   ? 0
		   : err_set(err, EINVAL, "say what it is released for: --release Debian:12");
}

/* `-p1` as almost all patches are made, else `-p0`. */
static int apply_patch(struct series **ret, struct debian_patch *patch, const char *dir,
		       const char *text, size_t len, struct err *err)
{
	struct series_step step = { patch->name, 1, PATCH_FUZZ_MAX, true };
	struct err other = {};
	int r = 0, first = 0;

	for (int strip = 1; strip >= 0; strip--) {
		_cleanup_(series_freep) struct series *series = NULL;

		step.strip = (unsigned)strip;
		r = series_open(&series, dir, err);
		if (r < 0)
			return r;
		r = series_apply(series, &step, text, len, &patch->fix, strip ? err : &other);
		if (r == 0)
			r = series_finish(series, strip ? err : &other);
		if (r == 0) {
			*ret = take_ptr(series);
			return 0;
		}
		first = strip ? r : first;
		if (r != -ENOENT)
			return first;
	}
	return first;
}

static int choose_cves(struct debian_patch *patch, const char *cve, const char *text, size_t len,
		       struct arena *arena, struct err *err)
{
	_cleanup_(string_set_donep) struct string_set ids = { .arena = arena };
	int r = debian_patch_cves(patch, patch->name, text, len, arena, err);

	if (r < 0)
		return r;
	if (cve) {
		if (cve_ids_find(&ids, cve, strlen(cve)) < 0)
			return err_oom(err);
		if (ids.count != 1 || strlen(ids.items[0]) != strlen(cve))
			return err_set(err, EINVAL, "--cve: '%.64s' is no CVE id", cve);
		if (string_set_sorted(&ids, arena, &patch->cves, &patch->cve_count) < 0)
			return err_oom(err);
		patch->mention_count = 0;
	}
	if (!patch->cve_count)
		return err_set(err, EINVAL,
			       "neither its name nor its description names a CVE: say --cve ID");
	return 0;
}

static int add_patch(struct advisories *to, const char *path, const char *dir,
		     const struct advisory_patch_options *options, struct err *err)
{
	_cleanup_(series_freep) struct series *series = NULL;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	_cleanup_free_ char *text = NULL;
	const char *slash = strrchr(path, '/');
	struct debian_patch patch = { .name = slash ? slash + 1 : path };
	struct advisory_subject subject = { .ecosystem = options->ecosystem,
					    .package = options->package,
					    .path = options->path ? options->path : ANYWHERE,
					    .fixed = options->fixed,
					    .fixed_by = options->fixed ? "option" : NULL,
					    .modified = options->modified };
	size_t len;
	int r = arena ? file_read(&text, &len, path, PATCH_BYTES_MAX, err) : err_oom(err);

	if (r == 0)
		r = choose_cves(&patch, options->cve, text, len, arena, err);
	if (r == 0)
		r = apply_patch(&series, &patch, dir, text, len, err);
	if (r == 0 && !patch.fix->changes && !patch.fix->other_count && !patch.fix->idle_count)
		r = err_set(err, EINVAL, "changes no file: it is no unified diff");
	if (r == 0)
		r = complete(&subject, series, arena, err);
	for (size_t i = 0; i < patch.cve_count && r == 0; i++)
		r = add_line(to, &subject, patch.cves[i], &patch, 1, err);
	return r;
}

int advisories_add_patch(struct advisories *advisories, const char *patch, const char *dir,
			 const struct advisory_patch_options *options, struct err *err)
{
	return add_patch(advisories, patch, dir, options, err);
}

static int compare_lines(const void *a, const void *b)
{
	const struct advisory_line *x = a, *y = b;
	int r = strcmp(x->id, y->id);

	r = r ? r : strcmp(x->package, y->package);
	return r ? r : strcmp(x->text, y->text);
}

int advisories_print(struct advisories *advisories, char **ret, size_t *ret_len, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return err_oom(err);
	if (advisories->count)
		array_sort(advisories->lines, advisories->count, sizeof(*advisories->lines),
			   compare_lines);
	for (size_t i = 0; i < advisories->count; i++) {
		fputs(advisories->lines[i].text, out);
		fputc('\n', out);
	}
	if (fclose(out) != 0)
		return err_oom(err);
	*ret = take_ptr(text);
	*ret_len = len;
	return 0;
}
