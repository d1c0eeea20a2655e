// SPDX-License-Identifier: GPL-2.0
/*
 * The checker of the records of a tmpfs: what mounts and inodes may have
 * besides the tree. Each test does one thing to full_tree().
 */
#include "record.h"

#define OK(...)		GOOD_IN(full_tree, __VA_ARGS__)
#define NO(want, ...)	BAD_IN(full_tree, want, __VA_ARGS__)

static void del_type(unsigned int type)
{
	unsigned int i;

	for (i = s.nr; i--;)
		if (TYPE(i) == type)
			rec_del(i);
}

static void test_full(void)
{
	static const u8 types[] = {
		PKRAM_SHMEM_MPOL, PKRAM_SHMEM_POISON, PKRAM_SHMEM_XATTR,
		PKRAM_SHMEM_ACL, PKRAM_SHMEM_POLICY, PKRAM_SHMEM_DQUOT,
		PKRAM_SHMEM_SUMS,
	};
	unsigned int i;

	OK((void)0);
	for (i = 0; i < ARRAY_SIZE(types); i++)
		OK(del_type(types[i]));
	OK(del_type(PKRAM_SHMEM_DQUOT), del_type(PKRAM_SHMEM_QUOTA));
	for (i = 0; i < 64; i++) {
		EXPECT(pkram_shmem_pad(i) < 8);
		EXPECT_EQ((i + pkram_shmem_pad(i)) % 8, 0);
	}
	clear();
}

/* ------------------------------------------------------------------ places */

/* A record of each kind, and the types of inodes that it may belong to */
static const struct place {
	unsigned int at;
	u8 belongs[4];
} places[] = {
	{ F_MPOL },
	{ F_QUOTA },
	{ F_DQUOT },
	{ F_POISON, { S_IFREG >> 12 } },
	{ F_POLICY, { S_IFREG >> 12 } },
	{ F_SUMS, { S_IFREG >> 12 } },
	{ F_XATTR, { 0xff } },
	{ F_ACL, { 0xff, S_IFLNK >> 12 } },
	{ F_ROOT_DEFAULT, { S_IFDIR >> 12 } },
};

/* May the record that is now at @pos be there? Others of its kind are not */
static bool place_legal(const struct place *place, unsigned int pos)
{
	unsigned int i = pos;
	bool pages = false;
	u8 type;

	if (place->at == F_DQUOT)
		return pos == s.nr - 1;
	if (!place->belongs[0])
		return pos == place->at;
	while (--i && TYPE(i) != PKRAM_SHMEM_INODE) {
		if (TYPE(i) == PKRAM_SHMEM_DENTRY || TYPE(i) == PKRAM_SHMEM_DIR)
			return false;
		pages |= TYPE(i) == PKRAM_SHMEM_DATA;
	}
	if (!i || (place->at == F_SUMS && !pages))
		return false;
	type = I(i)->mode >> 12;
	return place->belongs[0] == 0xff ? type != place->belongs[1] :
					   type == place->belongs[0];
}

/* Put the record, alone of its kind, to each place; returns the legal ones */
static unsigned int each_place(const struct place *place, u32 mode)
{
	unsigned int pos, legal = 0;

	for (pos = 1; pos < F_NR; pos++) {
		struct pkram_shmem_rec *rec;
		unsigned int i;

		full_tree();
		I(F_FIFO)->mode = mode;
		rec_double(place->at, s.nr);
		rec = REC(s.nr - 1);
		for (i = s.nr - 1; i--;)
			if (TYPE(i) == rec->type && REC(i)->flags == rec->flags)
				rec_del(i);
		if (pos >= s.nr)
			break;
		rec_move_last(pos);
		if (!feed() != place_legal(place, pos))
			FAIL("type %u flags %u at %u: %s", rec->type,
			     rec->flags, pos, feed() ?: "accepted");
		legal += place_legal(place, pos);
	}
	return legal;
}

static void test_places(void)
{
	static const u32 modes[] = { S_IFIFO, S_IFSOCK, S_IFCHR, S_IFBLK };
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(places); i++)
		for (j = 0; j < ARRAY_SIZE(modes); j++)
			EXPECT(each_place(&places[i], modes[j]));
	clear();
}

