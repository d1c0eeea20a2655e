// SPDX-License-Identifier: GPL-2.0
/*
 * pkram-dump(8), which reads the format by itself: of a hand-over that is right it says
 * so, and what is damaged it names.
 *
 * The simulated machine is written to an ELF core, and the program is run on it.
 */
#include <elf.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/pkram_abi_shmem.h>

#include "../test.h"

#define SUPER	0xfffULL
#define TABLES	0x1000ULL
#define DIR	0x2000ULL
#define NODE	0x2001ULL
#define OBJS	0x2002ULL
#define RUNS	0x2003ULL	/* and the next */
#define BYTES	0x2005ULL	/* and the next */
#define SINGLES	0x3000ULL
#define LARGE	0x4000ULL	/* of order 9 */

#define MEMORY_END	0x4400ULL
#define GIVEN_UP	0x8000ULL	/* of a leaf of its own */

#define NR_SINGLES	5
#define NR_FRAMES	(NR_SINGLES + 512)
#define NAME		"shmem-data"

/* What a tmpfs with nothing but its root has in its byte stream */
static struct {
	struct pkram_shmem_header header;
	struct pkram_shmem_super super;
	struct pkram_shmem_inode root;
	struct pkram_shmem_dir dir;
} stream = {
	.header = {
		.rec = { PKRAM_SHMEM_HEADER, 0, sizeof(stream.header) },
		.magic = PKRAM_SHMEM_MAGIC,
		.version = PKRAM_SHMEM_VERSION,
		.nr_inodes = 1,
		.nr_bytes = sizeof(stream),
	},
	.super = { .rec = { PKRAM_SHMEM_SUPER, 0, sizeof(stream.super) } },
	.root = {
		.rec = { PKRAM_SHMEM_INODE, 0, sizeof(stream.root) },
		.id = 1,
		.mode = 041777,
		.nlink = 2,
	},
	.dir = { .rec = { PKRAM_SHMEM_DIR, 0, sizeof(stream.dir) }, .id = 1 },
};

/* All of it in the first link but the last record */
#define FIRST_BYTES	(sizeof(stream) - sizeof(stream.dir))

static struct pkram_pagetable pt;
static char core[64], out[64];

static void *frame(u64 pfn)
{
	return pkram_pfn_to_virt(pfn);
}

static struct pkram_link_ser *add_link(u64 pfn, u32 type, u32 nr, u64 start, u64 next)
{
	struct pkram_link_ser *link = sim_frame_add(pfn);

	link->magic = PKRAM_LINK_MAGIC;
	link->type = type;
	link->nr = nr;
	link->start = start;
	link->next_pfn = next;
	return link;
}

static struct pkram_run_ser run(u64 pfn, u64 index, u64 nr, unsigned int order)
{
	return pkram_run_pack(&(struct pkram_run) {
		.pfn = pfn, .index = index, .nr = nr, .order = order,
		.flags = PKRAM_RUN_UPTODATE,
	});
}

/* One with more entries than a page has no sum */
static void seal_link(struct pkram_link_ser *link)
{
	const bool bytes = link->type != PKRAM_LINK_OBJS &&
			   link->type != PKRAM_LINK_RUNS &&
			   link->type != PKRAM_LINK_NODES;

	if (link->nr <= (bytes ? PKRAM_LINK_MAX_BYTES : PKRAM_LINK_MAX_OBJS))
		pkram_link_seal(link);
}

/* Right checksums, whatever they are of */
static void seal(void)
{
	struct pkram_super_ser *super = frame(SUPER);
	u64 pfn;

	for (pfn = OBJS; pfn <= BYTES + 1; pfn++)
		seal_link(frame(pfn));
	seal_link(frame(DIR));
	pkram_node_ser_seal(frame(NODE));
	super->crc = pkram_super_crc(super);
}

