/* SPDX-License-Identifier: GPL-2.0 */
/*
 * PKRAM internals: what the files of mm/pkram*.c share.
 */
#ifndef _MM_PKRAM_INTERNAL_H
#define _MM_PKRAM_INTERNAL_H

#include <linux/crc32.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/numa.h>
#include <linux/pfn.h>
#include <linux/pkram.h>
#include <linux/pkram_abi.h>
#include <linux/sched/mm.h>

static inline void *pkram_pfn_to_virt(u64 pfn)
{
	return __va(PFN_PHYS(pfn));
}

static inline u64 pkram_virt_to_pfn(const void *virt)
{
	return PHYS_PFN(__pa(virt));
}

/* What a field next_pfn, or the head of a chain, refers to */
static inline void *pkram_link_next(u64 pfn)
{
	return pfn ? pkram_pfn_to_virt(pfn) : NULL;
}

#define PKRAM_CRC_SEED	(~0U)

/* ------------------------------------------------- pkram_pagetable.c */

/**
 * struct pkram_pagetable - radix tree of preserved frames
 * @root: top page, NULL while nothing is preserved
 * @nr_tables: pages of the tree, root included
 * @nr_set: frames whose bit is set
 *
 * Zero-initialised it is empty. The caller serialises.
 */
struct pkram_pagetable {
	u64 *root;
	unsigned long nr_tables;
	u64 nr_set;
};

/* Pages of the tree come from and go to here; tests supply their own */
void *pkram_table_alloc(gfp_t gfp);
void pkram_table_free(void *table);

int pkram_pagetable_set(struct pkram_pagetable *pt, u64 pfn, u64 nr, gfp_t gfp);
int pkram_pagetable_set_runs(struct pkram_pagetable *pt,
			     const struct pkram_run_ser *runs, unsigned int nr,
			     unsigned int *done, gfp_t gfp);
void pkram_pagetable_clear(struct pkram_pagetable *pt, u64 pfn, u64 nr);
void pkram_pagetable_clear_runs(struct pkram_pagetable *pt,
				const struct pkram_run_ser *runs, unsigned int nr);
bool pkram_pagetable_test(const struct pkram_pagetable *pt, u64 pfn);
u64 pkram_pagetable_next_set(const struct pkram_pagetable *pt, u64 pfn, u64 end);
u64 pkram_pagetable_next_clear(const struct pkram_pagetable *pt, u64 pfn,
			       u64 end);
const unsigned long *pkram_pagetable_leaf(const struct pkram_pagetable *pt,
					  u64 pfn);
void pkram_pagetable_destroy(struct pkram_pagetable *pt);
int pkram_pagetable_mark_tables(const struct pkram_pagetable *pt,
				struct pkram_pagetable *in);
u32 pkram_pagetable_crc(const struct pkram_pagetable *pt);
int pkram_pagetable_adopt(struct pkram_pagetable *pt, u64 root_pfn,
			  u64 nr_tables, u64 nr_set, u32 crc,
			  bool (*is_ram)(u64 pfn));
int pkram_pagetable_move(struct pkram_pagetable *pt, u64 pfn, gfp_t gfp);
int pkram_pagetable_validate(const struct pkram_pagetable *pt);

/* ----------------------------------------------------- pkram_frame.c */

/*
 * Protects pkram_pagetable; taken last, after pkram_lock and object locks. Reclaim may
 * remove a file of which there are pages that a node still has its hold on, and wants
 * it then: nothing that is allocated with it held may wait for that.
 */
extern struct mutex pkram_pagetable_lock;
extern struct pkram_pagetable pkram_pagetable;

DEFINE_LOCK_GUARD_0(pkram_pagetable,
		    ({ mutex_lock(&pkram_pagetable_lock);
		       _T->nofs = memalloc_nofs_save(); }),
		    ({ memalloc_nofs_restore(_T->nofs);
		       mutex_unlock(&pkram_pagetable_lock); }),
		    unsigned int nofs)

int pkram_frames_preserve(u64 pfn, u64 nr, gfp_t gfp);
int pkram_frames_preserve_runs(const struct pkram_run_ser *runs,
			       unsigned int nr, unsigned int *done, gfp_t gfp);
