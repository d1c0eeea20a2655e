/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PKRAM_TEST_KERNEL_H
#define _PKRAM_TEST_KERNEL_H

#include_next <linux/kernel.h>
#include <linux/align.h>
#include <linux/bug.h>

#ifndef offsetofend
#define offsetofend(type, member) \
	(offsetof(type, member) + sizeof(((type *)0)->member))
#endif

#endif /* _PKRAM_TEST_KERNEL_H */
