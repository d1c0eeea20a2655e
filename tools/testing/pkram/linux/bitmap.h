/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PKRAM_TEST_BITMAP_H
#define _PKRAM_TEST_BITMAP_H

#include_next <linux/bitmap.h>

static inline void bitmap_set(unsigned long *map, unsigned int start,
			      unsigned int nr)
{
	while (nr--)
		__set_bit(start++, map);
}

#endif /* _PKRAM_TEST_BITMAP_H */
