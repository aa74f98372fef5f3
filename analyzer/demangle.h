/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * demangle.h — the names of functions as people write them: crate::module::Type::function, ns::Class::method.
 *
 * Rust's legacy scheme and its v0 (RFC 2603) are read here; C++ (Itanium ABI) by libiberty. Without hashes, and for C++
 * without parameters. All three are bounded: length in and out, depth, and steps.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define DEMANGLE_IN_MAX 16384u /* for C++ 1024: libiberty's own limit */
#define DEMANGLE_OUT_MAX 65536u

enum mangling {
	MANGLING_NONE, /* a plain name, or one that could not be read */
	MANGLING_RUST_LEGACY,
	MANGLING_RUST_V0,
	MANGLING_CPP,
};

/* Writes the readable name, with its end, to ret; "" when it is MANGLING_NONE, or when it does not fit into size. */
enum mangling demangle(char *ret, size_t size, const char *name);
/* Does the name look as if it were mangled, even if demangle cannot read it? */
bool demangle_looks_mangled(const char *name);
