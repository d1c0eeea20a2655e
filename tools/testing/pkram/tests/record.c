// SPDX-License-Identifier: GPL-2.0
/*
 * The checker of the records of a tmpfs, fed with trees that are right and
 * wrong in one thing: the tree itself. What inodes and mounts may have besides
 * is in record_state.c.
 */
#include "record.h"

static void test_good(void)
{
	unsigned int i;

	GOOD((void)0);
	begin();
	inode(S_IFDIR, 2, 0);
	dir(1, 0);
	accepted("an empty root");
	/* Each directory in the one before */
	begin();
	inode(S_IFDIR, 3, 0);
	for (i = 2; i < 20; i++) {
		dir(i - 1, 1);
		inode(S_IFDIR, i == 19 ? 2 : 3, 0);
		name(i, "d");
	}
	dir(19, 0);
	accepted("a deep chain");
	clear();
}

static void test_header(void)
{
	BAD("not a tmpfs", HEADER->magic++);
	BAD("not a tmpfs", HEADER->rec.type = PKRAM_SHMEM_SUPER);
	BAD("format of another version of the kernel", HEADER->version++);
	BAD("format of another version of the kernel", HEADER->version = 0);
	BAD("bad header", HEADER->rec.flags = 1);
	BAD("bad header", HEADER->reserved = 1);
	BAD("bad header", HEADER->rec.len += 8);
	tree();
	totals();
	s.keep_totals = true;
	HEADER->nr_bytes += 8;
	refused("nr_bytes", "length differs from the header's");
	HEADER->nr_bytes -= 8;
	HEADER->nr_frames--;
	refused("nr_frames", "length differs from the header's");
	HEADER->nr_frames++;
	accepted("restored");
	HEADER->nr_inodes--;
	refused("one inode less", NULL);
	HEADER->nr_inodes = 0;
	refused("no inodes", "impossible totals");
	HEADER->nr_inodes = ~0ULL;
	refused("inodes ~0", "impossible totals");
	HEADER->nr_inodes = HEADER->nr_dentries + 2;
	refused("inodes without names", "impossible totals");
	HEADER->nr_inodes = 7;
	HEADER->nr_dentries++;
	refused("one name more", NULL);
	HEADER->nr_dentries = ~0ULL;
	refused("names ~0", "impossible totals");
	/* More than the stream has room for */
	HEADER->nr_dentries = HEADER->nr_bytes / 20 + 1;
	refused("too many names", "impossible totals");
	HEADER->nr_dentries = HEADER->nr_bytes / 20;
	HEADER->nr_inodes = HEADER->nr_bytes / 120 + 1;
	refused("too many inodes", "impossible totals");
	HEADER->nr_inodes = 8;
	HEADER->nr_dentries = 8;
	refused("one inode more", "tree differs from the header's totals");
	HEADER->nr_inodes = 7;
	accepted("restored");
	HEADER->nr_blocks = 6;
	refused("fewer blocks than frames", "impossible totals");
	clear();
}

static void test_fits(void)
{
	struct pkram_shmem_rec rec = { };
	u32 len;

	for (len = 0; len < 64; len++) {
		rec.len = len;
		EXPECT_EQ(pkram_shmem_rec_fits(&rec, 1000), len >= 8 && !(len % 8));
		EXPECT_EQ(pkram_shmem_rec_fits(&rec, 24),
			  len >= 8 && !(len % 8) && len <= 24);
		EXPECT(!pkram_shmem_rec_fits(&rec, 0));
	}
	rec.len = PKRAM_SHMEM_REC_MAX;
	EXPECT(pkram_shmem_rec_fits(&rec, ~0ULL));
	rec.len = PKRAM_SHMEM_REC_MAX + 8;
	EXPECT(!pkram_shmem_rec_fits(&rec, ~0ULL));
	rec.len = -8U;
	EXPECT(!pkram_shmem_rec_fits(&rec, ~0ULL));
}

