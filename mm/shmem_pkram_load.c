// SPDX-License-Identifier: GPL-2.0
/*
 * tmpfs preserved over kexec: from the node to the tree.
 *
 * The superblock is being filled: nobody else can see it, and no lock but
 * s_umount is needed. Records are not trusted: each is checked before it is
 * acted upon, and a failure at any point is undone by giving back the folios
 * here and having the superblock shut down by the caller.
 *
 * Lock order: sb->s_umount (held), then the folio lock.
 */
#define pr_fmt(fmt) fmt

#include <linux/dcache.h>
#include <linux/fs_context.h>
#include <linux/iversion.h>
#include <linux/quotaops.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <trace/events/pkram.h>

#include "internal.h"
#include "pkram_shmem_rec.h"
#include "shmem_pkram.h"
#include "shmem_pkram_load.h"

/* Bytes of records to read at once; the longest record must fit */
#define SHMEM_LOAD_BUF		PKRAM_SHMEM_REC_MAX

/* Records to go through before others get a turn */
#define SHMEM_LOAD_RECS		32

static int shmem_load_bad(struct fs_context *fc, const char *why)
{
	struct shmem_options *ctx = fc->fs_private;

	shmem_pkram_err(fc, "cannot load '%s': damaged or not for this kernel: %s",
			ctx->pkram.name, why);
	return -EBADMSG;
}

/* ------------------------------------------------------------- records */

/* Have @nr bytes in the buffer, if there are as many left in the stream */
static int shmem_load_fill(struct shmem_pkram_loader *ld, size_t nr)
{
	ssize_t ret;

	if (ld->end - ld->pos >= nr)
		return 0;
	memmove(ld->buf, ld->buf + ld->pos, ld->end - ld->pos);
	ld->end -= ld->pos;
	ld->pos = 0;
	ret = pkram_read(&ld->bytes, ld->buf + ld->end,
			 SHMEM_LOAD_BUF - ld->end);
	if (ret < 0)
		return ret;
	ld->end += ret;
	return 0;
}

/* The next record, valid until the call after this; NULL at the end */
static const struct pkram_shmem_rec *
shmem_load_next(struct shmem_pkram_loader *ld)
{
	const struct pkram_shmem_rec *rec;
	int err;

	err = shmem_load_fill(ld, sizeof(*rec));
	if (err)
		return ERR_PTR(err);
	if (ld->pos == ld->end)
		return NULL;
	if (ld->end - ld->pos < sizeof(*rec))
		return ERR_PTR(-EBADMSG);
	rec = (void *)(ld->buf + ld->pos);
	if (!pkram_shmem_rec_fits(rec, PKRAM_SHMEM_REC_MAX))
		return ERR_PTR(-EBADMSG);

	err = shmem_load_fill(ld, rec->len);
	if (err)
		return ERR_PTR(err);
	rec = (void *)(ld->buf + ld->pos);
	if (ld->end - ld->pos < rec->len)
		return ERR_PTR(-EBADMSG);
	ld->pos += rec->len;
	return rec;
}

/* -------------------------------------------------------------- options */

static unsigned char shmem_load_huge(struct fs_context *fc, u32 huge)
{
	if (huge && !(IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE) &&
		      has_transparent_hugepage())) {
		pr_info("tmpfs: no huge pages here, huge= is never\n");
		return PKRAM_SHMEM_HUGE_NEVER;
	}
	return huge;
}

/* Is an option given that is not the one that was saved? */
static bool shmem_load_other_options(const struct shmem_options *ctx,
				     const struct pkram_shmem_super *super)
{
	const unsigned int seen = ctx->pkram.seen;

	return shmem_pkram_other_blocks(ctx, super->max_blocks) ||
	       (ctx->seen & SHMEM_SEEN_INODES && ctx->inodes != super->max_inodes) ||
	       (ctx->seen & SHMEM_SEEN_INUMS &&
		ctx->full_inums != !!(super->rec.flags & PKRAM_SHMEM_SUPER_INODE64)) ||
	       (ctx->seen & SHMEM_SEEN_HUGE && ctx->huge != super->huge) ||
	       (ctx->noswap && !(super->rec.flags & PKRAM_SHMEM_SUPER_NOSWAP)) ||
	       (seen & SHMEM_PKRAM_SEEN_MODE && ctx->mode != super->mode) ||
	       (seen & SHMEM_PKRAM_SEEN_UID &&
		from_kuid(&init_user_ns, ctx->uid) != super->uid) ||
	       (seen & SHMEM_PKRAM_SEEN_GID &&
		from_kgid(&init_user_ns, ctx->gid) != super->gid);
}

