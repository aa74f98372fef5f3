/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* privileges.h — giving up rights, for good. */
#pragma once

#include <sys/types.h>

#include "include/cleanup.h"
#include "include/err.h"

/* Becomes that user without further groups and any capability, and can never get one again. Where it is that user already, only the
 * latter. -EPERM when something of it is not so afterwards; root is refused. */
_must_check_ int privileges_drop(uid_t uid, gid_t gid, struct err *err);
