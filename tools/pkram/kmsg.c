// SPDX-License-Identifier: GPL-2.0
/*
 * What the kernel has said of PKRAM while something was done: only its log tells
 * that a kexec image would lose what is preserved.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pkram.h"

#define LEVEL_WARNING	4

int kmsg_mark(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd >= 0)
		lseek(fd, 0, SEEK_END);
	return fd;
}

/* "priority,number,time,flags;text\n", and lines of a dictionary */
bool kmsg_report(int mark)
{
	char buf[8192], *text, *end;
	bool lost = false;
	ssize_t nr;

	if (mark < 0)
		return false;
	for (;;) {
		nr = read(mark, buf, sizeof(buf) - 1);
		/* Some have been overwritten */
		if (nr < 0 && errno == EPIPE)
			continue;
		if (nr <= 0)
			break;
		buf[nr] = '\0';
		text = strchr(buf, ';');
		end = strchr(buf, '\n');
		if (!text || !end || text > end)
			continue;
		*end = '\0';
		if (strncmp(++text, "pkram: ", 7) ||
		    (strtoul(buf, NULL, 10) & 7) > LEVEL_WARNING)
			continue;
		warning("kernel", "%s", text + 7);
		lost |= strstr(text, "kexec image") && strstr(text, "would be lost");
	}
	close(mark);
	return lost;
}
