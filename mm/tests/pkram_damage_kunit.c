// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of damaged nodes: each damage is refused with -EBADMSG, and gone
 * with the damage.
 *
 * The node under test has two objects, the first of which fills two links of
 * runs and two of bytes:
 *
 *   node -> objs [ 0 1 ]
 *                  | \-> bytes
 *                  |---> runs -> runs
 *                  \---> bytes -> bytes
 */
#include <linux/slab.h>

#include "pkram_kunit.h"

#define PKRAM_KUNIT_NR		300	/* pages of object 0 */
#define PKRAM_KUNIT_BYTES	6000	/* bytes of object 0 */

struct pkram_kunit_damage {
	struct page *pages;
	struct pkram_node *node;
	struct pkram_node_ser *ser;
	struct pkram_link_ser *objs;
	struct pkram_link_ser *runs;
	struct pkram_link_ser *runs2;
	struct pkram_link_ser *bytes;
	struct pkram_link_ser *bytes2;
};

static void pkram_kunit_damage_save(struct kunit *test,
				    struct pkram_kunit_damage *d)
{
	struct pkram_stream ps;
	PKRAM_ACCESS(pages, &ps, pages);
	PKRAM_ACCESS(bytes, &ps, bytes);
	u8 *buf = kunit_kzalloc(test, PKRAM_KUNIT_BYTES, GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	d->pages = alloc_pages(GFP_KERNEL, 9);
	KUNIT_ASSERT_NOT_NULL(test, d->pages);
	split_page(d->pages, 9);
	pkram_kunit_begin_save(test, &ps, PKRAM_OBJ_PAGES | PKRAM_OBJ_BYTES);
	for (i = 0; i < PKRAM_KUNIT_NR; i++) {
		KUNIT_ASSERT_EQ(test, 0, pkram_kunit_save_folio(&pages,
					page_folio(d->pages + i), i, 0));
		/* Single pages but for the first two runs, of two each */
		if (i > 3 || i % 2)
			KUNIT_ASSERT_EQ(test, 0, pkram_end_run(&pages));
	}
	KUNIT_ASSERT_EQ(test, PKRAM_KUNIT_BYTES,
			pkram_write(&bytes, buf, PKRAM_KUNIT_BYTES));
	KUNIT_ASSERT_EQ(test, 0, pkram_finish_access(&pages, true));
	KUNIT_ASSERT_EQ(test, 0, pkram_finish_access(&bytes, true));
	pkram_finish_save_obj(&ps);
	KUNIT_ASSERT_EQ(test, 0, pkram_prepare_save_obj(&ps, PKRAM_OBJ_BYTES));
	KUNIT_ASSERT_EQ(test, 1, pkram_write(&bytes, "x", 1));
	KUNIT_ASSERT_EQ(test, 0, pkram_finish_access(&bytes, true));
	pkram_kunit_end_save(test, &ps);

	d->node = pkram_kunit_find(PKRAM_KUNIT_NODE);
	d->ser = d->node->ser;
	d->objs = pkram_pfn_to_virt(d->ser->obj_pfn);
	d->runs = pkram_pfn_to_virt(d->objs->objs[0].pages_pfn);
	d->runs2 = pkram_pfn_to_virt(d->runs->next_pfn);
	d->bytes = pkram_pfn_to_virt(d->objs->objs[0].bytes_pfn);
	d->bytes2 = pkram_pfn_to_virt(d->bytes->next_pfn);
	KUNIT_ASSERT_EQ(test, d->runs->nr, PKRAM_LINK_MAX_RUNS);
}

static void pkram_kunit_damage_free(struct kunit *test,
				    struct pkram_kunit_damage *d)
{
	unsigned int i;

