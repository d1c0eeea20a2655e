// SPDX-License-Identifier: GPL-2.0
/*
 * Trees with a record of each type, and what can be seen of them. See pkram_flip.c
 * for the commands.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/quota.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include "pkram_flip.h"
#include "pkram_tool.h"

#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd	443
#endif

/* Each has a record, or a place in one */
#define OPTIONS	",verify,size=1M,nr_inodes=100,mpol=prefer:0,usrquota,grpquota,"	\
		"usrquota_inode_hardlimit=50"

#define MPOL_PREFERRED	1
#define MPOL_F_ADDR	2

static void must(long ret, const char *what)
{
	if (ret < 0)
		err(2, "%s", what);
}

int mount_flip(const char *dir, const char *name, unsigned long flags,
	       const char *more)
{
	char options[512];

	snprintf(options, sizeof(options), "pkram=%s%s", name, more);
	return mount("tmpfs", dir, "tmpfs", flags, options);
}

/* Into the tree that is mounted there; not to be in it when it is unmounted */
void enter(const char *dir)
{
	must(chdir(dir), dir);
}

void leave(const char *dir)
{
	must(chdir("/"), "/");
	must(umount(dir), dir);
}

/* --------------------------------------------------------------- making it */

/* As in the value of the attribute: version, and entries of tag, rights and id */
struct acl_entry {
	uint16_t tag;
	uint16_t rights;
	uint32_t id;
};

static const struct {
	uint32_t version;
	struct acl_entry entries[5];
} acl = {
	2, {
		{ 0x01, 6, -1 }, { 0x02, 4, 1000 }, { 0x04, 4, -1 },
		{ 0x10, 6, -1 }, { 0x20, 4, -1 },
	}
};

static void make_attributes(const char *name)
{
	unsigned int flags = FS_NODUMP_FL;
	int fd = open_or_die(name, O_RDONLY);

	must(setxattr(name, "user.a", "bc", 2, 0), "user.a");
	must(setxattr(name, "trusted.large", &acl, sizeof(acl), 0), "trusted.large");
	must(setxattr(name, "system.posix_acl_access", &acl, sizeof(acl), 0), "ACL");
	must(ioctl(fd, FS_IOC_SETFLAGS, &flags), "SETFLAGS");
	close(fd);
}

/* One who has a page that fails mapped gets a signal */
static void poison(const char *name, off_t page)
{
	int status;
	char *map;

	if (!fork()) {
		map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			   open_or_die(name, O_RDWR), page * PAGE);
		if (map == MAP_FAILED)
			err(2, "mmap");
		_exit(madvise(map, PAGE, MADV_HWPOISON) && errno != EBUSY &&
		      errno != EHWPOISON ? 2 : 0);
	}
	wait(&status);
	if (WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status) != SIGBUS)
		errx(2, "%s: memory does not fail", name);
}

static void make_file(const char *name, size_t size, unsigned int page)
{
	char data[3 * PAGE];
	int fd = open_or_die(name, O_RDWR | O_CREAT | O_EXCL);

	memset(data, name[0], sizeof(data));
	must(pwrite(fd, data, size, page * PAGE), name);
	close(fd);
}

