// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_build_id.c — build-ids of good, odd and hostile files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/build_id.h"
#include "agent/root_file.h"

#define ID "0102030405060708090a0b0c0d0e0f1011121314"

struct small_elf {
	Elf64_Ehdr head;
	Elf64_Phdr note_segment;
	Elf64_Nhdr note;
	char name[4];
	unsigned char id[20];
};

static struct small_elf good_elf(void)
{
	struct small_elf e = {
		.head = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1 },
			  .e_phoff = offsetof(struct small_elf, note_segment),
			  .e_phentsize = sizeof(Elf64_Phdr),
			  .e_phnum = 1 },
		.note_segment = { .p_type = PT_NOTE,
				  .p_offset = offsetof(struct small_elf, note),
				  .p_filesz = sizeof(Elf64_Nhdr) + 24 },
		.note = { 4, 20, NT_GNU_BUILD_ID },
		.name = "GNU",
	};

	for (size_t i = 0; i < sizeof(e.id); i++)
		e.id[i] = (unsigned char)(i + 1);
	return e;
}

static int read_bytes(char id[BUILD_ID_TEXT_MAX], const void *bytes, size_t len)
{
	_cleanup_close_ int fd = memfd_create("elf", MFD_CLOEXEC);

	assert_int_equal(write(fd, bytes, len), len);
	return build_id_read(id, fd);
}

static void the_note_of_a_small_file_is_found(void **state)
{
	struct small_elf e = good_elf();
	char id[BUILD_ID_TEXT_MAX] = "";

	(void)state;
	assert_int_equal(read_bytes(id, &e, sizeof(e)), 0);
	assert_string_equal(id, ID);
}

static void our_own_program_has_one(void **state)
{
	_cleanup_close_ int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	char id[BUILD_ID_TEXT_MAX] = "";

	(void)state;
	assert_int_equal(build_id_read(id, fd), 0);
	assert_int_equal(strlen(id), 40);
}

static void code_is_where_the_segments_say(void **state)
{
	struct {
		Elf64_Ehdr head;
		Elf64_Phdr segments[CODE_RANGES_MAX + 1];
	} e = { .head = good_elf().head };
	_cleanup_close_ int fd = memfd_create("elf", MFD_CLOEXEC);
	struct code_ranges code = {};

	(void)state;
	e.head.e_phoff = sizeof(e.head);
	e.head.e_phnum = 3;
	e.segments[0] = (Elf64_Phdr){ .p_type = PT_LOAD, .p_flags = PF_R, .p_filesz = 64 };
	e.segments[1] = (Elf64_Phdr){
		.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_offset = 4096, .p_filesz = 100
	};
	e.segments[2] = (Elf64_Phdr){ .p_type = PT_NOTE, .p_flags = PF_X, .p_filesz = 64 };
	assert_int_equal(pwrite(fd, &e, sizeof(e), 0), sizeof(e));
	assert_int_equal(code_ranges_read(&code, fd), 0);
	assert_int_equal(code.count, 1);
	assert_int_equal(code.items[0].begin, 4096);
	assert_int_equal(code.items[0].end, 4196);
	/* Hostile: an end beyond all numbers, more segments than there is room for. */
	e.segments[1].p_filesz = UINT64_MAX;
	assert_int_equal(pwrite(fd, &e, sizeof(e), 0), sizeof(e));
	assert_int_equal(code_ranges_read(&code, fd), -ENOEXEC);
	e.segments[1].p_filesz = 1;
	e.head.e_phnum = CODE_RANGES_MAX + 1;
	for (int i = 0; i <= CODE_RANGES_MAX; i++)
		e.segments[i] = e.segments[1];
	assert_int_equal(pwrite(fd, &e, sizeof(e), 0), sizeof(e));
	assert_int_equal(code_ranges_read(&code, fd), -ENOEXEC);
	assert_int_equal(code.count, 1);
	assert_int_equal(ftruncate(fd, 100), 0);
	assert_true(code_ranges_read(&code, fd) < 0);
}

static void what_is_no_elf_has_none(void **state)
{
	char id[BUILD_ID_TEXT_MAX] = "";

	(void)state;
	assert_int_equal(read_bytes(id, "", 0), -ENODATA);
	assert_int_equal(read_bytes(id, "#!/bin/sh\n", 10), -ENODATA);
	assert_int_equal(read_bytes(id, "\177ELF", 4), -ENODATA);
}

