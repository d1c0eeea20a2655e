// SPDX-License-Identifier: GPL-2.0
/*
 * Nodes, objects and the chains of links that hold their streams.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../pkram.h"
#include "dump.h"

static const char *const link_name[] = {
	[PKRAM_LINK_OBJS] = "objects",
	[PKRAM_LINK_RUNS] = "runs",
	[PKRAM_LINK_BYTES] = "bytes",
	[PKRAM_LINK_NODES] = "directory",
};

static const size_t entry_size[] = {
	[PKRAM_LINK_OBJS] = sizeof(struct pkram_obj_ser),
	[PKRAM_LINK_RUNS] = sizeof(struct pkram_run_ser),
	[PKRAM_LINK_BYTES] = 1,
	[PKRAM_LINK_NODES] = sizeof(struct pkram_dir_ser),
};

/* -------------------------------------------------------------- chains */

/* A chain as its referrer tells of it, and what has been found of it */
struct chain {
	uint32_t type;
	uint64_t pfn;
	uint64_t max_links;
	uint64_t links;
	uint64_t length;	/* objects, frames, bytes or nodes */
};

static uint64_t run_frames(const struct pkram_run_ser *run)
{
	const uint64_t nr = run->where >> PKRAM_RUN_NR_HI_SHIFT << PKRAM_RUN_NR_LO_BITS |
			    run->index >> PKRAM_RUN_NR_LO_SHIFT;
	const unsigned int order = run->where >> PKRAM_RUN_ORDER_SHIFT &
				   PKRAM_RUN_ORDER_MASK;

	return nr << order;
}

static bool link_right(int level, const struct chain *c, uint64_t pfn,
		       const struct pkram_link_ser *link)
{
	const uint32_t max = PKRAM_LINK_PAYLOAD / entry_size[c->type];
	uint32_t crc;

	if (link->magic != PKRAM_LINK_MAGIC || link->type != c->type ||
	    link->nr > max || (!link->nr && c->type != PKRAM_LINK_NODES) ||
	    link->next_pfn > PKRAM_PT_PFN_MASK) {
		bad(level, "link %#" PRIx64 ": magic %#x, type %u, %u entries, next %#" PRIx64
		    ": no link of %s", pfn, link->magic, link->type, link->nr,
		    (uint64_t)link->next_pfn, link_name[c->type]);
		return false;
	}
	crc = crc32c_without(link, PKRAM_LINK_HEADER + link->nr * entry_size[c->type],
			     offsetof(struct pkram_link_ser, crc));
	if (link->crc != crc) {
		bad(level, "link %#" PRIx64 ": checksum is %#x, should be %#x", pfn,
		    link->crc, crc);
		return false;
	}
	/* Positions only grow, so a chain cannot come back to where it was */
	if (link->start != c->length) {
		bad(level, "link %#" PRIx64 ": begins at %" PRIu64 ", should at %" PRIu64,
		    pfn, (uint64_t)link->start, c->length);
		return false;
	}
	return true;
}

/* Read the link, and go on to the next; false at the end, or when it is damaged */
static bool chain_next(int level, struct chain *c, struct pkram_link_ser *link)
{
	const uint64_t pfn = c->pfn;

	if (!pfn)
		return false;
	if (c->links++ == c->max_links) {
		bad(level, "link %#" PRIx64 " of %s is one more than there are", pfn,
		    link_name[c->type]);
		return false;
	}
	if (!table_use(level, "link", pfn, 1))
		return false;
	if (!core_frame(pfn, link)) {
		bad(level, "link %#" PRIx64 " of %s is not in the core", pfn,
		    link_name[c->type]);
		return false;
	}
	if (!link_right(level, c, pfn, link))
		return false;
	if (show.links)
		say(level, "link %#" PRIx64 ": %s, %u from %" PRIu64 ", next %#" PRIx64,
		    pfn, link_name[c->type], link->nr, (uint64_t)link->start,
		    (uint64_t)link->next_pfn);
	if (c->type != PKRAM_LINK_RUNS)
		c->length += link->nr;
	else
		for (uint32_t i = 0; i < link->nr; i++)
			c->length += run_frames(&link->runs[i]);
	c->pfn = link->next_pfn;
	return true;
}

static void chain_end(int level, const struct chain *c, uint64_t length)
{
	if (c->links != c->max_links || c->length != length)
		bad(level, "%s: %" PRIu64 " in %" PRIu64 " links, should be %" PRIu64
		    " in %" PRIu64, link_name[c->type], c->length, c->links, length,
		    c->max_links);
}

/* ------------------------------------------------------------- streams */

