// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* gvisor_message.c — one message of gVisor's remote sink. */
#include "agent/gvisor_message.h"

#include <stdlib.h>
#include <string.h>

#include "agent/protobuf.h"

#define HEADER_BYTES 8

enum member { MEMBER_NUMBER, MEMBER_TEXT, MEMBER_CONTEXT, MEMBER_EXIT };

/* Which field of which message goes where. */
struct rule {
	uint16_t type;
	uint8_t field;
	enum member member;
	size_t offset;
};

#define AT(name) offsetof(struct gvisor_message, name)
#define RULE_CALL(type)                                              \
	{ type, 1, MEMBER_CONTEXT, 0 }, { type, 2, MEMBER_EXIT, 0 }, \
	{                                                            \
		type, 3, MEMBER_NUMBER, AT(number)                   \
	}
#define RULE_FILE(type)                                      \
	RULE_CALL(type), { type, 4, MEMBER_NUMBER, AT(fd) }, \
	{                                                    \
		type, 5, MEMBER_TEXT, AT(fd_path)            \
	}

static const struct rule rules[] = {
	{ GVISOR_CONTAINER_START, 1, MEMBER_CONTEXT, 0 },
	{ GVISOR_CONTAINER_START, 2, MEMBER_TEXT, AT(container) },
	{ GVISOR_CLONE, 1, MEMBER_CONTEXT, 0 },
	{ GVISOR_CLONE, 4, MEMBER_NUMBER, AT(created_tgid) },
	{ GVISOR_EXEC, 1, MEMBER_CONTEXT, 0 },
	{ GVISOR_EXEC, 2, MEMBER_TEXT, AT(path) },
	{ GVISOR_TASK_EXIT, 1, MEMBER_CONTEXT, 0 },
	{ GVISOR_TASK_EXIT, 2, MEMBER_NUMBER, AT(exit_status) },
	{ GVISOR_SYSCALL, 1, MEMBER_CONTEXT, 0 },
	{ GVISOR_SYSCALL, 2, MEMBER_EXIT, 0 },
	{ GVISOR_SYSCALL, 4, MEMBER_NUMBER, AT(number) },
	{ GVISOR_SYSCALL, 5, MEMBER_NUMBER, AT(args[0]) },
	{ GVISOR_SYSCALL, 6, MEMBER_NUMBER, AT(args[1]) },
	{ GVISOR_SYSCALL, 7, MEMBER_NUMBER, AT(args[2]) },
	{ GVISOR_SYSCALL, 8, MEMBER_NUMBER, AT(args[3]) },
	{ GVISOR_SYSCALL, 9, MEMBER_NUMBER, AT(args[4]) },
	{ GVISOR_SYSCALL, 10, MEMBER_NUMBER, AT(args[5]) },
	RULE_FILE(GVISOR_OPEN),
	{ GVISOR_OPEN, 6, MEMBER_TEXT, AT(path) },
	{ GVISOR_OPEN, 7, MEMBER_NUMBER, AT(flags) },
	RULE_FILE(GVISOR_CLOSE),
	RULE_FILE(GVISOR_CONNECT),
	{ GVISOR_CONNECT, 6, MEMBER_TEXT, AT(address) },
	RULE_FILE(GVISOR_EXECVE),
	{ GVISOR_EXECVE, 6, MEMBER_TEXT, AT(path) },
	RULE_FILE(GVISOR_FCNTL),
	RULE_CALL(GVISOR_DUP),
	{ GVISOR_DUP, 4, MEMBER_NUMBER, AT(fd) },
	{ GVISOR_DUP, 5, MEMBER_NUMBER, AT(new_fd) },
	{ GVISOR_DUP, 6, MEMBER_TEXT, AT(fd_path) },
	RULE_FILE(GVISOR_BIND),
	{ GVISOR_BIND, 6, MEMBER_TEXT, AT(address) },
};

