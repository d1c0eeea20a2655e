// SPDX-License-Identifier: GPL-2.0
/*
 * PKRAM: the directory of nodes, by which the next kernel finds them.
 *
 * A chain of links that name the page of each node. It always has room for all
 * nodes there are, and is filled in when they are handed over. A node whose own
 * page has been damaged is known by the directory, so it is neither taken for one
 * that never was, nor in the way of others.
 *
 * Lock order: pkram_lock, then pkram_pagetable_lock.
 */
#define pr_fmt(fmt) "pkram: " fmt

#include <linux/slab.h>
#include <linux/string.h>

#include "pkram_internal.h"

/* First link of the directory, and their number; under pkram_lock */
u64 pkram_dir_pfn;
unsigned int pkram_dir_links;

/**
 * pkram_name_crc() - what the directory knows of a node's name
 * @name: the name
 * @len: its length in bytes
 *
 * Context: Any.
 * Return: its checksum.
 */
u32 pkram_name_crc(const char *name, size_t len)
{
	return pkram_crc(PKRAM_CRC_SEED, name, len);
}

/**
 * pkram_dir_resize() - make the directory as large as it has to be
 * @gfp: how to allocate
 * @more: nodes that there will be, more than are in the list
 *
 * Context: May sleep. Caller holds pkram_lock. Takes pkram_pagetable_lock.
 * Return: 0 or -ENOMEM, never when @more is 0 and nodes have only gone.
 */
int pkram_dir_resize(gfp_t gfp, unsigned int more)
{
	const size_t nr = list_count_nodes(&pkram_nodes) + more;
	struct pkram_link_ser *link;

	lockdep_assert_held(&pkram_lock);
	while (pkram_dir_links < DIV_ROUND_UP(nr, PKRAM_LINK_MAX_NODES)) {
		link = pkram_link_alloc(PKRAM_LINK_NODES, gfp);
		if (!link)
			return -ENOMEM;
		link->next_pfn = pkram_dir_pfn;
		pkram_dir_pfn = pkram_virt_to_pfn(link);
		pkram_dir_links++;
	}
	while (pkram_dir_links > DIV_ROUND_UP(nr, PKRAM_LINK_MAX_NODES)) {
		link = pkram_pfn_to_virt(pkram_dir_pfn);
		pkram_dir_pfn = link->next_pfn;
		pkram_dir_links--;
		pkram_meta_free(link);
	}
	return 0;
}

/* ------------------------------------------------------------ sealing */

/* Make the page of a node ready for the next kernel; false to leave it out */
static bool pkram_node_seal(struct pkram_node *node)
{
	if (node->state == PKRAM_NODE_SAVING)
		pr_warn("node '%s' is still being saved and will be lost\n",
			node->name);
	if (!pkram_node_complete(node))
		return false;
	/* Not to be read; the next kernel is told that it has failed */
	if (PageHWPoison(virt_to_page(node->ser))) {
		pr_err("the page of node '%s' has failed, it is handed over as damaged\n",
		       node->name);
		return true;
	}
	if (!pkram_node_ser_validate(node->ser)) {
		pr_err("node '%s' has been overwritten and is lost\n",
		       node->name);
		pkram_node_write_off(node);
	}
	return true;
}

/**
 * pkram_nodes_seal() - fill in the directory for the next kernel
 * @nr: where to put the number of nodes
 *
 * Nodes still being saved are reported and left out; so are those being freed,
 * whose loads are complete. One whose page has been overwritten or has failed is
 * handed over as damaged, so that its name is not taken for free.
 *
 * Context: Caller holds pkram_lock. Cannot fail.
 * Return: frame of the first link of the directory, 0 when there is none.
 */
u64 pkram_nodes_seal(u64 *nr)
{
	struct pkram_link_ser *link = pkram_link_next(pkram_dir_pfn);
	struct pkram_node *node;

	lockdep_assert_held(&pkram_lock);
	*nr = 0;
	for (; link; link = pkram_link_next(link->next_pfn))
		link->nr = 0;

	link = pkram_link_next(pkram_dir_pfn);
	list_for_each_entry(node, &pkram_nodes, list) {
		if (!pkram_node_seal(node))
			continue;
		if (link && link->nr == PKRAM_LINK_MAX_NODES)
			link = pkram_link_next(link->next_pfn);
		/* Only after there was no memory for it at boot */
		if (!link) {
			pr_err("node '%s' and those after it are lost\n",
			       node->name);
			break;
		}
		link->nodes[link->nr++] = (struct pkram_dir_ser) {
			.node_pfn = pkram_virt_to_pfn(node->ser),
			.name_crc = node->name_crc,
			.name_len = node->name_len,
		};
		++*nr;
	}

	link = pkram_link_next(pkram_dir_pfn);
	for (u64 start = 0; link; link = pkram_link_next(link->next_pfn)) {
		link->start = start;
		start += link->nr;
		pkram_link_seal(link);
	}
	return pkram_dir_pfn;
}

/* ----------------------------------------------------------- adopting */

/*
 * May the page of a node, or of the directory, be read, and freed after that?
 * The page table, whose pages @tables has, stays in use.
 */
