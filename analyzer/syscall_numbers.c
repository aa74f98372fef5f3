// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* syscall_numbers.c — can an object that imports syscall() execute a program by it? */
#include "analyzer/syscall_numbers.h"

#include <elf.h>

#include "analyzer/instructions.h"
#include "analyzer/relocations.h"
#include "include/array.h"

#define EXECVE 59u
#define EXECVEAT 322u
#define NUMBERS_MAX 1024u /* of 64-bit system calls; x32 has a bit above, and numbers of its own */

struct asking {
	struct arena *arena;
	struct code code;
	struct decoder *decoder;
	uint64_t *doors; /* words that the loader fills with the address of syscall() */
	size_t door_count;
	bool doubt;
	const struct code_function *function; /* that is swept */
	bool calls;                           /* it has a use of the door */
	bool tables;                          /* it jumps to where the instruction does not tell */
	bool
	    linkage; /* it is nothing but jumps, as the linker's stubs, which have one record together */
	size_t jumps;
	/* Straight from the last place where another way may come in: */
	bool known;
	uint64_t number;
	uint64_t *targets; /* of jumps within the function, malloc'ed */
	size_t target_count, target_capacity;
};

static void asking_done(struct asking *a)
{
	decoder_close(a->decoder);
	free(a->targets);
	arena_free(a->arena);
}

static bool is_door(const struct asking *a, uint64_t address)
{
	for (size_t i = 0; i < a->door_count; i++)
		if (a->doors[i] <= address && address - a->doors[i] < 8)
			return true;
	return false;
}

/* A linkage stub, which is code of no function or of all stubs together: "jmp *door", behind a mark of where jumps may land. */
static bool is_stub(const struct asking *a, uint64_t address)
{
	struct instruction in;

	if (!decoder_read(a->decoder, address, address + 32, &in))
		return false;
	if (in.padding && !decoder_read(a->decoder, address + in.length, address + 32, &in))
		return false;
	return in.flow == FLOW_JUMP && in.reference_count == 1 &&
	       in.references[0].kind == REF_MEMORY && is_door(a, in.references[0].address);
}

static bool is_transfer(const struct instruction *in)
{
	return in->flow == FLOW_CALL || in->flow == FLOW_JUMP;
}

/* Does the instruction call or jump to the door? *kept: it does something else with its address. */
static bool uses_door(const struct asking *a, const struct instruction *in, bool *kept)
{
	bool uses = false;

	*kept = false;
	for (size_t i = 0; i < in->reference_count; i++) {
		const struct reference *ref = &in->references[i];
		bool door = (ref->kind == REF_MEMORY || ref->kind == REF_ADDRESS) &&
			    is_door(a, ref->address);
		bool stub = (ref->kind == REF_TARGET || ref->kind == REF_ADDRESS) &&
			    is_stub(a, ref->address);
		bool plain = is_transfer(in) && ref->kind != REF_ADDRESS;

		uses |= (door || stub) && plain;
		*kept |= (door || stub) && !plain;
	}
	return uses;
}

static int note_target(struct asking *a, const struct instruction *in)
{
	bool told = false;
	uint64_t *slot;

	for (size_t i = 0; i < in->reference_count; i++) {
		told |=
		    in->references[i].kind == REF_TARGET || in->references[i].kind == REF_MEMORY;
		if (in->references[i].kind != REF_TARGET || in->flow == FLOW_CALL)
			continue;
		slot = array_add(a->targets, a->target_count, a->target_capacity);
		if (!slot)
			return -ENOMEM;
		*slot = in->references[i].address;
	}
	a->tables |= in->flow == FLOW_JUMP && !told;
	return 0;
}

static int look(void *ctx, const struct instruction *in)
{
	struct asking *a = ctx;
	bool kept;

	a->calls |= uses_door(a, in, &kept);
	a->doubt |= kept;
	a->linkage &= in->flow == FLOW_JUMP || in->padding || in->pushes;
	a->jumps += in->flow == FLOW_JUMP;
	return note_target(a, in);
}

