// SPDX-License-Identifier: GPL-2.0
/*
 * PKRAM records of a tmpfs: encoding and checking.
 *
 * Nothing here knows of inodes or pages, so that it can be built and fuzzed in
 * user space. The checker is fed one record after the other, before whoever
 * feeds it acts on the record; what it has accepted makes a tree as described
 * in pkram_abi_shmem.h. It takes no memory but one word an inode, so that a
 * tree of any size can be checked while it is being built.
 *
 * Not checked here, because that needs the directory or file itself: that no
 * two entries have the same name or offset, no two extended attributes the same
 * name, that no lost page is in the page stream, and which of the pages there
 * have a checksum. Nor is what only this kernel can know: whether it has the
 * nodes and modes of a policy, and what is in the text of a policy and in an
 * ACL.
 *
 * Lock order: no locks here.
 */
#include <linux/align.h>
#include <linux/array_size.h>
#include <linux/stat.h>
#include <linux/string.h>

#include "pkram_shmem_rec.h"

/* As in the kernel: bytes of i_size and pages of a file */
#define PKRAM_SHMEM_SIZE_MAX	0x7fffffffffffffffULL
#define PKRAM_SHMEM_PAGES_MAX	0x10000000000000ULL

/* What nr_blocks= and nr_inodes= of a mount can be, far beyond what there is */
#define PKRAM_SHMEM_BLOCKS_MAX	0x7fffffffffffffffULL
#define PKRAM_SHMEM_INODES_MAX	(~0ULL / 1024)

#define NSEC_MAX		999999999U

/**
 * pkram_shmem_put_rec() - fill in the beginning of a record
 * @rec: where
 * @type: PKRAM_SHMEM_* type
 * @flags: flags of this type
 * @len: length of the record
 *
 * Context: Any.
 */
void pkram_shmem_put_rec(struct pkram_shmem_rec *rec, unsigned int type,
			 unsigned int flags, size_t len)
{
	rec->type = type;
	rec->flags = flags;
	rec->len = len;
}

/* Copy @nr bytes to @off in a record, pad it and return its length */
static size_t pkram_shmem_put_bytes(struct pkram_shmem_rec *rec,
				    unsigned int type, size_t off,
				    const void *bytes, u32 nr)
{
	const size_t end = off + nr;
	const size_t len = ALIGN(end, PKRAM_SHMEM_REC_ALIGN);

	pkram_shmem_put_rec(rec, type, 0, len);
	memcpy((u8 *)rec + off, bytes, nr);
	memset((u8 *)rec + end, 0, len - end);
	return len;
}

/**
 * pkram_shmem_put_dentry() - make a DENTRY record
 * @buf: where, aligned to 4 bytes, with room for the longest name
 * @id: inode that it names
 * @offset: directory offset
 * @name: name
 * @name_len: its length
 *
 * Context: Any.
 * Return: length of the record.
 */
size_t pkram_shmem_put_dentry(void *buf, u32 id, u32 offset, const void *name,
			      u32 name_len)
{
	struct pkram_shmem_dentry *rec = buf;

	rec->id = id;
	rec->offset = offset;
	rec->name_len = name_len;
	return pkram_shmem_put_bytes(&rec->rec, PKRAM_SHMEM_DENTRY,
				     offsetof(struct pkram_shmem_dentry, name),
				     name, name_len);
}

/**
 * pkram_shmem_put_symlink() - make a SYMLINK record
 * @buf: where, aligned to 4 bytes, with room for the longest target
 * @target: target
 * @target_len: its length
 *
 * Context: Any.
 * Return: length of the record.
 */
size_t pkram_shmem_put_symlink(void *buf, const void *target, u32 target_len)
{
	struct pkram_shmem_symlink *rec = buf;

	rec->target_len = target_len;
	return pkram_shmem_put_bytes(&rec->rec, PKRAM_SHMEM_SYMLINK,
				     offsetof(struct pkram_shmem_symlink, target),
				     target, target_len);
}

/**
 * pkram_shmem_pad() - padding of a record
 * @len: length without padding in bytes
 *
 * Context: Any.
 * Return: bytes of zero to add, less than %PKRAM_SHMEM_REC_ALIGN.
 */
