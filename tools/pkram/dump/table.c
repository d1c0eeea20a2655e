// SPDX-License-Identifier: GPL-2.0
/*
 * The page table: which frames are preserved.
 */
#include <stdlib.h>
#include <string.h>

#include "../pkram.h"
#include "dump.h"

#define LEAF_WORDS	(FRAME / 8)

/* Of 128 TiB of memory; a damaged table may seem to have any number */
#define TABLES_MAX	(1ULL << 20)

struct leaf {
	uint64_t base;		/* frame of its first bit */
	uint64_t *bits;
};

static bool known;
static struct leaf *leaves;
static size_t nr_leaves;
static uint64_t nr_set, nr_tables, highest;
static uint32_t sum = CRC_SEED;

static unsigned int level_shift(int level)
{
	return PKRAM_PT_LEAF_SHIFT + (level - 1) * PKRAM_PT_SHIFT;
}

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
	if (!(nr_leaves & (nr_leaves - 1)))
		leaves = must(realloc(leaves, 2 * (nr_leaves + 1) * sizeof(*leaves)));
	leaves[nr_leaves].base = base;
	leaves[nr_leaves].bits = must(malloc(FRAME));
	memcpy(leaves[nr_leaves++].bits, bits, FRAME);
	nr_set += set;
}

/* A page before its children, as the checksum wants it */
static bool read_level(uint64_t pfn, int level, uint64_t base, uint64_t told)
{
	uint64_t page[PKRAM_PT_ENTRIES];

	if (!core_frame(pfn, page)) {
		bad(1, "page table: frame %#llx of level %d is not in the core",
		    (unsigned long long)pfn, level);
		return false;
	}
	if (++nr_tables > TABLES_MAX) {
		if (nr_tables == TABLES_MAX + 1)
			bad(1, "page table: has too many pages to be right");
		return false;
	}
	sum = crc32c(sum, page, FRAME);
	if (!level) {
		add_leaf(base, page, told);
		return true;
	}
	for (int i = 0; i < PKRAM_PT_ENTRIES; i++) {
		const uint64_t next = page[i] & PKRAM_PT_PFN_MASK;
		const uint64_t count = page[i] >> PKRAM_PT_COUNT_SHIFT;

		if (!page[i])
			continue;
		if (level > 1 && count)
			bad(1, "page table: entry %d of %#llx has a count above level 1",
			    i, (unsigned long long)pfn);
		read_level(next, level - 1,
			   base + ((uint64_t)i << level_shift(level)), count);
	}
	return true;
}

bool table_read(uint64_t root)
{
	known = read_level(root, PKRAM_PT_LEVELS - 1, 0, 0);
	return known;
}

bool table_known(void)
{
	return known;
}

/* The first leaf that ends behind @pfn; they ascend */
static size_t leaf_after(uint64_t pfn)
{
	size_t low = 0, high = nr_leaves;

	while (low < high) {
		const size_t mid = low + (high - low) / 2;

		if (leaves[mid].base + PKRAM_PT_LEAF_FRAMES <= pfn)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

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
		for (; pfn < l->base + PKRAM_PT_LEAF_FRAMES; pfn++) {
			const uint64_t bit = pfn - l->base;

			if ((l->bits[bit / 64] >> bit % 64 & 1) == set)
				return pfn;
		}
	}
	return set ? NO_PFN : pfn;
}

static void print_ranges(void)
{
	uint64_t start = 0, end;

	for (; (start = next_frame(start, true)) != NO_PFN; start = end) {
		end = next_frame(start, false);
		say(2, "preserved %#llx-%#llx", (unsigned long long)start,
		    (unsigned long long)end - 1);
	}
}

void table_print(const struct pkram_super_ser *super)
{
	say(1, "page table: %llu pages, %llu frames preserved (%s), checksum %#x",
	    (unsigned long long)nr_tables, (unsigned long long)nr_set,
	    human(nr_set * FRAME), sum);
	if (super && super->nr_pt_pages != nr_tables)
		bad(1, "page table: super block says %u pages", super->nr_pt_pages);
	if (super && super->nr_preserved != nr_set)
		bad(1, "page table: super block says %llu frames",
		    (unsigned long long)super->nr_preserved);
	if (super && super->pt_crc != sum)
		bad(1, "page table: super block says checksum %#x", super->pt_crc);
	if (super && nr_set && super->end_pfn != highest + 1)
		bad(1, "page table: last frame is %#llx, super block says %#llx",
		    (unsigned long long)highest,
		    (unsigned long long)super->end_pfn - 1);
	for (unsigned int i = 0; super && i < super->nr_landing &&
	     i < PKRAM_LANDING_MAX; i++) {
		const struct pkram_range_ser *r = &super->landing[i];
		const uint64_t pfn = next_frame(r->start_pfn, true);

		if (pfn < r->start_pfn + r->nr_pages)
			bad(1, "frame %#llx is preserved and in a landing range",
			    (unsigned long long)pfn);
	}
	if (show.ranges)
		print_ranges();
}

uint64_t table_missing(uint64_t pfn, uint64_t nr)
{
	const uint64_t end = pfn + nr;
	uint64_t missing = 0, to;

	if (!known)
		return 0;
	while ((pfn = next_frame(pfn, false)) < end) {
		to = next_frame(pfn, true);
		missing += (to < end ? to : end) - pfn;
		pfn = to;
	}
	return missing;
}
