/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the fuzzers share.
 *
 * An input is a head of fixed length and a list of chunks. Its first byte says
 * what is repaired before the code under test sees it (checksums, totals, ...),
 * so that it is also reached what lies behind those checks, and so that no
 * checksum stands in the corpus. The mutator knows chunks: it doubles, removes
 * and exchanges them, besides what libFuzzer does to their bytes.
 */
#ifndef _PKRAM_FUZZ_H
#define _PKRAM_FUZZ_H

#include "../test.h"

/**
 * struct fuzz_format - what chunks look like in the inputs of a fuzzer
 * @head: bytes before the first chunk
 * @chunk_head: bytes of a chunk before its contents; 0: each chunk is of @align
 *	bytes
 * @align: the contents are a multiple of it
 * @len_at: where in the head of a chunk its length stands
 * @len_size: in how many bytes, up to 4
 * @len_own: what that counts besides the contents
 */
struct fuzz_format {
	size_t head;
	size_t chunk_head;
	size_t align;
	size_t len_at;
	size_t len_size;
	size_t len_own;
};

/* Defined by each fuzzer */
extern const struct fuzz_format fuzz_format;
void fuzz_one(const u8 *data, size_t size);

/* libFuzzer's */
int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
size_t LLVMFuzzerMutate(u8 *data, size_t size, size_t max);
size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max,
			       unsigned int seed);
size_t LLVMFuzzerCustomCrossOver(const u8 *data1, size_t size1, const u8 *data2,
				 size_t size2, u8 *out, size_t max,
				 unsigned int seed);

/* Length of the chunk that begins @left bytes before the end, 0 when none does */
size_t fuzz_chunk(const u8 *chunk, size_t left);

/*
 * Something has happened that is worth an input of its own, though no other code
 * may have run: @what happened to @nr things. To libFuzzer it is like coverage.
 */
void fuzz_note(unsigned int what, u64 nr);

/* Some numbers, and then ever larger ranges of them */
static inline unsigned int fuzz_bucket(u64 nr)
{
	return nr < 4 ? nr : 65 - __builtin_clzll(nr);
}

/* The first @len bytes of an input that may be shorter, rest zero */
static inline void fuzz_head(void *to, size_t len, const u8 *data, size_t size)
{
	memset(to, 0, len);
	memcpy(to, data, size < len ? size : len);
}

#endif /* _PKRAM_FUZZ_H */
