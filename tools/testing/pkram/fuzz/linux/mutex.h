/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PKRAM_FUZZ_MUTEX_H
#define _PKRAM_FUZZ_MUTEX_H

#include <stdbool.h>
#include <stdlib.h>

/* What the kernel's own header wants, and tools/include does not have */
#define __cleanup(fn)		__attribute__((unused, cleanup(fn)))
#define SIM_PASTE2(a, b)	a##b
#define SIM_PASTE(a, b)		SIM_PASTE2(a, b)
#define __UNIQUE_ID(prefix)	SIM_PASTE(sim_##prefix, __COUNTER__)
#include "../../../../../include/linux/cleanup.h"

/* One thread: what would be a deadlock or a missing lock is a crash */
struct mutex {
	bool held;
};

#define DEFINE_MUTEX(name)	struct mutex name

static inline void mutex_init(struct mutex *lock)
{
	lock->held = false;
}

static inline void mutex_lock(struct mutex *lock)
{
	if (lock->held)
		abort();
	lock->held = true;
}

static inline void mutex_unlock(struct mutex *lock)
{
	lock->held = false;
}

#define lockdep_assert_held(lock) do {					\
	if (!(lock)->held)						\
		abort();						\
} while (0)

DEFINE_GUARD(mutex, struct mutex *, mutex_lock(_T), mutex_unlock(_T))

#endif /* _PKRAM_FUZZ_MUTEX_H */
