// SPDX-License-Identifier: GPL-2.0
/*
 * PKRAM: giving what lies free between preserved pages to the page allocator.
 *
 * Each piece costs the page allocator several hundred instructions, and there may
 * be millions of pieces. Large ones are freed at boot; their number is limited by
 * the size of memory. The boot does not wait for the others: it writes down which
 * frames are still to be freed, and a kernel thread frees them when the CPU has
 * nothing better to do.
 *
 * ::
 *
 *  pkram_free_unmarked()	at boot: scattered frames become pending; they, and those
 *	|			that are preserved, count as managed and as total
 *	|			memory from now on
 *	v
 *  pkram_pending_step()	one word of a bitmap is taken off, under the lock; its
 *				frames belong to who took it, and are freed
 *
 * Steps are taken by the thread, and by whoever cannot wait for it: reclaim by way
 * of a shrinker, so that nobody runs out of memory as long as there is some
 * pending, and those of PKRAM who look at how much memory is free.
 *
 * The bitmaps are not the page table: that one changes as soon as a node is loaded
 * or dropped. A frame has its bit in one bitmap, from before anybody else could
 * get at it until it is taken, and until it is freed its page is reserved with a
 * count of 1, as any that memblock never gave away.
 */
#define pr_fmt(fmt) "pkram: " fmt

#include <linux/atomic.h>
#include <linux/bitmap.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/page-isolation.h>
#include <linux/pgalloc_tag.h>
#include <linux/sched.h>
#include <linux/sched/cputime.h>
#include <linux/shrinker.h>
#include <linux/spinlock.h>
#include <linux/swap.h>
#include <trace/events/pkram.h>

#include "internal.h"
#include "pkram_internal.h"

/* Pages that cost less to free at once than a thread and a shrinker do */
#define PKRAM_PENDING_MIN	512

#define PKRAM_PENDING_WORDS	(PKRAM_PT_LEAF_FRAMES / BITS_PER_LONG)

/*
 * Protects the list of bitmaps and what is in them. A bitmap has the page ->private
 * for the number of its first frame, and ->index for the word to look at next.
 */
static DEFINE_SPINLOCK(pkram_pending_lock);
static LIST_HEAD(pkram_pending);
static atomic_long_t pkram_pending_pages;
static struct shrinker *pkram_pending_shrinker;

/* Take frames off; 0 when there are none */
static unsigned long pkram_pending_take(u64 *base)
{
	struct page *page;

	guard(spinlock)(&pkram_pending_lock);
	while ((page = list_first_entry_or_null(&pkram_pending, struct page, lru))) {
		unsigned long *map = page_address(page);

		while (page->index < PKRAM_PENDING_WORDS) {
			const unsigned long i = page->index++;

			if (!map[i])
				continue;
			*base = page_private(page) + i * BITS_PER_LONG;
			return map[i];
		}
		list_del(&page->lru);
		set_page_private(page, 0);
		__free_page(page);
	}
	return 0;
}

/*
 * As free_reserved_page(), for a block, and without counting: they are counted
 * since boot. Others may look at the first page for a moment, who frees it then.
 */
static void pkram_pending_free(struct page *page, unsigned int order)
{
	unsigned int i;

	clear_page_tag_ref(page);
	ClearPageReserved(page);
	for (i = 1; i < 1U << order; i++) {
		ClearPageReserved(page + i);
		set_page_count(page + i, 0);
	}
	__free_pages(page, order);
}

/* Free some frames, and return how many: 0 when there are no more */
static unsigned long pkram_pending_step(void)
{
	/* A page that has failed must not get lost in a block */
	const unsigned int max = pkram_pages_failed() ? 0 : ilog2(BITS_PER_LONG);
	unsigned long from, to, nr, word;
	u64 base;

	word = pkram_pending_take(&base);
	if (!word)
		return 0;
	nr = hweight_long(word);
	for_each_set_bitrange(from, to, &word, BITS_PER_LONG) {
		while (from < to) {
			unsigned int order = min3((unsigned int)__ffs(from | BITS_PER_LONG),
						  (unsigned int)ilog2(to - from),
						  max);

			pkram_pending_free(pfn_to_page(base + from), order);
			from += 1UL << order;
		}
	}
	atomic_long_sub(nr, &pkram_pending_pages);
	return nr;
}

/**
 * pkram_pending_flush() - free all that is pending now
 *
 * For those who are going to look at how much memory is free.
 *
 * Context: May sleep.
 */
void pkram_pending_flush(void)
{
	while (pkram_pending_step())
		cond_resched();
}

