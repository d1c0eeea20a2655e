/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PKRAM_TEST_STAT_H
#define _PKRAM_TEST_STAT_H

#include <sys/stat.h>

#endif /* _PKRAM_TEST_STAT_H */
