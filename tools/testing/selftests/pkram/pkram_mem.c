// SPDX-License-Identifier: GPL-2.0
/*
 * Look at physical memory, and change it: frames of files, pages of PKRAM.
 *
 *   pages FILE                   number of pages in memory and of runs of frames
 *   peek PHYS SIZE               bytes of physical memory, to standard output
 *   poke PHYS HEX                write bytes to physical memory
 *   find TEXT                    frames of RAM that begin with TEXT
 *   frame FILE [PAGE]            number of a page's frame, of the first by default
 *   frames FILE                  numbers of the frames of all pages in memory
 *   sums                         checksums of the pages of physical memory whose
 *                                frames standard input names
 *   core-sums                    the same of the kernel that has crashed
 *   orders FILE                  orders of the folios in memory, ORDER:NUMBER each
 *   reorder PREFIX ORDER...      have the folios of each preserved file PREFIX-ORDER
 *                                be of this lower order in the next kernel; prints
 *                                ORDER:FOLIOS of each
 *   bytes NAME FROM TO STEP      of each node NAME-N of these numbers name one byte of
 *                                its metadata, the (N * STEP)th:
 *                                "NAME-N KIND OFFSET USED ADDRESS"; KIND is what the
 *                                page is, USED "used" or "unused"
 *   flip                         change a bit of each byte that lines of "bytes" on
 *                                standard input name; twice changes it back
 */
#define _GNU_SOURCE
#include <elf.h>
#include <err.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkram_phys.h"
#include "pkram_tool.h"

