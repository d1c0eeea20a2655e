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
#include <sys/stat.h>
#include <unistd.h>

#include "../pkram.h"
#include "dump.h"

struct segment {
	uint64_t physical;
	uint64_t size;
	uint64_t in_file;	/* so much of it; the rest is zero */
	uint64_t offset;
};

static int core_fd;
static struct segment *segments;
static size_t nr_segments;
static uint64_t core_limit;	/* one past the last address */

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

/* What of it can be in memory, and is in the file; sizes are not to be believed */
static void add_segment(const Elf64_Phdr *p, const struct stat *st)
{
	const uint64_t end = (PKRAM_PT_PFN_MASK + 1) * FRAME;
	struct segment s = {
		.physical = p->p_paddr,
		.size = p->p_memsz > p->p_filesz ? p->p_memsz : p->p_filesz,
		.in_file = p->p_filesz,
		.offset = p->p_offset,
	};

	/* In /proc/kcore what is not RAM has no physical address */
	if (p->p_type != PT_LOAD || s.physical >= end || s.size > end - s.physical)
		return;
	if (S_ISREG(st->st_mode) && st->st_size &&
	    (s.offset > (uint64_t)st->st_size ||
	     s.in_file > st->st_size - s.offset)) {
		warnx("a segment is cut off");
		s.in_file = s.offset > (uint64_t)st->st_size ? 0 :
			    st->st_size - s.offset;
		s.size = s.in_file;
	}
	if (!s.size)
		return;
	segments[nr_segments++] = s;
	if (s.physical + s.size > core_limit)
		core_limit = s.physical + s.size;
}

uint64_t core_end(void)
{
	return core_limit / FRAME;
}

void core_open(const char *path)
{
	struct stat st;
	Elf64_Ehdr head;
	Elf64_Phdr *table;
	size_t nr, i;

	core_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (core_fd < 0)
		err(errno == ENOENT ? EXIT_NOT_FOUND :
		    errno == EACCES || errno == EPERM ? EXIT_PERM : EXIT_FAIL,
		    "%s", path);
	if (fstat(core_fd, &st))
		err(EXIT_FAIL, "%s", path);
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
	for (i = 0; i < nr; i++)
		add_segment(&table[i], &st);
	free(table);
	qsort(segments, nr_segments, sizeof(*segments), by_physical);
}

/* What is not in the file is zero */
static bool read_segment(const struct segment *s, uint64_t at, void *buf, size_t len)
{
	const size_t there = at >= s->in_file ? 0 :
			     s->in_file - at < len ? s->in_file - at : len;

	memset((char *)buf + there, 0, len - there);
	return read_at(s->offset + at, buf, there);
}

bool core_frame(uint64_t pfn, void *page)
{
	const uint64_t address = pfn * FRAME;
	static size_t last;

	if (pfn > PKRAM_PT_PFN_MASK)
		return false;
	/* Mostly it is near the one before */
	for (size_t n = 0; n < nr_segments; n++) {
		const size_t i = (last + n) % nr_segments;
		const struct segment *s = &segments[i];
		const uint64_t at = address - s->physical;

		if (address < s->physical || at >= s->size || FRAME > s->size - at ||
		    !read_segment(s, at, page, FRAME))
			continue;
		last = i;
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
			if (!read_segment(s, pfn * FRAME - s->physical, buf, nr * FRAME)) {
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
