// SPDX-License-Identifier: GPL-2.0
/*
 * PKRAM page table: which page frames are preserved.
 *
 * A radix tree of fixed height in the on-memory format of pkram_abi.h, so that
 * the next kernel takes it over as it stands. It knows nothing of nodes,
 * folios or struct page, and builds in user space for its tests.
 *
 * The pages of the tree are preserved themselves. Setting a bit may therefore
 * need new tables, whose own bits may need new tables in turn. All of them are
 * allocated before the first is linked, so that running out of memory changes
 * nothing.
 */
#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>

#include "pkram_internal.h"

#define PKRAM_PT_TOP	(PKRAM_PT_LEVELS - 1)

/* Entries of the root that frame numbers can lead to; it has room for more */
#define PKRAM_PT_ROOT_ENTRIES						\
	(1U << (PKRAM_PFN_BITS - PKRAM_PT_LEAF_SHIFT -			\
		PKRAM_PT_SHIFT * (PKRAM_PT_TOP - 1)))

/* A table that is allocated but not linked yet; level 0 is a leaf */
struct pkram_pt_new {
	u64 *table;
	u64 key;
	unsigned int level;
};

/*
 * All of them. Usually a handful, but when each new table lies in another
 * 128 MiB that has no leaf yet, and so needs one, there may be hundreds.
 */
struct pkram_pt_news {
	struct pkram_pt_new *new;
	unsigned int nr;
	unsigned int max;
};

/* Number of the table of @level that covers @pfn, counted over all memory */
static u64 pkram_pt_key(unsigned int level, u64 pfn)
{
	return pfn >> (PKRAM_PT_LEAF_SHIFT + PKRAM_PT_SHIFT * level);
}

/* First frame after those that the entry of a table of @level covers */
static u64 pkram_pt_entry_end(unsigned int level, u64 pfn)
{
	return (pkram_pt_key(level - 1, pfn) + 1) <<
	       (PKRAM_PT_LEAF_SHIFT + PKRAM_PT_SHIFT * (level - 1));
}

static u64 *pkram_pt_entry(u64 *table, unsigned int level, u64 pfn)
{
	return &table[pkram_pt_key(level - 1, pfn) & (PKRAM_PT_ENTRIES - 1)];
}

static u64 *pkram_pt_child(u64 entry)
{
	return pkram_pfn_to_virt(entry & PKRAM_PT_PFN_MASK);
}

/* The table of @level that covers @pfn; NULL when there is none */
static u64 *pkram_pt_find(const struct pkram_pagetable *pt, unsigned int level,
			  u64 pfn)
{
	u64 *table = pt->root;
	unsigned int l;

	for (l = PKRAM_PT_TOP; table && l > level; l--) {
		u64 entry = *pkram_pt_entry(table, l, pfn);

		table = entry ? pkram_pt_child(entry) : NULL;
	}
	return table;
}

/* The entry of the leaf that covers @pfn; NULL when there is no leaf */
static u64 *pkram_pt_leaf_entry(const struct pkram_pagetable *pt, u64 pfn)
{
	u64 *table = pkram_pt_find(pt, 1, pfn), *entry;

	entry = table ? pkram_pt_entry(table, 1, pfn) : NULL;
	return entry && *entry ? entry : NULL;
}

static int pkram_pt_news_add(struct pkram_pt_news *news, unsigned int level,
			     u64 pfn, gfp_t gfp)
{
	struct pkram_pt_new *new = news->new;

	if (news->nr == news->max) {
		unsigned int max = news->max ? 2 * news->max : 16;

		new = krealloc_array(new, max, sizeof(*new), gfp);
		if (!new)
			return -ENOMEM;
		news->new = new;
		news->max = max;
	}
	new += news->nr;
	new->table = pkram_table_alloc(gfp);
	if (!new->table)
		return -ENOMEM;
	new->key = pkram_pt_key(level, pfn);
	new->level = level;
	news->nr++;
	return 0;
}

/* Allocate what is missing on the way to the leaf of @pfn */
static int pkram_pt_cover(const struct pkram_pagetable *pt, u64 pfn,
			  struct pkram_pt_news *news, gfp_t gfp)
{
	unsigned int level = PKRAM_PT_LEVELS, i;
	int err;