static int address_order(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static bool is_target(const struct asking *a, uint64_t address)
{
	return array_find(&address, a->targets, a->target_count, sizeof(address), address_order);
}

/* The first argument, as far as the code before tells it. */
static void follow_argument(struct asking *a, const struct instruction *in)
{
	uint64_t number;

	switch (decoder_argument(a->decoder, in->address, a->function->end, &number)) {
	case ARGUMENT_KEPT:
		break;
	case ARGUMENT_NUMBER:
		a->known = true;
		a->number = number;
		break;
	case ARGUMENT_UNKNOWN:
		a->known = false;
		break;
	}
	if (in->flow != FLOW_NEXT && in->flow != FLOW_BRANCH)
		a->known = false;
}

static int judge(void *ctx, const struct instruction *in)
{
	struct asking *a = ctx;
	bool kept;

	if (is_target(a, in->address))
		a->known = false;
	if (uses_door(a, in, &kept))
		a->doubt |= !a->known || a->number >= NUMBERS_MAX || a->number == EXECVE ||
			    a->number == EXECVEAT;
	follow_argument(a, in);
	return a->doubt ? -ECANCELED : 0;
}

static int ask_function(struct asking *a, const struct code_function *f)
{
	struct err unsure = {};
	int r;

	a->function = f;
	a->calls = a->tables = a->known = false;
	a->linkage = true;
	a->jumps = a->target_count = 0;
	r = decoder_sweep(a->decoder, f->start, f->end, look, a, &unsure);
	if (r < 0 || (r && a->linkage && a->jumps > 1))
		return r < 0 ? r : 0;
	a->doubt |= !r || (a->calls && (a->tables || f->overlaps));
	if (a->doubt || !a->calls)
		return 0;
	array_sort(a->targets, a->target_count, sizeof(*a->targets), address_order);
	r = decoder_sweep(a->decoder, f->start, f->end, judge, a, &unsure);
	return r == -ENOMEM ? r : 0;
}

/* Code of no function may not use the door but as a stub does: where it begins is not sure, so every byte may. */
static void ask_rest(struct asking *a)
{
	const struct code *code = &a->code;
	struct instruction in;
	bool kept;

	for (size_t i = 0; i < code->segment_count; i++)
		for (uint64_t at = code->segments[i].start; at < code->segments[i].end; at++) {
			const struct code_function *f = code_function_at(code, at);

			if (f) {
				at = f->end - 1;
				continue;
			}
			if (!decoder_read(a->decoder, at, code->segments[i].end, &in))
				continue;
			a->doubt |= uses_door(a, &in, &kept) &&
				    !(in.flow == FLOW_JUMP && in.references[0].kind == REF_MEMORY);
			a->doubt |= kept;
		}
}

/* Where the loader puts the address of syscall(). One outside of the global offset table is for anybody to use. */
static int find_doors(struct asking *a, const struct relocations *relocations,
		      const struct symtab *symbols)
{
	a->doors = arena_alloc(a->arena, (relocations->count + 1) * sizeof(*a->doors));
	if (!a->doors)
		return -ENOMEM;
	for (size_t i = 0; i < relocations->count; i++) {
		const struct relocation *r = &relocations->items[i];

		if (r->kind != RELOCATION_IMPORT ||
		    strcmp(symbols->items[r->symbol].name, "syscall") != 0)
			continue;
		a->doors[a->door_count++] = r->at;
		a->doubt |= !r->slot;
	}
	return 0;
}

static int ask(struct asking *a, int fd, const struct elf_file *file, const struct elf_dynamic *dyn)
{
	struct relocations relocations = {};
	struct symtab symbols = {};
	struct err err = {};
	int r = code_read(&a->code, fd, a->arena, &err);

	if (r >= 0)
		r = symtab_read_dynamic(&symbols, file, dyn, a->arena, &err);
	if (r >= 0)
		r = relocations_read(&relocations, file, dyn, &symbols, a->arena, &err);
	if (r >= 0)
		r = decoder_open(&a->decoder, &a->code, &err);
	if (r >= 0)
		r = find_doors(a, &relocations, &symbols);
	if (r < 0)
		return r;
	a->doubt |= file->machine != EM_X86_64 || file->type != ET_DYN;
	for (size_t i = 0; i < a->code.function_count && !a->doubt && r >= 0; i++)
		r = ask_function(a, &a->code.functions[i]);
	if (r >= 0 && !a->doubt)
		ask_rest(a);
	return r;
}

int syscall_may_execute(bool *ret, int fd, const struct elf_file *file,
			const struct elf_dynamic *dyn)
{
	_cleanup_(asking_done) struct asking a = { .arena = arena_new() };
	int r = a.arena ? ask(&a, fd, file, dyn) : -ENOMEM;

	if (r == -ENOMEM)
		return r;
	*ret = r < 0 || a.doubt;
	return 0;
}
