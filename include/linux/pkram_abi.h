/* SPDX-License-Identifier: GPL-2.0 */
/*
 * On-memory format of PKRAM: what one kernel leaves in RAM for the next.
 */
#ifndef _LINUX_PKRAM_ABI_H
#define _LINUX_PKRAM_ABI_H

#include <linux/build_bug.h>
#include <linux/types.h>
#ifdef __KERNEL__
#include <linux/stddef.h>
#else
#include <stddef.h>
#endif

/**
 * DOC: PKRAM on-memory format
 *
 * Everything that one kernel hands to the next is made of the structures in
 * this file and nothing else. They stand in whole pages of %PKRAM_SER_PAGE_SIZE
 * bytes, which refer to each other by page frame number (pfn); pfn 0 means
 * "none", for nothing below 1 MiB is ever preserved.
 *
 * ::
 *
 *  super block --> directory link --> directory link    entries: nodes
 *      |               |
 *      |               +-> node                         one page each
 *      |                     |
 *      |                     +-> object link --> ...    entries: objects
 *      |                             |
 *      |                             +-> run link --> ...   runs of folios
 *      |                             +-> byte link --> ...  bytes
 *      |
 *      +-> page table (4 levels, bitmaps at the leaves) every preserved frame
 *
 * Invariants, all checked by the reader before it believes anything:
 *
 * - The super block is valid only with its magic, version, size, page size,
 *   own pfn and checksum all right. The magic is written last by the kernel
 *   that hands over and wiped first by the kernel that takes over.
 * - A frame is preserved if and only if its bit in the page table is set.
 *   Every page of this format but the super block itself is preserved.
 * - Each page of this format has exactly one referrer, so it can be moved by
 *   changing one word (and the checksums above it).
 * - No preserved frame lies in a landing range or below 1 MiB.
 * - Chains end with pfn 0 and are no longer than the totals in their parent.
 * - Reserved fields are zero.
 *
 * The layout is the same on every 64-bit little-endian architecture with 4 KiB
 * pages. It may only change together with %PKRAM_SER_VERSION: a kernel takes
 * over exactly the version it knows and refuses every other cleanly.
 *
 * What the format does not hold: anything of the old kernel's own state, any
 * virtual address, any struct page.
 */

/* PKRAM_SER_VERSION: version of everything in this file */
#define PKRAM_SER_VERSION	1

/* PKRAM_SER_PAGE_SIZE: size in bytes of a metadata page and of a frame */
#define PKRAM_SER_PAGE_SIZE	4096

/* Magics are ASCII read as a little-endian number */
#define PKRAM_SUPER_MAGIC	0x4B4C42534D524B50ULL	/* "PKRMSBLK" */
#define PKRAM_NODE_MAGIC	0x45444F4E4D524B50ULL	/* "PKRMNODE" */
#define PKRAM_LINK_MAGIC	0x4B4E4C50U		/* "PLNK" */

#define PKRAM_IMAGE_MAGIC	0x47414D494D524B50ULL	/* "PKRMIMAG" */

/**
 * struct pkram_image_ser - what a kernel image says of itself
 * @magic: %PKRAM_IMAGE_MAGIC
 * @version: %PKRAM_SER_VERSION of the kernel in it
 * @inverse: all bits of @version inverted
 *
 * Stands in a part of the image that is not compressed, at a multiple of its
 * size. Who loads an image without it knows that the kernel in it would not take
 * over what is preserved.
 */
struct pkram_image_ser {
	__u64 magic;
	__u32 version;
	__u32 inverse;
};

static_assert(sizeof(struct pkram_image_ser) == 16);
static_assert(offsetof(struct pkram_image_ser, magic) == 0);
static_assert(offsetof(struct pkram_image_ser, version) == 8);
static_assert(offsetof(struct pkram_image_ser, inverse) == 12);

/* PKRAM_LANDING_MAX: landing ranges a super block can hold */
#define PKRAM_LANDING_MAX	32

/* PKRAM_POISON_MAX: frames with failed memory that a super block can name */
#define PKRAM_POISON_MAX	256

