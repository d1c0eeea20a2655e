// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of pkram_save_mapping(), with a page cache that belongs to no file.
 */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "pkram_kunit.h"

/* Folios: those that have a neighbour on both sides, and as many that have none */
#define PKRAM_KUNIT_DENSE	400
#define PKRAM_KUNIT_FOLIOS	(2 * PKRAM_KUNIT_DENSE)

/* What is special, and where */
enum pkram_kunit_odd {
	PKRAM_KUNIT_LOCKED	= 3,
	PKRAM_KUNIT_STALE	= 64,
	PKRAM_KUNIT_PINNED	= 200,
	PKRAM_KUNIT_VALUE	= 399,
};

static const unsigned int pkram_kunit_odd[] = {
	PKRAM_KUNIT_LOCKED, PKRAM_KUNIT_STALE, PKRAM_KUNIT_PINNED,
	PKRAM_KUNIT_VALUE,
};

struct pkram_kunit_cache {
	struct address_space mapping;
	struct folio *folios[PKRAM_KUNIT_FOLIOS];
};

static pgoff_t pkram_kunit_index(unsigned int i)
{
	return i < PKRAM_KUNIT_DENSE ? i : 2 * i;
}

static bool pkram_kunit_is_odd(unsigned int i)
{
	unsigned int j;

	for (j = 0; j < ARRAY_SIZE(pkram_kunit_odd); j++)
		if (pkram_kunit_odd[j] == i)
			return true;
	return false;
}

static void pkram_kunit_store(struct kunit *test, struct pkram_kunit_cache *c,
			      pgoff_t index, void *entry)
{
	void *old = xa_store_irq(&c->mapping.i_pages, index, entry, GFP_KERNEL);

	KUNIT_ASSERT_EQ(test, 0, xa_err(old));
}

static struct pkram_kunit_cache *pkram_kunit_cache(struct kunit *test)
{
	struct pkram_kunit_cache *c = kvzalloc(sizeof(*c), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, c);
	address_space_init_once(&c->mapping);
	for (i = 0; i < PKRAM_KUNIT_FOLIOS; i++) {
		struct folio *folio = pkram_kunit_folio(test, 0, i);

		folio->index = pkram_kunit_index(i);
		if (i != PKRAM_KUNIT_STALE)
			folio_mark_uptodate(folio);
		if (i == PKRAM_KUNIT_LOCKED)
			folio_lock(folio);
		if (i == PKRAM_KUNIT_PINNED)
			folio_ref_add(folio, GUP_PIN_COUNTING_BIAS);
		pkram_kunit_store(test, c, folio->index,
				  i == PKRAM_KUNIT_VALUE ? xa_mk_value(i) :
							   (void *)folio);
		c->folios[i] = folio;
	}
	return c;
}

static void pkram_kunit_cache_free(struct kunit *test,
				   struct pkram_kunit_cache *c)
{
	unsigned int i;

	folio_unlock(c->folios[PKRAM_KUNIT_LOCKED]);
	folio_ref_sub(c->folios[PKRAM_KUNIT_PINNED], GUP_PIN_COUNTING_BIAS);
	xa_destroy(&c->mapping.i_pages);
	for (i = 0; i < PKRAM_KUNIT_FOLIOS; i++) {
		KUNIT_EXPECT_EQ(test, folio_ref_count(c->folios[i]), 1);
		folio_put(c->folios[i]);
	}
	kvfree(c);
}

/* Save all but what is odd, which is the caller's and is passed over */
static void pkram_kunit_save_cache(struct kunit *test, struct pkram_access *pa,
				   struct pkram_kunit_cache *c)
{
	const unsigned int nr_odd = ARRAY_SIZE(pkram_kunit_odd);
	unsigned int odd = 0, i;
	pgoff_t index = 0;
	int ret;

	while ((ret = pkram_save_mapping(pa, &c->mapping, &index,
					 ULONG_MAX)) == 1) {
		KUNIT_ASSERT_LT(test, odd, nr_odd);
		/* Nothing has been left out before it, and there it ends */
		KUNIT_EXPECT_EQ(test, index, pkram_kunit_odd[odd]);
		KUNIT_EXPECT_EQ(test, pa->nr, index - odd);
		index = pkram_kunit_odd[odd++] + 1;
	}
	KUNIT_EXPECT_EQ(test, 0, ret);
	KUNIT_EXPECT_EQ(test, odd, nr_odd);
	KUNIT_EXPECT_EQ(test, index, pkram_kunit_index(PKRAM_KUNIT_FOLIOS - 1) + 1);
	KUNIT_EXPECT_EQ(test, pa->nr, PKRAM_KUNIT_FOLIOS - nr_odd);
	for (i = 0; i < PKRAM_KUNIT_FOLIOS; i++)
		if (i != PKRAM_KUNIT_PINNED)
			KUNIT_EXPECT_EQ(test, folio_ref_count(c->folios[i]),
					pkram_kunit_is_odd(i) ? 1 : 2);
}

