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
