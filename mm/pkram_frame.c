// SPDX-License-Identifier: GPL-2.0
/*
 * PKRAM: page frames, as the rest of mm sees them and as PKRAM keeps them.
 *
 * A preserved frame that comes from the previous kernel is PageReserved with a
 * reference count of 1 until somebody claims it; the reference is the node's.
 * Claiming makes an ordinary folio of it, which folio_put() can free. Frames
 * that were preserved in this boot are ordinary all the time. Both count as managed:
 * see pkram_free_unmarked().
 *
 * Lock order: pkram_pagetable_lock is taken last.
 */
#include <linux/gfp.h>
#include <linux/mmzone.h>
#include <linux/page-flags.h>
#include <linux/pgalloc_tag.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/swap.h>

#include "internal.h"
#include "pkram_internal.h"

/* Most frames in unsuitable places to go through for one that is suitable */
#define PKRAM_ALLOC_TRIES	65536

/* Pages that are left to others while many are put aside, and when to look */
#define PKRAM_ASIDE_RESERVE	PHYS_PFN(SZ_64M)
#define PKRAM_ASIDE_CHECK	256

/* Folios to drop before others get a turn */
#define PKRAM_DROP_BATCH	256

/* Ticks to wait for others to let go of a folio that is to be split */
#define PKRAM_SPLIT_TRIES	20

/* To be taken as guard(pkram_pagetable)(), but by who keeps it: pkram_reboot() */
DEFINE_MUTEX(pkram_pagetable_lock);
struct pkram_pagetable pkram_pagetable;

/**
 * pkram_boot_memory() - was this memory there at boot?
 * @pfn: first frame
 * @nr: number of frames
 *
 * If so, it will be in the next kernel's memory map too; hot-added memory may
 * not be.
 *
 * Context: Any.
 * Return: true when all of it was.
 */
bool pkram_boot_memory(u64 pfn, u64 nr)
{
#ifdef CONFIG_SPARSEMEM
	u64 cur;

	for (cur = pfn; cur < pfn + nr;
	     cur = ALIGN_DOWN(cur, PAGES_PER_SECTION) + PAGES_PER_SECTION)
		if (!pfn_valid(cur) || !early_section(__pfn_to_section(cur)))
			return false;
#endif
	return true;
}

/**
 * pkram_frames_allowed() - may these frames be preserved where they are?
 * @pfn: first frame, valid
 * @nr: number of frames, within one folio
 *
 * Not in the first MiB, which firmware and the next kernel's trampolines use;
 * not where the next kernel may not find memory (hot-added); not in CMA, which
 * it may reserve again; not where a loaded kexec image will be written.
 * pkram_save_mapping() knows it too.
 *
 * Context: Any context that may take a spinlock.
 * Return: true when they may.
 */
bool pkram_frames_allowed(u64 pfn, u64 nr)
{
	return pfn >= PHYS_PFN(SZ_1M) && pkram_boot_memory(pfn, nr) &&
	       !is_migrate_cma_page(pfn_to_page(pfn)) &&
	       !pkram_range_banned(pfn, nr);
}

/*
 * Folios in unsuitable places that are kept as long as many have to be allocated,
 * so that each is met once only.
 */
static DEFINE_SPINLOCK(pkram_aside_lock);
static LIST_HEAD(pkram_aside);
static bool pkram_keep_aside;

static void pkram_free_rejected(struct list_head *rejected)
{
	struct folio *folio, *next;

	list_for_each_entry_safe(folio, next, rejected, lru) {
		list_del(&folio->lru);
		folio_put(folio);
		cond_resched();
	}
}

/**
 * pkram_aside_begin() - many folios in suitable places are going to be allocated
 *
 * Context: Any. Caller holds pkram_lock, until pkram_aside_end().
 */
void pkram_aside_begin(void)
{
	WRITE_ONCE(pkram_keep_aside, true);
}

/**
 * pkram_aside_end() - free what has been put aside since pkram_aside_begin()
 *
 * Context: May sleep. Caller holds pkram_lock.
 */
void pkram_aside_end(void)
{
	LIST_HEAD(rejected);

	scoped_guard(spinlock, &pkram_aside_lock) {
		WRITE_ONCE(pkram_keep_aside, false);
		list_splice_init(&pkram_aside, &rejected);
	}
	pkram_free_rejected(&rejected);
}

/*
 * What is put aside is gone through only once in all, but others need memory
 * meanwhile.
 */
