// SPDX-License-Identifier: GPL-2.0
/*
 * A second opinion on a stream of records that the checker has accepted: that it
 * is a tree, found out in another way, and that it is the same when what is
 * understood of it is written again.
 */
#include "record.h"

/* What audit() has counted of an inode */
struct audited {
	u32 nlink;
	u32 names;
	u32 dirs;
	bool dir;
};

static struct audited *count_inodes(u32 *nr)
{
	struct audited *of = calloc(MAX_RECS + 1, sizeof(*of));
	unsigned int i;

	*nr = 0;
	for (i = 0; i < s.nr; i++)
		if (TYPE(i) == PKRAM_SHMEM_INODE) {
			EXPECT_EQ(I(i)->id, ++*nr);
			of[*nr].dir = S_ISDIR(I(i)->mode);
			of[*nr].nlink = I(i)->nlink;
		}
	return of;
}

/* Names and links, counted in the records themselves */
static void audit_tree(void)
{
	u32 id, i, parent = 0;
	struct audited *of = count_inodes(&id);

	for (i = 0; i < s.nr; i++) {
		if (TYPE(i) == PKRAM_SHMEM_DIR) {
			parent = DIR(i)->id;
			EXPECT(parent && parent <= id && of[parent].dir);
		}
		if (TYPE(i) == PKRAM_SHMEM_DENTRY) {
			u32 child = NAME(i)->id;

			EXPECT(child && child <= id);
			of[child].names++;
			of[parent].dirs += of[child].dir;
			/* No directory is above its own parent: ids ascend */
			EXPECT(!of[child].dir || child > parent);
		}
	}
	EXPECT_EQ(of[1].names, 0);
	for (i = 1; i <= id; i++) {
		EXPECT_EQ(of[i].nlink, of[i].dir ? of[i].dirs + 2 : of[i].names);
		EXPECT(!of[i].dir || i == 1 || of[i].names == 1);
	}
	free(of);
}

/* Pages: where the header says they are, and as many */
static void audit_pages(void)
{
	u64 frames = 0, lost = 0, sum;
	unsigned int i;

	for (i = 0; i < s.nr; i++) {
		if (TYPE(i) == PKRAM_SHMEM_DATA) {
			EXPECT_EQ(DATA(i)->pos, frames);
			EXPECT(!__builtin_add_overflow(frames, DATA(i)->nr,
						       &frames));
		}
		if (TYPE(i) == PKRAM_SHMEM_POISON)
			EXPECT(!__builtin_add_overflow(lost, POISON(i)->nr,
						       &lost));
	}
	EXPECT(!__builtin_add_overflow(frames, lost, &sum));
	EXPECT_EQ(HEADER->nr_frames, frames);
	EXPECT_EQ(HEADER->nr_poison, lost);
	EXPECT(HEADER->nr_blocks >= sum);
}

/* Each range is not empty, in the file, and behind the one before */
static void audit_ranges(unsigned int from, unsigned int to)
{
	u64 poison = 0, policy = 0;

	for (; from < to; from++) {
		if (TYPE(from) == PKRAM_SHMEM_POISON) {
			u64 end;

			EXPECT(!__builtin_add_overflow(POISON(from)->start,
						       POISON(from)->nr, &end));
			EXPECT(POISON(from)->start >= poison);
			EXPECT(end > POISON(from)->start && end <= PAGES_LIMIT);
			poison = end;
		}
		if (TYPE(from) == PKRAM_SHMEM_POLICY) {
			EXPECT(POLICY(from)->start >= policy);
			policy = POLICY(from)->end;
			EXPECT(policy > POLICY(from)->start &&
			       policy <= PAGES_LIMIT);
		}
	}
}

/*
 * Checksums are of pages that the file has at most, each of no more than may be,
 * and come after the record of the pages
 */
static void audit_sums(unsigned int from, unsigned int to)
{
	u64 end = 0, left = 0;
	unsigned int n;

	for (; from < to; from++) {
		if (TYPE(from) == PKRAM_SHMEM_DATA)
			left = DATA(from)->nr;
		if (TYPE(from) != PKRAM_SHMEM_SUMS)
			continue;
		EXPECT(SUPER->rec.flags & 0x20);
		EXPECT(LEN(from) >= 24 && LEN(from) % 16 == 8);
		for (n = 0; n < LEN(from) / 16; n++) {
			const struct pkram_shmem_sum *sum = &SUMS(from)->sums[n];

			EXPECT(sum->start >= end && sum->start < PAGES_LIMIT);
			EXPECT(sum->nr && sum->nr <= left);
			end = sum->start + sum->nr;
			EXPECT_EQ(sum->start >> 9, (end - 1) >> 9);
			left -= sum->nr;
		}
	}
}

