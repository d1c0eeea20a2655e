// SPDX-License-Identifier: GPL-2.0
/*
 * The fuzzer of nodes: what must be found by a directory, whatever is in it. As
 * in nodes_model.c it is not judged again whether a page by itself is good.
 */
#include <errno.h>

#include "nodes.h"

/* What comes of an entry */
struct expected {
	u64 pfn;	/* the node's page, 0 when that is damaged */
	u32 name_crc;
	u32 name_len;
	bool nameless;
	char name[PKRAM_NAME_MAX + 1];
};

static struct expected expected[MAX_LIST];
static unsigned int nr_expected;

/* Links that are read are freed, so nothing refers to them afterwards */
static u64 links_read[MAX_LIST];
static unsigned int nr_read;

/* Is a frame the page of a table, which is not to be freed? */
static bool is_table(const u64 *table, unsigned int level, u64 pfn)
{
	unsigned int i;

	if (!table || pkram_virt_to_pfn(table) == pfn)
		return table;
	for (i = 0; level && i < PKRAM_PT_ENTRIES; i++)
		if (table[i] &&
		    is_table(pkram_pfn_to_virt(table[i] & PKRAM_PT_PFN_MASK),
			     level - 1, pfn))
			return true;
	return false;
}

static bool readable(u64 pfn)
{
	unsigned int i;

	for (i = 0; i < nr_read; i++)
		if (links_read[i] == pfn)
			return false;
	return pkram_frames_preserved(pfn, 1) && !sim_poisoned(pfn) &&
	       !is_table(pkram_pagetable.root, PKRAM_PT_LEVELS - 1, pfn);
}

/* Only the first of those of one name is of use */
static bool same(const struct expected *a, const struct expected *b)
{
	return !a->nameless && !b->nameless && !strcmp(a->name, b->name);
}

static bool expect_entry(const struct pkram_dir_ser *entry)
{
	const struct pkram_node_ser *ser = pkram_pfn_to_virt(entry->node_pfn);
	struct expected *e = &expected[nr_expected];
	const u32 len = entry->name_len;
	unsigned int i;

	*e = (struct expected){ .name_crc = entry->name_crc, .name_len = len };
	if (readable(entry->node_pfn) &&
	    strnlen((const char *)ser->name, sizeof(ser->name)) == len &&
	    pkram_crc(PKRAM_CRC_SEED, ser->name, len) == entry->name_crc) {
		memcpy(e->name, ser->name, len);
		if (pkram_node_ser_validate(ser))
			e->pfn = entry->node_pfn;
	} else {
		e->nameless = true;
		snprintf(e->name, sizeof(e->name), "unknown-%llx",
			 entry->node_pfn);
	}
	for (i = 0; i < nr_expected; i++)
		if (same(&expected[i], e))
			return false;
	EXPECT(++nr_expected < MAX_LIST);
	return true;
}

/* Is everything there that should be? */
static bool expect_nodes(u64 pfn, u64 nr)
{
	const struct pkram_link_ser *link;
	bool all = true;
	u64 pos = 0;
	u32 i;

	nr_expected = 0;
	nr_read = 0;
	for (; pfn; pfn = link->next_pfn) {
		if (!readable(pfn))
			return false;
		link = pkram_pfn_to_virt(pfn);
		if (!pkram_link_validate(link, PKRAM_LINK_NODES, pos) ||
		    link->nr > nr || pos > nr - link->nr)
			return false;
		for (i = 0; i < link->nr; i++)
			all &= expect_entry(&link->nodes[i]);
		pos += link->nr;
		EXPECT(nr_read < MAX_LIST);
		links_read[nr_read++] = pfn;
	}
	return all && pos == nr;
}

static void compare_node(const struct pkram_node *node,
			 const struct expected *e)
{
	const u64 pfn = pkram_virt_to_pfn(node->ser);

	EXPECT_EQ(node->name_len, e->name_len);
	EXPECT_EQ(node->name_crc, e->name_crc);
	EXPECT_EQ(node->nameless, e->nameless);
	EXPECT(!strcmp(node->name, e->name));
	EXPECT(pkram_frames_preserved(pfn, 1));
	EXPECT(pkram_node_ser_validate(node->ser));
	EXPECT(!strcmp((char *)node->ser->name, node->name));
	if (e->pfn) {
		EXPECT_EQ(pfn, e->pfn);
		EXPECT(node->state == PKRAM_NODE_IDLE && node->unchecked);
	} else {
		EXPECT(pfn >= FRAMES_NEW && !sim_poisoned(pfn));
		EXPECT_EQ(node->state, PKRAM_NODE_DAMAGED);
		EXPECT(node->ser->nr_objs && !node->ser->nr_links &&
		       !node->ser->nr_pages);
	}
}

