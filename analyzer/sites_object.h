/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* sites_object.h — one ELF file while the functions of several findings are looked for in it; for sites*.c only. */
#pragma once

#include "analyzer/go_buildinfo.h"
#include "analyzer/instructions.h"
#include "analyzer/linked.h"
#include "analyzer/sites.h"
#include "analyzer/symbols.h"

struct object {
	size_t file;
	const struct inventory_file *facts;
	int fd;
	struct symbols *symbols;
	struct code code;
	struct decoder *decoder;
	const struct store_list *stores;
	const struct store_object *stored; /* what the store knows of that build-id, or NULL */
	const char *main_package;          /* of a Go program */
	struct arena *arena;               /* of the result: what outlives the object */
};

/* -errno with a reason when the file cannot be used to look for functions. The object must not be moved. */
_must_check_ int object_open(struct object *ret, const struct inventory *inv, size_t file, int fd,
			     const struct store_list *stores, const struct option_list *debug_dirs,
			     struct arena *arena, struct err *err);
void object_close(struct object *object);

/* A place of the object, once it is sure that an instruction begins there; -EINVAL with the reason. */
_must_check_ int object_place(const struct object *object, uint64_t address, uint64_t *ret_offset,
			      struct err *err);

/* The places of one finding while they are collected. */
struct placing {
	struct finding_sites *to;
	const struct finding *finding;
	size_t capacity, object_capacity, address_capacity;
	bool absent_everywhere; /* so far */
	bool
	    apart_everywhere; /* so far no object has a part of what the fix changes beside functions */
	bool seen_object;     /* at least one could be looked into */
	int error;            /* -ENOMEM */
};

void placing_doubt(struct placing *p, struct arena *arena, const char *why);
void placing_add(struct placing *p, const struct object *object, uint64_t address,
		 enum site_kind kind, enum rung rung, const char *symbol);

/* Has it Go's table? Else it has none of Go's functions, unless it is a packed program: then that is a doubt. */
bool object_is_go(const struct object *object, struct placing *p);

/* Looks for the finding's functions in the object: places, doubts and absence go to `p`. */
void object_find(const struct object *object, struct placing *p);

/* One function of a static library that was found in the object: a place if it is one of the finding's, a doubt if it is
 * another one of the same source. */
void object_take_linked(const struct object *object, struct placing *p, const struct linked *item,
			const struct package *package);
