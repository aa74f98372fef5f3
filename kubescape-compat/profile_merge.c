// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* profile_merge.c — chunks of a series become one profile; what stands twice becomes one. */
#include "kubescape-compat/profile_merge.h"

#include <string.h>

#include "include/array.h"

#define FIRST_REPORT "0001-01-01 00:00:00 +0000 UTC" /* Go's zero time: there was none before */

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void settle_texts(struct kube_texts *t)
{
	size_t n = 0;

	array_sort(t->items, t->count, sizeof(*t->items), compare_texts);
	for (size_t i = 0; i < t->count; i++)
		if (!n || strcmp(t->items[n - 1], t->items[i]))
			t->items[n++] = t->items[i];
	t->count = n;
}

static int compare_opens(const void *a, const void *b)
{
	const struct kube_open *x = a, *y = b;

	return strcmp(x->path, y->path);
}

static int compare_execs(const void *a, const void *b)
{
	const struct kube_exec *x = a, *y = b;
	int r = strcmp(x->path, y->path);

	for (size_t i = 0; !r && i < x->args.count && i < y->args.count; i++)
		r = strcmp(x->args.items[i], y->args.items[i]);
	return r ? r : (x->args.count > y->args.count) - (x->args.count < y->args.count);
}

/* The flags of both. Without memory the open keeps what it has, and the other stands beside it. */
static bool join_flags(struct kube_open *to, struct kube_open *from)
{
	for (size_t i = 0; i < from->flags.count; i++)
		if (kube_texts_add(&to->flags, from->flags.items[i]) < 0)
			return false;
	free(from->flags.items);
	settle_texts(&to->flags);
	return true;
}

static void settle_opens(struct kube_profile *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->open_count; i++)
		settle_texts(&p->opens[i].flags);
	array_sort(p->opens, p->open_count, sizeof(*p->opens), compare_opens);
	for (size_t i = 0; i < p->open_count; i++)
		if (!n || compare_opens(&p->opens[n - 1], &p->opens[i]) ||
		    !join_flags(&p->opens[n - 1], &p->opens[i]))
			p->opens[n++] = p->opens[i];
	p->open_count = n;
}

void kube_profile_settle(struct kube_profile *p)
{
	size_t n = 0;

	settle_opens(p);
	array_sort(p->execs, p->exec_count, sizeof(*p->execs), compare_execs);
	for (size_t i = 0; i < p->exec_count; i++) {
		if (!n || compare_execs(&p->execs[n - 1], &p->execs[i]))
			p->execs[n++] = p->execs[i];
		else
			free(p->execs[i].args.items);
	}
	p->exec_count = n;
	settle_texts(&p->syscalls);
	settle_texts(&p->capabilities);
	settle_texts(&p->architectures);
}

static const char *chain_key(const struct kube_profile *p, const char *key)
{
	const char *text = p->object ? kube_annotation(p->object, key) : NULL;

	return text ? text : "";
}

static bool is_chunk(const struct kube_profile *p)
{
	return p->object->kind == KUBE_CONTAINER_PROFILE && *chain_key(p, "report-series-id");
}

/* Times as Go prints them, without the reading of its monotonic clock ("m=+812.1"), which another process does not share. */
static int compare_times(const char *a, const char *b)
{
	const char *ma = strstr(a, " m="), *mb = strstr(b, " m=");
	size_t n = ma ? (size_t)(ma - a) : strlen(a), m = mb ? (size_t)(mb - b) : strlen(b);
	int r = memcmp(a, b, n < m ? n : m);

	return r ? r : (n > m) - (n < m);
}

/* Chunks first, those of one series together, in the order of their reports. */
static int compare_chunks(const void *a, const void *b)
{
	const struct kube_profile *x = a, *y = b;
	bool cx = is_chunk(x), cy = is_chunk(y);
	int r = cy - cx;

	if (r || !cx)
		return r ? r : (x->object > y->object) - (x->object < y->object);
	r = strcmp(x->instance_id ? x->instance_id : "", y->instance_id ? y->instance_id : "");
	r = r ? r : strcmp(chain_key(x, "report-series-id"), chain_key(y, "report-series-id"));
	r = r ? r
	      : compare_times(chain_key(x, "report-timestamp"), chain_key(y, "report-timestamp"));
	return r ? r
		 : strcmp(x->object->name ? x->object->name : "",
			  y->object->name ? y->object->name : "");
}

