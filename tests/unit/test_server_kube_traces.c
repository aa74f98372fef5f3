// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* Which uploads are the traces of a sandbox, how many there may be, and whether its agent began again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "server/kube_traces.h"

static struct kube_traces begin(void)
{
	return (struct kube_traces){ .pod_uid = "uid", .attempt = 2 };
}

static void give(struct kube_traces *t, const char *kind, const char *container, const char *uid,
		 int64_t attempt)
{
	const struct agent_upload upload = { .kind = (char *)kind,
					     .container = (char *)container,
					     .pod_uid = (char *)uid,
					     .digest = (char *)"d1",
					     .attempt = attempt };

	assert_int_equal(kube_traces_take(t, &upload), 0);
}

static void only_what_its_own_pod_ran_is_taken(void **state)
{
	struct kube_traces t = begin();

	(void)state;
	give(&t, "manifest", "target", "uid", 2);
	give(&t, "trace", "sidecar", "uid", 2);
	give(&t, "trace", "target", "another", 2);
	give(&t, "trace", "target", "uid", 1);
	assert_int_equal(t.count, 0);
	give(&t, "trace", "target", "uid", 2);
	assert_int_equal(t.count, 1);
	assert_string_equal(t.digests[0], "d1");
}

static void more_than_can_be_taken_are_an_error_and_none_is_dropped(void **state)
{
	struct kube_traces t = begin();
	struct err err = {};

	(void)state;
	for (int i = 0; i < KUBE_TRACES_MAX; i++)
		give(&t, "trace", "target", "uid", 2);
	assert_int_equal(kube_traces_check(&t, &err), 0);
	give(&t, "trace", "target", "uid", 2);
	assert_int_equal(kube_traces_check(&t, &err), -EIO);
	assert_non_null(strstr(err.text, "brought 65 traces of one container, and only 64"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_its_own_pod_ran_is_taken),
		cmocka_unit_test(more_than_can_be_taken_are_an_error_and_none_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
