// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* prior.c — OpenVEX documents of others, read within limits and brought into one form. */
#include "analyzer/prior_files.h"

#include "include/array.h"

#include "analyzer/json.h"
#include "analyzer/openvex.h"

#define COMPONENTS_MAX 2000000u
#define NAMESPACE "https://openvex.dev/ns"

void prior_files_free(struct prior_files *files)
{
	if (!files)
		return;
	for (size_t i = 0; i < files->tree_count; i++)
		cJSON_Delete(files->trees[i]);
	free(files->trees);
	kube_objects_done(&files->objects);
	free(files->items);
	arena_free(files->arena);
	free(files);
}

/* A text where an object is expected, as in version 0.0.1: {key: text} takes its place. */
static int make_object(struct prior_files *files, cJSON *parent, cJSON *item, const char *key,
		       struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *object = NULL;
	cJSON_bool done;

	if (!cJSON_IsString(item))
		return 0;
	if (++files->components > COMPONENTS_MAX)
		return err_set(err, EFBIG, "more than %u products and subcomponents as texts",
			       COMPONENTS_MAX);
	object = cJSON_CreateObject();
	if (!object || !json_add_string(object, key, item->valuestring))
		return err_oom(err);
	if (item->string)
		done = cJSON_ReplaceItemInObjectCaseSensitive(parent, item->string, object);
	else
		done = cJSON_ReplaceItemViaPointer(parent, item, object);
	if (!done)
		return err_oom(err);
	object = NULL;
	return 0;
}

static int make_objects(struct prior_files *files, const cJSON *array, struct err *err)
{
	cJSON *item = array ? array->child : NULL, *next;
	int r = 0;

	for (; r == 0 && item; item = next) {
		next = item->next;
		r = make_object(files, (cJSON *)array, item, "@id", err);
	}
	return r;
}

/* Version 0.0.1 has the subcomponents beside the products: they are those of each. */
static int spread_subcomponents(struct prior_files *files, const cJSON *statement, struct err *err)
{
	const cJSON *shared = json_array(statement, "subcomponents");
	size_t n = (size_t)cJSON_GetArraySize(shared);
	cJSON *product, *copy;

	if (!n)
		return 0;
	cJSON_ArrayForEach(product, json_array(statement, "products"))
	{
		if (!cJSON_IsObject(product) || json_array(product, "subcomponents"))
			continue;
		files->components += n;
		if (files->components > COMPONENTS_MAX)
			return err_set(err, EFBIG, "more than %u subcomponents of its products",
				       COMPONENTS_MAX);
		copy = cJSON_Duplicate(shared, true);
		cJSON_DeleteItemFromObjectCaseSensitive(product, "subcomponents");
		if (!copy || !cJSON_AddItemToObject(product, "subcomponents", copy)) {
			cJSON_Delete(copy);
			return err_oom(err);
		}
	}
	return 0;
}

/* Older Kubescapes have swapped the vulnerability's name and @id. */
static int restore_name(const cJSON *statement, struct err *err)
{
	cJSON *vulnerability = (cJSON *)json_object(statement, "vulnerability");
	const char *name = kube_statement_vulnerability(statement);
	cJSON *text;

	if (!name || name == json_string(vulnerability, "name"))
		return 0;
	text = cJSON_CreateString(name);
	if (!text)
		return err_oom(err);
	cJSON_DeleteItemFromObjectCaseSensitive(vulnerability, "name");
	if (cJSON_AddItemToObject(vulnerability, "name", text))
		return 0;
	cJSON_Delete(text);
	return err_oom(err);
}

static int normalize(struct prior_files *files, cJSON *statement, struct err *err)
{
	const cJSON *products = json_array(statement, "products"), *product;
	int r = make_object(files, statement, (cJSON *)json_get(statement, "vulnerability"), "name",
			    err);

	if (r == 0)
		r = restore_name(statement, err);
	if (r == 0)
		r = make_objects(files, products, err);
	if (r == 0)
		r = make_objects(files, json_array(statement, "subcomponents"), err);
	if (r == 0)
		r = spread_subcomponents(files, statement, err);
	cJSON_ArrayForEach(product, products)
	{
		if (r == 0)
			r = make_objects(files, json_array(product, "subcomponents"), err);
	}
	return r;
}

/* Of the versions known here, or without one: that is 0.0.1. */
static int check_context(const cJSON *document, struct err *err)
{
	const char *context = json_string(document, "@context"), *version;

	if (!context || strncmp(context, NAMESPACE, strlen(NAMESPACE)))
		return err_set(err, EINVAL,
			       "is no OpenVEX document: its @context is not " OPENVEX_CONTEXT);
	version = context + strlen(NAMESPACE);
	if (*version && strcmp(version, "/") && strncmp(version, "/v0.2.", 6) &&
	    strncmp(version, "/v0.0.", 6))
		return err_set(err, EPROTO,
			       "is OpenVEX of a version that is not known here ('%.80s'): only "
			       "0.2 and 0.0 are",
			       context);
	return 0;
}

static int check_document(const cJSON *document, struct err *err)
{
	const char *author = json_string(document, "author");
	int r = check_context(document, err);

	if (r < 0)
		return r;
	if (!author || !author[strspn(author, " \t\r\n")])
		return err_set(err, EBADMSG,
			       "names no author: whose statements they are must be known");
	if (!json_array(document, "statements"))
		return err_set(err, EBADMSG, "has no list of statements");
	return 0;
}

