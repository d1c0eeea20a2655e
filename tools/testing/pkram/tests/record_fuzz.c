// SPDX-License-Identifier: GPL-2.0
/*
 * The checker of the records of a tmpfs, fed with trees that are made or
 * changed at random. Whatever it accepts must pass audit().
 */
#include "record.h"

/* ------------------------------------------------------------- random trees */

#define MAX_INODES	16

/* A tree that is being made, nlink and DIR's nr being counted meanwhile */
static struct {
	struct pkram_shmem_inode *inode[MAX_INODES + 1];
	u64 frames;
	u64 unsummed;
	u64 sum_end;
	u64 poison_end;
	u64 policy_end;
	u32 attrs;
	u32 acls;
} gen;

static const char *random_text(void)
{
	static char text[64];
	unsigned int len = 1 + sim_random(40);

	memset(text, 'a' + sim_random(26), len);
	text[len] = 0;
	return text;
}

static void random_xattr(void)
{
	u8 value[64];
	unsigned int i;

	for (i = 0; i < sizeof(value); i++)
		value[i] = sim_random(256);
	xattr(random_text(), value, sim_random(sizeof(value)));
}

static void random_acl(u32 mode)
{
	unsigned int dflt = S_ISDIR(mode) && sim_random(2);

	if (S_ISLNK(mode) || gen.acls & 1 << dflt)
		return;
	gen.acls |= 1 << dflt;
	acl(dflt, sim_random(8));
}

static void random_data(void)
{
	u64 nr = sim_random(10);

	if (gen.attrs & 1 << PKRAM_SHMEM_DATA)
		return;
	gen.attrs |= 1 << PKRAM_SHMEM_DATA;
	data(gen.frames, nr)->fallocend = sim_random(100);
	gen.frames += nr;
	gen.unsummed = nr;
}

/* Of the pages of a file, in one record of several */
static void random_sums(void)
{
	struct pkram_shmem_sums *rec;
	u32 nr;

	if (!(SUPER->rec.flags & PKRAM_SHMEM_SUPER_VERIFY) || !gen.unsummed)
		return;
	rec = sums();
	do {
		gen.sum_end += sim_random(600);
		nr = 1 + sim_random(min_t(u64, gen.unsummed, 512 -
					  gen.sum_end % 512));
		sum(rec, gen.sum_end, nr)->crc = sim_random(~0U);
		gen.sum_end += nr;
		gen.unsummed -= nr;
	} while (gen.unsummed && sim_random(3));
}

static void random_poison(void)
{
	u64 start = gen.poison_end + sim_random(3), nr = 1 + sim_random(5);

	poison(start, nr);
	gen.poison_end = start + nr;
}

static void random_policy(void)
{
	u64 start = gen.policy_end + sim_random(3);
	struct pkram_shmem_policy *rec;

	gen.policy_end = start + 1 + sim_random(50);
	rec = policy(start, gen.policy_end, 1 + sim_random(4));
	rec->mode = sim_random(1 << 16);
	if (sim_random(2))
		rec->home_node = sim_random(64);
}

/* A record that an inode of type @mode may have; or none, if it has it */
static void random_attr(u32 mode)
{
	switch (sim_random(S_ISREG(mode) ? 6 : 2)) {
	case 0:
		random_xattr();
		break;
	case 1:
		random_acl(mode);
		break;
	case 2:
		random_data();
		break;
	case 3:
		random_poison();
		break;
	case 4:
		random_policy();
		break;
	case 5:
		random_sums();
		break;
	}
}

static u32 random_inode(u32 mode)
{
	struct pkram_shmem_inode *rec = inode(mode, S_ISDIR(mode) ? 2 : 1, 0);
	unsigned int n = sim_random(5), at = sim_random(n + 1);

	gen.inode[rec->id] = rec;
	gen.unsummed = 0;
	gen.sum_end = 0;
	gen.poison_end = 0;
	gen.policy_end = 0;
	gen.attrs = 0;
	gen.acls = 0;
	do {
		if (S_ISLNK(mode) && n == at)
			rec->size = target(random_text())->target_len;
		if (n)
			random_attr(mode);
	} while (n--);
	return rec->id;
}

