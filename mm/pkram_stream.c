// SPDX-License-Identifier: GPL-2.0
/*
 * PKRAM: page streams and byte streams of an object.
 *
 * While saving, an access builds a chain of links of its own, which
 * pkram_finish_access() appends to the object's or drops. While loading, the
 * accesses of an object share its chains: each takes the next link that nobody
 * has taken.
 *
 * Lock order: obj->lock, then pkram_pagetable_lock.
 */
#define pr_fmt(fmt) "pkram: " fmt

#include <linux/err.h>
#include <linux/export.h>
#include <linux/hugetlb.h>
#include <linux/sched.h>
#include <linux/string.h>

#include "internal.h"
#include "pkram_internal.h"

#define CREATE_TRACE_POINTS
#include <trace/events/pkram.h>

static u32 pkram_link_type(const struct pkram_access *pa)
{
	return pa->type == PKRAM_OBJ_BYTES ? PKRAM_LINK_BYTES : PKRAM_LINK_RUNS;
}

/**
 * pkram_link_alloc() - allocate an empty link
 * @type: PKRAM_LINK_* type
 * @gfp: how to allocate
 *
 * Context: May sleep as @gfp allows.
 * Return: the link, or NULL.
 */
struct pkram_link_ser *pkram_link_alloc(u32 type, gfp_t gfp)
{
	/* There are many of these, and what is not used of them is never read */
	const bool stream = type == PKRAM_LINK_RUNS || type == PKRAM_LINK_BYTES;
	struct pkram_link_ser *link;

	link = pkram_meta_alloc(stream ? gfp : gfp | __GFP_ZERO);
	if (link) {
		memset(link, 0, PKRAM_LINK_HEADER);
		link->magic = PKRAM_LINK_MAGIC;
		link->type = type;
	}
	return link;
}

/**
 * pkram_access_check() - may an access be used in this way?
 * @pa: access
 * @type: stream that it has to be of
 * @saving: what it has to be for
 *
 * Context: Any.
 * Return: 0; -EPERM when the object has no such stream; -EINVAL on misuse; or the
 * error that a save has failed with.
 */
int pkram_access_check(const struct pkram_access *pa, unsigned int type,
		       bool saving)
{
	const struct pkram_stream *ps = pa->ps;

	if (WARN_ON_ONCE(!ps->obj || ps->saving != saving))
		return -EINVAL;
	if (pa->type != type || !(ps->obj->ser.flags & type))
		return -EPERM;
	return pa->err;
}

/* ------------------------------------------------------------- saving */

/* What went wrong in the middle of a save cannot be made good */
static int pkram_access_fail(struct pkram_access *pa, int err)
{
	if (err && !pa->err)
		pa->err = err;
	return err;
}

/* Mark the frames of the runs in pa->link, which is done for many at a time */
static int pkram_access_mark(struct pkram_access *pa)
{
	const struct pkram_link_ser *link = pa->link;
	unsigned int done = 0;
	int err;

	if (!link || pa->marked == link->nr)
		return 0;
	err = pkram_frames_preserve_runs(link->runs + pa->marked,
					 link->nr - pa->marked, &done,
					 pa->ps->gfp);
	pa->marked += done;
	WARN_ON_ONCE(err == -EEXIST);
	return err;
}

/**
 * pkram_access_room() - make sure that there is room for one more entry or byte
 * @pa: access to a stream that is being saved
 *
 * There is in pa->link then.
 *
 * Context: May sleep.
 * Return: 0; -ENOMEM, or -EEXIST when a folio has been saved twice: the access can
 * only be finished as failed then.
 */
int pkram_access_room(struct pkram_access *pa)
{
	const u32 type = pkram_link_type(pa);
	const u32 max = type == PKRAM_LINK_BYTES ? PKRAM_LINK_MAX_BYTES :
						   PKRAM_LINK_MAX_RUNS;
	struct pkram_link_ser *link;
	int err;

	if (pa->link && pa->link->nr < max)
		return 0;
	err = type == PKRAM_LINK_RUNS ? pkram_access_mark(pa) : 0;
	if (err)
		return pkram_access_fail(pa, err);
	link = pkram_link_alloc(type, pa->ps->gfp);
	if (!link)
		return pkram_access_fail(pa, -ENOMEM);
	if (pa->link)
		pa->link->next_pfn = pkram_virt_to_pfn(link);
	else
		pa->head = link;
	/* The run that is being extended will be in this one */
	link->start = pa->nr - (pa->run.nr << pa->run.order);
	pa->link = link;
	pa->marked = 0;
	pa->nr_links++;
	return 0;
}

