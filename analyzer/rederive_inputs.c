// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* rederive_inputs.c — what inputs.json says, and where the files it names lie now. */
#include "analyzer/rederive_inputs.h"

#include <dirent.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/digest.h"
#include "analyzer/json.h"
#include "analyzer/rfc3339.h"
#include "include/array.h"

#define INPUTS_MAX 100000

static bool is_role(const struct input *input, const char *role)
{
	return !strcmp(input->role, role);
}

static int read_inputs(struct record *record, struct err *err)
{
	const cJSON *array = json_array(record->doc, "inputs"), *item;
	int n = cJSON_GetArraySize(array);

	if (n < 1 || n > INPUTS_MAX)
		return err_set(err, EBADMSG, "lists no inputs, or more than %d", INPUTS_MAX);
	record->inputs = arena_alloc(record->arena, (size_t)n * sizeof(*record->inputs));
	record->found = arena_alloc(record->arena, (size_t)n * sizeof(*record->found));
	if (!record->inputs || !record->found)
		return err_oom(err);
	cJSON_ArrayForEach(item, array)
	{
		struct input *input = &record->inputs[record->count++];

		*input = (struct input){ json_string(item, "role"), json_string(item, "path"),
					 json_string(item, "sha256") };
		if (!input->role || !input->path || !input->sha256)
			return err_set(err, EBADMSG, "input %zu lacks role, path or sha256",
				       record->count);
		record->read_code |= is_role(input, "code");
	}
	return 0;
}

/* An option of a later version may decide everything. */
static int check_options(const cJSON *options, struct err *err)
{
	static const char *const known[] = {
		"policy",    "bound",     "min_units", "min_window_s", "author",
		"namespace", "container", "also",      "unexercised",  NULL
	};

	if (!options)
		return err_set(err, EBADMSG, "has no options");
	return json_only(options, known, err) < 0
		   ? err_prefix(err, -ENOTSUP, "an option of another version of vexxy")
		   : 0;
}

int record_parse(struct record *ret, const char *text, size_t len, struct arena *arena,
		 struct err *err)
{
	struct record record = { .arena = arena };
	struct timespec time;
	const char *when;
	int r = json_parse(&record.doc, text, len, err);

	if (r < 0)
		return r;
	when = json_string(record.doc, "timestamp");
	if (!json_string(record.doc, "vexxy_inputs") || !when || rfc3339_parse(&time, when) < 0)
		r = err_set(err, EBADMSG, "is no list of inputs with a time");
	if (r == 0)
		r = check_options(json_object(record.doc, "options"), err);
	if (r == 0)
		r = read_inputs(&record, err);
	if (r < 0) {
		record_done(&record);
		return r;
	}
	record.again = (struct pipeline_again){
		.timestamp = time.tv_sec,
		.ref = json_string(json_object(record.doc, "product"), "ref"),
		.inputs = record.inputs,
		.input_count = record.count,
	};
	*ret = record;
	return 0;
}

void record_done(struct record *record)
{
	cJSON_Delete(record->doc);
	*record = (struct record){};
}

/* Whatever wants this digest lies there. */
static int offer(struct record *record, const char *path, struct err *err)
{
	char hex[DIGEST_HEX_BYTES];
	const char *kept = NULL;
	int r = digest_path(hex, path, err);

	if (r < 0)
		return r;
	for (size_t i = 1; i < record->count; i++) {
		if (record->found[i] || strcmp(record->inputs[i].sha256, hex))
			continue;
		if (!kept) {
			_cleanup_free_ char *whole = realpath(path, NULL);

			kept = whole ? arena_strdup(record->arena, whole) : NULL;
		}
		if (!kept)
			return err_oom(err);
		record->found[i] = kept;
	}
	return 0;
}

/* What can be read of a directory; the rest is not offered. */
static int offer_entries(struct record *record, const char *dir, struct err *err)
{
	DIR *stream = opendir(dir);
	const struct dirent *entry;
	int r = 0;

	while (stream && r != -ENOMEM && (entry = readdir(stream))) {
		char path[PATH_MAX];

		if (entry->d_name[0] == '.' ||
		    snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name) >= PATH_MAX)
			continue;
		r = offer(record, path, err);
	}
	if (stream)
		closedir(stream);
	return r == -ENOMEM ? r : 0;
}

static int offer_given(struct record *record, const char *path, struct err *err)
{
	struct stat st;
	int r;

	if (stat(path, &st) < 0)
		return err_sys(err, errno, "cannot open '%s'", path);
	r = offer(record, path, err);
	if (!S_ISDIR(st.st_mode) || r == -ENOMEM)
		return r;
	return offer_entries(record, path, err); /* also when not all below it can be read */
}

int record_find(struct record *record, const struct rederive_options *o,
		const struct input **missing, struct err *err)
{
	int r = offer_entries(record, o->dir, err);

	for (size_t i = 0; r == 0 && i < o->inputs->count; i++)
		r = offer_given(record, o->inputs->items[i], err);
	if (r < 0)
		return r;
	*missing = NULL;
	for (size_t i = 1; !*missing && i < record->count; i++)
		if (!record->found[i] && !is_role(&record->inputs[i], "code"))
			*missing = &record->inputs[i];
	return 0;
}

