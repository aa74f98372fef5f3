// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_schema.c — JSON Schema: every keyword both ways, and what is not understood is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "analyzer/json.h"
#include "analyzer/schema.h"
#include "data/openvex_json_schema.json.h"

struct seen {
	char text[2048];
};

static void note_fault(void *ctx, const struct schema_fault *fault)
{
	struct seen *seen = ctx;
	size_t len = strlen(seen->text);

	snprintf(seen->text + len, sizeof(seen->text) - len, "%s%s %s: %s", len ? "\n" : "",
		 fault->pointer, fault->keyword, fault->text);
}

/* The faults of a document under a schema, one a line. */
static int check(const char *schema_text, const char *document, struct seen *seen)
{
	_cleanup_(schema_freep) struct schema *schema = NULL;
	_cleanup_(cJSON_Deletep) cJSON *tree = NULL;
	struct err err = {};

	*seen = (struct seen){};
	assert_int_equal(schema_parse(&schema, schema_text, strlen(schema_text), &err), 0);
	assert_int_equal(json_parse(&tree, document, strlen(document), &err), 0);
	return schema_check(schema, tree, note_fault, seen, &err);
}

static void every_keyword_accepts_and_refuses(void **state)
{
	static const struct {
		const char *schema, *good, *bad;
	} cases[] = {
		{ "{\"type\":\"integer\"}", "1.0", "1.5" },
		{ "{\"type\":\"integer\"}", "-3", "\"1\"" },
		{ "{\"type\":\"integer\"}", "1e300", "1e400" },
		{ "{\"type\":\"number\"}", "1", "true" },
		{ "{\"type\":[\"string\",\"null\"]}", "null", "{}" },
		{ "{\"type\":\"object\"}", "{}", "[]" },
		{ "{\"type\":\"boolean\"}", "false", "0" },
		{ "{\"type\":\"array\"}", "[]", "{}" },
		{ "{\"const\":{\"a\":[1,2],\"b\":null}}", "{\"b\":null,\"a\":[1.0,2]}",
		  "{\"a\":[2,1],\"b\":null}" },
		{ "{\"const\":1}", "1", "true" },
		{ "{\"enum\":[\"a\",2]}", "2", "\"2\"" },
		{ "{\"required\":[\"a\"]}", "{\"a\":1}", "{\"b\":1}" },
		{ "{\"required\":[\"a\"]}", "[]", "{\"A\":1}" },
		{ "{\"properties\":{\"a\":{\"type\":\"string\"}}}", "{\"b\":1}", "{\"a\":1}" },
		{ "{\"properties\":{\"a\":true},\"additionalProperties\":false}", "{\"a\":1}",
		  "{\"b\":1}" },
		{ "{\"additionalProperties\":{\"type\":\"string\"}}", "{\"a\":\"\"}", "{\"a\":1}" },
		{ "{\"items\":{\"minimum\":2}}", "[2,3]", "[2,1]" },
		{ "{\"minItems\":1}", "[1]", "[]" },
		{ "{\"maxItems\":1}", "[1]", "[1,2]" },
		{ "{\"uniqueItems\":true}", "[1,\"1\",[1],true,0,false,null]", "[1,2,1.0]" },
		{ "{\"uniqueItems\":true}", "[{\"a\":1,\"b\":2},{\"a\":2,\"b\":1}]",
		  "[{\"a\":1,\"b\":2},{\"b\":2,\"a\":1}]" },
		{ "{\"uniqueItems\":false}", "[1,1]", NULL },
		{ "{\"minimum\":1}", "1", "0" },
		{ "{\"minimum\":1}", "\"0\"", "0.5" },
		{ "{\"maximum\":1}", "1", "2" },
		{ "{\"format\":\"date-time\"}", "\"2022-12-22T16:36:43-05:00\"",
		  "\"2022-12-22T16:36:43\"" },
		{ "{\"format\":\"iri\"}", "\"pkg:deb/debian/x@1%3A2\"", "\"a/b\"" },
		{ "{\"format\":\"uri\"}", "\"https://x.example/a\"",
		  "\"https://x.example/\\u00e4\"" },
		{ "{\"allOf\":[{\"minimum\":1},{\"maximum\":2}]}", "2", "3" },
		{ "{\"anyOf\":[{\"type\":\"string\"},{\"minimum\":2}]}", "2", "1" },
		{ "{\"if\":{\"minimum\":5},\"then\":{\"maximum\":6},\"else\":{\"maximum\":1}}", "6",
		  "7" },
		{ "{\"if\":{\"minimum\":5},\"then\":{\"maximum\":6},\"else\":{\"maximum\":1}}", "1",
		  "4" },
		{ "{\"$defs\":{\"a/b\":{\"type\":\"null\"}},\"$ref\":\"#/$defs/a~1b\"}", "null",
		  "1" },
		{ "{\"items\":{\"$ref\":\"#\"},\"type\":\"array\"}", "[[],[[]]]", "[[1]]" },
	};
	struct seen seen;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(check(cases[i].schema, cases[i].good, &seen), 0);
		if (cases[i].bad)
			assert_int_equal(check(cases[i].schema, cases[i].bad, &seen), 1);
	}
}