size_t pkram_shmem_pad(size_t len)
{
	return ALIGN(len, PKRAM_SHMEM_REC_ALIGN) - len;
}

/**
 * pkram_shmem_nr_sums() - number of checksums in a SUMS record
 * @rec: record of a length that is possible
 *
 * Context: Any.
 * Return: how many.
 */
unsigned int pkram_shmem_nr_sums(const struct pkram_shmem_sums *rec)
{
	return (rec->rec.len - sizeof(*rec)) / sizeof(rec->sums[0]);
}

/**
 * pkram_shmem_rec_fits() - is the length of a record possible?
 * @rec: beginning of the record
 * @max: bytes from there to the end of the stream
 *
 * Context: Any.
 * Return: true when it is.
 */
bool pkram_shmem_rec_fits(const struct pkram_shmem_rec *rec, u64 max)
{
	return rec->len >= sizeof(*rec) && rec->len <= PKRAM_SHMEM_REC_MAX &&
	       rec->len % PKRAM_SHMEM_REC_ALIGN == 0 && rec->len <= max;
}

/**
 * pkram_shmem_check_header() - check the first record
 * @header: the record, all bytes of the structure readable
 * @nr_bytes: length of the byte stream
 * @nr_frames: length of the page stream
 *
 * What follows is only understood if the version is right, so nothing else may
 * be looked at before.
 *
 * Context: Any.
 * Return: NULL, or what is wrong.
 */
const char *pkram_shmem_check_header(const struct pkram_shmem_header *header,
				     u64 nr_bytes, u64 nr_frames)
{
	if (header->rec.type != PKRAM_SHMEM_HEADER ||
	    header->magic != PKRAM_SHMEM_MAGIC)
		return "not a tmpfs";
	if (header->version != PKRAM_SHMEM_VERSION)
		return "format of another version of the kernel";
	if (header->rec.len != sizeof(*header) || header->rec.flags ||
	    header->reserved)
		return "bad header";
	if (header->nr_bytes != nr_bytes || header->nr_frames != nr_frames)
		return "length differs from the header's";
	/* This bounds what the reader has to allocate */
	if (!header->nr_inodes ||
	    header->nr_inodes > nr_bytes / sizeof(struct pkram_shmem_inode) ||
	    header->nr_dentries > nr_bytes / sizeof(struct pkram_shmem_dentry) ||
	    header->nr_inodes > header->nr_dentries + 1 ||
	    header->nr_dentries >= PKRAM_SHMEM_CHECK_DIR ||
	    header->nr_poison > PKRAM_SHMEM_PAGES_MAX ||
	    nr_frames > PKRAM_SHMEM_PAGES_MAX ||
	    header->nr_blocks < nr_frames + header->nr_poison ||
	    header->nr_blocks - nr_frames - header->nr_poison >
			header->nr_inodes)
		return "impossible totals";
	return NULL;
}

/**
 * pkram_shmem_check_begin() - begin to check the records after the header
 * @chk: checker to initialise
 * @header: the header, checked
 * @links: one word for each inode of the header
 *
 * Context: Any.
 */
void pkram_shmem_check_begin(struct pkram_shmem_check *chk,
			     const struct pkram_shmem_header *header,
			     __u32 *links)
{
	*chk = (struct pkram_shmem_check){
		.header = *header,
		.links = links,
		.nr_bytes = header->rec.len,
	};
}

static bool pkram_shmem_all_zero(const u8 *from, const u8 *to)
{
	while (from < to)
		if (*from++)
			return false;
	return true;
}

/* Is @rec as long as @nr bytes at @off, and padding, make it? */
static bool pkram_shmem_bytes_fit(const struct pkram_shmem_rec *rec, size_t off,
				  u32 nr)
{
	const u8 *bytes = (const u8 *)rec;

	return ALIGN((u64)off + nr, PKRAM_SHMEM_REC_ALIGN) == rec->len &&
	       pkram_shmem_all_zero(bytes + off + nr, bytes + rec->len);
}

