// SPDX-License-Identifier: GPL-2.0
/*
 * pkram drop NODE...
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pkram.h"

/* Does the kernel know it? True when it does not tell */
static bool node_known(const struct nodes *nodes, const char *name)
{
	size_t i;

	for (i = 0; i < nodes->nr; i++)
		if (!strcmp(nodes->node[i].name, name))
			return true;
	return nodes->unnamed;
}

static int drop_failed(const char *name, int err)
{
	switch (err) {
	case ENOENT:
		problem(name, "no such node");
		hint("a tmpfs with pkram=NAME is node " PKRAM_PREFIX "NAME; 'pkram list' has them all");
		return EXIT_NOT_FOUND;
	case EBUSY:
		problem(name, "is being saved, loaded or freed");
		hint("a tmpfs that is mounted gives its node up with: mount -o remount,rw,nopreserve");
		return EXIT_BUSY;
	case EACCES:
	case EPERM:
		problem(name, "%s", strerror(err));
		return EXIT_PERM;
	default:
		problem(name, "%s", strerror(err));
		return EXIT_FAIL;
	}
}

static int drop(const char *name, const struct nodes *nodes,
		struct mounts *mounts)
{
	struct mount *m = NULL;
	int err;

	if (!*name)
		return drop_failed(name, ENOENT);
	if (!strncmp(name, PKRAM_PREFIX, strlen(PKRAM_PREFIX)))
		m = mounts_by_name(mounts, name + strlen(PKRAM_PREFIX));
	if (m && m->preserved)
		warning(name, "is mounted%s%s: it stays, but will not survive a kexec",
			m->where ? " on " : "", m->where ? m->where : "");
	if (opt.dry_run)
		err = node_known(nodes, name) ? 0 : ENOENT;
	else
		err = node_drop(name);
	if (err)
		return drop_failed(name, err);
	step("drop", name, "%s", "");
	return 0;
}

int cmd_drop(int argc, char **argv)
{
	struct mounts mounts = { };
	struct nodes nodes = { };
	int i, one, status;

	if (!argc) {
		problem(NULL, "drop: which node? see 'pkram list'");
		return report("drop", EXIT_USAGE);
	}
	status = mounts_begin(&mounts, true);
	if (!status)
		status = nodes_read(&nodes);
	if (status)
		return report("drop", status);
	/* All that can be; the first failure is the status */
	for (i = 0; i < argc; i++) {
		one = drop(argv[i], &nodes, &mounts);
		if (!status)
			status = one;
	}
	nodes_free(&nodes);
	mounts_free(&mounts);
	return report("drop", status);
}
