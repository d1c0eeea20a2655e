// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz the stream of records of a tmpfs.
 *
 *   u8 repair	REPAIR_* below
 *   u8 swap[2]	ids of two inodes whose numbers of links are exchanged then
 *   u8[5]	0
 *   then	the stream; its records are the chunks
 *
 * What is accepted has to pass the audit of the unit tests.
 */
#include "fuzz.h"
#include "../tests/record.h"

#define REPAIR_HEADER	0x01	/* magic, version and length of the header */
#define REPAIR_TOTALS	0x02	/* totals in the header */
#define REPAIR_IDS	0x04	/* ids of inodes ascend, a new one is named */
#define REPAIR_LINKS	0x08	/* numbers of links and of entries */
#define REPAIR_PAGES	0x10	/* positions in the page stream */
#define REPAIR_BYTES	0x20	/* lengths of names, targets and values */

#define HEAD		8
#define MAX_IDS		256

const struct fuzz_format fuzz_format = {
	.head = HEAD,
	.chunk_head = sizeof(struct pkram_shmem_rec),
	.align = PKRAM_SHMEM_REC_ALIGN,
	.len_at = offsetof(struct pkram_shmem_rec, len),
	.len_size = sizeof(u32),
	.len_own = sizeof(struct pkram_shmem_rec),
};

/* ------------------------------------------------------------------ repair */

