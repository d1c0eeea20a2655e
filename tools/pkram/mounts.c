// SPDX-License-Identifier: GPL-2.0
/*
 * Which tmpfs have a name to be preserved by: /proc/self/mountinfo.
 *
 *	36 35 0:33 / /mnt\040point rw,noatime shared:1 - tmpfs none rw,pkram=a\054b
 *	      dev    where                               source  superblock's options
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include "pkram.h"

struct line {
	dev_t dev;
	char *where;
	char *options;
};

/* False when it is no tmpfs */
static bool parse_line(char *text, struct line *line)
{
	unsigned int major, minor;
	char *field[6], *type, *save, *rest;
	int i;

	rest = strstr(text, " - ");
	if (!rest)
		return false;
	*rest = '\0';
	rest += 3;
	for (i = 0; i < 6; i++, text = NULL) {
		field[i] = strtok_r(text, " ", &save);
		if (!field[i])
			return false;
	}
	if (sscanf(field[2], "%u:%u", &major, &minor) != 2)
		return false;
	line->dev = makedev(major, minor);
	line->where = field[4];
	unescape(line->where);

	/* The source may be empty: two blanks */
	type = strsep(&rest, " ");
	if (!rest || strcmp(type, "tmpfs"))
		return false;
	strsep(&rest, " ");
	if (!rest)
		return false;
	line->options = rest;
	return true;
}

static bool reachable(const char *where, dev_t dev)
{
	struct stat st;

	return !stat(where, &st) && st.st_dev == dev;
}

static void parse_options(char *options, struct mount *m)
{
	char *o;

	while ((o = strsep(&options, ","))) {
		if (!strncmp(o, "pkram=", 6)) {
			free(m->name);
			m->name = must(strdup(o + 6));
			unescape(m->name);
		} else if (!strcmp(o, "preserve")) {
			m->preserved = true;
		} else if (!strcmp(o, "ro")) {
			m->ro = true;
		}
	}
}

static void look_inside(struct mount *m)
{
	struct statfs fs;

	if (!m->where || statfs(m->where, &fs))
		return;
	m->used = (fs.f_blocks - fs.f_bfree) * fs.f_bsize;
	m->files = fs.f_files - fs.f_ffree;
}

static struct mount *known(struct mounts *mounts, dev_t dev)
{
	size_t i;

	for (i = 0; i < mounts->nr; i++)
		if (mounts->mount[i].dev == dev)
			return &mounts->mount[i];
	return NULL;
}

static void add_line(struct mounts *mounts, char *text)
{
	struct mount new = { }, *m;
	struct line line;

	if (!parse_line(text, &line))
		return;
	m = known(mounts, line.dev);
	if (!m) {
		parse_options(line.options, &new);
		if (!new.name)
			return;
		new.dev = line.dev;
		mounts->mount = must(realloc(mounts->mount, (mounts->nr + 1) *
					     sizeof(*mounts->mount)));
		m = &mounts->mount[mounts->nr++];
		*m = new;
	}
	if (!m->where && reachable(line.where, line.dev)) {
		m->where = must(strdup(line.where));
		look_inside(m);
	}
}

int mounts_read(struct mounts *mounts)
{
	char *all = file_read("/proc/self/mountinfo", NULL), *rest = all, *text;

	memset(mounts, 0, sizeof(*mounts));
	if (!all) {
		problem("/proc/self/mountinfo", "%s", strerror(errno));
		return EXIT_FAIL;
	}
	while ((text = strsep(&rest, "\n")))
		add_line(mounts, text);
	free(all);
	return 0;
}

/* For a command that @changes something or not: can it be, and what is mounted? */
int mounts_begin(struct mounts *mounts, bool changes)
{
	int status = need_pkram();

	if (!status && changes && !opt.dry_run)
		status = need_root();
	return status ? status : mounts_read(mounts);
}

void mounts_free(struct mounts *mounts)
{
	size_t i;

	for (i = 0; i < mounts->nr; i++) {
		free(mounts->mount[i].where);
		free(mounts->mount[i].name);
	}
	free(mounts->mount);
	memset(mounts, 0, sizeof(*mounts));
}

/* By its place, or by that of a bind mount or of a directory in it? A root only */
struct mount *mounts_find(struct mounts *mounts, const char *path)
{
	struct stat st, parent;
	struct mount *m;
	char *up;
	bool root;

	if (stat(path, &st))
		return NULL;
	m = known(mounts, st.st_dev);
	if (!m)
		return NULL;
	up = format("%s/..", path);
	root = !stat(up, &parent) && parent.st_dev != st.st_dev;
	free(up);
	return root ? m : NULL;
}

struct mount *mounts_by_name(struct mounts *mounts, const char *name)
{
	size_t i;

	for (i = 0; i < mounts->nr; i++)
		if (!strcmp(mounts->mount[i].name, name))
			return &mounts->mount[i];
	return NULL;
}

bool mount_is_preserved(const struct mount *m)
{
	struct mounts now;
	struct mount *same;
	bool preserved;

	if (mounts_read(&now))
		return false;
	same = known(&now, m->dev);
	preserved = same && same->preserved;
	mounts_free(&now);
	return preserved;
}
