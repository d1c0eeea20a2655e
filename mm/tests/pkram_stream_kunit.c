// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of PKRAM's page streams and byte streams, also with several
 * threads on one object.
 */
#include <linux/bitmap.h>
#include <linux/completion.h>
#include <linux/kthread.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "pkram_kunit.h"

#define PKRAM_KUNIT_BOTH	(PKRAM_OBJ_PAGES | PKRAM_OBJ_BYTES)
#define PKRAM_KUNIT_ORDERS	10

/* ------------------------------------------------------------------ bytes */

static void pkram_kunit_bytes(struct kunit *test, size_t size, size_t wr,
			      size_t rd)
{
	struct pkram_stream ps;
	PKRAM_ACCESS(pa, &ps, bytes);
	struct pkram_info info;
	size_t pos, n;
	u8 *buf;

	buf = kvmalloc(size + 1, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	pkram_kunit_fill(buf, size, 0, 7);
	pkram_kunit_begin_save(test, &ps, PKRAM_OBJ_BYTES);
	for (pos = 0; pos < size; pos += n) {
		n = min(wr, size - pos);
		KUNIT_ASSERT_EQ(test, n, pkram_write(&pa, buf + pos, n));
	}
	KUNIT_EXPECT_EQ(test, 0, pkram_write(&pa, buf, 0));
	KUNIT_ASSERT_EQ(test, 0, pkram_finish_access(&pa, true));
	pkram_kunit_end_save(test, &ps);

	KUNIT_ASSERT_EQ(test, 0, pkram_node_info(PKRAM_KUNIT_NODE, &info));
	KUNIT_EXPECT_EQ(test, info.nr_bytes, size);
	/* Packed: no more links than bytes need, the node and its objects */
	KUNIT_EXPECT_EQ(test, info.nr_meta,
			2 + DIV_ROUND_UP(size, PKRAM_LINK_MAX_BYTES));

	memset(buf, 0, size + 1);
	pkram_kunit_begin_load(test, &ps);
	for (pos = 0; pos < size; pos += n) {
		n = min(rd, size - pos);
		KUNIT_ASSERT_EQ(test, n, pkram_read(&pa, buf + pos, n));
	}
	KUNIT_EXPECT_EQ(test, 0, pkram_read(&pa, buf + size, 1));
	KUNIT_EXPECT_EQ(test, 0, pkram_read(&pa, buf + size, 1));
	KUNIT_EXPECT_TRUE(test, pkram_kunit_filled(buf, size, 0, 7));
	KUNIT_EXPECT_EQ(test, 0, buf[size]);
	pkram_finish_access(&pa, true);
	pkram_kunit_end_load(test, &ps);
	kvfree(buf);
}

/* Proves: streams of all sizes around a link's come back, however cut up */
static void pkram_stream_test_bytes(struct kunit *test)
{
	static const size_t sizes[] = {
		0, 1, 4063, 4064, 4065, 2 * 4064, 2 * 4064 + 1, SZ_1M,
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		pkram_kunit_bytes(test, sizes[i], SZ_1M, SZ_1M);
		pkram_kunit_bytes(test, sizes[i], 4064, 4096);
		pkram_kunit_bytes(test, sizes[i], 61, 127);
		if (sizes[i] < SZ_1M)
			pkram_kunit_bytes(test, sizes[i], 1, 1);
	}
}

/* Proves: reading more than there is is short, and only at the end */
static void pkram_stream_test_short_read(struct kunit *test)
{
	struct pkram_stream ps;
	PKRAM_ACCESS(pa, &ps, bytes);
	u8 *buf = kunit_kzalloc(test, 10000, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	pkram_kunit_fill(buf, 10000, 0, 1);
	pkram_kunit_begin_save(test, &ps, PKRAM_OBJ_BYTES);
	KUNIT_ASSERT_EQ(test, 9000, pkram_write(&pa, buf, 9000));
	KUNIT_ASSERT_EQ(test, 0, pkram_finish_access(&pa, true));
	pkram_kunit_end_save(test, &ps);
	memset(buf, 0, 10000);
	pkram_kunit_begin_load(test, &ps);
	KUNIT_EXPECT_EQ(test, 8999, pkram_read(&pa, buf, 8999));
	KUNIT_EXPECT_EQ(test, 1, pkram_read(&pa, buf + 8999, 1000));
	KUNIT_EXPECT_EQ(test, 0, pkram_read(&pa, buf + 9000, 1000));
	KUNIT_EXPECT_TRUE(test, pkram_kunit_filled(buf, 9000, 0, 1));
	KUNIT_EXPECT_EQ(test, 0, buf[9000]);
	pkram_finish_access(&pa, true);
	pkram_kunit_end_load(test, &ps);
}

/* ------------------------------------------------------------------ pages */

/* Where the folio of each order stands: aligned, and one far out */
static pgoff_t pkram_kunit_index(unsigned int order)
{
	return order == PKRAM_KUNIT_ORDERS - 1 ? 1ULL << 51 : 1ULL << (order + 1);
}

/* Proves: folios of every order come back the same ones, frozen not copied */
static void pkram_stream_test_orders(struct kunit *test)
{
	struct folio *folios[PKRAM_KUNIT_ORDERS], *folio;
	struct pkram_stream ps;
	struct pkram_info info;
	PKRAM_ACCESS(pa, &ps, pages);
	unsigned int o;
	pgoff_t index;

	pkram_kunit_begin_save(test, &ps, PKRAM_OBJ_PAGES);
	for (o = 0; o < PKRAM_KUNIT_ORDERS; o++) {
		folios[o] = pkram_kunit_folio(test, o, o);
		KUNIT_ASSERT_EQ(test, 0, pkram_kunit_save_folio(&pa, folios[o],
					pkram_kunit_index(o), PKRAM_RUN_DIRTY));
		KUNIT_EXPECT_EQ(test, folio_ref_count(folios[o]), 2);
	}
	KUNIT_ASSERT_EQ(test, 0, pkram_finish_access(&pa, true));
	pkram_kunit_end_save(test, &ps);
	KUNIT_ASSERT_EQ(test, 0, pkram_node_info(PKRAM_KUNIT_NODE, &info));
	KUNIT_EXPECT_EQ(test, info.nr_pages, (1 << PKRAM_KUNIT_ORDERS) - 1);
	for (o = 0; o < PKRAM_KUNIT_ORDERS; o++) {
		KUNIT_EXPECT_TRUE(test, pkram_frames_preserved(
					folio_pfn(folios[o]), 1 << o));
		/* The node's reference alone keeps it */
		folio_put(folios[o]);
	}

	pkram_kunit_begin_load(test, &ps);
	for (o = 0; o < PKRAM_KUNIT_ORDERS; o++) {
		folio = pkram_load_folio(&pa, &index);
		KUNIT_ASSERT_PTR_EQ(test, folio, folios[o]);
		KUNIT_EXPECT_EQ(test, index, pkram_kunit_index(o));
		KUNIT_EXPECT_TRUE(test, pkram_kunit_folio_is(folio, o, o));
		KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 2);
	}
	KUNIT_EXPECT_NULL(test, pkram_load_folio(&pa, &index));
	pkram_finish_access(&pa, true);
	pkram_kunit_end_load(test, &ps);
	for (o = 0; o < PKRAM_KUNIT_ORDERS; o++) {
		KUNIT_EXPECT_EQ(test, folio_ref_count(folios[o]), 1);
		KUNIT_EXPECT_FALSE(test, pkram_frames_preserved(
					folio_pfn(folios[o]), 1));
		folio_put(folios[o]);
	}
}

/* Proves: impossible indexes and flags are -EINVAL and take no reference */
static void pkram_stream_test_einval(struct kunit *test)
{
	struct folio *folio = pkram_kunit_folio(test, 1, 1);
	struct pkram_stream ps;
	PKRAM_ACCESS(pa, &ps, pages);

	pkram_kunit_begin_save(test, &ps, PKRAM_OBJ_PAGES);
	/* Not aligned, beyond 52 bits, on the edge, wrapping, unknown flags */
	KUNIT_EXPECT_EQ(test, -EINVAL, pkram_kunit_save_folio(&pa, folio, 1, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			pkram_kunit_save_folio(&pa, folio, 1ULL << 52, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			pkram_kunit_save_folio(&pa, folio, ~1UL, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL, pkram_kunit_save_folio(&pa, folio, 0, 4));
	KUNIT_EXPECT_EQ(test, -EINVAL, pkram_kunit_save_folio(&pa, folio, 0, ~0U));
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 1);
	/* The last possible place */
	KUNIT_EXPECT_EQ(test, 0,
			pkram_kunit_save_folio(&pa, folio, (1ULL << 52) - 2, 3));
	KUNIT_EXPECT_EQ(test, 0, pkram_finish_access(&pa, true));
	pkram_kunit_end_save(test, &ps);
	KUNIT_EXPECT_EQ(test, 0, pkram_drop(PKRAM_KUNIT_NODE));
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 1);
	folio_put(folio);
}

/* Proves: each flag comes back with its folio, at every split of the buffer */
static void pkram_stream_test_bulk(struct kunit *test)
{
	const unsigned int nr = 600;
	struct pkram_loaded *buf;
	struct pkram_stream ps;
	PKRAM_ACCESS(pa, &ps, pages);
	unsigned int i, step, got;
	struct folio **folios;
	int ret;

	folios = kunit_kcalloc(test, nr, sizeof(*folios), GFP_KERNEL);
	buf = kunit_kcalloc(test, nr + 1, sizeof(*buf), GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, folios && buf);
	for (i = 0; i < nr; i++)
		folios[i] = pkram_kunit_folio(test, 0, i);

	pkram_kunit_begin_save(test, &ps, PKRAM_OBJ_PAGES);
	for (i = 0; i < nr; i++)
		KUNIT_ASSERT_EQ(test, 0, pkram_kunit_save_folio(&pa, folios[i],
							3 * i, i / 3 % 4));
	KUNIT_ASSERT_EQ(test, 0, pkram_finish_access(&pa, true));
	pkram_kunit_end_save(test, &ps);

	for (step = 1; step <= nr + 1; step = step * 7 - step / 2) {
		pkram_kunit_begin_load(test, &ps);
		for (got = 0; got < nr; got += ret) {
			ret = pkram_load_folios(&pa, buf + got,
						min(step, nr + 1 - got));
			KUNIT_ASSERT_GT(test, ret, 0);
			KUNIT_ASSERT_EQ(test, ret, min(step, nr - got));
		}
		KUNIT_EXPECT_EQ(test, 0, pkram_load_folios(&pa, buf + nr, 1));
		for (i = 0; i < nr; i++) {
			KUNIT_ASSERT_PTR_EQ(test, buf[i].folio, folios[i]);
			KUNIT_ASSERT_EQ(test, buf[i].index, 3 * i);
			KUNIT_ASSERT_EQ(test, buf[i].flags, i / 3 % 4);
			folio_put(buf[i].folio);
		}
		pkram_finish_access(&pa, true);
		pkram_abort_load(&ps);
	}
	KUNIT_EXPECT_EQ(test, 0, pkram_drop(PKRAM_KUNIT_NODE));
	for (i = 0; i < nr; i++) {
		KUNIT_EXPECT_EQ(test, folio_ref_count(folios[i]), 1);
		folio_put(folios[i]);
	}
}

/*
 * Proves: pages that are contiguous in memory and in index take one entry, and
 * pkram_end_run() and every discontinuity begin a new one.
 */
static void pkram_stream_test_runs(struct kunit *test)
{
	const unsigned int nr = 64;
	struct pkram_stream ps;
	PKRAM_ACCESS(pa, &ps, pages);
	struct folio *folio;
	struct page *pages;
	unsigned int i;
	pgoff_t index;

	pages = alloc_pages(GFP_KERNEL, 6);
	KUNIT_ASSERT_NOT_NULL(test, pages);
	split_page(pages, 6);
	pkram_kunit_begin_save(test, &ps, PKRAM_OBJ_PAGES);
	for (i = 0; i < nr; i++) {
		/* Gaps in index at 16 and 32, an end at 40, a flag at 50 */
		index = i + (i >= 16) + (i >= 32);
		if (i == 40)
			KUNIT_EXPECT_EQ(test, 0, pkram_end_run(&pa));
		KUNIT_ASSERT_EQ(test, 0,
				pkram_kunit_save_folio(&pa, page_folio(pages + i),
						       index, i >= 50));
	}
	KUNIT_ASSERT_EQ(test, 0, pkram_end_run(&pa));
	KUNIT_ASSERT_EQ(test, 0, pkram_end_run(&pa));
	KUNIT_EXPECT_EQ(test, 5, pa.link->nr);
	KUNIT_ASSERT_EQ(test, 0, pkram_finish_access(&pa, true));
	pkram_kunit_end_save(test, &ps);

	pkram_kunit_begin_load(test, &ps);
	for (i = 0; (folio = pkram_load_folio(&pa, &index)); i++) {
		KUNIT_ASSERT_PTR_EQ(test, folio, page_folio(pages + i));
		KUNIT_ASSERT_EQ(test, index, i + (i >= 16) + (i >= 32));
		folio_put(folio);
	}
	KUNIT_EXPECT_EQ(test, i, nr);
	pkram_finish_access(&pa, true);
	pkram_kunit_end_load(test, &ps);
	for (i = 0; i < nr; i++)
		__free_page(pages + i);
}

/* Proves: both streams of many objects come back, whichever is read first */
static void pkram_stream_test_mixed(struct kunit *test)
{
	const unsigned int nr = 70;
	struct pkram_stream ps;
	PKRAM_ACCESS(pages, &ps, pages);
	PKRAM_ACCESS(bytes, &ps, bytes);
	struct folio *folio;
	unsigned int i, j;
	u8 buf[100];
	pgoff_t index;

	KUNIT_ASSERT_EQ(test, 0, pkram_prepare_save(&ps, PKRAM_KUNIT_NODE,
						    GFP_KERNEL));
	for (i = 0; i < nr; i++) {
		KUNIT_ASSERT_EQ(test, 0, pkram_prepare_save_obj(&ps,
							PKRAM_KUNIT_BOTH));
		for (j = 0; j < i % 5; j++) {
			folio = pkram_kunit_folio(test, j, i);
			KUNIT_ASSERT_EQ(test, 0,
					pkram_kunit_save_folio(&pages, folio,
							       16 * j, 0));
			folio_put(folio);
			pkram_kunit_fill(buf, i, j * i, i);
			KUNIT_ASSERT_EQ(test, i, pkram_write(&bytes, buf, i));
		}
		KUNIT_ASSERT_EQ(test, 0, pkram_finish_access(&pages, true));
		KUNIT_ASSERT_EQ(test, 0, pkram_finish_access(&bytes, true));
		pkram_finish_save_obj(&ps);
	}
	KUNIT_ASSERT_EQ(test, 0, pkram_finish_save(&ps));

	KUNIT_ASSERT_EQ(test, 0, pkram_prepare_load(&ps, PKRAM_KUNIT_NODE));
	for (i = 0; i < nr; i++) {
		KUNIT_ASSERT_EQ(test, 0, pkram_prepare_load_obj(&ps));
		for (j = 0; j < i % 5; j++) {
			if (i % 2) {
				KUNIT_ASSERT_EQ(test, i, pkram_read(&bytes, buf, i));
				KUNIT_EXPECT_TRUE(test, pkram_kunit_filled(buf, i,
								j * i, i));
			}
			folio = pkram_load_folio(&pages, &index);
			KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(folio));
			KUNIT_EXPECT_EQ(test, index, 16 * j);
			KUNIT_EXPECT_TRUE(test, pkram_kunit_folio_is(folio, j, i));
			folio_put(folio);
		}
		KUNIT_EXPECT_NULL(test, pkram_load_folio(&pages, &index));
		if (i % 2)
			KUNIT_EXPECT_EQ(test, 0, pkram_read(&bytes, buf, 1));
		pkram_finish_access(&pages, true);
		pkram_finish_access(&bytes, true);
		pkram_finish_load_obj(&ps);
	}
	pkram_finish_load(&ps);
}

/* Load a node in parts of about @step frames, the last part first if @backwards */
static void pkram_kunit_load_parts(struct kunit *test, struct folio **folios,
				   unsigned int nr, u64 total, u64 step,
				   bool backwards, struct pkram_cursor *cuts)
{
	struct pkram_stream ps;
	PKRAM_ACCESS(pa, &ps, pages);
	unsigned int i, part, parts = 0, got = 0;
	struct pkram_loaded one;
	u64 left;

	pkram_kunit_begin_load(test, &ps);
	pkram_cursor_begin(&cuts[0], &ps);
	do {
		KUNIT_ASSERT_LT(test, parts, total);
		cuts[parts + 1] = cuts[parts];
		pkram_cursor_skip(&cuts[++parts], step);
		KUNIT_ASSERT_GT(test, cuts[parts].pos, cuts[parts - 1].pos);
		/* Up to the end of a folio, and that there is nothing more is seen */
		KUNIT_ASSERT_LT(test, cuts[parts].pos,
				cuts[parts - 1].pos + step + 8);
	} while (cuts[parts].link);
	KUNIT_EXPECT_EQ(test, cuts[parts].pos, total);
	pkram_cursor_skip(&cuts[parts], 1);
	KUNIT_EXPECT_EQ(test, cuts[parts].pos, total);

	for (i = 0; i < parts; i++) {
		part = backwards ? parts - 1 - i : i;
		left = cuts[part + 1].pos - cuts[part].pos;
		pkram_access_part(&pa, &cuts[part], left);
		while (pkram_load_folios(&pa, &one, 1) == 1) {
			KUNIT_ASSERT_PTR_EQ(test, one.folio, folios[one.index / 8]);
			left -= folio_nr_pages(one.folio);
			folio_put(one.folio);
			got++;
		}
		KUNIT_EXPECT_EQ(test, left, 0);
	}
	KUNIT_EXPECT_EQ(test, got, nr);
	pkram_finish_access(&pa, true);
	pkram_abort_load(&ps);
}

/* Proves: a stream can be cut anywhere, and its parts loaded in any order */
static void pkram_stream_test_parts(struct kunit *test)
{
	const unsigned int nr = 700;
	struct pkram_cursor *cuts;
	struct pkram_stream ps;
	PKRAM_ACCESS(pa, &ps, pages);
	struct pkram_loaded one;
	struct folio **folios;
	u64 total = 0, step;
	unsigned int i;

	folios = kunit_kcalloc(test, nr, sizeof(*folios), GFP_KERNEL);
	cuts = kvcalloc(8 * nr + 1, sizeof(*cuts), GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, folios && cuts);
	pkram_kunit_begin_save(test, &ps, PKRAM_OBJ_PAGES);
	for (i = 0; i < nr; i++) {
		folios[i] = pkram_kunit_folio(test, i / 5 % 4, i);
		total += folio_nr_pages(folios[i]);
		KUNIT_ASSERT_EQ(test, 0, pkram_kunit_save_folio(&pa, folios[i],
								8 * i, 0));
	}
	KUNIT_ASSERT_EQ(test, 0, pkram_finish_access(&pa, true));
	pkram_kunit_end_save(test, &ps);

	for (step = 1; step < 2 * total; step = step * 3 + 1) {
		pkram_kunit_load_parts(test, folios, nr, total, step, false, cuts);
		pkram_kunit_load_parts(test, folios, nr, total, step, true, cuts);
	}

	/* A part that no folio ends with gives those that are in it as a whole */
	pkram_kunit_begin_load(test, &ps);
	pkram_cursor_begin(cuts, &ps);
	pkram_access_part(&pa, cuts, 6);
	for (i = 0; i < 5; i++) {
		KUNIT_EXPECT_EQ(test, 1, pkram_load_folios(&pa, &one, 1));
		folio_put(one.folio);
	}
	KUNIT_EXPECT_EQ(test, -EBADMSG, pkram_load_folios(&pa, &one, 1));
	pkram_finish_access(&pa, true);
	pkram_kunit_end_load(test, &ps);
	for (i = 0; i < nr; i++) {
		KUNIT_EXPECT_EQ(test, folio_ref_count(folios[i]), 1);
		folio_put(folios[i]);
	}
	kvfree(cuts);
}

/* Proves: an aborted load, however far, leaves the node as it was */
static void pkram_stream_test_abort(struct kunit *test)
{
	const unsigned int nr = 20;
	struct folio *folios[20], *folio;
	struct pkram_stream ps;
	PKRAM_ACCESS(pages, &ps, pages);
	PKRAM_ACCESS(bytes, &ps, bytes);
	unsigned int i, stop;
	pgoff_t index;
	u8 buf[3];

	pkram_kunit_begin_save(test, &ps, PKRAM_KUNIT_BOTH);
	for (i = 0; i < nr; i++) {
		folios[i] = pkram_kunit_folio(test, i % 3, i);
		KUNIT_ASSERT_EQ(test, 0, pkram_kunit_save_folio(&pages, folios[i],
								4 * i, 0));
		KUNIT_ASSERT_EQ(test, 3, pkram_write(&bytes, "abc", 3));
	}
	KUNIT_ASSERT_EQ(test, 0, pkram_finish_access(&pages, true));
	KUNIT_ASSERT_EQ(test, 0, pkram_finish_access(&bytes, true));
	pkram_kunit_end_save(test, &ps);

	KUNIT_ASSERT_EQ(test, 0, pkram_prepare_load(&ps, PKRAM_KUNIT_NODE));
	pkram_abort_load(&ps);
	for (stop = 0; stop <= nr; stop++) {
		pkram_kunit_begin_load(test, &ps);
		for (i = 0; i < stop; i++) {
			folio = pkram_load_folio(&pages, &index);
			KUNIT_ASSERT_PTR_EQ(test, folio, folios[i]);
			KUNIT_EXPECT_EQ(test, index, 4 * i);
			folio_put(folio);
			KUNIT_EXPECT_EQ(test, 3, pkram_read(&bytes, buf, 3));
		}
		pkram_finish_access(&pages, false);
		pkram_finish_access(&bytes, false);
		/* With the object open and closed */
		if (stop % 2)
			pkram_finish_load_obj(&ps);
		pkram_abort_load(&ps);
		for (i = 0; i < nr; i++)
			KUNIT_ASSERT_EQ(test, folio_ref_count(folios[i]), 2);
	}
	pkram_kunit_begin_load(test, &ps);
	for (i = 0; i < nr; i++) {
		folio = pkram_load_folio(&pages, &index);
		KUNIT_ASSERT_PTR_EQ(test, folio, folios[i]);
		KUNIT_EXPECT_TRUE(test, pkram_kunit_folio_is(folio, i % 3, i));
		folio_put(folio);
	}
	pkram_finish_access(&pages, true);
	pkram_kunit_end_load(test, &ps);
	for (i = 0; i < nr; i++) {
		KUNIT_EXPECT_EQ(test, folio_ref_count(folios[i]), 1);
		folio_put(folios[i]);
	}
}

/* ---------------------------------------------------------------- threads */

#define PKRAM_KUNIT_THREADS	4
#define PKRAM_KUNIT_EACH	700	/* folios: more than two links of runs */
#define PKRAM_KUNIT_PIECE	9000	/* bytes: more than two links */

struct pkram_kunit_thread {
	struct pkram_stream *ps;
	struct folio **folios;
	unsigned long *seen;	/* indexes, of all threads */
	unsigned int id;
	unsigned int nr;	/* what this one has got */
	size_t bytes;
	const char *error;
	struct completion done;
};

static const char *pkram_kunit_save_some(struct pkram_kunit_thread *t)
{
	PKRAM_ACCESS(pages, t->ps, pages);
	PKRAM_ACCESS(bytes, t->ps, bytes);
	const char *error = NULL;
	unsigned int i;
	u8 buf[90];

	for (i = 0; !error && i < PKRAM_KUNIT_EACH; i++) {
		unsigned int n = t->id * PKRAM_KUNIT_EACH + i;

		if (pkram_kunit_save_folio(&pages, t->folios[n], 2 * n, 0))
			error = "save folio";
		cond_resched();
	}
	for (i = 0; !error && i < PKRAM_KUNIT_PIECE; i += sizeof(buf)) {
		pkram_kunit_fill(buf, sizeof(buf), i, t->id * 1000);
		if (pkram_write(&bytes, buf, sizeof(buf)) != sizeof(buf))
			error = "write";
		cond_resched();
	}
	if (pkram_finish_access(&pages, !error) && !error)
		error = "finish pages";
	if (pkram_finish_access(&bytes, !error) && !error)
		error = "finish bytes";
	return error;
}

static const char *pkram_kunit_load_some(struct pkram_kunit_thread *t)
{
	PKRAM_ACCESS(pages, t->ps, pages);
	PKRAM_ACCESS(bytes, t->ps, bytes);
	const char *error = NULL;
	struct pkram_loaded one;
	ssize_t got;
	u8 buf[90];
	int ret;

	while (!error && (ret = pkram_load_folios(&pages, &one, 1)) > 0) {
		if (one.index % 2 || test_and_set_bit(one.index / 2, t->seen))
			error = "folio with an index seen before";
		else if (one.folio != t->folios[one.index / 2])
			error = "another folio than was saved";
		folio_put(one.folio);
		t->nr++;
		cond_resched();
	}
	if (!error && ret)
		error = "load folio";
	while (!error && (got = pkram_read(&bytes, buf, sizeof(buf))) > 0)
		t->bytes += got;
	pkram_finish_access(&pages, true);
	pkram_finish_access(&bytes, true);
	return error;
}

static int pkram_kunit_thread_fn(void *arg)
{
	struct pkram_kunit_thread *t = arg;

	t->error = t->ps->saving ? pkram_kunit_save_some(t) :
				   pkram_kunit_load_some(t);
	complete(&t->done);
	return 0;
}

static void pkram_kunit_threads(struct kunit *test, struct pkram_stream *ps,
				struct pkram_kunit_thread *t,
				struct folio **folios, unsigned long *seen)
{
	unsigned int i;

	for (i = 0; i < PKRAM_KUNIT_THREADS; i++) {
		struct task_struct *task;

		t[i] = (struct pkram_kunit_thread) {
			.ps = ps, .folios = folios, .seen = seen, .id = i,
		};
		init_completion(&t[i].done);
		task = kthread_run(pkram_kunit_thread_fn, &t[i], "pkram-kunit/%u",
				   i);
		if (IS_ERR(task)) {
			t[i].error = "no thread";
			complete(&t[i].done);
		}
	}
	for (i = 0; i < PKRAM_KUNIT_THREADS; i++) {
		wait_for_completion(&t[i].done);
		KUNIT_EXPECT_STREQ(test, t[i].error ?: "", "");
	}
}

/* With one access, what each thread has saved comes in one piece, in order */
static void pkram_kunit_pieces(struct kunit *test, struct pkram_stream *ps,
			       struct folio **folios, u8 *buf)
{
	PKRAM_ACCESS(pages, ps, pages);
	PKRAM_ACCESS(bytes, ps, bytes);
	unsigned int i, j, id;
	struct folio *folio;
	pgoff_t index;

	for (i = 0; i < PKRAM_KUNIT_THREADS; i++) {
		KUNIT_ASSERT_EQ(test, PKRAM_KUNIT_PIECE,
				pkram_read(&bytes, buf, PKRAM_KUNIT_PIECE));
		for (id = 0; id < PKRAM_KUNIT_THREADS; id++)
			if (pkram_kunit_filled(buf, PKRAM_KUNIT_PIECE, 0,
					       id * 1000))
				break;
		KUNIT_EXPECT_LT(test, id, PKRAM_KUNIT_THREADS);
		for (j = 0; j < PKRAM_KUNIT_EACH; j++) {
			folio = pkram_load_folio(&pages, &index);
			KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(folio));
			folio_put(folio);
			if (!j)
				id = index / 2 / PKRAM_KUNIT_EACH;
			KUNIT_ASSERT_EQ(test, index,
					2 * (id * PKRAM_KUNIT_EACH + j));
		}
	}
	pkram_finish_access(&pages, true);
	pkram_finish_access(&bytes, true);
}