/**
 * pkram_pending_left() - how much is still to be freed in the background?
 *
 * Context: Any.
 * Return: pages, which are on nobody's list yet.
 */
unsigned long pkram_pending_left(void)
{
	return atomic_long_read(&pkram_pending_pages);
}

static unsigned long pkram_pending_count(struct shrinker *shrinker,
					 struct shrink_control *sc)
{
	return atomic_long_read(&pkram_pending_pages) ?: SHRINK_EMPTY;
}

static unsigned long pkram_pending_scan(struct shrinker *shrinker,
					struct shrink_control *sc)
{
	unsigned long nr, freed = 0;

	while (freed < sc->nr_to_scan && (nr = pkram_pending_step()))
		freed += nr;
	sc->nr_scanned = freed;
	/* Progress: who has made some does not call the OOM killer */
	mm_account_reclaimed_pages(freed);
	return freed ?: SHRINK_STOP;
}

static int pkram_pending_thread(void *unused)
{
	const unsigned long nr = atomic_long_read(&pkram_pending_pages);
	u64 time_us;

	pkram_pending_flush();
	shrinker_free(pkram_pending_shrinker);
	time_us = task_sched_runtime(current) / NSEC_PER_USEC;
	trace_pkram_pending_done(nr, time_us);
	pr_info("%lu pages between preserved ones freed in the background, %llu us of CPU time\n",
		nr, time_us);
	return 0;
}

/* ------------------------------------------------------------------ boot */

/* An empty bitmap for the frames of a leaf, or NULL */
static unsigned long *__init pkram_pending_alloc(void)
{
	BUILD_BUG_ON(PAGE_SIZE * BITS_PER_BYTE != PKRAM_PT_LEAF_FRAMES);
	return (unsigned long *)get_zeroed_page(GFP_KERNEL | __GFP_NORETRY |
						__GFP_NOWARN);
}

static void __init pkram_pending_add(u64 base, unsigned long *map,
				     unsigned long nr)
{
	struct page *page = virt_to_page(map);

	set_page_private(page, base);
	page->index = 0;
	atomic_long_add(nr, &pkram_pending_pages);
	guard(spinlock)(&pkram_pending_lock);
	list_add_tail(&page->lru, &pkram_pending);
}

/* Free reserved frames in the largest blocks that their alignment allows */
static u64 __init pkram_free_frames(u64 pfn, u64 end)
{
	const u64 nr = end - pfn;
	unsigned int order;

	for (; pfn < end; pfn += 1UL << order) {
		struct page *page = pfn_to_page(pfn);

		order = min_t(unsigned int, MAX_PAGE_ORDER, __ffs64(pfn));
		while (pfn + (1UL << order) > end)
			order--;
		/* They were reserved and not allocated */
		clear_page_tag_ref(page);
		__free_pages_core(page, order, MEMINIT_EARLY);
		cond_resched();
	}
	return nr;
}

/*
 * What __free_pages_core() does besides freeing is done now for frames that will be
 * freed later, and for those that are preserved: sizes of file systems, watermarks
 * and limits depend on how much memory is managed, be it in use or not. No zone
 * begins or ends in the middle of a word.
 */
static void __init pkram_manage(u64 pfn, u64 end)
{
	struct zone *zone = page_zone(pfn_to_page(pfn));
	u64 next;

	if (zone == page_zone(pfn_to_page(end - 1))) {
		atomic_long_add(end - pfn, &zone->managed_pages);
		return;
	}
	for (; pfn < end; pfn = next) {
		next = min(ALIGN(pfn + 1, BITS_PER_LONG), end);
		atomic_long_add(next - pfn,
				&page_zone(pfn_to_page(pfn))->managed_pages);
	}
}

/* Those in a word, all of which have been counted as managed */
static void __init pkram_free_word(u64 base, unsigned long word)
{
	unsigned long from, to;

	for_each_set_bitrange(from, to, &word, BITS_PER_LONG) {
		struct zone *zone = page_zone(pfn_to_page(base + from));

		atomic_long_sub(pkram_free_frames(base + from, base + to),
				&zone->managed_pages);
	}
}

/*
 * Free the frames from @from to @to of a leaf that it does not mark: where a whole
 * word of it is clear at once, because that costs little for each page and is the
 * memory to boot with, and all others in the background.
 */