static bool ordered(unsigned int type)
{
	return type == PKRAM_SHMEM_POISON || type == PKRAM_SHMEM_POLICY ||
	       type == PKRAM_SHMEM_SUMS;
}

/* The records of an inode in reverse, which no writer does */
static void test_any_order(void)
{
	unsigned int i;

	full_tree();
	/* Those of which the order matters are reversed once more */
	for (i = F_FILE + 1; i < F_FILE_NAME; i++) {
		rec_double(i, F_FILE + 1);
		rec_del(i + 1);
	}
	refused("ranges in reverse", NULL);
	for (i = F_FILE + 1; i < F_FILE_NAME - 1; i++) {
		if (TYPE(i) == TYPE(i + 1) && ordered(TYPE(i))) {
			rec_double(i, i + 2);
			rec_del(i);
			i++;
		}
	}
	refused("checksums before the pages", "checksums in the wrong place");
	rec_double(F_FILE_NAME - 1, F_FILE + 1);
	rec_del(F_FILE_NAME);
	accepted("records of an inode in another order");
	OK(rec_double(F_SYM_XATTR, F_TARGET + 1), rec_del(F_SYM_XATTR));
	clear();
}

/* ------------------------------------------------------------------- mount */

/* Make the masks of a policy this long */
static void words(unsigned int i, u32 nr)
{
	POLICY(i)->nr_words = nr;
	LEN(i) = sizeof(struct pkram_shmem_policy) + 16 * nr;
}

/* What any policy must be like */
static void policy_bounds(unsigned int i, const char *bad)
{
	const u32 nodes = 64 * PKRAM_SHMEM_NODES_WORDS;
	u32 nr;

	for (nr = 1; nr <= PKRAM_SHMEM_NODES_WORDS; nr++)
		OK(words(i, nr));
	OK(POLICY(i)->mode = 0);
	OK(POLICY(i)->mode = 0xffff);
	OK(POLICY(i)->home_node = 0);
	OK(POLICY(i)->home_node = nodes - 1);

	NO(bad, words(i, 0));
	NO(bad, words(i, PKRAM_SHMEM_NODES_WORDS + 1));
	NO(bad, POLICY(i)->nr_words++);
	NO(bad, POLICY(i)->nr_words--);
	NO(bad, POLICY(i)->nr_words = ~0U);
	NO(bad, POLICY(i)->nr_words = (1U << 28) + 1);
	NO(bad, LEN(i) += 8);
	NO(bad, LEN(i) -= 8);
	NO(bad, LEN(i) += 16);
	NO("record of a wrong length", LEN(i) = 32);
	NO(bad, POLICY(i)->mode = 0x10000);
	NO(bad, POLICY(i)->mode = ~0U);
	NO(bad, POLICY(i)->home_node = nodes);
	NO(bad, POLICY(i)->home_node = PKRAM_SHMEM_NO_NODE - 1);
	NO(bad, POLICY(i)->home_node = 1U << 31);
	NO(bad, POLICY(i)->reserved = 1);
	NO(bad, REC(i)->flags = 1);
}

static void test_mpol(void)
{
	const char *bad = "bad policy of the mount";
	const char *place = "policy of the mount in the wrong place";

	policy_bounds(F_MPOL, bad);
	NO(bad, POLICY(F_MPOL)->start = 1);
	NO(bad, POLICY(F_MPOL)->end = 1);
	NO(bad, POLICY(F_MPOL)->end = PAGES_LIMIT);
	NO(place, rec_double(F_MPOL, F_MPOL));
	NO(place, rec_double(F_MPOL, F_QUOTA + 1), rec_del(F_MPOL));
	NO(place, rec_double(F_MPOL, F_ROOT + 1), rec_del(F_MPOL));
	NO("no superblock", rec_double(F_MPOL, 1), rec_del(F_MPOL + 1));
	NO("no superblock", rec_del(1));
	clear();
}

