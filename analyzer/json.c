// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* json.c — documents from strangers become trees within limits, and trees become the same bytes every time. */
#include "analyzer/json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "include/array.h"

static int compare_keys(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Which key stands twice, or NULL. RFC 8259 leaves open which one counts: readers disagree, so we refuse. */
static const char *duplicate_key(const cJSON *object, const char **keys, size_t n)
{
	size_t i = 0;
	const cJSON *item;

	cJSON_ArrayForEach(item, object) keys[i++] = item->string;
	array_sort(keys, n, sizeof(*keys), compare_keys);
	for (i = 1; i < n; i++)
		if (!strcmp(keys[i - 1], keys[i]))
			return keys[i];
	return NULL;
}

static int check_object(const cJSON *object, struct err *err)
{
	size_t n = (size_t)cJSON_GetArraySize(object);
	_cleanup_free_ const char **keys = NULL;
	const char *twice;

	if (n < 2)
		return 0;
	keys = calloc(n, sizeof(*keys));
	if (!keys)
		return err_oom(err);
	twice = duplicate_key(object, keys, n);
	return twice ? err_set(err, EBADMSG, "the key '%.64s' stands twice in one object", twice)
		     : 0;
}

/* Recursion is bounded: json_scan has refused what is nested deeper than JSON_NESTING_MAX. */
static int check_keys(const cJSON *tree, struct err *err)
{
	const cJSON *item;
	int r;

	if (cJSON_IsObject(tree)) {
		r = check_object(tree, err);
		if (r < 0)
			return r;
	}
	cJSON_ArrayForEach(item, tree)
	{
		r = check_keys(item, err);
		if (r < 0)
			return r;
	}
	return 0;
}

int json_parse(cJSON **ret, const char *text, size_t len, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *tree = NULL;
	const char *end = NULL;
	int r;

	if (len > JSON_BYTES_MAX)
		return err_set(err, EFBIG, "the text is over the limit of %u MiB",
			       JSON_BYTES_MAX >> 20);
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
		text += 3;
		len -= 3;
	}
	r = json_scan(text, len, err);
	if (r < 0)
		return r;
	tree = cJSON_ParseWithLengthOpts(text, len, &end, false);
	if (!tree)
		return json_fault_at(text, end ? (size_t)(end - text) : len, err, "not valid JSON");
	while (end < text + len && strchr(" \t\r\n", *end))
		end++;
	if (end < text + len)
		return json_fault_at(text, (size_t)(end - text), err,
				     "something follows the document");
	r = check_keys(tree, err);
	if (r < 0)
		return r;
	*ret = take_ptr(tree);
	return 0;
}

int json_load(cJSON **ret, const char *path, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r;

	r = file_read(&text, &len, path, JSON_BYTES_MAX, err);
	if (r < 0)
		return r;
	r = json_parse(ret, text, len, err);
	return r < 0 ? err_prefix(err, r, "'%s'", path) : 0;
}

const cJSON *json_get(const cJSON *obj, const char *key)
{
	return cJSON_IsObject(obj) ? cJSON_GetObjectItemCaseSensitive(obj, key) : NULL;
}

const cJSON *json_array(const cJSON *obj, const char *key)
{
	const cJSON *item = json_get(obj, key);

	return cJSON_IsArray(item) ? item : NULL;
}

const cJSON *json_object(const cJSON *obj, const char *key)
{
	const cJSON *item = json_get(obj, key);

	return cJSON_IsObject(item) ? item : NULL;
}

const char *json_string(const cJSON *obj, const char *key)
{
	return cJSON_GetStringValue(json_get(obj, key));
}

bool json_bool(const cJSON *obj, const char *key, bool otherwise)
{
	const cJSON *item = json_get(obj, key);

	return cJSON_IsBool(item) ? cJSON_IsTrue(item) : otherwise;
}

uint64_t json_u64(const cJSON *obj, const char *key, uint64_t otherwise)
{
	const cJSON *item = json_get(obj, key);
	const char *text = cJSON_GetStringValue(item);
	unsigned long long v;
	char *end;

	if (cJSON_IsNumber(item))
		return item->valuedouble >= 0 && item->valuedouble < 0x1p53
			   ? (uint64_t)item->valuedouble
			   : otherwise;
	if (!text || *text < '0' || *text > '9')
		return otherwise;
	errno = 0;
	v = strtoull(text, &end, 10);
	return errno || *end ? otherwise : v;
}

int json_only(const cJSON *obj, const char *const *keys, struct err *err)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, obj)
	{
		const char *const *key = keys;

		while (*key && strcmp(*key, item->string))
			key++;
		if (!*key)
			return err_set(err, EBADMSG,
				       "has a member '%.64s' that does not belong there",
				       item->string);
	}
	return 0;
}

/* A string that is sure to be UTF-8: what is not becomes U+FFFD. Freed by the caller. */
static char *utf8_clean(const char *value)
{
	size_t len = strlen(value), n, out = 0;
	char *ret = malloc(3 * len + 1);

	if (!ret)
		return NULL;
	for (size_t i = 0; i < len; i += n ? n : 1) {
		n = utf8_length(value + i, len - i);
		memcpy(ret + out, n ? value + i : "\xef\xbf\xbd", n ? n : 3);
		out += n ? n : 3;
	}
	ret[out] = '\0';
	return ret;
}

cJSON *json_add_string(cJSON *obj, const char *key, const char *value)
{
	_cleanup_free_ char *clean = value ? utf8_clean(value) : NULL;

	return obj && clean ? cJSON_AddStringToObject(obj, key, clean) : NULL;
}

cJSON *json_push_string(cJSON *array, const char *value)
{
	_cleanup_free_ char *clean = value ? utf8_clean(value) : NULL;
	cJSON *item = array && clean ? cJSON_CreateString(clean) : NULL;

	if (item && !cJSON_AddItemToArray(array, item)) {
		cJSON_Delete(item);
		return NULL;
	}
	return item;
}

cJSON *json_add_u64(cJSON *obj, const char *key, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	return obj ? cJSON_AddRawToObject(obj, key, text) : NULL;
}

cJSON *json_add_fixed(cJSON *obj, const char *key, double value, int decimals)
{
	char text[64];

	snprintf(text, sizeof(text), "%.*f", decimals, value);
	for (char *c = text; *c; c++)
		*c = *c == ',' ? '.' : *c; /* whatever the locale says */
	return obj ? cJSON_AddRawToObject(obj, key, text) : NULL;
}

int json_save(const cJSON *tree, const char *path, struct err *err)
{
	_cleanup_free_ char *text = json_print(tree);

	if (!text)
		return err_oom(err);
	return file_write(path, text, strlen(text), err);
}
