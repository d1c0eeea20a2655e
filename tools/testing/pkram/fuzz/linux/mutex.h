/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PKRAM_FUZZ_MUTEX_H
#define _PKRAM_FUZZ_MUTEX_H

#include <stdbool.h>
#include <stdlib.h>

/* One thread: what would be a deadlock or a missing lock is a crash */
struct mutex {
	bool held;
};

#define DEFINE_MUTEX(name)	struct mutex name

static inline void mutex_init(struct mutex *lock)
{
	lock->held = false;
}

static inline struct mutex *sim_mutex_lock(struct mutex *lock)
{
	if (lock->held)
		abort();
	lock->held = true;
	return lock;
}

static inline void sim_mutex_unlock(struct mutex **lock)
{
	(*lock)->held = false;
}

#define lockdep_assert_held(lock) do {					\
	if (!(lock)->held)						\
		abort();						\
} while (0)

/* As in linux/cleanup.h, for mutexes only */
#define SIM_GUARD	__attribute__((cleanup(sim_mutex_unlock), unused))
#define SIM_NAME2(a, b)	a##b
#define SIM_NAME(a, b)	SIM_NAME2(a, b)

#define guard(type)							\
	struct mutex *SIM_NAME(sim_guard_, __LINE__) SIM_GUARD = sim_##type##_lock

#define scoped_guard(type, lock)					\
	for (struct mutex *sim_scope SIM_GUARD = sim_##type##_lock(lock),	\
	     *sim_once = sim_scope; sim_once; sim_once = NULL)

#endif /* _PKRAM_FUZZ_MUTEX_H */
