/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PKRAM_FUZZ_HUGETLB_H
#define _PKRAM_FUZZ_HUGETLB_H

#include <linux/mm.h>
#include <linux/sched.h>

#endif /* _PKRAM_FUZZ_HUGETLB_H */