/* The same of quotas; of a tree without any they are all 0 */
static bool shmem_load_other_quotas(const struct shmem_options *ctx,
				    const struct pkram_shmem_quota *quota)
{
	const struct shmem_quota_limits *limits = &ctx->qlimits;
	const struct {
		u64 given, saved;
	} limit[] = {
		{ limits->usrquota_bhardlimit, quota->space_hard[PKRAM_SHMEM_QUOTA_USER] },
		{ limits->usrquota_ihardlimit, quota->inodes_hard[PKRAM_SHMEM_QUOTA_USER] },
		{ limits->grpquota_bhardlimit, quota->space_hard[PKRAM_SHMEM_QUOTA_GROUP] },
		{ limits->grpquota_ihardlimit, quota->inodes_hard[PKRAM_SHMEM_QUOTA_GROUP] },
	};
	const u32 types = quota->rec.flags & (BIT(PKRAM_SHMEM_QUOTA_TYPES) - 1);
	unsigned int i;

	if (ctx->seen & SHMEM_SEEN_QUOTA && ctx->quota_types != types)
		return true;
	for (i = 0; i < ARRAY_SIZE(limit); i++)
		if (limit[i].given && limit[i].given != limit[i].saved)
			return true;
	return false;
}

/* What was not given takes the saved value */
static void shmem_load_options(struct fs_context *fc,
			       const struct pkram_shmem_header *header,
			       const struct pkram_shmem_super *super)
{
	struct shmem_options *ctx = fc->fs_private;
	const unsigned int seen = ctx->pkram.seen;

	/* Pages that were lost have been given back and are saved all the same */
	if (!(ctx->seen & SHMEM_SEEN_BLOCKS))
		ctx->blocks = super->max_blocks ?
			      max(super->max_blocks, header->nr_blocks) : 0;
	if (!(ctx->seen & SHMEM_SEEN_INODES))
		ctx->inodes = super->max_inodes;
	if (!(ctx->seen & SHMEM_SEEN_INUMS))
		ctx->full_inums = super->rec.flags & PKRAM_SHMEM_SUPER_INODE64;
	if (!(ctx->seen & SHMEM_SEEN_HUGE))
		ctx->huge = shmem_load_huge(fc, super->huge);
	if (super->rec.flags & PKRAM_SHMEM_SUPER_NOSWAP)
		ctx->noswap = true;
	ctx->seen |= SHMEM_SEEN_BLOCKS | SHMEM_SEEN_INODES |
		     SHMEM_SEEN_INUMS | SHMEM_SEEN_HUGE;
	if (!(seen & SHMEM_PKRAM_SEEN_MODE))
		ctx->mode = super->mode;
	if (!(seen & SHMEM_PKRAM_SEEN_UID))
		ctx->uid = make_kuid(&init_user_ns, super->uid);
	if (!(seen & SHMEM_PKRAM_SEEN_GID))
		ctx->gid = make_kgid(&init_user_ns, super->gid);
}

/* Will the tree fit? */
static int shmem_load_check_room(struct fs_context *fc,
				 const struct pkram_shmem_header *header,
				 const struct pkram_shmem_super *super)
{
	struct shmem_options *ctx = fc->fs_private;

	if (ctx->blocks && header->nr_blocks > ctx->blocks) {
		shmem_pkram_err(fc, "cannot load '%s': it needs size=%lluk",
				ctx->pkram.name,
				header->nr_blocks << (PAGE_SHIFT - 10));
		return -ENOSPC;
	}
	if (ctx->inodes && header->nr_dentries + 1 > ctx->inodes) {
		shmem_pkram_err(fc, "cannot load '%s': it needs nr_inodes=%llu",
				ctx->pkram.name, header->nr_dentries + 1);
		return -ENOSPC;
	}
	if (!ctx->full_inums && super->next_ino > UINT_MAX) {
		shmem_pkram_err(fc, "cannot load '%s': it needs inode64",
				ctx->pkram.name);
		return -EINVAL;
	}
	return 0;
}