void pkram_frames_release(u64 pfn, u64 nr);
bool pkram_frames_preserved(u64 pfn, u64 nr);
bool pkram_frames_allowed(u64 pfn, u64 nr);
bool pkram_boot_memory(u64 pfn, u64 nr);
void *pkram_meta_alloc(gfp_t gfp);
void pkram_meta_free(void *meta);
bool pkram_frame_fresh(u64 pfn);
unsigned long pkram_claim_pages_noprof(u64 pfn, unsigned long nr);
#define pkram_claim_pages(...)						\
	alloc_hooks(pkram_claim_pages_noprof(__VA_ARGS__))
struct folio *pkram_claim_folio_noprof(u64 pfn, unsigned int order);
#define pkram_claim_folio(...)						\
	alloc_hooks(pkram_claim_folio_noprof(__VA_ARGS__))
void pkram_aside_begin(void);
void pkram_aside_end(void);
bool pkram_pages_failed(void);
bool pkram_folio_poisoned(struct folio *folio);
void pkram_drop_folios(u64 pfn, unsigned int order, u64 nr);
void pkram_drop_run(u64 pfn, unsigned int order, u64 nr);
void pkram_frames_release_runs(const struct pkram_run_ser *runs, unsigned int nr);
void pkram_drop_runs(const struct pkram_run_ser *runs, unsigned int nr);
u64 pkram_drop_orphan(u64 pfn);

/* Takes a copy with its reference, or returns an error and does not */
typedef int (*pkram_emit_t)(const struct pkram_run *copy, void *arg);
int pkram_copy_out(struct folio *folio, const struct pkram_run *run, gfp_t gfp,
		   pkram_emit_t emit, void *arg);

/* ------------------------------------------------------- pkram_run.c */

/**
 * pkram_run_pack() - bring a run into its on-memory form
 * @run: a run that pkram_run_validate() accepts
 *
 * Context: Any.
 * Return: the packed run.
 */
static inline struct pkram_run_ser pkram_run_pack(const struct pkram_run *run)
{
	return (struct pkram_run_ser) {
		.where = run->pfn |
			 (u64)run->order << PKRAM_RUN_ORDER_SHIFT |
			 (u64)run->flags << PKRAM_RUN_FLAGS_SHIFT |
			 (run->nr >> PKRAM_RUN_NR_LO_BITS) << PKRAM_RUN_NR_HI_SHIFT,
		.index = run->index | run->nr << PKRAM_RUN_NR_LO_SHIFT,
	};
}

/**
 * pkram_run_extend() - let a run have what follows it, too
 * @run: the run
 * @add: one folio or more, as a run of their own
 *
 * Context: Any.
 * Return: false, and nothing has changed, when @add does not continue the run, or is
 * more than it can have.
 */
static inline bool pkram_run_extend(struct pkram_run *run,
				    const struct pkram_run *add)
{
	const u64 nr = run->nr << run->order;

	if (!run->nr || add->pfn != run->pfn + nr ||
	    add->index != run->index + nr || add->order != run->order ||
	    add->flags != run->flags || add->nr > PKRAM_RUN_NR_MAX - run->nr)
		return false;
	run->nr += add->nr;
	return true;
}

struct pkram_run pkram_run_unpack(const struct pkram_run_ser *ser);
bool pkram_run_validate(const struct pkram_run *run);
void pkram_link_seal(struct pkram_link_ser *link);
bool pkram_link_validate(const struct pkram_link_ser *link, u32 type, u64 start);
u64 pkram_link_length(const struct pkram_link_ser *link);
void pkram_node_ser_seal(struct pkram_node_ser *ser);
bool pkram_node_ser_validate(const struct pkram_node_ser *ser);
bool pkram_obj_ser_validate(const struct pkram_obj_ser *ser);
u32 pkram_super_crc(const struct pkram_super_ser *super);
const char *pkram_super_validate(const struct pkram_super_ser *super,
				 u64 pfn);

/* ----------------------------------------------------------- pkram.c */

