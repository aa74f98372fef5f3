// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* debian_release.c — the releases of Debian. */
#include "analyzer/debian_release.h"

#include <string.h>

static const struct {
	const char *ecosystem, *suite, *mark;
} releases[] = {
	{ "Debian:10", "buster", "deb10u" },   { "Debian:11", "bullseye", "deb11u" },
	{ "Debian:12", "bookworm", "deb12u" }, { "Debian:13", "trixie", "deb13u" },
	{ "Debian:14", "forky", "deb14u" },
};
#define COUNT (sizeof(releases) / sizeof(*releases))

const char *debian_release_suite(const char *ecosystem)
{
	for (size_t i = 0; i < COUNT; i++)
		if (!strcmp(releases[i].ecosystem, ecosystem))
			return releases[i].suite;
	return NULL;
}

const char *debian_release_of_suite(const char *suite)
{
	for (size_t i = 0; i < COUNT; i++) {
		size_t len = strlen(releases[i].suite);

		if (!strncmp(suite, releases[i].suite, len) && (!suite[len] || suite[len] == '-'))
			return releases[i].ecosystem;
	}
	return NULL;
}

const char *debian_release_of(const struct changelog_entry *entry)
{
	const char *found = debian_release_of_suite(entry->distribution);

	for (size_t i = 0; i < COUNT && !found; i++)
		if (strstr(entry->version, releases[i].mark))
			found = releases[i].ecosystem;
	return found;
}
