/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * file.bpf.h — facts about files: what identifies one, its path, and the report of it, once.
 *
 * Two facts are the same only when device, inode, generation (else the time of change) and every name up to the root are
 * the same; the addresses of the dentries count as well, so that no collision of hashes can hide one. A repeat that is
 * reported does no harm, a fact that is suppressed would.
 */
#pragma once

#include "record.bpf.h"

#define CHAIN_MAX \
	48 /* levels that the quick look goes up; deeper files are walked, and looked up then */
#define WALK_MAX 512

struct fact {
	struct seen_key key;
	struct scope scope; /* its task: the one that did it */
	__u64 dentry, mnt;  /* addresses */
	__u64 base;         /* what goes into key.mix besides the names */
	__u64 addr, offset;
	__u8 kind, how, mode, owner;
};

static __always_inline void fact_init(struct fact *f, const struct scope *s, __u32 kind, __u32 how)
{
	__builtin_memset(f, 0, sizeof(*f));
	f->scope = *s;
	f->kind = kind;
	f->how = how;
}

static __always_inline __u64 inode_ctime(struct inode *inode, __u32 kind)
{
	struct inode___v66 *v66 = (void *)inode;
	struct inode___old *old = (void *)inode;
	__u64 sec = 0, nsec = 0;

	if (bpf_core_field_exists(inode->i_ctime_sec)) {
		sec = BPF_CORE_READ(inode, i_ctime_sec);
		nsec = BPF_CORE_READ(inode, i_ctime_nsec);
	} else if (bpf_core_field_exists(v66->__i_ctime)) {
		sec = BPF_CORE_READ(v66, __i_ctime.tv_sec);
		nsec = BPF_CORE_READ(v66, __i_ctime.tv_nsec);
	} else {
		sec = BPF_CORE_READ(old, i_ctime.tv_sec);
		nsec = BPF_CORE_READ(old, i_ctime.tv_nsec);
	}
	/* A log that is opened and written again and again is one fact a second, code is told apart exactly. */
	return kind == EVENT_OPEN ? sec : sec * 1000000000ull + nsec;
}

static __always_inline __u32 access_of(__u32 f_mode)
{
	return f_mode & FMODE_PATH                   ? EVENT_ACCESS_PATH
	       : f_mode & (FMODE_READ | FMODE_WRITE) ? f_mode & (FMODE_READ | FMODE_WRITE)
						     : EVENT_ACCESS_PATH;
}

static __always_inline __u32 file_access(struct file *file)
{
	return access_of(BPF_CORE_READ(file, f_mode));
}

static __always_inline struct mount *mount_of(__u64 mnt)
{
	return (struct mount *)(mnt - bpf_core_field_offset(struct mount, mnt));
}

static __always_inline __u64 mount_path_mnt(__u64 mount)
{
	return mount + bpf_core_field_offset(struct mount, mnt);
}

/* The address of the name stands for the dentry: it lies within, or belongs to it alone. */
static __always_inline __u64 mix_name(__u64 sum, __u64 hash_len, __u64 name)
{
	return mix(mix(sum, hash_len), name);
}

/* Appends a name. 0, or 1 when there is no room: the path is cut at the front. */
static __always_inline int walk_append(struct scratch *scratch, const struct qstr *name)
{
	struct walk *w = &scratch->walk;
	__u32 used = w->used, len = name->len;

	if (len > 255) {
		len = 255;
		w->flags |= EVENT_TRUNCATED;
	}
	if (used + len + 1 > EVENT_PATH_MAX) {
		w->flags |= EVENT_TRUNCATED;
		return 1;
	}
	w->used = used + len + 1;
	/* Masks for the verifier, each next to its use: 6.12 forgets a bound through a linked register. */
	barrier_var(used);
	used &= EVENT_PATH_MAX - 1;
	barrier_var(len);
	len &= 255;
	bpf_probe_read_kernel(scratch->data + used, len, name->name);
	used += len;
	barrier_var(used);
	if (used < sizeof(scratch->data))
		scratch->data[used] = 0;
	return 0;
}

/* From the root of a mount to where it is mounted: 1 at the top. */
static __always_inline int walk_mount(struct walk *w)
{
	struct mount *mount = mount_of(w->mnt);
	__u64 up = (__u64)BPF_CORE_READ(mount, mnt_parent);
	struct vfsmount *vfsmount;

	if (up == (__u64)mount || !up) {
		if ((__u64)mount != w->top)
			w->flags |= EVENT_OUTSIDE_ROOT;
		return 1;
	}
	w->dentry = (__u64)BPF_CORE_READ(mount, mnt_mountpoint);
	w->mnt = mount_path_mnt(up);
	vfsmount = (struct vfsmount *)w->mnt;
	w->mnt_root = (__u64)BPF_CORE_READ(vfsmount, mnt_root);
	w->sum = mix(w->sum, w->mnt);
	return 0;
}

