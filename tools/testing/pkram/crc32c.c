// SPDX-License-Identifier: GPL-2.0
#include <linux/crc32.h>

/* Bit by bit from the definition, independent of the kernel's tables */
u32 __crc32c_le(u32 crc, const void *buf, size_t nr)
{
	static u32 table[256];
	const u8 *p = buf;

	if (!table[1]) {
		for (u32 i = 0; i < 256; i++) {
			u32 c = i;

			for (int bit = 0; bit < 8; bit++)
				c = c & 1 ? c >> 1 ^ 0x82F63B78 : c >> 1;
			table[i] = c;
		}
	}
	while (nr--)
		crc = crc >> 8 ^ table[(crc ^ *p++) & 0xff];
	return crc;
}
