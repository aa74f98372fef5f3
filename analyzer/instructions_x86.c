// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* instructions_x86.c — one x86-64 instruction, by Zydis. */
#include <Zydis/Zydis.h>

#include "analyzer/instructions_machine.h"

static enum flow flow_of(const ZydisDecodedInstruction *z)
{
	switch (z->meta.category) {
	case ZYDIS_CATEGORY_CALL:
		return FLOW_CALL;
	case ZYDIS_CATEGORY_COND_BR:
		return FLOW_BRANCH;
	case ZYDIS_CATEGORY_UNCOND_BR:
		return FLOW_JUMP;
	case ZYDIS_CATEGORY_RET:
		return FLOW_RETURN;
	default:
		break;
	}
	switch (z->mnemonic) {
	case ZYDIS_MNEMONIC_UD0:
	case ZYDIS_MNEMONIC_UD1:
	case ZYDIS_MNEMONIC_UD2:
	case ZYDIS_MNEMONIC_HLT:
	case ZYDIS_MNEMONIC_INT3:
		return FLOW_STOP;
	default:
		return FLOW_NEXT;
	}
}

/* Is there an operand in memory whose place the bytes alone tell? Relative to the instruction, or absolute: with a base or an
 * index only in the sense that a table begins there. */
static bool names_memory(const ZydisDecodedInstruction *z)
{
	if (!(z->attributes & ZYDIS_ATTRIB_HAS_MODRM))
		return z->raw.disp.size; /* "movabs al, [address]" */
	return z->raw.modrm.mod == 0 && (z->raw.modrm.rm == 5 || z->raw.modrm.rm == 4);
}

static void take_memory(struct instruction *in, const ZydisDecodedOperand *op)
{
	uint64_t at = (uint64_t)op->mem.disp.value;
	bool computes = op->mem.type == ZYDIS_MEMOP_TYPE_AGEN;

	if (op->mem.segment == ZYDIS_REGISTER_FS || op->mem.segment == ZYDIS_REGISTER_GS)
		return; /* of the thread, not of the file */
	if (op->mem.base == ZYDIS_REGISTER_RIP || op->mem.base == ZYDIS_REGISTER_EIP)
		instruction_refer(in, computes ? REF_ADDRESS : REF_MEMORY,
				  in->address + in->length + at, op->size / 8, 0);
	else if (op->mem.base != ZYDIS_REGISTER_NONE || op->mem.index != ZYDIS_REGISTER_NONE ||
		 computes)
		instruction_refer(in, REF_NUMBER, at, 0, 0);
	else
		instruction_refer(in, REF_MEMORY, at, op->size / 8, 0);
}

/* Decoding the operands costs as much as all the rest, so it is done where the bytes do not suffice. */
static bool take_operands(struct instruction *in, const ZydisDecoder *decoder,
			  const ZydisDecoderContext *context, const ZydisDecodedInstruction *z)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];

	if (!ZYAN_SUCCESS(ZydisDecoderDecodeOperands(decoder, context, z, operands,
						     z->operand_count_visible)))
		return false;
	for (size_t i = 0; i < z->operand_count_visible; i++)
		if (operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY)
			take_memory(in, &operands[i]);
	return true;
}

static void take_numbers(struct instruction *in, const ZydisDecodedInstruction *z)
{
	for (size_t i = 0; i < 2; i++) {
		if (!z->raw.imm[i].size)
			continue;
		if (z->raw.imm[i].is_relative)
			instruction_refer(in, REF_TARGET,
					  in->address + in->length + z->raw.imm[i].value.u, 0, 0);
		else
			instruction_refer(in, REF_NUMBER, z->raw.imm[i].value.u, 0, 0);
	}
	if (z->raw.disp.size == 32 && !names_memory(z))
		instruction_refer(in, REF_NUMBER, (uint64_t)z->raw.disp.value, 0, 0);
}

bool x86_decode(const unsigned char *bytes, size_t room, struct instruction *ret)
{
	ZydisDecodedInstruction z;
	ZydisDecoderContext context;
	ZydisDecoder decoder;

	if (!ZYAN_SUCCESS(
		ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64)) ||
	    !ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, &context, bytes, room, &z)))
		return false;
	ret->length = z.length;
	ret->flow = flow_of(&z);
	ret->locked = bytes[0] == 0xf0;
	ret->padding = z.mnemonic == ZYDIS_MNEMONIC_NOP || z.mnemonic == ZYDIS_MNEMONIC_INT3 ||
		       z.mnemonic == ZYDIS_MNEMONIC_ENDBR64;
	ret->pushes = z.mnemonic == ZYDIS_MNEMONIC_PUSH;
	if (ret->padding)
		return true; /* a long nop has operands that mean nothing */
	take_numbers(ret, &z);
	return !names_memory(&z) || take_operands(ret, &decoder, &context, &z);
}

static bool is_first_argument(ZydisRegister reg)
{
	return ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, reg) ==
	       ZYDIS_REGISTER_RDI;
}

enum argument x86_argument(const unsigned char *bytes, size_t room, uint64_t *number)
{
	ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction z;
	ZydisDecoderContext context;
	ZydisDecoder decoder;

	if (!ZYAN_SUCCESS(
		ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64)) ||
	    !ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder, &context, bytes, room, &z)) ||
	    !ZYAN_SUCCESS(ZydisDecoderDecodeOperands(&decoder, &context, &z, op, z.operand_count)))
		return ARGUMENT_UNKNOWN;
	for (size_t i = 0; i < z.operand_count; i++) {
		bool written = op[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE;

		if (op[i].type != ZYDIS_OPERAND_TYPE_REGISTER || !written ||
		    !is_first_argument(op[i].reg.value))
			continue;
		/* A write of 32 bits clears the rest. */
		if (i != 0 || z.operand_count_visible != 2 || op[0].size < 32)
			return ARGUMENT_UNKNOWN;
		if (z.mnemonic == ZYDIS_MNEMONIC_MOV &&
		    op[1].type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
			*number =
			    op[0].size == 32 ? (uint32_t)op[1].imm.value.u : op[1].imm.value.u;
			return ARGUMENT_NUMBER;
		}
		if (z.mnemonic == ZYDIS_MNEMONIC_XOR && op[1].type == ZYDIS_OPERAND_TYPE_REGISTER &&
		    op[1].reg.value == op[0].reg.value) {
			*number = 0;
			return ARGUMENT_NUMBER;
		}
		return ARGUMENT_UNKNOWN;
	}
	return ARGUMENT_KEPT;
}
