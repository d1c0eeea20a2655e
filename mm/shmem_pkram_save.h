/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The state of a save of a tmpfs, for mm/shmem_pkram_save*.c.
 */
#ifndef _MM_SHMEM_PKRAM_SAVE_H
#define _MM_SHMEM_PKRAM_SAVE_H

#include <linux/xarray.h>

#include "shmem_pkram.h"

struct dentry;

struct shmem_pkram_item {
	struct dentry *dentry;
	u32 id;
};

struct shmem_pkram_list {
	struct shmem_pkram_item *items;
	size_t nr;
	size_t room;
};

struct shmem_pkram_range {
	pgoff_t start;
	unsigned long nr;
};

/**
 * struct shmem_pkram_saver - a save in progress
 * @st: mount
 * @fc: remount
 * @bytes: records
 * @pages: folios
 * @header: totals so far
 * @dirs: directories, in ascending order of id
 * @entries: of the current directory, in the order of readdir()
 * @links: by address, id of an inode with several links (low 32 bits) and how
 *	many of them are still to come
 * @buf: records of the current entry
 * @len: their length
 * @next: index after the last page of the current file that has been saved
 * @verify: contents get checksums
 * @sums: those of the current file
 * @poison: ranges of lost pages of the current file
 * @nr_poison: number of them
 * @room_poison: for how many @poison has room
 * @why: what is wrong with the current entry
 * @reported: the reason of the failure has been reported
 */
struct shmem_pkram_saver {
	struct shmem_pkram *st;
	struct fs_context *fc;
	struct pkram_access bytes;
	struct pkram_access pages;
	struct pkram_shmem_header header;
	struct shmem_pkram_list dirs;
	struct shmem_pkram_list entries;
	struct xarray links;
	u8 *buf;
	size_t len;
	pgoff_t next;
	bool verify;
	struct shmem_pkram_sums sums;
	struct shmem_pkram_range *poison;
	size_t nr_poison;
	size_t room_poison;
	const char *why;
	bool reported;
};

/* Why an entry cannot be saved, for the message; the error is for the caller */
static inline int shmem_pkram_refuse(struct shmem_pkram_saver *sv, int err,
				     const char *why)
{
	sv->why = why;
	return err;
}

int shmem_pkram_save_data(struct shmem_pkram_saver *sv, struct inode *inode);

#endif /* _MM_SHMEM_PKRAM_SAVE_H */
