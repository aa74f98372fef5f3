// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* protobuf.c — the fields of a protocol buffer (protobuf.dev/programming-guides/encoding). */
#include "agent/protobuf.h"

#define VARINT_BITS 64
#define FIELD_NUMBER_MAX ((1u << 29) - 1)

enum wire_type { WIRE_VARINT, WIRE_FIXED64, WIRE_BYTES, WIRE_FIXED32 = 5 };

/* Bits beyond the 64th are dropped, as every reader does; more bytes than those take are no number. */
static bool read_varint(struct protobuf *b, uint64_t *ret)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < VARINT_BITS && b->at < b->end; shift += 7) {
		uint8_t byte = *b->at++;

		value |= (uint64_t)(byte & 0x7f) << shift;
		if (byte & 0x80)
			continue;
		*ret = value;
		return true;
	}
	return false;
}

static bool read_fixed(struct protobuf *b, size_t size, uint64_t *ret)
{
	uint64_t value = 0;

	if ((size_t)(b->end - b->at) < size)
		return false;
	for (size_t i = 0; i < size; i++)
		value |= (uint64_t)b->at[i] << (8 * i);
	b->at += size;
	*ret = value;
	return true;
}

static bool read_bytes(struct protobuf *b, struct protobuf_field *field)
{
	uint64_t len;

	if (!read_varint(b, &len) || len > (size_t)(b->end - b->at))
		return false;
	field->bytes = b->at;
	field->len = (size_t)len;
	b->at += len;
	return true;
}

static bool read_field(struct protobuf *b, struct protobuf_field *field)
{
	uint64_t key;

	if (!read_varint(b, &key) || key >> 3 == 0 || key >> 3 > FIELD_NUMBER_MAX)
		return false;
	field->number = (uint32_t)(key >> 3);
	switch (key & 7) {
	case WIRE_VARINT:
		return read_varint(b, &field->value);
	case WIRE_FIXED64:
		return read_fixed(b, 8, &field->value);
	case WIRE_FIXED32:
		return read_fixed(b, 4, &field->value);
	case WIRE_BYTES:
		return read_bytes(b, field);
	default:
		return false;
	}
}

bool protobuf_next(struct protobuf *buffer, struct protobuf_field *ret)
{
	struct protobuf_field field = {};

	if (buffer->failed || buffer->at >= buffer->end)
		return false;
	if (!read_field(buffer, &field)) {
		buffer->failed = true;
		return false;
	}
	*ret = field;
	return true;
}
