// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* interrupt.c — signals kept pending, watched through a descriptor, and then let through. */
#include "analyzer/interrupt.h"

#include <poll.h>
#include <sys/signalfd.h>

int interrupt_hold(struct interrupt *ret, struct err *err)
{
	struct interrupt held;
	sigset_t held_back;

	sigemptyset(&held_back);
	sigaddset(&held_back, SIGINT);
	sigaddset(&held_back, SIGTERM);
	sigaddset(&held_back, SIGHUP);
	held.fd = signalfd(-1, &held_back, SFD_CLOEXEC);
	if (held.fd < 0)
		return err_sys(err, errno, "cannot watch for signals");
	sigprocmask(SIG_BLOCK, &held_back, &held.before);
	*ret = held;
	return 0;
}

bool interrupt_came(const struct interrupt *interrupt)
{
	struct pollfd came = { interrupt->fd, POLLIN, 0 };

	return poll(&came, 1, 0) > 0;
}

void interrupt_release(struct interrupt *interrupt)
{
	if (interrupt->fd <= 0)
		return;
	close(interrupt->fd);
	interrupt->fd = 0;
	sigprocmask(SIG_SETMASK, &interrupt->before, NULL);
}
