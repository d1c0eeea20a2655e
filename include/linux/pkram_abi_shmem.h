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
 *  stream = HEADER SUPER [MPOL] [QUOTA] root dir... [DQUOT...]
 *  root   = inode
 *  dir    = DIR entry...                  as many as DIR says
 *  entry  = [inode] DENTRY
 *  inode  = INODE [SYMLINK] [DATA [SUMS...]] [POISON...] [XATTR...] [ACL...]
 *           [POLICY...]
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
 * - The records that follow INODE come in any order, but SUMS after DATA. POISON
 *   and POLICY ranges of a file ascend and do not overlap, no page of a POISON
 *   range is in the page stream, and no two XATTR have the same name.
 * - SUMS are there exactly when SUPER has %PKRAM_SHMEM_SUPER_VERIFY. Those of a
 *   file ascend, do not overlap, and cover its folios that are up to date and
 *   nothing else: by index, so wherever these are moved to.
 * - DQUOT records need QUOTA, and ascend by type and id.
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
#define PKRAM_SHMEM_MPOL	8
#define PKRAM_SHMEM_QUOTA	9
#define PKRAM_SHMEM_POISON	10
#define PKRAM_SHMEM_XATTR	11
#define PKRAM_SHMEM_ACL		12
#define PKRAM_SHMEM_POLICY	13
#define PKRAM_SHMEM_DQUOT	14
#define PKRAM_SHMEM_SUMS	15

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
 * @nr_blocks: pages that the tree takes of size=: frames, pages in POISON
 *	records and long symlinks
 * @nr_bytes: length of the byte stream
 * @nr_poison: pages in all POISON records
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
	__u64 nr_poison;
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
static_assert(offsetof(struct pkram_shmem_header, nr_poison) == 64);

/* Flags of %PKRAM_SHMEM_SUPER */
#define PKRAM_SHMEM_SUPER_INODE64	0x1	/* mounted with inode64 */
#define PKRAM_SHMEM_SUPER_NOSWAP	0x2	/* mounted with noswap */
#define PKRAM_SHMEM_SUPER_NOSUID	0x4	/* first mounted nosuid */
#define PKRAM_SHMEM_SUPER_NODEV		0x8	/* first mounted nodev */
#define PKRAM_SHMEM_SUPER_NOEXEC	0x10	/* first mounted noexec */
#define PKRAM_SHMEM_SUPER_VERIFY	0x20	/* mounted with verify */
#define PKRAM_SHMEM_SUPER_MOUNT_FLAGS	(PKRAM_SHMEM_SUPER_NOSUID | \
					 PKRAM_SHMEM_SUPER_NODEV | \
					 PKRAM_SHMEM_SUPER_NOEXEC)

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

/*
 * PKRAM_SHMEM_SUM_PAGES: most pages of a checksum, which never covers pages on
 * both sides of an index that is a multiple of this
 */
#define PKRAM_SHMEM_SUM_PAGES	512

/**
 * struct pkram_shmem_sum - checksum of pages of a file that follow each other
 * @start: index of the first
 * @nr: how many
 * @crc: crc32c of all their bytes, also of those past the end of the file; the
 *	seed is ~0, and it is not inverted
 */
struct pkram_shmem_sum {
	__u64 start;
	__u32 nr;
	__u32 crc;
};

static_assert(sizeof(struct pkram_shmem_sum) == 16);
static_assert(offsetof(struct pkram_shmem_sum, start) == 0);
static_assert(offsetof(struct pkram_shmem_sum, nr) == 8);
static_assert(offsetof(struct pkram_shmem_sum, crc) == 12);

/**
 * struct pkram_shmem_sums - checksums of the contents of a regular file
 * @rec: type %PKRAM_SHMEM_SUMS; its length tells how many
 * @sums: one at least
 */
struct pkram_shmem_sums {
	struct pkram_shmem_rec rec;
	struct pkram_shmem_sum sums[];
};

static_assert(sizeof(struct pkram_shmem_sums) == 8);
static_assert(offsetof(struct pkram_shmem_sums, rec) == 0);
static_assert(offsetof(struct pkram_shmem_sums, sums) == 8);

/* PKRAM_SHMEM_SUMS_MAX: most checksums in a record */
#define PKRAM_SHMEM_SUMS_MAX	8191

