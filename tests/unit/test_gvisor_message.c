// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_gvisor_message.c — messages of gVisor's remote sink: what is taken from good ones, and what is wrong with others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "agent/gvisor_message.h"
#include "agent/protobuf.h"
#include "tests/unit/gvisor_fixture.h"

static void is_text(struct gvisor_text text, const char *expected)
{
	assert_int_equal(text.len, strlen(expected));
	assert_memory_equal(text.bytes, expected, text.len);
}

static void an_open_tells_its_name_directory_and_result(void **state)
{
	struct packet p = begin_packet(GVISOR_OPEN, 7);
	struct gvisor_message m;
	struct err err = {};

	(void)state;
	put_context(&p, 1000, 42);
	put_exit(&p, 3, 0);
	put_number(&p, 3, 257);
	put_number(&p, 4, (uint64_t)-100);
	put_text(&p, 5, "/srv");
	put_text(&p, 6, "../etc/passwd");
	put_number(&p, 7, 02000000);
	put_text(&p, 99, "of a newer version");
	assert_int_equal(gvisor_message_parse(&m, p.bytes, p.len, &err), 0);
	assert_int_equal(m.type, GVISOR_OPEN);
	assert_int_equal(m.dropped, 7);
	assert_int_equal(m.time_ns, 1000);
	assert_int_equal(m.tgid, 42);
	is_text(m.container, "c");
	is_text(m.cwd, "/srv");
	is_text(m.comm, "prog");
	assert_true(m.returned);
	assert_int_equal(m.result, 3);
	assert_int_equal(m.error, 0);
	assert_int_equal(m.number, 257);
	assert_int_equal(m.fd, -100);
	is_text(m.path, "../etc/passwd");
	assert_int_equal(m.flags, 02000000);
}

static void success_without_a_result_is_still_a_return(void **state)
{
	struct packet p = begin_packet(GVISOR_SYSCALL, 0);
	struct gvisor_message m;

	(void)state;
	put_exit(&p, 0, 0);
	put_number(&p, 4, 59);
	assert_int_equal(gvisor_message_parse(&m, p.bytes, p.len, NULL), 0);
	assert_true(m.returned);
	assert_int_equal(m.number, 59);
}

static void a_longer_header_is_skipped(void **state)
{
	struct packet p = begin_packet(GVISOR_EXEC, 0);
	struct gvisor_message m;

	(void)state;
	p.bytes[0] = 12;
	p.len = 12;
	put_text(&p, 2, "/bin/true");
	assert_int_equal(gvisor_message_parse(&m, p.bytes, p.len, NULL), 0);
	is_text(m.path, "/bin/true");
}

static void a_message_of_an_unknown_type_is_none_of_ours(void **state)
{
	struct packet p = begin_packet(4711, 2);
	struct gvisor_message m;

	(void)state;
	memset(p.bytes + p.len, 0xff, 20); /* whatever is in it */
	p.len += 20;
	assert_int_equal(gvisor_message_parse(&m, p.bytes, p.len, NULL), 0);
	assert_int_equal(m.type, 4711);
	assert_int_equal(m.dropped, 2);
}

static void what_is_wrong_is_named(void **state)
{
	static char longest[GVISOR_PATH_BYTES_MAX];
	struct packet p[7];
	const char *reasons[] = { "has no header",
				  "has a header of 9 bytes",
				  "field 6 is a number and should be text",
				  "field 6 is longer than any path",
				  "field 6 has a NUL in it",
				  "field 1 is malformed",
				  "message of type 7 is malformed" };

	(void)state;
	memset(longest, 'x', sizeof(longest));
	for (size_t i = 0; i < sizeof(p) / sizeof(*p); i++)
		p[i] = begin_packet(GVISOR_OPEN, 0);
	p[0].len = 7;
	p[1].bytes[0] = 9;
	put_number(&p[2], 6, 1);
	put_bytes(&p[3], 6, longest, sizeof(longest));
	put_bytes(&p[4], 6, "a\0b", 3);
	put_bytes(&p[5], 1, "\x08\x80", 2);
	put_varint(&p[6], 6 << 3 | 2);
	put_varint(&p[6], 1000); /* and then nothing */
	for (size_t i = 0; i < sizeof(p) / sizeof(*p); i++) {
		struct gvisor_message m = { .type = 99 };
		struct err err = {};

		assert_int_equal(gvisor_message_parse(&m, p[i].bytes, p[i].len, &err), -EBADMSG);
		if (!strstr(err.text, reasons[i]))
			fail_msg("says '%s', not '%s'", err.text, reasons[i]);
		assert_int_equal(m.type, 99);
	}
}

