/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* symbols_view.h — the functions of a file as a person or a machine reads them. */
#pragma once

#include <stdio.h>

#include "analyzer/symbols.h"

struct symbols_view;

/*
 * The functions that match one of the names, or all when there is no name. A name is as it stands in the file, with or
 * without "@VERSION", or as people write it: crate::Type::fn, ns::Class::method, import/path.Recv.Method. All is borrowed
 * for the life of the view.
 */
_must_check_ int symbols_view_new(struct symbols_view **ret, struct symbols *symbols,
				  const char *path, const char *const *names, size_t name_count,
				  struct err *err);
void symbols_view_free(struct symbols_view *view);
DEFINE_CLEANUP(struct symbols_view *, symbols_view_free)

/* Is there a name that nothing matches? */
bool symbols_view_misses(const struct symbols_view *view);
_must_check_ int symbols_view_text(struct symbols_view *view, FILE *out, struct err *err);
_must_check_ int symbols_view_json(struct symbols_view *view, FILE *out, struct err *err);
