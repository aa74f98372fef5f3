/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* features.h — what this kernel has, as its own type information tells. */
#pragma once

#include <stdbool.h>

#include "include/err.h"

struct features {
	bool recur, cast, find_vma, uring_cqe, uring_res, uring_submit_req, uring_submit_sqe;
	int open_root_args;
};

/* -EOPNOTSUPP with what to do when the kernel has no type information (BTF). */
_must_check_ int features_read(struct features *ret, struct err *err);
