/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The state of a load of a tmpfs, for mm/shmem_pkram_load*.c.
 */
#ifndef _MM_SHMEM_PKRAM_LOAD_H
#define _MM_SHMEM_PKRAM_LOAD_H

#include <linux/mutex.h>
#include <linux/pkram.h>

#include "pkram_shmem_rec.h"
#include "shmem_pkram.h"

struct dentry;
struct mem_cgroup;

/* Pages that statistics may be behind for each that fills */
#define SHMEM_LOAD_COUNT	4096UL

/* Folios to load at once */
#define SHMEM_LOAD_BATCH	256

/**
 * struct shmem_load_nid - what has been loaded from a NUMA node
 * @folios: folios from the previous kernel that wait for the inactive list, the
 *	last one loaded first
 * @uncounted: pages from the previous kernel that statistics do not know yet
 * @uncounted_thps: those of them that are in folios of the size of a PMD
 */
struct shmem_load_nid {
	struct list_head folios;
	unsigned long uncounted;
	unsigned long uncounted_thps;
};

/**
 * struct shmem_pkram_filler - what a thread needs that loads folios
 * @list: in &shmem_pkram_loader.fillers
 * @pages: the part of the page stream that it is at
 * @folios: loaded folios that folio_add_lru() has to put where they belong
 * @uncounted: the sum of what @nids says
 * @memcg: who pays for folios from the previous kernel, or NULL
 * @paid: pages paid for in advance
 * @advance: how many to pay for at once
 * @left: pages that are still to be loaded of the part
 * @uptodate: pages with contents that it has loaded
 * @batch: folios that the next file may get
 * @batch_pos: next of them
 * @batch_nr: number of them
 * @drained: folios on their way to the LRU have got there
 * @nids: loaded folios from the previous kernel, by NUMA node
 */
struct shmem_pkram_filler {
	struct list_head list;
	struct pkram_access pages;
	struct list_head folios;
	unsigned long uncounted;
	struct mem_cgroup *memcg;
	unsigned long paid;
	unsigned long advance;
	u64 left;
	u64 uptodate;
	struct pkram_loaded batch[SHMEM_LOAD_BATCH];
	unsigned int batch_pos;
	unsigned int batch_nr;
	bool drained;
	struct shmem_load_nid nids[];
};

/**
 * struct shmem_load_segment - pages of a file
 * @inode: the file, which the tree has a reference to
 * @pos: position of the first in the page stream
 * @nr: number of pages
 */
struct shmem_load_segment {
	struct inode *inode;
	u64 pos;
	u64 nr;
};

/**
 * struct shmem_pkram_loader - a load in progress
 * @bytes: records
 * @pages: folios
 * @buf: part of the byte stream
 * @pos: next record in @buf
 * @end: end of what @buf holds
 * @chk: checker of records
 * @super: options as saved
 * @quota: quotas as saved; no flags when there were none
 * @limits: limits for new ids, from when the tree has been loaded
 * @nodes: by id - 1, the dentry of a directory, the inode of another file
 * @memcg: who pays for folios from the previous kernel; a reference, or NULL
 * @segments: files with pages, in the order of the page stream
 * @nr_segments: number of them
 * @room_segments: for how many there is room
 * @planned: position in the page stream behind those of all files met
 * @at: first segment of which there is something to load
 * @lock: protects what follows while several threads load pages
 * @cursor: where the pages begin that nobody has begun to load
 * @step: pages to load at a time
 * @idle: fillers that no thread has
 * @fillers: those that threads have, or have had
 * @err: first error of a thread
 * @dir: directory whose entries come
 * @inode: inode whose first name is still to come; a reference, but for the root
 * @rec: its record
 * @verify: whether contents are what was preserved
 */
struct shmem_pkram_loader {
	struct pkram_access bytes;
	struct pkram_access pages;
	u8 *buf;
	size_t pos;
	size_t end;
	struct pkram_shmem_check chk;
	struct pkram_shmem_super super;
	struct pkram_shmem_quota quota;
	struct shmem_quota_limits limits;
	void **nodes;
	struct mem_cgroup *memcg;
	struct shmem_load_segment *segments;
	size_t nr_segments;
	size_t room_segments;
	u64 planned;
	size_t at;
	struct mutex lock;	/* among the threads that load pages */
	struct pkram_cursor cursor;
	u64 step;
	struct list_head idle;
	struct list_head fillers;
	int err;
	struct dentry *dir;
	struct inode *inode;
	struct pkram_shmem_inode rec;
	struct shmem_pkram_verify verify;
};

/* shmem_pkram_load_plan.c */
void shmem_pkram_begin_data(struct shmem_pkram_loader *ld);
void shmem_pkram_end_data(struct shmem_pkram_loader *ld);
int shmem_pkram_plan_data(struct shmem_pkram_loader *ld,
			  const struct pkram_shmem_data *rec);
int shmem_pkram_add_segment(struct shmem_pkram_loader *ld, struct inode *inode,
			    u64 pos, u64 nr);
int shmem_pkram_load_data(struct shmem_pkram_loader *ld);
void shmem_pkram_keep_data(struct shmem_pkram_loader *ld);
void shmem_pkram_undo_data(struct shmem_pkram_loader *ld);

/* shmem_pkram_load_data.c */
struct shmem_pkram_filler *
shmem_pkram_filler_alloc(const struct pkram_access *pages,
			 struct mem_cgroup *memcg);
void shmem_pkram_filler_free(struct shmem_pkram_filler *fl);
int shmem_pkram_load_folios(struct shmem_pkram_filler *fl,
			    struct inode *inode, u64 nr);
unsigned long shmem_pkram_dress_folios(struct shmem_pkram_filler *fl,
				       struct inode *inode, unsigned long nr);
void shmem_pkram_count_folios(struct shmem_pkram_filler *fl);

/* The same, once it is worth it */
static inline void shmem_pkram_count_many(struct shmem_pkram_filler *fl)
{
	if (fl->uncounted >= SHMEM_LOAD_COUNT)
		shmem_pkram_count_folios(fl);
}

/* shmem_pkram_load_lru.c */
void shmem_pkram_keep_folios(struct shmem_pkram_filler *fl);
void shmem_pkram_undo_folios(struct shmem_pkram_filler *fl);

/* shmem_pkram_lazy_plan.c */
struct shmem_pkram_lazy;

int shmem_pkram_lazy_plan(struct shmem_pkram *st, struct shmem_pkram_loader *ld,
			  struct super_block *sb);
void shmem_pkram_keep_eager(struct shmem_pkram_lazy *lazy,
			    struct shmem_pkram_loader *ld);

#endif /* _MM_SHMEM_PKRAM_LOAD_H */
