// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of pkram_save_mapping(), with a page cache that belongs to no file.
 */
#include <linux/align.h>
#include <linux/completion.h>
#include <linux/fs.h>
#include <linux/kthread.h>
#include <linux/log2.h>
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

/* Give a save up that has failed: each reference has been given back */
static void pkram_kunit_discard_cache(struct kunit *test,
				      struct pkram_stream *ps,
				      struct pkram_kunit_cache *c)
{
	unsigned int i;

	for (i = 0; i < PKRAM_KUNIT_FOLIOS; i++)
		if (i != PKRAM_KUNIT_PINNED)
			KUNIT_EXPECT_EQ(test, folio_ref_count(c->folios[i]), 1);
	pkram_finish_save_obj(ps);
	pkram_discard_save(ps);
	pkram_kunit_cache_free(test, c);
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

/* All but what is odd comes, in the order in which it stands in the page cache */
static void pkram_kunit_load_cache(struct kunit *test,
				   struct pkram_kunit_cache *c)
{
	struct pkram_stream ps;
	PKRAM_ACCESS(pa, &ps, pages);
	struct folio *folio;
	unsigned int i = 0;
	pgoff_t index;

	pkram_kunit_begin_load(test, &ps);
	for (; (folio = pkram_load_folio(&pa, &index)); i++) {
		KUNIT_ASSERT_FALSE(test, IS_ERR(folio));
		while (pkram_kunit_is_odd(i))
			i++;
		KUNIT_ASSERT_LT(test, i, PKRAM_KUNIT_FOLIOS);
		KUNIT_ASSERT_PTR_EQ(test, folio, c->folios[i]);
		KUNIT_EXPECT_EQ(test, index, pkram_kunit_index(i));
		KUNIT_EXPECT_TRUE(test, pkram_kunit_folio_is(folio, 0, i));
		folio_put(folio);
	}
	KUNIT_EXPECT_EQ(test, i, PKRAM_KUNIT_FOLIOS);
	pkram_finish_access(&pa, true);
	pkram_kunit_end_load(test, &ps);
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

	pkram_kunit_begin_save(test, &ps, PKRAM_OBJ_PAGES);
	pkram_kunit_save_cache(test, &pa, c);
	/* Those without neighbours need an entry each */
	KUNIT_EXPECT_GE(test, pa.nr_links,
			1 + PKRAM_KUNIT_DENSE / PKRAM_LINK_MAX_RUNS);
	KUNIT_ASSERT_EQ(test, 0, pkram_finish_access(&pa, true));
	pkram_kunit_end_save(test, &ps);

	pkram_kunit_load_cache(test, c);
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

	pkram_kunit_begin_save(test, &ps, PKRAM_OBJ_PAGES);
	pkram_kunit_save_cache(test, &pa, c);
	KUNIT_EXPECT_EQ(test, 0, pkram_finish_access(&pa, false));
	pkram_kunit_discard_cache(test, &ps, c);
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

#define PKRAM_KUNIT_THREADS	8

/* A part of the page cache, for a thread of its own */
struct pkram_kunit_piece {
	struct pkram_kunit_cache *c;
	struct pkram_access pa;
	pgoff_t index;
	pgoff_t last;
	int err;
	struct completion done;
};

static int pkram_kunit_save_piece(void *arg)
{
	struct pkram_kunit_piece *piece = arg;
	int ret;

	while ((ret = pkram_save_mapping(&piece->pa, &piece->c->mapping,
					 &piece->index, piece->last)) == 1)
		piece->index++;
	piece->err = ret ?: pkram_settle_access(&piece->pa);
	complete(&piece->done);
	return 0;
}

/* Save a page cache by @nr threads, each to an access of its own */
static struct pkram_kunit_piece *
pkram_kunit_save_pieces(struct kunit *test, struct pkram_stream *ps,
			struct pkram_kunit_cache *c, unsigned int nr)
{
	const pgoff_t step = DIV_ROUND_UP(2 * PKRAM_KUNIT_FOLIOS, nr);
	struct pkram_kunit_piece *pieces;
	unsigned int i;

