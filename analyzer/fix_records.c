// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fix_records.c — OSV records with our part in database_specific, read within limits. */
#include "analyzer/fix_records.h"

#include "include/array.h"

#include "analyzer/json.h"

#define TARGETS_MAX 20000

struct reader {
	struct fix_records *records;
	struct fix_record *record;
	struct err *err;
};

void fix_records_done(struct fix_records *records)
{
	arena_free(records->arena);
	free(records->items);
	*records = (struct fix_records){};
}

static int copy(struct reader *in, const char *text, const char **ret)
{
	*ret = arena_strdup(in->records->arena, text);
	return *ret ? 0 : err_oom(in->err);
}

static int add_reason(struct reader *in, const char *why)
{
	struct fix_record *record = in->record;

	if (record->partial && strstr(record->partial, why))
		return 0;
	record->partial = record->partial
			      ? arena_printf(in->records->arena, "%s; %s", record->partial, why)
			      : arena_strdup(in->records->arena, why);
	return record->partial ? 0 : err_oom(in->err);
}

/* What the fix adds is at fault for nothing, and what is gone from the final tree is in no file made of it. */
static int read_target(struct reader *in, const cJSON *function)
{
	struct fix_target *to = &in->record->targets[in->record->target_count];
	const char *file = json_string(function, "file"), *name = json_string(function, "name");
	const char *change = json_string(function, "change"), *now = json_string(function, "now");
	const char *alias = json_string(function, "alias");
	int r;

	if (!file || !*file || !name || !*name || !change)
		return err_set(in->err, EBADMSG, "a function without file, name or change");
	if (!strcmp(change, "added"))
		return 0;
	if (json_bool(function, "gone", false)) {
		in->record->confined = false;
		return add_reason(in, "a function that the fix touched is not in the final tree");
	}
	r = copy(in, file, &to->file);
	if (r == 0)
		r = copy(in, now ? now : name, &to->name);
	if (r == 0 && alias)
		r = copy(in, alias, &to->alias);
	if (r < 0)
		return r;
	to->macro = json_bool(function, "macro", false);
	in->record->target_count++;
	return 0;
}

static int compare_targets(const void *a, const void *b)
{
	const struct fix_target *x = a, *y = b;
	int r = strcmp(x->file, y->file);

	return r ? r : strcmp(x->name, y->name);
}

static void unite_targets(struct fix_record *record)
{
	size_t n = 0;

	array_sort(record->targets, record->target_count, sizeof(*record->targets),
		   compare_targets);
	for (size_t i = 0; i < record->target_count; i++)
		if (!n || compare_targets(&record->targets[n - 1], &record->targets[i]))
			record->targets[n++] = record->targets[i];
	record->target_count = n;
}

static int count_functions(const cJSON *patches)
{
	const cJSON *patch;
	int n = 0;

	cJSON_ArrayForEach(patch, patches) n += cJSON_GetArraySize(json_array(patch, "functions"));
	return n;
}

static int read_patches(struct reader *in, const cJSON *patches)
{
	struct fix_record *record = in->record;
	int n = count_functions(patches), r = 0;
	const cJSON *patch, *function;

	if (n > TARGETS_MAX)
		return err_set(in->err, EFBIG, "more than %d functions", TARGETS_MAX);
	record->targets =
	    arena_alloc(in->records->arena, ((size_t)n + 1) * sizeof(*record->targets));
	record->patches =
	    arena_alloc(in->records->arena,
			((size_t)cJSON_GetArraySize(patches) + 1) * sizeof(*record->patches));
	if (!record->targets || !record->patches)
		return err_oom(in->err);
	cJSON_ArrayForEach(patch, patches)
	{
		struct fix_patch_name *to = &record->patches[record->patch_count++];
		const char *name = json_string(patch, "name"), *sha = json_string(patch, "sha256");

		if (!name || !sha)
			return err_set(in->err, EBADMSG, "a patch without name or sha256");
		r = copy(in, name, &to->name);
		if (r == 0)
			r = copy(in, sha, &to->sha256);
		cJSON_ArrayForEach(function, json_array(patch, "functions"))
		{
			if (r == 0)
				r = read_target(in, function);
		}
		if (r < 0)
			return r;
	}
	unite_targets(record);
	return 0;
}

