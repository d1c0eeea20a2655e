// SPDX-License-Identifier: GPL-2.0
/*
 * PKRAM: the super block, and what is written into it for the next kernel.
 *
 * The super block is one page, from which all that is preserved can be found.
 * Its frame is the same in every generation. It is valid from the reboot
 * notifier of a kexec until the next kernel has seen it, and at no other time.
 *
 * Lock order: pkram_lock, then pkram_pagetable_lock.
 */
#define pr_fmt(fmt) "pkram: " fmt

#include <linux/ioport.h>
#include <linux/kexec.h>
#include <linux/memblock.h>
#include <linux/mmzone.h>
#include <linux/nodemask.h>
#include <linux/notifier.h>
#include <linux/reboot.h>
#include <linux/sizes.h>

#include "internal.h"
#include "pkram_internal.h"

/* All set once at boot */
static struct pkram_super_ser *pkram_super;
static u64 pkram_generation;
unsigned long pkram_image_pages;
unsigned long pkram_boot_pages;

/* Protected by pkram_pagetable_lock; too large for the stack */
static struct pkram_landing pkram_landing_map;

/**
 * pkram_super_pfn() - where the next kernel finds the super block
 *
 * Context: Any, after boot.
 * Return: its frame, 0 when there is none.
 */
u64 pkram_super_pfn(void)
{
	return pkram_super ? pkram_virt_to_pfn(pkram_super) : 0;
}

/* -------------------------------------------------------- landing map */

/* The first frame in @pfn to @end that the next kernel must not boot in */
static u64 pkram_next_used(u64 pfn, u64 end)
{
	const u64 super = pkram_super_pfn();
	u64 used = pkram_pagetable_next_set(&pkram_pagetable, pfn, end);

	return super >= pfn && super < used ? super : used;
}

/*
 * One step for each gap or block in use, not for each frame. Blocks of the
 * largest order, because the page allocator may merge up to that, and must not
 * look at struct pages that are not initialised yet.
 */
static void pkram_landing_gaps(struct pkram_landing *map, u64 pfn, u64 end)
{
	u64 used;

	end = ALIGN_DOWN(end, MAX_ORDER_NR_PAGES);
	for (pfn = ALIGN(pfn, MAX_ORDER_NR_PAGES); pfn < end;
	     pfn = used + MAX_ORDER_NR_PAGES) {
		used = ALIGN_DOWN(pkram_next_used(pfn, end), MAX_ORDER_NR_PAGES);
		if (used > pfn)
			pkram_landing_add(map, pfn, used - pfn, pfn_to_nid(pfn));
	}
}

static int pkram_landing_ram(unsigned long pfn, unsigned long nr, void *arg)
{
	const u64 end = pfn + nr;
	u64 cur, next;

	for (cur = max(pfn, PHYS_PFN(SZ_1M)); cur < end; cur = next) {
		next = min(end, ALIGN(cur + 1, PKRAM_PT_LEAF_FRAMES));
		if (pkram_boot_memory(cur, next - cur))
			pkram_landing_gaps(arg, cur, next);
	}
	return 0;
}

/* Find the landing map, and the number of frames in it */
static u64 pkram_landing_find(struct pkram_landing *map)
{
	lockdep_assert_held(&pkram_pagetable_lock);
	pkram_landing_init(map, num_node_state(N_MEMORY));
	walk_system_ram_range(0, max_pfn, map, pkram_landing_ram);
	return pkram_landing_finish(map);
}

/* Pages that the next kernel's image and initrd take away from the landing map */
static u64 pkram_next_image(void)
{
	/* None is loaded yet: it will be like the one that runs */
	return pkram_banned_pages() ?: pkram_image_pages;
}

/*
 * How many pages of landing map the next kernel needs.
 *
 * Up to the point where it gets at the rest of memory it allocates what this
 * kernel has allocated up to there, which was measured: memory map (1.6 % of
 * memory), shadow memory when debugging, hash tables, bounce buffers, the
 * reservation for a crash kernel, what has been started before the rest of
 * memory was initialised. Add a quarter and 64 MiB, because the next kernel may
 * be another one, and because memory in pieces cannot be used up to the last
 * page. And it finds its image and initrd there.
 */
static u64 pkram_boot_need(void)
{
	return pkram_boot_pages + pkram_boot_pages / 4 + PHYS_PFN(SZ_64M) +
	       pkram_next_image();
}

/**
 * pkram_room_to_boot() - could the next kernel boot beside what is preserved?
 *
 * Context: May sleep. Takes pkram_pagetable_lock.
 * Return: 0; -ENOSPC when it probably could not; -EADDRNOTAVAIL when it could
 * not find what is preserved, because its image lies on the super block. Why is
 * in the log then.
 */
int pkram_room_to_boot(void)
{
	u64 need = pkram_boot_need(), room;

	guard(mutex)(&pkram_pagetable_lock);
	if (!pkram_pagetable.nr_set)
		return 0;
	if (pkram_super_pfn() && pkram_range_banned(pkram_super_pfn(), 1)) {
		pr_err("the kexec image that is loaded lies on the super block: unload it first\n");
		return -EADDRNOTAVAIL;
	}
	room = pkram_landing_find(&pkram_landing_map);
	if (room >= need)
		return 0;
	pr_err("too little memory is left for the next kernel to boot: it needs %llu MiB in large pieces, there are %llu MiB\n",
	       PFN_PHYS(need) / SZ_1M, PFN_PHYS(room) / SZ_1M);
	return -ENOSPC;
}

