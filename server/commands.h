/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* commands.h — the verbs of vexxy-server; each gets argv with its own name first, and returns the exit status. */
#pragma once

int cmd_serve(int argc, char **argv);
int cmd_key(int argc, char **argv);
int cmd_organization(int argc, char **argv);
int cmd_sweep(int argc, char **argv);
int cmd_backup(int argc, char **argv);
int cmd_drive(int argc, char **argv);
int cmd_fetch(int argc, char **argv);
int cmd_confine(int argc, char **argv);
