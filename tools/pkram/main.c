// SPDX-License-Identifier: GPL-2.0
/*
 * pkram(8): what is preserved over kexec, for administrators.
 */
#include <getopt.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "pkram.h"

struct options opt;

static const char usage[] =
"usage: pkram [OPTIONS] COMMAND [ARGUMENTS]\n"
"  list                    nodes: size, files, age, state, where mounted\n"
"  drop NODE...            give up what is preserved, and free its memory\n"
"  preserve --all|MOUNT... make tmpfs read-only and have them survive a kexec\n"
"      --keep-going        go on with the others when one fails\n"
"      --on-kexec          only if systemd is on its way to a kexec\n"
"      --or-abort          have systemd give that up when it fails\n"
"  kexec IMAGE             preserve everything, load the image, and go there\n"
"      --initrd FILE\n"
"      --reuse-cmdline     command line of this kernel (if no other is given)\n"
"      --append TEXT       words to add; alone, the whole command line\n"
"      --command-line TEXT the whole command line\n"
"      --load              do not go there yet\n"
"      --at-shutdown       leave preserving to pkram-preserve.service\n"
"      --force             also into a kernel that loses everything\n"
"options: -n, --dry-run  -j, --json  -q, --quiet  -h, --help  -V, --version\n"
"exit status: 0 done, 1 failed, 2 usage, 3 no PKRAM, 4 not permitted, 5 not found,\n"
"  6 busy, 7 the image would lose what is preserved, 8 failed and not all undone\n";

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *options;	/* letters of those that it has of its own */
} commands[] = {
	{ "list", cmd_list, "" },
	{ "drop", cmd_drop, "n" },
	{ "preserve", cmd_preserve, "naKOX" },
	{ "kexec", cmd_kexec, "nlSficAr" },
};

static const struct option longs[] = {
	{ "all", no_argument, NULL, 'a' },
	{ "append", required_argument, NULL, 'A' },
	{ "at-shutdown", no_argument, NULL, 'S' },
	{ "command-line", required_argument, NULL, 'c' },
	{ "dry-run", no_argument, NULL, 'n' },
	{ "force", no_argument, NULL, 'f' },
	{ "help", no_argument, NULL, 'h' },
	{ "initrd", required_argument, NULL, 'i' },
	{ "json", no_argument, NULL, 'j' },
	{ "keep-going", no_argument, NULL, 'K' },
	{ "load", no_argument, NULL, 'l' },
	{ "on-kexec", no_argument, NULL, 'O' },
	{ "or-abort", no_argument, NULL, 'X' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "reuse-cmdline", no_argument, NULL, 'r' },
	{ "version", no_argument, NULL, 'V' },
	{ }
};

static const struct setting {
	char letter;
	bool *flag;
	const char **text;
} settings[] = {
	{ 'a', &opt.all, NULL },
	{ 'A', NULL, &opt.append },
	{ 'S', &opt.at_shutdown, NULL },
	{ 'c', NULL, &opt.command_line },
	{ 'n', &opt.dry_run, NULL },
	{ 'f', &opt.force, NULL },
	{ 'i', NULL, &opt.initrd },
	{ 'j', &opt.json, NULL },
	{ 'K', &opt.keep_going, NULL },
	{ 'l', &opt.load, NULL },
	{ 'O', &opt.on_kexec, NULL },
	{ 'X', &opt.or_abort, NULL },
	{ 'q', &opt.quiet, NULL },
	{ 'r', &opt.reuse_cmdline, NULL },
};

static bool set_option(int letter)
{
	const struct setting *s;
	size_t i;

	for (i = 0; i < sizeof(settings) / sizeof(*settings); i++) {
		s = &settings[i];
		if (s->letter != letter)
			continue;
		if (s->flag)
			*s->flag = true;
		else
			*s->text = optarg;
		return true;
	}
	return false;
}

static const struct command *command_find(const char *name)
{
	size_t i;

	for (i = 0; name && i < sizeof(commands) / sizeof(*commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static int misused(const char *text)
{
	fprintf(stderr, "pkram: %s\n%s", text, usage);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	const struct command *cmd;
	char given[32] = "";
	size_t nr = 0;
	int c;

	/* For what a terminal can show, and nothing else */
	setlocale(LC_CTYPE, "");
	/* In whatever order, as getopt_long() has it */
	while ((c = getopt_long(argc, argv, "jnqhV", longs, NULL)) >= 0) {
		if (c == 'h') {
			fputs(usage, stdout);
			return EXIT_OK;
		}
		if (c == 'V') {
			puts("pkram " PKRAM_VERSION);
			return EXIT_OK;
		}
		if (!set_option(c)) {
			fputs(usage, stderr);
			return EXIT_USAGE;
		}
		if (!strchr("jq", c) && nr < sizeof(given) - 1)
			given[nr++] = c;
	}
	cmd = command_find(argv[optind]);
	if (!cmd)
		return misused(argv[optind] ? "no such command" : "which command?");
	if (strspn(given, cmd->options) != nr)
		return misused("an option that this command does not have");
	c = cmd->run(argc - optind - 1, argv + optind + 1);
	if (fflush(stdout) || ferror(stdout))
		return c ? c : EXIT_FAIL;
	return c;
}
