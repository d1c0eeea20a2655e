// SPDX-License-Identifier: GPL-2.0
/*
 * What a kernel image says of itself: mm/pkram_image.c of the kernel looks for the
 * same, but when it is loaded.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pkram.h"

#include "../../include/linux/pkram_abi.h"

/* Documentation/arch/x86/boot.rst */
#define BOOT_FLAG	0x1fe
#define HEADER		0x202
#define VERSION		0x206
#define LOADFLAGS	0x211
#define CMDLINE_SIZE	0x238
#define SETUP_HEADER	0x260

static uint32_t le(const unsigned char *p, int nr)
{
	uint32_t value = 0;

	while (nr--)
		value = value << 8 | p[nr];
	return value;
}

static bool is_bzimage(const unsigned char *p, size_t size, struct image *image)
{
	if (size < SETUP_HEADER || le(p + BOOT_FLAG, 2) != 0xaa55 ||
	    memcmp(p + HEADER, "HdrS", 4) || !(p[LOADFLAGS] & 1))
		return false;
	if (le(p + VERSION, 2) >= 0x206)
		image->cmdline_max = le(p + CMDLINE_SIZE, 4);
	return true;
}

static void find_marker(const unsigned char *p, size_t size, uint32_t want,
			struct image *image)
{
	struct pkram_image_ser ser;
	size_t at;

	for (at = 0; at + sizeof(ser) <= size; at += sizeof(ser)) {
		memcpy(&ser, p + at, sizeof(ser));
		if (ser.magic != PKRAM_IMAGE_MAGIC || ser.inverse != ~ser.version)
			continue;
		image->marked = true;
		image->version = ser.version;
		image->understood = ser.version == want;
		if (image->understood)
			return;
	}
}

int image_check(const char *path, struct image *image)
{
	uint64_t want = PKRAM_SER_VERSION;
	struct stat st;
	void *p;
	int fd;

	memset(image, 0, sizeof(*image));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		return no_file(path);
	if (!S_ISREG(st.st_mode)) {
		problem(path, "is no regular file");
		close(fd);
		return EXIT_FAIL;
	}
	p = st.st_size ? mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0) :
			 NULL;
	close(fd);
	if (p == MAP_FAILED)
		return no_file(path);
	if (!p || !is_bzimage(p, st.st_size, image)) {
		problem(path, "is no bzImage");
		if (p)
			munmap(p, st.st_size);
		return EXIT_FAIL;
	}
	/* Without it, this program and this kernel are taken to be of one tree */
	format_version(&want);
	find_marker(p, st.st_size, want, image);
	munmap(p, st.st_size);
	return 0;
}
