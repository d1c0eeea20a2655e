// SPDX-License-Identifier: GPL-2.0
/*
 * The page table: marking, searching, running out of memory, moving tables.
 */
#include <errno.h>

#include "../test.h"

#define LEAF	((u64)PKRAM_PT_LEAF_FRAMES)
#define MID	(LEAF << PKRAM_PT_SHIFT)
#define TOP	(MID << PKRAM_PT_SHIFT)
#define END	(PKRAM_PT_PFN_MASK + 1)

static struct pkram_pagetable pt;

static int set(u64 pfn, u64 nr)
{
	return pkram_pagetable_set(&pt, pfn, nr, GFP_KERNEL);
}

static void destroy(void)
{
	EXPECT_EQ(pkram_pagetable_validate(&pt), 0);
	pkram_pagetable_destroy(&pt);
	EXPECT(!pt.root && !pt.nr_tables && !pt.nr_set);
	EXPECT_EQ(sim_nr_frames(), 0);
}

static void test_empty(void)
{
	EXPECT(!pkram_pagetable_test(&pt, 0));
	EXPECT(!pkram_pagetable_test(&pt, END - 1));
	EXPECT(!pkram_pagetable_test(&pt, END));
	EXPECT(!pkram_pagetable_test(&pt, ~0ULL));
	EXPECT_EQ(pkram_pagetable_next_set(&pt, 0, END), END);
	EXPECT_EQ(pkram_pagetable_next_set(&pt, 5, 7), 7);
	EXPECT_EQ(pkram_pagetable_next_clear(&pt, 5, 7), 5);
	EXPECT_EQ(pkram_pagetable_crc(&pt), PKRAM_CRC_SEED);
	pt.nr_set = 1;
	EXPECT_EQ(pkram_pagetable_validate(&pt), -EBADMSG);
	pt.nr_set = 0;
	pt.nr_tables = 1;
	EXPECT_EQ(pkram_pagetable_validate(&pt), -EBADMSG);
	pt.nr_tables = 0;
	destroy();
}

/*
 *   root  +---+
 *         | x |                 one table of each level, and their own bits
 *         +-|-+                 (frames 0x1000 to 0x1003) in the same leaf
 *           v
 *   mid   [ x ] -> [ x ] -> leaf [....1111....1....]
 *                                     tables  pfn
 */
static void test_one(void)
{
	u64 pfn;

	sim_place(0x1000, 1);
	EXPECT_EQ(set(0x4321, 1), 0);
	EXPECT_EQ(pt.nr_tables, PKRAM_PT_LEVELS);
	EXPECT_EQ(pt.nr_set, PKRAM_PT_LEVELS + 1);
	for (pfn = 0; pfn < LEAF; pfn++)
		EXPECT_EQ(pkram_pagetable_test(&pt, pfn),
			  pfn == 0x4321 || (pfn >= 0x1000 && pfn < 0x1004));
	EXPECT_EQ(pkram_pagetable_next_set(&pt, 0x1004, END), 0x4321);
	EXPECT_EQ(pkram_pagetable_next_set(&pt, 0x4322, END), END);
	EXPECT_EQ(pkram_pagetable_next_clear(&pt, 0x4321, END), 0x4322);
	pkram_pagetable_clear(&pt, 0x4321, 1);
	EXPECT_EQ(pt.nr_set, PKRAM_PT_LEVELS);
	destroy();
}

/*
 * The frames on both sides of the edge of a leaf, of a table of each level and
 * of the address space:
 *
 *   ...---+---...---+---...---+---...---+
 *       ^ | ^     ^ | ^     ^ | ^     ^ |
 *       LEAF      MID       TOP       END
 */
