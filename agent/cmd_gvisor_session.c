// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_gvisor_session.c — the verb "gvisor-session": the file that makes gVisor tell the daemon of its sandboxes. */
#include <stdio.h>
#include <string.h>

#include "agent/commands.h"
#include "agent/gvisor_sink.h"
#include "include/options.h"

struct session_options {
	const char *socket;
};

static const struct option_def table[] = {
	{ "socket", 0, "PATH", "of the daemon's --gvisor (default /run/vexxy-agent/gvisor.sock)",
	  OPTION_STRING, offsetof(struct session_options, socket), 0, 0 },
	{},
};

int cmd_gvisor_session(int argc, char **argv)
{
	struct session_options options = { "/run/vexxy-agent/gvisor.sock" };
	struct option_list operands = {};
	_cleanup_text_ struct text text = {};
	struct err err = {};
	int r;

	if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
		printf("usage: vexxy-agent gvisor-session [--socket PATH]\n\nWrites what runsc "
		       "takes as --pod-init-config: every sandbox tells the daemon what happens in "
		       "it, and none begins without the daemon.\n\noptions:\n");
		options_help(stdout, table);
		return EXIT_SUCCESS;
	}
	r = options_parse(table, &options, argc, argv, &operands, &err);
	if (r >= 0 && (operands.count || r < argc))
		r = err_set(&err, EINVAL, "'gvisor-session' takes no operand");
	option_list_done(&operands);
	if (r < 0) {
		fprintf(stderr, "error: %s\nTry 'vexxy-agent gvisor-session --help'.\n", err.text);
		return 2;
	}
	gvisor_session_emit(&text, options.socket, true);
	if (text.failed || printf("%s\n", text.data) < 0 || fflush(stdout) != 0) {
		fprintf(stderr, "error: it cannot be written\n");
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
