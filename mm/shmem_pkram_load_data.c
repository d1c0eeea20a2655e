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

/* Pages that statistics may be behind */
#define SHMEM_LOAD_COUNT	4096UL

/* Folios to put on the LRU at once, with interrupts off */
#define SHMEM_LOAD_KEEP		256

/* Highest index that a page can have */
#define SHMEM_LOAD_INDEX_MAX	(MAX_LFS_FILESIZE >> PAGE_SHIFT)

/* Ticks to wait for others to let go of a folio of this boot */
#define SHMEM_LOAD_TRIES	20

/**
 * shmem_pkram_begin_folios() - get ready for loading folios
 * @ld: load
 *
 * Context: May sleep.
 * Return: 0; -ENOMEM. shmem_pkram_undo_folios() and shmem_pkram_end_folios() may
 * follow in any case.
 */
int shmem_pkram_begin_folios(struct shmem_pkram_loader *ld)
{
	int nid;

	INIT_LIST_HEAD(&ld->folios);
	ld->memcg = get_mem_cgroup_from_mm(NULL);
	ld->advance = SHMEM_LOAD_CHARGE;
	ld->nids = kcalloc(nr_node_ids, sizeof(*ld->nids), SHMEM_PKRAM_GFP);
	if (!ld->nids)
		return -ENOMEM;
	for (nid = 0; nid < nr_node_ids; nid++)
		INIT_LIST_HEAD(&ld->nids[nid].folios);
	return 0;
}

/**
 * shmem_pkram_end_folios() - done with loading folios, which have been kept or undone
 * @ld: load
 *
 * Context: May sleep.
 */
void shmem_pkram_end_folios(struct shmem_pkram_loader *ld)
{
	if (ld->memcg)
		mem_cgroup_cancel_charge(ld->memcg, ld->paid);
	mem_cgroup_put(ld->memcg);
	kfree(ld->nids);
}

/* Have folios in the batch */
static int shmem_load_refill(struct shmem_pkram_loader *ld)
{
	int nr;

	if (ld->batch_pos < ld->batch_nr)
		return 0;
	nr = pkram_load_folios(&ld->pages, ld->batch, ARRAY_SIZE(ld->batch));
	if (nr <= 0)
		return nr ?: -EBADMSG;
	ld->batch_pos = 0;
	ld->batch_nr = nr;
	return 0;
}

/* ---------------------------------------------------------- accounting */

#ifdef CONFIG_MEMCG
static int shmem_load_try_pay(struct shmem_pkram_loader *ld, unsigned long nr,
			      gfp_t gfp)
{
	int err = try_charge(ld->memcg, gfp, nr);

	if (!err)
		ld->paid += nr;
	return err;
}
#else
static int shmem_load_try_pay(struct shmem_pkram_loader *ld, unsigned long nr,
			      gfp_t gfp)
{
	return 0;
}
#endif

/* Have the memcg of who mounts pay for @nr pages */
static int shmem_load_pay(struct shmem_pkram_loader *ld, unsigned long nr)
{
	if (!ld->memcg || ld->paid >= nr)
		return 0;
	return shmem_load_try_pay(ld, nr - ld->paid, SHMEM_PKRAM_GFP);
}

/* The same, and for some that follow unless that brings it to its limit */
static int shmem_load_pay_ahead(struct shmem_pkram_loader *ld, unsigned long nr)
{
	unsigned long more;

	if (!ld->memcg || ld->paid >= nr)
		return 0;
	more = min_t(u64, ld->left, ld->advance);
	if (more > nr) {
		if (!shmem_load_try_pay(ld, more - ld->paid,
					GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN))
			return 0;
		ld->advance /= 2;
	}
	return shmem_load_pay(ld, nr);
}

/* Give a folio to the memcg that has paid for it; it is on no list of it yet */
static void shmem_load_commit_pay(struct shmem_pkram_loader *ld,
				  struct folio *folio)
{
	if (!ld->memcg)
		return;
	mem_cgroup_commit_charge(folio, ld->memcg);
	ld->paid -= folio_nr_pages(folio);
}

