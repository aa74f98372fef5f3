// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* json_in.c — JSON from strangers becomes a tree within limits. */
#include "server/json_in.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "include/array.h"
#include "server/utf8.h"

struct scan {
	const char *text, *at, *end;
	size_t nodes, nodes_max;
	int depth;
	struct err *err;
};

static int fault(struct scan *s, const char *what)
{
	return err_set(s->err, EBADMSG, "%s at byte %zu", what, (size_t)(s->at - s->text));
}

static void skip_space(struct scan *s)
{
	while (s->at < s->end && strchr(" \t\r\n", *s->at) && *s->at)
		s->at++;
}

static bool is_hex(const char *at, const char *end)
{
	for (int i = 0; i < 4; i++, at++)
		if (at >= end || !*at || !strchr("0123456789abcdefABCDEF", *at))
			return false;
	return true;
}

/* One half of a character beyond U+FFFF stands for nothing. */
static int scan_surrogate(struct scan *s, const char *hex)
{
	unsigned long high, low = 0;
	char digits[5] = "";

	memcpy(digits, hex, 4);
	high = strtoul(digits, NULL, 16);
	if (high < 0xd800 || high > 0xdfff)
		return 0;
	if (s->end - hex >= 10 && hex[4] == '\\' && hex[5] == 'u' && is_hex(hex + 6, s->end)) {
		memcpy(digits, hex + 6, 4);
		low = strtoul(digits, NULL, 16);
	}
	if (high > 0xdbff || low < 0xdc00 || low > 0xdfff)
		return fault(s, "half of a surrogate pair");
	s->at += 6; /* the second half is looked at already */
	return 0;
}

static int scan_escape(struct scan *s)
{
	const char *at = s->at + 1;
	int r;

	if (at >= s->end || !*at || !strchr("\"\\/bfnrtu", *at))
		return fault(s, "an escape that JSON does not have");
	if (*at == 'u' && !is_hex(at + 1, s->end))
		return fault(s, "\\u without four hexadecimal digits");
	if (*at == 'u' && !strncmp(at + 1, "0000", 4))
		return fault(s, "NUL");
	r = *at == 'u' ? scan_surrogate(s, at + 1) : 0;
	if (r == 0)
		s->at += *at == 'u' ? 6 : 2;
	return r;
}

static int scan_string(struct scan *s)
{
	size_t n;
	int r;

	for (s->at++; s->at < s->end && *s->at != '"';) {
		if ((unsigned char)*s->at < 0x20)
			return fault(s, "a control character in a string");
		if (*s->at == '\\') {
			r = scan_escape(s);
			if (r < 0)
				return r;
			continue;
		}
		n = utf8_length(s->at, (size_t)(s->end - s->at));
		if (!n)
			return fault(s, "invalid UTF-8");
		s->at += n;
	}
	if (s->at >= s->end)
		return fault(s, "a string that does not end");
	s->at++;
	return 0;
}

static size_t digits(struct scan *s)
{
	const char *from = s->at;

	while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
		s->at++;
	return (size_t)(s->at - from);
}

static int scan_number(struct scan *s)
{
	const char *from;

	if (*s->at == '-')
		s->at++;
	from = s->at;
	if (!digits(s) || (*from == '0' && s->at - from > 1))
		return fault(s, "not a JSON number");
	if (s->at < s->end && *s->at == '.') {
		s->at++;
		if (!digits(s))
			return fault(s, "not a JSON number");
	}
	if (s->at < s->end && (*s->at == 'e' || *s->at == 'E')) {
		s->at++;
		if (s->at < s->end && (*s->at == '+' || *s->at == '-'))
			s->at++;
		if (!digits(s))
			return fault(s, "not a JSON number");
	}
	return 0;
}

static int scan_word(struct scan *s)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t i = 0; i < 3; i++)
		if ((size_t)(s->end - s->at) >= strlen(words[i]) &&
		    !strncmp(s->at, words[i], strlen(words[i]))) {
			s->at += strlen(words[i]);
			return 0;
		}
	return fault(s, "no JSON value");
}

