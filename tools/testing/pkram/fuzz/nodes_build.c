// SPDX-License-Identifier: GPL-2.0
/*
 * The fuzzer of nodes: from the input to pages in memory.
 */
#include "nodes.h"

struct chunk {
	u8 kind;
	u8 flags;
	u16 len;
	u32 pfn;
};

struct node_in {
	u64 obj_pfn;
	u64 nr_objs;
	u64 nr_pages;
	u64 nr_bytes;
	u64 nr_links;
};

struct patch {
	u16 at;
	u16 size;
	u32 unused;
	u64 value;
};

/* A number is a little different from what it should be */
struct lie {
	u8 page;	/* counted through the input */
	u8 field;
	u8 obj;
	s8 by;
};

/* The frame of the chunk is the node's, if it is not 0 */
struct entry {
	u8 at;		/* counted through the directory */
	u8 times;	/* so many new ones before it; 0: it is changed */
	s8 len;		/* by how much they differ from it */
	s8 crc;
};

#define MAX_MARKS	(1 << 16)

struct page_in pages[MAX_PAGES];
unsigned int nr_pages;

const struct fuzz_format fuzz_format = {
	.head = sizeof(struct head),
	.chunk_head = sizeof(struct chunk),
	.align = 4,
	.len_at = offsetof(struct chunk, len),
	.len_size = sizeof(u16),
};

/* ------------------------------------------------------------------- build */

static void fill_node(struct pkram_node_ser *ser, const u8 *data, size_t len)
{
	struct node_in in;
	size_t skip = min(len, sizeof(in));

	fuzz_head(&in, sizeof(in), data, skip);
	ser->magic = PKRAM_NODE_MAGIC;
	ser->obj_pfn = in.obj_pfn;
	ser->nr_objs = in.nr_objs;
	ser->nr_pages = in.nr_pages;
	ser->nr_bytes = in.nr_bytes;
	ser->nr_links = in.nr_links;
	len = min(len - skip, (size_t)PKRAM_NAME_MAX);
	memcpy(ser->name, data + skip, len);
	ser->name_len = strnlen(ser->name, len);
	memset(ser->name + ser->name_len, 0, sizeof(ser->name) - ser->name_len);
}

static void fill_link(struct pkram_link_ser *link, u8 kind, const u8 *data,
		      size_t len)
{
	static const u32 type[] = { 0, PKRAM_LINK_OBJS, PKRAM_LINK_RUNS,
				    PKRAM_LINK_BYTES };
	static const u32 size[] = { 0, sizeof(struct pkram_obj_ser),
				    sizeof(struct pkram_run_ser), 1 };
	size_t skip = min(len, sizeof(link->next_pfn));

	link->magic = PKRAM_LINK_MAGIC;
	link->type = type[kind];
	memcpy(&link->next_pfn, data, skip);
	len = min(len - skip, (size_t)PKRAM_LINK_PAYLOAD);
	memcpy(link->bytes, data + skip, len);
	link->nr = len / size[kind];
}

static void add_page(const struct chunk *c, const u8 *data, size_t len)
{
	void *page = NULL;

	if (c->pfn && c->pfn < FRAMES_DIR && nr_pages < MAX_PAGES)
		page = sim_frame_add(c->pfn);
	if (!page)
		return;
	pages[nr_pages++] = (struct page_in){ c->pfn, c->kind % NR_KINDS,
					      c->flags };
	if (c->kind % NR_KINDS == NODE)
		fill_node(page, data, len);
	else
		fill_link(page, c->kind % NR_KINDS, data, len);
	if (c->flags & POISONED)
		frames_poison(c->pfn);
}

static void apply_patch(u64 pfn, const u8 *data, size_t len)
{
	struct patch p;

	fuzz_head(&p, sizeof(p), data, len);
	if (sim_frame_exists(pfn))
		memcpy((u8 *)pkram_pfn_to_virt(pfn) + p.at % (PAGE_SIZE - 8),
		       &p.value, 1 + p.size % 8);
}

static u64 *field_of(const struct page_in *p, const struct lie *lie)
{
	struct pkram_link_ser *link = pkram_pfn_to_virt(p->pfn);
	struct pkram_node_ser *node = pkram_pfn_to_virt(p->pfn);
	struct pkram_obj_ser *obj =
		&link->objs[lie->obj % PKRAM_LINK_MAX_OBJS];
	u64 *of_node[] = { &node->nr_objs, &node->nr_pages, &node->nr_bytes,
			   &node->nr_links, &node->obj_pfn };
	u64 *of_obj[] = { &obj->nr_pages, &obj->nr_bytes, &obj->nr_page_links,
			  &obj->nr_byte_links, &obj->flags, &obj->pages_pfn,
			  &obj->bytes_pfn };

	if (p->kind == NODE)
		return of_node[lie->field % ARRAY_SIZE(of_node)];
	if (p->kind == OBJS && lie->field < 128)
		return of_obj[lie->field % ARRAY_SIZE(of_obj)];
	return lie->field % 2 ? &link->start : &link->next_pfn;
}

