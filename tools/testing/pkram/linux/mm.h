/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PKRAM_TEST_MM_H
#define _PKRAM_TEST_MM_H

/*
 * Memory of the simulated machine: see sim.h. Physical addresses are made up,
 * and every frame has poisoned bytes around it.
 */
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/pfn.h>
#include <linux/types.h>

#define PAGE_SHIFT	12
#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define PAGE_MASK	(~(PAGE_SIZE - 1))

void *sim_va(u64 phys);
u64 sim_pa(const void *virt);

#define __va(phys)	sim_va(phys)
#define __pa(virt)	sim_pa(virt)

static inline void clear_page(void *page)
{
	__builtin_memset(page, 0, PAGE_SIZE);
}

static inline void copy_page(void *to, const void *from)
{
	__builtin_memcpy(to, from, PAGE_SIZE);
}

#endif /* _PKRAM_TEST_MM_H */
