// SPDX-License-Identifier: GPL-2.0
/*
 * tmpfs preserved over kexec: from the tree to the node.
 *
 * The superblock is about to become read-only or is so already, so nobody can
 * change the tree: positive dentries stay where they are and need no references,
 * since tmpfs pins them itself. What happens to pages all the same is for
 * mm/shmem_pkram_save_data.c.
 *
 * Lock order: sb->s_umount (held), then dentry->d_lock or the folio lock, then
 * what mm/pkram.c takes.
 */
#define pr_fmt(fmt) fmt

#include <linux/dcache.h>
#include <linux/fs_context.h>
#include <linux/iversion.h>
#include <linux/pagemap.h>
#include <linux/quotaops.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uio.h>
#include <linux/xarray.h>
#include <trace/events/pkram.h>
#include <uapi/linux/memfd.h>

#include "internal.h"
#include "pkram_internal.h"
#include "pkram_shmem_rec.h"
#include "shmem_pkram.h"
#include "shmem_pkram_save.h"

/* Dentries to look at with the directory locked */
#define SHMEM_PKRAM_BATCH	256

static void shmem_save_report(struct shmem_pkram_saver *sv,
			      struct dentry *dentry, int err)
{
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);
	const char *path = shmem_pkram_path(dentry, buf);

	if (!sv->why && err == -ENOMEM)
		sv->why = "not enough memory";
	if (!sv->why && err == -EINTR)
		sv->why = "interrupted";
	shmem_pkram_err(sv->fc, "cannot preserve '%*pE': %s (%d)",
			(int)strlen(path), path, sv->why ?: "error", err);
	sv->reported = true;
	kfree(buf);
}

static int shmem_list_grow(struct shmem_pkram_list *list, size_t nr)
{
	struct shmem_pkram_item *items;

	items = shmem_pkram_grow(list->items, list->nr + nr, &list->room,
				 sizeof(*items));
	if (!items)
		return -ENOMEM;
	list->items = items;
	return 0;
}

/**
 * shmem_pkram_list_add() - add an entry to a list
 * @list: list
 * @dentry: a name
 * @id: id of its inode
 *
 * Context: May sleep.
 * Return: 0; -ENOMEM.
 */
int shmem_pkram_list_add(struct shmem_pkram_list *list, struct dentry *dentry,
			 u32 id)
{
	int err = shmem_list_grow(list, 1);

	if (!err)
		list->items[list->nr++] = (struct shmem_pkram_item){
			.dentry = dentry,
			.id = id,
		};
	return err;
}

/* ------------------------------------------------------------- records */

static int shmem_save_flush(struct shmem_pkram_saver *sv)
{
	ssize_t ret = pkram_write(&sv->bytes, sv->buf, sv->len);

	sv->len = 0;
	return ret < 0 ? ret : 0;
}

/* Room in the buffer that is kept for DATA and DENTRY, which do not check */
#define SHMEM_SAVE_KEEP		512

/**
 * shmem_pkram_save_rec() - add a record of any length
 * @sv: save
 * @type: PKRAM_SHMEM_* type
 * @flags: flags of this type
 * @vec: the record in pieces, the first with the structure and the room for
 *	&struct pkram_shmem_rec, which is filled in
 * @nr: number of pieces
 *
 * Context: May sleep.
 * Return: 0; -ENOMEM.
 */
int shmem_pkram_save_rec(struct shmem_pkram_saver *sv, unsigned int type,
			 unsigned int flags, const struct kvec *vec,
			 unsigned int nr)
{
	static const u8 zeros[PKRAM_SHMEM_REC_ALIGN];
	size_t len = 0, pad;
	unsigned int i;
	ssize_t ret = 0;

	for (i = 0; i < nr; i++)
		len += vec[i].iov_len;
	pad = pkram_shmem_pad(len);
	pkram_shmem_put_rec(vec[0].iov_base, type, flags, len + pad);

	if (sv->len + len + pad > PKRAM_SHMEM_ENTRY_MAX - SHMEM_SAVE_KEEP)
		ret = shmem_save_flush(sv);
	if (ret < 0)
		return ret;
	if (len + pad <= PKRAM_SHMEM_ENTRY_MAX - SHMEM_SAVE_KEEP) {
		for (i = 0; i < nr; i++) {
			memcpy(sv->buf + sv->len, vec[i].iov_base,
			       vec[i].iov_len);
			sv->len += vec[i].iov_len;
		}
		memset(sv->buf + sv->len, 0, pad);
		sv->len += pad;
		return 0;
	}
	for (i = 0; ret >= 0 && i < nr; i++)
		ret = pkram_write(&sv->bytes, vec[i].iov_base, vec[i].iov_len);
	if (ret >= 0)
		ret = pkram_write(&sv->bytes, zeros, pad);
	return ret < 0 ? ret : 0;
}

