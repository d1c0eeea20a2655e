// SPDX-License-Identifier: GPL-2.0
/*
 * Physical memory, of an ELF file: /proc/kcore, /proc/vmcore, or a dump of either, or
 * of QEMU.
 */
#include <elf.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../pkram.h"
#include "dump.h"

struct segment {
	uint64_t physical;
	uint64_t size;
	uint64_t offset;
};

static int core_fd;
static struct segment *segments;
static size_t nr_segments;

static bool read_at(uint64_t offset, void *buf, size_t len)
{
	while (len) {
		ssize_t nr = pread(core_fd, buf, len, offset);

		if (nr < 0 && errno == EINTR)
			continue;
		if (nr <= 0)
			return false;
		buf = (char *)buf + nr;
		offset += nr;
		len -= nr;
	}
	return true;
}

static int by_physical(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	return x->physical < y->physical ? -1 : x->physical > y->physical;
}

void core_open(const char *path)
{
	Elf64_Ehdr head;
	Elf64_Phdr *table;
	size_t nr, i;

	core_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (core_fd < 0)
		err(errno == ENOENT ? EXIT_NOT_FOUND :
		    errno == EACCES || errno == EPERM ? EXIT_PERM : EXIT_FAIL,
		    "%s", path);
	if (!read_at(0, &head, sizeof(head)) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) ||
	    head.e_ident[EI_CLASS] != ELFCLASS64 ||
	    head.e_ident[EI_DATA] != ELFDATA2LSB || head.e_type != ET_CORE ||
	    head.e_phentsize != sizeof(Elf64_Phdr))
		errx(EXIT_FAIL, "%s: no ELF core of 64 bits (makedumpfile -E makes one)",
		     path);
	nr = head.e_phnum;
	/* More than fit into 16 bits: the first section tells */
	if (nr == PN_XNUM) {
		Elf64_Shdr first;

		if (!read_at(head.e_shoff, &first, sizeof(first)))
			errx(EXIT_FAIL, "%s: cut off", path);
		nr = first.sh_info;
	}
	table = must(calloc(nr + 1, sizeof(*table)));
	segments = must(calloc(nr + 1, sizeof(*segments)));
	if (!read_at(head.e_phoff, table, nr * sizeof(*table)))
		errx(EXIT_FAIL, "%s: cut off", path);
	for (i = 0; i < nr; i++) {
		const Elf64_Phdr *p = &table[i];

		/* What is not RAM has no physical address in /proc/kcore */
		if (p->p_type != PT_LOAD || !p->p_filesz ||
		    p->p_paddr + p->p_filesz < p->p_filesz)
			continue;
		segments[nr_segments++] = (struct segment) {
			.physical = p->p_paddr,
			.size = p->p_filesz,
			.offset = p->p_offset,
		};
	}
	free(table);
	qsort(segments, nr_segments, sizeof(*segments), by_physical);
}

bool core_frame(uint64_t pfn, void *page)
{
	const uint64_t address = pfn * FRAME;

	for (size_t i = 0; pfn <= PKRAM_PT_PFN_MASK && i < nr_segments; i++) {
		const struct segment *s = &segments[i];
		const uint64_t at = address - s->physical;

		if (address >= s->physical && at < s->size && FRAME <= s->size - at &&
		    read_at(s->offset + at, page, FRAME))
			return true;
	}
	return false;
}

void core_scan(bool (*fn)(uint64_t pfn, const void *page, void *arg), void *arg)
{
	enum { CHUNK = 256 };
	char *buf = must(malloc(CHUNK * FRAME));
	uint64_t pfn = 0;

	for (size_t i = 0; i < nr_segments; i++) {
		const struct segment *s = &segments[i];
		const uint64_t end = (s->physical + s->size) / FRAME;
		uint64_t first = (s->physical + FRAME - 1) / FRAME;

		/* The kernel's image is there twice */
		for (pfn = first > pfn ? first : pfn; pfn < end; ) {
			uint64_t nr = end - pfn < CHUNK ? end - pfn : CHUNK;

			/* Of a chunk with a hole only the rest is lost */
			if (!read_at(s->offset + pfn * FRAME - s->physical, buf,
				     nr * FRAME)) {
				nr = 1;
				if (!core_frame(pfn, buf)) {
					pfn++;
					continue;
				}
			}
			for (uint64_t n = 0; n < nr; n++, pfn++) {
				if (!fn(pfn, buf + n * FRAME, arg)) {
					free(buf);
					return;
				}
			}
		}
	}
	free(buf);
}
