// SPDX-License-Identifier: GPL-2.0
/*
 * tmpfs preserved over kexec: the pages of all files, loaded by several threads.
 *
 * The records come first, and of each file with pages it is noted where in the page
 * stream they are. Then threads take one part of the page stream after the other,
 * of a size that does not depend on the files: a piece of a large one, or many small
 * ones. A large file may have several threads putting pages into its page cache.
 *
 * Each thread has a filler, with lists of its own of what it has loaded, and counts
 * and pays for itself. The first error stops all.
 *
 * Where checksums are to be looked at, the pages of a file are loaded with its
 * records, since these tell the sums.
 *
 * Lock order: sb->s_umount (held by who waits for the threads), then ld->lock; no
 * other is taken with that held.
 */
#include <linux/memcontrol.h>
#include <linux/minmax.h>
#include <linux/mman.h>
#include <linux/slab.h>

#include "pkram_internal.h"
#include "shmem_pkram.h"
#include "shmem_pkram_load.h"

/* Pages to load at a time: so many parts that no thread waits long for the last one */
#define SHMEM_LOAD_PARTS	16
#define SHMEM_LOAD_PART_MIN	4096
#define SHMEM_LOAD_PART_MAX	65536

/**
 * shmem_pkram_begin_data() - get ready for loading pages
 * @ld: load
 *
 * Context: May sleep.
 */
void shmem_pkram_begin_data(struct shmem_pkram_loader *ld)
{
	mutex_init(&ld->lock);
	INIT_LIST_HEAD(&ld->idle);
	INIT_LIST_HEAD(&ld->fillers);
	ld->memcg = get_mem_cgroup_from_mm(NULL);
}

static void shmem_load_free_fillers(struct list_head *fillers)
{
	struct shmem_pkram_filler *fl, *tmp;

	list_for_each_entry_safe(fl, tmp, fillers, list)
		shmem_pkram_filler_free(fl);
	INIT_LIST_HEAD(fillers);
}

/**
 * shmem_pkram_end_data() - done with loading pages, which have been kept or undone
 * @ld: load
 *
 * Context: May sleep.
 */
void shmem_pkram_end_data(struct shmem_pkram_loader *ld)
{
	shmem_load_free_fillers(&ld->idle);
	shmem_load_free_fillers(&ld->fillers);
	mem_cgroup_put(ld->memcg);
	kvfree(ld->segments);
}

/* ------------------------------------------------------------- threads */

/* The file that has the page at @pos */
static const struct shmem_load_segment *
shmem_load_segment_at(const struct shmem_pkram_loader *ld, u64 pos)
{
	size_t low = 0, high = ld->nr_segments - 1, mid;

	while (low < high) {
		mid = (low + high + 1) / 2;
		if (ld->segments[mid].pos <= pos)
			low = mid;
		else
			high = mid - 1;
	}
	return &ld->segments[low];
}

/* Take the next part of the page stream: its pages, 0 when there are no more */
static u64 shmem_load_take(struct shmem_pkram_loader *ld,
			   struct pkram_cursor *from)
{
	const struct shmem_load_segment *seg;
	u64 end;

	guard(mutex)(&ld->lock);
	if (ld->err || ld->at == ld->nr_segments)
		return 0;
	seg = &ld->segments[ld->at];
	/* Between segments may be what is loaded later */
	if (ld->cursor.pos < seg->pos)
		pkram_cursor_skip(&ld->cursor, seg->pos - ld->cursor.pos);
	*from = ld->cursor;
	end = from->pos;
	while (ld->at < ld->nr_segments && end - from->pos < ld->step) {
		seg = &ld->segments[ld->at];
		if (seg->pos > end)
			break;
		end = min(seg->pos + seg->nr, from->pos + ld->step);
		if (end == seg->pos + seg->nr)
			ld->at++;
	}
	pkram_cursor_skip(&ld->cursor, end - from->pos);
	/* To the end of a folio, which a segment ends with, too */
	while (ld->at < ld->nr_segments &&
	       ld->segments[ld->at].pos + ld->segments[ld->at].nr <= ld->cursor.pos)
		ld->at++;
	/* No more in the stream, or a folio that belongs to two files */
	if (end == from->pos || ld->cursor.pos < end ||
	    ld->cursor.pos > ld->planned) {
		ld->err = -EBADMSG;
		return 0;
	}
	return ld->cursor.pos - from->pos;
}

static int shmem_load_part(struct shmem_pkram_loader *ld,
			   struct shmem_pkram_filler *fl,
			   const struct pkram_cursor *from, u64 nr)
{
	const struct shmem_load_segment *seg = shmem_load_segment_at(ld, from->pos);
	const u64 end = from->pos + nr;
	u64 pos = from->pos, some;
	int err = 0;

	pkram_access_part(&fl->pages, from, nr);
	fl->left = nr;
	for (; !err && pos < end; pos += some, seg++) {
		/* A folio goes on where another file begins, or what comes later */
		if (pos < seg->pos || pos >= seg->pos + seg->nr)
			return -EBADMSG;
		some = min(end, seg->pos + seg->nr) - pos;
		err = shmem_pkram_load_folios(fl, seg->inode, some);
	}
	return err;
}

static struct shmem_pkram_filler *
shmem_load_next_filler(struct shmem_pkram_loader *ld)
{
	struct shmem_pkram_filler *fl;

	guard(mutex)(&ld->lock);
	fl = list_first_entry_or_null(&ld->idle, struct shmem_pkram_filler, list);
	if (fl)
		list_move_tail(&fl->list, &ld->fillers);
	return fl;
}

