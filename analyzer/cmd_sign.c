// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_sign.c — vexxy sign: a result that was made without the key, so that what reads images never has it. */
#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "analyzer/commands.h"
#include "analyzer/json.h"
#include "analyzer/signing.h"
#include "analyzer/terminal.h"
#include "analyzer/verify.h"

#define FILES_MAX 4096

struct options {
	struct signing_options signing;
	struct option_list digests;
};

static const struct option_def table[] = {
	SIGNING_OPTIONS(struct options, signing),
	{ "image-digest", 0, "D…", "only when the result is about nothing but these (sha256:…)",
	  OPTION_LIST, offsetof(struct options, digests), 0, 0 },
	{},
};

/* What somebody said while it was recorded is no part of the result. */
static bool is_log(const char *name)
{
	size_t len = strlen(name);

	return len > 4 && !strcmp(name + len - 4, ".log");
}

/* What lies there as a file, but for signatures. */
static int list_files(struct option_list *ret, const char *dir, struct err *err)
{
	DIR *stream = opendir(dir);
	const struct dirent *entry;
	struct stat st;
	int r = 0;

	if (!stream)
		return err_sys(err, errno, "cannot list '%s'", dir);
	while (r == 0 && (entry = readdir(stream))) {
		_cleanup_free_ char *path = NULL;

		if (entry->d_name[0] == '.' || is_log(entry->d_name) ||
		    !strcmp(entry->d_name, ATTESTATION_FILE) ||
		    !strcmp(entry->d_name, ATTESTATION_BUNDLE) ||
		    fstatat(dirfd(stream), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		if (ret->count == FILES_MAX)
			r = err_set(err, EFBIG, "'%s' holds more than %d files", dir, FILES_MAX);
		else if (asprintf(&path, "%s/%s", dir, entry->d_name) < 0 ||
			 option_list_add(ret, path) < 0)
			r = err_oom(err);
		else
			take_ptr(path);
	}
	closedir(stream);
	return r;
}

static void free_files(struct option_list *files)
{
	for (size_t i = 0; i < files->count; i++)
		free((char *)files->items[i]);
	option_list_done(files);
}

static bool is_listed(const struct option_list *list, const char *text)
{
	for (size_t i = 0; text && i < list->count; i++)
		if (!strcmp(list->items[i], text))
			return true;
	return false;
}

/* Else whoever took the analysis over would have us say something of another image. */
static int check_product(const struct options *o, const char *dir, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *report = NULL;
	char path[PATH_MAX];
	const cJSON *list, *digest;
	int r;

	if (!o->digests.count)
		return 0;
	snprintf(path, sizeof(path), "%s/" ATTESTATION_REPORT, dir);
	r = json_load(&report, path, err);
	if (r < 0)
		return r;
	list = json_array(json_object(report, "product"), "digests");
	cJSON_ArrayForEach(digest, list) if (
	    !is_listed(&o->digests,
		       cJSON_GetStringValue(
			   digest))) return err_set(err, EPERM,
						    "the result is about another image: %.80s",
						    cJSON_GetStringValue(digest)
							? cJSON_GetStringValue(digest)
							: "without a digest");
	return list && list->child ? 0 : err_set(err, EPERM, "the result is about no digest");
}

/* A signature stands under nothing that its reader would refuse. */
static int check_result(const char *dir, const struct key *key, const char *author,
			const struct options *o, struct err *err)
{
	_cleanup_(verification_freep) struct verification *v = NULL;
	const struct verify_options options = { .path = dir,
						.key = key,
						.author = author,
						.image_digest =
						    o->digests.count ? o->digests.items[0] : NULL,
						.now = time(NULL) };
	int r = verify_run(&v, &options, err);

	for (size_t i = 0; r == 0 && i < v->count; i++)
		if (v->items[i].is_fault)
			r = err_set(err, EPERM, "the result does not hold: %s: %s",
				    v->items[i].file, v->items[i].text);
	return r;
}

static int sign_files(const struct options *o, const struct key *key, const char *dir,
		      struct err *err)
{
	_cleanup_(free_files) struct option_list files = {};
	struct staging staging = {};
	int r = list_files(&files, dir, err);

	r = r ? r : staging_open(&staging, dir, err);
	r = r ? r : signing_sign(key, &o->signing, &staging, &files, time(NULL), err);
	r = r ? r : staging_commit(&staging, err);
	staging_done(&staging);
	return r;
}

static int sign(const struct options *o, const char *dir, struct err *err)
{
	_cleanup_(key_freep) struct key *key = NULL;
	_cleanup_free_ char *author = NULL;
	int r = signing_open(&key, &author, &o->signing, err);

	r = r ? r : signing_clear(dir, err);
	r = r ? r : check_product(o, dir, err);
	r = r ? r : sign_files(o, key, dir, err);
	if (r < 0)
		return r;
	r = check_result(dir, key, author, o, err);
	if (r < 0)
		(void)!signing_clear(dir, NULL);
	return r;
}

static int run(const struct command *self, int argc, char **argv)
{
	_cleanup_(option_list_done) struct option_list operands = {};
	struct options o = {};
	struct err err = {};
	int rest, status, r = 0;

	if (command_parse(self, argc, argv, &o, &operands, &rest, &status))
		return status;
	if (operands.count != 1 || rest < argc)
		r = err_set(&err, EINVAL, "name the one directory that holds the result");
	else if (!o.signing.key)
		r = err_set(&err, EINVAL, "say what to sign with: --key KEY.pem");
	r = r ? r : signing_check(&o.signing, &err);
	if (r < 0)
		status = command_usage(self, &err);
	else
		status = sign(&o, operands.items[0], &err) < 0 ? command_fail(&err) : EXIT_SUCCESS;
	option_list_done(&o.digests);
	return status;
}

const struct command cmd_sign = {
	.name = "sign",
	.usage = "OUTDIR --key KEY.pem [--passphrase-file FILE] [--image-digest D…]",
	.summary = "Sign a result that lies there unsigned; it must hold, and be about that image.",
	.options = table,
	.run = run,
};
