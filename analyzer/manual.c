// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* manual.c — vexxy(1): the tables of the commands between texts that hold for all of them. */
#include "analyzer/manual.h"

#include <string.h>

#include "include/version.h"

static const char head[] =
    ".SH NAME\n"
    "vexxy \\- prove, from a running system, which vulnerabilities of a container image can be "
    "reached\n"
    ".SH SYNOPSIS\n"
    ".B vexxy\n"
    ".I COMMAND\n"
    "[\\fIOPTION\\fR]…\n"
    ".SH DESCRIPTION\n"
    ".B vexxy\n"
    "takes traces of what a container really did, the image, and the vulnerabilities that a "
    "scanner\n"
    "reports for it, and decides for each of them whether the vulnerable code can be reached. "
    "The result is\n"
    "an OpenVEX document that grype and trivy obey, and a report that names the rule and the "
    "evidence of\n"
    "every verdict. Silence is no proof: what was not seen is \\(lqunder investigation\\(rq "
    "unless something\n"
    "more than silence stands behind it.\n"
    ".PP\n"
    "Recording needs privileges and is done by\n"
    ".BR vexxy\\-agent (1),\n"
    "which \\fBvexxy run\\fR starts. Everything else needs none.\n";

static const char tail[] =
    ".SH FILES\n"
    "What an analysis writes into OUTDIR:\n"
    ".TP\n"
    ".B vex.openvex.json\n"
    "OpenVEX 0.2.0. One statement for each vulnerability and package; absent when there is "
    "nothing to state.\n"
    "The\n"
    ".I status_notes\n"
    "of a statement are key=value pairs separated by \\(lq; \\(rq: the rule that decided, the "
    "confidence,\n"
    "what the trace was worth, and the digest of the evidence.\n"
    ".TP\n"
    ".B report.json\n"
    "Every verdict with its rule, its confidence and the factors of it, its evidence and its "
    "files.\n"
    ".TP\n"
    ".B sbom.filtered.cdx.json\n"
    "CycloneDX 1.6: only the components that were used.\n"
    ".TP\n"
    ".B inputs.json\n"
    "The digests of all inputs and the exact options.\n"
    ".SH SCANNERS\n"
    "A product is named by its manifest digests, \\fBpkg:oci/\\fINAME\\fB@sha256:\\fIDIGEST\\fR: "
    "that is what\n"
    "grype and trivy ask for when they scan an image from a registry. When no digest is known, "
    "the product is\n"
    "\\fBpkg:generic/\\fINAME\\fB@sha256:\\fIDIGEST\\fR with the digest of the inventory. No "
    "scanner finds that in an\n"
    "image: trivy suppresses nothing then, grype only when it is told that name and version for "
    "what it scans.\n"
    "\\fBvexxy lint FILE \\-\\-against REPORT\\fR shows what each would suppress.\n"
    ".SH STATEMENTS OF OTHERS\n"
    "What \\fB\\-\\-prior\\fR names is OpenVEX that somebody else has issued for the same image. "
    "Each "
    "statement is kept in\n"
    "\\fBreport.json\\fR with its author, time, document and the digest of the file, beside the "
    "verdict that it is on;\n"
    "where it contradicts, the table, \\fBvexxy explain\\fR and the\n"
    ".I status_notes\n"
    "say so. It changes no verdict, in either direction, and is not copied into "
    "\\fBvex.openvex.json\\fR: a document\n"
    "speaks for its author, and scanners obey one statement on a package and not another.\n"
    ".SH KUBESCAPE\n"
    "\\fBvexxy compare\\fR takes Kubescape's word from the most explicit of what is given: "
    "OpenVulnerabilityExchangeContainer,\n"
    "VulnerabilityManifest (of the image and filtered), or the relevancy of SBOMSyft under a "
    "profile with the image's manifest.\n"
    "Without objects it is worked out by Kubescape's rules from our inventory and trace, as "
    "\\fB\\-\\-policy kubescape\\fR does. Objects\n"
    "of another image are refused.\n"
    ".SH ENVIRONMENT\n"
    ".TP\n"
    ".B SOURCE_DATE_EPOCH\n"
    "The time of the documents, in seconds since 1970. Without it they carry the time at which "
    "the newest trace ended,\n"
    "never that of the clock: the same inputs give the same bytes.\n"
    ".TP\n"
    ".B NO_COLOR\n"
    "No colours, also on a terminal.\n"
    ".TP\n"
    ".B DEBUGINFOD_URLS\n"
    "The servers that \\fBvexxy symbols debuginfo\\fR asks, between blanks, when no "
    "\\fB\\-\\-url\\fR "
    "names one.\n"
    ".SH EXIT STATUS\n"
    ".TP\n"
    ".B 0\n"
    "Done.\n"
    ".TP\n"
    ".B 1\n"
    "Failed; the reason is on standard error.\n"
    ".TP\n"
    ".B 2\n"
    "Wrong usage.\n"
    ".TP\n"
    ".B 3\n"
    "Done, but faults were found.\n"
    ".SH SEE ALSO\n"
    ".BR vexxy\\-agent (1)\n";

/* Text as roff: no character means anything else, and a break of the line is a space. */
static void put_text(FILE *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", out);
	for (; *text; text++) {
		if (*text == '\\')
			fputs("\\e", out);
		else if (*text == '-')
			fputs("\\-", out);
		else if (!strchr(" \t\n", *text))
			fputc(*text, out);
		else if (text[1] && !strchr(" \t\n", text[1]))
			fputc(' ', out);
	}
}

static void put_option(FILE *out, const struct option_def *def)
{
	fputs(".TP\n", out);
	if (def->letter)
		fprintf(out, "\\fB\\-%c\\fR, ", def->letter);
	fputs("\\fB\\-\\-", out);
	put_text(out, def->name);
	fputs("\\fR", out);
	if (def->value) {
		fputs(" \\fI", out);
		put_text(out, def->value);
		fputs("\\fR", out);
	}
	fputc('\n', out);
	put_text(out, def->help);
	fputc('\n', out);
}

static void put_command(FILE *out, const struct command *command)
{
	size_t len = strlen(command->summary);

	fputs(".SS ", out);
	put_text(out, command->name);
	fputs("\n\\fBvexxy ", out);
	put_text(out, command->name);
	fputs("\\fR ", out);
	put_text(out, command->usage);
	fputs("\n.PP\n", out);
	put_text(out, command->summary);
	fputs(len && command->summary[len - 1] == '.' ? "\n" : ".\n", out);
	for (const struct option_def *def = command->options; def->name; def++)
		put_option(out, def);
}

void manual_page(FILE *out, const struct command_list *commands)
{
	fputs(".TH VEXXY 1 \"\" \"vexxy " VEXXY_VERSION "\" \"User Commands\"\n", out);
	fputs(head, out);
	fputs(".SH COMMANDS\n", out);
	for (size_t i = 0; i < commands->count; i++)
		if (commands->items[i])
			put_command(out, commands->items[i]);
	fputs(tail, out);
}
