/* SPDX-License-Identifier: GPL-2.0 */
/* Physical memory, by /dev/mem: for tools of these tests */
#ifndef PKRAM_PHYS_H
#define PKRAM_PHYS_H

#include <sys/mman.h>

#include "pkram_tool.h"

static struct range {
	uint64_t from;
	uint64_t size;
	char *map;
} ram[64];

static unsigned int nr_ram;

static inline int dev_mem(int flags)
{
	int fd = open("/dev/mem", flags);

	if (fd < 0)
		err(77, "/dev/mem");
	return fd;
}

static inline void map_ram(void)
{
	int fd = dev_mem(O_RDWR);
	FILE *iomem = fopen("/proc/iomem", "r");
	unsigned long long from, to;
	char line[256];

	if (!iomem)
		err(2, "/proc/iomem");
	while (nr_ram < 64 && fgets(line, sizeof(line), iomem)) {
		struct range *r = &ram[nr_ram];

		if (line[0] == ' ' || !strstr(line, "System RAM") ||
		    sscanf(line, "%llx-%llx", &from, &to) != 2 || to < 1 << 20)
			continue;
		r->from = (from + PAGE - 1) & ~(PAGE - 1);
		to = (to + 1) & ~(PAGE - 1);
		/* After a kexec some are shorter than a page: setup data */
		if (to <= r->from)
			continue;
		r->size = to - r->from;
		r->map = mmap(NULL, r->size, PROT_READ | PROT_WRITE, MAP_SHARED,
			      fd, r->from);
		if (r->map == MAP_FAILED)
			err(2, "/dev/mem: mmap");
		nr_ram++;
	}
	fclose(iomem);
}

static inline void *phys(uint64_t address)
{
	unsigned int i;

	for (i = 0; i < nr_ram; i++)
		if (address - ram[i].from < ram[i].size)
			return ram[i].map + (address - ram[i].from);
	errx(2, "no memory: %#llx", (unsigned long long)address);
}

/* The page of RAM after @page, in no order but each once; NULL at the end */
static inline void *next_page(void *page)
{
	static unsigned int i;

	if (page && (char *)page + PAGE < ram[i].map + ram[i].size)
		return (char *)page + PAGE;
	i = page ? i + 1 : 0;
	return i < nr_ram ? ram[i].map : NULL;
}

static inline uint64_t frame_of(void *page)
{
	unsigned int i;

	for (i = 0; i < nr_ram; i++)
		if ((uintptr_t)page - (uintptr_t)ram[i].map < ram[i].size)
			return (ram[i].from + ((char *)page - ram[i].map)) / PAGE;
	return 0;
}

#endif /* PKRAM_PHYS_H */