/* Length of the fixed part of each type, and whether there may be more */
static const struct {
	u32 len;
	bool more;
} pkram_shmem_lens[] = {
	[PKRAM_SHMEM_HEADER]	= { sizeof(struct pkram_shmem_header) },
	[PKRAM_SHMEM_SUPER]	= { sizeof(struct pkram_shmem_super) },
	[PKRAM_SHMEM_INODE]	= { sizeof(struct pkram_shmem_inode) },
	[PKRAM_SHMEM_DIR]	= { sizeof(struct pkram_shmem_dir) },
	[PKRAM_SHMEM_DENTRY]	= { sizeof(struct pkram_shmem_dentry), true },
	[PKRAM_SHMEM_SYMLINK]	= { sizeof(struct pkram_shmem_symlink), true },
	[PKRAM_SHMEM_DATA]	= { sizeof(struct pkram_shmem_data) },
	[PKRAM_SHMEM_MPOL]	= { sizeof(struct pkram_shmem_policy), true },
	[PKRAM_SHMEM_QUOTA]	= { sizeof(struct pkram_shmem_quota) },
	[PKRAM_SHMEM_POISON]	= { sizeof(struct pkram_shmem_poison) },
	[PKRAM_SHMEM_XATTR]	= { sizeof(struct pkram_shmem_xattr), true },
	[PKRAM_SHMEM_ACL]	= { sizeof(struct pkram_shmem_acl), true },
	[PKRAM_SHMEM_POLICY]	= { sizeof(struct pkram_shmem_policy), true },
	[PKRAM_SHMEM_DQUOT]	= { sizeof(struct pkram_shmem_dquot) },
	[PKRAM_SHMEM_SUMS]	= { sizeof(struct pkram_shmem_sums), true },
};

static bool pkram_shmem_len_possible(const struct pkram_shmem_rec *rec)
{
	const u32 len = pkram_shmem_lens[rec->type].len;

	return pkram_shmem_lens[rec->type].more ? rec->len >= len :
						  rec->len == len;
}

/* A record before the root: one of each type at most, in order of type */
static bool pkram_shmem_super_allowed(struct pkram_shmem_check *chk,
				      unsigned int type)
{
	if (chk->nr_inodes || chk->super_attrs >> type)
		return false;
	chk->super_attrs |= 1U << type;
	return true;
}

static const char *check_super(struct pkram_shmem_check *chk,
			       const struct pkram_shmem_super *rec)
{
	if (!pkram_shmem_super_allowed(chk, PKRAM_SHMEM_SUPER))
		return "second superblock";
	if (rec->mode & ~07777U ||
	    rec->rec.flags & ~(PKRAM_SHMEM_SUPER_INODE64 |
			       PKRAM_SHMEM_SUPER_NOSWAP |
			       PKRAM_SHMEM_SUPER_VERIFY |
			       PKRAM_SHMEM_SUPER_MOUNT_FLAGS) ||
	    rec->huge > PKRAM_SHMEM_HUGE_ADVISE ||
	    rec->max_blocks > PKRAM_SHMEM_BLOCKS_MAX ||
	    rec->max_inodes > PKRAM_SHMEM_INODES_MAX ||
	    rec->uid == ~0U || rec->gid == ~0U)
		return "bad superblock";
	chk->super_flags = rec->rec.flags;
	return NULL;
}

/* No mask could have a bit for a higher node */
static bool pkram_shmem_node_possible(u32 node)
{
	return node == PKRAM_SHMEM_NO_NODE || node < 64 * PKRAM_SHMEM_NODES_WORDS;
}

/* Whatever it is for; what a mode means is up to who uses it */
static bool pkram_shmem_policy_possible(const struct pkram_shmem_policy *rec)
{
	return !rec->rec.flags && !rec->reserved && rec->nr_words &&
	       rec->nr_words <= PKRAM_SHMEM_NODES_WORDS &&
	       rec->mode <= 0xffff &&
	       pkram_shmem_node_possible(rec->home_node) &&
	       rec->rec.len == sizeof(*rec) + 2 * sizeof(u64) * rec->nr_words;
}

static const char *check_mpol(struct pkram_shmem_check *chk,
			      const struct pkram_shmem_policy *rec)
{
	if (!pkram_shmem_super_allowed(chk, PKRAM_SHMEM_MPOL))
		return "policy of the mount in the wrong place";
	if (!pkram_shmem_policy_possible(rec) || rec->start || rec->end)
		return "bad policy of the mount";
	return NULL;
}

