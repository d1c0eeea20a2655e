/* SPDX-License-Identifier: GPL-2.0 */
#ifndef PKRAM_TREE_H
#define PKRAM_TREE_H

#include <stddef.h>
#include <stdint.h>

#define PAGE	4096UL

/* Nobody can map what is beyond */
#define PAGE_END	((off_t)(INT64_MAX - PAGE))

void *grown(void *p, size_t size);
int do_grow(int argc, char **argv);

#endif
