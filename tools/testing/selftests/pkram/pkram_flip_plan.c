// SPDX-License-Identifier: GPL-2.0
/*
 * Each field of each structure, each in some ways: a list in which all damages
 * have their number. See pkram_flip.c for the commands, and mm/pkram_debug.c for the
 * orders that are given to the kernel.
 */
#define _GNU_SOURCE
#include <stdbool.h>

#include "../../../../include/linux/pkram_abi.h"
#include "pkram_flip_plan.h"
#include "pkram_tool.h"

/* -------------------------------------------------------------- the layout */

struct field {
	char type[40];
	char name[32];
	unsigned int off;
	unsigned int size;
};

static struct field fields[512];
static unsigned int nr_fields;

static struct type {
	char name[40];
	unsigned int size;
	bool placed;
} types[64];

static unsigned int nr_types;

static struct type *type_of(const char *name)
{
	unsigned int i;

	for (i = 0; i < nr_types; i++)
		if (!strcmp(types[i].name, name))
			return &types[i];
	errx(2, "no structure %s in the layout", name);
}

static void add_field(const char *type, const char *name, unsigned int off,
		      unsigned int size)
{
	struct field *f = &fields[nr_fields++];

	if (nr_fields > sizeof(fields) / sizeof(fields[0]))
		errx(2, "too many fields");
	snprintf(f->type, sizeof(f->type), "%s", type);
	snprintf(f->name, sizeof(f->name), "%s", name);
	f->off = off;
	f->size = size;
}

void read_layout(const char *path)
{
	FILE *f = fopen(path, "r");
	struct type *t = NULL;
	unsigned int off, size, tiled = 0;
	char line[256], name[40];

	if (!f)
		err(2, "%s", path);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "struct %39s %u", name, &size) == 2) {
			t = &types[nr_types++];
			snprintf(t->name, sizeof(t->name), "%s", name);
			t->size = size;
			tiled = 0;
		} else if (t && line[0] == ' ' &&
			   sscanf(line, " %31s %u %u", name, &off, &size) == 3) {
			if (off != tiled)
				errx(2, "hole before %s.%s", t->name, name);
			tiled = off + size;
			add_field(t->name, name, off, size);
		}
	}
	fclose(f);
	types[nr_types++] = (struct type){ "table", 8, false };
	add_field("table", "entry", 0, 8);
}

/* -------------------------------------------------------------- the places */

static struct place {
	const char *type;
	char what[32];
	uint64_t at;
	bool in_stream;
	uint32_t len;
} places[256];

static unsigned int nr_places;
static uint64_t other_link, other_page;

void set_other(uint64_t link_pfn, uint64_t page_pfn)
{
	other_link = link_pfn;
	other_page = page_pfn;
}

void add_place(const char *type, const char *what, uint64_t at, bool in_stream,
	       uint32_t len)
{
	struct place *p = &places[nr_places++];

	if (nr_places > sizeof(places) / sizeof(places[0]))
		errx(2, "too many places");
	*p = (struct place){ type, "", at, in_stream, len };
	snprintf(p->what, sizeof(p->what), "%s", what);
	type_of(type)->placed = true;
}

void forget_places(void)
{
	nr_places = 0;
}

static uint64_t address(const struct place *p, unsigned int off)
{
	return p->in_stream ? stream_address(p->at + off) : p->at + off;
}

/* Is it written when the super block is sealed, and not known before? */
static bool sealed_later(const struct place *p, const struct field *f)
{
	return !strcmp(p->type, "pkram_super_ser") ||
	       !strcmp(p->type, "pkram_range_ser") ||
	       !strcmp(p->type, "pkram_dir_ser") ||
	       !strcmp(p->what, "directory") ||
	       (!strcmp(p->type, "pkram_node_ser") && !strcmp(f->name, "crc"));
}

static bool is_pfn(const struct field *f)
{
	const size_t len = strlen(f->name);

	return len > 4 && !strcmp(f->name + len - 4, "_pfn");
}

/* ---------------------------------------------------------------- the ways */

enum way { BIT, ONES, ZERO, BIG, MORE, SELF, OTHER, BITS };

static const char * const way_names[] = {
	"bit", "ones", "zero", "big", "more", "self", "other"
};

struct damage {
	unsigned char bytes[4096];
	bool set;		/* else xor */
};

