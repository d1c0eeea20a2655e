// SPDX-License-Identifier: GPL-2.0
/*
 * PKRAM: moving what is preserved out of the way of a kexec image.
 *
 * A frame in a banned range is copied to one outside, and the entry that refers
 * to it changed. Whoever has the old frame in use keeps it: its contents are
 * frozen, and so stay equal to the copy's. All is done link by link, and after
 * each the node is complete: running out of memory in the middle leaves every
 * node valid, only not all of it moved.
 */
#define pr_fmt(fmt) "pkram: " fmt

#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/string.h>
#include <trace/events/pkram.h>

#include "pkram_internal.h"

/*
 * Movable, as what is copied was: large free blocks of that kind are where the
 * next kernel boots, and are broken up last by those who ask for the same kind.
 */
#define PKRAM_DISPLACE_GFP	(GFP_KERNEL | __GFP_MOVABLE | __GFP_RETRY_MAYFAIL)

/* ---------------------------------------------------------- metadata */

/*
 * Move the page that *@ref refers to, if it has to move. The caller sees to the
 * checksum above.
 */
static int pkram_displace_meta(u64 *ref)
{
	void *new;

	if (!*ref || !pkram_range_banned(*ref, 1))
		return 0;
	new = pkram_meta_alloc(PKRAM_DISPLACE_GFP);
	if (!new)
		return -ENOMEM;
	memcpy(new, pkram_pfn_to_virt(*ref), PKRAM_SER_PAGE_SIZE);
	pkram_meta_free(pkram_pfn_to_virt(*ref));
	*ref = pkram_virt_to_pfn(new);
	pkram_stats.displaced_pages++;
	return 0;
}

/* Move the links of a chain that @first refers to */
static int pkram_displace_chain(u64 *first)
{
	struct pkram_link_ser *prev = NULL;
	u64 *ref = first;
	int err;

	while (*ref) {
		err = pkram_displace_meta(ref);
		if (err)
			return err;
		if (prev)
			pkram_link_seal(prev);
		prev = pkram_pfn_to_virt(*ref);
		ref = &prev->next_pfn;
	}
	return 0;
}

/* Move the page of a node itself */
static int pkram_displace_ser(struct pkram_node *node)
{
	u64 self = pkram_virt_to_pfn(node->ser);
	int err;

	err = pkram_displace_meta(&self);
	if (!err)
		node->ser = pkram_pfn_to_virt(self);
	return err;
}

/* -------------------------------------------------------------- data */

/**
 * struct pkram_rewrite - what takes the place of a link of runs
 * @head: first new link
 * @link: the one being filled
 * @nr_links: length of the chain
 * @start: position in the stream behind what has been put in
 * @apart: the next run may not be merged with the last
 */
struct pkram_rewrite {
	struct pkram_link_ser *head;
	struct pkram_link_ser *link;
	u64 nr_links;
	u64 start;
	bool apart;
};

static int pkram_rewrite_put(struct pkram_rewrite *rw,
			     const struct pkram_run *run)
{
	struct pkram_link_ser *link = rw->link;

	if (link && link->nr && !rw->apart) {
		struct pkram_run last = pkram_run_unpack(&link->runs[link->nr - 1]);
		u64 nr = last.nr << last.order;

		if (last.order == run->order && last.flags == run->flags &&
		    last.pfn + nr == run->pfn && last.index + nr == run->index &&
		    last.nr + run->nr <= PKRAM_RUN_NR_MAX) {
			last.nr += run->nr;
			link->runs[link->nr - 1] = pkram_run_pack(&last);
			goto done;
		}
	}
	if (!link || link->nr == PKRAM_LINK_MAX_RUNS) {
		link = pkram_link_alloc(PKRAM_LINK_RUNS, PKRAM_DISPLACE_GFP);
		if (!link)
			return -ENOMEM;
		link->start = rw->start;
		if (rw->link)
			rw->link->next_pfn = pkram_virt_to_pfn(link);
		else
			rw->head = link;
		rw->link = link;
		rw->nr_links++;
	}
	link->runs[link->nr++] = pkram_run_pack(run);
done:
	rw->start += run->nr << run->order;
	rw->apart = false;
	return 0;
}

