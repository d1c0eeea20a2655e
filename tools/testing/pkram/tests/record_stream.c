// SPDX-License-Identifier: GPL-2.0
/*
 * Streams of records of a tmpfs.
 *
 * Each record is given to the checker in a heap object of just its length, so
 * that AddressSanitizer sees every byte that is read beyond it.
 */
#include "record.h"

struct stream s;

void *rec_add(unsigned int type, size_t len)
{
	struct pkram_shmem_rec *rec = calloc(1, PKRAM_SHMEM_ENTRY_MAX);

	EXPECT(s.nr < MAX_RECS);
	pkram_shmem_put_rec(rec, type, 0, len);
	s.rec[s.nr++] = rec;
	return rec;
}

void rec_del(unsigned int i)
{
	free(s.rec[i]);
	s.nr--;
	memmove(&s.rec[i], &s.rec[i + 1], (s.nr - i) * sizeof(s.rec[0]));
}

/* Make the last record stand at @i */
void rec_move_last(unsigned int i)
{
	void *rec = s.rec[s.nr - 1];

	memmove(&s.rec[i + 1], &s.rec[i], (s.nr - 1 - i) * sizeof(s.rec[0]));
	s.rec[i] = rec;
}

void rec_double(unsigned int i, unsigned int to)
{
	memcpy(rec_add(0, 0), s.rec[i], PKRAM_SHMEM_ENTRY_MAX);
	rec_move_last(to);
}

/* How many of this type and these flags there are before @to */
unsigned int rec_count(unsigned int from, unsigned int to, unsigned int type,
		       unsigned int flags)
{
	unsigned int nr = 0;

	for (; from < to; from++)
		nr += TYPE(from) == type && REC(from)->flags == flags;
	return nr;
}

/* Make room for the longest record, and what is right behind it */
void rec_grow(unsigned int i)
{
	s.rec[i] = realloc(s.rec[i], PKRAM_SHMEM_REC_MAX + 8);
	EXPECT(s.rec[i]);
}

void clear(void)
{
	while (s.nr)
		rec_del(s.nr - 1);
	memset(&s, 0, sizeof(s));
}

void begin(void)
{
	struct pkram_shmem_header *header;

	clear();
	header = rec_add(PKRAM_SHMEM_HEADER, sizeof(*header));
	header->magic = PKRAM_SHMEM_MAGIC;
	header->version = PKRAM_SHMEM_VERSION;
	rec_add(PKRAM_SHMEM_SUPER, sizeof(struct pkram_shmem_super));
	SUPER->mode = 01777;
}

struct pkram_shmem_inode *inode(u32 mode, u32 nlink, u64 size)
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

struct pkram_shmem_dir *dir(u32 id, u32 nr)
{
	struct pkram_shmem_dir *rec = rec_add(PKRAM_SHMEM_DIR, sizeof(*rec));

	rec->id = id;
	rec->nr = nr;
	rec->next_offset = PKRAM_SHMEM_OFFSET_MIN + nr;
	return rec;
}

struct pkram_shmem_dentry *name(u32 id, const char *text)
{
	struct pkram_shmem_dentry *rec = rec_add(0, 0);

	pkram_shmem_put_dentry(rec, id, PKRAM_SHMEM_OFFSET_MIN + s.nr, text,
			       strlen(text));
	return rec;
}

struct pkram_shmem_symlink *target(const char *text)
{
	struct pkram_shmem_symlink *rec = rec_add(0, 0);

	pkram_shmem_put_symlink(rec, text, strlen(text));
	return rec;
}

struct pkram_shmem_data *data(u64 pos, u64 nr)
{
	struct pkram_shmem_data *rec = rec_add(PKRAM_SHMEM_DATA, sizeof(*rec));

	rec->pos = pos;
	rec->nr = nr;
	return rec;
}

