// SPDX-License-Identifier: GPL-2.0
/*
 * tmpfs preserved over kexec: from the pages of a file to the node.
 *
 * Nobody can write to them. What still happens is that pages come (holes that are
 * read), go to swap, are migrated, split or collapsed, until the node has its
 * reference to them. Most need no more than that, and mm/pkram_mapping.c does it;
 * here is what is to be done with the others.
 *
 * Lock order: sb->s_umount (held), then the folio lock, then what mm/pkram.c
 * takes.
 */
#define pr_fmt(fmt) fmt

#include <linux/pagemap.h>
#include <linux/pagevec.h>
#include <linux/pfn.h>
#include <linux/sched/signal.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/swapops.h>
#include <linux/xarray.h>

#include "internal.h"
#include "pkram_internal.h"
#include "pkram_shmem_rec.h"
#include "shmem_pkram.h"
#include "shmem_pkram_save.h"

/* Memory that is left to others while pages come back from swap, in pages */
#define SHMEM_PKRAM_SPARE	PHYS_PFN(SZ_16M)
/* ... and after how many of them to see to that again */
#define SHMEM_PKRAM_SPARE_EVERY	PHYS_PFN(SZ_8M)

/* Tries to wait for pins to go away, each twice as long as the one before */
#define SHMEM_PKRAM_PIN_TRIES	5

/*
 * Does somebody do DMA to the folio, or may they? In small folios each pin is
 * many references, which is also what a page of a library has that many
 * processes have mapped: those are known and do not count.
 */
static bool shmem_folio_pinned(struct folio *folio)
{
	if (folio_test_large(folio))
		return folio_maybe_dma_pinned(folio);
	return folio_ref_count(folio) - folio_mapcount(folio) >=
	       GUP_PIN_COUNTING_BIAS;
}

/*
 * Pins that were taken for a short time go away. Called without the folio lock,
 * which unpinning takes.
 */
static int shmem_save_wait_pins(struct folio *folio)
{
	int try;

	for (try = 0; shmem_folio_pinned(folio); try++) {
		if (try == SHMEM_PKRAM_PIN_TRIES)
			return -EBUSY;
		if (!try)
			lru_add_drain_all();
		else if (schedule_timeout_killable((HZ << try) / 200 + 1))
			return -EINTR;
	}
	return 0;
}

/* As shmem_pkram_refuse(), for who saves a part and may not be alone with the save */
static int shmem_part_refuse(struct shmem_pkram_part *part, int err,
			     const char *why)
{
	part->why = why;
	return err;
}

