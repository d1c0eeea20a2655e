// SPDX-License-Identifier: GPL-2.0
/*
 * PKRAM: is a node what it claims to be?
 *
 * What a node refers to may have been written by another kernel, or by
 * something that should not have: nothing is followed before it is checked.
 * The page table has been checked already, so a frame that is marked in it can
 * be read; each may be used once only in a node.
 */
#include <linux/kernel.h>
#include <linux/sched.h>

#include "pkram_internal.h"

/**
 * struct pkram_check - state of the validation of one node
 * @seen: frames met so far
 * @links: link pages met so far
 * @max_links: how many there should be
 */
struct pkram_check {
	struct pkram_pagetable seen;
	u64 links;
	u64 max_links;
};

static int pkram_check_once(struct pkram_check *c, u64 pfn, u64 nr)
{
	int err;

	if (!pkram_frames_preserved(pfn, nr))
		return -EBADMSG;
	err = pkram_pagetable_set(&c->seen, pfn, nr, GFP_KERNEL);
	return !err || err == -ENOMEM ? err : -EBADMSG;
}

static int pkram_check_runs(struct pkram_check *c,
			    const struct pkram_link_ser *link)
{
	u32 i;
	int err;

	for (i = 0; i < link->nr; i++) {
		struct pkram_run run = pkram_run_unpack(&link->runs[i]);

		err = pkram_check_once(c, run.pfn, run.nr << run.order);
		if (err)
			return err;
	}
	return 0;
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
		err = pkram_check_once(c, pfn, 1);
		if (err)
			return err;
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
	err = pkram_check_once(c, pkram_virt_to_pfn(ser), 1);
	if (err)
		return err;
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

/**
 * pkram_node_validate() - check all that a node refers to
 * @node: node, not changing; its page can be read
 *
 * Context: May sleep. Takes pkram_pagetable_lock.
 * Return: 0; -EBADMSG when it is damaged; -ENOMEM.
 */
int pkram_node_validate(const struct pkram_node *node)
{
	struct pkram_check c = { .max_links = node->ser->nr_links };
	int err;

	err = pkram_check_node(&c, node->ser);
	pkram_pagetable_destroy(&c.seen);
	return err;
}