static void test_super(void)
{
	/* LONG_MAX and ULONG_MAX / BOGO_INODE_SIZE: what tmpfs takes */
	const u64 blocks = ~0ULL >> 1, inodes = ~0ULL >> 10;

	GOOD(SUPER->huge = 3, SUPER->rec.flags = 0x3f, SUPER->max_blocks = blocks,
	     SUPER->max_inodes = inodes);
	BAD("bad superblock", SUPER->huge = 4);
	BAD("bad superblock", SUPER->rec.flags = 0x40);
	BAD("bad superblock", SUPER->mode = 010000);
	BAD("bad superblock", SUPER->max_blocks = blocks + 1);
	BAD("bad superblock", SUPER->max_inodes = inodes + 1);
	BAD("bad superblock", SUPER->uid = ~0U);
	BAD("bad superblock", SUPER->gid = ~0U);
	BAD("second superblock", rec_double(1, 2));
	BAD("second superblock", rec_double(1, s.nr));
	BAD("no superblock", rec_del(1));
	BAD("no superblock", rec_double(1, 3), rec_del(1));
	BAD("second header", rec_double(0, 2));
}

static void test_inode(void)
{
	GOOD(I(12)->mode = S_IFSOCK);
	GOOD(I(12)->mode = S_IFCHR, I(12)->rdev_minor = 0xfffff);
	GOOD(I(12)->mode = S_IFBLK, I(12)->rdev_major = 0xfff);
	GOOD(I(4)->atime = ~0ULL, I(4)->atime_nsec = 999999999);
	GOOD(I(4)->size = ~0ULL >> 1);

	BAD("bad inode", I(4)->mode = 0644);
	BAD("bad inode", I(4)->mode = 0170644);
	BAD("bad inode", I(4)->mode |= 1 << 16);
	BAD("bad inode", I(4)->ino = 0);
	BAD("bad inode", I(4)->uid = ~0U);
	BAD("bad inode", I(4)->gid = ~0U);
	BAD("bad inode", I(4)->nlink = 0);
	BAD("bad inode", I(4)->nlink |= 1U << 31);
	BAD("bad inode", I(4)->rdev_major = 1);
	BAD("bad inode", I(4)->rdev_minor = 1);
	BAD("bad inode", I(12)->mode = S_IFCHR, I(12)->rdev_major = 0x1000);
	BAD("bad inode", I(12)->mode = S_IFBLK, I(12)->rdev_minor = 0x100000);
	BAD("bad inode", I(4)->size = 1ULL << 63);
	BAD("bad inode", I(4)->atime_nsec = 1000000000);
	BAD("bad inode", I(4)->mtime_nsec = 1000000000);
	BAD("bad inode", I(4)->ctime_nsec = 1000000000);
	BAD("bad inode", I(4)->btime_nsec = ~0U);
	BAD("bad inode", I(4)->reserved = 1);
	BAD("bad inode", I(4)->rec.flags = 2);
	BAD("inode with a wrong id", I(4)->id = 1);
	BAD("inode with a wrong id", I(4)->id = 3);
	BAD("inode with a wrong id", I(4)->id = 0);
	BAD("inode with a wrong id", I(4)->id = ~0U);
	BAD("inode in the wrong place", I(2)->mode = S_IFREG);
	BAD("inode in the wrong place", rec_double(4, 5));
	BAD("inode in the wrong place", inode(S_IFREG, 1, 0));
}

