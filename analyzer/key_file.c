// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* key_file.c — keys in files: what is secret is readable by its owner alone, and nothing is written over. */
#include "analyzer/key_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/key_author.h"

void secret_free(char *text)
{
	if (!text)
		return;
	explicit_bzero(text, strlen(text));
	free(text);
}

static int check_secret(const struct stat *st, const char *path, const char *what, struct err *err)
{
	if (!S_ISREG(st->st_mode))
		return err_set(err, EINVAL, "%s '%s' is no regular file", what, path);
	if (st->st_mode & (S_IRWXG | S_IRWXO))
		return err_set(err, EACCES,
			       "%s '%s' is open to others than its owner (mode %04o): it is no "
			       "secret; chmod 600 it, or make another one",
			       what, path, (unsigned)st->st_mode & 07777);
	return 0;
}

/* A small file into memory that is wiped later. */
static int read_secret(char **ret, const char *path, const char *what, struct err *err)
{
	bool is_stdin = !strcmp(path, KEY_FILE_STDIN);
	_cleanup_close_ int fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
					  : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	_cleanup_(secret_freep) char *text = NULL;
	size_t len = 0;
	struct stat st;
	ssize_t n = 1;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, errno, "cannot open %s '%s'", what, path);
	r = is_stdin && S_ISFIFO(st.st_mode) ? 0 : check_secret(&st, path, what, err);
	if (r < 0)
		return r;
	text = calloc(1, KEY_FILE_BYTES_MAX + 1);
	if (!text)
		return err_oom(err);
	while (n > 0 && len < KEY_FILE_BYTES_MAX) {
		n = read(fd, text + len, KEY_FILE_BYTES_MAX - len);
		len += n > 0 ? (size_t)n : 0;
	}
	if (n < 0)
		return err_sys(err, errno, "cannot read %s '%s'", what, path);
	if (len == KEY_FILE_BYTES_MAX)
		return err_set(err, EFBIG, "%s '%s' is over the limit of %u KiB", what, path,
			       KEY_FILE_BYTES_MAX >> 10);
	if (strlen(text) != len)
		return err_set(err, EBADMSG, "%s '%s' holds a NUL", what, path);
	*ret = take_ptr(text);
	return 0;
}

int passphrase_read(char **ret, const char *file, struct err *err)
{
	const char *given = getenv(PASSPHRASE_VARIABLE);
	_cleanup_(secret_freep) char *text = NULL;
	int r;

	if (file) {
		r = read_secret(&text, file, "the passphrase file", err);
		if (r < 0)
			return r;
		text[strcspn(text, "\r\n")] = '\0';
	} else if (given && !(text = strdup(given))) {
		return err_oom(err);
	}
	if (text && (!*text || strlen(text) > PASSPHRASE_BYTES_MAX))
		return err_set(err, EINVAL,
			       "the passphrase in %s is empty, or longer than %d bytes",
			       file ? file : PASSPHRASE_VARIABLE, PASSPHRASE_BYTES_MAX);
	*ret = take_ptr(text);
	return 0;
}

int key_file_load_private(struct key **ret, char **ret_author, const char *path,
			  const char *passphrase_file, struct err *err)
{
	_cleanup_(secret_freep) char *pem = NULL, *passphrase = NULL;
	_cleanup_free_ char *author = NULL;
	int r = read_secret(&pem, path, "the key", err);

	if (r == 0)
		r = passphrase_read(&passphrase, passphrase_file, err);
	if (r < 0)
		return r;
	r = key_author_parse(&author, pem, strlen(pem), err);
	if (r == 0)
		r = key_parse_private(ret, pem, strlen(pem), passphrase, err);
	if (r == -EACCES && !passphrase)
		return err_set(err, EACCES,
			       "the key '%s' is encrypted: give its passphrase by "
			       "--passphrase-file or " PASSPHRASE_VARIABLE,
			       path);
	if (r < 0)
		return err_prefix(err, r, "the key '%s'", path);
	*ret_author = take_ptr(author);
	return 0;
}

int key_file_load_public(struct key **ret, char **ret_author, const char *path, struct err *err)
{
	_cleanup_free_ char *author = NULL;
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char pem[KEY_FILE_BYTES_MAX];
	size_t len = 0;
	ssize_t n = 1;
	int r;

	if (fd < 0)
		return err_sys(err, errno, "cannot open the key '%s'", path);
	while (n > 0 && len < sizeof(pem)) {
		n = read(fd, pem + len, sizeof(pem) - len);
		len += n > 0 ? (size_t)n : 0;
	}
	if (n < 0)
		return err_sys(err, errno, "cannot read the key '%s'", path);
	r = key_author_parse(&author, pem, len, err);
	if (r == 0)
		r = key_parse_public(ret, pem, len, err);
	explicit_bzero(pem, len); /* in case it was the private one */
	if (r < 0)
		return err_prefix(err, r, "the key '%s'", path);
	*ret_author = take_ptr(author);
	return 0;
}

int key_file_create(const char *path, const char *text, unsigned mode, struct err *err)
{
	_cleanup_close_ int fd =
	    open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	size_t len = strlen(text);

	if (fd < 0 && errno == EEXIST)
		return err_set(err, EEXIST,
			       "'%s' is there already, and keys are never written over: name "
			       "another file",
			       path);
	if (fd < 0)
		return err_sys(err, errno, "cannot create '%s'", path);
	/* Whatever the umask adds or takes; on the disk before anything is signed with it. */
	if (fchmod(fd, mode) < 0 || write(fd, text, len) != (ssize_t)len ||
	    (fsync(fd) < 0 && errno != EINVAL)) {
		int code = errno ? errno : EIO;

		unlink(path);
		return err_sys(err, code, "cannot write '%s'", path);
	}
	return 0;
}
