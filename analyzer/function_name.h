/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * function_name.h — is this symbol the function that an advisory names?
 *
 * Advisories name functions as people write them; symbols carry generics, trait impls, closures and clones. Two questions
 * want two answers: only EXACT and PART say that the function is there or ran; only NONE says that it is not this one.
 */
#pragma once

#include <stdbool.h>

#define FUNCTION_NAME_MAX 65536u /* longer ones are LIKELY: they are not read */

enum language { LANGUAGE_C, LANGUAGE_CPP, LANGUAGE_RUST, LANGUAGE_GO };

enum name_match {
	NAME_NONE,
	NAME_LIKELY, /* the same function under another path, or a namesake: not to be told apart by names */
	NAME_PART, /* code of the function: a closure in it, a clone of it, a cold part */
	NAME_EXACT,
};

/* What an advisory names. */
struct function_name {
	enum language language;
	/* Go: the import path. Others: NULL. */
	const char *package;
	/* C: "name"; C++: "ns::Class::method", without parameters; Rust: "crate::mod::Type::fn", "<Type as Trait>::fn";
	 * Go: "Func", "Recv.Method". Generics in it are ignored. */
	const char *name;
	/* Go: the import path of the program's package main, which symbols call "main"; or NULL. */
	const char *main_package;
};

/* `symbol`: as it stands in the file, mangled or not, without its version. */
enum name_match function_name_match(const struct function_name *wanted, const char *symbol);
