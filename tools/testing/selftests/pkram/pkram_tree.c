// SPDX-License-Identifier: GPL-2.0
/*
 * Trees to be compared.
 *
 *   manifest [-a] DIR            all that can be seen of a tree
 *   handles DIR < MANIFEST       do the file handles of a manifest still work?
 *   grow DIR SEED OPS [KINDS]    a tree of random operations, or more of them on
 *                                one that is there; KINDS:
 *                                base,xattr,acl,flags,whiteout
 *
 * A manifest has a line for each name, directories in the order of readdir():
 *
 *   "/path" type mode uid:gid and so on; off is d_off, b, m and c are the times,
 *   a (with -a) too, attr is of statx, flags of chattr, fh the file handle
 *
 * followed, indented, by the target of a symlink, a line for each extended
 * attribute, and for files the checksum of data, where it is, and the checksum
 * of what is past the end of file, if there is something.
 *
 * The walk is by chdir(), so no path is too long, and no depth needs more file
 * descriptors. Nothing is changed but the atime of symlinks: mount noatime.
 */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <zlib.h>

#include "pkram_tree.h"

/* Holes up to this size are read to see whether they are zeros */
#define HOLE_MAX	(16L << 20)
#define DATA_MAX	(PAGE * 256)

union handle {
	struct file_handle fh;
	unsigned char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
};

struct name {
	uint64_t ino;
	int64_t off;
	unsigned char type;
	char *name;
};

/* A directory that we are in, and how far */
struct level {
	struct level *up;
	struct name *names;
	size_t nr;
	size_t next;
	size_t path_len;
};

static bool want_atime;
static char *path;		/* of the current name, escaped */
static size_t path_len;
static dev_t root_dev;

/* realloc() that does not fail */
void *grown(void *p, size_t size)
{
	p = realloc(p, size);
	if (!p)
		err(2, "%zu bytes", size);
	return p;
}

static void failed(const char *what)
{
	err(2, "%s: %s", path, what);
}

/* ------------------------------------------------------------ printing */

/* At @to there is room for four times the length */
static size_t escape(char *to, const char *from, size_t len)
{
	char *at = to;
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = from[i];

		if (isgraph(c) && c != '\\' && c != '"')
			*at++ = c;
		else
			at += sprintf(at, "\\%03o", c);
	}
	*at = 0;
	return at - to;
}

static void path_push(const char *name)
{
	const size_t len = strlen(name);

	path = grown(path, path_len + 2 + 4 * len);
	path[path_len++] = '/';
	path_len += escape(path + path_len, name, len);
}

static void path_cut(size_t len)
{
	path_len = len;
	path[len] = 0;
}

static void put_escaped(const char *s, size_t len)
{
	char *buf = grown(NULL, 4 * len + 1);

	fwrite(buf, 1, escape(buf, s, len), stdout);
	free(buf);
}

static void put_hex(const void *data, size_t len)
{
	const unsigned char *at = data;

	while (len--)
		printf("%02x", *at++);
}

static void put_time(const char *name, const struct statx_timestamp *ts)
{
	printf(" %s=%lld.%09u", name, (long long)ts->tv_sec, ts->tv_nsec);
}

/* ------------------------------------------------------------- content */

/* Checksum of [pos, end); *zeros says whether it is all zeros */
static uint32_t sum_range(int fd, off_t pos, off_t end, uint32_t crc,
			  bool *zeros)
{
	static unsigned char buf[DATA_MAX];

	*zeros = true;
	while (pos < end) {
		size_t want = end - pos < (off_t)DATA_MAX ? (size_t)(end - pos) : DATA_MAX;
		ssize_t n = pread(fd, buf, want, pos);

		if (n <= 0)
			failed("read");
		if (*zeros)
			*zeros = !buf[0] && !memcmp(buf, buf + 1, n - 1);
		crc = crc32(crc, buf, n);
		pos += n;
	}
	return crc;
}