/* PKRAM_PFN_BITS: bits of a page frame number (52 bits of physical address) */
#define PKRAM_PFN_BITS		40

/**
 * struct pkram_range_ser - a range of page frames
 * @start_pfn: first frame
 * @nr_pages: number of frames, not 0
 * @nid: NUMA node in the kernel that wrote it; only a hint
 * @reserved: 0
 */
struct pkram_range_ser {
	__u64 start_pfn;
	__u64 nr_pages;
	__u32 nid;
	__u32 reserved;
};

static_assert(sizeof(struct pkram_range_ser) == 24);
static_assert(offsetof(struct pkram_range_ser, nr_pages) == 8);
static_assert(offsetof(struct pkram_range_ser, nid) == 16);
static_assert(offsetof(struct pkram_range_ser, reserved) == 20);

/**
 * struct pkram_super_ser - super block: all else is found from here
 * @magic: %PKRAM_SUPER_MAGIC while the hand-over is valid, else 0
 * @version: %PKRAM_SER_VERSION
 * @size: size of this structure in bytes
 * @page_size: %PKRAM_SER_PAGE_SIZE
 * @crc: crc32c (seed ~0) of this structure without @crc, @magic taken as 0
 * @self_pfn: frame this super block lies in, the same in every generation
 * @generation: number of hand-overs since the super block was allocated
 * @dir_pfn: first link of type %PKRAM_LINK_NODES, or 0
 * @nr_nodes: nodes in all these links, at most %PKRAM_NODES_MAX
 * @pt_pfn: root of the page table, or 0 when nothing is preserved
 * @nr_preserved: frames whose bit is set in the page table
 * @end_pfn: one past the highest preserved frame
 * @pt_crc: crc32c (seed ~0) over all page-table pages in depth-first order,
 *	a page before its children
 * @nr_pt_pages: number of page-table pages
 * @nr_landing: used entries of @landing
 * @nr_poison: used entries of @poison
 * @landing: landing map, ascending, disjoint; nothing preserved lies in it
 * @poison: preserved frames whose memory has failed since they were saved,
 *	ascending; not to be read
 */
struct pkram_super_ser {
	__u64 magic;
	__u32 version;
	__u32 size;
	__u32 page_size;
	__u32 crc;
	__u64 self_pfn;
	__u64 generation;
	__u64 dir_pfn;
	__u64 nr_nodes;
	__u64 pt_pfn;
	__u64 nr_preserved;
	__u64 end_pfn;
	__u32 pt_crc;
	__u32 nr_pt_pages;
	__u32 nr_landing;
	__u32 nr_poison;
	struct pkram_range_ser landing[PKRAM_LANDING_MAX];
	__u64 poison[PKRAM_POISON_MAX];
};

static_assert(sizeof(struct pkram_super_ser) ==
	      96 + 24 * PKRAM_LANDING_MAX + 8 * PKRAM_POISON_MAX);
static_assert(sizeof(struct pkram_super_ser) <= PKRAM_SER_PAGE_SIZE);
static_assert(offsetof(struct pkram_super_ser, magic) == 0);
static_assert(offsetof(struct pkram_super_ser, version) == 8);
static_assert(offsetof(struct pkram_super_ser, size) == 12);
static_assert(offsetof(struct pkram_super_ser, page_size) == 16);
static_assert(offsetof(struct pkram_super_ser, crc) == 20);
static_assert(offsetof(struct pkram_super_ser, self_pfn) == 24);
static_assert(offsetof(struct pkram_super_ser, generation) == 32);
static_assert(offsetof(struct pkram_super_ser, dir_pfn) == 40);
static_assert(offsetof(struct pkram_super_ser, nr_nodes) == 48);
static_assert(offsetof(struct pkram_super_ser, pt_pfn) == 56);
static_assert(offsetof(struct pkram_super_ser, nr_preserved) == 64);
static_assert(offsetof(struct pkram_super_ser, end_pfn) == 72);
static_assert(offsetof(struct pkram_super_ser, pt_crc) == 80);
static_assert(offsetof(struct pkram_super_ser, nr_pt_pages) == 84);
static_assert(offsetof(struct pkram_super_ser, nr_landing) == 88);
static_assert(offsetof(struct pkram_super_ser, nr_poison) == 92);
static_assert(offsetof(struct pkram_super_ser, landing) == 96);
static_assert(offsetof(struct pkram_super_ser, poison) ==
	      96 + 24 * PKRAM_LANDING_MAX);

