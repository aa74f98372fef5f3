/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* iri.h — is a text an absolute identifier of RFC 3986 or RFC 3987? */
#pragma once

#include <stdbool.h>

/* With a scheme, and every character where the grammar allows it. text is UTF-8. */
bool iri_is_valid(const char *text);
/* The same within ASCII. */
bool uri_is_valid(const char *text);
/* An http or https URL with a host. */
bool iri_is_url(const char *text);
