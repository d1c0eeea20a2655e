/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests and how they say what is wrong. Each test runs in a process of its
 * own: a sanitizer report or a crash is the failure of one test.
 */
#ifndef _PKRAM_TEST_H
#define _PKRAM_TEST_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../../mm/pkram_internal.h"
#include "sim.h"

/**
 * struct test - one test
 * @name: short name
 * @proves: what is known when it passes, one line
 * @run: the test; it ends with FAIL() or returns
 */
struct test {
	const char *name;
	const char *proves;
	void (*run)(void);
};

extern const struct test pagetable_tests[];
extern const struct test adopt_tests[];
extern const struct test format_tests[];
extern const struct test layout_tests[];
extern const struct test landing_tests[];
extern const struct test record_tests[];
extern const struct test record_state_tests[];
extern const struct test record_fuzz_tests[];
extern const struct test dump_tests[];

#define TEST_SKIPPED	77

/* Fuzzers define it to be a crash */
#ifndef TEST_FAILED
#define TEST_FAILED()	_Exit(1)
#endif

#define FAIL(...) do {							\
	printf("# %s:%d: ", __FILE__, __LINE__);			\
	printf(__VA_ARGS__);						\
	printf("\n");							\
	fflush(stdout);							\
	TEST_FAILED();							\
} while (0)

#define SKIP(why) do {							\
	printf("# skipped: %s\n", why);					\
	fflush(stdout);							\
	_Exit(TEST_SKIPPED);						\
} while (0)

#define EXPECT(cond) do {						\
	if (!(cond))							\
		FAIL("expected %s", #cond);				\
} while (0)

#define EXPECT_EQ(a, b) do {						\
	long long _a = (a), _b = (b);					\
	if (_a != _b)							\
		FAIL("%s is %lld (%#llx), expected %s: %lld (%#llx)",	\
		     #a, _a, _a, #b, _b, _b);				\
} while (0)

/* So many since the test began; the runner expects none unless told */
extern unsigned int expected_warnings;
#define EXPECT_WARNINGS(nr)	(expected_warnings = (nr))

#endif /* _PKRAM_TEST_H */