/* PKRAM_NODES_MAX: most nodes that a kernel hands over or takes over */
#define PKRAM_NODES_MAX		8192

/* PKRAM_NAME_MAX: longest name of a node in bytes, without the final NUL */
#define PKRAM_NAME_MAX		255

/**
 * struct pkram_node_ser - a node: a named, independent unit of preserved state
 * @magic: %PKRAM_NODE_MAGIC
 * @crc: crc32c (seed ~0) of this structure without @crc
 * @flags: 0
 * @obj_pfn: first link of type %PKRAM_LINK_OBJS, or 0
 * @nr_objs: objects in all these links
 * @nr_pages: frames that the page streams of all objects hold
 * @nr_bytes: bytes that the byte streams of all objects hold
 * @nr_links: link pages of all chains of this node; 0 with @nr_objs not 0 when
 *	the node is damaged and what it held is gone
 * @saved_at: wall clock at the time of the save, seconds since 1970
 * @name_len: length of @name in bytes, 1 to %PKRAM_NAME_MAX
 * @reserved: 0
 * @name: bytes of the name, filled up with NUL, at least one
 */
struct pkram_node_ser {
	__u64 magic;
	__u32 crc;
	__u32 flags;
	__u64 obj_pfn;
	__u64 nr_objs;
	__u64 nr_pages;
	__u64 nr_bytes;
	__u64 nr_links;
	__u64 saved_at;
	__u32 name_len;
	__u32 reserved;
	__u8 name[PKRAM_NAME_MAX + 1];
};

static_assert(sizeof(struct pkram_node_ser) == 72 + PKRAM_NAME_MAX + 1);
static_assert(offsetof(struct pkram_node_ser, magic) == 0);
static_assert(offsetof(struct pkram_node_ser, crc) == 8);
static_assert(offsetof(struct pkram_node_ser, flags) == 12);
static_assert(offsetof(struct pkram_node_ser, obj_pfn) == 16);
static_assert(offsetof(struct pkram_node_ser, nr_objs) == 24);
static_assert(offsetof(struct pkram_node_ser, nr_pages) == 32);
static_assert(offsetof(struct pkram_node_ser, nr_bytes) == 40);
static_assert(offsetof(struct pkram_node_ser, nr_links) == 48);
static_assert(offsetof(struct pkram_node_ser, saved_at) == 56);
static_assert(offsetof(struct pkram_node_ser, name_len) == 64);
static_assert(offsetof(struct pkram_node_ser, reserved) == 68);
static_assert(offsetof(struct pkram_node_ser, name) == 72);

/**
 * struct pkram_dir_ser - what the directory says of a node
 * @node_pfn: frame of its &struct pkram_node_ser
 * @name_crc: crc32c (seed ~0) of its name
 * @name_len: length of its name in bytes, 1 to %PKRAM_NAME_MAX
 *
 * When the page of the node is damaged its name can still be refused.
 */
struct pkram_dir_ser {
	__u64 node_pfn;
	__u32 name_crc;
	__u32 name_len;
};

static_assert(sizeof(struct pkram_dir_ser) == 16);
static_assert(offsetof(struct pkram_dir_ser, node_pfn) == 0);
static_assert(offsetof(struct pkram_dir_ser, name_crc) == 8);
static_assert(offsetof(struct pkram_dir_ser, name_len) == 12);

/* &struct pkram_obj_ser.flags: which streams the object has */
#define PKRAM_OBJ_PAGES		0x1
#define PKRAM_OBJ_BYTES		0x2

/**
 * struct pkram_obj_ser - an object: a page stream and/or a byte stream
 * @flags: %PKRAM_OBJ_PAGES and/or %PKRAM_OBJ_BYTES
 * @pages_pfn: first link of type %PKRAM_LINK_RUNS, or 0
 * @bytes_pfn: first link of type %PKRAM_LINK_BYTES, or 0
 * @nr_pages: frames in the page stream
 * @nr_bytes: bytes in the byte stream
 * @nr_page_links: length of the chain at @pages_pfn
 * @nr_byte_links: length of the chain at @bytes_pfn
 * @reserved: 0
 */
