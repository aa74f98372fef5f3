/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* lint_rules.h — what the rules of lint share: a statement as they look at it, and how they report. */
#pragma once

#include "analyzer/lint.h"
#include "analyzer/purl.h"
#include "analyzer/status_notes.h"

/* A product or subcomponent. */
struct lint_component {
	const cJSON *item;
	const char *id;          /* @id, or NULL */
	const struct purl *purl; /* of the @id, or NULL */
	const char *purl_fault;  /* why an @id that begins with "pkg:" is no purl, else NULL */
	struct lint_component *subs;
	size_t sub_count;
};

/* A statement taken apart. Lives while it is being looked at. */
struct lint_statement {
	size_t index;
	const cJSON *item, *vulnerability;
	const char *name, *status; /* "" when absent */
	const char *notes;         /* status_notes in the grammar of status_notes.h, or NULL */
	struct lint_component *products;
	size_t product_count;
};

_printf_(4, 5) void lint_error(struct lint *lint, unsigned rule, size_t statement, const char *fmt,
			       ...);
_printf_(4, 5) void lint_warning(struct lint *lint, unsigned rule, size_t statement,
				 const char *fmt, ...);
void lint_gap(struct lint *lint, unsigned rule, const char *why);

static inline bool status_is(const struct lint_statement *s, const char *status)
{
	return !strcmp(s->status, status);
}

/* Rules about the document as a whole. */
void lint_rule_1(struct lint *lint);
void lint_rule_2(struct lint *lint);
void lint_rule_3(struct lint *lint);
void lint_rule_4(struct lint *lint);
void lint_rule_5(struct lint *lint);
void lint_rule_6(struct lint *lint);
void lint_rule_7(struct lint *lint);
void lint_rules_8_9(struct lint *lint);
void lint_rules_10_21(struct lint *lint);
void lint_rule_15(struct lint *lint);
void lint_rule_18(struct lint *lint);
void lint_rule_20(struct lint *lint);
void lint_rule_24(struct lint *lint);

/* Rules about one statement. */
void lint_rule_11(struct lint *lint, const struct lint_statement *s);
void lint_rule_12(struct lint *lint, const struct lint_statement *s);
void lint_rule_13(struct lint *lint, const struct lint_statement *s);
void lint_rule_14(struct lint *lint, const struct lint_statement *s);
void lint_rule_16(struct lint *lint, const struct lint_statement *s);
void lint_rule_17(struct lint *lint, const struct lint_statement *s);
void lint_rule_19(struct lint *lint, const struct lint_statement *s);
void lint_rule_22(struct lint *lint, const struct lint_statement *s);
void lint_rule_23(struct lint *lint, const struct lint_statement *s);
void lint_rule_25(struct lint *lint, const struct lint_statement *s);
void lint_rule_26(struct lint *lint, const struct lint_statement *s);
void lint_rule_27(struct lint *lint, const struct lint_statement *s);
void lint_rule_28(struct lint *lint, const struct lint_statement *s);
void lint_rule_29(struct lint *lint, const struct lint_statement *s);
void lint_rule_30(struct lint *lint, const struct lint_statement *s);
void lint_rule_31(struct lint *lint, const struct lint_statement *s);
void lint_rule_32(struct lint *lint, const struct lint_statement *s);
void lint_rule_33(struct lint *lint, const struct lint_statement *s);
void lint_rule_34(struct lint *lint, const struct lint_statement *s);
void lint_rule_35(struct lint *lint, const struct lint_statement *s);
void lint_rule_36(struct lint *lint, const struct lint_statement *s);
void lint_rule_37(struct lint *lint, const struct lint_statement *s);
void lint_rule_38(struct lint *lint, const struct lint_statement *s);
void lint_rule_39(struct lint *lint, const struct lint_statement *s);
