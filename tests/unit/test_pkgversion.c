// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_pkgversion.c — versions in the order of each ecosystem; the cases are data, dpkg itself is the second opinion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "analyzer/pkgversion.h"

static int sign(int v)
{
	return (v > 0) - (v < 0);
}

static void expect(const char *place, const char *type, const char *a, char relation, const char *b)
{
	int want = relation == '<' ? -1 : 0, got = 99;

	if (pkgversion_compare(&got, type, a, b) < 0 || sign(got) != want)
		fail_msg("%s: %s '%s' %c '%s' (got %d)", place, type, a, relation, b, got);
	if (pkgversion_compare(&got, type, b, a) < 0 || sign(got) != -want)
		fail_msg("%s: %s '%s' %c '%s' is not antisymmetric (%d)", place, type, a, relation,
			 b, got);
	if (pkgversion_compare(&got, type, a, a) < 0 || got != 0)
		fail_msg("%s: %s '%s' is not equal to itself", place, type, a);
}

static void expect_none(const char *place, const char *type, const char *text, const char *good)
{
	int got = 99;

	if (pkgversion_compare(&got, type, text, good) != -EINVAL || got != 99)
		fail_msg("%s: %s '%s' was taken for a version", place, type, text);
	assert_int_equal(pkgversion_compare(&got, type, good, text), -EINVAL);
}

/* Every line of the file is a case; returns how many there were. */
static int run_file(const char *path, const char *type, const char *good)
{
	_cleanup_fclose_ FILE *file = fopen(path, "r");
	char line[256], place[300], a[128], b[128], relation;
	int n = 0;

	if (!file)
		fail_msg("cannot open %s", path);
	for (int no = 1; fgets(line, sizeof(line), file); no++) {
		line[strcspn(line, "\n")] = '\0';
		snprintf(place, sizeof(place), "%s:%d", path, no);
		if (!*line || *line == '#')
			continue;
		n++;
		if (*line == '!')
			expect_none(place, type, line[1] ? line + 2 : "", good);
		else if (sscanf(line, "%127s %c %127s", a, &relation, b) == 3)
			expect(place, type, a, relation, b);
		else
			fail_msg("%s: not a case: %s", place, line);
	}
	return n;
}

static void debian_versions_sort_by_policy(void **state)
{
	(void)state;
	assert_true(run_file("tests/cases/version-deb.data", "deb", "1.0-1") > 40);
}

static void rpm_versions_sort_by_rpmvercmp(void **state)
{
	(void)state;
	assert_true(run_file("tests/cases/version-rpm.data", "rpm", "1.0-1") > 35);
}

static void alpine_versions_sort_by_apk_tools(void **state)
{
	(void)state;
	assert_true(run_file("tests/cases/version-apk.data", "apk", "1.0-r1") > 50);
}

static void python_versions_sort_by_pep_440(void **state)
{
	(void)state;
	assert_true(run_file("tests/cases/version-pypi.data", "pypi", "1.0") > 45);
}

static void npm_and_cargo_versions_sort_by_semver(void **state)
{
	(void)state;
	assert_true(run_file("tests/cases/version-semver.data", "npm", "1.0.0") > 30);
	assert_true(run_file("tests/cases/version-semver.data", "cargo", "1.0.0") > 30);
}

static void go_versions_may_begin_with_v(void **state)
{
	(void)state;
	assert_true(run_file("tests/cases/version-golang.data", "golang", "v1.0.0") > 15);
}

static void other_types_and_oversized_texts_decide_nothing(void **state)
{
	static char longer[PKGVERSION_TEXT_MAX + 2];
	int got = 7;

	(void)state;
	memset(longer, '1', sizeof(longer) - 1);
	assert_int_equal(pkgversion_compare(&got, "maven", "1", "2"), -ENOTSUP);
	assert_int_equal(pkgversion_compare(&got, "", "1", "2"), -ENOTSUP);
	assert_int_equal(pkgversion_compare(&got, "deb", longer, "2"), -EINVAL);
	assert_int_equal(pkgversion_compare(&got, "deb", NULL, "2"), -EINVAL);
	assert_int_equal(got, 7);
}

/* Like rand_r, but the same on every C library: the cases must be the same everywhere. */
static unsigned next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 16;
}

static void random_part(char *ret, uint32_t *seed, const char *alphabet, unsigned max)
{
	unsigned n = next_random(seed) % max + 1;

	for (unsigned i = 0; i < n; i++)
		ret[i] = alphabet[next_random(seed) % strlen(alphabet)];
	ret[n] = '\0';
}

