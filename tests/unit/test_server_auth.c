// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* Who may ask what: without a key only this machine's own pages and programs, with keys whoever has one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "server/auth.h"
#include "server/clock.h"
#include "server/log.h"
#include "server/request.h"

static void set(struct request *request, const char *name, const char *value)
{
	const struct header header = { name, value, strlen(name), value ? strlen(value) : 0 };

	if (value)
		assert_int_equal(request_add_header(request, &header), 0);
}

static void without_a_key_no_other_sites_page_may_ask(void **state)
{
	static const struct {
		const char *host, *origin, *site;
		unsigned status;
	} cases[] = {
		{ "127.0.0.1:8001", NULL, NULL, 0 },
		{ NULL, NULL, NULL, 0 },
		{ "127.0.0.1:8001", "http://127.0.0.1:8001", "same-origin", 0 },
		{ "LOCALHOST:8001", "http://localhost:8001", NULL, 0 },
		{ "127.0.0.1:8001", NULL, "none", 0 },
		{ "evil.example:8001", NULL, NULL, 403 },
		{ "127.0.0.1.evil.example", NULL, NULL, 403 },
		{ "127.0.0.1:8001", "http://evil.example", NULL, 403 },
		{ "127.0.0.1:8001", "http://127.0.0.1:3000", NULL, 403 },
		{ "127.0.0.1:8001", "http://localhost:8001", NULL, 403 },
		{ "127.0.0.1:8001", "null", NULL, 403 },
		{ "127.0.0.1:8001", NULL, "cross-site", 403 },
		{ "127.0.0.1:8001", NULL, "same-site", 403 },
	};
	struct settings settings = { .host = "127.0.0.1" };
	struct app app = { .settings = &settings };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct request request = { .app = &app, .method = "POST", .reply.fd = -1 };
		struct err err = {};

		set(&request, "Host", cases[i].host);
		set(&request, "Origin", cases[i].origin);
		set(&request, "Sec-Fetch-Site", cases[i].site);
		assert_int_equal(auth_check(&request, &err), cases[i].status);
		assert_int_equal(request.principal.scopes, cases[i].status ? 0 : SCOPE_ALL);
		request_done(&request);
	}
}

/* A database on a disk that is full. */
struct full {
	struct db db;
	struct db *real;
};

static int write_nothing(struct db *db, db_fn fn, void *ctx, struct err *err)
{
	(void)db;
	(void)fn;
	(void)ctx;
	return err_set(err, ENOSPC, "the disk is full");
}

static int read_real(struct db *db, db_fn fn, void *ctx, struct err *err)
{
	return db_read(((struct full *)db)->real, fn, ctx, err);
}

static void a_full_disk_locks_nobody_out(void **state)
{
	static const struct db_driver driver = { .write = write_nothing, .read = read_real };
	char path[] = "/tmp/vexxy-auth.XXXXXX", text[KEY_TEXT_BYTES];
	struct settings settings = { .host = "127.0.0.1" };
	struct full full = { .db = { &driver } };
	struct app app = { .settings = &settings, .db = &full.db, .has_keys = true };
	struct request request = { .app = &app, .method = "GET", .reply.fd = -1 };
	struct api_key key = { .org = strdup("acme"),
			       .name = strdup("ci"),
			       .scopes = strdup("read"),
			       .created_ms = 1 };
	struct err err = {};

	(void)state;
	assert_int_equal(log_configure("error", "text", &err), 0);
	close(mkstemp(path));
	assert_int_equal(db_sqlite_open(&full.real, path, &err), 0);
	assert_int_equal(store_migrate(full.real, &err), 0);
	assert_int_equal(auth_make_key(text, &key, &err), 0);
	assert_int_equal(store_key_add(full.real, &key, &err), 0);
	set(&request, "X-API-Key", text);
	assert_int_equal(auth_check(&request, &err), 0);
	assert_string_equal(request.principal.org, "acme");
	assert_int_equal(request.principal.scopes, SCOPE_READ);
	text[KEY_TEXT_BYTES - 20] ^= 1; /* within the secret */
	request.principal = (struct principal){};
	assert_int_equal(auth_check(&request, &err), 401);
	assert_int_equal(request.principal.scopes, 0);
	request_done(&request);
	api_key_done(&key);
	db_close(full.real);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_key_no_other_sites_page_may_ask),
		cmocka_unit_test(a_full_disk_locks_nobody_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