/* ------------------------------------------------------------- content */

static int shmem_save_symlink(struct shmem_pkram_saver *sv, struct inode *inode)
{
	const u32 len = inode->i_size;
	struct folio *folio;
	int err;

	if (inode->i_link) {
		sv->len += pkram_shmem_put_symlink(sv->buf + sv->len,
						   inode->i_link, len);
		return 0;
	}
	err = shmem_get_folio(inode, 0, 0, &folio, SGP_READ);
	if (!err && !folio)
		err = -EIO;
	if (err)
		return shmem_pkram_refuse(sv, err, "cannot be read");
	if (folio_test_hwpoison(folio) || len > PKRAM_SHMEM_TARGET_MAX)
		err = shmem_pkram_refuse(sv, -EIO, "cannot be read");
	else
		sv->len += pkram_shmem_put_symlink(sv->buf + sv->len,
						   folio_address(folio), len);
	folio_unlock(folio);
	folio_put(folio);
	sv->header.nr_blocks++;
	return err;
}

/* -------------------------------------------------------------- inodes */

/* What cannot be preserved must not get lost silently */
static const char *shmem_save_obstacle(struct inode *inode)
{
	struct shmem_inode_info *info = SHMEM_I(inode);

	if (info->seals != F_SEAL_SEAL)
		return "it is sealed";
	if (IS_SWAPFILE(inode))
		return "it is a swap file";
	if (S_ISREG(inode->i_mode) && info->flags != VM_NORESERVE)
		return "it is shared memory";
	if (!uid_valid(inode->i_uid) || !gid_valid(inode->i_gid))
		return "it has no valid owner";
	return NULL;
}

static void shmem_save_inode_rec(struct shmem_pkram_saver *sv,
				 struct inode *inode, u32 id)
{
	struct pkram_shmem_inode *rec = (void *)(sv->buf + sv->len);
	struct shmem_inode_info *info = SHMEM_I(inode);
	const bool dev = S_ISCHR(inode->i_mode) || S_ISBLK(inode->i_mode);

	*rec = (struct pkram_shmem_inode){
		.id = id,
		.mode = inode->i_mode,
		.ino = inode->i_ino,
		.uid = from_kuid(&init_user_ns, inode->i_uid),
		.gid = from_kgid(&init_user_ns, inode->i_gid),
		.nlink = inode->i_nlink,
		.generation = inode->i_generation,
		.rdev_major = dev ? MAJOR(inode->i_rdev) : 0,
		.rdev_minor = dev ? MINOR(inode->i_rdev) : 0,
		.size = i_size_read(inode),
		.version = inode_peek_iversion_raw(inode),
		.atime = inode_get_atime_sec(inode),
		.mtime = inode_get_mtime_sec(inode),
		.ctime = inode_get_ctime_sec(inode),
		.btime = info->i_crtime.tv_sec,
		.atime_nsec = inode_get_atime_nsec(inode),
		.mtime_nsec = inode_get_mtime_nsec(inode),
		.ctime_nsec = inode_get_ctime_nsec(inode),
		.btime_nsec = info->i_crtime.tv_nsec,
		.fsflags = info->fsflags,
	};
	pkram_shmem_put_rec(&rec->rec, PKRAM_SHMEM_INODE, 0, sizeof(*rec));
	sv->len += sizeof(*rec);
}

/* Add an inode that has not been seen before to the records in sv->buf */
static int shmem_save_inode(struct shmem_pkram_saver *sv,
			    struct dentry *dentry, u32 *id)
{
	struct inode *inode = d_inode(dentry);
	const char *why = shmem_save_obstacle(inode);
	int err;

	if (why)
		return shmem_pkram_refuse(sv, -EOPNOTSUPP, why);
	if (sv->header.nr_inodes >= SHMEM_PKRAM_INODES_MAX)
		return shmem_pkram_refuse(sv, -EFBIG, "too many files");

	*id = ++sv->header.nr_inodes;
	shmem_save_inode_rec(sv, inode, *id);
	err = 0;
	if (S_ISREG(inode->i_mode))
		err = shmem_pkram_save_data(sv, inode);
	else if (S_ISLNK(inode->i_mode))
		err = shmem_save_symlink(sv, inode);
	if (!err)
		err = shmem_pkram_save_attrs(sv, inode);
	if (err || !S_ISDIR(inode->i_mode))
		return err;

