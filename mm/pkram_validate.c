// SPDX-License-Identifier: GPL-2.0
/*
 * PKRAM: is a node what it claims to be?
 *
 * What a node refers to may have been written by another kernel, or by
 * something that should not have: nothing is followed before it is checked.
 * The page table has been checked already, so a frame that is marked in it can
 * be read; each may be used once only, and not by two nodes.
 *
 * Frames that are marked and belong to no intact node are freed when they are
 * noticed: those of a save or a free that a kexec has cut short, and those of
 * damaged nodes.
 *
 * Lock order: pkram_lock, then pkram_pagetable_lock.
 */
#define pr_fmt(fmt) "pkram: " fmt

#include <linux/bitmap.h>
#include <linux/kernel.h>
#include <linux/sched.h>

#include "pkram_internal.h"

/**
 * struct pkram_check - state of the validation of one node
 * @seen: frames met so far, not only of this node
 * @marked: how many of them are of this node
 * @undo: unmark as many frames as @marked says instead
 * @links: link pages met so far
 * @max_links: how many there should be
 */
struct pkram_check {
	struct pkram_pagetable *seen;
	u64 marked;
	bool undo;
	u64 links;
	u64 max_links;
};

static int pkram_check_unmark(struct pkram_check *c, u64 pfn, u64 nr)
{
	/* It was here that the check ended */
	if (!c->marked)
		return -EBADMSG;
	pkram_pagetable_clear(c->seen, pfn, nr);
	c->marked -= nr;
	return 0;
}

/* Mark the frame of a link as met */
static int pkram_check_once(struct pkram_check *c, u64 pfn)
{
	int err;

	if (c->undo)
		return pkram_check_unmark(c, pfn, 1);
	if (!pkram_frames_preserved(pfn, 1))
		return -EBADMSG;
	err = pkram_pagetable_set(c->seen, pfn, 1, GFP_KERNEL);
	if (err)
		return err == -ENOMEM ? err : -EBADMSG;
	c->marked++;
	return 0;
}

/*
 * Are all frames of a run preserved? Runs that follow each other are often in the
 * same leaf of the page table, which stays where it is while that is locked.
 */
static bool pkram_check_preserved(const unsigned long **leaf, u64 *base,
				  const struct pkram_run *run)
{
	const u64 nr = run->nr << run->order;
	const u64 end = run->pfn + nr;

	if (!*leaf || *base != ALIGN_DOWN(run->pfn, PKRAM_PT_LEAF_FRAMES)) {
		*base = ALIGN_DOWN(run->pfn, PKRAM_PT_LEAF_FRAMES);
		*leaf = pkram_pagetable_leaf(&pkram_pagetable, run->pfn);
	}
	if (!*leaf || end - *base > PKRAM_PT_LEAF_FRAMES)
		return pkram_pagetable_next_clear(&pkram_pagetable, run->pfn,
						  end) == end;
	if (nr == 1)
		return test_bit(run->pfn - *base, *leaf);
	return find_next_zero_bit(*leaf, end - *base, run->pfn - *base) ==
	       end - *base;
}

/* There may be a run for each page: all are looked at first, then all are marked */
static int pkram_check_mark_runs(struct pkram_check *c,
				 const struct pkram_link_ser *link)
{
	const unsigned long *leaf = NULL;
	unsigned int nr, done, i;
	struct pkram_run run;
	u64 base;
	int err;

	for (nr = 0; nr < link->nr; nr++) {
		run = pkram_run_unpack(&link->runs[nr]);
		if (!pkram_check_preserved(&leaf, &base, &run))
			break;
	}
	err = pkram_pagetable_set_runs(c->seen, link->runs, nr, &done,
				       GFP_KERNEL);
	for (i = 0; i < done; i++) {
		run = pkram_run_unpack(&link->runs[i]);
		c->marked += run.nr << run.order;
	}
	if (err)
		return err == -ENOMEM ? err : -EBADMSG;
	return nr == link->nr ? 0 : -EBADMSG;
}

