/* SPDX-License-Identifier: GPL-2.0 */
/*
 * pkram-dump(8): what its parts share.
 *
 * It reads the format by itself, without the kernel's functions, so that an error of
 * theirs shows.
 */
#ifndef _PKRAM_DUMP_H
#define _PKRAM_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../../include/linux/pkram_abi.h"

#define FRAME	PKRAM_SER_PAGE_SIZE
#define NO_PFN	UINT64_MAX

/* What is to be shown besides nodes and objects */
struct dump_options {
	bool links;
	bool runs;
	bool bytes;
	bool ranges;
};

extern struct dump_options show;

/* A line, so many levels in */
void say(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same of what is wrong; it is counted */
void bad(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* For a terminal: what is not printable ASCII as \ooo; to be freed */
char *shown(const char *s, size_t max);

/* ------------------------------------------------------------- core.c */

void core_open(const char *path);
/* False when the core does not have it */
bool core_frame(uint64_t pfn, void *page);
/* One past its last frame */
uint64_t core_end(void);
/* Each frame once, in ascending order, until it returns false */
void core_scan(bool (*fn)(uint64_t pfn, const void *page, void *arg), void *arg);

/* -------------------------------------------------------------- crc.c */

#define CRC_SEED	(~0U)

uint32_t crc32c(uint32_t crc, const void *buf, size_t len);
/* Of a structure without its field crc, which begins at @skip */
uint32_t crc32c_without(const void *p, size_t len, size_t skip);

/* ------------------------------------------------------------ table.c */

/* The page table, all of it; false when there is none to be read */
bool table_read(uint64_t root);
bool table_known(void);
void table_print(const struct pkram_super_ser *super);
bool table_has(uint64_t pfn);
/*
 * Something has these frames: they must be preserved, and nothing else's.  False when
 * they are something else's, or none: whoever follows references ends there.
 */
bool table_use(int level, const char *what, uint64_t pfn, uint64_t nr);

/* ------------------------------------------------------------- node.c */

void directory_print(uint64_t pfn, uint64_t nr_nodes);
bool node_looks_right(const void *page);
/* With @state, which a live kernel tells, or NULL */
void node_print(int level, uint64_t pfn, const char *state);

/* ----------------------------------------------------------- record.c */

/* The byte stream of a tmpfs, or of whatever else, in pieces */
struct bytes {
	unsigned char *buf;	/* a record that has begun */
	size_t len;
	uint64_t pos;		/* of what is in it, in the stream */
	bool records;
	bool ended;		/* nothing can be made of the rest */
};

void bytes_print(int level, struct bytes *b, const unsigned char *piece, size_t len);
void bytes_end(int level, struct bytes *b);

#endif
