/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* gvisor_fixture.h — messages of gVisor's remote sink, made by hand. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct packet {
	uint8_t bytes[16384];
	size_t len;
};

static inline void put_varint(struct packet *p, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		p->bytes[p->len++] = (uint8_t)(value | 0x80);
	p->bytes[p->len++] = (uint8_t)value;
}

static inline void put_number(struct packet *p, unsigned field, uint64_t value)
{
	put_varint(p, field << 3);
	put_varint(p, value);
}

static inline void put_bytes(struct packet *p, unsigned field, const void *bytes, size_t len)
{
	put_varint(p, field << 3 | 2);
	put_varint(p, len);
	memcpy(p->bytes + p->len, bytes, len);
	p->len += len;
}

static inline void put_text(struct packet *p, unsigned field, const char *text)
{
	put_bytes(p, field, text, strlen(text));
}

static inline struct packet begin_packet(uint16_t type, uint32_t dropped)
{
	return (struct packet){ .bytes = { 8, 0, (uint8_t)type, (uint8_t)(type >> 8),
					   (uint8_t)dropped, (uint8_t)(dropped >> 8),
					   (uint8_t)(dropped >> 16), (uint8_t)(dropped >> 24) },
				.len = 8 };
}

/* Of container "c", a thread of process `tgid`, in /srv. */
static inline void put_thread(struct packet *p, uint64_t time_ns, uint64_t tid, uint64_t tgid)
{
	struct packet context = { .len = 0 };

	put_number(&context, 1, time_ns);
	put_number(&context, 2, tid);
	put_number(&context, 4, tgid);
	put_text(&context, 6, "c");
	put_text(&context, 8, "/srv");
	put_text(&context, 9, "prog");
	put_bytes(p, 1, context.bytes, context.len);
}

/* Of its only one. */
static inline void put_context(struct packet *p, uint64_t time_ns, uint64_t tgid)
{
	put_thread(p, time_ns, tgid, tgid);
}

static inline void put_exit(struct packet *p, uint64_t result, uint64_t error)
{
	struct packet exit = { .len = 0 };

	if (result)
		put_number(&exit, 1, result);
	if (error)
		put_number(&exit, 2, error);
	put_bytes(p, 2, exit.bytes, exit.len);
}