/* Are the contents to be looked at? */
static void shmem_load_verify(struct shmem_pkram *st, struct fs_context *fc,
			      const struct pkram_shmem_super *super)
{
	struct shmem_options *ctx = fc->fs_private;

	st->has_sums = super->rec.flags & PKRAM_SHMEM_SUPER_VERIFY;
	if (!ctx->pkram.verify_seen)
		st->verify = st->has_sums;
	if (st->has_sums && st->verify)
		shmem_pkram_verify_begin(&st->loader->verify);
	else if (st->has_sums)
		pr_warn("tmpfs: '%s' is loaded without a look at its checksums\n",
			ctx->pkram.name);
	else if (st->verify)
		pr_warn("tmpfs: '%s' has no checksums, nothing is verified\n",
			ctx->pkram.name);
}

/* Records between SUPER and the root */
static int shmem_load_super_attr(struct shmem_pkram_loader *ld,
				 struct fs_context *fc,
				 const struct pkram_shmem_rec *rec)
{
	struct shmem_options *ctx = fc->fs_private;
	int err = 0;

	if (rec->type == PKRAM_SHMEM_QUOTA)
		ld->quota = *(const struct pkram_shmem_quota *)rec;
	else if (!(ctx->pkram.seen & SHMEM_PKRAM_SEEN_MPOL))
		err = shmem_pkram_load_mpol(fc, (const void *)rec);
	return err;
}

static int shmem_load_super_attrs(struct shmem_pkram_loader *ld,
				  struct fs_context *fc)
{
	const struct pkram_shmem_rec *rec;
	const char *why;
	int err = 0;

	while (!err) {
		rec = shmem_load_next(ld);
		if (IS_ERR_OR_NULL(rec))
			return shmem_load_bad(fc, "no root");
		if (rec->type != PKRAM_SHMEM_MPOL &&
		    rec->type != PKRAM_SHMEM_QUOTA) {
			/* For shmem_load_recs() */
			ld->pos -= rec->len;
			return 0;
		}
		why = pkram_shmem_check_rec(&ld->chk, rec);
		err = why ? shmem_load_bad(fc, why) :
			    shmem_load_super_attr(ld, fc, rec);
	}
	return err;
}

static int shmem_load_quotas(struct shmem_pkram *st, struct fs_context *fc)
{
	struct shmem_pkram_loader *ld = st->loader;
	int err = 0;

	if (shmem_load_other_quotas(fc->fs_private, &ld->quota))
		st->other_options = true;
	if (ld->quota.rec.len)
		err = shmem_pkram_load_quota(fc, &ld->quota, &ld->limits);
	if (err)
		shmem_pkram_err(fc, "cannot load '%s': it has quotas, this kernel has not",
				st->node);
	return err;
}

