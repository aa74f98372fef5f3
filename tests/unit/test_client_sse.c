// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* Server-sent events come in any pieces; what is none is passed over, what is too long ends it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "server/client/sse.h"

struct heard {
	struct text text;
	int r; /* what the callback answers */
};

static int hear(void *ctx, const char *type, const char *data)
{
	struct heard *h = ctx;

	text_printf(&h->text, "[%s|%s]", type, data);
	return h->r;
}

/* The stream in pieces of that size: what is heard. */
static void assert_heard(const char *stream, size_t size, const char *want, const char *id)
{
	struct heard heard = {};
	struct sse sse = { .event = hear, .ctx = &heard };
	size_t len = strlen(stream);

	for (size_t at = 0; at < len; at += size)
		assert_int_equal(sse_take(&sse, stream + at, len - at < size ? len - at : size), 0);
	assert_string_equal(heard.text.bytes ? heard.text.bytes : "", want);
	assert_string_equal(sse.id, id);
	text_done(&heard.text);
	sse_done(&sse);
}

static void events_come_in_any_pieces(void **state)
{
	static const struct {
		const char *stream, *heard, *id;
	} cases[] = {
		{ "id: 7\nevent: phase\ndata: {\"a\":1}\n\n", "[phase|{\"a\":1}]", "7" },
		{ "id:7\r\ndata:x\r\n\r\nid:8\rdata:y\r\r", "[message|x][message|y]", "8" },
		{ "data: a\ndata: b\ndata:\n\n", "[message|a\nb\n]", "" },
		{ ": alive\n\nretry: 2000\n\ndata: x\n\n", "[message|x]", "" },
		{ "data\n\n", "[message|]", "" },
		{ "event: done\n\ndata: x\n\n", "[message|x]", "" },
		{ "id: 1\ndata: cut", "", "1" },
		{ "id: 1\nid: 2; evil: header\ndata: x\n\n", "[message|x]", "1" },
		{ "id: 99999999999999999999999999999999999999\ndata: x\n\n", "[message|x]", "" },
		{ "datum: y\n:\n\n\n\ndata:  two\n\n", "[message| two]", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		for (size_t size = 1; size < 40; size++)
			assert_heard(cases[i].stream, size, cases[i].heard, cases[i].id);
}

static void a_line_with_a_nul_is_no_line(void **state)
{
	struct heard heard = {};
	struct sse sse = { .event = hear, .ctx = &heard };

	(void)state;
	assert_int_equal(sse_take(&sse, "data: a\0b\ndata: c\n\n", 19), 0);
	assert_string_equal(heard.text.bytes, "[message|c]");
	text_done(&heard.text);
	sse_done(&sse);
}

static void what_never_ends_is_ended(void **state)
{
	char piece[1024];
	struct heard heard = {};
	struct sse sse = { .event = hear, .ctx = &heard };
	int r = 0;

	(void)state;
	memset(piece, 'x', sizeof(piece));
	for (int i = 0; r == 0 && i < 100; i++)
		r = sse_take(&sse, piece, sizeof(piece));
	assert_int_equal(r, -EMSGSIZE);
	sse_done(&sse);
	sse = (struct sse){ .event = hear, .ctx = &heard };
	for (r = 0; r == 0;)
		r = sse_take(&sse, "data: 0123456789012345678901234567890123456789\n", 47);
	assert_int_equal(r, -EMSGSIZE);
	sse_done(&sse);
}

static void who_hears_can_end_it(void **state)
{
	struct heard heard = { .r = -ECANCELED };
	struct sse sse = { .event = hear, .ctx = &heard };

	(void)state;
	assert_int_equal(sse_take(&sse, "data: x\n\ndata: y\n\n", 18), -ECANCELED);
	assert_string_equal(heard.text.bytes, "[message|x]");
	text_done(&heard.text);
	sse_done(&sse);
}

static void after_a_cut_the_next_begins_anew(void **state)
{
	struct heard heard = {};
	struct sse sse = { .event = hear, .ctx = &heard };

	(void)state;
	assert_int_equal(sse_take(&sse, "id: 3\nevent: done\ndata: ha", 26), 0);
	sse_restart(&sse);
	assert_int_equal(sse_take(&sse, "data: whole\n\n", 13), 0);
	assert_string_equal(heard.text.bytes, "[message|whole]");
	assert_string_equal(sse.id, "3");
	text_done(&heard.text);
	sse_done(&sse);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_come_in_any_pieces),
		cmocka_unit_test(a_line_with_a_nul_is_no_line),
		cmocka_unit_test(what_never_ends_is_ended),
		cmocka_unit_test(who_hears_can_end_it),
		cmocka_unit_test(after_a_cut_the_next_begins_anew),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