	while (level--) {
		if (pkram_pt_find(pt, level, pfn))
			continue;
		for (i = 0; i < news->nr; i++)
			if (news->new[i].level == level &&
			    news->new[i].key == pkram_pt_key(level, pfn))
				break;
		if (i < news->nr)
			continue;
		err = pkram_pt_news_add(news, level, pfn, gfp);
		if (err)
			return err;
	}
	return 0;
}

/* Mark frames in the leaf of this entry, of which none is marked */
static void pkram_pt_bits_set(struct pkram_pagetable *pt, u64 *entry,
			      unsigned int from, unsigned int nr)
{
	bitmap_set((unsigned long *)pkram_pt_child(*entry), from, nr);
	*entry += (u64)nr << PKRAM_PT_COUNT_SHIFT;
	pt->nr_set += nr;
}

/* The reverse, for frames that are all marked */
static void pkram_pt_bits_clear(struct pkram_pagetable *pt, u64 *entry,
				unsigned int from, unsigned int nr)
{
	bitmap_clear((unsigned long *)pkram_pt_child(*entry), from, nr);
	*entry -= (u64)nr << PKRAM_PT_COUNT_SHIFT;
	pt->nr_set -= nr;
}

/* The part of one leaf: callers have made sure that the leaf exists */
static void pkram_pt_leaf_set(struct pkram_pagetable *pt, u64 pfn,
			      unsigned int nr)
{
	pkram_pt_bits_set(pt, pkram_pt_leaf_entry(pt, pfn),
			  pfn & (PKRAM_PT_LEAF_FRAMES - 1), nr);
}

static void pkram_pt_leaf_clear(struct pkram_pagetable *pt, u64 pfn,
				unsigned int nr)
{
	pkram_pt_bits_clear(pt, pkram_pt_leaf_entry(pt, pfn),
			    pfn & (PKRAM_PT_LEAF_FRAMES - 1), nr);
}

static void pkram_pt_link(struct pkram_pagetable *pt,
			  const struct pkram_pt_new *new, unsigned int nr)
{
	unsigned int level = PKRAM_PT_LEVELS, i;

	/* From the top, so that each finds its parent */
	while (level--) {
		for (i = 0; i < nr; i++) {
			u64 pfn = new[i].key << (PKRAM_PT_LEAF_SHIFT +
						 PKRAM_PT_SHIFT * level);

			if (new[i].level != level)
				continue;
			if (level == PKRAM_PT_TOP)
				pt->root = new[i].table;
			else
				*pkram_pt_entry(pkram_pt_find(pt, level + 1, pfn),
						level + 1, pfn) =
					pkram_virt_to_pfn(new[i].table);
		}
	}
	pt->nr_tables += nr;
	for (i = 0; i < nr; i++)
		pkram_pt_leaf_set(pt, pkram_virt_to_pfn(new[i].table), 1);
}

/* Make sure that the leaf of @pfn exists */
static int pkram_pt_ensure(struct pkram_pagetable *pt, u64 pfn, gfp_t gfp)
{
	struct pkram_pt_news news = { };
	unsigned int i = 0;
	int err;

	if (pkram_pt_find(pt, 0, pfn))
		return 0;

	err = pkram_pt_cover(pt, pfn, &news, gfp);
	while (!err && i < news.nr) {
		u64 table_pfn = pkram_virt_to_pfn(news.new[i++].table);

		err = pkram_pt_cover(pt, table_pfn, &news, gfp);
	}
	if (!err)
		pkram_pt_link(pt, news.new, news.nr);
	else
		while (news.nr)
			pkram_table_free(news.new[--news.nr].table);
	kfree(news.new);
	return err;
}

/* What most calls are about: frames in one leaf, which is there; else -ENOENT */
static int pkram_pt_set_in_leaf(struct pkram_pagetable *pt, u64 pfn, u64 nr)
{
	const u64 from = pfn & (PKRAM_PT_LEAF_FRAMES - 1);
	u64 *entry = pkram_pt_leaf_entry(pt, pfn);
	unsigned long *leaf;

	if (!entry || from + nr > PKRAM_PT_LEAF_FRAMES)
		return -ENOENT;
	leaf = (unsigned long *)pkram_pt_child(*entry);
	if (find_next_bit(leaf, from + nr, from) < from + nr)
		return -EEXIST;
	pkram_pt_bits_set(pt, entry, from, nr);
	return 0;
}

