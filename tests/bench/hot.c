// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * hot.c — what a call of a watched function costs once it has been called, beside one of its twin that nobody watches: in one
 * process, in turns, processor time of the thread, the least of many rounds. Also whether its breakpoint was there, and went.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define ROUNDS 60
#define TIMES 10000000
#define SETTLE_NS 2e9
#define CODE_BYTES 4 /* in which a breakpoint is, on any machine */

int watched(int x);
int twin(int x);

/* What a list of functions names; never part of its caller, and placed as its twin is. */
__attribute__((noinline, noclone, no_icf, aligned(64))) int watched(int x)
{
	__asm__ volatile("");
	return x + 1;
}

__attribute__((noinline, noclone, no_icf, aligned(64))) int twin(int x)
{
	__asm__ volatile("");
	return x + 1;
}

static double now_ns(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* The two are the same code: what differs is a breakpoint. */
static bool has_breakpoint(void)
{
	unsigned char code[2][CODE_BYTES];

	__asm__ volatile("" ::: "memory");
	memcpy(code[0], (const void *)watched, CODE_BYTES);
	memcpy(code[1], (const void *)twin, CODE_BYTES);
	return memcmp(code[0], code[1], CODE_BYTES) != 0;
}

static double time_of(int (*volatile call)(int))
{
	double start = now_ns(CLOCK_THREAD_CPUTIME_ID);
	volatile int x = 0;

	for (int i = 0; i < TIMES; i++)
		x = call(x);
	return (now_ns(CLOCK_THREAD_CPUTIME_ID) - start) / TIMES;
}

static void keep_least(double *best, double spent)
{
	*best = spent < *best ? spent : *best;
}

int main(void)
{
	double best[2] = { 1e18, 1e18 }, start, gone = -1;
	bool before = has_breakpoint();

	start = now_ns(CLOCK_MONOTONIC);
	for (int x = 0; now_ns(CLOCK_MONOTONIC) < start + SETTLE_NS;) {
		x = watched(x);
		if (gone < 0 && !has_breakpoint())
			gone = now_ns(CLOCK_MONOTONIC) - start;
	}
	for (int round = 0; round < ROUNDS; round++) {
		keep_least(&best[round % 2], time_of(round % 2 ? twin : watched));
		keep_least(&best[!(round % 2)], time_of(round % 2 ? watched : twin));
	}
	printf("call %.4f twin %.4f before %d after %d gone %.1f\n", best[0], best[1], before,
	       has_breakpoint(), gone / 1e6);
	return 0;
}
