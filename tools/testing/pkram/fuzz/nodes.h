/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PKRAM_FUZZ_NODES_H
#define _PKRAM_FUZZ_NODES_H

#include "frames.h"

#define MAX_NODES	16

/* Entries of the directory that is made; nodes that may be found */
#define MAX_ENTRIES	520
#define MAX_LIST	1024

/*
 * An input: struct head, then chunks. A chunk is struct chunk and what its kind
 * says: pages at frames, in the terms of pkram_abi.h but without magics and
 * checksums, and changes to be made to them afterwards.
 */

#define REPAIR_SEALS	0x01	/* checksums */
#define REPAIR_TOTALS	0x02	/* where links start, sums in objects and nodes */
#define REPAIR_MARKS	0x04	/* what runs refer to is preserved */
#define ADOPT		0x08	/* nodes are found as at boot */
#define DIR_LINKS	0x10	/* how many entries a link has: two bits */

#define BAN_NEW		0x8000	/* ban_pfn is counted from the first of them */
#define FAIL_ONCE	0x80	/* later allocations succeed */

#define NR_OPS		6

struct head {
	u8 repair;
	u8 fail_after;		/* allocations until one fails, if not 0; FAIL_ONCE */
	/*
	 * OP_*, and number of the node << 3; for OP_HAND_OVER number + 1 of one
	 * whose byte ban_nr is overwritten
	 */
	u8 op[NR_OPS];
	u32 ban_pfn;
	u16 ban_nr;		/* BAN_NEW: frames allocated up to then */
	s8 nr_nodes;		/* how far off their number is */
	u8 fail_op;		/* the operation in which the allocation fails; NR_OPS: adoption */
};

/**
 * struct page_in - a page of an input
 * @pfn: where
 * @kind: kind of its chunk
 * @flags: flags of its chunk
 */
struct page_in {
	u64 pfn;
	u8 kind;
	u8 flags;
};

/* Kinds of chunks */
enum {
	NODE,		/* struct node_in, name */
	OBJS,		/* u64 next_pfn, struct pkram_obj_ser ... */
	RUNS,		/* u64 next_pfn, struct pkram_run_ser ... */
	BYTES,		/* u64 next_pfn, bytes */
	MARK,		/* u32: so many frames are preserved */
	PATCH,		/* struct patch; flags are of the page */
	LIE,		/* struct lie; the frame is of no meaning */
	ENTRY,		/* struct entry, changes to the directory; its node */
	NR_KINDS
};

/* Their flags */
#define POISONED	0x01
#define UNMARKED	0x02
#define UNSEALED	0x04
#define CHECKED		0x08	/* the node is of this boot */

#define MAX_PAGES	512

/* Of nodes_build.c */
extern struct page_in pages[MAX_PAGES];
extern unsigned int nr_pages;

/* Fill memory; returns the first node and their number */
u64 nodes_build(const struct head *head, const u8 *data, size_t size,
		unsigned int *nr_nodes);

/* What the checks must find: see nodes_model.c */
struct model {
	bool known;
	bool intact[MAX_LIST];
};

void model_make(struct model *m);

/*
 * As is done at boot, with a directory whose first link is at @first and that has
 * @nr nodes: what is found is what must be. False when there was no memory.
 */
bool dir_adopt(u64 first, u64 nr);

/* Kexec: before it a byte @at of node @victim - 1 changes, of none for 0 */
void dir_hand_over(unsigned int victim, unsigned int at);

/* There are as many links as there have to be, or less */
void dir_audit(bool may_be_short);

void nodes_forget(void);

/* What nodes in the list hold, page table and directory included */
u64 nodes_frames(void);

/* By number in the list of nodes; NULL when there are fewer */
struct pkram_node *node_nr(unsigned int nr);

#endif /* _PKRAM_FUZZ_NODES_H */
