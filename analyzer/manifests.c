// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* manifests.c — the VulnerabilityManifest of the image among what --vulns names. */
#include "analyzer/manifests.h"

#include <string.h>
#include <sys/stat.h>

#include "analyzer/analysis.h"
#include "analyzer/json.h"
#include "analyzer/product.h"

static bool is_foreign(const struct kube_manifest *m, const struct product *product)
{
	return product->digest_count && *m->digest && !product_has_digest(product, m->digest);
}

static int read_file(struct kube_objects *ret, const char *path, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *tree = NULL;
	_cleanup_free_ char *text = NULL;
	struct stat st;
	size_t len;
	int r;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return 0;
	r = file_read(&text, &len, path, JSON_BYTES_MAX, err);
	if (r == -EFBIG)
		return 0; /* a database: no object is so large */
	if (r < 0 || !memmem(text, len, KUBE_GROUP, strlen(KUBE_GROUP)))
		return r;
	/* JSON Lines and archives may name the group too: they are no objects. */
	if (json_parse(&tree, text, len, NULL) < 0 || !kube_is_document(tree))
		return 0;
	r = kube_objects_add(ret, take_ptr(tree), err);
	return r < 0 ? err_prefix(err, r, "'%.200s'", path) : 0;
}

static int choose(struct manifest_of_image *m, const struct product *product, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && !m->found && i < m->objects.count; i++) {
		if (m->objects.items[i].kind != KUBE_MANIFEST)
			continue;
		r = kube_manifest_read(&m->manifest, &m->objects.items[i], err);
		if (r < 0)
			break;
		m->found = m->manifest.payload && !m->manifest.filtered &&
			   !is_foreign(&m->manifest, product);
		if (!m->found)
			kube_manifest_done(&m->manifest);
	}
	return r;
}

int manifests_find(struct manifest_of_image *ret, const struct option_list *paths,
		   const struct product *product, struct err *err)
{
	struct manifest_of_image m = {};
	int r = 0;

	for (size_t i = 0; r == 0 && i < paths->count; i++)
		r = read_file(&m.objects, paths->items[i], err);
	if (r == 0)
		r = choose(&m, product, err);
	if (r < 0)
		manifests_done(&m);
	else
		*ret = m;
	return r;
}

void manifests_done(struct manifest_of_image *m)
{
	kube_manifest_done(&m->manifest);
	kube_objects_done(&m->objects);
	m->found = false;
}
