// SPDX-License-Identifier: GPL-2.0
/*
 * tmpfs preserved over kexec: checksums of the contents, with verify.
 *
 * When saving, the sums of a file are kept in a list until its records are written,
 * which is when its pages are all in the page stream. A folio is summed under its
 * lock and before it is saved: nothing can change it from then on. When loading, the
 * file has got its folios by the time its sums are read; a wrong one is reported with
 * the first name of the file, which comes right after.
 *
 * A sum of which one page has failed in the meantime says nothing about the
 * others, and to read that page could be the end. So it is not looked at.
 *
 * Lock order: sb->s_umount (held), then the folio lock.
 */
#define pr_fmt(fmt) fmt

#include <crypto/hash.h>
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fs_context.h>
#include <linux/mm.h>
#include <linux/pagemap.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uio.h>
#include <linux/xarray.h>

#include "pkram_internal.h"
#include "pkram_shmem_rec.h"
#include "shmem_pkram.h"

/*
 * The crypto API has the instructions that x86 has for this, which the library
 * does not use: an order of magnitude. NULL when it has nothing: then it is the
 * library.
 */
static struct crypto_shash *shmem_sum_tfm(void)
{
	struct crypto_shash *tfm;

	if (!IS_BUILTIN(CONFIG_CRYPTO_HASH))
		return NULL;
	tfm = crypto_alloc_shash("crc32c", 0, 0);
	if (IS_ERR(tfm))
		return NULL;
	/* All but some hardware has the sum itself as its state */
	if (crypto_shash_descsize(tfm) == sizeof(u32))
		return tfm;
	crypto_free_shash(tfm);
	return NULL;
}

static void shmem_sum_free_tfm(struct crypto_shash *tfm)
{
	if (IS_BUILTIN(CONFIG_CRYPTO_HASH) && tfm)
		crypto_free_shash(tfm);
}

static u32 shmem_sum_page(struct crypto_shash *tfm, u32 crc, const void *page)
{
	if (IS_BUILTIN(CONFIG_CRYPTO_HASH) && tfm) {
		SHASH_DESC_ON_STACK(desc, tfm);
		u32 *state = shash_desc_ctx(desc);

		desc->tfm = tfm;
		*state = crc;
		if (!crypto_shash_update(desc, page, PAGE_SIZE))
			return *state;
	}
	return pkram_crc(crc, page, PAGE_SIZE);
}

/* Continue a sum by @nr pages from @index, all of them in @folio */
static u32 shmem_sum_pages(struct crypto_shash *tfm, u32 crc,
			   struct folio *folio, pgoff_t index, unsigned long nr)
{
	const void *page = folio_address(folio) +
			   ((index - folio->index) << PAGE_SHIFT);

	while (nr--) {
		crc = shmem_sum_page(tfm, crc, page);
		page += PAGE_SIZE;
	}
	return crc;
}

/* Pages from @index to where a new sum begins in any case */
static unsigned long shmem_sum_room(pgoff_t index)
{
	return PKRAM_SHMEM_SUM_PAGES - index % PKRAM_SHMEM_SUM_PAGES;
}

/* ------------------------------------------------------------------ save */

/**
 * shmem_pkram_sums_begin() - begin to sum what is saved
 * @sums: empty list
 *
 * Context: May sleep.
 */
void shmem_pkram_sums_begin(struct shmem_pkram_sums *sums)
{
	sums->tfm = shmem_sum_tfm();
}

/**
 * shmem_pkram_sums_end() - free what the sums have needed
 * @sums: list
 *
 * Context: May sleep.
 */
void shmem_pkram_sums_end(struct shmem_pkram_sums *sums)
{
	shmem_sum_free_tfm(sums->tfm);
	kvfree(sums->items);
}

/* The sum that the page at @index is to go into */
static struct pkram_shmem_sum *shmem_sums_at(struct shmem_pkram_sums *sums,
					     pgoff_t index)
{
	struct pkram_shmem_sum *sum, *items;

	sum = sums->nr > sums->old_files ? &sums->items[sums->nr - 1] : NULL;
	if (sum && sum->start + sum->nr == index &&
	    index % PKRAM_SHMEM_SUM_PAGES)
		return sum;
	items = shmem_pkram_grow(sums->items, sums->nr + 1, &sums->room,
				 sizeof(*items));
	if (!items)
		return NULL;
	sums->items = items;
	sum = &sums->items[sums->nr++];
	*sum = (struct pkram_shmem_sum){
		.start = index,
		.crc = PKRAM_CRC_SEED,
	};
	return sum;
}

/**
 * shmem_pkram_sums_add() - sum a folio
 * @sums: list
 * @folio: folio of the current file, locked, none of its pages has failed; its
 *	index is higher than that of the last one
 *
 * Context: May sleep.
 * Return: 0; -ENOMEM.
 */
int shmem_pkram_sums_add(struct shmem_pkram_sums *sums, struct folio *folio)
{
	const pgoff_t end = folio_next_index(folio);
	pgoff_t index = folio->index;
	struct pkram_shmem_sum *sum;
	unsigned long nr;

	sums->old_nr = sums->nr;
	if (sums->nr)
		sums->old = sums->items[sums->nr - 1];
	while (index < end) {
		sum = shmem_sums_at(sums, index);
		if (!sum)
			return -ENOMEM;
		nr = min(end - index, shmem_sum_room(index));
		sum->crc = shmem_sum_pages(sums->tfm, sum->crc, folio, index, nr);
		sum->nr += nr;
		index += nr;
		cond_resched();
	}
	return 0;
}

/**
 * shmem_pkram_sums_undo() - take back the last shmem_pkram_sums_add()
 * @sums: list
 *
 * Context: Any.
 */
