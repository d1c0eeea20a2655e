/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the KUnit tests of PKRAM share.
 *
 * Every case runs between pkram_kunit_init() and pkram_kunit_exit(), which
 * makes it fail when it leaves behind a node or a preserved frame. Cases use
 * nodes of their own and so may run while real ones exist.
 */
#ifndef _MM_TESTS_PKRAM_KUNIT_H
#define _MM_TESTS_PKRAM_KUNIT_H

#include <kunit/test.h>

#include "../pkram_internal.h"

/* Each case has a node of this name if it does not say otherwise */
#define PKRAM_KUNIT_NODE	"kunit-node"
#define PKRAM_KUNIT_OTHER	"kunit-other"

int pkram_kunit_init(struct kunit *test);
void pkram_kunit_exit(struct kunit *test);

/* Cases that provoke warnings run where warnings are not taken for failures */
#define PKRAM_KUNIT_SKIP_WARNING(test) do {				\
	if (!IS_ENABLED(CONFIG_UML))					\
		kunit_skip(test, "provokes warnings: only on UML");	\
} while (0)

struct pkram_node *pkram_kunit_find(const char *name);

/* Folios with contents that depend on @seed and on the place in the folio */
struct folio *pkram_kunit_folio(struct kunit *test, unsigned int order,
				u32 seed);
bool pkram_kunit_folio_is(struct folio *folio, unsigned int order, u32 seed);

/* Bytes that depend on @seed and on the position in the stream */
void pkram_kunit_fill(u8 *buf, size_t nr, u64 pos, u32 seed);
bool pkram_kunit_filled(const u8 *buf, size_t nr, u64 pos, u32 seed);

/* Begin or end what most cases begin and end with; fail the case on errors */
void pkram_kunit_begin_save(struct kunit *test, struct pkram_stream *ps,
			    unsigned int flags);
void pkram_kunit_end_save(struct kunit *test, struct pkram_stream *ps);
void pkram_kunit_begin_load(struct kunit *test, struct pkram_stream *ps);
void pkram_kunit_end_load(struct kunit *test, struct pkram_stream *ps);

int pkram_kunit_save_folio(struct pkram_access *pa, struct folio *folio,
			   pgoff_t index, unsigned int flags);

#endif /* _MM_TESTS_PKRAM_KUNIT_H */
