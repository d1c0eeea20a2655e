/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The state of a load of a tmpfs, for mm/shmem_pkram_load*.c.
 */
#ifndef _MM_SHMEM_PKRAM_LOAD_H
#define _MM_SHMEM_PKRAM_LOAD_H

#include "pkram_shmem_rec.h"
#include "shmem_pkram.h"

struct dentry;
struct mem_cgroup;

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
 * @nids: loaded folios from the previous kernel, by NUMA node
 * @folios: loaded folios that folio_add_lru() has to put where they belong
 * @uncounted: the sum of what @nids says
 * @memcg: who pays for folios from the previous kernel; a reference, or NULL
 * @paid: pages paid for in advance
 * @advance: how many to pay for at once
 * @left: pages that are still to be loaded
 * @batch: folios that the next file may get
 * @batch_pos: next of them
 * @batch_nr: number of them
 * @dir: directory whose entries come
 * @inode: inode whose first name is still to come; a reference, but for the root
 * @rec: its record
 * @verify: whether contents are what was preserved
 * @drained: folios on their way to the LRU have got there
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
	struct shmem_load_nid *nids;
	struct list_head folios;
	unsigned long uncounted;
	struct mem_cgroup *memcg;
	unsigned long paid;
	unsigned long advance;
	u64 left;
	struct pkram_loaded batch[SHMEM_LOAD_BATCH];
	unsigned int batch_pos;
	unsigned int batch_nr;
	struct dentry *dir;
	struct inode *inode;
	struct pkram_shmem_inode rec;
	struct shmem_pkram_verify verify;
	bool drained;
};

int shmem_pkram_begin_folios(struct shmem_pkram_loader *ld);
void shmem_pkram_end_folios(struct shmem_pkram_loader *ld);
int shmem_pkram_load_data(struct shmem_pkram_loader *ld,
			  const struct pkram_shmem_data *rec);
void shmem_pkram_keep_folios(struct shmem_pkram_loader *ld);
void shmem_pkram_undo_folios(struct shmem_pkram_loader *ld);

#endif /* _MM_SHMEM_PKRAM_LOAD_H */
