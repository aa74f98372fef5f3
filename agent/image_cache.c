// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* image_cache.c — images, unpacked once each. */
#include "agent/image_cache.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include <zlib.h>

#include "agent/root_file.h"

#define TAR_BLOCK 512
#define TAR_MEMBERS_MAX 100000
#define LAYOUT_TAG "image"

static int join(char ret[PATH_MAX], const char *dir, const char *name, struct err *err)
{
	int n = snprintf(ret, PATH_MAX, "%s/%s", dir, name);

	return n < 0 || n >= PATH_MAX ? err_set(err, ENAMETOOLONG, "the path '%s' is too long", dir)
				      : 0;
}

static void gz_close(gzFile file)
{
	gzclose(file);
}
DEFINE_CLEANUP(gzFile, gz_close)

/* Looks only at names: an OCI archive has the member "oci-layout", one of docker has not. -EINVAL for what is no tar. */
static int archive_transport(const char **ret, const char *path, struct err *err)
{
	_cleanup_(gz_closep) gzFile tar = gzopen(path, "rbe");
	char block[TAR_BLOCK];
	unsigned int members = 0;

	if (!tar)
		return err_sys(err, errno, "image '%s'", path);
	*ret = "docker-archive:";
	while (members < TAR_MEMBERS_MAX && gzread(tar, block, TAR_BLOCK) == TAR_BLOCK && *block) {
		const char *name = !strncmp(block, "./", 2) ? block + 2 : block;
		char size[13] = "";

		if (memcmp(block + 257, "ustar", 5) != 0)
			break;
		if (!strncmp(name, "oci-layout", 100))
			*ret = "oci-archive:";
		memcpy(size, block + 124, 12);
		members++;
		if (gzseek(tar,
			   (z_off_t)((strtoull(size, NULL, 8) + TAR_BLOCK - 1) / TAR_BLOCK *
				     TAR_BLOCK),
			   SEEK_CUR) < 0)
			break;
	}
	if (!members)
		return err_set(
		    err, EINVAL,
		    "image '%s' is neither an archive nor a directory with an OCI layout", path);
	return 0;
}

static bool has_transport(const char *ref)
{
	static const char *const known[] = {
		"oci:", "oci-archive:",  "docker-archive:", "docker:", "containers-storage:",
		"dir:", "docker-daemon:"
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strncmp(ref, known[i], strlen(known[i])))
			return true;
	return false;
}

int image_reference(char ret[PATH_MAX], const char *ref, struct err *err)
{
	const char *transport = "docker://";
	char layout[PATH_MAX];
	struct stat st;
	int r = 0, n;

	if (has_transport(ref)) {
		n = snprintf(ret, PATH_MAX, "%s", ref);
		return n < PATH_MAX ? 0
				    : err_set(err, ENAMETOOLONG, "the image reference is too long");
	}
	if (stat(ref, &st) == 0 && S_ISDIR(st.st_mode)) {
		r = join(layout, ref, "oci-layout", err);
		if (r == 0 && access(layout, F_OK) < 0)
			return err_set(err, EINVAL,
				       "'%s' is a directory without 'oci-layout': give a root "
				       "directory as --rootfs",
				       ref);
		transport = "oci:";
	} else if (stat(ref, &st) == 0) {
		r = archive_transport(&transport, ref, err);
	} else if (*ref == '/' || *ref == '.') {
		return err_sys(err, errno, "image '%s'", ref);
	}
	if (r < 0)
		return r;
	n = snprintf(ret, PATH_MAX, "%s%s", transport, ref);
	return n < PATH_MAX ? 0 : err_set(err, ENAMETOOLONG, "the image reference is too long");
}

