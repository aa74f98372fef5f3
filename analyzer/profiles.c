// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* profiles.c — what --profile names, and which of it is of this image and this container. */
#include "analyzer/profiles.h"

#include <dirent.h>
#include <limits.h>
#include <sys/stat.h>

#include "analyzer/analysis.h"
#include "analyzer/json.h"
#include "analyzer/product.h"
#include "analyzer/profile_start.h"
#include "analyzer/string_set.h"

static bool is_sbom(const char *text, size_t len)
{
	enum kube_kind kind;

	return kube_peek_kind(text, len, &kind) &&
	       (kind == KUBE_SBOM || kind == KUBE_SBOM_FILTERED);
}

static int read_text(struct profiles *ret, const char *text, size_t len, struct err *err)
{
	cJSON *tree = NULL;
	int r;

	if (is_sbom(text, len)) { /* of 100 MB, perhaps: not worth a tree */
		ret->others++;
		return 0;
	}
	r = json_parse(&tree, text, len, err);
	return r < 0 ? r : kube_objects_add(&ret->objects, tree, err);
}

static int read_file(struct profiles *ret, const char *path, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = file_read(&text, &len, path, JSON_BYTES_MAX, err);

	if (r < 0)
		return r;
	r = read_text(ret, text, len, err);
	return r < 0 ? err_prefix(err, r, "'%s'", path) : 0;
}

static bool is_document(const char *name)
{
	size_t len = strlen(name);

	return name[0] != '.' && ((len > 5 && !strcmp(name + len - 5, ".json")) ||
				  (len > 8 && !strcmp(name + len - 8, ".json.gz")));
}

static void dir_done(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

static int list_directory(struct string_set *names, const char *path, struct err *err)
{
	_cleanup_(dir_done) DIR *dir = opendir(path);
	const struct dirent *e;

	if (!dir)
		return err_sys(err, errno, "cannot open '%s'", path);
	while ((errno = 0, e = readdir(dir))) {
		if (!is_document(e->d_name))
			continue;
		if (names->count >= PROFILE_FILES_MAX)
			return err_set(err, EFBIG, "'%s' holds more than %u documents", path,
				       PROFILE_FILES_MAX);
		if (string_set_add(names, e->d_name, strlen(e->d_name), NULL) < 0)
			return err_oom(err);
	}
	return errno ? err_sys(err, errno, "cannot read '%s'", path) : 0;
}

static int read_directory(struct profiles *ret, const char *path, struct arena *arena,
			  struct err *err)
{
	_cleanup_(string_set_donep) struct string_set names = { .arena = arena };
	const char **sorted;
	size_t count;
	int r = list_directory(&names, path, err);

	if (r < 0)
		return r;
	if (string_set_sorted(&names, arena, &sorted, &count) < 0)
		return err_oom(err);
	if (!count)
		return err_set(err, ENOENT, "'%s' holds no file named *.json", path);
	for (size_t i = 0; i < count && r >= 0; i++) {
		const char *file = arena_printf(arena, "%s/%s", path, sorted[i]);

		r = file ? read_file(ret, file, err) : err_oom(err);
	}
	return r;
}

static int read_path(struct profiles *ret, const char *path, struct err *err)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct stat st;

	if (!arena)
		return err_oom(err);
	if (stat(path, &st) < 0)
		return err_sys(err, errno, "cannot open '%s'", path);
	return S_ISDIR(st.st_mode) ? read_directory(ret, path, arena, err)
				   : read_file(ret, path, err);
}

static bool is_profile(const struct kube_object *object)
{
	return object->kind == KUBE_CONTAINER_PROFILE || object->kind == KUBE_APPLICATION_PROFILE;
}

/* What there is instead of a profile. */
static int no_profile(const struct profiles *p, struct err *err)
{
	if (p->objects.count)
		return err_set(
		    err, ENOENT,
		    "--profile: a %s, and no ContainerProfile or ApplicationProfile: give "
		    "SBOMSyft as --sbom and VulnerabilityManifest as --vulns",
		    kube_kind_name(p->objects.items[0].kind));
	return err_set(err, ENOENT,
		       "--profile: holds no ContainerProfile and no ApplicationProfile");
}

int profiles_load(struct profiles *ret, const char *const *paths, size_t count, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < count && r >= 0; i++) {
		r = read_path(ret, paths[i], err);
		if (r < 0)
			return err_prefix(err, r, "profile");
	}
	r = kube_profiles_read(&ret->found, &ret->objects, err);
	if (r < 0)
		return err_prefix(err, r, "profile");
	ret->others += ret->objects.others;
	for (size_t i = 0; i < ret->objects.count; i++)
		ret->others += !is_profile(&ret->objects.items[i]);
	return ret->found.count ? 0 : no_profile(ret, err);
}

