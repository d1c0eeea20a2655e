// SPDX-License-Identifier: GPL-2.0
/*
 * Runs, links, objects, nodes and the super block: packing, checksums and what
 * the validators refuse. Impossible values are sealed with a right checksum
 * first, so that it is the value that is refused.
 */
#include "../test.h"

#define PFN_END		(PKRAM_RUN_PFN_MASK + 1)
#define INDEX_END	(PKRAM_RUN_INDEX_MASK + 1)

/* ------------------------------------------------------------------- runs */

static struct pkram_run run_of(u64 pfn, u64 index, u64 nr, unsigned int order,
			       unsigned int flags)
{
	return (struct pkram_run) {
		.pfn = pfn,
		.index = index,
		.nr = nr,
		.order = order,
		.flags = flags,
	};
}

static bool run_eq(const struct pkram_run *a, const struct pkram_run *b)
{
	return a->pfn == b->pfn && a->index == b->index && a->nr == b->nr &&
	       a->order == b->order && a->flags == b->flags;
}

/* All combinations of the extremes of all fields, valid or not */
static void test_run_extremes(void)
{
	static const u64 pfns[] = { 0, 1, PFN_END / 2, PFN_END - 1 };
	static const u64 indexes[] = { 0, 1, INDEX_END / 2, INDEX_END - 1 };
	static const u64 nrs[] = { 0, 1, 0xfff, 0x1000, 0x1001,
				   PKRAM_RUN_NR_MAX / 2, PKRAM_RUN_NR_MAX };
	unsigned int p, i, n, order, flags;

	for (p = 0; p < 4; p++)
		for (i = 0; i < 4; i++)
			for (n = 0; n < 7; n++)
				for (order = 0; order <= PKRAM_RUN_ORDER_MASK; order++)
					for (flags = 0; flags <= PKRAM_RUN_FLAGS_MASK; flags++) {
						struct pkram_run run = run_of(pfns[p],
							indexes[i], nrs[n], order, flags);
						struct pkram_run_ser ser = pkram_run_pack(&run);
						struct pkram_run back = pkram_run_unpack(&ser);

						EXPECT(run_eq(&run, &back));
					}
}

/* Any 128 bits are some run, and that run is these bits */
static void test_run_random(void)
{
	unsigned int i;

	for (i = 0; i < 200000; i++) {
		struct pkram_run_ser ser = {
			.where = sim_random(~0ULL) << 13 ^ sim_random(~0ULL),
			.index = sim_random(~0ULL) << 13 ^ sim_random(~0ULL),
		};
		struct pkram_run run = pkram_run_unpack(&ser);
		struct pkram_run_ser back = pkram_run_pack(&run);

		EXPECT(back.where == ser.where && back.index == ser.index);
		pkram_run_validate(&run);
	}
}

/* The documented bits, by hand */
static void test_run_bits(void)
{
	struct pkram_run run = run_of(0x123456789a, 0xfedcba9876543, 0x2abcdef,
				      9, 3);
	struct pkram_run_ser ser = pkram_run_pack(&run);

	EXPECT_EQ(ser.where, 0x123456789aULL | 9ULL << 40 | 3ULL << 45 |
		  0x2abcULL << 50);
	EXPECT_EQ(ser.index, 0xfedcba9876543ULL | 0xdefULL << 52);
}

static void run_check(u64 pfn, u64 index, u64 nr, unsigned int order,
		      unsigned int flags, bool want)
{
	struct pkram_run run = run_of(pfn, index, nr, order, flags);

	if (pkram_run_validate(&run) != want)
		FAIL("pfn %#llx index %#llx nr %#llx order %u flags %#x: expected %s",
		     pfn, index, nr, order, flags, want ? "valid" : "refused");
}

