// SPDX-License-Identifier: GPL-2.0
/*
 * Print what the previous kernel has handed over to nobody: the kernel that runs
 * was booted with pkram=off. A line each:
 *
 *   META PFN KIND HEX	a page, without the zeros at its end; KIND is super, node,
 *			link, or table and its level
 *   END			all of it is there
 *
 * Pages are found by their magic, so there may be some that nothing refers to.
 * Seeds for fuzzers are made of it: see tools/testing/pkram/fuzz/seeds.
 */
#define _GNU_SOURCE
#include "pkram_phys.h"

#define SUPER_MAGIC	0x4B4C42534D524B50ULL
#define NODE_MAGIC	0x45444F4E4D524B50ULL
#define LINK_MAGIC	0x4B4E4C50U

/* Of struct pkram_super_ser, in words */
#define SUPER_PT_PFN	7

#define PFN_MASK	((1ULL << 40) - 1)

static void print_page(uint64_t pfn, const char *kind, int level,
		       const unsigned char *page)
{
	size_t len = PAGE, i;

	while (len && !page[len - 1])
		len--;
	printf("META %llx %s", (unsigned long long)pfn, kind);
	if (level >= 0)
		printf("%d", level);
	putchar(' ');
	for (i = 0; i < len; i++)
		printf("%02x", page[i]);
	putchar('\n');
}

static void print_tables(uint64_t pfn, int level)
{
	const uint64_t *table = phys(pfn * PAGE);
	size_t i;

	print_page(pfn, "table", level, (const void *)table);
	for (i = 0; level && i < PAGE / 8; i++)
		if (table[i])
			print_tables(table[i] & PFN_MASK, level - 1);
}

static int print_found(uint64_t pfn, const uint64_t *page)
{
	if (page[0] == NODE_MAGIC)
		print_page(pfn, "node", -1, (const void *)page);
	if ((uint32_t)page[0] == LINK_MAGIC)
		print_page(pfn, "link", -1, (const void *)page);
	if (page[0] != SUPER_MAGIC)
		return 0;
	print_page(pfn, "super", -1, (const void *)page);
	print_tables(page[SUPER_PT_PFN], 3);
	return 1;
}

int main(void)
{
	int supers = 0;
	void *page;

	map_ram();
	for (page = next_page(NULL); page; page = next_page(page))
		supers += print_found(frame_of(page), page);
	if (supers)
		puts("END");
	return !supers;
}
