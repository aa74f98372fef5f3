// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_sbom.c — three ways to say what is in an image. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "analyzer/sbom.h"

static struct sbom *parsed(const char *text)
{
	struct sbom *sbom = NULL;
	struct err err = {};

	if (sbom_parse(&sbom, text, strlen(text), &err) < 0)
		fail_msg("%s", err.text);
	return sbom;
}

static void syft_artifacts_are_components(void **state)
{
	_cleanup_(sbom_freep) struct sbom *sbom = parsed(
	    "{\"schema\":{\"url\":\"https://raw.githubusercontent.com/anchore/syft/x.json\"},"
	    "\"artifacts\":[{\"name\":\"zlib1g\",\"version\":\"1:1.2.13\",\"purl\":\"pkg:deb/"
	    "debian/"
	    "zlib1g@1%3A1.2.13\",\"locations\":[{\"path\":\"/var/lib/dpkg/status\"}]},"
	    "{\"name\":\"bash\",\"version\":\"5\"},{\"version\":\"nameless\"}]}");

	(void)state;
	assert_string_equal(sbom->format, "syft");
	assert_int_equal(sbom->component_count, 2);
	assert_string_equal(sbom->components[0].name, "bash");
	assert_null(sbom->components[0].purl);
	assert_string_equal(sbom->components[1].location, "/var/lib/dpkg/status");
}

static void cyclonedx_components_nest_and_files_are_none(void **state)
{
	_cleanup_(sbom_freep) struct sbom *sbom =
	    parsed("{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\",\"components\":["
		   "{\"type\":\"library\",\"group\":\"@a\",\"name\":\"b\",\"version\":\"1\","
		   "\"components\":["
		   "{\"type\":\"library\",\"name\":\"inner\",\"version\":\"2\"},"
		   "{\"type\":\"file\",\"name\":\"/x\"}]},"
		   "{\"type\":\"operating-system\",\"name\":\"debian\"},"
		   "{\"type\":\"library\",\"name\":\"inner\",\"version\":\"2\"}]}");

	(void)state;
	assert_int_equal(sbom->component_count, 2);
	assert_string_equal(sbom->components[0].name, "@a/b");
	assert_string_equal(sbom->components[1].name, "inner");
}

static void spdx_packages_without_the_image_itself(void **state)
{
	_cleanup_(sbom_freep) struct sbom *sbom =
	    parsed("{\"spdxVersion\":\"SPDX-2.3\",\"packages\":[{\"name\":\"img\","
		   "\"primaryPackagePurpose\":"
		   "\"CONTAINER\"},{\"name\":\"xz\",\"versionInfo\":\"5\",\"externalRefs\":["
		   "{\"referenceType\":\"cpe23Type\",\"referenceLocator\":\"cpe\"},"
		   "{\"referenceType\":\"purl\",\"referenceLocator\":\"pkg:deb/debian/xz@5\"}]}]}");

	(void)state;
	assert_int_equal(sbom->component_count, 1);
	assert_string_equal(sbom->components[0].purl, "pkg:deb/debian/xz@5");
}

static void what_is_no_sbom_is_refused(void **state)
{
	struct sbom *sbom = NULL;
	struct err err = {};

	(void)state;
	assert_int_equal(sbom_parse(&sbom, "{\"matches\":[]}", 14, &err), -EINVAL);
	assert_non_null(strstr(err.text, "is no SBOM known here"));
	assert_null(sbom);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(syft_artifacts_are_components),
		cmocka_unit_test(cyclonedx_components_nest_and_files_are_none),
		cmocka_unit_test(spdx_packages_without_the_image_itself),
		cmocka_unit_test(what_is_no_sbom_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
