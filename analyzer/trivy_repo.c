// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * trivy_repo.c — the OpenVEX document as a VEX repository (vex-repo-spec 0.1), for `trivy --vex repo`: a tar of
 *
 *   vex-repository.json      the manifest. Who publishes the repository says there where 0.1/ can be fetched (locations)
 *   0.1/index.json           the image's package URL without version, as trivy asks for it
 *   0.1/vex.openvex.json     the document
 *
 * Unpacked into TRIVY_CACHE/vex/repositories/NAME, and with NAME in trivy's vex/repository.yaml, trivy finds it with
 * --skip-vex-repo-update.
 */
#include <stdlib.h>
#include <string.h>

#include "analyzer/form.h"
#include "analyzer/json.h"
#include "analyzer/json_writer.h"
#include "analyzer/product.h"
#include "analyzer/rfc3339.h"

#define BLOCK 512u
#define SPEC "0.1"

const char *trivy_repo_refusal(const struct analysis *analysis)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	const struct product *p = &analysis->product;

	if (!p->digest_count)
		return "trivy asks for an image by its digest, and none is known";
	if (!arena || !p->ref || !product_repository_from_ref(p->ref, arena))
		return "trivy asks for an image by its registry, and its reference names none";
	return NULL;
}

static void put_octal(char *at, int digits, uint64_t value)
{
	while (digits--) {
		at[digits] = (char)('0' + value % 8);
		value /= 8;
	}
}

/* One file in an archive of POSIX.1-1988 (ustar). */
static void put_member(FILE *out, const char *name, const char *text, time_t time)
{
	size_t len = strlen(text), over = len % BLOCK;
	char head[BLOCK] = {}, zeros[BLOCK] = {};
	unsigned sum = 0;

	snprintf(head, 100, "%s", name);
	put_octal(head + 100, 7, 0644);
	put_octal(head + 108, 7, 0);
	put_octal(head + 116, 7, 0);
	put_octal(head + 124, 11, len);
	put_octal(head + 136, 11, (uint64_t)time);
	head[156] = '0';
	memcpy(head + 257, "ustar\00000", 8);
	memset(head + 148, ' ', 8);
	for (size_t i = 0; i < BLOCK; i++)
		sum += (unsigned char)head[i];
	put_octal(head + 148, 6, sum);
	head[154] = '\0';
	fwrite(head, 1, BLOCK, out);
	fwrite(text, 1, len, out);
	fwrite(zeros, 1, over ? BLOCK - over : 0, out);
}

static void put_end(FILE *out)
{
	char zeros[2 * BLOCK] = {};

	fwrite(zeros, 1, sizeof(zeros), out);
}

static char *manifest(const struct form *form)
{
	_cleanup_(cJSON_Deletep) cJSON *doc = cJSON_CreateObject();
	const char *name = form->analysis->product.name;
	struct json_writer w = {};
	cJSON *version;

	json_put_text(&w, doc, "name", name);
	json_put_text(
	    &w, doc, "description",
	    arena_printf(form->arena, "Which vulnerabilities of %s can be reached", name));
	version = json_push_object(&w, json_put_array(&w, doc, "versions"));
	json_put_text(&w, version, "spec_version", SPEC);
	json_put_text(&w, json_push_object(&w, json_put_array(&w, version, "locations")), "url",
		      SPEC);
	json_put_text(&w, version, "update_interval", "24h");
	return w.failed ? NULL : json_print(doc);
}

/* "/" is escaped in a qualifier; ":" is not, by the releases of packageurl-go that trivy has. */
static const char *package_id(const struct form *form)
{
	const struct product *p = &form->analysis->product;
	const char *repository = product_repository_from_ref(p->ref, form->arena), *slash;
	const char *last = repository ? strrchr(repository, '/') : NULL;
	const char *id =
	    last ? arena_printf(form->arena, "pkg:oci/%s?repository_url=", last + 1) : NULL;

	while (id && (slash = strchr(repository, '/'))) {
		id = arena_printf(form->arena, "%s%.*s%%2F", id, (int)(slash - repository),
				  repository);
		repository = slash + 1;
	}
	return id ? arena_printf(form->arena, "%s%s", id, repository) : NULL;
}

static char *make_index(const struct form *form)
{
	_cleanup_(cJSON_Deletep) cJSON *doc = cJSON_CreateObject();
	struct json_writer w = {};
	cJSON *package;

	json_put_text(&w, doc, "updated_at", form->timestamp);
	package = json_push_object(&w, json_put_array(&w, doc, "packages"));
	json_put_text(&w, package, "id", package_id(form));
	json_put_text(&w, package, "location", "vex.openvex.json");
	json_put_text(&w, package, "format", "openvex");
	return w.failed ? NULL : json_print(doc);
}

int trivy_repo_pack(char **ret, size_t *ret_len, const struct form *form, struct err *err)
{
	_cleanup_free_ char *head = manifest(form), *index = make_index(form);
	_cleanup_free_ char *document = json_print(form->openvex), *text = NULL;
	struct timespec time;
	size_t len = 0;
	FILE *out;

	if (rfc3339_parse(&time, form->timestamp) < 0)
		return err_set(err, EINVAL, "the document has no time");
	out = head && index && document ? open_memstream(&text, &len) : NULL;
	if (!out)
		return err_oom(err);
	put_member(out, "vex-repository.json", head, time.tv_sec);
	put_member(out, SPEC "/index.json", index, time.tv_sec);
	put_member(out, SPEC "/vex.openvex.json", document, time.tv_sec);
	put_end(out);
	if (fclose(out) != 0)
		return err_oom(err);
	*ret = take_ptr(text);
	*ret_len = len;
	return 0;
}
