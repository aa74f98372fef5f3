// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * coverage.c — reaches files by every mechanism Linux has, one distinct file each, and says what a tracer must have seen.
 *
 *   coverage DIR [DYNAMIC]     DIR: an empty directory; DYNAMIC: a program with an ELF interpreter, and
 *                              its interpreter: "/bin/true:/lib64/ld-linux-x86-64.so.2"
 *   coverage --no-entry DIR    an open by io_uring that leaves no entry in the queue: no tracer sees how it ends
 *
 * Prints one line per mechanism, fields separated by tabs:
 *   expect  MECHANISM  KIND  PATH   KIND: open:ACCESS, map, exec, script, interpreter, memfd, failed
 *                                   (PATH is as given), net (PATH is listen:PORT or connect:PORT)
 *   unsupported  MECHANISM  REASON
 * The program is static, so that it runs in any root.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATH_BYTES 8192

static char dir[1024], self[4096];
static const char *dynamic;

/* DIR/name; two results may be in use at once. */
static const char *in_dir(const char *name)
{
	static char paths[2][PATH_BYTES];
	static int turn;

	turn = !turn;
	snprintf(paths[turn], PATH_BYTES, "%s/%s", dir, name);
	return paths[turn];
}

static const char *make_file(const char *name)
{
	const char *path = in_dir(name);
	int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0755);

	if (fd < 0 || write(fd, "data\n", 5) != 5)
		exit(3);
	close(fd);
	return path;
}

static void expect(const char *mechanism, const char *kind, const char *path)
{
	printf("expect\t%s\t%s\t%s\n", mechanism, kind, path);
}

static void unsupported(const char *mechanism)
{
	printf("unsupported\t%s\t%s\n", mechanism, strerror(errno));
}

/* What a call that yields a descriptor has reached. */
static void reached(const char *mechanism, long fd, const char *path)
{
	if (fd < 0) {
		unsupported(mechanism);
		return;
	}
	close((int)fd);
	expect(mechanism, "open:r", path);
}

static void plain_opens(void)
{
	const char *path;
	int at;

#ifdef SYS_open
	path = make_file("by-open");
	reached("open", syscall(SYS_open, path, O_RDONLY), path);
#endif
#ifdef SYS_creat
	path = in_dir("by-creat");
	if (syscall(SYS_creat, path, 0644) >= 0)
		expect("creat", "open:w", path);
#endif
	path = make_file("by-openat");
	reached("openat", syscall(SYS_openat, AT_FDCWD, path, O_RDONLY), path);
	path = make_file("by-dirfd");
	at = open(dir, O_RDONLY | O_DIRECTORY);
	reached("dirfd-relative", syscall(SYS_openat, at, "by-dirfd", O_RDONLY), path);
	close(at);
	path = make_file("by-cwd");
	reached("cwd-relative",
		chdir(dir) < 0 ? -1 : syscall(SYS_openat, AT_FDCWD, "by-cwd", O_RDONLY), path);
	mkdir(in_dir("sub"), 0755);
	path = make_file("by-dotdot");
	reached("dot-dot", chdir(in_dir("sub")) < 0 ? -1 : open("../by-dotdot", O_RDONLY), path);
	path = make_file("by-link");
	reached("symlink",
		symlink("../by-link", in_dir("sub/link")) < 0 ? -1 : open("link", O_RDONLY), path);
	path = make_file("by-o-path");
	if (open(path, O_PATH) >= 0)
		expect("o-path", "open:path", path);
}

static void odd_opens(void)
{
	struct open_how how = { .flags = O_RDONLY };
	char reopen[64];
	const char *path;
	int fd, saved;

	path = make_file("by-openat2");
	reached("openat2", syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how)), path);
	path = make_file("by-proc-fd");
	fd = open(path, O_PATH);
	snprintf(reopen, sizeof(reopen), "/proc/self/fd/%d", fd);
	reached("proc-self-fd", open(reopen, O_RDONLY), path);
	close(fd);
	path = make_file("by-fd-0");
	saved = dup(0);
	close(0);
	reached("as-fd-0", open(path, O_RDONLY), path);
	if (saved >= 0) {
		dup2(saved, 0);
		close(saved);
	}
	path = in_dir("by-nothing");
	if (open(path, O_RDONLY) < 0)
		expect("failed-open", "failed", path);
}

static void by_handle(void)
{
	struct {
		struct file_handle handle;
		char room[MAX_HANDLE_SZ];
	} h = { .handle.handle_bytes = MAX_HANDLE_SZ };
	const char *path = make_file("by-handle");
	int mount_id, at = open(dir, O_RDONLY | O_DIRECTORY);

	if (name_to_handle_at(AT_FDCWD, path, &h.handle, &mount_id, 0) < 0)
		unsupported("open_by_handle_at");
	else
		reached("open_by_handle_at", open_by_handle_at(at, &h.handle, O_RDONLY), path);
	close(at);
}