/**
 * pkram_pagetable_set() - mark frames as preserved
 * @pt: page table
 * @pfn: first frame
 * @nr: number of frames, not 0
 * @gfp: how to allocate tables
 *
 * On error no bit of the range has changed; tables may have been added.
 *
 * Context: Caller serialises. May sleep as @gfp allows.
 * Return: 0, -EEXIST when a frame is marked already, -ENOMEM, or -ERANGE when
 * the range ends beyond %PKRAM_PFN_BITS.
 */
int pkram_pagetable_set(struct pkram_pagetable *pt, u64 pfn, u64 nr, gfp_t gfp)
{
	u64 end = pfn + nr, cur, next;
	int err;

	if (!nr || end <= pfn || end > PKRAM_PT_PFN_MASK + 1)
		return -ERANGE;
	err = pkram_pt_set_in_leaf(pt, pfn, nr);
	if (err != -ENOENT)
		return err;
	if (pkram_pagetable_next_set(pt, pfn, end) < end)
		return -EEXIST;

	for (cur = pfn; cur < end; cur = next) {
		next = min(end, pkram_pt_entry_end(1, cur));
		err = pkram_pt_ensure(pt, cur, gfp);
		/* A new table never lies in the range, unless the caller errs */
		if (!err && pkram_pagetable_next_set(pt, cur, next) < next)
			err = -EEXIST;
		if (err) {
			if (cur > pfn)
				pkram_pagetable_clear(pt, pfn, cur - pfn);
			return err;
		}
		pkram_pt_leaf_set(pt, cur, next - cur);
	}
	return 0;
}

/* Is this run a single frame? */
static bool pkram_pt_single(const struct pkram_run_ser *run)
{
	const u64 longer = PKRAM_RUN_ORDER_MASK << PKRAM_RUN_ORDER_SHIFT |
			   ~0ULL << PKRAM_RUN_NR_HI_SHIFT;

	return !(run->where & longer) && run->index >> PKRAM_RUN_NR_LO_SHIFT == 1;
}

/* Mark a run if all of it lies in the leaf, and nothing of it is marked already */
static unsigned int pkram_pt_set_run(unsigned long *leaf,
				     const struct pkram_run_ser *ser)
{
	const struct pkram_run run = pkram_run_unpack(ser);
	const unsigned int at = run.pfn % PKRAM_PT_LEAF_FRAMES;
	const u64 nr = run.nr << run.order;

	if (nr > PKRAM_PT_LEAF_FRAMES - at ||
	    find_next_bit(leaf, at + nr, at) < at + nr)
		return 0;
	bitmap_set(leaf, at, nr);
	return nr;
}

/*
 * Mark the frames of runs in the leaf of the first, up to a run that does not lie
 * there, or of which a frame is marked already. Returns how many runs have been
 * marked: there may be a run for each frame, so the leaf is looked up only once.
 */
static unsigned int pkram_pt_leaf_set_runs(struct pkram_pagetable *pt,
					   const struct pkram_run_ser *runs,
					   unsigned int nr)
{
	const u64 first = runs->where & PKRAM_RUN_PFN_MASK;
	u64 *entry = pkram_pt_leaf_entry(pt, first);
	unsigned int i, marked, sum = 0;
	unsigned long *leaf;

	if (!entry)
		return 0;
	leaf = (unsigned long *)pkram_pt_child(*entry);
	for (i = 0; i < nr; i++) {
		const u64 pfn = runs[i].where & PKRAM_RUN_PFN_MASK;

		if ((pfn ^ first) >> PKRAM_PT_LEAF_SHIFT)
			break;
		if (pkram_pt_single(&runs[i]))
			marked = !__test_and_set_bit(pfn % PKRAM_PT_LEAF_FRAMES,
						     leaf);
		else
			marked = pkram_pt_set_run(leaf, &runs[i]);
		if (!marked)
			break;
		sum += marked;
	}
	*entry += (u64)sum << PKRAM_PT_COUNT_SHIFT;
	pt->nr_set += sum;
	return i;
}

