/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages of a loaded tmpfs that are not in the page cache yet, for
 * mm/shmem_pkram_lazy*.c.
 */
#ifndef _MM_SHMEM_PKRAM_LAZY_H
#define _MM_SHMEM_PKRAM_LAZY_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/mutex.h>
#include <linux/pkram.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "pkram_internal.h"

struct address_space;
struct inode;
struct mem_cgroup;
struct shmem_load_segment;
struct shmem_pkram;
struct shmem_pkram_filler;
struct task_struct;

/* Pages of a block: one entry of the page cache stands for them */
#define SHMEM_LAZY_ORDER	9
#define SHMEM_LAZY_PAGES	BIT(SHMEM_LAZY_ORDER)

/* Blocks of which one can be filled at a time, each of another slot */
#define SHMEM_LAZY_SLOTS	16

/**
 * enum shmem_lazy_state - what has become of a block
 * @SHMEM_LAZY_WAITING: its entry is in the page cache
 * @SHMEM_LAZY_HELD: its pages are, or nobody wants them; the node has its hold on them
 * @SHMEM_LAZY_DONE: the node has given up its hold, or will not give it up
 */
enum shmem_lazy_state {
	SHMEM_LAZY_WAITING,
	SHMEM_LAZY_HELD,
	SHMEM_LAZY_DONE,
};

/**
 * struct shmem_lazy_block - pages at indices that follow each other
 * @from: where they are in the page stream, one after the other
 * @inode: their file; looked at when the state is %SHMEM_LAZY_WAITING
 * @index: index of the first, a multiple of their number
 * @state: under the lock of its slot
 */
struct shmem_lazy_block {
	struct pkram_cursor from;
	struct inode *inode;
	pgoff_t index;
	enum shmem_lazy_state state;
};

/**
 * struct shmem_lazy_file - a file with blocks
 * @inode: the file; another one may have the address when all blocks are done
 * @first: its first block; they are in ascending order
 * @nr: number of them
 */
struct shmem_lazy_file {
	struct inode *inode;
	u32 first;
	u32 nr;
};

/**
 * struct shmem_lazy_slot - what it takes to fill a block
 * @lock: protects the rest and the states of the blocks of this slot
 * @fl: for folios
 * @worker: thread in the background that has @lock, or NULL
 */
struct shmem_lazy_slot {
	struct mutex lock;	/* among those that fill or drop blocks */
	struct shmem_pkram_filler *fl;
	struct task_struct *worker;
};

/**
 * struct shmem_pkram_lazy - pages that are loaded after the mount
 * @st: the mount
 * @blocks: the pages
 * @nr_blocks: number of blocks
 * @room_blocks: for how many there is room
 * @files: the files, sorted by address of the inode
 * @nr_files: number of them
 * @room_files: for how many there is room
 * @eager: parts of the page stream that have been loaded before the mount
 * @nr_eager: number of them
 * @slots: locks and what goes with them
 * @memcg: who has paid for all pages; a reference, or NULL
 * @paid: pages paid for that have not been loaded
 * @committed: the node is not needed any more, but for what is left of it
 * @stop: the file system is going away
 * @next: block that a worker is to take next
 * @running: workers that have not finished
 * @took: CPU time that they have had, in ns
 * @workers: these, without a task behind the last
 * @work: for when no thread can be had
 */
struct shmem_pkram_lazy {
	struct shmem_pkram *st;
	struct shmem_lazy_block *blocks;
	size_t nr_blocks;
	size_t room_blocks;
	struct shmem_lazy_file *files;
	size_t nr_files;
	size_t room_files;
	struct shmem_load_segment *eager;
	size_t nr_eager;
	struct shmem_lazy_slot slots[SHMEM_LAZY_SLOTS];
	struct mem_cgroup *memcg;
	atomic_long_t paid;
	bool committed;
	bool stop;
	atomic_t next;
	atomic_t running;
	atomic64_t took;
	struct pkram_background workers[SHMEM_LAZY_SLOTS];
	struct work_struct work;
};

void *shmem_lazy_entry(size_t nr);
int shmem_lazy_split(struct address_space *mapping, pgoff_t index, void *entry,
		     gfp_t gfp);
void shmem_lazy_store(struct address_space *mapping,
		      const struct pkram_loaded *batch, unsigned int nr);
void shmem_lazy_free(struct shmem_pkram *st, struct shmem_pkram_lazy *lazy);
void shmem_pkram_drop_eager(struct shmem_pkram *st);

#endif /* _MM_SHMEM_PKRAM_LAZY_H */