static void test_edges(void)
{
	static const u64 edges[] = { LEAF, MID, TOP, END };
	unsigned int i;

	sim_place(0x1000, 1);
	for (i = 0; i < 4; i++) {
		u64 edge = edges[i], nr = edge == END ? 3 : 6;

		EXPECT_EQ(set(edge - 3, nr), 0);
		EXPECT(!pkram_pagetable_test(&pt, edge - 4));
		EXPECT(pkram_pagetable_test(&pt, edge - 3));
		EXPECT(pkram_pagetable_test(&pt, edge - 1));
		EXPECT_EQ(pkram_pagetable_test(&pt, edge + 2), edge != END);
		EXPECT(!pkram_pagetable_test(&pt, edge + 3));
		EXPECT_EQ(pkram_pagetable_next_set(&pt, edge - 1000, ~0ULL),
			  edge - 3);
		EXPECT_EQ(pkram_pagetable_next_clear(&pt, edge - 3, ~0ULL),
			  edge - 3 + nr);
		EXPECT_EQ(pkram_pagetable_next_clear(&pt, edge - 3, edge - 1),
			  edge - 1);
	}
	EXPECT_EQ(pkram_pagetable_next_set(&pt, END - 1, END), END - 1);
	EXPECT_EQ(pkram_pagetable_next_clear(&pt, END - 1, END), END);
	EXPECT_EQ(pkram_pagetable_validate(&pt), 0);
	for (i = 0; i < 4; i++)
		pkram_pagetable_clear(&pt, edges[i] - 3, edges[i] == END ? 3 : 6);
	EXPECT_EQ(pt.nr_set, pt.nr_tables);
	destroy();
}

static void test_bad_ranges(void)
{
	EXPECT_EQ(set(5, 0), -ERANGE);
	EXPECT_EQ(set(END, 1), -ERANGE);
	EXPECT_EQ(set(END - 1, 2), -ERANGE);
	EXPECT_EQ(set(~0ULL, 1), -ERANGE);
	EXPECT_EQ(set(5, ~0ULL), -ERANGE);
	EXPECT_EQ(set(5, ~0ULL - 4), -ERANGE);
	EXPECT(!pt.root);
	destroy();
}

/*
 *   leaf 0                      leaf 1
 *   [.........................] [...x.....................]
 *              ^----------- set ----------^    -EEXIST
 */
static void test_exist(void)
{
	u64 before, nr_tables;

	sim_place(0x1000, 1);
	EXPECT_EQ(set(LEAF + 3, 1), 0);
	before = sim_fingerprint();
	nr_tables = pt.nr_tables;
	EXPECT_EQ(set(LEAF + 3, 1), -EEXIST);
	EXPECT_EQ(set(LEAF - 100, 200), -EEXIST);
	EXPECT_EQ(set(LEAF - 100, 104), -EEXIST);
	EXPECT_EQ(set(LEAF + 3, 5 * LEAF), -EEXIST);
	EXPECT_EQ(sim_fingerprint(), before);
	EXPECT_EQ(pt.nr_tables, nr_tables);
	EXPECT_EQ(set(LEAF - 100, 103), 0);
	destroy();
}

static void test_exist_own_table(void)
{
	sim_place(0x1000, 1);
	EXPECT_EQ(set(0x2000, 1), 0);
	EXPECT_EQ(set(0x1002, 1), -EEXIST);
	EXPECT_EQ(set(0xff0, 0x20), -EEXIST);
	destroy();
}

/* The caller marks as preserved what the allocator still thinks is free */
static void test_exist_new_table(void)
{
	u64 before;

	sim_place(0x1000, 1);
	EXPECT_EQ(set(5, 1), 0);
	before = pt.nr_set - pt.nr_tables;
	sim_place(5 * LEAF + 10, 1);
	EXPECT_EQ(set(5 * LEAF, 20), -EEXIST);
	EXPECT_EQ(pt.nr_set - pt.nr_tables, before);
	destroy();
}

/* Clearing what is not set is a bug of the caller: a warning, no change */
static void test_clear_unset(void)
{
	u64 before;

	EXPECT_EQ(set(100, 10), 0);
	before = sim_fingerprint();
	pkram_pagetable_clear(&pt, 99, 1);
	pkram_pagetable_clear(&pt, 105, 10);
	pkram_pagetable_clear(&pt, 5 * MID, 1);
	EXPECT_EQ(sim_fingerprint(), before);
	EXPECT_WARNINGS(3);
	destroy();
}

