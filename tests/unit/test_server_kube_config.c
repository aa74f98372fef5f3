// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* Which API server, and as whom: kubeconfig files as they are written, and as they should not be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "server/base64.h"
#include "server/kube_access.h"
#include "server/kube_exec.h"
#include "server/kube_yaml.h"

static char dir[] = "/tmp/vexxy-kube.XXXXXX";

static const char *file(const char *name, const char *text)
{
	static char path[4][256];
	static int n;
	FILE *f;

	n = (n + 1) % 4;
	snprintf(path[n], sizeof(path[n]), "%s/%s", dir, name);
	f = fopen(path[n], "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	return path[n];
}

#define FRAME(cluster, user)                                                       \
	"apiVersion: v1\nkind: Config\nclusters:\n- name: c\n  cluster:\n" cluster \
	"users:\n- name: u\n  user:\n" user                                        \
	"contexts:\n- name: x\n  context: {cluster: c, user: u, namespace: ns}\n"  \
	"current-context: x\n"
#define SERVER "    server: https://10.0.0.1:6443/\n"

static int load(struct kube_config *ret, const char *text, bool allow_exec, struct err *err)
{
	const struct kube_config_source source = { file("config", text), NULL, allow_exec };

	return kube_config_load(ret, &source, err);
}

static void a_file_as_kubeadm_writes_it_is_read(void **state)
{
	static const char text[] = FRAME(SERVER "    certificate-authority-data: aGVsbG8=\n",
					 "    client-certificate-data: Y2VydA==\n"
					 "    client-key-data: a2V5\n");
	struct kube_config c = {};
	struct err err = {};

	(void)state;
	assert_int_equal(load(&c, text, false, &err), 0);
	assert_string_equal(c.server, "https://10.0.0.1:6443");
	assert_string_equal(c.ca, "hello");
	assert_string_equal(c.certificate, "cert");
	assert_string_equal(c.key, "key");
	assert_string_equal(c.namespace, "ns");
	assert_false(c.insecure);
	kube_config_done(&c);
}

static void all_other_fields_are_read_too(void **state)
{
	static const char text[] = FRAME(
	    "    {server: \"https://a:1\", insecure-skip-tls-verify: true, tls-server-name: name, "
	    "proxy-url: http://p:3128, disable-compression: true}\n",
	    "    {tokenFile: token, username: \"1\", password: '002', as: bob, as-uid: \"7\", "
	    "as-groups: [a, b]}\n");
	struct kube_config c = {};
	struct err err = {};
	char path[300];

	(void)state;
	assert_int_equal(load(&c, text, false, &err), 0);
	assert_true(c.insecure);
	assert_string_equal(c.tls_server_name, "name");
	assert_string_equal(c.proxy_url, "http://p:3128");
	snprintf(path, sizeof(path), "%s/token", dir);
	assert_string_equal(c.token_path, path); /* relative to the file */
	assert_string_equal(c.username, "1");
	assert_string_equal(c.password, "002");
	assert_string_equal(c.as_user, "bob");
	assert_string_equal(c.as_uid, "7");
	assert_string_equal(c.as_groups[1], "b");
	assert_null(c.as_groups[2]);
	kube_config_done(&c);
}

static void of_several_files_the_first_definition_wins(void **state)
{
	const char *first =
	    file("first", "current-context: x\ncontexts:\n- name: x\n  context: {cluster: c, "
			  "user: u}\nusers:\n- name: u\n  user: {token: first}\n");
	const char *second = file("second", FRAME(SERVER, "    token: second\n"));
	struct kube_config_source source = { NULL, NULL, false };
	struct kube_config c = {};
	struct err err = {};
	char paths[600];

	(void)state;
	snprintf(paths, sizeof(paths), "/nowhere/at/all:%s::%s", first, second);
	source.paths = paths;
	assert_int_equal(kube_config_load(&c, &source, &err), 0);
	assert_string_equal(c.token, "first");
	assert_string_equal(c.server, "https://10.0.0.1:6443");
	assert_null(c.namespace);
	kube_config_done(&c);
	source.paths = "/nowhere/at/all";
	assert_int_equal(kube_config_load(&c, &source, &err), -ENOENT);
	assert_string_equal(err.text, "no kubeconfig at '/nowhere/at/all'");
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "clusters: []\n", "there is no current-context" },
		{ "current-context: y\n", "there is no context 'y'" },
		{ FRAME("    server: ftp://x\n", "    {}\n"),
		  "cluster 'c': 'server' is 'ftp://x'" },
		{ FRAME("    {}\n", "    {}\n"), "cluster 'c': 'server' is ''" },
		{ FRAME(SERVER, "    auth-provider: {name: gcp}\n"), "user 'u': 'auth-provider'" },
		{ FRAME(SERVER, "    client-key-data: a2V5\n"), "go together" },
		{ FRAME(SERVER, "    client-key-data: '*'\n"),
		  "'client-key-data': no base64 at byte 0" },
		{ FRAME(SERVER, "    client-certificate: none.pem\n"), "none.pem" },
		{ FRAME(SERVER, "    token: [a]\n"), "'token' is no text" },
		{ FRAME(SERVER, "    {as: a, as-groups: [a, b, c, d, e, f, g]}\n"),
		  "user 'u': 'as-groups' has more than 6 entries" },
		{ FRAME(SERVER, "    exec: {command: login}\n"), "allow that with --kube-exec" },
		{ "a: b: c\n", "line 1" },
		{ "a: &x 1\nb: *x\n", "line 1: anchors and tags are not read" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct kube_config c = {};
		struct err err = {};

		assert_true(load(&c, cases[i].text, false, &err) < 0);
		if (!strstr(err.text, cases[i].want))
			fail_msg("'%s' has no '%s'", err.text, cases[i].want);
	}
}

