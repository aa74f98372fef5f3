// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* json_writer.c — building a document that is whole or not there. */
#include "analyzer/json_writer.h"

#include <stdio.h>
#include <stdlib.h>

#include "analyzer/json.h"

cJSON *json_put_object(struct json_writer *w, cJSON *obj, const char *key)
{
	cJSON *ret = cJSON_AddObjectToObject(obj, key);

	w->failed |= !ret;
	return ret;
}

cJSON *json_put_array(struct json_writer *w, cJSON *obj, const char *key)
{
	cJSON *ret = cJSON_AddArrayToObject(obj, key);

	w->failed |= !ret;
	return ret;
}

cJSON *json_push_object(struct json_writer *w, cJSON *array)
{
	cJSON *ret = cJSON_CreateObject();

	if (ret && cJSON_AddItemToArray(array, ret))
		return ret;
	cJSON_Delete(ret);
	w->failed = true;
	return NULL;
}

void json_put_text(struct json_writer *w, cJSON *obj, const char *key, const char *value)
{
	w->failed |= !json_add_string(obj, key, value);
}

void json_put_optional(struct json_writer *w, cJSON *obj, const char *key, const char *value)
{
	if (value)
		json_put_text(w, obj, key, value);
}

void json_push_text(struct json_writer *w, cJSON *array, const char *value)
{
	w->failed |= !json_push_string(array, value);
}

void json_put_texts(struct json_writer *w, cJSON *obj, const char *key, const char *const *items,
		    size_t n)
{
	cJSON *array = json_put_array(w, obj, key);

	for (size_t i = 0; i < n; i++)
		json_push_text(w, array, items[i]);
}

void json_put_u64(struct json_writer *w, cJSON *obj, const char *key, uint64_t value)
{
	w->failed |= !json_add_u64(obj, key, value);
}

void json_put_bool(struct json_writer *w, cJSON *obj, const char *key, bool value)
{
	w->failed |= !cJSON_AddBoolToObject(obj, key, value);
}

void json_put_exact(struct json_writer *w, cJSON *obj, const char *key, double value)
{
	char text[40];

	for (int digits = 1; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtod(text, NULL) == value)
			break;
	}
	for (char *c = text; *c; c++)
		*c = *c == ',' ? '.' : *c; /* whatever the locale says */
	w->failed |= !cJSON_AddRawToObject(obj, key, text);
}

void json_replace_text(struct json_writer *w, cJSON *obj, const char *key, const char *value)
{
	cJSON *item = cJSON_GetObjectItemCaseSensitive(obj, key);

	w->failed |= !item || !value || !cJSON_SetValuestring(item, value);
}
