// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz nodes: which of them are intact, and what can be done with them then.
 *
 *   struct head, then chunks: struct chunk and what kind says
 *
 * Chunks are pages at frames, in the terms of pkram_abi.h but without magics and
 * checksums, and changes to be made to them afterwards.
 */
#include <errno.h>

#include <linux/slab.h>

#include "nodes.h"

#define REPAIR_SEALS	0x01	/* checksums */
#define REPAIR_TOTALS	0x02	/* where links start, sums in objects and nodes */
#define REPAIR_MARKS	0x04	/* what runs refer to is preserved */
#define ADOPT		0x08	/* nodes are found as at boot */

#define NR_OPS		6

struct head {
	u8 repair;
	u8 fail_after;		/* allocations until one fails, if not 0 */
	u8 op[NR_OPS];		/* OP_*, and number of the node << 3 */
	u32 ban_pfn;
	u16 ban_nr;
	s8 nr_nodes;		/* how far off their number is */
	u8 fail_op;		/* the operation in which the allocation fails */
};

enum {
	OP_NONE,
	OP_LOAD,
	OP_ABORT,
	OP_DROP,
	OP_DISPLACE,
	OP_SWEEP,
	OP_CHECK,
	OP_HAND_OVER,
};

struct chunk {
	u8 kind;
	u8 flags;
	u16 len;
	u32 pfn;
};

enum {
	NODE,		/* struct node_in, name */
	OBJS,		/* u64 next_pfn, struct pkram_obj_ser ... */
	RUNS,		/* u64 next_pfn, struct pkram_run_ser ... */
	BYTES,		/* u64 next_pfn, bytes */
	MARK,		/* u32: so many frames are preserved */
	PATCH,		/* struct patch */
	LIE,		/* struct lie; the frame is of no meaning */
	NR_KINDS
};

#define POISONED	0x01
#define UNMARKED	0x02
#define UNSEALED	0x04
#define CHECKED		0x08	/* the node is of this boot */

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

#define MAX_PAGES	512
#define MAX_MARKS	(1 << 16)

/* The pages of an input */
static struct page_in {
	u64 pfn;
	u8 kind;
	u8 flags;
} pages[MAX_PAGES];
static unsigned int nr_pages;

static size_t contents(const u8 *chunk)
{
	struct chunk c;

	memcpy(&c, chunk, sizeof(c));
	return c.len;
}

static void set_contents(u8 *chunk, size_t len)
{
	struct chunk c;

	memcpy(&c, chunk, sizeof(c));
	c.len = min(len, (size_t)U16_MAX);
	memcpy(chunk, &c, sizeof(c));
}

const struct fuzz_format fuzz_format = {
	.head = sizeof(struct head),
	.chunk_head = sizeof(struct chunk),
	.align = 4,
	.contents = contents,
	.set_contents = set_contents,
};

struct pkram_node *node_nr(unsigned int nr)
{
	struct pkram_node *node;

	list_for_each_entry(node, &pkram_nodes, list)
		if (!nr--)
			return node;
	return NULL;
}

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

	if (c->pfn && c->pfn < FRAMES_TABLES && nr_pages < MAX_PAGES)
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
	if (c->kind % NR_KINDS == PATCH)
		apply_patch(c->pfn, data, len);
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
		for (i = 0; i < min(link->nr, (u32)PKRAM_LINK_MAX_OBJS); i++) {
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
			      link->type == PKRAM_LINK_RUNS ?
			      PKRAM_LINK_MAX_RUNS : PKRAM_LINK_MAX_BYTES))
		pkram_link_seal(link);
}

static void mark_runs(const struct pkram_link_ser *link)
{
	u32 i;

	for (i = 0; i < min(link->nr, (u32)PKRAM_LINK_MAX_RUNS); i++) {
		struct pkram_run run = pkram_run_unpack(&link->runs[i]);

		if (pkram_run_validate(&run))
			mark(run.pfn, run.nr << run.order);
	}
}