/* $XDG_CACHE_HOME/vexxy, or /var/cache/vexxy; made when it is not there. */
static int cache_dir(char ret[PATH_MAX], struct err *err)
{
	const char *home = getenv("XDG_CACHE_HOME");
	struct stat st;
	int r = join(ret, home && *home == '/' ? home : "/var/cache", "vexxy", err);

	if (r < 0)
		return r;
	if (home && *home == '/')
		(void)mkdir(home, 0700);
	if (mkdir(ret, 0700) < 0 && errno != EEXIST)
		return err_sys(err, errno, "cannot make the cache '%s'", ret);
	if (lstat(ret, &st) < 0 || !S_ISDIR(st.st_mode) || st.st_uid != geteuid() ||
	    (st.st_mode & 022))
		return err_set(err, EPERM,
			       "the cache '%s' is not a directory that only we can write to", ret);
	return 0;
}

static int need_program(const char *name, struct err *err)
{
	return helper_is_installed(name)
		   ? 0
		   : err_set(err, ENOENT, "no '%s' here: install %s to run images", name, name);
}

static int copy_layout(const char *ref, const char *dir, const struct helpers *helpers,
		       struct err *err)
{
	char target[PATH_MAX + 32];
	const char *const argv[] = { "skopeo", "copy", "--quiet", ref, target, NULL };

	snprintf(target, sizeof(target), "oci:%s/layout:" LAYOUT_TAG, dir);
	return helper_run(helpers, argv, NULL, 0, err);
}

/* What unpacks a stranger's archive is given what owners, modes and devices of files need, and no network. */
#define FEWER_RIGHTS                                                                      \
	"unshare", "--net", "--ipc", "--", "setpriv", "--no-new-privs", "--bounding-set", \
	    "-all,+chown,+dac_override,+fowner,+fsetid,+mknod,+setfcap,+setuid,+setgid",  \
	    "--inh-caps", "-all", "--"

#define FEWER_RIGHTS_WORDS (sizeof((const char *const[]){ FEWER_RIGHTS }) / sizeof(char *))

static int unpack_layout(const char *dir, const struct helpers *helpers, struct err *err)
{
	char layout[PATH_MAX + 32], rootfs[PATH_MAX + 32];
	const char *const argv[] = { FEWER_RIGHTS, "umoci", "raw",  "unpack",
				     "--image",    layout,  rootfs, NULL };
	bool can_have_fewer = helper_is_installed("unshare") && helper_is_installed("setpriv");
	int r;

	snprintf(layout, sizeof(layout), "%s/layout:" LAYOUT_TAG, dir);
	snprintf(rootfs, sizeof(rootfs), "%s/rootfs", dir);
	r = helper_run(helpers, can_have_fewer ? argv : argv + FEWER_RIGHTS_WORDS, NULL, 0, err);
	return r < 0 ? err_prefix(err, r, "umoci") : 0;
}

static int read_blob(char **ret, size_t *ret_len, int layout_fd,
		     const char digest[IMAGE_DIGEST_BYTES], struct err *err)
{
	char path[IMAGE_DIGEST_BYTES + 16];
	int r;

	snprintf(path, sizeof(path), "blobs/sha256/%.64s", digest + strlen("sha256:"));
	r = root_file_read(ret, ret_len, layout_fd, path, IMAGE_DOCUMENT_BYTES_MAX);
	return r < 0 ? err_sys(err, -r, "the image's '%s'", path) : 0;
}

/* The manifest's digest, and the configuration's text. */
static int read_layout(char digest[IMAGE_DIGEST_BYTES], char **ret_config, size_t *ret_len,
		       int layout_fd, struct err *err)
{
	_cleanup_free_ char *index = NULL, *manifest = NULL;
	char config[IMAGE_DIGEST_BYTES];
	size_t len;
	int r = root_file_read(&index, &len, layout_fd, "index.json", IMAGE_DOCUMENT_BYTES_MAX);

	if (r < 0)
		return err_sys(err, -r, "the image's 'index.json'");
	r = image_index_parse(digest, index, len, err);
	if (r == 0)
		r = read_blob(&manifest, &len, layout_fd, digest, err);
	if (r == 0)
		r = image_manifest_parse(config, manifest, len, err);
	return r < 0 ? r : read_blob(ret_config, ret_len, layout_fd, config, err);
}

static int write_file(const char *dir, const char *name, const char *text, size_t len,
		      struct err *err)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];
	int r = join(path, dir, name, err);

	if (r < 0)
		return r;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, text, len) != (ssize_t)len)
		return err_sys(err, errno, "cannot write '%s'", path);
	return 0;
}