static bool pkram_alloc_hopeless(unsigned int tries, unsigned int order)
{
	if (!READ_ONCE(pkram_keep_aside))
		return tries > PKRAM_ALLOC_TRIES >> order;
	return !(tries % max(PKRAM_ASIDE_CHECK >> order, 1)) &&
	       si_mem_available() < PKRAM_ASIDE_RESERVE;
}

/*
 * Where to look first when memory has been met that was not there at boot. All there is
 * in ZONE_NORMAL may be such, but below it there is hardly any.
 */
static gfp_t pkram_gfp_lower(gfp_t gfp)
{
	if (!IS_ENABLED(CONFIG_ZONE_DMA32))
		return gfp;
	return (gfp & ~__GFP_NOFAIL) | __GFP_DMA32 | __GFP_NORETRY;
}

/* Allocate a folio that may be preserved where it is */
static struct folio *pkram_alloc_folio(gfp_t gfp, unsigned int order)
{
	gfp_t where = gfp;
	unsigned int tries = 0;
	bool lower = false;
	struct folio *folio;
	LIST_HEAD(rejected);

	for (;;) {
		folio = folio_alloc(where | __GFP_NOWARN, order);
		if (!folio && where != gfp) {
			where = gfp;
			continue;
		}
		if (!folio ||
		    pkram_frames_allowed(folio_pfn(folio), 1UL << order))
			break;
		if (!lower && !pkram_boot_memory(folio_pfn(folio), 1UL << order)) {
			lower = true;
			where = pkram_gfp_lower(gfp);
		}
		list_add(&folio->lru, &rejected);
		if (pkram_alloc_hopeless(++tries, order)) {
			folio = NULL;
			break;
		}
	}
	/* Only now, or the allocator would give us the same ones again */
	if (list_empty(&rejected))
		return folio;
	scoped_guard(spinlock, &pkram_aside_lock)
		if (pkram_keep_aside)
			list_splice_init(&rejected, &pkram_aside);
	pkram_free_rejected(&rejected);
	return folio;
}

/* As free_reserved_page(), of a page that has been counted as managed at boot */
static void pkram_free_reserved(struct page *page)
{
	clear_page_tag_ref(page);
	ClearPageReserved(page);
	__free_page(page);
}

/* Free a frame that nobody else refers to, claimed or not */
static void pkram_free_frame(struct page *page)
{
	if (PageReserved(page))
		pkram_free_reserved(page);
	else
		__free_page(page);
}

/**
 * pkram_table_alloc() - allocate a page of the page table
 * @gfp: how to allocate
 *
 * Context: May sleep as @gfp allows.
 * Return: a zeroed page, not yet marked as preserved, or NULL.
 */
void *pkram_table_alloc(gfp_t gfp)
{
	struct folio *folio = pkram_alloc_folio(gfp | __GFP_ZERO, 0);

	return folio ? folio_address(folio) : NULL;
}

/**
 * pkram_table_free() - free a page of the page table
 * @table: the page, no longer marked or referred to
 *
 * Context: Does not sleep.
 */
void pkram_table_free(void *table)
{
	pkram_free_frame(virt_to_page(table));
}

/**
 * pkram_frames_preserve() - mark frames as preserved
 * @pfn: first frame
 * @nr: number of frames
 * @gfp: how to allocate tables
 *
 * Context: May sleep. Takes pkram_pagetable_lock.
 * Return: 0, -EEXIST when one is marked already, -ENOMEM; nothing changed then.
 */
int pkram_frames_preserve(u64 pfn, u64 nr, gfp_t gfp)
{
	guard(pkram_pagetable)();
	return pkram_pagetable_set(&pkram_pagetable, pfn, nr, gfp);
}

/**
 * pkram_frames_preserve_runs() - mark the frames of many runs as preserved
 * @runs: the runs
 * @nr: how many
 * @done: set to how many of them, from the first, have been marked
 * @gfp: how to allocate tables
 *
 * Context: May sleep. Takes pkram_pagetable_lock.
 * Return: 0; -EEXIST when a frame is marked already; -ENOMEM.
 */
int pkram_frames_preserve_runs(const struct pkram_run_ser *runs,
			       unsigned int nr, unsigned int *done, gfp_t gfp)
{
	guard(pkram_pagetable)();
	return pkram_pagetable_set_runs(&pkram_pagetable, runs, nr, done, gfp);
}

/* With the last frame the page table goes too */
static void pkram_frames_clear(u64 pfn, u64 nr)
{
	lockdep_assert_held(&pkram_pagetable_lock);
	pkram_pagetable_clear(&pkram_pagetable, pfn, nr);
	if (pkram_pagetable.nr_set == pkram_pagetable.nr_tables)
		pkram_pagetable_destroy(&pkram_pagetable);
}