static void test_run_validate(void)
{
	unsigned int o;

	for (o = 0; o <= PKRAM_ORDER_MAX; o++) {
		u64 size = 1ULL << o;

		run_check(size, 0, 1, o, 0, true);
		run_check(size, size, 1, o, PKRAM_RUN_ALL_FLAGS, true);
		run_check(PFN_END - size, INDEX_END - size, 1, o, 0, true);
		run_check(PFN_END - 5 * size, INDEX_END - 5 * size, 5, o, 0, true);
		run_check(PFN_END - 5 * size, 0, 6, o, 0, false);
		run_check(size, INDEX_END - 5 * size, 6, o, 0, false);
		run_check(0, 0, 1, o, 0, false);
		run_check(size, 0, 0, o, 0, false);
		run_check(size, 0, PKRAM_RUN_NR_MAX + 1, o, 0, false);
		run_check(size, 0, ~0ULL, o, 0, false);
		run_check(size, 0, 1ULL << (63 - o), o, 0, false);
		run_check(size, 0, 1, o, PKRAM_RUN_ALL_FLAGS + 1, false);
		run_check(size, 0, 1, o, 0x10, false);
		if (o) {
			run_check(size + 1, 0, 1, o, 0, false);
			run_check(size + size / 2, 0, 1, o, 0, false);
			run_check(size, 1, 1, o, 0, false);
			run_check(size, size / 2, 1, o, 0, false);
		}
	}
	run_check(1, 0, PKRAM_RUN_NR_MAX, 0, 0, true);
	for (o = PKRAM_ORDER_MAX + 1; o <= PKRAM_RUN_ORDER_MASK; o++)
		run_check(1ULL << o, 0, 1, o, 0, false);
	run_check(PFN_END, 0, 1, 0, 0, false);
	run_check(~0ULL, 0, 1, 0, 0, false);
	run_check(1, INDEX_END, 1, 0, 0, false);
	run_check(1, ~0ULL, 1, 0, 0, false);
}

/* ------------------------------------------------------------------ links */

static struct pkram_link_ser link;

static void link_init(u32 type, u32 nr, u64 start)
{
	u32 i;

	memset(&link, 0, sizeof(link));
	link.magic = PKRAM_LINK_MAGIC;
	link.type = type;
	link.nr = nr;
	link.start = start;
	for (i = 0; i < nr; i++) {
		struct pkram_run run = run_of(0x1000 + 16 * i, 7 * i, 3, 0, 1);

		if (type == PKRAM_LINK_RUNS)
			link.runs[i] = pkram_run_pack(&run);
		else if (type == PKRAM_LINK_OBJS)
			link.objs[i].flags = PKRAM_OBJ_PAGES;
		else if (type == PKRAM_LINK_NODES)
			link.nodes[i] = (struct pkram_dir_ser){ i + 1, 2, 3 };
		else
			link.bytes[i] = i;
	}
	pkram_link_seal(&link);
}

static bool link_ok(u32 type, u64 start)
{
	pkram_link_seal(&link);
	return pkram_link_validate(&link, type, start);
}

static const u32 link_max[] = {
	[PKRAM_LINK_OBJS] = PKRAM_LINK_MAX_OBJS,
	[PKRAM_LINK_RUNS] = PKRAM_LINK_MAX_RUNS,
	[PKRAM_LINK_BYTES] = PKRAM_LINK_MAX_BYTES,
	[PKRAM_LINK_NODES] = PKRAM_LINK_MAX_NODES,
};

static void test_link_good(void)
{
	u32 type;

	EXPECT_EQ(PKRAM_LINK_MAX_OBJS, 63);
	EXPECT_EQ(PKRAM_LINK_MAX_RUNS, 254);
	EXPECT_EQ(PKRAM_LINK_MAX_BYTES, 4064);
	EXPECT_EQ(PKRAM_LINK_MAX_NODES, 254);
	for (type = 1; type <= 4; type++) {
		link_init(type, 1, 0);
		EXPECT(link_ok(type, 0));
		EXPECT_EQ(pkram_link_length(&link), type == PKRAM_LINK_RUNS ? 3 : 1);
		link_init(type, link_max[type], ~0ULL);
		EXPECT(link_ok(type, ~0ULL));
		EXPECT_EQ(pkram_link_length(&link),
			  link_max[type] * (type == PKRAM_LINK_RUNS ? 3 : 1));
		link.next_pfn = PKRAM_PT_PFN_MASK;
		EXPECT(link_ok(type, ~0ULL));
	}
}

