/* SPDX-License-Identifier: GPL-2.0 */
/*
 * On-memory format of a tmpfs that is preserved by PKRAM.
 */
#ifndef _LINUX_PKRAM_ABI_SHMEM_H
#define _LINUX_PKRAM_ABI_SHMEM_H

#include <linux/build_bug.h>
#include <linux/types.h>
#ifdef __KERNEL__
#include <linux/stddef.h>
#else
#include <stddef.h>
#endif

/**
 * DOC: PKRAM format of a tmpfs
 *
 * A tmpfs mounted with pkram=NAME is the node "shmem-NAME". It has one object.
 * The object's page stream holds the folios of all files, one file after the
 * other, each file's in ascending order of index. Its byte stream holds
 * everything else as a sequence of records::
 *
 *  stream = HEADER SUPER root dir...
 *  root   = inode
 *  dir    = DIR entry...                  as many as DIR says
 *  entry  = [inode] DENTRY
 *  inode  = INODE [SYMLINK] [DATA]
 *
 * - Inodes have ids, 1 for the root and then ascending in the order of their
 *   INODE records. A DENTRY refers to an inode by id.
 * - The INODE record stands right before the first name of the inode. So every
 *   inode is reachable, and a directory, which has no other name, cannot be
 *   inside itself. Further names (hard links) have only the DENTRY.
 * - There is one DIR for each directory, also if it is empty, in ascending
 *   order of id. That makes the tree come breadth first.
 * - The entries of a directory come in the order in which they are to be
 *   created, the oldest first. readdir() gives them in reverse.
 * - The number of names of an inode is its nlink; a directory's nlink is two
 *   and the number of directories in it.
 * - DATA gives the position of a file's folios in the page stream, in frames;
 *   it is the number of frames in all DATA records before. A folio never
 *   belongs to two files.
 * - No two entries of a directory have the same name or the same offset.
 *
 * All records begin with &struct pkram_shmem_rec and are as long as it says, a
 * multiple of 8 bytes. Unused bytes and reserved fields are zero. A type or a
 * flag that the reader does not know makes the whole node unreadable for it,
 * since it would lose something. New kinds of state get new types, which may
 * follow the INODE they belong to.
 *
 * Numbers are little-endian. User and group ids are those of the initial user
 * namespace. Times are seconds since 1970, as a two's complement number, and
 * nanoseconds.
 */

/* Magic of a tmpfs' byte stream: ASCII read as a little-endian number */
#define PKRAM_SHMEM_MAGIC	0x53464D544D524B50ULL	/* "PKRMTMFS" */

/* PKRAM_SHMEM_VERSION: version of everything in this file */
#define PKRAM_SHMEM_VERSION	1

/* &struct pkram_shmem_rec.type */
#define PKRAM_SHMEM_HEADER	1
#define PKRAM_SHMEM_SUPER	2
#define PKRAM_SHMEM_INODE	3
#define PKRAM_SHMEM_DIR		4
#define PKRAM_SHMEM_DENTRY	5
#define PKRAM_SHMEM_SYMLINK	6
#define PKRAM_SHMEM_DATA	7

/* PKRAM_SHMEM_REC_MAX: longest record; fits any extended attribute */
#define PKRAM_SHMEM_REC_MAX	0x20000

/* PKRAM_SHMEM_REC_ALIGN: alignment of records */
#define PKRAM_SHMEM_REC_ALIGN	8

/**
 * struct pkram_shmem_rec - what every record begins with
 * @type: type of record
 * @flags: flags of this type
 * @len: length in bytes, this header and padding included
 */
struct pkram_shmem_rec {
	__u16 type;
	__u16 flags;
	__u32 len;
};

static_assert(sizeof(struct pkram_shmem_rec) == 8);
static_assert(offsetof(struct pkram_shmem_rec, type) == 0);
static_assert(offsetof(struct pkram_shmem_rec, flags) == 2);
static_assert(offsetof(struct pkram_shmem_rec, len) == 4);

