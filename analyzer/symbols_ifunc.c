// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * symbols_ifunc.c — which functions a resolver of an IFUNC can choose.
 *
 * The resolver's bytes are searched at every place, not only where instructions begin: what is found too much is told apart
 * by its target, which must be the very start of a function, and what is doubtful ends in "not certain".
 */
#include <stdlib.h>

#include "analyzer/symbols_build.h"

#include "include/array.h"

#define RESOLVER_BYTES_MAX (64u << 10)
#define SLOTS_MAX 16u
#define RELA_BYTES 24u
#define CHUNK 1024u /* relocations read at once */
#define EFFORT_MAX (1u << 30)

struct resolver {
	struct symbols *symbols;
	const struct symbol *self;
	unsigned char *code;
	const struct symbol **targets;
	size_t target_count;
	uint64_t slots[SLOTS_MAX]; /* pointers that it loads */
	size_t slot_count;
};

/* What resolvers ask about the processor; it chooses nothing. */
static bool only_asks(const char *name)
{
	static const char *const names[] = { "__cpu_indicator_init", "__x86_get_cpu_features",
					     "__x86_get_cpuid_feature_leaf",
					     "_dl_x86_get_cpu_features", "__init_cpu_features" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(names[i], name))
			return true;
	return false;
}

static const struct symbol *function_at(const struct symbols *symbols, uint64_t addr)
{
	const struct symbol *found = symbols_at(symbols, addr);

	return found && found->addr == addr ? found : NULL;
}

static int add_target(struct resolver *resolver, uint64_t addr, struct err *err)
{
	const struct symbol *found = function_at(resolver->symbols, addr);

	if (!found)
		return err_set(err, ENOENT,
			       "the resolver takes the address 0x%jx, which has no name",
			       (uintmax_t)addr);
	for (size_t i = 0; i < resolver->target_count; i++)
		if (resolver->targets[i] == found)
			return 0;
	if (resolver->target_count == IFUNC_TARGETS_MAX)
		return err_set(err, ENOENT, "the resolver takes more than %u addresses",
			       IFUNC_TARGETS_MAX);
	resolver->targets[resolver->target_count++] = found;
	return 0;
}