static void test_link_length(void)
{
	struct pkram_run huge = run_of(1 << 18, 0, 3, 18, 0);
	struct pkram_run small = run_of(5, 9, PKRAM_RUN_NR_MAX, 0, 0);

	link_init(PKRAM_LINK_RUNS, 2, 0);
	link.runs[0] = pkram_run_pack(&huge);
	link.runs[1] = pkram_run_pack(&small);
	EXPECT_EQ(pkram_link_length(&link), (3 << 18) + PKRAM_RUN_NR_MAX);
}

/* Sealed, so the checksum is right: the field itself must be refused */
static void test_link_fields(void)
{
	u32 type, other;

	for (type = 1; type <= 4; type++) {
		for (other = 0; other <= 5; other++) {
			link_init(type, 3, 9);
			EXPECT_EQ(link_ok(type, 9), true);
			link.type = other;
			EXPECT_EQ(link_ok(type, 9), other == type);
		}
		link_init(type, 3, 9);
		EXPECT(!link_ok(type, 8));
		EXPECT(!link_ok(type, 0));
		link.magic++;
		EXPECT(!link_ok(type, 9));
		link_init(type, 3, 9);
		link.next_pfn = PKRAM_PT_PFN_MASK + 1;
		EXPECT(!link_ok(type, 9));
		link_init(type, 3, 9);
		link.nr = 0;
		EXPECT_EQ(link_ok(type, 9), type == PKRAM_LINK_NODES);
	}
}

#define DIR_CHECK(want, ...) do {					\
	link_init(PKRAM_LINK_NODES, 3, 9);				\
	__VA_ARGS__;							\
	if (link_ok(PKRAM_LINK_NODES, 9) != (want))			\
		FAIL("%s: expected %d", #__VA_ARGS__, want);		\
} while (0)

static void test_link_nodes(void)
{
	DIR_CHECK(true, link.nodes[2].node_pfn = PKRAM_PT_PFN_MASK);
	DIR_CHECK(true, link.nodes[2].name_crc = 0);
	DIR_CHECK(true, link.nodes[2].name_len = PKRAM_NAME_MAX);
	DIR_CHECK(false, link.nodes[2].node_pfn = 0);
	DIR_CHECK(false, link.nodes[0].node_pfn = PKRAM_PT_PFN_MASK + 1);
	DIR_CHECK(false, link.nodes[1].name_len = 0);
	DIR_CHECK(false, link.nodes[2].name_len = PKRAM_NAME_MAX + 1);
	link_init(PKRAM_LINK_NODES, 3, 9);
	link.nodes[2].name_crc++;
	EXPECT(!pkram_link_validate(&link, PKRAM_LINK_NODES, 9));
}

/* A number of entries that does not fit must not even be used for a checksum */
static void test_link_nr(void)
{
	struct pkram_link_ser *heap = malloc(sizeof(*heap));
	u32 type;

	for (type = 1; type <= 4; type++) {
		static const u32 nrs[] = { 1, 0x1000, 0x40000000, ~0U };
		unsigned int i;

		for (i = 0; i < 4; i++) {
			link_init(type, 3, 9);
			memcpy(heap, &link, sizeof(link));
			heap->nr = nrs[i] == 1 ? link_max[type] + 1 : nrs[i];
			EXPECT(!pkram_link_validate(heap, type, 9));
		}
	}
	free(heap);
}

static void test_link_every_bit(void)
{
	static const u32 used[] = { 0, 64, 16, 1, 16 };
	unsigned int bit;
	u32 type;

	for (type = 1; type <= 4; type++) {
		unsigned int size = PKRAM_LINK_HEADER + 3 * used[type];

		link_init(type, 3, 9);
		for (bit = 0; bit < 8 * sizeof(link); bit++) {
			bool ok;

			((u8 *)&link)[bit / 8] ^= 1 << bit % 8;
			ok = pkram_link_validate(&link, type, 9);
			((u8 *)&link)[bit / 8] ^= 1 << bit % 8;
			/* What is behind the last entry is of no interest */
			if (ok != (bit >= 8 * size))
				FAIL("type %u: bit %u %s", type, bit,
				     ok ? "accepted" : "refused");
		}
	}
}

