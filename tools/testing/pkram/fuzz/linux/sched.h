/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PKRAM_FUZZ_SCHED_H
#define _PKRAM_FUZZ_SCHED_H

static inline void cond_resched(void)
{
}

#endif /* _PKRAM_FUZZ_SCHED_H */
