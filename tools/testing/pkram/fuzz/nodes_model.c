// SPDX-License-Identifier: GPL-2.0
/*
 * A second opinion on which nodes are intact: all that a node refers to is put
 * into a list, which is sorted. Whether a page by itself is good is not judged
 * here again.
 */
#include "nodes.h"

#define MAX_RANGES	16384
#define MAX_LINKS	2048

struct range {
	u64 pfn;
	u64 nr;
};

/* Of nodes found intact, and behind them of the one that is looked at */
static struct range ranges[MAX_RANGES];
static unsigned int nr_ranges;

struct node_walk {
	u64 links;
	u64 pages;
	u64 bytes;
	bool too_much;
};

static bool add(struct node_walk *w, u64 pfn, u64 nr)
{
	if (!pkram_frames_preserved(pfn, nr))
		return false;
	if (nr_ranges == MAX_RANGES) {
		w->too_much = true;
		return false;
	}
	ranges[nr_ranges++] = (struct range){ pfn, nr };
	return true;
}

static bool add_runs(struct node_walk *w, const struct pkram_link_ser *link)
{
	u32 i;

	for (i = 0; i < link->nr; i++) {
		struct pkram_run run = pkram_run_unpack(&link->runs[i]);
		u64 mask = (1ULL << run.order) - 1;

		EXPECT(run.nr && run.order <= PKRAM_ORDER_MAX);
		EXPECT(!(run.pfn & mask) && !(run.index & mask));
		if (!add(w, run.pfn, run.nr << run.order))
			return false;
	}
	return true;
}

/* Returns the link at @pfn when it is good, and counts it */
static struct pkram_link_ser *add_link(struct node_walk *w, u64 pfn, u32 type,
				       u64 pos)
{
	struct pkram_link_ser *link;

	if (++w->links > MAX_LINKS) {
		w->too_much = true;
		return NULL;
	}
	if (!add(w, pfn, 1) || sim_poisoned(pfn))
		return NULL;
	link = pkram_pfn_to_virt(pfn);
	if (!pkram_link_validate(link, type, pos))
		return NULL;
	return type != PKRAM_LINK_RUNS || add_runs(w, link) ? link : NULL;
}

static bool add_chain(struct node_walk *w, u64 pfn, u32 type, u64 nr_links,
		      u64 length)
{
	struct pkram_link_ser *link;
	u64 pos = 0, nr = 0;

	for (; pfn; pfn = link->next_pfn) {
		if (nr++ == nr_links)
			return false;
		link = add_link(w, pfn, type, pos);
		if (!link)
			return false;
		pos += pkram_link_length(link);
	}
	return nr == nr_links && pos == length;
}

static bool add_objs(struct node_walk *w, const struct pkram_link_ser *link)
{
	u32 i;

	for (i = 0; i < link->nr; i++) {
		const struct pkram_obj_ser *obj = &link->objs[i];

		if (!add_chain(w, obj->pages_pfn, PKRAM_LINK_RUNS,
			       obj->nr_page_links, obj->nr_pages) ||
		    !add_chain(w, obj->bytes_pfn, PKRAM_LINK_BYTES,
			       obj->nr_byte_links, obj->nr_bytes))
			return false;
		w->pages += obj->nr_pages;
		w->bytes += obj->nr_bytes;
	}
	return true;
}

static bool node_adds_up(struct node_walk *w, const struct pkram_node_ser *ser)
{
	const u64 max = PKRAM_LINK_MAX_OBJS;
	struct pkram_link_ser *link;
	u64 pfn;

	if (!pkram_node_ser_validate(ser) ||
	    !add_chain(w, ser->obj_pfn, PKRAM_LINK_OBJS,
		       ser->nr_objs / max + !!(ser->nr_objs % max), ser->nr_objs))
		return false;
	for (pfn = ser->obj_pfn; pfn; pfn = link->next_pfn) {
		link = pkram_pfn_to_virt(pfn);
		if (!add_objs(w, link))
			return false;
	}
	return w->links == ser->nr_links && w->pages == ser->nr_pages &&
	       w->bytes == ser->nr_bytes;
}

static int compare(const void *a, const void *b)
{
	const struct range *r = a, *s = b;

	return r->pfn < s->pfn ? -1 : r->pfn > s->pfn;
}

static bool disjoint(void)
{
	static struct range sorted[MAX_RANGES];
	unsigned int i;

	memcpy(sorted, ranges, nr_ranges * sizeof(ranges[0]));
	qsort(sorted, nr_ranges, sizeof(sorted[0]), compare);
	for (i = 1; i < nr_ranges; i++)
		if (sorted[i].pfn < sorted[i - 1].pfn + sorted[i - 1].nr)
			return false;
	return true;
}

/* Page table and nodes themselves */
static bool add_roots(void)
{
	struct pkram_pagetable tables = { };
	struct node_walk w = { };
	struct pkram_link_ser *link;
	struct pkram_node *node;
	u64 pfn = 0, end = FRAMES_NEW;
	bool fits = true;

	EXPECT_EQ(pkram_pagetable_mark_tables(&pkram_pagetable, &tables), 0);
	for (; (pfn = pkram_pagetable_next_set(&tables, pfn, end)) < end; pfn++)
		fits &= add(&w, pfn, 1);
	pkram_pagetable_destroy(&tables);
	list_for_each_entry(node, &pkram_nodes, list)
		fits &= add(&w, pkram_virt_to_pfn(node->ser), 1);
	for (pfn = pkram_dir_pfn; pfn; pfn = link->next_pfn) {
		link = pkram_pfn_to_virt(pfn);
		fits &= add(&w, pfn, 1);
	}
	return fits;
}

static bool node_intact(struct model *m, const struct pkram_node *node)
{
	const unsigned int before = nr_ranges;
	struct node_walk w = { };
	bool intact = node_adds_up(&w, node->ser) && disjoint();

	if (w.too_much)
		m->known = false;
	if (!intact)
		nr_ranges = before;
	return intact;
}

/* In the order of the checks, because of two that overlap only one is damaged */
void model_make(struct model *m)
{
	struct pkram_node *node;
	int pass;

	*m = (struct model){ };
	nr_ranges = 0;
	m->known = add_roots();
	for (pass = 0; pass < 2; pass++) {
		unsigned int nr = 0;

		list_for_each_entry(node, &pkram_nodes, list) {
			if (node->unchecked == pass &&
			    node->state != PKRAM_NODE_DAMAGED)
				m->intact[nr] = node_intact(m, node);
			nr++;
		}
	}
}