static void test_quota(void)
{
	const char *bad = "bad quotas";
	const char *place = "quotas in the wrong place";
	unsigned int flags, i;

	full_tree();
	del_type(PKRAM_SHMEM_DQUOT);
	for (flags = 0; flags < 1 << 16; flags++) {
		u8 usage = flags, limits = flags >> 8;
		bool good = usage >= 1 && usage <= 3 &&
			    (usage | limits) == usage;

		REC(F_QUOTA)->flags = flags;
		if (good)
			accepted("flags of quotas");
		else
			refused("flags of quotas", bad);
	}
	for (i = 0; i < PKRAM_SHMEM_QUOTA_TYPES; i++) {
		OK(QUOTA(F_QUOTA)->space_hard[i] = SIZE_LIMIT);
		OK(QUOTA(F_QUOTA)->inodes_hard[i] = SIZE_LIMIT);
		OK(QUOTA(F_QUOTA)->space_grace[i] = ~0U);
		OK(QUOTA(F_QUOTA)->inodes_grace[i] = ~0U);
		NO(bad, QUOTA(F_QUOTA)->space_hard[i] = SIZE_LIMIT + 1);
		NO(bad, QUOTA(F_QUOTA)->inodes_hard[i] = SIZE_LIMIT + 1);
		NO(bad, QUOTA(F_QUOTA)->space_hard[i] = ~0ULL);
		NO(bad, QUOTA(F_QUOTA)->inodes_hard[i] = ~0ULL);
	}
	NO("record of a wrong length", LEN(F_QUOTA) -= 8);
	NO("record of a wrong length", LEN(F_QUOTA) += 8);
	NO(place, rec_double(F_QUOTA, F_QUOTA));
	NO(place, rec_double(F_QUOTA, F_ROOT + 1));
	NO("no superblock", rec_double(F_QUOTA, 1));
	clear();
}

static void test_dquot(void)
{
	const char *bad = "bad limit";
	const char *order = "limit with a wrong id";
	struct pkram_shmem_dquot *rec;
	unsigned int i;

	OK(DQUOT(F_DQUOT_2)->id = 1);
	OK(DQUOT(F_DQUOT_2)->id = ~0U - 1);
	OK(DQUOT(F_DQUOT_GROUP)->id = ~0U - 1);
	OK(DQUOT(F_DQUOT)->space_time = ~0ULL, DQUOT(F_DQUOT)->inodes_time = ~0ULL);
	OK(DQUOT(F_DQUOT)->type = 1, DQUOT(F_DQUOT_2)->type = 1,
	   DQUOT(F_DQUOT_GROUP)->id = 1001);

	NO(bad, DQUOT(F_DQUOT_2)->id = ~0U);
	NO(bad, DQUOT(F_DQUOT_GROUP)->id = ~0U);
	NO(bad, DQUOT(F_DQUOT_GROUP)->type = 2);
	NO(bad, DQUOT(F_DQUOT_GROUP)->type = 32);
	NO(bad, DQUOT(F_DQUOT_GROUP)->type = ~0U);
	NO(bad, REC(F_DQUOT)->flags = 1);
	NO(order, DQUOT(F_DQUOT_2)->id = 0);
	NO(order, DQUOT(F_DQUOT)->id = 1000);
	NO(order, DQUOT(F_DQUOT)->id = 1001);
	NO(order, DQUOT(F_DQUOT_GROUP)->type = 0);
	NO(order, DQUOT(F_DQUOT)->type = 1);
	NO(order, rec_double(F_DQUOT_GROUP, F_DQUOT_2));
	NO(order, rec_double(F_DQUOT, s.nr));
	NO(order, dquot(1, 0));
	OK(dquot(1, 1));

	/* No quotas, or not of this type */
	NO(bad, rec_del(F_QUOTA));
	NO(bad, REC(F_QUOTA)->flags = 1);
	NO(bad, REC(F_QUOTA)->flags = 2);
	OK(REC(F_QUOTA)->flags = 1, rec_del(F_DQUOT_GROUP));
	OK(REC(F_QUOTA)->flags = 2, rec_del(F_DQUOT_2), rec_del(F_DQUOT));

	for (i = 0; i < 4; i++) {
		full_tree();
		rec = DQUOT(F_DQUOT);
		(&rec->space_hard)[i] = SIZE_LIMIT;
		accepted("highest limit");
		(&rec->space_hard)[i]++;
		refused("limit too high", bad);
		(&rec->space_hard)[i] = ~0ULL;
		refused("limit of -1", bad);
	}
	NO("record of a wrong length", LEN(F_DQUOT) -= 8);
	NO("record of a wrong length", LEN(F_DQUOT) += 8);
	clear();
}

