// SPDX-License-Identifier: GPL-2.0
/*
 * tmpfs preserved over kexec: mount options and the life of a mount.
 *
 * Lock order: sb->s_umount, then shmem_pkram_lock, then what mm/pkram.c takes.
 */
#define pr_fmt(fmt) fmt

#include <linux/capability.h>
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/fs_context.h>
#include <linux/fs_parser.h>
#include <linux/list.h>
#include <linux/mempolicy.h>
#include <linux/minmax.h>
#include <linux/mount.h>
#include <linux/mutex.h>
#include <linux/overflow.h>
#include <linux/pkram.h>
#include <linux/printk.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "shmem_pkram.h"

/**
 * DOC: tmpfs over kexec
 *
 * A tmpfs mounted with pkram=NAME is kept over a kexec as the PKRAM node
 * "shmem-NAME" (include/linux/pkram_abi_shmem.h) when it has been remounted
 * with ro,preserve. A new mount with pkram=NAME, in the next kernel or after
 * an unmount in this one, gets it back.
 *
 * **Save.** The remount to read-only has seen to it that there are no writers,
 * no writable mappings and no open unlinked files (sb_prepare_remount_readonly()
 * fails otherwise), and nothing can change while the superblock is read-only.
 * The tree is walked breadth first, folios get a reference of the node's, which
 * keeps reclaim, migration and splitting away from them, and everything else is
 * copied into records. Where there are many folios several threads have seen to
 * them before that walk. The node is built unseen; it is
 * published when the remount can no longer fail. Before that an error leaves
 * everything as it was.
 *
 * **Frozen.** While the node exists its folios are shared by the page cache
 * and by the node, so the file system must not be written to: a remount to rw
 * is refused unless nopreserve comes with it, which drops the node. Unmounting
 * keeps the node.
 *
 * **Load.** A new mount rebuilds the tree around the folios. Nothing of the
 * node is changed or given up by that, so it can be undone up to the commit,
 * which drops the node and makes the tree an ordinary one.
 *
 * Of large files most contents come after the mount: mm/shmem_pkram_lazy.c. All that
 * it will rely on has been validated then, and what it takes is paid for, but for
 * little memory. Until it has come the node is there, but not for the next kernel.
 * Where the mount does not commit the load, since it is read-only, or somebody
 * remounts it before, all contents come then.
 *
 * **Commit.** The rule: the superblock is read-only as long as its load has not
 * been committed, so what the node holds cannot change. Two things commit it:
 *
 * - sb_mounted(), when the file system has got its first place in a mount namespace,
 *   by mount(2) or move_mount(2), with neither it nor the mount read-only by its
 *   options, and the system call cannot fail any more. The superblock becomes
 *   writable right then; another task that finds the new mount before gets
 *   EROFS, and so does who uses the descriptor that fsmount(2) gives without
 *   having moved it to its place.
 * - A remount from ro to rw.
 *
 * If the superblock is shut down before either, because the mount failed, the
 * fsopen() was abandoned or it was only mounted ro, the load is aborted: the
 * node is idle again and as it was.
 *
 * **Verify.** With this option a save adds checksums of the contents, and a load
 * looks at them before it can be committed. What they are to find is what comes
 * from outside: memory that firmware, a device or another kernel has written to.
 * Metadata has checksums in any case.
 *
 * **Names.** One superblock at a time can have a NAME, from the first look at
 * its node until its last inode is gone.
 *
 * **Who.** Only CAP_SYS_ADMIN in the initial user namespace, with a superblock
 * that belongs to it: names of nodes are not to be seen by others.
 *
 * **Not preserved**, and an error of the remount that names the file: pages
 * pinned for DMA, swap files, shared memory. Not preserved, silently, since
 * they belong to processes or mounts and not to the file system: open files,
 * locks, leases, watches, data in FIFOs, sockets' listeners, mlock, mounts on
 * top, bind mounts, propagation and mount flags, the device number, which memcg
 * a page was charged to, which pages are hot, and swap space.
 */

/* Protects shmem_pkram_mounts */
static DEFINE_MUTEX(shmem_pkram_lock);

/* Superblocks by name */
static LIST_HEAD(shmem_pkram_mounts);

enum {
	shmem_opt_pkram,
	shmem_opt_preserve,
	shmem_opt_nopreserve,
	shmem_opt_verify,
	shmem_opt_noverify,
};