/* Read header and superblock, and see whether the rest is worth trying */
static int shmem_load_start(struct shmem_pkram *st, struct fs_context *fc)
{
	struct shmem_pkram_loader *ld = st->loader;
	const struct pkram_shmem_rec *rec;
	struct pkram_shmem_header header;
	struct pkram_info info;
	const char *why;
	u32 *links;
	int err;

	err = pkram_prepare_load_obj(&st->ps);
	if (err)
		return err == -ENODATA ? shmem_load_bad(fc, "empty") : err;
	err = pkram_node_info(st->node, &info);
	if (err)
		return err;
	if (info.nr_objs != 1)
		return shmem_load_bad(fc, "more than one object");

	rec = shmem_load_next(ld);
	if (IS_ERR_OR_NULL(rec) || rec->len < sizeof(header))
		return shmem_load_bad(fc, "no header");
	header = *(const struct pkram_shmem_header *)rec;
	why = pkram_shmem_check_header(&header, info.nr_bytes, info.nr_pages);
	if (why)
		return shmem_load_bad(fc, why);
	pkram_cursor_begin(&ld->cursor, &st->ps);
	links = kvcalloc(header.nr_inodes, sizeof(*links), SHMEM_PKRAM_GFP);
	ld->nodes = kvcalloc(header.nr_inodes, sizeof(*ld->nodes),
			     SHMEM_PKRAM_GFP);
	pkram_shmem_check_begin(&ld->chk, &header, links);
	if (!links || !ld->nodes)
		return -ENOMEM;

	rec = shmem_load_next(ld);
	why = IS_ERR_OR_NULL(rec) ? "no superblock" :
				    pkram_shmem_check_rec(&ld->chk, rec);
	if (why)
		return shmem_load_bad(fc, why);
	ld->super = *(const struct pkram_shmem_super *)rec;
	st->super_flags = rec->flags & PKRAM_SHMEM_SUPER_MOUNT_FLAGS;
	st->other_options = shmem_load_other_options(fc->fs_private, &ld->super);
	shmem_load_options(fc, &header, &ld->super);
	shmem_load_verify(st, fc, &ld->super);
	err = shmem_load_super_attrs(ld, fc) ?: shmem_load_quotas(st, fc);
	return err ?: shmem_load_check_room(fc, &header, &ld->super);
}

/**
 * shmem_pkram_load_begin() - read the options that a tree was saved with
 * @st: mount whose node has been prepared for loading
 * @fc: options, completed from the saved ones
 *
 * Context: May sleep.
 * Return: 0; -EBADMSG; -EOPNOTSUPP when this kernel has no quotas and the tree has;
 * -ENOSPC; -EINVAL; -ENOMEM. Must be followed by shmem_pkram_load_end() in any case.
 */
int shmem_pkram_load_begin(struct shmem_pkram *st, struct fs_context *fc)
{
	struct shmem_pkram_loader *ld;

	ld = kzalloc(sizeof(*ld), SHMEM_PKRAM_GFP);
	if (!ld)
		return -ENOMEM;
	ld->bytes.ps = &st->ps;
	ld->bytes.type = PKRAM_OBJ_BYTES;
	ld->pages.ps = &st->ps;
	ld->pages.type = PKRAM_OBJ_PAGES;
	ld->pages.poisoned = true;
	st->loader = ld;
	ld->buf = kvmalloc(SHMEM_LOAD_BUF, SHMEM_PKRAM_GFP);
	shmem_pkram_begin_data(ld);
	if (!ld->buf)
		return -ENOMEM;
	return shmem_load_start(st, fc);
}

/* -------------------------------------------------------------- inodes */

/* Count the inode for its owner's quota */
static int shmem_load_count_inode(struct inode *inode)
{
	int err;

	if (!sb_any_quota_loaded(inode->i_sb))
		return 0;
	err = dquot_initialize(inode);
	if (!err) {
		err = dquot_alloc_inode(inode);
		if (err)
			dquot_drop(inode);
	}
	/* What has not been counted must not be taken off when it goes */
	if (err)
		inode->i_flags |= S_NOQUOTA;
	return err;
}

/* The root has been made by fill_super, with mode=, uid= and gid= */
static struct inode *shmem_load_root_inode(struct super_block *sb,
					   struct fs_context *fc,
					   const struct pkram_shmem_inode *rec)
{
	struct shmem_options *ctx = fc->fs_private;
	const unsigned int seen = ctx->pkram.seen;
	struct inode *inode = d_inode(sb->s_root);
	int err;

	/* Without quotas in tmpfs it cannot be asked for what has to be dropped */
	if (sb_any_quota_loaded(sb)) {
		dquot_free_inode(inode);
		dquot_drop(inode);
	}
	if (!(seen & SHMEM_PKRAM_SEEN_MODE))
		inode->i_mode = rec->mode;
	if (!(seen & SHMEM_PKRAM_SEEN_UID))
		inode->i_uid = make_kuid(&init_user_ns, rec->uid);
	if (!(seen & SHMEM_PKRAM_SEEN_GID))
		inode->i_gid = make_kgid(&init_user_ns, rec->gid);
	err = shmem_load_count_inode(inode);
	return err ? ERR_PTR(err) : inode;
}