/* One bad entry anywhere in a full link, checksum right */
static void test_link_entries(void)
{
	struct pkram_run bad = run_of(0x1000, 0, 0, 0, 0);
	unsigned int i;

	link_init(PKRAM_LINK_RUNS, PKRAM_LINK_MAX_RUNS, 0);
	for (i = 0; i < PKRAM_LINK_MAX_RUNS; i++) {
		struct pkram_run_ser was = link.runs[i];

		link.runs[i] = pkram_run_pack(&bad);
		EXPECT(!link_ok(PKRAM_LINK_RUNS, 0));
		link.runs[i] = was;
	}
	EXPECT(link_ok(PKRAM_LINK_RUNS, 0));
	link_init(PKRAM_LINK_OBJS, PKRAM_LINK_MAX_OBJS, 0);
	for (i = 0; i < PKRAM_LINK_MAX_OBJS; i++) {
		link.objs[i].flags = 4;
		EXPECT(!link_ok(PKRAM_LINK_OBJS, 0));
		link.objs[i].flags = PKRAM_OBJ_BYTES;
	}
	EXPECT(link_ok(PKRAM_LINK_OBJS, 0));
}

/* ---------------------------------------------------------------- objects */

static const struct pkram_obj_ser good_obj = {
	.flags = PKRAM_OBJ_PAGES | PKRAM_OBJ_BYTES,
	.pages_pfn = 0x1234,
	.bytes_pfn = PKRAM_PT_PFN_MASK,
	.nr_pages = 5,
	.nr_bytes = 6,
	.nr_page_links = 1,
	.nr_byte_links = 2,
};

#define OBJ_CHECK(want, ...) do {					\
	struct pkram_obj_ser o = good_obj;				\
									\
	__VA_ARGS__;							\
	if (pkram_obj_ser_validate(&o) != (want))			\
		FAIL("%s: expected %d", #__VA_ARGS__, want);		\
} while (0)

#define OBJ_NO_PAGES	(o.pages_pfn = o.nr_pages = o.nr_page_links = 0)
#define OBJ_NO_BYTES	(o.bytes_pfn = o.nr_bytes = o.nr_byte_links = 0)

static void test_obj(void)
{
	OBJ_CHECK(true, (void)0);
	OBJ_CHECK(true, o.pages_pfn = PKRAM_PT_PFN_MASK);
	OBJ_CHECK(true, OBJ_NO_PAGES);
	OBJ_CHECK(true, OBJ_NO_BYTES);
	OBJ_CHECK(true, OBJ_NO_PAGES, OBJ_NO_BYTES);
	OBJ_CHECK(true, OBJ_NO_PAGES, o.flags = PKRAM_OBJ_BYTES);
	OBJ_CHECK(true, OBJ_NO_BYTES, o.flags = PKRAM_OBJ_PAGES);

	OBJ_CHECK(false, OBJ_NO_PAGES, OBJ_NO_BYTES, o.flags = 0);
	OBJ_CHECK(false, o.flags = 0);
	OBJ_CHECK(false, o.flags |= 4);
	OBJ_CHECK(false, o.flags |= 1ULL << 32);
	OBJ_CHECK(false, o.flags |= 1ULL << 63);
	OBJ_CHECK(false, o.flags = PKRAM_OBJ_BYTES);
	OBJ_CHECK(false, o.flags = PKRAM_OBJ_PAGES);
	OBJ_CHECK(false, o.reserved = 1);
	OBJ_CHECK(false, o.pages_pfn = 0);
	OBJ_CHECK(false, o.pages_pfn = PKRAM_PT_PFN_MASK + 1);
	OBJ_CHECK(false, o.nr_pages = 0);
	OBJ_CHECK(false, o.nr_page_links = 0);
	OBJ_CHECK(false, OBJ_NO_PAGES, o.pages_pfn = 1);
	OBJ_CHECK(false, OBJ_NO_PAGES, o.nr_pages = 1);
	OBJ_CHECK(false, OBJ_NO_PAGES, o.nr_page_links = 1);
	OBJ_CHECK(false, o.bytes_pfn = 0);
	OBJ_CHECK(false, o.bytes_pfn = ~0ULL);
	OBJ_CHECK(false, o.nr_bytes = 0);
	OBJ_CHECK(false, o.nr_byte_links = 0);
	OBJ_CHECK(false, OBJ_NO_BYTES, o.bytes_pfn = 1);
	OBJ_CHECK(false, OBJ_NO_BYTES, o.nr_bytes = 1);
	OBJ_CHECK(false, OBJ_NO_BYTES, o.nr_byte_links = 1);
}