static_assert(sizeof(struct pkram_shmem_sums) +
	      PKRAM_SHMEM_SUMS_MAX * sizeof(struct pkram_shmem_sum) <=
	      PKRAM_SHMEM_REC_MAX);

/* Types of quota, also bits of %PKRAM_SHMEM_QUOTA's flags */
#define PKRAM_SHMEM_QUOTA_USER		0
#define PKRAM_SHMEM_QUOTA_GROUP		1
#define PKRAM_SHMEM_QUOTA_TYPES		2

/* Flags of %PKRAM_SHMEM_QUOTA: 1 << type when usage is counted, and */
#define PKRAM_SHMEM_QUOTA_LIMITS_SHIFT	8	/* when limits are in force */

/**
 * struct pkram_shmem_quota - quotas of the mount, by type
 * @rec: type %PKRAM_SHMEM_QUOTA
 * @space_hard: bytes that a new id may have, 0 for any number
 * @inodes_hard: inodes that a new id may have, 0 for any number
 * @space_grace: seconds that a soft limit on bytes may be exceeded
 * @inodes_grace: seconds that a soft limit on inodes may be exceeded
 */
struct pkram_shmem_quota {
	struct pkram_shmem_rec rec;
	__u64 space_hard[PKRAM_SHMEM_QUOTA_TYPES];
	__u64 inodes_hard[PKRAM_SHMEM_QUOTA_TYPES];
	__u32 space_grace[PKRAM_SHMEM_QUOTA_TYPES];
	__u32 inodes_grace[PKRAM_SHMEM_QUOTA_TYPES];
};

static_assert(sizeof(struct pkram_shmem_quota) == 56);
static_assert(offsetof(struct pkram_shmem_quota, rec) == 0);
static_assert(offsetof(struct pkram_shmem_quota, space_hard) == 8);
static_assert(offsetof(struct pkram_shmem_quota, inodes_hard) == 24);
static_assert(offsetof(struct pkram_shmem_quota, space_grace) == 40);
static_assert(offsetof(struct pkram_shmem_quota, inodes_grace) == 48);

/**
 * struct pkram_shmem_dquot - limits of a user or group
 * @rec: type %PKRAM_SHMEM_DQUOT
 * @id: user or group
 * @type: PKRAM_SHMEM_QUOTA_USER or _GROUP
 * @space_hard: bytes, 0 for any number
 * @space_soft: bytes, 0 for any number
 * @inodes_hard: inodes, 0 for any number
 * @inodes_soft: inodes, 0 for any number
 * @space_time: when the grace for @space_soft ends, 0 when not exceeded
 * @inodes_time: when the grace for @inodes_soft ends, 0 when not exceeded
 */
struct pkram_shmem_dquot {
	struct pkram_shmem_rec rec;
	__u32 id;
	__u32 type;
	__u64 space_hard;
	__u64 space_soft;
	__u64 inodes_hard;
	__u64 inodes_soft;
	__u64 space_time;
	__u64 inodes_time;
};

static_assert(sizeof(struct pkram_shmem_dquot) == 64);
static_assert(offsetof(struct pkram_shmem_dquot, rec) == 0);
static_assert(offsetof(struct pkram_shmem_dquot, id) == 8);
static_assert(offsetof(struct pkram_shmem_dquot, type) == 12);
static_assert(offsetof(struct pkram_shmem_dquot, space_hard) == 16);
static_assert(offsetof(struct pkram_shmem_dquot, space_soft) == 24);
static_assert(offsetof(struct pkram_shmem_dquot, inodes_hard) == 32);
static_assert(offsetof(struct pkram_shmem_dquot, inodes_soft) == 40);
static_assert(offsetof(struct pkram_shmem_dquot, space_time) == 48);
static_assert(offsetof(struct pkram_shmem_dquot, inodes_time) == 56);

/* PKRAM_SHMEM_XATTR_NAME_MAX, _VALUE_MAX: longest name and value in bytes */
#define PKRAM_SHMEM_XATTR_NAME_MAX	255
#define PKRAM_SHMEM_XATTR_VALUE_MAX	65536

/**
 * struct pkram_shmem_xattr - an extended attribute of any namespace
 * @rec: type %PKRAM_SHMEM_XATTR
 * @name_len: length of the name
 * @value_len: length of the value
 * @data: name with its prefix, without NUL, and right behind it the value
 */
