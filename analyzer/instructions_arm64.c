// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* instructions_arm64.c — one arm64 instruction, by capstone. */
#include <capstone/capstone.h>

#include "analyzer/instructions_machine.h"

#define WIDTH 4u

struct arm64 {
	csh handle;
	cs_insn *insn;
};

int arm64_open(struct arm64 **ret, struct err *err)
{
	_cleanup_(arm64_closep) struct arm64 *arm64 = calloc(1, sizeof(*arm64));

	if (!arm64)
		return err_oom(err);
	if (cs_open(CS_ARCH_ARM64, CS_MODE_ARM, &arm64->handle) != CS_ERR_OK)
		return err_set(err, ENOTSUP, "the disassembler has no arm64");
	if (cs_option(arm64->handle, CS_OPT_DETAIL, CS_OPT_ON) != CS_ERR_OK)
		return err_set(err, ENOTSUP, "the disassembler tells no operands");
	arm64->insn = cs_malloc(arm64->handle);
	if (!arm64->insn)
		return err_oom(err);
	*ret = take_ptr(arm64);
	return 0;
}

void arm64_close(struct arm64 *arm64)
{
	if (!arm64)
		return;
	if (arm64->insn)
		cs_free(arm64->insn, 1);
	if (arm64->handle)
		cs_close(&arm64->handle);
	free(arm64);
}

static enum flow flow_of(const cs_insn *insn)
{
	arm64_cc cc = insn->detail->arm64.cc;

	switch (insn->id) {
	case ARM64_INS_B:
		return cc == ARM64_CC_INVALID || cc == ARM64_CC_AL || cc == ARM64_CC_NV
			   ? FLOW_JUMP
			   : FLOW_BRANCH;
	case ARM64_INS_CBZ:
	case ARM64_INS_CBNZ:
	case ARM64_INS_TBZ:
	case ARM64_INS_TBNZ:
		return FLOW_BRANCH;
	case ARM64_INS_BL:
	case ARM64_INS_BLR:
		return FLOW_CALL;
	case ARM64_INS_BR:
		return FLOW_JUMP;
	case ARM64_INS_RET:
	case ARM64_INS_ERET:
		return FLOW_RETURN;
	case ARM64_INS_BRK:
	case ARM64_INS_HLT:
		return FLOW_STOP;
	default:
		return FLOW_NEXT;
	}
}

/* The last operand that is a number: a label, a page, an offset. */
static bool number_of(const cs_arm64 *detail, uint64_t *ret)
{
	for (size_t i = detail->op_count; i-- > 0;)
		if (detail->operands[i].type == ARM64_OP_IMM) {
			*ret = (uint64_t)detail->operands[i].imm;
			return true;
		}
	return false;
}

#define REGISTER_NONE 31u

static unsigned number_of_register(arm64_reg reg)
{
	if (reg == ARM64_REG_X29 || reg == ARM64_REG_X30)
		return reg == ARM64_REG_X29 ? 29 : 30;
	return reg >= ARM64_REG_X0 && reg <= ARM64_REG_X28 ? reg - ARM64_REG_X0 : REGISTER_NONE;
}

static unsigned operand_register(const cs_arm64 *detail, size_t i)
{
	return i < detail->op_count && detail->operands[i].type == ARM64_OP_REG
		   ? number_of_register(detail->operands[i].reg)
		   : REGISTER_NONE;
}

static void take_memory(struct instruction *in, const cs_arm64 *detail)
{
	for (size_t i = 0; i < detail->op_count; i++) {
		const cs_arm64_op *op = &detail->operands[i];
		unsigned base;

		if (op->type != ARM64_OP_MEM || op->mem.disp < 0)
			continue;
		base = number_of_register(op->mem.base);
		if (base != REGISTER_NONE)
			instruction_refer(in, REF_IN_PAGE, (uint64_t)op->mem.disp, 0, base);
	}
}

static void take_copy(struct instruction *in, const cs_arm64 *detail)
{
	unsigned to = operand_register(detail, 0), from = operand_register(detail, 1);

	if (to != REGISTER_NONE && from != REGISTER_NONE)
		instruction_refer(in, REF_COPY, from, 0, to);
}

/* Loads of a label: "ldr x0, label". Their bits are xx 011 x00 (Arm ARM, "Load register (literal)"). */
static bool is_literal_load(const unsigned char *bytes)
{
	return (bytes[3] & 0x3b) == 0x18;
}

static void take_references(struct instruction *in, const cs_insn *insn, const unsigned char *bytes)
{
	const cs_arm64 *detail = &insn->detail->arm64;
	uint64_t number = 0;
	bool has_number = number_of(detail, &number);

	take_memory(in, detail);
	if (insn->id == ARM64_INS_MOV)
		take_copy(in, detail);
	if (!has_number)
		return;
	if (in->flow == FLOW_JUMP || in->flow == FLOW_BRANCH || in->flow == FLOW_CALL)
		instruction_refer(in, REF_TARGET, number, 0, 0);
	else if (insn->id == ARM64_INS_ADRP)
		instruction_refer(in, REF_PAGE, number, 0, operand_register(detail, 0));
	else if (insn->id == ARM64_INS_ADR)
		instruction_refer(in, REF_ADDRESS, number, 0, 0);
	else if (is_literal_load(bytes))
		instruction_refer(in, REF_MEMORY, number, 16, 0);
	else if (insn->id == ARM64_INS_ADD && operand_register(detail, 1) != REGISTER_NONE)
		instruction_refer(in, REF_IN_PAGE, number, 0, operand_register(detail, 1));
}

bool arm64_decode(struct arm64 *arm64, const unsigned char *bytes, size_t room,
		  struct instruction *ret)
{
	uint64_t address = ret->address;
	size_t len = WIDTH;

	if (room < WIDTH || address % WIDTH ||
	    !cs_disasm_iter(arm64->handle, &bytes, &len, &address, arm64->insn))
		return false;
	ret->length = WIDTH;
	ret->flow = flow_of(arm64->insn);
	ret->padding = arm64->insn->id == ARM64_INS_NOP || arm64->insn->id == ARM64_INS_HINT;
	take_references(ret, arm64->insn, bytes - WIDTH);
	return true;
}
