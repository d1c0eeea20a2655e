// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/pkram: nodes, and giving them up; and what else the kernel tells there.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pkram.h"

int need_pkram(void)
{
	if (!access(PKRAM_SYSFS, F_OK))
		return 0;
	problem(NULL, "this kernel has no PKRAM, or it is switched off: no "
		PKRAM_SYSFS);
	hint("boot a kernel with CONFIG_PKRAM, and without pkram=off on its command line");
	return EXIT_NO_PKRAM;
}

int need_root(void)
{
	if (!geteuid())
		return 0;
	problem(NULL, "only root may do that");
	return EXIT_PERM;
}

bool format_version(uint64_t *version)
{
	return file_u64(PKRAM_SYSFS "/version", version);
}

static bool node_u64(const char *dir, const char *attr, uint64_t *value)
{
	char *path = format("%s/%s", dir, attr);
	bool ok = file_u64(path, value);

	free(path);
	return ok;
}

static char *node_line(const char *dir, const char *attr)
{
	char *path = format("%s/%s", dir, attr);
	char *s = file_line(path);

	free(path);
	return s;
}

/* False when it has gone away meanwhile. Names are for root. */
static bool node_read(struct node *n, const char *number)
{
	char *dir = format(PKRAM_SYSFS "/node/%s", number);
	bool there;

	memset(n, 0, sizeof(*n));
	n->name = node_line(dir, "name");
	there = n->name || errno == EACCES;
	if (there) {
		n->named = n->name;
		n->name = n->name ? n->name : must(strdup("-"));
		unescape(n->name);
		n->state = node_line(dir, "state");
		n->reason = node_line(dir, "reason");
		n->has_bytes = node_u64(dir, "bytes", &n->bytes);
		n->has_metadata = node_u64(dir, "metadata_bytes",
					   &n->metadata_bytes);
		n->has_files = node_u64(dir, "files", &n->files);
		/* Of a damaged one not even that is known */
		n->has_saved = node_u64(dir, "saved_at", &n->saved_at) &&
			       n->saved_at;
	}
	free(dir);
	return there;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct node *)a)->name,
		      ((const struct node *)b)->name);
}

int nodes_read(struct nodes *nodes)
{
	struct dirent *entry;
	DIR *dir;

	memset(nodes, 0, sizeof(*nodes));
	if (!file_u64(PKRAM_SYSFS "/nodes", &nodes->total)) {
		problem(PKRAM_SYSFS "/nodes", "%s", strerror(errno));
		return errno == EACCES ? EXIT_PERM : EXIT_FAIL;
	}
	dir = opendir(PKRAM_SYSFS "/node");
	if (!dir && errno == EACCES) {
		problem(PKRAM_SYSFS "/node", "%s", strerror(errno));
		return EXIT_PERM;
	}
	if (!dir) {
		nodes->unnamed = true;
		return 0;
	}
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		nodes->node = must(realloc(nodes->node, (nodes->nr + 1) *
					   sizeof(*nodes->node)));
		if (!node_read(&nodes->node[nodes->nr], entry->d_name))
			continue;
		if (!nodes->node[nodes->nr++].named)
			nodes->unnamed = true;
	}
	closedir(dir);
	if (nodes->nr)
		qsort(nodes->node, nodes->nr, sizeof(*nodes->node), by_name);
	return 0;
}

void nodes_free(struct nodes *nodes)
{
	size_t i;

	for (i = 0; i < nodes->nr; i++) {
		free(nodes->node[i].name);
		free(nodes->node[i].state);
		free(nodes->node[i].reason);
	}
	free(nodes->node);
}

/* The kernel takes one newline from the end: so there must be one to take */
int node_drop(const char *name)
{
	char *line = format("%s\n", name);
	ssize_t nr;
	int fd = open(PKRAM_SYSFS "/drop", O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0) {
		free(line);
		return errno;
	}
	nr = write(fd, line, strlen(line));
	if (nr < 0)
		err = errno;
	close(fd);
	free(line);
	return err;
}

bool kexec_loaded(void)
{
	uint64_t value;

	return file_u64("/sys/kernel/kexec_loaded", &value) && value;
}

bool image_lost(void)
{
	char *why = file_line(PKRAM_SYSFS "/image_lost");
	uint64_t nodes = 0;
	bool lost;

	file_u64(PKRAM_SYSFS "/nodes", &nodes);
	lost = nodes && why && *why;
	free(why);
	return lost;
}

/*
 * For pkram-preserve.service, which would stop the kexec. The file goes when this
 * loads another image, and with the boot.
 */
bool force_given(void)
{
	return !access(PKRAM_FORCE, F_OK);
}

bool force_set(bool given)
{
	int fd;

	if (!given)
		return !unlink(PKRAM_FORCE) || errno == ENOENT;
	fd = open(PKRAM_FORCE, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	close(fd);
	return true;
}