static u64 __init pkram_free_leaf(u64 base, const unsigned long *leaf,
				  unsigned long from, unsigned long to)
{
	unsigned long *pending = NULL;
	unsigned long bit, word, last, nr_pending = 0;
	u64 nr = 0;

	for (bit = from; bit < to; bit = last) {
		const unsigned long i = BIT_WORD(bit);

		last = min((i + 1) * BITS_PER_LONG, to);
		word = ~leaf[i] & BITMAP_FIRST_WORD_MASK(bit) &
		       BITMAP_LAST_WORD_MASK(last);
		if (!word) {
			last = max(last, round_down(find_next_zero_bit(leaf, to, last),
						    BITS_PER_LONG));
			pkram_manage(base + bit, base + last);
			continue;
		}
		if (word == ~0UL) {
			last = min(round_down(find_next_bit(leaf, to, last),
					      BITS_PER_LONG), to);
			nr += pkram_free_frames(base + bit, base + last);
			continue;
		}
		nr += hweight_long(word);
		pkram_manage(base + bit, base + last);
		pending = pending ?: pkram_pending_alloc();
		if (pending) {
			accept_memory(PFN_PHYS(base + bit), PFN_PHYS(last - bit));
			pending[i] = word;
			nr_pending += hweight_long(word);
		} else {
			pkram_free_word(base + i * BITS_PER_LONG, word);
		}
	}
	if (pending)
		pkram_pending_add(base, pending, nr_pending);
	return nr;
}

/**
 * pkram_free_unmarked() - free what is not preserved, soon or now, and count all
 * @pt: page table
 * @start: first frame of a range in one zone or in several of one NUMA node, all
 *	of it reserved
 * @end: end of the range, exclusive
 *
 * Context: Boot, after the scheduler is up. May sleep.
 * Return: number of frames that are or will be free.
 */
u64 __init pkram_free_unmarked(const struct pkram_pagetable *pt, u64 start,
			       u64 end)
{
	u64 pfn, next, nr = 0;

	/*
	 * Deferred initialisation of struct page leaves out reserved pages, and
	 * with them the type of their page blocks. Only whole blocks: of others
	 * pages may be in the lists of the page allocator already.
	 */
	for (pfn = ALIGN(start, pageblock_nr_pages);
	     pfn + pageblock_nr_pages <= end; pfn += pageblock_nr_pages)
		set_pageblock_migratetype(pfn_to_page(pfn), MIGRATE_MOVABLE);

	for (pfn = start; pfn < end; pfn = next) {
		const u64 base = ALIGN_DOWN(pfn, PKRAM_PT_LEAF_FRAMES);
		const unsigned long *leaf = pkram_pagetable_leaf(pt, pfn);

		next = min(base + PKRAM_PT_LEAF_FRAMES, end);
		nr += leaf ? pkram_free_leaf(base, leaf, pfn - base, next - base) :
			     pkram_free_frames(pfn, next);
		cond_resched();
	}
	/* With what is preserved, which is memory in use */
	totalram_pages_add(end - start);
	return nr;
}

static struct task_struct *pkram_pending_task __initdata;

/**
 * pkram_pending_start() - get ready to free what is pending
 *
 * If that cannot be done in the background, or is not worth it, it is done when
 * this returns. Otherwise the thread begins when all has been initialised, with
 * what takes the same CPUs and locks, and those who want memory before free it.
 *
 * Context: Boot, after the scheduler is up. May sleep.
 */
void __init pkram_pending_start(void)
{
	struct task_struct *thread = NULL;

	if (atomic_long_read(&pkram_pending_pages) < PKRAM_PENDING_MIN) {
		pkram_pending_flush();
		return;
	}
	pkram_pending_shrinker = shrinker_alloc(0, "pkram-pending");
	if (pkram_pending_shrinker) {
		pkram_pending_shrinker->count_objects = pkram_pending_count;
		pkram_pending_shrinker->scan_objects = pkram_pending_scan;
		/* There is nothing cheaper to reclaim */
		pkram_pending_shrinker->seeks = 0;
		pkram_pending_shrinker->batch = BITS_PER_LONG;
		shrinker_register(pkram_pending_shrinker);
		thread = kthread_create(pkram_pending_thread, NULL, "pkram_free");
	}
	if (IS_ERR_OR_NULL(thread)) {
		pkram_pending_flush();
		shrinker_free(pkram_pending_shrinker);
		return;
	}
	set_user_nice(thread, MAX_NICE);
	pkram_pending_task = thread;
}

static int __init pkram_pending_wake(void)
{
	if (pkram_pending_task)
		wake_up_process(pkram_pending_task);
	return 0;
}
late_initcall_sync(pkram_pending_wake);
