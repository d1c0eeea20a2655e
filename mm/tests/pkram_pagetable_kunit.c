// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of PKRAM's page table, with real frames for its tables. The many
 * ways in which it can go wrong are tested in tools/testing/pkram.
 */
#include <linux/bitmap.h>
#include <linux/crc32.h>
#include <linux/prandom.h>
#include <linux/vmalloc.h>

#include "pkram_kunit.h"

/* Where no RAM is in any machine that runs this, over the edge of a table */
#define PKRAM_KUNIT_BASE	(0x3800000000ULL - 2048)
#define PKRAM_KUNIT_WINDOW	4096

static bool pkram_kunit_is_ram(u64 pfn)
{
	return pfn_valid(pfn);
}

/* Proves: random sets and clears agree with a bitmap, errors change nothing */
static void pkram_pagetable_test_model(struct kunit *test)
{
	const u64 base = PKRAM_KUNIT_BASE, end = base + PKRAM_KUNIT_WINDOW;
	struct pkram_pagetable pt = { };
	unsigned long *model;
	struct rnd_state rnd;
	int round;

	model = kunit_kzalloc(test, PKRAM_KUNIT_WINDOW / 8, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, model);
	prandom_seed_state(&rnd, 20240601);
	for (round = 0; round < 5000; round++) {
		u32 at = prandom_u32_state(&rnd) % PKRAM_KUNIT_WINDOW;
		u32 nr = 1 + prandom_u32_state(&rnd) % 64;
		u32 to = min(at + nr, PKRAM_KUNIT_WINDOW), next;

		if (find_next_zero_bit(model, to, at) == to) {
			pkram_pagetable_clear(&pt, base + at, to - at);
			bitmap_clear(model, at, to - at);
		} else if (find_next_bit(model, to, at) < to) {
			KUNIT_ASSERT_EQ(test, -EEXIST,
					pkram_pagetable_set(&pt, base + at,
							    to - at, GFP_KERNEL));
		} else {
			KUNIT_ASSERT_EQ(test, 0,
					pkram_pagetable_set(&pt, base + at,
							    to - at, GFP_KERNEL));
			bitmap_set(model, at, to - at);
		}
		at = prandom_u32_state(&rnd) % PKRAM_KUNIT_WINDOW;
		KUNIT_ASSERT_EQ(test, pkram_pagetable_test(&pt, base + at),
				test_bit(at, model));
		next = find_next_bit(model, PKRAM_KUNIT_WINDOW, at);
		KUNIT_ASSERT_EQ(test, base + next,
				pkram_pagetable_next_set(&pt, base + at, end));
		next = find_next_zero_bit(model, PKRAM_KUNIT_WINDOW, at);
		KUNIT_ASSERT_EQ(test, base + next,
				pkram_pagetable_next_clear(&pt, base + at, end));
	}
	KUNIT_EXPECT_EQ(test, pt.nr_set - pt.nr_tables,
			bitmap_weight(model, PKRAM_KUNIT_WINDOW));
	KUNIT_EXPECT_EQ(test, 0, pkram_pagetable_validate(&pt));
	pkram_pagetable_destroy(&pt);
	KUNIT_EXPECT_NULL(test, pt.root);
}