static const char *check_quota(struct pkram_shmem_check *chk,
			       const struct pkram_shmem_quota *rec)
{
	const u32 types = (1U << PKRAM_SHMEM_QUOTA_TYPES) - 1;
	const u32 limits = rec->rec.flags >> PKRAM_SHMEM_QUOTA_LIMITS_SHIFT;
	const u32 usage = rec->rec.flags &
			  ((1U << PKRAM_SHMEM_QUOTA_LIMITS_SHIFT) - 1);
	int i;

	if (!pkram_shmem_super_allowed(chk, PKRAM_SHMEM_QUOTA))
		return "quotas in the wrong place";
	if (!usage || usage & ~types || limits & ~usage)
		return "bad quotas";
	for (i = 0; i < PKRAM_SHMEM_QUOTA_TYPES; i++)
		if (rec->space_hard[i] > PKRAM_SHMEM_SIZE_MAX ||
		    rec->inodes_hard[i] > PKRAM_SHMEM_SIZE_MAX)
			return "bad quotas";
	chk->quota_types = usage;
	return NULL;
}

static bool pkram_shmem_mode_known(u32 mode)
{
	if (mode & ~(S_IFMT | 07777U))
		return false;
	switch (mode & S_IFMT) {
	case S_IFREG:
	case S_IFDIR:
	case S_IFLNK:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		return true;
	}
	return false;
}

static bool pkram_shmem_inode_possible(const struct pkram_shmem_inode *rec)
{
	const bool dev = S_ISCHR(rec->mode) || S_ISBLK(rec->mode);

	return !rec->rec.flags &&
	       pkram_shmem_mode_known(rec->mode) &&
	       rec->ino && rec->uid != ~0U && rec->gid != ~0U &&
	       rec->nlink && rec->nlink < PKRAM_SHMEM_CHECK_DIR &&
	       (dev || (!rec->rdev_major && !rec->rdev_minor)) &&
	       rec->rdev_major < 1U << 12 && rec->rdev_minor < 1U << 20 &&
	       rec->size <= PKRAM_SHMEM_SIZE_MAX &&
	       rec->atime_nsec <= NSEC_MAX && rec->mtime_nsec <= NSEC_MAX &&
	       rec->ctime_nsec <= NSEC_MAX && rec->btime_nsec <= NSEC_MAX &&
	       !rec->reserved;
}

static const char *check_inode(struct pkram_shmem_check *chk,
			       const struct pkram_shmem_inode *rec)
{
	const bool root = !chk->nr_inodes;
	const bool dir = S_ISDIR(rec->mode);

	if (!pkram_shmem_inode_possible(rec))
		return "bad inode";
	if (root ? !dir : chk->new || !chk->dir_left)
		return "inode in the wrong place";
	if (rec->id != chk->nr_inodes + 1 || rec->id > chk->header.nr_inodes)
		return "inode with a wrong id";

	chk->nr_inodes++;
	chk->links[rec->id - 1] = rec->nlink | (dir ? PKRAM_SHMEM_CHECK_DIR : 0);
	if (dir)
		chk->nr_dirs++;
	else
		chk->nr_owed += rec->nlink;
	chk->new = rec->id;
	chk->new_mode = rec->mode;
	chk->new_size = rec->size;
	chk->new_attrs = 0;
	chk->new_acls = 0;
	chk->new_poison = 0;
	chk->new_policy = 0;
	chk->new_sum = 0;
	chk->new_frames = 0;
	return NULL;
}

/* Is the inode before the record of type @mode? */
static bool pkram_shmem_new_is(const struct pkram_shmem_check *chk, u32 mode)
{
	return chk->new && (chk->new_mode & S_IFMT) == mode;
}

/* A record that belongs to the inode before it, which may have one of it */
static bool pkram_shmem_attr_allowed(struct pkram_shmem_check *chk,
				     unsigned int type, u32 mode)
{
	const u32 bit = 1U << type;

	if (!pkram_shmem_new_is(chk, mode) || chk->new_attrs & bit)
		return false;
	chk->new_attrs |= bit;
	return true;
}

