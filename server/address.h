/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * address.h — where a name leads that a client gave us: we stand inside a network that the client may not be in.
 *
 * Refused are private, link-local, loopback, shared, reserved and multicast addresses, and those at which clouds keep credentials,
 * in whatever way they are written, also as IPv4 within IPv6; except what the operator has allowed. What was looked at is what
 * is then connected to: a name may mean another address a moment later.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "include/options.h"

#define ADDRESS_BYTES 64

/* An address, or a block of them ("10.0.0.0/8", "fd00::/8"). -EINVAL. */
_must_check_ int address_check_block(const char *block, struct err *err);

/* Is it one that anybody may be asked to connect to, or within one of these blocks? */
bool address_is_allowed(const struct sockaddr *address, const struct option_list *blocks);

/* Of a host that is a number, however it is written: -EACCES when it is not allowed. 0 for a name: that is looked up later. */
_must_check_ int address_check_number(const char *host, const struct option_list *blocks,
				      struct err *err);

/* Resolves the host, name or number, to "ADDR:PORT" or "[V6]:PORT". Every address that it has must be allowed: -EACCES.
 * -EAGAIN: no answer yet. -ENOENT: there is no such name. */
_must_check_ int address_resolve(char ret[ADDRESS_BYTES], const char *host, uint16_t port,
				 const struct option_list *blocks, struct err *err);
