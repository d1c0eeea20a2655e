/* SPDX-License-Identifier: GPL-2.0 */
/*
 * PKRAM: memory that survives kexec. In-kernel API.
 */
#ifndef _LINUX_PKRAM_H
#define _LINUX_PKRAM_H

#include <linux/pkram_abi.h>
#include <linux/types.h>

struct address_space;
struct folio;
struct kimage;
struct pkram_access;
struct pkram_node;
struct pkram_obj;
struct pkram_link_ser;

/**
 * struct pkram_stream - a save or a load of one node in progress
 * @node: the node, between prepare and finish
 * @obj: the object, between prepare_*_obj and finish_*_obj
 * @gfp: how to allocate while saving
 * @saving: a save, not a load
 * @first: a load of a node from the previous kernel whose objects nobody in this one
 *	has begun to load before: its folios are on no LRU, charged to nobody and in use
 *	by nobody; most come from the previous kernel
 *
 * Initialised by pkram_prepare_save() or pkram_prepare_load(). Several threads
 * may use one stream at a time, each with accesses of its own, while the
 * prepare and finish calls belong to one thread.
 */
struct pkram_stream {
	struct pkram_node *node;
	struct pkram_obj *obj;
	gfp_t gfp;
	bool saving;
	bool first;
};

/**
 * struct pkram_run - a run of folios, contiguous in frames and in index
 * @pfn: first frame
 * @index: index of the first folio, in pages
 * @nr: folios
 * @order: order of each folio
 * @flags: PKRAM_RUN_* flags
 */
struct pkram_run {
	u64 pfn;
	u64 index;
	u64 nr;
	unsigned int order;
	unsigned int flags;
};

/**
 * struct pkram_place - a range of frames
 * @pfn: first frame
 * @nr: number of frames
 */
struct pkram_place {
	u64 pfn;
	u64 nr;
};

/**
 * struct pkram_access - one thread's hold on one stream of an object
 * @ps: the stream
 * @type: %PKRAM_OBJ_PAGES or %PKRAM_OBJ_BYTES
 * @head: first link of what this access has saved so far
 * @link: link that is being filled or read
 * @entry: next entry (pages) or byte (bytes) of @link
 * @folio: folios of the entry's run that are done
 * @nr_links: links in the chain from @head
 * @nr: frames or bytes saved so far
 * @run: run that is being extended
 * @marked: entries of @link whose frames are in the page table, when saving pages;
 *	those of the links before it are, and those of @run are not yet
 * @gap: frames of which none is banned, so far as they have been looked at
 * @boot: frames that were there at boot, likewise
 * @block: frames where folios may stay
 * @err: first error of a save, which the access cannot succeed after
 * @part: reads only a part of a page stream: see pkram_access_part()
 * @left: frames of that part which are still to be loaded
 * @poisoned: set by a caller who can do with folios of which pages have failed
 *
 * Declare it with PKRAM_ACCESS() and end it with pkram_finish_access().
 */
struct pkram_access {
	struct pkram_stream *ps;
	unsigned int type;
	struct pkram_link_ser *head;
	struct pkram_link_ser *link;
	unsigned int entry;
	unsigned long folio;
	unsigned long nr_links;
	u64 nr;
	struct pkram_run run;
	unsigned int marked;
	struct pkram_place gap;
	struct pkram_place boot;
	struct pkram_place block;
	int err;
	bool part;
	u64 left;
	bool poisoned;
};

/**
 * struct pkram_cursor - a place in a page stream that is being loaded
 * @link: link that it is in, NULL at the end of the stream
 * @entry: run of @link
 * @folio: folio of that run
 * @pos: frames before it in the stream
 */
struct pkram_cursor {
	const struct pkram_link_ser *link;
	unsigned int entry;
	unsigned long folio;
	u64 pos;
};

#define PKRAM_DATA_pages	PKRAM_OBJ_PAGES
#define PKRAM_DATA_bytes	PKRAM_OBJ_BYTES

/**
 * PKRAM_ACCESS - declare an access to a stream of the current object
 * @name: name of the variable
 * @stream: the &struct pkram_stream
 * @kind: pages or bytes
 */
#define PKRAM_ACCESS(name, stream, kind)				\
	struct pkram_access name = {					\
		.ps = (stream),						\
		.type = PKRAM_DATA_##kind,				\
	}

/**
 * struct pkram_loaded - one folio of a page stream, as pkram_load_folios() gives it
 * @folio: the folio, with a reference that the caller owns
 * @index: its index in the mapping, in pages
 * @flags: %PKRAM_RUN_UPTODATE and %PKRAM_RUN_DIRTY as they were at the save
 * @fresh: it comes from the previous kernel and has been given to nobody yet:
 *	only the node and the caller have anything to do with it
 */
struct pkram_loaded {
	struct folio *folio;
	pgoff_t index;
	unsigned int flags;
	bool fresh;
};

/**
 * struct pkram_info - totals of a node
 * @nr_objs: objects
 * @nr_pages: frames in page streams
 * @nr_bytes: bytes in byte streams
 * @nr_meta: metadata pages
 * @saved_at: wall clock at the save, seconds since 1970
 */
