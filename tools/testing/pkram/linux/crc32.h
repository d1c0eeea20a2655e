/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PKRAM_TEST_CRC32_H
#define _PKRAM_TEST_CRC32_H

#include <linux/types.h>

u32 __crc32c_le(u32 crc, const void *buf, size_t nr);

#endif /* _PKRAM_TEST_CRC32_H */
