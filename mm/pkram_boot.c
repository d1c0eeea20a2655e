// SPDX-License-Identifier: GPL-2.0
/*
 * PKRAM: taking over what the previous kernel preserved.
 *
 * Until the memory map and the page allocator are up, this kernel must not
 * touch what is preserved, and has no room to remember what that is: there may
 * be millions of scattered pages. So it lives in the landing map, a few large
 * ranges in which nothing is preserved, and looks at the rest only later.
 *
 * ::
 *
 *  pkram_early_init()	memblock knows all memory, and has allocated none:
 *	|		believe the super block or not; from here on memblock
 *	|		allocates in the landing map only
 *	v
 *  pkram_hold_back()	memblock is about to free all memory to the page
 *	|		allocator: what is free outside of the landing map is
 *	|		reserved whole, in a few ranges whatever is in it
 *	v
 *  pkram_hand_back()	the deferred part of struct page is there: frames of these
 *			ranges that the page table marks stay reserved, all others
 *			are freed, what lies scattered in the background
 *
 * Memory held back has its struct pages initialised by pkram_hand_back() too: by
 * all CPUs, and each page once, which as reserved memory it would not be. Until
 * then the rule is that of deferred initialisation, and holds for the same time:
 * blocks of the page allocator are initialised as a whole or not at all, so that
 * no neighbour of a page that is freed is looked at before there is something to
 * see.
 *
 * What others reserve meanwhile, knowing no PKRAM (the image, the initrd,
 * firmware tables), is not in the ranges that are held back. Preserved frames
 * there are lost, and unmarked, so that no node with such a frame can be
 * loaded. A page-table page there makes the whole hand-over invalid.
 */
#define pr_fmt(fmt) "pkram: " fmt

#include <linux/crash_dump.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/kstrtox.h>
#include <linux/memblock.h>
#include <linux/padata.h>
#include <linux/page_ext.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/sizes.h>
#include <linux/vmstat.h>
#include <trace/events/pkram.h>

#include "internal.h"
#include "pkram_internal.h"

/*
 * Bounded by the regions of memory and the reservations of this boot, and not
 * by what is preserved; a PC has a few dozen of both.
 */
#define PKRAM_HELD_MAX	512

/*
 * Free memory outside of the landing map, in ascending order, each in one NUMA node.
 * struct page from @first_pfn to @last_pfn is not reserved yet, and from
 * @deferred_pfn on not even initialised.
 */
struct pkram_held {
	u64 start_pfn;
	u64 end_pfn;
	u64 first_pfn;
	u64 last_pfn;
	u64 deferred_pfn;
	int nid;
};

static struct pkram_held pkram_held[PKRAM_HELD_MAX] __initdata;
static unsigned int pkram_nr_held __initdata;
static u64 pkram_held_pages __initdata;

/* Frame of the super block: named on the command line, or chosen here */
static u64 pkram_boot_pfn __initdata;

/* Copy of a super block that is believed; magic is 0 when there is none */
static struct pkram_super_ser pkram_taken __initdata;

static bool pkram_landing __initdata_memblock;

struct pkram_boot_facts pkram_boot_facts __ro_after_init;

/**
 * pkram_landing_only() - may memblock allocate in the landing map only?
 *
 * Context: Boot, single-threaded.
 * Return: true between pkram_early_init() and pkram_hold_back() when there is
 * a hand-over.
 */
bool __init_memblock pkram_landing_only(void)
{
	return pkram_landing;
}

static int __init pkram_parse(char *arg)
{
	if (arg && !strcmp(arg, "off")) {
		pkram_enabled = false;
	} else if (!arg || kstrtou64(arg, 16, &pkram_boot_pfn) ||
		   pkram_boot_pfn > PKRAM_PT_PFN_MASK) {
		pr_warn("pkram=%s is neither a page frame number nor off, ignored\n",
			arg ?: "");
		pkram_boot_pfn = 0;
	}
	return 0;
}
early_param("pkram", pkram_parse);

/* ---------------------------------------------------------- early boot */

