// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that the previous kernel has preserved (PKRAM), as far as the choice of
 * a place for the kernel is concerned.
 *
 * Of all that has been handed over only the super block is read: one page, so
 * that the page tables of the decompressor suffice whatever the machine's size.
 */
#include "misc.h"
#include "error.h"
#include "../string.h"
#include "pkram.h"

#include <linux/crc32poly.h>
#include <linux/pkram_abi.h>
#include <linux/sizes.h>
#include <linux/stddef.h>

#include <asm/e820/types.h>

#define PKRAM_CRC_SEED	(~0U)

/* No table: it is called once, for less than a page */
static u32 pkram_crc(u32 crc, const void *buf, size_t nr)
{
	const u8 *p = buf;
	int bit;

	while (nr--) {
		crc ^= *p++;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? CRC32C_POLY_LE : 0);
	}
	return crc;
}

u32 pkram_super_crc(const struct pkram_super_ser *super);
const char *pkram_super_validate(const struct pkram_super_ser *super, u64 pfn);

#define PKRAM_COMPRESSED_BOOT
#include "../../../../mm/pkram_super_check.c"

/* For who loads this image: all else in it is compressed */
const struct pkram_image_ser pkram_image __used
__aligned(sizeof(struct pkram_image_ser)) = {
	.magic = PKRAM_IMAGE_MAGIC,
	.version = PKRAM_SER_VERSION,
	.inverse = ~PKRAM_SER_VERSION,
};

/* Frame that is kept free for a super block, 0 for none; and that when valid */
static u64 pkram_super_pfn;
static const struct pkram_super_ser *pkram_super;

static bool pkram_is_ram(u64 addr, u64 size)
{
	const struct boot_e820_entry *entry = boot_params_ptr->e820_table;
	unsigned int i;

	for (i = 0; i < boot_params_ptr->e820_entries; i++, entry++)
		if (entry->type == E820_TYPE_RAM && addr >= entry->addr &&
		    addr - entry->addr < entry->size &&
		    size <= entry->size - (addr - entry->addr))
			return true;
	return false;
}

/* How often does pkram= stand on the command line, in whatever form? */
static unsigned int pkram_count_options(void)
{
	const char *at = (const char *)get_cmd_line_ptr();
	unsigned int nr = 0;

	while (at && (at = strstr(at, "pkram="))) {
		at += strlen("pkram=");
		nr++;
	}
	return nr;
}

/**
 * pkram_find_super() - look at what the previous kernel has left
 *
 * As pkram_early_init() later, without changing anything. The kernel knows of
 * quotes and of what is not for it: where it may read the command line in another
 * way than this does, nothing is known.
 *
 * Return: false when memory may have been preserved and nobody knows where:
 * the kernel has to stay where it was loaded.
 */
bool pkram_find_super(void)
{
	const unsigned int nr = pkram_count_options();
	const struct pkram_super_ser *super;
	unsigned long pfn;
	char arg[20];
	int len;

	if (!nr)
		return true;
	len = cmdline_find_option("pkram", arg, sizeof(arg));
	if (nr > 1 || len < 0 || len >= sizeof(arg))
		return false;
	if (!strcmp(arg, "off"))
		return true;
	/* A crash kernel keeps to the memory that was set aside for it */
	if (cmdline_find_option("elfcorehdr", NULL, 0) > 0)
		return false;
	if (boot_kstrtoul(arg, 16, &pfn) || !pfn || pfn > PKRAM_PT_PFN_MASK)
		return false;
	/* The kernel may learn of more memory than fits in the zero page */
	if (!pkram_is_ram(pfn << PAGE_SHIFT, PAGE_SIZE))
		return false;

	pkram_super_pfn = pfn;
	super = (void *)(pfn << PAGE_SHIFT);
	/*
	 * An old command line, and nothing was handed over. With any other magic
	 * it may be memory that only the kernel can decrypt.
	 */
	if (!super->magic)
		return true;
	/* What a kernel before the boot loader's has left is not believed */
	if (boot_params_ptr->hdr.type_of_loader >> 4 != 0xD)
		return true;
	if (pkram_super_validate(super, pfn) || !super->nr_landing)
		return false;
	pkram_super = super;
	return true;
}

/**
 * pkram_process_parts() - offer the parts of memory that the kernel may have
 * @region: region of memory
 * @minimum: passed on
 * @image_size: passed on
 * @process: called for each part of @region in which nothing is preserved
 */
void pkram_process_parts(struct mem_vector *region, unsigned long minimum,
			 unsigned long image_size, pkram_process_t process)
{
	const struct pkram_range_ser around[] = {
		{ .nr_pages = pkram_super_pfn },
		{ .start_pfn = pkram_super_pfn + !!pkram_super_pfn,
		  .nr_pages = PKRAM_PT_PFN_MASK - pkram_super_pfn },
	};
	const struct pkram_range_ser *r = pkram_super ? pkram_super->landing : around;
	unsigned int nr = pkram_super ? pkram_super->nr_landing : 2;
	struct mem_vector part;
	u64 end;

	for (; nr; nr--, r++) {
		part.start = max(region->start, r->start_pfn << PAGE_SHIFT);
		end = min(region->start + region->size,
			  (r->start_pfn + r->nr_pages) << PAGE_SHIFT);
		if (part.start >= end)
			continue;
		part.size = end - part.start;
		process(&part, minimum, image_size);
	}
}
