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
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/swap.h>
#include <linux/swapops.h>
#include <linux/xarray.h>

#include "internal.h"
#include "pkram_internal.h"
#include "pkram_shmem_rec.h"
#include "shmem_pkram.h"
#include "shmem_pkram_save.h"

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

/* Remember that @nr pages from @index are lost */
static int shmem_save_lost(struct shmem_pkram_saver *sv, pgoff_t index,
			   unsigned long nr)
{
	struct shmem_pkram_range *last, *grown;
	size_t room;

	last = sv->nr_poison ? &sv->poison[sv->nr_poison - 1] : NULL;
	sv->header.nr_poison += nr;
	if (last && last->start + last->nr == index) {
		last->nr += nr;
		return 0;
	}
	if (sv->nr_poison == sv->room_poison) {
		room = max_t(size_t, 16, 2 * sv->room_poison);
		grown = kvrealloc(sv->poison, array_size(room, sizeof(*grown)),
				  SHMEM_PKRAM_GFP);
		if (!grown)
			return -ENOMEM;
		sv->poison = grown;
		sv->room_poison = room;
	}
	sv->poison[sv->nr_poison++] = (struct shmem_pkram_range){
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
static int shmem_save_odd_folio(struct shmem_pkram_saver *sv,
				struct folio *folio)
{
	const bool lost = pkram_folio_poisoned(folio);

	if (!lost && folio->index >= sv->next)
		return 0;
	if (lost && !folio_test_large(folio))
		return shmem_save_lost(sv, folio->index, 1);
	if (folio_test_large(folio) && !split_folio(folio))
		return -EAGAIN;
	return shmem_pkram_refuse(sv, -EBUSY, lost ?
				 "a huge page that has lost a part is in use" :
				 "pages are being collapsed");
}

/* Give the folio to the node, and a checksum of it */
static int shmem_save_summed(struct shmem_pkram_saver *sv, struct folio *folio)
{
	int err = shmem_pkram_sums_add(&sv->sums, folio);

	if (err)
		return err;
	err = pkram_save_folio(&sv->pages, folio, folio->index,
			       PKRAM_RUN_UPTODATE);
	if (err)
		shmem_pkram_sums_undo(&sv->sums);
	return err;
}

static int shmem_save_locked(struct shmem_pkram_saver *sv, struct folio *folio)
{
	const bool uptodate = folio_test_uptodate(folio);

	if (sv->verify && uptodate)
		return shmem_save_summed(sv, folio);
	return pkram_save_folio(&sv->pages, folio, folio->index,
				uptodate ? PKRAM_RUN_UPTODATE : 0);
}

/*
 * Save the folio that was found in the mapping. Returns -EAGAIN when it is not
 * there any more or not yet ready.
 */
static int shmem_save_folio(struct shmem_pkram_saver *sv, struct inode *inode,
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
		return err ? shmem_pkram_refuse(sv, err, "pages are pinned for DMA") :
			     -EAGAIN;
	}
	err = shmem_save_odd_folio(sv, folio);
	if (!err && !folio_contain_hwpoisoned_page(folio))
		err = shmem_save_locked(sv, folio);
	if (!err)
		sv->next = folio_next_index(folio);
	folio_unlock(folio);
	/* Lost since we looked; with a part of it saved there is no way back */
	if (err == -EHWPOISON)
		return sv->pages.err ?
		       shmem_pkram_refuse(sv, -EIO, "memory has failed") :
		       -EAGAIN;
	if (err == -EINVAL)
		return shmem_pkram_refuse(sv, err, "a page is of a kind that cannot be preserved");
	return err;
}

/* Bring the page back, unless it is lost */
static int shmem_save_swapped(struct shmem_pkram_saver *sv,
			      struct inode *inode, pgoff_t index, void *entry)
{
	int err;

	if (is_poisoned_swp_entry(radix_to_swp_entry(entry))) {
		sv->next = index + 1;
		return shmem_save_lost(sv, index, 1);
	}
	err = shmem_pkram_swapin(inode, index, SHMEM_PKRAM_GFP);
	/* One that cannot be read is marked as lost by that */
	if (!err || (err == -EIO &&
		     xa_load(&inode->i_mapping->i_pages, index) != entry))
		return -EAGAIN;
	return shmem_pkram_refuse(sv, err, "a page cannot be brought back from swap");
}

/*
 * Save some entries one by one, each with its folio locked. Returns 0 at the end of
 * the page cache, and 1 when there may be more.
 */
static int shmem_save_some(struct shmem_pkram_saver *sv, struct inode *inode)
{
	pgoff_t indices[PAGEVEC_SIZE], index = sv->next;
	struct folio_batch fbatch;
	unsigned int i, nr;
	int err = 0;

	folio_batch_init(&fbatch);
	nr = find_get_entries(inode->i_mapping, &index, ULONG_MAX, &fbatch,
			      indices);
	for (i = 0; !err && i < nr; i++) {
		struct folio *folio = fbatch.folios[i];

		err = xa_is_value(folio) ?
		      shmem_save_swapped(sv, inode, indices[i], folio) :
		      shmem_save_folio(sv, inode, folio);
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

static int shmem_save_pages(struct shmem_pkram_saver *sv, struct inode *inode)
{
	int ret;

	sv->next = 0;
	sv->nr_poison = 0;
	do {
		/* Sums are made of one folio after the other */
		ret = sv->verify ? 1 : pkram_save_mapping(&sv->pages,
							  inode->i_mapping,
							  &sv->next, ULONG_MAX);
		if (ret == 1)
			ret = shmem_save_some(sv, inode);
	} while (ret == 1);
	return ret ?: pkram_end_run(&sv->pages);
}

/**
 * shmem_pkram_save_data() - save the pages of a regular file
 * @sv: save, with room for a DATA record in its buffer
 * @inode: file
 *
 * Context: May sleep. s_umount is held for writing.
 * Return: 0; -EBUSY when pages are pinned or in use; -EINVAL when there is one
 * that cannot be preserved; -EIO; -EINTR; -EEXIST; -ENOMEM.
 */
int shmem_pkram_save_data(struct shmem_pkram_saver *sv, struct inode *inode)
{
	struct pkram_shmem_data *rec = (void *)(sv->buf + sv->len);
	const u64 pos = sv->pages.nr;
	const pgoff_t fallocend = SHMEM_I(inode)->fallocend;
	size_t i;
	int err;

	if (mapping_empty(inode->i_mapping) && !fallocend)
		return 0;
	err = shmem_save_pages(sv, inode);
	if (err)
		return err;

	*rec = (struct pkram_shmem_data){
		.pos = pos,
		.nr = sv->pages.nr - pos,
		.fallocend = fallocend,
	};
	pkram_shmem_put_rec(&rec->rec, PKRAM_SHMEM_DATA, 0, sizeof(*rec));
	sv->len += sizeof(*rec);
	sv->header.nr_blocks += rec->nr;
	for (i = 0; !err && i < sv->nr_poison; i++) {
		sv->header.nr_blocks += sv->poison[i].nr;
		err = shmem_pkram_save_poison(sv, sv->poison[i].start,
					      sv->poison[i].nr);
	}
	return err ?: shmem_pkram_save_sums(sv, &sv->sums);
}
