// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_kube_profile.c — any document as Kubescape's profiles, chunks of them, or lists: read or refused, and what is read is written. */
#include <stdint.h>

#include "analyzer/json.h"
#include "analyzer/profile_start.h"
#include "kubescape-compat/pattern.h"
#include "kubescape-compat/profile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Whatever times, machines and programs it tells: it is of that start, or there is a reason. */
static void compare_start(const struct kube_profile *p)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct trace_use program = { .kind = USE_EXEC, .path = "/usr/sbin/nginx" };
	struct trace trace = { .start = "2026-08-24T09:00:00.1Z",
			       .machine = "x86_64",
			       .began_first_exec = true,
			       .uses = &program,
			       .use_count = 1 };
	struct trace *traces[] = { &trace };
	struct inventory inv = {};
	const char *why;

	if (profile_start_differs(&why, p, &inv, traces, 1, arena) < 0 || (why && !*why))
		__builtin_trap();
}

static void use(const struct kube_profile *p)
{
	struct err err = {};
	cJSON *tree = kube_profile_write(p, &err);

	if (!tree && !err.text[0])
		__builtin_trap();
	cJSON_Delete(tree);
	compare_start(p);
	for (size_t i = 1; i < p->open_count; i++)
		if (!kube_path_is_pattern(p->opens[i].path) &&
		    !kube_path_matches(p->opens[i].path, p->opens[i].path))
			__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(kube_objects_done) struct kube_objects objects = {};
	_cleanup_(kube_profiles_done) struct kube_profiles profiles = {};
	struct err err = {};
	cJSON *tree = NULL;

	if (json_parse(&tree, (const char *)data, size, &err) < 0)
		return 0;
	if (kube_objects_add(&objects, tree, &err) < 0 ||
	    kube_profiles_read(&profiles, &objects, &err) < 0)
		return err.text[0] ? 0 : (__builtin_trap(), 0);
	for (size_t i = 0; i < profiles.count; i++)
		use(&profiles.items[i]);
	return 0;
}
