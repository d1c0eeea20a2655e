/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PKRAM_TEST_MUTEX_H
#define _PKRAM_TEST_MUTEX_H

/* The code under test is serialised by its callers and takes no lock itself */
struct mutex {
	int unused;
};

#define DEFINE_LOCK_GUARD_0(...)

#endif /* _PKRAM_TEST_MUTEX_H */
