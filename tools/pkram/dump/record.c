// SPDX-License-Identifier: GPL-2.0
/*
 * The records of a tmpfs, and other bytes.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../../../include/linux/pkram_abi_shmem.h"
#include "../pkram.h"
#include "dump.h"

static const struct kind {
	const char *name;
	size_t size;		/* of its fixed part */
} kinds[] = {
	[PKRAM_SHMEM_HEADER] = { "HEADER", sizeof(struct pkram_shmem_header) },
	[PKRAM_SHMEM_SUPER] = { "SUPER", sizeof(struct pkram_shmem_super) },
	[PKRAM_SHMEM_INODE] = { "INODE", sizeof(struct pkram_shmem_inode) },
	[PKRAM_SHMEM_DIR] = { "DIR", sizeof(struct pkram_shmem_dir) },
	[PKRAM_SHMEM_DENTRY] = { "DENTRY", sizeof(struct pkram_shmem_dentry) },
	[PKRAM_SHMEM_SYMLINK] = { "SYMLINK", sizeof(struct pkram_shmem_symlink) },
	[PKRAM_SHMEM_DATA] = { "DATA", sizeof(struct pkram_shmem_data) },
	[PKRAM_SHMEM_MPOL] = { "MPOL", sizeof(struct pkram_shmem_policy) },
	[PKRAM_SHMEM_QUOTA] = { "QUOTA", sizeof(struct pkram_shmem_quota) },
	[PKRAM_SHMEM_POISON] = { "POISON", sizeof(struct pkram_shmem_poison) },
	[PKRAM_SHMEM_XATTR] = { "XATTR", sizeof(struct pkram_shmem_xattr) },
	[PKRAM_SHMEM_ACL] = { "ACL", sizeof(struct pkram_shmem_acl) },
	[PKRAM_SHMEM_POLICY] = { "POLICY", sizeof(struct pkram_shmem_policy) },
	[PKRAM_SHMEM_DQUOT] = { "DQUOT", sizeof(struct pkram_shmem_dquot) },
	[PKRAM_SHMEM_SUMS] = { "SUMS", sizeof(struct pkram_shmem_sums) },
};

/* Any record; to be freed by nobody */
union record {
	struct pkram_shmem_rec rec;
	struct pkram_shmem_header header;
	struct pkram_shmem_super super;
	struct pkram_shmem_inode inode;
	struct pkram_shmem_dir dir;
	struct pkram_shmem_dentry dentry;
	struct pkram_shmem_symlink symlink;
	struct pkram_shmem_data data;
	struct pkram_shmem_policy policy;
	struct pkram_shmem_quota quota;
	struct pkram_shmem_poison poison;
	struct pkram_shmem_xattr xattr;
	struct pkram_shmem_acl acl;
	struct pkram_shmem_dquot dquot;
	struct pkram_shmem_sums sums;
};

/* Text of a record, no longer than the record; to be freed */
static char *tail(const union record *r, const void *from, size_t len)
{
	const size_t room = (const char *)r + r->rec.len - (const char *)from;

	return shown(from, len < room ? len : room);
}

static void inode_print(int level, const struct pkram_shmem_inode *i)
{
	say(level, "INODE %u: ino %" PRIu64 ", mode %#o, owner %u:%u, nlink %u, size %"
	    PRIu64 ", rdev %u:%u, generation %u, flags %#x, mtime %" PRId64 ".%09u",
	    i->id, (uint64_t)i->ino, i->mode, i->uid, i->gid, i->nlink,
	    (uint64_t)i->size, i->rdev_major, i->rdev_minor, i->generation,
	    i->fsflags, (int64_t)i->mtime, i->mtime_nsec);
}

static void names_print(int level, const union record *r)
{
	char *s;

	switch (r->rec.type) {
	case PKRAM_SHMEM_DENTRY:
		s = tail(r, r->dentry.name, r->dentry.name_len);
		say(level, "DENTRY '%s': inode %u, offset %u", s, r->dentry.id,
		    r->dentry.offset);
		break;
	case PKRAM_SHMEM_SYMLINK:
		s = tail(r, r->symlink.target, r->symlink.target_len);
		say(level, "SYMLINK to '%s'", s);
		break;
	default:
		s = tail(r, r->xattr.data, r->xattr.name_len);
		say(level, "XATTR %s: %u bytes", s, r->xattr.value_len);
	}
	free(s);
}

static void sums_print(int level, const union record *r)
{
	const size_t nr = (r->rec.len - sizeof(r->sums)) / sizeof(r->sums.sums[0]);

	for (size_t i = 0; i < nr; i++)
		say(level, "SUM of %u pages from %#" PRIx64 " on: %#x",
		    r->sums.sums[i].nr, (uint64_t)r->sums.sums[i].start,
		    r->sums.sums[i].crc);
}

