/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tools of these tests share: each is a number of commands, one of which
 * the first argument names.
 */
#ifndef PKRAM_TOOL_H
#define PKRAM_TOOL_H

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAGE	4096UL

struct command {
	const char *name;
	int (*fn)(char **arg);
	int args;		/* at least */
};

/* Up to the one without a name; returns the exit status */
static inline int tool_main(const struct command *c, int argc, char **argv)
{
	for (; argc > 1 && c->name; c++)
		if (!strcmp(argv[1], c->name) && argc - 2 >= c->args)
			return c->fn(argv + 2);
	fprintf(stderr, "usage: see the head of %s.c\n",
		program_invocation_short_name);
	return 2;
}

/* A number of bytes, as 4096, 0x1000, 4K, 1M, 1G */
static inline uint64_t size_of(const char *text)
{
	char *end;
	uint64_t size = strtoull(text, &end, 0);

	switch (*end) {
	case 'G':
		return size << 30;
	case 'M':
		return size << 20;
	case 'K':
		return size << 10;
	}
	return size;
}

static inline int open_or_die(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0644);

	if (fd < 0)
		err(2, "%s", path);
	return fd;
}

static inline void write_all(int fd, const void *buf, size_t size)
{
	while (size) {
		ssize_t n = write(fd, buf, size);

		if (n <= 0)
			err(2, "write");
		buf = (const char *)buf + n;
		size -= n;
	}
}

#endif /* PKRAM_TOOL_H */
