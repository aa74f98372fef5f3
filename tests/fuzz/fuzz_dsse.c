// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_dsse.c — any bytes as base64, envelope, bundle and statement: refused with a reason, or whole; never one's own signature. */
#include <stdint.h>
#include <string.h>

#include "analyzer/dsse.h"
#include "analyzer/intoto.h"
#include "analyzer/json.h"

/* RFC 6979 appendix A.2.5. */
#define PUBLIC_KEY                                                           \
	"-----BEGIN PUBLIC KEY-----\n"                                       \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7\n" \
	"Yfps5mliLmDyn7Z5A/4QCLi8maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==\n"     \
	"-----END PUBLIC KEY-----\n"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_statement(const char *text, size_t len)
{
	struct intoto statement;
	struct err err = {};

	if (intoto_parse(&statement, text, len, &err) < 0) {
		if (!err.text[0])
			__builtin_trap();
		return;
	}
	if (!statement.predicate || !cJSON_GetArraySize(statement.subjects))
		__builtin_trap();
	intoto_is_about(&statement, "");
	intoto_done(&statement);
}

static void read_base64(const char *text)
{
	_cleanup_free_ unsigned char *bytes = NULL;
	_cleanup_free_ char *again = NULL;
	size_t len;

	if (base64_decode(&bytes, &len, text, NULL) < 0)
		return;
	again = base64_encode(bytes, len);
	if (!again || strcmp(again, text))
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct key *key;
	_cleanup_free_ char *text = strndup((const char *)data, size);
	_cleanup_(cJSON_Deletep) cJSON *tree = NULL;
	struct dsse dsse;
	struct err err = {};
	const char *hint;
	int r;

	if (!key && key_parse_public(&key, PUBLIC_KEY, strlen(PUBLIC_KEY), NULL) < 0)
		__builtin_trap();
	read_base64(text);
	read_statement((const char *)data, size);
	if (json_parse(&tree, (const char *)data, size, NULL) < 0)
		return 0;
	r = dsse_is_bundle(tree) ? dsse_parse_bundle(&dsse, &hint, tree, &err)
				 : dsse_parse(&dsse, tree, &err);
	if (r < 0)
		return err.text[0] ? 0 : (__builtin_trap(), 0);
	read_statement((const char *)dsse.payload, dsse.payload_len);
	/* The seeds are signed by another key. */
	if (dsse_check(&dsse, key, &err) == 0)
		__builtin_trap();
	dsse_done(&dsse);
	return 0;
}