static void test_order(void)
{
	BAD("directory is not complete", DIR(3)->nr++);
	BAD(NULL, DIR(3)->nr--);
	BAD("bad directory", DIR(3)->nr = ~0U);
	BAD("bad directory", DIR(3)->reserved = 1);
	BAD("bad directory", DIR(3)->rec.flags = 1);
	BAD("bad directory", DIR(3)->next_offset = PKRAM_SHMEM_OFFSET_MIN - 1);
	BAD("bad directory", DIR(3)->next_offset = PKRAM_SHMEM_OFFSET_MAX + 2U);
	BAD("directory with a wrong id", DIR(3)->id = 0);
	BAD("directory with a wrong id", DIR(3)->id = 2);
	BAD("directory with a wrong id", DIR(14)->id = 1);
	BAD("directory with a wrong id", DIR(14)->id = 2);
	BAD("directory with a wrong id", DIR(14)->id = 6);
	BAD("directory with a wrong id", DIR(14)->id = ~0U);
	BAD("directory with a wrong id", rec_double(14, s.nr), DIR(s.nr - 1)->nr = 0);
	BAD("directory with a wrong number of links", I(2)->nlink = 2);
	BAD("directory with a wrong number of links", I(2)->nlink = 4);
	BAD("directory with a wrong number of links", I(16)->nlink = 3);
	/* The last directory: not listed, not complete */
	BAD("directory without a list of its entries", rec_del(22), rec_del(21),
	    rec_del(20), rec_del(19));
	BAD(NULL, rec_del(22));
	BAD(NULL, rec_del(22), rec_del(21), rec_del(20));
	BAD(NULL, rec_del(6));
	BAD("name in the wrong place", name(2, "x"));
	BAD("name in the wrong place", rec_double(6, 3));
	BAD("record of an unknown type", I(4)->rec.type = 0);
	BAD("record of an unknown type", I(4)->rec.type = 16);
	BAD("record of an unknown type", I(4)->rec.type = 0xffff);
	BAD("record of a wrong length", I(4)->rec.len -= 8);
	BAD("record of a wrong length", I(4)->rec.len += 8);
	BAD("record of a wrong length", DIR(3)->rec.len = 8);
	BAD("record of a wrong length", NAME(6)->rec.len = 16);
	BAD("record of a wrong length", SYM(10)->rec.len = 8);
	BAD("record of a wrong length", DATA(5)->rec.len = 8);
}

static void long_name(u32 len, char c)
{
	char text[300];

	memset(text, c, len);
	pkram_shmem_put_dentry(NAME(6), 2, 5, text, len);
}

static void test_names(void)
{
	u32 len;

	for (len = 1; len <= 255; len++)
		GOOD(long_name(len, 'x'));
	GOOD(long_name(3, '.'));
	GOOD(long_name(1, '\xff'));
	GOOD(NAME(6)->name[0] = '\n');
	GOOD(NAME(6)->name[0] = '.', NAME(6)->name[1] = '.');
	GOOD(NAME(6)->offset = PKRAM_SHMEM_OFFSET_MIN);
	GOOD(NAME(6)->offset = PKRAM_SHMEM_OFFSET_MAX);

	BAD("bad name", long_name(0, 'x'));
	BAD("bad name", long_name(256, 'x'));
	BAD("bad name", long_name(1, '.'));
	BAD("bad name", long_name(2, '.'));
	BAD("bad name", long_name(2, '/'));
	BAD("bad name", NAME(6)->name[3] = '/');
	BAD("bad name", NAME(6)->name[1] = 0);
	BAD("bad name", NAME(8)->name[1] = 'x');
	BAD("bad name", NAME(8)->name[3] = 'x');
	BAD("bad name", NAME(6)->name_len = 3);
	BAD("bad name", NAME(6)->name_len = 5);
	BAD("bad name", NAME(6)->name_len = ~0U);
	BAD("bad name", NAME(6)->name_len = ~0U - 20);
	BAD("bad name", NAME(6)->rec.len += 8);
	BAD("bad name", NAME(6)->rec.flags = 1);
	BAD("bad name", NAME(6)->offset = PKRAM_SHMEM_OFFSET_MIN - 1);
	BAD("bad name", NAME(6)->offset = PKRAM_SHMEM_OFFSET_MAX + 1U);
	BAD("bad name", NAME(6)->offset = ~0U);
}

static void test_links(void)
{
	GOOD(NAME(15)->id = 4, NAME(18)->id = 2);
	/* Not the new inode first, nobody's, not there yet, too many */
	BAD("name of a wrong inode", NAME(6)->id = 1);
	BAD("name of a wrong inode", NAME(6)->id = 3);
	BAD("name of a wrong inode", NAME(15)->id = 0);
	BAD("name of a wrong inode", NAME(15)->id = 6);
	BAD("name of a wrong inode", NAME(15)->id = ~0U);
	BAD("inode with more names than links", NAME(15)->id = 4);
	BAD("inode with more names than links", I(4)->nlink = 1);
	BAD("inode with fewer names than links", I(4)->nlink = 3);
	BAD("inode with fewer names than links", I(4)->nlink = 0x7fffffff);
	/* A directory again: the root, itself, its parent, its child */
	BAD("directory with two names", NAME(15)->id = 1);
	BAD("directory with two names", NAME(15)->id = 3);
	BAD("directory with two names", NAME(18)->id = 3);
	BAD("directory with two names", NAME(18)->id = 6);
}