/**
 * struct pkram_shmem_header - what the tree amounts to
 * @rec: type %PKRAM_SHMEM_HEADER
 * @magic: %PKRAM_SHMEM_MAGIC
 * @version: %PKRAM_SHMEM_VERSION
 * @reserved: 0
 * @nr_inodes: INODE records
 * @nr_dentries: DENTRY records; with the root's, which has none, what the tree
 *	takes of nr_inodes=
 * @nr_frames: frames in all DATA records
 * @nr_blocks: pages that the tree took of size=: frames and long symlinks
 * @nr_bytes: length of the byte stream
 * @xattr_space: bytes of the inode budget that extended attributes take; 0
 */
struct pkram_shmem_header {
	struct pkram_shmem_rec rec;
	__u64 magic;
	__u32 version;
	__u32 reserved;
	__u64 nr_inodes;
	__u64 nr_dentries;
	__u64 nr_frames;
	__u64 nr_blocks;
	__u64 nr_bytes;
	__u64 xattr_space;
};

static_assert(sizeof(struct pkram_shmem_header) == 72);
static_assert(offsetof(struct pkram_shmem_header, rec) == 0);
static_assert(offsetof(struct pkram_shmem_header, magic) == 8);
static_assert(offsetof(struct pkram_shmem_header, version) == 16);
static_assert(offsetof(struct pkram_shmem_header, reserved) == 20);
static_assert(offsetof(struct pkram_shmem_header, nr_inodes) == 24);
static_assert(offsetof(struct pkram_shmem_header, nr_dentries) == 32);
static_assert(offsetof(struct pkram_shmem_header, nr_frames) == 40);
static_assert(offsetof(struct pkram_shmem_header, nr_blocks) == 48);
static_assert(offsetof(struct pkram_shmem_header, nr_bytes) == 56);
static_assert(offsetof(struct pkram_shmem_header, xattr_space) == 64);

/* Flags of %PKRAM_SHMEM_SUPER */
#define PKRAM_SHMEM_SUPER_INODE64	0x1	/* mounted with inode64 */
#define PKRAM_SHMEM_SUPER_NOSWAP	0x2	/* mounted with noswap */

/* &struct pkram_shmem_super.huge */
#define PKRAM_SHMEM_HUGE_NEVER		0
#define PKRAM_SHMEM_HUGE_ALWAYS		1
#define PKRAM_SHMEM_HUGE_WITHIN_SIZE	2
#define PKRAM_SHMEM_HUGE_ADVISE		3

/**
 * struct pkram_shmem_super - the file system as a whole
 * @rec: type %PKRAM_SHMEM_SUPER
 * @max_blocks: size= in pages, 0 when unlimited
 * @max_inodes: nr_inodes=, 0 when unlimited
 * @next_ino: inode number that the next new inode is to get
 * @uuid: UUID
 * @uid: uid=, not that of the root directory
 * @gid: gid=, not that of the root directory
 * @mode: mode=, not that of the root directory
 * @huge: huge=
 */
struct pkram_shmem_super {
	struct pkram_shmem_rec rec;
	__u64 max_blocks;
	__u64 max_inodes;
	__u64 next_ino;
	__u8 uuid[16];
	__u32 uid;
	__u32 gid;
	__u32 mode;
	__u32 huge;
};

static_assert(sizeof(struct pkram_shmem_super) == 64);
static_assert(offsetof(struct pkram_shmem_super, rec) == 0);
static_assert(offsetof(struct pkram_shmem_super, max_blocks) == 8);
static_assert(offsetof(struct pkram_shmem_super, max_inodes) == 16);
static_assert(offsetof(struct pkram_shmem_super, next_ino) == 24);
static_assert(offsetof(struct pkram_shmem_super, uuid) == 32);
static_assert(offsetof(struct pkram_shmem_super, uid) == 48);
static_assert(offsetof(struct pkram_shmem_super, gid) == 52);
static_assert(offsetof(struct pkram_shmem_super, mode) == 56);
static_assert(offsetof(struct pkram_shmem_super, huge) == 60);