/* One level up: 1 at the end. All by address: what was a pointer for the verifier is not one in a callback. */
static long walk_step(__u32 i, __u32 *place)
{
	struct scratch *scratch = bpf_map_lookup_elem(&scratches, place);
	struct dentry *dentry, *parent;
	struct qstr name = {};
	struct walk *w;

	if (!scratch)
		return 1;
	w = &scratch->walk;
	dentry = (struct dentry *)w->dentry;
	if (w->dentry == w->mnt_root)
		return walk_mount(w);
	parent = BPF_CORE_READ(dentry, d_parent);
	bpf_core_read(&name, sizeof(name), &dentry->d_name);
	w->sum = mix_name(w->sum, name.hash_len, (__u64)name.name);
	if (parent == dentry) {
		w->flags |= EVENT_OUTSIDE_ROOT;
		w->nameless = !name.len;
		if (!w->used)
			w->flags |= EVENT_MEMFD; /* perhaps: the caller looks at the name */
	} else if (!w->used && !BPF_CORE_READ(dentry, d_hash.pprev)) {
		w->flags |= EVENT_DELETED;
	}
	if (walk_append(scratch, &name) || parent == dentry)
		return 1;
	w->dentry = (__u64)parent;
	return 0;
}

/*
 * The container's root is that of its mount namespace, not that of the task: a task that has called chroot reaches other
 * files under the same names.
 */
static __always_inline void walk_begin(struct walk *w, const struct fact *f)
{
	struct task_struct *task = f->scope.task;
	struct vfsmount *vfsmount = (struct vfsmount *)f->mnt;

	__builtin_memset(w, 0, sizeof(*w));
	w->dentry = f->dentry;
	w->mnt = w->sum = f->mnt;
	w->top = (__u64)BPF_CORE_READ(task, nsproxy, mnt_ns, root);
	w->mnt_root = (__u64)BPF_CORE_READ(vfsmount, mnt_root);
}

static __always_inline void walk_run(struct walk *w, __u32 place)
{
	if (bpf_loop(WALK_MAX, walk_step, &place, 0) >= WALK_MAX)
		w->flags |= EVENT_TRUNCATED;
}

/*
 * The path under which the user knows the file. A mapping of overlayfs has the backing file, whose own path is that of
 * the layer. The bits in f_mode only say "perhaps" (they have moved between kernels); that the two halves of the user's
 * path are of one file system says "yes": for any other file these bytes are something else.
 */
static __always_inline void file_user_path(struct path *ret, struct file *file, __u32 f_mode)
{
	struct backing_file *backing = (void *)file;
	struct super_block *of_mount, *of_dentry;
	struct path user = {};

	bpf_core_read(ret, sizeof(*ret), &file->f_path);
	if (!bpf_core_field_exists(backing->user_path) || !(f_mode & FMODE_MAYBE_BACKING))
		return;
	bpf_core_read(&user, sizeof(user), &backing->user_path);
	of_mount = BPF_CORE_READ(user.mnt, mnt_sb);
	of_dentry = BPF_CORE_READ(user.dentry, d_sb);
	if (of_mount && of_mount == of_dentry)
		*ret = user;
}

/* Fills in what identifies an open file. */
static __always_inline void fact_identify(struct fact *f, struct file *file)
{
	struct path path;
	struct dentry *dentry;
	struct inode *inode;

	file_user_path(&path, file, BPF_CORE_READ(file, f_mode));
	f->mnt = (__u64)path.mnt;
	f->dentry = (__u64)path.dentry;
	dentry = path.dentry;
	inode = BPF_CORE_READ(dentry, d_inode);
	if (!inode)
		inode = BPF_CORE_READ(file, f_inode);
	f->key.ino = BPF_CORE_READ(inode, i_ino);
	f->key.dev = BPF_CORE_READ(inode, i_sb, s_dev);
	f->key.generation = BPF_CORE_READ(inode, i_generation);
	f->base = f->key.generation ? 0 : inode_ctime(inode, f->kind);
	f->key.watch = f->scope.watch;
	f->key.what = f->kind | f->mode << 8;
}

#ifdef WITH_CAST
/* Sums up the names from the file to the top of the mount tree, by plain loads; walk_step must come to the same sum. */
static __always_inline bool key_chain(struct seen_key *key, __u64 mnt, struct dentry *dentry)
{
	struct dentry *mnt_root = CAST(vfsmount, mnt)->mnt_root, *parent;
	__u64 sum = mnt, mount, up;

	for (int i = 0; i < CHAIN_MAX; i++) {
		if (dentry != mnt_root) {
			parent = dentry->d_parent;
			sum = mix_name(sum, dentry->d_name.hash_len, (__u64)dentry->d_name.name);
			if (parent == dentry)
				goto whole;
			dentry = parent;
			continue;
		}
		mount = (__u64)mount_of(mnt);
		up = WORD(mount + bpf_core_field_offset(struct mount, mnt_parent));
		if (up == mount || !up)
			goto whole;
		dentry =
		    CAST(dentry, WORD(mount + bpf_core_field_offset(struct mount, mnt_mountpoint)));
		mnt = mount_path_mnt(up);
		mnt_root = CAST(vfsmount, mnt)->mnt_root;
		sum = mix(sum, mnt);
	}
	return false;
whole:
	key->mix = mix(key->mix, sum);
	return true;
}

