// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* advisory.c — fixes as OSV records that name functions. */
#include "analyzer/advisory.h"

#include <string.h>

#include "analyzer/json.h"
#include "analyzer/json_writer.h"
#include "analyzer/string_set.h"

#define SCHEMA_VERSION "1.6.0"
#define METHOD                                                                              \
	"patches applied in their order; changed lines to functions by the line ranges of " \
	"universal-ctags, before and after"
#define NAMES_SHOWN 3u

/* The patches of one CVE, and what is said of them together. */
struct record {
	const char *cve;
	const struct debian_patch **patches;
	size_t count;
	struct arena *arena;
	const char *partial;
	struct string_set shared;
	size_t symbols;
	bool
	    scattered; /* what is not in functions may be anywhere, not only in files that are named */
	bool failed;
};

static void record_done(struct record *record)
{
	free(record->patches);
	string_set_done(&record->shared);
	arena_free(record->arena);
}

static bool names(const char *const *ids, size_t n, const char *id)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(ids[i], id))
			return true;
	return false;
}

bool advisory_is_symbol(const struct fix_function *function)
{
	return function->change != FIX_ADDED && !function->macro;
}

_printf_(2, 3) static void add_partial(struct record *record, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	record->partial = record->partial
			      ? arena_printf(record->arena, "%s; %s", record->partial, text)
			      : arena_strdup(record->arena, text);
	record->failed |= !record->partial;
}

static void weigh_functions(struct record *record, const struct fix *fix)
{
	for (size_t i = 0; i < fix->function_count; i++) {
		const struct fix_function *f = &fix->functions[i];

		record->symbols += advisory_is_symbol(f);
		record->scattered |= f->change != FIX_ADDED && (f->macro || f->alias || f->gone);
		if (f->macro && f->change != FIX_ADDED)
			add_partial(record, "'%.100s' in %.200s is a macro that makes functions",
				    f->name, f->file);
		else if (f->alias && f->change != FIX_ADDED)
			add_partial(record, "'%.100s' in %.200s may be compiled as '%.100s'",
				    f->name, f->file, f->alias);
	}
}

static void weigh_files(struct record *record, const struct fix *fix)
{
	char text[400] = "";
	size_t len = 0;

	for (size_t i = 0; i < fix->other_count && i < NAMES_SHOWN && len < sizeof(text); i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%.120s", i ? ", " : "",
					fix->others[i]);
	if (fix->other_count)
		add_partial(record, "changed files that are no C or C++: %s%s", text,
			    fix->other_count > NAMES_SHOWN ? ", …" : "");
}

static void weigh_patch(struct record *record, const struct debian_patch *patch)
{
	const struct fix *fix = patch->fix;

	record->scattered |= fix->fuzz || fix->other_count;
	if (fix->outside)
		add_partial(record, "%zu of %zu changes are outside of any function", fix->outside,
			    fix->changes);
	if (fix->fuzz)
		add_partial(record, "%.200s applies only with fuzz: it was made for other sources",
			    patch->name);
	weigh_files(record, fix);
	weigh_functions(record, fix);
	for (size_t i = 0; i < patch->cve_count; i++)
		if (strcmp(patch->cves[i], record->cve) != 0)
			record->failed |= string_set_add(&record->shared, patch->cves[i],
							 strlen(patch->cves[i]), NULL) < 0;
}

static void weigh(struct record *record, const struct debian_patch *patches, size_t n)
{
	for (size_t i = 0; i < record->count; i++)
		weigh_patch(record, record->patches[i]);
	if (record->shared.count)
		add_partial(record, "a patch is of several CVEs together");
	for (size_t i = 0; i < n; i++)
		if (names(patches[i].mentions, patches[i].mention_count, record->cve)) {
			add_partial(record, "the description of %.200s names it too",
				    patches[i].name);
			record->scattered = true;
		}
	if (!record->symbols)
		add_partial(record, "the fix changes no function that was there before");
}

static void put_symbols(struct json_writer *w, cJSON *import, const struct fix *fix,
			struct record *record)
{
	_cleanup_(string_set_donep) struct string_set set = {};
	cJSON *array = json_put_array(w, import, "symbols");
	const char **sorted = NULL;
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; i < fix->function_count && r == 0; i++) {
		const struct fix_function *f = &fix->functions[i];

		if (!advisory_is_symbol(f))
			continue;
		r = string_set_add(&set, f->name, strlen(f->name), NULL);
		if (r == 0 && f->now)
			r = string_set_add(&set, f->now, strlen(f->now), NULL);
	}
	if (r == 0)
		r = string_set_sorted(&set, record->arena, &sorted, &n);
	w->failed |= r < 0;
	for (size_t i = 0; i < n; i++)
		json_push_text(w, array, sorted[i]);
}

static void put_imports(struct json_writer *w, cJSON *entry, const struct advisory_subject *s,
			struct record *record)
{
	cJSON *imports, *import;

	if (!record->symbols)
		return;
	imports = json_put_array(w, json_put_object(w, entry, "ecosystem_specific"), "imports");
	for (size_t i = 0; i < record->count; i++) {
		const struct fix *fix = record->patches[i]->fix;
		bool any = false;

		for (size_t k = 0; k < fix->function_count; k++)
			any |= advisory_is_symbol(&fix->functions[k]);
		if (!any)
			continue;
		import = json_push_object(w, imports);
		json_put_text(w, import, "path", s->path);
		put_symbols(w, import, fix, record);
		json_put_text(w, import, "source", record->patches[i]->name);
	}
}

