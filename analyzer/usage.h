/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * usage.h — traces × inventory: which files of the image were used, and how.
 *
 * What counts (DESIGN section 5):
 *   code      a file was executed, run as a script, mapped as code, or it is code (nature.h) and was opened for reading
 *   touched   any other file was opened for reading. That makes no code run, yet it may be a sign of use that was not seen
 *             otherwise (configuration of a library that is compiled in elsewhere), so it stands in the way of "never used"
 *   harmless  package databases and documentation were read; anything was opened for writing only, with O_PATH, or is
 *             a directory; an open failed
 * A file is found by its path; by its build-id where the path is not that of a file of the image; by the end of the path
 * where the trace has only that, or only the name that was passed (then the observation is not certain, and never less than "touched"). Byte code of Python
 * stands for its source. What ran also ran under every other path with its build-id: a copy is the same code. A link is touched when the program that it leads to was executed, or when that is code of nobody's.
 */
#pragma once

#include "analyzer/incidence.h"
#include "analyzer/inventory.h"
#include "analyzer/trace.h"

enum use_class { USE_CLASS_NONE, USE_CLASS_HARMLESS, USE_CLASS_TOUCHED, USE_CLASS_CODE };

struct file_usage {
	enum use_class class;
	size_t trace;                /* where that class, at its strongest, was first seen */
	const struct trace_use *use; /* NULL when never used */
	size_t first_trace;          /* the first use that is not harmless */
	const struct trace_use *first;
	struct sightings sightings; /* units in which it was used so, over all traces (window.h) */
	bool at_start;              /* one of them is the start of a run that is cut into units */
	bool executed;              /* as a program, script or interpreter of programs */
	bool written;   /* opened for writing: its content may not be what the inventory knows */
	bool mismatch;  /* mapped with another build-id than the inventory's */
	bool uncertain; /* only found by the end of a path */
	bool copied;    /* not the file itself was used, but a copy of it */
	bool witnessed_run; /* a second observer saw it executed, whatever the traces saw */
	bool
	    witnessed; /* a second observer saw its code in use, and the traces did not (witness.h) */
};

/* Code that ran and that no file of the inventory explains: anything may be in it. */
struct stray {
	size_t trace;
	const struct trace_use *use;
};

#define STRAYS_MAX 1000u

struct usage {
	struct arena *arena;
	struct file_usage *files; /* one per file of the inventory */
	size_t *copies;           /* per file: the next one with its build-id, in a ring */
	struct stray *strays;     /* in the order of the traces, at most STRAYS_MAX */
	size_t stray_count;
	uint64_t strays_running; /* all of them */
	uint64_t strays_read;    /* opens for reading that may have been of any file of the image */
};

/* Borrows the inventory and the traces. */
_must_check_ int usage_collect(struct usage **ret, const struct inventory *inv,
			       struct trace *const *traces, size_t trace_count, struct err *err);
void usage_free(struct usage *usage);
DEFINE_CLEANUP(struct usage *, usage_free)

/* The strongest class over the package's files; the file that shows it in *file (INVENTORY_NONE when none). */
enum use_class usage_of_package(const struct usage *usage, const struct package *package,
				size_t *file);
/* Was the file run or mapped as code (not just opened)? */
bool use_runs(enum use_kind kind);