static bool run_print(int level, const struct pkram_run_ser *run)
{
	const uint64_t pfn = run->where & PKRAM_RUN_PFN_MASK;
	const unsigned int order = run->where >> PKRAM_RUN_ORDER_SHIFT &
				   PKRAM_RUN_ORDER_MASK;
	const unsigned int flags = run->where >> PKRAM_RUN_FLAGS_SHIFT &
				   PKRAM_RUN_FLAGS_MASK;
	const uint64_t index = run->index & PKRAM_RUN_INDEX_MASK;
	const uint64_t frames = run_frames(run);

	if (show.runs)
		say(level, "run: index %#" PRIx64 ", frame %#" PRIx64 ", %" PRIu64
		    " of order %u,%s%s", index, pfn, frames >> order, order,
		    flags & PKRAM_RUN_UPTODATE ? " uptodate" : "",
		    flags & PKRAM_RUN_DIRTY ? " dirty" : "");
	if (order > PKRAM_ORDER_MAX || flags & ~PKRAM_RUN_ALL_FLAGS || !pfn ||
	    !frames || (pfn | index) & ((1ULL << order) - 1) ||
	    pfn + frames > PKRAM_RUN_PFN_MASK + 1 ||
	    index + frames > PKRAM_RUN_INDEX_MASK + 1) {
		bad(level, "run %#" PRIx64 " %#" PRIx64 " cannot be right",
		    (uint64_t)run->where, (uint64_t)run->index);
		return false;
	}
	return table_use(level, "run", pfn, frames);
}

static void pages_print(int level, const struct pkram_obj_ser *obj)
{
	struct chain c = { PKRAM_LINK_RUNS, obj->pages_pfn, obj->nr_page_links, 0, 0 };
	struct pkram_link_ser link;

	while (chain_next(level, &c, &link))
		for (uint32_t i = 0; i < link.nr; i++)
			if (!run_print(level + 1, &link.runs[i]))
				return;
	chain_end(level, &c, obj->nr_pages);
}

static void stream_print(int level, const struct pkram_obj_ser *obj)
{
	struct chain c = { PKRAM_LINK_BYTES, obj->bytes_pfn, obj->nr_byte_links, 0, 0 };
	struct pkram_link_ser link;
	struct bytes bytes = { };

	while (chain_next(level, &c, &link))
		bytes_print(level + 1, &bytes, link.bytes, link.nr);
	bytes_end(level + 1, &bytes);
	chain_end(level, &c, obj->nr_bytes);
}

/* --------------------------------------------------------------- nodes */

/* Found by chance: it must be nothing else */
bool node_looks_right(const void *page)
{
	const struct pkram_node_ser *node = page;

	return node->magic == PKRAM_NODE_MAGIC &&
	       node->crc == crc32c_without(node, sizeof(*node),
					   offsetof(struct pkram_node_ser, crc));
}

static void node_check(int level, const struct pkram_node_ser *node)
{
	const uint32_t crc = crc32c_without(node, sizeof(*node),
					    offsetof(struct pkram_node_ser, crc));

	if (node->magic != PKRAM_NODE_MAGIC)
		bad(level, "magic is %#" PRIx64, (uint64_t)node->magic);
	if (node->crc != crc)
		bad(level, "checksum is %#x, should be %#x", node->crc, crc);
	if (node->flags || node->reserved)
		bad(level, "flags %#x, reserved %#x: should be 0", node->flags,
		    node->reserved);
	if (!node->name_len || node->name_len > PKRAM_NAME_MAX ||
	    strnlen((const char *)node->name, sizeof(node->name)) != node->name_len)
		bad(level, "length of its name is %u", node->name_len);
	for (size_t i = node->name_len; i < sizeof(node->name); i++) {
		if (!node->name[i])
			continue;
		bad(level, "bytes after its name are not 0");
		break;
	}
}

/* A stream has a chain exactly when there is something in it */
static bool stream_right(uint64_t flag, uint64_t pfn, uint64_t length, uint64_t links)
{
	return !pfn == !length && !pfn == !links && (flag || !pfn);
}

static void object_print(int level, uint64_t n, const struct pkram_obj_ser *obj)
{
	say(level, "object %" PRIu64 ":%s%s %" PRIu64 " frames (%s) in %" PRIu64
	    " links, %" PRIu64 " bytes in %" PRIu64 " links", n,
	    obj->flags & PKRAM_OBJ_PAGES ? " pages" : "",
	    obj->flags & PKRAM_OBJ_BYTES ? " bytes" : "",
	    (uint64_t)obj->nr_pages, human(obj->nr_pages * FRAME),
	    (uint64_t)obj->nr_page_links, (uint64_t)obj->nr_bytes,
	    (uint64_t)obj->nr_byte_links);
	if (!obj->flags || obj->reserved ||
	    obj->flags & ~(uint64_t)(PKRAM_OBJ_PAGES | PKRAM_OBJ_BYTES) ||
	    !stream_right(obj->flags & PKRAM_OBJ_PAGES, obj->pages_pfn, obj->nr_pages,
			  obj->nr_page_links) ||
	    !stream_right(obj->flags & PKRAM_OBJ_BYTES, obj->bytes_pfn, obj->nr_bytes,
			  obj->nr_byte_links))
		bad(level + 1, "flags %#" PRIx64 ", reserved %#" PRIx64,
		    (uint64_t)obj->flags, (uint64_t)obj->reserved);
	pages_print(level + 1, obj);
	stream_print(level + 1, obj);
}

