// SPDX-License-Identifier: GPL-2.0
/*
 * PKRAM: choosing the landing map, the ranges of memory that the next kernel
 * boots in.
 *
 * There can be any number of ranges in which nothing is preserved, and the
 * super block has room for PKRAM_LANDING_MAX. They are seen once, in ascending
 * order, and the best are kept: the largest, but so that each NUMA node gets
 * its share, for the memory map of a node has to lie in it, and so that the
 * largest below 4 GiB is among them, where devices need their buffers.
 *
 * Knows nothing of how the ranges are found, and builds in user space.
 */
#include <linux/kernel.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "pkram_internal.h"

/* Part of a range that is below 4 GiB */
static u64 pkram_low_pages(const struct pkram_range_ser *r)
{
	const u64 limit = PHYS_PFN(SZ_4G);

	return min(r->start_pfn + r->nr_pages, limit) - min(r->start_pfn, limit);
}

static unsigned int pkram_landing_lowest(const struct pkram_landing *map)
{
	unsigned int i, best = 0;

	for (i = 1; i < map->nr; i++)
		if (pkram_low_pages(&map->range[i]) >
		    pkram_low_pages(&map->range[best]))
			best = i;
	return best;
}

/*
 * The range to do without: the smallest, of those nodes that have more than
 * their share when there is one such node.
 */
static unsigned int pkram_landing_victim(const struct pkram_landing *map)
{
	const unsigned int keep = pkram_landing_lowest(map);
	unsigned int i, victim = !keep;
	bool over = false;

	for (i = 0; i < map->nr; i++) {
		const bool i_over = map->of_node[map->range[i].nid] > map->quota;

		if (i == keep || i_over < over)
			continue;
		if (i_over > over || map->range[i].nr_pages <
				     map->range[victim].nr_pages)
			victim = i;
		over = i_over;
	}
	return victim;
}

/* The range being added is complete */
static void pkram_landing_close(struct pkram_landing *map)
{
	unsigned int victim;

	if (!map->open.nr_pages)
		return;
	map->range[map->nr++] = map->open;
	map->of_node[map->open.nid]++;
	map->open.nr_pages = 0;
	if (map->nr <= PKRAM_LANDING_MAX)
		return;

	victim = pkram_landing_victim(map);
	map->of_node[map->range[victim].nid]--;
	map->nr--;
	memmove(&map->range[victim], &map->range[victim + 1],
		(map->nr - victim) * sizeof(map->range[0]));
}

/**
 * pkram_landing_init() - begin a landing map
 * @map: the map
 * @nr_nodes: number of NUMA nodes that have memory
 *
 * Context: Caller serialises. Does not sleep.
 */
void pkram_landing_init(struct pkram_landing *map, unsigned int nr_nodes)
{
	memset(map, 0, sizeof(*map));
	map->quota = max(PKRAM_LANDING_MAX / nr_nodes, 1U);
}

/**
 * pkram_landing_add() - offer a range to the landing map
 * @map: the map
 * @pfn: first frame, not below the end of the range before
 * @nr: number of frames, not 0
 * @nid: NUMA node
 *
 * Ranges that touch are one when they are of the same node.
 *
 * Context: Caller serialises. Does not sleep.
 */
void pkram_landing_add(struct pkram_landing *map, u64 pfn, u64 nr,
		       unsigned int nid)
{
	struct pkram_range_ser *open = &map->open;

	if (open->nr_pages && open->nid == nid &&
	    open->start_pfn + open->nr_pages == pfn) {
		open->nr_pages += nr;
		return;
	}
	pkram_landing_close(map);
	*open = (struct pkram_range_ser) {
		.start_pfn = pfn,
		.nr_pages = nr,
		.nid = nid,
	};
}

/**
 * pkram_landing_finish() - no more ranges follow
 * @map: the map; its first @map->nr ranges are what has been chosen
 *
 * Context: Caller serialises. Does not sleep.
 * Return: number of frames in all of them.
 */
u64 pkram_landing_finish(struct pkram_landing *map)
{
	unsigned int i;
	u64 total = 0;

	pkram_landing_close(map);
	for (i = 0; i < map->nr; i++)
		total += map->range[i].nr_pages;
	return total;
}
