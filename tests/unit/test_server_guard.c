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
	static const char *const paths[] = { "a",     "http://x/", "/a%00b", "/a b", "/a\x7f",
					     "/a\tb", "/a#b",      "*",      "" };
	const struct header host = make("Host", "a");
	int64_t length;

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		assert_int_equal(guard(paths[i], true, &host, 1, &length), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_ordinary_request_passes_with_its_length),
		cmocka_unit_test(what_can_be_framed_in_two_ways_is_refused),
		cmocka_unit_test(a_host_is_needed_in_http_11),
		cmocka_unit_test(a_path_of_odd_bytes_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
