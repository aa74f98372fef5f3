// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_server_report.c — any bytes as a report: looked into without a tree, it is what it is with one. */
#include <stdint.h>

#include "server/json_in.h"
#include "server/json_out.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As many items as the tree has, and each of them again a document that means the same. */
static void compare(struct json_part part, const cJSON *tree, int depth)
{
	struct json_part rest = part, item;
	struct json_out out = {};
	_cleanup_(cJSON_Deletep) cJSON *again = NULL;
	const cJSON *child = tree->child;
	size_t offset;

	json_out_part(&out, NULL, part.at, part.len);
	if (out.text.failed ||
	    json_in_parse(&again, out.text.bytes ? out.text.bytes : "", out.text.len, &offset,
			  NULL) < 0 ||
	    again->type != tree->type)
		__builtin_trap();
	text_done(&out.text);
	if (cJSON_IsArray(tree))
		for (; (item = json_in_next(&rest)).at; child = child->next) {
			if (!child)
				__builtin_trap();
			if (depth < 2)
				compare(item, child, depth + 1);
		}
	if (cJSON_IsArray(tree) && child)
		__builtin_trap();
	if (cJSON_IsObject(tree))
		for (; child; child = child->next)
			if (!strpbrk(child->string, "\\\"/") && depth < 2 &&
			    (item = json_in_member(part, child->string)).at)
				compare(item, child, depth + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(cJSON_Deletep) cJSON *tree = NULL;
	_cleanup_free_ char *text = malloc(size + 1);
	struct json_part part;
	struct err err = {};
	size_t offset;

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (json_in_check(&part, text, size, &err) < 0)
		return err.text[0] ? 0 : (__builtin_trap(), 0);
	if (json_in_parse(&tree, text, size, &offset, &err) == 0)
		compare(part, tree, 0);
	return 0;
}
