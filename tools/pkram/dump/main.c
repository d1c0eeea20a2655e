// SPDX-License-Identifier: GPL-2.0
/*
 * pkram-dump(8): the structures in memory by which PKRAM hands over.
 *
 * Nothing that is read is believed: it is for finding out what is wrong with it.
 */
#include <ctype.h>
#include <dirent.h>
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

static void print_line(int level, const char *mark, const char *fmt, va_list args)
{
	printf("%*s%s", 2 * level, "", mark);
	vprintf(fmt, args);
	putchar('\n');
}

void say(int level, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_line(level, "", fmt, args);
	va_end(args);
}

void bad(int level, const char *fmt, ...)
{
	va_list args;

	nr_bad++;
	va_start(args, fmt);
	print_line(level, "BAD ", fmt, args);
	va_end(args);
}

char *shown(const char *s, size_t max)
{
	struct text t = { };

	for (; max && *s; s++, max--) {
		if (*s < ' ' || *s > '~' || *s == '\\')
			text_addf(&t, "\\%03o", (unsigned char)*s);
		else
			text_add(&t, s, 1);
	}
	return text_take(&t);
}

static uint64_t number(const char *s)
{
	char *end;
	const uint64_t n = strtoull(s, &end, 16);

	if (!isxdigit((unsigned char)*s) || *end || n > PKRAM_PT_PFN_MASK)
		errx(EXIT_USAGE, "no page frame number: %s", s);
	return n;
}

/* What a file of sysfs says, NO_PFN when there is none */
static uint64_t sysfs_number(const char *name)
{
	char *path = format(PKRAM_SYSFS "/%s", name);
	char *s = file_line(path);
	const uint64_t n = s ? number(s) : NO_PFN;

	free(s);
	free(path);
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

	copy.magic = 0;
	return crc32c_without(&copy, sizeof(copy), offsetof(struct pkram_super_ser, crc));
}

static void landing_print(const struct pkram_super_ser *s)
{
	const struct pkram_range_ser none = { };
	uint64_t end = 0;

	if (!s->nr_landing || s->nr_landing > PKRAM_LANDING_MAX)
		bad(1, "%u landing ranges", s->nr_landing);
	for (uint32_t i = 0; i < PKRAM_LANDING_MAX; i++) {
		const struct pkram_range_ser *r = &s->landing[i];

		if (i >= s->nr_landing) {
			if (memcmp(r, &none, sizeof(none)))
				bad(1, "landing range %u is not 0", i);
			continue;
		}
		say(1, "landing %#" PRIx64 "-%#" PRIx64 " (%s), node %u",
		    (uint64_t)r->start_pfn, (uint64_t)(r->start_pfn + r->nr_pages - 1),
		    human(r->nr_pages * FRAME), r->nid);
		if (r->start_pfn < end || !r->nr_pages || r->reserved ||
		    r->start_pfn > PKRAM_PT_PFN_MASK ||
		    r->nr_pages > PKRAM_PT_PFN_MASK + 1 - r->start_pfn)
			bad(1, "landing range %u cannot be right", i);
		end = r->start_pfn + r->nr_pages;
	}
}

static void poison_print(const struct pkram_super_ser *s)
{
	uint64_t last = 0;

	if (s->nr_poison > PKRAM_POISON_MAX)
		bad(1, "%u failed frames", s->nr_poison);
	for (uint32_t i = 0; i < PKRAM_POISON_MAX; i++) {
		if (i < s->nr_poison)
			say(1, "failed memory: frame %#" PRIx64, (uint64_t)s->poison[i]);
		if (i < s->nr_poison ? s->poison[i] <= last || s->poison[i] >= s->end_pfn :
				       s->poison[i])
			bad(1, "failed frame %u is %#" PRIx64, i, (uint64_t)s->poison[i]);
		last = s->poison[i];
	}
}