struct pkram_obj_ser {
	__u64 flags;
	__u64 pages_pfn;
	__u64 bytes_pfn;
	__u64 nr_pages;
	__u64 nr_bytes;
	__u64 nr_page_links;
	__u64 nr_byte_links;
	__u64 reserved;
};

static_assert(sizeof(struct pkram_obj_ser) == 64);
static_assert(offsetof(struct pkram_obj_ser, flags) == 0);
static_assert(offsetof(struct pkram_obj_ser, pages_pfn) == 8);
static_assert(offsetof(struct pkram_obj_ser, bytes_pfn) == 16);
static_assert(offsetof(struct pkram_obj_ser, nr_pages) == 24);
static_assert(offsetof(struct pkram_obj_ser, nr_bytes) == 32);
static_assert(offsetof(struct pkram_obj_ser, nr_page_links) == 40);
static_assert(offsetof(struct pkram_obj_ser, nr_byte_links) == 48);
static_assert(offsetof(struct pkram_obj_ser, reserved) == 56);

/**
 * struct pkram_run_ser - a run of folios, contiguous in frames and in index
 * @where: pfn of the first folio (bits 0 to 39), order of each folio (bits 40
 *	to 44), flags (bits 45 to 49), high bits of the count (bits 50 to 63)
 * @index: index of the first folio in its mapping, in pages (bits 0 to 51),
 *	low bits of the count (bits 52 to 63)
 *
 * The count is in folios, 1 to 2^26 - 1. A run of @count folios of order @o
 * covers count << o frames and as many indices; its pfn and its index are
 * multiples of 1 << o.
 */
struct pkram_run_ser {
	__u64 where;
	__u64 index;
};

static_assert(sizeof(struct pkram_run_ser) == 16);
static_assert(offsetof(struct pkram_run_ser, where) == 0);
static_assert(offsetof(struct pkram_run_ser, index) == 8);

#define PKRAM_RUN_PFN_MASK	((1ULL << PKRAM_PFN_BITS) - 1)
#define PKRAM_RUN_ORDER_SHIFT	40
#define PKRAM_RUN_ORDER_MASK	0x1fULL
#define PKRAM_RUN_FLAGS_SHIFT	45
#define PKRAM_RUN_FLAGS_MASK	0x1fULL
#define PKRAM_RUN_NR_HI_SHIFT	50
#define PKRAM_RUN_INDEX_MASK	((1ULL << 52) - 1)
#define PKRAM_RUN_NR_LO_SHIFT	52
#define PKRAM_RUN_NR_LO_BITS	12
#define PKRAM_RUN_NR_MAX	((1ULL << 26) - 1)

/* PKRAM_ORDER_MAX: highest order of a preserved folio */
#define PKRAM_ORDER_MAX		18

/* Flags of a run */
#define PKRAM_RUN_UPTODATE	0x1	/* contents are valid */
#define PKRAM_RUN_DIRTY		0x2	/* was dirty */
#define PKRAM_RUN_ALL_FLAGS	(PKRAM_RUN_UPTODATE | PKRAM_RUN_DIRTY)

/* &struct pkram_link_ser.type */
#define PKRAM_LINK_OBJS		1
#define PKRAM_LINK_RUNS		2
#define PKRAM_LINK_BYTES	3
#define PKRAM_LINK_NODES	4

#define PKRAM_LINK_HEADER	32
#define PKRAM_LINK_PAYLOAD	(PKRAM_SER_PAGE_SIZE - PKRAM_LINK_HEADER)
#define PKRAM_LINK_MAX_OBJS	(PKRAM_LINK_PAYLOAD / 64)
#define PKRAM_LINK_MAX_RUNS	(PKRAM_LINK_PAYLOAD / 16)
#define PKRAM_LINK_MAX_BYTES	PKRAM_LINK_PAYLOAD
#define PKRAM_LINK_MAX_NODES	(PKRAM_LINK_PAYLOAD / 16)