static int pkram_check_unmark_runs(struct pkram_check *c,
				   const struct pkram_link_ser *link)
{
	int err = 0;
	u32 i;

	for (i = 0; !err && i < link->nr; i++) {
		const struct pkram_run run = pkram_run_unpack(&link->runs[i]);

		err = pkram_check_unmark(c, run.pfn, run.nr << run.order);
	}
	return err;
}

static int pkram_check_runs(struct pkram_check *c,
			    const struct pkram_link_ser *link)
{
	guard(pkram_pagetable)();
	return c->undo ? pkram_check_unmark_runs(c, link) :
			 pkram_check_mark_runs(c, link);
}

/*
 * Check the chain at @pfn, which has to have @nr_links links of @type and to be
 * @length objects, frames or bytes long. Chains of objects are checked without
 * the objects' own chains.
 */
static int pkram_check_chain(struct pkram_check *c, u64 pfn, u32 type,
			     u64 nr_links, u64 length)
{
	u64 pos = 0, links = 0;
	int err;

	while (pfn) {
		const struct pkram_link_ser *link;

		if (++links > nr_links || ++c->links > c->max_links)
			return -EBADMSG;
		err = pkram_check_once(c, pfn);
		if (err)
			return err;
		if (PageHWPoison(pfn_to_page(pfn)))
			return -EBADMSG;
		link = pkram_pfn_to_virt(pfn);
		if (!pkram_link_validate(link, type, pos))
			return -EBADMSG;
		if (type == PKRAM_LINK_RUNS) {
			err = pkram_check_runs(c, link);
			if (err)
				return err;
		}
		pos += pkram_link_length(link);
		pfn = link->next_pfn;
		cond_resched();
	}
	return links == nr_links && pos == length ? 0 : -EBADMSG;
}

static int pkram_check_obj(struct pkram_check *c,
			   const struct pkram_obj_ser *obj)
{
	int err;

	err = pkram_check_chain(c, obj->pages_pfn, PKRAM_LINK_RUNS,
				obj->nr_page_links, obj->nr_pages);
	if (err)
		return err;
	return pkram_check_chain(c, obj->bytes_pfn, PKRAM_LINK_BYTES,
				 obj->nr_byte_links, obj->nr_bytes);
}

static int pkram_check_node(struct pkram_check *c,
			    const struct pkram_node_ser *ser)
{
	u64 pfn, nr_pages = 0, nr_bytes = 0, nr_obj_links = 0;
	const struct pkram_link_ser *link;
	u32 i;
	int err;

	if (!pkram_node_ser_validate(ser))
		return -EBADMSG;
	/* Each object link holds at least one object */
	nr_obj_links = DIV_ROUND_UP(ser->nr_objs, (u64)PKRAM_LINK_MAX_OBJS);
	err = pkram_check_chain(c, ser->obj_pfn, PKRAM_LINK_OBJS, nr_obj_links,
				ser->nr_objs);
	if (err)
		return err;

	for (pfn = ser->obj_pfn; pfn; pfn = link->next_pfn) {
		link = pkram_pfn_to_virt(pfn);
		for (i = 0; i < link->nr; i++) {
			err = pkram_check_obj(c, &link->objs[i]);
			if (err)
				return err;
			nr_pages += link->objs[i].nr_pages;
			nr_bytes += link->objs[i].nr_bytes;
		}
	}
	return nr_pages == ser->nr_pages && nr_bytes == ser->nr_bytes &&
	       c->links == ser->nr_links ? 0 : -EBADMSG;
}

/* Check a node, whose own page is marked in @seen, and mark what it refers to */
static int pkram_node_see(struct pkram_pagetable *seen,
			  const struct pkram_node *node)
{
	struct pkram_check c = {
		.seen = seen,
		.max_links = node->ser->nr_links,
	}, undo = c;
	int err;

	err = pkram_check_node(&c, node->ser);
	if (err == -EBADMSG) {
		/* They may be another node's: go the same way to the same point */
		undo.undo = true;
		undo.marked = c.marked;
		pkram_check_node(&undo, node->ser);
		WARN_ON_ONCE(undo.marked);
	}
	return err;
}

