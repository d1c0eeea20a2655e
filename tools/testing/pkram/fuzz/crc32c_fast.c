// SPDX-License-Identifier: GPL-2.0
/*
 * The checksum, eight bytes at a time and built without sanitizers; so it is here
 * that what is read is checked for being readable.
 */
#include <stdlib.h>
#include <string.h>

#include <linux/crc32.h>

void *__asan_region_is_poisoned(void *from, size_t nr);

static u32 table[8][256];

static void fill_table(void)
{
	unsigned int i, slice, bit;

	for (i = 0; i < 256; i++) {
		u32 crc = i;

		for (bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x82F63B78 : crc >> 1;
		table[0][i] = crc;
	}
	for (i = 0; i < 256; i++)
		for (slice = 1; slice < 8; slice++)
			table[slice][i] = table[slice - 1][i] >> 8 ^
				table[0][table[slice - 1][i] & 0xff];
}

u32 __crc32c_le(u32 crc, const void *buf, size_t nr)
{
	const u8 *p = buf;

	if (!table[0][1])
		fill_table();
	if (nr && __asan_region_is_poisoned((void *)buf, nr))
		abort();
	for (; nr >= 8; nr -= 8, p += 8) {
		u64 word;

		memcpy(&word, p, 8);
		word ^= crc;
		crc = table[7][word & 0xff] ^ table[6][word >> 8 & 0xff] ^
		      table[5][word >> 16 & 0xff] ^ table[4][word >> 24 & 0xff] ^
		      table[3][word >> 32 & 0xff] ^ table[2][word >> 40 & 0xff] ^
		      table[1][word >> 48 & 0xff] ^ table[0][word >> 56];
	}
	while (nr--)
		crc = crc >> 8 ^ table[0][(crc ^ *p++) & 0xff];
	return crc;
}
