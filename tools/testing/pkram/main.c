// SPDX-License-Identifier: GPL-2.0
/*
 * Runs all tests, or those whose name contains the first argument.
 */
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static const struct {
	const char *name;
	const struct test *tests;
} suites[] = {
	{ "pagetable", pagetable_tests },
	{ "adopt", adopt_tests },
	{ "format", format_tests },
	{ "layout", layout_tests },
	{ "landing", landing_tests },
	{ "record", record_tests },
	{ "record_state", record_state_tests },
	{ "record_fuzz", record_fuzz_tests },
	{ "dump", dump_tests },
};

static unsigned int passed, failed, skipped;
unsigned int expected_warnings;

static void run_here(const struct test *t)
{
	const char *seed = getenv("SEED");

	sim_seed(seed ? strtoull(seed, NULL, 0) : 20240601);
	t->run();
	if (sim_warnings() != expected_warnings)
		FAIL("%u warnings, expected %u", sim_warnings(),
		     expected_warnings);
	if (sim_nr_frames())
		FAIL("%u frames left behind", sim_nr_frames());
	/* Not _exit(): the leak checker runs at exit */
	exit(0);
}

static void run(const char *suite, const struct test *t)
{
	const char *verdict;
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0) {
		perror("fork");
		exit(2);
	}
	if (!pid)
		run_here(t);
	waitpid(pid, &status, 0);
	if (WIFEXITED(status) && !WEXITSTATUS(status)) {
		verdict = "ok";
		passed++;
	} else if (WIFEXITED(status) && WEXITSTATUS(status) == TEST_SKIPPED) {
		verdict = "ok # SKIP";
		skipped++;
	} else {
		verdict = "not ok";
		failed++;
	}
	printf("%s %u %s.%s: %s\n", verdict, passed + failed + skipped, suite,
	       t->name, t->proves);
}

int main(int argc, char **argv)
{
	unsigned int i;

	for (i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
		const struct test *t;

		for (t = suites[i].tests; t->run; t++) {
			char name[128];

			snprintf(name, sizeof(name), "%s.%s", suites[i].name,
				 t->name);
			if (argc < 2 || strstr(name, argv[1]))
				run(suites[i].name, t);
		}
	}
	printf("%u passed, %u failed, %u skipped\n", passed, failed, skipped);
	return failed || !passed;
}