void profiles_done(struct profiles *profiles)
{
	kube_profiles_done(&profiles->found);
	kube_objects_done(&profiles->objects);
}

static bool is_named(const struct kube_profile *p, const char *container)
{
	return !container || (p->container && !strcmp(p->container, container));
}

/* Of another image for sure; where one of the two has no digest it cannot be told. */
static bool is_foreign(const struct kube_profile *p, const struct product *product)
{
	return product->digest_count && *p->digest && !product_has_digest(product, p->digest);
}

/* "'nginx', 'sidecar'" */
static const char *containers_of(const struct profiles *profiles, struct arena *arena)
{
	const char *text = "";

	for (size_t i = 0; i < profiles->found.count && text; i++) {
		const char *name = profiles->found.items[i].container;

		text = arena_printf(arena, "%s%s'%.200s'", text, i ? ", " : "", name ? name : "");
	}
	return text ? text : "";
}

static int none_left(const struct profiles *profiles, const struct product *product,
		     const char *container, struct arena *arena, struct err *err)
{
	const struct kube_profile *p = NULL;
	char title[640];

	for (size_t i = 0; i < profiles->found.count && !p; i++)
		if (is_named(&profiles->found.items[i], container))
			p = &profiles->found.items[i];
	if (!p)
		return err_set(err, EINVAL,
			       "--container: '%.200s' is none of the containers with a profile: %s",
			       container, containers_of(profiles, arena));
	return err_set(
	    err, EINVAL,
	    "--profile: container '%.200s' of %s ran image %s, and what is analysed is %s: give "
	    "the profile of this image",
	    p->container ? p->container : "", kube_object_title(p->object, title, sizeof(title)),
	    p->digest, product->digests[0]);
}

/* Why the silence of one of them says nothing. */
static const char *doubt_of(const struct profile_choice *choice, size_t i,
			    const struct product *product)
{
	const struct kube_profile *p = choice->items[i];

	if (p->doubt)
		return p->doubt;
	if (!*p->digest || !product->digest_count)
		return "it is not known to be of the image that is analysed: one of the two has no "
		       "digest";
	return choice->starts[i];
}

/* Their silence counts when that of one of them does. */
static int find_doubts(struct profile_choice *choice, const struct profile_subject *s,
		       struct arena *arena)
{
	bool vouched = false;

	for (size_t i = 0; i < choice->count; i++) {
		if (profile_start_differs(&choice->starts[i], choice->items[i], s->inventory,
					  s->traces, s->trace_count, arena) < 0)
			return -ENOMEM;
		choice->doubts[i] = doubt_of(choice, i, s->product);
		choice->other_start |= choice->starts[i] != NULL;
		vouched |= !choice->doubts[i];
		if (!choice->doubt)
			choice->doubt = choice->doubts[i];
	}
	if (vouched)
		choice->doubt = NULL;
	return 0;
}

static int check_one_container(const struct profile_choice *choice, struct err *err)
{
	for (size_t i = 1; i < choice->count; i++) {
		const char *a = choice->container, *b = choice->items[i]->container;

		if (strcmp(a ? a : "", b ? b : ""))
			return err_set(
			    err, EINVAL,
			    "--profile: '%.200s' and '%.200s' are both containers of this image: "
			    "say which one by --container NAME",
			    a ? a : "", b ? b : "");
	}
	return 0;
}

int profiles_choose(struct profile_choice *ret, const struct profiles *profiles,
		    const struct profile_subject *subject, struct arena *arena, struct err *err)
{
	struct profile_choice choice = { .others = profiles->others };
	size_t n = profiles->found.count + 1;
	int r;

	choice.items = arena_alloc(arena, n * sizeof(*choice.items));
	choice.starts = arena_alloc(arena, n * sizeof(*choice.starts));
	choice.doubts = arena_alloc(arena, n * sizeof(*choice.doubts));
	if (!choice.items || !choice.starts || !choice.doubts)
		return err_oom(err);
	for (size_t i = 0; i < profiles->found.count; i++) {
		const struct kube_profile *p = &profiles->found.items[i];

		if (is_named(p, subject->container) && !is_foreign(p, subject->product))
			choice.items[choice.count++] = p;
	}
	if (!choice.count)
		return none_left(profiles, subject->product, subject->container, arena, err);
	choice.container = choice.items[0]->container;
	r = check_one_container(&choice, err);
	if (r < 0)
		return r;
	if (find_doubts(&choice, subject, arena) < 0)
		return err_oom(err);
	*ret = choice;
	return 0;
}
