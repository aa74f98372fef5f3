// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_pod.c — pods by the names of their cgroups, containers by their mounts, claims by the gate's environment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "agent/pod.h"
#include "agent/spool.h"

#define UID "0a1b2c3d-1111-2222-3333-444455556666"
#define DIGEST "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define ANALYSIS "01890000-0000-7000-8000-000000000001"

static void a_cgroup_tells_its_pod_with_both_drivers(void **state)
{
	static const struct {
		const char *name, *uid;
	} cases[] = {
		{ "pod" UID, UID },
		{ "kubepods-pod0a1b2c3d_1111_2222_3333_444455556666.slice", UID },
		{ "kubepods-burstable-pod0a1b2c3d_1111_2222_3333_444455556666.slice", UID },
		{ "kubelet-kubepods-besteffort-pod0a1b2c3d_1111_2222_3333_444455556666.slice",
		  UID },
		{ "pod8a4d7b1c0f", "8a4d7b1c0f" }, /* a static pod */
		{ "pod", NULL },
		{ "pod../x", NULL },
		{ "podABC", NULL },
		{ "kubepods-burstable.slice", NULL },
		{ "kubepods-pod.slice", NULL },
		{ "system-pod1.slice", NULL },
		{ "kubepods-pod1.scope", NULL },
		{ "pod0123456789012345678901234567890123456789012345678901234567890123", NULL },
	};
	char uid[POD_UID_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(pod_uid_from_cgroup(uid, cases[i].name), cases[i].uid != NULL);
		if (cases[i].uid)
			assert_string_equal(uid, cases[i].uid);
	}
}

static void the_kubelets_mounts_tell_the_container(void **state)
{
#define BEFORE \
	"36 35 0:50 / / rw,relatime - overlay overlay rw\n37 36 0:51 / /proc rw - proc proc rw\n"
	static const struct {
		const char *mounts, *name;
	} cases[] = {
		{ BEFORE
		  "40 36 8:1 /var/lib/kubelet/pods/" UID
		  "/containers/target/0a1b2c3d /dev/termination-log rw - ext4 /dev/sda1 rw\n",
		  "target" },
		/* the kubelet's directory is a file system of its own */
		{ BEFORE "40 36 8:1 /pods/" UID
			 "/containers/side-car/1 /dev/termination-log rw - ext4 x rw\n",
		  "side-car" },
		{ BEFORE, NULL },
		{ BEFORE "40 36 8:1 /pods/" UID "/etc-hosts /etc/hosts rw - ext4 x rw\n", NULL },
		/* another pod's; where it is mounted is the container's own choice and says nothing */
		{ "40 36 8:1 /pods/1/containers/target/1 /dev/termination-log rw - ext4 x rw\n",
		  NULL },
		{ "40 36 8:1 /x /pods/" UID "/containers/target/1 rw - ext4 x rw\n", NULL },
		{ "40 36 8:1 /pods/x" UID "/containers/target/1 /d rw - ext4 x rw\n", NULL },
		{ "40 36 8:1 /pods/" UID "/containers/ /d rw - ext4 x rw\n", NULL },
		{ "40 36 8:1 /pods/" UID "/containers/a /d rw - ext4 x rw\n", NULL },
		{ "40 36 8:1 /pods/" UID "/containers/A/1 /d rw - ext4 x rw\n", NULL },
		{ "40", NULL },
		{ "", NULL },
	};
	char name[POD_NAME_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(pod_container_from_mounts(name, cases[i].mounts, UID),
				 cases[i].name != NULL);
		if (cases[i].name)
			assert_string_equal(name, cases[i].name);
	}
	assert_false(pod_container_from_mounts(name, cases[0].mounts, ""));
}

