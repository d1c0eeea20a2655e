/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PKRAM_FUZZ_SLAB_H
#define _PKRAM_FUZZ_SLAB_H

#include_next <linux/slab.h>

#include "../../sim.h"

static inline void *kzalloc(size_t size, gfp_t gfp)
{
	(void)gfp;
	return sim_alloc_fails() ? NULL : calloc(1, size);
}

#endif /* _PKRAM_FUZZ_SLAB_H */
