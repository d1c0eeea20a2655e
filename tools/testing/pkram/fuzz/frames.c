// SPDX-License-Identifier: GPL-2.0
#include <errno.h>

#include <linux/list.h>
#include <linux/slab.h>

#include "frames.h"

/* A frame that has been claimed, or a copy, with its references */
struct folio {
	struct list_head list;
	u64 pfn;
	unsigned int order;
	unsigned int refs;
};

/* Protects pkram_pagetable, as in mm/pkram_frame.c */
struct mutex pkram_pagetable_lock;
struct pkram_pagetable pkram_pagetable;

static LIST_HEAD(folios);
static u64 poisoned[16], ban_pfn, ban_nr, next_copy;
static unsigned int nr_poisoned, made;

/* ---------------------------------------------------------- memory itself */

/* Preserved frames are memory, whatever is in it */
static void *make_page(u64 pfn)
{
	if (pkram_pagetable_next_set(&pkram_pagetable, pfn, pfn + 1) != pfn)
		return NULL;
	made++;
	return sim_frame_add(pfn);
}

void frames_begin(void)
{
	sim_reset();
	sim_on_fault(make_page);
	pkram_pagetable = (struct pkram_pagetable){ };
	nr_poisoned = 0;
	ban_nr = 0;
	made = 0;
	next_copy = FRAMES_COPIES;
}

unsigned int frames_made(void)
{
	return made;
}

void frames_poison(u64 pfn)
{
	if (nr_poisoned < ARRAY_SIZE(poisoned))
		poisoned[nr_poisoned++] = pfn;
}

static bool range_poisoned(u64 pfn, u64 nr)
{
	unsigned int i;

	for (i = 0; i < nr_poisoned; i++)
		if (poisoned[i] - pfn < nr)
			return true;
	return false;
}

bool sim_poisoned(u64 pfn)
{
	return range_poisoned(pfn, 1);
}

/* What was in these frames is gone */
static void forget(u64 pfn, u64 nr)
{
	static u64 pfns[SIM_PFNS];
	unsigned int i, nr_pfns;

	if (nr == 1 && !sim_frame_exists(pfn))
		return;
	nr_pfns = sim_pfns(pfns, SIM_PFNS);
	for (i = 0; i < nr_pfns; i++)
		if (pfns[i] - pfn < nr)
			sim_frame_del(pfns[i]);
}

/* ---------------------------------------------------------------- banning */

void frames_ban(u64 pfn, u64 nr)
{
	ban_pfn = pfn;
	ban_nr = nr;
}

bool pkram_range_banned(u64 pfn, u64 nr)
{
	return ban_nr && pfn < ban_pfn + ban_nr && ban_pfn < pfn + nr;
}

bool pkram_next_banned(u64 *pfn, u64 *end)
{
	if (!ban_nr || *pfn >= ban_pfn + ban_nr)
		return false;
	*pfn = max(*pfn, ban_pfn);
	*end = ban_pfn + ban_nr;
	return true;
}

/* ----------------------------------------------------------------- folios */

u64 folio_pfn(const struct folio *folio)
{
	return folio->pfn;
}

unsigned int folio_order(const struct folio *folio)
{
	return folio->order;
}

void folio_get(struct folio *folio)
{
	folio->refs++;
}

void folio_put(struct folio *folio)
{
	EXPECT(folio->refs);
	if (--folio->refs)
		return;
	forget(folio->pfn, folio_nr_pages(folio));
	list_del(&folio->list);
	free(folio);
}

bool folio_contain_hwpoisoned_page(const struct folio *folio)
{
	return range_poisoned(folio->pfn, folio_nr_pages(folio));
}

bool pkram_pages_failed(void)
{
	return nr_poisoned;
}

bool pkram_folio_poisoned(struct folio *folio)
{
	return folio_contain_hwpoisoned_page(folio);
}

/* The first that has a frame in the range */
static struct folio *folio_in(u64 pfn, u64 nr)
{
	struct folio *folio;

