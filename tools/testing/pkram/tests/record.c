// SPDX-License-Identifier: GPL-2.0
/*
 * The checker of the records of a tmpfs, fed with trees that are right, wrong
 * in one thing, and random.
 *
 * Each record is given to it in a heap object of just its length, so that
 * AddressSanitizer sees every byte that is read beyond it.
 */
#include <errno.h>
#include <linux/kernel.h>
#include <linux/stat.h>

#include "../test.h"
#include "../../../../mm/pkram_shmem_rec.h"

#define MAX_RECS	64

/* A stream as a list of records; totals of the header follow the list */
static struct {
	void *rec[MAX_RECS];
	unsigned int nr;
	unsigned int nr_inodes;
	bool keep_totals;
} s;

#define HEADER		((struct pkram_shmem_header *)s.rec[0])
#define SUPER		((struct pkram_shmem_super *)s.rec[1])
#define LEN(i)		(((struct pkram_shmem_rec *)s.rec[i])->len)
#define TYPE(i)		(((struct pkram_shmem_rec *)s.rec[i])->type)

static void *rec_add(unsigned int type, size_t len)
{
	struct pkram_shmem_rec *rec = calloc(1, PKRAM_SHMEM_ENTRY_MAX);

	EXPECT(s.nr < MAX_RECS);
	pkram_shmem_put_rec(rec, type, 0, len);
	s.rec[s.nr++] = rec;
	return rec;
}

static void rec_del(unsigned int i)
{
	free(s.rec[i]);
	s.nr--;
	memmove(&s.rec[i], &s.rec[i + 1], (s.nr - i) * sizeof(s.rec[0]));
}

/* Make the last record stand at @i */
static void rec_move_last(unsigned int i)
{
	void *rec = s.rec[s.nr - 1];

	memmove(&s.rec[i + 1], &s.rec[i], (s.nr - 1 - i) * sizeof(s.rec[0]));
	s.rec[i] = rec;
}

static void rec_double(unsigned int i, unsigned int to)
{
	memcpy(rec_add(0, 0), s.rec[i], PKRAM_SHMEM_ENTRY_MAX);
	rec_move_last(to);
}

static void clear(void)
{
	while (s.nr)
		rec_del(s.nr - 1);
	memset(&s, 0, sizeof(s));
}

static struct pkram_shmem_inode *inode(u32 mode, u32 nlink, u64 size)
{
	struct pkram_shmem_inode *rec;

	rec = rec_add(PKRAM_SHMEM_INODE, sizeof(*rec));
	rec->id = ++s.nr_inodes;
	rec->mode = mode;
	rec->nlink = nlink;
	rec->size = size;
	rec->ino = 100 + rec->id;
	rec->mtime_nsec = 999999999;
	return rec;
}

static struct pkram_shmem_dir *dir(u32 id, u32 nr)
{
	struct pkram_shmem_dir *rec = rec_add(PKRAM_SHMEM_DIR, sizeof(*rec));

	rec->id = id;
	rec->nr = nr;
	rec->next_offset = PKRAM_SHMEM_OFFSET_MIN + nr;
	return rec;
}

static struct pkram_shmem_dentry *name(u32 id, const char *text)
{
	struct pkram_shmem_dentry *rec = rec_add(0, 0);

	pkram_shmem_put_dentry(rec, id, PKRAM_SHMEM_OFFSET_MIN + s.nr, text,
			       strlen(text));
	return rec;
}

static struct pkram_shmem_symlink *target(const char *text)
{
	struct pkram_shmem_symlink *rec = rec_add(0, 0);

	pkram_shmem_put_symlink(rec, text, strlen(text));
	return rec;
}

static struct pkram_shmem_data *data(u64 pos, u64 nr)
{
	struct pkram_shmem_data *rec = rec_add(PKRAM_SHMEM_DATA, sizeof(*rec));

	rec->pos = pos;
	rec->nr = nr;
	return rec;
}

static void begin(void)
{
	struct pkram_shmem_header *header;

	clear();
	header = rec_add(PKRAM_SHMEM_HEADER, sizeof(*header));
	header->magic = PKRAM_SHMEM_MAGIC;
	header->version = PKRAM_SHMEM_VERSION;
	rec_add(PKRAM_SHMEM_SUPER, sizeof(struct pkram_shmem_super));
	SUPER->mode = 01777;
}

/*
 *   1 /                         by number of record:
 *   |-- 2 file, 5 pages          0 HEADER, 1 SUPER, 2 INODE /, 3 DIR /
 *   |-- 3 d                      4 INODE file, 5 DATA, 6 DENTRY file
 *   |   |-- link to file         7 INODE d, 8 DENTRY d
 *   |   |-- 6 e                  9 INODE sym, 10 SYMLINK, 11 DENTRY sym
 *   |   |   `-- 7 last, 2 pages  12 INODE fifo, 13 DENTRY fifo
 *   |   `-- link to sym          14 DIR d, 15 DENTRY link
 *   |-- 4 sym -> target          16 INODE e, 17 DENTRY e, 18 DENTRY symlink
 *   `-- 5 fifo                   19 DIR e, 20 INODE last, 21 DATA, 22 DENTRY
 */
