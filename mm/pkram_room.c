// SPDX-License-Identifier: GPL-2.0
/*
 * PKRAM: room for the next kernel to boot in.
 *
 * Until it has got its memory map and its page allocator the next kernel lives
 * in the landing map: the largest ranges in which nothing is preserved. Preserving
 * and loading an image make sure that these are large enough. If they are not,
 * but there is free memory in small pieces elsewhere, what is preserved in a
 * stretch of memory is moved there.
 *
 * Lock order: pkram_lock, then pkram_pagetable_lock.
 */
#define pr_fmt(fmt) "pkram: " fmt

#include <linux/bitmap.h>
#include <linux/ioport.h>
#include <linux/kexec.h>
#include <linux/memblock.h>
#include <linux/memory_hotplug.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/sched.h>
#include <linux/sizes.h>

#include "internal.h"
#include "pkram_internal.h"

/* All set once at boot */
unsigned long pkram_image_pages;
unsigned long pkram_boot_pages;

/* Protected by pkram_pagetable_lock; too large for the stack */
static struct pkram_landing pkram_landing_map;

/* The same for pkram_lock */
static struct pkram_range_ser pkram_spared[PKRAM_LANDING_MAX + 1];

/* -------------------------------------------------------- landing map */

/* The first frame in @pfn to @end, all in one leaf, that the next kernel must not boot in */
static u64 pkram_next_used(const unsigned long *leaf, u64 pfn, u64 end)
{
	const u64 base = ALIGN_DOWN(pfn, PKRAM_PT_LEAF_FRAMES);
	const u64 super = pkram_super_pfn();
	u64 used = end;

	if (leaf)
		used = base + find_next_bit(leaf, end - base, pfn - base);
	return super >= pfn && super < used ? super : used;
}

/*
 * One step for each gap or block in use, not for each frame. Blocks of the
 * largest order, because the page allocator may merge up to that, and must not
 * look at struct pages that are not initialised yet.
 */
static void pkram_landing_gaps(struct pkram_landing *map, u64 pfn, u64 end)
{
	const unsigned long *leaf = pkram_pagetable_leaf(&pkram_pagetable, pfn);
	u64 used;

	end = ALIGN_DOWN(end, MAX_ORDER_NR_PAGES);
	for (pfn = ALIGN(pfn, MAX_ORDER_NR_PAGES); pfn < end;
	     pfn = used + MAX_ORDER_NR_PAGES) {
		used = ALIGN_DOWN(pkram_next_used(leaf, pfn, end),
				  MAX_ORDER_NR_PAGES);
		if (used > pfn)
			pkram_landing_add(map, pfn, used - pfn, pfn_to_nid(pfn));
	}
}

/* Memory switched off has no struct pages, and may be so for a reason */
static bool pkram_boot_online(u64 pfn, u64 nr)
{
	return pkram_boot_memory(pfn, nr) && pfn_to_online_page(pfn);
}

static int pkram_landing_ram(unsigned long pfn, unsigned long nr, void *arg)
{
	const u64 end = pfn + nr;
	u64 cur, next;

	for (cur = max(pfn, PHYS_PFN(SZ_1M)); cur < end; cur = next) {
		next = min(end, ALIGN(cur + 1, PKRAM_PT_LEAF_FRAMES));
		/* A leaf is switched off as a whole */
		BUILD_BUG_ON(PKRAM_PT_LEAF_FRAMES > PAGES_PER_SECTION);
		if (pkram_boot_online(cur, next - cur))
			pkram_landing_gaps(arg, cur, next);
	}
	return 0;
}

/**
 * pkram_landing_find() - choose the landing map
 * @total: set to the number of frames in it
 *
 * Context: May sleep. Caller holds pkram_pagetable_lock, which also protects the
 * result.
 * Return: the landing map.
 */
const struct pkram_landing *pkram_landing_find(u64 *total)
{
	struct pkram_landing *map = &pkram_landing_map;

	lockdep_assert_held(&pkram_pagetable_lock);
	pkram_landing_init(map, num_node_state(N_MEMORY));
	walk_system_ram_range(0, max_pfn, map, pkram_landing_ram);
	*total = pkram_landing_finish(map);
	return map;
}

/* ---------------------------------------------------------- how much */

/* Pages that the next kernel's image and initrd take away from the landing map */
static u64 pkram_next_image(void)
{
	/* None is loaded yet: it will be like the one that runs */
	return pkram_banned_pages() ?: pkram_image_pages;
}

/**
 * pkram_boot_need() - how large does the landing map have to be?
 *
 * Up to the point where it gets at the rest of memory it allocates what this
 * kernel has allocated up to there, which was measured: memory map (1.6 % of
 * memory), shadow memory when debugging, hash tables, bounce buffers, the
 * reservation for a crash kernel, what has been started before the rest of
 * memory was initialised. Add a quarter and 64 MiB, because the next kernel may
 * be another one, and because memory in pieces cannot be used up to the last
 * page. And it finds its image and initrd there.
 *
 * Context: Any context that may take a spinlock.
 * Return: pages that the next kernel needs.
 */
