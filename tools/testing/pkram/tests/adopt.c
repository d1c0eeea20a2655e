// SPDX-License-Identifier: GPL-2.0
/*
 * Taking over the page table of another kernel: nothing is believed.
 *
 * Wherever possible the totals and the checksum are made to agree with the
 * damage, so that it is the damage itself that is found and not its trace in
 * the checksum.
 */
#include <errno.h>

#include "../test.h"

#define LEAF	((u64)PKRAM_PT_LEAF_FRAMES)
#define MID	(LEAF << PKRAM_PT_SHIFT)
#define TOP	(MID << PKRAM_PT_SHIFT)

/*
 *   root (0x1000)
 *    [0] -> 0x1001
 *            [0] -> 0x1002
 *                    [0] -> 0x1003     5000 .. 5009, tables
 *                    [1] -> 0x1004     LEAF + 7
 *            [1] -> 0x1005
 *                    [0] -> 0x1006     MID
 */
#define ROOT	0x1000ULL
#define L2	0x1001ULL
#define L1	0x1002ULL
#define LEAF0	0x1003ULL
#define LEAF1	0x1004ULL

static struct pkram_pagetable pt;

/* Tables of the simulated machine and frames that could be none */
static bool is_ram(u64 pfn)
{
	return sim_frame_exists(pfn);
}

static u64 *table(u64 pfn)
{
	return pkram_pfn_to_virt(pfn);
}

static void build(void)
{
	sim_place(0x1000, 1);
	EXPECT_EQ(pkram_pagetable_set(&pt, 5000, 10, 0), 0);
	EXPECT_EQ(pkram_pagetable_set(&pt, LEAF + 7, 1, 0), 0);
	EXPECT_EQ(pkram_pagetable_set(&pt, MID, 1, 0), 0);
	EXPECT_EQ(pt.nr_tables, 7);
	EXPECT_EQ(pkram_virt_to_pfn(pt.root), ROOT);
	EXPECT_EQ(table(ROOT)[0], L2);
	EXPECT_EQ(table(L2)[0], L1);
	EXPECT_EQ(table(L1)[0] & PKRAM_PT_PFN_MASK, LEAF0);
	EXPECT_EQ(table(L1)[1] & PKRAM_PT_PFN_MASK, LEAF1);
	sim_place(0x9000, 1);
}

static int adopt(struct pkram_pagetable *new, u64 root_pfn, u64 nr_tables,
		 u64 nr_set, u32 crc)
{
	u64 before = sim_fingerprint();
	int err;

	err = pkram_pagetable_adopt(new, root_pfn, nr_tables, nr_set, crc, is_ram);
	/* Nothing allocated is left, nothing of the old kernel's has changed */
	EXPECT_EQ(sim_fingerprint(), before);
	if (err)
		EXPECT(!new->root && !new->nr_tables && !new->nr_set);
	return err;
}

static int adopt_as_is(struct pkram_pagetable *new)
{
	return adopt(new, pkram_virt_to_pfn(pt.root), pt.nr_tables, pt.nr_set,
		     pkram_pagetable_crc(&pt));
}

/* The damage is in place: it must be found; undo it with the returned value */
static void refused(const char *what)
{
	struct pkram_pagetable new = { };
	int err = adopt_as_is(&new);

	if (err != -EBADMSG)
		FAIL("%s: adopt returned %d, expected -EBADMSG", what, err);
	err = pkram_pagetable_validate(&pt);
	if (err != -EBADMSG)
		FAIL("%s: validate returned %d, expected -EBADMSG", what, err);
}

static void accepted(void)
{
	struct pkram_pagetable new = { };

	EXPECT_EQ(adopt_as_is(&new), 0);
	EXPECT(new.root == pt.root && new.nr_tables == pt.nr_tables &&
	       new.nr_set == pt.nr_set);
	EXPECT_EQ(pkram_pagetable_validate(&new), 0);
}

/* One entry replaced by a value; totals as given, checksum made to agree */
static void entry_refused(const char *what, u64 pfn, unsigned int i, u64 value,
			  int tables, s64 set)
{
	u64 was = table(pfn)[i];

	table(pfn)[i] = value;
	pt.nr_tables += tables;
	pt.nr_set += set;
	refused(what);
	pt.nr_tables -= tables;
	pt.nr_set -= set;
	table(pfn)[i] = was;
	accepted();
}