/* A copy: unlike what stays where it is, it is not in the page table yet */
static int pkram_rewrite_copy(const struct pkram_run *copy, void *arg)
{
	u64 nr = copy->nr << copy->order;
	int err;

	err = pkram_frames_preserve(copy->pfn, nr, PKRAM_DISPLACE_GFP);
	if (err)
		return err;
	err = pkram_rewrite_put(arg, copy);
	if (err)
		pkram_frames_release(copy->pfn, nr);
	return err;
}

/* Put in a run: folios in banned ranges as copies, the others as they are */
static int pkram_rewrite_run(struct pkram_rewrite *rw, struct pkram_run run)
{
	const u64 step = 1ULL << run.order;
	u64 left = run.nr, ban, ban_end;
	int err = 0;

	rw->apart = true;
	while (!err && left) {
		ban = run.pfn;
		run.nr = left;
		if (pkram_next_banned(&ban, &ban_end) &&
		    ban < run.pfn + (left << run.order))
			run.nr = (ban - run.pfn) >> run.order;

		if (run.nr) {
			err = pkram_rewrite_put(rw, &run);
		} else {
			struct folio *folio = pkram_claim_folio(run.pfn, run.order);

			run.nr = 1;
			err = IS_ERR(folio) ? PTR_ERR(folio) :
			      pkram_copy_out(folio, &run, PKRAM_DISPLACE_GFP,
					     pkram_rewrite_copy, rw);
			cond_resched();
		}
		left -= run.nr;
		run.pfn += run.nr * step;
		run.index += run.nr * step;
	}
	return err;
}

/* Goes over the folios of a link of runs */
struct pkram_walk {
	const struct pkram_link_ser *link;
	struct pkram_run run;
	u32 next;
};

static void pkram_walk_begin(struct pkram_walk *w,
			     const struct pkram_link_ser *link)
{
	*w = (struct pkram_walk){ .link = link };
	if (link)
		w->run = pkram_run_unpack(&link->runs[w->next++]);
}

/* Step over @nr frames at most; both walks keep to borders of folios */
static void pkram_walk_step(struct pkram_walk *w, u64 nr)
{
	u64 folios = nr >> w->run.order;

	w->run.pfn += folios << w->run.order;
	w->run.nr -= folios;
	if (w->run.nr)
		return;
	if (w->next == w->link->nr) {
		pkram_walk_begin(w, pkram_link_next(w->link->next_pfn));
		return;
	}
	w->run = pkram_run_unpack(&w->link->runs[w->next++]);
}

/*
 * Drop those frames of @old that @rw has other frames for, or with @undo the
 * other way round. What both have is left alone. A folio of the old link may
 * stand as single pages in the new one, never the reverse; on undo the new one
 * may end early.
 */
static void pkram_rewrite_drop(const struct pkram_link_ser *old,
			       const struct pkram_rewrite *rw, bool undo)
{
	struct pkram_walk was, is;

	pkram_walk_begin(&was, old);
	pkram_walk_begin(&is, rw->head);
	while (is.link && was.link == old) {
		u64 both = min(was.run.nr << was.run.order,
			       is.run.nr << is.run.order);

		/* A copied folio: step over all of it in both */
		if (was.run.pfn != is.run.pfn) {
			u64 left = 1ULL << was.run.order;

			if (!undo) {
				pkram_drop_run(was.run.pfn, was.run.order, 1);
				pkram_stats.displaced_pages += left;
			}
			pkram_walk_step(&was, left);
			while (is.link && left) {
				u64 step = 1ULL << is.run.order;

				if (undo)
					pkram_drop_run(is.run.pfn, is.run.order, 1);
				pkram_walk_step(&is, step);
				left -= step;
			}
		} else {
			pkram_walk_step(&was, both);
			pkram_walk_step(&is, both);
		}
		cond_resched();
	}
}

