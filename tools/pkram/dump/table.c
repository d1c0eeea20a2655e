// SPDX-License-Identifier: GPL-2.0
/*
 * The page table: which frames are preserved; and which of them have been met.
 */
#include <stdlib.h>
#include <string.h>

#include "../pkram.h"
#include "dump.h"

#define LEAF_WORDS	(FRAME / 8)
#define LEAF_FRAMES	((uint64_t)PKRAM_PT_LEAF_FRAMES)
#define LOWEST		(0x100000 / FRAME)	/* nothing is preserved below it */

struct leaf {
	uint64_t base;		/* frame of its first bit */
	uint64_t *set;		/* as the page table has it */
	uint64_t *used;		/* belongs to something that has been met */
};

static bool known, stop;
static struct leaf *leaves;	/* ascending */
static size_t nr_leaves;
static uint64_t *tables;	/* frames of the pages of the page table */
static size_t nr_tables;
static uint64_t nr_set, highest;
static uint32_t sum = CRC_SEED;

/* The first leaf that ends behind @pfn */
static size_t leaf_after(uint64_t pfn)
{
	size_t low = 0, high = nr_leaves;

	while (low < high) {
		const size_t mid = low + (high - low) / 2;

		if (leaves[mid].base + LEAF_FRAMES <= pfn)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The leaf of @pfn, which comes into being if there is none */
static struct leaf *leaf_of(uint64_t pfn)
{
	const size_t i = leaf_after(pfn);

	if (i == nr_leaves || leaves[i].base > pfn) {
		leaves = must(reallocarray(leaves, nr_leaves + 1, sizeof(*leaves)));
		memmove(&leaves[i + 1], &leaves[i], (nr_leaves++ - i) * sizeof(*leaves));
		leaves[i].base = pfn / LEAF_FRAMES * LEAF_FRAMES;
		leaves[i].set = must(calloc(1, FRAME));
		leaves[i].used = must(calloc(1, FRAME));
	}
	return &leaves[i];
}

/* ------------------------------------------------------------- reading */

static unsigned int level_shift(int level)
{
	return PKRAM_PT_LEAF_SHIFT + (level - 1) * PKRAM_PT_SHIFT;
}

/* It may be empty: a leaf stays as long as anything is preserved */
static void add_leaf(uint64_t base, const uint64_t *bits, uint64_t told)
{
	uint64_t set = 0;

	for (int i = 0; i < LEAF_WORDS; i++) {
		set += __builtin_popcountll(bits[i]);
		if (bits[i])
			highest = base + i * 64 + 63 - __builtin_clzll(bits[i]);
	}
	if (set != told)
		bad(1, "page table: %llu frames from %#llx on are set, entry says %llu",
		    (unsigned long long)set, (unsigned long long)base,
		    (unsigned long long)told);
	memcpy(leaf_of(base)->set, bits, FRAME);
	nr_set += set;
}

/* As many as memory can need; a damaged table may seem to have any number */
static uint64_t tables_max(void)
{
	const uint64_t leaf = core_end() / LEAF_FRAMES + 1;

	return leaf + leaf / PKRAM_PT_ENTRIES + 8;
}

/* A page before its children, as the checksum wants it */
static void read_level(uint64_t pfn, int level, uint64_t base, uint64_t told)
{
	uint64_t page[PKRAM_PT_ENTRIES];

	if (nr_tables >= tables_max()) {
		bad(1, "page table: has more pages than memory can need");
		stop = true;
		return;
	}
	if (!core_frame(pfn, page)) {
		bad(1, "page table: frame %#llx of level %d is not in the core",
		    (unsigned long long)pfn, level);
		return;
	}
	tables[nr_tables++] = pfn;
	sum = crc32c(sum, page, FRAME);
	if (!level) {
		add_leaf(base, page, told);
		return;
	}
	for (int i = 0; i < PKRAM_PT_ENTRIES && !stop; i++) {
		const uint64_t first = base + ((uint64_t)i << level_shift(level));
		const uint64_t count = page[i] >> PKRAM_PT_COUNT_SHIFT;

		if (!page[i])
			continue;
		if ((level > 1 && count) || first > PKRAM_PT_PFN_MASK) {
			bad(1, "page table: entry %d of %#llx is %#llx, which it cannot be",
			    i, (unsigned long long)pfn, (unsigned long long)page[i]);
			continue;
		}
		read_level(page[i] & PKRAM_PT_PFN_MASK, level - 1, first, count);
	}
}

bool table_read(uint64_t root)
{
	tables = must(calloc(tables_max(), sizeof(*tables)));
	read_level(root, PKRAM_PT_LEVELS - 1, 0, 0);
	if (!nr_leaves)
		bad(1, "page table: there is nothing in it");
	known = nr_leaves && !stop;
	for (size_t i = 0; known && i < nr_tables; i++)
		table_use(1, "a page of the page table", tables[i], 1);
	return known;
}

bool table_known(void)
{
	return known;
}

/* ------------------------------------------------------------ looking up */

/* The next frame from @pfn on whose bit is @set, or NO_PFN */
static uint64_t next_frame(uint64_t pfn, bool set)
{
	for (size_t i = leaf_after(pfn); i < nr_leaves; i++) {
		const struct leaf *l = &leaves[i];

		if (l->base > pfn) {
			if (!set)
				return pfn;
			pfn = l->base;
		}
		while (pfn < l->base + LEAF_FRAMES) {
			const uint64_t bit = pfn - l->base;
			const uint64_t word = (set ? l->set[bit / 64] :
					       ~l->set[bit / 64]) >> bit % 64;

			if (word)
				return pfn + __builtin_ctzll(word);
			pfn += 64 - bit % 64;
		}
	}
	return set ? NO_PFN : pfn;
}

bool table_has(uint64_t pfn)
{
	return next_frame(pfn, true) == pfn;
}

/* Bits of a word, from one to another but the last */
static uint64_t mask(unsigned int from, unsigned int to)
{
	return (to == 64 ? ~0ULL : (1ULL << to) - 1) & ~((1ULL << from) - 1);
}

bool table_use(int level, const char *what, uint64_t pfn, uint64_t nr)
{
	const uint64_t first = pfn, end = pfn + nr;
	uint64_t missing = 0, twice = 0;

	if (pfn >= core_end() || nr > core_end() - pfn) {
		bad(level, "%s: frame %#llx and %llu more are not in memory", what,
		    (unsigned long long)pfn, (unsigned long long)nr - 1);
		return false;
	}
	while (pfn < end) {
		struct leaf *l = leaf_of(pfn);
		const uint64_t bit = pfn - l->base;
		const uint64_t left = end - pfn < 64 - bit % 64 ? end - pfn : 64 - bit % 64;
		const uint64_t bits = mask(bit % 64, bit % 64 + left);

		missing += __builtin_popcountll(bits & ~l->set[bit / 64]);
		twice += __builtin_popcountll(bits & l->used[bit / 64]);
		l->used[bit / 64] |= bits;
		pfn += left;
	}
	if (missing && known)
		bad(level, "%s: %llu frames from %#llx on are not preserved", what,
		    (unsigned long long)missing, (unsigned long long)first);
	if (twice)
		bad(level, "%s: %llu frames from %#llx on belong to something else, too",
		    what, (unsigned long long)twice, (unsigned long long)first);
	return !twice;
}

/* ------------------------------------------------------------- printing */

static void print_ranges(void)
{
	uint64_t start = 0, end;

	for (; (start = next_frame(start, true)) != NO_PFN; start = end) {
		end = next_frame(start, false);
		say(2, "preserved %#llx-%#llx", (unsigned long long)start,
		    (unsigned long long)end - 1);
	}
}

static void check_super(const struct pkram_super_ser *super)
{
	if (super->nr_pt_pages != nr_tables)
		bad(1, "page table: super block says %u pages", super->nr_pt_pages);
	if (super->nr_preserved != nr_set)
		bad(1, "page table: super block says %llu frames",
		    (unsigned long long)super->nr_preserved);
	if (super->pt_crc != sum)
		bad(1, "page table: super block says checksum %#x", super->pt_crc);
	if (nr_set && super->end_pfn != highest + 1)
		bad(1, "page table: last frame is %#llx, super block says %#llx",
		    (unsigned long long)highest,
		    (unsigned long long)super->end_pfn - 1);
	if (table_has(super->self_pfn))
		bad(1, "page table: the super block is preserved");
	for (unsigned int i = 0; i < super->nr_landing && i < PKRAM_LANDING_MAX; i++) {
		const struct pkram_range_ser *r = &super->landing[i];
		const uint64_t pfn = next_frame(r->start_pfn, true);

		if (pfn != NO_PFN && pfn - r->start_pfn < r->nr_pages)
			bad(1, "frame %#llx is preserved and in a landing range",
			    (unsigned long long)pfn);
	}
}

void table_print(const struct pkram_super_ser *super)
{
	say(1, "page table: %zu pages, %llu frames preserved (%s), checksum %#x",
	    nr_tables, (unsigned long long)nr_set, human(nr_set * FRAME), sum);
	if (next_frame(0, true) < LOWEST)
		bad(1, "page table: frame %#llx is preserved, below 1 MiB",
		    (unsigned long long)next_frame(0, true));
	if (super)
		check_super(super);
	if (show.ranges)
		print_ranges();
}