static const struct fs_parameter_spec shmem_pkram_parameters[] = {
	fsparam_string("pkram",		shmem_opt_pkram),
	fsparam_flag("preserve",	shmem_opt_preserve),
	fsparam_flag("nopreserve",	shmem_opt_nopreserve),
	fsparam_flag("verify",		shmem_opt_verify),
	fsparam_flag("noverify",	shmem_opt_noverify),
	{}
};

static const char *shmem_pkram_name(const struct shmem_pkram *st)
{
	return st->node + strlen(SHMEM_PKRAM_PREFIX);
}

static bool shmem_pkram_capable(struct fs_context *fc)
{
	return fc->user_ns == &init_user_ns && capable(CAP_SYS_ADMIN);
}

/**
 * shmem_pkram_path() - what to call a file in a message
 * @dentry: a name of it
 * @buf: PATH_MAX bytes, or NULL when there was no memory for them
 *
 * Context: Does not sleep.
 * Return: its path, its last part when that is too long, or "?"; stands in @buf
 * or in @dentry.
 */
const char *shmem_pkram_path(struct dentry *dentry, char *buf)
{
	const char *path;

	if (!buf)
		return "?";
	path = dentry_path_raw(dentry, buf, PATH_MAX);
	/* Too long: its end has to do */
	return IS_ERR(path) ? (const char *)dentry->d_name.name : path;
}

/**
 * shmem_pkram_grow() - have room in an array
 * @array: the array, from kvmalloc(), or NULL
 * @nr: for so many elements, not 0
 * @room: for how many there is room; changed
 * @size: of an element, in bytes
 *
 * Context: May sleep.
 * Return: where the array is now; NULL when there is no memory, and it is as it was.
 */
void *shmem_pkram_grow(void *array, size_t nr, size_t *room, size_t size)
{
	const size_t more = max3(nr, 2 * *room, 16UL);
	void *grown;

	if (nr <= *room)
		return array;
	grown = kvrealloc(array, array_size(more, size), SHMEM_PKRAM_GFP);
	if (grown)
		*room = more;
	return grown;
}

/**
 * shmem_pkram_err() - report an error
 * @fc: mount or remount; gets it if it wants messages
 * @fmt: format, without newline
 *
 * The log of the kernel gets it in any case.
 *
 * Context: May sleep.
 */
void shmem_pkram_err(struct fs_context *fc, const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	if (fc->log.log)
		errorfc(fc, "%pV", &vaf);
	pr_err("tmpfs: %pV\n", &vaf);
	va_end(args);
}

/* ------------------------------------------------------------ options */

static int shmem_pkram_parse_name(struct fs_context *fc,
				  struct shmem_pkram_options *opts,
				  struct fs_parameter *param)
{
	if (param->size > SHMEM_PKRAM_NAME_MAX)
		return invalfc(fc, "pkram: the name is longer than %d bytes",
			       SHMEM_PKRAM_NAME_MAX);
	if (strchr(param->string, '/'))
		return invalfc(fc, "pkram: the name must not have a '/'");
	if (opts->name && strcmp(opts->name, param->string))
		return invalfc(fc, "pkram: two different names; a mount keeps its name");

	kfree(opts->name);
	opts->name = param->string;
	param->string = NULL;
	return 0;
}

/* Remember which of the options that have no bit in ctx->seen were given, and how */
static void shmem_pkram_note(struct shmem_pkram_options *opts,
			     const struct fs_parameter *param)
{
	const char *key = param->key;

	if (!strcmp(key, "size") || !strcmp(key, "nr_blocks"))
		opts->percent = param->type == fs_value_is_string &&
				strchr(param->string, '%');
	else if (!strcmp(key, "mode"))
		opts->seen |= SHMEM_PKRAM_SEEN_MODE;
	else if (!strcmp(key, "uid"))
		opts->seen |= SHMEM_PKRAM_SEEN_UID;
	else if (!strcmp(key, "gid"))
		opts->seen |= SHMEM_PKRAM_SEEN_GID;
	else if (!strcmp(key, "mpol"))
		opts->seen |= SHMEM_PKRAM_SEEN_MPOL;
}

/**
 * shmem_pkram_parse() - parse a mount option
 * @fc: mount or remount
 * @param: the option
 *
 * Context: May sleep.
 * Return: 0; -ENOPARAM when it is none of PKRAM's; -EPERM; -EINVAL.
 */