/* An entry of directory @parent: something new or a further name */
static void random_entry(u32 parent)
{
	static const u32 modes[] = {
		S_IFREG, S_IFREG, S_IFREG, S_IFDIR, S_IFDIR, S_IFLNK, S_IFCHR,
		S_IFBLK, S_IFIFO, S_IFSOCK,
	};
	u32 id = 1 + sim_random(s.nr_inodes);

	if (s.nr_inodes < MAX_INODES &&
	    (S_ISDIR(gen.inode[id]->mode) || sim_random(3))) {
		u32 mode = modes[sim_random(ARRAY_SIZE(modes))];

		id = random_inode(mode | sim_random(010000));
		gen.inode[parent]->nlink += !!S_ISDIR(mode);
	} else {
		if (S_ISDIR(gen.inode[id]->mode))
			return;
		gen.inode[id]->nlink++;
	}
	name(id, random_text());
}

static void random_mount(void)
{
	begin();
	SUPER->rec.flags = sim_random(4) |
			   (sim_random(2) ? PKRAM_SHMEM_SUPER_VERIFY : 0);
	SUPER->huge = sim_random(4);
	SUPER->max_blocks = sim_random(PAGES_LIMIT + 1);
	SUPER->uid = sim_random(~0U);
	if (sim_random(2))
		mpol(1 + sim_random(4));
}

static void random_dquots(unsigned int usage)
{
	u32 type, id;

	for (type = 0; type < PKRAM_SHMEM_QUOTA_TYPES; type++)
		for (id = 0; id < 4; id++)
			if (usage & 1 << type && sim_random(2))
				dquot(type, id * 1000)->inodes_soft =
					sim_random(SIZE_LIMIT);
}

/* Breadth first, as a writer does it */
static void random_tree(void)
{
	unsigned int usage = sim_random(4);
	u32 id;

	memset(&gen, 0, sizeof(gen));
	random_mount();
	if (usage)
		quota(usage, usage & sim_random(4));
	random_inode(S_IFDIR | sim_random(010000));
	for (id = 1; id <= s.nr_inodes; id++) {
		struct pkram_shmem_dir *rec;
		unsigned int n = sim_random(id == 1 ? 12 : 6), at;

		if (!S_ISDIR(gen.inode[id]->mode))
			continue;
		rec = dir(id, 0);
		at = s.nr;
		while (n--)
			random_entry(id);
		rec->nr = rec_count(at, s.nr, PKRAM_SHMEM_DENTRY, 0);
	}
	random_dquots(usage);
}

/* ----------------------------------------------------------------- mutation */

/* Values where something begins or ends, as one half of a u64 or alone */
static u32 random_edge(void)
{
	static const u32 edges[] = {
		0, ~0U, ~0U - 1, 1U << 31, (1U << 31) - 1, 1 << 20, 1 << 16,
		255, 256, 4095, 4096,
	};

	return edges[sim_random(ARRAY_SIZE(edges))];
}

/* Exchange two: often a tree again when they are alike */
static void exchange(unsigned int i, unsigned int j)
{
	void *rec = s.rec[i];

	if (TYPE(i) != TYPE(j) && sim_random(4))
		return;
	s.rec[i] = s.rec[j];
	s.rec[j] = rec;
}

static void mutate(void)
{
	unsigned int i = 1 + sim_random(s.nr - 1), j = 1 + sim_random(s.nr - 1);
	u8 *byte = (u8 *)s.rec[i] + sim_random(LEN(i) ?: 8);
	u32 *word = (u32 *)s.rec[i] + sim_random(LEN(i) / 4 ?: 2);

	switch (sim_random(9)) {
	case 0:
		*byte ^= 1 << sim_random(8);
		break;
	case 1:
		*word += sim_random(3) - 1;
		break;
	case 2:
		*word = sim_random(2) ? sim_random(9) : sim_random(~0U);
		break;
	case 3:
		rec_del(i);
		break;
	case 4:
		if (s.nr < MAX_RECS)
			rec_double(i, j);
		break;
	case 5:
		*word = random_edge();
		break;
	default:
		exchange(i, j);
	}
	/* Longer than what we have allocated is for test_fits() */
	for (i = 0; i < s.nr; i++)
		if (LEN(i) > PKRAM_SHMEM_ENTRY_MAX)
			LEN(i) = PKRAM_SHMEM_ENTRY_MAX;
}