static void super_print(uint64_t pfn, const struct pkram_super_ser *s)
{
	const uint32_t crc = super_crc(s);

	say(0, "super block at %#" PRIx64 ": version %u, generation %" PRIu64 ", %" PRIu64
	    " nodes, directory %#" PRIx64 ", page table %#" PRIx64 ", %" PRIu64
	    " frames preserved", pfn, s->version, (uint64_t)s->generation,
	    (uint64_t)s->nr_nodes, (uint64_t)s->dir_pfn, (uint64_t)s->pt_pfn,
	    (uint64_t)s->nr_preserved);
	if (s->magic != PKRAM_SUPER_MAGIC)
		bad(1, "magic is %#" PRIx64, (uint64_t)s->magic);
	if (s->version != PKRAM_SER_VERSION || s->size != sizeof(*s) ||
	    s->page_size != PKRAM_SER_PAGE_SIZE)
		bad(1, "version %u, size %u, page size %u: this reads %u, %zu, %u",
		    s->version, s->size, s->page_size, PKRAM_SER_VERSION, sizeof(*s),
		    PKRAM_SER_PAGE_SIZE);
	if (s->self_pfn != pfn)
		bad(1, "says it is at %#" PRIx64, (uint64_t)s->self_pfn);
	if (s->crc != crc)
		bad(1, "checksum is %#x, should be %#x", s->crc, crc);
	if (!s->nr_nodes != !s->dir_pfn || s->nr_nodes > PKRAM_NODES_MAX || !s->pt_pfn)
		bad(1, "%" PRIu64 " nodes, directory %#" PRIx64 ", page table %#" PRIx64,
		    (uint64_t)s->nr_nodes, (uint64_t)s->dir_pfn, (uint64_t)s->pt_pfn);
	landing_print(s);
	poison_print(s);
}

static bool find_super(uint64_t pfn, const void *page, void *arg)
{
	const struct pkram_super_ser *super = page;

	if (super->magic != PKRAM_SUPER_MAGIC || super->self_pfn != pfn ||
	    super->crc != super_crc(super))
		return true;
	*(uint64_t *)arg = pfn;
	return false;
}

static void print_handover(uint64_t pfn, const struct pkram_super_ser *super)
{
	super_print(pfn, super);
	if (super->pt_pfn && table_read(super->pt_pfn))
		table_print(super);
	directory_print(super->dir_pfn, super->nr_nodes);
}

/* ---------------------------------------------------------- not sealed */

/* A kernel that runs tells where they are */
static void print_live(void)
{
	DIR *dir = opendir(PKRAM_SYSFS "/node");
	const uint64_t root = sysfs_number("page_table");
	struct dirent *entry;
	unsigned int nr = 0;

	say(0, "this kernel, which has not handed over");
	if (root && root != NO_PFN && table_read(root))
		table_print(NULL);
	while (dir && (entry = readdir(dir))) {
		char *page = format("node/%s/page", entry->d_name);
		char *path = format(PKRAM_SYSFS "/node/%s/state", entry->d_name);
		char *state = file_line(path);
		const uint64_t pfn = *entry->d_name == '.' ? NO_PFN : sysfs_number(page);

		/* It may have gone */
		if (state && pfn != NO_PFN) {
			node_print(1, pfn, state);
			nr++;
		}
		free(state);
		free(path);
		free(page);
	}
	if (dir)
		closedir(dir);
	say(0, "%u nodes", nr);
}

static bool find_node(uint64_t pfn, const void *page, void *arg)
{
	unsigned long *nr = arg;

	if (!node_looks_right(page) || (table_known() && !table_has(pfn)))
		return true;
	node_print(1, pfn, NULL);
	++*nr;
	return true;
}

/* Of a dump nobody does */
static void print_found(void)
{
	unsigned long nr = 0;

	if (table_pfn != NO_PFN && table_read(table_pfn))
		table_print(NULL);
	say(0, "no super block: what looks like nodes%s",
	    table_known() ? ", among preserved frames" :
			    ", also those that are not any more");
	core_scan(find_node, &nr);
	say(0, "%lu found in memory up to %s", nr, human(core_end() * FRAME));
}

int main(int argc, char **argv)
{
	union {
		struct pkram_super_ser ser;
		unsigned char page[FRAME];
	} super = { };
	const char *path = options(argc, argv);
	const bool live = !strcmp(path, KCORE) && super_pfn == NO_PFN &&
			  table_pfn == NO_PFN && sysfs_number("super_block") != NO_PFN;

	setvbuf(stdout, NULL, _IOLBF, 0);
	core_open(path);
	if (!live && super_pfn == NO_PFN && table_pfn == NO_PFN)
		core_scan(find_super, &super_pfn);
	if (super_pfn != NO_PFN && !core_frame(super_pfn, &super))
		errx(EXIT_FAIL, "frame %#" PRIx64 " is not in %s", super_pfn, path);

	if (live)
		print_live();
	else if (super_pfn != NO_PFN)
		print_handover(super_pfn, &super.ser);
	else
		print_found();
	if (nr_bad)
		say(0, "%lu errors", nr_bad);
	if (fflush(stdout) || ferror(stdout))
		err(EXIT_FAIL, "standard output");
	return nr_bad ? EXIT_FAIL : EXIT_OK;
}