struct pkram_info {
	u64 nr_objs;
	u64 nr_pages;
	u64 nr_bytes;
	u64 nr_meta;
	u64 saved_at;
};

u32 __pure pkram_crc(u32 crc, const void *buf, size_t nr);

#ifdef CONFIG_PKRAM

bool pkram_available(void);

int pkram_prepare_save(struct pkram_stream *ps, const char *name, gfp_t gfp);
int pkram_prepare_save_obj(struct pkram_stream *ps, unsigned int flags);
void pkram_finish_save_obj(struct pkram_stream *ps);
int pkram_finish_save(struct pkram_stream *ps);
void pkram_discard_save(struct pkram_stream *ps);

int pkram_prepare_load(struct pkram_stream *ps, const char *name);
int pkram_prepare_load_obj(struct pkram_stream *ps);
void pkram_finish_load_obj(struct pkram_stream *ps);
void pkram_finish_load(struct pkram_stream *ps);
void pkram_detach_load(struct pkram_stream *ps);
void pkram_abort_load(struct pkram_stream *ps);

int pkram_finish_access(struct pkram_access *pa, bool ok);
int pkram_save_folio(struct pkram_access *pa, struct folio *folio,
		     pgoff_t index, unsigned int flags);
int pkram_save_mapping(struct pkram_access *pa, struct address_space *mapping,
		       pgoff_t *index, pgoff_t last);
int pkram_settle_access(struct pkram_access *pa);
int pkram_append_access(struct pkram_access *pa, struct pkram_access *from,
			bool join);
int pkram_end_run(struct pkram_access *pa);
void pkram_cursor_begin(struct pkram_cursor *cur, const struct pkram_stream *ps);
void pkram_cursor_skip(struct pkram_cursor *cur, u64 nr);
struct pkram_run pkram_cursor_step(struct pkram_cursor *cur, u64 nr);
void pkram_access_part(struct pkram_access *pa, const struct pkram_cursor *from,
		       u64 nr);
void pkram_drop_part(const struct pkram_cursor *from, u64 nr);
struct folio *pkram_load_folio(struct pkram_access *pa, pgoff_t *index);
int pkram_load_folios(struct pkram_access *pa, struct pkram_loaded *buf,
		      unsigned int nr);
ssize_t pkram_write(struct pkram_access *pa, const void *buf, size_t nr);
ssize_t pkram_read(struct pkram_access *pa, void *buf, size_t nr);

int pkram_drop(const char *name);
int pkram_node_info(const char *name, struct pkram_info *info);

#else /* !CONFIG_PKRAM */

static inline bool pkram_available(void)
{
	return false;
}

#endif /* CONFIG_PKRAM */

#ifdef CONFIG_PKRAM_HANDOVER

void pkram_early_init(void);
void pkram_hold_back(void);
void pkram_hand_back(void);
unsigned long pkram_held_back_pages(void);
bool pkram_landing_only(void);
bool pkram_landing_covers(phys_addr_t base, phys_addr_t size);
bool pkram_landing_usable(phys_addr_t base);
phys_addr_t pkram_landing_top(phys_addr_t limit);

int pkram_kexec_wait(bool moves);
int pkram_kexec_prepare(struct kimage *image);
void pkram_kexec_release(struct kimage *image);
int pkram_kexec_cmdline(struct kimage *image);
bool pkram_kexec_busy(struct kimage *image, unsigned long start,
		      unsigned long end, unsigned long *busy);
bool pkram_kexec_relax(struct kimage *image);
bool arch_pkram_kexeced(void);
int arch_pkram_image_places(const struct kimage *image, u64 *cmdline, u64 *initrd);

#else /* !CONFIG_PKRAM_HANDOVER */

static inline void pkram_early_init(void)
{
}

static inline void pkram_hold_back(void)
{
}

static inline void pkram_hand_back(void)
{
}

static inline unsigned long pkram_held_back_pages(void)
{
	return 0;
}

static inline bool pkram_landing_only(void)
{
	return false;
}

static inline bool pkram_landing_covers(phys_addr_t base, phys_addr_t size)
{
	return true;
}

static inline bool pkram_landing_usable(phys_addr_t base)
{
	return true;
}

static inline phys_addr_t pkram_landing_top(phys_addr_t limit)
{
	return limit;
}

static inline int pkram_kexec_wait(bool moves)
{
	return 0;
}

static inline int pkram_kexec_prepare(struct kimage *image)
{
	return 0;
}

static inline void pkram_kexec_release(struct kimage *image)
{
}

static inline int pkram_kexec_cmdline(struct kimage *image)
{
	return 0;
}

static inline bool pkram_kexec_busy(struct kimage *image, unsigned long start,
				    unsigned long end, unsigned long *busy)
{
	return false;
}

static inline bool pkram_kexec_relax(struct kimage *image)
{
	return false;
}

#endif /* CONFIG_PKRAM_HANDOVER */

#endif /* _LINUX_PKRAM_H */
