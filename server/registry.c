// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* registry.c — where an image reference leads. */
#include "server/registry.h"

#include <string.h>

#include "server/address.h"
#include "server/egress.h"
#include "server/settings.h"

int registry_of(struct registry *ret, const char *image_ref, struct err *err)
{
	size_t len = strcspn(image_ref, "/");
	char first[300];

	*ret = (struct registry){ "docker.io", 443 };
	if (len >= sizeof(first))
		return err_set(err, EINVAL, "image_ref: the registry's name is too long");
	snprintf(first, sizeof(first), "%.*s", (int)len, image_ref);
	/* As every client of registries has it: else it is a name within docker.io. */
	if (!image_ref[len] || (!strpbrk(first, ".:") && strcmp(first, "localhost") != 0))
		return 0;
	return egress_split(ret->host, &ret->port, first) < 0
		   ? err_set(err, EINVAL, "image_ref: '%.64s' is no registry", first)
		   : 0;
}

bool registry_is_named(const struct settings *s, const struct registry *registry)
{
	return egress_is_named(&s->registries, registry->host, registry->port) ||
	       egress_is_named(&s->insecure_registries, registry->host, registry->port);
}

int registry_check(const struct settings *s, const char *image_ref, struct err *err)
{
	struct registry registry;
	int r = registry_of(&registry, image_ref, err);

	if (r < 0 || registry_is_named(s, &registry))
		return r;
	if (s->registries.count)
		return err_set(err, EINVAL,
			       "image_ref: the registry '%s' is not among those that are allowed",
			       registry.host);
	if (!strcmp(registry.host, "localhost") ||
	    address_check_number(registry.host, &s->allowed_addresses, NULL) < 0)
		return err_set(err, EINVAL,
			       "image_ref: '%s' is not public; the operator may allow it with "
			       "--registry",
			       registry.host);
	return 0;
}