static void fields_of_every_wire_type_are_read_to_their_end(void **state)
{
	static const uint8_t bytes[] = { 0x08, 0x96, 0x01, 0x11, 1, 0, 0,    0,    0,   0,   0,
					 0,    0x1d, 2,    0,    0, 0, 0x22, 0x02, 'h', 'i', 0x0b };
	struct protobuf b = { .at = bytes, .end = bytes + sizeof(bytes) };
	struct protobuf_field f;

	(void)state;
	assert_true(protobuf_next(&b, &f));
	assert_int_equal(f.value, 150);
	assert_true(protobuf_next(&b, &f));
	assert_int_equal(f.number, 2);
	assert_int_equal(f.value, 1);
	assert_true(protobuf_next(&b, &f));
	assert_int_equal(f.value, 2);
	assert_true(protobuf_next(&b, &f));
	assert_int_equal(f.len, 2);
	assert_false(protobuf_next(&b, &f)); /* a group */
	assert_true(b.failed);
	assert_false(protobuf_next(&b, &f));
}

static void a_number_of_too_many_bytes_is_none(void **state)
{
	static const uint8_t bytes[] = { 0x08, 0xff, 0xff, 0xff, 0xff, 0xff,
					 0xff, 0xff, 0xff, 0xff, 0xff, 0x01 };
	struct protobuf b = { .at = bytes, .end = bytes + sizeof(bytes) };
	struct protobuf_field f;

	(void)state;
	assert_false(protobuf_next(&b, &f));
	assert_true(b.failed);
}

static void a_start_tells_words_and_variables(void **state)
{
	struct packet p = begin_packet(GVISOR_CONTAINER_START, 0);
	struct gvisor_start start;

	(void)state;
	put_context(&p, 1, 1);
	put_text(&p, 2, "c");
	put_text(&p, 5, "A=1");
	put_text(&p, 4, "sh");
	put_text(&p, 3, "/srv");
	put_text(&p, 5, "");
	put_text(&p, 4, "-c");
	put_text(&p, 5, "B=2");
	assert_int_equal(gvisor_start_parse(&start, p.bytes, p.len, NULL), 0);
	assert_string_equal(start.cwd, "/srv");
	assert_int_equal(start.args.count, 2);
	assert_string_equal(start.args.items[0], "sh");
	assert_string_equal(start.args.items[1], "-c");
	assert_null(start.args.items[2]);
	assert_int_equal(start.env.count, 3);
	assert_int_equal(start.env_len, 9);
	assert_memory_equal(start.env.items[0], "A=1\0\0B=2", 9);
	assert_null(start.env.items[3]);
	gvisor_start_done(&start);
}

static void a_start_that_is_off_is_refused(void **state)
{
	struct packet number = begin_packet(GVISOR_CONTAINER_START, 0), nul = number, cut = number;
	struct gvisor_start start;
	struct err err = {};

	(void)state;
	put_number(&number, 4, 7);
	put_bytes(&nul, 5, "A\0B", 3);
	put_text(&cut, 5, "A=1");
	cut.len--;
	for (size_t i = 0; i < 3; i++) {
		const struct packet *p = (const struct packet *[]){ &number, &nul, &cut }[i];

		assert_int_equal(gvisor_start_parse(&start, p->bytes, p->len, &err), -EBADMSG);
		gvisor_start_done(&start);
	}
	assert_non_null(strstr(err.text, "is malformed"));
	assert_int_equal(gvisor_start_parse(&start, "x", 1, &err), -EBADMSG);
	gvisor_start_done(&start);
}

static void the_handshake_tells_a_version(void **state)
{
	uint32_t version = 0;
	struct err err = {};

	(void)state;
	assert_int_equal(gvisor_handshake_parse(&version, "\x08\x02", 2, &err), 0);
	assert_int_equal(version, 2);
	assert_int_equal(gvisor_handshake_parse(&version, "\x08\x00", 2, &err), -EPROTO);
	assert_non_null(strstr(err.text, "speaks version 0"));
	assert_int_equal(gvisor_handshake_parse(&version, "GET / HTTP/1.1", 14, &err), -EBADMSG);
	assert_int_equal(version, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_open_tells_its_name_directory_and_result),
		cmocka_unit_test(success_without_a_result_is_still_a_return),
		cmocka_unit_test(a_longer_header_is_skipped),
		cmocka_unit_test(a_message_of_an_unknown_type_is_none_of_ours),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(fields_of_every_wire_type_are_read_to_their_end),
		cmocka_unit_test(a_number_of_too_many_bytes_is_none),
		cmocka_unit_test(a_start_tells_words_and_variables),
		cmocka_unit_test(a_start_that_is_off_is_refused),
		cmocka_unit_test(the_handshake_tells_a_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