/* ------------------------------------------------------------------ nodes */

static struct pkram_node_ser node;

static void node_init(unsigned int name_len)
{
	memset(&node, 0, sizeof(node));
	node.magic = PKRAM_NODE_MAGIC;
	node.obj_pfn = 6;
	node.nr_objs = 7;
	node.nr_pages = 8;
	node.nr_bytes = 9;
	node.nr_links = 10;
	node.saved_at = 11;
	node.name_len = name_len;
	memset(node.name, 'n', name_len);
	pkram_node_ser_seal(&node);
}

#define NODE_CHECK(want, ...) do {					\
	node_init(4);							\
	__VA_ARGS__;							\
	pkram_node_ser_seal(&node);					\
	if (pkram_node_ser_validate(&node) != (want))			\
		FAIL("%s: expected %d", #__VA_ARGS__, want);		\
} while (0)

static void test_node(void)
{
	unsigned int len;

	for (len = 1; len <= PKRAM_NAME_MAX; len++) {
		node_init(len);
		EXPECT(pkram_node_ser_validate(&node));
	}
	NODE_CHECK(true, node.obj_pfn = PKRAM_PT_PFN_MASK);
	NODE_CHECK(true, node.name[0] = 0xff);
	NODE_CHECK(true, node.obj_pfn = node.nr_objs = 0);

	NODE_CHECK(false, node.magic = PKRAM_SUPER_MAGIC);
	NODE_CHECK(false, node.magic = 0);
	NODE_CHECK(false, node.flags = 1);
	NODE_CHECK(false, node.flags = 1U << 31);
	NODE_CHECK(false, node.reserved = 1);
	NODE_CHECK(false, node.obj_pfn = ~0ULL);
	NODE_CHECK(false, node.obj_pfn = 0);
	NODE_CHECK(false, node.nr_objs = 0);
	NODE_CHECK(false, node.name_len = 0);
	NODE_CHECK(false, node.name_len = 0, memset(node.name, 0, 256));
	NODE_CHECK(false, node.name_len = 3);
	NODE_CHECK(false, node.name_len = 5);
	NODE_CHECK(false, node.name_len = 256, memset(node.name, 'n', 256));
	NODE_CHECK(false, node.name_len = 255, memset(node.name, 'n', 256));
	NODE_CHECK(false, node.name_len = ~0U);
	NODE_CHECK(false, node.name[2] = 0);
	NODE_CHECK(false, node.name[5] = 'x');
	NODE_CHECK(false, node.name[255] = 'x');
}

static void test_node_every_bit(void)
{
	unsigned int bit;

	node_init(100);
	for (bit = 0; bit < 8 * sizeof(node); bit++) {
		((u8 *)&node)[bit / 8] ^= 1 << bit % 8;
		if (pkram_node_ser_validate(&node))
			FAIL("bit %u accepted", bit);
		((u8 *)&node)[bit / 8] ^= 1 << bit % 8;
	}
	EXPECT(pkram_node_ser_validate(&node));
}

/* ------------------------------------------------------------ super block */

static struct pkram_super_ser super;

#define SELF	0x100ULL

static void super_init(void)
{
	u32 i;

	memset(&super, 0, sizeof(super));
	super.magic = PKRAM_SUPER_MAGIC;
	super.version = PKRAM_SER_VERSION;
	super.size = sizeof(super);
	super.page_size = PKRAM_SER_PAGE_SIZE;
	super.self_pfn = SELF;
	super.generation = 3;
	super.dir_pfn = 0x2000;
	super.nr_nodes = 1;
	super.pt_pfn = 0x2001;
	super.nr_preserved = 7;
	super.end_pfn = 0x3000;
	super.nr_pt_pages = 4;
	super.nr_landing = 3;
	for (i = 0; i < 3; i++) {
		super.landing[i].start_pfn = 0x10000 * i;
		super.landing[i].nr_pages = 0x8000;
		super.landing[i].nid = i;
	}
	super.crc = pkram_super_crc(&super);
}

