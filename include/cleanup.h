/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* cleanup.h — ownership where a variable is declared, contracts the compiler can enforce. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _must_check_ __attribute__((warn_unused_result))
#define _printf_(fmt, args) __attribute__((format(printf, fmt, args)))
#define _nonnull_all_ __attribute__((nonnull))
#define _unused_ __attribute__((unused))
#define _cleanup_(fn) __attribute__((cleanup(fn)))

/* Defines fn##p(), which frees what the variable holds when its scope ends. */
#define DEFINE_CLEANUP(type, fn)                     \
	static inline _unused_ void fn##p(type *ptr) \
	{                                            \
		if (*ptr)                            \
			fn(*ptr);                    \
	}

/* Moves ownership out of a variable, leaving NULL (or -1) behind. */
#define take_ptr(ptr)                               \
	({                                          \
		__typeof__(ptr) *_take_p = &(ptr);  \
		__typeof__(ptr) _take_v = *_take_p; \
		*_take_p = NULL;                    \
		_take_v;                            \
	})

static inline int take_fd(int *fd)
{
	int v = *fd;

	*fd = -1;
	return v;
}

static inline void cleanup_free(void *ptr)
{
	free(*(void **)ptr);
}
#define _cleanup_free_ _cleanup_(cleanup_free)

static inline void cleanup_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
#define _cleanup_close_ _cleanup_(cleanup_close)

static inline void cleanup_fclose(FILE **file)
{
	if (*file)
		fclose(*file);
}
#define _cleanup_fclose_ _cleanup_(cleanup_fclose)
