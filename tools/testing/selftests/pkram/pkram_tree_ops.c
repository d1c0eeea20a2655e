// SPDX-License-Identifier: GPL-2.0
/*
 * Random trees: the operations. Each picks what it works on and does nothing
 * when there is nothing of the kind.
 */
#define _GNU_SOURCE
#include <dirent.h>
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
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "pkram_tree.h"
#include "pkram_tree_grow.h"

#define KIB	1024UL
#define MIB	(1024 * KIB)

/* ---------------------------------------------------------------- data */

/* Where in a file: mostly nearby, at times anywhere in 8 EiB */
static off_t any_offset(void)
{
	if (one_in(40))
		return below(INT64_MAX - 16 * MIB);
	if (one_in(3))
		return any_size(9) * PAGE;
	return any_size(21);
}

static int open_file(const struct link *link, int flags)
{
	int fd = open(link->name, flags | O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		grow_failed("open");
	return fd;
}

static void write_random(int fd, size_t size, off_t pos)
{
	static unsigned char buf[64 * KIB];
	bool same = one_in(8);

	if (same)
		memset(buf, below(256), sizeof(buf));
	while (size) {
		size_t want = size < sizeof(buf) ? size : sizeof(buf);
		ssize_t n;

		if (!same)
			fill(buf, want);
		n = pwrite(fd, buf, want, pos);
		if (!did(n, "write"))
			return;
		pos += n;
		size -= n;
	}
}

static void write_some(int fd)
{
	unsigned int nr = 1 + below(4);

	while (nr--)
		write_random(fd, 1 + any_size(15), any_offset());
}

/* Set what is past the end of file in its last page, which has data then */
static void write_tail(int fd)
{
	struct stat st;
	char *map;

	if (fstat(fd, &st))
		grow_failed("stat");
	if (!(st.st_size % PAGE) || st.st_size >= PAGE_END ||
	    !did(pwrite(fd, "", 1, st.st_size - 1), "write"))
		return;
	map = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		   st.st_size & ~(PAGE - 1));
	if (map == MAP_FAILED)
		grow_failed("mmap");
	fill(map + st.st_size % PAGE, PAGE - st.st_size % PAGE);
	munmap(map, PAGE);
}

/* Holes that are read through a map become pages */
static void read_map(int fd)
{
	size_t size = PAGE * (1 + below(64));
	struct stat st;
	void *map;

	if (fstat(fd, &st))
		grow_failed("stat");
	if (st.st_size < (off_t)size)
		return;
	map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		grow_failed("mmap");
	/* EFAULT stands for a signal, and that for a file system that is full */
	did_or(madvise(map, size, MADV_POPULATE_READ), EFAULT, "madvise");
	munmap(map, size);
}

static void fill_new(int fd)
{
	switch (below(8)) {
	case 0:
		return;
	case 1:
		did(ftruncate(fd, any_offset()), "truncate");
		return;
	case 2:
		write_some(fd);
		return;
	case 3:
		write_random(fd, one_in(10) ? below(4 * MIB) : any_size(18), 0);
		return;
	default:
		write_random(fd, 1 + any_size(14), 0);
	}
}

static void op_write(void)
{
	const struct link *link = pick(REG);
	int fd;

	if (!link)
		return;
	fd = open_file(link, one_in(20) ? O_TRUNC : 0);
	write_some(fd);
	close(fd);
}

static void op_tail(void)
{
	const struct link *link = pick(REG);
	int fd;

	if (!link)
		return;
	fd = open_file(link, 0);
	if (one_in(2))
		write_tail(fd);
	else
		read_map(fd);
	close(fd);
}

static void op_fallocate(void)
{
	static const int modes[] = {
		0, FALLOC_FL_KEEP_SIZE,
		FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
		FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
	};
	const struct link *link = pick(REG);
	const int mode = modes[below(ARRAY_SIZE(modes))];
	const off_t pos = any_offset(), len = 1 + any_size(20);
	struct stat st;
	int fd;

	if (!link)
		return;
	fd = open_file(link, 0);
	if (fstat(fd, &st))
		grow_failed("stat");
	/* At the end, or near the beginning so that there is something to punch */
	did(fallocate(fd, mode, one_in(4) && st.st_size < INT64_MAX - (off_t)MIB ?
		      st.st_size : pos, len), "fallocate");
	close(fd);
}

static void op_truncate(void)
{
	const struct link *link = pick(REG);
	off_t size = any_offset();
	struct stat st;
	int fd;

	if (!link)
		return;
	fd = open_file(link, 0);
	if (fstat(fd, &st))
		grow_failed("stat");
	if (one_in(2) && st.st_size)
		size = below(st.st_size);
	did(ftruncate(fd, one_in(100) ? INT64_MAX : size), "truncate");
	close(fd);
}