static void build_streams(void)
{
	add_link(RUNS, PKRAM_LINK_RUNS, 1, 0, RUNS + 1)->runs[0] =
		run(SINGLES, 0, NR_SINGLES, 0);
	add_link(RUNS + 1, PKRAM_LINK_RUNS, 1, NR_SINGLES, 0)->runs[0] =
		run(LARGE, 512, 1, 9);
	memcpy(add_link(BYTES, PKRAM_LINK_BYTES, FIRST_BYTES, 0, BYTES + 1)->bytes,
	       &stream, FIRST_BYTES);
	memcpy(add_link(BYTES + 1, PKRAM_LINK_BYTES, sizeof(stream.dir), FIRST_BYTES, 0)
	       ->bytes, &stream.dir, sizeof(stream.dir));
	add_link(OBJS, PKRAM_LINK_OBJS, 1, 0, 0)->objs[0] = (struct pkram_obj_ser) {
		.flags = PKRAM_OBJ_PAGES | PKRAM_OBJ_BYTES,
		.pages_pfn = RUNS,
		.bytes_pfn = BYTES,
		.nr_pages = NR_FRAMES,
		.nr_bytes = sizeof(stream),
		.nr_page_links = 2,
		.nr_byte_links = 2,
	};
}

static void build(void)
{
	struct pkram_super_ser *super = sim_frame_add(SUPER);
	struct pkram_node_ser *node;

	build_streams();
	node = sim_frame_add(NODE);
	*node = (struct pkram_node_ser) {
		.magic = PKRAM_NODE_MAGIC,
		.obj_pfn = OBJS,
		.nr_objs = 1,
		.nr_pages = NR_FRAMES,
		.nr_bytes = sizeof(stream),
		.nr_links = 5,
		.saved_at = 1700000000,
		.name_len = strlen(NAME),
		.name = NAME,
	};
	add_link(DIR, PKRAM_LINK_NODES, 1, 0, 0)->nodes[0] = (struct pkram_dir_ser) {
		.node_pfn = NODE,
		.name_crc = pkram_crc(PKRAM_CRC_SEED, NAME, strlen(NAME)),
		.name_len = strlen(NAME),
	};
	sim_place(TABLES, 1);
	EXPECT_EQ(pkram_pagetable_set(&pt, DIR, BYTES + 2 - DIR, 0), 0);
	EXPECT_EQ(pkram_pagetable_set(&pt, SINGLES, NR_SINGLES, 0), 0);
	EXPECT_EQ(pkram_pagetable_set(&pt, LARGE, 512, 0), 0);
	/* What has been given up leaves a page of the table that has nothing set */
	EXPECT_EQ(pkram_pagetable_set(&pt, GIVEN_UP, 1, 0), 0);
	pkram_pagetable_clear(&pt, GIVEN_UP, 1);
	*super = (struct pkram_super_ser) {
		.magic = PKRAM_SUPER_MAGIC,
		.version = PKRAM_SER_VERSION,
		.size = sizeof(*super),
		.page_size = PKRAM_SER_PAGE_SIZE,
		.self_pfn = SUPER,
		.generation = 3,
		.dir_pfn = DIR,
		.nr_nodes = 1,
		.pt_pfn = TABLES,
		.nr_preserved = pt.nr_set,
		.end_pfn = LARGE + 512,
		.pt_crc = pkram_pagetable_crc(&pt),
		.nr_pt_pages = pt.nr_tables,
		.nr_landing = 1,
		.landing = { { .start_pfn = 0x10000, .nr_pages = 0x1000 } },
	};
	seal();
}

static void destroy(void)
{
	u64 pfn;

	pkram_pagetable_destroy(&pt);
	for (pfn = DIR; pfn <= BYTES + 1; pfn++)
		sim_frame_del(pfn);
	sim_frame_del(SUPER);
	unlink(core);
	unlink(out);
}

/* Memory that is not in the core, because it is zero */
static const Elf64_Phdr rest = {
	.p_type = PT_LOAD,
	.p_paddr = (BYTES + 2) * PAGE_SIZE,
	.p_memsz = (MEMORY_END - BYTES - 2) * PAGE_SIZE,
};

