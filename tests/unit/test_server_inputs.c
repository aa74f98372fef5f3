// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* What is uploaded: documents of the kind, whole, and of a size that the analysis reads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <zlib.h>

#include "server/input_check.h"

#define BOM "{\"bomFormat\":\"CycloneDX\",\"components\":[]}"
#define OSV "{\"id\":\"CVE-1\",\"affected\":[]}"

static char path[] = "/tmp/vexxy-input.XXXXXX";

static int setup(void **state)
{
	(void)state;
	return mkstemp(path) < 0;
}

static int teardown(void **state)
{
	(void)state;
	return unlink(path);
}

/* The format, or "". */
static const char *look(const char *kind, int want)
{
	const char *format = "";
	struct err err = {};
	int r = input_check(&format, kind, path, &err);

	if (r != want)
		fail_msg("%s: %d instead of %d: %s", kind, r, want, err.text);
	assert_true(r == 0 || err.text[0]);
	return r == 0 ? format : "";
}

static void put(const char *bytes, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

static void put_packed(const char *text, size_t spaces)
{
	gzFile file = gzopen(path, "wb1");
	char blank[4096];

	assert_non_null(file);
	memset(blank, ' ', sizeof(blank));
	assert_true(gzputs(file, text) > 0);
	for (unsigned n = 0; spaces; spaces -= n) {
		n = spaces < sizeof(blank) ? (unsigned)spaces : sizeof(blank);
		assert_int_equal(gzwrite(file, blank, n), n);
	}
	assert_int_equal(gzclose(file), Z_OK);
}

static void whole_documents_of_the_kind_are_taken(void **state)
{
	static const struct {
		const char *kind, *text, *format;
	} cases[] = {
		{ "sbom", BOM, "cyclonedx" },
		{ "sbom", " " BOM "\n", "cyclonedx" },
		{ "vulnerabilities", BOM, "cyclonedx" },
		{ "sbom", "\xef\xbb\xbf" BOM, "cyclonedx" },
		{ "sbom", "{\"spdxVersion\":\"SPDX-2.3\"}", "spdx" },
		{ "sbom", "SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\n", "spdx" },
		{ "sbom", "{\"artifacts\":[]}", "syft" },
		{ "vulnerabilities", "{\"matches\":[]}", "grype" },
		{ "vulnerabilities", "{\"Results\":[]}", "trivy" },
		{ "vulnerabilities", OSV, "osv" },
		{ "advisories", OSV "\n" OSV "\n", "osv" },
		{ "advisories", "[" OSV "," OSV "]", "osv" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		put(cases[i].text, strlen(cases[i].text));
		assert_string_equal(look(cases[i].kind, 0), cases[i].format);
		put_packed(cases[i].text, 0);
		assert_string_equal(look(cases[i].kind, 0), "gzip");
	}
}

static void what_is_none_or_is_cut_off_is_refused(void **state)
{
	static const struct {
		const char *kind, *text;
	} cases[] = {
		{ "sbom", "" },
		{ "sbom", "hello" },
		{ "sbom", "{}" },
		{ "sbom", OSV },
		{ "sbom", BOM BOM },
		{ "sbom", BOM "x" },
		{ "sbom", "{\"bomFormat\":\"CycloneDX\",\"components\":[" },
		{ "sbom", "{\"bomFormat\":\"CycloneDX\",\"name\":\"\xff\"}" },
		{ "sbom", "{\"spdxVersion\":\"SPDX-2.3\"" },
		{ "advisories", "{\"matches\":[]}" },
		{ "advisories", OSV "\n{\"id\":" },
		{ "vulnerabilities", "{\"matches\":[" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		put(cases[i].text, strlen(cases[i].text));
		look(cases[i].kind, -EBADMSG);
	}
	put(BOM "\0", sizeof(BOM));
	look("sbom", -EBADMSG);
}

/* Scanners say what they are at either end. */
static void a_large_document_is_known_by_its_end(void **state)
{
	char *text = malloc(700000);

	(void)state;
	assert_non_null(text);
	for (size_t len = 131000; len < 600000; len += 32768) {
		memset(text, ' ', len);
		text[0] = '{';
		strcpy(text + len, "\"matches\":[]}");
		put(text, strlen(text));
		assert_string_equal(look("vulnerabilities", 0), "grype");
		put_packed(text, 0);
		assert_string_equal(look("vulnerabilities", 0), "gzip");
	}
	free(text);
}

static void a_bomb_is_refused(void **state)
{
	(void)state;
	put_packed(BOM, 127u << 20);
	assert_string_equal(look("sbom", 0), "gzip");
	put_packed(BOM, 128u << 20);
	look("sbom", -EFBIG);
	assert_string_equal(look("vulnerabilities", 0), "gzip");
}

static void broken_gzip_is_refused(void **state)
{
	char bytes[512];
	size_t len;
	FILE *file;

	(void)state;
	put_packed("hello", 5000);
	look("sbom", -EBADMSG);
	put_packed(BOM, 5000);
	file = fopen(path, "r");
	assert_non_null(file);
	len = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	assert_true(len > 20 && len < sizeof(bytes));
	put(bytes, len);
	assert_string_equal(look("sbom", 0), "gzip");
	for (size_t cut = 3; cut < len; cut++) {
		put(bytes, cut);
		look("sbom", -EBADMSG);
	}
	bytes[len - 6] ^= 1; /* its checksum */
	put(bytes, len);
	look("sbom", -EBADMSG);
}

static void an_archive_is_what_its_directory_says(void **state)
{
	/* One stored file "a" of one byte; its size stands at 24 of the directory's entry. */
	unsigned char zip[] = "PK\3\4\24\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0ax"
			      "PK\1\2\24\0\24\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\1\0\0\0\1\0\0\0"
			      "\0\0\0\0\0\0\0\0\0\0\0\0\0\0a"
			      "PK\5\6\0\0\0\0\1\0\1\0\57\0\0\0\40\0\0\0\0\0";
	const size_t len = sizeof(zip) - 1;

	(void)state;
	assert_int_equal(len, 32 + 47 + 22);
	put((const char *)zip, len);
	assert_string_equal(look("vulnerabilities", 0), "zip");
	look("sbom", -EBADMSG);
	for (size_t cut = 5; cut < len; cut++) {
		put((const char *)zip, cut);
		look("advisories", -EBADMSG);
	}
	put("PK\3\4 of zip64 PK\6\7\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0"
	    "PK\5\6\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\0",
	    14 + 20 + 22);
	assert_string_equal(look("vulnerabilities", 0), "zip");
	zip[32 + 24 + 3] = 0x10; /* 256 MiB */
	put((const char *)zip, len);
	look("advisories", -EFBIG);
	zip[32 + 24 + 3] = 0;
	zip[32 + 28 + 1] = 0xff; /* a name that is longer than the archive */
	put((const char *)zip, len);
	look("advisories", -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_documents_of_the_kind_are_taken),
		cmocka_unit_test(what_is_none_or_is_cut_off_is_refused),
		cmocka_unit_test(a_large_document_is_known_by_its_end),
		cmocka_unit_test(a_bomb_is_refused),
		cmocka_unit_test(broken_gzip_is_refused),
		cmocka_unit_test(an_archive_is_what_its_directory_says),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
