// SPDX-License-Identifier: GPL-2.0
/*
 * PKRAM: the page cache of a file, saved in one walk.
 *
 * Folios are looked at, and references taken, without locking them or the XArray
 * of the page cache, which several walks over one file would have to share. That is
 * enough for one that is up to date and that nobody has locked, if these come one
 * after the other: its reference; its flags; and whether it still is where it was
 * found.
 *
 * - Who takes a folio out of the page cache, puts another in its place or splits
 *   it has locked it. Who freezes the number of references meanwhile (migration,
 *   splitting) fails because of ours, or else we get none; then, or when it is not
 *   there any more, it is looked up again. The order of a folio does not change as
 *   long as we have a reference.
 * - Who only looks at its references after having locked it (reclaim to swap,
 *   collapsing) sees ours, or we see the folio locked, or unlocked again. In the
 *   last case, since folio_unlock() is a release and the flags are read with
 *   acquire, we also see that it is gone.
 *   That one of both sees the other follows from the order of things: each side
 *   changes one of refcount and lock bit, and looks at the other afterwards.
 *   For that to hold, what locks a folio has to be a full barrier, as it is on x86.
 *   Where it only acquires, we lock it for a moment: who does so after us sees what
 *   we have done before we have unlocked it.
 * - Contents come before the bit that says up to date, with the folio locked from
 *   its first appearance on; and that bit is never cleared again.
 * - The caller has seen to it that nobody writes. Pins are looked at without the
 *   folio lock as they are taken without.
 * - Memory that fails after we have looked has failed after the save, for which
 *   there is a way in any case.
 *
 * All else is left to the caller.
 *
 * Locks: none but the RCU read lock.
 */
#define pr_fmt(fmt) "pkram: " fmt

#include <linux/cma.h>
#include <linux/export.h>
#include <linux/fs.h>
#include <linux/hugetlb.h>
#include <linux/pageblock-flags.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/xarray.h>

#include "internal.h"
#include "pkram_internal.h"

/* Entries of the page cache to look at in one RCU read-side critical section */
#define PKRAM_WALK_BATCH	1024

/* Indices of files fit into the index of a run */
static_assert(MAX_LFS_FILESIZE >> PAGE_SHIFT <= PKRAM_RUN_INDEX_MASK);

/* Why a walk has come to its end */
enum pkram_walk_end {
	PKRAM_WALK_DONE,	/* there is nothing any more */
	PKRAM_WALK_BREAK,	/* look again: others want to run, there is no room, or
				 * the next entry is just changing
				 */
	PKRAM_WALK_PLACE,	/* the next folio lies outside of what is known */
	PKRAM_WALK_ODD,		/* the next entry is for the caller */
};

/**
 * struct pkram_walk - state of a walk over a page cache
 * @pa: access, with what is known of places
 * @index: next index to look at
 * @last: last index to look at
 * @wanted: frames of the folio that needs to know more of its place
 * @room: entries that are free in the access's link
 * @left: entries of the page cache to look at before others may run
 * @failed: there is failed memory in this machine
 */
struct pkram_walk {
	struct pkram_access *pa;
	pgoff_t index;
	pgoff_t last;
	struct pkram_place wanted;
	unsigned int room;
	int left;
	bool failed;
};

static bool pkram_place_covers(const struct pkram_place *place, u64 pfn, u64 nr)
{
	return pfn - place->pfn < place->nr && place->nr - (pfn - place->pfn) >= nr;
}

/*
 * Look where around a folio nothing is banned; false when a part of it is. That
 * does not change before the access ends: no kexec image is loaded as long as an
 * object is open.
 */
static bool pkram_walk_gap(struct pkram_walk *w)
{
	u64 start = PHYS_PFN(SZ_1M), end = PKRAM_RUN_PFN_MASK + 1;
	u64 pfn = start, behind;

	for (; pkram_next_banned(&pfn, &behind); start = pfn = behind) {
		if (pfn > w->wanted.pfn) {
			end = pfn;
			break;
		}
	}
	w->pa->gap = (struct pkram_place){ .pfn = start, .nr = end - start };
	w->pa->block.nr = 0;
	return pkram_place_covers(&w->pa->gap, w->wanted.pfn, w->wanted.nr);
}