#define SUPER_CHECK(want, ...) do {					\
	const char *why;						\
									\
	super_init();							\
	__VA_ARGS__;							\
	super.crc = pkram_super_crc(&super);				\
	why = pkram_super_validate(&super, SELF) ?: GOOD;		\
	if (strcmp(why, want))						\
		FAIL("%s: '%s', expected '%s'", #__VA_ARGS__, why, want); \
} while (0)

#define GOOD	"accepted"

static void landing_fill(void)
{
	u32 i;

	for (i = 0; i < PKRAM_LANDING_MAX; i++) {
		super.landing[i].start_pfn = 0x10000 * i;
		super.landing[i].nr_pages = 0x10000;
	}
}

static void test_super(void)
{
	const u64 end = PKRAM_PT_PFN_MASK + 1;

	SUPER_CHECK(GOOD, (void)0);
	SUPER_CHECK(GOOD, super.generation = ~0ULL);
	SUPER_CHECK(GOOD, super.nr_nodes = super.dir_pfn = 0);
	SUPER_CHECK(GOOD, super.end_pfn = end);
	SUPER_CHECK(GOOD, super.dir_pfn = end - 1);
	SUPER_CHECK(GOOD, super.pt_pfn = end - 1);

	SUPER_CHECK("no magic", super.magic = 0);
	SUPER_CHECK("no magic", super.magic = PKRAM_NODE_MAGIC);
	SUPER_CHECK("unsupported version", super.version++);
	SUPER_CHECK("unsupported version", super.version--);
	SUPER_CHECK("wrong size", super.size--);
	SUPER_CHECK("wrong page size", super.page_size = 16384);
	SUPER_CHECK("not its own address", super.self_pfn++);
	SUPER_CHECK("impossible totals", super.nr_nodes = 0);
	SUPER_CHECK(GOOD, super.nr_nodes = PKRAM_NODES_MAX);
	SUPER_CHECK("impossible totals", super.nr_nodes = PKRAM_NODES_MAX + 1);
	SUPER_CHECK("impossible totals", super.dir_pfn = 0);
	SUPER_CHECK("impossible totals", super.dir_pfn = end);
	SUPER_CHECK("impossible totals", super.pt_pfn = end);
	SUPER_CHECK("impossible totals", super.end_pfn = end + 1);
	super_init();
	super.crc++;
	EXPECT(!strcmp(pkram_super_validate(&super, SELF), "bad checksum"));
	super_init();
	EXPECT(!strcmp(pkram_super_validate(&super, SELF + 1),
		       "not its own address"));
}

/*
 *   [0, 8000)   [10000, 18000)   [20000, 28000)
 */
static void test_super_landing(void)
{
	const u64 end = PKRAM_PT_PFN_MASK + 1;
	u32 i;

	SUPER_CHECK(GOOD, super.nr_landing = 0,
		    memset(super.landing, 0, sizeof(super.landing)));
	SUPER_CHECK(GOOD, super.landing[1].start_pfn = 0x8000);
	SUPER_CHECK(GOOD, super.landing[2].nr_pages = end - 0x20000);
	SUPER_CHECK(GOOD, super.landing[2].start_pfn = end - 1,
		    super.landing[2].nr_pages = 1);
	SUPER_CHECK(GOOD, super.nr_landing = PKRAM_LANDING_MAX; landing_fill());

	SUPER_CHECK("bad landing map", super.nr_landing = 33);
	SUPER_CHECK("bad landing map", super.nr_landing = ~0U);
	SUPER_CHECK("bad landing map", super.nr_landing = 2);
	SUPER_CHECK("bad landing map", super.nr_landing = 4);
	SUPER_CHECK("bad landing map", super.landing[1].nr_pages = 0);
	SUPER_CHECK("bad landing map", super.landing[0].nr_pages = 0x10001);
	SUPER_CHECK("bad landing map", super.landing[1].start_pfn = 0x7fff);
	SUPER_CHECK("bad landing map", super.landing[1].start_pfn = 0x20001);
	SUPER_CHECK("bad landing map", super.landing[0].start_pfn = 0x20000);
	SUPER_CHECK("bad landing map", super.landing[2].start_pfn = end);
	SUPER_CHECK("bad landing map", super.landing[2].nr_pages = end);
	SUPER_CHECK("bad landing map", super.landing[2].nr_pages = -0x20000ULL);
	SUPER_CHECK("bad landing map", super.landing[2].nr_pages = ~0ULL);
	for (i = 0; i < PKRAM_LANDING_MAX; i++)
		SUPER_CHECK("bad landing map", super.landing[i].reserved = 1);
	for (i = 3; i < PKRAM_LANDING_MAX; i++)
		SUPER_CHECK("bad landing map", super.landing[i].nid = 1);
}