	for (i = 0; i < 512; i++) {
		KUNIT_EXPECT_EQ(test, page_ref_count(d->pages + i), 1);
		__free_page(d->pages + i);
	}
}

static void pkram_kunit_damage_end(struct kunit *test,
				   struct pkram_kunit_damage *d)
{
	KUNIT_EXPECT_EQ(test, 0, pkram_drop(PKRAM_KUNIT_NODE));
	pkram_kunit_damage_free(test, d);
}

/* All checksums made right: it has to be the damage itself that is found */
static void pkram_kunit_reseal(struct pkram_kunit_damage *d)
{
	pkram_link_seal(d->objs);
	pkram_link_seal(d->runs);
	pkram_link_seal(d->runs2);
	pkram_link_seal(d->bytes);
	pkram_link_seal(d->bytes2);
	pkram_node_ser_seal(d->ser);
}

/* The damage is in place: expect it to be found, for the load and for good */
static void pkram_kunit_refused(struct kunit *test, struct pkram_kunit_damage *d,
				const char *what)
{
	struct pkram_stream ps;
	int err;

	err = pkram_prepare_load(&ps, PKRAM_KUNIT_NODE);
	KUNIT_EXPECT_EQ_MSG(test, -EBADMSG, err, "%s", what);
	if (!err) {
		pkram_abort_load(&ps);
		return;
	}
	KUNIT_EXPECT_EQ(test, PKRAM_NODE_DAMAGED, d->node->state);
	KUNIT_EXPECT_EQ(test, -EBADMSG, pkram_prepare_load(&ps, PKRAM_KUNIT_NODE));
	KUNIT_EXPECT_EQ(test, -EEXIST, pkram_prepare_save(&ps, PKRAM_KUNIT_NODE,
							  GFP_KERNEL));
	guard(mutex)(&pkram_lock);
	d->node->state = PKRAM_NODE_IDLE;
}

static void pkram_kunit_accepted(struct kunit *test)
{
	struct pkram_stream ps;

	KUNIT_ASSERT_EQ(test, 0, pkram_prepare_load(&ps, PKRAM_KUNIT_NODE));
	pkram_abort_load(&ps);
}

/* Proves: one flipped bit anywhere in a page of metadata is found */
static void pkram_damage_test_bits(struct kunit *test)
{
	struct pkram_kunit_damage d;
	struct {
		const char *what;
		void *page;
		size_t to;
	} pages[6];
	unsigned int i;
	size_t at;

	pkram_kunit_damage_save(test, &d);
	/* Not the name: the node would not be found by it */
	pages[0].what = "node";
	pages[0].page = d.ser;
	pages[0].to = offsetof(struct pkram_node_ser, name);
	pages[1].what = "objects";
	pages[1].page = d.objs;
	pages[1].to = PKRAM_LINK_HEADER + 2 * sizeof(struct pkram_obj_ser);
	pages[2].what = "runs";
	pages[2].page = d.runs;
	pages[2].to = PKRAM_SER_PAGE_SIZE;
	pages[3].what = "runs 2";
	pages[3].page = d.runs2;
	pages[3].to = PKRAM_LINK_HEADER + 16 * d.runs2->nr;
	pages[4].what = "bytes";
	pages[4].page = d.bytes;
	pages[4].to = PKRAM_SER_PAGE_SIZE;
	pages[5].what = "bytes 2";
	pages[5].page = d.bytes2;
	pages[5].to = PKRAM_LINK_HEADER + d.bytes2->nr;
	for (i = 0; i < 6; i++)
		for (at = 0; at < pages[i].to; at += at < 128 ? 1 : 251) {
			u8 *byte = pages[i].page + at;

			*byte ^= 1 << at % 8;
			pkram_kunit_refused(test, &d, pages[i].what);
			*byte ^= 1 << at % 8;
		}
	pkram_kunit_accepted(test);
	pkram_kunit_damage_end(test, &d);
}

/* Set a field, make all checksums right, expect a refusal, set it back */
#define PKRAM_KUNIT_REFUSE(test, d, field, value) do {			\
	typeof((d)->field) was = (d)->field;				\
									\
	(d)->field = (value);						\
	pkram_kunit_reseal(d);						\
	pkram_kunit_refused(test, d, #field " = " #value);		\
	(d)->field = was;						\
	pkram_kunit_reseal(d);						\
} while (0)

/* Proves: totals that do not agree with what is there are refused */
static void pkram_damage_test_totals(struct kunit *test)
{
	struct pkram_kunit_damage d;
	struct pkram_obj_ser *obj;

	pkram_kunit_damage_save(test, &d);
	obj = d.objs->objs;
	PKRAM_KUNIT_REFUSE(test, &d, ser->nr_objs, 1);
	PKRAM_KUNIT_REFUSE(test, &d, ser->nr_objs, 3);
	PKRAM_KUNIT_REFUSE(test, &d, ser->nr_objs, ~0ULL);
	PKRAM_KUNIT_REFUSE(test, &d, ser->nr_pages, was + 1);
	PKRAM_KUNIT_REFUSE(test, &d, ser->nr_pages, was - 1);
	PKRAM_KUNIT_REFUSE(test, &d, ser->nr_bytes, was + 1);
	PKRAM_KUNIT_REFUSE(test, &d, ser->nr_links, was + 1);
	PKRAM_KUNIT_REFUSE(test, &d, ser->nr_links, was - 1);
	PKRAM_KUNIT_REFUSE(test, &d, ser->nr_links, 0);
	PKRAM_KUNIT_REFUSE(test, &d, objs->objs[0].nr_pages, was + 1);
	PKRAM_KUNIT_REFUSE(test, &d, objs->objs[0].nr_bytes, was - 1);
	PKRAM_KUNIT_REFUSE(test, &d, objs->objs[0].nr_page_links, was + 1);
	PKRAM_KUNIT_REFUSE(test, &d, objs->objs[0].nr_page_links, was - 1);
	PKRAM_KUNIT_REFUSE(test, &d, objs->objs[0].nr_byte_links, was - 1);
	PKRAM_KUNIT_REFUSE(test, &d, objs->objs[0].nr_byte_links, ~0ULL);
	PKRAM_KUNIT_REFUSE(test, &d, objs->objs[1].flags, 1);
	PKRAM_KUNIT_REFUSE(test, &d, runs2->start, was + 1);
	PKRAM_KUNIT_REFUSE(test, &d, bytes2->start, 0);
	PKRAM_KUNIT_REFUSE(test, &d, bytes2->nr, was - 1);
	KUNIT_EXPECT_EQ(test, obj->nr_pages, PKRAM_KUNIT_NR);
	pkram_kunit_accepted(test);
	pkram_kunit_damage_end(test, &d);
}

/* Proves: references to what is not preserved, or not that, are refused */
static void pkram_damage_test_references(struct kunit *test)
{
	struct pkram_kunit_damage d;
	u64 free_pfn, obj_pfn, runs_pfn, bytes_pfn, bytes2_pfn;

	pkram_kunit_damage_save(test, &d);
	/* Page 400 is ours and not preserved */
	free_pfn = page_to_pfn(d.pages + 400);
	obj_pfn = pkram_virt_to_pfn(d.objs);
	runs_pfn = pkram_virt_to_pfn(d.runs);
	bytes_pfn = pkram_virt_to_pfn(d.bytes);
	bytes2_pfn = pkram_virt_to_pfn(d.bytes2);
	PKRAM_KUNIT_REFUSE(test, &d, ser->obj_pfn, free_pfn);
	PKRAM_KUNIT_REFUSE(test, &d, ser->obj_pfn, PKRAM_PT_PFN_MASK);
	PKRAM_KUNIT_REFUSE(test, &d, ser->obj_pfn, 0);
	PKRAM_KUNIT_REFUSE(test, &d, ser->obj_pfn, runs_pfn);
	PKRAM_KUNIT_REFUSE(test, &d, ser->obj_pfn, pkram_virt_to_pfn(d.ser));
	PKRAM_KUNIT_REFUSE(test, &d, objs->next_pfn, obj_pfn);
	PKRAM_KUNIT_REFUSE(test, &d, objs->objs[0].pages_pfn, bytes_pfn);
	PKRAM_KUNIT_REFUSE(test, &d, objs->objs[0].pages_pfn, free_pfn);
	PKRAM_KUNIT_REFUSE(test, &d, objs->objs[0].pages_pfn, was + (1ULL << 40));
	PKRAM_KUNIT_REFUSE(test, &d, objs->objs[0].bytes_pfn, bytes2_pfn);
	PKRAM_KUNIT_REFUSE(test, &d, objs->objs[1].bytes_pfn, bytes_pfn);
	/* Cycles, a chain that runs into another, a chain cut short */
	PKRAM_KUNIT_REFUSE(test, &d, runs2->next_pfn, runs_pfn);
	PKRAM_KUNIT_REFUSE(test, &d, runs2->next_pfn, pkram_virt_to_pfn(d.runs2));
	PKRAM_KUNIT_REFUSE(test, &d, bytes2->next_pfn, bytes_pfn);
	PKRAM_KUNIT_REFUSE(test, &d, bytes2->next_pfn, d.objs->objs[1].bytes_pfn);
	PKRAM_KUNIT_REFUSE(test, &d, bytes->next_pfn, 0);
	PKRAM_KUNIT_REFUSE(test, &d, bytes->next_pfn, free_pfn);
	PKRAM_KUNIT_REFUSE(test, &d, bytes->next_pfn, d.runs->next_pfn);
	pkram_kunit_accepted(test);
	pkram_kunit_damage_end(test, &d);
}

/* Proves: runs of frames that are not the node's, or are twice, are refused */
static void pkram_damage_test_runs(struct kunit *test)
{
	struct pkram_kunit_damage d;
	struct pkram_run run;

	pkram_kunit_damage_save(test, &d);
	run = pkram_run_unpack(&d.runs->runs[10]);
	run.pfn = page_to_pfn(d.pages + 400);
	PKRAM_KUNIT_REFUSE(test, &d, runs->runs[10], pkram_run_pack(&run));
	run.pfn = PKRAM_RUN_PFN_MASK;
	PKRAM_KUNIT_REFUSE(test, &d, runs->runs[10], pkram_run_pack(&run));
	run.pfn = pkram_virt_to_pfn(d.runs);
	PKRAM_KUNIT_REFUSE(test, &d, runs->runs[10], pkram_run_pack(&run));
	PKRAM_KUNIT_REFUSE(test, &d, runs->runs[10], d.runs->runs[11]);
	PKRAM_KUNIT_REFUSE(test, &d, runs2->runs[0], d.runs->runs[11]);
	run = pkram_run_unpack(&d.runs->runs[10]);
	run.nr = PKRAM_RUN_NR_MAX;
	PKRAM_KUNIT_REFUSE(test, &d, runs->runs[10], pkram_run_pack(&run));
	run.nr = 0;
	PKRAM_KUNIT_REFUSE(test, &d, runs->runs[10], pkram_run_pack(&run));
	pkram_kunit_accepted(test);
	pkram_kunit_damage_end(test, &d);
}

/* Proves: a run that makes large folios of small ones is -EBADMSG at the load */
static void pkram_damage_test_order(struct kunit *test)
{
	struct pkram_kunit_damage d;
	struct pkram_run_ser was;
	struct pkram_loaded one[4];
	struct pkram_stream ps;
	PKRAM_ACCESS(pa, &ps, pages);
	struct pkram_run run;
	int i;

	pkram_kunit_damage_save(test, &d);
	was = d.runs->runs[1];
	run = pkram_run_unpack(&was);
	KUNIT_ASSERT_EQ(test, run.nr, 2);
	run.nr = 1;
	run.order = 1;
	d.runs->runs[1] = pkram_run_pack(&run);
	pkram_kunit_reseal(&d);

	pkram_kunit_begin_load(test, &ps);
	KUNIT_EXPECT_EQ(test, 2, pkram_load_folios(&pa, one, 4));
	for (i = 0; i < 2; i++)
		folio_put(one[i].folio);
	KUNIT_EXPECT_EQ(test, -EBADMSG, pkram_load_folios(&pa, one, 4));
	KUNIT_EXPECT_EQ(test, -EBADMSG, pkram_load_folios(&pa, one, 4));
	pkram_finish_access(&pa, false);
	pkram_abort_load(&ps);

	d.runs->runs[1] = was;
	pkram_kunit_reseal(&d);
	pkram_kunit_damage_end(test, &d);
}

/* Proves: pages as the previous kernel leaves them become ordinary, others stay */
static void pkram_damage_test_fresh(struct kunit *test)
{
	struct pkram_kunit_damage d;
	struct pkram_loaded some[4];
	struct pkram_stream ps;
	PKRAM_ACCESS(pa, &ps, pages);
	int i;

	pkram_kunit_damage_save(test, &d);
	/* All of the first run and half of the second */
	for (i = 0; i < 3; i++)
		SetPageReserved(d.pages + i);
	pkram_kunit_begin_load(test, &ps);
	KUNIT_EXPECT_EQ(test, 4, pkram_load_folios(&pa, some, 4));
	for (i = 0; i < 4; i++) {
		struct page *page = d.pages + i;

		KUNIT_EXPECT_PTR_EQ(test, page_folio(page), some[i].folio);
		KUNIT_EXPECT_EQ(test, some[i].index, i);
		KUNIT_EXPECT_EQ(test, some[i].fresh, i < 3);
		KUNIT_EXPECT_FALSE(test, PageReserved(page));
		/* Whoever has saved it, the node, and the load */
		KUNIT_EXPECT_EQ(test, page_ref_count(page), 3);
		folio_put(some[i].folio);
	}
	pkram_finish_access(&pa, false);
	pkram_abort_load(&ps);
	pkram_kunit_accepted(test);
	pkram_kunit_damage_end(test, &d);
}

/* Proves: a large folio is claimed whole or not at all */
static void pkram_damage_test_claim(struct kunit *test)
{
	struct page *pages = alloc_pages(GFP_KERNEL, 3);
	const u64 pfn = page_to_pfn(pages);
	struct folio *folio;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, pages);
	split_page(pages, 3);
	for (i = 0; i < 7; i++)
		SetPageReserved(pages + i);
	KUNIT_EXPECT_PTR_EQ(test, pkram_claim_folio(pfn, 3),
			    ERR_PTR(-EBADMSG));
	for (i = 0; i < 7; i++)
		KUNIT_EXPECT_TRUE(test, PageReserved(pages + i));
	KUNIT_EXPECT_TRUE(test, pkram_frame_fresh(pfn));