/* The records from an INODE to its name or, the root's, its DIR */
static void audit_inode(unsigned int from, unsigned int to)
{
	const u32 mode = I(from)->mode;
	unsigned int i;

	for (i = from + 1; i < to; i++)
		switch (TYPE(i)) {
		case PKRAM_SHMEM_SYMLINK:
			EXPECT(S_ISLNK(mode));
			EXPECT_EQ(SYM(i)->target_len, I(from)->size);
			break;
		case PKRAM_SHMEM_DATA:
		case PKRAM_SHMEM_POISON:
		case PKRAM_SHMEM_POLICY:
		case PKRAM_SHMEM_SUMS:
			EXPECT(S_ISREG(mode));
			break;
		case PKRAM_SHMEM_ACL:
			EXPECT(REC(i)->flags ? S_ISDIR(mode) : !S_ISLNK(mode));
			break;
		default:
			EXPECT_EQ(TYPE(i), PKRAM_SHMEM_XATTR);
		}
	EXPECT_EQ(rec_count(from, to, PKRAM_SHMEM_SYMLINK, 0), !!S_ISLNK(mode));
	EXPECT(rec_count(from, to, PKRAM_SHMEM_DATA, 0) <= 1);
	EXPECT(rec_count(from, to, PKRAM_SHMEM_ACL, 0) <= 1);
	EXPECT(rec_count(from, to, PKRAM_SHMEM_ACL, 1) <= 1);
	audit_ranges(from, to);
	audit_sums(from, to);
}

static unsigned int audit_mount(void)
{
	unsigned int i = 1;

	EXPECT_EQ(TYPE(i++), PKRAM_SHMEM_SUPER);
	if (TYPE(i) == PKRAM_SHMEM_MPOL) {
		EXPECT(!POLICY(i)->start && !POLICY(i)->end);
		i++;
	}
	if (TYPE(i) == PKRAM_SHMEM_QUOTA) {
		u8 usage = REC(i)->flags, limits = REC(i)->flags >> 8;

		EXPECT(usage && usage < 4 && (limits & usage) == limits);
		i++;
	}
	return i;
}

/* From @at to the end there are limits, which need the record @quota */
static void audit_dquots(unsigned int at, const struct pkram_shmem_rec *quota)
{
	unsigned int i;

	for (i = at; i < s.nr; i++) {
		EXPECT_EQ(TYPE(i), PKRAM_SHMEM_DQUOT);
		EXPECT_EQ(quota->type, PKRAM_SHMEM_QUOTA);
		EXPECT(DQUOT(i)->type < 2 && quota->flags >> DQUOT(i)->type & 1);
		if (i == at)
			continue;
		EXPECT(DQUOT(i)->type > DQUOT(i - 1)->type ||
		       (DQUOT(i)->type == DQUOT(i - 1)->type &&
			DQUOT(i)->id > DQUOT(i - 1)->id));
	}
}

/* The stream once more, by the grammar in pkram_abi_shmem.h */
static void audit_grammar(void)
{
	unsigned int i = audit_mount(), quota = i - 1, left = 1;

	while (i < s.nr && TYPE(i) != PKRAM_SHMEM_DQUOT) {
		unsigned int from = i;

		if (TYPE(i) == PKRAM_SHMEM_DIR) {
			EXPECT_EQ(left, 0);
			left = DIR(i++)->nr;
			continue;
		}
		EXPECT(left--);
		if (TYPE(i) == PKRAM_SHMEM_INODE) {
			while (i < s.nr && TYPE(i) != PKRAM_SHMEM_DENTRY &&
			       TYPE(i) != PKRAM_SHMEM_DIR)
				i++;
			EXPECT(i < s.nr);
			audit_inode(from, i);
		}
		if (TYPE(from) == PKRAM_SHMEM_INODE && I(from)->id == 1)
			EXPECT_EQ(TYPE(i), PKRAM_SHMEM_DIR);
		else
			EXPECT_EQ(TYPE(i++), PKRAM_SHMEM_DENTRY);
	}
	EXPECT_EQ(left, 0);
	audit_dquots(i, s.rec[quota]);
}