/* Where the tree is not complete there are no limits yet, and nothing follows */
static void test_dquot_last(void)
{
	const char *after = "record after the limits";
	const char *place = "limit in the wrong place";
	const char *part = "directory is not complete";
	unsigned int i;

	for (i = 0; i < F_DQUOT; i++)
		NO(after, rec_double(i, s.nr));
	for (i = 0; i < F_DQUOT; i++)
		NO(after, rec_double(i, F_DQUOT_2));
	NO(after, REC(F_DQUOT_2)->type = 0);
	NO(after, REC(F_DQUOT_2)->type = 0xffff);

	NO(place, rec_double(F_DQUOT, F_ROOT));
	NO(place, rec_double(F_DQUOT, F_ROOT + 1));
	NO(place, rec_double(F_DQUOT, F_ROOT_DIR));
	NO(place, rec_double(F_DQUOT, F_DIR_DIR));
	NO(part, rec_double(F_DQUOT, F_ROOT_DIR + 1));
	NO(part, rec_double(F_DQUOT, F_FILE + 1));
	NO(part, rec_double(F_DQUOT, F_DIR_DIR + 1));
	NO(part, rec_double(F_DQUOT, F_LINK));
	NO("bad directory", rec_del(F_LINK));
	/* What is found only at the end, or of the last directory */
	NO("inode with fewer names than links", I(F_FILE)->nlink = 3);
	NO("directory with a wrong number of links", I(F_DIR)->nlink = 3);
	clear();
}

/* ------------------------------------------------------------------ inodes */

static void test_poison(void)
{
	const char *bad = "bad lost pages";
	const char *place = "lost pages in the wrong place";

	OK(POISON(F_POISON)->start = 0);
	OK(POISON(F_POISON)->nr = 4);
	OK(POISON(F_POISON_2)->start = 17);
	/* Each file begins anew */
	OK(POISON(F_BARE_POISON)->start = 0);
	OK(rec_del(F_BARE_POISON), rec_del(F_POISON_2),
	   POISON(F_POISON)->start = PAGES_LIMIT - 1);
	OK(rec_del(F_BARE_POISON), rec_del(F_POISON_2),
	   POISON(F_POISON)->start = 0, POISON(F_POISON)->nr = PAGES_LIMIT,
	   rec_del(F_SUMS_2), rec_del(F_SUMS), rec_del(F_DATA));

	NO(bad, POISON(F_POISON)->nr = 0);
	NO(bad, POISON(F_POISON)->nr = 5);
	NO(bad, POISON(F_POISON)->start = 20);
	NO(bad, POISON(F_POISON)->start = 21);
	NO(bad, POISON(F_POISON_2)->start = 16);
	NO(bad, POISON(F_POISON_2)->start = 0);
	NO(bad, POISON(F_BARE_POISON)->start = PAGES_LIMIT - 1);
	NO(bad, POISON(F_BARE_POISON)->start = PAGES_LIMIT);
	NO(bad, POISON(F_BARE_POISON)->start = ~0ULL);
	NO(bad, POISON(F_BARE_POISON)->start = -2ULL);
	NO(bad, REC(F_POISON)->flags = 1);
	NO(bad, rec_double(F_POISON, F_POISON));
	NO("impossible totals", POISON(F_POISON)->nr = PAGES_LIMIT);
	/* Sums that wrap around to what they should be */
	NO(bad, POISON(F_BARE_POISON)->nr = -4ULL);
	NO(bad, POISON(F_POISON)->nr = -2ULL);
	NO(bad, POISON(F_POISON)->nr = 1ULL << 63,
	   POISON(F_POISON_2)->nr = 1ULL << 63);

	NO("record of a wrong length", LEN(F_POISON) -= 8);
	NO("record of a wrong length", LEN(F_POISON) += 8);
	NO(place, rec_double(F_POISON, F_ROOT));
	NO(place, rec_double(F_POISON, F_ROOT + 1));
	NO(place, rec_double(F_POISON, F_FILE));
	NO(place, rec_double(F_POISON, F_FILE_NAME + 1));
	NO(place, rec_double(F_POISON, F_SYM + 1));
	NO(place, rec_double(F_POISON, F_FIFO + 1));
	clear();
}

