/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PKRAM_TEST_SLAB_H
#define _PKRAM_TEST_SLAB_H

#include <stdlib.h>

#include <linux/gfp.h>

static inline void *krealloc_array(void *p, size_t n, size_t size, gfp_t gfp)
{
	(void)gfp;
	return reallocarray(p, n, size);
}

static inline void kfree(void *p)
{
	free(p);
}

#endif /* _PKRAM_TEST_SLAB_H */
