// SPDX-License-Identifier: GPL-2.0
/*
 * System calls around a tmpfs that no tool of the guest makes.
 *
 *   mount HOW DIR OPTIONS...     fsopen() with options, each KEY or KEY=VALUE; HOW:
 *                                attach, rdonly (a read-only mount), open (give up
 *                                before fsmount), detached (give up after it),
 *                                nowhere (move to a place that does not exist),
 *                                moved (by mount(2)); prints 0 or the errno's name
 *   clone FROM DIR               mount a clone of a mount with the new system calls;
 *                                prints the same
 *   failnth N DIR FLAGS OPTIONS  mount(2) of tmpfs in which the Nth allocation
 *                                fails; prints the errno's name or 0, and
 *                                "done" when it had fewer
 *   quota DIR u|g ID             print limits, usage and grace times
 *   setquota DIR u|g ID BHARD BSOFT IHARD ISOFT
 *   grace DIR u|g [BSEC ISEC]    print or set how long soft limits may be exceeded
 *   mbind FILE PAGE NR MODE NODE give pages a policy, mode as a number
 *   policy FILE PAGE             print mode and nodes of a page's policy
 *   poison FILE PAGE             have a page fail
 *   byte FILE PAGE               print the first byte of a page, or the errno's name
 *   pin FILE CMD...              run a command while pages of a file, which is not
 *                                open or mapped, are registered with io_uring
 *   mapped FILE CMD...           run a command while a file is mapped for writing,
 *                                but not open
 *   faults FILE                  read pages of a mapping in no order, and have it
 *                                collapsed into huge pages, until killed
 *   touch DIR                    read a byte of a mapping of each file, in no order
 *   reset                        load an image that does nothing but reset the machine
 *   handle FILE                  print a file handle
 *   byhandle DIR HANDLE          print what the file with a handle contains
 *   many DIR NAME FROM TO        preserve a small tree as NAME-N for each of these
 *                                numbers, using DIR; prints "NAME-N HASH"
 *   try DIR                      mount each that lines on standard input name:
 *                                "NAME-N HASH", or "NAME-N empty", or "NAME-N ERRNO"
 *   drop                         drop each that lines on standard input name
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/kexec.h>
#include <linux/mount.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/quota.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "../../../../include/linux/pkram_abi.h"
#include "pkram_tool.h"

#define BITS		64

#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd	443
#endif

/* <sys/mount.h> cannot be had together with <linux/mount.h> */
#define MS_RDONLY	1
#define MS_REMOUNT	32
#define MS_NOATIME	1024

static void put_result(long ret)
{
	puts(ret < 0 ? strerrorname_np(errno) : "0");
}

/* -------------------------------------------------------------- mounts */

static int configure(int fs, char **arg)
{
	int ret = 0;

	for (; !ret && *arg; arg++) {
		char *value = strchr(*arg, '=');

		if (value)
			*value++ = '\0';
		ret = syscall(SYS_fsconfig, fs, value ? FSCONFIG_SET_STRING :
			      FSCONFIG_SET_FLAG, *arg, value, 0);
	}
	return ret;
}

/* Messages of the mount, to standard error */
static void put_messages(int fs)
{
	char text[4096];
	ssize_t len;

	while ((len = read(fs, text, sizeof(text))) > 0)
		fprintf(stderr, "%.*s\n", (int)len, text);
}

static int do_clone(char **arg)
{
	int mnt = syscall(SYS_open_tree, AT_FDCWD, arg[0], OPEN_TREE_CLONE);

	put_result(mnt < 0 ? mnt : syscall(SYS_move_mount, mnt, "", AT_FDCWD, arg[1],
					   MOVE_MOUNT_F_EMPTY_PATH));
	return 0;
}

static int do_mount(char **arg)
{
	const char *how = arg[0], *dir = arg[1];
	int fs, mnt, ret;

	fs = syscall(SYS_fsopen, "tmpfs", 0);
	if (fs < 0)
		err(2, "fsopen");
	ret = configure(fs, arg + 2);
	if (!ret)
		ret = syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL,
			      0);
	if (ret || !strcmp(how, "open")) {
		put_result(ret);
		put_messages(fs);
		return 0;
	}
	mnt = syscall(SYS_fsmount, fs, 0,
		      strcmp(how, "rdonly") ? 0 : MOUNT_ATTR_RDONLY);
	if (mnt < 0 || !strcmp(how, "detached")) {
		put_result(mnt);
		return 0;
	}
	if (!strcmp(how, "moved")) {
		char path[64];

		snprintf(path, sizeof(path), "/proc/self/fd/%d", mnt);
		put_result(syscall(SYS_mount, path, dir, NULL, MS_MOVE, NULL));
		return 0;
	}
	put_result(syscall(SYS_move_mount, mnt, "", AT_FDCWD,
			   strcmp(how, "nowhere") ? dir : "/no/such/place",
			   MOVE_MOUNT_F_EMPTY_PATH));
	return 0;
}

