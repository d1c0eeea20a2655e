// SPDX-License-Identifier: GPL-2.0
/*
 * tmpfs preserved over kexec: the pages of many or large files, saved by several
 * threads.
 *
 * A page is saved in a few dozen instructions, so what one thread takes at a time
 * must be many of them: a piece of a large file, or many small files. A plan is a
 * list of such pieces in the order in which the walk over the tree will meet the
 * files. Threads take one piece after the other and save each to a chain of its own;
 * the chains are put together in the order of the plan, so that the page stream is
 * what it would be without a plan. After that the walk writes the records, and gets
 * from the plan what it would get from saving the file.
 *
 * There is a plan for the whole tree if that is worth it. If not, because files are
 * small, their pages are not what takes long; then there is one for each file that is
 * large.
 *
 * The first error in the order of the plan counts: pieces after it need not be saved,
 * those before it are. It is reported when the walk meets the file.
 *
 * Lock order: sb->s_umount (held by who waits for the threads), then the folio
 * lock, then what mm/pkram.c takes.
 */
#define pr_fmt(fmt) fmt

#include <linux/align.h>
#include <linux/atomic.h>
#include <linux/dcache.h>
#include <linux/fs_context.h>
#include <linux/pagemap.h>
#include <linux/percpu_counter.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/xarray.h>

#include "pkram_internal.h"
#include "pkram_shmem_rec.h"
#include "shmem_pkram.h"
#include "shmem_pkram_save.h"

/*
 * Pieces of a file begin at multiples of this: no folio lies on both sides, as none
 * is larger than an entry of the XArray can be, and sums neither.
 */
#define SHMEM_PLAN_ALIGN	4096

static_assert(ilog2(SHMEM_PLAN_ALIGN) > MAX_XAS_ORDER);
static_assert(SHMEM_PLAN_ALIGN % PKRAM_SHMEM_SUM_PAGES == 0);

/* Pages of a piece: enough pieces that no thread waits long for the last one */
#define SHMEM_PLAN_PIECE_MAX	(16 * SHMEM_PLAN_ALIGN)
#define SHMEM_PLAN_PIECES	16

/*
 * Files of fewer pages on average are not worth a plan: to meet each once more
 * takes as long as saving some pages. What is averaged over is at least so many.
 */
#define SHMEM_PLAN_AVERAGE	16
#define SHMEM_PLAN_CHECK	1024

/**
 * struct shmem_pkram_segment - pages of a file that are saved one after the other
 * @inode: the file
 * @start: first index
 * @last: last index
 * @nr: frames that have been saved
 * @sum: first of its sums in the list of the piece
 * @nr_sums: number of them
 * @poison: first of its ranges of lost pages in the list of the piece
 * @nr_poison: number of them
 * @err: what has become of it; -EINTR from the beginning
 */
struct shmem_pkram_segment {
	struct inode *inode;
	pgoff_t start;
	pgoff_t last;
	u64 nr;
	u32 sum;
	u32 nr_sums;
	u32 poison;
	u32 nr_poison;
	int err;
};

/**
 * struct shmem_pkram_piece - what a thread saves at a time
 * @part: how and where to
 * @first: first segment
 * @nr: number of segments
 */
struct shmem_pkram_piece {
	struct shmem_pkram_part part;
	size_t first;
	size_t nr;
};

/**
 * struct shmem_pkram_plan - pages for several threads to save
 * @segments: all that is to be saved, in the order of the stream
 * @nr_segments: number of them
 * @room_segments: for how many there is room
 * @pieces: the same in pieces
 * @nr_pieces: number of them
 * @room_pieces: for how many there is room
 * @open: pages of the last piece, which files can be added to; 0 if there is none
 * @step: pages of a piece
 * @nr_pages: pages of all files, as far as is known before
 * @next: piece to take next
 * @stop: piece that is not to be taken any more
 * @at: first segment that nobody has asked for yet
 * @current_file: first segment of the file that was asked for last
 */
struct shmem_pkram_plan {
	struct shmem_pkram_segment *segments;
	size_t nr_segments;
	size_t room_segments;
	struct shmem_pkram_piece *pieces;
	size_t nr_pieces;
	size_t room_pieces;
	u64 open;
	u64 step;
	u64 nr_pages;
	atomic_t next;
	atomic_t stop;
	size_t at;
	size_t current_file;
};

/* ------------------------------------------------------------- planning */

/* Pages of a file, of which some may come or go */
static u64 shmem_plan_pages(struct inode *inode)
{
	return READ_ONCE(inode->i_mapping->nrpages) +
	       READ_ONCE(SHMEM_I(inode)->swapped);
}

static int shmem_plan_add_piece(struct shmem_pkram_plan *plan,
				struct shmem_pkram_saver *sv)
{
	struct shmem_pkram_piece *pieces;

