/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * log.h — one line for each thing that happened, on stderr: JSON, or text for people.
 *
 * An event is a word; what it is about stands in fields, never in the sentence. Secrets have no field.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "include/err.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

struct log_field {
	const char *name;
	const char *text; /* NULL: the number */
	int64_t number;
};

/* For main, once. -EINVAL for a word that is neither. */
_must_check_ int log_configure(const char *level, const char *format, struct err *err);
bool log_wants(enum log_level level);
void log_write(enum log_level level, const char *event, const struct log_field *fields,
	       size_t count);

static inline struct log_field log_text(const char *name, const char *value)
{
	return (struct log_field){ name, value ? value : "", 0 };
}

static inline struct log_field log_number(const char *name, int64_t value)
{
	return (struct log_field){ name, NULL, value };
}

#define log_event(level, event, ...)                                           \
	log_write((level), (event), (const struct log_field[]){ __VA_ARGS__ }, \
		  sizeof((const struct log_field[]){ __VA_ARGS__ }) / sizeof(struct log_field))
