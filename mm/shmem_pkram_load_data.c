// SPDX-License-Identifier: GPL-2.0
/*
 * tmpfs preserved over kexec: from the node to the pages of a file.
 *
 * Folios stay off the LRU until the whole tree has been loaded, so that reclaim
 * cannot touch what may have to go back. The page cache and the node have
 * references; the load itself keeps none to what it has put into the page cache.
 *
 * A folio that comes from the previous kernel is known to the node and to the
 * load only. The superblock is not born, so nobody finds its files, and who goes
 * through page frames (compaction, hot-removal, memory_failure()) leaves alone
 * what is neither on the LRU nor free, but for PageHWPoison(). Such folios are
 * filled in with plain stores and without the folio lock, as the page allocator
 * and page faults do with new ones, and in batches.
 *
 * Lock order: sb->s_umount (held), then the folio lock, then the i_pages lock or
 * that of an lruvec.
 */
#define pr_fmt(fmt) fmt

#include <linux/memcontrol.h>
#include <linux/mm_inline.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/vmstat.h>

#include "internal.h"
#ifdef CONFIG_MEMCG
#include "memcontrol-v1.h"
#endif
#include "shmem_pkram.h"
#include "shmem_pkram_load.h"

/* Pages to account for at once, and to have paid for by the memcg */
#define SHMEM_LOAD_CHARGE	2048UL

/* Highest index that a page can have */
#define SHMEM_LOAD_INDEX_MAX	(MAX_LFS_FILESIZE >> PAGE_SHIFT)

/* Ticks to wait for others to let go of a folio of this boot */
#define SHMEM_LOAD_TRIES	20

/**
 * shmem_pkram_filler_alloc() - get ready for loading folios
 * @pages: access to copy
 * @memcg: who pays for folios from the previous kernel, or NULL
 *
 * Context: May sleep.
 * Return: what a thread needs, or NULL.
 */
struct shmem_pkram_filler *
shmem_pkram_filler_alloc(const struct pkram_access *pages,
			 struct mem_cgroup *memcg)
{
	struct shmem_pkram_filler *fl;
	int nid;

	fl = kvzalloc(struct_size(fl, nids, nr_node_ids), SHMEM_PKRAM_GFP);
	if (!fl)
		return NULL;
	fl->pages = *pages;
	fl->memcg = memcg;
	fl->advance = SHMEM_LOAD_CHARGE;
	INIT_LIST_HEAD(&fl->folios);
	for (nid = 0; nid < nr_node_ids; nid++)
		INIT_LIST_HEAD(&fl->nids[nid].folios);
	return fl;
}

/**
 * shmem_pkram_filler_free() - done with loading folios, which have been kept or undone
 * @fl: filler
 *
 * Context: May sleep.
 */
void shmem_pkram_filler_free(struct shmem_pkram_filler *fl)
{
	if (fl->memcg)
		mem_cgroup_cancel_charge(fl->memcg, fl->paid);
	pkram_finish_access(&fl->pages, true);
	kvfree(fl);
}

/* Have folios in the batch */
static int shmem_load_refill(struct shmem_pkram_filler *fl)
{
	int nr;

	if (fl->batch_pos < fl->batch_nr)
		return 0;
	nr = pkram_load_folios(&fl->pages, fl->batch, ARRAY_SIZE(fl->batch));
	if (nr <= 0)
		return nr ?: -EBADMSG;
	fl->batch_pos = 0;
	fl->batch_nr = nr;
	return 0;
}

/* ---------------------------------------------------------- accounting */

#ifdef CONFIG_MEMCG
static int shmem_load_try_pay(struct shmem_pkram_filler *fl, unsigned long nr,
			      gfp_t gfp)
{
	int err = try_charge(fl->memcg, gfp, nr);

	if (!err)
		fl->paid += nr;
	return err;
}
#else
static int shmem_load_try_pay(struct shmem_pkram_filler *fl, unsigned long nr,
			      gfp_t gfp)
{
	return 0;
}
#endif