	return shmem_pkram_list_add(&sv->dirs, dentry, *id);
}

/* ---------------------------------------------------------------- tree */

/*
 * Ids of inodes with several names. What is stored by the address of the inode
 * is its id and the number of names to come; that there are as many as i_nlink
 * says is what the load insists on.
 */
static int shmem_save_link(struct shmem_pkram_saver *sv, struct dentry *dentry,
			   u32 *id)
{
	struct inode *inode = d_inode(dentry);
	const unsigned long key = (unsigned long)inode / sizeof(long);
	void *entry = xa_load(&sv->links, key);
	u64 value;
	int err;

	if (entry) {
		value = xa_to_value(entry);
		*id = lower_32_bits(value);
		if (!upper_32_bits(value))
			return shmem_pkram_refuse(sv, -EIO, "it has more names than links");
		value -= 1ULL << 32;
	} else {
		err = shmem_save_inode(sv, dentry, id);
		if (err)
			return err;
		value = *id | (u64)(inode->i_nlink - 1) << 32;
	}
	entry = xa_store(&sv->links, key, xa_mk_value(value), SHMEM_PKRAM_GFP);
	return xa_err(entry);
}

static int shmem_save_entry(struct shmem_pkram_saver *sv, struct dentry *dentry)
{
	struct inode *inode = d_inode(dentry);
	u32 id;
	int err;

	if (S_ISDIR(inode->i_mode) || inode->i_nlink == 1)
		err = shmem_save_inode(sv, dentry, &id);
	else
		err = shmem_save_link(sv, dentry, &id);
	if (err)
		return err;
	sv->len += pkram_shmem_put_dentry(sv->buf + sv->len, id,
					  simple_offset_get(dentry),
					  dentry->d_name.name,
					  dentry->d_name.len);
	sv->header.nr_dentries++;
	return shmem_save_flush(sv);
}

/* Up to SHMEM_PKRAM_BATCH entries after @prev; returns the last one or NULL */
static struct dentry *shmem_list_batch(struct shmem_pkram_list *list,
				       struct dentry *dir, struct dentry *prev)
{
	struct dentry *child;
	size_t end = list->nr + SHMEM_PKRAM_BATCH;

	guard(spinlock)(&dir->d_lock);
	child = prev ? d_next_sibling(prev) : d_first_child(dir);
	hlist_for_each_entry_from(child, d_sib) {
		if (!simple_positive(child))
			continue;
		list->items[list->nr++].dentry = child;
		if (list->nr == end)
			return child;
	}
	return NULL;
}

/**
 * shmem_pkram_list_dir() - list a directory
 * @list: list, which gets its entries in the order of readdir(), from the last on
 * @dir: the directory
 *
 * Context: May sleep. Takes dir->d_lock.
 * Return: 0; -ENOMEM.
 */
int shmem_pkram_list_dir(struct shmem_pkram_list *list, struct dentry *dir)
{
	struct dentry *last = NULL;
	int err;

	list->nr = 0;
	do {
		err = shmem_list_grow(list, SHMEM_PKRAM_BATCH);
		if (err)
			return err;
		last = shmem_list_batch(list, dir, last);
		cond_resched();
	} while (last);
	return 0;
}

static int shmem_save_dir_rec(struct shmem_pkram_saver *sv,
			      const struct shmem_pkram_item *item)
{
	struct inode *inode = d_inode(item->dentry);
	struct pkram_shmem_dir *rec = (void *)sv->buf;

	*rec = (struct pkram_shmem_dir){
		.id = item->id,
		.nr = sv->entries.nr,
		.next_offset = SHMEM_I(inode)->dir_offsets.next_offset,
	};
	pkram_shmem_put_rec(&rec->rec, PKRAM_SHMEM_DIR, 0, sizeof(*rec));
	sv->len = sizeof(*rec);
	return shmem_save_flush(sv);
}

static int shmem_save_dir(struct shmem_pkram_saver *sv,
			  const struct shmem_pkram_item *item)
{
	struct dentry *dir = item->dentry;
	const size_t nr_dirs = sv->dirs.nr;
	struct dentry *child = dir;
	size_t i;
	int err;

	err = shmem_pkram_list_dir(&sv->entries, dir);
	if (!err)
		err = shmem_save_dir_rec(sv, item);
	for (i = sv->entries.nr; !err && i; i--) {
		child = sv->entries.items[i - 1].dentry;
		err = shmem_save_entry(sv, child);
		if (fatal_signal_pending(current))
			err = err ?: -EINTR;
		cond_resched();
	}
	if (!err && d_inode(dir)->i_nlink != 2 + sv->dirs.nr - nr_dirs) {
		child = dir;
		err = shmem_pkram_refuse(sv, -EIO, "its number of links is wrong");
	}
	if (err)
		shmem_save_report(sv, child, err);
	return err;
}