	pieces = shmem_pkram_grow(plan->pieces, plan->nr_pieces + 1,
				  &plan->room_pieces, sizeof(*pieces));
	if (!pieces)
		return -ENOMEM;
	plan->pieces = pieces;
	pieces[plan->nr_pieces++] = (struct shmem_pkram_piece){
		.part.pages.ps = sv->part.pages.ps,
		.part.pages.type = PKRAM_OBJ_PAGES,
		.part.verify = sv->part.verify,
		.part.sums.tfm = sv->part.sums.tfm,
		.first = plan->nr_segments,
	};
	return 0;
}

/* Add @nr pages to the last piece */
static int shmem_plan_add_segment(struct shmem_pkram_plan *plan,
				  struct inode *inode, pgoff_t start,
				  pgoff_t last)
{
	struct shmem_pkram_segment *segments;

	segments = shmem_pkram_grow(plan->segments, plan->nr_segments + 1,
				    &plan->room_segments, sizeof(*segments));
	if (!segments)
		return -ENOMEM;
	plan->segments = segments;
	segments[plan->nr_segments++] = (struct shmem_pkram_segment){
		.inode = inode,
		.start = start,
		.last = last,
		.err = -EINTR,
	};
	plan->pieces[plan->nr_pieces - 1].nr++;
	return 0;
}

/* Cut a file into pieces; that pages lie evenly in it is likely, not sure */
static int shmem_plan_cut(struct shmem_pkram_plan *plan,
			  struct shmem_pkram_saver *sv, struct inode *inode,
			  u64 nr)
{
	const u64 end = DIV_ROUND_UP((u64)i_size_read(inode), PAGE_SIZE);
	const u64 pieces = DIV_ROUND_UP(nr, plan->step);
	const u64 step = round_up(DIV_ROUND_UP(end, pieces), SHMEM_PLAN_ALIGN);
	u64 start = 0;
	bool more;
	int err;

	plan->open = 0;
	do {
		/* There may be pages behind the end, too */
		more = start + step < end;
		err = shmem_plan_add_piece(plan, sv);
		if (!err)
			err = shmem_plan_add_segment(plan, inode, start,
						     more ? start + step - 1 :
							    ULONG_MAX);
		start += step;
	} while (!err && more);
	return err;
}

static int shmem_plan_add(struct shmem_pkram_plan *plan,
			  struct shmem_pkram_saver *sv, struct inode *inode)
{
	const u64 nr = shmem_plan_pages(inode);
	int err = 0;

	plan->nr_pages += nr;
	if (nr >= 2 * plan->step)
		return shmem_plan_cut(plan, sv, inode, nr);
	if (!plan->open)
		err = shmem_plan_add_piece(plan, sv);
	if (!err)
		err = shmem_plan_add_segment(plan, inode, 0, ULONG_MAX);
	plan->open += nr;
	if (plan->open >= plan->step)
		plan->open = 0;
	return err;
}

static struct shmem_pkram_plan *shmem_plan_alloc(u64 pages, unsigned int threads)
{
	struct shmem_pkram_plan *plan;

	plan = kzalloc(sizeof(*plan), SHMEM_PKRAM_GFP);
	if (plan)
		plan->step = clamp_t(u64, round_up(pages / (threads * SHMEM_PLAN_PIECES),
						   SHMEM_PLAN_ALIGN),
				     SHMEM_PLAN_ALIGN, SHMEM_PLAN_PIECE_MAX);
	return plan;
}

/**
 * shmem_pkram_plan_free() - forget the plan of a save
 * @sv: save
 *
 * Context: May sleep.
 */
void shmem_pkram_plan_free(struct shmem_pkram_saver *sv)
{
	struct shmem_pkram_plan *plan = sv->plan;
	size_t i;

	if (!plan)
		return;
	for (i = 0; i < plan->nr_pieces; i++) {
		kvfree(plan->pieces[i].part.poison);
		kvfree(plan->pieces[i].part.sums.items);
	}
	kvfree(plan->pieces);
	kvfree(plan->segments);
	kfree(plan);
	sv->plan = NULL;
}

/* --------------------------------------------------------------- saving */

static int shmem_plan_save_piece(struct shmem_pkram_plan *plan,
				 struct shmem_pkram_piece *piece)
{
	struct shmem_pkram_part *part = &piece->part;
	struct shmem_pkram_segment *seg;
	size_t i;
	u64 before;
	int err = 0;

	for (i = 0; !err && i < piece->nr; i++) {
		seg = &plan->segments[piece->first + i];
		before = part->pages.nr;
		err = shmem_pkram_save_part(part, seg->inode, seg->start,
					    seg->last);
		if (!err && i == piece->nr - 1)
			err = pkram_settle_access(&part->pages);
		seg->nr = part->pages.nr - before;
		seg->sum = part->sums.old_files;
		seg->nr_sums = part->sums.nr - seg->sum;
		seg->poison = part->old_poison;
		seg->nr_poison = part->nr_poison - seg->poison;
		seg->err = err;
	}
	return err;
}