static Elf64_Phdr other;	/* whatever a test wants */

/* The machine as /proc/kcore would have it, a segment for each frame */
static void write_core(void)
{
	static u64 pfn[SIM_PFNS];
	const unsigned int nr = sim_pfns(pfn, SIM_PFNS);
	Elf64_Ehdr head = {
		.e_ident = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64,
			     ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_CORE,
		.e_phoff = sizeof(head),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = nr + 2,
	};
	FILE *f = fopen(core, "w");
	unsigned int i;

	EXPECT(f);
	fwrite(&head, sizeof(head), 1, f);
	for (i = 0; i < nr; i++) {
		Elf64_Phdr p = {
			.p_type = PT_LOAD,
			.p_offset = (16 + i) * PAGE_SIZE,
			.p_paddr = pfn[i] * PAGE_SIZE,
			.p_filesz = PAGE_SIZE,
			.p_memsz = PAGE_SIZE,
		};

		fwrite(&p, sizeof(p), 1, f);
	}
	fwrite(&rest, sizeof(rest), 1, f);
	fwrite(&other, sizeof(other), 1, f);
	for (i = 0; i < nr; i++) {
		fseek(f, (16 + i) * PAGE_SIZE, SEEK_SET);
		fwrite(frame(pfn[i]), PAGE_SIZE, 1, f);
	}
	EXPECT(!fclose(f));
}

/* Its exit status; a report of a sanitizer is another one */
static int dump(const char *options)
{
	char command[512];
	int status;

	snprintf(command, sizeof(command),
		 "ASAN_OPTIONS=exitcode=99:hard_rss_limit_mb=256 UBSAN_OPTIONS=exitcode=99 timeout 20 '%s' %s %s > %s 2>&1",
		 PKRAM_DUMP, options, core, out);
	write_core();
	status = system(command);
	EXPECT(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void print_out(void)
{
	char line[512];
	FILE *f = fopen(out, "r");

	while (f && fgets(line, sizeof(line), f))
		printf("# %s", line);
	if (f)
		fclose(f);
}

static bool says(const char *text)
{
	char line[512];
	FILE *f = fopen(out, "r");
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f))
		found = strstr(line, text);
	if (f)
		fclose(f);
	return found;
}

static void expect_dump(const char *options, int status, const char *text)
{
	const int got = dump(options);

	if (got == status && says(text))
		return;
	print_out();
	FAIL("pkram-dump %s: %d, expected %d and '%s'", options, got, status, text);
}

static void begin(void)
{
	snprintf(core, sizeof(core), "/tmp/pkram-core.%d", getpid());
	snprintf(out, sizeof(out), "/tmp/pkram-dump.%d", getpid());
	build();
	expect_dump("-a", 0, "super block at 0xfff: version 1, generation 3, 1 nodes");
}

/* --------------------------------------------------------------- tests */

static void test_right(void)
{
	static const char * const lines[] = {
		"landing 0x10000-0x10fff (16 MiB)",
		"page table: 5 pages, 529 frames preserved",
		"preserved 0x4000-0x41ff",
		"node 'shmem-data' at 0x2001: 517 frames (2.0 MiB), 280 bytes, 1 objects, 5 links, saved 2023-11-14 22:13:20 UTC",
		"link 0x2004: runs, 1 from 5, next 0",
		"run: index 0, frame 0x3000, 5 of order 0, uptodate",
		"run: index 0x200, frame 0x4000, 1 of order 9, uptodate",
		"HEADER version 1: 1 inodes",
		"INODE 1: ino 0, mode 041777",
		"DIR 1: 0 entries",
	};
	unsigned int i;

	begin();
	for (i = 0; i < ARRAY_SIZE(lines); i++)
		if (!says(lines[i])) {
			print_out();
			FAIL("does not say '%s'", lines[i]);
		}
	expect_dump("-s fff", 0, "1 nodes");
	expect_dump("-s ffe", 1, "is not in");
	/* As long as the kernel runs */
	((struct pkram_super_ser *)frame(SUPER))->magic = 0;
	expect_dump("", 0, "no super block: what looks like nodes, also those that are not");
	expect_dump("", 0, "1 found in memory up to 68 MiB");
	expect_dump("-t 1000", 0, "529 frames preserved");
	expect_dump("-t 1000", 0, "1 found");
	pkram_pagetable_clear(&pt, NODE, 1);
	expect_dump("-t 1000", 0, "0 found");
	destroy();
}

