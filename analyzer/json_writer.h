/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * json_writer.h — building a document that is whole or not there.
 *
 * What could not be added for lack of memory is remembered in `failed`, never left out in silence: build freely, ask once.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

struct json_writer {
	bool failed;
};

/* Each yields what was added, NULL when it failed. A parent of NULL is a failure, a value of NULL too. */
cJSON *json_put_object(struct json_writer *w, cJSON *obj, const char *key);
cJSON *json_put_array(struct json_writer *w, cJSON *obj, const char *key);
cJSON *json_push_object(struct json_writer *w, cJSON *array);
void json_put_text(struct json_writer *w, cJSON *obj, const char *key, const char *value);
/* Adds nothing for NULL. */
void json_put_optional(struct json_writer *w, cJSON *obj, const char *key, const char *value);
void json_push_text(struct json_writer *w, cJSON *array, const char *value);
/* An array of them, also of none. */
void json_put_texts(struct json_writer *w, cJSON *obj, const char *key, const char *const *items,
		    size_t n);
void json_put_u64(struct json_writer *w, cJSON *obj, const char *key, uint64_t value);
void json_put_bool(struct json_writer *w, cJSON *obj, const char *key, bool value);
/* The shortest decimal that reads back as the same number. */
void json_put_exact(struct json_writer *w, cJSON *obj, const char *key, double value);
/* Gives a member that is a text another one: for an identifier that stands first and is made of what follows. */
void json_replace_text(struct json_writer *w, cJSON *obj, const char *key, const char *value);
