// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* scanner_reach.c — what a product of an OpenVEX document can match at all, without a report (openvex reference 2.4). */
#include <string.h>

#include "analyzer/json.h"
#include "analyzer/scanner_vex.h"
#include "include/array.h"

const char *scanner_reach_name(enum scanner_reach reach)
{
	static const char *const names[] = { "nothing",      "image",
					     "image_by_tag", "every_image_of_name",
					     "package",      "every_version" };

	_Static_assert(sizeof(names) / sizeof(*names) == REACH_COUNT, "a name for each");
	return names[reach];
}

struct reach {
	enum scanner_reach reach;
	bool grype, trivy;
	const char *why;
};

static bool is_digest(const char *text)
{
	return text && !strncmp(text, "sha256:", 7) && strlen(text) == 71 &&
	       strspn(text + 7, "0123456789abcdef") == 64;
}

/* grype asks with the path above the image's name, trivy with all of it and the architecture: no spelling with qualifiers
 * suits both. */
static void narrow_by_qualifiers(struct reach *to, const struct purl *purl)
{
	for (size_t i = 0; i < purl->qualifier_count; i++) {
		const char *value = purl->values[i], *last = strrchr(value, '/');

		if (!strcmp(purl->keys[i], "arch"))
			to->grype = false;
		else if (strcmp(purl->keys[i], "repository_url"))
			to->grype = to->trivy = false;
		else if (!strncmp(value, "docker.io/", 10))
			to->grype = to->trivy = false; /* both say index.docker.io */
		else if (last && !strcasecmp(last + 1, purl->name))
			to->grype = false;
		else
			to->trivy = false;
	}
}

static struct reach reach_of_oci(const struct purl *purl)
{
	const char *tag = purl_qualifier(purl, "tag");
	struct reach to = { REACH_IMAGE, true, true, NULL };

	if (purl->namespace)
		return (struct reach){ .why = "no scanner asks for an oci purl with a namespace" };
	if (tag && !purl->version)
		return (struct reach){ REACH_IMAGE_TAG, purl->qualifier_count == 1, false,
				       "an image by tag, whatever that points to" };
	if (purl->version && !is_digest(purl->version))
		return (struct reach){
			.why = "its version is no sha256 digest, and scanners ask by digest"
		};
	if (!purl->version)
		to.reach = REACH_IMAGE_ANY;
	narrow_by_qualifiers(&to, purl);
	if (!to.grype && !to.trivy)
		return (struct reach){ .why = "no scanner asks with these qualifiers" };
	if (!purl->version)
		to.why = "every image of that name, because it has no version";
	else if (purl->qualifier_count)
		to.why = "one image by digest, for the scanner that spells the qualifiers so";
	else
		to.why = "one image by digest";
	return to;
}

static struct reach reach_of_purl(const struct purl *purl)
{
	static const char *const unasked[] = { "docker", "bitbucket", "qpkg", "mlflow" };

	if (!strcmp(purl->type, "oci"))
		return reach_of_oci(purl);
	for (size_t i = 0; i < sizeof(unasked) / sizeof(*unasked); i++)
		if (!strcmp(purl->type, unasked[i]))
			return (struct reach){ .why = "grype and trivy report no package of that "
						      "type" };
	if (!purl->version)
		return (struct reach){ REACH_PACKAGE_ANY, true, true,
				       "every version of the package, in whatever is scanned" };
	return (struct reach){ REACH_PACKAGE, true, true,
			       "the package itself, in whatever is scanned" };
}

/* Text that is matched as it stands: grype asks for tags, repository digests and bare digests. */
static struct reach reach_of_text(const char *text)
{
	const char *at = strstr(text, "@sha256:"), *slash = strrchr(text, '/');
	const char *colon = strchr(slash ? slash : text, ':');