/**
 * pkram_pagetable_set_runs() - mark the frames of many runs as preserved
 * @pt: page table
 * @runs: the runs
 * @nr: how many
 * @done: set to how many of them, from the first, have been marked
 * @gfp: how to allocate tables
 *
 * Context: Caller serialises. May sleep as @gfp allows.
 * Return: 0, or the error of pkram_pagetable_set() for the run after the last that
 * has been marked.
 */
int pkram_pagetable_set_runs(struct pkram_pagetable *pt,
			     const struct pkram_run_ser *runs, unsigned int nr,
			     unsigned int *done, gfp_t gfp)
{
	struct pkram_run run;
	int err = 0;

	for (*done = 0; *done < nr; ) {
		*done += pkram_pt_leaf_set_runs(pt, runs + *done, nr - *done);
		if (*done == nr)
			break;
		/* One that needs a leaf or several, or that is refused */
		run = pkram_run_unpack(&runs[*done]);
		err = pkram_pagetable_set(pt, run.pfn, run.nr << run.order, gfp);
		if (err)
			break;
		++*done;
	}
	return err;
}

/**
 * pkram_pagetable_clear() - mark frames as not preserved
 * @pt: page table
 * @pfn: first frame
 * @nr: number of frames
 *
 * All frames must be marked as preserved. Tables stay, even when they become
 * empty, until pkram_pagetable_destroy(): there is at most one for 128 MiB.
 *
 * Context: Caller serialises. Does not sleep.
 */
void pkram_pagetable_clear(struct pkram_pagetable *pt, u64 pfn, u64 nr)
{
	u64 end = pfn + nr, next;

	if (WARN_ON_ONCE(pkram_pagetable_next_clear(pt, pfn, end) < end))
		return;

	for (; pfn < end; pfn = next) {
		next = min(end, pkram_pt_entry_end(1, pfn));
		pkram_pt_leaf_clear(pt, pfn, next - pfn);
	}
}

/**
 * pkram_pagetable_clear_runs() - mark the frames of many runs as not preserved
 * @pt: page table
 * @runs: the runs, all of whose frames are marked
 * @nr: how many
 *
 * As pkram_pagetable_clear() for each of them. Runs that follow each other are
 * often in the same leaf, which is looked for once then.
 *
 * Context: Caller serialises.
 */
void pkram_pagetable_clear_runs(struct pkram_pagetable *pt,
				const struct pkram_run_ser *runs, unsigned int nr)
{
	unsigned long *leaf = NULL;
	u64 base = 0, *entry = NULL;

	for (; nr; nr--, runs++) {
		const struct pkram_run run = pkram_run_unpack(runs);
		const u64 frames = run.nr << run.order;
		const u64 from = run.pfn & (PKRAM_PT_LEAF_FRAMES - 1);

		if (!leaf || run.pfn - from != base) {
			entry = pkram_pt_leaf_entry(pt, run.pfn);
			leaf = entry ? (unsigned long *)pkram_pt_child(*entry) : NULL;
			base = run.pfn - from;
		}
		/* In several leaves, or not marked, which it complains of */
		if (!leaf || from + frames > PKRAM_PT_LEAF_FRAMES ||
		    find_next_zero_bit(leaf, from + frames, from) < from + frames) {
			pkram_pagetable_clear(pt, run.pfn, frames);
			continue;
		}
		pkram_pt_bits_clear(pt, entry, from, frames);
	}
}

/**
 * pkram_pagetable_test() - is a frame preserved?
 * @pt: page table
 * @pfn: frame
 *
 * Context: Caller serialises. Does not sleep.
 * Return: true when it is.
 */
bool pkram_pagetable_test(const struct pkram_pagetable *pt, u64 pfn)
{
	return pkram_pagetable_next_set(pt, pfn, pfn + 1) == pfn;
}

/**
 * pkram_pagetable_leaf() - look at many frames at a time
 * @pt: page table
 * @pfn: one of them
 *
 * Context: Caller serialises. Does not sleep.
 * Return: bitmap of the %PKRAM_PT_LEAF_FRAMES frames around @pfn, or NULL when
 * none of them is preserved.
 */