/* Totals of lost pages: 6 pages in the tree, 5 frames */
static void test_poison_totals(void)
{
	const char *impossible = "impossible totals";

	full_tree();
	totals();
	s.keep_totals = true;
	EXPECT_EQ(HEADER->nr_poison, 6);
	HEADER->nr_blocks = 11 + 6;
	accepted("a long target for each inode");
	HEADER->nr_blocks = 11 + 7;
	refused("more blocks than inodes have", impossible);
	HEADER->nr_blocks = 10;
	refused("fewer blocks than pages", impossible);
	HEADER->nr_blocks = 11;
	HEADER->nr_poison = 7;
	refused("fewer blocks than the lost pages", impossible);
	HEADER->nr_blocks = 12;
	refused("lost pages missing", "tree differs from the header's totals");
	HEADER->nr_poison = 5;
	refused("one lost page too many", "bad lost pages");
	HEADER->nr_poison = 0;
	HEADER->nr_blocks = 5;
	refused("no lost pages", "bad lost pages");
	HEADER->nr_poison = PAGES_LIMIT + 1;
	HEADER->nr_blocks = PAGES_LIMIT + 6;
	refused("too many lost pages", impossible);
	HEADER->nr_poison = -5ULL;
	HEADER->nr_blocks = 0;
	refused("a sum of 0", impossible);
	HEADER->nr_poison = ~0ULL;
	HEADER->nr_blocks = ~0ULL;
	refused("lost pages ~0", impossible);
	/* The same of the frames */
	GOOD_IN(full_tree, DATA(F_DATA)->nr = PAGES_LIMIT);
	NO(impossible, DATA(F_DATA)->nr = PAGES_LIMIT + 1);
	clear();
}

/* The attribute of file with these lengths, all bytes 'x' */
static void long_xattr(u32 name_len, u32 value_len)
{
	static char bytes[PKRAM_SHMEM_XATTR_VALUE_MAX + 8];

	memset(bytes, 'x', sizeof(bytes));
	rec_grow(F_XATTR);
	put_xattr(XATTR(F_XATTR), bytes, name_len, bytes, value_len);
}

