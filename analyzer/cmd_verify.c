// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_verify.c — vexxy verify: does a signed result hold, and does it follow from its inputs? */
#include <sys/stat.h>
#include <time.h>

#include "analyzer/commands.h"
#include "analyzer/json.h"
#include "analyzer/json_writer.h"
#include "analyzer/key_file.h"
#include "analyzer/rederive.h"
#include "analyzer/terminal.h"
#include "analyzer/verify.h"

#define EXIT_FAULTS 3

struct options {
	const char *key, *author, *image_digest;
	struct option_list inputs;
	const char *rootfs, *image;
	bool json;
};

static const struct option_def table[] = {
	{ "key", 0, "PUB.pem", "the public key of who should have signed it", OPTION_STRING,
	  offsetof(struct options, key), 0, 0 },
	{ "author", 0, "TEXT", "whose key that is (default: whom the file of the key tells)",
	  OPTION_STRING, offsetof(struct options, author), 0, 0 },
	{ "image-digest", 0, "D", "sha256:… of the image it must be about", OPTION_STRING,
	  offsetof(struct options, image_digest), 0, 0 },
	{ "input", 0, "PATH…",
	  "derive it again: the inputs are among these files and directories, by digest",
	  OPTION_LIST, offsetof(struct options, inputs), 0, 0 },
	{ "rootfs", 0, "DIR", "… and the image's root is this directory", OPTION_STRING,
	  offsetof(struct options, rootfs), 0, 0 },
	{ "image", 0, "REF", "… or this image: oci:DIR, an archive, or what skopeo can copy",
	  OPTION_STRING, offsetof(struct options, image), 0, 0 },
	{ "json", 0, NULL, "print the result as JSON", OPTION_FLAG, offsetof(struct options, json),
	  0, 0 },
	{},
};

static void print_text(const struct verification *v, const char *fingerprint)
{
	for (size_t i = 0; i < v->count; i++)
		terminal_line(stdout, "%s: %s: %s", v->items[i].is_fault ? "fault" : "note",
			      v->items[i].file, v->items[i].text);
	terminal_line(stdout, "%s: %s; %zu signature%s of %s, %zu file%s, %zu statement%s%s",
		      v->path, v->fault_count ? "does not hold" : "holds", v->signatures,
		      v->signatures == 1 ? "" : "s", fingerprint, v->files,
		      v->files == 1 ? "" : "s", v->statements, v->statements == 1 ? "" : "s",
		      v->rederived ? ", derived again from its inputs" : "");
}

static void put_findings(struct json_writer *w, cJSON *doc, const char *key,
			 const struct verification *v, bool faults)
{
	cJSON *array = json_put_array(w, doc, key);

	for (size_t i = 0; i < v->count; i++) {
		cJSON *item;

		if (v->items[i].is_fault != faults)
			continue;
		item = json_push_object(w, array);
		json_put_text(w, item, "file", v->items[i].file);
		json_put_text(w, item, "text", v->items[i].text);
	}
}

static int print_json(const struct verification *v, const char *fingerprint)
{
	_cleanup_(cJSON_Deletep) cJSON *doc = cJSON_CreateObject();
	_cleanup_free_ char *text = NULL;
	struct json_writer w = {};

	json_put_text(&w, doc, "path", v->path);
	json_put_bool(&w, doc, "valid", !v->fault_count);
	json_put_text(&w, doc, "key", fingerprint);
	json_put_u64(&w, doc, "signatures", v->signatures);
	json_put_u64(&w, doc, "files", v->files);
	json_put_u64(&w, doc, "statements", v->statements);
	json_put_bool(&w, doc, "rederived", v->rederived);
	put_findings(&w, doc, "faults", v, true);
	put_findings(&w, doc, "notes", v, false);
	text = w.failed ? NULL : json_print(doc);
	if (!text)
		return -ENOMEM;
	fputs(text, stdout);
	return 0;
}

