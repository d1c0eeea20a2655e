// SPDX-License-Identifier: GPL-2.0
/*
 * tmpfs preserved over kexec: which contents come after the mount.
 *
 * These are the pages of aligned blocks of 512 without holes, each page with contents
 * and in a folio not larger than that, wherever such a block is in a file. The others,
 * which are all pages of small files, are loaded before.
 *
 * All pages are loaded before if they are few, so that it takes no longer than
 * milliseconds, and if it is not sure that nothing but memory can be lacking later:
 *
 * - the mount is read-only, and so may be given up at any time;
 * - the node was saved in this boot, or somebody has tried to load it: its folios may
 *   be on the LRU, in use and charged to others;
 * - memory of this machine has failed;
 * - checksums are to be looked at;
 * - there are quotas, or overcommit is strict;
 * - the memcg of who mounts cannot pay for all at once.
 */
#define pr_fmt(fmt) fmt

#include <linux/memcontrol.h>
#include <linux/mman.h>
#include <linux/pagemap.h>
#include <linux/quotaops.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/xarray.h>

#include "internal.h"
#ifdef CONFIG_MEMCG
#include "memcontrol-v1.h"
#endif
#include "pkram_internal.h"
#include "shmem_pkram.h"
#include "shmem_pkram_lazy.h"
#include "shmem_pkram_load.h"

/* Fewer pages are not worth it */
#define SHMEM_LAZY_MIN		8192

/* Blocks to account for at once */
#define SHMEM_LAZY_CHARGE	32UL

/* ------------------------------------------------------------- cutting */

/*
 * Does a block begin at @cur, where @left frames of the file follow? Then go behind
 * it. @index is set to that of the next page in any case.
 */
static bool shmem_lazy_cut_block(struct pkram_cursor *cur, u64 left,
				 pgoff_t *index)
{
	struct pkram_cursor at = *cur;
	const u64 end = cur->pos + SHMEM_LAZY_PAGES;
	struct pkram_run run;
	pgoff_t next;

	run = pkram_cursor_step(&at, SHMEM_LAZY_PAGES);
	*index = run.index;
	if (left < SHMEM_LAZY_PAGES)
		return false;
	if (!IS_ALIGNED(run.index, SHMEM_LAZY_PAGES))
		return false;
	for (next = run.index; ; run = pkram_cursor_step(&at, end - at.pos)) {
		if (run.index != next || !(run.flags & PKRAM_RUN_UPTODATE) ||
		    run.order > SHMEM_LAZY_ORDER ||
		    (run.order && !IS_ENABLED(CONFIG_TRANSPARENT_HUGEPAGE)))
			return false;
		next = run.index + (run.nr << run.order);
		if (at.pos >= end)
			break;
		/* Damage that will be noticed by who loads it */
		if (!at.link)
			return false;
	}
	*cur = at;
	return at.pos == end;
}

static int shmem_lazy_add_block(struct shmem_pkram_lazy *lazy,
				struct inode *inode,
				const struct pkram_cursor *from, pgoff_t index)
{
	struct shmem_lazy_block *blocks;

	blocks = shmem_pkram_grow(lazy->blocks, lazy->nr_blocks + 1,
				  &lazy->room_blocks, sizeof(*blocks));
	if (!blocks)
		return -ENOMEM;
	lazy->blocks = blocks;
	blocks[lazy->nr_blocks++] = (struct shmem_lazy_block){
		.from = *from,
		.inode = inode,
		.index = index,
	};
	return 0;
}

