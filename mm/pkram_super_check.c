// SPDX-License-Identifier: GPL-2.0
/*
 * PKRAM: may a super block be believed?
 *
 * Pure functions of the bytes they are given. The decompressor of x86 includes
 * this file, too: it must not put the kernel on what is preserved.
 */
#ifndef PKRAM_COMPRESSED_BOOT
#include <linux/kernel.h>

#include "pkram_internal.h"
#endif

/**
 * pkram_super_crc() - checksum of a super block
 * @super: super block
 *
 * Context: Any.
 * Return: what its crc has to be.
 */
u32 pkram_super_crc(const struct pkram_super_ser *super)
{
	const size_t head = offsetof(struct pkram_super_ser, crc);
	const size_t skip = offsetofend(struct pkram_super_ser, crc);
	static const u64 no_magic;
	u32 crc;

	crc = pkram_crc(PKRAM_CRC_SEED, &no_magic, sizeof(no_magic));
	crc = pkram_crc(crc, &super->version,
			head - offsetof(struct pkram_super_ser, version));
	return pkram_crc(crc, (const u8 *)super + skip, sizeof(*super) - skip);
}

static bool pkram_landing_validate(const struct pkram_super_ser *super)
{
	u64 end = 0;
	u32 i;

	if (super->nr_landing > PKRAM_LANDING_MAX)
		return false;
	for (i = 0; i < PKRAM_LANDING_MAX; i++) {
		const struct pkram_range_ser *r = &super->landing[i];

		if (r->reserved)
			return false;
		if (i >= super->nr_landing) {
			if (r->start_pfn || r->nr_pages || r->nid)
				return false;
			continue;
		}
		if (r->start_pfn < end || !r->nr_pages ||
		    r->start_pfn > PKRAM_PT_PFN_MASK ||
		    r->nr_pages > PKRAM_PT_PFN_MASK + 1 - r->start_pfn)
			return false;
		end = r->start_pfn + r->nr_pages;
	}
	return true;
}

static bool pkram_poison_validate(const struct pkram_super_ser *super)
{
	u64 last = 0;
	u32 i;

	if (super->nr_poison > PKRAM_POISON_MAX)
		return false;
	for (i = 0; i < PKRAM_POISON_MAX; i++) {
		if (i >= super->nr_poison) {
			if (super->poison[i])
				return false;
			continue;
		}
		if (super->poison[i] <= last ||
		    super->poison[i] >= super->end_pfn)
			return false;
		last = super->poison[i];
	}
	return true;
}

/**
 * pkram_super_validate() - may this super block be believed?
 * @super: a readable page, not trusted
 * @pfn: frame it lies in
 *
 * Context: Any, also before the allocators are up.
 * Return: NULL when it may, else the reason why not, for people.
 */
const char *pkram_super_validate(const struct pkram_super_ser *super, u64 pfn)
{
	if (super->magic != PKRAM_SUPER_MAGIC)
		return "no magic";
	if (super->version != PKRAM_SER_VERSION)
		return "unsupported version";
	if (super->size != sizeof(*super))
		return "wrong size";
	if (super->page_size != PKRAM_SER_PAGE_SIZE)
		return "wrong page size";
	if (super->self_pfn != pfn)
		return "not its own address";
	if (super->crc != pkram_super_crc(super))
		return "bad checksum";
	if (!pkram_landing_validate(super))
		return "bad landing map";
	if (!pkram_poison_validate(super))
		return "bad list of failed memory";
	if (!super->nr_nodes != !super->dir_pfn ||
	    super->nr_nodes > PKRAM_NODES_MAX ||
	    super->dir_pfn > PKRAM_PT_PFN_MASK ||
	    super->pt_pfn > PKRAM_PT_PFN_MASK ||
	    super->end_pfn > PKRAM_PT_PFN_MASK + 1)
		return "impossible totals";
	return NULL;
}
