// SPDX-License-Identifier: GPL-2.0
/*
 * PKRAM: the checksum, with the instruction for it, and what is what in an image of
 * kexec_load(2), of which user space alone knows what its segments are.
 */
#include <linux/cpufeature.h>
#include <linux/crc32.h>
#include <linux/kexec.h>
#include <linux/pkram.h>
#include <linux/uaccess.h>

#include <asm/bootparam.h>
#include <asm/setup.h>

/* As in mm/pkram_run.c; needs no floating-point registers, and works early */
u32 __pure pkram_crc(u32 crc, const void *buf, size_t nr)
{
	const u8 *p = buf;

	if (!static_cpu_has(X86_FEATURE_XMM4_2))
		return __crc32c_le(crc, buf, nr);
	for (; nr >= 32; nr -= 32, p += 32)
		asm("crc32q %1, %q0\n\tcrc32q %2, %q0\n\t"
		    "crc32q %3, %q0\n\tcrc32q %4, %q0"
		    : "+&r" (crc)
		    : "m" (*(const u64 *)p), "m" (*(const u64 *)(p + 8)),
		      "m" (*(const u64 *)(p + 16)), "m" (*(const u64 *)(p + 24)));
	for (; nr >= 8; nr -= 8, p += 8)
		asm("crc32q %1, %q0" : "+r" (crc) : "m" (*(const u64 *)p));
	for (; nr; nr--, p++)
		asm("crc32b %1, %0" : "+r" (crc) : "m" (*p));
	return crc;
}

/**
 * arch_pkram_kexeced() - has another kernel booted this one?
 *
 * Context: Boot, from when boot_params has been copied.
 * Return: false when it was a boot loader, or nobody knows.
 */
bool __init arch_pkram_kexeced(void)
{
	/* As in Documentation/arch/x86/boot.rst */
	return boot_params.hdr.type_of_loader >> 4 == 0xD;
}

/* 1 when a segment begins with the zero page of a kernel, 0 when not, or -EFAULT */
static int pkram_read_zero_page(const struct kexec_segment *seg,
				struct boot_params *params)
{
	if (seg->bufsz < sizeof(*params))
		return 0;
	if (copy_from_user(params, seg->buf, sizeof(*params)))
		return -EFAULT;
	/* "HdrS"; ext_cmd_line_ptr, like 64-bit entry, is of protocol 2.12 */
	return params->hdr.header == 0x53726448 && params->hdr.version >= 0x20c;
}

/**
 * arch_pkram_image_places() - where what else belongs to a kexec image will be
 * @image: image of kexec_load(2) whose segments are final, not loaded yet
 * @cmdline: for the physical address of the command line
 * @initrd: for that of the initrd, 0 when there is none
 *
 * Context: May sleep. In the process that has the segments.
 * Return: 1; 0 when the image is not made up as kexec-tools do it for a bzImage;
 * -EFAULT; -ENOMEM.
 */
int arch_pkram_image_places(const struct kimage *image, u64 *cmdline, u64 *initrd)
{
	struct boot_params *params __free(kfree) =
		kmalloc(sizeof(*params), GFP_KERNEL);
	unsigned long i;
	int ret = 0;

	if (!params)
		return -ENOMEM;
	for (i = 0; !ret && i < image->nr_segments; i++)
		ret = pkram_read_zero_page(&image->segment[i], params);
	if (ret != 1)
		return ret;
	*cmdline = params->hdr.cmd_line_ptr | (u64)params->ext_cmd_line_ptr << 32;
	*initrd = params->hdr.ramdisk_image | (u64)params->ext_ramdisk_image << 32;
	return 1;
}
