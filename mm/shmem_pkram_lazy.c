// SPDX-License-Identifier: GPL-2.0
/*
 * tmpfs preserved over kexec: contents that come after the mount.
 *
 * For most pages of large files the mount only puts entries into the page cache, one
 * for a block of 512 pages that follow each other. Whoever wants one of the pages, or
 * is to change or remove them, has the block filled first; and from the commit on
 * threads fill one after the other. mm/shmem_pkram_lazy_plan.c says for which pages.
 *
 * **Entries** are values like that of a page that has been lost: a marker with
 * PTE_MARKER_POISONED, and with another bit and the number of the block besides. So
 * all who meet values in a page cache of shmem leave them alone already (swapoff,
 * mincore(), cachestat(), madvise(), seals, our own save), and all who need a page
 * come to shmem_swapin_folio(), which is where we look at the other bit. A block has
 * neither holes nor pages without contents, so SEEK_HOLE and SEEK_DATA take an entry
 * for what it stands for. Its pages are in nrpages, and accounted for as if they
 * were there. (Where a file has pages in swap as well, smaps counts them with these.)
 *
 * **What can fail** after the mount is the allocation of the eight nodes of the page
 * cache that take the place of an entry. They are charged to nobody: who reads is not
 * to pay for them, and may have no room where the machine has. All else has been
 * allocated, charged to who mounts and validated before: that runs are in order, and
 * that nobody in this kernel has had the folios.
 *
 * **Filling** splits the entry of the block, puts the pages on the LRU while nobody
 * can find them, and then into the page cache, where they replace what is left of the
 * entry. The node's reference to each keeps reclaim away meanwhile. That the node gives
 * up its hold on the block is for the threads in the background, after the commit: who
 * reads does not wait for pkram_pagetable_lock, which nobody gets any more once a kexec
 * has sealed what is preserved. Nor is that waited for with the lock of a slot.
 *
 * **The node** is not handed over by a kexec any more from the commit on, and is freed
 * when all blocks are done; with it all that is in memory because of them.
 *
 * Lock order: sb->s_umount or inode->i_rwsem, then st->lazy_sem, then slot->lock, then
 * the i_pages lock, or what mm/pkram.c takes. Reclaim can come here when it removes an
 * inode, so whoever takes slot->lock is in a scope of memalloc_nofs_save(), and nothing
 * else is allocated below st->lazy_sem.
 */
#define pr_fmt(fmt) fmt

#include <linux/kthread.h>
#include <linux/math64.h>
#include <linux/memcontrol.h>
#include <linux/pagemap.h>
#include <linux/sched.h>
#include <linux/sched/cputime.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/swap.h>
#include <linux/swapops.h>
#include <linux/workqueue.h>

#include "internal.h"
#include "pkram_internal.h"
#include "shmem_pkram.h"
#include "shmem_pkram_lazy.h"
#include "shmem_pkram_load.h"

/* Of the offset of a marker: which kind, and where the number of the block begins */
#define SHMEM_LAZY_MARKER	BIT(3)
#define SHMEM_LAZY_SHIFT	4

static_assert(!(SHMEM_LAZY_MARKER & PTE_MARKER_MASK));

/* How to allocate: fail rather than have somebody killed */
#define SHMEM_LAZY_GFP	(GFP_NOFS | __GFP_RETRY_MAYFAIL | __GFP_NOWARN)

/**
 * shmem_lazy_entry() - what stands for a block in the page cache
 * @nr: number of the block
 *
 * Context: Any.
 * Return: the entry.
 */
void *shmem_lazy_entry(size_t nr)
{
	return swp_to_radix_entry(swp_entry(SWP_PTE_MARKER,
					    nr << SHMEM_LAZY_SHIFT |
					    SHMEM_LAZY_MARKER |
					    PTE_MARKER_POISONED));
}