/* The nodes in the order of the input, as a kernel links them at a kexec */
static u64 chain_nodes(unsigned int *nr)
{
	u64 next = 0;
	int i;

	*nr = 0;
	for (i = nr_pages - 1; i >= 0; i--)
		if (pages[i].kind == NODE && *nr < MAX_NODES) {
			struct pkram_node_ser *ser =
				pkram_pfn_to_virt(pages[i].pfn);

			ser->next_pfn = next;
			next = pages[i].pfn;
			++*nr;
		}
	return next;
}

/* Returns the first node and their number */
static u64 build(const struct head *head, const u8 *data, size_t size,
		 unsigned int *nr_nodes)
{
	unsigned int i;
	u64 first;

	nr_pages = 0;
	each_chunk(data, size, do_page);
	first = chain_nodes(nr_nodes);
	for (i = 0; head->repair & REPAIR_TOTALS && i < nr_pages; i++)
		if (pages[i].kind == NODE)
			repair_node(pkram_pfn_to_virt(pages[i].pfn));
	each_chunk(data, size, do_patch);
	each_chunk(data, size, do_lie);
	for (i = 0; head->repair & REPAIR_SEALS && i < nr_pages; i++)
		seal(&pages[i]);

	sim_place(FRAMES_TABLES, 1);
	for (i = 0; i < nr_pages; i++)
		if (!(pages[i].flags & UNMARKED))
			mark(pages[i].pfn, 1);
	each_chunk(data, size, do_mark);
	for (i = 0; head->repair & REPAIR_MARKS && i < nr_pages; i++)
		if (pages[i].kind == RUNS)
			mark_runs(pkram_pfn_to_virt(pages[i].pfn));
	sim_place(FRAMES_NEW, 1);
	return first;
}

/* ------------------------------------------------------------------- nodes */

static bool name_taken(const u8 *name)
{
	struct pkram_node *node;

	list_for_each_entry(node, &pkram_nodes, list)
		if (!strcmp(node->name, (const char *)name))
			return true;
	return false;
}

/* Put all nodes that could have been found into the list */
static void list_nodes(void)
{
	unsigned int i, nr = 0;

	for (i = 0; i < nr_pages && nr < MAX_NODES; i++) {
		struct pkram_node_ser *ser = pkram_pfn_to_virt(pages[i].pfn);
		struct pkram_node *node;

		if (pages[i].kind != NODE || pages[i].flags & POISONED ||
		    !pkram_frames_preserved(pages[i].pfn, 1) ||
		    !pkram_node_ser_validate(ser) || name_taken(ser->name))
			continue;
		node = kzalloc(sizeof(*node), GFP_KERNEL);
		node->ser = ser;
		memcpy(node->name, ser->name, sizeof(node->name));
		node->state = PKRAM_NODE_IDLE;
		node->unchecked = !(pages[i].flags & CHECKED);
		list_add_tail(&node->list, &pkram_nodes);
		nr++;
	}
}

static void forget_nodes(void)
{
	struct pkram_node *node;

	while ((node = node_nr(0))) {
		EXPECT(node->state == PKRAM_NODE_IDLE ||
		       node->state == PKRAM_NODE_DAMAGED);
		EXPECT(!node->nr_open);
		list_del(&node->list);
		kfree(node);
	}
}

/* As it is done at boot */
static void adopt(u64 first, u64 nr)
{
	int err = pkram_nodes_adopt(first, nr);

	EXPECT(err >= 0 || err == -EBADMSG);
	err = pkram_nodes_settle();
	EXPECT(!err || err == -ENOMEM || err == -EBADMSG);
}

/* ------------------------------------------------------------------ audits */

/* What nodes in the list hold, page table included */
static u64 frames_held(void)
{
	u64 nr = pkram_pagetable.nr_tables;
	struct pkram_node *node;

	list_for_each_entry(node, &pkram_nodes, list) {
		nr++;
		if (node->state == PKRAM_NODE_IDLE)
			nr += node->ser->nr_links + node->ser->nr_pages;
	}
	return nr;
}