/* Runs in one leaf, in another, over the edge of two, large folios; one not set */
static void test_clear_runs(void)
{
	static const struct pkram_run runs[] = {
		{ .pfn = 7, .nr = 1 },
		{ .pfn = 100, .nr = 10 },
		{ .pfn = 512, .nr = 3, .order = 9 },
		{ .pfn = 9, .nr = 1 },
		{ .pfn = 5 * MID + 3, .nr = 1 },
		{ .pfn = LEAF - 2, .nr = LEAF + 4 },
		{ .pfn = 8, .nr = 1 },
	};
	struct pkram_run_ser sers[ARRAY_SIZE(runs)];
	u64 left, before;
	unsigned int i;

	EXPECT_EQ(set(6, 1), 0);
	for (i = 0; i < ARRAY_SIZE(runs); i++) {
		sers[i] = pkram_run_pack(&runs[i]);
		EXPECT_EQ(set(runs[i].pfn, runs[i].nr << runs[i].order), 0);
	}
	EXPECT_EQ(pkram_pagetable_validate(&pt), 0);
	pkram_pagetable_clear_runs(&pt, sers, ARRAY_SIZE(runs));
	EXPECT_EQ(pkram_pagetable_validate(&pt), 0);
	left = pt.nr_set - pt.nr_tables;
	EXPECT_EQ(left, 1);
	EXPECT(pkram_pagetable_test(&pt, 6));

	/* The second is not set: a warning, and the others are cleared */
	EXPECT_EQ(set(7, 1), 0);
	EXPECT_EQ(set(512, 3 << 9), 0);
	pkram_pagetable_clear_runs(&pt, sers, 3);
	EXPECT_WARNINGS(1);
	EXPECT_EQ(pt.nr_set - pt.nr_tables, left);
	before = sim_fingerprint();
	pkram_pagetable_clear_runs(&pt, sers, 0);
	EXPECT_EQ(sim_fingerprint(), before);
	destroy();
}

/*
 * A set over many leaves that are not there, with tables that lie far away
 * and need leaves for their own bits, ended by lack of memory at each of its
 * allocations in turn.
 */
static void test_enomem(void)
{
	const u64 start = MID - 2 * LEAF - 7, nr = 4 * LEAF;
	u64 nr_set, pfn, nr_tables;
	long n;
	int err = -ENOMEM;

	for (n = 0; err; n++) {
		sim_place(TOP + 0x1000, LEAF / 3);
		EXPECT_EQ(set(50, 5), 0);
		nr_set = pt.nr_set - pt.nr_tables;
		sim_fail_after(n);
		err = set(start, nr);
		sim_fail_after(-1);
		if (err) {
			EXPECT_EQ(err, -ENOMEM);
			EXPECT_EQ(pt.nr_set - pt.nr_tables, nr_set);
			EXPECT_EQ(pt.nr_tables, sim_nr_frames());
			pfn = pkram_pagetable_next_set(&pt, start, start + nr);
			EXPECT_EQ(pfn, start + nr);
			EXPECT_EQ(pkram_pagetable_validate(&pt), 0);
			/* What failed for lack of memory works when there is some */
			nr_tables = pt.nr_tables;
			EXPECT_EQ(set(start, nr), 0);
			EXPECT(pt.nr_tables > nr_tables || n > 4);
		}
		EXPECT_EQ(pt.nr_set - pt.nr_tables, nr_set + nr);
		destroy();
	}
	EXPECT(n > 8);
}

/* A set that needs one leaf changes nothing at all when it fails */
static void test_enomem_nothing_changes(void)
{
	u64 before;
	long n;
	int err = -ENOMEM;

	for (n = 0; err; n++) {
		sim_place(5 * MID, LEAF / 2);
		EXPECT_EQ(set(50, 5), 0);
		before = sim_fingerprint();
		sim_fail_after(n);
		err = set(TOP * 3 + 17, 1);
		sim_fail_after(-1);
		if (err)
			EXPECT_EQ(sim_fingerprint(), before);
		destroy();
	}
	EXPECT(n > 4);
}

/* Each new table lies in another 128 MiB and wants one more leaf itself */
static void test_endless_tables(void)
{
	u64 tables, i;

	/* The chains end where there are leaves already */
	sim_place(0x1000, 1);
	for (i = 300; i < 304; i++)
		EXPECT_EQ(set(MID + i * LEAF + 7, 1), 0);
	tables = pt.nr_tables;
	sim_place(MID, LEAF);
	sim_fail_after(250);
	EXPECT_EQ(set(TOP * 3, 1), -ENOMEM);
	EXPECT_EQ(pt.nr_tables, tables);
	EXPECT_EQ(sim_nr_frames(), tables);
	sim_fail_after(-1);
	sim_place(MID, LEAF);
	EXPECT_EQ(set(TOP * 3, 1), 0);
	EXPECT(pt.nr_tables > tables + 290);
	sim_place(0x2000, 1);
	EXPECT_EQ(pkram_pagetable_validate(&pt), 0);
	destroy();
}