static void make_policy(const char *name)
{
	unsigned long nodes = 1;
	int fd = open_or_die(name, O_RDWR);
	void *map = mmap(NULL, 8 * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		err(2, "mmap");
	must(syscall(SYS_mbind, map, 2 * PAGE, MPOL_PREFERRED, &nodes, 64, 0),
	     "mbind");
	must(syscall(SYS_mbind, (char *)map + 3 * PAGE, PAGE, MPOL_PREFERRED,
		     &nodes, 64, 0), "mbind");
	munmap(map, 8 * PAGE);
	close(fd);
}

static const unsigned int quota_ids[] = { 0, 1000, 1001 };

static void make_quota(void)
{
	struct dqblk q = {
		.dqb_bhardlimit = 5000, .dqb_bsoftlimit = 1,
		.dqb_ihardlimit = 70, .dqb_isoftlimit = 1,
		.dqb_valid = QIF_LIMITS,
	};
	int fd = open_or_die(".", O_RDONLY);

	must(syscall(SYS_quotactl_fd, fd, QCMD(Q_SETQUOTA, USRQUOTA), 1000, &q),
	     "quota");
	must(syscall(SYS_quotactl_fd, fd, QCMD(Q_SETQUOTA, GRPQUOTA), 1001, &q),
	     "quota");
	close(fd);
}

/* All records there are, each where there is another like it if that can be */
static void make_tree(void)
{
	const struct timespec times[2] = { { 1000000, 1 }, { 981173106, 123456789 } };
	char target[4096];

	make_quota();
	must(mkdir("dir", 0755), "mkdir");
	must(mkdir("dir/sub", 01777), "mkdir");
	make_file("dir/a", 5000, 0);
	make_file("dir/b", 2 * PAGE, 1);
	make_file("c", 100, 5);
	make_file("empty", 0, 0);
	make_attributes("dir/a");
	must(setxattr("dir", "system.posix_acl_default", &acl, sizeof(acl), 0),
	     "default ACL");
	must(setxattr("dir", "user.d", "d", 1, 0), "user.d");
	must(link("dir/a", "hard"), "link");
	must(symlink("nowhere", "short"), "symlink");
	memset(target, 't', sizeof(target));
	target[3000] = '\0';
	must(symlink(target, "long"), "symlink");
	must(mkfifo("fifo", 0600), "mkfifo");
	must(mknod("null", S_IFCHR | 0666, makedev(1, 3)), "mknod");
	must(mknod("disk", S_IFBLK | 0600, makedev(7, 9)), "mknod");
	must(mknod("socket", S_IFSOCK | 0600, 0), "mknod");
	must(chown("dir/b", 1000, 1001), "chown");
	must(lchown("short", 1000, 1001), "chown");
	must(chown("fifo", 1000, 1001), "chown");
	make_policy("dir/b");
	/* Two ranges that have failed, and a page between them */
	make_file("lost", 3 * PAGE, 1);
	poison("lost", 1);
	poison("lost", 3);
	must(utimensat(AT_FDCWD, "dir/a", times, 0), "utimens");
	must(utimensat(AT_FDCWD, "long", times, AT_SYMLINK_NOFOLLOW), "utimens");
}

/* ------------------------------------------------------------- looking at it */

static uint64_t hash(uint64_t h, const void *from, size_t size)
{
	const unsigned char *byte = from;

	while (size--)
		h = (h ^ *byte++) * 0x100000001b3ULL;
	return h;
}

/* Where a line goes: "PATH KEY VALUE" */
static FILE *out;

/* Names of damaged trees may be anything */
static void say(const char *path, const char *key, uint64_t value)
{
	const unsigned char *c = (const unsigned char *)path;

	for (; *c; c++)
		fprintf(out, *c > ' ' && *c < 127 && *c != '%' ? "%c" : "%%%02x",
			*c);
	fprintf(out, " %s %llx\n", key, (unsigned long long)value);
}

/* Enough of a file to see all that the trees made here have */
#define LOOK_PAGES	12

static void show_pages(const char *path)
{
	int fd = open(path, O_RDONLY), mode, i;
	unsigned long nodes[16];
	char buf[PAGE], *map;
	struct stat st;

	if (fd < 0) {
		say(path, "open", errno);
		return;
	}
	map = mmap(NULL, LOOK_PAGES * PAGE, PROT_READ, MAP_SHARED, fd, 0);
	for (i = 0; i < LOOK_PAGES; i++) {
		uint64_t h = 1;
		ssize_t n = pread(fd, buf, PAGE, i * PAGE);

		h = n < 0 ? (uint64_t)errno : hash(h, buf, n);
		say(path, n < 0 ? "lost" : "data", h * LOOK_PAGES + i);
		if (map != MAP_FAILED &&
		    !syscall(SYS_get_mempolicy, &mode, nodes, 1024,
			     map + i * PAGE, MPOL_F_ADDR))
			say(path, "policy", mode + nodes[0] * 65536);
	}
	must(fstat(fd, &st), path);
	/* Past what was looked at, and past any data */
	if (st.st_size > (off_t)(LOOK_PAGES * PAGE))
		say(path, "end", pread(fd, buf, PAGE, st.st_size - PAGE / 2));
	if (map != MAP_FAILED)
		munmap(map, LOOK_PAGES * PAGE);
	close(fd);
}

static void show_flags(const char *path)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
	unsigned int flags = 0;

	if (fd < 0)
		return;
	if (!ioctl(fd, FS_IOC_GETFLAGS, &flags))
		say(path, "flags", flags);
	close(fd);
}