/* Frame of each page of a file from /proc/self/pagemap, 0 when not there */
static uint64_t *frames_of(const char *path, size_t *nr)
{
	int fd = open_or_die(path, O_RDONLY);
	int pagemap = open_or_die("/proc/self/pagemap", O_RDONLY);
	volatile const char *map;
	uint64_t *frames;
	struct stat st;
	size_t i;

	if (fstat(fd, &st))
		err(2, "%s", path);
	*nr = (st.st_size + PAGE - 1) / PAGE;
	map = mmap(NULL, *nr * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	frames = calloc(*nr, sizeof(*frames));
	if (map == MAP_FAILED || !frames)
		err(2, "%s: mmap", path);
	for (i = 0; i < *nr; i++)
		(void)map[i * PAGE];
	if (pread(pagemap, frames, *nr * 8, (uintptr_t)map / PAGE * 8) !=
	    (ssize_t)(*nr * 8))
		err(2, "pagemap");
	for (i = 0; i < *nr; i++)
		frames[i] = frames[i] >> 63 ? frames[i] & ((1ULL << 55) - 1) : 0;
	return frames;
}

static int do_pages(char **arg)
{
	size_t nr, i, pages = 0, runs = 0;
	uint64_t *frames = frames_of(arg[0], &nr), last = 0;

	for (i = 0; i < nr; i++) {
		if (!frames[i])
			continue;
		pages++;
		runs += frames[i] != last + 1;
		last = frames[i];
	}
	printf("%zu %zu\n", pages, runs);
	return 0;
}

static int do_frame(char **arg)
{
	size_t nr;
	uint64_t *frames = frames_of(arg[0], &nr);
	size_t page = arg[1] ? size_of(arg[1]) : 0;

	if (page >= nr)
		errx(2, "%s: no page %zu", arg[0], page);
	printf("%#llx\n", (unsigned long long)frames[page]);
	return !frames[page];
}

static int do_frames(char **arg)
{
	size_t nr, i;
	uint64_t *frames = frames_of(arg[0], &nr);

	for (i = 0; i < nr; i++)
		if (frames[i])
			printf("%#llx\n", (unsigned long long)frames[i]);
	return 0;
}

static int do_peek(char **arg)
{
	int fd = dev_mem(O_RDONLY);
	uint64_t at = size_of(arg[0]), size = size_of(arg[1]);
	char buf[PAGE];

	while (size) {
		size_t n = size < PAGE ? size : PAGE;

		if (pread(fd, buf, n, at) != (ssize_t)n)
			err(2, "/dev/mem");
		write_all(1, buf, n);
		at += n;
		size -= n;
	}
	return 0;
}

static int do_poke(char **arg)
{
	int fd = dev_mem(O_RDWR);
	uint64_t at = size_of(arg[0]);
	const char *hex = arg[1];
	unsigned int byte;

	for (; sscanf(hex, "%2x", &byte) == 1; hex += 2, at++) {
		unsigned char c = byte;

		if (pwrite(fd, &c, 1, at) != 1)
			err(2, "/dev/mem");
	}
	return 0;
}

static int do_find(char **arg)
{
	int fd = dev_mem(O_RDONLY);
	size_t len = strlen(arg[0]);
	FILE *iomem = fopen("/proc/iomem", "r");
	char line[256], buf[64];

	if (!iomem || len > sizeof(buf))
		err(2, "/proc/iomem");
	while (fgets(line, sizeof(line), iomem)) {
		unsigned long long from, to;

		if (line[0] == ' ' || !strstr(line, "System RAM") ||
		    sscanf(line, "%llx-%llx", &from, &to) != 2)
			continue;
		for (from = (from + PAGE - 1) & ~(PAGE - 1); from + PAGE - 1 <= to;
		     from += PAGE)
			if (pread(fd, buf, len, from) == (ssize_t)len &&
			    !memcmp(buf, arg[0], len))
				printf("%#llx\n", from);
	}
	return 0;
}

static uint32_t crc32c(uint32_t crc, unsigned char c)
{
	int bit;

	crc ^= c;
	for (bit = 0; bit < 8; bit++)
		crc = crc & 1 ? crc >> 1 ^ 0x82f63b78 : crc >> 1;
	return crc;
}

/* -------------------------------------------------- checksums of pages */

struct segment {
	uint64_t from;		/* physical */
	uint64_t size;
	uint64_t offset;	/* in the file */
};

/* A line for each frame, of what a file holds of it */
static int sum_frames(int fd, const struct segment *segments, size_t nr)
{
	unsigned long long frame;
	unsigned char page[PAGE];
	char line[64];
	size_t i;

	while (fgets(line, sizeof(line), stdin)) {
		uint32_t crc = ~0U;
		uint64_t at;

		if (sscanf(line, "%llx", &frame) != 1)
			errx(2, "not a frame: %s", line);
		at = frame * PAGE;
		for (i = 0; i < nr; i++)
			if (at - segments[i].from < segments[i].size)
				break;
		if (i == nr)
			errx(2, "no memory: %#llx", frame);
		at = at - segments[i].from + segments[i].offset;
		if (pread(fd, page, PAGE, at) != PAGE)
			err(2, "%#llx", frame);
		for (i = 0; i < PAGE; i++)
			crc = crc32c(crc, page[i]);
		printf("%#llx %08x\n", frame, crc);
	}
	return 0;
}

static int do_sums(char **arg)
{
	const struct segment all = { .size = UINT64_MAX };

	(void)arg;
	return sum_frames(dev_mem(O_RDONLY), &all, 1);
}

static int do_core_sums(char **arg)
{
	int fd = open_or_die("/proc/vmcore", O_RDONLY);
	struct segment segments[256];
	Elf64_Ehdr head;
	Elf64_Phdr phdr;
	size_t i, nr = 0;

	(void)arg;
	if (pread(fd, &head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG))
		errx(2, "vmcore: no ELF file");
	for (i = 0; i < head.e_phnum && nr < 256; i++) {
		if (pread(fd, &phdr, sizeof(phdr),
			  head.e_phoff + i * sizeof(phdr)) != sizeof(phdr))
			err(2, "vmcore");
		if (phdr.p_type == PT_LOAD)
			segments[nr++] = (struct segment){
				phdr.p_paddr, phdr.p_memsz, phdr.p_offset };
	}
	return sum_frames(fd, segments, nr);
}

/* In /proc/kpageflags */
#define KPF_COMPOUND_HEAD	0x8000
#define KPF_COMPOUND_TAIL	0x10000

/* Flags of a frame, 0 past the end */
static uint64_t kpageflags(int fd, uint64_t frame)
{
	uint64_t flags = 0;

	if (pread(fd, &flags, 8, frame * 8) < 0)
		err(2, "kpageflags");
	return flags;
}

static int do_orders(char **arg)
{
	int fd = open_or_die("/proc/kpageflags", O_RDONLY);
	unsigned long folios[32] = {};
	uint64_t *frames, len;
	size_t nr, i, order;

	frames = frames_of(arg[0], &nr);
	for (i = 0; i < nr; i++) {
		if (!frames[i] || kpageflags(fd, frames[i]) & KPF_COMPOUND_TAIL)
			continue;
		/* It may go on past the end of the file */
		len = 1;
		if (kpageflags(fd, frames[i]) & KPF_COMPOUND_HEAD)
			while (kpageflags(fd, frames[i] + len) & KPF_COMPOUND_TAIL)
				len++;
		for (order = 0; 1UL << order < len; order++)
			;
		folios[order]++;
	}
	for (order = 0; order < 32; order++)
		if (folios[order])
			printf("%zu:%lu\n", order, folios[order]);
	return 0;
}

/* -------------------------------------------- pages of PKRAM, see pkram_abi.h */

struct run {
	uint64_t where;		/* pfn:40 order:5 flags:5 count_hi:14 */
	uint64_t index;		/* index:52 count_lo:12 */
};

struct obj {
	uint64_t flags;
	uint64_t pages_pfn;
	uint64_t bytes_pfn;
	uint64_t numbers[5];
};

struct link {
	uint32_t magic;
	uint32_t crc;
	uint64_t next_pfn;
	uint64_t start;
	uint32_t type;
	uint32_t nr;
	union {
		struct obj objs[63];
		struct run runs[254];
	};
};

#define LINK_MAGIC	0x4B4E4C50U
#define LINK_RUNS	2

struct node {
	uint64_t magic;
	uint32_t crc;
	uint32_t flags;
	uint64_t obj_pfn;
	uint64_t numbers[5];
	uint32_t name_len;
	uint32_t reserved;
	char name[256];
};

#define NODE_MAGIC	0x45444F4E4D524B50ULL

/* Checksums leave out the field that they stand in */
static uint32_t checksum(const void *from, size_t crc_at, size_t size)
{
	const unsigned char *byte = from;
	uint32_t crc = ~0U;
	size_t i;

	for (i = 0; i < size; i++)
		if (i < crc_at || i >= crc_at + 4)
			crc = crc32c(crc, byte[i]);
	return crc;
}

static uint32_t runs_crc(const struct link *link)
{
	return checksum(link, offsetof(struct link, crc),
			offsetof(struct link, runs) +
			link->nr * sizeof(link->runs[0]));
}

/* -------------------------------------------------------------- metadata */

#define MAX_NUMBERS	32768

/* Frames of the nodes PREFIX-N, by N */
static uint64_t node_frame[MAX_NUMBERS];

static void find_nodes(const char *prefix)
{
	size_t len = strlen(prefix);
	struct node *node;
	void *page;
	int n;

	for (page = next_page(NULL); page; page = next_page(page)) {
		node = page;
		if (node->magic != NODE_MAGIC ||
		    strncmp(node->name, "shmem-", 6) ||
		    strncmp(node->name + 6, prefix, len) ||
		    sscanf(node->name + 6 + len, "-%d", &n) != 1 ||
		    n < 0 || n >= MAX_NUMBERS ||
		    node->crc != checksum(node, offsetof(struct node, crc),
					  sizeof(*node)))
			continue;
		node_frame[n] = frame_of(page);
	}
}

struct meta {
	const char *kind;
	uint64_t pfn;
};

static unsigned int add_chain(struct meta *meta, unsigned int nr,
			      const char *kind, uint64_t pfn)
{
	for (; pfn && nr < 64; nr++) {
		meta[nr] = (struct meta){ kind, pfn };
		pfn = ((struct link *)phys(pfn * PAGE))->next_pfn;
	}
	return nr;
}

/* All pages of a node that has one object */
static unsigned int node_meta(struct meta *meta, uint64_t pfn)
{
	struct node *node = phys(pfn * PAGE);
	struct link *link = phys(node->obj_pfn * PAGE);
	unsigned int nr = 1;

	meta[0] = (struct meta){ "node", pfn };
	nr = add_chain(meta, nr, "objs", node->obj_pfn);
	nr = add_chain(meta, nr, "runs", link->objs[0].pages_pfn);
	return add_chain(meta, nr, "bytes", link->objs[0].bytes_pfn);
}

static const char *meta_used(const struct meta *m, unsigned long byte)
{
	struct link *link = phys(m->pfn * PAGE);
	size_t used = sizeof(struct node);

	if (!strcmp(m->kind, "objs"))
		used = offsetof(struct link, objs) + link->nr * sizeof(struct obj);
	if (!strcmp(m->kind, "runs"))
		used = offsetof(struct link, runs) + link->nr * sizeof(struct run);
	if (!strcmp(m->kind, "bytes"))
		used = offsetof(struct link, runs) + link->nr;
	return byte < used ? "used" : "unused";
}

static int do_bytes(char **arg)
{
	int from = atoi(arg[1]), to = atoi(arg[2]), step = atoi(arg[3]), n;

	map_ram();
	find_nodes(arg[0]);
	for (n = from; n <= to; n++) {
		struct meta meta[64], *m;
		unsigned long byte;

		if (!node_frame[n])
			errx(2, "no node %s-%d", arg[0], n);
		byte = (unsigned long)n * step %
		       (node_meta(meta, node_frame[n]) * PAGE);
		m = &meta[byte / PAGE];
		byte %= PAGE;
		printf("%s-%d %s %lu %s %#llx\n", arg[0], n, m->kind, byte,
		       meta_used(m, byte),
		       (unsigned long long)(m->pfn * PAGE + byte));
	}
	return 0;
}

static int do_flip(char **arg)
{
	unsigned long long address;
	char line[512];

	(void)arg;
	map_ram();
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "%*s %*s %*s %*s %llx", &address) != 1)
			errx(2, "not a line: %s", line);
		/* Each bit has its turn */
		*(char *)phys(address) ^= 1 << address / 3 % 8;
	}
	return 0;
}