static void test_good(void)
{
	struct pkram_pagetable new = { };

	build();
	EXPECT_EQ(adopt_as_is(&new), 0);
	EXPECT(pkram_pagetable_test(&new, 5009));
	EXPECT(!pkram_pagetable_test(&new, 5010));
	EXPECT(pkram_pagetable_test(&new, LEAF + 7));
	EXPECT(pkram_pagetable_test(&new, MID));
	EXPECT(pkram_pagetable_test(&new, ROOT));
	/* It is as alive as one that was built here */
	EXPECT_EQ(pkram_pagetable_set(&new, TOP, 2 * LEAF, 0), 0);
	pkram_pagetable_clear(&new, 5000, 10);
	EXPECT_EQ(pkram_pagetable_validate(&new), 0);
	pkram_pagetable_destroy(&new);
}

static void test_empty(void)
{
	struct pkram_pagetable new = { };

	EXPECT_EQ(adopt(&new, 0, 0, 0, PKRAM_CRC_SEED), 0);
	EXPECT_EQ(adopt(&new, 0, 1, 0, PKRAM_CRC_SEED), -EBADMSG);
	EXPECT_EQ(adopt(&new, 0, 0, 1, PKRAM_CRC_SEED), -EBADMSG);
	EXPECT_EQ(adopt(&new, 0, 0, 0, 0), -EBADMSG);
}

static void test_root(void)
{
	struct pkram_pagetable new = { };
	u64 crc;

	build();
	crc = pkram_pagetable_crc(&pt);
	EXPECT_EQ(adopt(&new, 0x7777, 7, pt.nr_set, crc), -EBADMSG);
	EXPECT_EQ(adopt(&new, ROOT | 1ULL << 40, 7, pt.nr_set, crc), -EBADMSG);
	EXPECT_EQ(adopt(&new, ~0ULL, 7, pt.nr_set, crc), -EBADMSG);
	/* A table of another level, a page of zeros */
	EXPECT_EQ(adopt(&new, L2, 7, pt.nr_set, crc), -EBADMSG);
	EXPECT_EQ(adopt(&new, LEAF0, 7, pt.nr_set, crc), -EBADMSG);
	EXPECT(sim_frame_add(0x6000));
	EXPECT_EQ(adopt(&new, 0x6000, 7, pt.nr_set, crc), -EBADMSG);
	EXPECT_EQ(adopt(&new, 0x6000, 1, 0,
			pkram_crc(PKRAM_CRC_SEED, table(0x6000), 4096)),
		  -EBADMSG);
	sim_frame_del(0x6000);
	accepted();
	pkram_pagetable_destroy(&pt);
}

static void test_totals(void)
{
	struct pkram_pagetable new = { };
	u32 crc;
	int d;

	build();
	crc = pkram_pagetable_crc(&pt);
	for (d = -7; d <= 7; d++) {
		int want = d ? -EBADMSG : 0;

		EXPECT_EQ(adopt(&new, ROOT, 7, pt.nr_set + d, crc), want);
		new = (struct pkram_pagetable){ };
		EXPECT_EQ(adopt(&new, ROOT, 7 + d, pt.nr_set, crc), want);
		new = (struct pkram_pagetable){ };
		EXPECT_EQ(adopt(&new, ROOT, 7, pt.nr_set, crc ^ d), want);
		new = (struct pkram_pagetable){ };
	}
	EXPECT_EQ(adopt(&new, ROOT, ~0ULL, pt.nr_set, crc), -EBADMSG);
	pkram_pagetable_destroy(&pt);
}

/* Every bit of every table in turn, totals and checksum left as they were */
static void test_every_bit(void)
{
	struct pkram_pagetable new = { };
	u64 pfns[16], nr_set, crc;
	unsigned int nr, i, bit, step = 1;

	build();
	nr = sim_pfns(pfns, 16);
	nr_set = pt.nr_set;
	crc = pkram_pagetable_crc(&pt);
	for (i = 0; i < nr; i++)
		for (bit = 0; bit < 8 * PAGE_SIZE; bit += step) {
			u64 *word = &table(pfns[i])[bit / 64];

			/* All of what is in use, a sample of the rest */
			step = *word ? 1 : 61;
			*word ^= 1ULL << bit % 64;
			if (adopt(&new, ROOT, 7, nr_set, crc) != -EBADMSG)
				FAIL("table %#llx bit %u", pfns[i], bit);
			*word ^= 1ULL << bit % 64;
		}
	accepted();
	pkram_pagetable_destroy(&pt);
}