#ifdef __x86_64__
/* The 32-bit entry of a 64-bit program: the path must lie below 4 GiB. */
static void by_ia32(void)
{
	const char *path = make_file("by-ia32");
	char *low = mmap(NULL, PATH_BYTES, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	long ret = 5; /* open */

	memcpy(low, path, strlen(path) + 1);
	asm volatile("int $0x80"
		     : "+a"(ret)
		     : "b"((uint32_t)(uintptr_t)low), "c"(O_RDONLY), "d"(0)
		     : "memory", "r8", "r9", "r10", "r11");
	if (ret < 0 && ret > -4096) {
		errno = (int)-ret;
		ret = -1;
	}
	reached("ia32", ret, path);
}
#else
static void by_ia32(void) {}
#endif

struct ring {
	int fd;
	struct io_uring_params p;
	char *sq, *cq;
	struct io_uring_sqe *sqes;
};

static int ring_open(struct ring *r, uint32_t flags)
{
	size_t sq_bytes, cq_bytes;

	*r = (struct ring){ .p.flags = flags, .p.sq_thread_idle = 1000 };
	r->fd = (int)syscall(SYS_io_uring_setup, 4, &r->p);
	if (r->fd < 0)
		return -1;
	sq_bytes = r->p.sq_off.array + r->p.sq_entries * sizeof(uint32_t);
	cq_bytes = r->p.cq_off.cqes + r->p.cq_entries * sizeof(struct io_uring_cqe);
	r->sq = mmap(NULL, sq_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd,
		     IORING_OFF_SQ_RING);
	r->cq = mmap(NULL, cq_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, r->fd,
		     IORING_OFF_CQ_RING);
	r->sqes = mmap(NULL, r->p.sq_entries * sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_POPULATE, r->fd, IORING_OFF_SQES);
	return 0;
}

/* Submits one openat, and with `wait` waits for its end. slot < 0: an ordinary descriptor. */
static int ring_submit(struct ring *r, const char *path, uint8_t flags, int slot, unsigned wait)
{
	uint32_t *tail = (uint32_t *)(r->sq + r->p.sq_off.tail);
	uint32_t *array = (uint32_t *)(r->sq + r->p.sq_off.array);
	uint32_t at = *tail & (r->p.sq_entries - 1);

	r->sqes[at] = (struct io_uring_sqe){ .opcode = IORING_OP_OPENAT,
					     .flags = flags,
					     .fd = AT_FDCWD,
					     .addr = (uintptr_t)path,
					     .open_flags = O_RDONLY };
	r->sqes[at].file_index = slot < 0 ? 0 : (uint32_t)slot + 1;
	array[at] = at;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	return (int)syscall(SYS_io_uring_enter, r->fd, 1, wait,
			    (wait ? IORING_ENTER_GETEVENTS : 0) | IORING_ENTER_SQ_WAKEUP, NULL, 0);
}

/* What the open has come to. */
static int ring_openat(struct ring *r, const char *path, uint8_t flags, int slot)
{
	uint32_t *head = (uint32_t *)(r->cq + r->p.cq_off.head);
	struct io_uring_cqe *cqes = (struct io_uring_cqe *)(r->cq + r->p.cq_off.cqes);
	uint32_t mask = *(uint32_t *)(r->cq + r->p.cq_off.ring_mask);
	int ret;

	if (ring_submit(r, path, flags, slot, 1) < 0)
		return -1;
	ret = cqes[*head & mask].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	if (ret < 0)
		errno = -ret;
	return ret < 0 ? -1 : ret;
}

static void by_io_uring(void)
{
	int32_t table[4] = { -1, -1, -1, -1 };
	struct ring ring;
	const char *path;

	if (ring_open(&ring, 0) < 0) {
		unsupported("io_uring");
		return;
	}
	path = make_file("by-uring-inline");
	reached("io_uring-inline", ring_openat(&ring, path, 0, -1), path);
	path = make_file("by-uring-async");
	reached("io_uring-async", ring_openat(&ring, path, IOSQE_ASYNC, -1), path);
	path = make_file("by-uring-direct");
	if (syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_FILES, table, 4) < 0 ||
	    ring_openat(&ring, path, 0, 1) < 0)
		unsupported("io_uring-direct");
	else
		expect("io_uring-direct", "open:r", path);
	close(ring.fd);
	path = make_file("by-uring-thread");
	if (ring_open(&ring, IORING_SETUP_SQPOLL) < 0)
		unsupported("io_uring-thread");
	else
		reached("io_uring-thread", ring_openat(&ring, path, 0, -1), path);
	close(ring.fd);
}