/* Proves: ranges that cannot be are -ERANGE */
static void pkram_pagetable_test_range(struct kunit *test)
{
	const u64 end = PKRAM_PT_PFN_MASK + 1;
	struct pkram_pagetable pt = { };

	KUNIT_EXPECT_EQ(test, -ERANGE, pkram_pagetable_set(&pt, 1, 0, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, -ERANGE, pkram_pagetable_set(&pt, end, 1, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, -ERANGE,
			pkram_pagetable_set(&pt, end - 1, 2, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, -ERANGE,
			pkram_pagetable_set(&pt, 1, ~0ULL, GFP_KERNEL));
	KUNIT_EXPECT_NULL(test, pt.root);
	KUNIT_EXPECT_EQ(test, 0, pkram_pagetable_set(&pt, end - 1, 1, GFP_KERNEL));
	pkram_pagetable_destroy(&pt);
}

/* Proves: a tree is taken over by what the super block says of it, or not */
static void pkram_pagetable_test_adopt(struct kunit *test)
{
	struct pkram_pagetable pt = { }, new = { };
	u64 root_pfn;
	u32 crc;

	KUNIT_ASSERT_EQ(test, 0, pkram_pagetable_set(&pt, PKRAM_KUNIT_BASE, 5000,
						     GFP_KERNEL));
	root_pfn = pkram_virt_to_pfn(pt.root);
	crc = pkram_pagetable_crc(&pt);

	KUNIT_EXPECT_EQ(test, -EBADMSG,
			pkram_pagetable_adopt(&new, root_pfn, pt.nr_tables,
					      pt.nr_set, crc + 1,
					      pkram_kunit_is_ram));
	KUNIT_EXPECT_EQ(test, -EBADMSG,
			pkram_pagetable_adopt(&new, root_pfn, pt.nr_tables - 1,
					      pt.nr_set, crc, pkram_kunit_is_ram));
	KUNIT_EXPECT_EQ(test, -EBADMSG,
			pkram_pagetable_adopt(&new, root_pfn, pt.nr_tables,
					      pt.nr_set + 1, crc,
					      pkram_kunit_is_ram));
	KUNIT_EXPECT_NULL(test, new.root);
	KUNIT_EXPECT_EQ(test, 0,
			pkram_pagetable_adopt(&new, root_pfn, pt.nr_tables,
					      pt.nr_set, crc, pkram_kunit_is_ram));
	KUNIT_EXPECT_PTR_EQ(test, new.root, pt.root);
	pkram_pagetable_destroy(&pt);
}

/* Proves: each table can be moved, and the tree stays whole */
static void pkram_pagetable_test_move(struct kunit *test)
{
	const u64 leaf = PKRAM_PT_LEAF_FRAMES;
	struct pkram_pagetable pt = { };
	u64 *tables, pfn, nr = 0, i;

	KUNIT_ASSERT_EQ(test, 0, pkram_pagetable_set(&pt, PKRAM_KUNIT_BASE,
						     3 * leaf, GFP_KERNEL));
	tables = kunit_kcalloc(test, pt.nr_tables, sizeof(u64), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, tables);
	pfn = pkram_pagetable_next_set(&pt, 0, PKRAM_KUNIT_BASE);
	for (; pfn < PKRAM_KUNIT_BASE && nr < pt.nr_tables;
	     pfn = pkram_pagetable_next_set(&pt, pfn + 1, PKRAM_KUNIT_BASE))
		tables[nr++] = pfn;
	KUNIT_ASSERT_EQ(test, nr, pt.nr_tables);

	for (i = 0; i < nr; i++) {
		KUNIT_ASSERT_EQ(test, 0, pkram_pagetable_move(&pt, tables[i],
							      GFP_KERNEL));
		KUNIT_EXPECT_FALSE(test, pkram_pagetable_test(&pt, tables[i]));
		KUNIT_ASSERT_EQ(test, 0, pkram_pagetable_validate(&pt));
		KUNIT_EXPECT_EQ(test, PKRAM_KUNIT_BASE + 3 * leaf,
				pkram_pagetable_next_clear(&pt, PKRAM_KUNIT_BASE,
							   ~0ULL));
	}
	KUNIT_EXPECT_EQ(test, -ENOENT,
			pkram_pagetable_move(&pt, PKRAM_KUNIT_BASE, GFP_KERNEL));
	pkram_pagetable_destroy(&pt);
}

/* Proves: frames that may be preserved in place are told from others */
static void pkram_pagetable_test_allowed(struct kunit *test)
{
	struct page *page = alloc_page(GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_EXPECT_FALSE(test, pkram_frames_allowed(0, 1));
	KUNIT_EXPECT_FALSE(test, pkram_frames_allowed(255, 1));
	KUNIT_EXPECT_TRUE(test, pkram_frames_allowed(page_to_pfn(page), 1));
	__free_page(page);
}

/* Proves: frames are marked, found, and released with the last table */
static void pkram_pagetable_test_frames(struct kunit *test)
{
	struct folio *folio = pkram_kunit_folio(test, 2, 1);
	u64 pfn = folio_pfn(folio);

	KUNIT_EXPECT_FALSE(test, pkram_frames_preserved(pfn, 1));
	KUNIT_ASSERT_EQ(test, 0, pkram_frames_preserve(pfn, 4, GFP_KERNEL));
	KUNIT_EXPECT_TRUE(test, pkram_frames_preserved(pfn, 4));
	KUNIT_EXPECT_EQ(test, -EEXIST,
			pkram_frames_preserve(pfn + 3, 1, GFP_KERNEL));
	pkram_frames_release(pfn, 2);
	KUNIT_EXPECT_FALSE(test, pkram_frames_preserved(pfn, 4));
	KUNIT_EXPECT_TRUE(test, pkram_frames_preserved(pfn + 2, 2));
	pkram_frames_release(pfn + 2, 2);
	folio_put(folio);
}

/* Proves: the architecture's checksum is the library's, however bytes lie */
static void pkram_pagetable_test_crc(struct kunit *test)
{
	u8 *buf = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL);
	size_t at, nr;
	u32 sum;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	pkram_kunit_fill(buf, PAGE_SIZE, 0, 3);
	KUNIT_EXPECT_EQ(test, __crc32c_le(PKRAM_CRC_SEED, buf, PAGE_SIZE),
			pkram_crc(PKRAM_CRC_SEED, buf, PAGE_SIZE));
	for (at = 0; at < 9; at++) {
		for (nr = 0; nr < 100; nr++) {
			sum = __crc32c_le(at, buf + at, nr);
			KUNIT_ASSERT_EQ(test, sum, pkram_crc(at, buf + at, nr));
			/* In two pieces it is the same */
			KUNIT_ASSERT_EQ(test, sum,
					pkram_crc(pkram_crc(at, buf + at, nr / 3),
						  buf + at + nr / 3, nr - nr / 3));
		}
	}
}

static struct kunit_case pkram_pagetable_cases[] = {
	KUNIT_CASE(pkram_pagetable_test_model),
	KUNIT_CASE(pkram_pagetable_test_range),
	KUNIT_CASE(pkram_pagetable_test_adopt),
	KUNIT_CASE(pkram_pagetable_test_move),
	KUNIT_CASE(pkram_pagetable_test_allowed),
	KUNIT_CASE(pkram_pagetable_test_frames),
	KUNIT_CASE(pkram_pagetable_test_crc),
	{ }
};

static struct kunit_suite pkram_pagetable_suite = {
	.name = "pkram-pagetable",
	.init = pkram_kunit_init,
	.exit = pkram_kunit_exit,
	.test_cases = pkram_pagetable_cases,
};

kunit_test_suite(pkram_pagetable_suite);