static int parse(const char *text, struct err *err)
{
	cJSON *tree = NULL;
	int r = kube_yaml_parse(&tree, text, strlen(text), err);

	cJSON_Delete(tree);
	return r;
}

static void yaml_that_grows_is_refused(void **state)
{
	static const char *const refused[] = {
		"a: *b\n",        "- !!binary aGk=\n", "a: 1\na: 2\n", "? [a]\n: 1\n",
		"a: 1\n---\nb\n", "{a: [1, 2}\n",      "\"a",          "a:\n\t- b\n",
	};
	char deep[200];
	struct err err = {};

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++)
		if (parse(refused[i], &err) != -EBADMSG || !strstr(err.text, "line "))
			fail_msg("'%s' gave '%s'", refused[i], err.text);
	memset(deep, '[', 100);
	deep[100] = '\0';
	assert_int_equal(parse(deep, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "nested too deeply"));
	assert_int_equal(parse("", &err), 0);
	assert_int_equal(parse("{\"json\": [true, null, 1.5, \"\\u00e4\"]}", &err), 0);
}

static void base64_is_written_as_it_is_read(void **state)
{
	static const char *const texts[][2] = { { "", "" },
						{ "h", "aA==" },
						{ "he", "aGU=" },
						{ "hel", "aGVs" },
						{ "\xff\xfe\xfd>?", "//79Pj8=" } };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		_cleanup_free_ char *text = base64_encode(texts[i][0], strlen(texts[i][0]));

		assert_string_equal(text, texts[i][1]);
	}
}

static void base64_is_read_with_and_without_padding(void **state)
{
	static const char *const good[] = { "", "YQ==", "YQ", "YWI=", "YWI", "YWJj", "YW\nJj\r\n" };
	static const char *const bad[] = { "Y", "YQ=", "YQ===", "=YQ=", "Y-_Q", "YQ==YQ==" };
	unsigned char *bytes = NULL;
	struct err err = {};
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_int_equal(base64_decode(&bytes, &len, good[i], strlen(good[i]), &err), 0);
		assert_memory_equal(bytes, "abc", len);
		free(bytes);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(base64_decode(&bytes, &len, bad[i], strlen(bad[i]), &err),
				 -EBADMSG);
}

static void a_pod_finds_its_cluster(void **state)
{
	struct kube_config c = {};
	struct err err = {};

	(void)state;
	file("token", "abc");
	file("ca.crt", "PEM");
	file("namespace", "here\n");
	assert_int_equal(kube_config_in_cluster(&c, dir, "fd00::1", "443", &err), 0);
	assert_string_equal(c.server, "https://[fd00::1]:443");
	assert_string_equal(c.ca, "PEM");
	assert_string_equal(c.namespace, "here");
	kube_config_done(&c);
	assert_int_equal(kube_config_in_cluster(&c, dir, NULL, NULL, &err), -ENOENT);
	assert_int_equal(kube_config_in_cluster(&c, "/nowhere", "h", "1", &err), -ENOENT);
	assert_int_equal(unlink(file("ca.crt", "")), 0);
}

#define LOGIN                                                                                  \
	"    exec:\n      apiVersion: client.authentication.k8s.io/v1\n      command: "        \
	"./login.sh\n"                                                                         \
	"      args: [one]\n      env: [{name: MORE, value: two}]\n      provideClusterInfo: " \
	"true\n"