/* Flags of %PKRAM_SHMEM_INODE */
#define PKRAM_SHMEM_INODE_HASHED	0x1	/* file handles were given out */

/**
 * struct pkram_shmem_inode - an inode
 * @rec: type %PKRAM_SHMEM_INODE
 * @id: number of INODE records up to this one
 * @mode: type and permissions, as in stat()
 * @ino: inode number
 * @uid: owner
 * @gid: group
 * @nlink: number of links
 * @generation: generation, part of file handles
 * @rdev_major: device number of a device, else 0
 * @rdev_minor: device number of a device, else 0
 * @size: size in bytes
 * @version: change counter
 * @atime: time of last access
 * @mtime: time of last modification
 * @ctime: time of last change
 * @btime: time of creation
 * @atime_nsec: nanoseconds of @atime
 * @mtime_nsec: nanoseconds of @mtime
 * @ctime_nsec: nanoseconds of @ctime
 * @btime_nsec: nanoseconds of @btime
 * @fsflags: FS_*_FL, as FS_IOC_GETFLAGS gives them
 * @reserved: 0
 */
struct pkram_shmem_inode {
	struct pkram_shmem_rec rec;
	__u32 id;
	__u32 mode;
	__u64 ino;
	__u32 uid;
	__u32 gid;
	__u32 nlink;
	__u32 generation;
	__u32 rdev_major;
	__u32 rdev_minor;
	__u64 size;
	__u64 version;
	__u64 atime;
	__u64 mtime;
	__u64 ctime;
	__u64 btime;
	__u32 atime_nsec;
	__u32 mtime_nsec;
	__u32 ctime_nsec;
	__u32 btime_nsec;
	__u32 fsflags;
	__u32 reserved;
};

static_assert(sizeof(struct pkram_shmem_inode) == 120);
static_assert(offsetof(struct pkram_shmem_inode, rec) == 0);
static_assert(offsetof(struct pkram_shmem_inode, id) == 8);
static_assert(offsetof(struct pkram_shmem_inode, mode) == 12);
static_assert(offsetof(struct pkram_shmem_inode, ino) == 16);
static_assert(offsetof(struct pkram_shmem_inode, uid) == 24);
static_assert(offsetof(struct pkram_shmem_inode, gid) == 28);
static_assert(offsetof(struct pkram_shmem_inode, nlink) == 32);
static_assert(offsetof(struct pkram_shmem_inode, generation) == 36);
static_assert(offsetof(struct pkram_shmem_inode, rdev_major) == 40);
static_assert(offsetof(struct pkram_shmem_inode, rdev_minor) == 44);
static_assert(offsetof(struct pkram_shmem_inode, size) == 48);
static_assert(offsetof(struct pkram_shmem_inode, version) == 56);
static_assert(offsetof(struct pkram_shmem_inode, atime) == 64);
static_assert(offsetof(struct pkram_shmem_inode, mtime) == 72);
static_assert(offsetof(struct pkram_shmem_inode, ctime) == 80);
static_assert(offsetof(struct pkram_shmem_inode, btime) == 88);
static_assert(offsetof(struct pkram_shmem_inode, atime_nsec) == 96);
static_assert(offsetof(struct pkram_shmem_inode, mtime_nsec) == 100);
static_assert(offsetof(struct pkram_shmem_inode, ctime_nsec) == 104);
static_assert(offsetof(struct pkram_shmem_inode, btime_nsec) == 108);
static_assert(offsetof(struct pkram_shmem_inode, fsflags) == 112);
static_assert(offsetof(struct pkram_shmem_inode, reserved) == 116);