u64 pkram_boot_need(void)
{
	return pkram_boot_pages + pkram_boot_pages / 4 + PHYS_PFN(SZ_64M) +
	       pkram_next_image();
}

/* Pages of landing map that are missing; 0 when the next kernel can boot */
static u64 pkram_room_missing(u64 need)
{
	u64 room;

	guard(pkram_pagetable)();
	if (!pkram_pagetable.nr_set)
		return 0;
	pkram_landing_find(&room);
	return need - min(need, room);
}

/* ------------------------------------------------------- making room */

/**
 * struct pkram_window - search for the stretch of memory that is best cleared
 * @want: blocks of the largest order, with something preserved in them, in it
 * @start: first frame of the stretch being looked at
 * @blocks: how many of its blocks have something preserved in them
 * @cost: number of preserved frames in it
 * @best: the one with @want blocks that has the least to move; empty if none
 * @best_cost: preserved frames in that
 */
struct pkram_window {
	u64 want;
	u64 start;
	u64 blocks;
	u64 cost;
	struct pkram_range_ser best;
	u64 best_cost;
};

/* Number of preserved frames in a block of the largest order */
static unsigned int pkram_block_cost(u64 pfn)
{
	const unsigned long *leaf = pkram_pagetable_leaf(&pkram_pagetable, pfn);

	return leaf ? bitmap_weight(leaf + (pfn % PKRAM_PT_LEAF_FRAMES) / BITS_PER_LONG,
				    MAX_ORDER_NR_PAGES) : 0;
}

/* Has a page failed that is preserved in a block, and so cannot be moved? */
static bool pkram_block_failed(u64 pfn)
{
	const u64 end = pfn + MAX_ORDER_NR_PAGES;

	if (!pkram_pages_failed())
		return false;
	for (; (pfn = pkram_pagetable_next_set(&pkram_pagetable, pfn, end)) < end;
	     pfn++)
		if (PageHWPoison(pfn_to_page(pfn)))
			return true;
	return false;
}

/* Can the next kernel boot in a block if what is preserved there has gone? */
static bool pkram_block_suits(u64 pfn)
{
	const u64 super = pkram_super_pfn();

	return pkram_boot_online(pfn, MAX_ORDER_NR_PAGES) &&
	       !(super >= pfn && super < pfn + MAX_ORDER_NR_PAGES) &&
	       !pkram_block_failed(pfn);
}

static void pkram_window_restart(struct pkram_window *w, u64 pfn)
{
	w->start = pfn;
	w->blocks = 0;
	w->cost = 0;
}

static void pkram_window_extend(struct pkram_window *w, u64 pfn)
{
	unsigned int cost = pkram_block_cost(pfn);

	w->cost += cost;
	w->blocks += !!cost;
	while (w->blocks > w->want) {
		cost = pkram_block_cost(w->start);
		w->cost -= cost;
		w->blocks -= !!cost;
		w->start += MAX_ORDER_NR_PAGES;
	}
	if (w->blocks < w->want || (w->best.nr_pages && w->cost >= w->best_cost))
		return;
	w->best.start_pfn = w->start;
	w->best.nr_pages = pfn + MAX_ORDER_NR_PAGES - w->start;
	w->best_cost = w->cost;
}

static int pkram_window_ram(unsigned long pfn, unsigned long nr, void *arg)
{
	const u64 end = ALIGN_DOWN(pfn + nr, MAX_ORDER_NR_PAGES);
	struct pkram_window *w = arg;
	u64 cur = ALIGN(max(pfn, PHYS_PFN(SZ_1M)), MAX_ORDER_NR_PAGES);

	pkram_window_restart(w, cur);
	for (; cur < end; cur += MAX_ORDER_NR_PAGES) {
		if (pkram_block_suits(cur))
			pkram_window_extend(w, cur);
		else
			pkram_window_restart(w, cur + MAX_ORDER_NR_PAGES);
		cond_resched();
	}
	return 0;
}

/*
 * Find a stretch that can be cleared and makes the landing map larger by so many
 * pages, or as many as there are in one piece.
 */
static bool pkram_window_find(struct pkram_window *w, u64 missing)
{
	u64 want;

	guard(pkram_pagetable)();
	for (want = DIV_ROUND_UP(missing, MAX_ORDER_NR_PAGES); want; want /= 2) {
		*w = (struct pkram_window){ .want = want };
		walk_system_ram_range(0, max_pfn, w, pkram_window_ram);
		if (w->best.nr_pages)
			return true;
	}
	return false;
}