/* --------------------------------------------------------------- names */

static mode_t any_mode(void)
{
	static const mode_t modes[] = { 0644, 0755, 01777, 06755, 0, 04000, 02070 };

	return one_in(3) ? below(010000) : modes[below(ARRAY_SIZE(modes))];
}

/* A directory, entered, and a new name in it */
static const char *new_place(struct node **dir)
{
	*dir = pick_dir();
	if (fchdir((*dir)->fd))
		grow_failed("fchdir");
	return new_name(*dir);
}

static void op_create(void)
{
	struct node *dir;
	const char *name = new_place(&dir);
	int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, any_mode());

	if (!did(fd, "create"))
		return;
	fill_new(fd);
	close(fd);
	made(dir, name, DT_REG);
}

static void op_tmpfile(void)
{
	struct node *dir;
	const char *name = new_place(&dir);
	int fd = open(".", O_RDWR | O_TMPFILE | O_CLOEXEC, any_mode());

	if (!did(fd, "O_TMPFILE"))
		return;
	fill_new(fd);
	if (did(linkat(fd, "", AT_FDCWD, name, AT_EMPTY_PATH), "link O_TMPFILE"))
		made(dir, name, DT_REG);
	close(fd);
}

static void op_mkdir(void)
{
	struct node *dir;
	const char *name = new_place(&dir);

	if (did(mkdir(name, any_mode()), "mkdir"))
		made(dir, name, DT_DIR);
}

static void op_symlink(void)
{
	static const size_t lengths[] = { 1, 126, 127, 128, 129, 4094, 4095 };
	struct node *dir;
	const char *name = new_place(&dir);
	char target[PATH_MAX];
	size_t len = one_in(4) ? lengths[below(ARRAY_SIZE(lengths))] :
				 1 + any_size(11), i;

	fill(target, len);
	for (i = 0; i < len; i++)
		target[i] = target[i] ?: '/';
	target[len] = 0;
	if (did(symlink(target, name), "symlink"))
		made(dir, name, DT_LNK);
}

static void op_mknod(void)
{
	static const mode_t types[] = { S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK };
	const mode_t type = types[below(ARRAY_SIZE(types))];
	const dev_t dev = one_in(4) ? 0 :
		makedev(below(1 << below(13)), below(1 << below(21)));
	struct node *dir;
	const char *name = new_place(&dir);

	if (did(mknod(name, type | any_mode(), dev), "mknod"))
		made(dir, name, IFTODT(type));
}

static void op_link(void)
{
	const struct link *link = pick(ANY & ~DIRS);
	struct node *dir = pick_dir(), *node;
	const char *name = new_name(dir);

	if (!link)
		return;
	node = link->node;
	if (did(linkat(AT_FDCWD, link->name, dir->fd, name, 0), "link"))
		add_link(dir, name, node);
}

static void op_unlink(void)
{
	struct link *link = pick(ANY);
	const bool dir = link && is_dir(link->node);

	if (!link || (dir && link->node->children))
		return;
	if (did(dir ? rmdir(link->name) : unlink(link->name), "unlink"))
		del_link(link);
}

/* The name @link is now @name in @dir, where there was nothing */
static void renamed(struct link *link, struct node *dir, const char *name)
{
	struct node *node = link->node;

	node->nlink++;
	del_link(link);
	add_link(dir, name, node);
	node->nlink--;
	if (is_dir(node))
		node->up = dir;
}

static void any_rename(unsigned int flags)
{
	struct link *link = pick(ANY);
	struct node *dir = pick_dir(), *old;
	const char *name = new_name(dir);
	char *old_name;

	if (!link || within(dir, link->node) ||
	    !did(renameat2(AT_FDCWD, link->name, dir->fd, name, flags), "rename"))
		return;
	old = link->dir;
	old_name = strdup(link->name);
	renamed(link, dir, name);
	if (flags & RENAME_WHITEOUT)
		made(old, old_name, DT_CHR);
	free(old_name);
}

static void op_rename(void)
{
	any_rename(0);
}

static void op_whiteout(void)
{
	any_rename(RENAME_WHITEOUT);
}

