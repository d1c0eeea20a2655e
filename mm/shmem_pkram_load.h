/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The state of a load of a tmpfs, for mm/shmem_pkram_load*.c.
 */
#ifndef _MM_SHMEM_PKRAM_LOAD_H
#define _MM_SHMEM_PKRAM_LOAD_H

#include "pkram_shmem_rec.h"
#include "shmem_pkram.h"

struct dentry;

/* Folios to load at once */
#define SHMEM_LOAD_BATCH	16

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
 * @folios: loaded folios, each with the reference that the load has got
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
	struct list_head folios;
	struct pkram_loaded batch[SHMEM_LOAD_BATCH];
	unsigned int batch_pos;
	unsigned int batch_nr;
	struct dentry *dir;
	struct inode *inode;
	struct pkram_shmem_inode rec;
	struct shmem_pkram_verify verify;
	bool drained;
};

int shmem_pkram_load_data(struct shmem_pkram_loader *ld,
			  const struct pkram_shmem_data *rec);
void shmem_pkram_keep_folios(struct shmem_pkram_loader *ld);
void shmem_pkram_undo_folios(struct shmem_pkram_loader *ld);

#endif /* _MM_SHMEM_PKRAM_LOAD_H */
