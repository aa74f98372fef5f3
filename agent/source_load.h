/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* source_load.h — the programs of bpf/ on their way into the kernel; for source.c only, which reads what they report. */
#pragma once

#include "agent/source.h"

#define HOOKS_MAX 21
#define REASON_MAX 256

struct observe_bpf;
struct bpf_link;

struct programs {
	struct observe_bpf *skel;
	struct bpf_link *links[HOOKS_MAX];
	bool off[HOOKS_MAX];
	char reasons[HOOKS_MAX][REASON_MAX];
	char no_fentry[REASON_MAX]; /* why back-end L was refused */
	enum source_backend backend;
	struct source_choice choices[HOOKS_MAX + 4];
	size_t choice_count;
};

/* Loads and attaches what this kernel can do: errors as source_open. */
_must_check_ int programs_start(struct programs *programs, const struct source_options *options,
				struct err *err);
void programs_stop(struct programs *programs);
/* Is there a program attached for it ("what" of source_choices)? */
bool programs_see(const struct programs *programs, const char *what);
/* Sum of what the kernel skipped because a program was already running on that CPU. */
uint64_t programs_missed(const struct programs *programs);
