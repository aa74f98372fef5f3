// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_openvex.c — the OpenVEX document: exact bytes, the canonical hash, grouping, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "analyzer/json.h"
#include "analyzer/openvex.h"
#include "analyzer/openvex_hash.h"
#include "analyzer/schema.h"
#include "analyzer/status_notes.h"
#include "data/openvex_json_schema.json.h"
#include "tests/unit/analysis_fixture.h"

static void assert_schema_valid(const cJSON *doc)
{
	_cleanup_(schema_freep) struct schema *schema = NULL;
	struct err err = {};

	assert_int_equal(schema_parse(&schema, (const char *)openvex_json_schema_json,
				      sizeof(openvex_json_schema_json) - 1, &err),
			 0);
	assert_int_equal(schema_check(schema, doc, NULL, NULL, &err), 0);
}

static char *document_text(const struct analysis *analysis)
{
	struct err err = {};
	_cleanup_(cJSON_Deletep) cJSON *doc = openvex_document(analysis, &err);

	assert_string_equal(err.text, "");
	assert_non_null(doc);
	assert_schema_valid(doc);
	return json_print(doc);
}

static const cJSON *statement_at(const cJSON *doc, int i)
{
	return cJSON_GetArrayItem(json_array(doc, "statements"), i);
}

static void the_document_is_this_to_the_byte(void **state)
{
	struct fixture f;
	struct err err = {};
	_cleanup_free_ char *text = NULL, *golden = NULL;
	size_t len;

	(void)state;
	fixture_init(&f);
	text = document_text(&f.analysis);
	assert_int_equal(file_read(&golden, &len, "tests/golden/vex.openvex.json", 1 << 20, &err),
			 0);
	assert_string_equal(text, golden);
}

static size_t allocations_left;

static void *failing_malloc(size_t size)
{
	if (!allocations_left)
		return NULL;
	allocations_left--;
	return malloc(size);
}

/* cJSON asks for memory by hooks: each time one more request is granted, until it is enough. */
static void whichever_allocation_fails_the_document_is_whole_or_not_there(void **state)
{
	struct fixture f;
	struct err err;
	cJSON *doc = NULL;
	_cleanup_free_ char *want = NULL, *text = NULL;
	size_t granted;

	(void)state;
	fixture_init(&f);
	want = document_text(&f.analysis);
	cJSON_InitHooks(&(cJSON_Hooks){ failing_malloc, free });
	for (granted = 0; !doc && granted < 10000; granted++) {
		err = (struct err){};
		allocations_left = granted;
		doc = openvex_document(&f.analysis, &err);
		if (!doc)
			assert_string_equal(err.text, "out of memory");
	}
	cJSON_InitHooks(NULL);
	assert_true(granted > 100);
	text = json_print(doc);
	cJSON_Delete(doc);
	assert_string_equal(text, want);
}