/**
 * pkram_end_run() - let the next folio begin a run of its own
 * @pa: access to a page stream that is being saved
 *
 * Folios contiguous in frames and in index are saved as one run, even if they
 * belong to different files; call this in between.
 *
 * Context: May sleep.
 * Return: 0; -ENOMEM, or -EEXIST when a folio is found to have been saved twice
 * (the access can only be finished as failed then), also by an earlier call; -EPERM
 * when it is no page stream; -EINVAL when it is not being saved.
 */
int pkram_end_run(struct pkram_access *pa)
{
	int err;

	err = pkram_access_check(pa, PKRAM_OBJ_PAGES, true);
	if (err || !pa->run.nr)
		return err;
	err = pkram_access_room(pa);
	if (err)
		return err;
	pa->link->runs[pa->link->nr++] = pkram_run_pack(&pa->run);
	pa->run.nr = 0;
	return 0;
}
EXPORT_SYMBOL_GPL(pkram_end_run);

/* Add a folio, whose reference becomes the node's, to the current run */
static int pkram_access_add(struct pkram_access *pa, const struct pkram_run *add)
{
	int err;

	if (!pkram_run_extend(&pa->run, add)) {
		err = pkram_end_run(pa);
		if (err)
			return err;
		pa->run = *add;
	}
	pa->nr += 1ULL << add->order;
	return 0;
}

static int pkram_access_emit(const struct pkram_run *copy, void *arg)
{
	return pkram_access_add(arg, copy);
}

/**
 * pkram_save_folio() - save a folio to a page stream
 * @pa: access to the page stream of an object that is being saved
 * @folio: folio of any order, locked by the caller, with contents that will not
 *	change until the node is loaded or dropped
 * @index: its index in pages, a multiple of its size
 * @flags: %PKRAM_RUN_UPTODATE and/or %PKRAM_RUN_DIRTY, returned by the load
 *
 * The node takes a reference. A folio that cannot stay where it is, because the
 * next kernel will have other uses for the place, is copied; the caller need
 * not care. After -ENOMEM and -EEXIST the access can only be finished as
 * failed.
 *
 * Context: May sleep.
 * Return: 0; -EPERM when the object has no page stream; -EINVAL when the folio
 * is of a kind that cannot be preserved (hugetlb, device memory) or @index or
 * @flags are impossible; -EHWPOISON when it has a page that must not be read;
 * -EEXIST when one is found to have been saved twice, which may be much later;
 * -ENOMEM.
 */
int pkram_save_folio(struct pkram_access *pa, struct folio *folio,
		     pgoff_t index, unsigned int flags)
{
	struct pkram_run add = {
		.pfn = folio_pfn(folio),
		.index = index,
		.nr = 1,
		.order = folio_order(folio),
		.flags = flags,
	};
	const u64 before = pa->nr;
	int err;

	err = pkram_access_check(pa, PKRAM_OBJ_PAGES, true);
	if (err)
		return err;
	if (folio_test_hugetlb(folio) || folio_is_zone_device(folio) ||
	    !pkram_run_validate(&add))
		return -EINVAL;
	if (folio_contain_hwpoisoned_page(folio))
		return -EHWPOISON;
	if (!pkram_frames_allowed(add.pfn, folio_nr_pages(folio))) {
		err = pkram_copy_out(folio, &add, pa->ps->gfp,
				     pkram_access_emit, pa);
		/* Nothing of it has been added: the caller can do without it */
		if (err == -EHWPOISON && pa->nr == before)
			return err;
		return pkram_access_fail(pa, err);
	}

	folio_get(folio);
	err = pkram_access_add(pa, &add);
	if (err)
		folio_put(folio);
	return err;
}
EXPORT_SYMBOL_GPL(pkram_save_folio);

/**
 * pkram_write() - append to a byte stream
 * @pa: access to the byte stream of an object that is being saved
 * @buf: bytes
 * @nr: how many
 *
 * After -ENOMEM the access can only be finished as failed.
 *
 * Context: May sleep.
 * Return: @nr; -EPERM when the object has no byte stream; -EINVAL when it is not being
 * saved; -ENOMEM, also by an earlier call.
 */
ssize_t pkram_write(struct pkram_access *pa, const void *buf, size_t nr)
{
	size_t done = 0, chunk;
	int err;

	err = pkram_access_check(pa, PKRAM_OBJ_BYTES, true);
	if (err)
		return err;
	while (!err && done < nr) {
		err = pkram_access_room(pa);
		if (err)
			break;
		chunk = min(nr - done,
			    (size_t)PKRAM_LINK_MAX_BYTES - pa->link->nr);
		memcpy(pa->link->bytes + pa->link->nr, buf + done, chunk);
		pa->link->nr += chunk;
		pa->nr += chunk;
		done += chunk;
	}
	return pkram_access_fail(pa, err) ?: nr;
}
EXPORT_SYMBOL_GPL(pkram_write);

