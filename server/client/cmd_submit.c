// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_submit.c — an image and what goes with it, to the server. */
#include <string.h>

#include "server/client/bar.h"
#include "server/client/verbs.h"
#include "server/digest.h"
#include "server/ids.h"
#include "server/json_out.h"

#define SCRIPT_BYTES_MAX 65536

/* "host:5000/team/web:1@sha256:…" is both. */
static int find_digest(const char **ret, const char *image, const struct client_options *o,
		       struct err *err)
{
	const char *at = strchr(image, '@'), *digest = o->digest ? o->digest : at ? at + 1 : NULL;

	if (!digest)
		return err_set(err, EINVAL,
			       "which digest does '%s' have? Give --digest sha256:…, or "
			       "IMAGE@sha256:… (skopeo inspect tells it)",
			       image);
	if (strncmp(digest, "sha256:", 7) != 0 || strlen(digest) != 71 ||
	    strspn(digest + 7, "0123456789abcdef") != 64)
		return err_set(err, EINVAL, "'%s' is no digest: sha256: and 64 digits", digest);
	if (at && strcmp(at + 1, digest) != 0)
		return err_set(err, EINVAL, "--digest names another than '%s'", image);
	*ret = digest;
	return 0;
}

static int digest_file(char ret[DIGEST_HEX_BYTES], const char *path, struct err *err)
{
	_cleanup_(digest_freep) struct digest *digest = NULL;
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	char bytes[16384];
	size_t n;
	int r = digest_new(&digest, err);

	if (r < 0)
		return r;
	if (!file)
		return err_sys(err, errno, "'%s'", path);
	while ((n = fread(bytes, 1, sizeof(bytes), file)) > 0)
		digest_add(digest, bytes, n);
	if (ferror(file))
		return err_sys(err, errno, "'%s'", path);
	digest_end(digest, ret);
	return 0;
}

/* The same file is uploaded once: a submission that is repeated stays the same, to the byte. False: it is not among the newest. */
static bool is_known(char ret_id[ID_BYTES], const struct verb_call *call, const char *path,
		     const char *content)
{
	_cleanup_(cJSON_Deletep) cJSON *reply = NULL;
	struct err err = {};
	const cJSON *item;
	char list[200];

	snprintf(list, sizeof(list), "%s%climit=200", path, strchr(path, '?') ? '&' : '?');
	if (session_ask(&reply, call->session, &(struct session_call){ .path = list }, &err) < 0)
		return false;
	cJSON_ArrayForEach(item, json_in_get(reply, "items"))
	{
		const char *digest = json_in_text(item, "digest"), *id = json_in_text(item, "id");

		if (!digest || !id || strcmp(digest, content) != 0 || !id_is_valid(id))
			continue;
		snprintf(ret_id, ID_BYTES, "%s", id);
		return true;
	}
	return false;
}

static int upload(char ret_id[ID_BYTES], const struct verb_call *call, const char *kind,
		  const char *digest, const char *file, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *reply = NULL;
	char content[DIGEST_HEX_BYTES];
	struct session_call what = { .method = "POST", .file = file };
	const char *id;
	char path[160];
	int r;

	snprintf(path, sizeof(path), "/api/v1/%s%s%s", kind, digest ? "?image_digest=" : "",
		 digest ? digest : "");
	what.path = path;
	r = digest_file(content, file, err);
	if (r < 0)
		return r;
	if (is_known(ret_id, call, path, content))
		return 0;
	r = session_ask(&reply, call->session, &what, err);
	if (r < 0)
		return err_prefix(err, r, "'%s'", file);
	id = json_in_text(reply, "id");
	if (!id || !id_is_valid(id))
		return err_set(err, EREMOTEIO, "the server gives no id for '%s'", file);
	snprintf(ret_id, ID_BYTES, "%s", id);
	return 0;
}

static int put_uploads(struct json_out *out, const char *key, const struct verb_call *call,
		       const char *kind, const char *digest, const struct option_list *files,
		       struct err *err)
{
	char id[ID_BYTES];
	int r = 0;

	if (!files->count)
		return 0;
	json_out_open(out, key, '[');
	for (size_t i = 0; r == 0 && i < files->count; i++) {
		r = upload(id, call, kind, digest, files->items[i], err);
		json_out_text(out, NULL, id);
	}
	json_out_close(out, ']');
	return r;
}

static int put_sbom(struct json_out *out, const struct verb_call *call, const char *digest,
		    struct err *err)
{
	const char *sbom = call->options->sbom;
	char id[ID_BYTES];
	int r;

	if (!sbom)
		return 0;
	if (id_is_valid(sbom)) {
		json_out_text(out, "sbom_id", sbom);
		return 0;
	}
	r = upload(id, call, "sboms", digest, sbom, err);
	if (r == 0)
		json_out_text(out, "sbom_id", id);
	return r;
}

static int put_script(struct json_out *out, const char *path, struct err *err)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	_cleanup_free_ char *text = calloc(1, SCRIPT_BYTES_MAX + 2);
	size_t len;

	if (!text)
		return err_oom(err);
	if (!file)
		return err_sys(err, errno, "'%s'", path);
	len = fread(text, 1, SCRIPT_BYTES_MAX + 1, file);
	if (!len || len > SCRIPT_BYTES_MAX || strlen(text) != len)
		return err_set(err, EINVAL, "'%s' is no script of at most %d bytes", path,
			       SCRIPT_BYTES_MAX);
	json_out_text(out, "test_script", text);
	return 0;
}