const unsigned long *pkram_pagetable_leaf(const struct pkram_pagetable *pt,
					  u64 pfn)
{
	return (const unsigned long *)pkram_pt_find(pt, 0, pfn);
}

/**
 * pkram_pagetable_next_set() - find the first preserved frame of a range
 * @pt: page table
 * @pfn: first frame of the range
 * @end: end of the range, exclusive
 *
 * Context: Caller serialises. Does not sleep.
 * Return: the frame, or @end when there is none.
 */
u64 pkram_pagetable_next_set(const struct pkram_pagetable *pt, u64 pfn, u64 end)
{
	u64 limit = min(end, PKRAM_PT_PFN_MASK + 1);

	while (pfn < limit) {
		const u64 base = ALIGN_DOWN(pfn, PKRAM_PT_LEAF_FRAMES);
		u64 *table = pt->root;
		unsigned int level = PKRAM_PT_TOP, bit, nr;

		while (table && level) {
			u64 entry = *pkram_pt_entry(table, level, pfn);

			/* No table below: go on behind what it would cover */
			if (!entry || (level == 1 &&
				       !(entry >> PKRAM_PT_COUNT_SHIFT)))
				break;
			table = pkram_pt_child(entry);
			level--;
		}
		if (!table)
			break;
		if (level) {
			pfn = pkram_pt_entry_end(level, pfn);
			continue;
		}
		/* No further than asked: many ask for one frame after the other */
		nr = min_t(u64, limit - base, PKRAM_PT_LEAF_FRAMES);
		bit = find_next_bit((unsigned long *)table, nr, pfn - base);
		pfn = base + bit;
		if (bit < nr)
			return pfn;
	}
	return end;
}

/**
 * pkram_pagetable_next_clear() - find the first frame of a range not preserved
 * @pt: page table
 * @pfn: first frame of the range
 * @end: end of the range, exclusive
 *
 * Context: Caller serialises. Does not sleep.
 * Return: the frame, or @end when there is none.
 */
u64 pkram_pagetable_next_clear(const struct pkram_pagetable *pt, u64 pfn,
			       u64 end)
{
	while (pfn < end && pfn <= PKRAM_PT_PFN_MASK) {
		const u64 base = ALIGN_DOWN(pfn, PKRAM_PT_LEAF_FRAMES);
		u64 *leaf = pkram_pt_find(pt, 0, pfn);
		unsigned int bit, nr;

		if (!leaf)
			return pfn;
		nr = min_t(u64, end - base, PKRAM_PT_LEAF_FRAMES);
		bit = find_next_zero_bit((unsigned long *)leaf, nr, pfn - base);
		pfn = base + bit;
		if (bit < nr)
			return pfn;
	}
	return min(pfn, end);
}

/*
 * What a walk over all tables does at each. A non-zero return ends it.
 * @slot: the entry that refers to the table, NULL for the root
 */
typedef int (*pkram_pt_visit_t)(u64 *slot, u64 *table, unsigned int level,
				void *arg);

/* Depth first, parents before children; the depth is fixed by the format */
static int pkram_pt_walk(u64 *slot, u64 *table, unsigned int level,
			 pkram_pt_visit_t visit, void *arg)
{
	unsigned int i;
	int err;

	err = visit(slot, table, level, arg);
	for (i = 0; !err && level && i < PKRAM_PT_ENTRIES; i++)
		if (table[i])
			err = pkram_pt_walk(&table[i], pkram_pt_child(table[i]),
					    level - 1, visit, arg);
	return err;
}

static void pkram_pt_free(u64 *table, unsigned int level)
{
	unsigned int i;

	for (i = 0; level && i < PKRAM_PT_ENTRIES; i++)
		if (table[i])
			pkram_pt_free(pkram_pt_child(table[i]), level - 1);
	pkram_table_free(table);
}

/**
 * pkram_pagetable_destroy() - free all tables, whatever is marked in them
 * @pt: page table, empty afterwards
 *
 * Context: Caller serialises. Does not sleep.
 */
void pkram_pagetable_destroy(struct pkram_pagetable *pt)
{
	if (pt->root)
		pkram_pt_free(pt->root, PKRAM_PT_TOP);
	*pt = (struct pkram_pagetable){ };
}

