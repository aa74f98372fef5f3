/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* commands.h — the verbs of vexxy-agent. Each returns the exit status: 0 done, 1 failed, 2 wrong usage. "record" also EX_TEMPFAIL of
 * sysexits.h: failed by no fault of what was to be recorded. */
#pragma once

int cmd_record(int argc, char **argv); /* argv[0] is the verb */
int cmd_probe(int argc, char **argv);
int cmd_daemon(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_gate(int argc, char **argv);
