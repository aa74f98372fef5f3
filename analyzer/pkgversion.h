/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* pkgversion.h — which of two versions is older, by each ecosystem's own rules. */
#pragma once

#include "include/cleanup.h"

/* Compares by purl type: deb (Debian policy 5.6.12), apk (apk-tools), pypi (PEP 440), npm/cargo/golang (SemVer 2).
 * *ret < 0, 0, > 0. -EINVAL when a text is no version, -ENOTSUP when the type has no rule here: decide nothing then. */
_must_check_ int pkgversion_compare(int *ret, const char *type, const char *a, const char *b);