/* A million single frames: nothing but leaves for them, and sums that agree */
static void test_scattered(void)
{
	const u64 nr = 40 * LEAF;
	u64 pfn, found = 0;

	sim_place(nr + 0x100, 1);
	for (pfn = 1; pfn < nr; pfn += 2)
		if (set(pfn, 1))
			FAIL("frame %llu", pfn);
	EXPECT_EQ(pt.nr_tables, 40 + 1 + 3);
	EXPECT_EQ(pt.nr_set, nr / 2 + pt.nr_tables);
	for (pfn = 0; (pfn = pkram_pagetable_next_set(&pt, pfn, nr)) < nr; pfn++)
		found += pfn & 1;
	EXPECT_EQ(found, nr / 2);
	destroy();
}

/* ------------------------------------------------------------------ model */

/*
 * Windows of frames at all the edges, each a naive array of flags. Tables come
 * to lie between the windows and are looked up among the frames of the
 * simulated machine.
 */
#define WINDOW	1024

static const u64 window_pfn[] = {
	256, LEAF - WINDOW / 2, MID - WINDOW / 3, MID + 3 * LEAF,
	TOP - WINDOW / 2, TOP * 7, END - WINDOW,
};

#define WINDOWS	(sizeof(window_pfn) / sizeof(window_pfn[0]))

static bool model[WINDOWS][WINDOW];

static bool model_test(u64 pfn)
{
	unsigned int w;

	for (w = 0; w < WINDOWS; w++)
		if (pfn - window_pfn[w] < WINDOW)
			return model[w][pfn - window_pfn[w]];
	return sim_frame_exists(pfn);
}

static u64 model_next_set(u64 pfn, u64 end)
{
	u64 tables[SIM_PFNS], best = end;
	unsigned int nr = sim_pfns(tables, SIM_PFNS), w, i;

	for (i = 0; i < nr; i++)
		if (tables[i] >= pfn && tables[i] < best)
			best = tables[i];
	for (w = 0; w < WINDOWS; w++)
		for (i = 0; i < WINDOW; i++) {
			u64 p = window_pfn[w] + i;

			if (model[w][i] && p >= pfn && p < best)
				best = p;
		}
	return best;
}

static u64 model_next_clear(u64 pfn, u64 end)
{
	while (pfn < end && model_test(pfn))
		pfn++;
	return pfn < end ? pfn : end;
}

static void model_change(unsigned int w, unsigned int at, unsigned int nr)
{
	bool some_set = false, all_set = true;
	unsigned int i;
	int err;

	for (i = at; i < at + nr; i++) {
		some_set |= model[w][i];
		all_set &= model[w][i];
	}
	if (all_set && sim_random(2)) {
		pkram_pagetable_clear(&pt, window_pfn[w] + at, nr);
		memset(&model[w][at], false, nr);
		return;
	}
	if (!sim_random(8))
		sim_fail_after(sim_random(4));
	err = set(window_pfn[w] + at, nr);
	sim_fail_after(-1);
	if (some_set)
		EXPECT_EQ(err, -EEXIST);
	else if (err)
		EXPECT_EQ(err, -ENOMEM);
	else
		memset(&model[w][at], true, nr);
}

/* Is any frame of a run of a window marked? If not, let all of them be */
static bool model_clash(unsigned int w, const struct pkram_run *run)
{
	u64 at = run->pfn - window_pfn[w], nr = run->nr << run->order, i;

	for (i = at; i < at + nr; i++)
		if (model[w][i])
			return true;
	memset(&model[w][at], true, nr);
	return false;
}

/*
 * Runs of all windows at once, single frames and longer, in any order; what is
 * marked are those before the first that is refused.
 */
