// SPDX-License-Identifier: GPL-2.0
/*
 * PKRAM: the checksum, with the instruction for it, and the command line in an image
 * of kexec_load(2), of which user space alone knows what its segments are.
 */
#include <linux/cpufeature.h>
#include <linux/crc32.h>
#include <linux/kexec.h>
#include <linux/minmax.h>
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

/* Copy a command line from where it will be */
static int pkram_read_cmdline(const struct kimage *image, u64 phys, char *buf)
{
	const struct kexec_segment *seg = image->segment;
	unsigned long i, size;

	for (i = 0; i < image->nr_segments; i++, seg++) {
		if (phys < seg->mem || phys - seg->mem >= seg->bufsz)
			continue;
		size = min(seg->bufsz - (phys - seg->mem), COMMAND_LINE_SIZE - 1UL);
		if (copy_from_user(buf, seg->buf + (phys - seg->mem), size))
			return -EFAULT;
		buf[size] = '\0';
		return 1;
	}
	return 0;
}

/**
 * arch_pkram_image_cmdline() - find the command line in a kexec image
 * @image: image of kexec_load(2) whose segments are final, not loaded yet
 * @buf: where to put it, with a NUL at its end; %COMMAND_LINE_SIZE bytes
 *
 * Context: May sleep. In the process that has the segments.
 * Return: 1; 0 when the image is not made up as kexec-tools do it for a bzImage;
 * -EFAULT; -ENOMEM.
 */
int arch_pkram_image_cmdline(const struct kimage *image, char *buf)
{
	struct boot_params *params __free(kfree) =
		kmalloc(sizeof(*params), GFP_KERNEL);
	unsigned long i;
	u64 phys;
	int ret;

	if (!params)
		return -ENOMEM;
	for (i = 0; i < image->nr_segments; i++) {
		ret = pkram_read_zero_page(&image->segment[i], params);
		if (ret < 0)
			return ret;
		if (!ret)
			continue;
		phys = params->hdr.cmd_line_ptr |
		       (u64)params->ext_cmd_line_ptr << 32;
		return phys ? pkram_read_cmdline(image, phys, buf) : 0;
	}
	return 0;
}