/*
 * saving --finish_save--> idle --prepare_load--> loading --finish_load--> freeing
 *                          ^                        |
 *                          +-------abort_load-------+
 *
 * idle and loading nodes are handed over by a kexec, ones that are being saved
 * or freed are not. A node that was found damaged is handed over too, so that it
 * is not taken for one that never was, but cannot be loaded: only dropped. What
 * it holds may be freed before.
 */
enum pkram_node_state {
	PKRAM_NODE_SAVING,
	PKRAM_NODE_FREEING,
	PKRAM_NODE_IDLE,
	PKRAM_NODE_LOADING,
	PKRAM_NODE_DAMAGED,
};

/**
 * struct pkram_node - a node as this kernel sees it
 * @list: in pkram_nodes, under pkram_lock
 * @state: see above, under pkram_lock
 * @unchecked: comes from the previous kernel, and nobody has looked yet whether
 *	it and the others hold different frames; under pkram_lock
 * @fresh: comes from the previous kernel, and nobody has begun to load an object of it;
 *	under pkram_lock
 * @detached: who loads it gives up its hold on pages part by part
 * @ser: its page
 * @name: its name, for when that page is damaged
 * @name_len: length of the name in bytes
 * @name_crc: checksum of the name
 * @nameless: damaged, and only @name_len and @name_crc are known of its name
 * @obj_tail: last link of objects while saving, next one to read while loading
 * @obj_entry: next entry of @obj_tail while loading
 * @nr_open: objects open for saving or loading; links may only be moved while
 *	it is 0; under pkram_lock
 * @handed_over: comes from the previous kernel
 * @why: what is wrong with it when it is damaged, for people; under pkram_lock
 * @shown: where it is to be seen in sysfs, if it is
 */
struct pkram_node {
	struct list_head list;
	enum pkram_node_state state;
	bool unchecked;
	bool fresh;
	bool detached;
	struct pkram_node_ser *ser;
	char name[PKRAM_NAME_MAX + 1];
	u32 name_len;
	u32 name_crc;
	bool nameless;
	struct pkram_link_ser *obj_tail;
	unsigned int obj_entry;
	unsigned int nr_open;
	bool handed_over;
	const char *why;
	struct pkram_sysfs_node *shown;
};

/* Is all that the node holds there? */
static inline bool pkram_node_complete(const struct pkram_node *node)
{
	return node->state != PKRAM_NODE_SAVING &&
	       node->state != PKRAM_NODE_FREEING;
}

/**
 * struct pkram_obj - an object open for saving or loading
 * @lock: protects what follows
 * @ser: what stands or will stand in the link of objects
 * @tail: last link of the chains of pages and of bytes, while saving
 * @next: next link to give to an access, of pages and of bytes, while loading
 */
struct pkram_obj {
	struct mutex lock;	/* among the accesses to this object */
	struct pkram_obj_ser ser;
	struct pkram_link_ser *tail[2];
	struct pkram_link_ser *next[2];
};

static inline unsigned int pkram_stream_idx(unsigned int type)
{
	return type == PKRAM_OBJ_BYTES;
}

/**
 * struct pkram_stats - what has happened since boot
 * @saves: nodes published
 * @saved_pages: pages in their page streams
 * @saves_discarded: saves given up before
 * @loads: nodes consumed
 * @loaded_pages: pages in their page streams
 * @loads_aborted: loads given up before
 * @drops: nodes dropped
 * @damaged: nodes found damaged
 * @displaced_pages: pages moved, data and metadata
 * @seal_failures: kexecs that nothing could be handed over by
 *
 * All change under pkram_lock, and can be read without.
 */
struct pkram_stats {
	u64 saves;
	u64 saved_pages;
	u64 saves_discarded;
	u64 loads;
	u64 loaded_pages;
	u64 loads_aborted;
	u64 drops;
	u64 damaged;
	u64 displaced_pages;
	u64 seal_failures;
};

extern struct pkram_stats pkram_stats;

#define PKRAM_DAMAGE_PAGE	"its own page is damaged or gone"
#define PKRAM_DAMAGE_CONTENT	"what it refers to is damaged, gone or not its own"

