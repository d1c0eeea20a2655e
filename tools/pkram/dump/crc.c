// SPDX-License-Identifier: GPL-2.0
/*
 * crc32c, from its polynomial.
 */
#include "dump.h"

uint32_t crc32c(uint32_t crc, const void *buf, size_t len)
{
	static uint32_t table[256];
	const unsigned char *p = buf;

	if (!table[1]) {
		for (uint32_t i = 0; i < 256; i++) {
			uint32_t c = i;

			for (int bit = 0; bit < 8; bit++)
				c = c & 1 ? c >> 1 ^ 0x82f63b78 : c >> 1;
			table[i] = c;
		}
	}
	while (len--)
		crc = crc >> 8 ^ table[(crc ^ *p++) & 0xff];
	return crc;
}

uint32_t crc32c_without(const void *p, size_t len, size_t skip)
{
	return crc32c(crc32c(CRC_SEED, p, skip),
		      (const char *)p + skip + sizeof(uint32_t),
		      len - skip - sizeof(uint32_t));
}
