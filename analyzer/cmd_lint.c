// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_lint.c — vexxy lint: is a document right, and what will scanners make of it? */
#include <stdlib.h>

#include "include/array.h"

#include "analyzer/commands.h"
#include "analyzer/json.h"
#include "analyzer/lint.h"
#include "analyzer/terminal.h"

#define EXIT_FAULTS 3
#define PRODUCTS_SHOWN 20u

struct options {
	struct option_list against;
	bool json, strict;
};

static const struct option_def table[] = {
	{ "against", 0, "REPORT…", "reports of grype or trivy: show what each would suppress",
	  OPTION_LIST, offsetof(struct options, against), 0, 0 },
	{ "strict", 0, NULL, "warnings are faults too", OPTION_FLAG,
	  offsetof(struct options, strict), 0, 0 },
	{ "json", 0, NULL, "print the result as JSON", OPTION_FLAG, offsetof(struct options, json),
	  0, 0 },
	{},
};

static void print_faults(const struct lint *lint)
{
	for (size_t i = 0; i < lint->fault_count; i++) {
		const struct lint_fault *f = &lint->faults[i];

		const char *warning = f->severity == LINT_WARNING ? "warning: " : "";

		if (f->statement == LINT_DOCUMENT)
			terminal_line(stdout, "rule %u: %s%s", f->rule, warning, f->text);
		else
			terminal_line(stdout, "rule %u: %sstatement %zu (%s): %s", f->rule, warning,
				      f->statement + 1,
				      f->vulnerability ? f->vulnerability : "no name", f->text);
	}
	if (lint->error_count + lint->warning_count > lint->fault_count)
		printf("… and %zu more\n",
		       lint->error_count + lint->warning_count - lint->fault_count);
}

static void print_gaps(const struct lint *lint)
{
	if (lint->gap_count)
		printf("\nnot checked:\n");
	for (size_t i = 0; i < lint->gap_count; i++)
		terminal_line(stdout, "  rule %u: %s", lint->gaps[i].rule, lint->gaps[i].why);
}

static int compare_reaches(const void *pa, const void *pb)
{
	const struct product_reach *const *a = pa, *const *b = pb;
	int r = strcmp((*a)->id ? (*a)->id : "", (*b)->id ? (*b)->id : "");

	r = r ? r : strcmp((*a)->why, (*b)->why);
	return r ? r : ((*a)->statement > (*b)->statement) - ((*a)->statement < (*b)->statement);
}

static void print_reach(const struct product_reach *p, size_t statements)
{
	terminal_line(stdout, "  %s", p->id ? p->id : "(without identifier)");
	terminal_line(stdout, "    %s%s%s, %zu statement%s: %s", p->grype ? "grype" : "",
		      p->grype && p->trivy ? " and " : "",
		      p->trivy   ? "trivy"
		      : p->grype ? " only"
				 : "no scanner",
		      statements, statements == 1 ? "" : "s", p->why);
}

/* Each identifier once, with the number of statements that use it. */
static int print_products(const struct lint *lint)
{
	size_t n = lint->reaches->count, same, shown = 0;
	_cleanup_free_ const struct product_reach **sorted = calloc(n + 1, sizeof(*sorted));

	if (!sorted)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		sorted[i] = &lint->reaches->items[i];
	array_sort(sorted, n, sizeof(*sorted), compare_reaches);
	if (n)
		printf("\nproducts, and who can match them:\n");
	for (size_t i = 0; i < n; i += same) {
		for (same = 1; i + same < n; same++)
			if (strcmp(sorted[i]->id ? sorted[i]->id : "",
				   sorted[i + same]->id ? sorted[i + same]->id : "") != 0 ||
			    strcmp(sorted[i]->why, sorted[i + same]->why) != 0)
				break;
		if (shown++ < PRODUCTS_SHOWN)
			print_reach(sorted[i], same);
	}
	if (shown > PRODUCTS_SHOWN)
		printf("  … and %zu more\n", shown - PRODUCTS_SHOWN);
	return 0;
}

static void print_against(const struct lint_against *a)
{
	const struct suppressions *s = a->suppressions;

	putchar('\n');
	terminal_line(stdout, "%s: %s would suppress %zu of %zu findings", a->path, s->scanner,
		      s->suppressed_count, s->count);
	for (size_t i = 0; i < s->count; i++) {
		const struct suppression *m = &s->items[i];

		terminal_line(stdout, "  %-10s %-20s %-32s %s",
			      m->suppressed ? "suppressed" : "stays", m->id,
			      m->package ? m->package : "", m->why ? m->why : "");
	}
	for (size_t i = 0; i < s->note_count; i++)
		terminal_line(stdout, "  note: %s", s->notes[i]);
}

static int print_text(const struct lint *lint)
{
	print_faults(lint);
	print_gaps(lint);
	if (print_products(lint) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < lint->against_count; i++)
		print_against(&lint->against[i]);
	putchar('\n');
	terminal_line(stdout, "%s: %zu error%s, %zu warning%s", lint->path, lint->error_count,
		      lint->error_count == 1 ? "" : "s", lint->warning_count,
		      lint->warning_count == 1 ? "" : "s");
	return 0;
}

static int print_json(const struct lint *lint)
{
	_cleanup_(cJSON_Deletep) cJSON *doc = lint_document_json(lint);
	_cleanup_free_ char *text = doc ? json_print(doc) : NULL;

	if (!text)
		return -ENOMEM;
	fputs(text, stdout);
	return 0;
}

static int lint_file(const struct options *options, const char *path, struct err *err)
{
	_cleanup_(lint_freep) struct lint *lint = NULL;
	int r = lint_open(&lint, path, err);

	for (size_t i = 0; r == 0 && i < options->against.count; i++)
		r = lint_add_report(lint, options->against.items[i], err);
	if (r == 0)
		r = lint_run(lint, err);
	if (r == 0 && (options->json ? print_json(lint) : print_text(lint)) < 0)
		r = err_oom(err);
	if (r < 0)
		return r;
	return lint->error_count || (options->strict && lint->warning_count) ? EXIT_FAULTS
									     : EXIT_SUCCESS;
}

static int lint(const struct command *self, int argc, char **argv)
{
	struct options options = {};
	struct option_list operands = {};
	struct err err = {};
	int rest, status, r;

	if (!command_parse(self, argc, argv, &options, &operands, &rest, &status)) {
		if (operands.count != 1 || rest < argc) {
			err_set(&err, EINVAL, "name one document, before any option");
			status = command_usage(self, &err);
		} else {
			r = lint_file(&options, operands.items[0], &err);
			status = r < 0 ? command_fail(&err) : r;
		}
	}
	option_list_done(&operands);
	option_list_done(&options.against);
	return status;
}

const struct command cmd_lint = {
	"lint",
	"FILE.openvex.json [--against REPORT…] [--strict] [--json]",
	"check an OpenVEX document, and what scanners would make of it",
	table,
	lint,
};