/**
 * pkram_frames_release() - mark frames as no longer preserved
 * @pfn: first frame
 * @nr: number of frames, all of them marked
 *
 * With the last frame the page table goes too.
 *
 * Context: May sleep. Takes pkram_pagetable_lock.
 */
void pkram_frames_release(u64 pfn, u64 nr)
{
	guard(pkram_pagetable)();
	pkram_frames_clear(pfn, nr);
}

/**
 * pkram_frames_preserved() - are all these frames preserved?
 * @pfn: first frame
 * @nr: number of frames
 *
 * Context: May sleep. Takes pkram_pagetable_lock.
 * Return: true when they are.
 */
bool pkram_frames_preserved(u64 pfn, u64 nr)
{
	guard(pkram_pagetable)();
	return pkram_pagetable_next_clear(&pkram_pagetable, pfn, pfn + nr) ==
	       pfn + nr;
}

/**
 * pkram_meta_alloc() - allocate a preserved page for metadata
 * @gfp: how to allocate; with %__GFP_ZERO the page is zeroed
 *
 * Context: May sleep as @gfp allows. Takes pkram_pagetable_lock.
 * Return: a page, or NULL.
 */
void *pkram_meta_alloc(gfp_t gfp)
{
	struct folio *folio = pkram_alloc_folio(gfp, 0);

	if (!folio)
		return NULL;
	if (pkram_frames_preserve(folio_pfn(folio), 1, gfp)) {
		folio_put(folio);
		return NULL;
	}
	return folio_address(folio);
}

/**
 * pkram_meta_free() - free a preserved page of metadata
 * @meta: the page
 *
 * Context: May sleep. Takes pkram_pagetable_lock.
 */
void pkram_meta_free(void *meta)
{
	pkram_frames_release(pkram_virt_to_pfn(meta), 1);
	pkram_table_free(meta);
}

/**
 * pkram_frame_fresh() - has nobody in this kernel had this frame yet?
 * @pfn: frame, marked as preserved
 *
 * Context: Any.
 * Return: true when it comes from the previous kernel and has not been claimed.
 */
bool pkram_frame_fresh(u64 pfn)
{
	return PageReserved(pfn_to_page(pfn));
}

/**
 * pkram_claim_pages() - make ordinary pages of preserved frames
 * @pfn: first frame; all are marked as preserved
 * @nr: number of frames, each a folio of order 0
 *
 * As pkram_claim_folio() for each of them, but that it stops at the first that
 * does not come from the previous kernel, or has been claimed before. Each gets
 * a second reference, which is the caller's.
 *
 * Nobody takes references of reserved pages, and their count is 1 from when they
 * were initialised; still, it is not set but added to.
 *
 * Context: Does not sleep. The caller is the only one to claim these frames.
 * Return: number of frames claimed.
 */
unsigned long pkram_claim_pages_noprof(u64 pfn, unsigned long nr)
{
	unsigned long done;

	for (done = 0; done < nr; done++) {
		struct page *page = pfn_to_page(pfn + done);

		if (!PageReserved(page))
			break;
		__ClearPageReserved(page);
		pgalloc_tag_add(page, current, 1);
		page_ref_inc(page);
	}
	return done;
}

/*
 * What has to be done to each of the 512 pages of a large folio is little: that
 * the loop goes on would cost as much, were it not unrolled.
 */
static bool pkram_all_reserved(const struct page *page, unsigned long nr)
{
	unsigned long flags = BIT(PG_reserved), i;

#pragma GCC unroll 8
	for (i = 0; i < nr; i++)
		flags &= page[i].flags;
	return flags;
}

/* As prep_compound_page(), for pages that are reserved */
static void pkram_claim_compound(struct page *head, unsigned int order)
{
	const int nr = 1 << order;
	int i;

	__SetPageHead(head);
#pragma GCC unroll 8
	for (i = 1; i < nr; i++) {
		__ClearPageReserved(head + i);
		set_page_count(head + i, 0);
		prep_compound_tail(head, i);
	}
	prep_compound_head(head, order);
}

/**
 * pkram_claim_folio() - make an ordinary folio of preserved frames
 * @pfn: first frame; it and the rest of the folio are marked as preserved
 * @order: order of the folio
 *
 * Does nothing when they are one already: because they were saved in this
 * boot, or because a load that claimed them was aborted.
 *
 * Pages of it may have failed, which pkram_folio_poisoned() tells.
 *
 * Context: Does not sleep. The caller is the only one to claim this folio.
 * Return: the folio with the node's reference; ERR_PTR(-EBADMSG) when the frames
 * are something else than the node says, and nothing has changed.
 */