/* What a checksum is of */
static const struct {
	u64 pfn;
	unsigned int from;
	unsigned int to;
} summed[] = {
	{ SUPER, 0, sizeof(struct pkram_super_ser) },
	{ TABLES, 0, PAGE_SIZE },
	{ TABLES + 3, 0, PAGE_SIZE },
	{ DIR, 0, PKRAM_LINK_HEADER + sizeof(struct pkram_dir_ser) },
	{ NODE, 0, sizeof(struct pkram_node_ser) },
	{ OBJS, 0, PKRAM_LINK_HEADER + sizeof(struct pkram_obj_ser) },
	{ RUNS, 0, PKRAM_LINK_HEADER + sizeof(struct pkram_run_ser) },
	{ BYTES, 0, PKRAM_LINK_HEADER + FIRST_BYTES },
};

/* Every eighth byte has a bit flipped, and the program says so */
static void test_flips(void)
{
	unsigned int i, at, step;

	begin();
	for (i = 0; i < ARRAY_SIZE(summed); i++) {
		/* Most of a table is empty */
		step = summed[i].to == PAGE_SIZE ? 256 : 8;
		for (at = summed[i].from; at < summed[i].to; at += step) {
			u8 *byte = (u8 *)frame(summed[i].pfn) + at + sim_random(8);
			const u8 old = *byte;

			if (byte - (u8 *)frame(summed[i].pfn) >= summed[i].to)
				continue;
			*byte ^= 1 << sim_random(8);
			expect_dump("-a -s fff", 1, "BAD ");
			*byte = old;
		}
	}
	expect_dump("-a", 0, "1 nodes");
	destroy();
}

/* A value that is wrong although checksums are right */
#define WRONG(type, pfn, change, text) do {				\
	type *it = frame(pfn);						\
	const type old = *it;						\
									\
	it->change;							\
	seal();								\
	expect_dump("-s fff", 1, "BAD " text);				\
	*it = old;							\
	seal();								\
} while (0)

#define WRONG_SUPER(change, text)	WRONG(struct pkram_super_ser, SUPER, change, text)
#define WRONG_NODE(change, text)	WRONG(struct pkram_node_ser, NODE, change, text)
#define WRONG_LINK(pfn, change, text)	WRONG(struct pkram_link_ser, pfn, change, text)