	if (strlen(text) == 64 && strspn(text, "0123456789abcdef") == 64)
		return (struct reach){ REACH_IMAGE, true, false, "one image by the bare digest" };
	if (at && at != text && is_digest(at + 1) && !strstr(text, "://"))
		return (struct reach){ REACH_IMAGE, true, false,
				       "one image by its digest in a registry" };
	if (!at && colon && colon != text && colon[1] && !strstr(text, "://") &&
	    strncmp(text, "urn:", 4) && strncmp(text, "cpe:", 4) && strncmp(text, "pkg:", 4) &&
	    strncmp(text, "sha256:", 7))
		return (struct reach){ REACH_IMAGE_TAG, true, false,
				       "an image by tag, whatever that points to" };
	return (struct reach){ .why = "no scanner asks for such a name" };
}

static void widen(struct reach *to, const struct reach *by)
{
	bool grype = to->grype || by->grype, trivy = to->trivy || by->trivy;

	if (!to->why || by->reach > to->reach ||
	    (by->reach == to->reach && by->grype + by->trivy > to->grype + to->trivy))
		*to = *by;
	to->grype = grype;
	to->trivy = trivy;
}

static void look_at_subcomponents(struct product_reach *to, const struct vex_product *product)
{
	for (size_t i = 0; i < product->subcomponent_count; i++) {
		const struct vex_component *c = &product->subcomponents[i];
		bool any = false, unversioned = false;

		for (size_t k = 0; k < c->name_count; k++) {
			any |= c->names[k].purl != NULL;
			unversioned |= c->names[k].purl && !c->names[k].purl->version;
		}
		to->dead_subcomponents += !any;
		to->unversioned_subcomponents += unversioned;
	}
}

static int look_at(struct product_reach *to, const struct vex_product *product, struct arena *arena)
{
	struct reach sum = {};

	for (size_t i = 0; i < product->component.name_count; i++) {
		const struct vex_name *name = &product->component.names[i];
		struct reach one =
		    name->purl ? reach_of_purl(name->purl) : reach_of_text(name->text);

		widen(&sum, &one);
	}
	to->reach = sum.reach;
	to->grype = sum.grype;
	to->trivy = sum.trivy;
	to->why = sum.why ? sum.why : "it has no @id, identifier or hash";
	to->blankets = product->subcomponent_count == 0;
	look_at_subcomponents(to, product);
	if (product->component.id) {
		to->id = arena_strdup(arena, product->component.id);
		if (!to->id)
			return -ENOMEM;
	}
	return 0;
}

static int compare_reaches(const void *a, const void *b)
{
	const struct product_reach *x = a, *y = b;

	if (x->statement != y->statement)
		return x->statement < y->statement ? -1 : 1;
	return (x->product > y->product) - (x->product < y->product);
}

int scanner_reaches(struct product_reaches **ret, const cJSON *openvex, struct err *err)
{
	_cleanup_(product_reaches_freep) struct product_reaches *to = calloc(1, sizeof(*to));
	struct vex vex;
	size_t count = 0;
	int r;

	if (!to || !(to->arena = arena_new()))
		return err_oom(err);
	r = vex_read(&vex, openvex, to->arena, err);
	if (r < 0)
		return r;
	for (size_t i = 0; i < vex.statement_count; i++)
		count += vex.statements[i].product_count;
	to->items = arena_alloc(to->arena, (count + 1) * sizeof(*to->items));
	if (!to->items)
		return err_oom(err);
	for (size_t i = 0; i < vex.statement_count; i++)
		for (size_t k = 0; k < vex.statements[i].product_count; k++) {
			struct product_reach *item = &to->items[to->count++];

			item->statement = vex.statements[i].index;
			item->product = k;
			if (look_at(item, &vex.statements[i].products[k], to->arena) < 0)
				return err_oom(err);
		}
	array_sort(to->items, to->count, sizeof(*to->items), compare_reaches);
	*ret = take_ptr(to);
	return 0;
}

void product_reaches_free(struct product_reaches *reaches)
{
	if (!reaches)
		return;
	arena_free(reaches->arena);
	free(reaches);
}
