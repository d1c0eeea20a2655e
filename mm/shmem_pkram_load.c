// SPDX-License-Identifier: GPL-2.0
/*
 * tmpfs preserved over kexec: from the node to the tree.
 *
 * The superblock is being filled: nobody else can see it, and no lock but
 * s_umount is needed. Records are not trusted: each is checked before it is
 * acted upon, and a failure at any point is undone by giving back the folios
 * here and having the superblock shut down by the caller.
 *
 * Folios stay off the LRU until the whole tree has been loaded, so that reclaim
 * cannot touch what may have to go back.
 *
 * Lock order: sb->s_umount (held), then the folio lock.
 */
#define pr_fmt(fmt) fmt

#include <linux/dcache.h>
#include <linux/fs_context.h>
#include <linux/iversion.h>
#include <linux/memcontrol.h>
#include <linux/pagemap.h>
#include <linux/quotaops.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/swap.h>

#include "internal.h"
#include "pkram_shmem_rec.h"
#include "shmem_pkram.h"

/* Bytes of records to read at once; the longest record must fit */
#define SHMEM_LOAD_BUF		PKRAM_SHMEM_REC_MAX

/* Folios to load at once */
#define SHMEM_LOAD_BATCH	16

/* Pages to account for at once */
#define SHMEM_LOAD_CHARGE	512UL

/* Ticks to wait for others to let go of a folio of this boot */
#define SHMEM_LOAD_TRIES	20

/**
 * struct shmem_pkram_loader - a load in progress
 * @bytes: records
 * @pages: folios
 * @buf: part of the byte stream
 * @pos: next record in @buf
 * @end: end of what @buf holds
 * @chk: checker of records
 * @super: options as saved
 * @quota: quotas as saved; no flags when there were none
 * @limits: limits for new ids, from when the tree has been loaded
 * @nodes: by id - 1, the dentry of a directory, the inode of another file
 * @folios: loaded folios, each with the reference that the load has got
 * @batch: folios that the next file may get
 * @batch_pos: next of them
 * @batch_nr: number of them
 * @dir: directory whose entries come
 * @inode: inode whose first name is still to come; a reference, but for the root
 * @rec: its record
 * @verify: whether contents are what was preserved
 * @drained: folios on their way to the LRU have got there
 */
struct shmem_pkram_loader {
	struct pkram_access bytes;
	struct pkram_access pages;
	u8 *buf;
	size_t pos;
	size_t end;
	struct pkram_shmem_check chk;
	struct pkram_shmem_super super;
	struct pkram_shmem_quota quota;
	struct shmem_quota_limits limits;
	void **nodes;
	struct list_head folios;
	struct pkram_loaded batch[SHMEM_LOAD_BATCH];
	unsigned int batch_pos;
	unsigned int batch_nr;
	struct dentry *dir;
	struct inode *inode;
	struct pkram_shmem_inode rec;
	struct shmem_pkram_verify verify;
	bool drained;
};

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

/* What was not given takes the saved value */
static void shmem_load_options(struct fs_context *fc,
			       const struct pkram_shmem_super *super)
{
	struct shmem_options *ctx = fc->fs_private;
	const unsigned int seen = ctx->pkram.seen;

	if (!(ctx->seen & SHMEM_SEEN_BLOCKS))
		ctx->blocks = super->max_blocks;
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
}

/* Records between SUPER and the root */
static int shmem_load_super_attr(struct shmem_pkram_loader *ld,
				 struct fs_context *fc,
				 const struct pkram_shmem_rec *rec)
{
	struct shmem_options *ctx = fc->fs_private;
	int err = 0;

	if (rec->type == PKRAM_SHMEM_QUOTA) {
		ld->quota = *(const struct pkram_shmem_quota *)rec;
		err = shmem_pkram_load_quota(fc, &ld->quota, &ld->limits);
		if (err)
			shmem_pkram_err(fc, "cannot load '%s': it has quotas, this kernel has not",
					ctx->pkram.name);
	} else if (!(ctx->pkram.seen & SHMEM_PKRAM_SEEN_MPOL)) {
		err = shmem_pkram_load_mpol(fc, (const void *)rec);
	}
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
	shmem_load_options(fc, &ld->super);
	shmem_load_verify(st, fc, &ld->super);
	err = shmem_load_super_attrs(ld, fc);
	return err ?: shmem_load_check_room(fc, &header, &ld->super);
}