/* The part of memblock.memory in @base to @end that is not marked yet */
static bool __init pkram_unmarked(phys_addr_t *base, phys_addr_t *end, int *nid,
				  enum memblock_flags *flags)
{
	struct memblock_region *r;

	for_each_mem_region(r) {
		phys_addr_t first = max(*base, r->base);
		phys_addr_t last = min(*end, r->base + r->size);

		if (memblock_is_landing(r) || first >= last)
			continue;
		*base = first;
		*end = last;
		*nid = memblock_get_region_node(r);
		*flags = r->flags;
		return true;
	}
	return false;
}

/*
 * Mark what is memory in @base to @end, and return how much that is. Parts that
 * are no memory here are no loss: nothing is preserved in them.
 */
static phys_addr_t __init pkram_mark_landing(phys_addr_t base, phys_addr_t end)
{
	phys_addr_t from = base, to = end, done = 0;
	enum memblock_flags flags;
	int nid;

	while (pkram_unmarked(&from, &to, &nid, &flags)) {
		if (memblock_remove(from, to - from))
			break;
		if (memblock_add_node(from, to - from, nid,
				      flags | MEMBLOCK_LANDING)) {
			pr_err("no room in memblock, memory at %pa is lost\n",
			       &from);
			break;
		}
		done += to - from;
		from = base;
		to = end;
	}
	return done;
}

/* Let memblock allocate in the landing map only; false when there is none */
static bool __init pkram_enter_landing(const struct pkram_super_ser *super)
{
	phys_addr_t total = 0;
	u32 i;

	/* Before marking, because that may already allocate: below 1 MiB then */
	pkram_landing = true;
	pkram_mark_landing(0, SZ_1M);
	for (i = 0; i < super->nr_landing; i++) {
		const struct pkram_range_ser *r = &super->landing[i];

		total += pkram_mark_landing(PFN_PHYS(r->start_pfn),
					    PFN_PHYS(r->start_pfn + r->nr_pages));
	}
	pkram_landing = total;
	pkram_boot_facts.landing = super->nr_landing;
	pkram_boot_facts.landing_pages = PHYS_PFN(total);
	if (total)
		pr_info("early boot is confined to %u landing ranges, %llu MiB\n",
			super->nr_landing, (u64)total / SZ_1M);
	return total;
}

/*
 * Memory that memblock regards as used. Free memory is all that will be given to
 * the page allocator, hence with MEMBLOCK_HOTPLUG: movable_node only keeps
 * memblock from allocating there.
 */
static unsigned long __init pkram_used_pages(void)
{
	phys_addr_t start, end, free = 0;
	u64 i;

	for_each_free_mem_range(i, NUMA_NO_NODE, MEMBLOCK_HOTPLUG, &start, &end,
				NULL)
		free += end - start;
	return PHYS_PFN(memblock_phys_mem_size() - free);
}

/* Copy the super block, and make sure that nobody believes it again */
static const char *__init pkram_super_take(u64 pfn, struct pkram_super_ser *copy)
{
	struct pkram_super_ser *super;
	const char *why;

	super = early_memremap(PFN_PHYS(pfn), PAGE_SIZE);
	if (!super)
		return "cannot be mapped";
	memcpy(copy, super, sizeof(*copy));
	super->magic = 0;
	early_memunmap(super, PAGE_SIZE);

	why = pkram_super_validate(copy, pfn);
	if (!why && !copy->nr_landing)
		why = "no landing map";
	/* The firmware and a boot loader have had memory since, as they liked */
	if (!why && !arch_pkram_kexeced())
		why = "this kernel was not booted by kexec";
	return why;
}

/**
 * pkram_early_init() - find out whether the previous kernel has left something
 *
 * To be called by the architecture as soon as memblock.memory is complete and
 * the image, the initrd and what else the boot loader has left are reserved,
 * and before anything is allocated from memblock.
 *
 * The frame of the super block is kept, whether there is a hand-over in it or
 * not: so pkram= stays right on a command line that is used for many boots.
 *
 * Context: Boot, single-threaded; the direct map may be missing.
 */
