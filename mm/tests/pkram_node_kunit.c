// SPDX-License-Identifier: GPL-2.0
/*
 * KUnit tests of PKRAM's nodes and objects: names, states, errors, undoing.
 */
#include <linux/delay.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmstat.h>

#include "pkram_kunit.h"

#define PKRAM_KUNIT_BOTH	(PKRAM_OBJ_PAGES | PKRAM_OBJ_BYTES)

/* Save a node with one object of one byte; 0 or the first error */
static int pkram_kunit_save_small(const char *name)
{
	struct pkram_stream ps;
	PKRAM_ACCESS(pa, &ps, bytes);
	int err;

	err = pkram_prepare_save(&ps, name, GFP_KERNEL);
	if (err)
		return err;
	err = pkram_prepare_save_obj(&ps, PKRAM_OBJ_BYTES);
	if (!err && pkram_write(&pa, "x", 1) != 1)
		err = -EIO;
	if (!err)
		err = pkram_finish_access(&pa, true);
	if (err) {
		pkram_discard_save(&ps);
		return err;
	}
	pkram_finish_save_obj(&ps);
	return pkram_finish_save(&ps);
}

/* Proves: names of 1 to 255 bytes work; 0 and 256 have errors of their own */
static void pkram_node_test_names(struct kunit *test)
{
	struct pkram_stream ps;
	char name[PKRAM_NAME_MAX + 2];
	unsigned int len;

	memset(name, 'n', sizeof(name));
	name[PKRAM_NAME_MAX + 1] = '\0';
	KUNIT_EXPECT_EQ(test, -ENAMETOOLONG,
			pkram_prepare_save(&ps, name, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, -EINVAL, pkram_prepare_save(&ps, "", GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, -ENOENT, pkram_prepare_load(&ps, name));
	KUNIT_EXPECT_EQ(test, -ENOENT, pkram_prepare_load(&ps, ""));
	for (len = 1; len <= PKRAM_NAME_MAX; len += 127) {
		name[len] = '\0';
		KUNIT_EXPECT_EQ(test, 0, pkram_kunit_save_small(name));
		KUNIT_EXPECT_EQ(test, -EEXIST, pkram_kunit_save_small(name));
		name[len] = 'n';
	}
	for (len = 1; len <= PKRAM_NAME_MAX; len += 127) {
		name[len] = '\0';
		KUNIT_EXPECT_EQ(test, 0, pkram_drop(name));
		KUNIT_EXPECT_EQ(test, -ENOENT, pkram_drop(name));
		name[len] = 'n';
	}
	KUNIT_EXPECT_EQ(test, 0, pkram_kunit_save_small("\xff\n / \x01"));
	KUNIT_EXPECT_EQ(test, 0, pkram_drop("\xff\n / \x01"));
}

/* Proves: nothing works while PKRAM is off, and all of it again afterwards */
static void pkram_node_test_off(struct kunit *test)
{
	struct pkram_stream ps;

	KUNIT_ASSERT_EQ(test, 0, pkram_kunit_save_small(PKRAM_KUNIT_NODE));
	pkram_enabled = false;
	KUNIT_EXPECT_FALSE(test, pkram_available());
	KUNIT_EXPECT_EQ(test, -ENODEV,
			pkram_prepare_save(&ps, "kunit-off", GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, -ENODEV,
			pkram_prepare_load(&ps, PKRAM_KUNIT_NODE));
	pkram_enabled = true;
	KUNIT_EXPECT_EQ(test, 0, pkram_drop(PKRAM_KUNIT_NODE));
}

/* Proves: in each state a node can be used for exactly what is documented */
static void pkram_node_test_states(struct kunit *test)
{
	struct pkram_stream ps, other;
	struct pkram_info info;

	KUNIT_ASSERT_EQ(test, 0, pkram_prepare_save(&ps, PKRAM_KUNIT_NODE,
						    GFP_KERNEL));
	/* saving */
	KUNIT_EXPECT_EQ(test, -EEXIST, pkram_prepare_save(&other, PKRAM_KUNIT_NODE,
							  GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, -EBUSY, pkram_prepare_load(&other, PKRAM_KUNIT_NODE));
	KUNIT_EXPECT_EQ(test, -EBUSY, pkram_drop(PKRAM_KUNIT_NODE));
	KUNIT_EXPECT_EQ(test, -ENOENT, pkram_node_info(PKRAM_KUNIT_NODE, &info));
	KUNIT_ASSERT_EQ(test, 0, pkram_finish_save(&ps));
	/* idle */
	KUNIT_EXPECT_EQ(test, -EEXIST, pkram_prepare_save(&other, PKRAM_KUNIT_NODE,
							  GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, 0, pkram_node_info(PKRAM_KUNIT_NODE, &info));
	KUNIT_ASSERT_EQ(test, 0, pkram_prepare_load(&ps, PKRAM_KUNIT_NODE));
	/* loading */
	KUNIT_EXPECT_EQ(test, -EEXIST, pkram_prepare_save(&other, PKRAM_KUNIT_NODE,
							  GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, -EBUSY, pkram_prepare_load(&other, PKRAM_KUNIT_NODE));
	KUNIT_EXPECT_EQ(test, -EBUSY, pkram_drop(PKRAM_KUNIT_NODE));
	KUNIT_EXPECT_EQ(test, 0, pkram_node_info(PKRAM_KUNIT_NODE, &info));
	pkram_abort_load(&ps);
	/* idle again */
	KUNIT_ASSERT_EQ(test, 0, pkram_prepare_load(&ps, PKRAM_KUNIT_NODE));
	KUNIT_EXPECT_EQ(test, -ENODATA, pkram_prepare_load_obj(&ps));
	pkram_finish_load(&ps);
	/* gone */
	KUNIT_EXPECT_EQ(test, -ENOENT, pkram_prepare_load(&ps, PKRAM_KUNIT_NODE));
	KUNIT_EXPECT_EQ(test, -ENOENT, pkram_drop(PKRAM_KUNIT_NODE));
	KUNIT_EXPECT_EQ(test, -ENOENT, pkram_node_info(PKRAM_KUNIT_NODE, &info));
}

static int pkram_kunit_finish_fn(void *arg)
{
	struct pkram_stream *ps = arg;

	pkram_finish_load(ps);
	while (!kthread_should_stop())
		msleep(20);
	return 0;
}

/* Proves: a node whose links move while its freeing waits is freed as it is then */
static void pkram_node_test_moved(struct kunit *test)
{
	struct pkram_node_ser *ser;
	struct task_struct *task;
	struct pkram_stream ps;
	void *old, *new;

	KUNIT_ASSERT_EQ(test, 0, pkram_kunit_save_small(PKRAM_KUNIT_NODE));
	KUNIT_ASSERT_EQ(test, 0, pkram_prepare_load(&ps, PKRAM_KUNIT_NODE));
	new = pkram_meta_alloc(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, new);
	scoped_guard(mutex, &pkram_lock) {
		task = kthread_run(pkram_kunit_finish_fn, &ps, "pkram-kunit");
		/* Until it waits for the lock */
		if (!IS_ERR(task))
			msleep(50);
		/* As pkram_displace() does it */
		ser = ps.node->ser;
		old = pkram_pfn_to_virt(ser->obj_pfn);
		memcpy(new, old, PKRAM_SER_PAGE_SIZE);
		memset(old, 0x5a, PKRAM_SER_PAGE_SIZE);
		pkram_meta_free(old);
		ser->obj_pfn = pkram_virt_to_pfn(new);
		pkram_node_ser_seal(ser);
	}
	KUNIT_ASSERT_FALSE(test, IS_ERR(task));
	kthread_stop(task);
	KUNIT_EXPECT_NULL(test, pkram_kunit_find(PKRAM_KUNIT_NODE));
}

/* Proves: a kexec does not hand over a node that is being saved or freed */
static void pkram_node_test_seal(struct kunit *test)
{
	struct pkram_node *node;
	u64 with, freeing, saving;

	KUNIT_ASSERT_EQ(test, 0, pkram_kunit_save_small(PKRAM_KUNIT_NODE));
	node = pkram_kunit_find(PKRAM_KUNIT_NODE);
	KUNIT_ASSERT_NOT_NULL(test, node);
	scoped_guard(mutex, &pkram_lock) {
		pkram_nodes_seal(&with);
		node->state = PKRAM_NODE_FREEING;
		pkram_nodes_seal(&freeing);
		node->state = PKRAM_NODE_SAVING;
		pkram_nodes_seal(&saving);
		node->state = PKRAM_NODE_IDLE;
	}
	KUNIT_EXPECT_EQ(test, freeing, with - 1);
	KUNIT_EXPECT_EQ(test, saving, with - 1);
	KUNIT_EXPECT_EQ(test, 0, pkram_drop(PKRAM_KUNIT_NODE));
}

/* Let the next "kernel", this one, take over what was handed over */
static void pkram_kunit_take_over(struct list_head *old, u64 *dir, u64 *nr)
{
	guard(mutex)(&pkram_lock);
	*dir = pkram_nodes_seal(nr);
	list_splice_init(&pkram_nodes, old);
	pkram_dir_pfn = 0;
	pkram_dir_links = 0;
}

static void pkram_kunit_forget(struct list_head *old)
{
	struct pkram_node *node, *next;

	list_for_each_entry_safe(node, next, old, list) {
		list_del(&node->list);
		kfree(node);
	}
}

/*
 * Proves: a node whose page is damaged is refused by its name, also when that
 * cannot be read any more, and all others are there
 */
static void pkram_node_test_page(struct kunit *test)
{
	static const char *const names[] = { "kunit a", "kunit b", "kunit c" };
	struct pkram_stream ps;
	struct pkram_node *node;
	unsigned int round, i;
	u64 dir, nr, was;

	if (!list_empty(&pkram_nodes))
		kunit_skip(test, "something is preserved");
	scoped_guard(pkram_pagetable)
		was = pkram_pagetable.nr_set - pkram_pagetable.nr_tables;
	for (round = 0; round < 4; round++) {
		LIST_HEAD(old);

		for (i = 0; i < ARRAY_SIZE(names); i++)
			KUNIT_ASSERT_EQ(test, 0, pkram_kunit_save_small(names[i]));
		node = pkram_kunit_find(names[1]);
		KUNIT_ASSERT_NOT_NULL(test, node);
		if (round == 0)
			node->ser->nr_links++;
		pkram_kunit_take_over(&old, &dir, &nr);
		if (round == 1)
			node->ser->magic++;
		if (round == 2)
			node->ser->name[6]++;
		if (round == 3)
			memset(node->ser, 0xff, PAGE_SIZE);

		KUNIT_EXPECT_EQ(test, nr, pkram_nodes_adopt(dir, nr));
		pkram_kunit_forget(&old);
		KUNIT_EXPECT_EQ(test, -EBADMSG, pkram_prepare_load(&ps, names[1]));
		KUNIT_EXPECT_EQ(test, 0, pkram_nodes_settle());
		KUNIT_EXPECT_EQ(test, -EEXIST,
				pkram_prepare_save(&ps, names[1], GFP_KERNEL));
		/* Nor does it get lost when it is handed over again */
		pkram_kunit_take_over(&old, &dir, &nr);
		KUNIT_EXPECT_EQ(test, nr, pkram_nodes_adopt(dir, nr));
		pkram_kunit_forget(&old);
		for (i = 0; i < ARRAY_SIZE(names); i++)
			KUNIT_EXPECT_EQ(test, 0, pkram_drop(names[i]));
		guard(pkram_pagetable)();
		KUNIT_EXPECT_EQ(test, was, pkram_pagetable.nr_set -
					   pkram_pagetable.nr_tables);
	}
}

/* Proves: a damaged directory loses what it led to, and nothing is left of it */
static void pkram_node_test_dir(struct kunit *test)
{
	struct pkram_link_ser *link;
	LIST_HEAD(old);
	u64 dir, nr, was;

	if (!list_empty(&pkram_nodes))
		kunit_skip(test, "something is preserved");
	scoped_guard(pkram_pagetable)
		was = pkram_pagetable.nr_set - pkram_pagetable.nr_tables;
	KUNIT_ASSERT_EQ(test, 0, pkram_kunit_save_small(PKRAM_KUNIT_NODE));
	pkram_kunit_take_over(&old, &dir, &nr);
	link = pkram_pfn_to_virt(dir);
	link->nodes[0].node_pfn++;
	KUNIT_EXPECT_EQ(test, -EBADMSG, pkram_nodes_adopt(dir, nr));
	KUNIT_EXPECT_NULL(test, pkram_kunit_find(PKRAM_KUNIT_NODE));
	pkram_kunit_forget(&old);
	KUNIT_EXPECT_EQ(test, 0, pkram_nodes_settle());
	guard(pkram_pagetable)();
	KUNIT_EXPECT_EQ(test, was,
			pkram_pagetable.nr_set - pkram_pagetable.nr_tables);
}

/* Proves: totals of a node are those of what was saved */
static void pkram_node_test_info(struct kunit *test)
{
	struct folio *folio = pkram_kunit_folio(test, 3, 1);
	time64_t before = ktime_get_real_seconds();
	struct pkram_stream ps;
	struct pkram_info info;
	PKRAM_ACCESS(pages, &ps, pages);
	PKRAM_ACCESS(bytes, &ps, bytes);

	pkram_kunit_begin_save(test, &ps, PKRAM_KUNIT_BOTH);
	KUNIT_EXPECT_EQ(test, 0, pkram_kunit_save_folio(&pages, folio, 0, 0));
	KUNIT_EXPECT_EQ(test, 5, pkram_write(&bytes, "12345", 5));
	KUNIT_EXPECT_EQ(test, 0, pkram_finish_access(&pages, true));
	KUNIT_EXPECT_EQ(test, 0, pkram_finish_access(&bytes, true));
	pkram_finish_save_obj(&ps);
	KUNIT_ASSERT_EQ(test, 0, pkram_prepare_save_obj(&ps, PKRAM_OBJ_PAGES));
	pkram_kunit_end_save(test, &ps);

	KUNIT_ASSERT_EQ(test, 0, pkram_node_info(PKRAM_KUNIT_NODE, &info));
	KUNIT_EXPECT_EQ(test, info.nr_objs, 2);
	KUNIT_EXPECT_EQ(test, info.nr_pages, 8);
	KUNIT_EXPECT_EQ(test, info.nr_bytes, 5);
	/* Node, objects, runs, bytes */
	KUNIT_EXPECT_EQ(test, info.nr_meta, 4);
	KUNIT_EXPECT_GE(test, (time64_t)info.saved_at, before);
	KUNIT_EXPECT_LE(test, (time64_t)info.saved_at, ktime_get_real_seconds());
	KUNIT_EXPECT_EQ(test, 0, pkram_drop(PKRAM_KUNIT_NODE));
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 1);
	folio_put(folio);
}

/* Proves: flags of an object that are none or unknown are -EINVAL */
static void pkram_node_test_obj_flags(struct kunit *test)
{
	struct pkram_stream ps;

	KUNIT_ASSERT_EQ(test, 0, pkram_prepare_save(&ps, PKRAM_KUNIT_NODE,
						    GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, -EINVAL, pkram_prepare_save_obj(&ps, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL, pkram_prepare_save_obj(&ps, 4));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			pkram_prepare_save_obj(&ps, PKRAM_KUNIT_BOTH | 8));
	KUNIT_EXPECT_EQ(test, 0, pkram_prepare_save_obj(&ps, PKRAM_OBJ_PAGES));
	pkram_discard_save(&ps);
}

/* Proves: an object lacks the stream that it was not prepared with: -EPERM */
static void pkram_node_test_eperm(struct kunit *test)
{
	struct folio *folio = pkram_kunit_folio(test, 0, 1);
	struct pkram_stream ps;
	struct pkram_loaded one;
	PKRAM_ACCESS(pages, &ps, pages);
	PKRAM_ACCESS(bytes, &ps, bytes);
	pgoff_t index;
	char c;
	int i;

	KUNIT_ASSERT_EQ(test, 0, pkram_prepare_save(&ps, PKRAM_KUNIT_NODE,
						    GFP_KERNEL));
	KUNIT_ASSERT_EQ(test, 0, pkram_prepare_save_obj(&ps, PKRAM_OBJ_PAGES));
	KUNIT_EXPECT_EQ(test, -EPERM, pkram_write(&bytes, "x", 1));
	KUNIT_EXPECT_EQ(test, -EPERM, pkram_write(&bytes, "x", 0));
	KUNIT_EXPECT_EQ(test, -EPERM, pkram_write(&pages, "x", 1));
	pkram_finish_save_obj(&ps);
	KUNIT_ASSERT_EQ(test, 0, pkram_prepare_save_obj(&ps, PKRAM_OBJ_BYTES));
	KUNIT_EXPECT_EQ(test, -EPERM, pkram_kunit_save_folio(&pages, folio, 0, 0));
	KUNIT_EXPECT_EQ(test, -EPERM, pkram_kunit_save_folio(&bytes, folio, 0, 0));
	KUNIT_EXPECT_EQ(test, -EPERM, pkram_end_run(&pages));
	KUNIT_EXPECT_EQ(test, 0, pkram_finish_access(&pages, true));
	KUNIT_EXPECT_EQ(test, 0, pkram_finish_access(&bytes, true));
	pkram_kunit_end_save(test, &ps);
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 1);
	folio_put(folio);

	KUNIT_ASSERT_EQ(test, 0, pkram_prepare_load(&ps, PKRAM_KUNIT_NODE));
	for (i = 0; i < 2; i++) {
		KUNIT_ASSERT_EQ(test, 0, pkram_prepare_load_obj(&ps));
		if (i) {
			KUNIT_EXPECT_EQ(test, -EPERM,
					pkram_load_folios(&pages, &one, 1));
			KUNIT_EXPECT_EQ(test, -EPERM, (int)PTR_ERR(
					pkram_load_folio(&pages, &index)));
			KUNIT_EXPECT_EQ(test, 0, pkram_read(&bytes, &c, 1));
		} else {
			KUNIT_EXPECT_EQ(test, -EPERM, pkram_read(&bytes, &c, 1));
			KUNIT_EXPECT_EQ(test, 0,
					pkram_load_folios(&pages, &one, 1));
			KUNIT_EXPECT_NULL(test, pkram_load_folio(&pages, &index));
		}
		KUNIT_EXPECT_EQ(test, -EPERM, pkram_read(&pages, &c, 1));
		KUNIT_EXPECT_EQ(test, -EPERM, pkram_load_folios(&bytes, &one, 1));
		pkram_finish_access(&pages, true);
		pkram_finish_access(&bytes, true);
		pkram_finish_load_obj(&ps);
	}
	pkram_finish_load(&ps);
}

/* Proves: objects come back all, in order, over several links of objects */
static void pkram_node_test_objects(struct kunit *test)
{
	static const u32 nrs[] = { 0, 1, 62, 63, 64, 126, 127, 1000 };
	struct pkram_stream ps;
	PKRAM_ACCESS(pa, &ps, bytes);
	unsigned int n;
	u32 i, got;

	for (n = 0; n < ARRAY_SIZE(nrs); n++) {
		KUNIT_ASSERT_EQ(test, 0, pkram_prepare_save(&ps, PKRAM_KUNIT_NODE,
							    GFP_KERNEL));
		for (i = 0; i < nrs[n]; i++) {
			KUNIT_ASSERT_EQ(test, 0, pkram_prepare_save_obj(&ps,
							PKRAM_OBJ_BYTES));
			KUNIT_ASSERT_EQ(test, 4, pkram_write(&pa, &i, 4));
			KUNIT_ASSERT_EQ(test, 0, pkram_finish_access(&pa, true));
			pkram_finish_save_obj(&ps);
		}
		KUNIT_ASSERT_EQ(test, 0, pkram_finish_save(&ps));
		KUNIT_ASSERT_EQ(test, 0, pkram_prepare_load(&ps, PKRAM_KUNIT_NODE));
		for (i = 0; !pkram_prepare_load_obj(&ps); i++) {
			KUNIT_ASSERT_EQ(test, 4, pkram_read(&pa, &got, 4));
			KUNIT_ASSERT_EQ(test, i, got);
			pkram_finish_access(&pa, true);
			pkram_finish_load_obj(&ps);
		}
		KUNIT_EXPECT_EQ(test, i, nrs[n]);
		KUNIT_EXPECT_EQ(test, -ENODATA, pkram_prepare_load_obj(&ps));
		pkram_finish_load(&ps);
	}
}

/*
 * Run a save of two objects up to a stage and discard it there. Returns false
 * when @stage is beyond the last.
 */
static bool pkram_kunit_discard_at(struct kunit *test, unsigned int stage,
				   struct folio **folios, unsigned int nr)
{
	struct pkram_stream ps;
	PKRAM_ACCESS(pages, &ps, pages);
	PKRAM_ACCESS(bytes, &ps, bytes);
	unsigned int i;

	KUNIT_ASSERT_EQ(test, 0, pkram_prepare_save(&ps, PKRAM_KUNIT_NODE,
						    GFP_KERNEL));
	if (!stage--)
		goto discard;
	for (i = 0; i < nr; i++) {
		KUNIT_ASSERT_EQ(test, 0, pkram_prepare_save_obj(&ps,
							PKRAM_KUNIT_BOTH));
		if (!stage--)
			goto discard;
		KUNIT_ASSERT_EQ(test, 0, pkram_kunit_save_folio(&pages, folios[i],
								0, 0));
		if (!stage--)
			goto discard;
		KUNIT_ASSERT_EQ(test, 0, pkram_end_run(&pages));
		if (!stage--)
			goto discard;
		KUNIT_ASSERT_EQ(test, PAGE_SIZE,
				pkram_write(&bytes, folio_address(folios[i]),
					    PAGE_SIZE));
		if (!stage--)
			goto discard;
		KUNIT_ASSERT_EQ(test, 0, pkram_finish_access(&pages, true));
		if (!stage--)
			goto discard;
		KUNIT_ASSERT_EQ(test, 0, pkram_finish_access(&bytes, true));
		if (!stage--)
			goto discard;
		pkram_finish_save_obj(&ps);
		if (!stage--)
			goto discard;
	}
	pkram_discard_save(&ps);
	return false;
discard:
	pkram_finish_access(&pages, false);
	pkram_finish_access(&bytes, false);
	pkram_discard_save(&ps);
	return true;
}

/* Proves: discarding at each stage leaves references and frames as before */
static void pkram_node_test_discard(struct kunit *test)
{
	struct folio *folios[2];
	struct pkram_stream ps;
	unsigned int stage, i;
	u64 frames;
	bool more;

	for (i = 0; i < 2; i++)
		folios[i] = pkram_kunit_folio(test, i, i);
	frames = pkram_pagetable.nr_set - pkram_pagetable.nr_tables;
	for (stage = 0, more = true; more; stage++) {
		more = pkram_kunit_discard_at(test, stage, folios, 2);
		for (i = 0; i < 2; i++) {
			KUNIT_EXPECT_EQ(test, folio_ref_count(folios[i]), 1);
			KUNIT_EXPECT_FALSE(test, pkram_frames_preserved(
						folio_pfn(folios[i]), 1));
		}
		KUNIT_EXPECT_EQ(test, frames, pkram_pagetable.nr_set -
				pkram_pagetable.nr_tables);
		KUNIT_EXPECT_EQ(test, -ENOENT,
				pkram_prepare_load(&ps, PKRAM_KUNIT_NODE));
	}
	KUNIT_EXPECT_EQ(test, stage, 16);
	for (i = 0; i < 2; i++)
		folio_put(folios[i]);
}

/* Proves: a failed access leaves the object with what the others saved */
static void pkram_node_test_failed_access(struct kunit *test)
{
	struct folio *kept = pkram_kunit_folio(test, 0, 1);
	struct folio *lost = pkram_kunit_folio(test, 1, 2);
	struct pkram_stream ps;
	PKRAM_ACCESS(a, &ps, pages);
	PKRAM_ACCESS(b, &ps, pages);
	struct folio *folio;
	pgoff_t index;

	pkram_kunit_begin_save(test, &ps, PKRAM_OBJ_PAGES);
	KUNIT_EXPECT_EQ(test, 0, pkram_kunit_save_folio(&a, lost, 0, 0));
	KUNIT_EXPECT_EQ(test, 0, pkram_kunit_save_folio(&b, kept, 7, 0));
	KUNIT_EXPECT_EQ(test, 0, pkram_finish_access(&b, true));
	KUNIT_EXPECT_EQ(test, folio_ref_count(lost), 2);
	KUNIT_EXPECT_EQ(test, 0, pkram_finish_access(&a, false));
	KUNIT_EXPECT_EQ(test, folio_ref_count(lost), 1);
	pkram_kunit_end_save(test, &ps);

	pkram_kunit_begin_load(test, &ps);
	folio = pkram_load_folio(&a, &index);
	KUNIT_EXPECT_PTR_EQ(test, folio, kept);
	KUNIT_EXPECT_EQ(test, index, 7);
	folio_put(folio);
	KUNIT_EXPECT_NULL(test, pkram_load_folio(&a, &index));
	pkram_finish_access(&a, true);
	pkram_kunit_end_load(test, &ps);
	folio_put(kept);
	folio_put(lost);
}

/*
 * Proves: saving and then discarding, dropping or loading, again and again,
 * gives back all memory. 200 times 2 MiB and more each: a leak of a fiftieth
 * part shows.
 */
static void pkram_node_test_no_leak(struct kunit *test)
{
	const size_t size = SZ_1M;
	unsigned long before = 0, after;
	unsigned int round;
	u8 *buf;

	buf = kvmalloc(size, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, buf);
	memset(buf, 0x55, size);
	for (round = 0; round < 210; round++) {
		struct folio *folio = pkram_kunit_folio(test, 8, round);
		struct pkram_stream ps;
		PKRAM_ACCESS(pages, &ps, pages);
		PKRAM_ACCESS(bytes, &ps, bytes);
		pgoff_t index;

		/* Caches have their fill by then */
		if (round == 10)
			before = global_zone_page_state(NR_FREE_PAGES);
		pkram_kunit_begin_save(test, &ps, PKRAM_KUNIT_BOTH);
		KUNIT_ASSERT_EQ(test, 0, pkram_kunit_save_folio(&pages, folio, 0, 0));
		KUNIT_ASSERT_EQ(test, size, pkram_write(&bytes, buf, size));
		KUNIT_ASSERT_EQ(test, 0, pkram_finish_access(&bytes, true));
		KUNIT_ASSERT_EQ(test, 0, pkram_finish_access(&pages, round % 4));
		folio_put(folio);
		if (round % 4 == 1) {
			pkram_discard_save(&ps);
			continue;
		}
		pkram_kunit_end_save(test, &ps);
		if (round % 4 == 2) {
			KUNIT_ASSERT_EQ(test, 0, pkram_drop(PKRAM_KUNIT_NODE));
			continue;
		}
		pkram_kunit_begin_load(test, &ps);
		KUNIT_EXPECT_EQ(test, size / 2, pkram_read(&bytes, buf, size / 2));
		folio = pkram_load_folio(&pages, &index);
		if (folio)
			folio_put(folio);
		pkram_finish_access(&pages, true);
		pkram_finish_access(&bytes, true);
		pkram_kunit_end_load(test, &ps);
	}
	after = global_zone_page_state(NR_FREE_PAGES);
	KUNIT_EXPECT_LT(test, (long)(before - after), 2048L);
	kvfree(buf);
}

/* Proves: misuse warns and fails, and the node can still be finished */
static void pkram_node_test_misuse(struct kunit *test)
{
	struct folio *folio;
	struct pkram_stream ps, none = { };
	PKRAM_ACCESS(pa, &ps, bytes);
	PKRAM_ACCESS(pages, &ps, pages);
	char c;

	PKRAM_KUNIT_SKIP_WARNING(test);
	folio = pkram_kunit_folio(test, 0, 1);
	KUNIT_EXPECT_EQ(test, -EINVAL, pkram_prepare_save_obj(&none, 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, pkram_finish_save(&none));
	KUNIT_EXPECT_EQ(test, -EINVAL, pkram_prepare_load_obj(&none));
	pkram_finish_save_obj(&none);
	pkram_finish_load_obj(&none);
	pkram_finish_load(&none);
	pkram_abort_load(&none);
	pkram_discard_save(&none);

	KUNIT_ASSERT_EQ(test, 0, pkram_prepare_save(&ps, PKRAM_KUNIT_NODE,
						    GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, -EINVAL, pkram_write(&pa, "x", 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, pkram_kunit_save_folio(&pages, folio, 0, 0));
	KUNIT_EXPECT_EQ(test, -EINVAL, pkram_prepare_load_obj(&ps));
	pkram_finish_load(&ps);
	pkram_abort_load(&ps);
	KUNIT_ASSERT_EQ(test, 0, pkram_prepare_save_obj(&ps, PKRAM_KUNIT_BOTH));
	KUNIT_EXPECT_EQ(test, -EINVAL, pkram_prepare_save_obj(&ps, PKRAM_KUNIT_BOTH));
	KUNIT_EXPECT_EQ(test, -EINVAL, pkram_finish_save(&ps));
	KUNIT_EXPECT_EQ(test, -EINVAL, pkram_read(&pa, &c, 1));
	pkram_finish_load_obj(&ps);
	KUNIT_EXPECT_EQ(test, 1, pkram_write(&pa, "x", 1));
	KUNIT_EXPECT_EQ(test, 0, pkram_finish_access(&pa, true));
	/* The same folio twice */
	KUNIT_EXPECT_EQ(test, 0, pkram_kunit_save_folio(&pages, folio, 0, 0));
	KUNIT_EXPECT_EQ(test, 0, pkram_kunit_save_folio(&pages, folio, 1, 0));
	KUNIT_EXPECT_EQ(test, -EEXIST, pkram_finish_access(&pages, true));
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 1);
	/* An access that is finished when its object is gone */
	KUNIT_EXPECT_EQ(test, 0, pkram_kunit_save_folio(&pages, folio, 0, 0));
	pkram_finish_save_obj(&ps);
	KUNIT_EXPECT_EQ(test, -EINVAL, pkram_finish_access(&pages, true));
	KUNIT_EXPECT_EQ(test, folio_ref_count(folio), 1);
	KUNIT_ASSERT_EQ(test, 0, pkram_finish_save(&ps));

	KUNIT_ASSERT_EQ(test, 0, pkram_prepare_load(&ps, PKRAM_KUNIT_NODE));
	KUNIT_EXPECT_EQ(test, -EINVAL, pkram_prepare_save_obj(&ps, 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, pkram_finish_save(&ps));
	pkram_discard_save(&ps);
	KUNIT_ASSERT_EQ(test, 0, pkram_prepare_load_obj(&ps));
	KUNIT_EXPECT_EQ(test, -EINVAL, pkram_write(&pa, "x", 1));
	KUNIT_EXPECT_EQ(test, -EINVAL, pkram_prepare_load_obj(&ps));
	KUNIT_EXPECT_EQ(test, 1, pkram_read(&pa, &c, 1));
	pkram_finish_access(&pa, true);
	pkram_kunit_end_load(test, &ps);
	folio_put(folio);
}

static struct kunit_case pkram_node_cases[] = {
	KUNIT_CASE(pkram_node_test_names),
	KUNIT_CASE(pkram_node_test_off),
	KUNIT_CASE(pkram_node_test_states),
	KUNIT_CASE(pkram_node_test_moved),
	KUNIT_CASE(pkram_node_test_seal),
	KUNIT_CASE(pkram_node_test_page),
	KUNIT_CASE(pkram_node_test_dir),
	KUNIT_CASE(pkram_node_test_info),
	KUNIT_CASE(pkram_node_test_obj_flags),
	KUNIT_CASE(pkram_node_test_eperm),
	KUNIT_CASE(pkram_node_test_objects),
	KUNIT_CASE(pkram_node_test_discard),
	KUNIT_CASE(pkram_node_test_failed_access),
	KUNIT_CASE_SLOW(pkram_node_test_no_leak),
	KUNIT_CASE(pkram_node_test_misuse),
	{ }
};

static struct kunit_suite pkram_node_suite = {
	.name = "pkram-node",
	.init = pkram_kunit_init,
	.exit = pkram_kunit_exit,
	.test_cases = pkram_node_cases,
};

kunit_test_suite(pkram_node_suite);
