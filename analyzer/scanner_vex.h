/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * scanner_vex.h — an OpenVEX document as go-vex matches it, and the names that scanners ask for. For scanner*.c and prior*.c.
 *
 * Everything lives in the caller's arena or is borrowed from the document.
 */
#pragma once

#include <stdbool.h>
#include <time.h>

#include <cjson/cJSON.h>

#include "analyzer/purl.h"
#include "analyzer/scanner.h"

/* A name as a scanner asks for it. */
struct asked {
	const char *text;
	const struct purl *purl; /* NULL when the text is none */
};

struct vex_name { /* of a component */
	const char *text;
	const struct purl *purl; /* what is matched as purl; NULL: the text alone */
};

struct vex_component {
	const char *id;         /* @id, or the first identifier or hash; NULL: none at all */
	struct vex_name *names; /* @id, identifiers, hash values */
	size_t name_count;
};

struct vex_product {
	struct vex_component component;
	struct vex_component *subcomponents;
	size_t subcomponent_count;
};

struct vex_statement {
	size_t index; /* in the document */
	const char *status;
	struct timespec time;
	struct vex_product *products;
	size_t product_count;
};

/* An id of a statement's vulnerability. */
struct vex_key {
	const char *id;
	size_t statement;
};

struct vex {
	struct arena *arena;
	struct vex_statement *
	    statements; /* in the order in which go-vex hands them out: oldest first, of one time the
					   * last listed first */
	size_t statement_count;
	struct vex_key *keys; /* by id, then statement */
	size_t key_count;
};

/* What cannot match anything (no product, another type of JSON value) is left out. */
_must_check_ int vex_read(struct vex *ret, const cJSON *document, struct arena *arena,
			  struct err *err);
/* Statements on that vulnerability: *ret points at the first of the returned number, oldest first. */
size_t vex_find(const struct vex *vex, const char *id, const struct vex_key **ret);

/* The component as one of the scanner's names: go-vex Component.Matches. */
bool vex_component_matches(const struct vex_component *component, const struct asked *asked);
/* The product that matches, or NULL. `package` NULL: the scanner gives no subcomponent, so any will do. */
const struct vex_product *vex_statement_matches(const struct vex_statement *statement,
						const struct asked *product,
						const struct asked *package);

/* -ENOMEM, or 0 with the text's purl worked out. */
_must_check_ int asked_init(struct asked *ret, const char *text, struct arena *arena);

/* What a report says that the scanner would ask for. */
struct asked_list {
	struct asked *items;
	size_t count, capacity; /* malloc'ed, freed by the owner */
};

_must_check_ int scanner_ask_grype(struct asked_list *list, const cJSON *report,
				   struct arena *arena);
_must_check_ int scanner_ask_trivy(struct asked_list *list, const cJSON *report,
				   struct arena *arena);