void __init pkram_early_init(void)
{
	const phys_addr_t base = PFN_PHYS(pkram_boot_pfn);
	const char *why;

	pkram_image_pages = pkram_used_pages();

	/* The memory of a crashed kernel is not to be changed */
	if (is_kdump_kernel())
		pkram_enabled = false;
	if (!pkram_enabled || !pkram_boot_pfn)
		return;

	if (base < SZ_1M || !memblock_is_region_memory(base, PAGE_SIZE) ||
	    memblock_is_region_reserved(base, PAGE_SIZE) ||
	    memblock_reserve(base, PAGE_SIZE)) {
		pr_warn("pkram=%#llx is not the number of a free page frame, ignored\n",
			pkram_boot_pfn);
		pkram_boot_facts.refused = "pkram= is not the number of a free page frame";
		pkram_boot_pfn = 0;
		return;
	}

	why = pkram_super_take(pkram_boot_pfn, &pkram_taken);
	if (!pkram_taken.magic)
		pr_info("nothing handed over in pfn %#llx\n", pkram_boot_pfn);
	else if (!why && !pkram_enter_landing(&pkram_taken))
		why = "its landing map is no memory here";
	else if (!why)
		return;
	if (pkram_taken.magic) {
		pr_err("hand-over in pfn %#llx refused: %s\n",
		       pkram_boot_pfn, why);
		pkram_boot_facts.refused = why;
	}
	pkram_taken = (struct pkram_super_ser){ };
}

/**
 * pkram_landing_covers() - may a fixed range be reserved and used?
 * @base: first byte of the range, physical
 * @size: its size
 *
 * For those who do not let memblock choose.
 *
 * Context: Boot, single-threaded.
 * Return: false when something may be preserved there.
 */
bool __init pkram_landing_covers(phys_addr_t base, phys_addr_t size)
{
	struct memblock_region *r;

	if (!pkram_landing)
		return true;
	for_each_mem_region(r)
		if (memblock_is_landing(r) && base >= r->base &&
		    base + size <= r->base + r->size)
			return true;
	pr_err("range at %pa cannot be reserved: something may be preserved there\n",
	       &base);
	return false;
}

static bool __init pkram_in_landing(phys_addr_t base)
{
	struct memblock_region *r;

	for_each_mem_region(r)
		if (base >= r->base && base < r->base + r->size)
			return memblock_is_landing(r);
	return false;
}

/**
 * pkram_landing_usable() - may memblock allocate memory that begins here?
 * @base: physical address
 *
 * Context: Boot, single-threaded.
 * Return: false when something may be preserved there, for now.
 */
bool __init pkram_landing_usable(phys_addr_t base)
{
	return !pkram_landing || pkram_in_landing(base);
}

/**
 * pkram_landing_top() - where should who needs much look down from?
 * @limit: end of the range to look in, physical
 *
 * The direct map is made from there: its tables come from what it has mapped so far,
 * of which enough must be free.
 *
 * Context: Boot, single-threaded.
 * Return: @limit, or the end of the largest landing range when memblock may
 * allocate in these only.
 */
phys_addr_t __init pkram_landing_top(phys_addr_t limit)
{
	phys_addr_t largest = 0, top = limit;
	struct memblock_region *r;

	if (!pkram_landing)
		return limit;
	for_each_mem_region(r) {
		const phys_addr_t end = min(r->base + r->size, limit);

		if (!memblock_is_landing(r) || end <= r->base ||
		    end - r->base <= largest)
			continue;
		largest = end - r->base;
		top = end;
	}
	return top;
}

/* --------------------------------------------------------- holding back */

/* The lowest range that is free and outside of the landing map */
static bool __init pkram_next_free(phys_addr_t *start, phys_addr_t *end,
				   int *nid)
{
	u64 i;

	/*
	 * A free range lies in one region of memory. It is empty where two
	 * reserved regions touch that could not be merged. See pkram_used_pages()
	 * about MEMBLOCK_HOTPLUG.
	 */
	for_each_free_mem_range(i, NUMA_NO_NODE, MEMBLOCK_HOTPLUG, start, end,
				nid)
		if (*start < *end && !pkram_in_landing(*start))
			return true;
	return false;
}