static int drop_tree(const struct helpers *helpers, const char *path)
{
	const char *const argv[] = { "rm", "-rf", "--one-file-system", "--", path, NULL };

	return helper_run(helpers, argv, NULL, 0, NULL);
}

static int load_entry(struct cached_image *image, const char *entry, struct err *err)
{
	_cleanup_close_ int fd = open(entry, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_free_ char *config = NULL;
	size_t len;
	int r;

	if (fd < 0)
		return err_sys(err, errno, "cannot open '%s'", entry);
	r = root_file_read(&config, &len, fd, "config.json", IMAGE_DOCUMENT_BYTES_MAX);
	if (r < 0)
		return err_sys(err, -r, "cannot read '%s/config.json'", entry);
	r = join(image->rootfs, entry, "rootfs", err);
	return r < 0 ? r : image_config_parse(&image->config, config, len, err);
}

/* Makes the entry in the directory `made` and renames it; another agent that was faster is just as good. */
static int make_entry(const char *made, const char *entry, const char *config, size_t config_len,
		      const struct helpers *helpers, struct err *err)
{
	char layout[PATH_MAX];
	int r = unpack_layout(made, helpers, err);

	if (r == 0)
		r = write_file(made, "config.json", config, config_len, err);
	if (r == 0)
		r = join(layout, made, "layout", err);
	if (r < 0)
		return r;
	r = drop_tree(helpers, layout);
	if (r < 0)
		return err_set(err, -r, "cannot remove '%s'", layout);
	if (rename(made, entry) < 0 && errno != EEXIST && errno != ENOTEMPTY)
		return err_sys(err, errno, "cannot make '%s'", entry);
	return 0;
}

static int get_entry(struct cached_image *image, const char *ref, const char *cache,
		     const char *made, const struct helpers *helpers, struct err *err)
{
	_cleanup_close_ int layout_fd = -1;
	_cleanup_free_ char *config = NULL;
	char path[PATH_MAX], name[IMAGE_DIGEST_BYTES];
	size_t config_len = 0;
	int r = copy_layout(ref, made, helpers, err);

	if (r == 0)
		r = join(path, made, "layout", err);
	if (r < 0)
		return r;
	layout_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (layout_fd < 0)
		return err_sys(err, errno, "cannot open '%s'", path);
	r = read_layout(image->digest, &config, &config_len, layout_fd, err);
	if (r < 0)
		return r;
	memcpy(name, image->digest, sizeof(name));
	name[strlen("sha256")] = '-';
	r = join(path, cache, name, err);
	if (r == 0 && access(path, F_OK) < 0)
		r = make_entry(made, path, config, config_len, helpers, err);
	return r < 0 ? r : load_entry(image, path, err);
}

int image_cache_get(struct cached_image *ret, const char *ref, const struct helpers *helpers,
		    struct holdings *holdings, struct err *err)
{
	_cleanup_(image_cache_done) struct cached_image image = {};
	char full[PATH_MAX], cache[PATH_MAX], made[PATH_MAX];
	int r = need_program("skopeo", err);

	if (r == 0)
		r = need_program("umoci", err);
	if (r == 0)
		r = image_reference(full, ref, err);
	if (r == 0)
		r = cache_dir(cache, err);
	if (r == 0)
		r = join(made, cache, holdings->cgroup, err);
	if (r < 0)
		return r;
	memcpy(holdings->unfinished, made, sizeof(made));
	if (mkdir(made, 0700) < 0)
		return err_sys(err, errno, "cannot make '%s'", made);
	r = get_entry(&image, full, cache, made, helpers, err);
	/* Else, when we are interrupted, it is the guardian's. */
	if (drop_tree(helpers, made) == 0)
		*holdings->unfinished = '\0';
	if (r < 0)
		return err_prefix(err, r, "image '%s'", ref);
	*ret = image;
	image = (struct cached_image){};
	return 0;
}

void image_cache_done(struct cached_image *image)
{
	image_config_done(&image->config);
	*image = (struct cached_image){};
}
