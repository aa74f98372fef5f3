/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* fact_set.h — what was reported already: strings of bytes, compared whole, so that no fact can hide behind another one. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Then it is full, and says of every further fact that it is new. */
#define FACTS_MAX 65536u
#define FACT_BYTES_MAX (32u << 20)

/* Zero-initialise. */
struct fact_set {
	char **slots; /* a fact: its length as size_t, then its bytes */
	size_t slot_count, count, bytes;
	uint64_t refused; /* new facts that there was no room for */
};

/* Was it not there before? It is from now on, or counted as refused. */
bool fact_set_add(struct fact_set *set, const void *fact, size_t len);
/* Forgets all of them, not how many were refused. */
void fact_set_clear(struct fact_set *set);
void fact_set_done(struct fact_set *set);