/* Say how long the record is and pad it, with @len bytes of it written */
static void pad(void *rec, unsigned int type, unsigned int flags, size_t len)
{
	memset((u8 *)rec + len, 0, pkram_shmem_pad(len));
	pkram_shmem_put_rec(rec, type, flags, len + pkram_shmem_pad(len));
}

void put_xattr(struct pkram_shmem_xattr *rec, const void *text, u32 name_len,
	       const void *value, u32 value_len)
{
	rec->name_len = name_len;
	rec->value_len = value_len;
	memcpy(rec->data, text, name_len);
	memcpy(rec->data + name_len, value, value_len);
	pad(rec, PKRAM_SHMEM_XATTR, 0, sizeof(*rec) + name_len + value_len);
}

void put_acl(struct pkram_shmem_acl *rec, unsigned int flags,
	     const void *value, u32 len)
{
	rec->len = len;
	rec->reserved = 0;
	memcpy(rec->acl, value, len);
	pad(rec, PKRAM_SHMEM_ACL, flags, sizeof(*rec) + len);
}

struct pkram_shmem_quota *quota(unsigned int usage, unsigned int limits)
{
	struct pkram_shmem_quota *rec = rec_add(0, 0);

	pkram_shmem_put_rec(&rec->rec, PKRAM_SHMEM_QUOTA, usage |
			    limits << PKRAM_SHMEM_QUOTA_LIMITS_SHIFT,
			    sizeof(*rec));
	rec->space_hard[PKRAM_SHMEM_QUOTA_USER] = 1 << 20;
	rec->inodes_grace[PKRAM_SHMEM_QUOTA_GROUP] = 604800;
	return rec;
}

struct pkram_shmem_dquot *dquot(u32 type, u32 id)
{
	struct pkram_shmem_dquot *rec = rec_add(PKRAM_SHMEM_DQUOT, sizeof(*rec));

	rec->type = type;
	rec->id = id;
	rec->space_hard = 1 << 30;
	return rec;
}

struct pkram_shmem_poison *poison(u64 start, u64 nr)
{
	struct pkram_shmem_poison *rec;

	rec = rec_add(PKRAM_SHMEM_POISON, sizeof(*rec));
	rec->start = start;
	rec->nr = nr;
	return rec;
}

struct pkram_shmem_xattr *xattr(const char *text, const void *value, u32 len)
{
	struct pkram_shmem_xattr *rec = rec_add(0, 0);

	put_xattr(rec, text, strlen(text), value, len);
	return rec;
}

struct pkram_shmem_acl *acl(unsigned int flags, u32 nr_entries)
{
	struct pkram_shmem_acl *rec = rec_add(0, 0);
	u8 value[256] = { 2 };
	unsigned int i;

	for (i = 4; i < 4 + 8 * nr_entries; i++)
		value[i] = i;
	put_acl(rec, flags, value, 4 + 8 * nr_entries);
	return rec;
}

static struct pkram_shmem_policy *any_policy(unsigned int type, u64 start,
					     u64 end, u32 nr_words)
{
	struct pkram_shmem_policy *rec;

	rec = rec_add(type, sizeof(*rec) + 16 * nr_words);
	rec->start = start;
	rec->end = end;
	rec->mode = 2;
	rec->home_node = PKRAM_SHMEM_NO_NODE;
	rec->nr_words = nr_words;
	memset(rec->nodes, 0x11, 16 * nr_words);
	return rec;
}

struct pkram_shmem_policy *policy(u64 start, u64 end, u32 nr_words)
{
	return any_policy(PKRAM_SHMEM_POLICY, start, end, nr_words);
}

struct pkram_shmem_policy *mpol(u32 nr_words)
{
	return any_policy(PKRAM_SHMEM_MPOL, 0, 0, nr_words);
}

/* No checksums yet */
struct pkram_shmem_sums *sums(void)
{
	return rec_add(PKRAM_SHMEM_SUMS, sizeof(struct pkram_shmem_sums));
}

