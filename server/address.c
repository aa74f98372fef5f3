// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* address.c — where a name leads that a client gave us. */
#include "server/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>

/* Every address as one of IPv6; those of IPv4 as ::ffff:a.b.c.d, their prefixes 96 longer. */
struct block {
	unsigned char bytes[16];
	unsigned bits;
};

/* IANA's special-purpose registries, RFC 6890 and what came since; and two of clouds' own, among public ones. */
static const char *const refused[] = {
	"0.0.0.0/8",         "10.0.0.0/8",     "100.64.0.0/10", "127.0.0.0/8",
	"169.254.0.0/16",    "172.16.0.0/12",  "192.0.0.0/24",  "192.0.2.0/24",
	"192.88.99.0/24",    "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24",    "224.0.0.0/4",    "240.0.0.0/4",   "168.63.129.16",
	"2001::/23",         "2001:db8::/32",  "2002::/16",     "3fff::/20",
	"2620:4f:8000::/48",
};
/* All that IPv6 has given out. */
static const char *const global = "2000::/3";
static const char *const mapped = "::ffff:0.0.0.0/96";

static int parse_number(unsigned *ret, const char *text, unsigned max)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || v > max)
		return -EINVAL;
	*ret = (unsigned)v;
	return 0;
}

static int parse(struct block *ret, const char *text)
{
	size_t len = strcspn(text, "/");
	char address[INET6_ADDRSTRLEN];
	struct in_addr four;
	int r = 0;

	if (len >= sizeof(address))
		return -EINVAL;
	snprintf(address, sizeof(address), "%.*s", (int)len, text);
	*ret = (struct block){ { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff }, 128 };
	if (inet_pton(AF_INET, address, &four) == 1) {
		memcpy(ret->bytes + 12, &four, 4);
		r = text[len] ? parse_number(&ret->bits, text + len + 1, 32) : 0;
		ret->bits += text[len] ? 96 : 0;
		return r;
	}
	if (inet_pton(AF_INET6, address, ret->bytes) != 1)
		return -EINVAL;
	return text[len] ? parse_number(&ret->bits, text + len + 1, 128) : 0;
}

static bool is_in(const unsigned char bytes[16], const char *block)
{
	struct block b;

	if (parse(&b, block) < 0)
		return false;
	for (unsigned i = 0; i < b.bits; i++)
		if ((bytes[i / 8] ^ b.bytes[i / 8]) & (0x80u >> i % 8))
			return false;
	return true;
}

int address_check_block(const char *block, struct err *err)
{
	struct block b;

	return parse(&b, block) < 0
		   ? err_set(err, EINVAL,
			     "'%s' is neither an address nor a block of them, as 10.0.0.0/8", block)
		   : 0;
}

bool address_is_allowed(const struct sockaddr *address, const struct option_list *blocks)
{
	unsigned char bytes[16] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

	if (address->sa_family == AF_INET)
		memcpy(bytes + 12, &((const struct sockaddr_in *)address)->sin_addr, 4);
	else if (address->sa_family == AF_INET6)
		memcpy(bytes, &((const struct sockaddr_in6 *)address)->sin6_addr, 16);
	else
		return false;
	for (size_t i = 0; i < blocks->count; i++)
		if (is_in(bytes, blocks->items[i]))
			return true;
	if (!is_in(bytes, mapped) && !is_in(bytes, global))
		return false;
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		if (is_in(bytes, refused[i]))
			return false;
	return true;
}

static void format(char ret[ADDRESS_BYTES], const struct addrinfo *info, uint16_t port)
{
	char text[INET6_ADDRSTRLEN] = "";
	bool six = info->ai_family == AF_INET6;

	if (six)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)info->ai_addr)->sin6_addr, text,
			  sizeof(text));
	else
		inet_ntop(AF_INET, &((const struct sockaddr_in *)info->ai_addr)->sin_addr, text,
			  sizeof(text));
	snprintf(ret, ADDRESS_BYTES, six ? "[%s]:%u" : "%s:%u", text, port);
}

static int check_all(const char *host, const struct addrinfo *list,
		     const struct option_list *blocks, struct err *err)
{
	for (; list; list = list->ai_next)
		if (!address_is_allowed(list->ai_addr, blocks))
			return err_set(err, EACCES,
				       "'%.255s' leads to an address that is not public; the "
				       "operator may allow it with --allow-address",
				       host);
	return 0;
}

int address_check_number(const char *host, const struct option_list *blocks, struct err *err)
{
	const struct addrinfo hints = { .ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	int r;

	if (getaddrinfo(host, NULL, &hints, &list) != 0)
		return 0;
	r = check_all(host, list, blocks, err);
	freeaddrinfo(list);
	return r;
}

int address_resolve(char ret[ADDRESS_BYTES], const char *host, uint16_t port,
		    const struct option_list *blocks, struct err *err)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct addrinfo *list = NULL;
	int code = getaddrinfo(host, NULL, &hints, &list), r;

	if (code == EAI_NONAME || code == EAI_NODATA)
		return err_set(err, ENOENT, "there is no host '%.255s'", host);
	if (code)
		return err_set(err, EAGAIN, "the host '%.255s' cannot be resolved: %s", host,
			       gai_strerror(code));
	r = check_all(host, list, blocks, err);
	if (r == 0)
		format(ret, list, port);
	freeaddrinfo(list);
	return r;
}
