// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* signing.c — the key that a result is signed with, and which files belong to the result. */
#include "analyzer/signing.h"

#include <dirent.h>
#include <string.h>

#include "analyzer/arena.h"
#include "analyzer/key_file.h"
#include "analyzer/rfc3339.h"
#include "include/array.h"

static const char *predicate_type(const struct signing_options *o)
{
	return o->predicate_type ? o->predicate_type : ATTESTATION_PREDICATE;
}

int signing_check(const struct signing_options *o, struct err *err)
{
	if (!attestation_is_vex_type(predicate_type(o)))
		return err_set(err, EINVAL,
			       "--predicate-type: '%s' is neither https://openvex.dev/ns nor a "
			       "version below it",
			       o->predicate_type);
	if (!o->key && (o->predicate_type || o->passphrase_file))
		return err_set(err, EINVAL, "--%s is about signing, which needs --key",
			       o->predicate_type ? "predicate-type" : "passphrase-file");
	return 0;
}

int signing_open(struct key **ret, char **ret_author, const struct signing_options *o,
		 struct err *err)
{
	return o->key ? key_file_load_private(ret, ret_author, o->key, o->passphrase_file, err) : 0;
}

struct list {
	struct arena *arena;
	struct attestation_file *items;
	size_t count, room;
};

static int list_add(struct list *list, const char *dir, const char *name)
{
	struct attestation_file *file = array_add(list->items, list->count, list->room);

	if (!file)
		return -ENOMEM;
	file->name = arena_strdup(list->arena, name);
	file->path = arena_printf(list->arena, "%s/%s", dir, name);
	return file->name && file->path ? 0 : -ENOMEM;
}

static int add_staged(struct list *list, const struct staging *staging, struct err *err)
{
	DIR *dir = opendir(staging->dir);
	const struct dirent *entry;
	int r = 0;

	if (!dir)
		return err_sys(err, errno, "cannot list '%s'", staging->dir);
	while (r == 0 && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			r = list_add(list, staging->dir, entry->d_name);
	closedir(dir);
	return r < 0 ? err_oom(err) : 0;
}

/* A file in the target directory itself, however its path is spelled. */
static int add_kept(struct list *list, const struct staging *staging, const char *path,
		    struct err *err)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	_cleanup_free_ char *parent =
	    slash ? strndup(path, slash > path ? (size_t)(slash - path) : 1) : strdup(".");
	_cleanup_free_ char *there = parent ? realpath(parent, NULL) : NULL;
	_cleanup_free_ char *here = realpath(staging->target, NULL);

	if (!parent)
		return err_oom(err);
	if (!there || !here || strcmp(there, here))
		return 0;
	return list_add(list, staging->target, name) < 0 ? err_oom(err) : 0;
}

static int sign_list(struct list *list, const struct key *key, const struct signing_options *o,
		     const struct staging *staging, const struct option_list *kept, struct err *err)
{
	_cleanup_(attestation_done) struct attestation attestation = {};
	int r = add_staged(list, staging, err);

	for (size_t i = 0; r == 0 && i < kept->count; i++)
		r = add_kept(list, staging, kept->items[i], err);
	if (r == 0)
		r = attestation_make(&attestation, list->items, list->count, predicate_type(o),
				     err);
	return r < 0 ? r : attestation_sign(&attestation, key, staging, err);
}

int signing_sign(const struct key *key, const struct signing_options *o,
		 const struct staging *staging, const struct option_list *kept, time_t timestamp,
		 struct err *err)
{
	struct list list = { .arena = arena_new() };
	char time[RFC3339_BYTES] = "";
	int r;

	if (timestamp < SIGNING_TIME_MIN) {
		arena_free(list.arena);
		return err_set(err, EDOM,
			       "the result would be signed as of %s: the clock of the machine that "
			       "recorded it was not set; tell the time by SOURCE_DATE_EPOCH",
			       rfc3339_format(time, timestamp) < 0 ? "no time" : time);
	}
	r = list.arena ? sign_list(&list, key, o, staging, kept, err) : err_oom(err);
	free(list.items);
	arena_free(list.arena);
	return r < 0 ? err_prefix(err, r, "signing") : 0;
}

int signing_clear(const char *dir, struct err *err)
{
	static const char *const names[] = { ATTESTATION_FILE, ATTESTATION_BUNDLE };
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		if (unlink(path) < 0 && errno != ENOENT)
			return err_sys(err, errno,
				       "cannot remove '%s', which is of an earlier result", path);
	}
	return 0;
}