/* Bits of the parts of a run's words */
static const unsigned int where_bits[] = { 0, 39, 40, 44, 45, 46, 47, 49, 50, 63 };
static const unsigned int index_bits[] = { 0, 1, 51, 52, 53, 63 };

static unsigned int part_bit(const struct field *f, unsigned int n)
{
	if (!strcmp(f->type, "pkram_run_ser") && !strcmp(f->name, "where") &&
	    n < sizeof(where_bits) / sizeof(where_bits[0]))
		return where_bits[n];
	if (!strcmp(f->type, "pkram_run_ser") && !strcmp(f->name, "index") &&
	    n < sizeof(index_bits) / sizeof(index_bits[0]))
		return index_bits[n];
	return ~0U;
}

/* Is there this way to damage the field? */
static bool way_applies(const struct place *p, const struct field *f,
			unsigned int way, bool right)
{
	const bool crc = !strcmp(f->name, "crc");

	if (!right)
		return way == BIT || (crc && way <= ZERO);
	if (way >= BITS)
		return part_bit(f, way - BITS) != ~0U;
	if (way == SELF)
		return is_pfn(f) || !strcmp(p->type, "table") ||
		       !strcmp(f->name, "where");
	if (way == OTHER)
		return other_link && (is_pfn(f) || !strcmp(p->type, "table") ||
				      !strcmp(f->name, "where"));
	return !crc;
}

static void put_pfn(struct damage *d, const struct field *f, uint64_t pfn)
{
	uint64_t word = 0;

	/* What stands above a frame number stays */
	if (!strcmp(f->name, "where") || !strcmp(f->name, "entry"))
		memcpy(&word, d->bytes, 8);
	word = (word & ~PKRAM_PT_PFN_MASK) | pfn;
	memcpy(d->bytes, &word, 8);
}

/* From what stands there in @d to what shall */
static void change(struct damage *d, const struct place *p, const struct field *f,
		   unsigned int way)
{
	const unsigned int bit = f->size > 8 ? 0 :
				 (p - places + f->off / 4) * 5 % (f->size * 8);
	unsigned int i;

	switch (way) {
	case BIT:
		d->bytes[bit / 8] ^= 1 << bit % 8;
		break;
	case ONES:
		for (i = 0; i < f->size; i++)
			d->bytes[i] ^= 0xff;
		break;
	case ZERO:
		memset(d->bytes, 0, f->size);
		break;
	case BIG:
		memset(d->bytes, 0xff, f->size);
		d->bytes[f->size - 1] = 0x7f;
		break;
	case MORE:
		for (i = 0; i < f->size && !++d->bytes[i]; i++)
			;
		break;
	case SELF:
		put_pfn(d, f, address(p, f->off) / PAGE);
		break;
	case OTHER:
		put_pfn(d, f, strcmp(f->name, "where") ? other_link : other_page);
		break;
	default:
		i = part_bit(f, way - BITS);
		d->bytes[i / 8] ^= 1 << i % 8;
	}
}

static bool pfn_differs(const unsigned char *a, const unsigned char *b)
{
	return memcmp(a, b, PKRAM_PFN_BITS / 8);
}

/*
 * Which frame it is that a changed reference leads to is left to SELF and OTHER:
 * with right checksums nobody can tell which of two nodes a frame belongs to, and
 * the later one is refused. So here it is one that belongs to none.
 */
static void lead_nowhere(struct damage *d, const struct field *f)
{
	uint64_t word;
	unsigned int bit;

	if (!is_pfn(f) && strcmp(f->name, "where"))
		return;
	for (bit = 8; bit < PKRAM_PFN_BITS; bit++) {
		memcpy(&word, d->bytes, 8);
		if (!is_preserved(word & PKRAM_PT_PFN_MASK))
			break;
		d->bytes[bit / 8] ^= 1 << bit % 8;
	}
}

static void make_damage(struct damage *d, const struct place *p,
			const struct field *f, unsigned int way)
{
	unsigned char old[4096] = {};
	unsigned int i;
	bool same;

	memset(d, 0, sizeof(*d));
	if (!sealed_later(p, f))
		for (i = 0; i < f->size; i++)
			old[i] = byte_at(address(p, f->off + i));
	memcpy(d->bytes, old, f->size);
	change(d, p, f, way);
	if (way != SELF && way != OTHER && pfn_differs(old, d->bytes))
		lead_nowhere(d, f);
	if (sealed_later(p, f)) {
		d->set = way != BIT && way != ONES && way != MORE;
		return;
	}
	same = !memcmp(d->bytes, old, f->size);
	if (same)
		d->bytes[f->size - 1] ^= 0x40;
	for (i = 0; i < f->size; i++)
		d->bytes[i] ^= old[i];
}

