// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz what takes over the page table of the previous kernel.
 *
 *   struct head, then chunks:
 *   struct chunk and, for a leaf, pairs of u16, first bit and number of bits; for
 *   other tables struct entry
 *
 * What is adopted is audited, then changed as a running kernel changes it.
 */
#include <errno.h>

#include "fuzz.h"

#define REPAIR_COUNTS	0x01	/* leaf counts in entries */
#define REPAIR_OWN	0x02	/* tables are marked themselves */
#define REPAIR_TABLES	0x04	/* number of tables */
#define REPAIR_CRC	0x08
#define REPAIR_SET	0x10	/* number of frames */

struct head {
	u8 repair;
	u8 fail_after;		/* allocations until one fails, if not 0 */
	u16 nr_tables;
	u32 nr_set;
	u32 root;
	u32 crc;
	u32 change_pfn;
	u32 change_nr;
};

struct chunk {
	u32 pfn;
	u16 level;
	u16 len;
};

struct entry {
	u16 index;
	u16 count;
	u32 pfn;
};

struct bits {
	u16 from;
	u16 nr;
};

/* New tables come to lie here, where the old kernel has none */
#define NEW		0xf000000000ULL
#define MAX_TABLES	64

const struct fuzz_format fuzz_format = {
	.head = sizeof(struct head),
	.chunk_head = sizeof(struct chunk),
	.align = sizeof(struct bits),
	.len_at = offsetof(struct chunk, len),
	.len_size = sizeof(u16),
};

/* ------------------------------------------------------------------- build */

static void fill_leaf(u64 *table, const u8 *data, size_t len)
{
	struct bits b;
	u32 bit;

	for (; len >= sizeof(b); len -= sizeof(b), data += sizeof(b)) {
		memcpy(&b, data, sizeof(b));
		for (bit = b.from; bit < b.from + b.nr &&
		     bit < PKRAM_PT_LEAF_FRAMES; bit++)
			table[bit / 64] |= 1ULL << bit % 64;
	}
}

static void fill_table(u64 *table, const u8 *data, size_t len)
{
	struct entry e;

	for (; len >= sizeof(e); len -= sizeof(e), data += sizeof(e)) {
		memcpy(&e, data, sizeof(e));
		table[e.index % PKRAM_PT_ENTRIES] = e.pfn |
			(u64)e.count << PKRAM_PT_COUNT_SHIFT |
			/* The bits between */
			(u64)(e.index / PKRAM_PT_ENTRIES) << 57;
	}
}

static void build(const u8 *data, size_t size)
{
	unsigned int nr = 0;
	size_t len;

	for (; (len = fuzz_chunk(data, size)) && nr < MAX_TABLES;
	     data += len, size -= len) {
		struct chunk c;
		u64 *table;

		memcpy(&c, data, sizeof(c));
		table = sim_frame_add(c.pfn);
		if (!table)
			continue;
		nr++;
		if (c.level)
			fill_table(table, data + sizeof(c), len - sizeof(c));
		else
			fill_leaf(table, data + sizeof(c), len - sizeof(c));
	}
}

/* ------------------------------------------------------------------ repair */

/* What an independent walk finds; it ends early when there is too much */
struct walk {
	u64 tables[2 * MAX_TABLES];
	unsigned int nr_tables;
	u64 nr_set;
	u64 nr_counted;		/* by the counts in entries */
	u32 crc;
	u8 how;
};

static u64 *table_at(u64 pfn)
{
	return sim_frame_exists(pfn) ? pkram_pfn_to_virt(pfn) : NULL;
}

static u64 weight(const u64 *leaf)
{
	u64 nr = 0;
	int i;

	for (i = 0; i < PKRAM_PT_ENTRIES; i++)
		nr += __builtin_popcountll(leaf[i]);
	return nr;
}

