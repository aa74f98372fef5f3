// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_product.c — the names and digests under which scanners know an image. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "analyzer/product.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void a_reference_gives_its_last_path_element(void **state)
{
	static const struct {
		const char *ref, *name;
	} cases[] = {
		{ "nginx", "nginx" },
		{ "nginx:1.25", "nginx" },
		{ "docker.io/library/nginx:1.25", "nginx" },
		{ "docker://reg.example:5000/a/B/Nginx@sha256:" HEX, "nginx" },
		{ "reg:5000/a/nginx:tag@sha256:" HEX, "nginx" },
		{ "oci:/var/lib/layout:web", "layout" },
		{ "oci-archive:./x/app.tar", "app" },
		{ "docker-archive:app.tar:app:1", "app" },
		{ "/x/y/app.tar", "app" },
		{ "oci:layout/", "layout" },
		{ "a b", "a-b" },
	};
	_cleanup_(arena_freep) struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(product_name_from_ref(cases[i].ref, arena), cases[i].name);
	assert_null(product_name_from_ref("", arena));
}

static void a_reference_of_a_registry_gives_its_repository(void **state)
{
	static const struct {
		const char *ref, *repository;
	} cases[] = {
		{ "reg.example:5000/a/b/web:1@sha256:" HEX, "reg.example:5000/a/b/web" },
		{ "localhost/web", "localhost/web" },
		{ "reg:5000/web", "reg:5000/web" },
		{ "docker://nginx:1.25", "index.docker.io/library/nginx" },
		{ "docker://team/web", "index.docker.io/team/web" },
		{ "docker.io/nginx", "index.docker.io/library/nginx" },
		{ "docker.io/library/nginx:1", "index.docker.io/library/nginx" },
		{ "index.docker.io/team/web", "index.docker.io/team/web" },
	};
	static const char *const none[] = {
		"nginx", "nginx:1.25",   "team/web:1",      "oci:a.b/web", "/x.y/app.tar", "./a",
		"",      "reg.example/", "reg.example/a b", "docker://",   "docker.io/"
	};
	_cleanup_(arena_freep) struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_string_equal(product_repository_from_ref(cases[i].ref, arena),
				    cases[i].repository);
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
		assert_null(product_repository_from_ref(none[i], arena));
}

static void digests_are_checked_sorted_and_unique(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct product product = {};
	struct err err = {};

	(void)state;
	assert_int_equal(product_add_digest(&product, "sha256:1" HEX, arena, &err), -EINVAL);
	assert_int_equal(product_add_digest(&product, "sha512:" HEX, arena, &err), -EINVAL);
	assert_int_equal(product_add_digest(&product, "SHA256:" HEX, arena, &err), -EINVAL);
	assert_non_null(strstr(err.text, "64 lower-case hex digits"));
	assert_int_equal(product_add_digest(&product, HEX, arena, &err), 0);
	assert_int_equal(product_add_digest(&product, "sha256:" HEX, arena, &err), 0);
	assert_int_equal(product.digest_count, 1);
	assert_string_equal(product.digests[0], "sha256:" HEX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_reference_gives_its_last_path_element),
		cmocka_unit_test(a_reference_of_a_registry_gives_its_repository),
		cmocka_unit_test(digests_are_checked_sorted_and_unique),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
