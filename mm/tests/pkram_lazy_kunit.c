// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of how pages of a loaded tmpfs take the place of the entry of their
 * block, with a page cache that belongs to no file.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "../shmem_pkram_lazy.h"
#include "pkram_kunit.h"

/* Neither the first block of a file nor one with a node of its own on each level */
#define SHMEM_LAZY_KUNIT_INDEX	(3 * SHMEM_LAZY_PAGES)

/**
 * struct shmem_lazy_kunit_part - folios of the same order
 * @order: it; the next part follows at once
 * @nr: how many; 0 behind the last part
 */
struct shmem_lazy_kunit_part {
	unsigned int order;
	unsigned int nr;
};

/* Each a block */
static const struct shmem_lazy_kunit_part shmem_lazy_kunit_blocks[][6] = {
	{ { 9, 1 } },
	{ { 0, 512 } },
	{ { 8, 2 } },
	{ { 6, 8 } },
	{ { 3, 64 } },
	/* Small ones behind those that have a slot above the leaves */
	{ { 6, 1 }, { 0, 64 }, { 7, 1 }, { 0, 256 } },
	{ { 0, 64 }, { 6, 1 }, { 0, 128 }, { 8, 1 } },
	{ { 8, 1 }, { 0, 64 }, { 6, 1 }, { 0, 128 } },
	{ { 7, 1 }, { 2, 16 }, { 0, 64 }, { 8, 1 } },
	{ { 5, 1 }, { 0, 32 }, { 4, 4 }, { 0, 128 }, { 8, 1 } },
};

static unsigned int shmem_lazy_kunit_batch(struct kunit *test,
					   struct pkram_loaded *batch,
					   const struct shmem_lazy_kunit_part *part)
{
	pgoff_t index = SHMEM_LAZY_KUNIT_INDEX;
	unsigned int nr = 0, i;

	for (; part->nr; part++) {
		for (i = 0; i < part->nr; i++) {
			batch[nr].folio = pkram_kunit_folio(test, part->order, nr);
			batch[nr].index = index;
			index += 1UL << part->order;
			nr++;
		}
	}
	KUNIT_ASSERT_EQ(test, index, SHMEM_LAZY_KUNIT_INDEX + SHMEM_LAZY_PAGES);
	return nr;
}

static void shmem_lazy_kunit_put_entry(struct kunit *test,
				       struct address_space *mapping)
{
	XA_STATE_ORDER(xas, &mapping->i_pages, SHMEM_LAZY_KUNIT_INDEX,
		       SHMEM_LAZY_ORDER);

	do {
		xas_lock_irq(&xas);
		xas_store(&xas, shmem_lazy_entry(7));
		xas_unlock_irq(&xas);
	} while (xas_nomem(&xas, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, xas_error(&xas));
}

/* Each index has its folio, and no node believes that it still has values */
static void shmem_lazy_kunit_expect(struct kunit *test,
				    struct address_space *mapping,
				    const struct pkram_loaded *one)
{
	const unsigned long nr = folio_nr_pages(one->folio);
	unsigned long i;

	for (i = 0; i < nr; i++) {
		XA_STATE(xas, &mapping->i_pages, one->index + i);
		void *found;

		xas_lock_irq(&xas);
		found = xas_load(&xas);
		KUNIT_EXPECT_PTR_EQ(test, found, (void *)one->folio);
		KUNIT_EXPECT_EQ(test, xas_get_order(&xas), folio_order(one->folio));
		if (xas.xa_node)
			KUNIT_EXPECT_EQ(test, xas.xa_node->nr_values, 0);
		xas_unlock_irq(&xas);
	}
}

static void shmem_lazy_kunit_block(struct kunit *test, struct pkram_loaded *batch,
				   const struct shmem_lazy_kunit_part *parts,
				   unsigned int at_once)
{
	struct address_space *mapping = kzalloc(sizeof(*mapping), GFP_KERNEL);
	unsigned int nr, i;

	KUNIT_ASSERT_NOT_NULL(test, mapping);
	address_space_init_once(mapping);
	nr = shmem_lazy_kunit_batch(test, batch, parts);
	shmem_lazy_kunit_put_entry(test, mapping);
	/* Who fails later begins with a split again */
	for (i = 0; i < 2 && parts->order < SHMEM_LAZY_ORDER; i++)
		KUNIT_ASSERT_EQ(test, 0,
				shmem_lazy_split(mapping, SHMEM_LAZY_KUNIT_INDEX,
						 shmem_lazy_entry(7), GFP_KERNEL));
	for (i = 0; i < nr; i += at_once)
		shmem_lazy_store(mapping, batch + i, min(at_once, nr - i));
	for (i = 0; i < nr; i++)
		shmem_lazy_kunit_expect(test, mapping, &batch[i]);
	for (i = 0; i < nr; i++) {
		KUNIT_EXPECT_PTR_EQ(test, (void *)batch[i].folio,
				    xa_erase_irq(&mapping->i_pages, batch[i].index));
		KUNIT_EXPECT_EQ(test, folio_ref_count(batch[i].folio), 1);
		folio_put(batch[i].folio);
	}
	/* With counts that are right all nodes are gone */
	KUNIT_EXPECT_TRUE(test, xa_empty(&mapping->i_pages));
	xa_destroy(&mapping->i_pages);
	kfree(mapping);
}

/*
 * Proves: folios of whatever orders a block has, loaded at once or some at a time,
 * are found at their indices, and can be removed again.
 */
static void shmem_lazy_test_orders(struct kunit *test)
{
	static const unsigned int at_once[] = { 1, 3, 64, 256, 512 };
	struct pkram_loaded *batch;
	unsigned int i, j;

	batch = kvcalloc(SHMEM_LAZY_PAGES, sizeof(*batch), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, batch);
	for (i = 0; i < ARRAY_SIZE(shmem_lazy_kunit_blocks); i++)
		for (j = 0; j < ARRAY_SIZE(at_once); j++)
			shmem_lazy_kunit_block(test, batch,
					       shmem_lazy_kunit_blocks[i],
					       at_once[j]);
	kvfree(batch);
}

static struct kunit_case shmem_lazy_cases[] = {
	KUNIT_CASE(shmem_lazy_test_orders),
	{ }
};

static struct kunit_suite shmem_lazy_suite = {
	.name = "pkram-lazy",
	.init = pkram_kunit_init,
	.exit = pkram_kunit_exit,
	.test_cases = shmem_lazy_cases,
};

kunit_test_suite(shmem_lazy_suite);