/* The last name of a path without the slashes behind it, as notes have it; `n` of them from the end on. */
static const char *last_names(struct arena *arena, const char *path, int n)
{
	size_t end = strlen(path), at;

	while (end > 1 && path[end - 1] == '/')
		end--;
	at = end;
	while (at && (path[at - 1] != '/' || --n))
		at--;
	return arena_strndup(arena, path + at, end - at);
}

/* How many of them come before it in the order of their paths. */
static size_t rank_of(const struct record *record, size_t index)
{
	size_t rank = 0;

	for (size_t i = 0; i < record->count; i++) {
		int order = strcmp(record->inputs[i].path, record->inputs[index].path);

		rank += order < 0 || (order == 0 && i < index);
	}
	return rank;
}

static int make_parents(char *path)
{
	for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0700) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return 0;
}

/* The link by which the analysis reads an input. */
static int link_input(const char **ret, const struct record *record, size_t i,
		      const struct scratch *scratch, struct err *err)
{
	bool debug = is_role(&record->inputs[i], "debug");
	const char *name = last_names(record->arena, record->inputs[i].path, debug ? 3 : 1);
	char *path;

	if (!name)
		return err_oom(err);
	/* No link leads out of the scratch directory, whatever the record says. */
	if (!*name || !strcmp(name, ".") || !strcmp(name, "..") || !strcmp(name, "/") ||
	    (debug && (strstr(name, "..") || strncmp(name, ".build-id/", 10))))
		return err_set(err, ENOTSUP, "the input '%.100s' cannot have that name here",
			       record->inputs[i].path);
	path = debug ? arena_printf(record->arena, "%s/debug/%s", scratch->dir, name)
		     : arena_printf(record->arena, "%s/in/%06zu/%s", scratch->dir,
				    rank_of(record, i), name);
	if (!path)
		return err_oom(err);
	if (make_parents(path) < 0 || symlink(record->found[i], path) < 0)
		return err_sys(err, errno, "cannot make the link '%s'", path);
	*ret = path;
	return 0;
}

static int take_input(struct pipeline_options *o, const struct record *record, size_t i,
		      const struct scratch *scratch, struct err *err)
{
	const struct input *input = &record->inputs[i];
	struct option_list *list = is_role(input, "trace") ? &o->traces : NULL;
	const char *path = NULL;
	int r;

	if (is_role(input, "code"))
		return 0;
	if (is_role(input, "previous"))
		list = &o->previous_files;
	for (const struct pipeline_role *role = pipeline_roles; role->name; role++)
		if (is_role(input, role->name))
			list = (void *)((char *)o + role->offset);
	if (!list && !is_role(input, "sbom") && !is_role(input, "debug"))
		return err_set(err, ENOTSUP,
			       "an input has the role '%.40s', which this version does "
			       "not know",
			       input->role);
	r = link_input(&path, record, i, scratch, err);
	if (r < 0)
		return r;
	if (is_role(input, "sbom"))
		o->sbom = path;
	if (is_role(input, "debug") && !o->debug_dirs.count) {
		list = &o->debug_dirs;
		path = arena_printf(record->arena, "%s/debug", scratch->dir);
	}
	return list && (!path || option_list_add(list, path) < 0) ? err_oom(err) : 0;
}

/* The texts of an array, borrowed. */
static int take_texts(struct option_list *list, const cJSON *array)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, array)
	{
		if (cJSON_IsString(item) && option_list_add(list, item->valuestring) < 0)
			return -ENOMEM;
	}
	return 0;
}

int record_options(struct pipeline_options *ret, const struct record *record,
		   const struct scratch *scratch, struct err *err)
{
	const cJSON *options = json_object(record->doc, "options");
	const cJSON *product = json_object(record->doc, "product");
	const cJSON *bound = json_get(options, "bound");
	struct pipeline_options o = PIPELINE_DEFAULTS;
	int r = 0;

	if (take_texts(&o.image_digests, json_array(product, "digests")) < 0 ||
	    take_texts(&o.also, json_array(options, "also")) < 0)
		r = err_oom(err);
	o.container = json_string(options, "container");
	o.unexercised = json_string(options, "unexercised");
	o.namespace = json_string(options, "namespace");
	o.policy = json_string(options, "policy");
	o.author = json_string(options, "author");
	o.bound = cJSON_IsNumber(bound) ? bound->valuedouble : -1;
	o.min_units = json_u64(options, "min_units", 0);
	o.min_window_s = json_u64(options, "min_window_s", 0);
	o.name = json_string(product, "name");
	o.again = &record->again;
	o.quiet = true;
	if (r == 0 && (!o.policy || !o.author || !(o.bound >= 0 && o.bound <= 1) || !o.min_units))
		r = err_set(err, EBADMSG, "its options are not whole");
	for (size_t i = 1; r == 0 && i < record->count; i++)
		r = take_input(&o, record, i, scratch, err);
	if (r < 0) {
		pipeline_options_done(&o);
		return r;
	}
	*ret = o;
	return 0;
}
