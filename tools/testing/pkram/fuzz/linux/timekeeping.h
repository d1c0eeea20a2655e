/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PKRAM_FUZZ_TIMEKEEPING_H
#define _PKRAM_FUZZ_TIMEKEEPING_H

#define ktime_get_real_seconds()	1234567890

#endif /* _PKRAM_FUZZ_TIMEKEEPING_H */
