/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PKRAM_TEST_BUG_H
#define _PKRAM_TEST_BUG_H

#include <linux/types.h>

/*
 * A warning counts each time, so that tests can tell whether one was due: see
 * EXPECT_WARNINGS().
 */
bool sim_warn(bool cond, const char *file, int line);

#define WARN_ON(cond)		sim_warn(cond, __FILE__, __LINE__)
#define WARN_ON_ONCE(cond)	sim_warn(cond, __FILE__, __LINE__)
#define WARN(cond, ...)		sim_warn(cond, __FILE__, __LINE__)
#define WARN_ONCE(cond, ...)	sim_warn(cond, __FILE__, __LINE__)

#endif /* _PKRAM_TEST_BUG_H */