/* What each thread does */
static void shmem_plan_work(void *arg)
{
	struct shmem_pkram_plan *plan = arg;
	int at, stop;

	while ((at = atomic_fetch_inc(&plan->next)) < atomic_read(&plan->stop)) {
		if (!shmem_plan_save_piece(plan, &plan->pieces[at]))
			continue;
		stop = atomic_read(&plan->stop);
		while (at < stop && !atomic_try_cmpxchg(&plan->stop, &stop, at))
			;
	}
}

/* Put together what has been saved, or forget it */
static int shmem_plan_join(struct shmem_pkram_plan *plan,
			   struct shmem_pkram_saver *sv)
{
	bool ok = atomic_read(&plan->stop) == plan->nr_pieces;
	const struct inode *inode = NULL, *prev;
	int err = 0;
	size_t i;

	for (i = 0; i < plan->nr_pieces; i++) {
		struct shmem_pkram_piece *piece = &plan->pieces[i];

		prev = inode;
		inode = plan->segments[piece->first].inode;
		if (ok)
			err = pkram_append_access(&sv->part.pages,
						  &piece->part.pages,
						  inode == prev);
		if (err)
			ok = false;
		pkram_finish_access(&piece->part.pages, false);
		inode = plan->segments[piece->first + piece->nr - 1].inode;
	}
	return err;
}

/* Save what is planned, if several threads can do that */
static int shmem_plan_run(struct shmem_pkram_saver *sv)
{
	struct shmem_pkram_plan *plan = sv->plan;
	unsigned int threads;

	threads = min_t(size_t, pkram_nr_threads(plan->nr_pages),
			plan->nr_pieces);
	if (threads < 2 || plan->nr_pieces > INT_MAX / 2) {
		shmem_pkram_plan_free(sv);
		return 0;
	}
	atomic_set(&plan->stop, plan->nr_pieces);
	pkram_run_threads(threads, shmem_plan_work, plan);
	return shmem_plan_join(plan, sv);
}

/* Plan the files of a directory; 1 when they are not worth it */
static int shmem_plan_dir(struct shmem_pkram_saver *sv, struct dentry *dir,
			  struct shmem_pkram_list *dirs, struct xarray *seen)
{
	struct shmem_pkram_plan *plan = sv->plan;
	size_t i;
	int err;

	err = shmem_pkram_list_dir(&sv->entries, dir);
	for (i = sv->entries.nr; !err && i; i--) {
		struct dentry *child = sv->entries.items[i - 1].dentry;
		struct inode *inode = d_inode(child);

		if (S_ISDIR(inode->i_mode))
			err = shmem_pkram_list_add(dirs, child, 0);
		if (!S_ISREG(inode->i_mode))
			continue;
		/*
		 * Like the walk, only the first name of several, even if there are
		 * pages, for holes, before the next is met
		 */
		if (inode->i_nlink > 1) {
			err = xa_insert(seen, (unsigned long)inode / sizeof(long),
					xa_mk_value(1), SHMEM_PKRAM_GFP);
			if (err == -EBUSY) {
				err = 0;
				continue;
			}
		}
		if (!err && mapping_empty(inode->i_mapping))
			continue;
		if (!err)
			err = shmem_plan_add(plan, sv, inode);
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		if (!err && plan->nr_segments % SHMEM_PLAN_CHECK == 0 &&
		    plan->nr_pages / plan->nr_segments < SHMEM_PLAN_AVERAGE)
			err = 1;
		cond_resched();
	}
	return err;
}

/**
 * shmem_pkram_plan_tree() - have several threads save pages of all files
 * @sv: save, of which nothing has been written yet
 *
 * Does nothing when one thread is better. That files cannot be saved comes out when
 * the walk asks for them.
 *
 * Context: May sleep. s_umount is held for writing.
 * Return: 0; -EINTR; -EEXIST; -ENOMEM.
 */
int shmem_pkram_plan_tree(struct shmem_pkram_saver *sv)
{
	struct super_block *sb = sv->fc->root->d_sb;
	struct shmem_sb_info *sbinfo = SHMEM_SB(sb);
	struct shmem_pkram_list dirs = { };
	struct xarray seen;
	unsigned int threads;
	u64 pages = U32_MAX;
	size_t i;
	int err;

	/* Without a limit nobody counts them */
	if (sbinfo->max_blocks)
		pages = percpu_counter_read_positive(&sbinfo->used_blocks);
	threads = pkram_nr_threads(pages);
	if (threads < 2)
		return 0;
	sv->plan = shmem_plan_alloc(pages, threads);
	if (!sv->plan)
		return -ENOMEM;

	xa_init(&seen);
	err = shmem_pkram_list_add(&dirs, sb->s_root, 0);
	for (i = 0; !err && i < dirs.nr; i++)
		err = shmem_plan_dir(sv, dirs.items[i].dentry, &dirs, &seen);
	xa_destroy(&seen);
	kvfree(dirs.items);
	return err < 0 ? err : shmem_plan_run(sv);
}

