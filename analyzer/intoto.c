// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* intoto.c — in-toto statements (v1): what is said (predicate), of what (subjects, by digest). */
#include "analyzer/intoto.h"

#include <string.h>

#include "analyzer/json.h"

static bool is_sha256(const char *hex)
{
	return hex && strlen(hex) == 64 && strspn(hex, "0123456789abcdef") == 64;
}

static int check_digests(const cJSON *digests, struct err *err)
{
	const cJSON *item;

	if (!is_sha256(json_string(digests, "sha256")))
		return err_set(err, EBADMSG, "has no digest 'sha256' of 64 lower-case hex digits");
	if (cJSON_GetArraySize(digests) > INTOTO_DIGESTS_MAX)
		return err_set(err, EBADMSG, "has more than %d digests", INTOTO_DIGESTS_MAX);
	cJSON_ArrayForEach(item, digests)
	{
		if (!cJSON_IsString(item))
			return err_set(err, EBADMSG, "its digest '%.32s' is no text", item->string);
	}
	return 0;
}

/* A resource descriptor that a subject may be. */
static int check_subject(const cJSON *subject, struct err *err)
{
	static const char *const members[] = { "name",      "uri",         "digest",
					       "mediaType", "annotations", NULL };
	int r;

	if (!cJSON_IsObject(subject))
		return err_set(err, EBADMSG, "is no object");
	r = json_only(subject, members, err);
	return r < 0 ? r : check_digests(json_object(subject, "digest"), err);
}

static int check_subjects(const cJSON *subjects, struct err *err)
{
	const cJSON *subject;
	int n = 0, r;

	if (!cJSON_GetArraySize(subjects))
		return err_set(err, EBADMSG, "has no subject");
	if (cJSON_GetArraySize(subjects) > INTOTO_SUBJECTS_MAX)
		return err_set(err, EBADMSG, "has more than %d subjects", INTOTO_SUBJECTS_MAX);
	cJSON_ArrayForEach(subject, subjects)
	{
		n++;
		r = check_subject(subject, err);
		if (r < 0)
			return err_prefix(err, r, "subject %d", n);
	}
	return 0;
}

static int check_statement(const struct intoto *s, struct err *err)
{
	static const char *const members[] = { "_type", "subject", "predicateType", "predicate",
					       NULL };
	const char *type = json_string(s->tree, "_type");
	int r;

	if (!cJSON_IsObject(s->tree))
		return err_set(err, EBADMSG, "is no in-toto statement");
	if (!type || strcmp(type, INTOTO_TYPE))
		return err_set(err, EBADMSG, "its _type is '%.80s', not " INTOTO_TYPE,
			       type ? type : "");
	r = json_only(s->tree, members, err);
	if (r == 0)
		r = check_subjects(s->subjects, err);
	if (r < 0)
		return r;
	if (!s->predicate_type || !*s->predicate_type)
		return err_set(err, EBADMSG, "has no predicateType");
	return s->predicate ? 0 : err_set(err, EBADMSG, "its predicate is no object");
}

int intoto_parse(struct intoto *ret, const char *payload, size_t len, struct err *err)
{
	struct intoto s = {};
	int r = json_parse(&s.tree, payload, len, err);

	if (r < 0)
		return err_prefix(err, r == -ENOMEM ? r : -EBADMSG, "the payload");
	s.predicate_type = json_string(s.tree, "predicateType");
	s.subjects = json_array(s.tree, "subject");
	s.predicate = json_object(s.tree, "predicate");
	r = check_statement(&s, err);
	if (r < 0) {
		intoto_done(&s);
		return err_prefix(err, r, "the statement");
	}
	*ret = s;
	return 0;
}

void intoto_done(struct intoto *s)
{
	cJSON_Delete(s->tree);
	*s = (struct intoto){};
}

bool intoto_is_about(const struct intoto *s, const char *hex)
{
	const cJSON *subject;

	cJSON_ArrayForEach(subject, s->subjects)
	{
		if (!strcmp(json_string(json_object(subject, "digest"), "sha256"), hex))
			return true;
	}
	return false;
}

cJSON *intoto_statement(struct json_writer *w, const cJSON *subjects, const char *predicate_type,
			cJSON *predicate)
{
	_cleanup_(cJSON_Deletep) cJSON *own = predicate, *copy = cJSON_Duplicate(subjects, true);
	_cleanup_(cJSON_Deletep) cJSON *statement = cJSON_CreateObject();

	json_put_text(w, statement, "_type", INTOTO_TYPE);
	if (!copy || !cJSON_AddItemToObject(statement, "subject", copy))
		w->failed = true;
	else
		take_ptr(copy);
	json_put_text(w, statement, "predicateType", predicate_type);
	if (!own || !cJSON_AddItemToObject(statement, "predicate", own))
		w->failed = true;
	else
		take_ptr(own);
	return w->failed ? NULL : take_ptr(statement);
}

cJSON *intoto_put_resource(struct json_writer *w, cJSON *obj, const char *key, const char *name,
			   const char *sha256)
{
	cJSON *resource = json_put_object(w, obj, key);

	json_put_text(w, resource, "name", name);
	json_put_text(w, json_put_object(w, resource, "digest"), "sha256", sha256);
	return resource;
}
