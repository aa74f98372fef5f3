// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* verify.c — does a signed result hold? */
#include "analyzer/verify.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/json.h"
#include "analyzer/lint.h"
#include "analyzer/rfc3339.h"
#include "analyzer/signing.h"
#include "analyzer/status_notes.h"
#include "analyzer/verify_parts.h"
#include "include/array.h"

#define CLOCK_SKEW_S \
	86400 /* how far in the future a time may be: clocks differ, time zones are mistaken */

static void add(struct verification *v, bool is_fault, const char *file, const char *fmt,
		va_list ap)
{
	struct verify_finding *item = array_add(v->items, v->count, v->room);
	char text[ERR_TEXT_MAX];

	vsnprintf(text, sizeof(text), fmt, ap);
	v->fault_count += is_fault;
	if (item)
		*item = (struct verify_finding){ is_fault, arena_strdup(v->arena, file),
						 arena_strdup(v->arena, text) };
	if (!item || !item->file || !item->text)
		v->out_of_memory = true;
}

void verify_fault(struct verification *v, const char *file, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(v, true, file, fmt, ap);
	va_end(ap);
}

void verify_note(struct verification *v, const char *file, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(v, false, file, fmt, ap);
	va_end(ap);
}

struct verification *verification_new(const char *path)
{
	_cleanup_(verification_freep) struct verification *v = calloc(1, sizeof(*v));

	if (!v || !(v->arena = arena_new()))
		return NULL;
	v->path = path;
	return take_ptr(v);
}

void verification_free(struct verification *v)
{
	if (!v)
		return;
	free(v->items);
	arena_free(v->arena);
	free(v);
}

void verify_time(struct verification *v, const char *name, const char *timestamp, time_t now)
{
	struct timespec time;

	if (!timestamp || rfc3339_parse(&time, timestamp) < 0)
		verify_fault(v, name, "has no time");
	else if (time.tv_sec < SIGNING_TIME_MIN)
		verify_fault(v, name,
			     "is of %.32s: the clock of the machine that made it was not set",
			     timestamp);
	else if (time.tv_sec > now + CLOCK_SKEW_S)
		verify_fault(v, name,
			     "is of %.32s, which is in the future here: one of the two clocks is "
			     "wrong",
			     timestamp);
}

/* Negative statements say when to look again. */
static void note_expired(struct verification *v, const cJSON *vex, const char *name, time_t now)
{
	const cJSON *statement;
	size_t expired = 0;

	cJSON_ArrayForEach(statement, json_array(vex, "statements"))
	{
		const char *notes = json_string(statement, "status_notes");
		char value[STATUS_NOTES_VALUE_MAX];
		struct timespec time;

		v->statements++;
		expired += notes && status_notes_get(notes, "expires", value) &&
			   rfc3339_parse(&time, value) == 0 && time.tv_sec < now;
	}
	if (expired)
		verify_note(v, name, "%zu of its statements have expired: watch the image again",
			    expired);
}

static void show_lint(struct verification *v, const struct lint *lint, const char *name)
{
	for (size_t i = 0; i < lint->fault_count; i++) {
		const struct lint_fault *f = &lint->faults[i];
		char place[48] = "";

		if (f->statement != LINT_DOCUMENT)
			snprintf(place, sizeof(place), "statement %zu: ", f->statement + 1);
		if (f->severity == LINT_ERROR)
			verify_fault(v, name, "rule %u: %s%s", f->rule, place, f->text);
		else
			verify_note(v, name, "rule %u: %s%s", f->rule, place, f->text);
	}
}

/* Rule 4, as far as a key tells whose it is. */
static void check_author(struct verification *v, const cJSON *vex, const char *name,
			 const struct verify_options *o)
{
	const char *author = json_string(vex, "author");

	if (o->author && author && strcmp(author, o->author) != 0)
		verify_fault(v, name,
			     "rule 4: its author is '%.200s', and the key is that of '%.200s'",
			     author, o->author);
}

void verify_vex(struct verification *v, const char *path, const char *text, const char *name,
		const struct verify_options *o)
{
	_cleanup_(lint_freep) struct lint *lint = NULL;
	struct err err = {};
	int r =
	    text ? lint_parse(&lint, text, strlen(text), name, &err) : lint_open(&lint, path, &err);

	if (r == 0)
		r = lint_run(lint, &err);
	if (r < 0) {
		verify_fault(v, name, "%s", err.text);
		return;
	}
	show_lint(v, lint, name);
	check_author(v, lint->document, name, o);
	verify_time(v, name, json_string(lint->document, "timestamp"), o->now);
	note_expired(v, lint->document, name, o->now);
}

/* The bundle says what the first envelope says. */
static void check_bundle(struct verification *v, const struct verify_options *o,
			 const struct verify_envelopes *e)
{
	_cleanup_(verify_envelopes_done) struct verify_envelopes within = {};
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/" ATTESTATION_BUNDLE, o->path);
	if (!e->vex && eaccess(path, F_OK) < 0)
		return;
	verify_read_envelopes(v, &within, o, path, ATTESTATION_BUNDLE, true);
	verify_subjects(v, &within, o, ATTESTATION_BUNDLE);
	if (within.count &&
	    (!within.vex || !e->vex || within.vex->dsse.payload_len != e->vex->dsse.payload_len ||
	     memcmp(within.vex->dsse.payload, e->vex->dsse.payload, e->vex->dsse.payload_len) != 0))
		verify_fault(v, ATTESTATION_BUNDLE,
			     "does not say what the VEX statement in " ATTESTATION_FILE " says");
}

static void verify_directory(struct verification *v, const struct verify_options *o)
{
	_cleanup_(verify_envelopes_done) struct verify_envelopes e = {};
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/" ATTESTATION_FILE, o->path);
	verify_read_envelopes(v, &e, o, path, ATTESTATION_FILE, true);
	verify_subjects(v, &e, o, ATTESTATION_FILE);
	check_bundle(v, o, &e);
	verify_files(v, &e, o->path);
	snprintf(path, sizeof(path), "%s/" ATTESTATION_VEX, o->path);
	if (eaccess(path, F_OK) == 0)
		verify_vex(v, path, NULL, ATTESTATION_VEX, o);
	else if (e.trace)
		verify_time(v, ATTESTATION_FILE,
			    json_string(json_object(e.trace->statement.predicate, "metadata"),
					"buildFinishedOn"),
			    o->now);
}

static void verify_file(struct verification *v, const struct verify_options *o)
{
	_cleanup_(verify_envelopes_done) struct verify_envelopes e = {};
	const char *slash = strrchr(o->path, '/'), *name = slash ? slash + 1 : o->path;
	_cleanup_free_ char *text = NULL;

	verify_read_envelopes(v, &e, o, o->path, name, false);
	verify_subjects(v, &e, o, name);
	if (!e.vex)
		return;
	text = json_print(e.vex->statement.predicate);
	if (text)
		verify_vex(v, NULL, text, name, o);
	else
		v->out_of_memory = true;
}

int verify_run(struct verification **ret, const struct verify_options *o, struct err *err)
{
	_cleanup_(verification_freep) struct verification *v = verification_new(o->path);
	struct stat st;

	if (!v)
		return err_oom(err);
	if (stat(o->path, &st) < 0)
		return err_sys(err, errno, "cannot open '%s'", o->path);
	if (S_ISDIR(st.st_mode))
		verify_directory(v, o);
	else
		verify_file(v, o);
	if (v->out_of_memory)
		return err_oom(err);
	*ret = take_ptr(v);
	return 0;
}
