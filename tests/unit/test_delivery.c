// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_delivery.c — content goes in pieces, one for each call where others are not to wait; the server is this file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "agent/delivery.h"

#define ID "01890000-0000-7000-8000-000000000001"
#define PIECE 10u
#define TOTAL 25u

static struct {
	uint64_t offset;
	unsigned begun, pieces;
	bool whole, throws_away;
	long status; /* of whatever is asked; 0: as it should be */
} server;

void upload_reply_done(struct upload_reply *reply)
{
	free(reply->body);
	*reply = (struct upload_reply){};
}

int upload_send(struct upload_reply *ret, struct upload *upload,
		const struct upload_request *request, struct err *err)
{
	bool completes = strstr(request->path, "/complete") != NULL;

	(void)upload;
	(void)err;
	*ret = (struct upload_reply){ .status = server.status ? server.status : 200 };
	if (!strcmp(request->method, "PUT")) {
		assert_true(request->bytes <= PIECE && request->offset == server.offset);
		server.offset += request->bytes;
		server.pieces++;
	} else if (!completes) {
		server.begun++;
	} else if (server.throws_away) {
		server.offset = 0;
		ret->status = 422;
	} else {
		server.whole = server.offset == TOTAL;
	}
	assert_true(asprintf(&ret->body,
			     "{\"upload_id\":\"" ID "\",\"offset\":%" PRIu64
			     ",\"piece_bytes_max\":%u,\"complete\":%s}",
			     server.offset, PIECE, server.whole ? "true" : "false") > 0);
	return 0;
}

static int deliver(bool by_pieces)
{
	struct pod_member member = { .name = "target" };
	struct delivered content = {
		.member = &member, .kind = "trace", .bytes = TOTAL, .fd = -1, .by_pieces = by_pieces
	};
	struct delivery delivery = { .node = "n1" };
	struct err err = {};

	return delivery_send(&delivery, &content, &err);
}

static int set_up(void **state)
{
	(void)state;
	memset(&server, 0, sizeof(server));
	return 0;
}

static void all_of_it_goes_at_once(void **state)
{
	(void)state;
	assert_int_equal(deliver(false), 0);
	assert_true(server.whole);
	assert_int_equal(server.begun, 1);
	assert_int_equal(server.pieces, 3);
}

static void or_a_piece_for_each_call(void **state)
{
	(void)state;
	assert_int_equal(deliver(true), 1);
	assert_int_equal(server.pieces, 1);
	assert_int_equal(deliver(true), 1);
	assert_false(server.whole);
	assert_int_equal(deliver(true), 0);
	assert_true(server.whole);
	assert_int_equal(server.pieces, 3);
	assert_int_equal(deliver(true), 0); /* it is there */
	assert_int_equal(server.pieces, 3);
}

static void a_server_that_throws_it_away_is_not_believed_for_ever(void **state)
{
	int r = 1;

	(void)state;
	server.throws_away = true;
	for (unsigned calls = 0; r == 1 && calls < 10; calls++)
		r = deliver(true);
	assert_int_equal(r, -ECANCELED);
}

static void what_a_status_means(void **state)
{
	static const struct {
		long status;
		int result;
	} known[] = {
		{ 302, -EAGAIN },    { 401, -EAGAIN },    { 403, -EAGAIN },    { 404, -ECANCELED },
		{ 409, -ECANCELED }, { 413, -ECANCELED }, { 429, -EAGAIN },    { 500, -EAGAIN },
		{ 503, -EAGAIN },    { 507, -EAGAIN },    { 422, -ECANCELED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		server.status = known[i].status;
		assert_int_equal(deliver(true), known[i].result);
	}
	assert_int_equal(server.pieces, 0);
}

#define TEST(fn) cmocka_unit_test_setup(fn, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(all_of_it_goes_at_once),
		TEST(or_a_piece_for_each_call),
		TEST(a_server_that_throws_it_away_is_not_believed_for_ever),
		TEST(what_a_status_means),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