static void a_program_gives_credentials_until_they_expire(void **state)
{
	struct kube_access *access = NULL;
	struct kube_pass pass = {};
	struct kube_config c = {};
	struct err err = {};
	const char *script;

	(void)state;
	script =
	    file("login.sh",
		 "#!/bin/sh\n"
		 "echo x >>\"${0%/*}/runs\"\n"
		 "case $KUBERNETES_EXEC_INFO in *'\"server\":\"https://10.0.0.1:6443\"'*"
		 "'\"certificate-authority-data\":\"aGVsbG8=\"'*) ;; *) "
		 "exit 3 ;; esac\n"
		 "n=$(grep -c x \"${0%/*}/runs\")\n"
		 "[ $n = 1 ] && when=2000-01-01T00:00:00Z || when=2999-01-01T00:00:00Z\n"
		 "printf "
		 "'{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/v1\","
		 "\"status\":{\"token\":\"%s-%s-%s\",\"expirationTimestamp\":\"%s\"}}' $1 $MORE $n "
		 "$when\n");
	assert_int_equal(chmod(script, 0700), 0);
	assert_int_equal(
	    load(&c, FRAME(SERVER "    certificate-authority-data: aGVsbG8=\n", LOGIN), true, &err),
	    0);
	assert_int_equal(kube_access_new(&access, &c, &err), 0);
	assert_int_equal(kube_access_pass(&pass, access, false, &err), 0);
	assert_string_equal(pass.token, "one-two-1");
	kube_pass_done(&pass);
	/* The first has expired long ago; the second is good for long, and is not asked for again. */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(kube_access_pass(&pass, access, i == 1, &err), 0);
		assert_string_equal(pass.token, "one-two-2");
		kube_pass_done(&pass);
	}
	kube_access_free(access);
}

static void a_program_that_fails_says_why(void **state)
{
	struct kube_access *access = NULL;
	struct kube_pass pass = {};
	struct kube_config c = {};
	struct err err = {};

	(void)state;
	assert_int_equal(
	    chmod(file("login.sh", "#!/bin/sh\necho 'not logged in' >&2\nexit 1\n"), 0700), 0);
	assert_int_equal(load(&c, FRAME(SERVER, LOGIN), true, &err), 0);
	assert_int_equal(kube_access_new(&access, &c, &err), 0);
	assert_int_equal(kube_access_pass(&pass, access, false, &err), -EIO);
	assert_non_null(strstr(err.text, "not logged in"));
	kube_access_free(access);
}

/* Everybody waits for it while it runs: what it said a moment ago is what all are told. */
static void a_program_that_failed_is_left_in_peace_for_a_moment(void **state)
{
	struct kube_access *access = NULL;
	struct kube_pass pass = {};
	struct kube_config c = {};
	const char *runs = file("runs", "");
	struct stat st;

	(void)state;
	assert_int_equal(chmod(file("login.sh", "#!/bin/sh\necho >>\"${0%/*}/runs\"\n"
						"echo 'not logged in' >&2\nexit 1\n"),
			       0700),
			 0);
	assert_int_equal(load(&c, FRAME(SERVER, LOGIN), true, NULL), 0);
	assert_int_equal(kube_access_new(&access, &c, NULL), 0);
	for (int i = 0; i < 3; i++) {
		struct err err = {};

		assert_int_equal(kube_access_pass(&pass, access, i == 1, &err), -EIO);
		assert_non_null(strstr(err.text, "not logged in"));
	}
	assert_int_equal(stat(runs, &st), 0);
	assert_int_equal(st.st_size, 1);
	kube_access_free(access);
}

static void what_a_program_prints_must_be_a_credential(void **state)
{
	static const char *const bad[] = {
		"", "{}",
		"{\"kind\":\"ExecCredential\",\"apiVersion\":\"v1\",\"status\":{\"token\":\"a\"}}",
		"{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/"
		"v1\",\"status\":{}}",
		"{\"kind\":\"ExecCredential\",\"apiVersion\":\"client.authentication.k8s.io/"
		"v1\",\"status\":{"
		"\"clientCertificateData\":\"a\"}}"
	};
	struct kube_login login = {};
	struct err err = {};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(kube_exec_parse(&login, bad[i], strlen(bad[i]),
						 "client.authentication.k8s.io/v1", &err),
				 -EBADMSG);
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	char command[300];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_as_kubeadm_writes_it_is_read),
		cmocka_unit_test(all_other_fields_are_read_too),
		cmocka_unit_test(of_several_files_the_first_definition_wins),
		cmocka_unit_test(what_is_wrong_is_told_with_its_place),
		cmocka_unit_test(yaml_that_grows_is_refused),
		cmocka_unit_test(base64_is_written_as_it_is_read),
		cmocka_unit_test(base64_is_read_with_and_without_padding),
		cmocka_unit_test(a_pod_finds_its_cluster),
		cmocka_unit_test(a_program_gives_credentials_until_they_expire),
		cmocka_unit_test(a_program_that_fails_says_why),
		cmocka_unit_test(a_program_that_failed_is_left_in_peace_for_a_moment),
		cmocka_unit_test(what_a_program_prints_must_be_a_credential),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
