// SPDX-License-Identifier: GPL-2.0
/*
 * PKRAM: will the kernel in a kexec image take over what is preserved?
 */
#include <linux/align.h>
#include <linux/kexec.h>
#include <linux/kstrtox.h>
#include <linux/moduleparam.h>
#include <linux/pkram.h>
#include <linux/pkram_abi.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <asm/setup.h>

#include "pkram_internal.h"

/*
 * An image may hold kernels in another form, vmlinux: this is for who loads this
 * one in such a way.
 */
static const struct pkram_image_ser pkram_image_ser __used
__aligned(sizeof(struct pkram_image_ser)) = {
	.magic = PKRAM_IMAGE_MAGIC,
	.version = PKRAM_SER_VERSION,
	.inverse = ~PKRAM_SER_VERSION,
};

static bool pkram_chunk_marked(const struct pkram_image_ser *ser, size_t size)
{
	for (; size >= sizeof(*ser); size -= sizeof(*ser), ser++)
		if (!memcmp(ser, &pkram_image_ser, sizeof(*ser)))
			return true;
	return false;
}

/**
 * struct pkram_image_places - where what is not the kernel will be, of kexec_load()
 * @cmdline: physical address of the command line, 0 when that is not known
 * @initrd: the same of the initrd
 */
struct pkram_image_places {
	u64 cmdline;
	u64 initrd;
};

static bool pkram_is_initrd(const struct kimage *image,
			    const struct pkram_image_places *places,
			    const struct kexec_segment *seg)
{
#ifdef CONFIG_KEXEC_FILE
	if (image->file_mode)
		return image->initrd_buf && seg->kbuf == image->initrd_buf;
#endif
	return places->initrd && seg->mem == places->initrd;
}

/* 1 when the image says that it knows this format, 0 when not, or an error */
static int pkram_image_marked(const struct kimage *image,
			      const struct pkram_image_places *places, void *chunk)
{
	const struct kexec_segment *seg = image->segment;
	unsigned long i;
	size_t at, size;

	for (i = 0; i < image->nr_segments; i++, seg++) {
		/* May hold another kernel */
		if (pkram_is_initrd(image, places, seg))
			continue;
		for (at = 0; at < seg->bufsz; at += size) {
			size = min(seg->bufsz - at, PAGE_SIZE);
			if (image->file_mode)
				memcpy(chunk, seg->kbuf + at, size);
			else if (copy_from_user(chunk, seg->buf + at, size))
				return -EFAULT;
			if (pkram_chunk_marked(chunk, size))
				return 1;
			cond_resched();
		}
	}
	return 0;
}

/**
 * struct pkram_told - what a command line says of PKRAM
 * @off: it is not to be used
 * @pfn: where the super block should be
 */
struct pkram_told {
	bool off;
	u64 pfn;
};

/* As the next kernel's pkram_parse() will understand it */
static int pkram_tell(char *param, char *val, const char *unused, void *arg)
{
	struct pkram_told *told = arg;

	if (strcmp(param, "pkram"))
		return 0;
	if (val && !strcmp(val, "off"))
		told->off = true;
	else if (!val || kstrtou64(val, 16, &told->pfn))
		told->pfn = 0;
	return 0;
}

/* 1 when the command line of an image could be copied, 0 when not, or -EFAULT */
static int pkram_image_cmdline(const struct kimage *image,
			       const struct pkram_image_places *places, char *buf)
{
	const struct kexec_segment *seg = image->segment;
	unsigned long i, size;

#ifdef CONFIG_KEXEC_FILE
	if (image->file_mode) {
		strscpy(buf, image->cmdline_buf ?: "", COMMAND_LINE_SIZE);
		return 1;
	}
#endif
	for (i = 0; places->cmdline && i < image->nr_segments; i++, seg++) {
		if (places->cmdline < seg->mem ||
		    places->cmdline - seg->mem >= seg->bufsz)
			continue;
		size = min(seg->bufsz - (places->cmdline - seg->mem),
			   COMMAND_LINE_SIZE - 1UL);
		if (copy_from_user(buf, seg->buf + (places->cmdline - seg->mem), size))
			return -EFAULT;
		buf[size] = '\0';
		return 1;
	}
	return 0;
}

/**
 * pkram_image_check() - will the kernel in an image take over what is preserved?
 * @image: image whose segments and command line are final, not loaded yet
 * @lost: set to NULL when it will, or its command line is not known; else to the
 *	reason why not, for people
 *
 * Without a marker it would leave a valid super block to the kernel after it; with
 * pkram=off too, and when it looks elsewhere.
 *
 * Context: May sleep. In a process that has the segments of kexec_load(2).
 * Return: 0; -EFAULT; -ENOMEM.
 */
int pkram_image_check(const struct kimage *image, const char **lost)
{
	char *chunk __free(kfree) = kmalloc(PAGE_SIZE, GFP_KERNEL);
	struct pkram_image_places places = { };
	struct pkram_told told = { };
	int ret = 0;

	static_assert(COMMAND_LINE_SIZE <= PAGE_SIZE);
	if (!chunk)
		return -ENOMEM;
	*lost = NULL;
	if (!image->file_mode)
		ret = arch_pkram_image_places(image, &places.cmdline, &places.initrd);
	if (ret < 0)
		return ret;
	ret = pkram_image_marked(image, &places, chunk);
	if (ret < 0)
		return ret;
	if (!ret) {
		*lost = "does not know this format of PKRAM";
		return 0;
	}
	ret = pkram_image_cmdline(image, &places, chunk);
	if (ret <= 0)
		return ret;
	parse_args("pkram", chunk, NULL, 0, 0, 0, &told, pkram_tell);
	if (told.off)
		*lost = "has pkram=off on its command line";
	else if (told.pfn != pkram_super_pfn())
		*lost = "does not find the super block by its command line";
	return 0;
}
