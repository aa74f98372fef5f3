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
	const struct code_function *function; /* that is judged */
	bool calls;                           /* it has a use of the door */
	bool tables;                          /* it jumps to where the instruction does not tell */
	bool
	    linkage; /* it is nothing but jumps, as the linker's stubs, which have one record together */
	size_t jumps;
	const struct code_function **users; /* that have one, malloc'ed */
	size_t user_count, user_capacity;
	/* Straight from the last place where another way may come in: */
	bool known;
	uint64_t number;
	uint64_t *
	    targets; /* of all jumps: parts of a function may stand apart; and of words. malloc'ed */
	size_t target_count, target_capacity;
};

static void asking_done(struct asking *a)
{
	decoder_close(a->decoder);
	free(a->targets);
	free(a->users);
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

static int add_target(struct asking *a, uint64_t address)
{
	uint64_t *slot = array_add(a->targets, a->target_count, a->target_capacity);

	if (!slot)
		return -ENOMEM;
	*slot = address;
	return 0;
}

static int note_target(struct asking *a, const struct instruction *in)
{
	bool told = false;
	int r = 0;

	for (size_t i = 0; i < in->reference_count && r == 0; i++) {
		enum reference_kind kind = in->references[i].kind;

		told |= kind == REF_TARGET || kind == REF_MEMORY;
		if (kind == REF_TARGET && in->flow != FLOW_CALL)
			r = add_target(a, in->references[i].address);
	}
	a->tables |= in->flow == FLOW_JUMP && !told;
	return r;
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

/* Has the function a use of the door? */
static int look_into(struct asking *a, const struct code_function *f)
{
	const struct code_function **slot;
	struct err unsure = {};
	int r;

	a->calls = a->tables = false;
	a->linkage = true;
	a->jumps = 0;
	r = decoder_sweep(a->decoder, f->start, f->end, look, a, &unsure);
	if (r < 0 || (r && a->linkage && a->jumps > 1))
		return r < 0 ? r : 0;
	a->doubt |= !r || (a->calls && (a->tables || f->overlaps));
	if (a->doubt || !a->calls)
		return 0;
	slot = array_add(a->users, a->user_count, a->user_capacity);
	if (!slot)
		return -ENOMEM;
	*slot = f;
	return 0;
}

static int judge_function(struct asking *a, const struct code_function *f)
{
	struct err unsure = {};
	int r;

	a->function = f;
	a->known = false;
	r = decoder_sweep(a->decoder, f->start, f->end, judge, a, &unsure);
	return r == -ENOMEM ? r : 0;
}

/* Where the linker puts its stubs; elsewhere "jmp *door" may be the end of a function. */
static bool is_for_stubs(const struct asking *a, uint64_t address)
{
	const struct elf_file *file = &a->code.file;

	for (size_t i = 0; i < file->section_count; i++)
		if (address >= file->sections[i].addr &&
		    address - file->sections[i].addr < file->sections[i].size &&
		    !strncmp(file->sections[i].name, ".plt", 4))
			return true;
	return false;
}

/* Code of no function may not use the door but as a stub does: where it begins is not sure, so every byte may. */
static int look_into_rest(struct asking *a)
{
	const struct code *code = &a->code;
	struct instruction in;
	bool kept, stub;
	int r = 0;

	for (size_t i = 0; i < code->segment_count; i++)
		for (uint64_t at = code->segments[i].start; at < code->segments[i].end && r == 0;
		     at++) {
			const struct code_function *f = code_function_at(code, at);

			if (f) {
				at = f->end - 1;
				continue;
			}
			if (!decoder_read(a->decoder, at, code->segments[i].end, &in))
				continue;
			if (uses_door(a, &in, &kept)) {
				stub = in.flow == FLOW_JUMP && is_for_stubs(a, at) &&
				       in.references[0].kind == REF_MEMORY;
				a->doubt |= !stub;
			}
			a->doubt |= kept;
			r = note_target(a, &in);
		}
	return r;
}

/* A door that nothing is seen to use is used in a way that was not understood. */
static int judge_all(struct asking *a)
{
	int r = 0;

	for (size_t i = 0; i < a->code.function_count && !a->doubt && r == 0; i++)
		r = look_into(a, &a->code.functions[i]);
	if (r == 0 && !a->doubt)
		r = look_into_rest(a);
	a->doubt |= !a->user_count;
	array_sort(a->targets, a->target_count, sizeof(*a->targets), address_order);
	for (size_t i = 0; i < a->user_count && !a->doubt && r == 0; i++)
		r = judge_function(a, a->users[i]);
	return r;
}

/* Where the loader puts the address of syscall(). One outside of the global offset table is for anybody to use. What other words
 * point to may be jumped to through them. */
static int find_doors(struct asking *a, const struct relocations *relocations,
		      const struct symtab *symbols)
{
	a->doors = arena_alloc(a->arena, (relocations->count + 1) * sizeof(*a->doors));
	if (!a->doors)
		return -ENOMEM;
	for (size_t i = 0; i < relocations->count; i++) {
		const struct relocation *r = &relocations->items[i];

		if (r->kind != RELOCATION_IMPORT) {
			if (add_target(a, r->target) < 0)
				return -ENOMEM;
			continue;
		}
		if (strcmp(symbols->items[r->symbol].name, "syscall") != 0)
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
	return judge_all(a);
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