static int without_entry(void)
{
	struct ring ring;

	if (ring_open(&ring, 0) < 0 || !(ring.p.features & IORING_FEAT_CQE_SKIP))
		return 77;
	return ring_submit(&ring, make_file("by-uring-skip"), IOSQE_CQE_SKIP_SUCCESS, -1, 0) != 1;
}

static void *thread_open(void *path)
{
	return (void *)(intptr_t)open(path, O_RDONLY);
}

static void from_thread(void)
{
	const char *path = make_file("by-thread");
	pthread_t thread;
	void *fd = (void *)(intptr_t)-1;

	if (pthread_create(&thread, NULL, thread_open, (void *)path) == 0)
		pthread_join(thread, &fd);
	reached("thread", (intptr_t)fd, path);
}

/* A file of one page of code, so that it can be mapped executable. */
static void map_opens(void)
{
	const char *path = make_file("map-exec");
	int fd = open(path, O_RDONLY);
	char *at = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);

	if (at != MAP_FAILED)
		expect("mmap-exec", "map", path);
	else
		unsupported("mmap-exec");
	close(fd);
	path = make_file("map-mprotect");
	fd = open(path, O_RDONLY);
	at = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (at != MAP_FAILED && mprotect(at, 4096, PROT_READ | PROT_EXEC) == 0)
		expect("mprotect-exec", "map", path);
	else
		unsupported("mprotect-exec");
#ifdef SYS_pkey_mprotect
	path = make_file("map-pkey");
	fd = open(path, O_RDONLY);
	at = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (syscall(SYS_pkey_mprotect, at, 4096, PROT_READ | PROT_EXEC, -1) == 0)
		expect("pkey-mprotect-exec", "map", path);
	else
		unsupported("pkey-mprotect-exec");
#endif
}

/* A descriptor that arrives through a socket is first seen when it is mapped. */
static void by_scm_rights(void)
{
	const char *path = make_file("map-scm-rights");
	char control[CMSG_SPACE(sizeof(int))] = {}, byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = control,
			      .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
	int pair[2], fd = open(path, O_RDONLY);

	*c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)),
			       .cmsg_level = SOL_SOCKET,
			       .cmsg_type = SCM_RIGHTS };
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || sendmsg(pair[0], &msg, 0) < 0 ||
	    recvmsg(pair[1], &msg, 0) < 0) {
		unsupported("scm-rights");
		return;
	}
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) == MAP_FAILED)
		unsupported("scm-rights");
	else
		expect("scm-rights", "map", path);
}

/* Same inode number, another file; same file, another name. */
static void identities(void)
{
	const char *path = make_file("reuse-a");

	reached("inode-reuse-first", open(path, O_RDONLY), path);
	unlink(path);
	path = make_file("reuse-b");
	reached("inode-reuse-second", open(path, O_RDONLY), path);
	mkdir(in_dir("before"), 0755);
	path = make_file("before/moved");
	reached("rename-before", open(path, O_RDONLY), path);
	rename(in_dir("before"), in_dir("after"));
	path = in_dir("after/moved");
	reached("rename-after", open(path, O_RDONLY), path);
	path = make_file("hard-a");
	reached("hard-link-first", open(path, O_RDONLY), path);
	path = link(in_dir("hard-a"), in_dir("hard-b")) < 0 ? path : in_dir("hard-b");
	reached("hard-link-second", open(path, O_RDONLY), path);
}

static void odd_names(void)
{
	char name[PATH_BYTES] = "", component[256];
	const char *path;

	for (int i = 0; i < 60; i++) {
		snprintf(name + strlen(name), sizeof(name) - strlen(name), "%sdeep%02d",
			 i ? "/" : "", i);
		mkdir(in_dir(name), 0755);
	}
	strcat(name, "/leaf");
	path = make_file(name);
	reached("deep-path", open(path, O_RDONLY), path);
	memset(component, 'n', 255);
	component[255] = '\0';
	path = make_file(component);
	reached("long-name", open(path, O_RDONLY), path);
	path = make_file("not-utf8-\xff\xfe");
	reached("invalid-utf8", open(path, O_RDONLY), in_dir("not-utf8-\\\\xff\\\\xfe"));
}

static void chrooted(void)
{
	char path[PATH_BYTES];

	mkdir(in_dir("jail"), 0755);
	strcpy(path, make_file("jail/inner"));
	fflush(stdout);
	if (fork() == 0) {
		if (chroot(in_dir("jail")) < 0 || chdir("/") < 0 || open("/inner", O_RDONLY) < 0)
			unsupported("chroot");
		else
			expect("chroot", "open:r", path);
		fflush(stdout);
		_exit(0);
	}
	wait(NULL);
}

