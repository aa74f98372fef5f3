// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* exchange.c — OpenVulnerabilityExchangeContainer: an OpenVEX document as Kubescape keeps it. */
#include "kubescape-compat/exchange.h"

#include <string.h>

#include "kubescape-compat/metadata.h"

static bool is_id_of_kubescape(const char *id)
{
	return id && !strncmp(id, KUBE_STATEMENT_PREFIX, strlen(KUBE_STATEMENT_PREFIX));
}

bool kube_statement_is_own(const cJSON *statement)
{
	return is_id_of_kubescape(kube_text(statement, "@id"));
}

const char *kube_statement_vulnerability(const cJSON *statement)
{
	const cJSON *v = kube_map(statement, "vulnerability");
	const char *name = kube_text(v, "name"), *id = kube_text(v, "@id");
	bool swapped = name && id && strstr(name, "://") && !strstr(id, "://");

	return swapped || !name || !*name ? id : name;
}

int kube_exchange_read(struct kube_exchange *ret, const struct kube_object *object, struct err *err)
{
	struct kube_exchange e = { .object = object,
				   .document = object->is_empty ? NULL : object->spec };
	const cJSON *statements = NULL, *item;
	int r = kube_list(&statements, e.document, "statements", err);

	if (r < 0)
		return r;
	cJSON_ArrayForEach(item, statements)
	{
		e.statement_count++;
		if (!cJSON_IsObject(item))
			return err_set(err, EBADMSG, "statement %zu is no object",
				       e.statement_count);
		e.own_count += kube_statement_is_own(item);
	}
	*ret = e;
	return 0;
}

static int check_statements(const cJSON *document, struct err *err)
{
	const cJSON *statements = NULL, *item;
	size_t n = 0;
	int r = kube_list(&statements, document, "statements", err);

	cJSON_ArrayForEach(item, statements)
	{
		const char *id = kube_text(item, "@id");

		n++;
		if (!id || !*id)
			return err_set(
			    err, EINVAL,
			    "statement %zu has no @id: Kubescape may take it for its own", n);
		if (is_id_of_kubescape(id))
			return err_set(
			    err, EINVAL,
			    "statement %zu has an @id of Kubescape's ('%.200s'), which would "
			    "overwrite it",
			    n, id);
	}
	return r;
}

static int check_size(const cJSON *tree, struct err *err)
{
	_cleanup_free_ char *text = cJSON_PrintUnformatted(tree);

	if (!text)
		return err_oom(err);
	if (strlen(text) > KUBE_EXCHANGE_BYTES_MAX)
		return err_set(
		    err, EFBIG,
		    "the OpenVEX of this container takes %zu bytes, and Kubescape's storage "
		    "takes at most %u: split the vulnerabilities over several documents",
		    strlen(text), KUBE_EXCHANGE_BYTES_MAX);
	return 0;
}

cJSON *kube_exchange_write(const cJSON *document, const struct kube_profile *profile,
			   const struct kube_state *state, struct err *err)
{
	_cleanup_tree_ cJSON *tree = kube_object_new(KUBE_EXCHANGE);
	int r = check_statements(document, err);

	if (r < 0)
		return NULL;
	if (!tree || kube_put(tree, "spec", cJSON_Duplicate(document, true)) < 0) {
		err_oom(err);
		return NULL;
	}
	r = kube_put_filtered_names(tree, profile, state, err);
	if (r == 0)
		r = check_size(tree, err);
	return r < 0 ? NULL : take_ptr(tree);
}

/* Between whose a statement is and what it is about, in an @id of ours. */
#define STATEMENT "/statement-"

/* Also what we stated once and no longer do: a verdict must not outlive the analysis that takes it back. */
static bool is_replaced(const cJSON *statements, const char *id)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, statements)
	{
		const char *other = kube_text(item, "@id");
		const char *about = other ? strstr(other, STATEMENT) : NULL;

		if (id && other && !strcmp(id, other))
			return true;
		if (id && about && !strncmp(id, other, (size_t)(about - other) + strlen(STATEMENT)))
			return true;
	}
	return false;
}

static int add_copy(cJSON *list, const cJSON *item)
{
	cJSON *copy = cJSON_Duplicate(item, true);

	if (copy && cJSON_AddItemToArray(list, copy))
		return 0;
	cJSON_Delete(copy);
	return -ENOMEM;
}

static cJSON *join_statements(const cJSON *theirs, const cJSON *ours)
{
	_cleanup_tree_ cJSON *list = cJSON_CreateArray();
	const cJSON *item;
	int r = list ? 0 : -ENOMEM;

	cJSON_ArrayForEach(item, theirs) if (r == 0 && !is_replaced(ours, kube_text(item, "@id")))
	    r = add_copy(list, item);
	cJSON_ArrayForEach(item, ours) if (r == 0) r = add_copy(list, item);
	return r == 0 ? take_ptr(list) : NULL;
}

/* Where the document has none of its own, ours is the document. */
static int put_rest(cJSON *spec, const cJSON *ours)
{
	const cJSON *version = kube_get(spec, "version"), *member;
	const char *when = kube_text(ours, "last_updated");
	double next = cJSON_IsNumber(version) ? version->valuedouble + 1 : 1;
	int r = 0;

	cJSON_ArrayForEach(member, ours) if (r == 0 && !kube_get(spec, member->string)) r =
	    kube_put(spec, member->string, cJSON_Duplicate(member, true));
	r = r ? r : kube_put(spec, "version", cJSON_CreateNumber(next));
	when = when ? when : kube_text(ours, "timestamp");
	return r < 0 || !when ? r : kube_put_text(spec, "last_updated", when);
}

cJSON *kube_exchange_merge(const struct kube_object *there, const cJSON *ours, struct err *err)
{
	_cleanup_tree_ cJSON *tree = cJSON_Duplicate(there->tree, true);
	const cJSON *document = kube_get(ours, "spec"), *theirs = NULL, *added = NULL;
	cJSON *spec = tree ? kube_make_map(tree, "spec") : NULL;
	int r = kube_list(&theirs, there->spec, "statements", err);

	r = r < 0 ? r : kube_list(&added, document, "statements", err);
	if (r < 0)
		return NULL;
	if (!spec || kube_put(spec, "statements", join_statements(theirs, added)) < 0 ||
	    put_rest(spec, document) < 0) {
		err_oom(err);
		return NULL;
	}
	return check_size(tree, err) < 0 ? NULL : take_ptr(tree);
}