static bool pkram_dir_readable(const struct pkram_pagetable *tables, u64 pfn)
{
	return pkram_frames_preserved(pfn, 1) &&
	       !pkram_pagetable_test(tables, pfn) &&
	       !PageHWPoison(pfn_to_page(pfn));
}

/* Is the name in a node's page, whatever else is in it, the right one? */
static bool pkram_name_intact(const struct pkram_node_ser *ser,
			      const struct pkram_dir_ser *entry)
{
	return !memchr(ser->name, 0, entry->name_len) &&
	       !ser->name[entry->name_len] &&
	       pkram_name_crc(ser->name, entry->name_len) == entry->name_crc;
}

/*
 * Take over a node whose page is damaged. It gets a new one: nobody knows what
 * the old one really is.
 */
static int pkram_node_adopt_damaged(struct pkram_node *node, bool readable,
				    const struct pkram_dir_ser *entry)
{
	const struct pkram_node_ser *ser = pkram_pfn_to_virt(entry->node_pfn);

	node->ser = pkram_meta_alloc(GFP_KERNEL | __GFP_ZERO);
	if (!node->ser)
		return -ENOMEM;
	if (readable && pkram_name_intact(ser, entry)) {
		memcpy(node->name, ser->name, entry->name_len);
	} else {
		node->nameless = true;
		scnprintf(node->name, sizeof(node->name), "unknown-%llx",
			  entry->node_pfn);
	}
	pkram_node_damaged(node, PKRAM_DAMAGE_PAGE);
	pkram_node_write_off(node);
	pr_err("node '%s' is damaged\n", node->name);
	return 0;
}

static int pkram_node_adopt(const struct pkram_pagetable *tables,
			    const struct pkram_dir_ser *entry)
{
	struct pkram_node_ser *ser = pkram_pfn_to_virt(entry->node_pfn);
	const bool readable = pkram_dir_readable(tables, entry->node_pfn);
	struct pkram_node *node;
	int err = 0;

	node = kzalloc(sizeof(*node), GFP_KERNEL);
	if (!node)
		return -ENOMEM;
	node->handed_over = true;
	node->name_len = entry->name_len;
	node->name_crc = entry->name_crc;
	if (readable && pkram_node_ser_validate(ser) &&
	    ser->name_len == entry->name_len && pkram_name_intact(ser, entry)) {
		node->ser = ser;
		memcpy(node->name, ser->name, entry->name_len);
		node->state = PKRAM_NODE_IDLE;
		node->unchecked = true;
		node->fresh = true;
	} else {
		err = pkram_node_adopt_damaged(node, readable, entry);
	}
	if (!err && !node->nameless && pkram_node_named(node->name)) {
		pr_err("there is more than one node '%s'\n", node->name);
		if (node->state == PKRAM_NODE_DAMAGED)
			pkram_meta_free(node->ser);
		err = -EEXIST;
	}
	if (err)
		kfree(node);
	else
		list_add_tail(&node->list, &pkram_nodes);
	return err;
}

/**
 * pkram_nodes_adopt() - take over the nodes of the previous kernel
 * @pfn: first link of its directory, 0 when there is none
 * @nr: how many nodes there should be
 *
 * The page table has been adopted before. A page that is no link of the directory
 * ends the search, because what follows cannot be found then; its frames stay
 * preserved until pkram_nodes_settle().
 *
 * Context: May sleep. Takes pkram_lock and pkram_pagetable_lock.
 * Return: number of nodes found, -ENOMEM, or -EBADMSG when some could not be; the
 * others have been taken over.
 */
int pkram_nodes_adopt(u64 pfn, u64 nr)
{
	struct pkram_pagetable tables = { };
	u64 pos = 0, found = 0;
	int err;
	u32 i;

	guard(mutex)(&pkram_lock);
	scoped_guard(pkram_pagetable)
		err = pkram_pagetable_mark_tables(&pkram_pagetable, &tables);
	/* A link is freed when it has been read: a chain cannot come back to it */
	while (pfn && !err) {
		struct pkram_link_ser *link = pkram_pfn_to_virt(pfn);

		if (!pkram_dir_readable(&tables, pfn) ||
		    !pkram_link_validate(link, PKRAM_LINK_NODES, pos) ||
		    link->nr > nr - pos) {
			err = -EBADMSG;
			break;
		}
		for (i = 0; i < link->nr && !err; i++) {
			err = pkram_node_adopt(&tables, &link->nodes[i]);
			if (!err)
				found++;
			else if (err == -EEXIST)
				err = 0;
			cond_resched();
		}
		pos += link->nr;
		pfn = link->next_pfn;
		pkram_meta_free(link);
	}
	pkram_pagetable_destroy(&tables);
	if (!err && found < nr)
		err = -EBADMSG;
	if (err)
		pr_err("directory of nodes: %s, %llu of %llu nodes cannot be found\n",
		       err == -ENOMEM ? "no memory" : "damaged", nr - found, nr);
	return pkram_dir_resize(GFP_KERNEL, 0) ?: err ?: found;
}