/* Was the memory of a folio there at boot? What is found is kept */
static bool pkram_walk_boot(struct pkram_walk *w, u64 pfn, u64 nr)
{
	const u64 base = ALIGN_DOWN(pfn, PKRAM_PT_LEAF_FRAMES);

	if (pkram_place_covers(&w->pa->boot, pfn, nr))
		return true;
	if (!pkram_boot_memory(base, PKRAM_PT_LEAF_FRAMES))
		return pkram_boot_memory(pfn, nr);
	w->pa->boot = (struct pkram_place){
		.pfn = base,
		.nr = PKRAM_PT_LEAF_FRAMES,
	};
	return true;
}

/*
 * As pkram_frames_allowed(), for a folio anywhere. What is found is the same in all
 * of a pageblock, and without CMA wherever memory was there at boot.
 */
static enum pkram_walk_end pkram_walk_place(struct pkram_walk *w, u64 pfn, u64 nr)
{
	const bool cma = IS_ENABLED(CONFIG_CMA) && totalcma_pages;
	const struct pkram_place *gap = &w->pa->gap, *boot = &w->pa->boot;
	u64 start = pageblock_start_pfn(pfn), end = pageblock_end_pfn(pfn);

	/* Above the first MiB, and it takes another lock to look there */
	if (!pkram_place_covers(gap, pfn, nr)) {
		w->wanted = (struct pkram_place){ .pfn = pfn, .nr = nr };
		return PKRAM_WALK_PLACE;
	}
	if (!pkram_walk_boot(w, pfn, nr) ||
	    (cma && is_migrate_cma_page(pfn_to_page(pfn))))
		return PKRAM_WALK_ODD;
	if (!cma && pkram_place_covers(boot, pfn, nr)) {
		start = boot->pfn;
		end = boot->pfn + boot->nr;
	}
	start = max(start, gap->pfn);
	end = min(end, gap->pfn + gap->nr);
	w->pa->block = (struct pkram_place){ .pfn = start, .nr = end - start };
	return PKRAM_WALK_DONE;
}

/*
 * The flags of a folio, which we have a reference to. It looks locked if somebody
 * may have locked it who does not see that reference.
 */
static unsigned long pkram_walk_flags(struct folio *folio)
{
	if (!IS_ENABLED(CONFIG_X86)) {
		if (!folio_trylock(folio))
			return BIT(PG_locked);
		folio_unlock(folio);
	}
	/* Pairs with folio_unlock(): who has taken it away did so before */
	return smp_load_acquire(&folio->flags);
}

/*
 * Is there more to a folio, which we have a reference to, than its contents? In
 * a small one each pin is many references; whose they are the caller shall find
 * out.
 */
static bool pkram_walk_odd(const struct pkram_walk *w, struct folio *folio,
			   unsigned long flags)
{
	const unsigned long mask = BIT(PG_locked) | BIT(PG_uptodate) |
				   __PG_HWPOISON;

	if ((flags & mask) != BIT(PG_uptodate))
		return true;
	if (!folio_test_large(folio))
		return folio_ref_count(folio) >= GUP_PIN_COUNTING_BIAS;
	return w->failed || folio_maybe_dma_pinned(folio) ||
	       folio_contain_hwpoisoned_page(folio) ||
	       folio_test_hugetlb(folio) || folio->index < w->index;
}

/* Take a reference to a folio that can be saved as it is, and describe it */
static enum pkram_walk_end pkram_walk_take(struct pkram_walk *w,
					   struct xa_state *xas,
					   struct folio *folio,
					   struct pkram_run *add)
{
	enum pkram_walk_end end = PKRAM_WALK_DONE;
	unsigned long flags;