static struct inode *shmem_load_new_inode(struct super_block *sb,
					  const struct pkram_shmem_inode *rec)
{
	const struct shmem_sb_info *sbinfo = SHMEM_SB(sb);
	struct inode *inode;
	int err;

	inode = shmem_pkram_new_inode(sb, rec->mode,
				      MKDEV(rec->rdev_major, rec->rdev_minor));
	/* There are enough, unless extended attributes have taken their room: no memory */
	if (inode == ERR_PTR(-ENOSPC) &&
	    (!sbinfo->max_inodes || sbinfo->free_ispace >= BOGO_INODE_SIZE))
		return ERR_PTR(-ENOMEM);
	if (IS_ERR(inode))
		return inode;

	inode->i_mode = rec->mode;
	/* Ids of the initial namespace need no translation */
	inode->i_uid = KUIDT_INIT(rec->uid);
	inode->i_gid = KGIDT_INIT(rec->gid);
	/* The policy of the mount, which may be younger than the file */
	if (S_ISREG(rec->mode))
		mpol_free_shared_policy(&SHMEM_I(inode)->policy);
	err = shmem_load_count_inode(inode);
	if (err) {
		iput(inode);
		return ERR_PTR(err);
	}
	return inode;
}

static int shmem_load_inode(struct shmem_pkram_loader *ld,
			    struct super_block *sb, struct fs_context *fc,
			    const struct pkram_shmem_inode *rec)
{
	const bool root = rec->id == 1;
	struct inode *inode;

	/* Nobody would see them, or heed them */
	if (rec->fsflags & ~SHMEM_FL_USER_VISIBLE ||
	    (rec->fsflags && !IS_ENABLED(CONFIG_TMPFS_XATTR)))
		return -EOPNOTSUPP;
	inode = root ? shmem_load_root_inode(sb, fc, rec) :
		       shmem_load_new_inode(sb, rec);
	if (IS_ERR(inode))
		return PTR_ERR(inode);

	inode->i_ino = rec->ino;
	inode->i_generation = rec->generation;
	set_nlink(inode, rec->nlink);
	i_size_write(inode, rec->size);
	ld->inode = inode;
	ld->rec = *rec;
	if (root)
		ld->nodes[0] = sb->s_root;
	return 0;
}

/* All that belongs to the inode has been read: what must come last */
static void shmem_load_inode_done(struct shmem_pkram_loader *ld)
{
	struct inode *inode = ld->inode;
	const struct pkram_shmem_inode *rec = &ld->rec;

	if (rec->fsflags)
		shmem_pkram_set_fsflags(inode, rec->fsflags);
	/* As shmem_encode_fh(), which may have given out a handle at any time */
	__insert_inode_hash(inode, inode->i_ino + inode->i_generation);
	inode_set_iversion_raw(inode, rec->version);
	inode_set_atime(inode, rec->atime, rec->atime_nsec);
	inode_set_mtime(inode, rec->mtime, rec->mtime_nsec);
	inode_set_ctime(inode, rec->ctime, rec->ctime_nsec);
	SHMEM_I(inode)->i_crtime.tv_sec = rec->btime;
	SHMEM_I(inode)->i_crtime.tv_nsec = rec->btime_nsec;
	ld->inode = NULL;
}

/* ---------------------------------------------------------------- tree */

static int shmem_load_dir(struct shmem_pkram_loader *ld,
			  const struct pkram_shmem_dir *rec)
{
	if (ld->inode)	/* the root, which no DENTRY follows */
		shmem_load_inode_done(ld);
	ld->dir = ld->nodes[rec->id - 1];
	SHMEM_I(d_inode(ld->dir))->dir_offsets.next_offset = rec->next_offset;
	return 0;
}