static void test_xattr(void)
{
	const char *bad = "bad attribute";
	const char *place = "attribute in the wrong place";
	u32 len;

	for (len = 1; len <= 255; len++)
		OK(long_xattr(len, 3));
	for (len = 0; len < 32; len++)
		OK(long_xattr(10, len));
	for (len = 0; len < 16; len++)
		OK(long_xattr(255, PKRAM_SHMEM_XATTR_VALUE_MAX - len));
	OK(long_xattr(1, PKRAM_SHMEM_XATTR_VALUE_MAX));
	/* A value may have any bytes, a name any but NUL */
	OK(XATTR(F_ROOT_XATTR)->data[9] = 0);
	OK(XATTR(F_ROOT_XATTR)->data[15] = 0);
	OK(XATTR(F_XATTR)->data[0] = '/');
	/* Two names that are the same are for the reader to find */
	OK(rec_double(F_XATTR, F_XATTR));

	NO(bad, long_xattr(0, 0));
	NO(bad, long_xattr(0, 8));
	NO(bad, long_xattr(256, 0));
	NO(bad, long_xattr(256, PKRAM_SHMEM_XATTR_VALUE_MAX));
	NO(bad, long_xattr(8, PKRAM_SHMEM_XATTR_VALUE_MAX + 1));
	NO(bad, long_xattr(255, PKRAM_SHMEM_XATTR_VALUE_MAX + 1));
	NO(bad, XATTR(F_ROOT_XATTR)->data[0] = 0);
	NO(bad, XATTR(F_ROOT_XATTR)->data[8] = 0);
	NO(bad, REC(F_XATTR)->flags = 1);
	/* 9 + 7 bytes: no padding, so that each length matters */
	NO(bad, XATTR(F_ROOT_XATTR)->name_len++);
	NO(bad, XATTR(F_ROOT_XATTR)->name_len--);
	NO(bad, XATTR(F_ROOT_XATTR)->value_len++);
	NO(bad, XATTR(F_ROOT_XATTR)->value_len--);
	NO(bad, LEN(F_ROOT_XATTR) += 8);
	NO(bad, LEN(F_ROOT_XATTR) -= 8);
	NO(bad, LEN(F_ROOT_XATTR) = 16);
	NO("record of a wrong length", LEN(F_ROOT_XATTR) = 8);
	/* Sums that wrap around to what they should be */
	NO(bad, XATTR(F_ROOT_XATTR)->value_len = ~0U);
	NO(bad, XATTR(F_ROOT_XATTR)->name_len = ~0U);
	NO(bad, XATTR(F_ROOT_XATTR)->name_len = ~0U,
	   XATTR(F_ROOT_XATTR)->value_len = 17);
	NO(bad, XATTR(F_ROOT_XATTR)->name_len = 17,
	   XATTR(F_ROOT_XATTR)->value_len = ~0U);
	NO(bad, XATTR(F_ROOT_XATTR)->name_len = 1U << 31,
	   XATTR(F_ROOT_XATTR)->value_len = (1U << 31) + 16);
	/* Each byte of padding */
	for (len = 9; len < 16; len++)
		NO(bad, long_xattr(9, 0), XATTR(F_XATTR)->data[len] = 'x');
	NO(bad, long_xattr(4, 11), XATTR(F_XATTR)->data[15] = 1);

	NO(place, rec_double(F_XATTR, F_ROOT));
	NO(place, rec_double(F_XATTR, F_ROOT_DIR + 1));
	NO(place, rec_double(F_XATTR, F_FILE_NAME + 1));
	NO(place, rec_double(F_XATTR, F_DIR_DIR));
	clear();
}

static void long_acl(u32 len)
{
	static char bytes[PKRAM_SHMEM_XATTR_VALUE_MAX + 8];

	memset(bytes, 'x', sizeof(bytes));
	rec_grow(F_ACL);
	put_acl(ACL(F_ACL), 0, bytes, len);
}

static void test_acl(void)
{
	const char *bad = "bad ACL";
	const char *place = "ACL in the wrong place";
	u32 len;

	for (len = 1; len < 40; len++)
		OK(long_acl(len));
	OK(long_acl(PKRAM_SHMEM_XATTR_VALUE_MAX));
	/* The default ACL of a directory first; one alone */
	OK(rec_double(F_ROOT_ACL, F_ROOT_DEFAULT + 1), rec_del(F_ROOT_ACL));
	OK(REC(F_DIR_DEFAULT)->flags = 0);

	NO(bad, long_acl(0));
	NO(bad, long_acl(PKRAM_SHMEM_XATTR_VALUE_MAX + 1));
	NO(bad, long_acl(16), ACL(F_ACL)->len--);
	NO(bad, long_acl(16), ACL(F_ACL)->len++);
	NO(bad, long_acl(16), LEN(F_ACL) += 8);
	NO(bad, long_acl(16), LEN(F_ACL) -= 8);
	NO(bad, ACL(F_ACL)->len = ~0U);
	NO(bad, ACL(F_ACL)->len = -16U);
	NO(bad, ACL(F_ACL)->reserved = 1);
	NO(bad, ACL(F_ACL)->reserved = 1U << 31);
	NO(bad, REC(F_ACL)->flags = 2);
	NO(bad, REC(F_ROOT_DEFAULT)->flags = 3);
	NO(bad, REC(F_ROOT_DEFAULT)->flags = 1 << 15 | 1);
	NO("record of a wrong length", LEN(F_ACL) = 8);
	/* Each byte of padding */
	for (len = 1; len < 8; len++)
		NO(bad, long_acl(1), ACL(F_ACL)->acl[len] = 'x');

	NO(place, rec_double(F_ACL, F_ACL));
	NO(place, REC(F_ROOT_DEFAULT)->flags = 0);
	NO(place, REC(F_ROOT_ACL)->flags = 1);
	NO(place, rec_double(F_ROOT_DEFAULT, F_ROOT_DIR));
	/* Only directories have default ones, symlinks none */
	NO(place, REC(F_ACL)->flags = 1);
	NO(place, REC(F_FIFO_ACL)->flags = 1);
	NO(place, rec_double(F_ACL, F_SYM + 1));
	NO(place, rec_double(F_ROOT_DEFAULT, F_SYM + 1));
	NO(place, rec_double(F_ACL, F_ROOT));
	NO(place, rec_double(F_ACL, F_ROOT_DIR + 1));
	NO(place, rec_double(F_ACL, F_FILE_NAME + 1));
	clear();
}

