// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_purl.c — package URLs: the cases are data, among them the matrix of what each scanner takes for the image. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "analyzer/purl.h"

static void check_canonical(const char *place, const char *text, const char *want, bool bare)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct purl purl = {}, again = {};
	struct err err = {};
	const char *got;

	if (purl_parse(&purl, text, arena, &err) < 0)
		fail_msg("%s: %s", place, err.text);
	got = purl_format(&purl, bare, arena);
	if (strcmp(got, want))
		fail_msg("%s: '%s' became '%s', not '%s'", place, text, got, want);
	if (purl_parse(&again, got, arena, &err) < 0 ||
	    strcmp(purl_format(&again, bare, arena), got))
		fail_msg("%s: '%s' is not stable", place, got);
}

static void check_refused(const char *place, const char *text)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct purl purl = { .type = "untouched" };
	struct err err = {};

	if (purl_parse(&purl, text, arena, &err) != -EINVAL || !strstr(err.text, text))
		fail_msg("%s: '%s' was not refused by name: %s", place, text, err.text);
	assert_string_equal(purl.type, "untouched");
}

static void check_match(const char *place, const char *vex, const char *scanned, bool want)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct purl a, b;
	struct err err = {};

	if (purl_parse(&a, vex, arena, &err) < 0 || purl_parse(&b, scanned, arena, &err) < 0)
		fail_msg("%s: %s", place, err.text);
	if (purl_matches(&a, &b) != want)
		fail_msg("%s: '%s' %s '%s'", place, vex, want ? "misses" : "takes", scanned);
}

/* The lines that begin with one of `kinds`; returns how many there were. */
static int run_lines(const char *kinds)
{
	_cleanup_fclose_ FILE *file = fopen("tests/cases/purl.data", "r");
	char line[1024], place[64], kind, a[512], b[512];
	int n = 0, fields;

	assert_non_null(file);
	for (int no = 1; fgets(line, sizeof(line), file); no++) {
		snprintf(place, sizeof(place), "purl.data:%d", no);
		fields = sscanf(line, "%c %511s %511s", &kind, a, b);
		if (*line == '#' || !strchr(kinds, *line))
			continue;
		n++;
		if (fields != (kind == '!' ? 2 : 3))
			fail_msg("%s: not a case", place);
		if (kind == '!')
			check_refused(place, a);
		else if (kind == '=' || kind == 'b')
			check_canonical(place, a, b, kind == 'b');
		else
			check_match(place, a, b, kind == '+');
	}
	return n;
}

static void purls_have_one_canonical_text(void **state)
{
	(void)state;
	assert_true(run_lines("=b") > 30);
}

static void what_is_no_purl_is_refused_by_name(void **state)
{
	(void)state;
	assert_true(run_lines("!") > 20);
}

static void purls_match_as_in_the_scanners(void **state)
{
	(void)state;
	assert_true(run_lines("+-") > 40);
}

static void parts_are_decoded_and_absent_ones_are_null(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct purl p;

	(void)state;
	assert_int_equal(purl_parse(&p, "pkg:npm/%40a%40b/c@1%2B2?z=%26&a=%3d#d/%23e", arena, NULL),
			 0);
	assert_string_equal(p.namespace, "@a@b");
	assert_string_equal(p.name, "c");
	assert_string_equal(p.version, "1+2");
	assert_int_equal(p.qualifier_count, 2);
	assert_string_equal(p.keys[0], "a");
	assert_string_equal(purl_qualifier(&p, "a"), "=");
	assert_string_equal(purl_qualifier(&p, "z"), "&");
	assert_null(purl_qualifier(&p, "b"));
	assert_string_equal(p.subpath, "d/#e");
	assert_int_equal(purl_parse(&p, "pkg:npm/c", arena, NULL), 0);
	assert_null(p.namespace);
	assert_null(p.version);
	assert_null(p.subpath);
	assert_int_equal(p.qualifier_count, 0);
}

static void oversized_purls_are_refused(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	char text[PURL_TEXT_MAX + 2];
	struct err err = {};
	struct purl p;
	size_t len;

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "pkg:npm/", 8);
	text[PURL_TEXT_MAX] = '\0';
	assert_int_equal(purl_parse(&p, text, arena, &err), 0);
	text[PURL_TEXT_MAX] = 'a';
	text[PURL_TEXT_MAX + 1] = '\0';
	assert_int_equal(purl_parse(&p, text, arena, &err), -EINVAL);
	assert_non_null(strstr(err.text, "longer than 4096 bytes"));
	len = (size_t)snprintf(text, sizeof(text), "pkg:npm/a?");
	for (int i = 0; i <= PURL_QUALIFIERS_MAX; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "k%d=1&", i);
	assert_int_equal(purl_parse(&p, text, arena, &err), -EINVAL);
	assert_non_null(strstr(err.text, "more than 64 qualifiers"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(purls_have_one_canonical_text),
		cmocka_unit_test(what_is_no_purl_is_refused_by_name),
		cmocka_unit_test(purls_match_as_in_the_scanners),
		cmocka_unit_test(parts_are_decoded_and_absent_ones_are_null),
		cmocka_unit_test(oversized_purls_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
