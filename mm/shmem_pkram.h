/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What mm/shmem.c and the part of it that preserves a tmpfs over kexec
 * (mm/shmem_pkram*.c) know of each other.
 */
#ifndef _MM_SHMEM_PKRAM_H
#define _MM_SHMEM_PKRAM_H

#include <linux/completion.h>
#include <linux/fs_context.h>
#include <linux/mempolicy.h>
#include <linux/pkram.h>
#include <linux/pkram_abi_shmem.h>
#include <linux/rwsem.h>
#include <linux/shmem_fs.h>
#include <linux/swapops.h>
#include <linux/types.h>
#include <linux/uidgid.h>

struct folio;
struct fs_parameter;
struct seq_file;
struct super_block;

/**
 * struct shmem_pkram_options - mount options as given
 * @name: value of pkram=, NULL when not given
 * @preserve: the last of preserve and nopreserve was preserve
 * @preserve_seen: preserve or nopreserve was given
 * @verify: the last of verify and noverify was verify
 * @verify_seen: verify or noverify was given
 * @percent: the size was given as a part of memory
 * @seen: SHMEM_PKRAM_SEEN_* of other options that were given
 */
struct shmem_pkram_options {
#ifdef CONFIG_PKRAM_TMPFS
	char *name;
	bool preserve;
	bool preserve_seen;
	bool verify;
	bool verify_seen;
	bool percent;
	unsigned int seen;
#endif
};

#define SHMEM_PKRAM_SEEN_MODE	0x1
#define SHMEM_PKRAM_SEEN_UID	0x2
#define SHMEM_PKRAM_SEEN_GID	0x4
#define SHMEM_PKRAM_SEEN_MPOL	0x8

/* Pretend that one inode + its dentry occupy this much memory */
#define BOGO_INODE_SIZE 1024

struct shmem_options {
	unsigned long long blocks;
	unsigned long long inodes;
	struct mempolicy *mpol;
	kuid_t uid;
	kgid_t gid;
	umode_t mode;
	bool full_inums;
	int huge;
	int seen;
	bool noswap;
	unsigned short quota_types;
	struct shmem_quota_limits qlimits;
#define SHMEM_SEEN_BLOCKS 1
#define SHMEM_SEEN_INODES 2
#define SHMEM_SEEN_HUGE 4
#define SHMEM_SEEN_INUMS 8
#define SHMEM_SEEN_QUOTA 16
	struct shmem_pkram_options pkram;
};

static inline struct shmem_sb_info *SHMEM_SB(struct super_block *sb)
{
	return sb->s_fs_info;
}

#ifdef CONFIG_PKRAM_TMPFS

/* Called by shmem.c */
int shmem_pkram_parse(struct fs_context *fc, struct fs_parameter *param);
void shmem_pkram_free(struct shmem_options *ctx);
void shmem_pkram_show(struct seq_file *seq, struct shmem_sb_info *sbinfo);
int shmem_pkram_open(struct super_block *sb, struct fs_context *fc);
int shmem_pkram_load(struct super_block *sb, struct fs_context *fc);
int shmem_pkram_filled(struct super_block *sb);
void shmem_pkram_mounted(struct super_block *sb, int mnt_flags);
void shmem_pkram_put(struct shmem_sb_info *sbinfo);
int shmem_pkram_prepare(struct fs_context *fc);
void shmem_pkram_commit(struct fs_context *fc);
void shmem_pkram_cancel(struct fs_context *fc);

int shmem_pkram_lost_or_late(struct inode *inode, swp_entry_t swap);
void __shmem_pkram_undo_range(struct shmem_pkram *st, struct inode *inode,
			      loff_t lstart, loff_t lend);

/* A range of a file is about to be removed, but when only new pages are */
static inline void shmem_pkram_undo_range(struct inode *inode, loff_t lstart,
					  loff_t lend, bool unfalloc)
{
	struct shmem_pkram *st = SHMEM_SB(inode->i_sb)->pkram;

	if (unlikely(st) && !unfalloc)
		__shmem_pkram_undo_range(st, inode, lstart, lend);
}

/* At the end of shmem.c */
struct inode *shmem_pkram_new_inode(struct super_block *sb, umode_t mode,
				    dev_t dev);
int shmem_pkram_new_link(struct super_block *sb);
int shmem_pkram_set_symlink(struct inode *inode, const char *target, u32 len);
void shmem_pkram_set_fsflags(struct inode *inode, unsigned int fsflags);
int shmem_pkram_charge(struct inode *inode, unsigned long nr);
void shmem_pkram_charged(struct inode *inode, unsigned long nr);
int shmem_pkram_add_folio(struct inode *inode, struct folio *folio,
			  pgoff_t index, gfp_t gfp);
int shmem_pkram_swapin(struct inode *inode, pgoff_t index, gfp_t gfp);

