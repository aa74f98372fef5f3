/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * rederive.h — the same result once more, from its inputs, wherever they lie now.
 *
 * inputs.json names every input by role, path and digest. Inputs are found by digest alone: among the files of the result, the
 * files and directories that are given, and what lies in those directories. The image's files are given as a root or an image;
 * where no code was read, the inventory of the result is enough. Then the analysis runs again, with the options and names of the
 * first time, and every document it writes must be the same, byte for byte.
 */
#pragma once

#include "analyzer/verify.h"
#include "include/options.h"

struct rederive_options {
	const char *dir;                  /* of the result */
	const struct option_list *inputs; /* files and directories to look for inputs in */
	const char *rootfs, *image;       /* or NULL */
};

/* Sets v->rederived, or finds what is missing: a fault when anything was given to derive it from, else a note. */
_must_check_ int rederive(struct verification *v, const struct rederive_options *options,
			  struct err *err);