static void test_super(void)
{
	begin();
	WRONG_SUPER(magic ^= 1, "magic is 0x4b4c42534d524b51");
	WRONG_SUPER(magic = 0, "magic is 0");
	WRONG_SUPER(version++, "version 2");
	WRONG_SUPER(size++, "version 1, size 2913");
	WRONG_SUPER(self_pfn++, "says it is at 0x1000");
	WRONG_SUPER(nr_nodes++, "directory: 1 nodes, super block says 2");
	WRONG_SUPER(dir_pfn++, "link 0x2001: magic");
	WRONG_SUPER(pt_pfn = 0x5000, "page table: frame 0x5000");
	WRONG_SUPER(pt_pfn = TABLES + 1, "page table");
	WRONG_SUPER(nr_preserved--, "page table: super block says 528 frames");
	WRONG_SUPER(nr_pt_pages++, "page table: super block says 6 pages");
	WRONG_SUPER(pt_crc++, "page table: super block says checksum");
	WRONG_SUPER(end_pfn++, "page table: last frame is 0x41ff");
	WRONG_SUPER(nr_nodes = 0, "0 nodes, directory 0x2000");
	WRONG_SUPER(pt_pfn = 0, "1 nodes, directory 0x2000, page table 0");
	WRONG_SUPER(pt_pfn = BYTES + 3, "page table: there is nothing in it");
	WRONG_SUPER(nr_landing = 33, "33 landing ranges");
	WRONG_SUPER(nr_landing = 0, "0 landing ranges");
	WRONG_SUPER(nr_landing = 2, "landing range 1 cannot be right");
	WRONG_SUPER(landing[7].nid = 1, "landing range 7 is not 0");
	WRONG_SUPER(landing[0].reserved = 1, "landing range 0 cannot be right");
	WRONG_SUPER(landing[0].start_pfn = 1ULL << 40, "landing range 0 cannot be right");
	WRONG_SUPER(landing[0].nr_pages = -1ULL, "landing range 0 cannot be right");
	WRONG_SUPER(nr_poison = 257, "257 failed frames");
	WRONG_SUPER(nr_poison = 1, "failed frame 0 is 0");
	WRONG_SUPER(poison[3] = 1, "failed frame 3 is 0x1");
	WRONG_SUPER(landing[0].start_pfn = SINGLES - 1,
		    "frame 0x3000 is preserved and in a landing range");
	destroy();
}

static void test_tables(void)
{
	u64 *root, old;

	begin();
	root = frame(TABLES);
	old = root[0];
	root[0] |= 1ULL << 40;
	expect_dump("-s fff", 1, "BAD page table: entry 0 of 0x1000 is");
	root[0] = old;
	root[200] = TABLES + 1;
	expect_dump("-s fff", 1, "BAD page table: entry 200 of 0x1000 is 0x1001");
	root[200] = 0;
	EXPECT_EQ(pkram_pagetable_set(&pt, SUPER, 1, 0), 0);
	expect_dump("-s fff", 1, "BAD page table: the super block is preserved");
	pkram_pagetable_clear(&pt, SUPER, 1);
	EXPECT_EQ(pkram_pagetable_set(&pt, 5, 1, 0), 0);
	expect_dump("-s fff", 1, "BAD page table: frame 0x5 is preserved, below 1 MiB");
	pkram_pagetable_clear(&pt, 5, 1);
	/* Its own bit */
	((u64 *)frame(TABLES + 3))[TABLES / 64] &= ~1ULL;
	expect_dump("-s fff", 1,
		    "BAD a page of the page table: 1 frames from 0x1000 on are not preserved");
	((u64 *)frame(TABLES + 3))[TABLES / 64] |= 1;
	expect_dump("-s fff", 0, "1 nodes");
	/* Full of itself, of which there is no end */
	for (unsigned int i = 0; i < 128; i++)
		root[i] = TABLES;
	expect_dump("-s fff", 1, "BAD page table: has more pages than memory can need");
	for (unsigned int i = 0; i < 128; i++)
		root[i] = i ? 0 : old;
	expect_dump("-s fff", 0, "1 nodes");
	destroy();
}

static void test_node(void)
{
	begin();
	WRONG_LINK(DIR, nodes[0].name_crc++, "the directory knows node 0x2001");
	WRONG_LINK(DIR, nodes[0].node_pfn = 0x6000, "node: frame 0x6000");
	WRONG_LINK(DIR, nodes[0].name_len = 0,
		   "the directory knows node 0x2001 by a name of 0 bytes");
	WRONG_LINK(DIR, nodes[0].name_len = 256,
		   "the directory knows node 0x2001 by a name of 256 bytes");
	WRONG_LINK(DIR, next_pfn = DIR,
		   "link: 1 frames from 0x2000 on belong to something else, too");
	WRONG_LINK(DIR, nodes[1] = it->nodes[0]; it->nr = 2,
		   "its page: 1 frames from 0x2001 on belong to something else, too");
	WRONG_NODE(name[200] = 1, "bytes after its name are not 0");
	WRONG_NODE(nr_objs = 0, "0 objects, and their link is 0x2002");
	WRONG_NODE(flags++, "flags 0x1");
	WRONG_NODE(name_len--, "length of its name is 9");
	WRONG_NODE(obj_pfn++, "link 0x2003: magic");
	WRONG_NODE(nr_objs++, "objects: 1 in 1 links, should be 2");
	WRONG_NODE(nr_pages++, "objects have 517 frames");
	WRONG_NODE(nr_bytes--, "objects have 517 frames, 280 bytes");
	WRONG_NODE(nr_links++, "objects have 517 frames, 280 bytes, 5 links");
	pkram_pagetable_clear(&pt, NODE, 1);
	expect_dump("", 1, "BAD its page: 1 frames from 0x2001 on are not preserved");
	destroy();
}

