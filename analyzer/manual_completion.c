// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* manual_completion.c — what bash and zsh may offer behind vexxy. */
#include "analyzer/manual.h"

#include <string.h>

/* Options whose values are words from a list. */
static const struct {
	const char *name, *words;
} choices[] = {
	{ "policy", "strict balanced kubescape" },
	{ "format", "text json" },
	{ "backend", "auto raw fentry" },
	{ "network", "none host" },
	{ "runtime", "runc runsc" },
	{ "caps", "baseline none" },
	{ "seccomp", "default off" },
};

static const char *words_of(const struct option_def *def)
{
	for (size_t i = 0; i < sizeof(choices) / sizeof(*choices); i++)
		if (!strcmp(choices[i].name, def->name))
			return choices[i].words;
	return NULL;
}

static bool names_directory(const struct option_def *def)
{
	return def->value && strstr(def->value, "DIR");
}

static bool names_file(const struct option_def *def)
{
	return def->value && (strstr(def->value, "FILE") || strstr(def->value, "PATH") ||
			      strstr(def->value, "REPORT"));
}

static void bash_value(FILE *out, const struct option_def *def)
{
	const char *words = words_of(def);

	fprintf(out, "\t\t--%s", def->name);
	if (def->letter)
		fprintf(out, " | -%c", def->letter);
	fputs(") ", out);
	if (words)
		fprintf(out, "_vexxy_offer -W \"%s\" && ", words);
	else if (names_directory(def))
		fputs("_vexxy_offer -d && ", out);
	else if (names_file(def))
		fputs("_vexxy_offer -f && ", out);
	fputs("return ;;\n", out);
}

static void bash_command(FILE *out, const struct command *command)
{
	fprintf(out, "\t%s)\n\t\tcase $prev in\n", command->name);
	for (const struct option_def *def = command->options; def->name; def++)
		if (def->value)
			bash_value(out, def);
	fputs("\t\tesac\n\t\toptions=\"", out);
	for (const struct option_def *def = command->options; def->name; def++)
		fprintf(out, "--%s ", def->name);
	fputs("--help\"\n\t\t;;\n", out);
}

void manual_completion_bash(FILE *out, const struct command_list *commands)
{
	fputs("# Completion of vexxy for bash; made by 'vexxy --completion bash'.\n"
	      "_vexxy_offer() { mapfile -t COMPREPLY < <(compgen \"$@\" -- \"$cur\"); }\n"
	      "_vexxy() {\n"
	      "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} options=\n"
	      "\tCOMPREPLY=()\n"
	      "\tif ((COMP_CWORD == 1)); then\n"
	      "\t\t_vexxy_offer -W \"",
	      out);
	for (size_t i = 0; i < commands->count; i++)
		if (commands->items[i])
			fprintf(out, "%s ", commands->items[i]->name);
	fputs("--help --version\"\n\t\treturn\n\tfi\n\tcase ${COMP_WORDS[1]} in\n", out);
	for (size_t i = 0; i < commands->count; i++)
		if (commands->items[i])
			bash_command(out, commands->items[i]);
	fputs("\tesac\n"
	      "\tif [[ $cur == -* ]]; then\n"
	      "\t\t_vexxy_offer -W \"$options\"\n"
	      "\telse\n"
	      "\t\t_vexxy_offer -f\n"
	      "\tfi\n"
	      "}\n"
	      "complete -o filenames -F _vexxy vexxy\n",
	      out);
}

/* Inside '…' of zsh's _arguments: no quote ends it, no bracket or colon divides it. */
static void zsh_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs("'\\''", out);
		else if (strchr("[]:\\", *text))
			fprintf(out, "\\%c", *text);
		else
			fputc(*text, out);
	}
}

static void zsh_option(FILE *out, const struct option_def *def)
{
	const char *words = words_of(def);

	fprintf(out, "\t\t\t'%s--%s[",
		def->type == OPTION_LIST || def->type == OPTION_FORWARD ? "*" : "", def->name);
	zsh_text(out, def->help);
	fputc(']', out);
	if (def->value) {
		fputc(':', out);
		zsh_text(out, def->value);
		fputc(':', out);
		if (words)
			fprintf(out, "(%s)", words);
		else if (names_directory(def))
			fputs("_files -/", out);
		else if (names_file(def))
			fputs("_files", out);
	}
	fputs("' \\\n", out);
}

void manual_completion_zsh(FILE *out, const struct command_list *commands)
{
	fputs("#compdef vexxy\n"
	      "# Completion of vexxy for zsh; made by 'vexxy --completion zsh'.\n"
	      "_vexxy() {\n"
	      "\tlocal -a commands\n"
	      "\tcommands=(\n",
	      out);
	for (size_t i = 0; i < commands->count; i++) {
		if (!commands->items[i])
			continue;
		fprintf(out, "\t\t'%s:", commands->items[i]->name);
		zsh_text(out, commands->items[i]->summary);
		fputs("'\n", out);
	}
	fputs("\t)\n"
	      "\tif ((CURRENT == 2)); then\n"
	      "\t\t_describe command commands\n"
	      "\t\treturn\n"
	      "\tfi\n"
	      "\tlocal verb=$words[2]\n"
	      "\tshift words\n"
	      "\t((CURRENT--))\n"
	      "\tcase $verb in\n",
	      out);
	for (size_t i = 0; i < commands->count; i++) {
		if (!commands->items[i])
			continue;
		fprintf(out, "\t%s)\n\t\t_arguments \\\n", commands->items[i]->name);
		for (const struct option_def *d = commands->items[i]->options; d->name; d++)
			zsh_option(out, d);
		fputs("\t\t\t'--help[show help]' \\\n\t\t\t'*:file:_files'\n\t\t;;\n", out);
	}
	fputs("\tesac\n}\n_vexxy \"$@\"\n", out);
}