/**
 * shmem_pkram_load_begin() - read the options that a tree was saved with
 * @st: mount whose node has been prepared for loading
 * @fc: options, completed from the saved ones
 *
 * Context: May sleep.
 * Return: 0; -EBADMSG; -ENOSPC; -EINVAL; -ENOMEM. Must be followed by
 * shmem_pkram_load_end() in any case.
 */
int shmem_pkram_load_begin(struct shmem_pkram *st, struct fs_context *fc)
{
	struct shmem_pkram_loader *ld;

	ld = kzalloc(sizeof(*ld), SHMEM_PKRAM_GFP);
	if (!ld)
		return -ENOMEM;
	INIT_LIST_HEAD(&ld->folios);
	ld->bytes.ps = &st->ps;
	ld->bytes.type = PKRAM_OBJ_BYTES;
	ld->pages.ps = &st->ps;
	ld->pages.type = PKRAM_OBJ_PAGES;
	ld->pages.poisoned = true;
	st->loader = ld;
	ld->buf = kvmalloc(SHMEM_LOAD_BUF, SHMEM_PKRAM_GFP);
	if (!ld->buf)
		return -ENOMEM;
	return shmem_load_start(st, fc);
}

/* -------------------------------------------------------------- folios */

/* Get the next folio of the page stream */
static int shmem_load_next_folio(struct shmem_pkram_loader *ld,
				 struct pkram_loaded *next)
{
	int nr;

	if (ld->batch_pos == ld->batch_nr) {
		nr = pkram_load_folios(&ld->pages, ld->batch,
				       ARRAY_SIZE(ld->batch));
		if (nr <= 0)
			return nr ?: -EBADMSG;
		ld->batch_pos = 0;
		ld->batch_nr = nr;
	}
	*next = ld->batch[ld->batch_pos++];
	return 0;
}

/*
 * A folio that has been saved in this boot, or loaded and not committed, may
 * still be on the LRU, or on its way there, and charged to whoever had it.
 * Make it look like one that comes from the previous kernel.
 */
static int shmem_load_settle(struct shmem_pkram_loader *ld, struct folio *folio)
{
	const bool lost = !folio_test_large(folio) && folio_test_hwpoison(folio);
	int try, refs;

	for (try = 0; try < SHMEM_LOAD_TRIES; try++) {
		if (!ld->drained)
			lru_add_drain_all();
		ld->drained = true;
		if (folio_isolate_lru(folio)) {
			/* Whoever frees it off the LRU expects them clear */
			folio_clear_active(folio);
			folio_clear_unevictable(folio);
			folio_put(folio);
		}
		/* The node's and ours; memory_failure() may keep one to a page */
		refs = folio_ref_count(folio);
		if (refs == 2 || (lost && refs == 3)) {
			mem_cgroup_uncharge(folio);
			return 0;
		}
		if (schedule_timeout_killable(1))
			return -EINTR;
		ld->drained = false;
	}
	return -EBUSY;
}

static bool shmem_load_folio_possible(struct inode *inode,
				      const struct pkram_loaded *next)
{
	const pgoff_t end = next->index + folio_nr_pages(next->folio);

	/* A folio that is in use has been given twice */
	return !next->folio->mapping && !folio_mapped(next->folio) &&
	       !folio_test_anon(next->folio) &&
	       !folio_test_swapcache(next->folio) &&
	       end - 1 <= MAX_LFS_FILESIZE >> PAGE_SHIFT;
}

