/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* function_path.h — names of functions that are paths with "::", without their generics; for function_name alone. */
#pragma once

#include "analyzer/function_name.h"

/* Both as people write them. */
enum name_match function_path_match_rust(const char *wanted, const char *readable);
enum name_match function_path_match_cpp(const char *wanted, const char *readable);
/* The last part of a path, outside brackets. */
const char *function_path_last(const char *path);