	pieces = kunit_kcalloc(test, nr, sizeof(*pieces), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pieces);
	for (i = 0; i < nr; i++) {
		struct task_struct *task;

		pieces[i].c = c;
		pieces[i].pa.ps = ps;
		pieces[i].pa.type = PKRAM_OBJ_PAGES;
		pieces[i].index = i * step;
		pieces[i].last = i * step + step - 1;
		init_completion(&pieces[i].done);
		task = kthread_run(pkram_kunit_save_piece, &pieces[i], "pkram-%u", i);
		if (IS_ERR(task))
			pkram_kunit_save_piece(&pieces[i]);
	}
	for (i = 0; i < nr; i++) {
		wait_for_completion(&pieces[i].done);
		KUNIT_EXPECT_EQ(test, 0, pieces[i].err);
	}
	return pieces;
}

/* Runs in the chain of an access, which the last one is not part of */
static unsigned int pkram_kunit_runs(const struct pkram_access *pa)
{
	const struct pkram_link_ser *link;
	unsigned int nr = 0;

	for (link = pa->head; link; link = pkram_link_next(link->next_pfn))
		nr += link->nr;
	return nr;
}

/* Most folios for two links that are full, and some */
#define PKRAM_KUNIT_JOIN_ORDER	10

/* Save @nr of a row of pages, each of which is a run of its own, from @from on */
static void pkram_kunit_save_row(struct kunit *test, struct pkram_access *pa,
				 struct page *pages, unsigned int from,
				 unsigned int nr, unsigned int shift)
{
	unsigned int i;

	for (i = from; i < from + nr; i++)
		KUNIT_ASSERT_EQ(test, 0,
				pkram_kunit_save_folio(pa, page_folio(pages + i),
						       2 * i - shift, 0));
}

/* Join @a runs and @b runs, the first of which continues the last if @cont */
static void pkram_kunit_join(struct kunit *test, struct page *pages,
			     unsigned int a, unsigned int b, bool cont, bool join)
{
	struct pkram_stream ps;
	PKRAM_ACCESS(pa, &ps, pages);
	PKRAM_ACCESS(from, &ps, pages);
	struct folio *folio;
	pgoff_t index;
	unsigned int i;

	pkram_kunit_begin_save(test, &ps, PKRAM_OBJ_PAGES);
	pkram_kunit_save_row(test, &pa, pages, 0, a, 0);
	pkram_kunit_save_row(test, &from, pages, a, b, cont);
	KUNIT_EXPECT_EQ(test, 0, pkram_append_access(&pa, &from, join));
	KUNIT_EXPECT_EQ(test, pkram_kunit_runs(&pa), a + b - (b && cont && join));
	/* It can be gone on with */
	pkram_kunit_save_row(test, &pa, pages, a + b, 3, 0);
	KUNIT_EXPECT_EQ(test, 0, pkram_finish_access(&from, true));
	KUNIT_ASSERT_EQ(test, 0, pkram_finish_access(&pa, true));
	pkram_kunit_end_save(test, &ps);

	pkram_kunit_begin_load(test, &ps);
	for (i = 0; (folio = pkram_load_folio(&pa, &index)); i++) {
		KUNIT_ASSERT_PTR_EQ(test, folio, page_folio(pages + i));
		KUNIT_ASSERT_EQ(test, index, 2 * i - (cont && i >= a && i < a + b));
		folio_put(folio);
	}
	KUNIT_EXPECT_EQ(test, i, a + b + 3);
	pkram_finish_access(&pa, true);
	pkram_kunit_end_load(test, &ps);
}

/* Proves: whatever the last link of one and the first of the other have room for */
static void pkram_mapping_test_join(struct kunit *test)
{
	const unsigned int max = PKRAM_LINK_MAX_RUNS;
	const unsigned int nrs[] = {
		0, 1, 2, max / 2, max - 1, max, max + max / 2,
	};
	struct page *pages = alloc_pages(GFP_KERNEL, PKRAM_KUNIT_JOIN_ORDER);
	unsigned int i, j, k;

	KUNIT_ASSERT_NOT_NULL(test, pages);
	split_page(pages, PKRAM_KUNIT_JOIN_ORDER);
	for (i = 0; i < ARRAY_SIZE(nrs); i++)
		for (j = 0; j < ARRAY_SIZE(nrs); j++)
			for (k = 0; k < 4; k++)
				pkram_kunit_join(test, pages, nrs[i], nrs[j],
						 nrs[i] && k & 1, k & 2);
	for (i = 0; i < 1U << PKRAM_KUNIT_JOIN_ORDER; i++) {
		KUNIT_EXPECT_EQ(test, page_ref_count(pages + i), 1);
		__free_page(pages + i);
	}
}

/*
 * Proves: what any number of threads has saved of one page cache, put together, is
 * what one has saved, run for run, and in hardly more links.
 */
static void pkram_mapping_test_threads(struct kunit *test)
{
	struct pkram_kunit_cache *c = pkram_kunit_cache(test);
	struct pkram_kunit_piece *pieces;
	unsigned int n, i, runs = 0;
	unsigned long links = 0;
	struct pkram_stream ps;

	for (n = 1; n <= PKRAM_KUNIT_THREADS; n++) {
		PKRAM_ACCESS(pa, &ps, pages);

		pkram_kunit_begin_save(test, &ps, PKRAM_OBJ_PAGES);
		pieces = pkram_kunit_save_pieces(test, &ps, c, n);
		for (i = 0; i < n; i++) {
			KUNIT_EXPECT_EQ(test, 0,
					pkram_append_access(&pa, &pieces[i].pa, true));
			KUNIT_EXPECT_PTR_EQ(test, NULL, pieces[i].pa.head);
		}
		KUNIT_EXPECT_EQ(test, pa.nr,
				PKRAM_KUNIT_FOLIOS - ARRAY_SIZE(pkram_kunit_odd));
		if (n == 1) {
			runs = pkram_kunit_runs(&pa);
			links = pa.nr_links;
		}
		KUNIT_EXPECT_EQ(test, pkram_kunit_runs(&pa), runs);
		KUNIT_EXPECT_LE(test, pa.nr_links, 2 * links);
		KUNIT_ASSERT_EQ(test, 0, pkram_finish_access(&pa, true));
		pkram_kunit_end_save(test, &ps);
		pkram_kunit_load_cache(test, c);
	}
	pkram_kunit_cache_free(test, c);
}

/* Proves: when not all threads' pages can be had none is kept, joined or not */
static void pkram_mapping_test_threads_fail(struct kunit *test)
{
	struct pkram_kunit_cache *c = pkram_kunit_cache(test);
	struct pkram_kunit_piece *pieces;
	struct pkram_stream ps;
	PKRAM_ACCESS(pa, &ps, pages);
	unsigned int i;

	pkram_kunit_begin_save(test, &ps, PKRAM_OBJ_PAGES);
	pieces = pkram_kunit_save_pieces(test, &ps, c, 4);
	KUNIT_EXPECT_EQ(test, 0, pkram_append_access(&pa, &pieces[0].pa, true));
	/* What has failed cannot be joined */
	pieces[1].pa.err = -ENOMEM;
	KUNIT_EXPECT_EQ(test, -ENOMEM,
			pkram_append_access(&pa, &pieces[1].pa, true));
	KUNIT_EXPECT_EQ(test, -ENOMEM,
			pkram_append_access(&pa, &pieces[2].pa, true));
	KUNIT_EXPECT_EQ(test, -ENOMEM, pkram_finish_access(&pa, true));
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, 0, pkram_finish_access(&pieces[i].pa, false));
	pkram_kunit_discard_cache(test, &ps, c);
}

/* ------------------------------------------------------- folios of all sizes */

/* What the caller has to do with a large folio */
enum pkram_kunit_trouble {
	PKRAM_KUNIT_NONE,
	PKRAM_KUNIT_HAS_LOCK,
	PKRAM_KUNIT_HAS_PIN,
	PKRAM_KUNIT_IS_STALE,
};

struct pkram_kunit_place {
	unsigned int order;
	enum pkram_kunit_trouble trouble;
};

/* In this order, each at the next index that is a multiple of its size */
static const struct pkram_kunit_place pkram_kunit_places[] = {
	{ 0 }, { 2 }, { 0 }, { 0 }, { 1 }, { 5 }, { 6 }, { 3 }, { 0 },
	{ 2, PKRAM_KUNIT_HAS_LOCK }, { 0 }, { 7 },
	{ 7, PKRAM_KUNIT_HAS_PIN }, { 9 }, { 9 },
	{ 9, PKRAM_KUNIT_HAS_LOCK }, { 6, PKRAM_KUNIT_IS_STALE }, { 6 }, { 0 },
};

#define PKRAM_KUNIT_PLACES	ARRAY_SIZE(pkram_kunit_places)

struct pkram_kunit_sizes {
	struct address_space mapping;
	struct folio *folios[PKRAM_KUNIT_PLACES];
};

static void pkram_kunit_trouble(struct folio *folio, unsigned int i, bool make)
{
	switch (pkram_kunit_places[i].trouble) {
	case PKRAM_KUNIT_NONE:
		break;
	case PKRAM_KUNIT_HAS_LOCK:
		if (make)
			folio_lock(folio);
		else
			folio_unlock(folio);
		break;
	case PKRAM_KUNIT_HAS_PIN:
		atomic_set(&folio->_pincount, make);
		break;
	case PKRAM_KUNIT_IS_STALE:
		if (make)
			folio_clear_uptodate(folio);
		break;
	}
}

static void pkram_kunit_store_folio(struct kunit *test,
				    struct address_space *mapping,
				    struct folio *folio)
{
	XA_STATE_ORDER(xas, &mapping->i_pages, folio->index, folio_order(folio));

