// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_edition.c — what did not change stays as it is, and what did is told: versions, times, revisions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/edition.h"
#include "analyzer/form.h"
#include "analyzer/json.h"
#include "analyzer/previous.h"
#include "analyzer/rfc3339.h"
#include "analyzer/usage.h"
#include "tests/unit/analysis_fixture.h"

#define DAY 86400
#define FIRST "2023-11-14T22:13:20Z"
#define SECOND "2023-11-15T22:13:20Z"
#define THIRD "2023-11-16T22:13:20Z"

struct world {
	struct fixture f;
	struct previous previous;
};

static int set_up(void **state)
{
	static struct world w;
	struct err err = {};

	w = (struct world){};
	fixture_init(&w.f);
	*state = &w;
	return usage_collect(&w.f.verdicts.usage, &w.f.inventory, w.f.traces, 1, &err);
}

static void forget(struct previous_document *d)
{
	free(d->text);
	cJSON_Delete(d->tree);
	*d = (struct previous_document){};
}

static int tear_down(void **state)
{
	struct world *w = *state;

	usage_free(w->f.verdicts.usage);
	forget(&w->previous.openvex);
	forget(&w->previous.csaf);
	return 0;
}

/* As a file of that text would be read. */
static void remember(struct previous_document *d, char *text)
{
	static char path[] = "before/vex.json";
	struct err err = {};

	forget(d);
	*d = (struct previous_document){ .path = path, .text = text };
	assert_int_equal(json_parse(&d->tree, text, strlen(text), &err), 0);
}

static char *vex_text(struct world *w)
{
	struct err err = {};
	_cleanup_(cJSON_Deletep) cJSON *doc = openvex_document(&w->f.analysis, &err);

	if (!doc)
		print_message("%s\n", err.text);
	assert_non_null(doc);
	return json_print(doc);
}

static char *csaf_text(struct world *w)
{
	struct err err = {};
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	_cleanup_(cJSON_Deletep) cJSON *vex = openvex_document(&w->f.analysis, &err), *doc = NULL;
	struct form form;

	assert_int_equal(form_init(&form, &w->f.analysis, vex, arena, &err), 0);
	doc = csaf_document(&form, &err);
	assert_non_null(doc);
	return json_print(doc);
}

/* The documents as they are now become what the next ones follow. */
static void turn(struct world *w)
{
	char *vex = vex_text(w), *csaf = csaf_text(w);

	remember(&w->previous.openvex, vex);
	remember(&w->previous.csaf, csaf);
	w->f.analysis.previous = &w->previous;
}

static cJSON *vex(struct world *w)
{
	_cleanup_free_ char *text = vex_text(w);
	struct err err = {};
	cJSON *doc = NULL;

	assert_int_equal(json_parse(&doc, text, strlen(text), &err), 0);
	return doc;
}

static const cJSON *statement(const cJSON *doc, int index)
{
	return cJSON_GetArrayItem(json_array(doc, "statements"), index);
}

static void assert_times(const cJSON *doc, int index, const char *timestamp, const char *updated)
{
	const char *t = json_string(statement(doc, index), "timestamp");
	const char *u = json_string(statement(doc, index), "last_updated");

	assert_string_equal(t ? t : "", timestamp);
	assert_string_equal(u ? u : "", updated);
}

static void nothing_changed_is_the_same_to_the_byte(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *text = NULL, *csaf = NULL;

	turn(w);
	text = vex_text(w);
	csaf = csaf_text(w);
	assert_string_equal(text, w->previous.openvex.text);
	assert_string_equal(csaf, w->previous.csaf.text);
}