static void test_policy(void)
{
	const char *bad = "bad policy";
	const char *place = "policy in the wrong place";

	policy_bounds(F_POLICY, bad);
	OK(POLICY(F_POLICY)->start = 63);
	OK(POLICY(F_POLICY_2)->end = PAGES_LIMIT);
	OK(POLICY(F_POLICY_2)->start = PAGES_LIMIT - 1,
	   POLICY(F_POLICY_2)->end = PAGES_LIMIT);

	NO(bad, POLICY(F_POLICY)->start = 64);
	NO(bad, POLICY(F_POLICY)->start = 65);
	NO(bad, POLICY(F_POLICY)->start = ~0ULL);
	NO(bad, POLICY(F_POLICY)->end = 0);
	NO(bad, POLICY(F_POLICY)->end = 65);
	NO(bad, POLICY(F_POLICY_2)->start = 63);
	NO(bad, POLICY(F_POLICY_2)->start = 0);
	NO(bad, POLICY(F_POLICY_2)->end = PAGES_LIMIT + 1);
	NO(bad, POLICY(F_POLICY_2)->end = ~0ULL);
	NO(bad, rec_double(F_POLICY, F_POLICY));
	NO(bad, rec_double(F_POLICY, F_POLICY_2 + 1), rec_del(F_POLICY));
	/* Each file begins anew */
	OK(rec_double(F_POLICY, F_BARE + 1));

	NO(place, rec_double(F_POLICY, F_ROOT));
	NO(place, rec_double(F_POLICY, F_ROOT + 1));
	NO(place, rec_double(F_POLICY, F_FILE_NAME + 1));
	NO(place, rec_double(F_POLICY, F_SYM + 1));
	NO(place, rec_double(F_POLICY, F_FIFO + 1));
	clear();
}

/* Checksums of @nr pages in all, each of one page, in a file of so many */
static void many_sums(u32 nr, u64 pages)
{
	u32 i;

	rec_del(F_SUMS_2);
	rec_grow(F_SUMS);
	LEN(F_SUMS) = sizeof(struct pkram_shmem_sums);
	for (i = 0; i < nr; i++)
		sum(SUMS(F_SUMS), i, 1);
	DATA(F_DATA)->nr = pages;
}

static void one_sum(u64 start, u32 nr)
{
	many_sums(0, 1024);
	sum(SUMS(F_SUMS), start, nr);
}

static void test_sums(void)
{
	const char *bad = "bad checksums";
	struct pkram_shmem_sum *first, *last;
	u32 skip;

	for (skip = 0; skip < 512; skip++) {
		OK(one_sum(skip, 512 - skip));
		OK(one_sum(1 << 20 | skip, 1));
		NO(bad, one_sum(skip, 513 - skip));
		NO(bad, one_sum(skip, 0));
	}
	OK(one_sum(PAGES_LIMIT - 512, 512));
	OK(one_sum(PAGES_LIMIT - 1, 1));
	NO(bad, one_sum(PAGES_LIMIT - 1, 2));
	NO(bad, one_sum(PAGES_LIMIT, 1));
	NO(bad, one_sum(~0ULL, 1));
	NO(bad, one_sum(-512ULL, 512));
	NO(bad, one_sum(0, ~0U));
	NO(bad, one_sum(512, 1U << 31));

	/* Of more pages than there are */
	NO(bad, DATA(F_DATA)->nr = 3);
	OK(DATA(F_DATA)->nr = 4);
	NO(bad, DATA(F_DATA)->nr = 0);
	NO(bad, one_sum(0, 512), DATA(F_DATA)->nr = 511);
	/* Twice, or not in order */
	full_tree();
	first = SUMS(F_SUMS)->sums;
	last = SUMS(F_SUMS_2)->sums;
	first[1].start = 1;
	accepted("side by side");
	first[1].start = 0;
	refused("twice", bad);
	first[0].start = 3;
	first[1].start = 2;
	refused("the higher first", bad);
	first[0].start = 0;
	last[0].start = 2;
	refused("twice, in two records", bad);
	last[0].start = 1;
	refused("an earlier one, in two records", bad);
	NO(bad, rec_double(F_SUMS, F_SUMS));
	NO(bad, rec_double(F_SUMS, F_SUMS_2 + 1), rec_del(F_SUMS));
	clear();
}

