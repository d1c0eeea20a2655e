// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of making way for a kexec image: the image is one segment over
 * one page or folio, and is never loaded.
 */
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>

#include "pkram_kunit.h"

static struct kimage *pkram_kunit_image(struct kunit *test, u64 pfn, u64 nr)
{
	struct kimage *image = kunit_kzalloc(test, sizeof(*image), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, image);
	image->type = KEXEC_TYPE_DEFAULT;
	image->nr_segments = 1;
	image->segment[0].mem = PFN_PHYS(pfn);
	image->segment[0].memsz = PFN_PHYS(nr);
	return image;
}

/* Let an image be loaded over these frames, and forget it */
static int pkram_kunit_make_way(struct kunit *test, u64 pfn, u64 nr)
{
	struct kimage *image = pkram_kunit_image(test, pfn, nr);
	int err;

	err = pkram_kexec_prepare(image);
	if (!err)
		KUNIT_EXPECT_FALSE(test, pkram_frames_preserved(pfn, 1));
	pkram_kexec_release(image);
	return err;
}

/* A node with a folio of order 2 and a byte */
static void pkram_kunit_displace_save(struct kunit *test, struct folio *folio)
{
	struct pkram_stream ps;
	PKRAM_ACCESS(pages, &ps, pages);
	PKRAM_ACCESS(bytes, &ps, bytes);

	pkram_kunit_begin_save(test, &ps, PKRAM_OBJ_PAGES | PKRAM_OBJ_BYTES);
	KUNIT_ASSERT_EQ(test, 0, pkram_kunit_save_folio(&pages, folio, 0, 0));
	KUNIT_ASSERT_EQ(test, 1, pkram_write(&bytes, "x", 1));
	KUNIT_ASSERT_EQ(test, 0, pkram_finish_access(&pages, true));
	KUNIT_ASSERT_EQ(test, 0, pkram_finish_access(&bytes, true));
	pkram_kunit_end_save(test, &ps);
}

static void pkram_kunit_displace_load(struct kunit *test)
{
	struct pkram_stream ps;
	PKRAM_ACCESS(pages, &ps, pages);
	struct folio *folio;
	pgoff_t index;

	pkram_kunit_begin_load(test, &ps);
	folio = pkram_load_folio(&pages, &index);
	KUNIT_ASSERT_FALSE(test, IS_ERR_OR_NULL(folio));
	KUNIT_EXPECT_TRUE(test, pkram_kunit_folio_is(folio, 2, 7));
	folio_put(folio);
	pkram_finish_access(&pages, true);
	pkram_kunit_end_load(test, &ps);
}

/* Proves: whichever of its pages is in the way, the node is as it was */
static void pkram_displace_test_node(struct kunit *test)
{
	struct folio *folio = pkram_kunit_folio(test, 2, 7);
	struct pkram_link_ser *objs;
	struct pkram_node *node;
	u64 pfn;

	pkram_kunit_displace_save(test, folio);
	node = pkram_kunit_find(PKRAM_KUNIT_NODE);
	KUNIT_ASSERT_NOT_NULL(test, node);
	pfn = pkram_virt_to_pfn(node->ser);
	KUNIT_EXPECT_EQ(test, 0, pkram_kunit_make_way(test, pfn, 1));
	pfn = node->ser->obj_pfn;
	KUNIT_EXPECT_EQ(test, 0, pkram_kunit_make_way(test, pfn, 1));
	objs = pkram_pfn_to_virt(node->ser->obj_pfn);
	pfn = objs->objs[0].pages_pfn;
	KUNIT_EXPECT_EQ(test, 0, pkram_kunit_make_way(test, pfn, 1));
	pfn = objs->objs[0].bytes_pfn;
	KUNIT_EXPECT_EQ(test, 0, pkram_kunit_make_way(test, pfn, 1));
	KUNIT_EXPECT_EQ(test, 0, pkram_kunit_make_way(test, folio_pfn(folio), 4));
	/* The node has another one instead */
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 1);
	folio_put(folio);
	pkram_kunit_displace_load(test);
}

