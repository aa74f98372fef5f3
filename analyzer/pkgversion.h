/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* pkgversion.h — which of two versions is older, by each ecosystem's own rules. */
#pragma once

#include <stddef.h>

#include "include/cleanup.h"

#define PKGVERSION_TEXT_MAX 1024

/* Compares by purl type: deb (Debian policy 5.6.12), apk (apk-tools 3), rpm (rpmvercmp over epoch, version, release), pypi
 * (PEP 440), npm/cargo/golang (SemVer 2; golang also with a leading "v" or "go", and toolchain names such as "1.21rc2").
 * *ret < 0, 0, > 0. -EINVAL when a text is no version, -ENOTSUP when the type has no rule here: decide nothing then. */
_must_check_ int pkgversion_compare(int *ret, const char *type, const char *a, const char *b);

/* One file each; a and b are at most PKGVERSION_TEXT_MAX bytes. */
_must_check_ int pkgversion_compare_deb(int *ret, const char *a, const char *b);
_must_check_ int pkgversion_compare_rpm(int *ret, const char *a, const char *b);
_must_check_ int pkgversion_compare_apk(int *ret, const char *a, const char *b);
_must_check_ int pkgversion_compare_pypi(int *ret, const char *a, const char *b);
_must_check_ int pkgversion_compare_semver(int *ret, const char *a, const char *b);
_must_check_ int pkgversion_compare_golang(int *ret, const char *a, const char *b);

/* Two runs of digits as numbers of any size. */
int pkgversion_compare_digits(const char *a, size_t a_len, const char *b, size_t b_len);