static void random_deb(char ret[64], uint32_t *seed)
{
	char upstream[24], revision[12];

	random_part(upstream, seed, "0012.~+ab", 6);
	random_part(revision, seed, "012.~+a", 4);
	snprintf(ret, 64, "%s%u%s%s%s", next_random(seed) % 4 ? "" : "1:", next_random(seed) % 3,
		 upstream, next_random(seed) % 2 ? "-" : "", revision);
}

static bool dpkg_agrees(const char *a, const char *relation, const char *b)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		execlp("dpkg", "dpkg", "--compare-versions", a, relation, b, NULL);
		_exit(127);
	}
	assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void random_debian_versions_compare_as_dpkg_says(void **state)
{
	uint32_t seed = 20240607;
	int got;

	(void)state;
	if (!dpkg_agrees("1", "lt", "2")) {
		if (getenv("CI"))
			fail_msg("dpkg is not installed");
		skip();
	}
	for (int i = 0; i < 400; i++) {
		char a[64], b[64];

		random_deb(a, &seed);
		random_deb(b, &seed);
		assert_int_equal(pkgversion_compare(&got, "deb", a, b), 0);
		if (!dpkg_agrees(a, got < 0 ? "lt" : got > 0 ? "gt" : "eq", b))
			fail_msg("dpkg does not say '%s' %s '%s'", a,
				 got < 0   ? "lt"
				 : got > 0 ? "gt"
					   : "eq",
				 b);
	}
}

static void random_pieces(char ret[64], uint32_t *seed, const char *core,
			  const char *const pieces[10])
{
	unsigned n = next_random(seed) % 4;

	snprintf(ret, 64, "%u%s", next_random(seed) % 3, core);
	for (unsigned i = 0; i < n; i++) {
		size_t len = strlen(ret);

		snprintf(ret + len, 64 - len, "%s", pieces[next_random(seed) % 10]);
	}
}

/* What sorting relies on: a <= b and b <= c make a <= c, for every rule. */
static void the_order_is_transitive(void **state)
{
	static const struct {
		const char *type, *core, *pieces[10];
	} rules[] = {
		{ "deb", "", { "~", "+b1", ".0", "-1", ".10", "a", "~rc1", "-0", "~~", "+" } },
		{ "rpm", "", { "~rc1", "^git1", ".0", "^", ".10", "a", "_2", "~", "b", "^1~a" } },
		{ "apk", "", { ".0", ".09", ".9", "a", "_rc", "_p1", "-r0", "-r1", ".10", "~ab" } },
		{ "pypi",
		  "",
		  { ".0", "a1", "rc1", ".post1", ".dev1", "+1", "+a.1", ".1", "b", "-1" } },
		{ "npm",
		  ".1.0",
		  { "-rc", ".1", "-1", "-a", ".2", "+x", "-rc.1", ".b", "-0", ".10" } },
	};
	uint32_t seed = 7;

	(void)state;
	for (size_t r = 0; r < sizeof(rules) / sizeof(*rules); r++) {
		int tried = 0;

		for (int i = 0; i < 60000; i++) {
			const char *type = rules[r].type;
			char v[3][64];
			int ab, bc, ac;

			for (int k = 0; k < 3; k++)
				random_pieces(v[k], &seed, rules[r].core, rules[r].pieces);
			if (pkgversion_compare(&ab, type, v[0], v[1]) < 0 || ab > 0 ||
			    pkgversion_compare(&bc, type, v[1], v[2]) < 0 || bc > 0)
				continue;
			tried++;
			assert_int_equal(pkgversion_compare(&ac, type, v[0], v[2]), 0);
			if (ac > 0 || (ac == 0 && (ab < 0 || bc < 0)))
				fail_msg("%s: '%s' '%s' '%s'", type, v[0], v[1], v[2]);
		}
		assert_true(tried > 200);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(debian_versions_sort_by_policy),
		cmocka_unit_test(rpm_versions_sort_by_rpmvercmp),
		cmocka_unit_test(alpine_versions_sort_by_apk_tools),
		cmocka_unit_test(python_versions_sort_by_pep_440),
		cmocka_unit_test(npm_and_cargo_versions_sort_by_semver),
		cmocka_unit_test(go_versions_may_begin_with_v),
		cmocka_unit_test(other_types_and_oversized_texts_decide_nothing),
		cmocka_unit_test(random_debian_versions_compare_as_dpkg_says),
		cmocka_unit_test(the_order_is_transitive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
