// SPDX-License-Identifier: GPL-2.0
/*
 * tmpfs preserved over kexec: from the node to the pages of a file.
 *
 * Folios stay off the LRU until the whole tree has been loaded, so that reclaim
 * cannot touch what may have to go back.
 *
 * Lock order: sb->s_umount (held), then the folio lock.
 */
#define pr_fmt(fmt) fmt

#include <linux/memcontrol.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/swap.h>

#include "internal.h"
#include "shmem_pkram.h"
#include "shmem_pkram_load.h"

/* Pages to account for at once */
#define SHMEM_LOAD_CHARGE	512UL

/* Ticks to wait for others to let go of a folio of this boot */
#define SHMEM_LOAD_TRIES	20

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

/**
 * shmem_pkram_keep_folios() - let reclaim see what has been loaded
 * @ld: load, of which nothing can fail any more
 *
 * Context: May sleep.
 */
void shmem_pkram_keep_folios(struct shmem_pkram_loader *ld)
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

/**
 * shmem_pkram_undo_folios() - give back what has been loaded, as it was
 * @ld: load; nothing is done if it has been kept
 *
 * Context: May sleep.
 */
void shmem_pkram_undo_folios(struct shmem_pkram_loader *ld)
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
