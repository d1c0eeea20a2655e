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
 * struct shmem_pkram_part - pages that one thread saves, one after the other
 * @pages: where to
 * @next: index after the last page of the current file that has been saved
 * @last: last index of the current file to save
 * @verify: contents get checksums
 * @sums: those of this part
 * @poison: ranges of lost pages of this part
 * @nr_poison: number of them
 * @nr_swapins: pages that were brought back from swap
 * @room_poison: for how many @poison has room
 * @old_poison: number of them that are another file's
 * @why: what is wrong with the current file
 */
struct shmem_pkram_part {
	struct pkram_access pages;
	pgoff_t next;
	pgoff_t last;
	bool verify;
	struct shmem_pkram_sums sums;
	struct shmem_pkram_range *poison;
	size_t nr_poison;
	unsigned long nr_swapins;
	size_t room_poison;
	size_t old_poison;
	const char *why;
};

struct shmem_pkram_plan;

/**
 * struct shmem_pkram_saver - a save in progress
 * @st: mount
 * @fc: remount
 * @bytes: records
 * @part: folios; what several threads have saved is added to it
 * @plan: what several threads have saved, if they have
 * @nr_frames: frames of the files so far that have their DATA record
 * @header: totals so far
 * @dirs: directories, in ascending order of id
 * @entries: of the current directory, in the order of readdir()
 * @links: by address, id of an inode with several links (low 32 bits) and how
 *	many of them are still to come
 * @buf: records of the current entry
 * @len: their length
 * @why: what is wrong with the current entry
 * @reported: the reason of the failure has been reported
 */
struct shmem_pkram_saver {
	struct shmem_pkram *st;
	struct fs_context *fc;
	struct pkram_access bytes;
	struct shmem_pkram_part part;
	struct shmem_pkram_plan *plan;
	u64 nr_frames;
	struct pkram_shmem_header header;
	struct shmem_pkram_list dirs;
	struct shmem_pkram_list entries;
	struct xarray links;
	u8 *buf;
	size_t len;
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

int shmem_pkram_save_room(struct shmem_pkram_saver *sv);
int shmem_pkram_save_data(struct shmem_pkram_saver *sv, struct inode *inode);
int shmem_pkram_save_part(struct shmem_pkram_part *part, struct inode *inode,
			  pgoff_t start, pgoff_t last);
int shmem_pkram_save_lost(struct shmem_pkram_saver *sv,
			  const struct shmem_pkram_range *range, size_t nr);
int shmem_pkram_list_dir(struct shmem_pkram_list *list, struct dentry *dir);
int shmem_pkram_list_add(struct shmem_pkram_list *list, struct dentry *dentry,
			 u32 id);

int shmem_pkram_plan_tree(struct shmem_pkram_saver *sv);
int shmem_pkram_plan_result(struct shmem_pkram_saver *sv, struct inode *inode,
			    u64 *nr);
int shmem_pkram_plan_notes(struct shmem_pkram_saver *sv);
int shmem_pkram_plan_end(const struct shmem_pkram_saver *sv);
void shmem_pkram_plan_free(struct shmem_pkram_saver *sv);

#endif /* _MM_SHMEM_PKRAM_SAVE_H */