/* The stretch that is to be cleared, and the landing map; returns how many ranges */
static unsigned int pkram_spare_landing(const struct pkram_range_ser *window)
{
	const struct pkram_landing *map;
	u64 total;

	guard(pkram_pagetable)();
	map = pkram_landing_find(&total);
	pkram_spared[0] = *window;
	memcpy(&pkram_spared[1], map->range, map->nr * sizeof(map->range[0]));
	return map->nr + 1;
}

/* Move what is preserved in a stretch of memory to other places */
static int pkram_clear_room(u64 missing, struct pkram_node *own)
{
	struct pkram_window w;
	unsigned int nr;
	int err;

	if (!pkram_window_find(&w, missing))
		return -ENOSPC;
	/* Better not try than leave the machine without any memory */
	pkram_pending_flush();
	if (w.best_cost > si_mem_available())
		return -ENOMEM;

	/* Its temporary tables may lie anywhere */
	err = pkram_nodes_check();
	if (err)
		return err;
	/* A copy in the landing map would cost as much as is won elsewhere */
	nr = pkram_spare_landing(&w.best);
	pkram_keep_free(pkram_spared, nr);
	err = pkram_displace_checked(own);
	if (err == -ENOMEM) {
		/* Unless a block takes the few pages of many */
		pkram_keep_free(pkram_spared, 1);
		err = pkram_displace_checked(own);
	}
	pkram_keep_free(NULL, 0);
	if (!err)
		pr_info("moved %llu preserved pages to make room for the next kernel\n",
			w.best_cost);
	return err;
}

/**
 * pkram_make_room() - make sure that the next kernel can boot
 * @own: node that the caller is saving, all of its objects finished, or NULL
 *
 * If the landing map is too small, and there is free memory elsewhere, pages that
 * are preserved are moved.
 *
 * Context: May sleep. Caller holds pkram_lock. Takes pkram_pagetable_lock.
 * Return: 0; -ENOSPC when the next kernel probably could not boot; -EBUSY when
 * what would have to be moved is being saved, loaded or freed;
 * -EADDRNOTAVAIL when it could not find what is preserved, because its image lies
 * on the super block. Why is in the log then.
 */
int pkram_make_room(struct pkram_node *own)
{
	const u64 need = pkram_boot_need();
	u64 last = U64_MAX, goal = 0, missing;
	int err = 0;

	lockdep_assert_held(&pkram_lock);
	if (pkram_pagetable.nr_set && pkram_super_pfn() &&
	    pkram_range_banned(pkram_super_pfn(), 1)) {
		pr_err("the kexec image that is loaded lies on the super block: unload it first\n");
		return -EADDRNOTAVAIL;
	}
	while ((missing = pkram_room_missing(need))) {
		/*
		 * Copies may have gone where there was room before, or too many
		 * ranges be of the same size: one that is large enough will do.
		 */
		if (missing < last)
			goal = missing;
		else if (goal < need)
			goal = need;
		else
			err = -ENOSPC;
		last = missing;
		if (!err)
			err = pkram_clear_room(goal, own);
		if (!err)
			continue;
		if (err == -EBUSY)
			return err;
		pr_err("too little memory is left for the next kernel to boot: it needs %llu MiB in large pieces, %llu MiB of which are missing and cannot be cleared (%d)\n",
		       PFN_PHYS(need) / SZ_1M,
		       DIV_ROUND_UP(PFN_PHYS(missing), SZ_1M), err);
		return -ENOSPC;
	}
	return 0;
}

/**
 * pkram_room_likely() - could the next kernel boot beside so many pages more?
 * @nr: pages that are not preserved yet
 *
 * By totals only: where they are is not known before they have been saved.
 * Memory that was added since boot counts, though the next kernel may not have it.
 *
 * Context: May sleep. Takes pkram_pagetable_lock.
 * Return: false when it certainly could not.
 */
bool pkram_room_likely(u64 nr)
{
	guard(pkram_pagetable)();
	return pkram_pagetable.nr_set + nr + pkram_boot_need() <=
	       get_num_physpages();
}

/**
 * pkram_room_to_boot() - can the next kernel boot beside what is preserved?
 * @ps: stream of the node that is being saved, all of its objects finished
 *
 * Context: May sleep. Takes pkram_lock.
 * Return: as pkram_make_room(); -EINTR when killed while nodes are given up part by
 * part.
 */
int pkram_room_to_boot(struct pkram_stream *ps)
{
	const char *lost = pkram_image_lost(READ_ONCE(kexec_image));
	int err;

	if (lost)
		pr_warn("the kexec image that is loaded %s: what is preserved would be lost\n",
			lost);
	err = pkram_lock_settled();
	if (err)
		return err;
	err = pkram_make_room(ps->node);
	mutex_unlock(&pkram_lock);
	return err;
}