static void faults_name_the_place_by_pointer(void **state)
{
	struct seen seen;

	(void)state;
	assert_int_equal(check("{\"properties\":{\"a/~\":{\"items\":{\"type\":\"string\"}}},"
			       "\"required\":[\"b\"],\"additionalProperties\":false}",
			       "{\"a/~\":[\"\",1],\"c\":1}", &seen),
			 3);
	assert_string_equal(seen.text, " required: 'b' is missing\n"
				       "/a~1~0/1 type: must be of type string, is of type integer\n"
				       " additionalProperties: unknown member 'c'");
}

static void what_is_not_understood_is_refused(void **state)
{
	static const struct {
		const char *schema, *message;
		int code;
	} cases[] = {
		{ "{\"pattern\":\"x\"}", "unknown keyword 'pattern'", -ENOTSUP },
		{ "{\"properties\":{\"a\":{\"oneOf\":[]}}}", "unknown keyword 'oneOf'", -ENOTSUP },
		{ "{\"items\":{\"format\":\"email\"}}", "unknown format 'email'", -ENOTSUP },
		{ "{\"$ref\":\"#/$defs/none\"}", "leads nowhere", -ENOTSUP },
		{ "{\"$ref\":\"https://other.example/schema\"}", "leads nowhere", -ENOTSUP },
		{ "{\"type\":\"text\"}", "'type' must be", -EINVAL },
		{ "{\"type\":[]}", "'type' must be", -EINVAL },
		{ "{\"required\":\"a\"}", "'required' must be a list of strings", -EINVAL },
		{ "{\"minItems\":-1}", "'minItems' must be", -EINVAL },
		{ "{\"anyOf\":[]}", "'anyOf' must be a list", -EINVAL },
		{ "{\"items\":[]}", "neither an object", -EINVAL },
		{ "{\"uniqueItems\":1}", "'uniqueItems' must be", -EINVAL },
		{ "{\"if\":{\"then\":{\"not\":{}}}}", "unknown keyword 'not'", -ENOTSUP },
		{ "[", "not valid JSON", -EBADMSG },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct schema *schema = NULL;
		struct err err = {};

		assert_int_equal(
		    schema_parse(&schema, cases[i].schema, strlen(cases[i].schema), &err),
		    cases[i].code);
		assert_non_null(strstr(err.text, cases[i].message));
		assert_null(schema);
	}
}

static void references_in_a_circle_end_with_an_error(void **state)
{
	struct seen seen;

	(void)state;
	assert_int_equal(check("{\"$ref\":\"#\"}", "1", &seen), -ELOOP);
}

static void the_openvex_schema_is_understood_and_applied(void **state)
{
	static const char good[] =
	    "{\"@context\":\"https://openvex.dev/ns/v0.2.0\",\"@id\":\"urn:x:1\",\"author\":\"a\","
	    "\"timestamp\":\"2024-01-01T00:00:00Z\",\"version\":1,\"statements\":[{"
	    "\"vulnerability\":{\"name\":\"CVE-1\"},\"status\":\"fixed\"}]}";
	static const char bad[] =
	    "{\"@context\":\"https://openvex.dev/ns/v0.2.0\",\"@id\":\"x\",\"author\":\"a\","
	    "\"timestamp\":\"2024-01-01T00:00:00Z\",\"version\":0,\"confidence\":1,"
	    "\"statements\":[{\"vulnerability\":{\"name\":\"CVE-1\"},\"status\":\"affected\","
	    "\"products\":[{\"hashes\":{\"sha256\":\"\"}}]},{\"vulnerability\":{},"
	    "\"status\":\"not_affected\"}]}";
	_cleanup_free_ char *schema =
	    strndup((const char *)openvex_json_schema_json, sizeof(openvex_json_schema_json) - 1);
	struct seen seen;

	(void)state;
	assert_non_null(schema);
	assert_int_equal(check(schema, good, &seen), 0);
	assert_true(check(schema, bad, &seen) > 0);
	assert_string_equal(
	    seen.text,
	    "/@id format: 'x' is not an absolute IRI\n"
	    "/version minimum: 0 is below 1\n"
	    "/statements/0/products/0/hashes additionalProperties: unknown member 'sha256'\n"
	    "/statements/0/products/0 anyOf: must have one of '@id', 'identifiers'\n"
	    "/statements/0 required: 'action_statement' is missing\n"
	    "/statements/1/vulnerability required: 'name' is missing\n"
	    "/statements/1 anyOf: must have one of 'justification', 'impact_statement'\n"
	    " additionalProperties: unknown member 'confidence'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_keyword_accepts_and_refuses),
		cmocka_unit_test(faults_name_the_place_by_pointer),
		cmocka_unit_test(what_is_not_understood_is_refused),
		cmocka_unit_test(references_in_a_circle_end_with_an_error),
		cmocka_unit_test(the_openvex_schema_is_understood_and_applied),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