/* The first frame of a node whose struct page is initialised later */
static u64 __init pkram_deferred_pfn(int nid)
{
#ifdef CONFIG_DEFERRED_STRUCT_PAGE_INIT
	return NODE_DATA(nid)->first_deferred_pfn;
#else
	return U64_MAX;
#endif
}

/*
 * Leave struct page of what is held back to pkram_init_pages(), but for blocks that
 * the range has only a part of. Not if somebody is going to look at all of struct
 * page before.
 */
static void __init pkram_hold_noinit(struct pkram_held *held)
{
	const u64 first = ALIGN(held->start_pfn, MAX_ORDER_NR_PAGES);
	const u64 last = ALIGN_DOWN(held->end_pfn, MAX_ORDER_NR_PAGES);

	if (first >= last || early_page_ext_enabled() ||
	    memblock_reserved_mark_noinit(PFN_PHYS(first), PFN_PHYS(last - first)))
		return;
	held->first_pfn = first;
	held->last_pfn = last;
	held->deferred_pfn = pkram_deferred_pfn(held->nid);
}

static void __init pkram_hold(phys_addr_t start, phys_addr_t end, int nid)
{
	struct pkram_held *held = &pkram_held[pkram_nr_held];

	if (PFN_UP(start) >= PFN_DOWN(end))
		return;
	/* What is reserved and not recorded is lost for this boot, but safe */
	if (pkram_nr_held == PKRAM_HELD_MAX) {
		pr_warn_once("too many ranges of memory, some stay unused\n");
		return;
	}
	held->start_pfn = PFN_UP(start);
	held->end_pfn = PFN_DOWN(end);
	held->nid = nid;
	pkram_hold_noinit(held);
	pkram_held_pages += held->end_pfn - held->start_pfn;
	pkram_nr_held++;
}

/*
 * The first boot chooses the frame of the super block for all that follow: low,
 * because kexec prefers to put images at the other end of memory, but not at
 * 1 MiB, where old images have to go.
 */
static u64 __init pkram_super_alloc(void)
{
	phys_addr_t base;

	base = memblock_phys_alloc_range(PAGE_SIZE, PAGE_SIZE, SZ_1M, SZ_16M);
	if (!base)
		base = memblock_phys_alloc_range(PAGE_SIZE, PAGE_SIZE, SZ_1M,
						 MEMBLOCK_ALLOC_ACCESSIBLE);
	return PHYS_PFN(base);
}

/**
 * pkram_hold_back() - keep memory outside of the landing map from being used
 *
 * To be called when memblock is about to free all that is not reserved.
 *
 * Context: Boot, single-threaded.
 */
void __init pkram_hold_back(void)
{
	phys_addr_t start, end;
	int nid;

	if (pkram_enabled && !pkram_boot_pfn)
		pkram_boot_pfn = pkram_super_alloc();
	pkram_boot_pages = pkram_used_pages() - pkram_image_pages;

	if (!pkram_landing)
		return;
	/* Each step reserves the range that it finds, so the next finds another */
	while (pkram_next_free(&start, &end, &nid)) {
		if (memblock_reserve(start, end - start)) {
			pr_err("hand-over refused: no room in memblock\n");
			pkram_boot_facts.refused = "no room in memblock";
			pkram_taken.magic = 0;
			break;
		}
		pkram_hold(start, end, nid);
	}
	pkram_landing = false;
}

/**
 * pkram_held_back_pages() - memory that will be free after pkram_hand_back()
 *
 * Context: Boot.
 * Return: pages that are held back and not known to be preserved.
 */
unsigned long __init pkram_held_back_pages(void)
{
	return pkram_held_pages - min(pkram_held_pages, pkram_taken.nr_preserved);
}

/* --------------------------------------------------------- handing back */

static int __init pkram_zone_idx(int nid, unsigned long pfn)
{
	int zid = 0;

	while (!zone_spans_pfn(&NODE_DATA(nid)->node_zones[zid], pfn))
		zid++;
	return zid;
}

/*
 * What memmap_init_reserved_pages() has left out, in blocks of the page allocator:
 * such a block lies in one zone, and is initialised as a whole or not at all.
 */