/* ------------------------------------------ mm/shmem_pkram*.c only */

#define SHMEM_PKRAM_PREFIX	"shmem-"
#define SHMEM_PKRAM_NAME_MAX	127

/* What one allocation of the load, a pointer for each inode, can be: kvmalloc() */
#define SHMEM_PKRAM_INODES_MAX	(INT_MAX / sizeof(void *))

/* How to allocate: fail rather than have somebody killed */
#define SHMEM_PKRAM_GFP		(GFP_KERNEL | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

struct crypto_shash;
struct kvec;
struct shmem_pkram_lazy;
struct shmem_pkram_loader;
struct shmem_pkram_saver;

/**
 * enum shmem_pkram_action - what a remount is to do when nothing can fail any more
 * @SHMEM_PKRAM_KEEP: nothing
 * @SHMEM_PKRAM_MARK: the node is there, call it preserved
 * @SHMEM_PKRAM_UNMARK: do not call it preserved
 * @SHMEM_PKRAM_SAVE: publish the node that has been saved
 * @SHMEM_PKRAM_RELEASE: consume the node, which this mount has saved or loaded
 */
enum shmem_pkram_action {
	SHMEM_PKRAM_KEEP,
	SHMEM_PKRAM_MARK,
	SHMEM_PKRAM_UNMARK,
	SHMEM_PKRAM_SAVE,
	SHMEM_PKRAM_RELEASE,
};

/**
 * struct shmem_pkram - a superblock with pkram=NAME
 * @list: in the list of names in use
 * @ps: load of the node, from fill_super to its commit, or a remount's save
 * @loader: what fill_super needs to load the tree
 * @lazy_sem: protects @lazy, and its state against the commit
 * @lazy: pages that are loaded later, or NULL
 * @lazy_started: the commit has had threads begin with that
 * @lazy_done: they have come to an end
 * @loaded: the tree is that of @ps, which has not been committed
 * @other_options: some are not those of @ps, as long as @loaded
 * @changing_options: by the remount in progress
 * @has_sums: the node of @ps has checksums, as long as @loaded
 * @preserved: shown as preserve: not to become writable
 * @verify: shown as verify: what is saved gets checksums
 * @commit_on_mount: read-only only until it has been mounted
 * @noted: it has got its first place, whose flags have been seen to
 * @super_flags: PKRAM_SHMEM_SUPER_NO* as saved, or as mounted
 * @action: of the remount in progress
 * @labelled: files of a loaded tree that have a label, until the LSM has been told
 * @nr_labelled: number of them
 * @node: name of the node; the part after the prefix is NAME
 *
 * All but @list and what @lazy_sem protects is protected by s_umount.
 */
struct shmem_pkram {
	struct list_head list;
	struct pkram_stream ps;
	struct shmem_pkram_loader *loader;
	struct rw_semaphore lazy_sem;
	struct shmem_pkram_lazy *lazy;
	bool lazy_started;
	struct completion lazy_done;
	bool loaded;
	bool other_options;
	bool changing_options;
	bool has_sums;
	bool preserved;
	bool verify;
	bool commit_on_mount;
	bool noted;
	u16 super_flags;
	enum shmem_pkram_action action;
	struct inode **labelled;
	size_t nr_labelled;
	char node[sizeof(SHMEM_PKRAM_PREFIX) + SHMEM_PKRAM_NAME_MAX];
};

/**
 * struct shmem_pkram_sums - checksums of files that are being saved
 * @tfm: what computes them, or NULL
 * @items: the sums, of each file in ascending order
 * @nr: number of them
 * @room: for how many @items has room
 * @old_files: number of them that are other files'
 * @old: the last one before the last shmem_pkram_sums_add()
 * @old_nr: number of them then
 */
struct shmem_pkram_sums {
	struct crypto_shash *tfm;
	struct pkram_shmem_sum *items;
	size_t nr;
	size_t room;
	size_t old_files;
	struct pkram_shmem_sum old;
	size_t old_nr;
};

/**
 * struct shmem_pkram_verify - what is known of the contents of a loaded tree
 * @tfm: what computes checksums, or NULL
 * @on: they are to be looked at
 * @reported: what is wrong has been reported
 * @changed: sum of the current file that its pages do not have; none with 0 pages
 * @uptodate: pages of the current file that have contents
 * @summed: pages of the current file that have a sum
 * @skipped: pages of the tree whose sum is of no use, since one of them has failed
 */
struct shmem_pkram_verify {
	struct crypto_shash *tfm;
	bool on;
	bool reported;
	struct pkram_shmem_sum changed;
	u64 uptodate;
	u64 summed;
	u64 skipped;
};