/* What each thread does */
static void shmem_load_work(void *arg)
{
	struct shmem_pkram_loader *ld = arg;
	struct shmem_pkram_filler *fl;
	struct pkram_cursor from;
	int err;
	u64 nr;

	fl = shmem_load_next_filler(ld);
	while (fl && (nr = shmem_load_take(ld, &from))) {
		err = shmem_load_part(ld, fl, &from, nr);
		guard(mutex)(&ld->lock);
		if (err && !ld->err)
			ld->err = err;
	}
}

/* Have up to @nr fillers for threads to take; how many are there? */
static unsigned int shmem_load_have_fillers(struct shmem_pkram_loader *ld,
					    unsigned int nr)
{
	struct shmem_pkram_filler *fl;
	unsigned int have;

	list_splice_init(&ld->fillers, &ld->idle);
	for (have = list_count_nodes(&ld->idle); have < nr; have++) {
		fl = shmem_pkram_filler_alloc(&ld->pages, ld->memcg);
		if (!fl)
			break;
		list_add_tail(&fl->list, &ld->idle);
	}
	return have;
}

/**
 * shmem_pkram_load_data() - load the pages of all files met so far
 * @ld: load
 *
 * Context: May sleep. s_umount is held for writing.
 * Return: as shmem_pkram_load_folios().
 */
int shmem_pkram_load_data(struct shmem_pkram_loader *ld)
{
	struct shmem_pkram_filler *fl;
	unsigned int threads;
	u64 nr = 0;
	size_t i;

	for (i = ld->at; i < ld->nr_segments; i++)
		nr += ld->segments[i].nr;
	if (!nr)
		return 0;
	threads = min_t(u64, pkram_nr_threads(nr),
			DIV_ROUND_UP(nr, SHMEM_LOAD_PART_MIN));
	/* What may be allocated grows with each page that is claimed: one by one */
	if (sysctl_overcommit_memory == OVERCOMMIT_NEVER)
		threads = 1;
	threads = min(threads, shmem_load_have_fillers(ld, threads));
	if (!threads)
		return -ENOMEM;
	/* One alone need not stop in between */
	ld->step = threads == 1 ? nr :
		   clamp_t(u64, nr / (threads * SHMEM_LOAD_PARTS),
			   SHMEM_LOAD_PART_MIN, SHMEM_LOAD_PART_MAX);
	pkram_run_threads(threads, shmem_load_work, ld);
	list_splice_init(&ld->idle, &ld->fillers);

	list_for_each_entry(fl, &ld->fillers, list) {
		ld->verify.uptodate += fl->uptodate;
		fl->uptodate = 0;
	}
	return ld->err;
}

/**
 * shmem_pkram_add_segment() - pages are to be loaded by shmem_pkram_load_data()
 * @ld: load
 * @inode: their file
 * @pos: position of the first in the page stream
 * @nr: number of pages
 *
 * Context: May sleep.
 * Return: 0; -ENOMEM.
 */
int shmem_pkram_add_segment(struct shmem_pkram_loader *ld, struct inode *inode,
			    u64 pos, u64 nr)
{
	struct shmem_load_segment *segments = ld->segments, *last;

	last = ld->nr_segments ? &segments[ld->nr_segments - 1] : NULL;
	if (last && last->inode == inode && last->pos + last->nr == pos) {
		last->nr += nr;
		return 0;
	}
	segments = shmem_pkram_grow(segments, ld->nr_segments + 1,
				    &ld->room_segments, sizeof(*segments));
	if (!segments)
		return -ENOMEM;
	ld->segments = segments;
	segments[ld->nr_segments++] = (struct shmem_load_segment){
		.inode = inode,
		.pos = pos,
		.nr = nr,
	};
	return 0;
}

/**
 * shmem_pkram_plan_data() - the next pages of the stream are those of a file
 * @ld: load; the file is its current inode
 * @rec: record, checked
 *
 * They are loaded now or by shmem_pkram_load_data().
 *
 * Context: May sleep. s_umount is held for writing.
 * Return: as shmem_pkram_load_data().
 */
int shmem_pkram_plan_data(struct shmem_pkram_loader *ld,
			  const struct pkram_shmem_data *rec)
{
	int err;

	SHMEM_I(ld->inode)->fallocend = rec->fallocend;
	if (!rec->nr)
		return 0;
	err = shmem_pkram_add_segment(ld, ld->inode, ld->planned, rec->nr);
	if (err)
		return err;
	ld->planned += rec->nr;
	return ld->verify.on ? shmem_pkram_load_data(ld) : 0;
}

/* ------------------------------------------------------------- the end */

static void shmem_load_keep_work(void *arg)
{
	struct shmem_pkram_loader *ld = arg;
	struct shmem_pkram_filler *fl;

	while ((fl = shmem_load_next_filler(ld))) {
		shmem_pkram_count_folios(fl);
		shmem_pkram_keep_folios(fl);
	}
}

/**
 * shmem_pkram_keep_data() - let reclaim see what has been loaded
 * @ld: load, of which nothing can fail any more
 *
 * Context: May sleep.
 */
void shmem_pkram_keep_data(struct shmem_pkram_loader *ld)
{
	list_splice_init(&ld->fillers, &ld->idle);
	pkram_run_threads(list_count_nodes(&ld->idle), shmem_load_keep_work, ld);
}

/**
 * shmem_pkram_undo_data() - give back what has been loaded, as it was
 * @ld: load; nothing is done if it has been kept
 *
 * Context: May sleep.
 */
void shmem_pkram_undo_data(struct shmem_pkram_loader *ld)
{
	struct shmem_pkram_filler *fl;

	list_splice_init(&ld->idle, &ld->fillers);
	list_for_each_entry(fl, &ld->fillers, list)
		shmem_pkram_undo_folios(fl);
}