	if (!folio_try_get(folio))
		return PKRAM_WALK_BREAK;
	flags = pkram_walk_flags(folio);
	if (folio != xas_reload(xas))
		end = PKRAM_WALK_BREAK;
	else if (pkram_walk_odd(w, folio, flags))
		end = PKRAM_WALK_ODD;
	if (end)
		goto put;

	add->pfn = folio_pfn(folio);
	add->order = folio_order(folio);
	add->index = folio->index;
	add->nr = 1;
	add->flags = PKRAM_RUN_UPTODATE;
	if (!pkram_place_covers(&w->pa->block, add->pfn, 1UL << add->order))
		end = pkram_walk_place(w, add->pfn, 1UL << add->order);
	if (!end)
		return PKRAM_WALK_DONE;
put:
	folio_put(folio);
	return end;
}

/* Let a run end and another begin, with no folios yet */
static void pkram_walk_begin_run(struct pkram_walk *w, struct pkram_run *run,
				 u64 pfn, u64 index)
{
	struct pkram_link_ser *link = w->pa->link;

	if (run->nr) {
		link->runs[link->nr++] = pkram_run_pack(run);
		w->room--;
	}
	run->pfn = pfn;
	run->index = index;
	run->nr = 0;
}

static void pkram_walk_add(struct pkram_walk *w, struct pkram_run *run,
			   const struct pkram_run *add)
{
	if (!pkram_run_extend(run, add)) {
		pkram_walk_begin_run(w, run, add->pfn, add->index);
		*run = *add;
	}
	w->pa->nr += 1ULL << add->order;
	w->index = add->index + (1ULL << add->order);
}

/* Is a folio, which we have a reference to, of this order, and is there no more to it? */
static __always_inline bool pkram_walk_plain(const struct pkram_walk *w,
					     struct folio *folio,
					     const unsigned int order)
{
	const unsigned long mask = BIT(PG_locked) | BIT(PG_uptodate) |
				   BIT(PG_head) | __PG_HWPOISON;
	const unsigned long flags = pkram_walk_flags(folio);

	if (!order)
		return (flags & mask) == BIT(PG_uptodate) &&
		       folio_ref_count(folio) < GUP_PIN_COUNTING_BIAS;
	return flags & BIT(PG_head) && folio_order(folio) == order &&
	       !pkram_walk_odd(w, folio, flags);
}

/*
 * Of most files nearly all entries are folios of one size without holes in between.
 * Save those that follow the current one in the same node of the XArray; whatever is
 * in any way special ends this, and is looked at again.
 */
static __always_inline void pkram_walk_node(struct pkram_walk *w,
					    struct xa_state *xas,
					    struct pkram_run *run,
					    const unsigned int order)
{
	const struct pkram_place *block = &w->pa->block;
	const u64 nr = 1ULL << order;
	struct xa_node *node = xas->xa_node;
	u64 next = run->pfn + (run->nr << order), end = block->pfn + block->nr;
	void __rcu **first, **slot, **stop;
	unsigned int shift, step;
	unsigned long done;

	if (xas_not_node(node) || node->shift > order)
		return;
	shift = order ? node->shift : 0;
	step = 1U << (order - shift);
	first = &node->slots[(w->index - nr) >> shift & XA_CHUNK_MASK] + step;
	stop = &node->slots[XA_CHUNK_SIZE];
	if (w->last - (w->index - 1) < (stop - first) << shift)
		stop = first + ((w->last - (w->index - 1)) >> shift);
	for (slot = first; slot < stop; slot += step) {
		struct folio *folio = rcu_dereference(*slot);
		u64 pfn;

		/* Nothing, a value, or something of the XArray's own */
		if (!folio || (unsigned long)folio & 3)
			break;
		pfn = folio_pfn(folio);
		/* Does it begin a run, or lie where nobody has looked yet? */
		if (pfn != next || end - pfn < nr) {
			if (!pkram_place_covers(block, pfn, nr) &&
			    pkram_walk_place(w, pfn, nr))
				break;
			end = block->pfn + block->nr;
			run->nr = (next - run->pfn) >> order;
			if (pfn != next && run->nr && !w->room)
				break;
			if (pfn != next)
				pkram_walk_begin_run(w, run, pfn,
						     w->index + ((slot - first) << shift));
			next = pfn;
		}
		if (!folio_try_get(folio))
			break;
		/* As in pkram_walk_take() */
		if (!pkram_walk_plain(w, folio, order) ||
		    folio != rcu_access_pointer(*slot)) {
			folio_put(folio);
			break;
		}
		next += nr;
	}
	done = slot - first;
	run->nr = (next - run->pfn) >> order;
	w->left -= done / step;
	w->index += done << shift;
	w->pa->nr += done << shift;
}

