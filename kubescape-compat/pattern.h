/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * pattern.h — paths as Kubescape's storage shortens them: "⋯" is exactly one segment, "*" any number of them (at the end: at least one).
 *
 * A pattern stands for whatever was seen below it, and for what was not: it never proves that one file was used.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define KUBE_ONE_SEGMENT "\xe2\x8b\xaf" /* U+22EF */

bool kube_path_is_pattern(const char *path);
/* Does the pattern, which may be none, stand for the path? */
bool kube_path_matches(const char *pattern, const char *path);
/* How many bytes of it come before the first segment that stands for others: "/proc/" of "/proc/⋯/fd". The whole path when none does. */
size_t kube_path_literal(const char *pattern);