static void a_conclusion_that_holds_keeps_its_time_and_its_id(void **state)
{
	struct world *w = *state;
	_cleanup_(cJSON_Deletep) cJSON *before = NULL, *doc = NULL;

	turn(w);
	before = vex(w);
	w->f.analysis.timestamp += DAY;
	w->f.verdict[2].status = STATUS_NOT_AFFECTED; /* moved */
	w->f.verdict[2].justification = COMPONENT_NOT_PRESENT;
	w->f.verdict[1].confidence = 0.95; /* its evidence changed */
	doc = vex(w);
	assert_int_equal(json_u64(doc, "version", 0), 2);
	assert_string_equal(json_string(doc, "timestamp"), SECOND);
	assert_string_not_equal(json_string(doc, "@id"), json_string(before, "@id"));
	for (int i = 0; i < 4; i++)
		assert_string_equal(json_string(statement(doc, i), "@id"),
				    json_string(statement(before, i), "@id"));
	assert_times(doc, 0, FIRST, SECOND); /* when it expires moved on */
	assert_times(doc, 1, FIRST, SECOND);
	assert_times(doc, 2, "", "");
	assert_times(doc, 3, FIRST, "");
}

static void times_stay_over_many_editions(void **state)
{
	struct world *w = *state;
	_cleanup_(cJSON_Deletep) cJSON *doc = NULL;

	turn(w);
	w->f.analysis.timestamp += DAY;
	w->f.verdict[1].confidence = 0.95;
	turn(w);
	w->f.analysis.timestamp += DAY;
	w->f.verdict[2].confidence = 0.4;
	doc = vex(w);
	assert_int_equal(json_u64(doc, "version", 0), 3);
	assert_times(doc, 1, FIRST, SECOND);
	assert_times(doc, 2, FIRST, THIRD);
	assert_times(doc, 3, FIRST, "");
}

static void a_new_statement_has_the_documents_time_and_a_gone_one_leaves(void **state)
{
	struct world *w = *state;
	_cleanup_(cJSON_Deletep) cJSON *doc = NULL;

	w->f.findings.count = w->f.verdicts.count = 3;
	turn(w);
	w->f.analysis.timestamp += DAY;
	w->f.findings.count = w->f.verdicts.count = 4;
	doc = vex(w);
	assert_int_equal(json_u64(doc, "version", 0), 2);
	assert_times(doc, 3, "", "");
	assert_times(doc, 2, FIRST, "");
	turn(w);
	w->f.findings.count = w->f.verdicts.count = 3;
	cJSON_Delete(doc);
	doc = vex(w);
	assert_int_equal(json_u64(doc, "version", 0), 3);
	assert_int_equal(cJSON_GetArraySize(json_array(doc, "statements")), 3);
}

static void another_image_is_another_subject(void **state)
{
	struct world *w = *state;
	_cleanup_(cJSON_Deletep) cJSON *doc = NULL;
	_cleanup_free_ char *csaf = NULL;

	turn(w);
	w->f.analysis.timestamp += DAY;
	w->f.analysis.product.digest_count = 1;
	w->f.digests[0] = "sha256:" FIXTURE_HEX_B;
	doc = vex(w);
	assert_int_equal(json_u64(doc, "version", 0), 2);
	for (int i = 0; i < 4; i++)
		assert_times(doc, i, "", "");
	csaf = csaf_text(w);
	assert_non_null(strstr(csaf, "First version."));
}

static void csaf_tells_every_revision(void **state)
{
	struct world *w = *state;
	_cleanup_(cJSON_Deletep) cJSON *doc = NULL;
	_cleanup_free_ char *text = NULL;
	struct err err = {};
	const cJSON *tracking, *history;

	turn(w);
	w->f.analysis.timestamp += DAY;
	w->f.verdict[2].status = STATUS_FIXED;
	text = csaf_text(w);
	assert_int_equal(json_parse(&doc, text, strlen(text), &err), 0);
	tracking = json_object(json_object(doc, "document"), "tracking");
	history = json_array(tracking, "revision_history");
	assert_string_equal(json_string(tracking, "version"), "2");
	assert_string_equal(json_string(tracking, "initial_release_date"), FIRST);
	assert_string_equal(json_string(tracking, "current_release_date"), SECOND);
	assert_int_equal(cJSON_GetArraySize(history), 2);
	assert_string_equal(json_string(history->child, "date"), FIRST);
	assert_string_equal(json_string(history->child->next, "number"), "2");
	assert_string_equal(json_string(history->child->next, "summary"),
			    "2 of 4 statements are new or changed.");
}