static void walk(struct walk *w, u64 pfn, unsigned int level)
{
	u64 *table = table_at(pfn);
	unsigned int i;

	if (!table || w->nr_tables == ARRAY_SIZE(w->tables))
		return;
	w->tables[w->nr_tables++] = pfn;
	for (i = 0; level == 1 && i < PKRAM_PT_ENTRIES; i++) {
		u64 child = table[i] & PKRAM_PT_PFN_MASK;

		if (child && table_at(child) && w->how & REPAIR_COUNTS)
			table[i] = child | weight(table_at(child)) <<
					   PKRAM_PT_COUNT_SHIFT;
		w->nr_counted += table[i] >> PKRAM_PT_COUNT_SHIFT;
	}
	if (!level)
		w->nr_set += weight(table);
	w->crc = pkram_crc(w->crc, table, PAGE_SIZE);
	for (i = 0; level && i < PKRAM_PT_ENTRIES; i++)
		if (table[i])
			walk(w, table[i] & PKRAM_PT_PFN_MASK, level - 1);
}

static void walk_all(struct walk *w, u64 root, u8 how)
{
	w->nr_tables = 0;
	w->nr_set = 0;
	w->nr_counted = 0;
	w->crc = PKRAM_CRC_SEED;
	w->how = how;
	walk(w, root, PKRAM_PT_LEVELS - 1);
}

/* Set the bit of @pfn when there is a leaf for it */
static void mark(u64 root, u64 pfn)
{
	u64 *table = table_at(root);
	int level;

	for (level = PKRAM_PT_LEVELS - 1; table && level; level--)
		table = table_at(table[pfn >> (PKRAM_PT_LEAF_SHIFT +
					       PKRAM_PT_SHIFT * (level - 1)) &
				       (PKRAM_PT_ENTRIES - 1)] &
				 PKRAM_PT_PFN_MASK);
	if (table)
		table[pfn % PKRAM_PT_LEAF_FRAMES / 64] |= 1ULL << pfn % 64;
}

static void repair(struct walk *w, struct head *head)
{
	unsigned int i;

	if (head->repair & REPAIR_OWN) {
		walk_all(w, head->root, 0);
		for (i = 0; i < w->nr_tables; i++)
			mark(head->root, w->tables[i]);
	}
	/* Twice: what is changed first may be summed up already */
	walk_all(w, head->root, head->repair);
	walk_all(w, head->root, head->repair);
	if (head->repair & REPAIR_TABLES)
		head->nr_tables = w->nr_tables;
	if (head->repair & REPAIR_SET)
		head->nr_set = w->nr_set;
	if (head->repair & REPAIR_CRC)
		head->crc = w->crc;
}

/* ------------------------------------------------------------------- audit */

static bool is_ram(u64 pfn)
{
	return pfn < NEW && sim_frame_exists(pfn);
}

/* Both searches agree with each other and with the total */
static void audit_searches(const struct pkram_pagetable *pt)
{
	const u64 end = PKRAM_PT_PFN_MASK + 1;
	u64 pfn = 0, next, nr = 0;

	while ((pfn = pkram_pagetable_next_set(pt, pfn, end)) < end) {
		const unsigned long *leaf = pkram_pagetable_leaf(pt, pfn);

		next = pkram_pagetable_next_clear(pt, pfn, end);
		EXPECT(next > pfn && next <= end);
		EXPECT(leaf && leaf[pfn % PKRAM_PT_LEAF_FRAMES / 64] >>
		       pfn % 64 & 1);
		EXPECT(pkram_pagetable_test(pt, next - 1));
		EXPECT(next == end || !pkram_pagetable_test(pt, next));
		nr += next - pfn;
		pfn = next;
	}
	EXPECT_EQ(nr, pt->nr_set);
}

