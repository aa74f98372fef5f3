// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* manual.c — vexxy-server(8), and what shells may offer behind vexxy-server. */
#include "server/manual.h"

#include <string.h>

#include "include/version.h"
#include "server/settings.h"

static const char head[] =
    ".TH VEXXY\\-SERVER 8 \"\" \"vexxy " VEXXY_VERSION "\" \"System Administration\"\n"
    ".SH NAME\n"
    "vexxy\\-server \\- take container images over REST, have them run and watched, serve the "
    "verdicts\n"
    ".SH SYNOPSIS\n"
    ".B vexxy\\-server\n"
    "[\\fIVERB\\fR] [\\fIOPTION\\fR]…\n"
    ".SH DESCRIPTION\n"
    "Without any option it serves on 127.0.0.1 port 8001, keeps what it has in its data directory, "
    "and runs analyses on this\n"
    "machine: it starts \\fBskopeo\\fR(1), \\fBvexxy\\-agent\\fR(1), which needs root, and "
    "\\fBvexxy\\fR(1), confined.\n"
    ".I /openapi.json\n"
    "describes every call. As long as there is no API key, only a loopback address is served.\n";

static const char tail[] =
    ".SH FILES\n"
    ".TP\n"
    ".B vexxy.db\n"
    "jobs, keys and who did what. Copied while the server runs by \\fBvexxy\\-server backup\\fR "
    "\\fIFILE\\fR.\n"
    ".TP\n"
    ".B blobs\n"
    "results, traces and uploads, by the SHA\\-256 of their content.\n"
    ".TP\n"
    ".B signing.pem, signing.pub.pem\n"
    "the key that results are signed with where none was named, and its public half.\n"
    ".TP\n"
    ".B control.sock\n"
    "by which the verbs talk to a server that runs.\n"
    ".SH EXIT STATUS\n"
    "0: done. 1: failed; the reason is on standard error. 2: wrong usage.\n"
    ".SH SEE ALSO\n"
    ".BR vexxy (1),\n"
    ".BR vexxy\\-agent (1)\n";

/* Text as roff: no character means anything else. */
static void put_text(FILE *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", out);
	for (; *text; text++)
		if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '-')
			fputs("\\-", out);
		else
			fputc(*text, out);
}

static void put_term(FILE *out, const char *term, const char *value, const char *help)
{
	fputs(".TP\n\\fB", out);
	put_text(out, term);
	fputs("\\fR", out);
	if (value) {
		fputs(" \\fI", out);
		put_text(out, value);
		fputs("\\fR", out);
	}
	fputc('\n', out);
	put_text(out, help);
	fputc('\n', out);
}

void manual_page(FILE *out, const struct manual_verb *verbs)
{
	char name[64];

	fputs(head, out);
	fputs(".SH VERBS\n", out);
	for (; verbs->name; verbs++)
		if (verbs->summary)
			put_term(out, verbs->name, NULL, verbs->summary);
	fputs(".SH OPTIONS\n", out);
	for (const struct option_def *def = settings_table; def->name; def++) {
		snprintf(name, sizeof(name), "--%s", def->name);
		put_term(out, name, def->value, def->help);
	}
	fputs(".SH ENVIRONMENT\nVariables stand for options; these win.\n", out);
	for (const struct option_def *def = settings_table; def->name; def++)
		if (settings_variable(def->name)) {
			snprintf(name, sizeof(name), "as --%s", def->name);
			put_term(out, settings_variable(def->name), NULL, name);
		}
	fputs(tail, out);
}

static void put_words(FILE *out, const struct manual_verb *verbs)
{
	for (; verbs->name; verbs++)
		if (verbs->summary)
			fprintf(out, "%s ", verbs->name);
	for (const struct option_def *def = settings_table; def->name; def++)
		fprintf(out, "--%s ", def->name);
	fputs("--help --version", out);
}

void manual_completion_bash(FILE *out, const struct manual_verb *verbs)
{
	fputs("# Completion of vexxy-server for bash; made by 'vexxy-server --completion "
	      "bash'.\ncomplete -o "
	      "bashdefault -o default -W '",
	      out);
	put_words(out, verbs);
	fputs("' vexxy-server\n", out);
}

void manual_completion_zsh(FILE *out, const struct manual_verb *verbs)
{
	fputs("#compdef vexxy-server\n# Completion of vexxy-server for zsh; made by 'vexxy-server "
	      "--completion "
	      "zsh'.\n_vexxy_server() {\n\tcompadd -- ",
	      out);
	put_words(out, verbs);
	fputs("\n\t_files\n}\n_vexxy_server \"$@\"\n", out);
}
