/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* instructions_machine.h — one instruction of one machine; for instructions*.c only. */
#pragma once

#include "analyzer/instructions.h"

struct arm64;

/* Decodes at most `room` bytes. False when they are no instruction. `ret` is zeroed by the caller but for its address. */
_must_check_ bool x86_decode(const unsigned char *bytes, size_t room, struct instruction *ret);

/* What it does to the register of a call's first argument. */
enum argument x86_argument(const unsigned char *bytes, size_t room, uint64_t *number);

_must_check_ int arm64_open(struct arm64 **ret, struct err *err);
void arm64_close(struct arm64 *arm64);
DEFINE_CLEANUP(struct arm64 *, arm64_close)
_must_check_ bool arm64_decode(struct arm64 *arm64, const unsigned char *bytes, size_t room,
			       struct instruction *ret);

/* Adds a reference; one too many is left out only for machines that have none such. */
void instruction_refer(struct instruction *in, enum reference_kind kind, uint64_t address,
		       unsigned bytes, unsigned reg);
