// SPDX-License-Identifier: GPL-2.0
/*
 * PKRAM: will the kernel in a kexec image take over what is preserved?
 */
#include <linux/align.h>
#include <linux/kexec.h>
#include <linux/pkram_abi.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>

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

static bool pkram_is_initrd(const struct kimage *image,
			    const struct kexec_segment *seg)
{
#ifdef CONFIG_KEXEC_FILE
	return image->file_mode && image->initrd_buf &&
	       seg->kbuf == image->initrd_buf;
#else
	return false;
#endif
}

/**
 * pkram_image_marked() - does an image say that it knows this format?
 * @image: image whose segments are final, not loaded yet
 *
 * Context: May sleep. In a process that has the segments of kexec_load(2).
 * Return: 1 when it does, 0 when not; -EFAULT; -ENOMEM.
 */
int pkram_image_marked(const struct kimage *image)
{
	void *chunk __free(kfree) = kmalloc(PAGE_SIZE, GFP_KERNEL);
	const struct kexec_segment *seg = image->segment;
	unsigned long i;
	size_t at, size;

	if (!chunk)
		return -ENOMEM;
	for (i = 0; i < image->nr_segments; i++, seg++) {
		/* May hold another kernel */
		if (pkram_is_initrd(image, seg))
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