/* The bytes that share a page with the end of file */
static void show_tail(int fd, off_t size)
{
	const size_t used = size % PAGE;
	const unsigned char *map;
	size_t i;

	map = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, size - used);
	if (map == MAP_FAILED)
		failed("mmap");
	for (i = used; i < PAGE && !map[i]; i++)
		;
	if (i < PAGE)
		printf("  tail %08lx\n",
		       crc32(0, map + used, PAGE - used));
	munmap((void *)map, PAGE);
}

static void show_data(int fd, off_t size)
{
	off_t pos = 0, data = 0, hole = 0;
	uint32_t crc = 0;
	bool zeros;

	printf("  data");
	while (pos < size) {
		data = lseek(fd, pos, SEEK_DATA);
		if (data < 0 && errno != ENXIO)
			failed("SEEK_DATA");
		if (data < 0)
			data = size;
		if (data > pos && data - pos <= HOLE_MAX) {
			sum_range(fd, pos, data, 0, &zeros);
			if (!zeros)
				printf(" DIRT:%lld", (long long)pos);
		}
		if (data == size)
			break;
		hole = lseek(fd, data, SEEK_HOLE);
		if (hole < 0)
			failed("SEEK_HOLE");
		printf(" %lld-%lld", (long long)data, (long long)hole);
		crc = sum_range(fd, data, hole, crc, &zeros);
		pos = hole;
	}
	printf(" crc=%08x\n", crc);
	/* Only when there is a page: a fault would make one */
	if (size % PAGE && hole == size && size < PAGE_END)
		show_tail(fd, size);
}

static void show_target(const char *name)
{
	char target[PATH_MAX];
	ssize_t len = readlink(name, target, sizeof(target));

	if (len < 0)
		failed("readlink");
	printf("  to ");
	put_escaped(target, len);
	putchar('\n');
}

static void show_xattrs(const char *name)
{
	static char list[XATTR_LIST_MAX], value[XATTR_SIZE_MAX];
	ssize_t len = llistxattr(name, list, sizeof(list)), n;
	const char *at;

	if (len < 0 && errno != EOPNOTSUPP)
		failed("listxattr");
	for (at = list; at < list + len; at += strlen(at) + 1) {
		n = lgetxattr(name, at, value, sizeof(value));
		if (n < 0)
			failed(at);
		printf("  xattr ");
		put_escaped(at, strlen(at));
		putchar('=');
		put_hex(value, n);
		putchar('\n');
	}
}

/* ---------------------------------------------------------------- name */

static void show_number(int fd, unsigned long cmd, const char *name)
{
	unsigned int value[2] = { 0 };	/* the kernel says long and means int */

	if (!ioctl(fd, cmd, value))
		printf(" %s=%#x", name, value[0]);
	else if (errno != ENOTTY && errno != EOPNOTSUPP)
		failed(name);
}

static void show_handle(const char *name)
{
	union handle h = { .fh.handle_bytes = MAX_HANDLE_SZ };
	int id;

	if (name_to_handle_at(AT_FDCWD, name, &h.fh, &id, 0)) {
		if (errno != EOPNOTSUPP)
			failed("name_to_handle_at");
		return;
	}
	printf(" fh=%d:", h.fh.handle_type);
	put_hex(h.fh.f_handle, h.fh.handle_bytes);
}

static void show_stat(const struct statx *sx)
{
	const uint64_t attr = sx->stx_attributes & ~STATX_ATTR_MOUNT_ROOT;

	printf(" %06o %u:%u nlink=%u size=%llu blocks=%llu rdev=%u:%u",
	       sx->stx_mode, sx->stx_uid, sx->stx_gid, sx->stx_nlink,
	       sx->stx_size, sx->stx_blocks, sx->stx_rdev_major,
	       sx->stx_rdev_minor);
	printf(" blksize=%u ino=%llu attr=%#llx", sx->stx_blksize, sx->stx_ino,
	       (unsigned long long)attr);
	put_time("b", &sx->stx_btime);
	put_time("m", &sx->stx_mtime);
	put_time("c", &sx->stx_ctime);
	if (want_atime)
		put_time("a", &sx->stx_atime);
}

