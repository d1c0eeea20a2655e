// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz nodes: which of them are intact, and what can be done with them then.
 */
#include <errno.h>

#include <linux/slab.h>

#include "nodes.h"

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

struct pkram_node *node_nr(unsigned int nr)
{
	struct pkram_node *node;

	list_for_each_entry(node, &pkram_nodes, list)
		if (!nr--)
			return node;
	return NULL;
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

		if (pages[i].kind != NODE || sim_poisoned(pages[i].pfn) ||
		    !pkram_frames_preserved(pages[i].pfn, 1) ||
		    !pkram_node_ser_validate(ser) || name_taken(ser->name))
			continue;
		node = kzalloc(sizeof(*node), GFP_KERNEL);
		node->ser = ser;
		memcpy(node->name, ser->name, sizeof(node->name));
		node->name_len = ser->name_len;
		node->name_crc = pkram_name_crc(node->name, node->name_len);
		node->state = PKRAM_NODE_IDLE;
		node->unchecked = !(pages[i].flags & CHECKED);
		list_add_tail(&node->list, &pkram_nodes);
		nr++;
	}
	guard(mutex)(&pkram_lock);
	EXPECT_EQ(pkram_dir_resize(GFP_KERNEL, 0), 0);
}

/* Also where the directory is: it is part of what is handed over */
void nodes_forget(void)
{
	struct pkram_node *node;

	pkram_dir_pfn = 0;
	pkram_dir_links = 0;

	while ((node = node_nr(0))) {
		EXPECT(node->state == PKRAM_NODE_IDLE ||
		       node->state == PKRAM_NODE_DAMAGED);
		EXPECT(!node->nr_open);
		list_del(&node->list);
		kfree(node);
	}
}

/* ------------------------------------------------------------------ audits */

/* What nodes in the list hold, page table included */
u64 nodes_frames(void)
{
	u64 nr = pkram_pagetable.nr_tables + pkram_dir_links;
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
	struct pkram_node *node, *other;

	list_for_each_entry(node, &pkram_nodes, list) {
		if (node->state == PKRAM_NODE_IDLE && !node->unchecked)
			EXPECT_EQ(pkram_node_validate(node), 0);
		list_for_each_entry(other, &pkram_nodes, list)
			EXPECT(node == other || node->nameless ||
			       other->nameless ||
			       strcmp(node->name, other->name));
	}
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
		if (m.known)
			EXPECT_EQ(m.intact[nr], node->state == PKRAM_NODE_IDLE);
		nr++;
	}
	EXPECT(nodes_frames() <= pkram_pagetable.nr_set);
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
	struct pkram_cursor cur, from;
	static u8 buf[1000];
	u64 nr_frames = 0, nr_bytes = 0;
	unsigned int nr_folios = 0;
	ssize_t n = 1;

	while (ser->flags & PKRAM_OBJ_PAGES && nr_folios < 200 && n > 0) {
		struct pkram_loaded one[7];
		ssize_t i;

		/* As several threads would, or in one piece */
		if (!nr_folios)
			pkram_cursor_begin(&cur, ps);
		if (ser->nr_pages % 2 && !pages_in.left) {
			from = cur;
			pkram_cursor_skip(&cur, 1 + nr_frames % 37);
			pkram_access_part(&pages_in, &from, cur.pos - from.pos);
		}
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

	/* Nobody knows what it is called */
	if (node->nameless)
		return;
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
	EXPECT(err == -EBADMSG || err == -EHWPOISON || err == -ENOMEM ||
	       (err == -ENODATA && nr_objs == was));
	if (finish && err == -ENODATA) {
		u64 held = 1 + node->ser->nr_links + node->ser->nr_pages;
		u64 set = pkram_pagetable.nr_set;

		fuzz_note(12, held);
		held += pkram_dir_links;
		pkram_finish_load(&ps);
		held -= pkram_dir_links;
		EXPECT(!pkram_pagetable.nr_set ||
		       pkram_pagetable.nr_set == set - held);
	} else {
		pkram_abort_load(&ps);
		EXPECT_EQ(node->state, PKRAM_NODE_IDLE);
	}
}

/* New pages come from here on */
static u64 place;

static void do_displace(const struct head *head)
{
	int err;

	if (head->ban_nr & BAN_NEW) {
		frames_ban(place + head->ban_pfn % 64, head->ban_nr % 1024);
		place += 0x10000;
		sim_place(place, 1);
	} else {
		frames_ban(head->ban_pfn, min_t(u16, head->ban_nr, 1024));
	}
	scoped_guard(mutex, &pkram_lock)
		err = pkram_displace();
	EXPECT(!err || err == -ENOMEM || err == -EHWPOISON || err == -EBADMSG);
	if (!err) {
		guard(pkram_pagetable)();
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
		EXPECT_EQ(nodes_frames(), pkram_pagetable.nr_set);
	/* Damaged for ever, and by name */
	list_for_each_entry(node, &pkram_nodes, list)
		if (node->state == PKRAM_NODE_DAMAGED)
			EXPECT(pkram_node_ser_validate(node->ser) &&
			       !strcmp(node->ser->name, node->name) &&
			       node->ser->nr_objs && !node->ser->nr_links);
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
		dir_hand_over(what >> 3, head->ban_nr);
		break;
	}
}

/* Some allocation of this operation fails, or all from there on */
static void fail(const struct head *head, unsigned int op)
{
	const u8 after = head->fail_after & ~FAIL_ONCE;

	if (!after || head->fail_op % (NR_OPS + 1) != op)
		sim_fail_after(-1);
	else if (head->fail_after & FAIL_ONCE)
		sim_fail_once(after - 1);
	else
		sim_fail_after(after - 1);
}

void fuzz_one(const u8 *data, size_t size)
{
	struct head head;
	size_t skip = min(size, sizeof(head));
	unsigned int nr_nodes, i;
	u64 first;

	frames_begin();
	fuzz_head(&head, sizeof(head), data, size);
	place = FRAMES_NEW;
	first = nodes_build(&head, data + skip, size - skip, &nr_nodes);
	if (head.repair & ADOPT) {
		fail(&head, NR_OPS);
		dir_adopt(first, (s64)nr_nodes + head.nr_nodes);
	} else {
		list_nodes();
		check();
	}
	for (i = 0; i < NR_OPS; i++) {
		fail(&head, i);
		operate(&head, head.op[i]);
		sim_fail_after(-1);
		audit();
		dir_audit(head.fail_after);
	}
	check();
	EXPECT_EQ(pkram_pagetable_validate(&pkram_pagetable), 0);
	EXPECT(!pkram_lock.held && !pkram_pagetable_lock.held);
	nodes_forget();
	frames_end();
}