/* When there was no memory the last ones may be missing */
static void compare_nodes(bool enomem)
{
	unsigned int nr = 0, damaged = 0;
	struct pkram_node *node;

	list_for_each_entry(node, &pkram_nodes, list) {
		EXPECT(nr < nr_expected);
		damaged += !expected[nr].pfn;
		compare_node(node, &expected[nr++]);
	}
	EXPECT(nr == nr_expected || enomem);
	fuzz_note(14, damaged);
	fuzz_note(15, nr - damaged);
}

void dir_audit(bool may_be_short)
{
	const u64 want = DIV_ROUND_UP(list_count_nodes(&pkram_nodes),
				      PKRAM_LINK_MAX_NODES);
	const struct pkram_link_ser *link;
	unsigned int nr = 0;
	u64 pfn;

	for (pfn = pkram_dir_pfn; pfn; pfn = link->next_pfn) {
		EXPECT(nr++ < pkram_dir_links);
		EXPECT(pkram_frames_preserved(pfn, 1));
		link = pkram_pfn_to_virt(pfn);
		EXPECT(link->magic == PKRAM_LINK_MAGIC &&
		       link->type == PKRAM_LINK_NODES);
	}
	EXPECT_EQ(nr, pkram_dir_links);
	EXPECT(nr == want || (nr < want && may_be_short));
}

/* What is intact now stays so, and what belongs to nobody is found */
static void settle(void)
{
	static struct model m;
	struct pkram_node *node;
	unsigned int nr = 0;

	model_make(&m);
	EXPECT_EQ(pkram_nodes_settle(), 0);
	list_for_each_entry(node, &pkram_nodes, list) {
		if (m.known && m.intact[nr])
			EXPECT_EQ(pkram_node_validate(node), 0);
		nr++;
	}
	EXPECT_EQ(nodes_frames(), pkram_pagetable.nr_set);
}

bool dir_adopt(u64 first, u64 nr)
{
	const bool all = expect_nodes(first, nr);
	unsigned int i;
	int found;
	bool failed;

	found = pkram_nodes_adopt(first, nr);
	failed = sim_failed();
	sim_fail_after(-1);
	compare_nodes(failed);
	dir_audit(failed);
	for (i = 0; i < nr_read && !failed; i++)
		EXPECT(!pkram_frames_preserved(links_read[i], 1));
	if (failed)
		EXPECT_EQ(found, -ENOMEM);
	else if (all)
		EXPECT_EQ(found, nr_expected);
	else
		EXPECT_EQ(found, -EBADMSG);
	settle();
	return !failed;
}

/* The page of a node is overwritten while nobody looks */
static void overwrite(struct pkram_node *node, unsigned int at)
{
	((u8 *)node->ser)[at % sizeof(*node->ser)] ^= 1;
}

void dir_hand_over(unsigned int victim, unsigned int at)
{
	static struct expected before[MAX_LIST];
	struct pkram_node *node;
	unsigned int i = 0;
	u64 first, nr;
	bool all;

	list_for_each_entry(node, &pkram_nodes, list) {
		struct expected *e = &before[i++];

		e->pfn = node->state == PKRAM_NODE_IDLE;
		e->name_crc = node->name_crc;
		e->name_len = node->name_len;
		e->nameless = node->nameless;
		memcpy(e->name, node->name, sizeof(e->name));
	}
	if (victim && node_nr(victim - 1))
		overwrite(node_nr(victim - 1), at);

	/* The first time it does not come to the kexec after all */
	scoped_guard(mutex, &pkram_lock) {
		pkram_nodes_seal(&nr);
		first = pkram_nodes_seal(&nr);
	}
	/* There may have been no memory for all of the directory */
	EXPECT_EQ(nr, min(i, pkram_dir_links * (u32)PKRAM_LINK_MAX_NODES));
	nodes_forget();
	all = dir_adopt(first, nr);

	i = 0;
	list_for_each_entry(node, &pkram_nodes, list) {
		const struct expected *e = &before[i++];

		EXPECT(node->name_crc == e->name_crc &&
		       node->name_len == e->name_len &&
		       node->nameless == e->nameless);
		EXPECT(e->nameless || !strcmp(node->name, e->name));
		if (i == victim)
			EXPECT(node->state == PKRAM_NODE_DAMAGED ||
			       pkram_node_validate(node) == -EBADMSG);
	}
	EXPECT(i == nr || (i < nr && !all));
}