/* ------------------------------------------------------------------- orders */

static void order_bytes(const struct damage *d, const struct place *p,
			const struct field *f)
{
	unsigned int i, n;

	/* In pieces that the kernel takes, none of which leaves its page */
	for (i = 0; i < f->size; i += n) {
		const uint64_t at = address(p, f->off + i);

		fprintf(stderr, "%s %llx ", d->set ? "set" : "xor",
			(unsigned long long)at);
		for (n = 0; n < 256 && i + n < f->size &&
		     address(p, f->off + i + n) == at + n &&
		     (n == 0 || (at + n) % PAGE); n++)
			fprintf(stderr, "%02x", d->bytes[i + n]);
		fprintf(stderr, "\n");
	}
}

static void order_sums(const struct place *p, const struct field *f)
{
	const uint64_t first = address(p, f->off) & ~(PAGE - 1);
	const uint64_t last = address(p, f->off + f->size - 1) & ~(PAGE - 1);

	if (!strcmp(p->type, "pkram_super_ser") ||
	    !strcmp(p->type, "pkram_range_ser")) {
		fprintf(stderr, "super\n");
	} else if (!strcmp(p->type, "table")) {
		fprintf(stderr, "table\nsuper\n");
	} else if (!strcmp(p->type, "pkram_node_ser")) {
		fprintf(stderr, "node %llx\n", (unsigned long long)first);
	} else {
		fprintf(stderr, "link %llx\n", (unsigned long long)first);
		if (last != first)
			fprintf(stderr, "link %llx\n", (unsigned long long)last);
	}
}

static void put_damage(const char *name, const struct place *p,
		       const struct field *f, unsigned int way, bool right)
{
	struct damage d;

	make_damage(&d, p, f, way);
	order_bytes(&d, p, f);
	if (right)
		order_sums(p, f);
	printf("%s %s.%s ", name, p->type, f->name);
	if (way < BITS)
		printf("%s", way_names[way]);
	else
		printf("bit%u", part_bit(f, way - BITS));
	printf(" %s %s\n", right ? "right" : "wrong", *p->what ? p->what : "-");
}

/* Payload and what records begin with are places of their own */
static bool is_elsewhere(const struct field *f)
{
	return !strcmp(f->name, "rec") || (!strcmp(f->type, "pkram_link_ser") &&
					   !strcmp(f->name, "bytes"));
}

static unsigned int plan_field(const char *name, const struct place *p,
			       const struct field *f, unsigned int nth,
			       unsigned int nr)
{
	unsigned int way;
	int right;

	for (way = 0; way < BITS + 16; way++)
		for (right = 0; right < 2; right++)
			if (way_applies(p, f, way, right) && nr++ == nth)
				put_damage(name, p, f, way, right);
	return nr;
}

/* Each structure has to be there, in a node or else at the root */
static void expect_all_placed(void)
{
	const bool root = type_of("pkram_super_ser")->placed;
	unsigned int i;

	for (i = 0; i < nr_types; i++) {
		const char *name = types[i].name;
		const bool at_root = !strcmp(name, "pkram_super_ser") ||
				     !strcmp(name, "pkram_range_ser") ||
				     !strcmp(name, "pkram_dir_ser") ||
				     !strcmp(name, "table");

		if (root == at_root && !types[i].placed)
			errx(2, "where is a %s?", name);
	}
}

unsigned int plan(const char *name, unsigned int nth)
{
	unsigned int i, j, nr = 0;

	expect_all_placed();
	for (i = 0; i < nr_places; i++) {
		const struct place *p = &places[i];
		const unsigned int size = type_of(p->type)->size;
		struct field tail = { .name = "tail", .off = size,
				      .size = p->len - size };

		for (j = 0; j < nr_fields; j++)
			if (!strcmp(fields[j].type, p->type) &&
			    !is_elsewhere(&fields[j]))
				nr = plan_field(name, p, &fields[j], nth, nr);
		if (p->len > size)
			nr = plan_field(name, p, &tail, nth, nr);
	}
	return nr;
}