	list_for_each_entry(folio, &folios, list)
		if (folio->pfn < pfn + nr &&
		    pfn < folio->pfn + folio_nr_pages(folio))
			return folio;
	return NULL;
}

struct folio *pfn_folio(u64 pfn)
{
	return folio_in(pfn, 1);
}

static struct folio *folio_new(u64 pfn, unsigned int order)
{
	struct folio *folio = calloc(1, sizeof(*folio));

	folio->pfn = pfn;
	folio->order = order;
	folio->refs = 1;
	list_add(&folio->list, &folios);
	return folio;
}

bool pkram_frame_fresh(u64 pfn)
{
	return !folio_in(pfn, 1);
}

unsigned long pkram_claim_pages_noprof(u64 pfn, unsigned long nr)
{
	unsigned long done;

	EXPECT(pkram_frames_preserved(pfn, nr));
	for (done = 0; done < nr && pkram_frame_fresh(pfn + done); done++)
		folio_get(folio_new(pfn + done, 0));
	return done;
}

struct folio *pkram_claim_folio_noprof(u64 pfn, unsigned int order)
{
	struct folio *folio = folio_in(pfn, 1UL << order);

	EXPECT(pkram_frames_preserved(pfn, 1UL << order));
	if (folio)
		return folio->pfn == pfn && folio->order == order ? folio :
			ERR_PTR(-EBADMSG);
	return order > MAX_PAGE_ORDER ? ERR_PTR(-EBADMSG) : folio_new(pfn, order);
}

void frames_end(void)
{
	while (!list_empty(&folios)) {
		struct folio *folio = list_first_entry(&folios, struct folio,
						       list);

		/* The node's, or the copy's; whoever loaded gave back his own */
		EXPECT_EQ(folio->refs, 1);
		folio_put(folio);
	}
	sim_reset();
}

/* ----------------------------------------------------------- pkram_frame.c */

int pkram_frames_preserve(u64 pfn, u64 nr, gfp_t gfp)
{
	guard(pkram_pagetable)();
	return pkram_pagetable_set(&pkram_pagetable, pfn, nr, gfp);
}

int pkram_frames_preserve_runs(const struct pkram_run_ser *runs,
			       unsigned int nr, unsigned int *done, gfp_t gfp)
{
	guard(pkram_pagetable)();
	return pkram_pagetable_set_runs(&pkram_pagetable, runs, nr, done, gfp);
}

static void frames_clear(u64 pfn, u64 nr)
{
	pkram_pagetable_clear(&pkram_pagetable, pfn, nr);
	if (pkram_pagetable.nr_set == pkram_pagetable.nr_tables)
		pkram_pagetable_destroy(&pkram_pagetable);
}

void pkram_frames_release(u64 pfn, u64 nr)
{
	guard(pkram_pagetable)();
	frames_clear(pfn, nr);
}

bool pkram_frames_preserved(u64 pfn, u64 nr)
{
	guard(pkram_pagetable)();
	return pkram_pagetable_next_clear(&pkram_pagetable, pfn, pfn + nr) ==
	       pfn + nr;
}

bool pkram_frames_allowed(u64 pfn, u64 nr)
{
	return !pkram_range_banned(pfn, nr);
}

void *pkram_meta_alloc(gfp_t gfp)
{
	void *meta = pkram_table_alloc(gfp);

	if (meta && pkram_frames_preserve(pkram_virt_to_pfn(meta), 1, gfp)) {
		pkram_table_free(meta);
		meta = NULL;
	}
	return meta;
}

void pkram_meta_free(void *meta)
{
	u64 pfn = pkram_virt_to_pfn(meta);
	struct folio *folio = pfn_folio(pfn);

	/* It is no folio of data at the same time */
	EXPECT(!folio);
	pkram_frames_release(pfn, 1);
	pkram_table_free(meta);
}

void pkram_drop_folios(u64 pfn, unsigned int order, u64 nr)
{
	for (; nr; nr--, pfn += 1 << order)
		folio_put(pfn_folio(pfn));
}