static const char *check_poison(struct pkram_shmem_check *chk,
				const struct pkram_shmem_poison *rec)
{
	if (!pkram_shmem_new_is(chk, S_IFREG))
		return "lost pages in the wrong place";
	if (rec->rec.flags || !rec->nr || rec->start < chk->new_poison ||
	    rec->start > PKRAM_SHMEM_PAGES_MAX ||
	    rec->nr > PKRAM_SHMEM_PAGES_MAX - rec->start ||
	    rec->nr > chk->header.nr_poison - chk->nr_poison)
		return "bad lost pages";
	chk->new_poison = rec->start + rec->nr;
	chk->nr_poison += rec->nr;
	return NULL;
}

static const char *check_policy(struct pkram_shmem_check *chk,
				const struct pkram_shmem_policy *rec)
{
	if (!pkram_shmem_new_is(chk, S_IFREG))
		return "policy in the wrong place";
	if (!pkram_shmem_policy_possible(rec) || rec->start < chk->new_policy ||
	    rec->start >= rec->end || rec->end > PKRAM_SHMEM_PAGES_MAX)
		return "bad policy";
	chk->new_policy = rec->end;
	return NULL;
}

static const char *check_xattr(struct pkram_shmem_check *chk,
			       const struct pkram_shmem_xattr *rec)
{
	if (!chk->new)
		return "attribute in the wrong place";
	if (rec->rec.flags || !rec->name_len ||
	    rec->name_len > PKRAM_SHMEM_XATTR_NAME_MAX ||
	    rec->value_len > PKRAM_SHMEM_XATTR_VALUE_MAX ||
	    !pkram_shmem_bytes_fit(&rec->rec, sizeof(*rec),
				   rec->name_len + rec->value_len) ||
	    memchr(rec->data, 0, rec->name_len))
		return "bad attribute";
	return NULL;
}

static const char *check_acl(struct pkram_shmem_check *chk,
			     const struct pkram_shmem_acl *rec)
{
	const bool dflt = rec->rec.flags & PKRAM_SHMEM_ACL_DEFAULT;
	const u32 bit = 1U << dflt;

	if (!chk->new || S_ISLNK(chk->new_mode) ||
	    (dflt && !S_ISDIR(chk->new_mode)) || chk->new_acls & bit)
		return "ACL in the wrong place";
	if (rec->rec.flags & ~PKRAM_SHMEM_ACL_DEFAULT || rec->reserved ||
	    !rec->len || rec->len > PKRAM_SHMEM_XATTR_VALUE_MAX ||
	    !pkram_shmem_bytes_fit(&rec->rec, sizeof(*rec), rec->len))
		return "bad ACL";
	chk->new_acls |= bit;
	return NULL;
}

static const char *check_symlink(struct pkram_shmem_check *chk,
				 const struct pkram_shmem_symlink *rec)
{
	if (!pkram_shmem_attr_allowed(chk, PKRAM_SHMEM_SYMLINK, S_IFLNK))
		return "symlink in the wrong place";
	if (rec->rec.flags || !rec->target_len ||
	    rec->target_len > PKRAM_SHMEM_TARGET_MAX ||
	    rec->target_len != chk->new_size ||
	    !pkram_shmem_bytes_fit(&rec->rec, sizeof(*rec), rec->target_len) ||
	    memchr(rec->target, 0, rec->target_len))
		return "bad symlink";
	return NULL;
}

static const char *check_data(struct pkram_shmem_check *chk,
			      const struct pkram_shmem_data *rec)
{
	if (!pkram_shmem_attr_allowed(chk, PKRAM_SHMEM_DATA, S_IFREG))
		return "pages in the wrong place";
	if (rec->rec.flags || rec->fallocend > PKRAM_SHMEM_PAGES_MAX)
		return "bad record of data";
	if (rec->pos != chk->nr_frames ||
	    rec->nr > chk->header.nr_frames - chk->nr_frames)
		return "wrong position in the page stream";
	chk->nr_frames += rec->nr;
	chk->new_frames = rec->nr;
	return NULL;
}

static bool pkram_shmem_sum_possible(const struct pkram_shmem_check *chk,
				     const struct pkram_shmem_sum *sum)
{
	const u32 skip = sum->start % PKRAM_SHMEM_SUM_PAGES;

	return sum->start >= chk->new_sum &&
	       sum->start < PKRAM_SHMEM_PAGES_MAX &&
	       sum->nr && sum->nr <= PKRAM_SHMEM_SUM_PAGES - skip &&
	       sum->nr <= chk->new_frames;
}