static void test_sums_record(void)
{
	const char *bad = "bad checksums";
	const char *place = "checksums in the wrong place";

	OK(rec_del(F_SUMS_2));
	OK(rec_del(F_SUMS_2), rec_del(F_SUMS));
	OK(many_sums(PKRAM_SHMEM_SUMS_MAX, PKRAM_SHMEM_SUMS_MAX));
	NO("does not fit", many_sums(PKRAM_SHMEM_SUMS_MAX + 1, 1 << 20));
	NO(bad, many_sums(0, 5));
	NO(bad, LEN(F_SUMS) += 8);
	NO(bad, LEN(F_SUMS) -= 8);
	NO(bad, LEN(F_SUMS) += 16);
	OK(LEN(F_SUMS) -= 16);
	NO(bad, LEN(F_SUMS) = 16);
	NO(bad, LEN(F_SUMS) = 8);
	NO(bad, REC(F_SUMS)->flags = 1);
	NO(bad, REC(F_SUMS_2)->flags = 1 << 15);

	/* Nobody has asked for them */
	NO(place, SUPER->rec.flags = 0);
	NO(place, SUPER->rec.flags = 0x1f);
	/* No pages, or not yet, or no file */
	NO(place, rec_del(F_DATA));
	NO(place, rec_double(F_DATA, F_POISON), rec_del(F_DATA));
	NO(place, rec_double(F_SUMS, F_DATA));
	NO(place, rec_double(F_SUMS, F_BARE + 1));
	NO(place, rec_double(F_SUMS, F_ROOT));
	NO(place, rec_double(F_SUMS, F_ROOT + 1));
	NO(place, rec_double(F_SUMS, F_FILE_NAME + 1));
	NO(place, rec_double(F_SUMS, F_SYM + 1));
	NO(place, rec_double(F_SUMS, F_FIFO + 1));
	/* The next file begins anew */
	OK(rec_double(F_SUMS, F_BARE + 1), rec_double(F_DATA, F_BARE + 1),
	   DATA(F_BARE + 1)->pos = 5);
	clear();
}

const struct test record_state_tests[] = {
	{ "full", "a tree is accepted with all it may have, and without each",
	  test_full },
	{ "places", "each kind of record is accepted just where it belongs",
	  test_places },
	{ "any_order", "the records of an inode come in any order",
	  test_any_order },
	{ "mpol", "one policy of 1 to 4096 bytes", test_mpol },
	{ "quota", "quotas: all flags, highest limits, one record", test_quota },
	{ "dquot", "limits ascend and are of a type that is counted",
	  test_dquot },
	{ "dquot_last", "limits come after the whole tree and last",
	  test_dquot_last },
	{ "poison", "lost pages ascend without overlap or overflow",
	  test_poison },
	{ "poison_totals", "lost pages are as many as the header says",
	  test_poison_totals },
	{ "xattr", "attributes: all lengths; impossible ones are refused",
	  test_xattr },
	{ "acl", "one ACL of each kind, of any length, not of symlinks",
	  test_acl },
	{ "policy", "policies: all lengths, ranges without overlap",
	  test_policy },
	{ "sums", "checksums ascend and are of pages that can be there",
	  test_sums },
	{ "sums_record", "records of 1 to 8191 checksums, after the pages",
	  test_sums_record },
	{ }
};