void pkram_drop_run(u64 pfn, unsigned int order, u64 nr)
{
	const u64 frames = nr << order;
	struct folio *folio;

	pkram_frames_release(pfn, frames);
	while ((folio = folio_in(pfn, frames))) {
		EXPECT_EQ(folio->order, order);
		EXPECT(folio->pfn >= pfn && !(folio->pfn - pfn & ((1 << order) - 1)));
		EXPECT_EQ(folio->refs, 1);
		folio_put(folio);
	}
	forget(pfn, frames);
}

void pkram_drop_runs(const struct pkram_run_ser *runs, unsigned int nr)
{
	for (; nr; nr--, runs++) {
		struct pkram_run run = pkram_run_unpack(runs);

		pkram_drop_run(run.pfn, run.order, run.nr);
	}
}

void pkram_frames_release_runs(const struct pkram_run_ser *runs, unsigned int nr)
{
	for (; nr; nr--, runs++) {
		struct pkram_run run = pkram_run_unpack(runs);

		pkram_frames_release(run.pfn, run.nr << run.order);
	}
}

unsigned int pkram_nr_threads(u64 pages)
{
	return 1;
}

void pkram_run_threads(unsigned int nr, void (*fn)(void *arg), void *arg)
{
	fn(arg);
}

void pkram_detached_begin(void)
{
}

void pkram_detached_end(void)
{
}

u64 pkram_drop_orphan(u64 pfn)
{
	struct folio *folio = pfn_folio(pfn);
	u64 cur = pfn, end = pfn + 1, nr = 0;

	lockdep_assert_held(&pkram_pagetable_lock);
	if (folio) {
		cur = folio->pfn;
		end = cur + folio_nr_pages(folio);
	}
	for (; cur < end; cur++)
		if (pkram_pagetable_test(&pkram_pagetable, cur)) {
			frames_clear(cur, 1);
			nr++;
		}
	if (folio)
		folio_put(folio);
	else
		forget(pfn, 1);
	return nr;
}

/* Only a matter of where new pages come from */
void pkram_aside_begin(void)
{
}

void pkram_aside_end(void)
{
}

static int copy_one(u64 pfn, struct pkram_run *copy, pkram_emit_t emit,
		    void *arg)
{
	struct folio *new = folio_new(pfn, copy->order);
	int err;

	copy->pfn = pfn;
	copy->nr = 1;
	err = emit(copy, arg);
	if (err)
		folio_put(new);
	return err;
}

/* Copies have numbers and no contents; the allocator fails as for tables */
int pkram_copy_out(struct folio *folio, const struct pkram_run *run, gfp_t gfp,
		   pkram_emit_t emit, void *arg)
{
	const u64 nr = folio_nr_pages(folio);
	struct pkram_run copy = *run;
	void *page;
	u64 i;
	int err = 0;

	if (pkram_folio_poisoned(folio))
		return -EHWPOISON;
	page = pkram_table_alloc(gfp);
	if (!page)
		return -ENOMEM;
	pkram_table_free(page);
	next_copy = ALIGN(next_copy, nr);
	copy.order = folio->order;
	/* Some are copied page by page, as when there is no larger one */
	if (nr > 16 || folio->pfn & nr) {
		err = copy_one(next_copy, &copy, emit, arg);
		next_copy += nr;
		return err;
	}
	copy.order = 0;
	for (i = 0; !err && i < nr; i++, copy.index++)
		err = copy_one(next_copy++, &copy, emit, arg);
	return err;
}

/* ----------------------------------------------------------- pkram_sysfs.c */

/* Nobody looks, but removing may wait for who wants the lock */
int pkram_sysfs_add(struct pkram_node *node)
{
	EXPECT(!pkram_lock.held);
	return 0;
}

struct pkram_sysfs_node *pkram_sysfs_detach(struct pkram_node *node)
{
	lockdep_assert_held(&pkram_lock);
	return NULL;
}

void pkram_sysfs_remove(struct pkram_sysfs_node *shown)
{
	EXPECT(!pkram_lock.held);
}