/* Let statistics know of what has been loaded: not for each folio */
static void shmem_load_count(struct shmem_pkram_loader *ld)
{
	int nid;

	if (!ld->uncounted)
		return;
	for_each_online_node(nid) {
		struct shmem_load_nid *n = &ld->nids[nid];
		struct lruvec *lruvec;

		if (!n->uncounted)
			continue;
		lruvec = mem_cgroup_lruvec(ld->memcg, NODE_DATA(nid));
		mod_lruvec_state(lruvec, NR_FILE_PAGES, n->uncounted);
		mod_lruvec_state(lruvec, NR_SHMEM, n->uncounted);
		if (n->uncounted_thps)
			mod_lruvec_state(lruvec, NR_SHMEM_THPS, n->uncounted_thps);
		n->uncounted = 0;
		n->uncounted_thps = 0;
	}
	ld->uncounted = 0;
}

/* ---------------------------------------------------------- page cache */

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
static struct list_head *shmem_load_list(struct shmem_pkram_loader *ld,
					 const struct folio *folio)
{
	/* With noswap they are not for the inactive list */
	return mapping_unevictable(folio->mapping) ?
	       &ld->folios : &ld->nids[folio_nid(folio)].folios;
}

/* Store a folio and all that belongs to that */
static bool shmem_load_fill_one(struct shmem_pkram_loader *ld,
				struct xa_state *xas,
				struct address_space *mapping,
				const struct pkram_loaded *next,
				unsigned long flags)
{
	struct folio *folio = next->folio;

	folio->mapping = mapping;
	folio->index = next->index;
	folio->flags |= flags;
	if (!shmem_load_store(xas, next->index, folio)) {
		folio->mapping = NULL;
		return false;
	}
	mapping->nrpages++;
	shmem_load_commit_pay(ld, folio);
	list_add(&folio->lru, shmem_load_list(ld, folio));
	ld->nids[folio_nid(folio)].uncounted++;
	return true;
}

/*
 * Put pages from the previous kernel into the page cache of their file: the next
 * of the batch and those that follow at the next indices, but no more than @nr.
 * Our reference to each becomes the page cache's. Returns how many, or an error.
 */