static bool same_series(const struct kube_profile *a, const struct kube_profile *b)
{
	return is_chunk(a) && is_chunk(b) &&
	       !strcmp(a->instance_id ? a->instance_id : "",
		       b->instance_id ? b->instance_id : "") &&
	       !strcmp(chain_key(a, "report-series-id"), chain_key(b, "report-series-id"));
}

static int append_texts(struct kube_texts *to, const struct kube_texts *from)
{
	int r = 0;

	for (size_t i = 0; i < from->count && r >= 0; i++)
		r = kube_texts_add(to, from->items[i]);
	return r;
}

/* Moves what `from` holds; it is empty afterwards. -ENOMEM leaves both to be freed. */
static int append(struct kube_profile *to, struct kube_profile *from)
{
	for (; from->open_count; from->open_count--) {
		struct kube_open *open = array_add(to->opens, to->open_count, to->open_room);

		if (!open)
			return -ENOMEM;
		*open = from->opens[from->open_count - 1];
	}
	for (; from->exec_count; from->exec_count--) {
		struct kube_exec *exec = array_add(to->execs, to->exec_count, to->exec_room);

		if (!exec)
			return -ENOMEM;
		*exec = from->execs[from->exec_count - 1];
	}
	if (append_texts(&to->syscalls, &from->syscalls) < 0 ||
	    append_texts(&to->capabilities, &from->capabilities) < 0 ||
	    append_texts(&to->architectures, &from->architectures) < 0)
		return -ENOMEM;
	return 0;
}

/* Of the chain itself; what the last chunk says of the whole comes behind that. */
static const char *chain_doubt(const struct kube_profile *chunks, size_t n)
{
	const char *before = FIRST_REPORT;

	for (size_t i = 0; i < n; i++) {
		if (compare_times(chain_key(&chunks[i], "previous-report-timestamp"), before))
			return i ? "its chain of reports is broken: one between them is missing"
				 : "its chain of reports is broken: the first one is missing";
		before = chain_key(&chunks[i], "report-timestamp");
	}
	for (size_t i = 0; i < n; i++)
		if (chunks[i].completion && strcmp(chunks[i].completion, "complete"))
			return "one of its reports is partial: the container ran before Kubescape "
			       "watched it, or events were lost";
	return chunks[n - 1].doubt;
}

/* What does not change while a container runs; another image under the same name is another start. */
static int check_series(const struct kube_profile *chunks, size_t n, struct err *err)
{
	for (size_t i = 1; i < n; i++)
		if (strcmp(chunks[i].digest, chunks[0].digest))
			return err_set(
			    err, EBADMSG,
			    "ContainerProfile '%.200s' is of the same series as '%.200s', "
			    "but of another image",
			    chunks[i].object->name ? chunks[i].object->name : "",
			    chunks[0].object->name ? chunks[0].object->name : "");
	return 0;
}

/* Into the last of the chunks, which has the state of the whole. */
static int merge_series(struct kube_profile *chunks, size_t n, struct err *err)
{
	struct kube_profile *last = &chunks[n - 1];
	const char *doubt = chain_doubt(chunks, n);
	int r = check_series(chunks, n, err);

	for (size_t i = 0; i + 1 < n && r >= 0; i++)
		if (append(last, &chunks[i]) < 0)
			r = err_oom(err);
	if (r < 0)
		return r;
	last->created = chunks[0].created;
	last->first_report = chunks[0].first_report;
	last->doubt = doubt;
	last->chunks = n;
	kube_profile_settle(last);
	return 0;
}

int profiles_merge_chunks(struct kube_profiles *profiles, struct err *err)
{
	size_t kept = 0, n;

	array_sort(profiles->items, profiles->count, sizeof(*profiles->items), compare_chunks);
	for (size_t i = 0; i < profiles->count; i += n) {
		struct kube_profile *first = &profiles->items[i], merged;
		int r = 0;

		for (n = 1; i + n < profiles->count && same_series(first, first + n);)
			n++;
		if (is_chunk(first))
			r = merge_series(first, n, err);
		if (r < 0)
			return r;
		merged = first[n - 1];
		first[n - 1] = (struct kube_profile){};
		for (size_t k = 0; k < n; k++)
			kube_profile_done(&first[k]);
		profiles->items[kept++] = merged;
	}
	profiles->count = kept;
	return 0;
}
