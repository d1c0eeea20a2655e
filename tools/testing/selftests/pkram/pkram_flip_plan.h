/* SPDX-License-Identifier: GPL-2.0 */
/* What there is to damage, and each way to do it */
#ifndef PKRAM_FLIP_PLAN_H
#define PKRAM_FLIP_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Read the list of structures and fields, of which each must be a place */
void read_layout(const char *path);
/* A structure that is there: @what tells it from others of its type; @at is its
 * address, or, @in_stream, its position in the stream; @len its length, if not
 * always that of the structure
 */
void add_place(const char *type, const char *what, uint64_t at, bool in_stream,
	       uint32_t len);
void forget_places(void);
/* What a reference to something of another node would be */
void set_other(uint64_t link_pfn, uint64_t page_pfn);
/* Print the @nth damage to these places, if there is one; returns their number */
unsigned int plan(const char *name, unsigned int nth);

/* By who has the memory and the stream */
unsigned char byte_at(uint64_t address);
bool is_preserved(uint64_t pfn);
uint64_t stream_address(uint64_t pos);

#endif /* PKRAM_FLIP_PLAN_H */
