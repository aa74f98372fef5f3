// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* names.c — under which names the files of an image can be asked for. */
#include "analyzer/names.h"

#include <string.h>

#include "analyzer/nature.h"
#include "include/array.h"

static int compare(const void *a, const void *b)
{
	const struct name *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	return c ? c : (x->file > y->file) - (x->file < y->file);
}

static int add(struct names *names, size_t *room, const char *name, size_t file)
{
	struct name *item = array_add(names->items, names->count, *room);

	if (!item)
		return -ENOMEM;
	*item = (struct name){ .name = name, .file = file };
	return 0;
}

static bool is_object(const struct inventory_file *file)
{
	return file->kind == FILE_ELF &&
	       (!file->elf || !file->elf->type || !strcmp(file->elf->type, "dyn"));
}

static bool is_program(const struct inventory_file *file)
{
	return file->executable &&
	       (file->kind == FILE_ELF || file->kind == FILE_SCRIPT || file->kind == FILE_REGULAR);
}

static int collect(struct names *ret, const struct inventory *inv, bool objects)
{
	size_t room = 0, target;
	int r = 0;

	*ret = (struct names){};
	for (size_t i = 0; i < inv->file_count && r >= 0; i++) {
		const struct inventory_file *file = &inv->files[i];

		/* A link is followed here once, so that its name finds the file itself. */
		target = file->kind == FILE_LINK ? inventory_find(inv, file->path) : i;
		if (target == INVENTORY_NONE || inv->files[target].kind == FILE_LINK)
			continue;
		if (!(objects ? is_object : is_program)(&inv->files[target]))
			continue;
		r = add(ret, &room, path_name(file->path), target);
		if (r >= 0 && objects && target == i && file->elf && file->elf->soname)
			r = add(ret, &room, path_name(file->elf->soname), i);
	}
	array_sort(ret->items, ret->count, sizeof(*ret->items), compare);
	if (r < 0)
		names_done(ret);
	return r;
}

int names_of_objects(struct names *ret, const struct inventory *inv)
{
	return collect(ret, inv, true);
}

int names_of_programs(struct names *ret, const struct inventory *inv)
{
	return collect(ret, inv, false);
}

void names_done(struct names *names)
{
	free(names->items);
	*names = (struct names){};
}

size_t names_at_least(const struct names *names, const char *text)
{
	size_t low = 0, high = names->count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (strcmp(names->items[middle].name, text) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

char *names_glob(struct arena *arena, const char *format)
{
	char *ret = arena_alloc(arena, 2 * strlen(format) + 1), *out = ret;

	if (!ret)
		return NULL;
	for (; *format; format++) {
		if (*format == '%' && format[1] == '%') {
			*out++ = '%';
			format++;
		} else if (*format == '%') {
			/* flags, width, precision, length, conversion: whatever it prints */
			format += strspn(format + 1, "-+ #0123456789.*$'hlLqjzt");
			format += format[1] != '\0';
			*out++ = '*';
		} else {
			if (strchr("[\\", *format))
				*out++ = '\\';
			*out++ = *format;
		}
	}
	*out = '\0';
	return ret;
}