static void test_streams(void)
{
	begin();
	WRONG_LINK(OBJS, objs[0].flags |= 4, "flags 0x7");
	WRONG_LINK(OBJS, objs[0].flags = 0, "flags 0,");
	WRONG_LINK(OBJS, objs[0].flags = PKRAM_OBJ_PAGES, "flags 0x1,");
	WRONG_LINK(OBJS, objs[0].pages_pfn = 0, "flags 0x3,");
	WRONG_LINK(OBJS, objs[1] = it->objs[0]; it->nr = 2,
		   "link: 1 frames from 0x2003 on belong to something else, too");
	WRONG_LINK(OBJS, objs[0].nr_pages++, "runs: 517 in 2 links, should be 518");
	WRONG_LINK(OBJS, objs[0].nr_page_links--, "link 0x2004 of runs is one more");
	WRONG_LINK(OBJS, objs[0].nr_byte_links++, "bytes: 280 in 2 links, should be 280 in 3");
	WRONG_LINK(OBJS, objs[0].bytes_pfn = RUNS,
		   "link: 1 frames from 0x2003 on belong to something else, too");
	WRONG_LINK(OBJS, objs[0].pages_pfn = BYTES, "link 0x2005: magic");
	WRONG_LINK(RUNS, next_pfn = RUNS,
		   "link: 1 frames from 0x2003 on belong to something else, too");
	WRONG_LINK(RUNS, next_pfn = 1ULL << 40, "link 0x2003: magic");
	WRONG_LINK(RUNS, nr = 0, "link 0x2003: magic");
	WRONG_LINK(RUNS, runs[1] = it->runs[0]; it->nr = 2,
		   "run: 5 frames from 0x3000 on belong to something else, too");
	WRONG_LINK(RUNS, runs[0] = run(NODE, 0, 1, 0),
		   "run: 1 frames from 0x2001 on belong to something else, too");
	WRONG_LINK(RUNS, runs[0] = run(0x40000, 0, 1 << 20, 18), "run: frame 0x40000 and");
	WRONG_LINK(BYTES, bytes[72]++, "record at 72: type 3, length 64");
	WRONG_LINK(BYTES + 1, nr--, "23 bytes after the last record");
	WRONG_LINK(RUNS, start++, "link 0x2003: begins at 1");
	WRONG_LINK(RUNS, nr = PKRAM_LINK_MAX_RUNS + 1, "link 0x2003: magic");
	WRONG_LINK(RUNS, runs[0] = run(SINGLES, 0, NR_SINGLES + 1, 0),
		   "run: 1 frames from 0x3000 on are not preserved");
	WRONG_LINK(RUNS, runs[0].where &= ~PKRAM_RUN_PFN_MASK, "run 0x");
	WRONG_LINK(RUNS, runs[0].where |= 9ULL << PKRAM_RUN_ORDER_SHIFT | 1, "run 0x");
	destroy();
}

