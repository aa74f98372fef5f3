// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_iri.c — absolute identifiers of RFC 3986 and RFC 3987. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/iri.h"

static void absolute_identifiers_are_taken(void **state)
{
	static const char *const cases[] = {
		"https://openvex.dev/ns/v0.2.0",
		"urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79",
		"pkg:oci/nginx@sha256:abc?repository_url=reg:5000/a",
		"pkg:deb/debian/libc6@1%3A2.36-9%2Bdeb12u3",
		"a:",
		"a://",
		"a:b?c#d",
		"http://user:pw@host:80/path;x=1/(a)?q=/?#f/?",
		"http://[::1]:8001/",
		"http://[v1.a:b]/",
		"http://ex\xc3\xa4mple.example/\xe2\x82\xac",
		"http://x/?q=\xee\x80\x80",
		"mailto:a@b.example",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_true(iri_is_valid(cases[i]));
}

static void what_is_relative_or_out_of_grammar_is_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"a",
		"/a",
		"//host/a",
		":a",
		"1a:b",
		"a b:c",
		"http://a b/",
		"http://a/%4",
		"http://a/%zz",
		"http://a/<x>",
		"http://a/\"",
		"http://a/{x}",
		"http://a/|",
		"http://a/\\",
		"http://a/^",
		"http://a/`",
		"http://a/[x]",
		"http://[::1",
		"http://[1]/",
		"http://[::1]x/",
		"http://[v1]/",
		"http://a:b/",
		"http://a@b@c/",
		"a:b#c#d",
		"http://x/\xee\x80\x80",
		"http://x/\xef\xbf\xbe",
		"http://x/\xf0\x9f\xbf\xbe",
		"http://x/\xc2\x80",
		"http://x/\x01",
		"govulncheck/vex:abc",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_false(iri_is_valid(cases[i]));
}

static void a_uri_is_ascii_and_a_url_has_a_host(void **state)
{
	(void)state;
	assert_true(uri_is_valid("http://x/%C3%A4"));
	assert_false(uri_is_valid("http://x/\xc3\xa4"));
	assert_true(iri_is_url("https://nvd.nist.gov/vuln/detail/CVE-2024-1"));
	assert_true(iri_is_url("HTTP://x"));
	assert_false(iri_is_url("https://"));
	assert_false(iri_is_url("https:///x"));
	assert_false(iri_is_url("ftp://x/"));
	assert_false(iri_is_url("https://x/ y"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(absolute_identifiers_are_taken),
		cmocka_unit_test(what_is_relative_or_out_of_grammar_is_refused),
		cmocka_unit_test(a_uri_is_ascii_and_a_url_has_a_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