static void tree(void)
{
	begin();
	inode(S_IFDIR | 0755, 3, 0);
	dir(1, 4);
	inode(S_IFREG | 06755, 2, 20000);
	data(0, 5);
	name(2, "file");
	inode(S_IFDIR | 01777, 3, 0);
	name(3, "d");
	inode(S_IFLNK | 0777, 2, 6);
	target("target");
	name(4, "sym");
	inode(S_IFIFO, 1, 0);
	name(5, "fifo");
	dir(3, 3);
	name(2, "link");
	inode(S_IFDIR, 2, 0);
	name(6, "e");
	name(4, "symlink");
	dir(6, 1);
	inode(S_IFREG | 0600, 1, 1);
	data(5, 2);
	name(7, "last");
}

#define I(i)		((struct pkram_shmem_inode *)s.rec[i])
#define DIR(i)		((struct pkram_shmem_dir *)s.rec[i])
#define NAME(i)		((struct pkram_shmem_dentry *)s.rec[i])
#define SYM(i)		((struct pkram_shmem_symlink *)s.rec[i])
#define DATA(i)		((struct pkram_shmem_data *)s.rec[i])

static u64 stream_len(void)
{
	u64 len = 0;
	unsigned int i;

	for (i = 0; i < s.nr; i++)
		len += LEN(i);
	return len;
}

static u64 stream_frames(void)
{
	u64 frames = 0;
	unsigned int i;

	for (i = 0; i < s.nr; i++)
		if (TYPE(i) == PKRAM_SHMEM_DATA)
			frames += DATA(i)->nr;
	return frames;
}

/* What a tree amounts to is what its records say, unless that is the test */
static void totals(void)
{
	unsigned int i;

	if (s.keep_totals)
		return;
	HEADER->nr_inodes = 0;
	HEADER->nr_dentries = 0;
	for (i = 0; i < s.nr; i++) {
		HEADER->nr_inodes += TYPE(i) == PKRAM_SHMEM_INODE;
		HEADER->nr_dentries += TYPE(i) == PKRAM_SHMEM_DENTRY;
	}
	HEADER->nr_bytes = stream_len();
	HEADER->nr_frames = stream_frames();
	HEADER->nr_blocks = stream_frames();
}

static const char *feed_rec(struct pkram_shmem_check *chk,
			    const struct pkram_shmem_rec *rec, u64 left)
{
	const char *why;
	void *heap;

	if (!pkram_shmem_rec_fits(rec, left))
		return "does not fit";
	heap = malloc(rec->len);
	memcpy(heap, rec, rec->len);
	why = pkram_shmem_check_rec(chk, heap);
	free(heap);
	return why;
}

/* As a reader does it; NULL when the stream is accepted */
static const char *feed(void)
{
	struct pkram_shmem_check chk;
	u64 left = stream_len();
	const char *why;
	unsigned int i;
	u32 *links;

	totals();
	why = pkram_shmem_check_header(HEADER, left, stream_frames());
	if (why)
		return why;
	links = calloc(HEADER->nr_inodes, sizeof(*links));
	pkram_shmem_check_begin(&chk, HEADER, links);
	left -= LEN(0);
	for (i = 1; !why && i < s.nr; i++) {
		why = feed_rec(&chk, s.rec[i], left);
		left -= LEN(i);
	}
	if (!why)
		why = pkram_shmem_check_end(&chk);
	free(links);
	return why;
}

static void accepted(const char *what)
{
	const char *why = feed();

	if (why)
		FAIL("%s: refused: %s", what, why);
}

/* Some reason, or just this one */
static void refused(const char *what, const char *want)
{
	const char *why = feed();

	if (!why)
		FAIL("%s: accepted", what);
	if (want && strcmp(why, want))
		FAIL("%s: '%s', expected '%s'", what, why, want);
}

/* The tree with one thing done to it */
#define GOOD(...) do {							\
	tree();								\
	__VA_ARGS__;							\
	accepted(#__VA_ARGS__);						\
} while (0)

#define BAD(want, ...) do {						\
	tree();								\
	__VA_ARGS__;							\
	refused(#__VA_ARGS__, want);					\
} while (0)

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
	HEADER->nr_dentries = 8;
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
	const u64 max = 1ULL << 52;

	GOOD(SUPER->huge = 3, SUPER->rec.flags = 3, SUPER->max_blocks = max);
	BAD("bad superblock", SUPER->huge = 4);
	BAD("bad superblock", SUPER->rec.flags = 4);
	BAD("bad superblock", SUPER->mode = 010000);
	BAD("bad superblock", SUPER->max_blocks = max + 1);
	BAD("bad superblock", SUPER->max_inodes = ~0ULL);
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
	BAD("record of an unknown type", I(4)->rec.type = 8);
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

	BAD("bad page record", DATA(5)->fallocend = (1ULL << 52) + 1);
	BAD("bad page record", DATA(5)->rec.flags = 1);
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