int shmem_pkram_parse(struct fs_context *fc, struct fs_parameter *param)
{
	struct shmem_options *ctx = fc->fs_private;
	struct shmem_pkram_options *opts = &ctx->pkram;
	struct fs_parse_result result;
	int opt;

	opt = fs_parse(fc, shmem_pkram_parameters, param, &result);
	if (opt == -ENOPARAM)
		shmem_pkram_note(opts, param);
	if (opt < 0)
		return opt;

	if (!shmem_pkram_capable(fc)) {
		errorfc(fc, "%s: needs CAP_SYS_ADMIN in the initial user namespace",
			param->key);
		return -EPERM;
	}
	switch (opt) {
	case shmem_opt_pkram:
		return shmem_pkram_parse_name(fc, opts, param);
	case shmem_opt_preserve:
	case shmem_opt_nopreserve:
		opts->preserve = opt == shmem_opt_preserve;
		opts->preserve_seen = true;
		break;
	default:
		opts->verify = opt == shmem_opt_verify;
		opts->verify_seen = true;
	}
	return 0;
}

/**
 * shmem_pkram_free() - free what shmem_pkram_parse() has allocated
 * @ctx: options
 *
 * Context: Any.
 */
void shmem_pkram_free(struct shmem_options *ctx)
{
	kfree(ctx->pkram.name);
}

/**
 * shmem_pkram_show() - show options as in /proc/mounts
 * @seq: where
 * @sbinfo: superblock
 *
 * Context: May sleep.
 */
void shmem_pkram_show(struct seq_file *seq, struct shmem_sb_info *sbinfo)
{
	const struct shmem_pkram *st = sbinfo->pkram;

	if (!st)
		return;
	seq_show_option(seq, "pkram", shmem_pkram_name(st));
	if (READ_ONCE(st->verify))
		seq_puts(seq, ",verify");
	if (READ_ONCE(st->preserved))
		seq_puts(seq, ",preserve");
}

/* --------------------------------------------------- mount and unmount */

/* Claim @name */
static struct shmem_pkram *shmem_pkram_register(const char *name)
{
	struct shmem_pkram *st, *other;

	st = kzalloc(sizeof(*st), GFP_KERNEL);
	if (!st)
		return ERR_PTR(-ENOMEM);
	init_rwsem(&st->lazy_sem);
	init_completion(&st->lazy_done);
	snprintf(st->node, sizeof(st->node), SHMEM_PKRAM_PREFIX "%s", name);

	guard(mutex)(&shmem_pkram_lock);
	list_for_each_entry(other, &shmem_pkram_mounts, list) {
		if (!strcmp(other->node, st->node)) {
			kfree(st);
			return ERR_PTR(-EBUSY);
		}
	}
	list_add(&st->list, &shmem_pkram_mounts);
	return st;
}

static int shmem_pkram_open_failed(struct fs_context *fc, const char *name,
				   int err)
{
	static const struct {
		int err;
		const char *why;
	} reasons[] = {
		{ -EBADMSG, "it is damaged; it can be dropped in /sys/kernel/pkram" },
		{ -EBUSY, "it is being saved or loaded" },
		{ -ENODEV, "PKRAM is switched off" },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(reasons); i++)
		if (reasons[i].err == err)
			shmem_pkram_err(fc, "cannot load '%s': %s", name,
					reasons[i].why);
	return err;
}

/**
 * shmem_pkram_open() - begin to fill a superblock
 * @sb: the superblock, without anything yet
 * @fc: its options; those that were not given are taken from the node
 *
 * Context: May sleep. sb->s_umount is held for writing.
 * Return: 0; -EINVAL; -EPERM; -EBUSY when the name is in use; -EBADMSG; -ENODEV;
 * -EOPNOTSUPP when the tree has quotas and this kernel has none; -ENOSPC when it is
 * larger than size= or nr_inodes= allow; -ENOMEM.
 */
int shmem_pkram_open(struct super_block *sb, struct fs_context *fc)
{
	struct shmem_options *ctx = fc->fs_private;
	struct shmem_pkram_options *opts = &ctx->pkram;
	struct shmem_pkram *st;
	int err;

	if (opts->preserve)
		return invalfc(fc,
			       "preserve: mount without it, later remount with ro,preserve");
	if (!opts->name && opts->verify)
		return invalfc(fc, "verify: needs pkram=NAME");
	if (!opts->name)
		return 0;
	if (!shmem_pkram_capable(fc) || sb->s_user_ns != &init_user_ns) {
		errorfc(fc, "pkram: needs CAP_SYS_ADMIN in the initial user namespace");
		return -EPERM;
	}

	st = shmem_pkram_register(opts->name);
	if (IS_ERR(st)) {
		if (PTR_ERR(st) == -EBUSY)
			shmem_pkram_err(fc, "pkram=%s is in use by another mount",
					opts->name);
		return PTR_ERR(st);
	}
	SHMEM_SB(sb)->pkram = st;
	st->verify = opts->verify;

	err = pkram_prepare_load(&st->ps, st->node);
	if (err == -ENOENT) {
		pr_info("tmpfs: nothing is preserved as '%s', it begins empty\n",
			opts->name);
		return 0;
	}
	if (err)
		return shmem_pkram_open_failed(fc, opts->name, err);
	return shmem_pkram_load_begin(st, fc);
}

