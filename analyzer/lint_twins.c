// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * lint_twins.c — rules 10, 15, 18 and 21: statements held against one another.
 *
 * Of two statements that match the same finding grype obeys the oldest and trivy the newest, and with equal times one the
 * last and the other the first: what both mean then depends on who reads.
 */
#include <stdlib.h>

#include "analyzer/json.h"
#include "analyzer/lint_rules.h"
#include "analyzer/openvex_hash.h"
#include "include/array.h"

#define CLAIMS_MAX 4000000u

/* One vulnerability id on one subcomponent of one product. */
struct claim {
	const char *vulnerability, *product;
	const char *sub; /* "" for a product without subcomponents: all of them */
	size_t statement;
};

struct claims {
	struct lint *lint;
	struct claim *items;
	size_t count, room;
	bool too_many;
	const cJSON **statements; /* by index */
	size_t statement_count;
	bool *told; /* statements that were reported */
};

static const char *text_of(const cJSON *obj, const char *key)
{
	const char *text = json_string(obj, key);

	return text ? text : "";
}

static const char *name_of(const cJSON *statement)
{
	return text_of(json_object(statement, "vulnerability"), "name");
}

static void add_claim(struct claims *c, const struct claim *claim)
{
	struct claim *slot;

	if (c->count == CLAIMS_MAX) {
		c->too_many = true;
		return;
	}
	slot = array_add(c->items, c->count, c->room);
	if (slot)
		*slot = *claim;
	else
		c->lint->out_of_memory = true;
}

static void claim_components(struct claims *c, const cJSON *statement, struct claim claim)
{
	const cJSON *product, *sub;

	cJSON_ArrayForEach(product, json_array(statement, "products"))
	{
		claim.product = text_of(product, "@id");
		claim.sub = "";
		if (!cJSON_GetArraySize(json_array(product, "subcomponents")))
			add_claim(c, &claim);
		cJSON_ArrayForEach(sub, json_array(product, "subcomponents"))
		{
			claim.sub = text_of(sub, "@id");
			if (*claim.sub && !c->too_many)
				add_claim(c, &claim);
		}
	}
}

static void claim_statement(struct claims *c, const cJSON *statement, size_t index)
{
	const cJSON *vulnerability = json_object(statement, "vulnerability"), *alias;
	struct claim claim = { .vulnerability = text_of(vulnerability, "name"),
			       .statement = index };

	claim_components(c, statement, claim);
	cJSON_ArrayForEach(alias, json_array(vulnerability, "aliases"))
	{
		if (!cJSON_IsString(alias) || c->too_many ||
		    !strcmp(alias->valuestring, text_of(vulnerability, "name")))
			continue;
		claim.vulnerability = alias->valuestring;
		claim_components(c, statement, claim);
	}
}

static int compare_claims(const void *pa, const void *pb)
{
	const struct claim *a = pa, *b = pb;
	int r = strcmp(a->vulnerability, b->vulnerability);

	r = r ? r : strcmp(a->product, b->product);
	r = r ? r : strcmp(a->sub, b->sub);
	return r ? r : (a->statement > b->statement) - (a->statement < b->statement);
}

static void tell(struct claims *c, const struct claim *first, const struct claim *second)
{
	const cJSON *a = c->statements[first->statement], *b = c->statements[second->statement];
	bool contradict = strcmp(text_of(a, "status"), text_of(b, "status")) != 0;

	if (c->told[second->statement])
		return;
	c->told[second->statement] = true;
	if (strcmp(name_of(a), name_of(b)) != 0)
		lint_error(c->lint, 21, second->statement,
			   "'%.64s' is also a name of statement %zu (%.64s) on the same package",
			   second->vulnerability, first->statement + 1, name_of(a));
	else
		lint_error(c->lint, 10, second->statement, "%s statement %zu on %.128s",
			   contradict ? "contradicts" : "repeats", first->statement + 1,
			   *second->sub ? second->sub : "the whole product");
}

/* Neighbours that say something about the same thing. One that has no subcomponents speaks about those of the others too. */
static void compare_neighbours(struct claims *c)
{
	const struct claim *blanket = NULL;

	for (size_t i = 1; i < c->count; i++) {
		const struct claim *a = &c->items[i - 1], *b = &c->items[i];
		bool same =
		    !strcmp(a->vulnerability, b->vulnerability) && !strcmp(a->product, b->product);

		if (!same) {
			blanket = NULL;
			continue;
		}
		if (!*a->sub)
			blanket = blanket ? blanket : a;
		if (a->statement != b->statement && !strcmp(a->sub, b->sub))
			tell(c, a, b);
		else if (blanket && blanket->statement < b->statement)
			tell(c, blanket, b);
		else if (blanket && blanket->statement > b->statement)
			tell(c, b, blanket);
	}
}

static bool collect(struct claims *c)
{
	const cJSON *statements = json_array(c->lint->document, "statements"), *statement;
	size_t n = (size_t)cJSON_GetArraySize(statements);

	c->told = arena_alloc(c->lint->arena, n + 1);
	c->statements = arena_alloc(c->lint->arena, (n + 1) * sizeof(*c->statements));
	if (!c->told || !c->statements) {
		c->lint->out_of_memory = true;
		return false;
	}
	cJSON_ArrayForEach(statement, statements)
	{
		c->statements[c->statement_count] = statement;
		claim_statement(c, statement, c->statement_count++);
	}
	return true;
}

