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
#include <sys/mman.h>

#include "pkram_tool.h"

#define SUPER_MAGIC	0x4B4C42534D524B50ULL
#define NODE_MAGIC	0x45444F4E4D524B50ULL
#define LINK_MAGIC	0x4B4E4C50U

/* Of struct pkram_super_ser, in words */
#define SUPER_PT_PFN	7

#define PFN_MASK	((1ULL << 40) - 1)

static int mem;

/* Where RAM is, as far as this kernel has it */
static struct {
	uint64_t from;
	uint64_t to;
} ram[64];
static unsigned int nr_ram;

static void find_ram(void)
{
	FILE *iomem = fopen("/proc/iomem", "r");
	unsigned long long from, to;
	char line[256];

	if (!iomem)
		err(2, "/proc/iomem");
	while (nr_ram < 64 && fgets(line, sizeof(line), iomem)) {
		if (line[0] == ' ' || !strstr(line, "System RAM") ||
		    sscanf(line, "%llx-%llx", &from, &to) != 2 || to < 1 << 20)
			continue;
		ram[nr_ram].from = (from + PAGE - 1) / PAGE;
		ram[nr_ram++].to = (to + 1) / PAGE;
	}
}

static void read_page(uint64_t pfn, void *page)
{
	if (pread(mem, page, PAGE, pfn * PAGE) != (ssize_t)PAGE)
		err(2, "/dev/mem: frame %#llx", (unsigned long long)pfn);
}

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
	uint64_t table[PAGE / 8];
	size_t i;

	read_page(pfn, table);
	print_page(pfn, "table", level, (void *)table);
	for (i = 0; level && i < PAGE / 8; i++)
		if (table[i])
			print_tables(table[i] & PFN_MASK, level - 1);
}

static int print_found(uint64_t pfn)
{
	uint64_t page[PAGE / 8];

	read_page(pfn, page);
	if (page[0] == NODE_MAGIC)
		print_page(pfn, "node", -1, (void *)page);
	if ((uint32_t)page[0] == LINK_MAGIC)
		print_page(pfn, "link", -1, (void *)page);
	if (page[0] != SUPER_MAGIC)
		return 0;
	print_page(pfn, "super", -1, (void *)page);
	print_tables(page[SUPER_PT_PFN], 3);
	return 1;
}

int main(void)
{
	unsigned int i;
	int supers = 0;
	uint64_t pfn;

	mem = open_or_die("/dev/mem", O_RDONLY);
	find_ram();
	for (i = 0; i < nr_ram; i++)
		for (pfn = ram[i].from; pfn < ram[i].to; pfn++)
			supers += print_found(pfn);
	if (supers)
		puts("END");
	return !supers;
}