static void model_runs(void)
{
	struct pkram_run_ser ser[8];
	struct pkram_run run[8];
	unsigned int w[8], i, done, nr = 1 + sim_random(8);
	int err;

	for (i = 0; i < nr; i++) {
		const unsigned int order = sim_random(3) ? 0 : sim_random(4);
		u64 at = sim_random(WINDOW) & ~0ULL << order;

		w[i] = i && sim_random(2) ? w[i - 1] : sim_random(WINDOWS);
		run[i] = (struct pkram_run){
			.pfn = (window_pfn[w[i]] + at) & ~0ULL << order,
			.nr = sim_random(2) ? 1 : 1 + sim_random(40),
			.order = order,
		};
		if (run[i].pfn < window_pfn[w[i]])
			run[i].pfn += 1 << order;
		at = run[i].pfn - window_pfn[w[i]];
		if (at + (run[i].nr << order) > WINDOW)
			run[i].nr = (WINDOW - at) >> order;
		if (!run[i].nr)
			return;
		ser[i] = pkram_run_pack(&run[i]);
	}
	if (!sim_random(8))
		sim_fail_after(sim_random(4));
	err = pkram_pagetable_set_runs(&pt, ser, nr, &done, GFP_KERNEL);
	sim_fail_after(-1);
	for (i = 0; i < done; i++)
		EXPECT(!model_clash(w[i], &run[i]));
	EXPECT_EQ(done == nr, !err);
	if (err == -EEXIST)
		EXPECT(model_clash(w[done], &run[done]));
	else if (err)
		EXPECT_EQ(err, -ENOMEM);
}

static void model_ask(u64 from, u64 to)
{
	EXPECT_EQ(pkram_pagetable_test(&pt, from), model_test(from));
	EXPECT_EQ(pkram_pagetable_next_set(&pt, from, to),
		  model_next_set(from, to));
	EXPECT_EQ(pkram_pagetable_next_clear(&pt, from, to),
		  model_next_clear(from, to));
}

/* Move a table chosen by chance; what is marked stays the same */
static void model_move(void)
{
	u64 tables[SIM_PFNS], was = pt.nr_set - pt.nr_tables;
	unsigned int nr = sim_pfns(tables, SIM_PFNS);
	u64 pfn;

	if (!nr)
		return;
	pfn = tables[sim_random(nr)];
	if (sim_random(4)) {
		EXPECT_EQ(pkram_pagetable_move(&pt, pfn, GFP_KERNEL), 0);
		EXPECT(!pkram_pagetable_test(&pt, pfn));
		EXPECT(!sim_frame_exists(pfn));
	} else {
		sim_fail_after(0);
		EXPECT_EQ(pkram_pagetable_move(&pt, pfn, GFP_KERNEL), -ENOMEM);
		sim_fail_after(-1);
	}
	EXPECT_EQ(pt.nr_set - pt.nr_tables, was);
}

static void test_model(void)
{
	unsigned int round;

	for (round = 0; round < 20000; round++) {
		unsigned int w = sim_random(WINDOWS), v = sim_random(WINDOWS);
		unsigned int at = sim_random(WINDOW);
		unsigned int nr = 1 + sim_random(sim_random(8) ? 32 : WINDOW);

		/* Clear of the windows: 64 of them, some far off */
		sim_place(LEAF * (2 + sim_random(3)) +
			  (sim_random(50) ? 0 : 2 * TOP) + 0x3000, 7);
		if (nr > WINDOW - at)
			nr = WINDOW - at;
		model_change(w, at, nr);
		if (!(round % 2))
			model_runs();
		model_ask(window_pfn[w] + sim_random(WINDOW),
			  window_pfn[v] + sim_random(WINDOW));
		if (!(round % 64))
			model_move();
		if (!(round % 512))
			EXPECT_EQ(pkram_pagetable_validate(&pt), 0);
		EXPECT_EQ(pt.nr_tables, sim_nr_frames());
		if (!sim_random(2000)) {
			destroy();
			memset(model, 0, sizeof(model));
		}
	}
	destroy();
}

/* ------------------------------------------------------------------- move */

static void test_mark_tables(void)
{
	struct pkram_pagetable in = { };
	u64 pfns[SIM_PFNS];
	unsigned int nr, i;

	EXPECT_EQ(pkram_pagetable_mark_tables(&pt, &in), 0);
	EXPECT(!in.root);
	sim_place(0x1000, 1);
	EXPECT_EQ(set(0x2000, 1), 0);
	EXPECT_EQ(set(TOP - 1, 2), 0);
	nr = sim_pfns(pfns, SIM_PFNS);
	EXPECT_EQ(nr, pt.nr_tables);
	EXPECT_EQ(pkram_pagetable_mark_tables(&pt, &in), 0);
	EXPECT_EQ(in.nr_set, nr + in.nr_tables);
	for (i = 0; i < nr; i++)
		EXPECT(pkram_pagetable_test(&in, pfns[i]));
	EXPECT(!pkram_pagetable_test(&in, 0x2000));
	EXPECT_EQ(pkram_pagetable_mark_tables(&pt, &in), -EEXIST);
	pkram_pagetable_destroy(&in);
	destroy();
}