/**
 * struct pkram_link_ser - a page of entries, one element of a chain
 * @magic: %PKRAM_LINK_MAGIC
 * @crc: crc32c (seed ~0) of header and used payload, without @crc
 * @next_pfn: next link of the chain, or 0
 * @start: position in the stream where this link begins: objects, frames,
 *	bytes or nodes in all links before it
 * @type: %PKRAM_LINK_OBJS, %PKRAM_LINK_RUNS, %PKRAM_LINK_BYTES or
 *	%PKRAM_LINK_NODES
 * @nr: entries used, for %PKRAM_LINK_BYTES bytes used; 0 only in the directory
 * @objs: payload
 * @runs: payload
 * @bytes: payload
 * @nodes: payload
 *
 * Positions count frames and not runs, so that a position stays right when a
 * run is split because some of its frames had to move.
 */
struct pkram_link_ser {
	__u32 magic;
	__u32 crc;
	__u64 next_pfn;
	__u64 start;
	__u32 type;
	__u32 nr;
	union {
		struct pkram_obj_ser objs[PKRAM_LINK_MAX_OBJS];
		struct pkram_run_ser runs[PKRAM_LINK_MAX_RUNS];
		__u8 bytes[PKRAM_LINK_MAX_BYTES];
		struct pkram_dir_ser nodes[PKRAM_LINK_MAX_NODES];
	};
};

static_assert(sizeof(struct pkram_link_ser) == PKRAM_SER_PAGE_SIZE);
static_assert(offsetof(struct pkram_link_ser, magic) == 0);
static_assert(offsetof(struct pkram_link_ser, crc) == 4);
static_assert(offsetof(struct pkram_link_ser, next_pfn) == 8);
static_assert(offsetof(struct pkram_link_ser, start) == 16);
static_assert(offsetof(struct pkram_link_ser, type) == 24);
static_assert(offsetof(struct pkram_link_ser, nr) == 28);
static_assert(offsetof(struct pkram_link_ser, objs) == PKRAM_LINK_HEADER);
static_assert(offsetof(struct pkram_link_ser, runs) == PKRAM_LINK_HEADER);
static_assert(offsetof(struct pkram_link_ser, bytes) == PKRAM_LINK_HEADER);
static_assert(offsetof(struct pkram_link_ser, nodes) == PKRAM_LINK_HEADER);

/**
 * DOC: PKRAM page table
 *
 * A radix tree of fixed height keyed by pfn. Pages of the upper levels hold 512
 * entries of 64 bits, leaves hold a bitmap of 32768 frames (128 MiB):
 *
 * ::
 *
 *   pfn bits  41..33    32..24    23..15    14..0
 *             level 3   level 2   level 1   leaf bitmap
 *
 * An entry is 0 or the pfn of a page one level down (bits 0 to 39) and the
 * number of frames set in a leaf (bits 40 to 63); above level 1 the number is
 * 0. Bit n of a leaf is bit n % 64 of its 64-bit word n / 64. Pages of the
 * page table are preserved, so their own bits are set.
 */
#define PKRAM_PT_LEVELS		4
#define PKRAM_PT_LEAF_SHIFT	15
#define PKRAM_PT_SHIFT		9
#define PKRAM_PT_ENTRIES	(1 << PKRAM_PT_SHIFT)
#define PKRAM_PT_LEAF_FRAMES	(1 << PKRAM_PT_LEAF_SHIFT)
#define PKRAM_PT_PFN_MASK	((1ULL << PKRAM_PFN_BITS) - 1)
#define PKRAM_PT_COUNT_SHIFT	40

static_assert(PKRAM_PT_ENTRIES * 8 == PKRAM_SER_PAGE_SIZE);
static_assert(PKRAM_PT_LEAF_FRAMES / 8 == PKRAM_SER_PAGE_SIZE);
static_assert(PKRAM_PT_LEAF_SHIFT + 3 * PKRAM_PT_SHIFT >= PKRAM_PFN_BITS);

#endif /* _LINUX_PKRAM_ABI_H */