/* Have the memcg of who mounts pay for @nr pages */
static int shmem_load_pay(struct shmem_pkram_filler *fl, unsigned long nr)
{
	if (!fl->memcg || fl->paid >= nr)
		return 0;
	return shmem_load_try_pay(fl, nr - fl->paid, SHMEM_PKRAM_GFP);
}

/* The same, and for some that follow unless that brings it to its limit */
static int shmem_load_pay_ahead(struct shmem_pkram_filler *fl, unsigned long nr)
{
	unsigned long more;

	if (!fl->memcg || fl->paid >= nr)
		return 0;
	more = min_t(u64, fl->left, fl->advance);
	if (more > nr) {
		if (!shmem_load_try_pay(fl, more - fl->paid,
					GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN))
			return 0;
		fl->advance /= 2;
	}
	return shmem_load_pay(fl, nr);
}

/* Give a folio to the memcg that has paid for it; it is on no list of it yet */
static void shmem_load_commit_pay(struct shmem_pkram_filler *fl,
				  struct folio *folio)
{
	if (!fl->memcg)
		return;
	mem_cgroup_commit_charge(folio, fl->memcg);
	fl->paid -= folio_nr_pages(folio);
}

/**
 * shmem_pkram_count_folios() - let statistics know of what has been loaded
 * @fl: filler
 *
 * Not for each folio.
 *
 * Context: Does not sleep.
 */
void shmem_pkram_count_folios(struct shmem_pkram_filler *fl)
{
	int nid;

	if (!fl->uncounted)
		return;
	for_each_online_node(nid) {
		struct shmem_load_nid *n = &fl->nids[nid];
		struct lruvec *lruvec;

		if (!n->uncounted)
			continue;
		lruvec = mem_cgroup_lruvec(fl->memcg, NODE_DATA(nid));
		mod_lruvec_state(lruvec, NR_FILE_PAGES, n->uncounted);
		mod_lruvec_state(lruvec, NR_SHMEM, n->uncounted);
		if (n->uncounted_thps)
			mod_lruvec_state(lruvec, NR_SHMEM_THPS, n->uncounted_thps);
		n->uncounted = 0;
		n->uncounted_thps = 0;
	}
	fl->uncounted = 0;
}

/* ---------------------------------------------------------- page cache */

/*
 * A folio that has been saved in this boot, or loaded and not committed, may
 * still be on the LRU, or on its way there, and charged to whoever had it.
 * Make it look like one that comes from the previous kernel.
 */