/* ---------------------------------------------------------------- fuzzing */

/*
 * What an accepted stream must be, found out in another way: names and frames
 * counted in the records themselves.
 */
static void audit(void)
{
	unsigned int names[MAX_RECS + 1] = { }, links[MAX_RECS + 1] = { };
	bool is_dir[MAX_RECS + 1] = { };
	u32 nlink[MAX_RECS + 1] = { }, id = 0, i, parent = 0;
	u64 frames = 0;

	for (i = 0; i < s.nr; i++)
		if (TYPE(i) == PKRAM_SHMEM_INODE) {
			EXPECT_EQ(I(i)->id, ++id);
			is_dir[id] = S_ISDIR(I(i)->mode);
			nlink[id] = I(i)->nlink;
		}
	for (i = 0; i < s.nr; i++) {
		if (TYPE(i) == PKRAM_SHMEM_DIR) {
			parent = DIR(i)->id;
			EXPECT(parent && parent <= id && is_dir[parent]);
		}
		if (TYPE(i) == PKRAM_SHMEM_DENTRY) {
			EXPECT(NAME(i)->id && NAME(i)->id <= id);
			names[NAME(i)->id]++;
			links[parent] += is_dir[NAME(i)->id];
			/* No directory is above its own parent: ids ascend */
			EXPECT(!is_dir[NAME(i)->id] || NAME(i)->id > parent);
		}
		if (TYPE(i) == PKRAM_SHMEM_DATA) {
			EXPECT_EQ(DATA(i)->pos, frames);
			frames += DATA(i)->nr;
		}
	}
	EXPECT_EQ(names[1], 0);
	for (i = 1; i <= id; i++) {
		EXPECT_EQ(nlink[i], is_dir[i] ? links[i] + 2 : names[i]);
		EXPECT(!is_dir[i] || i == 1 || names[i] == 1);
	}
}

static void mutate(void)
{
	unsigned int i = 1 + sim_random(s.nr - 1), j = 1 + sim_random(s.nr - 1);
	u8 *byte = (u8 *)s.rec[i] + sim_random(LEN(i) ?: 8);
	u32 *word = (u32 *)s.rec[i] + sim_random(LEN(i) / 4 ?: 2);

	switch (sim_random(8)) {
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
	default:
		/* Exchange two: often a tree again when they are alike */
		if (TYPE(i) == TYPE(j) || !sim_random(4)) {
			void *rec = s.rec[i];

			s.rec[i] = s.rec[j];
			s.rec[j] = rec;
		}
	}
	/* Longer than what we have allocated is for test_fits() */
	for (i = 0; i < s.nr; i++)
		if (LEN(i) > PKRAM_SHMEM_ENTRY_MAX)
			LEN(i) = PKRAM_SHMEM_ENTRY_MAX;
}

static void test_fuzz(void)
{
	unsigned int round, good = 0;

	for (round = 0; round < 100000; round++) {
		unsigned int n = 1 + sim_random(4);

		tree();
		while (n--)
			if (s.nr > 2)
				mutate();
		if (!feed()) {
			good++;
			audit();
		}
	}
	/* Neither all nor nothing: or the test would prove nothing */
	EXPECT(good > 1000 && good < 60000);
	clear();
}

static void test_every_bit(void)
{
	unsigned int i, bit;

	for (i = 0; i < 23; i++) {
		unsigned int bits;

		tree();
		bits = 8 * LEN(i);
		for (bit = 0; bit < bits; bit++) {
			u8 *byte = (u8 *)s.rec[i] + bit / 8;
			bool in_len = bit >= 32 && bit < 64;

			*byte ^= 1 << bit % 8;
			if (in_len && LEN(i) > PKRAM_SHMEM_ENTRY_MAX) {
				EXPECT(LEN(i) > PKRAM_SHMEM_REC_MAX ||
				       LEN(i) % 8 == 0);
			} else {
				const char *why = feed();

				if (!why)
					audit();
				/* Type, flags or length of a record matter always */
				if (!why && bit < 64 && i > 1 &&
				    !(TYPE(i) == PKRAM_SHMEM_INODE && bit == 16))
					FAIL("record %u bit %u accepted", i, bit);
			}
			*byte ^= 1 << bit % 8;
		}
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
	{ "every_bit", "flipped bits are refused or harmless", test_every_bit },
	{ "fuzz", "what is accepted of 100000 random changes is a tree",
	  test_fuzz },
	{ }
};