/* A new dentry in the current directory, with the pin that tmpfs wants */
static struct dentry *shmem_load_dentry(struct shmem_pkram_loader *ld,
					const struct pkram_shmem_dentry *rec)
{
	struct qstr name = QSTR_INIT(rec->name, rec->name_len);
	struct dentry *dentry;
	int err;

	name.hash = full_name_hash(ld->dir, name.name, name.len);
	dentry = d_lookup(ld->dir, &name);
	if (dentry) {
		dput(dentry);
		return ERR_PTR(-EBADMSG);
	}
	dentry = d_alloc(ld->dir, &name);
	if (!dentry)
		return ERR_PTR(-ENOMEM);
	if (!dentry->d_sb->s_d_op)
		d_set_d_op(dentry, &simple_dentry_operations);
	err = simple_offset_insert(&SHMEM_I(d_inode(ld->dir))->dir_offsets,
				   dentry, rec->offset);
	if (err) {
		dput(dentry);
		return ERR_PTR(err == -EEXIST ? -EBADMSG : err);
	}
	return dentry;
}

static int shmem_load_link(struct shmem_pkram_loader *ld,
			   const struct pkram_shmem_dentry *rec)
{
	struct inode *inode = ld->nodes[rec->id - 1];
	struct dentry *dentry;
	int err;

	err = shmem_pkram_new_link(ld->dir->d_sb);
	if (err)
		return err;
	dentry = shmem_load_dentry(ld, rec);
	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	ihold(inode);
	d_add(dentry, inode);
	return 0;
}

static int shmem_load_entry(struct shmem_pkram_loader *ld,
			    struct fs_context *fc,
			    const struct pkram_shmem_dentry *rec)
{
	struct inode *inode = ld->inode;
	struct dentry *dentry;

	if (!inode)
		return shmem_load_link(ld, rec);

	dentry = shmem_load_dentry(ld, rec);
	if (IS_ERR(dentry))
		return PTR_ERR(dentry);
	shmem_load_inode_done(ld);
	d_add(dentry, inode);
	ld->nodes[rec->id - 1] = S_ISDIR(inode->i_mode) ? (void *)dentry : inode;
	return shmem_pkram_verify_inode(&ld->verify, fc, dentry);
}

/* Act on a record that has been checked */
static int shmem_load_rec(struct shmem_pkram_loader *ld,
			  struct super_block *sb, struct fs_context *fc,
			  const struct pkram_shmem_rec *rec)
{
	const struct pkram_shmem_symlink *symlink = (const void *)rec;
	int err;

	switch (rec->type) {
	case PKRAM_SHMEM_INODE:
		return shmem_load_inode(ld, sb, fc, (const void *)rec);
	case PKRAM_SHMEM_SYMLINK:
		return shmem_pkram_set_symlink(ld->inode, symlink->target,
					       symlink->target_len);
	case PKRAM_SHMEM_DATA:
		return shmem_pkram_plan_data(ld, (const void *)rec);
	case PKRAM_SHMEM_DIR:
		return shmem_load_dir(ld, (const void *)rec);
	case PKRAM_SHMEM_DENTRY:
		return shmem_load_entry(ld, fc, (const void *)rec);
	case PKRAM_SHMEM_SUMS:
		return shmem_pkram_verify_sums(&ld->verify, ld->inode,
					       (const void *)rec);
	case PKRAM_SHMEM_DQUOT:
		/* Limits come after what they limit */
		err = shmem_pkram_load_data(ld);
		return err ?: shmem_pkram_load_dquot(sb, (const void *)rec);
	}
	return shmem_pkram_load_attr(SHMEM_SB(sb)->pkram, ld->inode, rec);
}

/* What an error means that has not been reported yet, if it means damage */
static int shmem_load_failed(struct shmem_pkram_loader *ld,
			     struct fs_context *fc, int err)
{
	if (err == -EBADMSG && !ld->verify.reported)
		return shmem_load_bad(fc, "name, page, sum or attribute twice or wrong");
	if (err == -EOPNOTSUPP)
		return shmem_load_bad(fc, "folios or attributes that this kernel has not");
	return err;
}