struct folio *pkram_claim_folio_noprof(u64 pfn, unsigned int order)
{
	struct page *page = pfn_to_page(pfn);
	const unsigned long nr = 1UL << order;

	if (!PageReserved(page)) {
		struct folio *folio = page_folio(page);

		if (folio_pfn(folio) != pfn || folio_order(folio) != order)
			return ERR_PTR(-EBADMSG);
		return folio;
	}

	if (order > MAX_PAGE_ORDER || !pkram_all_reserved(page, nr))
		return ERR_PTR(-EBADMSG);

	__ClearPageReserved(page);
	if (order)
		pkram_claim_compound(page, order);
	pgalloc_tag_add(page, current, nr);
	return page_rmappable_folio(page);
}

/**
 * pkram_pages_failed() - has any page of this machine failed?
 *
 * Hardly ever has one, and only then it pays to look for it.
 *
 * Context: Any.
 * Return: true when there is one.
 */
bool pkram_pages_failed(void)
{
	return IS_ENABLED(CONFIG_MEMORY_FAILURE) &&
	       atomic_long_read(&num_poisoned_pages);
}

/**
 * pkram_folio_poisoned() - has a page of a folio failed?
 * @folio: folio with a reference
 *
 * memory_failure() only marks the page when it does not find it on the LRU, where
 * many of the folios here are not: folio_contain_hwpoisoned_page() is right
 * after this.
 *
 * Context: Any.
 * Return: true when there is a page that must not be read.
 */
bool pkram_folio_poisoned(struct folio *folio)
{
	long i;

	if (!pkram_pages_failed())
		return false;
	for (i = 0; i < folio_nr_pages(folio); i++) {
		if (!PageHWPoison(folio_page(folio, i)))
			continue;
		if (folio_test_large(folio))
			folio_set_has_hwpoisoned(folio);
		return true;
	}
	return false;
}

/*
 * The node's reference kept memory_failure() from splitting a large folio. It is
 * done now, because the page allocator, should it get the folio in one piece,
 * would give the page that has failed to somebody. If others are looking at the
 * folio for long it stays as it is, like any that memory_failure() has found so.
 */
static int pkram_split_poisoned(struct folio *folio)
{
	int try, err = -EAGAIN;

	for (try = 0; err && try < PKRAM_SPLIT_TRIES; try++) {
		if (try)
			schedule_timeout_uninterruptible(1);
		lru_add_drain_all();
		folio_lock(folio);
		if (folio_test_lru(folio))
			err = split_folio(folio);
		folio_unlock(folio);
	}
	return err;
}

static void pkram_drop_folio(struct folio *folio)
{
	if (folio_test_large(folio) && pkram_folio_poisoned(folio)) {
		if (folio_ref_count(folio) > 1)
			pkram_split_poisoned(folio);
		/* Better lost than used again */
		if (folio_test_large(folio) && folio_ref_count(folio) == 1)
			return;
	}
	folio_put(folio);
}

/**
 * pkram_drop_folios() - give up the hold on folios that are not marked as preserved
 * @pfn: first frame
 * @order: order of each folio
 * @nr: number of folios, 0 for none
 *
 * As pkram_drop_run(), when they are not marked yet, or no longer.
 *
 * Context: May sleep.
 */
void pkram_drop_folios(u64 pfn, unsigned int order, u64 nr)
{
	u64 cur, done;

	for (done = 0; done < nr; done++, pfn += 1UL << order) {
		struct page *page = pfn_to_page(pfn);

		if (PageReserved(page)) {
			for (cur = pfn; cur < pfn + (1UL << order); cur++)
				pkram_free_reserved(pfn_to_page(cur));
		} else {
			pkram_drop_folio(page_folio(page));
		}
		if (order || done % PKRAM_DROP_BATCH == PKRAM_DROP_BATCH - 1)
			cond_resched();
	}
}

/**
 * pkram_drop_run() - give up a node's hold on a run of folios
 * @pfn: first frame; all of the run is marked as preserved
 * @order: order of each folio
 * @nr: number of folios
 *
 * Folios that have no other user are freed, but for large ones of which a part
 * has failed. Those that have others are split then.
 *
 * Context: May sleep. Takes pkram_pagetable_lock.
 */
void pkram_drop_run(u64 pfn, unsigned int order, u64 nr)
{
	/* First, so that whoever gets a frame next can preserve it again */
	pkram_frames_release(pfn, nr << order);
	pkram_drop_folios(pfn, order, nr);
}