static enum pkram_walk_end pkram_walk(struct pkram_walk *w,
				      struct address_space *mapping)
{
	struct pkram_link_ser *link = w->pa->link;
	XA_STATE(xas, &mapping->i_pages, w->index);
	enum pkram_walk_end end = PKRAM_WALK_DONE;
	struct pkram_run run = w->pa->run, add;
	struct folio *folio;
	bool room;

	w->left = PKRAM_WALK_BATCH;
	w->room = link ? PKRAM_LINK_MAX_RUNS - link->nr : 0;
	rcu_read_lock();
	xas_for_each(&xas, folio, w->last) {
		if (xas_retry(&xas, folio))
			continue;
		if (w->left-- <= 0 || (!w->room && run.nr))
			end = PKRAM_WALK_BREAK;
		else if (xa_is_value(folio))
			end = PKRAM_WALK_ODD;
		else
			end = pkram_walk_take(w, &xas, folio, &add);
		if (end)
			break;
		pkram_walk_add(w, &run, &add);
		/* A run has room for more than one node has entries */
		room = run.nr < PKRAM_RUN_NR_MAX - XA_CHUNK_SIZE;
		if (room && add.order)
			pkram_walk_node(w, &xas, &run, add.order);
		else if (room)
			pkram_walk_node(w, &xas, &run, 0);
		if (w->index - 1 != xas.xa_index)
			xas_advance(&xas, w->index - 1);
	}
	rcu_read_unlock();
	w->pa->run = run;
	return end;
}

/**
 * pkram_save_mapping() - save the folios of a page cache
 * @pa: access to the page stream of an object that is being saved
 * @mapping: page cache, with contents that will not change until the node is
 *	loaded or dropped
 * @index: where to begin; set to behind the last folio that has been saved
 * @last: last index to look at; no folio begins before and ends behind it
 *
 * Saves one folio after the other, with its index in the page cache, as
 * pkram_save_folio() would, and the caller needs no lock. It ends before the
 * first entry that takes more than that: a swap entry, a folio that somebody has
 * locked or may have pinned, that is not up to date, has failed, cannot stay where
 * it is, or begins before @index. The caller locks such a folio, saves it, and
 * calls again. Several threads may save parts of one page cache, each with an
 * access of its own. After -ENOMEM and -EEXIST the access can only be finished as failed.
 *
 * Context: May sleep.
 * Return: 0 when all has been saved up to @last; 1 when the next entry is for the caller;
 * -EPERM when the object has no page stream; -EEXIST when a folio is found to have
 * been saved twice; -EINTR; -ENOMEM.
 */
int pkram_save_mapping(struct pkram_access *pa, struct address_space *mapping,
		       pgoff_t *index, pgoff_t last)
{
	struct pkram_walk w = {
		.pa = pa,
		.index = *index,
		.last = last,
		.failed = pkram_pages_failed(),
	};
	enum pkram_walk_end end;
	int err;

	err = pkram_access_check(pa, PKRAM_OBJ_PAGES, true);
	while (!err) {
		end = pkram_walk(&w, mapping);
		*index = w.index;
		if (end == PKRAM_WALK_DONE)
			return 0;
		if (end == PKRAM_WALK_ODD ||
		    (end == PKRAM_WALK_PLACE && !pkram_walk_gap(&w)))
			return 1;
		err = pa->run.nr ? pkram_access_room(pa) : 0;
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	return err;
}
EXPORT_SYMBOL_GPL(pkram_save_mapping);
