// SPDX-License-Identifier: GPL-2.0
/*
 * pkram-dump(8): the structures in memory by which PKRAM hands over.
 *
 * Nothing that is read is believed: it is for finding out what is wrong with it.
 */
#include <err.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../pkram.h"
#include "dump.h"

#define KCORE	"/proc/kcore"

static const char usage[] =
"usage: pkram-dump [OPTIONS] [CORE]\n"
"  -a, --all         all of the following\n"
"  -l, --links       links of the chains\n"
"  -r, --runs        runs of folios\n"
"  -b, --bytes       byte streams: the records of a tmpfs\n"
"  -p, --preserved   ranges of frames in the page table\n"
"  -s, --super PFN   frame of the super block\n"
"  -t, --table PFN   frame of the root of the page table\n"
"  -h, --help  -V, --version\n"
"CORE is an ELF core; " KCORE " without one.\n"
"exit status: 0 nothing is wrong, 1 something is, 2 usage, 4 not permitted, 5 not found\n";

static const struct option longs[] = {
	{ "all", no_argument, NULL, 'a' },
	{ "bytes", no_argument, NULL, 'b' },
	{ "help", no_argument, NULL, 'h' },
	{ "links", no_argument, NULL, 'l' },
	{ "preserved", no_argument, NULL, 'p' },
	{ "runs", no_argument, NULL, 'r' },
	{ "super", required_argument, NULL, 's' },
	{ "table", required_argument, NULL, 't' },
	{ "version", no_argument, NULL, 'V' },
	{ }
};

struct dump_options show;

static uint64_t super_pfn = NO_PFN, table_pfn = NO_PFN;
static unsigned long nr_bad;

void say(int level, const char *fmt, ...)
{
	va_list args;

	printf("%*s", 2 * level, "");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}

void bad(int level, const char *fmt, ...)
{
	va_list args;

	nr_bad++;
	printf("%*sBAD ", 2 * level, "");
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	putchar('\n');
}

static uint64_t number(const char *s)
{
	char *end;
	const uint64_t n = strtoull(s, &end, 16);

	if (end == s || *end || n > PKRAM_PT_PFN_MASK)
		errx(EXIT_USAGE, "no page frame number: %s", s);
	return n;
}

static const char *options(int argc, char **argv)
{
	int c;

	while ((c = getopt_long(argc, argv, "abhlprs:t:V", longs, NULL)) != -1) {
		switch (c) {
		case 'a':
			show = (struct dump_options){ true, true, true, true };
			break;
		case 'b':
			show.bytes = true;
			break;
		case 'l':
			show.links = true;
			break;
		case 'p':
			show.ranges = true;
			break;
		case 'r':
			show.runs = true;
			break;
		case 's':
			super_pfn = number(optarg);
			break;
		case 't':
			table_pfn = number(optarg);
			break;
		case 'h':
			fputs(usage, stdout);
			exit(EXIT_OK);
		case 'V':
			puts("pkram-dump " PKRAM_VERSION);
			exit(EXIT_OK);
		default:
			fputs(usage, stderr);
			exit(EXIT_USAGE);
		}
	}
	if (argc - optind > 1) {
		fputs(usage, stderr);
		exit(EXIT_USAGE);
	}
	return optind < argc ? argv[optind] : KCORE;
}

/* -------------------------------------------------------- super block */

static uint32_t super_crc(const struct pkram_super_ser *super)
{
	struct pkram_super_ser copy = *super;
	const size_t skip = offsetof(struct pkram_super_ser, crc);

	copy.magic = 0;
	return crc32c(crc32c(CRC_SEED, &copy, skip),
		      (char *)&copy + skip + sizeof(copy.crc),
		      sizeof(copy) - skip - sizeof(copy.crc));
}