	SetPageReserved(pages + 7);
	folio = pkram_claim_folio(pfn, 3);
	KUNIT_ASSERT_PTR_EQ(test, folio, page_folio(pages));
	KUNIT_EXPECT_FALSE(test, pkram_frame_fresh(pfn));
	KUNIT_EXPECT_EQ(test, folio_order(folio), 3);
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 1);
	for (i = 1; i < 8; i++) {
		KUNIT_EXPECT_PTR_EQ(test, page_folio(pages + i), folio);
		KUNIT_EXPECT_EQ(test, atomic_read(&pages[i]._refcount), 0);
		KUNIT_EXPECT_FALSE(test, pages[i].flags & BIT(PG_reserved));
	}
	folio_put(folio);
}

#ifdef CONFIG_MEMORY_FAILURE
/* Proves: a page that has failed is loaded only by who asks for it, claimed or not */
static void pkram_damage_test_hwpoison(struct kunit *test)
{
	struct pkram_kunit_damage d;
	struct pkram_loaded one[4];
	struct pkram_stream ps;
	PKRAM_ACCESS(pa, &ps, pages);
	struct folio *folio;
	struct page *page;
	int i;

	pkram_kunit_damage_save(test, &d);
	/* Third of four in the first two runs: as it was claimed before */
	SetPageHWPoison(d.pages + 2);
	num_poisoned_pages_inc(page_to_pfn(d.pages));
	pkram_kunit_begin_load(test, &ps);
	KUNIT_EXPECT_EQ(test, 2, pkram_load_folios(&pa, one, 4));
	for (i = 0; i < 2; i++)
		folio_put(one[i].folio);
	KUNIT_EXPECT_EQ(test, -EHWPOISON, pkram_load_folios(&pa, one, 4));
	pa.poisoned = true;
	KUNIT_EXPECT_EQ(test, 1, pkram_load_folios(&pa, one, 1));
	KUNIT_EXPECT_PTR_EQ(test, page_folio(d.pages + 2), one[0].folio);
	folio_put(one[0].folio);
	pkram_finish_access(&pa, false);
	pkram_abort_load(&ps);
	ClearPageHWPoison(d.pages + 2);

	/* A frame as the previous kernel leaves it */
	page = d.pages + 400;
	SetPageReserved(page);
	SetPageHWPoison(page);
	folio = pkram_claim_folio(page_to_pfn(page), 0);
	KUNIT_ASSERT_PTR_EQ(test, folio, page_folio(page));
	KUNIT_EXPECT_FALSE(test, PageReserved(page));
	KUNIT_EXPECT_TRUE(test, pkram_folio_poisoned(folio));
	KUNIT_EXPECT_EQ(test, page_ref_count(page), 1);
	ClearPageHWPoison(page);
	num_poisoned_pages_sub(page_to_pfn(d.pages), 1);
	pkram_kunit_accepted(test);
	pkram_kunit_damage_end(test, &d);
}
#endif