/* All nodes have been checked: those left are intact, also by themselves */
static void audit(void)
{
	struct pkram_node *node;

	list_for_each_entry(node, &pkram_nodes, list)
		if (node->state == PKRAM_NODE_IDLE && !node->unchecked)
			EXPECT_EQ(pkram_node_validate(node), 0);
}

/* What kinds of intact nodes there are */
static void note_nodes(void)
{
	struct pkram_node *node;
	unsigned int idle = 0, damaged = 0;

	list_for_each_entry(node, &pkram_nodes, list) {
		if (node->state != PKRAM_NODE_IDLE) {
			damaged++;
			continue;
		}
		idle++;
		fuzz_note(0, node->ser->nr_objs);
		fuzz_note(1, node->ser->nr_pages);
		fuzz_note(2, node->ser->nr_bytes);
		fuzz_note(3, node->ser->nr_links);
	}
	fuzz_note(4 + min(idle, 7U), damaged);
}

/* Frames of others than nodes may be freed, or be kept */
static int check(void)
{
	static struct model m;
	struct pkram_node *node;
	unsigned int nr = 0, before, made;
	int err;

	sim_fail_after(-1);
	model_make(&m);
	before = sim_nr_frames();
	made = frames_made();
	scoped_guard(mutex, &pkram_lock)
		err = pkram_nodes_check();
	/* It leaves nothing behind */
	EXPECT_EQ(sim_nr_frames() - before, frames_made() - made);
	if (err)
		return err;
	list_for_each_entry(node, &pkram_nodes, list) {
		if (nr < MAX_NODES && m.known)
			EXPECT_EQ(m.intact[nr], node->state == PKRAM_NODE_IDLE);
		nr++;
	}
	EXPECT(frames_held() <= pkram_pagetable.nr_set);
	audit();
	note_nodes();
	return 0;
}

/* -------------------------------------------------------------- operations */

/* Everything of an object, or up to an error */
static int load_obj(struct pkram_stream *ps)
{
	PKRAM_ACCESS(pages_in, ps, pages);
	PKRAM_ACCESS(bytes_in, ps, bytes);
	const struct pkram_obj_ser *ser = &ps->obj->ser;
	static u8 buf[1000];
	u64 nr_frames = 0, nr_bytes = 0;
	unsigned int nr_folios = 0;
	ssize_t n = 1;

	while (ser->flags & PKRAM_OBJ_PAGES && nr_folios < 200 && n > 0) {
		struct pkram_loaded one[7];
		ssize_t i;

		n = pkram_load_folios(&pages_in, one, ARRAY_SIZE(one));
		for (i = 0; i < n; i++) {
			nr_frames += folio_nr_pages(one[i].folio);
			folio_put(one[i].folio);
		}
		nr_folios += n > 0 ? n : 0;
	}
	pkram_finish_access(&pages_in, true);
	if (n < 0)
		return n;
	EXPECT(nr_frames <= ser->nr_pages);
	EXPECT(nr_frames == ser->nr_pages || n);
	n = sizeof(buf);
	while (ser->flags & PKRAM_OBJ_BYTES && n == sizeof(buf)) {
		n = pkram_read(&bytes_in, buf, sizeof(buf));
		EXPECT(n >= 0);
		nr_bytes += n;
	}
	EXPECT_EQ(nr_bytes, ser->nr_bytes);
	pkram_finish_access(&bytes_in, true);
	return 0;
}

