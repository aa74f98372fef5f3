// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* image.c — an image reference becomes a merged root on disk. */
#include "analyzer/image.h"

#include <limits.h>
#include <sys/stat.h>

#include "analyzer/child.h"
#include "analyzer/json.h"

#define REF_BYTES (PATH_MAX + 64)

void image_free(struct image *image)
{
	if (!image)
		return;
	if (image->dir)
		(void)janitor_remove(image->dir);
	janitor_dismiss(&image->janitor);
	for (size_t i = 0; i < image->digest_count; i++)
		free(image->digests[i]);
	free(image->rootfs);
	free(image->dir);
	free(image);
}

static bool exists_in(const char *dir, const char *name)
{
	char path[REF_BYTES];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return access(path, F_OK) == 0;
}

/* Which of the two kinds of archive a file is: an OCI one has the member "oci-layout". tar says what is in it. */
static int archive_transport(const char *path, const char **ret, struct err *err)
{
	const char *const argv[] = { "tar", "-tf", path, NULL };
	_cleanup_free_ char *list = NULL;
	int r = child_run(argv, &list, err);

	if (r < 0)
		return err_prefix(err, r, "image '%s' is no tar archive", path);
	*ret = strstr(list, "oci-layout") ? "oci-archive" : "docker-archive";
	return 0;
}

static bool has_transport(const char *ref)
{
	static const char *const known[] = { "oci:",    "oci-archive:", "docker-archive:",
					     "docker:", "dir:",         "containers-storage:" };

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strncmp(ref, known[i], strlen(known[i])))
			return true;
	return false;
}

/* The reference as skopeo wants it, with its transport. */
static int full_reference(char full[REF_BYTES], const char *ref, struct err *err)
{
	const char *transport = "docker";
	struct stat st;
	int r = 0, n;

	if (has_transport(ref))
		transport = NULL;
	else if (stat(ref, &st) == 0 && S_ISDIR(st.st_mode) && exists_in(ref, "oci-layout"))
		transport = "oci";
	else if (stat(ref, &st) == 0 && S_ISDIR(st.st_mode))
		return err_set(err, EINVAL,
			       "'%s' is a directory without 'oci-layout': for a root use --rootfs",
			       ref);
	else if (stat(ref, &st) == 0)
		r = archive_transport(ref, &transport, err);
	else if (*ref == '/' || *ref == '.')
		return err_sys(err, errno, "image '%s'", ref);
	if (r < 0)
		return r;
	n = snprintf(full, REF_BYTES, "%s%s%s%s", transport ? transport : "", transport ? ":" : "",
		     transport && !strcmp(transport, "docker") ? "//" : "", ref);
	return n >= REF_BYTES ? err_set(err, ENAMETOOLONG, "the image reference is too long") : 0;
}

static int keep_digest(struct image *image, const char *digest)
{
	size_t hex =
	    digest && !strncmp(digest, "sha256:", 7) ? strspn(digest + 7, "0123456789abcdef") : 0;
	char *kept;

	if (hex != 64)
		return 0;
	kept = strndup(digest, 7 + 64);
	if (!kept)
		return -ENOMEM;
	if (image->digest_count && !strcmp(image->digests[0], kept)) {
		free(kept);
		return 0;
	}
	image->digests[image->digest_count++] = kept;
	return 0;
}

/* The platform manifest is what the layout we copied to names; the reference itself may have named an index. */
static int read_digests(struct image *image, const char *full, struct err *err)
{
	const char *const argv[] = { "skopeo", "inspect", "--format", "{{.Digest}}", full, NULL };
	_cleanup_(cJSON_Deletep) cJSON *index = NULL;
	_cleanup_free_ char *named = NULL;
	char path[REF_BYTES];
	int r;

	snprintf(path, sizeof(path), "%s/layout/index.json", image->dir);
	r = json_load(&index, path, err);
	if (r < 0)
		return r;
	if (keep_digest(image, json_string(cJSON_GetArrayItem(json_array(index, "manifests"), 0),
					   "digest")) < 0)
		return err_oom(err);
	if (child_run(argv, &named, NULL) < 0)
		return 0; /* an archive has no digest of its own */
	return keep_digest(image, named) < 0 ? err_oom(err) : 0;
}

/* The agent keeps what it has unpacked, by digest, where only its user can write (agent/image_cache.h): what runs from there is
 * what is to be read. Else NULL. */
static char *unpacked_before(const struct image *image)
{
	const char *home = getenv("XDG_CACHE_HOME");
	char *root = NULL;
	struct stat st;

	if (!image->digest_count ||
	    asprintf(&root, "%s/vexxy", home && *home == '/' ? home : "/var/cache") < 0)
		return NULL;
	if (stat(root, &st) < 0 || st.st_uid != geteuid() || (st.st_mode & 022)) {
		free(root);
		return NULL;
	}
	free(root);
	if (asprintf(&root, "%s/vexxy/sha256-%s/rootfs", home && *home == '/' ? home : "/var/cache",
		     image->digests[0] + 7) < 0)
		return NULL;
	if (stat(root, &st) == 0 && S_ISDIR(st.st_mode))
		return root;
	free(root);
	return NULL;
}

static int copy_and_unpack(struct image *image, const char *full, struct err *err)
{
	char layout[REF_BYTES], bundle[REF_BYTES], tagged[REF_BYTES];
	const char *const copy[] = { "skopeo", "copy", "--quiet", full, layout, NULL };
	const char *const unpack[] = { "umoci", "unpack", "--image",
				       tagged,  bundle,   geteuid() ? "--rootless" : NULL,
				       NULL };
	int r;

	snprintf(layout, sizeof(layout), "oci:%s/layout:image", image->dir);
	snprintf(tagged, sizeof(tagged), "%s/layout:image", image->dir);
	snprintf(bundle, sizeof(bundle), "%s/bundle", image->dir);
	r = child_run(copy, NULL, err);
	if (r < 0)
		return err_prefix(err, r, "image '%s' cannot be had", full);
	r = read_digests(image, full, err);
	if (r < 0)
		return r;
	image->rootfs = unpacked_before(image);
	if (image->rootfs)
		return 0;
	r = child_run(unpack, NULL, err);
	if (r < 0)
		return err_prefix(err, r, "image '%s' cannot be unpacked", full);
	return asprintf(&image->rootfs, "%s/bundle/rootfs", image->dir) < 0 ? err_oom(err) : 0;
}

int image_unpack(struct image **ret, const char *ref, struct err *err)
{
	_cleanup_(image_freep) struct image *image = calloc(1, sizeof(*image));
	const char *tmp = getenv("TMPDIR");
	char full[REF_BYTES];
	int r;

	if (!image ||
	    asprintf(&image->dir, "%s/vexxy-image.XXXXXX", tmp && *tmp ? tmp : "/tmp") < 0)
		return err_oom(err);
	r = full_reference(full, ref, err);
	if (r < 0) {
		free(image->dir);
		image->dir = NULL;
		return r;
	}
	if (!mkdtemp(image->dir)) {
		r = err_sys(err, errno, "cannot make '%s'", image->dir);
		free(image->dir);
		image->dir = NULL;
		return r;
	}
	janitor_hire(&image->janitor, image->dir);
	r = copy_and_unpack(image, full, err);
	if (r < 0)
		return r;
	*ret = take_ptr(image);
	return 0;
}