static int do_failnth(char **arg)
{
	/* What is looked at afterwards is to be as it was */
	unsigned long flags = MS_NOATIME;
	char text[32];
	int fd, ret, e;

	if (strstr(arg[2], "ro"))
		flags |= MS_RDONLY;
	if (strstr(arg[2], "remount"))
		flags |= MS_REMOUNT;
	fd = open_or_die("/proc/thread-self/fail-nth", O_RDWR);
	if (write(fd, arg[0], strlen(arg[0])) < 0)
		err(2, "fail-nth");
	ret = syscall(SYS_mount, "pkram_fs", arg[1], "tmpfs", flags, arg[3]);
	e = errno;
	memset(text, 0, sizeof(text));
	if (pread(fd, text, sizeof(text) - 1, 0) < 0)
		err(2, "fail-nth");
	/* Off, before anything else can fail */
	if (write(fd, "0", 1) < 0)
		err(2, "fail-nth");
	printf("%s%s\n", ret ? strerrorname_np(e) : "0",
	       atol(text) ? " done" : "");
	return 0;
}

/* --------------------------------------------------------------- quotas */

static int quota_type(const char *text)
{
	return *text == 'u' ? USRQUOTA : GRPQUOTA;
}

static void quotactl_or_die(const char *dir, int cmd, const char *type, int id,
			    void *data)
{
	if (syscall(SYS_quotactl_fd, open_or_die(dir, O_RDONLY),
		    QCMD(cmd, quota_type(type)), id, data))
		err(2, "%s: quotactl", dir);
}

static int do_quota(char **arg)
{
	struct dqblk q;

	quotactl_or_die(arg[0], Q_GETQUOTA, arg[1], atoi(arg[2]), &q);
	printf("hard %llu %llu soft %llu %llu used %llu %llu time %llu %llu\n",
	       (unsigned long long)q.dqb_bhardlimit,
	       (unsigned long long)q.dqb_ihardlimit,
	       (unsigned long long)q.dqb_bsoftlimit,
	       (unsigned long long)q.dqb_isoftlimit,
	       (unsigned long long)q.dqb_curspace,
	       (unsigned long long)q.dqb_curinodes,
	       (unsigned long long)q.dqb_btime,
	       (unsigned long long)q.dqb_itime);
	return 0;
}

static int do_setquota(char **arg)
{
	struct dqblk q = {
		.dqb_bhardlimit = strtoull(arg[3], NULL, 0),
		.dqb_bsoftlimit = strtoull(arg[4], NULL, 0),
		.dqb_ihardlimit = strtoull(arg[5], NULL, 0),
		.dqb_isoftlimit = strtoull(arg[6], NULL, 0),
		.dqb_valid = QIF_LIMITS,
	};

	quotactl_or_die(arg[0], Q_SETQUOTA, arg[1], atoi(arg[2]), &q);
	return 0;
}

static int do_grace(char **arg)
{
	struct dqinfo info = { .dqi_valid = IIF_BGRACE | IIF_IGRACE };

	if (arg[2]) {
		info.dqi_bgrace = strtoull(arg[2], NULL, 0);
		info.dqi_igrace = strtoull(arg[3], NULL, 0);
		quotactl_or_die(arg[0], Q_SETINFO, arg[1], 0, &info);
	} else {
		quotactl_or_die(arg[0], Q_GETINFO, arg[1], 0, &info);
		printf("%llu %llu\n", (unsigned long long)info.dqi_bgrace,
		       (unsigned long long)info.dqi_igrace);
	}
	return 0;
}

/* --------------------------------------------------------------- pages */

static char *map_page(const char *file, const char *page, unsigned long nr,
		      int flags)
{
	char *map = mmap(NULL, nr * PAGE, flags == O_RDWR ?
			 PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED,
			 open_or_die(file, flags),
			 strtoul(page, NULL, 0) * PAGE);

	if (map == MAP_FAILED)
		err(2, "%s: mmap", file);
	return map;
}

static int do_mbind(char **arg)
{
	unsigned long nr = strtoul(arg[2], NULL, 0);
	unsigned long nodes = 1UL << strtoul(arg[4], NULL, 0);

	if (syscall(SYS_mbind, map_page(arg[0], arg[1], nr, O_RDWR), nr * PAGE,
		    strtoul(arg[3], NULL, 0), &nodes, BITS, 0))
		err(2, "mbind");
	return 0;
}

