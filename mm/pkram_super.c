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
#include <trace/events/pkram.h>

#include "internal.h"
#include "pkram_internal.h"

/* All set once at boot */
static struct pkram_super_ser *pkram_super;
static u64 pkram_generation;

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

	if (!pkram_pages_failed())
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
	const struct pkram_landing *map;
	u64 total;

	map = pkram_landing_find(&total);
	/* Memory may have been taken away since there was room for it */
	if (total < pkram_boot_need())
		pr_warn("the next kernel gets %llu MiB to boot in and may need %llu MiB\n",
			PFN_PHYS(total) / SZ_1M, PFN_PHYS(pkram_boot_need()) / SZ_1M);
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
	super->dir_pfn = pkram_nodes_seal(&super->nr_nodes);
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

static void pkram_super_failed(const struct pkram_super_ser *super,
			       const char *what, const char *why)
{
	pr_err("nothing is handed over to the next kernel: %s%s\n", what, why);
	pkram_stats.seal_failures++;
	trace_pkram_seal(super, why);
}

/* Returns false when nothing is handed over */
static bool pkram_super_seal(void)
{
	struct pkram_super_ser *super = pkram_super;
	const char *why;

	if (!pkram_pagetable.nr_set)
		return false;
	/* It would leave a valid super block to whoever comes after it */
	why = pkram_image_lost(kexec_image);
	if (why) {
		pkram_super_failed(super, "its image ", why);
		return false;
	}

	pkram_super_fill(super);
	if (!super->nr_nodes)
		return false;
	/* Last of all */
	barrier();
	WRITE_ONCE(super->magic, PKRAM_SUPER_MAGIC);
	why = pkram_super_check(super);
	if (why) {
		WRITE_ONCE(super->magic, 0);
		pkram_super_failed(super, "", why);
		return false;
	}
	trace_pkram_seal(super, "sealed");
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