static void show_handle(const char *path)
{
	char buf[sizeof(struct file_handle) + MAX_HANDLE_SZ] = {};
	struct file_handle *h = (void *)buf;
	int mount_id;

	h->handle_bytes = MAX_HANDLE_SZ;
	if (!name_to_handle_at(AT_FDCWD, path, h, &mount_id, 0))
		say(path, "handle", hash(1, h->f_handle, h->handle_bytes));
}

static void show_xattrs(const char *path)
{
	char names[4096], value[4096], *next;
	ssize_t size = llistxattr(path, names, sizeof(names)), n;

	if (size < 0)
		say(path, "xattr", errno);
	for (next = names; next < names + size; next += strlen(next) + 1) {
		n = lgetxattr(path, next, value, sizeof(value));
		say(path, "xattr", hash(hash(1, next, strlen(next)), value,
					n < 0 ? 0 : n));
	}
}

static void show_stat(const char *path, const struct statx *st)
{
	say(path, "mode", st->stx_mode);
	say(path, "nlink", st->stx_nlink);
	say(path, "uid", st->stx_uid);
	say(path, "gid", st->stx_gid);
	say(path, "ino", st->stx_ino);
	say(path, "size", st->stx_size);
	say(path, "blocks", st->stx_blocks);
	say(path, "rdev", makedev(st->stx_rdev_major, st->stx_rdev_minor));
	say(path, "atime", st->stx_atime.tv_sec * 1000000009 + st->stx_atime.tv_nsec);
	say(path, "mtime", st->stx_mtime.tv_sec * 1000000009 + st->stx_mtime.tv_nsec);
	say(path, "ctime", st->stx_ctime.tv_sec * 1000000009 + st->stx_ctime.tv_nsec);
	say(path, "btime", st->stx_btime.tv_sec * 1000000009 + st->stx_btime.tv_nsec);
}

static void show_file(const char *path);

static void show_dir(const char *path)
{
	DIR *dir = opendir(path);
	char name[4096];
	struct dirent *d;
	uint64_t order = 1;

	if (!dir) {
		say(path, "open", errno);
		return;
	}
	while ((d = readdir(dir))) {
		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		order = hash(order, &d->d_off, sizeof(d->d_off));
		snprintf(name, sizeof(name), "%s/%s", path, d->d_name);
		show_file(name);
	}
	say(path, "offsets", order);
	closedir(dir);
}

static void show_file(const char *path)
{
	char target[8192];
	struct statx st;
	ssize_t n;

	if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW,
		  STATX_BASIC_STATS | STATX_BTIME, &st)) {
		say(path, "stat", errno);
		return;
	}
	show_stat(path, &st);
	show_handle(path);
	show_xattrs(path);
	switch (st.stx_mode & S_IFMT) {
	case S_IFDIR:
		show_flags(path);
		return show_dir(path);
	case S_IFREG:
		show_flags(path);
		return show_pages(path);
	case S_IFLNK:
		n = readlink(path, target, sizeof(target));
		return say(path, "target", hash(1, target, n < 0 ? 0 : n));
	}
}

static void show_quota(int type)
{
	int fd = open_or_die(".", O_RDONLY);
	struct dqinfo info = {};
	struct dqblk q = {};
	unsigned int i;

	for (i = 0; i < sizeof(quota_ids) / sizeof(quota_ids[0]); i++)
		if (!syscall(SYS_quotactl_fd, fd, QCMD(Q_GETQUOTA, type),
			     quota_ids[i], &q))
			say(".", "quota", hash(i, &q, offsetof(struct dqblk,
							       dqb_valid)));
	if (!syscall(SYS_quotactl_fd, fd, QCMD(Q_GETINFO, type), 0, &info))
		say(".", "grace", info.dqi_bgrace * 65536 + info.dqi_igrace);
	close(fd);
}