static int shmem_load_settle(struct shmem_pkram_filler *fl, struct folio *folio)
{
	const bool lost = !folio_test_large(folio) && folio_test_hwpoison(folio);
	int try, refs;

	for (try = 0; try < SHMEM_LOAD_TRIES; try++) {
		if (!fl->drained)
			lru_add_drain_all();
		fl->drained = true;
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
		fl->drained = false;
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
	       end - 1 <= SHMEM_LOAD_INDEX_MAX;
}

/*
 * Store @folio at @index, which is the one after that of the last call with this
 * @xas, if there was one. False when that is not possible, with the error in @xas.
 *
 * xas_store() looks for all that it may have to replace. Where it has stored into
 * a leaf before, all there is to look at is the next slot.
 */
static bool shmem_load_store(struct xa_state *xas, pgoff_t index,
			     struct folio *folio)
{
	struct xa_node *node = xas->xa_node;

	if (xas_is_node(xas) && !node->shift && xas->xa_offset < XA_CHUNK_MASK) {
		if (xas_next(xas)) {
			xas_set_err(xas, -EEXIST);
			return false;
		}
		rcu_assign_pointer(node->slots[xas->xa_offset], folio);
		node->count++;
		return true;
	}

	xas_set(xas, index);
	if (xas_load(xas))
		xas_set_err(xas, -EEXIST);
	else
		xas_store(xas, folio);
	return !xas_error(xas);
}

/* What its flags are to be besides */
static unsigned long shmem_load_flags(const struct pkram_loaded *next)
{
	/* A clean one could be thrown away */
	const unsigned long flags = BIT(PG_swapbacked) | BIT(PG_dirty);

	/* fallocate() gave a page that must be cleared before use: keep it so */
	return next->flags & PKRAM_RUN_UPTODATE ? flags | BIT(PG_uptodate) : flags;
}

/* Can the folio that is @i after @first in the batch be dealt with like it? */
static bool shmem_load_follows(const struct pkram_loaded *first, unsigned long i)
{
	const struct pkram_loaded *next = first + i;

	return next->fresh && next->flags == first->flags &&
	       next->index == first->index + i && !folio_test_large(next->folio);
}

/* Where a folio from the previous kernel waits for the LRU */
static struct list_head *shmem_load_list(struct shmem_pkram_filler *fl,
					 const struct folio *folio)
{
	/* With noswap they are not for the inactive list */
	return mapping_unevictable(folio->mapping) ?
	       &fl->folios : &fl->nids[folio_nid(folio)].folios;
}

/* Like any large folio beyond i_size, it may be split under pressure */
static void shmem_load_shrinkable(struct inode *inode, struct folio *folio)
{
	struct shmem_sb_info *sbinfo = SHMEM_SB(inode->i_sb);
	struct shmem_inode_info *info = SHMEM_I(inode);

	if (DIV_ROUND_UP(i_size_read(inode), PAGE_SIZE) >=
	    folio_next_index(folio))
		return;
	guard(spinlock)(&sbinfo->shrinklist_lock);
	if (list_empty_careful(&info->shrinklist)) {
		list_add_tail(&info->shrinklist, &sbinfo->shrinklist);
		sbinfo->shrinklist_len++;
	}
}

/*
 * Make the pages of the batch that can be dealt with like its next one pages of a
 * file, but @nr at most, in all but that they are not in its page cache. How many?
 */
static unsigned long shmem_load_dress(struct shmem_pkram_filler *fl,
				      struct address_space *mapping,
				      unsigned long nr)
{
	const struct pkram_loaded *first = fl->batch + fl->batch_pos;
	const unsigned long flags = shmem_load_flags(first);
	unsigned long done;

	for (done = 0; done < nr && shmem_load_follows(first, done); done++) {
		struct folio *folio = first[done].folio;

		folio->mapping = mapping;
		folio->index = first->index + done;
		folio->flags |= flags;
		shmem_load_commit_pay(fl, folio);
		list_add(&folio->lru, shmem_load_list(fl, folio));
		fl->nids[folio_nid(folio)].uncounted++;
	}
	fl->uncounted += done;
	return done;
}

/* What a folio is told before it is in the page cache of its file */
static void shmem_load_assign(struct address_space *mapping,
			      const struct pkram_loaded *next)
{
	struct folio *folio = next->folio;

	folio->mapping = mapping;
	folio->index = next->index;
	folio->flags |= shmem_load_flags(next);
}

/* Have a large folio paid for and counted that has a file by now */
static void shmem_load_keep_large(struct shmem_pkram_filler *fl, struct folio *folio)
{
	struct shmem_load_nid *n = &fl->nids[folio_nid(folio)];
	const long nr = folio_nr_pages(folio);

	/* One to a page, of which one is ours by now */
	folio_ref_add(folio, nr - 1);
	shmem_load_commit_pay(fl, folio);
	list_add(&folio->lru, shmem_load_list(fl, folio));
	n->uncounted += nr;
	if (folio_test_pmd_mappable(folio))
		n->uncounted_thps += nr;
	fl->uncounted += nr;
	shmem_load_shrinkable(folio->mapping->host, folio);
}

/**
 * shmem_pkram_dress_folios() - make folios those of a file, but for the page cache
 * @fl: filler, with folios in its batch that nobody has had yet, and paid for
 * @inode: the file
 * @nr: how many folios at most, of those that are next in the batch
 *
 * Context: May sleep.
 * Return: how many; 1 if the first is a large one.
 */
unsigned long shmem_pkram_dress_folios(struct shmem_pkram_filler *fl,
				       struct inode *inode, unsigned long nr)
{
	const struct pkram_loaded *next = fl->batch + fl->batch_pos;

	if (!folio_test_large(next->folio))
		return shmem_load_dress(fl, inode->i_mapping, nr);
	shmem_load_assign(inode->i_mapping, next);
	shmem_load_keep_large(fl, next->folio);
	return 1;
}

/* What could not be stored is as it was */
static void shmem_load_undress(struct shmem_pkram_filler *fl, struct folio *folio)
{
	list_del(&folio->lru);
	fl->nids[folio_nid(folio)].uncounted--;
	fl->uncounted--;
	folio->mapping = NULL;
	mem_cgroup_uncharge(folio);
}

/*
 * Put pages from the previous kernel into the page cache of their file: the next
 * of the batch and those that follow at the next indices, but no more than @nr.
 * Our reference to each becomes the page cache's. Returns how many, or an error.
 *
 * Other threads want the lock if the file is large.
 */
static long shmem_load_fill(struct shmem_pkram_filler *fl, struct inode *inode,
			    unsigned long nr)
{
	const struct pkram_loaded *first = fl->batch + fl->batch_pos;
	struct address_space *mapping = inode->i_mapping;
	XA_STATE(xas, &mapping->i_pages, first->index);
	unsigned long done = 0, i;
	int err;

	err = shmem_load_pay_ahead(fl, 1);
	if (err)
		return err;
	if (fl->memcg)
		nr = min(nr, fl->paid);

	folio_throttle_swaprate(first->folio, SHMEM_PKRAM_GFP);
	nr = shmem_load_dress(fl, mapping, nr);
	do {
		const unsigned long before = done;

		xas_lock_irq(&xas);
		while (done < nr && shmem_load_store(&xas, first->index + done,
						     first[done].folio))
			done++;
		mapping->nrpages += done - before;
		xas_unlock_irq(&xas);
	} while (xas_nomem(&xas, SHMEM_PKRAM_GFP & GFP_RECLAIM_MASK));

	for (i = done; i < nr; i++)
		shmem_load_undress(fl, first[i].folio);
	return done ?: xas_error(&xas);
}

/* Put a large folio from the previous kernel into the page cache of its file */
static long shmem_load_fill_large(struct shmem_pkram_filler *fl,
				  struct inode *inode,
				  const struct pkram_loaded *next)
{
	struct address_space *mapping = inode->i_mapping;
	struct folio *folio = next->folio;
	const long nr = folio_nr_pages(folio);
	XA_STATE_ORDER(xas, &mapping->i_pages, next->index, folio_order(folio));
	int err;

	err = shmem_load_pay_ahead(fl, nr);
	if (err)
		return err;

	shmem_load_assign(mapping, next);
	folio_throttle_swaprate(folio, SHMEM_PKRAM_GFP);
	do {
		xas_lock_irq(&xas);
		if (xas_find_conflict(&xas))
			xas_set_err(&xas, -EEXIST);
		xas_store(&xas, folio);
		if (!xas_error(&xas))
			mapping->nrpages += nr;
		xas_unlock_irq(&xas);
	} while (xas_nomem(&xas, SHMEM_PKRAM_GFP & GFP_RECLAIM_MASK));
	if (xas_error(&xas)) {
		folio->mapping = NULL;
		return xas_error(&xas);
	}

	shmem_load_keep_large(fl, folio);
	return nr;
}

/*
 * The same for a folio that may be on an LRU, and be known to others. If it is of
 * who mounts, who may have no room for more, it is given back before it is paid for
 * again; not ahead, since those that follow will be given back too.
 */
static long shmem_load_insert(struct shmem_pkram_filler *fl, struct inode *inode,
			      const struct pkram_loaded *next)
{
	struct folio *folio = next->folio;
	int err = 0;

	if (folio_ref_count(folio) != 2 || folio_test_lru(folio) ||
	    folio_memcg(folio))
		err = shmem_load_settle(fl, folio);
	if (!err)
		err = shmem_load_pay(fl, folio_nr_pages(folio));
	if (err)
		return err;

	folio_lock(folio);
	folio_clear_uptodate(folio);
	set_mask_bits(&folio->flags, 0, shmem_load_flags(next));
	shmem_load_commit_pay(fl, folio);
	err = shmem_pkram_add_folio(inode, folio, next->index, SHMEM_PKRAM_GFP);
	if (err)
		mem_cgroup_uncharge(folio);
	folio_unlock(folio);
	if (err)
		return err;
	if (folio_test_large(folio))
		shmem_load_shrinkable(inode, folio);
	list_add(&folio->lru, &fl->folios);
	folio_put(folio);
	return folio_nr_pages(folio);
}

/* Put the next folio of the batch, of whatever kind, into the page cache of its file */
static long shmem_load_one(struct shmem_pkram_filler *fl, struct inode *inode)
{
	const struct pkram_loaded *next = fl->batch + fl->batch_pos;
	struct folio *folio = next->folio;

	if (!shmem_load_folio_possible(inode, next))
		return -EBADMSG;
	if (folio_test_large(folio) &&
	    (!IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE) ||
	     folio_order(folio) > MAX_PAGECACHE_ORDER))
		return -EOPNOTSUPP;
	if (next->fresh && folio_test_large(folio))
		return shmem_load_fill_large(fl, inode, next);
	return shmem_load_insert(fl, inode, next);
}

