// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* instructions.c — machine instructions: where they begin, and whether that is sure. */
#include "analyzer/instructions.h"

#include <elf.h>

#include "analyzer/instructions_machine.h"

struct decoder {
	const struct code *code;
	struct arm64 *arm64;  /* NULL: x86-64 */
	unsigned char *marks; /* of the function that is swept, one byte per byte */
	size_t marks_size;
	uint64_t sure_start, sure_end; /* what the marks are of, when that sweep was sure */
};

/* What is known of a byte. */
enum { MARK_START = 1, MARK_TARGET = 2, MARK_BEHIND_LOCK = 4 };

int decoder_open(struct decoder **ret, const struct code *code, struct err *err)
{
	_cleanup_(decoder_closep) struct decoder *decoder = calloc(1, sizeof(*decoder));
	uint16_t machine = code->file.machine;
	int r = 0;

	if (!decoder)
		return err_oom(err);
	if (!code->file.wide || code->file.big || (machine != EM_X86_64 && machine != EM_AARCH64))
		return err_set(
		    err, ENOTSUP,
		    "its code is for machine %u, and only x86-64 and arm64 are understood",
		    machine);
	decoder->code = code;
	if (machine == EM_AARCH64)
		r = arm64_open(&decoder->arm64, err);
	if (r < 0)
		return r;
	*ret = take_ptr(decoder);
	return 0;
}

void decoder_close(struct decoder *decoder)
{
	if (!decoder)
		return;
	arm64_close(decoder->arm64);
	free(decoder->marks);
	free(decoder);
}

void instruction_refer(struct instruction *in, enum reference_kind kind, uint64_t address,
		       unsigned bytes, unsigned reg)
{
	if (in->reference_count < REFERENCES_MAX)
		in->references[in->reference_count++] =
		    (struct reference){ kind, (unsigned short)bytes, (unsigned short)reg, address };
}

bool decoder_read(struct decoder *decoder, uint64_t address, uint64_t end, struct instruction *ret)
{
	struct instruction in = { .address = address };
	const unsigned char *bytes;
	size_t room;
	bool ok;

	bytes = address < end ? code_bytes_at(decoder->code, address, &room) : NULL;
	if (!bytes)
		return false;
	room = room < end - address ? room : (size_t)(end - address);
	ok = decoder->arm64 ? arm64_decode(decoder->arm64, bytes, room, &in)
			    : x86_decode(bytes, room, &in);
	if (ok)
		*ret = in;
	return ok;
}

enum argument decoder_argument(struct decoder *decoder, uint64_t address, uint64_t end,
			       uint64_t *number)
{
	size_t room;
	const unsigned char *bytes =
	    address < end ? code_bytes_at(decoder->code, address, &room) : NULL;

	if (!bytes || decoder->arm64)
		return ARGUMENT_UNKNOWN;
	return x86_argument(bytes, room < end - address ? room : (size_t)(end - address), number);
}

static int clear_marks(struct decoder *decoder, size_t size)
{
	if (size > decoder->marks_size) {
		free(decoder->marks);
		decoder->marks_size = 0;
		decoder->marks = malloc(size);
		if (!decoder->marks)
			return -ENOMEM;
		decoder->marks_size = size;
	}
	memset(decoder->marks, 0, size);
	return 0;
}

static void mark(struct decoder *decoder, const struct instruction *in, uint64_t start,
		 uint64_t end)
{
	decoder->marks[in->address - start] |= MARK_START;
	if (in->locked && in->length > 1)
		decoder->marks[in->address + 1 - start] |= MARK_BEHIND_LOCK;
	for (size_t i = 0; i < in->reference_count; i++) {
		const struct reference *ref = &in->references[i];

		if (ref->kind == REF_TARGET && ref->address >= start && ref->address < end)
			decoder->marks[ref->address - start] |= MARK_TARGET;
	}
}

/* Old locking code of glibc jumps behind the LOCK prefix of an instruction; nothing else jumps into one. */
static int judge_marks(const struct decoder *decoder, uint64_t start, uint64_t end, struct err *err)
{
	for (uint64_t i = 0; i < end - start; i++)
		if (decoder->marks[i] == MARK_TARGET) {
			err_set(
			    err, EINVAL,
			    "the function at 0x%jx jumps to 0x%jx, in the middle of an instruction",
			    (uintmax_t)start, (uintmax_t)(start + i));
			return 0;
		}
	return 1;
}

int decoder_sweep(struct decoder *decoder, uint64_t start, uint64_t end, instruction_fn fn,
		  void *ctx, struct err *err)
{
	struct instruction in;
	int r = 0;

	decoder->sure_start = decoder->sure_end = 0;
	if (clear_marks(decoder, (size_t)(end - start)) < 0)
		return err_oom(err);
	for (uint64_t at = start; at < end; at += in.length) {
		if (!decoder_read(decoder, at, end, &in)) {
			err_set(err, EINVAL,
				"the function at 0x%jx has no instruction at 0x%jx where one must "
				"begin",
				(uintmax_t)start, (uintmax_t)at);
			return 0;
		}
		mark(decoder, &in, start, end);
		r = fn(ctx, &in);
		if (r < 0)
			return r;
	}
	r = judge_marks(decoder, start, end, err);
	if (r > 0) {
		decoder->sure_start = start;
		decoder->sure_end = end;
	}
	return r;
}

static int nothing(void *ctx, const struct instruction *in)
{
	(void)ctx;
	(void)in;
	return 0;
}

int instruction_check(struct decoder *decoder, uint64_t address, struct err *err)
{
	const struct code_function *f = code_function_at(decoder->code, address);
	int r = 1;

	if (!f)
		return err_set(err, EINVAL, "no function is known at 0x%jx", (uintmax_t)address);
	if (f->overlaps)
		return err_set(
		    err, EINVAL,
		    "0x%jx lies in the function at 0x%jx, of which another one claims a part",
		    (uintmax_t)address, (uintmax_t)f->start);
	/* Places come many at a time from one function. */
	if (f->start != decoder->sure_start || f->end != decoder->sure_end)
		r = decoder_sweep(decoder, f->start, f->end, nothing, NULL, err);
	if (r < 0)
		return r;
	if (!r)
		return -EINVAL;
	if (!(decoder->marks[address - f->start] & MARK_START))
		return err_set(
		    err, EINVAL,
		    "0x%jx lies in the middle of an instruction of the function at 0x%jx",
		    (uintmax_t)address, (uintmax_t)f->start);
	return 0;
}
