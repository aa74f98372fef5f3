// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* trace_writer.c — records into a trace file, in order of time. */
#include "agent/trace_writer.h"

#include <inttypes.h>
#include <string.h>

#include "agent/gzip_file.h"
#include "include/array.h"

/* More text than this does not wait: the older half is written at once. */
#define WAITING_BYTES_MAX (4u << 20)
/* Room for "t" and "late_ns". */
#define LINE_HEAD_BYTES 80

struct waiting {
	uint64_t t, order;
	size_t offset, len;
	enum trace_kind kind;
};

struct trace_writer {
	struct gzip_file *file;
	struct text line;          /* the record that is being made */
	struct text lines, sorted; /* text of those that wait; and the other half of a swap */
	struct waiting *items;
	size_t count, capacity;
	uint64_t order, last_t;
	uint64_t written[TRACE_KIND_COUNT], synced[TRACE_KIND_COUNT]; /* lines */
	uint64_t lost;
	int failure;
};

struct text *trace_writer_begin(struct trace_writer *writer)
{
	writer->line.len = 0;
	writer->line.failed = false;
	return &writer->line;
}

static int by_time(const void *a, const void *b)
{
	const struct waiting *x = a, *y = b;

	if (x->t != y->t)
		return x->t < y->t ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

static uint64_t sum(const uint64_t counts[TRACE_KIND_COUNT])
{
	uint64_t n = 0;

	for (int i = 0; i < TRACE_KIND_COUNT; i++)
		n += counts[i];
	return n;
}

/* The file is back at the last sync: what was written since then is lost. */
static void note_failure(struct trace_writer *writer, int failure)
{
	if (writer->failure)
		return;
	writer->failure = failure;
	writer->lost += sum(writer->written) - sum(writer->synced);
	memcpy(writer->written, writer->synced, sizeof(writer->written));
}

static void write_line(struct trace_writer *writer, const struct waiting *item)
{
	char head[LINE_HEAD_BYTES];
	uint64_t late = writer->last_t > item->t ? writer->last_t - item->t : 0;
	int n;

	if (writer->failure) {
		writer->lost++;
		return;
	}
	n = snprintf(head, sizeof(head), "{\"t\":%" PRIu64 ",", item->t + late);
	if (late)
		n += snprintf(head + n, sizeof(head) - (size_t)n, "\"late_ns\":%" PRIu64 ",", late);
	gzip_file_add(writer->file, head, (size_t)n);
	gzip_file_add(writer->file, writer->lines.data + item->offset, item->len);
	gzip_file_add(writer->file, "}\n", 2);
	writer->last_t = item->t + late;
	writer->written[item->kind]++;
}

/* Drops the first n items and moves the text of the others together. */
static void keep_rest(struct trace_writer *writer, size_t n)
{
	struct text swap = writer->lines;

	writer->sorted.len = 0;
	for (size_t i = n; i < writer->count; i++) {
		struct waiting *item = &writer->items[i];
		size_t at = writer->sorted.len;

		text_add(&writer->sorted, swap.data + item->offset, item->len);
		item->offset = at;
	}
	if (writer->sorted.failed) {
		/* No memory to keep them: they leave now, at worst out of order. */
		for (size_t i = n; i < writer->count; i++)
			writer->lost++;
		n = writer->count;
		writer->sorted.failed = false;
		writer->sorted.len = 0;
	}
	memmove(writer->items, writer->items + n, (writer->count - n) * sizeof(*writer->items));
	writer->count -= n;
	writer->lines = writer->sorted;
	writer->sorted = swap;
}

static void write_first(struct trace_writer *writer, size_t n)
{
	for (size_t i = 0; i < n; i++)
		write_line(writer, &writer->items[i]);
	keep_rest(writer, n);
}

static int sync_file(struct trace_writer *writer)
{
	int r;

	if (writer->failure)
		return writer->failure;
	r = gzip_file_sync(writer->file);
	if (r < 0)
		note_failure(writer, r);
	else
		memcpy(writer->synced, writer->written, sizeof(writer->synced));
	return r;
}

void trace_writer_commit(struct trace_writer *writer, enum trace_kind kind, uint64_t t)
{
	struct waiting *item = NULL;
	size_t at = writer->lines.len;

	if (!writer->line.failed && writer->line.len + LINE_HEAD_BYTES <= TRACE_LINE_BYTES_MAX)
		item = array_add(writer->items, writer->count, writer->capacity);
	if (item)
		text_add(&writer->lines, writer->line.data, writer->line.len);
	if (!item || writer->lines.failed) {
		writer->lines.failed = false;
		writer->count -= item ? 1 : 0;
		writer->lost++;
		return;
	}
	*item = (struct waiting){ t, writer->order++, at, writer->line.len, kind };
	if (writer->lines.len > WAITING_BYTES_MAX) {
		array_sort(writer->items, writer->count, sizeof(*writer->items), by_time);
		write_first(writer, writer->count / 2 + 1);
		(void)!sync_file(writer); /* remembered */
	}
}

int trace_writer_flush(struct trace_writer *writer, uint64_t until)
{
	size_t n = 0;

	if (writer->count == 0)
		return writer->failure;
	array_sort(writer->items, writer->count, sizeof(*writer->items), by_time);
	while (n < writer->count && writer->items[n].t <= until)
		n++;
	if (n == 0)
		return writer->failure;
	write_first(writer, n);
	return sync_file(writer);
}

const uint64_t *trace_writer_counts(const struct trace_writer *writer)
{
	return writer->written;
}

uint64_t trace_writer_lost(const struct trace_writer *writer)
{
	return writer->lost;
}

int trace_writer_settle(struct trace_writer *writer)
{
	return trace_writer_flush(writer, UINT64_MAX);
}

int trace_writer_finish(struct trace_writer *writer, const char *last_line)
{
	int r;

	if (writer->failure)
		gzip_file_retry(writer->file);
	gzip_file_add(writer->file, last_line, strlen(last_line));
	gzip_file_add(writer->file, "\n", 1);
	r = gzip_file_finish(writer->file);
	return writer->failure ? writer->failure : r;
}

int trace_writer_header(struct trace_writer *writer, const char *header)
{
	gzip_file_add(writer->file, header, strlen(header));
	gzip_file_add(writer->file, "\n", 1);
	return sync_file(writer);
}

int trace_writer_create(struct trace_writer **ret, const char *path, struct err *err)
{
	_cleanup_(trace_writer_closep) struct trace_writer *writer = calloc(1, sizeof(*writer));
	int r;

	if (!writer)
		return err_oom(err);
	r = gzip_file_create(&writer->file, path, err);
	if (r < 0)
		return r;
	*ret = take_ptr(writer);
	return 0;
}

void trace_writer_close(struct trace_writer *writer)
{
	if (!writer)
		return;
	gzip_file_close(writer->file);
	text_done(&writer->line);
	text_done(&writer->lines);
	text_done(&writer->sorted);
	free(writer->items);
	free(writer);
}