static void do_lie(const struct chunk *c, const u8 *data, size_t len)
{
	struct lie lie;

	fuzz_head(&lie, sizeof(lie), data, len);
	if (c->kind % NR_KINDS == LIE && nr_pages)
		*field_of(&pages[lie.page % nr_pages], &lie) += lie.by;
}

/* Not more than can be dealt with, and not what is marked already */
static void mark(u64 pfn, u64 nr)
{
	if (pfn && pfn < FRAMES_TABLES && nr <= FRAMES_TABLES - pfn &&
	    pkram_pagetable.nr_set + nr <= MAX_MARKS)
		pkram_pagetable_set(&pkram_pagetable, pfn, nr, GFP_KERNEL);
}

typedef void (*each_t)(const struct chunk *c, const u8 *data, size_t len);

static void each_chunk(const u8 *data, size_t size, each_t fn)
{
	size_t len;

	for (; (len = fuzz_chunk(data, size)); data += len, size -= len) {
		struct chunk c;

		memcpy(&c, data, sizeof(c));
		fn(&c, data + sizeof(c), len - sizeof(c));
	}
}

static void do_page(const struct chunk *c, const u8 *data, size_t len)
{
	if (c->kind % NR_KINDS < MARK)
		add_page(c, data, len);
}

static void do_patch(const struct chunk *c, const u8 *data, size_t len)
{
	if (c->kind % NR_KINDS != PATCH)
		return;
	apply_patch(c->pfn, data, len);
	if (c->flags & POISONED)
		frames_poison(c->pfn);
}

static void do_unmark(const struct chunk *c, const u8 *data, size_t len)
{
	(void)data;
	(void)len;
	if (c->kind % NR_KINDS == PATCH && c->flags & UNMARKED &&
	    c->pfn < FRAMES_TABLES &&
	    pkram_pagetable_test(&pkram_pagetable, c->pfn))
		pkram_pagetable_clear(&pkram_pagetable, c->pfn, 1);
}

static void do_mark(const struct chunk *c, const u8 *data, size_t len)
{
	u32 nr;

	fuzz_head(&nr, sizeof(nr), data, len);
	if (c->kind % NR_KINDS == MARK)
		mark(c->pfn, nr);
}

/* ------------------------------------------------------------------ repair */

static struct pkram_link_ser *link_at(u64 pfn)
{
	return pfn && sim_frame_exists(pfn) ? pkram_pfn_to_virt(pfn) : NULL;
}

static u64 repair_chain(u64 pfn, u64 *nr_links)
{
	struct pkram_link_ser *link;
	u64 pos = 0, nr = 0;

	for (; (link = link_at(pfn)) && nr < MAX_PAGES; pfn = link->next_pfn) {
		link->start = pos;
		if (link->nr > (link->type == PKRAM_LINK_RUNS ?
				PKRAM_LINK_MAX_RUNS : PKRAM_LINK_MAX_BYTES))
			break;
		pos += pkram_link_length(link);
		nr++;
	}
	*nr_links = nr;
	return pos;
}

static void repair_node(struct pkram_node_ser *ser)
{
	struct pkram_link_ser *link;
	u64 pfn = ser->obj_pfn;
	u32 i, nr = 0;

	ser->nr_objs = repair_chain(pfn, &ser->nr_links);
	ser->nr_pages = 0;
	ser->nr_bytes = 0;
	for (; (link = link_at(pfn)) && nr++ < 64; pfn = link->next_pfn)
		for (i = 0; i < min_t(u32, link->nr, PKRAM_LINK_MAX_OBJS); i++) {
			struct pkram_obj_ser *obj = &link->objs[i];

			obj->nr_pages = repair_chain(obj->pages_pfn,
						     &obj->nr_page_links);
			obj->nr_bytes = repair_chain(obj->bytes_pfn,
						     &obj->nr_byte_links);
			ser->nr_pages += obj->nr_pages;
			ser->nr_bytes += obj->nr_bytes;
			ser->nr_links += obj->nr_page_links +
					 obj->nr_byte_links;
		}
}

static void seal(const struct page_in *p)
{
	struct pkram_link_ser *link = pkram_pfn_to_virt(p->pfn);

	if (p->flags & UNSEALED)
		return;
	if (p->kind == NODE)
		pkram_node_ser_seal(pkram_pfn_to_virt(p->pfn));
	else if (link->nr <= (link->type == PKRAM_LINK_OBJS ?
			      PKRAM_LINK_MAX_OBJS :
			      link->type == PKRAM_LINK_RUNS ||
			      link->type == PKRAM_LINK_NODES ?
			      PKRAM_LINK_MAX_RUNS : PKRAM_LINK_MAX_BYTES))
		pkram_link_seal(link);
}