/* The golden values of go-vex's own tests. */
static void the_canonical_hash_is_that_of_go_vex(void **state)
{
#define HEAD                                                                    \
	"{\"author\":\"John Doe\",\"timestamp\":\"2022-12-22T16:36:43-05:00\"," \
	"\"version\":1,\"statements\":["
#define STATEMENT(product)                                                           \
	"{\"vulnerability\":{\"name\":\"CVE-1234-5678\",\"aliases\":[\"some "        \
	"vulnerability alias\"]},\"status\":\"under_investigation\",\"products\":[{" \
	"\"@id\":\"" product "\",\"subcomponents\":[{\"@id\":\"pkg:apk/wolfi/bash@1.0.0\"}]}]}"
#define PRODUCT    \
	"pkg:oci/" \
	"example@sha256:47fed8868b46b060efb8699dc40e981a0c785650223e03602d8c4493fc75b68c"
#define SECOND                                                                       \
	"{\"vulnerability\":{\"name\":\"CVE-2010-543231\"},\"status\":\"affected\"," \
	"\"products\":[{\"@id\":\"pkg:apk/wolfi/git@2.0.0\"}]}"
	static const struct {
		const char *text, *hash;
	} cases[] = {
		{ HEAD STATEMENT(PRODUCT) "]}",
		  "8ed99017785c3b43219018c7c50353c031cdaaf1c7efc146c683b0ce57123cf6" },
		{ HEAD STATEMENT(PRODUCT) "," SECOND "]}",
		  "cbfbba00d118572164b5b934e3ced71c1b02e171f942abfe66d42775dba703cf" },
		{ HEAD SECOND "," STATEMENT(PRODUCT) "]}",
		  "cbfbba00d118572164b5b934e3ced71c1b02e171f942abfe66d42775dba703cf" },
		{ HEAD STATEMENT("cool router, bro") "]}",
		  "010aaeb3d6bf69c486e199a48ec40038ca347d2603142dd48d97937d8477fe37" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(cJSON_Deletep) cJSON *doc = NULL;
		char hex[DIGEST_HEX_BYTES];
		struct err err = {};

		assert_int_equal(json_parse(&doc, cases[i].text, strlen(cases[i].text), &err), 0);
		assert_int_equal(openvex_hash(hex, doc, &err), 0);
		assert_string_equal(hex, cases[i].hash);
	}
}

static void a_document_without_a_time_has_no_hash(void **state)
{
	static const char text[] = "{\"statements\":[]}";
	_cleanup_(cJSON_Deletep) cJSON *doc = NULL;
	char hex[DIGEST_HEX_BYTES];
	struct err err = {};

	(void)state;
	assert_int_equal(json_parse(&doc, text, strlen(text), &err), 0);
	assert_int_equal(openvex_hash(hex, doc, &err), -EINVAL);
}

static void the_same_package_twice_is_one_cautious_statement(void **state)
{
	static const char *shared[] = { "pkg:deb/debian/curl@7.88.1-10%2Bdeb12u5",
					"pkg:deb/debian/curl@other" };
	struct fixture f;
	struct err err = {};
	_cleanup_(cJSON_Deletep) cJSON *doc = NULL;
	const cJSON *statement, *subs;
	char value[STATUS_NOTES_VALUE_MAX];

	(void)state;
	fixture_init(&f);
	/* The second finding becomes another copy of the first one's package, in use. */
	f.finding[1].id = f.finding[0].id;
	f.finding[1].purls = shared;
	f.finding[1].purl_count = 2;
	doc = openvex_document(&f.analysis, &err);
	assert_non_null(doc);
	assert_schema_valid(doc);
	assert_int_equal(cJSON_GetArraySize(json_array(doc, "statements")), 3);
	statement = statement_at(doc, 0);
	assert_string_equal(json_string(statement, "status"), "affected");
	assert_null(json_get(statement, "justification"));
	assert_true(status_notes_get(json_string(statement, "status_notes"), "copies", value));
	assert_string_equal(value, "2");
	subs = json_array(json_array(statement, "products")->child, "subcomponents");
	assert_int_equal(cJSON_GetArraySize(subs), 2);
	assert_string_equal(json_string(subs->child, "@id"), shared[0]);
	assert_string_equal(json_string(subs->child->next, "@id"), shared[1]);
}

static void of_two_negative_copies_the_weaker_claim_decides(void **state)
{
	struct fixture f;
	struct err err = {};
	_cleanup_(cJSON_Deletep) cJSON *doc = NULL;

	(void)state;
	fixture_init(&f);
	f.finding[3].id = f.finding[0].id;
	f.finding[3].purls = f.finding[0].purls;
	doc = openvex_document(&f.analysis, &err);
	assert_non_null(doc);
	assert_string_equal(json_string(statement_at(doc, 0), "status"), "not_affected");
	assert_string_equal(json_string(statement_at(doc, 0), "justification"),
			    "vulnerable_code_not_in_execute_path");
}

static void the_order_of_findings_does_not_matter(void **state)
{
	struct fixture f;
	struct finding finding;
	struct verdict verdict;
	_cleanup_free_ char *one = NULL, *two = NULL;

	(void)state;
	fixture_init(&f);
	one = document_text(&f.analysis);
	finding = f.finding[0];
	verdict = f.verdict[0];
	f.finding[0] = f.finding[3];
	f.verdict[0] = f.verdict[3];
	f.finding[3] = finding;
	f.verdict[3] = verdict;
	two = document_text(&f.analysis);
	assert_string_equal(one, two);
}

static void a_statement_keeps_its_id_when_the_conclusion_changes(void **state)
{
	struct fixture f;
	struct err err = {};
	_cleanup_(cJSON_Deletep) cJSON *before = NULL, *after = NULL;

	(void)state;
	fixture_init(&f);
	before = openvex_document(&f.analysis, &err);
	f.verdict[0].status = STATUS_AFFECTED;
	after = openvex_document(&f.analysis, &err);
	assert_non_null(before);
	assert_non_null(after);
	assert_string_equal(json_string(statement_at(before, 0), "@id"),
			    json_string(statement_at(after, 0), "@id"));
	assert_string_not_equal(json_string(before, "@id"), json_string(after, "@id"));
}

static void a_finding_without_purl_is_left_out_and_named(void **state)
{
	struct fixture f;
	struct err err = {};
	_cleanup_(cJSON_Deletep) cJSON *doc = NULL;

	(void)state;
	fixture_init(&f);
	f.finding[0].purl_count = 0;
	assert_non_null(openvex_left_out(&f.finding[0]));
	assert_null(openvex_left_out(&f.finding[1]));
	assert_int_equal(openvex_covered(&f.analysis), 3);
	doc = openvex_document(&f.analysis, &err);
	assert_non_null(doc);
	assert_int_equal(cJSON_GetArraySize(json_array(doc, "statements")), 3);
}

static void nothing_to_state_gives_no_document(void **state)
{
	struct fixture f;
	struct err err = {};

	(void)state;
	fixture_init(&f);
	f.findings.count = f.verdicts.count = 0;
	assert_non_null(strstr(openvex_refusal(&f.analysis), "nothing to state"));
	assert_null(openvex_document(&f.analysis, &err));
	assert_non_null(strstr(err.text, "nothing to state"));
}

static void a_policy_for_comparison_gives_no_document(void **state)
{
	struct fixture f;
	struct err err = {};

	(void)state;
	fixture_init(&f);
	assert_null(openvex_refusal(&f.analysis));
	f.analysis.options.policy = POLICY_KUBESCAPE;
	assert_non_null(openvex_refusal(&f.analysis));
	assert_null(openvex_document(&f.analysis, &err));
	assert_string_equal(err.text, openvex_refusal(&f.analysis));
}

static void without_a_digest_the_fallback_names_the_product(void **state)
{
	struct fixture f;
	struct err err = {};
	_cleanup_(cJSON_Deletep) cJSON *doc = NULL;
	const cJSON *products;

	(void)state;
	fixture_init(&f);
	assert_null(openvex_product_warning(&f.analysis.product));
	f.analysis.product.digest_count = 0;
	assert_non_null(openvex_product_warning(&f.analysis.product));
	doc = openvex_document(&f.analysis, &err);
	assert_non_null(doc);
	assert_schema_valid(doc);
	products = json_array(statement_at(doc, 0), "products");
	assert_int_equal(cJSON_GetArraySize(products), 1);
	assert_string_equal(json_string(products->child, "@id"), f.analysis.product.id_fallback);
	assert_null(json_get(products->child, "hashes"));
	f.analysis.product.id_fallback = NULL;
	assert_null(openvex_document(&f.analysis, &err));
	assert_non_null(strstr(err.text, "neither a digest nor an identifier"));
}

static void an_affected_statement_says_what_to_do(void **state)
{
	struct fixture f;
	struct err err = {};
	_cleanup_(cJSON_Deletep) cJSON *fix = NULL, *none = NULL, *own = NULL;

	(void)state;
	fixture_init(&f);
	fix = openvex_document(&f.analysis, &err);
	assert_string_equal(json_string(statement_at(fix, 1), "action_statement"),
			    "Update libssl3 from 3.0.11-1 to 3.0.13-1 or later.");
	f.finding[1].fixed_version = NULL;
	none = openvex_document(&f.analysis, &err);
	assert_non_null(
	    strstr(json_string(statement_at(none, 1), "action_statement"), "No fix known"));
	f.verdict[1].action = "Turn it off.";
	own = openvex_document(&f.analysis, &err);
	assert_string_equal(json_string(statement_at(own, 1), "action_statement"), "Turn it off.");
}

static void what_would_be_dishonest_or_invalid_is_refused(void **state)
{
	struct fixture f;
	struct err err = {};

	(void)state;
	fixture_init(&f);
	f.verdict[0].justification = JUSTIFICATION_NONE;
	assert_null(openvex_document(&f.analysis, &err));
	assert_non_null(strstr(err.text, "without a justification"));
	fixture_init(&f);
	f.analysis.author = " ";
	assert_null(openvex_document(&f.analysis, &err));
	assert_non_null(strstr(err.text, "author"));
	fixture_init(&f);
	f.analysis.namespace = "docs/vexxy";
	assert_null(openvex_document(&f.analysis, &err));
	assert_non_null(strstr(err.text, "no absolute IRI"));
	fixture_init(&f);
	f.verdicts.count = 3;
	assert_null(openvex_document(&f.analysis, &err));
	assert_non_null(strstr(err.text, "3 verdicts for 4 findings"));
}

static void status_notes_survive_the_round_trip(void **state)
{
	char *text = NULL, value[STATUS_NOTES_VALUE_MAX];
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	bool any = false;

	(void)state;
	assert_non_null(out);
	status_notes_add(out, &any, "rule", "R7");
	status_notes_add(out, &any, "odd", "a;b=c %% \n\xc3\xa4");
	status_notes_add(out, &any, "confidence", "%.4f", 0.25);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(text, "rule=R7; odd=a%3Bb=c %25 %0A%C3%A4; confidence=0.2500");
	assert_true(status_notes_get(text, "odd", value));
	assert_string_equal(value, "a;b=c % \n\xc3\xa4");
	assert_true(status_notes_get(text, "confidence", value));
	assert_string_equal(value, "0.2500");
	assert_false(status_notes_get(text, "conf", value));
	free(text);
}

static void other_texts_are_no_status_notes(void **state)
{
	static const char *const cases[] = {
		"",
		"The code is not called.",
		"rule=",
		"=R7",
		"rule=R7;",
		"rule=R7; ",
		"rule=R7;x=1",
		"Rule=R7",
		"rule=R7; rule=R8",
		"rule=%",
		"rule=%0g",
		"rule=%00",
		"a=1; b",
		"a=\xc3\xa4",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_false(status_notes_valid(cases[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_document_is_this_to_the_byte),
		cmocka_unit_test(whichever_allocation_fails_the_document_is_whole_or_not_there),
		cmocka_unit_test(the_canonical_hash_is_that_of_go_vex),
		cmocka_unit_test(a_document_without_a_time_has_no_hash),
		cmocka_unit_test(the_same_package_twice_is_one_cautious_statement),
		cmocka_unit_test(of_two_negative_copies_the_weaker_claim_decides),
		cmocka_unit_test(the_order_of_findings_does_not_matter),
		cmocka_unit_test(a_statement_keeps_its_id_when_the_conclusion_changes),
		cmocka_unit_test(a_finding_without_purl_is_left_out_and_named),
		cmocka_unit_test(nothing_to_state_gives_no_document),
		cmocka_unit_test(a_policy_for_comparison_gives_no_document),
		cmocka_unit_test(without_a_digest_the_fallback_names_the_product),
		cmocka_unit_test(an_affected_statement_says_what_to_do),
		cmocka_unit_test(what_would_be_dishonest_or_invalid_is_refused),
		cmocka_unit_test(status_notes_survive_the_round_trip),
		cmocka_unit_test(other_texts_are_no_status_notes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