/* Let the first run of @from continue the last one of @pa, if it does */
static void pkram_access_join(struct pkram_access *pa, struct pkram_access *from)
{
	struct pkram_run_ser *ser = &pa->link->runs[pa->link->nr - 1];
	struct pkram_link_ser *link = from->head;
	const struct pkram_run first = pkram_run_unpack(&link->runs[0]);
	struct pkram_run last = pkram_run_unpack(ser);

	if (!pkram_run_extend(&last, &first))
		return;
	*ser = pkram_run_pack(&last);
	link->nr--;
	link->start += first.nr << first.order;
	memmove(link->runs, link->runs + 1, link->nr * sizeof(*link->runs));
}

/* Move the runs of the first link of @from to the last one of @pa: there is room */
static void pkram_access_move(struct pkram_access *pa, struct pkram_access *from)
{
	struct pkram_link_ser *link = from->head;

	memcpy(pa->link->runs + pa->link->nr, link->runs,
	       link->nr * sizeof(*link->runs));
	pa->link->nr += link->nr;
	pa->marked = pa->link->nr;
	from->head = pkram_link_next(link->next_pfn);
	from->nr_links--;
	pkram_meta_free(link);
}

/**
 * pkram_settle_access() - have all that has been saved marked as preserved
 * @pa: access to a page stream that is being saved
 *
 * As it would be later on, for pkram_append_access(). The next folio begins a run of
 * its own.
 *
 * Context: May sleep.
 * Return: as pkram_end_run().
 */
int pkram_settle_access(struct pkram_access *pa)
{
	int err = pkram_end_run(pa);

	return pkram_access_fail(pa, err ?: pkram_access_mark(pa));
}
EXPORT_SYMBOL_GPL(pkram_settle_access);

/**
 * pkram_append_access() - add what one access has saved to what another has
 * @pa: access to the page stream of an object that is being saved
 * @from: access to the same; afterwards as if just declared
 * @join: its first folios may continue the last run of @pa: see pkram_end_run()
 *
 * So that several threads can save, and what comes of it is as if one had done it.
 * It takes little when @from has been settled.
 *
 * Context: May sleep.
 * Return: 0; -EINVAL when they are of different streams; or an error of
 * pkram_end_run() for one of them. Both can only be finished as failed after any.
 */
int pkram_append_access(struct pkram_access *pa, struct pkram_access *from,
			bool join)
{
	struct pkram_link_ser *link;
	int err;

	err = pkram_settle_access(pa) ?: pkram_settle_access(from);
	if (!err && WARN_ON_ONCE(pa->ps != from->ps))
		err = -EINVAL;
	if (err)
		return pkram_access_fail(pa, err);
	if (from->head && pa->link) {
		if (join)
			pkram_access_join(pa, from);
		if (from->head->nr <= PKRAM_LINK_MAX_RUNS - pa->link->nr)
			pkram_access_move(pa, from);
	}
	if (from->head) {
		for (link = from->head; link; link = pkram_link_next(link->next_pfn))
			link->start += pa->nr;
		if (pa->link)
			pa->link->next_pfn = pkram_virt_to_pfn(from->head);
		else
			pa->head = from->head;
		pa->link = from->link;
		pa->marked = pa->link->nr;
		pa->nr_links += from->nr_links;
	}
	pa->nr += from->nr;
	*from = (struct pkram_access){ .ps = from->ps, .type = from->type };
	return 0;
}
EXPORT_SYMBOL_GPL(pkram_append_access);

/* Append what @pa has built to the object's chain */
static void pkram_access_splice(struct pkram_access *pa)
{
	struct pkram_obj *obj = pa->ps->obj;
	const unsigned int idx = pkram_stream_idx(pa->type);
	const u64 head = pkram_virt_to_pfn(pa->head);
	struct pkram_link_ser *link;
	u64 start, pfn;

	guard(mutex)(&obj->lock);
	start = idx ? obj->ser.nr_bytes : obj->ser.nr_pages;
	for (pfn = head; pfn; pfn = link->next_pfn) {
		link = pkram_pfn_to_virt(pfn);
		link->start += start;
		pkram_link_seal(link);
	}
	if (obj->tail[idx]) {
		obj->tail[idx]->next_pfn = head;
		pkram_link_seal(obj->tail[idx]);
	}
	obj->tail[idx] = pa->link;
	if (idx) {
		obj->ser.bytes_pfn = obj->ser.bytes_pfn ?: head;
		obj->ser.nr_bytes += pa->nr;
		obj->ser.nr_byte_links += pa->nr_links;
	} else {
		obj->ser.pages_pfn = obj->ser.pages_pfn ?: head;
		obj->ser.nr_pages += pa->nr;
		obj->ser.nr_page_links += pa->nr_links;
	}
}