/* A node with one page */
static struct pkram_node *pkram_kunit_save_other(struct kunit *test,
						 struct folio *folio)
{
	struct pkram_stream ps;
	PKRAM_ACCESS(pages, &ps, pages);

	KUNIT_ASSERT_EQ(test, 0, pkram_prepare_save(&ps, PKRAM_KUNIT_OTHER,
						    GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, pkram_prepare_save_obj(&ps, PKRAM_OBJ_PAGES));
	KUNIT_ASSERT_EQ(test, 0, pkram_kunit_save_folio(&pages, folio, 0, 0));
	KUNIT_ASSERT_EQ(test, 0, pkram_finish_access(&pages, true));
	pkram_kunit_end_save(test, &ps);
	return pkram_kunit_find(PKRAM_KUNIT_OTHER);
}

/* Proves: a damaged node can be dropped, and nothing of it is left */
static void pkram_damage_test_drop(struct kunit *test)
{
	struct pkram_kunit_damage d;
	struct pkram_stream ps;

	pkram_kunit_damage_save(test, &d);
	d.bytes->bytes[7] ^= 1;
	KUNIT_EXPECT_EQ(test, -EBADMSG, pkram_prepare_load(&ps, PKRAM_KUNIT_NODE));
	KUNIT_EXPECT_EQ(test, 0, pkram_drop(PKRAM_KUNIT_NODE));
	KUNIT_EXPECT_EQ(test, -ENOENT, pkram_drop(PKRAM_KUNIT_NODE));
	pkram_kunit_damage_free(test, &d);
}

/* Proves: not while a save has frames that nobody can tell from the node's */
static void pkram_damage_test_drop_busy(struct kunit *test)
{
	struct pkram_kunit_damage d;
	struct pkram_stream ps;

	pkram_kunit_damage_save(test, &d);
	d.runs2->runs[0].index ^= 1;
	KUNIT_ASSERT_EQ(test, 0, pkram_prepare_save(&ps, PKRAM_KUNIT_OTHER,
						    GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, -EBUSY, pkram_drop(PKRAM_KUNIT_NODE));
	KUNIT_EXPECT_EQ(test, PKRAM_NODE_DAMAGED, d.node->state);
	pkram_discard_save(&ps);
	KUNIT_EXPECT_EQ(test, 0, pkram_drop(PKRAM_KUNIT_NODE));
	pkram_kunit_damage_free(test, &d);
}

/*
 * Proves: of two nodes from the previous kernel with the same frame one can be
 * loaded, and dropping the other leaves it alone
 */
static void pkram_damage_test_shared(struct kunit *test)
{
	struct folio *folio = pkram_kunit_folio(test, 0, 1);
	struct pkram_kunit_damage d;
	struct pkram_node *other;
	struct pkram_link_ser *link;
	struct pkram_stream ps;

	pkram_kunit_damage_save(test, &d);
	other = pkram_kunit_save_other(test, folio);
	KUNIT_ASSERT_NOT_NULL(test, other);
	link = pkram_pfn_to_virt(other->ser->obj_pfn);
	link = pkram_pfn_to_virt(link->objs[0].pages_pfn);
	link->runs[0].where = (link->runs[0].where & ~PKRAM_RUN_PFN_MASK) |
			      page_to_pfn(d.pages + 9);
	pkram_link_seal(link);
	KUNIT_ASSERT_EQ(test, 0, pkram_node_validate(other));
	scoped_guard(mutex, &pkram_lock) {
		d.node->unchecked = true;
		other->unchecked = true;
	}
	KUNIT_EXPECT_EQ(test, -EBADMSG, pkram_prepare_load(&ps, PKRAM_KUNIT_OTHER));
	pkram_kunit_accepted(test);
	KUNIT_EXPECT_EQ(test, 0, pkram_drop(PKRAM_KUNIT_OTHER));
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 1);
	KUNIT_EXPECT_EQ(test, page_ref_count(d.pages + 9), 2);
	folio_put(folio);
	pkram_kunit_accepted(test);
	pkram_kunit_damage_end(test, &d);
}

/* Proves: a node does not get away with a frame of the page table as data */
static void pkram_damage_test_table(struct kunit *test)
{
	struct folio *folio = pkram_kunit_folio(test, 0, 1);
	struct pkram_node *other = pkram_kunit_save_other(test, folio);
	struct pkram_link_ser *link;
	struct pkram_stream ps;

	KUNIT_ASSERT_NOT_NULL(test, other);
	link = pkram_pfn_to_virt(other->ser->obj_pfn);
	link = pkram_pfn_to_virt(link->objs[0].pages_pfn);
	link->runs[0].where = (link->runs[0].where & ~PKRAM_RUN_PFN_MASK) |
			      pkram_virt_to_pfn(pkram_pagetable.root);
	pkram_link_seal(link);
	scoped_guard(mutex, &pkram_lock)
		other->unchecked = true;
	KUNIT_EXPECT_EQ(test, -EBADMSG, pkram_prepare_load(&ps, PKRAM_KUNIT_OTHER));
	KUNIT_EXPECT_EQ(test, 0, pkram_drop(PKRAM_KUNIT_OTHER));
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 1);
	folio_put(folio);
}

