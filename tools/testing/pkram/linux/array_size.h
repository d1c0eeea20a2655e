/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PKRAM_TEST_ARRAY_SIZE_H
#define _PKRAM_TEST_ARRAY_SIZE_H

#include <linux/kernel.h>

#endif /* _PKRAM_TEST_ARRAY_SIZE_H */