static const struct rule context_rules[] = {
	{ 0, 1, MEMBER_NUMBER, AT(time_ns) }, { 0, 2, MEMBER_NUMBER, AT(tid) },
	{ 0, 4, MEMBER_NUMBER, AT(tgid) },    { 0, 6, MEMBER_TEXT, AT(container) },
	{ 0, 8, MEMBER_TEXT, AT(cwd) },       { 0, 9, MEMBER_TEXT, AT(comm) },
};
static const struct rule exit_rules[] = {
	{ 0, 1, MEMBER_NUMBER, AT(result) },
	{ 0, 2, MEMBER_NUMBER, AT(error) },
};
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const struct rule *find_rule(const struct rule *list, size_t count, uint16_t type,
				    uint32_t field)
{
	for (size_t i = 0; i < count; i++)
		if (list[i].type == type && list[i].field == field)
			return &list[i];
	return NULL;
}

static int wrong(struct err *err, const struct gvisor_message *m, uint32_t field, const char *what)
{
	return err_set(err, EBADMSG, "gVisor's message of type %u: field %u %s", m->type, field,
		       what);
}

static int take_text(struct gvisor_message *m, const struct rule *rule,
		     const struct protobuf_field *f, struct err *err)
{
	struct gvisor_text *text = (struct gvisor_text *)((char *)m + rule->offset);

	if (!f->bytes)
		return wrong(err, m, f->number, "is a number and should be text");
	if (f->len >= GVISOR_PATH_BYTES_MAX)
		return wrong(err, m, f->number, "is longer than any path");
	if (rule->offset != AT(address) && memchr(f->bytes, '\0', f->len))
		return wrong(err, m, f->number, "has a NUL in it");
	*text = (struct gvisor_text){ (const char *)f->bytes, f->len };
	return 0;
}

/* Context and exit are messages in a message and have no such members themselves: this is as deep as it gets. */
static int take_part(struct gvisor_message *m, const struct rule *list, size_t count,
		     const struct protobuf_field *part, struct err *err)
{
	struct protobuf buffer = { .at = part->bytes };
	struct protobuf_field f;

	if (!part->bytes)
		return wrong(err, m, part->number, "is a number and should be a message");
	buffer.end = part->bytes + part->len;
	while (protobuf_next(&buffer, &f)) {
		const struct rule *rule = find_rule(list, count, 0, f.number);
		int r = 0;

		if (rule && rule->member == MEMBER_TEXT)
			r = take_text(m, rule, &f, err);
		else if (rule && f.bytes)
			r = wrong(err, m, part->number, "has text where a number should be");
		else if (rule)
			*(int64_t *)((char *)m + rule->offset) = (int64_t)f.value;
		if (r < 0)
			return r;
	}
	return buffer.failed ? wrong(err, m, part->number, "is malformed") : 0;
}

static int take(struct gvisor_message *m, const struct protobuf_field *f, struct err *err)
{
	const struct rule *rule = find_rule(rules, COUNT(rules), m->type, f->number);

	if (!rule)
		return 0;
	switch (rule->member) {
	case MEMBER_CONTEXT:
		return take_part(m, context_rules, COUNT(context_rules), f, err);
	case MEMBER_EXIT:
		m->returned = true;
		return take_part(m, exit_rules, COUNT(exit_rules), f, err);
	case MEMBER_TEXT:
		return take_text(m, rule, f, err);
	case MEMBER_NUMBER:
		break;
	}
	if (f->bytes)
		return wrong(err, m, f->number, "is text and should be a number");
	*(int64_t *)((char *)m + rule->offset) = (int64_t)f->value;
	return 0;
}

static uint32_t read_le(const uint8_t *at, size_t size)
{
	uint32_t value = 0;

	for (size_t i = 0; i < size; i++)
		value |= (uint32_t)at[i] << (8 * i);
	return value;
}

/* The protocol buffer behind a packet's header, which may grow: what is behind the part that we know is skipped. */
static int open_packet(struct protobuf *ret, const void *packet, size_t size, struct err *err)
{
	const uint8_t *bytes = packet;
	size_t header;

	if (size < HEADER_BYTES)
		return err_set(err, EBADMSG, "gVisor's packet of %zu bytes has no header", size);
	header = read_le(bytes, 2);
	if (header < HEADER_BYTES || header > size)
		return err_set(err, EBADMSG,
			       "gVisor's packet of %zu bytes has a header of %zu bytes", size,
			       header);
	*ret = (struct protobuf){ .at = bytes + header, .end = bytes + size };
	return 0;
}