static void test_move_unknown(void)
{
	EXPECT_EQ(pkram_pagetable_move(&pt, 0x1000, GFP_KERNEL), -ENOENT);
	sim_place(0x1000, 1);
	EXPECT_EQ(set(0x2000, 1), 0);
	/* Preserved, but no table; not preserved; nowhere */
	EXPECT_EQ(pkram_pagetable_move(&pt, 0x2000, GFP_KERNEL), -ENOENT);
	EXPECT_EQ(pkram_pagetable_move(&pt, 0x2001, GFP_KERNEL), -ENOENT);
	EXPECT_EQ(pkram_pagetable_move(&pt, END + 5, GFP_KERNEL), -ENOENT);
	destroy();
}

/*
 * Every table of a tree moves to where there is no leaf yet, at each allocation
 * out of memory once:
 *
 *    root -> mid -> mid -> leaf 0          0x1000..
 *      |                \-> leaf 1
 *      \---> mid -> mid -> leaf     --->   3 * TOP + ...
 */
static void test_move_each(void)
{
	u64 tables[SIM_PFNS], want[4] = { 7, LEAF + 7, TOP + 7, TOP + LEAF + 9 };
	unsigned int nr, i, j;

	sim_place(0x1000, 1);
	for (j = 0; j < 4; j++)
		EXPECT_EQ(set(want[j], 3), 0);
	nr = sim_pfns(tables, SIM_PFNS);
	for (i = 0; i < nr; i++) {
		long n = 0;
		int err;

		do {
			u64 before = sim_fingerprint();

			sim_place(3 * TOP + i * 64, 1);
			sim_fail_after(n++);
			err = pkram_pagetable_move(&pt, tables[i], GFP_KERNEL);
			sim_fail_after(-1);
			if (err) {
				EXPECT_EQ(err, -ENOMEM);
				EXPECT_EQ(sim_fingerprint(), before);
			}
		} while (err);
		EXPECT_EQ(pkram_pagetable_validate(&pt), 0);
		EXPECT_EQ(pt.nr_tables, sim_nr_frames());
		EXPECT(!sim_frame_exists(tables[i]));
		EXPECT(!pkram_pagetable_test(&pt, tables[i]));
		for (j = 0; j < 4; j++)
			EXPECT_EQ(pkram_pagetable_next_clear(&pt, want[j], END),
				  want[j] + 3);
	}
	destroy();
}

const struct test pagetable_tests[] = {
	{ "empty", "an empty table holds nothing and searches end",
	  test_empty },
	{ "one", "one frame takes one table per level, marked themselves",
	  test_one },
	{ "edges", "ranges over the edges of leaf, tables and address space",
	  test_edges },
	{ "bad_ranges", "empty, wrapping and too high ranges are refused",
	  test_bad_ranges },
	{ "exist", "-EEXIST changes nothing, wherever the set frame lies",
	  test_exist },
	{ "exist_own_table", "frames of tables cannot be preserved again",
	  test_exist_own_table },
	{ "exist_new_table", "nor those of tables made for the range itself",
	  test_exist_new_table },
	{ "clear_unset", "clearing what is not set warns and changes nothing",
	  test_clear_unset },
	{ "clear_runs", "many runs at a time, wherever they lie",
	  test_clear_runs },
	{ "enomem", "no bit of the range is set after -ENOMEM at any allocation",
	  test_enomem },
	{ "enomem_nothing_changes", "one leaf or nothing, byte by byte",
	  test_enomem_nothing_changes },
	{ "endless_tables", "a chain of 300 tables that each need one more",
	  test_endless_tables },
	{ "scattered", "every other frame of 5 GiB: counts, searches, table size",
	  test_scattered },
	{ "model", "20000 random operations agree with a naive model",
	  test_model },
	{ "mark_tables", "all tables of one tree are marked in another, no more",
	  test_mark_tables },
	{ "move_unknown", "moving what is no table is -ENOENT",
	  test_move_unknown },
	{ "move_each", "each table moves, or with -ENOMEM nothing changes",
	  test_move_each },
	{ }
};