static void op_replace(void)
{
	struct link *a = pick(ANY), *b = pick(ANY);
	struct node *dir, *node;
	char *name;

	if (!a || a->node == b->node || within(b->dir, a->node) ||
	    !is_dir(a->node) != !is_dir(b->node) || b->node->children)
		return;
	if (!did(renameat2(a->dir->fd, a->name, b->dir->fd, b->name, 0), "replace"))
		return;
	dir = b->dir;
	node = a->node;
	name = strdup(b->name);
	/* a may have become another by the deletion of b */
	node->nlink++;
	if (a > b) {
		del_link(a);
		del_link(b);
	} else {
		del_link(b);
		del_link(a);
	}
	add_link(dir, name, node);
	node->nlink--;
	if (is_dir(node))
		node->up = dir;
	free(name);
}

static void op_exchange(void)
{
	struct link *a = pick(ANY), *b = pick(ANY);
	struct node *node;

	if (!a || within(a->dir, b->node) || within(b->dir, a->node))
		return;
	if (!did(renameat2(a->dir->fd, a->name, b->dir->fd, b->name,
			   RENAME_EXCHANGE), "exchange"))
		return;
	node = a->node;
	a->node = b->node;
	b->node = node;
	if (is_dir(a->node))
		a->node->up = a->dir;
	if (is_dir(b->node))
		b->node->up = b->dir;
}

/* ---------------------------------------------------------- attributes */

static void op_chmod(void)
{
	const struct link *link = pick(ANY & ~LNK);

	if (link)
		did(chmod(link->name, any_mode()), "chmod");
}

static unsigned int any_id(void)
{
	static const unsigned int ids[] = { 0, 1, 1000, 65534, UINT32_MAX - 1 };

	return one_in(4) ? below(UINT32_MAX) : ids[below(ARRAY_SIZE(ids))];
}

static void op_chown(void)
{
	const struct link *link = pick(ANY);

	if (link)
		did(lchown(link->name, any_id(), any_id()), "chown");
}

static time_t any_time(void)
{
	switch (below(8)) {
	case 0:
		return INT64_MIN;
	case 1:
		return INT64_MAX;
	case 2:
		return -1 - (time_t)any_size(40);
	case 3:
		return any_size(62);
	}
	return below(1ULL << 31);
}

static void op_utimes(void)
{
	const struct link *link = pick(ANY);
	struct timespec ts[2];
	int i;

	if (!link)
		return;
	for (i = 0; i < 2; i++)
		ts[i] = (struct timespec){
			.tv_sec = any_time(),
			.tv_nsec = one_in(8) ? UTIME_OMIT : below(1000000000),
		};
	did(utimensat(AT_FDCWD, link->name, ts, AT_SYMLINK_NOFOLLOW), "utimes");
}

/* Of inodes with a handle there is more to be saved */
static void op_handle(void)
{
	union {
		struct file_handle fh;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} h = { .fh.handle_bytes = MAX_HANDLE_SZ };
	const struct link *link = pick(ANY);
	int id;

	if (link)
		did(name_to_handle_at(AT_FDCWD, link->name, &h.fh, &id, 0),
		    "name_to_handle_at");
}

/* A version 2 or 3 struct vfs_ns_cap_data; returns its size */
static size_t any_capability(uint32_t *data)
{
	const bool v3 = one_in(3);

	fill(data, 24);
	data[0] = (v3 ? 0x03000000 : 0x02000000) | below(2);
	data[5] = 1 + below(65534);
	return v3 ? 24 : 20;
}

static void op_xattr(void)
{
	static const char * const prefixes[] = { "trusted.", "security.", "user." };
	static unsigned char value[XATTR_SIZE_MAX];
	const struct link *link = pick(ANY);
	const unsigned int types = link ? BIT(link->node->type) : 0;
	char name[XATTR_NAME_MAX + 1];
	size_t size, len, i;

	if (!link)
		return;
	/* user. is for files and directories only */
	len = sprintf(name, "%s", prefixes[below(types & (REG | DIRS) ? 3 : 2)]);
	size = one_in(30) ? XATTR_NAME_MAX - len : 1;
	for (i = 0; i < size; i++)
		name[len++] = 'a' + below(size == 1 ? 8 : 26);
	name[len] = 0;
	size = one_in(30) ? sizeof(value) : any_size(12);
	fill(value, size);
	if (types & REG && one_in(4)) {
		sprintf(name, "security.capability");
		size = any_capability((void *)value);
	}
	if (one_in(5))
		did_or(lremovexattr(link->name, name), ENODATA, "removexattr");
	else
		did(lsetxattr(link->name, name, value, size, 0), name);
}

struct acl_entry {
	uint16_t tag;
	uint16_t perm;
	uint32_t id;
};

struct acl {
	uint32_t version;
	struct acl_entry entries[64];
};