/**
 * pkram_frames_release_runs() - mark the frames of many runs as no longer preserved
 * @runs: the runs, in a link
 * @nr: how many
 *
 * Context: May sleep. Takes pkram_pagetable_lock.
 */
void pkram_frames_release_runs(const struct pkram_run_ser *runs, unsigned int nr)
{
	/* The page that holds @runs is still marked: it is not the end of the table */
	guard(pkram_pagetable)();
	pkram_pagetable_clear_runs(&pkram_pagetable, runs, nr);
}

/**
 * pkram_drop_runs() - give up a node's hold on many runs of folios
 * @runs: the runs, in a link
 * @nr: how many
 *
 * As pkram_drop_run() for each of them.
 *
 * Context: May sleep. Takes pkram_pagetable_lock.
 */
void pkram_drop_runs(const struct pkram_run_ser *runs, unsigned int nr)
{
	unsigned int i;

	pkram_frames_release_runs(runs, nr);
	for (i = 0; i < nr; i++) {
		const struct pkram_run run = pkram_run_unpack(&runs[i]);

		pkram_drop_folios(run.pfn, run.order, run.nr);
	}
}

/**
 * pkram_drop_orphan() - give up the hold on a frame that no node refers to
 * @pfn: frame, marked as preserved
 *
 * What was claimed or saved in this boot is a folio, which was marked as a whole
 * and has one reference for that.
 *
 * Context: Does not sleep. Caller holds pkram_pagetable_lock.
 * Return: number of frames given up.
 */
u64 pkram_drop_orphan(u64 pfn)
{
	struct page *page = pfn_to_page(pfn);
	struct folio *folio = page_folio(page);
	u64 cur, next, end, nr = 0;

	if (PageReserved(page)) {
		pkram_frames_clear(pfn, 1);
		pkram_free_reserved(page);
		return 1;
	}
	end = folio_pfn(folio) + folio_nr_pages(folio);
	for (cur = folio_pfn(folio); ; cur = next) {
		cur = pkram_pagetable_next_set(&pkram_pagetable, cur, end);
		if (cur == end)
			break;
		next = pkram_pagetable_next_clear(&pkram_pagetable, cur, end);
		pkram_frames_clear(cur, next - cur);
		nr += next - cur;
	}
	/* Nobody can split it any more: see pkram_drop_folio() */
	if (!folio_test_large(folio) || !pkram_folio_poisoned(folio))
		folio_put(folio);
	return nr;
}

static int pkram_copy_pages(struct folio *folio, struct pkram_run *copy,
			    gfp_t gfp, pkram_emit_t emit, void *arg)
{
	long i;
	int err;

	copy->order = 0;
	for (i = 0; i < folio_nr_pages(folio); i++, copy->index++) {
		struct folio *page = pkram_alloc_folio(gfp, 0);

		if (!page)
			return -ENOMEM;
		copy->pfn = folio_pfn(page);
		err = copy_mc_highpage(&page->page, folio_page(folio, i)) ?
		      -EHWPOISON : emit(copy, arg);
		if (err) {
			folio_put(page);
			return err;
		}
	}
	return 0;
}

/**
 * pkram_copy_out() - copy a folio to a place where it may be preserved
 * @folio: folio, not changing
 * @run: its index and flags
 * @gfp: how to allocate
 * @emit: gets the copy, as one folio or as many of order 0, each with a
 *	reference that is its own when it returns 0
 * @arg: for @emit
 *
 * Context: May sleep.
 * Return: 0; -ENOMEM; -EHWPOISON when the folio cannot be read; or an error of
 * @emit, which may have seen a part of the folio then.
 */
int pkram_copy_out(struct folio *folio, const struct pkram_run *run, gfp_t gfp,
		   pkram_emit_t emit, void *arg)
{
	struct pkram_run copy = *run;
	struct folio *new;
	int err;

	if (pkram_folio_poisoned(folio))
		return -EHWPOISON;
	new = pkram_alloc_folio(folio_test_large(folio) ?
				gfp | __GFP_NORETRY : gfp, folio_order(folio));
	if (!new)
		return folio_test_large(folio) ?
		       pkram_copy_pages(folio, &copy, gfp, emit, arg) : -ENOMEM;

	copy.pfn = folio_pfn(new);
	copy.order = folio_order(folio);
	copy.nr = 1;
	err = folio_mc_copy(new, folio) ? -EHWPOISON : emit(&copy, arg);
	if (err)
		folio_put(new);
	return err;
}
