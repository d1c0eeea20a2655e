// SPDX-License-Identifier: GPL-2.0
/*
 * What the KUnit tests of PKRAM share: see pkram_kunit.h.
 */
#include <linux/pagemap.h>
#include <linux/slab.h>

#include "pkram_kunit.h"

struct pkram_kunit_before {
	u64 frames;
	unsigned long nodes;
};

/* Preserved frames but for those of the page table itself, and nodes */
static struct pkram_kunit_before pkram_kunit_now(void)
{
	struct pkram_kunit_before now = { };
	struct pkram_node *node;

	scoped_guard(mutex, &pkram_lock)
		list_for_each_entry(node, &pkram_nodes, list)
			now.nodes++;
	guard(pkram_pagetable)();
	now.frames = pkram_pagetable.nr_set - pkram_pagetable.nr_tables;
	return now;
}

int pkram_kunit_init(struct kunit *test)
{
	struct pkram_kunit_before *before;

	if (!pkram_available())
		kunit_skip(test, "PKRAM is off");
	before = kunit_kmalloc(test, sizeof(*before), GFP_KERNEL);
	if (!before)
		return -ENOMEM;
	*before = pkram_kunit_now();
	test->priv = before;
	return 0;
}

void pkram_kunit_exit(struct kunit *test)
{
	struct pkram_kunit_before *before = test->priv, now;

	if (!before)
		return;
	now = pkram_kunit_now();
	KUNIT_EXPECT_EQ(test, now.frames, before->frames);
	KUNIT_EXPECT_EQ(test, now.nodes, before->nodes);
	guard(pkram_pagetable)();
	KUNIT_EXPECT_EQ(test, pkram_pagetable_validate(&pkram_pagetable), 0);
}

struct pkram_node *pkram_kunit_find(const char *name)
{
	struct pkram_node *node;

	guard(mutex)(&pkram_lock);
	list_for_each_entry(node, &pkram_nodes, list)
		if (!strcmp((char *)node->ser->name, name))
			return node;
	return NULL;
}

/* Distinct for all frames of a folio; seeds are small */
static u64 pkram_kunit_word(u32 seed, unsigned long page)
{
	return ((u64)seed << 32 | page) * 0x9e3779b97f4a7c15ULL;
}

struct folio *pkram_kunit_folio(struct kunit *test, unsigned int order,
				u32 seed)
{
	struct folio *folio = folio_alloc(GFP_KERNEL, order);
	unsigned long i;

	KUNIT_ASSERT_NOT_NULL(test, folio);
	for (i = 0; i < folio_nr_pages(folio); i++)
		memset64(page_address(folio_page(folio, i)),
			 pkram_kunit_word(seed, i), PAGE_SIZE / 8);
	return folio;
}

bool pkram_kunit_folio_is(struct folio *folio, unsigned int order, u32 seed)
{
	unsigned long i;

	if (folio_order(folio) != order)
		return false;
	for (i = 0; i < folio_nr_pages(folio); i++) {
		const u64 *word = page_address(folio_page(folio, i));

		/* All words are the same, and the first is the right one */
		if (*word != pkram_kunit_word(seed, i) ||
		    memcmp(word, word + 1, PAGE_SIZE - 8))
			return false;
	}
	return true;
}

static u8 pkram_kunit_byte(u64 pos, u32 seed)
{
	return (pos + seed) * 0x9e3779b97f4a7c15ULL >> 56;
}

void pkram_kunit_fill(u8 *buf, size_t nr, u64 pos, u32 seed)
{
	while (nr--)
		*buf++ = pkram_kunit_byte(pos++, seed);
}

bool pkram_kunit_filled(const u8 *buf, size_t nr, u64 pos, u32 seed)
{
	while (nr--)
		if (*buf++ != pkram_kunit_byte(pos++, seed))
			return false;
	return true;
}

void pkram_kunit_begin_save(struct kunit *test, struct pkram_stream *ps,
			    unsigned int flags)
{
	KUNIT_ASSERT_EQ(test, 0, pkram_prepare_save(ps, PKRAM_KUNIT_NODE,
						    GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, pkram_prepare_save_obj(ps, flags));
}

void pkram_kunit_end_save(struct kunit *test, struct pkram_stream *ps)
{
	pkram_finish_save_obj(ps);
	KUNIT_ASSERT_EQ(test, 0, pkram_finish_save(ps));
}

void pkram_kunit_begin_load(struct kunit *test, struct pkram_stream *ps)
{
	KUNIT_ASSERT_EQ(test, 0, pkram_prepare_load(ps, PKRAM_KUNIT_NODE));
	KUNIT_ASSERT_EQ(test, 0, pkram_prepare_load_obj(ps));
}

void pkram_kunit_end_load(struct kunit *test, struct pkram_stream *ps)
{
	pkram_finish_load_obj(ps);
	KUNIT_EXPECT_EQ(test, -ENODATA, pkram_prepare_load_obj(ps));
	pkram_finish_load(ps);
	KUNIT_EXPECT_EQ(test, -ENOENT,
			pkram_prepare_load(ps, PKRAM_KUNIT_NODE));
}

int pkram_kunit_save_folio(struct pkram_access *pa, struct folio *folio,
			   pgoff_t index, unsigned int flags)
{
	int err;

	folio_lock(folio);
	err = pkram_save_folio(pa, folio, index, flags);
	folio_unlock(folio);
	return err;
}
