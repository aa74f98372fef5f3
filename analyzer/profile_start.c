// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* profile_start.c — is a profile of the start of the container that was traced? */
#include "analyzer/profile_start.h"

#include <stdio.h>
#include <string.h>

#include "analyzer/nature.h"
#include "analyzer/rfc3339.h"
#include "analyzer/trace_profile.h"
#include "kubescape-compat/pattern.h"

#define TIME_TEXT_MAX 64

struct asking {
	const struct kube_profile *profile;
	const struct inventory *inv;
	struct arena *arena;
	bool failed;
};

/* RFC 3339, or as Go prints it: "2026-08-24 09:02:11.48 +0000 UTC m=+812.1". */
static bool parse_time(time_t *ret, const char *text)
{
	char date[16], time[32], hours[8], rest[3], whole[TIME_TEXT_MAX];
	struct timespec at;

	if (!text)
		return false;
	if (rfc3339_parse(&at, text) < 0) {
		if (sscanf(text, "%15[-0-9] %31[0-9:.] %3[-+0-9]%2[0-9]", date, time, hours,
			   rest) != 4)
			return false;
		snprintf(whole, sizeof(whole), "%sT%s%s:%s", date, time, hours, rest);
		if (rfc3339_parse(&at, whole) < 0)
			return false;
	}
	*ret = at.tv_sec;
	return true;
}

static const char *tell(struct asking *a, const char *text)
{
	a->failed |= !text;
	return text;
}

/* When the first of it was told, whichever way it is known. */
static const char *beginning_of(const struct kube_profile *p, time_t *ret)
{
	time_t created, report;
	bool has_created = parse_time(&created, p->created);
	bool has_report = parse_time(&report, p->first_report);

	if (!has_created && !has_report)
		return NULL;
	*ret = !has_report || (has_created && created < report) ? created : report;
	return *ret == created && has_created ? p->created : p->first_report;
}

/* A trace that was begun later than the container does not tell when that started. */
static const char *other_time(struct asking *a, const struct trace *t)
{
	time_t start, begun, last;
	const char *text;

	if (!parse_time(&start, t->start))
		return NULL;
	if (parse_time(&last, a->profile->last_report) && last < start - PROFILE_SKEW_S)
		return tell(a, arena_printf(a->arena,
					    "it is of an earlier start of the container: its last "
					    "report is of %s, the trace begins at %s",
					    a->profile->last_report, t->start));
	text = t->began_first_exec ? beginning_of(a->profile, &begun) : NULL;
	if (text && begun < start - PROFILE_SKEW_S)
		return tell(a, arena_printf(a->arena,
					    "it is of an earlier start of the container: it was "
					    "begun at %s, and what was traced started at %s",
					    text, t->start));
	if (text && begun > start + PROFILE_BEGIN_S)
		return tell(a, arena_printf(a->arena,
					    "it is of a later start of the container: it was begun "
					    "at %s, and what was traced started at %s",
					    text, t->start));
	return NULL;
}

static const char *other_machine(struct asking *a, const struct trace *t)
{
	const struct kube_texts *known = &a->profile->architectures;
	const char *ours = trace_profile_architecture(t);

	for (size_t i = 0; i < known->count; i++)
		if (ours && !strcmp(known->items[i], ours))
			return NULL;
	if (!ours || !known->count)
		return NULL;
	return tell(a, arena_printf(a->arena,
				    "it is of a start on another machine: of architecture %s, and "
				    "what was traced ran on %s",
				    known->items[0], ours));
}

/* The same file of the image, or one of that name: Kubescape may have it under a link, or without its place. */
static bool is_program(const struct asking *a, const struct kube_exec *exec, const char *path)
{
	const char *theirs = *exec->path || !exec->args.count ? exec->path : exec->args.items[0];
	size_t file = *theirs == '/' ? inventory_find(a->inv, theirs) : INVENTORY_NONE;

	return kube_path_matches(theirs, path) || !strcmp(path_name(theirs), path_name(path)) ||
	       (file != INVENTORY_NONE && file == inventory_find(a->inv, path));
}

/* What a container begins with is among what every profile of that start has executed. */
static const char *other_program(struct asking *a, const struct trace *t)
{
	const struct kube_profile *p = a->profile;
	const struct trace_use *first = NULL;

	for (size_t i = 0; !first && t->began_first_exec && i < t->use_count; i++)
		if (t->uses[i].kind == USE_EXEC)
			first = &t->uses[i];
	if (!first || !trace_profile_tells(first) || !p->exec_count)
		return NULL;
	for (size_t i = 0; i < p->exec_count; i++)
		if (is_program(a, &p->execs[i], first->path))
			return NULL;
	return tell(a, arena_printf(a->arena,
				    "it is of a start with another program: what was traced began "
				    "with %s, which it does not have",
				    first->path));
}

static const char *differs_from(struct asking *a, const struct trace *t)
{
	const char *text = other_time(a, t);

	text = text ? text : other_machine(a, t);
	return text ? text : other_program(a, t);
}

int profile_start_differs(const char **ret, const struct kube_profile *profile,
			  const struct inventory *inv, struct trace *const *traces,
			  size_t trace_count, struct arena *arena)
{
	struct asking a = { .profile = profile, .inv = inv, .arena = arena };
	const char *why = NULL, *one;

	for (size_t i = 0; i < trace_count && !a.failed; i++) {
		one = differs_from(&a, traces[i]);
		why = why ? why : one;
		if (!one && !a.failed) {
			why = NULL;
			break;
		}
	}
	*ret = why;
	return a.failed ? -ENOMEM : 0;
}
