// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_verify.c — a signed result before clocks that are right and wrong; what is signed follows from the files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "analyzer/attestation.h"
#include "analyzer/file.h"
#include "analyzer/scratch.h"
#include "analyzer/verify.h"

#define TIME_SIGNED 1700000000 /* of the golden documents */

/* The golden documents in a directory of their own, signed. */
struct fixture {
	struct scratch scratch;
	struct attestation_file files[4];
	char *paths[4];
	struct key *key;
};

static void copy_golden(struct fixture *f, size_t i, const char *name)
{
	char from[128];
	_cleanup_free_ char *text = NULL;
	size_t len;

	snprintf(from, sizeof(from), "tests/golden/%s", name);
	assert_true(asprintf(&f->paths[i], "%s/%s", f->scratch.dir, name) > 0);
	assert_int_equal(file_read(&text, &len, from, 1 << 20, NULL), 0);
	assert_int_equal(file_write(f->paths[i], text, len, NULL), 0);
	f->files[i] = (struct attestation_file){ name, f->paths[i] };
}

static void sign(struct fixture *f)
{
	_cleanup_(attestation_done) struct attestation attestation = {};
	struct staging staging = {};

	assert_int_equal(attestation_make(&attestation, f->files, 4, ATTESTATION_PREDICATE, NULL),
			 0);
	snprintf(staging.dir, sizeof(staging.dir), "%s", f->scratch.dir);
	assert_int_equal(attestation_sign(&attestation, f->key, &staging, NULL), 0);
}

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	assert_int_equal(scratch_open(&f->scratch, NULL), 0);
	assert_int_equal(key_generate(&f->key, KEY_ED25519, NULL), 0);
	copy_golden(f, 0, "vex.openvex.json");
	copy_golden(f, 1, "report.json");
	copy_golden(f, 2, "inputs.json");
	copy_golden(f, 3, "sbom.filtered.cdx.json");
	sign(f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	key_free(f->key);
	for (size_t i = 0; i < 4; i++)
		free(f->paths[i]);
	scratch_done(&f->scratch);
	free(f);
	return 0;
}

static struct verification *verified(const struct fixture *f, time_t now)
{
	struct verify_options options = { .path = f->scratch.dir, .key = f->key, .now = now };
	struct verification *v = NULL;

	assert_int_equal(verify_run(&v, &options, NULL), 0);
	return v;
}

static bool has(const struct verification *v, bool fault, const char *text)
{
	for (size_t i = 0; i < v->count; i++)
		if (v->items[i].is_fault == fault && strstr(v->items[i].text, text))
			return true;
	return false;
}

static void a_signed_result_holds(void **state)
{
	_cleanup_(verification_freep) struct verification *v = verified(*state, TIME_SIGNED + 60);

	if (v->fault_count)
		fail_msg("%s: %s", v->items[0].file, v->items[0].text);
	assert_int_equal(v->signatures, 4);
	assert_int_equal(v->files, 4);
	assert_int_equal(v->statements, 4);
}

static void a_clock_in_1970_is_a_fault(void **state)
{
	_cleanup_(verification_freep) struct verification *v = verified(*state, 60);

	assert_true(v->fault_count > 0);
	assert_true(has(v, true, "which is in the future here"));
}

static void a_clock_that_is_a_little_behind_is_not(void **state)
{
	_cleanup_(verification_freep) struct verification *v = verified(*state, TIME_SIGNED - 3600);

	assert_int_equal(v->fault_count, 0);
}

static void what_has_expired_is_noted(void **state)
{
	_cleanup_(verification_freep) struct verification *v =
	    verified(*state, TIME_SIGNED + 365 * 86400);

	assert_int_equal(v->fault_count, 0);
	assert_true(has(v, false, "have expired"));
}

static void the_order_of_the_files_does_not_matter(void **state)
{
	struct fixture *f = *state;
	const struct attestation_file backward[] = { f->files[3], f->files[2], f->files[1],
						     f->files[0] };
	_cleanup_(attestation_done) struct attestation a = {}, b = {};

	assert_int_equal(attestation_make(&a, f->files, 4, ATTESTATION_PREDICATE, NULL), 0);
	assert_int_equal(attestation_make(&b, backward, 4, ATTESTATION_PREDICATE, NULL), 0);
	assert_int_equal(a.count, 3);
	for (size_t i = 0; i < a.count; i++)
		assert_string_equal(a.items[i].text, b.items[i].text);
}

static void without_a_document_there_are_two_statements(void **state)
{
	struct fixture *f = *state;
	_cleanup_(attestation_done) struct attestation a = {};
	struct err err = {};

	assert_int_equal(attestation_make(&a, f->files + 1, 3, ATTESTATION_PREDICATE, NULL), 0);
	assert_int_equal(a.count, 2);
	assert_int_equal(attestation_make(&a, f->files + 2, 2, ATTESTATION_PREDICATE, &err),
			 -ENOENT);
	assert_non_null(strstr(err.text, "report.json"));
}

static void only_openvex_is_a_vex_type(void **state)
{
	(void)state;
	assert_true(attestation_is_vex_type("https://openvex.dev/ns"));
	assert_true(attestation_is_vex_type("https://openvex.dev/ns/v0.2.0"));
	assert_false(attestation_is_vex_type("https://openvex.dev/ns/"));
	assert_false(attestation_is_vex_type("https://openvex.dev/nsx"));
	assert_false(attestation_is_vex_type("https://openvex.dev/ns/v 1"));
	assert_false(attestation_is_vex_type(""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_signed_result_holds, setup, teardown),
		cmocka_unit_test_setup_teardown(a_clock_in_1970_is_a_fault, setup, teardown),
		cmocka_unit_test_setup_teardown(a_clock_that_is_a_little_behind_is_not, setup,
						teardown),
		cmocka_unit_test_setup_teardown(what_has_expired_is_noted, setup, teardown),
		cmocka_unit_test_setup_teardown(the_order_of_the_files_does_not_matter, setup,
						teardown),
		cmocka_unit_test_setup_teardown(without_a_document_there_are_two_statements, setup,
						teardown),
		cmocka_unit_test(only_openvex_is_a_vex_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
