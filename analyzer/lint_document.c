// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* lint_document.c — rules 1 to 9: the document as a whole. */
#include <ctype.h>
#include <string.h>

#include "analyzer/iri.h"
#include "analyzer/json.h"
#include "analyzer/lint_rules.h"
#include "analyzer/openvex.h"
#include "analyzer/openvex_hash.h"
#include "analyzer/rfc3339.h"
#include "analyzer/schema.h"
#include "data/openvex_json_schema.json.h"

#define HEX_LEN (DIGEST_HEX_BYTES - 1)

static bool is_blank(const char *text)
{
	return !text || !text[strspn(text, " \t\r\n")];
}

void lint_rule_1(struct lint *lint)
{
	const char *context = json_string(lint->document, "@context");

	if (!context)
		lint_error(lint, 1, LINT_DOCUMENT, "@context is not there or not a string");
	else if (strcmp(context, OPENVEX_CONTEXT) != 0)
		lint_error(lint, 1, LINT_DOCUMENT,
			   "@context is '%.80s': readers take it for another version or refuse it",
			   context);
}

/* The 64 hex digits at the end of an @id, or NULL. */
static const char *trailing_hash(const char *id)
{
	size_t len = strlen(id);

	if (len < HEX_LEN || strspn(id + len - HEX_LEN, "0123456789abcdef") != HEX_LEN)
		return NULL;
	return id + len - HEX_LEN;
}

void lint_rule_2(struct lint *lint)
{
	const char *id = json_string(lint->document, "@id"), *hash;
	char hex[DIGEST_HEX_BYTES];

	if (!id || !iri_is_valid(id)) {
		lint_error(lint, 2, LINT_DOCUMENT, "@id '%.80s' is no absolute IRI", id ? id : "");
		return;
	}
	if (!strncmp(id, "https://openvex.dev/docs/example", 32) ||
	    !strncmp(id, "https://openvex.dev/docs/public", 31))
		lint_warning(lint, 2, LINT_DOCUMENT,
			     "@id lies in a namespace that is reserved: '%.80s'", id);
	hash = trailing_hash(id);
	if (!hash)
		lint_gap(lint, 2, "whether the @id is made of the content: it holds no hash");
	else if (openvex_hash(hex, lint->document, NULL) < 0)
		lint_gap(lint, 2, "the hash in the @id: the document's times cannot be read");
	else if (strcmp(hash, hex) != 0)
		lint_error(lint, 2, LINT_DOCUMENT,
			   "the content was changed after the @id was made: its hash is %s", hex);
}

void lint_rule_3(struct lint *lint)
{
	if (lint->has_bom)
		lint_error(lint, 3, LINT_DOCUMENT, "the text begins with a byte order mark");
}

void lint_rule_4(struct lint *lint)
{
	const char *author = json_string(lint->document, "author");

	if (is_blank(author))
		lint_error(lint, 4, LINT_DOCUMENT, "author is empty");
	else if (!strcasecmp(author, "unknown author") || !strcasecmp(author, "unknown"))
		lint_error(lint, 4, LINT_DOCUMENT, "author is '%s': nobody answers for this",
			   author);
	lint_gap(lint, 4, "whether the author owns the signing key: vexxy verify tells");
}

void lint_rule_5(struct lint *lint)
{
	const cJSON *version = json_get(lint->document, "version");
	double v = cJSON_GetNumberValue(version);

	if (!cJSON_IsNumber(version) || !(v >= 1) || v >= 0x1p53 || v != (double)(long long)v)
		lint_error(lint, 5, LINT_DOCUMENT, "version must be a whole number from 1");
	lint_gap(lint, 5, "whether it went up: that needs the document issued before");
}

/* "2024-01-01T00:00:00Z" and nothing else. */
static bool is_plain_utc(const char *text)
{
	return strlen(text) == 20 && text[10] == 'T' && text[19] == 'Z';
}

static bool read_time(struct lint *lint, const char *key, struct timespec *ret)
{
	const char *text = json_string(lint->document, key);

	if (!text)
		return false;
	if (rfc3339_parse(ret, text) < 0) {
		lint_error(lint, 6, LINT_DOCUMENT, "%s '%.64s' is no RFC 3339 time", key, text);
		return false;
	}
	if (!is_plain_utc(text))
		lint_warning(lint, 6, LINT_DOCUMENT, "%s '%.64s' is not UTC in whole seconds", key,
			     text);
	return true;
}

void lint_rule_6(struct lint *lint)
{
	struct timespec issued, updated;
	bool has_issued = read_time(lint, "timestamp", &issued);

	if (!json_get(lint->document, "timestamp"))
		lint_error(lint, 6, LINT_DOCUMENT, "timestamp is missing");
	if (read_time(lint, "last_updated", &updated) && has_issued &&
	    updated.tv_sec < issued.tv_sec)
		lint_error(lint, 6, LINT_DOCUMENT, "last_updated lies before timestamp");
}

void lint_rule_7(struct lint *lint)
{
	const cJSON *statements = json_array(lint->document, "statements");

	if (!statements || !statements->child)
		lint_error(lint, 7, LINT_DOCUMENT, "there is no statement");
}

/* "/statements/12/…" concerns statement 12. */
static size_t pointer_statement(const char *pointer)
{
	size_t index = 0;

	if (strncmp(pointer, "/statements/", 12) != 0 || !isdigit((unsigned char)pointer[12]))
		return LINT_DOCUMENT;
	for (pointer += 12; isdigit((unsigned char)*pointer); pointer++)
		index = index * 10 + (size_t)(*pointer - '0');
	return index;
}

static void report_schema_fault(void *ctx, const struct schema_fault *fault)
{
	bool unknown = !strcmp(fault->keyword, "additionalProperties");

	lint_error(ctx, unknown ? 9 : 8, pointer_statement(fault->pointer), "%s: %s",
		   *fault->pointer ? fault->pointer : "/", fault->text);
}

void lint_rules_8_9(struct lint *lint)
{
	_cleanup_(schema_freep) struct schema *schema = NULL;
	struct err err = {};

	if (schema_parse(&schema, (const char *)openvex_json_schema_json,
			 sizeof(openvex_json_schema_json) - 1, &err) < 0 ||
	    schema_check(schema, lint->document, report_schema_fault, lint, &err) < 0)
		lint_error(lint, 8, LINT_DOCUMENT, "%s", err.text);
}
