/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* go_linked.h — is a function that an advisory names linked into a Go program, be it as a whole or inlined? */
#pragma once

#include "analyzer/function_name.h"
#include "analyzer/go_pclntab.h"

/*
 * The best match among all names of the program. The linker writes those of every function that has code of its own, and of
 * every inlined one that has left an instruction: the runtime needs them for its stack traces. So NAME_NONE says that
 * neither is there, with one exception (seen with Go 1.26): an inlined function that neither calls nor touches memory can
 * be folded into its caller's instructions, and then its name is gone. In format 2 any trace of the name is LIKELY.
 */
enum name_match go_linked(const struct go_pclntab *table, const struct function_name *wanted);
