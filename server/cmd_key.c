// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_key.c — vexxy-server key, organization, backup: what the operator does from the shell. */
#include "server/commands.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "include/options.h"
#include "server/control.h"
#include "server/json_out.h"

struct options {
	const char *data, *name, *organization, *scopes;
	uint64_t days, analyses, concurrent, priority, period;
	bool json;
};

#define UNSET UINT64_MAX
#define AT(member) offsetof(struct options, member)
#define DATA_OPTION                                                                              \
	{                                                                                        \
		"data", 'd', "DIR", "the server's data directory", OPTION_STRING, AT(data), 0, 0 \
	}

static const struct option_def key_table[] = {
	DATA_OPTION,
	{ "name", 'n', "TEXT", "what the key is for", OPTION_STRING, AT(name), 0, 0 },
	{ "organization", 'o', "NAME", "whose data it opens (default: default)", OPTION_STRING,
	  AT(organization), 0, 0 },
	{ "scopes", 's', "LIST",
	  "of read,submit,cancel,admin,agent,metrics (default: read,submit,cancel)", OPTION_STRING,
	  AT(scopes), 0, 0 },
	{ "days", 0, "N", "it expires after so many days (default: never)", OPTION_NUMBER, AT(days),
	  1, 3660 },
	{ "json", 0, NULL, "print the server's reply as it is", OPTION_FLAG, AT(json), 0, 0 },
	{},
};

static const struct option_def organization_table[] = {
	DATA_OPTION,
	{ "analyses", 0, "N", "analyses in a period (0: no limit)", OPTION_NUMBER, AT(analyses), 0,
	  1000000000 },
	{ "period", 0, "DAYS", "length of the period (default 30)", OPTION_NUMBER, AT(period), 1,
	  3660 },
	{ "concurrent", 0, "N", "analyses at once (0: no limit)", OPTION_NUMBER, AT(concurrent), 0,
	  100000 },
	{ "priority", 0, "N", "higher is earlier", OPTION_NUMBER, AT(priority), 0, 100 },
	{},
};

static const struct option_def backup_table[] = { DATA_OPTION, {} };

static int usage(const char *text, const struct err *err)
{
	if (err && err->text[0])
		fprintf(stderr, "error: %s\n", err->text);
	fprintf(stderr, "usage: vexxy-server %s\n", text);
	return 2;
}

static int fail(const struct err *err)
{
	fprintf(stderr, "error: %s\n", err->text);
	return EXIT_FAILURE;
}

static const char *shown(const char *text)
{
	return text ? text : "-";
}

static void print_key(const cJSON *key)
{
	printf("%-17s %-20s %-16s %-24s %s\n", shown(json_in_text(key, "id")),
	       shown(json_in_text(key, "name")), shown(json_in_text(key, "organization")),
	       shown(json_in_text(key, "scopes")),
	       json_in_text(key, "revoked_at")   ? "revoked"
	       : json_in_text(key, "expires_at") ? json_in_text(key, "expires_at")
						 : "never expires");
}

static int print_json(const cJSON *reply)
{
	_cleanup_free_ char *text = cJSON_Print(reply);

	puts(text ? text : "{}");
	return EXIT_SUCCESS;
}

static char *key_body(const struct options *o)
{
	struct json_out out = {};

	json_out_open(&out, NULL, '{');
	json_out_text(&out, "name", o->name);
	json_out_text(&out, "organization", o->organization ? o->organization : "default");
	json_out_optional(&out, "scopes", o->scopes);
	if (o->days)
		json_out_int(&out, "expires_in_days", (int64_t)o->days);
	json_out_close(&out, '}');
	return text_take(&out.text);
}

static int create(const struct options *o)
{
	_cleanup_free_ char *body = key_body(o);
	const struct control_call call = { o->data, "POST", "/api/v1/keys", body };
	_cleanup_(cJSON_Deletep) cJSON *reply = NULL;
	struct err err = {};

	if (!o->name)
		return usage(
		    "key create --name TEXT [--organization NAME] [--scopes LIST] [--days N]",
		    NULL);
	if (control_call(&reply, &call, &err) < 0)
		return fail(&err);
	if (o->json)
		return print_json(reply);
	/* The key alone on stdout: KEY=$(vexxy-server key create …). */
	puts(shown(json_in_text(reply, "key")));
	fprintf(stderr, "key %s of organization '%s' may %s; it is shown this once\n",
		shown(json_in_text(reply, "id")), shown(json_in_text(reply, "organization")),
		shown(json_in_text(reply, "scopes")));
	return EXIT_SUCCESS;
}

static int list(const struct options *o)
{
	const struct control_call call = { o->data, "GET", "/api/v1/keys", NULL };
	_cleanup_(cJSON_Deletep) cJSON *reply = NULL;
	struct err err = {};
	const cJSON *key;

	if (control_call(&reply, &call, &err) < 0)
		return fail(&err);
	if (o->json)
		return print_json(reply);
	cJSON_ArrayForEach(key, json_in_get(reply, "keys")) print_key(key);
	return EXIT_SUCCESS;
}

