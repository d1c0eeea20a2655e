/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PKRAM_FUZZ_LIST_H
#define _PKRAM_FUZZ_LIST_H

#include_next <linux/list.h>

static inline size_t list_count_nodes(struct list_head *head)
{
	struct list_head *pos;
	size_t nr = 0;

	list_for_each(pos, head)
		nr++;
	return nr;
}

#endif /* _PKRAM_FUZZ_LIST_H */
