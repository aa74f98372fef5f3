/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* previous.h — the result that the one to be written follows. */
#pragma once

#include <cjson/cJSON.h>

#include "include/options.h"

struct previous_document {
	char *path; /* NULL: there is none */
	char *text; /* as it lies there */
	cJSON *tree;
};

struct previous {
	struct previous_document openvex, csaf;
};

/* Reads the documents of a result that have editions. -ENOENT when the directory holds no result; a document that is not there is
 * left empty: the result had none. */
_must_check_ int previous_load(struct previous **ret, const char *dir, struct err *err);
/* The same from the files themselves, each known by what it says. */
_must_check_ int previous_load_files(struct previous **ret, const struct option_list *paths,
				     struct err *err);
void previous_free(struct previous *previous);
DEFINE_CLEANUP(struct previous *, previous_free)