/* Proves: the page of a damaged node is moved like others, and not freed */
static void pkram_displace_test_damaged(struct kunit *test)
{
	struct folio *folio = pkram_kunit_folio(test, 2, 7);
	struct pkram_node *node;
	struct pkram_stream ps;
	u64 pfn, before, after;

	pkram_kunit_displace_save(test, folio);
	KUNIT_ASSERT_EQ(test, 0, pkram_prepare_save(&ps, PKRAM_KUNIT_OTHER,
						    GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, pkram_finish_save(&ps));
	node = pkram_kunit_find(PKRAM_KUNIT_NODE);
	KUNIT_ASSERT_NOT_NULL(test, node);
	pfn = pkram_virt_to_pfn(node->ser);
	scoped_guard(mutex, &pkram_lock) {
		pkram_nodes_seal(&before);
		node->state = PKRAM_NODE_DAMAGED;
	}
	KUNIT_EXPECT_EQ(test, 0, pkram_kunit_make_way(test, pfn, 1));
	KUNIT_EXPECT_NE(test, pkram_virt_to_pfn(node->ser), pfn);
	pfn = pkram_virt_to_pfn(node->ser);
	KUNIT_EXPECT_TRUE(test, pkram_frames_preserved(pfn, 1));
	KUNIT_EXPECT_TRUE(test, pkram_node_ser_validate(node->ser));
	scoped_guard(mutex, &pkram_lock)
		pkram_nodes_seal(&after);
	KUNIT_EXPECT_EQ(test, after, before);
	KUNIT_EXPECT_EQ(test, 0, pkram_drop(PKRAM_KUNIT_OTHER));
	KUNIT_EXPECT_EQ(test, 0, pkram_drop(PKRAM_KUNIT_NODE));
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 1);
	folio_put(folio);
}

/* Proves: of an image and the one that is to replace it the larger counts */
static void pkram_displace_test_size(struct kunit *test)
{
	const u64 pfn = PHYS_PFN(SZ_1M);
	struct kimage *old = pkram_kunit_image(test, pfn, 20);
	struct kimage *new = pkram_kunit_image(test, pfn + 100, 10);

	if (pkram_banned_pages())
		kunit_skip(test, "an image is loaded");
	KUNIT_EXPECT_EQ(test, 0, pkram_kexec_prepare(old));
	KUNIT_EXPECT_EQ(test, 20, pkram_banned_pages());
	KUNIT_EXPECT_EQ(test, 0, pkram_kexec_prepare(new));
	KUNIT_EXPECT_EQ(test, 20, pkram_banned_pages());
	pkram_kexec_release(old);
	KUNIT_EXPECT_EQ(test, 10, pkram_banned_pages());
	pkram_kexec_release(new);
	KUNIT_EXPECT_EQ(test, 0, pkram_banned_pages());
}

/* Proves: a folio of no node that is in the way is given back whole */
static void pkram_displace_test_orphan(struct kunit *test)
{
	struct folio *folio = pkram_kunit_folio(test, 2, 7);
	const u64 pfn = folio_pfn(folio);

	KUNIT_ASSERT_EQ(test, 0, pkram_frames_preserve(pfn, 4, GFP_KERNEL));
	folio_get(folio);
	KUNIT_EXPECT_EQ(test, 0, pkram_kunit_make_way(test, pfn + 1, 2));
	guard(pkram_pagetable)();
	KUNIT_EXPECT_EQ(test, pfn + 4, pkram_pagetable_next_set(&pkram_pagetable,
								pfn, pfn + 4));
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 1);
	folio_put(folio);
}

static int pkram_kunit_room(void)
{
	guard(mutex)(&pkram_lock);
	return pkram_make_room(NULL);
}

/*
 * Proves: an image may lie on the super block as long as nothing is preserved,
 * and nothing can be then
 */
static void pkram_displace_test_super(struct kunit *test)
{
	const u64 pfn = pkram_super_pfn();
	struct kimage *image;
	void *meta;

	if (!pfn || pkram_pagetable.nr_set)
		kunit_skip(test, "something is preserved");
	image = pkram_kunit_image(test, pfn - 1, 2);
	KUNIT_EXPECT_EQ(test, 0, pkram_kexec_prepare(image));
	KUNIT_EXPECT_EQ(test, 0, pkram_kunit_room());
	meta = pkram_meta_alloc(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, meta);
	KUNIT_EXPECT_EQ(test, -EADDRNOTAVAIL, pkram_kunit_room());
	pkram_kexec_release(image);
	KUNIT_EXPECT_EQ(test, 0, pkram_kunit_room());
	KUNIT_EXPECT_EQ(test, -EADDRNOTAVAIL,
			pkram_kunit_make_way(test, pfn, 1));
	pkram_meta_free(meta);
	KUNIT_EXPECT_EQ(test, 0, pkram_kunit_make_way(test, pfn, 1));
}

static struct kunit_case pkram_displace_cases[] = {
	KUNIT_CASE(pkram_displace_test_node),
	KUNIT_CASE(pkram_displace_test_damaged),
	KUNIT_CASE(pkram_displace_test_size),
	KUNIT_CASE(pkram_displace_test_orphan),
	KUNIT_CASE(pkram_displace_test_super),
	{ }
};

static struct kunit_suite pkram_displace_suite = {
	.name = "pkram-displace",
	.init = pkram_kunit_init,
	.exit = pkram_kunit_exit,
	.test_cases = pkram_displace_cases,
};

kunit_test_suite(pkram_displace_suite);
