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

/* Of a structure without its field crc, which is of 32 bits */
static uint32_t crc_without(const void *p, size_t len, size_t skip)
{
	return crc32c(crc32c(CRC_SEED, p, skip),
		      (const char *)p + skip + sizeof(uint32_t),
		      len - skip - sizeof(uint32_t));
}

static void check_preserved(int level, const char *what, uint64_t pfn, uint64_t nr)
{
	const uint64_t missing = table_missing(pfn, nr);

	if (missing)
		bad(level, "%s: %" PRIu64 " frames from %#" PRIx64 " on are not preserved",
		    what, missing, pfn);
}

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
	    link->nr > max) {
		bad(level, "link %#" PRIx64 ": magic %#x, type %u, %u entries: no link of %s",
		    pfn, link->magic, link->type, link->nr, link_name[c->type]);
		return false;
	}
	crc = crc_without(link, PKRAM_LINK_HEADER + link->nr * entry_size[c->type],
			  offsetof(struct pkram_link_ser, crc));
	if (link->crc != crc)
		bad(level, "link %#" PRIx64 ": checksum is %#x, should be %#x", pfn,
		    link->crc, crc);
	if (link->start != c->length)
		bad(level, "link %#" PRIx64 ": begins at %" PRIu64 ", should at %" PRIu64,
		    pfn, (uint64_t)link->start, c->length);
	return crc == link->crc;
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
	if (!core_frame(pfn, link)) {
		bad(level, "link %#" PRIx64 " of %s is not in the core", pfn,
		    link_name[c->type]);
		return false;
	}
	check_preserved(level, "link", pfn, 1);
	if (!link_right(level, c, pfn, link))
		return false;
	if (show.links)
		say(level, "link %#" PRIx64 ": %s, %u from %" PRIu64 ", next %#" PRIx64,
		    pfn, link_name[c->type], link->nr, (uint64_t)link->start,
		    (uint64_t)link->next_pfn);
	for (uint32_t i = 0; i < link->nr; i++) {
		if (c->type != PKRAM_LINK_RUNS) {
			c->length += link->nr;
			break;
		}
		c->length += run_frames(&link->runs[i]);
	}
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

static void run_print(int level, const struct pkram_run_ser *run)
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
		return;
	}
	check_preserved(level, "run", pfn, frames);
}

static void pages_print(int level, const struct pkram_obj_ser *obj)
{
	struct chain c = { PKRAM_LINK_RUNS, obj->pages_pfn, obj->nr_page_links, 0, 0 };
	struct pkram_link_ser link;

	while (chain_next(level, &c, &link))
		for (uint32_t i = 0; i < link.nr; i++)
			run_print(level + 1, &link.runs[i]);
	chain_end(level, &c, obj->nr_pages);
}

static void stream_print(int level, const struct pkram_obj_ser *obj)
{
	struct chain c = { PKRAM_LINK_BYTES, obj->bytes_pfn, obj->nr_byte_links, 0, 0 };
	struct pkram_link_ser link;
	struct text bytes = { };

	while (chain_next(level, &c, &link))
		if (show.bytes)
			text_add(&bytes, (char *)link.bytes, link.nr);
	chain_end(level, &c, obj->nr_bytes);
	if (show.bytes && bytes.len)
		bytes_print(level + 1, (unsigned char *)bytes.s, bytes.len);
	free(bytes.s);
}

/* --------------------------------------------------------------- nodes */

/* Found by chance: it must be nothing else */
bool node_looks_right(const void *page)
{
	const struct pkram_node_ser *node = page;

	return node->magic == PKRAM_NODE_MAGIC &&
	       node->crc == crc_without(node, sizeof(*node),
					offsetof(struct pkram_node_ser, crc));
}

static void node_check(int level, const struct pkram_node_ser *node)
{
	const uint32_t crc = crc_without(node, sizeof(*node),
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
	if (obj->flags & ~(uint64_t)(PKRAM_OBJ_PAGES | PKRAM_OBJ_BYTES) || obj->reserved)
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

void node_print(int level, uint64_t pfn)
{
	union {
		struct pkram_node_ser ser;
		unsigned char page[FRAME];
	} node;
	char *name, when[64] = "?";
	time_t saved_at;
	struct tm tm;

	if (!core_frame(pfn, &node)) {
		bad(level, "node: frame %#" PRIx64 " is not in the core", pfn);
		return;
	}
	saved_at = node.ser.saved_at;
	if (gmtime_r(&saved_at, &tm))
		strftime(when, sizeof(when), "%F %T UTC", &tm);
	node.page[offsetof(struct pkram_node_ser, name) + PKRAM_NAME_MAX] = '\0';
	name = printable((char *)node.ser.name);
	say(level, "node '%s' at %#" PRIx64 ": %" PRIu64 " frames (%s), %" PRIu64
	    " bytes, %" PRIu64 " objects, %" PRIu64 " links, saved %s", name, pfn,
	    (uint64_t)node.ser.nr_pages, human(node.ser.nr_pages * FRAME),
	    (uint64_t)node.ser.nr_bytes, (uint64_t)node.ser.nr_objs,
	    (uint64_t)node.ser.nr_links, when);
	free(name);
	check_preserved(level + 1, "its page", pfn, 1);
	/* With the last byte of the name as it is */
	if (core_frame(pfn, &node))
		node_check(level + 1, &node.ser);
	objects_print(level + 1, &node.ser);
}

static void entry_print(const struct pkram_dir_ser *entry)
{
	union {
		struct pkram_node_ser ser;
		unsigned char page[FRAME];
	} node;

	if (core_frame(entry->node_pfn, &node) && entry->name_len <= PKRAM_NAME_MAX &&
	    (node.ser.name_len != entry->name_len ||
	     crc32c(CRC_SEED, node.ser.name, entry->name_len) != entry->name_crc))
		bad(2, "the directory knows node %#" PRIx64 " by another name",
		    (uint64_t)entry->node_pfn);
	node_print(1, entry->node_pfn);
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