/* Drop all that @pa has built, the last of which is not in the page table yet */
static void pkram_access_discard(struct pkram_access *pa)
{
	struct pkram_link_ser *link = pa->link;
	struct pkram_run run = pa->run;

	pkram_drop_folios(run.pfn, run.order, run.nr);
	while (pa->type == PKRAM_OBJ_PAGES && link && link->nr > pa->marked) {
		run = pkram_run_unpack(&link->runs[--link->nr]);
		pkram_drop_folios(run.pfn, run.order, run.nr);
	}
	if (pa->head)
		pkram_chain_free(pkram_virt_to_pfn(pa->head));
}

/**
 * pkram_finish_access() - end an access
 * @pa: access; it may be used again as if just declared
 * @ok: keep what has been saved through it; without meaning for a load
 *
 * What an access has saved lies in the object's stream in one piece, in the
 * order in which it was saved.
 *
 * Context: May sleep.
 * Return: 0. When saving with @ok also -ENOMEM and -EEXIST, as
 * pkram_save_folio() would have returned them, or -EINVAL on misuse: nothing is
 * kept then.
 */
int pkram_finish_access(struct pkram_access *pa, bool ok)
{
	int err = ok ? pa->err : 0;

	if (pa->ps->saving) {
		/* Nowhere to keep it when the object is finished already */
		if (WARN_ON_ONCE(ok && !pa->ps->obj))
			err = -EINVAL;
		else if (ok && !err && pa->run.nr)
			err = pkram_end_run(pa);
		if (ok && !err && pa->type == PKRAM_OBJ_PAGES)
			err = pkram_access_mark(pa);
		if (ok && !err && pa->head)
			pkram_access_splice(pa);
		else
			pkram_access_discard(pa);
	}
	*pa = (struct pkram_access){
		.ps = pa->ps,
		.type = pa->type,
		.poisoned = pa->poisoned,
	};
	return err;
}
EXPORT_SYMBOL_GPL(pkram_finish_access);

/* ------------------------------------------------------------ loading */

/* Make pa->link the link to read next; false at the end of the stream */
static bool pkram_access_next(struct pkram_access *pa)
{
	struct pkram_obj *obj = pa->ps->obj;
	const unsigned int idx = pkram_stream_idx(pa->type);

	if (pa->part && !pa->left)
		return false;
	if (pa->link && pa->entry < pa->link->nr)
		return true;
	if (pa->part) {
		pa->link = pa->link ? pkram_link_next(pa->link->next_pfn) : NULL;
		pa->entry = 0;
		/* Who loads in parts may do so when the stream is done with its node */
		if (trace_pkram_claim_enabled() && pa->link && pa->ps->node)
			trace_pkram_claim(pa->ps->node->name, pa->link);
		return pa->link;
	}

	guard(mutex)(&obj->lock);
	pa->link = obj->next[idx];
	pa->entry = 0;
	if (!pa->link)
		return false;
	obj->next[idx] = pkram_link_next(pa->link->next_pfn);
	if (!idx)
		trace_pkram_claim(pa->ps->node->name, pa->link);
	return true;
}

/* Load those of a run's pages that nobody has had before: how many */
static unsigned int pkram_load_pages(struct pkram_access *pa,
				     const struct pkram_run *run,
				     struct pkram_loaded *buf, unsigned int nr)
{
	unsigned int i;

	nr = min_t(u64, nr, run->nr - pa->folio);
	if (pa->part)
		nr = min_t(u64, nr, pa->left);
	nr = pkram_claim_pages(run->pfn + pa->folio, nr);
	pa->left -= pa->part ? nr : 0;
	for (i = 0; i < nr; i++, pa->folio++)
		buf[i] = (struct pkram_loaded){
			.folio = pfn_folio(run->pfn + pa->folio),
			.index = run->index + pa->folio,
			.flags = run->flags,
			.fresh = true,
		};
	return nr;
}