static void do_load(struct pkram_node *node, bool finish)
{
	struct pkram_stream ps;
	u64 nr_objs = 0, was;
	int err;

	err = pkram_prepare_load(&ps, node->name);
	if (err) {
		EXPECT(err == -EBADMSG || err == -ENOMEM);
		EXPECT(node->state == (err == -EBADMSG ? PKRAM_NODE_DAMAGED :
							 PKRAM_NODE_IDLE) ||
		       err == -ENOMEM);
		return;
	}
	was = node->ser->nr_objs;
	while (!err && !(err = pkram_prepare_load_obj(&ps))) {
		err = load_obj(&ps);
		nr_objs++;
		pkram_finish_load_obj(&ps);
	}
	EXPECT(err == -EBADMSG || err == -EHWPOISON ||
	       (err == -ENODATA && nr_objs == was));
	if (finish && err == -ENODATA) {
		u64 held = 1 + node->ser->nr_links + node->ser->nr_pages;
		u64 set = pkram_pagetable.nr_set;

		fuzz_note(12, held);
		pkram_finish_load(&ps);
		EXPECT(!pkram_pagetable.nr_set ||
		       pkram_pagetable.nr_set == set - held);
	} else {
		pkram_abort_load(&ps);
		EXPECT_EQ(node->state, PKRAM_NODE_IDLE);
	}
}

static void do_displace(const struct head *head)
{
	int err;

	frames_ban(head->ban_pfn, min_t(u16, head->ban_nr, 1024));
	scoped_guard(mutex, &pkram_lock)
		err = pkram_displace();
	EXPECT(!err || err == -ENOMEM || err == -EHWPOISON || err == -EBADMSG);
	if (!err) {
		guard(mutex)(&pkram_pagetable_lock);
		EXPECT(!pkram_next_conflict(0));
	}
	frames_ban(0, 0);
	fuzz_note(13, -err);
}

static void do_sweep(void)
{
	struct pkram_node *node;
	int err;

	scoped_guard(mutex, &pkram_lock)
		err = pkram_nodes_sweep();
	EXPECT(!err || err == -ENOMEM || err == -EBADMSG);
	if (err)
		return;
	if (!list_empty(&pkram_nodes))
		EXPECT_EQ(frames_held(), pkram_pagetable.nr_set);
	/* Damaged for ever, and by name */
	list_for_each_entry(node, &pkram_nodes, list)
		if (node->state == PKRAM_NODE_DAMAGED)
			EXPECT(pkram_node_ser_validate(node->ser) &&
			       !strcmp(node->ser->name, node->name) &&
			       node->ser->nr_objs && !node->ser->nr_links);
}

static void do_hand_over(void)
{
	u64 first, nr;

	scoped_guard(mutex, &pkram_lock)
		first = pkram_nodes_seal(&nr);
	EXPECT_EQ(nr, list_count_nodes(&pkram_nodes));
	forget_nodes();
	adopt(first, nr);
	EXPECT_EQ(nr, list_count_nodes(&pkram_nodes));
}

static void operate(const struct head *head, u8 what)
{
	struct pkram_node *node = node_nr(what >> 3);

	switch (what & 7) {
	case OP_LOAD:
	case OP_ABORT:
		if (node)
			do_load(node, (what & 7) == OP_LOAD);
		break;
	case OP_DROP:
		if (node)
			pkram_drop(node->name);
		break;
	case OP_DISPLACE:
		do_displace(head);
		break;
	case OP_SWEEP:
		do_sweep();
		break;
	case OP_CHECK:
		check();
		break;
	case OP_HAND_OVER:
		do_hand_over();
		break;
	}
}

void fuzz_one(const u8 *data, size_t size)
{
	struct head head;
	size_t skip = min(size, sizeof(head));
	unsigned int nr_nodes, i;
	u64 first;

	frames_begin();
	fuzz_head(&head, sizeof(head), data, size);
	first = build(&head, data + skip, size - skip, &nr_nodes);
	if (head.repair & ADOPT) {
		adopt(first, (s64)nr_nodes + head.nr_nodes);
	} else {
		list_nodes();
		check();
	}
	for (i = 0; i < NR_OPS; i++) {
		sim_fail_after(head.fail_after && head.fail_op % NR_OPS == i ?
			       head.fail_after - 1 : -1);
		operate(&head, head.op[i]);
		sim_fail_after(-1);
		audit();
	}
	check();
	EXPECT_EQ(pkram_pagetable_validate(&pkram_pagetable), 0);
	EXPECT(!pkram_lock.held && !pkram_pagetable_lock.held);
	forget_nodes();
	frames_end();
}