int gvisor_message_parse(struct gvisor_message *ret, const void *packet, size_t size,
			 struct err *err)
{
	const uint8_t *bytes = packet;
	struct gvisor_message m = {};
	struct protobuf buffer;
	struct protobuf_field f;
	int r = open_packet(&buffer, packet, size, err);

	if (r < 0)
		return r;
	m.type = (uint16_t)read_le(bytes + 2, 2);
	m.dropped = read_le(bytes + 4, 4);
	while (protobuf_next(&buffer, &f)) {
		r = take(&m, &f, err);
		if (r < 0)
			return r;
	}
	if (buffer.failed && find_rule(rules, COUNT(rules), m.type, 1))
		return err_set(err, EBADMSG, "gVisor's message of type %u is malformed", m.type);
	*ret = m;
	return 0;
}

static int keep_word(struct gvisor_start *start, size_t *at, const struct protobuf_field *f,
		     struct option_list *list, struct err *err)
{
	char *word = start->bytes + *at;

	if (!f->bytes || memchr(f->bytes, '\0', f->len))
		return err_set(err, EBADMSG,
			       "gVisor's message of a container's start: field %u is no text",
			       f->number);
	memcpy(word, f->bytes, f->len);
	word[f->len] = '\0';
	*at += f->len + 1;
	if (!list)
		start->cwd = word;
	return !list || option_list_add(list, word) == 0 ? 0 : err_oom(err);
}

/* One pass for each kind, so that the variables lie behind each other. */
static int keep_words(struct gvisor_start *start, size_t *at, struct protobuf buffer,
		      uint32_t number, struct option_list *list, struct err *err)
{
	struct protobuf_field f;
	int r = 0;

	while (r == 0 && protobuf_next(&buffer, &f))
		if (f.number == number)
			r = keep_word(start, at, &f, list, err);
	if (r == 0 && buffer.failed)
		r = err_set(err, EBADMSG, "gVisor's message of a container's start is malformed");
	if (r == 0 && list && option_list_add(list, NULL) < 0)
		r = err_oom(err);
	if (r == 0 && list)
		list->count--;
	return r;
}

int gvisor_start_parse(struct gvisor_start *ret, const void *packet, size_t size, struct err *err)
{
	struct protobuf buffer;
	size_t at = 0, env_at;
	int r = open_packet(&buffer, packet, size, err);

	*ret = (struct gvisor_start){ .cwd = "/" };
	if (r < 0)
		return r;
	/* A field is at least two bytes around its text, which gets one. */
	ret->bytes = malloc(size + 1);
	if (!ret->bytes)
		return err_oom(err);
	r = keep_words(ret, &at, buffer, 3, NULL, err);
	r = r ? r : keep_words(ret, &at, buffer, 4, &ret->args, err);
	env_at = at;
	r = r ? r : keep_words(ret, &at, buffer, 5, &ret->env, err);
	ret->env_len = at - env_at;
	return r;
}

void gvisor_start_done(struct gvisor_start *start)
{
	option_list_done(&start->args);
	option_list_done(&start->env);
	free(start->bytes);
	*start = (struct gvisor_start){};
}

int gvisor_handshake_parse(uint32_t *ret_version, const void *packet, size_t size, struct err *err)
{
	struct protobuf buffer = { .at = packet, .end = (const uint8_t *)packet + size };
	struct protobuf_field f;
	uint64_t version = 0;

	while (protobuf_next(&buffer, &f))
		if (f.number == 1 && !f.bytes)
			version = f.value;
	if (buffer.failed)
		return err_set(err, EBADMSG, "the handshake of gVisor's sink is malformed");
	if (version < GVISOR_VERSION || version > UINT32_MAX)
		return err_set(err, EPROTO,
			       "gVisor's sink speaks version %llu of its protocol, and at least %d "
			       "is needed",
			       (unsigned long long)version, GVISOR_VERSION);
	*ret_version = (uint32_t)version;
	return 0;
}