static long shmem_load_fill(struct shmem_pkram_loader *ld, struct inode *inode,
			    unsigned long nr)
{
	const struct pkram_loaded *first = ld->batch + ld->batch_pos;
	struct address_space *mapping = inode->i_mapping;
	XA_STATE(xas, &mapping->i_pages, first->index);
	const unsigned long flags = shmem_load_flags(first);
	unsigned long done = 0;
	int err;

	err = shmem_load_pay_ahead(ld, 1);
	if (err)
		return err;
	if (ld->memcg)
		nr = min(nr, ld->paid);

	folio_throttle_swaprate(first->folio, SHMEM_PKRAM_GFP);
	do {
		xas_lock_irq(&xas);
		while (done < nr && shmem_load_follows(first, done) &&
		       shmem_load_fill_one(ld, &xas, mapping, first + done,
					   flags))
			done++;
		xas_unlock_irq(&xas);
	} while (xas_nomem(&xas, SHMEM_PKRAM_GFP & GFP_RECLAIM_MASK));

	ld->uncounted += done;
	return done ?: xas_error(&xas);
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

/* Put a large folio from the previous kernel into the page cache of its file */
static long shmem_load_fill_large(struct shmem_pkram_loader *ld,
				  struct inode *inode,
				  const struct pkram_loaded *next)
{
	struct address_space *mapping = inode->i_mapping;
	struct folio *folio = next->folio;
	const long nr = folio_nr_pages(folio);
	XA_STATE_ORDER(xas, &mapping->i_pages, next->index, folio_order(folio));
	struct shmem_load_nid *n = &ld->nids[folio_nid(folio)];
	int err;

	err = shmem_load_pay_ahead(ld, nr);
	if (err)
		return err;

	folio->mapping = mapping;
	folio->index = next->index;
	folio->flags |= shmem_load_flags(next);

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

	/* One to a page, of which one is ours by now */
	folio_ref_add(folio, nr - 1);
	shmem_load_commit_pay(ld, folio);
	list_add(&folio->lru, shmem_load_list(ld, folio));
	n->uncounted += nr;
	if (folio_test_pmd_mappable(folio))
		n->uncounted_thps += nr;
	ld->uncounted += nr;
	shmem_load_shrinkable(inode, folio);
	return nr;
}

/*
 * The same for a folio that may be on an LRU, and be known to others. If it is of
 * who mounts, who may have no room for more, it is given back before it is paid for
 * again; not ahead, since those that follow will be given back too.
 */
static long shmem_load_insert(struct shmem_pkram_loader *ld, struct inode *inode,
			      const struct pkram_loaded *next)
{
	struct folio *folio = next->folio;
	int err = 0;

	if (folio_ref_count(folio) != 2 || folio_test_lru(folio) ||
	    folio_memcg(folio))
		err = shmem_load_settle(ld, folio);
	if (!err)
		err = shmem_load_pay(ld, folio_nr_pages(folio));
	if (err)
		return err;

	folio_lock(folio);
	folio_clear_uptodate(folio);
	set_mask_bits(&folio->flags, 0, shmem_load_flags(next));
	shmem_load_commit_pay(ld, folio);
	err = shmem_pkram_add_folio(inode, folio, next->index, SHMEM_PKRAM_GFP);
	if (err)
		mem_cgroup_uncharge(folio);
	folio_unlock(folio);
	if (err)
		return err;
	if (folio_test_large(folio))
		shmem_load_shrinkable(inode, folio);
	list_add(&folio->lru, &ld->folios);
	folio_put(folio);
	return folio_nr_pages(folio);
}

/* Put the next folio of the batch, of whatever kind, into the page cache of its file */
static long shmem_load_one(struct shmem_pkram_loader *ld, struct inode *inode)
{
	const struct pkram_loaded *next = ld->batch + ld->batch_pos;
	struct folio *folio = next->folio;

	if (!shmem_load_folio_possible(inode, next))
		return -EBADMSG;
	if (folio_test_large(folio) &&
	    (!IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE) ||
	     folio_order(folio) > MAX_PAGECACHE_ORDER))
		return -EOPNOTSUPP;
	if (next->fresh && folio_test_large(folio))
		return shmem_load_fill_large(ld, inode, next);
	return shmem_load_insert(ld, inode, next);
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
static long shmem_load_some(struct shmem_pkram_loader *ld, struct inode *inode,
			    u64 nr, u64 *charged, u64 done)
{
	const struct pkram_loaded *next = ld->batch + ld->batch_pos;
	const unsigned long size = folio_nr_pages(next->folio);
	const unsigned long rest = ld->batch_nr - ld->batch_pos;
	int err;

	if (size > nr)
		return -EBADMSG;
	err = shmem_load_charge(inode, size, charged, done, done + nr - *charged);
	if (err)
		return err;
	if (next->fresh && size == 1 &&
	    next->index <= SHMEM_LOAD_INDEX_MAX - SHMEM_LOAD_BATCH)
		return shmem_load_fill(ld, inode, min(rest, *charged - done));
	return shmem_load_one(ld, inode);
}

static int shmem_load_folios(struct shmem_pkram_loader *ld,
			     struct inode *inode, u64 nr)
{
	u64 done = 0, charged = 0;
	int err = 0;

	while (!err && done < nr) {
		const struct pkram_loaded *next;
		long got;

		err = shmem_load_refill(ld);
		if (err)
			break;
		next = ld->batch + ld->batch_pos;
		got = shmem_load_some(ld, inode, nr - done, &charged, done);
		if (got < 0) {
			/* What is left of the batch will be given back */
			err = got == -EEXIST ? -EBADMSG : got;
			break;
		}
		ld->batch_pos += folio_test_large(next->folio) ? 1 : got;
		ld->left -= got;
		done += got;
		if (next->flags & PKRAM_RUN_UPTODATE)
			ld->verify.uptodate += got;
		if (ld->uncounted >= SHMEM_LOAD_COUNT)
			shmem_load_count(ld);
		if (fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	shmem_pkram_charged(inode, charged);
	return err;
}

/**
 * shmem_pkram_load_data() - load the pages of a regular file
 * @ld: load; the file is its current inode
 * @rec: record, checked
 *
 * Context: May sleep. s_umount is held for writing.
 * Return: 0; -EBADMSG when the page stream is not what it should be;
 * -EOPNOTSUPP when the file has folios of an order that this kernel has not;
 * -EBUSY when a folio of this boot is in use; -EINTR; -ENOSPC; -EDQUOT; -ENOMEM.
 */
int shmem_pkram_load_data(struct shmem_pkram_loader *ld,
			  const struct pkram_shmem_data *rec)
{
	SHMEM_I(ld->inode)->fallocend = rec->fallocend;
	return shmem_load_folios(ld, ld->inode, rec->nr);
}

/* ----------------------------------------------------------- the end */

#ifdef CONFIG_LRU_GEN
static bool shmem_load_lru_gen(struct lruvec *lruvec)
{
	return lruvec->lrugen.enabled;
}
#else
static bool shmem_load_lru_gen(struct lruvec *lruvec)
{
	return false;
}
#endif

/* Reclaim passes over large folios that have lost a page */
static bool shmem_load_lost(const struct folio *folio)
{
	return !folio_test_large(folio) && folio_test_hwpoison(folio);
}

/*
 * Put folios that nobody has ever had on an LRU on theirs, beginning with those
 * that have been loaded first, which @folios has last. Each has its memcg and no
 * flag that leads to another list than the inactive one; who wants to isolate one
 * of them as soon as it has PG_lru waits for the lock.
 */
static void shmem_load_keep(struct lruvec *lruvec, struct list_head *folios)
{
	const enum zone_type zid =
		folio_zonenum(list_last_entry(folios, struct folio, lru));
	unsigned long nr_folios = 0;
	struct folio *folio;
	LIST_HEAD(rest);
	long nr = 0;

	lockdep_assert_held(&lruvec->lru_lock);
	list_for_each_entry_reverse(folio, folios, lru) {
		if (nr_folios++ == SHMEM_LOAD_KEEP || shmem_load_lost(folio) ||
		    folio_zonenum(folio) != zid)
			break;
		nr += folio_nr_pages(folio);
		folio_set_lru(folio);
	}
	list_cut_position(&rest, folios, &folio->lru);
	list_splice_init(folios, &lruvec->lists[LRU_INACTIVE_ANON]);
	list_splice(&rest, folios);
	update_lru_size(lruvec, LRU_INACTIVE_ANON, zid, nr);
}

/* With generations the list depends on the folio, and changes its flags */
static void shmem_load_keep_gen(struct lruvec *lruvec, struct list_head *folios)
{
	unsigned long nr_folios = 0;
	struct folio *folio, *tmp;

	list_for_each_entry_safe_reverse(folio, tmp, folios, lru) {
		if (nr_folios++ == SHMEM_LOAD_KEEP || shmem_load_lost(folio))
			break;
		list_del(&folio->lru);
		lruvec_add_folio(lruvec, folio);
		folio_set_lru(folio);
	}
}

static void shmem_load_keep_nid(struct shmem_pkram_loader *ld, int nid)
{
	struct list_head *folios = &ld->nids[nid].folios;
	struct lruvec *lruvec = mem_cgroup_lruvec(ld->memcg, NODE_DATA(nid));

	while (!list_empty(folios)) {
		struct folio *oldest = list_last_entry(folios, struct folio, lru);

		if (shmem_load_lost(oldest)) {
			list_del(&oldest->lru);
			continue;
		}
		spin_lock_irq(&lruvec->lru_lock);
		if (shmem_load_lru_gen(lruvec))
			shmem_load_keep_gen(lruvec, folios);
		else
			shmem_load_keep(lruvec, folios);
		spin_unlock_irq(&lruvec->lru_lock);
		cond_resched();
	}
}

/**
 * shmem_pkram_keep_folios() - let reclaim see what has been loaded
 * @ld: load, of which nothing can fail any more
 *
 * Context: May sleep.
 */
void shmem_pkram_keep_folios(struct shmem_pkram_loader *ld)
{
	struct folio *folio, *tmp;
	int nid;

	shmem_load_count(ld);
	for_each_online_node(nid)
		shmem_load_keep_nid(ld, nid);
	list_for_each_entry_safe_reverse(folio, tmp, &ld->folios, lru) {
		list_del(&folio->lru);
		if (!shmem_load_lost(folio))
			folio_add_lru(folio);
		cond_resched();
	}
}

static void shmem_load_undo(struct list_head *folios)
{
	struct folio *folio, *tmp;

	list_for_each_entry_safe(folio, tmp, folios, lru) {
		list_del(&folio->lru);
		folio_lock(folio);
		truncate_inode_folio(folio->mapping, folio);
		folio_unlock(folio);
		/* The node still has its reference */
		mem_cgroup_uncharge(folio);
		cond_resched();
	}
}

/**
 * shmem_pkram_undo_folios() - give back what has been loaded, as it was
 * @ld: load; nothing is done if it has been kept
 *
 * Context: May sleep.
 */
void shmem_pkram_undo_folios(struct shmem_pkram_loader *ld)
{
	int nid;

	while (ld->batch_pos < ld->batch_nr)
		folio_put(ld->batch[ld->batch_pos++].folio);
	/* First, since what goes is taken off what has been counted */
	shmem_load_count(ld);
	shmem_load_undo(&ld->folios);
	if (!ld->nids)
		return;
	for_each_online_node(nid)
		shmem_load_undo(&ld->nids[nid].folios);
}
