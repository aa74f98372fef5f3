// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* json_print.c — a tree as text for people and for diff: two spaces, one member a line, a newline at the end. */
#include "analyzer/json.h"

#include <stdlib.h>
#include <string.h>

struct out {
	FILE *file;
};

/* Scalars and strings are cJSON's to spell. */
static bool print_scalar(struct out *out, const cJSON *item)
{
	_cleanup_free_ char *text = cJSON_PrintUnformatted(item);

	return text && fputs(text, out->file) >= 0;
}

static bool print_key(struct out *out, const char *key)
{
	_cleanup_(cJSON_Deletep) cJSON *name = cJSON_CreateString(key);

	return name && print_scalar(out, name) && fputs(": ", out->file) >= 0;
}

static bool print_item(struct out *out, const cJSON *item, unsigned depth)
{
	bool is_object = cJSON_IsObject(item), ok = true;
	const cJSON *child;

	if (!is_object && !cJSON_IsArray(item))
		return print_scalar(out, item);
	if (!item->child)
		return fputs(is_object ? "{}" : "[]", out->file) >= 0;
	fputs(is_object ? "{" : "[", out->file);
	cJSON_ArrayForEach(child, item)
	{
		fprintf(out->file, "%s\n%*s", child == item->child ? "" : ",", (int)(2 * depth + 2),
			"");
		if (is_object)
			ok = ok && print_key(out, child->string);
		ok = ok && print_item(out, child, depth + 1);
	}
	fprintf(out->file, "\n%*s%s", (int)(2 * depth), "", is_object ? "}" : "]");
	return ok;
}

/* DEL, or a C1 control (UTF-8: C2 80 … C2 9F): cJSON escapes neither, and terminals obey some. How long it is, or 0. */
static size_t control_length(const char *at)
{
	const unsigned char *c = (const unsigned char *)at;

	return c[0] == 0x7f ? 1 : c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f ? 2 : 0;
}

/* The same text with those as \u00XX; they stand in strings only. Takes the text, NULL for NULL. */
static char *escape_controls(char *text)
{
	_cleanup_free_ char *from = text;
	size_t count = 0, len;
	char *ret, *to;

	for (const char *at = from; at && *at; at++)
		count += control_length(at) > 0;
	if (!count)
		return take_ptr(from);
	ret = to = malloc(strlen(from) + 6 * count + 1);
	if (!ret)
		return NULL;
	for (const char *at = from; *at; at += len) {
		unsigned char code;

		len = control_length(at);
		code = (unsigned char)(len ? at[len - 1] : 0);
		if (len) {
			to += snprintf(to, 7, "\\u%04x", code);
		} else {
			*to++ = *at;
			len = 1;
		}
	}
	*to = '\0';
	return ret;
}

char *json_print(const cJSON *tree)
{
	char *text = NULL;
	size_t len = 0;
	struct out out = { .file = open_memstream(&text, &len) };
	bool ok;

	if (!out.file)
		return NULL;
	ok = print_item(&out, tree, 0) && fputc('\n', out.file) != EOF;
	if (fclose(out.file) != 0 || !ok) {
		free(text);
		return NULL;
	}
	return escape_controls(text);
}

char *json_print_line(const cJSON *tree)
{
	return escape_controls(cJSON_PrintUnformatted(tree));
}