/**
 * shmem_pkram_load() - fill a superblock with its preserved tree, if any
 * @sb: the superblock, with an empty root directory
 * @fc: its options
 *
 * Context: May sleep. sb->s_umount is held for writing.
 * Return: 0; or an error, which leaves the node as it was when @sb is shut
 * down.
 */
int shmem_pkram_load(struct super_block *sb, struct fs_context *fc)
{
	struct shmem_pkram *st = SHMEM_SB(sb)->pkram;
	int err;

	if (!st || !st->loader)
		return 0;
	err = shmem_pkram_load_tree(st, sb, fc);
	if (err)
		return err;

	st->loaded = true;
	if (!sb_rdonly(sb)) {
		st->commit_on_mount = true;
		sb->s_flags |= SB_RDONLY;
	}
	return 0;
}

/* From here on the tree does not depend on the node any more */
static void shmem_pkram_release(struct shmem_pkram *st)
{
	if (st->lazy)
		shmem_pkram_lazy_commit(st);
	else
		pkram_finish_load(&st->ps);
	st->loaded = false;
	WRITE_ONCE(st->preserved, false);
}

/* What keeps users from each other is not the file system's, but its mounts' */
static void shmem_pkram_note_mount(struct shmem_pkram *st, int mnt_flags)
{
	static const struct {
		int mnt;
		u16 saved;
		const char *name;
	} flags[] = {
		{ MNT_NOSUID, PKRAM_SHMEM_SUPER_NOSUID, "nosuid" },
		{ MNT_NODEV, PKRAM_SHMEM_SUPER_NODEV, "nodev" },
		{ MNT_NOEXEC, PKRAM_SHMEM_SUPER_NOEXEC, "noexec" },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		if (mnt_flags & flags[i].mnt)
			st->super_flags |= flags[i].saved;
		else if (st->super_flags & flags[i].saved)
			pr_warn("tmpfs: '%s' was mounted %s when it was preserved and is not now\n",
				shmem_pkram_name(st), flags[i].name);
	}
}

/**
 * shmem_pkram_filled() - the security module knows a superblock now
 * @sb: superblock, which nobody can reach yet
 *
 * Context: May sleep. sb->s_umount is held for writing.
 * Return: 0; -ENOMEM, and the caller shuts @sb down.
 */
int shmem_pkram_filled(struct super_block *sb)
{
	struct shmem_pkram *st = SHMEM_SB(sb)->pkram;

	return st ? shmem_pkram_label(st) : 0;
}

/**
 * shmem_pkram_mounted() - commit a load when the mount has succeeded
 * @sb: superblock that has got a place in a mount namespace
 * @mnt_flags: flags of the mount; a read-only one does not commit
 *
 * Only the first place counts: who clones a mount that is read-only, in a namespace
 * of his own, is not the one to commit a load.
 *
 * Context: May sleep. Takes sb->s_umount.
 */
void shmem_pkram_mounted(struct super_block *sb, int mnt_flags)
{
	struct shmem_pkram *st = SHMEM_SB(sb)->pkram;

	if (!st || READ_ONCE(st->noted))
		return;

	down_write(&sb->s_umount);
	/* Another task may have been first */
	if (st->noted)
		goto out;
	shmem_pkram_note_mount(st, mnt_flags);
	WRITE_ONCE(st->noted, true);
	/* A read-only mount may never commit it: nothing is to be lacking then */
	if (st->commit_on_mount && mnt_flags & MNT_READONLY) {
		shmem_pkram_lazy_settle(st, GFP_KERNEL | __GFP_NOFAIL);
	} else if (st->commit_on_mount) {
		shmem_pkram_release(st);
		/* Who finds it writable finds it released: mnt_is_readonly() */
		smp_wmb();
		WRITE_ONCE(sb->s_flags, sb->s_flags & ~SB_RDONLY);
	}
	st->commit_on_mount = false;
out:
	up_write(&sb->s_umount);
}

