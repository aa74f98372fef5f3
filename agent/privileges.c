// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* privileges.c — giving up rights, for good. */
#include "agent/privileges.h"

#include <grp.h>
#include <stdbool.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

static int drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = {};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	return syscall(SYS_capset, &header, none) < 0 ? -errno : 0;
}

int privileges_drop(uid_t uid, gid_t gid, struct err *err)
{
	bool is_root = geteuid() == 0;
	int r;

	if (is_root && (!uid || !gid))
		return err_set(err, EPERM, "the network is not used as root: name another user");
	if (is_root && (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ||
			setresuid(uid, uid, uid) < 0))
		return err_sys(err, errno,
			       "cannot become user %u (CAP_SETUID and CAP_SETGID are needed)", uid);
	r = drop_capabilities();
	if (r < 0)
		return err_sys(err, -r, "cannot give up capabilities");
	if (getuid() == 0 || geteuid() == 0 || setuid(0) == 0)
		return err_set(err, EPERM, "root was not given up");
	return 0;
}
