// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_record_options.c — what `vexxy-agent record` was asked for, and what it refuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "agent/record_options.h"

#define ARGS_MAX 16

/* Words separated by single blanks. The array lives as long as the test. */
static int parse(struct record_options *options, char *words, char *argv[ARGS_MAX], struct err *err)
{
	int argc = 0;

	for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
		argv[argc++] = word;
	argv[argc] = NULL;
	return record_options_parse(options, argc, argv, err);
}

static void each_target_is_recognised(void **state)
{
	static const struct {
		const char *words;
		enum target_kind kind;
	} cases[] = {
		{ "record -o f -- ls", TARGET_COMMAND },
		{ "record --out f --rootfs /r -- ls", TARGET_CONTAINER },
		{ "record --out f --image oci:x", TARGET_CONTAINER },
		{ "record --out f --image oci:x -- ls", TARGET_CONTAINER },
		{ "record --out f --cgroup /x", TARGET_RUNNING },
		{ "record --out f --pid 1", TARGET_RUNNING },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct record_options options;
		char words[128], *argv[ARGS_MAX];
		struct err err = {};

		snprintf(words, sizeof(words), "%s", cases[i].words);
		assert_int_equal(parse(&options, words, argv, &err), 0);
		assert_int_equal(options.kind, cases[i].kind);
		assert_int_equal(options.window_s, 5);
		assert_int_equal(options.ready_timeout_s, 60);
		record_options_done(&options);
	}
}

static void the_command_keeps_its_own_options(void **state)
{
	struct record_options options;
	char words[] = "record -o f --duration 7 --env A=1 -e B=2 -- ls --out -e", *argv[ARGS_MAX];
	struct err err = {};

	(void)state;
	assert_int_equal(parse(&options, words, argv, &err), 0);
	assert_string_equal(options.out, "f");
	assert_int_equal(options.duration_s, 7);
	assert_int_equal(options.env.count, 2);
	assert_string_equal(options.env.items[1], "B=2");
	assert_string_equal(options.command[0], "ls");
	assert_string_equal(options.command[1], "--out");
	assert_string_equal(options.command[2], "-e");
	assert_null(options.command[3]);
	record_options_done(&options);
}

static void what_is_wrong_is_named(void **state)
{
	static const struct {
		const char *words, *reason;
	} cases[] = {
		{ "record -- ls", "no --out FILE" },
		{ "record -o f", "nothing to record" },
		{ "record -o f --", "nothing to record" },
		{ "record -o f ls", "'ls' is no option; a command goes behind --" },
		{ "record -o f --rootfs /r", "--rootfs has no command of its own" },
		{ "record -o f --rootfs /r --image x -- ls", "one of --rootfs, --image" },
		{ "record -o f --pid 1 --cgroup x", "one of --rootfs, --image" },
		{ "record -o f --pid 1 -- ls", "a command does not go with --cgroup and --pid" },
		{ "record -o f --pid 1 -e A=1", "--env does not go with" },
		{ "record -o f --pid 0", "--pid: '0'" },
		{ "record -o f --pid -5", "--pid: '-5'" },
		{ "record -o f --duration 1x -- ls", "--duration: '1x'" },
		{ "record -o f --backend magic -- ls", "--backend: 'magic'" },
		{ "record -o f --policy some -- ls", "--policy: 'some'" },
		{ "record -o f --image x --network bridge", "--network: 'bridge'" },
		{ "record -o f --network host -- ls", "--network belongs to" },
		{ "record -o f --runtime runsc -- ls", "--runtime belongs to" },
		{ "record -o f --runtime kata --image x", "--runtime: 'kata'" },
		{ "record -o f --runtime runsc --image x --functions l",
		  "--functions does not go with --runtime runsc" },
		{ "record -o f --runtime runsc --image x --backend raw",
		  "--backend does not go with --runtime runsc" },
		{ "record -o f --user 1 -- ls", "--user belongs to" },
		{ "record -o f --seccomp off -- ls", "--seccomp belongs to" },
		{ "record -o f --until-driver -- ls", "--until-driver needs --driver" },
		{ "record -o f --ready-port 80 -- ls", "--ready-port needs --driver" },
		{ "record -o f --ready-port 65536 --driver x -- ls", "--ready-port: '65536'" },
		{ "record -o f --coverage -- ls", "--coverage needs --functions" },
		{ "record -o f -e =x -- ls", "--env: '=x'" },
		{ "record -o f -e x -- ls", "--env: 'x'" },
		{ "record -o f --bogus -- ls", "unknown option" },
		{ "record -o", "needs a value" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct record_options options;
		char words[128], *argv[ARGS_MAX];
		struct err err = {};

		snprintf(words, sizeof(words), "%s", cases[i].words);
		assert_int_equal(parse(&options, words, argv, &err), -EINVAL);
		if (!strstr(err.text, cases[i].reason))
			fail_msg("'%s' says '%s', not '%s'", cases[i].words, err.text,
				 cases[i].reason);
	}
}

static void every_option_explains_itself(void **state)
{
	(void)state;
	for (const struct option_def *def = record_option_table; def->name; def++) {
		assert_non_null(def->help);
		assert_true(strlen(def->help) > 8);
		assert_int_equal(def->value == NULL, def->type == OPTION_FLAG);
		for (const struct option_def *other = record_option_table; other < def; other++) {
			assert_string_not_equal(def->name, other->name);
			assert_true(!def->letter || def->letter != other->letter);
			assert_int_not_equal(def->offset, other->offset);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_target_is_recognised),
		cmocka_unit_test(the_command_keeps_its_own_options),
		cmocka_unit_test(what_is_wrong_is_named),
		cmocka_unit_test(every_option_explains_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