/* Is @rec of this type, with all of the fixed part there? */
#define IS(name, NAME_)							\
	(rec->type == PKRAM_SHMEM_##NAME_ &&				\
	 rec->len >= sizeof(struct pkram_shmem_##name))

/* What is being counted, by id where that is possible */
struct counts {
	u32 names[MAX_IDS];
	u32 dirs[MAX_IDS];
	bool dir[MAX_IDS];
	u32 nr_inodes;
	u32 nr_dentries;
	u64 nr_poison;
	u64 nr_frames;
	u32 parent;
	u32 new;
	u32 *entries;
};

/* Make @nr bytes at @off fit into the record, with padding behind them */
static void fit_bytes(struct pkram_shmem_rec *rec, size_t off, u32 *nr)
{
	const u32 room = rec->len - off;

	if (*nr > room || room - *nr >= PKRAM_SHMEM_REC_ALIGN)
		*nr = room - min(room, *nr % PKRAM_SHMEM_REC_ALIGN);
	memset((u8 *)rec + off + *nr, 0, room - *nr);
}

static void repair_bytes(struct pkram_shmem_rec *rec)
{
	if (IS(symlink, SYMLINK))
		fit_bytes(rec, offsetof(struct pkram_shmem_symlink, target),
			  &((struct pkram_shmem_symlink *)rec)->target_len);
	if (IS(dentry, DENTRY))
		fit_bytes(rec, offsetof(struct pkram_shmem_dentry, name),
			  &((struct pkram_shmem_dentry *)rec)->name_len);
	if (IS(acl, ACL))
		fit_bytes(rec, offsetof(struct pkram_shmem_acl, acl),
			  &((struct pkram_shmem_acl *)rec)->len);
	if (IS(xattr, XATTR)) {
		struct pkram_shmem_xattr *x = (void *)rec;
		const size_t off = offsetof(struct pkram_shmem_xattr, data);

		x->name_len = min(x->name_len, (u32)(rec->len - off));
		fit_bytes(rec, off + x->name_len, &x->value_len);
	}
}

static void repair_ids(struct pkram_shmem_rec *rec, struct counts *c)
{
	if (IS(inode, INODE)) {
		((struct pkram_shmem_inode *)rec)->id = c->nr_inodes + 1;
		c->new = c->nr_inodes + 1;
	}
	if (IS(dentry, DENTRY)) {
		struct pkram_shmem_dentry *d = (void *)rec;

		if (c->new)
			d->id = c->new;
		else if (c->nr_inodes)
			d->id = 1 + (d->id - 1) % c->nr_inodes;
	}
	if (IS(dentry, DENTRY) || IS(dir, DIR))
		c->new = 0;
}

static void count_rec(struct pkram_shmem_rec *rec, struct counts *c, u8 how)
{
	if (IS(inode, INODE)) {
		const struct pkram_shmem_inode *i = (void *)rec;

		c->nr_inodes++;
		c->dir[i->id % MAX_IDS] = S_ISDIR(i->mode);
	}
	if (IS(dir, DIR)) {
		struct pkram_shmem_dir *d = (void *)rec;

		c->parent = d->id % MAX_IDS;
		c->entries = &d->nr;
		if (how & REPAIR_LINKS)
			d->nr = 0;
	}
	if (IS(dentry, DENTRY)) {
		const struct pkram_shmem_dentry *d = (void *)rec;

		c->nr_dentries++;
		c->names[d->id % MAX_IDS]++;
		c->dirs[c->parent] += c->dir[d->id % MAX_IDS];
		if (c->entries && how & REPAIR_LINKS)
			++*c->entries;
	}
	if (IS(data, DATA)) {
		struct pkram_shmem_data *d = (void *)rec;

		if (how & REPAIR_PAGES)
			d->pos = c->nr_frames;
		c->nr_frames += d->nr;
	}
	if (IS(poison, POISON))
		c->nr_poison += ((struct pkram_shmem_poison *)rec)->nr;
}

static void repair_links(u8 *stream, size_t size, const struct counts *c)
{
	size_t at, len;

	for (at = 0; (len = fuzz_chunk(stream + at, size - at)); at += len) {
		struct pkram_shmem_rec *rec = (void *)(stream + at);
		struct pkram_shmem_inode *i = (void *)rec;

		if (rec->len == len && len % 8 == 0 && IS(inode, INODE))
			i->nlink = c->dir[i->id % MAX_IDS] ?
				   c->dirs[i->id % MAX_IDS] + 2 :
				   c->names[i->id % MAX_IDS];
		if (len % 8)
			break;
	}
}

/* The sum stays the same */
static void swap_links(u8 *stream, size_t size, const u8 *swap)
{
	struct pkram_shmem_inode *found[2] = { };
	size_t at, len;

	for (at = 0; (len = fuzz_chunk(stream + at, size - at)); at += len) {
		struct pkram_shmem_rec *rec = (void *)(stream + at);

		if (rec->len != len || len % 8)
			break;
		if (IS(inode, INODE)) {
			struct pkram_shmem_inode *i = (void *)rec;

			if (i->id == swap[0])
				found[0] = i;
			if (i->id == swap[1])
				found[1] = i;
		}
	}
	if (found[0] && found[1]) {
		u32 nlink = found[0]->nlink;

		found[0]->nlink = found[1]->nlink;
		found[1]->nlink = nlink;
	}
}

static void repair_header(u8 *stream, size_t size, const struct counts *c, u8 how)
{
	struct pkram_shmem_header *header = (void *)stream;

	if (size < sizeof(*header))
		return;
	if (how & REPAIR_HEADER) {
		pkram_shmem_put_rec(&header->rec, PKRAM_SHMEM_HEADER, 0,
				    sizeof(*header));
		header->magic = PKRAM_SHMEM_MAGIC;
		header->version = PKRAM_SHMEM_VERSION;
	}
	if (how & REPAIR_TOTALS) {
		header->nr_bytes = size;
		header->nr_frames = c->nr_frames;
		header->nr_inodes = c->nr_inodes;
		header->nr_dentries = c->nr_dentries;
		header->nr_poison = c->nr_poison;
		header->nr_blocks = c->nr_frames + c->nr_poison;
	}
}

/* Records must be whole and aligned for that; behind others nothing is done */
static void repair(u8 *stream, size_t size, u8 how)
{
	static struct counts c;
	size_t at, len;

	memset(&c, 0, sizeof(c));
	repair_header(stream, size, &c, how & REPAIR_HEADER);
	for (at = 0; (len = fuzz_chunk(stream + at, size - at)); at += len) {
		struct pkram_shmem_rec *rec = (void *)(stream + at);

		if (rec->len != len || len % 8)
			break;
		if (how & REPAIR_BYTES)
			repair_bytes(rec);
		if (how & REPAIR_IDS)
			repair_ids(rec, &c);
		count_rec(rec, &c, how);
	}
	if (how & REPAIR_LINKS)
		repair_links(stream, size, &c);
	repair_header(stream, size, &c, how);
}

/* -------------------------------------------------------------------- feed */

/* Nothing behind the record can be read */
static const char *feed_rec(struct pkram_shmem_check *chk,
			    const struct pkram_shmem_rec *rec)
{
	void *heap = malloc(rec->len);
	const char *why;

	memcpy(heap, rec, rec->len);
	why = pkram_shmem_check_rec(chk, heap);
	free(heap);
	return why;
}

static const char *feed_stream(const u8 *stream, size_t size)
{
	const struct pkram_shmem_header *header = (void *)stream;
	struct pkram_shmem_check chk;
	const char *why;
	u32 *links;
	size_t at;

	if (size < sizeof(*header))
		return "too short";
	why = pkram_shmem_check_header(header, size, header->nr_frames);
	if (why)
		return why;
	links = calloc(header->nr_inodes, sizeof(*links));
	pkram_shmem_check_begin(&chk, header, links);
	for (at = header->rec.len; !why && at < size; ) {
		const struct pkram_shmem_rec *rec = (void *)(stream + at);

		if (size - at < sizeof(*rec) ||
		    !pkram_shmem_rec_fits(rec, size - at)) {
			why = "does not fit";
			break;
		}
		why = feed_rec(&chk, rec);
		at += rec->len;
	}
	if (!why)
		why = pkram_shmem_check_end(&chk);
	free(links);
	return why;
}

/* The audit of the unit tests, which has room for small trees only */
static void audit_stream(const u8 *stream, size_t size)
{
	unsigned int nr = 0, nr_of[16] = { };
	size_t at, len;

	for (at = 0; at < size; at += len, nr++) {
		const struct pkram_shmem_rec *rec = (void *)(stream + at);

		len = fuzz_chunk(stream + at, size - at);
		fuzz_note(rec->type, ++nr_of[rec->type % 16]);
		if (nr == MAX_RECS || len > PKRAM_SHMEM_ENTRY_MAX)
			return;
	}
	for (at = 0; at < size; at += len) {
		len = fuzz_chunk(stream + at, size - at);
		memcpy(rec_add(0, 0), stream + at, len);
	}
	s.keep_totals = true;
	EXPECT(!feed());
	audit();
	clear();
}

void fuzz_one(const u8 *data, size_t size)
{
	size_t len = size < HEAD ? 0 : size - HEAD;
	u8 *stream = malloc(len ?: 1);

	memcpy(stream, data + size - len, len);
	if (size >= HEAD) {
		repair(stream, len, data[0]);
		swap_links(stream, len, data + 1);
	}
	if (!feed_stream(stream, len)) {
		audit_stream(stream, len);
		fuzz_note(16 + data[0] % 64, 0);
	}
	free(stream);
}
