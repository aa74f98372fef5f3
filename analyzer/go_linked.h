/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* go_linked.h — is a function that an advisory names linked into a Go program, be it as a whole or inlined? */
#pragma once

#include "analyzer/function_name.h"
#include "analyzer/go_pclntab.h"

/*
 * The best match among all names of the program. NAME_NONE is proof that neither the function nor any inlined copy of it is
 * linked: the linker writes the names of both, and the runtime needs them. In format 2 any trace of the name is LIKELY.
 */
enum name_match go_linked(const struct go_pclntab *table, const struct function_name *wanted);
