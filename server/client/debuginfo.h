/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* debuginfo.h — separate debug data from debuginfod servers, for vexxy (include/debuginfod.h). */
#pragma once

#include "include/err.h"

/* The words behind the verb. Does what its input asks for, up to its end. -EINVAL: the words are off. */
_must_check_ int debuginfo_run(int argc, char **argv, struct err *err);