/* Remember that @nr pages from @index are lost */
static int shmem_save_lost(struct shmem_pkram_part *part, pgoff_t index,
			   unsigned long nr)
{
	struct shmem_pkram_range *last, *grown;

	last = part->nr_poison > part->old_poison ?
	       &part->poison[part->nr_poison - 1] : NULL;
	if (last && last->start + last->nr == index) {
		last->nr += nr;
		return 0;
	}
	grown = shmem_pkram_grow(part->poison, part->nr_poison + 1,
				 &part->room_poison, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	part->poison = grown;
	part->poison[part->nr_poison++] = (struct shmem_pkram_range){
		.start = index,
		.nr = nr,
	};
	return 0;
}

/*
 * Folios that cannot be kept as they are: one that has a lost page is kept in
 * pieces without that, and one that has been made of others (collapsed) since
 * copies of some of those have been saved has to be undone. Returns -EAGAIN when
 * it has been split, and 0 when it can be saved.
 */
static int shmem_save_odd_folio(struct shmem_pkram_part *part,
				struct folio *folio)
{
	const bool lost = pkram_folio_poisoned(folio);

	if (!lost && folio->index >= part->next)
		return 0;
	if (lost && !folio_test_large(folio))
		return shmem_save_lost(part, folio->index, 1);
	if (folio_test_large(folio) && !split_folio(folio))
		return -EAGAIN;
	return shmem_part_refuse(part, -EBUSY, lost ?
				 "a huge page that has lost a part is in use" :
				 "pages are being collapsed");
}

/* Give the folio to the node, and a checksum of it */
static int shmem_save_summed(struct shmem_pkram_part *part, struct folio *folio)
{
	int err = shmem_pkram_sums_add(&part->sums, folio);

	if (err)
		return err;
	err = pkram_save_folio(&part->pages, folio, folio->index,
			       PKRAM_RUN_UPTODATE);
	if (err)
		shmem_pkram_sums_undo(&part->sums);
	return err;
}

static int shmem_save_locked(struct shmem_pkram_part *part, struct folio *folio)
{
	const bool uptodate = folio_test_uptodate(folio);

	if (part->verify && uptodate)
		return shmem_save_summed(part, folio);
	return pkram_save_folio(&part->pages, folio, folio->index,
				uptodate ? PKRAM_RUN_UPTODATE : 0);
}

/*
 * Save the folio that was found in the mapping. Returns -EAGAIN when it is not
 * there any more or not yet ready.
 */
static int shmem_save_folio(struct shmem_pkram_part *part, struct inode *inode,
			    struct folio *folio)
{
	int err;

	if (folio_lock_killable(folio))
		return -EINTR;
	if (folio->mapping != inode->i_mapping) {
		folio_unlock(folio);
		return -EAGAIN;
	}
	if (shmem_folio_pinned(folio)) {
		folio_unlock(folio);
		err = shmem_save_wait_pins(folio);
		return err ? shmem_part_refuse(part, err, "pages are pinned for DMA") :
			     -EAGAIN;
	}
	err = shmem_save_odd_folio(part, folio);
	if (!err && !folio_contain_hwpoisoned_page(folio))
		err = shmem_save_locked(part, folio);
	if (!err)
		part->next = folio_next_index(folio);
	folio_unlock(folio);
	/* Lost since we looked; with a part of it saved there is no way back */
	if (err == -EHWPOISON)
		return part->pages.err ?
		       shmem_part_refuse(part, -EIO, "memory has failed") :
		       -EAGAIN;
	if (err == -EINVAL)
		return shmem_part_refuse(part, err, "a page is of a kind that cannot be preserved");
	return err;
}

/* ----------------------------------------------------------- swapped out */

/*
 * Is there memory for others, too? Everything that comes back stays: have the rest
 * reclaimed as long as that helps, and find out when it does not before somebody
 * else does, who would call the OOM killer.
 */
static bool shmem_save_spare(void)
{
	struct page *page, *next;
	unsigned long nr;
	LIST_HEAD(pages);

	for (nr = 0; nr < SHMEM_PKRAM_SPARE; nr++) {
		page = alloc_page(GFP_HIGHUSER_MOVABLE | __GFP_RETRY_MAYFAIL |
				  __GFP_NOWARN);
		if (!page)
			break;
		list_add(&page->lru, &pages);
	}
	list_for_each_entry_safe(page, next, &pages, lru)
		__free_page(page);
	return nr == SHMEM_PKRAM_SPARE;
}

/* How many pages of the tree are swapped out, and how many there are of it */
static u64 shmem_save_count_swapped(struct super_block *sb, u64 *nr_pages)
{
	struct inode *inode, *last = NULL;
	u64 swapped = 0;

	*nr_pages = 0;
	spin_lock(&sb->s_inode_list_lock);
	list_for_each_entry(inode, &sb->s_inodes, i_sb_list) {
		*nr_pages += READ_ONCE(SHMEM_I(inode)->alloced);
		swapped += READ_ONCE(SHMEM_I(inode)->swapped);
		if (!need_resched())
			continue;
		/* Hold on to the place in the list */
		spin_lock(&inode->i_lock);
		if (inode->i_state & (I_FREEING | I_WILL_FREE | I_NEW)) {
			spin_unlock(&inode->i_lock);
			continue;
		}
		__iget(inode);
		spin_unlock(&inode->i_lock);
		spin_unlock(&sb->s_inode_list_lock);
		iput(last);
		last = inode;
		cond_resched();
		spin_lock(&sb->s_inode_list_lock);
	}
	spin_unlock(&sb->s_inode_list_lock);
	iput(last);
	return swapped;
}

/**
 * shmem_pkram_save_room() - is there memory for what is swapped out?
 * @sv: save, of which nothing has been written yet
 *
 * All that is preserved has to be in memory at once, and to stay there, beside what
 * the next kernel needs. Where it is in memory already that is seen at the end; what
 * is in swap would push out all others first.
 *
 * Context: May sleep. s_umount is held for writing.
 * Return: 0; -ENOSPC when the next kernel could not boot, which has been reported.
 */
int shmem_pkram_save_room(struct shmem_pkram_saver *sv)
{
	u64 nr_pages;

	if (total_swap_pages == get_nr_swap_pages())
		return 0;
	if (!shmem_save_count_swapped(sv->fc->root->d_sb, &nr_pages) ||
	    pkram_room_likely(nr_pages))
		return 0;
	shmem_pkram_err(sv->fc, "cannot preserve '%s': its %llu MiB would leave too little for the next kernel to boot",
			sv->st->node, nr_pages >> (20 - PAGE_SHIFT));
	sv->reported = true;
	return -ENOSPC;
}

/* Bring the page back, unless it is lost */
static int shmem_save_swapped(struct shmem_pkram_part *part,
			      struct inode *inode, pgoff_t index, void *entry)
{
	int err;

	if (is_poisoned_swp_entry(radix_to_swp_entry(entry))) {
		part->next = index + 1;
		return shmem_save_lost(part, index, 1);
	}
	if (!(part->nr_swapins++ % SHMEM_PKRAM_SPARE_EVERY) &&
	    !shmem_save_spare())
		return shmem_part_refuse(part, -ENOMEM,
			"there is too little memory to bring all of it back from swap");
	/* Where new pages of the file would come from, or else they are moved there */
	err = shmem_pkram_swapin(inode, index,
				 mapping_gfp_mask(inode->i_mapping) |
				 __GFP_RETRY_MAYFAIL | __GFP_NOWARN);
	/* One that cannot be read is marked as lost by that */
	if (!err || (err == -EIO &&
		     xa_load(&inode->i_mapping->i_pages, index) != entry))
		return -EAGAIN;
	return shmem_part_refuse(part, err, err == -ENOMEM ?
		"no memory for a page from swap, in the machine or its memory cgroup" :
		"a page cannot be brought back from swap");
}

/*
 * Save some entries one by one, each with its folio locked. Returns 0 when there
 * are none, and 1 when there may be more.
 */
static int shmem_save_some(struct shmem_pkram_part *part, struct inode *inode)
{
	pgoff_t indices[PAGEVEC_SIZE], index = part->next;
	struct folio_batch fbatch;
	unsigned int i, nr;
	int err = 0;

	folio_batch_init(&fbatch);
	nr = find_get_entries(inode->i_mapping, &index, part->last, &fbatch,
			      indices);
	for (i = 0; !err && i < nr; i++) {
		struct folio *folio = fbatch.folios[i];

		err = xa_is_value(folio) ?
		      shmem_save_swapped(part, inode, indices[i], folio) :
		      shmem_save_folio(part, inode, folio);
	}
	folio_batch_remove_exceptionals(&fbatch);
	folio_batch_release(&fbatch);
	if (fatal_signal_pending(current))
		err = err && err != -EAGAIN ? err : -EINTR;
	cond_resched();
	/* What was not there or not ready is met again */
	if (err == -EAGAIN || (!err && nr))
		return 1;
	return err;
}

/**
 * shmem_pkram_save_part() - save pages of a regular file
 * @part: where to; nobody else uses it
 * @inode: file
 * @start: index of the first page
 * @last: last index to look at; no folio begins before and ends behind either
 *
 * Several threads may do this, each with a part of its own.
 *
 * Context: May sleep. s_umount is held for writing, by the caller or by who waits
 * for him.
 * Return: 0; -EBUSY when pages are pinned or in use; -EINVAL when there is one
 * that cannot be preserved; -EIO; -EINTR; -EEXIST; -ENOMEM. In the part stands why,
 * if that is not clear.
 */
int shmem_pkram_save_part(struct shmem_pkram_part *part, struct inode *inode,
			  pgoff_t start, pgoff_t last)
{
	int ret;

	part->next = start;
	part->last = last;
	part->old_poison = part->nr_poison;
	part->sums.old_files = part->sums.nr;
	do {
		/* Sums are made of one folio after the other */
		ret = part->verify ? 1 : pkram_save_mapping(&part->pages,
							    inode->i_mapping,
							    &part->next, last);
		if (ret == 1)
			ret = shmem_save_some(part, inode);
	} while (ret == 1);
	return ret ?: pkram_end_run(&part->pages);
}

/**
 * shmem_pkram_save_lost() - write the records of pages that are lost
 * @sv: save
 * @range: where they were in the current file
 * @nr: number of ranges
 *
 * Context: May sleep.
 * Return: 0; -ENOMEM.
 */
int shmem_pkram_save_lost(struct shmem_pkram_saver *sv,
			  const struct shmem_pkram_range *range, size_t nr)
{
	int err = 0;

	for (; !err && nr; nr--, range++) {
		sv->header.nr_poison += range->nr;
		sv->header.nr_blocks += range->nr;
		err = shmem_pkram_save_poison(sv, range->start, range->nr);
	}
	return err;
}

/* Save the pages of a file that is in no plan */
static int shmem_save_pages(struct shmem_pkram_saver *sv, struct inode *inode,
			    u64 *nr)
{
	struct shmem_pkram_part *part = &sv->part;
	const u64 before = part->pages.nr;
	int err;

	part->nr_poison = 0;
	part->sums.nr = 0;
	err = shmem_pkram_save_part(part, inode, 0, ULONG_MAX);
	if (err)
		sv->why = part->why;
	*nr = part->pages.nr - before;
	return err;
}

/* Write what there is to say of these pages besides that they are there */
static int shmem_save_notes(struct shmem_pkram_saver *sv)
{
	struct shmem_pkram_part *part = &sv->part;

	return shmem_pkram_save_lost(sv, part->poison, part->nr_poison) ?:
	       shmem_pkram_save_sums(sv, part->sums.items, part->sums.nr);
}

/**
 * shmem_pkram_save_data() - save the pages of a regular file
 * @sv: save, with room for a DATA record in its buffer
 * @inode: file
 *
 * Context: May sleep. s_umount is held for writing.
 * Return: as shmem_pkram_save_part().
 */
int shmem_pkram_save_data(struct shmem_pkram_saver *sv, struct inode *inode)
{
	struct pkram_shmem_data *rec = (void *)(sv->buf + sv->len);
	const pgoff_t fallocend = SHMEM_I(inode)->fallocend;
	const bool empty = mapping_empty(inode->i_mapping) && !fallocend;
	bool planned;
	u64 nr = 0;
	int err;

	/* Also of a file whose pages, holes that were read, have gone since the plan */
	err = shmem_pkram_plan_result(sv, inode, &nr);
	planned = err != -ENOENT;
	if (!planned)
		err = empty ? 0 : shmem_save_pages(sv, inode, &nr);
	if (err || (empty && !nr))
		return err;

	*rec = (struct pkram_shmem_data){
		.pos = sv->nr_frames,
		.nr = nr,
		.fallocend = fallocend,
	};
	pkram_shmem_put_rec(&rec->rec, PKRAM_SHMEM_DATA, 0, sizeof(*rec));
	sv->len += sizeof(*rec);
	sv->nr_frames += nr;
	sv->header.nr_blocks += nr;
	return planned ? shmem_pkram_plan_notes(sv) : shmem_save_notes(sv);
}