static void poison_fill(u32 nr)
{
	u32 i;

	super.nr_poison = nr;
	for (i = 0; i < nr && i < PKRAM_POISON_MAX; i++)
		super.poison[i] = 0x2000 + i;
}

static void test_super_poison(void)
{
	const char *bad = "bad list of failed memory";

	SUPER_CHECK(GOOD, poison_fill(1));
	SUPER_CHECK(GOOD, poison_fill(PKRAM_POISON_MAX));
	SUPER_CHECK(GOOD, poison_fill(2); super.poison[1] = 0x2fff);

	SUPER_CHECK(bad, poison_fill(PKRAM_POISON_MAX + 1));
	SUPER_CHECK(bad, super.nr_poison = ~0U);
	SUPER_CHECK(bad, super.nr_poison = 1);
	SUPER_CHECK(bad, poison_fill(3); super.nr_poison = 2);
	SUPER_CHECK(bad, poison_fill(3); super.nr_poison = 4);
	SUPER_CHECK(bad, poison_fill(3); super.poison[1] = 0x2000);
	SUPER_CHECK(bad, poison_fill(3); super.poison[2] = 0x1fff);
	SUPER_CHECK(bad, poison_fill(2); super.poison[1] = 0x3000);
	SUPER_CHECK(bad, poison_fill(2); super.poison[1] = ~0ULL);
}

static void test_super_every_bit(void)
{
	unsigned int bit;

	super_init();
	for (bit = 0; bit < 8 * sizeof(super); bit++) {
		((u8 *)&super)[bit / 8] ^= 1 << bit % 8;
		if (!pkram_super_validate(&super, SELF))
			FAIL("bit %u accepted", bit);
		((u8 *)&super)[bit / 8] ^= 1 << bit % 8;
	}
	EXPECT(!pkram_super_validate(&super, SELF));
}

/* The kernel that hands over sets the magic last and the checksum before */
static void test_super_crc_without_magic(void)
{
	super_init();
	super.magic = 0;
	EXPECT_EQ(pkram_super_crc(&super), super.crc);
}

const struct test format_tests[] = {
	{ "run_extremes", "pack and unpack keep all extremes of all fields",
	  test_run_extremes },
	{ "run_random", "unpack and pack keep any 128 bits", test_run_random },
	{ "run_bits", "fields lie where the format says", test_run_bits },
	{ "run_validate", "impossible runs are refused, extreme ones are not",
	  test_run_validate },
	{ "link_good", "links with one entry and with all", test_link_good },
	{ "link_length", "a link's length counts frames of all orders",
	  test_link_length },
	{ "link_fields", "each wrong field of the header is refused",
	  test_link_fields },
	{ "link_nodes", "an impossible entry of the directory is refused",
	  test_link_nodes },
	{ "link_nr", "no byte behind the page is read whatever the count says",
	  test_link_nr },
	{ "link_every_bit", "each flipped bit in use is found", test_link_every_bit },
	{ "link_entries", "one bad run or object anywhere is refused",
	  test_link_entries },
	{ "obj", "impossible objects are refused", test_obj },
	{ "node", "names of all lengths; impossible nodes are refused", test_node },
	{ "node_every_bit", "each flipped bit is found", test_node_every_bit },
	{ "super", "each wrong field is refused and named", test_super },
	{ "super_landing", "impossible landing maps are refused",
	  test_super_landing },
	{ "super_poison", "list of failed frames", test_super_poison },
	{ "super_every_bit", "each flipped bit is found", test_super_every_bit },
	{ "super_crc_without_magic", "the checksum does not depend on the magic",
	  test_super_crc_without_magic },
	{ }
};
