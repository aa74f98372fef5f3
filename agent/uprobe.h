/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * uprobe.h — one program at many places of one file: uprobe_multi (Linux 6.6), by bpf(2) itself, for libbpf learned it later.
 *
 * What it costs was measured on a shared machine of two cores with 6.18 (5,363 functions of libcrypto): to attach 4 to 30 µs
 * a site, the more the more processes map the file; to close a link about 4 µs a site and then 20 to 60 ms of waiting for
 * every CPU to have left the program, whether it holds one site or all. Links of one site cannot be closed in any number
 * (300 took 18 s), hence groups of sites (probes.c) that are replaced, and threads (closer.h) in which the waiting is done.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/code_file.h"
#include "include/cleanup.h"

#define UPROBE_ATTACH_TYPE 48 /* BPF_TRACE_UPROBE_MULTI */

/* Sites of one file, in parallel arrays: file offsets, and what bpf_get_attach_cookie yields there. */
struct uprobe_sites {
	const uint64_t *offsets, *cookies;
	uint32_t count;
};

/* Can this kernel do it? 0, or -1 with errno. */
_must_check_ int uprobe_try(int program_fd);
/* Puts the program to the sites of the open file, for all processes. The link, or -errno; closing it takes them away. */
_must_check_ int uprobe_attach(int program_fd, int file_fd, const struct uprobe_sites *sites);
/*
 * Marks the sites whose instruction the kernel is known to refuse: a guess that saves failed links, no proof in either direction.
 * What cannot be read is not marked.
 */
void uprobe_doubt(bool *marks, int file_fd, const struct uprobe_sites *sites);
/* Does the mapping have this place of the file? */
bool uprobe_is_within(const struct code_mapping *mapping, uint64_t offset);
/*
 * At which of the sites does a process have breakpoints? Read from its memory, where it has the file mapped; false for what lies
 * elsewhere. The marks stay as they are when they are set already. -errno: it cannot be read.
 */
_must_check_ int uprobe_confirm(bool *marks, int file_fd, const struct uprobe_sites *sites,
				const struct code_mapping *mapping);
/* The same of this process, which maps the file for that. It gets its breakpoints then: from all links there are. */
_must_check_ int uprobe_confirm_here(bool *marks, int file_fd, const struct uprobe_sites *sites);
/*
 * Which of the sites does the kernel accept? It looks at an instruction only when the file is mapped; where it is already, one
 * that it refuses fails the whole link, without saying which. So the sites are attached for this process alone, which
 * then maps the file. The link of the attempt is the caller's to close; or -errno.
 */
_must_check_ int uprobe_check(bool *marks, int program_fd, int file_fd,
			      const struct uprobe_sites *sites);
