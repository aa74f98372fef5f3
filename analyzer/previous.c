// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* previous.c — the result that the one to be written follows. */
#include "analyzer/previous.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/json.h"

static void document_done(struct previous_document *d)
{
	free(d->path);
	free(d->text);
	cJSON_Delete(d->tree);
}

void previous_free(struct previous *p)
{
	if (!p)
		return;
	document_done(&p->openvex);
	document_done(&p->csaf);
	free(p);
}

/* Takes over the path. */
static int document_load(struct previous_document *ret, char *path, struct err *err)
{
	size_t len;
	int r;

	document_done(ret);
	*ret = (struct previous_document){ .path = path };
	r = file_read(&ret->text, &len, path, JSON_BYTES_MAX, err);
	if (r < 0)
		return r;
	r = json_parse(&ret->tree, ret->text, len, err);
	return r < 0 ? err_prefix(err, r, "'%s'", path) : 0;
}

/* *there tells whether a file of that name is in the directory; a document is loaded from it when ret is given. */
static int look_for(struct previous_document *ret, bool *there, const char *dir, const char *name,
		    struct err *err)
{
	char *path;

	if (asprintf(&path, "%s/%s", dir, name) < 0)
		return err_oom(err);
	*there = access(path, F_OK) == 0;
	if (*there && ret)
		return document_load(ret, path, err);
	free(path);
	return 0;
}

int previous_load(struct previous **ret, const char *dir, struct err *err)
{
	_cleanup_(previous_freep) struct previous *p = calloc(1, sizeof(*p));
	bool there;
	int r = p ? look_for(NULL, &there, dir, "report.json", err) : err_oom(err);

	if (r == 0 && !there)
		r = err_set(err, ENOENT, "'%.400s' holds no result of an analysis (report.json)",
			    dir);
	if (r == 0)
		r = look_for(&p->openvex, &there, dir, "vex.openvex.json", err);
	if (r == 0)
		r = look_for(&p->csaf, &there, dir, "vex.csaf.json", err);
	if (r < 0)
		return err_prefix(err, r, "--previous");
	*ret = take_ptr(p);
	return 0;
}

int previous_load_files(struct previous **ret, const struct option_list *paths, struct err *err)
{
	_cleanup_(previous_freep) struct previous *p = calloc(1, sizeof(*p));
	int r = p ? 0 : err_oom(err);

	for (size_t i = 0; r == 0 && i < paths->count; i++) {
		struct previous_document document = {};
		char *path = strdup(paths->items[i]);

		r = path ? document_load(&document, path, err) : err_oom(err);
		if (r == 0 && json_object(document.tree, "document")) {
			document_done(&p->csaf);
			p->csaf = document;
		} else if (r == 0) {
			document_done(&p->openvex);
			p->openvex = document;
		} else {
			document_done(&document);
		}
	}
	if (r == 0)
		*ret = take_ptr(p);
	return r;
}
