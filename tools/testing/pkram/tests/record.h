/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Streams of records of a tmpfs, to be made, changed and fed to the checker.
 */
#ifndef _PKRAM_TEST_RECORD_H
#define _PKRAM_TEST_RECORD_H

#include <linux/kernel.h>
#include <linux/stat.h>

#include "../test.h"
#include "../../../../mm/pkram_shmem_rec.h"

#define MAX_RECS	256

/* As in the kernel: bytes of i_size and pages of a file */
#define SIZE_LIMIT	0x7fffffffffffffffULL
#define PAGES_LIMIT	0x10000000000000ULL

/**
 * struct stream - a stream as a list of records
 * @rec: the records, each with room for %PKRAM_SHMEM_ENTRY_MAX bytes
 * @nr: their number
 * @nr_inodes: how many inode() has made
 * @keep_totals: the header stays as it is, else its totals follow the list
 */
struct stream {
	void *rec[MAX_RECS];
	unsigned int nr;
	unsigned int nr_inodes;
	bool keep_totals;
};

extern struct stream s;

#define HEADER		((struct pkram_shmem_header *)s.rec[0])
#define SUPER		((struct pkram_shmem_super *)s.rec[1])
#define REC(i)		((struct pkram_shmem_rec *)s.rec[i])
#define LEN(i)		(REC(i)->len)
#define TYPE(i)		(REC(i)->type)
#define I(i)		((struct pkram_shmem_inode *)s.rec[i])
#define DIR(i)		((struct pkram_shmem_dir *)s.rec[i])
#define NAME(i)		((struct pkram_shmem_dentry *)s.rec[i])
#define SYM(i)		((struct pkram_shmem_symlink *)s.rec[i])
#define DATA(i)		((struct pkram_shmem_data *)s.rec[i])
#define QUOTA(i)	((struct pkram_shmem_quota *)s.rec[i])
#define DQUOT(i)	((struct pkram_shmem_dquot *)s.rec[i])
#define POISON(i)	((struct pkram_shmem_poison *)s.rec[i])
#define XATTR(i)	((struct pkram_shmem_xattr *)s.rec[i])
#define ACL(i)		((struct pkram_shmem_acl *)s.rec[i])
#define POLICY(i)	((struct pkram_shmem_policy *)s.rec[i])
#define SUMS(i)		((struct pkram_shmem_sums *)s.rec[i])
#define NR_SUMS(i)	pkram_shmem_nr_sums(SUMS(i))

/* Change the list */
void *rec_add(unsigned int type, size_t len);
void rec_del(unsigned int i);
void rec_move_last(unsigned int i);
void rec_double(unsigned int i, unsigned int to);
void rec_grow(unsigned int i);
void clear(void);
unsigned int rec_count(unsigned int from, unsigned int to, unsigned int type,
		       unsigned int flags);

/* Add a record */
void begin(void);
struct pkram_shmem_inode *inode(u32 mode, u32 nlink, u64 size);
struct pkram_shmem_dir *dir(u32 id, u32 nr);
struct pkram_shmem_dentry *name(u32 id, const char *text);
struct pkram_shmem_symlink *target(const char *text);
struct pkram_shmem_data *data(u64 pos, u64 nr);
struct pkram_shmem_quota *quota(unsigned int usage, unsigned int limits);
struct pkram_shmem_dquot *dquot(u32 type, u32 id);
struct pkram_shmem_poison *poison(u64 start, u64 nr);
struct pkram_shmem_xattr *xattr(const char *text, const void *value, u32 len);
struct pkram_shmem_acl *acl(unsigned int flags, u32 nr_entries);
struct pkram_shmem_policy *policy(u64 start, u64 end, u32 nr_words);
struct pkram_shmem_policy *mpol(u32 nr_words);
struct pkram_shmem_sums *sums(void);
struct pkram_shmem_sum *sum(struct pkram_shmem_sums *rec, u64 start, u32 nr);

/* Write a record that is there already */
void put_xattr(struct pkram_shmem_xattr *rec, const void *text, u32 name_len,
	       const void *value, u32 value_len);
void put_acl(struct pkram_shmem_acl *rec, unsigned int flags,
	     const void *value, u32 len);

/* Trees that are right */
void tree(void);
void full_tree(void);

/* Where the records of full_tree() are */
enum {
	F_MPOL = 2,
	F_QUOTA,
	F_ROOT,
	F_ROOT_XATTR,
	F_ROOT_ACL,
	F_ROOT_DEFAULT,
	F_ROOT_DIR,
	F_FILE,
	F_DATA,
	F_SUMS,
	F_SUMS_2,
	F_POISON,
	F_POISON_2,
	F_XATTR,
	F_XATTR_2,
	F_ACL,
	F_POLICY,
	F_POLICY_2,
	F_FILE_NAME,
	F_DIR,
	F_DIR_DEFAULT,
	F_DIR_NAME,
	F_SYM,
	F_SYM_XATTR,
	F_TARGET,
	F_SYM_NAME,
	F_FIFO,
	F_FIFO_XATTR,
	F_FIFO_ACL,
	F_FIFO_NAME,
	F_DIR_DIR,
	F_BARE,
	F_BARE_POISON,
	F_BARE_NAME,
	F_LINK,
	F_DQUOT,
	F_DQUOT_2,
	F_DQUOT_GROUP,
	F_NR
};

/* As a reader does it; NULL when the stream is accepted */
const char *feed(void);

void totals(void);
void accepted(const char *what);

/* For some reason, or just for @want */
void refused(const char *what, const char *want);

/* Of a stream that has been accepted */
void audit(void);

/* A tree with one thing done to it */
#define GOOD_IN(make, ...) do {						\
	make();								\
	__VA_ARGS__;							\
	accepted(#__VA_ARGS__);						\
} while (0)

#define BAD_IN(make, want, ...) do {					\
	make();								\
	__VA_ARGS__;							\
	refused(#__VA_ARGS__, want);					\
} while (0)

#define GOOD(...)	GOOD_IN(tree, __VA_ARGS__)
#define BAD(want, ...)	BAD_IN(tree, want, __VA_ARGS__)

#endif /* _PKRAM_TEST_RECORD_H */
