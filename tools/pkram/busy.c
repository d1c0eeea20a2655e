// SPDX-License-Identifier: GPL-2.0
/*
 * Who keeps a tmpfs from becoming read-only: the kernel says EBUSY and no more.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "pkram.h"

struct search {
	const struct mount *m;
	bool is_problem;
	size_t nr;
	const char *pid;
};

static char *link_target(const char *path)
{
	char buf[PATH_MAX];
	ssize_t nr = readlink(path, buf, sizeof(buf) - 1);

	buf[nr < 0 ? 0 : nr] = '\0';
	return must(strdup(buf));
}

static void found(struct search *s, const char *file, const char *how)
{
	char *path = format("/proc/%s/comm", s->pid);
	char *comm = file_line(path);

	(s->is_problem ? problem : warning)(s->m->where,
					    "process %s (%s) has %s %s", s->pid,
					    comm ? comm : "?", file, how);
	s->nr++;
	free(comm);
	free(path);
}

/* Of an open file; -1 when it is gone */
static int open_flags(const char *pid, const char *fd)
{
	char *path = format("/proc/%s/fdinfo/%s", pid, fd);
	char *text = file_read(path, NULL), *at;
	int flags = -1;

	at = text ? strstr(text, "flags:") : NULL;
	if (at)
		flags = strtol(at + 6, NULL, 8);
	free(text);
	free(path);
	return flags;
}

/* A link of /proc that leads to something in it */
static void look_at(struct search *s, const char *link, int flags)
{
	char *path = format("/proc/%s/%s", s->pid, link), *target;
	struct stat st;

	if (stat(path, &st) || st.st_dev != s->m->dev) {
		free(path);
		return;
	}
	target = link_target(path);
	if (!st.st_nlink)
		found(s, target, "in use");
	else if (flags >= 0 && S_ISREG(st.st_mode) && !(flags & O_PATH) &&
		 (flags & O_ACCMODE) != O_RDONLY)
		found(s, target, "open for writing");
	free(target);
	free(path);
}

static void look_at_files(struct search *s)
{
	char *path = format("/proc/%s/fd", s->pid);
	struct dirent *entry;
	DIR *dir = opendir(path);

	free(path);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		path = format("fd/%s", entry->d_name);
		look_at(s, path, open_flags(s->pid, entry->d_name));
		free(path);
	}
	closedir(dir);
}

/* 7f..-7f.. rw-s 00000000 00:1d 4    /mnt/file */
static void look_at_maps(struct search *s)
{
	char *path = format("/proc/%s/maps", s->pid);
	char *text = file_read(path, NULL), *rest = text, *line;
	unsigned int major, minor;
	char perms[5];
	int at;

	free(path);
	while (rest && (line = strsep(&rest, "\n"))) {
		at = 0;
		if (sscanf(line, "%*s %4s %*s %x:%x %*s %n", perms, &major,
			   &minor, &at) != 3 || !at)
			continue;
		if (perms[1] == 'w' && perms[3] == 's' &&
		    makedev(major, minor) == s->m->dev)
			found(s, line + at, "mapped for writing");
	}
	free(text);
}

static void look_at_loops(struct search *s)
{
	struct dirent *entry;
	DIR *dir = opendir("/sys/block");
	char *path, *file;
	struct stat st;
	uint64_t value;
	bool ro;

	while (dir && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, "loop", 4))
			continue;
		path = format("/sys/block/%s/ro", entry->d_name);
		ro = file_u64(path, &value) && value;
		free(path);
		if (ro)
			continue;
		path = format("/sys/block/%s/loop/backing_file", entry->d_name);
		file = file_line(path);
		free(path);
		if (file && !stat(file, &st) && st.st_dev == s->m->dev) {
			(s->is_problem ? problem : warning)(s->m->where,
							    "/dev/%s uses %s",
							    entry->d_name, file);
			s->nr++;
		}
		free(file);
	}
	if (dir)
		closedir(dir);
}

size_t busy_report(const struct mount *m, bool is_problem)
{
	struct search s = { .m = m, .is_problem = is_problem };
	struct dirent *entry;
	DIR *dir = opendir("/proc");

	while (dir && (entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		s.pid = entry->d_name;
		look_at(&s, "cwd", -1);
		look_at(&s, "root", -1);
		look_at_files(&s);
		look_at_maps(&s);
	}
	if (dir)
		closedir(dir);
	look_at_loops(&s);
	return s.nr;
}
