// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_diff.c — vexxy diff: what changed between two analyses, and why. */
#include <limits.h>
#include <unistd.h>

#include "analyzer/commands.h"
#include "analyzer/json.h"
#include "analyzer/report_diff.h"
#include "analyzer/terminal.h"

struct options {
	bool json;
};

static const struct option_def table[] = {
	{ "json", 0, NULL, "print the result as JSON", OPTION_FLAG, offsetof(struct options, json),
	  0, 0 },
	{},
};

static const char *text_of(const cJSON *obj, const char *key)
{
	const char *text = json_string(obj, key);

	return text ? text : "";
}

static const char *level_text(const cJSON *side)
{
	const char *level = text_of(side, "level");

	return !strcmp(level, "function")  ? ": the vulnerable function ran"
	       : !strcmp(level, "package") ? ": package in use, function unknown"
					   : "";
}

static void print_side(const char *label, const cJSON *side)
{
	const cJSON *confidence = json_get(side, "confidence");
	const char *justification = text_of(side, "justification");
	const char *gated = text_of(side, "gated");

	if (side)
		terminal_line(stdout, "  %s %s%s%s%s, %s%s%s, confidence %.4f", label,
			      text_of(side, "status"), *justification ? ": " : "", justification,
			      level_text(side), text_of(side, "rule"), *gated ? "<" : "", gated,
			      cJSON_IsNumber(confidence) ? confidence->valuedouble : 0);
}

static void print_change(const cJSON *change)
{
	const cJSON *old = json_object(change, "old"), *new = json_object(change, "new"), *why;

	terminal_line(stdout, "%-10s %s in %s %s (%s)", text_of(change, "kind"),
		      text_of(change, "id"),
		      *text_of(change, "package") ? text_of(change, "package") : "?",
		      text_of(new ? new : old, "version"),
		      *text_of(change, "severity") ? text_of(change, "severity") : "unknown");
	print_side("was", old);
	print_side("is ", new);
	cJSON_ArrayForEach(why, json_array(change, "why"))
	{
		if (cJSON_IsString(why))
			terminal_line(stdout, "    %s", why->valuestring);
	}
}

static void print_text(const cJSON *doc)
{
	const cJSON *summary = json_object(doc, "summary"), *item;

	cJSON_ArrayForEach(item, json_array(doc, "between"))
	{
		if (cJSON_IsString(item))
			terminal_line(stdout, "%s", item->valuestring);
	}
	if (json_array(doc, "between")->child)
		putchar('\n');
	cJSON_ArrayForEach(item, json_array(doc, "changes"))
	{
		print_change(item);
	}
	if (json_array(doc, "changes")->child)
		putchar('\n');
	terminal_line(
	    stdout,
	    "%llu moved, %llu new, %llu gone, %llu with another confidence, %llu on other "
	    "grounds, %llu unchanged",
	    (unsigned long long)json_u64(summary, "moved", 0),
	    (unsigned long long)json_u64(summary, "new", 0),
	    (unsigned long long)json_u64(summary, "gone", 0),
	    (unsigned long long)json_u64(summary, "confidence", 0),
	    (unsigned long long)json_u64(summary, "grounds", 0),
	    (unsigned long long)json_u64(summary, "unchanged", 0));
}

static int load(cJSON **ret, const char *dir, const char *name, bool optional, struct err *err)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path))
		return err_set(err, ENAMETOOLONG, "'%.100s…' is too long", dir);
	return optional && access(path, F_OK) < 0 ? 0 : json_load(ret, path, err);
}

static int diff_dirs(const struct options *options, const char *const dirs[2], struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *old = NULL, *new = NULL, *old_inputs = NULL;
	_cleanup_(cJSON_Deletep) cJSON *new_inputs = NULL, *doc = NULL, *read = NULL;
	_cleanup_free_ char *text = NULL;
	int r = load(&old, dirs[0], "report.json", false, err);

	if (r == 0)
		r = load(&new, dirs[1], "report.json", false, err);
	if (r == 0)
		r = load(&old_inputs, dirs[0], "inputs.json", true, err);
	if (r == 0)
		r = load(&new_inputs, dirs[1], "inputs.json", true, err);
	if (r < 0)
		return r;
	doc = report_diff(old, new, old_inputs, new_inputs, err);
	if (!doc)
		return err->text[0] ? -EBADMSG : err_oom(err);
	text = json_print(doc);
	if (!text)
		return err_oom(err);
	r = options->json ? 0 : json_parse(&read, text, strlen(text), err);
	if (r < 0)
		return r;
	if (options->json)
		fputs(text, stdout);
	else
		print_text(read);
	if (fflush(stdout) != 0 || ferror(stdout))
		return err_sys(err, errno, "cannot write");
	return 0;
}

static int diff(const struct command *self, int argc, char **argv)
{
	_cleanup_(option_list_done) struct option_list operands = {};
	struct options options = {};
	struct err err = {};
	int rest, status;

	if (command_parse(self, argc, argv, &options, &operands, &rest, &status))
		return status;
	if (operands.count != 2 || rest < argc) {
		err_set(&err, EINVAL, "name two output directories: the old one and the new one");
		return command_usage(self, &err);
	}
	return diff_dirs(&options, operands.items, &err) < 0 ? command_fail(&err) : EXIT_SUCCESS;
}

const struct command cmd_diff = {
	"diff", "[--json] OLD NEW", "what changed between two analyses, and why", table, diff,
};
