// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cyclonedx.c — what our CycloneDX 1.6 documents have in common. */
#include "analyzer/cyclonedx.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/digest.h"
#include "analyzer/json.h"
#include "analyzer/usage.h"
#include "include/version.h"

void cyclonedx_put_property(struct cyclonedx *c, cJSON *properties, const char *name,
			    const char *value)
{
	cJSON *item = json_push_object(&c->json, properties);

	json_put_text(&c->json, item, "name", name);
	json_put_text(&c->json, item, "value", value);
}

void cyclonedx_put_number(struct cyclonedx *c, cJSON *properties, const char *name, uint64_t value)
{
	cyclonedx_put_property(c, properties, name, arena_printf(c->arena, "%" PRIu64, value));
}

static const char *verb(enum use_kind kind)
{
	switch (kind) {
	case USE_EXEC:
		return "executed as";
	case USE_SCRIPT:
		return "run as a script by";
	case USE_INTERPRETER:
		return "started as the loader of";
	case USE_MAP:
		return "mapped by";
	case USE_OPEN_READ:
		return "read by";
	case USE_OPEN_WRITE:
	case USE_OPEN_PATH:
		break;
	}
	return "opened by";
}

/* "mapped by nginx 0.120 s after the start", of the strongest use of the file. */
static const char *use_text(struct cyclonedx *c, const struct file_usage *f)
{
	const char *comm = f->use->comm && *f->use->comm ? f->use->comm : "a process";
	const char *text = arena_printf(
	    c->arena, "%s %s %" PRIu64 ".%03" PRIu64 " s after the start", verb(f->use->kind), comm,
	    f->use->t / 1000000000u, f->use->t / 1000000u % 1000u);

	if (text && c->analysis->trace_count > 1)
		text = arena_printf(c->arena, "%s of run %zu", text, f->trace + 1);
	if (text && f->uncertain)
		text = arena_printf(c->arena, "%s (only the end of the path is known)", text);
	return text;
}

void cyclonedx_push_occurrence(struct cyclonedx *c, cJSON *occurrences, size_t file)
{
	const struct analysis *a = c->analysis;
	cJSON *item = json_push_object(&c->json, occurrences);

	json_put_text(&c->json, item, "location", a->inventory->files[file].path);
	json_put_text(&c->json, item, "additionalContext",
		      use_text(c, &a->verdicts->usage->files[file]));
}

static void put_tool(struct cyclonedx *c, cJSON *metadata)
{
	cJSON *tools = json_put_object(&c->json, metadata, "tools");
	cJSON *item = json_push_object(&c->json, json_put_array(&c->json, tools, "components"));

	json_put_text(&c->json, item, "type", "application");
	json_put_text(&c->json, item, "name", "vexxy");
	json_put_text(&c->json, item, "version", VEXXY_VERSION);
}

static void put_image(struct cyclonedx *c, cJSON *metadata)
{
	const struct product *product = &c->analysis->product;
	const char *digest = product->digest_count ? product->digests[0] : NULL;
	cJSON *image = json_put_object(&c->json, metadata, "component"), *hash;

	json_put_text(&c->json, image, "type", "container");
	json_put_text(&c->json, image, "bom-ref", "image");
	json_put_text(&c->json, image, "name", product->ref ? product->ref : product->name);
	json_put_optional(&c->json, image, "version", digest);
	if (!digest) {
		json_put_optional(&c->json, image, "purl", product->id_fallback);
		return;
	}
	hash = json_push_object(&c->json, json_put_array(&c->json, image, "hashes"));
	json_put_text(&c->json, hash, "alg", "SHA-256");
	json_put_text(&c->json, hash, "content", digest + strlen("sha256:"));
	json_put_text(&c->json, image, "purl",
		      arena_printf(c->arena, "pkg:oci/%s@%s", product->name, digest));
}

cJSON *cyclonedx_put_head(struct cyclonedx *c, cJSON *doc, const char *time)
{
	cJSON *metadata;

	json_put_text(&c->json, doc, "$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json");
	json_put_text(&c->json, doc, "bomFormat", "CycloneDX");
	json_put_text(&c->json, doc, "specVersion", "1.6");
	json_put_text(&c->json, doc, "serialNumber", "");
	json_put_u64(&c->json, doc, "version", 1);
	metadata = json_put_object(&c->json, doc, "metadata");
	json_put_text(&c->json, metadata, "timestamp", time);
	put_tool(c, metadata);
	put_image(c, metadata);
	return metadata;
}

void cyclonedx_set_serial(struct cyclonedx *c, cJSON *doc)
{
	_cleanup_free_ char *text = json_print_line(doc);
	char urn[DIGEST_URN_BYTES];

	if (!text) {
		c->json.failed = true;
		return;
	}
	digest_urn(urn, text, strlen(text));
	json_replace_text(&c->json, doc, "serialNumber", urn);
}