static int shmem_save_super(struct shmem_pkram_saver *sv)
{
	struct shmem_options *ctx = sv->fc->fs_private;
	struct super_block *sb = sv->fc->root->d_sb;
	struct shmem_sb_info *sbinfo = SHMEM_SB(sb);
	struct pkram_shmem_super *rec = (void *)sv->buf;
	const int seen = ctx->seen;
	const bool full_inums = seen & SHMEM_SEEN_INUMS ? ctx->full_inums :
							  sbinfo->full_inums;

	/* As they will be when this remount has succeeded */
	*rec = (struct pkram_shmem_super){
		.max_blocks = seen & SHMEM_SEEN_BLOCKS ? ctx->blocks :
							 sbinfo->max_blocks,
		.max_inodes = seen & SHMEM_SEEN_INODES ? ctx->inodes :
							 sbinfo->max_inodes,
		.next_ino = sbinfo->next_ino,
		.uid = from_kuid(&init_user_ns, sbinfo->uid),
		.gid = from_kgid(&init_user_ns, sbinfo->gid),
		.mode = sbinfo->mode,
		.huge = seen & SHMEM_SEEN_HUGE ? ctx->huge : sbinfo->huge,
	};
	memcpy(rec->uuid, sb->s_uuid.b, sizeof(rec->uuid));
	pkram_shmem_put_rec(&rec->rec, PKRAM_SHMEM_SUPER,
			    (full_inums ? PKRAM_SHMEM_SUPER_INODE64 : 0) |
			    (sbinfo->noswap ? PKRAM_SHMEM_SUPER_NOSWAP : 0) |
			    (sv->part.verify ? PKRAM_SHMEM_SUPER_VERIFY : 0) |
			    sv->st->super_flags,
			    sizeof(*rec));
	sv->len = sizeof(*rec);
	return shmem_save_flush(sv);
}

static int shmem_save_root(struct shmem_pkram_saver *sv)
{
	struct dentry *root = sv->fc->root->d_sb->s_root;
	u32 id;
	int err;

	err = shmem_save_super(sv);
	if (!err)
		err = shmem_pkram_save_super_attrs(sv, sv->fc);
	if (!err)
		err = shmem_save_inode(sv, root, &id);
	if (!err)
		err = shmem_save_flush(sv);
	if (err)
		shmem_save_report(sv, root, err);
	return err;
}

/* Has every name of every inode been seen? */
static int shmem_save_check_links(struct shmem_pkram_saver *sv)
{
	unsigned long key;
	void *entry;

	xa_for_each(&sv->links, key, entry) {
		if (upper_32_bits(xa_to_value(entry))) {
			shmem_pkram_err(sv->fc, "cannot preserve inode %lu: it has fewer names than links",
					((struct inode *)(key * sizeof(long)))->i_ino);
			sv->reported = true;
			return -EIO;
		}
	}
	return 0;
}

/* Totals are known last but read first: an access of its own puts them there */
static int shmem_save_header(struct shmem_pkram_saver *sv)
{
	struct pkram_shmem_header *header = &sv->header;
	struct pkram_access first = {
		.ps = &sv->st->ps,
		.type = PKRAM_OBJ_BYTES,
	};
	ssize_t ret;

	header->magic = PKRAM_SHMEM_MAGIC;
	header->version = PKRAM_SHMEM_VERSION;
	header->nr_frames = sv->nr_frames;
	header->nr_bytes = sizeof(*header) + sv->bytes.nr;
	pkram_shmem_put_rec(&header->rec, PKRAM_SHMEM_HEADER, 0,
			    sizeof(*header));
	ret = pkram_write(&first, header, sizeof(*header));
	return pkram_finish_access(&first, ret >= 0) ?: min_t(ssize_t, ret, 0);
}