static void long_target(u32 len, u64 size)
{
	char text[5000];

	memset(text, 'x', sizeof(text));
	I(9)->size = size;
	pkram_shmem_put_symlink(SYM(10), text, len);
}

static void test_symlink(void)
{
	GOOD(long_target(1, 1));
	GOOD(long_target(4095, 4095));
	GOOD(SYM(10)->target[0] = '/');

	BAD("symlink without a target", rec_del(10));
	BAD("bad symlink", long_target(0, 0));
	BAD("bad symlink", long_target(4096, 4096));
	BAD("bad symlink", long_target(10, 9));
	BAD("bad symlink", long_target(10, 11));
	BAD("bad symlink", SYM(10)->target_len = ~0U, I(9)->size = ~0U);
	BAD("bad symlink", SYM(10)->target[2] = 0);
	BAD("bad symlink", SYM(10)->target[6] = 'x');
	BAD("bad symlink", SYM(10)->rec.flags = 1);
	BAD("bad symlink", SYM(10)->rec.len += 8);
	BAD("symlink in the wrong place", rec_double(10, 11));
	BAD("symlink in the wrong place", rec_double(10, 5));
	BAD("symlink in the wrong place", rec_double(10, 12));
	BAD("symlink in the wrong place", rec_double(10, 3));
	BAD("symlink in the wrong place", rec_double(10, 4));
}

static void test_data(void)
{
	GOOD(DATA(5)->fallocend = 1ULL << 52);
	GOOD(DATA(5)->nr = 7, DATA(21)->pos = 7);

	BAD("bad record of data", DATA(5)->fallocend = (1ULL << 52) + 1);
	BAD("bad record of data", DATA(5)->rec.flags = 1);
	BAD("wrong position in the page stream", DATA(5)->pos = 1);
	BAD("wrong position in the page stream", DATA(21)->pos = 0);
	BAD("wrong position in the page stream", DATA(21)->pos = 4);
	BAD("wrong position in the page stream", DATA(21)->pos = 6);
	BAD("wrong position in the page stream", DATA(5)->nr = 4);
	/* Sums that wrap around to what they should be */
	BAD("wrong position in the page stream", DATA(5)->nr = -2ULL,
	    DATA(21)->nr = 9, DATA(21)->pos = -2ULL);
	BAD("pages in the wrong place", rec_double(5, 6));
	BAD("pages in the wrong place", rec_double(5, 8));
	BAD("pages in the wrong place", rec_double(5, 10));
	BAD("pages in the wrong place", rec_double(5, 7));
	BAD("pages in the wrong place", rec_double(5, 3));
}

/* The stream ends after each record: none of the beginnings is a tree */
static void test_cut(void)
{
	unsigned int nr;

	for (nr = 1; nr < 23; nr++) {
		tree();
		EXPECT_EQ(s.nr, 23);
		while (s.nr > nr)
			rec_del(s.nr - 1);
		refused("cut", NULL);
	}
	clear();
}

const struct test record_tests[] = {
	{ "good", "trees that are right are accepted", test_good },
	{ "header", "each wrong field and total of the header is refused",
	  test_header },
	{ "fits", "lengths that cannot be are refused", test_fits },
	{ "super", "one good superblock comes first", test_super },
	{ "inode", "each impossible field of an inode is refused", test_inode },
	{ "order", "records are known, complete and in order", test_order },
	{ "names", "names of 1 to 255 bytes; impossible ones are refused",
	  test_names },
	{ "links", "each inode has its number of names, directories one",
	  test_links },
	{ "symlink", "targets of 1 to 4095 bytes; impossible ones are refused",
	  test_symlink },
	{ "data", "pages of files follow each other without gap or overlap",
	  test_data },
	{ "cut", "no beginning of a tree is a tree", test_cut },
	{ }
};