/* The files in which a patch changes more than functions. An older record does not name them. */
static int read_outside(struct reader *in, const cJSON *patches)
{
	struct fix_record *record = in->record;
	const cJSON *patch, *file;
	size_t n = 0;
	int r = 0;

	cJSON_ArrayForEach(patch, patches) n +=
	    (size_t)cJSON_GetArraySize(json_array(patch, "files_outside"));
	if (n > TARGETS_MAX)
		return err_set(in->err, EFBIG, "more than %d files", TARGETS_MAX);
	record->outside = arena_alloc(in->records->arena, (n + 1) * sizeof(*record->outside));
	if (!record->outside)
		return err_oom(in->err);
	cJSON_ArrayForEach(patch, patches)
	{
		const cJSON *files = json_array(patch, "files_outside");

		if (json_get(patch, "changes_outside") && !cJSON_GetArraySize(files) &&
		    json_get(patch, "changes_outside")->valuedouble != 0)
			record->confined = false;
		cJSON_ArrayForEach(file, files)
		{
			if (!cJSON_IsString(file) || !*file->valuestring)
				return err_set(in->err, EBADMSG,
					       "'files_outside' has an item that is no text");
			r = copy(in, file->valuestring, &record->outside[record->outside_count++]);
			if (r < 0)
				return r;
		}
	}
	return r;
}

static int read_affected(struct fix_records *records, const char *id, const cJSON *affected,
			 struct err *err)
{
	const cJSON *own = json_object(json_object(affected, "database_specific"), "vexxy");
	const char *package = json_string(json_object(affected, "package"), "name");
	struct fix_record record = {};
	struct reader in = { records, &record, err };
	struct fix_record *slot;
	int r;

	if (!own)
		return 0;
	if (!package)
		return err_set(err, EBADMSG, "'package' without name");
	r = copy(&in, id, &record.cve);
	if (r == 0)
		r = copy(&in, package, &record.package);
	if (r == 0 && json_string(own, "partial"))
		r = add_reason(&in, json_string(own, "partial"));
	record.confined = json_bool(own, "confined", false);
	if (r == 0)
		r = read_outside(&in, json_array(own, "patches"));
	if (r == 0)
		r = read_patches(&in, json_array(own, "patches"));
	if (r < 0)
		return r;
	if (records->count >= FIX_RECORDS_MAX)
		return err_set(err, EFBIG, "more than %u records", FIX_RECORDS_MAX);
	slot = array_add(records->items, records->count, records->capacity);
	if (!slot)
		return err_oom(err);
	*slot = record;
	return 0;
}

static int read_line(struct fix_records *records, const char *text, size_t len, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *obj = NULL;
	int r = json_parse(&obj, text, len, err);
	const char *id = r == 0 ? json_string(obj, "id") : NULL;
	const cJSON *affected;

	if (r == 0 && !id)
		r = err_set(err, EBADMSG, "a record without 'id'");
	if (r < 0)
		return r;
	cJSON_ArrayForEach(affected, json_array(obj, "affected"))
	{
		if (r == 0)
			r = read_affected(records, id, affected, err);
	}
	return r;
}

static int compare_records(const void *a, const void *b)
{
	const struct fix_record *x = a, *y = b;
	int r = strcmp(x->package, y->package);

	return r ? r : strcmp(x->cve, y->cve);
}

int fix_records_parse(struct fix_records *ret, const char *text, size_t len, struct err *err)
{
	_cleanup_(fix_records_done) struct fix_records records = { .arena = arena_new() };
	size_t line = 1;
	int r;

	if (!records.arena)
		return err_oom(err);
	for (const char *end = text + len; text < end; line++) {
		const char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t n = stop ? (size_t)(stop - text) : (size_t)(end - text);

		r = n ? read_line(&records, text, n, err) : 0;
		if (r < 0)
			return err_prefix(err, r, "line %zu", line);
		text += n + (stop != NULL);
	}
	array_sort(records.items, records.count, sizeof(*records.items), compare_records);
	for (size_t i = 1; i < records.count; i++)
		if (!compare_records(&records.items[i - 1], &records.items[i]))
			return err_set(err, EBADMSG, "two records on %s in '%s'",
				       records.items[i].cve, records.items[i].package);
	*ret = records;
	records = (struct fix_records){};
	return 0;
}

int fix_records_load(struct fix_records *ret, const char *path, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = file_read(&text, &len, path, FIX_RECORDS_BYTES_MAX, err);

	if (r < 0)
		return r;
	r = fix_records_parse(ret, text, len, err);
	return r < 0 ? err_prefix(err, r, "advisories '%s'", path) : 0;
}