	do {
		xas_lock_irq(&xas);
		xas_store(&xas, folio);
		xas_unlock_irq(&xas);
	} while (xas_nomem(&xas, GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, xas_error(&xas));
}

static struct pkram_kunit_sizes *pkram_kunit_sizes(struct kunit *test)
{
	struct pkram_kunit_sizes *c = kvzalloc(sizeof(*c), GFP_KERNEL);
	pgoff_t index = 0;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, c);
	address_space_init_once(&c->mapping);
	for (i = 0; i < PKRAM_KUNIT_PLACES; i++) {
		const unsigned int order = pkram_kunit_places[i].order;
		struct folio *folio = pkram_kunit_folio(test, order, i);

		index = ALIGN(index, 1UL << order);
		folio->index = index;
		index += 1UL << order;
		folio_mark_uptodate(folio);
		pkram_kunit_trouble(folio, i, true);
		pkram_kunit_store_folio(test, &c->mapping, folio);
		c->folios[i] = folio;
	}
	return c;
}

static void pkram_kunit_sizes_free(struct kunit *test,
				   struct pkram_kunit_sizes *c)
{
	unsigned int i;

	xa_destroy(&c->mapping.i_pages);
	for (i = 0; i < PKRAM_KUNIT_PLACES; i++) {
		pkram_kunit_trouble(c->folios[i], i, false);
		KUNIT_EXPECT_EQ(test, folio_ref_count(c->folios[i]), 1);
		folio_put(c->folios[i]);
	}
	kvfree(c);
}

/* The first folio from @i on that is or is not for the caller */
static unsigned int pkram_kunit_next(unsigned int i, bool trouble)
{
	while (i < PKRAM_KUNIT_PLACES && !pkram_kunit_places[i].trouble == trouble)
		i++;
	return i;
}

/* Wherever a walk begins, a folio that begins before is for the caller */
static void pkram_kunit_begin_inside(struct kunit *test, struct pkram_access *pa,
				     struct pkram_kunit_sizes *c)
{
	pgoff_t nr, skip, index;
	unsigned int i;

