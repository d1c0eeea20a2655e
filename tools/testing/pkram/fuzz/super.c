// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz the super block, with its landing map and its list of failed memory.
 *
 *   u8 repair	REPAIR_* below
 *   u8 flip	see spoiled()
 *   then	bytes of struct pkram_super_ser, the rest of which is 0
 *
 * No chunks: each landing range and each failed frame is one as it is.
 */
#include <linux/sizes.h>

#include "fuzz.h"

#define SELF		0x1234ULL

#define REPAIR_CRC	0x01
#define REPAIR_ROOT	0x02	/* magic, version, sizes, own frame */
#define REPAIR_NUMBERS	0x04	/* numbers of entries are possible */
#define REPAIR_SORT	0x08	/* landing ranges ascend and do not overlap */
#define REPAIR_TAIL	0x10	/* entries behind the numbers are 0 */
#define REPAIR_TOTALS	0x20	/* frame numbers and the number of nodes */

struct head {
	u8 repair;
	u8 flip;
};

/* Words of the structure are the chunks */
const struct fuzz_format fuzz_format = {
	.head = sizeof(struct head),
	.align = 8,
};

static void repair_landing(struct pkram_super_ser *super)
{
	const u64 limit = PKRAM_PT_PFN_MASK + 1;
	u64 end = 0;
	u32 i;

	for (i = 0; i < super->nr_landing; i++) {
		struct pkram_range_ser *r = &super->landing[i];

		r->reserved = 0;
		r->start_pfn = end + r->start_pfn % (limit / 64);
		r->nr_pages = 1 + r->nr_pages % (limit / 64);
		end = r->start_pfn + r->nr_pages;
	}
}

static void repair_poison(struct pkram_super_ser *super)
{
	u64 last = 0;
	u32 i;

	for (i = 0; i < super->nr_poison; i++) {
		last += 1 + super->poison[i] % SZ_1M;
		super->poison[i] = last;
	}
	super->end_pfn = max(super->end_pfn, last + 1);
}

static void repair_tail(struct pkram_super_ser *super)
{
	memset(&super->landing[super->nr_landing], 0,
	       (PKRAM_LANDING_MAX - super->nr_landing) *
	       sizeof(super->landing[0]));
	memset(&super->poison[super->nr_poison], 0,
	       (PKRAM_POISON_MAX - super->nr_poison) *
	       sizeof(super->poison[0]));
}

static void repair(struct pkram_super_ser *super, u8 how)
{
	if (how & REPAIR_ROOT) {
		super->magic = PKRAM_SUPER_MAGIC;
		super->version = PKRAM_SER_VERSION;
		super->size = sizeof(*super);
		super->page_size = PKRAM_SER_PAGE_SIZE;
		super->self_pfn = SELF;
	}
	if (how & REPAIR_TOTALS) {
		super->end_pfn &= PKRAM_PT_PFN_MASK;
		super->pt_pfn &= PKRAM_PT_PFN_MASK;
	}
	if (how & REPAIR_NUMBERS) {
		super->nr_landing %= PKRAM_LANDING_MAX + 1;
		super->nr_poison %= PKRAM_POISON_MAX + 1;
		if (how & REPAIR_SORT) {
			repair_landing(super);
			repair_poison(super);
		}
		if (how & REPAIR_TAIL)
			repair_tail(super);
	}
	if (how & REPAIR_CRC)
		super->crc = pkram_super_crc(super);
}

/* What the code that boots relies on */
static void audit(const struct pkram_super_ser *super)
{
	const u64 limit = PKRAM_PT_PFN_MASK + 1;
	u64 end = 0, last = 0;
	u32 i;

	EXPECT(super->nr_landing <= PKRAM_LANDING_MAX);
	for (i = 0; i < super->nr_landing; i++) {
		const struct pkram_range_ser *r = &super->landing[i];
		u64 bytes;

		EXPECT(r->start_pfn >= end && r->nr_pages);
		EXPECT(!__builtin_add_overflow(r->start_pfn, r->nr_pages, &end));
		EXPECT(end <= limit);
		EXPECT(!__builtin_mul_overflow(end, PAGE_SIZE, &bytes));
	}
	EXPECT(super->nr_poison <= PKRAM_POISON_MAX);
	for (i = 0; i < super->nr_poison; i++) {
		EXPECT(super->poison[i] > last && super->poison[i] < limit);
		last = super->poison[i];
	}
	EXPECT(super->pt_pfn < limit && super->end_pfn <= limit);
	EXPECT(super->dir_pfn < limit && !super->dir_pfn == !super->nr_nodes);
	EXPECT(super->nr_nodes <= PKRAM_NODES_MAX);
}

/* No other bit of what has been accepted can be another one */
static void spoiled(struct pkram_super_ser *super, unsigned int bit)
{
	u8 *byte = (u8 *)super + bit / 8 % sizeof(*super);

	*byte ^= 1 << bit % 8;
	EXPECT(pkram_super_validate(super, SELF));
	*byte ^= 1 << bit % 8;
}

void fuzz_one(const u8 *data, size_t size)
{
	/* Alone in the heap: nothing behind it can be read */
	struct pkram_super_ser *super = malloc(sizeof(*super));
	struct head head;

	fuzz_head(&head, sizeof(head), data, size);
	fuzz_head(super, sizeof(*super), data + min(sizeof(head), size),
		  size - min(sizeof(head), size));
	repair(super, head.repair);
	if (!pkram_super_validate(super, SELF)) {
		unsigned int i;

		audit(super);
		fuzz_note(0, head.repair);
		fuzz_note(1 + (head.repair & REPAIR_SORT), super->nr_landing);
		fuzz_note(2 + (head.repair & REPAIR_SORT), super->nr_poison);
		for (i = 0; i < 8; i++)
			spoiled(super, head.flip * 97 * 8 + i * 4099);
		EXPECT(pkram_super_validate(super, SELF + 1 + head.flip));
	}
	free(super);
}