static const char *check_sums(struct pkram_shmem_check *chk,
			      const struct pkram_shmem_sums *rec)
{
	const unsigned int nr = pkram_shmem_nr_sums(rec);
	unsigned int i;

	if (!(chk->super_flags & PKRAM_SHMEM_SUPER_VERIFY) ||
	    !pkram_shmem_new_is(chk, S_IFREG) ||
	    !(chk->new_attrs & 1U << PKRAM_SHMEM_DATA))
		return "checksums in the wrong place";
	if (rec->rec.flags || !nr ||
	    rec->rec.len != sizeof(*rec) + nr * sizeof(rec->sums[0]))
		return "bad checksums";
	for (i = 0; i < nr; i++) {
		if (!pkram_shmem_sum_possible(chk, &rec->sums[i]))
			return "bad checksums";
		chk->new_sum = rec->sums[i].start + rec->sums[i].nr;
		chk->new_frames -= rec->sums[i].nr;
	}
	return NULL;
}

static bool pkram_shmem_name_possible(const u8 *name, u32 len)
{
	if (!len || len > PKRAM_SHMEM_NAME_MAX)
		return false;
	if (name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.')))
		return false;
	return !memchr(name, '/', len) && !memchr(name, 0, len);
}

/* Count a name of inode @id */
static const char *check_link(struct pkram_shmem_check *chk, u32 id)
{
	u32 *links;

	if (chk->new ? id != chk->new : !id || id > chk->nr_inodes)
		return "name of a wrong inode";
	links = &chk->links[id - 1];
	if (*links & PKRAM_SHMEM_CHECK_DIR) {
		if (!chk->new)
			return "directory with two names";
		chk->dir_links++;
	} else {
		if (!*links)
			return "inode with more names than links";
		--*links;
		chk->nr_owed--;
	}
	if (chk->new && S_ISLNK(chk->new_mode) &&
	    !(chk->new_attrs & 1U << PKRAM_SHMEM_SYMLINK))
		return "symlink without a target";
	chk->new = 0;
	return NULL;
}

static const char *check_dentry(struct pkram_shmem_check *chk,
				const struct pkram_shmem_dentry *rec)
{
	if (!chk->dir_left)
		return "name in the wrong place";
	if (rec->rec.flags || rec->offset < PKRAM_SHMEM_OFFSET_MIN ||
	    rec->offset > PKRAM_SHMEM_OFFSET_MAX ||
	    rec->name_len > PKRAM_SHMEM_NAME_MAX ||
	    !pkram_shmem_bytes_fit(&rec->rec, sizeof(*rec), rec->name_len) ||
	    !pkram_shmem_name_possible(rec->name, rec->name_len))
		return "bad name";
	chk->dir_left--;
	chk->nr_dentries++;
	return check_link(chk, rec->id);
}

/* The current directory is at its end: is it complete? */
static const char *check_dir_end(struct pkram_shmem_check *chk)
{
	if (chk->dir_left || (chk->dir && chk->new))
		return "directory is not complete";
	if (chk->dir && chk->links[chk->dir - 1] !=
			(PKRAM_SHMEM_CHECK_DIR | chk->dir_links))
		return "directory with a wrong number of links";
	return NULL;
}

static const char *check_dir(struct pkram_shmem_check *chk,
			     const struct pkram_shmem_dir *rec)
{
	const char *why = check_dir_end(chk);

	if (why)
		return why;
	if (rec->rec.flags || rec->reserved ||
	    rec->next_offset < PKRAM_SHMEM_OFFSET_MIN ||
	    rec->next_offset > PKRAM_SHMEM_OFFSET_MAX + 1 ||
	    rec->nr > chk->header.nr_dentries - chk->nr_dentries)
		return "bad directory";
	if (rec->id <= chk->dir || rec->id > chk->nr_inodes ||
	    !(chk->links[rec->id - 1] & PKRAM_SHMEM_CHECK_DIR) ||
	    (!chk->dir && rec->id != 1))
		return "directory with a wrong id";
	chk->new = 0;
	chk->nr_listed++;
	chk->dir = rec->id;
	chk->dir_left = rec->nr;
	chk->dir_links = 2;
	return NULL;
}

static const char *check_dquot(struct pkram_shmem_check *chk,
			       const struct pkram_shmem_dquot *rec)
{
	const u64 key = (u64)rec->type << 32 | rec->id;

	if (!chk->dquots) {
		const char *why = check_dir_end(chk);

		if (why)
			return why;
		if (!chk->dir || chk->nr_listed != chk->nr_dirs)
			return "limit in the wrong place";
		chk->dquots = true;
	}
	if (rec->rec.flags || rec->type >= PKRAM_SHMEM_QUOTA_TYPES ||
	    !(chk->quota_types & 1U << rec->type) || rec->id == ~0U ||
	    rec->space_hard > PKRAM_SHMEM_SIZE_MAX ||
	    rec->space_soft > PKRAM_SHMEM_SIZE_MAX ||
	    rec->inodes_hard > PKRAM_SHMEM_SIZE_MAX ||
	    rec->inodes_soft > PKRAM_SHMEM_SIZE_MAX)
		return "bad limit";
	if (key < chk->next_dquot)
		return "limit with a wrong id";
	chk->next_dquot = key + 1;
	return NULL;
}

/**
 * pkram_shmem_check_rec() - check the next record
 * @chk: checker
 * @rec: record whose length has been found to fit, all of it readable, aligned
 *	to 8 bytes
 *
 * Context: Any.
 * Return: NULL, or what is wrong; the checker cannot be used further then.
 */
const char *pkram_shmem_check_rec(struct pkram_shmem_check *chk,
				  const struct pkram_shmem_rec *rec)
{
	chk->nr_bytes += rec->len;
	if (!chk->super_attrs && rec->type != PKRAM_SHMEM_SUPER)
		return "no superblock";
	if (chk->dquots && rec->type != PKRAM_SHMEM_DQUOT)
		return "record after the limits";

	if (!rec->type || rec->type >= ARRAY_SIZE(pkram_shmem_lens))
		return "record of an unknown type";
	if (!pkram_shmem_len_possible(rec))
		return "record of a wrong length";

	switch (rec->type) {
	case PKRAM_SHMEM_SUPER:
		return check_super(chk, (const void *)rec);
	case PKRAM_SHMEM_INODE:
		return check_inode(chk, (const void *)rec);
	case PKRAM_SHMEM_DIR:
		return check_dir(chk, (const void *)rec);
	case PKRAM_SHMEM_DENTRY:
		return check_dentry(chk, (const void *)rec);
	case PKRAM_SHMEM_SYMLINK:
		return check_symlink(chk, (const void *)rec);
	case PKRAM_SHMEM_DATA:
		return check_data(chk, (const void *)rec);
	case PKRAM_SHMEM_MPOL:
		return check_mpol(chk, (const void *)rec);
	case PKRAM_SHMEM_QUOTA:
		return check_quota(chk, (const void *)rec);
	case PKRAM_SHMEM_POISON:
		return check_poison(chk, (const void *)rec);
	case PKRAM_SHMEM_XATTR:
		return check_xattr(chk, (const void *)rec);
	case PKRAM_SHMEM_ACL:
		return check_acl(chk, (const void *)rec);
	case PKRAM_SHMEM_POLICY:
		return check_policy(chk, (const void *)rec);
	case PKRAM_SHMEM_DQUOT:
		return check_dquot(chk, (const void *)rec);
	case PKRAM_SHMEM_SUMS:
		return check_sums(chk, (const void *)rec);
	}
	return "second header";
}

/**
 * pkram_shmem_check_end() - check that nothing is missing
 * @chk: checker that has seen all records
 *
 * Context: Any.
 * Return: NULL, or what is wrong.
 */
const char *pkram_shmem_check_end(struct pkram_shmem_check *chk)
{
	const char *why = check_dir_end(chk);

	if (why)
		return why;
	if (chk->nr_listed != chk->nr_dirs)
		return "directory without a list of its entries";
	if (chk->nr_owed)
		return "inode with fewer names than links";
	if (chk->nr_bytes != chk->header.nr_bytes ||
	    chk->nr_frames != chk->header.nr_frames ||
	    chk->nr_poison != chk->header.nr_poison ||
	    chk->nr_inodes != chk->header.nr_inodes ||
	    chk->nr_dentries != chk->header.nr_dentries)
		return "tree differs from the header's totals";
	return NULL;
}