static void test_bad_pfn(void)
{
	static const u64 bad[] = { 0x7777, 0x1007, PKRAM_PT_PFN_MASK };
	struct pkram_pagetable new = { };
	u64 tables[] = { ROOT, L2, L1 };
	unsigned int i, j, slot;
	u32 crc;

	build();
	crc = pkram_pagetable_crc(&pt);
	for (i = 0; i < 3; i++)
		for (j = 0; j < 3; j++)
			for (slot = 0; slot < 512; slot += 511) {
				u64 *word = &table(tables[i])[slot], was = *word;

				*word = bad[j] | (was & ~PKRAM_PT_PFN_MASK);
				EXPECT_EQ(adopt(&new, ROOT, 7, pt.nr_set, crc),
					  -EBADMSG);
				EXPECT_EQ(adopt(&new, ROOT, 8, pt.nr_set, crc),
					  -EBADMSG);
				*word = was;
			}
	accepted();
	pkram_pagetable_destroy(&pt);
}

/* The number of a leaf's bits in its parent, and in parents that have none */
static void test_leaf_count(void)
{
	const u64 one = 1ULL << PKRAM_PT_COUNT_SHIFT;
	struct pkram_pagetable new = { };
	u32 crc;

	build();
	entry_refused("leaf count too high", L1, 0, table(L1)[0] + one, 0, 0);
	entry_refused("leaf count too high, total too", L1, 0,
		      table(L1)[0] + one, 0, 1);
	entry_refused("leaf count too low", L1, 1, LEAF1, 0, 0);
	entry_refused("leaf count with top bit", L1, 1,
		      table(L1)[1] | 1ULL << 63, 0, 0);
	entry_refused("count above level 1", L2, 0, L1 | one, 0, 0);
	entry_refused("count in the root", ROOT, 0, L2 | one, 0, 0);
	/* Its checksum cannot be computed: the walk would follow the entry */
	crc = pkram_pagetable_crc(&pt);
	table(L1)[5] = one;
	EXPECT_EQ(adopt(&new, ROOT, 8, pt.nr_set, crc), -EBADMSG);
	table(L1)[5] = 0;
	pkram_pagetable_destroy(&pt);
}

/* Two entries for one table: totals and checksum as a walk would find them */
static void test_shared(void)
{
	build();
	entry_refused("leaf shared in one table", L1, 9, table(L1)[1], 1, 1);
	entry_refused("leaf shared instead of another", L1, 0, table(L1)[1], 0,
		      1 - (s64)(table(L1)[0] >> PKRAM_PT_COUNT_SHIFT));
	entry_refused("subtree shared", L2, 7, L1, 3,
		      (table(L1)[0] >> PKRAM_PT_COUNT_SHIFT) + 1);
	entry_refused("half the tree shared", ROOT, 3, L2, 6, pt.nr_set);
	pkram_pagetable_destroy(&pt);
}

/* A table that is its own descendant, at each distance */
static void test_cycle(void)
{
	const u64 one = 1ULL << PKRAM_PT_COUNT_SHIFT;
	int n;

	build();
	/* Enough tables that it is not the number of them that ends the walk */
	for (n = 1; n < 2000; n *= 4) {
		entry_refused("root in root", ROOT, 100, ROOT, n, 0);
		entry_refused("root in level 2", L2, 100, ROOT, n, 0);
		entry_refused("root as leaf", L1, 100, ROOT | one, n, 0);
		entry_refused("level 2 in itself", L2, 100, L2, n, 0);
		entry_refused("level 1 in itself as leaf", L1, 100, L1 | one, n, 0);
		entry_refused("level 2 as leaf", L1, 100, L2 | 2 * one, n, 0);
	}
	pkram_pagetable_destroy(&pt);
}

