/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* code_go.h — the functions of a Go program, which has no unwind tables for them but its own. */
#pragma once

#include "analyzer/code.h"
#include "analyzer/go_pclntab.h"

/* Takes the table's functions for those of the code; what unwind tables have outside of them (C that was linked in) stays. Memory
 * is the arena's. */
_must_check_ int code_take_go(struct code *code, const struct go_pclntab *go, struct arena *arena,
			      struct err *err);
