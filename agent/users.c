// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* users.c — the user that a container runs as (passwd(5), group(5)). */
#include "agent/users.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define SPEC_BYTES_MAX 256
#define FIELDS_MAX 8

struct field {
	const char *at;
	size_t len;
};

/* The fields of one line; returns the next line, or NULL at the end. */
static const char *split_line(struct field fields[FIELDS_MAX], size_t *ret_count, const char *line)
{
	const char *end = strchrnul(line, '\n'), *at = line;

	for (*ret_count = 0; *ret_count < FIELDS_MAX; at++) {
		const char *stop = at + strcspn(at, ":\n");

		fields[(*ret_count)++] = (struct field){ at, (size_t)(stop - at) };
		at = stop;
		if (at >= end)
			break;
	}
	return *end ? end + 1 : NULL;
}

static bool field_is(const struct field *field, const char *text)
{
	return field->len == strlen(text) && !memcmp(field->at, text, field->len);
}

/* Digits only, below 2^32 - 1 (which means "nobody changes" in system calls). */
static bool parse_number(uint32_t *ret, const char *text, size_t len)
{
	uint64_t v = 0;

	if (len == 0 || len > 10)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		v = v * 10 + (uint64_t)(text[i] - '0');
	}
	if (v >= UINT32_MAX)
		return false;
	*ret = (uint32_t)v;
	return true;
}

/* Name or number in passwd: uid, gid and the name (into name, to look for its groups). */
static bool find_user(struct user *user, char name[SPEC_BYTES_MAX], const char *passwd,
		      const char *who)
{
	struct field f[FIELDS_MAX];
	size_t count;
	uint32_t wanted = 0, uid, gid;
	bool number = parse_number(&wanted, who, strlen(who));

	for (const char *line = passwd; line;) {
		line = split_line(f, &count, line);
		if (count < 4 || !parse_number(&uid, f[2].at, f[2].len) ||
		    !parse_number(&gid, f[3].at, f[3].len))
			continue;
		if (!field_is(&f[0], who) && !(number && uid == wanted))
			continue;
		user->uid = uid;
		user->gid = gid;
		snprintf(name, SPEC_BYTES_MAX, "%.*s", (int)(f[0].len < 64 ? f[0].len : 64),
			 f[0].at);
		return true;
	}
	return false;
}

static bool find_group(uint32_t *ret, const char *group, const char *who)
{
	struct field f[FIELDS_MAX];
	size_t count;

	for (const char *line = group; line;) {
		line = split_line(f, &count, line);
		if (count >= 3 && field_is(&f[0], who) && parse_number(ret, f[2].at, f[2].len))
			return true;
	}
	return false;
}

static bool is_member(const struct field *members, const char *name)
{
	const char *at = members->at, *end = at + members->len;
	size_t len = strlen(name);

	while (at < end) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		size_t n = (size_t)((comma ? comma : end) - at);

		if (n == len && !memcmp(at, name, n))
			return true;
		at += n + 1;
	}
	return false;
}

static void add_groups(struct user *user, const char *group, const char *name)
{
	struct field f[FIELDS_MAX];
	size_t count;
	uint32_t gid;

	for (const char *line = group; line && user->group_count < USERS_GROUPS_MAX;) {
		line = split_line(f, &count, line);
		if (count >= 4 && is_member(&f[3], name) && parse_number(&gid, f[2].at, f[2].len))
			user->groups[user->group_count++] = gid;
	}
}

int users_find(struct user *ret, const char *spec, const char *passwd, const char *group,
	       struct err *err)
{
	char who[SPEC_BYTES_MAX], name[SPEC_BYTES_MAX] = "", *colon;
	struct user user = {};

	if (strlen(spec) >= sizeof(who))
		return err_set(err, EINVAL, "the user '%.32s…' is too long", spec);
	memcpy(who, spec, strlen(spec) + 1);
	colon = strchr(who, ':');
	if (colon)
		*colon++ = '\0';
	if (!find_user(&user, name, passwd, *who ? who : "0") &&
	    !parse_number(&user.uid, *who ? who : "0", *who ? strlen(who) : 1))
		return err_set(err, ENOENT, "no user '%s' in the image's /etc/passwd", who);
	if (colon && *colon) {
		if (!parse_number(&user.gid, colon, strlen(colon)) &&
		    !find_group(&user.gid, group, colon))
			return err_set(err, ENOENT, "no group '%s' in the image's /etc/group",
				       colon);
	} else if (*name) {
		add_groups(&user, group, name);
	}
	*ret = user;
	return 0;
}
