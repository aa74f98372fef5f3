// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_probe.c — the verb "probe": what this kernel supports, which attach points would be used, and why. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/utsname.h>

#include <cjson/cJSON.h>

#include "agent/commands.h"
#include "agent/source.h"
#include "include/options.h"

struct probe_options {
	bool json;
};

static const struct option_def table[] = {
	{ "json", 0, NULL, "for machines", OPTION_FLAG, offsetof(struct probe_options, json), 0,
	  0 },
	{},
};

static void ignore_event(void *ctx, const struct source_event *event)
{
	(void)ctx;
	(void)event;
}

static int print_text(const struct source *source, const char *release)
{
	const struct source_choice *choices;
	size_t n;

	choices = source_choices(source, &n);
	printf("kernel %s: back-end %s\n\n", release, source_backend_name(source));
	printf("%-16s %-32s %s\n", "WHAT", "ATTACH POINT", "WHY NOT A BETTER ONE");
	for (size_t i = 0; i < n; i++)
		printf("%-16s %-32s %s\n", choices[i].what,
		       choices[i].point[0] ? choices[i].point : "-", choices[i].why_not);
	return EXIT_SUCCESS;
}

static int print_json(const struct source *source, const char *release)
{
	const struct source_choice *choices;
	cJSON *root = cJSON_CreateObject(), *list, *item;
	char *text;
	size_t n;

	choices = source_choices(source, &n);
	cJSON_AddStringToObject(root, "kernel", release);
	cJSON_AddStringToObject(root, "backend", source_backend_name(source));
	list = cJSON_AddArrayToObject(root, "attach");
	for (size_t i = 0; i < n; i++) {
		item = cJSON_CreateObject();
		cJSON_AddStringToObject(item, "what", choices[i].what);
		cJSON_AddStringToObject(item, "point", choices[i].point);
		cJSON_AddStringToObject(item, "why_not", choices[i].why_not);
		cJSON_AddItemToArray(list, item);
	}
	text = cJSON_Print(root);
	cJSON_Delete(root);
	if (!text || puts(text) < 0)
		return EXIT_FAILURE;
	free(text);
	return EXIT_SUCCESS;
}

int cmd_probe(int argc, char **argv)
{
	struct source_options source_options = { .backend = SOURCE_AUTO, .functions = true };
	_cleanup_(source_closep) struct source *source = NULL;
	struct probe_options options = {};
	struct option_list operands = {};
	struct utsname kernel;
	struct err err = {};
	int r;

	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		printf("usage: vexxy-agent probe [--json]\n\noptions:\n");
		options_help(stdout, table);
		return EXIT_SUCCESS;
	}
	r = options_parse(table, &options, argc, argv, &operands, &err);
	if (r >= 0 && (operands.count || r < argc))
		r = err_set(&err, EINVAL, "'probe' takes no operand");
	option_list_done(&operands);
	if (r < 0) {
		fprintf(stderr, "error: %s\nTry 'vexxy-agent probe --help'.\n", err.text);
		return 2;
	}
	if (uname(&kernel) < 0 ||
	    source_open(&source, &source_options, ignore_event, NULL, &err) < 0) {
		fprintf(stderr, "error: %s\n", err.text);
		return EXIT_FAILURE;
	}
	return options.json ? print_json(source, kernel.release)
			    : print_text(source, kernel.release);
}