static int scan_value(struct scan *s);

static int scan_member(struct scan *s, char close)
{
	int r;

	skip_space(s);
	if (close == '}') {
		if (s->at >= s->end || *s->at != '"')
			return fault(s, "a member without a name");
		r = scan_string(s);
		if (r < 0)
			return r;
		skip_space(s);
		if (s->at >= s->end || *s->at != ':')
			return fault(s, "no ':' behind a name");
		s->at++;
	}
	return scan_value(s);
}

static int scan_container(struct scan *s, char close)
{
	int r;

	if (++s->depth > JSON_IN_DEPTH_MAX)
		return fault(s, "nested too deeply");
	s->at++;
	skip_space(s);
	if (s->at < s->end && *s->at == close) {
		s->at++;
		s->depth--;
		return 0;
	}
	for (;;) {
		r = scan_member(s, close);
		if (r < 0)
			return r;
		skip_space(s);
		if (s->at >= s->end || (*s->at != ',' && *s->at != close))
			return fault(s, close == '}' ? "an object that does not go on"
						     : "an array that does not go on");
		if (*s->at++ == close) {
			s->depth--;
			return 0;
		}
	}
}

static int scan_value(struct scan *s)
{
	skip_space(s);
	if (s->at >= s->end)
		return fault(s, "no JSON value");
	if (++s->nodes > s->nodes_max)
		return fault(s, "too many values");
	switch (*s->at) {
	case '{':
		return scan_container(s, '}');
	case '[':
		return scan_container(s, ']');
	case '"':
		return scan_string(s);
	default:
		return *s->at == '-' || (*s->at >= '0' && *s->at <= '9') ? scan_number(s)
									 : scan_word(s);
	}
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Keys are unique per object: of two, one reader takes the first and another the last. */
static int check_names(const cJSON *tree, struct err *err)
{
	_cleanup_free_ const char **names = NULL;
	size_t count = 0, capacity = 0;
	const cJSON *item;
	int r = 0;

	cJSON_ArrayForEach(item, tree)
	{
		const char **slot;

		r = r ? r : check_names(item, err);
		if (!cJSON_IsObject(tree))
			continue;
		slot = array_add(names, count, capacity);
		if (!slot)
			return err_oom(err);
		*slot = item->string;
	}
	array_sort(names, count, sizeof(*names), compare_names);
	for (size_t i = 1; r == 0 && i < count; i++)
		if (!strcmp(names[i - 1], names[i]))
			r = err_set(err, EBADMSG, "the key '%.64s' stands twice in one object",
				    names[i]);
	return r;
}

static int parse(cJSON **ret, const char *text, size_t len, size_t nodes_max, size_t *ret_offset,
		 struct err *err)
{
	struct scan s = { text, text, text + len, 0, nodes_max, 0, err };
	_cleanup_(cJSON_Deletep) cJSON *tree = NULL;
	int r = scan_value(&s);

	skip_space(&s);
	if (r == 0 && s.at < s.end)
		r = fault(&s, "something behind the document");
	*ret_offset = (size_t)(s.at - text);
	if (r < 0)
		return r;
	tree = cJSON_ParseWithLengthOpts(text, len + 1, NULL, 1);
	if (!tree)
		return err_oom(err);
	r = check_names(tree, err);
	if (r == 0)
		*ret = take_ptr(tree);
	return r;
}

int json_in_parse(cJSON **ret, const char *text, size_t len, size_t *ret_offset, struct err *err)
{
	return parse(ret, text, len, JSON_IN_NODES_MAX, ret_offset, err);
}

int json_in_load(cJSON **ret, const char *path, size_t max, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	_cleanup_free_ char *text = NULL;
	size_t len = 0, offset;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, errno, "'%s'", path);
	if (!S_ISREG(st.st_mode) || (size_t)st.st_size > max)
		return err_set(err, EFBIG, "'%s' is no file of at most %zu MiB", path, max >> 20);
	text = malloc((size_t)st.st_size + 1);
	if (!text)
		return err_oom(err);
	while (len < (size_t)st.st_size && (n = read(fd, text + len, (size_t)st.st_size - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	return err_prefix(err, parse(ret, text, len, SIZE_MAX, &offset, err), "'%s'", path);
}

const cJSON *json_in_get(const cJSON *obj, const char *key)
{
	return obj ? cJSON_GetObjectItemCaseSensitive(obj, key) : NULL;
}

const char *json_in_text(const cJSON *obj, const char *key)
{
	const cJSON *item = json_in_get(obj, key);

	return cJSON_IsString(item) ? item->valuestring : NULL;
}

bool json_in_bool(const cJSON *obj, const char *key, bool otherwise)
{
	const cJSON *item = json_in_get(obj, key);

	return cJSON_IsBool(item) ? cJSON_IsTrue(item) : otherwise;
}

int64_t json_in_int(const cJSON *obj, const char *key, int64_t otherwise)
{
	const cJSON *item = json_in_get(obj, key);

	return item && json_in_is_integer(item) ? (int64_t)item->valuedouble : otherwise;
}

bool json_in_is_integer(const cJSON *item)
{
	return cJSON_IsNumber(item) && fabs(item->valuedouble) <= 9007199254740992.0 &&
	       trunc(item->valuedouble) == item->valuedouble;
}

int json_in_check(struct json_part *ret, const char *text, size_t len, struct err *err)
{
	struct scan s = { text, text, text + len, 0, SIZE_MAX, 0, err };
	int r = scan_value(&s);

	skip_space(&s);
	if (r == 0 && s.at < s.end)
		r = fault(&s, "something behind the document");
	*ret = (struct json_part){ text + strspn(text, " \t\r\n"), 0 };
	ret->len = (size_t)(text + len - ret->at);
	return r;
}

int json_in_check_all(const char *text, size_t len, bool many, struct err *err)
{
	struct scan s = { text, text, text + len, 0, SIZE_MAX, 0, err };
	int r;

	do {
		r = scan_value(&s);
		skip_space(&s);
	} while (r == 0 && many && s.at < s.end);
	return r == 0 && s.at < s.end ? fault(&s, "something behind the document") : r;
}

/* Behind what was checked nothing can fail. */
static struct json_part take_value(struct scan *s)
{
	struct json_part part;

	skip_space(s);
	part.at = s->at;
	if (scan_value(s) < 0)
		return (struct json_part){};
	part.len = (size_t)(s->at - part.at);
	return part;
}

struct json_part json_in_member(struct json_part object, const char *key)
{
	struct scan s = { object.at, object.at + 1, object.at + object.len, 0, SIZE_MAX, 0, NULL };
	struct json_part found = {};
	size_t len = strlen(key);

	if (!object.at || *object.at != '{')
		return found;
	for (;;) {
		struct json_part name, value;

		skip_space(&s);
		if (s.at >= s.end || *s.at != '"')
			return found;
		name = take_value(&s);
		skip_space(&s);
		s.at++;
		value = take_value(&s);
		if (name.len == len + 2 && !memcmp(name.at + 1, key, len)) {
			if (found.at)
				return (struct json_part){};
			found = value;
		}
		skip_space(&s);
		s.at++;
	}
}

struct json_part json_in_next(struct json_part *rest)
{
	struct scan s = { rest->at, rest->at, rest->at + rest->len, 0, SIZE_MAX, 0, NULL };
	struct json_part item = {};

	/* Before the first item stands a bracket, before the others a comma. */
	if (!rest->at || !rest->len || (*s.at != '[' && *s.at != ','))
		return item;
	s.at++;
	skip_space(&s);
	if (s.at >= s.end || *s.at == ']')
		return item;
	item = take_value(&s);
	skip_space(&s);
	*rest = (struct json_part){ s.at, (size_t)(s.end - s.at) };
	return item;
}