void lint_rules_10_21(struct lint *lint)
{
	struct claims c = { .lint = lint };

	if (collect(&c) && c.count && !c.too_many) {
		array_sort(c.items, c.count, sizeof(*c.items), compare_claims);
		compare_neighbours(&c);
	}
	if (c.too_many) {
		lint_gap(lint, 10, "the statements make too many claims to be compared");
		lint_gap(lint, 21, "the statements make too many claims to be compared");
	}
	free(c.items);
}

/* An @id of ours is made of what the statement is about. */
static void check_own_id(struct lint *lint, const cJSON *statement, size_t index, const char *id)
{
	const char *hash = strstr(id, "/statement-");
	char hex[DIGEST_HEX_BYTES];

	if (!hash || strncmp(text_of(lint->document, "tooling"), "vexxy ", 6) != 0)
		return;
	if (openvex_statement_hash(hex, statement, NULL) < 0)
		lint->out_of_memory = true;
	else if (strcmp(hash + strlen("/statement-"), hex) != 0)
		lint_error(lint, 15, index, "the @id belongs to another vulnerability or package");
}

struct named {
	const char *id;
	size_t statement;
};

static int compare_named(const void *pa, const void *pb)
{
	const struct named *a = pa, *b = pb;
	int r = strcmp(a->id, b->id);

	return r ? r : (a->statement > b->statement) - (a->statement < b->statement);
}

void lint_rule_15(struct lint *lint)
{
	const cJSON *statements = json_array(lint->document, "statements"), *statement;
	_cleanup_free_ struct named *ids =
	    calloc((size_t)cJSON_GetArraySize(statements) + 1, sizeof(*ids));
	size_t n = 0, index = 0;

	cJSON_ArrayForEach(statement, statements)
	{
		const char *id = text_of(statement, "@id");

		if (!ids || lint->out_of_memory)
			break;
		if (*id) {
			check_own_id(lint, statement, index, id);
			ids[n++] = (struct named){ id, index };
		} else {
			lint_warning(lint, 15, index, "no @id: evidence cannot point to it");
		}
		index++;
	}
	lint->out_of_memory |= !ids;
	if (!ids)
		return;
	array_sort(ids, n, sizeof(*ids), compare_named);
	for (size_t i = 1; i < n; i++)
		if (!strcmp(ids[i - 1].id, ids[i].id))
			lint_error(lint, 15, ids[i].statement, "has the @id of statement %zu",
				   ids[i - 1].statement + 1);
}

/* The @ids of components, in order. */
static int compare_components(const cJSON *a, const cJSON *b)
{
	int r = 0;

	for (a = a ? a->child : NULL, b = b ? b->child : NULL; !r && a && b;
	     a = a->next, b = b->next)
		r = strcmp(text_of(a, "@id"), text_of(b, "@id"));
	return r ? r : !!a - !!b;
}

static int compare_statements(const cJSON *a, const cJSON *b)
{
	const cJSON *pa = json_array(a, "products"), *pb = json_array(b, "products");
	int r = strcmp(name_of(a), name_of(b));

	r = r ? r : compare_components(pa, pb);
	return r ? r
		 : compare_components(json_array(pa ? pa->child : NULL, "subcomponents"),
				      json_array(pb ? pb->child : NULL, "subcomponents"));
}

static bool are_sorted(const cJSON *components)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, components)
	{
		if (item->next && strcmp(text_of(item, "@id"), text_of(item->next, "@id")) > 0)
			return false;
	}
	return true;
}

static bool aliases_are_sorted(const cJSON *aliases)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, aliases)
	{
		if (item->next && cJSON_IsString(item) && cJSON_IsString(item->next) &&
		    strcmp(item->valuestring, item->next->valuestring) > 0)
			return false;
	}
	return true;
}

static void check_order(struct lint *lint, const cJSON *statement, size_t index)
{
	const cJSON *products = json_array(statement, "products"), *product;
	bool sorted = true;

	cJSON_ArrayForEach(product, products)
	{
		sorted = sorted && are_sorted(json_array(product, "subcomponents"));
	}
	if (!are_sorted(products))
		lint_warning(lint, 18, index, "its products are not sorted");
	if (!sorted)
		lint_warning(lint, 18, index, "its subcomponents are not sorted");
	if (!aliases_are_sorted(json_array(json_object(statement, "vulnerability"), "aliases")))
		lint_warning(lint, 18, index, "its aliases are not sorted");
	if (statement->next && compare_statements(statement, statement->next) > 0)
		lint_warning(lint, 18, index + 1, "stands behind one that sorts after it");
}

void lint_rule_18(struct lint *lint)
{
	const cJSON *statement;
	size_t index = 0;

	cJSON_ArrayForEach(statement, json_array(lint->document, "statements"))
	{
		check_order(lint, statement, index++);
	}
}