/* A plan for a file that is in none, and large */
static int shmem_plan_file(struct shmem_pkram_saver *sv, struct inode *inode)
{
	const u64 pages = shmem_plan_pages(inode);
	struct shmem_pkram_plan *plan;
	unsigned int threads;
	int err;

	if (pages < 2 * SHMEM_PLAN_ALIGN)
		return 0;
	threads = pkram_nr_threads(pages);
	if (threads < 2)
		return 0;
	plan = shmem_plan_alloc(pages, threads);
	if (!plan)
		return -ENOMEM;
	shmem_pkram_plan_free(sv);
	sv->plan = plan;
	err = shmem_plan_add(plan, sv, inode);
	return err ?: shmem_plan_run(sv);
}

/* -------------------------------------------------------------- results */

/* The piece that a segment is of */
static struct shmem_pkram_piece *
shmem_plan_piece_of(const struct shmem_pkram_plan *plan, size_t at)
{
	size_t low = 0, high = plan->nr_pieces - 1, mid;

	while (low < high) {
		mid = (low + high + 1) / 2;
		if (plan->pieces[mid].first <= at)
			low = mid;
		else
			high = mid - 1;
	}
	return &plan->pieces[low];
}

/**
 * shmem_pkram_plan_result() - what has become of the pages of a file?
 * @sv: save
 * @inode: the next file that the walk has met
 * @nr: set to the number of frames in the page stream
 *
 * A file that is large enough for a plan of its own is saved now.
 *
 * Context: May sleep. s_umount is held for writing.
 * Return: 0; -ENOENT when it is for the caller to save them; an error of
 * shmem_pkram_save_part().
 */
int shmem_pkram_plan_result(struct shmem_pkram_saver *sv, struct inode *inode,
			    u64 *nr)
{
	struct shmem_pkram_plan *plan = sv->plan;
	int err;

	if (!plan || plan->at == plan->nr_segments) {
		err = shmem_plan_file(sv, inode);
		if (err)
			return err;
		plan = sv->plan;
		if (!plan || plan->at == plan->nr_segments)
			return -ENOENT;
	}
	/* A file without pages when the plan was made has holes, to which pages come */
	plan->current_file = plan->at;
	for (*nr = 0; plan->at < plan->nr_segments; plan->at++) {
		const struct shmem_pkram_segment *seg = &plan->segments[plan->at];

		if (seg->inode != inode)
			break;
		if (seg->err) {
			sv->why = shmem_plan_piece_of(plan, plan->at)->part.why;
			return seg->err;
		}
		*nr += seg->nr;
	}
	return 0;
}

/**
 * shmem_pkram_plan_notes() - write what there is to say of the pages of a file
 * @sv: save
 *
 * It is the file that shmem_pkram_plan_result() has just told the result of.
 *
 * Context: May sleep.
 * Return: 0; -ENOMEM.
 */
int shmem_pkram_plan_notes(struct shmem_pkram_saver *sv)
{
	const struct shmem_pkram_plan *plan = sv->plan;
	const struct shmem_pkram_segment *seg;
	const struct shmem_pkram_part *part;
	size_t i;
	int err = 0;

	for (i = plan->current_file; !err && i < plan->at; i++) {
		seg = &plan->segments[i];
		if (!seg->nr_poison)
			continue;
		part = &shmem_plan_piece_of(plan, i)->part;
		err = shmem_pkram_save_lost(sv, part->poison + seg->poison,
					    seg->nr_poison);
	}
	for (i = plan->current_file; !err && i < plan->at; i++) {
		seg = &plan->segments[i];
		if (!seg->nr_sums)
			continue;
		part = &shmem_plan_piece_of(plan, i)->part;
		err = shmem_pkram_save_sums(sv, part->sums.items + seg->sum,
					    seg->nr_sums);
	}
	return err;
}

/**
 * shmem_pkram_plan_end() - have all files of the plan been met?
 * @sv: save, all of whose files have
 *
 * Context: Any.
 * Return: 0; -EIO when not, and the node must not be kept.
 */
int shmem_pkram_plan_end(const struct shmem_pkram_saver *sv)
{
	const struct shmem_pkram_plan *plan = sv->plan;

	return WARN_ON_ONCE(plan && plan->at < plan->nr_segments) ? -EIO : 0;
}