/*
 * Proves: of a page cache all is saved with its index but what takes more than a
 * reference, which the caller is told of one by one.
 */
static void pkram_mapping_test_save(struct kunit *test)
{
	struct pkram_kunit_cache *c = pkram_kunit_cache(test);
	struct pkram_stream ps;
	PKRAM_ACCESS(pa, &ps, pages);
	struct folio *folio;
	unsigned int i = 0;
	pgoff_t index;

	pkram_kunit_begin_save(test, &ps, PKRAM_OBJ_PAGES);
	pkram_kunit_save_cache(test, &pa, c);
	/* Those without neighbours need an entry each */
	KUNIT_EXPECT_GE(test, pa.nr_links,
			1 + PKRAM_KUNIT_DENSE / PKRAM_LINK_MAX_RUNS);
	KUNIT_ASSERT_EQ(test, 0, pkram_finish_access(&pa, true));
	pkram_kunit_end_save(test, &ps);

	pkram_kunit_begin_load(test, &ps);
	for (; (folio = pkram_load_folio(&pa, &index)); i++) {
		KUNIT_ASSERT_FALSE(test, IS_ERR(folio));
		while (pkram_kunit_is_odd(i))
			i++;
		KUNIT_ASSERT_PTR_EQ(test, folio, c->folios[i]);
		KUNIT_EXPECT_EQ(test, index, pkram_kunit_index(i));
		KUNIT_EXPECT_TRUE(test, pkram_kunit_folio_is(folio, 0, i));
		folio_put(folio);
	}
	KUNIT_EXPECT_EQ(test, i, PKRAM_KUNIT_FOLIOS);
	pkram_finish_access(&pa, true);
	pkram_kunit_end_load(test, &ps);
	pkram_kunit_cache_free(test, c);
}

/*
 * Proves: an access that fails, whether because the caller says so or because a
 * folio is there twice, gives back each reference, in the page table or not.
 */
static void pkram_mapping_test_discard(struct kunit *test)
{
	struct pkram_kunit_cache *c = pkram_kunit_cache(test);
	struct pkram_stream ps;
	PKRAM_ACCESS(pa, &ps, pages);
	unsigned int i;

	pkram_kunit_begin_save(test, &ps, PKRAM_OBJ_PAGES);
	pkram_kunit_save_cache(test, &pa, c);
	KUNIT_EXPECT_EQ(test, 0, pkram_finish_access(&pa, false));
	for (i = 0; i < PKRAM_KUNIT_FOLIOS; i++)
		if (i != PKRAM_KUNIT_PINNED)
			KUNIT_EXPECT_EQ(test, folio_ref_count(c->folios[i]), 1);
	pkram_finish_save_obj(&ps);
	pkram_discard_save(&ps);
	pkram_kunit_cache_free(test, c);
}

/* Proves: a folio that is in the page cache twice is found, and nothing is kept */
static void pkram_mapping_test_twice(struct kunit *test)
{
	struct pkram_kunit_cache *c;
	struct pkram_stream ps;
	PKRAM_ACCESS(pa, &ps, pages);
	pgoff_t index = PKRAM_KUNIT_DENSE;

	PKRAM_KUNIT_SKIP_WARNING(test);
	c = pkram_kunit_cache(test);
	/* Far behind the first, which is in the page table by then */
	pkram_kunit_store(test, c, 10 * PKRAM_KUNIT_FOLIOS,
			  c->folios[PKRAM_KUNIT_DENSE]);
	pkram_kunit_begin_save(test, &ps, PKRAM_OBJ_PAGES);
	KUNIT_EXPECT_EQ(test, 0, pkram_save_mapping(&pa, &c->mapping, &index,
						    ULONG_MAX));
	KUNIT_EXPECT_EQ(test, -EEXIST, pkram_finish_access(&pa, true));
	pkram_finish_save_obj(&ps);
	pkram_discard_save(&ps);
	pkram_kunit_cache_free(test, c);
}

static struct kunit_case pkram_mapping_cases[] = {
	KUNIT_CASE(pkram_mapping_test_save),
	KUNIT_CASE(pkram_mapping_test_discard),
	KUNIT_CASE(pkram_mapping_test_twice),
	{ }
};

static struct kunit_suite pkram_mapping_suite = {
	.name = "pkram-mapping",
	.init = pkram_kunit_init,
	.exit = pkram_kunit_exit,
	.test_cases = pkram_mapping_cases,
};

kunit_test_suite(pkram_mapping_suite);