static int pkram_load_one(struct pkram_access *pa, const struct pkram_run *run,
			  struct pkram_loaded *one)
{
	const u64 skip = (u64)pa->folio << run->order;
	const bool fresh = pkram_frame_fresh(run->pfn + skip);
	struct folio *folio;

	if (pa->part && pa->left < 1ULL << run->order)
		return -EBADMSG;
	folio = pkram_claim_folio(run->pfn + skip, run->order);
	if (IS_ERR(folio))
		return PTR_ERR(folio);
	if (pkram_folio_poisoned(folio) && !pa->poisoned)
		return -EHWPOISON;
	folio_get(folio);
	*one = (struct pkram_loaded){
		.folio = folio,
		.index = run->index + skip,
		.flags = run->flags,
		.fresh = fresh,
	};
	pa->folio++;
	pa->left -= pa->part ? 1ULL << run->order : 0;
	return 0;
}

/**
 * pkram_load_folios() - load the next folios of a page stream
 * @pa: access to the page stream of an object that is being loaded
 * @buf: where to put them
 * @nr: how many at most
 *
 * Each folio of the object is given to one access, in the order of the stream
 * if there is only one; see pkram_access_part() for one that is to have certain
 * ones. The caller owns a reference to each; the node keeps its own until
 * pkram_finish_load(). A folio from the previous kernel is off the LRU and not
 * charged; one that never left this boot may be either. Memory that has failed
 * meanwhile stops the load, unless the caller has set &pkram_access.poisoned: he gets
 * the folio, and looks for PageHWPoison().
 *
 * Context: May sleep.
 * Return: number of folios, 0 at the end of the stream; -EPERM when the object
 * has no page stream; -EINVAL when it is not being loaded; -EBADMSG when the next
 * folio is not what the node says; -EHWPOISON when it has a page that must not be read.
 */
int pkram_load_folios(struct pkram_access *pa, struct pkram_loaded *buf,
		      unsigned int nr)
{
	unsigned int done = 0;
	int err;

	err = pkram_access_check(pa, PKRAM_OBJ_PAGES, false);
	if (err)
		return err;

	while (done < nr && pkram_access_next(pa)) {
		struct pkram_run run = pkram_run_unpack(&pa->link->runs[pa->entry]);

		while (done < nr && pa->folio < run.nr && (!pa->part || pa->left)) {
			unsigned int got = 0;

			if (!run.order && (pa->poisoned || !pkram_pages_failed()))
				got = pkram_load_pages(pa, &run, buf + done,
						       nr - done);
			if (!got) {
				err = pkram_load_one(pa, &run, buf + done);
				if (err)
					return done ?: err;
				got = 1;
			}
			done += got;
		}
		if (pa->folio == run.nr) {
			pa->folio = 0;
			pa->entry++;
		}
	}
	return done;
}
EXPORT_SYMBOL_GPL(pkram_load_folios);

/**
 * pkram_load_folio() - load the next folio of a page stream
 * @pa: access to the page stream of an object that is being loaded
 * @index: where to put the folio's index
 *
 * As pkram_load_folios(), one at a time.
 *
 * Context: May sleep.
 * Return: the folio, NULL at the end of the stream, or ERR_PTR() of an error of
 * pkram_load_folios().
 */
struct folio *pkram_load_folio(struct pkram_access *pa, pgoff_t *index)
{
	struct pkram_loaded one;
	int ret;

	ret = pkram_load_folios(pa, &one, 1);
	if (ret <= 0)
		return ret ? ERR_PTR(ret) : NULL;
	*index = one.index;
	return one.folio;
}
EXPORT_SYMBOL_GPL(pkram_load_folio);

/**
 * pkram_read() - read the next bytes of a byte stream
 * @pa: access to the byte stream of an object that is being loaded
 * @buf: where to put them
 * @nr: how many at most
 *
 * With several accesses to one object each byte is given to one of them.
 *
 * Context: May sleep.
 * Return: number of bytes, less than @nr only at the end of the stream; -EPERM
 * when the object has no byte stream; -EINVAL when it is not being loaded.
 */
ssize_t pkram_read(struct pkram_access *pa, void *buf, size_t nr)
{
	size_t done = 0, chunk;
	int err;

	err = pkram_access_check(pa, PKRAM_OBJ_BYTES, false);
	if (err)
		return err;

	while (done < nr && pkram_access_next(pa)) {
		chunk = min(nr - done, (size_t)pa->link->nr - pa->entry);
		memcpy(buf + done, pa->link->bytes + pa->entry, chunk);
		pa->entry += chunk;
		done += chunk;
	}
	return done;
}
EXPORT_SYMBOL_GPL(pkram_read);