/* Cut a file into blocks and what is loaded before; indices have to ascend */
static int shmem_lazy_cut_file(struct shmem_pkram_lazy *lazy,
			       struct shmem_pkram_loader *ld,
			       struct pkram_cursor *cur,
			       const struct shmem_load_segment *seg)
{
	const u64 end = seg->pos + seg->nr;
	const size_t first = lazy->nr_blocks;
	struct shmem_lazy_file *files;
	struct pkram_cursor before;
	pgoff_t index, next = 0;
	struct pkram_run run;
	int err = 0;

	while (!err && cur->pos < end && cur->link) {
		before = *cur;
		if (shmem_lazy_cut_block(cur, end - cur->pos, &index) &&
		    index >= next &&
		    index <= (MAX_LFS_FILESIZE >> PAGE_SHIFT) - SHMEM_LAZY_PAGES) {
			err = shmem_lazy_add_block(lazy, seg->inode, &before, index);
			next = index + SHMEM_LAZY_PAGES;
			continue;
		}
		/* Up to where the next block may begin */
		*cur = before;
		run = pkram_cursor_step(cur, min(end - before.pos, SHMEM_LAZY_PAGES -
						 index % SHMEM_LAZY_PAGES));
		next = max(next, run.index + (run.nr << run.order));
		err = shmem_pkram_add_segment(ld, seg->inode, before.pos,
					      min(cur->pos, end) - before.pos);
	}
	/* Too few pages in the stream: whoever loads them will find out */
	if (!err && cur->pos < end)
		err = shmem_pkram_add_segment(ld, seg->inode, cur->pos,
					      end - cur->pos);
	if (err || first == lazy->nr_blocks)
		return err;
	files = shmem_pkram_grow(lazy->files, lazy->nr_files + 1,
				 &lazy->room_files, sizeof(*files));
	if (!files)
		return -ENOMEM;
	lazy->files = files;
	files[lazy->nr_files++] = (struct shmem_lazy_file){
		.inode = seg->inode,
		.first = first,
		.nr = lazy->nr_blocks - first,
	};
	return 0;
}

#ifdef CONFIG_MEMCG
static int shmem_lazy_pay(struct shmem_pkram_lazy *lazy,
			  const struct shmem_pkram_loader *ld)
{
	const unsigned long nr = lazy->nr_blocks * SHMEM_LAZY_PAGES;

	if (!ld->memcg)
		return 0;
	/*
	 * It must not cost others what they have, in vain perhaps: with no room for
	 * all the caller loads the pages before the mount, some at a time.
	 */
	if (try_charge(ld->memcg, GFP_NOWAIT | __GFP_NOWARN, nr))
		return 1;
	lazy->memcg = ld->memcg;
	css_get(&lazy->memcg->css);
	atomic_long_set(&lazy->paid, nr);
	return 0;
}
#else
static int shmem_lazy_pay(struct shmem_pkram_lazy *lazy,
			  const struct shmem_pkram_loader *ld)
{
	return 0;
}
#endif

static int shmem_lazy_cmp(const void *a, const void *b)
{
	const struct shmem_lazy_file *x = a, *y = b;

	return x->inode < y->inode ? -1 : x->inode > y->inode;
}

/* Cut all files with enough pages; the others remain as they are */
static int shmem_lazy_cut(struct shmem_pkram_lazy *lazy,
			  struct shmem_pkram_loader *ld)
{
	struct shmem_load_segment *all = ld->segments;
	const size_t nr = ld->nr_segments, room = ld->room_segments;
	struct pkram_cursor cur = ld->cursor;
	size_t i;
	int err = 0;

	ld->segments = NULL;
	ld->nr_segments = 0;
	ld->room_segments = 0;
	for (i = 0; !err && i < nr; i++) {
		if (all[i].nr < SHMEM_LAZY_PAGES) {
			err = shmem_pkram_add_segment(ld, all[i].inode,
						      all[i].pos, all[i].nr);
		} else {
			pkram_cursor_skip(&cur, all[i].pos - cur.pos);
			err = shmem_lazy_cut_file(lazy, ld, &cur, &all[i]);
		}
		if (!err && fatal_signal_pending(current))
			err = -EINTR;
		cond_resched();
	}
	/* It was in vain: load them all */
	if (!err && lazy->nr_blocks < SHMEM_LAZY_MIN / SHMEM_LAZY_PAGES)
		err = 1;
	/* The same if they cannot be paid for now */
	if (!err)
		err = shmem_lazy_pay(lazy, ld);
	if (err) {
		kvfree(ld->segments);
		ld->segments = all;
		ld->nr_segments = nr;
		ld->room_segments = room;
		return err;
	}
	kvfree(all);
	sort(lazy->files, lazy->nr_files, sizeof(*lazy->files), shmem_lazy_cmp, NULL);
	return 0;
}

