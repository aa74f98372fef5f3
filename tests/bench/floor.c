// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* floor.c — runs a command while the empty programs (or the one that tests a number) are attached.
 *   floor OBJECT empty|number COMMAND… */
#include <bpf/libbpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int attach(struct bpf_object *object, const char *wanted)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object) bpf_program__set_autoload(
	    program, !strncmp(bpf_program__name(program), wanted, strlen(wanted)));
	if (bpf_object__load(object))
		return -1;
	bpf_object__for_each_program(program, object) if (bpf_program__autoload(program) &&
							  !bpf_program__attach(program)) return -1;
	return 0;
}

int main(int argc, char **argv)
{
	struct bpf_object *object;
	int status;
	pid_t pid;

	if (argc < 4)
		return 2;
	object = bpf_object__open_file(argv[1], NULL);
	if (!object || attach(object, argv[2]) < 0) {
		fprintf(stderr, "error: the floor programs do not load here\n");
		return 1;
	}
	pid = fork();
	if (pid == 0) {
		execv(argv[3], argv + 3);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