/* Headers that no kernel writes, and a file that has been cut off */
static void test_cores(void)
{
	begin();
	other = (Elf64_Phdr) { .p_type = PT_LOAD, .p_paddr = -0x800ULL, .p_filesz = 0x100 };
	expect_dump("-a", 0, "1 nodes");
	other = (Elf64_Phdr) { .p_type = PT_LOAD, .p_paddr = 1ULL << 40,
			       .p_filesz = 1ULL << 62, .p_memsz = ~0ULL };
	expect_dump("-a", 0, "1 nodes");
	other = (Elf64_Phdr) { .p_type = PT_LOAD, .p_offset = 1ULL << 39, .p_paddr = 1ULL << 40,
			       .p_filesz = 1ULL << 40 };
	expect_dump("-a", 0, "a segment is cut off");
	((struct pkram_super_ser *)frame(SUPER))->magic = 0;
	expect_dump("-a", 0, "1 found");
	other = (Elf64_Phdr) { };
	destroy();
}

/* Links that lead to themselves, with totals that never come to an end */
static void test_loops(void)
{
	struct pkram_obj_ser *obj;

	begin();
	obj = &((struct pkram_link_ser *)frame(OBJS))->objs[0];
	obj->nr_byte_links = 1ULL << 50;
	((struct pkram_link_ser *)frame(BYTES))->next_pfn = BYTES;
	((struct pkram_link_ser *)frame(BYTES))->nr = 0;
	obj->nr_page_links = ~0ULL;
	((struct pkram_link_ser *)frame(RUNS + 1))->next_pfn = RUNS;
	((struct pkram_node_ser *)frame(NODE))->nr_objs = -100ULL;
	((struct pkram_link_ser *)frame(OBJS))->next_pfn = OBJS;
	((struct pkram_super_ser *)frame(SUPER))->nr_nodes = ~0ULL;
	((struct pkram_link_ser *)frame(DIR))->next_pfn = DIR;
	seal();
	expect_dump("-a -s fff", 1, "errors");
	((struct pkram_super_ser *)frame(SUPER))->magic = 0;
	expect_dump("-a", 1, "errors");
	destroy();
}

/* Whatever is in memory, it comes to an end, and takes no step out of it */
static void test_junk(void)
{
	static const u64 pfns[] = { SUPER, TABLES, TABLES + 1, TABLES + 2, TABLES + 3,
				    DIR, NODE, OBJS, RUNS, RUNS + 1, BYTES, BYTES + 1 };
	unsigned int i, n;

	begin();
	for (i = 0; i < 200; i++) {
		u64 *words = frame(pfns[sim_random(ARRAY_SIZE(pfns))]);
		u64 old[PAGE_SIZE / 8];
		int status;

		memcpy(old, words, sizeof(old));
		for (n = sim_random(8); n < 9; n++)
			words[sim_random(n < 6 ? 40 : PAGE_SIZE / 8)] =
				sim_random(2) ? pfns[sim_random(ARRAY_SIZE(pfns))] :
				sim_random(~0ULL);
		if (sim_random(2))
			seal();
		status = dump("-a -s fff");
		if (status > 1 || !says(status ? "errors" : "1 nodes")) {
			print_out();
			FAIL("round %u: %d", i, status);
		}
		memcpy(words, old, sizeof(old));
		seal();
	}
	expect_dump("-a", 0, "1 nodes");
	destroy();
}

const struct test dump_tests[] = {
	{ "right", "pkram-dump shows a hand-over that is right", test_right },
	{ "flips", "pkram-dump tells each bit that is wrong by a checksum", test_flips },
	{ "super", "pkram-dump tells what is wrong in a super block", test_super },
	{ "tables", "pkram-dump tells what is wrong in a page table", test_tables },
	{ "node", "pkram-dump tells what is wrong in directory and node", test_node },
	{ "streams", "pkram-dump tells what is wrong in streams", test_streams },
	{ "cores", "pkram-dump reads no more of a core than there is", test_cores },
	{ "loops", "pkram-dump comes to an end when references do not", test_loops },
	{ "junk", "pkram-dump comes through whatever is in memory", test_junk },
	{ }
};
