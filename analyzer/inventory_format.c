// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* inventory_format.c — the names under which an inventory stands in a CycloneDX document. */
#include "analyzer/inventory_format.h"

#define ROOT(name)                                              \
	{                                                       \
		"vexxy:" #name, offsetof(struct raw_root, name) \
	}
#define PACKAGE(name)                                              \
	{                                                          \
		"vexxy:" #name, offsetof(struct raw_package, name) \
	}
#define FILE_(name)                                             \
	{                                                       \
		"vexxy:" #name, offsetof(struct raw_file, name) \
	}

const struct inventory_field inventory_root_fields[] = {
	{ "vexxy:inventory", offsetof(struct raw_root, format) },
	ROOT(os_id),
	ROOT(os_version),
	ROOT(os_name),
	ROOT(incomplete),
	ROOT(library_dirs),
	{},
};

const struct inventory_field inventory_package_fields[] = {
	PACKAGE(type),         PACKAGE(arch),
	PACKAGE(source),       PACKAGE(source_version),
	PACKAGE(location),     PACKAGE(files),
	PACKAGE(missing),      PACKAGE(files_known),
	PACKAGE(only_in_sbom), {},
};

const struct inventory_field inventory_file_fields[] = {
	FILE_(file),
	FILE_(target),
	FILE_(target_directory),
	FILE_(script),
	FILE_(script_argument),
	FILE_(elf),
	FILE_(elf_error),
	FILE_(build_id),
	FILE_(soname),
	FILE_(interpreter),
	FILE_(rpath),
	FILE_(runpath),
	FILE_(needed),
	FILE_(exported),
	FILE_(imported),
	FILE_(hints),
	{},
};

const struct inventory_flag inventory_elf_flags[] = {
	{ "static", offsetof(struct elf_facts, is_static) },
	{ "go", offsetof(struct elf_facts, is_go) },
	{ "rust", offsetof(struct elf_facts, is_rust) },
	{ "dlopen", offsetof(struct elf_facts, imports_dlopen) },
	{ "exec", offsetof(struct elf_facts, imports_exec) },
	{ "hints_truncated", offsetof(struct elf_facts, hints_truncated) },
	{},
};

const char *const inventory_kind_names[] = {
	[FILE_REGULAR] = "regular", [FILE_ELF] = "elf",     [FILE_SCRIPT] = "script",
	[FILE_LINK] = "link",       [FILE_OTHER] = "other", [FILE_OTHER + 1] = NULL,
};
