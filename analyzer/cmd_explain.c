// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_explain.c — vexxy explain: the whole chain of reasoning for one verdict, in plain words. */
#include <limits.h>

#include "analyzer/commands.h"
#include "analyzer/json.h"
#include "analyzer/terminal.h"

#define LABEL 14u /* columns of the labels on the left */
#define WIDTH_MIN 60u
#define WIDTH_PIPE 1000000u /* what grep reads is not folded */
#define WORD_MAX 4096u
#define FUNCTIONS_SHOWN 20u
#define PRIORS_SHOWN 10u

struct explain_options {
	bool json;
};

static const struct option_def options[] = {
	{ "json", 'j', NULL, "the verdicts as they stand in report.json", OPTION_FLAG,
	  offsetof(struct explain_options, json), 0, 0 },
	{},
};

struct page {
	FILE *out;
	bool colour;
	unsigned width;
};

static const char *rule_text(const char *rule)
{
	static const struct {
		const char *rule, *text;
	} rules[] = {
		{ "R1", "no file of the package, and no copy of its code, is in the image" },
		{ "R2", "the vulnerable functions are not compiled or linked into any object" },
		{ "R3", "a vulnerable function ran" },
		{ "R4", "no vulnerable function ran, and nothing loaded can reach one" },
		{ "R5", "no vulnerable function ran, but there is no proof that none can: silence "
			"is never proof" },
		{ "R6", "package in use, function unknown: its code was mapped, executed or read "
			"by an interpreter" },
		{ "R7", "never used in a complete trace, and nothing that can run is able to load "
			"or execute it" },
		{ "R8", "never used in a complete trace, but it could be loaded: decided by the "
			"residual risk of the window" },
		{ "R9", "a gap in what was observed or known: nothing may be concluded from what "
			"was not seen" },
		{ "R10", "a second observer saw a use that the trace did not: never not_affected" },
		{ "R11", "the installed version is at or above the fixed one" },
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (!strcmp(rules[i].rule, rule))
			return rules[i].text;
	return "a rule that this version does not know";
}

/* Writes the words of a text, folded at the width, each further line indented. */
static void put_folded(const struct page *p, const char *text, unsigned indent, unsigned column)
{
	char word[WORD_MAX];
	size_t len, columns;

	for (; *text; text += len) {
		text += strspn(text, " \n\t");
		len = strcspn(text, " \n\t");
		if (!len)
			break;
		snprintf(word, sizeof(word), "%.*s", (int)(len < WORD_MAX ? len : WORD_MAX - 1),
			 text);
		columns = terminal_columns(word);
		if (column > indent && column + 1 + columns > p->width) {
			fprintf(p->out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', p->out);
			column++;
		}
		column += (unsigned)terminal_put(p->out, word, 0);
	}
	fputc('\n', p->out);
}

/* "label         text …"; nothing for an absent text. */
static void put_line(const struct page *p, const char *label, const char *text)
{
	if (!text || !*text)
		return;
	fprintf(p->out, "%s%-*s%s", p->colour ? COLOUR_BOLD : "", (int)LABEL, label,
		p->colour ? COLOUR_RESET : "");
	put_folded(p, text, LABEL, LABEL);
}

_printf_(3, 4) static void put_format(const struct page *p, const char *label, const char *fmt, ...)
{
	char text[WORD_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	put_line(p, label, text);
}

static const char *text_of(const cJSON *obj, const char *key)
{
	const char *text = json_string(obj, key);

	return text ? text : "";
}

static double number_of(const cJSON *obj, const char *key)
{
	const cJSON *item = json_get(obj, key);

	return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

static void put_title(const struct page *p, const cJSON *v)
{
	if (p->colour)
		fputs(COLOUR_BOLD, p->out);
	terminal_put(p->out, text_of(v, "id"), 0);
	if (p->colour)
		fputs(COLOUR_RESET, p->out);
	fputs(" in ", p->out);
	terminal_put(p->out, *text_of(v, "package") ? text_of(v, "package") : "?", 0);
	fputc(' ', p->out);
	terminal_put(p->out, text_of(v, "version"), 0);
	fputs(" (", p->out);
	terminal_put(p->out, *text_of(v, "severity") ? text_of(v, "severity") : "unknown", 0);
	fputs(")\n\n", p->out);
}

static const char *outcome_text(const char *outcome)
{
	static const char *const texts[][2] = {
		{ "agree_used", "both saw the package in use" },
		{ "agree_unused", "neither saw the package in use" },
		{ "only_trace", "only the trace saw the package in use" },
		{ "only_kubescape", "only Kubescape saw the package in use" },
		{ "apart",
		  "the trace saw the package in use, in a way that Kubescape has no eye for" },
		{ "unknown", "Kubescape's profile cannot tell whether the package was in use" },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (!strcmp(outcome, texts[i][0]))
			return texts[i][1];
	return outcome;
}

/* What Kubescape's profile says of the package, and why it may not count. */
static void put_witness(const struct page *p, const cJSON *report, const cJSON *v)
{
	const cJSON *check = json_object(report, "cross_check");
	const char *outcome = text_of(v, "cross_check"), *doubt = text_of(check, "doubt");

	if (!*outcome)
		return;
	put_format(p, "observers", "%s%s%s", outcome_text(outcome),
		   *doubt ? "; the profile is in doubt: " : "", doubt);
}

static void put_status(const struct page *p, const cJSON *v)
{
	const char *level = text_of(v, "level"), *justification = text_of(v, "justification");
	const char *more = !strcmp(level, "function")  ? "the vulnerable function ran"
			   : !strcmp(level, "package") ? "package in use, function unknown"
						       : justification;

	put_format(p, "verdict", "%s%s%s", text_of(v, "status"), *more ? ": " : "", more);
	put_format(p, "confidence", "%.4f", number_of(v, "confidence"));
	put_format(p, "rule", "%s: %s", text_of(v, "rule"), rule_text(text_of(v, "rule")));
	if (*text_of(v, "gated"))
		put_format(p, "turned down", "%s (%s)", text_of(v, "gated"),
			   rule_text(text_of(v, "gated")));
	put_line(p, "why", text_of(v, "reason"));
	put_line(p, "what to do", text_of(v, "action"));
	put_line(p, "for more", text_of(v, "missing"));
	if (*text_of(v, "expires"))
		put_format(p, "until",
			   "%s, or until the image, the data on vulnerabilities or the workload "
			   "are other ones",
			   text_of(v, "expires"));
}

static void put_evidence(const struct page *p, const cJSON *v)
{
	const cJSON *e;

	cJSON_ArrayForEach(e, json_array(v, "evidence"))
	{
		const char *label = e == json_array(v, "evidence")->child ? "evidence" : "";

		if (json_u64(e, "line", 0))
			put_format(p, label, "%s (%s, trace %llu, line %llu)", text_of(e, "text"),
				   text_of(e, "kind"), (unsigned long long)json_u64(e, "trace", 0),
				   (unsigned long long)json_u64(e, "line", 0));
		else
			put_format(p, label, "%s (%s)", text_of(e, "text"), text_of(e, "kind"));
	}
}

static void put_factors(const struct page *p, const cJSON *report, const cJSON *v)
{
	const cJSON *f;

	cJSON_ArrayForEach(f, json_array(v, "factors"))
	{
		put_format(p, f == json_array(v, "factors")->child ? "how sure" : "",
			   "× %.6f %s: %s", 1 - number_of(f, "risk"), text_of(f, "name"),
			   text_of(f, "origin"));
	}
	if (json_array(v, "factors"))
		put_format(p, "", "= %.4f, by model %s", number_of(v, "confidence"),
			   text_of(report, "model"));
}

/* What others say of it, under their names. */
static void put_priors(const struct page *p, const cJSON *v)
{
	const cJSON *array = json_array(v, "prior"), *s;
	uint64_t shown = 0, count = json_u64(v, "prior_count", 0);

	cJSON_ArrayForEach(s, array)
	{
		if (shown == PRIORS_SHOWN)
			break;
		put_format(p, shown++ ? "" : "others say",
			   "%s: %s (%s, document %llu, statement %llu%s%s)", text_of(s, "relation"),
			   text_of(s, "why"), text_of(s, "timestamp"),
			   (unsigned long long)json_u64(s, "document", 0),
			   (unsigned long long)json_u64(s, "statement", 0),
			   strcmp(text_of(s, "named_by"), "name")
			       ? ""
			       : "; it names the image without a digest",
			   *text_of(s, "subcomponent") ? "" : "; it speaks of the whole product");
		put_line(p, "", text_of(s, "impact_statement"));
		put_line(p, "", text_of(s, "action_statement"));
	}
	if (count > shown)
		put_format(p, "", "and %llu more", (unsigned long long)(count - shown));
}

/* The first files, and how many there are in all. */
static void put_files(const struct page *p, const cJSON *v, const char *label, const char *key)
{
	const cJSON *array = json_array(v, key), *file;
	uint64_t shown = 0, count;
	char name[64];

	snprintf(name, sizeof(name), "%s_count", key);
	count = json_u64(v, name, 0);
	cJSON_ArrayForEach(file, array)
	{
		if (shown == 10)
			break;
		put_line(p, shown++ ? "" : label, cJSON_IsString(file) ? file->valuestring : NULL);
	}
	if (count > shown)
		put_format(p, shown ? "" : label, "and %llu more",
			   (unsigned long long)(count - shown));
}

static void put_fix(const struct page *p, const cJSON *v)
{
	const char *fixed = json_string(v, "fixed_version");

	put_line(p, "fixed in",
		 !fixed   ? "not known"
		 : *fixed ? fixed
			  : "no version: the source says that there is no fix yet");
}

static void put_traces(const struct page *p, const cJSON *report)
{
	const cJSON *t;

	cJSON_ArrayForEach(t, json_array(report, "traces"))
	{
		put_format(p, t == json_array(report, "traces")->child ? "watched" : "",
			   "trace %llu: %.3f s, %llu units, %s, %s, %llu records lost; sha256 %s",
			   (unsigned long long)json_u64(t, "number", 0),
			   number_of(t, "duration_seconds"),
			   (unsigned long long)json_u64(t, "units", 0),
			   strcmp(text_of(t, "began"), "first_exec")
			       ? "began late"
			       : "armed before the first instruction",
			   json_bool(t, "complete", false) ? "complete" : "without its last line",
			   (unsigned long long)json_u64(t, "lost", 0), text_of(t, "sha256"));
	}
}

/* What was watched in all, and what it leaves unseen (window.h). */
static void put_window(const struct page *p, const cJSON *report)
{
	const cJSON *w = json_object(report, "window");

	put_format(p, "unseen",
		   "%llu units, the last %llu without the first use of a file, %llu with files "
		   "that no other used: a further one brings a new file with a probability of "
		   "%.4f, at most %.4f; residual risk %.4f, the bound is %g",
		   (unsigned long long)json_u64(w, "units", 0),
		   (unsigned long long)json_u64(w, "quiet_units", 0),
		   (unsigned long long)json_u64(w, "lone_units", 0), number_of(w, "next"),
		   number_of(w, "next_upper"), number_of(w, "unseen"),
		   number_of(json_object(report, "options"), "bound"));
}

static const char *nth(bool first, const char *label)
{
	return first ? label : "";
}

static void put_hit(const struct page *p, const cJSON *hit, bool first)
{
	const cJSON *frame;

	put_format(p, nth(first, "ran"), "%s in %s at 0x%llx, in %s (process %llu)",
		   text_of(hit, "symbol"), text_of(hit, "object"),
		   (unsigned long long)json_u64(hit, "offset", 0), text_of(hit, "comm"),
		   (unsigned long long)json_u64(hit, "pid", 0));
	cJSON_ArrayForEach(frame, json_array(hit, "stack"))
	{
		put_format(p, "", "  %s %s",
			   frame == json_array(hit, "stack")->child ? "at" : "called from",
			   cJSON_IsString(frame) ? frame->valuestring : "");
	}
}

static void put_way(const struct page *p, const cJSON *way)
{
	const cJSON *steps = json_array(way, "steps"), *step;
	uint64_t count = json_u64(way, "steps_count", 0);

	if (!way)
		return;
	put_format(p, "a way there", "%s", text_of(way, "from"));
	cJSON_ArrayForEach(step, steps)
	{
		put_format(p, "", "  %s %s%s%s", step == steps->child ? "by" : "then",
			   text_of(step, "address"), *text_of(step, "name") ? " " : "",
			   text_of(step, "name"));
	}
	if (count > (uint64_t)cJSON_GetArraySize(steps))
		put_format(p, "", "  then more, %llu in all", (unsigned long long)count);
}

static void put_proof(const struct page *p, const cJSON *proof, bool first)
{
	const cJSON *o;

	put_format(
	    p, nth(first, "proof"),
	    "%s: %llu functions lead there, exported under %llu names; %llu loadable objects "
	    "were checked%s",
	    text_of(proof, "object"), (unsigned long long)json_u64(proof, "ancestors", 0),
	    (unsigned long long)json_u64(proof, "exported_count", 0),
	    (unsigned long long)json_u64(proof, "checked_count", 0),
	    json_bool(proof, "holds", false) ? "" : "; it does not hold:");
	cJSON_ArrayForEach(o, json_array(proof, "obstacles"))
	{
		put_format(p, "", "%s: %s", text_of(o, "kind"), text_of(o, "text"));
	}
	put_way(p, json_object(proof, "way"));
}

/* What is at fault, how near we came to it, whether it ran, and whether it could. */
static void put_functions(const struct page *p, const cJSON *v)
{
	const cJSON *functions = json_array(v, "functions"), *sites = json_object(v, "sites"), *i;
	uint64_t shown = 0;

	cJSON_ArrayForEach(i, functions)
	{
		if (shown++ < FUNCTIONS_SHOWN)
			put_format(p, nth(shown == 1, "at fault"), "%s%s%s (%s)",
				   text_of(i, "symbol"), *text_of(i, "file") ? " in " : "",
				   text_of(i, "file"), text_of(i, "source"));
	}
	if (shown > FUNCTIONS_SHOWN)
		put_format(p, "", "and %llu more", (unsigned long long)(shown - FUNCTIONS_SHOWN));
	put_line(p, "but", text_of(v, "functions_partial"));
	if (shown)
		put_line(p, "rung", text_of(v, "rung"));
	if (sites)
		put_format(
		    p, "places", "%llu known%s%s", (unsigned long long)json_u64(sites, "count", 0),
		    *text_of(sites, "doubt") ? "; perhaps not all: " : "", text_of(sites, "doubt"));
	cJSON_ArrayForEach(i, json_array(v, "hits"))
	{
		put_hit(p, i, i == json_array(v, "hits")->child);
	}
	cJSON_ArrayForEach(i, json_array(v, "proofs"))
	{
		put_proof(p, i, i == json_array(v, "proofs")->child);
	}
}

static void put_page(const struct page *p, const cJSON *report, const cJSON *v)
{
	const cJSON *alias;

	put_title(p, v);
	put_line(p, "about", text_of(v, "summary"));
	cJSON_ArrayForEach(alias, json_array(v, "aliases"))
	{
		put_line(p, alias == json_array(v, "aliases")->child ? "also called" : "",
			 cJSON_IsString(alias) ? alias->valuestring : NULL);
	}
	put_line(p, "see", text_of(v, "url"));
	put_line(p, "package url", text_of(v, "purl"));
	put_line(p, "reported by", text_of(v, "sources"));
	put_fix(p, v);
	fputc('\n', p->out);
	put_status(p, v);
	put_witness(p, report, v);
	put_evidence(p, v);
	put_priors(p, v);
	put_functions(p, v);
	put_factors(p, report, v);
	put_files(p, v, "its code", "vulnerable_files");
	put_files(p, v, "used of it", "executed_files");
	put_traces(p, report);
	put_window(p, report);
	put_line(p, "not in vex", text_of(v, "left_out_of_vex"));
}

static bool is_about(const cJSON *verdict, const char *id)
{
	const cJSON *alias;

	if (!strcasecmp(text_of(verdict, "id"), id))
		return true;
	cJSON_ArrayForEach(alias, json_array(verdict, "aliases"))
	{
		if (cJSON_IsString(alias) && !strcasecmp(alias->valuestring, id))
			return true;
	}
	return false;
}

static bool is_of(const cJSON *verdict, const char *package)
{
	const cJSON *purl;

	if (!package || !strcmp(text_of(verdict, "package"), package) ||
	    !strcmp(text_of(verdict, "purl"), package))
		return true;
	cJSON_ArrayForEach(purl, json_array(verdict, "purls"))
	{
		if (cJSON_IsString(purl) && !strcmp(purl->valuestring, package))
			return true;
	}
	return false;
}

static int no_verdict(const cJSON *report, const char *path, const struct option_list *operands,
		      struct err *err)
{
	const char *id = operands->items[1];
	size_t packages = 0;
	const cJSON *v;

	cJSON_ArrayForEach(v, json_array(report, "verdicts"))
	{
		packages += is_about(v, id);
	}
	if (!packages)
		return err_set(err, ENOENT, "'%.400s' has no verdict on '%.100s'", path, id);
	return err_set(err, ENOENT,
		       "'%.400s' has no verdict on '%.100s' in '%.100s', but in %zu other "
		       "packages: leave the package out to see them",
		       path, id, operands->items[2], packages);
}

/* Prints every verdict that is asked for. Returns how many there were. */
static size_t print_all(const struct page *page, const cJSON *report,
			const struct option_list *operands, bool json)
{
	const char *package = operands->count > 2 ? operands->items[2] : NULL;
	const cJSON *v;
	size_t n = 0;

	cJSON_ArrayForEach(v, json_array(report, "verdicts"))
	{
		_cleanup_free_ char *text = NULL;

		if (!is_about(v, operands->items[1]) || !is_of(v, package))
			continue;
		if (!json) {
			fputs(n++ ? "\n" : "", page->out);
			put_page(page, report, v);
			continue;
		}
		text = json_print(v);
		fprintf(page->out, "%s%s", n++ ? "," : "[", text ? text : "");
	}
	if (json && n)
		fputs("]\n", page->out);
	return n;
}

static int explain(const struct explain_options *opts, const struct option_list *operands,
		   struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *report = NULL;
	struct page page = { stdout, terminal_has_colour(stdout),
			     terminal_width(stdout, WIDTH_PIPE) };
	char path[PATH_MAX];
	int r;

	snprintf(path, sizeof(path), "%s/report.json", operands->items[0]);
	r = json_load(&report, path, err);
	if (r < 0)
		return r;
	if (!json_string(report, "vexxy_report") || !json_array(report, "verdicts"))
		return err_set(err, EBADMSG, "'%s' is no report of an analysis", path);
	page.width = page.width < WIDTH_MIN ? WIDTH_MIN : page.width;
	if (!print_all(&page, report, operands, opts->json))
		return no_verdict(report, path, operands, err);
	if (fflush(stdout) != 0 || ferror(stdout))
		return err_sys(err, errno, "cannot write");
	return 0;
}

static int run_explain(const struct command *self, int argc, char **argv)
{
	_cleanup_(option_list_done) struct option_list operands = {};
	struct explain_options opts = {};
	struct err err = {};
	int rest, status;

	if (command_parse(self, argc, argv, &opts, &operands, &rest, &status))
		return status;
	if (operands.count < 2 || operands.count > 3 || rest < argc) {
		err_set(&err, EINVAL, "expected a directory, a vulnerability and maybe a package");
		return command_usage(self, &err);
	}
	return explain(&opts, &operands, &err) < 0 ? command_fail(&err) : EXIT_SUCCESS;
}

const struct command cmd_explain = {
	.name = "explain",
	.usage = "[--json] OUTDIR CVE [PACKAGE]",
	.summary = "The whole chain of reasoning for one verdict, in plain words.",
	.options = options,
	.run = run_explain,
};