static void record_print(int level, const union record *r)
{
	switch (r->rec.type) {
	case PKRAM_SHMEM_HEADER:
		say(level, "HEADER version %u: %" PRIu64 " inodes, %" PRIu64
		    " names, %" PRIu64 " frames, %" PRIu64 " blocks, %" PRIu64
		    " bytes, %" PRIu64 " failed pages", r->header.version,
		    (uint64_t)r->header.nr_inodes, (uint64_t)r->header.nr_dentries,
		    (uint64_t)r->header.nr_frames, (uint64_t)r->header.nr_blocks,
		    (uint64_t)r->header.nr_bytes, (uint64_t)r->header.nr_poison);
		break;
	case PKRAM_SHMEM_SUPER:
		say(level, "SUPER flags %#x: size %" PRIu64 " pages, nr_inodes %" PRIu64
		    ", uid %u, gid %u, mode %#o, huge %u, next ino %" PRIu64,
		    r->rec.flags, (uint64_t)r->super.max_blocks,
		    (uint64_t)r->super.max_inodes, r->super.uid, r->super.gid,
		    r->super.mode, r->super.huge, (uint64_t)r->super.next_ino);
		break;
	case PKRAM_SHMEM_INODE:
		inode_print(level, &r->inode);
		break;
	case PKRAM_SHMEM_DIR:
		say(level, "DIR %u: %u entries, next offset %u", r->dir.id, r->dir.nr,
		    r->dir.next_offset);
		break;
	case PKRAM_SHMEM_DENTRY:
	case PKRAM_SHMEM_SYMLINK:
	case PKRAM_SHMEM_XATTR:
		names_print(level, r);
		break;
	case PKRAM_SHMEM_DATA:
		say(level, "DATA %" PRIu64 " frames from %" PRIu64 " on, fallocend %"
		    PRIu64, (uint64_t)r->data.nr, (uint64_t)r->data.pos,
		    (uint64_t)r->data.fallocend);
		break;
	case PKRAM_SHMEM_POISON:
		say(level, "POISON %" PRIu64 " pages from %#" PRIx64 " on",
		    (uint64_t)r->poison.nr, (uint64_t)r->poison.start);
		break;
	case PKRAM_SHMEM_MPOL:
	case PKRAM_SHMEM_POLICY:
		say(level, "%s mode %#x, home node %#x, pages %#" PRIx64 " to %#" PRIx64,
		    kinds[r->rec.type].name, r->policy.mode, r->policy.home_node,
		    (uint64_t)r->policy.start, (uint64_t)r->policy.end);
		break;
	case PKRAM_SHMEM_SUMS:
		sums_print(level, r);
		break;
	default:
		say(level, "%s flags %#x, %u bytes", kinds[r->rec.type].name,
		    r->rec.flags, r->rec.len);
	}
}

static void hex_print(int level, uint64_t pos, const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i += 16) {
		char hex[64] = "", text[17] = "";

		for (size_t n = 0; n < 16 && i + n < len; n++) {
			sprintf(hex + 3 * n, "%02x ", bytes[i + n]);
			text[n] = bytes[i + n] >= ' ' && bytes[i + n] < 127 ?
				  bytes[i + n] : '.';
		}
		say(level, "%08" PRIx64 "  %-48s %s", pos + i, hex, text);
	}
}

static bool record_right(const struct pkram_shmem_rec *rec)
{
	return rec->type && rec->type < sizeof(kinds) / sizeof(kinds[0]) &&
	       rec->len >= kinds[rec->type].size && rec->len <= PKRAM_SHMEM_REC_MAX &&
	       rec->len % PKRAM_SHMEM_REC_ALIGN == 0;
}

/* All records that are complete; what is left is the beginning of one */
static void records_print(int level, struct bytes *b)
{
	size_t pos = 0;

	while (!b->ended && pos + sizeof(struct pkram_shmem_rec) <= b->len) {
		const union record *r = (const void *)(b->buf + pos);

		if (!record_right(&r->rec)) {
			bad(level, "record at %" PRIu64 ": type %u, length %u",
			    b->pos + pos, r->rec.type, r->rec.len);
			b->ended = true;
			return;
		}
		if (r->rec.len > b->len - pos)
			break;
		if (show.bytes)
			record_print(level, r);
		pos += r->rec.len;
	}
	b->pos += pos;
	b->len -= pos;
	memmove(b->buf, b->buf + pos, b->len);
}

void bytes_print(int level, struct bytes *b, const unsigned char *piece, size_t len)
{
	const struct pkram_shmem_header *header = (const void *)piece;

	if (b->ended)
		return;
	if (!b->pos && !b->len)
		b->records = len >= sizeof(*header) &&
			     header->rec.type == PKRAM_SHMEM_HEADER &&
			     header->magic == PKRAM_SHMEM_MAGIC;
	if (!b->records) {
		if (show.bytes)
			hex_print(level, b->pos, piece, len);
		b->pos += len;
		return;
	}
	b->buf = must(realloc(b->buf, b->len + len));
	memcpy(b->buf + b->len, piece, len);
	b->len += len;
	records_print(level, b);
}

void bytes_end(int level, struct bytes *b)
{
	if (b->records && !b->ended && b->len)
		bad(level, "%zu bytes after the last record", b->len);
	free(b->buf);
}