/* ------------------------------------------------------------- entries */

static int shmem_lazy_put_entry(struct shmem_pkram_lazy *lazy, size_t nr)
{
	const struct shmem_lazy_block *b = &lazy->blocks[nr];
	struct address_space *mapping = b->inode->i_mapping;
	XA_STATE_ORDER(xas, &mapping->i_pages, b->index, SHMEM_LAZY_ORDER);

	do {
		xas_lock_irq(&xas);
		if (xas_find_conflict(&xas))
			xas_set_err(&xas, -EEXIST);
		xas_store(&xas, shmem_lazy_entry(nr));
		if (!xas_error(&xas))
			mapping->nrpages += SHMEM_LAZY_PAGES;
		xas_unlock_irq(&xas);
	} while (xas_nomem(&xas, SHMEM_PKRAM_GFP & GFP_RECLAIM_MASK));
	return xas_error(&xas);
}

/*
 * Put the entries of a file into its page cache, and account for the pages: for some
 * at a time, since all may be more than all the memory that there is by now. What is
 * not put there is none of ours when the file goes away.
 */
static int shmem_lazy_put_file(struct shmem_pkram_lazy *lazy,
			       const struct shmem_lazy_file *file)
{
	unsigned long pages = 0;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < file->nr; i++) {
		if (i % SHMEM_LAZY_CHARGE == 0) {
			shmem_pkram_charged(file->inode, pages);
			pages = min(file->nr - i, SHMEM_LAZY_CHARGE) * SHMEM_LAZY_PAGES;
			err = shmem_pkram_charge(file->inode, pages);
			if (err)
				pages = 0;
		}
		if (!err)
			err = shmem_lazy_put_entry(lazy, file->first + i);
		if (err)
			break;
		cond_resched();
	}
	shmem_pkram_charged(file->inode, pages);
	for (; i < file->nr; i++)
		lazy->blocks[file->first + i].state = SHMEM_LAZY_DONE;
	return err == -EEXIST ? -EBADMSG : err;
}

static int shmem_lazy_put(struct shmem_pkram_lazy *lazy)
{
	size_t i, j;
	int err = 0;

	for (i = 0; !err && i < lazy->nr_files; i++)
		err = shmem_lazy_put_file(lazy, &lazy->files[i]);
	for (; i < lazy->nr_files; i++)
		for (j = 0; j < lazy->files[i].nr; j++)
			lazy->blocks[lazy->files[i].first + j].state = SHMEM_LAZY_DONE;
	return err;
}

/* ------------------------------------------------- beginning and end */

static bool shmem_lazy_possible(const struct shmem_pkram *st,
				const struct shmem_pkram_loader *ld,
				const struct super_block *sb)
{
	/* xas_split_alloc() is for two levels, with CONFIG_BASE_SMALL fewer orders */
	return IS_ENABLED(CONFIG_XARRAY_MULTI) &&
	       2 * XA_CHUNK_SHIFT >= SHMEM_LAZY_ORDER && !ld->at &&
	       st->ps.first && !sb_rdonly(sb) && !ld->verify.on &&
	       !sb_any_quota_loaded((struct super_block *)sb) &&
	       sysctl_overcommit_memory != OVERCOMMIT_NEVER &&
	       !pkram_pages_failed() && ld->planned >= SHMEM_LAZY_MIN &&
	       ld->planned < INT_MAX;
}

static int shmem_lazy_begin_slots(struct shmem_pkram_lazy *lazy,
				  const struct shmem_pkram_loader *ld)
{
	unsigned int i;

	for (i = 0; i < SHMEM_LAZY_SLOTS; i++) {
		mutex_init(&lazy->slots[i].lock);
		lazy->slots[i].fl = shmem_pkram_filler_alloc(&ld->pages, ld->memcg);
		if (!lazy->slots[i].fl)
			return -ENOMEM;
	}
	return 0;
}