void shmem_pkram_lazy_commit(struct shmem_pkram *st);
int shmem_pkram_lazy_settle(struct shmem_pkram *st, gfp_t gfp);
int shmem_pkram_lazy_wait(struct shmem_pkram *st);
void shmem_pkram_lazy_end(struct shmem_pkram *st);
/* A part of memory is not the same on every machine, and is no other size for that */
static inline bool shmem_pkram_other_blocks(const struct shmem_options *ctx,
					    unsigned long long max_blocks)
{
	return ctx->seen & SHMEM_SEEN_BLOCKS && !ctx->pkram.percent &&
	       ctx->blocks != max_blocks;
}

void *shmem_pkram_grow(void *array, size_t nr, size_t *room, size_t size);
const char *shmem_pkram_path(struct dentry *dentry, char *buf);
__printf(2, 3)
void shmem_pkram_err(struct fs_context *fc, const char *fmt, ...);
bool shmem_pkram_wants_sums(const struct shmem_pkram *st,
			    const struct fs_context *fc);
int shmem_pkram_save_tree(struct shmem_pkram *st, struct fs_context *fc);
int shmem_pkram_load_begin(struct shmem_pkram *st, struct fs_context *fc);
int shmem_pkram_load_tree(struct shmem_pkram *st, struct super_block *sb,
			  struct fs_context *fc);
void shmem_pkram_load_end(struct shmem_pkram *st);

int shmem_pkram_save_rec(struct shmem_pkram_saver *sv, unsigned int type,
			 unsigned int flags, const struct kvec *vec,
			 unsigned int nr);
int shmem_pkram_save_super_attrs(struct shmem_pkram_saver *sv,
				 struct fs_context *fc);
int shmem_pkram_save_attrs(struct shmem_pkram_saver *sv, struct inode *inode);
int shmem_pkram_save_poison(struct shmem_pkram_saver *sv, pgoff_t start,
			    unsigned long nr);
int shmem_pkram_save_dquots(struct shmem_pkram_saver *sv,
			    struct super_block *sb);
int shmem_pkram_load_mpol(struct fs_context *fc,
			  const struct pkram_shmem_policy *rec);
int shmem_pkram_load_quota(struct fs_context *fc,
			   const struct pkram_shmem_quota *rec,
			   struct shmem_quota_limits *limits);
int shmem_pkram_load_attr(struct shmem_pkram *st, struct inode *inode,
			  const struct pkram_shmem_rec *rec);
int shmem_pkram_load_dquot(struct super_block *sb,
			   const struct pkram_shmem_dquot *rec);
int shmem_pkram_quota_on(struct super_block *sb,
			 const struct pkram_shmem_quota *rec,
			 const struct shmem_quota_limits *limits);
int shmem_pkram_label(struct shmem_pkram *st);

void shmem_pkram_sums_begin(struct shmem_pkram_sums *sums);
void shmem_pkram_sums_end(struct shmem_pkram_sums *sums);
int shmem_pkram_sums_add(struct shmem_pkram_sums *sums, struct folio *folio);
void shmem_pkram_sums_undo(struct shmem_pkram_sums *sums);
int shmem_pkram_save_sums(struct shmem_pkram_saver *sv,
			  struct pkram_shmem_sum *sums, size_t nr);
void shmem_pkram_verify_begin(struct shmem_pkram_verify *vf);
void shmem_pkram_verify_end(struct shmem_pkram_verify *vf);
int shmem_pkram_verify_sums(struct shmem_pkram_verify *vf, struct inode *inode,
			    const struct pkram_shmem_sums *rec);
int shmem_pkram_verify_inode(struct shmem_pkram_verify *vf,
			     struct fs_context *fc, struct dentry *dentry);

#else /* !CONFIG_PKRAM_TMPFS */

static inline int shmem_pkram_parse(struct fs_context *fc,
				    struct fs_parameter *param)
{
	return -ENOPARAM;
}

static inline void shmem_pkram_free(struct shmem_options *ctx)
{
}

static inline void shmem_pkram_show(struct seq_file *seq,
				    struct shmem_sb_info *sbinfo)
{
}

static inline int shmem_pkram_open(struct super_block *sb,
				   struct fs_context *fc)
{
	return 0;
}

static inline int shmem_pkram_load(struct super_block *sb,
				   struct fs_context *fc)
{
	return 0;
}

static inline int shmem_pkram_lost_or_late(struct inode *inode,
					   swp_entry_t swap)
{
	return -EIO;
}

static inline void shmem_pkram_undo_range(struct inode *inode, loff_t lstart,
					  loff_t lend, bool unfalloc)
{
}

static inline void shmem_pkram_put(struct shmem_sb_info *sbinfo)
{
}

static inline int shmem_pkram_prepare(struct fs_context *fc)
{
	return 0;
}

static inline void shmem_pkram_commit(struct fs_context *fc)
{
}

static inline void shmem_pkram_cancel(struct fs_context *fc)
{
}

#endif /* CONFIG_PKRAM_TMPFS */

#endif /* _MM_SHMEM_PKRAM_H */