static void pkram_rewrite_undo(struct pkram_rewrite *rw,
			       const struct pkram_link_ser *old)
{
	struct pkram_link_ser *link = rw->head, *next;

	pkram_rewrite_drop(old, rw, true);
	for (; link; link = next) {
		next = pkram_link_next(link->next_pfn);
		pkram_meta_free(link);
	}
}

static bool pkram_link_banned(const struct pkram_link_ser *link)
{
	u32 i;

	for (i = 0; i < link->nr; i++) {
		struct pkram_run run = pkram_run_unpack(&link->runs[i]);

		if (pkram_range_banned(run.pfn, run.nr << run.order))
			return true;
	}
	return false;
}

/*
 * Replace the link of runs that *@ref refers to by one or more that hold no
 * banned frame. Returns the number of links, and the last of them in @last.
 */
static long pkram_displace_link(u64 *ref, struct pkram_link_ser **last)
{
	struct pkram_link_ser *old = pkram_pfn_to_virt(*ref), *link;
	struct pkram_rewrite rw = { .start = old->start };
	int err = 0;
	u64 pfn;
	u32 i;

	*last = old;
	if (!pkram_link_banned(old))
		return 1;

	for (i = 0; !err && i < old->nr; i++)
		err = pkram_rewrite_run(&rw, pkram_run_unpack(&old->runs[i]));
	if (err) {
		pkram_rewrite_undo(&rw, old);
		return err;
	}
	pkram_rewrite_drop(old, &rw, false);
	rw.link->next_pfn = old->next_pfn;
	*ref = pkram_virt_to_pfn(rw.head);
	for (pfn = *ref; pfn != old->next_pfn; pfn = link->next_pfn) {
		link = pkram_pfn_to_virt(pfn);
		pkram_link_seal(link);
	}
	*last = rw.link;
	pkram_meta_free(old);
	return rw.nr_links;
}

static int pkram_displace_obj(struct pkram_node_ser *node,
			      struct pkram_obj_ser *obj)
{
	struct pkram_link_ser *prev = NULL;
	u64 *ref = &obj->pages_pfn;
	int err;

	err = pkram_displace_chain(&obj->bytes_pfn);
	if (!err)
		err = pkram_displace_chain(&obj->pages_pfn);
	while (!err && *ref) {
		struct pkram_link_ser *last;
		long nr = pkram_displace_link(ref, &last);

		if (nr < 0) {
			err = nr;
			break;
		}
		/* *@ref may have changed */
		if (prev)
			pkram_link_seal(prev);
		obj->nr_page_links += nr - 1;
		node->nr_links += nr - 1;
		prev = last;
		ref = &last->next_pfn;
	}
	return err;
}

static int pkram_displace_node(struct pkram_node *node)
{
	const u64 old_tail = node->obj_tail ? pkram_virt_to_pfn(node->obj_tail) : 0;
	struct pkram_link_ser *link;
	u64 *ref;
	u32 i;
	int err;

	err = pkram_displace_ser(node);
	if (err)
		return err;
	for (ref = &node->ser->obj_pfn; !err && *ref; ref = &link->next_pfn) {
		const u64 was = *ref;

		err = pkram_displace_meta(ref);
		link = pkram_pfn_to_virt(*ref);
		if (was == old_tail)
			node->obj_tail = link;
		for (i = 0; !err && i < link->nr; i++)
			err = pkram_displace_obj(node->ser, &link->objs[i]);
	}
	/* Also on error: whatever has moved, the node is complete */
	for (ref = &node->ser->obj_pfn; *ref; ref = &link->next_pfn) {
		link = pkram_pfn_to_virt(*ref);
		pkram_link_seal(link);
	}
	pkram_node_ser_seal(node->ser);
	return err;
}

/* ------------------------------------------------------------- all */

/**
 * pkram_next_conflict() - find what is preserved where an image goes
 * @pfn: frame to begin with
 *
 * Context: Does not sleep. Caller holds pkram_pagetable_lock.
 * Return: the first preserved frame from there on that is banned; 0 if none.
 */