void shmem_pkram_sums_undo(struct shmem_pkram_sums *sums)
{
	sums->nr = sums->old_nr;
	if (sums->nr)
		sums->items[sums->nr - 1] = sums->old;
}

/**
 * shmem_pkram_save_sums() - write the records of the current file's sums
 * @sv: save
 * @sums: the sums
 * @nr: number of them
 *
 * Context: May sleep.
 * Return: 0; -ENOMEM.
 */
int shmem_pkram_save_sums(struct shmem_pkram_saver *sv,
			  struct pkram_shmem_sum *sums, size_t nr)
{
	struct pkram_shmem_sums rec;
	struct kvec vec[2] = { { &rec, sizeof(rec) } };
	size_t done, some;
	int err = 0;

	for (done = 0; !err && done < nr; done += some) {
		some = min_t(size_t, nr - done, PKRAM_SHMEM_SUMS_MAX);
		vec[1].iov_base = sums + done;
		vec[1].iov_len = some * sizeof(*sums);
		err = shmem_pkram_save_rec(sv, PKRAM_SHMEM_SUMS, 0, vec, 2);
	}
	return err;
}

/* ------------------------------------------------------------------ load */

/**
 * shmem_pkram_verify_begin() - begin to check the contents of a loaded tree
 * @vf: zeroed
 *
 * Context: May sleep.
 */
void shmem_pkram_verify_begin(struct shmem_pkram_verify *vf)
{
	vf->on = true;
	vf->tfm = shmem_sum_tfm();
}

/**
 * shmem_pkram_verify_end() - free what checking has needed
 * @vf: begun or zeroed
 *
 * Context: May sleep.
 */
void shmem_pkram_verify_end(struct shmem_pkram_verify *vf)
{
	shmem_sum_free_tfm(vf->tfm);
}

/*
 * Sum the pages that @sum is about. -EHWPOISON when one of them has failed,
 * -EBADMSG when there are none, or not with contents. The node has a reference to
 * each folio.
 */
static int shmem_verify_sum(struct shmem_pkram_verify *vf,
			    struct address_space *mapping,
			    const struct pkram_shmem_sum *sum, u32 *crc)
{
	const pgoff_t end = sum->start + sum->nr;
	pgoff_t index = sum->start;
	struct folio *folio;
	unsigned long nr;

	*crc = PKRAM_CRC_SEED;
	while (index < end) {
		folio = xa_load(&mapping->i_pages, index);
		if (!folio || xa_is_value(folio) || !folio_test_uptodate(folio))
			return -EBADMSG;
		if (folio_contain_hwpoisoned_page(folio))
			return -EHWPOISON;
		nr = min(end, folio_next_index(folio)) - index;
		*crc = shmem_sum_pages(vf->tfm, *crc, folio, index, nr);
		index += nr;
	}
	return 0;
}

/**
 * shmem_pkram_verify_sums() - check pages against the sums of a record
 * @vf: state
 * @inode: file that the record belongs to, with all its folios
 * @rec: record, checked
 *
 * That contents have changed is for shmem_pkram_verify_inode() to report.
 *
 * Context: May sleep.
 * Return: 0; -EBADMSG when the sums are of other pages than the file has;
 * -EINTR.
 */
int shmem_pkram_verify_sums(struct shmem_pkram_verify *vf, struct inode *inode,
			    const struct pkram_shmem_sums *rec)
{
	const unsigned int nr = vf->on ? pkram_shmem_nr_sums(rec) : 0;
	unsigned int i;

	for (i = 0; i < nr; i++) {
		const struct pkram_shmem_sum *sum = &rec->sums[i];
		u32 crc;
		int err;

		err = shmem_verify_sum(vf, inode->i_mapping, sum, &crc);
		if (err == -EHWPOISON)
			vf->skipped += sum->nr;
		else if (err)
			return err;
		else if (crc != sum->crc && !vf->changed.nr)
			vf->changed = *sum;
		vf->summed += sum->nr;
		if (fatal_signal_pending(current))
			return -EINTR;
		cond_resched();
	}
	return 0;
}

static void shmem_verify_report(const struct shmem_pkram_verify *vf,
				struct fs_context *fc, struct dentry *dentry)
{
	const struct shmem_options *ctx = fc->fs_private;
	const struct pkram_shmem_sum *sum = &vf->changed;
	char *buf = kmalloc(PATH_MAX, GFP_KERNEL);
	const char *path = shmem_pkram_path(dentry, buf);

	shmem_pkram_err(fc, "cannot load '%s': bytes %llu to %llu of inode %lu, '%*pE', are not what was preserved; noverify loads them",
			ctx->pkram.name, sum->start << PAGE_SHIFT,
			((sum->start + sum->nr) << PAGE_SHIFT) - 1,
			d_inode(dentry)->i_ino, (int)strlen(path), path);
	kfree(buf);
}

/**
 * shmem_pkram_verify_inode() - is a file what was preserved?
 * @vf: state; begins anew for the next file
 * @fc: mount
 * @dentry: first name of the file, all of whose records have been read
 *
 * Context: May sleep.
 * Return: 0; -EBADMSG when it is not, or has pages without a sum. If the reason
 * has been reported &shmem_pkram_verify.reported is set.
 */
int shmem_pkram_verify_inode(struct shmem_pkram_verify *vf,
			     struct fs_context *fc, struct dentry *dentry)
{
	if (!vf->on)
		return 0;
	if (vf->changed.nr) {
		shmem_verify_report(vf, fc, dentry);
		vf->reported = true;
		return -EBADMSG;
	}
	if (vf->summed != vf->uptodate)
		return -EBADMSG;
	vf->summed = 0;
	vf->uptodate = 0;
	return 0;
}