static void hostile_headers_are_harmless(void **state)
{
	char id[BUILD_ID_TEXT_MAX] = "";
	struct small_elf e = good_elf();

	(void)state;
	e.head.e_phnum = 0xffff;
	e.note_segment.p_type = PT_LOAD;
	assert_true(read_bytes(id, &e, sizeof(e)) < 0);
	e = good_elf();
	e.head.e_phoff = UINT64_MAX - 8;
	assert_true(read_bytes(id, &e, sizeof(e)) < 0);
	e = good_elf();
	e.note_segment.p_offset = UINT64_MAX - 16;
	assert_true(read_bytes(id, &e, sizeof(e)) < 0);
	e = good_elf();
	e.note_segment.p_filesz = UINT64_MAX;
	assert_true(read_bytes(id, &e, sizeof(e)) < 0);
	e = good_elf();
	e.note.n_namesz = UINT32_MAX;
	assert_true(read_bytes(id, &e, sizeof(e)) < 0);
	e = good_elf();
	e.note.n_descsz = UINT32_MAX;
	assert_true(read_bytes(id, &e, sizeof(e)) < 0);
	e = good_elf();
	e.note.n_descsz = 0;
	assert_true(read_bytes(id, &e, sizeof(e)) < 0);
	e = good_elf();
	e.head.e_ident[EI_DATA] = ELFDATA2MSB;
	assert_int_equal(read_bytes(id, &e, sizeof(e)), -ENODATA);
}

static void another_file_at_the_path_is_not_taken(void **state)
{
	_cleanup_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	char id[BUILD_ID_TEXT_MAX];
	struct build_id_file file = {};
	struct stat st;

	(void)state;

	file.path = realpath("/proc/self/exe", NULL);
	assert_non_null(file.path);
	assert_int_equal(stat(file.path, &st), 0);
	file.ino = st.st_ino;
	assert_int_equal(build_id_find(id, root, &file), 0);
	file.ino++;
	assert_int_equal(build_id_find(id, root, &file), -ESTALE);
	free((char *)file.path);
}

static void files_stay_inside_their_root(void **state)
{
	char dir[] = "/tmp/vexxy-unit.XXXXXX", name[64];
	_cleanup_close_ int root = -1;
	_cleanup_free_ char *text = NULL;
	struct stat st;
	size_t len;

	(void)state;
	assert_non_null(mkdtemp(dir));
	root = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	snprintf(name, sizeof(name), "%s/out", dir);
	assert_int_equal(symlink("/etc/passwd", name), 0);
	snprintf(name, sizeof(name), "%s/pipe", dir);
	assert_int_equal(mkfifo(name, 0600), 0);
	assert_int_equal(root_file_open(root, "/out", &st), -ENOENT);
	assert_int_equal(root_file_open(root, "../../../etc/passwd", &st), -ENOENT);
	assert_int_equal(root_file_open(root, "/pipe", &st), -EINVAL);
	assert_int_equal(root_file_open(root, "/", &st), -EINVAL);
	assert_int_equal(root_file_read(&text, &len, root, "/out", 100), -ENOENT);
	unlink(name);
	snprintf(name, sizeof(name), "%s/out", dir);
	unlink(name);
	rmdir(dir);
}

static void what_the_kernel_says_is_no_file_of_a_root(void **state)
{
	_cleanup_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	(void)state;
	assert_int_equal(root_file_open(root, "/proc/version", &st), -EINVAL);
	assert_int_equal(root_file_open(root, "/sys/kernel/mm/transparent_hugepage/enabled", &st),
			 -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_note_of_a_small_file_is_found),
		cmocka_unit_test(our_own_program_has_one),
		cmocka_unit_test(code_is_where_the_segments_say),
		cmocka_unit_test(what_is_no_elf_has_none),
		cmocka_unit_test(hostile_headers_are_harmless),
		cmocka_unit_test(another_file_at_the_path_is_not_taken),
		cmocka_unit_test(files_stay_inside_their_root),
		cmocka_unit_test(what_the_kernel_says_is_no_file_of_a_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
