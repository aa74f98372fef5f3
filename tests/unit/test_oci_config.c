// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_oci_config.c — the container's configuration, compared with tests/cases/oci-config.json. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "agent/oci_config.h"

#define GOLDEN "tests/cases/oci-config.json"
#define GOLDEN_BYTES_MAX 65536

static char *const args[] = { (char *)"/usr/sbin/nginx", (char *)"-g", (char *)"daemon off;",
			      NULL };
static char *const env[] = { (char *)"PATH=/usr/bin:/bin", NULL };
static const struct oci_bind binds[] = { { "/run/x/hosts", "/etc/hosts" } };

static struct oci_config make_config(const struct user *user)
{
	return (struct oci_config){ .args = args,
				    .env = env,
				    .cwd = "/",
				    .cgroup = "/vexxy-1-0/target",
				    .user = user,
				    .capabilities = true,
				    .memory_bytes = 1u << 30,
				    .pids = 100,
				    .files = 1024,
				    .file_bytes = 1u << 20,
				    .binds = binds,
				    .bind_count = 1 };
}

/* Our output, parsed; the caller deletes it. */
static cJSON *emit(const struct oci_config *config)
{
	_cleanup_text_ struct text text = {};
	cJSON *tree;

	oci_config_emit(&text, config);
	assert_false(text.failed);
	tree = cJSON_Parse(text.data);
	assert_non_null(tree);
	return tree;
}

static void the_configuration_is_the_known_one(void **state)
{
	struct user user = { .uid = 33, .gid = 34, .groups = { 50 }, .group_count = 1 };
	struct oci_config config = make_config(&user);
	_cleanup_fclose_ FILE *file = fopen(GOLDEN, "r");
	_cleanup_free_ char *want = calloc(1, GOLDEN_BYTES_MAX);
	cJSON *ours = emit(&config), *golden;

	(void)state;
	assert_non_null(file);
	assert_true(fread(want, 1, GOLDEN_BYTES_MAX - 1, file) > 0);
	golden = cJSON_Parse(want);
	assert_non_null(golden);
	if (!cJSON_Compare(ours, golden, true))
		fail_msg("differs from " GOLDEN ": %s", cJSON_Print(ours));
	cJSON_Delete(ours);
	cJSON_Delete(golden);
}

static const cJSON *linux_member(const cJSON *tree, const char *name)
{
	return cJSON_GetObjectItem(cJSON_GetObjectItem(tree, "linux"), name);
}

static void the_host_network_is_the_only_namespace_to_leave_out(void **state)
{
	struct user user = {};
	struct oci_config config = make_config(&user);
	cJSON *tree = emit(&config);

	(void)state;
	assert_int_equal(cJSON_GetArraySize(linux_member(tree, "namespaces")), 6);
	assert_non_null(linux_member(tree, "sysctl"));
	cJSON_Delete(tree);
	config.host_network = true;
	tree = emit(&config);
	assert_int_equal(cJSON_GetArraySize(linux_member(tree, "namespaces")), 5);
	assert_null(linux_member(tree, "sysctl"));
	cJSON_Delete(tree);
}

/* The action for a name, by the first rule without condition; NULL when there is none. */
static const char *action_for(const cJSON *seccomp, const char *name)
{
	const cJSON *rule, *item;

	cJSON_ArrayForEach(rule, cJSON_GetObjectItem(seccomp, "syscalls"))
	{
		if (cJSON_GetObjectItem(rule, "args"))
			continue;
		cJSON_ArrayForEach(item, cJSON_GetObjectItem(rule, "names")) if (
		    !strcmp(cJSON_GetStringValue(item),
			    name)) return cJSON_GetStringValue(cJSON_GetObjectItem(rule, "action"));
	}
	return NULL;
}

static void system_calls_are_allowed_by_name(void **state)
{
	static const char *const allowed[] = { "read",   "openat",  "execve",
					       "mmap",   "futex",   "socket",
					       "chroot", "seccomp", "sched_setaffinity" };
	static const char *const denied[] = { "bpf",         "perf_event_open", "userfaultfd",
					      "keyctl",      "io_uring_setup",  "unshare",
					      "setns",       "mount",           "ptrace",
					      "init_module", "kexec_load",      "open_by_handle_at",
					      "clone3" };
	struct user user = {};
	struct oci_config config = make_config(&user);
	const cJSON *seccomp;
	cJSON *tree;

	(void)state;
	config.seccomp = true;
	tree = emit(&config);
	seccomp = linux_member(tree, "seccomp");
	assert_non_null(seccomp);
	assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(seccomp, "defaultAction")),
			    "SCMP_ACT_ERRNO");
	for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed); i++)
		assert_string_equal(action_for(seccomp, allowed[i]), "SCMP_ACT_ALLOW");
	for (size_t i = 0; i < sizeof(denied) / sizeof(*denied); i++)
		assert_string_equal(action_for(seccomp, denied[i]), "SCMP_ACT_ERRNO");
	assert_null(action_for(seccomp, "clone"));
	assert_null(action_for(seccomp, "personality"));
	cJSON_Delete(tree);
}

static void without_capabilities_every_set_is_empty(void **state)
{
	struct user user = {};
	struct oci_config config = make_config(&user);
	const cJSON *set;
	cJSON *tree;

	(void)state;
	config.capabilities = false;
	tree = emit(&config);
	cJSON_ArrayForEach(
	    set, cJSON_GetObjectItem(cJSON_GetObjectItem(tree, "process"), "capabilities"))
	    assert_int_equal(cJSON_GetArraySize(set), 0);
	cJSON_Delete(tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_configuration_is_the_known_one),
		cmocka_unit_test(the_host_network_is_the_only_namespace_to_leave_out),
		cmocka_unit_test(system_calls_are_allowed_by_name),
		cmocka_unit_test(without_capabilities_every_set_is_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
