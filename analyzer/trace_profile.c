// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* trace_profile.c — a trace in Kubescape's own form. */
#include "analyzer/trace_profile.h"

#include "analyzer/arena.h"
#include "analyzer/json.h"
#include "kubescape-compat/profile.h"

const char *trace_profile_architecture(const struct trace *t)
{
	if (!t->machine)
		return NULL;
	return !strcmp(t->machine, "x86_64")    ? "amd64"
	       : !strcmp(t->machine, "aarch64") ? "arm64"
						: t->machine;
}

static bool is_utf8(const char *text)
{
	size_t len = strlen(text), n;

	for (size_t i = 0; i < len; i += n) {
		n = utf8_length(text + i, len - i);
		if (!n)
			return false;
	}
	return true;
}

/* What the kernel does by itself, for a script or an interpreter, is nothing that Kubescape has a place for. */
static bool has_place(enum use_kind kind)
{
	return kind == USE_EXEC || kind == USE_OPEN_READ || kind == USE_OPEN_WRITE ||
	       kind == USE_OPEN_PATH;
}

bool trace_profile_tells(const struct trace_use *use)
{
	return has_place(use->kind) && use->path && *use->path == '/' && !use->memfd &&
	       !use->unresolved && !use->truncated && !use->outside_root && is_utf8(use->path);
}

static int add_open(struct kube_profile *p, const struct trace_use *use)
{
	const char *flags[2];
	size_t n = 0;

	flags[n++] = use->kind == USE_OPEN_PATH    ? "O_PATH"
		     : use->kind == USE_OPEN_WRITE ? "O_WRONLY"
		     : use->writes                 ? "O_RDWR"
						   : "O_RDONLY";
	if (use->is_dir)
		flags[n++] = "O_DIRECTORY";
	return kube_profile_add_open(p, use->path, flags, n);
}

static int add_use(struct kube_profile *p, const struct trace_use *use)
{
	if (!trace_profile_tells(use))
		return 0;
	return use->kind == USE_EXEC ? kube_profile_add_exec(p, use->path, NULL, 0)
				     : add_open(p, use);
}

/* "registry.example/app:1.2" and a digest: "registry.example/app@sha256:…". */
static int add_image(struct kube_profile *p, const struct trace *t, struct arena *arena)
{
	const char *name = t->image ? t->image : "", *slash = strrchr(name, '/');
	size_t len = strcspn(slash ? slash : name, ":@") + (slash ? (size_t)(slash - name) : 0);

	p->image_tag = name;
	p->image_id = !t->image_digest ? name
		      : len ? arena_printf(arena, "%.*s@%s", (int)len, name, t->image_digest)
			    : t->image_digest;
	return p->image_id ? 0 : -ENOMEM;
}

static bool is_whole(const struct trace *t)
{
	return t->complete && t->began_first_exec && !trace_lost(t) && !t->capped &&
	       !t->miscounted && t->watched[TRACE_OPEN] && t->watched[TRACE_EXEC] &&
	       t->watched[TRACE_SYSCALLS];
}

static int fill(struct kube_profile *p, const struct trace *t, struct arena *arena)
{
	const char *architecture = trace_profile_architecture(t);
	int r = add_image(p, t, arena);

	for (size_t i = 0; i < t->use_count && r >= 0; i++)
		r = add_use(p, &t->uses[i]);
	for (size_t i = 0; i < t->syscall_count && r >= 0; i++)
		if (strncmp(t->syscalls[i], "compat:", 7))
			r = kube_texts_add(&p->syscalls, t->syscalls[i]);
	if (r >= 0 && architecture)
		r = kube_texts_add(&p->architectures, architecture);
	p->completion = is_whole(t) ? "complete" : "partial";
	p->status = "completed";
	return r;
}

cJSON *trace_profile_document(const struct trace *trace, const struct profile_identity *identity,
			      struct err *err)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	_cleanup_(kube_profile_done) struct kube_profile profile = { .instance_id =
									 identity->instance_id,
								     .wlid = identity->wlid };

	if (!arena || fill(&profile, trace, arena) < 0) {
		err_oom(err);
		return NULL;
	}
	kube_profile_settle(&profile);
	return kube_profile_write(&profile, err);
}