u64 pkram_next_conflict(u64 pfn)
{
	u64 end;

	lockdep_assert_held(&pkram_pagetable_lock);
	for (; pkram_next_banned(&pfn, &end); pfn = end) {
		pfn = pkram_pagetable_next_set(&pkram_pagetable, pfn, end);
		if (pfn < end)
			return pfn;
	}
	return 0;
}

static bool pkram_any_conflict(void)
{
	guard(pkram_pagetable)();
	return pkram_next_conflict(0);
}

static int pkram_displace_nodes(void)
{
	struct pkram_node *node;
	u64 before;
	int err;

	err = pkram_displace_chain(&pkram_dir_pfn);
	list_for_each_entry(node, &pkram_nodes, list) {
		if (err)
			break;
		before = pkram_stats.displaced_pages;
		if (node->state == PKRAM_NODE_DAMAGED) {
			/* Its name is to be told */
			pkram_node_write_off(node);
			err = pkram_displace_ser(node);
		} else {
			err = pkram_displace_node(node);
		}
		if (err || pkram_stats.displaced_pages > before)
			trace_pkram_displace(node->name,
					     pkram_stats.displaced_pages - before,
					     err);
	}
	return err;
}

/*
 * What is left when all nodes have been moved are pages of the page table, and
 * frames that no intact node refers to: mostly those of a node that is damaged
 * and so cannot be loaded anyway.
 */
static int pkram_displace_rest(void)
{
	u64 pfn = 0, orphans = 0;
	int err = 0;

	guard(pkram_pagetable)();
	while (!err && (pfn = pkram_next_conflict(pfn))) {
		err = pkram_pagetable_move(&pkram_pagetable, pfn,
					   PKRAM_DISPLACE_GFP);
		cond_resched();
		pkram_stats.displaced_pages += !err;
		if (err != -ENOENT)
			continue;
		err = 0;
		orphans += pkram_drop_orphan(pfn);
	}
	if (orphans)
		pr_warn("dropped %llu preserved pages that belong to no intact node\n",
			orphans);
	return err;
}

static bool pkram_nodes_busy(const struct pkram_node *own)
{
	struct pkram_node *node;

	list_for_each_entry(node, &pkram_nodes, list) {
		if (node->nr_open ||
		    (node != own && !pkram_node_complete(node))) {
			pr_err("node '%s' is being saved, loaded or freed\n",
			       node->name);
			return true;
		}
	}
	return false;
}

/**
 * pkram_displace_checked() - move all that is preserved out of banned ranges
 * @own: node that the caller is saving, all of its objects finished, or NULL
 *
 * Context: May sleep. Caller holds pkram_lock, so that no node changes, and has
 * called pkram_nodes_check().
 * Return: 0; -EBUSY when a node is being saved, loaded or freed; -EHWPOISON
 * when a page cannot be read; -ENOMEM. On error every node is complete, though
 * some of what it holds may have been moved.
 */
int pkram_displace_checked(const struct pkram_node *own)
{
	const u64 before = pkram_stats.displaced_pages;
	int err;

	if (pkram_nodes_busy(own))
		return -EBUSY;
	pkram_aside_begin();
	err = pkram_displace_nodes();
	if (!err)
		err = pkram_displace_rest();
	pkram_aside_end();
	trace_pkram_displace_done(pkram_stats.displaced_pages - before, err);
	return err;
}

/**
 * pkram_displace() - move what is preserved out of the way of a kexec image
 *
 * Context: May sleep. Caller holds pkram_lock.
 * Return: as pkram_displace_checked(), or an error of pkram_nodes_check().
 */
int pkram_displace(void)
{
	int err;

	/* First: not all of what is being saved is in the page table yet */
	if (pkram_nodes_busy(NULL))
		return -EBUSY;
	if (!pkram_any_conflict())
		return 0;
	/* An idle one may still be what the previous kernel left */
	err = pkram_nodes_check();
	return err ?: pkram_displace_checked(NULL);
}