static struct shmem_lazy_slot *shmem_lazy_slot(struct shmem_pkram_lazy *lazy,
					       size_t nr)
{
	return &lazy->slots[nr % SHMEM_LAZY_SLOTS];
}

static int shmem_lazy_worker(void *arg);

static bool shmem_lazy_is_worker(void)
{
	return current->flags & PF_KTHREAD &&
	       kthread_func(current) == shmem_lazy_worker;
}

/*
 * Take a slot. A thread in the background that has it may not get a CPU for long: it
 * is not to be nice then, until it has finished its block. That it cannot be waited
 * for killably is for those who cannot fail.
 */
static int shmem_lazy_lock(struct shmem_lazy_slot *slot, gfp_t gfp)
{
	struct task_struct *worker;

	if (!mutex_trylock(&slot->lock)) {
		worker = READ_ONCE(slot->worker);
		if (worker && !shmem_lazy_is_worker())
			sched_set_normal(worker, 0);
		if (gfp & __GFP_NOFAIL)
			mutex_lock(&slot->lock);
		else if (mutex_lock_killable(&slot->lock))
			return -EINTR;
	}
	/* &struct pkram_background.task is a reference */
	if (shmem_lazy_is_worker())
		WRITE_ONCE(slot->worker, current);
	return 0;
}

static void shmem_lazy_unlock(struct shmem_lazy_slot *slot)
{
	WRITE_ONCE(slot->worker, NULL);
	mutex_unlock(&slot->lock);
}

/* ------------------------------------------------------------- filling */

#ifdef CONFIG_MEMCG
static struct mem_cgroup *shmem_lazy_charge_nobody(void)
{
	return set_active_memcg(root_mem_cgroup);
}
#else
static struct mem_cgroup *shmem_lazy_charge_nobody(void)
{
	return NULL;
}
#endif

/**
 * shmem_lazy_split() - have an entry of its own for each page of a block
 * @mapping: page cache
 * @index: first of the block
 * @entry: what is there for all of it; it can have been split already
 * @gfp: how to allocate
 *
 * Context: May sleep as @gfp allows. Caller is the only one that changes the entry.
 * Return: 0; -ENOMEM.
 */
int shmem_lazy_split(struct address_space *mapping, pgoff_t index, void *entry,
		     gfp_t gfp)
{
	XA_STATE_ORDER(xas, &mapping->i_pages, index, 0);
	struct mem_cgroup *active = shmem_lazy_charge_nobody();

	xas_split_alloc(&xas, entry, SHMEM_LAZY_ORDER, gfp);
	set_active_memcg(active);
	if (xas_error(&xas))
		return xas_error(&xas);
	xas_reset(&xas);
	xas_lock_irq(&xas);
	if (xas_load(&xas) == entry && xas_get_order(&xas) == SHMEM_LAZY_ORDER)
		xas_split(&xas, entry, SHMEM_LAZY_ORDER);
	xas_unlock_irq(&xas);
	/* What was not needed, since it had been split before */
	xas_destroy(&xas);
	return 0;
}

/*
 * Make a folio that has been displaced look like one from the previous kernel. That
 * somebody who goes through page frames has a reference for a moment is no damage, and
 * nothing here depends on their number.
 */
static bool shmem_lazy_settle(struct pkram_loaded *one)
{
	struct folio *folio = one->folio;

	if (one->fresh)
		return true;
	if (folio->mapping || folio_mapped(folio) || folio_test_lru(folio) ||
	    folio_memcg(folio))
		return false;
	one->fresh = true;
	return true;
}

/* Put small pages of the batch where their entries are; returns how many */
static unsigned int shmem_lazy_store_small(struct xa_state *xas,
					   const struct pkram_loaded *first,
					   unsigned int nr)
{
	unsigned int done = 0, offset;
	struct xa_node *node;

	/* Not xas_set(): that of a large folio before would make it stop too early */
	xas_set_order(xas, first->index, 0);
	xas_load(xas);
	node = xas->xa_node;
	for (offset = xas->xa_offset; offset < XA_CHUNK_SIZE && done < nr; offset++) {
		if (folio_test_large(first[done].folio))
			break;
		rcu_assign_pointer(node->slots[offset], first[done++].folio);
	}
	node->nr_values -= done;
	return done;
}

