/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * instructions.h — machine instructions: where they begin, where they lead, what they refer to.
 *
 * One decoder for x86-64 and one for arm64, behind the same form. Instructions are found by decoding a function from its start to
 * its end. That is believed ("sure") only when every byte is part of an instruction, and every jump from inside leads to
 * a place where one begins: data in between, or a start that is none, would show in either. Nothing else is ever
 * probed: the kernel accepts a probe in the middle of an instruction, and corrupts the program.
 */
#pragma once

#include "analyzer/code.h"

struct decoder;

enum flow {
	FLOW_NEXT,
	FLOW_BRANCH, /* may jump, may go on */
	FLOW_JUMP,
	FLOW_CALL,
	FLOW_RETURN,
	FLOW_STOP, /* traps: nothing goes on from here */
};

enum reference_kind {
	REF_TARGET, /* jumps or calls there */
	REF_MEMORY, /* reads or writes `bytes` bytes exactly there (a GOT slot, a variable) */
	REF_ADDRESS, /* computes that address, or an address from it: whatever is around there may be meant */
	REF_NUMBER,  /* a number that is an address only in code linked for fixed addresses */
	REF_PAGE,    /* arm64: the first half of an address, its page, into register `reg`; */
	REF_IN_PAGE, /* the second half, an offset from what `reg` holds, perhaps much later; */
	REF_COPY,    /* and a copy into `reg` of the register whose number is `address` */
};

struct reference {
	enum reference_kind kind;
	unsigned short bytes;
	unsigned short reg; /* 0…30 */
	uint64_t address;
};

#define REFERENCES_MAX 4

struct instruction {
	uint64_t address;
	unsigned length;
	enum flow flow;
	bool locked;  /* begins with a LOCK prefix, which old locking code jumps over */
	bool padding; /* does nothing: nop, int3, a mark of where jumps may land */
	bool pushes;  /* as linkage stubs do between their jumps */
	size_t reference_count;
	struct reference references[REFERENCES_MAX];
};

/* -ENOTSUP for a machine that is neither x86-64 nor arm64, 64 bit, least significant byte first. */
_must_check_ int decoder_open(struct decoder **ret, const struct code *code, struct err *err);
void decoder_close(struct decoder *decoder);
DEFINE_CLEANUP(struct decoder *, decoder_close)

/* The instruction at an address, if it ends by `end`. False when there is none. */
_must_check_ bool decoder_read(struct decoder *decoder, uint64_t address, uint64_t end,
			       struct instruction *ret);

/* What an instruction does to the register in which calls take their first argument (x86-64: rdi). */
enum argument {
	ARGUMENT_KEPT,
	ARGUMENT_NUMBER,  /* it is `number` then */
	ARGUMENT_UNKNOWN, /* anything else, or not known; always so for arm64 */
};

enum argument decoder_argument(struct decoder *decoder, uint64_t address, uint64_t end,
			       uint64_t *number);

/* Its < 0 ends the sweep. */
typedef int (*instruction_fn)(void *ctx, const struct instruction *in);

/* Decodes from start to end (which lie in one segment), calling fn for each instruction. Returns 1 when that is sure, 0 with a
 * reason in err when it is not (then fn has seen at least those before the fault), or fn's or another -errno. */
_must_check_ int decoder_sweep(struct decoder *decoder, uint64_t start, uint64_t end,
			       instruction_fn fn, void *ctx, struct err *err);

/* Does an instruction surely begin at that address? 0, or -EINVAL with the reason: the guard of every probe. */
_must_check_ int instruction_check(struct decoder *decoder, uint64_t address, struct err *err);
