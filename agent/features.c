// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* features.c — what this kernel has, as its own type information tells. */
#include "agent/features.h"

#include <stdint.h>
#include <string.h>

#include <bpf/btf.h>

static inline void cleanup_btf(struct btf **btf)
{
	btf__free(*btf);
}

static bool btf_has_helper(const struct btf *btf, const char *name)
{
	int id = btf__find_by_name_kind(btf, "bpf_func_id", BTF_KIND_ENUM);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;
	const struct btf_enum *e = t ? btf_enum(t) : NULL;

	for (uint32_t i = 0; t && i < btf_vlen(t); i++)
		if (!strcmp(btf__name_by_offset(btf, e[i].name_off), name))
			return true;
	return false;
}

static bool btf_has_func(const struct btf *btf, const char *name)
{
	return btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) > 0;
}

/* The prototype behind a function or behind the type of a tracepoint. */
static const struct btf_type *btf_proto(const struct btf *btf, const char *name, uint32_t kind)
{
	int id = btf__find_by_name_kind(btf, name, kind);
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;

	while (t && (btf_is_typedef(t) || btf_is_ptr(t) || btf_is_func(t)))
		t = btf__type_by_id(btf, t->type);
	return t && btf_is_func_proto(t) ? t : NULL;
}

static bool btf_points_to(const struct btf *btf, uint32_t id, const char *name)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	t = t && btf_is_ptr(t) ? btf__type_by_id(btf, t->type) : NULL;
	return t && !strcmp(btf__name_by_offset(btf, t->name_off), name);
}

/* The first argument of the type is the tracepoint's own. */
static bool btf_has_tracepoint(const struct btf *btf, const char *type, uint32_t args)
{
	const struct btf_type *proto = btf_proto(btf, type, BTF_KIND_TYPEDEF);

	return proto && btf_vlen(proto) == args;
}

/* Two shapes of io_uring_complete are understood. */
static void features_uring(struct features *ret, const struct btf *btf)
{
	const struct btf_type *proto =
	    btf_proto(btf, "btf_trace_io_uring_complete", BTF_KIND_TYPEDEF);
	uint32_t n = proto ? btf_vlen(proto) : 0;

	ret->uring_cqe = n == 4 && btf_points_to(btf, btf_params(proto)[3].type, "io_uring_cqe");
	ret->uring_res = n == 8;
	ret->uring_submit_req = btf_has_tracepoint(btf, "btf_trace_io_uring_submit_req", 2);
	ret->uring_submit_sqe = btf_has_tracepoint(btf, "btf_trace_io_uring_submit_sqe", 3);
}

int features_read(struct features *ret, struct err *err)
{
	_cleanup_(cleanup_btf) struct btf *btf = btf__load_vmlinux_btf();
	const struct btf_type *proto;

	if (!btf)
		return err_set(err, EOPNOTSUPP,
			       "the kernel has no type information (/sys/kernel/btf/vmlinux); it "
			       "must be built with CONFIG_DEBUG_INFO_BTF");
	*ret = (struct features){
		.recur = btf_has_func(btf, "bpf_task_storage_get_recur"),
		.cast = btf_has_func(btf, "bpf_rdonly_cast"),
		.find_vma = btf_has_helper(btf, "BPF_FUNC_find_vma"),
	};
	features_uring(ret, btf);
	proto = btf_proto(btf, "do_file_open_root", BTF_KIND_FUNC);
	ret->open_root_args = proto ? btf_vlen(proto) : 0;
	return 0;
}