	for (i = 0; i < PKRAM_KUNIT_PLACES; i++) {
		nr = folio_nr_pages(c->folios[i]);
		for (skip = 1; skip < nr; skip++) {
			index = c->folios[i]->index + skip;
			KUNIT_ASSERT_EQ(test, 1, pkram_save_mapping(pa, &c->mapping,
								    &index, ULONG_MAX));
			KUNIT_ASSERT_EQ(test, index, c->folios[i]->index + skip);
		}
	}
	KUNIT_EXPECT_EQ(test, 0, pa->nr);
}

/*
 * Proves: folios of all sizes, and small ones between them, are saved in whichever
 * nodes of the XArray they are, and large ones that take more are left.
 */
static void pkram_mapping_test_sizes(struct kunit *test)
{
	struct pkram_kunit_sizes *c = pkram_kunit_sizes(test);
	struct pkram_stream ps;
	PKRAM_ACCESS(pa, &ps, pages);
	struct folio *folio;
	unsigned int i = 0;
	pgoff_t index = 0;
	int ret;

	pkram_kunit_begin_save(test, &ps, PKRAM_OBJ_PAGES);
	pkram_kunit_begin_inside(test, &pa, c);
	while ((ret = pkram_save_mapping(&pa, &c->mapping, &index, ULONG_MAX)) == 1) {
		i = pkram_kunit_next(i, true);
		KUNIT_ASSERT_LT(test, i, PKRAM_KUNIT_PLACES);
		folio = c->folios[i++];
		KUNIT_EXPECT_LE(test, index, folio->index);
		index = folio_next_index(folio);
	}
	KUNIT_EXPECT_EQ(test, 0, ret);
	KUNIT_EXPECT_EQ(test, index,
			folio_next_index(c->folios[PKRAM_KUNIT_PLACES - 1]));
	KUNIT_EXPECT_EQ(test, pkram_kunit_next(i, true), PKRAM_KUNIT_PLACES);
	KUNIT_ASSERT_EQ(test, 0, pkram_finish_access(&pa, true));
	pkram_kunit_end_save(test, &ps);

	pkram_kunit_begin_load(test, &ps);
	for (i = 0; (folio = pkram_load_folio(&pa, &index)); i++) {
		KUNIT_ASSERT_FALSE(test, IS_ERR(folio));
		i = pkram_kunit_next(i, false);
		KUNIT_ASSERT_LT(test, i, PKRAM_KUNIT_PLACES);
		KUNIT_ASSERT_PTR_EQ(test, folio, c->folios[i]);
		KUNIT_EXPECT_EQ(test, index, folio->index);
		KUNIT_EXPECT_TRUE(test, pkram_kunit_folio_is(folio,
					pkram_kunit_places[i].order, i));
		folio_put(folio);
	}
	KUNIT_EXPECT_EQ(test, pkram_kunit_next(i, false), PKRAM_KUNIT_PLACES);
	pkram_finish_access(&pa, true);
	pkram_kunit_end_load(test, &ps);
	pkram_kunit_sizes_free(test, c);
}

/* ---------------------------------------------------------------------- runs */

#define PKRAM_KUNIT_ROW		128
#define PKRAM_KUNIT_BACKWARDS	120

/* Ascending from 10 with one hole, over the edges of nodes; the last go down */
static pgoff_t pkram_kunit_row_index(unsigned int i)
{
	if (i < 100)
		return 10 + i;
	return 11 + (i < PKRAM_KUNIT_BACKWARDS ?
		     i : PKRAM_KUNIT_BACKWARDS + PKRAM_KUNIT_ROW - 1 - i);
}

static void pkram_kunit_expect_run(struct kunit *test,
				   const struct pkram_link_ser *link,
				   unsigned int i, u64 pfn, pgoff_t index, u64 nr,
				   unsigned int flags)
{
	const struct pkram_run run = pkram_run_unpack(&link->runs[i]);

	KUNIT_EXPECT_EQ(test, run.pfn, pfn);
	KUNIT_EXPECT_EQ(test, run.index, index);
	KUNIT_EXPECT_EQ(test, run.nr, nr);
	KUNIT_EXPECT_EQ(test, run.order, 0);
	KUNIT_EXPECT_EQ(test, run.flags, flags);
}

/*
 * Proves: a run is as long as frame, index and flags allow, and goes on where a
 * save of one folio has left it; but for those there are no others.
 */
static void pkram_mapping_test_runs(struct kunit *test)
{
	struct page *pages = alloc_pages(GFP_KERNEL, ilog2(PKRAM_KUNIT_ROW));
	struct address_space *mapping = kvzalloc(sizeof(*mapping), GFP_KERNEL);
	struct pkram_stream ps;
	PKRAM_ACCESS(pa, &ps, pages);
	pgoff_t index = 11;
	unsigned int i, nr;
	u64 pfn;

	KUNIT_ASSERT_NOT_NULL(test, pages);
	KUNIT_ASSERT_NOT_NULL(test, mapping);
	pfn = page_to_pfn(pages);
	split_page(pages, ilog2(PKRAM_KUNIT_ROW));
	address_space_init_once(mapping);
	for (i = 0; i < PKRAM_KUNIT_ROW; i++) {
		struct folio *folio = page_folio(pages + i);

		folio->index = pkram_kunit_row_index(i);
		folio_mark_uptodate(folio);
		pkram_kunit_store_folio(test, mapping, folio);
	}
	pkram_kunit_begin_save(test, &ps, PKRAM_OBJ_PAGES);
	KUNIT_ASSERT_EQ(test, 0, pkram_kunit_save_folio(&pa, page_folio(pages),
							10, 0));
	KUNIT_ASSERT_EQ(test, 0, pkram_save_mapping(&pa, mapping, &index, ULONG_MAX));
	KUNIT_ASSERT_EQ(test, 0, pkram_end_run(&pa));
	KUNIT_EXPECT_EQ(test, pa.nr, PKRAM_KUNIT_ROW);
	nr = PKRAM_KUNIT_ROW - PKRAM_KUNIT_BACKWARDS;
	KUNIT_ASSERT_EQ(test, pa.link->nr, 3 + nr);
	KUNIT_EXPECT_EQ(test, pkram_link_length(pa.link), PKRAM_KUNIT_ROW);
	pkram_kunit_expect_run(test, pa.link, 0, pfn, 10, 1, 0);
	pkram_kunit_expect_run(test, pa.link, 1, pfn + 1, 11, 99,
			       PKRAM_RUN_UPTODATE);
	pkram_kunit_expect_run(test, pa.link, 2, pfn + 100, 111, 20,
			       PKRAM_RUN_UPTODATE);
	for (i = 0; i < nr; i++)
		pkram_kunit_expect_run(test, pa.link, 3 + i,
				       pfn + PKRAM_KUNIT_ROW - 1 - i,
				       11 + PKRAM_KUNIT_BACKWARDS + i, 1,
				       PKRAM_RUN_UPTODATE);
	KUNIT_EXPECT_EQ(test, 0, pkram_finish_access(&pa, false));
	pkram_finish_save_obj(&ps);
	pkram_discard_save(&ps);
	xa_destroy(&mapping->i_pages);
	for (i = 0; i < PKRAM_KUNIT_ROW; i++) {
		KUNIT_EXPECT_EQ(test, page_ref_count(pages + i), 1);
		__free_page(pages + i);
	}
	kvfree(mapping);
}

/* Proves: an empty page cache is saved, and a single folio wherever it stands */
static void pkram_mapping_test_single(struct kunit *test)
{
	static const pgoff_t indices[] = {
		0, 1, 63, 64, (MAX_LFS_FILESIZE >> PAGE_SHIFT) - 1,
	};
	struct address_space *mapping = kvzalloc(sizeof(*mapping), GFP_KERNEL);
	struct folio *folio = pkram_kunit_folio(test, 0, 1);
	struct pkram_stream ps;
	PKRAM_ACCESS(pa, &ps, pages);
	unsigned int i;
	pgoff_t index;

	KUNIT_ASSERT_NOT_NULL(test, mapping);
	address_space_init_once(mapping);
	folio_mark_uptodate(folio);
	pkram_kunit_begin_save(test, &ps, PKRAM_OBJ_PAGES);
	for (i = 0; i < ARRAY_SIZE(indices); i++) {
		index = 0;
		KUNIT_EXPECT_EQ(test, 0, pkram_save_mapping(&pa, mapping, &index, ULONG_MAX));
		KUNIT_EXPECT_EQ(test, 0, index);
		folio->index = indices[i];
		pkram_kunit_store_folio(test, mapping, folio);
		KUNIT_EXPECT_EQ(test, 0, pkram_save_mapping(&pa, mapping, &index, ULONG_MAX));
		KUNIT_EXPECT_EQ(test, indices[i] + 1, index);
		KUNIT_EXPECT_EQ(test, 0, pkram_save_mapping(&pa, mapping, &index, ULONG_MAX));
		KUNIT_EXPECT_EQ(test, 1, pa.nr);
		KUNIT_EXPECT_EQ(test, indices[i], pa.run.index);
		KUNIT_EXPECT_EQ(test, 0, pkram_finish_access(&pa, false));
		KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 1);
		xa_destroy(&mapping->i_pages);
	}
	pkram_finish_save_obj(&ps);
	pkram_discard_save(&ps);
	folio_put(folio);
	kvfree(mapping);
}