/* Put a folio, whose reference is ours, into the page cache of its file */
static int shmem_load_insert(struct shmem_pkram_loader *ld, struct inode *inode,
			     const struct pkram_loaded *next)
{
	struct folio *folio = next->folio;
	int err = 0;

	if (!shmem_load_folio_possible(inode, next))
		return -EBADMSG;
	if (folio_test_large(folio) &&
	    (!IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE) ||
	     folio_order(folio) > MAX_PAGECACHE_ORDER))
		return -EOPNOTSUPP;
	if (folio_ref_count(folio) != 2 || folio_test_lru(folio) ||
	    folio_memcg(folio))
		err = shmem_load_settle(ld, folio);
	if (err)
		return err;

	folio_lock(folio);
	folio_set_swapbacked(folio);
	/* fallocate() gave a page that must be cleared before use: keep it so */
	if (next->flags & PKRAM_RUN_UPTODATE)
		folio_mark_uptodate(folio);
	else
		folio_clear_uptodate(folio);
	/* A clean one could be thrown away */
	folio_mark_dirty(folio);
	err = mem_cgroup_charge(folio, NULL, SHMEM_PKRAM_GFP);
	if (!err) {
		err = shmem_pkram_add_folio(inode, folio, next->index,
					    SHMEM_PKRAM_GFP);
		if (err)
			mem_cgroup_uncharge(folio);
	}
	folio_unlock(folio);
	if (err)
		return err == -EEXIST ? -EBADMSG : err;
	if (next->flags & PKRAM_RUN_UPTODATE)
		ld->verify.uptodate += folio_nr_pages(folio);
	list_add_tail(&folio->lru, &ld->folios);
	return 0;
}

/*
 * Account for a folio and for some that follow, @left pages at most. Not for a
 * whole file, which may be larger than all the memory that there is by now: that
 * grows as folios are claimed.
 */
static int shmem_load_charge(struct inode *inode, const struct folio *folio,
			     u64 *charged, u64 done, u64 left)
{
	const unsigned long nr = folio_nr_pages(folio);
	unsigned long more;
	int err;

	if (*charged - done >= nr)
		return 0;
	more = min_t(u64, left, max(nr, SHMEM_LOAD_CHARGE));
	err = shmem_pkram_charge(inode, more);
	if (!err)
		*charged += more;
	return err;
}

static int shmem_load_folios(struct shmem_pkram_loader *ld,
			     struct inode *inode, u64 nr)
{
	struct pkram_loaded next;
	u64 done = 0, charged = 0;
	int err = 0;

	while (!err && done < nr) {
		err = shmem_load_next_folio(ld, &next);
		if (err)
			break;
		if (folio_nr_pages(next.folio) > nr - done)
			err = -EBADMSG;
		if (!err)
			err = shmem_load_charge(inode, next.folio, &charged,
						done, nr - charged);
		if (!err)
			err = shmem_load_insert(ld, inode, &next);
		if (err)
			folio_put(next.folio);
		else
			done += folio_nr_pages(next.folio);
		if (fatal_signal_pending(current))
			err = err ?: -EINTR;
		cond_resched();
	}
	shmem_pkram_charged(inode, charged);
	return err;
}

static int shmem_load_data(struct shmem_pkram_loader *ld,
			   const struct pkram_shmem_data *rec)
{
	SHMEM_I(ld->inode)->fallocend = rec->fallocend;
	return shmem_load_folios(ld, ld->inode, rec->nr);
}

/* Nothing can fail any more: let reclaim see them */
static void shmem_load_keep_folios(struct shmem_pkram_loader *ld)
{
	struct folio *folio, *tmp;

	list_for_each_entry_safe(folio, tmp, &ld->folios, lru) {
		list_del(&folio->lru);
		/* Reclaim passes over large folios that have lost a page */
		if (folio_test_large(folio) || !folio_test_hwpoison(folio))
			folio_add_lru(folio);
		folio_put(folio);
		cond_resched();
	}
}

/* Give back what has been loaded, as it was */
static void shmem_load_undo_folios(struct shmem_pkram_loader *ld)
{
	struct folio *folio, *tmp;

	while (ld->batch_pos < ld->batch_nr)
		folio_put(ld->batch[ld->batch_pos++].folio);
	list_for_each_entry_safe(folio, tmp, &ld->folios, lru) {
		list_del(&folio->lru);
		folio_lock(folio);
		truncate_inode_folio(folio->mapping, folio);
		folio_unlock(folio);
		mem_cgroup_uncharge(folio);
		folio_put(folio);
		cond_resched();
	}
}