/**
 * pkram_node_renew() - see that the page of a node can be read
 * @node: node
 *
 * One whose page has failed is damaged, and gets a new page with its name. The old
 * one stays preserved and belongs to nobody, so that the next kernel is told.
 *
 * Context: May sleep. Caller holds pkram_lock. Takes pkram_pagetable_lock.
 * Return: 0; -EBUSY when its page has failed while it is being loaded; -ENOMEM.
 */
int pkram_node_renew(struct pkram_node *node)
{
	void *new;

	lockdep_assert_held(&pkram_lock);
	if (!PageHWPoison(virt_to_page(node->ser)) || !pkram_node_complete(node))
		return 0;
	if (node->state == PKRAM_NODE_LOADING) {
		pr_err("the page of node '%s' has failed, and it is in use: unmount it\n",
		       node->name);
		return -EBUSY;
	}
	new = pkram_meta_alloc(GFP_KERNEL | __GFP_ZERO);
	if (!new)
		return -ENOMEM;
	pr_err("the page of node '%s' has failed\n", node->name);
	node->ser = new;
	if (node->state == PKRAM_NODE_IDLE)
		pkram_node_damaged(node, PKRAM_DAMAGE_PAGE);
	pkram_node_write_off(node);
	return 0;
}

/**
 * pkram_node_validate() - check all that a node refers to
 * @node: node, not changing; its page can be read
 *
 * Context: May sleep. Takes pkram_pagetable_lock.
 * Return: 0; -EBADMSG when it is damaged; -ENOMEM.
 */
int pkram_node_validate(const struct pkram_node *node)
{
	struct pkram_pagetable seen = { };
	int err;

	err = pkram_pagetable_set(&seen, pkram_virt_to_pfn(node->ser), 1,
				  GFP_KERNEL);
	if (!err)
		err = pkram_node_see(&seen, node);
	pkram_pagetable_destroy(&seen);
	return err;
}

/* Mark what no chain may lead to: page table, directory, the pages of nodes */
static int pkram_nodes_see_roots(struct pkram_pagetable *seen)
{
	struct pkram_link_ser *link;
	struct pkram_node *node;
	u64 pfn;
	int err;

	scoped_guard(pkram_pagetable)
		err = pkram_pagetable_mark_tables(&pkram_pagetable, seen);
	for (pfn = pkram_dir_pfn; pfn && !err; pfn = link->next_pfn) {
		link = pkram_pfn_to_virt(pfn);
		err = pkram_pagetable_set(seen, pfn, 1, GFP_KERNEL);
	}
	list_for_each_entry(node, &pkram_nodes, list) {
		if (err)
			break;
		err = pkram_pagetable_set(seen, pkram_virt_to_pfn(node->ser), 1,
					  GFP_KERNEL);
	}
	return err == -EEXIST ? -EBADMSG : err;
}

static int pkram_nodes_see_one(struct pkram_pagetable *seen,
			       struct pkram_node *node)
{
	int err = pkram_node_see(seen, node);

	if (err == -EBADMSG) {
		pr_err("node '%s' is damaged\n", node->name);
		/* Too late: it was good, and is in use */
		if (node->state == PKRAM_NODE_LOADING)
			return -EBUSY;
		pkram_node_damaged(node, PKRAM_DAMAGE_CONTENT);
		err = 0;
	}
	if (!err)
		node->unchecked = false;
	return err;
}

/*
 * Mark all that intact nodes hold. Of two nodes that hold the same frame one is
 * damaged: the one from the previous kernel, or the later one.
 */
static int pkram_nodes_see(struct pkram_pagetable *seen)
{
	struct pkram_node *node;
	int err = 0, pass;

	lockdep_assert_held(&pkram_lock);
	/* First of all: what is allocated from here on may be taken for an orphan */
	list_for_each_entry(node, &pkram_nodes, list)
		err = err ?: pkram_node_renew(node);
	err = err ?: pkram_nodes_see_roots(seen);
	for (pass = 0; pass < 2; pass++) {
		list_for_each_entry(node, &pkram_nodes, list) {
			if (err)
				return err;
			if (!pkram_node_complete(node) ||
			    node->state == PKRAM_NODE_DAMAGED ||
			    node->unchecked != pass)
				continue;
			err = pkram_nodes_see_one(seen, node);
			cond_resched();
		}
	}
	return err;
}