static void __init pkram_init_chunk(unsigned long start, unsigned long end,
				    void *arg)
{
	const struct pkram_held *held = arg;
	unsigned long pfn, next;

	for (pfn = start; pfn < end; cond_resched()) {
		struct page *page = pfn_to_page(pfn);

		next = pfn + MAX_ORDER_NR_PAGES;
		if (pfn >= held->deferred_pfn) {
			const int zid = pkram_zone_idx(held->nid, pfn);

			for (; pfn < next; pfn++, page++) {
				__init_single_page(page, pfn, zid, held->nid);
				__SetPageReserved(page);
			}
		} else {
			for (; pfn < next; pfn++, page++)
				__SetPageReserved(page);
		}
	}
}

/* Initialise struct page, by as many CPUs as deferred initialisation has */
static void __init pkram_init_pages(struct pkram_held *held)
{
	const unsigned int cpus = cpumask_weight(cpumask_of_node(held->nid));
	struct padata_mt_job job = {
		.thread_fn = pkram_init_chunk,
		.fn_arg = held,
		.start = held->first_pfn,
		.size = held->last_pfn - held->first_pfn,
		.align = MAX_ORDER_NR_PAGES,
		.min_chunk = PKRAM_PT_LEAF_FRAMES,
		.max_threads = max(cpus, 1U),
	};

	if (IS_ENABLED(CONFIG_PADATA))
		padata_do_multithreaded(&job);
	else
		pkram_init_chunk(held->first_pfn, held->last_pfn, held);
}

static bool __init pkram_is_held(u64 pfn)
{
	unsigned int i;

	for (i = 0; i < pkram_nr_held; i++)
		if (pfn >= pkram_held[i].start_pfn && pfn < pkram_held[i].end_pfn)
			return true;
	return false;
}

/* May a page of the page table be read? */
static bool __init pkram_is_readable(u64 pfn)
{
	u32 i;

	for (i = 0; i < pkram_taken.nr_poison; i++)
		if (pkram_taken.poison[i] == pfn)
			return false;
	return pkram_is_held(pfn);
}

/* Marked frames outside of what is held back are in use by this kernel */
static u64 __init pkram_unmark_lost(struct pkram_pagetable *pt)
{
	u64 pfn = 0, lost = 0, end, next;
	unsigned int i;

	for (i = 0; i <= pkram_nr_held; i++) {
		end = i < pkram_nr_held ? pkram_held[i].start_pfn :
					  PKRAM_PT_PFN_MASK + 1;
		while ((pfn = pkram_pagetable_next_set(pt, pfn, end)) < end) {
			next = pkram_pagetable_next_clear(pt, pfn, end);
			pkram_pagetable_clear(pt, pfn, next - pfn);
			lost += next - pfn;
			pfn = next;
		}
		if (i < pkram_nr_held)
			pfn = pkram_held[i].end_pfn;
	}
	return lost;
}

/* The page table of the previous kernel, without what cannot be there any more */
static bool __init pkram_adopt_frames(const struct pkram_super_ser *super)
{
	u64 lost;
	int err;

	if (super->magic != PKRAM_SUPER_MAGIC)
		return false;

	err = pkram_pagetable_adopt(&pkram_pagetable, super->pt_pfn,
				    super->nr_pt_pages, super->nr_preserved,
				    super->pt_crc, pkram_is_readable);
	if (err) {
		pkram_boot_facts.refused = err == -ENOMEM ?
			"its page table is too large" :
			"its page table is damaged or out of reach";
		pr_err("hand-over refused: %s\n", pkram_boot_facts.refused);
		return false;
	}
	lost = pkram_unmark_lost(&pkram_pagetable);
	pkram_boot_facts.lost_pages = lost;
	if (lost)
		pr_err("%llu preserved pages are gone or in use by this kernel, nodes that hold them are damaged\n",
		       lost);
	return true;
}