/*
 * Put a folio where an entry of the same order is. That and what is left of the entry in
 * the slots behind it is all that is there, which xas_store() would have to find out.
 */
static void shmem_lazy_store_whole(struct xa_state *xas, const struct pkram_loaded *one)
{
	struct xa_node *node;

	xas_set_order(xas, one->index, SHMEM_LAZY_ORDER);
	xas_load(xas);
	node = xas->xa_node;
	rcu_assign_pointer(node->slots[xas->xa_offset], one->folio);
	/* Those behind it say where it is, and count as what it is */
	node->nr_values -= 1U << (SHMEM_LAZY_ORDER - node->shift);
}

/**
 * shmem_lazy_store() - put folios where the entry of their block is
 * @mapping: page cache
 * @batch: folios at indices that follow each other; of any order if that of the
 *	first is the one of the entry, else after shmem_lazy_split()
 * @nr: number of them
 *
 * Needs no memory.
 *
 * Context: Caller is the only one that changes these entries.
 */
void shmem_lazy_store(struct address_space *mapping,
		      const struct pkram_loaded *batch, unsigned int nr)
{
	XA_STATE(xas, &mapping->i_pages, 0);
	unsigned int i = 0;

	xas_lock_irq(&xas);
	while (i < nr) {
		const struct pkram_loaded *next = batch + i;

		if (!folio_test_large(next->folio)) {
			i += shmem_lazy_store_small(&xas, next, nr - i);
			continue;
		}
		if (folio_order(next->folio) == SHMEM_LAZY_ORDER) {
			shmem_lazy_store_whole(&xas, next);
			i++;
			continue;
		}
		xas_set_order(&xas, next->index, folio_order(next->folio));
		xas_store(&xas, next->folio);
		WARN_ON_ONCE(xas_error(&xas));
		i++;
	}
	xas_unlock_irq(&xas);
}

/* Load and insert the next folios of a block: how many pages, or an error */
static long shmem_lazy_fill_batch(struct shmem_pkram_filler *fl,
				  struct shmem_lazy_block *b)
{
	long nr = 0, got;
	int i, ret;

	ret = pkram_load_folios(&fl->pages, fl->batch, ARRAY_SIZE(fl->batch));
	if (ret <= 0)
		return ret ?: -EBADMSG;
	fl->batch_nr = ret;
	for (i = 0; i < ret; i++) {
		if (!shmem_lazy_settle(&fl->batch[i])) {
			while (ret)
				folio_put(fl->batch[--ret].folio);
			fl->batch_pos = 0;
			fl->batch_nr = 0;
			return -EBADMSG;
		}
	}
	for (fl->batch_pos = 0; fl->batch_pos < fl->batch_nr; fl->batch_pos += got) {
		got = shmem_pkram_dress_folios(fl, b->inode,
					       fl->batch_nr - fl->batch_pos);
		nr += folio_test_large(fl->batch[fl->batch_pos].folio) ?
		      folio_nr_pages(fl->batch[fl->batch_pos].folio) : got;
	}
	shmem_pkram_count_many(fl);
	shmem_pkram_keep_folios(fl);
	shmem_lazy_store(b->inode->i_mapping, fl->batch, fl->batch_nr);
	return nr;
}

/*
 * What should be there is not: somebody has written to where nobody should. Readers
 * get EIO, as from other pages that have been lost.
 */