/* Add one to a record */
struct pkram_shmem_sum *sum(struct pkram_shmem_sums *rec, u64 start, u32 nr)
{
	struct pkram_shmem_sum *sum = &rec->sums[pkram_shmem_nr_sums(rec)];

	sum->start = start;
	sum->nr = nr;
	sum->crc = 0x12345678;
	rec->rec.len += sizeof(*sum);
	return sum;
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
void tree(void)
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

/*
 *   1 /             attribute, both ACLs
 *   |-- 2 file      pages, checksums of all but one, two lost ranges, two
 *   |               attributes, ACL, two policies
 *   |-- 3 d         default ACL
 *   |   |-- 6 bare  lost pages and no others
 *   |   `-- link to file
 *   |-- 4 sym       attribute
 *   `-- 5 fifo      attribute, ACL
 */
void full_tree(void)
{
	struct pkram_shmem_sums *rec;

	begin();
	SUPER->rec.flags = PKRAM_SHMEM_SUPER_VERIFY;
	mpol(2);
	quota(3, 1);
	inode(S_IFDIR | 0755, 3, 0);
	xattr("user.root", "1234567", 7);
	acl(0, 3);
	acl(PKRAM_SHMEM_ACL_DEFAULT, 4);
	dir(1, 4);
	inode(S_IFREG | 0644, 2, 100 << 12);
	data(0, 5);
	rec = sums();
	sum(rec, 0, 1);
	sum(rec, 2, 1);
	rec = sums();
	sum(rec, 511, 1);
	sum(rec, 512, 1);
	poison(16, 1);
	poison(20, 3);
	xattr("security.selinux", "label", 6);
	xattr("user.empty", "", 0);
	acl(0, 5);
	policy(0, 64, 1);
	policy(64, 100, 2);
	name(2, "file");
	inode(S_IFDIR, 2, 0);
	acl(PKRAM_SHMEM_ACL_DEFAULT, 3);
	name(3, "d");
	inode(S_IFLNK | 0777, 1, 6);
	xattr("trusted.x", "y", 1);
	target("target");
	name(4, "sym");
	inode(S_IFIFO, 1, 0);
	xattr("trusted.fifo", "0123", 4);
	acl(0, 4);
	name(5, "fifo");
	dir(3, 2);
	inode(S_IFREG | 0600, 1, 0);
	poison(100, 2);
	name(6, "bare");
	name(2, "link");
	dquot(PKRAM_SHMEM_QUOTA_USER, 0);
	dquot(PKRAM_SHMEM_QUOTA_USER, 1000);
	dquot(PKRAM_SHMEM_QUOTA_GROUP, 0);
	EXPECT_EQ(s.nr, F_NR);
}

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
void totals(void)
{
	struct pkram_shmem_header *header = HEADER;
	unsigned int i;

	if (s.keep_totals)
		return;
	header->nr_inodes = 0;
	header->nr_dentries = 0;
	header->nr_poison = 0;
	for (i = 0; i < s.nr; i++) {
		header->nr_inodes += TYPE(i) == PKRAM_SHMEM_INODE;
		header->nr_dentries += TYPE(i) == PKRAM_SHMEM_DENTRY;
		if (TYPE(i) == PKRAM_SHMEM_POISON)
			header->nr_poison += POISON(i)->nr;
	}
	header->nr_bytes = stream_len();
	header->nr_frames = stream_frames();
	header->nr_blocks = header->nr_frames + header->nr_poison;
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

const char *feed(void)
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

void accepted(const char *what)
{
	const char *why = feed();

	if (why)
		FAIL("%s: refused: %s", what, why);
}

void refused(const char *what, const char *want)
{
	const char *why = feed();

	if (!why)
		FAIL("%s: accepted", what);
	if (want && strcmp(why, want))
		FAIL("%s: '%s', expected '%s'", what, why, want);
}
