// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* hot.c — what a call of a function costs once it has been called for a while: wall time, minimum of several rounds. */
#include <stdio.h>
#include <time.h>

#define ROUNDS 40
#define TIMES 10000000
#define SETTLE_NS 2e9

int watched(int x);

/* What a list of functions names; never part of its caller. */
__attribute__((noinline, noclone)) int watched(int x)
{
	__asm__ volatile("");
	return x + 1;
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

int main(void)
{
	double best = 1e18, start = now_ns(), spent;
	volatile int x = 0;

	while (now_ns() < start + SETTLE_NS)
		x = watched(x);
	for (int round = 0; round < ROUNDS; round++) {
		start = now_ns();
		for (int i = 0; i < TIMES; i++)
			x = watched(x);
		spent = (now_ns() - start) / TIMES;
		best = spent < best ? spent : best;
	}
	printf("call %.4f\n", best);
	return 0;
}
