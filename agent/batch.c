// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* batch.c — files of one container, on their way to the server. */
#include "agent/batch.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "agent/emit.h"
#include "include/array.h"

#define FILE_BYTES_MAX (512ull << 20)
#define FILES_MAX 8192

struct file {
	char *path;
	int fd; /* -1: not to be sent, or sent */
	const char *error;
	char digest[SHA256_HEX_BYTES];
	uint64_t bytes;
	unsigned mode;
};

struct batch {
	struct pod_member member;
	struct file *files;
	size_t count, capacity;
	uint64_t skipped;
	size_t held;                /* descriptors */
	size_t hashed, asked, sent; /* how far it is */
	bool listed;                /* the manifest, too */
};

static void drop(struct batch *batch, struct file *file)
{
	batch->held -= file->fd >= 0;
	cleanup_close(&file->fd);
	file->fd = -1;
}

void batch_free(struct batch *batch)
{
	if (!batch)
		return;
	for (size_t i = 0; i < batch->count; i++) {
		free(batch->files[i].path);
		cleanup_close(&batch->files[i].fd);
	}
	free(batch->files);
	free(batch);
}

size_t batch_held(const struct batch *batch)
{
	return batch->held;
}

static struct batch *find(struct batches *batches, const struct pod_member *member)
{
	struct batch *batch, **slot;

	for (size_t i = 0; i < batches->count; i++)
		if (!strcmp(batches->items[i]->member.uid, member->uid) &&
		    !strcmp(batches->items[i]->member.name, member->name))
			return batches->items[i];
	batch = calloc(1, sizeof(*batch));
	slot = batch ? array_add(batches->items, batches->count, batches->capacity) : NULL;
	if (!slot) {
		free(batch);
		return NULL;
	}
	batch->member = *member;
	*slot = batch;
	return batch;
}

int batches_add(struct batches *batches, const struct pod_member *member, const char *path, int fd)
{
	struct batch *batch = find(batches, member);
	struct file *file = NULL;

	if (batch && batch->count < FILES_MAX)
		file = array_add(batch->files, batch->count, batch->capacity);
	if (file) {
		*file = (struct file){ .path = strdup(path),
				       .fd = fd,
				       .error = fd < 0 ? "too many files wait" : NULL };
		if (file->path) {
			batch->held += fd >= 0;
			return 0;
		}
		batch->count--;
	}
	(*(batch ? &batch->skipped : &batches->skipped))++;
	cleanup_close(&fd);
	return -ENOMEM;
}

struct batch *batches_take(struct batches *batches, const struct pod_member *member,
			   uint64_t skipped)
{
	struct batch *batch = find(batches, member);

	for (size_t i = 0; batch && i < batches->count; i++)
		if (batches->items[i] == batch)
			batches->items[i] = batches->items[--batches->count];
	if (batch)
		batch->skipped += skipped + batches->skipped;
	return batch;
}

static void give_up(struct batch *batch, struct file *file, const char *error)
{
	file->error = error;
	drop(batch, file);
}

static void hash_one(struct batch *batch)
{
	struct file *file = &batch->files[batch->hashed++];
	struct stat st;
	int r;

	if (file->fd < 0)
		return;
	if (fstat(file->fd, &st) < 0) {
		give_up(batch, file, "cannot be read");
		return;
	}
	file->mode = st.st_mode & 07777;
	r = sha256_file(file->digest, &file->bytes, file->fd, FILE_BYTES_MAX);
	if (r < 0)
		give_up(batch, file, r == -EFBIG ? "is too large" : "cannot be read");
}

/* The next ones that are to be sent, at most DELIVERY_ASK_MAX of them: closes those that the server has. */
static int ask_some(struct batch *batch, struct delivery *delivery, struct err *err)
{
	const char *digests[DELIVERY_ASK_MAX];
	size_t index[DELIVERY_ASK_MAX], n = 0, at = batch->asked;
	bool lacks[DELIVERY_ASK_MAX];
	int r;

	for (; at < batch->count && n < DELIVERY_ASK_MAX; at++)
		if (batch->files[at].fd >= 0) {
			index[n] = at;
			digests[n++] = batch->files[at].digest;
		}
	r = n ? delivery_ask(lacks, delivery, digests, n, err) : 0;
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++)
		if (!lacks[i])
			drop(batch, &batch->files[index[i]]);
	batch->asked = at;
	return 0;
}

static int send_one(struct batch *batch, struct delivery *delivery, struct err *err)
{
	struct file *file = &batch->files[batch->sent];
	struct delivered content = { .member = &batch->member,
				     .kind = "file",
				     .bytes = file->bytes,
				     .fd = file->fd,
				     .by_pieces = true };
	int r = 0;

	if (file->fd >= 0) {
		memcpy(content.digest, file->digest, sizeof(content.digest));
		r = delivery_send(delivery, &content, err);
	}
	if (r == -EAGAIN || r > 0)
		return r;
	if (r < 0)
		give_up(batch, file, "the server did not take it");
	drop(batch, file);
	batch->sent++;
	return 0;
}

static void emit_manifest(struct text *out, const struct batch *batch)
{
	emit_open(out, NULL, '{');
	emit_string(out, "vexxy_manifest", "1.0");
	emit_string(out, "container", batch->member.name);
	emit_bool(out, "complete", !batch->skipped);
	emit_open(out, "files", '[');
	for (size_t i = 0; i < batch->count; i++) {
		const struct file *file = &batch->files[i];

		emit_open(out, NULL, '{');
		if (emit_bytes(out, "path", file->path, strlen(file->path)))
			emit_bool(out, "escaped", true);
		if (file->error) {
			emit_string(out, "error", file->error);
		} else {
			emit_string(out, "sha256", file->digest);
			emit_u64(out, "bytes", file->bytes);
			emit_u64(out, "mode", file->mode);
		}
		emit_close(out, '}');
	}
	emit_close(out, ']');
	emit_close(out, '}');
}

static int send_manifest(struct batch *batch, struct delivery *delivery, struct err *err)
{
	_cleanup_close_ int fd = memfd_create("manifest", MFD_CLOEXEC);
	struct delivered content = { .member = &batch->member, .kind = "manifest", .fd = fd };
	_cleanup_text_ struct text text = {};
	ssize_t n;
	int r;

	emit_manifest(&text, batch);
	if (text.failed || fd < 0)
		return err_oom(err);
	for (size_t done = 0; done < text.len; done += (size_t)n)
		if ((n = write(fd, text.data + done, text.len - done)) < 0)
			return err_sys(err, errno, "cannot write the list of files");
	r = sha256_file(content.digest, &content.bytes, fd, UINT64_MAX);
	r = r < 0 ? err_sys(err, -r, "cannot read the list of files")
		  : delivery_send(delivery, &content, err);
	batch->listed = r == 0;
	return r;
}

int batch_send(struct batch *batch, struct delivery *delivery, struct err *err)
{
	int r;

	if (batch->hashed < batch->count) {
		hash_one(batch);
		return 1;
	}
	r = batch->asked < batch->count  ? ask_some(batch, delivery, err)
	    : batch->sent < batch->count ? send_one(batch, delivery, err)
					 : send_manifest(batch, delivery, err);
	return r == 0 && !batch->listed ? 1 : r;
}