static void the_mounts_tell_whose_pod_it_is(void **state)
{
	static const char mounts[] =
	    "513 506 0:94 / / ro - overlay overlay rw\n"
	    "514 513 8:1 /var/lib/kubelet/pods/" UID
	    "/volumes/kubernetes.io~empty-dir/containers /x rw - ext4 d rw\n"
	    "515 513 8:1 /var/lib/kubelet/pods/" UID
	    "/containers/web/0a1b /dev/termination-log rw - ext4 d rw\n";
	static const char *const others[] = {
		"",
		"513 506 0:94 / / ro - overlay overlay rw",
		"1 2 8:1 /pods/" UID "/containers/web",
		"1 2 8:1 /pods//containers/web/1 /x rw",
		"1 2 8:1 /pods/A_B/containers/web/1 /x rw",
		"1 2 8:1 /" UID "/containers/web/1 /x rw",
		/* a volume that is made to look like another's */
		"1 2 0:9 /pods/other/containers/web/1 /a rw - tmpfs x rw\n"
		"3 2 8:1 /pods/" UID "/containers/web/1 /dev/termination-log rw - ext4 d rw\n",
	};
	char uid[POD_UID_BYTES], name[POD_NAME_BYTES];

	(void)state;
	assert_true(pod_from_mounts(uid, name, mounts));
	assert_string_equal(uid, UID);
	assert_string_equal(name, "web");
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_false(pod_from_mounts(uid, name, others[i]));
}

static void the_gates_environment_is_a_claim(void **state)
{
	static const char whole[] =
	    "PATH=/bin\0VEXXY_ANALYSIS=" ANALYSIS
	    "\0VEXXY_ATTEMPT=3\0VEXXY_IMAGE=web:1\0VEXXY_DURATION=60\0"
	    "VEXXY_CONTAINERS=2\0VEXXY_FUNCTIONS=" DIGEST "\0VEXXY_ANALYSIS_X=1";
	struct pod_claim claim;
	struct err err = {};

	(void)state;
	assert_int_equal(pod_claim_parse(&claim, whole, sizeof(whole), &err), 0);
	assert_string_equal(claim.analysis, ANALYSIS);
	assert_int_equal(claim.attempt, 3);
	assert_string_equal(claim.image, "web:1");
	assert_string_equal(claim.digest, "");
	assert_int_equal(claim.duration_s, 60);
	assert_int_equal(claim.window_s, 5);
	assert_int_equal(claim.containers, 2);
	assert_string_equal(claim.functions, DIGEST);
	assert_string_equal(claim.isolation, "");
}

static void a_gate_under_gvisor_says_so(void **state)
{
	static const char whole[] = "VEXXY_ISOLATION=gvisor\0VEXXY_ANALYSIS=" ANALYSIS;
	struct pod_claim claim;

	(void)state;
	assert_int_equal(pod_claim_parse(&claim, whole, sizeof(whole), NULL), 0);
	assert_string_equal(claim.isolation, "gvisor");
}