static int revoke_key(const struct options *o, const char *id)
{
	_cleanup_(cJSON_Deletep) cJSON *reply = NULL;
	struct err err = {};
	char path[128];

	if (!id || strspn(id, "0123456789abcdef") != strlen(id))
		return usage("key revoke ID", NULL);
	snprintf(path, sizeof(path), "/api/v1/keys/%.64s", id);
	if (control_call(&reply, &(const struct control_call){ o->data, "DELETE", path, NULL },
			 &err) < 0)
		return fail(&err);
	return EXIT_SUCCESS;
}

int cmd_key(int argc, char **argv)
{
	static const char text[] = "key create --name TEXT | list | revoke ID  [--data DIR]";
	struct option_list operands = {};
	struct options o = {};
	struct err err = {};
	int r = options_parse(key_table, &o, argc, argv, &operands, &err), status;

	if (r < 0 || !operands.count || operands.count > 2)
		status = usage(text, &err);
	else if (!strcmp(operands.items[0], "create") && operands.count == 1)
		status = create(&o);
	else if (!strcmp(operands.items[0], "list") && operands.count == 1)
		status = list(&o);
	else if (!strcmp(operands.items[0], "revoke"))
		status = revoke_key(&o, operands.count == 2 ? operands.items[1] : NULL);
	else
		status = usage(text, NULL);
	option_list_done(&operands);
	return status;
}

static char *organization_body(const struct options *o)
{
	const struct {
		const char *name;
		uint64_t value;
	} members[] = { { "analyses_per_period", o->analyses },
			{ "concurrent_jobs", o->concurrent },
			{ "priority", o->priority },
			{ "period_days", o->period } };
	struct json_out out = {};

	json_out_open(&out, NULL, '{');
	for (size_t i = 0; i < 4; i++)
		if (members[i].value != UNSET)
			json_out_int(&out, members[i].name, (int64_t)members[i].value);
	json_out_close(&out, '}');
	return text_take(&out.text);
}

int cmd_organization(int argc, char **argv)
{
	static const char text[] =
	    "organization NAME [--analyses N] [--period DAYS] [--concurrent N] [--priority N]";
	struct options o = {
		.analyses = UNSET, .concurrent = UNSET, .priority = UNSET, .period = UNSET
	};
	_cleanup_(cJSON_Deletep) cJSON *reply = NULL;
	_cleanup_free_ char *body = NULL;
	struct option_list operands = {};
	struct err err = {};
	char path[128] = "";
	int r = options_parse(organization_table, &o, argc, argv, &operands, &err);

	if (r >= 0 && operands.count == 1)
		snprintf(path, sizeof(path), "/api/v1/organizations/%.64s", operands.items[0]);
	option_list_done(&operands);
	if (!*path)
		return usage(text, &err);
	body = organization_body(&o);
	if (control_call(&reply, &(const struct control_call){ o.data, "PUT", path, body }, &err) <
	    0)
		return fail(&err);
	return EXIT_SUCCESS;
}

static char *backup_body(const char *path)
{
	char here[PATH_MAX] = "", full[2 * PATH_MAX];
	struct json_out out = {};

	if (*path != '/' && !getcwd(here, sizeof(here)))
		return NULL;
	snprintf(full, sizeof(full), "%s%s%s", here, *here ? "/" : "", path);
	json_out_open(&out, NULL, '{');
	json_out_text(&out, "path", full);
	json_out_close(&out, '}');
	return text_take(&out.text);
}

int cmd_backup(int argc, char **argv)
{
	_cleanup_(cJSON_Deletep) cJSON *reply = NULL;
	_cleanup_free_ char *body = NULL;
	struct option_list operands = {};
	struct options o = {};
	struct err err = {};
	int r = options_parse(backup_table, &o, argc, argv, &operands, &err);

	if (r >= 0 && operands.count == 1)
		body = backup_body(operands.items[0]);
	option_list_done(&operands);
	if (!body)
		return usage("backup FILE [--data DIR]", &err);
	if (control_call(&reply,
			 &(const struct control_call){ o.data, "POST", "/api/v1/backup", body },
			 &err) < 0)
		return fail(&err);
	return EXIT_SUCCESS;
}

int cmd_sweep(int argc, char **argv)
{
	_cleanup_(cJSON_Deletep) cJSON *reply = NULL;
	struct option_list operands = {};
	struct options o = {};
	struct err err = {};
	int r = options_parse(backup_table, &o, argc, argv, &operands, &err);

	if (r < 0 || operands.count || r < argc) {
		option_list_done(&operands);
		return usage("sweep [--data DIR]", &err);
	}
	if (control_call(&reply,
			 &(const struct control_call){ o.data, "POST", "/api/v1/sweep", NULL },
			 &err) < 0)
		return fail(&err);
	return print_json(reply);
}