/* The same as seen_is_known for the current task, whose mark this is. */
static __always_inline bool mark_knows(struct mark *mark, const struct seen_key *key, __u32 slot)
{
	struct known *known = &mark->known[key->mix >> (64 - KNOWN_BITS)];
	__u64 unit = slot_unit[slot & (EVENT_SLOTS - 1)] + 1ull;

	if (known->unit == unit && known->key.mix == key->mix && known->key.ino == key->ino &&
	    known->key.dev == key->dev && known->key.generation == key->generation &&
	    known->key.watch == key->watch && known->key.what == key->what)
		return !all_events;
	if (!seen_is_known(key, slot))
		return false;
	known->key = *key;
	known->unit = unit;
	return true;
}

/*
 * Has the current task's open of this descriptor been reported? The same key as that of fact_report, by plain loads: most
 * opens are repeats. "No" may be wrong, "yes" never. A file behind a descriptor is never a backing file.
 */
SUBPROG bool open_is_known(const struct scope *s, __u32 fd)
{
	struct seen_key key = { .watch = s->watch };
	struct fdtable *fdt = s->task->files->fdt;
	struct dentry *dentry;
	struct inode *inode;
	struct file *file;
	__u64 at;

	if (fd >= fdt->max_fds)
		return false;
	at = WORD((__u64)fdt->fd + fd * sizeof(at));
	file = CAST(file, at);
	key.what = EVENT_OPEN | access_of(file->f_mode) << 8;
	at += bpf_core_field_offset(struct file, f_path);
	dentry = CAST(dentry, WORD(at + bpf_core_field_offset(struct path, dentry)));
	inode = dentry->d_inode;
	if (!inode)
		inode = file->f_inode;
	key.ino = inode->i_ino;
	key.dev = inode->i_sb->s_dev;
	key.generation = inode->i_generation;
	key.mix = key.generation ? 0 : inode_ctime(inode, EVENT_OPEN);
	return key_chain(&key, WORD(at + bpf_core_field_offset(struct path, mnt)), dentry) &&
	       mark_knows(s->mark, &key, s->slot);
}
#endif

static __always_inline bool is_memfd_name(const char *name)
{
	return name[0] == 'm' && name[1] == 'e' && name[2] == 'm' && name[3] == 'f' &&
	       name[4] == 'd' && name[5] == ':';
}

static __always_inline void fact_fill(const struct fact *f, struct event *e)
{
	struct dentry *dentry = (struct dentry *)f->dentry;

	record_begin(e, &f->scope, f->kind);
	e->how = f->how;
	e->mode = f->mode;
	e->ino = f->key.ino;
	e->dev = f->key.dev;
	e->generation = f->key.generation;
	e->addr = f->addr;
	e->offset = f->offset;
	if ((BPF_CORE_READ(dentry, d_inode, i_mode) & S_IFMT) == S_IFDIR)
		e->flags |= EVENT_DIRECTORY;
}

/* Builds and delivers the record of a fact that has not been seen, and only then remembers it. */
SUBPROG int fact_report(struct fact *f)
{
	__u32 slot = f->scope.slot, place;
	struct scratch *scratch = scratch_take(f->owner);
	struct walk *w;

	if (!scratch) {
		lose(slot, EVENT_LOSS_RING, f->kind);
		return 0;
	}
	place = scratch->event.length;
	fact_fill(f, &scratch->event);
	w = &scratch->walk;
	walk_begin(w, f);
	walk_run(w, place);
	/* The key is that of the path just read, even when somebody has renamed a directory since. */
	f->key.mix = mix(f->base, w->sum);
	if (!seen_is_known(&f->key, slot) && !w->nameless) {
		if ((w->flags & EVENT_MEMFD) && !is_memfd_name(scratch->data))
			w->flags &= ~EVENT_MEMFD;
		scratch->event.flags |= w->flags;
		if (w->flags & EVENT_TRUNCATED)
			lose(slot, EVENT_LOSS_WALK, f->kind);
		if (record_deliver(scratch, place, w->used))
			seen_add(&f->key, slot, f->kind);
	}
	scratch_release(scratch);
	return 0;
}

/* Reports that a task of the slot used the file, unless that is known. */
static __always_inline void fact_file(struct fact *f, struct file *file)
{
	fact_identify(f, file);
	fact_report(f);
}