/* A table whose own frame is free for others to take */
static void test_own_bit(void)
{
	u64 pfn;

	build();
	for (pfn = 0x1000; pfn < 0x1007; pfn++) {
		/* All that there is to say about the frame is said consistently */
		pkram_pagetable_clear(&pt, pfn, 1);
		refused("own bit");
		EXPECT_EQ(pkram_pagetable_set(&pt, pfn, 1, 0), 0);
		accepted();
	}
	pkram_pagetable_destroy(&pt);
}

/*
 * The tree spans 42 bits, frame numbers have 40: bits that no search would
 * ever look at must not be there.
 */
static void test_beyond_address_space(void)
{
	const unsigned int slot = (PKRAM_PT_PFN_MASK + 1) / TOP;
	u64 *mid, *low, *leaf;

	build();
	mid = sim_frame_add(0x2000);
	low = sim_frame_add(0x2001);
	leaf = sim_frame_add(0x2002);
	EXPECT_EQ(pkram_pagetable_set(&pt, 0x2000, 3, 0), 0);
	accepted();
	leaf[0] = 1;
	low[0] = 0x2002 | 1ULL << PKRAM_PT_COUNT_SHIFT;
	mid[0] = 0x2001;
	entry_refused("frames beyond the address space", ROOT, slot, 0x2000, 3, 1);
	entry_refused("frames far beyond it", ROOT, 511, 0x2000, 3, 1);
	pkram_pagetable_clear(&pt, 0x2000, 3);
	sim_frame_del(0x2000);
	sim_frame_del(0x2001);
	sim_frame_del(0x2002);
	pkram_pagetable_destroy(&pt);
}

static void test_enomem(void)
{
	struct pkram_pagetable new = { };
	int n, err = -ENOMEM;

	build();
	for (n = 0; err; n++) {
		sim_fail_after(n);
		err = adopt_as_is(&new);
		if (err)
			EXPECT_EQ(err, -ENOMEM);
		sim_fail_after(n);
		EXPECT_EQ(pkram_pagetable_validate(&pt), err);
		sim_fail_after(-1);
	}
	EXPECT(n > 3);
	pkram_pagetable_destroy(&new);
}

/* Pages of random words, of random entries: never more than an error */
static void test_garbage(void)
{
	struct pkram_pagetable new = { };
	u64 pfns[SIM_PFNS];
	unsigned int nr, i, j, round;

	build();
	nr = sim_pfns(pfns, SIM_PFNS);
	for (round = 0; round < 3000; round++) {
		u64 saved[4], *word[4];

		for (i = 0; i < 4; i++) {
			j = sim_random(4) ? sim_random(8) : sim_random(512);
			word[i] = &table(pfns[sim_random(nr)])[j];
			saved[i] = *word[i];
			*word[i] = sim_random(3) ?
				pfns[sim_random(nr)] | sim_random(9) << 40 :
				sim_random(~0ULL) << 11;
		}
		EXPECT_EQ(adopt(&new, pfns[sim_random(nr)],
				sim_random(4) ? 7 : sim_random(10000),
				pt.nr_set, sim_random(~0U)), -EBADMSG);
		while (i--)
			*word[i] = saved[i];
	}
	accepted();
	pkram_pagetable_destroy(&pt);
}

const struct test adopt_tests[] = {
	{ "good", "a good tree is taken over and can be changed", test_good },
	{ "empty", "no tree is taken over only with all totals 0", test_empty },
	{ "root", "a root that is no RAM, no frame or no root is refused",
	  test_root },
	{ "totals", "each total and the checksum must be exact", test_totals },
	{ "every_bit", "no flipped bit goes unnoticed", test_every_bit },
	{ "bad_pfn", "an entry outside RAM is never followed", test_bad_pfn },
	{ "leaf_count", "counts in entries agree with the bits", test_leaf_count },
	{ "shared", "a table with two parents is refused", test_shared },
	{ "cycle", "a table below itself is refused", test_cycle },
	{ "own_bit", "a table that is not preserved itself is refused",
	  test_own_bit },
	{ "beyond_address_space", "bits for frames that cannot be are refused",
	  test_beyond_address_space },
	{ "enomem", "-ENOMEM at each allocation, then success", test_enomem },
	{ "garbage", "random entries are refused without harm", test_garbage },
	{ }
};