/* -------------------------------------------------------------- inodes */

/* Count the inode for its owner's quota */
static int shmem_load_count_inode(struct inode *inode)
{
	int err = dquot_initialize(inode);

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

	dquot_free_inode(inode);
	dquot_drop(inode);
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
	struct inode *inode;
	int err;

	inode = shmem_pkram_new_inode(sb, rec->mode,
				      MKDEV(rec->rdev_major, rec->rdev_minor));
	/* That there are enough inodes has been checked: it lacks memory */
	if (inode == ERR_PTR(-ENOSPC))
		return ERR_PTR(-ENOMEM);
	if (IS_ERR(inode))
		return inode;

	inode->i_mode = rec->mode;
	inode->i_uid = make_kuid(&init_user_ns, rec->uid);
	inode->i_gid = make_kgid(&init_user_ns, rec->gid);
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

	switch (rec->type) {
	case PKRAM_SHMEM_INODE:
		return shmem_load_inode(ld, sb, fc, (const void *)rec);
	case PKRAM_SHMEM_SYMLINK:
		return shmem_pkram_set_symlink(ld->inode, symlink->target,
					       symlink->target_len);
	case PKRAM_SHMEM_DATA:
		return shmem_load_data(ld, (const void *)rec);
	case PKRAM_SHMEM_DIR:
		return shmem_load_dir(ld, (const void *)rec);
	case PKRAM_SHMEM_DENTRY:
		return shmem_load_entry(ld, fc, (const void *)rec);
	case PKRAM_SHMEM_SUMS:
		return shmem_pkram_verify_sums(&ld->verify, ld->inode,
					       (const void *)rec);
	case PKRAM_SHMEM_DQUOT:
		return shmem_pkram_load_dquot(sb, (const void *)rec);
	}
	return shmem_pkram_load_attr(SHMEM_SB(sb)->pkram, ld->inode, rec);
}

static int shmem_load_recs(struct shmem_pkram_loader *ld,
			   struct super_block *sb, struct fs_context *fc)
{
	const struct pkram_shmem_rec *rec;
	const char *why;
	int err;

	while ((rec = shmem_load_next(ld))) {
		if (IS_ERR(rec))
			return shmem_load_bad(fc, "broken record");
		why = pkram_shmem_check_rec(&ld->chk, rec);
		if (why)
			return shmem_load_bad(fc, why);
		err = shmem_load_rec(ld, sb, fc, rec);
		if (err == -EBADMSG && ld->verify.reported)
			return err;
		if (err == -EBADMSG)
			return shmem_load_bad(fc, "name, page, checksum or attribute twice or wrong");
		if (err == -EOPNOTSUPP)
			return shmem_load_bad(fc, "folios or attributes that this kernel has not");
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		if (err)
			return err;
		cond_resched();
	}
	why = pkram_shmem_check_end(&ld->chk);
	return why ? shmem_load_bad(fc, why) : 0;
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
		shmem_pkram_err(fc, "cannot load '%s': error %d; it is kept as it was",
				st->node, err);
	if (!err && ld->verify.skipped)
		pr_warn("tmpfs: '%s': %llu pages were not verified, since some of them have failed\n",
			st->node, ld->verify.skipped);
	if (!err) {
		SHMEM_SB(sb)->next_ino = ld->super.next_ino;
		super_set_uuid(sb, ld->super.uuid, sizeof(ld->super.uuid));
		shmem_load_keep_folios(ld);
	}
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
	shmem_load_undo_folios(ld);
	if (ld->inode && ld->rec.id != 1)
		iput(ld->inode);
	pkram_finish_access(&ld->bytes, true);
	pkram_finish_access(&ld->pages, true);
	if (st->ps.obj)
		pkram_finish_load_obj(&st->ps);
	shmem_pkram_verify_end(&ld->verify);
	kvfree(ld->chk.links);
	kvfree(ld->nodes);
	kvfree(ld->buf);
	kfree(ld);
	st->loader = NULL;
}
