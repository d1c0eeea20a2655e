/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PKRAM_FUZZ_KERNEL_H
#define _PKRAM_FUZZ_KERNEL_H

#include_next <linux/kernel.h>

/* The kernel says a lot about bad input */
#define pr_err(...)	((void)0)
#define pr_warn(...)	((void)0)

#ifndef U16_MAX
#define U16_MAX		((u16)~0U)
#endif

#endif /* _PKRAM_FUZZ_KERNEL_H */
