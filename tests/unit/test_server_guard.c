// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* Requests that two readers could frame differently. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "server/guard.h"

static struct header make(const char *name, const char *value)
{
	return (struct header){ name, value, strlen(name), strlen(value) };
}

static int guard(const char *uri, bool is_11, const struct header *headers, size_t count,
		 int64_t *length)
{
	const struct guarded guarded = { is_11, uri, headers, count, "GET" };
	struct err err = {};
	int r = guard_check(&guarded, length, &err);

	assert_true(r == 0 || err.text[0]);
	return r;
}

static void an_ordinary_request_passes_with_its_length(void **state)
{
	const struct header headers[] = { make("Host", "a"), make("Content-Length", "12") };
	int64_t length;

	(void)state;
	assert_int_equal(guard("/a/b?c=%20d", true, headers, 2, &length), 0);
	assert_int_equal(length, 12);
	assert_int_equal(guard("/", false, NULL, 0, &length), 0);
	assert_int_equal(length, -1);
}

static void what_can_be_framed_in_two_ways_is_refused(void **state)
{
	static const char *const pairs[][4] = {
		{ "Content-Length", "1", "Content-Length", "2" },
		{ "Content-Length", "1", "content-length", "1" },
		{ "Content-Length", "1", "Transfer-Encoding", "chunked" },
		{ "Transfer-Encoding", "chunked", "Transfer-Encoding", "chunked" },
		{ "Transfer-Encoding", "gzip, chunked", "X", "y" },
		{ "Transfer-Encoding", "identity", "X", "y" },
		{ "Content-Length", "+1", "X", "y" },
		{ "Content-Length", "1 ", "X", "y" },
		{ "Content-Length", "", "X", "y" },
		{ "Content-Length", "9999999999999999999", "X", "y" },
		{ "Host", "b", "X", "y" },
		{ "Authorization", "a", "Authorization", "b" },
		{ "Content-Length ", "1", "X", "y" },
		{ "a\x01", "1", "X", "y" },
		{ "", "1", "X", "y" },
		{ "a", "b\x01", "X", "y" },
		{ "a:b", "1", "X", "y" },
	};
	int64_t length;

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		const struct header headers[] = { make("Host", "a"), make(pairs[i][0], pairs[i][1]),
						  make(pairs[i][2], pairs[i][3]) };

		assert_int_equal(guard("/", true, headers, 3, &length), -EBADMSG);
	}
}

static void a_host_is_needed_in_http_11(void **state)
{
	int64_t length;

	(void)state;
	assert_int_equal(guard("/", true, NULL, 0, &length), -EBADMSG);
}

static void a_path_of_odd_bytes_is_refused(void **state)
{
	static const char *const paths[] = { "a",         "ftp://a/", "/a%00b", "/a b",
					     "/a\x7f",    "/a\tb",    "/a#b",   "*",
					     "",          "http:/a/", "http:",  "http://a/%00",
					     "http://a/#" };
	const struct header host = make("Host", "a");
	int64_t length;

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		assert_int_equal(guard(paths[i], true, &host, 1, &length), -EBADMSG);
}

static void a_whole_url_passes_where_it_names_the_host_of_the_header(void **state)
{
	static const struct {
		const char *host, *uri;
		int result;
	} cases[] = {
		{ "a", "http://a/b?c=d", 0 },         { "a:80", "HTTPS://A:80", 0 },
		{ "[::1]:8", "http://[::1]:8?c", 0 }, { "a", "http://b/", -EBADMSG },
		{ "a", "http://a:80/", -EBADMSG },    { "a", "http://x@a/", -EBADMSG },
		{ "a", "http://ab/", -EBADMSG },      { "ab", "http://a/", -EBADMSG },
		{ "", "http:///", -EBADMSG },         { "a", "http://", -EBADMSG },
	};
	int64_t length;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct header host = make("Host", cases[i].host);

		assert_int_equal(guard(cases[i].uri, true, &host, 1, &length), cases[i].result);
	}
	/* Nobody but the header says who is meant. */
	assert_int_equal(guard("http://a/", false, NULL, 0, &length), -EBADMSG);
}

static void of_a_whole_url_the_path_is_taken(void **state)
{
	static const char *const cases[][3] = {
		{ "http://a/b%41?c=http://d/e", "/bA", "http://d/e" },
		{ "https://a:1?c=f", "/", "f" },
		{ "HTTP://a", "/", NULL },
		{ "http://a//b", "//b", NULL },
		{ "/http://a/b?c=g", "/http://a/b", "g" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct request request = { .upload.fd = -1, .reply.fd = -1 };
		struct err err = {};

		request.uri = strdup(cases[i][0]);
		assert_non_null(request.uri);
		assert_int_equal(request_split(&request, &err), 0);
		assert_string_equal(request.uri, cases[i][1]);
		if (cases[i][2])
			assert_string_equal(request_query(&request, "c"), cases[i][2]);
		else
			assert_null(request_query(&request, "c"));
		request_done(&request);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ordinary_request_passes_with_its_length),
		cmocka_unit_test(what_can_be_framed_in_two_ways_is_refused),
		cmocka_unit_test(a_host_is_needed_in_http_11),
		cmocka_unit_test(a_path_of_odd_bytes_is_refused),
		cmocka_unit_test(a_whole_url_passes_where_it_names_the_host_of_the_header),
		cmocka_unit_test(of_a_whole_url_the_path_is_taken),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