static int32_t displacement(const unsigned char *at)
{
	return (int32_t)((uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
			 (uint32_t)at[3] << 24);
}

/* lea reg, [rip + x] */
static int take_lea(struct resolver *resolver, uint64_t target, struct err *err)
{
	return symbols_is_code(&resolver->symbols->file, target) ? add_target(resolver, target, err)
								 : 0;
}

/* mov or cmov reg, [rip + x] */
static int take_load(struct resolver *resolver, uint64_t slot, struct err *err)
{
	if (resolver->slot_count == SLOTS_MAX)
		return err_set(err, ENOENT, "the resolver loads more than %u pointers", SLOTS_MAX);
	resolver->slots[resolver->slot_count++] = slot;
	return 0;
}

/* call or jmp to another function, direct or through a pointer: it could choose instead. */
static int take_branch(const struct resolver *resolver, uint64_t target, struct err *err)
{
	const struct symbol *self = resolver->self;
	const struct symbol *callee = function_at(resolver->symbols, target);

	if (target - self->addr < self->size ||
	    !symbols_is_code(&resolver->symbols->file, target) ||
	    (callee && only_asks(callee->name)))
		return 0;
	return err_set(err, ENOENT, "the resolver calls or jumps to %s at 0x%jx",
		       callee ? callee->name : "an unnamed place", (uintmax_t)target);
}

static int look_at(struct resolver *resolver, size_t i, struct err *err)
{
	const unsigned char *at = resolver->code + i;
	size_t left = (size_t)resolver->self->size - i;
	uint64_t here = resolver->self->addr + i;
	bool rex = left >= 7 && (at[0] & 0xf8) == 0x48;

	if (rex && at[1] == 0x8d && (at[2] & 0xc7) == 0x05)
		return take_lea(resolver, here + 7 + (uint64_t)displacement(at + 3), err);
	if (rex && at[1] == 0x8b && (at[2] & 0xc7) == 0x05)
		return take_load(resolver, here + 7 + (uint64_t)displacement(at + 3), err);
	if (rex && left >= 8 && at[1] == 0x0f && (at[2] & 0xf0) == 0x40 && (at[3] & 0xc7) == 0x05)
		return take_load(resolver, here + 8 + (uint64_t)displacement(at + 4), err);
	/* Without PIC an address can be an immediate: mov r32, imm32 and mov r64, simm32. */
	if (left >= 5 && (at[0] & 0xf8) == 0xb8 && resolver->symbols->file.type == ET_EXEC &&
	    function_at(resolver->symbols, (uint32_t)displacement(at + 1)))
		return add_target(resolver, (uint32_t)displacement(at + 1), err);
	if (rex && at[1] == 0xc7 && (at[2] & 0xf8) == 0xc0 &&
	    resolver->symbols->file.type == ET_EXEC &&
	    function_at(resolver->symbols, (uint32_t)displacement(at + 3)))
		return add_target(resolver, (uint32_t)displacement(at + 3), err);
	if (left >= 5 && (at[0] == 0xe8 || at[0] == 0xe9))
		return take_branch(resolver, here + 5 + (uint64_t)displacement(at + 1), err);
	if (left >= 6 && at[0] == 0x0f && (at[1] & 0xf0) == 0x80)
		return take_branch(resolver, here + 6 + (uint64_t)displacement(at + 2), err);
	if (left >= 6 && at[0] == 0xff && (at[1] == 0x15 || at[1] == 0x25))
		return err_set(err, ENOENT, "the resolver calls through a pointer");
	return 0;
}

struct slot_search {
	struct resolver *resolver;
	uint32_t number; /* of the dynamic symbol that a slot holds */
	struct err *err;
};

static int take_slot_symbol(void *ctx, const struct elf_symbol *symbol)
{
	struct slot_search *search = ctx;

	if (symbol->number != search->number || symbol->type == STT_OBJECT ||
	    symbol->type == STT_TLS)
		return 0;
	if (symbol->section == SHN_UNDEF)
		return err_set(search->err, ENOENT, "the resolver takes '%s' of another object",
			       symbol->name);
	return symbols_is_code(&search->resolver->symbols->file, symbol->value)
		   ? add_target(search->resolver, symbol->value, search->err)
		   : 0;
}

/* A file may call everything an IFUNC: what all of them cost is bounded. */
static bool may_read(struct resolver *resolver, uint64_t bytes)
{
	struct symbols *symbols = resolver->symbols;

	if (bytes > EFFORT_MAX - symbols->effort)
		return false;
	symbols->effort += bytes;
	return true;
}

static int take_relocated(struct resolver *resolver, const char *raw, struct err *err)
{
	const struct symbols *symbols = resolver->symbols;
	uint64_t info = elffile_number(&symbols->file, raw + 8, 8);
	uint64_t value = elffile_number(&symbols->file, raw + 16, 8);
	struct slot_search search = { resolver, (uint32_t)ELF64_R_SYM(info), err };

	if (search.number)
		return elfdyn_symbols(&symbols->dynamic, &symbols->file, take_slot_symbol, &search,
				      err);
	return symbols_is_code(&symbols->file, value) ? add_target(resolver, value, err) : 0;
}

/* What the loader writes into the pointers that are loaded: an address of this file, or that of a symbol. */
static int take_relocations(struct resolver *resolver, struct err *err)
{
	const struct elf_dynamic *dyn = &resolver->symbols->dynamic;
	const struct elf_file *file = &resolver->symbols->file;
	uint64_t at, room, count = dyn->value[DT_RELASZ] / RELA_BYTES;
	char raw[CHUNK * RELA_BYTES];
	int r = 0;

	if (!dyn->present[DT_RELA] || elffile_at(file, dyn->value[DT_RELA], &at, &room) < 0)
		return 0;
	count = count < room / RELA_BYTES ? count : room / RELA_BYTES;
	if (!may_read(resolver, count * RELA_BYTES))
		return err_set(err, ENOENT, "too many resolvers to read their relocations");
	for (uint64_t i = 0; i < count && r >= 0; i++) {
		size_t in_chunk = i % CHUNK, n = count - i < CHUNK ? (size_t)(count - i) : CHUNK;
		const char *entry = raw + in_chunk * RELA_BYTES;

		if (!in_chunk && elffile_read(file, raw, at + i * RELA_BYTES, n * RELA_BYTES) < 0)
			return err_set(err, ENOENT, "relocations that cannot be read");
		for (size_t k = 0; k < resolver->slot_count && r >= 0; k++)
			if (elffile_number(file, entry, 8) == resolver->slots[k])
				r = take_relocated(resolver, entry, err);
	}
	return r;
}

/* What stands in the file where nothing is relocated. */
static int take_constants(struct resolver *resolver, struct err *err)
{
	const struct elf_file *file = &resolver->symbols->file;
	uint64_t offset, room, value;
	char raw[8];
	int r = 0;

	for (size_t i = 0; i < resolver->slot_count && r >= 0; i++) {
		if (elffile_at(file, resolver->slots[i], &offset, &room) < 0 || room < 8 ||
		    elffile_read(file, raw, offset, 8) < 0)
			continue;
		value = elffile_number(file, raw, 8);
		if (symbols_is_code(file, value))
			r = add_target(resolver, value, err);
	}
	return r;
}

static int compare_targets(const void *pa, const void *pb)
{
	const struct symbol *const *a = pa, *const *b = pb;

	return (*a > *b) - (*a < *b);
}

static int read_code(struct resolver *resolver, struct err *err)
{
	const struct symbol *self = resolver->self;
	const struct elf_file *file = &resolver->symbols->file;
	uint64_t offset, room;

	if (file->machine != EM_X86_64 || !file->wide)
		return err_set(err, ENOENT, "resolvers are read on x86-64 only");
	if (!self->size || self->size > RESOLVER_BYTES_MAX ||
	    elffile_at(file, self->addr, &offset, &room) < 0 || self->size > room)
		return err_set(err, ENOENT, "the resolver's size is not known, or absurd");
	if (!may_read(resolver, self->size))
		return err_set(err, ENOENT, "too many resolvers to read them all");
	resolver->code = malloc((size_t)self->size);
	if (!resolver->code)
		return err_oom(err);
	if (elffile_read(file, resolver->code, offset, (size_t)self->size) < 0)
		return err_set(err, ENOENT, "the resolver cannot be read");
	return 0;
}

int symbols_ifunc_targets(struct symbols *symbols, const struct symbol *ifunc,
			  const struct symbol ***ret, size_t *ret_count, struct err *err)
{
	struct resolver resolver = { .symbols = symbols, .self = ifunc };
	_cleanup_free_ unsigned char *code = NULL;
	int r = ifunc->ifunc ? read_code(&resolver, err) : err_set(err, ENOENT, "it is no IFUNC");

	code = resolver.code;
	if (r < 0)
		return r;
	resolver.targets =
	    arena_alloc(symbols->arena, IFUNC_TARGETS_MAX * sizeof(*resolver.targets));
	if (!resolver.targets)
		return err_oom(err);
	for (size_t i = 0; i < ifunc->size && r >= 0; i++)
		r = look_at(&resolver, i, err);
	if (r >= 0 && resolver.slot_count)
		r = take_relocations(&resolver, err);
	if (r >= 0)
		r = take_constants(&resolver, err);
	if (r < 0)
		return r;
	if (!resolver.target_count)
		return err_set(err, ENOENT, "the resolver takes no address of a function");
	array_sort(resolver.targets, resolver.target_count, sizeof(*resolver.targets),
		   compare_targets);
	*ret = resolver.targets;
	*ret_count = resolver.target_count;
	return 0;
}
