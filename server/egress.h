/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * egress.h — the way out of a program that is in a network of its own: a proxy (RFC 9110 §9.3.6, CONNECT, and plain requests for
 * http:), through which it reaches public addresses and those that the operator allowed, whatever it is told by whom it
 * talks to, redirects included; and no more bytes than so many.
 *
 * The program is in a network namespace in which nothing is but loopback; the proxy listens in there, and is itself outside.
 * Programs ask no proxy for loopback: each loopback address that is allowed is forwarded by its own port.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "include/options.h"

struct egress_rules {
	struct option_list hosts;  /* "HOST" or "HOST:PORT" that may be anywhere */
	struct option_list blocks; /* addresses that are allowed, though not public */
	uint64_t bytes_max;
};

struct egress;

/* Within the program's network: makes the listeners. */
_must_check_ int egress_open(struct egress **ret, const struct egress_rules *rules,
			     struct err *err);
uint16_t egress_port(const struct egress *egress);
/* Outside: serves until the process ends; *ret_status is its status then. -EFBIG, and it is killed: more bytes than allowed. */
_must_check_ int egress_serve(int *ret_status, struct egress *egress, pid_t pid, struct err *err);
/* Ends what still goes on. */
void egress_close(struct egress *egress);

/* What a program asks of the proxy. */
struct egress_asked {
	char method[16], target[2064]; /* "HOST:PORT" */
	char path[2064];               /* within it; "": nothing, the way itself */
	bool tunnel;
};
/* The first line of a request; false: it is none that a proxy takes. */
bool egress_parse(struct egress_asked *ret, const char *head);

/* Is it named, with that port or without any? For 'docker.io' too. */
bool egress_is_named(const struct option_list *hosts, const char *host, uint16_t port);
/* "HOST:PORT", "[V6]:PORT" or "HOST" (443) into its parts; -EINVAL. */
_must_check_ int egress_split(char ret_host[256], uint16_t *ret_port, const char *text);
