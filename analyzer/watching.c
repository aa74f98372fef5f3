// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* watching.c — were the functions of an object watched, in every trace that ran its code? */
#include "analyzer/watching.h"

#include "analyzer/usage.h"

bool watching_is_of(const struct inventory *inv, size_t file, const char *object,
		    const char *build_id)
{
	const struct inventory_file *f = &inv->files[file];
	const char *known = f->elf ? f->elf->build_id : NULL;

	if (known && build_id)
		return !strcmp(known, build_id);
	return !known && !build_id && object && inventory_find(inv, object) == file;
}

/* What was deleted, replaced or is only known by the end of its path may be the object as well. */
static bool ran_in(const struct inventory *inv, size_t file, const struct trace *trace)
{
	const struct inventory_file *f = &inv->files[file];
	const char *known = f->elf ? f->elf->build_id : NULL;

	for (size_t i = 0; i < trace->use_count; i++) {
		const struct trace_use *use = &trace->uses[i];

		if (!use_runs(use->kind))
			continue;
		if (known && use->build_id && !strcmp(known, use->build_id))
			return true;
		if (use->path && inventory_find(inv, use->path) == file)
			return true;
	}
	return false;
}

/* Opened for whatever but writing, perhaps: then its code may have been mapped, and anything of it have run. */
static bool used_in(const struct inventory *inv, size_t file, const struct trace *trace)
{
	for (size_t i = 0; i < trace->use_count; i++) {
		const struct trace_use *use = &trace->uses[i];

		if (use->kind != USE_OPEN_WRITE && use->kind != USE_OPEN_PATH && use->path &&
		    inventory_find(inv, use->path) == file)
			return true;
	}
	return false;
}

static enum watched watched_in(const struct inventory *inv, size_t file, const struct trace *trace,
			       const char *identity, uint64_t *ret_line)
{
	const struct trace_functions *f = &trace->functions;
	enum watched found = WATCHED_GAP; /* until a record says that it was armed */

	if (!trace_sees_code(trace))
		return used_in(inv, file, trace) ? WATCHED_BLIND : WATCHED_IDLE;
	if (!ran_in(inv, file, trace))
		return WATCHED_IDLE;
	if (!identity || !trace->functions_identity ||
	    strcmp(identity, trace->functions_identity) != 0)
		return WATCHED_NOT;
	for (size_t i = 0; i < f->watch_count; i++) {
		const struct trace_watched_file *watch = &f->watches[i];

		if (!watching_is_of(inv, file, watch->object, watch->build_id))
			continue;
		*ret_line = watch->line;
		if (watch->late || watch->refused)
			return WATCHED_GAP;
		found = WATCHED;
	}
	return found;
}

enum watched watching_of(const struct inventory *inv, size_t file, struct trace *const *traces,
			 size_t trace_count, const char *identity, size_t *ret_trace,
			 uint64_t *ret_line)
{
	enum watched all = WATCHED_IDLE;

	*ret_line = 0;
	*ret_trace = 0;
	for (size_t i = 0; i < trace_count; i++) {
		uint64_t line = 0;
		enum watched one = watched_in(inv, file, traces[i], identity, &line);

		if (one == WATCHED_IDLE)
			continue;
		*ret_trace = i;
		*ret_line = line;
		all = one;
		if (one != WATCHED)
			return one;
	}
	return all;
}
