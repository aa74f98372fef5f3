// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* scanner_ask.c — the names under which grype and trivy ask for the image of a report (openvex reference 2.2, 2.3). */
#include <ctype.h>
#include <string.h>

#include "analyzer/json.h"
#include "analyzer/scanner_vex.h"
#include "include/array.h"

/* More names than any image has; the rest of a hostile report is not asked for. */
#define ASKED_MAX 256

static int ask(struct asked_list *list, const char *text, struct arena *arena)
{
	struct asked *slot;

	if (!text)
		return -ENOMEM;
	for (size_t i = 0; i < list->count; i++)
		if (!strcmp(list->items[i].text, text))
			return 0;
	if (list->count >= ASKED_MAX)
		return 0;
	slot = array_add(list->items, list->count, list->capacity);
	return slot ? asked_init(slot, text, arena) : -ENOMEM;
}

/* A purl from its parts, spelled as packageurl-go does. */
static int ask_purl(struct asked_list *list, struct purl purl, struct arena *arena)
{
	return purl_normalize(&purl, arena) ? ask(list, purl_format(&purl, false, arena), arena)
					    : -ENOMEM;
}

/* A reference as the registry library reads it: "nginx@sha256:…" is index.docker.io/library/nginx. */
struct reference {
	const char *repository; /* with registry */
	const char *name;       /* last element */
	const char *parent;     /* registry and path without it */
	const char *digest;
};

static const char *with_registry(const char *repository, struct arena *arena)
{
	static const char *const hub[] = { "docker.io/", "index.docker.io/" };
	size_t first = strcspn(repository, "/");
	bool host = repository[first] &&
		    (memchr(repository, '.', first) || memchr(repository, ':', first) ||
		     (first == 9 && !memcmp(repository, "localhost", 9)));

	for (size_t i = 0; i < 2; i++)
		if (!strncmp(repository, hub[i], strlen(hub[i]))) {
			repository += strlen(hub[i]);
			host = false;
			break;
		}
	if (host)
		return repository;
	return arena_printf(arena, "index.docker.io/%s%s",
			    strchr(repository, '/') ? "" : "library/", repository);
}

/* false: no reference with a digest, or no memory. */
static bool read_reference(struct reference *to, const char *text, struct arena *arena)
{
	const char *at = strstr(text, "@sha256:"), *slash;
	const char *bare =
	    at && at != text ? arena_strndup(arena, text, (size_t)(at - text)) : NULL;

	if (!bare || !at[8])
		return false;
	to->digest = at + 1;
	to->repository = with_registry(bare, arena);
	if (!to->repository)
		return false;
	slash = strrchr(to->repository, '/');
	to->name = slash + 1;
	to->parent = arena_strndup(arena, to->repository, (size_t)(slash - to->repository));
	return to->parent && *to->name;
}

static int ask_tag(struct asked_list *list, const char *tag, const char *name, struct arena *arena)
{
	static const char *keys[] = { "tag" };
	const char *colon = strchr(tag, ':'), *value;
	int r = ask(list, tag, arena);

	if (r < 0 || !colon || !name || !*name)
		return r;
	/* Up to the next colon: with a port in the reference that is not the tag. */
	value = arena_strndup(arena, colon + 1, strcspn(colon + 1, ":"));
	if (!value)
		return -ENOMEM;
	if (!*value)
		return 0;
	return ask_purl(list, (struct purl){ "oci", NULL, name, NULL, keys, &value, 1, NULL },
			arena);
}

static int ask_digest(struct asked_list *list, const char *text, struct arena *arena)
{
	static const char *keys[] = { "repository_url" };
	struct reference ref;
	int r = ask(list, text, arena);

	if (r < 0 || !read_reference(&ref, text, arena))
		return r;
	r = ask_purl(list,
		     (struct purl){ "oci", NULL, ref.name, ref.digest, keys, &ref.parent, 1, NULL },
		     arena);
	return r < 0 ? r : ask(list, ref.digest + strlen("sha256:"), arena);
}

/* The reference that the user gave, without tag and digest. */
static const char *source_name(const char *input, struct arena *arena)
{
	const char *slash, *colon;
	char *name = input ? arena_strndup(arena, input, strcspn(input, "@")) : NULL;

	if (!name)
		return NULL;
	slash = strrchr(name, '/');
	colon = strchr(slash ? slash : name, ':');
	if (colon)
		name[colon - name] = '\0';
	return name;
}

int scanner_ask_grype(struct asked_list *list, const cJSON *report, struct arena *arena)
{
	const cJSON *target = json_object(json_object(report, "source"), "target"), *item;
	const char *name = source_name(json_string(target, "userInput"), arena);
	int r = 0;

	cJSON_ArrayForEach(item, json_array(target, "tags"))
	{
		if (r == 0 && cJSON_IsString(item) && *item->valuestring)
			r = ask_tag(list, item->valuestring, name, arena);
	}
	cJSON_ArrayForEach(item, json_array(target, "repoDigests"))
	{
		if (r == 0 && cJSON_IsString(item) && *item->valuestring)
			r = ask_digest(list, item->valuestring, arena);
	}
	return r;
}

int scanner_ask_trivy(struct asked_list *list, const cJSON *report, struct arena *arena)
{
	const cJSON *metadata = json_object(report, "Metadata");
	const cJSON *digests = json_array(metadata, "RepoDigests");
	const char *first = cJSON_GetStringValue(cJSON_GetArrayItem(digests, 0));
	const char *type = json_string(report, "ArtifactType");
	const char *arch = json_string(json_object(metadata, "ImageConfig"), "architecture");
	const char *keys[2], *values[2];
	struct purl purl = { .type = "oci", .keys = keys, .values = values };
	struct reference ref;
	char *name;

	if (!first || (type && strcmp(type, "container_image")) ||
	    !read_reference(&ref, first, arena))
		return 0;
	name = arena_strdup(arena, ref.name);
	if (!name)
		return -ENOMEM;
	for (char *c = name; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	purl.name = name;
	purl.version = ref.digest;
	if (arch && *arch) {
		keys[purl.qualifier_count] = "arch";
		values[purl.qualifier_count++] = arch;
	}
	keys[purl.qualifier_count] = "repository_url";
	values[purl.qualifier_count++] = ref.repository;
	return ask_purl(list, purl, arena);
}
