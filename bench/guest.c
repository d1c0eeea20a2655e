// SPDX-License-Identifier: GPL-2.0
/*
 * What the stages of the benchmark do and time.  Results are lines "NAME VALUE".
 *
 *   now                          time stamp counter, also into the kernel's log
 *   settle                       CPU time of kernel threads in the next 2 s
 *   mount DIR FLAGS OPTIONS [FILE]
 *                                time mount(2) of tmpfs, FLAGS of rw, ro, remount,
 *                                and until bytes all over FILE have been read
 *   umount DIR                   give it up
 *   fill FILE PAGES              write pages, each different
 *   scatter FILE SCRAP PAGES     the same, and in turn pages of another file
 *   check FILE PAGES             are these the pages?
 *   touch FILE                   time to read a byte of each page, three times
 *   tree DIR DIRS FILES          make files of 4 KiB in directories, check them
 *   check-tree DIR DIRS FILES      if they are there
 *   micro DIR ROUNDS             time create, write, read and unlink
 *   share MIB PROCESSES          time so many who share out work on so much memory
 *   run COMMAND...               time it, and count its CPU time and the kernel's
 *   native OUT DIR PAGES ROUNDS  as init of user-mode Linux: save and load pages
 *
 * Under vm/run --icount the time stamp counter advances by one an instruction, of
 * kernel and user space together, and CLOCK_MONOTONIC_RAW, which times are taken
 * with, by a nanosecond.  That is so from when the counter is the kernel's clock,
 * before init starts: until then its clocks count ticks, some too many, so that
 * what a boot takes has to be told from the counter itself.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <x86intrin.h>

#include "pkram_tool.h"

static void say(const char *name, uint64_t value)
{
	printf("%s %" PRIu64 "\n", name, value);
}

static uint64_t ns(clockid_t clock)
{
	struct timespec ts;

	if (clock_gettime(clock, &ts))
		err(2, "clock_gettime");
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static uint64_t now(void)
{
	return ns(CLOCK_MONOTONIC_RAW);
}

/* Is it a child of kthreadd? */
static int kernel_thread(const char *pid)
{
	char path[64], line[512], *p;
	int fd, n, ppid;

	snprintf(path, sizeof(path), "/proc/%.16s/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	n = read(fd, line, sizeof(line) - 1);
	close(fd);
	if (n <= 0)
		return 0;
	line[n] = 0;
	/* Those of PKRAM end, and the kernel tells what they took in all */
	if (strstr(line, " (pkram"))
		return 0;
	p = strrchr(line, ')');
	return p && sscanf(p, ") %*c %d", &ppid) == 1 && ppid == 2;
}

/*
 * CPU time of the kernel threads there are: what the kernel does behind the back
 * of who is timed.  The clock of a process is exact; /proc/PID/stat has ticks.
 * A thread that ends takes its time along.
 */
static uint64_t kernel_threads(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *d;
	uint64_t sum = 0;
	clockid_t clock;

	if (!proc)
		err(2, "/proc");
	while ((d = readdir(proc)))
		if (isdigit(d->d_name[0]) && kernel_thread(d->d_name) &&
		    !clock_getcpuclockid(atoi(d->d_name), &clock))
			sum += ns(clock);
	closedir(proc);
	return sum;
}

/* The line's time stamp links the log's clock with the counter, to some us */
static int do_now(char **arg)
{
	FILE *log = fopen("/dev/kmsg", "w");

	(void)arg;
	if (!log)
		err(2, "/dev/kmsg");
	fprintf(log, "pkram_bench: tsc %" PRIu64 "\n", (uint64_t)__rdtsc());
	fclose(log);
	say("tsc", __rdtsc());
	return 0;
}

static int do_settle(char **arg)
{
	uint64_t threads = kernel_threads();

	(void)arg;
	sleep(2);
	say("background", kernel_threads() - threads);
	return 0;
}

/* Bytes all over a file: the ends, the middle, and some at odd distances */
static void first_bytes(const char *file)
{
	int fd = open_or_die(file, O_RDONLY);
	off_t size = lseek(fd, 0, SEEK_END);
	unsigned int i;
	char byte;

	for (i = 0; i <= 16; i++)
		if (pread(fd, &byte, 1, i * (size - 1) / 16) != 1)
			err(2, "%s: read", file);
	close(fd);
}

/* Until nothing is preserved any more, since all has been loaded */
static void wait_for_load(void)
{
	int fd = open_or_die("/sys/kernel/pkram/preserved_bytes", O_RDONLY);
	char left[32];

	for (;;) {
		ssize_t n = pread(fd, left, sizeof(left) - 1, 0);

		if (n <= 0)
			err(2, "preserved_bytes");
		left[n] = 0;
		if (!strtoull(left, NULL, 10))
			break;
		usleep(1000);
	}
	close(fd);
}

/*
 * call: the system call, nothing else.  all: from its start until all contents have
 * been loaded, give or take a millisecond.  first-bytes: from its start until bytes
 * all over the file have been read.  background: kernel threads, from before the
 * call to two seconds after it, which a load or save that goes on after the call
 * must be added with.
 */
static int do_mount(char **arg)
{
	uint64_t before, after, first = 0, all = 0, threads;
	unsigned long flags = 0;
	int ret;

	if (strstr(arg[1], "ro"))
		flags |= MS_RDONLY;
	if (strstr(arg[1], "remount"))
		flags |= MS_REMOUNT;
	threads = kernel_threads();
	before = now();
	ret = mount("pkram_bench", arg[0], "tmpfs", flags, arg[2]);
	after = now();
	if (ret)
		err(2, "mount %s", arg[2]);
	if (arg[3]) {
		first_bytes(arg[3]);
		first = now();
		wait_for_load();
		all = now();
	}
	sleep(2);
	say("call", after - before);
	if (arg[3]) {
		say("first-bytes", first - before);
		say("all", all - before);
	}
	say("background", kernel_threads() - threads);
	return 0;
}

static int do_umount(char **arg)
{
	if (umount2(arg[0], 0))
		err(2, "umount %s", arg[0]);
	return 0;
}

static uint64_t touch(int fd, off_t size)
{
	uint64_t before = now();
	off_t pos;
	char byte;

	for (pos = 0; pos < size; pos += PAGE)
		if (pread(fd, &byte, 1, pos) != 1)
			err(2, "read");
	return now() - before;
}

/*
 * The difference is what a load has left to those who read.  The second time is
 * another one: that is when pages become active.
 */
static int do_touch(char **arg)
{
	int fd = open_or_die(arg[0], O_RDONLY);
	off_t size = lseek(fd, 0, SEEK_END);

	say("first", touch(fd, size));
	touch(fd, size);
	say("third", touch(fd, size));
	return close(fd);
}

/* ----------------------------------------------------------------- contents */

/*
 * A page is told from all others by two words, at a place that is another in each:
 * enough to notice one that is not what or where it was, and quickly made where a
 * host emulates.  The selftests compare all bytes.
 */
struct stamp {
	uint64_t number, mix;
};

static size_t stamp(struct stamp *s, uint64_t number)
{
	s->number = number + 1;
	s->mix = (number + 1) * 0x9e3779b97f4a7c15ULL;
	return s->mix % (PAGE / sizeof(*s)) * sizeof(*s);
}

static void write_page(int fd, uint64_t number)
{
	static char page[PAGE];
	struct stamp s;
	size_t where = stamp(&s, number);

	memcpy(page + where, &s, sizeof(s));
	write_all(fd, page, PAGE);
	memset(page + where, 0, sizeof(s));
}

static void check_page(int fd, off_t pos, uint64_t number)
{
	struct stamp s, got;
	size_t where = stamp(&s, number);

	if (pread(fd, &got, sizeof(got), pos + where) != sizeof(got) ||
	    memcmp(&s, &got, sizeof(s)))
		errx(1, "page %" PRIu64 " is not what was written", number);
}

static int do_fill(char **arg)
{
	int fd = open_or_die(arg[0], O_WRONLY | O_CREAT | O_EXCL);
	uint64_t pages = strtoull(arg[1], NULL, 0), n;

	for (n = 0; n < pages; n++)
		write_page(fd, n);
	return close(fd);
}

static int do_scatter(char **arg)
{
	int fd = open_or_die(arg[0], O_WRONLY | O_CREAT | O_EXCL);
	int scrap = open_or_die(arg[1], O_WRONLY | O_CREAT | O_EXCL);
	uint64_t pages = strtoull(arg[2], NULL, 0), n;

	for (n = 0; n < pages; n++) {
		write_page(fd, n);
		write_page(scrap, n);
	}
	return close(fd) || close(scrap);
}

static int do_check(char **arg)
{
	int fd = open_or_die(arg[0], O_RDONLY);
	uint64_t pages = strtoull(arg[1], NULL, 0), n;

	if (lseek(fd, 0, SEEK_END) != (off_t)(pages * PAGE))
		errx(1, "%s: not as long as it was", arg[0]);
	for (n = 0; n < pages; n++)
		check_page(fd, n * PAGE, n);
	return close(fd);
}

/* ------------------------------------------------------------- small files */

static void tree_path(char *path, size_t room, const char *dir, long d, long f)
{
	snprintf(path, room, f < 0 ? "%s/dir%04ld" : "%s/dir%04ld/file%04ld",
		 dir, d, f);
}

static int do_tree(char **arg)
{
	long dirs = atol(arg[1]), files = atol(arg[2]), d, f;
	char path[512];

	for (d = 0; d < dirs; d++) {
		tree_path(path, sizeof(path), arg[0], d, -1);
		if (mkdir(path, 0755))
			err(2, "%s", path);
		for (f = 0; f < files / dirs; f++) {
			int fd;

			tree_path(path, sizeof(path), arg[0], d, f);
			fd = open_or_die(path, O_WRONLY | O_CREAT | O_EXCL);
			write_page(fd, d << 32 | f);
			close(fd);
		}
	}
	return 0;
}

static int do_check_tree(char **arg)
{
	long dirs = atol(arg[1]), files = atol(arg[2]), d, f;
	char path[512];

	for (d = 0; d < dirs; d++)
		for (f = 0; f < files / dirs; f++) {
			int fd;

			tree_path(path, sizeof(path), arg[0], d, f);
			fd = open_or_die(path, O_RDONLY);
			if (lseek(fd, 0, SEEK_END) != PAGE)
				errx(1, "%s: not as long as it was", path);
			check_page(fd, 0, d << 32 | f);
			close(fd);
		}
	return 0;
}

/* -------------------------------------------------------- micro-benchmarks */

/* So many that what RCU frees later, of one interval in the next, hardly counts */
#define MICRO_FILES	50000
#define MICRO_PAGES	32768

static uint64_t micro_create(const char *dir)
{
	uint64_t before = now();
	char name[512];
	int i;

	for (i = 0; i < MICRO_FILES; i++) {
		snprintf(name, sizeof(name), "%s/f%05d", dir, i);
		close(open_or_die(name, O_WRONLY | O_CREAT | O_EXCL));
	}
	return now() - before;
}

static uint64_t micro_unlink(const char *dir)
{
	uint64_t before = now();
	char name[512];
	int i;

	for (i = 0; i < MICRO_FILES; i++) {
		snprintf(name, sizeof(name), "%s/f%05d", dir, i);
		if (unlink(name))
			err(2, "%s", name);
	}
	return now() - before;
}

/* New pages, then the same again, which are there */
static uint64_t micro_write(int fd)
{
	static char page[PAGE];
	uint64_t before;
	int i;

	before = now();
	for (i = 0; i < MICRO_PAGES; i++)
		if (pwrite(fd, page, PAGE, i * PAGE) != PAGE)
			err(2, "write");
	return now() - before;
}

static uint64_t micro_read(int fd)
{
	static char page[PAGE];
	uint64_t before = now();
	int i;

	for (i = 0; i < MICRO_PAGES; i++)
		if (pread(fd, page, PAGE, i * PAGE) != PAGE)
			err(2, "read");
	return now() - before;
}

/* What unlink leaves: the last reference to a file with pages */
static uint64_t micro_release(const char *name, int fd)
{
	uint64_t before = now();

	if (unlink(name) || close(fd))
		err(2, "%s", name);
	return now() - before;
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

#define MICRO_KINDS	6
#define MICRO_ROUNDS	99

/* Medians: a tick more or less in an interval must not count */
static int do_micro(char **arg)
{
	static const char * const names[MICRO_KINDS] = {
		"create", "unlink", "write", "rewrite", "read", "release"
	};
	static const unsigned int per[MICRO_KINDS] = {
		MICRO_FILES, MICRO_FILES,
		MICRO_PAGES, MICRO_PAGES, MICRO_PAGES, MICRO_PAGES
	};
	static uint64_t took[MICRO_KINDS][MICRO_ROUNDS];
	int rounds = atoi(arg[1]), i, k;
	char name[512];

	if (rounds < 1 || rounds > MICRO_ROUNDS)
		errx(2, "rounds: 1 to %d", MICRO_ROUNDS);
	snprintf(name, sizeof(name), "%s/pages", arg[0]);
	/* The first warms up. Pages before small things have memory in pieces */
	for (i = -1; i < rounds; i++) {
		int n = i < 0 ? 0 : i, fd;

		fd = open_or_die(name, O_RDWR | O_CREAT | O_EXCL);
		took[2][n] = micro_write(fd);
		took[3][n] = micro_write(fd);
		took[4][n] = micro_read(fd);
		took[5][n] = micro_release(name, fd);
	}
	for (i = -1; i < rounds; i++) {
		int n = i < 0 ? 0 : i;

		took[0][n] = micro_create(arg[0]);
		took[1][n] = micro_unlink(arg[0]);
	}
	for (k = 0; k < MICRO_KINDS; k++) {
		qsort(took[k], rounds, sizeof(took[k][0]), by_value);
		printf("%s %.3f\n", names[k],
		       (double)took[k][rounds / 2] / per[k]);
	}
	return 0;
}

/* ------------------------------------------------------------ other programs */

static uint64_t children(void)
{
	struct rusage u;

	getrusage(RUSAGE_CHILDREN, &u);
	return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000000ULL +
	       (u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1000ULL;
}

/*
 * As much memory of 64 bytes each as struct pages, read and written a few words each
 * as a load does, and nothing of it by two: what more CPUs can give at most, for which
 * that is a control.
 */
static int do_share(char **arg)
{
	const size_t size = strtoull(arg[0], NULL, 0) << 20, nr = strtoull(arg[1], NULL, 0);
	const size_t step = 64 / sizeof(uint64_t), part = size / sizeof(uint64_t) / nr;
	volatile uint64_t *words, *at;
	_Atomic size_t *ready;
	uint64_t before;
	unsigned int pass;
	int status;
	size_t i;

	words = mmap(NULL, size + PAGE, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (words == MAP_FAILED)
		err(2, "mmap");
	ready = (_Atomic size_t *)((char *)words + size);
	for (i = 0; i < nr; i++) {
		pid_t pid = fork();

		if (pid < 0)
			err(2, "fork");
		if (pid)
			continue;
		words += i * part;
		++*ready;
		while (*ready <= nr)
			_mm_pause();
		for (pass = 0; pass < 12; pass++) {
			for (at = words; at < words + part; at += step) {
				at[0] += pass;
				at[1] = pass;
				at[3] = (uintptr_t)at;
				__atomic_fetch_add(&at[6], 1, __ATOMIC_SEQ_CST);
			}
		}
		_exit(0);
	}
	while (*ready < nr)
		usleep(1000);
	before = now();
	++*ready;
	for (i = 0; i < nr; i++)
		if (wait(&status) < 0 || status)
			errx(2, "a process failed");
	say("all", now() - before);
	return 0;
}

/*
 * wall: from fork to exit; waits for disks included, and, under --icount, how long
 * they are is arbitrary.  cpu: of the command, its children and kernel threads, a
 * second of which, for what is written back late, comes after it.
 */
static int do_run(char **arg)
{
	uint64_t threads = kernel_threads(), before = now(), after;
	int status;
	pid_t pid = fork();

	if (!pid) {
		execvp(arg[0], arg);
		err(127, "%s", arg[0]);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		err(2, "%s", arg[0]);
	after = now();
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		errx(2, "%s: status %#x", arg[0], status);
	sleep(1);
	say("wall", after - before);
	say("cpu", children() + kernel_threads() - threads);
	return 0;
}

/* ------------------------------------------------------- user-mode Linux */

static uint64_t native_mount(const char *dir, unsigned long flags,
			     const char *options)
{
	uint64_t before = now();

	if (mount("pkram_bench", dir, "tmpfs", flags, options))
		err(2, "mount %s", options);
	return now() - before;
}

/* Medians, because the host does other things too */
static void native(FILE *out, char *dir, char *layout, char *pages, int rounds)
{
	static uint64_t save[MICRO_ROUNDS], load[MICRO_ROUNDS];
	char file[512], scrap[512];
	int i;

	native_mount(dir, 0, "pkram=native,size=100%");
	snprintf(file, sizeof(file), "%s/file", dir);
	snprintf(scrap, sizeof(scrap), "%s/scrap", dir);
	if (!strcmp(layout, "4k"))
		do_fill((char *[]){ file, pages });
	else if (do_scatter((char *[]){ file, scrap, pages }) || unlink(scrap))
		err(2, "%s", scrap);
	for (i = 0; i < rounds; i++) {
		save[i] = native_mount(dir, MS_REMOUNT | MS_RDONLY, "preserve");
		do_umount(&dir);
		load[i] = native_mount(dir, 0, "pkram=native");
	}
	do_check((char *[]){ file, pages });
	do_umount(&dir);
	qsort(save, rounds, sizeof(save[0]), by_value);
	qsort(load, rounds, sizeof(load[0]), by_value);
	fprintf(out, "RESULT preserve.%s %.3f\nRESULT load.%s %.3f\n",
		layout, (double)save[rounds / 2] / atol(pages),
		layout, (double)load[rounds / 2] / atol(pages));
}

static int do_native(char **arg)
{
	FILE *out = fopen(arg[0], "w");
	int rounds = atoi(arg[3]), status;

	if (!out || rounds < 1 || rounds > MICRO_ROUNDS)
		errx(2, "%s, or rounds: 1 to %d", arg[0], MICRO_ROUNDS);
	/* There is no console: complaints go to the results too */
	dup2(fileno(out), STDERR_FILENO);
	/* In a child: init must not end before the machine does */
	if (!fork()) {
		native(out, arg[1], "4k", arg[2], rounds);
		native(out, arg[1], "scattered", arg[2], rounds);
		exit(fclose(out));
	}
	wait(&status);
	fprintf(out, "RESULT status %d\n", status);
	fclose(out);
	reboot(RB_POWER_OFF);
	return 1;
}

static const struct command commands[] = {
	{ "now", do_now, 0 },
	{ "settle", do_settle, 0 },
	{ "mount", do_mount, 3 },
	{ "umount", do_umount, 1 },
	{ "fill", do_fill, 2 },
	{ "scatter", do_scatter, 3 },
	{ "check", do_check, 2 },
	{ "touch", do_touch, 1 },
	{ "tree", do_tree, 3 },
	{ "check-tree", do_check_tree, 3 },
	{ "micro", do_micro, 2 },
	{ "share", do_share, 2 },
	{ "run", do_run, 1 },
	{ "native", do_native, 4 },
	{}
};

int main(int argc, char **argv)
{
	return tool_main(commands, argc, argv);
}
