/* SPDX-License-Identifier: GPL-2.0 */
/*
 * PKRAM records of a tmpfs: encoding and checking.
 */
#ifndef _MM_PKRAM_SHMEM_REC_H
#define _MM_PKRAM_SHMEM_REC_H

#include <linux/pkram_abi_shmem.h>
#include <linux/types.h>

/* PKRAM_SHMEM_ENTRY_MAX: room for an entry without attributes, and some of them */
#define PKRAM_SHMEM_ENTRY_MAX	8192

/**
 * struct pkram_shmem_check - what is known of a byte stream so far
 * @header: totals that it must arrive at
 * @links: of each inode, by id - 1, names that are still to come; for a
 *	directory %PKRAM_SHMEM_CHECK_DIR and the number of links
 * @nr_bytes: length of the records seen
 * @nr_frames: frames in the DATA records seen
 * @nr_owed: sum of the names that are still to come
 * @nr_inodes: INODE records seen
 * @nr_dentries: DENTRY records seen
 * @nr_dirs: directories seen
 * @nr_listed: DIR records seen
 * @dir: id of the current directory, 0 before the first DIR
 * @dir_left: entries of @dir that are still to come
 * @dir_links: links of @dir seen
 * @new: id of the inode whose first name is still to come, else 0
 * @new_mode: its type and permissions
 * @new_size: its size
 * @new_attrs: bits of the record types seen after its INODE
 * @new_acls: bits of the ACLs seen after its INODE
 * @new_poison: index after its last POISON
 * @new_policy: index after its last POLICY
 * @new_sum: index after the last page in its SUMS
 * @new_frames: frames in its DATA that are not in its SUMS
 * @nr_poison: pages in the POISON records seen
 * @next_dquot: type and id that the next DQUOT must have at least
 * @super_attrs: bits of the record types seen before the root
 * @super_flags: flags of SUPER
 * @quota_types: bits of the types in QUOTA
 * @dquots: DQUOT seen: nothing else may come
 */
struct pkram_shmem_check {
	struct pkram_shmem_header header;
	__u32 *links;
	__u64 nr_bytes;
	__u64 nr_frames;
	__u64 nr_owed;
	__u32 nr_inodes;
	__u32 nr_dentries;
	__u32 nr_dirs;
	__u32 nr_listed;
	__u32 dir;
	__u32 dir_left;
	__u32 dir_links;
	__u32 new;
	__u32 new_mode;
	__u64 new_size;
	__u32 new_attrs;
	__u32 new_acls;
	__u64 new_poison;
	__u64 new_policy;
	__u64 new_sum;
	__u64 new_frames;
	__u64 nr_poison;
	__u64 next_dquot;
	__u32 super_attrs;
	__u32 super_flags;
	__u32 quota_types;
	bool dquots;
};

#define PKRAM_SHMEM_CHECK_DIR	0x80000000U

void pkram_shmem_put_rec(struct pkram_shmem_rec *rec, unsigned int type,
			 unsigned int flags, size_t len);
size_t pkram_shmem_put_dentry(void *buf, u32 id, u32 offset, const void *name,
			      u32 name_len);
size_t pkram_shmem_put_symlink(void *buf, const void *target, u32 target_len);
size_t pkram_shmem_pad(size_t len);
unsigned int pkram_shmem_nr_sums(const struct pkram_shmem_sums *rec);

bool pkram_shmem_rec_fits(const struct pkram_shmem_rec *rec, u64 max);
const char *pkram_shmem_check_header(const struct pkram_shmem_header *header,
				     u64 nr_bytes, u64 nr_frames);
void pkram_shmem_check_begin(struct pkram_shmem_check *chk,
			     const struct pkram_shmem_header *header,
			     __u32 *links);
const char *pkram_shmem_check_rec(struct pkram_shmem_check *chk,
				  const struct pkram_shmem_rec *rec);
const char *pkram_shmem_check_end(struct pkram_shmem_check *chk);

#endif /* _MM_PKRAM_SHMEM_REC_H */
