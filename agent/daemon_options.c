// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* daemon_options.c — what `vexxy-agent daemon` was asked for. */
#include "agent/daemon.h"

#include <string.h>
#include <unistd.h>

#define AT(member) offsetof(struct daemon_options, member)

const struct option_def daemon_option_table[] = {
	{ "server", 0, "URL", "the server's address, https://HOST:PORT", OPTION_STRING, AT(server),
	  0, 0 },
	{ "key-file", 0, "FILE", "an API key, or a token that is renewed: read for each request",
	  OPTION_STRING, AT(key_file), 0, 0 },
	{ "ca", 0, "FILE", "who signs the server's certificate (PEM; default: the system's)",
	  OPTION_STRING, AT(ca), 0, 0 },
	{ "certificate", 0, "FILE", "of this node, for a server that asks for one (PEM)",
	  OPTION_STRING, AT(certificate), 0, 0 },
	{ "certificate-key", 0, "FILE", "its key (PEM)", OPTION_STRING, AT(certificate_key), 0, 0 },
	{ "node", 0, "NAME", "of this node (default: NODE_NAME, or the host's name)", OPTION_STRING,
	  AT(node), 0, 0 },
	{ "state", 0, "DIR", "where traces wait (default /var/lib/vexxy-agent)", OPTION_STRING,
	  AT(state), 0, 0 },
	{ "spool", 0, "MB", "how much may wait there; then no gate is opened (default 2048)",
	  OPTION_NUMBER, AT(spool_mb), 16, 1u << 24 },
	{ "pods", 0, "N", "how many are recorded at a time; more wait (default 8)", OPTION_NUMBER,
	  AT(pods), 1, 64 },
	{ "cgroup", 0, "PATH", "below which pods are looked for (default: all)", OPTION_STRING,
	  AT(cgroup), 0, 0 },
	{ "gvisor", 0, "DIR",
	  "gVisor's sandboxes connect to DIR/gvisor.sock, as DIR/session.json tells them",
	  OPTION_STRING, AT(gvisor), 0, 0 },
	{ "user", 0, "NAME", "who has the network (default nobody)", OPTION_STRING, AT(user), 0,
	  0 },
	{},
};

int daemon_options_parse(struct daemon_options *ret, int argc, char **argv, struct err *err)
{
	struct daemon_options o = { .state = "/var/lib/vexxy-agent",
				    .user = "nobody",
				    .node = getenv("NODE_NAME"),
				    .spool_mb = 2048,
				    .pods = 8 };
	struct option_list operands = {};
	int r = options_parse(daemon_option_table, &o, argc, argv, &operands, err);

	if (r >= 0 && (operands.count || r < argc))
		r = err_set(err, EINVAL, "'daemon' takes no operand");
	option_list_done(&operands);
	if (r >= 0 && !o.server)
		r = err_set(err, EINVAL, "no --server URL");
	if (r >= 0 && !o.certificate != !o.certificate_key)
		r = err_set(err, EINVAL, "--certificate and --certificate-key go together");
	if (r < 0)
		return r;
	*ret = o;
	return 0;
}
