// SPDX-License-Identifier: GPL-2.0
/*
 * PKRAM: parts of a page stream, for several threads.
 *
 * A part is a place in the stream where a folio begins, and a number of frames. To
 * find the next place takes no more than a look at the headers of the links in
 * between, and at the runs of one link.
 *
 * Lock order: pkram_drop.lock, which no other is taken with.
 */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <trace/events/pkram.h>

#include "pkram_internal.h"

/* Frames that a thread gives up at a time, at least */
#define PKRAM_DROP_PART		16384

/**
 * pkram_cursor_begin() - go to the beginning of a page stream
 * @cur: cursor
 * @ps: stream that is being loaded, with an object
 *
 * Context: Any.
 */
void pkram_cursor_begin(struct pkram_cursor *cur, const struct pkram_stream *ps)
{
	*cur = (struct pkram_cursor){
		.link = pkram_link_next(ps->obj->ser.pages_pfn),
	};
}
EXPORT_SYMBOL_GPL(pkram_cursor_begin);

/**
 * pkram_cursor_step() - step over folios of a run
 * @cur: cursor, not at the end of the stream
 * @nr: frames, of which those folios are stepped over that begin in them
 *
 * Context: Any.
 * Return: these folios: one at least, and no more than the run has.
 */
struct pkram_run pkram_cursor_step(struct pkram_cursor *cur, u64 nr)
{
	struct pkram_run run = pkram_run_unpack(&cur->link->runs[cur->entry]);
	const u64 skip = (u64)cur->folio << run.order;
	const u64 left = run.nr - cur->folio;

	/* As many as have a part in @nr */
	nr = ((nr - 1) >> run.order) + 1;
	run.nr = min(nr, left);
	run.pfn += skip;
	run.index += skip;
	cur->folio += run.nr;
	cur->pos += run.nr << run.order;
	if (run.nr < left)
		return run;
	cur->folio = 0;
	if (++cur->entry == cur->link->nr) {
		cur->entry = 0;
		cur->link = pkram_link_next(cur->link->next_pfn);
	}
	return run;
}
EXPORT_SYMBOL_GPL(pkram_cursor_step);

/**
 * pkram_cursor_skip() - go on in a page stream
 * @cur: cursor
 * @nr: frames to step over; more, up to the end of a folio that begins within these,
 *	or less at the end of the stream
 *
 * Context: Any.
 */
void pkram_cursor_skip(struct pkram_cursor *cur, u64 nr)
{
	const u64 pos = cur->pos + nr;
	const struct pkram_link_ser *next;

	while (cur->link && cur->pos < pos) {
		next = pkram_link_next(cur->link->next_pfn);
		if (next && next->start <= pos)
			*cur = (struct pkram_cursor){
				.link = next,
				.pos = next->start,
			};
		else
			pkram_cursor_step(cur, pos - cur->pos);
	}
}
EXPORT_SYMBOL_GPL(pkram_cursor_skip);

/**
 * pkram_access_part() - load a part of a page stream
 * @pa: access to the page stream of an object that is being loaded
 * @from: where the part begins
 * @nr: frames of the part, which a folio ends with
 *
 * pkram_load_folios() gives the folios of the part, and then none. Who loads in parts
 * sees to it that they do not overlap, and loads with no access in another way. The
 * access can have another part after that.
 *
 * Context: Any.
 */
void pkram_access_part(struct pkram_access *pa, const struct pkram_cursor *from,
		       u64 nr)
{
	pa->link = (struct pkram_link_ser *)from->link;
	pa->entry = from->entry;
	pa->folio = from->folio;
	pa->part = true;
	pa->left = nr;
	/* Of a link that several parts are in, the first tells */
	if (trace_pkram_claim_enabled() && pa->ps->node && from->link &&
	    !from->entry && !from->folio)
		trace_pkram_claim(pa->ps->node->name, from->link);
}
EXPORT_SYMBOL_GPL(pkram_access_part);

/* ------------------------------------------------------------- freeing */

/**
 * pkram_chain_free() - free a chain of runs or bytes and all that it holds
 * @pfn: first link, trusted; 0 for an empty chain
 *
 * Context: May sleep.
 */