/**
 * pkram_node_damaged() - a node cannot be loaded any more
 * @node: the node
 * @why: what is wrong with it, for people
 *
 * Context: Caller holds pkram_lock.
 */
static inline void pkram_node_damaged(struct pkram_node *node, const char *why)
{
	node->state = PKRAM_NODE_DAMAGED;
	node->why = why;
	pkram_stats.damaged++;
}

/* Protects the list of nodes and their states; taken first */
extern struct mutex pkram_lock;
extern struct list_head pkram_nodes;
/* Cleared by pkram=off before anything else happens */
extern bool pkram_enabled;

const struct pkram_node_ser *pkram_node_read(const struct pkram_node *node);
struct pkram_node *pkram_node_named(const char *name);
struct pkram_node *pkram_node_find(const char *name);

/* ------------------------------------------------------- pkram_dir.c */

extern u64 pkram_dir_pfn;
extern unsigned int pkram_dir_links;

u32 pkram_name_crc(const char *name, size_t len);
int pkram_dir_resize(gfp_t gfp, unsigned int more);
int pkram_nodes_adopt(u64 pfn, u64 nr);
u64 pkram_nodes_seal(u64 *nr);

/* ---------------------------------------------------- pkram_stream.c */

struct pkram_link_ser *pkram_link_alloc(u32 type, gfp_t gfp);
int pkram_access_check(const struct pkram_access *pa, unsigned int type,
		       bool saving);
int pkram_access_room(struct pkram_access *pa);

/* ------------------------------------------------------ pkram_part.c */

void pkram_chain_free(u64 pfn);
void pkram_pages_free(u64 pfn, u64 nr);
void pkram_links_free(u64 pfn);

/* --------------------------------------------------- pkram_threads.c */

unsigned int pkram_nr_threads(u64 pages);
void pkram_run_threads(unsigned int nr, void (*fn)(void *arg), void *arg);

/* ------------------------------------------------ pkram_background.c */

/**
 * struct pkram_background - a thread in the background
 * @list: in the list of all
 * @task: it, a reference; NULL when there is none
 */
struct pkram_background {
	struct list_head list;
	struct task_struct *task;
};

void pkram_background_begin(struct pkram_background *bg, struct task_struct *task);
void pkram_background_end(struct pkram_background *bg);
void pkram_background_again(void);
void pkram_background_hurry(void);
void pkram_background_relax(void);
void pkram_detached_begin(void);
void pkram_detached_end(void);
int pkram_detached_wait_all(void);
int pkram_lock_settled(void);

/* -------------------------------------------------- pkram_validate.c */

int pkram_node_renew(struct pkram_node *node);
int pkram_node_validate(const struct pkram_node *node);
void pkram_node_write_off(struct pkram_node *node);
int pkram_nodes_check(void);
int pkram_nodes_sweep(void);
int pkram_nodes_settle(void);

/* ----------------------------------------------------- pkram_kexec.c */

struct kimage;

#ifdef CONFIG_PKRAM_HANDOVER
bool pkram_range_banned(u64 pfn, u64 nr);
bool pkram_next_banned(u64 *pfn, u64 *end);
u64 pkram_banned_pages(void);
int pkram_image_check(const struct kimage *image, const char **lost);
const char *pkram_image_lost(const struct kimage *image);
void pkram_keep_free(const struct pkram_range_ser *range, unsigned int nr);
#else
static inline bool pkram_range_banned(u64 pfn, u64 nr)
{
	return false;
}

static inline bool pkram_next_banned(u64 *pfn, u64 *end)
{
	return false;
}
#endif

/* -------------------------------------------------- pkram_displace.c */

int pkram_displace_checked(const struct pkram_node *own);
int pkram_displace(void);
u64 pkram_next_conflict(u64 pfn);

/* --------------------------------------------------- pkram_landing.c */

/**
 * struct pkram_landing - a landing map that is being chosen
 * @nr: ranges in @range
 * @quota: ranges that a NUMA node has a right to
 * @open: range that the next may continue; none when its length is 0
 * @range: ranges chosen so far, ascending
 * @of_node: how many of them lie in each NUMA node
 */
