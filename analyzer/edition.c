// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* edition.c — what of an OpenVEX document stays in the next one. */
#include "analyzer/edition.h"

#include <stdlib.h>
#include <string.h>

#include "include/array.h"

#include "analyzer/json.h"
#include "analyzer/openvex.h"

struct edition_statement {
	const char *id;
	const cJSON *statement;
	char since[RFC3339_BYTES];
	char updated[RFC3339_BYTES]; /* "": never */
};

int edition_first(struct edition *ret, time_t time, struct err *err)
{
	*ret = (struct edition){ .version = 1 };
	if (rfc3339_format(ret->timestamp, time) < 0)
		return err_set(err, EINVAL, "the analysis has no time that can be written");
	return 0;
}

/* A time of the document before, in our spelling. `latest` is the time that it must not pass; NULL: any. */
static int read_time(char ret[RFC3339_BYTES], const char *text, const char *latest, struct err *err)
{
	struct timespec time;

	if (rfc3339_parse(&time, text) < 0 || rfc3339_format(ret, time.tv_sec) < 0)
		return err_set(err, EBADMSG, "no time can be read in '%.64s'", text);
	if (latest && strcmp(ret, latest) > 0)
		return err_set(err, EBADMSG, "the time %s is after the document's own, %s", ret,
			       latest);
	return 0;
}

static int read_statement(struct edition_statement *ret, const cJSON *statement, const char *time,
			  struct err *err)
{
	const char *id = json_string(statement, "@id");
	const char *since = json_string(statement, "timestamp");
	const char *updated = json_string(statement, "last_updated");
	int r;

	if (!id)
		return err_set(err, EBADMSG, "it has no @id");
	*ret = (struct edition_statement){ .id = id, .statement = statement };
	r = read_time(ret->since, since ? since : time, time, err);
	return r == 0 && updated ? read_time(ret->updated, updated, time, err) : r;
}

static int compare_statements(const void *pa, const void *pb)
{
	const struct edition_statement *a = pa, *b = pb;

	return strcmp(a->id, b->id);
}

static int read_statements(struct edition *e, const cJSON *statements, struct err *err)
{
	const cJSON *statement;

	cJSON_ArrayForEach(statement, statements)
	{
		int r = read_statement(&e->earlier[e->count], statement, e->timestamp, err);

		if (r < 0)
			return err_prefix(err, r, "statement %zu", e->count + 1);
		e->count++;
	}
	array_sort(e->earlier, e->count, sizeof(*e->earlier), compare_statements);
	for (size_t i = 1; i < e->count; i++)
		if (!strcmp(e->earlier[i - 1].id, e->earlier[i].id))
			return err_set(err, EBADMSG, "two statements have the @id '%.200s'",
				       e->earlier[i].id);
	return 0;
}

int edition_repeat(struct edition *ret, const cJSON *before, struct arena *arena, struct err *err)
{
	const char *context = json_string(before, "@context");
	const char *time = json_string(before, "timestamp");
	const cJSON *statements = json_array(before, "statements");
	struct edition e = { .version = json_u64(before, "version", 0), .repeats = true };
	int r;

	if (!context || strcmp(context, OPENVEX_CONTEXT) != 0 || !statements || !time)
		return err_set(err, EBADMSG, "it is no OpenVEX document of version 0.2.0");
	if (cJSON_GetNumberValue(json_get(before, "version")) != (double)e.version ||
	    e.version < 1 || e.version > EDITION_VERSION_MAX)
		return err_set(err, EBADMSG, "its version is no number from 1 to %u",
			       EDITION_VERSION_MAX);
	r = read_time(e.timestamp, time, NULL, err);
	if (r < 0)
		return r;
	e.earlier =
	    arena_alloc(arena, ((size_t)cJSON_GetArraySize(statements) + 1) * sizeof(*e.earlier));
	if (!e.earlier)
		return err_oom(err);
	r = read_statements(&e, statements, err);
	if (r == 0)
		*ret = e;
	return r;
}

int edition_next(struct edition *ret, const struct edition *repeat, time_t time, struct err *err)
{
	struct edition e = *repeat;

	e.repeats = false;
	e.version++;
	if (rfc3339_format(e.timestamp, time) < 0)
		return err_set(err, EINVAL, "the analysis has no time that can be written");
	/* Both in UTC and of one length: their order is that of the texts. */
	if (strcmp(e.timestamp, repeat->timestamp) < 0)
		return err_set(err, EINVAL,
			       "it is of %s, after this analysis (%s), and something changed: an "
			       "older result cannot follow it",
			       repeat->timestamp, e.timestamp);
	*ret = e;
	return 0;
}

static bool same_text(const cJSON *a, const cJSON *b, const char *key)
{
	const char *ta = json_string(a, key), *tb = json_string(b, key);

	return ta && tb ? !strcmp(ta, tb) : ta == tb;
}

/* Does the statement say what it said, word for word? Its times are not asked for. */
static bool says_the_same(struct json_writer *w, const cJSON *statement, const cJSON *earlier)
{
	_cleanup_(cJSON_Deletep) cJSON *bare = cJSON_Duplicate(earlier, true);
	_cleanup_free_ char *a = NULL, *b = NULL;

	cJSON_DeleteItemFromObjectCaseSensitive(bare, "timestamp");
	cJSON_DeleteItemFromObjectCaseSensitive(bare, "last_updated");
	a = json_print_line(statement);
	b = bare ? json_print_line(bare) : NULL;
	w->failed |= !a || !b;
	return a && b && !strcmp(a, b);
}

/* As they were, also in how they are spelled. */
static void repeat_times(struct json_writer *w, cJSON *statement, const cJSON *earlier)
{
	json_put_optional(w, statement, "timestamp", json_string(earlier, "timestamp"));
	json_put_optional(w, statement, "last_updated", json_string(earlier, "last_updated"));
}

void edition_stamp(const struct edition *edition, struct json_writer *w, cJSON *statement)
{
	const struct edition_statement key = { .id = json_string(statement, "@id") }, *earlier;
	const char *updated;

	earlier = key.id ? array_find(&key, edition->earlier, edition->count,
				      sizeof(*edition->earlier), compare_statements)
			 : NULL;
	if (!earlier)
		return;
	if (edition->repeats) {
		repeat_times(w, statement, earlier->statement);
		return;
	}
	if (!same_text(statement, earlier->statement, "status") ||
	    !same_text(statement, earlier->statement, "justification"))
		return;
	updated =
	    says_the_same(w, statement, earlier->statement) ? earlier->updated : edition->timestamp;
	if (strcmp(earlier->since, edition->timestamp) != 0)
		json_put_text(w, statement, "timestamp", earlier->since);
	if (*updated && strcmp(updated, earlier->since) != 0)
		json_put_text(w, statement, "last_updated", updated);
}
