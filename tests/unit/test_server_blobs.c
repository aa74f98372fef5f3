// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * What is kept by its digest, on every store there is a driver for: what holds on one holds on all. On a disk always; in an object
 * store where VEXXY_TEST_S3 names one, as ENDPOINT BUCKET KEY:SECRET (tests/e2e/server_s3.sh starts a real one).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "server/blobs.h"
#include "server/log.h"

#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define LARGE (20u << 20)

struct fixture {
	struct blobs *blobs;
	char dir[64], file[96], blobs_dir[96];
	char target[1024]; /* the words of VEXXY_TEST_S3 */
	struct s3_options s3;
	bool far;
};

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static void write_file(const char *path, const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), (ssize_t)len);
	close(fd);
}

static void find_store(struct fixture *f)
{
	char *endpoint, *bucket, *user, *rest = f->target;

	snprintf(f->target, sizeof(f->target), "%s", getenv("VEXXY_TEST_S3"));
	endpoint = strsep(&rest, " ");
	bucket = strsep(&rest, " ");
	user = strsep(&rest, " ");
	f->s3 = (struct s3_options){ endpoint, bucket, "us-east-1", f->dir + 5, user };
}

static int set_up(struct fixture *f)
{
	struct err err = {};

	assert_int_equal(log_configure("error", "text", &err), 0);
	snprintf(f->dir, sizeof(f->dir), "/tmp/vexxy-blobs.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->file, sizeof(f->file), "%s/file", f->dir);
	snprintf(f->blobs_dir, sizeof(f->blobs_dir), "%s/blobs", f->dir);
	return 0;
}

static int set_up_disk(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err = {};

	*state = f;
	set_up(f);
	assert_int_equal(blobs_open(&f->blobs, f->blobs_dir, "owner", NULL, &err), 0);
	return 0;
}

static int set_up_s3(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err = {};

	*state = f;
	set_up(f);
	f->far = true;
	find_store(f);
	if (blobs_open(&f->blobs, f->blobs_dir, "owner", &f->s3, &err) < 0)
		fail_msg("%s", err.text);
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	blobs_close(f->blobs);
	nftw(f->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(f);
	return 0;
}

static size_t files_in(const char *dir)
{
	DIR *stream = opendir(dir);
	struct dirent *entry;
	size_t n = 0;

	while (stream && (entry = readdir(stream)))
		n += entry->d_name[0] != '.';
	if (stream)
		closedir(stream);
	return n;
}

static void assert_content(struct fixture *f, const char *digest, const void *bytes, size_t len)
{
	_cleanup_free_ char *got = malloc(len + 1);
	uint64_t said = 0;
	struct err err = {};
	struct stat st;
	int fd = -1;

	assert_int_equal(blobs_get(&fd, &said, f->blobs, digest, &err), 0);
	assert_int_equal(said, len);
	assert_int_equal(fstat(fd, &st), 0);
	assert_int_equal(st.st_size, (off_t)len);
	for (size_t at = 0; at < len;) {
		ssize_t n = read(fd, got + at, len - at);

		assert_true(n > 0);
		at += (size_t)n;
	}
	assert_int_equal(lseek(fd, 0, SEEK_CUR), (off_t)len);
	if (len)
		assert_memory_equal(got, bytes, len);
	close(fd);
}

static void what_was_put_comes_back(void **state)
{
	struct fixture *f = *state;
	char digest[DIGEST_HEX_BYTES];
	uint64_t bytes = 0;
	struct err err = {};

	write_file(f->file, "abc", 3);
	for (int i = 0; i < 2; i++) { /* the same twice is kept once */
		assert_int_equal(blobs_put_file(digest, &bytes, f->blobs, f->file, &err), 0);
		assert_string_equal(digest, ABC);
		assert_int_equal(bytes, 3);
		assert_content(f, ABC, "abc", 3);
	}
	write_file(f->file, "", 0);
	assert_int_equal(blobs_put_file(digest, &bytes, f->blobs, f->file, &err), 0);
	assert_string_equal(digest, NOTHING);
	assert_content(f, NOTHING, "", 0);
	assert_int_equal(files_in(blobs_incoming(f->blobs)), 0);
	assert_int_equal(blobs_are_local(f->blobs), !f->far);
	assert_int_equal(blobs_check(f->blobs, &err), 0);
}

static void what_is_large_comes_back(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *bytes = malloc(LARGE);
	char digest[DIGEST_HEX_BYTES];
	uint64_t said = 0;
	struct err err = {};

	for (uint32_t i = 0, x = 1; i < LARGE; i++, x = x * 1664525 + 1013904223)
		bytes[i] = (char)(x >> 24);
	write_file(f->file, bytes, LARGE);
	assert_int_equal(blobs_put_file(digest, &said, f->blobs, f->file, &err), 0);
	assert_content(f, digest, bytes, LARGE);
}

static void an_upload_is_taken_over(void **state)
{
	struct fixture *f = *state;
	char path[160];
	struct err err = {};

	snprintf(path, sizeof(path), "%s/upload.1", blobs_incoming(f->blobs));
	write_file(path, "abc", 3);
	assert_int_equal(blobs_adopt(f->blobs, path, ABC, &err), 0);
	assert_int_equal(access(path, F_OK), -1);
	assert_content(f, ABC, "abc", 3);
}

static void a_file_is_made_of_a_content(void **state)
{
	struct fixture *f = *state;
	char digest[DIGEST_HEX_BYTES], path[96], text[8] = "";
	uint64_t bytes;
	struct err err = {};
	FILE *file;

	write_file(f->file, "abc", 3);
	assert_int_equal(blobs_put_file(digest, &bytes, f->blobs, f->file, &err), 0);
	snprintf(path, sizeof(path), "%s/copy", f->dir);
	assert_int_equal(blobs_export(f->blobs, ABC, path, &err), 0);
	file = fopen(path, "re");
	assert_int_equal(fread(text, 1, sizeof(text), file), 3);
	assert_string_equal(text, "abc");
	fclose(file);
	assert_true(blobs_export(f->blobs, ABC, path, &err) < 0); /* never over another file */
}

static void what_is_not_there_is_missed(void **state)
{
	struct fixture *f = *state;
	uint64_t bytes = 7;
	struct err err = {};
	int fd = -7;

	assert_int_equal(blobs_get(&fd, &bytes, f->blobs, NOTHING, &err), -EIO);
	assert_non_null(strstr(err.text, NOTHING));
	assert_int_equal(fd, -7);
	assert_int_equal(bytes, 7);
}

static void a_link_is_no_file(void **state)
{
	struct fixture *f = *state;
	char digest[DIGEST_HEX_BYTES], path[96];
	uint64_t bytes;
	struct err err = {};

	write_file(f->file, "abc", 3);
	snprintf(path, sizeof(path), "%s/link", f->dir);
	assert_int_equal(symlink(f->file, path), 0);
	assert_true(blobs_put_file(digest, &bytes, f->blobs, path, &err) < 0);
	assert_int_equal(files_in(blobs_incoming(f->blobs)), 0);
}

/* An object store is trusted with the bytes, not with their being right. */
static void another_content_under_the_name_is_refused(void **state)
{
	struct fixture *f = *state;
	char name[DIGEST_HEX_BYTES + 4];
	struct s3 *s3 = NULL;
	uint64_t bytes;
	struct err err = {};
	int fd;

	assert_int_equal(s3_open(&s3, &f->s3, &err), 0);
	write_file(f->file, "", 0);
	fd = open(f->file, O_RDONLY | O_CLOEXEC);
	snprintf(name, sizeof(name), "%.2s/%s", ABC, ABC);
	/* Signed as what it is, put where it does not belong. */
	assert_int_equal(s3_put(s3, name, fd, 0, NOTHING, &err), 0);
	close(fd);
	s3_close(s3);
	fd = -7;
	assert_int_equal(blobs_get(&fd, &bytes, f->blobs, ABC, &err), -EIO);
	assert_non_null(strstr(err.text, "the object store has another content"));
	assert_int_equal(fd, -7);
}

/* Also when it is as long. */
static void another_object_under_the_name_is_put_right(void **state)
{
	struct fixture *f = *state;
	char name[DIGEST_HEX_BYTES + 4], digest[DIGEST_HEX_BYTES], text[4] = "";
	struct s3 *s3 = NULL;
	uint64_t bytes;
	struct err err = {};
	int fd;

	assert_int_equal(s3_open(&s3, &f->s3, &err), 0);
	write_file(f->file, "abd", 3);
	fd = open(f->file, O_RDONLY | O_CLOEXEC);
	snprintf(name, sizeof(name), "%.2s/%s", ABC, ABC);
	digest_of(digest, "abd", 3);
	assert_int_equal(s3_put(s3, name, fd, 3, digest, &err), 0);
	close(fd);
	s3_close(s3);
	write_file(f->file, "abc", 3);
	assert_int_equal(blobs_put_file(digest, &bytes, f->blobs, f->file, &err), 0);
	assert_string_equal(digest, ABC);
	assert_int_equal(blobs_get(&fd, &bytes, f->blobs, ABC, &err), 0);
	assert_int_equal(read(fd, text, 3), 3);
	assert_string_equal(text, "abc");
	close(fd);
}

static void what_was_damaged_on_the_way_is_not_taken(void **state)
{
	struct fixture *f = *state;
	struct s3 *s3 = NULL;
	struct err err = {};
	int fd;

	assert_int_equal(s3_open(&s3, &f->s3, &err), 0);
	write_file(f->file, "abd", 3);
	fd = open(f->file, O_RDONLY | O_CLOEXEC);
	assert_true(s3_put(s3, "damaged", fd, 3, ABC, &err) < 0);
	close(fd);
	s3_close(s3);
}

static void a_wrong_secret_opens_nothing(void **state)
{
	struct fixture *f = *state;
	struct s3_options options = f->s3;
	struct blobs *blobs = NULL;
	char user[256];
	struct err err = {};

	snprintf(user, sizeof(user), "%sx", options.user);
	options.user = user;
	assert_int_equal(blobs_open(&blobs, f->blobs_dir, "owner", &options, &err), -EACCES);
	assert_null(blobs);
	assert_null(strstr(err.text, user));
	options = f->s3;
	options.bucket = "no-such-bucket";
	assert_true(blobs_open(&blobs, f->blobs_dir, "owner", &options, &err) < 0);
}

static void options_that_are_none_are_refused(void **state)
{
	static const struct s3_options good = { "https://s3.example.com", "bucket", "eu-1", "a/b",
						"K:S" };
	static const struct {
		struct s3_options options;
		const char *says;
	} cases[] = {
		{ { NULL, "bucket", "eu-1", "", "K:S" }, "endpoint" },
		{ { "ftp://host", "bucket", "eu-1", "", "K:S" }, "endpoint" },
		{ { "https://u:p@host", "bucket", "eu-1", "", "K:S" }, "endpoint" },
		{ { "https://host", NULL, "eu-1", "", "K:S" }, "bucket" },
		{ { "https://host", "a/b", "eu-1", "", "K:S" }, "bucket" },
		{ { "https://host", "bucket", "", "", "K:S" }, "region" },
		{ { "https://host", "bucket", "eu:1", "", "K:S" }, "region" },
		{ { "https://host", "bucket", "eu-1", "a b", "K:S" }, "prefix" },
		{ { "https://host", "bucket", "eu-1", "", NULL }, "credentials" },
		{ { "https://host", "bucket", "eu-1", "", ":S" }, "credentials" },
	};
	struct s3 *s3 = NULL;
	struct err err = {};

	(void)state;
	assert_int_equal(s3_open(&s3, &good, &err), 0);
	s3_close(s3);
	s3 = NULL;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(s3_open(&s3, &cases[i].options, &err), -EINVAL);
		assert_non_null(strstr(err.text, cases[i].says));
		assert_null(s3);
	}
}

#define ON(where, test)                                                      \
	{                                                                    \
#test " (" #where ")", test, set_up_##where, tear_down, NULL \
	}
#define EVERYWHERE(where)                                                               \
	ON(where, what_was_put_comes_back), ON(where, what_is_large_comes_back),        \
	    ON(where, an_upload_is_taken_over), ON(where, a_file_is_made_of_a_content), \
	    ON(where, what_is_not_there_is_missed), ON(where, a_link_is_no_file)

int main(void)
{
	const struct CMUnitTest here[] = {
		EVERYWHERE(disk),
		cmocka_unit_test(options_that_are_none_are_refused),
	};
	const struct CMUnitTest there[] = {
		EVERYWHERE(s3),
		ON(s3, another_content_under_the_name_is_refused),
		ON(s3, another_object_under_the_name_is_put_right),
		ON(s3, what_was_damaged_on_the_way_is_not_taken),
		ON(s3, a_wrong_secret_opens_nothing),
	};

	return getenv("VEXXY_TEST_S3") ? cmocka_run_group_tests(there, NULL, NULL)
				       : cmocka_run_group_tests(here, NULL, NULL);
}
