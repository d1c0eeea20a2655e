/* SPDX-License-Identifier: GPL-2.0 */
/* Between the tree that grows and the operations that make it grow */
#ifndef PKRAM_TREE_GROW_H
#define PKRAM_TREE_GROW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

enum {
	KIND_BASE	= 1,
	KIND_XATTR	= 2,
	KIND_ACL	= 4,
	KIND_FLAGS	= 8,
	KIND_WHITEOUT	= 16,
};

/* Types of inodes as a mask */
#define BIT(n)	(1U << (n))
#define REG	BIT(DT_REG)
#define DIRS	BIT(DT_DIR)
#define LNK	BIT(DT_LNK)
#define ANY	(~0U)

/* An inode */
struct node {
	unsigned int type;	/* DT_... */
	unsigned int nlink;	/* names that it has, of a directory 1 */
	ino_t ino;
	/* Of directories */
	int fd;
	unsigned int children;
	struct node *up;
};

struct link {
	struct node *dir;
	struct node *node;
	char *name;
};

struct op {
	void (*fn)(void);
	const char *name;
	unsigned int kind;
	unsigned int weight;
};

/* The operations, the last without a name */
extern const struct op ops[];

/* Flags that make a file unusable, so they come last */
void set_late_flags(size_t nr);
void clear_late_flags(const char *name);

/* Random: below(n) is less than n; any_size() has up to @bits bits */
uint64_t below(uint64_t n);
bool one_in(unsigned int n);
uint64_t any_size(unsigned int bits);
void fill(void *buf, size_t size);

/* Results: see their definitions */
void grow_failed(const char *what);
bool did(long ret, const char *what);
bool did_or(long ret, int error, const char *what);

/* What there is */
bool is_dir(const struct node *node);
bool within(const struct node *dir, const struct node *top);
void add_link(struct node *dir, const char *name, struct node *node);
void del_link(struct link *link);
struct link *pick(unsigned int types);
struct node *pick_dir(void);
const char *new_name(const struct node *dir);
void made(struct node *dir, const char *name, unsigned int type);

#endif