/* --------------------------------------------------------------- seal */

/* One past the highest preserved frame */
static u64 pkram_end_pfn(void)
{
	u64 low = 0, high = PKRAM_PT_PFN_MASK + 1;

	/* The highest is in low to high, or there is none */
	while (high - low > 1) {
		u64 mid = low + (high - low) / 2;

		if (pkram_pagetable_next_set(&pkram_pagetable, mid, high) < high)
			low = mid;
		else
			high = mid;
	}
	return high;
}

/*
 * Frames that have failed since they were saved. What cannot be named comes to
 * light again when it is used, as it has here.
 */
static void pkram_super_poison(struct pkram_super_ser *super)
{
	const struct pkram_pagetable *pt = &pkram_pagetable;
	const u64 end = super->end_pfn;
	u64 pfn, next, lost = 0;

	/* Hardly ever is there any, and only then it pays to look */
	if (!IS_ENABLED(CONFIG_MEMORY_FAILURE) ||
	    !atomic_long_read(&num_poisoned_pages))
		return;
	for (pfn = 0; (pfn = pkram_pagetable_next_set(pt, pfn, end)) < end; ) {
		next = pkram_pagetable_next_clear(pt, pfn, end);
		for (; pfn < next; pfn++) {
			if (!PageHWPoison(pfn_to_page(pfn)))
				continue;
			if (super->nr_poison < PKRAM_POISON_MAX)
				super->poison[super->nr_poison++] = pfn;
			else
				lost++;
		}
		cond_resched();
	}
	if (super->nr_poison)
		pr_warn("%u preserved pages have failed\n", super->nr_poison);
	if (lost)
		pr_warn("%llu more have, which the next kernel will not know\n",
			lost);
}

static void pkram_super_fill(struct pkram_super_ser *super)
{
	struct pkram_landing *map = &pkram_landing_map;

	pkram_landing_find(map);
	*super = (struct pkram_super_ser) {
		.version = PKRAM_SER_VERSION,
		.size = sizeof(*super),
		.page_size = PKRAM_SER_PAGE_SIZE,
		.self_pfn = pkram_super_pfn(),
		.generation = pkram_generation + 1,
		.pt_pfn = pkram_virt_to_pfn(pkram_pagetable.root),
		.nr_preserved = pkram_pagetable.nr_set,
		.end_pfn = pkram_end_pfn(),
		.pt_crc = pkram_pagetable_crc(&pkram_pagetable),
		.nr_pt_pages = pkram_pagetable.nr_tables,
		.nr_landing = map->nr,
	};
	memcpy(super->landing, map->range, map->nr * sizeof(map->range[0]));
	pkram_super_poison(super);
	super->node_pfn = pkram_nodes_seal(&super->nr_nodes);
	super->crc = pkram_super_crc(super);
}

/* Why what has been filled in would do harm, or NULL */
static const char *pkram_super_check(const struct pkram_super_ser *super)
{
	const struct pkram_pagetable *pt = &pkram_pagetable;
	const u64 low = PHYS_PFN(SZ_1M);

	if (!super->nr_landing)
		return "no memory is left for the next kernel";
	if (pkram_pagetable_next_set(pt, 0, low) < low)
		return "pages below 1 MiB are preserved";
	if (pkram_pagetable_test(pt, super->self_pfn))
		return "the super block is marked as preserved";
	if (pkram_range_banned(super->self_pfn, 1) || pkram_next_conflict(0))
		return "the kexec image lies on what is preserved";
	return pkram_super_validate(super, super->self_pfn);
}

/* Returns false when nothing is handed over */
static bool pkram_super_seal(void)
{
	struct pkram_super_ser *super = pkram_super;
	const char *why;

	if (!pkram_pagetable.nr_set)
		return false;

	pkram_super_fill(super);
	if (!super->nr_nodes)
		return false;
	/* Last of all */
	barrier();
	WRITE_ONCE(super->magic, PKRAM_SUPER_MAGIC);
	why = pkram_super_check(super);
	if (why) {
		WRITE_ONCE(super->magic, 0);
		pr_err("nothing is handed over to the next kernel: %s\n", why);
		return false;
	}
	pr_info("handing over %llu nodes, %llu bytes\n", super->nr_nodes,
		PFN_PHYS(super->nr_preserved));
	pkram_damage_handover(super);
	return true;
}

/*
 * User space is still running. Once the super block is sealed, both locks are
 * kept for ever: whoever wants to change anything now waits for the end.
 */
static int pkram_reboot(struct notifier_block *nb, unsigned long action,
			void *data)
{
	if (!kexec_in_progress)
		return NOTIFY_DONE;

	mutex_lock(&pkram_lock);
	mutex_lock(&pkram_pagetable_lock);
	if (!pkram_super_seal()) {
		mutex_unlock(&pkram_pagetable_lock);
		mutex_unlock(&pkram_lock);
	}
	return NOTIFY_DONE;
}

/* Others may still preserve something in their notifiers */
static struct notifier_block pkram_reboot_nb = {
	.notifier_call = pkram_reboot,
	.priority = INT_MIN,
};

/**
 * pkram_super_init() - provide the super block
 * @pfn: its frame, reserved
 * @generation: number of hand-overs so far
 *
 * Context: Boot. May sleep.
 */
void __init pkram_super_init(u64 pfn, u64 generation)
{
	pkram_super = pkram_pfn_to_virt(pfn);
	clear_page(pkram_super);
	pkram_generation = generation;
	register_reboot_notifier(&pkram_reboot_nb);
}