static int do_policy(char **arg)
{
	unsigned long nodes[1024 / BITS] = {};
	int mode;

	if (syscall(SYS_get_mempolicy, &mode, nodes, 1024,
		    map_page(arg[0], arg[1], 1, O_RDONLY), 2 /* MPOL_F_ADDR */))
		err(2, "get_mempolicy");
	printf("%#x %#lx\n", mode, nodes[0]);
	return 0;
}

/* Who has the page mapped may be killed */
static int do_poison(char **arg)
{
	int status;
	char *map;

	if (!fork()) {
		map = map_page(arg[0], arg[1], 1,
			       access(arg[0], W_OK) ? O_RDONLY : O_RDWR);
		*(volatile char *)map;
		/* When more than the file holds the page it says so, and is done */
		if (madvise(map, PAGE, MADV_HWPOISON) && errno != EBUSY &&
		    errno != EHWPOISON)
			err(2, "MADV_HWPOISON");
		_exit(0);
	}
	wait(&status);
	return WIFEXITED(status) ? WEXITSTATUS(status) :
				   WTERMSIG(status) != SIGBUS;
}

static int do_byte(char **arg)
{
	unsigned char byte;

	if (pread(open_or_die(arg[0], O_RDONLY), &byte, 1,
		  strtoul(arg[1], NULL, 0) * PAGE) == 1)
		printf("%02x\n", byte);
	else
		put_result(-1);
	return 0;
}

static int run_command(char **arg)
{
	int status;

	if (!fork()) {
		execvp(arg[0], arg);
		err(127, "%s", arg[0]);
	}
	wait(&status);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}

static int do_pin(char **arg)
{
	struct io_uring_params params = {};
	struct iovec vec = { .iov_len = 4 * PAGE };
	int ring, fd;

	ring = syscall(SYS_io_uring_setup, 4, &params);
	if (ring < 0)
		err(77, "io_uring_setup");
	fd = open_or_die(arg[0], O_RDWR);
	vec.iov_base = mmap(NULL, vec.iov_len, PROT_READ | PROT_WRITE,
			    MAP_SHARED, fd, 0);
	if (vec.iov_base == MAP_FAILED)
		err(2, "mmap");
	if (syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, &vec,
		    1))
		err(77, "io_uring_register");
	munmap(vec.iov_base, vec.iov_len);
	close(fd);
	return run_command(arg + 1);
}

static int do_mapped(char **arg)
{
	int fd = open_or_die(arg[0], O_RDWR);
	char *map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		err(2, "mmap");
	close(fd);
	return run_command(arg + 1);
}

static int do_faults(char **arg)
{
	int fd = open_or_die(arg[0], O_RDONLY);
	size_t size = lseek(fd, 0, SEEK_END), n;
	char *map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		err(2, "mmap");
	close(fd);
	madvise(map, size, MADV_HUGEPAGE);
	for (;;) {
		for (n = 0; n < 1000; n++)
			*(volatile char *)(map + random() % size);
		madvise(map + random() % size / (2UL << 20) * (2UL << 20),
			2UL << 20, 25 /* MADV_COLLAPSE */);
		madvise(map, size, MADV_DONTNEED);
	}
}

static int do_touch(char **arg)
{
	DIR *dir = opendir(arg[0]);
	struct dirent *entry;

	if (!dir || chdir(arg[0]))
		err(2, "%s", arg[0]);
	while ((entry = readdir(dir))) {
		char *map;
		int fd;

		if (entry->d_type != DT_REG)
			continue;
		fd = open_or_die(entry->d_name, O_RDONLY);
		map = mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);
		if (map == MAP_FAILED)
			err(2, "mmap");
		*(volatile char *)map;
		munmap(map, 1);
		close(fd);
	}
	closedir(dir);
	return 0;
}

/* ---------------------------------------------------------------- reset */

/* It says that it will take over what is preserved, and is where nothing else is */
static int do_reset(char **arg)
{
	static struct {
		unsigned char code[16];
		struct pkram_image_ser marker;
	} image = {
		.code = {
			0x66, 0xba, 0xf9, 0x0c,	/* mov $0xcf9, %dx */
			0xb0, 0x06,		/* mov $6, %al */
			0xee,			/* out %al, (%dx) */
			0xf4,			/* hlt */
			0xeb, 0xfd,		/* jmp to it */
		},
		.marker = { PKRAM_IMAGE_MAGIC, PKRAM_SER_VERSION, ~PKRAM_SER_VERSION },
	};
	const struct kexec_segment seg = {
		.buf = &image,
		.bufsz = sizeof(image),
		.mem = (void *)(128UL << 20),
		.memsz = 4096,
	};

	(void)arg;
	if (syscall(SYS_kexec_load, seg.mem, 1, &seg, KEXEC_ARCH_X86_64))
		err(2, "kexec_load");
	return 0;
}

