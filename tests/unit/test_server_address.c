// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* Where a client may have us connect to: never into the network that we stand in, however it is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "server/address.h"

static const struct option_list none;

static void what_is_not_public_is_refused(void **state)
{
	static const char *const hosts[] = {
		"127.0.0.1",
		"127.1",
		"2130706433",
		"0x7f000001",
		"017700000001",
		"localhost",
		"0.0.0.0",
		"10.1.2.3",
		"172.16.0.1",
		"172.31.255.255",
		"192.168.1.1",
		"169.254.169.254",
		"100.100.100.200",
		"168.63.129.16",
		"192.0.0.192",
		"198.18.0.1",
		"224.0.0.1",
		"255.255.255.255",
		"::1",
		"::",
		"fe80::1",
		"fd00:ec2::254",
		"::ffff:10.0.0.1",
		"::ffff:169.254.169.254",
		"64:ff9b::a00:1",
		"2002:a00:1::",
		"ff02::1",
		"2001:db8::1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(hosts) / sizeof(*hosts); i++) {
		char address[ADDRESS_BYTES] = "";
		struct err err = {};

		if (address_resolve(address, hosts[i], 80, &none, &err) != -EACCES)
			fail_msg("%s became '%s' (%s)", hosts[i], address, err.text);
	}
}

static void what_is_public_is_pinned(void **state)
{
	char address[ADDRESS_BYTES];
	struct err err = {};

	(void)state;
	assert_int_equal(address_resolve(address, "1.1.1.1", 443, &none, &err), 0);
	assert_string_equal(address, "1.1.1.1:443");
	assert_int_equal(address_resolve(address, "172.32.0.1", 80, &none, &err), 0);
	assert_int_equal(address_resolve(address, "2606:4700::1111", 443, &none, &err), 0);
	assert_string_equal(address, "[2606:4700::1111]:443");
}

static void the_operator_allows_blocks(void **state)
{
	const char *items[] = { "127.0.0.0/8", "fd00::/8", "10.1.2.3" };
	const struct option_list blocks = { items, 3, 3 };
	char address[ADDRESS_BYTES];
	struct err err = {};

	(void)state;
	assert_int_equal(address_resolve(address, "127.0.0.1", 8080, &blocks, &err), 0);
	assert_string_equal(address, "127.0.0.1:8080");
	assert_int_equal(address_resolve(address, "::ffff:127.0.0.1", 1, &blocks, &err), 0);
	assert_int_equal(address_resolve(address, "fd00:ec2::254", 80, &blocks, &err), 0);
	assert_int_equal(address_resolve(address, "10.1.2.3", 80, &blocks, &err), 0);
	assert_int_equal(address_resolve(address, "10.1.2.4", 80, &blocks, &err), -EACCES);
	assert_int_equal(address_resolve(address, "169.254.169.254", 80, &blocks, &err), -EACCES);
	assert_int_equal(address_resolve(address, "::1", 80, &blocks, &err), -EACCES);
}

static void a_block_is_one_or_is_refused(void **state)
{
	static const char *const bad[] = { "",           "10.0.0.0/33", "10.0.0.0/", "10.0.0/8",
					   "fd00::/129", "host",        "1.2.3.4/8x" };
	struct err err = {};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(address_check_block(bad[i], &err), -EINVAL);
	assert_int_equal(address_check_block("0.0.0.0/0", &err), 0);
	assert_int_equal(address_check_block("::/0", &err), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_public_is_refused),
		cmocka_unit_test(what_is_public_is_pinned),
		cmocka_unit_test(the_operator_allows_blocks),
		cmocka_unit_test(a_block_is_one_or_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