static int put_ports(struct json_out *out, const struct option_list *ports, struct err *err)
{
	if (!ports->count)
		return 0;
	json_out_open(out, "ports", '[');
	for (size_t i = 0; i < ports->count; i++) {
		char *end;
		unsigned long port = strtoul(ports->items[i], &end, 10);

		if (*end || !port || port > 65535)
			return err_set(err, EINVAL, "--port: '%s' is no port", ports->items[i]);
		json_out_int(out, NULL, (int64_t)port);
	}
	json_out_close(out, ']');
	return 0;
}

static int put_environment(struct json_out *out, const struct option_list *list, struct err *err)
{
	if (!list->count)
		return 0;
	json_out_open(out, "environment", '{');
	for (size_t i = 0; i < list->count; i++) {
		const char *equals = strchr(list->items[i], '=');
		_cleanup_free_ char *name = NULL;

		if (!equals || equals == list->items[i])
			return err_set(err, EINVAL, "--env: '%s' is no NAME=VALUE", list->items[i]);
		name = strndup(list->items[i], (size_t)(equals - list->items[i]));
		if (!name)
			return err_oom(err);
		json_out_text(out, name, equals + 1);
	}
	json_out_close(out, '}');
	return 0;
}

static int put_config(struct json_out *out, const struct verb_call *call, struct err *err)
{
	const struct client_options *o = call->options;
	int r = 0;

	json_out_open(out, "config", '{');
	if (o->duration)
		json_out_int(out, "analysis_duration", (int64_t)o->duration);
	if (o->coverage)
		json_out_bool(out, "enable_code_coverage", true);
	json_out_optional(out, "health_check_path", o->health_path);
	if (o->health_timeout)
		json_out_int(out, "health_check_timeout", (int64_t)o->health_timeout);
	if (o->test_script)
		r = put_script(out, o->test_script, err);
	r = r ? r : put_ports(out, &o->ports, err);
	r = r ? r : put_environment(out, &o->environment, err);
	if (call->command && *call->command) {
		json_out_open(out, "command", '[');
		for (char *const *word = call->command; *word; word++)
			json_out_text(out, NULL, *word);
		json_out_close(out, ']');
	}
	json_out_close(out, '}');
	return r;
}

static int make_body(char **ret, const struct verb_call *call, struct err *err)
{
	const struct client_options *o = call->options;
	const char *image = call->operands->items[0], *digest = NULL;
	_cleanup_free_ char *name = NULL;
	struct json_out out = {};
	int r = find_digest(&digest, image, o, err);

	if (r < 0)
		return r;
	name = strndup(image, strcspn(image, "@"));
	json_out_open(&out, NULL, '{');
	json_out_text(&out, "image_ref", name);
	json_out_text(&out, "image_digest", digest);
	json_out_optional(&out, "profile", o->profile);
	json_out_optional(&out, "callback_url", o->callback);
	if (o->priority)
		json_out_int(&out, "priority", (int64_t)o->priority);
	if (o->reanalyze)
		json_out_bool(&out, "reanalyze", true);
	r = put_config(&out, call, err); /* what is wrong with the words, before anything is sent */
	r = r ? r : put_sbom(&out, call, digest, err);
	r = r ? r
	      : put_uploads(&out, "vulnerability_ids", call, "vulnerabilities", digest, &o->vulns,
			    err);
	r = r ? r
	      : put_uploads(&out, "advisory_ids", call, "advisories", NULL, &o->advisories, err);
	json_out_close(&out, '}');
	*ret = text_take(&out.text);
	return r ? r : *ret && name ? 0 : err_oom(err);
}

static int send(cJSON **ret, const struct verb_call *call, const char *body, struct err *err)
{
	const char *key = call->options->idempotency_key;
	_cleanup_free_ char *header = NULL;
	struct session_call what = { .method = "POST",
				     .path = "/api/v1/analysis/submit",
				     .body = body };

	if (key && (!*key || strlen(key) > 255 || strcspn(key, "\r\n") != strlen(key)))
		return err_set(err, EINVAL, "--idempotency-key: 1 to 255 characters of one line");
	if (key && asprintf(&header, "Idempotency-Key: %s", key) < 0) {
		header = NULL;
		return err_oom(err);
	}
	what.extra = header;
	return session_ask(ret, call->session, &what, err);
}

static void put_submitted(const cJSON *reply, const char *job)
{
	puts(job);
	if (json_in_bool(reply, "reused", false))
		fputs("the same was analysed before: --reanalyze does it again\n", stderr);
	fflush(stdout);
}

int verb_submit(const struct verb_call *call, int *ret_status, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *reply = NULL;
	_cleanup_free_ char *body = NULL;
	const char *job;
	int r;

	if (call->operands->count != 1)
		return err_set(err, EINVAL, "say which image: IMAGE@sha256:…");
	r = make_body(&body, call, err);
	r = r ? r : send(&reply, call, body, err);
	if (r < 0)
		return r;
	job = json_in_text(reply, "job_id");
	if (!job || !id_is_valid(job))
		return err_set(err, EREMOTEIO, "the server gives no id for the analysis");
	if (call->options->json)
		verb_print(reply);
	else
		put_submitted(reply, job);
	return call->options->wait ? verb_follow(call, job, ret_status, err) : 0;
}
