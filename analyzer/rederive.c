// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* rederive.c — the same result once more, from its inputs, wherever they lie now. */
#include "analyzer/rederive.h"

#include <dirent.h>
#include <limits.h>
#include <string.h>

#include "analyzer/digest.h"
#include "analyzer/json.h"
#include "analyzer/rederive_inputs.h"
#include "include/version.h"

#define INPUTS_FILE "inputs.json"
#define INVENTORY_FILE "inventory.cdx.json"

static bool is_asked(const struct rederive_options *o)
{
	return o->inputs->count || o->rootfs || o->image;
}

/* What one gave is not enough; or one gave nothing, and is told what it would take. */
static void lacking(struct verification *v, const struct rederive_options *o, const char *what)
{
	if (is_asked(o))
		verify_fault(v, INPUTS_FILE, "cannot be derived again: %s", what);
	else
		verify_note(v, INPUTS_FILE, "was not derived again: %s", what);
}

/* Where two files part. */
static void compare_file(struct verification *v, const char *name, const char *was, const char *is)
{
	_cleanup_fclose_ FILE *a = NULL, *b = NULL;
	char hex[DIGEST_HEX_BYTES], again[DIGEST_HEX_BYTES];
	size_t line = 1;
	int x, y;

	/* The digest is also what refuses a file that one could wait for. */
	if (digest_path(hex, was, NULL) < 0 || digest_path(again, is, NULL) < 0) {
		verify_fault(v, name, "is not there, but follows from the inputs");
		return;
	}
	if (!strcmp(hex, again))
		return;
	a = fopen(was, "re");
	b = fopen(is, "re");
	if (!a || !b) {
		verify_fault(v, name, "does not follow from the inputs");
		return;
	}
	do {
		x = getc(a);
		y = getc(b);
		line += x == '\n' && y == '\n';
	} while (x == y && x != EOF);
	verify_fault(v, name,
		     "does not follow from the inputs: derived again it differs from line %zu on",
		     line);
}

static int compare_all(struct verification *v, const char *dir, const char *again, struct err *err)
{
	struct dirent **names = NULL;
	int n = scandir(again, &names, NULL, alphasort);

	if (n < 0)
		return err_sys(err, errno, "cannot list '%s'", again);
	for (int i = 0; i < n; i++) {
		const char *name = names[i]->d_name;
		_cleanup_free_ char *was = NULL, *is = NULL;

		if (*name == '.') {
			free(names[i]);
			continue;
		}
		if (asprintf(&was, "%s/%s", dir, name) < 0)
			was = NULL;
		if (asprintf(&is, "%s/%s", again, name) < 0)
			is = NULL;
		if (was && is)
			compare_file(v, name, was, is);
		else
			v->out_of_memory = true;
		free(names[i]);
	}
	free(names);
	return 0;
}

/* The inventory of the result says all that was read of the image, unless its code was read too. */
static int choose_root(struct verification *v, const struct rederive_options *o,
		       const struct record *record, struct pipeline_options *ret, struct err *err)
{
	char hex[DIGEST_HEX_BYTES], *path;

	ret->rootfs = o->rootfs;
	ret->image = o->image;
	if (o->rootfs || o->image)
		return 1;
	if (record->read_code) {
		lacking(v, o, "the image's files were read: give them by --rootfs or --image");
		return 0;
	}
	path = arena_printf(record->arena, "%s/" INVENTORY_FILE, o->dir);
	if (!path)
		return err_oom(err);
	if (access(path, R_OK) < 0 || digest_path(hex, path, err) < 0 ||
	    strcmp(hex, record->inputs[0].sha256)) {
		lacking(v, o,
			INVENTORY_FILE " is not the one that was used: give the image by "
				       "--rootfs or --image");
		return 0;
	}
	ret->inventory = path;
	return 1;
}

static int run_again(struct verification *v, const struct rederive_options *o,
		     const struct record *record, const struct scratch *scratch, struct err *err)
{
	struct pipeline_options options;
	struct err fault = {};
	char *out = arena_printf(record->arena, "%s/out", scratch->dir);
	int r = record_options(&options, record, scratch, &fault);

	if (r < 0) {
		lacking(v, o, fault.text);
		return r == -ENOMEM ? err_oom(err) : 0;
	}
	options.outdir = out;
	r = out ? choose_root(v, o, record, &options, err) : err_oom(err);
	if (r > 0 && pipeline_run(&options, &fault) < 0) {
		verify_fault(v, INPUTS_FILE, "cannot be derived again: %s", fault.text);
	} else if (r > 0) {
		size_t before = v->fault_count;

		r = compare_all(v, o->dir, out, err);
		v->rederived = r == 0 && v->fault_count == before;
	}
	pipeline_options_done(&options);
	return r < 0 ? r : 0;
}

static int derive(struct verification *v, const struct rederive_options *o, struct record *record,
		  struct err *err)
{
	const char *version = json_string(record->doc, "vexxy");
	struct scratch scratch = {};
	const struct input *missing;
	int r = record_find(record, o, &missing, err);

	if (r < 0)
		return r;
	if (missing) {
		char text[512];

		snprintf(text, sizeof(text),
			 "the input '%.200s' (%.20s, sha256 %.64s) is not at hand: --input PATH…",
			 missing->path, missing->role, missing->sha256);
		lacking(v, o, text);
		return 0;
	}
	if (!version || strcmp(version, VEXXY_VERSION))
		verify_note(v, INPUTS_FILE, "was made by vexxy %.20s, this is " VEXXY_VERSION,
			    version ? version : "of unknown version");
	r = scratch_open(&scratch, err);
	if (r == 0)
		r = run_again(v, o, record, &scratch, err);
	scratch_done(&scratch);
	return r;
}

int rederive(struct verification *v, const struct rederive_options *o, struct err *err)
{
	struct record record = {};
	_cleanup_free_ char *text = NULL;
	struct err fault = {};
	char path[PATH_MAX];
	size_t len;
	int r;

	snprintf(path, sizeof(path), "%s/" INPUTS_FILE, o->dir);
	r = file_read(&text, &len, path, JSON_BYTES_MAX, &fault);
	if (r == 0)
		r = record_parse(&record, text, len, v->arena, &fault);
	if (r < 0) {
		lacking(v, o, fault.text);
		return r == -ENOMEM ? err_oom(err) : 0;
	}
	r = derive(v, o, &record, err);
	record_done(&record);
	return r < 0 ? r : v->out_of_memory ? err_oom(err) : 0;
}