void pkram_chain_free(u64 pfn)
{
	while (pfn) {
		struct pkram_link_ser *link = pkram_pfn_to_virt(pfn);

		if (link->type == PKRAM_LINK_RUNS)
			pkram_drop_runs(link->runs, link->nr);
		pfn = link->next_pfn;
		pkram_meta_free(link);
		cond_resched();
	}
}

/* Step over runs of one link that are in the frames up to @end as a whole: how many? */
static unsigned int pkram_cursor_skip_runs(struct pkram_cursor *cur, u64 end)
{
	const struct pkram_link_ser *link = cur->link;
	struct pkram_cursor next = *cur;
	unsigned int nr = 0;

	while (!next.folio && next.link == link && next.pos < end) {
		pkram_cursor_step(&next, end - next.pos);
		if (next.folio)
			break;
		*cur = next;
		nr++;
	}
	return nr;
}

/**
 * pkram_drop_part() - give up a node's hold on a part of a page stream
 * @from: where the part begins
 * @nr: frames of the part, which a folio ends with
 *
 * After pkram_detach_load(), of each part once.
 *
 * Context: May sleep. Takes pkram_pagetable_lock.
 */
void pkram_drop_part(const struct pkram_cursor *from, u64 nr)
{
	struct pkram_cursor cur = *from;
	const u64 end = from->pos + nr;
	const struct pkram_run_ser *runs;
	unsigned int nr_runs;
	struct pkram_run run;

	while (cur.pos < end) {
		/* Of scattered pages each is a run: the lock is not taken for each */
		runs = &cur.link->runs[cur.entry];
		nr_runs = pkram_cursor_skip_runs(&cur, end);
		if (nr_runs) {
			pkram_drop_runs(runs, nr_runs);
		} else {
			run = pkram_cursor_step(&cur, end - cur.pos);
			pkram_drop_run(run.pfn, run.order, run.nr);
		}
		cond_resched();
	}
}
EXPORT_SYMBOL_GPL(pkram_drop_part);

/**
 * pkram_links_free() - free a chain of runs that holds nothing any more
 * @pfn: first link; 0 for an empty chain
 *
 * Context: May sleep.
 */
void pkram_links_free(u64 pfn)
{
	while (pfn) {
		struct pkram_link_ser *link = pkram_pfn_to_virt(pfn);

		pfn = link->next_pfn;
		pkram_meta_free(link);
	}
}

/**
 * struct pkram_drop - folios for several threads to give up
 * @lock: protects @cursor
 * @cursor: where the next part begins
 * @step: frames of a part
 */
struct pkram_drop {
	struct mutex lock;	/* among the threads */
	struct pkram_cursor cursor;
	u64 step;
};

static void pkram_drop_work(void *arg)
{
	struct pkram_drop *drop = arg;
	struct pkram_cursor cur;
	struct pkram_run run;
	u64 end;

	do {
		scoped_guard(mutex, &drop->lock) {
			cur = drop->cursor;
			pkram_cursor_skip(&drop->cursor, drop->step);
			end = drop->cursor.pos;
		}
		while (cur.pos < end) {
			run = pkram_cursor_step(&cur, end - cur.pos);
			pkram_drop_folios(run.pfn, run.order, run.nr);
		}
	} while (cur.link);
}

/**
 * pkram_pages_free() - free a chain of runs and all that it holds
 * @pfn: first link, trusted; 0 for an empty chain
 * @nr: frames that it holds
 *
 * As pkram_chain_free(), with several threads if that is worth it.
 *
 * Context: May sleep.
 */
void pkram_pages_free(u64 pfn, u64 nr)
{
	const unsigned int threads = pkram_nr_threads(nr);
	struct pkram_drop drop = {
		.cursor.link = pkram_link_next(pfn),
		.step = max_t(u64, nr / (threads * 16), PKRAM_DROP_PART),
	};
	struct pkram_link_ser *link;

	if (threads < 2) {
		pkram_chain_free(pfn);
		return;
	}
	/* First, so that whoever gets a frame next can preserve it again */
	for (link = pkram_link_next(pfn); link; link = pkram_link_next(link->next_pfn)) {
		pkram_frames_release_runs(link->runs, link->nr);
		cond_resched();
	}
	mutex_init(&drop.lock);
	pkram_run_threads(threads, pkram_drop_work, &drop);
	pkram_links_free(pfn);
}