static int shmem_load_recs(struct shmem_pkram_loader *ld,
			   struct super_block *sb, struct fs_context *fc)
{
	const struct pkram_shmem_rec *rec;
	unsigned int nr = 0;
	const char *why;
	int err;

	while ((rec = shmem_load_next(ld))) {
		if (IS_ERR(rec))
			return shmem_load_bad(fc, "broken record");
		why = pkram_shmem_check_rec(&ld->chk, rec);
		if (why)
			return shmem_load_bad(fc, why);
		err = shmem_load_rec(ld, sb, fc, rec);
		if (err)
			return shmem_load_failed(ld, fc, err);
		/* What takes long for one record sees to this itself */
		if (++nr % SHMEM_LOAD_RECS)
			continue;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	why = pkram_shmem_check_end(&ld->chk);
	if (why)
		return shmem_load_bad(fc, why);
	err = shmem_pkram_lazy_plan(SHMEM_SB(sb)->pkram, ld, sb);
	return shmem_load_failed(ld, fc, err ?: shmem_pkram_load_data(ld));
}

static const char *shmem_load_why(int err)
{
	switch (err) {
	case -ENOMEM:
		return "not enough memory, in the machine or your memory cgroup";
	case -ENOSPC:
		return "nr_inodes= (extended attributes count) or overcommit_memory allows no more";
	}
	return "error";
}

/**
 * shmem_pkram_load_tree() - rebuild the tree of a node
 * @st: mount, after shmem_pkram_load_begin()
 * @sb: superblock, filled but for the tree
 * @fc: its options
 *
 * Context: May sleep. s_umount is held for writing.
 * Return: 0; -EBADMSG when the node is not what it should be; -ENOMEM; -ENOSPC;
 * -EDQUOT; -EINTR. After an error the folios are as they were, while @sb
 * has to be shut down.
 */
int shmem_pkram_load_tree(struct shmem_pkram *st, struct super_block *sb,
			  struct fs_context *fc)
{
	struct shmem_pkram_loader *ld = st->loader;
	int err;

	err = shmem_load_recs(ld, sb, fc);
	if (!err)
		err = shmem_pkram_quota_on(sb, &ld->quota, &ld->limits);
	if (err && err != -EBADMSG)
		shmem_pkram_err(fc, "cannot load '%s': %s (%d); it is kept as it was",
				st->node, shmem_load_why(err), err);
	if (!err && ld->verify.skipped)
		pr_warn("tmpfs: '%s': %llu pages were not verified, since some of them have failed\n",
			st->node, ld->verify.skipped);
	if (!err) {
		SHMEM_SB(sb)->next_ino = ld->super.next_ino;
		super_set_uuid(sb, ld->super.uuid, sizeof(ld->super.uuid));
		shmem_pkram_keep_data(ld);
		if (st->lazy)
			shmem_pkram_keep_eager(st->lazy, ld);
	}
	trace_pkram_load_tree(st->node, ld->chk.nr_inodes, ld->chk.nr_dentries,
			      ld->chk.nr_frames, err);
	shmem_pkram_load_end(st);
	return err;
}

/**
 * shmem_pkram_load_end() - free what the load has needed, and undo the rest
 * @st: mount
 *
 * Context: May sleep.
 */
void shmem_pkram_load_end(struct shmem_pkram *st)
{
	struct shmem_pkram_loader *ld = st->loader;

	if (!ld)
		return;
	shmem_pkram_undo_data(ld);
	shmem_pkram_end_data(ld);
	if (ld->inode && ld->rec.id != 1)
		iput(ld->inode);
	pkram_finish_access(&ld->bytes, true);
	pkram_finish_access(&ld->pages, true);
	if (st->ps.obj && !st->lazy)
		pkram_finish_load_obj(&st->ps);
	shmem_pkram_verify_end(&ld->verify);
	kvfree(ld->chk.links);
	kvfree(ld->nodes);
	kvfree(ld->buf);
	kfree(ld);
	st->loader = NULL;
}