/* All about one name in the current directory; is it one to be entered? */
static bool show(const char *name, const struct name *entry)
{
	struct statx sx;
	bool file, dir;
	int fd = -1;

	if (statx(AT_FDCWD, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
		  STATX_BASIC_STATS | STATX_BTIME, &sx))
		failed("statx");
	file = S_ISREG(sx.stx_mode);
	dir = S_ISDIR(sx.stx_mode);

	printf("\"%s\"", path_len ? path : "/");
	if (entry && makedev(sx.stx_dev_major, sx.stx_dev_minor) != root_dev) {
		printf(" is a mount\n");
		return false;
	}
	root_dev = makedev(sx.stx_dev_major, sx.stx_dev_minor);
	show_stat(&sx);
	if (entry) {
		printf(" off=%lld", (long long)entry->off);
		if (entry->ino != sx.stx_ino ||
		    entry->type != IFTODT(sx.stx_mode))
			printf(" DIRENT:%llu:%u",
			       (unsigned long long)entry->ino, entry->type);
	}
	show_handle(name);
	if (file || dir) {
		fd = open(name, O_RDONLY | O_NOATIME | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			failed("open");
		show_number(fd, FS_IOC_GETFLAGS, "flags");
		show_number(fd, FS_IOC_GETVERSION, "gen");
	}
	putchar('\n');
	if (S_ISLNK(sx.stx_mode))
		show_target(name);
	show_xattrs(name);
	if (file)
		show_data(fd, sx.stx_size);
	if (fd >= 0)
		close(fd);
	return dir;
}

/* ---------------------------------------------------------------- walk */

static bool is_dots(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

/* Reading on from the place after each name must give the next name */
static void check_seek(int fd, const struct level *lv)
{
	uint64_t buf[2048 / sizeof(uint64_t)];
	const struct dirent64 *d = (const void *)buf;
	size_t i;

	for (i = 0; i < lv->nr; i++) {
		ssize_t n;

		if (lseek(fd, lv->names[i].off, SEEK_SET) < 0)
			failed("seekdir");
		n = getdents64(fd, buf, sizeof(buf));
		if (n < 0)
			failed("readdir");
		if (!n != (i + 1 == lv->nr) ||
		    (n && strcmp(d->d_name, lv->names[i + 1].name)))
			printf("  SEEKDIR:%lld\n", (long long)lv->names[i].off);
	}
}

static void level_add(struct level *lv, const struct dirent64 *d)
{
	if (!(lv->nr & (lv->nr - 1)))
		lv->names = grown(lv->names, (lv->nr * 2 + 1) * sizeof(struct name));
	lv->names[lv->nr++] = (struct name){
		.ino = d->d_ino,
		.off = d->d_off,
		.type = d->d_type,
		.name = strdup(d->d_name),
	};
}

static struct level *level_enter(struct level *up)
{
	static uint64_t buf[65536 / sizeof(uint64_t)];
	int fd = open(".", O_RDONLY | O_DIRECTORY | O_NOATIME | O_CLOEXEC);
	struct level *lv = grown(NULL, sizeof(*lv));
	ssize_t n, at;

	if (fd < 0)
		failed("opendir");
	*lv = (struct level){ .up = up, .path_len = path_len };
	while ((n = getdents64(fd, buf, sizeof(buf)))) {
		if (n < 0)
			failed("readdir");
		for (at = 0; at < n;) {
			const struct dirent64 *d = (const void *)((char *)buf + at);

			if (!is_dots(d->d_name))
				level_add(lv, d);
			at += d->d_reclen;
		}
	}
	check_seek(fd, lv);
	close(fd);
	return lv;
}

static struct level *level_leave(struct level *lv)
{
	struct level *up = lv->up;

	if (up && chdir(".."))
		failed("chdir ..");
	while (lv->nr)
		free(lv->names[--lv->nr].name);
	free(lv->names);
	free(lv);
	return up;
}

static void show_statfs(void)
{
	struct statfs s;

	if (statfs(".", &s))
		failed("statfs");
	printf("statfs type=%#lx bsize=%ld blocks=%lu bfree=%lu bavail=%lu",
	       (long)s.f_type, (long)s.f_bsize, (unsigned long)s.f_blocks,
	       (unsigned long)s.f_bfree, (unsigned long)s.f_bavail);
	printf(" files=%lu ffree=%lu fsid=%08x%08x namelen=%ld\n",
	       (unsigned long)s.f_files, (unsigned long)s.f_ffree,
	       s.f_fsid.__val[0], s.f_fsid.__val[1], (long)s.f_namelen);
}

static int do_manifest(int argc, char **argv)
{
	struct level *lv;

	if (argc == 2 && !strcmp(argv[0], "-a")) {
		want_atime = true;
		argc--;
		argv++;
	}
	if (argc != 1)
		return 2;
	path = strdup("");
	if (chdir(argv[0]))
		err(2, "%s", argv[0]);
	show_statfs();
	show(".", NULL);
	lv = level_enter(NULL);
	while (lv) {
		const struct name *entry = &lv->names[lv->next++];

		path_cut(lv->path_len);
		if (lv->next > lv->nr) {
			lv = level_leave(lv);
			continue;
		}
		path_push(entry->name);
		if (!show(entry->name, entry))
			continue;
		if (chdir(entry->name))
			failed("chdir");
		lv = level_enter(lv);
	}
	return 0;
}

/* ------------------------------------------------------------- handles */

/* The handle of a line of a manifest, " fh=TYPE:HEX" */
static bool parse_handle(const char *line, union handle *h)
{
	const char *at = strstr(line, " fh=");
	unsigned int byte, n;

	if (!at || sscanf(at, " fh=%d:", &h->fh.handle_type) != 1)
		return false;
	at = strchr(at, ':') + 1;
	for (n = 0; n < MAX_HANDLE_SZ && sscanf(at, "%2x", &byte) == 1; n++) {
		h->room[sizeof(h->fh) + n] = byte;
		at += 2;
	}
	h->fh.handle_bytes = n;
	return true;
}

static int do_handles(int argc, char **argv)
{
	unsigned long nr = 0, bad = 0;
	unsigned long long ino;
	union handle h;
	char *line = NULL;
	size_t room = 0;
	struct stat st;
	int root, fd;

	if (argc != 1)
		return 2;
	root = open(argv[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		err(2, "%s", argv[0]);
	while (getline(&line, &room, stdin) > 0) {
		const char *at = strstr(line, " ino=");

		if (line[0] != '"' || !parse_handle(line, &h) ||
		    !at || sscanf(at, " ino=%llu", &ino) != 1)
			continue;
		nr++;
		fd = open_by_handle_at(root, &h.fh, O_PATH | O_CLOEXEC);
		if (fd >= 0 && !fstat(fd, &st) && st.st_ino == ino) {
			close(fd);
			continue;
		}
		if (!bad++)
			printf("handle: %s: %s", fd < 0 ? strerror(errno) :
			       "another inode", line);
		if (fd >= 0)
			close(fd);
	}
	free(line);
	printf("%lu handles, %lu bad\n", nr, bad);
	return bad || !nr;
}

int main(int argc, char **argv)
{
	int ret = 2;

	umask(0);
	if (argc > 1 && !strcmp(argv[1], "manifest"))
		ret = do_manifest(argc - 2, argv + 2);
	else if (argc > 1 && !strcmp(argv[1], "handles"))
		ret = do_handles(argc - 2, argv + 2);
	else if (argc > 1 && !strcmp(argv[1], "grow"))
		ret = do_grow(argc - 2, argv + 2);
	if (ret == 2)
		fprintf(stderr, "usage: see the head of pkram_tree.c\n");
	if (fflush(stdout) || ferror(stdout))
		err(2, "stdout");
	return ret;
}
