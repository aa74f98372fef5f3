// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_trace.c — any bytes as a trace, plain or gzip: loaded or refused with a reason, and every record can be shown. */
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analyzer/trace_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void show(const char *path, FILE *out)
{
	_cleanup_(trace_reader_closep) struct trace_reader *reader = NULL;
	enum trace_kind kind;
	struct err err = {};
	cJSON *record;

	if (trace_reader_open(&reader, path, &err) < 0)
		return;
	trace_text_header(out, trace_reader_header(reader), false);
	while (trace_reader_next(reader, &record, &kind, &err) > 0) {
		trace_text_record(out, record, kind, true);
		cJSON_Delete(record);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char header[] = "{\"vexxy_trace\":\"1.0\"}\n";
	_cleanup_close_ int fd = memfd_create("trace", MFD_CLOEXEC);
	_cleanup_fclose_ FILE *out = fopen("/dev/null", "w");
	_cleanup_(trace_freep) struct trace *trace = NULL;
	struct err err = {};
	char path[64];

	if (fd < 0 || !out)
		return 0;
	/* Half of the inputs begin with a good header, to come further. */
	if (size && data[0] & 1 && data[0] != 0x1f && write(fd, header, sizeof(header) - 1) < 0)
		return 0;
	if (write(fd, data, size) < 0)
		return 0;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	show(path, out);
	if (trace_load(&trace, path, &err) < 0)
		return err.text[0] ? 0 : (__builtin_trap(), 0);
	trace_stats_text(out, trace);
	cJSON_Delete(trace_stats_document(trace));
	return 0;
}