/**
 * shmem_pkram_put() - a superblock has been shut down
 * @sbinfo: superblock, all of whose inodes are gone
 *
 * Context: May sleep. s_umount is held for writing.
 */
void shmem_pkram_put(struct shmem_sb_info *sbinfo)
{
	struct shmem_pkram *st = sbinfo->pkram;

	if (!st)
		return;
	shmem_pkram_load_end(st);
	shmem_pkram_lazy_end(st);
	kvfree(st->labelled);
	if (st->ps.node)
		pkram_abort_load(&st->ps);
	scoped_guard(mutex, &shmem_pkram_lock)
		list_del(&st->list);
	kfree(st);
	sbinfo->pkram = NULL;
}

/* ------------------------------------------------------------- remount */

/* Is what this mount calls preserved still there? An administrator may drop it */
static bool shmem_pkram_node_exists(const struct shmem_pkram *st)
{
	struct pkram_info info;

	return st->loaded || !pkram_node_info(st->node, &info);
}

/**
 * shmem_pkram_wants_sums() - is the file system to have checksums?
 * @st: mount
 * @fc: remount
 *
 * Context: s_umount is held.
 * Return: true when verify is on after this remount.
 */
bool shmem_pkram_wants_sums(const struct shmem_pkram *st,
			    const struct fs_context *fc)
{
	const struct shmem_options *ctx = fc->fs_private;

	return ctx->pkram.verify_seen ? ctx->pkram.verify : st->verify;
}

/* A remount sends all options again; what is preserved must stay as it is */
static bool shmem_pkram_keeps_options(struct fs_context *fc)
{
	const struct shmem_options *ctx = fc->fs_private;
	const struct shmem_sb_info *sbinfo = SHMEM_SB(fc->root->d_sb);

	return !(shmem_pkram_other_blocks(ctx, sbinfo->max_blocks) ||
		 (ctx->seen & SHMEM_SEEN_INODES &&
		  ctx->inodes != sbinfo->max_inodes) ||
		 (ctx->seen & SHMEM_SEEN_HUGE && ctx->huge != sbinfo->huge) ||
		 (ctx->seen & SHMEM_SEEN_INUMS &&
		  ctx->full_inums != sbinfo->full_inums) ||
		 (ctx->mpol && !mpol_equal(ctx->mpol, sbinfo->mpol)));
}

static int shmem_pkram_prepare_preserve(struct shmem_pkram *st,
					struct fs_context *fc, bool ro)
{
	int err;

	if (!ro && st->preserved) {
		errorfc(fc,
			"preserved as '%s': rw,nopreserve drops that, unmounting keeps it",
			shmem_pkram_name(st));
		return -EBUSY;
	}
	if (!ro)
		return invalfc(fc,
			       "preserve: must be read-only: remount with ro,preserve");
	if (st->preserved && shmem_pkram_node_exists(st)) {
		if (!shmem_pkram_keeps_options(fc) ||
		    shmem_pkram_wants_sums(st, fc) != st->verify) {
			errorfc(fc,
				"preserved as '%s': its options cannot change before nopreserve",
				shmem_pkram_name(st));
			return -EBUSY;
		}
		return 0;
	}
	if (st->loaded && shmem_pkram_wants_sums(st, fc) && !st->has_sums) {
		errorfc(fc,
			"verify: '%s' was preserved without checksums: first remount with rw",
			shmem_pkram_name(st));
		return -EBUSY;
	}
	if (st->loaded && (st->other_options || !shmem_pkram_keeps_options(fc))) {
		errorfc(fc,
			"'%s' was preserved with other options: first remount with rw",
			shmem_pkram_name(st));
		return -EBUSY;
	}
	if (st->loaded) {
		st->action = SHMEM_PKRAM_MARK;
		return 0;
	}
	err = shmem_pkram_lazy_wait(st);
	if (!err)
		err = shmem_pkram_save_tree(st, fc);
	if (!err)
		st->action = SHMEM_PKRAM_SAVE;
	return err;
}

static int shmem_pkram_prepare_release(struct shmem_pkram *st,
				       struct fs_context *fc, bool ro)
{
	int err;