struct pkram_landing {
	unsigned int nr;
	unsigned int quota;
	struct pkram_range_ser open;
	struct pkram_range_ser range[PKRAM_LANDING_MAX + 1];
	u8 of_node[MAX_NUMNODES];
};

void pkram_landing_init(struct pkram_landing *map, unsigned int nr_nodes);
void pkram_landing_add(struct pkram_landing *map, u64 pfn, u64 nr,
		       unsigned int nid);
u64 pkram_landing_finish(struct pkram_landing *map);

/* ------------------------------------------------------ pkram_room.c */

#ifdef CONFIG_PKRAM_HANDOVER
/*
 * What this kernel found in use when it started, image and initrd, and what it
 * has allocated from there until it got at the memory held back.
 */
extern unsigned long pkram_image_pages;
extern unsigned long pkram_boot_pages;

const struct pkram_landing *pkram_landing_find(u64 *total);
u64 pkram_boot_need(void);
int pkram_make_room(struct pkram_node *own);
bool pkram_room_likely(u64 nr);
int pkram_room_to_boot(struct pkram_stream *ps);
#else
static inline bool pkram_room_likely(u64 nr)
{
	return true;
}

static inline int pkram_room_to_boot(struct pkram_stream *ps)
{
	return 0;
}
#endif

/* ------------------------------------------------------ pkram_free.c */

#ifdef CONFIG_PKRAM_HANDOVER
u64 pkram_free_unmarked(const struct pkram_pagetable *pt, u64 start, u64 end);
unsigned long pkram_pending_left(void);
void pkram_pending_flush(void);
void pkram_pending_start(void);
#endif

/* ----------------------------------------------------- pkram_super.c */

u64 pkram_super_pfn(void);
void pkram_super_init(u64 pfn, u64 generation);

/* ------------------------------------------------------ pkram_boot.c */

/**
 * struct pkram_boot_facts - what this kernel was handed, and what it did with it
 * @refused: why it has not been taken over, for people; or NULL
 * @generation: number of the hand-over; 0 when there was none
 * @nodes: nodes in it
 * @nodes_damaged: those that were known not to be loadable when it was taken over
 * @pages: preserved frames in it
 * @lost_pages: those that are gone or in use by this kernel
 * @failed_pages: those whose memory had failed
 * @landing: ranges that early boot was confined to
 * @landing_pages: pages in these
 * @held: ranges that were held back meanwhile
 * @held_pages: pages in these
 * @freed_pages: those of them that were not preserved, and have been freed, or
 *	will be in the background
 * @time_us: how long taking over has taken after all struct pages were there
 */
struct pkram_boot_facts {
	const char *refused;
	u64 generation;
	u64 nodes;
	u64 nodes_damaged;
	u64 pages;
	u64 lost_pages;
	u64 failed_pages;
	u64 landing;
	u64 landing_pages;
	u64 held;
	u64 held_pages;
	u64 freed_pages;
	u64 time_us;
};

extern struct pkram_boot_facts pkram_boot_facts;

/* ----------------------------------------------------- pkram_sysfs.c */

struct pkram_sysfs_node;

#ifdef CONFIG_PKRAM_HANDOVER
int pkram_sysfs_add(struct pkram_node *node);
struct pkram_sysfs_node *pkram_sysfs_detach(struct pkram_node *node);
void pkram_sysfs_remove(struct pkram_sysfs_node *shown);
#else
static inline int pkram_sysfs_add(struct pkram_node *node)
{
	return 0;
}

static inline struct pkram_sysfs_node *
pkram_sysfs_detach(struct pkram_node *node)
{
	return NULL;
}

static inline void pkram_sysfs_remove(struct pkram_sysfs_node *shown)
{
}
#endif

/* ----------------------------------------------------- pkram_debug.c */

#ifdef CONFIG_PKRAM_DEBUG_DAMAGE
void pkram_damage_handover(struct pkram_super_ser *super);
#else
static inline void pkram_damage_handover(struct pkram_super_ser *super)
{
}
#endif

#endif /* _MM_PKRAM_INTERNAL_H */
