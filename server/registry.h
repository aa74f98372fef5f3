/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* registry.h — where an image reference leads: which registry, and whether clients may name it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "include/err.h"

struct settings;

struct registry {
	char host[256]; /* "docker.io" where the reference names none */
	uint16_t port;
};

/* Of "host:5000/team/web:1@sha256:…". -EINVAL. */
_must_check_ int registry_of(struct registry *ret, const char *image_ref, struct err *err);
/* Does the operator name it, as --registry or --insecure-registry? */
bool registry_is_named(const struct settings *settings, const struct registry *registry);
/* -EINVAL: it is not among those of --registry, or it is a number that is not public and not named. Names are looked up later,
 * when it is asked. */
_must_check_ int registry_check(const struct settings *settings, const char *image_ref,
				struct err *err);
