// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* Validation, routes, plans and the description of all of them: they come from one table. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "server/openapi.h"
#include "server/plan.h"
#include "server/routes.h"
#include "server/schemas.h"
#include "server/validate.h"

#define DIGEST "\"sha256:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\""

static cJSON *parse(const char *text)
{
	cJSON *tree = NULL;
	struct err err = {};
	size_t offset;

	assert_int_equal(json_in_parse(&tree, text, strlen(text), &offset, &err), 0);
	return tree;
}

/* The faults of a submission, as "place:type " each. */
static void faults_of(const char *body, char *ret, size_t size)
{
	_cleanup_(validator_freep) struct validator *validator = NULL;
	_cleanup_(cJSON_Deletep) cJSON *tree = parse(body), *list = NULL;
	_cleanup_free_ char *text = NULL;
	struct faults faults = {};
	struct text items = {};
	struct err err = {};
	const cJSON *fault;

	assert_int_equal(validator_new(&validator, 90, &err), 0);
	assert_int_equal(validator_learn(validator, schema_submission, &err), 0);
	validate_body(validator, schema_submission, tree, &faults);
	text_printf(&items, "[%s]", faults.count ? faults.items.text.bytes : "");
	text = text_take(&items);
	list = parse(text);
	*ret = '\0';
	cJSON_ArrayForEach(fault, list)
	{
		const cJSON *loc = json_in_get(fault, "loc");
		const cJSON *last = cJSON_GetArrayItem(loc, cJSON_GetArraySize(loc) - 1);
		size_t len = strlen(ret);

		if (cJSON_IsString(last))
			snprintf(ret + len, size - len, "%s:%s ", last->valuestring,
				 json_in_text(fault, "type"));
		else
			snprintf(ret + len, size - len, "%d:%s ", last->valueint,
				 json_in_text(fault, "type"));
	}
	faults_done(&faults);
}

static void every_field_that_is_wrong_is_named(void **state)
{
	static const struct {
		const char *body, *faults;
	} cases[] = {
		{ "{\"image_ref\":\"web:1\",\"image_digest\":" DIGEST "}", "" },
		{ "{\"image_ref\":\"web:1\",\"image_digest\":" DIGEST
		  ",\"sbom_id\":null,\"config\":null,\"unknown\":[]}",
		  "" },
		{ "[]", "body:dict_type " },
		{ "{}", "image_ref:missing image_digest:missing " },
		{ "{\"image_ref\":\"\",\"image_digest\":\"sha256:0\"}",
		  "image_ref:string_too_short image_digest:string_pattern_mismatch " },
		{ "{\"image_ref\":7,\"image_digest\":null}",
		  "image_ref:string_type image_digest:string_type " },
		{ "{\"image_ref\":\"a b\",\"image_digest\":" DIGEST ",\"sbom_id\":\"x\"}",
		  "image_ref:string_pattern_mismatch sbom_id:uuid_parsing " },
		{ "{\"image_ref\":\"a\",\"image_digest\":" DIGEST
		  ",\"profile\":\"fast\",\"priority\":10,\"reanalyze\":1}",
		  "profile:enum priority:less_than_equal reanalyze:bool_parsing " },
		{ "{\"image_ref\":\"a\",\"image_digest\":" DIGEST
		  ",\"priority\":[],\"reanalyze\":{}}",
		  "priority:int_type reanalyze:bool_type " },
		{ "{\"image_ref\":\"a\",\"image_digest\":" DIGEST
		  ",\"config\":{\"ports\":[1,0,65536,1.5,\"1\"],\"analysis_duration\":89}}",
		  "analysis_duration:greater_than_equal 1:greater_than_equal 2:less_than_equal "
		  "3:int_type 4:int_parsing " },
		{ "{\"image_ref\":\"a\",\"image_digest\":" DIGEST
		  ",\"config\":{\"environment\":{\"A\":1,\"B=\":\"x\"},\"command\":\"ls\"}}",
		  "A:string_type B=:string_pattern_mismatch command:list_type " },
		{ "{\"image_ref\":\"a\",\"image_digest\":" DIGEST
		  ",\"callback_url\":\"file:///etc/passwd\"}",
		  "callback_url:string_pattern_mismatch " },
	};
	char faults[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		faults_of(cases[i].body, faults, sizeof(faults));
		assert_string_equal(faults, cases[i].faults);
	}
}

