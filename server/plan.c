// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* plan.c — what an analysis is to do. */
#include "server/plan.h"

#include <string.h>

#include "include/array.h"
#include "server/json_out.h"

static const struct {
	const char *name;
	struct plan plan;
} presets[] = {
	{ "minimal", { 120, 30, false, false, false, false } },
	{ "standard", { 300, 60, true, true, false, false } },
	{ "comprehensive", { 900, 120, true, true, true, true } },
	{ "custom", { 300, 60, true, true, false, false } },
};

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
	return value < low ? low : value > high ? high : value;
}

void plan_make(struct plan *ret, const char *profile, const cJSON *config, int64_t duration_min)
{
	int64_t low = duration_min < 60 ? duration_min : 60;
	struct plan p = presets[3].plan;

	for (size_t i = 0; i < sizeof(presets) / sizeof(*presets); i++)
		if (!strcmp(presets[i].name, profile))
			p = presets[i].plan;
	/* Two names of one thing; the newer wins. */
	p.duration_s = json_in_int(config, "test_timeout", p.duration_s);
	p.duration_s = clamp(json_in_int(config, "analysis_duration", p.duration_s), low, 3600);
	p.health_timeout_s = json_in_int(config, "health_check_timeout", p.health_timeout_s);
	p.health_timeout_s = clamp(p.health_timeout_s, 1, p.duration_s);
	p.fuzzing = json_in_bool(config, "enable_fuzzing", p.fuzzing);
	p.profiling = json_in_bool(config, "enable_profiling", p.profiling);
	p.pentesting = json_in_bool(config, "enable_pentesting", p.pentesting);
	p.coverage = json_in_bool(config, "enable_code_coverage", p.coverage);
	*ret = p;
}

/* Two numbers that a client gave; where one is the profile's, that one gives way. */
int plan_check(const cJSON *config, struct err *err)
{
	int64_t duration_s = json_in_int(config, "test_timeout", INT64_MAX);
	int64_t health_s = json_in_int(config, "health_check_timeout", 0);

	duration_s = json_in_int(config, "analysis_duration", duration_s);
	/* The least of one may be more than the least of the other. */
	if (health_s <= duration_s || health_s <= HEALTH_TIMEOUT_MIN_S)
		return 0;
	return err_set(err, EINVAL,
		       "health_check_timeout (%lld) should be at most the duration (%lld)",
		       (long long)health_s, (long long)duration_s);
}

int64_t plan_minutes(const struct plan *plan)
{
	int64_t tenths = 10 * plan->duration_s + clamp(3 * plan->duration_s, 200, 400);

	return (tenths + 599) / 600;
}

static void put_list(struct json_out *out, const char *key, const cJSON *list)
{
	const cJSON *item;

	json_out_open(out, key, '[');
	cJSON_ArrayForEach(item, list)
	{
		if (cJSON_IsString(item))
			json_out_text(out, NULL, item->valuestring);
		else
			json_out_int(out, NULL, (int64_t)item->valuedouble);
	}
	json_out_close(out, ']');
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const cJSON *const *)a)->string, (*(const cJSON *const *)b)->string);
}

/* In the order of the names: two clients' maps are the same map. */
static bool put_map(struct json_out *out, const char *key, const cJSON *map)
{
	_cleanup_free_ const cJSON **items = NULL;
	size_t count = 0, capacity = 0;
	const cJSON *item;

	cJSON_ArrayForEach(item, map)
	{
		const cJSON **slot = array_add(items, count, capacity);

		if (!slot)
			return false;
		*slot = item;
	}
	array_sort(items, count, sizeof(*items), by_name);
	json_out_open(out, key, '{');
	for (size_t i = 0; i < count; i++)
		json_out_text(out, items[i]->string, items[i]->valuestring);
	json_out_close(out, '}');
	return true;
}

char *plan_format(const struct plan *p, const cJSON *config)
{
	struct json_out out = {};

	json_out_open(&out, NULL, '{');
	json_out_int(&out, "analysis_duration", p->duration_s);
	json_out_int(&out, "health_check_timeout", p->health_timeout_s);
	json_out_bool(&out, "enable_fuzzing", p->fuzzing);
	json_out_bool(&out, "enable_profiling", p->profiling);
	json_out_bool(&out, "enable_pentesting", p->pentesting);
	json_out_bool(&out, "enable_code_coverage", p->coverage);
	json_out_optional(&out, "test_script", json_in_text(config, "test_script"));
	json_out_optional(&out, "health_check_path", json_in_text(config, "health_check_path"));
	put_list(&out, "ports", json_in_get(config, "ports"));
	if (cJSON_IsArray(json_in_get(config, "command")))
		put_list(&out, "command", json_in_get(config, "command"));
	if (!put_map(&out, "environment", json_in_get(config, "environment")))
		out.text.failed = true;
	json_out_close(&out, '}');
	return text_take(&out.text);
}