/* A valid ACL, see posix_acl_valid(); returns its size */
static size_t any_acl(struct acl *acl)
{
	enum { USER_OBJ = 1, USER = 2, GROUP_OBJ = 4, GROUP = 8, MASK = 16, OTHER = 32 };
	const unsigned int users = any_size(4), groups = any_size(4);
	unsigned int nr = 0, i;

#define ADD(t, i) (acl->entries[nr++] = (struct acl_entry){ t, below(8), i })
	acl->version = 2;
	ADD(USER_OBJ, -1);
	for (i = 0; i < users; i++)
		ADD(USER, any_id());
	ADD(GROUP_OBJ, -1);
	for (i = 0; i < groups; i++)
		ADD(GROUP, any_id());
	if (users || groups || one_in(4))
		ADD(MASK, -1);
	ADD(OTHER, -1);
#undef ADD
	return sizeof(acl->version) + nr * sizeof(acl->entries[0]);
}

static void op_acl(void)
{
	const struct link *link = pick(ANY & ~LNK);
	const char *name = "system.posix_acl_access";
	struct acl acl;
	size_t size;

	if (!link)
		return;
	if (is_dir(link->node) && one_in(2))
		name = "system.posix_acl_default";
	size = any_acl(&acl);
	if (one_in(5))
		did_or(removexattr(link->name, name), ENODATA, "remove ACL");
	else
		did(setxattr(link->name, name, &acl, size, 0), "set ACL");
}

/* --------------------------------------------------------------- flags */

static void change_flags(const char *name, unsigned int clear, unsigned int set)
{
	unsigned int flags[2] = { 0 };	/* see FS_IOC_GETFLAGS */
	int fd = open(name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		grow_failed("open");
	if (ioctl(fd, FS_IOC_GETFLAGS, flags))
		grow_failed("FS_IOC_GETFLAGS");
	if ((flags[0] & clear) || set) {
		flags[0] = (flags[0] & ~clear) | set;
		if (ioctl(fd, FS_IOC_SETFLAGS, flags))
			grow_failed("FS_IOC_SETFLAGS");
	}
	close(fd);
}

void clear_late_flags(const char *name)
{
	change_flags(name, FS_IMMUTABLE_FL | FS_APPEND_FL, 0);
}

static void op_flags(void)
{
	static const unsigned int flags[] = {
		0, FS_NODUMP_FL, FS_NOATIME_FL, FS_NODUMP_FL | FS_NOATIME_FL,
	};
	const struct link *link = pick(REG | DIRS);

	if (link)
		change_flags(link->name, FS_NODUMP_FL | FS_NOATIME_FL,
			     flags[below(ARRAY_SIZE(flags))]);
}

void set_late_flags(size_t nr)
{
	static const unsigned int flags[] = {
		FS_IMMUTABLE_FL, FS_APPEND_FL, FS_IMMUTABLE_FL | FS_APPEND_FL,
	};

	while (nr--) {
		const struct link *link = pick(REG | DIRS);

		/* Nothing can be set that would take it back */
		if (link)
			change_flags(link->name, FS_IMMUTABLE_FL | FS_APPEND_FL,
				     flags[below(ARRAY_SIZE(flags))]);
	}
}

/* ----------------------------------------------------------------- all */

const struct op ops[] = {
	{ op_create, "create", KIND_BASE, 24 },
	{ op_tmpfile, "tmpfile", KIND_BASE, 3 },
	{ op_mkdir, "mkdir", KIND_BASE, 10 },
	{ op_symlink, "symlink", KIND_BASE, 8 },
	{ op_mknod, "mknod", KIND_BASE, 6 },
	{ op_link, "link", KIND_BASE, 8 },
	{ op_unlink, "unlink", KIND_BASE, 12 },
	{ op_rename, "rename", KIND_BASE, 6 },
	{ op_whiteout, "whiteout", KIND_WHITEOUT, 2 },
	{ op_replace, "replace", KIND_BASE, 4 },
	{ op_exchange, "exchange", KIND_BASE, 4 },
	{ op_write, "write", KIND_BASE, 16 },
	{ op_tail, "tail", KIND_BASE, 4 },
	{ op_fallocate, "fallocate", KIND_BASE, 12 },
	{ op_truncate, "truncate", KIND_BASE, 6 },
	{ op_chmod, "chmod", KIND_BASE, 6 },
	{ op_chown, "chown", KIND_BASE, 6 },
	{ op_utimes, "utimes", KIND_BASE, 8 },
	{ op_handle, "handle", KIND_BASE, 3 },
	{ op_xattr, "xattr", KIND_XATTR, 16 },
	{ op_acl, "acl", KIND_ACL, 10 },
	{ op_flags, "flags", KIND_FLAGS, 6 },
	{ NULL }
};
