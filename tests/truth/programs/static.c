// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* static.c — a program that is linked statically. What a function's name begins with says what becomes of it: ran_ or idle_. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define ALONE __attribute__((noinline, noclone))

static volatile int state;

ALONE static int ran_local(int n)
{
	return n * 3 + state;
}
ALONE int ran_global(int n)
{
	return n * 5 + state;
}
ALONE static int ran_by_table(int n)
{
	return n * 7 + state;
}
ALONE static int idle_in_table(int n)
{
	return n * 11 + state;
}
ALONE static void ran_by_signal(int n)
{
	state += n * 0;
}
ALONE static void idle_by_signal(int n)
{
	state += n;
}
ALONE static void ran_at_load(void)
{
	state += 0;
}
ALONE static int idle_local(int n)
{
	return n * 13 + state;
}
ALONE int idle_global(int n)
{
	return n * 17 + state;
}

static int (*const table[])(int) = { ran_by_table, idle_in_table };

__attribute__((constructor)) static void begin(void)
{
	ran_at_load();
}

int main(int argc, char **argv)
{
	int n = ran_local(argc) + ran_global(argc) + table[0](argc);

	signal(SIGUSR1, ran_by_signal);
	signal(SIGUSR2, idle_by_signal);
	raise(SIGUSR1);
	if (argc > 1 && !strcmp(argv[1], "all"))
		n += idle_local(n) + idle_global(n) + table[1](n);
	return printf("%d\n", n) < 0;
}