/* Save everything into the object that has been prepared */
static int shmem_save_obj(struct shmem_pkram_saver *sv)
{
	size_t i;
	int err, ret;

	err = shmem_pkram_plan_tree(sv);
	if (!err)
		err = shmem_save_root(sv);
	/* The list grows meanwhile */
	for (i = 0; !err && i < sv->dirs.nr; i++) {
		const struct shmem_pkram_item item = sv->dirs.items[i];

		err = shmem_save_dir(sv, &item);
	}
	if (!err)
		err = shmem_save_check_links(sv);
	if (!err)
		err = shmem_pkram_plan_end(sv);
	if (!err)
		err = shmem_pkram_save_dquots(sv, sv->fc->root->d_sb);
	if (!err)
		err = shmem_save_flush(sv);
	if (!err)
		err = shmem_save_header(sv);
	ret = pkram_finish_access(&sv->bytes, !err);
	err = err ?: ret;
	ret = pkram_finish_access(&sv->part.pages, !err);
	return err ?: ret;
}

static int shmem_save_node(struct shmem_pkram_saver *sv)
{
	struct pkram_stream *ps = &sv->st->ps;
	int err;

	err = pkram_prepare_save(ps, sv->st->node, SHMEM_PKRAM_GFP);
	if (err) {
		shmem_pkram_err(sv->fc, "cannot preserve '%s': %s (%d)",
				sv->st->node,
				err == -EEXIST ? "something is preserved under this name" :
				err == -ENODEV ? "PKRAM is switched off" :
				err == -ENOSPC ? "there are too many nodes" :
				"not enough memory", err);
		return err;
	}
	err = shmem_pkram_save_room(sv);
	if (!err)
		err = pkram_prepare_save_obj(ps, PKRAM_OBJ_PAGES |
						 PKRAM_OBJ_BYTES);
	if (!err) {
		err = shmem_save_obj(sv);
		if (!err)
			pkram_finish_save_obj(ps);
	}
	if (err && !sv->reported)
		shmem_pkram_err(sv->fc, "cannot preserve '%s': %s (%d)",
				sv->st->node, err == -ENOMEM ?
				"not enough memory" : "error", err);
	if (!err) {
		err = pkram_room_to_boot(ps);
		if (err)
			shmem_pkram_err(sv->fc, "cannot preserve '%s': %s",
					sv->st->node, err == -EADDRNOTAVAIL ?
					"the kexec image that is loaded lies on the super block" :
					err == -EBUSY ?
					"something else that would have to be moved is in use" :
					err == -EINTR ? "interrupted" :
					err == -ENOMEM ? "not enough memory" :
					"what is left is too little for the next kernel to boot");
	}
	trace_pkram_save_tree(sv->st->node, sv->header.nr_inodes,
			      sv->header.nr_dentries, sv->nr_frames, err);
	if (err)
		pkram_discard_save(ps);
	return err;
}

/**
 * shmem_pkram_save_tree() - save a file system into a node
 * @st: mount
 * @fc: remount, which is or makes it read-only
 *
 * On success the node is complete but for pkram_finish_save(), which publishes
 * it.
 *
 * Context: May sleep. s_umount is held for writing.
 * Return: 0; -EOPNOTSUPP when the tree holds something that cannot be
 * preserved; -EBUSY when pages are pinned; -EIO when something cannot be read;
 * -EFBIG when there are too many files; -E2BIG when an attribute does not fit into a
 * record; -EINVAL when a page is of a kind that cannot be preserved; -EADDRNOTAVAIL
 * when a kexec image lies on the super block; -EINTR; -EEXIST; -ENODEV; -ENOSPC; -ENOMEM. Nothing
 * has changed then, and the reason has been reported.
 */
int shmem_pkram_save_tree(struct shmem_pkram *st, struct fs_context *fc)
{
	struct shmem_pkram_saver *sv;
	int err = -ENOMEM;

	sv = kzalloc(sizeof(*sv), SHMEM_PKRAM_GFP);
	if (!sv)
		return -ENOMEM;
	sv->st = st;
	sv->fc = fc;
	sv->bytes.ps = &st->ps;
	sv->bytes.type = PKRAM_OBJ_BYTES;
	sv->part.pages.ps = &st->ps;
	sv->part.pages.type = PKRAM_OBJ_PAGES;
	xa_init(&sv->links);
	sv->part.verify = shmem_pkram_wants_sums(st, fc);
	if (sv->part.verify)
		shmem_pkram_sums_begin(&sv->part.sums);
	sv->buf = kmalloc(PKRAM_SHMEM_ENTRY_MAX, SHMEM_PKRAM_GFP);
	if (sv->buf)
		err = shmem_save_node(sv);

	kfree(sv->buf);
	xa_destroy(&sv->links);
	shmem_pkram_plan_free(sv);
	shmem_pkram_sums_end(&sv->part.sums);
	kvfree(sv->part.poison);
	kvfree(sv->entries.items);
	kvfree(sv->dirs.items);
	kfree(sv);
	return err;
}
