// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* product.c — the name and the digests under which scanners know the image. */
#include "analyzer/product.h"

#include <ctype.h>
#include <string.h>

#include "include/array.h"

#define DIGESTS_MAX 16

static bool is_hex64(const char *text)
{
	size_t n = strspn(text, "0123456789abcdef");

	return n == 64 && text[n] == '\0';
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int product_add_digest(struct product *product, const char *digest, struct arena *arena,
		       struct err *err)
{
	const char *hex = strncmp(digest, "sha256:", 7) ? digest : digest + 7;
	char *text;

	if (!is_hex64(hex))
		return err_set(err, EINVAL,
			       "image digest '%.80s' is not sha256: and 64 lower-case hex digits",
			       digest);
	for (size_t i = 0; i < product->digest_count; i++)
		if (!strcmp(product->digests[i] + 7, hex))
			return 0;
	if (product->digest_count == DIGESTS_MAX)
		return err_set(err, E2BIG, "more than %d image digests", DIGESTS_MAX);
	if (!product->digests)
		product->digests = arena_alloc(arena, DIGESTS_MAX * sizeof(char *));
	text = arena_printf(arena, "sha256:%s", hex);
	if (!product->digests || !text)
		return err_oom(err);
	product->digests[product->digest_count++] = text;
	array_sort(product->digests, product->digest_count, sizeof(char *), compare_strings);
	return 0;
}

/* "oci:", "docker-archive:" … in front of a path; "docker://" in front of a reference. */
static const char *skip_transport(const char *ref, bool *is_path)
{
	static const char *const paths[] = { "oci:", "oci-archive:", "docker-archive:", "dir:" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		if (!strncmp(ref, paths[i], strlen(paths[i]))) {
			*is_path = true;
			return ref + strlen(paths[i]);
		}
	*is_path = *ref == '/' || *ref == '.';
	return strncmp(ref, "docker://", 9) ? ref : ref + 9;
}

const char *product_name_from_ref(const char *ref, struct arena *arena)
{
	bool is_path;
	const char *at = skip_transport(ref, &is_path), *slash, *end = at + strcspn(at, "@");
	const char *colon;
	char *name;

	while (end > at && end[-1] == '/')
		end--;
	slash = memrchr(at, '/', (size_t)(end - at));
	at = slash ? slash + 1 : at;
	colon = memchr(at, ':', (size_t)(end - at));
	end = colon ? colon : end;
	if (is_path && end - at > 4 && !strncmp(end - 4, ".tar", 4))
		end -= 4;
	if (end == at)
		return NULL;
	name = arena_strndup(arena, at, (size_t)(end - at));
	for (char *c = name; c && *c; c++)
		*c = isalnum((unsigned char)*c) || strchr("._-", *c) ? (char)tolower(*c) : '-';
	return name;
}

/* Does the first part of a reference name a registry? */
static bool is_registry(const char *text, size_t len)
{
	return memchr(text, '.', len) || memchr(text, ':', len) ||
	       (len == strlen("localhost") && !memcmp(text, "localhost", len));
}

const char *product_repository_from_ref(const char *ref, struct arena *arena)
{
	bool is_path, hub = false;
	const char *at = skip_transport(ref, &is_path), *slash, *end = at + strcspn(at, "@");
	const char *tag, *first;

	if (is_path)
		return NULL;
	slash = memrchr(at, '/', (size_t)(end - at));
	tag = memchr(slash ? slash : at, ':', (size_t)(end - (slash ? slash : at)));
	end = tag ? tag : end;
	first = memchr(at, '/', (size_t)(end - at));
	if (!strncmp(at, "docker.io/", 10) || !strncmp(at, "index.docker.io/", 16)) {
		at = first + 1;
		hub = true;
	} else if (!first || !is_registry(at, (size_t)(first - at))) {
		hub = !strncmp(ref, "docker://", 9); /* else it is not said whose it is */
		if (!hub)
			return NULL;
	}
	if (end == at || end[-1] == '/' ||
	    strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789._-/:") < (size_t)(end - at))
		return NULL;
	return arena_printf(arena, "%s%s%.*s", hub ? "index.docker.io/" : "",
			    hub && !memchr(at, '/', (size_t)(end - at)) ? "library/" : "",
			    (int)(end - at), at);
}

bool product_has_digest(const struct product *product, const char *digest)
{
	for (size_t i = 0; i < product->digest_count; i++)
		if (!strcmp(product->digests[i], digest))
			return true;
	return false;
}
