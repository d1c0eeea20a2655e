/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _LINUX_PKRAM_H
#define _LINUX_PKRAM_H

#include <linux/types.h>

static inline void pkram_hold_back(void)
{
}

static inline unsigned long pkram_held_back_pages(void)
{
	return 0;
}

extern bool landing_only;

static inline bool pkram_landing_only(void)
{
	return landing_only;
}

#endif