/*
 * Account for a folio and for some that follow, @left pages at most. Not for a
 * whole file, which may be larger than all the memory that there is by now: that
 * grows as folios are claimed, so that it may have to be one by one.
 */
static int shmem_load_charge(struct inode *inode, unsigned long nr,
			     u64 *charged, u64 done, u64 left)
{
	unsigned long more;
	int err;

	if (*charged - done >= nr)
		return 0;
	more = min_t(u64, left, max(nr, SHMEM_LOAD_CHARGE));
	err = shmem_pkram_charge(inode, more);
	if (err && more > nr) {
		more = nr;
		err = shmem_pkram_charge(inode, more);
	}
	if (!err)
		*charged += more;
	return err;
}

/* Load the next folio of a file of which @nr pages are missing, or several */
static long shmem_load_some(struct shmem_pkram_filler *fl, struct inode *inode,
			    u64 nr, u64 *charged, u64 done)
{
	const struct pkram_loaded *next = fl->batch + fl->batch_pos;
	const unsigned long size = folio_nr_pages(next->folio);
	const unsigned long rest = fl->batch_nr - fl->batch_pos;
	int err;

	if (size > nr)
		return -EBADMSG;
	err = shmem_load_charge(inode, size, charged, done, done + nr - *charged);
	if (err)
		return err;
	if (next->fresh && size == 1 &&
	    next->index <= SHMEM_LOAD_INDEX_MAX - SHMEM_LOAD_BATCH)
		return shmem_load_fill(fl, inode, min(rest, *charged - done));
	return shmem_load_one(fl, inode);
}

