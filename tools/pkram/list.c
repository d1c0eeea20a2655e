// SPDX-License-Identifier: GPL-2.0
/*
 * pkram list
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "pkram.h"

static const char *tmpfs_name(const struct node *n)
{
	return strncmp(n->name, PKRAM_PREFIX, strlen(PKRAM_PREFIX)) ? NULL :
	       n->name + strlen(PKRAM_PREFIX);
}

static struct mount *mount_of(struct mounts *mounts, const struct node *n)
{
	const char *name = tmpfs_name(n);

	return name ? mounts_by_name(mounts, name) : NULL;
}

/* Nodes of preserved mounts, when the kernel names none */
static void nodes_from_mounts(struct nodes *nodes, const struct mounts *mounts)
{
	struct node *n;
	size_t i;

	for (i = 0; i < mounts->nr; i++) {
		if (!mounts->mount[i].preserved)
			continue;
		nodes->node = must(realloc(nodes->node, (nodes->nr + 1) *
					   sizeof(*nodes->node)));
		n = &nodes->node[nodes->nr++];
		memset(n, 0, sizeof(*n));
		n->name = format(PKRAM_PREFIX "%s", mounts->mount[i].name);
		n->named = true;
	}
}

/* The kernel may not know what is in a node, but who has it mounted does */
static void nodes_complete(struct nodes *nodes, struct mounts *mounts)
{
	struct mount *m;
	struct node *n;
	size_t i;

	for (i = 0; i < nodes->nr; i++) {
		n = &nodes->node[i];
		m = mount_of(mounts, n);
		if (!m || !m->where)
			continue;
		if (!n->has_files) {
			n->files = m->files;
			n->has_files = true;
		}
		if (!n->has_bytes) {
			n->bytes = m->used;
			n->has_bytes = true;
		}
	}
}

/* Clocks may have been set back since */
static uint64_t age(const struct node *n)
{
	const uint64_t now = time(NULL);

	return now > n->saved_at ? now - n->saved_at : 0;
}

static void json_opt(const char *name, bool has, uint64_t value)
{
	if (has)
		json_num(name, value);
	else
		json_null(name);
}

static void json_total(const char *name)
{
	char *path = format(PKRAM_SYSFS "/%s", name);
	uint64_t value = 0;
	bool has = file_u64(path, &value);

	json_opt(name, has, value);
	free(path);
}

static void json_list(const struct nodes *nodes, struct mounts *mounts)
{
	size_t i;

	json_begin(NULL, '{');
	json_str("command", "list");
	json_bool("ok", true);
	json_int("exit", EXIT_OK);
	json_num("nodes_total", nodes->total);
	json_bool("names_known", !nodes->unnamed);
	json_total("preserved_bytes");
	json_total("metadata_bytes");
	json_begin("nodes", '[');
	for (i = 0; i < nodes->nr; i++) {
		const struct node *n = &nodes->node[i];
		struct mount *m = mount_of(mounts, n);

		json_begin(NULL, '{');
		json_str("name", n->named ? n->name : NULL);
		json_str("tmpfs", tmpfs_name(n));
		json_str("state", n->state);
		json_str("reason", n->reason && *n->reason ? n->reason : NULL);
		json_opt("bytes", n->has_bytes, n->bytes);
		json_opt("metadata_bytes", n->has_metadata, n->metadata_bytes);
		json_opt("files", n->has_files, n->files);
		json_opt("saved_at", n->has_saved, n->saved_at);
		json_opt("age", n->has_saved, n->has_saved ? age(n) : 0);
		json_str("mounted", m ? m->where : NULL);
		json_end('}');
	}
	json_end(']');
	json_begin("mounts", '[');
	for (i = 0; i < mounts->nr; i++) {
		const struct mount *m = &mounts->mount[i];

		json_begin(NULL, '{');
		json_str("where", m->where);
		json_str("name", m->name);
		json_bool("preserved", m->preserved);
		json_bool("read_only", m->ro);
		json_num("bytes", m->used);
		json_num("files", m->files);
		json_end('}');
	}
	json_end(']');
	json_end('}');
	putchar('\n');
}

static char *age_text(const struct node *n)
{
	uint64_t s;

	if (!n->has_saved)
		return format("-");
	s = age(n);
	if (s < 120)
		return format("%llus", (unsigned long long)s);
	if (s < 7200)
		return format("%llum", (unsigned long long)s / 60);
	if (s < 172800)
		return format("%lluh", (unsigned long long)s / 3600);
	return format("%llud", (unsigned long long)s / 86400);
}

static void print_node(const struct node *n, const struct mount *m)
{
	char *name = printable(n->name), *old = age_text(n);
	char *why = n->reason && *n->reason ? format("  %s", n->reason) : format("%s", "");
	char *where = printable(m && m->where ? m->where : "-");
	char *files = n->has_files ? format("%llu", (unsigned long long)n->files) :
				     format("-");

	printf("%-24s %-11s %9s %9s %9s %6s  %s%s\n", name,
	       n->state ? n->state : "-",
	       n->has_bytes ? human(n->bytes) : "-",
	       n->has_metadata ? human(n->metadata_bytes) : "-", files, old, where,
	       why);
	free(why);
	free(name);
	free(old);
	free(where);
	free(files);
}

static void print_list(const struct nodes *nodes, struct mounts *mounts)
{
	size_t i, waiting = 0;

	if (nodes->nr)
		printf("%-24s %-11s %9s %9s %9s %6s  %s\n", "NODE", "STATE", "SIZE",
		       "METADATA", "FILES", "AGE", "MOUNTED");
	for (i = 0; i < nodes->nr; i++)
		print_node(&nodes->node[i],
			   mount_of(mounts, &nodes->node[i]));
	if (!nodes->total)
		printf("nothing is preserved\n");
	fflush(stdout);
	if (nodes->unnamed && nodes->total > nodes->nr)
		warning(NULL, "%llu more nodes, whose names this kernel does not tell",
			(unsigned long long)(nodes->total - nodes->nr));
	for (i = 0; i < mounts->nr; i++)
		waiting += !mounts->mount[i].preserved;
	if (waiting)
		printf("%zu mounted, not preserved now:\n", waiting);
	for (i = 0; i < mounts->nr; i++) {
		const struct mount *m = &mounts->mount[i];
		char *where = printable(m->where ? m->where : "-");
		char *name = printable(m->name);

		if (!m->preserved)
			printf("  %s, pkram=%s, %s in %llu files\n", where, name,
			       human(m->used), (unsigned long long)m->files);
		free(where);
		free(name);
	}
}

int cmd_list(int argc, char **argv)
{
	struct mounts mounts = { };
	struct nodes nodes = { };
	int status;

	if (argc) {
		problem(argv[0], "list takes no arguments");
		return report("list", EXIT_USAGE);
	}
	status = mounts_begin(&mounts, false);
	if (!status)
		status = nodes_read(&nodes);
	if (status)
		return report("list", status);
	if (nodes.unnamed && !nodes.nr)
		nodes_from_mounts(&nodes, &mounts);
	nodes_complete(&nodes, &mounts);
	if (opt.json)
		json_list(&nodes, &mounts);
	else
		print_list(&nodes, &mounts);
	nodes_free(&nodes);
	mounts_free(&mounts);
	return EXIT_OK;
}