/* -------------------------------------------------------------- handles */

union handle {
	struct file_handle h;
	unsigned char bytes[sizeof(struct file_handle) + MAX_HANDLE_SZ];
};

static int do_handle(char **arg)
{
	union handle handle = { .h.handle_bytes = MAX_HANDLE_SZ };
	unsigned int i;
	int id;

	if (name_to_handle_at(AT_FDCWD, arg[0], &handle.h, &id, 0))
		err(2, "%s: name_to_handle_at", arg[0]);
	for (i = 0; i < sizeof(handle.h) + handle.h.handle_bytes; i++)
		printf("%02x", handle.bytes[i]);
	puts("");
	return 0;
}

static int do_byhandle(char **arg)
{
	union handle handle;
	unsigned int i, byte;
	char text[4096];
	ssize_t len;
	int fd;

	for (i = 0; i < sizeof(handle) && sscanf(arg[1] + 2 * i, "%2x", &byte) == 1;
	     i++)
		handle.bytes[i] = byte;
	fd = open_by_handle_at(open_or_die(arg[0], O_RDONLY), &handle.h,
			       O_RDONLY);
	if (fd < 0) {
		put_result(-1);
		return 0;
	}
	while ((len = read(fd, text, sizeof(text))) > 0)
		fwrite(text, 1, len, stdout);
	return 0;
}

/* ----------------------------------------------------------------- trees */

static void must(int ret, const char *what)
{
	if (ret < 0)
		err(2, "%s", what);
}

/* One of many kinds, with records that need two pages */
static void make_tree(void)
{
	const struct timespec times[2] = { { 1000000, 1 }, { 981173106, 123456789 } };
	char large[3000], data[5000];
	int fd;

	memset(large, 'l', sizeof(large));
	memset(data, 'd', sizeof(data));
	must(mkdir("dir", 0755), "mkdir");
	must(mkdir("dir/empty", 01777), "mkdir");
	fd = open("dir/file", O_RDWR | O_CREAT | O_EXCL, 04755);
	must(fd, "file");
	must(write(fd, data, sizeof(data)), "write");
	must(fsetxattr(fd, "user.a", "b", 1, 0), "setxattr");
	must(fsetxattr(fd, "user.large", large, sizeof(large), 0), "setxattr");
	must(pwrite(fd, "x", 1, 1000000), "write");
	must(futimens(fd, times), "utimens");
	close(fd);
	must(link("dir/file", "link"), "link");
	must(symlink("nowhere", "short"), "symlink");
	large[200] = '\0';
	must(symlink(large, "long"), "symlink");
	must(mkfifo("fifo", 0600), "mkfifo");
	must(chown("fifo", 1000, 65534), "chown");
	must(mknod("null", S_IFCHR | 0666, makedev(1, 3)), "mknod");
}

static uint64_t hash(uint64_t h, const void *from, size_t size)
{
	const unsigned char *byte = from;

	while (size--)
		h = (h ^ *byte++) * 0x100000001b3ULL;
	return h;
}

static uint64_t hash_file(uint64_t h, const char *name, bool *empty);

static uint64_t hash_dir(uint64_t h, const char *name, bool *empty)
{
	DIR *dir = opendir(name);
	struct dirent *d;
	char path[4096];

	must(dir ? 0 : -1, name);
	while ((d = readdir(dir))) {
		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		*empty = false;
		snprintf(path, sizeof(path), "%s/%s", name, d->d_name);
		h = hash(h, path, strlen(path) + 1);
		h = hash(h, &d->d_off, sizeof(d->d_off));
		h = hash_file(h, path, empty);
	}
	closedir(dir);
	return h;
}

static uint64_t hash_data(uint64_t h, const char *name)
{
	int fd = open(name, O_RDONLY);
	char buf[PAGE];
	ssize_t n;

	must(fd, name);
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		h = hash(h, buf, n);
	must(n, name);
	close(fd);
	return h;
}

static uint64_t hash_xattrs(uint64_t h, const char *name)
{
	char names[PAGE], value[PAGE], *next;
	ssize_t size = llistxattr(name, names, sizeof(names)), n;

	must(size, name);
	for (next = names; next < names + size; next += strlen(next) + 1) {
		n = lgetxattr(name, next, value, sizeof(value));
		must(n, next);
		h = hash(hash(h, next, strlen(next) + 1), value, n);
	}
	return h;
}

