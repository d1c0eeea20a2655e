// SPDX-License-Identifier: GPL-2.0
/*
 * The choice of the landing map:
 *
 *   memory   |....XXXX.X......XXXXX.X.X.X.........XXX.....|  X in use
 *   offered   0000    1 222222     3 4 5 666666666   77777
 *   chosen    the largest, a share for each node, and the largest below 4 GiB
 */
#include <linux/sizes.h>

#include "../test.h"

#define LOW	(SZ_4G >> PAGE_SHIFT)
#define MAX_GAPS	4000

static struct pkram_landing map;
static struct pkram_range_ser gaps[MAX_GAPS];
static unsigned int nr_gaps;
static u64 next_pfn;

static void begin(unsigned int nr_nodes)
{
	pkram_landing_init(&map, nr_nodes);
	nr_gaps = 0;
	next_pfn = 1024;
}

/* A gap of @nr frames behind at least one block in use */
static void gap(u64 nr, unsigned int nid)
{
	gaps[nr_gaps++] = (struct pkram_range_ser) {
		.start_pfn = next_pfn,
		.nr_pages = nr,
		.nid = nid,
	};
	pkram_landing_add(&map, next_pfn, nr, nid);
	next_pfn += nr + 1024;
}

static bool chosen(const struct pkram_range_ser *r)
{
	unsigned int i;

	for (i = 0; i < map.nr; i++)
		if (!memcmp(&map.range[i], r, sizeof(*r)))
			return true;
	return false;
}

static u64 low_part(const struct pkram_range_ser *r)
{
	if (r->start_pfn >= LOW)
		return 0;
	return r->start_pfn + r->nr_pages < LOW ? r->nr_pages :
						  LOW - r->start_pfn;
}

/* What must hold whatever was offered */
static void finish(unsigned int nr_nodes)
{
	unsigned int offered[64] = { }, taken[64] = { }, i, found = 0;
	const unsigned int share = nr_nodes > 32 ? 0 : 32 / nr_nodes;
	u64 low = 0, low_chosen = 0, total, sum = 0;

	total = pkram_landing_finish(&map);
	EXPECT_EQ(map.nr, nr_gaps < 32 ? nr_gaps : 32);
	for (i = 0; i < nr_gaps; i++) {
		offered[gaps[i].nid]++;
		low = max(low, low_part(&gaps[i]));
		if (!chosen(&gaps[i]))
			continue;
		found++;
		taken[gaps[i].nid]++;
		sum += gaps[i].nr_pages;
		low_chosen = max(low_chosen, low_part(&gaps[i]));
	}
	EXPECT_EQ(found, map.nr);
	EXPECT_EQ(sum, total);
	EXPECT_EQ(low, low_chosen);
	for (i = 1; i < map.nr; i++)
		EXPECT(map.range[i].start_pfn >=
		       map.range[i - 1].start_pfn + map.range[i - 1].nr_pages);
	for (i = 0; i < nr_nodes; i++)
		EXPECT(taken[i] >= (offered[i] < share ? offered[i] : share));
}

static void test_none(void)
{
	begin(1);
	EXPECT_EQ(pkram_landing_finish(&map), 0);
	EXPECT_EQ(map.nr, 0);
}

static void test_touching(void)
{
	begin(2);
	pkram_landing_add(&map, 1024, 1024, 0);
	pkram_landing_add(&map, 2048, 1024, 0);
	pkram_landing_add(&map, 3072, 1024, 1);
	pkram_landing_add(&map, 4096, 1024, 1);
	pkram_landing_add(&map, 6144, 1024, 1);
	EXPECT_EQ(pkram_landing_finish(&map), 5 * 1024);
	EXPECT_EQ(map.nr, 3);
	EXPECT_EQ(map.range[0].nr_pages, 2048);
	EXPECT_EQ(map.range[1].start_pfn, 3072);
	EXPECT_EQ(map.range[2].start_pfn, 6144);
}

static void test_largest(void)
{
	unsigned int i, j, larger;

	for (i = 0; i < 300; i++) {
		unsigned int nr = sim_random(MAX_GAPS - 1) + 1;

		begin(1);
		for (j = 0; j < nr; j++)
			gap(1024 * (1 + sim_random(100000)), 0);
		finish(1);
		/* One may be there for being low */
		for (j = 0; j < nr; j++) {
			unsigned int k;

			if (chosen(&gaps[j]))
				continue;
			for (k = 0, larger = 0; k < map.nr; k++)
				larger += map.range[k].nr_pages >= gaps[j].nr_pages;
			EXPECT(larger >= 31);
		}
	}
}

static void test_nodes(void)
{
	unsigned int i, j;

	for (i = 0; i < 2000; i++) {
		unsigned int nr_nodes = 1 + sim_random(40);
		unsigned int nr = sim_random(500) + 1, nid = 0;

		begin(nr_nodes);
		for (j = 0; j < nr; j++) {
			/* Nodes lie one after the other, or take turns */
			if (i & 1)
				nid = sim_random(nr_nodes);
			else if (!sim_random(nr / nr_nodes + 1) &&
				 nid < nr_nodes - 1)
				nid++;
			gap(1024 << sim_random(12), nid);
		}
		finish(nr_nodes);
	}
}

/* Small pieces in low memory, large ones above: the best low one is kept */
static void test_low(void)
{
	unsigned int i;

	begin(1);
	for (i = 0; i < 50; i++)
		gap(i == 20 ? 2048 : 1024, 0);
	next_pfn = LOW;
	for (i = 0; i < 500; i++)
		gap(1 << 20, 0);
	finish(1);
	EXPECT(chosen(&gaps[20]));
	EXPECT(!chosen(&gaps[0]));
}

const struct test landing_tests[] = {
	{ "none", "no memory, no map", test_none },
	{ "touching", "ranges that touch are one, but not over nodes",
	  test_touching },
	{ "largest", "on one node the largest are chosen", test_largest },
	{ "nodes", "each node gets its share, whatever the order", test_nodes },
	{ "low", "the largest range below 4 GiB is chosen", test_low },
	{ }
};
