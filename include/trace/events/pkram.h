/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events of PKRAM: what is saved, handed over, taken over and loaded.
 *
 * One for each object, node, image and boot, and none for each page. What happens at
 * boot when there is no tracing yet is told as soon as there is.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM pkram

#if !defined(_TRACE_PKRAM_H) || defined(TRACE_HEADER_MULTI_READ)
#define _TRACE_PKRAM_H

#include <linux/pkram_abi.h>
#include <linux/tracepoint.h>
#include <linux/types.h>

DECLARE_EVENT_CLASS(pkram_obj,

	TP_PROTO(const char *node, u64 nr, const struct pkram_obj_ser *obj),

	TP_ARGS(node, nr, obj),

	TP_STRUCT__entry(
		__string(node, node)
		__field(u64, nr)
		__field(u64, pages)
		__field(u64, bytes)
		__field(u64, links)
	),

	TP_fast_assign(
		__assign_str(node);
		__entry->nr = nr;
		__entry->pages = obj->nr_pages;
		__entry->bytes = obj->nr_bytes;
		__entry->links = obj->nr_page_links + obj->nr_byte_links;
	),

	TP_printk("node=%s obj=%llu pages=%llu bytes=%llu links=%llu",
		  __get_str(node), __entry->nr, __entry->pages,
		  __entry->bytes, __entry->links)
);

/* An object has been saved */
DEFINE_EVENT(pkram_obj, pkram_save_obj,
	TP_PROTO(const char *node, u64 nr, const struct pkram_obj_ser *obj),
	TP_ARGS(node, nr, obj)
);

/* An object is about to be loaded */
DEFINE_EVENT(pkram_obj, pkram_load_obj,
	TP_PROTO(const char *node, u64 nr, const struct pkram_obj_ser *obj),
	TP_ARGS(node, nr, obj)
);

DECLARE_EVENT_CLASS(pkram_node,

	TP_PROTO(const char *node, const struct pkram_node_ser *ser),

	TP_ARGS(node, ser),

	TP_STRUCT__entry(
		__string(node, node)
		__field(u64, objs)
		__field(u64, pages)
		__field(u64, bytes)
		__field(u64, links)
	),

	TP_fast_assign(
		__assign_str(node);
		__entry->objs = ser->nr_objs;
		__entry->pages = ser->nr_pages;
		__entry->bytes = ser->nr_bytes;
		__entry->links = ser->nr_links;
	),

	TP_printk("node=%s objs=%llu pages=%llu bytes=%llu links=%llu",
		  __get_str(node), __entry->objs, __entry->pages,
		  __entry->bytes, __entry->links)
);

/* A save has been published */
DEFINE_EVENT(pkram_node, pkram_commit,
	TP_PROTO(const char *node, const struct pkram_node_ser *ser),
	TP_ARGS(node, ser)
);

/* A save has been given up */
DEFINE_EVENT(pkram_node, pkram_discard,
	TP_PROTO(const char *node, const struct pkram_node_ser *ser),
	TP_ARGS(node, ser)
);

/* A node has been checked, and is going to be loaded */
DEFINE_EVENT(pkram_node, pkram_load,
	TP_PROTO(const char *node, const struct pkram_node_ser *ser),
	TP_ARGS(node, ser)
);

/* A load has succeeded: the node goes */
DEFINE_EVENT(pkram_node, pkram_consume,
	TP_PROTO(const char *node, const struct pkram_node_ser *ser),
	TP_ARGS(node, ser)
);

/* A load has been given up: the node stays */
DEFINE_EVENT(pkram_node, pkram_abort,
	TP_PROTO(const char *node, const struct pkram_node_ser *ser),
	TP_ARGS(node, ser)
);

/* A node goes without having been loaded */
DEFINE_EVENT(pkram_node, pkram_drop,
	TP_PROTO(const char *node, const struct pkram_node_ser *ser),
	TP_ARGS(node, ser)
);

/* A node, or the lack of it, has been found not fit for a load */
TRACE_EVENT(pkram_refuse,

	TP_PROTO(const char *node, int err),

	TP_ARGS(node, err),

	TP_STRUCT__entry(
		__string(node, node)
		__field(int, err)
	),

	TP_fast_assign(
		__assign_str(node);
		__entry->err = err;
	),

	TP_printk("node=%s err=%d", __get_str(node), __entry->err)
);

/* A load gets at the pages that a link of runs names */
TRACE_EVENT(pkram_claim,

	TP_PROTO(const char *node, const struct pkram_link_ser *link),

	TP_ARGS(node, link),

	TP_STRUCT__entry(
		__string(node, node)
		__field(u64, start)
		__field(u32, runs)
	),

	TP_fast_assign(
		__assign_str(node);
		__entry->start = link->start;
		__entry->runs = link->nr;
	),

	TP_printk("node=%s start=%llu runs=%u", __get_str(node),
		  __entry->start, __entry->runs)
);