static void super_print(uint64_t pfn, const struct pkram_super_ser *s)
{
	const uint32_t crc = super_crc(s);
	uint32_t i;

	say(0, "super block at %#" PRIx64 ": version %u, generation %" PRIu64 ", %" PRIu64
	    " nodes, directory %#" PRIx64 ", page table %#" PRIx64 ", %" PRIu64
	    " frames preserved", pfn, s->version, (uint64_t)s->generation,
	    (uint64_t)s->nr_nodes, (uint64_t)s->dir_pfn, (uint64_t)s->pt_pfn,
	    (uint64_t)s->nr_preserved);
	if (s->version != PKRAM_SER_VERSION || s->size != sizeof(*s) ||
	    s->page_size != PKRAM_SER_PAGE_SIZE)
		bad(1, "version %u, size %u, page size %u: this reads %u, %zu, %u",
		    s->version, s->size, s->page_size, PKRAM_SER_VERSION, sizeof(*s),
		    PKRAM_SER_PAGE_SIZE);
	if (s->self_pfn != pfn)
		bad(1, "says it is at %#" PRIx64, (uint64_t)s->self_pfn);
	if (s->crc != crc)
		bad(1, "checksum is %#x, should be %#x", s->crc, crc);
	if (s->nr_landing > PKRAM_LANDING_MAX || s->nr_poison > PKRAM_POISON_MAX)
		bad(1, "%u landing ranges, %u failed frames", s->nr_landing,
		    s->nr_poison);
	for (i = 0; i < s->nr_landing && i < PKRAM_LANDING_MAX; i++)
		say(1, "landing %#" PRIx64 "-%#" PRIx64 " (%s), node %u",
		    (uint64_t)s->landing[i].start_pfn,
		    (uint64_t)(s->landing[i].start_pfn + s->landing[i].nr_pages - 1),
		    human(s->landing[i].nr_pages * FRAME), s->landing[i].nid);
	for (i = 0; i < s->nr_poison && i < PKRAM_POISON_MAX; i++)
		say(1, "failed memory: frame %#" PRIx64, (uint64_t)s->poison[i]);
}

static bool find_super(uint64_t pfn, const void *page, void *arg)
{
	const struct pkram_super_ser *super = page;

	if (super->magic != PKRAM_SUPER_MAGIC || super->self_pfn != pfn)
		return true;
	*(uint64_t *)arg = pfn;
	return false;
}

/* ---------------------------------------------------------- live kernel */

static bool find_node(uint64_t pfn, const void *page, void *arg)
{
	unsigned long *nr = arg;

	if (!node_looks_right(page) || table_missing(pfn, 1))
		return true;
	node_print(1, pfn);
	++*nr;
	return true;
}

/* Nothing says where they are before they are handed over */
static void print_found(bool live)
{
	char *pfn = live && table_pfn == NO_PFN ?
		    file_line(PKRAM_SYSFS "/page_table") : NULL;
	unsigned long nr = 0;

	if (pfn)
		table_pfn = number(pfn);
	free(pfn);
	say(0, "not sealed: nodes that were found in memory%s",
	    table_pfn == NO_PFN ? ", also such as are not any more" : "");
	if (table_pfn && table_pfn != NO_PFN && table_read(table_pfn))
		table_print(NULL);
	if (table_pfn)
		core_scan(find_node, &nr);
	say(0, "%lu nodes found", nr);
}

int main(int argc, char **argv)
{
	union {
		struct pkram_super_ser ser;
		unsigned char page[FRAME];
	} super;
	const char *path = options(argc, argv);
	const bool live = !strcmp(path, KCORE);
	char *pfn;

	core_open(path);
	pfn = live && super_pfn == NO_PFN ? file_line(PKRAM_SYSFS "/super_block") : NULL;
	if (pfn)
		super_pfn = number(pfn);
	free(pfn);
	if (super_pfn == NO_PFN)
		core_scan(find_super, &super_pfn);

	if (super_pfn != NO_PFN && !core_frame(super_pfn, &super))
		errx(EXIT_FAIL, "frame %#" PRIx64 " is not in %s", super_pfn, path);
	if (super_pfn == NO_PFN || super.ser.magic != PKRAM_SUPER_MAGIC) {
		print_found(live);
	} else {
		super_print(super_pfn, &super.ser);
		if (table_read(super.ser.pt_pfn))
			table_print(&super.ser);
		directory_print(super.ser.dir_pfn, super.ser.nr_nodes);
	}
	if (nr_bad)
		say(0, "%lu errors", nr_bad);
	return nr_bad ? EXIT_FAIL : EXIT_OK;
}