/* Have the folios of @frames be of order @order, and say how many that makes */
static size_t reorder_link(struct link *link, const uint64_t *frames, size_t nr,
			   unsigned int order)
{
	size_t done = 0, i, n;

	for (n = 0; n < link->nr; n++) {
		uint64_t where = link->runs[n].where;
		uint64_t index = link->runs[n].index;
		unsigned int old = where >> 40 & 31;
		uint64_t count = where >> 50 << 12 | index >> 52;

		for (i = 0; i < nr; i++)
			if (frames[i] == (where & ((1ULL << 40) - 1)))
				break;
		if (i == nr || old < order)
			continue;
		count <<= old - order;
		where &= ((1ULL << 50) - 1) & ~(31ULL << 40);
		index &= (1ULL << 52) - 1;
		link->runs[n].where = where | (uint64_t)order << 40 |
				      count >> 12 << 50;
		link->runs[n].index = index | count << 52;
		done += count;
	}
	return done;
}

static int do_reorder(char **arg)
{
	size_t nr[32] = {}, done[32] = {}, order, i;
	struct link *link;
	uint64_t *frames[32];
	char path[4096];
	void *page;

	map_ram();
	for (i = 1; arg[i]; i++) {
		order = strtoul(arg[i], NULL, 0) % 32;
		snprintf(path, sizeof(path), "%s-%zu", arg[0], order);
		frames[order] = frames_of(path, &nr[order]);
	}
	for (page = next_page(NULL); page; page = next_page(page)) {
		link = page;
		if (link->magic != LINK_MAGIC || link->type != LINK_RUNS ||
		    link->nr > 254 || link->crc != runs_crc(link))
			continue;
		for (order = 0; order < 32; order++)
			if (nr[order])
				done[order] += reorder_link(link, frames[order],
							    nr[order], order);
		link->crc = runs_crc(link);
	}
	for (order = 0; order < 32; order++)
		if (nr[order])
			printf("%zu:%zu\n", order, done[order]);
	return 0;
}

static const struct command commands[] = {
	{ "pages", do_pages, 1 },
	{ "frame", do_frame, 1 },
	{ "peek", do_peek, 2 },
	{ "poke", do_poke, 2 },
	{ "find", do_find, 1 },
	{ "frames", do_frames, 1 },
	{ "sums", do_sums, 0 },
	{ "core-sums", do_core_sums, 0 },
	{ "orders", do_orders, 1 },
	{ "reorder", do_reorder, 2 },
	{ "bytes", do_bytes, 4 },
	{ "flip", do_flip, 0 },
	{}
};

int main(int argc, char **argv)
{
	return tool_main(commands, argc, argv);
}