/* A file by itself has no inputs beside it. */
static int derive_again(struct verification *v, const struct options *o, struct err *err)
{
	const struct rederive_options options = {
		.dir = v->path, .inputs = &o->inputs, .rootfs = o->rootfs, .image = o->image
	};
	struct stat st;

	return stat(v->path, &st) < 0 || !S_ISDIR(st.st_mode) ? 0 : rederive(v, &options, err);
}

static int print(const struct verification *v, const char *fingerprint, bool json, struct err *err)
{
	if (!json)
		print_text(v, fingerprint);
	else if (print_json(v, fingerprint) < 0)
		return err_oom(err);
	if (fflush(stdout) != 0 || ferror(stdout))
		return err_sys(err, errno, "cannot write");
	return v->fault_count ? EXIT_FAULTS : EXIT_SUCCESS;
}

/* A key that is none, or of a type that nobody here signs with, is a fault of what was given to verify with. */
static int print_key_fault(const struct options *o, const char *path, struct err *err)
{
	_cleanup_(verification_freep) struct verification *v = verification_new(path);

	if (!v)
		return err_oom(err);
	verify_fault(v, o->key, "%s", err->text);
	return print(v, "no key", o->json, err);
}

static int verify(const struct options *o, const char *path, struct err *err)
{
	_cleanup_(verification_freep) struct verification *v = NULL;
	_cleanup_(key_freep) struct key *key = NULL;
	_cleanup_free_ char *author = NULL;
	struct verify_options options = { .path = path, .image_digest = o->image_digest };
	char fingerprint[FINGERPRINT_BYTES];
	int r = key_file_load_public(&key, &author, o->key, err);

	if (r == -EBADMSG || r == -ENOTSUP)
		return print_key_fault(o, path, err);
	if (r < 0)
		return r;
	options.key = key;
	options.author = o->author ? o->author : author;
	options.now = time(NULL);
	r = key_fingerprint(key, fingerprint, err);
	if (r == 0)
		r = verify_run(&v, &options, err);
	if (r == 0)
		r = derive_again(v, o, err);
	return r < 0 ? r : print(v, fingerprint, o->json, err);
}

static int check_usage(const struct options *o, const struct option_list *operands, struct err *err)
{
	const char *digest = o->image_digest;

	if (operands->count != 1)
		return err_set(err, EINVAL, "name one directory or file");
	if (!o->key)
		return err_set(err, EINVAL, "say who should have signed it: --key PUB.pem");
	if (o->rootfs && o->image)
		return err_set(err, EINVAL, "give --rootfs or --image, not both");
	if (digest && !strncmp(digest, "sha256:", 7))
		digest += 7;
	if (digest && (strlen(digest) != 64 || strspn(digest, "0123456789abcdef") != 64))
		return err_set(
		    err, EINVAL,
		    "--image-digest: '%.80s' is not sha256: and 64 lower-case hex digits",
		    o->image_digest);
	return 0;
}

static int run(const struct command *self, int argc, char **argv)
{
	struct option_list operands = {};
	struct options options = {};
	struct err err = {};
	int rest, status, r;

	if (!command_parse(self, argc, argv, &options, &operands, &rest, &status)) {
		if (rest < argc)
			err_set(&err, EINVAL, "unexpected '%s'", argv[rest]);
		if (rest < argc || check_usage(&options, &operands, &err) < 0) {
			status = command_usage(self, &err);
		} else {
			r = verify(&options, operands.items[0], &err);
			status = r < 0 ? command_fail(&err) : r;
		}
	}
	option_list_done(&operands);
	option_list_done(&options.inputs);
	return status;
}

const struct command cmd_verify = {
	.name = "verify",
	.usage = "OUTDIR|FILE --key PUB.pem [--image-digest D] [--input PATH… [--rootfs "
		 "DIR|--image REF]]",
	.summary = "Check a signed result: signatures, digests, schema, rules, and that it follows "
		   "from its inputs.",
	.options = table,
	.run = run,
};
