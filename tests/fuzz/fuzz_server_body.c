// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_server_body.c — any bytes as the body of a submission: refused with faults that are JSON, or taken and planned. */
#include <stdint.h>

#include "server/plan.h"
#include "server/schemas.h"
#include "server/validate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is told the client, and what is kept of a job, can be read again. */
static void must_parse(const char *text)
{
	_cleanup_(cJSON_Deletep) cJSON *tree = NULL;
	struct err err = {};
	size_t offset;

	if (!text || json_in_parse(&tree, text, strlen(text), &offset, &err) < 0)
		__builtin_trap();
}

static void plan_it(const cJSON *body)
{
	const cJSON *config = json_in_get(body, "config");
	const char *profile = json_in_text(body, "profile");
	_cleanup_free_ char *text = NULL;
	struct plan plan;

	plan_make(&plan, profile ? profile : "standard", config, 90);
	if (plan.duration_s < 60 || plan.duration_s > 3600 || plan_minutes(&plan) < 1)
		__builtin_trap();
	text = plan_format(&plan, config);
	must_parse(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(validator_freep) struct validator *validator = NULL;
	_cleanup_(cJSON_Deletep) cJSON *body = NULL;
	_cleanup_free_ char *text = malloc(size + 1), *list = NULL;
	struct faults faults = {};
	struct text items = {};
	struct err err = {};
	size_t offset = 0;

	if (!text || validator_new(&validator, 90, &err) < 0 ||
	    validator_learn(validator, schema_submission, &err) < 0)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (json_in_parse(&body, text, size, &offset, &err) < 0)
		return err.text[0] && offset <= size ? 0 : (__builtin_trap(), 0);
	validate_body(validator, schema_submission, body, &faults);
	if (!faults.count) {
		plan_it(body);
		return 0;
	}
	text_printf(&items, "[%s]", faults.items.text.bytes ? faults.items.text.bytes : "");
	list = text_take(&items);
	must_parse(list);
	faults_done(&faults);
	return 0;
}
