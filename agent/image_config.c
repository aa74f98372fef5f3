// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* image_config.c — what the documents of an OCI image layout say (OCI image specification 1.0). */
#include "agent/image_config.h"

#include <cjson/cJSON.h>

#define WORDS_MAX 4096
#define WORD_BYTES_MAX (128u * 1024) /* the kernel's MAX_ARG_STRLEN */

DEFINE_CLEANUP(cJSON *, cJSON_Delete)

static int parse(cJSON **ret, const char *text, size_t len, const char *what, struct err *err)
{
	cJSON *tree;

	if (len > IMAGE_DOCUMENT_BYTES_MAX)
		return err_set(err, EFBIG, "the image's %s has more than %u bytes", what,
			       IMAGE_DOCUMENT_BYTES_MAX);
	tree = cJSON_ParseWithLength(text, len);
	if (!tree)
		return err_set(err, EBADMSG, "the image's %s is no JSON", what);
	*ret = tree;
	return 0;
}

/* Lower-case sha256 and nothing else: it becomes part of a path. */
static int take_digest(char ret[IMAGE_DIGEST_BYTES], const cJSON *descriptor, const char *what,
		       struct err *err)
{
	const char *digest =
	    cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(descriptor, "digest"));

	if (!digest || strlen(digest) != IMAGE_DIGEST_BYTES - 1 || strncmp(digest, "sha256:", 7) ||
	    strspn(digest + 7, "0123456789abcdef") != 64)
		return err_set(err, EBADMSG, "the image's %s names no sha256 digest", what);
	memcpy(ret, digest, IMAGE_DIGEST_BYTES);
	return 0;
}

int image_index_parse(char ret[IMAGE_DIGEST_BYTES], const char *text, size_t len, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *tree = NULL;
	int r = parse(&tree, text, len, "index", err);
	const cJSON *manifests;

	if (r < 0)
		return r;
	manifests = cJSON_GetObjectItemCaseSensitive(tree, "manifests");
	if (!cJSON_IsArray(manifests) || cJSON_GetArraySize(manifests) != 1)
		return err_set(err, EBADMSG, "the image's index does not name one manifest");
	return take_digest(ret, cJSON_GetArrayItem(manifests, 0), "index", err);
}

int image_manifest_parse(char ret[IMAGE_DIGEST_BYTES], const char *text, size_t len,
			 struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *tree = NULL;
	int r = parse(&tree, text, len, "manifest", err);

	if (r < 0)
		return r;
	return take_digest(ret, cJSON_GetObjectItemCaseSensitive(tree, "config"), "manifest", err);
}

/* Absent and null are an empty list. */
static int take_words(struct strings *ret, const cJSON *config, const char *key, struct err *err)
{
	const cJSON *array = cJSON_GetObjectItemCaseSensitive(config, key), *item;

	if (!array || cJSON_IsNull(array))
		return 0;
	if (!cJSON_IsArray(array))
		return err_set(err, EBADMSG, "the image's %s is no list", key);
	cJSON_ArrayForEach(item, array)
	{
		const char *word = cJSON_GetStringValue(item);

		if (!word || strlen(word) > WORD_BYTES_MAX || ret->count >= WORDS_MAX)
			return err_set(err, EBADMSG,
				       "the image's %s holds something that is no word", key);
		if (strings_add(ret, word) < 0)
			return err_oom(err);
	}
	return 0;
}

static int take_string(char **ret, const cJSON *config, const char *key, struct err *err)
{
	const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(config, key));

	if (!text || !*text)
		return 0;
	if (strlen(text) >= 4096)
		return err_set(err, EBADMSG, "the image's %s is too long", key);
	*ret = strdup(text);
	return *ret ? 0 : err_oom(err);
}

int image_config_parse(struct image_config *ret, const char *text, size_t len, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *tree = NULL;
	_cleanup_(image_config_done) struct image_config config = {};
	int r = parse(&tree, text, len, "configuration", err);
	const cJSON *c;

	if (r < 0)
		return r;
	c = cJSON_GetObjectItemCaseSensitive(tree, "config");
	r = take_words(&config.entrypoint, c, "Entrypoint", err);
	if (r == 0)
		r = take_words(&config.command, c, "Cmd", err);
	if (r == 0)
		r = take_words(&config.env, c, "Env", err);
	if (r == 0)
		r = take_string(&config.user, c, "User", err);
	if (r == 0)
		r = take_string(&config.workdir, c, "WorkingDir", err);
	if (r < 0)
		return r;
	*ret = config;
	config = (struct image_config){};
	return 0;
}

void image_config_done(struct image_config *config)
{
	strings_done(&config->entrypoint);
	strings_done(&config->command);
	strings_done(&config->env);
	free(config->user);
	free(config->workdir);
	*config = (struct image_config){};
}
