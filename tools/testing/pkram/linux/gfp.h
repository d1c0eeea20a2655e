/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PKRAM_TEST_GFP_H
#define _PKRAM_TEST_GFP_H

#include <linux/types.h>

#define GFP_KERNEL	1U
#define GFP_ATOMIC	2U
#define __GFP_ZERO	4U
#define __GFP_NOWARN	8U

#endif /* _PKRAM_TEST_GFP_H */