/* -------------------------------------------------------------- write again */

/* What is known of the fixed part of each type: flags, and u32 that are 0 */
static const struct {
	u32 len;
	u16 flags;
	u16 zero;
} fixed[] = {
	[PKRAM_SHMEM_HEADER]	= { sizeof(struct pkram_shmem_header), 0,
		offsetof(struct pkram_shmem_header, reserved) },
	[PKRAM_SHMEM_SUPER]	= { sizeof(struct pkram_shmem_super), 0x3f },
	[PKRAM_SHMEM_INODE]	= { sizeof(struct pkram_shmem_inode), 1,
		offsetof(struct pkram_shmem_inode, reserved) },
	[PKRAM_SHMEM_DIR]	= { sizeof(struct pkram_shmem_dir), 0,
		offsetof(struct pkram_shmem_dir, reserved) },
	[PKRAM_SHMEM_DATA]	= { sizeof(struct pkram_shmem_data) },
	[PKRAM_SHMEM_QUOTA]	= { sizeof(struct pkram_shmem_quota), 0x303 },
	[PKRAM_SHMEM_POISON]	= { sizeof(struct pkram_shmem_poison) },
	[PKRAM_SHMEM_POLICY]	= { sizeof(struct pkram_shmem_policy), 0,
		offsetof(struct pkram_shmem_policy, reserved) },
	[PKRAM_SHMEM_MPOL]	= { sizeof(struct pkram_shmem_policy), 0,
		offsetof(struct pkram_shmem_policy, reserved) },
	[PKRAM_SHMEM_DQUOT]	= { sizeof(struct pkram_shmem_dquot) },
	[PKRAM_SHMEM_SUMS]	= { sizeof(struct pkram_shmem_sums) },
};

static void write_fixed(void *to, unsigned int i)
{
	const unsigned int type = TYPE(i);
	u32 len = fixed[type].len;

	if (type == PKRAM_SHMEM_POLICY || type == PKRAM_SHMEM_MPOL)
		len += 16 * POLICY(i)->nr_words;
	if (type == PKRAM_SHMEM_SUMS)
		len += sizeof(struct pkram_shmem_sum) * NR_SUMS(i);
	EXPECT(len >= 8 && len <= PKRAM_SHMEM_ENTRY_MAX);
	memcpy(to, s.rec[i], len);
	pkram_shmem_put_rec(to, type, REC(i)->flags & fixed[type].flags, len);
	if (fixed[type].zero)
		memset((u8 *)to + fixed[type].zero, 0, 4);
}

static void write_again(void *to, unsigned int i)
{
	switch (TYPE(i)) {
	case PKRAM_SHMEM_DENTRY:
		pkram_shmem_put_dentry(to, NAME(i)->id, NAME(i)->offset,
				       NAME(i)->name, NAME(i)->name_len);
		break;
	case PKRAM_SHMEM_SYMLINK:
		pkram_shmem_put_symlink(to, SYM(i)->target, SYM(i)->target_len);
		break;
	case PKRAM_SHMEM_XATTR:
		put_xattr(to, XATTR(i)->data, XATTR(i)->name_len,
			  XATTR(i)->data + XATTR(i)->name_len,
			  XATTR(i)->value_len);
		break;
	case PKRAM_SHMEM_ACL:
		put_acl(to, REC(i)->flags & PKRAM_SHMEM_ACL_DEFAULT,
			ACL(i)->acl, ACL(i)->len);
		break;
	default:
		write_fixed(to, i);
	}
}

/* Nothing is in an accepted record but what is understood of it */
static void audit_bytes(void)
{
	static u8 buf[2 * PKRAM_SHMEM_ENTRY_MAX];
	unsigned int i;

	for (i = 0; i < s.nr; i++) {
		const struct pkram_shmem_rec *again = (void *)buf;

		write_again(buf, i);
		EXPECT_EQ(again->len, LEN(i));
		EXPECT(!memcmp(again, s.rec[i], LEN(i)));
	}
}

void audit(void)
{
	audit_tree();
	audit_pages();
	audit_grammar();
	audit_bytes();
}