static void objects_print(int level, const struct pkram_node_ser *node)
{
	const uint64_t max = PKRAM_LINK_MAX_OBJS;
	struct chain c = { PKRAM_LINK_OBJS, node->obj_pfn,
			   (node->nr_objs + max - 1) / max, 0, 0 };
	struct pkram_obj_ser total = { };
	uint64_t links = 0, n = 0;
	struct pkram_link_ser link;

	/* A node whose contents are known to be gone */
	if (node->nr_objs && !node->nr_links) {
		say(level, "what it held was damaged, and is gone");
		return;
	}
	while (chain_next(level, &c, &link)) {
		for (uint32_t i = 0; i < link.nr; i++) {
			const struct pkram_obj_ser *obj = &link.objs[i];

			object_print(level, n++, obj);
			total.nr_pages += obj->nr_pages;
			total.nr_bytes += obj->nr_bytes;
			links += obj->nr_page_links + obj->nr_byte_links;
		}
	}
	chain_end(level, &c, node->nr_objs);
	if (total.nr_pages != node->nr_pages || total.nr_bytes != node->nr_bytes ||
	    links + c.links != node->nr_links)
		bad(level, "objects have %" PRIu64 " frames, %" PRIu64 " bytes, %" PRIu64
		    " links in all", (uint64_t)total.nr_pages,
		    (uint64_t)total.nr_bytes, links + c.links);
}

/* What it is in is a page */
union node_page {
	struct pkram_node_ser ser;
	unsigned char page[FRAME];
};

static void node_line(int level, uint64_t pfn, const union node_page *node,
		      const char *state)
{
	char *name, when[64] = "?";
	const time_t saved_at = node->ser.saved_at;
	struct tm tm;

	if (gmtime_r(&saved_at, &tm))
		strftime(when, sizeof(when), "%F %T UTC", &tm);
	name = shown((const char *)node->ser.name, PKRAM_NAME_MAX);
	say(level, "node '%s' at %#" PRIx64 "%s%s: %" PRIu64 " frames (%s), %" PRIu64
	    " bytes, %" PRIu64 " objects, %" PRIu64 " links, saved %s", name, pfn,
	    state ? ", " : "", state ?: "", (uint64_t)node->ser.nr_pages,
	    human(node->ser.nr_pages * FRAME), (uint64_t)node->ser.nr_bytes,
	    (uint64_t)node->ser.nr_objs, (uint64_t)node->ser.nr_links, when);
	free(name);
}

void node_print(int level, uint64_t pfn, const char *state)
{
	/* What is not complete, or given up bit by bit, would seem to be damaged */
	const bool changes = state && (!strcmp(state, "saving") ||
				       !strcmp(state, "loading") ||
				       !strcmp(state, "freeing"));
	union node_page node;

	if (!core_frame(pfn, &node)) {
		bad(level, "node: frame %#" PRIx64 " is not in the core", pfn);
		return;
	}
	node_line(level, pfn, &node, state);
	if (changes || !table_use(level + 1, "its page", pfn, 1))
		return;
	node_check(level + 1, &node.ser);
	if (!node.ser.nr_objs != !node.ser.obj_pfn)
		bad(level + 1, "%" PRIu64 " objects, and their link is %#" PRIx64,
		    (uint64_t)node.ser.nr_objs, (uint64_t)node.ser.obj_pfn);
	objects_print(level + 1, &node.ser);
}

static void entry_print(const struct pkram_dir_ser *entry)
{
	union node_page node;

	if (!entry->name_len || entry->name_len > PKRAM_NAME_MAX)
		bad(2, "the directory knows node %#" PRIx64 " by a name of %u bytes",
		    (uint64_t)entry->node_pfn, entry->name_len);
	/* Of one whose page was damaged only the directory knows the name */
	else if (core_frame(entry->node_pfn, &node) &&
		 !(node.ser.nr_objs && !node.ser.nr_links) &&
		 (node.ser.name_len != entry->name_len ||
		  crc32c(CRC_SEED, node.ser.name, entry->name_len) != entry->name_crc))
		bad(2, "the directory knows node %#" PRIx64 " by another name",
		    (uint64_t)entry->node_pfn);
	node_print(1, entry->node_pfn, NULL);
}

void directory_print(uint64_t pfn, uint64_t nr_nodes)
{
	/* Links may be empty, as many as were ever needed */
	struct chain c = { PKRAM_LINK_NODES, pfn, PKRAM_NODES_MAX, 0, 0 };
	struct pkram_link_ser link;

	while (chain_next(1, &c, &link))
		for (uint32_t i = 0; i < link.nr; i++)
			entry_print(&link.nodes[i]);
	if (c.length != nr_nodes)
		bad(1, "directory: %" PRIu64 " nodes, super block says %" PRIu64,
		    c.length, nr_nodes);
}