static void shmem_lazy_lose(struct shmem_lazy_block *b, void *entry)
{
	void *lost = swp_to_radix_entry(make_poisoned_swp_entry());
	struct shmem_inode_info *info = SHMEM_I(b->inode);
	XA_STATE(xas, &b->inode->i_mapping->i_pages, b->index);
	unsigned long nr = 0;
	void *old;

	pr_err("tmpfs: %s: pages of inode %lu from %lu on are not what they were when it was mounted\n",
	       b->inode->i_sb->s_id, b->inode->i_ino, b->index);
	/* Truncating takes a large entry for a folio in swap, and tries for ever to split it */
	shmem_lazy_split(b->inode->i_mapping, b->index, entry, GFP_NOFS | __GFP_NOFAIL);
	xas_lock_irq(&xas);
	xas_for_each(&xas, old, b->index + SHMEM_LAZY_PAGES - 1)
		if (old == entry)
			nr += 1UL << xas_get_order(&xas);
	xas_unlock_irq(&xas);
	/* First, or else shmem_recalc_inode() takes them for pages that have been freed */
	scoped_guard(spinlock, &info->lock)
		info->swapped += nr;
	xas_set(&xas, b->index);
	xas_lock_irq(&xas);
	xas_for_each(&xas, old, b->index + SHMEM_LAZY_PAGES - 1)
		if (old == entry)
			xas_store(&xas, lost);
	b->inode->i_mapping->nrpages -= nr;
	xas_unlock_irq(&xas);
}

/* The folios of a block go where its entry is */
static int shmem_lazy_fill_pages(struct shmem_pkram_lazy *lazy,
				 struct shmem_pkram_filler *fl, size_t nr,
				 gfp_t gfp)
{
	struct shmem_lazy_block *b = &lazy->blocks[nr];
	struct pkram_cursor cur = b->from;
	unsigned long done = 0;
	long got = 0;
	int err;

	if (pkram_cursor_step(&cur, 1).order < SHMEM_LAZY_ORDER) {
		err = shmem_lazy_split(b->inode->i_mapping, b->index,
				       shmem_lazy_entry(nr), gfp);
		if (err)
			return err;
	}
	if (lazy->memcg) {
		atomic_long_sub(SHMEM_LAZY_PAGES, &lazy->paid);
		fl->paid += SHMEM_LAZY_PAGES;
	}
	pkram_access_part(&fl->pages, &b->from, SHMEM_LAZY_PAGES);
	for (; done < SHMEM_LAZY_PAGES && got >= 0; done += got)
		got = shmem_lazy_fill_batch(fl, b);
	if (got < 0)
		shmem_lazy_lose(b, shmem_lazy_entry(nr));
	/* Pages that have been lost */
	if (fl->paid)
		mem_cgroup_cancel_charge(lazy->memcg, fl->paid);
	fl->paid = 0;
	return 0;
}

/* Fill a block unless that has been done: see below for when it can fail */
static int shmem_lazy_fill(struct shmem_pkram_lazy *lazy, size_t nr, gfp_t gfp)
{
	struct shmem_lazy_slot *slot = shmem_lazy_slot(lazy, nr);
	struct shmem_lazy_block *b = &lazy->blocks[nr];
	const unsigned int flags = memalloc_nofs_save();
	int err;

	err = shmem_lazy_lock(slot, gfp);
	if (err)
		goto out;
	if (b->state == SHMEM_LAZY_WAITING) {
		err = shmem_lazy_fill_pages(lazy, slot->fl, nr, gfp);
		if (!err)
			b->state = SHMEM_LAZY_HELD;
	}
	shmem_lazy_unlock(slot);
out:
	memalloc_nofs_restore(flags);
	return err;
}

/* The node gives up its hold on a block that is not waiting, if it still has it */
static void shmem_lazy_release(struct shmem_pkram_lazy *lazy, size_t nr)
{
	struct shmem_lazy_slot *slot = shmem_lazy_slot(lazy, nr);
	struct shmem_lazy_block *b = &lazy->blocks[nr];
	const unsigned int flags = memalloc_nofs_save();
	bool held;

	/* Without a commit the node keeps what it has */
	shmem_lazy_lock(slot, __GFP_NOFAIL);
	held = lazy->committed && b->state == SHMEM_LAZY_HELD;
	if (held)
		b->state = SHMEM_LAZY_DONE;
	shmem_lazy_unlock(slot);
	if (held)
		pkram_drop_part(&b->from, SHMEM_LAZY_PAGES);
	memalloc_nofs_restore(flags);
}