static void show_mount(void)
{
	FILE *mounts = fopen("/proc/self/mounts", "r");
	char line[4096], where[4096], options[4096], *word, *dir = getcwd(NULL, 0);
	uint64_t h = 1;
	struct statfs fs;

	while (mounts && fgets(line, sizeof(line), mounts)) {
		if (sscanf(line, "%*s %4095s %*s %4095s", where, options) != 2 ||
		    strcmp(where, dir))
			continue;
		/* As it is now, not as it was; size= is not shown if it is default */
		for (word = strtok(options, ","); word; word = strtok(NULL, ","))
			if (strcmp(word, "ro") && strcmp(word, "rw") &&
			    strcmp(word, "preserve") && strncmp(word, "pkram=", 6))
				h = hash(h, word, strlen(word));
	}
	say(".", "options", h);
	must(statfs(".", &fs), "statfs");
	say(".", "fsid", hash(1, &fs.f_fsid, sizeof(fs.f_fsid)));
	say(".", "used", (fs.f_blocks - fs.f_bfree) * 65536 +
	    fs.f_files - fs.f_ffree);
	fclose(mounts);
	free(dir);
}

/* All that can be seen of the tree that this process is in */
char *show_tree(size_t *size)
{
	char *text;

	out = open_memstream(&text, size);
	if (!out)
		err(2, "open_memstream");
	show_mount();
	show_quota(USRQUOTA);
	show_quota(GRPQUOTA);
	show_file(".");
	fclose(out);
	return text;
}

/* ------------------------------------------------------- doing things with it */

/* Whatever it is, there is nothing that must not be tried */
static void wreck_dir(const char *path, int depth)
{
	DIR *dir = opendir(path);
	char name[4096];
	struct dirent *d;

	snprintf(name, sizeof(name), "%s/new", path);
	close(open(name, O_CREAT | O_RDWR, 0600));
	while (dir && depth < 8 && (d = readdir(dir))) {
		unsigned int flags = 0;
		int fd;

		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, d->d_name);
		if (d->d_type == DT_DIR)
			wreck_dir(name, depth + 1);
		if (d->d_type == DT_REG || d->d_type == DT_DIR) {
			fd = open(name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW);
			ioctl(fd, FS_IOC_SETFLAGS, &flags);
			close(fd);
		}
		if (d->d_type == DT_REG) {
			fd = open(name, O_WRONLY | O_NOFOLLOW);
			(void)!write(fd, "changed", 7);
			(void)!fallocate(fd, 0, PAGE, PAGE);
			(void)!fallocate(fd, FALLOC_FL_PUNCH_HOLE |
					 FALLOC_FL_KEEP_SIZE, 0, PAGE);
			(void)!ftruncate(fd, 3);
			close(fd);
		}
		lremovexattr(name, "user.a");
		(void)!lchown(name, 1001, 1000);
		remove(name);
	}
	if (dir)
		closedir(dir);
}

/* Use all of the tree that this process is in, and throw it away */
void wreck_tree(void)
{
	wreck_dir(".", 0);
}

int do_look(char **arg)
{
	char *text;
	size_t size;

	if (mount_flip(arg[0], arg[1], MS_NOATIME, "")) {
		puts(strerrorname_np(errno));
		return 0;
	}
	enter(arg[0]);
	text = show_tree(&size);
	if (strstr(text, "\n./"))
		printf("%016llx\n", (unsigned long long)hash(1, text, size));
	else
		puts("gone");
	wreck_tree();
	leave(arg[0]);
	return 0;
}

int do_make(char **arg)
{
	const char *dir = arg[0];
	int n, from = atoi(arg[2]), to = atoi(arg[3]);
	char name[64], path[128], *text;
	size_t size;
	FILE *list;

	umask(022);
	for (n = from; n <= to; n++) {
		snprintf(name, sizeof(name), "%s-%d", arg[1], n);
		must(mount_flip(dir, name, MS_NOATIME,
				OPTIONS), name);
		enter(dir);
		make_tree();
		text = show_tree(&size);
		must(mount_flip(dir, name, MS_REMOUNT | MS_RDONLY | MS_NOATIME,
				",preserve"), name);
		leave(dir);
		snprintf(path, sizeof(path), "%s/%s", arg[4], name);
		printf("%s %016llx\n", name,
		       (unsigned long long)hash(1, text, size));
		list = fopen(path, "w");
		if (!list || fwrite(text, 1, size, list) != size || fclose(list))
			err(2, "%s", path);
		free(text);
	}
	return 0;
}