#ifdef CONFIG_MEMORY_FAILURE
/*
 * Proves: a large folio a part of which fails while an access holds it, and that
 * nobody else wants, is not given to the page allocator when the access fails.
 */
static void pkram_mapping_test_failed(struct kunit *test)
{
	struct address_space *mapping = kvzalloc(sizeof(*mapping), GFP_KERNEL);
	struct folio *folio = pkram_kunit_folio(test, 3, 1);
	struct page *page = folio_page(folio, 5);
	struct pkram_stream ps;
	PKRAM_ACCESS(pa, &ps, pages);
	pgoff_t index = 0;
	bool kept;

	KUNIT_ASSERT_NOT_NULL(test, mapping);
	address_space_init_once(mapping);
	folio->index = 8;
	folio_mark_uptodate(folio);
	pkram_kunit_store_folio(test, mapping, folio);
	pkram_kunit_begin_save(test, &ps, PKRAM_OBJ_PAGES);
	KUNIT_EXPECT_EQ(test, 0, pkram_save_mapping(&pa, mapping, &index, ULONG_MAX));
	KUNIT_ASSERT_EQ(test, folio_ref_count(folio), 2);
	xa_destroy(&mapping->i_pages);
	folio_put(folio);

	SetPageHWPoison(page);
	num_poisoned_pages_inc(page_to_pfn(page));
	KUNIT_EXPECT_EQ(test, 0, pkram_finish_access(&pa, false));
	kept = folio_test_large(folio) && folio_ref_count(folio) == 1;
	KUNIT_EXPECT_TRUE(test, kept);
	ClearPageHWPoison(page);
	num_poisoned_pages_sub(page_to_pfn(page), 1);
	if (kept) {
		folio_clear_has_hwpoisoned(folio);
		folio_put(folio);
	}
	pkram_finish_save_obj(&ps);
	pkram_discard_save(&ps);
	kvfree(mapping);
}
#endif

static struct kunit_case pkram_mapping_cases[] = {
	KUNIT_CASE(pkram_mapping_test_save),
	KUNIT_CASE(pkram_mapping_test_discard),
	KUNIT_CASE(pkram_mapping_test_twice),
	KUNIT_CASE(pkram_mapping_test_sizes),
	KUNIT_CASE(pkram_mapping_test_runs),
	KUNIT_CASE(pkram_mapping_test_single),
#ifdef CONFIG_MEMORY_FAILURE
	KUNIT_CASE(pkram_mapping_test_failed),
#endif
	KUNIT_CASE(pkram_mapping_test_join),
	KUNIT_CASE(pkram_mapping_test_threads),
	KUNIT_CASE(pkram_mapping_test_threads_fail),
	{ }
};

static struct kunit_suite pkram_mapping_suite = {
	.name = "pkram-mapping",
	.init = pkram_kunit_init,
	.exit = pkram_kunit_exit,
	.test_cases = pkram_mapping_cases,
};

kunit_test_suite(pkram_mapping_suite);