/**
 * shmem_pkram_lost_or_late() - what is behind an entry that says poisoned
 * @inode: file
 * @swap: the entry
 *
 * Context: May sleep.
 * Return: -EIO when the page has been lost; -EEXIST when it has been loaded now, and
 * is to be looked up again; -ENOMEM; -EINTR.
 */
int shmem_pkram_lost_or_late(struct inode *inode, swp_entry_t swap)
{
	struct shmem_pkram *st = SHMEM_SB(inode->i_sb)->pkram;
	int err = 0;

	if (!st || !(swp_offset(swap) & SHMEM_LAZY_MARKER))
		return -EIO;
	guard(rwsem_read)(&st->lazy_sem);
	if (st->lazy)
		err = shmem_lazy_fill(st->lazy, swp_offset(swap) >> SHMEM_LAZY_SHIFT,
				      SHMEM_LAZY_GFP);
	if (err && fatal_signal_pending(current))
		err = -EINTR;
	return err ?: -EEXIST;
}

/* ------------------------------------------------------------ removing */

/* The pages of a block are not wanted any more, at least those that have not come */
static void shmem_lazy_drop(struct shmem_pkram_lazy *lazy, size_t nr)
{
	struct shmem_lazy_slot *slot = shmem_lazy_slot(lazy, nr);
	struct shmem_lazy_block *b = &lazy->blocks[nr];
	const unsigned int flags = memalloc_nofs_save();
	struct address_space *mapping;

	shmem_lazy_lock(slot, __GFP_NOFAIL);
	if (b->state == SHMEM_LAZY_WAITING) {
		/* Entries that a split has left are all alike */
		mapping = b->inode->i_mapping;
		XA_STATE_ORDER(xas, &mapping->i_pages, b->index, SHMEM_LAZY_ORDER);

		xas_lock_irq(&xas);
		xas_store(&xas, NULL);
		mapping->nrpages -= SHMEM_LAZY_PAGES;
		xas_unlock_irq(&xas);
		WARN_ON_ONCE(xas_error(&xas));
		b->state = SHMEM_LAZY_HELD;
		if (lazy->memcg) {
			atomic_long_sub(SHMEM_LAZY_PAGES, &lazy->paid);
			mem_cgroup_cancel_charge(lazy->memcg, SHMEM_LAZY_PAGES);
		}
	} else {
		/* What goes is going to be taken off */
		shmem_pkram_count_folios(slot->fl);
	}
	shmem_lazy_unlock(slot);
	memalloc_nofs_restore(flags);
	shmem_lazy_release(lazy, nr);
}