static void a_claim_that_is_off_is_refused_with_a_reason(void **state)
{
	static const struct {
		const char *environment, *reason;
	} cases[] = {
		{ "", "VEXXY_ANALYSIS: '' is the id of no analysis" },
		{ "VEXXY_ANALYSIS=../etc", "VEXXY_ANALYSIS: '../etc' is the id of no analysis" },
		{ "VEXXY_ANALYSIS=01890000-0000-7000-8000-00000000000/",
		  "VEXXY_ANALYSIS: '01890000-0000-7000-8000-00000000000/' is the id of no "
		  "analysis" },
		{ "VEXXY_ANALYSIS=01890000-0000-7000-8000-0000000000011",
		  "VEXXY_ANALYSIS: it is longer than 36 bytes, or no plain word" },
		{ "VEXXY_IMAGE=a b", "VEXXY_IMAGE: it is longer than 511 bytes, or no plain word" },
		{ "VEXXY_ATTEMPT=-1",
		  "VEXXY_ATTEMPT: '-1' is no whole number from 0 to 2147483647" },
		{ "VEXXY_DURATION=1e3",
		  "VEXXY_DURATION: '1e3' is no whole number from 0 to 31536000" },
		{ "VEXXY_CONTAINERS=17", "VEXXY_CONTAINERS: '17' is no whole number from 0 to 16" },
		{ "VEXXY_FUNCTIONS=../../etc/passwd",
		  "VEXXY_FUNCTIONS: '../../etc/passwd' is no SHA-256" },
		{ "VEXXY_ANALYSIS=" ANALYSIS "\0VEXXY_ISOLATION=other-one",
		  "VEXXY_ISOLATION: 'other-one' is nothing that this agent knows" },
		{ "VEXXY_ANALYSIS=" ANALYSIS "\0VEXXY_CONTAINERS=0",
		  "VEXXY_CONTAINERS: none would follow the gate" },
	};
	struct pod_claim claim;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		size_t len = strlen(cases[i].environment) + 1;
		struct err err = {};

		if (!strcmp(cases[i].environment, "VEXXY_ANALYSIS=" ANALYSIS))
			len += strlen(cases[i].environment + len) + 1;
		assert_int_equal(pod_claim_parse(&claim, cases[i].environment, len, &err), -EINVAL);
		assert_string_equal(err.text, cases[i].reason);
	}
}

static void a_trace_is_named_by_what_it_is_of(void **state)
{
	struct pod_member member = { .analysis = ANALYSIS,
				     .uid = UID,
				     .name = "target",
				     .attempt = 2,
				     .number = 1 },
			  again;
	static const char *const others[] = { "",
					      "status.json",
					      ANALYSIS ".1." UID ".target.1.trace.gz.part",
					      ANALYSIS ".1." UID ".target.x.trace.gz",
					      ANALYSIS ".1..target.1.trace.gz",
					      "x.1." UID ".target.1.trace.gz",
					      ".." };
	char name[POD_TRACE_BYTES];

	(void)state;
	pod_trace_format(name, &member);
	assert_string_equal(name, ANALYSIS ".2." UID ".target.1.trace.gz");
	assert_true(pod_trace_parse(&again, name));
	assert_string_equal(again.analysis, ANALYSIS);
	assert_string_equal(again.uid, UID);
	assert_string_equal(again.name, "target");
	assert_int_equal(again.attempt, 2);
	assert_int_equal(again.number, 1);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		assert_false(pod_trace_parse(&again, others[i]));
}

static void recorders_together_stay_within_the_disk_buffer(void **state)
{
	const uint64_t mb = 1u << 20, limit = 2048 * mb;
	uint64_t given = 0;

	(void)state;
	for (size_t places = 8; places; places--) {
		uint64_t share = spool_share(limit, given, places);

		assert_int_equal(share, 256 * mb);
		given += share;
	}
	assert_int_equal(given, limit);
	assert_int_equal(spool_share(limit, given, 0), 0);
	/* One that comes when some is taken by what could not be sent. */
	assert_int_equal(spool_share(100 * mb, 60 * mb, 4), 10 * mb);
	assert_int_equal(spool_share(100 * mb, 99 * mb, 4), 0);
	assert_int_equal(spool_share(100 * mb, 200 * mb, 1), 0);
	/* And never more than a trace may have. */
	assert_int_equal(spool_share(1u << 30, 0, 1), 1u << 30);
	assert_int_equal(spool_share(5ull << 30, 0, 1), 1u << 30);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cgroup_tells_its_pod_with_both_drivers),
		cmocka_unit_test(the_kubelets_mounts_tell_the_container),
		cmocka_unit_test(the_mounts_tell_whose_pod_it_is),
		cmocka_unit_test(the_gates_environment_is_a_claim),
		cmocka_unit_test(a_gate_under_gvisor_says_so),
		cmocka_unit_test(a_claim_that_is_off_is_refused_with_a_reason),
		cmocka_unit_test(a_trace_is_named_by_what_it_is_of),
		cmocka_unit_test(recorders_together_stay_within_the_disk_buffer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