static void put_function(struct json_writer *w, cJSON *array, const struct fix_function *f)
{
	static const char *const changes[] = {
		[FIX_MODIFIED] = "modified", [FIX_ADDED] = "added", [FIX_REMOVED] = "removed"
	};
	cJSON *item = json_push_object(w, array);

	json_put_text(w, item, "file", f->file);
	json_put_text(w, item, "name", f->name);
	json_put_text(w, item, "change", changes[f->change]);
	json_put_optional(w, item, "now", f->now);
	if (f->gone)
		json_put_bool(w, item, "gone", true);
	if (f->macro)
		json_put_bool(w, item, "macro", true);
	json_put_optional(w, item, "alias", f->alias);
}

static void put_patch(struct json_writer *w, cJSON *array, const struct debian_patch *patch)
{
	const struct fix *fix = patch->fix;
	cJSON *item = json_push_object(w, array), *functions;

	json_put_text(w, item, "name", patch->name);
	json_put_text(w, item, "sha256", fix->sha256);
	json_put_text(w, item, "cve_in", patch->by_name ? "filename" : "description");
	json_put_u64(w, item, "changes", fix->changes);
	json_put_u64(w, item, "changes_outside", fix->outside);
	if (fix->outside_file_count)
		json_put_texts(w, item, "files_outside", fix->outside_files,
			       fix->outside_file_count);
	if (fix->fuzz)
		json_put_u64(w, item, "fuzz", fix->fuzz);
	if (fix->other_count)
		json_put_texts(w, item, "files_not_c", fix->others, fix->other_count);
	if (fix->idle_count)
		json_put_texts(w, item, "files_idle", fix->idle, fix->idle_count);
	functions = json_put_array(w, item, "functions");
	for (size_t i = 0; i < fix->function_count; i++)
		put_function(w, functions, &fix->functions[i]);
}

static void put_own(struct json_writer *w, cJSON *entry, const struct advisory_subject *s,
		    struct record *record)
{
	cJSON *own = json_put_object(w, json_put_object(w, entry, "database_specific"), "vexxy");
	const char **shared = NULL;
	size_t n = 0;
	cJSON *patches;

	json_put_optional(w, own, "source_version", s->source_version);
	json_put_optional(w, own, "fixed_by", s->fixed_by);
	while (s->named_in && s->named_in[n])
		n++;
	if (n)
		json_put_texts(w, own, "named_in", s->named_in, n);
	json_put_optional(w, own, "dsc", s->dsc);
	json_put_optional(w, own, "dsc_sha256", s->dsc_sha256);
	json_put_text(w, own, "method", METHOD);
	json_put_bool(w, own, "decidable", record->symbols > 0);
	json_put_optional(w, own, "partial", record->partial);
	if (record->partial && record->symbols && !record->scattered)
		json_put_bool(w, own, "confined", true);
	w->failed |= string_set_sorted(&record->shared, record->arena, &shared, &n) < 0;
	if (record->shared.count)
		json_put_bool(w, own, "shared", true);
	if (record->shared.count)
		json_put_texts(w, own, "shared_with", shared, record->shared.count);
	patches = json_put_array(w, own, "patches");
	for (size_t i = 0; i < record->count; i++)
		put_patch(w, patches, record->patches[i]);
}

static void put_entry(struct json_writer *w, cJSON *doc, const struct advisory_subject *s,
		      struct record *record)
{
	cJSON *entry = json_push_object(w, json_put_array(w, doc, "affected"));
	cJSON *package = json_put_object(w, entry, "package");
	cJSON *range = json_push_object(w, json_put_array(w, entry, "ranges"));
	cJSON *events;

	json_put_text(w, package, "ecosystem", s->ecosystem);
	json_put_text(w, package, "name", s->package);
	json_put_text(w, range, "type", "ECOSYSTEM");
	events = json_put_array(w, range, "events");
	json_put_text(w, json_push_object(w, events), "introduced", "0");
	if (s->fixed)
		json_put_text(w, json_push_object(w, events), "fixed", s->fixed);
	put_imports(w, entry, s, record);
	put_own(w, entry, s, record);
}

cJSON *advisory_record(const struct advisory_subject *subject, const char *cve,
		       const struct debian_patch *patches, size_t n, struct err *err)
{
	_cleanup_(record_done) struct record record = {
		.cve = cve,
		.patches = calloc(n + 1, sizeof(*record.patches)),
		.arena = arena_new(),
	};
	_cleanup_(cJSON_Deletep) cJSON *doc = cJSON_CreateObject();
	struct json_writer w = {};

	if (record.patches && record.arena) {
		record.shared.arena = record.arena;
		for (size_t i = 0; i < n; i++)
			if (names(patches[i].cves, patches[i].cve_count, cve))
				record.patches[record.count++] = &patches[i];
		weigh(&record, patches, n);
		json_put_text(&w, doc, "schema_version", SCHEMA_VERSION);
		json_put_text(&w, doc, "id", cve);
		json_put_text(&w, doc, "modified", subject->modified);
		put_entry(&w, doc, subject, &record);
	}
	if (!record.patches || !record.arena || w.failed || record.failed) {
		err_oom(err);
		return NULL;
	}
	return take_ptr(doc);
}