/* PKRAM_SHMEM_OFFSET_MIN, _MAX: range of directory offsets */
#define PKRAM_SHMEM_OFFSET_MIN	3
#define PKRAM_SHMEM_OFFSET_MAX	0x7ffffffe

/**
 * struct pkram_shmem_dir - a directory's entries follow
 * @rec: type %PKRAM_SHMEM_DIR
 * @id: its inode
 * @nr: number of DENTRY records up to the next DIR
 * @next_offset: offset after which to look for a free one for a new entry
 * @reserved: 0
 */
struct pkram_shmem_dir {
	struct pkram_shmem_rec rec;
	__u32 id;
	__u32 nr;
	__u32 next_offset;
	__u32 reserved;
};

static_assert(sizeof(struct pkram_shmem_dir) == 24);
static_assert(offsetof(struct pkram_shmem_dir, rec) == 0);
static_assert(offsetof(struct pkram_shmem_dir, id) == 8);
static_assert(offsetof(struct pkram_shmem_dir, nr) == 12);
static_assert(offsetof(struct pkram_shmem_dir, next_offset) == 16);
static_assert(offsetof(struct pkram_shmem_dir, reserved) == 20);

/* PKRAM_SHMEM_NAME_MAX: longest name in bytes */
#define PKRAM_SHMEM_NAME_MAX	255

/**
 * struct pkram_shmem_dentry - a name in a directory
 * @rec: type %PKRAM_SHMEM_DENTRY
 * @id: inode that it names
 * @offset: directory offset, as d_off of readdir() gives it
 * @name_len: length of @name
 * @name: name: no '/', no NUL, not "." or ".."
 */
struct pkram_shmem_dentry {
	struct pkram_shmem_rec rec;
	__u32 id;
	__u32 offset;
	__u32 name_len;
	__u8 name[];
};

static_assert(sizeof(struct pkram_shmem_dentry) == 20);
static_assert(offsetof(struct pkram_shmem_dentry, rec) == 0);
static_assert(offsetof(struct pkram_shmem_dentry, id) == 8);
static_assert(offsetof(struct pkram_shmem_dentry, offset) == 12);
static_assert(offsetof(struct pkram_shmem_dentry, name_len) == 16);
static_assert(offsetof(struct pkram_shmem_dentry, name) == 20);

/* PKRAM_SHMEM_TARGET_MAX: longest target of a symlink in bytes */
#define PKRAM_SHMEM_TARGET_MAX	4095

/**
 * struct pkram_shmem_symlink - where a symlink points
 * @rec: type %PKRAM_SHMEM_SYMLINK
 * @target_len: length of @target, the inode's size
 * @target: target, without NUL
 */
struct pkram_shmem_symlink {
	struct pkram_shmem_rec rec;
	__u32 target_len;
	__u8 target[];
};

static_assert(sizeof(struct pkram_shmem_symlink) == 12);
static_assert(offsetof(struct pkram_shmem_symlink, rec) == 0);
static_assert(offsetof(struct pkram_shmem_symlink, target_len) == 8);
static_assert(offsetof(struct pkram_shmem_symlink, target) == 12);

/**
 * struct pkram_shmem_data - pages of a regular file; absent when it has none
 * @rec: type %PKRAM_SHMEM_DATA
 * @pos: frames in the page stream before the first of this file
 * @nr: number of frames of this file
 * @fallocend: index up to which fallocate() has reserved pages beyond the end
 */
struct pkram_shmem_data {
	struct pkram_shmem_rec rec;
	__u64 pos;
	__u64 nr;
	__u64 fallocend;
};

static_assert(sizeof(struct pkram_shmem_data) == 32);
static_assert(offsetof(struct pkram_shmem_data, rec) == 0);
static_assert(offsetof(struct pkram_shmem_data, pos) == 8);
static_assert(offsetof(struct pkram_shmem_data, nr) == 16);
static_assert(offsetof(struct pkram_shmem_data, fallocend) == 24);

#endif /* _LINUX_PKRAM_ABI_SHMEM_H */
