// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* same_image.c — was it this image that ran, that was scanned, and that the SBOM is of? */
#include "analyzer/same_image.h"

#include "analyzer/product.h"

/* The first trace that was recorded of another image; their number when there is none. Where nobody else says which image
 * is analysed, the first trace that tells one does. */
static size_t foreign_trace(const struct same_image_inputs *in)
{
	size_t i = 0;

	while (i < in->trace_count &&
	       (!in->traces[i]->image_digest ||
		product_has_digest(in->product, in->traces[i]->image_digest)))
		i++;
	return i;
}

/* Do the reports name images, and none that is known for this one? */
static bool reports_are_foreign(const struct same_image_inputs *in)
{
	const struct findings *f = in->findings;

	for (size_t i = 0; i < f->image_digest_count; i++)
		if (product_has_digest(in->product, f->image_digests[i]))
			return false;
	return f->image_digest_count && in->product->digest_count;
}

/* An SBOM that says of which image it is. */
static int check_sbom(const struct same_image_inputs *in, struct err *err)
{
	if (!in->sbom_digest || !in->product->digest_count ||
	    product_has_digest(in->product, in->sbom_digest))
		return 0;
	return err_set(
	    err, EBADMSG,
	    "--sbom: '%.400s' is of image %s, and what is analysed is %s (where that is one more "
	    "name of this image: --image-digest)",
	    in->sbom, in->sbom_digest, in->product->digests[0]);
}

int same_image_check(const char **ret, const struct same_image_inputs *in, struct arena *arena,
		     struct err *err)
{
	size_t foreign = foreign_trace(in);
	const char *text;

	*ret = NULL;
	if (foreign < in->trace_count)
		text =
		    arena_printf(arena, "trace %zu is of image %s, not of the one that is analysed",
				 foreign + 1, in->traces[foreign]->image_digest);
	else if (reports_are_foreign(in))
		text = arena_printf(arena,
				    "the reports are of another image, %s (where that is one more "
				    "name of this image: --image-digest)",
				    in->findings->image_digests[0]);
	else
		return check_sbom(in, err);
	*ret = text;
	return text ? 0 : err_oom(err);
}
