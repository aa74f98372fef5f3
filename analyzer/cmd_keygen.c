// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_keygen.c — vexxy keygen: a key to sign results with, and the one to verify them with. */
#include <limits.h>

#include "analyzer/commands.h"
#include "analyzer/json.h"
#include "analyzer/key_author.h"
#include "analyzer/key_file.h"
#include "analyzer/terminal.h"

struct keygen_options {
	const char *type, *passphrase_file, *author;
	bool json;
};

static const struct option_def options[] = {
	{ "type", 't', "TYPE", "p256 (default) or ed25519", OPTION_STRING,
	  offsetof(struct keygen_options, type), 0, 0 },
	{ "author", 0, "TEXT",
	  "whose key it is: who signs with it makes statements in that name, and no other",
	  OPTION_STRING, offsetof(struct keygen_options, author), 0, 0 },
	{ "passphrase-file", 0, "FILE",
	  "encrypt the key with the first line of FILE (else with " PASSPHRASE_VARIABLE
	  ", if that is set)",
	  OPTION_STRING, offsetof(struct keygen_options, passphrase_file), 0, 0 },
	{ "json", 0, NULL, "tell what was made as JSON", OPTION_FLAG,
	  offsetof(struct keygen_options, json), 0, 0 },
	{},
};

/* "x.pem" is with "x.pub.pem", "x" with "x.pub". */
static int public_name(char ret[PATH_MAX], const char *name, struct err *err)
{
	size_t len = strlen(name),
	       stem = len > 4 && !strcmp(name + len - 4, ".pem") ? len - 4 : len;

	if (snprintf(ret, PATH_MAX, "%.*s.pub%s", (int)stem, name, name + stem) >= PATH_MAX)
		return err_set(err, ENAMETOOLONG, "the name of the key is too long");
	return 0;
}

/* Both files or none. */
static int save(const struct key *key, const char *name, const char *public, const char *passphrase,
		const char *author, struct err *err)
{
	_cleanup_(secret_freep) char *secret = key_format_private(key, passphrase), *whole = NULL;
	_cleanup_free_ char *open = key_format_public(key), *told = NULL;
	int r;

	if (!secret || !open)
		return err_set(err, EIO, "libcrypto could not write the key");
	whole = key_author_format(author, secret);
	told = key_author_format(author, open);
	if (!whole || !told)
		return err_oom(err);
	r = key_file_create(public, told, 0644, err);
	if (r < 0)
		return r;
	r = key_file_create(name, whole, 0600, err);
	if (r < 0)
		unlink(public);
	return r;
}

static void tell(const struct key *key, const char *name, const char *public, bool encrypted,
		 const char *fingerprint)
{
	terminal_line(stdout, "%s: %s key, %s; keep it", name, key_type_name(key_get_type(key)),
		      encrypted ? "encrypted" : "not encrypted");
	terminal_line(stdout, "%s: for those who verify", public);
	terminal_line(stdout, "fingerprint %s", fingerprint);
}

static int tell_json(const struct key *key, const char *name, const char *public, bool encrypted,
		     const char *fingerprint)
{
	_cleanup_(cJSON_Deletep) cJSON *doc = cJSON_CreateObject();
	_cleanup_free_ char *text = NULL;

	if (!json_add_string(doc, "type", key_type_name(key_get_type(key))) ||
	    !json_add_string(doc, "private", name) || !json_add_string(doc, "public", public) ||
	    !cJSON_AddBoolToObject(doc, "encrypted", encrypted) ||
	    !json_add_string(doc, "fingerprint", fingerprint) || !(text = json_print(doc)))
		return -ENOMEM;
	fputs(text, stdout);
	return 0;
}

static int keygen(const struct keygen_options *o, const char *name, struct err *err)
{
	_cleanup_(secret_freep) char *passphrase = NULL;
	_cleanup_(key_freep) struct key *key = NULL;
	char public[PATH_MAX], fingerprint[FINGERPRINT_BYTES];
	enum key_type type;
	int r;

	if (key_type_from_string(o->type, &type) < 0)
		return err_set(err, EINVAL, "--type: '%s' is neither p256 nor ed25519", o->type);
	if (o->author && !key_author_is_valid(o->author))
		return err_set(err, EINVAL,
			       "--author: expected one line of at most %d printable bytes",
			       KEY_AUTHOR_BYTES_MAX);
	r = public_name(public, name, err);
	if (r == 0)
		r = passphrase_read(&passphrase, o->passphrase_file, err);
	if (r == 0)
		r = key_generate(&key, type, err);
	if (r == 0)
		r = key_fingerprint(key, fingerprint, err);
	if (r == 0)
		r = save(key, name, public, passphrase, o->author, err);
	if (r < 0)
		return r;
	if (!o->json)
		tell(key, name, public, passphrase, fingerprint);
	else if (tell_json(key, name, public, passphrase, fingerprint) < 0)
		return err_oom(err);
	return 0;
}

static int run(const struct command *self, int argc, char **argv)
{
	_cleanup_(option_list_done) struct option_list operands = {};
	struct keygen_options o = { .type = "p256" };
	struct err err = {};
	int rest, status, r;

	if (command_parse(self, argc, argv, &o, &operands, &rest, &status))
		return status;
	if (operands.count != 1 || rest < argc) {
		err_set(&err, EINVAL, "name one file for the new key");
		return command_usage(self, &err);
	}
	r = keygen(&o, operands.items[0], &err);
	return r == -EINVAL ? command_usage(self, &err) : r < 0 ? command_fail(&err) : EXIT_SUCCESS;
}

const struct command cmd_keygen = {
	.name = "keygen",
	.usage = "KEY.pem [--author TEXT] [--type p256|ed25519] [--passphrase-file FILE]",
	.summary =
	    "Make a key to sign results with: KEY.pem, and KEY.pub.pem for those who verify.",
	.options = options,
	.run = run,
};
