/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * inventory_format.h — how an inventory stands in a CycloneDX 1.6 document: which properties, and how they are written.
 *
 * What CycloneDX has a place for stands there (name, version, purl, dependencies); all else is a property whose name begins
 * with "vexxy:". Components of type "library" are packages, those of type "file" files, both in the order of the inventory:
 * "vexxy:files" of a package counts the latter from 0. Only inventory_save.c and inventory_load.c know it.
 */
#pragma once

#include "analyzer/inventory.h"

#define INVENTORY_FORMAT "1"

/* A property's name, and where its value stands in one of the structures below. */
struct inventory_field {
	const char *name;
	size_t offset;
};

/* Values as they stand in the document, NULL where there is none. */
struct raw_root {
	const char *format, *os_id, *os_version, *os_name, *incomplete;
	const char *library_dirs; /* list */
};

struct raw_package {
	const char *type, *arch, *source, *source_version, *location;
	const char *files; /* "0-7,12" */
	const char *missing, *files_known, *only_in_sbom;
};

struct raw_file {
	const char *file; /* "elf 1234 x": kind, size, executable */
	const char *target, *target_directory, *script, *script_argument;
	const char *elf; /* "x86_64 dyn dlopen static": machine, type, what holds */
	const char *elf_error, *build_id, *soname, *interpreter, *rpath, *runpath;
	const char *needed, *exported, *imported, *hints; /* lists */
};

/* What holds of an ELF file, by name. */
struct inventory_flag {
	const char *name;
	size_t offset; /* of a bool in struct elf_facts */
};

/* All end with a name that is NULL. */
extern const struct inventory_field inventory_root_fields[], inventory_package_fields[],
    inventory_file_fields[];
extern const struct inventory_flag inventory_elf_flags[];
extern const char *const inventory_kind_names[]; /* by enum file_kind */