/* Change it at random; returns whether it was accepted */
static bool fuzz(unsigned int max)
{
	unsigned int n = 1 + sim_random(max);

	while (n--)
		if (s.nr > 2)
			mutate();
	if (feed())
		return false;
	audit();
	return true;
}

static void test_fuzz(void)
{
	unsigned int round, good = 0;

	for (round = 0; round < 100000; round++) {
		if (round % 2)
			full_tree();
		else
			tree();
		good += fuzz(4);
	}
	/* Neither all nor nothing: or the test would prove nothing */
	EXPECT(good > 1000 && good < 60000);
	clear();
}

static void test_random_trees(void)
{
	unsigned int round, i, good = 0;
	u32 types = 0;

	for (round = 0; round < 20000; round++) {
		random_tree();
		accepted("random tree");
		audit();
		for (i = 0; i < s.nr; i++)
			types |= 1 << TYPE(i);
		good += fuzz(3);
	}
	/* Every type was there */
	EXPECT_EQ(types, (2 << PKRAM_SHMEM_SUMS) - 2);
	EXPECT(good > 500 && good < 12000);
	clear();
}

/* -------------------------------------------------------- small changes, all */

static void double_each(void (*make)(void), bool move)
{
	unsigned int i, to, nr = 2;

	for (i = 1; i < nr; i++)
		for (to = 1; to <= nr; to++) {
			make();
			nr = s.nr;
			rec_double(i, to);
			if (move)
				rec_del(to <= i ? i + 1 : i);
			if (!feed())
				audit();
		}
}

static void test_moved(void)
{
	double_each(tree, false);
	double_each(tree, true);
	double_each(full_tree, false);
	double_each(full_tree, true);
	clear();
}

/* Flags that may be one or the other */
static bool may_flip(unsigned int i, unsigned int bit)
{
	return ((TYPE(i) == PKRAM_SHMEM_INODE || TYPE(i) == PKRAM_SHMEM_ACL) &&
		bit == 16) ||
	       (TYPE(i) == PKRAM_SHMEM_QUOTA && bit >= 16 && bit < 32);
}

static void flip(unsigned int i, unsigned int bit)
{
	u8 *byte = (u8 *)s.rec[i] + bit / 8;
	const char *why;

	*byte ^= 1 << bit % 8;
	if (LEN(i) > PKRAM_SHMEM_ENTRY_MAX) {
		EXPECT(LEN(i) > PKRAM_SHMEM_REC_MAX || LEN(i) % 8 == 0);
	} else {
		why = feed();
		if (!why)
			audit();
		/* Type, flags or length of a record matter always */
		if (!why && bit < 64 && i > 1 && !may_flip(i, bit))
			FAIL("record %u bit %u accepted", i, bit);
	}
	*byte ^= 1 << bit % 8;
}

static void flip_each(void (*make)(void))
{
	unsigned int i, bit, nr = 1;

	for (i = 0; i < nr; i++) {
		unsigned int bits;

		make();
		nr = s.nr;
		bits = 8 * LEN(i);
		for (bit = 0; bit < bits; bit++)
			flip(i, bit);
	}
}

static void test_every_bit(void)
{
	flip_each(tree);
	flip_each(full_tree);
	clear();
}

/* The tree ends after each record: just with the last name is it complete */
static void test_cut_full(void)
{
	unsigned int nr;

	for (nr = 1; nr < F_NR; nr++) {
		full_tree();
		while (s.nr > nr)
			rec_del(s.nr - 1);
		if (nr < F_DQUOT)
			refused("cut", NULL);
		else
			accepted("cut among the limits");
	}
	/* The totals do not follow: cut anywhere it is refused */
	for (nr = 1; nr < F_NR; nr++) {
		full_tree();
		totals();
		s.keep_totals = true;
		while (s.nr > nr)
			rec_del(s.nr - 1);
		refused("cut", NULL);
	}
	clear();
}

const struct test record_fuzz_tests[] = {
	{ "cut", "a stream that is cut anywhere is refused", test_cut_full },
	{ "moved", "records doubled or moved to each place make a tree or none",
	  test_moved },
	{ "every_bit", "flipped bits are refused or harmless", test_every_bit },
	{ "trees", "20000 random trees are accepted, and changed are trees or none",
	  test_random_trees },
	{ "fuzz", "what is accepted of 100000 random changes is a tree",
	  test_fuzz },
	{ }
};