/* Proves: what a save that was cut short leaves behind is freed at the next boot */
static void pkram_damage_test_settle(struct kunit *test)
{
	struct folio *folio = pkram_kunit_folio(test, 3, 1);
	const u64 pfn = folio_pfn(folio);
	struct pkram_kunit_damage d;

	pkram_kunit_damage_save(test, &d);
	KUNIT_EXPECT_EQ(test, 0, pkram_nodes_settle());
	KUNIT_ASSERT_EQ(test, 0, pkram_frames_preserve(pfn, 8, GFP_KERNEL));
	folio_get(folio);
	KUNIT_ASSERT_NOT_NULL(test, pkram_meta_alloc(GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, 0, pkram_nodes_settle());
	KUNIT_EXPECT_FALSE(test, pkram_frames_preserved(pfn, 1));
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 1);
	folio_put(folio);
	pkram_kunit_accepted(test);
	pkram_kunit_damage_end(test, &d);
}

/* Proves: a damaged node whose frames are gone is damaged for the next kernel too */
static void pkram_damage_test_write_off(struct kunit *test)
{
	struct pkram_kunit_damage d;
	struct pkram_stream ps;

	pkram_kunit_damage_save(test, &d);
	scoped_guard(mutex, &pkram_lock) {
		d.node->state = PKRAM_NODE_DAMAGED;
		KUNIT_EXPECT_EQ(test, 0, pkram_nodes_sweep());
		d.node->state = PKRAM_NODE_IDLE;
		d.node->unchecked = true;
	}
	KUNIT_EXPECT_TRUE(test, pkram_node_ser_validate(d.ser));
	KUNIT_EXPECT_EQ(test, 0, pkram_nodes_settle());
	KUNIT_EXPECT_EQ(test, -EBADMSG, pkram_prepare_load(&ps, PKRAM_KUNIT_NODE));
	KUNIT_EXPECT_EQ(test, 0, pkram_drop(PKRAM_KUNIT_NODE));
	pkram_kunit_damage_free(test, &d);
}

static struct kunit_case pkram_damage_cases[] = {
	KUNIT_CASE(pkram_damage_test_bits),
	KUNIT_CASE(pkram_damage_test_totals),
	KUNIT_CASE(pkram_damage_test_references),
	KUNIT_CASE(pkram_damage_test_runs),
	KUNIT_CASE(pkram_damage_test_order),
	KUNIT_CASE(pkram_damage_test_fresh),
	KUNIT_CASE(pkram_damage_test_claim),
#ifdef CONFIG_MEMORY_FAILURE
	KUNIT_CASE(pkram_damage_test_hwpoison),
#endif
	KUNIT_CASE(pkram_damage_test_drop),
	KUNIT_CASE(pkram_damage_test_drop_busy),
	KUNIT_CASE(pkram_damage_test_shared),
	KUNIT_CASE(pkram_damage_test_table),
	KUNIT_CASE(pkram_damage_test_settle),
	KUNIT_CASE(pkram_damage_test_write_off),
	{ }
};

static struct kunit_suite pkram_damage_suite = {
	.name = "pkram-damage",
	.init = pkram_kunit_init,
	.exit = pkram_kunit_exit,
	.test_cases = pkram_damage_cases,
};

kunit_test_suite(pkram_damage_suite);
