// SPDX-License-Identifier: GPL-2.0
/*
 * tmpfs preserved over kexec: loaded folios get onto the LRU, or back to the node.
 *
 * Lock order: sb->s_umount (held), then the folio lock, then that of an lruvec.
 */
#include <linux/memcontrol.h>
#include <linux/mm_inline.h>
#include <linux/pagemap.h>
#include <linux/swap.h>

#include "internal.h"
#include "shmem_pkram.h"
#include "shmem_pkram_load.h"

/* Folios to put on the LRU at once, with interrupts off */
#define SHMEM_LOAD_KEEP		256

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

static void shmem_load_keep_nid(struct shmem_pkram_filler *fl, int nid)
{
	struct list_head *folios = &fl->nids[nid].folios;
	struct lruvec *lruvec = mem_cgroup_lruvec(fl->memcg, NODE_DATA(nid));

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
 * @fl: filler of a load of which nothing can fail any more
 *
 * Context: May sleep.
 */
void shmem_pkram_keep_folios(struct shmem_pkram_filler *fl)
{
	struct folio *folio, *tmp;
	int nid;

	for_each_online_node(nid)
		shmem_load_keep_nid(fl, nid);
	list_for_each_entry_safe_reverse(folio, tmp, &fl->folios, lru) {
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
 * @fl: filler; nothing is done if what it has loaded has been kept
 *
 * Context: May sleep.
 */
void shmem_pkram_undo_folios(struct shmem_pkram_filler *fl)
{
	int nid;

	while (fl->batch_pos < fl->batch_nr)
		folio_put(fl->batch[fl->batch_pos++].folio);
	/* First, since what goes is taken off what has been counted */
	shmem_pkram_count_folios(fl);
	shmem_load_undo(&fl->folios);
	for_each_online_node(nid)
		shmem_load_undo(&fl->nids[nid].folios);
}