static int compare(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void audit(const struct pkram_pagetable *pt, struct walk *w)
{
	struct pkram_pagetable tables = { };
	unsigned int i;

	walk_all(w, pt->root ? pkram_virt_to_pfn(pt->root) : 0, 0);
	EXPECT_EQ(w->nr_tables, pt->nr_tables);
	EXPECT_EQ(w->nr_set, pt->nr_set);
	EXPECT_EQ(w->nr_counted, pt->nr_set);
	EXPECT_EQ(w->crc, pkram_pagetable_crc(pt));
	for (i = 0; i < w->nr_tables; i++)
		EXPECT(pkram_pagetable_test(pt, w->tables[i]));
	/* No table is met twice */
	qsort(w->tables, w->nr_tables, sizeof(u64), compare);
	for (i = 1; i < w->nr_tables; i++)
		EXPECT(w->tables[i] != w->tables[i - 1]);
	audit_searches(pt);
	EXPECT_EQ(pkram_pagetable_validate(pt), 0);
	EXPECT_EQ(pkram_pagetable_mark_tables(pt, &tables), 0);
	EXPECT_EQ(tables.nr_set, pt->nr_tables + tables.nr_tables);
	pkram_pagetable_destroy(&tables);
}

/* As frames that are lost are unmarked at boot, but for the tables' own */
static void unmark(struct pkram_pagetable *pt, u64 pfn, u64 end)
{
	u64 next;

	while ((pfn = pkram_pagetable_next_set(pt, pfn, end)) < end) {
		next = pfn + 1;
		if (!sim_frame_exists(pfn))
			pkram_pagetable_clear(pt, pfn, 1);
		pfn = next;
	}
}

static void change(struct pkram_pagetable *pt, struct walk *w,
		   const struct head *head)
{
	const u64 pfn = head->change_pfn, nr = head->change_nr % 3000;
	u64 clash = pkram_pagetable_next_set(pt, pfn, pfn + nr);
	int err;

	err = pkram_pagetable_set(pt, pfn, nr, GFP_KERNEL);
	EXPECT_EQ(err, !nr ? -ERANGE : clash < pfn + nr ? -EEXIST : 0);
	audit(pt, w);
	unmark(pt, pfn / 2, pfn + nr / 2);
	audit(pt, w);
	if (w->nr_tables) {
		u64 table = w->tables[pfn % w->nr_tables];

		EXPECT_EQ(pkram_pagetable_move(pt, table, GFP_KERNEL), 0);
		EXPECT(!pkram_pagetable_test(pt, table));
		audit(pt, w);
	}
}

static void adopt(struct walk *w, const struct head *head)
{
	const unsigned int frames = sim_nr_frames();
	struct pkram_pagetable pt = { };
	u64 before = sim_fingerprint();
	int err;

	sim_place(NEW, 1);
	sim_fail_after(head->fail_after ?: -1);
	err = pkram_pagetable_adopt(&pt, head->root, head->nr_tables,
				    head->nr_set, head->crc, is_ram);
	sim_fail_after(-1);
	EXPECT_EQ(sim_fingerprint(), before);
	if (err) {
		EXPECT(err == -EBADMSG || (err == -ENOMEM && head->fail_after));
		EXPECT(!pt.root && !pt.nr_tables && !pt.nr_set);
		return;
	}
	audit(&pt, w);
	fuzz_note(head->repair & 0x1f, pt.nr_tables);
	fuzz_note(0x20 + (head->repair & 0x1f), pt.nr_set);
	change(&pt, w, head);
	/* All of its tables are freed, and nothing else is */
	audit(&pt, w);
	EXPECT(sim_nr_frames() >= pt.nr_tables);
	pkram_pagetable_destroy(&pt);
	EXPECT_EQ(sim_nr_frames(), frames - head->nr_tables);
}

void fuzz_one(const u8 *data, size_t size)
{
	static struct walk w;
	struct head head;
	size_t skip = min(size, sizeof(head));

	sim_reset();
	fuzz_head(&head, sizeof(head), data, size);
	build(data + skip, size - skip);
	repair(&w, &head);
	adopt(&w, &head);
	sim_reset();
}