/**
 * shmem_pkram_load_folios() - load the next folios of a file
 * @fl: filler, whose access is where they are
 * @inode: the file
 * @nr: pages to load
 *
 * Context: May sleep. s_umount is held for writing.
 * Return: 0; -EBADMSG when the page stream is not what it should be;
 * -EOPNOTSUPP when the file has folios of an order that this kernel has not;
 * -EBUSY when a folio of this boot is in use; -EINTR; -ENOSPC; -EDQUOT; -ENOMEM.
 */
int shmem_pkram_load_folios(struct shmem_pkram_filler *fl,
			    struct inode *inode, u64 nr)
{
	u64 done = 0, charged = 0;
	int err = 0;

	while (!err && done < nr) {
		const struct pkram_loaded *next;
		long got;

		err = shmem_load_refill(fl);
		if (err)
			break;
		next = fl->batch + fl->batch_pos;
		got = shmem_load_some(fl, inode, nr - done, &charged, done);
		if (got < 0) {
			/* What is left of the batch will be given back */
			err = got == -EEXIST ? -EBADMSG : got;
			break;
		}
		fl->batch_pos += folio_test_large(next->folio) ? 1 : got;
		fl->left -= got;
		done += got;
		if (next->flags & PKRAM_RUN_UPTODATE)
			fl->uptodate += got;
		shmem_pkram_count_many(fl);
		if (fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	shmem_pkram_charged(inode, charged);
	return err;
}