static int collect_statements(struct prior_files *files, struct prior_file *file, struct err *err)
{
	cJSON *array = (cJSON *)json_array(file->document, "statements"), *item;
	size_t n = (size_t)cJSON_GetArraySize(array), i = 0;
	int r;

	files->statements += n;
	if (files->statements > PRIOR_STATEMENTS_MAX)
		return err_set(err, EFBIG, "more than %u statements of others",
			       PRIOR_STATEMENTS_MAX);
	file->statements = arena_alloc(files->arena, (n + 1) * sizeof(*file->statements));
	if (!file->statements)
		return err_oom(err);
	cJSON_ArrayForEach(item, array)
	{
		if (!cJSON_IsObject(item))
			return err_set(err, EBADMSG, "statement %zu is no object", i + 1);
		r = normalize(files, item, err);
		if (r < 0)
			return err_prefix(err, r, "statement %zu", i + 1);
		file->statements[i++] = item;
	}
	file->statement_count = n;
	return vex_read(&file->vex, file->document, files->arena, err);
}

static int add_document(struct prior_files *files, const cJSON *document, const char *sha256,
			size_t number, bool exchange, struct err *err)
{
	struct prior_file *file;
	int r = check_document(document, err);

	if (r < 0)
		return r;
	if (files->count >= PRIOR_DOCUMENTS_MAX)
		return err_set(err, EFBIG, "more than %u documents", PRIOR_DOCUMENTS_MAX);
	file = array_add(files->items, files->count, files->room);
	if (!file)
		return err_oom(err);
	file->document = document;
	file->number = number;
	file->exchange = exchange;
	memcpy(file->sha256, sha256, DIGEST_HEX_BYTES);
	return collect_statements(files, file, err);
}

/* Every OpenVulnerabilityExchangeContainer of an object or list of Kubescape's. Takes the tree. */
static int add_objects(struct prior_files *files, cJSON *tree, const char *sha256, struct err *err)
{
	size_t first = files->objects.count, found = 0;
	int r = kube_objects_add(&files->objects, tree, err);

	for (size_t i = first; r == 0 && i < files->objects.count; i++) {
		const struct kube_object *object = &files->objects.items[i];
		struct kube_exchange exchange;
		char title[256];

		if (object->kind != KUBE_EXCHANGE)
			continue;
		r = kube_exchange_read(&exchange, object, err);
		if (r == 0 && !exchange.document)
			r = err_set(
			    err, ENODATA,
			    "has metadata only, as a list returns it: get it alone, or with "
			    "resourceVersion=fullSpec");
		if (r == 0)
			r = add_document(files, exchange.document, sha256, found++, true, err);
		if (r < 0)
			return err_prefix(err, r, "%s",
					  kube_object_title(object, title, sizeof(title)));
	}
	if (r == 0 && !found)
		return err_set(err, EINVAL,
			       "is of Kubescape's, but has no OpenVulnerabilityExchangeContainer");
	return r;
}

static int add_text(struct prior_files *files, const char *text, size_t len, const char *sha256,
		    struct err *err)
{
	cJSON **tree;
	int r;

	for (size_t i = 0; i < files->count; i++)
		if (!strcmp(files->items[i].sha256, sha256))
			return 0;
	tree = array_add(files->trees, files->tree_count, files->tree_room);
	if (!tree)
		return err_oom(err);
	r = json_parse(tree, text, len, err);
	if (r < 0)
		return r;
	return kube_is_document(*tree) ? add_objects(files, take_ptr(*tree), sha256, err)
				       : add_document(files, *tree, sha256, 0, false, err);
}

static int compare_files(const void *pa, const void *pb)
{
	const struct prior_file *a = pa, *b = pb;
	int r = strcmp(a->sha256, b->sha256);

	return r ? r : (a->number > b->number) - (a->number < b->number);
}

static int files_new(struct prior_files **ret, struct err *err)
{
	struct prior_files *files = calloc(1, sizeof(*files));

	if (!files || !(files->arena = arena_new())) {
		free(files);
		return err_oom(err);
	}
	*ret = files;
	return 0;
}

int prior_files_parse(struct prior_files **ret, const char *text, size_t len, const char *name,
		      struct err *err)
{
	_cleanup_(prior_files_freep) struct prior_files *files = NULL;
	char sha256[DIGEST_HEX_BYTES];
	int r = files_new(&files, err);

	digest_bytes(sha256, text, len);
	if (r == 0)
		r = add_text(files, text, len, sha256, err);
	if (r < 0)
		return err_prefix(err, r, "prior '%.200s'", name);
	*ret = take_ptr(files);
	return 0;
}

int prior_files_load(struct prior_files **ret, const char *const *paths, size_t count,
		     struct err *err)
{
	_cleanup_(prior_files_freep) struct prior_files *files = NULL;
	int r = files_new(&files, err);

	for (size_t i = 0; r == 0 && i < count; i++) {
		_cleanup_free_ char *text = NULL;
		char sha256[DIGEST_HEX_BYTES];
		size_t len;

		r = file_read(&text, &len, paths[i], JSON_BYTES_MAX, err);
		if (r == 0)
			r = digest_path(sha256, paths[i], err);
		if (r < 0)
			return r;
		r = add_text(files, text, len, sha256, err);
		if (r < 0)
			return err_prefix(err, r, "prior '%.200s'", paths[i]);
	}
	if (r < 0)
		return r;
	array_sort(files->items, files->count, sizeof(*files->items), compare_files);
	*ret = take_ptr(files);
	return 0;
}
