// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_sbom_filtered.c — sbom.filtered.cdx.json and inputs.json: exact bytes, and only what was used. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/json.h"
#include "analyzer/usage.h"
#include "tests/unit/analysis_fixture.h"

/* In the order of the trace. */
static struct trace_use uses[] = {
	{ USE_EXEC, "/usr/sbin/nginx", "nginx", .t = 1000000, .line = 2, .count = 1 },
	{ USE_MAP, "/usr/lib/libssl.so.3", "nginx", .t = 120456789, .line = 3, .count = 1 },
	{ USE_OPEN_WRITE, "/usr/lib/libxml2.so.2", "sh", .t = 5000000000, .line = 4, .count = 1 },
	{ USE_EXEC, "/app/server", "server", .t = 61000000000, .line = 5, .count = 1 },
};

#define USES (sizeof(uses) / sizeof(*uses))

/* The fixture with the first n uses. The caller frees what was collected. */
static void with_uses(struct fixture *f, size_t n)
{
	struct err err = {};

	fixture_init(f);
	f->trace.uses = uses;
	f->trace.use_count = n;
	assert_int_equal(usage_collect(&f->verdicts.usage, &f->inventory, f->traces, 1, &err), 0);
}

static char *print(cJSON *tree)
{
	_cleanup_(cJSON_Deletep) cJSON *doc = tree;

	assert_non_null(doc);
	return json_print(doc);
}

static void assert_golden(const char *text, const char *path)
{
	_cleanup_free_ char *golden = NULL;
	struct err err = {};
	size_t len;

	assert_int_equal(file_read(&golden, &len, path, 1 << 20, &err), 0);
	assert_string_equal(text, golden);
}

static void the_sbom_is_this_to_the_byte(void **state)
{
	static struct fixture f;
	struct err err = {};
	_cleanup_free_ char *text = NULL;

	(void)state;
	with_uses(&f, USES);
	text = print(sbom_filtered_document(&f.analysis, &err));
	usage_free(f.verdicts.usage);
	assert_golden(text, "tests/golden/sbom.filtered.cdx.json");
}

static bool lists(const cJSON *doc, const char *name)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, json_array(doc, "components"))
	{
		if (!strcmp(json_string(item, "name"), name))
			return true;
	}
	return false;
}

static void only_what_was_used_is_listed(void **state)
{
	static struct fixture f;
	struct err err = {};
	_cleanup_(cJSON_Deletep) cJSON *doc = NULL;

	(void)state;
	with_uses(&f, USES);
	doc = sbom_filtered_document(&f.analysis, &err);
	usage_free(f.verdicts.usage);
	assert_non_null(doc);
	assert_true(lists(doc, "nginx"));
	assert_true(lists(doc, "libssl3"));
	assert_true(lists(doc, "/app/server"));
	assert_false(lists(doc, "curl"));    /* never touched */
	assert_false(lists(doc, "libxml2")); /* written, not read */
}

static void nothing_used_is_a_valid_empty_sbom(void **state)
{
	static struct fixture f;
	struct err err = {};
	_cleanup_(cJSON_Deletep) cJSON *doc = NULL;

	(void)state;
	with_uses(&f, 0);
	f.inventory.os_id = NULL;
	doc = sbom_filtered_document(&f.analysis, &err);
	usage_free(f.verdicts.usage);
	assert_non_null(doc);
	assert_int_equal(cJSON_GetArraySize(json_array(doc, "components")), 0);
}

static void the_serial_number_follows_the_content(void **state)
{
	static struct fixture f;
	struct err err = {};
	_cleanup_(cJSON_Deletep) cJSON *one = NULL, *two = NULL;
	const char *serial;

	(void)state;
	with_uses(&f, USES);
	one = sbom_filtered_document(&f.analysis, &err);
	usage_free(f.verdicts.usage);
	with_uses(&f, USES - 1);
	two = sbom_filtered_document(&f.analysis, &err);
	usage_free(f.verdicts.usage);
	serial = json_string(one, "serialNumber");
	assert_string_not_equal(serial, json_string(two, "serialNumber"));
	assert_int_equal(strlen(serial), 45);
	assert_memory_equal(serial, "urn:uuid:", 9);
	assert_int_equal(serial[23], '8');
	assert_non_null(strchr("89ab", serial[28]));
	for (size_t i = 9; i < 45; i++)
		assert_true(i == 17 || i == 22 || i == 27 || i == 32
				? serial[i] == '-'
				: strchr("0123456789abcdef", serial[i]) != NULL);
}

static void the_inputs_are_these_to_the_byte(void **state)
{
	static struct fixture f;
	struct err err = {};
	_cleanup_free_ char *text = NULL;

	(void)state;
	fixture_init(&f);
	text = print(inputs_document(&f.analysis, &err));
	assert_golden(text, "tests/golden/inputs.json");
}

static void the_bound_is_written_so_that_it_reads_back_the_same(void **state)
{
	static const double bounds[] = { 0.05, 0, 1, 1.0 / 3, 1e-12, 0.1 + 0.2 };
	static struct fixture f;
	struct err err = {};

	(void)state;
	fixture_init(&f);
	for (size_t i = 0; i < sizeof(bounds) / sizeof(*bounds); i++) {
		_cleanup_free_ char *text = NULL;
		_cleanup_(cJSON_Deletep) cJSON *again = NULL;

		f.analysis.options.bound = bounds[i];
		text = print(inputs_document(&f.analysis, &err));
		assert_int_equal(json_parse(&again, text, strlen(text), &err), 0);
		assert_true(cJSON_GetNumberValue(
				json_get(json_object(again, "options"), "bound")) == bounds[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sbom_is_this_to_the_byte),
		cmocka_unit_test(only_what_was_used_is_listed),
		cmocka_unit_test(nothing_used_is_a_valid_empty_sbom),
		cmocka_unit_test(the_serial_number_follows_the_content),
		cmocka_unit_test(the_inputs_are_these_to_the_byte),
		cmocka_unit_test(the_bound_is_written_so_that_it_reads_back_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
