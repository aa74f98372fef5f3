/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* elf_note.h — what the notes of an ELF file say. */
#pragma once

#include "analyzer/elf_file.h"

/* The build-id in hex, from the arena; NULL when there is none that can be believed. -ENOMEM. */
_must_check_ int elfnote_build_id(const char **ret, const struct elf_file *file,
				  struct arena *arena);