static void network(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(a);
	int s = socket(AF_INET, SOCK_STREAM, 0), c = socket(AF_INET, SOCK_STREAM, 0);
	char text[32];

	if (bind(s, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(s, 1) < 0 ||
	    getsockname(s, (struct sockaddr *)&a, &len) < 0) {
		unsupported("listen");
		return;
	}
	snprintf(text, sizeof(text), "listen:%u", ntohs(a.sin_port));
	expect("listen", "net", text);
	if (connect(c, (struct sockaddr *)&a, sizeof(a)) < 0) {
		unsupported("connect");
		return;
	}
	snprintf(text, sizeof(text), "connect:%u", ntohs(a.sin_port));
	expect("connect", "net", text);
	close(c);
	close(s);
}

static void copy_self(const char *path)
{
	char buffer[65536];
	int from = open(self, O_RDONLY), to = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0755);
	ssize_t n;

	while ((n = read(from, buffer, sizeof(buffer))) > 0)
		if (write(to, buffer, (size_t)n) != n)
			exit(3);
	close(from);
	close(to);
}

/* Runs one exec in a child; status 0 means that the new program ran. */
static bool ran(void (*exec_it)(const char *), const char *path)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		exec_it(path);
		_exit(9);
	}
	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static char *const nothing[] = { "coverage", "--nothing", NULL };

static void exec_path(const char *path)
{
	execv(path, nothing);
}

static void exec_empty_path(const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC);

	syscall(SYS_execveat, fd, "", nothing, NULL, AT_EMPTY_PATH);
}

static void exec_memfd(const char *path)
{
	char buffer[65536];
	int from = open(path, O_RDONLY),
	    to = (int)syscall(SYS_memfd_create, "memfd-exec", 1 /* CLOEXEC */);
	ssize_t n;

	while ((n = read(from, buffer, sizeof(buffer))) > 0)
		if (write(to, buffer, (size_t)n) != n)
			_exit(9);
	syscall(SYS_execveat, to, "", nothing, NULL, AT_EMPTY_PATH);
}

static void exec_result(const char *mechanism, bool ok, const char *kind, const char *path)
{
	if (ok)
		expect(mechanism, kind, path);
	else
		printf("unsupported\t%s\tthe program did not run\n", mechanism);
}

static void execs(void)
{
	char path[PATH_BYTES], interpreter[PATH_BYTES];
	FILE *script;
	char *colon;

	strcpy(path, in_dir("exec-static"));
	copy_self(path);
	exec_result("static-exec", ran(exec_path, path), "exec", path);
	strcpy(path, in_dir("exec-at-empty"));
	copy_self(path);
	exec_result("execveat-empty-path", ran(exec_empty_path, path), "exec", path);
	exec_result("memfd-exec", ran(exec_memfd, path), "memfd", "memfd-exec");
	strcpy(interpreter, in_dir("exec-interp"));
	copy_self(interpreter);
	strcpy(path, in_dir("exec-script"));
	script = fopen(path, "w");
	fprintf(script, "#!%s --nothing\n", interpreter);
	fclose(script);
	chmod(path, 0755);
	if (ran(exec_path, path)) {
		expect("script", "script", path);
		expect("script-interpreter", "exec", interpreter);
	} else {
		printf("unsupported\tscript\tthe program did not run\n");
	}
	if (!dynamic)
		return;
	snprintf(path, sizeof(path), "%s", dynamic);
	colon = strchr(path, ':');
	if (!colon)
		return;
	*colon = '\0';
	if (ran(exec_path, path) || true) { /* what it makes of "--nothing" is its own affair */
		expect("dynamic-exec", "exec", path);
		expect("elf-interpreter", "interpreter", colon + 1);
	}
}

int main(int argc, char **argv)
{
	ssize_t n;

	if (argc > 1 && !strcmp(argv[1], "--nothing")) /* an interpreter opens its script */
		return argc > 2 && open(argv[2], O_RDONLY) < 0;
	if (argc > 2 && !strcmp(argv[1], "--no-entry"))
		return realpath(argv[2], dir) ? without_entry() : 2;
	if (argc < 2 || !realpath(argv[1], dir) ||
	    (n = readlink("/proc/self/exe", self, sizeof(self) - 1)) < 0) {
		fprintf(stderr, "usage: coverage DIR [PROGRAM:INTERPRETER]\n");
		return 2;
	}
	self[n] = '\0';
	dynamic = argc > 2 ? argv[2] : NULL;
	signal(SIGPIPE, SIG_IGN);
	plain_opens();
	odd_opens();
	by_handle();
	by_ia32();
	by_io_uring();
	from_thread();
	map_opens();
	by_scm_rights();
	identities();
	odd_names();
	chrooted();
	network();
	execs();
	return fflush(stdout) == 0 ? 0 : 1;
}
