// SPDX-License-Identifier: GPL-2.0
/*
 * The command line of the next kernel.
 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pkram.h"

/* A word ends at a blank outside of quotes, as the kernel has it */
static size_t word_len(const char *word)
{
	bool quoted = false;
	size_t len;

	for (len = 0; word[len] && (quoted ||
				    !isspace((unsigned char)word[len])); len++)
		if (word[len] == '"')
			quoted = !quoted;
	return len;
}

static bool begins(const char *word, const char *with)
{
	return !strncmp(word, with, strlen(with));
}

/* What follows "--" is for init, and stays as it is */
static const char *next_word(const char **at, size_t *len, bool *rest)
{
	const char *word;

	while (isspace((unsigned char)**at))
		++*at;
	if (!**at)
		return NULL;
	word = *at;
	*len = word_len(word);
	*rest = *len == 2 && begins(word, "--");
	if (*rest) {
		*len = strlen(word);
		while (isspace((unsigned char)word[*len - 1]))
			--*len;
	}
	*at = word + *len;
	if (*rest)
		*at += strlen(*at);
	return word;
}

char *cmdline_clean(const char *line)
{
	struct text t = { };
	const char *word;
	size_t len;
	bool rest;

	while ((word = next_word(&line, &len, &rest))) {
		if (!rest && ((begins(word, "pkram=") &&
			       !(len == 9 && begins(word, "pkram=off"))) ||
			      begins(word, "BOOT_IMAGE=") ||
			      begins(word, "initrd=") ||
			      begins(word, "kexec_jump_back_entry=")))
			continue;
		if (t.len)
			text_add(&t, " ", 1);
		text_add(&t, word, len);
	}
	return text_take(&t);
}

bool cmdline_off(const char *line)
{
	const char *word;
	size_t len;
	bool rest;

	while ((word = next_word(&line, &len, &rest)))
		if (!rest && len == 9 && begins(word, "pkram=off"))
			return true;
	return false;
}

char *cmdline_next(void)
{
	struct text t = { };
	char *clean, *now;

	if (opt.command_line)
		text_add(&t, opt.command_line, strlen(opt.command_line));
	/* It is what most want; --append without it is a line of its own, as to kexec */
	if (opt.reuse_cmdline || (!opt.append && !opt.command_line)) {
		now = file_line("/proc/cmdline");
		if (!now) {
			problem("/proc/cmdline", "%s", strerror(errno));
			return NULL;
		}
		text_addf(&t, "%s%s", t.len ? " " : "", now);
		free(now);
	}
	if (opt.append)
		text_addf(&t, "%s%s", t.len ? " " : "", opt.append);
	clean = cmdline_clean(t.s);
	free(t.s);
	return clean;
}