static int pkram_pt_visit_crc(u64 *slot, u64 *table, unsigned int level,
			      void *arg)
{
	u32 *crc = arg;

	*crc = pkram_crc(*crc, table, PKRAM_SER_PAGE_SIZE);
	return 0;
}

/**
 * pkram_pagetable_crc() - checksum of all tables
 * @pt: page table
 *
 * Context: Caller serialises. Does not sleep.
 * Return: what &struct pkram_super_ser.pt_crc has to be.
 */
u32 pkram_pagetable_crc(const struct pkram_pagetable *pt)
{
	u32 crc = PKRAM_CRC_SEED;

	if (pt->root)
		pkram_pt_walk(NULL, pt->root, PKRAM_PT_TOP, pkram_pt_visit_crc,
			      &crc);
	return crc;
}

static int pkram_pt_visit_mark(u64 *slot, u64 *table, unsigned int level,
			       void *arg)
{
	return pkram_pagetable_set(arg, pkram_virt_to_pfn(table), 1, GFP_KERNEL);
}

/**
 * pkram_pagetable_mark_tables() - mark the pages of one page table in another
 * @pt: page table
 * @in: the other
 *
 * Context: Caller serialises. May sleep.
 * Return: 0, -EEXIST when one is marked already, or -ENOMEM; some may be marked
 * then.
 */
int pkram_pagetable_mark_tables(const struct pkram_pagetable *pt,
				struct pkram_pagetable *in)
{
	return pt->root ? pkram_pt_walk(NULL, pt->root, PKRAM_PT_TOP,
					pkram_pt_visit_mark, in) : 0;
}

/* State of the validation of a tree that nothing is known of */
struct pkram_pt_check {
	const struct pkram_pagetable *pt;
	struct pkram_pagetable seen;	/* tables met so far */
	bool (*is_ram)(u64 pfn);
	u64 nr_tables;
	u64 nr_set;
	u32 crc;
};

/*
 * Everything about one table that can be said without following its entries,
 * and of its entries what must be known before they are followed.
 */
static int pkram_pt_visit_check(u64 *slot, u64 *table, unsigned int level,
				void *arg)
{
	struct pkram_pt_check *c = arg;
	u64 pfn = pkram_virt_to_pfn(table);
	unsigned int i, weight;
	int err;

	if (++c->nr_tables > c->pt->nr_tables)
		return -EBADMSG;
	err = pkram_pagetable_set(&c->seen, pfn, 1, GFP_KERNEL);
	if (err)
		return err == -ENOMEM ? err : -EBADMSG;

	c->crc = pkram_crc(c->crc, table, PKRAM_SER_PAGE_SIZE);
	if (!level) {
		weight = bitmap_weight((unsigned long *)table,
				       PKRAM_PT_LEAF_FRAMES);
		c->nr_set += weight;
		return weight == *slot >> PKRAM_PT_COUNT_SHIFT ? 0 : -EBADMSG;
	}
	for (i = 0; i < PKRAM_PT_ENTRIES; i++) {
		if (!table[i])
			continue;
		if (!c->is_ram(table[i] & PKRAM_PT_PFN_MASK))
			return -EBADMSG;
		if (level == PKRAM_PT_TOP && i >= PKRAM_PT_ROOT_ENTRIES)
			return -EBADMSG;
		if (level > 1 && table[i] >> PKRAM_PT_COUNT_SHIFT)
			return -EBADMSG;
	}
	return 0;
}

/* Second pass, when following entries is known to be safe */
static int pkram_pt_visit_own_bit(u64 *slot, u64 *table, unsigned int level,
				  void *arg)
{
	struct pkram_pt_check *c = arg;

	return pkram_pagetable_test(c->pt, pkram_virt_to_pfn(table)) ?
	       0 : -EBADMSG;
}

static int pkram_pt_check(const struct pkram_pagetable *pt, u32 *crc,
			  bool (*is_ram)(u64 pfn))
{
	struct pkram_pt_check c = {
		.pt = pt,
		.is_ram = is_ram,
		.crc = PKRAM_CRC_SEED,
	};
	int err;

	err = pkram_pt_walk(NULL, pt->root, PKRAM_PT_TOP, pkram_pt_visit_check,
			    &c);
	pkram_pagetable_destroy(&c.seen);
	if (err)
		return err;
	if (c.nr_tables != pt->nr_tables || c.nr_set != pt->nr_set)
		return -EBADMSG;
	if (crc && c.crc != *crc)
		return -EBADMSG;
	return pkram_pt_walk(NULL, pt->root, PKRAM_PT_TOP,
			     pkram_pt_visit_own_bit, &c);
}