static void mark_runs(const struct pkram_link_ser *link)
{
	u32 i;

	for (i = 0; i < min_t(u32, link->nr, PKRAM_LINK_MAX_RUNS); i++) {
		struct pkram_run run = pkram_run_unpack(&link->runs[i]);

		if (pkram_run_validate(&run))
			mark(run.pfn, run.nr << run.order);
	}
}

/* --------------------------------------------------------------- directory */

static struct pkram_dir_ser entries[MAX_ENTRIES];
static unsigned int nr_entries;

/* The nodes in the order of the input, as a kernel puts them down at a kexec */
static void make_entries(void)
{
	unsigned int i;

	nr_entries = 0;
	for (i = 0; i < nr_pages && nr_entries < MAX_NODES; i++) {
		const struct pkram_node_ser *ser =
			pkram_pfn_to_virt(pages[i].pfn);

		if (pages[i].kind == NODE && ser->name_len)
			entries[nr_entries++] = (struct pkram_dir_ser) {
				.node_pfn = pages[i].pfn,
				.name_crc = pkram_name_crc((char *)ser->name,
							   ser->name_len),
				.name_len = ser->name_len,
			};
	}
}

/* Change an entry, or put others before it */
static void do_entry(const struct chunk *c, const u8 *data, size_t len)
{
	struct pkram_dir_ser made = { };
	struct entry in;
	unsigned int at;

	fuzz_head(&in, sizeof(in), data, len);
	if (c->kind % NR_KINDS != ENTRY || (!nr_entries && !in.times))
		return;
	at = nr_entries ? in.at % nr_entries : 0;
	if (nr_entries)
		made = entries[at];
	made.node_pfn = c->pfn ?: made.node_pfn;
	made.name_crc += in.crc;
	made.name_len += in.len;
	if (!in.times)
		entries[at] = made;
	for (; in.times && nr_entries < MAX_ENTRIES; in.times--) {
		memmove(&entries[at + 1], &entries[at],
			(nr_entries - at) * sizeof(entries[0]));
		entries[at] = made;
		nr_entries++;
		/* No two by the same name, as there could not be */
		made.name_crc++;
	}
}

/* Returns how many links there are, at FRAMES_DIR */
static unsigned int link_entries(const struct head *head)
{
	static const u32 of_link[] = { PKRAM_LINK_MAX_NODES, 1, 3, 100 };
	const u32 max = of_link[head->repair / DIR_LINKS % 4];
	unsigned int pos = 0, nr = 0;

	do {
		struct pkram_link_ser *link = sim_frame_add(FRAMES_DIR + nr++);

		link->magic = PKRAM_LINK_MAGIC;
		link->type = PKRAM_LINK_NODES;
		link->start = pos;
		link->nr = min(max, nr_entries - pos);
		memcpy(link->nodes, &entries[pos],
		       link->nr * sizeof(entries[0]));
		pos += link->nr;
		if (pos < nr_entries)
			link->next_pfn = FRAMES_DIR + nr;
		pkram_link_seal(link);
	} while (pos < nr_entries);
	return nr;
}

u64 nodes_build(const struct head *head, const u8 *data, size_t size,
		unsigned int *nr_nodes)
{
	unsigned int nr_links, i;

	nr_pages = 0;
	each_chunk(data, size, do_page);
	make_entries();
	each_chunk(data, size, do_entry);
	nr_links = link_entries(head);
	for (i = 0; head->repair & REPAIR_TOTALS && i < nr_pages; i++)
		if (pages[i].kind == NODE)
			repair_node(pkram_pfn_to_virt(pages[i].pfn));
	each_chunk(data, size, do_patch);
	each_chunk(data, size, do_lie);
	for (i = 0; head->repair & REPAIR_SEALS && i < nr_pages; i++)
		seal(&pages[i]);
	for (i = 0; head->repair & REPAIR_SEALS && i < nr_links; i++)
		seal(&(struct page_in){ FRAMES_DIR + i, NR_KINDS, 0 });

	sim_place(FRAMES_TABLES, 1);
	mark(FRAMES_DIR, nr_links);
	for (i = 0; i < nr_pages; i++)
		if (!(pages[i].flags & UNMARKED))
			mark(pages[i].pfn, 1);
	each_chunk(data, size, do_mark);
	for (i = 0; head->repair & REPAIR_MARKS && i < nr_pages; i++)
		if (pages[i].kind == RUNS)
			mark_runs(pkram_pfn_to_virt(pages[i].pfn));
	each_chunk(data, size, do_unmark);
	sim_place(FRAMES_NEW, 1);
	*nr_nodes = nr_entries;
	return FRAMES_DIR;
}