/* All that can be seen, but for when it was last read */
static uint64_t hash_file(uint64_t h, const char *name, bool *empty)
{
	char target[PAGE];
	struct statx st;
	ssize_t n;

	must(statx(AT_FDCWD, name, AT_SYMLINK_NOFOLLOW,
		   STATX_BASIC_STATS | STATX_BTIME, &st), name);
	memset(&st.stx_atime, 0, sizeof(st.stx_atime));
	st.stx_dev_major = 0;
	st.stx_dev_minor = 0;
	h = hash(h, &st, offsetof(struct statx, stx_mnt_id));
	h = hash_xattrs(h, name);
	switch (st.stx_mode & S_IFMT) {
	case S_IFDIR:
		return hash_dir(h, name, empty);
	case S_IFREG:
		return hash_data(h, name);
	case S_IFLNK:
		n = readlink(name, target, sizeof(target));
		must(n, name);
		return hash(h, target, n);
	}
	return h;
}

static int mount_tmpfs(const char *dir, const char *name, unsigned long flags,
		       const char *more)
{
	char options[512];

	snprintf(options, sizeof(options), "pkram=%s%s", name, more);
	return syscall(SYS_mount, "tmpfs", dir, "tmpfs", flags, options);
}

/* Into the tree that is mounted there; not to be in it when it is unmounted */
static void enter(const char *dir)
{
	must(chdir(dir), dir);
}

static void leave(const char *dir)
{
	must(chdir("/"), "/");
	must(syscall(SYS_umount2, dir, 0), dir);
}

static int do_many(char **arg)
{
	int n, from = atoi(arg[2]), to = atoi(arg[3]);
	bool empty = true;
	char name[64];

	for (n = from; n <= to; n++) {
		snprintf(name, sizeof(name), "%s-%d", arg[1], n);
		must(mount_tmpfs(arg[0], name, MS_NOATIME, ",size=1M"), name);
		enter(arg[0]);
		make_tree();
		printf("%s %016llx\n", name,
		       (unsigned long long)hash_file(1, ".", &empty));
		must(mount_tmpfs(arg[0], name, MS_REMOUNT | MS_RDONLY | MS_NOATIME,
				 ",preserve"), name);
		leave(arg[0]);
	}
	return 0;
}

/* The first word of the next line; NULL at the end. The same buffer each time */
static const char *next_name(void)
{
	static char line[512], name[256];

	if (!fgets(line, sizeof(line), stdin))
		return NULL;
	if (sscanf(line, "%255s", name) != 1)
		errx(2, "not a line: %s", line);
	return name;
}

static int do_try(char **arg)
{
	const char *name;

	while ((name = next_name())) {
		bool empty = true;
		uint64_t h;

		if (mount_tmpfs(arg[0], name, MS_NOATIME, "")) {
			printf("%s %s\n", name, strerrorname_np(errno));
			continue;
		}
		enter(arg[0]);
		h = hash_file(1, ".", &empty);
		if (empty)
			printf("%s empty\n", name);
		else
			printf("%s %016llx\n", name, (unsigned long long)h);
		leave(arg[0]);
	}
	return 0;
}

static int do_drop(char **arg)
{
	int fd = open("/sys/kernel/pkram/drop", O_WRONLY), len;
	const char *name;
	char node[300];

	(void)arg;
	must(fd, "drop");
	while ((name = next_name())) {
		len = snprintf(node, sizeof(node), "shmem-%s", name);
		must(pwrite(fd, node, len, 0), name);
	}
	return 0;
}

static const struct command commands[] = {
	{ "mount", do_mount, 2 },
	{ "clone", do_clone, 2 },
	{ "failnth", do_failnth, 4 },
	{ "quota", do_quota, 3 },
	{ "setquota", do_setquota, 7 },
	{ "grace", do_grace, 2 },
	{ "mbind", do_mbind, 5 },
	{ "policy", do_policy, 2 },
	{ "poison", do_poison, 2 },
	{ "byte", do_byte, 2 },
	{ "pin", do_pin, 2 },
	{ "mapped", do_mapped, 2 },
	{ "faults", do_faults, 1 },
	{ "touch", do_touch, 1 },
	{ "reset", do_reset, 0 },
	{ "handle", do_handle, 1 },
	{ "byhandle", do_byhandle, 2 },
	{ "many", do_many, 4 },
	{ "try", do_try, 1 },
	{ "drop", do_drop, 0 },
	{}
};

int main(int argc, char **argv)
{
	return tool_main(commands, argc, argv);
}