static struct shmem_lazy_file *shmem_lazy_find(struct shmem_pkram_lazy *lazy,
					       struct inode *inode)
{
	size_t low = 0, high = lazy->nr_files, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (lazy->files[mid].inode == inode)
			return &lazy->files[mid];
		if (lazy->files[mid].inode < inode)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

/* The first block of a file that ends behind @index */
static size_t shmem_lazy_block_at(struct shmem_pkram_lazy *lazy,
				  const struct shmem_lazy_file *file,
				  pgoff_t index)
{
	size_t low = file->first, high = file->first + file->nr, mid;

	while (low < high) {
		mid = (low + high) / 2;
		if (lazy->blocks[mid].index + SHMEM_LAZY_PAGES <= index)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/**
 * __shmem_pkram_undo_range() - a range of a file is going to be removed
 * @st: mount
 * @inode: file
 * @lstart: first byte
 * @lend: last byte, -1 when there is none
 *
 * After this no entry of ours is in the range, and nobody will put one there.
 *
 * Context: May sleep.
 */
void __shmem_pkram_undo_range(struct shmem_pkram *st, struct inode *inode,
			      loff_t lstart, loff_t lend)
{
	const pgoff_t start = (lstart + PAGE_SIZE - 1) >> PAGE_SHIFT;
	const pgoff_t end = lend == -1 ? ULONG_MAX : (lend + 1) >> PAGE_SHIFT;
	const pgoff_t last = lend == -1 ? ULONG_MAX : lend >> PAGE_SHIFT;
	struct shmem_pkram_lazy *lazy;
	struct shmem_lazy_file *file;
	size_t nr;

	guard(rwsem_read)(&st->lazy_sem);
	lazy = st->lazy;
	file = lazy ? shmem_lazy_find(lazy, inode) : NULL;
	if (!file)
		return;
	nr = shmem_lazy_block_at(lazy, file, lstart >> PAGE_SHIFT);
	for (; nr < file->first + file->nr; nr++) {
		const pgoff_t index = lazy->blocks[nr].index;

		if (index > last)
			break;
		/* Of others, a part goes; a folio with two users cannot be split */
		if (index < start || index + SHMEM_LAZY_PAGES > end)
			shmem_lazy_fill(lazy, nr, GFP_NOFS | __GFP_NOFAIL);
		shmem_lazy_drop(lazy, nr);
		cond_resched();
	}
}

/* ------------------------------------------------------------- workers */

/* Fill blocks unless somebody has, and have the node give them up */
static int shmem_lazy_fill_rest(struct shmem_pkram_lazy *lazy, bool patient)
{
	size_t nr;
	int err;

	while ((nr = (unsigned int)atomic_fetch_inc(&lazy->next)) < lazy->nr_blocks) {
		while ((err = shmem_lazy_fill(lazy, nr, SHMEM_LAZY_GFP))) {
			if (READ_ONCE(lazy->stop) || !patient)
				return err;
			schedule_timeout_uninterruptible(HZ / 10);
		}
		shmem_lazy_release(lazy, nr);
		if (shmem_lazy_is_worker())
			pkram_background_again();
		if (READ_ONCE(lazy->stop))
			return 0;
		cond_resched();
	}
	return 0;
}

/* Fill blocks in the background; the last one who does so frees @lazy */
static void shmem_lazy_finish(struct shmem_pkram_lazy *lazy)
{
	struct shmem_pkram *st = lazy->st;
	u64 took, before = task_sched_runtime(current);

	shmem_lazy_fill_rest(lazy, true);
	atomic64_add(task_sched_runtime(current) - before, &lazy->took);
	if (!atomic_dec_and_test(&lazy->running))
		return;
	if (!READ_ONCE(lazy->stop)) {
		before = task_sched_runtime(current);
		took = atomic64_read(&lazy->took);
		shmem_lazy_free(st, lazy);
		took += task_sched_runtime(current) - before;
		pr_info("tmpfs: '%s': loaded in the background, %llu us\n",
			st->node + strlen(SHMEM_PKRAM_PREFIX),
			div_u64(took, NSEC_PER_USEC));
	}
	complete_all(&st->lazy_done);
}

static int shmem_lazy_worker(void *arg)
{
	shmem_lazy_finish(arg);
	return 0;
}

static void shmem_lazy_work(struct work_struct *work)
{
	shmem_lazy_finish(container_of(work, struct shmem_pkram_lazy, work));
}

/* There are no threads before, since a commit may be long in coming */
static void shmem_lazy_start(struct shmem_pkram_lazy *lazy)
{
	const unsigned int wanted = pkram_nr_threads(lazy->nr_blocks * SHMEM_LAZY_PAGES);
	struct task_struct *task;
	unsigned int nr;

	/* Of more than there are slots some would wait for the others */
	for (nr = 0; nr < min(wanted, SHMEM_LAZY_SLOTS); nr++) {
		task = kthread_create(shmem_lazy_worker, lazy, "pkram/%u", nr);
		if (IS_ERR(task))
			break;
		/* Whoever has been waiting for the mount comes first */
		pkram_background_begin(&lazy->workers[nr], task);
	}
	atomic_set(&lazy->running, nr ?: 1);
	if (!nr) {
		INIT_WORK(&lazy->work, shmem_lazy_work);
		queue_work(system_unbound_wq, &lazy->work);
	}
	/* Behind the last one it may be gone */
	while (nr)
		wake_up_process(lazy->workers[--nr].task);
}

/**
 * shmem_pkram_lazy_commit() - the node is not needed any more
 * @st: mount with pages that are loaded later
 *
 * Context: May sleep. s_umount is held for writing. Cannot fail.
 */
void shmem_pkram_lazy_commit(struct shmem_pkram *st)
{
	struct shmem_pkram_lazy *lazy = st->lazy;

	pkram_detach_load(&st->ps);
	scoped_guard(rwsem_write, &st->lazy_sem)
		lazy->committed = true;
	shmem_pkram_drop_eager(st);
	st->lazy_started = true;
	shmem_lazy_start(lazy);
}

static int shmem_lazy_fill_all(struct shmem_pkram_lazy *lazy, gfp_t gfp)
{
	size_t nr;
	int err = 0;

	for (nr = 0; !err && nr < lazy->nr_blocks; nr++) {
		err = shmem_lazy_fill(lazy, nr, gfp);
		if (fatal_signal_pending(current) && !(gfp & __GFP_NOFAIL))
			err = -EINTR;
		cond_resched();
	}
	return err;
}

/**
 * shmem_pkram_lazy_settle() - have all contents loaded without a commit
 * @st: mount
 * @gfp: how to allocate
 *
 * After this the node is like that of any other mount whose load has not been
 * committed: nobody has an object of it open, which would keep others from moving
 * what is preserved, and all of it is given up at once.
 *
 * Context: May sleep. s_umount is held for writing.
 * Return: 0, without fail with %__GFP_NOFAIL; -ENOMEM; -EINTR.
 */
int shmem_pkram_lazy_settle(struct shmem_pkram *st, gfp_t gfp)
{
	int err;

	/* After the commit it is the threads' */
	if (!st->loaded || !st->lazy)
		return 0;
	scoped_guard(rwsem_read, &st->lazy_sem)
		err = shmem_lazy_fill_all(st->lazy, gfp);
	if (err)
		return err;
	shmem_lazy_free(st, st->lazy);
	pkram_finish_load_obj(&st->ps);
	return 0;
}

/**
 * shmem_pkram_lazy_wait() - have all contents loaded
 * @st: mount
 *
 * Context: May sleep. s_umount is held for writing.
 * Return: 0; -ENOMEM; -EINTR.
 */
int shmem_pkram_lazy_wait(struct shmem_pkram *st)
{
	int err = 0;

	if (!st->lazy_started)
		return 0;
	scoped_guard(rwsem_read, &st->lazy_sem)
		if (st->lazy)
			err = shmem_lazy_fill_all(st->lazy, SHMEM_LAZY_GFP);
	pkram_background_hurry();
	if (!err && wait_for_completion_killable(&st->lazy_done))
		err = -EINTR;
	pkram_background_relax();
	return err;
}

/**
 * shmem_pkram_lazy_end() - the file system is going away
 * @st: mount, all of whose inodes are gone
 *
 * Context: May sleep. s_umount is held for writing.
 */
void shmem_pkram_lazy_end(struct shmem_pkram *st)
{
	scoped_guard(rwsem_read, &st->lazy_sem)
		if (st->lazy)
			WRITE_ONCE(st->lazy->stop, true);
	if (st->lazy_started) {
		pkram_background_hurry();
		wait_for_completion(&st->lazy_done);
		pkram_background_relax();
	}
	if (st->lazy)
		shmem_lazy_free(st, st->lazy);
}