static void an_older_result_cannot_follow(void **state)
{
	struct world *w = *state;
	struct err err = {};

	turn(w);
	w->f.analysis.timestamp -= DAY;
	w->f.verdict[2].confidence = 0.1;
	assert_null(openvex_document(&w->f.analysis, &err));
	assert_non_null(strstr(err.text, "--previous: 'before/vex.json': it is of " FIRST
					 ", after this analysis (2023-11-13T22:13:20Z)"));
}

/* A document before that is not what it should be: refused, with what is wrong. */
static void assert_refused(struct world *w, const char *find, const char *replace, const char *why)
{
	_cleanup_free_ char *text = vex_text(w);
	struct err err = {};
	char *at = strstr(text, find), *changed = NULL;

	assert_non_null(at);
	assert_true(
	    asprintf(&changed, "%.*s%s%s", (int)(at - text), text, replace, at + strlen(find)) > 0);
	remember(&w->previous.openvex, changed);
	w->f.analysis.previous = &w->previous;
	assert_null(openvex_document(&w->f.analysis, &err));
	if (!strstr(err.text, why))
		print_message("%s\n", err.text);
	assert_non_null(strstr(err.text, why));
	w->f.analysis.previous = NULL;
}

static void a_broken_document_before_is_refused(void **state)
{
	struct world *w = *state;

	assert_refused(w, "openvex.dev/ns/v0.2.0", "openvex.dev/ns/v0.3.0", "no OpenVEX document");
	assert_refused(w, "\"version\": 1,", "\"version\": 0,", "its version is no number");
	assert_refused(w, "\"version\": 1,", "\"version\": \"1\",", "its version is no number");
	assert_refused(w, "\"version\": 1,", "\"version\": 1.5,", "its version is no number");
	assert_refused(w, "\"version\": 1,", "\"version\": 4000000000,",
		       "its version is no number");
	assert_refused(w, FIRST, "yesterday", "no time can be read in 'yesterday'");
	assert_refused(w, "\"status\": \"fixed\"",
		       "\"timestamp\": \"2023-11-14T22:13:21Z\", \"status\": \"fixed\"",
		       "statement 4: the time 2023-11-14T22:13:21Z is after");
	assert_refused(w, "\"@id\": \"https://openvex.dev/docs/vexxy/statement-e17b", "\"x\": \"",
		       "statement 1: it has no @id");
	assert_refused(w,
		       "statement-e17b9ba31cb15d2a533df3dff9444498968dd7390b1cfa0f8c52d9be6dde00b8",
		       "statement-3eafb4931a3d22dd6b8bf6519407bace853cc0e32863275c9bfff23d4d4e90a4",
		       "two statements have the @id");
}

static void foreign_times_are_written_as_ours(void **state)
{
	struct world *w = *state;
	_cleanup_(cJSON_Deletep) cJSON *doc = NULL;
	_cleanup_free_ char *text = vex_text(w);
	char *at = strstr(text, FIRST), *changed;

	assert_true(asprintf(&changed, "%.*s2023-11-14T23:13:20.5+01:00%s", (int)(at - text), text,
			     at + strlen(FIRST)) > 0);
	remember(&w->previous.openvex, changed);
	w->f.analysis.previous = &w->previous;
	w->f.analysis.timestamp += DAY;
	doc = vex(w);
	assert_int_equal(json_u64(doc, "version", 0), 2);
	assert_times(doc, 3, FIRST, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_changed_is_the_same_to_the_byte, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_conclusion_that_holds_keeps_its_time_and_its_id,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(times_stay_over_many_editions, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
		    a_new_statement_has_the_documents_time_and_a_gone_one_leaves, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(another_image_is_another_subject, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(csaf_tells_every_revision, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_older_result_cannot_follow, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_broken_document_before_is_refused, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(foreign_times_are_written_as_ours, set_up,
						tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
