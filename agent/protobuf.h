/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* protobuf.h — the fields of a protocol buffer, one after the other: a reader for input that is not to be trusted. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct protobuf {
	const uint8_t *at, *end;
	bool failed; /* the bytes are no protocol buffer; what came before was read */
};

struct protobuf_field {
	uint32_t number;
	const uint8_t *bytes; /* of a string, of bytes or of a message; NULL: it is a number */
	size_t len;
	uint64_t value;
};

/* The next field, or false at the end and after what is malformed. Groups are refused: nobody has made them since version 2. */
bool protobuf_next(struct protobuf *buffer, struct protobuf_field *ret);
