// SPDX-License-Identifier: GPL-2.0
/*
 * What the tests of PKRAM need and a shell has not.
 *
 *   fill FILE SIZE SEED          make a file of pseudo-random bytes
 *   check FILE SIZE SEED         is it one? exit 1 when not
 *   stamp FILE SIZE SEED         make a file each word of which tells where it is
 *   probe FILE SEED N HOW        look at N random places of one of these by HOW:
 *                                read, map or splice; exit 1 when one is wrong
 *   on CPU CMD...                run a command on a CPU
 *   hog CPU CMD...               run a command while little else gets a CPU
 *   interleave A B PAGES SEED    make two files, writing pages to each in turn
 *   map FILE...                  data and holes of files, a line each
 *   sum FILE...                  checksum of what is not hole, a line each
 *   tail FILE [BYTE]             write or print the bytes past the end of file
 *   mount DIR FLAGS OPTIONS      mount(2) of tmpfs; prints 0 or the errno's name
 *   deep DIR LEVELS              make directories in each other
 *   socket FILE                  make a socket
 *   hold FILE CMD...             run a command while a file is open and unlinked
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pkram_tool.h"

static uint64_t state;

static void seed(const char *text)
{
	state = strtoull(text, NULL, 0) * 0x9e3779b97f4a7c15ULL + 1;
}

static void random_page(uint64_t *page)
{
	unsigned int i;

	for (i = 0; i < PAGE / 8; i++) {
		state ^= state << 13;
		state ^= state >> 7;
		state ^= state << 17;
		page[i] = state;
	}
}

static int do_fill(char **arg)
{
	int fd = open_or_die(arg[0], O_WRONLY | O_CREAT | O_TRUNC);
	uint64_t left = size_of(arg[1]), page[PAGE / 8];

	seed(arg[2]);
	while (left) {
		size_t n = left < PAGE ? left : PAGE;

		random_page(page);
		write_all(fd, page, n);
		left -= n;
	}
	return close(fd);
}

static uint64_t stamp(uint64_t pos)
{
	return (pos / 8 + 1) * 0x9e3779b97f4a7c15ULL ^ state;
}

static int do_stamp(char **arg)
{
	int fd = open_or_die(arg[0], O_WRONLY | O_CREAT | O_TRUNC);
	uint64_t size = size_of(arg[1]), pos, page[PAGE / 8];
	unsigned int i;

	seed(arg[2]);
	for (pos = 0; pos < size; pos += PAGE) {
		for (i = 0; i < PAGE / 8; i++)
			page[i] = stamp(pos + 8 * i);
		write_all(fd, page, PAGE);
	}
	return close(fd);
}

/* What is at a place, by way of a pipe */
static ssize_t splice_at(int fd, off_t pos, void *buf, size_t size)
{
	int pipes[2];
	ssize_t got;

	if (pipe(pipes))
		err(2, "pipe");
	got = splice(fd, &pos, pipes[1], NULL, size, 0);
	if (got > 0)
		got = read(pipes[0], buf, got);
	close(pipes[0]);
	close(pipes[1]);
	return got;
}

