/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* trace.h — reading trace files (include/trace_format.h): a stream of records, and what a whole file amounts to. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "analyzer/trace_functions.h"
#include "include/err.h"
#include "include/trace_format.h"

const char *trace_kind_name(enum trace_kind kind);
const char *trace_loss_name(enum trace_loss loss);
/* TRACE_KIND_COUNT and TRACE_LOSS_COUNT for what this reader does not know. */
enum trace_kind trace_kind_from_string(const char *name);
enum trace_loss trace_loss_from_string(const char *name);

struct trace_reader;

/* Opens a file and reads its header. -EPROTO for a newer major version, -EBADMSG for what is no trace, -ENODATA when there
 * is no whole first line (yet). */
_must_check_ int trace_reader_open(struct trace_reader **ret, const char *path, struct err *err);
void trace_reader_close(struct trace_reader *reader);
DEFINE_CLEANUP(struct trace_reader *, trace_reader_close)
const cJSON *trace_reader_header(const struct trace_reader *reader);
/* The next record (caller deletes): 1, or 0 at the end (complete or not), or < 0 with the line in the reason. Unknown kinds are
 * returned with kind TRACE_KIND_COUNT. A file that is still growing can be asked again after 0. */
_must_check_ int trace_reader_next(struct trace_reader *reader, cJSON **ret, enum trace_kind *kind,
				   struct err *err);
size_t trace_reader_line(const struct trace_reader *reader);
/* After 0: did the last line arrive? */
bool trace_reader_is_complete(const struct trace_reader *reader);

/* One use of a file, in the order of the trace. */
enum use_kind {
	USE_EXEC,
	USE_SCRIPT,
	USE_INTERPRETER,
	USE_MAP,
	USE_OPEN_READ,
	USE_OPEN_WRITE,
	USE_OPEN_PATH
};

#define TRACE_USES_MAX 2000000u
#define TRACE_FAILED_MAX 100000u

/* Records that say the same (kind, path, build-id, flags) are one use: t, pid, comm and line are of the first. t never falls from
 * one record to the next: a time that is not told, or lies before that of an earlier record, is the latest told so far. */
struct trace_use {
	enum use_kind kind;
	const char *path; /* bytes as in the file system; NULL only when `unresolved` or `memfd` */
	const char *comm, *build_id, *how;
	uint64_t t, pid, line;
	uint64_t count;
	struct trace_again again;
	bool deleted, truncated, outside_root, memfd, unresolved, is_dir;
	bool by_name; /* the path is what somebody named: what was found there was not told */
	bool writes;  /* USE_OPEN_READ that may write too */
};

struct trace_net {
	bool listen;
	bool failed;
	const char *family, *address;
	uint64_t port;
};

/* A whole trace in memory: what the analysis rests on. */
struct trace {
	struct arena *arena;
	const char *path, *digest; /* of the file, sha256 hex */
	const char *image, *image_digest, *container_id, *kernel, *machine, *agent, *backend,
	    *start, *boot_id, *cgroup_id;
	const char *isolation; /* what was between it and the kernel ("gvisor"); NULL: nothing */
	const char *level;     /* how far its evidence goes ("file"); NULL: to functions */
	bool began_first_exec; /* header: armed before the first instruction */
	bool complete;         /* the last line is there */
	const char *end_reason;
	int64_t exit_status; /* -1 when not known */
	int64_t
	    driver_status; /* of the program that exercised the workload; 0: it did, or there was none */
	const char
	    *recording; /* the same in two files of one recording; NULL when it does not tell */
	uint64_t boottime_ns; /* at its start; UINT64_MAX when it does not tell */
	uint64_t duration_ns, window_s;
	struct trace_use *uses;
	size_t use_count;
	const char **syscalls; /* sorted, unique; compat ones as "compat:open" */
	size_t syscall_count;
	struct trace_net *nets;
	size_t net_count;
	uint64_t nets_left_out; /* records of endpoints beyond those kept */
	struct trace_functions functions;
	const char *functions_identity; /* header: of the list of watched places, or NULL */
	uint64_t functions_listed;
	uint64_t counts[TRACE_KIND_COUNT + 1]; /* the last: what was not understood */
	uint64_t failed_opens;
	const char **
	    failed; /* the paths that were given to them (open and openat), sorted, unique; the first TRACE_FAILED_MAX */
	size_t failed_count;
	uint64_t losses[TRACE_LOSS_COUNT]; /* the larger of last line and sum of lost records */
	uint64_t unknown_losses;           /* causes this reader does not know */
	uint64_t
	    miscounted;  /* records that the last line counts and the file lacks, or the reverse */
	uint64_t capped; /* records of use left out by a bound (not fork, exit) */
	bool watched[TRACE_KIND_COUNT]; /* header: the kinds that were watched at all */
	uint64_t *unit_starts; /* t of each mark, ascending; the run itself is the first unit */
	bool *unit_is_window;  /* that mark began a time window of window_s */
	size_t unit_count;
	struct string_set
	    workload; /* "command JSON" of the header, "mark NAME" of each mark but windows */
};

/* The unit in which t lies: 0 before the first mark. */
size_t trace_unit_at(const struct trace *trace, uint64_t t);

_must_check_ int trace_load(struct trace **ret, const char *path, struct err *err);
void trace_free(struct trace *trace);
DEFINE_CLEANUP(struct trace *, trace_free)
/* Sum of the losses that may hide a use: all but map_full. */
uint64_t trace_lost(const struct trace *trace);
/* Did the workload end by itself, and with success, while it was being watched? */
bool trace_ended_well(const struct trace *trace);
/* Can it tell which code was mapped and ran? Without, no absence can be concluded, and no function's silence. */
bool trace_sees_code(const struct trace *trace);