/**
 * pkram_pagetable_adopt() - take over the page table of the previous kernel
 * @pt: empty page table
 * @root_pfn: frame of the root, 0 when nothing is preserved
 * @nr_tables: pages of the tree
 * @nr_set: frames marked in it
 * @crc: its checksum
 * @is_ram: says whether a frame may be read at all
 *
 * Nothing is believed before it is checked: each table lies in RAM, is met
 * once and marked itself, counts agree with bits, and sums with the totals.
 *
 * Context: Caller serialises. May sleep.
 * Return: 0, -EBADMSG when the tree is damaged, or -ENOMEM; on error @pt is
 * empty and nothing has been freed.
 */
int pkram_pagetable_adopt(struct pkram_pagetable *pt, u64 root_pfn,
			  u64 nr_tables, u64 nr_set, u32 crc,
			  bool (*is_ram)(u64 pfn))
{
	struct pkram_pagetable tmp = {
		.nr_tables = nr_tables,
		.nr_set = nr_set,
	};
	int err;

	if (!root_pfn) {
		if (nr_tables || nr_set || crc != PKRAM_CRC_SEED)
			return -EBADMSG;
		*pt = tmp;
		return 0;
	}
	if (root_pfn > PKRAM_PT_PFN_MASK || !is_ram(root_pfn))
		return -EBADMSG;
	tmp.root = pkram_pfn_to_virt(root_pfn);
	err = pkram_pt_check(&tmp, &crc, is_ram);
	if (!err)
		*pt = tmp;
	return err;
}

static bool pkram_pt_any_ram(u64 pfn)
{
	return pfn;
}

/**
 * pkram_pagetable_validate() - check all invariants of a page table
 * @pt: page table
 *
 * Context: Caller serialises. May sleep.
 * Return: 0, -EBADMSG when an invariant does not hold, or -ENOMEM.
 */
int pkram_pagetable_validate(const struct pkram_pagetable *pt)
{
	if (!pt->root)
		return pt->nr_tables || pt->nr_set ? -EBADMSG : 0;
	return pkram_pt_check(pt, NULL, pkram_pt_any_ram);
}

struct pkram_pt_search {
	u64 pfn;
	u64 *slot;
};

static int pkram_pt_visit_search(u64 *slot, u64 *table, unsigned int level,
				 void *arg)
{
	struct pkram_pt_search *s = arg;

	if (pkram_virt_to_pfn(table) != s->pfn)
		return 0;
	s->slot = slot;
	return 1;
}

/**
 * pkram_pagetable_move() - move a table to another frame
 * @pt: page table
 * @pfn: frame that has to become free
 * @gfp: how to allocate
 *
 * Context: Caller serialises. May sleep as @gfp allows.
 * Return: 0, -ENOENT when the frame is no table of @pt, or -ENOMEM.
 */
int pkram_pagetable_move(struct pkram_pagetable *pt, u64 pfn, gfp_t gfp)
{
	struct pkram_pt_search s = { .pfn = pfn };
	u64 *new, *old = pkram_pfn_to_virt(pfn);
	int err;

	if (!pt->root || !pkram_pt_walk(NULL, pt->root, PKRAM_PT_TOP,
					pkram_pt_visit_search, &s))
		return -ENOENT;
	new = pkram_table_alloc(gfp);
	if (!new)
		return -ENOMEM;
	err = pkram_pagetable_set(pt, pkram_virt_to_pfn(new), 1, gfp);
	if (err) {
		pkram_table_free(new);
		return err;
	}
	memcpy(new, old, PKRAM_SER_PAGE_SIZE);
	if (s.slot)
		*s.slot = (*s.slot & ~PKRAM_PT_PFN_MASK) | pkram_virt_to_pfn(new);
	else
		pt->root = new;
	/* From here on the copy is the tree */
	pkram_pagetable_clear(pt, pfn, 1);
	pkram_table_free(old);
	return 0;
}