static int do_probe(char **arg)
{
	int fd = open_or_die(arg[0], O_RDONLY);
	unsigned long n = strtoul(arg[2], NULL, 0);
	uint64_t rnd = strtoul(arg[1], NULL, 0) + 1, pos, buf[1024];
	char *map = NULL;
	struct stat st;
	ssize_t i, got;

	if (fstat(fd, &st))
		err(2, "%s", arg[0]);
	if (!strcmp(arg[3], "map"))
		map = mmap(NULL, st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		err(2, "mmap");
	seed(arg[1]);
	while (n--) {
		rnd = rnd * 6364136223846793005ULL + 1442695040888963407ULL;
		pos = (rnd >> 20) % (st.st_size / 8) * 8;
		got = sizeof(buf);
		if (got > (ssize_t)(st.st_size - pos))
			got = st.st_size - pos;
		if (map)
			memcpy(buf, map + pos, got);
		else if (!strcmp(arg[3], "splice"))
			got = splice_at(fd, pos, buf, got);
		else
			got = pread(fd, buf, got, pos);
		if (got < 8)
			err(1, "%s at %llu", arg[0], (unsigned long long)pos);
		for (i = 0; i < got / 8; i++)
			if (buf[i] != stamp(pos + 8 * i))
				errx(1, "%s: wrong at %llu", arg[0],
				     (unsigned long long)pos + 8 * i);
	}
	return 0;
}

static void set_cpu(const char *cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(strtoul(cpu, NULL, 0), &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		err(2, "CPU %s", cpu);
}

static int do_on(char **arg)
{
	set_cpu(arg[0]);
	execvp(arg[1], arg + 1);
	err(2, "%s", arg[1]);
}

/*
 * The command is as important as what keeps the CPU busy, if it wants that one, too.
 * What is as unimportant as can be gets a millisecond in some seconds.
 */
static int do_hog(char **arg)
{
	pid_t spinning, pid;
	int status;

	if (setpriority(PRIO_PROCESS, 0, -20))
		err(2, "setpriority");
	spinning = fork();
	if (spinning < 0)
		err(2, "fork");
	if (!spinning) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		set_cpu(arg[0]);
		for (;;)
			;
	}
	pid = fork();
	if (!pid) {
		execvp(arg[1], arg + 1);
		err(2, "%s", arg[1]);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		err(2, "fork");
	kill(spinning, SIGKILL);
	return !WIFEXITED(status) || WEXITSTATUS(status);
}

static int do_check(char **arg)
{
	int fd = open_or_die(arg[0], O_RDONLY);
	uint64_t left = size_of(arg[1]), pos = 0, page[PAGE / 8];
	unsigned long bad = 0;
	char got[PAGE];
	struct stat st;

	if (fstat(fd, &st))
		err(2, "%s", arg[0]);
	if ((uint64_t)st.st_size != left) {
		printf("%s: %lld bytes, not %llu\n", arg[0],
		       (long long)st.st_size, (unsigned long long)left);
		return 1;
	}
	seed(arg[2]);
	for (; left; pos += PAGE) {
		size_t n = left < PAGE ? left : PAGE;

		random_page(page);
		if (read(fd, got, n) != (ssize_t)n)
			err(2, "%s: read", arg[0]);
		if (memcmp(got, page, n) && !bad++)
			printf("%s: differs, first in page %#llx\n", arg[0],
			       (unsigned long long)(pos / PAGE));
		left -= n;
	}
	if (bad)
		printf("%s: %lu pages differ\n", arg[0], bad);
	return !!bad;
}

static int do_interleave(char **arg)
{
	int a = open_or_die(arg[0], O_WRONLY | O_CREAT | O_TRUNC);
	int b = open_or_die(arg[1], O_WRONLY | O_CREAT | O_TRUNC);
	unsigned long pages = strtoul(arg[2], NULL, 0);
	uint64_t page[PAGE / 8];

	seed(arg[3]);
	while (pages--) {
		random_page(page);
		write_all(a, page, PAGE);
		write_all(b, page, 1);
		if (lseek(b, PAGE - 1, SEEK_CUR) < 0)
			err(2, "%s", arg[1]);
	}
	return close(a) || close(b);
}

/* NAME D0 H4096 D8192 E12288: where data, holes, the end begin */
static void map_one(const char *path)
{
	int fd = open_or_die(path, O_RDONLY);
	off_t pos = 0, end = lseek(fd, 0, SEEK_END);

	printf("%s", path);
	while (pos < end) {
		off_t data = lseek(fd, pos, SEEK_DATA);

		if (data < 0 && errno != ENXIO)
			err(2, "%s: SEEK_DATA", path);
		if (data < 0)
			data = end;
		if (data > pos)
			printf(" H%lld", (long long)pos);
		if (data >= end)
			break;
		printf(" D%lld", (long long)data);
		pos = lseek(fd, data, SEEK_HOLE);
		if (pos < 0)
			err(2, "%s: SEEK_HOLE", path);
	}
	printf(" E%lld\n", (long long)end);
	close(fd);
}

static int do_map(char **arg)
{
	for (; *arg; arg++)
		map_one(*arg);
	return 0;
}

/* For files of holes that nobody could read to the end */
static int do_sum(char **arg)
{
	for (; *arg; arg++) {
		int fd = open_or_die(*arg, O_RDONLY);
		off_t pos = 0, end;
		uint64_t sum = 1;

		while ((pos = lseek(fd, pos, SEEK_DATA)) >= 0) {
			end = lseek(fd, pos, SEEK_HOLE);
			while (pos < end) {
				unsigned char buf[PAGE];
				ssize_t n = pread(fd, buf, PAGE, pos), i;

				if (n <= 0)
					err(2, "%s: read", *arg);
				for (i = 0; i < n; i++)
					sum = (sum ^ buf[i]) * 0x100000001b3ULL;
				pos += n;
			}
		}
		printf("%s %016llx\n", *arg, (unsigned long long)sum);
		close(fd);
	}
	return 0;
}

static int do_tail(char **arg)
{
	int fd = open_or_die(arg[0], arg[1] ? O_RDWR : O_RDONLY);
	struct stat st;
	char *map;
	size_t i;

	if (fstat(fd, &st))
		err(2, "%s", arg[0]);
	map = mmap(NULL, PAGE, arg[1] ? PROT_READ | PROT_WRITE : PROT_READ,
		   MAP_SHARED, fd, st.st_size & ~(PAGE - 1));
	if (map == MAP_FAILED)
		err(2, "%s: mmap", arg[0]);
	for (i = st.st_size % PAGE; i < PAGE; i++)
		if (arg[1])
			map[i] = strtoul(arg[1], NULL, 0);
		else
			printf("%02x%s", map[i] & 0xff, i + 1 < PAGE ? "" : "\n");
	return 0;
}

static int do_mount(char **arg)
{
	unsigned long flags = 0;
	int ret;

	if (strstr(arg[1], "ro"))
		flags |= MS_RDONLY;
	if (strstr(arg[1], "remount"))
		flags |= MS_REMOUNT;
	ret = mount("pkram_test", arg[0], "tmpfs", flags, arg[2]);
	puts(ret ? strerrorname_np(errno) : "0");
	return 0;
}

static int do_deep(char **arg)
{
	int fd = open_or_die(arg[0], O_RDONLY | O_DIRECTORY), next;
	long levels = strtol(arg[1], NULL, 0);

	while (levels--) {
		if (mkdirat(fd, "d", 0755))
			err(2, "mkdirat");
		next = openat(fd, "d", O_RDONLY | O_DIRECTORY);
		if (next < 0)
			err(2, "openat");
		close(fd);
		fd = next;
	}
	return close(fd);
}

static int do_socket(char **arg)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", arg[0]);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		err(2, "%s", arg[0]);
	return 0;
}

static int do_hold(char **arg)
{
	int fd = open(arg[0], O_RDWR | O_CREAT, 0600);
	int status;

	if (fd < 0 || unlink(arg[0]))
		err(2, "%s", arg[0]);
	write_all(fd, "x", 1);
	if (!fork()) {
		close(fd);
		execvp(arg[1], arg + 1);
		err(127, "%s", arg[1]);
	}
	wait(&status);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}

static const struct command commands[] = {
	{ "fill", do_fill, 3 },
	{ "check", do_check, 3 },
	{ "stamp", do_stamp, 3 },
	{ "probe", do_probe, 4 },
	{ "on", do_on, 2 },
	{ "hog", do_hog, 2 },
	{ "interleave", do_interleave, 4 },
	{ "map", do_map, 0 },
	{ "sum", do_sum, 0 },
	{ "tail", do_tail, 1 },
	{ "mount", do_mount, 3 },
	{ "deep", do_deep, 2 },
	{ "socket", do_socket, 1 },
	{ "hold", do_hold, 2 },
	{}
};

int main(int argc, char **argv)
{
	return tool_main(commands, argc, argv);
}
