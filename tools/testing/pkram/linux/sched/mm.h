/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PKRAM_TEST_SCHED_MM_H
#define _PKRAM_TEST_SCHED_MM_H

/* There is no reclaim */
static inline unsigned int memalloc_nofs_save(void)
{
	return 0;
}

static inline void memalloc_nofs_restore(unsigned int flags)
{
}

#endif /* _PKRAM_TEST_SCHED_MM_H */