/* Proves: threads save to and load from one object without loss or doubles */
static void pkram_stream_test_threads(struct kunit *test)
{
	const unsigned int total = PKRAM_KUNIT_THREADS * PKRAM_KUNIT_EACH;
	struct pkram_kunit_thread *t;
	struct pkram_stream ps;
	unsigned long *seen;
	struct folio **folios;
	unsigned int i, nr = 0;
	size_t bytes = 0;
	u8 *buf;

	t = kunit_kcalloc(test, PKRAM_KUNIT_THREADS, sizeof(*t), GFP_KERNEL);
	folios = kunit_kcalloc(test, total, sizeof(*folios), GFP_KERNEL);
	seen = kunit_kcalloc(test, BITS_TO_LONGS(total), sizeof(long), GFP_KERNEL);
	buf = kunit_kzalloc(test, PKRAM_KUNIT_PIECE, GFP_KERNEL);
	KUNIT_ASSERT_TRUE(test, t && folios && seen && buf);
	for (i = 0; i < total; i++)
		folios[i] = pkram_kunit_folio(test, i % 64 ? 0 : 1, i);

	pkram_kunit_begin_save(test, &ps, PKRAM_KUNIT_BOTH);
	pkram_kunit_threads(test, &ps, t, folios, seen);
	pkram_kunit_end_save(test, &ps);

	pkram_kunit_begin_load(test, &ps);
	pkram_kunit_pieces(test, &ps, folios, buf);
	pkram_abort_load(&ps);

	pkram_kunit_begin_load(test, &ps);
	pkram_kunit_threads(test, &ps, t, folios, seen);
	for (i = 0; i < PKRAM_KUNIT_THREADS; i++) {
		nr += t[i].nr;
		bytes += t[i].bytes;
	}
	KUNIT_EXPECT_EQ(test, nr, total);
	KUNIT_EXPECT_TRUE(test, bitmap_full(seen, total));
	KUNIT_EXPECT_EQ(test, bytes, PKRAM_KUNIT_THREADS * PKRAM_KUNIT_PIECE);
	pkram_kunit_end_load(test, &ps);
	for (i = 0; i < total; i++) {
		KUNIT_EXPECT_EQ(test, folio_ref_count(folios[i]), 1);
		folio_put(folios[i]);
	}
}

static struct kunit_case pkram_stream_cases[] = {
	KUNIT_CASE(pkram_stream_test_bytes),
	KUNIT_CASE(pkram_stream_test_short_read),
	KUNIT_CASE(pkram_stream_test_orders),
	KUNIT_CASE(pkram_stream_test_einval),
	KUNIT_CASE(pkram_stream_test_bulk),
	KUNIT_CASE(pkram_stream_test_runs),
	KUNIT_CASE(pkram_stream_test_mixed),
	KUNIT_CASE(pkram_stream_test_parts),
	KUNIT_CASE(pkram_stream_test_abort),
	KUNIT_CASE(pkram_stream_test_threads),
	{ }
};

static struct kunit_suite pkram_stream_suite = {
	.name = "pkram-stream",
	.init = pkram_kunit_init,
	.exit = pkram_kunit_exit,
	.test_cases = pkram_stream_cases,
};

kunit_test_suite(pkram_stream_suite);