static void what_is_given_beats_the_preset(void **state)
{
	_cleanup_(cJSON_Deletep) cJSON *config =
	    parse("{\"analysis_duration\":100,\"enable_fuzzing\":"
		  "true,\"environment\":{\"B\":\"2\",\"A\":\"1\"}}");
	_cleanup_(cJSON_Deletep) cJSON *old =
	    parse("{\"test_timeout\":200,\"health_check_timeout\":300}");
	_cleanup_(cJSON_Deletep) cJSON *turned =
	    parse("{\"environment\":{\"A\":\"1\",\"B\":\"2\"},"
		  "\"enable_fuzzing\":true,\"analysis_duration\":100}");
	_cleanup_free_ char *first = NULL, *second = NULL;
	struct plan plan;

	(void)state;
	plan_make(&plan, "comprehensive", NULL, 90);
	assert_int_equal(plan.duration_s, 900);
	assert_true(plan.coverage);
	assert_int_equal(plan_minutes(&plan), 16);
	plan_make(&plan, "minimal", old, 90);
	assert_int_equal(plan.duration_s, 200);
	assert_int_equal(plan.health_timeout_s, 200);
	plan_make(&plan, "minimal", config, 90);
	assert_int_equal(plan.duration_s, 100);
	assert_true(plan.fuzzing);
	/* The same in another order is the same analysis. */
	first = plan_format(&plan, config);
	plan_make(&plan, "minimal", turned, 90);
	second = plan_format(&plan, turned);
	assert_string_equal(first, second);
}

/* Of 93 s the buffer is 27.9 s, and the whole is more than two minutes. */
static void an_estimate_is_rounded_up_once(void **state)
{
	static const int64_t cases[][2] = { { 60, 2 },  { 92, 2 },   { 93, 3 },   { 120, 3 },
					    { 300, 6 }, { 900, 16 }, { 3600, 61 } };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(plan_minutes(&(const struct plan){ .duration_s = cases[i][0] }),
				 cases[i][1]);
}

static void a_health_check_takes_no_longer_than_the_analysis(void **state)
{
	static const struct {
		const char *config;
		int r;
	} cases[] = {
		{ "{}", 0 },
		{ "{\"health_check_timeout\":300}", 0 },
		{ "{\"analysis_duration\":120,\"health_check_timeout\":120}", 0 },
		{ "{\"analysis_duration\":120,\"health_check_timeout\":121}", -EINVAL },
		{ "{\"test_timeout\":120,\"health_check_timeout\":121}", -EINVAL },
		{ "{\"test_timeout\":120,\"analysis_duration\":121,\"health_check_timeout\":121}",
		  0 },
		{ "{\"analysis_duration\":4,\"health_check_timeout\":10}", 0 },
	};

	(void)state;
	assert_int_equal(plan_check(NULL, NULL), 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(cJSON_Deletep) cJSON *config = parse(cases[i].config);

		assert_int_equal(plan_check(config, NULL), cases[i].r);
	}
}

static const struct route *find(const char *method, const char *path, char allow[64])
{
	struct request request = {
		.method = method, .uri = strdup(path), .upload.fd = -1, .reply.fd = -1
	};
	const struct route *route = route_find(&request, allow);

	request_done(&request);
	return route;
}

static void paths_lead_to_their_routes(void **state)
{
	char allow[64];

	(void)state;
	assert_non_null(find("POST", "/api/v1/analysis/submit", allow));
	assert_string_equal(find("GET", "/api/v1/analysis/x/status", allow)->path,
			    "/api/v1/analysis/{job_id}/status");
	assert_null(find("PUT", "/health", allow));
	assert_string_equal(allow, "GET, HEAD");
	assert_null(find("GET", "/api/v1/analysis//status", allow));
	assert_string_equal(allow, "");
	assert_null(find("GET", "/health/", allow));
	assert_null(find("GET", "/healthx", allow));
	assert_null(find("GET", "/nowhere", allow));
}

/* Every route that is shown stands in the description with what it can answer. */
static void the_description_has_every_route(void **state)
{
	_cleanup_(cJSON_Deletep) cJSON *document = NULL;
	const cJSON *paths, *operation;
	struct text text = {};
	struct err err = {};
	char method[8];

	(void)state;
	assert_int_equal(openapi_render(&text, 90, &err), 0);
	document = parse(text.bytes);
	text_done(&text);
	paths = json_in_get(document, "paths");
	for (size_t i = 0; i < route_count; i++) {
		for (size_t k = 0; k < sizeof(method); k++)
			method[k] =
			    k < strlen(routes[i].method) ? (char)(routes[i].method[k] | 0x20) : 0;
		operation = json_in_get(json_in_get(paths, routes[i].path), method);
		assert_true((operation != NULL) == !(routes[i].flags & ROUTE_HIDDEN));
		if (operation)
			assert_non_null(json_in_get(json_in_get(operation, "responses"), "500"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_that_is_wrong_is_named),
		cmocka_unit_test(what_is_given_beats_the_preset),
		cmocka_unit_test(an_estimate_is_rounded_up_once),
		cmocka_unit_test(a_health_check_takes_no_longer_than_the_analysis),
		cmocka_unit_test(paths_lead_to_their_routes),
		cmocka_unit_test(the_description_has_every_route),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