struct pkram_shmem_xattr {
	struct pkram_shmem_rec rec;
	__u32 name_len;
	__u32 value_len;
	__u8 data[];
};

static_assert(sizeof(struct pkram_shmem_xattr) == 16);
static_assert(offsetof(struct pkram_shmem_xattr, rec) == 0);
static_assert(offsetof(struct pkram_shmem_xattr, name_len) == 8);
static_assert(offsetof(struct pkram_shmem_xattr, value_len) == 12);
static_assert(offsetof(struct pkram_shmem_xattr, data) == 16);

/* Flags of %PKRAM_SHMEM_ACL */
#define PKRAM_SHMEM_ACL_DEFAULT		0x1	/* else the access ACL */

/**
 * struct pkram_shmem_acl - a POSIX ACL
 * @rec: type %PKRAM_SHMEM_ACL
 * @len: length of @acl
 * @reserved: 0
 * @acl: as in the value of system.posix_acl_access
 */
struct pkram_shmem_acl {
	struct pkram_shmem_rec rec;
	__u32 len;
	__u32 reserved;
	__u8 acl[];
};

static_assert(sizeof(struct pkram_shmem_acl) == 16);
static_assert(offsetof(struct pkram_shmem_acl, rec) == 0);
static_assert(offsetof(struct pkram_shmem_acl, len) == 8);
static_assert(offsetof(struct pkram_shmem_acl, reserved) == 12);
static_assert(offsetof(struct pkram_shmem_acl, acl) == 16);

/**
 * struct pkram_shmem_poison - pages of a regular file that have been lost
 * @rec: type %PKRAM_SHMEM_POISON
 * @start: index of the first
 * @nr: how many in a row
 *
 * To read them is an error.
 */
struct pkram_shmem_poison {
	struct pkram_shmem_rec rec;
	__u64 start;
	__u64 nr;
};

static_assert(sizeof(struct pkram_shmem_poison) == 24);
static_assert(offsetof(struct pkram_shmem_poison, rec) == 0);
static_assert(offsetof(struct pkram_shmem_poison, start) == 8);
static_assert(offsetof(struct pkram_shmem_poison, nr) == 16);

/* PKRAM_SHMEM_NODES_WORDS: most words of a mask of NUMA nodes */
#define PKRAM_SHMEM_NODES_WORDS		64

/* PKRAM_SHMEM_NO_NODE: no NUMA node */
#define PKRAM_SHMEM_NO_NODE		0xffffffffU

/**
 * struct pkram_shmem_policy - NUMA policy of a part of a regular file, or mpol=
 * @rec: type %PKRAM_SHMEM_POLICY, or %PKRAM_SHMEM_MPOL
 * @start: index of the first page; 0 in the policy of a mount
 * @end: index after the last page; 0 in the policy of a mount
 * @mode: MPOL_* mode and MPOL_F_* flags of include/uapi/linux/mempolicy.h,
 *	as in the argument of mbind()
 * @home_node: home node, or %PKRAM_SHMEM_NO_NODE
 * @nr_words: length of a mask in @nodes
 * @reserved: 0
 * @nodes: mask of nodes in use, and behind it that of nodes asked for
 */
struct pkram_shmem_policy {
	struct pkram_shmem_rec rec;
	__u64 start;
	__u64 end;
	__u32 mode;
	__u32 home_node;
	__u32 nr_words;
	__u32 reserved;
	__u64 nodes[];
};

static_assert(sizeof(struct pkram_shmem_policy) == 40);
static_assert(offsetof(struct pkram_shmem_policy, rec) == 0);
static_assert(offsetof(struct pkram_shmem_policy, start) == 8);
static_assert(offsetof(struct pkram_shmem_policy, end) == 16);
static_assert(offsetof(struct pkram_shmem_policy, mode) == 24);
static_assert(offsetof(struct pkram_shmem_policy, home_node) == 28);
static_assert(offsetof(struct pkram_shmem_policy, nr_words) == 32);
static_assert(offsetof(struct pkram_shmem_policy, reserved) == 36);
static_assert(offsetof(struct pkram_shmem_policy, nodes) == 40);

#endif /* _LINUX_PKRAM_ABI_SHMEM_H */