/**
 * shmem_lazy_free() - all blocks are done, or the node has them again
 * @st: mount
 * @lazy: what it has loaded later
 *
 * Context: May sleep.
 */
void shmem_lazy_free(struct shmem_pkram *st, struct shmem_pkram_lazy *lazy)
{
	unsigned int i;

	scoped_guard(rwsem_write, &st->lazy_sem)
		st->lazy = NULL;
	for (i = 0; i < SHMEM_LAZY_SLOTS && lazy->workers[i].task; i++)
		pkram_background_end(&lazy->workers[i]);
	for (i = 0; i < SHMEM_LAZY_SLOTS && lazy->slots[i].fl; i++) {
		shmem_pkram_count_folios(lazy->slots[i].fl);
		shmem_pkram_filler_free(lazy->slots[i].fl);
	}
	if (lazy->memcg) {
		mem_cgroup_cancel_charge(lazy->memcg, atomic_long_read(&lazy->paid));
		mem_cgroup_put(lazy->memcg);
	}
	if (lazy->committed) {
		pkram_finish_load_obj(&st->ps);
		pkram_finish_load(&st->ps);
	}
	kvfree(lazy->eager);
	kvfree(lazy->blocks);
	kvfree(lazy->files);
	kvfree(lazy);
}

/**
 * shmem_pkram_lazy_plan() - see which pages can be loaded later
 * @st: mount
 * @ld: load, whose segments are of all files; afterwards of what is to be loaded now
 * @sb: superblock, with all files
 *
 * Context: May sleep. s_umount is held for writing.
 * Return: 0; -EBADMSG; -EINTR; -ENOMEM; -ENOSPC. The caller shuts @sb down then.
 */
int shmem_pkram_lazy_plan(struct shmem_pkram *st, struct shmem_pkram_loader *ld,
			  struct super_block *sb)
{
	struct shmem_pkram_lazy *lazy;
	int err;

	if (!shmem_lazy_possible(st, ld, sb))
		return 0;
	lazy = kvzalloc(sizeof(*lazy), SHMEM_PKRAM_GFP);
	if (!lazy)
		return -ENOMEM;
	lazy->st = st;
	err = shmem_lazy_cut(lazy, ld);
	if (err == 1) {
		shmem_lazy_free(st, lazy);
		return 0;
	}
	if (!err)
		err = shmem_lazy_begin_slots(lazy, ld);
	if (err) {
		shmem_lazy_free(st, lazy);
		return err;
	}
	scoped_guard(rwsem_write, &st->lazy_sem)
		st->lazy = lazy;
	return shmem_lazy_put(lazy);
}

/**
 * shmem_pkram_keep_eager() - remember what has been loaded before the mount
 * @lazy: what is loaded later
 * @ld: load, all of whose segments have been loaded
 *
 * Context: Any.
 */
void shmem_pkram_keep_eager(struct shmem_pkram_lazy *lazy,
			    struct shmem_pkram_loader *ld)
{
	lazy->eager = ld->segments;
	lazy->nr_eager = ld->nr_segments;
	ld->segments = NULL;
	ld->nr_segments = 0;
	ld->room_segments = 0;
}

/**
 * shmem_pkram_drop_eager() - the node gives up what was loaded before the mount
 * @st: mount
 *
 * Context: May sleep.
 */
void shmem_pkram_drop_eager(struct shmem_pkram *st)
{
	struct shmem_pkram_lazy *lazy = st->lazy;
	struct pkram_cursor cur;
	u64 pos, end;
	size_t i;

	pkram_cursor_begin(&cur, &st->ps);
	for (i = 0; i < lazy->nr_eager; ) {
		pos = lazy->eager[i].pos;
		for (end = pos; i < lazy->nr_eager && lazy->eager[i].pos == end; i++)
			end += lazy->eager[i].nr;
		pkram_cursor_skip(&cur, pos - cur.pos);
		pkram_drop_part(&cur, end - pos);
	}
}