/* Frames that had failed while the previous kernel preserved them */
static void __init pkram_adopt_poison(const struct pkram_super_ser *super)
{
	u32 i;

	/* Others are in use, or gone: the page table has been cleaned up */
	for (i = 0; i < super->nr_poison; i++)
		if (pkram_pagetable_test(&pkram_pagetable, super->poison[i]))
			SetPageHWPoison(pfn_to_page(super->poison[i]));
	if (super->nr_poison)
		pr_warn("%u preserved pages have failed\n", super->nr_poison);
}

/* Memory blocks count them too, and are not there before initcalls */
static int __init pkram_count_poison(void)
{
	u32 i;

	for (i = 0; i < pkram_taken.nr_poison; i++)
		if (pfn_valid(pkram_taken.poison[i]) &&
		    PageHWPoison(pfn_to_page(pkram_taken.poison[i])))
			num_poisoned_pages_inc(pkram_taken.poison[i]);
	return 0;
}
late_initcall(pkram_count_poison);

static void __init pkram_note_facts(const struct pkram_super_ser *super,
				    bool adopted)
{
	struct pkram_boot_facts *facts = &pkram_boot_facts;
	struct pkram_node *node;

	facts->held = pkram_nr_held;
	facts->held_pages = pkram_held_pages;
	if (!adopted)
		return;
	facts->generation = super->generation;
	facts->pages = super->nr_preserved;
	facts->failed_pages = super->nr_poison;
	facts->nodes = super->nr_nodes;
	facts->nodes_damaged = super->nr_nodes;
	guard(mutex)(&pkram_lock);
	list_for_each_entry(node, &pkram_nodes, list)
		if (node->state != PKRAM_NODE_DAMAGED)
			facts->nodes_damaged--;
}

/**
 * pkram_hand_back() - take over what is preserved and free the rest
 *
 * To be called when struct page is initialised for all memory, and before the
 * limits that depend on the size of memory are set for good.
 *
 * Context: Boot, after the scheduler is up. May sleep.
 */
void __init pkram_hand_back(void)
{
	const struct pkram_super_ser *super = &pkram_taken;
	struct pkram_boot_facts *facts = &pkram_boot_facts;
	const u64 start = local_clock();
	bool adopted = false;
	unsigned int i;
	int nodes = 0;

	/* What the next kernel will have used when it has come this far */
	pkram_boot_pages += totalram_pages() -
			    global_zone_page_state(NR_FREE_PAGES);
	if (pkram_enabled && pkram_boot_pfn) {
		pkram_super_init(pkram_boot_pfn, super->generation);
	} else if (pkram_enabled) {
		pr_err("no memory for the super block, switched off\n");
		pkram_enabled = false;
	}

	if (!pkram_nr_held)
		return;
	for (i = 0; i < pkram_nr_held; i++)
		pkram_init_pages(&pkram_held[i]);
	scoped_guard(pkram_pagetable) {
		adopted = pkram_adopt_frames(super);
		if (adopted)
			pkram_adopt_poison(super);
		for (i = 0; i < pkram_nr_held; i++)
			facts->freed_pages +=
				pkram_free_unmarked(&pkram_pagetable,
						    pkram_held[i].start_pfn,
						    pkram_held[i].end_pfn);
	}
	files_maxfiles_init();
	pkram_pending_start();
	if (adopted) {
		nodes = pkram_nodes_adopt(super->dir_pfn, super->nr_nodes);
		if (pkram_nodes_settle())
			pr_err("preserved pages that belong to no node cannot be found, and are not freed\n");
	}
	pkram_note_facts(super, adopted);
	facts->time_us = (local_clock() - start) / NSEC_PER_USEC;
	trace_pkram_reserve(facts->landing, facts->landing_pages, facts->held,
			    facts->held_pages);
	trace_pkram_hand_back(facts->nodes, facts->pages, facts->lost_pages,
			      facts->freed_pages, facts->time_us);
	if (adopted)
		pr_info("%s %llu nodes, %llu bytes in %u + %u ranges (landing, held back), %llu us\n",
			nodes < 0 ? "damaged hand-over:" : "took over",
			super->nr_nodes, pkram_pagetable.nr_set << PAGE_SHIFT,
			super->nr_landing, pkram_nr_held, facts->time_us);
}