/* Pages of a node have been moved out of the way */
TRACE_EVENT(pkram_displace,

	TP_PROTO(const char *node, u64 pages, int err),

	TP_ARGS(node, pages, err),

	TP_STRUCT__entry(
		__string(node, node)
		__field(u64, pages)
		__field(int, err)
	),

	TP_fast_assign(
		__assign_str(node);
		__entry->pages = pages;
		__entry->err = err;
	),

	TP_printk("node=%s pages=%llu err=%d", __get_str(node),
		  __entry->pages, __entry->err)
);

/* All that was in the way has been moved, page table included */
TRACE_EVENT(pkram_displace_done,

	TP_PROTO(u64 pages, int err),

	TP_ARGS(pages, err),

	TP_STRUCT__entry(
		__field(u64, pages)
		__field(int, err)
	),

	TP_fast_assign(
		__entry->pages = pages;
		__entry->err = err;
	),

	TP_printk("pages=%llu err=%d", __entry->pages, __entry->err)
);

/* The super block is ready for the next kernel, or why it is not */
TRACE_EVENT(pkram_seal,

	TP_PROTO(const struct pkram_super_ser *super, const char *why),

	TP_ARGS(super, why),

	TP_STRUCT__entry(
		__field(u64, generation)
		__field(u64, nodes)
		__field(u64, pages)
		__field(u32, landing)
		__string(why, why)
	),

	TP_fast_assign(
		__entry->generation = super->generation;
		__entry->nodes = super->nr_nodes;
		__entry->pages = super->nr_preserved;
		__entry->landing = super->nr_landing;
		__assign_str(why);
	),

	TP_printk("generation=%llu nodes=%llu pages=%llu landing=%u %s",
		  __entry->generation, __entry->nodes, __entry->pages,
		  __entry->landing, __get_str(why))
);

/* What this kernel has been confined to, and what it has held back */
TRACE_EVENT(pkram_reserve,

	TP_PROTO(u64 landing, u64 landing_pages, u64 held, u64 held_pages),

	TP_ARGS(landing, landing_pages, held, held_pages),

	TP_STRUCT__entry(
		__field(u64, landing)
		__field(u64, landing_pages)
		__field(u64, held)
		__field(u64, held_pages)
	),

	TP_fast_assign(
		__entry->landing = landing;
		__entry->landing_pages = landing_pages;
		__entry->held = held;
		__entry->held_pages = held_pages;
	),

	TP_printk("landing=%llu pages=%llu held=%llu pages=%llu",
		  __entry->landing, __entry->landing_pages, __entry->held,
		  __entry->held_pages)
);

/* What this kernel has taken over, and given to the page allocator */
TRACE_EVENT(pkram_hand_back,

	TP_PROTO(u64 nodes, u64 pages, u64 lost, u64 freed, u64 time_us),

	TP_ARGS(nodes, pages, lost, freed, time_us),

	TP_STRUCT__entry(
		__field(u64, nodes)
		__field(u64, pages)
		__field(u64, lost)
		__field(u64, freed)
		__field(u64, time_us)
	),

	TP_fast_assign(
		__entry->nodes = nodes;
		__entry->pages = pages;
		__entry->lost = lost;
		__entry->freed = freed;
		__entry->time_us = time_us;
	),

	TP_printk("nodes=%llu pages=%llu lost=%llu freed=%llu us=%llu",
		  __entry->nodes, __entry->pages, __entry->lost,
		  __entry->freed, __entry->time_us)
);

/* All that lay scattered has been given to the page allocator */
TRACE_EVENT(pkram_pending_done,

	TP_PROTO(u64 pages, u64 time_us),

	TP_ARGS(pages, time_us),

	TP_STRUCT__entry(
		__field(u64, pages)
		__field(u64, time_us)
	),

	TP_fast_assign(
		__entry->pages = pages;
		__entry->time_us = time_us;
	),

	TP_printk("pages=%llu us=%llu", __entry->pages, __entry->time_us)
);

DECLARE_EVENT_CLASS(pkram_tree,

	TP_PROTO(const char *node, u64 inodes, u64 names, u64 pages, int err),

	TP_ARGS(node, inodes, names, pages, err),

	TP_STRUCT__entry(
		__string(node, node)
		__field(u64, inodes)
		__field(u64, names)
		__field(u64, pages)
		__field(int, err)
	),

	TP_fast_assign(
		__assign_str(node);
		__entry->inodes = inodes;
		__entry->names = names;
		__entry->pages = pages;
		__entry->err = err;
	),

	TP_printk("node=%s inodes=%llu names=%llu pages=%llu err=%d",
		  __get_str(node), __entry->inodes, __entry->names,
		  __entry->pages, __entry->err)
);

/* The tree of a tmpfs has been put into a node, or so much of it */
DEFINE_EVENT(pkram_tree, pkram_save_tree,
	TP_PROTO(const char *node, u64 inodes, u64 names, u64 pages, int err),
	TP_ARGS(node, inodes, names, pages, err)
);

/* The tree of a tmpfs has been rebuilt from a node, or not */
DEFINE_EVENT(pkram_tree, pkram_load_tree,
	TP_PROTO(const char *node, u64 inodes, u64 names, u64 pages, int err),
	TP_ARGS(node, inodes, names, pages, err)
);

#endif /* _TRACE_PKRAM_H */

/* This part must be outside protection */
#include <trace/define_trace.h>