/**
 * pkram_nodes_check() - check all nodes, each by itself and against the others
 *
 * Those that are damaged are marked so.
 *
 * Context: May sleep. Caller holds pkram_lock. Takes pkram_pagetable_lock.
 * Return: 0; -EBUSY when one that is being loaded has been overwritten or has
 * failed; -EBADMSG when the page of a node is in the page table; -ENOMEM.
 */
int pkram_nodes_check(void)
{
	struct pkram_pagetable seen = { };
	int err;

	err = pkram_nodes_see(&seen);
	pkram_pagetable_destroy(&seen);
	return err;
}

/**
 * pkram_node_write_off() - what a damaged node holds will be freed
 * @node: the node
 *
 * Who gets those frames may preserve them: see to it that the next kernel cannot
 * find the node intact, in a way that its name can still be told.
 *
 * Context: Caller holds pkram_lock.
 */
void pkram_node_write_off(struct pkram_node *node)
{
	struct pkram_node_ser *ser = node->ser;

	if (!pkram_node_ser_validate(ser)) {
		clear_page(ser);
		ser->magic = PKRAM_NODE_MAGIC;
		ser->name_len = strlen(node->name);
		memcpy(ser->name, node->name, ser->name_len);
	}
	/* Objects without a link to stand in */
	ser->nr_objs = ser->nr_objs ?: 1;
	ser->obj_pfn = ser->obj_pfn ?: pkram_virt_to_pfn(ser);
	ser->nr_links = 0;
	ser->nr_pages = 0;
	ser->nr_bytes = 0;
	pkram_node_ser_seal(ser);
}

/* Free what is marked as preserved and not in @seen */
static u64 pkram_drop_unseen(const struct pkram_pagetable *seen)
{
	const u64 end = PKRAM_PT_PFN_MASK + 1;
	u64 pfn = 0, nr = 0;

	guard(pkram_pagetable)();
	while ((pfn = pkram_pagetable_next_set(&pkram_pagetable, pfn, end)) < end) {
		if (pkram_pagetable_test(seen, pfn))
			pfn = pkram_pagetable_next_clear(seen, pfn, end);
		else
			nr += pkram_drop_orphan(pfn);
		cond_resched();
	}
	return nr;
}

/**
 * pkram_nodes_sweep() - free what belongs to no intact node
 *
 * Of damaged nodes only the page with the name is left.
 *
 * Context: May sleep. Caller holds pkram_lock. Takes pkram_pagetable_lock.
 * Return: 0; -EBUSY when a node is being saved or freed, and nobody knows what
 * belongs to it; or an error of pkram_nodes_check(). Nothing is freed then.
 */
int pkram_nodes_sweep(void)
{
	struct pkram_pagetable seen = { };
	struct pkram_node *node;
	u64 nr;
	int err;

	list_for_each_entry(node, &pkram_nodes, list)
		if (!pkram_node_complete(node))
			return -EBUSY;

	err = pkram_nodes_see(&seen);
	if (!err) {
		list_for_each_entry(node, &pkram_nodes, list)
			if (node->state == PKRAM_NODE_DAMAGED)
				pkram_node_write_off(node);
		nr = pkram_drop_unseen(&seen);
		if (nr)
			pr_warn("freed %llu preserved pages that belong to no intact node\n",
				nr);
	}
	pkram_pagetable_destroy(&seen);
	return err;
}

/**
 * pkram_nodes_settle() - find out whether everything belongs to a node
 *
 * Adding up is quick; only if there is too much or too little all nodes are
 * checked, and what belongs to none is freed.
 *
 * Context: May sleep. Takes pkram_lock and pkram_pagetable_lock.
 * Return: 0, or an error of pkram_nodes_sweep().
 */
int pkram_nodes_settle(void)
{
	struct pkram_node *node;
	u64 nr;

	guard(mutex)(&pkram_lock);
	nr = pkram_dir_links;
	list_for_each_entry(node, &pkram_nodes, list)
		nr += 1 + node->ser->nr_links + node->ser->nr_pages;
	scoped_guard(pkram_pagetable)
		if (nr + pkram_pagetable.nr_tables == pkram_pagetable.nr_set)
			return 0;
	return pkram_nodes_sweep();
}
