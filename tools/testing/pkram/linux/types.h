/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _PKRAM_TEST_TYPES_H
#define _PKRAM_TEST_TYPES_H

/*
 * Unlike tools/include, u64 is the same type as __u64, as it is in the kernel:
 * the code under test takes the address of fields of the on-memory format.
 */
#include <asm/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef __u64 u64;
typedef __s64 s64;
typedef __u32 u32;
typedef __s32 s32;
typedef __u16 u16;
typedef __s16 s16;
typedef __u8 u8;
typedef __s8 s8;

typedef __u64 __le64;
typedef __u32 __le32;
typedef __u16 __le16;

typedef unsigned int gfp_t;
typedef unsigned long pgoff_t;
typedef u64 phys_addr_t;

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	long counter;
} atomic_long_t;

#ifndef __force
#define __force
#endif
#ifndef __bitwise
#define __bitwise
#endif
#define __must_check	__attribute__((warn_unused_result))

struct list_head {
	struct list_head *next, *prev;
};

struct hlist_node {
	struct hlist_node *next, **pprev;
};

struct hlist_head {
	struct hlist_node *first;
};

#endif /* _PKRAM_TEST_TYPES_H */
