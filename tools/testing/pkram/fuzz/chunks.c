// SPDX-License-Identifier: GPL-2.0
/*
 * The mutator that knows chunks, and libFuzzer's entry points.
 */
#include "fuzz.h"

#define MAX_CHUNKS	1024

/* An input taken apart: chunk i is from at[i] to at[i + 1] */
struct parts {
	size_t at[MAX_CHUNKS + 1];
	unsigned int nr;
};

/* libFuzzer looks here after each input, and clears it */
static u8 notes[8192] __attribute__((section("__libfuzzer_extra_counters")));

void fuzz_note(unsigned int what, u64 nr)
{
	notes[(what * 64 + fuzz_bucket(nr)) % sizeof(notes)] = 1;
}

/* Length of a chunk's contents as its head tells */
static size_t contents(const u8 *chunk)
{
	u32 len = 0;

	if (!fuzz_format.chunk_head)
		return fuzz_format.align;
	memcpy(&len, chunk + fuzz_format.len_at, fuzz_format.len_size);
	return len < fuzz_format.len_own ? 0 : len - fuzz_format.len_own;
}

static void set_contents(u8 *chunk, size_t nr)
{
	const size_t most = (1ULL << (8 * fuzz_format.len_size)) - 1;
	const u32 len = min(nr + fuzz_format.len_own, most);

	if (fuzz_format.chunk_head)
		memcpy(chunk + fuzz_format.len_at, &len, fuzz_format.len_size);
}

size_t fuzz_chunk(const u8 *chunk, size_t left)
{
	size_t len;

	if (left < fuzz_format.chunk_head)
		return 0;
	len = fuzz_format.chunk_head + contents(chunk);
	return len < left ? len : left;
}

static void take_apart(struct parts *p, const u8 *data, size_t size)
{
	size_t at = fuzz_format.head, len;

	p->nr = 0;
	p->at[0] = at < size ? at : size;
	while (at < size && p->nr < MAX_CHUNKS) {
		len = fuzz_chunk(data + at, size - at);
		if (!len)
			break;
		at += len;
		p->at[++p->nr] = at;
	}
}

static size_t length(const struct parts *p, unsigned int i)
{
	return p->at[i + 1] - p->at[i];
}

/* Put @nr bytes at @at; returns the new size, the old one if they do not fit */
static size_t insert(u8 *data, size_t size, size_t max, size_t at,
		     const u8 *from, size_t nr)
{
	u8 *copy;

	if (nr > max - size)
		return size;
	copy = malloc(nr);
	memcpy(copy, from, nr);
	memmove(data + at + nr, data + at, size - at);
	memcpy(data + at, copy, nr);
	free(copy);
	return size + nr;
}

static size_t delete(u8 *data, size_t size, size_t at, size_t nr)
{
	memmove(data + at, data + at + nr, size - at - nr);
	return size - nr;
}

/* Move a chunk to where another begins, before it or behind */
static void move(u8 *data, const struct parts *p, unsigned int from,
		 unsigned int to)
{
	size_t len = length(p, from);
	u8 *copy = malloc(len);

	memcpy(copy, data + p->at[from], len);
	if (from < to) {
		size_t end = p->at[to];

		memmove(data + p->at[from], data + p->at[from + 1],
			end - p->at[from + 1]);
		memcpy(data + end - len, copy, len);
	} else {
		memmove(data + p->at[to] + len, data + p->at[to],
			p->at[from] - p->at[to]);
		memcpy(data + p->at[to], copy, len);
	}
	free(copy);
}

/* Let libFuzzer change the contents of one chunk, and have its length follow */
static size_t change(u8 *data, size_t size, size_t max, const struct parts *p,
		     unsigned int i)
{
	size_t head = fuzz_format.chunk_head, at = p->at[i], len = length(p, i);
	size_t room = max - size + len, new, keep;
	u8 *buf;

	/* Its own head is as good a place as any other */
	if (head && (len <= head || sim_random(4) == 0)) {
		LLVMFuzzerMutate(data + at, min(len, head), min(len, head));
		return size;
	}
	if (room > 2 * len + 64)
		room = 2 * len + 64;
	buf = malloc(room);
	memcpy(buf, data + at, len);
	new = LLVMFuzzerMutate(buf + head, len - head, sim_random(2) ?
			       len - head : room - head) + head;
	keep = (new - head) % fuzz_format.align;
	new -= keep;
	set_contents(buf, new - head);
	size = delete(data, size, at, len);
	size = insert(data, size, max, at, buf, new);
	free(buf);
	return size;
}

size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max,
			       unsigned int seed)
{
	static struct parts p;
	unsigned int i, j;

	sim_seed(seed * 0x9e3779b97f4a7c15ULL + 1);
	take_apart(&p, data, size);
	if (!p.nr || sim_random(8) == 0)
		return LLVMFuzzerMutate(data, size, max);
	i = sim_random(p.nr);
	j = sim_random(p.nr + 1);
	switch (sim_random(10)) {
	case 0:
		return insert(data, size, max, p.at[j], data + p.at[i],
			      length(&p, i));
	case 1:
		return delete(data, size, p.at[i], length(&p, i));
	case 2:
	case 3:
		move(data, &p, i, j);
		return size;
	case 4:
		LLVMFuzzerMutate(data, p.at[0], p.at[0]);
		return size;
	default:
		return change(data, size, max, &p, i);
	}
}

/* Some chunks of the second among those of the first */
size_t LLVMFuzzerCustomCrossOver(const u8 *data1, size_t size1, const u8 *data2,
				 size_t size2, u8 *out, size_t max,
				 unsigned int seed)
{
	static struct parts p1, p2;
	unsigned int from, nr;

	sim_seed(seed * 0x9e3779b97f4a7c15ULL + 1);
	if (size1 > max)
		return 0;
	memcpy(out, data1, size1);
	take_apart(&p1, data1, size1);
	take_apart(&p2, data2, size2);
	if (!p2.nr)
		return size1;
	from = sim_random(p2.nr);
	nr = 1 + sim_random(p2.nr - from);
	return insert(out, size1, max, p1.at[sim_random(p1.nr + 1)],
		      data2 + p2.at[from], p2.at[from + nr] - p2.at[from]);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	sim_abort_on_warning = true;
	fuzz_one(data, size);
	return 0;
}