	st->action = SHMEM_PKRAM_UNMARK;
	st->changing_options = !shmem_pkram_keeps_options(fc);
	if (st->loaded) {
		/* Nothing of ours but a mark while it stays read-only */
		if (!ro)
			st->action = SHMEM_PKRAM_RELEASE;
		return 0;
	}
	if (!st->preserved)
		return 0;
	err = pkram_prepare_load(&st->ps, st->node);
	if (err == -ENOENT)
		return 0;
	if (err) {
		st->action = SHMEM_PKRAM_KEEP;
		shmem_pkram_err(fc, "cannot drop '%s': error %d",
				shmem_pkram_name(st), err);
		return err;
	}
	st->action = SHMEM_PKRAM_RELEASE;
	return 0;
}

/**
 * shmem_pkram_prepare() - do all of a remount that can fail
 * @fc: remount
 *
 * Must be followed by shmem_pkram_commit() or shmem_pkram_cancel().
 *
 * Context: May sleep. s_umount is held for writing.
 * Return: 0, or an error that leaves everything as it was.
 */
int shmem_pkram_prepare(struct fs_context *fc)
{
	struct super_block *sb = fc->root->d_sb;
	struct shmem_options *ctx = fc->fs_private;
	struct shmem_pkram_options *opts = &ctx->pkram;
	struct shmem_pkram *st = SHMEM_SB(sb)->pkram;
	bool preserve, ro = sb_rdonly(sb);
	int err;

	if (fc->sb_flags_mask & SB_RDONLY)
		ro = fc->sb_flags & SB_RDONLY;
	if (!st && opts->name)
		return invalfc(fc, "pkram: only a new mount can take a name");
	if (!st && opts->preserve)
		return invalfc(fc, "preserve: not mounted with pkram=NAME");
	if (!st && opts->verify)
		return invalfc(fc, "verify: not mounted with pkram=NAME");
	if (!st)
		return 0;
	if (opts->name && strcmp(opts->name, shmem_pkram_name(st)))
		return invalfc(fc, "pkram: a mount cannot change its name, which is '%s'",
			       shmem_pkram_name(st));
	if ((opts->preserve_seen || opts->verify_seen) &&
	    !shmem_pkram_capable(fc))
		return -EPERM;

	/* It may stay read-only without a commit for as long as it likes */
	err = shmem_pkram_lazy_settle(st, SHMEM_PKRAM_GFP);
	if (err)
		return err;
	st->action = SHMEM_PKRAM_KEEP;
	preserve = opts->preserve_seen ? opts->preserve : st->preserved;
	if (preserve)
		return shmem_pkram_prepare_preserve(st, fc, ro);
	return shmem_pkram_prepare_release(st, fc, ro);
}

/**
 * shmem_pkram_commit() - finish a remount that has succeeded
 * @fc: remount
 *
 * Context: May sleep. s_umount is held for writing. Cannot fail.
 */
void shmem_pkram_commit(struct fs_context *fc)
{
	struct shmem_pkram *st = SHMEM_SB(fc->root->d_sb)->pkram;

	if (!st)
		return;

	switch (st->action) {
	case SHMEM_PKRAM_SAVE:
		pkram_finish_save(&st->ps);
		fallthrough;
	case SHMEM_PKRAM_MARK:
		WRITE_ONCE(st->preserved, true);
		break;
	case SHMEM_PKRAM_RELEASE:
		shmem_pkram_release(st);
		break;
	case SHMEM_PKRAM_UNMARK:
		WRITE_ONCE(st->preserved, false);
		st->other_options |= st->changing_options;
		break;
	case SHMEM_PKRAM_KEEP:
		break;
	}
	st->action = SHMEM_PKRAM_KEEP;
	WRITE_ONCE(st->verify, shmem_pkram_wants_sums(st, fc));
	/* The remount has said what it is to be */
	if (fc->sb_flags_mask & SB_RDONLY || st->preserved)
		WRITE_ONCE(st->commit_on_mount, false);
}

/**
 * shmem_pkram_cancel() - undo shmem_pkram_prepare()
 * @fc: remount that has failed
 *
 * Context: May sleep. s_umount is held for writing.
 */
void shmem_pkram_cancel(struct fs_context *fc)
{
	struct shmem_pkram *st = SHMEM_SB(fc->root->d_sb)->pkram;

	if (!st)
		return;
	if (st->action == SHMEM_PKRAM_SAVE)
		pkram_discard_save(&st->ps);
	if (st->action == SHMEM_PKRAM_RELEASE && !st->loaded)
		pkram_abort_load(&st->ps);
	st->action = SHMEM_PKRAM_KEEP;
}
