// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_server_token.c — any bytes as a token, as keys, and as what a program asks of its way out: refused, or whole. */
#include <stdint.h>

#include "server/address.h"
#include "server/egress.h"
#include "server/http_client.h"
#include "server/jwt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Of nobody: what it signs does not exist. */
static const char key[] = "-----BEGIN PUBLIC KEY-----\n"
			  "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
			  "-----END PUBLIC KEY-----\n";

/* No token can be valid: nobody has the other half of the key. */
static void check_token(const char *text)
{
	_cleanup_(jwt_keys_freep) struct jwt_keys *keys = NULL;
	const struct jwt_rules rules = {};
	struct principal principal = {};
	struct err err = {};

	if (jwt_keys_new(&keys, &err) < 0 || jwt_keys_add(keys, key, sizeof(key) - 1, &err) < 0)
		return;
	if (jwt_check(&principal, keys, &rules, text, 1700000000000, &err) == 0 || principal.scopes)
		__builtin_trap();
}

static void read_keys(const char *text, size_t size)
{
	_cleanup_(jwt_keys_freep) struct jwt_keys *keys = NULL;
	struct err err = {};

	if (jwt_keys_new(&keys, &err) == 0 && jwt_keys_add(keys, text, size, &err) < 0 &&
	    !err.text[0])
		__builtin_trap();
}

static void ask(const char *text)
{
	struct egress_asked asked;
	struct http_url url;
	struct err err = {};
	char host[256];
	uint16_t port;

	if (egress_parse(&asked, text) && asked.tunnel == (*asked.path == '/'))
		__builtin_trap();
	if (egress_split(host, &port, text) == 0 && (!*host || !port))
		__builtin_trap();
	if (http_url_parse(&url, text, &err) == 0 && !*url.host)
		__builtin_trap();
	(void)!address_check_block(text, &err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	check_token(text);
	read_keys(text, size);
	ask(text);
	return 0;
}
