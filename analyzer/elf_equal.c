// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* elf_equal.c — two ELF files side by side: build-id, code, functions. */
#include "analyzer/elf_equal.h"

#include <elf.h>

#include "analyzer/elf_note.h"

#define NEAR_ONE_IN 10000u

const char *equality_name(enum equality equality)
{
#define EQUALITY_NAME(id, name, what) name,
	static const char *const names[] = { EQUALITIES(EQUALITY_NAME) };
#undef EQUALITY_NAME

	return names[equality];
}

int equality_from_name(const char *name, enum equality *ret)
{
	for (unsigned i = 0; i < EQUALITY_COUNT; i++) {
		if (strcmp(name, equality_name(i)) != 0)
			continue;
		*ret = i;
		return 0;
	}
	return -EINVAL;
}

static bool same_functions(const struct code *a, const struct code *b)
{
	if (a->function_count != b->function_count)
		return false;
	for (size_t i = 0; i < a->function_count; i++)
		if (a->functions[i].start != b->functions[i].start ||
		    a->functions[i].end != b->functions[i].end)
			return false;
	return true;
}

/* The section headers that hold code, in order; read-only data shares their segment when a linker is told to. */
static const struct elf_section *next_code(const struct elf_file *file, size_t *at)
{
	while (*at < file->section_count) {
		const struct elf_section *s = &file->sections[(*at)++];

		if (s->type == SHT_PROGBITS && s->flags & SHF_EXECINSTR && s->flags & SHF_ALLOC)
			return s;
	}
	return NULL;
}

struct difference {
	uint64_t bytes, differ;
};

static int compare_bytes(const struct code *a, const struct code *b, uint64_t address,
			 uint64_t size, struct difference *to)
{
	size_t room_a, room_b;
	const unsigned char *x = code_bytes_at(a, address, &room_a);
	const unsigned char *y = code_bytes_at(b, address, &room_b);

	if (!x || !y || room_a < size || room_b < size)
		return -EBADE;
	for (uint64_t i = 0; i < size; i++)
		to->differ += x[i] != y[i];
	to->bytes += size;
	return 0;
}

static int compare_code(const struct code *a, const struct code *b, struct difference *to,
			struct err *err)
{
	const struct elf_section *x, *y;
	size_t at_x = 0, at_y = 0;

	for (;;) {
		x = next_code(&a->file, &at_x);
		y = next_code(&b->file, &at_y);
		if (!x || !y)
			break;
		if (strcmp(x->name, y->name) != 0 || x->addr != y->addr || x->size != y->size)
			return err_set(err, EBADE, "its section '%s' is another one", x->name);
		if (x->size && compare_bytes(a, b, x->addr, x->size, to) < 0)
			return err_set(err, EBADE, "its section '%s' is not loaded as code",
				       x->name);
	}
	if (x || y || !to->bytes)
		return err_set(err, EBADE, "it has other sections of code, or none");
	return 0;
}

int elf_equal(const struct code *shipped, const struct code *rebuilt, enum equality *ret,
	      struct arena *arena, struct err *err)
{
	struct difference found = {};
	const char *a, *b;
	int r = compare_code(shipped, rebuilt, &found, err);

	if (r < 0)
		return r;
	if (elfnote_build_id(&a, &shipped->file, arena) < 0 ||
	    elfnote_build_id(&b, &rebuilt->file, arena) < 0)
		return err_oom(err);
	if (!same_functions(shipped, rebuilt))
		return err_set(err, EBADE, "its functions are others");
	if (!found.differ) {
		*ret = a && b && !strcmp(a, b) ? EQUALITY_IDENTICAL : EQUALITY_TEXT;
		return 0;
	}
	if (found.differ >= found.bytes / NEAR_ONE_IN)
		return err_set(err, EBADE, "%ju of its %ju bytes of code differ",
			       (uintmax_t)found.differ, (uintmax_t)found.bytes);
	*ret = EQUALITY_NEAR;
	return 0;
}
